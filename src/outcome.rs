//! Outcomes: a person's spells and date of draw become one value for each outcome of the plan.
//!
//! Promises: whole numbers to the end; a value that cannot be known is missing with its reason;
//! everybody asked for has a row. Blind: the dates of draw arrive without arms.
//! Hides: how weeks are gone through run by run. The rules are written in `docs/outcomes.md`.

mod card;
mod file;
mod states;
mod weeks;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use crate::digest::Digest;
use crate::period::{Date, Week};
use crate::protocol::{Measure, Outcome, Protocol, RegisterKind, State};
use crate::register::store::Store;
use crate::register::values::Readings;
use crate::register::{CodeTable, Coverage, Input, Person, RegisterError};
use weeks::{Meanings, Runs};

pub use card::{Card, definition, definition_da};
pub use file::OUTCOMES_FORMAT;
pub use states::{PersonWeeks, StateWeeks, person_weeks, states_by_week};

/// A referral and the date of its draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    pub referral: String,
    pub date: Date,
}

/// The value of an outcome for one person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    YesNo(bool),
    Weeks(u32),
    /// Weeks in the states, of the weeks of the denominator.
    Share {
        weeks: u32,
        of: u32,
    },
    /// Weeks in the states and weeks observed, to be summed over an arm before they are divided.
    Pooled {
        weeks: u32,
        of: u32,
    },
    /// Paid hours, each month capped at full time, of those of full time; in 1/10,000 hour.
    Degree {
        paid: u64,
        of: u64,
    },
    /// A number of a table.
    Number(f64),
    /// Weeks from the draw to the event or the end of observation.
    Time {
        weeks: u32,
        end: End,
    },
    /// Weeks before the draw; `at_least` when the register begins too late to know them all.
    History {
        weeks: u32,
        at_least: bool,
    },
    Missing(Missing),
}

/// How a time ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Event,
    Censored,
    Dead,
    Abroad,
    Pension,
}

/// Why a value is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// The person has no row in the register.
    NotInRegister,
    /// The register does not reach far enough to know the value.
    NotCovered,
    /// No week of the window was observed, or the table has no number for the person.
    NotObserved,
    /// The person did not come to so many consecutive weeks.
    NotReached,
}

/// The outcomes of everybody, in order of referral.
#[derive(Clone, Debug)]
pub struct Outcomes {
    pub referrals: Vec<String>,
    pub series: Vec<Series>,
    pub inputs: Vec<Input>,
    /// Version of each register's code table.
    pub codes: Vec<Digest>,
    pub coverage: Vec<(String, Coverage)>,
    /// With the number of persons each is about.
    pub cautions: BTreeMap<Caution, u64>,
}

/// What a reader of some outcomes must bear in mind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caution {
    /// The window of so many persons holds a break in the definitions of DREAM.
    Break(&'static str),
    /// It reaches into the last two months of a register of hours, which are often not complete.
    Provisional(String),
}

/// Breaks in the definitions of DREAM: the first week that follows the new ones.
const BREAKS: &[(i16, i8, &str)] = &[
    (2017, 27, "July 2017, when the source of the codes changed"),
    (2025, 27, "July 2025, when three benefits became one"),
];

/// One outcome of everybody, in order of referral.
#[derive(Clone, Debug)]
pub struct Series {
    pub outcome: Outcome,
    pub card: Card,
    pub values: Vec<Value>,
    /// Of a `value` with a baseline: its number before the draw.
    pub baseline: Option<Vec<Option<f64>>>,
    /// Persons with a week in these states inside the window.
    pub dead: u64,
    pub abroad: u64,
}

/// Why outcomes could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OutcomeError {
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(
        "outcome `{outcome}` selects code `{code}`, which no table knows\n  in the plan, line {line}"
    )]
    UnknownCode {
        outcome: String,
        code: String,
        line: usize,
    },
    #[error("more than 128 different sets of states in one plan")]
    TooManySets,
    #[error("referral `{referral}` has two dates")]
    TwoDates { referral: String },
    #[error("nobody to make outcomes for: the list of dates is empty")]
    Nobody,
    #[error("the register was ingested for other persons than these")]
    IngestedBefore,
}

impl End {
    /// Returns the name in an outcome file.
    pub const fn name(self) -> &'static str {
        match self {
            End::Event => "event",
            End::Censored => "censored",
            End::Dead => "dead",
            End::Abroad => "abroad",
            End::Pension => "pension",
        }
    }
}

impl Missing {
    /// Returns the name in an outcome file.
    pub const fn name(self) -> &'static str {
        match self {
            Missing::NotInRegister => "not-in-register",
            Missing::NotCovered => "not-covered",
            Missing::NotObserved => "not-observed",
            Missing::NotReached => "not-reached",
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Makes every outcome of the plan for the referrals, from the stores of its registers and the
/// tables of its values.
///
/// `stores` are in the order of the plan's registers, `tables` in the order of its outcomes that
/// are a `value`.
pub fn measure(
    protocol: &Protocol,
    stores: &[Store],
    tables: &[Readings],
    dates: &[Dated],
) -> Result<Outcomes, OutcomeError> {
    let mut dates = dates.to_vec();
    dates.sort_by(|a, b| a.referral.cmp(&b.referral));
    if let Some(pair) = dates.windows(2).find(|p| p[0].referral == p[1].referral) {
        return Err(OutcomeError::TwoDates {
            referral: pair[0].referral.clone(),
        });
    }
    if dates.is_empty() {
        return Err(OutcomeError::Nobody);
    }
    let place: HashMap<&str, usize> = dates
        .iter()
        .enumerate()
        .map(|(index, dated)| (dated.referral.as_str(), index))
        .collect();
    let keep: HashSet<&str> = place.keys().copied().collect();
    let roster = Digest::of_roster(dates.iter().map(|dated| dated.referral.as_str()));
    if stores
        .iter()
        .any(|s| s.persons.is_some_and(|persons| persons != roster))
    {
        return Err(OutcomeError::IngestedBefore);
    }
    let mut series: Vec<Series> = protocol
        .outcomes
        .iter()
        .map(|outcome| Series {
            outcome: outcome.clone(),
            card: Card::of(outcome),
            values: vec![Value::Missing(Missing::NotInRegister); dates.len()],
            baseline: None,
            dead: 0,
            abroad: 0,
        })
        .collect();
    let of_tables = series
        .iter_mut()
        .filter(|series| series.outcome.measure == Measure::Value);
    for (series, table) in of_tables.zip(tables) {
        series.read(table, &dates);
    }
    for (register, store) in stores.iter().enumerate() {
        let of_register: Vec<&mut Series> = series
            .iter_mut()
            .filter(|series| series.outcome.register == Some(register))
            .collect();
        let (mut of_weeks, mut of_months): (Vec<&mut Series>, Vec<&mut Series>) = of_register
            .into_iter()
            .partition(|series| series.outcome.measure.needs_states());
        let outcomes: Vec<Outcome> = of_weeks.iter().map(|s| s.outcome.clone()).collect();
        let meanings = Meanings::new(&outcomes, &store.codes)?;
        let mut timeline = Vec::new();
        store.read(Some(&keep), |person| {
            let row = place[person.key.as_str()];
            let date = dates[row].date;
            for series in &mut of_months {
                series.values[row] = of_hours(series.outcome.measure, person, store.coverage, date);
            }
            if of_weeks.is_empty() {
                return;
            }
            meanings.timeline(person, &outcomes, date, &mut timeline);
            for (set, series) in meanings.set_of.iter().zip(&mut of_weeks) {
                let runs = Runs {
                    timeline: &timeline,
                    set: *set,
                };
                series.values[row] = runs.value(series.outcome.measure, date);
                if let Some(window) = series.outcome.measure.window() {
                    let (first, last) = window.calendar(date);
                    let has = |state| {
                        runs.within(first, last)
                            .any(|stretch| stretch.meaning.state == state)
                    };
                    series.dead += u64::from(has(State::Dead));
                    series.abroad += u64::from(has(State::Abroad));
                }
            }
        })?;
    }
    let cautions = cautions(protocol, stores, &dates);
    let mut inputs: Vec<Input> = stores.iter().flat_map(|s| s.inputs.clone()).collect();
    inputs.extend(tables.iter().map(|table| table.input.clone()));
    Ok(Outcomes {
        referrals: dates.into_iter().map(|dated| dated.referral).collect(),
        series,
        inputs,
        codes: stores.iter().map(|store| store.codes.digest).collect(),
        coverage: protocol
            .registers
            .iter()
            .zip(stores)
            .map(|(register, store)| (register.id.clone(), store.coverage))
            .collect(),
        cautions,
    })
}

/// Counts the persons whose windows hold a break, or reach into months that may not be complete.
fn cautions(protocol: &Protocol, stores: &[Store], dates: &[Dated]) -> BTreeMap<Caution, u64> {
    let mut cautions = BTreeMap::new();
    for dated in dates {
        let mut of_person: BTreeSet<Caution> = BTreeSet::new();
        for outcome in &protocol.outcomes {
            let Some(index) = outcome.register else {
                continue;
            };
            let register = &protocol.registers[index];
            if let Some(window) = outcome.measure.window()
                && register.kind == RegisterKind::Dream
            {
                let (first, last) = window.calendar(dated.date);
                for &(year, week, what) in BREAKS {
                    let week = Week::from_iso(year, week).expect("a week of its year");
                    if first < week && week <= last {
                        of_person.insert(Caution::Break(what));
                    }
                }
            }
            if let Some(months) = outcome.measure.months()
                && let Some((_, end)) = stores[index].coverage.months
            {
                let (_, last) = months.calendar_months(dated.date);
                if end.0 - 2 < last.0 && last <= end {
                    of_person.insert(Caution::Provisional(register.id.clone()));
                }
            }
        }
        for caution in of_person {
            *cautions.entry(caution).or_default() += 1;
        }
    }
    cautions
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caution::Break(what) => write!(f, "the window holds {what}"),
            Caution::Provisional(register) => write!(
                f,
                "the window reaches into the last two months of `{register}`, which are often not \
                 complete"
            ),
        }
    }
}

impl Series {
    /// Takes the values of a table.
    fn read(&mut self, table: &Readings, dates: &[Dated]) {
        let mut baseline = vec![None; dates.len()];
        for (row, dated) in dates.iter().enumerate() {
            let Some(reading) = table.of(&dated.referral) else {
                continue;
            };
            self.values[row] = match reading.value {
                Some(number) => Value::Number(number),
                None => Value::Missing(Missing::NotObserved),
            };
            baseline[row] = reading.baseline;
        }
        let column = self.outcome.value.as_ref();
        if column.is_some_and(|column| column.baseline.is_some()) {
            self.baseline = Some(baseline);
        }
    }
}

/// A month of full time, 160.33 hours, in 1/10,000 hour.
const FULL_TIME: u64 = 1_603_300;

/// Returns a measure of paid hours. A month without a row has no hours; hours over all jobs were
/// added when the register was read, and are capped here.
fn of_hours(measure: Measure, person: &Person, coverage: Coverage, date: Date) -> Value {
    let months = measure.months().expect("a measure of months");
    let (first, last) = months.calendar_months(date);
    let covered = coverage
        .months
        .is_some_and(|(from, to)| from <= first && last <= to);
    if !covered {
        return Value::Missing(Missing::NotCovered);
    }
    let paid = person
        .hours
        .iter()
        .filter(|hours| first <= hours.month && hours.month <= last)
        .map(|hours| u64::from(hours.paid));
    match measure {
        Measure::DegreeZero { .. } => Value::YesNo(paid.sum::<u64>() == 0),
        _ => Value::Degree {
            paid: paid.map(|hours| hours.min(FULL_TIME)).sum(),
            of: FULL_TIME * u64::from(months.weeks()),
        },
    }
}

/// Checks that every code the plan's outcomes select is in its register's table; `tables` are in
/// the order of the plan's registers.
pub fn check_codes(protocol: &Protocol, tables: &[CodeTable]) -> Result<(), OutcomeError> {
    for (register, table) in tables.iter().enumerate() {
        let of_register = protocol.outcomes.iter();
        let outcomes: Vec<Outcome> = of_register
            .filter(|outcome| outcome.register == Some(register))
            .cloned()
            .collect();
        Meanings::new(&outcomes, table)?;
    }
    Ok(())
}

//! Outcomes: a person's spells and date of draw become one value for each outcome of the plan.
//!
//! Promises: whole numbers to the end; a value that cannot be known is missing with its reason;
//! everybody asked for has a row. Blind: the dates of draw arrive without arms.
//! Hides: how weeks are gone through run by run. The rules are written in `docs/outcomes.md`.

mod card;
mod file;
mod states;
mod weeks;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::digest::{Digest, Hasher};
use crate::period::{Date, Month, Week, Window};
use crate::protocol::{Absence, Measure, Outcome, Protocol, Register, RegisterKind, State};
use crate::register::store::Store;
use crate::register::values::Readings;
use crate::register::{Code, CodeTable, Coverage, Input, Person, RegisterError, Spell};
use weeks::{Meanings, Runs, Stretch};

pub use card::{Card, defined, definition, definition_da};
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
    /// Digest of the lines `referral,date`, in order of referral.
    pub dates: Digest,
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
    Break(Break),
    /// It reaches beyond the periods of a register, or over months that were not delivered.
    Beyond(String),
    /// It reaches into the last two months of a register of hours, which are often not complete.
    Provisional(String),
}

/// A break in the definitions of DREAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// The source of the codes changed.
    July2017,
    /// Three benefits became one.
    July2025,
}

impl Break {
    const ALL: [Break; 2] = [Break::July2017, Break::July2025];

    /// Returns the first week that follows the new definitions.
    fn first_week(self) -> Week {
        let (year, week) = match self {
            Break::July2017 => (2017, 27),
            Break::July2025 => (2025, 27),
        };
        Week::from_iso(year, week).expect("a week of its year")
    }
}

/// One outcome of everybody, in order of referral.
#[derive(Clone, Debug)]
pub struct Series {
    pub outcome: Outcome,
    pub card: Card,
    pub values: Vec<Value>,
    /// Of a `value` with a baseline: its number before the draw.
    pub baseline: Option<Vec<Option<f64>>>,
    /// Where the measure looks at weeks or months after the draw, and a register tells.
    pub fates: Option<Fates>,
    /// Persons in no row of the register who count as without anything to register.
    pub taken_as_zero: u64,
}

/// Persons with a week in these states inside a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fates {
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
    /// The id is not repeated: it may be a national identity number.
    #[error("one referral has two dates")]
    TwoDates,
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
    dates: Vec<Dated>,
) -> Result<Outcomes, OutcomeError> {
    let dates = in_order(dates);
    if dates.windows(2).any(|p| p[0].referral == p[1].referral) {
        return Err(OutcomeError::TwoDates);
    }
    if dates.is_empty() {
        return Err(OutcomeError::Nobody);
    }
    let keys: Vec<&str> = dates.iter().map(|dated| dated.referral.as_str()).collect();
    of_those(stores, keys.iter().copied())?;
    let mut series: Vec<Series> = protocol
        .outcomes
        .iter()
        .map(|outcome| Series {
            outcome: outcome.clone(),
            card: Card::of(outcome),
            values: vec![Value::Missing(Missing::NotInRegister); dates.len()],
            baseline: None,
            fates: outcome.measure.window().map(|_| Fates::default()),
            taken_as_zero: 0,
        })
        .collect();
    let of_tables = series
        .iter_mut()
        .filter(|series| matches!(series.outcome.measure, Measure::Value { .. }));
    for (series, table) in of_tables.zip(tables) {
        series.read(table, &dates);
    }
    for (register, store) in stores.iter().enumerate() {
        let mut of_register: Vec<&mut Series> = series
            .iter_mut()
            .filter(|series| series.outcome.register == Some(register))
            .collect();
        let absent = protocol.registers[register].absent;
        take_in(store, absent, &mut of_register, &keys, &dates)?;
    }
    count_fates(protocol, stores, &mut series, &keys, &dates)?;
    let coverage: Vec<_> = stores.iter().map(|store| Some(&store.coverage)).collect();
    let cautions = cautions(protocol, &coverage, &dates);
    let mut inputs: Vec<Input> = stores.iter().flat_map(|s| s.inputs.clone()).collect();
    inputs.extend(tables.iter().map(|table| table.input.clone()));
    Ok(Outcomes {
        dates: digest_of(&dates),
        referrals: dates.into_iter().map(|dated| dated.referral).collect(),
        series,
        inputs,
        codes: stores.iter().map(|store| store.codes.digest).collect(),
        coverage: protocol
            .registers
            .iter()
            .zip(stores)
            .map(|(register, store)| (register.id.clone(), store.coverage.clone()))
            .collect(),
        cautions,
    })
}

/// Returns, in order of referral, the places of those who are in no row of a register.
pub fn not_in_register(store: &Store, referrals: &[String]) -> Result<Vec<usize>, OutcomeError> {
    let mut order: Vec<usize> = (0..referrals.len()).collect();
    order.sort_by_key(|&at| &referrals[at]);
    let keys: Vec<&str> = order.iter().map(|&at| referrals[at].as_str()).collect();
    let mut met = vec![false; keys.len()];
    store.read_those(&keys, |place, _| met[place] = true)?;
    let absent = order.into_iter().zip(met).filter(|(_, met)| !met);
    Ok(absent.map(|(at, _)| at).collect())
}

/// People whose values are made by one thread, at the least.
const PEOPLE: usize = 1 << 14;

/// Takes the values of some outcomes from the store of their register. Keys and dates are in order
/// of key; several threads have a part of them each.
fn take_in(
    store: &Store,
    absent: Absence,
    series: &mut [&mut Series],
    keys: &[&str],
    dates: &[Dated],
) -> Result<(), OutcomeError> {
    if series.is_empty() {
        return Ok(());
    }
    let outcomes: Vec<Outcome> = series.iter().map(|s| s.outcome.clone()).collect();
    let of_weeks = outcomes.iter().filter(|o| o.measure.needs_states());
    let of_weeks: Vec<Outcome> = of_weeks.cloned().collect();
    let meanings = &Meanings::new(&of_weeks, &store.codes)?;
    let threads = crate::threads::threads();
    let size = keys.len().div_ceil(threads).max(PEOPLE);
    let mut rest: Vec<_> = series
        .iter_mut()
        .map(|s| s.values.chunks_mut(size))
        .collect();
    let parts = keys
        .chunks(size)
        .zip(dates.chunks(size))
        .map(|(keys, dates)| Part {
            store,
            absent,
            meanings,
            outcomes: &outcomes,
            of_weeks: &of_weeks,
            keys,
            dates,
            values: rest.iter_mut().filter_map(Iterator::next).collect(),
            tallies: vec![Tally::default(); outcomes.len()],
        });
    let parts: Vec<Part> = parts.collect();
    let tallies = std::thread::scope(|scope| {
        let threads: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(move || part.take_in()))
            .collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().expect("measuring does not panic"));
        joined.collect::<Result<Vec<_>, RegisterError>>()
    })?;
    for part in tallies {
        for (series, tally) in series.iter_mut().zip(part) {
            if let Some(fates) = &mut series.fates {
                fates.dead += tally.fates.dead;
                fates.abroad += tally.fates.abroad;
            }
            series.taken_as_zero += tally.taken_as_zero;
        }
    }
    Ok(())
}

/// Some of the people, in order of key, and the places of their values.
struct Part<'a> {
    store: &'a Store,
    absent: Absence,
    meanings: &'a Meanings,
    outcomes: &'a [Outcome],
    /// Those of them that look at weeks.
    of_weeks: &'a [Outcome],
    keys: &'a [&'a str],
    dates: &'a [Dated],
    /// For each outcome a place for each person.
    values: Vec<&'a mut [Value]>,
    tallies: Vec<Tally>,
}

/// Counts of persons for one outcome.
#[derive(Clone, Copy, Default)]
struct Tally {
    fates: Fates,
    taken_as_zero: u64,
}

impl Part<'_> {
    fn take_in(mut self) -> Result<Vec<Tally>, RegisterError> {
        let mut timeline = Vec::new();
        let mut met = vec![false; self.keys.len()];
        let (store, keys) = (self.store, self.keys);
        store.read_those(keys, |row, person| {
            met[row] = true;
            self.take(row, person, &mut timeline);
        })?;
        if self.absent == Absence::Zero {
            let nothing = nothing_registered(&store.coverage);
            for row in (0..met.len()).filter(|row| !met[*row]) {
                self.take(row, &nothing, &mut timeline);
                self.tallies
                    .iter_mut()
                    .for_each(|tally| tally.taken_as_zero += 1);
            }
        }
        Ok(self.tallies)
    }

    /// Makes the values of one person.
    fn take(&mut self, row: usize, person: &Person, timeline: &mut Vec<Stretch>) {
        let date = self.dates[row].date;
        if !self.of_weeks.is_empty() {
            self.meanings
                .timeline(person, self.of_weeks, date, timeline);
        }
        let mut sets = self.meanings.set_of.iter();
        let places = self.values.iter_mut().zip(&mut self.tallies);
        for (outcome, (values, tally)) in self.outcomes.iter().zip(places) {
            let measure = outcome.measure;
            if !measure.needs_states() {
                values[row] = of_hours(measure, person, &self.store.coverage, date);
                continue;
            }
            let set = *sets.next().expect("every outcome of weeks has a set");
            let runs = Runs { timeline, set };
            values[row] = runs.value(measure, date);
            if let Some(window) = measure.window() {
                let (first, last) = window.calendar(date);
                tally.fates.take(runs.within(first, last));
            }
        }
    }
}

impl Fates {
    /// Takes in the weeks of one person.
    fn take(&mut self, weeks: impl Iterator<Item = Stretch>) {
        let (mut dead, mut abroad) = (false, false);
        for stretch in weeks {
            dead |= stretch.meaning.state == State::Dead;
            abroad |= stretch.meaning.state == State::Abroad;
        }
        self.dead += u64::from(dead);
        self.abroad += u64::from(abroad);
    }
}

/// Stops where a register was ingested for other persons only than those asked for, whose ids are
/// in order.
pub fn of_those<'k>(
    stores: &[Store],
    ids: impl Iterator<Item = &'k str>,
) -> Result<(), OutcomeError> {
    if stores.iter().all(|store| store.persons.is_none()) {
        return Ok(());
    }
    let roster = Digest::of_roster(ids);
    let others = |store: &Store| store.persons.is_some_and(|persons| persons != roster);
    match stores.iter().any(others) {
        true => Err(OutcomeError::IngestedBefore),
        false => Ok(()),
    }
}

/// Counts, for outcomes of months, who died or went abroad in them: hours do not tell, but the
/// plan's first register of states does.
fn count_fates(
    protocol: &Protocol,
    stores: &[Store],
    series: &mut [Series],
    keys: &[&str],
    dates: &[Dated],
) -> Result<(), OutcomeError> {
    let mut of_months: Vec<(Window, &mut Option<Fates>)> = series
        .iter_mut()
        .filter_map(|s| Some((s.outcome.measure.months()?, &mut s.fates)))
        .collect();
    let with_states = |register: &Register| register.kind != RegisterKind::Bfl;
    let Some(register) = protocol.registers.iter().position(with_states) else {
        return Ok(());
    };
    if of_months.is_empty() {
        return Ok(());
    }
    let store = &stores[register];
    let meanings = Meanings::new(&[], &store.codes)?;
    let mut timeline = Vec::new();
    let mut counted = vec![Fates::default(); of_months.len()];
    store.read_those(keys, |row, person| {
        for ((months, _), fates) in of_months.iter().zip(&mut counted) {
            let (first, last) = months.calendar_months(dates[row].date);
            let end = Month(last.0 + 1).first_week() + -1;
            meanings.between(person, first.first_week(), end, &mut timeline);
            fates.take(timeline.iter().copied());
        }
    })?;
    for ((_, fates), counted) in of_months.iter_mut().zip(counted) {
        **fates = Some(counted);
    }
    Ok(())
}

/// Returns the digest of the lines `referral,date`, each with its end of line.
fn digest_of(dates: &[Dated]) -> Digest {
    let mut hasher = Hasher::new();
    for dated in dates {
        hasher.update(format!("{},{}\n", dated.referral, dated.date).as_bytes());
    }
    hasher.finish()
}

/// Returns a person of whom there was nothing to register: no hours, and no code in any week. A
/// register of benefits says nothing of the wages of those who are not in it.
fn nothing_registered(coverage: &Coverage) -> Person {
    let blank = coverage.weeks.map(|(first, last)| Spell {
        first,
        weeks: (last - first + 1) as u32,
        code: Code::BLANK,
    });
    Person {
        spells: blank.into_iter().collect(),
        ..Person::default()
    }
}

/// Puts people into order of referral. The first 16 bytes decide nearly always, and lie together.
fn in_order(dates: Vec<Dated>) -> Vec<Dated> {
    let start = |text: &str| {
        let mut bytes = [0; 16];
        let length = text.len().min(16);
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        u128::from_be_bytes(bytes)
    };
    let dates = dates
        .into_iter()
        .map(|dated| (start(&dated.referral), dated));
    let mut dates: Vec<(u128, Dated)> = dates.collect();
    let whole = |dated: &Dated, other: &Dated| dated.referral.cmp(&other.referral);
    dates.sort_unstable_by(|(a, dated), (b, other)| a.cmp(b).then_with(|| whole(dated, other)));
    dates.into_iter().map(|(_, dated)| dated).collect()
}

/// Counts the persons whose windows hold a break, reach beyond a register, or into months that may
/// not be complete.
///
/// `coverage` has the periods of each register of the plan, where they are known.
pub fn cautions(
    protocol: &Protocol,
    coverage: &[Option<&Coverage>],
    dates: &[Dated],
) -> BTreeMap<Caution, u64> {
    let mut cautions = BTreeMap::new();
    let breaks = Break::ALL.map(|what| (what.first_week(), what));
    for dated in dates {
        let mut of_person: BTreeSet<Caution> = BTreeSet::new();
        for outcome in &protocol.outcomes {
            let Some(index) = outcome.register else {
                continue;
            };
            let register = &protocol.registers[index];
            let beyond = || Caution::Beyond(register.id.clone());
            if let Some(window) = outcome.measure.window() {
                let (first, last) = window.calendar(dated.date);
                for &(week, what) in &breaks {
                    if register.kind == RegisterKind::Dream && first < week && week <= last {
                        of_person.insert(Caution::Break(what));
                    }
                }
                if let Some((from, to)) = coverage[index].and_then(|coverage| coverage.weeks)
                    && (first < from || to < last)
                {
                    of_person.insert(beyond());
                }
            }
            if let Some(months) = outcome.measure.months()
                && let Some(coverage) = coverage[index]
                && let Some((_, end)) = coverage.months
            {
                let (first, last) = months.calendar_months(dated.date);
                if !coverage.has_months(first, last) {
                    of_person.insert(beyond());
                }
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
            Caution::Break(Break::July2017) => {
                f.write_str("the window holds July 2017, when the source of the codes changed")
            }
            Caution::Break(Break::July2025) => {
                f.write_str("the window holds July 2025, when three benefits became one")
            }
            Caution::Beyond(register) => {
                write!(f, "the window reaches beyond what `{register}` holds")
            }
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

/// An hour, in the unit that hours are kept in.
const HOUR: u64 = 10_000;
/// A month of full time, 160.33 hours, in 1/10,000 hour.
const FULL_TIME: u64 = 1_603_300;

/// Returns a measure of paid hours. A month without a row has no hours; hours over all jobs were
/// added when the register was read, and are capped here.
fn of_hours(measure: Measure, person: &Person, coverage: &Coverage, date: Date) -> Value {
    let months = measure.months().expect("a measure of months");
    let (first, last) = months.calendar_months(date);
    if !coverage.has_months(first, last) {
        return Value::Missing(Missing::NotCovered);
    }
    let paid = person
        .hours
        .iter()
        .filter(|hours| first <= hours.month && hours.month <= last)
        .map(|hours| u64::from(hours.paid));
    match measure {
        Measure::DegreeZero { .. } => Value::YesNo(paid.sum::<u64>() == 0),
        Measure::Hours {
            more_than, at_most, ..
        } => {
            // Hours a week are hours a month · 12 / 52; both sides of a bound are whole.
            let paid = 12 * paid.sum::<u64>();
            let weeks = 52 * u64::from(months.weeks()) * HOUR;
            let above = more_than.map(|hours| paid > u64::from(hours) * weeks);
            let below = at_most.map(|hours| paid <= u64::from(hours) * weeks);
            match (above, below) {
                (None, None) => Value::Number(paid as f64 / weeks as f64),
                (above, below) => Value::YesNo(above.unwrap_or(true) && below.unwrap_or(true)),
            }
        }
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

//! Outcomes: a person's spells and date of draw become one value for each outcome of the plan.
//!
//! Promises: whole numbers to the end; a value that cannot be known is missing with its reason;
//! everybody asked for has a row. Blind: the dates of draw arrive without arms.
//! Hides: how weeks are gone through run by run. The rules are written in `docs/outcomes.md`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde::Serialize;

use crate::digest::Digest;
use crate::period::{Date, Week};
use crate::protocol::{Measure, Outcome, Protocol, Selector, State, Unit, WAGE};
use crate::register::columns::{Columns, Values};
use crate::register::store::Store;
use crate::register::{Class, Code, CodeTable, Coverage, Input, Person, RegisterError};

/// A referral and the date of its draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    pub referral: String,
    pub date: Date,
}

/// The value of an outcome for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    YesNo(bool),
    Weeks(u32),
    /// Weeks in the states, of the weeks of the denominator.
    Share {
        weeks: u32,
        of: u32,
    },
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
}

/// The outcomes of everybody, in order of referral.
#[derive(Clone, Debug)]
pub struct Outcomes {
    pub referrals: Vec<String>,
    pub series: Vec<Series>,
    pub inputs: Vec<Input>,
    pub codes: Digest,
    pub coverage: Vec<(String, Coverage)>,
}

/// One outcome of everybody, in order of referral.
#[derive(Clone, Debug)]
pub struct Series {
    pub outcome: Outcome,
    pub definition: String,
    pub values: Vec<Value>,
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
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Makes every outcome of the plan for the referrals, from the stores of its registers.
///
/// `stores` are in the order of the plan's registers.
pub fn measure(
    protocol: &Protocol,
    stores: &[Store],
    dates: &[Dated],
) -> Result<Outcomes, OutcomeError> {
    let codes = CodeTable::built_in();
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
            definition: definition(outcome),
            values: vec![Value::Missing(Missing::NotInRegister); dates.len()],
            dead: 0,
            abroad: 0,
        })
        .collect();
    for (register, store) in stores.iter().enumerate() {
        let mut of_register: Vec<&mut Series> = series
            .iter_mut()
            .filter(|series| series.outcome.register == register)
            .collect();
        let outcomes: Vec<Outcome> = of_register.iter().map(|s| s.outcome.clone()).collect();
        let meanings = Meanings::new(&outcomes, codes)?;
        let mut timeline = Vec::new();
        store.read(Some(&keep), |person| {
            let row = place[person.key.as_str()];
            let date = dates[row].date;
            meanings.timeline(person, &outcomes, date, &mut timeline);
            for (set, series) in meanings.set_of.iter().zip(&mut of_register) {
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
    Ok(Outcomes {
        referrals: dates.into_iter().map(|dated| dated.referral).collect(),
        series,
        inputs: stores.iter().flat_map(|s| s.inputs.clone()).collect(),
        codes: codes.digest,
        coverage: protocol
            .registers
            .iter()
            .zip(stores)
            .map(|(register, store)| (register.id.clone(), store.coverage))
            .collect(),
    })
}

/// Checks that every code the plan's outcomes select is in the table.
pub fn check_codes(protocol: &Protocol) -> Result<(), OutcomeError> {
    Meanings::new(&protocol.outcomes, CodeTable::built_in()).map(|_| ())
}

/// A set of sets of states, one bit each.
type Sets = u128;

/// What a week says to every set of states at once.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    state: State,
    /// Sets that the week is in.
    inside: Sets,
    /// Sets of which it cannot be known whether the week is in them.
    open: Sets,
}

/// Whether wage was registered in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paid {
    No,
    Yes,
    /// The register has no industry column for the month.
    Unknown,
}

/// Weeks from `first` to `last` that mean the same.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: Week,
    last: Week,
    meaning: Meaning,
}

impl Stretch {
    fn weeks(&self) -> u32 {
        (self.last - self.first + 1) as u32
    }
}

/// The meanings of every code, for the sets of states of some outcomes.
struct Meanings {
    /// By code, then by `Paid`.
    by_code: Vec<[Meaning; 3]>,
    uncovered: Meaning,
    /// Whether the code's meaning depends on the month's industry code.
    by_month: Vec<bool>,
    /// The set of each outcome, by its number.
    set_of: Vec<u32>,
}

impl Meanings {
    fn new(outcomes: &[Outcome], codes: &CodeTable) -> Result<Meanings, OutcomeError> {
        let mut sets: Vec<&[Selector]> = Vec::new();
        let mut set_of = Vec::new();
        for outcome in outcomes {
            for selector in &outcome.selectors {
                if let Selector::Code(number) = selector
                    && Code::from_number(*number)
                        .and_then(|code| codes.class(code))
                        .is_none()
                {
                    return Err(OutcomeError::UnknownCode {
                        outcome: outcome.id.clone(),
                        code: format!("{number:03}"),
                        line: outcome.states_line,
                    });
                }
            }
            let set = sets.iter().position(|set| *set == outcome.selectors);
            set_of.push(set.unwrap_or(sets.len()) as u32);
            if set.is_none() {
                sets.push(&outcome.selectors);
            }
        }
        if sets.len() > Sets::BITS as usize {
            return Err(OutcomeError::TooManySets);
        }
        let meaning = |code: Code, class: Class, paid: Paid| {
            let mut meaning = Meaning {
                state: state(class, paid),
                inside: 0,
                open: 0,
            };
            for (number, set) in sets.iter().enumerate() {
                match is_inside(set, code, class, paid) {
                    Some(true) => meaning.inside |= 1 << number,
                    Some(false) => {}
                    None => meaning.open |= 1 << number,
                }
            }
            meaning
        };
        let by_code: Vec<[Meaning; 3]> = (0..1000)
            .map(|number| {
                let code = Code::from_number(number).unwrap_or(Code::BLANK);
                let class = codes.class(code).unwrap_or(Class::Is(State::Unknown));
                [Paid::No, Paid::Yes, Paid::Unknown].map(|paid| meaning(code, class, paid))
            })
            .collect();
        let by_month = by_code
            .iter()
            .map(|[no, yes, unknown]| {
                (no.inside, no.open) != (yes.inside, yes.open)
                    || no.state != yes.state
                    || (no.inside, no.open) != (unknown.inside, unknown.open)
            })
            .collect();
        // A week outside the register is in a set only if the set names `unknown` itself.
        let mut uncovered = Meaning {
            state: State::Unknown,
            inside: 0,
            open: 0,
        };
        for (number, set) in sets.iter().enumerate() {
            match set.contains(&Selector::State(State::Unknown)) {
                true => uncovered.inside |= 1 << number,
                false => uncovered.open |= 1 << number,
            }
        }
        Ok(Meanings {
            by_code,
            uncovered,
            by_month,
            set_of,
        })
    }

    /// Lays out what each week of a person means, without gaps, over every week that the outcomes
    /// look at.
    fn timeline(
        &self,
        person: &Person,
        outcomes: &[Outcome],
        date: Date,
        timeline: &mut Vec<Stretch>,
    ) {
        timeline.clear();
        let drawn = Week::of(date);
        let begin = person.spells.first().map_or(drawn, |spell| spell.first);
        let mut from = drawn;
        let mut to = drawn;
        for outcome in outcomes {
            match outcome.measure.window() {
                Some(window) => to = to.max(window.calendar(date).1),
                None => from = from.min(begin),
            }
        }
        let mut next = from;
        let mut months = MonthWalk::new(person);
        for spell in &person.spells {
            let (first, last) = (
                spell.first.max(next),
                spell.first + (spell.weeks as i32 - 1),
            );
            let last = last.min(to);
            if last < first {
                continue;
            }
            if first > next {
                push(timeline, next, first + -1, self.uncovered);
            }
            let code = usize::from(spell.code.number());
            if self.by_month[code] {
                months.each(first, last, |first, last, paid| {
                    push(timeline, first, last, self.by_code[code][paid as usize]);
                });
            } else {
                push(timeline, first, last, self.by_code[code][0]);
            }
            next = last + 1;
        }
        if next <= to {
            push(timeline, next, to, self.uncovered);
        }
    }
}

fn push(timeline: &mut Vec<Stretch>, first: Week, last: Week, meaning: Meaning) {
    timeline.push(Stretch {
        first,
        last,
        meaning,
    });
}

/// Returns the state of a week.
fn state(class: Class, paid: Paid) -> State {
    match (class, paid) {
        (Class::Is(state), _) => state,
        (Class::ByIndustry, Paid::Yes) => State::Ordinary,
        (Class::ByIndustry, Paid::No) => State::SelfSupport,
        (Class::ByIndustry, Paid::Unknown) => State::Unknown,
    }
}

/// Returns whether a week is in a set of states, `None` where that cannot be known.
fn is_inside(set: &[Selector], code: Code, class: Class, paid: Paid) -> Option<bool> {
    let has = |state: State| set.contains(&Selector::State(state));
    let wage = set.contains(&Selector::Wage);
    if has(state(class, paid))
        || set.contains(&Selector::Code(code.number()))
        || (wage && paid == Paid::Yes)
    {
        return Some(true);
    }
    if paid != Paid::Unknown {
        return Some(false);
    }
    // With an unknown month a blank week is in one of two states.
    match class {
        Class::ByIndustry => match (has(State::Ordinary) || wage, has(State::SelfSupport)) {
            (true, true) => Some(true),
            (false, false) => Some(false),
            _ => None,
        },
        Class::Is(_) if wage => None,
        Class::Is(_) => Some(false),
    }
}

/// Goes through a person's months in step with the weeks.
struct MonthWalk<'p> {
    person: &'p Person,
    at: usize,
}

impl<'p> MonthWalk<'p> {
    fn new(person: &'p Person) -> MonthWalk<'p> {
        MonthWalk { person, at: 0 }
    }

    /// Calls `part` for each stretch of weeks with one answer about wage. Weeks come in order of
    /// time over all calls.
    fn each(&mut self, first: Week, last: Week, mut part: impl FnMut(Week, Week, Paid)) {
        let mut next = first;
        while next <= last {
            let month = next.month().0;
            let wages = &self.person.wages;
            while self.at < wages.len()
                && wages[self.at].first.0 + wages[self.at].months as i32 <= month
            {
                self.at += 1;
            }
            // The month from which another answer holds.
            let (paid, until) = match wages.get(self.at) {
                Some(wage) if wage.first.0 <= month => {
                    let paid = if wage.paid { Paid::Yes } else { Paid::No };
                    (paid, Some(wage.first.0 + wage.months as i32))
                }
                Some(wage) => (Paid::Unknown, Some(wage.first.0)),
                None => (Paid::Unknown, None),
            };
            let end = match until {
                Some(month) => (first_week_of(month) + -1).min(last),
                None => last,
            };
            part(next, end, paid);
            next = end + 1;
        }
    }
}

/// Returns the first week whose Thursday lies in a month.
fn first_week_of(month: i32) -> Week {
    let year = month.div_euclid(12) as i16;
    let first = crate::period::Date::new(year, (month.rem_euclid(12) + 1) as i8, 1)
        .expect("months come from columns of a register");
    let week = Week::of(first);
    // A week belongs to the month of its Thursday.
    if week.month().0 < month {
        week + 1
    } else {
        week
    }
}

/// A person's weeks as one set of states sees them.
struct Runs<'t> {
    timeline: &'t [Stretch],
    set: u32,
}

/// How a week stands to a set of states.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Inside,
    Outside,
    Open,
}

impl Runs<'_> {
    fn standing(&self, stretch: &Stretch) -> Standing {
        let bit = 1 << self.set;
        if stretch.meaning.inside & bit != 0 {
            Standing::Inside
        } else if stretch.meaning.open & bit != 0 {
            Standing::Open
        } else {
            Standing::Outside
        }
    }

    /// Returns the stretches that overlap a window, cut to it.
    fn within(&self, first: Week, last: Week) -> impl DoubleEndedIterator<Item = Stretch> {
        let from = self.timeline.partition_point(|s| s.last < first);
        let to = self.timeline.partition_point(|s| s.first <= last);
        self.timeline[from..to.max(from)]
            .iter()
            .map(move |stretch| Stretch {
                first: stretch.first.max(first),
                last: stretch.last.min(last),
                ..*stretch
            })
    }

    fn value(&self, measure: Measure, date: Date) -> Value {
        let calendar = |window: crate::period::Window| window.calendar(date);
        match measure {
            Measure::Ever { window } => {
                let (first, last) = calendar(window);
                let mut open = false;
                for stretch in self.within(first, last) {
                    match self.standing(&stretch) {
                        Standing::Inside => return Value::YesNo(true),
                        Standing::Open => open = true,
                        Standing::Outside => {}
                    }
                }
                known(!open, Value::YesNo(false))
            }
            Measure::At { window } => {
                let (_, last) = calendar(window);
                let stretch = self.within(last, last).next();
                match stretch.map(|stretch| self.standing(&stretch)) {
                    Some(Standing::Inside) => Value::YesNo(true),
                    Some(Standing::Outside) => Value::YesNo(false),
                    Some(Standing::Open) | None => Value::Missing(Missing::NotCovered),
                }
            }
            Measure::Weeks { window, more_than } => {
                let (weeks, open) = self.count(calendar(window));
                match more_than {
                    Some(limit) if weeks > limit => Value::YesNo(true),
                    Some(_) => known(!open, Value::YesNo(false)),
                    None => known(!open, Value::Weeks(weeks)),
                }
            }
            Measure::Share { window } => {
                let (weeks, open) = self.count(calendar(window));
                let of = window.weeks();
                known(!open, Value::Share { weeks, of })
            }
            Measure::TimeTo { window, stable } => self.time_to(calendar(window), date, stable),
            Measure::History { gap, more_than } => self.history(date, gap, more_than),
        }
    }

    /// Returns the number of weeks inside, and whether some week is open.
    fn count(&self, (first, last): (Week, Week)) -> (u32, bool) {
        let mut weeks = 0;
        let mut open = false;
        for stretch in self.within(first, last) {
            match self.standing(&stretch) {
                Standing::Inside => weeks += stretch.weeks(),
                Standing::Open => open = true,
                Standing::Outside => {}
            }
        }
        (weeks, open)
    }

    /// Returns the week, counted from the draw, in which `stable` consecutive weeks are complete.
    fn time_to(&self, (first, last): (Week, Week), date: Date, stable: u32) -> Value {
        let drawn = Week::of(date);
        let at = |week: Week, end| Value::Time {
            weeks: (week - drawn) as u32,
            end,
        };
        let mut run = 0;
        for stretch in self.within(first, last) {
            match self.standing(&stretch) {
                Standing::Inside if run + stretch.weeks() >= stable => {
                    let week = stretch.first + (stable - run - 1) as i32;
                    return at(week, End::Event);
                }
                Standing::Inside => run += stretch.weeks(),
                Standing::Open if stretch.first == first => {
                    return Value::Missing(Missing::NotCovered);
                }
                // Behind a week that is not known an event could be hidden.
                Standing::Open => return at(stretch.first + -1, End::Censored),
                Standing::Outside => {
                    run = 0;
                    let end = match stretch.meaning.state {
                        State::Dead => End::Dead,
                        State::Abroad => End::Abroad,
                        State::Pension => End::Pension,
                        _ => continue,
                    };
                    return at(stretch.first, end);
                }
            }
        }
        at(last, End::Censored)
    }

    /// Counts the weeks inside back from the week before the draw, across short gaps.
    fn history(&self, date: Date, gap: u32, more_than: Option<u32>) -> Value {
        let last = Week::of(date) + -1;
        let first = self.timeline.first().map_or(last, |stretch| stretch.first);
        let mut weeks = 0;
        let mut outside = 0;
        let mut at_least = true;
        let mut seen = false;
        for stretch in self.within(first, last).rev() {
            match self.standing(&stretch) {
                Standing::Inside => {
                    weeks += stretch.weeks();
                    outside = 0;
                }
                Standing::Outside => outside += stretch.weeks(),
                Standing::Open => break,
            }
            seen = true;
            if outside > gap {
                at_least = false;
                break;
            }
        }
        if !seen {
            return Value::Missing(Missing::NotCovered);
        }
        match more_than {
            None => Value::History { weeks, at_least },
            Some(limit) if weeks > limit => Value::YesNo(true),
            Some(_) => known(!at_least, Value::YesNo(false)),
        }
    }
}

fn known(known: bool, value: Value) -> Value {
    if known {
        value
    } else {
        Value::Missing(Missing::NotCovered)
    }
}

/// Returns an outcome's definition in words.
pub fn definition(outcome: &Outcome) -> String {
    let states: Vec<String> = outcome
        .selectors
        .iter()
        .map(|selector| match selector {
            Selector::State(state) => state.name().to_owned(),
            Selector::Code(code) => format!("code {code:03}"),
            Selector::Wage => WAGE.to_owned(),
        })
        .collect();
    let states = format!("{{{}}}", states.join(", "));
    let written = outcome.states_written.join(", ");
    let states = if states == format!("{{{written}}}") {
        states
    } else {
        format!("{written} = {states}")
    };
    let beyond = "a window beyond the register is missing; weeks abroad or dead count as not in \
                  the states";
    match outcome.measure {
        Measure::Ever { window } => format!(
            "1 if some week of weeks {window} after the draw is in {states}, else 0; {beyond}"
        ),
        Measure::At { window } => format!(
            "1 if week {} after the draw is in {states}, else 0; {beyond}",
            window.last()
        ),
        Measure::Weeks {
            window,
            more_than: None,
        } => format!("number of weeks in {states} in weeks {window} after the draw; {beyond}"),
        Measure::Weeks {
            window,
            more_than: Some(limit),
        } => format!(
            "1 if more than {limit} of weeks {window} after the draw are in {states}, else 0; \
             {beyond}"
        ),
        Measure::Share { window } => format!(
            "weeks in {states} in weeks {window} after the draw, divided by {} (fixed); {beyond}",
            window.weeks()
        ),
        Measure::TimeTo { window, stable: 1 } => format!(
            "weeks from the draw to the first week in {states} in weeks {window}; death, \
             emigration and pension end the time, else it is censored at the last week known"
        ),
        Measure::TimeTo { window, stable } => format!(
            "weeks from the draw to the week in which {stable} consecutive weeks in {states} are \
             complete, in weeks {window}; death, emigration and pension end the time, else it is \
             censored at the last week known"
        ),
        Measure::History { gap, more_than } => {
            let weeks = format!(
                "weeks in {states} up to the week before that of the draw, counted back across \
                 gaps of at most {gap} weeks (the gaps themselves not counted)"
            );
            match more_than {
                None => weeks,
                Some(limit) => format!("1 if more than {limit} {weeks}, else 0"),
            }
        }
    }
}

/// What travels with an outcome file.
#[derive(Clone, Debug, Serialize)]
struct Record<'a> {
    format: &'static str,
    study: &'a str,
    /// Digest of the plan the outcomes were made from.
    plan: String,
    codes: String,
    registers: Vec<RegisterRecord>,
    inputs: BTreeMap<&'a str, String>,
    rows: usize,
    outcomes: Vec<OutcomeRecord<'a>>,
}

#[derive(Clone, Debug, Serialize)]
struct RegisterRecord {
    register: String,
    weeks: Option<(String, String)>,
    months: Option<(String, String)>,
}

#[derive(Clone, Debug, Serialize)]
struct OutcomeRecord<'a> {
    id: &'a str,
    label: &'a str,
    measure: &'static str,
    definition: &'a str,
    missing: BTreeMap<&'static str, usize>,
    dead_in_window: u64,
    abroad_in_window: u64,
}

/// The name of the form of an outcome file.
pub const OUTCOMES_FORMAT: &str = "klero-outcomes-1";

impl Series {
    /// Returns how many values are missing, by reason.
    pub fn missing(&self) -> BTreeMap<&'static str, usize> {
        let mut missing = BTreeMap::new();
        for value in &self.values {
            if let Value::Missing(reason) = value {
                *missing.entry(reason.name()).or_default() += 1;
            }
        }
        missing
    }
}

impl Outcomes {
    /// Returns the record that travels with the table, as JSON.
    pub fn record(&self, protocol: &Protocol) -> String {
        let record = Record {
            format: OUTCOMES_FORMAT,
            study: &protocol.study.id,
            plan: protocol.digest.to_string(),
            codes: self.codes.to_string(),
            registers: self
                .coverage
                .iter()
                .map(|(register, coverage)| RegisterRecord {
                    register: register.clone(),
                    weeks: coverage.weeks.map(|(a, b)| (a.to_string(), b.to_string())),
                    months: coverage.months.map(|(a, b)| (a.to_string(), b.to_string())),
                })
                .collect(),
            inputs: self
                .inputs
                .iter()
                .map(|input| (input.file.as_str(), input.digest.to_string()))
                .collect(),
            rows: self.referrals.len(),
            outcomes: self
                .series
                .iter()
                .map(|series| OutcomeRecord {
                    id: &series.outcome.id,
                    label: &series.outcome.label,
                    measure: series.outcome.measure.name(),
                    definition: &series.definition,
                    missing: series.missing(),
                    dead_in_window: series.dead,
                    abroad_in_window: series.abroad,
                })
                .collect(),
        };
        serde_json::to_string_pretty(&record).expect("a record is texts and numbers")
    }

    /// Returns the table: a row for each referral, columns as `docs/outcomes.md` says.
    pub fn columns(&self, protocol: &Protocol) -> Columns {
        let referrals = self.referrals.iter().cloned().map(Some).collect();
        let mut columns = vec![("referral".to_owned(), Values::Text(referrals))];
        for series in &self.series {
            let id = &series.outcome.id;
            let values = &series.values;
            columns.push((id.clone(), main_column(series)));
            if series.outcome.measure.unit() == Unit::TimeToEvent {
                let status = values.iter().map(|value| match value {
                    Value::Time { end, .. } => Some(end.name().to_owned()),
                    _ => None,
                });
                columns.push((format!("{id}_status"), Values::Text(status.collect())));
            }
            if matches!(
                series.outcome.measure,
                Measure::History {
                    more_than: None,
                    ..
                }
            ) {
                let flag = values.iter().map(|value| match value {
                    Value::History { at_least, .. } => Some(i64::from(*at_least)),
                    _ => None,
                });
                columns.push((format!("{id}_at_least"), Values::Whole(flag.collect())));
            }
            let missing = values.iter().map(|value| match value {
                Value::Missing(reason) => Some(reason.name().to_owned()),
                _ => None,
            });
            columns.push((format!("{id}_missing"), Values::Text(missing.collect())));
        }
        Columns {
            columns,
            metadata: self.record(protocol),
        }
    }
}

fn main_column(series: &Series) -> Values {
    let values = series.values.iter();
    match series.outcome.measure.unit() {
        Unit::ShareOfTime => Values::Number(
            values
                .map(|value| match value {
                    Value::Share { weeks, of } => Some(f64::from(*weeks) / f64::from(*of)),
                    _ => None,
                })
                .collect(),
        ),
        _ => Values::Whole(
            values
                .map(|value| match value {
                    Value::YesNo(yes) => Some(i64::from(*yes)),
                    Value::Weeks(weeks)
                    | Value::Time { weeks, .. }
                    | Value::History { weeks, .. } => Some(i64::from(*weeks)),
                    Value::Share { .. } | Value::Missing(_) => None,
                })
                .collect(),
        ),
    }
}

//! A person's weeks as sets of states see them, gone through run by run.

use super::{End, Missing, OutcomeError, Value};
use crate::period::{Date, Month, Week};
use crate::protocol::{Denominator, Measure, Outcome, Selector, State};
use crate::register::{Class, Code, CodeTable, Person};

/// A set of sets of states, one bit each.
type Sets = u128;

/// What a week says to every set of states at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    pub state: State,
    /// Sets that the week is in.
    inside: Sets,
    /// Sets of which it cannot be known whether the week is in them.
    open: Sets,
    /// Whether the register has the week.
    covered: bool,
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
pub(super) struct Stretch {
    pub first: Week,
    pub last: Week,
    pub meaning: Meaning,
}

impl Stretch {
    fn weeks(&self) -> u32 {
        (self.last - self.first + 1) as u32
    }
}

/// The meanings of every code, for the sets of states of some outcomes.
pub(super) struct Meanings {
    /// By code, then by `Paid`.
    by_code: Vec<[Meaning; 3]>,
    uncovered: Meaning,
    /// Whether the code's meaning depends on the month's industry code.
    by_month: Vec<bool>,
    /// The set of each outcome, by its number.
    pub set_of: Vec<u32>,
}

impl Meanings {
    pub fn new(outcomes: &[Outcome], codes: &CodeTable) -> Result<Meanings, OutcomeError> {
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
                covered: true,
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
        let by_code: Vec<[Meaning; 3]> = (0..Code::COUNT)
            .map(|number| {
                let code = Code::stored(number).unwrap_or(Code::BLANK);
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
            covered: false,
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
    pub fn timeline(
        &self,
        person: &Person,
        outcomes: &[Outcome],
        date: Date,
        timeline: &mut Vec<Stretch>,
    ) {
        let drawn = Week::of(date);
        let begin = person.spells.first().map_or(drawn, |spell| spell.first);
        let mut from = drawn;
        let mut to = drawn;
        for outcome in outcomes {
            match outcome.measure.window() {
                Some(window) => to = to.max(window.calendar(date).1 + look_ahead(outcome.measure)),
                None => from = from.min(begin),
            }
        }
        self.between(person, from, to, timeline);
    }

    /// Lays out what each week of a person from `from` to `to` means, without gaps.
    pub fn between(&self, person: &Person, from: Week, to: Week, timeline: &mut Vec<Stretch>) {
        timeline.clear();
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

/// Returns how many weeks beyond its window a measure looks.
fn look_ahead(measure: Measure) -> i32 {
    match measure {
        Measure::Retained { after, .. } => after as i32,
        _ => 0,
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
                Some(month) => (Month(month).first_week() + -1).min(last),
                None => last,
            };
            part(next, end, paid);
            next = end + 1;
        }
    }
}

/// A person's weeks as one set of states sees them.
pub(super) struct Runs<'t> {
    pub timeline: &'t [Stretch],
    pub set: u32,
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
    pub fn within(&self, first: Week, last: Week) -> impl DoubleEndedIterator<Item = Stretch> {
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

    pub fn value(&self, measure: Measure, date: Date) -> Value {
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
                let (first, last) = calendar(window);
                match self.within(first, last).all(|s| s.meaning.covered) {
                    true => self.at(last),
                    false => Value::Missing(Missing::NotCovered),
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
            Measure::Share {
                window,
                denominator: Denominator::Fixed,
            } => {
                let (weeks, open) = self.count(calendar(window));
                let of = window.weeks();
                known(!open, Value::Share { weeks, of })
            }
            Measure::Share {
                window,
                denominator,
            } => self.observed_share(calendar(window), denominator),
            Measure::TimeTo { window, stable } => self.time_to(calendar(window), date, stable),
            Measure::Retained {
                window,
                stable,
                after,
            } => self.retained(calendar(window), stable, after),
            Measure::History { gap, more_than } => self.history(date, gap, more_than),
            Measure::Degree { .. }
            | Measure::DegreeZero { .. }
            | Measure::Hours { .. }
            | Measure::Value { .. } => {
                unreachable!("a measure of months or of a table looks at no weeks")
            }
        }
    }

    /// Returns the weeks inside among the observed ones: those neither abroad nor unknown.
    fn observed_share(&self, (first, last): (Week, Week), denominator: Denominator) -> Value {
        let (mut weeks, mut of) = (0, 0);
        for stretch in self.within(first, last) {
            if !stretch.meaning.covered {
                return Value::Missing(Missing::NotCovered);
            }
            if matches!(stretch.meaning.state, State::Abroad | State::Unknown) {
                continue;
            }
            of += stretch.weeks();
            match self.standing(&stretch) {
                Standing::Inside => weeks += stretch.weeks(),
                // Observed, and it is not known whether wage was registered.
                Standing::Open => return Value::Missing(Missing::NotCovered),
                Standing::Outside => {}
            }
        }
        match (of, denominator) {
            (0, _) => Value::Missing(Missing::NotObserved),
            (of, Denominator::Pooled) => Value::Pooled { weeks, of },
            (of, _) => Value::Share { weeks, of },
        }
    }

    /// Returns whether a week is in the states.
    fn at(&self, week: Week) -> Value {
        let stretch = self.within(week, week).next();
        match stretch.map(|stretch| self.standing(&stretch)) {
            Some(Standing::Inside) => Value::YesNo(true),
            Some(Standing::Outside) => Value::YesNo(false),
            Some(Standing::Open) | None => Value::Missing(Missing::NotCovered),
        }
    }

    /// Returns whether somebody who came to `stable` consecutive weeks is in the states `after`
    /// weeks later. Weeks abroad or on pension before them end nothing, as they would a time.
    fn retained(&self, (first, last): (Week, Week), stable: u32, after: u32) -> Value {
        let mut run = 0;
        for stretch in self.within(first, last) {
            match self.standing(&stretch) {
                Standing::Inside if run + stretch.weeks() >= stable => {
                    let reached = stretch.first + (stable - run - 1) as i32;
                    return self.at(reached + after as i32);
                }
                Standing::Inside => run += stretch.weeks(),
                Standing::Outside => run = 0,
                // In a week that is not known such weeks could be complete.
                Standing::Open => return Value::Missing(Missing::NotCovered),
            }
        }
        Value::Missing(Missing::NotReached)
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

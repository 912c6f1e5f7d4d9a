//! Who is in which state, week by week from the draw.
//!
//! Every person is in exactly one state in every week; a week that the register does not have, and
//! a person whom it does not have, is `unknown`, so that the counts of a week always sum to all.

use std::collections::{HashMap, HashSet};

use super::weeks::Meanings;
use super::{Dated, OutcomeError};
use crate::period::Week;
use crate::protocol::State;
use crate::register::Code;
use crate::register::store::Store;

/// Persons in each state, by week counted from the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateWeeks {
    /// Week 0 is that of the draw.
    pub weeks: Vec<i32>,
    /// For each week, persons by state, in the order of [`State::ALL`].
    pub counts: Vec<Vec<u64>>,
    pub persons: u64,
    pub not_in_register: u64,
}

/// Weeks of one person in one state with one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonWeeks {
    pub first: Week,
    pub last: Week,
    /// Blank where the register has no code; absent where it does not have the week.
    pub code: Option<Code>,
    pub state: State,
}

/// Counts persons by state in the weeks `from` to `to`, counted from each person's draw.
pub fn states_by_week(
    store: &Store,
    dates: &[Dated],
    from: i32,
    to: i32,
) -> Result<StateWeeks, OutcomeError> {
    if dates.is_empty() {
        return Err(OutcomeError::Nobody);
    }
    let drawn: HashMap<&str, Week> = dates
        .iter()
        .map(|dated| (dated.referral.as_str(), Week::of(dated.date)))
        .collect();
    if drawn.len() < dates.len() {
        return Err(OutcomeError::TwoDates);
    }
    let weeks: Vec<i32> = (from..=to).collect();
    let mut counts = vec![vec![0; State::ALL.len()]; weeks.len()];
    let keep: HashSet<&str> = drawn.keys().copied().collect();
    let meanings = Meanings::new(&[], &store.codes)?;
    let mut met = 0;
    let mut timeline = Vec::new();
    store.read(Some(&keep), |person| {
        met += 1;
        let zero = drawn[person.key.as_str()];
        meanings.between(person, zero + from, zero + to, &mut timeline);
        for stretch in &timeline {
            for week in stretch.first - zero..=stretch.last - zero {
                counts[(week - from) as usize][stretch.meaning.state as usize] += 1;
            }
        }
    })?;
    let persons = drawn.len() as u64;
    for week in &mut counts {
        week[State::Unknown as usize] += persons - met;
    }
    Ok(StateWeeks {
        weeks,
        counts,
        persons,
        not_in_register: persons - met,
    })
}

/// Returns every week of one person that the register has, run by run; `None` for somebody who is
/// not in it.
pub fn person_weeks(store: &Store, key: &str) -> Result<Option<Vec<PersonWeeks>>, OutcomeError> {
    let meanings = Meanings::new(&[], &store.codes)?;
    let mut found = None;
    store.read(Some(&HashSet::from([key])), |person| {
        let mut runs: Vec<PersonWeeks> = Vec::new();
        let mut timeline = Vec::new();
        for spell in &person.spells {
            let last = spell.first + (spell.weeks as i32 - 1);
            meanings.between(person, spell.first, last, &mut timeline);
            runs.extend(timeline.iter().map(|stretch| PersonWeeks {
                first: stretch.first,
                last: stretch.last,
                code: Some(spell.code),
                state: stretch.meaning.state,
            }));
        }
        found = Some(runs);
    })?;
    Ok(found)
}

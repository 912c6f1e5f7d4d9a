//! Counts of people by arm, of what was received and outside a register; and the people themselves.

use std::collections::{HashMap, HashSet};

use super::states::month_of;
use super::{Found, ResultsError, Sources};
use crate::estimate::ArmCounts;
use crate::ledger::{Event, Ledger};
use crate::outcome::not_in_register;
use crate::protocol::{Absence, Outcome, Protocol};
use crate::register::store::Store;
use crate::report::study::{NothingRegistered, Persons, Recruitment};
use crate::sample::{Measured, People, dates_of_draws};

/// Counts, arm by arm, who is in no row of a register of which that means nothing to register.
pub(super) fn nothing_registered(
    sources: &Sources,
    found: &Found,
) -> Result<Vec<NothingRegistered>, ResultsError> {
    let plan = sources.plan;
    let mut all = Vec::new();
    for (index, register) in plan.registers.iter().enumerate() {
        let shown = |outcome: &&Outcome| {
            let mut rows = found.made.rows.iter();
            outcome.register == Some(index)
                && outcome.absent == Absence::Zero
                && rows.any(|row| row.outcome.as_ref() == Some(&outcome.id))
        };
        let outcomes = plan.outcomes.iter().filter(shown);
        let outcomes: Vec<String> = outcomes.map(|outcome| outcome.id.clone()).collect();
        if outcomes.is_empty() {
            continue;
        }
        let Ok(store) = Store::open(&sources.derived, &register.id) else {
            continue;
        };
        let mut persons = vec![0; found.people.arms.len()];
        for row in not_in_register(&store, &found.referrals)? {
            persons[usize::from(found.people.arm[row])] += 1;
        }
        if persons.iter().any(|&n| n > 0) {
            all.push(NothingRegistered {
                register: register.id.clone(),
                outcomes,
                persons,
            });
        }
    }
    Ok(all)
}

/// Puts together whom the numbers are of.
pub(super) fn persons(
    ledger: Option<&Ledger>,
    people: People,
    referrals: &[String],
    measured: Vec<Measured>,
    recruitment: &Recruitment,
) -> Persons {
    let mut drawn_in: HashMap<String, usize> = HashMap::new();
    let (mut withdrawn, mut excluded) = (HashSet::new(), HashSet::new());
    if let Some(ledger) = ledger {
        for dated in dates_of_draws(ledger) {
            let month = month_of(dated.date);
            let place = recruitment.periods.iter().position(|of| *of == month);
            drawn_in.insert(dated.referral, place.unwrap_or(0));
        }
        for entry in &ledger.entries {
            match &entry.event {
                Event::Withdraw(note) => withdrawn.insert(note.referral.as_str()),
                Event::Exclude(note) => excluded.insert(note.referral.as_str()),
                _ => false,
            };
        }
    }
    Persons {
        people,
        measured,
        drawn_in: referrals
            .iter()
            .filter_map(|id| drawn_in.get(id).copied())
            .collect(),
        withdrawn: referrals
            .iter()
            .map(|id| withdrawn.contains(id.as_str()))
            .collect(),
        excluded: referrals
            .iter()
            .map(|id| excluded.contains(id.as_str()))
            .collect(),
    }
}

/// Counts of each outcome that says what was received, arm by arm.
pub(super) fn received(found: &Found, plan: &Protocol) -> Vec<(String, Vec<ArmCounts>)> {
    let mut received: Vec<(String, Vec<ArmCounts>)> = Vec::new();
    let asked = plan.estimates.iter().filter_map(|planned| planned.received);
    for outcome in asked.map(|outcome| plan.outcomes[outcome].id.as_str()) {
        let known = received.iter().any(|(id, _)| id == outcome);
        let Some(measured) = found.made.measured.iter().find(|m| m.name() == outcome) else {
            continue;
        };
        let arms = found.people.allocated().into_iter().enumerate();
        let counts: Option<Vec<ArmCounts>> = arms
            .map(|(arm, allocated)| {
                let count = measured.count(&found.people, arm)?;
                let n = count.n as usize;
                Some(ArmCounts {
                    allocated,
                    missing: allocated - n,
                    n,
                    mean: (n > 0).then(|| count.share()),
                    events: Some(count.events),
                })
            })
            .collect();
        if let (false, Some(counts)) = (known, counts) {
            received.push((outcome.to_owned(), counts));
        }
    }
    received
}

//! Counts of people by arm: in strata, at levels, of what was received, and outside a register.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, ResultsError, Sources};
use crate::estimate::ArmCounts;
use crate::outcome::not_in_register;
use crate::protocol::{Absence, Outcome, Protocol, Unit};
use crate::register::store::Store;
use crate::report::study::{LevelOfArm, NothingRegistered, StratumOfArm};
use crate::sample::{FactValues, Measured};

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

/// Counts of each outcome by arm and level of the facts that its estimates adjust for.
pub(super) fn levels(found: &Found) -> BTreeMap<String, Vec<LevelOfArm>> {
    let people = &found.people;
    let mut of_outcome: BTreeMap<String, Vec<LevelOfArm>> = BTreeMap::new();
    for measured in &found.made.measured {
        let outcome = measured.name();
        let rows = found.made.rows.iter();
        let rows = rows.filter(|row| row.outcome.as_ref() == Some(&outcome));
        let adjusted: BTreeSet<&String> = rows.flat_map(|row| &row.options.adjust).collect();
        for fact in people
            .facts
            .iter()
            .filter(|fact| adjusted.contains(&fact.id))
        {
            let FactValues::Levels(levels) = &fact.values else {
                continue;
            };
            let none = ArmCounts {
                allocated: 0,
                n: 0,
                missing: 0,
                mean: None,
                events: (measured.unit == Unit::YesNo).then_some(0),
            };
            let mut cells: BTreeMap<(u16, u32), ArmCounts> = BTreeMap::new();
            for (row, (&arm, &level)) in people.arm.iter().zip(&levels.of).enumerate() {
                let counts = cells.entry((arm, level)).or_insert(none);
                counts.allocated += 1;
                match measured.observed[row] {
                    true => counts.n += 1,
                    false => counts.missing += 1,
                }
                let event = measured.observed[row] && measured.value[row] == 1.0;
                counts.events = counts.events.map(|events| events + u64::from(event));
            }
            let cells = cells.into_iter().map(|((arm, level), counts)| LevelOfArm {
                fact: fact.id.clone(),
                level: levels.names[level as usize].clone(),
                arm: people.arms[usize::from(arm)].clone(),
                counts,
            });
            of_outcome.entry(outcome.clone()).or_default().extend(cells);
        }
    }
    of_outcome
}

/// Counts of each outcome by arm and stratum of the draw.
pub(super) fn strata(found: &Found) -> BTreeMap<String, Vec<StratumOfArm>> {
    let Some(strata) = &found.people.stratum else {
        return BTreeMap::new();
    };
    let counts = |measured: &Measured| {
        let mut cells: BTreeMap<(u16, u32), (u64, u64)> = BTreeMap::new();
        for (row, (&arm, &stratum)) in found.people.arm.iter().zip(&strata.of).enumerate() {
            if measured.observed[row] {
                let (n, events) = cells.entry((arm, stratum)).or_default();
                *n += 1;
                *events += u64::from(measured.value[row] == 1.0);
            }
        }
        let yes_no = measured.unit == Unit::YesNo;
        let cells = cells
            .into_iter()
            .map(|((arm, stratum), (n, events))| StratumOfArm {
                arm: found.people.arms[usize::from(arm)].clone(),
                stratum: strata.names[stratum as usize].clone(),
                n,
                events: yes_no.then_some(events),
            });
        cells.collect()
    };
    let measured = found.made.measured.iter();
    measured.map(|of| (of.name(), counts(of))).collect()
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

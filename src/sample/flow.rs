//! The way of the referrals through the trial.

use std::collections::{BTreeMap, HashMap};

use super::people::arms_of;
use super::{Measured, People, SampleError};
use crate::ledger::{Event, Ledger};

/// The way of the referrals through the trial, as the ledger tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Persons referred: the drawn and those refused for good.
    pub referred: usize,
    pub refused: usize,
    /// Refused for good, by reason.
    pub reasons: BTreeMap<String, usize>,
    pub drawn: usize,
    pub withdrawn: usize,
    pub excluded: usize,
    /// The drawn by arm, in the order of the plan.
    pub arms: Vec<ArmFlow>,
}

/// One arm's part of the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmFlow {
    pub arm: String,
    pub drawn: usize,
    pub withdrawn: usize,
    pub excluded: usize,
    /// The same by the reason that was recorded last.
    pub withdrawn_by: BTreeMap<String, usize>,
    pub excluded_by: BTreeMap<String, usize>,
}

impl Flow {
    /// Counts the way of the referrals from the ledger.
    pub fn of(ledger: &Ledger) -> Flow {
        let arms = arms_of(ledger);
        let mut refused: BTreeMap<&str, &str> = BTreeMap::new();
        let mut withdrawn: HashMap<&str, &str> = HashMap::new();
        let mut excluded: HashMap<&str, &str> = HashMap::new();
        for entry in &ledger.entries {
            match &entry.event {
                Event::Refuse(note) if !arms.contains_key(note.referral.as_str()) => {
                    refused.insert(&note.referral, &note.reason);
                }
                Event::Withdraw(note) => {
                    withdrawn.insert(&note.referral, &note.reason);
                }
                Event::Exclude(note) => {
                    excluded.insert(&note.referral, &note.reason);
                }
                _ => {}
            }
        }
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for reason in refused.values() {
            *reasons.entry((*reason).to_owned()).or_default() += 1;
        }
        let reasons_in = |id: &str, whom: &HashMap<&str, &str>| {
            let mut by_reason: BTreeMap<String, usize> = BTreeMap::new();
            for (referral, reason) in whom {
                if arms.get(referral).is_some_and(|arm| *arm == id) {
                    *by_reason.entry((*reason).to_owned()).or_default() += 1;
                }
            }
            by_reason
        };
        Flow {
            referred: arms.len() + refused.len(),
            refused: refused.len(),
            reasons,
            drawn: arms.len(),
            withdrawn: withdrawn.len(),
            excluded: excluded.len(),
            arms: ledger
                .sealed()
                .arms
                .iter()
                .map(|arm| {
                    let withdrawn_by = reasons_in(&arm.id, &withdrawn);
                    let excluded_by = reasons_in(&arm.id, &excluded);
                    ArmFlow {
                        arm: arm.id.clone(),
                        drawn: arms.values().filter(|of| **of == arm.id).count(),
                        withdrawn: withdrawn_by.values().sum(),
                        excluded: excluded_by.values().sum(),
                        withdrawn_by,
                        excluded_by,
                    }
                })
                .collect(),
        }
    }

    /// Returns the flow of a study with one arm, where everybody entered and nothing was drawn.
    pub fn of_one_arm(arm: &str, persons: usize) -> Flow {
        Flow {
            referred: persons,
            refused: 0,
            reasons: BTreeMap::new(),
            drawn: persons,
            withdrawn: 0,
            excluded: 0,
            arms: vec![ArmFlow {
                arm: arm.to_owned(),
                drawn: persons,
                withdrawn: 0,
                excluded: 0,
                withdrawn_by: BTreeMap::new(),
                excluded_by: BTreeMap::new(),
            }],
        }
    }

    /// Checks that the flow and a sample count the same people.
    pub fn check(&self, people: &People, measured: &Measured) -> Result<(), SampleError> {
        let wrong = |message: String| Err(SampleError::Flow { message });
        if self.referred != self.refused + self.drawn {
            return wrong(format!(
                "{} referred, {} refused, {} drawn",
                self.referred, self.refused, self.drawn
            ));
        }
        let sum: usize = self.arms.iter().map(|arm| arm.drawn).sum();
        if sum != self.drawn {
            return wrong(format!("{} drawn, {sum} in the arms", self.drawn));
        }
        let name = measured.name();
        for (index, (flow, drawn)) in self.arms.iter().zip(people.allocated()).enumerate() {
            if flow.drawn != drawn {
                return wrong(format!(
                    "{} drawn into `{}`, {drawn} in the sample of `{name}`",
                    flow.drawn, flow.arm
                ));
            }
            let observed = people
                .arm
                .iter()
                .zip(&measured.observed)
                .filter(|&(&arm, &observed)| usize::from(arm) == index && observed)
                .count();
            let missing: usize = measured.missing[index].values().sum();
            if observed + missing != drawn {
                return wrong(format!(
                    "{drawn} in `{}`, {observed} with `{name}` and {missing} without",
                    flow.arm
                ));
            }
        }
        Ok(())
    }
}

//! The coming slots of every stratum, for systems that hand out an uploaded list.
//!
//! Whoever makes or reads such a list has seen the future, so making one is an entry in the
//! ledger, with the digest of the list.

use super::intake::Series;
use super::{DrawError, Ledger, TableMade};
use crate::digest::Digest;
use crate::draw::{MasterKey, Seed, StratumKey, block_sizes};
use crate::protocol::{Procedure, Protocol};

/// A slot that nobody was drawn into yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComingSlot {
    /// Levels of the stratum, as indices into the factors of `strata`.
    pub stratum: Vec<usize>,
    /// Position in the stratum.
    pub slot: u64,
    /// Index of the arm.
    pub arm: usize,
}

/// The form of a list of coming slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// Columns `slot`, `arm` and one for each stratum factor.
    Plain,
    /// REDCap's allocation table: `redcap_randomization_number`, `redcap_randomization_group` and
    /// one for each stratum factor.
    Redcap,
}

/// How arms and levels are written in a list of coming slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Ids of arms and names of levels.
    Names,
    /// Their numbers in the plan, from 1.
    Numbers,
}

impl Ledger {
    /// Derives the next `count` slots of every stratum of the plan.
    ///
    /// Only procedures whose next draw follows from the stratum alone have coming slots.
    pub fn coming(&self, seed: &Seed, count: u64) -> Result<Vec<ComingSlot>, DrawError> {
        let mut series = Series::new(self, seed)?;
        let plan = self.sealed();
        let procedure = &series.allocation.procedure;
        if let Procedure::Complete { .. } | Procedure::Minimisation { .. } = procedure {
            return Err(DrawError::NoComingSlots {
                procedure: procedure.name(),
            });
        }
        let mut slots = Vec::new();
        for stratum in strata(plan) {
            let key = StratumKey::of(&plan.stratum_names(&stratum));
            for _ in 0..count {
                let slot = series.machine.next_slot(&key);
                let arm = series.machine.draw(&key, &[]);
                series.machine.record(&key, &[], arm);
                slots.push(ComingSlot {
                    stratum: stratum.clone(),
                    slot,
                    arm,
                });
            }
        }
        Ok(slots)
    }

    /// Derives the sizes of the blocks of each stratum named, as far as it has come; `None` where
    /// sizes were not drawn by lot, or the seed is another trial's.
    pub fn block_sizes(&self, seed: &Seed, strata: &[Vec<String>]) -> Option<Vec<Vec<u32>>> {
        let Procedure::PermutedBlocks { sizes } = &self.sealed().allocation.as_ref()?.procedure
        else {
            return None;
        };
        let seal = self.seal();
        if seed.commitment(&seal.study) != seal.commitment {
            return None;
        }
        let master = MasterKey::derive(seed, &seal.study, self.sealed().digest, self.beacon()?);
        let slots = |stratum: &[String]| {
            let drawn = self.draws().filter(|(_, draw)| draw.stratum == stratum);
            drawn.count() as u64
        };
        let of = |stratum: &Vec<String>| {
            block_sizes(&master, sizes, &StratumKey::of(stratum), slots(stratum))
        };
        Some(strata.iter().map(of).collect())
    }
}

/// Returns every stratum of a plan: each combination of levels, in the order of the plan.
pub fn strata(plan: &Protocol) -> Vec<Vec<usize>> {
    let mut strata = vec![Vec::new()];
    let Some(allocation) = &plan.allocation else {
        return strata;
    };
    for &factor in &allocation.strata {
        strata = strata
            .into_iter()
            .flat_map(|stratum| {
                (0..plan.factors[factor].levels()).map(move |level| {
                    let mut stratum = stratum.clone();
                    stratum.push(level);
                    stratum
                })
            })
            .collect();
    }
    strata
}

/// Writes coming slots as CSV.
pub fn coming_table(
    slots: &[ComingSlot],
    plan: &Protocol,
    form: TableForm,
    coding: Coding,
) -> String {
    let strata = plan.allocation.as_ref().map_or(&[][..], |a| &a.strata);
    let mut header: Vec<String> = match form {
        TableForm::Plain => vec!["slot".to_owned(), "arm".to_owned()],
        TableForm::Redcap => vec![
            "redcap_randomization_number".to_owned(),
            "redcap_randomization_group".to_owned(),
        ],
    };
    header.extend(strata.iter().map(|&factor| plan.factors[factor].id.clone()));
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut push = |cells: &[String]| csv.write_record(cells).expect("writing to memory");
    push(&header);
    for (index, slot) in slots.iter().enumerate() {
        let coded = |index: usize, name: &str| match coding {
            Coding::Names => name.to_owned(),
            Coding::Numbers => (index + 1).to_string(),
        };
        let number = match form {
            TableForm::Plain => slot.slot,
            // REDCap wants a number for each row, and knows nothing of strata in it.
            TableForm::Redcap => index as u64 + 1,
        };
        let mut cells = vec![number.to_string(), coded(slot.arm, &plan.arms[slot.arm].id)];
        cells.extend(
            strata
                .iter()
                .zip(&slot.stratum)
                .map(|(&factor, &level)| coded(level, plan.factors[factor].level_name(level))),
        );
        push(&cells);
    }
    let bytes = csv.into_inner().expect("writing to memory");
    String::from_utf8(bytes).expect("cells are UTF-8")
}

impl TableMade {
    /// Returns the entry for a list of `slots` coming slots in each stratum.
    pub fn of(slots: u64, list: &str) -> TableMade {
        TableMade {
            slots,
            digest: Digest::of(list.as_bytes()),
        }
    }
}

//! From a ledger to the people of a trial.

use std::collections::{BTreeMap, HashMap};

use super::{Drawn, Fact, FactValues, Groups, People, Recorded, Unitary};
use crate::ledger::{Draw, Event, Ledger, LevelValue};
use crate::protocol::{self, FactorKind, Procedure, Protocol};

/// Returns the arm of every person drawn, or of every member in a trial of clusters.
pub(super) fn arms_of(ledger: &Ledger) -> HashMap<&str, &str> {
    let clusters = ledger.sealed().cluster().is_some();
    ledger
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Draw(draw) if !clusters => Some((draw.referral.as_str(), draw.arm.as_str())),
            Event::Member(member) => Some((member.referral.as_str(), member.arm.as_str())),
            _ => None,
        })
        .collect()
}

/// Returns the draw that gave every person the arm, by referral: a person's own, or the cluster's.
fn draws_of(ledger: &Ledger) -> BTreeMap<&str, (usize, &Draw)> {
    let draws: Vec<&Draw> = ledger.draws().map(|(_, draw)| draw).collect();
    if ledger.sealed().cluster().is_none() {
        return draws
            .into_iter()
            .enumerate()
            .map(|(index, draw)| (draw.referral.as_str(), (index, draw)))
            .collect();
    }
    let of_cluster: HashMap<&str, (usize, &Draw)> = draws
        .into_iter()
        .enumerate()
        .map(|(index, draw)| (draw.referral.as_str(), (index, draw)))
        .collect();
    ledger
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Member(member) => Some((
                member.referral.as_str(),
                of_cluster[member.cluster.as_str()],
            )),
            _ => None,
        })
        .collect()
}

impl People {
    /// Returns everybody who was drawn, in order of referral, and their referrals.
    ///
    /// Strata and facts are those recorded with the draw: nothing that came later changes them.
    pub fn of_ledger(ledger: &Ledger) -> (People, Vec<String>) {
        let plan = ledger.sealed();
        let draws = draws_of(ledger);
        let arm_of = |draw: &Draw| {
            let arm = plan
                .arm(&draw.arm)
                .expect("the ledger's arms are the plan's");
            u16::try_from(arm).expect("a plan has few arms")
        };
        let allocation = plan.allocation.as_ref();
        let ids = |factors: &[usize]| -> Vec<&str> {
            factors
                .iter()
                .map(|&f| plan.factors[f].id.as_str())
                .collect()
        };
        let stratum = allocation.filter(|a| !a.strata.is_empty()).map(|a| {
            let names: Vec<String> = draws.values().map(|(_, d)| d.stratum.join(" / ")).collect();
            Groups::of(&ids(&a.strata).join(" / "), &names)
        });
        let cluster = allocation.and_then(|a| a.cluster).map(|cluster| {
            let names: Vec<&str> = draws.values().map(|(_, d)| d.referral.as_str()).collect();
            Groups::of(&plan.factors[cluster].id, &names)
        });
        let people = People {
            arms: plan.arms.iter().map(|arm| arm.id.clone()).collect(),
            reference: plan.reference.unwrap_or(0),
            arm: draws.values().map(|(_, draw)| arm_of(draw)).collect(),
            stratum,
            cluster,
            facts: facts(ledger.plan(), &draws),
            weights: None,
            drawn: drawn(plan, ledger, &draws, arm_of),
        };
        (people, draws.keys().map(|&id| id.to_owned()).collect())
    }
}

fn facts(plan: &Protocol, draws: &BTreeMap<&str, (usize, &Draw)>) -> Vec<Fact> {
    let recorded = plan.recorded_factors();
    let mut facts = Vec::new();
    for factor in recorded {
        let factor = &plan.factors[factor];
        let value = |draw: &Draw| {
            let found = draw.levels.iter().find(|(id, _)| *id == factor.id);
            found.map(|(_, value)| value.clone())
        };
        let values = draws.values().map(|(_, draw)| value(draw));
        let values = match &factor.kind {
            FactorKind::Open => continue,
            FactorKind::Levels(levels) => {
                let mut names = levels.clone();
                let of = values.map(|value| place_of(&mut names, value)).collect();
                FactValues::Levels(Groups {
                    name: factor.id.clone(),
                    names,
                    of,
                })
            }
            FactorKind::Whole { bands, .. } => {
                let numbers: Vec<Option<i64>> = values
                    .map(|value| match value {
                        Some(LevelValue::Whole(number)) => Some(number),
                        _ => None,
                    })
                    .collect();
                FactValues::Number {
                    bands: banded(factor, bands, &numbers),
                    values: numbers.iter().map(|n| n.map(|n| n as f64)).collect(),
                }
            }
        };
        facts.push(Fact {
            id: factor.id.clone(),
            label: factor.label.clone(),
            values,
        });
    }
    facts
}

/// Returns the place of a level among the names; one that an amended plan no longer has is put
/// behind them, and so is the lack of a level where the plan had no such factor at the draw.
fn place_of(names: &mut Vec<String>, value: Option<LevelValue>) -> u32 {
    let text = match value {
        Some(LevelValue::Text(text)) => text,
        Some(LevelValue::Whole(number)) => number.to_string(),
        None => "not recorded".to_owned(),
    };
    let place = names.iter().position(|name| *name == text);
    place.unwrap_or_else(|| {
        names.push(text);
        names.len() - 1
    }) as u32
}

/// Returns the bands of a whole number, if every value lies in one.
fn banded(
    factor: &protocol::Factor,
    bands: &[protocol::Band],
    numbers: &[Option<i64>],
) -> Option<Groups> {
    let band = |number: &Option<i64>| {
        let number = (*number)?;
        let place = bands.iter().position(|b| (b.min..=b.max).contains(&number));
        place.map(|place| place as u32)
    };
    (!bands.is_empty()).then_some(())?;
    Some(Groups {
        name: factor.id.clone(),
        names: bands.iter().map(|band| band.name.clone()).collect(),
        of: numbers.iter().map(band).collect::<Option<Vec<u32>>>()?,
    })
}

fn drawn(
    plan: &Protocol,
    ledger: &Ledger,
    draws: &BTreeMap<&str, (usize, &Draw)>,
    arm_of: impl Fn(&Draw) -> u16,
) -> Option<Drawn> {
    let allocation = plan.allocation.as_ref()?;
    let mut strata: Vec<Vec<String>> = Vec::new();
    let mut places: HashMap<&[String], u32> = HashMap::new();
    let mut units = Vec::new();
    for (_, draw) in ledger.draws() {
        let stratum = *places.entry(&draw.stratum).or_insert_with(|| {
            strata.push(draw.stratum.clone());
            strata.len() as u32 - 1
        });
        let levels = match &allocation.procedure {
            Procedure::Minimisation { weights, .. } => weights
                .iter()
                .map(|&(factor, _)| level_index(&plan.factors[factor], draw))
                .collect(),
            _ => Vec::new(),
        };
        units.push(Unitary {
            stratum,
            levels,
            batch: draw.batch.unwrap_or(0),
            arm: arm_of(draw),
        });
    }
    Some(Drawn::Recorded(Recorded {
        procedure: allocation.procedure.clone(),
        ratio: plan.arms.iter().map(|arm| arm.ratio).collect(),
        strata,
        units,
        unit_of: draws.values().map(|&(index, _)| index as u32).collect(),
        block_sizes: None,
    }))
}

fn level_index(factor: &protocol::Factor, draw: &Draw) -> u32 {
    let value = draw.levels.iter().find(|(id, _)| *id == factor.id);
    let text = match value {
        Some((_, LevelValue::Text(text))) => text.clone(),
        Some((_, LevelValue::Whole(number))) => number.to_string(),
        None => String::new(),
    };
    let fact = factor
        .fact(&text)
        .expect("the ledger's levels are the plan's");
    let level = factor.level_index(&fact);
    level.expect("a factor of minimisation has levels") as u32
}

//! The baseline table: what was known before the draw, arm by arm, and one test of all of it.
//!
//! A standardised difference is (x̄ − x̄₀) / √((s² + s₀²) / 2), of a level with p(1 − p) in the place
//! of s² (Austin 2009, Statistics in Medicine 28:3083, doi:10.1002/sim.3697). There is no test
//! for each row: every difference is chance (Altman 1985, doi:10.2307/2987510). The one test of all
//! replays the draw.

use std::num::NonZeroUsize;

use super::EstimateError;
use super::effects::{ReplayPlan, design};
use super::means::Moments;
use super::redraw::{self, Replaying, Weighting};
use crate::protocol::Statistic;
use crate::sample::{Fact, FactValues, Groups, Numbers, People};

/// The baseline of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    pub arms: Vec<String>,
    pub reference: usize,
    /// Persons drawn into each arm.
    pub drawn: Vec<usize>,
    pub rows: Vec<BaselineRow>,
    /// The test that the arms differ no more than such draws do; absent without a draw to replay.
    pub omnibus: Option<redraw::Balance>,
    /// The seed of its replays.
    pub seed: String,
}

/// A number, or one level of a fact.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineRow {
    pub fact: String,
    pub label: String,
    pub level: Option<String>,
    /// In the order of the arms.
    pub summaries: Vec<Summary>,
    /// Standardised difference of each arm from the reference; `None` for the reference itself,
    /// and where neither arm varies.
    pub differences: Vec<Option<f64>>,
    /// For each arm, what 95 of 100 draws keep the standardised difference below in size; absent
    /// without a draw to replay.
    pub chance: Vec<Option<f64>>,
}

/// One arm of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Persons whose value is known.
    pub n: usize,
    pub missing: usize,
    /// Mean of a number, or share at the level or with a 1.
    pub mean: Option<f64>,
    /// Standard deviation of a number.
    pub deviation: Option<f64>,
    /// Persons at the level, or with a 1 where a number is 1 or 0.
    pub count: Option<usize>,
}

/// Returns the baseline of the sample, by the facts named (indices into those of the people).
pub fn baseline(
    people: &People,
    facts: &[usize],
    plan: &ReplayPlan,
) -> Result<Baseline, EstimateError> {
    let mut rows = Vec::new();
    for &fact in facts {
        let fact = &people.facts[fact];
        match &fact.values {
            FactValues::Number { values, .. } => rows.push(number(people, fact, values)),
            FactValues::Levels(groups) => {
                for level in 0..groups.names.len() {
                    rows.push(of_level(people, fact, groups, level));
                }
            }
        }
    }
    by_chance(people, facts, &mut rows, plan)?;
    Ok(Baseline {
        arms: people.arms.clone(),
        reference: people.reference,
        drawn: people.allocated(),
        rows,
        omnibus: omnibus(people, facts, plan)?,
        seed: plan.seed.clone(),
    })
}

fn number(people: &People, fact: &Fact, values: &Numbers) -> BaselineRow {
    let mut known: Vec<Vec<f64>> = vec![Vec::new(); people.arms.len()];
    for (&arm, value) in people.arm.iter().zip(values.iter()) {
        known[usize::from(arm)].extend(value);
    }
    let yes_no = known
        .iter()
        .flatten()
        .all(|&value| value == 0.0 || value == 1.0);
    let moments: Vec<Option<Moments>> = known.iter().map(|values| Moments::of(values)).collect();
    let summaries = moments
        .iter()
        .zip(people.allocated())
        .map(|(moments, drawn)| {
            let n = moments.map_or(0, |moments| moments.n);
            let mean = moments.map(|moments| moments.mean);
            let deviation = moments.and_then(|moments| moments.variance).map(f64::sqrt);
            Summary {
                n,
                missing: drawn - n,
                mean,
                deviation: deviation.filter(|_| !yes_no),
                // A sum of ones is whole, and its mean times n is within rounding of it.
                count: mean
                    .filter(|_| yes_no)
                    .map(|mean| (mean * n as f64).round() as usize),
            }
        });
    let part = |moments: &Option<Moments>| {
        let moments = (*moments)?;
        let p = moments.mean;
        match yes_no {
            true => Some((p, p * (1.0 - p))),
            false => Some((p, moments.variance?)),
        }
    };
    BaselineRow {
        fact: fact.id.clone(),
        label: fact.label.clone(),
        level: None,
        summaries: summaries.collect(),
        differences: differences(people, &moments.iter().map(part).collect::<Vec<_>>()),
        chance: Vec::new(),
    }
}

fn of_level(people: &People, fact: &Fact, groups: &Groups, level: usize) -> BaselineRow {
    let mut counts = vec![0_usize; people.arms.len()];
    for (&arm, &group) in people.arm.iter().zip(&groups.of) {
        counts[usize::from(arm)] += usize::from(group as usize == level);
    }
    let drawn = people.allocated();
    let share = |(&count, &n): (&usize, &usize)| (n > 0).then(|| count as f64 / n as f64);
    let shares: Vec<Option<f64>> = counts.iter().zip(&drawn).map(share).collect();
    let part = |share: &Option<f64>| share.map(|p| (p, p * (1.0 - p)));
    let parts: Vec<_> = shares.iter().map(part).collect();
    BaselineRow {
        fact: fact.id.clone(),
        label: fact.label.clone(),
        level: Some(groups.names[level].clone()),
        summaries: counts
            .iter()
            .zip(&drawn)
            .zip(&shares)
            .map(|((&count, &n), &share)| Summary {
                n,
                missing: 0,
                mean: share,
                deviation: None,
                count: Some(count),
            })
            .collect(),
        differences: differences(people, &parts),
        chance: Vec::new(),
    }
}

/// Returns the standardised difference of each arm's mean and variance from the reference's.
fn differences(people: &People, parts: &[Option<(f64, f64)>]) -> Vec<Option<f64>> {
    let reference = parts[people.reference];
    let of = |(arm, part): (usize, &Option<(f64, f64)>)| {
        let ((mean, variance), (mean0, variance0)) = ((*part)?, reference?);
        let deviation = ((variance + variance0) / 2.0).sqrt();
        (arm != people.reference && deviation > 0.0).then(|| (mean - mean0) / deviation)
    };
    parts.iter().enumerate().map(of).collect()
}

/// Draws whose differences the bands of a baseline show.
pub const BANDS: u64 = 2_000;

/// Finds for each row how far apart the draw alone sets the arms: the 95th percentile of the
/// absolute difference over replays, in standard deviations as the row has them.
fn by_chance(
    people: &People,
    facts: &[usize],
    rows: &mut [BaselineRow],
    plan: &ReplayPlan,
) -> Result<(), EstimateError> {
    let arms = people.arms.len();
    let wrong = |message: String| EstimateError::Method {
        outcome: "the baseline".to_owned(),
        message,
    };
    let design = match design(people) {
        Some(design) if arms > 1 => design.map_err(|error| wrong(error.to_string()))?,
        _ => return Ok(()),
    };
    // A column for each row, in their order.
    let mut columns: Vec<Vec<Option<f64>>> = Vec::new();
    for &fact in facts {
        match &people.facts[fact].values {
            FactValues::Number { values, .. } => columns.push(values.iter().collect()),
            FactValues::Levels(groups) => {
                for level in 0..groups.names.len() as u32 {
                    let at = groups.of.iter().map(|&of| Some(f64::from(of == level)));
                    columns.push(at.collect());
                }
            }
        }
    }
    let outcomes: Vec<&[Option<f64>]> = columns.iter().map(Vec::as_slice).collect();
    let reference = people.reference;
    let contrasts: Vec<(usize, usize)> = (0..arms)
        .filter(|&arm| arm != reference)
        .map(|arm| (arm, reference))
        .collect();
    let replaying = Replaying {
        replays: BANDS,
        seed: plan.seed.clone(),
        statistic: Statistic::Difference,
        weighting: Weighting::Pooled,
        listed: 0,
        threads: NonZeroUsize::new(plan.threads),
        ..Replaying::default()
    };
    for row in rows.iter_mut() {
        row.chance = vec![None; arms];
    }
    let found = redraw::test(&design, &outcomes, &contrasts, &replaying);
    for mut test in found.map_err(|error| wrong(error.to_string()))? {
        let row = &mut rows[test.outcome];
        let arm = test.contrast.0;
        test.replayed.sort_by(f64::total_cmp);
        let at = (0.95 * test.replayed.len() as f64).ceil() as usize;
        let chance = at.checked_sub(1).and_then(|at| test.replayed.get(at));
        if let (Some(chance), Some(deviation)) = (chance, deviation(row, arm, reference))
            && chance.is_finite()
        {
            row.chance[arm] = Some(chance / deviation);
        }
    }
    Ok(())
}

/// Returns the standard deviation that a row's standardised differences are in.
fn deviation(row: &BaselineRow, arm: usize, reference: usize) -> Option<f64> {
    let variance = |summary: &Summary| match (summary.deviation, summary.mean) {
        (Some(deviation), _) => Some(deviation * deviation),
        (None, Some(p)) => Some(p * (1.0 - p)),
        (None, None) => None,
    };
    let (a, r) = (
        variance(&row.summaries[arm])?,
        variance(&row.summaries[reference])?,
    );
    let deviation = ((a + r) / 2.0).sqrt();
    (deviation > 0.0).then_some(deviation)
}

fn omnibus(
    people: &People,
    facts: &[usize],
    plan: &ReplayPlan,
) -> Result<Option<redraw::Balance>, EstimateError> {
    if people.arms.len() < 2 {
        return Ok(None);
    }
    let wrong = |message: String| EstimateError::Method {
        outcome: "the baseline".to_owned(),
        message,
    };
    let Some(design) = design(people) else {
        return Ok(None);
    };
    let design = design.map_err(|error| wrong(error.to_string()))?;
    let mut columns: Vec<Vec<Option<f64>>> = Vec::new();
    for &fact in facts {
        match &people.facts[fact].values {
            FactValues::Number { values, .. } => columns.push(values.iter().collect()),
            FactValues::Levels(groups) => {
                for level in 1..groups.names.len() as u32 {
                    let at = groups.of.iter().map(|&of| Some(f64::from(of == level)));
                    columns.push(at.collect());
                }
            }
        }
    }
    let columns: Vec<&[Option<f64>]> = columns.iter().map(Vec::as_slice).collect();
    let replaying = Replaying {
        replays: u64::from(plan.number),
        seed: plan.seed.clone(),
        statistic: plan.statistic,
        weighting: match people.stratum {
            Some(_) => Weighting::ByStratum,
            None => Weighting::Pooled,
        },
        threads: NonZeroUsize::new(plan.threads),
        ..Replaying::default()
    };
    let found = redraw::omnibus(&design, &columns, &replaying);
    found.map(Some).map_err(|error| wrong(error.to_string()))
}

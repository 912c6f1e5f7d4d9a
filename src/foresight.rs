//! How guessable a design is, before anybody is drawn.
//!
//! Promises: the expected share of draws that somebody names rightly who knows the plan and every
//! earlier arm of the stratum and always names the likeliest arm (the convergence strategy of
//! Blackwell & Hodges 1957, Annals of Mathematical Statistics 28:449); the share that is certain
//! beforehand, as in Zhao, Weng, Wu & Palesch 2012 (Pharmaceutical Statistics 11:39,
//! doi:10.1002/pst.493); and how far the arms come apart. All by dynamic programming over the
//! states of a stratum, with the same chances that the draw uses.
//!
//! Hides: the arithmetic. A probability is a whole number of units of 2^-96; a division drops
//! what is below a unit, always downwards, so that results are never too large and lack less than
//! 10^-12.

mod belief;
mod course;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::draw::every_rounding;
use crate::protocol::{Procedure, Protocol};
use course::{Course, ONE, Spread, to_f64};

/// A share of the draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    Exactly(f64),
    /// The share itself is not known, and is not above this.
    AtMost(f64),
}

/// How guessable the draws of one stratum are.
#[derive(Clone, Debug, PartialEq)]
pub struct Guessable {
    /// Share of draws that a guesser gets right.
    pub right: Share,
    /// Share of draws that are certain beforehand: one arm has chance 1.
    pub certain: Share,
    /// Expected largest difference between two arms over the course of the stratum, in referrals;
    /// each count is divided by the arm's ratio. `None` where the design does not determine it or
    /// there is too much to count.
    pub largest_difference: Option<f64>,
}

/// Strata with as many expected referrals as one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Strata {
    pub referrals: u64,
    /// Which strata, by their place in the list that was asked about.
    pub strata: Vec<usize>,
    pub each: Guessable,
}

/// How guessable a design is, for an expected number of referrals in each stratum.
#[derive(Clone, Debug, PartialEq)]
pub struct Foresight {
    /// By number of referrals, most first; strata that expect nobody are left out.
    pub strata: Vec<Strata>,
    /// Share of all draws guessed right, and certain.
    pub right: Share,
    pub certain: Share,
    /// Share of draws guessed right by somebody who knows no earlier arm.
    pub by_chance: f64,
    /// Expected difference between two arms in the whole trial at its end, in referrals; each
    /// count is divided by the arm's ratio.
    pub difference_at_end: Option<f64>,
    pub warnings: Vec<Warning>,
}

/// What makes a design easy to foresee or hard to balance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Warning {
    /// Every block has this size.
    FixedBlocks { size: u32 },
    /// Some draws have chance 1 for an arm.
    Certain { share: Share },
    /// The chance of an arm is not the same at every position of a stratum.
    UnevenChances {
        /// Index of the arm.
        arm: usize,
        declared: f64,
        least: f64,
        greatest: f64,
    },
    /// More strata than the sample can fill: so many referrals are needed to balance a stratum.
    TooManyStrata {
        strata: u64,
        referrals: u64,
        needed: u64,
    },
}

/// Returns referrals spread evenly over strata: for each stratum, how many it expects.
pub fn evenly(referrals: u64, strata: u64) -> Vec<u64> {
    (0..strata)
        .map(|stratum| referrals / strata + u64::from(stratum < referrals % strata))
        .collect()
}

/// Returns how guessable the draws of a plan are, with so many referrals in each stratum; `None`
/// in a study with one arm or without referrals.
pub fn foresee(plan: &Protocol, referrals: &[u64]) -> Option<Foresight> {
    let procedure = &plan.allocation.as_ref()?.procedure;
    let ratio = plan.ratio();
    let total: u64 = referrals.iter().sum();
    if total == 0 {
        return None;
    }
    let mut groups: BTreeMap<Reverse<u64>, Vec<usize>> = BTreeMap::new();
    for (stratum, &n) in referrals.iter().enumerate().filter(|&(_, &n)| n > 0) {
        groups.entry(Reverse(n)).or_default().push(stratum);
    }
    let mut strata = Vec::new();
    let mut sizes: Vec<(u64, u64)> = Vec::new();
    let mut at_end: Vec<Option<Vec<Spread>>> = Vec::new();
    for (Reverse(n), of_size) in groups {
        let (each, spreads) = stratum(procedure, &ratio, n);
        sizes.push((n, of_size.len() as u64));
        strata.push(Strata {
            referrals: n,
            strata: of_size,
            each,
        });
        at_end.push(spreads);
    }
    let in_all = |share: fn(&Guessable) -> Share| {
        let sum: f64 = strata
            .iter()
            .map(|strata| {
                strata.referrals as f64 * strata.strata.len() as f64 * share(&strata.each).value()
            })
            .sum();
        let exact = strata
            .iter()
            .all(|strata| matches!(share(&strata.each), Share::Exactly(_)));
        Share::of(sum / total as f64, exact)
    };
    let (right, certain) = (in_all(|each| each.right), in_all(|each| each.certain));
    let largest = f64::from(*ratio.iter().max().expect("a trial has arms"));
    Some(Foresight {
        by_chance: largest / f64::from(ratio.iter().sum::<u32>()),
        difference_at_end: difference_at_end(procedure, &ratio, total, &sizes, at_end),
        warnings: warnings(procedure, &ratio, certain, total, &sizes),
        strata,
        right,
        certain,
    })
}

impl Share {
    fn of(value: f64, exact: bool) -> Share {
        match exact {
            true => Share::Exactly(value),
            false => Share::AtMost(value),
        }
    }

    /// Returns the share, or what it is not above.
    pub fn value(self) -> f64 {
        match self {
            Share::Exactly(value) | Share::AtMost(value) => value,
        }
    }
}

/// Returns how guessable one stratum is, and for each pair of arms that differs from the other
/// pairs how their difference is spread at the end.
fn stratum(procedure: &Procedure, ratio: &[u32], n: u64) -> (Guessable, Option<Vec<Spread>>) {
    let unknown = |right, certain| Guessable {
        right,
        certain,
        largest_difference: None,
    };
    let total = f64::from(ratio.iter().sum::<u32>());
    let by_chance = f64::from(*ratio.iter().max().expect("a trial has arms")) / total;
    match procedure {
        // The whole list falls at once: no arm is known before another.
        Procedure::Complete { counts } => {
            let (right, spreads) = match counts {
                Some(counts) => {
                    let most = *counts.iter().max().expect("a trial has arms");
                    let sum: u64 = counts.iter().sum();
                    (most as f64 / sum as f64, None)
                }
                None => (by_chance, rounded_spreads(ratio, n)),
            };
            let guessable = unknown(Share::Exactly(right), Share::Exactly(0.0));
            (guessable, spreads)
        }
        // What a draw rests on, beside the counts, is who comes.
        Procedure::Minimisation { probability, .. } => {
            let p = f64::from(probability.p) / f64::from(probability.q);
            let right = likeliest_minimised(p, ratio);
            (unknown(Share::AtMost(right), Share::Exactly(0.0)), None)
        }
        Procedure::Simple => {
            let mut guessable = unknown(Share::Exactly(by_chance), Share::Exactly(0.0));
            let courses: Option<Vec<Course>> = course::pairs(ratio)
                .iter()
                .map(|pair| Course::of_pair(ratio, pair, n))
                .collect();
            let Some(courses) = courses else {
                return (guessable, None);
            };
            let differences: Option<Vec<f64>> =
                courses.iter().map(Course::largest_difference).collect();
            guessable.largest_difference =
                differences.map(|all| all.into_iter().fold(0.0, f64::max));
            let spreads = courses.iter().flat_map(|course| course.steps().at_end);
            (guessable, Some(spreads.collect()))
        }
        _ => match Course::new(procedure, ratio, n) {
            Some(course) => {
                let steps = course.steps();
                let (mut right, mut certain) = (steps.right, steps.certain);
                let mut exact = true;
                if let Procedure::PermutedBlocks { sizes } = procedure
                    && sizes.iter().any(|size| size != &sizes[0])
                {
                    // The course knows each block's size. Somebody who does not is at most as
                    // right.
                    match belief::steps(sizes, ratio, n) {
                        Some(believed) => {
                            exact = !believed.told;
                            (right, certain) = (believed.right, believed.certain);
                        }
                        None => exact = false,
                    }
                }
                let mean =
                    |masses: Vec<u128>| masses.into_iter().map(to_f64).sum::<f64>() / n as f64;
                let guessable = Guessable {
                    right: Share::of(mean(right), exact),
                    certain: Share::of(mean(certain), exact),
                    largest_difference: course.largest_difference(),
                };
                (guessable, Some(steps.at_end))
            }
            None => (unknown(Share::AtMost(1.0), Share::AtMost(1.0)), None),
        },
    }
}

/// Returns the greatest chance an arm can have under minimisation, whoever has come before.
///
/// With b best pseudo-arms, x of them of an arm with a of all S, its chance is
/// p·x/b + (1 − p)·(a − x)/(S − b).
fn likeliest_minimised(p: f64, ratio: &[u32]) -> f64 {
    let s = ratio.iter().sum::<u32>();
    let mut greatest: f64 = 0.0;
    for &a in ratio {
        greatest = greatest.max(f64::from(a) / f64::from(s));
        for b in 1..s {
            for x in b.saturating_sub(s - a)..=a.min(b) {
                let best = p * f64::from(x) / f64::from(b);
                let rest = (1.0 - p) * f64::from(a - x) / f64::from(s - b);
                greatest = greatest.max(best + rest);
            }
        }
    }
    greatest
}

/// Returns the spread of the difference between two arms in a list drawn at once by ratio.
fn rounded_spreads(ratio: &[u32], n: u64) -> Option<Vec<Spread>> {
    let roundings = every_rounding(ratio, n)?;
    let spreads = course::pairs(ratio)
        .into_iter()
        .map(|pair| {
            let mut spread = Spread::default();
            for (counts, one_in) in &roundings {
                spread.add(
                    pair.difference(counts[pair.i], counts[pair.j]),
                    ONE / one_in,
                );
            }
            spread
        })
        .collect();
    Some(spreads)
}

/// Returns the expected difference between two arms in the whole trial at its end: the largest
/// over pairs of arms.
fn difference_at_end(
    procedure: &Procedure,
    ratio: &[u32],
    total: u64,
    sizes: &[(u64, u64)],
    at_end: Vec<Option<Vec<Spread>>>,
) -> Option<f64> {
    // Without a memory, strata make no difference.
    let (sizes, at_end) = match procedure {
        Procedure::Simple => {
            let (_, spreads) = stratum(procedure, ratio, total);
            (vec![(total, 1)], vec![spreads])
        }
        _ => (sizes.to_vec(), at_end),
    };
    let spreads: Vec<Vec<Spread>> = at_end.into_iter().collect::<Option<_>>()?;
    let mut largest: f64 = 0.0;
    for (index, pair) in course::pairs(ratio).into_iter().enumerate() {
        let mut whole = Spread::certainly_level();
        for (&(_, strata), of_size) in sizes.iter().zip(&spreads) {
            for _ in 0..strata {
                whole = whole.plus(&of_size[index])?;
            }
        }
        largest = largest.max(whole.mean_size() / pair.scale as f64);
    }
    Some(largest)
}

fn warnings(
    procedure: &Procedure,
    ratio: &[u32],
    certain: Share,
    total: u64,
    sizes: &[(u64, u64)],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Procedure::PermutedBlocks { sizes } = procedure
        && sizes.iter().all(|size| size == &sizes[0])
    {
        warnings.push(Warning::FixedBlocks { size: sizes[0] });
    }
    if certain.value() > 0.0 && certain != Share::AtMost(1.0) {
        warnings.push(Warning::Certain { share: certain });
    }
    if let Procedure::BlockUrn { .. } = procedure
        && let Some(&(most, _)) = sizes.first()
    {
        warnings.extend(uneven_chances(procedure, ratio, most));
    }
    let strata: u64 = sizes.iter().map(|&(_, strata)| strata).sum();
    let s = u64::from(ratio.iter().sum::<u32>());
    let needed = match procedure {
        Procedure::PermutedBlocks { sizes } => {
            u64::from(*sizes.iter().max().expect("a plan names block sizes"))
        }
        // A stratum is nothing to a procedure without a memory.
        Procedure::Simple => 0,
        _ => 2 * s,
    };
    if strata > 1 && total < strata * needed {
        warnings.push(Warning::TooManyStrata {
            strata,
            referrals: total,
            needed,
        });
    }
    warnings
}

/// Finds the arm whose chance is farthest from the ratio at some position. A block urn in unequal
/// ratios does not keep the ratio at every position, because which arm returns whole sets to the
/// urn depends on the arms so far.
fn uneven_chances(procedure: &Procedure, ratio: &[u32], n: u64) -> Option<Warning> {
    let steps = Course::new(procedure, ratio, n)?.steps();
    let total = f64::from(ratio.iter().sum::<u32>());
    let mut farthest: Option<(f64, Warning)> = None;
    for (arm, &a) in ratio.iter().enumerate() {
        let declared = f64::from(a) / total;
        let chances = steps.arms.iter().map(|arms| to_f64(arms[arm]));
        let least = chances.clone().fold(f64::INFINITY, f64::min);
        let greatest = chances.fold(0.0, f64::max);
        let apart = (declared - least).max(greatest - declared);
        if apart > 1e-9 && farthest.is_none_or(|(most, _)| apart > most + 1e-9) {
            farthest = Some((
                apart,
                Warning::UnevenChances {
                    arm,
                    declared,
                    least,
                    greatest,
                },
            ));
        }
    }
    farthest.map(|(_, warning)| warning)
}

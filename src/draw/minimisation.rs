//! Minimisation (Pocock & Simon 1975, Biometrics 31:103) in whole numbers.
//!
//! Unequal ratios are kept by drawing among pseudo-arms, one for each unit of the ratio
//! (Kuznetsova & Tymofyeyev 2012, Statistics in Medicine 31:3247). A referral is counted at the
//! pseudo-arm it was drawn into. Ties are exact, because every score is a whole number.

use super::Words;
use crate::protocol::{Fraction, Imbalance};

/// Referrals per pseudo-arm at each level: indexed by factor, then level.
#[derive(Clone, Debug, Default)]
pub(super) struct Margins(Vec<Vec<Vec<u64>>>);

impl Margins {
    pub fn add(&mut self, levels: &[usize], pseudo_arm: usize, pseudo_arms: usize) {
        if self.0.len() < levels.len() {
            self.0.resize(levels.len(), Vec::new());
        }
        for (factor, &level) in self.0.iter_mut().zip(levels) {
            if factor.len() <= level {
                factor.resize(level + 1, vec![0; pseudo_arms]);
            }
            factor[level][pseudo_arm] += 1;
        }
    }

    /// Forgets every referral and keeps the room.
    pub fn clear(&mut self) {
        for level in self.0.iter_mut().flatten() {
            level.fill(0);
        }
    }

    fn at(&self, factor: usize, level: usize) -> Option<&[u64]> {
        Some(self.0.get(factor)?.get(level)?)
    }
}

/// Returns the arm that a pseudo-arm stands for: arm 0 repeated a_0 times, and so on.
pub(super) fn arm_of(pseudo_arm: usize, ratio: &[u32]) -> usize {
    let mut end = 0;
    ratio
        .iter()
        .position(|&a| {
            end += a as usize;
            pseudo_arm < end
        })
        .expect("a pseudo-arm is below the sum of the ratio")
}

/// Returns the first pseudo-arm of an arm.
pub(super) fn first_of(arm: usize, ratio: &[u32]) -> usize {
    ratio[..arm].iter().map(|&a| a as usize).sum()
}

/// Returns the pseudo-arm of a slot. `levels` are the referral's, one for each weight; `scores` is
/// room to work in.
#[allow(clippy::too_many_arguments)]
pub(super) fn slot(
    measure: Imbalance,
    probability: Fraction,
    weights: &[(usize, u32)],
    pseudo_arms: usize,
    margins: &Margins,
    levels: &[usize],
    scores: &mut Vec<u128>,
    words: &mut impl Words,
) -> usize {
    scores.clear();
    scores.resize(pseudo_arms, 0);
    for (factor, (&(_, weight), &level)) in weights.iter().zip(levels).enumerate() {
        // At a level that nobody had before, every pseudo-arm gives the same imbalance.
        if let Some(counts) = margins.at(factor, level) {
            add_imbalance(measure, u128::from(weight), counts, scores);
        }
    }
    let least = *scores.iter().min().expect("a trial has arms");
    let best = scores.iter().filter(|&&score| score == least).count();
    let rest = pseudo_arms - best;
    let from_best = rest == 0 || words.falls(probability.p, probability.q);
    let among = if from_best { best } else { rest };
    let chosen = words.below(among as u64) as usize;
    let mut candidates =
        (0..pseudo_arms).filter(|&pseudo_arm| (scores[pseudo_arm] == least) == from_best);
    candidates
        .nth(chosen)
        .expect("the lot is below the number of candidates")
}

/// Adds, for each pseudo-arm, the weighted imbalance at one level if the referral went there.
fn add_imbalance(measure: Imbalance, weight: u128, counts: &[u64], scores: &mut [u128]) {
    match measure {
        // max(x) − min(x), from the two least counts and the greatest.
        Imbalance::Range => {
            let greatest = *counts.iter().max().expect("a trial has arms");
            let (mut least, mut second) = (u64::MAX, u64::MAX);
            for &x in counts {
                (least, second) = (least.min(x), second.min(x.max(least)));
            }
            for (score, &x) in scores.iter_mut().zip(counts) {
                let max = greatest.max(x + 1);
                let min = if x == least { second.min(x + 1) } else { least };
                *score += weight * u128::from(max - min);
            }
        }
        // S·Σx² − (Σx)²
        Imbalance::Variance => {
            let s = counts.len() as u128;
            let sum: u128 = counts.iter().map(|&x| u128::from(x)).sum();
            let squares: u128 = counts.iter().map(|&x| u128::from(x).pow(2)).sum();
            for (score, &x) in scores.iter_mut().zip(counts) {
                let squares = squares + 2 * u128::from(x) + 1;
                *score += weight * (s * squares - (sum + 1).pow(2));
            }
        }
    }
}

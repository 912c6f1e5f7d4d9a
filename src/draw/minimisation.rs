//! Minimisation (Pocock & Simon 1975, Biometrics 31:103) in whole numbers.
//!
//! Unequal ratios are kept by drawing among pseudo-arms, one for each unit of the ratio
//! (Kuznetsova & Tymofyeyev 2012, Statistics in Medicine 31:3247). A referral is counted at the
//! pseudo-arm it was drawn into. Ties are exact, because every score is a whole number.

use super::Words;
use crate::protocol::{Fraction, Imbalance};

/// Referrals per pseudo-arm at each level: by factor and level, the pseudo-arms side by side.
#[derive(Clone, Debug, Default)]
pub(super) struct Margins(Vec<Vec<u64>>);

impl Margins {
    pub fn add(&mut self, levels: &[usize], pseudo_arm: usize, pseudo_arms: usize) {
        if self.0.len() < levels.len() {
            self.0.resize(levels.len(), Vec::new());
        }
        for (factor, &level) in self.0.iter_mut().zip(levels) {
            let start = level * pseudo_arms;
            if factor.len() <= start {
                factor.resize(start + pseudo_arms, 0);
            }
            factor[start + pseudo_arm] += 1;
        }
    }

    /// Forgets every referral and keeps the room.
    pub fn clear(&mut self) {
        self.0.iter_mut().for_each(|factor| factor.fill(0));
    }

    fn at(&self, factor: usize, level: usize, pseudo_arms: usize) -> Option<&[u64]> {
        let start = level * pseudo_arms;
        self.0.get(factor)?.get(start..start + pseudo_arms)
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
    scores: &mut Vec<u64>,
    words: &mut impl Words,
) -> usize {
    scores.clear();
    scores.resize(pseudo_arms, 0);
    for (factor, (&(_, weight), &level)) in weights.iter().zip(levels).enumerate() {
        // At a level that nobody had before, every pseudo-arm gives the same imbalance.
        if let Some(counts) = margins.at(factor, level, pseudo_arms) {
            add_imbalance(measure, u64::from(weight), counts, scores);
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

/// Adds, for each pseudo-arm, the weighted imbalance at one level if the referral went there, up
/// to what is the same for all of them. Plans have weights of at most a million, so that scores
/// fit.
fn add_imbalance(measure: Imbalance, weight: u64, counts: &[u64], scores: &mut [u64]) {
    match measure {
        // max(x) − min(x), from the two least counts and the greatest.
        Imbalance::Range => {
            let (mut least, mut second, mut greatest) = (u64::MAX, u64::MAX, 0);
            for &x in counts {
                (least, second) = (least.min(x), second.min(x.max(least)));
                greatest = greatest.max(x);
            }
            for (score, &x) in scores.iter_mut().zip(counts) {
                let max = greatest.max(x + 1);
                let min = if x == least { second.min(x + 1) } else { least };
                *score += weight * (max - min);
            }
        }
        // S·Σx² − (Σx)²: one more at x adds 2S·x, and S − 2Σx − 1 wherever it goes. What is the
        // same for all is left out, and so is 2S, which is the same for every factor.
        Imbalance::Variance => {
            for (score, &x) in scores.iter_mut().zip(counts) {
                *score += weight * x;
            }
        }
    }
}

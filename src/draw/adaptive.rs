//! Procedures that look at how many each arm has so far, in the referral's stratum.

use super::Words;
use crate::protocol::Fraction;

/// Block urn (Zhao & Weng 2011, Contemporary Clinical Trials 32:953).
pub(super) fn block_urn(
    lambda: u32,
    ratio: &[u32],
    counts: &[u64],
    words: &mut impl Words,
) -> usize {
    words.weighted(balls(lambda, ratio, counts))
}

/// Returns the balls of each arm in the urn.
pub(super) fn balls(
    lambda: u32,
    ratio: &[u32],
    counts: &[u64],
) -> impl Iterator<Item = u64> + Clone {
    let complete = counts
        .iter()
        .zip(ratio)
        .map(|(&n, &a)| n / u64::from(a))
        .min()
        .expect("a trial has arms");
    counts
        .iter()
        .zip(ratio)
        // An arm that a wrong record overdrew has no balls.
        .map(move |(&n, &a)| (u64::from(a) * (u64::from(lambda) + complete)).saturating_sub(n))
}

/// Biased coin (Efron 1971, Biometrika 58:403).
pub(super) fn biased_coin(probability: Fraction, counts: &[u64], words: &mut impl Words) -> usize {
    match lagging(counts) {
        None => words.below(2) as usize,
        Some(arm) if words.falls(probability.p, probability.q) => arm,
        Some(arm) => 1 - arm,
    }
}

/// Big stick (Soares & Wu 1983, Communications in Statistics 12:2017).
pub(super) fn big_stick(limit: u32, counts: &[u64], words: &mut impl Words) -> usize {
    match lagging(counts) {
        Some(arm) if counts[0].abs_diff(counts[1]) >= u64::from(limit) => arm,
        _ => words.below(2) as usize,
    }
}

/// Returns the arm of two that has fewer referrals.
fn lagging(counts: &[u64]) -> Option<usize> {
    match counts[0].cmp(&counts[1]) {
        std::cmp::Ordering::Less => Some(0),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(1),
    }
}

/// Returns the chances of the two arms under a biased coin, as weights.
pub(super) fn coin(probability: Fraction, counts: &[u64]) -> [u64; 2] {
    let (p, rest) = (u64::from(probability.p), probability.q - probability.p);
    match lagging(counts) {
        None => [1, 1],
        Some(0) => [p, u64::from(rest)],
        Some(_) => [u64::from(rest), p],
    }
}

/// Returns the chances of the two arms under a big stick, as weights.
pub(super) fn stick(limit: u32, counts: &[u64]) -> [u64; 2] {
    match lagging(counts) {
        Some(0) if counts[0].abs_diff(counts[1]) >= u64::from(limit) => [1, 0],
        Some(_) if counts[0].abs_diff(counts[1]) >= u64::from(limit) => [0, 1],
        _ => [1, 1],
    }
}

//! Complete randomisation: a whole list at once, with counts fixed before the shuffle.

use super::Words;

/// Returns the arms of `size` referrals in order of their ids, by ratio.
///
/// Each referral's chance of arm j is exactly a_j / S for every size, and no count is a whole
/// unit away from size · a_j / S.
pub(super) fn with_ratio(ratio: &[u32], size: usize, words: &mut impl Words) -> Vec<usize> {
    let counts = rounded(ratio, size as u64, words);
    laid_out(&counts, words)
}

/// Returns the arms of `size` referrals in order of their ids, by stated counts.
pub(super) fn with_counts(counts: &[u64], size: usize, words: &mut impl Words) -> Vec<usize> {
    assert_eq!(
        counts.iter().sum::<u64>(),
        size as u64,
        "the plan's counts are checked against the list before the draw"
    );
    laid_out(counts, words)
}

/// Returns counts that sum to `n`, the remainders drawn by systematic sampling in random order
/// (Madow 1949): each arm's chance of one more is its remainder over S.
pub(super) fn rounded(ratio: &[u32], n: u64, words: &mut impl Words) -> Vec<u64> {
    let total: u64 = ratio.iter().map(|&a| u64::from(a)).sum();
    let mut counts: Vec<u64> = ratio.iter().map(|&a| n * u64::from(a) / total).collect();
    let mut order: Vec<usize> = (0..ratio.len()).collect();
    words.shuffle(&mut order);
    let mut point = words.below(total);
    let mut end = 0;
    for arm in order {
        end += n * u64::from(ratio[arm]) % total;
        // A remainder is below S, so its interval holds at most one of the points S apart.
        if point < end {
            counts[arm] += 1;
            point += total;
        }
    }
    counts
}

fn laid_out(counts: &[u64], words: &mut impl Words) -> Vec<usize> {
    let mut slots = Vec::new();
    lay_out(counts.iter().copied(), &mut slots, words);
    slots
}

/// Puts each arm into `slots` as often as its count says, shuffled.
pub(super) fn lay_out(
    counts: impl Iterator<Item = u64>,
    slots: &mut Vec<usize>,
    words: &mut impl Words,
) {
    slots.clear();
    for (arm, count) in counts.enumerate() {
        slots.extend(std::iter::repeat_n(arm, count as usize));
    }
    words.shuffle(slots);
}

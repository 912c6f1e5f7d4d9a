//! Simple randomisation: every referral by itself, in the ratio of the arms.

use super::Words;

pub(super) fn slot(ratio: &[u32], words: &mut impl Words) -> usize {
    words.weighted(ratio.iter().map(|&a| u64::from(a)))
}

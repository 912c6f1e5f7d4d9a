//! Permuted blocks of sizes drawn by lot (Zelen 1974; Matts & Lachin 1988).

use super::Words;

/// The block that a stratum has come to.
#[derive(Clone, Debug)]
pub(super) struct Block {
    number: u64,
    /// Slot of the block's first referral.
    start: u64,
    arms: Vec<usize>,
}

/// Returns the arm of a slot, moving `block` forward to the block that holds it.
pub(super) fn slot(
    block: &mut Option<Block>,
    slot: u64,
    mut permuted: impl FnMut(u64) -> Vec<usize>,
) -> usize {
    loop {
        let (number, start) = match block {
            Some(block) if slot < block.start + block.arms.len() as u64 => {
                return block.arms[(slot - block.start) as usize];
            }
            Some(block) => (block.number + 1, block.start + block.arms.len() as u64),
            None => (0, 0),
        };
        *block = Some(Block {
            number,
            start,
            arms: permuted(number),
        });
    }
}

/// Returns the size of a block, the first lot of its stream.
pub(super) fn size(sizes: &[u32], words: &mut impl Words) -> u32 {
    sizes[words.below(sizes.len() as u64) as usize]
}

/// Puts one block into `arms`: its size by lot, then each arm in its share, shuffled.
pub(super) fn permute(sizes: &[u32], ratio: &[u32], arms: &mut Vec<usize>, words: &mut impl Words) {
    let size = size(sizes, words);
    let total: u32 = ratio.iter().sum();
    let counts = ratio.iter().map(|&a| u64::from(a * (size / total)));
    super::complete::lay_out(counts, arms, words);
}

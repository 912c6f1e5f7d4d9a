//! What somebody believes of blocks whose sizes are drawn, who sees only the arms.
//!
//! The present block may have begun wherever the arms before were level. The guesser weighs every
//! beginning and every size by how likely they make what was seen (Bayes). Histories that leave
//! the same belief are followed together. Where their number grows too large, the guesser is told
//! once where the present block began; whoever is told more is never less right, so what follows
//! is a bound from above.

use std::collections::HashMap;

use super::course::{ONE, gcd};

/// Beliefs beyond which the guesser is told, the first time and later.
const MAX_BELIEFS: (usize, usize) = (20_000, 1_000);

/// Draws that are played one by one. Later ones repeat the last stretch between two tellings, once
/// these leave the same beliefs with the same chances, to [`SAME`].
const MAX_DRAWS: u64 = 1_000;

/// Chances that differ by less are the same: 2^-40.
const SAME: u128 = ONE >> 40;

/// Beliefs times draws beyond which a guesser who was never told is not followed.
const MAX_WORK: u64 = 20_000_000;

/// Chances by draw.
pub struct Believed {
    pub right: Vec<u128>,
    pub certain: Vec<u128>,
    /// Whether the guesser was told anything.
    pub told: bool,
}

/// Where the present block may have begun: the arms since then, and the weight of that, in lowest
/// terms.
type Belief = Vec<(Vec<u32>, u128)>;

/// How likely each belief is.
type Beliefs = HashMap<Belief, u128>;

struct Blocks<'a> {
    sizes: &'a [u32],
    ratio: &'a [u32],
    /// For each size, the common multiple of all orders divided by its own number of orders: how
    /// likely each order of such a block is.
    order_weights: Vec<u128>,
    /// What a weight is divided by when a block is over: sizes times the common multiple.
    unit: u128,
}

/// Returns the chances of `n` draws; `None` where blocks are too large for whole numbers of 128
/// bits, or there is too much to follow.
pub fn steps(sizes: &[u32], ratio: &[u32], n: u64) -> Option<Believed> {
    let blocks = Blocks::new(sizes, ratio)?;
    let mut believed = Believed {
        right: Vec::new(),
        certain: Vec::new(),
        told: false,
    };
    let mut beliefs: Beliefs = HashMap::from([(vec![(vec![0; ratio.len()], 1)], ONE)]);
    let mut tellings: Vec<(usize, Beliefs)> = Vec::new();
    for draw in 0..n {
        if draw >= MAX_DRAWS {
            if believed.told {
                repeat(&mut believed, &tellings, n as usize)?;
                break;
            }
            if beliefs.len() as u64 * n > MAX_WORK {
                return None;
            }
        }
        let step = match blocks.step(&beliefs) {
            Some(step) => step,
            None => {
                believed.told = true;
                let told = blocks.tell(&beliefs)?;
                let step = blocks.step(&told)?;
                tellings.push((believed.right.len(), told));
                step
            }
        };
        believed.right.push(step.right);
        believed.certain.push(step.certain);
        beliefs = step.beliefs;
        let most = match believed.told {
            false => MAX_BELIEFS.0,
            true => MAX_BELIEFS.1,
        };
        if beliefs.len() > most && (believed.right.len() as u64) < n {
            believed.told = true;
            beliefs = blocks.tell(&beliefs)?;
            tellings.push((believed.right.len(), beliefs.clone()));
        }
    }
    Some(believed)
}

/// Goes on to `n` draws by repeating the last stretch between two tellings that left the same;
/// `None` where there is none.
fn repeat(believed: &mut Believed, tellings: &[(usize, Beliefs)], n: usize) -> Option<()> {
    let (end, last) = tellings.last()?;
    let (begin, _) = tellings.iter().rev().skip(1).find(|(_, before)| {
        before.len() == last.len()
            && before.iter().all(|(belief, &mass)| {
                last.get(belief)
                    .is_some_and(|&now| now.abs_diff(mass) < SAME)
            })
    })?;
    let stretch = end - begin;
    for share in [&mut believed.right, &mut believed.certain] {
        share.truncate(*end);
        for draw in *end..n {
            share.push(share[draw - stretch]);
        }
    }
    Some(())
}

/// One draw: its chances, and the beliefs after it.
struct Step {
    right: u128,
    certain: u128,
    beliefs: Beliefs,
}

impl<'a> Blocks<'a> {
    fn new(sizes: &'a [u32], ratio: &'a [u32]) -> Option<Blocks<'a>> {
        let s = ratio.iter().sum::<u32>();
        let orders: Vec<u128> = sizes
            .iter()
            .map(|size| {
                let counts: Vec<u32> = ratio.iter().map(|a| a * (size / s)).collect();
                orders(&counts)
            })
            .collect::<Option<_>>()?;
        let common = orders
            .iter()
            .try_fold(1u128, |common, &n| common.checked_mul(n / gcd(common, n)))?;
        Some(Blocks {
            sizes,
            ratio,
            order_weights: orders.iter().map(|n| common / n).collect(),
            unit: common.checked_mul(sizes.len() as u128)?,
        })
    }

    /// Returns what is left of a block of a size, or nothing where it cannot be one.
    fn left(&self, size: u32, counts: &[u32]) -> Option<Vec<u32>> {
        let rounds = size / self.ratio.iter().sum::<u32>();
        self.ratio
            .iter()
            .zip(counts)
            .map(|(a, n)| (a * rounds).checked_sub(*n))
            .collect()
    }

    /// Returns how likely a block begins with some arms, by their counts: in units.
    fn begins_with(&self, counts: &[u32]) -> Option<u128> {
        let mut sum = 0u128;
        for (&size, &weight) in self.sizes.iter().zip(&self.order_weights) {
            if let Some(left) = self.left(size, counts) {
                sum = sum.checked_add(weight.checked_mul(orders(&left)?)?)?;
            }
        }
        Some(sum)
    }

    /// Tells the guesser where the present block began.
    fn tell(&self, beliefs: &Beliefs) -> Option<Beliefs> {
        let mut told = Beliefs::new();
        for (belief, &mass) in beliefs {
            let mut likely = Vec::with_capacity(belief.len());
            for (counts, weight) in belief {
                let mut goes_on = 0u128;
                for arm in 0..self.ratio.len() {
                    let mut counts = counts.clone();
                    counts[arm] += 1;
                    goes_on = goes_on.checked_add(self.begins_with(&counts)?)?;
                }
                likely.push(weight.checked_mul(goes_on)?);
            }
            let total = likely.iter().try_fold(0u128, |a, &b| a.checked_add(b))?;
            for ((counts, _), chance) in belief.iter().zip(likely) {
                *told.entry(vec![(counts.clone(), 1)]).or_default() += part(mass, chance, total)?;
            }
        }
        Some(told)
    }

    /// Plays one draw; `None` where numbers grow too large.
    fn step(&self, beliefs: &Beliefs) -> Option<Step> {
        let (mut right, mut certain) = (0, 0);
        let mut next = Beliefs::new();
        for (belief, &mass) in beliefs {
            let mut likely = Vec::with_capacity(self.ratio.len());
            for arm in 0..self.ratio.len() {
                let mut sum = 0u128;
                for (counts, weight) in belief {
                    let mut counts = counts.clone();
                    counts[arm] += 1;
                    let times = self.begins_with(&counts)?;
                    sum = sum.checked_add(weight.checked_mul(times)?)?;
                }
                likely.push(sum);
            }
            let total: u128 = likely.iter().try_fold(0u128, |a, &b| a.checked_add(b))?;
            let best = *likely.iter().max().expect("a trial has arms");
            right += part(mass, best, total)?;
            if best == total {
                certain += mass;
            }
            for (arm, &chance) in likely.iter().enumerate() {
                if chance > 0 {
                    let after = self.after(belief, arm)?;
                    *next.entry(after).or_default() += part(mass, chance, total)?;
                }
            }
        }
        Some(Step {
            right,
            certain,
            beliefs: next,
        })
    }

    /// Returns the belief after an arm was seen.
    fn after(&self, belief: &Belief, arm: usize) -> Option<Belief> {
        let mut after: Belief = Vec::with_capacity(belief.len() + 1);
        let mut over = 0u128;
        for (counts, weight) in belief {
            let mut counts = counts.clone();
            counts[arm] += 1;
            let mut goes_on = false;
            for (&size, &order_weight) in self.sizes.iter().zip(&self.order_weights) {
                match self.left(size, &counts) {
                    Some(left) if left.iter().all(|&n| n == 0) => {
                        over = over.checked_add(weight.checked_mul(order_weight)?)?;
                    }
                    Some(_) => goes_on = true,
                    None => {}
                }
            }
            if goes_on {
                after.push((counts, weight.checked_mul(self.unit)?));
            }
        }
        if over > 0 {
            after.push((vec![0; self.ratio.len()], over));
        }
        let common = after
            .iter()
            .fold(0, |common, &(_, weight)| gcd(common, weight));
        for (_, weight) in &mut after {
            *weight /= common;
        }
        Some(after)
    }
}

/// Returns how many orders so many of each arm can have: (Σn)! / Πn!.
fn orders(counts: &[u32]) -> Option<u128> {
    let mut orders = 1u128;
    let mut placed = 0u128;
    for &count in counts {
        for k in 1..=u128::from(count) {
            placed += 1;
            orders = orders.checked_mul(placed)? / k;
        }
    }
    Some(orders)
}

/// Returns mass · a / b, rounded down, for a ≤ b; `None` where b passes 2^78.
fn part(mass: u128, a: u128, b: u128) -> Option<u128> {
    let common = gcd(a, b);
    let (a, b) = (a / common, b / common);
    if b >= 1 << 78 {
        return None;
    }
    // Long division in two halves of 48 bits, the upper first.
    let (upper, lower) = (mass >> 48, mass & ((1 << 48) - 1));
    let first = upper * a;
    Some(((first / b) << 48) + (((first % b) << 48) + lower * a) / b)
}

//! The course of one stratum: its states, and how likely each is after so many draws.

use std::collections::{BTreeMap, HashMap};

use crate::draw::chances;
use crate::protocol::Procedure;

/// One, in units of 2^-96.
pub const ONE: u128 = 1 << 96;

/// States beyond which a course is not followed, and steps beyond which it is not searched.
const MAX_STATES: usize = 100_000;
const MAX_WORK: u64 = 50_000_000;

/// Returns a probability, or a sum of them, as a number.
pub fn to_f64(mass: u128) -> f64 {
    mass as f64 / ONE as f64
}

/// Two arms whose difference is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub i: usize,
    pub j: usize,
    /// The least common multiple of the two ratios.
    pub scale: u64,
    factors: (u64, u64),
}

impl Pair {
    fn new(i: usize, j: usize, ratio: &[u32]) -> Pair {
        let (a, b) = (u64::from(ratio[i]), u64::from(ratio[j]));
        let scale = a / gcd(u128::from(a), u128::from(b)) as u64 * b;
        Pair {
            i,
            j,
            scale,
            factors: (scale / a, scale / b),
        }
    }

    /// Returns n_i / a_i − n_j / a_j, times the scale.
    pub fn difference(&self, n_i: u64, n_j: u64) -> i64 {
        (n_i * self.factors.0) as i64 - (n_j * self.factors.1) as i64
    }
}

/// Returns a pair of arms for each two ratios that occur: pairs of equal ratios are alike.
pub fn pairs(ratio: &[u32]) -> Vec<Pair> {
    let mut seen = Vec::new();
    let mut pairs = Vec::new();
    for i in 0..ratio.len() {
        for j in i + 1..ratio.len() {
            let ratios = (ratio[i].min(ratio[j]), ratio[i].max(ratio[j]));
            if !seen.contains(&ratios) {
                seen.push(ratios);
                pairs.push(Pair::new(i, j, ratio));
            }
        }
    }
    pairs
}

pub fn gcd(a: u128, b: u128) -> u128 {
    match b {
        0 => a,
        b => gcd(b, a % b),
    }
}

/// How likely each difference between two arms is.
#[derive(Clone, Debug, Default)]
pub struct Spread(BTreeMap<i64, u128>);

impl Spread {
    pub fn certainly_level() -> Spread {
        Spread(BTreeMap::from([(0, ONE)]))
    }

    pub fn add(&mut self, difference: i64, mass: u128) {
        *self.0.entry(difference).or_default() += mass;
    }

    /// Returns the spread of the sum of two independent differences; `None` where there is too
    /// much to count.
    pub fn plus(&self, other: &Spread) -> Option<Spread> {
        if self.0.len() * other.0.len() > 4_000_000 {
            return None;
        }
        let mut sum = Spread::default();
        for (a, &p) in &self.0 {
            for (b, &q) in &other.0 {
                // Both below 2^96 but for 1 itself: 63 leading bits of each give 2^-63 of p·q.
                let mass = ((p >> 33) * (q >> 33)) >> 30;
                if mass > 0 {
                    sum.add(a + b, mass);
                }
            }
        }
        Some(sum)
    }

    /// Returns the mean of the difference without its sign.
    pub fn mean_size(&self) -> f64 {
        self.0
            .iter()
            .map(|(difference, &mass)| difference.unsigned_abs() as f64 * to_f64(mass))
            .sum()
    }
}

/// What the next draw of a stratum rests on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    /// Size of the present block, with permuted blocks.
    block: u32,
    /// Draws into each arm since the arms were last level.
    counts: Vec<u64>,
}

struct Node {
    /// The state that follows with each arm, and its weight.
    moves: Vec<(usize, u64)>,
    /// Sum of the weights, and the greatest weight of one arm.
    total: u64,
    best: u64,
    /// Weight of each arm.
    weights: Vec<u64>,
    counts: Vec<u64>,
}

/// The states that a stratum can come to within its referrals.
pub struct Course {
    nodes: Vec<Node>,
    start: Vec<(usize, u128)>,
    referrals: u64,
    pairs: Vec<Pair>,
}

/// What can be said of each draw, and of the end.
pub struct Steps {
    /// Chance that the likeliest arm is drawn, by draw.
    pub right: Vec<u128>,
    /// Chance that an arm is certain, by draw.
    pub certain: Vec<u128>,
    /// Chance of each arm, by draw.
    pub arms: Vec<Vec<u128>>,
    /// For each pair of arms.
    pub at_end: Vec<Spread>,
}

impl Course {
    /// Returns the course of `n` referrals; `None` where it has too many states.
    pub fn new(procedure: &Procedure, ratio: &[u32], n: u64) -> Option<Course> {
        Course::with_others(procedure, ratio, 0, n)
    }

    /// Returns the course of two arms of a procedure without a memory, beside other arms that
    /// nobody looks at.
    pub fn of_pair(ratio: &[u32], pair: &Pair, n: u64) -> Option<Course> {
        let of_pair = [ratio[pair.i], ratio[pair.j]];
        let others = ratio.iter().sum::<u32>() - of_pair.iter().sum::<u32>();
        Course::with_others(&Procedure::Simple, &of_pair, u64::from(others), n)
    }

    fn with_others(procedure: &Procedure, ratio: &[u32], others: u64, n: u64) -> Option<Course> {
        let begun: Vec<State> = match procedure {
            Procedure::PermutedBlocks { sizes } => sizes
                .iter()
                .map(|&block| State {
                    block,
                    counts: vec![0; ratio.len()],
                })
                .collect(),
            _ => vec![State {
                block: 0,
                counts: vec![0; ratio.len()],
            }],
        };
        let mut course = Course {
            nodes: Vec::new(),
            start: Vec::new(),
            referrals: n,
            pairs: pairs(ratio),
        };
        let mut known: HashMap<State, usize> = HashMap::new();
        let mut states: Vec<State> = Vec::new();
        let mut index_of = |state: State, states: &mut Vec<State>| {
            *known.entry(state).or_insert_with_key(|state| {
                states.push(state.clone());
                states.len() - 1
            })
        };
        for state in &begun {
            let share = ONE / begun.len() as u128;
            course
                .start
                .push((index_of(state.clone(), &mut states), share));
        }
        // States in the order they are reached: those of one more draw lie behind.
        let mut reached = 0;
        let mut level_end = states.len();
        let mut depth = 0;
        while reached < states.len() {
            if reached == level_end {
                depth += 1;
                level_end = states.len();
            }
            let state = states[reached].clone();
            let weights = weights(procedure, ratio, &state);
            // Each arm's weight is shared among the blocks that may follow.
            let shared = begun.len() as u64;
            let mut node = Node {
                weights: weights.iter().map(|weight| weight * shared).collect(),
                moves: Vec::new(),
                total: (weights.iter().sum::<u64>() + others) * shared,
                best: *weights.iter().max().expect("a trial has arms") * shared,
                counts: state.counts.clone(),
            };
            if node.total >= 1 << 31 {
                return None;
            }
            for (arm, weight) in weights.into_iter().enumerate().filter(|_| depth < n) {
                if weight == 0 {
                    continue;
                }
                let next = after(&state, arm, ratio);
                if state.block > 0 && next.counts.iter().sum::<u64>() == 0 {
                    for state in &begun {
                        node.moves
                            .push((index_of(state.clone(), &mut states), weight));
                    }
                } else {
                    let weight = weight * shared;
                    node.moves.push((index_of(next, &mut states), weight));
                }
            }
            if others > 0 {
                node.moves.push((reached, others));
            }
            course.nodes.push(node);
            if states.len() > MAX_STATES || states.len() as u64 * n > MAX_WORK {
                return None;
            }
            reached += 1;
        }
        Some(course)
    }

    /// Follows the course from its first draw to its last.
    pub fn steps(&self) -> Steps {
        let mut steps = Steps {
            right: Vec::new(),
            certain: Vec::new(),
            arms: Vec::new(),
            at_end: Vec::new(),
        };
        let mut masses = self.begin();
        for _ in 0..self.referrals {
            let (mut right, mut certain) = (0, 0);
            let mut arms = vec![0; self.nodes[0].weights.len()];
            for (node, &mass) in self.nodes.iter().zip(&masses) {
                if mass == 0 {
                    continue;
                }
                right += mass * u128::from(node.best) / u128::from(node.total);
                if node.best == node.total {
                    certain += mass;
                }
                for (arm, &weight) in arms.iter_mut().zip(&node.weights) {
                    *arm += mass * u128::from(weight) / u128::from(node.total);
                }
            }
            steps.arms.push(arms);
            steps.right.push(right);
            steps.certain.push(certain);
            masses = self.step(&masses, |_| true);
        }
        for pair in &self.pairs {
            let mut spread = Spread::default();
            for (node, &mass) in self.nodes.iter().zip(&masses) {
                if mass > 0 {
                    spread.add(
                        pair.difference(node.counts[pair.i], node.counts[pair.j]),
                        mass,
                    );
                }
            }
            steps.at_end.push(spread);
        }
        steps
    }

    /// Returns the expected largest difference between two arms after any of the draws: the
    /// largest over pairs of arms; `None` where there is too much to count.
    ///
    /// E max|D| = Σ P(max|D| ≥ m) over m from 1, each term from the course that stops at m.
    pub fn largest_difference(&self) -> Option<f64> {
        let mut work = 0;
        let mut largest: f64 = 0.0;
        for pair in &self.pairs {
            let differences: Vec<u64> = self
                .nodes
                .iter()
                .map(|node| {
                    let difference = pair.difference(node.counts[pair.i], node.counts[pair.j]);
                    difference.unsigned_abs()
                })
                .collect();
            let most = *differences.iter().max().expect("a course has a state");
            let mut mean = 0.0;
            for m in 1..=most {
                let within = differences.iter().filter(|&&d| d < m).count() as u64;
                work += within * self.referrals;
                if work > MAX_WORK {
                    return None;
                }
                let mut masses = self.begin();
                for _ in 0..self.referrals {
                    masses = self.step(&masses, |to| differences[to] < m);
                }
                let passed = to_f64(ONE - masses.iter().sum::<u128>());
                mean += passed;
                // Later terms are no greater than this one.
                if passed * ((most - m) as f64) < 1e-12 {
                    break;
                }
            }
            largest = largest.max(mean / pair.scale as f64);
        }
        Some(largest)
    }

    fn begin(&self) -> Vec<u128> {
        let mut masses = vec![0; self.nodes.len()];
        for &(node, mass) in &self.start {
            masses[node] += mass;
        }
        masses
    }

    fn step(&self, masses: &[u128], stays: impl Fn(usize) -> bool) -> Vec<u128> {
        let mut next = vec![0; masses.len()];
        for (node, &mass) in self.nodes.iter().zip(masses) {
            if mass == 0 {
                continue;
            }
            for &(to, weight) in &node.moves {
                if stays(to) {
                    next[to] += mass * u128::from(weight) / u128::from(node.total);
                }
            }
        }
        next
    }
}

fn weights(procedure: &Procedure, ratio: &[u32], state: &State) -> Vec<u64> {
    match procedure {
        // What is left of the block.
        Procedure::PermutedBlocks { .. } => {
            let rounds = u64::from(state.block / ratio.iter().sum::<u32>());
            ratio
                .iter()
                .zip(&state.counts)
                .map(|(&a, &n)| u64::from(a) * rounds - n)
                .collect()
        }
        _ => chances(procedure, ratio, &state.counts).expect("a procedure that looks at counts"),
    }
}

/// Returns the state after a draw. Whole rounds of the ratio are taken off, because no procedure
/// here looks at more than how far the arms are from level; within a block nothing is taken off
/// before its end.
fn after(state: &State, arm: usize, ratio: &[u32]) -> State {
    let mut counts = state.counts.clone();
    counts[arm] += 1;
    let rounds = match state.block {
        0 => counts
            .iter()
            .zip(ratio)
            .map(|(&n, &a)| n / u64::from(a))
            .min()
            .expect("a trial has arms"),
        block if counts.iter().sum::<u64>() == u64::from(block) => {
            u64::from(block / ratio.iter().sum::<u32>())
        }
        _ => 0,
    };
    for (count, &a) in counts.iter_mut().zip(ratio) {
        *count -= rounds * u64::from(a);
    }
    State {
        block: state.block,
        counts,
    }
}

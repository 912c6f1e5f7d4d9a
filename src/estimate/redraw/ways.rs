//! Every way a whole draw can fall, each with its chance.
//!
//! [`Every`](crate::draw::Every) plays equal lots; here a lot that falls p times in q has two
//! ways, with the chances of each, so that the ways are the draws and not the words.

use crate::draw::{Stream, Words};

/// Gives a draw its lots in every way they can fall, one way after another.
pub(super) struct Ways {
    /// The lots of the present way: the branch, and how many there are.
    lots: Vec<(u64, u64)>,
    next: usize,
    chance: f64,
}

impl Ways {
    pub fn new() -> Ways {
        Ways {
            lots: Vec::new(),
            next: 0,
            chance: 1.0,
        }
    }

    /// Returns the chance of the way that was just played.
    pub fn chance(&self) -> f64 {
        self.chance
    }

    /// Goes to the next way and back to the first lot; false when there is none left.
    pub fn advance(&mut self) -> bool {
        self.next = 0;
        self.chance = 1.0;
        while let Some((branch, branches)) = self.lots.pop() {
            if branch + 1 < branches {
                self.lots.push((branch + 1, branches));
                return true;
            }
        }
        false
    }

    fn branch(&mut self, branches: u64) -> u64 {
        if branches == 1 {
            return 0;
        }
        if self.next == self.lots.len() {
            self.lots.push((0, branches));
        }
        self.next += 1;
        self.lots[self.next - 1].0
    }
}

impl Words for Ways {
    /// # Panics
    /// Always: lots are asked for by `below`, `falls` and `weighted`.
    fn word(&mut self) -> u32 {
        panic!("lots have ways, words do not")
    }

    fn below(&mut self, n: u64) -> u64 {
        self.chance /= n as f64;
        self.branch(n)
    }

    fn falls(&mut self, p: u32, q: u32) -> bool {
        let falls = p > 0 && (p == q || self.branch(2) == 0);
        let times = if falls { p } else { q - p };
        self.chance *= f64::from(times) / f64::from(q);
        falls
    }

    fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let sum: u64 = weights.clone().sum();
        let possible = || {
            weights
                .clone()
                .enumerate()
                .filter(|&(_, weight)| weight > 0)
        };
        let branch = self.branch(possible().count() as u64) as usize;
        let (arm, weight) = possible().nth(branch).expect("a branch for each weight");
        self.chance *= weight as f64 / sum as f64;
        arm
    }
}

/// Guesses how many ways there are, from one way that takes each branch alike: the product of its
/// branches (Knuth 1975, doi:10.1090/S0025-5718-1975-0373371-6).
///
/// A draw with at most w ways gives a product beyond W with a chance below w/W, so a great
/// product says without listing that there are too many.
pub(super) struct Guess {
    pub product: f64,
    branches: Stream,
}

impl Guess {
    pub fn new() -> Guess {
        Guess {
            product: 1.0,
            branches: Stream::new([0; 32]),
        }
    }
}

impl Words for Guess {
    fn word(&mut self) -> u32 {
        self.branches.word()
    }

    fn below(&mut self, n: u64) -> u64 {
        self.product *= n as f64;
        self.branches.below(n)
    }

    fn falls(&mut self, p: u32, q: u32) -> bool {
        match p {
            0 => false,
            p if p == q => true,
            _ => self.below(2) == 0,
        }
    }

    fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let possible = || {
            weights
                .clone()
                .enumerate()
                .filter(|&(_, weight)| weight > 0)
        };
        let branch = self.below(possible().count() as u64) as usize;
        possible().nth(branch).expect("a branch for each weight").0
    }
}

//! Every way the lots of a draw can fall, each with its chance.

use std::collections::HashMap;

use super::{Purpose, Source, StratumKey, Words};

/// Gives a draw its lots in every way they can fall, one way after another.
///
/// Each lot of n equally likely outcomes is played n times, so what is counted over all ways is
/// exact.
///
/// ```
/// use klero::draw::{Every, Words};
/// let mut every = Every::default();
/// let mut chances = Vec::new();
/// loop {
///     let mut list = ['a', 'b', 'c'];
///     every.shuffle(&mut list);
///     chances.push((list, every.one_in()));
///     if !every.advance() {
///         break;
///     }
/// }
/// assert_eq!(chances.len(), 6);
/// assert!(chances.iter().all(|(_, one_in)| *one_in == 6));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Every {
    /// The lots of the present way: the outcome, and how many there are.
    lots: Vec<(u64, u64)>,
    next: usize,
    /// Lots that were asked for in the present way.
    played: usize,
    /// Where the lots of each stream begin; one that is asked for again falls the same again.
    begun: HashMap<(Purpose, StratumKey, u64), usize>,
}

impl Every {
    /// Returns n where the present way has a chance of one in n.
    ///
    /// # Panics
    /// Where n passes 2^128: such a draw has too many ways to play them all.
    pub fn one_in(&self) -> u128 {
        self.lots
            .iter()
            .try_fold(1u128, |product, &(_, n)| product.checked_mul(u128::from(n)))
            .expect("the ways can be counted")
    }

    /// Goes to the next way and back to the first lot; false when there is none left.
    pub fn advance(&mut self) -> bool {
        self.next = 0;
        self.played = 0;
        self.begun.clear();
        while let Some((outcome, n)) = self.lots.pop() {
            if outcome + 1 < n {
                self.lots.push((outcome + 1, n));
                return true;
            }
        }
        false
    }
}

impl Words for Every {
    /// # Panics
    /// Always: a word has too many outcomes to play them all; lots are asked for by `below`.
    fn word(&mut self) -> u32 {
        panic!("lots are drawn by below")
    }

    fn below(&mut self, n: u64) -> u64 {
        if n == 1 {
            return 0;
        }
        if self.next == self.lots.len() {
            self.lots.push((0, n));
        }
        self.next += 1;
        self.played = self.played.max(self.next);
        self.lots[self.next - 1].0
    }
}

impl Source for &mut Every {
    type Words = Every;

    fn stream(&mut self, purpose: Purpose, stratum: &StratumKey, number: u64) -> &mut Every {
        let context = (purpose, stratum.clone(), number);
        self.next = *self.begun.entry(context).or_insert(self.played);
        self
    }
}

//! The search for what else to hold back.
//!
//! A count is safe when whole numbers exist that agree with all that is shown and in which it is
//! far enough from itself. They are the truth plus a move of hidden quantities. Where no such move
//! exists, the cheapest move is sought that also changes shown quantities, and those are hidden: the
//! move is then the proof. Hiding more never undoes a proof, because it only allows more moves.

use std::collections::BTreeSet;

use super::simplex::Programme;
use super::{DisclosureError, Kind, Release, whole};

/// A total over few persons is safe when it could be a fifth of itself higher or lower: a p%-rule
/// with p = 20 (Hundepool et al. 2012, ch. 4); the choice of p is ours.
const TOTAL_APART: (i64, i64) = (1, 5);

/// Returns for each quantity whether it is hidden; those that nothing prints are hidden for free.
pub fn protect(
    release: &Release,
    readers: &[u32],
    unsafe_ones: &[usize],
) -> Result<Vec<bool>, DisclosureError> {
    let mut hidden: Vec<bool> = release
        .quantities
        .iter()
        .zip(readers)
        .map(|(quantity, readers)| quantity.kind != Kind::Public && *readers == 0)
        .collect();
    for &at in unsafe_ones {
        hidden[at] = true;
    }
    let mut equations = vec![Vec::new(); release.quantities.len()];
    for (index, equation) in release.equations.iter().enumerate() {
        for &(at, _) in &equation.terms {
            equations[at].push(index);
        }
    }
    let mut search = Search {
        release,
        readers,
        equations,
        hidden,
    };
    // Small ones first: they ask for most, and what they hide protects others.
    let mut order = unsafe_ones.to_vec();
    order.sort_by_key(|&at| (release.quantities[at].value, at));
    for at in order {
        search.make_safe(at)?;
    }
    Ok(search.hidden)
}

struct Search<'a> {
    release: &'a Release,
    readers: &'a [u32],
    /// The equations that each quantity is in.
    equations: Vec<Vec<usize>>,
    hidden: Vec<bool>,
}

/// What a move is asked for.
#[derive(Clone, Copy, Debug)]
enum Aim {
    /// The quantity becomes this.
    Value(i64),
    /// As low as can be.
    Lowest,
    /// As high as can be, at most this.
    Highest(i64),
}

impl Search<'_> {
    fn value(&self, at: usize) -> i64 {
        self.release.quantities[at].value
    }

    fn make_safe(&mut self, at: usize) -> Result<(), DisclosureError> {
        let exposed = || DisclosureError::Exposed {
            key: self.release.quantities[at].key.clone(),
        };
        let exposed = exposed();
        let safe = match self.release.quantities[at].kind {
            Kind::Total { .. } => self.total(at),
            Kind::Count | Kind::Public => self.count(at),
        };
        if safe.is_some() {
            return Ok(());
        }
        // Everything that is tied to it is hidden before the export is refused.
        for other in self.neighbours(at, usize::MAX) {
            if self.release.quantities[other].kind != Kind::Public {
                self.hidden[other] = true;
            }
        }
        match self.release.quantities[at].kind {
            Kind::Total { .. } => self.total(at),
            Kind::Count | Kind::Public => self.count(at),
        }
        .ok_or(exposed)
    }

    /// Makes a count safe: it may be the threshold or more, and what it may be spans at least the
    /// threshold.
    fn count(&mut self, at: usize) -> Option<()> {
        let (value, threshold) = (self.value(at), whole(self.release.rule.threshold));
        let lowest = self.free(at, Aim::Lowest).unwrap_or(value);
        let wanted = lowest + threshold;
        let highest = self.free(at, Aim::Highest(wanted)).unwrap_or(value);
        if highest >= wanted {
            return Some(());
        }
        if self.hide_for(at, wanted).is_some() {
            return Some(());
        }
        // A small whole leaves no room above, so that the room below is needed too.
        self.hide_for(at, 0)?;
        self.hide_for(at, threshold)
    }

    fn total(&mut self, at: usize) -> Option<()> {
        let value = self.value(at);
        let apart = (value * TOTAL_APART.0 / TOTAL_APART.1).max(1);
        let free = [value + apart, value - apart];
        if free
            .iter()
            .any(|&aim| aim >= 0 && self.free(at, Aim::Value(aim)).is_some())
        {
            return Some(());
        }
        self.hide_for(at, value + apart)
            .or_else(|| match value >= apart {
                true => self.hide_for(at, value - apart),
                false => None,
            })
    }

    /// Returns what a quantity can be, near the aim, when only hidden quantities move.
    fn free(&self, at: usize, aim: Aim) -> Option<i64> {
        let mut scope = BTreeSet::from([at]);
        let mut edge = vec![at];
        while let Some(from) = edge.pop() {
            for &equation in &self.equations[from] {
                for &(other, _) in &self.release.equations[equation].terms {
                    if self.hidden[other] && scope.insert(other) {
                        edge.push(other);
                    }
                }
            }
        }
        let moved = self.moved(at, aim, &scope)?;
        moved
            .iter()
            .find(|&&(other, _)| other == at)
            .map(|&(_, value)| value)
    }

    /// Hides what the cheapest move changes that brings a quantity to `aim`; looks near it first.
    fn hide_for(&mut self, at: usize, aim: i64) -> Option<()> {
        let mut last = 0;
        for distance in 1.. {
            let scope = self.neighbours(at, distance);
            if scope.len() == last {
                return None;
            }
            last = scope.len();
            if let Some(moved) = self.moved(at, Aim::Value(aim), &scope) {
                for (other, value) in moved {
                    if value != self.value(other) {
                        self.hidden[other] = true;
                    }
                }
                return Some(());
            }
        }
        None
    }

    /// Returns the quantities within so many equations of one, those that everyone knows left out.
    fn neighbours(&self, at: usize, distance: usize) -> BTreeSet<usize> {
        let mut scope = BTreeSet::from([at]);
        let mut edge = vec![at];
        for _ in 0..distance {
            let mut next = Vec::new();
            for from in edge {
                for &equation in &self.equations[from] {
                    for &(other, _) in &self.release.equations[equation].terms {
                        let public = self.release.quantities[other].kind == Kind::Public;
                        if !public && scope.insert(other) {
                            next.push(other);
                        }
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            edge = next;
        }
        scope
    }

    /// Returns values of the quantities in scope that keep all equations, all others as they are.
    fn moved(&self, at: usize, aim: Aim, scope: &BTreeSet<usize>) -> Option<Vec<(usize, i64)>> {
        let mut programme = Programme::default();
        let mut places = std::collections::BTreeMap::new();
        for &one in scope {
            let place = programme.variable(0.0);
            places.insert(one, place);
            if !self.hidden[one] {
                // value = truth + up − down, and both cost.
                let cost = self.cost(one);
                let (up, down) = (programme.variable(cost), programme.variable(cost));
                let terms = vec![(place, 1), (up, -1), (down, 1)];
                programme.rows.push((terms, self.value(one)));
            }
        }
        let touched: BTreeSet<usize> = scope
            .iter()
            .flat_map(|&one| self.equations[one].iter().copied())
            .collect();
        for index in touched {
            let equation = &self.release.equations[index];
            let mut right = equation.constant;
            let mut terms = Vec::new();
            for &(one, factor) in &equation.terms {
                match places.get(&one) {
                    Some(&place) => terms.push((place, factor)),
                    None => right -= factor * self.value(one),
                }
            }
            programme.rows.push((terms, right));
        }
        let place = places[&at];
        match aim {
            Aim::Value(value) => programme.rows.push((vec![(place, 1)], value)),
            Aim::Lowest => programme.costs[place] += 1.0,
            Aim::Highest(most) => {
                programme.costs[place] -= 1.0;
                programme.at_most(place, most);
            }
        }
        let solution = programme.whole()?;
        Some(
            places
                .into_iter()
                .map(|(one, place)| (one, solution[place]))
                .collect(),
        )
    }

    /// Returns what hiding a quantity costs for each person it moves: more for large ones, which
    /// are sums of others, and for those that many cells need.
    fn cost(&self, at: usize) -> f64 {
        let size = 1 + (self.value(at).unsigned_abs() + 1).ilog2();
        f64::from(size * (3 + self.readers[at].min(9)))
    }
}

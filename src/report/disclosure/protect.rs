//! The search for what else to hold back.
//!
//! A count is safe when whole numbers exist that agree with all that is shown and in which it is
//! far enough from itself. They are the truth plus a move of hidden quantities. Where no such move
//! exists, the cheapest move is sought that also changes shown quantities, and those are hidden: the
//! move is then the proof. Hiding more never undoes a proof, because it only allows more moves.
//!
//! What must be hidden because of sums between printed counts is found first, for those are few;
//! then the people come in, of whom there are many, and mostly they have room: one move that favours
//! all whose room is not proved yet proves that of many.

use std::collections::BTreeSet;

use super::programme::Programme;
use super::{DisclosureError, Equation, Kind, Release, whole};

/// A total over few persons is safe when it could be a fifth of itself higher or lower: a p%-rule
/// with p = 20 (Hundepool et al. 2012, ch. 4); the choice of p is ours.
const TOTAL_APART: (i64, i64) = (1, 5);

/// More persons than there are.
const PERSONS: i64 = 1 << 30;

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
    // Small ones first: they ask for most, and what they hide protects others.
    let mut order = unsafe_ones.to_vec();
    order.sort_by_key(|&at| (release.quantities[at].value, at));
    let of_sums: Vec<&Equation> = release.equations.iter().collect();
    let all: Vec<&Equation> = of_sums.iter().copied().chain(&release.of_people).collect();
    for equations in [of_sums, all] {
        let mut search = Search::new(release, readers, equations, hidden);
        search.favour(&order);
        for &at in &order {
            search.make_safe(at)?;
        }
        hidden = search.hidden;
    }
    Ok(hidden)
}

struct Search<'a> {
    release: &'a Release,
    readers: &'a [u32],
    equations: Vec<&'a Equation>,
    /// The equations that each quantity is in.
    of: Vec<Vec<usize>>,
    hidden: Vec<bool>,
    /// The lowest and highest that each quantity was found to be able to be.
    found: Vec<(i64, i64)>,
}

/// What a move is asked for.
#[derive(Clone, Copy, Debug)]
enum Aim<'a> {
    /// The quantity becomes this.
    Value(i64),
    /// As low as can be.
    Lowest,
    /// As high as can be, at most this.
    Highest(i64),
    /// As many as can be of some.
    Most(&'a BTreeSet<usize>),
}

impl<'a> Search<'a> {
    fn new(
        release: &'a Release,
        readers: &'a [u32],
        equations: Vec<&'a Equation>,
        hidden: Vec<bool>,
    ) -> Search<'a> {
        let mut of = vec![Vec::new(); release.quantities.len()];
        for (index, equation) in equations.iter().enumerate() {
            for &(at, _) in &equation.terms {
                of[at].push(index);
            }
        }
        let values = release.quantities.iter().map(|quantity| quantity.value);
        Search {
            release,
            readers,
            equations,
            of,
            hidden,
            found: values.map(|value| (value, value)).collect(),
        }
    }

    fn value(&self, at: usize) -> i64 {
        self.release.quantities[at].value
    }

    fn make_safe(&mut self, at: usize) -> Result<(), DisclosureError> {
        let exposed = || DisclosureError::Exposed {
            key: self.release.quantities[at].key.clone(),
        };
        let exposed = exposed();
        if self.of[at].is_empty() || self.has_room(at) {
            return Ok(());
        }
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

    /// Whether a count was found to be able to be the threshold or more, and to span as much.
    fn has_room(&self, at: usize) -> bool {
        let (lowest, highest) = self.found[at];
        self.release.quantities[at].kind == Kind::Count
            && highest - lowest >= whole(self.release.rule.threshold)
    }

    /// Finds room for many at a time, as long as a move finds any.
    fn favour(&mut self, unsafe_ones: &[usize]) {
        let tied = |at: &usize| !self.of[*at].is_empty();
        let mut open: BTreeSet<usize> = unsafe_ones.iter().copied().filter(tied).collect();
        while let Some(&first) = open.first() {
            let scope = self.movable(first);
            let mut favoured: BTreeSet<usize> = open.intersection(&scope).copied().collect();
            open.retain(|at| !scope.contains(at));
            loop {
                favoured.retain(|&at| !self.has_room(at));
                let before = favoured.len();
                if before == 0 || self.moved(first, Aim::Most(&favoured), &scope).is_none() {
                    break;
                }
                favoured.retain(|&at| !self.has_room(at));
                if favoured.len() == before {
                    break;
                }
            }
        }
    }

    /// Makes a count safe: it may be the threshold or more, and what it may be spans at least the
    /// threshold.
    fn count(&mut self, at: usize) -> Option<()> {
        let (value, threshold) = (self.value(at), whole(self.release.rule.threshold));
        let lowest = match self.found[at].0 {
            0 => 0,
            _ => self.free(at, Aim::Lowest).unwrap_or(value),
        };
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
    fn free(&mut self, at: usize, aim: Aim) -> Option<i64> {
        let scope = self.movable(at);
        let moved = self.moved(at, aim, &scope)?;
        moved
            .iter()
            .find(|&&(other, _)| other == at)
            .map(|&(_, value)| value)
    }

    /// Returns the hidden quantities that are tied to one by others that are hidden.
    fn movable(&self, at: usize) -> BTreeSet<usize> {
        let mut scope = BTreeSet::from([at]);
        let mut edge = vec![at];
        while let Some(from) = edge.pop() {
            for &equation in &self.of[from] {
                for &(other, _) in &self.equations[equation].terms {
                    if self.hidden[other] && scope.insert(other) {
                        edge.push(other);
                    }
                }
            }
        }
        scope
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
                    self.widen(other, value);
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
                for &equation in &self.of[from] {
                    for &(other, _) in &self.equations[equation].terms {
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
    fn moved(&mut self, at: usize, aim: Aim, scope: &BTreeSet<usize>) -> Option<Vec<(usize, i64)>> {
        let mut programme = Programme::default();
        let mut places = std::collections::BTreeMap::new();
        for &one in scope {
            let most = match self.release.quantities[one].kind {
                Kind::Total { .. } => whole(u64::MAX),
                Kind::Count | Kind::Public => PERSONS,
            };
            let place = programme.variable(0.0, most);
            places.insert(one, place);
            if !matches!(aim, Aim::Value(_)) {
                programme.begins(place, self.value(one));
            }
            if !self.hidden[one] {
                // value = truth + up − down, and both cost.
                let cost = self.cost(one);
                let up = programme.variable(cost, most);
                let down = programme.variable(cost, self.value(one));
                let terms = vec![(place, 1), (up, -1), (down, 1)];
                programme.row(terms, self.value(one));
            }
        }
        let touched: BTreeSet<usize> = scope
            .iter()
            .flat_map(|&one| self.of[one].iter().copied())
            .collect();
        for index in touched {
            let equation = self.equations[index];
            let mut right = equation.constant;
            let mut terms = Vec::new();
            for &(one, factor) in &equation.terms {
                match places.get(&one) {
                    Some(&place) => terms.push((place, factor)),
                    None => right -= factor * self.value(one),
                }
            }
            programme.row(terms, right);
        }
        let place = places[&at];
        match aim {
            Aim::Value(value) => programme.row(vec![(place, 1)], value),
            Aim::Lowest => programme.costs(place, 1.0),
            Aim::Highest(most) => {
                programme.costs(place, -1.0);
                programme.at_most(place, most);
            }
            Aim::Most(of) => {
                for one in of {
                    programme.costs(places[one], -1.0);
                }
            }
        }
        let solution = programme.whole()?;
        let moved = places.into_iter();
        let moved: Vec<_> = moved.map(|(one, place)| (one, solution[place])).collect();
        // A move of shown quantities proves nothing before they are hidden.
        let shown = |&(one, value): &(usize, i64)| !self.hidden[one] && value != self.value(one);
        if !moved.iter().any(shown) {
            for &(one, value) in &moved {
                self.widen(one, value);
            }
        }
        Some(moved)
    }

    fn widen(&mut self, at: usize, value: i64) {
        let (lowest, highest) = self.found[at];
        self.found[at] = (lowest.min(value), highest.max(value));
    }

    /// Returns what hiding a quantity costs for each person it moves: more for large ones, which
    /// are sums of others, for those that many cells need, and for those that are spared.
    fn cost(&self, at: usize) -> f64 {
        let size = 1 + (self.value(at).unsigned_abs() + 1).ilog2();
        let spared = if self.release.quantities[at].spared {
            8
        } else {
            1
        };
        f64::from(size * spared * (3 + self.readers[at].min(9)))
    }
}

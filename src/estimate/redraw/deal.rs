//! One replay: who is drawn into which arm, added up.
//!
//! Promises: a replay allocates nothing, rests on its words alone, and has the distribution of
//! the draw given what the contrast holds. Hides how it is added up.
//!
//! How a contrast takes its words. Lists come by stratum, within it in order of their first
//! units; a list with slots in both arms chooses k of its n slots in the two arms, for the arm that
//! has fewer of them (the first, if as many). Where there are at most 128 choices, below(n over k)
//! is the number of the choice in lexicographic order. Otherwise, for i from 0 to k − 1, slots i
//! and i + below(n − i) of the list swap, and the first k are chosen. A simple draw takes
//! below(a + b) for each person in the two arms, in order of arrival; a number below a, the ratio
//! of the first arm, is the first arm.

use std::sync::Arc;

use super::design::Design;
use super::statistic::{Sums, Weighting};
use crate::draw::{Arrival, Arrivals, Words};
use crate::protocol::Procedure;

/// Ways up to which a choice within a list is one number, its sums ready in a table; with more,
/// the slots are drawn one by one. Replays rest on it: another number gives other replays.
const TABLE: u128 = 128;

/// Rows of sums, one a slot, and how a replay picks among them.
#[derive(Clone)]
pub(super) struct Deal {
    /// Row by row; each outcome has its sums side by side.
    rows: Arc<[f64]>,
    width: usize,
    strata: usize,
    /// Places for sums in each stratum: two for a contrast, one for each arm in a whole draw.
    places: usize,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// Lists whose slots in two arms are chosen anew.
    Lists {
        lists: Vec<Choice>,
        /// By stratum: the sums of all slots, and the part a replay starts from.
        totals: Vec<f64>,
        start: Vec<f64>,
        room: Room,
    },
    /// Persons drawn one by one, into the first arm of two with these weights.
    Coins {
        weights: [u64; 2],
        strata: Vec<usize>,
    },
    /// The whole draw again.
    Arrivals {
        arrivals: Arrivals,
        strata: Vec<usize>,
    },
}

/// Slots of a list among which some are chosen.
#[derive(Clone)]
struct Choice {
    stratum: usize,
    first_row: usize,
    slots: usize,
    /// How many are chosen: those of the first arm, or of the second where they are fewer.
    chosen: usize,
    /// Whether the chosen go into the second arm.
    second: bool,
    /// The number of choices, n over k.
    ways: u128,
    /// Where the table of the sums of each choice begins, where there is one.
    table: Option<usize>,
}

/// Room to work in, and the tables.
#[derive(Clone, Default)]
struct Room {
    tables: Arc<[f64]>,
    order: Vec<u32>,
    swaps: Vec<u32>,
}

/// What the rows are made of: for each outcome and unit, m and y.
pub(super) struct Measured<'a> {
    pub design: &'a Design,
    pub sums: Sums,
    pub weighting: Weighting,
    /// Outcome by outcome, unit by unit.
    pub m: &'a [Vec<f64>],
    pub y: &'a [Vec<f64>],
}

impl Measured<'_> {
    fn width(&self) -> usize {
        self.m.len() * self.sums.width()
    }

    fn strata(&self) -> usize {
        match self.weighting {
            Weighting::ByStratum => self.design.strata,
            Weighting::Pooled => 1,
        }
    }

    fn stratum(&self, stratum: usize) -> usize {
        match self.weighting {
            Weighting::ByStratum => stratum,
            Weighting::Pooled => 0,
        }
    }

    /// Returns the sums of the two arms in the draw as it fell, laid out as those of a replay.
    pub fn as_it_fell(&self, first: usize, second: usize) -> Vec<f64> {
        let width = self.width();
        let mut sums = vec![0.0; 2 * self.strata() * width];
        let mut row = Vec::with_capacity(width);
        for (number, unit) in self.design.drawn.units.iter().enumerate() {
            if unit.arm == first || unit.arm == second {
                row.clear();
                self.push(&mut row, number, first);
                let place = 2 * self.stratum(unit.stratum) + usize::from(unit.arm == second);
                add(&mut sums[place * width..][..width], &row);
            }
        }
        sums
    }

    fn push(&self, rows: &mut Vec<f64>, unit: usize, first: usize) {
        let is_first = self.design.drawn.units[unit].arm == first;
        for (m, y) in self.m.iter().zip(self.y) {
            let end = rows.len() + self.sums.width();
            rows.resize(end, 0.0);
            let row = &mut rows[end - self.sums.width()..];
            self.sums.write(row, m[unit], y[unit], is_first);
        }
    }
}

impl Deal {
    /// Returns the replays of a contrast that hold the other arms, or `None` where the procedure
    /// does not allow that.
    ///
    /// In a list, the slots that went to the two arms are known; which of them went to the first
    /// is drawn without replacement. The slots of a last block that nobody came to take part,
    /// with rows of zeros: the arms of those who came are then drawn from all that was left.
    pub fn of_contrast(measured: &Measured<'_>, first: usize, second: usize) -> Option<Deal> {
        let design = measured.design;
        let in_contrast = |unit: &usize| {
            let arm = design.drawn.units[*unit].arm;
            arm == first || arm == second
        };
        let width = measured.width();
        let strata = measured.strata();
        let mut rows = Vec::new();
        let kind = match (&design.lists, &design.drawn.procedure) {
            (Some(lists), _) => {
                let mut by_stratum: Vec<_> = lists.iter().collect();
                by_stratum.sort_by_key(|list| list.stratum);
                let mut choices = Vec::new();
                for list in by_stratum {
                    let [a, b] = [list.counts[first], list.counts[second]].map(|n| n as usize);
                    let first_row = rows.len() / width;
                    for &unit in list.units.iter().filter(|unit| in_contrast(unit)) {
                        measured.push(&mut rows, unit, first);
                    }
                    rows.resize((first_row + a + b) * width, 0.0);
                    choices.push(Choice {
                        stratum: measured.stratum(list.stratum),
                        first_row,
                        slots: a + b,
                        chosen: a.min(b),
                        second: b < a,
                        ways: choose((a + b) as u128, a as u128),
                        table: None,
                    });
                }
                let mut totals = vec![0.0; strata * width];
                let mut start = totals.clone();
                for choice in &choices {
                    let place = choice.stratum * width..(choice.stratum + 1) * width;
                    for row in 0..choice.slots {
                        let row = row_of(&rows, width, choice.first_row + row);
                        add(&mut totals[place.clone()], row);
                        if choice.second {
                            add(&mut start[place.clone()], row);
                        }
                    }
                }
                Kind::Lists {
                    lists: choices,
                    totals,
                    start,
                    room: Room::default(),
                }
            }
            (None, Procedure::Simple) => {
                let units = (0..design.drawn.units.len()).filter(in_contrast);
                let mut strata = Vec::new();
                for unit in units {
                    measured.push(&mut rows, unit, first);
                    strata.push(measured.stratum(design.drawn.units[unit].stratum));
                }
                let weights = [first, second].map(|arm| u64::from(design.drawn.ratio[arm]));
                Kind::Coins { weights, strata }
            }
            _ => return None,
        };
        Some(Deal {
            rows: rows.into(),
            width,
            strata,
            places: 2,
            kind,
        })
    }

    /// Returns replays of the whole draw.
    pub fn of_all(measured: &Measured<'_>) -> Deal {
        let drawn = &measured.design.drawn;
        let mut rows = Vec::new();
        for unit in 0..drawn.units.len() {
            measured.push(&mut rows, unit, 0);
        }
        let stratum = |unit: &super::design::Unit| measured.stratum(unit.stratum);
        Deal {
            rows: rows.into(),
            width: measured.width(),
            strata: measured.strata(),
            places: drawn.arms.len(),
            kind: Kind::Arrivals {
                arrivals: measured.design.arrivals(),
                strata: drawn.units.iter().map(stratum).collect(),
            },
        }
    }

    /// Returns the places of sums in a stratum.
    pub fn places(&self) -> usize {
        self.places
    }

    /// Returns how many numbers [`replay`](Deal::replay) fills: stratum by stratum, place by place,
    /// outcome by outcome.
    pub fn size(&self) -> usize {
        self.strata * self.places * self.width
    }

    /// Returns the number of draws there are, each equally likely, where that is known without
    /// drawing: the product of the choices within lists.
    pub fn choices(&self) -> Option<u128> {
        match &self.kind {
            Kind::Lists { lists, .. } => Some(
                lists
                    .iter()
                    .fold(1, |product: u128, list| product.saturating_mul(list.ways)),
            ),
            _ => None,
        }
    }

    /// Adds up every choice within each list that has at most so many, or the default.
    pub fn look_up(&mut self, limit: Option<u128>) {
        let (rows, width) = (&self.rows, self.width);
        let Kind::Lists { lists, room, .. } = &mut self.kind else {
            return;
        };
        let mut tables = Vec::new();
        for list in lists.iter_mut() {
            if list.chosen > 0 && list.ways <= limit.unwrap_or(TABLE) {
                list.table = Some(tables.len());
                every_choice(list.slots, list.chosen, |slots| {
                    let end = tables.len() + width;
                    tables.resize(end, 0.0);
                    list.take(rows, width, slots, &mut tables[end - width..]);
                });
            }
        }
        room.tables = tables.into();
        let longest = lists.iter().map(|list| list.slots).max().unwrap_or(0);
        room.order = (0..longest as u32).collect();
    }

    /// Fills in the sums of each arm from one replay.
    pub fn replay(&mut self, words: &mut impl Words, sums: &mut [f64]) {
        let (rows, width) = (&self.rows, self.width);
        match &mut self.kind {
            Kind::Lists {
                lists,
                totals,
                start,
                room,
            } => {
                firsts(start, width, sums);
                for list in lists.iter().filter(|list| list.chosen > 0) {
                    let to = &mut sums[2 * list.stratum * width..][..width];
                    match list.table {
                        Some(table) => {
                            let way = words.below(list.ways as u64) as usize;
                            add(to, row_of(&room.tables[table..], width, way));
                        }
                        None => room.choose(words, list.slots, list.chosen, |slots| {
                            list.take(rows, width, slots, to);
                        }),
                    }
                }
                seconds(totals, width, sums);
            }
            Kind::Coins { weights, strata } => {
                sums.fill(0.0);
                for (unit, stratum) in strata.iter().enumerate() {
                    let place = 2 * stratum + words.weighted(weights.iter().copied());
                    add(
                        &mut sums[place * width..][..width],
                        row_of(rows, width, unit),
                    );
                }
            }
            Kind::Arrivals { arrivals, strata } => {
                sums.fill(0.0);
                let places = self.places;
                arrivals.draw(words, |unit, arm| {
                    let place = places * strata[unit] + arm;
                    add(
                        &mut sums[place * width..][..width],
                        row_of(rows, width, unit),
                    );
                });
            }
        }
    }

    /// Fills in the sums of the draw whose choices within lists have these numbers.
    pub fn listed(&self, ways: &[usize], sums: &mut [f64]) {
        let Kind::Lists {
            lists,
            totals,
            start,
            room,
        } = &self.kind
        else {
            unreachable!("only lists are numbered");
        };
        firsts(start, self.width, sums);
        for (list, way) in lists.iter().zip(ways) {
            if let Some(table) = list.table {
                let to = &mut sums[2 * list.stratum * self.width..][..self.width];
                add(to, row_of(&room.tables[table..], self.width, *way));
            }
        }
        seconds(totals, self.width, sums);
    }

    /// Returns the numbers of the first draw, one for each list.
    pub fn first_way(&self) -> Vec<usize> {
        match &self.kind {
            Kind::Lists { lists, .. } => vec![0; lists.len()],
            _ => unreachable!("only lists are numbered"),
        }
    }

    /// Goes to the numbers of the next draw; false after the last one.
    pub fn advance(&self, ways: &mut [usize]) -> bool {
        let Kind::Lists { lists, .. } = &self.kind else {
            unreachable!("only lists are numbered");
        };
        for (way, list) in ways.iter_mut().zip(lists) {
            *way += 1;
            if (*way as u128) < list.ways {
                return true;
            }
            *way = 0;
        }
        false
    }
}

impl Design {
    /// Returns the draw of single units, to be drawn again from the first to the last.
    pub(super) fn arrivals(&self) -> Arrivals {
        let units = self.drawn.units.iter().map(|unit| Arrival {
            stratum: unit.stratum,
            levels: unit.levels.clone(),
        });
        Arrivals::new(
            self.drawn.procedure.clone(),
            self.drawn.ratio.clone(),
            units.collect(),
        )
    }
}

impl Choice {
    /// Adds the rows of the chosen slots to the first arm, or takes them away from it.
    #[inline]
    fn take(&self, rows: &[f64], width: usize, slots: &[u32], to: &mut [f64]) {
        for &slot in slots {
            let row = row_of(rows, width, self.first_row + slot as usize);
            match self.second {
                false => add(to, row),
                true => to.iter_mut().zip(row).for_each(|(sum, x)| *sum -= x),
            }
        }
    }
}

impl Room {
    /// Hands over slots chosen by lot, the first steps of a shuffle, which is then undone.
    #[inline]
    fn choose(
        &mut self,
        words: &mut impl Words,
        slots: usize,
        chosen: usize,
        take: impl FnOnce(&[u32]),
    ) {
        self.swaps.clear();
        for i in 0..chosen {
            let j = i + words.below((slots - i) as u64) as usize;
            self.order.swap(i, j);
            self.swaps.push(j as u32);
        }
        take(&self.order[..chosen]);
        for i in (0..chosen).rev() {
            self.order.swap(i, self.swaps[i] as usize);
        }
    }
}

#[inline]
fn row_of(rows: &[f64], width: usize, row: usize) -> &[f64] {
    &rows[row * width..][..width]
}

#[inline]
fn add(to: &mut [f64], row: &[f64]) {
    to.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
}

/// Puts what a replay starts from into the places of the first arm.
fn firsts(start: &[f64], width: usize, sums: &mut [f64]) {
    for (sums, start) in sums
        .chunks_exact_mut(2 * width)
        .zip(start.chunks_exact(width))
    {
        sums[..width].copy_from_slice(start);
    }
}

/// Puts what the first arm left over into the places of the second.
fn seconds(totals: &[f64], width: usize, sums: &mut [f64]) {
    for (sums, total) in sums
        .chunks_exact_mut(2 * width)
        .zip(totals.chunks_exact(width))
    {
        let (first, second) = sums.split_at_mut(width);
        for ((second, first), total) in second.iter_mut().zip(first).zip(total) {
            *second = total - *first;
        }
    }
}

/// Returns n over k; the greatest number where it does not fit.
pub(super) fn choose(n: u128, k: u128) -> u128 {
    let k = k.min(n - k);
    // Each step's product is i + 1 times a whole number: n − i over i + 1 of them.
    (0..k)
        .try_fold(1u128, |ways, i| {
            Some(ways.checked_mul(n - i)? / (i + 1)).filter(|&ways| ways < 1 << 64)
        })
        .unwrap_or(u128::MAX)
}

/// Hands over every choice of k of n slots, in lexicographic order.
fn every_choice(n: usize, k: usize, mut each: impl FnMut(&[u32])) {
    let mut choice: Vec<u32> = (0..k as u32).collect();
    loop {
        each(&choice);
        // The last place that can still move on.
        let Some(place) = (0..k).rev().find(|&i| (choice[i] as usize) < n - k + i) else {
            return;
        };
        choice[place] += 1;
        for i in place + 1..k {
            choice[i] = choice[i - 1] + 1;
        }
    }
}

//! The order of rows: by stratum, time, events before those who left, and then by columns, which
//! leaves nothing of the order of the input but rows that are alike.

use std::cmp::Ordering;
use std::ops::Range;

use super::super::tally::{order_of, sort};
use super::super::{End, Times};

/// Rows from one time with events up to the next. Rows before the first event of a stratum enter
/// no risk set and no group.
pub(super) struct Group {
    start: usize,
    left: usize,
    end: usize,
    pub last_of_stratum: bool,
}

impl Group {
    /// Returns the events, all at one time.
    pub fn events(&self) -> Range<usize> {
        self.start..self.left
    }

    /// Returns those who left then or later, before the next event.
    pub fn left(&self) -> Range<usize> {
        self.left..self.end
    }

    pub fn all(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// The rows sorted, each as its key and its place in the input.
pub(super) struct Order(Vec<(u128, u32)>);

/// The key: 32 bits of stratum, 63 of time, one that is 0 for events, 32 mixed from the columns.
const STRATUM: u32 = 96;
const TIME: u32 = 33;
const LEFT: u128 = 1 << 32;

impl Order {
    pub fn of(times: Times, columns: &[&[f64]]) -> Order {
        let key = |row: usize| {
            let stratum = times.strata.map_or(0, |strata| strata[row]);
            let left = match times.end[row] {
                End::Event => 0,
                End::Censored | End::Competing => LEFT,
            };
            u128::from(stratum) << STRATUM
                | u128::from(order_of(times.time[row])) << TIME
                | left
                | u128::from(mixed(columns, row))
        };
        let mut order: Vec<(u128, u32)> =
            (0..times.len()).map(|row| (key(row), row as u32)).collect();
        sort(&mut order, |(key, _)| *key);
        for same in order.chunk_by_mut(|a, b| a.0 == b.0) {
            let unlike = |row: &(u128, u32)| by_columns(columns, same[0].1, row.1).is_ne();
            if same.len() > 1 && same.iter().any(unlike) {
                same.sort_unstable_by(|a, b| by_columns(columns, a.1, b.1));
            }
        }
        Order(order)
    }

    /// Returns the columns, row after row in order.
    pub fn gather(&self, columns: &[&[f64]]) -> Vec<f64> {
        let mut rows = Vec::with_capacity(self.0.len() * columns.len());
        for &(_, row) in &self.0 {
            rows.extend(columns.iter().map(|column| column[row as usize]));
        }
        rows
    }

    pub fn origin(&self) -> Vec<u32> {
        self.0.iter().map(|&(_, row)| row).collect()
    }

    /// Returns the times with events, in order.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut start = 0;
        for stratum in self.0.chunk_by(|a, b| a.0 >> STRATUM == b.0 >> STRATUM) {
            let before = groups.len();
            let end = start + stratum.len();
            for time in stratum.chunk_by(|a, b| a.0 >> TIME == b.0 >> TIME) {
                let events = time.partition_point(|row| row.0 & LEFT == 0);
                if events > 0 {
                    groups.push(Group {
                        start,
                        left: start + events,
                        end,
                        last_of_stratum: false,
                    });
                }
                start += time.len();
            }
            for group in (before + 1..groups.len()).rev() {
                groups[group - 1].end = groups[group].start;
            }
            if let Some(last) = groups[before..].last_mut() {
                last.last_of_stratum = true;
            }
        }
        groups
    }
}

/// Returns 32 bits that depend on every value of a row; −0 is 0.
///
/// They set rows of one time in an order that hardly costs more than none. Rows that are unlike
/// and share them are told apart by their columns.
fn mixed(columns: &[&[f64]], row: usize) -> u32 {
    // The multiplier of the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
    const ODD: u64 = 0xbf58_476d_1ce4_e5b9;
    let mix = |mixed: u64, column: &&[f64]| {
        let mixed = (mixed ^ (column[row] + 0.0).to_bits()).wrapping_mul(ODD);
        mixed ^ mixed >> 29
    };
    (columns.iter().fold(0, mix) >> 32) as u32
}

fn by_columns(columns: &[&[f64]], a: u32, b: u32) -> Ordering {
    let value = |column: &&[f64], row: u32| column[row as usize] + 0.0;
    let compare = |column: &&[f64]| value(column, a).total_cmp(&value(column, b));
    columns
        .iter()
        .map(compare)
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

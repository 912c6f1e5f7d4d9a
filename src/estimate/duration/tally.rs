//! Persons counted by time, in order of time: what curves and the log-rank test read.
//!
//! Hides that whole times, weeks above all, are counted without sorting.

use super::{End, Times};

/// How many persons of a stratum end at one time, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tally {
    pub stratum: u32,
    pub time: f64,
    pub events: u64,
    pub competing: u64,
    pub censored: u64,
}

impl Tally {
    fn add(&mut self, end: usize, persons: u64) {
        match end {
            0 => self.events += persons,
            1 => self.competing += persons,
            _ => self.censored += persons,
        }
    }

    /// Returns the number of persons who are no longer at risk after this time.
    pub fn leaving(&self) -> u64 {
        self.events + self.competing + self.censored
    }
}

const fn rank(end: End) -> usize {
    match end {
        End::Event => 0,
        End::Competing => 1,
        End::Censored => 2,
    }
}

/// Returns the tallies of all persons, whatever their stratum, by rising time.
pub(super) fn tally(times: Times) -> Vec<Tally> {
    tally_by_stratum(Times {
        strata: None,
        ..times
    })
}

/// Returns the tallies by stratum, then by rising time.
pub(super) fn tally_by_stratum(times: Times) -> Vec<Tally> {
    whole_times(times).unwrap_or_else(|| sorted_times(times))
}

/// Counts whole times in a table of stratum × time × end; `None` where some are not whole, or so
/// far apart that sorting is faster.
fn whole_times(times: Times) -> Option<Vec<Tally>> {
    const WIDEST: u32 = 1 << 24;
    let mut longest = 0;
    for &time in times.time {
        let whole = time as u32;
        if f64::from(whole) != time || whole > WIDEST {
            return None;
        }
        longest = longest.max(whole as usize);
    }
    let strata = times.strata.and_then(|strata| strata.iter().max());
    let strata = strata.map_or(1, |&last| last as usize + 1);
    let width = longest + 1;
    if strata.checked_mul(width)? > times.len() + 1024 {
        return None;
    }
    let mut counts = vec![[0_u64; 3]; strata * width];
    for (person, (&time, &end)) in times.time.iter().zip(times.end).enumerate() {
        let stratum = times.strata.map_or(0, |strata| strata[person] as usize);
        counts[stratum * width + time as usize][rank(end)] += 1;
    }
    let tallies = counts
        .iter()
        .enumerate()
        .filter(|(_, counts)| **counts != [0; 3])
        .map(|(cell, &[events, competing, censored])| Tally {
            stratum: (cell / width) as u32,
            time: (cell % width) as f64,
            events,
            competing,
            censored,
        });
    Some(tallies.collect())
}

fn sorted_times(times: Times) -> Vec<Tally> {
    let mut keys: Vec<u128> = Vec::with_capacity(times.len());
    for (person, (&time, &end)) in times.time.iter().zip(times.end).enumerate() {
        let stratum = times.strata.map_or(0, |strata| strata[person]);
        let time = u128::from(order_of(time)) << 2;
        keys.push(u128::from(stratum) << 66 | time | rank(end) as u128);
    }
    sort(&mut keys, |key| *key);
    let mut tallies: Vec<Tally> = Vec::new();
    for run in keys.chunk_by(|a, b| a == b) {
        let key = run[0];
        let stratum = (key >> 66) as u32;
        let time = f64::from_bits((key >> 2) as u64);
        let same = |last: &Tally| last.stratum == stratum && last.time == time;
        if !tallies.last().is_some_and(same) {
            tallies.push(Tally {
                stratum,
                time,
                events: 0,
                competing: 0,
                censored: 0,
            });
        }
        if let Some(tally) = tallies.last_mut() {
            tally.add((key & 3) as usize, run.len() as u64);
        }
    }
    tallies
}

/// Returns bits in the order of times, all of which are finite and at least 0; −0 is 0.
pub(super) fn order_of(time: f64) -> u64 {
    (time + 0.0).to_bits()
}

/// Sorts by a key, on two threads where that pays. Items of equal keys come in any order.
pub(super) fn sort<T: Send, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K + Copy + Send) {
    const WORTH_A_THREAD: usize = 1 << 16;
    let threads = crate::threads::threads();
    if items.len() < WORTH_A_THREAD || threads == 1 {
        items.sort_unstable_by_key(key);
        return;
    }
    let middle = items.len() / 2;
    let (low, _, high) = items.select_nth_unstable_by_key(middle, key);
    std::thread::scope(|scope| {
        scope.spawn(move || low.sort_unstable_by_key(key));
        high.sort_unstable_by_key(key);
    });
}

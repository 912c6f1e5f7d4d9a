//! Bootstrap-t: the difference in means, its t ratio compared with those of persons drawn again
//! from each arm.
//!
//! Promises: resamples are of persons within their arm, with replacement, each exactly as likely
//! as any other; resample r of an arm takes its words from stream r of a key that follows from the
//! seed text and the arm's id, so that no digit depends on the number of threads, another arm
//! changes nothing, and the arms swapped mirror the interval. Never a default: resampling persons is
//! not how a trial is drawn, and in small arms the randomisation test is exact.
//!
//! Words: the key of an arm is SHA-256(enc("klero/bootstrap/1", seed text, id of the arm)), with
//! enc as in [`draw::encode`](crate::draw::encode), and resample r, from 0, is ChaCha20 stream r
//! under it. In an arm of up to 2^16 each half of a word, the low one first, is one lot: half × n =
//! place × 2^16 + rest, passed over where rest is below 2^16 mod n (Lemire 2019,
//! doi:10.1145/3230636). In a larger arm a lot is below(n).
//!
//! Sources: Davison & Hinkley 1997, Bootstrap Methods and their Application, section 5.2; Hall
//! 1988, doi:10.1214/aos/1176350933 (why the studentised bootstrap and not the percentiles).

use std::num::NonZeroUsize;

use super::distribution::normal_quantile;
use super::means::difference_in_means;
use super::{Computed, Interval};
use crate::digest::Digest;
use crate::draw::{Stream, Words, encode};
use crate::protocol::IntervalId;

/// Sums that run side by side.
const LANES: usize = 8;

/// How to draw persons again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// How many resamples.
    pub number: u32,
    /// Any text; the same text gives the same resamples.
    pub seed: String,
    /// Threads to use; `None` for all there are. No digit depends on it.
    pub threads: Option<NonZeroUsize>,
}

/// The outcomes of an arm, under the id of the arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm<'s> {
    pub id: &'s str,
    pub values: &'s [f64],
}

/// Returns ȳ₁ − ȳ₀ with Neyman's variance, and an interval from the distribution of
/// t* = (d* − d)/se* over resamples: from d − se t*₍₁₋α∕₂₎ to d − se t*₍α∕₂₎ (Davison & Hinkley
/// 1997, section 5.2.1).
///
/// p is twice the smaller tail of t* about t = d/se, each with one added above and below (their
/// section 4.2), so that it agrees with the interval up to the steps of the resamples. A bound
/// beyond the outermost resample, or where a resample has no variance, is absent with a note.
pub fn bootstrap_t(arm: Arm, reference: Arm, level: f64, resampling: &Resampling) -> Computed {
    let mut computed = difference_in_means(arm.values, reference.values, level);
    (computed.df, computed.p_value) = (None, None);
    let (Some(estimate), Some(std_error), Some(_)) = (
        computed.estimate,
        computed.std_error,
        computed.interval.take(),
    ) else {
        return computed;
    };
    let mut t = t_ratios(arm, reference, resampling);
    t.sort_unstable_by(f64::total_cmp);
    let alone = t.iter().filter(|t| t.is_infinite()).count();
    if alone > 0 {
        computed.note(&format!(
            "in {alone} resamples nobody differs within the arms: prefer a randomisation test"
        ));
    }
    let tail = (1.0 - level) / 2.0;
    let bound = |t: Option<f64>| {
        t.map(|t| estimate - std_error * t)
            .filter(|b| b.is_finite())
    };
    let interval = Interval {
        level,
        lower: bound(quantile(&t, 1.0 - tail)),
        upper: bound(quantile(&t, tail)),
        method: IntervalId::BootstrapT,
    };
    if interval.lower.is_none() || interval.upper.is_none() {
        computed.note("a bound is absent: it lies beyond the outermost resample");
    }
    computed.interval = Some(interval);
    let own = estimate / std_error;
    let below = t.partition_point(|&t| t <= own);
    let above = t.len() - t.partition_point(|&t| t < own);
    let one_sided = (below.min(above) as f64 + 1.0) / (t.len() as f64 + 1.0);
    computed.p_value = Some((2.0 * one_sided).min(1.0));
    computed
}

/// Returns the α quantile of resamples in rising order: the one of rank (R + 1)α, between two
/// ranks interpolated on the scale of normal quantiles (Davison & Hinkley 1997, section 5.2.1).
/// `None` where the rank lies below the first or above the last.
pub fn quantile(rising: &[f64], alpha: f64) -> Option<f64> {
    let all = rising.len() as f64 + 1.0;
    let mut rank = all * alpha;
    // A whole rank but for rounding.
    if (rank - rank.round()).abs() < 1e-9 * all {
        rank = rank.round();
    }
    let k = rank.floor();
    let lower = (k >= 1.0).then(|| rising.get(k as usize - 1))??;
    if rank == k {
        return Some(*lower);
    }
    let upper = rising.get(k as usize)?;
    let z = |rank: f64| normal_quantile(rank / all);
    let part = (normal_quantile(alpha) - z(k)) / (z(k + 1.0) - z(k));
    Some(lower + part * (upper - lower))
}

/// Returns t* of each resample, in the order of their numbers; infinite where a resample has a
/// difference of its own and no variance.
pub fn t_ratios(arm: Arm, reference: Arm, resampling: &Resampling) -> Vec<f64> {
    let [arm, reference] = [arm, reference].map(|arm| Side::of(arm, &resampling.seed));
    let mut t = vec![0.0; resampling.number as usize];
    let threads = resampling
        .threads
        .map_or_else(crate::threads::threads, NonZeroUsize::get);
    let size = t.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for (part, t) in t.chunks_mut(size).enumerate() {
            let (arm, reference) = (&arm, &reference);
            scope.spawn(move || {
                let mut room = Vec::new();
                for (t, number) in t.iter_mut().zip((part * size) as u64..) {
                    let (d1, v1) = arm.resample(number, &mut room);
                    let (d0, v0) = reference.resample(number, &mut room);
                    let (difference, variance) = (d1 - d0, v1 + v0);
                    *t = match difference == 0.0 {
                        true => 0.0,
                        false => difference / variance.sqrt(),
                    };
                }
            });
        }
    });
    t
}

/// An arm, centred at its mean.
struct Side {
    key: [u8; 32],
    y: Vec<f64>,
    /// A sum of squares up to which what is left of them is rounding.
    floor: f64,
}

impl Side {
    fn of(arm: Arm, seed: &str) -> Side {
        let fields = ["klero/bootstrap/1", seed, arm.id].map(str::as_bytes);
        let mean = arm.values.iter().sum::<f64>() / arm.values.len() as f64;
        let y: Vec<f64> = arm.values.iter().map(|value| value - mean).collect();
        let floor = 1e-12 * y.iter().map(|y| y * y).sum::<f64>();
        Side {
            key: Digest::of(&encode(fields)).0,
            y,
            floor,
        }
    }

    /// Returns the mean of a resample about that of the arm, and the variance of that mean.
    fn resample(&self, number: u64, room: &mut Vec<f64>) -> (f64, f64) {
        let mut words = Stream::numbered(self.key, number);
        let size = self.y.len();
        match u32::try_from(size) {
            Ok(n) if n <= 1 << 16 => self.take_halves(n, &mut words, room),
            _ => {
                let drawn = (0..size).map(|_| self.y[words.below(size as u64) as usize]);
                room.clear();
                room.extend(drawn);
            }
        }
        let sum = sum_of(&room[..size], |y| y);
        let squares = sum_of(&room[..size], |y| y * y);
        let n = size as f64;
        let about = squares - sum * sum / n;
        let variance = match about > self.floor {
            true => about / (n - 1.0) / n,
            false => 0.0,
        };
        (sum / n, variance)
    }

    /// Draws n of n persons by halves of words.
    fn take_halves(&self, n: u32, words: &mut impl Words, room: &mut Vec<f64>) {
        let size = n as usize;
        let passed = (1 << 16) % n;
        // A lot that is passed over is written over; the last word may hold one too many.
        room.resize(size + 1, 0.0);
        let (y, room) = (&self.y[..size], &mut room[..=size]);
        let mut taken = 0;
        while taken < size {
            // Most often none of several lots is passed over, and they need not wait for each other.
            if size - taken >= LANES {
                let mut lots = [0; LANES];
                for pair in lots.as_chunks_mut::<2>().0 {
                    let word = words.word();
                    *pair = [(word & 0xffff) * n, (word >> 16) * n];
                }
                if lots.iter().all(|lot| lot & 0xffff >= passed) {
                    for (place, lot) in room[taken..taken + LANES].iter_mut().zip(lots) {
                        *place = y[(lot >> 16) as usize];
                    }
                    taken += LANES;
                    continue;
                }
                for lot in lots {
                    room[taken] = y[(lot >> 16) as usize];
                    taken += usize::from(lot & 0xffff >= passed);
                }
                continue;
            }
            let word = words.word();
            for half in [word & 0xffff, word >> 16] {
                let lot = half * n;
                room[taken] = y[(lot >> 16) as usize];
                taken += usize::from(lot & 0xffff >= passed);
            }
        }
    }
}

/// Returns the sum of a function of values, in a fixed order that lets several sums run at a time.
fn sum_of(values: &[f64], function: impl Fn(f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    for values in whole {
        for (sum, y) in sums.iter_mut().zip(values) {
            *sum += function(*y);
        }
    }
    for (sum, y) in sums.iter_mut().zip(rest) {
        *sum += function(*y);
    }
    sums.iter().sum()
}

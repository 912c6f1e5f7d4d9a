//! Exact tests and limits: the hypergeometric distribution of a table with its margins, and the
//! binomial.
//!
//! Promises: no logarithm of a factorial is ever taken. Probabilities are built from the observed
//! table outwards, step by step, so that the likely ones keep full precision at any size. Hides:
//! the noncentral distribution and its roots.

use super::super::{Computed, Interval};
use super::EMPTY;
use super::score::root;
use crate::protocol::IntervalId;
use crate::sample::Count;

/// Tables whose probability is at most this much above the observed one count as no likelier.
const AS_LIKELY: f64 = 1e-7;

/// Returns Fisher's exact test, two-sided by point probabilities (Fisher 1935, Journal of the
/// Royal Statistical Society 98:39, doi:10.2307/2342435; the rule of Freeman & Halton 1951,
/// Biometrika 38:141, doi:10.1093/biomet/38.1-2.141).
pub fn fisher_exact(arm: Count, reference: Count) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let mut computed = Computed::undefined("a test without an estimate");
    computed.p_value = Some(as_unlikely(&Margins::of(arm, reference).log_weights));
    computed
}

/// Returns the conditional odds ratio with exact limits: given the margins, the events of the arm
/// follow the noncentral hypergeometric distribution (Fisher 1935; Cornfield 1956, Proceedings of
/// the Third Berkeley Symposium 4:135).
///
/// The estimate is the most likely odds ratio, at which the expected events are the observed ones;
/// it is not the cross product. Each limit leaves (1 − level)/2 in its tail, and p is twice the
/// smaller tail at an odds ratio of 1, so that p and interval agree; Fisher's p by point
/// probabilities need not (Fay 2010, Biostatistics 11:373, doi:10.1093/biostatistics/kxp050).
/// With as few or as many events in the arm as the margins allow, the estimate is 0 or infinite,
/// and so is one limit.
pub fn exact_odds_ratio(arm: Count, reference: Count, level: f64) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let margins = Margins::of(arm, reference);
    let (least, most) = (margins.at == 0, margins.at + 1 == margins.log_weights.len());
    if least && most {
        return Computed::undefined(
            "all persons have the same outcome: the odds ratio is undefined",
        );
    }
    let tail = ((1.0 - level) / 2.0).ln();
    // The logarithm of a tail is nearly straight in the logarithm of the odds ratio.
    let lower = (!least).then(|| margins.solve(|log_odds| tail - margins.sums(log_odds).or_more()));
    let upper = (!most).then(|| margins.solve(|log_odds| margins.sums(log_odds).or_fewer() - tail));
    let middle = (!least && !most).then(|| margins.solve(|log_odds| -margins.sums(log_odds).mean));
    let mut computed = match middle {
        Some(log_odds) => Computed::point(log_odds.exp()),
        None if least => Computed::point(0.0),
        None => Computed::undefined("a cell is empty: the odds ratio is infinite"),
    };
    computed.note("the exact odds ratio has no standard error");
    if upper.is_none() {
        computed.note("the upper bound is infinite");
    }
    let null = margins.sums(0.0);
    computed.p_value = Some((2.0 * null.or_more().min(null.or_fewer()).exp()).min(1.0));
    computed.note("p is twice the smaller exact tail, which agrees with the interval");
    computed.interval = Some(Interval {
        level,
        lower: Some(lower.map_or(0.0, f64::exp)),
        upper: upper.map(f64::exp),
        method: IntervalId::Exact,
    });
    computed
}

/// Returns p of the exact binomial test of a target share, two-sided by point probabilities.
pub(super) fn binomial_test(count: Count, target: f64) -> f64 {
    // A target of 0 or 1 leaves one possible count.
    if target <= 0.0 || target >= 1.0 {
        let only = if target <= 0.0 { 0 } else { count.n };
        return if count.events == only { 1.0 } else { 0.0 };
    }
    let odds = target / (1.0 - target);
    // P(k + 1)/P(k) = (n − k)/(k + 1) · π/(1 − π)
    let step = |k: u64| ((count.n - k) as f64 / (k + 1) as f64 * odds).ln();
    as_unlikely(&outwards(0, count.n, count.events, step))
}

/// Returns the probability of everything no likelier than the observed, whose logarithm is 0.
fn as_unlikely(log_weights: &[f64]) -> f64 {
    let top = log_weights.iter().fold(0.0, |top: f64, &w| top.max(w));
    let threshold = AS_LIKELY.ln_1p();
    let (mut unlikely, mut all) = (0.0, 0.0);
    for &log in log_weights {
        let weight = (log - top).exp();
        all += weight;
        if log <= threshold {
            unlikely += weight;
        }
    }
    unlikely / all
}

/// Returns the logarithms of probabilities over `least..=most`, relative to the one observed, from
/// those of P(k + 1)/P(k).
fn outwards(least: u64, most: u64, observed: u64, step: impl Fn(u64) -> f64) -> Vec<f64> {
    let mut logs = vec![0.0; (most - least + 1) as usize];
    let at = (observed - least) as usize;
    for k in observed..most {
        let index = (k - least) as usize;
        logs[index + 1] = logs[index] + step(k);
    }
    for index in (0..at).rev() {
        logs[index] = logs[index + 1] - step(least + index as u64);
    }
    logs
}

/// The events an arm can have, given the margins of the table.
struct Margins {
    /// ln P(x) − ln P(observed) at an odds ratio of 1, from the least x to the most.
    log_weights: Vec<f64>,
    /// Index of the observed.
    at: usize,
    /// A logarithm of the odds ratio to begin a search at.
    start: f64,
}

/// Sums over the distribution at one odds ratio.
struct Sums {
    fewer: f64,
    observed: f64,
    more: f64,
    /// Expected events less the observed.
    mean: f64,
}

impl Margins {
    fn of(arm: Count, reference: Count) -> Margins {
        let events = arm.events + reference.events;
        let least = events.saturating_sub(reference.n);
        let most = events.min(arm.n);
        // P(x + 1)/P(x) = (n₁ − x)(m − x) / ((x + 1)(n₀ − m + x + 1))
        let step = |x: u64| {
            let up = (arm.n - x) as f64 * (events - x) as f64;
            let down = (x + 1) as f64 * (reference.n + x + 1 - events) as f64;
            (up / down).ln()
        };
        let cell = |cell: u64| cell as f64 + 0.5;
        Margins {
            log_weights: outwards(least, most, arm.events, step),
            at: (arm.events - least) as usize,
            start: (cell(arm.events) * cell(reference.n - reference.events)
                / cell(arm.n - arm.events)
                / cell(reference.events))
            .ln(),
        }
    }

    fn sums(&self, log_odds: f64) -> Sums {
        let from = |index: usize| index as f64 - self.at as f64;
        let log = |index: usize| self.log_weights[index] + from(index) * log_odds;
        let range = 0..self.log_weights.len();
        let top = range.clone().map(log).fold(0.0, f64::max);
        let mut sums = Sums {
            fewer: 0.0,
            observed: (-top).exp(),
            more: 0.0,
            mean: 0.0,
        };
        for index in range {
            let weight = (log(index) - top).exp();
            sums.mean += from(index) * weight;
            match index.cmp(&self.at) {
                std::cmp::Ordering::Less => sums.fewer += weight,
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => sums.more += weight,
            }
        }
        sums.mean /= sums.fewer + sums.observed + sums.more;
        sums
    }

    /// Returns the logarithm of the odds ratio at which a falling function is 0, searched for in
    /// widening steps; it must change sign.
    fn solve(&self, falling: impl Fn(f64) -> f64) -> f64 {
        // The weights of 64-bit counts leave no root beyond.
        const FAR: f64 = 1e4;
        let (mut low, mut high, mut width) = (self.start, self.start, 1.0);
        while falling(low) <= 0.0 && low > -FAR {
            low -= width;
            width *= 2.0;
        }
        width = 1.0;
        while falling(high) >= 0.0 && high < FAR {
            high += width;
            width *= 2.0;
        }
        root(falling, low, high)
    }
}

impl Sums {
    /// Returns ln P(X ≥ observed).
    fn or_more(&self) -> f64 {
        // 1 + (few)/(the rest): exact where the tail is nearly everything.
        -(self.fewer / (self.observed + self.more)).ln_1p()
    }

    /// Returns ln P(X ≤ observed).
    fn or_fewer(&self) -> f64 {
        -(self.more / (self.observed + self.fewer)).ln_1p()
    }
}

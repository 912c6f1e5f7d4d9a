//! Exact tests and limits: the hypergeometric distribution of a table with its margins, and the
//! binomial.
//!
//! Promises: no logarithm of a factorial is ever taken. Probabilities are built from the observed
//! count outwards, step by step, so that the likely ones keep full precision at any size, and sums
//! stop where nothing is left to add. Hides: both distributions are the same family, weights of
//! which the odds are a power, and so have one search for their limits.

use super::super::{Computed, Interval};
use super::EMPTY;
use super::score::root;
use crate::protocol::IntervalId;
use crate::sample::Count;

/// Counts whose probability is at most this much above the observed one's are no likelier.
const AS_LIKELY: f64 = 1e-7;

/// Returns Fisher's exact test, two-sided by point probabilities (Fisher 1935, Journal of the
/// Royal Statistical Society 98:39, doi:10.2307/2342435; the rule of Freeman & Halton 1951,
/// Biometrika 38:141, doi:10.1093/biomet/38.1-2.141).
pub fn fisher_exact(arm: Count, reference: Count) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let mut computed = Computed::undefined("a test without an estimate");
    computed.p_value = Some(Events::given_margins(arm, reference).no_likelier(0.0));
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
    let events = Events::given_margins(arm, reference);
    if events.logs.len() == 1 {
        return Computed::undefined(
            "all persons have the same outcome: the odds ratio is undefined",
        );
    }
    let cell = |cell: u64| cell as f64 + 0.5;
    let start = (cell(arm.events) * cell(reference.n - reference.events)
        / (cell(arm.n - arm.events) * cell(reference.events)))
    .ln();
    let (lower, upper) = events.limits(level, start);
    let mut computed = match (lower, upper) {
        (Some(_), Some(_)) => {
            let likeliest = solve(|log_odds| -events.excess(log_odds), start);
            Computed::point(likeliest.exp())
        }
        (None, _) => Computed::point(0.0),
        (_, None) => Computed::undefined("a cell is empty: the odds ratio is infinite"),
    };
    computed.note("the exact odds ratio has no standard error");
    if upper.is_none() {
        computed.note("the upper bound is infinite");
    }
    let tails = events.tails(0.0);
    computed.p_value = Some((2.0 * tails.or_more.min(tails.or_fewer).exp()).min(1.0));
    computed.note("p is twice the smaller exact tail, which agrees with the interval");
    computed.interval = Some(Interval {
        level,
        lower: Some(lower.map_or(0.0, f64::exp)),
        upper: upper.map(f64::exp),
        method: IntervalId::Exact,
    });
    computed
}

/// Returns the limits of Clopper & Pearson 1934 (Biometrika 26:404, doi:10.2307/2331986):
/// the shares under which as many events or more, or as few or fewer, have (1 − level)/2.
pub(super) fn clopper_pearson(count: Count, level: f64) -> (f64, f64) {
    let (events, others) = (count.events as f64, (count.n - count.events) as f64);
    let start = ((events + 0.5) / (others + 0.5)).ln();
    let (lower, upper) = Events::of(count).limits(level, start);
    let share = |log_odds: f64| 1.0 / (1.0 + (-log_odds).exp());
    (lower.map_or(0.0, share), upper.map_or(1.0, share))
}

/// Returns p of the exact binomial test of a target share, two-sided by point probabilities.
pub(super) fn binomial_test(count: Count, target: f64) -> f64 {
    // A target of 0 or 1 leaves one possible count.
    if target <= 0.0 || target >= 1.0 {
        let only = if target <= 0.0 { 0 } else { count.n };
        return if count.events == only { 1.0 } else { 0.0 };
    }
    Events::of(count).no_likelier((target / (1.0 - target)).ln())
}

/// The counts of events there can be, with weights that odds of o multiply by oˣ.
struct Events {
    /// ln w(x) − ln w(observed), from the least x to the most; concave.
    logs: Vec<f64>,
    /// Index of the observed.
    at: usize,
}

/// Logarithms of P(X ≥ observed) and P(X ≤ observed).
struct Tails {
    or_more: f64,
    or_fewer: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Towards {
    Fewer,
    More,
}

impl Events {
    /// Returns the events in an arm given the margins of its table; the odds are the odds ratio.
    fn given_margins(arm: Count, reference: Count) -> Events {
        let events = arm.events + reference.events;
        // w(x + 1)/w(x) = (n₁ − x)(m − x) / ((x + 1)(n₀ − m + x + 1))
        let step = |x: u64| {
            let up = (arm.n - x) as f64 * (events - x) as f64;
            let down = (x + 1) as f64 * (reference.n + x + 1 - events) as f64;
            (up / down).ln()
        };
        let least = events.saturating_sub(reference.n);
        Events::outwards(least, events.min(arm.n), arm.events, step)
    }

    /// Returns the events among n persons; the odds are those of an event.
    fn of(count: Count) -> Events {
        // w(x + 1)/w(x) = (n − x)/(x + 1)
        let step = |x: u64| ((count.n - x) as f64 / (x + 1) as f64).ln();
        Events::outwards(0, count.n, count.events, step)
    }

    /// Returns the weights from `least` to `most`, from the logarithms of w(x + 1)/w(x).
    fn outwards(least: u64, most: u64, observed: u64, step: impl Fn(u64) -> f64) -> Events {
        let mut logs = vec![0.0; (most - least + 1) as usize];
        let at = (observed - least) as usize;
        for index in at + 1..logs.len() {
            logs[index] = logs[index - 1] + step(least + index as u64 - 1);
        }
        for index in (0..at).rev() {
            logs[index] = logs[index + 1] - step(least + index as u64);
        }
        Events { logs, at }
    }

    /// Returns ln P(x) − ln P(observed).
    fn log(&self, index: usize, log_odds: f64) -> f64 {
        self.logs[index] + (index as f64 - self.at as f64) * log_odds
    }

    /// Returns the first index in a range from which on a property, once true, stays true.
    fn first(&self, range: std::ops::Range<usize>, property: impl Fn(usize) -> bool) -> usize {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if property(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// Returns the index of the likeliest count.
    fn mode(&self, log_odds: f64) -> usize {
        let falls = |index| self.log(index + 1, log_odds) <= self.log(index, log_odds);
        self.first(0..self.logs.len() - 1, falls)
    }

    /// Returns the sum of P(x)·f(x) / P(from) from an index on, away from the mode.
    fn run(&self, from: usize, towards: Towards, log_odds: f64, f: impl Fn(f64) -> f64) -> f64 {
        // Far from the mode weights fall faster than by any fixed factor: what follows a weight as
        // small as this, times its distance, is lost in rounding.
        const NOTHING: f64 = 1e-25;
        let origin = self.log(from, log_odds);
        let mut sum = 0.0;
        let mut index = from;
        loop {
            let weight = (self.log(index, log_odds) - origin).exp();
            sum += weight * f(index as f64 - self.at as f64);
            let end = match towards {
                Towards::Fewer => index == 0,
                Towards::More => index + 1 == self.logs.len(),
            };
            if end || weight < NOTHING {
                return sum;
            }
            match towards {
                Towards::Fewer => index -= 1,
                Towards::More => index += 1,
            }
        }
    }

    /// Returns the sum of P(x)·f(x) / P(mode) over all counts.
    fn total(&self, mode: usize, log_odds: f64, f: impl Fn(f64) -> f64) -> f64 {
        let up = self.run(mode, Towards::More, log_odds, &f);
        match mode {
            0 => up,
            _ => {
                let step = (self.log(mode - 1, log_odds) - self.log(mode, log_odds)).exp();
                up + step * self.run(mode - 1, Towards::Fewer, log_odds, &f)
            }
        }
    }

    fn tails(&self, log_odds: f64) -> Tails {
        let mode = self.mode(log_odds);
        let total = self.total(mode, log_odds, |_| 1.0);
        // The tail on the observed's side of the mode begins with the observed; the other is what
        // the rest of it leaves.
        let towards = match self.at >= mode {
            true => Towards::More,
            false => Towards::Fewer,
        };
        let tail = self.run(self.at, towards, log_odds, |_| 1.0);
        let observed = -self.log(mode, log_odds) - total.ln();
        let this = (observed + tail.ln()).min(0.0);
        let beyond = observed.exp() * (tail - 1.0);
        let other = (-beyond).ln_1p();
        match towards {
            Towards::More => Tails {
                or_more: this,
                or_fewer: other,
            },
            Towards::Fewer => Tails {
                or_more: other,
                or_fewer: this,
            },
        }
    }

    /// Returns the expected count less the observed.
    fn excess(&self, log_odds: f64) -> f64 {
        let mode = self.mode(log_odds);
        self.total(mode, log_odds, |from| from) / self.total(mode, log_odds, |_| 1.0)
    }

    /// Returns the logarithms of the odds that leave (1 − level)/2 in a tail; none where the
    /// observed is the least or the most there can be.
    fn limits(&self, level: f64, start: f64) -> (Option<f64>, Option<f64>) {
        let tail = ((1.0 - level) / 2.0).ln();
        let lower = |log_odds| tail - self.tails(log_odds).or_more;
        let upper = |log_odds| self.tails(log_odds).or_fewer - tail;
        (
            (self.at > 0).then(|| solve(lower, start)),
            (self.at + 1 < self.logs.len()).then(|| solve(upper, start)),
        )
    }

    /// Returns the probability of all counts that are no likelier than the observed.
    fn no_likelier(&self, log_odds: f64) -> f64 {
        let mode = self.mode(log_odds);
        let log = |index| self.log(index, log_odds);
        let threshold = AS_LIKELY.ln_1p();
        if log(mode) <= threshold {
            return 1.0;
        }
        let above = self.first(mode..self.logs.len(), |index| log(index) <= threshold);
        let below = self.first(0..mode, |index| log(index) > threshold);
        let mut sum = 0.0;
        if below > 0 {
            sum += (log(below - 1) - log(mode)).exp()
                * self.run(below - 1, Towards::Fewer, log_odds, |_| 1.0);
        }
        if above < self.logs.len() {
            sum +=
                (log(above) - log(mode)).exp() * self.run(above, Towards::More, log_odds, |_| 1.0);
        }
        (sum / self.total(mode, log_odds, |_| 1.0)).min(1.0)
    }
}

/// Returns where a falling function of a logarithm of odds is 0, searched for in widening steps.
fn solve(falling: impl Fn(f64) -> f64, start: f64) -> f64 {
    // No count of persons leaves a root beyond.
    const FAR: f64 = 1e4;
    let (mut low, mut high) = (start, start);
    let mut width = 1.0;
    while falling(low) <= 0.0 && low > -FAR {
        (low, width) = (low - width, 2.0 * width);
    }
    width = 1.0;
    while falling(high) >= 0.0 && high < FAR {
        (high, width) = (high + width, 2.0 * width);
    }
    root(falling, low, high)
}

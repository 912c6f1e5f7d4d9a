//! Shares of persons: differences, ratios and odds ratios of two, one against a target.
//!
//! x of n in the arm, x₀ of n₀ in the reference. Edge cases: no events or only events in an arm
//! give the intervals of the literature; a ratio whose reference has no events is undefined and
//! its upper bound infinite, which is told and not printed as a number.

use super::distribution::{
    beta_quantile, chi_squared_tail, ln_choose, normal_quantile, normal_two_sided,
};
use super::{Computed, Interval};
use crate::protocol::IntervalId;
use crate::sample::Count;

const EMPTY: &str = "an arm has no outcomes";

/// Returns p₁ − p₀ with the interval asked for, and p from the score test, the “N − 1” χ².
///
/// The standard error is the unrestricted one, √(p₁q₁/n₁ + p₀q₀/n₀).
pub fn risk_difference(arm: Count, reference: Count, level: f64, method: IntervalId) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let estimate = arm.share() - reference.share();
    let std_error = (variance(arm) + variance(reference)).sqrt();
    let z = normal_quantile(0.5 + level / 2.0);
    let (lower, upper) = match method {
        IntervalId::Newcombe => newcombe(arm, reference, z),
        IntervalId::Wald => (estimate - z * std_error, estimate + z * std_error),
        _ => miettinen_nurminen_difference(arm, reference, z),
    };
    let mut computed = Computed::point(estimate);
    computed.std_error = Some(std_error);
    computed.p_value = score_p(arm, reference);
    computed.interval = Some(Interval {
        level,
        lower: Some(lower.max(-1.0)),
        upper: Some(upper.min(1.0)),
        method,
    });
    if method == IntervalId::Wald {
        // Interval and p come from the same distribution.
        computed.p_value = (std_error > 0.0).then(|| normal_two_sided(estimate / std_error));
    }
    if computed.p_value.is_none() {
        computed.note("all persons have the same outcome: no test");
    }
    computed
}

/// Returns pq/n.
fn variance(count: Count) -> f64 {
    let p = count.share();
    p * (1.0 - p) / count.n as f64
}

/// Returns p of the score test of equal shares: Pearson's χ² times (N − 1)/N (Miettinen &
/// Nurminen 1985; Campbell 2007, Statistics in Medicine 26:3661).
fn score_p(arm: Count, reference: Count) -> Option<f64> {
    let n = (arm.n + reference.n) as f64;
    let pooled = (arm.events + reference.events) as f64 / n;
    let variance = pooled * (1.0 - pooled) * (1.0 / arm.n as f64 + 1.0 / reference.n as f64);
    if variance == 0.0 {
        return None;
    }
    let d = arm.share() - reference.share();
    Some(chi_squared_tail(d * d / variance * (n - 1.0) / n))
}

/// Newcombe 1998 (Statistics in Medicine 17:873), method 10: Wilson's limits of the two shares
/// combined, without continuity correction.
fn newcombe(arm: Count, reference: Count, z: f64) -> (f64, f64) {
    let (p1, p0) = (arm.share(), reference.share());
    let (l1, u1) = wilson(arm, z);
    let (l0, u0) = wilson(reference, z);
    let d = p1 - p0;
    (
        d - ((p1 - l1).powi(2) + (u0 - p0).powi(2)).sqrt(),
        d + ((u1 - p1).powi(2) + (p0 - l0).powi(2)).sqrt(),
    )
}

/// Wilson 1927 (Journal of the American Statistical Association 22:209).
fn wilson(count: Count, z: f64) -> (f64, f64) {
    let (n, p) = (count.n as f64, count.share());
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // At the ends the limits are 0 and 1 exactly, which rounding would miss.
    let lower = if count.events == 0 {
        0.0
    } else {
        (middle - half) / scale
    };
    let upper = if count.events == count.n {
        1.0
    } else {
        (middle + half) / scale
    };
    (lower, upper)
}

/// Miettinen & Nurminen 1985 (Statistics in Medicine 4:213), equations 8 and 9: the differences δ
/// for which (d − δ)² is at most z² times the variance of d with shares restricted to p₁ − p₀ = δ,
/// times N/(N − 1).
fn miettinen_nurminen_difference(arm: Count, reference: Count, z: f64) -> (f64, f64) {
    let d = arm.share() - reference.share();
    let n = (arm.n + reference.n) as f64;
    let score = |delta: f64| {
        let (p1, p0) = restricted_difference(arm, reference, delta);
        let variance =
            (p1 * (1.0 - p1) / arm.n as f64 + p0 * (1.0 - p0) / reference.n as f64) * n / (n - 1.0);
        if variance <= 0.0 {
            return if d > delta {
                f64::INFINITY
            } else if d < delta {
                f64::NEG_INFINITY
            } else {
                0.0
            };
        }
        (d - delta) / variance.sqrt()
    };
    // The score falls from +∞ at −1 to −∞ at 1.
    let lower = if d == -1.0 {
        -1.0
    } else {
        root(|delta| score(delta) - z, -1.0, d)
    };
    let upper = if d == 1.0 {
        1.0
    } else {
        root(|delta| score(delta) + z, d, 1.0)
    };
    (lower, upper)
}

/// Returns the most likely shares (p₁, p₀) with p₁ − p₀ = δ: the one root of the likelihood's
/// cubic that lies in range (Farrington & Manning 1990, Statistics in Medicine 9:1447, appendix).
fn restricted_difference(arm: Count, reference: Count, delta: f64) -> (f64, f64) {
    let (x1, n1) = (arm.events as f64, arm.n as f64);
    let (x0, n0) = (reference.events as f64, reference.n as f64);
    // The derivative of the log-likelihood in p₀ falls from one end of the range to the other.
    let (low, high) = ((-delta).max(0.0), (1.0 - delta).min(1.0));
    let slope = |p0: f64| {
        let p1 = p0 + delta;
        let term = |x: f64, n: f64, p: f64| {
            let hits = if x == 0.0 { 0.0 } else { x / p };
            let misses = if x == n { 0.0 } else { (n - x) / (1.0 - p) };
            hits - misses
        };
        term(x1, n1, p1) + term(x0, n0, p0)
    };
    let p0 = root(slope, low, high);
    ((p0 + delta).clamp(0.0, 1.0), p0.clamp(0.0, 1.0))
}

/// Returns p₁ / p₀ with the interval asked for, and p from the score test of equal shares.
///
/// The standard error is that of the logarithm, √(1/x₁ − 1/n₁ + 1/x₀ − 1/n₀) (Katz et al. 1978,
/// Biometrics 34:469).
pub fn risk_ratio(arm: Count, reference: Count, level: f64, method: IntervalId) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let mut computed = match (arm.events, reference.events) {
        (0, 0) => return Computed::undefined("no events in either arm: the ratio is undefined"),
        (_, 0) => Computed::undefined("no events in the reference: the ratio is infinite"),
        _ => Computed::point(arm.share() / reference.share()),
    };
    let log_error = (1.0 / arm.events as f64 - 1.0 / arm.n as f64 + 1.0 / reference.events as f64
        - 1.0 / reference.n as f64)
        .max(0.0)
        .sqrt();
    if arm.events > 0 && reference.events > 0 {
        computed.std_error = Some(log_error);
        computed.note("std_error is that of the logarithm of the ratio");
    }
    let z = normal_quantile(0.5 + level / 2.0);
    computed.p_value = score_p(arm, reference);
    let (lower, upper) = match (method, computed.estimate) {
        (IntervalId::Log, Some(ratio)) if arm.events > 0 => {
            computed.p_value = (log_error > 0.0).then(|| normal_two_sided(ratio.ln() / log_error));
            let half = (z * log_error).exp();
            (Some(ratio / half), Some(ratio * half))
        }
        (IntervalId::Log, _) => {
            computed.note("no events in an arm: the log interval is undefined");
            (None, None)
        }
        _ => {
            let (lower, upper) = miettinen_nurminen_ratio(arm, reference, z);
            if upper.is_none() {
                computed.note("no events in the reference: the upper bound is infinite");
            }
            (Some(lower), upper)
        }
    };
    computed.interval = (lower.is_some() || upper.is_some()).then_some(Interval {
        level,
        lower,
        upper,
        method,
    });
    computed
}

/// Miettinen & Nurminen 1985, equations 10 and 11: the ratios θ for which (p₁ − θp₀)² is at most
/// z² times its variance with shares restricted to p₁ = θp₀, times N/(N − 1). An upper bound of
/// `None` is infinite.
fn miettinen_nurminen_ratio(arm: Count, reference: Count, z: f64) -> (f64, Option<f64>) {
    let (p1, p0) = (arm.share(), reference.share());
    let n = (arm.n + reference.n) as f64;
    let score = |log_theta: f64| {
        let theta = log_theta.exp();
        let r0 = restricted_ratio(arm, reference, theta);
        let r1 = (theta * r0).min(1.0);
        let variance = (r1 * (1.0 - r1) / arm.n as f64
            + theta * theta * r0 * (1.0 - r0) / reference.n as f64)
            * n
            / (n - 1.0);
        let d = p1 - theta * p0;
        if variance <= 0.0 {
            return if d > 0.0 {
                f64::INFINITY
            } else if d < 0.0 {
                f64::NEG_INFINITY
            } else {
                0.0
            };
        }
        d / variance.sqrt()
    };
    // exp(±60) is beyond every ratio that two counts of 64 bits can bound.
    const FAR: f64 = 60.0;
    let middle = if p1 == 0.0 {
        -FAR
    } else if p0 == 0.0 {
        FAR
    } else {
        (p1 / p0).ln()
    };
    let lower = match arm.events {
        0 => 0.0,
        _ => root(|log| score(log) - z, -FAR, middle).exp(),
    };
    let upper = match reference.events {
        0 => None,
        _ => Some(root(|log| score(log) + z, middle, FAR).exp()),
    };
    (lower, upper)
}

/// Returns the most likely p₀ with p₁ = θp₀: the smaller root of N·θ·p² − (θ(n₁ + x₀) + x₁ + n₀)·p
/// + x₁ + x₀ = 0, in its stable form 2c / (−b + √disc).
fn restricted_ratio(arm: Count, reference: Count, theta: f64) -> f64 {
    let (x1, n1) = (arm.events as f64, arm.n as f64);
    let (x0, n0) = (reference.events as f64, reference.n as f64);
    let a = (n1 + n0) * theta;
    let b = -(theta * (n1 + x0) + x1 + n0);
    let c = x1 + x0;
    let disc = (b * b - 4.0 * a * c).max(0.0);
    2.0 * c / (-b + disc.sqrt())
}

/// Returns the odds ratio with Woolf's interval on the log scale (Woolf 1955, Annals of Human
/// Genetics 19:251).
pub fn odds_ratio(arm: Count, reference: Count, level: f64) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let cells = [
        arm.events,
        arm.n - arm.events,
        reference.events,
        reference.n - reference.events,
    ];
    if cells.contains(&0) {
        return Computed::undefined("a cell is empty: the odds ratio has no log interval");
    }
    let [a, b, c, d] = cells.map(|cell| cell as f64);
    let ratio = (a / b) / (c / d);
    let log_error = (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt();
    let half = (normal_quantile(0.5 + level / 2.0) * log_error).exp();
    let mut computed = Computed::point(ratio);
    computed.std_error = Some(log_error);
    computed.note("std_error is that of the logarithm of the ratio");
    computed.p_value = Some(normal_two_sided(ratio.ln() / log_error));
    computed.interval = Some(Interval {
        level,
        lower: Some(ratio / half),
        upper: Some(ratio * half),
        method: IntervalId::Log,
    });
    computed
}

/// Tables whose probability is at most this much above the observed one count as no likelier.
const AS_LIKELY: f64 = 1.0 + 1e-7;

/// Returns Fisher's exact test, two-sided by point probabilities (Fisher 1935; the rule of Freeman
/// & Halton 1951, Biometrika 38:141).
pub fn fisher_exact(arm: Count, reference: Count) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let events = arm.events + reference.events;
    let all = ln_choose(arm.n + reference.n, events);
    let probability =
        |x: u64| (ln_choose(arm.n, x) + ln_choose(reference.n, events - x) - all).exp();
    let observed = probability(arm.events);
    let p: f64 = (events.saturating_sub(reference.n)..=events.min(arm.n))
        .map(probability)
        .filter(|&probability| probability <= observed * AS_LIKELY)
        .sum();
    let mut computed = Computed::undefined("a test without an estimate");
    computed.p_value = Some(p.min(1.0));
    computed
}

/// Returns one share with its interval, and p of the exact binomial test against a target.
///
/// Clopper–Pearson (1934, Biometrika 26:404) or Wilson; the test is two-sided by point
/// probabilities.
pub fn share(count: Count, target: Option<f64>, level: f64, method: IntervalId) -> Computed {
    if count.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let mut computed = Computed::point(count.share());
    computed.std_error = Some(variance(count).sqrt());
    let (lower, upper) = match method {
        IntervalId::Wilson => wilson(count, normal_quantile(0.5 + level / 2.0)),
        _ => clopper_pearson(count, level),
    };
    computed.interval = Some(Interval {
        level,
        lower: Some(lower),
        upper: Some(upper),
        method,
    });
    computed.p_value = target.map(|target| binomial_test(count, target));
    computed
}

fn clopper_pearson(count: Count, level: f64) -> (f64, f64) {
    let (x, n) = (count.events as f64, count.n as f64);
    let tail = (1.0 - level) / 2.0;
    let lower = if count.events == 0 {
        0.0
    } else {
        beta_quantile(tail, x, n - x + 1.0)
    };
    let upper = if count.events == count.n {
        1.0
    } else {
        beta_quantile(1.0 - tail, x + 1.0, n - x)
    };
    (lower, upper)
}

fn binomial_test(count: Count, target: f64) -> f64 {
    let probability = |x: u64| {
        // 0·ln 0 = 0: a target of 0 or 1 leaves one possible count.
        let power = |k: u64, p: f64| if k == 0 { 0.0 } else { k as f64 * p.ln() };
        (ln_choose(count.n, x) + power(x, target) + power(count.n - x, 1.0 - target)).exp()
    };
    let observed = probability(count.events);
    let p: f64 = (0..=count.n)
        .map(probability)
        .filter(|&probability| probability <= observed * AS_LIKELY)
        .sum();
    p.min(1.0)
}

/// Returns the point between `low` and `high` where a falling function changes sign, to the last
/// bit: bisection, which cannot be led astray.
fn root(falling: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if falling(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
}

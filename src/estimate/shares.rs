//! Shares of persons: differences, ratios and odds ratios of two, in one table or over strata, and
//! one against a target.
//!
//! x of n in the arm, x₀ of n₀ in the reference. Promises: no bound lies outside the range of its
//! quantity, and swapping the arms mirrors every interval. Edge cases: no events or only events in
//! an arm give the intervals of the literature; a ratio whose reference has no events is infinite
//! and so is its upper bound, which is told and not printed as a number.
//! Hides: the score and its roots (`score`), exact distributions (`exact`), sums over strata
//! (`stratified`).

mod exact;
mod score;
mod stratified;

pub use exact::{exact_odds_ratio, fisher_exact};
pub use stratified::{mantel_haenszel, stratified_risk_difference, stratified_risk_ratio};

pub(super) use score::root;

use super::distribution::{normal_quantile, normal_two_sided};
use super::{Computed, Interval};
use crate::protocol::IntervalId;
use crate::sample::Count;

const EMPTY: &str = "an arm has no outcomes";
const NO_TEST: &str = "all persons have the same outcome: no test";
const NO_VARIANCE: &str = "all persons of an arm have the same outcome, in both arms: the interval \
                           has no width, and there is no test";
const NO_EVENTS: &str = "no events in either arm: the ratio is undefined";
const INFINITE_RATIO: &str = "no events in the reference: the ratio is infinite";
const INFINITE_UPPER: &str = "no events in the reference: the upper bound is infinite";
const NO_LOG_INTERVAL: &str = "no events in an arm: the log interval is undefined";
const OF_LOG: &str = "std_error is that of the logarithm of the ratio";

/// Returns p₁ − p₀ with the interval asked for, and p from the score test, the “N − 1” χ²; with
/// Wald's interval p is from Wald's test.
///
/// The standard error is the unrestricted one, √(p₁q₁/n₁ + p₀q₀/n₀).
pub fn risk_difference(arm: Count, reference: Count, level: f64, method: IntervalId) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let estimate = arm.share() - reference.share();
    let std_error = (variance(arm) + variance(reference)).sqrt();
    let mut computed = Computed::point(estimate);
    if method == IntervalId::Wald {
        by_wald(&mut computed, estimate, std_error, level);
        return computed;
    }
    computed.std_error = Some(std_error);
    let z = normal_quantile(0.5 + level / 2.0);
    let (lower, upper) = match method {
        IntervalId::Newcombe => newcombe(arm, reference, z),
        _ => score::difference_limits(&[(arm, reference)], z),
    };
    computed.interval = Some(Interval {
        level,
        lower: Some(lower.max(-1.0)),
        upper: Some(upper.min(1.0)),
        method,
    });
    by_score(&mut computed, &[(arm, reference)]);
    computed
}

/// Returns p₁ / p₀ with the interval asked for, and p from the score test of equal shares; with a
/// log interval p is from the same logarithm.
///
/// The standard error is that of the logarithm, √(1/x₁ − 1/n₁ + 1/x₀ − 1/n₀) (Katz et al. 1978,
/// Biometrics 34:469, doi:10.2307/2530610).
pub fn risk_ratio(arm: Count, reference: Count, level: f64, method: IntervalId) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let mut computed = match (arm.events, reference.events) {
        (0, 0) => return Computed::undefined(NO_EVENTS),
        (_, 0) => Computed::undefined(INFINITE_RATIO),
        _ => Computed::point(arm.share() / reference.share()),
    };
    // 1/x − 1/n = (n − x)/(x·n), which cannot cancel.
    let relative =
        |count: Count| (count.n - count.events) as f64 / (count.events as f64 * count.n as f64);
    let log_error = (arm.events > 0 && reference.events > 0)
        .then(|| (relative(arm) + relative(reference)).sqrt());
    if method == IntervalId::Log {
        match (computed.estimate, log_error) {
            (Some(ratio), Some(log_error)) => {
                by_logarithm(&mut computed, ratio, log_error, level);
            }
            _ => computed.note(NO_LOG_INTERVAL),
        }
        return computed;
    }
    computed.std_error = log_error;
    if log_error.is_some() {
        computed.note(OF_LOG);
    }
    let z = normal_quantile(0.5 + level / 2.0);
    let (lower, upper) = score::ratio_limits(&[(arm, reference)], z);
    if upper.is_none() {
        computed.note(INFINITE_UPPER);
    }
    computed.interval = Some(Interval {
        level,
        lower: Some(lower),
        upper,
        method,
    });
    by_score(&mut computed, &[(arm, reference)]);
    computed
}

/// Returns the odds ratio x₁(n₀ − x₀) / (x₀(n₁ − x₁)) with Woolf's interval on the log scale and p
/// from the same (Woolf 1955, Annals of Human Genetics 19:251,
/// doi:10.1111/j.1469-1809.1955.tb01348.x).
///
/// With an empty cell there is no such interval; [`exact_odds_ratio`] has one.
pub fn odds_ratio(arm: Count, reference: Count, level: f64) -> Computed {
    if arm.n == 0 || reference.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let [a, b, c, d] = [
        arm.events,
        arm.n - arm.events,
        reference.events,
        reference.n - reference.events,
    ]
    .map(|cell| cell as f64);
    let (up, down) = (a * d, b * c);
    let mut computed = match (up > 0.0, down > 0.0) {
        (false, false) => {
            return Computed::undefined(
                "two cells are empty, one on each diagonal: the odds ratio is undefined",
            );
        }
        (true, false) => Computed::undefined("a cell is empty: the odds ratio is infinite"),
        _ => Computed::point(up / down),
    };
    match computed.estimate {
        Some(ratio) if ratio > 0.0 => {
            let log_error = (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt();
            by_logarithm(&mut computed, ratio, log_error, level);
        }
        _ => computed.note("a cell is empty: the odds ratio has no log interval, but an exact one"),
    }
    computed
}

/// Returns one share with its interval, and p of the exact binomial test against a target.
///
/// Clopper–Pearson (1934, Biometrika 26:404, doi:10.2307/2331986) or Wilson; the test is two-sided
/// by point probabilities.
pub fn share(count: Count, target: Option<f64>, level: f64, method: IntervalId) -> Computed {
    if count.n == 0 {
        return Computed::undefined(EMPTY);
    }
    let mut computed = Computed::point(count.share());
    computed.std_error = Some(variance(count).sqrt());
    let (lower, upper) = match method {
        IntervalId::Wilson => wilson_at(count, normal_quantile(0.5 + level / 2.0)),
        _ => exact::clopper_pearson(count, level),
    };
    computed.interval = Some(Interval {
        level,
        lower: Some(lower),
        upper: Some(upper),
        method,
    });
    computed.p_value = target.map(|target| exact::binomial_test(count, target));
    computed
}

/// Returns pq/n.
fn variance(count: Count) -> f64 {
    let p = count.share();
    p * (1.0 - p) / count.n as f64
}

/// Sets p of the score test of equal shares, or says why there is none.
fn by_score(computed: &mut Computed, tables: &[score::Table]) {
    computed.p_value = score::p_of_equal_shares(tables);
    if computed.p_value.is_none() {
        computed.note(NO_TEST);
    }
}

/// Sets d ± z·s, cut at −1 and 1, with p by the same.
fn by_wald(computed: &mut Computed, difference: f64, std_error: f64, level: f64) {
    let half = normal_quantile(0.5 + level / 2.0) * std_error;
    let (lower, upper) = (difference - half, difference + half);
    computed.std_error = Some(std_error);
    computed.interval = Some(Interval {
        level,
        lower: Some(lower.max(-1.0)),
        upper: Some(upper.min(1.0)),
        method: IntervalId::Wald,
    });
    if lower < -1.0 || upper > 1.0 {
        computed.note("Wald's interval went beyond -1 or 1 and is cut there");
    }
    test(computed, difference, std_error);
}

/// Sets the interval ratio·exp(±z·s), with p by the same.
fn by_logarithm(computed: &mut Computed, ratio: f64, log_error: f64, level: f64) {
    let half = (normal_quantile(0.5 + level / 2.0) * log_error).exp();
    computed.std_error = Some(log_error);
    computed.note(OF_LOG);
    computed.interval = Some(Interval {
        level,
        lower: Some(ratio / half),
        upper: Some(ratio * half),
        method: IntervalId::Log,
    });
    test(computed, ratio.ln(), log_error);
}

/// Sets p of value / standard error, or says why there is none.
fn test(computed: &mut Computed, value: f64, std_error: f64) {
    if std_error > 0.0 {
        computed.p_value = Some(normal_two_sided(value / std_error));
    } else {
        computed.note(NO_VARIANCE);
    }
}

/// Newcombe 1998 (Statistics in Medicine 17:873), method 10: Wilson's limits of the two shares
/// combined, without continuity correction.
fn newcombe(arm: Count, reference: Count, z: f64) -> (f64, f64) {
    let (p1, p0) = (arm.share(), reference.share());
    let (l1, u1) = wilson_at(arm, z);
    let (l0, u0) = wilson_at(reference, z);
    let d = p1 - p0;
    (
        d - ((p1 - l1).powi(2) + (u0 - p0).powi(2)).sqrt(),
        d + ((u1 - p1).powi(2) + (p0 - l0).powi(2)).sqrt(),
    )
}

/// Wilson 1927 (Journal of the American Statistical Association 22:209, doi:10.2307/2276774).
fn wilson_at(count: Count, z: f64) -> (f64, f64) {
    let (n, p) = (count.n as f64, count.share());
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    // The limits are the roots of (1 + z²/n)π² − 2·middle·π + p² = 0; the lower one by their
    // product, which cannot cancel. At the ends they are 0 and 1 exactly.
    let lower = p * p / (middle + half);
    let upper = match count.n - count.events {
        0 => 1.0,
        _ => (middle + half) / (1.0 + z * z / n),
    };
    (lower, upper)
}

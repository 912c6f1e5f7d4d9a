//! Score limits of Miettinen & Nurminen, for one table or many.
//!
//! Promises: the limits are where the score crosses ±z, to the last bits, and p is the same score
//! at equal shares; with one stratum it is the “N − 1” χ², with more the Cochran–Mantel–Haenszel
//! test without continuity correction. Hides: the shares that are most likely under a difference
//! or ratio, and the root finding.
//!
//! The score of strata is Σ w·(p₁ − p₀ − δ) / √(Σ w²·V), with w = n₁n₀/N, the weights of Mantel &
//! Haenszel, and V the variance in a stratum with its shares restricted to p₁ − p₀ = δ, times
//! N/(N − 1). Miettinen & Nurminen 1985 (Statistics in Medicine 4:213, doi:10.1002/sim.4780040211)
//! also give weights found by iteration; these here depend on the counts of
//! persons alone, and agree with the Cochran–Mantel–Haenszel test (Laud 2017, Pharmaceutical
//! Statistics 16:334, doi:10.1002/pst.1813). SAS calls this `cl=mnmh`.

use super::super::distribution::chi_squared_tail;
use crate::sample::Count;

/// An arm and its reference; both hold somebody.
pub(super) type Table = (Count, Count);

/// Returns n₁n₀/N, the weight of Mantel & Haenszel 1959.
pub(super) fn weight((arm, reference): &Table) -> f64 {
    let (n1, n0) = (arm.n as f64, reference.n as f64);
    n1 * n0 / (n1 + n0)
}

/// Returns Σ w·f / Σ w.
pub(super) fn weighted(tables: &[Table], f: impl Fn(&Table) -> f64) -> f64 {
    let mut sum = 0.0;
    let mut weights = 0.0;
    for table in tables {
        sum += weight(table) * f(table);
        weights += weight(table);
    }
    sum / weights
}

/// Returns p of the score test of equal shares; `None` where all persons have the same outcome.
///
/// χ² = (Σ w·(p₁ − p₀))² / Σ n₁n₀·m(N − m) / (N²(N − 1)), m the events of a stratum (Mantel &
/// Haenszel 1959, Journal of the National Cancer Institute 22:719; for one stratum Pearson's χ²
/// times (N − 1)/N, Campbell 2007, Statistics in Medicine 26:3661, doi:10.1002/sim.2832).
pub(super) fn p_of_equal_shares(tables: &[Table]) -> Option<f64> {
    let mut difference = 0.0;
    let mut variance = 0.0;
    for table in tables {
        let (arm, reference) = table;
        let (n1, n0) = (arm.n as f64, reference.n as f64);
        let (n, events) = (n1 + n0, (arm.events + reference.events) as f64);
        // w·(p₁ − p₀) = (x₁n₀ − x₀n₁)/N: a difference of whole numbers, exact.
        difference += (arm.events as f64 * n0 - reference.events as f64 * n1) / n;
        variance += n1 * n0 * events * (n - events) / (n * n * (n - 1.0));
    }
    (variance > 0.0).then(|| chi_squared_tail(difference * difference / variance))
}

/// Miettinen & Nurminen 1985, equations 8 and 9: the differences δ that the score does not reject.
pub(super) fn difference_limits(tables: &[Table], z: f64) -> (f64, f64) {
    let d = weighted(tables, |(arm, reference)| arm.share() - reference.share());
    let score = |delta: f64| {
        score(tables, |arm, reference| {
            let (p1, p0) = restricted_difference(arm, reference, delta);
            (
                arm.share() - reference.share() - delta,
                p1 * (1.0 - p1) / arm.n as f64 + p0 * (1.0 - p0) / reference.n as f64,
            )
        })
    };
    // The score falls from +∞ at −1 over 0 at the estimate to −∞ at 1.
    let lower = match d {
        -1.0 => -1.0,
        _ => root(|delta| score(delta) - z, -1.0, d),
    };
    let upper = match d {
        1.0 => 1.0,
        _ => root(|delta| score(delta) + z, d, 1.0),
    };
    (lower, upper)
}

/// Miettinen & Nurminen 1985, equations 10 and 11: the ratios θ that the score Σ w·(p₁ − θp₀) does
/// not reject. An upper limit of `None` is infinite.
pub(super) fn ratio_limits(tables: &[Table], z: f64) -> (f64, Option<f64>) {
    let p1 = weighted(tables, |(arm, _)| arm.share());
    let p0 = weighted(tables, |(_, reference)| reference.share());
    let score = |log_theta: f64| {
        let theta = log_theta.exp();
        score(tables, |arm, reference| {
            let r0 = restricted_ratio(arm, reference, theta);
            let r1 = (theta * r0).min(1.0);
            (
                arm.share() - theta * reference.share(),
                r1 * (1.0 - r1) / arm.n as f64
                    + theta * theta * r0 * (1.0 - r0) / reference.n as f64,
            )
        })
    };
    // exp(±60) is beyond every ratio that counts of 64 bits can bound.
    const FAR: f64 = 60.0;
    let middle = if p1 == 0.0 {
        -FAR
    } else if p0 == 0.0 {
        FAR
    } else {
        (p1 / p0).ln()
    };
    let lower = match p1 {
        0.0 => 0.0,
        _ => root(|log| score(log) - z, -FAR, middle).exp(),
    };
    let upper = match p0 {
        0.0 => None,
        _ => Some(root(|log| score(log) + z, middle, FAR).exp()),
    };
    (lower, upper)
}

/// Returns Σ w·d / √(Σ w²·v·N/(N − 1)) from the deviation d and its variance v in each table;
/// N/(N − 1) is the correction of Miettinen & Nurminen.
fn score(tables: &[Table], deviation: impl Fn(Count, Count) -> (f64, f64)) -> f64 {
    let mut top = 0.0;
    let mut variance = 0.0;
    for table in tables {
        let (arm, reference) = *table;
        let (d, v) = deviation(arm, reference);
        let (w, n) = (weight(table), (arm.n + reference.n) as f64);
        top += w * d;
        variance += w * w * v * n / (n - 1.0);
    }
    if top == 0.0 {
        return 0.0;
    }
    // Without variance the restricted shares are 0 or 1, and any deviation refutes them.
    top / variance.max(0.0).sqrt()
}

/// Returns the most likely shares (p₁, p₀) with p₁ − p₀ = δ: the one root of the likelihood's
/// cubic that lies in range (Farrington & Manning 1990, Statistics in Medicine 9:1447, appendix,
/// doi:10.1002/sim.4780091208).
fn restricted_difference(arm: Count, reference: Count, delta: f64) -> (f64, f64) {
    let (x1, n1) = (arm.events as f64, arm.n as f64);
    let (x0, n0) = (reference.events as f64, reference.n as f64);
    // The slope of the log-likelihood in p₀ falls from one end of the range to the other; where
    // nothing forbids an end, the root may be the end itself.
    let (low, high) = ((-delta).max(0.0), (1.0 - delta).min(1.0));
    let slope = |p0: f64| {
        let p1 = p0 + delta;
        let term = |x: f64, n: f64, p: f64| {
            let hits = if x == 0.0 { 0.0 } else { x / p.max(0.0) };
            let misses = if x == n {
                0.0
            } else {
                (n - x) / (1.0 - p).max(0.0)
            };
            hits - misses
        };
        term(x1, n1, p1) + term(x0, n0, p0)
    };
    let p0 = root(slope, low, high);
    ((p0 + delta).clamp(0.0, 1.0), p0.clamp(0.0, 1.0))
}

/// Returns the most likely p₀ with p₁ = θp₀: the smaller root of Nθ·p² − (A + B)·p + x₁ + x₀ = 0,
/// A = θ(n₁ + x₀), B = x₁ + n₀, in the form 2c / (−b + √disc).
///
/// The discriminant (A + B)² − 4Nθ(x₁ + x₀) is (A − B)² + 4θ(n₁ − x₁)(n₀ − x₀), which cannot
/// cancel, since (n₁ + x₀)(n₀ + x₁) = N(x₁ + x₀) + (n₁ − x₁)(n₀ − x₀).
fn restricted_ratio(arm: Count, reference: Count, theta: f64) -> f64 {
    let (x1, n1) = (arm.events as f64, arm.n as f64);
    let (x0, n0) = (reference.events as f64, reference.n as f64);
    let (a, b) = (theta * (n1 + x0), x1 + n0);
    let root = ((a - b) * (a - b) + 4.0 * theta * (n1 - x1) * (n0 - x0)).sqrt();
    2.0 * (x1 + x0) / (a + b + root)
}

/// Returns the point between `low` and `high` where a falling function changes sign, to the last
/// bits; the end where it does not.
///
/// Chandrupatla 1997 (Advances in Engineering Software 28:145,
/// doi:10.1016/S0965-9978(96)00051-8): inverse quadratic steps where they are safe, else
/// bisection, which is also the answer to infinite values.
pub(in crate::estimate) fn root(falling: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    // Beyond this no share and no logarithm of a ratio is of interest.
    const SMALL: f64 = 1e-18;
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (falling(a), falling(b));
    // Two infinite terms may meet at an end, which is then the root.
    // Where two infinite terms meet, an end is no number, and the root.
    if fa.is_nan() || fa <= 0.0 {
        return low;
    }
    if fb.is_nan() || fb >= 0.0 {
        return high;
    }
    let mut t = 0.5;
    loop {
        let x = a + t * (b - a);
        let fx = falling(x);
        // The new point is `a`; `b` lies on the other side; `c` is the point that left.
        let (c, fc);
        if (fx > 0.0) == (fa > 0.0) {
            (c, fc) = (a, fa);
        } else {
            (c, fc) = (b, fb);
            (b, fb) = (a, fa);
        }
        (a, fa) = (x, fx);
        let (best, value) = if fa.abs() < fb.abs() {
            (a, fa)
        } else {
            (b, fb)
        };
        let least = (2.0 * f64::EPSILON * best.abs() + SMALL) / (b - a).abs();
        if value == 0.0 || least > 0.5 {
            return best;
        }
        let (xi, phi) = ((a - b) / (c - b), (fa - fb) / (fc - fb));
        t = if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        t = t.clamp(least, 1.0 - least);
    }
}

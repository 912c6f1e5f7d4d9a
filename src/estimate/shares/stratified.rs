//! Differences and ratios of shares over strata, weighted by n₁n₀/N.
//!
//! Promises: one stratum gives the numbers of the unstratified forms; a stratum with an empty arm
//! compares nobody, is left out, and is told. Hides: the sums. Sources: Miettinen & Nurminen 1985;
//! Yan & Su 2010; Mantel & Haenszel 1959 with the variances of Sato 1989 and of Greenland & Robins
//! 1985.

use super::super::distribution::normal_quantile;
use super::super::{Computed, Interval, Scale};
use super::score::{self, Table, weight, weighted};
use super::wilson_at;
use crate::protocol::IntervalId;
use crate::sample::Count;

/// Returns Σ w·(p₁ − p₀) / Σ w over the strata (arm, then reference), w = n₁n₀/N, with the interval
/// asked for: Miettinen–Nurminen with these weights, Newcombe's for strata, or Wald.
///
/// p is from the score test, which with these weights is the Cochran–Mantel–Haenszel test; with
/// Wald it is [`mantel_haenszel`]'s. The standard error is Sato's.
pub fn stratified_risk_difference(
    strata: &[(Count, Count)],
    level: f64,
    method: IntervalId,
) -> Computed {
    if method == IntervalId::Wald {
        return mantel_haenszel(strata, Scale::Difference, level);
    }
    let (tables, left_out) = compared(strata);
    if tables.is_empty() {
        return Computed::undefined(NOBODY);
    }
    let z = normal_quantile(0.5 + level / 2.0);
    let mut computed = Computed::point(difference(&tables));
    computed.std_error = Some(sato(&tables));
    super::by_score(&mut computed, &tables);
    let limits = match method {
        IntervalId::Newcombe => newcombe(&tables, z),
        _ => Some(score::difference_limits(&tables, z)),
    };
    computed.interval = limits.map(|(lower, upper)| Interval {
        level,
        lower: Some(lower.max(-1.0)),
        upper: Some(upper.min(1.0)),
        method,
    });
    if limits.is_none() {
        computed.note("an arm has no variance in any stratum: Newcombe's interval is undefined");
    }
    computed.note(WEIGHTS);
    computed.notes.extend(left_out);
    computed
}

/// Returns Σ w·p₁ / Σ w·p₀ over the strata (arm, then reference), w = n₁n₀/N, the ratio of Mantel
/// & Haenszel, with the limits of Miettinen & Nurminen, or, for a log interval,
/// [`mantel_haenszel`]'s.
///
/// p is from the score test, which with these weights is the Cochran–Mantel–Haenszel test. The
/// standard error is that of the logarithm, by Greenland & Robins.
pub fn stratified_risk_ratio(
    strata: &[(Count, Count)],
    level: f64,
    method: IntervalId,
) -> Computed {
    if method == IntervalId::Log {
        return mantel_haenszel(strata, Scale::Ratio, level);
    }
    let (tables, left_out) = compared(strata);
    if tables.is_empty() {
        return Computed::undefined(NOBODY);
    }
    let mut computed = match ratio(&tables) {
        Ok(ratio) => Computed::point(ratio),
        Err(reason) => Computed::undefined(reason),
    };
    if computed.estimate.is_some() || tables.iter().any(|(arm, _)| arm.events > 0) {
        computed.std_error = greenland_robins(&tables);
        if computed.std_error.is_some() {
            computed.note(super::OF_LOG);
        }
        let (lower, upper) = score::ratio_limits(&tables, normal_quantile(0.5 + level / 2.0));
        if upper.is_none() {
            computed.note(super::INFINITE_UPPER);
        }
        computed.interval = Some(Interval {
            level,
            lower: Some(lower),
            upper,
            method,
        });
        super::by_score(&mut computed, &tables);
    }
    computed.note(WEIGHTS);
    computed.notes.extend(left_out);
    computed
}

/// Returns the difference or ratio of shares over strata (arm, then reference) by Mantel &
/// Haenszel, with a normal interval and p by the same.
///
/// The difference Σ w·(p₁ − p₀) / Σ w has Sato's variance, right for few large strata and for many
/// small ones; its limits are cut at −1 and 1. The ratio Σ (x₁n₀/N) / Σ (x₀n₁/N) has the variance
/// of Greenland & Robins on the log scale. For a single share there is no such estimate.
pub fn mantel_haenszel(strata: &[(Count, Count)], scale: Scale, level: f64) -> Computed {
    let (tables, left_out) = compared(strata);
    if tables.is_empty() {
        return Computed::undefined(NOBODY);
    }
    let mut computed = match scale {
        Scale::Difference => {
            let difference = difference(&tables);
            let mut computed = Computed::point(difference);
            super::by_wald(&mut computed, difference, sato(&tables), level);
            computed
        }
        Scale::Ratio => match (ratio(&tables), greenland_robins(&tables)) {
            (Ok(ratio), Some(log_error)) => {
                let mut computed = Computed::point(ratio);
                super::by_logarithm(&mut computed, ratio, log_error, level);
                computed
            }
            (Ok(ratio), None) => {
                let mut computed = Computed::point(ratio);
                computed.note(super::NO_LOG_INTERVAL);
                computed
            }
            (Err(reason), _) => Computed::undefined(reason),
        },
        Scale::Level => return Computed::undefined("a single share has no strata to compare"),
    };
    computed.note(WEIGHTS);
    computed.notes.extend(left_out);
    computed
}

const NOBODY: &str = "no stratum has outcomes in both arms";
const WEIGHTS: &str = "strata are weighted by n1 n0 / (n1 + n0), as by Mantel and Haenszel";

/// Returns the strata in which there is somebody to compare, and a note on the others.
fn compared(strata: &[(Count, Count)]) -> (Vec<Table>, Option<String>) {
    let (tables, others): (Vec<Table>, Vec<Table>) = strata
        .iter()
        .partition(|(arm, reference)| arm.n > 0 && reference.n > 0);
    let persons: u64 = others
        .iter()
        .map(|(arm, reference)| arm.n + reference.n)
        .sum();
    let note = (persons > 0).then(|| {
        let strata = others
            .iter()
            .filter(|(arm, reference)| arm.n + reference.n > 0)
            .count();
        format!("strata with an empty arm, left out: {strata}, with {persons} persons")
    });
    (tables, note)
}

fn difference(tables: &[Table]) -> f64 {
    weighted(tables, |(arm, reference)| arm.share() - reference.share())
}

/// Returns the ratio of Mantel & Haenszel, or why there is none.
fn ratio(tables: &[Table]) -> Result<f64, &'static str> {
    let p1 = weighted(tables, |(arm, _)| arm.share());
    let p0 = weighted(tables, |(_, reference)| reference.share());
    match (p1 > 0.0, p0 > 0.0) {
        (false, false) => Err(super::NO_EVENTS),
        (true, false) => Err(super::INFINITE_RATIO),
        _ => Ok(p1 / p0),
    }
}

/// Returns Sato's standard error of the Mantel–Haenszel difference d, √(d·ΣP + ΣQ) / Σ w: P = (n₁²x₀ − n₀²x₁ + n₁n₀(n₀ − n₁)/2) / N²,
/// Q = (x₁(n₀ − x₀) + x₀(n₁ − x₁)) / 2N (Sato 1989, Biometrics 45:1323, in Sato, Greenland & Robins;
/// as printed in the documentation of SAS PROC FREQ, “Common Risk Difference”).
///
/// In one stratum it is p₁q₁/n₁ + p₀q₀/n₀.
fn sato(tables: &[Table]) -> f64 {
    let (mut p, mut q, mut weights) = (0.0, 0.0, 0.0);
    for table in tables {
        let (arm, reference) = table;
        let (x1, n1) = (arm.events as f64, arm.n as f64);
        let (x0, n0) = (reference.events as f64, reference.n as f64);
        let n = n1 + n0;
        p += (n1 * n1 * x0 - n0 * n0 * x1 + n1 * n0 * (n0 - n1) / 2.0) / (n * n);
        q += (x1 * (n0 - x0) + x0 * (n1 - x1)) / (2.0 * n);
        weights += weight(table);
    }
    let sum = difference(tables) * p + q;
    // What rounding leaves of a variance of 0 is none.
    let rounding = f64::EPSILON * 16.0 * q;
    match sum > rounding {
        true => sum.sqrt() / weights,
        false => 0.0,
    }
}

/// Returns the standard error of the logarithm of the Mantel–Haenszel ratio, the root of
/// Σ (n₁n₀(x₁ + x₀) − x₁x₀N)/N² / (Σ x₁n₀/N · Σ x₀n₁/N) (Greenland & Robins 1985, Biometrics 41:55,
/// doi:10.2307/2530643); `None` where an arm has no events.
///
/// In one stratum it is 1/x₁ − 1/n₁ + 1/x₀ − 1/n₀.
fn greenland_robins(tables: &[Table]) -> Option<f64> {
    let (mut top, mut arm_side, mut reference_side) = (0.0, 0.0, 0.0);
    for (arm, reference) in tables {
        let (x1, n1) = (arm.events as f64, arm.n as f64);
        let (x0, n0) = (reference.events as f64, reference.n as f64);
        let n = n1 + n0;
        // n₁n₀(x₁ + x₀) − x₁x₀N in parts that cannot be negative.
        top += (n1 * x1 * (n0 - x0) + n0 * x0 * (n1 - x1)) / (n * n);
        arm_side += x1 * n0 / n;
        reference_side += x0 * n1 / n;
    }
    let bottom = arm_side * reference_side;
    (bottom > 0.0).then(|| (top / bottom).sqrt())
}

/// Yan & Su 2010 (Statistics in Biopharmaceutical Research 2:329, doi:10.1198/sbr.2009.0049) with
/// the weights above, as SAS PROC FREQ has it: stratified Wilson limits of each arm, combined as
/// Newcombe's method 10 combines Wilson's:
/// d − z·√(λ₁L₁(1 − L₁) + λ₀U₀(1 − U₀)), λ = Σ w²/n with Σ w = 1. In one stratum it is method 10.
///
/// `None` where an arm has no variance in any stratum, for which Wilson's limits over strata are
/// not defined.
fn newcombe(tables: &[Table], z: f64) -> Option<(f64, f64)> {
    let (l1, u1) = wilson(tables, |table| table.0, z)?;
    let (l0, u0) = wilson(tables, |table| table.1, z)?;
    let weights: f64 = tables.iter().map(weight).sum();
    let lambda = |arm: fn(&Table) -> Count| -> f64 {
        let term = |table: &Table| (weight(table) / weights).powi(2) / arm(table).n as f64;
        tables.iter().map(term).sum()
    };
    let (lambda1, lambda0) = (lambda(|table| table.0), lambda(|table| table.1));
    let d = difference(tables);
    let variance = |p: f64| p * (1.0 - p);
    Some((
        d - z * (lambda1 * variance(l1) + lambda0 * variance(u0)).sqrt(),
        d + z * (lambda1 * variance(u1) + lambda0 * variance(l0)).sqrt(),
    ))
}

/// Returns Σ w·L and Σ w·U, with Wilson's limits L and U of each stratum at
/// z·√(Σ w²v) / Σ w√v, v = pq/n, so that the width is that of the weighted share (Yan & Su 2010,
/// section 2).
fn wilson(tables: &[Table], arm: impl Fn(&Table) -> Count, z: f64) -> Option<(f64, f64)> {
    let (mut squares, mut sum) = (0.0, 0.0);
    for table in tables {
        let term = weight(table) * super::variance(arm(table)).sqrt();
        squares += term * term;
        sum += term;
    }
    if sum == 0.0 {
        if let [only] = tables {
            return Some(wilson_at(arm(only), z));
        }
        return None;
    }
    let z = z * squares.sqrt() / sum;
    let limits = |table: &Table| wilson_at(arm(table), z);
    Some((
        weighted(tables, |table| limits(table).0),
        weighted(tables, |table| limits(table).1),
    ))
}

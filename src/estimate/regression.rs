//! Regression estimates of an effect: least squares, Lin's, ratios of means, equality of effects.
//!
//! Promises: a coefficient that the data do not identify is absent with its reason, and a column
//! that was dropped is named. An analysis of covariance is `ols` with the baseline as covariate;
//! a change within one arm is no effect, and `one_arm_change` is for those who say so.

use super::distribution::{f_tail, t_quantile, t_two_sided};
use super::linear::matrix::{Square, inner, solve};
use super::linear::{Column, Columns, DegreesOfFreedom, Fit, INTERCEPT, Inference, Model, Part};
use super::stratified::Cell;
use super::{Computed, Interval};
use crate::protocol::{IntervalId, StandardErrors};

const EMPTY: &str = "an arm has no outcomes";

/// Returns the coefficient of the arm in a regression on arm and covariates.
pub fn ols(columns: &Columns, how: &Inference) -> Computed {
    match ols_fit(columns, &[columns.y], how) {
        Ok(fit) => fit.computed(how.level),
        Err(reason) => Computed::undefined(&reason),
    }
}

/// Returns the coefficient of the arm when covariates, centred on the analysed rows, may have
/// another slope in each arm (Lin 2013, Annals of Applied Statistics 7:295, section 4,
/// doi:10.1214/12-AOAS583).
///
/// With weights the covariates are centred on their weighted means. A slope that one arm cannot
/// show, as its covariate does not vary there, is that of the other arm, and a note says so.
pub fn lin(columns: &Columns, how: &Inference) -> Computed {
    match lin_fit(columns, &[columns.y], how) {
        Ok(fit) => fit.computed(how.level),
        Err(reason) => Computed::undefined(&reason),
    }
}

/// Returns the coefficient of the arm for several outcomes, with their covariance.
pub(super) fn ols_fit(
    columns: &Columns,
    outcomes: &[&[f64]],
    how: &Inference,
) -> Result<Fit, String> {
    both_arms(columns.in_arm)?;
    let mut design: Vec<Column> = columns.covariates.iter().map(Column::covariate).collect();
    design.push(Column::arm(columns.in_arm));
    let arm = design.len();
    Model::new(outcomes.to_vec(), design, columns.weights, columns.cluster).fit(&[arm], how)
}

pub(super) fn lin_fit(
    columns: &Columns,
    outcomes: &[&[f64]],
    how: &Inference,
) -> Result<Fit, String> {
    both_arms(columns.in_arm)?;
    let mut design: Vec<Column> = columns.covariates.iter().map(Column::covariate).collect();
    design.push(Column::arm(columns.in_arm));
    let arm = design.len();
    for (place, covariate) in columns.covariates.iter().enumerate() {
        design.push(Column {
            name: format!("arm × {}", covariate.name),
            part: Part::Values {
                values: covariate.values,
                less: weighted_mean(covariate.values, columns.weights),
            },
            only_in: Some(columns.in_arm),
            implied_by: Some(place + 1),
        });
    }
    Model::new(outcomes.to_vec(), design, columns.weights, columns.cluster).fit(&[arm], how)
}

fn both_arms(in_arm: &[bool]) -> Result<(), String> {
    match in_arm.contains(&true) && in_arm.contains(&false) {
        true => Ok(()),
        false => Err(EMPTY.to_owned()),
    }
}

/// Returns the mean, corrected by the mean of what it leaves.
fn weighted_mean(values: &[f64], weights: Option<&[f64]>) -> f64 {
    let mean = |less: f64| match weights {
        None => values.iter().map(|x| x - less).sum::<f64>() / values.len() as f64,
        Some(weights) => {
            let sum: f64 = values
                .iter()
                .zip(weights)
                .map(|(x, w)| (x - less) * w)
                .sum();
            sum / weights.iter().sum::<f64>()
        }
    };
    let first = mean(0.0);
    first + mean(first)
}

/// Returns the mean of changes within one arm (value less baseline) with a t interval: of n − 1
/// degrees of freedom, or with clusters by `cr2` with Satterthwaite's.
pub fn one_arm_change(changes: &[f64], cluster: Option<&[u32]>, level: f64) -> Computed {
    if changes.is_empty() {
        return Computed::undefined(EMPTY);
    }
    let columns = Columns {
        y: changes,
        in_arm: &[],
        covariates: &[],
        weights: None,
        cluster,
    };
    let model = Model::new(vec![changes], Vec::new(), None, cluster);
    match model.fit(&[INTERCEPT], &Inference::usual(&columns, level)) {
        Ok(fit) => fit.computed(level),
        Err(reason) => Computed::undefined(&reason),
    }
}

/// Returns ȳ₁ / ȳ₀ for amounts and counts, zeros included, with a t interval on the log scale.
///
/// By the delta method the variance of log(ȳ₁/ȳ₀) is V₁/ȳ₁² + V₀/ȳ₀², with V = s²/n (Hedges,
/// Gurevitch & Curtis 1999, Ecology 80:1150, doi:10.2307/177062), or with clusters `cr2` of a mean
/// (Bell & McCaffrey 2002), Σ (Σu)²/(n²(1 − m/n)) over clusters of m of the arm's n rows. The
/// degrees of freedom are Satterthwaite's of the two terms, of n − 1 each or those of `cr2`
/// (Satterthwaite 1946, Biometrics Bulletin 2:110). Both means must be above zero. A cluster has all
/// its rows in one arm.
pub fn ratio_of_means(y: &[f64], in_arm: &[bool], cluster: Option<&[u32]>, level: f64) -> Computed {
    let rows = |arm: bool| -> Vec<u32> {
        (0..)
            .zip(in_arm)
            .filter(|(_, a)| **a == arm)
            .map(|(row, _)| row)
            .collect()
    };
    let cells = [rows(true), rows(false)].map(|rows| Cell::of(&[y], rows, cluster));
    let [Some(arm), Some(reference)] = cells else {
        return Computed::undefined(EMPTY);
    };
    let (m1, m0) = (arm.means[0], reference.means[0]);
    if !(m1.is_finite() && m0.is_finite()) {
        return Computed::undefined("the outcome has a value that is no number");
    }
    if m1 <= 0.0 || m0 <= 0.0 {
        return Computed::undefined(
            "the mean of an arm is not above zero: the ratio has no logarithm",
        );
    }
    let mut computed = Computed::point(m1 / m0);
    let (Some(v1), Some(v0)) = (&arm.covariance, &reference.covariance) else {
        computed.note(match cluster {
            None => "an arm has fewer than two outcomes: no standard error",
            Some(_) => "an arm has fewer than two clusters: no standard error",
        });
        return computed;
    };
    let terms = [v1.at(0, 0) / (m1 * m1), v0.at(0, 0) / (m0 * m0)];
    let log_error = (terms[0] + terms[1]).sqrt();
    computed.std_error = Some(log_error);
    computed.note("std_error is that of the logarithm of the ratio");
    if log_error == 0.0 {
        computed.note("the outcome does not vary: no test and no interval");
        return computed;
    }
    // An arm that does not vary adds nothing, whatever its degrees of freedom.
    let of_terms = terms.iter().zip([true, false]);
    let of_terms = of_terms
        .filter(|(term, _)| **term > 0.0)
        .map(|(term, arm)| {
            let df = degrees(&rows(arm), y, cluster, level)?;
            Some(term * term / df)
        });
    let Some(of_terms) = of_terms.sum::<Option<f64>>() else {
        return computed;
    };
    let df = (terms[0] + terms[1]).powi(2) / of_terms;
    let half = (t_quantile(0.5 + level / 2.0, df) * log_error).exp();
    computed.df = Some(df);
    computed.p_value = Some(t_two_sided((m1 / m0).ln() / log_error, df));
    computed.interval = Some(Interval {
        level,
        lower: Some(m1 / m0 / half),
        upper: Some(m1 / m0 * half),
        method: IntervalId::Log,
    });
    computed
}

/// Returns the degrees of freedom of the variance of a mean.
fn degrees(rows: &[u32], y: &[f64], cluster: Option<&[u32]>, level: f64) -> Option<f64> {
    let values: Vec<f64> = rows.iter().map(|&row| y[row as usize]).collect();
    let cluster = cluster.map(|of| {
        rows.iter()
            .map(|&row| of[row as usize])
            .collect::<Vec<u32>>()
    });
    one_arm_change(&values, cluster.as_deref(), level).df
}

/// A test that the effect of the arm is the same at every level of a factor.
#[derive(Clone, Debug, PartialEq)]
pub struct EqualEffects {
    /// Wald's statistic over its degrees of freedom, held against F.
    pub statistic: Option<f64>,
    pub df1: Option<f64>,
    /// Rows less columns; with clusters, clusters less one; with `cr2`, η − q + 1.
    pub df2: Option<f64>,
    pub p_value: Option<f64>,
    pub notes: Vec<String>,
}

impl EqualEffects {
    fn undefined(mut notes: Vec<String>, reason: &str) -> EqualEffects {
        notes.push(reason.to_owned());
        EqualEffects {
            statistic: None,
            df1: None,
            df2: None,
            p_value: None,
            notes,
        }
    }
}

/// Returns the test of equal effects over the levels of a factor: F = δ'V⁻¹δ/q for the q
/// coefficients of arm × level in the regression on levels, arm, arm × levels and covariates,
/// with V as `how.errors` says (Wald 1943; the form of Wooldridge 2010, Econometric Analysis of
/// Cross Section and Panel Data, equation 4.13). With `cr2` it is Hotelling's T², F·(η − q + 1)/η on
/// q and η − q + 1 degrees of freedom (Pustejovsky & Tipton 2018, section 3.2,
/// doi:10.1080/07350015.2016.1247004; `HTZ` of clubSandwich), unless `how.df` is `Residual`: held
/// against F on clusters less one, V of few clusters finds differences too often.
///
/// `level_of` numbers the level of each row from 0, by `names`. A level with nobody in one of the
/// arms takes no part, and a note names it.
pub fn equal_effects(
    columns: &Columns,
    level_of: &[u32],
    names: &[String],
    how: &Inference,
) -> EqualEffects {
    let mut notes = Vec::new();
    let mut counts = vec![[0_usize; 2]; names.len()];
    for (&level, &arm) in level_of.iter().zip(columns.in_arm) {
        counts[level as usize][usize::from(arm)] += 1;
    }
    let mut compared = Vec::new();
    let mut present = Vec::new();
    for (level, count) in (0_u32..).zip(&counts) {
        match count {
            [0, 0] => continue,
            [0, _] | [_, 0] => notes.push(format!(
                "level `{}` has nobody in one of the arms and takes no part in the test",
                names[level as usize]
            )),
            _ => compared.push(level),
        }
        present.push(level);
    }
    if compared.len() < 2 {
        return EqualEffects::undefined(notes, "fewer than two levels to compare");
    }
    let mut design = Vec::new();
    for &level in present.iter().filter(|&&level| level != compared[0]) {
        design.push(Column {
            name: names[level as usize].clone(),
            part: Part::Level {
                of: level_of,
                level,
            },
            only_in: None,
            implied_by: None,
        });
    }
    design.extend(columns.covariates.iter().map(Column::covariate));
    design.push(Column::arm(columns.in_arm));
    let first = design.len() + 1;
    for &level in &compared[1..] {
        design.push(Column {
            name: format!("arm × {}", names[level as usize]),
            part: Part::Level {
                of: level_of,
                level,
            },
            only_in: Some(columns.in_arm),
            implied_by: None,
        });
    }
    let wanted: Vec<usize> = (first..first + compared.len() - 1).collect();
    let model = Model::new(vec![columns.y], design, columns.weights, columns.cluster);
    let fit = match model.fit(&wanted, how) {
        Ok(fit) => fit,
        Err(reason) => return EqualEffects::undefined(notes, &reason),
    };
    notes.extend(fit.notes);
    let Some(covariance) = fit.covariance else {
        return EqualEffects::undefined(notes, "no variance of the effects: no test");
    };
    let (false, Some(wald)) = (fit.explained[0], wald(&fit.estimates, &covariance)) else {
        return EqualEffects::undefined(notes, "the variance of the effects is singular: no test");
    };
    let df1 = wanted.len() as f64;
    let hotelling = how.errors == StandardErrors::Cr2 && how.df == DegreesOfFreedom::Satterthwaite;
    let (statistic, df2) = match (hotelling, fit.together) {
        (false, _) => (wald / df1, fit.residual_df),
        (true, Some(df)) if df - df1 + 1.0 > 0.0 => {
            let df2 = df - df1 + 1.0;
            (wald / df1 * df2 / df, df2)
        }
        (true, Some(_)) => {
            return EqualEffects::undefined(notes, "too few clusters for so many levels: no test");
        }
        (true, None) => {
            let reason = "no degrees of freedom for so many levels and columns: no test";
            return EqualEffects::undefined(notes, reason);
        }
    };
    EqualEffects {
        statistic: Some(statistic),
        df1: Some(df1),
        df2: Some(df2),
        p_value: Some(f_tail(statistic, df1, df2)),
        notes,
    }
}

/// Returns δ'V⁻¹δ.
fn wald(estimates: &[f64], covariance: &Square) -> Option<f64> {
    solve(covariance, estimates).map(|x| inner(&x, estimates))
}

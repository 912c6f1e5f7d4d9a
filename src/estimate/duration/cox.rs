//! Cox's regression: the hazard ratio of the arm, covariates and strata held.
//!
//! Promises: ties by Efron's method, said in a note where there are any; the likelihood at its
//! maximum to rounding; an estimate that is infinite, or that the events cannot give, is found out
//! and told, never returned as a large number.
//! Hides: the order of rows and the passes over them (`risk`), the Newton steps.
//!
//! Sources: Cox 1972, doi:10.1111/j.2517-6161.1972.tb00899.x; Efron 1977,
//! doi:10.1080/01621459.1977.10480613; Lin & Wei 1989, doi:10.1080/01621459.1989.10478874;
//! Therneau & Grambsch 2000, chapters 3, 7 and 8, doi:10.1007/978-1-4757-3294-8.

mod order;
mod risk;

use self::risk::{Clusters, Moments, Rows};
use super::matrix::{Inverse, SINGULAR};
use super::{CAUSE_SPECIFIC, DurationError, EMPTY, Times, same_length};
use crate::estimate::distribution::{normal_quantile, normal_two_sided};
use crate::estimate::{Computed, Interval};
use crate::protocol::IntervalId;

/// Where the standard errors come from.
#[derive(Clone, Copy, Debug)]
pub enum Variance<'a> {
    /// The inverse information: right where hazards are proportional and persons independent.
    Model,
    /// Lin & Wei's, from the score residuals of persons.
    Robust,
    /// The same with the residuals summed within each cluster.
    Clustered(&'a [u32]),
}

/// What the events say on one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coefficient {
    /// Logarithm of the hazard ratio for one unit more.
    Finite { log_ratio: f64, std_error: f64 },
    /// The likelihood rises for ever towards a ratio of 0 (`sign` −1) or infinity (1).
    Infinite { sign: i8 },
    /// No variation among those at risk, or a combination of other columns.
    Undetermined,
}

/// A fitted regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// In the order of the columns.
    pub coefficients: Vec<Coefficient>,
    /// Log partial likelihood with all ratios 1, and at its maximum.
    pub log_likelihood: [f64; 2],
    /// The score test that all ratios are 1, χ² with `df` degrees of freedom.
    pub score_chi_squared: f64,
    pub df: usize,
    pub events: usize,
    /// Whether two events share a time (and a stratum).
    pub ties: bool,
    /// `None` where the variance knows none.
    pub clusters: Option<usize>,
    /// False where the steps did not settle: the coefficients are then not to be used.
    pub converged: bool,
}

/// Returns the hazard ratio of the first column, the arm (1 in the arm, 0 in the reference), beside
/// the other columns, with a Wald interval on the log scale and p by the same.
///
/// The standard error is that of the logarithm. Strata are those of `times`.
pub fn cox(
    times: Times,
    columns: &[&[f64]],
    variance: Variance,
    level: f64,
) -> Result<Computed, DurationError> {
    let fit = fit(times, columns, variance)?;
    if times.is_empty() || columns.is_empty() {
        return Ok(Computed::undefined(EMPTY));
    }
    if fit.events == 0 {
        return Ok(Computed::undefined(
            "no events: the hazard ratio is undefined",
        ));
    }
    let mut computed = match fit.coefficients[0] {
        _ if !fit.converged => {
            Computed::undefined("the likelihood was not brought to its maximum: no estimate")
        }
        Coefficient::Undetermined => Computed::undefined(
            "the arm does not vary among those at risk at the events, or is a combination of the \
             covariates or decided by one that is infinite: the hazard ratio is undefined",
        ),
        Coefficient::Infinite { sign } => Computed::undefined(match sign {
            1 => "the likelihood rises without end: the hazard ratio is infinite",
            _ => "the likelihood rises without end: the hazard ratio is 0",
        }),
        Coefficient::Finite {
            log_ratio,
            std_error,
        } => wald(log_ratio, std_error, level),
    };
    fit.explain(&mut computed);
    if times.has_competing() {
        computed.note(CAUSE_SPECIFIC);
    }
    Ok(computed)
}

fn wald(log_ratio: f64, std_error: f64, level: f64) -> Computed {
    let ratio = log_ratio.exp();
    if !ratio.is_normal() {
        return Computed::undefined("the hazard ratio is beyond every number");
    }
    let mut computed = Computed::point(ratio);
    computed.std_error = Some(std_error);
    computed.note("std_error is that of the logarithm of the ratio");
    if std_error == 0.0 {
        computed.note("the robust variance is 0: no test and no interval");
        return computed;
    }
    let half = normal_quantile(0.5 + level / 2.0) * std_error;
    computed.p_value = Some(normal_two_sided(log_ratio / std_error));
    let bound = |log: f64| Some(log.exp()).filter(|bound| bound.is_finite());
    computed.interval = Some(Interval {
        level,
        lower: bound(log_ratio - half),
        upper: bound(log_ratio + half),
        method: IntervalId::Log,
    });
    computed
}

impl Fit {
    fn explain(&self, computed: &mut Computed) {
        /// Below this many clusters the robust variance is too small (as for CR1).
        const FEW: usize = 40;
        if self.ties {
            computed.note("ties by Efron's method");
        }
        if self.coefficients.len() > 1 && computed.estimate.is_some() {
            computed.note("the hazard ratio is conditional on the covariates");
        }
        for (covariate, coefficient) in self.coefficients.iter().enumerate().skip(1) {
            match coefficient {
                Coefficient::Undetermined => computed.note(&format!(
                    "covariate {covariate} adds nothing to the others and was dropped"
                )),
                Coefficient::Infinite { .. } => computed.note(&format!(
                    "the coefficient of covariate {covariate} is infinite: the hazard ratio of \
                     the arm is the limit"
                )),
                Coefficient::Finite { .. } => {}
            }
        }
        if let Some(clusters) = self.clusters.filter(|&clusters| clusters < FEW) {
            computed.note(&format!(
                "{clusters} clusters: the robust standard error is too small with fewer than {FEW}"
            ));
        }
    }
}

/// Steps of less than this share of a standard error change no digit.
const SETTLED: f64 = 1e-11;
/// From this share on each step is the square of the last; if not, what is left is rounding.
const NEAR: f64 = 1e-6;
/// From this step on, a likelihood that still rises is looked at for a maximum at infinity.
const SUSPECT: usize = 8;
/// Towards infinity each step gains a unit of log hazard; after so many, what is left of the rows
/// that fall behind is exp(−22), and the other coefficients stand.
const FAR: usize = 22;
/// At a maximum at infinity, information below this share of its scale is that of the rows that
/// fall behind: in the limit there is none.
const LEFT: f64 = 1e-8;
const MOST_STEPS: usize = 60;
/// A pivot of the information below this share of its scale is rounding.
const FLAT: f64 = 1e-14;

/// Returns the fit, by Newton's method from ratios of 1.
///
/// Columns are numbers of any scale, one value a person in the order of `times`.
pub fn fit(times: Times, columns: &[&[f64]], variance: Variance) -> Result<Fit, DurationError> {
    check(times, columns, variance)?;
    let rows = Rows::sorted(times, columns);
    let start = rows.moments(&vec![0.0; columns.len()]);
    // The arm comes last, so that covariates which determine it leave nothing of it.
    let arm_last = (1..columns.len()).chain(0..columns.len().min(1));
    let inverse = start.inverse(arm_last.clone(), SINGULAR);
    let given: Vec<usize> = arm_last.filter(|&column| inverse.kept[column]).collect();
    let mut fit = Fit {
        coefficients: vec![Coefficient::Undetermined; columns.len()],
        log_likelihood: [start.log_likelihood; 2],
        score_chi_squared: inverse.quadratic(&start.score),
        df: given.len(),
        events: times.events(),
        ties: rows.ties(),
        clusters: None,
        converged: false,
    };
    let peak = climb(&rows, &given, start, inverse);
    fit.log_likelihood[1] = peak.log_likelihood;
    fit.converged = peak.converged;
    let Peak { beta, inverse, .. } = &peak;
    let variances = match variance {
        Variance::Model => inverse.diagonal(),
        Variance::Robust => rows.robust(beta, inverse, None),
        Variance::Clustered(labels) => {
            let clusters = Clusters::of(labels);
            fit.clusters = Some(clusters.count());
            rows.robust(beta, inverse, Some(&clusters))
        }
    };
    let at_infinity = peak.infinite.iter().any(|&sign| sign != 0);
    for column in given {
        fit.coefficients[column] = match peak.infinite[column] {
            0 if inverse.kept[column] => Coefficient::Finite {
                log_ratio: beta[column],
                std_error: variances[column].sqrt(),
            },
            // What is at infinity decides every event, and leaves nothing to this one.
            0 if at_infinity => Coefficient::Undetermined,
            // The likelihood has gone flat on the way.
            0 => Coefficient::Infinite {
                sign: beta[column].signum() as i8,
            },
            sign => Coefficient::Infinite { sign },
        };
    }
    Ok(fit)
}

/// Where the likelihood is highest, or near enough to a maximum at infinity.
struct Peak {
    beta: Vec<f64>,
    log_likelihood: f64,
    inverse: Inverse,
    /// The sign of each column's way to infinity, or 0.
    infinite: Vec<i8>,
    converged: bool,
}

/// Climbs from β = 0 along the columns given, by Newton's steps.
fn climb(rows: &Rows, given: &[usize], start: Moments, inverse: Inverse) -> Peak {
    let mut here = start;
    let mut peak = Peak {
        beta: vec![0.0; inverse.kept.len()],
        log_likelihood: here.log_likelihood,
        infinite: vec![0; inverse.kept.len()],
        inverse,
        converged: false,
    };
    let mut before = f64::INFINITY;
    for step in 0..MOST_STEPS {
        let direction = peak.inverse.times(&here.score);
        // In standard errors.
        let length = peak.inverse.quadratic(&here.score).max(0.0).sqrt();
        let stalled = length < NEAR && length > before / 2.0;
        let endless = (step >= SUSPECT || stalled) && rows.never_fall(&direction);
        if length < SETTLED || stalled && !endless {
            add(&mut peak.beta, &direction, 1.0);
            peak.converged = true;
            break;
        }
        before = length;
        let next = uphill(rows, &mut peak.beta, &direction, &here);
        if endless && (step >= FAR || next.is_none()) {
            peak.infinite = rows.unbounded(&direction);
            peak.converged = true;
        }
        let Some(next) = next else { break };
        here = next;
        let flat = match peak.converged {
            true => LEFT,
            false => FLAT,
        };
        peak.inverse = here.inverse(given.iter().copied(), flat);
        if peak.converged {
            break;
        }
    }
    peak.log_likelihood = here.log_likelihood;
    peak
}

fn check(times: Times, columns: &[&[f64]], variance: Variance) -> Result<(), DurationError> {
    for (column, values) in columns.iter().enumerate() {
        same_length("column", values.len(), times.len())?;
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(DurationError::Column { column, row });
        }
    }
    match variance {
        Variance::Clustered(clusters) => same_length("cluster", clusters.len(), times.len()),
        Variance::Model | Variance::Robust => Ok(()),
    }
}

/// Moves to where the likelihood is no lower, halving the step; `None` where no step is left.
fn uphill(rows: &Rows, beta: &mut Vec<f64>, direction: &[f64], here: &Moments) -> Option<Moments> {
    const HALVINGS: usize = 20;
    // What summing may lose.
    let rounding = 1e-11 * (1.0 + here.log_likelihood.abs());
    let mut share = 1.0;
    for _ in 0..HALVINGS {
        let mut tried = beta.clone();
        add(&mut tried, direction, share);
        let next = rows.moments(&tried);
        // False for a NaN, where a step went beyond what exp can hold.
        if next.log_likelihood >= here.log_likelihood - rounding {
            *beta = tried;
            return Some(next);
        }
        share /= 2.0;
    }
    None
}

fn add(beta: &mut [f64], direction: &[f64], share: f64) {
    for (beta, direction) in beta.iter_mut().zip(direction) {
        *beta += share * direction;
    }
}

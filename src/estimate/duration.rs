//! Times to an event: curves, restricted means, tests and hazard ratios, some times censored.
//!
//! Promises: a person at risk at t has a time of t or more, so that events come before censorings
//! of the same time; no digit depends on the order of persons, because counts are whole numbers
//! and the regression sorts by a total order of all it reads; what the data do not reach (a
//! horizon after the last person left) is undefined with a reason, never extended.
//! Hides: how times are sorted and counted.
//!
//! Times carry any unit (weeks, as a rule), and results that are times carry the same.
//! A competing event is an event of its own in [`incidence`]. In [`curve`], [`log_rank`] and
//! [`cox`] it ends the time at risk as a censoring does: what they show is specific to the cause
//! (Kalbfleisch & Prentice 2002, chapter 8, doi:10.1002/9781118032985), and rows say so.

pub mod cox;
pub mod curve;
pub mod incidence;
pub mod log_rank;
mod matrix;
mod tally;

use super::distribution::{normal_quantile, normal_two_sided};
use super::{Computed, Interval};
use crate::protocol::IntervalId;
pub use crate::sample::End;

const EMPTY: &str = "an arm has no outcomes";
const CAUSE_SPECIFIC: &str = "competing events count as censored at their time (cause-specific)";

/// Times of persons and how each ended, checked: as many of each, every time finite and at least 0.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    time: &'a [f64],
    end: &'a [End],
    strata: Option<&'a [u32]>,
}

/// Why times, or what stands beside them, cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DurationError {
    #[error("{found} values of {what} for {expected} times")]
    Length {
        what: &'static str,
        found: usize,
        expected: usize,
    },
    #[error("time {time} of row {row} is not a number from 0")]
    Time { row: usize, time: f64 },
    #[error("column {column} has no finite value in row {row}")]
    Column { column: usize, row: usize },
}

impl<'a> Times<'a> {
    /// Returns the times with their ends, in any order of persons.
    pub fn new(time: &'a [f64], end: &'a [End]) -> Result<Times<'a>, DurationError> {
        same_length("end", end.len(), time.len())?;
        match time.iter().position(|t| !(t.is_finite() && *t >= 0.0)) {
            Some(row) => Err(DurationError::Time {
                row,
                time: time[row],
            }),
            None => Ok(Times {
                time,
                end,
                strata: None,
            }),
        }
    }

    /// Compares persons only within their stratum. Tests, regressions and differences of curves and
    /// means read it; a curve by itself is of all persons.
    pub fn stratified(self, strata: &'a [u32]) -> Result<Times<'a>, DurationError> {
        same_length("stratum", strata.len(), self.time.len())?;
        Ok(Times {
            strata: Some(strata),
            ..self
        })
    }

    pub fn len(&self) -> usize {
        self.time.len()
    }

    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Returns the number of persons with the event of interest.
    pub fn events(&self) -> usize {
        self.end.iter().filter(|end| **end == End::Event).count()
    }

    fn has_competing(&self) -> bool {
        self.end.contains(&End::Competing)
    }
}

fn same_length(what: &'static str, found: usize, expected: usize) -> Result<(), DurationError> {
    match found == expected {
        true => Ok(()),
        false => Err(DurationError::Length {
            what,
            found,
            expected,
        }),
    }
}

/// A quantity of one arm with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub value: f64,
    /// 0 where nobody, or everybody, had the event.
    pub std_error: f64,
}

/// Returns the difference of two independent quantities, each within 0 and `range`: normal
/// interval and p, variance the sum of the two.
fn difference(arm: Measured, reference: Measured, range: f64, level: f64) -> Computed {
    let estimate = arm.value - reference.value;
    let std_error = arm.std_error.hypot(reference.std_error);
    let mut computed = Computed::point(estimate);
    computed.std_error = Some(std_error);
    computed.levels = Some((arm.value, reference.value));
    if std_error == 0.0 {
        computed.note("the outcome does not vary by the horizon: no test and no interval");
        return computed;
    }
    if arm.std_error == 0.0 || reference.std_error == 0.0 {
        computed.note(
            "in one arm the outcome does not vary by the horizon and counts as known exactly: the \
             interval is too narrow",
        );
    }
    let half = normal_quantile(0.5 + level / 2.0) * std_error;
    computed.p_value = Some(normal_two_sided(estimate / std_error));
    computed.interval = Some(Interval {
        level,
        lower: Some((estimate - half).max(-range)),
        upper: Some((estimate + half).min(range)),
        method: IntervalId::Normal,
    });
    computed
}

/// Returns the difference p − q of two independent probabilities by a horizon, with the interval that
/// follows from their own log-log limits l and u: p − q − √((p − l₁)² + (u₀ − q)²) to
/// p − q + √((u₁ − p)² + (q − l₀)²) (Zou & Donner 2008, Statistics in Medicine 27:1693, of which
/// Newcombe's interval of two shares is a case), and the p at which the interval comes to 0.
///
/// Where nobody, or everybody, of an arm had the event its limits are undefined.
fn difference_of_probabilities(p: Measured, q: Measured, level: f64) -> Computed {
    let estimate = p.value - q.value;
    let mut computed = Computed::point(estimate);
    computed.std_error = Some(p.std_error.hypot(q.std_error));
    computed.levels = Some((p.value, q.value));
    // How far the limits reach below and above, with z as the normal quantile.
    let reach = |z: f64| {
        let ((l1, u1), (l0, u0)) = (log_log_limits(p, z)?, log_log_limits(q, z)?);
        let below = (p.value - l1).hypot(u0 - q.value);
        Some((below, (u1 - p.value).hypot(q.value - l0)))
    };
    let Some((below, above)) = reach(normal_quantile(0.5 + level / 2.0)) else {
        computed.note(match computed.std_error {
            Some(0.0) => "the outcome does not vary by the horizon: no test and no interval",
            _ => {
                "in one arm the outcome does not vary by the horizon and has no log-log limits: no \
                 test and no interval"
            }
        });
        return computed;
    };
    let crossing = |z: f64| {
        reach(z).is_some_and(|(below, above)| match estimate > 0.0 {
            true => below >= estimate,
            false => above >= -estimate,
        })
    };
    // Halved until no number lies between; beyond 40 the p is 0.
    let (mut short, mut far) = (0.0, 40.0);
    for _ in 0..f64::MANTISSA_DIGITS + 6 {
        let middle = 0.5 * (short + far);
        match crossing(middle) {
            true => far = middle,
            false => short = middle,
        }
    }
    computed.p_value = Some(match estimate == 0.0 {
        true => 1.0,
        false => normal_two_sided(far),
    });
    computed.interval = Some(Interval {
        level,
        lower: Some(estimate - below),
        upper: Some(estimate + above),
        method: IntervalId::LogLog,
    });
    computed
}

/// Returns the interval p^exp(±z·s/(p·ln p)) of a probability p with standard error s, normal on
/// the scale of log(−log p) (Kalbfleisch & Prentice 1980, p. 15; for cumulative incidences
/// Choudhury 2002, Statistics in Medicine 21:1129). `None` at 0 and 1.
fn log_log(probability: Measured, level: f64) -> Option<Interval> {
    let (lower, upper) = log_log_limits(probability, normal_quantile(0.5 + level / 2.0))?;
    Some(Interval {
        level,
        lower: Some(lower),
        upper: Some(upper),
        method: IntervalId::LogLog,
    })
}

fn log_log_limits(probability: Measured, z: f64) -> Option<(f64, f64)> {
    let (p, s) = (probability.value, probability.std_error);
    if p <= 0.0 || p >= 1.0 || s == 0.0 {
        return None;
    }
    let log = p.ln();
    let width = z * s / (p * log).abs();
    Some(((log * width.exp()).exp(), (log * (-width).exp()).exp()))
}

/// Returns why a horizon cannot be used: it is no time, or lies beyond what an arm shows.
/// `known_until` of an arm is `None` where its curve is known for ever.
fn beyond(horizon: f64, known_until: [Option<f64>; 2]) -> Option<Computed> {
    if !(horizon.is_finite() && horizon > 0.0) {
        return Some(Computed::undefined(
            "the horizon is not a time greater than 0",
        ));
    }
    let latest = known_until.into_iter().flatten().reduce(f64::min)?;
    (horizon > latest).then(|| {
        Computed::undefined(&format!(
            "the horizon of {horizon} lies beyond the last time seen in an arm: the latest \
             possible horizon is {latest}"
        ))
    })
}

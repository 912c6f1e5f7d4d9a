//! Cumulative incidence of the event of interest where competing events can come first.
//!
//! Sources: Aalen & Johansen 1978 (Scandinavian Journal of Statistics 5:141); Andersen, Borgan,
//! Gill & Keiding 1993, section IV.4.1, doi:10.1007/978-1-4612-4348-9; interval Choudhury 2002
//! (Statistics in Medicine 21:1129).

use super::tally::tally;
use super::{EMPTY, Measured, Times, beyond, difference_of_probabilities, log_log};
use crate::estimate::{Computed, Interval};

/// The share of persons with the event of interest, by time.
#[derive(Clone, Debug, PartialEq)]
pub struct Incidence {
    /// One step for each time at which somebody had an event or left, by rising time.
    pub steps: Vec<IncidenceStep>,
}

/// The cumulative incidence from one time to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IncidenceStep {
    pub time: f64,
    /// Persons with this time or a longer one.
    pub at_risk: u64,
    pub events: u64,
    pub competing: u64,
    pub censored: u64,
    /// Share with the event of interest by this time.
    pub incidence: f64,
    pub std_error: f64,
    /// Share with no event of either kind after this time.
    pub without: f64,
}

impl IncidenceStep {
    fn measured(&self) -> Measured {
        Measured {
            value: self.incidence,
            std_error: self.std_error,
        }
    }

    /// Returns the interval F^exp(±z·s/(F·ln F)), normal on the scale of log(−log F); `None` at an
    /// incidence of 0 or 1.
    ///
    /// Without competing events this is not the mirror of the log-log interval of the survival,
    /// which is normal on the scale of log(−log(1 − F)).
    pub fn interval(&self, level: f64) -> Option<Interval> {
        log_log(self.measured(), level)
    }
}

/// Returns F̂(t) = Σ Ŝ(tᵢ−)·dᵢ/nᵢ over the times tᵢ ≤ t (Aalen & Johansen 1978 for two causes), dᵢ
/// events of interest among nᵢ at risk and Ŝ the share with no event of either kind.
///
/// The variance is of Greenwood's type (Andersen et al. 1993, section IV.4.1): at each time the
/// events are multinomial, Cov(Â_h, Â_k) = (δ_hk·a_h − a_h·a_k)/n for the hazards a = d/n, and the
/// step F ← F + S·a₁, S ← S·(1 − a₁ − a₂) carries the covariance of (F, S) on.
pub fn aalen_johansen(times: Times) -> Incidence {
    let mut at_risk = times.len() as u64;
    let (mut f, mut s) = (0.0_f64, 1.0_f64);
    let (mut var_f, mut cov, mut var_s) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut competing = 0;
    let step = |tally: super::tally::Tally| {
        let n = at_risk as f64;
        let a1 = tally.events as f64 / n;
        let left = (at_risk - tally.events - tally.competing) as f64 / n;
        let a = (tally.events + tally.competing) as f64 / n;
        // Each line reads the values before the step.
        var_f += a1 * (2.0 * cov + a1 * var_s) + s * s * a1 * (1.0 - a1) / n;
        cov = left * (cov + a1 * var_s) - s * s * a1 * left / n;
        var_s = left * left * var_s + s * s * a * left / n;
        f += s * a1;
        s *= left;
        competing += tally.competing;
        if competing == 0 {
            // So far F is 1 − S: exact where it comes to 1.
            (f, var_f) = (1.0 - s, var_s);
        }
        let step = IncidenceStep {
            time: tally.time,
            at_risk,
            events: tally.events,
            competing: tally.competing,
            censored: tally.censored,
            incidence: f,
            std_error: var_f.max(0.0).sqrt(),
            without: s,
        };
        at_risk -= tally.leaving();
        step
    };
    Incidence {
        steps: tally(times).into_iter().map(step).collect(),
    }
}

impl Incidence {
    /// Returns how many persons have a time of `time` or more.
    pub fn at_risk(&self, time: f64) -> u64 {
        let next = self.steps.partition_point(|step| step.time < time);
        self.steps.get(next).map_or(0, |step| step.at_risk)
    }

    /// Returns the last time up to which the incidence is known; `None` where nobody is left who
    /// could have the event.
    pub fn known_until(&self) -> Option<f64> {
        match self.steps.last() {
            Some(last) if last.without == 0.0 => None,
            Some(last) => Some(last.time),
            None => Some(0.0),
        }
    }

    /// Returns the incidence by a time with its log-log interval, which is `None` at an incidence
    /// of 0 or 1. `None` altogether after the last person left.
    pub fn at(&self, time: f64, level: f64) -> Option<(Measured, Option<Interval>)> {
        if time.is_nan() || self.known_until().is_some_and(|last| time > last) {
            return None;
        }
        let after = self.steps.partition_point(|step| step.time <= time);
        let last = after.checked_sub(1).map(|last| &self.steps[last]);
        let none = Measured {
            value: 0.0,
            std_error: 0.0,
        };
        let incidence = last.map_or(none, IncidenceStep::measured);
        Some((incidence, log_log(incidence, level)))
    }
}

/// Returns the difference in cumulative incidence by the horizon, with the interval that follows from
/// the arms' log-log intervals (Zou & Donner 2008).
///
/// Undefined for a horizon after the last censored person of an arm. Where nobody, or everybody, of
/// an arm had the event, there is no interval, and a note says so.
pub fn incidence_difference(arm: Times, reference: Times, horizon: f64, level: f64) -> Computed {
    if arm.is_empty() || reference.is_empty() {
        return Computed::undefined(EMPTY);
    }
    let curves = [aalen_johansen(arm), aalen_johansen(reference)];
    let known_until = [curves[0].known_until(), curves[1].known_until()];
    if let Some(undefined) = beyond(horizon, known_until) {
        return undefined;
    }
    match (curves[0].at(horizon, level), curves[1].at(horizon, level)) {
        (Some((arm, _)), Some((reference, _))) => {
            difference_of_probabilities(arm, reference, level)
        }
        _ => Computed::undefined(EMPTY),
    }
}

//! The Kaplan–Meier curve of an arm, and what is read from it: the share with the event by a
//! horizon, the median, and the restricted mean.
//!
//! Sources: Kaplan & Meier 1958, doi:10.1080/01621459.1958.10501452; Greenwood's variance and the
//! log-log interval as in Kalbfleisch & Prentice 2002, section 1.4, doi:10.1002/9781118032985;
//! Brookmeyer & Crowley 1982, doi:10.2307/2530286; Royston & Parmar 2013,
//! doi:10.1186/1471-2288-13-152.

use std::collections::{BTreeMap, BTreeSet};

use super::tally::tally;
use super::{
    CAUSE_SPECIFIC, EMPTY, End, Measured, Times, beyond, difference, difference_of_probabilities,
    log_log,
};
use crate::estimate::{Computed, Interval};

/// The share of persons without the event, by time.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// One step for each time at which somebody had the event or left, by rising time.
    pub steps: Vec<Step>,
}

/// The curve from one time to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub time: f64,
    /// Persons with this time or a longer one.
    pub at_risk: u64,
    pub events: u64,
    /// Persons who left without the event, competing events among them.
    pub censored: u64,
    /// Share without the event after this time.
    pub survival: f64,
    /// Greenwood's; 0 at a survival of 1 or 0, where it says nothing.
    pub std_error: f64,
}

impl Step {
    /// Returns the log-log interval of the survival; `None` at a survival of 1 or 0.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let survival = Measured {
            value: self.survival,
            std_error: self.std_error,
        };
        log_log(survival, level)
    }
}

/// The time by which half had the event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median {
    /// `None` where less than half had the event.
    pub time: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// Returns Ŝ(t) = Π (1 − dᵢ/nᵢ) over the times tᵢ ≤ t (Kaplan & Meier 1958, section 2), dᵢ events
/// among nᵢ at risk, with Greenwood's variance Ŝ²·Σ dᵢ/(nᵢ(nᵢ − dᵢ)).
pub fn kaplan_meier(times: Times) -> Curve {
    let mut at_risk = times.len() as u64;
    let (mut survival, mut greenwood) = (1.0, 0.0_f64);
    let step = |tally: super::tally::Tally| {
        let (n, d) = (at_risk as f64, tally.events as f64);
        if tally.events == at_risk {
            (survival, greenwood) = (0.0, 0.0);
        } else if tally.events > 0 {
            survival *= (n - d) / n;
            greenwood += d / (n * (n - d));
        }
        let step = Step {
            time: tally.time,
            at_risk,
            events: tally.events,
            censored: tally.competing + tally.censored,
            survival,
            std_error: survival * greenwood.sqrt(),
        };
        at_risk -= tally.leaving();
        step
    };
    Curve {
        steps: tally(times).into_iter().map(step).collect(),
    }
}

impl Curve {
    /// Returns the last time up to which the curve is known: that of the last person, if censored.
    /// `None` where the curve has come to 0 and stays there.
    pub fn known_until(&self) -> Option<f64> {
        match self.steps.last() {
            Some(last) if last.survival == 0.0 => None,
            Some(last) => Some(last.time),
            None => Some(0.0),
        }
    }

    /// Returns the number of persons with time `time` or a longer one.
    pub fn at_risk(&self, time: f64) -> u64 {
        let next = self.steps.partition_point(|step| step.time < time);
        self.steps.get(next).map_or(0, |step| step.at_risk)
    }

    /// Returns the survival at a time with its log-log interval, which is `None` at a survival of
    /// 1 or 0. `None` altogether after the last person left.
    pub fn at(&self, time: f64, level: f64) -> Option<(Measured, Option<Interval>)> {
        if time.is_nan() || self.known_until().is_some_and(|last| time > last) {
            return None;
        }
        let after = self.steps.partition_point(|step| step.time <= time);
        let survival = match after.checked_sub(1).map(|last| &self.steps[last]) {
            Some(step) => Measured {
                value: step.survival,
                std_error: step.std_error,
            },
            None => Measured {
                value: 1.0,
                std_error: 0.0,
            },
        };
        Some((survival, log_log(survival, level)))
    }

    /// Returns the first time with a survival below 1/2; where the curve is level at 1/2, the
    /// middle of that stretch. The bounds are the same times of the bounds of the curve, which
    /// inverts the log-log interval (Brookmeyer & Crowley 1982).
    pub fn median(&self, level: f64) -> Median {
        let bounds = |step: &Step| step.interval(level);
        let lower = |step: &Step| bounds(step).and_then(|interval| interval.lower);
        let upper = |step: &Step| bounds(step).and_then(|interval| interval.upper);
        Median {
            time: self.half(|step| Some(step.survival)),
            lower: self.half(lower),
            upper: self.half(upper),
        }
    }

    fn half(&self, value: impl Fn(&Step) -> Option<f64>) -> Option<f64> {
        // A product of fractions misses 1/2 by its rounding.
        const ROUNDING: f64 = 1e-9;
        let mut steps = self.steps.iter().filter(|step| step.events > 0);
        let below = |step: &&Step, limit: f64| value(step).is_some_and(|value| value < limit);
        let first = steps.find(|step| below(step, 0.5 + ROUNDING))?;
        if below(&first, 0.5 - ROUNDING) {
            return Some(first.time);
        }
        match steps.find(|step| below(step, 0.5 - ROUNDING)) {
            Some(next) => Some((first.time + next.time) / 2.0),
            None => Some(first.time),
        }
    }

    /// Returns the mean time without the event up to the horizon τ, ∫₀^τ Ŝ(t) dt, with the variance
    /// Σ (∫ from tᵢ to τ of Ŝ)²·dᵢ/(nᵢ(nᵢ − dᵢ)) over event times tᵢ ≤ τ (Kaplan & Meier 1958;
    /// Royston & Parmar 2013). `None` beyond [`known_until`](Self::known_until).
    pub fn restricted_mean(&self, horizon: f64) -> Option<Measured> {
        let known = self.known_until().is_none_or(|last| horizon <= last);
        if !(known && horizon.is_finite() && horizon >= 0.0) {
            return None;
        }
        let (mut area, mut variance) = (0.0, 0.0);
        let mut right = horizon;
        let within = self.steps.partition_point(|step| step.time <= horizon);
        // From the right, so that the area behind each time is at hand.
        for step in self.steps[..within].iter().rev() {
            if step.events == 0 {
                continue;
            }
            area += step.survival * (right - step.time);
            right = step.time;
            // Where the last persons at risk have the event nothing lies behind: no term.
            if step.events < step.at_risk {
                let (n, d) = (step.at_risk as f64, step.events as f64);
                variance += area * area * (d / (n * (n - d)));
            }
        }
        Some(Measured {
            value: area + right,
            std_error: variance.sqrt(),
        })
    }
}

/// Returns the difference in the share with the event by the horizon, (1 − Ŝ₁) − (1 − Ŝ₀), with
/// Greenwood's variances and the interval that follows from the curves' log-log intervals (Zou &
/// Donner 2008).
///
/// Undefined for a horizon after the last censored person of an arm. Where nobody, or everybody, of
/// an arm had the event, there is no interval, and a note says so.
pub fn kaplan_meier_difference(arm: Times, reference: Times, horizon: f64, level: f64) -> Computed {
    let survival = |curve: &Curve| Some(curve.at(horizon, level)?.0);
    contrast(arm, reference, horizon, survival, |arm, reference| {
        let mut computed = difference_of_probabilities(reference, arm, level);
        computed.levels = Some((1.0 - arm.value, 1.0 - reference.value));
        computed
    })
}

/// Returns the difference in mean time without the event up to the horizon, in the unit of time,
/// with the variances of [`Curve::restricted_mean`] and a normal interval.
///
/// The variance is not that of min(T, τ), which censoring hides; without censoring it is
/// Σ (min(T, τ) − mean)²/n² in each arm.
///
/// Undefined for a horizon after the last censored person of an arm.
pub fn restricted_mean_difference(
    arm: Times,
    reference: Times,
    horizon: f64,
    level: f64,
) -> Computed {
    let mean = |curve: &Curve| curve.restricted_mean(horizon);
    contrast(arm, reference, horizon, mean, |arm, reference| {
        difference(arm, reference, horizon, level)
    })
}

fn contrast(
    arm: Times,
    reference: Times,
    horizon: f64,
    read: impl Fn(&Curve) -> Option<Measured>,
    compare: impl Fn(Measured, Measured) -> Computed,
) -> Computed {
    if arm.is_empty() || reference.is_empty() {
        return Computed::undefined(EMPTY);
    }
    if let (Some(of_arm), Some(of_reference)) = (arm.strata, reference.strata) {
        let parts = [by_stratum(arm, of_arm), by_stratum(reference, of_reference)];
        return standardised(&parts, horizon, read, compare);
    }
    let curves = [kaplan_meier(arm), kaplan_meier(reference)];
    let known_until = [curves[0].known_until(), curves[1].known_until()];
    let undefined = beyond(horizon, known_until);
    let mut computed = match (undefined, read(&curves[0]), read(&curves[1])) {
        (None, Some(arm), Some(reference)) => compare(arm, reference),
        (undefined, ..) => return undefined.unwrap_or_else(|| Computed::undefined(EMPTY)),
    };
    if arm.has_competing() || reference.has_competing() {
        computed.note(CAUSE_SPECIFIC);
    }
    computed
}

/// The times of one stratum.
#[derive(Default)]
struct Part {
    time: Vec<f64>,
    end: Vec<End>,
}

fn by_stratum(times: Times, strata: &[u32]) -> BTreeMap<u32, Part> {
    let mut parts: BTreeMap<u32, Part> = BTreeMap::new();
    for ((&time, &end), &stratum) in times.time.iter().zip(times.end).zip(strata) {
        let part = parts.entry(stratum).or_default();
        part.time.push(time);
        part.end.push(end);
    }
    parts
}

/// Returns the difference of the arms' quantities, each Σ (n_s/N)·q_s over the strata with variance
/// Σ (n_s/N)²·V_s, n_s the persons of both arms (direct standardisation; the weights of Gerber &
/// Green 2012, section 3.6.1).
fn standardised(
    parts: &[BTreeMap<u32, Part>; 2],
    horizon: f64,
    read: impl Fn(&Curve) -> Option<Measured>,
    compare: impl Fn(Measured, Measured) -> Computed,
) -> Computed {
    let all: usize = parts
        .iter()
        .flat_map(BTreeMap::values)
        .map(|p| p.time.len())
        .sum();
    let strata: BTreeSet<u32> = parts.iter().flat_map(BTreeMap::keys).copied().collect();
    let mut sums = [(0.0, 0.0); 2];
    let mut competing = false;
    for stratum in strata {
        let [Some(arm), Some(reference)] = [parts[0].get(&stratum), parts[1].get(&stratum)] else {
            return Computed::undefined("a stratum has nobody in one of the arms");
        };
        let weight = (arm.time.len() + reference.time.len()) as f64 / all as f64;
        let times = |part: &Part| -> Curve {
            kaplan_meier(Times {
                time: &part.time,
                end: &part.end,
                strata: None,
            })
        };
        let curves = [times(arm), times(reference)];
        let known_until = [curves[0].known_until(), curves[1].known_until()];
        if let Some(mut undefined) = beyond(horizon, known_until) {
            undefined.note("so it is in a stratum, within which the arms are compared");
            return undefined;
        }
        for (sum, curve) in sums.iter_mut().zip(&curves) {
            let Some(quantity) = read(curve) else {
                return Computed::undefined(EMPTY);
            };
            sum.0 += weight * quantity.value;
            sum.1 += (weight * quantity.std_error).powi(2);
        }
        competing |= arm.end.contains(&End::Competing) || reference.end.contains(&End::Competing);
    }
    let [arm, reference] = sums.map(|(value, variance): (f64, f64)| Measured {
        value,
        std_error: variance.sqrt(),
    });
    let mut computed = compare(arm, reference);
    computed.note("by stratum, weighted by stratum size");
    if competing {
        computed.note(CAUSE_SPECIFIC);
    }
    computed
}

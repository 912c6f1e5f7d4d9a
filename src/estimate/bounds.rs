//! Bounds on a difference in means when outcomes are missing.
//!
//! Promises: the arm with the higher share of outcomes is trimmed, whichever it is; ties at the cut
//! need no rule, because the person at the cut is kept with a fraction of a weight; swapping the
//! arms mirrors the bounds; an interval is for the effect, which lies somewhere between the two
//! bounds. Hides: trimming, its standard errors, and the critical value between one tail and two.
//!
//! Two assumptions to choose from. Lee 2009 (Review of Economic Studies 76:1071,
//! doi:10.1111/j.1467-937X.2009.00536.x): the arm moves everybody's having an outcome in one
//! direction, if at all; the effect is that on those who would have one in either arm. Manski
//! (Horowitz & Manski 2000, Journal of the American Statistical Association 95:77,
//! doi:10.1080/01621459.2000.10473902): only that each missing outcome lies between two limits; the
//! effect is that on everybody.

use super::distribution::{normal_quantile, normal_two_sided};
use super::means::Moments;
use super::shares::{self, root};
use super::{Computed, Interval};
use crate::protocol::IntervalId;
use crate::sample::Count;

/// The outcomes of an arm, and how many persons were drawn into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answers<'a> {
    /// Of those who have an outcome, in any order.
    pub values: &'a [f64],
    /// All who were drawn; at least as many.
    pub drawn: usize,
}

/// A lower and an upper bound on a difference in means.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub lower_error: Option<f64>,
    pub upper_error: Option<f64>,
    /// Holds the effect, not both bounds, with its level (Imbens & Manski 2004).
    pub interval: Option<Interval>,
    /// What Lee's bounds cut off; nothing where the arms have outcomes alike.
    pub trimmed: Option<Trimmed>,
    pub notes: Vec<String>,
}

/// What was cut off at one end, for the lower bound, and at the other, for the upper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trimmed {
    pub side: Side,
    /// Share of the side's outcomes.
    pub share: f64,
    /// Outcomes that are left, with a fraction for the person at the cut.
    pub kept: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Arm,
    Reference,
}

/// Why worst-case bounds cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BoundsError {
    #[error("the limits of the outcome, {least} and {most}, are not two numbers in order")]
    Limits { least: f64, most: f64 },
    #[error("the outcome {value} lies outside its limits, {least} and {most}")]
    Outside { value: f64, least: f64, most: f64 },
}

/// Returns Lee's bounds on ȳ₁ − ȳ₀, for outcomes of any unit, 1 and 0 included.
///
/// With s of n persons having an outcome, the arm with the higher s/n keeps k = n·s₀/n₀ of its s
/// outcomes, s₀/n₀ the other's share: the lowest k for one bound, the highest for the other, so
/// that the trimmed share is p = 1 − k/s. k need not be whole: its mean is that of the k/s lowest
/// part of the empirical distribution, (1/k)(y₍₁₎ + … + y₍⌊k⌋₎ + (k − ⌊k⌋)·y₍⌊k⌋₊₁₎), the sharp bound
/// of Horowitz & Manski 1995 (Econometrica 63:281, corollary 4.1, doi:10.2307/2951627) for
/// distributions with and without ties. Lee's sample analogue keeps the whole of the person at the
/// cut, which makes a difference of less than one outcome.
///
/// Standard errors: see `Kept::variance`. An interval needs two outcomes left in each arm.
pub fn lee_bounds(arm: Answers, reference: Answers, level: f64) -> Bounds {
    arm.check();
    reference.check();
    let (s1, n1) = (arm.values.len(), arm.drawn);
    let (s0, n0) = (reference.values.len(), reference.drawn);
    if s1 == 0 || s0 == 0 {
        return Bounds::undefined("an arm has no outcomes");
    }
    // s₁/n₁ against s₀/n₀ in whole numbers, so that equal shares are equal.
    let (higher, lower) = (s1 as u128 * n0 as u128, s0 as u128 * n1 as u128);
    let risk = spread_of_share(s1, n1) + spread_of_share(s0, n0);
    let arm_values = Sorted::of(arm.values);
    let reference_values = Sorted::of(reference.values);
    let cut_arm = || {
        let kept = Fraction::of(lower, n0);
        difference_of_trimmed(&arm_values, kept, &reference_values, risk)
    };
    let cut_reference = || {
        let kept = Fraction::of(higher, n1);
        // The effect on the other side of the comparison, turned round.
        let [low, high] = difference_of_trimmed(&reference_values, kept, &arm_values, risk);
        [high.negated(), low.negated()]
    };
    let trimmed = |side, kept: Fraction, s: usize| {
        let kept = kept.value();
        Some(Trimmed {
            side,
            share: 1.0 - kept / s as f64,
            kept,
        })
    };
    let mut bounds = match higher.cmp(&lower) {
        std::cmp::Ordering::Greater => {
            let trimmed = trimmed(Side::Arm, Fraction::of(lower, n0), s1);
            Bounds::between(cut_arm(), level, trimmed)
        }
        std::cmp::Ordering::Less => {
            let trimmed = trimmed(Side::Reference, Fraction::of(higher, n1), s0);
            Bounds::between(cut_reference(), level, trimmed)
        }
        // Nothing is cut, but it might have been, on either side: the larger error holds.
        std::cmp::Ordering::Equal => {
            let [a, b] = [cut_arm(), cut_reference()];
            let larger = |i: usize| End {
                value: a[i].value,
                variance: a[i].variance.zip(b[i].variance).map(|(a, b)| a.max(b)),
            };
            let mut bounds = Bounds::between([larger(0), larger(1)], level, None);
            bounds.note("the arms have outcomes alike, so that nothing is trimmed");
            bounds
        }
    };
    if bounds.interval.is_none() {
        bounds.note("fewer than two outcomes are left in an arm, or none that vary: no interval");
    }
    bounds
}

/// Returns worst-case bounds on ȳ₁ − ȳ₀ over everybody drawn: the lower with the missing outcomes
/// of the arm at the least limit and those of the reference at the most, the upper the other way.
///
/// Each bound is a difference in means of filled outcomes, with Neyman's variance, and the interval
/// is that of Imbens & Manski, cut at ±(most − least). The limits are those an outcome can have: 0
/// and 1 for a share, 0 and the window for a count of weeks.
pub fn worst_case_bounds(
    arm: Answers,
    reference: Answers,
    (least, most): (f64, f64),
    level: f64,
) -> Result<Bounds, BoundsError> {
    arm.check();
    reference.check();
    if !(least <= most && least.is_finite() && most.is_finite()) {
        return Err(BoundsError::Limits { least, most });
    }
    let outside = |value: &&f64| !(least..=most).contains(*value);
    let mut values = arm.values.iter().chain(reference.values);
    if let Some(&value) = values.find(outside) {
        return Err(BoundsError::Outside { value, least, most });
    }
    if arm.drawn == 0 || reference.drawn == 0 {
        return Ok(Bounds::undefined("nobody was drawn into an arm"));
    }
    let (arm, reference) = (Filled::of(arm), Filled::of(reference));
    let end = |arm_missing: f64, reference_missing: f64| {
        let (a, r) = (arm.with(arm_missing), reference.with(reference_missing));
        End {
            value: a.0 - r.0,
            variance: a.1.zip(r.1).map(|(a, r)| a + r),
        }
    };
    let mut bounds = Bounds::between([end(least, most), end(most, least)], level, None);
    match &mut bounds.interval {
        Some(interval) => {
            let range = most - least;
            interval.lower = interval.lower.map(|lower| lower.max(-range));
            interval.upper = interval.upper.map(|upper| upper.min(range));
        }
        None => bounds.note("fewer than two persons in an arm, or no variation: no interval"),
    }
    Ok(bounds)
}

/// Returns the difference in the share of missing outcomes over strata (arm, then reference), with p
/// from the score test of equal shares, which over several strata is that of Cochran, Mantel and
/// Haenszel; `events` are the missing, `n` all who were drawn.
pub fn difference_in_missing(strata: &[(Count, Count)]) -> Computed {
    const LEVEL: f64 = 0.95;
    const FORM: IntervalId = IntervalId::MiettinenNurminen;
    let mut computed = match strata {
        &[(arm, reference)] => shares::risk_difference(arm, reference, LEVEL, FORM),
        strata => shares::stratified_risk_difference(strata, LEVEL, FORM),
    };
    let all = |of: fn(&Count) -> u64| -> [u64; 2] {
        [0, 1].map(|side| strata.iter().map(|&(a, r)| of(&[a, r][side])).sum())
    };
    if all(|count| count.n).iter().all(|&n| n > 0) && all(|count| count.events) == [0, 0] {
        computed.notes = vec!["no outcome is missing".to_owned()];
    }
    computed
}

/// Returns whether so many outcomes are missing that bounds belong under the estimate: more than
/// 5 % in an arm, or more than 2.5 points between the arms.
pub fn bounds_belong(missing_arm: Count, missing_reference: Count) -> bool {
    let many = |count: Count| 20 * u128::from(count.events) > u128::from(count.n);
    let [x1, n1] = [missing_arm.events, missing_arm.n].map(u128::from);
    let [x0, n0] = [missing_reference.events, missing_reference.n].map(u128::from);
    // |x₁/n₁ − x₀/n₀| > 1/40
    let apart = 40 * (x1 * n0).abs_diff(x0 * n1) > n1 * n0;
    many(missing_arm) || many(missing_reference) || apart
}

/// Returns the interval for a quantity between two estimated bounds, which holds it with
/// probability `level` wherever between them it lies.
///
/// [lower − c·s_l, upper + c·s_u] with Φ(c + (upper − lower)/max(s_l, s_u)) − Φ(−c) = level (Imbens
/// & Manski 2004, Econometrica 72:1845,
/// doi:10.1111/j.1468-0262.2004.00555.x): c goes from the two-sided quantile, where the bounds
/// meet, to the one-sided, where they are far apart.
pub fn imbens_manski(lower: f64, upper: f64, errors: (f64, f64), level: f64) -> (f64, f64) {
    let (lower_error, upper_error) = errors;
    let apart = (upper - lower).max(0.0) / lower_error.max(upper_error);
    // P(Z ≥ x)
    let tail = |x: f64| match x >= 0.0 {
        true => normal_two_sided(x) / 2.0,
        false => 1.0 - normal_two_sided(x) / 2.0,
    };
    let missed = |c: f64| tail(c) + tail(c + apart) - (1.0 - level);
    let two_sided = normal_quantile(0.5 + level / 2.0);
    let c = root(missed, normal_quantile(level) - 1e-9, two_sided + 1e-9);
    (lower - c * lower_error, upper + c * upper_error)
}

/// A bound before its interval.
#[derive(Clone, Copy)]
struct End {
    value: f64,
    variance: Option<f64>,
}

impl Answers<'_> {
    /// Panics where more persons answered than were drawn, which no sample can hold.
    fn check(self) {
        assert!(
            self.values.len() <= self.drawn,
            "no more outcomes than persons"
        );
    }
}

impl End {
    fn negated(self) -> End {
        End {
            value: -self.value,
            variance: self.variance,
        }
    }
}

impl Bounds {
    fn undefined(reason: &str) -> Bounds {
        Bounds {
            lower: None,
            upper: None,
            lower_error: None,
            upper_error: None,
            interval: None,
            trimmed: None,
            notes: vec![reason.to_owned()],
        }
    }

    fn between([low, high]: [End; 2], level: f64, trimmed: Option<Trimmed>) -> Bounds {
        let errors = low.variance.zip(high.variance);
        let errors = errors.map(|(low, high)| (low.sqrt(), high.sqrt()));
        let varies = errors.filter(|errors| errors.0.max(errors.1) > 0.0);
        Bounds {
            lower: Some(low.value),
            upper: Some(high.value),
            lower_error: low.variance.map(f64::sqrt),
            upper_error: high.variance.map(f64::sqrt),
            interval: varies.map(|errors| {
                let (lower, upper) = imbens_manski(low.value, high.value, errors, level);
                Interval {
                    level,
                    lower: Some(lower),
                    upper: Some(upper),
                    method: IntervalId::ImbensManski,
                }
            }),
            trimmed,
            notes: Vec::new(),
        }
    }

    fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }
}

/// A whole number and what is left of a division.
#[derive(Clone, Copy)]
struct Fraction {
    whole: usize,
    part: f64,
}

impl Fraction {
    fn of(dividend: u128, divisor: usize) -> Fraction {
        let divisor = divisor as u128;
        Fraction {
            whole: (dividend / divisor) as usize,
            part: (dividend % divisor) as f64 / divisor as f64,
        }
    }

    fn value(self) -> f64 {
        self.whole as f64 + self.part
    }
}

/// Outcomes in ascending order, so that no sum depends on the order of rows.
struct Sorted(Vec<f64>);

/// The mean of one end of a sample, and what its variance is made of.
struct Kept {
    mean: f64,
    /// Of what is kept, with denominator k − 1; `None` for k ≤ 1.
    variance: Option<f64>,
    /// The outcome at the cut.
    cut: f64,
    kept: f64,
    of: f64,
}

impl Sorted {
    fn of(values: &[f64]) -> Sorted {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        Sorted(values)
    }

    /// Returns the lowest k outcomes, or the highest, with the one at the cut in part.
    ///
    /// The cut is the outcome kept in part, or, for a whole k, midway between the last kept and
    /// the first left out; where nothing is left out, the last.
    fn keep(&self, k: Fraction, end: Lowest) -> Kept {
        let s = self.0.len();
        let at = |i: usize| match end {
            Lowest::Kept => self.0[i],
            Lowest::LeftOut => self.0[s - 1 - i],
        };
        let part = if k.part > 0.0 { at(k.whole) } else { 0.0 };
        let sum = |f: &dyn Fn(f64) -> f64| {
            let whole: f64 = (0..k.whole).map(|i| f(at(i))).sum();
            if k.part > 0.0 {
                whole + k.part * f(part)
            } else {
                whole
            }
        };
        let kept = k.value();
        let mean = sum(&|y| y) / kept;
        let squares = sum(&|y| (y - mean).powi(2));
        let cut = if k.part > 0.0 {
            part
        } else if k.whole < s {
            at(k.whole - 1) / 2.0 + at(k.whole) / 2.0
        } else {
            at(s - 1)
        };
        Kept {
            mean,
            variance: (kept > 1.0).then(|| squares / (kept - 1.0)),
            cut,
            kept,
            of: s as f64,
        }
    }
}

/// What becomes of the lowest outcomes.
#[derive(Clone, Copy)]
enum Lowest {
    Kept,
    LeftOut,
}

impl Kept {
    /// Returns the variance of the trimmed mean μ, Lee 2009, proposition 3, in its three parts:
    /// σ²/k of the outcomes kept, (y − μ)²·p/k of the cut y, and (y − μ)²·v of the trimmed share,
    /// where v = (1 − α₁)/(α₁n₁) + (1 − α₀)/(α₀n₀) is the variance of the logarithm of the ratio of
    /// the shares with an outcome.
    fn variance(&self, share_risk: f64) -> Option<f64> {
        let trimmed = 1.0 - self.kept / self.of;
        let reach = (self.cut - self.mean).powi(2);
        self.variance
            .map(|variance| variance / self.kept + reach * (trimmed / self.kept + share_risk))
    }
}

/// Returns (1 − α)/(αn) for a share α = s/n of outcomes.
fn spread_of_share(s: usize, n: usize) -> f64 {
    (n - s) as f64 / (s as f64 * n as f64)
}

/// Returns the difference of the lowest k of a sample and another's mean, and of the highest k.
fn difference_of_trimmed(
    sample: &Sorted,
    k: Fraction,
    other: &Sorted,
    share_risk: f64,
) -> [End; 2] {
    let other = Moments::of(&other.0).expect("both arms have outcomes");
    let other_variance = other.variance.map(|variance| variance / other.n as f64);
    [Lowest::Kept, Lowest::LeftOut].map(|end| {
        let kept = sample.keep(k, end);
        End {
            value: kept.mean - other.mean,
            variance: kept
                .variance(share_risk)
                .zip(other_variance)
                .map(|(kept, other)| kept + other),
        }
    })
}

/// Moments of the outcomes there are, to be filled up with a constant.
struct Filled {
    observed: Option<Moments>,
    drawn: f64,
}

impl Filled {
    fn of(answers: Answers) -> Filled {
        Filled {
            observed: Moments::of(&Sorted::of(answers.values).0),
            drawn: answers.drawn as f64,
        }
    }

    /// Returns mean, and variance of the mean, with every missing outcome at `fill`.
    fn with(&self, fill: f64) -> (f64, Option<f64>) {
        let (n, mean, squares) = match self.observed {
            Some(moments) => {
                let n = moments.n as f64;
                let squares = moments.variance.unwrap_or(0.0) * (n - 1.0);
                (n, moments.mean, squares)
            }
            None => (0.0, fill, 0.0),
        };
        let missing = self.drawn - n;
        let filled = mean + (fill - mean) * (missing / self.drawn);
        // Within and between the observed and the filled.
        let total = squares + (mean - fill).powi(2) * n * missing / self.drawn;
        let variance = (self.drawn > 1.0).then(|| total / (self.drawn - 1.0) / self.drawn);
        (filled, variance)
    }
}

//! The effect of what was received, with the draw as its instrument.
//!
//! Promises: the set of effects that the Anderson–Rubin test does not reject, whatever its shape;
//! intervals of two-stage least squares only when asked for. Hides: that both come from one joint
//! fit of outcome and receipt on the drawn arm.
//!
//! With a the effects of the draw on outcome and receipt and V their covariance, the residuals of
//! y − βd are those of y less β times those of d, so that its effect of the draw, a_y − β·a_d, has
//! the variance V(β) = V_yy − 2βV_yd + β²V_dd. Two-stage least squares is the β with effect 0, and
//! its robust variance, with the leverages of the second stage, is V(β)/a_d².
//!
//! Sources: Anderson & Rubin 1949, doi:10.1214/aoms/1177730090; Angrist, Imbens & Rubin 1996,
//! doi:10.1080/01621459.1996.10476902; Andrews, Stock & Sun 2019, section 5,
//! doi:10.1146/annurev-economics-080218-025643; Staiger & Stock 1997, doi:10.2307/2171753.

use super::distribution::{t_quantile, t_two_sided};
use super::linear::{Columns, Inference};
use super::regression::{lin_fit, ols_fit};
use super::stratified::{Joint, Stratified, StratifiedError, joint};
use super::{Computed, Interval};
use crate::protocol::IntervalId;

/// How the effect of the draw is estimated, on the outcome and on what was received alike.
#[derive(Clone, Copy, Debug)]
pub enum Draw<'a> {
    Ols(&'a Columns<'a>, Inference),
    Lin(&'a Columns<'a>, Inference),
    Stratified(&'a Stratified<'a>, f64),
}

/// How the interval is formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateInterval {
    AndersonRubin,
    TwoStage,
}

/// The effect of what was received.
#[derive(Clone, Debug, PartialEq)]
pub struct Late {
    /// With the standard error of two-stage least squares, whatever the interval.
    pub computed: Computed,
    /// The effects that the Anderson–Rubin test does not reject.
    pub set: Option<EffectSet>,
    /// By how much the draw changed what was received: the share of compliers, when receipt is
    /// 1 or 0 and nobody did the opposite of the draw.
    pub complier_share: Option<f64>,
    /// (a_d / its standard error)²; `None` also where receipt follows the draw without exception.
    pub first_stage_f: Option<f64>,
}

/// Effects on a line, some of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EffectSet {
    Interval {
        lower: f64,
        upper: f64,
    },
    AtMost(f64),
    AtLeast(f64),
    /// All but those between the two.
    Complement {
        below: f64,
        above: f64,
    },
    Line,
    Empty,
}

impl EffectSet {
    /// Returns the set in words; `number` writes an effect.
    pub fn words(&self, number: impl Fn(f64) -> String) -> String {
        match *self {
            EffectSet::Interval { lower, upper } => {
                format!("effects from {} to {}", number(lower), number(upper))
            }
            EffectSet::AtMost(upper) => format!("all effects up to {}", number(upper)),
            EffectSet::AtLeast(lower) => format!("all effects from {} on", number(lower)),
            EffectSet::Complement { below, above } => format!(
                "all effects up to {} and from {} on",
                number(below),
                number(above)
            ),
            EffectSet::Line => "all effects: the data say nothing of their size".to_owned(),
            EffectSet::Empty => {
                "no effect: what was received does not explain the effect of the draw".to_owned()
            }
        }
    }
}

/// Returns the effect of what was received for those who received it because of the draw: the
/// effect on the outcome over the effect on receipt.
///
/// The p-value belongs to the interval: under Anderson–Rubin it is that of the effect of the draw
/// on the outcome. Covariates stand in both stages. An interval without bounds says that no effect
/// is excluded on that side; the shape of the set is in `set` and in a note.
pub fn late(draw: Draw, received: &[f64], interval: LateInterval) -> Result<Late, StratifiedError> {
    let (fitted, level) = match draw {
        Draw::Ols(columns, how) => (
            ols_fit(columns, &[columns.y, received], &how).map(Joint::from),
            how.level,
        ),
        Draw::Lin(columns, how) => (
            lin_fit(columns, &[columns.y, received], &how).map(Joint::from),
            how.level,
        ),
        Draw::Stratified(data, level) => (joint(data, &[data.y, received])?, level),
    };
    Ok(match fitted {
        Ok(joint) => ratio(joint.rounded(received), level, interval),
        Err(reason) => Late {
            computed: Computed::undefined(&reason),
            set: None,
            complier_share: None,
            first_stage_f: None,
        },
    })
}

/// A share of the largest value received up to which an effect on receipt is rounding.
const ROUNDING: f64 = 1e-11;

impl Joint {
    /// Takes an effect on receipt for none where it is none but for rounding.
    fn rounded(mut self, received: &[f64]) -> Joint {
        let largest = received.iter().fold(0.0_f64, |most, d| most.max(d.abs()));
        if self.estimates[1].abs() <= ROUNDING * largest {
            self.estimates[1] = 0.0;
        }
        self
    }
}

fn ratio(joint: Joint, level: f64, interval: LateInterval) -> Late {
    let (a_y, a_d) = (joint.estimates[0], joint.estimates[1]);
    let mut computed = match a_d == 0.0 {
        true => Computed::undefined("the draw did not change what was received"),
        false => Computed::point(a_y / a_d),
    };
    let mut late = Late {
        computed: computed.clone(),
        set: None,
        complier_share: Some(a_d),
        first_stage_f: None,
    };
    computed.notes.extend(joint.notes);
    let (Some(covariance), Some(df)) = (joint.covariance, joint.df) else {
        late.computed = computed;
        return late;
    };
    let [v_yy, v_yd, v_dd] = [(0, 0), (0, 1), (1, 1)].map(|(i, j)| covariance.at(i, j));
    late.first_stage_f = (v_dd > 0.0).then(|| a_d * a_d / v_dd);
    let critical = t_quantile(0.5 + level / 2.0, df).powi(2);
    let set = effects_not_rejected([a_y, a_d], [v_yy, v_yd, v_dd], critical);
    late.set = Some(set);
    let std_error = computed.estimate.map(|beta| {
        (v_yy - 2.0 * beta * v_yd + beta * beta * v_dd)
            .max(0.0)
            .sqrt()
            / a_d.abs()
    });
    match interval {
        LateInterval::TwoStage => {
            if let Some(std_error) = std_error {
                computed.by_t(std_error, Some(df), level);
            }
            if late.first_stage_f.is_some_and(|f| f < 10.0) {
                computed.note(
                    "the first stage has F below 10: the Anderson-Rubin set is to be preferred",
                );
            }
        }
        LateInterval::AndersonRubin => {
            computed.std_error = std_error;
            computed.df = Some(df);
            computed.p_value = (v_yy > 0.0).then(|| t_two_sided(a_y / v_yy.sqrt(), df));
            if v_yy == 0.0 {
                computed.note("the outcome does not vary: no test");
            }
            let bounds = match set {
                EffectSet::Interval { lower, upper } => Some((Some(lower), Some(upper))),
                EffectSet::AtMost(upper) => Some((None, Some(upper))),
                EffectSet::AtLeast(lower) => Some((Some(lower), None)),
                EffectSet::Complement { .. } | EffectSet::Line => Some((None, None)),
                EffectSet::Empty => None,
            };
            computed.interval = bounds.map(|(lower, upper)| Interval {
                level,
                lower,
                upper,
                method: IntervalId::AndersonRubin,
            });
            if let EffectSet::Complement { below, above } = set {
                computed.all_but = Some((below, above));
            }
            if !matches!(set, EffectSet::Interval { .. }) {
                let words = set.words(|x| format!("{x:.3}"));
                computed.note(&format!(
                    "the Anderson-Rubin set is unbounded or empty: {words}"
                ));
            }
            if df < 5.0 {
                computed.note("fewer than 5 degrees of freedom: prefer a randomisation test");
            }
        }
    }
    late.computed = computed;
    late
}

/// Returns the β with (a_y − β·a_d)² ≤ c·(V_yy − 2βV_yd + β²V_dd): a quadratic Aβ² − 2Bβ + C ≤ 0.
fn effects_not_rejected(
    [a_y, a_d]: [f64; 2],
    [v_yy, v_yd, v_dd]: [f64; 3],
    critical: f64,
) -> EffectSet {
    let a = a_d * a_d - critical * v_dd;
    let b = a_y * a_d - critical * v_yd;
    let c = a_y * a_y - critical * v_yy;
    if a == 0.0 {
        return match b.partial_cmp(&0.0) {
            Some(std::cmp::Ordering::Greater) => EffectSet::AtLeast(c / (2.0 * b)),
            Some(std::cmp::Ordering::Less) => EffectSet::AtMost(c / (2.0 * b)),
            _ if c <= 0.0 => EffectSet::Line,
            _ => EffectSet::Empty,
        };
    }
    // B² − AC = c·(a_y²V_dd − 2a_y·a_d·V_yd + a_d²V_yy − c·(V_yy·V_dd − V_yd²)), where the fourth
    // powers of the effects, which may be large, are gone.
    let at_ratio = a_y * a_y * v_dd - 2.0 * a_y * a_d * v_yd + a_d * a_d * v_yy;
    let discriminant = critical * (at_ratio - critical * (v_yy * v_dd - v_yd * v_yd));
    if a < 0.0 && discriminant <= 0.0 {
        return EffectSet::Line;
    }
    // The roots in the form that loses no digits; with A > 0 the ratio itself is in the set.
    let far = b + discriminant.max(0.0).sqrt().copysign(b);
    let (one, other) = match far == 0.0 {
        true => (0.0, 0.0),
        false => (far / a, c / far),
    };
    let (low, high) = (one.min(other), one.max(other));
    match a > 0.0 {
        true => EffectSet::Interval {
            lower: low,
            upper: high,
        },
        false => EffectSet::Complement {
            below: low,
            above: high,
        },
    }
}

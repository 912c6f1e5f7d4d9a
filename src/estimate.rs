//! Estimates: a sample and a method become a value with its interval, test, counts and source.
//!
//! Promises: every row names its method and source; interval and p come from the same
//! distribution; sums run in the order of the sample, so that no digit depends on the order of
//! rows or on threads; what does not exist is absent with a reason, never NaN.
//! Hides: formulas, each cited at its line in the files below.

pub mod distribution;
pub mod means;
pub mod multiplicity;
pub mod shares;

use crate::protocol::{Contrasts, IntervalId, MethodId, Role, Unit};
use crate::sample::{ArmSample, Sample};

/// What a method computes, before it is put beside its arms.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    pub estimate: Option<f64>,
    pub std_error: Option<f64>,
    pub df: Option<f64>,
    pub p_value: Option<f64>,
    pub interval: Option<Interval>,
    /// What a reader must know: why something is absent, what the scale is.
    pub notes: Vec<String>,
}

/// A confidence interval; a bound that does not exist is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    pub level: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub method: IntervalId,
}

impl Computed {
    pub(crate) fn point(estimate: f64) -> Computed {
        Computed {
            estimate: Some(estimate),
            ..Computed::nothing()
        }
    }

    pub(crate) fn undefined(reason: &str) -> Computed {
        let mut computed = Computed::nothing();
        computed.note(reason);
        computed
    }

    fn nothing() -> Computed {
        Computed {
            estimate: None,
            std_error: None,
            df: None,
            p_value: None,
            interval: None,
            notes: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }
}

/// Whether an estimate is added to the reference or multiplied with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Difference,
    Ratio,
    /// The quantity itself: one share.
    Level,
}

impl Scale {
    /// Returns the name in a result.
    pub const fn name(self) -> &'static str {
        match self {
            Scale::Difference => "difference",
            Scale::Ratio => "ratio",
            Scale::Level => "level",
        }
    }
}

/// One row of an effect table.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    pub outcome: Option<String>,
    pub label: Option<String>,
    pub unit: Unit,
    pub role: Option<Role>,
    pub arm: String,
    /// Absent where one share stands by itself.
    pub reference: Option<String>,
    pub method: MethodId,
    pub scale: Scale,
    pub computed: Computed,
    pub p_adjusted: Option<f64>,
    pub arm_counts: ArmCounts,
    pub reference_counts: Option<ArmCounts>,
    pub target: Option<f64>,
    /// Whether the quantity lies before the draw: a chance difference, and no effect.
    pub before_draw: bool,
}

/// Who stands behind a number, in one arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArmCounts {
    pub allocated: usize,
    pub missing: usize,
    /// Persons with an outcome.
    pub n: usize,
    pub mean: Option<f64>,
    /// Persons with a 1, for outcomes of 1 and 0.
    pub events: Option<u64>,
}

/// What to estimate for one outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    pub role: Option<Role>,
    /// Empty: the defaults for the unit.
    pub methods: Vec<MethodId>,
    pub contrasts: Contrasts,
    pub level: f64,
    pub interval: Option<IntervalId>,
}

/// Why an estimate cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    #[error("method `{method}` needs an outcome of 1 and 0, and `{outcome}` is none")]
    NeedsYesNo { method: MethodId, outcome: String },
    #[error("method `{method}` has no interval `{interval}`")]
    Interval {
        method: MethodId,
        interval: IntervalId,
    },
    #[error("outcome `{outcome}` is a time to an event, for which this version has no method")]
    NoMethod { outcome: String },
    #[error("method `{method}` compares two arms, and the sample has one")]
    OneArm { method: MethodId },
}

impl MethodId {
    /// Returns the publication a row of this method names.
    pub const fn source(self) -> &'static str {
        match self {
            MethodId::DifferenceInMeans => {
                "Neyman 1923, doi:10.1214/ss/1177012031; Welch 1947, doi:10.2307/2332510"
            }
            MethodId::RiskDifference | MethodId::RiskRatio => {
                "Miettinen & Nurminen 1985, doi:10.1002/sim.4780040211"
            }
            MethodId::OddsRatio => "Woolf 1955, doi:10.1111/j.1469-1809.1955.tb01348.x",
            MethodId::FisherExact => "Fisher 1935, doi:10.2307/2342435",
            MethodId::Share => "Clopper & Pearson 1934, doi:10.2307/2331986",
        }
    }

    /// Returns what the method does, in a line.
    pub const fn summary(self) -> &'static str {
        match self {
            MethodId::DifferenceInMeans => "difference in means, Neyman's variance",
            MethodId::RiskDifference => "difference of two shares",
            MethodId::RiskRatio => "ratio of two shares, as a relative change",
            MethodId::OddsRatio => "odds ratio",
            MethodId::FisherExact => "exact test of two shares, two-sided by point probabilities",
            MethodId::Share => "one share; p of its target by the exact binomial test",
        }
    }

    pub const fn scale(self) -> Scale {
        match self {
            MethodId::DifferenceInMeans | MethodId::RiskDifference => Scale::Difference,
            MethodId::RiskRatio | MethodId::OddsRatio | MethodId::FisherExact => Scale::Ratio,
            MethodId::Share => Scale::Level,
        }
    }

    /// Returns the intervals the method offers, the default first.
    pub const fn intervals(self) -> &'static [IntervalId] {
        match self {
            MethodId::DifferenceInMeans => &[IntervalId::Welch],
            MethodId::RiskDifference => &[
                IntervalId::MiettinenNurminen,
                IntervalId::Newcombe,
                IntervalId::Wald,
            ],
            MethodId::RiskRatio => &[IntervalId::MiettinenNurminen, IntervalId::Log],
            MethodId::OddsRatio => &[IntervalId::Log],
            MethodId::FisherExact => &[],
            MethodId::Share => &[IntervalId::ClopperPearson, IntervalId::Wilson],
        }
    }
}

impl IntervalId {
    /// Returns how the interval is formed, and the p that goes with it.
    pub const fn summary(self) -> &'static str {
        match self {
            IntervalId::MiettinenNurminen => {
                "Miettinen-Nurminen score limits, p by the same score (N - 1 chi-squared)"
            }
            IntervalId::Newcombe => {
                "Newcombe's, from Wilson's limits without continuity correction, p by the score \
                 (N - 1 chi-squared)"
            }
            IntervalId::Wald => "unrestricted standard error and normal, p by the same",
            IntervalId::Log => "normal on the log scale, p by the same",
            IntervalId::ClopperPearson => "exact, Clopper-Pearson",
            IntervalId::Wilson => "Wilson's score limits",
            IntervalId::Welch => "t with Welch-Satterthwaite degrees of freedom, p by the same",
            IntervalId::T => "Student's t with the degrees of freedom shown, p by the same",
            IntervalId::Normal => "normal, p by the same",
            IntervalId::LogLog => "normal on the scale of log(-log), Kalbfleisch-Prentice",
            IntervalId::Exact => "exact, conditional on the margins",
            IntervalId::AndersonRubin => "the effects that the Anderson-Rubin test does not reject",
            IntervalId::Inversion => "the effects that the randomisation test does not reject",
            IntervalId::ImbensManski => "Imbens and Manski's, for the effect between two bounds",
        }
    }

    /// Returns the publication of the interval, as a row of `method` names it.
    pub const fn source(self, method: MethodId) -> &'static str {
        match self {
            IntervalId::MiettinenNurminen => {
                "Miettinen & Nurminen 1985, doi:10.1002/sim.4780040211"
            }
            IntervalId::Newcombe => {
                "Newcombe 1998 (method 10), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-\
                 SIM779>3.0.CO;2-I"
            }
            IntervalId::Wald => "Newcombe 1998 (method 1)",
            IntervalId::Log => match method {
                MethodId::RiskRatio => "Katz et al. 1978, doi:10.2307/2530610",
                _ => method.source(),
            },
            IntervalId::ClopperPearson => "Clopper & Pearson 1934, doi:10.2307/2331986",
            IntervalId::Wilson => "Wilson 1927, doi:10.2307/2276774",
            IntervalId::Welch => MethodId::DifferenceInMeans.source(),
            IntervalId::T | IntervalId::Normal | IntervalId::Inversion => method.source(),
            IntervalId::LogLog => "Kalbfleisch & Prentice 1980, p. 15, doi:10.1002/9781118032985",
            IntervalId::Exact => "Fisher 1935, doi:10.2307/2342435; Cornfield 1956",
            IntervalId::AndersonRubin => "Anderson & Rubin 1949, doi:10.1214/aoms/1177730090",
            IntervalId::ImbensManski => {
                "Imbens & Manski 2004, doi:10.1111/j.1468-0262.2004.00555.x"
            }
        }
    }
}

impl Estimate {
    /// Returns the publication behind the row: that of its interval, else of its method.
    pub fn source(&self) -> &'static str {
        match &self.computed.interval {
            Some(interval) => interval.method.source(self.method),
            None => self.method.source(),
        }
    }
}

/// Returns the rows of one outcome: for each contrast, each method.
pub fn estimate(sample: &Sample, analysis: &Analysis) -> Result<Vec<Estimate>, EstimateError> {
    let methods = match analysis.methods.as_slice() {
        [] => default_methods(sample)?,
        methods => methods.to_vec(),
    };
    let mut rows = Vec::new();
    if let [only] = sample.arms.as_slice() {
        for method in methods {
            rows.push(row(sample, only, None, method, analysis)?);
        }
        return Ok(rows);
    }
    for (arm, reference) in contrasts(sample, &analysis.contrasts) {
        let (arm, reference) = (&sample.arms[arm], &sample.arms[reference]);
        for &method in &methods {
            rows.push(row(sample, arm, Some(reference), method, analysis)?);
        }
    }
    Ok(rows)
}

fn default_methods(sample: &Sample) -> Result<Vec<MethodId>, EstimateError> {
    match sample.unit {
        Unit::YesNo if sample.arms.len() == 1 => Ok(vec![MethodId::Share]),
        Unit::YesNo => Ok(vec![MethodId::RiskDifference, MethodId::RiskRatio]),
        Unit::ShareOfTime | Unit::Weeks | Unit::Number => Ok(vec![MethodId::DifferenceInMeans]),
        Unit::TimeToEvent | Unit::PooledShare => Err(EstimateError::NoMethod {
            outcome: sample.name(),
        }),
    }
}

/// Returns the pairs of arms to compare, each with its reference.
fn contrasts(sample: &Sample, contrasts: &Contrasts) -> Vec<(usize, usize)> {
    let arms = 0..sample.arms.len();
    match contrasts {
        Contrasts::Reference => {
            let reference = sample.reference;
            arms.filter(|&arm| arm != reference)
                .map(|arm| (arm, reference))
                .collect()
        }
        // Each pair once, against the arm that is the reference or stands later in the plan.
        Contrasts::AllPairs => {
            let mut pairs = Vec::new();
            for first in arms.clone() {
                for second in first + 1..arms.end {
                    pairs.push(match first == sample.reference {
                        true => (second, first),
                        false => (first, second),
                    });
                }
            }
            pairs
        }
        Contrasts::Named(pairs) => pairs.clone(),
    }
}

fn row(
    sample: &Sample,
    arm: &ArmSample,
    reference: Option<&ArmSample>,
    method: MethodId,
    analysis: &Analysis,
) -> Result<Estimate, EstimateError> {
    let interval = match analysis.interval {
        Some(interval) if method.intervals().contains(&interval) => interval,
        Some(interval) if analysis.methods.len() == 1 => {
            return Err(EstimateError::Interval { method, interval });
        }
        // An interval chosen for several methods holds for those that have it.
        _ => method
            .intervals()
            .first()
            .copied()
            .unwrap_or(IntervalId::Wald),
    };
    if method.needs_yes_no() && sample.unit != Unit::YesNo {
        return Err(EstimateError::NeedsYesNo {
            method,
            outcome: sample.name(),
        });
    }
    let level = analysis.level;
    let computed = match (method, reference) {
        (MethodId::Share, _) => shares::share(arm.count(), sample.target, level, interval),
        (_, None) => return Err(EstimateError::OneArm { method }),
        (MethodId::DifferenceInMeans, Some(reference)) => {
            means::difference_in_means(&arm.values, &reference.values, level)
        }
        (MethodId::RiskDifference, Some(reference)) => {
            shares::risk_difference(arm.count(), reference.count(), level, interval)
        }
        (MethodId::RiskRatio, Some(reference)) => {
            shares::risk_ratio(arm.count(), reference.count(), level, interval)
        }
        (MethodId::OddsRatio, Some(reference)) => {
            shares::odds_ratio(arm.count(), reference.count(), level)
        }
        (MethodId::FisherExact, Some(reference)) => {
            shares::fisher_exact(arm.count(), reference.count())
        }
    };
    Ok(Estimate {
        outcome: sample.outcome.clone(),
        label: sample.label.clone(),
        unit: sample.unit,
        role: analysis.role,
        arm: arm.id.clone(),
        reference: reference.map(|reference| reference.id.clone()),
        method,
        scale: method.scale(),
        computed,
        p_adjusted: None,
        arm_counts: counts(sample.unit, arm),
        reference_counts: reference.map(|reference| counts(sample.unit, reference)),
        target: sample.target,
        before_draw: sample.before_draw,
    })
}

fn counts(unit: Unit, arm: &ArmSample) -> ArmCounts {
    ArmCounts {
        allocated: arm.allocated,
        missing: arm.allocated - arm.values.len(),
        n: arm.values.len(),
        mean: means::Moments::of(&arm.values).map(|moments| moments.mean),
        events: (unit == Unit::YesNo).then(|| arm.count().events),
    }
}

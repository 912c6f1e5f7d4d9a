//! Estimates: a sample and a method become a value with its interval, test, counts and source.
//!
//! Promises: every row names its method and source; interval and p come from the same
//! distribution; sums run in the order of the sample, so that no digit depends on the order of
//! rows or on threads; what does not exist is absent with a reason, never NaN.
//! Hides: formulas, each cited at its line in the files below.

mod baseline;
pub mod bootstrap;
pub mod bounds;
mod contrast;
mod course;
pub mod distribution;
pub mod duration;
mod effects;
pub mod instrument;
pub mod linear;
pub mod means;
mod methods;
pub mod multiplicity;
mod planned;
pub mod redraw;
pub mod regression;
mod rows;
pub mod shares;
pub mod stratified;

use crate::protocol::{
    Contrasts, IntervalId, MethodId, Role, ShareScale, StandardErrors, Statistic, Unit,
};
use crate::sample::{Groups, Measured};

pub use baseline::{BANDS, Baseline, BaselineRow, Summary, baseline};
pub use bootstrap::Resampling;
pub use course::{Course, CourseArm, Point, course};
pub use effects::{ReplayPlan, design, effects};
pub use linear::DegreesOfFreedom;
pub use planned::{Asking, Failing, Made, PlannedError, outcome_of};
pub use rows::{Request, estimate, of_counts};

/// What a method computes, before it is put beside its arms.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    pub estimate: Option<f64>,
    pub std_error: Option<f64>,
    pub df: Option<f64>,
    pub p_value: Option<f64>,
    pub interval: Option<Interval>,
    /// Where the confidence set is all but what lies between two effects: these two.
    pub all_but: Option<(f64, f64)>,
    /// What the arm and the reference come to, where that is no plain mean.
    pub levels: Option<(f64, f64)>,
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
            all_but: None,
            levels: None,
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
    /// Absent where one arm stands by itself.
    pub reference: Option<String>,
    /// The level of a factor that the row is about; of a test over all levels, the factor alone.
    pub subgroup: Option<Subgroup>,
    pub method: MethodId,
    pub scale: Scale,
    pub computed: Computed,
    /// The lowest and the highest effect, of methods that bound and do not estimate.
    pub bounds: Option<(f64, f64)>,
    pub p_adjusted: Option<f64>,
    /// How many tests p was adjusted for, those that could not be made among them.
    pub family: Option<usize>,
    pub arm_counts: ArmCounts,
    pub reference_counts: Option<ArmCounts>,
    /// p of the test that as many outcomes are missing in both arms, where any is missing.
    pub missing_p: Option<f64>,
    pub target: Option<f64>,
    /// Why the number is no effect of the draw.
    pub standing: Standing,
    pub options: Options,
}

/// The part of the people that a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subgroup {
    pub factor: String,
    /// `None` for a test over all levels.
    pub level: Option<String>,
}

/// Whether a number can be read as an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// By the arm drawn, over all who were drawn.
    Effect,
    /// By the arm drawn, but as if the draw had no strata and no clusters.
    Sensitivity,
    /// A quantity from before the draw: a chance difference.
    BeforeDraw,
    /// A change within one arm, or people chosen by what happened after the draw.
    NotAnEffect(Because),
}

/// Why a number is not an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// It compares an arm with itself, before and after.
    WithinArm,
    /// It is of people chosen after the draw.
    Chosen,
    /// Only those who came so far have a value.
    Reached,
}

/// How a row was computed, beyond its method.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    pub adjust: Vec<String>,
    pub se: Option<StandardErrors>,
    /// What the strata are of.
    pub strata: Option<String>,
    /// What the clusters are of.
    pub cluster: Option<String>,
    pub weighted: bool,
    pub received: Option<String>,
    /// Of times: weeks, or the unit of the column.
    pub horizon: Option<f64>,
    /// The people that alone were looked at.
    pub only: Option<String>,
    pub replays: Option<Replayed>,
    pub resamples: Option<Resampled>,
}

/// The resamples behind an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resampled {
    pub number: u32,
    pub seed: String,
}

/// The replays behind a randomisation test.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    pub statistic: Statistic,
    /// Draws that were looked at.
    pub number: u64,
    /// Whether they were all there are.
    pub exact: bool,
    /// Monte-Carlo standard error of p.
    pub error: Option<f64>,
    pub seed: String,
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
pub struct Analysis<'s> {
    pub role: Option<Role>,
    /// Empty: the defaults for the unit and the draw.
    pub methods: Vec<MethodId>,
    pub contrasts: Contrasts,
    pub level: f64,
    pub interval: Option<IntervalId>,
    pub se: Option<StandardErrors>,
    pub df: DegreesOfFreedom,
    /// Facts to adjust for: indices into those of the people.
    pub adjust: Vec<usize>,
    /// Groups to look at one by one.
    pub by: Option<&'s Groups>,
    pub received: Option<&'s Measured>,
    pub horizon: Option<f64>,
    pub scale: Option<ShareScale>,
    pub design: Respect,
    pub model: Model,
    /// Only those who are marked, under this name: chosen by what happened after the draw.
    pub only: Option<(&'s str, &'s [bool])>,
    /// Bounds with every missing outcome at its worst; the least and largest value where the
    /// measure does not set them.
    pub worst_case: Option<WorstCase>,
    /// For intervals by resampling.
    pub resampling: Resampling,
}

/// Whether strata and clusters of the draw are heeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Respect {
    #[default]
    Heeded,
    /// For a row that is marked as a sensitivity analysis.
    Ignored,
}

/// Whose data a regression is fitted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    #[default]
    TwoArms,
    AllArms,
}

/// Values that missing outcomes may have had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WorstCase {
    /// Those of the measure.
    OfMeasure,
    Between(f64, f64),
}

/// Why an estimate cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EstimateError {
    #[error("method `{method}` needs {expected}, and `{outcome}` is none")]
    Unit {
        method: MethodId,
        outcome: String,
        expected: &'static str,
    },
    #[error("method `{method}` has no interval `{interval}`")]
    Interval {
        method: MethodId,
        interval: IntervalId,
    },
    #[error("method `{method}` compares two arms, and the sample has one")]
    OneArm { method: MethodId },
    #[error("the draw was {design}, and method `{method}` does not heed it")]
    Design {
        method: MethodId,
        design: &'static str,
        instead: &'static str,
    },
    #[error("method `{method}` needs {what}")]
    Lacks {
        method: MethodId,
        what: &'static str,
        hint: &'static str,
    },
    #[error("method `{method}` counts everybody alike, and the table has weights")]
    Weights { method: MethodId },
    #[error("standard errors `{se}` need clusters, and the draw had none")]
    NoClusters { se: StandardErrors },
    #[error("outcome `{outcome}`: {message}")]
    Method { outcome: String, message: String },
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

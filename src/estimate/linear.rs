//! Least squares from streaming passes over columns, with robust variances of chosen coefficients.
//!
//! Promises: centred columns; a column that depends on earlier ones is dropped and named; sums run
//! over fixed pieces of rows, so that no digit depends on the number of threads; memory beyond
//! the columns is of the order of their number squared, and four bytes a row where clusters stand
//! scattered. Hides: the orthonormal basis in which
//! leverages and degrees of freedom are short sums.
//!
//! With X = ZR, Z'Z = I, the coefficient c'β has the row weights g = Zc̃, c̃ = R⁻ᵀc, the leverage
//! of a row is |z|², and the variances are
//!
//! ```text
//! classical  σ̂²·c̃'c̃                     hc0, hc1  Σ g²u² (hc1: times n/(n − k))
//! hc2        Σ g²u²/(1 − h)              hc3       Σ g²u²/(1 − h)²
//! cr0, cr1   Σ over clusters (Σ g·u)² (cr1: times G/(G − 1)·(n − 1)/(n − k))     cr2: `clusters`
//! ```
//!
//! Weights multiply rows of X and y by √w; hc2 and its degrees of freedom are then those of the
//! multiplied rows, as in `estimatr` (variances taken as inverse to the weights). `cr2` holds the
//! variances equal and the weights for weights of sampling, as `clubSandwich` does for `lm`.
//!
//! Sources: White 1980, doi:10.2307/1912934 (hc0); MacKinnon & White 1985,
//! doi:10.1016/0304-4076(85)90158-7 (hc1 to hc3); Bell & McCaffrey 2002, Survey Methodology 28:169
//! and Imbens & Kolesár 2016, doi:10.1162/REST_a_00552 (degrees of freedom of hc2); Liang & Zeger
//! 1986, doi:10.1093/biomet/73.1.13 (cr0); Stata's manual, \[P\] _robust (the factor of cr1).

// Rows and columns of a matrix go by their index here, as in the formulas.
#![allow(clippy::needless_range_loop)]

mod basis;
mod clusters;
pub(crate) mod matrix;
mod panel;
mod rows;

use std::num::NonZeroUsize;

use self::matrix::{Square, inner};
use super::distribution::{t_quantile, t_two_sided};
use super::stratified::Joint;
use super::{Computed, Interval};
use crate::protocol::{IntervalId, StandardErrors};

/// What enters a linear estimate, column by column, all of one length and in a fixed order.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    pub y: &'a [f64],
    /// Whether a row stands in the arm; the others stand in the reference.
    pub in_arm: &'a [bool],
    pub covariates: &'a [Covariate<'a>],
    /// Positive numbers; multiplying all of them by one number changes nothing.
    pub weights: Option<&'a [f64]>,
    /// Numbers of clusters, from 0 without large gaps; used by `cr0`, `cr1` and `cr2`.
    pub cluster: Option<&'a [u32]>,
}

/// A column that was known before the draw.
#[derive(Clone, Copy, Debug)]
pub struct Covariate<'a> {
    pub name: &'a str,
    pub values: &'a [f64],
}

/// Which t distribution an estimate is held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DegreesOfFreedom {
    /// Bell–McCaffrey for `hc2`, Pustejovsky–Tipton for `cr2`; the others as `Residual`.
    #[default]
    Satterthwaite,
    /// Rows less columns; with clusters, clusters less one.
    Residual,
}

/// How a linear estimate becomes an interval and a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inference {
    /// `cr0`, `cr1` and `cr2` without clusters take every row for a cluster; the others take no
    /// notice of clusters.
    pub errors: StandardErrors,
    pub df: DegreesOfFreedom,
    pub level: f64,
    /// As many as the machine has where absent; no digit depends on it.
    pub threads: Option<NonZeroUsize>,
}

impl Inference {
    /// Returns the default: `cr2` where there are clusters and `hc2` where there are none, with
    /// Satterthwaite's degrees of freedom.
    pub fn usual(columns: &Columns, level: f64) -> Inference {
        Inference {
            errors: match columns.cluster {
                Some(_) => StandardErrors::Cr2,
                None => StandardErrors::Hc2,
            },
            df: DegreesOfFreedom::Satterthwaite,
            level,
            threads: None,
        }
    }
}

/// An outcome is explained when no more than this share of its sum of squares is left.
const EXPLAINED: f64 = 1e-25;
const TOO_LARGE: &str = "the numbers are too large or too far apart to be squared";

/// A column of a regression: a part, and where `only_in` is given, 0 for rows outside that arm.
pub(super) struct Column<'a> {
    pub name: String,
    pub part: Part<'a>,
    pub only_in: Option<&'a [bool]>,
    /// A column whose being dropped says that this one is.
    pub implied_by: Option<usize>,
}

pub(super) enum Part<'a> {
    One,
    Values { values: &'a [f64], less: f64 },
    Level { of: &'a [u32], level: u32 },
}

impl<'a> Column<'a> {
    pub fn arm(in_arm: &'a [bool]) -> Column<'a> {
        Column {
            name: "arm".to_owned(),
            part: Part::One,
            only_in: Some(in_arm),
            implied_by: None,
        }
    }

    pub fn covariate(covariate: &Covariate<'a>) -> Column<'a> {
        Column {
            name: covariate.name.to_owned(),
            part: Part::Values {
                values: covariate.values,
                less: 0.0,
            },
            only_in: None,
            implied_by: None,
        }
    }
}

/// Outcomes to be regressed on an intercept and the same columns.
pub(super) struct Model<'a> {
    rows: usize,
    outcomes: Vec<&'a [f64]>,
    /// The intercept first.
    columns: Vec<Column<'a>>,
    weights: Option<&'a [f64]>,
    cluster: Option<&'a [u32]>,
}

/// A coefficient that is wanted: the index of its column, or of the intercept where it is alone.
pub(super) type Wanted = usize;
pub(super) const INTERCEPT: Wanted = 0;

/// What is known of the wanted coefficients of each outcome.
pub(super) struct Fit {
    /// By wanted coefficient, then by outcome.
    pub estimates: Vec<f64>,
    /// Of the estimates, in their order; absent with a note.
    pub covariance: Option<Square>,
    /// Of the first wanted coefficient, whatever the outcome.
    pub df: Option<f64>,
    /// Of Hotelling's T² of all wanted coefficients together, for `cr2` with Satterthwaite's.
    pub together: Option<f64>,
    /// Rows less columns, or clusters less one.
    pub residual_df: f64,
    /// Whether an outcome is a constant or follows from the columns without a rest.
    pub explained: Vec<bool>,
    /// Columns that were dropped, by their index.
    pub dropped: Vec<usize>,
    pub notes: Vec<String>,
}

/// Returns why nothing can be estimated, in words.
type Undefined = String;

impl<'a> Model<'a> {
    pub fn new(
        outcomes: Vec<&'a [f64]>,
        columns: Vec<Column<'a>>,
        weights: Option<&'a [f64]>,
        cluster: Option<&'a [u32]>,
    ) -> Model<'a> {
        let intercept = Column {
            name: "intercept".to_owned(),
            part: Part::One,
            only_in: None,
            implied_by: None,
        };
        Model {
            rows: outcomes[0].len(),
            outcomes,
            columns: std::iter::once(intercept).chain(columns).collect(),
            weights,
            cluster,
        }
    }

    /// Fits, and returns the coefficients wanted with their covariance.
    pub fn fit(&self, wanted: &[Wanted], how: &Inference) -> Result<Fit, Undefined> {
        let basis = self.basis(how.threads)?;
        let mut notes = basis.dropped_names(self);
        let mut directions = Vec::new();
        for &column in wanted {
            match basis.factor.kept.iter().position(|&kept| kept == column) {
                Some(place) => directions.push(basis.factor.solve_transposed(place)),
                None => return Err(self.not_identified(column)),
            }
        }
        let rank = basis.factor.kept.len();
        let spread = if how.errors.by_cluster() {
            clusters::spread(self, &basis, &directions, how)
        } else {
            self.spread(&basis, &directions, how)
        };
        let mut estimates = Vec::new();
        for (direction, &column) in directions.iter().zip(wanted) {
            for (m, (coordinates, _)) in basis.factor.outcomes.iter().enumerate() {
                // A mean by itself: outcomes were centred, and there is no other column.
                let centre = match column {
                    INTERCEPT => basis.centres[self.columns.len() + m],
                    _ => 0.0,
                };
                estimates.push(centre + inner(direction, coordinates));
            }
        }
        // g'u is 0 but for rounding: what it says is what the first solution lacked.
        for (estimate, rest) in estimates.iter_mut().zip(&spread.refinement) {
            *estimate += rest;
        }
        notes.extend(spread.notes);
        if rank >= self.rows {
            notes.push("as many columns as rows: no standard error".to_owned());
        }
        let residual_df = match spread.clusters {
            Some(clusters) => clusters as f64 - 1.0,
            None => self.rows as f64 - rank as f64,
        };
        // Sums of products of rounding errors are no variance.
        let explained: Vec<bool> = (spread.rests.iter().zip(&basis.whole))
            .map(|(rest, whole)| *rest <= EXPLAINED * whole)
            .collect();
        let mut covariance = spread
            .covariance
            .filter(|_| rank < self.rows && residual_df > 0.0);
        if let Some(covariance) = &mut covariance {
            let outcomes = self.outcomes.len();
            let real = |i: usize| {
                let (t, m) = (i / outcomes, i % outcomes);
                let most = inner(&directions[t], &directions[t]) * spread.rests[m];
                !explained[m] && covariance.at(i, i) > EXPLAINED * most
            };
            let real: Vec<bool> = (0..covariance.size).map(real).collect();
            covariance.keep(|i| real[i]);
        }
        let finite = estimates.iter().all(|x| x.is_finite())
            && covariance.iter().all(|c| c.trace().is_finite());
        if !finite {
            return Err(TOO_LARGE.to_owned());
        }
        Ok(Fit {
            estimates,
            df: match (how.df, how.errors) {
                (DegreesOfFreedom::Satterthwaite, StandardErrors::Hc2 | StandardErrors::Cr2) => {
                    spread.df.filter(|df| df.is_finite() && *df > 0.0)
                }
                _ => Some(residual_df),
            },
            together: spread.together,
            covariance,
            residual_df,
            explained,
            dropped: (0..self.columns.len())
                .filter(|column| !basis.factor.kept.contains(column))
                .collect(),
            notes,
        })
    }

    fn not_identified(&self, column: usize) -> Undefined {
        let name = &self.columns[column].name;
        format!("{name} is a linear combination of the other columns: its effect is undefined")
    }
}

/// What a pass over the residuals gives.
struct Spread {
    covariance: Option<Square>,
    df: Option<f64>,
    /// Degrees of freedom of all directions together, by `cr2`.
    together: Option<f64>,
    refinement: Vec<f64>,
    /// Sum of squares that is left of each outcome.
    rests: Vec<f64>,
    clusters: Option<usize>,
    notes: Vec<String>,
}

impl From<Fit> for Joint {
    fn from(fit: Fit) -> Joint {
        Joint {
            estimates: fit.estimates,
            covariance: fit.covariance,
            df: fit.df,
            notes: fit.notes,
        }
    }
}

impl Fit {
    /// Returns the first wanted coefficient of the first outcome with its t interval and test.
    pub fn computed(self, level: f64) -> Computed {
        let mut computed = Computed::point(self.estimates[0]);
        computed.notes = self.notes;
        let Some(covariance) = self.covariance else {
            return computed;
        };
        if self.explained[0] {
            computed.std_error = Some(0.0);
            computed.note("the columns leave nothing of the outcome: no test and no interval");
            return computed;
        }
        computed.by_t(covariance.at(0, 0).max(0.0).sqrt(), self.df, level);
        computed
    }
}

impl Computed {
    /// Adds standard error, test and interval by Student's t.
    pub(super) fn by_t(&mut self, std_error: f64, df: Option<f64>, level: f64) {
        self.std_error = Some(std_error);
        let (Some(estimate), Some(df)) = (self.estimate, df) else {
            self.note("no degrees of freedom: no test and no interval");
            return;
        };
        self.df = Some(df);
        if std_error == 0.0 {
            self.note("the standard error is zero: no test and no interval");
            return;
        }
        let half = t_quantile(0.5 + level / 2.0, df) * std_error;
        self.p_value = Some(t_two_sided(estimate / std_error, df));
        self.interval = Some(Interval {
            level,
            lower: Some(estimate - half),
            upper: Some(estimate + half),
            method: IntervalId::T,
        });
        if df < 5.0 {
            self.note("fewer than 5 degrees of freedom: prefer a randomisation test");
        }
    }
}

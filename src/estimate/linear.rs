//! Least squares from streaming passes over columns, with robust variances of chosen coefficients.
//!
//! Promises: centred columns; a column that depends on earlier ones is dropped and named; sums run
//! over fixed pieces of rows, so that no digit depends on the number of threads; memory beyond
//! the columns is of the order of their number squared. Hides: the orthonormal basis in which
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
//! 1986, doi:10.1093/biomet/73.1.13 (cr0).

mod clusters;
pub(crate) mod matrix;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::matrix::{Factor, Square, factor, inner};
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

/// Rows that pass through the processor's cache together.
const BLOCK: usize = 256;
/// Rows that are summed by themselves, in order, before the sums are added in order.
const PIECE: usize = 16_384;
/// A column is dropped when earlier ones leave no more than this share of its sum of squares.
const TOLERANCE: f64 = 1e-11;
/// Where less than this share is left of some column, the basis is made twice.
const ILL: f64 = 1e-4;
/// An outcome is explained when no more than this share of its sum of squares is left.
const EXPLAINED: f64 = 1e-25;
/// A leverage within this distance of 1 is 1.
const AT_ONE: f64 = 1e-10;

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
    /// Rows less columns, or clusters less one.
    pub residual_df: f64,
    /// Whether an outcome is a constant or follows from the columns without a rest.
    pub explained: Vec<bool>,
    pub notes: Vec<String>,
}

/// Returns why nothing can be estimated, in words.
type Undefined = String;

/// Rows of a pass: a run, or the rows picked by an order of their own.
#[derive(Clone, Copy)]
enum Rows<'r> {
    Run(usize, usize),
    Picked(&'r [u32]),
}

impl Rows<'_> {
    fn len(&self) -> usize {
        match self {
            Rows::Run(_, len) => *len,
            Rows::Picked(list) => list.len(),
        }
    }

    fn each<T: Copy>(&self, source: &[T], out: &mut [f64], write: impl Fn(&mut f64, T)) {
        match *self {
            Rows::Run(start, len) => {
                for (value, &x) in out.iter_mut().zip(&source[start..start + len]) {
                    write(value, x);
                }
            }
            Rows::Picked(list) => {
                for (value, &row) in out.iter_mut().zip(list) {
                    write(value, source[row as usize]);
                }
            }
        }
    }
}

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

    /// Writes a variable less its centre: a column, or behind the columns an outcome.
    fn fill(&self, variable: usize, centre: f64, rows: Rows, out: &mut [f64]) {
        let Some(column) = self.columns.get(variable) else {
            let outcome = self.outcomes[variable - self.columns.len()];
            rows.each(outcome, out, |value, x| *value = x - centre);
            return;
        };
        match column.part {
            Part::One => out.fill(1.0),
            Part::Values { values, less } if column.only_in.is_none() => {
                let centre = centre + less;
                return rows.each(values, out, |value, x| *value = x - centre);
            }
            Part::Values { values, less } => rows.each(values, out, |value, x| *value = x - less),
            Part::Level { of, level } => {
                rows.each(of, out, |value, x| *value = f64::from(x == level));
            }
        }
        if let Some(arm) = column.only_in {
            rows.each(arm, out, |value, inside| {
                *value = if inside { *value } else { 0.0 };
            });
        }
        if centre != 0.0 {
            out.iter_mut().for_each(|value| *value -= centre);
        }
    }

    fn variables(&self) -> usize {
        self.columns.len() + self.outcomes.len()
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
            covariance.keep(|i| !explained[i % self.outcomes.len()]);
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
            covariance,
            residual_df,
            explained,
            notes,
        })
    }

    fn not_identified(&self, column: usize) -> Undefined {
        let name = &self.columns[column].name;
        format!("{name} is a linear combination of the other columns: its effect is undefined")
    }

    /// Returns the centred basis of the columns and the coordinates of the outcomes in it.
    fn basis(&self, threads: Option<NonZeroUsize>) -> Result<Basis, Undefined> {
        let found = self.centres(threads)?;
        let columns = self.columns.len();
        let mut centres: Vec<f64> = found.iter().map(|centre| centre.mean).collect();
        centres[INTERCEPT] = 0.0;
        let mut constant: Vec<bool> = found.iter().map(|centre| !centre.varies).collect();
        constant[INTERCEPT] = false;
        let gram = self.cross_products(&centres, None, threads);
        if !gram.trace().is_finite() {
            return Err(TOO_LARGE.to_owned());
        }
        let whole: Vec<f64> = (columns..gram.size).map(|y| gram.at(y, y)).collect();
        let mut basis = Basis {
            factor: factor(&gram, columns, &constant[..columns], TOLERANCE),
            constant,
            centres,
            whole,
        };
        if basis.factor.least_share < ILL {
            // A second round on the first basis, whose columns are all but orthonormal (Yamamoto
            // et al. 2015, Electronic Transactions on Numerical Analysis 44:306, CholeskyQR2).
            let again = self.cross_products(&basis.centres, Some(&basis), threads);
            let rank = basis.factor.kept.len();
            let second = factor(&again, rank, &vec![false; rank], 0.0);
            if second.kept.len() == rank {
                basis.factor = basis.factor.times(&second);
            }
        }
        Ok(basis)
    }

    /// Returns for each variable its weighted mean, or the value it always has.
    fn centres(&self, threads: Option<NonZeroUsize>) -> Result<Vec<Centre>, Undefined> {
        let first: Vec<f64> = (0..self.variables())
            .map(|variable| {
                let mut value = [0.0];
                self.fill(variable, 0.0, Rows::Run(0, 1), &mut value);
                value[0]
            })
            .collect();
        let pieces = pieces(self.rows);
        let parts = in_order(pieces.len(), threads, |piece| {
            let mut parts: Vec<Centre> = first.iter().map(|_| Centre::NONE).collect();
            let (mut values, mut weights) = ([0.0; BLOCK], [1.0; BLOCK]);
            for rows in blocks(&pieces[piece]) {
                let weights = &mut weights[..rows.len()];
                if let Some(all) = self.weights {
                    rows.each(all, weights, |value, w| *value = w);
                }
                for (variable, part) in parts.iter_mut().enumerate() {
                    let values = &mut values[..rows.len()];
                    self.fill(variable, 0.0, rows, values);
                    part.mean += dot(values, weights);
                    let other = |&x: &f64| x != first[variable];
                    part.varies |= values.iter().fold(false, |any, x| any | other(x));
                }
            }
            parts
        });
        let mut centres: Vec<Centre> = first.iter().map(|_| Centre::NONE).collect();
        for part in &parts {
            for (centre, part) in centres.iter_mut().zip(part) {
                centre.mean += part.mean;
                centre.varies |= part.varies;
            }
        }
        let weights_are_good = self
            .weights
            .is_none_or(|w| w.iter().all(|&w| w > 0.0 && w.is_finite()));
        if !weights_are_good {
            return Err("a weight is not a positive number".to_owned());
        }
        if let Some(bad) = centres.iter().position(|centre| !centre.mean.is_finite()) {
            return Err(match self.columns.get(bad) {
                Some(column) => format!("column `{}` has a value that is no number", column.name),
                None => "the outcome has a value that is no number".to_owned(),
            });
        }
        // The intercept is 1 in every row: its sum is that of the weights.
        let weight = centres[INTERCEPT].mean;
        for (centre, first) in centres.iter_mut().zip(first) {
            centre.mean = match centre.varies {
                true => centre.mean / weight,
                false => first,
            };
        }
        Ok(centres)
    }

    /// Returns the cross products of all variables, upper triangle: of the centred columns and
    /// outcomes, or of a basis and what it leaves of the outcomes.
    fn cross_products(
        &self,
        centres: &[f64],
        basis: Option<&Basis>,
        threads: Option<NonZeroUsize>,
    ) -> Square {
        let outcomes = self.outcomes.len();
        let pieces = pieces(self.rows);
        let size = outcomes + basis.map_or(self.columns.len(), |basis| basis.factor.kept.len());
        let grams = in_order(pieces.len(), threads, |piece| {
            let mut gram = Square::zero(size);
            let mut panel = Panel::new(size);
            for rows in blocks(&pieces[piece]) {
                match basis {
                    None => panel.load(self, 0..self.variables(), centres, rows),
                    Some(basis) => panel.whiten(self, basis, rows),
                }
                panel.add_products(size, &mut gram);
            }
            gram
        });
        total(size, grams)
    }

    /// Returns the variance without clusters.
    fn spread(&self, basis: &Basis, directions: &[Vec<f64>], how: &Inference) -> Spread {
        let pieces = pieces(self.rows);
        let parts = in_order(pieces.len(), how.threads, |piece| {
            let mut part = RowSums::new(self, basis, directions, how);
            let mut panel = Panel::new(basis.factor.kept.len() + self.outcomes.len());
            for rows in blocks(&pieces[piece]) {
                panel.whiten(self, basis, rows);
                part.add(&mut panel, directions);
            }
            part
        });
        let mut sum = RowSums::new(self, basis, directions, how);
        for part in &parts {
            sum.join(part);
        }
        sum.finish(self.rows, basis.factor.kept.len(), directions)
    }
}

/// What a pass over the residuals gives.
struct Spread {
    covariance: Option<Square>,
    df: Option<f64>,
    refinement: Vec<f64>,
    /// Sum of squares that is left of each outcome.
    rests: Vec<f64>,
    clusters: Option<usize>,
    notes: Vec<String>,
}

/// The orthonormal basis of the columns kept.
struct Basis {
    factor: Factor,
    centres: Vec<f64>,
    constant: Vec<bool>,
    /// Sum of squares of each centred outcome.
    whole: Vec<f64>,
}

impl Basis {
    fn dropped_names(&self, model: &Model) -> Vec<String> {
        let dropped = |column: usize| !self.factor.kept.contains(&column);
        let mut notes = Vec::new();
        for (index, column) in model.columns.iter().enumerate() {
            if !dropped(index) || column.implied_by.is_some_and(dropped) {
                continue;
            }
            let why = match self.constant[index] {
                true => "it does not vary",
                false => "it is a linear combination of the others",
            };
            notes.push(format!("column `{}` was dropped: {why}", column.name));
        }
        notes
    }
}

impl Factor {
    /// Returns the factor of the columns, when `second` is that of the basis this one gives.
    fn times(&self, second: &Factor) -> Factor {
        let rank = self.kept.len();
        let product = |i: usize, vector: &dyn Fn(usize) -> f64| -> f64 {
            (i..rank).map(|l| second.rows[i][l] * vector(l)).sum()
        };
        Factor {
            kept: self.kept.clone(),
            rows: (0..rank)
                .map(|i| {
                    (0..rank)
                        .map(|j| product(i, &|l| self.rows[l][j]))
                        .collect()
                })
                .collect(),
            outcomes: self
                .outcomes
                .iter()
                .zip(&second.outcomes)
                .map(|((first, _), (more, rest))| {
                    let coordinates = (0..rank).map(|i| product(i, &|l| first[l]) + more[i]);
                    (coordinates.collect(), *rest)
                })
                .collect(),
            least_share: self.least_share,
        }
    }
}

/// Mean of a variable, and whether it takes more than one value.
struct Centre {
    mean: f64,
    varies: bool,
}

impl Centre {
    const NONE: Centre = Centre {
        mean: 0.0,
        varies: false,
    };
}

/// A block of rows of several variables, variable by variable.
struct Panel {
    values: Vec<f64>,
    root_weights: Vec<f64>,
    len: usize,
}

impl Panel {
    fn new(variables: usize) -> Panel {
        Panel {
            values: vec![0.0; variables * BLOCK],
            root_weights: vec![1.0; BLOCK],
            len: 0,
        }
    }

    fn column(&self, index: usize) -> &[f64] {
        &self.values[index * BLOCK..index * BLOCK + self.len]
    }

    fn column_mut(&mut self, index: usize) -> &mut [f64] {
        &mut self.values[index * BLOCK..index * BLOCK + self.len]
    }

    /// Loads variables, less their centres and times the root of the weights.
    fn load(
        &mut self,
        model: &Model,
        variables: impl Iterator<Item = usize>,
        centres: &[f64],
        rows: Rows,
    ) {
        self.len = rows.len();
        for (place, variable) in variables.enumerate() {
            model.fill(variable, centres[variable], rows, self.column_mut(place));
        }
        if let Some(weights) = model.weights {
            let len = self.len;
            rows.each(weights, &mut self.root_weights[..len], |root, w| {
                *root = w.sqrt()
            });
            for column in self.values.chunks_exact_mut(BLOCK) {
                for (x, root) in column[..len].iter_mut().zip(&self.root_weights) {
                    *x *= root;
                }
            }
        }
    }

    /// Loads the columns kept and turns them into those of the basis, z = R⁻ᵀx, and the outcomes
    /// behind them into what the basis leaves of them.
    fn whiten(&mut self, model: &Model, basis: &Basis, rows: Rows) {
        let all = model.columns.len()..model.variables();
        let kept = &basis.factor.kept;
        let rank = kept.len();
        self.load(model, kept.iter().copied().chain(all), &basis.centres, rows);
        let len = self.len;
        for j in 0..rank {
            let (before, now) = self.values.split_at_mut(j * BLOCK);
            let now = &mut now[..len];
            subtract_all(before, |i| basis.factor.rows[i][j], j, now);
            let pivot = basis.factor.rows[j][j];
            now.iter_mut().for_each(|x| *x /= pivot);
        }
        for (m, (coordinates, _)) in basis.factor.outcomes.iter().enumerate() {
            let (before, now) = self.values.split_at_mut((rank + m) * BLOCK);
            let now = &mut now[..len];
            subtract_all(before, |i| coordinates[i], rank, now);
            if basis.constant[model.columns.len() + m] {
                now.fill(0.0);
            }
        }
    }

    /// Multiplies the first variables by a function of the root of the weights.
    fn multiply(&mut self, count: usize, by: impl Fn(f64) -> f64) {
        let len = self.len;
        for column in self.values[..count * BLOCK].chunks_exact_mut(BLOCK) {
            for (x, root) in column[..len].iter_mut().zip(&self.root_weights) {
                *x *= by(*root);
            }
        }
    }

    /// Adds the squares of what a basis of `rank` columns leaves of each outcome.
    fn add_rests(&self, rank: usize, rows: Range<usize>, rests: &mut [f64]) {
        for (m, rest) in rests.iter_mut().enumerate() {
            let u = &self.column(rank + m)[rows.clone()];
            *rest += dot(u, u);
        }
    }

    /// Adds the products of the first `size` variables to the upper triangle of a matrix.
    fn add_products(&self, size: usize, gram: &mut Square) {
        self.add_products_within(size, 0..self.len, gram);
    }

    fn add_products_within(&self, size: usize, rows: Range<usize>, gram: &mut Square) {
        for i in 0..size {
            let left = &self.column(i)[rows.clone()];
            let out = gram.row_mut(i);
            let mut j = i;
            while j + 4 <= size {
                let right = [j, j + 1, j + 2, j + 3].map(|j| &self.column(j)[rows.clone()]);
                for (value, product) in out[j..j + 4].iter_mut().zip(dot4(left, right)) {
                    *value += product;
                }
                j += 4;
            }
            for j in j..size {
                out[j] += dot(left, &self.column(j)[rows.clone()]);
            }
        }
    }
}

/// Takes `count` columns, each times its factor, from `now`.
fn subtract_all(columns: &[f64], factor: impl Fn(usize) -> f64, count: usize, now: &mut [f64]) {
    let len = now.len();
    let column = |i: usize| &columns[i * BLOCK..i * BLOCK + len];
    let mut i = 0;
    while i + 4 <= count {
        let [a, b, c, d] = [i, i + 1, i + 2, i + 3].map(column);
        let [fa, fb, fc, fd] = [i, i + 1, i + 2, i + 3].map(&factor);
        let all = now.iter_mut().zip(a).zip(b).zip(c).zip(d);
        for ((((x, a), b), c), d) in all {
            *x -= (a * fa + b * fb) + (c * fc + d * fd);
        }
        i += 4;
    }
    for i in i..count {
        let f = factor(i);
        for (x, a) in now.iter_mut().zip(column(i)) {
            *x -= a * f;
        }
    }
}

/// Sums over rows for variances without clusters.
struct RowSums {
    errors: StandardErrors,
    /// Whether the degrees of freedom of hc2 are wanted.
    satterthwaite: bool,
    outcomes: usize,
    /// Squared length of each direction.
    lengths: Vec<f64>,
    /// Σ g·u by direction and outcome.
    refinement: Vec<f64>,
    /// Σ u² by outcome.
    rests: Vec<f64>,
    /// Σ of products of g·u/(1 − h)^(1/2 or 1), or for classical errors of u.
    meat: Square,
    /// Rows with leverage 1 that carry a wanted coefficient.
    determined: usize,
    sum_squares: f64,
    sum_fourth: f64,
    /// S = Z' diag(ĝ²) Z.
    weighted_basis: Square,
}

impl RowSums {
    fn new(model: &Model, basis: &Basis, directions: &[Vec<f64>], how: &Inference) -> RowSums {
        let outcomes = model.outcomes.len();
        let satterthwaite =
            how.errors == StandardErrors::Hc2 && how.df == DegreesOfFreedom::Satterthwaite;
        let size = match how.errors {
            StandardErrors::Classical => outcomes,
            _ => directions.len() * outcomes,
        };
        RowSums {
            errors: how.errors,
            satterthwaite,
            outcomes,
            lengths: directions.iter().map(|c| inner(c, c)).collect(),
            refinement: vec![0.0; directions.len() * outcomes],
            rests: vec![0.0; outcomes],
            meat: Square::zero(size),
            determined: 0,
            sum_squares: 0.0,
            sum_fourth: 0.0,
            weighted_basis: Square::zero(if satterthwaite {
                basis.factor.kept.len()
            } else {
                0
            }),
        }
    }

    fn add(&mut self, panel: &mut Panel, directions: &[Vec<f64>]) {
        let len = panel.len;
        let rank = directions[0].len();
        let mut g = vec![[0.0; BLOCK]; directions.len()];
        for (g, direction) in g.iter_mut().zip(directions) {
            subtract_all(&panel.values, |i| -direction[i], rank, &mut g[..len]);
        }
        for (t, g) in g.iter().enumerate() {
            for m in 0..self.outcomes {
                self.refinement[t * self.outcomes + m] += dot(&g[..len], panel.column(rank + m));
            }
        }
        panel.add_rests(rank, 0..len, &mut self.rests);
        if self.errors == StandardErrors::Classical {
            for m in 0..self.outcomes {
                for l in m..self.outcomes {
                    let product = dot(panel.column(rank + m), panel.column(rank + l));
                    self.meat.add(m, l, product);
                }
            }
            return;
        }
        // (1 − h)^(−1/2) for hc2, (1 − h)^(−1) for hc3.
        let mut factor = [1.0; BLOCK];
        let mut leverage = [0.0; BLOCK];
        if matches!(self.errors, StandardErrors::Hc2 | StandardErrors::Hc3) {
            for j in 0..rank {
                for (h, z) in leverage[..len].iter_mut().zip(panel.column(j)) {
                    *h += z * z;
                }
            }
            for (f, h) in factor[..len].iter_mut().zip(&leverage) {
                *f = 1.0 / (1.0 - h);
            }
            if self.errors == StandardErrors::Hc2 {
                factor[..len].iter_mut().for_each(|f| *f = f.sqrt());
            }
            for row in 0..len {
                if 1.0 - leverage[row] < AT_ONE {
                    factor[row] = 0.0;
                    let carries =
                        |(g, length): (&[f64; BLOCK], &f64)| g[row] * g[row] > 1e-20 * length;
                    if g.iter().zip(&self.lengths).any(carries) {
                        self.determined += 1;
                    } else {
                        g.iter_mut().for_each(|g| g[row] = 0.0);
                    }
                }
            }
        }
        if self.satterthwaite {
            let mut squares = [0.0; BLOCK];
            for row in 0..len {
                let square = (g[0][row] * factor[row]).powi(2);
                squares[row] = square;
                self.sum_squares += square * (1.0 - leverage[row]);
                self.sum_fourth += square * square * (1.0 - 2.0 * leverage[row]);
            }
            self.add_weighted_basis(panel, &squares[..len], rank);
        }
        let scores: Vec<[f64; BLOCK]> = (0..g.len() * self.outcomes)
            .map(|place| {
                let (t, m) = (place / self.outcomes, place % self.outcomes);
                let mut score = [0.0; BLOCK];
                let all = g[t].iter().zip(panel.column(rank + m)).zip(&factor);
                for (value, ((g, u), f)) in score.iter_mut().zip(all) {
                    *value = g * u * f;
                }
                score
            })
            .collect();
        for (i, left) in scores.iter().enumerate() {
            for (j, right) in scores.iter().enumerate().skip(i) {
                self.meat.add(i, j, dot(&left[..len], &right[..len]));
            }
        }
    }

    fn add_weighted_basis(&mut self, panel: &Panel, squares: &[f64], rank: usize) {
        let len = panel.len;
        let mut left = [0.0; BLOCK];
        for i in 0..rank {
            for ((value, z), square) in left.iter_mut().zip(panel.column(i)).zip(squares) {
                *value = z * square;
            }
            let out = self.weighted_basis.row_mut(i);
            let mut j = i;
            while j + 4 <= rank {
                let right = [j, j + 1, j + 2, j + 3].map(|j| panel.column(j));
                for (value, product) in out[j..j + 4].iter_mut().zip(dot4(&left[..len], right)) {
                    *value += product;
                }
                j += 4;
            }
            for j in j..rank {
                out[j] += dot(&left[..len], panel.column(j));
            }
        }
    }

    fn join(&mut self, other: &RowSums) {
        for (a, b) in self.refinement.iter_mut().zip(&other.refinement) {
            *a += b;
        }
        for (a, b) in self.rests.iter_mut().zip(&other.rests) {
            *a += b;
        }
        self.meat.plus(&other.meat);
        self.determined += other.determined;
        self.sum_squares += other.sum_squares;
        self.sum_fourth += other.sum_fourth;
        self.weighted_basis.plus(&other.weighted_basis);
    }

    fn finish(mut self, rows: usize, rank: usize, directions: &[Vec<f64>]) -> Spread {
        let mut notes = Vec::new();
        self.meat.mirror();
        self.weighted_basis.mirror();
        let (n, k) = (rows as f64, rank as f64);
        let mut covariance = match self.errors {
            StandardErrors::Classical => {
                let mut all = Square::zero(directions.len() * self.outcomes);
                for i in 0..all.size {
                    for j in 0..all.size {
                        let (t, m) = (i / self.outcomes, i % self.outcomes);
                        let (s, l) = (j / self.outcomes, j % self.outcomes);
                        let lengths = inner(&directions[t], &directions[s]);
                        all.add(i, j, self.meat.at(m, l) / (n - k) * lengths);
                    }
                }
                Some(all)
            }
            StandardErrors::Hc1 => Some(self.meat.scaled(n / (n - k))),
            _ => Some(self.meat),
        };
        if self.determined > 0 {
            covariance = None;
            notes.push(format!(
                "{} is undefined: {} (leverage 1)",
                self.errors.name(),
                match self.determined {
                    1 => "1 row determines its own fitted value".to_owned(),
                    rows => format!("{rows} rows determine their own fitted values"),
                }
            ));
        }
        // tr(P)²/tr(P²) with P = D(I − H)D, D = diag(g/√(1 − h)): Imbens & Kolesár 2016, section
        // 3.2, where tr(P²) = Σ ĝ⁴(1 − 2h) + tr(S²).
        let df = self.satterthwaite.then(|| {
            self.sum_squares.powi(2) / (self.sum_fourth + self.weighted_basis.trace_of_square())
        });
        Spread {
            covariance,
            df,
            refinement: self.refinement,
            rests: self.rests,
            clusters: None,
            notes,
        }
    }
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
            self.note("the outcome does not vary: no test and no interval");
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

/// Returns x·y in four running sums, which the processor adds side by side.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let [sum] = dots(x, [y]);
    sum
}

fn dot4(x: &[f64], y: [&[f64]; 4]) -> [f64; 4] {
    dots(x, y)
}

#[inline(always)]
fn dots<const M: usize>(x: &[f64], y: [&[f64]; M]) -> [f64; M] {
    let (x_whole, x_rest) = x.as_chunks::<4>();
    let whole = x_whole.len();
    let parts = y.map(|y| y[..x.len()].as_chunks::<4>());
    let y_whole = parts.map(|(y, _)| &y[..whole]);
    let mut sums = [[0.0; 4]; M];
    for (at, x) in x_whole.iter().enumerate() {
        for (sums, y) in sums.iter_mut().zip(y_whole) {
            let y = &y[at];
            for lane in 0..4 {
                sums[lane] += x[lane] * y[lane];
            }
        }
    }
    let mut out = sums.map(|s| (s[0] + s[1]) + (s[2] + s[3]));
    for (out, (_, y_rest)) in out.iter_mut().zip(parts) {
        for (x, y) in x_rest.iter().zip(y_rest) {
            *out += x * y;
        }
    }
    out
}

/// Returns the pieces that rows are summed in: a matter of their number alone.
fn pieces(rows: usize) -> Vec<Range<usize>> {
    (0..rows)
        .step_by(PIECE)
        .map(|start| start..(start + PIECE).min(rows))
        .collect()
}

fn blocks(piece: &Range<usize>) -> impl Iterator<Item = Rows<'static>> + use<> {
    let end = piece.end;
    piece
        .clone()
        .step_by(BLOCK)
        .map(move |start| Rows::Run(start, BLOCK.min(end - start)))
}

/// Returns what `work` gives for each piece, in their order, whoever did it.
fn in_order<T: Send>(
    pieces: usize,
    threads: Option<NonZeroUsize>,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let machine = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = match pieces {
        0 | 1 => 1,
        _ => threads.map_or_else(machine, NonZeroUsize::get).min(pieces),
    };
    if threads == 1 {
        return (0..pieces).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let share = || {
        let mut done = Vec::new();
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                return done;
            }
            done.push((piece, work(piece)));
        }
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(share)).collect();
        let mut done = share();
        for other in others {
            done.extend(other.join().expect("summing does not fail"));
        }
        done
    });
    done.sort_by_key(|(piece, _)| *piece);
    done.into_iter().map(|(_, value)| value).collect()
}

fn total(size: usize, parts: Vec<Square>) -> Square {
    let mut total = Square::zero(size);
    for part in &parts {
        total.plus(part);
    }
    total
}

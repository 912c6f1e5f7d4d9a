//! Variances when rows are drawn by themselves: `classical`, `hc0` to `hc3`.

use super::basis::Basis;
use super::matrix::{Square, inner};
use super::panel::{BLOCK, Panel, blocks, dot, dot4, in_order, pieces, subtract_all};
use super::{DegreesOfFreedom, Inference, Model, Spread, StandardErrors};

/// A leverage within this distance of 1 is 1.
const AT_ONE: f64 = 1e-10;

impl Model<'_> {
    /// Returns the variance without clusters.
    pub(super) fn spread(&self, basis: &Basis, directions: &[Vec<f64>], how: &Inference) -> Spread {
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
    pub(super) fn new(
        model: &Model,
        basis: &Basis,
        directions: &[Vec<f64>],
        how: &Inference,
    ) -> RowSums {
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
            for (j, value) in (j..rank).zip(&mut out[j..]) {
                *value += dot(&left[..len], panel.column(j));
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
            together: None,
            refinement: self.refinement,
            rests: self.rests,
            clusters: None,
            notes,
        }
    }
}

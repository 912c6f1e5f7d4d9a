//! The orthonormal basis of the columns: centres, cross products, and the factor made of them.

use std::num::NonZeroUsize;

use super::matrix::{Factor, Square, factor};
use super::panel::{BLOCK, PIECE, Panel, Rows, blocks, dot, in_order, pieces, total};
use super::{INTERCEPT, Model, TOO_LARGE, Undefined};

/// A column is dropped when earlier ones leave no more than this share of its sum of squares.
const TOLERANCE: f64 = 1e-11;
/// Where less than this share is left of some column, the basis is made twice; and for few rows
/// always, as it costs nothing and `cr2` may divide by what is left of a leverage near 1.
const ILL: f64 = 1e-4;

impl Model<'_> {
    /// Returns the centred basis of the columns and the coordinates of the outcomes in it.
    pub(super) fn basis(&self, threads: Option<NonZeroUsize>) -> Result<Basis, Undefined> {
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
        if basis.factor.least_share < ILL || self.rows <= PIECE {
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
}

/// The orthonormal basis of the columns kept.
pub(super) struct Basis {
    pub(super) factor: Factor,
    pub(super) centres: Vec<f64>,
    pub(super) constant: Vec<bool>,
    /// Sum of squares of each centred outcome.
    pub(super) whole: Vec<f64>,
}

impl Basis {
    pub(super) fn dropped_names(&self, model: &Model) -> Vec<String> {
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

//! Inverses of small symmetric matrices, some of whose rows add nothing to the others.

use std::cmp::Ordering;

/// A pivot below this share of its scale leaves nothing but rounding.
pub(super) const SINGULAR: f64 = 1e-10;

/// The inverse of the rows kept; those dropped are 0.
pub(super) struct Inverse {
    pub kept: Vec<bool>,
    matrix: Vec<f64>,
}

impl Inverse {
    /// Returns the inverse by Gauss–Jordan sweeps (Goodnight 1979, American Statistician 33:149)
    /// in the order given. A row whose pivot is no more
    /// than `singular` of its scale is a combination of those before it, and is dropped; the scale
    /// is the size of what was subtracted to form the diagonal.
    pub fn of(
        symmetric: &[f64],
        scale: &[f64],
        order: impl IntoIterator<Item = usize>,
        singular: f64,
    ) -> Inverse {
        let k = scale.len();
        let mut matrix = symmetric.to_vec();
        let mut kept = vec![false; k];
        for pivot in order {
            let size = matrix[pivot * k + pivot];
            // A NaN is no pivot either.
            if size.partial_cmp(&(singular * scale[pivot])) != Some(Ordering::Greater) {
                continue;
            }
            kept[pivot] = true;
            for column in 0..k {
                matrix[pivot * k + column] /= size;
            }
            matrix[pivot * k + pivot] = 1.0 / size;
            for row in (0..k).filter(|&row| row != pivot) {
                let factor = matrix[row * k + pivot];
                matrix[row * k + pivot] = 0.0;
                for column in 0..k {
                    matrix[row * k + column] -= factor * matrix[pivot * k + column];
                }
            }
        }
        for row in 0..k {
            for column in 0..k {
                if !(kept[row] && kept[column]) {
                    matrix[row * k + column] = 0.0;
                }
            }
        }
        Inverse { kept, matrix }
    }

    pub fn diagonal(&self) -> Vec<f64> {
        let step = self.kept.len() + 1;
        self.matrix.iter().step_by(step).copied().collect()
    }

    /// Returns M⁻v.
    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        self.matrix
            .chunks_exact(vector.len().max(1))
            .map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
            .collect()
    }

    /// Returns v′M⁻v.
    pub fn quadratic(&self, vector: &[f64]) -> f64 {
        let product = self.times(vector);
        product.iter().zip(vector).map(|(a, b)| a * b).sum()
    }
}

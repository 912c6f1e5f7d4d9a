//! Small symmetric matrices, in a fixed order of operations.
//!
//! Promises: the same digits on every run; a column that depends linearly on earlier ones is
//! found and named by its index. Hides: the storage, row by row. Sources: Higham 2002, Accuracy
//! and Stability of Numerical Algorithms, chapter 10 (Cholesky), doi:10.1137/1.9780898718027;
//! Golub & Van Loan 2013, Matrix Computations, section 8.5 (Jacobi).

/// A square matrix by rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Square {
    pub size: usize,
    values: Vec<f64>,
}

impl Square {
    pub fn zero(size: usize) -> Square {
        Square {
            size,
            values: vec![0.0; size * size],
        }
    }

    pub fn identity(size: usize) -> Square {
        let mut matrix = Square::zero(size);
        for i in 0..size {
            matrix.row_mut(i)[i] = 1.0;
        }
        matrix
    }

    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.size..(i + 1) * self.size]
    }

    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.values[i * self.size..(i + 1) * self.size]
    }

    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.size + j]
    }

    pub fn add(&mut self, i: usize, j: usize, value: f64) {
        self.values[i * self.size + j] += value;
    }

    pub fn clear(&mut self) {
        self.values.fill(0.0);
    }

    pub fn plus(&mut self, other: &Square) {
        for (a, b) in self.values.iter_mut().zip(&other.values) {
            *a += b;
        }
    }

    /// Adds the outer product x·xᵀ.
    pub fn add_square(&mut self, x: &[f64]) {
        for (i, &xi) in x.iter().enumerate() {
            for (a, &xj) in self.row_mut(i).iter_mut().zip(x) {
                *a += xi * xj;
            }
        }
    }

    /// Sets rows and columns to zero that are not wanted.
    pub fn keep(&mut self, wanted: impl Fn(usize) -> bool) {
        for i in 0..self.size {
            for j in 0..self.size {
                if !(wanted(i) && wanted(j)) {
                    self.row_mut(i)[j] = 0.0;
                }
            }
        }
    }

    pub fn scaled(mut self, factor: f64) -> Square {
        self.values.iter_mut().for_each(|x| *x *= factor);
        self
    }

    /// Copies the upper triangle into the lower.
    pub fn mirror(&mut self) {
        for i in 1..self.size {
            for j in 0..i {
                self.values[i * self.size + j] = self.values[j * self.size + i];
            }
        }
    }

    pub fn trace(&self) -> f64 {
        (0..self.size).map(|i| self.at(i, i)).sum()
    }

    /// Writes the product with `x`.
    pub fn times_into(&self, x: &[f64], out: &mut [f64]) {
        for (value, row) in out.iter_mut().zip(self.values.chunks_exact(self.size)) {
            *value = inner(row, x);
        }
    }

    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.size];
        self.times_into(x, &mut out);
        out
    }

    pub fn product(&self, other: &Square) -> Square {
        let mut product = Square::zero(self.size);
        for i in 0..self.size {
            for (m, &factor) in self.row(i).iter().enumerate() {
                let row = &mut product.values[i * self.size..(i + 1) * self.size];
                for (value, &x) in row.iter_mut().zip(other.row(m)) {
                    *value += factor * x;
                }
            }
        }
        product
    }

    /// Returns tr(A·A).
    pub fn trace_of_square(&self) -> f64 {
        let mut sum = 0.0;
        for i in 0..self.size {
            for j in 0..self.size {
                sum += self.at(i, j) * self.at(j, i);
            }
        }
        sum
    }
}

/// Returns x·y, added from the first element to the last.
pub(crate) fn inner(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// The factor R of a cross-product matrix X'X = R'R, without the columns that depend on earlier
/// ones.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    /// The columns that stay, as indices into those given.
    pub kept: Vec<usize>,
    /// Row i of R, for the kept columns in order; entries before i are zero.
    pub rows: Vec<Vec<f64>>,
    /// For each outcome behind the columns: its coordinates R⁻ᵀX'y, and what is left of y'y.
    pub outcomes: Vec<(Vec<f64>, f64)>,
    /// The least share of a column's sum of squares that the earlier ones leave.
    pub least_share: f64,
}

/// Factors the first `columns` rows of a cross-product matrix (upper triangle), and reduces the
/// rest, the outcomes, along.
///
/// Columns are taken in the order given, as `lm` of R does: a column of whose sum of squares the
/// earlier ones leave less than `tolerance` is dropped, and so is one in `skip`.
pub(crate) fn factor(gram: &Square, columns: usize, skip: &[bool], tolerance: f64) -> Factor {
    let mut rest = gram.clone();
    let size = gram.size;
    let mut kept = Vec::new();
    let mut full_rows: Vec<Vec<f64>> = Vec::new();
    let mut least_share = 1.0_f64;
    for (j, &skipped) in skip.iter().enumerate().take(columns) {
        let share = rest.at(j, j) / gram.at(j, j);
        // A share that is no number belongs to a column of zeros.
        if skipped || share.is_nan() || share <= tolerance {
            continue;
        }
        least_share = least_share.min(share);
        let pivot = rest.at(j, j).sqrt();
        let row: Vec<f64> = (0..size)
            .map(|l| if l < j { 0.0 } else { rest.at(j, l) / pivot })
            .collect();
        for i in j + 1..size {
            let factor = row[i];
            for (value, &x) in rest.row_mut(i)[i..].iter_mut().zip(&row[i..]) {
                *value -= factor * x;
            }
        }
        kept.push(j);
        full_rows.push(row);
    }
    let rows = full_rows
        .iter()
        .map(|row| kept.iter().map(|&l| row[l]).collect())
        .collect();
    let outcomes = (columns..size)
        .map(|y| {
            let coordinates = full_rows.iter().map(|row| row[y]).collect();
            (coordinates, rest.at(y, y).max(0.0))
        })
        .collect();
    Factor {
        kept,
        rows,
        outcomes,
        least_share,
    }
}

impl Factor {
    /// Returns R⁻ᵀe for the unit vector of kept column `column`.
    pub fn solve_transposed(&self, column: usize) -> Vec<f64> {
        let size = self.rows.len();
        let mut solution = vec![0.0; size];
        for j in column..size {
            let start = if j == column { 1.0 } else { 0.0 };
            let before = solution[column..j].iter().zip(&self.rows[column..j]);
            let value = before.fold(start, |value, (x, row)| value - row[j] * x);
            solution[j] = value / self.rows[j][j];
        }
        solution
    }
}

/// Returns x with A·x = b for a symmetric positive definite A; `None` where A is none.
pub(crate) fn solve(a: &Square, b: &[f64]) -> Option<Vec<f64>> {
    let size = a.size;
    let mut gram = Square::zero(size + 1);
    for (i, &value) in b.iter().enumerate() {
        gram.row_mut(i)[..size].copy_from_slice(a.row(i));
        gram.row_mut(i)[size] = value;
    }
    let factor = factor(&gram, size, &vec![false; size], 1e-13);
    if factor.kept.len() < size {
        return None;
    }
    let (mut x, _) = factor.outcomes.into_iter().next()?;
    for i in (0..size).rev() {
        for j in i + 1..size {
            x[i] -= factor.rows[i][j] * x[j];
        }
        x[i] /= factor.rows[i][i];
    }
    Some(x)
}

/// Returns the eigenvalues of a symmetric matrix and its eigenvectors, as rows, by cyclic Jacobi
/// rotations.
pub(crate) fn eigen(matrix: &Square) -> (Vec<f64>, Square) {
    let n = matrix.size;
    let mut a = matrix.clone();
    let mut vectors = Square::identity(n);
    let all: f64 = a.values.iter().map(|x| x * x).sum();
    // Convergence is quadratic: ten sweeps do, forty never happen.
    for _ in 0..40 {
        let mut off = 0.0;
        for i in 0..n {
            for j in i + 1..n {
                off += a.at(i, j).powi(2);
            }
        }
        if off <= all * 1e-34 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a.at(p, q);
                if apq == 0.0 {
                    continue;
                }
                let theta = (a.at(q, q) - a.at(p, p)) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                rotate_rows(&mut a, p, q, c, s);
                for i in 0..n {
                    let row = a.row_mut(i);
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                rotate_rows(&mut vectors, p, q, c, s);
            }
        }
    }
    ((0..n).map(|i| a.at(i, i)).collect(), vectors)
}

fn rotate_rows(a: &mut Square, p: usize, q: usize, c: f64, s: f64) {
    let n = a.size;
    let (front, back) = a.values.split_at_mut(q * n);
    for (x, y) in front[p * n..(p + 1) * n].iter_mut().zip(&mut back[..n]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

//! Whole numbers that keep equations, at little cost: the simplex method with branching.
//!
//! Promises: what is returned keeps every equation exactly; it is checked in whole numbers, so that
//! rounding inside the method can only lose a solution, never make a false one. Same input, same
//! answer on any machine: no randomness, additions in a fixed order.
//! Source: Dantzig's rule, then Bland's (1977, doi:10.1287/moor.2.2.103) against cycling.

/// `minimise cost · y` where `rows · y = right` and `y ≥ 0`.
#[derive(Clone, Debug, Default)]
pub struct Programme {
    pub costs: Vec<f64>,
    /// Variable and factor of each term.
    pub rows: Vec<(Vec<(usize, i64)>, i64)>,
}

const NEARLY: f64 = 1e-7;
/// Programmes tried before a solution in whole numbers is given up.
const TRIES: usize = 60;

impl Programme {
    /// Adds a variable; returns its place.
    pub fn variable(&mut self, cost: f64) -> usize {
        self.costs.push(cost);
        self.costs.len() - 1
    }

    /// Adds `variable ≤ most`.
    pub fn at_most(&mut self, variable: usize, most: i64) {
        let slack = self.variable(0.0);
        self.rows.push((vec![(variable, 1), (slack, 1)], most));
    }

    /// Adds `variable ≥ least`.
    pub fn at_least(&mut self, variable: usize, least: i64) {
        let surplus = self.variable(0.0);
        self.rows.push((vec![(variable, 1), (surplus, -1)], least));
    }

    /// Returns whole numbers that keep all rows, cheap where the method finds them so.
    pub fn whole(&self) -> Option<Vec<i64>> {
        let mut open = vec![self.clone()];
        for _ in 0..TRIES {
            let programme = open.pop()?;
            let Some(solution) = programme.solved() else {
                continue;
            };
            let broken = solution.iter().position(|y| (y - y.round()).abs() > NEARLY);
            let Some(at) = broken else {
                let whole: Vec<i64> = solution.iter().map(|y| y.round() as i64).collect();
                match programme.keeps(&whole) {
                    true => return Some(whole[..self.costs.len()].to_vec()),
                    false => continue,
                }
            };
            let (mut above, mut below) = (programme.clone(), programme);
            above.at_least(at, solution[at].ceil() as i64);
            below.at_most(at, solution[at].floor() as i64);
            open.push(above);
            open.push(below);
        }
        None
    }

    fn keeps(&self, solution: &[i64]) -> bool {
        let kept = |(terms, right): &(Vec<(usize, i64)>, i64)| {
            let left = terms
                .iter()
                .map(|&(at, factor)| i128::from(factor) * i128::from(solution[at]));
            left.sum::<i128>() == i128::from(*right)
        };
        solution.iter().all(|&y| y >= 0) && self.rows.iter().all(kept)
    }

    /// Returns a best solution, not whole in general; none where there is none or none was found.
    fn solved(&self) -> Option<Vec<f64>> {
        let (columns, rows) = (self.costs.len(), self.rows.len());
        let width = columns + rows + 1;
        let mut tableau = vec![0.0; rows * width];
        let mut basis = Vec::with_capacity(rows);
        for (row, (terms, right)) in self.rows.iter().enumerate() {
            let sign = if *right < 0 { -1.0 } else { 1.0 };
            let line = &mut tableau[row * width..(row + 1) * width];
            for &(at, factor) in terms {
                line[at] += sign * factor as f64;
            }
            line[columns + row] = 1.0;
            line[width - 1] = sign * *right as f64;
            basis.push(columns + row);
        }
        let mut simplex = Simplex {
            tableau,
            basis,
            width,
            rows,
            usable: columns,
        };
        // First the artificial variables go to zero, then the cost is made least.
        let mut first = vec![0.0; width - 1];
        first[columns..].fill(1.0);
        if simplex.minimise(&first)? > NEARLY {
            return None;
        }
        simplex.drive_out();
        let mut costs = self.costs.clone();
        costs.resize(width - 1, 0.0);
        simplex.minimise(&costs)?;
        let mut solution = vec![0.0; columns];
        for (row, &at) in simplex.basis.iter().enumerate() {
            if at < columns {
                solution[at] = simplex.tableau[row * width + width - 1];
            }
        }
        Some(solution)
    }
}

struct Simplex {
    tableau: Vec<f64>,
    basis: Vec<usize>,
    width: usize,
    rows: usize,
    /// Columns that may enter the basis: not the artificial ones.
    usable: usize,
}

impl Simplex {
    /// Makes a cost least and returns it; none where it took too long or has no least value.
    fn minimise(&mut self, costs: &[f64]) -> Option<f64> {
        let width = self.width;
        // Reduced costs, kept as one more row.
        let mut reduced: Vec<f64> = costs.to_vec();
        reduced.push(0.0);
        for (row, &at) in self.basis.iter().enumerate() {
            let cost = costs[at];
            if cost != 0.0 {
                let line = &self.tableau[row * width..(row + 1) * width];
                for (reduced, value) in reduced.iter_mut().zip(line) {
                    *reduced -= cost * value;
                }
            }
        }
        let patience = 50 * (self.rows + 10);
        for step in 0..4 * patience {
            let candidates = (0..self.usable).filter(|&at| reduced[at] < -1e-9);
            // Bland's rule ends every cycle that Dantzig's may fall into.
            let entering = match step < patience {
                true => candidates.min_by(|&a, &b| reduced[a].total_cmp(&reduced[b])),
                false => candidates.min(),
            };
            let Some(entering) = entering else {
                return Some(-reduced[width - 1]);
            };
            let mut leaving: Option<(f64, usize)> = None;
            for row in 0..self.rows {
                let factor = self.tableau[row * width + entering];
                if factor > 1e-9 {
                    let ratio = self.tableau[row * width + width - 1] / factor;
                    let better = match leaving {
                        None => true,
                        Some((least, best)) => {
                            ratio < least - 1e-12
                                || ratio < least + 1e-12 && self.basis[row] < self.basis[best]
                        }
                    };
                    if better {
                        leaving = Some((ratio, row));
                    }
                }
            }
            let (_, leaving) = leaving?;
            self.pivot(leaving, entering, Some(&mut reduced));
        }
        None
    }

    fn pivot(&mut self, row: usize, column: usize, reduced: Option<&mut Vec<f64>>) {
        let width = self.width;
        let by = self.tableau[row * width + column];
        let mut line = self.tableau[row * width..(row + 1) * width].to_vec();
        for value in &mut line {
            *value /= by;
        }
        let eliminate = |other: &mut [f64]| {
            let factor = other[column];
            if factor != 0.0 {
                for (value, pivot) in other.iter_mut().zip(&line) {
                    if *pivot != 0.0 {
                        *value -= factor * pivot;
                    }
                }
                other[column] = 0.0;
            }
        };
        for (index, other) in self.tableau.chunks_exact_mut(width).enumerate() {
            if index != row {
                eliminate(other);
            }
        }
        if let Some(reduced) = reduced {
            eliminate(reduced);
        }
        self.tableau[row * width..(row + 1) * width].copy_from_slice(&line);
        self.basis[row] = column;
    }

    /// Takes artificial variables out of the basis where another can stand in; where none can, the
    /// row says nothing that the others do not.
    fn drive_out(&mut self) {
        for row in 0..self.rows {
            if self.basis[row] >= self.usable {
                let line = &self.tableau[row * self.width..row * self.width + self.usable];
                if let Some(column) = line.iter().position(|value| value.abs() > 1e-9) {
                    self.pivot(row, column, None);
                }
            }
        }
    }
}

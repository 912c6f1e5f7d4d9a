//! Whole numbers that keep equations, at little cost.
//!
//! Promises: what is returned keeps every equation exactly; it is checked in whole numbers, so that
//! rounding inside the method can only lose a solution, never make a false one. Same input, same
//! answer: the search ends by what it has looked at, never by the clock.
//! Hides the solver: branch and bound over the simplex method.

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions};

/// `minimise cost · y` where `rows · y = right` and `0 ≤ y ≤ most`.
#[derive(Clone, Debug, Default)]
pub struct Programme {
    variables: Vec<Variable>,
    /// Variable and factor of each term.
    rows: Vec<(Vec<(usize, i64)>, i64)>,
}

#[derive(Clone, Copy, Debug)]
struct Variable {
    cost: f64,
    most: i64,
    /// A value from which the search begins, where all are known to keep the rows.
    first: Option<i64>,
}

/// Branches looked at before the best solution so far is taken.
const BRANCHES: u64 = 300;
/// How much dearer than the cheapest a solution may be.
const DEARER: f64 = 0.1;

impl Programme {
    /// Adds a variable; returns its place.
    pub fn variable(&mut self, cost: f64, most: i64) -> usize {
        self.variables.push(Variable {
            cost,
            most,
            first: None,
        });
        self.variables.len() - 1
    }

    /// Adds to the cost of a variable.
    pub fn costs(&mut self, variable: usize, more: f64) {
        self.variables[variable].cost += more;
    }

    /// Lets the search begin from a value.
    pub fn begins(&mut self, variable: usize, value: i64) {
        self.variables[variable].first = Some(value);
    }

    /// Sets the most that a variable can be.
    pub fn at_most(&mut self, variable: usize, most: i64) {
        self.variables[variable].most = most;
    }

    /// Adds `Σ factor · variable = right`.
    pub fn row(&mut self, terms: Vec<(usize, i64)>, right: i64) {
        self.rows.push((terms, right));
    }

    /// Returns whole numbers that keep all rows, cheap where the search finds them so.
    pub fn whole(&self) -> Option<Vec<i64>> {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let add = |variable: &Variable| match i32::try_from(variable.most) {
            Ok(most) => problem.add_integer_var(variable.cost, (0, most)),
            // Beyond its whole numbers the solver has fractions, which are checked below.
            Err(_) => problem.add_var(variable.cost, (0.0, variable.most as f64)),
        };
        let places: Vec<microlp::Variable> = self.variables.iter().map(add).collect();
        for (terms, right) in &self.rows {
            let terms: Vec<(microlp::Variable, f64)> = terms
                .iter()
                .map(|&(at, factor)| (places[at], factor as f64))
                .collect();
            problem.add_constraint(&terms[..], ComparisonOp::Eq, *right as f64);
        }
        let first = places.iter().zip(&self.variables);
        let first = first.map(|(place, variable)| Some((*place, variable.first? as f64)));
        let mut options = SolveOptions::default();
        options.node_limit = Some(BRANCHES);
        options.mip_gap = DEARER;
        options.warm_start = first.collect();
        let solved = problem.solve_with(options).ok()?.into_solution().ok()?;
        let value = |place: &microlp::Variable| solved.var_value(*place).round() as i64;
        let solution: Vec<i64> = places.iter().map(value).collect();
        self.keeps(&solution).then_some(solution)
    }

    fn keeps(&self, solution: &[i64]) -> bool {
        let kept = |(terms, right): &(Vec<(usize, i64)>, i64)| {
            let left = terms
                .iter()
                .map(|&(at, factor)| i128::from(factor) * i128::from(solution[at]));
            left.sum::<i128>() == i128::from(*right)
        };
        let mut bounded = solution.iter().zip(&self.variables);
        bounded.all(|(&y, variable)| (0..=variable.most).contains(&y)) && self.rows.iter().all(kept)
    }
}

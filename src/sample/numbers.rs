//! Numbers of persons, some of them perhaps missing.
//!
//! Promises: eight bytes a number, and a copy shares them. Hides: where missing ones are marked.

use std::sync::Arc;

use super::order::Order;

/// A number of each person, or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// 0 where missing.
    values: Arc<Vec<f64>>,
    /// `None` where nothing is missing.
    missing: Option<Arc<[bool]>>,
    finite: bool,
}

impl Numbers {
    /// Takes numbers, 0 where missing, and which of them are missing; the second may be empty
    /// where none is.
    pub(super) fn of(values: Vec<f64>, missing: Vec<bool>) -> Numbers {
        Numbers {
            // Without a branch for each, which a processor does several at once.
            finite: values.iter().fold(true, |all, n| all & n.is_finite()),
            values: values.into(),
            missing: missing.contains(&true).then(|| missing.into()),
        }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the number in a row; none where it is missing, or beyond the last row.
    pub fn get(&self, row: usize) -> Option<f64> {
        let value = self.values.get(row)?;
        match &self.missing {
            Some(missing) if missing[row] => None,
            _ => Some(*value),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Option<f64>> + Clone {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Returns whether none is infinite, and none what is no number.
    pub(super) fn are_finite(&self) -> bool {
        self.finite
    }

    /// Returns all numbers, where none is missing.
    pub fn complete(&self) -> Option<&Arc<Vec<f64>>> {
        match self.missing {
            None => Some(&self.values),
            Some(_) => None,
        }
    }

    /// Puts the numbers into another order, by a space that serves one column after the other.
    pub(super) fn arrange(&mut self, order: &Order, space: &mut Vec<f64>) {
        let values: &mut Vec<f64> = Arc::make_mut(&mut self.values);
        order.arrange(values, space);
        if let Some(missing) = &mut self.missing {
            let rows = order.rows.iter();
            *missing = rows.map(|&row| missing[row as usize]).collect();
        }
    }
}

impl FromIterator<Option<f64>> for Numbers {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(cells: I) -> Numbers {
        let cells = cells.into_iter();
        let mut values = Vec::with_capacity(cells.size_hint().0);
        let mut missing = Vec::new();
        for cell in cells {
            if cell.is_none() {
                // Nothing was missing before the first one.
                missing.resize(values.len(), false);
                missing.push(true);
            } else if !missing.is_empty() {
                missing.push(false);
            }
            values.push(cell.unwrap_or(0.0));
        }
        Numbers::of(values, missing)
    }
}

//! Which periods the files of a register hold together: where two hold the same, and where none
//! holds any.
//!
//! Promises: the same period in two files stops unless the plan says which wins, and so do weeks
//! that no file holds between two others; a month that was not delivered is no month without hours.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Coverage, RegisterError};
use crate::period::{Month, Week};
use crate::protocol::RegisterKind;

/// What one file of a register holds.
pub(super) struct Delivered {
    pub path: PathBuf,
    pub coverage: Coverage,
    /// Rows by month, of a register of hours.
    pub rows: BTreeMap<Month, u64>,
}

/// What the files of a register hold together.
pub(super) struct Together {
    pub coverage: Coverage,
    /// Rows by month, of a register of hours; where a file wins, its own alone.
    pub rows: BTreeMap<Month, u64>,
    /// Months in which so small a register has no row that perhaps nobody worked.
    pub empty: Vec<Month>,
}

/// Rows in a month beside which a month without any was not delivered: of ten jobs, all begin and
/// end in the same months hardly ever.
const MANY_ROWS: u64 = 10;

impl Together {
    /// Joins what the files hold; `wins` is the number of the file that counts where two hold the
    /// same.
    pub fn of(
        kind: RegisterKind,
        files: &[Delivered],
        wins: Option<usize>,
    ) -> Result<Together, RegisterError> {
        if kind == RegisterKind::Dream {
            refuse_gap(files)?;
        }
        let mut together = Together {
            coverage: files
                .iter()
                .fold(Coverage::default(), |all, file| all.with(&file.coverage)),
            rows: rows(files, wins),
            empty: Vec::new(),
        };
        let Some((first, last)) = together.coverage.months else {
            return Ok(together);
        };
        for month in (first.0..=last.0).map(Month) {
            let delivered = files.iter().any(|file| file.coverage.spans(month));
            if delivered && (kind != RegisterKind::Bfl || together.rows.contains_key(&month)) {
                continue;
            }
            if !delivered || together.rows_beside(month) >= MANY_ROWS {
                together.coverage.holes.push(month);
            } else {
                together.empty.push(month);
            }
        }
        Ok(together)
    }

    /// Returns the rows of the nearest month that has some, before or after: the larger number.
    fn rows_beside(&self, month: Month) -> u64 {
        let before = self.rows.range(..month).next_back();
        let after = self.rows.range(month..).next();
        let rows = [before, after].into_iter().flatten().map(|(_, rows)| *rows);
        rows.max().unwrap_or(0)
    }
}

impl Delivered {
    /// Stops where another file holds the same period.
    pub fn refuse_overlap(&self, other: &Delivered) -> Result<(), RegisterError> {
        let overlap = |from: String, to: String| RegisterError::Overlap {
            first: self.path.clone(),
            second: other.path.clone(),
            from,
            to,
        };
        let (a, b) = (&self.coverage, &other.coverage);
        if let (Some(a), Some(b)) = (a.weeks, b.weeks) {
            let (from, to) = (a.0.max(b.0), a.1.min(b.1));
            if from <= to {
                return Err(overlap(from.to_string(), to.to_string()));
            }
        }
        if let (Some(a), Some(b)) = (a.months, b.months) {
            let (from, to) = (a.0.max(b.0), a.1.min(b.1));
            if from <= to {
                return Err(overlap(from.to_string(), to.to_string()));
            }
        }
        Ok(())
    }
}

impl Coverage {
    /// Returns the periods from the first of either to the last of either.
    fn with(&self, other: &Coverage) -> Coverage {
        fn span<T: Ord + Copy>(a: Option<(T, T)>, b: Option<(T, T)>) -> Option<(T, T)> {
            match (a, b) {
                (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                (a, b) => a.or(b),
            }
        }
        Coverage {
            weeks: span(self.weeks, other.weeks),
            months: span(self.months, other.months),
            holes: Vec::new(),
        }
    }

    fn spans(&self, month: Month) -> bool {
        let within = |(first, last): (Month, Month)| first <= month && month <= last;
        self.months.is_some_and(within)
    }
}

/// Adds the rows of each month over the files; those of a month that the winning file spans are
/// its own alone.
fn rows(files: &[Delivered], wins: Option<usize>) -> BTreeMap<Month, u64> {
    let mut all = BTreeMap::new();
    for (number, file) in files.iter().enumerate() {
        for (&month, rows) in &file.rows {
            let loses =
                wins.is_some_and(|winner| winner != number && files[winner].coverage.spans(month));
            if !loses {
                *all.entry(month).or_default() += rows;
            }
        }
    }
    all
}

/// Stops at weeks between two files that no file holds.
fn refuse_gap(files: &[Delivered]) -> Result<(), RegisterError> {
    let mut spans: Vec<(Week, Week, &Delivered)> = files
        .iter()
        .filter_map(|file| file.coverage.weeks.map(|(first, last)| (first, last, file)))
        .collect();
    spans.sort_by_key(|(first, last, _)| (*first, *last));
    let mut spans = spans.into_iter();
    let Some((_, mut end, mut before)) = spans.next() else {
        return Ok(());
    };
    for (first, last, file) in spans {
        if end + 1 < first {
            return Err(RegisterError::WeeksBetween {
                before: before.path.clone(),
                after: file.path.clone(),
                from: end + 1,
                to: first + -1,
            });
        }
        if last > end {
            (end, before) = (last, file);
        }
    }
    Ok(())
}

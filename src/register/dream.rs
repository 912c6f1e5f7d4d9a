//! Wide DREAM: one row a person, a key, a column for each week and perhaps for each month.
//!
//! Promises: a row is read into runs without touching the cells of a run one by one. Every cell of
//! a person who is asked for is looked at; of others, the key and the number of cells.
//! Hides: the byte scanner, which is ours because general CSV readers do not keep up on files of
//! 2,000 columns.

use std::collections::HashSet;
use std::path::Path;

use memchr::{memchr, memchr_iter};

use super::check::KeyLengths;
use super::codes::{Code, CodeTable};
use super::people::People;
use super::shown::{self, Shown};
use super::source::{KeyFault, text};
use super::unknown::Unknowns;
use super::{Coverage, RegisterError, RowFaults, Spell, Wage};
use crate::period::{Month, PeriodError, Week};
use crate::spelling::nearest;
use crate::table::{Dialect, decode};

/// What each column of a file is.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub header: Vec<String>,
    pub separator: u8,
    pub coverage: Coverage,
    /// Columns that the kind does not know.
    pub passed_over: Vec<String>,
    segments: Vec<Segment>,
    /// Whether weeks and months stand in order of time.
    ordered: bool,
}

/// A run of columns of one kind; weeks and months of a segment follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    kind: Kind,
    column: usize,
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Key,
    Weeks(Week),
    Months(Month),
    Skip,
}

/// What keeps a row from being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowFault {
    Ragged {
        found: usize,
    },
    /// A cell begins with a quote, and the line ends before the one that closes it.
    Endless,
    Key {
        column: usize,
        fault: KeyFault,
    },
    Industry {
        column: usize,
        found: Shown,
    },
}

/// What a block of rows held.
#[derive(Default, Debug)]
pub(super) struct Block {
    pub people: People,
    /// Lines in the block, and those of them that are not empty.
    pub lines: u64,
    pub rows: u64,
    /// Rows of persons not asked for.
    pub left_out: u64,
    /// The first faults with their lines in the block, from 0, and how many more there are.
    pub faults: Vec<(u64, RowFault)>,
    pub more_faults: u64,
    /// Cells that are no known codes, with line and column.
    pub unknown: Unknowns<(u64, usize)>,
    /// Of all rows, also those left out.
    pub keys: KeyLengths,
}

impl Layout {
    /// Reads the header line, given without its line end.
    pub fn read(
        path: &Path,
        line: &[u8],
        dialect: Dialect,
        key: Option<&str>,
    ) -> Result<Layout, RegisterError> {
        let mut cells = Cells::new(line, dialect.separator);
        let mut header: Vec<String> = cells.by_ref().map(|cell| text(cell).into_owned()).collect();
        if cells.0.unclosed {
            return Err(RegisterError::Endless {
                path: path.to_owned(),
                line: 1,
            });
        }
        if shown::are_cells(header.iter()) {
            return Err(RegisterError::NoHeader {
                path: path.to_owned(),
            });
        }
        let key_column =
            match key {
                None => 0,
                Some(key) => header.iter().position(|name| name == key).ok_or_else(|| {
                    RegisterError::NoKey {
                        path: path.to_owned(),
                        key: key.to_owned(),
                        nearest: nearest(key, header.iter().map(String::as_str)).map(str::to_owned),
                    }
                })?,
            };
        let named = |name: &&String| **name == header[key_column];
        if header.iter().filter(named).nth(1).is_some() {
            return Err(RegisterError::ColumnTwice {
                path: path.to_owned(),
                column: header[key_column].clone(),
            });
        }
        // From here on the names of other columns than weeks and months are for messages alone.
        for name in &mut header {
            *name = shown::name(name);
        }
        let mut segments: Vec<Segment> = Vec::new();
        let mut weeks = Vec::new();
        let mut months = Vec::new();
        let mut passed_over = Vec::new();
        for (column, name) in header.iter().enumerate() {
            let kind = if column == key_column {
                Kind::Key
            } else {
                column_kind(name).map_err(|source| RegisterError::Column {
                    path: path.to_owned(),
                    column: name.clone(),
                    source,
                })?
            };
            match kind {
                Kind::Weeks(week) => weeks.push((week.0, column)),
                Kind::Months(month) => months.push((month.0, column)),
                Kind::Skip => passed_over.push(name.clone()),
                Kind::Key => {}
            }
            match segments.last_mut() {
                Some(last) if last.is_followed_by(kind) => last.count += 1,
                _ => segments.push(Segment {
                    kind,
                    column,
                    count: 1,
                }),
            }
        }
        let ordered = weeks.is_sorted() && months.is_sorted();
        let weeks = consecutive(path, weeks, &header)?;
        let months = consecutive(path, months, &header)?;
        if weeks.is_none() {
            return Err(RegisterError::NoWeeks {
                path: path.to_owned(),
            });
        }
        Ok(Layout {
            separator: dialect.separator,
            coverage: Coverage {
                holes: Vec::new(),
                weeks: weeks.map(|(first, last)| (Week(first), Week(last))),
                months: months.map(|(first, last)| (Month(first), Month(last))),
            },
            header,
            passed_over,
            segments,
            ordered,
        })
    }

    /// Reads whole lines into a block, which forgets what it held. With `keep`, only the persons
    /// in it are read.
    pub fn scan(
        &self,
        bytes: &[u8],
        codes: &CodeTable,
        keep: Option<&HashSet<Vec<u8>>>,
        block: &mut Block,
    ) {
        block.people.clear();
        (block.lines, block.rows, block.left_out) = (0, 0, 0);
        block.keys.clear();
        let mut from = 0;
        while from < bytes.len() {
            let end = memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at);
            let row = &bytes[from..end];
            let row = row.strip_suffix(b"\r").unwrap_or(row);
            from = end + 1;
            let line = block.lines;
            block.lines += 1;
            if row.is_empty() {
                continue;
            }
            block.rows += 1;
            if let Some(keep) = keep
                && self.is_other(row, line, keep, &mut block.keys)
            {
                block.left_out += 1;
                if let Err(fault) = self.count(row) {
                    block.fault(line, fault);
                }
                continue;
            }
            let mut cursor = Cursor {
                row,
                at: 0,
                separator: self.separator,
                line,
                unclosed: false,
            };
            let mut read = self.row(&mut cursor, codes, block);
            if cursor.unclosed {
                read = Err(RowFault::Endless);
            }
            if let Err(fault) = read {
                block.people.forget_person();
                block.fault(line, fault);
            }
        }
    }

    /// Returns whether a row is of a person who is not wanted, whose key is then looked at. A row
    /// without a key is wanted, so that it is reported.
    fn is_other(
        &self,
        row: &[u8],
        line: u64,
        keep: &HashSet<Vec<u8>>,
        keys: &mut KeyLengths,
    ) -> bool {
        let key = self
            .segments
            .iter()
            .find(|segment| segment.kind == Kind::Key);
        let column = key.map_or(0, |segment| segment.column);
        let Some(cell) = Cells::new(row, self.separator).nth(column) else {
            return false;
        };
        let key = text(cell);
        if keep.contains(key.as_bytes()) || KeyFault::of(&key).is_some() {
            return false;
        }
        keys.add(key.as_bytes(), line);
        true
    }

    /// Counts the cells of a row that is not read.
    fn count(&self, row: &[u8]) -> Result<(), RowFault> {
        // As many as the separators and one, unless one of these stands in quotes.
        if memchr_iter(self.separator, row).count() + 1 == self.header.len() {
            return Ok(());
        }
        let mut cells = Cells::new(row, self.separator);
        let found = cells.by_ref().count();
        if cells.0.unclosed {
            Err(RowFault::Endless)
        } else if found == self.header.len() {
            Ok(())
        } else {
            Err(RowFault::Ragged { found })
        }
    }

    fn row(
        &self,
        cursor: &mut Cursor,
        codes: &CodeTable,
        block: &mut Block,
    ) -> Result<(), RowFault> {
        let ragged = |read: usize| RowFault::Ragged { found: read };
        let mut key = text(b"");
        for segment in &self.segments {
            let read = match segment.kind {
                Kind::Key => {
                    let cell = cursor.next().ok_or_else(|| ragged(segment.column))?;
                    key = text(cell);
                    if let Some(fault) = KeyFault::of(&key) {
                        let column = segment.column;
                        return Err(RowFault::Key { column, fault });
                    }
                    1
                }
                Kind::Weeks(first) => cursor.weeks(first, segment, codes, block),
                Kind::Months(first) => cursor.months(first, segment, block)?,
                Kind::Skip => cursor.skip(segment.count),
            };
            if read < segment.count {
                return Err(ragged(segment.column + read));
            }
        }
        let surplus = cursor.by_ref().count();
        if surplus > 0 {
            return Err(ragged(self.header.len() + surplus));
        }
        if !self.ordered {
            block.people.order_person();
        }
        block.keys.add(key.as_bytes(), cursor.line);
        block.people.end_person(key.as_bytes(), cursor.line);
        Ok(())
    }
}

impl Segment {
    fn is_followed_by(&self, kind: Kind) -> bool {
        let count = self.count as i32;
        match (self.kind, kind) {
            (Kind::Weeks(first), Kind::Weeks(next)) => first + count == next,
            (Kind::Months(first), Kind::Months(next)) => first.0 + count == next.0,
            (Kind::Skip, Kind::Skip) => true,
            _ => false,
        }
    }
}

/// Returns what a column is by its name: `y_YYWW` a week, `branche_YYYY_MM` a month.
fn column_kind(name: &str) -> Result<Kind, PeriodError> {
    let lower = name.to_ascii_lowercase();
    let number = |text: &str| -> Option<i16> {
        text.bytes()
            .all(|c| c.is_ascii_digit())
            .then(|| text.parse().ok())?
    };
    if let Some(rest) = lower.strip_prefix("y_")
        && rest.len() == 4
        && rest.is_ascii()
        && let (Some(year), Some(week)) = (number(&rest[..2]), number(&rest[2..]))
    {
        // YY from 91 on is in the 1900s: DREAM begins in 1991.
        let year = if year >= 91 { 1900 + year } else { 2000 + year };
        return Ok(Kind::Weeks(Week::from_iso(year, week as i8)?));
    }
    if let Some((year, month)) = lower
        .strip_prefix("branche_")
        .and_then(|rest| rest.split_once('_'))
        && let (4, Some(year), Some(month)) = (year.len(), number(year), number(month))
    {
        let month = i8::try_from(month)
            .ok()
            .and_then(|month| Month::new(year, month))
            .ok_or_else(|| PeriodError::Form {
                found: name.to_owned(),
                expected: "month such as branche_2017_05",
            })?;
        return Ok(Kind::Months(month));
    }
    Ok(Kind::Skip)
}

/// Checks that periods follow one another without gap or repeat, and returns the first and last.
fn consecutive(
    path: &Path,
    mut periods: Vec<(i32, usize)>,
    header: &[String],
) -> Result<Option<(i32, i32)>, RegisterError> {
    periods.sort_unstable();
    for pair in periods.windows(2) {
        let ((a, before), (b, after)) = (pair[0], pair[1]);
        if a == b {
            return Err(RegisterError::ColumnTwice {
                path: path.to_owned(),
                column: header[after].clone(),
            });
        }
        if a + 1 != b {
            return Err(RegisterError::Gap {
                path: path.to_owned(),
                before: header[before].clone(),
                after: header[after].clone(),
            });
        }
    }
    Ok(periods
        .first()
        .zip(periods.last())
        .map(|(first, last)| (first.0, last.0)))
}

/// Returns a cell without quotes and without blanks at its ends.
fn bare(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    match cell {
        [b'"', inner @ .., b'"'] => inner.trim_ascii(),
        _ => cell,
    }
}

/// The cells of a row, as they stand.
struct Cells<'r>(Cursor<'r>);

impl<'r> Cells<'r> {
    fn new(row: &'r [u8], separator: u8) -> Cells<'r> {
        Cells(Cursor {
            row,
            at: 0,
            separator,
            line: 0,
            unclosed: false,
        })
    }
}

impl<'r> Iterator for Cells<'r> {
    type Item = &'r [u8];

    fn next(&mut self) -> Option<&'r [u8]> {
        self.0.next()
    }
}

/// A place in a row: the start of the next cell, one past the row's end when there is none.
struct Cursor<'r> {
    row: &'r [u8],
    at: usize,
    separator: u8,
    line: u64,
    /// Whether a quoted cell was not closed.
    unclosed: bool,
}

impl<'r> Iterator for Cursor<'r> {
    type Item = &'r [u8];

    #[inline]
    fn next(&mut self) -> Option<&'r [u8]> {
        let rest = self.row.get(self.at..)?;
        let end = match rest.first() {
            Some(b'"') => self.quoted_end(rest),
            _ => memchr(self.separator, rest).unwrap_or(rest.len()),
        };
        self.at += end + 1;
        Some(&rest[..end])
    }
}

impl Cursor<'_> {
    /// Returns the end of a cell that begins with a quote: the first separator behind the quote
    /// that closes it, which is one that is not followed by another.
    fn quoted_end(&mut self, rest: &[u8]) -> usize {
        let mut at = 1;
        while let Some(quote) = memchr(b'"', &rest[at..]) {
            at += quote + 1;
            if rest.get(at) != Some(&b'"') {
                return memchr(self.separator, &rest[at..]).map_or(rest.len(), |end| at + end);
            }
            at += 1;
        }
        self.unclosed = true;
        rest.len()
    }

    fn skip(&mut self, count: usize) -> usize {
        self.take(count).count()
    }

    /// Passes over blank cells that have a separator behind them, at most `most`.
    #[inline]
    fn blanks(&mut self, most: usize) -> usize {
        let rest = self.row.get(self.at..).unwrap_or_default();
        let rest = &rest[..rest.len().min(most)];
        let blanks = rest
            .iter()
            .position(|&byte| byte != self.separator)
            .unwrap_or(rest.len());
        self.at += blanks;
        blanks
    }

    /// Passes over cells of three digits that equal the one at hand, at most `most`; returns the
    /// code and how many there were, or nothing where no such cell stands.
    #[inline]
    fn codes(&mut self, most: usize) -> Option<(Code, usize)> {
        let rest = self.row.get(self.at..)?;
        let cell: &[u8; 4] = rest.first_chunk()?;
        if cell[3] != self.separator {
            return None;
        }
        let code = Code::read(&cell[..3])?;
        let pattern = u32::from_ne_bytes(*cell);
        let wide = u128::from(pattern) * 0x0000_0001_0000_0001_0000_0001_0000_0001;
        let mut count = 0;
        while count + 4 <= most
            && let Some(cells) = rest[4 * count..].first_chunk()
            && u128::from_ne_bytes(*cells) == wide
        {
            count += 4;
        }
        while count < most
            && let Some(cell) = rest[4 * count..].first_chunk()
            && u32::from_ne_bytes(*cell) == pattern
        {
            count += 1;
        }
        self.at += 4 * count;
        Some((code, count))
    }

    /// Reads the weeks of a segment into runs and returns how many cells there were.
    fn weeks(
        &mut self,
        first: Week,
        segment: &Segment,
        codes: &CodeTable,
        block: &mut Block,
    ) -> usize {
        let mut read = 0;
        while read < segment.count {
            let left = segment.count - read;
            let blanks = self.blanks(left);
            let (code, weeks) = if blanks > 0 {
                (Some(Code::BLANK), blanks)
            } else if let Some((code, count)) = self.codes(left) {
                (Some(code), count)
            } else {
                let Some(cell) = self.next() else {
                    break;
                };
                let code = Code::read(bare(cell));
                if code.is_none() {
                    let column = segment.column + read;
                    block.unknown(&decode(bare(cell)), self.line, column, 1);
                }
                (code, 1)
            };
            if let Some(code) = code {
                if codes.class(code).is_none() {
                    let column = segment.column + read;
                    block.unknown(&code.to_string(), self.line, column, weeks as u64);
                }
                block.people.push_weeks(Spell {
                    first: first + read as i32,
                    weeks: weeks as u32,
                    code,
                });
            }
            read += weeks;
        }
        read
    }

    /// Reads the months of a segment into runs and returns how many cells there were.
    fn months(
        &mut self,
        first: Month,
        segment: &Segment,
        block: &mut Block,
    ) -> Result<usize, RowFault> {
        let mut read = 0;
        while read < segment.count {
            let blanks = self.blanks(segment.count - read);
            let (paid, months) = if blanks > 0 {
                (false, blanks)
            } else {
                let Some(cell) = self.next() else {
                    break;
                };
                let cell = bare(cell);
                let paid = !matches!(cell, b"" | b".");
                if paid && !cell.iter().all(u8::is_ascii_digit) {
                    return Err(RowFault::Industry {
                        column: segment.column + read,
                        found: Shown::cell(&decode(cell)),
                    });
                }
                (paid, 1)
            };
            block.people.push_months(Wage {
                first: Month(first.0 + read as i32),
                months: months as u32,
                paid,
            });
            read += months;
        }
        Ok(read)
    }
}

impl Block {
    fn fault(&mut self, line: u64, fault: RowFault) {
        match self.faults.len() < RowFaults::KEPT {
            true => self.faults.push((line, fault)),
            false => self.more_faults += 1,
        }
    }

    fn unknown(&mut self, cell: &str, line: u64, column: usize, count: u64) {
        let place = || (line, column);
        self.unknown.add(Shown::cell(cell), count, place);
    }
}

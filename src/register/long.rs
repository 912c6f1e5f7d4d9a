//! Long registers: a row a job and month (`bfl`), a spell (`spells`), or a person and period
//! (`states`).
//!
//! Promises: rows may stand in any order, also in national files; each is read on its own, sorted
//! with the others on the way to the store, and joined there. A week has the state of its
//! Thursday, so that spells that touch within a week do not meet.

use std::collections::HashSet;
use std::path::Path;

use super::check::{Doubt, Doubts, KeyLengths};
use super::codes::{Code, CodeTable};
use super::ingest::{UnknownIn, no_codes};
use super::people::People;
use super::source::{KeyFault, Source};
use super::values::number;
use super::{Coverage, Hours, RegisterError, RowFaults, Shown, Spell, shown};
use crate::period::{Month, Week, iso_date};
use crate::protocol::{ColumnRole, Register, RegisterKind, State};
use crate::spelling::nearest;

/// A file of a long register, being read.
pub(super) struct LongFile<'a> {
    path: &'a Path,
    /// Its number among the files of the register.
    number: u16,
    source: Source,
    key: usize,
    columns: Columns,
    codes: &'a CodeTable,
    cells: Vec<String>,
    /// Periods that were seen, from the first to the last.
    pub coverage: Coverage,
    unknown: &'a mut UnknownIn,
    /// Faults of rows, told when all are read.
    faults: RowFaults,
    pub passed_over: Vec<String>,
    doubts: &'a mut Doubts,
    keys: KeyLengths,
    pub rows: u64,
    /// The line of the row that was read last.
    line: u64,
    /// Rows of persons not asked for.
    pub left_out: u64,
    /// Whether periods are weeks (or months), once one was seen.
    weekly: Option<bool>,
}

/// Where the columns of a kind stand.
enum Columns {
    Bfl {
        year: usize,
        month: usize,
        hours: usize,
        wage: Option<usize>,
    },
    Spells {
        start: usize,
        end: usize,
        state: usize,
    },
    States {
        period: usize,
        state: usize,
    },
}

/// Hours in a month above which a row is counted as doubtful.
const MANY_HOURS: u32 = 400 * 10_000;

impl<'a> LongFile<'a> {
    pub fn open(
        path: &'a Path,
        number: u16,
        register: &Register,
        codes: &'a CodeTable,
        doubts: &'a mut Doubts,
        unknown: &'a mut UnknownIn,
    ) -> Result<LongFile<'a>, RegisterError> {
        let source = Source::open(path)?;
        let header = source.header().to_vec();
        let find = |name: &str, role: &'static str| {
            header
                .iter()
                .position(|column| column == name)
                .ok_or_else(|| RegisterError::NoColumn {
                    path: path.to_owned(),
                    column: name.to_owned(),
                    role,
                    nearest: nearest(name, header.iter().map(String::as_str)).map(str::to_owned),
                })
        };
        let column = |role: ColumnRole| {
            let named = register.columns.iter().find(|(named, _)| *named == role);
            find(named.map_or(role.name(), |(_, name)| name), role.name())
        };
        let key = match &register.key {
            Some(name) => find(name, "key")?,
            None => 0,
        };
        let (columns, used) = match register.kind {
            RegisterKind::Bfl => {
                let year = column(ColumnRole::Year)?;
                let month = column(ColumnRole::Month)?;
                let hours = column(ColumnRole::Hours)?;
                // Not in every delivery, and only where the plan names them.
                let perhaps = |role: ColumnRole| {
                    let named = register.columns.iter().any(|(named, _)| *named == role);
                    named.then(|| column(role)).transpose()
                };
                let wage = perhaps(ColumnRole::Wage)?;
                let subsidy = perhaps(ColumnRole::Subsidy)?;
                let used = [Some(year), Some(month), Some(hours), wage, subsidy];
                (
                    Columns::Bfl {
                        year,
                        month,
                        hours,
                        wage,
                    },
                    used.into_iter().flatten().collect(),
                )
            }
            RegisterKind::Spells => {
                let start = column(ColumnRole::Start)?;
                let end = column(ColumnRole::End)?;
                let state = column(ColumnRole::State)?;
                (
                    Columns::Spells { start, end, state },
                    vec![start, end, state],
                )
            }
            RegisterKind::States => {
                let period = column(ColumnRole::Period)?;
                let state = column(ColumnRole::State)?;
                (Columns::States { period, state }, vec![period, state])
            }
            RegisterKind::Dream => unreachable!("a wide register is read by the scanner"),
        };
        let passed_over = header
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != key && !used.contains(index))
            .map(|(_, name)| shown::name(name))
            .collect();
        Ok(LongFile {
            path,
            number,
            source,
            key,
            columns,
            codes,
            cells: Vec::new(),
            coverage: Coverage::default(),
            unknown,
            faults: RowFaults::default(),
            passed_over,
            doubts,
            keys: KeyLengths::default(),
            rows: 0,
            line: 1,
            left_out: 0,
            weekly: None,
        })
    }

    /// Reads the next row of a wanted person as that person's only part; false at the end.
    pub fn next(
        &mut self,
        keep: Option<&HashSet<Vec<u8>>>,
        part: &mut People,
    ) -> Result<bool, RegisterError> {
        part.clear();
        loop {
            let mut cells = std::mem::take(&mut self.cells);
            let line = self.source.next(&mut cells)?;
            let Some(line) = line else {
                self.faults.done()?;
                self.doubts.keys(&self.keys, self.number, 0);
                if self.rows > 1 && self.source.lacks_last_line_end() {
                    self.doubts
                        .add(Doubt::NoLastLineEnd, (self.number, self.line));
                }
                return Ok(false);
            };
            self.rows += 1;
            self.line = line;
            if self.source.spans_lines() {
                self.doubts.add(Doubt::CellOverLines, (self.number, line));
            }
            let taken = self.row(&cells, line, keep, part);
            self.cells = cells;
            if self.unknown.too_many() {
                return Err(no_codes(self.path, line, self.unknown));
            }
            match taken {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(fault) => {
                    self.faults.add(fault);
                    part.clear();
                }
            }
        }
    }

    pub fn bytes(&self) -> u64 {
        self.source.bytes()
    }

    pub fn digest(&mut self) -> Result<crate::digest::Digest, RegisterError> {
        self.source.digest()
    }

    fn row(
        &mut self,
        cells: &[String],
        line: u64,
        keep: Option<&HashSet<Vec<u8>>>,
        part: &mut People,
    ) -> Result<bool, RegisterError> {
        let key = cells[self.key].as_str();
        if let Some(fault) = KeyFault::of(key) {
            return Err(fault.at(self.path, line, &self.source.header()[self.key]));
        }
        self.keys.add(key.as_bytes(), line);
        // The periods of the file are those of all its rows, whoever is wanted.
        let wanted = keep.is_none_or(|keep| keep.contains(key.as_bytes()));
        self.left_out += u64::from(!wanted);
        match self.columns {
            Columns::Bfl {
                year,
                month,
                hours,
                wage,
            } => {
                let month = self.month(cells, line, year, month)?;
                self.cover_months(month, month);
                let paid = paid(&cells[hours])
                    .ok_or_else(|| self.wrong(cells, line, hours, "number of hours"))?;
                if let Some(wage) = wage
                    && number(&cells[wage]).is_none()
                {
                    return Err(self.wrong(cells, line, wage, "wage"));
                }
                self.doubts.month(month);
                if paid > MANY_HOURS {
                    self.doubts.add(Doubt::ManyHours, (self.number, line));
                }
                if wanted {
                    part.push_hours(Hours { month, paid });
                }
            }
            Columns::Spells { start, end, state } => {
                let first = self.weeks(cells, line, start, Edge::Start)?;
                let last = self.weeks(cells, line, end, Edge::End)?;
                let code = self.state(cells, line, state);
                if last + 1 < first {
                    return Err(RegisterError::EndBeforeStart {
                        path: self.path.to_owned(),
                        line,
                    });
                }
                if last < first {
                    self.doubts.add(Doubt::WithoutWeek, (self.number, line));
                    return Ok(false);
                }
                self.cover_weeks(first, last);
                if wanted && let Some(code) = code {
                    part.push_weeks(Spell {
                        first,
                        weeks: (last - first + 1) as u32,
                        code,
                    });
                }
            }
            Columns::States { period, state } => {
                let (first, last) = self.period(cells, line, period)?;
                self.cover_weeks(first, last);
                let code = self.state(cells, line, state);
                if wanted && let Some(code) = code {
                    part.push_weeks(Spell {
                        first,
                        weeks: (last - first + 1) as u32,
                        code,
                    });
                }
            }
        }
        if wanted {
            part.end_person(key.as_bytes(), line);
        }
        Ok(wanted)
    }

    fn wrong(
        &self,
        cells: &[String],
        line: u64,
        column: usize,
        expected: &'static str,
    ) -> RegisterError {
        RegisterError::WrongCell {
            path: self.path.to_owned(),
            line,
            column: self.source.header()[column].clone(),
            found: Shown::cell(&cells[column]),
            expected,
        }
    }

    fn month(
        &self,
        cells: &[String],
        line: u64,
        year: usize,
        month: usize,
    ) -> Result<Month, RegisterError> {
        let of_year = cells[year]
            .parse()
            .ok()
            .filter(|year| known_year(*year))
            .ok_or_else(|| self.wrong(cells, line, year, "year"))?;
        let of_month = cells[month].parse().ok();
        of_month
            .and_then(|month| Month::new(of_year, month))
            .ok_or_else(|| self.wrong(cells, line, month, "month from 1 to 12"))
    }

    /// Returns the first week whose Thursday is on or after a start, or the last whose Thursday is
    /// on or before an end; or the ISO week itself.
    fn weeks(
        &self,
        cells: &[String],
        line: u64,
        column: usize,
        edge: Edge,
    ) -> Result<Week, RegisterError> {
        let text = cells[column].as_str();
        if let Some(week) = text
            .parse()
            .ok()
            .filter(|week: &Week| known_year(week.iso().0))
        {
            return Ok(week);
        }
        let date = iso_date(text)
            .filter(|date| known_year(date.year()))
            .ok_or_else(|| {
                self.wrong(
                cells,
                line,
                column,
                "date such as 2021-04-05, or ISO week such as 2021-W14, of the years 1900 to 2199",
            )
            })?;
        let week = Week::of(date);
        let thursday = week.thursday();
        Ok(match edge {
            Edge::Start if thursday < date => week + 1,
            Edge::End if date < thursday => week + -1,
            _ => week,
        })
    }

    /// Returns the weeks of a period: itself, or those whose Thursday lies in the month.
    fn period(
        &mut self,
        cells: &[String],
        line: u64,
        column: usize,
    ) -> Result<(Week, Week), RegisterError> {
        let text = cells[column].as_str();
        let week = text
            .parse()
            .ok()
            .filter(|week: &Week| known_year(week.iso().0));
        let (weeks, weekly) = match (week, iso_month(text)) {
            (Some(week), _) => ((week, week), true),
            (_, Some(month)) => ((month.first_week(), month.next().first_week() + -1), false),
            _ => {
                let expected = "period such as 2021-W14 or 2021-05, of the years 1900 to 2199";
                return Err(self.wrong(cells, line, column, expected));
            }
        };
        if *self.weekly.get_or_insert(weekly) != weekly {
            return Err(RegisterError::WeeksAndMonths {
                path: self.path.to_owned(),
                line,
                found: Shown::cell(text),
            });
        }
        Ok(weeks)
    }

    /// Returns the code of a state, by its name or as a code of DREAM; an unknown one is counted.
    fn state(&mut self, cells: &[String], line: u64, column: usize) -> Option<Code> {
        let text = cells[column].as_str();
        if let Some(state) = State::from_name(text) {
            return Some(Code::of_state(state));
        }
        let code = Code::read(text.as_bytes())
            .filter(|code| *code != Code::BLANK && self.codes.class(*code).is_some());
        if code.is_none() {
            let place = || {
                let column = self.source.header()[column].clone();
                (self.path.to_owned(), line, column)
            };
            self.unknown.add(Shown::cell(text), 1, place);
        }
        code
    }

    fn cover_weeks(&mut self, first: Week, last: Week) {
        let weeks = self.coverage.weeks.get_or_insert((first, last));
        *weeks = (weeks.0.min(first), weeks.1.max(last));
    }

    fn cover_months(&mut self, first: Month, last: Month) {
        let months = self.coverage.months.get_or_insert((first, last));
        *months = (months.0.min(first), months.1.max(last));
    }
}

#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

/// Returns whether a year can be meant: 9999 for a spell that has not ended, or 0201 for 2001,
/// would stretch the register over centuries without data.
fn known_year(year: i16) -> bool {
    (1900..=2199).contains(&year)
}

/// Reads `2021-05`.
fn iso_month(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || month.len() != 2 || !digits(month) {
        return None;
    }
    let year = year.parse().ok().filter(|year| known_year(*year))?;
    Month::new(year, month.parse().ok()?)
}

/// Reads hours with a decimal point or comma, in 1/10,000 hour, rounded half up beyond that.
fn paid(text: &str) -> Option<u32> {
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u32 = match whole {
        "" => 0,
        whole => whole.parse().ok()?,
    };
    let digit = |at: usize| {
        fraction
            .as_bytes()
            .get(at)
            .map_or(0, |c| u32::from(c - b'0'))
    };
    let part = 1_000 * digit(0) + 100 * digit(1) + 10 * digit(2) + digit(3);
    let up = u32::from(digit(4) >= 5);
    whole.checked_mul(10_000)?.checked_add(part + up)
}

//! Registers: files as they are delivered, read into spells.
//!
//! Promises: an ingest takes in everybody in the files or stops with file, line and column; an
//! unknown code, a duplicate person, a missing or impossible week is never guessed around. Memory
//! does not grow with the number of rows. Nothing here can see an arm.
//! Hides: file formats, threads, sorting, and polars-parquet, which decodes and encodes Parquet.

mod check;
pub mod codes;
pub mod columns;
mod coverage;
mod dream;
mod guard;
mod ingest;
mod long;
mod parquet;
mod people;
mod shown;
pub mod source;
mod spill;
pub mod store;
mod unknown;
pub mod values;

use std::io;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::period::{Month, PeriodError, Week};

pub use check::{Doubt, Doubtful};
pub use codes::{Class, Code, CodeTable};
pub use ingest::{Ingest, Ingested, Progress, SORT_MEMORY, Writing, code_table, ingest};
pub use shown::Shown;
pub use source::{Format, Source};
pub use unknown::UnknownCode;

/// A run of weeks of one person with one code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spell {
    pub first: Week,
    pub weeks: u32,
    pub code: Code,
}

/// A run of months of one person in which wage was registered, or was not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wage {
    pub first: Month,
    pub months: u32,
    pub paid: bool,
}

/// Hours paid to one person in a month, over all jobs, in 1/10,000 hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hours {
    pub month: Month,
    pub paid: u32,
}

/// One person of a register.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Person {
    pub key: String,
    /// In order of time, neighbours merged, blank a code like any other; weeks outside every
    /// spell are outside the register's coverage.
    pub spells: Vec<Spell>,
    /// In order of time, neighbours merged.
    pub wages: Vec<Wage>,
    /// In order of time, one for each month that has hours.
    pub hours: Vec<Hours>,
}

/// The periods for which a register has columns, first and last included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    pub weeks: Option<(Week, Week)>,
    pub months: Option<(Month, Month)>,
    /// Months between the first and the last that were not delivered, in order of time.
    pub holes: Vec<Month>,
}

impl Coverage {
    /// Returns whether every month from `first` to `last` was delivered.
    pub fn has_months(&self, first: Month, last: Month) -> bool {
        let within = |(from, to): (Month, Month)| from <= first && last <= to;
        self.months.is_some_and(within)
            && !self
                .holes
                .iter()
                .any(|hole| first <= *hole && *hole <= last)
    }
}

/// A file that was read, and what its bytes were.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    pub file: String,
    pub digest: Digest,
}

/// Why a register could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
    #[error("`{}` is empty", path.display())]
    Empty { path: PathBuf },
    #[error("`{}` has a header and no rows", path.display())]
    HeaderOnly { path: PathBuf },
    #[error("{found}, not {expected}\n  in {}", path.display())]
    OtherFormat {
        path: PathBuf,
        found: &'static str,
        expected: Format,
    },
    #[error("a column's name may be a CPR number\n  in {}, line 1\n  expected a header", path.display())]
    NoHeader { path: PathBuf },
    #[error("`{}` is UTF-16 text\n  expected UTF-8, Windows-1252 or Latin-1", path.display())]
    Utf16 { path: PathBuf },
    #[error("lines end in CR alone\n  in {}\n  expected LF or CR LF", path.display())]
    CrOnly { path: PathBuf },
    #[error("no week columns\n  in {}, line 1\n  expected columns such as `y_1752`", path.display())]
    NoWeeks { path: PathBuf },
    #[error("{source}\n  in {}, line 1, column {column}", path.display())]
    Column {
        path: PathBuf,
        column: String,
        source: PeriodError,
    },
    #[error("column `{column}` stands twice\n  in {}, line 1", path.display())]
    ColumnTwice { path: PathBuf, column: String },
    #[error("a gap between columns `{before}` and `{after}`\n  in {}, line 1", path.display())]
    Gap {
        path: PathBuf,
        before: String,
        after: String,
    },
    #[error("no key column `{key}`\n  in {}, line 1", path.display())]
    NoKey {
        path: PathBuf,
        key: String,
        nearest: Option<String>,
    },
    #[error("a row of {found} cells\n  in {}, line {line}\n  expected {expected}, as in the header", path.display())]
    Ragged {
        path: PathBuf,
        line: u64,
        found: usize,
        expected: usize,
    },
    #[error("a row that does not end\n  in {}, line {line}\n  expected a line end, or the quote that closes a cell", path.display())]
    Endless { path: PathBuf, line: u64 },
    #[error("text behind the quote that closes a cell\n  in {}, line {end}\n  the cell begins in line {line}", path.display())]
    QuoteInside { path: PathBuf, line: u64, end: u64 },
    #[error("column {number} has no name\n  in {}, line 1", path.display())]
    NoName { path: PathBuf, number: usize },
    #[error("not {format}, or torn: {message}\n  in {}", path.display())]
    NotWhole {
        path: PathBuf,
        format: Format,
        message: String,
    },
    #[error("{found} in a cell\n  in {}, line {line}, column {column}\n  expected {expected}", path.display())]
    Cell {
        path: PathBuf,
        line: u64,
        column: String,
        found: String,
        expected: &'static str,
    },
    #[error("the key is empty\n  in {}, line {line}, column {column}", path.display())]
    EmptyKey {
        path: PathBuf,
        line: u64,
        column: String,
    },
    #[error("{found} is no industry code\n  in {}, line {line}, column {column}\n  expected digits, or blank", path.display())]
    Industry {
        path: PathBuf,
        line: u64,
        column: String,
        found: Shown,
    },
    #[error("{}", unknown::told(codes))]
    UnknownCodes { codes: Vec<UnknownCode> },
    /// More than any table of codes has: it is a column of something else.
    #[error("{}", unknown::told_of_too_many(path, *line, first))]
    NoCodes {
        path: PathBuf,
        /// The line up to which the file was read.
        line: u64,
        first: Vec<UnknownCode>,
    },
    /// The key is not repeated: it may be a national identity number.
    #[error("one person has two rows\n  in {}, lines {first} and {second}", path.display())]
    TwoRows {
        path: PathBuf,
        first: u64,
        second: u64,
    },
    #[error("no column `{column}`\n  in {}, line 1\n  expected a column for the {role}", path.display())]
    NoColumn {
        path: PathBuf,
        column: String,
        role: &'static str,
        nearest: Option<String>,
    },
    #[error("{found} is no {expected}\n  in {}, line {line}, column {column}", path.display())]
    WrongCell {
        path: PathBuf,
        line: u64,
        column: String,
        found: Shown,
        expected: &'static str,
    },
    #[error("{message}")]
    Codes { message: String },
    #[error("code `{code}` stands twice\n  in {}, lines {first} and {second}", path.display())]
    CodeTwice {
        path: PathBuf,
        code: String,
        first: u64,
        second: u64,
    },
    #[error("a spell ends before it starts\n  in {}, line {line}", path.display())]
    EndBeforeStart { path: PathBuf, line: u64 },
    /// The key is not repeated: it may be a national identity number.
    #[error("one person has two states in {period}\n  in {}, line {line}\n  and {}, line {other_line}", path.display(), other.display())]
    TwoStates {
        path: PathBuf,
        line: u64,
        other: PathBuf,
        other_line: u64,
        period: String,
    },
    #[error("weeks and months in one file\n  in {}, line {line}: {found}", path.display())]
    WeeksAndMonths {
        path: PathBuf,
        line: u64,
        found: Shown,
    },
    #[error("more hours in a month than can be kept\n  in {}, line {line}", path.display())]
    TooManyHours { path: PathBuf, line: u64 },
    #[error("no file of the register holds the weeks from {from} to {to}\n  between {}\n  and {}", before.display(), after.display())]
    WeeksBetween {
        before: PathBuf,
        after: PathBuf,
        from: Week,
        to: Week,
    },
    #[error("two files of one register hold the same period, from {from} to {to}\n  in {}\n  and {}", first.display(), second.display())]
    Overlap {
        first: PathBuf,
        second: PathBuf,
        from: String,
        to: String,
    },
    /// More than one of the faults of single rows.
    #[error("{}", several(first, *number))]
    Several {
        /// The first few.
        first: Vec<RegisterError>,
        number: u64,
    },
    #[error("the store `{}` cannot be used: {message}", path.display())]
    Store { path: PathBuf, message: String },
    #[error(
        "the spells of register `{register}` were made with another `{what}` than the plan has now"
    )]
    ReadOtherwise {
        register: String,
        what: &'static str,
    },
    #[error("no {what} at `{}`", path.display())]
    NotIngested { path: PathBuf, what: &'static str },
}

/// Faults of single rows, met while the rest is still read: the first few are kept, all counted.
#[derive(Debug, Default)]
struct RowFaults {
    first: Vec<RegisterError>,
    number: u64,
}

impl RowFaults {
    const KEPT: usize = 5;

    fn add(&mut self, fault: RegisterError) {
        self.number += 1;
        if self.first.len() < RowFaults::KEPT {
            self.first.push(fault);
        }
    }

    /// Counts faults that are not kept, the first few being there.
    fn add_number(&mut self, number: u64) {
        self.number += number;
    }

    /// Returns the faults as one error, where there were any.
    fn done(&mut self) -> Result<(), RegisterError> {
        let RowFaults { mut first, number } = std::mem::take(self);
        match first.len() {
            0 => Ok(()),
            1 => Err(first.remove(0)),
            _ => Err(RegisterError::Several { first, number }),
        }
    }
}

fn several(first: &[RegisterError], number: u64) -> String {
    let mut text = format!("{number} faults in the rows");
    for fault in first {
        text += &format!("\n  {}", fault.to_string().replace("\n  ", ", "));
    }
    let more = number - first.len() as u64;
    if more > 0 {
        text += &format!("\n  and {more} more");
    }
    text
}

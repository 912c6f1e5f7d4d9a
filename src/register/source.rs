//! A table in any format, row by row, its cells as text.
//!
//! Promises: the same table gives the same cells whatever its format. A text has no blanks at its
//! ends; a missing value is the empty text; a whole number is its digits, any other number the
//! shortest decimal that reads back; a date is 2021-04-05; yes and no are 1 and 0. Every row has
//! as many cells as the header, or the file is refused with the line. Memory does not grow with
//! the number of rows, except for Excel, which is read whole, for the long strings of Stata (strL),
//! and by 16 bytes a row for compressed SAS files. A torn Stata file may ask for up to 4 GB, by a
//! length that its reader believes, before it is refused.
//! Hides: the crates that read the formats.

mod csv;
mod excel;
mod parquet;
mod row;
mod sas;
mod stata;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use memchr::memchr3;

use self::row::Row;
pub(super) use self::row::text;
use super::RegisterError;
use super::shown::may_be_cpr;
use crate::digest::Digest;
use crate::table::{self, Table};

/// A table being read.
pub struct Source {
    path: PathBuf,
    format: Format,
    header: Vec<String>,
    rows: Box<dyn Rows>,
    row: Row,
    /// Line of the row that was read last; the header's is 1.
    line: u64,
}

/// How a table is written, by the extension of its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Comma, semicolon or tab; every extension that is none of the others.
    Csv,
    Parquet,
    /// `sas7bdat`.
    Sas,
    /// `dta`.
    Stata,
    /// `xlsx`: the first sheet, with the values that Excel last computed.
    Excel,
}

/// The separator of [`Source::next_joined`]: U+001F, the unit separator.
pub(super) const UNIT: u8 = 0x1F;

/// Bytes of a row of text. A longer one is one whose end is missing.
pub(super) const LONGEST_ROW: usize = 64 << 20;

/// A reader of one format, past the header.
trait Rows: Send {
    /// Reads the next row and returns its line; nothing at the end.
    fn next(&mut self, row: &mut Row) -> Result<Option<u64>, Fault>;

    fn bytes(&self) -> u64;

    /// Returns whether the last row has no line end, once it was read.
    fn lacks_last_line_end(&self) -> bool {
        false
    }

    /// Returns the digest of the file where the reader saw all of its bytes.
    fn digest(&mut self) -> Result<Option<Digest>, Fault> {
        Ok(None)
    }
}

/// A header and the rows below it.
type Opened = (Vec<String>, Box<dyn Rows>);

/// Why a reader cannot go on. The path is added by [`Source`].
#[derive(Debug)]
enum Fault {
    Io(io::Error),
    Empty,
    Utf16,
    CrOnly,
    Endless {
        line: u64,
    },
    Ragged {
        line: u64,
        found: usize,
    },
    /// Text stands behind the quote that closes a cell of several lines, in line `end`.
    QuoteInside {
        line: u64,
        end: u64,
    },
    /// The bytes are of another format.
    Other(&'static str),
    /// The bytes are not of the format, in the words of the crate that reads it.
    NotWhole(String),
    Cell {
        line: u64,
        column: usize,
        found: String,
        expected: &'static str,
    },
}

impl Format {
    /// Returns the format of a file by its extension, in upper or lower case.
    ///
    /// ```
    /// use klero::register::Format;
    /// assert_eq!(Format::of("dream.SAS7BDAT".as_ref()), Format::Sas);
    /// assert_eq!(Format::of("dream.txt".as_ref()), Format::Csv);
    /// ```
    pub fn of(path: &Path) -> Format {
        let extension = path.extension().unwrap_or_default();
        match extension.to_ascii_lowercase().to_str() {
            Some("parquet") => Format::Parquet,
            Some("sas7bdat") => Format::Sas,
            Some("dta") => Format::Stata,
            Some("xlsx") => Format::Excel,
            _ => Format::Csv,
        }
    }
}

/// What keeps a text from being a person's key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KeyFault {
    /// Empty, or `.`, which is SAS's missing value.
    Missing,
    /// It holds a zero byte, as bytes that are no text do.
    ZeroByte,
}

impl KeyFault {
    #[inline]
    pub fn of(key: &str) -> Option<KeyFault> {
        match key.as_bytes() {
            b"" | b"." => Some(KeyFault::Missing),
            key => key.contains(&0).then_some(KeyFault::ZeroByte),
        }
    }

    pub fn at(self, path: &Path, line: u64, column: &str) -> RegisterError {
        let (path, column) = (path.to_owned(), column.to_owned());
        match self {
            KeyFault::Missing => RegisterError::EmptyKey { path, line, column },
            KeyFault::ZeroByte => RegisterError::Cell {
                path,
                line,
                column,
                found: "the byte 0".to_owned(),
                expected: "a key of letters and digits",
            },
        }
    }
}

/// Returns what bytes are that begin as no text does.
pub(super) fn no_text(start: &[u8]) -> Option<&'static str> {
    const STARTS: &[(&[u8], &str)] = &[
        (b"\x1F\x8B", "a gzip archive"),
        (b"PK\x03\x04", "a zip archive (as xlsx files are)"),
        (b"(\xB5/\xFD", "a zstd archive"),
        (b"\xFD7zXZ\0", "an xz archive"),
        (b"7z\xBC\xAF'\x1C", "a 7z archive"),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            "an Excel file of the old kind (xls)",
        ),
        (
            b"\0\0\0\0\0\0\0\0\0\0\0\0\xC2\xEA\x81\x60",
            "a SAS file (sas7bdat)",
        ),
        (b"<stata_dta>", "a Stata file (dta)"),
    ];
    // A header may begin with these letters, but no text goes on with such a sign.
    if let [b'P', b'A', b'R', b'1', 0..=0x08 | 0x0E..=0x1F, ..] = start {
        return Some("a Parquet file");
    }
    let known = STARTS.iter().find(|(sign, _)| start.starts_with(sign));
    known.map(|(_, name)| *name)
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Format::Csv => "a text table",
            Format::Parquet => "a Parquet file",
            Format::Sas => "a SAS file (sas7bdat)",
            Format::Stata => "a Stata file (dta)",
            Format::Excel => "an Excel file (xlsx)",
        })
    }
}

impl Source {
    /// Opens a table and reads its header.
    pub fn open(path: &Path) -> Result<Source, RegisterError> {
        let format = Format::of(path);
        let mut source = Source {
            path: path.to_owned(),
            format,
            header: Vec::new(),
            rows: Box::new(Nothing),
            row: Row::default(),
            line: 1,
        };
        let opened = File::open(path).map_err(Fault::Io).and_then(|file| {
            if file.metadata().map_err(Fault::Io)?.len() == 0 {
                return Err(Fault::Empty);
            }
            match format {
                Format::Csv => csv::open(file),
                Format::Parquet => parquet::open(file),
                Format::Sas => sas::open(path),
                Format::Stata => stata::open(file, path),
                Format::Excel => excel::open(file),
            }
        });
        (source.header, source.rows) = opened.map_err(|fault| source.error(fault))?;
        source.check_header()?;
        Ok(source)
    }

    fn check_header(&self) -> Result<(), RegisterError> {
        let mut seen = std::collections::HashSet::new();
        if self.header.iter().any(|name| may_be_cpr(name)) {
            return Err(RegisterError::NoHeader {
                path: self.path.clone(),
            });
        }
        for (index, name) in self.header.iter().enumerate() {
            if name.is_empty() {
                return Err(RegisterError::NoName {
                    path: self.path.clone(),
                    number: index + 1,
                });
            }
            if !seen.insert(name) {
                return Err(RegisterError::ColumnTwice {
                    path: self.path.clone(),
                    column: name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Returns the names of the columns: none empty, none twice.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the next row into `cells`, one for each column of the header, and returns its line;
    /// nothing after the last row. Rows are numbered as lines of the file, the header being
    /// line 1.
    ///
    /// A quoted cell of a text table may span lines. A table of no rows is an error.
    pub fn next(&mut self, cells: &mut Vec<String>) -> Result<Option<u64>, RegisterError> {
        let Some(line) = self.advance()? else {
            return Ok(None);
        };
        cells.resize_with(self.header.len(), String::new);
        for (cell, text) in cells.iter_mut().zip(self.row.cells()) {
            cell.clear();
            cell.push_str(text);
        }
        Ok(Some(line))
    }

    /// Returns whether a cell of the row that was read last spans lines.
    pub(super) fn spans_lines(&self) -> bool {
        self.row.spans_lines
    }

    /// Returns whether the last row of a text table has no line end: it may be torn. Call after it
    /// was read.
    pub(super) fn lacks_last_line_end(&self) -> bool {
        self.rows.lacks_last_line_end()
    }

    /// Reads what is left of the table, whole.
    pub fn read(mut self) -> Result<Table, RegisterError> {
        let mut rows = Vec::new();
        let mut cells = Vec::new();
        while let Some(line) = self.next(&mut cells)? {
            let cells = std::mem::take(&mut cells);
            rows.push(table::Row { line, cells });
        }
        Ok(Table {
            path: self.path,
            header: self.header,
            rows,
        })
    }

    /// Appends the next row to `out` as a line of cells joined by [`UNIT`], behind an empty line
    /// for each that was passed over; false after the last row.
    ///
    /// A cell that begins with a quote is put in quotes behind a blank, its own doubled, which the
    /// scanner of wide files takes off again. A line break or a unit separator inside a cell is an error.
    pub(super) fn next_joined(&mut self, out: &mut Vec<u8>) -> Result<bool, RegisterError> {
        let before = self.line;
        let Some(line) = self.advance()? else {
            return Ok(false);
        };
        out.extend((before + 1..line).map(|_| b'\n'));
        if let Some(whole) = self.row.line() {
            out.extend_from_slice(whole);
            out.push(b'\n');
        } else {
            self.join(line, self.row.cells(), out)?;
        }
        Ok(true)
    }

    /// Appends the header as [`Source::next_joined`] does rows.
    pub(super) fn header_joined(&self, out: &mut Vec<u8>) -> Result<(), RegisterError> {
        self.join(1, self.header.iter().map(String::as_str), out)
    }

    fn join<'a>(
        &self,
        line: u64,
        cells: impl Iterator<Item = &'a str>,
        out: &mut Vec<u8>,
    ) -> Result<(), RegisterError> {
        for (column, cell) in cells.enumerate() {
            if let Some(at) = memchr3(b'\n', b'\r', UNIT, cell.as_bytes()) {
                let found = match cell.as_bytes()[at] {
                    UNIT => "the character U+001F",
                    _ => "a line break",
                };
                return Err(self.error(Fault::Cell {
                    line,
                    column,
                    found: found.to_owned(),
                    expected: "one line of text",
                }));
            }
            if column > 0 {
                out.push(UNIT);
            }
            if cell.starts_with('"') {
                out.extend_from_slice(b" \"");
                out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
                out.push(b'"');
            } else {
                out.extend_from_slice(cell.as_bytes());
            }
        }
        out.push(b'\n');
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<u64>, RegisterError> {
        self.row.clear();
        match self.rows.next(&mut self.row) {
            Ok(Some(line)) => {
                debug_assert_eq!(self.row.len(), self.header.len());
                self.line = line;
                Ok(Some(line))
            }
            Ok(None) if self.line == 1 => Err(RegisterError::HeaderOnly {
                path: self.path.clone(),
            }),
            Ok(None) => Ok(None),
            Err(fault) => Err(self.error(fault)),
        }
    }

    /// Returns the bytes of the file read so far; for formats other than text an estimate.
    pub fn bytes(&self) -> u64 {
        self.rows.bytes()
    }

    /// Returns the SHA-256 of the file's bytes; call after the last row.
    pub fn digest(&mut self) -> Result<Digest, RegisterError> {
        match self.rows.digest() {
            Ok(Some(digest)) => Ok(digest),
            Ok(None) => Digest::of_file(&self.path).map_err(|error| self.error(Fault::Io(error))),
            Err(fault) => Err(self.error(fault)),
        }
    }

    fn error(&self, fault: Fault) -> RegisterError {
        let path = self.path.clone();
        match fault {
            Fault::Io(source) => RegisterError::Io {
                path,
                action: "read",
                source,
            },
            Fault::Empty => RegisterError::Empty { path },
            Fault::Utf16 => RegisterError::Utf16 { path },
            Fault::CrOnly => RegisterError::CrOnly { path },
            Fault::Endless { line } => RegisterError::Endless { path, line },
            Fault::Ragged { line, found } => RegisterError::Ragged {
                path,
                line,
                found,
                expected: self.header.len(),
            },
            Fault::QuoteInside { line, end } => RegisterError::QuoteInside { path, line, end },
            Fault::Other(found) => RegisterError::OtherFormat {
                path,
                found,
                expected: self.format,
            },
            Fault::NotWhole(message) => RegisterError::NotWhole {
                path,
                format: self.format,
                message,
            },
            Fault::Cell {
                line,
                column,
                found,
                expected,
            } => RegisterError::Cell {
                path,
                line,
                column: match self.header.get(column) {
                    Some(name) => name.clone(),
                    None => (column + 1).to_string(),
                },
                found,
                expected,
            },
        }
    }
}

/// Calls a reader of foreign bytes, whose panic is a fault of the file.
fn guarded<T>(read: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    super::guard::guarded(read).unwrap_or_else(|message| Err(Fault::NotWhole(message)))
}

/// A table that was not opened yet.
struct Nothing;

impl Rows for Nothing {
    fn next(&mut self, _: &mut Row) -> Result<Option<u64>, Fault> {
        Ok(None)
    }

    fn bytes(&self) -> u64 {
        0
    }
}

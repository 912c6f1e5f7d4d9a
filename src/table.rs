//! Text tables as people deliver them: separator, encoding, byte-order mark and line ends are
//! recognised, rows keep the line they stand on.
//!
//! Promises: every row has as many cells as the header, or the file is refused with the line.
//! Hides: the `csv` and `encoding_rs` crates. Wide register files have a scanner of their own.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::spelling::{listed, nearest};

/// How a text table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Comma, semicolon or tab.
    pub separator: u8,
    /// Bytes of the byte-order mark to pass over: 3 or 0.
    pub mark: usize,
}

/// Returns a row of a table as text, without the end of its line. A cell that holds the separator,
/// a quote or an end of line stands in quotes (RFC 4180).
pub fn row_of<S: AsRef<str>>(cells: &[S], separator: char) -> String {
    let mut text = String::new();
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            text.push(separator);
        }
        let cell = cell.as_ref();
        match cell.contains(['"', '\n', '\r', separator]) {
            true => text.extend(["\"", &cell.replace('"', "\"\""), "\""]),
            false => text.push_str(cell),
        }
    }
    text
}

/// A table read whole, every cell as text without blanks at its ends.
#[derive(Clone, Debug)]
pub struct Table {
    pub path: PathBuf,
    pub header: Vec<String>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub struct Row {
    /// Line of the file, the header being line 1.
    pub line: u64,
    pub cells: Vec<String>,
}

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("cannot read `{}`: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("`{}` is empty", path.display())]
    Empty { path: PathBuf },
    #[error("`{}` is UTF-16 text\n  expected UTF-8, Windows-1252 or Latin-1", path.display())]
    Utf16 { path: PathBuf },
    #[error("column `{column}` stands twice\n  in {}, line 1", path.display())]
    TwiceInHeader { path: PathBuf, column: String },
    #[error("a row of {found} cells\n  in {}, line {line}\n  expected {expected}, as in the header", path.display())]
    Ragged {
        path: PathBuf,
        line: u64,
        found: usize,
        expected: usize,
    },
    #[error("text behind the quote that closes a cell, or no such quote\n  in {}, line {end}\n  the cell begins in line {line}", path.display())]
    QuoteInside { path: PathBuf, line: u64, end: u64 },
    #[error("a cell over several lines\n  in {}, line {line}\n  expected a list with a line for each", path.display())]
    OverLines { path: PathBuf, line: u64 },
    #[error("not a table: {message}\n  in {}", path.display())]
    Csv { path: PathBuf, message: String },
    #[error("no column `{column}`\n  in {}, line 1\n  found {}", path.display(), listed(found.iter().map(String::as_str)))]
    NoColumn {
        path: PathBuf,
        column: String,
        found: Vec<String>,
        nearest: Option<String>,
    },
}

impl Dialect {
    /// Recognises the dialect from the first bytes of a file, which must hold the header line.
    ///
    /// The separator is the one that stands most often in the header, outside quotes.
    ///
    /// ```
    /// use klero::table::Dialect;
    /// let dialect = Dialect::recognise("\u{feff}id;køn,alder;kommune\r\n".as_bytes());
    /// assert_eq!((dialect.separator, dialect.mark), (b';', 3));
    /// ```
    pub fn recognise(start: &[u8]) -> Dialect {
        let mark = if start.starts_with(b"\xEF\xBB\xBF") {
            3
        } else {
            0
        };
        let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
        let mut quoted = false;
        for &byte in start[mark..]
            .iter()
            .take_while(|&&b| b != b'\n' && b != b'\r')
        {
            if byte == b'"' {
                quoted = !quoted;
            } else if !quoted {
                for (separator, count) in &mut counts {
                    *count += u32::from(byte == *separator);
                }
            }
        }
        // `max_by_key` takes the last of equals: comma must win when nothing separates.
        let (separator, _) = counts
            .into_iter()
            .rev()
            .max_by_key(|&(_, count)| count)
            .expect("three separators are known");
        Dialect { separator, mark }
    }
}

/// Returns text from bytes that are UTF-8 or, failing that, Windows-1252, which holds Latin-1's
/// letters.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    }
}

/// Returns whether bytes begin with a mark of UTF-16.
pub fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF")
}

/// Returns the line a record stands on: the reader's own position is before the empty lines that
/// it passes over.
fn line_of(text: &str, start: &csv::Position) -> u64 {
    let rest = &text.as_bytes()[start.byte() as usize..];
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    start.line() + empty.filter(|&&byte| byte == b'\n').count() as u64
}

/// Returns the first and last line of a quoted cell over several lines that has text behind its
/// closing quote, or none: a quote that was never meant to open one swallows rows.
fn swallowed(text: &[u8], separator: u8) -> Option<(u64, u64)> {
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        if text[at] == b'"' {
            let first = line;
            at += 1;
            loop {
                let Some(length) = text[at..].iter().position(|&byte| byte == b'"') else {
                    let lines = text[at..].iter().filter(|&&byte| byte == b'\n').count();
                    return Some((first, first + lines as u64));
                };
                line += text[at..at + length]
                    .iter()
                    .filter(|&&b| b == b'\n')
                    .count() as u64;
                at += length + 1;
                // Two quotes are one that belongs to the text.
                match text.get(at) {
                    Some(b'"') => at += 1,
                    _ => break,
                }
            }
            let rest = &text[at..];
            let ends = |&byte: &u8| byte == separator || byte == b'\n';
            let behind = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
            if line > first && !behind.trim_ascii().is_empty() {
                return Some((first, line));
            }
        }
        let ends = |&byte: &u8| byte == separator || byte == b'\n';
        at += text[at..].iter().position(ends).unwrap_or(text.len() - at);
        line += u64::from(text.get(at) == Some(&b'\n'));
        at += 1;
    }
    None
}

impl Table {
    /// Reads a whole file.
    pub fn read(path: &Path) -> Result<Table, TableError> {
        let bytes = fs::read(path).map_err(|source| TableError::Io {
            path: path.to_owned(),
            source,
        })?;
        Table::parse(path, &bytes)
    }

    /// Reads a table from bytes; `path` is for messages.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Table, TableError> {
        let path = path.to_owned();
        if is_utf16(bytes) {
            return Err(TableError::Utf16 { path });
        }
        let dialect = Dialect::recognise(bytes);
        let text = decode(&bytes[dialect.mark..]);
        if let Some((line, end)) = swallowed(text.as_bytes(), dialect.separator) {
            return Err(TableError::QuoteInside { path, line, end });
        }
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(dialect.separator)
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut records = reader.records().map(|record| {
            let record = record.map_err(|error| TableError::Csv {
                path: path.clone(),
                message: error.to_string(),
            })?;
            let line = record.position().map_or(0, |start| line_of(&text, start));
            let cells = record.iter().map(str::to_owned).collect();
            Ok(Row { line, cells })
        });
        let header = match records.next() {
            Some(row) => row?.cells,
            None => return Err(TableError::Empty { path }),
        };
        let mut seen = HashSet::new();
        if let Some(column) = header.iter().find(|column| !seen.insert(*column)) {
            let column = column.clone();
            return Err(TableError::TwiceInHeader { path, column });
        }
        let rows = records
            .map(|row| match row {
                Ok(row) if row.cells.len() != header.len() => Err(TableError::Ragged {
                    path: path.clone(),
                    line: row.line,
                    found: row.cells.len(),
                    expected: header.len(),
                }),
                row => row,
            })
            .collect::<Result<Vec<Row>, TableError>>()?;
        Ok(Table { path, header, rows })
    }

    /// Returns the index of a column, or an error with the nearest name.
    pub fn column(&self, name: &str) -> Result<usize, TableError> {
        let names = self.header.iter().map(String::as_str);
        names
            .clone()
            .position(|column| column == name)
            .ok_or_else(|| TableError::NoColumn {
                path: self.path.clone(),
                column: name.to_owned(),
                found: self.header.clone(),
                nearest: nearest(name, names).map(str::to_owned),
            })
    }
}

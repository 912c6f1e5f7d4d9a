//! SAS tables (sas7bdat). Cells are read from the bytes of each row, because a cell is a number
//! of 3 to 8 bytes or a text, and nothing else.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use encoding_rs::Encoding;
use sas7bdat::{
    ColumnMeta, Dataset, Endianness, Error, IoBackendPreference, LogicalType, OpenOptions,
    RowSelection,
};

use super::row::Row;
use super::{Fault, Opened, Rows, guarded};

struct Sas {
    data: Dataset,
    columns: Vec<Column>,
    /// Rows that were read, end to end; those before `at` are done with.
    rows: Vec<u8>,
    row_length: usize,
    at: usize,
    /// Rows handed on, and how many there are.
    done: u64,
    count: u64,
    size: u64,
    order: Endianness,
    /// Set where texts are neither UTF-8 nor Windows-1252.
    encoding: Result<Option<&'static Encoding>, String>,
}

struct Column {
    from: usize,
    to: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    /// Days from 1 January 1960.
    Date,
    /// Seconds from there.
    Moment,
}

/// Bytes of rows read at a time.
const BLOCK: usize = 1 << 20;
/// 1 January 1960 in days from 1 January 1970.
const EPOCH: i64 = -3_653;

pub fn open(path: &Path) -> Result<Opened, Fault> {
    let size = fs::metadata(path).map_err(Fault::Io)?.len();
    let data = guarded(|| {
        // Not mapped into memory, where a file that somebody shortens would end the program.
        let reading = OpenOptions::builder().io_backend(IoBackendPreference::Buffered);
        let data = Dataset::open_with(path, reading.build()).map_err(fault)?;
        // A selection behind the last row reads nothing, but makes the reader look at the start
        // of every page once and for all: a torn file is found here.
        let behind = RowSelection::range(data.metadata().row_count, u64::MAX);
        data.scan()
            .select(behind)
            .visit_raw_rows(|_| Ok(ControlFlow::Continue(())))
            .map_err(fault)?;
        Ok(data)
    })?;
    let about = data.metadata();
    let row_length = about.row_len as usize;
    let columns: Vec<Column> = data.columns().iter().map(column).collect();
    if columns.iter().any(|column| column.to > row_length) {
        return Err(Fault::NotWhole(
            "a column reaches behind its row".to_owned(),
        ));
    }
    let names = data.columns().iter();
    let header = names.map(|column| column.name.trim().to_owned()).collect();
    let sas = Sas {
        columns,
        rows: Vec::new(),
        row_length,
        at: 0,
        done: 0,
        count: about.row_count - about.deleted_row_count,
        size,
        order: about.endianness,
        encoding: encoding(about.encoding.as_deref().unwrap_or("UTF-8")),
        data,
    };
    Ok((header, Box::new(sas)))
}

fn fault(error: Error) -> Fault {
    Fault::NotWhole(error.to_string())
}

fn column(column: &ColumnMeta) -> Column {
    let from = column.offset as usize;
    let format = column.format.as_deref().unwrap_or_default();
    let format = format.trim().to_ascii_uppercase();
    // The national formats, which the crate does not count among its dates.
    let national = |names: &[&str]| names.iter().any(|name| format.starts_with(name));
    Column {
        from,
        to: from + column.physical_width as usize,
        kind: match column.logical_type {
            LogicalType::String | LogicalType::Bytes => Kind::Text,
            LogicalType::DateTime => Kind::Moment,
            LogicalType::Date => Kind::Date,
            _ if national(&["EURDFDT", "NLDATM"]) => Kind::Moment,
            _ if national(&["EURDF", "NLDATE"]) => Kind::Date,
            _ => Kind::Number,
        },
    }
}

/// Returns the encoding to read texts by: none for the usual ones, which [`crate::table::decode`]
/// tells apart, an error with its name for one that cannot be read.
fn encoding(name: &str) -> Result<Option<&'static Encoding>, String> {
    match Encoding::for_label(name.trim().replace('_', "-").as_bytes()) {
        Some(known) if known == encoding_rs::UTF_8 || known == encoding_rs::WINDOWS_1252 => {
            Ok(None)
        }
        Some(known) => Ok(Some(known)),
        None => Err(name.to_owned()),
    }
}

impl Sas {
    fn read_more(&mut self) -> Result<bool, Fault> {
        self.rows.clear();
        self.at = 0;
        let rows = (BLOCK / self.row_length.max(1)).max(1) as u64;
        let selection = RowSelection::range(self.done, self.done + rows);
        let (data, read, row_length) = (&self.data, &mut self.rows, self.row_length);
        guarded(|| {
            data.scan()
                .select(selection)
                .visit_raw_rows(|row| match row.bytes.get(..row_length) {
                    Some(bytes) => {
                        read.extend_from_slice(bytes);
                        Ok(ControlFlow::Continue(()))
                    }
                    None => Err(Error::corruption("a row is too short")),
                })
                .map_err(fault)
        })?;
        Ok(!self.rows.is_empty())
    }

    fn text(&self, bytes: &[u8], row: &mut Row) -> Result<(), &'static str> {
        match &self.encoding {
            _ if bytes.is_ascii() => row.push_bytes(bytes),
            Ok(None) => row.push_bytes(bytes),
            Ok(Some(encoding)) => row.push_text(&encoding.decode_without_bom_handling(bytes).0),
            Err(_) => return Err("UTF-8, Windows-1252 or another encoding of the web"),
        }
        Ok(())
    }
}

impl Rows for Sas {
    fn next(&mut self, row: &mut Row) -> Result<Option<u64>, Fault> {
        if self.at == self.rows.len() && !self.read_more()? {
            return match self.done == self.count {
                true => Ok(None),
                false => Err(Fault::NotWhole(format!(
                    "{} rows of {}",
                    self.done, self.count
                ))),
            };
        }
        let bytes = &self.rows[self.at..self.at + self.row_length];
        let line = self.done + 2;
        for (index, column) in self.columns.iter().enumerate() {
            let bytes = &bytes[column.from..column.to];
            let wrong = |found: String, expected| Fault::Cell {
                line,
                column: index,
                found,
                expected,
            };
            if column.kind == Kind::Text {
                self.text(bytes, row).map_err(|expected| {
                    let name = self.encoding.as_ref().err();
                    wrong(
                        format!("text in {}", name.expect("it has no reader")),
                        expected,
                    )
                })?;
                continue;
            }
            let value = number(bytes, self.order);
            let pushed = match column.kind {
                // All missing values, `.`, `._` and `.A` to `.Z`, are no numbers.
                _ if value.is_nan() => {
                    row.push_missing();
                    Ok(())
                }
                Kind::Date => row.push_date(value.floor() as i64 + EPOCH),
                Kind::Moment => row.push_moment(value.floor() as i64 + EPOCH * 86_400),
                Kind::Number | Kind::Text => row.push_number(value),
            };
            pushed.map_err(|_| match column.kind {
                Kind::Number | Kind::Text => wrong(value.to_string(), "a number"),
                _ => wrong(value.to_string(), "a date of the years 1 to 9999"),
            })?;
        }
        self.at += self.row_length;
        self.done += 1;
        Ok(Some(line))
    }

    fn bytes(&self) -> u64 {
        self.size * self.done / self.count.max(1)
    }
}

/// Returns a number of 3 to 8 bytes: SAS leaves out the lowest bytes of the fraction.
fn number(bytes: &[u8], order: Endianness) -> f64 {
    let mut whole = [0; 8];
    let length = bytes.len().min(8);
    match order {
        Endianness::Little => {
            whole[8 - length..].copy_from_slice(&bytes[..length]);
            f64::from_le_bytes(whole)
        }
        Endianness::Big => {
            whole[..length].copy_from_slice(&bytes[..length]);
            f64::from_be_bytes(whole)
        }
    }
}

//! Excel tables (xlsx): the first sheet, its first row that is not empty being the header.

use std::fs::File;
use std::io::BufReader;

use calamine::{Data, DataType, ExcelDateTime, Range, Reader, Xlsx, XlsxError};

use super::row::{NoText, Row};
use super::{Fault, Opened, Rows, guarded};

struct Excel {
    sheet: Range<Data>,
    /// The row of the range to be read next.
    at: usize,
    size: u64,
}

pub fn open(file: File) -> Result<Opened, Fault> {
    let size = file.metadata().map_err(Fault::Io)?.len();
    let sheet = guarded(|| {
        let mut book = Xlsx::new(BufReader::new(file)).map_err(fault)?;
        match book.worksheet_range_at(0) {
            Some(sheet) => sheet.map_err(fault),
            None => Err(Fault::NotWhole("it has no sheet".to_owned())),
        }
    })?;
    let mut excel = Excel { sheet, at: 0, size };
    let mut row = Row::default();
    if excel.next(&mut row)?.is_none() {
        return Err(Fault::Empty);
    }
    let header = row.cells().map(str::to_owned).collect();
    Ok((header, Box::new(excel)))
}

fn fault(error: XlsxError) -> Fault {
    Fault::NotWhole(error.to_string())
}

impl Rows for Excel {
    /// A row without any value is no row, as an empty line of a text table is none.
    fn next(&mut self, row: &mut Row) -> Result<Option<u64>, Fault> {
        let (first, _) = self.sheet.start().unwrap_or_default();
        while self.at < self.sheet.height() {
            let cells = &self.sheet[self.at];
            let line = u64::from(first) + self.at as u64 + 1;
            self.at += 1;
            if cells.iter().all(|cell| cell.is_empty()) {
                continue;
            }
            for (column, cell) in cells.iter().enumerate() {
                push(cell, row).map_err(|_| Fault::Cell {
                    line,
                    column,
                    found: format!("`{cell}`"),
                    expected: "a text, a number or a date",
                })?;
            }
            return Ok(Some(line));
        }
        Ok(None)
    }

    fn bytes(&self) -> u64 {
        self.size
    }
}

fn push(cell: &Data, row: &mut Row) -> Result<(), NoText> {
    match cell {
        Data::Empty => row.push_missing(),
        Data::String(text) => row.push_text(text),
        Data::Int(value) => row.push_whole(*value),
        Data::Float(value) => row.push_number(*value)?,
        Data::Bool(value) => row.push_whole(i64::from(*value)),
        Data::DateTime(value) => push_time(value, row)?,
        Data::DateTimeIso(text) => {
            row.push_text(text.strip_suffix("T00:00:00").unwrap_or(text));
        }
        Data::DurationIso(text) => row.push_text(text),
        Data::Error(_) => return Err(NoText),
    }
    Ok(())
}

/// Adds a date; a time of day or a length of time is its number of days.
fn push_time(value: &ExcelDateTime, row: &mut Row) -> Result<(), NoText> {
    if value.is_duration() || value.as_f64() < 1.0 {
        return row.push_number(value.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) != (0, 0, 0) {
        text += &format!("T{hour:02}:{minute:02}:{second:02}");
    }
    row.push_text(&text);
    Ok(())
}

//! Parquet tables, row by row. Of a row group the compressed bytes are in memory, and as many
//! decoded rows as fit in [`DECODED`].

use std::fs::File;

use polars_arrow::array::Array;

use super::super::parquet::{Decoded, Group, ParquetFault, ParquetFile};
use super::row::{NoText, Row};
use super::{Fault, Opened, Rows};

struct Parquet {
    file: ParquetFile,
    /// The row group at hand; how many rows of it were decoded.
    group: usize,
    decoded: usize,
    /// The bytes of its columns; none before it was read.
    bytes: Option<Group>,
    /// The decoded columns: how many rows they have, and how many of these have their text.
    values: Vec<Decoded>,
    rows: usize,
    told: usize,
    /// Rows with their text; those before `at` were handed on.
    ready: Vec<Row>,
    at: usize,
    done: u64,
}

/// Rows that get their text at a time, column by column: one by one, each cell would be far from
/// the last in memory.
const AT_A_TIME: usize = 8;
/// Bytes of decoded values in memory.
const DECODED: usize = 64 << 20;

pub fn open(file: File) -> Result<Opened, Fault> {
    let file = ParquetFile::open(file)?;
    let header = file.columns.iter().map(|c| c.name().trim().to_owned());
    let header = header.collect();
    let parquet = Parquet {
        file,
        group: 0,
        decoded: 0,
        bytes: None,
        values: Vec::new(),
        rows: 0,
        told: 0,
        ready: Vec::new(),
        at: 0,
        done: 0,
    };
    Ok((header, Box::new(parquet)))
}

impl From<ParquetFault> for Fault {
    fn from(fault: ParquetFault) -> Fault {
        match fault {
            ParquetFault::Io(error) => Fault::Io(error),
            ParquetFault::NotWhole(message) => Fault::NotWhole(message),
        }
    }
}

impl Parquet {
    /// Decodes the next rows; false at the end of the file.
    fn read_more(&mut self) -> Result<bool, Fault> {
        self.values.clear();
        (self.told, self.rows) = (0, 0);
        let rows_of_group = loop {
            match self.file.rows_of(self.group) {
                None => return Ok(false),
                Some(rows) if self.decoded < rows => break rows,
                Some(_) => {}
            }
            self.group += 1;
            self.decoded = 0;
            self.bytes = None;
        };
        if self.bytes.is_none() {
            self.bytes = Some(self.file.group(self.group)?);
        }
        let group = self.bytes.as_ref().expect("it was just read");
        let columns = &self.file.columns;
        let width: usize = columns.iter().map(|column| column.width).sum();
        let rows = (DECODED / width.max(1))
            .max(1)
            .min(rows_of_group - self.decoded);
        let range = self.decoded..self.decoded + rows;
        let threads = crate::threads::threads();
        let part = columns.len().div_ceil(threads).max(1);
        let values = std::thread::scope(|scope| {
            let parts: Vec<_> = (0..columns.len())
                .step_by(part)
                .map(|from| {
                    let range = &range;
                    scope.spawn(move || {
                        let part = from..columns.len().min(from + part);
                        part.map(|index| group.decode(index, &columns[index], range))
                            .collect::<Result<Vec<Decoded>, ParquetFault>>()
                    })
                })
                .collect();
            let parts = parts.into_iter();
            let parts = parts.map(|part| part.join().expect("decoding is guarded"));
            parts.collect::<Result<Vec<Vec<Decoded>>, ParquetFault>>()
        })?;
        self.values.extend(values.into_iter().flatten());
        self.rows = rows;
        self.decoded += rows;
        Ok(true)
    }

    /// Gives the next rows their text; false at the end of the file.
    fn tell_more(&mut self) -> Result<bool, Fault> {
        self.at = 0;
        if self.told == self.rows && !self.read_more()? {
            self.ready.clear();
            return Ok(false);
        }
        let count = AT_A_TIME.min(self.rows - self.told);
        self.ready.resize_with(count, Row::default);
        self.ready.iter_mut().for_each(Row::clear);
        for (column, values) in self.values.iter().enumerate() {
            values
                .push(self.told, &mut self.ready)
                .map_err(|at| Fault::Cell {
                    line: self.done + at as u64 + 2,
                    column,
                    found: "an infinite number, or a date far off,".to_owned(),
                    expected: "a number, or a date of the years 1 to 9999",
                })?;
        }
        self.told += count;
        Ok(true)
    }
}

impl Rows for Parquet {
    fn next(&mut self, row: &mut Row) -> Result<Option<u64>, Fault> {
        if self.at == self.ready.len() && !self.tell_more()? {
            return Ok(None);
        }
        std::mem::swap(row, &mut self.ready[self.at]);
        self.at += 1;
        self.done += 1;
        Ok(Some(self.done + 1))
    }

    fn bytes(&self) -> u64 {
        let count = self.file.rows().max(1) as u64;
        self.file.size * self.done / count
    }
}

impl Decoded {
    /// Adds a cell to each of `rows`, the first of which is row `from` of the column; fails with
    /// the row whose value has no text.
    fn push(&self, from: usize, rows: &mut [Row]) -> Result<(), usize> {
        macro_rules! push {
            ($array:expr, $row:ident, $value:ident => $push:expr) => {
                for (at, $row) in rows.iter_mut().enumerate() {
                    match $array.is_null(from + at) {
                        true => $row.push_missing(),
                        false => {
                            let $value = $array.value(from + at);
                            let pushed: Result<(), NoText> = $push;
                            pushed.map_err(|NoText| at)?;
                        }
                    }
                }
            };
            ($array:expr, whole) => {
                push!($array, row, value => {
                    row.push_whole(value.into());
                    Ok(())
                })
            };
        }
        match self {
            Decoded::Int8(array) => push!(array, whole),
            Decoded::Int16(array) => push!(array, whole),
            Decoded::Int32(array) => push!(array, whole),
            Decoded::Int64(array) => push!(array, whole),
            Decoded::UInt8(array) => push!(array, whole),
            Decoded::UInt16(array) => push!(array, whole),
            Decoded::UInt32(array) => push!(array, whole),
            Decoded::UInt64(array) => push!(array, row, value => {
                row.push_natural(value);
                Ok(())
            }),
            Decoded::Float32(array) => push!(array, row, value => row.push_single(value)),
            Decoded::Float64(array) => push!(array, row, value => row.push_number(value)),
            Decoded::Decimal(array, scale) => push!(array, row, value => {
                row.push_decimal(value, *scale);
                Ok(())
            }),
            Decoded::Date(array) => push!(array, row, value => row.push_date(value.into())),
            Decoded::Moment(array, units) => {
                push!(array, row, value => row.push_moment(value.div_euclid(*units)));
            }
            Decoded::YesNo(array) => push!(array, whole),
            Decoded::Text(array) => push!(array, row, value => {
                row.push_text(value);
                Ok(())
            }),
            Decoded::Bytes(array) => push!(array, row, value => {
                row.push_bytes(value);
                Ok(())
            }),
        }
        Ok(())
    }
}

//! Parquet tables, a slice of a row group at a time.
//!
//! polars-parquet decodes the columns, not polars, whose data types for small integers and dates
//! would have to be built first. Of a row group the compressed bytes are in memory, and as many
//! decoded rows as fit in [`DECODED`].

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::Range;

use polars_arrow::array::{Array, BinaryViewArray, BooleanArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::compute::concatenate::concatenate;
use polars_arrow::datatypes::{ArrowDataType, Field, TimeUnit};
use polars_buffer::Buffer;
use polars_parquet::read::schema::parquet_to_arrow_schema;
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, FileMetadata, Filter, PageReader,
    column_iter_to_arrays, read_metadata,
};

use super::row::{NoText, Row};
use super::{Fault, Opened, Rows, guarded};

struct Parquet {
    file: File,
    size: u64,
    about: FileMetadata,
    columns: Vec<Column>,
    /// The row group at hand; how many rows of it were decoded.
    group: usize,
    decoded: usize,
    /// The bytes of its columns.
    chunks: Vec<Buffer<u8>>,
    /// The decoded columns: how many rows they have, and how many of these have their text.
    values: Vec<Values>,
    rows: usize,
    told: usize,
    /// Rows with their text; those before `at` were handed on.
    ready: Vec<Row>,
    at: usize,
    done: u64,
}

struct Column {
    field: Field,
    /// Bytes that a decoded value takes.
    width: usize,
}

/// Rows that get their text at a time, column by column: one by one, each cell would be far from
/// the last in memory.
const AT_A_TIME: usize = 8;
/// Bytes of decoded values in memory.
const DECODED: usize = 64 << 20;

pub fn open(mut file: File) -> Result<Opened, Fault> {
    let size = file.metadata().map_err(Fault::Io)?.len();
    guarded(|| {
        let about = read_metadata(&mut file).map_err(fault)?;
        let schema = parquet_to_arrow_schema(about.schema().fields());
        let columns: Vec<Column> = schema
            .iter_values()
            .map(|field| match width(&field.dtype) {
                Some(width) => Ok(Column {
                    field: field.clone(),
                    width,
                }),
                None => Err(Fault::NotWhole(format!(
                    "column `{}` holds {:?}, which is no text, number or date",
                    field.name, field.dtype
                ))),
            })
            .collect::<Result<_, Fault>>()?;
        // A field of several columns was refused above.
        let fields = about.schema().fields().len();
        if about.schema().columns().len() != columns.len() || fields != columns.len() {
            return Err(Fault::NotWhole("two columns have one name".to_owned()));
        }
        let header = columns.iter().map(|c| c.field.name.trim().to_owned());
        let header = header.collect();
        let parquet = Parquet {
            file,
            size,
            about,
            columns,
            group: 0,
            decoded: 0,
            chunks: Vec::new(),
            values: Vec::new(),
            rows: 0,
            told: 0,
            ready: Vec::new(),
            at: 0,
            done: 0,
        };
        Ok((header, Box::new(parquet) as Box<dyn Rows>))
    })
}

fn fault(error: impl std::fmt::Display) -> Fault {
    Fault::NotWhole(error.to_string())
}

/// Returns the bytes that a decoded value takes; nothing for a type that has no text.
fn width(dtype: &ArrowDataType) -> Option<usize> {
    use ArrowDataType as D;
    Some(match dtype {
        D::Boolean | D::Int8 | D::UInt8 => 1,
        D::Int16 | D::UInt16 => 2,
        D::Int32 | D::UInt32 | D::Float32 | D::Date32 => 4,
        D::Int64 | D::UInt64 | D::Float64 | D::Timestamp(..) => 8,
        D::Decimal(..) | D::Utf8View | D::BinaryView => 16,
        _ => return None,
    })
}

impl Parquet {
    /// Decodes the next rows; false at the end of the file.
    fn read_more(&mut self) -> Result<bool, Fault> {
        self.values.clear();
        (self.told, self.rows) = (0, 0);
        loop {
            let Some(group) = self.about.row_groups.get(self.group) else {
                return Ok(false);
            };
            if self.decoded < group.num_rows() {
                break;
            }
            self.group += 1;
            self.decoded = 0;
            self.chunks.clear();
        }
        let group = &self.about.row_groups[self.group];
        let chunks = group.parquet_columns();
        if chunks.len() != self.columns.len() {
            return Err(Fault::NotWhole("a row group lacks columns".to_owned()));
        }
        if self.chunks.is_empty() {
            for chunk in chunks {
                self.chunks.push(bytes(&mut self.file, self.size, chunk)?);
            }
        }
        let width: usize = self.columns.iter().map(|column| column.width).sum();
        let rows = (DECODED / width)
            .max(1)
            .min(group.num_rows() - self.decoded);
        let range = self.decoded..self.decoded + rows;
        let columns: Vec<_> = self.columns.iter().zip(chunks).zip(&self.chunks).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let values = std::thread::scope(|scope| {
            let parts: Vec<_> = columns
                .chunks(columns.len().div_ceil(threads).max(1))
                .map(|part| {
                    let range = &range;
                    scope.spawn(move || {
                        let part = part.iter();
                        part.map(|((column, chunk), bytes)| column.decode(chunk, bytes, range))
                            .collect::<Result<Vec<Values>, Fault>>()
                    })
                })
                .collect();
            let parts = parts.into_iter().map(|part| match part.join() {
                Ok(values) => values,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            parts.collect::<Result<Vec<Vec<Values>>, Fault>>()
        })?;
        self.values.extend(values.into_iter().flatten());
        self.rows = rows;
        self.decoded += rows;
        Ok(true)
    }
}

impl Column {
    /// Decodes a range of the rows of a row group.
    fn decode(
        &self,
        chunk: &ColumnChunkMetadata,
        bytes: &Buffer<u8>,
        range: &Range<usize>,
    ) -> Result<Values, Fault> {
        let pages = PageReader::new(Cursor::new(bytes.clone()), chunk, Vec::new(), usize::MAX);
        let (arrays, _) = column_iter_to_arrays(
            vec![BasicDecompressor::new(pages, Vec::new())],
            vec![&chunk.descriptor().descriptor.primitive_type],
            self.field.clone(),
            Some(Filter::Range(range.clone())),
        )
        .map_err(fault)?;
        Values::new(arrays, range.len())
            .ok_or_else(|| Fault::NotWhole(format!("column `{}` lacks rows", self.field.name)))
    }
}

/// Reads the bytes of a column of a row group.
fn bytes(file: &mut File, size: u64, chunk: &ColumnChunkMetadata) -> Result<Buffer<u8>, Fault> {
    let range = chunk.byte_range();
    if range.end > size {
        return Err(Fault::NotWhole("it ends before its columns do".to_owned()));
    }
    let mut bytes = vec![0; (range.end - range.start) as usize];
    file.seek(SeekFrom::Start(range.start)).map_err(Fault::Io)?;
    file.read_exact(&mut bytes).map_err(Fault::Io)?;
    Ok(bytes.into())
}

impl Parquet {
    /// Gives the next rows their text; false at the end of the file.
    fn tell_more(&mut self) -> Result<bool, Fault> {
        self.at = 0;
        if self.told == self.rows && !guarded(|| self.read_more())? {
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
        let count = self.about.num_rows.max(1) as u64;
        self.size * self.done / count
    }
}

/// The decoded values of a column.
enum Values {
    Int8(PrimitiveArray<i8>),
    Int16(PrimitiveArray<i16>),
    Int32(PrimitiveArray<i32>),
    Int64(PrimitiveArray<i64>),
    UInt8(PrimitiveArray<u8>),
    UInt16(PrimitiveArray<u16>),
    UInt32(PrimitiveArray<u32>),
    UInt64(PrimitiveArray<u64>),
    Float32(PrimitiveArray<f32>),
    Float64(PrimitiveArray<f64>),
    /// With the number of digits behind the point.
    Decimal(PrimitiveArray<i128>, usize),
    Date(PrimitiveArray<i32>),
    /// With the units of a second.
    Moment(PrimitiveArray<i64>, i64),
    YesNo(BooleanArray),
    Text(Utf8ViewArray),
    Bytes(BinaryViewArray),
}

impl Values {
    /// Takes a column of so many rows; nothing where it has fewer or is of another type.
    fn new(arrays: Vec<Box<dyn Array>>, rows: usize) -> Option<Values> {
        use ArrowDataType as D;
        fn of<A: Clone + 'static>(array: &dyn Array) -> Option<A> {
            array.as_any().downcast_ref::<A>().cloned()
        }
        let array = match <[_; 1]>::try_from(arrays) {
            Ok([array]) => array,
            Err(arrays) => {
                let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
                concatenate(&arrays).ok()?
            }
        };
        if array.len() != rows {
            return None;
        }
        let array = array.as_ref();
        Some(match array.dtype() {
            D::Int8 => Values::Int8(of(array)?),
            D::Int16 => Values::Int16(of(array)?),
            D::Int32 => Values::Int32(of(array)?),
            D::Int64 => Values::Int64(of(array)?),
            D::UInt8 => Values::UInt8(of(array)?),
            D::UInt16 => Values::UInt16(of(array)?),
            D::UInt32 => Values::UInt32(of(array)?),
            D::UInt64 => Values::UInt64(of(array)?),
            D::Float32 => Values::Float32(of(array)?),
            D::Float64 => Values::Float64(of(array)?),
            D::Decimal(_, scale) => Values::Decimal(of(array)?, *scale),
            D::Date32 => Values::Date(of(array)?),
            D::Timestamp(unit, _) => {
                let units = match unit {
                    TimeUnit::Second => 1,
                    TimeUnit::Millisecond => 1_000,
                    TimeUnit::Microsecond => 1_000_000,
                    TimeUnit::Nanosecond => 1_000_000_000,
                };
                Values::Moment(of(array)?, units)
            }
            D::Boolean => Values::YesNo(of(array)?),
            D::Utf8View => Values::Text(of(array)?),
            D::BinaryView => Values::Bytes(of(array)?),
            _ => return None,
        })
    }

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
            Values::Int8(array) => push!(array, whole),
            Values::Int16(array) => push!(array, whole),
            Values::Int32(array) => push!(array, whole),
            Values::Int64(array) => push!(array, whole),
            Values::UInt8(array) => push!(array, whole),
            Values::UInt16(array) => push!(array, whole),
            Values::UInt32(array) => push!(array, whole),
            Values::UInt64(array) => push!(array, row, value => {
                row.push_natural(value);
                Ok(())
            }),
            Values::Float32(array) => push!(array, row, value => row.push_single(value)),
            Values::Float64(array) => push!(array, row, value => row.push_number(value)),
            Values::Decimal(array, scale) => push!(array, row, value => {
                row.push_decimal(value, *scale);
                Ok(())
            }),
            Values::Date(array) => push!(array, row, value => row.push_date(value.into())),
            Values::Moment(array, units) => {
                push!(array, row, value => row.push_moment(value.div_euclid(*units)));
            }
            Values::YesNo(array) => push!(array, whole),
            Values::Text(array) => push!(array, row, value => {
                row.push_text(value);
                Ok(())
            }),
            Values::Bytes(array) => push!(array, row, value => {
                row.push_bytes(value);
                Ok(())
            }),
        }
        Ok(())
    }
}

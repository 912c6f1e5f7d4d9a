//! Parquet files, a range of the rows of a row group at a time.
//!
//! Promises: what a file says of its lengths is checked before memory is taken for it; a file
//! that is torn in a way that nobody foresaw is an error and no panic. What is written depends on
//! the values alone. Hides polars-parquet, which decodes and encodes the columns; nothing else of
//! polars is used.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;

use polars_arrow::array::{Array, BinaryViewArray, BooleanArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::compute::concatenate::concatenate;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, TimeUnit};
use polars_buffer::Buffer;
use polars_error::PolarsResult;
use polars_parquet::read::schema::parquet_to_arrow_schema;
use polars_parquet::read::{
    BasicDecompressor, FileMetadata, Filter, PageReader, ParquetError, column_iter_to_arrays,
    read_metadata,
};
use polars_parquet::write::fallible_streaming_iterator::convert;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, Compressor, DynIter, DynStreamingIterator, FileWriter,
    KeyValue, ParquetType, StatisticsOptions, Version, WriteOptions, array_to_columns,
    get_dtype_encoding, schema_to_metadata_key, to_parquet_schema,
};

use super::columns::Text;
use super::guard::guarded;

/// A Parquet file being read.
pub(super) struct ParquetFile {
    file: File,
    pub size: u64,
    about: Arc<FileMetadata>,
    pub columns: Vec<Column>,
}

/// A column of texts, numbers or dates.
pub(super) struct Column {
    field: Field,
    /// Bytes that a decoded value takes.
    pub width: usize,
}

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) enum ParquetFault {
    Io(io::Error),
    /// Its bytes are not of the format, in the words of the crate that reads it.
    NotWhole(String),
}

fn fault(error: impl std::fmt::Display) -> ParquetFault {
    ParquetFault::NotWhole(error.to_string())
}

fn not_whole<T>(message: impl Into<String>) -> Result<T, ParquetFault> {
    Err(ParquetFault::NotWhole(message.into()))
}

impl ParquetFile {
    pub fn open(mut file: File) -> Result<ParquetFile, ParquetFault> {
        let size = file.metadata().map_err(ParquetFault::Io)?.len();
        let read = guarded(|| {
            let about = read_metadata(&mut file).map_err(fault)?;
            let schema = parquet_to_arrow_schema(about.schema().fields());
            let columns: Vec<Column> = schema
                .iter_values()
                .map(|field| match width(&field.dtype) {
                    Some(width) => Ok(Column {
                        field: field.clone(),
                        width,
                    }),
                    None => not_whole(format!(
                        "column `{}` holds {:?}, which is no text, number or date",
                        field.name, field.dtype
                    )),
                })
                .collect::<Result<_, _>>()?;
            // A field of several columns was refused above.
            let fields = about.schema().fields().len();
            if about.schema().columns().len() != columns.len() || fields != columns.len() {
                return not_whole("two columns have one name");
            }
            Ok((about, columns))
        });
        let (about, columns) = read.map_err(ParquetFault::NotWhole)??;
        Ok(ParquetFile {
            file,
            size,
            about: Arc::new(about),
            columns,
        })
    }

    /// Returns a text that travels with the table.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        let pairs = self.about.key_value_metadata().iter().flatten();
        let mut of_key = pairs.filter(|pair| pair.key == key);
        of_key.next().and_then(|pair| pair.value.as_deref())
    }

    /// Returns the number of rows in all groups.
    pub fn rows(&self) -> usize {
        self.about.num_rows
    }

    /// Returns the number of rows in a row group; nothing behind the last one.
    pub fn rows_of(&self, group: usize) -> Option<usize> {
        self.about.row_groups.get(group).map(|g| g.num_rows())
    }

    /// Reads the bytes of every column of a row group.
    pub fn group(&mut self, number: usize) -> Result<Group, ParquetFault> {
        self.part(number, 0..self.columns.len())
    }

    /// Reads the bytes of some columns of a row group.
    pub fn part(&mut self, number: usize, columns: Range<usize>) -> Result<Group, ParquetFault> {
        let group = &self.about.row_groups[number];
        let chunks = group.parquet_columns();
        if chunks.len() != self.columns.len() {
            return not_whole("a row group lacks columns");
        }
        let mut bytes = Vec::with_capacity(columns.len());
        for chunk in &chunks[columns.clone()] {
            // A column of one value a row.
            if usize::try_from(chunk.num_values()) != Ok(group.num_rows()) {
                return not_whole("a column of a row group has not a value a row");
            }
            let range = guarded(|| chunk.byte_range()).map_err(ParquetFault::NotWhole)?;
            if range.end > self.size || range.start > range.end {
                return not_whole("it ends before its columns do");
            }
            bytes.push(read_bytes(&mut self.file, range).map_err(ParquetFault::Io)?);
        }
        Ok(Group {
            about: self.about.clone(),
            number,
            first: columns.start,
            bytes,
        })
    }
}

/// The bytes of columns of a row group, still compressed.
pub(super) struct Group {
    about: Arc<FileMetadata>,
    number: usize,
    /// The column that the bytes begin with.
    first: usize,
    bytes: Vec<Buffer<u8>>,
}

impl Group {
    /// Decodes a range of the rows of a column.
    pub fn decode(
        &self,
        index: usize,
        column: &Column,
        range: &Range<usize>,
    ) -> Result<Decoded, ParquetFault> {
        let chunk = &self.about.row_groups[self.number].parquet_columns()[index];
        let bytes = &self.bytes[index - self.first];
        let decoded = guarded(|| {
            let pages = PageReader::new(Cursor::new(bytes.clone()), chunk, Vec::new(), usize::MAX);
            let (arrays, _) = column_iter_to_arrays(
                vec![BasicDecompressor::new(pages, Vec::new())],
                vec![&chunk.descriptor().descriptor.primitive_type],
                column.field.clone(),
                Some(Filter::Range(range.clone())),
            )
            .map_err(fault)?;
            match Decoded::new(arrays, range.len()) {
                Some(values) => Ok(values),
                None => not_whole(format!("column `{}` lacks rows", column.field.name)),
            }
        });
        decoded.map_err(ParquetFault::NotWhole)?
    }
}

/// Reads a range of the bytes of a file.
fn read_bytes(file: &mut File, range: Range<u64>) -> io::Result<Buffer<u8>> {
    let length = range.end - range.start;
    let mut bytes = Vec::with_capacity(length as usize);
    file.seek(SeekFrom::Start(range.start))?;
    match file.take(length).read_to_end(&mut bytes)? as u64 == length {
        true => Ok(bytes.into()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

impl Column {
    pub fn name(&self) -> &str {
        &self.field.name
    }

    pub fn dtype(&self) -> &ArrowDataType {
        &self.field.dtype
    }
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

/// The decoded values of a column.
pub(super) enum Decoded {
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

impl Decoded {
    /// Takes a column of so many rows; nothing where it has fewer or is of another type.
    fn new(arrays: Vec<Box<dyn Array>>, rows: usize) -> Option<Decoded> {
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
            D::Int8 => Decoded::Int8(of(array)?),
            D::Int16 => Decoded::Int16(of(array)?),
            D::Int32 => Decoded::Int32(of(array)?),
            D::Int64 => Decoded::Int64(of(array)?),
            D::UInt8 => Decoded::UInt8(of(array)?),
            D::UInt16 => Decoded::UInt16(of(array)?),
            D::UInt32 => Decoded::UInt32(of(array)?),
            D::UInt64 => Decoded::UInt64(of(array)?),
            D::Float32 => Decoded::Float32(of(array)?),
            D::Float64 => Decoded::Float64(of(array)?),
            D::Decimal(_, scale) => Decoded::Decimal(of(array)?, *scale),
            D::Date32 => Decoded::Date(of(array)?),
            D::Timestamp(unit, _) => {
                let units = match unit {
                    TimeUnit::Second => 1,
                    TimeUnit::Millisecond => 1_000,
                    TimeUnit::Microsecond => 1_000_000,
                    TimeUnit::Nanosecond => 1_000_000_000,
                };
                Decoded::Moment(of(array)?, units)
            }
            D::Boolean => Decoded::YesNo(of(array)?),
            D::Utf8View => Decoded::Text(of(array)?),
            D::BinaryView => Decoded::Bytes(of(array)?),
            _ => return None,
        })
    }
}

/// Texts, whole numbers or numbers to be written.
pub(super) enum Written<'v> {
    Whole(&'v [Option<i64>]),
    Number(&'v [Option<f64>]),
    Text(&'v [Option<Text>]),
}

/// Rows of a row group.
const GROUP: usize = 1 << 18;

/// Writes a table of columns of one length, with texts that travel with it.
pub(super) fn write<W: Write>(
    out: W,
    columns: &[(&str, Written)],
    metadata: &[(&str, &str)],
) -> Result<W, String> {
    let text = |error: polars_error::PolarsError| error.to_string();
    let schema: ArrowSchema = columns
        .iter()
        .map(|(name, values)| Field::new((*name).into(), values.dtype(), true))
        .collect();
    if schema.len() != columns.len() {
        return Err("two columns have one name".to_owned());
    }
    let types = to_parquet_schema(&schema).map_err(text)?;
    let options = WriteOptions {
        statistics: StatisticsOptions::default(),
        version: Version::V1,
        compression: CompressionOptions::Zstd(None),
        data_page_size: None,
    };
    let arrow = schema_to_metadata_key(&schema);
    let mut writer = FileWriter::try_new(out, schema, options).map_err(text)?;
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    if columns.iter().any(|(_, values)| values.len() != rows) {
        return Err("the columns have not one length".to_owned());
    }
    let groups = (0..rows).step_by(GROUP);
    let groups: Vec<Range<usize>> = groups.map(|from| from..rows.min(from + GROUP)).collect();
    // A group a thread, and written in their order.
    for groups in groups.chunks(crate::threads::threads()) {
        let encode = |rows: &Range<usize>| encoded(columns, types.fields(), options, rows);
        let done: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = groups
                .iter()
                .map(|rows| scope.spawn(move || encode(rows)))
                .collect();
            let joined = started.into_iter().map(|thread| thread.join());
            joined
                .map(|done| done.expect("encoding what we made does not panic"))
                .collect()
        });
        for (rows, pages) in groups.iter().zip(done) {
            let pages = pages.map_err(text)?;
            let pages = pages.iter().map(|pages| {
                let pages = pages.iter().map(PolarsResult::Ok);
                Ok(DynStreamingIterator::new(convert(pages)))
            });
            let written = writer.write(rows.len() as u64, DynIter::new(pages));
            written.map_err(text)?;
        }
    }
    let own = metadata.iter().map(|(key, value)| KeyValue {
        key: (*key).to_owned(),
        value: Some((*value).to_owned()),
    });
    let pairs = std::iter::once(arrow).chain(own).collect();
    writer.end(Some(pairs)).map_err(text)?;
    Ok(writer.into_inner())
}

/// Encodes and compresses some rows of each column.
fn encoded(
    columns: &[(&str, Written)],
    types: &[ParquetType],
    options: WriteOptions,
    rows: &Range<usize>,
) -> PolarsResult<Vec<Vec<CompressedPage>>> {
    let columns = columns.iter().zip(types);
    let encoded = columns.map(|((_, values), type_)| {
        let encoding = get_dtype_encoding(&values.dtype());
        let array = values.array(rows.clone());
        let mut pages = array_to_columns(array, type_.clone(), options, &encoding)?;
        let pages = pages
            .pop()
            .expect("a column that is no struct is one column");
        let pages = pages.map(|page| page.map_err(ParquetError::from));
        let compressed = Compressor::new(pages, options.compression, Vec::new());
        Ok(compressed.collect::<Result<_, ParquetError>>()?)
    });
    encoded.collect()
}

impl Written<'_> {
    fn len(&self) -> usize {
        match self {
            Written::Whole(values) => values.len(),
            Written::Number(values) => values.len(),
            Written::Text(values) => values.len(),
        }
    }

    fn dtype(&self) -> ArrowDataType {
        match self {
            Written::Whole(_) => ArrowDataType::Int64,
            Written::Number(_) => ArrowDataType::Float64,
            Written::Text(_) => ArrowDataType::Utf8View,
        }
    }

    fn array(&self, rows: Range<usize>) -> Box<dyn Array> {
        match self {
            Written::Whole(values) => Box::new(PrimitiveArray::<i64>::from_iter(&values[rows])),
            Written::Number(values) => Box::new(PrimitiveArray::<f64>::from_iter(&values[rows])),
            Written::Text(values) => Box::new(Utf8ViewArray::from_slice(&values[rows])),
        }
    }
}

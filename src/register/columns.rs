//! Parquet tables that klero writes and reads.
//!
//! Promises: a file is written whole or not at all, with the same bytes for the same input, and
//! carries where it came from.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use polars_arrow::datatypes::ArrowDataType;

use super::RegisterError;
use super::parquet::{self, Decoded, ParquetFault, ParquetFile, Written};

/// Key of klero's own record in a Parquet file's metadata.
const METADATA: &str = "klero";

/// A column of a table, with its missing values.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    Whole(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Text(Vec<Option<String>>),
}

/// A table of named columns of one length, with a text that travels with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    pub columns: Vec<(String, Values)>,
    pub metadata: String,
}

impl Values {
    pub fn len(&self) -> usize {
        match self {
            Values::Whole(values) => values.len(),
            Values::Number(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns an empty column for the values of a file's; nothing for dates and the like.
    fn of(column: &parquet::Column) -> Option<Values> {
        use ArrowDataType as D;
        Some(match column.dtype() {
            D::Utf8View => Values::Text(Vec::new()),
            D::Float32 | D::Float64 => Values::Number(Vec::new()),
            D::Boolean | D::Int8 | D::Int16 | D::Int32 | D::Int64 => Values::Whole(Vec::new()),
            D::UInt8 | D::UInt16 | D::UInt32 => Values::Whole(Vec::new()),
            _ => return None,
        })
    }

    /// Adds what was decoded of the same column.
    fn extend(&mut self, decoded: &Decoded) {
        macro_rules! extend {
            ($values:expr, $array:expr) => {
                $values.extend(
                    $array
                        .iter()
                        .map(|value| value.map(|value| (*value).into())),
                )
            };
        }
        match (self, decoded) {
            (Values::Whole(values), Decoded::Int8(array)) => extend!(values, array),
            (Values::Whole(values), Decoded::Int16(array)) => extend!(values, array),
            (Values::Whole(values), Decoded::Int32(array)) => extend!(values, array),
            (Values::Whole(values), Decoded::Int64(array)) => extend!(values, array),
            (Values::Whole(values), Decoded::UInt8(array)) => extend!(values, array),
            (Values::Whole(values), Decoded::UInt16(array)) => extend!(values, array),
            (Values::Whole(values), Decoded::UInt32(array)) => extend!(values, array),
            (Values::Whole(values), Decoded::YesNo(array)) => {
                values.extend(array.iter().map(|value| value.map(i64::from)));
            }
            (Values::Number(values), Decoded::Float32(array)) => extend!(values, array),
            (Values::Number(values), Decoded::Float64(array)) => extend!(values, array),
            (Values::Text(values), Decoded::Text(array)) => {
                values.extend(array.iter().map(|text| text.map(str::to_owned)));
            }
            _ => unreachable!("a column is decoded as the type that the file gives it"),
        }
    }
}

impl Columns {
    /// Returns a column by name.
    pub fn get(&self, name: &str) -> Option<&Values> {
        self.columns
            .iter()
            .find(|(column, _)| column == name)
            .map(|(_, values)| values)
    }

    /// Writes the table to a Parquet file, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), RegisterError> {
        let columns: Vec<(&str, Written)> = self
            .columns
            .iter()
            .map(|(name, values)| {
                let values = match values {
                    Values::Whole(values) => Written::Whole(values),
                    Values::Number(values) => Written::Number(values),
                    Values::Text(values) => Written::Text(values),
                };
                (name.as_str(), values)
            })
            .collect();
        let aside = aside(path);
        let out = BufWriter::new(create(&aside)?);
        let written = parquet::write(out, &columns, &[(METADATA, &self.metadata)])
            .map_err(|message| unusable(path, message))
            .and_then(|mut out| {
                out.flush().map_err(|source| RegisterError::Io {
                    path: path.to_owned(),
                    action: "write",
                    source,
                })
            })
            .and_then(|()| into_place(&aside, path));
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written
    }

    /// Reads a Parquet file that holds whole numbers, numbers and texts.
    pub fn read(path: &Path) -> Result<Columns, RegisterError> {
        let mut columns = Vec::new();
        let metadata = Columns::each(path, |name, values| columns.push((name, values)))?;
        Ok(Columns { columns, metadata })
    }

    /// Reads a Parquet file that holds whole numbers, numbers and texts, and hands over one column
    /// after another; returns the text that travels with it.
    ///
    /// Beside what is kept of the columns handed over, one column is in memory at a time.
    pub fn each(
        path: &Path,
        mut take: impl FnMut(String, Values),
    ) -> Result<String, RegisterError> {
        let fault = |fault| match fault {
            ParquetFault::Io(source) => RegisterError::Io {
                path: path.to_owned(),
                action: "read",
                source,
            },
            ParquetFault::NotWhole(message) => unusable(path, message),
        };
        let mut file = ParquetFile::open(open(path, "table")?).map_err(fault)?;
        let metadata = file.metadata(METADATA).unwrap_or_default().to_owned();
        let mut columns = Vec::new();
        for column in &file.columns {
            columns.push(Values::of(column).ok_or_else(|| {
                unusable(path, format!("column `{}` is no number", column.name()))
            })?);
        }
        for (index, mut values) in columns.into_iter().enumerate() {
            let mut number = 0;
            while let Some(rows) = file.rows_of(number) {
                let group = file.part(number, index..index + 1).map_err(fault)?;
                let decoded = group.decode(index, &file.columns[index], &(0..rows));
                values.extend(&decoded.map_err(fault)?);
                number += 1;
            }
            take(file.columns[index].name().to_owned(), values);
        }
        Ok(metadata)
    }
}

/// Returns the name a file has until it is whole.
fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

fn create(path: &Path) -> Result<File, RegisterError> {
    File::create(path).map_err(|source| RegisterError::Io {
        path: path.to_owned(),
        action: "write",
        source,
    })
}

fn into_place(aside: &Path, path: &Path) -> Result<(), RegisterError> {
    fs::rename(aside, path).map_err(|source| RegisterError::Io {
        path: path.to_owned(),
        action: "write",
        source,
    })
}

fn open(path: &Path, what: &'static str) -> Result<File, RegisterError> {
    File::open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => RegisterError::NotIngested {
            path: path.to_owned(),
            what,
        },
        _ => RegisterError::Io {
            path: path.to_owned(),
            action: "read",
            source,
        },
    })
}

fn unusable(path: &Path, message: String) -> RegisterError {
    RegisterError::Store {
        path: path.to_owned(),
        message,
    }
}

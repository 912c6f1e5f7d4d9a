//! Parquet tables that klero writes and reads.
//!
//! Promises: a file is written whole or not at all, with the same bytes for the same input, and
//! carries where it came from. Hides polars.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::RegisterError;

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
        let columns: Vec<Column> = self
            .columns
            .iter()
            .map(|(name, values)| {
                let name = name.as_str().into();
                match values {
                    Values::Whole(values) => Column::new(name, values),
                    Values::Number(values) => Column::new(name, values),
                    Values::Text(values) => Column::new(name, values),
                }
            })
            .collect();
        let height = self.columns.first().map_or(0, |(_, values)| values.len());
        let mut frame = DataFrame::new(height, columns).map_err(failed(path))?;
        let aside = aside(path);
        let file = create(&aside)?;
        ParquetWriter::new(BufWriter::new(file))
            .with_key_value_metadata(Some(metadata(&self.metadata)))
            .finish(&mut frame)
            .map_err(failed(path))?;
        into_place(&aside, path)
    }

    /// Reads a Parquet file that holds whole numbers, numbers and texts.
    pub fn read(path: &Path) -> Result<Columns, RegisterError> {
        let mut reader = ParquetReader::new(open(path, "table")?);
        let metadata = own_metadata(&mut reader, path)?;
        let frame = reader.finish().map_err(failed(path))?;
        let columns = frame
            .columns()
            .iter()
            .map(|column| Ok((column.name().to_string(), values(column, path)?)))
            .collect::<Result<_, RegisterError>>()?;
        Ok(Columns { columns, metadata })
    }
}

fn values(column: &Column, path: &Path) -> Result<Values, RegisterError> {
    let wrong = failed(path);
    Ok(match column.dtype() {
        DataType::String => {
            let values = column.str().map_err(wrong)?;
            Values::Text(values.iter().map(|v| v.map(str::to_owned)).collect())
        }
        DataType::Float32 | DataType::Float64 => {
            let values = column.cast(&DataType::Float64).map_err(&wrong)?;
            Values::Number(values.f64().map_err(wrong)?.iter().collect())
        }
        _ => {
            let values = column.cast(&DataType::Int64).map_err(&wrong)?;
            Values::Whole(values.i64().map_err(wrong)?.iter().collect())
        }
    })
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

fn failed(path: &Path) -> impl Fn(PolarsError) -> RegisterError + '_ {
    move |error| RegisterError::Store {
        path: path.to_owned(),
        message: error.to_string(),
    }
}

fn metadata(text: &str) -> KeyValueMetadata {
    KeyValueMetadata::from_static(vec![(METADATA.to_owned(), text.to_owned())])
}

/// Returns klero's own record in a file's metadata; empty where there is none.
fn own_metadata(reader: &mut ParquetReader<File>, path: &Path) -> Result<String, RegisterError> {
    let metadata = reader.get_metadata().map_err(failed(path))?;
    Ok(metadata
        .key_value_metadata()
        .iter()
        .flatten()
        .find(|pair| pair.key == METADATA)
        .and_then(|pair| pair.value.clone())
        .unwrap_or_default())
}

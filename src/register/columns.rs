//! Parquet tables that klero writes and reads.
//!
//! Promises: a file is written whole or not at all, with the same bytes for the same input, and
//! carries where it came from.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars_arrow::array::PrimitiveArray;
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::types::NativeType;

use super::RegisterError;
use super::parquet::{self, Decoded, ParquetFault, ParquetFile, Written};

/// Key of klero's own record in a Parquet file's metadata.
const METADATA: &str = "klero";

/// A column of a table, with its missing values.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    Whole(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Text(Vec<Option<Text>>),
}

/// A text of a column; one that stands in many rows, and is known beforehand, is held once.
pub type Text = Cow<'static, str>;

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
                values.extend(
                    array
                        .iter()
                        .map(|text| text.map(|text| text.to_owned().into())),
                );
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
        let (mut file, metadata) = typed(path)?;
        let mut columns = Vec::new();
        for index in 0..file.columns.len() {
            let name = file.columns[index].name().to_owned();
            let mut values = Values::of(&file.columns[index]).expect("the types were looked at");
            each_part(&mut file, index, |decoded| values.extend(decoded)).map_err(of(path))?;
            columns.push((name, values));
        }
        Ok(Columns { columns, metadata })
    }

    /// Reads a Parquet file that holds whole numbers, numbers and texts, and returns what `keep`
    /// makes of each column.
    ///
    /// As many columns are read at a time as there are threads; what is kept lies beside them.
    pub fn keep<T: Send>(
        path: &Path,
        keep: impl Fn(Cells) -> T + Sync,
    ) -> Result<Vec<(String, T)>, RegisterError> {
        let (file, _) = typed(path)?;
        let names: Vec<String> = file.columns.iter().map(|c| c.name().to_owned()).collect();
        drop(file);
        let next = AtomicUsize::new(0);
        let kept = Mutex::new(Vec::new());
        let work = || -> Result<(), RegisterError> {
            // A thread has its own place in the file.
            let (mut file, _) = typed(path)?;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= names.len().min(file.columns.len()) {
                    return Ok(());
                }
                let mut whole = Whole::ToldApart;
                let (mut numbers, mut missing) = (Vec::new(), Vec::new());
                let text = file.columns[index].dtype() == &ArrowDataType::Utf8View;
                if !text {
                    // What the file says of its length is not to be trusted with memory.
                    numbers.reserve_exact(file.rows().min(1 << 20));
                    let read = |decoded: &Decoded| {
                        whole = whole.and(as_numbers(decoded, &mut numbers, &mut missing));
                    };
                    each_part(&mut file, index, read).map_err(of(path))?;
                }
                let made = if text || whole == Whole::Alike {
                    let values = Values::of(&file.columns[index]);
                    let mut values = values.expect("the types were looked at");
                    each_part(&mut file, index, |decoded| values.extend(decoded))
                        .map_err(of(path))?;
                    match values {
                        Values::Text(texts) => {
                            let texts = texts.into_iter().map(|text| text.map(Cow::into_owned));
                            keep(Cells::Text(texts.collect()))
                        }
                        Values::Whole(wholes) => keep(Cells::Whole(wholes)),
                        Values::Number(_) => unreachable!("numbers are told apart"),
                    }
                } else {
                    numbers.shrink_to_fit();
                    keep(Cells::Numbers(numbers, missing))
                };
                let mut kept = kept.lock().expect("no thread panics");
                kept.push((index, made));
            }
        };
        let threads = crate::threads::threads();
        std::thread::scope(|scope| {
            let threads = threads.min(names.len());
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let mut done = threads
                .into_iter()
                .map(|t| t.join().expect("no thread panics"));
            done.try_for_each(|done| done)
        })?;
        let mut kept = kept.into_inner().expect("no thread panics");
        kept.sort_unstable_by_key(|(index, _)| *index);
        let kept = kept.into_iter().map(|(_, made)| made);
        Ok(names.into_iter().zip(kept).collect())
    }
}

/// A column that was read, of whatever type it is in the file.
pub enum Cells {
    /// Numbers, 0 where missing, and which of them are missing; the second is empty where none is.
    Numbers(Vec<f64>, Vec<bool>),
    /// Whole numbers that numbers of eight bytes do not all tell apart.
    Whole(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
}

/// Whether numbers of eight bytes tell whole numbers apart.
#[derive(Clone, Copy, PartialEq)]
enum Whole {
    ToldApart,
    Alike,
}

impl Whole {
    fn and(self, other: Whole) -> Whole {
        match self {
            Whole::ToldApart => other,
            Whole::Alike => self,
        }
    }
}

/// Up to here every whole number has a number of eight bytes of its own.
pub const TOLD_APART: u64 = 1 << 53;

/// Adds what was decoded of a column that is no text.
fn as_numbers(decoded: &Decoded, numbers: &mut Vec<f64>, missing: &mut Vec<bool>) -> Whole {
    fn add<T: NativeType>(
        array: &PrimitiveArray<T>,
        (numbers, missing): (&mut Vec<f64>, &mut Vec<bool>),
        number: impl Fn(T) -> f64,
    ) {
        let before = numbers.len();
        match array.validity() {
            None => {
                numbers.extend(array.values().iter().map(|&value| number(value)));
                if !missing.is_empty() {
                    missing.resize(numbers.len(), false);
                }
            }
            Some(_) => {
                numbers.extend(array.iter().map(|value| value.map_or(0.0, |&v| number(v))));
                missing.resize(before, false);
                missing.extend(array.iter().map(|value| value.is_none()));
            }
        }
    }
    let into = (numbers, missing);
    match decoded {
        Decoded::Int8(array) => add(array, into, f64::from),
        Decoded::Int16(array) => add(array, into, f64::from),
        Decoded::Int32(array) => add(array, into, f64::from),
        Decoded::UInt8(array) => add(array, into, f64::from),
        Decoded::UInt16(array) => add(array, into, f64::from),
        Decoded::UInt32(array) => add(array, into, f64::from),
        Decoded::Int64(array) => {
            add(array, into, |whole| whole as f64);
            let known = array.iter().flatten();
            if known
                .into_iter()
                .any(|whole| whole.unsigned_abs() > TOLD_APART)
            {
                return Whole::Alike;
            }
        }
        Decoded::Float32(array) => add(array, into, f64::from),
        Decoded::Float64(array) => add(array, into, |number| number),
        Decoded::YesNo(array) => {
            let (numbers, missing) = into;
            missing.resize(numbers.len(), false);
            missing.extend(array.iter().map(|value| value.is_none()));
            numbers.extend(array.iter().map(|value| f64::from(value == Some(true))));
        }
        _ => unreachable!("a column is decoded as the type that the file gives it"),
    }
    Whole::ToldApart
}

/// Opens a Parquet file whose columns are all whole numbers, numbers and texts, with the text that
/// travels with it.
fn typed(path: &Path) -> Result<(ParquetFile, String), RegisterError> {
    let file = ParquetFile::open(open(path, "table")?).map_err(of(path))?;
    let metadata = file.metadata(METADATA).unwrap_or_default().to_owned();
    match file
        .columns
        .iter()
        .find(|column| Values::of(column).is_none())
    {
        None => Ok((file, metadata)),
        Some(other) => Err(unusable(
            path,
            format!("column `{}` is no number", other.name()),
        )),
    }
}

/// Decodes a column, one row group after the other.
fn each_part(
    file: &mut ParquetFile,
    index: usize,
    mut add: impl FnMut(&Decoded),
) -> Result<(), ParquetFault> {
    let mut number = 0;
    while let Some(rows) = file.rows_of(number) {
        let group = file.part(number, index..index + 1)?;
        add(&group.decode(index, &file.columns[index], &(0..rows))?);
        number += 1;
    }
    Ok(())
}

fn of(path: &Path) -> impl Fn(ParquetFault) -> RegisterError {
    move |fault| match fault {
        ParquetFault::Io(source) => RegisterError::Io {
            path: path.to_owned(),
            action: "read",
            source,
        },
        ParquetFault::NotWhole(message) => unusable(path, message),
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

//! Parquet files that klero writes and reads: the spells of a register, and tables of outcomes.
//!
//! Promises: a file is written whole or not at all, with the same bytes for the same input, and
//! carries where it came from. Hides polars.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::codes::{Code, CodeTable};
use super::people::{People, PersonRef};
use super::{Coverage, Input, Person, RegisterError, Spell, Wage};
use crate::digest::Digest;
use crate::period::{Month, Week};

/// Key of klero's own record in a Parquet file's metadata.
const METADATA: &str = "klero";
/// Bytes of persons written at once, as one row group.
const ROWS_BYTES: usize = 8 << 20;

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

/// What travels with the spells of a register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    format: String,
    register: String,
    /// First and last week and month, as numbers of [`Week`] and [`Month`].
    weeks: Option<(i32, i32)>,
    months: Option<(i32, i32)>,
    /// Digest of each file.
    inputs: Vec<(String, String)>,
    codes: String,
    /// Roster of the persons who alone were taken in; everybody where there is none.
    persons: Option<String>,
}

const FORMAT: &str = "klero-spells-1";

/// Writes the spells of a register, person by person in order of key.
pub(super) struct StoreWriter {
    path: PathBuf,
    aside: PathBuf,
    writer: BatchedWriter<BufWriter<File>>,
    rows: People,
}

impl StoreWriter {
    pub fn create(
        folder: &Path,
        register: &str,
        coverage: &Coverage,
        inputs: &[Input],
        codes: &CodeTable,
        persons: Option<Digest>,
    ) -> Result<StoreWriter, RegisterError> {
        let record = Record {
            format: FORMAT.to_owned(),
            register: register.to_owned(),
            weeks: coverage.weeks.map(|(first, last)| (first.0, last.0)),
            months: coverage.months.map(|(first, last)| (first.0, last.0)),
            inputs: inputs
                .iter()
                .map(|input| (input.file.clone(), input.digest.to_string()))
                .collect(),
            codes: codes.digest.to_string(),
            persons: persons.map(|digest| digest.to_string()),
        };
        let record = serde_json::to_string(&record).expect("a record is texts and numbers");
        let path = spells_path(folder, register);
        let aside = aside(&path);
        let writer = ParquetWriter::new(BufWriter::new(create(&aside)?))
            .with_compression(ParquetCompression::Snappy)
            .with_statistics(StatisticsOptions::empty())
            .with_key_value_metadata(Some(metadata(&record)))
            .batched(frame(&People::default()).schema())
            .map_err(failed(&path))?;
        Ok(StoreWriter {
            path,
            aside,
            writer,
            rows: People::default(),
        })
    }

    pub fn push(&mut self, person: PersonRef) -> Result<(), RegisterError> {
        self.rows.push(person);
        if self.rows.bytes() >= ROWS_BYTES {
            self.write_rows()?;
        }
        Ok(())
    }

    fn write_rows(&mut self) -> Result<(), RegisterError> {
        self.writer
            .write_batch(&frame(&self.rows))
            .map_err(failed(&self.path))?;
        self.rows.clear();
        Ok(())
    }

    /// Writes what is left and puts the file into place.
    pub fn finish(mut self) -> Result<PathBuf, RegisterError> {
        self.write_rows()?;
        self.writer.finish().map_err(failed(&self.path))?;
        into_place(&self.aside, &self.path)?;
        Ok(self.path.clone())
    }
}

impl Drop for StoreWriter {
    fn drop(&mut self) {
        // What was not put into place is taken away.
        let _ = fs::remove_file(&self.aside);
    }
}

/// Returns persons as a table: a row a person, its runs as lists of one length.
fn frame(people: &People) -> DataFrame {
    let mut person = StringChunkedBuilder::new("person".into(), people.len());
    for one in people.iter() {
        person.append_value(String::from_utf8_lossy(one.key));
    }
    let spells = |name: &str, value: fn(&Spell) -> i32| {
        list(name, people, |one| one.spells.iter().map(value))
    };
    let wages =
        |name: &str, value: fn(&Wage) -> i32| list(name, people, |one| one.wages.iter().map(value));
    let columns = vec![
        person.finish().into_column(),
        spells(FIRST_WEEK, |spell| spell.first.0),
        spells(WEEKS, |spell| spell.weeks as i32),
        spells(CODE, |spell| i32::from(spell.code.number())),
        wages(FIRST_MONTH, |wage| wage.first.0),
        wages(MONTHS, |wage| wage.months as i32),
        wages(WAGE, |wage| i32::from(wage.paid)),
    ];
    DataFrame::new(people.len(), columns).expect("columns of one length and distinct names")
}

fn list<'p, I: Iterator<Item = i32>>(
    name: &str,
    people: &'p People,
    values: impl Fn(PersonRef<'p>) -> I,
) -> Column {
    let mut builder = ListPrimitiveChunkedBuilder::<Int32Type>::new(
        name.into(),
        people.len(),
        people.runs(),
        DataType::Int32,
    );
    for one in people.iter() {
        builder.append_values_iter(values(one));
    }
    builder.finish().into_column()
}

const FIRST_WEEK: &str = "first_week";
const WEEKS: &str = "weeks";
const CODE: &str = "code";
const FIRST_MONTH: &str = "first_month";
const MONTHS: &str = "months";
const WAGE: &str = "wage";

/// The spells of a register, as they were ingested.
pub struct Store {
    path: PathBuf,
    pub coverage: Coverage,
    pub inputs: Vec<Input>,
    /// Digest of the code table the files were checked against.
    pub codes: Digest,
    /// Roster of the persons who alone were taken in; everybody where there is none.
    pub persons: Option<Digest>,
}

impl Store {
    /// Opens the store of a register.
    pub fn open(folder: &Path, register: &str) -> Result<Store, RegisterError> {
        let path = spells_path(folder, register);
        let record = own_metadata(&mut ParquetReader::new(open(&path, "spells")?), &path)?;
        let unusable = |message: &str| RegisterError::Store {
            path: path.clone(),
            message: message.to_owned(),
        };
        let record: Record =
            serde_json::from_str(&record).map_err(|error| unusable(&error.to_string()))?;
        if record.format != FORMAT || record.register != register {
            return Err(unusable("it is not of this register and format"));
        }
        let digest = |text: &str| text.parse().map_err(|_| unusable("a digest is no digest"));
        let inputs = record
            .inputs
            .into_iter()
            .map(|(file, text)| {
                Ok(Input {
                    file,
                    digest: digest(&text)?,
                })
            })
            .collect::<Result<_, RegisterError>>()?;
        Ok(Store {
            coverage: Coverage {
                weeks: record.weeks.map(|(first, last)| (Week(first), Week(last))),
                months: record
                    .months
                    .map(|(first, last)| (Month(first), Month(last))),
            },
            inputs,
            codes: digest(&record.codes)?,
            persons: record.persons.as_deref().map(digest).transpose()?,
            path: path.clone(),
        })
    }

    /// Calls `each` with every person in order of key; with `keep`, with those in it only.
    pub fn read(
        &self,
        keep: Option<&HashSet<&str>>,
        mut each: impl FnMut(&Person),
    ) -> Result<(), RegisterError> {
        let path = &self.path;
        let mut reader = ParquetReader::new(open(path, "spells")?);
        let metadata = reader.get_metadata().map_err(failed(path))?.clone();
        let mut person = Person::default();
        let mut read = 0;
        for group in &metadata.row_groups {
            let rows = group.num_rows();
            let mut reader = ParquetReader::new(open(path, "spells")?);
            reader.set_metadata(metadata.clone());
            let frame = reader
                .with_slice(Some((read, rows)))
                .finish()
                .map_err(failed(path))?;
            read += rows;
            each_person(&frame, keep, &mut person, &mut each).map_err(failed(path))?;
        }
        Ok(())
    }
}

fn each_person(
    frame: &DataFrame,
    keep: Option<&HashSet<&str>>,
    person: &mut Person,
    each: &mut impl FnMut(&Person),
) -> PolarsResult<()> {
    let keys = frame.column("person")?.str()?;
    let [first_week, weeks, code] = [FIRST_WEEK, WEEKS, CODE].map(|name| Lists::of(frame, name));
    let (first_week, weeks, code) = (first_week?, weeks?, code?);
    let [first_month, months, wage] =
        [FIRST_MONTH, MONTHS, WAGE].map(|name| Lists::of(frame, name));
    let (first_month, months, wage) = (first_month?, months?, wage?);
    for (row, key) in keys.iter().enumerate() {
        let key = key.unwrap_or_default();
        if keep.is_some_and(|keep| !keep.contains(key)) {
            continue;
        }
        person.key.clear();
        person.key.push_str(key);
        let runs = first_week
            .row(row)
            .iter()
            .zip(weeks.row(row))
            .zip(code.row(row));
        person.spells.clear();
        person
            .spells
            .extend(runs.map(|((first, weeks), code)| Spell {
                first: Week(*first),
                weeks: *weeks as u32,
                code: Code::from_number(*code as u16).unwrap_or(Code::BLANK),
            }));
        let runs = first_month
            .row(row)
            .iter()
            .zip(months.row(row))
            .zip(wage.row(row));
        person.wages.clear();
        person
            .wages
            .extend(runs.map(|((first, months), paid)| Wage {
                first: Month(*first),
                months: *months as u32,
                paid: *paid == 1,
            }));
        each(person);
    }
    Ok(())
}

/// A column of lists of whole numbers.
struct Lists {
    offsets: Vec<usize>,
    values: Int32Chunked,
}

impl Lists {
    fn of(frame: &DataFrame, name: &str) -> PolarsResult<Lists> {
        let lists = frame.column(name)?.list()?.rechunk();
        let mut offsets = vec![0];
        let mut end = 0;
        for length in lists.lst_lengths().iter() {
            end += length.unwrap_or(0) as usize;
            offsets.push(end);
        }
        let values = lists.get_inner().i32()?.rechunk().into_owned();
        Ok(Lists { offsets, values })
    }

    fn row(&self, row: usize) -> &[i32] {
        let values = self.values.cont_slice().expect("one chunk without nulls");
        &values[self.offsets[row]..self.offsets[row + 1]]
    }
}

fn spells_path(folder: &Path, register: &str) -> PathBuf {
    folder.join(format!("{register}.spells.parquet"))
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

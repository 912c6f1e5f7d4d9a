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
use super::{Coverage, Input, Person, RegisterError, Spell, Wage};
use crate::digest::Digest;
use crate::period::{Month, Week};

/// Key of klero's own record in a Parquet file's metadata.
const METADATA: &str = "klero";
/// Rows written at once.
const ROWS: usize = 1 << 18;

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
    inputs: Vec<(String, Digest)>,
    codes: Digest,
    /// Roster of the persons who alone were taken in; everybody where there is none.
    persons: Option<Digest>,
}

const FORMAT: &str = "klero-spells-1";

/// A record that is read back from text owns its digests' text while they are parsed.
#[derive(Deserialize)]
struct RecordText {
    format: String,
    register: String,
    weeks: Option<(i32, i32)>,
    months: Option<(i32, i32)>,
    inputs: Vec<(String, String)>,
    codes: String,
    persons: Option<String>,
}

/// Writes the spells of a register, person by person in order of key.
pub(super) struct StoreWriter {
    spells: Part,
    wages: Part,
    spell_rows: SpellRows,
    wage_rows: WageRows,
}

/// A Parquet file in the making.
struct Part {
    path: PathBuf,
    aside: PathBuf,
    writer: BatchedWriter<BufWriter<File>>,
}

#[derive(Default)]
struct SpellRows {
    person: Vec<String>,
    first: Vec<i32>,
    weeks: Vec<u32>,
    code: Vec<String>,
}

#[derive(Default)]
struct WageRows {
    person: Vec<String>,
    first: Vec<i32>,
    months: Vec<u32>,
    paid: Vec<bool>,
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
                .map(|input| (input.file.clone(), input.digest))
                .collect(),
            codes: codes.digest,
            persons,
        };
        let record = serde_json::to_string(&record).expect("a record is texts and numbers");
        Ok(StoreWriter {
            spells: Part::create(
                spells_path(folder, register),
                SpellRows::default().frame(),
                &record,
            )?,
            wages: Part::create(
                wages_path(folder, register),
                WageRows::default().frame(),
                &record,
            )?,
            spell_rows: SpellRows::default(),
            wage_rows: WageRows::default(),
        })
    }

    pub fn push(
        &mut self,
        key: &[u8],
        spells: &[Spell],
        wages: &[Wage],
    ) -> Result<(), RegisterError> {
        let key = String::from_utf8_lossy(key);
        let rows = &mut self.spell_rows;
        for spell in spells {
            rows.person.push(key.to_string());
            rows.first.push(spell.first.0);
            rows.weeks.push(spell.weeks);
            rows.code.push(spell.code.to_string());
        }
        let rows = &mut self.wage_rows;
        for wage in wages {
            rows.person.push(key.to_string());
            rows.first.push(wage.first.0);
            rows.months.push(wage.months);
            rows.paid.push(wage.paid);
        }
        if self.spell_rows.person.len() >= ROWS {
            let frame = std::mem::take(&mut self.spell_rows).frame();
            self.spells.write(&frame)?;
        }
        if self.wage_rows.person.len() >= ROWS {
            let frame = std::mem::take(&mut self.wage_rows).frame();
            self.wages.write(&frame)?;
        }
        Ok(())
    }

    /// Writes what is left and puts both files into place; returns the file of spells.
    pub fn finish(mut self) -> Result<PathBuf, RegisterError> {
        self.spells.write(&self.spell_rows.frame())?;
        self.wages.write(&self.wage_rows.frame())?;
        let path = self.spells.path.clone();
        self.wages.finish()?;
        self.spells.finish()?;
        Ok(path)
    }
}

impl SpellRows {
    fn frame(self) -> DataFrame {
        frame(vec![
            Column::new("person".into(), self.person),
            Column::new("first_week".into(), self.first),
            Column::new("weeks".into(), self.weeks),
            Column::new("code".into(), self.code),
        ])
    }
}

impl WageRows {
    fn frame(self) -> DataFrame {
        frame(vec![
            Column::new("person".into(), self.person),
            Column::new("first_month".into(), self.first),
            Column::new("months".into(), self.months),
            Column::new("wage".into(), self.paid),
        ])
    }
}

fn frame(columns: Vec<Column>) -> DataFrame {
    let height = columns[0].len();
    DataFrame::new(height, columns).expect("columns of one length and distinct names")
}

impl Part {
    fn create(path: PathBuf, empty: DataFrame, record: &str) -> Result<Part, RegisterError> {
        let aside = aside(&path);
        let writer = ParquetWriter::new(BufWriter::new(create(&aside)?))
            .with_key_value_metadata(Some(metadata(record)))
            .batched(empty.schema())
            .map_err(failed(&path))?;
        Ok(Part {
            path,
            aside,
            writer,
        })
    }

    fn write(&mut self, frame: &DataFrame) -> Result<(), RegisterError> {
        self.writer.write_batch(frame).map_err(failed(&self.path))
    }

    fn finish(self) -> Result<(), RegisterError> {
        self.writer.finish().map_err(failed(&self.path))?;
        drop(self.writer);
        into_place(&self.aside, &self.path)
    }
}

/// The spells of a register, as they were ingested.
pub struct Store {
    spells: PathBuf,
    wages: PathBuf,
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
        let (spells, wages) = (spells_path(folder, register), wages_path(folder, register));
        let record = own_metadata(&mut ParquetReader::new(open(&spells, "spells")?), &spells)?;
        let other = own_metadata(&mut ParquetReader::new(open(&wages, "months")?), &wages)?;
        let unusable = |message: &str| RegisterError::Store {
            path: spells.clone(),
            message: message.to_owned(),
        };
        if record != other {
            return Err(unusable("its weeks and its months are of two ingests"));
        }
        let record: RecordText =
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
            spells,
            wages,
        })
    }

    /// Calls `each` with every person in order of key; with `keep`, with those in it only.
    pub fn read(
        &self,
        keep: Option<&HashSet<&str>>,
        mut each: impl FnMut(&Person),
    ) -> Result<(), RegisterError> {
        let wanted = |key: &str| keep.is_none_or(|keep| keep.contains(key));
        let mut spells = Runs::open(&self.spells, "first_week", "weeks", "code")?;
        let mut wages = Runs::open(&self.wages, "first_month", "months", "wage")?;
        let mut paid = Vec::new();
        let mut paid_key = wages.next_person(&wanted, &mut paid)?;
        let mut weeks = Vec::new();
        let mut person = Person {
            key: String::new(),
            spells: Vec::new(),
            wages: Vec::new(),
        };
        while let Some(key) = spells.next_person(&wanted, &mut weeks)? {
            // Both files are in order of key; a person may lack months, when no file has any.
            while paid_key.as_ref().is_some_and(|paid_key| *paid_key < key) {
                paid_key = wages.next_person(&wanted, &mut paid)?;
            }
            person.spells.clear();
            person.spells.extend(weeks.iter().map(|run: &Run| Spell {
                first: Week(run.first),
                weeks: run.length,
                code: Code::from_number(run.value).unwrap_or(Code::BLANK),
            }));
            person.wages.clear();
            if paid_key.as_ref() == Some(&key) {
                person.wages.extend(paid.iter().map(|run: &Run| Wage {
                    first: Month(run.first),
                    months: run.length,
                    paid: run.value == 1,
                }));
            }
            person.key = key;
            each(&person);
        }
        Ok(())
    }
}

/// A row of a file of runs.
#[derive(Clone, Copy)]
struct Run {
    first: i32,
    length: u32,
    value: u16,
}

/// A Parquet file of runs in order of person, read a piece at a time.
struct Runs<'a> {
    path: &'a Path,
    names: [&'static str; 3],
    rows: usize,
    read: usize,
    person: Option<StringChunked>,
    runs: Vec<Run>,
    /// The row reached in the piece.
    at: usize,
}

impl<'a> Runs<'a> {
    fn open(
        path: &'a Path,
        first: &'static str,
        length: &'static str,
        value: &'static str,
    ) -> Result<Runs<'a>, RegisterError> {
        let rows = ParquetReader::new(open(path, "spells")?)
            .num_rows()
            .map_err(failed(path))?;
        Ok(Runs {
            path,
            names: [first, length, value],
            rows,
            read: 0,
            person: None,
            runs: Vec::new(),
            at: 0,
        })
    }

    /// Reads the next wanted person's runs and returns the key; `None` at the end of the file.
    fn next_person(
        &mut self,
        wanted: &impl Fn(&str) -> bool,
        runs: &mut Vec<Run>,
    ) -> Result<Option<String>, RegisterError> {
        runs.clear();
        let mut key: Option<String> = None;
        loop {
            if self.at == self.runs.len() && !self.next_piece()? {
                return Ok(key);
            }
            let array = self.person.as_ref().expect("a piece was read");
            let array = array.downcast_as_array();
            let length = array.len();
            let name = array.value(self.at);
            match &key {
                None if wanted(name) => key = Some(name.to_owned()),
                None => {
                    while self.at < length && array.value(self.at) == name {
                        self.at += 1;
                    }
                    continue;
                }
                Some(key) if key == name => {}
                Some(_) => return Ok(key),
            }
            while self.at < length && array.value(self.at) == name {
                runs.push(self.runs[self.at]);
                self.at += 1;
            }
        }
    }

    fn next_piece(&mut self) -> Result<bool, RegisterError> {
        if self.read == self.rows {
            return Ok(false);
        }
        let rows = ROWS.min(self.rows - self.read);
        let frame = ParquetReader::new(open(self.path, "spells")?)
            .with_slice(Some((self.read, rows)))
            .finish()
            .map_err(failed(self.path))?;
        self.read += rows;
        self.at = 0;
        let [first, length, value] = self.names;
        self.runs = runs(&frame, first, length, value).map_err(failed(self.path))?;
        let person = frame.column("person").and_then(|column| column.str());
        self.person = Some(person.map_err(failed(self.path))?.rechunk().into_owned());
        Ok(true)
    }
}

fn runs(frame: &DataFrame, first: &str, length: &str, value: &str) -> PolarsResult<Vec<Run>> {
    let first = frame.column(first)?.i32()?;
    let length = frame.column(length)?.u32()?;
    let value = frame.column(value)?;
    let value: Vec<u16> = match value.dtype() {
        DataType::Boolean => value
            .bool()?
            .iter()
            .map(|paid| u16::from(paid == Some(true)))
            .collect(),
        _ => value
            .str()?
            .iter()
            .map(|code| {
                let code = code.and_then(|code| Code::read(code.as_bytes()));
                code.unwrap_or(Code::BLANK).number()
            })
            .collect(),
    };
    Ok(first
        .iter()
        .zip(length.iter())
        .zip(value)
        .map(|((first, length), value)| Run {
            first: first.unwrap_or_default(),
            length: length.unwrap_or_default(),
            value,
        })
        .collect())
}

fn spells_path(folder: &Path, register: &str) -> PathBuf {
    folder.join(format!("{register}.spells.parquet"))
}

fn wages_path(folder: &Path, register: &str) -> PathBuf {
    folder.join(format!("{register}.months.parquet"))
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

//! The spells of a register as klero keeps them, in a form of its own that reads at the speed of
//! the disk.
//!
//! Promises: a store is written whole or not at all, with the same bytes for the same input, and
//! carries where it came from. The file is a line of JSON with that record, the persons in order
//! of key as `people` writes them, and an end that counts them.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::codes::CodeTable;
use super::ingest::code_table;
use super::people::{PersonReader, PersonRef, write_person};
use super::{Coverage, Input, Person, RegisterError};
use crate::digest::Digest;
use crate::period::{Month, Week};
use crate::protocol::Register;

/// What travels with the spells of a register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    format: String,
    register: String,
    /// How the plan had it read.
    reading: Reading,
    /// First and last week and month, as numbers of [`Week`] and [`Month`].
    weeks: Option<(i32, i32)>,
    months: Option<(i32, i32)>,
    /// Months that were not delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holes: Vec<i32>,
    /// Digest of each file.
    inputs: Vec<(String, String)>,
    codes: String,
    /// The user's own table of codes, as it was.
    own_codes: Option<String>,
    /// Roster of the persons who alone were taken in; everybody where there is none.
    persons: Option<String>,
}

/// What of a plan decides how the files of a register are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    kind: String,
    files: Vec<String>,
    key: Option<String>,
    columns: Vec<(String, String)>,
    wins: Option<usize>,
}

impl Reading {
    fn of(register: &Register) -> Reading {
        let columns = register.columns.iter();
        Reading {
            kind: register.kind.name().to_owned(),
            files: register
                .files
                .iter()
                .map(|file| file.display().to_string())
                .collect(),
            key: register.key.clone(),
            columns: columns
                .map(|(role, name)| (role.name().to_owned(), name.clone()))
                .collect(),
            wins: register.wins,
        }
    }

    /// Returns the first key of a plan in which another reading differs.
    fn differs(&self, other: &Reading) -> Option<&'static str> {
        let same = [
            ("kind", self.kind == other.kind),
            ("files", self.files == other.files),
            ("key", self.key == other.key),
            ("columns", self.columns == other.columns),
            ("wins", self.wins == other.wins),
        ];
        same.into_iter().find(|(_, same)| !same).map(|(key, _)| key)
    }
}

const FORMAT: &str = "klero-spells-3";
const BUFFER: usize = 1 << 18;

/// Writes the spells of a register, person by person in order of key.
pub(super) struct StoreWriter {
    path: PathBuf,
    aside: PathBuf,
    out: BufWriter<File>,
    persons: u64,
}

impl StoreWriter {
    pub fn create(
        folder: &Path,
        register: &Register,
        coverage: &Coverage,
        inputs: &[Input],
        codes: &CodeTable,
        own_codes: Option<String>,
        persons: Option<Digest>,
    ) -> Result<StoreWriter, RegisterError> {
        let record = Record {
            format: FORMAT.to_owned(),
            register: register.id.clone(),
            reading: Reading::of(register),
            weeks: coverage.weeks.map(|(first, last)| (first.0, last.0)),
            months: coverage.months.map(|(first, last)| (first.0, last.0)),
            holes: coverage.holes.iter().map(|month| month.0).collect(),
            inputs: inputs
                .iter()
                .map(|input| (input.file.clone(), input.digest.to_string()))
                .collect(),
            codes: codes.digest.to_string(),
            own_codes,
            persons: persons.map(|digest| digest.to_string()),
        };
        let record = serde_json::to_string(&record).expect("a record is texts and numbers");
        let path = store_path(folder, &register.id);
        let aside = path.with_extension("spells.part");
        let failed = failed(&path, "write");
        let file = File::create(&aside).map_err(&failed)?;
        let mut writer = StoreWriter {
            out: BufWriter::with_capacity(BUFFER, file),
            path: path.clone(),
            aside,
            persons: 0,
        };
        writeln!(writer.out, "{record}").map_err(&failed)?;
        Ok(writer)
    }

    pub fn push(&mut self, person: PersonRef) -> Result<(), RegisterError> {
        self.persons += 1;
        // The file and line a person came from matter no more.
        let person = PersonRef { line: 0, ..person };
        write_person(&mut self.out, person, 0).map_err(failed(&self.path, "write"))
    }

    /// Writes the end and puts the file into place.
    pub fn finish(mut self) -> Result<PathBuf, RegisterError> {
        let failed = failed(&self.path, "write");
        PersonReader::write_end(&mut self.out, self.persons)
            .and_then(|()| self.out.flush())
            .and_then(|()| fs::rename(&self.aside, &self.path))
            .map_err(&failed)?;
        Ok(self.path.clone())
    }
}

impl Drop for StoreWriter {
    fn drop(&mut self) {
        // What was not put into place is taken away.
        let _ = fs::remove_file(&self.aside);
    }
}

/// The spells of a register, as they were ingested.
pub struct Store {
    path: PathBuf,
    /// Bytes of the file, and those that the reader furthest on has read.
    size: u64,
    read: AtomicU64,
    pub coverage: Coverage,
    pub inputs: Vec<Input>,
    /// The code table the files were checked against.
    pub codes: CodeTable,
    reading: Reading,
    /// Roster of the persons who alone were taken in; everybody where there is none.
    pub persons: Option<Digest>,
}

impl Store {
    /// Opens the store of a register.
    pub fn open(folder: &Path, register: &str) -> Result<Store, RegisterError> {
        let path = store_path(folder, register);
        let (record, _) = open(&path, &AtomicU64::new(0))?;
        let unusable = |message: &str| unusable(&path, message);
        let record: Record =
            serde_json::from_str(&record).map_err(|error| unusable(&error.to_string()))?;
        if record.format != FORMAT || record.register != register {
            return Err(unusable("it is not of this register and format"));
        }
        let digest = |text: &str| text.parse().map_err(|_| unusable("a digest is no digest"));
        let codes = match &record.own_codes {
            None => CodeTable::built_in().clone(),
            Some(own) => CodeTable::built_in().extended(&path, own.as_bytes())?,
        };
        if codes.digest != digest(&record.codes)? {
            return Err(unusable("it was made with another table of codes"));
        }
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
            size: fs::metadata(&path).map_or(0, |file| file.len()),
            read: AtomicU64::new(0),
            coverage: Coverage {
                weeks: record.weeks.map(|(first, last)| (Week(first), Week(last))),
                months: record
                    .months
                    .map(|(first, last)| (Month(first), Month(last))),
                holes: record.holes.into_iter().map(Month).collect(),
            },
            inputs,
            codes,
            reading: record.reading,
            persons: record.persons.as_deref().map(digest).transpose()?,
            path: path.clone(),
        })
    }

    /// Returns the bytes of the store.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns how many of them were read; of several readers, that of the one furthest on counts.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Opens the store of a register, and stops where it was made otherwise than the plan now has
    /// it: from other files, by another key, with another table of codes. `folder` is that of the
    /// plan.
    pub fn of(register: &Register, folder: &Path, derived: &Path) -> Result<Store, RegisterError> {
        let store = Store::open(derived, &register.id)?;
        let changed = |what| RegisterError::ReadOtherwise {
            register: register.id.clone(),
            what,
        };
        if let Some(key) = store.reading.differs(&Reading::of(register)) {
            return Err(changed(key));
        }
        let (codes, _) = code_table(register, folder)?;
        match codes.digest == store.codes.digest {
            true => Ok(store),
            false => Err(changed("codes")),
        }
    }

    /// Calls `each` with every person in order of key; with `keep`, with those in it only.
    pub fn read(
        &self,
        keep: Option<&HashSet<&str>>,
        each: impl FnMut(&Person),
    ) -> Result<(), RegisterError> {
        self.read_if(|key| keep.is_none_or(|keep| keep.contains(key)), each)
    }

    /// Calls `each` with every person whose key is one of `keys`, which are in order, and its
    /// place among them.
    pub fn read_those(
        &self,
        keys: &[&str],
        mut each: impl FnMut(usize, &Person),
    ) -> Result<(), RegisterError> {
        let at = Cell::new(0);
        let wanted = |key: &str| {
            // Both are in order of key, so that one pass finds everybody.
            while keys.get(at.get()).is_some_and(|next| *next < key) {
                at.set(at.get() + 1);
            }
            keys.get(at.get()) == Some(&key)
        };
        self.read_if(wanted, |person| each(at.get(), person))
    }

    fn read_if(
        &self,
        mut wanted: impl FnMut(&str) -> bool,
        mut each: impl FnMut(&Person),
    ) -> Result<(), RegisterError> {
        let (_, input) = open(&self.path, &self.read)?;
        let failed = failed(&self.path, "read");
        let mut reader = PersonReader::new(input);
        let mut person = Person::default();
        let mut persons = 0u64;
        while let Some(key) = reader.next_key().map_err(&failed)? {
            persons += 1;
            if !wanted(key) {
                reader.skip().map_err(&failed)?;
                continue;
            }
            reader.read(&mut person).map_err(&failed)?;
            each(&person);
        }
        if reader.ended_with() == Some(persons) {
            Ok(())
        } else {
            Err(unusable(&self.path, "it has no end: the file is torn"))
        }
    }
}

/// A file that says how far it was read.
struct Counted<'a> {
    file: File,
    read: u64,
    furthest: &'a AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(bytes)?;
        self.read += read as u64;
        self.furthest.fetch_max(self.read, Ordering::Relaxed);
        Ok(read)
    }
}

/// Opens a store behind its record.
fn open<'a>(
    path: &Path,
    furthest: &'a AtomicU64,
) -> Result<(String, BufReader<Counted<'a>>), RegisterError> {
    let file = File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => RegisterError::NotIngested {
            path: path.to_owned(),
            what: "spells",
        },
        _ => failed(path, "read")(source),
    })?;
    let file = Counted {
        file,
        read: 0,
        furthest,
    };
    let mut input = BufReader::with_capacity(BUFFER, file);
    let mut record = String::new();
    input
        .read_line(&mut record)
        .map_err(|_| unusable(path, "it begins with no record"))?;
    Ok((record, input))
}

fn store_path(folder: &Path, register: &str) -> PathBuf {
    folder.join(format!("{register}.spells"))
}

fn unusable(path: &Path, message: &str) -> RegisterError {
    RegisterError::Store {
        path: path.to_owned(),
        message: message.to_owned(),
    }
}

fn failed(path: &Path, action: &'static str) -> impl Fn(io::Error) -> RegisterError {
    let path = path.to_owned();
    move |source| RegisterError::Io {
        path: path.clone(),
        action,
        source,
    }
}

//! Tables with one row a person, such as surveys: a number for each, and perhaps one before.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::check::{Doubt, Doubtful, Doubts, KeyLengths};
use super::source::{KeyFault, Source};
use super::{Input, RegisterError, RowFaults, Shown};
use crate::protocol::{Absence, ValueColumn};
use crate::spelling::nearest;

/// The numbers of one person.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Reading {
    pub value: Option<f64>,
    pub baseline: Option<f64>,
}

/// The numbers of everybody in a table.
#[derive(Clone, Debug)]
pub struct Readings {
    readings: HashMap<String, Reading>,
    path: PathBuf,
    keys: KeyLengths,
    /// The last row, where it may be torn.
    torn: Option<u64>,
    pub input: Input,
}

impl Readings {
    /// Reads a column of a table whose name is relative to `folder`.
    pub fn read(folder: &Path, column: &ValueColumn) -> Result<Readings, RegisterError> {
        let path = folder.join(&column.file);
        let mut source = Source::open(&path)?;
        let header = source.header().to_vec();
        let find = |name: &str, role: &'static str| {
            header
                .iter()
                .position(|column| column == name)
                .ok_or_else(|| RegisterError::NoColumn {
                    path: path.clone(),
                    column: name.to_owned(),
                    role,
                    nearest: nearest(name, header.iter().map(String::as_str)).map(str::to_owned),
                })
        };
        let key = match &column.key {
            Some(key) => find(key, "key")?,
            None => 0,
        };
        let value = find(&column.column, "value")?;
        let baseline = match &column.baseline {
            Some(baseline) => Some(find(baseline, "baseline")?),
            None => None,
        };
        let mut lines: HashMap<String, u64> = HashMap::new();
        let mut readings = HashMap::new();
        let mut keys = KeyLengths::default();
        let mut cells = Vec::new();
        let mut faults = RowFaults::default();
        let (mut rows, mut last) = (0, 1);
        while let Some(line) = source.next(&mut cells)? {
            rows += 1;
            last = line;
            let number = |at: usize| {
                number(&cells[at]).ok_or_else(|| RegisterError::WrongCell {
                    path: path.clone(),
                    line,
                    column: header[at].clone(),
                    found: Shown::cell(&cells[at]),
                    expected: "number",
                })
            };
            if let Some(fault) = KeyFault::of(&cells[key]) {
                faults.add(fault.at(&path, line, &header[key]));
                continue;
            }
            if let Some(first) = lines.insert(cells[key].clone(), line) {
                faults.add(RegisterError::TwoRows {
                    path: path.clone(),
                    first,
                    second: line,
                });
                continue;
            }
            let found = number(value).and_then(|found| match found {
                Some(found) if column.yes_no && found != 0.0 && found != 1.0 => {
                    Err(RegisterError::WrongCell {
                        path: path.clone(),
                        line,
                        column: header[value].clone(),
                        found: Shown::cell(&cells[value]),
                        expected: "1 or 0",
                    })
                }
                found => Ok(found),
            });
            match (found, baseline.map_or(Ok(None), number)) {
                (Ok(value), Ok(baseline)) => {
                    keys.add(cells[key].as_bytes(), line);
                    readings.insert(cells[key].clone(), Reading { value, baseline });
                }
                (found, before) => {
                    [found, before]
                        .into_iter()
                        .filter_map(Result::err)
                        .for_each(|fault| faults.add(fault));
                }
            }
        }
        faults.done()?;
        let torn = rows > 1 && source.lacks_last_line_end();
        Ok(Readings {
            readings,
            path,
            keys,
            torn: torn.then_some(last),
            input: Input {
                file: column.file.display().to_string(),
                digest: source.digest()?,
            },
        })
    }

    /// Returns the number of persons in the table.
    pub fn persons(&self) -> u64 {
        self.readings.len() as u64
    }

    /// Returns what is doubtful in the table; `drawn` are the keys of the drawn persons.
    pub fn doubts(&self, drawn: Option<&HashSet<Vec<u8>>>) -> Vec<Doubtful> {
        let mut doubts = Doubts::default();
        doubts.keys(&self.keys, 0, 0);
        if let Some(line) = self.torn {
            doubts.add(Doubt::NoLastLineEnd, (0, line));
        }
        for id in drawn.into_iter().flatten() {
            if std::str::from_utf8(id).is_ok_and(|id| self.readings.contains_key(id)) {
                doubts.meet();
            }
        }
        let files = std::slice::from_ref(&self.path);
        let mut doubts = doubts.finish(files, drawn, Absence::Missing);
        for doubtful in &mut doubts {
            if doubtful.doubt == Doubt::NotInRegister {
                doubtful.doubt = Doubt::NotInTable;
            }
        }
        doubts
    }

    /// Returns the numbers of a person, `None` for one who is not in the table.
    pub fn of(&self, key: &str) -> Option<Reading> {
        self.readings.get(key).copied()
    }
}

/// Reads a number with a decimal point or comma; `Some(None)` where it is missing.
pub(super) fn number(text: &str) -> Option<Option<f64>> {
    match text {
        "" | "." | "NA" => Some(None),
        text => {
            let plain = text
                .bytes()
                .all(|c| matches!(c, b'0'..=b'9' | b'.' | b',' | b'-' | b'+'));
            let number: f64 = text.replacen(',', ".", 1).parse().ok()?;
            (plain && number.is_finite()).then_some(Some(number))
        }
    }
}

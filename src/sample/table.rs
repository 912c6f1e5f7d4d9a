//! Any table as a sample: its columns are given their parts by name.
//!
//! People stand in the order of an id, or of a digest of their rows, so that the order of the
//! file changes no digit of a result.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Drawn, End, Fact, FactValues, Groups, Measured, People, SampleError};
use crate::protocol::Unit;
use crate::register::columns::{Columns, Values};
use crate::register::{Format, Source};
use crate::spelling::nearest;
use crate::table::{Table, TableError};

/// The most arms a table may have: beyond it, the column is hardly one of arms.
const MOST_ARMS: usize = 1_000;

/// A table with typed columns, rows in their order for analysis.
pub struct Data {
    path: PathBuf,
    columns: Vec<(String, Values)>,
    /// Line of each row in the file, where that is not its number plus two.
    lines: Option<Vec<u64>>,
    /// Rows of the file in the order of the analysis.
    order: Vec<u32>,
}

/// Which column plays which part.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roles<'a> {
    pub arm: &'a str,
    pub reference: Option<&'a str>,
    /// Columns whose combinations are the strata.
    pub strata: &'a [String],
    pub cluster: Option<&'a str>,
    /// Columns with facts from before the draw.
    pub facts: &'a [String],
    pub weights: Option<&'a str>,
}

impl Data {
    /// Reads a table: CSV, or by its ending Parquet, SAS, Stata or Excel.
    pub fn read(path: &Path, id: Option<&str>) -> Result<Data, SampleError> {
        let (columns, lines) = match Format::of(path) {
            Format::Parquet => match Columns::read(path) {
                Ok(columns) => (columns.columns, None),
                // Dates and the like are read as text, and so are the faults of a torn file.
                Err(_) => of_text(Source::open(path)?.read()?),
            },
            Format::Csv => of_text(Table::read(path)?),
            _ => of_text(Source::open(path)?.read()?),
        };
        let rows = columns.first().map_or(0, |(_, values)| values.len());
        let mut data = Data {
            path: path.to_owned(),
            columns,
            lines,
            order: Vec::new(),
        };
        if rows == 0 {
            let path = path.to_owned();
            return Err(TableError::Empty { path }.into());
        }
        data.order = match id {
            Some(id) => data.by_id(id)?,
            None => data.by_digest(rows),
        };
        Ok(data)
    }

    /// Returns the people of the table.
    pub fn people(&self, roles: &Roles) -> Result<People, SampleError> {
        let arm = self.groups(roles.arm, "arm")?;
        if arm.names.len() > MOST_ARMS {
            return Err(SampleError::ManyArms {
                path: self.path.clone(),
                column: roles.arm.to_owned(),
                found: arm.names.len(),
                most: MOST_ARMS,
            });
        }
        if let [only] = arm.names.as_slice() {
            return Err(SampleError::OneArm {
                path: self.path.clone(),
                column: roles.arm.to_owned(),
                arm: only.clone(),
            });
        }
        let reference = match roles.reference {
            None => 0,
            Some(name) => self.arm_named(roles.arm, &arm.names, name)?,
        };
        let stratum = match roles.strata {
            [] => None,
            columns => Some(self.strata(columns)?),
        };
        let cluster = match roles.cluster {
            None => None,
            Some(column) => Some(self.groups(column, "cluster")?),
        };
        let facts = roles.facts.iter().map(|column| self.fact(column));
        let facts = facts.collect::<Result<Vec<Fact>, SampleError>>()?;
        let weights = match roles.weights {
            None => None,
            Some(column) => Some(self.weights(column)?),
        };
        Ok(People {
            arm: arm.of.iter().map(|&arm| arm as u16).collect(),
            arms: arm.names,
            reference,
            stratum,
            cluster,
            facts,
            weights,
            drawn: None,
        })
    }

    /// Returns the index of the arm with this name.
    pub fn arm_named(
        &self,
        column: &str,
        arms: &[String],
        name: &str,
    ) -> Result<usize, SampleError> {
        let names = arms.iter().map(String::as_str);
        names
            .clone()
            .position(|arm| arm == name)
            .ok_or_else(|| SampleError::UnknownArm {
                path: self.path.clone(),
                column: column.to_owned(),
                arm: name.to_owned(),
                found: names.clone().map(str::to_owned).collect(),
                nearest: nearest(name, names.clone()).map(str::to_owned),
            })
    }

    /// Returns one column as an outcome. An empty cell, `.` and `NA` are missing values.
    pub fn outcome(&self, people: &People, column: &str) -> Result<Measured, SampleError> {
        let values = self.numbers(column)?;
        let yes_no = values.iter().flatten().all(|&v| v == 0.0 || v == 1.0);
        let mut measured = measured(people, column, &values);
        if yes_no {
            measured.unit = Unit::YesNo;
            measured.limits = Some((0.0, 1.0));
        }
        Ok(measured)
    }

    /// Returns two columns as times: `event` is 1 where the event ended the time, 0 where
    /// observation did, 2 where something else made the event impossible.
    pub fn times(&self, people: &People, time: &str, event: &str) -> Result<Measured, SampleError> {
        let mut times = self.numbers(time)?;
        let events = self.numbers(event)?;
        let mut ends = Vec::with_capacity(events.len());
        for (place, (time_cell, event_cell)) in times.iter_mut().zip(&events).enumerate() {
            if time_cell.is_some_and(|time| time < 0.0) {
                return Err(self.cell(place, time, "time of 0 or more"));
            }
            ends.push(match event_cell {
                Some(1.0) => End::Event,
                Some(0.0) => End::Censored,
                Some(2.0) => End::Competing,
                None => {
                    *time_cell = None;
                    End::Censored
                }
                Some(_) => {
                    return Err(self.cell(place, event, "end: 1 event, 0 censored, 2 competing"));
                }
            });
        }
        let mut measured = measured(people, time, &times);
        measured.unit = Unit::TimeToEvent;
        measured.end = Some(ends);
        Ok(measured)
    }

    /// Returns how the table's arms were drawn: within strata, and within the blocks of a column.
    pub fn drawn(&self, block: Option<&str>) -> Result<Drawn, SampleError> {
        Ok(Drawn::Lists {
            block: match block {
                Some(column) => Some(self.groups(column, "block")?.of),
                None => None,
            },
        })
    }

    /// Returns who is marked with a 1 in a column of 1 and 0.
    pub fn marked(&self, column: &str) -> Result<Vec<bool>, SampleError> {
        let values = self.numbers(column)?;
        let mark = |(place, value): (usize, &Option<f64>)| match value {
            Some(1.0) => Ok(true),
            Some(0.0) => Ok(false),
            _ => Err(self.cell(place, column, "1 or 0")),
        };
        values.iter().enumerate().map(mark).collect()
    }

    fn fact(&self, column: &str) -> Result<Fact, SampleError> {
        let values = match self.values(column)? {
            Values::Text(texts) => {
                let text = |&row: &u32| shown(texts[row as usize].as_deref());
                let texts: Vec<&str> = self.order.iter().map(text).collect();
                FactValues::Levels(Groups::of(column, &texts))
            }
            _ => FactValues::Number {
                values: self.numbers(column)?,
                bands: None,
            },
        };
        Ok(Fact {
            id: column.to_owned(),
            label: column.to_owned(),
            values,
        })
    }

    /// Returns a column as groups, for `by`: whatever is written in it.
    pub fn groups(&self, column: &str, what: &'static str) -> Result<Groups, SampleError> {
        let values = self.values(column)?;
        let texts: Vec<String> = match values {
            Values::Text(texts) => self.in_order(texts, |t| shown(t.as_deref()).to_owned()),
            Values::Whole(wholes) => {
                self.in_order(wholes, |n| n.map_or(String::new(), |n| n.to_string()))
            }
            Values::Number(numbers) => {
                self.in_order(numbers, |n| n.map_or(String::new(), |n| n.to_string()))
            }
        };
        if let Some(place) = texts.iter().position(String::is_empty) {
            return Err(SampleError::Empty {
                path: self.path.clone(),
                line: self.line(place),
                column: column.to_owned(),
                what,
            });
        }
        Ok(Groups::of(column, &texts))
    }

    fn strata(&self, columns: &[String]) -> Result<Groups, SampleError> {
        let groups = columns.iter().map(|column| self.groups(column, "stratum"));
        let groups = groups.collect::<Result<Vec<Groups>, SampleError>>()?;
        let name = |person: usize| {
            let levels = groups
                .iter()
                .map(|g| g.names[g.of[person] as usize].as_str());
            levels.collect::<Vec<_>>().join(" / ")
        };
        let names: Vec<String> = (0..self.order.len()).map(name).collect();
        Ok(Groups::of(&columns.join(" / "), &names))
    }

    fn weights(&self, column: &str) -> Result<Vec<f64>, SampleError> {
        let values = self.numbers(column)?;
        let weight = |(place, value): (usize, &Option<f64>)| match value {
            Some(weight) if *weight > 0.0 => Ok(*weight),
            _ => Err(self.cell(place, column, "weight above 0")),
        };
        values.iter().enumerate().map(weight).collect()
    }

    /// Returns a column of numbers; an empty cell, `.` and `NA` are missing.
    pub fn numbers(&self, column: &str) -> Result<Vec<Option<f64>>, SampleError> {
        match self.values(column)? {
            Values::Whole(wholes) => Ok(self.in_order(wholes, |n| n.map(|n| n as f64))),
            Values::Number(numbers) => Ok(self.in_order(numbers, |n| *n)),
            Values::Text(texts) => {
                let read = |text: &Option<String>| match shown(text.as_deref()) {
                    "" => Some(None),
                    "TRUE" | "True" | "true" => Some(Some(1.0)),
                    "FALSE" | "False" | "false" => Some(Some(0.0)),
                    text => number(text).map(Some),
                };
                let values: Vec<Option<Option<f64>>> = self.in_order(texts, read);
                let numbers: Option<Vec<Option<f64>>> = values.into_iter().collect();
                // The first in the file, for whoever mends it.
                numbers.ok_or_else(|| {
                    let wrong = self.first(|row| read(&texts[row]).is_none());
                    self.cell(wrong, column, "number")
                })
            }
        }
    }

    fn in_order<T, U>(&self, values: &[T], of: impl Fn(&T) -> U) -> Vec<U> {
        self.order
            .iter()
            .map(|&row| of(&values[row as usize]))
            .collect()
    }

    fn values(&self, column: &str) -> Result<&Values, SampleError> {
        let found = self.columns.iter().find(|(name, _)| name == column);
        found.map(|(_, values)| values).ok_or_else(|| {
            let names = self.columns.iter().map(|(name, _)| name.as_str());
            let nearest = nearest(column, names.clone()).map(str::to_owned);
            SampleError::Table(TableError::NoColumn {
                path: self.path.clone(),
                column: column.to_owned(),
                found: names.map(str::to_owned).collect(),
                nearest,
            })
        })
    }

    /// Returns the place in the analysis of the first row of the file that fits.
    fn first(&self, fits: impl Fn(usize) -> bool) -> usize {
        let places = (0..self.order.len()).filter(|&place| fits(self.order[place] as usize));
        places.min_by_key(|&place| self.order[place]).unwrap_or(0)
    }

    fn line(&self, place: usize) -> u64 {
        let row = self.order[place] as usize;
        self.lines
            .as_ref()
            .map_or(row as u64 + 2, |lines| lines[row])
    }

    fn cell(&self, place: usize, column: &str, expected: &'static str) -> SampleError {
        let row = self.order[place] as usize;
        let found = match self.values(column) {
            Ok(Values::Text(texts)) => shown(texts[row].as_deref()).to_owned(),
            Ok(Values::Whole(wholes)) => wholes[row].map_or(String::new(), |n| n.to_string()),
            Ok(Values::Number(numbers)) => numbers[row].map_or(String::new(), |n| n.to_string()),
            Err(_) => String::new(),
        };
        SampleError::Cell {
            path: self.path.clone(),
            line: self.line(place),
            column: column.to_owned(),
            found,
            expected,
        }
    }

    fn by_id(&self, column: &str) -> Result<Vec<u32>, SampleError> {
        let mut data = Data {
            path: self.path.clone(),
            columns: Vec::new(),
            lines: self.lines.clone(),
            order: Vec::new(),
        };
        let rows = self.columns.first().map_or(0, |(_, values)| values.len());
        data.columns = self
            .columns
            .iter()
            .filter(|(name, _)| name == column)
            .cloned()
            .collect();
        if data.columns.is_empty() {
            self.values(column)?;
        }
        data.order = (0..rows as u32).collect();
        let ids = data.groups(column, "id")?;
        if ids.names.len() < rows {
            let mut seen = vec![false; ids.names.len()];
            let twice = ids
                .of
                .iter()
                .find(|&&id| std::mem::replace(&mut seen[id as usize], true));
            return Err(SampleError::Twice {
                path: self.path.clone(),
                referral: twice.map_or(String::new(), |&id| ids.names[id as usize].clone()),
            });
        }
        let mut order: Vec<u32> = (0..rows as u32).collect();
        order.sort_unstable_by_key(|&row| ids.of[row as usize]);
        Ok(order)
    }

    /// Orders rows by a digest of all their cells; rows that share it are alike.
    fn by_digest(&self, rows: usize) -> Vec<u32> {
        let mut digests = vec![0_u64; rows];
        for (name, values) in &self.columns {
            let column = fnv(name.as_bytes());
            let cells: Box<dyn Fn(usize) -> u64 + '_> = match values {
                Values::Whole(wholes) => Box::new(|row| of_number(wholes[row].map(|n| n as f64))),
                Values::Number(numbers) => Box::new(|row| of_number(numbers[row])),
                Values::Text(texts) => Box::new(|row| match texts[row].as_deref() {
                    Some(text) if !shown(Some(text)).is_empty() => fnv(text.as_bytes()),
                    _ => of_number(None),
                }),
            };
            for (row, digest) in digests.iter_mut().enumerate() {
                // A sum, so that the order of the columns is no matter.
                *digest = digest.wrapping_add(mixed(column ^ cells(row)));
            }
        }
        let mut keyed: Vec<(u64, u32)> = digests.into_iter().zip(0..).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, row)| row).collect()
    }
}

fn measured(people: &People, column: &str, values: &[Option<f64>]) -> Measured {
    let mut missing = vec![BTreeMap::new(); people.arms.len()];
    for (value, &arm) in values.iter().zip(&people.arm) {
        if value.is_none() {
            let empty = missing[usize::from(arm)].entry("empty".to_owned());
            *empty.or_insert(0) += 1;
        }
    }
    Measured {
        id: Some(column.to_owned()),
        label: None,
        unit: Unit::Number,
        target: None,
        before_draw: false,
        reached: false,
        limits: None,
        value: values.iter().map(|value| value.unwrap_or(0.0)).collect(),
        observed: values.iter().map(Option::is_some).collect(),
        end: None,
        of: None,
        baseline: None,
        missing,
    }
}

/// Gives the columns of a text table their types: numbers where every cell is one or missing.
fn of_text(table: Table) -> (Vec<(String, Values)>, Option<Vec<u64>>) {
    let lines = table.rows.iter().map(|row| row.line).collect();
    let columns = table.header.iter().enumerate().map(|(index, name)| {
        let cells = || table.rows.iter().map(|row| row.cells[index].as_str());
        let has_number = |text: &str| shown(Some(text)).is_empty() || number(text).is_some();
        let values = if cells().all(has_number) && cells().all(plain) {
            Values::Number(cells().map(number).collect())
        } else {
            Values::Text(cells().map(|text| Some(text.to_owned())).collect())
        };
        (name.clone(), values)
    });
    (columns.collect(), Some(lines))
}

/// Returns whether a number is written so that it is one and no code: `0123` is a code.
fn plain(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    !(digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit())
}

/// Returns a cell's text, or nothing where it stands for a missing value.
fn shown(text: Option<&str>) -> &str {
    match text {
        None | Some("" | "." | "NA") => "",
        Some(text) => text,
    }
}

/// Reads a number with a decimal point or comma.
fn number(text: &str) -> Option<f64> {
    let plain = text
        .bytes()
        .all(|c| c.is_ascii_digit() || matches!(c, b'-' | b'+' | b'.' | b',' | b'e' | b'E'));
    let value: f64 = match text.matches(',').count() {
        0 => text.parse().ok()?,
        1 if !text.contains('.') => text.replace(',', ".").parse().ok()?,
        _ => return None,
    };
    (plain && value.is_finite()).then_some(value)
}

fn of_number(value: Option<f64>) -> u64 {
    // Zero has one form, and the missing value one that no number has.
    value.map_or(u64::MAX, |value| (value + 0.0).to_bits())
}

/// FNV-1a (Fowler, Noll & Vo).
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

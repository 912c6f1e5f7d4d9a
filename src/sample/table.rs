//! Any table as a sample: its columns are given their parts by name.
//!
//! People stand in the order of an id, or of a digest of their rows, so that the order of the
//! file changes no digit of a result.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::order::Order;
use super::{Drawn, End, Fact, FactValues, Groups, Measured, Numbers, People, SampleError};
use crate::protocol::Unit;
use crate::register::Shown;
use crate::register::columns::{self, Columns, TOLD_APART};
use crate::register::{Format, Source};
use crate::spelling::nearest;
use crate::table::{Table, TableError};
use crate::threads::side_by_side;

/// The most arms a table may have: beyond it, the column is hardly one of arms.
const MOST_ARMS: usize = 1_000;

/// A table with typed columns, rows in their order for analysis.
pub struct Data {
    path: PathBuf,
    columns: Vec<(String, Cells)>,
    /// Line of each row in the file, where that is not its number plus two.
    lines: Option<Vec<u64>>,
    /// Rows of the file in the order of the analysis.
    order: Vec<u32>,
}

/// The cells of a column.
enum Cells {
    Number(Numbers),
    /// Whole numbers that numbers of eight bytes do not all tell apart.
    Whole(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
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
            Format::Parquet => match Columns::keep(path, Cells::of) {
                Ok(columns) => (columns, None),
                // Dates and the like are read as text, and so are the faults of a torn file.
                Err(_) => of_text(Source::open(path)?.read()?),
            },
            Format::Csv => of_text(Table::read(path)?),
            _ => of_text(Source::open(path)?.read()?),
        };
        let rows = columns.first().map_or(0, |(_, cells)| cells.len());
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
        let order = Order::of(match id {
            Some(id) => data.by_id(id)?,
            None => data.by_digest(rows),
        });
        side_by_side(&mut data.columns, |_, columns| {
            let mut space = Vec::new();
            for (_, cells) in columns {
                cells.arrange(&order, &mut space);
            }
        });
        data.order = order.rows;
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
        let values = match self.cells(column)? {
            Cells::Number(numbers) => self.finite(column, numbers)?.clone(),
            _ => self.numbers(column)?.into_iter().collect(),
        };
        let yes_no = values.iter().flatten().all(|v| v == 0.0 || v == 1.0);
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
        let mut measured = measured(people, time, &times.into_iter().collect());
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
        let values = match self.cells(column)? {
            Cells::Text(texts) => FactValues::Levels(Groups::of(column, &all_shown(texts))),
            Cells::Number(numbers) => FactValues::Number {
                values: self.finite(column, numbers)?.clone(),
                bands: None,
            },
            Cells::Whole(wholes) => FactValues::Number {
                values: wholes.iter().map(|n| n.map(|n| n as f64)).collect(),
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
        let empty = |place| SampleError::Empty {
            path: self.path.clone(),
            line: self.line(place),
            column: column.to_owned(),
            what,
        };
        match self.cells(column)? {
            Cells::Text(texts) => {
                let texts = all_shown(texts);
                match texts.iter().position(|text| text.is_empty()) {
                    Some(place) => Err(empty(place)),
                    None => Ok(Groups::of(column, &texts)),
                }
            }
            Cells::Number(numbers) => {
                // By their bits, which unlike numbers can be put in order.
                let bits = self
                    .finite(column, numbers)?
                    .iter()
                    .map(|n| n.map(f64::to_bits));
                numbered(column, bits, |bits| f64::from_bits(bits).to_string()).map_err(empty)
            }
            Cells::Whole(wholes) => {
                numbered(column, wholes.iter().copied(), |n| n.to_string()).map_err(empty)
            }
        }
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
        match self.cells(column)? {
            Cells::Number(numbers) => Ok(self.finite(column, numbers)?.iter().collect()),
            Cells::Whole(wholes) => Ok(wholes.iter().map(|n| n.map(|n| n as f64)).collect()),
            Cells::Text(texts) => {
                let read = |text: &Option<String>| match shown(text.as_deref()) {
                    "" => Some(None),
                    "TRUE" | "True" | "true" => Some(Some(1.0)),
                    "FALSE" | "False" | "false" => Some(Some(0.0)),
                    text => number(text).map(Some),
                };
                let numbers: Option<Vec<Option<f64>>> = texts.iter().map(read).collect();
                // The first in the file, for whoever mends it.
                numbers.ok_or_else(|| {
                    let wrong = self.first(|place| read(&texts[place]).is_none());
                    self.cell(wrong, column, "number")
                })
            }
        }
    }

    /// Refuses what is no number and what is infinite, as typed tables may hold: whether they stand
    /// for a missing value is not for us to guess.
    fn finite<'c>(&self, column: &str, numbers: &'c Numbers) -> Result<&'c Numbers, SampleError> {
        match numbers.are_finite() {
            true => Ok(numbers),
            false => {
                let wrong = self.first(|place| numbers.get(place).is_some_and(|n| !n.is_finite()));
                Err(self.cell(wrong, column, "number"))
            }
        }
    }

    fn cells(&self, column: &str) -> Result<&Cells, SampleError> {
        let found = self.columns.iter().find(|(name, _)| name == column);
        found.map(|(_, cells)| cells).ok_or_else(|| {
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
        let places = (0..self.order.len()).filter(|&place| fits(place));
        places.min_by_key(|&place| self.order[place]).unwrap_or(0)
    }

    fn line(&self, place: usize) -> u64 {
        let row = self.order[place] as usize;
        self.lines
            .as_ref()
            .map_or(row as u64 + 2, |lines| lines[row])
    }

    fn cell(&self, place: usize, column: &str, expected: &'static str) -> SampleError {
        let found = match self.cells(column) {
            Ok(Cells::Text(texts)) => shown(texts[place].as_deref()).to_owned(),
            Ok(Cells::Whole(wholes)) => wholes[place].map_or(String::new(), |n| n.to_string()),
            Ok(Cells::Number(numbers)) => {
                numbers.get(place).map_or(String::new(), |n| n.to_string())
            }
            Err(_) => String::new(),
        };
        SampleError::Cell {
            path: self.path.clone(),
            line: self.line(place),
            column: column.to_owned(),
            found: Shown::cell(&found),
            expected,
        }
    }

    /// Returns the place of each row in the order of ids, spread over all keys.
    fn by_id(&mut self, column: &str) -> Result<Vec<u64>, SampleError> {
        let rows = self.cells(column)?.len();
        // For the lines of what is wrong: the rows stand as in the file.
        self.order = (0..rows as u32).collect();
        let ids = self.groups(column, "id")?;
        if ids.names.len() < rows {
            let mut seen = vec![false; ids.names.len()];
            let twice = ids
                .of
                .iter()
                .find(|&&id| std::mem::replace(&mut seen[id as usize], true));
            return Err(SampleError::Twice {
                path: self.path.clone(),
                referral: Shown::cell(twice.map_or("", |&id| ids.names[id as usize].as_str())),
            });
        }
        let bits = u32::BITS - (rows as u32).leading_zeros();
        let spread = |&id: &u32| u64::from(id) << (u64::BITS - bits);
        Ok(ids.of.iter().map(spread).collect())
    }

    /// Returns a digest of all cells of each row; rows that share it are alike.
    fn by_digest(&self, rows: usize) -> Vec<u64> {
        let mut digests = vec![0_u64; rows];
        side_by_side(&mut digests, |first, digests| {
            for (name, cells) in &self.columns {
                let column = fnv(name.as_bytes());
                // A sum, so that the order of the columns is no matter.
                let add = |digest: &mut u64, cell: u64| {
                    *digest = digest.wrapping_add(mixed(column ^ cell));
                };
                if let Cells::Number(numbers) = cells
                    && let Some(all) = numbers.complete()
                {
                    let rows = digests.iter_mut().zip(&all[first..]);
                    rows.for_each(|(digest, &value)| add(digest, of_number(Some(value))));
                    continue;
                }
                let rows = digests.iter_mut().zip(first..);
                match cells {
                    Cells::Number(numbers) => {
                        rows.for_each(|(digest, row)| add(digest, of_number(numbers.get(row))));
                    }
                    // As their text, which tells them apart.
                    Cells::Whole(wholes) => rows.for_each(|(digest, row)| {
                        let text = |n: i64| fnv(n.to_string().as_bytes());
                        add(digest, wholes[row].map_or(of_number(None), text));
                    }),
                    Cells::Text(texts) => rows.for_each(|(digest, row)| {
                        let text = shown(texts[row].as_deref());
                        add(
                            digest,
                            match text {
                                "" => of_number(None),
                                text => fnv(text.as_bytes()),
                            },
                        );
                    }),
                }
            }
        });
        digests
    }
}

impl Cells {
    fn of(read: columns::Cells) -> Cells {
        match read {
            columns::Cells::Numbers(values, missing) => Cells::Number(Numbers::of(values, missing)),
            columns::Cells::Whole(wholes) => Cells::Whole(wholes),
            columns::Cells::Text(texts) => Cells::Text(texts),
        }
    }

    fn len(&self) -> usize {
        match self {
            Cells::Number(numbers) => numbers.len(),
            Cells::Whole(wholes) => wholes.len(),
            Cells::Text(texts) => texts.len(),
        }
    }

    /// Puts the cells into another order.
    fn arrange(&mut self, order: &Order, space: &mut Vec<f64>) {
        match self {
            Cells::Number(numbers) => numbers.arrange(order, space),
            Cells::Whole(wholes) => {
                *wholes = order.rows.iter().map(|&row| wholes[row as usize]).collect();
            }
            Cells::Text(texts) => {
                let taken = order.rows.iter().map(|&row| texts[row as usize].take());
                *texts = taken.collect();
            }
        }
    }
}

/// Groups equal keys under their names; the first place that has none is an error.
fn numbered<K: Ord + Copy>(
    column: &str,
    keys: impl Iterator<Item = Option<K>> + Clone,
    name: impl Fn(K) -> String,
) -> Result<Groups, usize> {
    if let Some(empty) = keys.clone().position(|key| key.is_none()) {
        return Err(empty);
    }
    let distinct = distinct(keys.clone().flatten());
    let named: Vec<String> = distinct.iter().map(|&key| name(key)).collect();
    let mut groups = Groups::of(column, &named);
    let places = std::mem::take(&mut groups.of);
    let place = |key: K| {
        let found = distinct.binary_search(&key);
        places[found.expect("every key is among the distinct ones")]
    };
    groups.of = keys.flatten().map(place).collect();
    Ok(groups)
}

/// Returns the keys that occur, in their order.
fn distinct<K: Ord + Copy>(keys: impl Iterator<Item = K> + Clone) -> Vec<K> {
    // Few are found as they come; where they turn out to be many, putting all in order is faster.
    const FEW: usize = 64;
    let mut few: Vec<K> = Vec::new();
    for key in keys.clone() {
        if let Err(place) = few.binary_search(&key) {
            few.insert(place, key);
            if few.len() > FEW {
                let mut all: Vec<K> = keys.collect();
                all.sort_unstable();
                all.dedup();
                return all;
            }
        }
    }
    few
}

fn measured(people: &People, column: &str, values: &Numbers) -> Measured {
    let mut missing = vec![BTreeMap::new(); people.arms.len()];
    let (value, observed) = match values.complete() {
        Some(all) => (all.to_vec(), vec![true; all.len()]),
        None => {
            for (value, &arm) in values.iter().zip(&people.arm) {
                if value.is_none() {
                    let empty = missing[usize::from(arm)].entry("empty".to_owned());
                    *empty.or_insert(0) += 1;
                }
            }
            let value = values.iter().map(|value| value.unwrap_or(0.0));
            (
                value.collect(),
                values.iter().map(|value| value.is_some()).collect(),
            )
        }
    };
    Measured {
        id: Some(column.to_owned()),
        label: None,
        unit: Unit::Number,
        target: None,
        before_draw: false,
        early: false,
        reached: false,
        limits: None,
        value,
        observed,
        end: None,
        of: None,
        baseline: None,
        missing,
    }
}

/// Gives the columns of a text table their types: numbers where every cell is one or missing.
fn of_text(table: Table) -> (Vec<(String, Cells)>, Option<Vec<u64>>) {
    let lines = table.rows.iter().map(|row| row.line).collect();
    let columns = table.header.iter().enumerate().map(|(index, name)| {
        let cells = || table.rows.iter().map(|row| row.cells[index].as_str());
        let has_number = |text: &str| shown(Some(text)).is_empty() || number(text).is_some();
        let values = if cells().all(has_number) && cells().all(plain) {
            Cells::Number(cells().map(number).collect())
        } else {
            Cells::Text(cells().map(|text| Some(text.to_owned())).collect())
        };
        (name.clone(), values)
    });
    (columns.collect(), Some(lines))
}

/// Returns whether a number is written so that it is one and no code: `0123` is a code, and so is
/// a whole number so long that eight bytes do not tell it from the next.
fn plain(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    let code = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    let whole = digits.bytes().all(|c| c.is_ascii_digit());
    let told_apart = || digits.parse().is_ok_and(|whole: u64| whole <= TOLD_APART);
    let long = digits.len() > 15 && whole && !told_apart();
    !code && !long
}

fn all_shown(texts: &[Option<String>]) -> Vec<&str> {
    texts.iter().map(|text| shown(text.as_deref())).collect()
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

//! The one place where arms and outcomes meet: who enters an analysis, and who does not.
//!
//! Promises: everybody who was drawn is counted, in the arm drawn, with an outcome or with the
//! reason there is none; values stand in order of referral, whatever the order of the input.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::ledger::{Event, Ledger};
use crate::outcome::{OUTCOMES_FORMAT, definition};
use crate::protocol::{Measure, Outcome, Unit};
use crate::register::RegisterError;
use crate::register::columns::{Columns, Values};
use crate::spelling::{listed, nearest};
use crate::table::{Table, TableError};

/// The values of one outcome, arm by arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub outcome: Option<String>,
    pub label: Option<String>,
    pub unit: Unit,
    /// A share that the arm is compared with, in a study with one arm.
    pub target: Option<f64>,
    /// Whether the quantity lies before the draw.
    pub before_draw: bool,
    pub arms: Vec<ArmSample>,
    /// Index of the arm that others are compared with.
    pub reference: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ArmSample {
    pub id: String,
    /// Persons drawn into the arm.
    pub allocated: usize,
    /// The outcome of those who have one, in order of referral.
    pub values: Vec<f64>,
    /// Persons without an outcome, by reason.
    pub missing: BTreeMap<String, usize>,
}

/// Persons with the outcome, of all persons of an arm who have a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub events: u64,
    pub n: u64,
}

/// The way of the referrals through the trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Persons referred: the drawn and those refused for good.
    pub referred: usize,
    pub refused: usize,
    pub drawn: usize,
    pub withdrawn: usize,
    pub excluded: usize,
}

/// Why a sample could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("the outcomes cannot be used: {message}\n  in {}", path.display())]
    NotOutcomes { path: PathBuf, message: String },
    #[error("the outcomes do not hold `{outcome}` as the plan defines it\n  in {}\n  {difference}", path.display())]
    Stale {
        path: PathBuf,
        outcome: String,
        difference: String,
    },
    #[error("{count} drawn referrals have no row among the outcomes, the first `{first}`\n  in {}", path.display())]
    Lacking {
        path: PathBuf,
        count: usize,
        first: String,
    },
    #[error("`{referral}` has outcomes and was not drawn\n  in {}", path.display())]
    NotDrawn { path: PathBuf, referral: String },
    #[error("`{referral}` stands twice\n  in {}", path.display())]
    Twice { path: PathBuf, referral: String },
    #[error("`{found}` is no number\n  in {}, line {line}, column {column}", path.display())]
    NoNumber {
        path: PathBuf,
        line: u64,
        column: String,
        found: String,
    },
    #[error("no arm\n  in {}, line {line}, column {column}", path.display())]
    NoArm {
        path: PathBuf,
        line: u64,
        column: String,
    },
    #[error("no arm `{arm}`\n  in {}, column {column}\n  found {}", path.display(), listed(found.iter().map(String::as_str)))]
    UnknownArm {
        path: PathBuf,
        column: String,
        arm: String,
        found: Vec<String>,
        nearest: Option<String>,
    },
    #[error("one arm only, `{arm}`\n  in {}, column {column}", path.display())]
    OneArm {
        path: PathBuf,
        column: String,
        arm: String,
    },
}

impl Count {
    pub fn new(events: u64, n: u64) -> Count {
        assert!(events <= n, "no more events than persons");
        Count { events, n }
    }

    /// Returns the share.
    pub fn share(self) -> f64 {
        self.events as f64 / self.n as f64
    }
}

impl ArmSample {
    /// Returns an arm from published counts.
    pub fn from_count(id: &str, count: Count) -> ArmSample {
        let mut values = vec![1.0; count.events as usize];
        values.resize(count.n as usize, 0.0);
        ArmSample {
            id: id.to_owned(),
            allocated: values.len(),
            values,
            missing: BTreeMap::new(),
        }
    }

    /// Returns the count of an outcome of 1 and 0.
    pub fn count(&self) -> Count {
        let events = self.values.iter().filter(|&&value| value == 1.0).count();
        Count::new(events as u64, self.values.len() as u64)
    }
}

impl Sample {
    /// Returns the outcome's id, for messages.
    pub fn name(&self) -> String {
        self.outcome.clone().unwrap_or_default()
    }
}

impl Flow {
    /// Counts the way of the referrals from the ledger.
    pub fn of(ledger: &Ledger) -> Flow {
        let arms = arms_of(ledger);
        let drawn: HashSet<&str> = arms.keys().copied().collect();
        let mut refused = HashSet::new();
        let mut withdrawn = HashSet::new();
        let mut excluded = HashSet::new();
        for entry in &ledger.entries {
            match &entry.event {
                Event::Refuse(note) if !drawn.contains(note.referral.as_str()) => {
                    refused.insert(note.referral.as_str());
                }
                Event::Withdraw(note) => {
                    withdrawn.insert(note.referral.as_str());
                }
                Event::Exclude(note) => {
                    excluded.insert(note.referral.as_str());
                }
                _ => {}
            }
        }
        Flow {
            referred: drawn.len() + refused.len(),
            refused: refused.len(),
            drawn: drawn.len(),
            withdrawn: withdrawn.len(),
            excluded: excluded.len(),
        }
    }
}

/// Returns the arm of every person drawn, or of every member in a trial of clusters.
fn arms_of(ledger: &Ledger) -> HashMap<&str, &str> {
    let clusters = ledger.sealed().cluster().is_some();
    ledger
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Draw(draw) if !clusters => Some((draw.referral.as_str(), draw.arm.as_str())),
            Event::Member(member) => Some((member.referral.as_str(), member.arm.as_str())),
            _ => None,
        })
        .collect()
}

/// A file of outcomes that `klero outcomes` made.
pub struct OutcomeFile {
    path: PathBuf,
    columns: Columns,
    record: Record,
    /// Row of each referral.
    rows: HashMap<String, usize>,
}

#[derive(Deserialize)]
struct Record {
    format: String,
    study: String,
    outcomes: Vec<OutcomeRecord>,
}

#[derive(Deserialize)]
struct OutcomeRecord {
    id: String,
    definition: String,
}

impl OutcomeFile {
    /// Reads the outcomes of a study.
    pub fn read(path: &Path, study: &str) -> Result<OutcomeFile, SampleError> {
        let columns = Columns::read(path)?;
        let wrong = |message: String| SampleError::NotOutcomes {
            path: path.to_owned(),
            message,
        };
        let record: Record = serde_json::from_str(&columns.metadata)
            .map_err(|_| wrong("the file carries no record of outcomes".to_owned()))?;
        if record.format != OUTCOMES_FORMAT {
            return Err(wrong(format!("its form is `{}`", record.format)));
        }
        if record.study != study {
            let message = format!("they are of study `{}`, not `{study}`", record.study);
            return Err(wrong(message));
        }
        let Some(Values::Text(referrals)) = columns.get("referral") else {
            return Err(wrong("no column `referral`".to_owned()));
        };
        let mut rows = HashMap::new();
        for (row, referral) in referrals.iter().enumerate() {
            let referral = referral.clone().unwrap_or_default();
            if rows.insert(referral.clone(), row).is_some() {
                return Err(SampleError::Twice {
                    path: path.to_owned(),
                    referral,
                });
            }
        }
        Ok(OutcomeFile {
            path: path.to_owned(),
            columns,
            record,
            rows,
        })
    }

    /// Puts one outcome together with the arms of the ledger.
    pub fn sample(&self, ledger: &Ledger, outcome: &Outcome) -> Result<Sample, SampleError> {
        self.check_definition(outcome)?;
        let protocol = ledger.sealed();
        let arms = arms_of(ledger);
        if let Some(referral) = self
            .rows
            .keys()
            .filter(|id| !arms.contains_key(id.as_str()))
            .min()
        {
            return Err(SampleError::NotDrawn {
                path: self.path.clone(),
                referral: referral.clone(),
            });
        }
        let mut referrals: Vec<(&str, &str)> = arms.into_iter().collect();
        referrals.sort_unstable();
        let mut lacking = referrals
            .iter()
            .filter(|(id, _)| !self.rows.contains_key(*id));
        if let Some((first, _)) = lacking.next() {
            return Err(SampleError::Lacking {
                path: self.path.clone(),
                count: 1 + lacking.count(),
                first: (*first).to_owned(),
            });
        }
        let values = self.numbers(outcome)?;
        let reasons = match self.columns.get(&format!("{}_missing", outcome.id)) {
            Some(Values::Text(reasons)) => reasons.as_slice(),
            _ => &[],
        };
        let mut samples: Vec<ArmSample> = protocol
            .arms
            .iter()
            .map(|arm| ArmSample {
                id: arm.id.clone(),
                allocated: 0,
                values: Vec::new(),
                missing: BTreeMap::new(),
            })
            .collect();
        for (referral, arm) in referrals {
            let row = self.rows[referral];
            let arm = protocol.arm(arm).expect("the ledger's arms are the plan's");
            let sample = &mut samples[arm];
            sample.allocated += 1;
            match values[row] {
                Some(value) => sample.values.push(value),
                None => {
                    let reason = reasons.get(row).cloned().flatten();
                    let reason = reason.unwrap_or_else(|| "missing".to_owned());
                    *sample.missing.entry(reason).or_default() += 1;
                }
            }
        }
        Ok(Sample {
            outcome: Some(outcome.id.clone()),
            label: Some(outcome.label.clone()),
            unit: outcome.measure.unit(),
            target: outcome.target,
            before_draw: matches!(outcome.measure, Measure::History { .. }),
            arms: samples,
            reference: protocol.reference.unwrap_or(0),
        })
    }

    fn check_definition(&self, outcome: &Outcome) -> Result<(), SampleError> {
        let recorded = self.record.outcomes.iter().find(|r| r.id == outcome.id);
        let difference = match recorded {
            None => "it is not in the file".to_owned(),
            Some(recorded) if recorded.definition != definition(outcome) => format!(
                "the file has: {}\n  the plan has: {}",
                recorded.definition,
                definition(outcome)
            ),
            Some(_) => return Ok(()),
        };
        Err(SampleError::Stale {
            path: self.path.clone(),
            outcome: outcome.id.clone(),
            difference,
        })
    }

    fn numbers(&self, outcome: &Outcome) -> Result<Vec<Option<f64>>, SampleError> {
        match self.columns.get(&outcome.id) {
            Some(Values::Whole(values)) => Ok(values
                .iter()
                .map(|value| value.map(|value| value as f64))
                .collect()),
            Some(Values::Number(values)) => Ok(values.clone()),
            _ => Err(SampleError::NotOutcomes {
                path: self.path.clone(),
                message: format!("no column of numbers `{}`", outcome.id),
            }),
        }
    }
}

/// Puts one outcome column of a table together with its arm column.
///
/// An empty cell, `.` and `NA` are missing values of the outcome; an empty arm is an error. Arms
/// are the values of the column as written, the reference the one named.
pub fn of_table(
    table: &Table,
    arm_column: &str,
    outcome_column: &str,
    reference: Option<&str>,
) -> Result<Sample, SampleError> {
    let arm_index = table.column(arm_column)?;
    let outcome_index = table.column(outcome_column)?;
    let mut arms: BTreeMap<&str, ArmSample> = BTreeMap::new();
    for row in &table.rows {
        let arm = row.cells[arm_index].as_str();
        if arm.is_empty() {
            return Err(SampleError::NoArm {
                path: table.path.clone(),
                line: row.line,
                column: arm_column.to_owned(),
            });
        }
        let sample = arms.entry(arm).or_insert_with(|| ArmSample {
            id: arm.to_owned(),
            allocated: 0,
            values: Vec::new(),
            missing: BTreeMap::new(),
        });
        sample.allocated += 1;
        match row.cells[outcome_index].as_str() {
            "" | "." | "NA" => *sample.missing.entry("empty".to_owned()).or_default() += 1,
            text => match number(text) {
                Some(value) => sample.values.push(value),
                None => {
                    return Err(SampleError::NoNumber {
                        path: table.path.clone(),
                        line: row.line,
                        column: outcome_column.to_owned(),
                        found: text.to_owned(),
                    });
                }
            },
        }
    }
    let mut arms: Vec<ArmSample> = arms.into_values().collect();
    // A table's rows have no ids, so the values are put into an order of their own.
    for arm in &mut arms {
        arm.values.sort_by(f64::total_cmp);
    }
    let reference = match (reference, arms.as_slice()) {
        (_, []) => {
            return Err(TableError::Empty {
                path: table.path.clone(),
            }
            .into());
        }
        (Some(name), arms) => {
            let names = arms.iter().map(|arm| arm.id.as_str());
            names
                .clone()
                .position(|id| id == name)
                .ok_or_else(|| SampleError::UnknownArm {
                    path: table.path.clone(),
                    column: arm_column.to_owned(),
                    arm: name.to_owned(),
                    found: names.clone().map(str::to_owned).collect(),
                    nearest: nearest(name, names.clone()).map(str::to_owned),
                })?
        }
        (None, _) => 0,
    };
    if let [arm] = arms.as_slice() {
        return Err(SampleError::OneArm {
            path: table.path.clone(),
            column: arm_column.to_owned(),
            arm: arm.id.clone(),
        });
    }
    let yes_no = arms
        .iter()
        .flat_map(|arm| &arm.values)
        .all(|&value| value == 0.0 || value == 1.0);
    Ok(Sample {
        outcome: Some(outcome_column.to_owned()),
        label: None,
        unit: if yes_no { Unit::YesNo } else { Unit::Number },
        target: None,
        before_draw: false,
        arms,
        reference,
    })
}

/// Reads a number with a decimal point or comma; true and false are 1 and 0.
fn number(text: &str) -> Option<f64> {
    match text {
        "TRUE" | "True" | "true" => return Some(1.0),
        "FALSE" | "False" | "false" => return Some(0.0),
        _ => {}
    }
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

//! The outcomes that `klero outcomes` made, put beside the people of a ledger.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{End, Fact, FactValues, Measured, People, SampleError};
use crate::outcome::{OUTCOMES_FORMAT, definition};
use crate::period::Week;
use crate::protocol::{Measure, Outcome, Protocol, Unit};
use crate::register::Shown;
use crate::register::columns::{Columns, Values};

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
    #[serde(default)]
    registers: Vec<RegisterRecord>,
    outcomes: Vec<OutcomeRecord>,
}

#[derive(Deserialize)]
struct RegisterRecord {
    weeks: Option<(String, String)>,
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
            let referral = referral.clone().unwrap_or_default().into_owned();
            if rows.insert(referral.clone(), row).is_some() {
                return Err(SampleError::Twice {
                    path: path.to_owned(),
                    referral: Shown::cell(&referral),
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

    /// Returns everybody in the file as the people of a study with one arm, in order of referral,
    /// and their referrals.
    pub fn people(&self, arm: &str) -> (People, Vec<String>) {
        let mut referrals: Vec<String> = self.rows.keys().cloned().collect();
        referrals.sort_unstable();
        let people = People {
            arms: vec![arm.to_owned()],
            reference: 0,
            arm: vec![0; referrals.len()],
            stratum: None,
            cluster: None,
            facts: Vec::new(),
            weights: None,
            drawn: None,
        };
        (people, referrals)
    }

    /// Returns the last week that a register of the outcomes reached.
    pub fn last_week(&self) -> Option<Week> {
        let weeks = self
            .record
            .registers
            .iter()
            .filter_map(|r| r.weeks.as_ref());
        weeks.filter_map(|(_, last)| last.parse().ok()).max()
    }

    /// Checks that the file holds exactly the people who were drawn, and returns the row of each.
    pub fn rows(&self, referrals: &[String]) -> Result<Vec<usize>, SampleError> {
        let mut lacking = referrals.iter().filter(|id| !self.rows.contains_key(*id));
        if let Some(first) = lacking.next() {
            return Err(SampleError::Lacking {
                path: self.path.clone(),
                count: 1 + lacking.count(),
                first: first.clone(),
            });
        }
        if self.rows.len() > referrals.len() {
            let drawn: std::collections::HashSet<&String> = referrals.iter().collect();
            let mut others = self.rows.keys().filter(|id| !drawn.contains(id));
            let first = others.clone().min().or(others.next());
            return Err(SampleError::NotDrawn {
                path: self.path.clone(),
                referral: first.cloned().unwrap_or_default(),
            });
        }
        Ok(referrals.iter().map(|id| self.rows[id]).collect())
    }

    /// Puts one outcome beside the people; `rows` are those of [`rows`](OutcomeFile::rows).
    pub fn measured(
        &self,
        people: &People,
        rows: &[usize],
        outcome: &Outcome,
    ) -> Result<Measured, SampleError> {
        self.check_definition(outcome)?;
        let id = &outcome.id;
        let values = self.numbers(id)?;
        let values: Vec<Option<f64>> = rows.iter().map(|&row| values[row]).collect();
        let has_baseline = outcome.value.as_ref().is_some_and(|v| v.baseline.is_some());
        // Numbers that are 1 and 0 alone are shares, as in a table, declared or not.
        let mut known = values.iter().flatten().peekable();
        let yes_no = matches!(outcome.measure, Measure::Value { .. })
            && !has_baseline
            && known.peek().is_some()
            && known.all(|&value| value == 0.0 || value == 1.0);
        let (unit, limits) = match yes_no {
            true => (Unit::YesNo, Some((0.0, 1.0))),
            false => (outcome.measure.unit(), limits(&outcome.measure)),
        };
        let reasons = match self.columns.get(&format!("{id}_missing")) {
            Some(Values::Text(reasons)) => reasons.as_slice(),
            _ => &[],
        };
        let mut missing = vec![BTreeMap::new(); people.arms.len()];
        for ((value, &row), &arm) in values.iter().zip(rows).zip(&people.arm) {
            if value.is_none() {
                let reason = reasons.get(row).cloned().flatten();
                let reason = reason.map_or_else(|| "missing".to_owned(), Cow::into_owned);
                *missing[usize::from(arm)].entry(reason).or_default() += 1;
            }
        }
        Ok(Measured {
            id: Some(id.clone()),
            label: Some(outcome.label.clone()),
            unit,
            target: outcome.target,
            before_draw: matches!(outcome.measure, Measure::History { .. }),
            early: matches!(
                outcome.measure,
                Measure::Ever { .. }
                    | Measure::Weeks {
                        more_than: Some(_),
                        ..
                    }
            ),
            reached: matches!(outcome.measure, Measure::Retained { .. }),
            limits,
            value: values.iter().map(|value| value.unwrap_or(0.0)).collect(),
            observed: values.iter().map(Option::is_some).collect(),
            end: match unit {
                Unit::TimeToEvent => Some(self.ends(id, rows)?),
                _ => None,
            },
            of: match unit {
                Unit::PooledShare => Some(self.at(&format!("{id}_of"), rows)?),
                _ => None,
            },
            baseline: match has_baseline {
                true => Some(self.optional(&format!("{id}_baseline"), rows)?),
                false => None,
            },
            missing,
        })
    }

    /// Returns what the outcomes know from before the draw: histories, and baselines.
    pub fn facts(&self, plan: &Protocol, rows: &[usize]) -> Result<Vec<Fact>, SampleError> {
        let mut facts = Vec::new();
        for outcome in &plan.outcomes {
            let history = matches!(outcome.measure, Measure::History { .. });
            let baseline = outcome.value.as_ref().and_then(|v| v.baseline.as_ref());
            let (id, label) = match (history, baseline) {
                (true, _) => (outcome.id.clone(), outcome.label.clone()),
                (_, Some(_)) => {
                    let label = outcome
                        .value
                        .as_ref()
                        .and_then(|v| v.baseline_label.clone());
                    (
                        format!("{}_baseline", outcome.id),
                        label.unwrap_or_else(|| format!("{} (baseline)", outcome.label)),
                    )
                }
                _ => continue,
            };
            self.check_definition(outcome)?;
            facts.push(Fact {
                values: FactValues::Number {
                    values: self.optional(&id, rows)?.into_iter().collect(),
                    bands: None,
                },
                id,
                label,
            });
        }
        Ok(facts)
    }

    /// Counts, for each history, those for whom the register begins too late to know it all; a
    /// history that is whole for everybody is left out.
    pub fn cut(&self, plan: &Protocol, rows: &[usize]) -> BTreeMap<String, usize> {
        let histories = plan
            .outcomes
            .iter()
            .filter(|outcome| matches!(outcome.measure, Measure::History { .. }));
        let cut = histories.filter_map(|outcome| {
            let at_least = self.numbers(&format!("{}_at_least", outcome.id)).ok()?;
            let cut = rows.iter().filter(|&&row| at_least[row] == Some(1.0));
            Some((outcome.id.clone(), cut.count()))
        });
        cut.filter(|(_, cut)| *cut > 0).collect()
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

    fn ends(&self, id: &str, rows: &[usize]) -> Result<Vec<End>, SampleError> {
        let column = format!("{id}_status");
        let Some(Values::Text(ends)) = self.columns.get(&column) else {
            return Err(self.no_column(&column));
        };
        let end = |row: &usize| match ends[*row].as_deref() {
            Some("event") => Ok(End::Event),
            // A person without a time has no end either.
            Some("censored") | None => Ok(End::Censored),
            Some("dead" | "abroad" | "pension") => Ok(End::Competing),
            Some(other) => Err(SampleError::NotOutcomes {
                path: self.path.clone(),
                message: format!("`{other}` in `{column}` is no end of a time"),
            }),
        };
        rows.iter().map(end).collect()
    }

    /// Returns a column in the order of the people, 0 where it has no value.
    fn at(&self, column: &str, rows: &[usize]) -> Result<Vec<f64>, SampleError> {
        let values = self.numbers(column)?;
        Ok(rows.iter().map(|&row| values[row].unwrap_or(0.0)).collect())
    }

    fn optional(&self, column: &str, rows: &[usize]) -> Result<Vec<Option<f64>>, SampleError> {
        let values = self.numbers(column)?;
        Ok(rows.iter().map(|&row| values[row]).collect())
    }

    fn numbers(&self, column: &str) -> Result<Vec<Option<f64>>, SampleError> {
        match self.columns.get(column) {
            Some(Values::Whole(values)) => Ok(values
                .iter()
                .map(|value| value.map(|value| value as f64))
                .collect()),
            Some(Values::Number(values)) => Ok(values.clone()),
            _ => Err(self.no_column(column)),
        }
    }

    fn no_column(&self, column: &str) -> SampleError {
        SampleError::NotOutcomes {
            path: self.path.clone(),
            message: format!("no column of numbers `{column}`"),
        }
    }
}

/// Returns the least and the largest value that the measure can have.
fn limits(measure: &Measure) -> Option<(f64, f64)> {
    match measure.unit() {
        Unit::YesNo | Unit::ShareOfTime => Some((0.0, 1.0)),
        Unit::Weeks => {
            let window = measure.window()?;
            Some((0.0, f64::from(window.weeks())))
        }
        Unit::PooledShare | Unit::TimeToEvent | Unit::Number => None,
    }
}

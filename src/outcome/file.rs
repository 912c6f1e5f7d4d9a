//! The outcome table, and the record that travels with it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::card::Card;
use super::{Missing, Outcomes, Series, Value};
use crate::protocol::{Measure, Protocol, Unit};
use crate::register::columns::{Columns, Values};

/// What travels with an outcome file.
#[derive(Clone, Debug, Serialize)]
struct Record<'a> {
    format: &'static str,
    study: &'a str,
    /// Digest of the plan the outcomes were made from.
    plan: String,
    registers: Vec<RegisterRecord>,
    inputs: BTreeMap<&'a str, String>,
    /// Digest of the lines `referral,date` that the windows are counted from.
    dates: String,
    rows: usize,
    /// What to bear in mind, and for how many persons.
    cautions: BTreeMap<String, u64>,
    outcomes: Vec<OutcomeRecord<'a>>,
}

#[derive(Clone, Debug, Serialize)]
struct RegisterRecord {
    register: String,
    /// Version of its code table.
    codes: String,
    weeks: Option<(String, String)>,
    months: Option<(String, String)>,
    /// Months between these that were not delivered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holes: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct OutcomeRecord<'a> {
    id: &'a str,
    #[serde(flatten)]
    card: &'a Card,
    missing: BTreeMap<&'static str, usize>,
    /// Null where the measure has no window, or no register tells.
    dead_in_window: Option<u64>,
    abroad_in_window: Option<u64>,
    not_in_register: usize,
    #[serde(skip_serializing_if = "is_zero")]
    taken_as_zero: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The name of the form of an outcome file.
pub const OUTCOMES_FORMAT: &str = "klero-outcomes-1";

impl Series {
    fn count(&self, reason: Missing) -> usize {
        let missing = Value::Missing(reason);
        self.values
            .iter()
            .filter(|value| **value == missing)
            .count()
    }

    /// Returns how many values are missing, by reason.
    pub fn missing(&self) -> BTreeMap<&'static str, usize> {
        let mut missing = BTreeMap::new();
        for value in &self.values {
            if let Value::Missing(reason) = value {
                *missing.entry(reason.name()).or_default() += 1;
            }
        }
        missing
    }
}

impl Outcomes {
    /// Returns the record that travels with the table, as JSON.
    pub fn record(&self, protocol: &Protocol) -> String {
        let record = Record {
            format: OUTCOMES_FORMAT,
            study: &protocol.study.id,
            plan: protocol.digest.to_string(),
            registers: self
                .coverage
                .iter()
                .zip(&self.codes)
                .map(|((register, coverage), codes)| RegisterRecord {
                    register: register.clone(),
                    codes: codes.to_string(),
                    weeks: coverage.weeks.map(|(a, b)| (a.to_string(), b.to_string())),
                    months: coverage.months.map(|(a, b)| (a.to_string(), b.to_string())),
                    holes: coverage.holes.iter().map(ToString::to_string).collect(),
                })
                .collect(),
            inputs: self
                .inputs
                .iter()
                .map(|input| (input.file.as_str(), input.digest.to_string()))
                .collect(),
            dates: self.dates.to_string(),
            rows: self.referrals.len(),
            cautions: self
                .cautions
                .iter()
                .map(|(caution, persons)| (caution.to_string(), *persons))
                .collect(),
            outcomes: self
                .series
                .iter()
                .map(|series| OutcomeRecord {
                    id: &series.outcome.id,
                    card: &series.card,
                    missing: series.missing(),
                    dead_in_window: series.fates.map(|fates| fates.dead),
                    abroad_in_window: series.fates.map(|fates| fates.abroad),
                    not_in_register: series.count(Missing::NotInRegister),
                    taken_as_zero: series.taken_as_zero,
                })
                .collect(),
        };
        serde_json::to_string_pretty(&record).expect("a record is texts and numbers")
    }

    /// Returns the table: a row for each referral, columns as `docs/outcomes.md` says.
    pub fn into_columns(self, protocol: &Protocol) -> Columns {
        let metadata = self.record(protocol);
        let referrals = self.referrals.into_iter().map(|id| Some(id.into()));
        let mut columns = vec![("referral".to_owned(), Values::Text(referrals.collect()))];
        for series in self.series {
            let id = &series.outcome.id;
            let values = &series.values;
            columns.push((id.clone(), main_column(&series)));
            if series.outcome.measure.unit() == Unit::TimeToEvent {
                let status = values.iter().map(|value| match value {
                    Value::Time { end, .. } => Some(end.name().into()),
                    _ => None,
                });
                columns.push((format!("{id}_status"), Values::Text(status.collect())));
            }
            if matches!(
                series.outcome.measure,
                Measure::History {
                    more_than: None,
                    ..
                }
            ) {
                let flag = values.iter().map(|value| match value {
                    Value::History { at_least, .. } => Some(i64::from(*at_least)),
                    _ => None,
                });
                columns.push((format!("{id}_at_least"), Values::Whole(flag.collect())));
            }
            if series.outcome.measure.unit() == Unit::PooledShare {
                let of = values.iter().map(|value| match value {
                    Value::Pooled { of, .. } => Some(i64::from(*of)),
                    _ => None,
                });
                columns.push((format!("{id}_of"), Values::Whole(of.collect())));
            }
            if let Some(baseline) = series.baseline {
                columns.push((format!("{id}_baseline"), Values::Number(baseline)));
            }
            let missing = values.iter().map(|value| match value {
                Value::Missing(reason) => Some(reason.name().into()),
                _ => None,
            });
            columns.push((format!("{id}_missing"), Values::Text(missing.collect())));
        }
        Columns { columns, metadata }
    }
}

fn main_column(series: &Series) -> Values {
    let values = series.values.iter();
    match series.outcome.measure.unit() {
        Unit::ShareOfTime | Unit::Number => Values::Number(
            values
                .map(|value| match value {
                    Value::Share { weeks, of } => Some(f64::from(*weeks) / f64::from(*of)),
                    // Both are whole and far below 2^53, so that the quotient is rounded once.
                    Value::Degree { paid, of } => Some(*paid as f64 / *of as f64),
                    Value::Number(number) => Some(*number),
                    _ => None,
                })
                .collect(),
        ),
        _ => Values::Whole(
            values
                .map(|value| match value {
                    Value::YesNo(yes) => Some(i64::from(*yes)),
                    // A yes or no of a table.
                    Value::Number(number) => Some(*number as i64),
                    Value::Weeks(weeks)
                    | Value::Pooled { weeks, .. }
                    | Value::Time { weeks, .. }
                    | Value::History { weeks, .. } => Some(i64::from(*weeks)),
                    Value::Share { .. } | Value::Degree { .. } | Value::Missing(_) => None,
                })
                .collect(),
        ),
    }
}

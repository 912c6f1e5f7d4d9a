use std::path::PathBuf;

use clap::Args;
use klero::ledger::{Event, Ledger};
use klero::register::columns::{Columns, Values};
use klero::report::number::count;
use serde_json::json;

use super::study::{AlreadyThere, Study, write_file};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Allocation {
    /// Write to this file, as Parquet if it ends in `.parquet`, else as CSV
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long, requires = "out")]
    force: bool,
}

/// A person and the arm.
struct Row<'l> {
    referral: &'l str,
    arm: &'l str,
    stratum: &'l [String],
    slot: u64,
    entry: u64,
    time: String,
}

impl Allocation {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::with_ledger(around)?;
        study.draws()?;
        let ledger = study.ledger()?;
        let rows = rows(&ledger);
        if around.console.json {
            let list: Vec<_> = rows
                .iter()
                .map(|row| {
                    json!({
                        "referral": row.referral, "arm": row.arm, "stratum": row.stratum,
                        "slot": row.slot, "entry": row.entry, "time": row.time,
                    })
                })
                .collect();
            around.console.object(&json!({"allocation": list}))?;
        }
        match &self.out {
            Some(path) if path.extension().is_some_and(|end| end == "parquet") => {
                if path.exists() && !self.force {
                    return Err(AlreadyThere::without_force(path.clone()).into());
                }
                columns(&rows, &ledger).write(path)?;
            }
            Some(path) => write_file(path, csv(&rows)?.as_bytes(), self.force)?,
            None if !around.console.json => around.console.data(&csv(&rows)?)?,
            None => {}
        }
        if let Some(path) = &self.out {
            around.console.say(format!(
                "wrote {} to {}",
                count(rows.len() as u64, "row", "rows"),
                path.display()
            ));
        }
        Ok(Answer::Yes)
    }
}

/// Returns everybody drawn, in ledger order; in a trial of clusters, every member.
fn rows(ledger: &Ledger) -> Vec<Row<'_>> {
    let clusters = ledger.sealed().cluster().is_some();
    ledger
        .entries
        .iter()
        .filter_map(|entry| {
            let (referral, draw) = match &entry.event {
                Event::Draw(draw) if !clusters => (&draw.referral, draw),
                Event::Member(member) => {
                    let cluster = ledger.entry_of_cluster(&member.cluster)?;
                    match &cluster.event {
                        Event::Draw(draw) => (&member.referral, draw),
                        _ => return None,
                    }
                }
                _ => return None,
            };
            Some(Row {
                referral,
                arm: &draw.arm,
                stratum: &draw.stratum,
                slot: draw.slot,
                entry: entry.number,
                time: entry.time.to_string(),
            })
        })
        .collect()
}

const HEADER: [&str; 6] = ["referral", "arm", "stratum", "slot", "entry", "time"];

fn csv(rows: &[Row]) -> anyhow::Result<String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(HEADER)?;
    for row in rows {
        csv.write_record([
            row.referral,
            row.arm,
            &row.stratum.join(" / "),
            &row.slot.to_string(),
            &row.entry.to_string(),
            &row.time,
        ])?;
    }
    let bytes = csv.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8(bytes)?)
}

fn columns(rows: &[Row], ledger: &Ledger) -> Columns {
    let text = |value: fn(&Row) -> String| -> Values {
        Values::Text(rows.iter().map(|row| Some(value(row).into())).collect())
    };
    let whole = |value: fn(&Row) -> u64| -> Values {
        Values::Whole(rows.iter().map(|row| Some(value(row) as i64)).collect())
    };
    let values = [
        text(|row| row.referral.to_owned()),
        text(|row| row.arm.to_owned()),
        text(|row| row.stratum.join(" / ")),
        whole(|row| row.slot),
        whole(|row| row.entry),
        text(|row| row.time.clone()),
    ];
    Columns {
        columns: HEADER.map(str::to_owned).into_iter().zip(values).collect(),
        metadata: json!({
            "format": "klero-allocation-1",
            "study": ledger.seal().study,
            "ledger_head": ledger.head.to_string(),
        })
        .to_string(),
    }
}

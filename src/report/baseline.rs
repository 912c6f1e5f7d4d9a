//! The baseline table: for a terminal, as CSV and for machines. No p by row, one test of all.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::effects::wrap;
use super::json::{Provenance, of_flow, of_provenance};
use super::number::{decimals_for, decimals_of, fixed, grouped, p_value, percent};
use crate::estimate::{Baseline, BaselineRow, Summary};
use crate::sample::Flow;
use crate::table::row_of;

const WIDTH: usize = 80;
const SOURCE: &str = "Austin 2009, doi:10.1002/sim.3697";
const TEST: &str = "Hansen & Bowers 2008, doi:10.1214/08-STS254; \
                    Morgan & Rubin 2012, doi:10.1214/12-AOS1008";

/// A fact that is the same for everybody, so that a table has nothing to show of it.
pub struct Alike<'a> {
    pub row: &'a BaselineRow,
    pub value: Same<'a>,
}

/// What everybody has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Same<'a> {
    Level(&'a str),
    Number(f64),
}

/// Returns the facts that are the same for everybody, in their order.
pub fn alike(baseline: &Baseline) -> Vec<Alike<'_>> {
    let persons: usize = baseline.drawn.iter().sum();
    if persons < 2 {
        return Vec::new();
    }
    let of_row = |row: &'_ BaselineRow| {
        let with: Vec<&Summary> = row.summaries.iter().filter(|s| s.n > 0).collect();
        let known: usize = with.iter().map(|summary| summary.n).sum();
        let count: Option<usize> = with.iter().map(|summary| summary.count).sum();
        let first = with.first()?.mean?;
        let same = |summary: &&Summary| {
            summary.mean == Some(first) && summary.deviation.is_none_or(|d| d == 0.0)
        };
        let alike = known == persons && with.iter().all(same);
        match (&row.level, count) {
            (_, Some(count)) if count != known && count != 0 => None,
            // Of a level that nobody has, the others tell.
            (Some(_), Some(0)) => None,
            _ => alike.then_some(first),
        }
    };
    let found = baseline.rows.iter().filter_map(|row| {
        let number = of_row(row)?;
        let value = match &row.level {
            Some(level) => Same::Level(level),
            None => Same::Number(number),
        };
        Some(Alike { row, value })
    });
    found.collect()
}

/// Returns the rows that a table shows: those of facts that are not the same for everybody.
pub fn shown(baseline: &Baseline) -> Vec<&BaselineRow> {
    let alike = alike(baseline);
    let varies = |row: &&BaselineRow| alike.iter().all(|of| of.row.fact != row.fact);
    baseline.rows.iter().filter(varies).collect()
}

/// Writes the table for a terminal; `cut` counts, by fact, those whose history is longer than the
/// register.
pub fn table(baseline: &Baseline, cut: &BTreeMap<String, usize>) -> String {
    let mut lines = header(baseline).to_vec();
    let mut fact = None;
    for row in shown(baseline) {
        let known = fact.replace(&row.fact);
        if row.level.is_some() && known != Some(&row.fact) {
            lines.push(vec![row.label.clone()]);
        }
        lines.push(cells(baseline, row));
    }
    let columns = lines[0].len();
    let mut widths = vec![0; columns];
    for line in lines.iter().filter(|line| line.len() == columns) {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let rest: usize = widths[1..].iter().map(|width| width + 2).sum();
    // Long labels are broken, numbers never.
    let first = widths[0].min(WIDTH.saturating_sub(rest).max(16));
    let mut text = String::new();
    for line in &lines {
        let indent = line.len() == columns && line[0].starts_with("  ");
        let parts = wrap(&line[0], first - if indent { 2 } else { 0 });
        let last = parts.len().max(1) - 1;
        for (place, part) in parts.iter().enumerate() {
            let part = if indent {
                format!("  {part}")
            } else {
                part.clone()
            };
            if place < last || line.len() < columns {
                let _ = writeln!(text, "{part}");
                continue;
            }
            push(&mut text, &part, first, &line[1..], &widths[1..]);
        }
        if parts.is_empty() {
            push(&mut text, "", first, &line[1..], &widths[1..]);
        }
    }
    text.push('\n');
    for line in notes(baseline, cut) {
        for (place, part) in wrap(&line, WIDTH - 2).iter().enumerate() {
            let indent = if place > 0 { "  " } else { "" };
            let _ = writeln!(text, "{indent}{part}");
        }
    }
    text
}

fn push(text: &mut String, first: &str, width: usize, cells: &[String], widths: &[usize]) {
    let mut line = first.to_owned();
    line += &" ".repeat(width.saturating_sub(first.chars().count()));
    for (cell, &width) in cells.iter().zip(widths) {
        line += "  ";
        line += &" ".repeat(width.saturating_sub(cell.chars().count()));
        line += cell;
    }
    let _ = writeln!(text, "{}", line.trim_end());
}

/// Returns the two lines of the header: arms with their persons, and whose the differences are.
fn header(baseline: &Baseline) -> [Vec<String>; 2] {
    let mut names = vec![String::new()];
    let mut below = vec![String::new()];
    for (arm, drawn) in baseline.arms.iter().zip(&baseline.drawn) {
        names.push(arm.clone());
        below.push(format!("n {drawn}"));
    }
    for (arm, name) in baseline.arms.iter().enumerate() {
        if arm != baseline.reference {
            names.push("SMD".to_owned());
            below.push(name.clone());
        }
    }
    [names, below]
}

fn cells(baseline: &Baseline, row: &BaselineRow) -> Vec<String> {
    let name = match &row.level {
        Some(level) => format!("  {level}"),
        None => row.label.clone(),
    };
    let mut cells = vec![name];
    let widest = row.summaries.iter().filter_map(|summary| summary.deviation);
    let decimals = decimals_for(widest.fold(0.0, f64::max)).clamp(1, 3);
    cells.extend(
        row.summaries
            .iter()
            .map(|summary| of_arm(summary, decimals)),
    );
    for (arm, difference) in row.differences.iter().enumerate() {
        if arm != baseline.reference {
            cells.push(difference.map_or_else(|| "–".to_owned(), |d| fixed(d, 2)));
        }
    }
    cells
}

fn of_arm(summary: &Summary, decimals: usize) -> String {
    let text = match (summary.count, summary.mean) {
        (_, None) => "–".to_owned(),
        (Some(count), Some(share)) => format!("{count} ({})", percent(share)),
        (None, Some(mean)) => match summary.deviation {
            Some(deviation) => {
                format!("{} ({})", fixed(mean, decimals), fixed(deviation, decimals))
            }
            None => fixed(mean, decimals),
        },
    };
    match summary.missing {
        0 => text,
        missing => format!("{text}, {missing} missing"),
    }
}

fn notes(baseline: &Baseline, cut: &BTreeMap<String, usize>) -> Vec<String> {
    let mut notes = vec!["Numbers: mean (standard deviation); levels: persons (share).".to_owned()];
    let same = alike(baseline);
    if !same.is_empty() {
        let of = same.iter().map(|alike| match alike.value {
            Same::Level(level) => format!("{} ({level})", alike.row.label),
            Same::Number(number) => {
                let number = fixed(number, decimals_of(number));
                format!("{} ({number})", alike.row.label)
            }
        });
        let list: Vec<String> = of.collect();
        notes.push(format!("The same for everybody: {}.", list.join(", ")));
    }
    let persons: usize = baseline.drawn.iter().sum();
    for (fact, number) in cut {
        if let Some(row) = baseline.rows.iter().find(|row| row.fact == *fact) {
            notes.push(format!(
                "{}: for {number} of {persons} the register begins too late to see the first \
                 week, and the number is the least that it can be.",
                row.label
            ));
        }
    }
    if baseline.arms.len() > 1 {
        notes.push(format!(
            "SMD: standardised mean difference, from {} over the root of the mean of the two variances. {SOURCE}.",
            baseline.arms[baseline.reference]
        ));
    }
    let Some(test) = &baseline.omnibus else {
        return notes;
    };
    let how = match (test.exact, test.monte_carlo_error) {
        (true, _) => format!("over all {} draws", grouped(test.draws)),
        (false, Some(error)) => format!(
            "over {} replays of the draw, standard error of p {}",
            grouped(test.draws),
            fixed(error, 4)
        ),
        (false, None) => format!("over {} replays of the draw", grouped(test.draws)),
    };
    if let Some(p) = test.p_value {
        notes.push(format!(
            "One test of all rows, by Mahalanobis distance {how}: p {}. {TEST}.",
            p_value(p)
        ));
    }
    notes.extend(test.notes.iter().map(|note| format!("note: {note}.")));
    notes
}

/// Writes the table as CSV: a row for each fact or level and arm, full precision.
pub fn csv(baseline: &Baseline) -> String {
    let mut text = String::from(
        "fact,level,arm,n,missing,mean,standard_deviation,count,standardised_difference\n",
    );
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for row in &baseline.rows {
        for (arm, summary) in row.summaries.iter().enumerate() {
            let cells = [
                row.fact.clone(),
                row.level.clone().unwrap_or_default(),
                baseline.arms[arm].clone(),
                summary.n.to_string(),
                summary.missing.to_string(),
                number(summary.mean),
                number(summary.deviation),
                summary
                    .count
                    .map_or_else(String::new, |count| count.to_string()),
                number(row.differences[arm]),
            ];
            text += &row_of(&cells, ',');
            text.push('\n');
        }
    }
    text
}

/// Returns the object that `klero balance --json` prints.
pub fn json(
    provenance: &Provenance,
    flow: &Flow,
    baseline: &Baseline,
    cut: &BTreeMap<String, usize>,
) -> Value {
    let compared = baseline.arms.len() > 1;
    let rows: Vec<Value> = baseline
        .rows
        .iter()
        .map(|row| of_row(baseline, row))
        .collect();
    json!({
        "klero": env!("CARGO_PKG_VERSION"),
        "command": "balance",
        "provenance": of_provenance(provenance),
        "flow": of_flow(flow),
        "reference": compared.then(|| &baseline.arms[baseline.reference]),
        "baseline": rows,
        "at_least": cut,
        "omnibus": baseline.omnibus.as_ref().map(|test| json!({
            "statistic": test.statistic, "rank": test.rank, "p_value": test.p_value,
            "p_value_std_error": test.monte_carlo_error, "exact": test.exact,
            "draws": test.draws, "seed": baseline.seed, "notes": test.notes, "source": TEST,
        })),
        "source": compared.then_some(SOURCE),
    })
}

fn of_row(baseline: &Baseline, row: &BaselineRow) -> Value {
    let arms: Vec<Value> = row
        .summaries
        .iter()
        .enumerate()
        .map(|(arm, summary)| {
            json!({
                "arm": baseline.arms[arm], "n": summary.n, "missing": summary.missing,
                "mean": summary.mean, "standard_deviation": summary.deviation,
                "count": summary.count, "standardised_difference": row.differences[arm],
            })
        })
        .collect();
    json!({"fact": row.fact, "label": row.label, "level": row.level, "arms": arms})
}

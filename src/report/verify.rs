//! Another program's word: scripts that recompute the estimates of a report from the analysis
//! file, in R and in Stata, and say where they differ.
//!
//! Promises: every row of the planned estimates stands in each script, recomputed or named with
//! the reason it is not; a script holds klero's numbers with all their digits and computes none of
//! them with klero's code; a number off by more than the stated tolerance ends the script with
//! exit status 1. Hides: how a row becomes a call.

mod r;
mod stata;

use crate::estimate::{ArmCounts, Estimate, Scale};
use crate::protocol::{IntervalId, MethodId, Unit};
use crate::sample::{AnalysisColumn, Holds};

/// The two scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripts {
    pub r: String,
    pub stata: String,
}

/// The analysis file that the scripts read.
#[derive(Clone, Copy, Debug)]
pub struct Analysed<'a> {
    pub columns: &'a [AnalysisColumn],
    pub sha256: &'a str,
}

/// Returns the scripts for the rows of a study.
pub fn scripts(title: &str, rows: &[Estimate], file: Analysed) -> Scripts {
    Scripts {
        r: r::script(title, rows, file),
        stata: stata::script(title, rows, file),
    }
}

/// Names a row by all that tells it from others.
fn what(row: &Estimate) -> String {
    let mut text = format!(
        "{}: {}",
        row.outcome.as_deref().unwrap_or_default(),
        row.arm
    );
    if let Some(reference) = &row.reference {
        text += &format!(" - {reference}");
    }
    text += &format!(", {}", row.method);
    if row.method == MethodId::MantelHaenszel {
        text += &format!(" ({})", row.scale.name());
    } else if let Some(interval) = &row.computed.interval {
        text += &format!(" ({})", interval.method);
    }
    if let Some(se) = row.options.se {
        text += &format!(", {se}");
    }
    if !row.options.adjust.is_empty() {
        text += &format!(", adjusted for {}", row.options.adjust.join(", "));
    }
    if let Some(subgroup) = &row.subgroup {
        text += &format!(", {}", subgroup.factor);
        if let Some(level) = &subgroup.level {
            text += &format!(" = {level}");
        }
    }
    text
}

/// Returns why no other program recomputes a row.
fn unrepeated(row: &Estimate) -> Option<&'static str> {
    match row.method {
        MethodId::RandomisationTest => {
            Some("its draws are klero's own; klero estimate makes them again from the seed")
        }
        MethodId::LeeBounds | MethodId::WorstCaseBounds => Some("bounds are no estimate"),
        _ if row.options.resamples.is_some() => {
            Some("its resamples are klero's own; klero estimate makes them again from the seed")
        }
        _ if row.options.weighted => Some("weighted"),
        _ if row.options.only.is_some() => Some("of people chosen after the draw"),
        _ if numbers(row).is_empty() => Some("klero has no numbers for it, and says why"),
        _ => None,
    }
}

/// Returns the numbers of a row that exist, with their names.
fn numbers(row: &Estimate) -> Vec<(&'static str, f64)> {
    let computed = &row.computed;
    let interval = computed.interval.as_ref();
    let all = [
        ("estimate", computed.estimate),
        ("std_error", computed.std_error),
        ("df", computed.df),
        ("p_value", computed.p_value),
        ("lower", interval.and_then(|interval| interval.lower)),
        ("upper", interval.and_then(|interval| interval.upper)),
    ];
    let exist = all.into_iter();
    exist
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// Returns how many persons with an outcome each arm has.
fn sizes(row: &Estimate) -> Vec<(&'static str, usize)> {
    let mut sizes = vec![("n_arm", row.arm_counts.n)];
    let of_reference = |counts: ArmCounts| ("n_reference", counts.n);
    sizes.extend(row.reference_counts.map(of_reference));
    sizes
}

fn level(row: &Estimate) -> f64 {
    let interval = row.computed.interval.as_ref();
    interval.map_or(0.95, |interval| interval.level)
}

fn interval(row: &Estimate) -> Option<IntervalId> {
    row.computed
        .interval
        .as_ref()
        .map(|interval| interval.method)
}

/// Writes a number so that it reads back as the same.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        1e-4..1e15 => value.to_string(),
        _ => format!("{value:e}"),
    }
}

impl Analysed<'_> {
    fn name(&self, holds: &Holds) -> Option<&str> {
        let column = self.columns.iter().find(|column| column.holds == *holds);
        column.map(|column| column.name.as_str())
    }

    /// Returns the column of an outcome's values; a history stands among the facts.
    fn values<'b>(&'b self, id: &'b str) -> &'b str {
        let value = self.name(&Holds::Value(id.to_owned()));
        value
            .or_else(|| self.name(&Holds::Number(id.to_owned())))
            .unwrap_or(id)
    }

    fn fact<'b>(&'b self, id: &'b str) -> &'b str {
        let number = self.name(&Holds::Number(id.to_owned()));
        number
            .or_else(|| self.name(&Holds::Levels(id.to_owned())))
            .unwrap_or(id)
    }

    /// Returns the column with the levels of a factor, a number's being its bands.
    fn levels<'b>(&'b self, id: &'b str) -> &'b str {
        let levels = self.name(&Holds::Levels(id.to_owned()));
        levels
            .or_else(|| self.name(&Holds::Band(id.to_owned())))
            .unwrap_or(id)
    }

    fn end<'b>(&'b self, id: &'b str) -> &'b str {
        self.name(&Holds::End(id.to_owned())).unwrap_or(id)
    }

    fn of<'b>(&'b self, id: &'b str) -> &'b str {
        self.name(&Holds::Of(id.to_owned())).unwrap_or(id)
    }

    /// Writes the head of a script: what it is, the file, its columns.
    fn head(&self, title: &str, mark: &str, program: &str, run: &str) -> String {
        let one_line = |text: &str| text.replace(['\n', '\r'], " ");
        let mut text = format!(
            "{mark} {}\n{mark}\n\
             {mark} Recomputes the estimates of this report in {program} and compares. Written by \
             klero {}.\n{mark}\n{mark}     {run}\n{mark}\n\
             {mark} The analysis file has a row a person, so it does not lie in the report's \
             folder; the\n{mark} default is ../derived/analysis.csv. Its SHA-256 is\n\
             {mark} {}\n{mark}\n{mark} Columns of the file:\n",
            one_line(title),
            env!("CARGO_PKG_VERSION"),
            self.sha256,
        );
        for column in self.columns {
            text += &format!("{mark}   {:<28} {}\n", column.name, one_line(&column.label));
        }
        text
    }
}

/// Whether a row is of a pooled share of time, whose values are made of two columns.
fn pooled(row: &Estimate) -> bool {
    row.unit == Unit::PooledShare
}

fn is_ratio(row: &Estimate) -> bool {
    row.scale == Scale::Ratio
}

//! The effect table for a terminal of 80 columns.

use std::fmt::Write;

use super::number::{
    count, decimals_for, fixed, level, p_value, percent, relative, relative_bound, signed,
};
use crate::estimate::{ArmCounts, Because, Estimate, Interval, Scale, Standing};
use crate::protocol::{MethodId, Unit};
use crate::sample::Flow;

/// Width that the table keeps to.
const WIDTH: usize = 80;

/// Writes estimates as a table: an outcome after the other, a contrast a row, with a second row
/// for the counts behind it and the next method.
pub fn table(rows: &[Estimate]) -> String {
    let mut blocks: Vec<Block> = Vec::new();
    let several = levels(rows).len() > 1;
    for row in rows {
        let title = title(row);
        if blocks.last().is_none_or(|block| block.title != title) {
            blocks.push(Block {
                title,
                lines: Vec::new(),
                contrast: String::new(),
                begin: 0,
            });
        }
        blocks
            .last_mut()
            .expect("a block was put in above")
            .add(row, several);
    }
    let header = header(rows);
    let adjusted = rows.iter().any(|row| row.p_adjusted.is_some());
    let columns = if adjusted { 7 } else { 6 };
    let mut widths = vec![0; columns];
    for line in blocks
        .iter()
        .flat_map(|block| &block.lines)
        .chain([&header])
    {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    // With long names the contrast gets a line of its own.
    let total = widths.iter().sum::<usize>() + 2 * (columns - 1);
    let own_line = total > WIDTH;
    if own_line {
        widths[0] = 2;
    }
    let mut text = String::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        for line in wrap(&block.title, WIDTH) {
            text += &line;
            text.push('\n');
        }
        push_line(&mut text, &header, &widths, own_line);
        for line in &block.lines {
            push_line(&mut text, line, &widths, own_line);
        }
    }
    text
}

/// The lines of one outcome.
struct Block {
    title: String,
    lines: Vec<Vec<String>>,
    /// The contrast that the last lines belong to, and the first of them.
    contrast: String,
    begin: usize,
}

fn header(rows: &[Estimate]) -> Vec<String> {
    let interval = match levels(rows).as_slice() {
        [] => String::new(),
        [all] => format!("{} interval", level(*all)),
        _ => "interval".to_owned(),
    };
    let two_arms = rows.iter().any(|row| row.reference.is_some());
    // One share may have nothing that it is compared with.
    let target = match rows.iter().any(|row| row.target.is_some()) {
        true => "target",
        false => "",
    };
    let p = match rows.iter().any(|row| row.computed.p_value.is_some()) {
        true => "p",
        false => "",
    };
    let cells = match two_arms {
        true => ["", "arm", "reference", "effect", &interval, "p", "p adj."],
        false => ["", "arm", target, "", &interval, p, "p adj."],
    };
    cells.map(str::to_owned).to_vec()
}

fn title(row: &Estimate) -> String {
    let name = match (&row.label, &row.outcome) {
        (Some(label), _) => label.clone(),
        (None, Some(outcome)) => outcome.clone(),
        (None, None) => return String::new(),
    };
    let name = match (&row.standing, row.role) {
        (Standing::BeforeDraw, _) => format!("{name} (before the draw: no effect)"),
        (Standing::NotAnEffect(because), _) => match (because, &row.options.only) {
            (Because::Chosen, Some(only)) => {
                format!("{name} (only those with `{only}`: not an effect)")
            }
            (Because::WithinArm, _) => format!("{name} (change within an arm: not an effect)"),
            _ => format!("{name} (only those who came so far: not an effect)"),
        },
        (Standing::Sensitivity, _) => format!("{name} (sensitivity: the draw's design ignored)"),
        (Standing::Effect, Some(role)) => format!("{name} ({role})"),
        (Standing::Effect, None) => name,
    };
    match &row.subgroup {
        Some(subgroup) => format!("{name}, by {}", subgroup.factor),
        None => name,
    }
}

/// Returns the levels of the rows' intervals, each once.
fn levels(rows: &[Estimate]) -> Vec<f64> {
    let mut levels: Vec<f64> = Vec::new();
    for interval in rows.iter().filter_map(|row| row.computed.interval.as_ref()) {
        if !levels.contains(&interval.level) {
            levels.push(interval.level);
        }
    }
    levels
}

impl Block {
    fn add(&mut self, row: &Estimate, told: bool) {
        let mut contrast = match &row.reference {
            Some(reference) => format!("{} – {reference}", row.arm),
            None => row.arm.clone(),
        };
        if let Some(subgroup) = &row.subgroup {
            let level = subgroup.level.as_deref().unwrap_or("all levels");
            contrast = format!("{level}: {contrast}");
        }
        let (effect, mut interval) = effect(row);
        if let (true, Some(found)) = (told, &row.computed.interval) {
            interval = format!("{}: {interval}", level(found.level));
        }
        let p = |p: Option<f64>| p.map_or_else(String::new, p_value);
        let mut result = [effect, interval, p(row.computed.p_value), p(row.p_adjusted)];
        // Two bounds and no point.
        if let Some(bounds) = bounds(row) {
            result[0] = format!("{} {bounds}", result[0]);
        }
        // A test over all levels is about no group of its own.
        let over_levels = row.subgroup.as_ref().is_some_and(|s| s.level.is_none());
        if over_levels {
            let first = [contrast.clone(), String::new(), String::new()];
            self.lines.push(first.into_iter().chain(result).collect());
            self.contrast = contrast;
            return;
        }
        if self.contrast != contrast {
            self.begin = self.lines.len();
            let [arm, reference] = means(row);
            self.push([contrast.clone(), arm, reference]);
            for [arm, reference] in counts(row) {
                self.push([String::new(), arm, reference]);
            }
            self.contrast = contrast;
        }
        self.put(result);
    }

    fn push(&mut self, left: [String; 3]) {
        let nothing = std::iter::repeat_n(String::new(), 4);
        self.lines.push(left.into_iter().chain(nothing).collect());
    }

    /// Puts a result beside the contrast's means and counts, or below them.
    fn put(&mut self, result: [String; 4]) {
        let empty = |line: &Vec<String>| line[3..].iter().all(String::is_empty);
        let mut free = self.begin..self.lines.len();
        let free = free.find(|&line| self.lines[line..].iter().all(empty));
        let line = free.unwrap_or_else(|| {
            self.push([const { String::new() }; 3]);
            self.lines.len() - 1
        });
        self.lines[line][3..].clone_from_slice(&result);
    }
}

fn means(row: &Estimate) -> [String; 2] {
    let decimals = decimals_for(row.computed.std_error.unwrap_or(0.0));
    let mean = |counts: &ArmCounts| match (counts.mean, row.unit) {
        (None, _) => "–".to_owned(),
        (Some(mean), Unit::YesNo | Unit::ShareOfTime | Unit::PooledShare) => percent(mean),
        (Some(mean), Unit::TimeToEvent) if is_share_of_times(row) => percent(mean),
        (Some(mean), Unit::Weeks | Unit::TimeToEvent) => fixed(mean, 1),
        (Some(mean), Unit::Number) => fixed(mean, decimals),
    };
    if row
        .subgroup
        .as_ref()
        .is_some_and(|subgroup| subgroup.level.is_none())
    {
        return [String::new(), String::new()];
    }
    let reference = match (&row.reference_counts, row.target) {
        (Some(counts), _) => mean(counts),
        (None, Some(target)) => percent(target),
        (None, None) => String::new(),
    };
    [mean(&row.arm_counts), reference]
}

/// Returns the counts of both arms, and below them those without an outcome, if any.
fn counts(row: &Estimate) -> Vec<[String; 2]> {
    let count = |counts: &ArmCounts| match counts.events {
        Some(events) => format!("{events}/{}", counts.n),
        None => format!("n {}", counts.n),
    };
    let missing = |counts: &ArmCounts| format!("{} missing", counts.missing);
    let both = |of: &dyn Fn(&ArmCounts) -> String| {
        let reference = row.reference_counts.as_ref();
        [of(&row.arm_counts), reference.map_or_else(String::new, of)]
    };
    let without = |counts: &ArmCounts| counts.missing > 0;
    let any = without(&row.arm_counts) || row.reference_counts.as_ref().is_some_and(without);
    let mut lines = vec![both(&count)];
    lines.extend(any.then(|| both(&missing)));
    lines
}

/// Whether a method of times gives a share of persons, and not a mean of times.
fn is_share_of_times(row: &Estimate) -> bool {
    matches!(row.method, MethodId::KaplanMeier | MethodId::AalenJohansen)
}

/// Writes the bounds of a row that has two of them and no point.
fn bounds(row: &Estimate) -> Option<String> {
    let (lower, upper) = row.bounds?;
    let (factor, decimals, _) = form(row);
    let bound = |bound: f64| fixed(factor * bound, decimals);
    Some(format!("{} to {}", bound(lower), bound(upper)))
}

/// Returns what numbers of a row are multiplied by, their decimals, and their unit.
fn form(row: &Estimate) -> (f64, usize, &'static str) {
    let computed = &row.computed;
    // Where there is no standard error, the interval says how fine the number is.
    let half = |interval: &Interval| Some((interval.upper? - interval.lower?) / 4.0);
    let fineness = || computed.interval.as_ref().and_then(half);
    let error = computed.std_error.or_else(fineness).unwrap_or(0.0);
    match (row.scale, row.unit) {
        (Scale::Difference | Scale::Level, Unit::YesNo | Unit::ShareOfTime | Unit::PooledShare) => {
            (100.0, 1, " points")
        }
        (Scale::Difference, Unit::TimeToEvent) if is_share_of_times(row) => (100.0, 1, " points"),
        // The times of a table have a unit that klero does not know.
        (Scale::Difference | Scale::Level, Unit::TimeToEvent) if row.label.is_none() => {
            (1.0, 1, "")
        }
        (Scale::Difference | Scale::Level, Unit::Weeks | Unit::TimeToEvent) => (1.0, 1, " weeks"),
        (Scale::Difference | Scale::Level, Unit::Number) => (1.0, decimals_for(error), ""),
        (Scale::Ratio, _) => (1.0, 2, ""),
    }
}

/// Writes the estimate and its interval, both rounded alike, in the unit of the outcome.
fn effect(row: &Estimate) -> (String, String) {
    let computed = &row.computed;
    let (factor, decimals, unit) = form(row);
    let value = match (row.scale, row.method, computed.estimate) {
        (_, MethodId::FisherExact, _) => "exact test".to_owned(),
        (_, MethodId::LogRank, _) => "log-rank".to_owned(),
        (_, MethodId::InteractionTest, _) => "same effect".to_owned(),
        (_, MethodId::RandomisationTest, _) => "redrawn".to_owned(),
        (_, MethodId::LeeBounds, None) => "Lee".to_owned(),
        (_, MethodId::WorstCaseBounds, None) => "worst".to_owned(),
        (_, _, None) => "–".to_owned(),
        (Scale::Level, ..) => String::new(),
        (Scale::Difference, method, Some(value)) => {
            let effect = format!("{}{unit}", signed(factor * value, decimals));
            match method {
                MethodId::Late => format!("{effect} (received)"),
                _ if !row.options.adjust.is_empty() => format!("{effect} adj."),
                _ => effect,
            }
        }
        (Scale::Ratio, MethodId::OddsRatio, Some(value)) => format!("odds ×{}", fixed(value, 2)),
        (Scale::Ratio, MethodId::Cox, Some(value)) => format!("hazard ×{}", fixed(value, 2)),
        (Scale::Ratio, _, Some(value)) => relative(value),
    };
    let Some(interval) = &computed.interval else {
        return (value, String::new());
    };
    let relative_change =
        row.scale == Scale::Ratio && !matches!(row.method, MethodId::OddsRatio | MethodId::Cox);
    let bound = |bound: Option<f64>, missing: &str| match bound {
        None => missing.to_owned(),
        Some(bound) if relative_change => relative_bound(bound),
        Some(bound) => fixed(factor * bound, decimals),
    };
    let infinite = if relative_change { "+∞ %" } else { "∞" };
    let text = match computed.all_but {
        Some((below, above)) => format!(
            "outside {} to {}",
            bound(Some(below), ""),
            bound(Some(above), "")
        ),
        None => format!(
            "{} to {}",
            bound(interval.lower, "–∞"),
            bound(interval.upper, infinite)
        ),
    };
    match row.scale {
        Scale::Level => (value, format!("{text} %")),
        _ => (value, text),
    }
}

fn push_line(text: &mut String, cells: &[String], widths: &[usize], own_line: bool) {
    let mut line = String::new();
    for (index, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        if index == 0 && own_line {
            if !cell.is_empty() {
                let _ = writeln!(text, "  {cell}");
            }
            line += &" ".repeat(width);
            continue;
        }
        if index > 0 {
            line += "  ";
        }
        let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
        // Names and effects begin their column; numbers end it.
        if matches!(index, 0 | 3) {
            line += cell;
            line += &blanks;
        } else {
            line += &blanks;
            line += cell;
        }
    }
    let _ = writeln!(text, "{}", line.trim_end());
}

/// Breaks a text into lines of at most `width` characters, at blanks.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Tells what a row's method was given: covariates, strata, clusters, replays.
fn options(row: &Estimate) -> String {
    let options = &row.options;
    let mut text = String::new();
    if !options.adjust.is_empty() {
        let _ = write!(text, ", adjusted for {}", options.adjust.join(", "));
    }
    if options.weighted {
        text += ", weighted";
    }
    if let Some(received) = &options.received {
        let _ = write!(text, ", received: {received}");
    }
    if let Some(se) = options.se {
        let _ = write!(text, ", {se} standard errors");
    }
    if let Some(strata) = &options.strata {
        let _ = write!(text, ", in strata of {strata}");
    }
    if let Some(cluster) = &options.cluster {
        let _ = write!(text, ", by clusters of {cluster}");
    }
    if let Some(horizon) = options.horizon {
        let _ = write!(text, ", up to {horizon}");
    }
    if let Some(replays) = &options.replays {
        let number = super::number::grouped(replays.number);
        let _ = match replays.exact {
            true => write!(text, ", {} over all {number} draws", replays.statistic),
            false => write!(
                text,
                ", {} over {number} replays from seed `{}`",
                replays.statistic,
                replays.seed.chars().take(12).collect::<String>()
            ),
        };
    }
    if let Some(resamples) = &options.resamples {
        let _ = write!(
            text,
            ", {} resamples from seed `{}`",
            super::number::grouped(u64::from(resamples.number)),
            resamples.seed.chars().take(12).collect::<String>()
        );
    }
    text
}

/// Lists how the numbers of a table were made: each method with its interval and source.
pub fn methods(rows: &[Estimate]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        let interval = match &row.computed.interval {
            Some(interval) => format!(
                "; {} interval: {}",
                level(interval.level),
                interval.method.summary()
            ),
            None => String::new(),
        };
        let (method, summary, source) = (row.method, row.method.summary(), row.source());
        let line = format!("{method}: {summary}{}{interval}. {source}.", options(row));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Writes the way of the referrals through the trial, as lines above a table.
pub fn flow_lines(flow: &Flow) -> String {
    if let [arm] = flow.arms.as_slice() {
        return format!(
            "{} in one arm, {}: nothing was drawn\n\
             without a group to compare with, no number is an effect\n",
            count(flow.drawn as u64, "person", "persons"),
            arm.arm
        );
    }
    let mut text = format!(
        "{} referred, {} refused, {} drawn, {} withdrawn, {} excluded\n\
         by the arm drawn, over all who were drawn\n",
        flow.referred, flow.refused, flow.drawn, flow.withdrawn, flow.excluded
    );
    if flow.withdrawn + flow.excluded > 0 {
        text += "the withdrawn and excluded stay in the arm they were drawn to\n";
    }
    let arms = flow.arms.iter().map(|arm| {
        let mut part = format!("{} {} drawn", arm.arm, arm.drawn);
        for (number, word) in [(arm.withdrawn, "withdrawn"), (arm.excluded, "excluded")] {
            if number > 0 {
                let _ = write!(part, ", {number} {word}");
            }
        }
        part
    });
    for line in wrap(&arms.collect::<Vec<_>>().join("; "), WIDTH) {
        text += &line;
        text.push('\n');
    }
    text
}

/// Writes what stands below a table: methods with sources, then what a reader must know.
pub fn footnotes(rows: &[Estimate]) -> String {
    let mut text = String::from("\n");
    for line in methods(rows) {
        push_wrapped(&mut text, &line);
    }
    for line in missing(rows) {
        push_wrapped(&mut text, &line);
    }
    let mut notes: Vec<&String> = Vec::new();
    for note in rows.iter().flat_map(|row| &row.computed.notes) {
        // The scale of a standard error concerns the machine's form, which prints one; that a
        // test has no estimate, the table shows.
        let told = !note.starts_with("std_error") && note != "a test without an estimate";
        if told && !notes.contains(&note) {
            notes.push(note);
        }
    }
    for note in notes {
        push_wrapped(&mut text, &format!("note: {note}."));
    }
    text
}

/// Tells of each contrast with missing outcomes whether as many are missing in both arms.
fn missing(rows: &[Estimate]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        let (Some(p), Some(reference), None) =
            (row.missing_p, &row.reference_counts, &row.subgroup)
        else {
            continue;
        };
        let share = |counts: &ArmCounts| percent(counts.missing as f64 / counts.allocated as f64);
        let outcome = row.label.as_ref().or(row.outcome.as_ref());
        let line = format!(
            "missing: {}, {} of {} in {} ({}), {} of {} in {} ({}), p of the difference {}.",
            outcome.map_or("outcome", String::as_str),
            row.arm_counts.missing,
            row.arm_counts.allocated,
            row.arm,
            share(&row.arm_counts),
            reference.missing,
            reference.allocated,
            row.reference.as_deref().unwrap_or_default(),
            share(reference),
            p_value(p)
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn push_wrapped(text: &mut String, line: &str) {
    for (index, part) in wrap(line, WIDTH - 2).iter().enumerate() {
        if index > 0 {
            text.push_str("  ");
        }
        text.push_str(part);
        text.push('\n');
    }
}

//! What stands below an effect table: methods with their sources, what is missing, and notes.
//!
//! Promises: a note that does not hold for every row names those that it holds for. Hides: in how
//! few words they are told apart.

use super::{WIDTH, contrast, name, title};
use crate::estimate::{ArmCounts, Estimate};
use crate::protocol::{Language, MethodId, Statistic};
use crate::report::language::{Locale, Message, many, note, plain_spaces};
use crate::report::table::terminal;

/// Writes what stands below a table: methods with sources, then what a reader must know.
pub fn footnotes(rows: &[Estimate], locale: &Locale) -> String {
    let mut text = String::from("\n");
    for line in methods(rows, locale) {
        push_wrapped(&mut text, &line);
    }
    for line in missing(rows, locale) {
        push_wrapped(&mut text, &line);
    }
    let mut notes: Vec<(&String, Vec<&Estimate>)> = Vec::new();
    for row in rows {
        for note in &row.computed.notes {
            // The scale of a standard error concerns the machine's form, which prints one; that a
            // test has no estimate, the table shows.
            if note.starts_with("std_error") || note == "a test without an estimate" {
                continue;
            }
            match notes.iter_mut().find(|(known, _)| *known == note) {
                Some((_, of)) if of.last().is_some_and(|last| std::ptr::eq(*last, row)) => {}
                Some((_, of)) => of.push(row),
                None => notes.push((note, vec![row])),
            }
        }
    }
    for (told, of) in notes {
        let words = match locale.language {
            Language::English => told.clone(),
            Language::Danish => note(told, locale, &|_| None),
        };
        let owner = match owner(told, &of, rows, locale) {
            Some(owner) => format!("{owner}: "),
            None => String::new(),
        };
        push_wrapped(&mut text, &format!("note: {owner}{words}."));
    }
    text
}

/// Lists how the numbers of a table were made: each method with its interval and source.
fn methods(rows: &[Estimate], locale: &Locale) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        let (summary, limits) = summaries(row, locale);
        let interval = match (&row.computed.interval, limits) {
            (Some(interval), Some(limits)) => {
                let level = &locale.level(interval.level);
                let head = locale.say(Message::IntervalHead { level });
                format!("; {head}: {limits}")
            }
            _ => String::new(),
        };
        let (method, source, options) = (row.method, row.source(), options(row, locale));
        let line = format!("{method}: {summary}{options}{interval}. {source}.");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Says what a row's method and its interval are: in English with what a statistician asks next.
fn summaries(row: &Estimate, locale: &Locale) -> (String, Option<String>) {
    let interval = row.computed.interval.as_ref().map(|found| found.method);
    let catalogued = match locale.language {
        Language::English => None,
        Language::Danish => Message::of_method(row.method.name()),
    };
    match catalogued {
        None => (
            row.method.summary().to_owned(),
            interval.map(|interval| interval.summary().to_owned()),
        ),
        Some(method) => {
            let limits = interval.and_then(|interval| Message::of_interval(interval.name()));
            (locale.say(method), limits.map(|words| locale.say(words)))
        }
    }
}

/// Tells what a row's method was given: covariates, strata, clusters, replays.
fn options(row: &Estimate, locale: &Locale) -> String {
    let say = |message: Message| locale.say(message);
    let options = &row.options;
    let mut parts = Vec::new();
    if !options.adjust.is_empty() {
        let covariates = &options.adjust.join(", ");
        parts.push(say(Message::PlannedAdjustment { covariates }));
    }
    if options.weighted {
        parts.push(say(Message::WeightedShort));
    }
    if let Some(outcome) = &options.received {
        parts.push(say(Message::PlannedReceived { outcome }));
    }
    if let Some(se) = options.se {
        let errors = se.name();
        parts.push(say(Message::ErrorsShort { errors }));
    }
    if let Some(strata) = &options.strata {
        parts.push(say(Message::StrataShort { strata }));
    }
    if let Some(cluster) = &options.cluster {
        parts.push(say(Message::ClustersShort { cluster }));
    }
    if let Some(horizon) = options.horizon {
        // As many decimals as it was given with.
        let plain = horizon.to_string();
        let decimals = plain.split_once('.').map_or(0, |(_, after)| after.len());
        let time = &locale.number(horizon, decimals);
        parts.push(say(Message::HorizonShort { time }));
    }
    let begin = |seed: &str| seed.chars().take(12).collect::<String>();
    if let Some(replays) = &options.replays {
        let number = &many(replays.number, locale);
        let statistic = &say(match replays.statistic {
            Statistic::Studentised => Message::StudentisedShort,
            Statistic::Difference => Message::DifferenceShort,
        });
        let seed = &begin(&replays.seed);
        parts.push(match replays.exact {
            true => say(Message::AllDrawsShort { statistic, number }),
            false => say(Message::ReplaysShort {
                statistic,
                number,
                seed,
            }),
        });
    }
    if let Some(resamples) = &options.resamples {
        let number = &many(u64::from(resamples.number), locale);
        let seed = &begin(&resamples.seed);
        parts.push(say(Message::ResamplesShort { number, seed }));
    }
    parts.iter().map(|part| format!(", {part}")).collect()
}

/// Names the rows that a note holds for: by method, outcome and contrast, each only where others
/// of the table differ in it; none where it holds for all.
fn owner(told: &str, of: &[&Estimate], all: &[Estimate], locale: &Locale) -> Option<String> {
    let methods = distinct(of.iter().map(|row| row.method));
    // A note on a method says nothing of the others; its rows are compared among themselves.
    let alike: Vec<&Estimate> = all
        .iter()
        .filter(|row| methods.contains(&row.method))
        .collect();
    let mut parts = Vec::new();
    let others = all.iter().any(|row| !methods.contains(&row.method));
    // A note that says the method in words has no need of its id. What stands in backticks is of
    // the data.
    let said: String = told.split('`').step_by(2).collect();
    let words: Vec<&str> = said.split(|c: char| !c.is_alphanumeric()).collect();
    let said = format!(" {} ", words.join(" ").to_lowercase());
    let named =
        |method: &MethodId| said.contains(&format!(" {} ", method.name().replace('-', " ")));
    if others && !methods.iter().all(named) {
        parts.extend(methods.iter().map(|method| method.name().to_owned()));
    }
    if of.len() < alike.len() {
        parts.push(places(of, &alike, locale));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Names outcomes and contrasts of rows among others, in as few words as tell them.
fn places(of: &[&Estimate], all: &[&Estimate], locale: &Locale) -> String {
    let block = |row: &Estimate| title(row, locale);
    let pairs = distinct(all.iter().map(|row| (&row.arm, &row.reference)));
    // Where all compare the same two arms, the level of a subgroup says it.
    let contrast = |row: &&&Estimate| match &row.subgroup {
        Some(subgroup) if pairs.len() == 1 => match &subgroup.level {
            Some(level) => level.clone(),
            None => locale.say(Message::AllLevels),
        },
        _ => contrast(row, locale),
    };
    let contrasts = |rows: &[&Estimate], title: &str| -> Vec<String> {
        let inside = rows.iter().filter(|row| block(row) == title);
        distinct(inside.map(|row| contrast(&row)))
    };
    let titles = distinct(of.iter().map(|row| block(row)));
    let every = distinct(all.iter().map(|row| block(row)));
    let first = contrasts(of, &titles[0]);
    let same = titles.iter().all(|title| contrasts(of, title) == first);
    if same && titles == every {
        return first.join("; ");
    }
    // A name that two blocks share needs what tells them apart.
    let short = |title: &String| {
        let of_title = of.iter().find(|row| block(row) == *title);
        let name = of_title.and_then(|row| name(row)).unwrap_or_default();
        let shares = all
            .iter()
            .any(|row| block(row) != *title && super::name(row) == Some(name));
        match shares {
            true => title.clone(),
            false => name.to_owned(),
        }
    };
    let named = titles.iter().map(|title| {
        let (some, whole) = (contrasts(of, title), contrasts(all, title));
        match some == whole {
            true => short(title),
            false => format!("{}, {}", short(title), some.join(", ")),
        }
    });
    named.collect::<Vec<_>>().join("; ")
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// Tells of each contrast with missing outcomes whether as many are missing in both arms.
fn missing(rows: &[Estimate], locale: &Locale) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        let (Some(p), Some(counts), None) = (row.missing_p, &row.reference_counts, &row.subgroup)
        else {
            continue;
        };
        let side = |arm: &str, counts: &ArmCounts| {
            let missing = counts.missing as u64;
            let drawn = counts.allocated as u64;
            let of_arm = locale.say(Message::MissingOfArm {
                missing,
                drawn,
                arm,
            });
            let share = counts.missing as f64 / counts.allocated as f64;
            format!("{of_arm} ({})", locale.percent(share, 1))
        };
        let outcome = match name(row) {
            Some(name) => name.to_owned(),
            None => locale.say(Message::TheOutcome),
        };
        let line = locale.say(Message::MissingCompared {
            outcome: &outcome,
            arm: &side(&row.arm, &row.arm_counts),
            reference: &side(row.reference.as_deref().unwrap_or_default(), counts),
            p: &locale.p(p),
        });
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn push_wrapped(text: &mut String, line: &str) {
    for (index, part) in terminal::wrap(line, WIDTH - 2).iter().enumerate() {
        if index > 0 {
            text.push_str("  ");
        }
        text.push_str(&plain_spaces(part));
        text.push('\n');
    }
}

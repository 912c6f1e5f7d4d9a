//! The form of a report that may leave a closed place.
//!
//! Promises: no small count can be read or computed from its tables and figures together, as far
//! as `reads` knows what each number follows from; of words those leave that count nobody. Hides
//! what is put together and what is left out.

use std::collections::BTreeMap;

use super::reads::{Declared, declare};
use super::{Deviation, Drawn, Report, Results, coarse, digits, report};
use crate::report::disclosure::{DisclosureError, Reads, Rule, Step};
use crate::report::document::{Block, Inline};
use crate::report::language::{Leaves, Locale, Message, leaves};
use crate::report::table::{Cell, Column, Table, Value};

/// A report in which no small count can be read or computed.
pub struct Export {
    pub report: Report,
    /// Numbers held back because they are small, and because small ones would follow from them.
    pub held_back: (usize, usize),
    /// Figures left out, by name.
    pub left_out: Vec<String>,
}

/// Lays out what may leave: tables with small counts, and what they follow from, held back;
/// figures only where every number in them may be shown, draws by month and curves of times after
/// what is of few persons was put together. Of words those leave that count nobody, or no more than
/// the numbers beside them.
///
/// Weekly shares and states are left out: week after week they count the same persons as the
/// tables do, and the ways in which one follows from the other are not all known here.
pub fn export(found: &Results, rule: Rule, locale: &Locale) -> Result<Export, DisclosureError> {
    let threshold = rule.threshold;
    for arm in &found.flow.arms {
        // Heads of columns name how many were drawn.
        let drawn = arm.drawn as u64;
        if (1..threshold).contains(&drawn) {
            let arm = arm.arm.clone();
            return Err(DisclosureError::SmallArm {
                arm,
                drawn,
                threshold,
            });
        }
    }
    let mut found = found.clone();
    // Rows whose absent numbers would tell what their notes do.
    let mut silent: Vec<bool> = Vec::new();
    for row in &mut found.rows {
        let notes = &mut row.computed.notes;
        silent.push(notes.iter().any(|note| leaves(note) == Leaves::Neither));
        notes.retain(|note| leaves(note) == Leaves::NoteAndRow);
    }
    for deviation in &mut found.deviations {
        if let Deviation::PlannedNotRun { reason, .. } = deviation {
            *reason = reason
                .take()
                .filter(|reason| leaves(reason) == Leaves::NoteAndRow);
        }
    }
    digits::round(&mut found);
    if let Some(baseline) = &mut found.baseline {
        // One number of all levels could tell the last that is held back.
        baseline.omnibus = None;
    }
    found.threshold = Some(threshold);
    found.missing.clear();
    found.nothing_registered.clear();
    for arm in &mut found.flow.arms {
        arm.withdrawn_by.clear();
        arm.excluded_by.clear();
    }
    let months = coarse::months(&found.recruitment, threshold);
    if let Some((months, _)) = &months {
        found.recruitment = months.clone();
    }
    let mut curves: Vec<(String, Vec<Vec<Step>>)> = Vec::new();
    for times in &mut found.times {
        if let Some((made, steps)) = coarse::times(times, threshold) {
            *times = made;
            curves.push((times.outcome.clone(), steps));
        }
    }
    let mut made = report(&found, locale, Drawn::Pixels);
    let Declared {
        mut counts,
        behind,
        unread,
    } = declare(&found, rule, &silent, &mut made.tables)?;
    // What a figure reads, by its name.
    let mut readings: BTreeMap<String, Reads> = BTreeMap::new();
    if let Some((months, width)) = &months
        && let Some(reads) = counts.months(months, *width, found.flow.drawn)?
    {
        readings.insert("recruitment".to_owned(), reads);
    }
    for (outcome, steps) in &curves {
        let times = found.times.iter().find(|times| times.outcome == *outcome);
        if let Some(times) = times
            && let Some(reads) = counts.curves(times, steps)?
        {
            readings.insert(format!("time-{outcome}"), reads);
        }
    }
    let release = counts.release()?;
    for table in &mut made.tables {
        table.settle();
    }
    let tables: Vec<&Table> = made.tables.iter().collect();
    let others: Vec<Reads> = readings.values().cloned().chain(unread).collect();
    let decision = release.decide(&tables, &others)?;
    let whole = |id: &str| {
        let mut behind = behind.get(id).into_iter().flatten();
        if !behind.all(|reads| decision.shows(reads)) {
            return false;
        }
        let table = made.tables.iter().find(|table| table.id == id);
        table.is_none_or(|table| {
            let mut cells = table.rows().flat_map(|row| &row.cells);
            cells.all(|cell| cell.reads == Reads::Undeclared || decision.shows(&cell.reads))
        })
    };
    let shown = |kind: &str, name: &str| match kind {
        "flow" => whole("flow"),
        "balance" => whole("baseline"),
        "effects" => whole("primary") && whole("secondary"),
        _ => readings
            .get(name)
            .is_some_and(|reads| decision.shows(reads)),
    };
    let mut left_out = Vec::new();
    made.figures.retain(|figure| {
        let shown = shown(figure.kind, &figure.name);
        if !shown {
            left_out.push(figure.name.clone());
        }
        shown
    });
    let kept: Vec<String> = made
        .figures
        .iter()
        .map(|figure| figure.block.id.clone())
        .collect();
    let applied: Vec<Table> = made
        .tables
        .iter()
        .map(|table| {
            let behind = behind.get(&table.id).map_or(&[][..], Vec::as_slice);
            let held_back = behind.iter().map(|reads| !decision.shows(reads));
            without_traces(decision.apply(table), held_back, threshold)
        })
        .collect();
    for block in &mut made.document.blocks {
        match block {
            Block::Table(table) => {
                if let Some(applied) = applied.iter().find(|applied| applied.id == table.id) {
                    *table = applied.clone();
                }
            }
            Block::Figure(figure) if !kept.contains(&figure.id) => {
                let title = &figure.title;
                let why = match figure.id.as_str() {
                    "figure-course" | "figure-states" => {
                        Message::WeeklyFigureLeftOut { title, threshold }
                    }
                    _ => Message::SuppressedFigure { title, threshold },
                };
                *block = Block::Notes(vec![vec![Inline::plain(locale.say(why))]]);
            }
            _ => {}
        }
    }
    let rule = locale.say(Message::DisclosureRule { threshold });
    made.document.blocks.insert(0, Block::paragraph(rule));
    made.tables = applied;
    Ok(Export {
        report: made,
        held_back: decision.extent(),
        left_out,
    })
}

/// Takes away what would tell of a number that is held back: the footnotes of its row, and which of
/// effect, interval and p there were.
fn without_traces(
    mut table: Table,
    held_back: impl Iterator<Item = bool>,
    threshold: u64,
) -> Table {
    let effects = ["effect", "interval", "p", "p_adjusted"];
    let of_effects = |column: &Column| effects.contains(&column.key.as_str());
    let columns: Vec<bool> = table.columns.iter().map(of_effects).collect();
    let rows = table.groups.iter_mut().flat_map(|group| &mut group.rows);
    for (row, _) in rows.zip(held_back).filter(|(_, held_back)| *held_back) {
        row.footnotes.clear();
        for (cell, _) in row.cells.iter_mut().zip(&columns).filter(|(_, of)| **of) {
            *cell = Cell::new(Value::Suppressed { threshold }).reading(Reads::Nothing);
        }
    }
    table
}

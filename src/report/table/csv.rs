//! A table as CSV: for programs, and for a Danish Excel.
//!
//! Both hold the same fields: numbers in full precision, shares as 0 to 1, an interval as two
//! columns, a value in parentheses as a column of its own, and what is missing as nothing, with the
//! reason in the column `notes`. Which columns there are follows from the table, not from what is
//! held back of it. The machine's form has a comma, a point, the keys of columns and no
//! byte order mark; Excel's has a mark, semicolons, decimal commas and the heads of columns.

use super::{Bound, Cell, Form, Row, Table, Unit, Value};
use crate::report::language::{Locale, Message};
use crate::table::row_of;

/// Writes the machine's form: UTF-8, lines ended by a line feed.
pub fn machine(table: &Table) -> String {
    let fields = Fields::of(table);
    let mut head = vec!["group".to_owned(), "row".to_owned()];
    for (column, part) in fields.list() {
        let key = &table.columns[column].key;
        head.push(format!("{key}{}", part.suffix(table, column)));
    }
    head.extend(["source".to_owned(), "notes".to_owned()]);
    let mut text = line(&head, ',', "\n");
    for group in &table.groups {
        for row in &group.rows {
            let mut values = vec![group.label.clone(), row.label.clone()];
            for (column, part) in fields.list() {
                values.push(part.of(&row.cells[column]).map_or(
                    String::new(),
                    |found| match found {
                        Found::Text(text) => text.to_owned(),
                        Found::Number(value, _) => value.to_string(),
                        Found::Count(n) => n.to_string(),
                    },
                ));
            }
            values.push(
                row.source
                    .as_ref()
                    .map_or(String::new(), |source| source.id.clone()),
            );
            values.push(notes(table, row));
            text += &line(&values, ',', "\n");
        }
    }
    text
}

/// Writes the form that a Danish Excel opens by a double click: bytes with a mark, lines ended by
/// carriage return and line feed.
pub fn danish_excel(table: &Table, locale: &Locale) -> Vec<u8> {
    let fields = Fields::of(table);
    let mut head = vec![locale.say(Message::Group), inert(&table.stub)];
    for (column, part) in fields.list() {
        head.push(inert(&part.head(table, column, locale)));
    }
    head.extend([locale.say(Message::Source), locale.say(Message::Notes)]);
    let mut text = String::from('\u{feff}');
    text += &line(&head, ';', "\r\n");
    for group in &table.groups {
        for row in &group.rows {
            let mut values = vec![inert(&group.label), inert(&row.label)];
            for (column, part) in fields.list() {
                values.push(part.of(&row.cells[column]).map_or(
                    String::new(),
                    |found| match found {
                        Found::Text(text) => inert(text),
                        Found::Number(value, _) => value.to_string().replace('.', ","),
                        Found::Count(n) => n.to_string(),
                    },
                ));
            }
            let source = row.source.as_ref();
            values.push(source.map_or(String::new(), |source| inert(&source.label)));
            values.push(inert(&notes(table, row)));
            text += &line(&values, ';', "\r\n");
        }
    }
    text.into_bytes()
}

/// Keeps Excel from reading a text as a formula.
fn inert(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

fn line(values: &[String], separator: char, end: &str) -> String {
    row_of(values, separator) + end
}

/// Returns why values of a row are absent, and what its footnotes say.
fn notes(table: &Table, row: &Row) -> String {
    let mut notes: Vec<String> = Vec::new();
    let texts = |ids: &[super::NoteId]| -> Vec<String> {
        ids.iter()
            .map(|id| table.footnotes[id.index()].clone())
            .collect()
    };
    notes.extend(texts(&row.footnotes));
    for (cell, column) in row.cells.iter().zip(&table.columns) {
        for value in cell.values() {
            match value {
                Value::Missing(reason) => notes.push(format!("{}: {reason}", column.key)),
                Value::Suppressed { threshold } => {
                    notes.push(format!("{}: suppressed, threshold {threshold}", column.key));
                }
                _ => {}
            }
        }
        notes.extend(texts(&cell.footnotes));
    }
    let mut seen = std::collections::BTreeSet::new();
    notes.retain(|note| seen.insert(note.clone()));
    notes.join("; ")
}

/// A number of a cell that has a column of its own in forms for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    Lower,
    Upper,
    Aside,
    AsideLower,
    AsideUpper,
}

pub(crate) enum Found<'a> {
    Text(&'a str),
    Count(u64),
    Number(f64, Option<Form>),
}

impl Part {
    fn suffix(self, table: &Table, column: usize) -> &'static str {
        match self {
            Part::Whole => "",
            Part::Lower => "_lower",
            Part::Upper => "_upper",
            Part::Aside => match Asides::of(table, column) {
                Asides::Shares => "_share",
                Asides::Counts => "_count",
                Asides::Deviations => "_sd",
                Asides::SharesAndDeviations => "_share_or_sd",
            },
            Part::AsideLower => "_aside_lower",
            Part::AsideUpper => "_aside_upper",
        }
    }

    /// Returns the value of a cell that this part shows.
    fn value(self, cell: &Cell) -> Option<&Value> {
        match self {
            Part::Whole | Part::Lower | Part::Upper => Some(&cell.value),
            Part::Aside | Part::AsideLower | Part::AsideUpper => cell.aside.as_ref(),
        }
    }

    /// Returns what stands in this part of a cell.
    pub(crate) fn of(self, cell: &Cell) -> Option<Found<'_>> {
        let ends = matches!(
            self,
            Part::Lower | Part::Upper | Part::AsideLower | Part::AsideUpper
        );
        match (self.value(cell)?, ends) {
            (Value::Text(text), false) => Some(Found::Text(text)),
            (Value::Count(n), false) => Some(Found::Count(*n)),
            (Value::Number(value, form), false) if value.is_finite() => {
                Some(Found::Number(*value, Some(*form)))
            }
            (Value::P(p), false) if p.is_finite() => Some(Found::Number(*p, None)),
            (Value::Interval { lower, upper, form }, true) => {
                let bound = match self {
                    Part::Lower | Part::AsideLower => lower,
                    _ => upper,
                };
                match bound {
                    Bound::At(value) if value.is_finite() => {
                        Some(Found::Number(*value, Some(*form)))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the head of the part's column for people.
    pub(crate) fn head(self, table: &Table, column: usize, locale: &Locale) -> String {
        let mut names: Vec<String> = Vec::new();
        for spans in &table.spans {
            let mut at = 0;
            for span in spans {
                if (at..at + span.columns).contains(&column) && !span.text.is_empty() {
                    names.push(span.text.clone());
                }
                at += span.columns;
            }
        }
        names.push(table.columns[column].label.clone());
        match self {
            Part::Whole => {}
            Part::Lower | Part::AsideLower => names.push(locale.say(Message::Lower)),
            Part::Upper | Part::AsideUpper => names.push(locale.say(Message::Upper)),
            Part::Aside => {
                names.push(locale.say(match Asides::of(table, column) {
                    Asides::Shares => Message::Share0To1,
                    Asides::Counts => Message::CountAside,
                    Asides::Deviations => Message::DeviationAside,
                    Asides::SharesAndDeviations => Message::ShareOrDeviation,
                }));
            }
        }
        names.retain(|name| !name.is_empty());
        names.join(", ")
    }
}

/// What the values in parentheses of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asides {
    Shares,
    Counts,
    /// Standard deviations, the only other numbers that stand in parentheses.
    Deviations,
    SharesAndDeviations,
}

impl Asides {
    pub(crate) fn of(table: &Table, column: usize) -> Asides {
        match &table.columns[column].shape {
            Some(shape) => shape.asides,
            None => Asides::found(table, column),
        }
    }

    fn found(table: &Table, column: usize) -> Asides {
        let asides = || {
            let cells = table.rows().map(|row| &row.cells[column]);
            cells.filter_map(|cell| cell.aside.as_ref())
        };
        let is_share =
            |value: &Value| matches!(value, Value::Number(_, form) if form.unit == Unit::Share);
        let is_count = |value: &Value| matches!(value, Value::Count(_));
        let shares = asides().any(is_share);
        match asides().any(|value| !is_share(value) && !is_count(value)) {
            true if shares => Asides::SharesAndDeviations,
            true => Asides::Deviations,
            false if shares => Asides::Shares,
            false => Asides::Counts,
        }
    }
}

/// What a column has in forms where each number has a column of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    pub parts: Vec<Part>,
    /// What the values in parentheses are.
    pub asides: Asides,
}

impl Shape {
    /// Returns what was said of a column, or what its cells have.
    pub(crate) fn of(table: &Table, column: usize) -> Shape {
        if let Some(shape) = &table.columns[column].shape {
            return shape.clone();
        }
        let cells = || table.rows().map(|row| &row.cells[column]);
        let main = || cells().map(|cell| &cell.value);
        let aside = || cells().filter_map(|cell| cell.aside.as_ref());
        let interval = |value: &Value| matches!(value, Value::Interval { .. });
        let single = |value: &Value| {
            matches!(
                value,
                Value::Text(_) | Value::Count(_) | Value::Number(..) | Value::P(_)
            )
        };
        let mut parts = Vec::new();
        let has_interval = main().any(interval);
        if !has_interval || main().any(single) {
            parts.push(Part::Whole);
        }
        if has_interval {
            parts.extend([Part::Lower, Part::Upper]);
        }
        if aside().any(single) {
            parts.push(Part::Aside);
        }
        if aside().any(interval) {
            parts.extend([Part::AsideLower, Part::AsideUpper]);
        }
        Shape {
            parts,
            asides: Asides::found(table, column),
        }
    }
}

/// The columns that a table needs where each number has one of its own.
pub(crate) struct Fields(Vec<(usize, Part)>);

impl Fields {
    pub(crate) fn of(table: &Table) -> Fields {
        let columns = 0..table.columns.len();
        let parts = columns.flat_map(|column| {
            let parts = Shape::of(table, column).parts.into_iter();
            parts.map(move |part| (column, part))
        });
        Fields(parts.collect())
    }

    pub(crate) fn list(&self) -> impl Iterator<Item = (usize, Part)> + '_ {
        self.0.iter().copied()
    }
}

//! A table as texts in places: what the forms for human readers share.
//!
//! Marks run a, b, c … in the order a reader meets them: heads first, then rows from the left.
//! Letters, because a raised digit behind a number reads as a power.

use super::{Align, NoteId, Table, Value};
use crate::report::language::{Locale, Message};

/// A table ready to be written: every text made, every mark given.
#[derive(Clone, Debug)]
pub struct Laid {
    /// Heads above those of the columns, the stub's column included.
    pub spans: Vec<Vec<(String, usize)>>,
    /// The stub's head, then those of the columns.
    pub heads: Vec<LaidCell>,
    pub rows: Vec<LaidRow>,
    /// Mark and text.
    pub footnotes: Vec<(String, String)>,
    pub notes: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum LaidRow {
    /// A heading over the rows that follow.
    Group(String),
    Cells {
        label: LaidCell,
        depth: u8,
        /// Id and label of the entry on how the numbers were made.
        source: Option<(String, String)>,
        cells: Vec<LaidCell>,
    },
}

#[derive(Clone, Debug)]
pub struct LaidCell {
    pub text: String,
    pub marks: Vec<String>,
    pub align: Align,
    /// Characters before the decimal mark.
    pub before_mark: usize,
}

impl LaidCell {
    /// Returns the marks as one raised text: `a,b`.
    pub fn raised(&self) -> String {
        self.marks.join(",")
    }
}

/// Lays a table out.
pub fn lay(table: &Table, locale: &Locale) -> Laid {
    let mut marks = Marks {
        table,
        given: Vec::new(),
    };
    let mut suppressed = None;
    let mut heads = vec![LaidCell {
        text: table.stub.clone(),
        marks: Vec::new(),
        align: Align::Words,
        before_mark: 0,
    }];
    for column in &table.columns {
        heads.push(LaidCell {
            text: column.label.clone(),
            marks: marks.of(&column.footnotes),
            align: column.align,
            before_mark: 0,
        });
    }
    let mut rows = Vec::new();
    for group in &table.groups {
        if !group.label.is_empty() {
            rows.push(LaidRow::Group(group.label.clone()));
        }
        for row in &group.rows {
            let label = LaidCell {
                text: row.label.clone(),
                marks: marks.of(&row.footnotes),
                align: Align::Words,
                before_mark: 0,
            };
            let mut cells = Vec::new();
            for (cell, column) in row.cells.iter().zip(&table.columns) {
                let text = cell.written(locale);
                let mut given = marks.of(&cell.footnotes);
                for value in cell.values() {
                    match value {
                        Value::Missing(reason) if !reason.is_empty() => {
                            let mark = marks.mark(&sentence(reason));
                            if !given.contains(&mark) {
                                given.push(mark);
                            }
                        }
                        Value::Suppressed { threshold } => suppressed = Some(*threshold),
                        _ => {}
                    }
                }
                cells.push(LaidCell {
                    before_mark: cell.value.before_mark(&text, locale),
                    text,
                    marks: given,
                    align: column.align,
                });
            }
            rows.push(LaidRow::Cells {
                label,
                depth: row.depth,
                source: row.source.as_ref().map(|s| (s.id.clone(), s.label.clone())),
                cells,
            });
        }
    }
    let mut notes = table.notes.clone();
    if let Some(threshold) = suppressed {
        notes.push(locale.say(Message::Suppressed { threshold }));
    }
    let spans = table.spans.iter().map(|row| {
        let spans = row.iter().map(|span| (span.text.clone(), span.columns));
        [(String::new(), 1)].into_iter().chain(spans).collect()
    });
    Laid {
        spans: spans.collect(),
        heads,
        rows,
        footnotes: marks
            .given
            .iter()
            .enumerate()
            .map(|(index, text)| (letters(index), text.clone()))
            .collect(),
        notes,
    }
}

/// Returns how many empty cells behind an indented row's name the name may take the room of.
pub(crate) fn room(depth: u8, cells: &[LaidCell]) -> usize {
    let empty = |cell: &&LaidCell| cell.text.is_empty() && cell.marks.is_empty();
    match depth {
        0 => 0,
        _ => {
            let empty = cells.iter().take_while(empty).count();
            empty.min(cells.len().saturating_sub(1))
        }
    }
}

struct Marks<'a> {
    table: &'a Table,
    /// The texts that have a mark, in the order of their marks.
    given: Vec<String>,
}

impl Marks<'_> {
    fn of(&mut self, notes: &[NoteId]) -> Vec<String> {
        let texts = notes.iter().map(|note| &self.table.footnotes[note.index()]);
        let texts: Vec<String> = texts.cloned().collect();
        texts.iter().map(|text| self.mark(text)).collect()
    }

    fn mark(&mut self, text: &str) -> String {
        let at = self.given.iter().position(|given| given == text);
        letters(at.unwrap_or_else(|| {
            self.given.push(text.to_owned());
            self.given.len() - 1
        }))
    }
}

/// Makes a sentence of a reason, which comes in lower case and without a full stop.
fn sentence(reason: &str) -> String {
    let mut rest = reason.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    let end = match reason.ends_with(['.', '!', '?']) {
        true => "",
        false => ".",
    };
    first.chain(rest.as_str().chars()).collect::<String>() + end
}

/// Returns a, b, … z, aa, ab …
fn letters(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    match index / 26 {
        0 => letter.to_string(),
        more => format!("{}{letter}", letters(more - 1)),
    }
}

//! A table as Markdown: a pipe table with its notes below.

use std::fmt::Write;

use super::{Align, Laid, LaidCell, LaidRow, Table, lay};
use crate::report::language::Locale;

/// Writes a table with its title in bold above and its notes below.
pub fn text(table: &Table, locale: &Locale) -> String {
    let mut laid = lay(table, locale);
    // A table in a file of its own has no section on methods to point to.
    for row in &mut laid.rows {
        if let LaidRow::Cells { source, .. } = row
            && let Some((id, _)) = source
        {
            id.clear();
        }
    }
    body(table, &laid, &format!("**{}**", escaped(&table.title)))
}

/// Writes a table below a given first line.
pub(crate) fn body(table: &Table, laid: &Laid, title: &str) -> String {
    let mut text = format!("{title}\n\n");
    if !table.caption.is_empty() {
        let _ = write!(text, "{}\n\n", escaped(&table.caption));
    }
    // Markdown has one row of heads: spans go before the heads they cover.
    let mut heads: Vec<String> = laid.heads.iter().map(cell).collect();
    for spans in laid.spans.iter().rev() {
        let mut at = 0;
        for (over, columns) in spans {
            for head in &mut heads[at..at + columns] {
                if !over.is_empty() {
                    *head = match head.is_empty() {
                        true => escaped(over),
                        false => format!("{}: {head}", escaped(over)),
                    };
                }
            }
            at += columns;
        }
    }
    let _ = writeln!(text, "| {} |", heads.join(" | "));
    let rules = laid.heads.iter().map(|head| match head.align {
        Align::Words => ":--",
        Align::Numbers => "--:",
    });
    let _ = writeln!(text, "|{}|", rules.collect::<Vec<_>>().join("|"));
    for row in &laid.rows {
        match row {
            LaidRow::Group(name) => {
                let blanks = " |".repeat(laid.heads.len() - 1);
                let _ = writeln!(text, "| **{}** |{blanks}", escaped(name));
            }
            LaidRow::Cells {
                label,
                depth,
                source,
                cells,
            } => {
                // Blanks that Markdown keeps.
                let indent = "\u{2003}".repeat(usize::from(*depth));
                let link = match source {
                    Some((id, label)) if id.is_empty() => format!(" {}", escaped(label)),
                    Some((id, label)) => format!(" [{}](#{id})", escaped(label)),
                    None => String::new(),
                };
                let _ = write!(text, "| {indent}{}{link} |", cell(label));
                for value in cells {
                    let _ = write!(text, " {} |", cell(value));
                }
                text.push('\n');
            }
        }
    }
    if !laid.footnotes.is_empty() || !laid.notes.is_empty() {
        text.push('\n');
    }
    let marked = laid
        .footnotes
        .iter()
        .map(|(mark, note)| format!("<sup>{mark}</sup> {}", escaped(note)));
    let notes = laid.notes.iter().map(|note| escaped(note));
    // Two blanks end a line without ending the paragraph.
    text += &marked.chain(notes).collect::<Vec<_>>().join("  \n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn cell(cell: &LaidCell) -> String {
    match cell.marks.is_empty() {
        true => escaped(&cell.text),
        false => format!("{}<sup>{}</sup>", escaped(&cell.text), cell.raised()),
    }
}

/// Escapes what Markdown or HTML would read as more than a character.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '|' | '[' | ']' | '#' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '\n' | '\r' | '\t' => escaped.push(' '),
            _ => escaped.push(c),
        }
    }
    escaped
}

//! A table for a terminal of 80 columns.
//!
//! Numbers stand with their decimal marks under each other; names and heads wrap. Where the numbers
//! alone are wider than the screen, each row becomes a list. No line is longer than asked. The name
//! of a row ends with its marks and with the method that made its numbers: `Ny indsats [a, b] M1`.

use super::{Align, Laid, LaidCell, LaidRow, Table, lay};
use crate::report::language::{Locale, plain_spaces};

/// Width that texts keep to where nothing else is known.
pub const WIDTH: usize = 80;
const GAP: usize = 2;
/// Below this, names of rows become unreadable.
const NARROWEST: usize = 14;
/// Room before numbers whose row has its name on a line of its own.
const INDENT: usize = 2;

/// Writes a table in lines of at most `width` characters, each ended by a line feed.
pub fn text(table: &Table, locale: &Locale, width: usize) -> String {
    let whole = lay(table, locale);
    // Units in as many letters as there is room for.
    let fitting = Units::ALL.iter().find_map(|units| {
        let laid = units.within(&whole);
        Widths::fit(&laid, width).map(|widths| (laid, widths))
    });
    let mut lines = wrap(&table.title, width);
    if !table.caption.is_empty() {
        lines.extend(wrap(&table.caption, width));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    match &fitting {
        Some((laid, widths)) => columns(laid, widths, &mut lines),
        None => list(&whole, width, &mut lines),
    }
    let laid = whole;
    if !laid.footnotes.is_empty() || !laid.notes.is_empty() {
        lines.push(String::new());
    }
    for (mark, note) in &laid.footnotes {
        hang(&format!("[{mark}] "), note, width, &mut lines);
    }
    for note in &laid.notes {
        lines.extend(wrap(note, width));
    }
    let mut text = String::new();
    for line in lines {
        text += plain_spaces(&line).trim_end();
        text.push('\n');
    }
    text
}

/// How units of cells are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Units {
    /// As in a report: `6,7 pct.`, `+1,3 procentpoint`.
    Whole,
    /// `6,7 pct.`, `+1,3 pct.point`
    Middle,
    /// `6,7 %`, `+1,3 %-point`
    Short,
}

impl Units {
    const ALL: [Units; 3] = [Units::Whole, Units::Middle, Units::Short];

    fn within(self, whole: &Laid) -> Laid {
        let mut laid = whole.clone();
        for row in &mut laid.rows {
            if let LaidRow::Cells { cells, .. } = row {
                for cell in cells {
                    cell.text = self.of(&cell.text);
                }
            }
        }
        if self == Units::Short {
            for head in &mut laid.heads {
                head.text = head.text.replace("Sammenlignet med", "Reference");
            }
        }
        laid
    }

    fn of(self, text: &str) -> String {
        // In English the short word is not mistaken for another.
        let text = text
            .replace("percentage points", "points")
            .replace("percentage\u{a0}points", "points");
        match self {
            Units::Whole => text,
            Units::Middle => text.replace("procentpoint", "pct.point"),
            Units::Short => text.replace("procentpoint", "%-point").replace("pct.", "%"),
        }
    }
}

/// A cell split where columns are aligned, with its marks.
fn halves(cell: &LaidCell) -> (String, String) {
    let mut before: String = cell.text.chars().take(cell.before_mark).collect();
    let mut after: String = cell.text.chars().skip(cell.before_mark).collect();
    let marks = bracketed(cell);
    match after.is_empty() && cell.align == Align::Words {
        true => before += &marks,
        false => after += &marks,
    }
    (before, after)
}

fn bracketed(cell: &LaidCell) -> String {
    match cell.marks.is_empty() {
        true => String::new(),
        false => format!("[{}]", cell.raised()),
    }
}

/// Returns a head that may break wherever a line may end.
fn heading(cell: &LaidCell) -> String {
    let text = cell.text.replace("konfidensinterval", "interval");
    let text = text.replace(".-", ".- ");
    format!("{text}{}", bracketed(cell))
}

/// Returns the name of a row with its marks and its method.
fn named(label: &LaidCell, source: &Option<(String, String)>) -> String {
    let source = source.as_ref().map_or("", |(_, label)| label.as_str());
    let mut text = label.text.clone();
    if !label.marks.is_empty() {
        // Blanks, so that a line may break before and between marks.
        text += &format!(" [{}]", label.marks.join(", "));
    }
    if !source.is_empty() {
        text += &format!(" {source}");
    }
    text
}

/// Where the names of rows stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    Beside,
    OwnLine,
}

struct Widths {
    names: Names,
    label: usize,
    /// Width, and within it that of what stands before the decimal mark.
    columns: Vec<(usize, usize)>,
}

impl Widths {
    /// Finds widths that fit, or none.
    fn fit(laid: &Laid, width: usize) -> Option<Widths> {
        let columns = laid.heads.len() - 1;
        let mut content = vec![(0, 0, 0); columns];
        let mut label = laid.heads[0].text.chars().count();
        for row in &laid.rows {
            match row {
                LaidRow::Group(_) => {}
                LaidRow::Cells {
                    label: name,
                    depth,
                    cells,
                    source,
                } => {
                    let own = named(name, source).chars().count();
                    label = label.max(own + 2 * usize::from(*depth));
                    for (most, cell) in content.iter_mut().zip(cells) {
                        let (before, after) = halves(cell);
                        let (before, after) = (before.chars().count(), after.chars().count());
                        match cell.align {
                            Align::Numbers => {
                                most.0 = most.0.max(before);
                                most.1 = most.1.max(after);
                            }
                            Align::Words => most.2 = most.2.max(before + after),
                        }
                    }
                }
            }
        }
        let mut widths = Vec::new();
        for ((before, after, words), head) in content.into_iter().zip(&laid.heads[1..]) {
            let head = heading(head);
            let word = head.split(' ').map(|word| word.chars().count()).max();
            widths.push((
                (before + after).max(words).max(word.unwrap_or(0)),
                before,
                after,
            ));
        }
        // Heads may be written on fewer lines where there is room.
        let taken: usize = widths.iter().map(|(width, ..)| width + GAP).sum();
        if taken + INDENT > width {
            return None;
        }
        let names = match taken + label.min(NARROWEST) > width {
            true => Names::OwnLine,
            false => Names::Beside,
        };
        let label = match names {
            Names::OwnLine => INDENT,
            Names::Beside => label.min(width - taken),
        };
        let mut spare = (width - taken - label).min(24);
        for ((width, ..), head) in widths.iter_mut().zip(&laid.heads[1..]) {
            let whole = heading(head).chars().count();
            let half = whole.div_ceil(2).max(*width);
            let more = (half - *width).min(spare);
            *width += more;
            spare -= more;
        }
        // Numbers keep to the right end of a column that its head made wider.
        let columns = widths
            .into_iter()
            .map(|(width, before, after)| (width, before.max(width.saturating_sub(after))))
            .collect();
        Some(Widths {
            names,
            label,
            columns,
        })
    }

    fn all(&self) -> usize {
        self.label
            + self
                .columns
                .iter()
                .map(|(width, _)| width + GAP)
                .sum::<usize>()
    }
}

fn columns(laid: &Laid, widths: &Widths, lines: &mut Vec<String>) {
    for spans in &laid.spans {
        let mut line = String::new();
        let mut rule = String::new();
        let mut at = 0;
        for (text, columns) in spans {
            let width = match at {
                0 => widths.label + spanned(widths, 0, columns - 1),
                _ => spanned(widths, at - 1, *columns) - GAP,
            };
            if at > 0 {
                line += &" ".repeat(GAP);
                rule += &" ".repeat(GAP);
            }
            let text: String = text.chars().take(width).collect();
            let blanks = width - text.chars().count();
            line += &" ".repeat(blanks / 2);
            line += &text;
            line += &" ".repeat(blanks - blanks / 2);
            let mark = if text.is_empty() { " " } else { "─" };
            rule += &mark.repeat(width);
            at += columns;
        }
        lines.push(line);
        lines.push(rule);
    }
    let heads: Vec<Vec<String>> = laid
        .heads
        .iter()
        .zip(
            [widths.label]
                .into_iter()
                .chain(widths.columns.iter().map(|(width, _)| *width)),
        )
        .enumerate()
        .map(|(index, (head, width))| match (index, widths.names) {
            (0, Names::OwnLine) => Vec::new(),
            _ => wrap(&heading(head), width),
        })
        .collect();
    let tall = heads.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..tall {
        let mut line = String::new();
        for (index, (head, cell)) in heads.iter().zip(&laid.heads).enumerate() {
            // Heads of several lines stand on the rule below them.
            let skip = tall - head.len();
            let text = row.checked_sub(skip).map_or("", |row| head[row].as_str());
            let width = match index {
                0 => widths.label,
                _ => widths.columns[index - 1].0,
            };
            if index > 0 {
                line += &" ".repeat(GAP);
            }
            line += &aligned(
                text,
                width,
                if index == 0 { Align::Words } else { cell.align },
            );
        }
        lines.push(line);
    }
    lines.push("─".repeat(widths.all()));
    for (index, row) in laid.rows.iter().enumerate() {
        match row {
            LaidRow::Group(name) => {
                if index > 0 {
                    lines.push(String::new());
                }
                lines.extend(wrap(name, widths.all()));
            }
            LaidRow::Cells {
                label,
                depth,
                cells,
                source,
            } => {
                let indent = " ".repeat(2 * usize::from(*depth));
                let values = |line: &mut String| {
                    for (cell, &(width, before)) in cells.iter().zip(&widths.columns) {
                        *line += &" ".repeat(GAP);
                        *line += &placed(cell, width, before);
                    }
                };
                if widths.names == Names::OwnLine {
                    hang(&indent, &named(label, source), widths.all(), lines);
                    let mut line = " ".repeat(widths.label);
                    values(&mut line);
                    lines.push(line);
                    continue;
                }
                let room = widths.label.saturating_sub(indent.len()).max(1);
                let name = wrap(&named(label, source), room);
                let mut first = true;
                let names = if name.is_empty() {
                    vec![String::new()]
                } else {
                    name
                };
                for part in names {
                    let mut line = aligned(&format!("{indent}{part}"), widths.label, Align::Words);
                    if first {
                        values(&mut line);
                    }
                    first = false;
                    lines.push(line);
                }
            }
        }
    }
}

/// Returns the width of `columns` columns from `first`, gaps included.
fn spanned(widths: &Widths, first: usize, columns: usize) -> usize {
    let those = &widths.columns[first..first + columns];
    those.iter().map(|(width, _)| width + GAP).sum()
}

fn placed(cell: &LaidCell, width: usize, before: usize) -> String {
    let (left, right) = halves(cell);
    match cell.align {
        Align::Words => aligned(&(left + &right), width, Align::Words),
        Align::Numbers => {
            let blanks = before.saturating_sub(left.chars().count());
            aligned(
                &format!("{}{left}{right}", " ".repeat(blanks)),
                width,
                Align::Words,
            )
        }
    }
}

fn aligned(text: &str, width: usize, align: Align) -> String {
    let blanks = " ".repeat(width.saturating_sub(text.chars().count()));
    match align {
        Align::Words => format!("{text}{blanks}"),
        Align::Numbers => format!("{blanks}{text}"),
    }
}

/// Writes each row as a list: its name, then a line for each column.
fn list(laid: &Laid, width: usize, lines: &mut Vec<String>) {
    for row in &laid.rows {
        match row {
            LaidRow::Group(name) => {
                lines.extend(wrap(name, width));
            }
            LaidRow::Cells {
                label,
                cells,
                source,
                ..
            } => {
                lines.extend(wrap(&named(label, source), width));
                let mut spans = laid.spans.iter().map(|row| spread(row)).collect::<Vec<_>>();
                for (index, (head, cell)) in laid.heads[1..].iter().zip(cells).enumerate() {
                    if cell.text.is_empty() {
                        continue;
                    }
                    let over = spans.iter_mut().map(|row| row[index + 1].as_str());
                    let names = over
                        .chain([head.text.as_str()])
                        .filter(|name| !name.is_empty());
                    let name = names.collect::<Vec<_>>().join(", ");
                    let value = format!("{}{}", cell.text, bracketed(cell));
                    hang("  ", &format!("{name}: {value}"), width, lines);
                }
            }
        }
    }
}

/// Returns the span above each column.
fn spread(spans: &[(String, usize)]) -> Vec<String> {
    let each = spans
        .iter()
        .map(|(text, columns)| vec![text.clone(); *columns]);
    each.flatten().collect()
}

/// Adds a text behind a mark, further lines below its first word.
fn hang(mark: &str, text: &str, width: usize, lines: &mut Vec<String>) {
    let indent = mark.chars().count();
    for (index, line) in wrap(text, width.saturating_sub(indent).max(1))
        .into_iter()
        .enumerate()
    {
        match index {
            0 => lines.push(format!("{mark}{line}")),
            _ => lines.push(format!("{}{line}", " ".repeat(indent))),
        }
    }
}

/// Breaks a text into lines of at most `width` characters, at blanks, and within a word only where
/// the word alone is longer.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text
        .split([' ', '\n', '\t'])
        .filter(|word| !word.is_empty())
    {
        let mut word: Vec<char> = word.chars().collect();
        if let Some(line) = lines.last_mut()
            && line.chars().count() + 1 + word.len() <= width
        {
            line.push(' ');
            line.extend(word);
            continue;
        }
        while word.len() > width {
            let rest = word.split_off(width.max(1));
            lines.push(word.into_iter().collect());
            word = rest;
        }
        lines.push(word.into_iter().collect());
    }
    lines
}

//! Tables as a workbook: real numbers with formats, a sheet each, then methods and provenance.
//!
//! Every number keeps full precision in its cell; what is shown is its format. Shares are
//! percentages that the reader's program writes in its own way. An interval takes two columns.
//! Marks of footnotes are part of a number's format, so that the number stays a number.

use std::collections::BTreeSet;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::csv::{Asides, Fields, Found, Part};
use super::terminal::wrap;
use super::{Align, Cell, Form, Laid, LaidCell, LaidRow, Sign, Table, Unit, UnitWords, Value, lay};
use crate::period::Date;
use crate::report::language::{Locale, Message, Noun};
use crate::report::package::{PackageError, repack};

/// What a workbook holds beside its tables.
#[derive(Clone, Debug)]
pub struct Matter {
    pub title: String,
    /// Name and text of each method, in the order of their labels.
    pub methods: Vec<(String, String)>,
    /// Name and value of each fact about where the numbers come from.
    pub provenance: Vec<(String, String)>,
    /// The day the document speaks for, from the ledger.
    pub date: Date,
}

#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    #[error("the workbook cannot be written: {0}")]
    Sheet(#[from] XlsxError),
    #[error(transparent)]
    Package(#[from] PackageError),
}

/// Writes a workbook with a sheet for each table, one on methods and one on provenance.
pub fn workbook(
    tables: &[&Table],
    matter: &Matter,
    locale: &Locale,
) -> Result<Vec<u8>, WorkbookError> {
    let mut book = Workbook::new();
    let date = ExcelDateTime::from_ymd(
        matter.date.year().clamp(1900, 9999) as u16,
        matter.date.month() as u8,
        matter.date.day() as u8,
    )?;
    book.set_properties(
        &DocProperties::new()
            .set_title(&matter.title)
            .set_author("klero")
            .set_creation_datetime(&date),
    );
    let mut names = BTreeSet::new();
    for table in tables {
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(&table.id, &mut names))?;
        write(sheet, table, locale)?;
    }
    for (title, rows) in [
        (Message::Methods, &matter.methods),
        (Message::Provenance, &matter.provenance),
    ] {
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(&locale.say(title), &mut names))?;
        pairs(sheet, &locale.say(title), rows)?;
    }
    Ok(repack(&book.save_to_buffer()?)?)
}

/// Returns a name that Excel takes, at most 31 characters and not used before.
fn sheet_name(wanted: &str, used: &mut BTreeSet<String>) -> String {
    let clean: String = wanted
        .chars()
        .map(|c| if "[]:*?/\\'".contains(c) { '-' } else { c })
        .take(31)
        .collect();
    let clean = if clean.is_empty() {
        "-".to_owned()
    } else {
        clean
    };
    let mut name = clean.clone();
    let mut count = 1;
    while !used.insert(name.to_lowercase()) {
        count += 1;
        let end = format!("-{count}");
        name = clean.chars().take(31 - end.len()).collect::<String>() + &end;
    }
    name
}

fn base() -> Format {
    Format::new().set_font_name("Calibri").set_font_size(11)
}

fn pairs(sheet: &mut Worksheet, title: &str, rows: &[(String, String)]) -> Result<(), XlsxError> {
    let wrapped = base().set_text_wrap().set_align(FormatAlign::Top);
    sheet.write_string_with_format(0, 0, title, &base().set_bold().set_font_size(14))?;
    for (index, (name, text)) in rows.iter().enumerate() {
        let row = index as u32 + 2;
        sheet.write_string_with_format(row, 0, name, &wrapped.clone().set_bold())?;
        sheet.write_string_with_format(row, 1, text, &wrapped)?;
    }
    sheet.set_column_width(0, 28)?;
    sheet.set_column_width(1, 90)?;
    Ok(())
}

fn write(sheet: &mut Worksheet, table: &Table, locale: &Locale) -> Result<(), XlsxError> {
    let laid = lay(table, locale);
    let fields: Vec<(usize, Part)> = Fields::of(table).list().collect();
    let sourced = table.rows().any(|row| row.source.is_some());
    let last = fields.len() as u16 + u16::from(sourced);
    let plain = base();
    let note = base().set_font_size(9);
    sheet.write_string_with_format(0, 0, &table.title, &base().set_bold().set_font_size(14))?;
    sheet.write_string_with_format(1, 0, &table.caption, &plain)?;
    let mut row = 3;
    for spans in &table.spans {
        let mut at = 0;
        for span in spans {
            let covered = |&(column, _): &(usize, Part)| (at..at + span.columns).contains(&column);
            let first = fields.iter().position(covered);
            let until = fields.iter().rposition(covered);
            if let (Some(first), Some(until), false) = (first, until, span.text.is_empty()) {
                let format = base()
                    .set_bold()
                    .set_align(FormatAlign::Center)
                    .set_border_bottom(FormatBorder::Thin);
                let (first, until) = (first as u16 + 1, until as u16 + 1);
                match first == until {
                    true => sheet.write_string_with_format(row, first, &span.text, &format)?,
                    false => sheet.merge_range(row, first, row, until, &span.text, &format)?,
                };
            }
            at += span.columns;
        }
        row += 1;
    }
    let head = base()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Bottom)
        .set_border_top(FormatBorder::Thin)
        .set_border_bottom(FormatBorder::Thin);
    sheet.write_string_with_format(row, 0, &table.stub, &head)?;
    let mut widths = vec![table.stub.chars().count().max(12)];
    for (index, &(column, part)) in fields.iter().enumerate() {
        let text = label(table, &laid, column, part, locale);
        let format = match table.columns[column].align {
            Align::Words => head.clone(),
            Align::Numbers => head.clone().set_align(FormatAlign::Right),
        };
        sheet.write_string_with_format(row, index as u16 + 1, &text, &format)?;
        let word = text.split(' ').map(|word| word.chars().count()).max();
        widths.push(
            word.unwrap_or(0)
                .max(text.chars().count().div_ceil(2))
                .max(8),
        );
    }
    if sourced {
        let text = locale.say(Message::Method);
        sheet.write_string_with_format(row, last, &text, &head)?;
        widths.push(text.chars().count().max(8));
    }
    let heads = row;
    row += 1;
    sheet.set_freeze_panes(row, 1)?;
    sheet.set_repeat_rows(row - 1, row - 1)?;
    let mut rows = table.rows();
    let mut labels = Vec::new();
    for line in &laid.rows {
        match line {
            LaidRow::Group(name) => {
                sheet.write_string_with_format(row, 0, name, &base().set_bold())?;
            }
            LaidRow::Cells {
                label,
                depth,
                source,
                cells,
            } => {
                let typed = rows.next().expect("a row was laid for each of the table");
                let text = marked(label);
                let indented = base().set_indent(*depth).set_text_wrap();
                sheet.write_string_with_format(row, 0, &text, &indented)?;
                labels.push((row, text.clone()));
                widths[0] = widths[0].max(text.chars().count() + 2 * usize::from(*depth));
                for (index, &(column, part)) in fields.iter().enumerate() {
                    let shown = put(
                        sheet,
                        (row, index as u16 + 1),
                        &typed.cells[column],
                        &cells[column],
                        part,
                        locale,
                    )?;
                    widths[index + 1] = widths[index + 1].max(shown);
                }
                if let Some((_, label)) = source {
                    sheet.write_string_with_format(row, last, label, &plain)?;
                }
            }
        }
        row += 1;
    }
    for column in 0..=last {
        let line = base().set_border_top(FormatBorder::Thin);
        sheet.write_blank(row, column, &line)?;
    }
    row += 1;
    for (mark, text) in &laid.footnotes {
        sheet.write_string_with_format(row, 0, format!("{} {text}", raised(mark)), &note)?;
        row += 1;
    }
    for text in &laid.notes {
        sheet.write_string_with_format(row, 0, text, &note)?;
        row += 1;
    }
    for (column, width) in widths.iter_mut().enumerate() {
        *width = (*width).min(if column == 0 { 48 } else { 40 });
        sheet.set_column_width(column as u16, *width as f64 + 1.5)?;
    }
    // Not every program makes a row as high as its wrapped text.
    let tall = fields
        .iter()
        .zip(&widths[1..])
        .map(|(&(column, part), width)| {
            wrap(&label(table, &laid, column, part, locale), *width).len()
        })
        .max();
    sheet.set_row_height(heads, 15.0 * tall.unwrap_or(1).max(1) as f64)?;
    for (at, lines) in labels {
        let lines = wrap(&lines, widths[0]).len();
        if lines > 1 {
            sheet.set_row_height(at, 15.0 * lines as f64)?;
        }
    }
    sheet.set_landscape();
    sheet.set_paper_size(9);
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

/// Returns the head of a field, with the unit that its numbers are in and the marks of its column.
fn label(table: &Table, laid: &Laid, column: usize, part: Part, locale: &Locale) -> String {
    let own = &laid.heads[column + 1];
    let name = &table.columns[column].label;
    let words = match part {
        Part::Whole => name.clone(),
        Part::Aside => {
            let aside = locale.say(match Asides::of(table, column) {
                Asides::Shares => Message::ShareAside,
                Asides::Counts => Message::CountAside,
                Asides::Deviations => Message::DeviationAside,
                Asides::SharesAndDeviations => Message::ShareOrDeviation,
            });
            format!("{name}, {aside}")
        }
        Part::Lower | Part::AsideLower => format!("{name}, {}", locale.say(Message::Lower)),
        Part::Upper | Part::AsideUpper => format!("{name}, {}", locale.say(Message::Upper)),
    };
    match own.marks.is_empty() {
        true => words,
        false => format!("{words} {}", raised(&own.raised())),
    }
}

/// Writes a part of a cell; returns how many characters it takes.
fn put(
    sheet: &mut Worksheet,
    at: (u32, u16),
    cell: &Cell,
    laid: &LaidCell,
    part: Part,
    locale: &Locale,
) -> Result<usize, XlsxError> {
    let marks = match part {
        Part::Whole | Part::Lower => raised(&laid.raised()),
        _ => String::new(),
    };
    let right = base().set_align(FormatAlign::Right);
    match part.of(cell) {
        Some(Found::Text(text)) => {
            let format = base().set_text_wrap();
            sheet.write_string_with_format(at.0, at.1, format!("{text}{marks}"), &format)?;
            Ok(text.chars().count())
        }
        Some(Found::Count(n)) => {
            let format = right.set_num_format(quoted("#,##0", &marks));
            sheet.write_number_with_format(at.0, at.1, n as f64, &format)?;
            Ok(n.to_string().len() + 2)
        }
        Some(Found::Number(value, Some(form))) => {
            let ends = !matches!(part, Part::Whole | Part::Aside);
            let (stored, code) = coded(form, value, ends, &marks, locale);
            let format = right.set_num_format(code);
            sheet.write_number_with_format(at.0, at.1, stored, &format)?;
            Ok(form.text(value, locale).chars().count())
        }
        Some(Found::Number(p, None)) => {
            let below = locale.p(0.0);
            let code = format!(
                "[<0.001]\"{below}{marks}\";[<0.0995]0.000{0};0.00{0}",
                suffix(&marks)
            );
            sheet.write_number_with_format(at.0, at.1, p, &right.set_num_format(code))?;
            Ok(6)
        }
        None => {
            let whole = matches!(part, Part::Whole | Part::Lower | Part::Upper);
            let value = match whole {
                true => Some(&cell.value),
                false => cell.aside.as_ref(),
            };
            let text = match value {
                Some(Value::Interval { .. }) => match part {
                    Part::Lower | Part::AsideLower => "−∞".to_owned(),
                    Part::Upper | Part::AsideUpper => "∞".to_owned(),
                    _ => String::new(),
                },
                Some(
                    value @ (Value::Missing(_) | Value::Suppressed { .. } | Value::Number(..)),
                ) => value.written(locale),
                _ => String::new(),
            };
            if !text.is_empty() {
                sheet.write_string_with_format(at.0, at.1, format!("{text}{marks}"), &right)?;
            }
            Ok(text.chars().count())
        }
    }
}

/// Returns the number to store and its format; a share stays a share, a difference of shares is
/// stored in points, because no format multiplies by 100 without a percent sign.
fn coded(form: Form, value: f64, end: bool, marks: &str, locale: &Locale) -> (f64, String) {
    let digits = match form.decimals {
        0 => "#,##0".to_owned(),
        some => format!("#,##0.{}", "0".repeat(some)),
    };
    let (stored, unit) = match form.unit {
        Unit::Share => (value, "%".to_owned()),
        Unit::Relative => (value - 1.0, "%".to_owned()),
        Unit::Points => (form.shown(value), words(Noun::Point, form, end, locale)),
        Unit::Of(thing) => (value, words(thing, form, end, locale)),
        Unit::None | Unit::Ratio => (value, String::new()),
    };
    // Two quoted texts beside each other become one.
    let one = format!("{digits}{unit}{}", suffix(marks)).replace("\"\"", "");
    let always = form.sign == Sign::Always && !end || form.unit == Unit::Relative;
    let code = match always {
        true => format!("+{one};-{one};{one}"),
        false => one,
    };
    (stored, code)
}

fn words(thing: Noun, form: Form, end: bool, locale: &Locale) -> String {
    match end || form.unit_words == UnitWords::InHead {
        true => String::new(),
        false => format!("\" {}\"", thing.form(locale.language, false)),
    }
}

fn quoted(code: &str, marks: &str) -> String {
    format!("{code}{}", suffix(marks))
}

fn suffix(marks: &str) -> String {
    match marks.is_empty() {
        true => String::new(),
        false => format!("\"{marks}\""),
    }
}

fn marked(cell: &LaidCell) -> String {
    match cell.marks.is_empty() {
        true => cell.text.clone(),
        false => format!("{}{}", cell.text, raised(&cell.raised())),
    }
}

/// Writes letters raised, where a text cannot be.
fn raised(marks: &str) -> String {
    const RAISED: [char; 26] = [
        'ᵃ', 'ᵇ', 'ᶜ', 'ᵈ', 'ᵉ', 'ᶠ', 'ᵍ', 'ʰ', 'ⁱ', 'ʲ', 'ᵏ', 'ˡ', 'ᵐ', 'ⁿ', 'ᵒ', 'ᵖ', 'q', 'ʳ',
        'ˢ', 'ᵗ', 'ᵘ', 'ᵛ', 'ʷ', 'ˣ', 'ʸ', 'ᶻ',
    ];
    let raise = |c: char| match c {
        'a'..='z' => RAISED[c as usize - 'a' as usize],
        ',' => '˒',
        other => other,
    };
    marks.chars().map(raise).collect()
}

//! A table as an HTML fragment: caption, heads with their scope, notes in the foot.

use std::fmt::Write;

use super::{Align, Laid, LaidCell, LaidRow, Table, lay, room};
use crate::report::language::Locale;
use crate::report::markup::escaped;

/// Letters that fit beside each other on a page upright, in the print of tables.
const UPRIGHT: usize = 112;
/// Letters of a head's word that are kept together on paper.
const KEPT: usize = 10;
/// Letters that the space between two columns takes.
const GAP: usize = 2;
/// Letters below which names of rows become unreadable.
const NAME: usize = 14;

/// Writes a table as a fragment that stands on its own, its title as caption.
pub fn fragment(table: &Table, locale: &Locale) -> String {
    numbered(table, &lay(table, locale), "", locale)
}

/// Returns the letters of a line of a table when heads are broken and numbers not.
fn narrowest(laid: &Laid) -> usize {
    let word = |text: &str| text.split(' ').map(|word| word.chars().count()).max();
    let mut widths: Vec<usize> = laid
        .heads
        .iter()
        .map(|head| word(&head.text).unwrap_or(0).min(KEPT))
        .collect();
    widths[0] = widths[0].max(NAME);
    for row in &laid.rows {
        let LaidRow::Cells { cells, .. } = row else {
            continue;
        };
        for (width, cell) in widths[1..].iter_mut().zip(cells) {
            let own = match cell.align {
                Align::Numbers => cell.text.chars().count(),
                Align::Words => word(&cell.text).unwrap_or(0),
            };
            *width = (*width).max(own);
        }
    }
    widths.iter().map(|width| width + GAP).sum()
}

/// Writes a table with a number before its title: `Table 1`.
pub(crate) fn numbered(table: &Table, laid: &Laid, number: &str, locale: &Locale) -> String {
    let id = escaped(&table.id);
    let columns = laid.heads.len();
    // On paper, wide ones lie on their side.
    let kind = if narrowest(laid) > UPRIGHT {
        "table wide"
    } else {
        "table"
    };
    let mut html = String::new();
    let _ = writeln!(
        html,
        "<div class=\"{kind}\" id=\"{id}\" role=\"region\" tabindex=\"0\" \
         aria-labelledby=\"{id}-title\">\n<table aria-describedby=\"{id}-alt\">"
    );
    let number = match number.is_empty() {
        true => String::new(),
        false => format!("<span class=\"number\">{}.</span> ", escaped(number)),
    };
    let _ = write!(
        html,
        "<caption><span class=\"title\" id=\"{id}-title\">{number}{}{}</span>",
        escaped(&table.title),
        if table.caption.is_empty() { "" } else { "." }
    );
    if !table.caption.is_empty() {
        let _ = write!(
            html,
            " <span class=\"text\">{}</span>",
            escaped(&table.caption)
        );
    }
    let _ = writeln!(
        html,
        "<span class=\"unseen\" id=\"{id}-alt\">{}</span></caption>\n<thead>",
        escaped(&table.alternative_text(locale))
    );
    for spans in &laid.spans {
        html += "<tr>";
        for (text, columns) in spans {
            let width = match columns {
                1 => String::new(),
                _ => format!(" colspan=\"{columns}\""),
            };
            let _ = match text.is_empty() {
                true => write!(html, "<td{width}></td>"),
                false => write!(html, "<th scope=\"colgroup\"{width}>{}</th>", escaped(text)),
            };
        }
        html += "</tr>\n";
    }
    html += "<tr>";
    for head in &laid.heads {
        let _ = match head.text.is_empty() {
            true => write!(html, "<td></td>"),
            false => write!(
                html,
                "<th scope=\"col\"{}>{}</th>",
                class(head.align),
                cell(head)
            ),
        };
    }
    html += "</tr>\n</thead>\n";
    let mut open = false;
    for row in &laid.rows {
        if !open || matches!(row, LaidRow::Group(_)) {
            html += if open {
                "</tbody>\n<tbody>\n"
            } else {
                "<tbody>\n"
            };
            open = true;
        }
        match row {
            LaidRow::Group(name) => {
                let _ = writeln!(
                    html,
                    "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"{columns}\">{}</th></tr>",
                    escaped(name)
                );
            }
            LaidRow::Cells {
                label,
                depth,
                source,
                cells,
            } => {
                let depth_of = *depth;
                let depth = match depth {
                    0 => String::new(),
                    depth => format!(" class=\"depth{}\"", depth.min(&3)),
                };
                let link = match source {
                    Some((id, label)) => format!(
                        " <a class=\"source\" href=\"#{}\">{}</a>",
                        escaped(id),
                        escaped(label)
                    ),
                    None => String::new(),
                };
                let room = room(depth_of, cells);
                let width = match room {
                    0 => String::new(),
                    room => format!(" colspan=\"{}\"", room + 1),
                };
                let _ = write!(
                    html,
                    "<tr><th scope=\"row\"{depth}{width}>{}{link}</th>",
                    cell(label)
                );
                for value in &cells[room..] {
                    let _ = write!(html, "<td{}>{}</td>", class(value.align), cell(value));
                }
                html += "</tr>\n";
            }
        }
    }
    if open {
        html += "</tbody>\n";
    }
    if !laid.footnotes.is_empty() || !laid.notes.is_empty() {
        let _ = write!(html, "<tfoot><tr><td colspan=\"{columns}\">");
        for (mark, note) in &laid.footnotes {
            let _ = write!(
                html,
                "<p class=\"note\"><sup>{mark}</sup> {}</p>",
                escaped(note)
            );
        }
        for note in &laid.notes {
            let _ = write!(html, "<p class=\"note\">{}</p>", escaped(note));
        }
        html += "</td></tr></tfoot>\n";
    }
    html += "</table>\n</div>\n";
    html
}

fn class(align: Align) -> &'static str {
    match align {
        Align::Words => "",
        Align::Numbers => " class=\"n\"",
    }
}

fn cell(cell: &LaidCell) -> String {
    match cell.marks.is_empty() {
        true => escaped(&cell.text),
        false => format!("{}<sup>{}</sup>", escaped(&cell.text), cell.raised()),
    }
}

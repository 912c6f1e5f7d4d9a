//! A table as LaTeX, for `booktabs`; no other package is needed.

use std::fmt::Write;

use super::{Align, LaidCell, LaidRow, Table, lay};
use crate::report::language::Locale;

/// Names of rows up to this many characters stay on a line.
const LONG_LABEL: usize = 36;

/// Writes a floating table, labelled `tab:` and the table's id.
///
/// Numbers are text in right-aligned columns, so that `<0,001` and `[2,1; 15,9]` need no column
/// type of their own.
pub fn text(table: &Table, locale: &Locale) -> String {
    let laid = lay(table, locale);
    let mut tex = String::from("\\begin{table}[htbp]\n\\centering\n");
    let _ = writeln!(
        tex,
        "\\caption[{}]{{{}{}}}",
        braced(&escaped(&table.title)),
        escaped(&table.title),
        match table.caption.is_empty() {
            true => String::new(),
            false => format!(". {}", escaped(&table.caption)),
        }
    );
    let _ = writeln!(tex, "\\label{{tab:{}}}", table.id);
    let long = table
        .rows()
        .any(|row| row.label.chars().count() > LONG_LABEL);
    let values = laid.heads[1..].iter().map(|head| match head.align {
        Align::Words => 'l',
        Align::Numbers => 'r',
    });
    // Long names of rows wrap.
    let stub = if long { "p{0.3\\linewidth}" } else { "l" };
    let columns: String = stub.chars().chain(values).collect();
    let _ = writeln!(tex, "\\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n\\toprule");
    for spans in &laid.spans {
        let mut cells = Vec::new();
        let mut rules = String::new();
        let mut at = 1;
        for (text, columns) in spans {
            if text.is_empty() {
                cells.extend(vec![String::new(); *columns]);
            } else {
                cells.push(format!(
                    "\\multicolumn{{{columns}}}{{c}}{{{}}}",
                    escaped(text)
                ));
                let _ = write!(rules, "\\cmidrule(lr){{{at}-{}}}", at + columns - 1);
            }
            at += columns;
        }
        let _ = writeln!(tex, "{} \\\\\n{rules}", cells.join(" & "));
    }
    let heads: Vec<String> = laid.heads.iter().map(cell).collect();
    let _ = writeln!(tex, "{} \\\\\n\\midrule", heads.join(" & "));
    for (index, row) in laid.rows.iter().enumerate() {
        match row {
            LaidRow::Group(name) => {
                if index > 0 {
                    tex += "\\addlinespace\n";
                }
                let all = laid.heads.len();
                let _ = writeln!(
                    tex,
                    "\\multicolumn{{{all}}}{{@{{}}l}}{{\\textit{{{}}}}} \\\\",
                    escaped(name)
                );
            }
            LaidRow::Cells {
                label,
                depth,
                cells,
                ..
            } => {
                let indent = "\\quad ".repeat(usize::from(*depth));
                let values = cells.iter().map(cell);
                let all: Vec<String> = [format!("{indent}{}", cell(label))]
                    .into_iter()
                    .chain(values)
                    .collect();
                let _ = writeln!(tex, "{} \\\\", all.join(" & "));
            }
        }
    }
    tex += "\\bottomrule\n\\end{tabular}\n";
    if !laid.footnotes.is_empty() || !laid.notes.is_empty() {
        tex += "\n\\medskip\n\\begin{minipage}{\\linewidth}\\footnotesize\n";
        for (mark, note) in &laid.footnotes {
            let _ = writeln!(tex, "\\textsuperscript{{{mark}}} {}\\par", escaped(note));
        }
        for note in &laid.notes {
            let _ = writeln!(tex, "{}\\par", escaped(note));
        }
        tex += "\\end{minipage}\n";
    }
    tex += "\\end{table}\n";
    tex
}

fn cell(cell: &LaidCell) -> String {
    match cell.marks.is_empty() {
        true => escaped(&cell.text),
        false => format!(
            "{}\\textsuperscript{{{}}}",
            escaped(&cell.text),
            cell.raised()
        ),
    }
}

/// Hides brackets inside an optional argument.
fn braced(text: &str) -> String {
    match text.contains(['[', ']']) {
        true => format!("{{{text}}}"),
        false => text.to_owned(),
    }
}

/// Escapes a text; works in every font encoding, with pdfLaTeX (UTF-8) and newer engines.
pub fn escaped(text: &str) -> String {
    let mut tex = String::new();
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                tex.push('\\');
                tex.push(c);
            }
            '\\' => tex += "\\textbackslash{}",
            '~' => tex += "\\textasciitilde{}",
            '^' => tex += "\\textasciicircum{}",
            '<' => tex += "\\textless{}",
            '>' => tex += "\\textgreater{}",
            '|' => tex += "\\textbar{}",
            // A bracket behind `\\` would be read as its argument.
            '[' => tex += "{[}",
            ']' => tex += "{]}",
            '"' => tex += "{\\char34}",
            '\u{2212}' => tex += "$-$",
            '∞' => tex += "$\\infty$",
            '×' => tex += "$\\times$",
            '≤' => tex += "$\\leq$",
            '≥' => tex += "$\\geq$",
            '≈' => tex += "$\\approx$",
            '→' => tex += "$\\rightarrow$",
            '²' => tex += "\\textsuperscript{2}",
            '–' => tex += "--",
            '—' => tex += "---",
            '…' => tex += "\\ldots{}",
            '’' => tex.push('\''),
            '“' => tex += "``",
            '”' => tex += "''",
            '\u{a0}' => tex.push('~'),
            '\u{202f}' | '\u{2009}' => tex += "\\,",
            '\n' | '\r' | '\t' => tex.push(' '),
            _ => tex.push(c),
        }
    }
    tex
}

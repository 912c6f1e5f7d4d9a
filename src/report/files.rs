//! The files of a report that is laid out: documents, tables and figures.

use std::path::{Path, PathBuf};

use super::document::Document;
use super::figure::{self, font_face_css};
use super::language::Locale;
use super::page::page;
use super::study::Report;
use super::table::xlsx::WorkbookError;
use super::table::{csv, latex, markdown, xlsx};
use super::word::docx;
use crate::table::row_of;

/// Returns every file of a report by its place in the folder.
pub fn files(made: &Report, locale: &Locale) -> Result<Vec<(PathBuf, Vec<u8>)>, WorkbookError> {
    let document = &made.document;
    let mut files: Vec<(PathBuf, Vec<u8>)> = vec![
        (
            "report.html".into(),
            page(document, locale, &font_face_css()).into_bytes(),
        ),
        ("report.docx".into(), docx(document, locale)?),
        (
            "report.md".into(),
            markdown_of(document, locale).into_bytes(),
        ),
    ];
    let tables: Vec<_> = made.tables.iter().collect();
    let matter = xlsx::Matter {
        title: document.title.clone(),
        methods: made.methods.clone(),
        provenance: made.provenance.clone(),
        date: document.date,
    };
    files.push((
        "tables.xlsx".into(),
        xlsx::workbook(&tables, &matter, locale)?,
    ));
    for table in tables {
        let place = |end: &str| Path::new("tables").join(format!("{}.{end}", table.id));
        files.push((place("csv"), csv::machine(table).into_bytes()));
        files.push((place("excel.csv"), csv::danish_excel(table, locale)));
        files.push((place("md"), markdown::text(table, locale).into_bytes()));
        files.push((place("tex"), latex::text(table, locale).into_bytes()));
    }
    for figure in &made.figures {
        let place = |end: &str| Path::new("figures").join(format!("{}.{end}", figure.name));
        files.push((place("svg"), figure.svg.clone().into_bytes()));
        if !figure.block.png.is_empty() {
            files.push((place("png"), figure.block.png.clone()));
        }
        files.push((place("csv"), data(&figure.data).into_bytes()));
    }
    Ok(files)
}

/// Writes the document as Markdown, its figures being the files of the folder.
fn markdown_of(document: &Document, locale: &Locale) -> String {
    document.markdown(locale).replace("](figure-", "](figures/")
}

/// Writes the table behind a figure.
fn data(data: &figure::FigureData) -> String {
    let mut text = row_of(&data.header, ',') + "\n";
    for row in &data.rows {
        let cells = row.iter().map(|cell| match cell {
            figure::Cell::Text(text) => text.clone(),
            figure::Cell::Count(count) => count.to_string(),
            figure::Cell::Number(number) => number.to_string(),
            figure::Cell::Missing => String::new(),
            figure::Cell::Withheld => "..".to_owned(),
        });
        let cells: Vec<String> = cells.collect();
        text += &row_of(&cells, ',');
        text.push('\n');
    }
    text
}

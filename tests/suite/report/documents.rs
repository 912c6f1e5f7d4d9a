//! One document in every form.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use klero::protocol::Language;
use klero::report::document::{Block, Contents, Document};
use klero::report::language::Locale;
use klero::report::page::page;
use klero::report::table::xlsx::{Matter, workbook};
use klero::report::table::{Cell, Column, Row, Table};
use klero::report::word::docx;

use super::sample::{DA, EN, baseline, document, effects, wide};

fn parts(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut part = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).unwrap();
            (part.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

fn text(parts: &[(String, Vec<u8>)], name: &str) -> String {
    let part = parts.iter().find(|part| part.0 == name);
    String::from_utf8(part.unwrap_or_else(|| panic!("no {name}")).1.clone()).unwrap()
}

/// Checks that every element that opens closes, in order; returns how often each occurs.
fn well_formed(xml: &str) -> Vec<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut seen = Vec::new();
    for (at, _) in xml.match_indices('<') {
        let rest = &xml[at + 1..];
        let tag = &rest[..rest.find('>').expect("a tag ends")];
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        seen.push(name.to_owned());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

fn book(locale: &Locale) -> Vec<u8> {
    let (first, second, third) = (effects(locale), baseline(locale), wide());
    let matter = Matter {
        title: "T".to_owned(),
        methods: vec![("M1".to_owned(), "Miettinen & Nurminen 1985".to_owned())],
        provenance: vec![("sha256".to_owned(), "9f86".to_owned())],
        date: document(locale).date,
    };
    workbook(&[&first, &second, &third], &matter, locale).unwrap()
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    for locale in [DA, EN] {
        assert_eq!(
            docx(&document(&locale), &locale).unwrap(),
            docx(&document(&locale), &locale).unwrap()
        );
        assert_eq!(book(&locale), book(&locale));
        assert_eq!(
            page(&document(&locale), &locale, ""),
            page(&document(&locale), &locale, "")
        );
    }
}

#[test]
fn archives_tell_neither_the_hour_nor_the_machine() {
    for bytes in [docx(&document(&DA), &DA).unwrap(), book(&DA)] {
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes[..])).unwrap();
        for index in 0..archive.len() {
            let part = archive.by_index(index).unwrap();
            assert_eq!(part.last_modified(), Some(zip::DateTime::default()));
            assert_eq!(part.unix_mode().map(|mode| mode & 0o777), Some(0o644));
        }
    }
    let core = text(&parts(&book(&DA)), "docProps/core.xml");
    assert!(core.contains("2021-04-09T00:00:00Z"), "{core}");
}

#[test]
fn every_part_of_a_docx_is_declared_well_formed_and_there() {
    let parts = parts(&docx(&document(&DA), &DA).unwrap());
    let names: BTreeSet<String> = parts.iter().map(|part| part.0.clone()).collect();
    for (name, bytes) in &parts {
        if name.ends_with(".xml") || name.ends_with(".rels") {
            well_formed(std::str::from_utf8(bytes).unwrap());
        }
    }
    let types = text(&parts, "[Content_Types].xml");
    for declared in types.split("PartName=\"/").skip(1) {
        let name = &declared[..declared.find('"').unwrap()];
        assert!(names.contains(name), "{name} is declared and absent");
    }
    let relations = text(&parts, "word/_rels/document.xml.rels");
    let main = text(&parts, "word/document.xml");
    for relation in relations
        .split("<Relationship ")
        .skip(1)
        .filter(|r| !r.contains("External"))
    {
        let target = relation.split("Target=\"").nth(1).unwrap();
        let target = &target[..target.find('"').unwrap()];
        assert!(
            names.contains(&format!("word/{target}")),
            "{target} is related and absent"
        );
    }
    for used in main
        .split("r:id=\"")
        .skip(1)
        .chain(main.split("r:embed=\"").skip(1))
    {
        let id = &used[..used.find('"').unwrap()];
        assert!(
            relations.contains(&format!("Id=\"{id}\"")),
            "{id} is used and not related"
        );
    }
    // Notes are paragraphs, so that no part for them is needed.
    assert!(!names.iter().any(|name| name.contains("footnotes")));
}

#[test]
fn tables_in_word_have_marked_heads_widths_and_an_alternative() {
    let main = text(
        &parts(&docx(&document(&DA), &DA).unwrap()),
        "word/document.xml",
    );
    let tables: Vec<&str> = main.split("<w:tbl>").skip(1).collect();
    assert_eq!(tables.len(), 3);
    for table in tables {
        let table = &table[..table.find("</w:tbl>").unwrap()];
        assert!(table.contains("<w:tblHeader/>"));
        assert!(
            table.contains("<w:tblCaption w:val=") && table.contains("<w:tblDescription w:val=")
        );
        let grid: u32 = table
            .split("<w:gridCol w:w=\"")
            .skip(1)
            .map(|rest| rest[..rest.find('"').unwrap()].parse::<u32>().unwrap())
            .sum();
        assert!(
            table.contains(&format!("<w:tblW w:w=\"{grid}\"")),
            "columns fill the table"
        );
        let columns = table.matches("<w:gridCol").count();
        for row in table.split("<w:tr>").skip(1) {
            let spans: usize = row
                .split("<w:gridSpan w:val=\"")
                .skip(1)
                .map(|rest| rest[..rest.find('"').unwrap()].parse::<usize>().unwrap() - 1)
                .sum();
            assert_eq!(row.matches("<w:tc>").count() + spans, columns);
        }
    }
    assert!(
        main.contains("w:orient=\"landscape\""),
        "a wide table lies on its side"
    );
    let anchors = main
        .split("w:anchor=\"")
        .skip(1)
        .map(|rest| &rest[..rest.find('"').unwrap()]);
    for anchor in anchors {
        assert!(
            main.contains(&format!("w:name=\"{anchor}\"")),
            "{anchor} leads nowhere"
        );
    }
    let styles = text(
        &parts(&docx(&document(&EN), &EN).unwrap()),
        "word/styles.xml",
    );
    assert!(styles.contains("<w:lang w:val=\"en-GB\""));
    for style in main.split("<w:pStyle w:val=\"").skip(1) {
        let id = &style[..style.find('"').unwrap()];
        assert!(
            styles.contains(&format!("w:styleId=\"{id}\"")),
            "{id} is no style"
        );
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    for (locale, language) in [(DA, Language::Danish), (EN, Language::English)] {
        assert_eq!(locale.language, language);
        let html = page(&document(&locale), &locale, "");
        assert!(html.starts_with(&format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">",
            locale.tag()
        )));
        for forbidden in [
            "<script",
            "<link",
            "@import",
            "src=\"http",
            "url(http",
            "onload",
            "<?xml",
        ] {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn every_link_of_the_page_leads_somewhere_and_every_id_is_one() {
    let html = page(&document(&DA), &DA, "");
    let of = |mark: &str| -> Vec<String> {
        let found = html.split(mark).skip(1);
        found
            .map(|rest| rest[..rest.find('"').unwrap()].to_owned())
            .collect()
    };
    let ids = of(" id=\"");
    let once: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "{ids:?}");
    for link in of("href=\"#") {
        assert!(once.contains(&link), "{link} leads nowhere");
    }
    for names in of("aria-labelledby=\"")
        .into_iter()
        .chain(of("aria-describedby=\""))
    {
        for name in names.split(' ') {
            assert!(once.contains(&name.to_owned()), "{name} names nothing");
        }
    }
    for used in html.split("url(#").skip(1) {
        let id = &used[..used.find(')').unwrap()];
        assert!(once.contains(&id.to_owned()), "{id} draws nothing");
    }
}

#[test]
fn the_same_numbers_stand_in_every_form() {
    for locale in [DA, EN] {
        let document: Document = document(&locale);
        assert!(document.dangling().is_empty());
        let html = page(&document, &locale, "");
        let markdown = document.markdown(&locale);
        let main = text(
            &parts(&docx(&document, &locale).unwrap()),
            "word/document.xml",
        );
        for number in [
            locale.percent(9.0 / 135.0, 1),
            locale.count(1184),
            locale.signed(13_580.2, 0),
            locale.points(0.012_319_4, 1),
        ] {
            for form in [&html, &markdown, &main] {
                assert!(form.contains(&number), "{number}");
            }
        }
    }
}

#[test]
fn excel_gets_numbers_and_not_texts() {
    let parts = parts(&book(&DA));
    let sheet = text(&parts, "xl/worksheets/sheet1.xml");
    // Shares, an end of an interval and a p-value, in full precision.
    for number in ["0.06666666666666667", "-4.12", "0.0004", "112345.6"] {
        assert!(sheet.contains(&format!("<v>{number}</v>")), "{number}");
    }
    assert!(sheet.contains("state=\"frozen\""));
    let styles = text(&parts, "xl/styles.xml");
    assert!(styles.contains("#,##0.0%"));
    let names = text(&parts, "xl/workbook.xml");
    for sheet in ["effects", "baseline", "wide", "Metoder", "Herkomst"] {
        assert!(names.contains(&format!("name=\"{sheet}\"")), "{sheet}");
    }
}

#[test]
fn a_head_of_a_word_table_never_breaks_within_parentheses() {
    let mut table = Table::new("t", "T", "");
    let no_break = '\u{a0}';
    table.columns = vec![
        Column::numbers("a", format!("Ny (n{no_break}={no_break}57)")),
        Column::numbers("b", format!("95{no_break}pct.-interval")),
    ];
    table.push(Row::new("x", vec![Cell::count(1), Cell::count(2)]));
    let document = Document {
        title: "T".to_owned(),
        subtitle: String::new(),
        date: Document::UNDATED,
        contents: Contents::None,
        blocks: vec![Block::Table(table)],
    };
    let xml = text(&parts(&docx(&document, &DA).unwrap()), "word/document.xml");
    assert!(xml.contains("Ny (n\u{a0}=\u{a0}57)"), "{xml}");
    assert!(xml.contains("95 pct.-interval"), "{xml}");
}

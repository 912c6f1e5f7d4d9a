//! A document as `docx`, in the form that Word and LibreOffice open without repair.
//!
//! Promises: tables are Word's own, with a marked and repeated row of heads, widths for every column
//! and an alternative text; headings, captions and links are Word's own; the language of the
//! document is set, so that spelling is checked in it. Hides: the XML.
//! Source: ECMA-376 part 1, whose order of elements is kept, because Word asks for it.

mod body;
mod parts;

use super::document::Document;
use super::language::Locale;
use super::package::{PackageError, pack};

/// Writes a document as the bytes of a `docx` file.
pub fn docx(document: &Document, locale: &Locale) -> Result<Vec<u8>, PackageError> {
    let body = body::write(document, locale);
    let mut files = vec![
        ("[Content_Types].xml", parts::content_types()),
        ("_rels/.rels", parts::package_relations()),
        ("docProps/core.xml", parts::core(document, locale)),
        ("docProps/app.xml", parts::app()),
        ("word/document.xml", body.xml),
        (
            "word/_rels/document.xml.rels",
            parts::relations(&body.links, body.pictures.len()),
        ),
        ("word/styles.xml", parts::styles(locale)),
        ("word/settings.xml", parts::settings(locale)),
        ("word/numbering.xml", parts::numbering()),
        ("word/fontTable.xml", parts::fonts()),
        ("word/footer1.xml", parts::footer(locale)),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text.into_bytes()))
    .collect::<Vec<_>>();
    for (index, png) in body.pictures.into_iter().enumerate() {
        files.push((format!("word/media/picture{}.png", index + 1), png));
    }
    pack(&files)
}

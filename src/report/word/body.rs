//! The text of a `docx`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::parts::{FOOTER, link_id, picture_id};
use crate::report::document::{Block, Contents, Document, Figure, Inline, Numbered, Target, Text};
use crate::report::language::{Locale, Message, NO_BREAK};
use crate::report::markup::escaped;
use crate::report::table::{Align, Laid, LaidCell, LaidRow, Table, lay, room};

/// Twentieths of a point: A4 with margins of 2.5 cm.
const SHORT_EDGE: u32 = 11_906;
const LONG_EDGE: u32 = 16_838;
const MARGIN: u32 = 1_417;
/// Width of a character in a table's type, roughly, and of the margins inside a cell.
const CHARACTER: u32 = 98;
const CELL_MARGINS: u32 = 150;
/// The narrowest column that names rows.
const NARROWEST_STUB: u32 = 1_700;
/// Columns up to this width hold short numbers, which must not break.
const NARROW_COLUMN: u32 = 800;
/// Tables up to this many rows are kept on one page.
const KEPT_TOGETHER: usize = 24;
/// English Metric Units a centimetre and an inch.
const CENTIMETRE: u64 = 360_000;
const INCH: u64 = 914_400;

/// What the text needs beside itself.
pub struct Body {
    pub xml: String,
    /// Addresses outside the document, in the order of their relations.
    pub links: Vec<String>,
    pub pictures: Vec<Vec<u8>>,
}

struct Writer<'a> {
    locale: &'a Locale,
    xml: String,
    links: Vec<String>,
    /// How many links the document has in all: pictures are related after them.
    all_links: usize,
    pictures: Vec<Vec<u8>>,
    /// Ids of the document and the names of their bookmarks.
    bookmarks: BTreeMap<&'a str, (usize, String)>,
    drawings: usize,
    orientation: Orientation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Orientation {
    Portrait,
    Landscape,
}

impl Orientation {
    fn text_width(self) -> u32 {
        match self {
            Orientation::Portrait => SHORT_EDGE - 2 * MARGIN,
            Orientation::Landscape => LONG_EDGE - 2 * MARGIN,
        }
    }
}

pub fn write(document: &Document, locale: &Locale) -> Body {
    let ids = document.ids();
    let bookmarks = ids.iter().enumerate().map(|(index, &id)| {
        // Word takes letters, digits and `_`, at most 40.
        let clean = id
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
        let name = format!("k{index}_{}", clean.take(30).collect::<String>());
        (id, (index, name))
    });
    let mut writer = Writer {
        locale,
        xml: String::new(),
        links: Vec::new(),
        all_links: elsewhere(document),
        pictures: Vec::new(),
        bookmarks: bookmarks.collect(),
        drawings: 0,
        orientation: Orientation::Portrait,
    };
    writer.document(document);
    Body {
        xml: writer.xml,
        links: writer.links,
        pictures: writer.pictures,
    }
}

/// Counts the links that leave the document.
fn elsewhere(document: &Document) -> usize {
    let count = |text: &Text| {
        let out = |part: &&Inline| {
            matches!(
                part,
                Inline::Link {
                    to: Target::Elsewhere(_),
                    ..
                }
            )
        };
        text.iter().filter(out).count()
    };
    let blocks = document.blocks.iter().map(|block| match block {
        Block::Paragraph(text) => count(text),
        Block::List(items) | Block::Notes(items) => items.iter().map(count).sum(),
        Block::Definitions(list) => list.iter().flat_map(|d| &d.descriptions).map(count).sum(),
        Block::Heading { .. } | Block::Table(_) | Block::Figure(_) => 0,
    });
    blocks.sum()
}

impl Writer<'_> {
    fn put(&mut self, xml: &str) {
        self.xml += xml;
    }

    fn document(&mut self, document: &Document) {
        self.put(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document \
             xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
             xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
             xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
             xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
             xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><w:body>",
        );
        self.paragraph("Title", "", &run(&document.title, ""));
        if !document.subtitle.is_empty() {
            self.paragraph("Subtitle", "", &run(&document.subtitle, ""));
        }
        if document.contents == Contents::Listed {
            self.contents(document);
        }
        let blocks: Vec<Numbered> = document.numbered().collect();
        for (index, Numbered { block, number }) in blocks.iter().enumerate() {
            let number = *number;
            match block {
                Block::Heading { level, id, text } => {
                    // Headings turn with the table they lead to.
                    let heading = |n: &&Numbered| matches!(n.block, Block::Heading { .. });
                    let next = blocks[index..].iter().find(|n| !heading(n));
                    if let Some(Block::Table(table)) = next.map(|n| n.block) {
                        let laid = lay(table, self.locale);
                        self.turn(orientation(&wanted_widths(&laid)));
                    }
                    let style = format!("Heading{}", (*level).clamp(1, 3));
                    let content = self.marked(id, &run(text, ""));
                    self.paragraph(&style, "", &content);
                }
                Block::Paragraph(text) => {
                    let content = self.inline(text);
                    self.paragraph("", "", &content);
                }
                Block::List(items) => {
                    for item in items {
                        let content = self.inline(item);
                        self.paragraph("ListBullet", "", &content);
                    }
                }
                Block::Table(table) => self.table(table, number),
                Block::Figure(figure) => self.figure(figure, number),
                Block::Definitions(list) => {
                    for definition in list {
                        let content = self.marked(&definition.id, &run(&definition.term, ""));
                        self.paragraph("Term", "", &content);
                        for description in &definition.descriptions {
                            let content = self.inline(description);
                            self.paragraph("Definition", "", &content);
                        }
                    }
                }
                Block::Notes(notes) => {
                    for note in notes {
                        let content = self.inline(note);
                        self.paragraph("TableNote", "", &content);
                    }
                }
            }
        }
        let last = section(self.orientation);
        let _ = write!(self.xml, "{last}</w:body></w:document>");
    }

    /// Writes a paragraph; `properties` follow its style.
    fn paragraph(&mut self, style: &str, properties: &str, content: &str) {
        let style = match style.is_empty() {
            true => String::new(),
            false => format!("<w:pStyle w:val=\"{style}\"/>"),
        };
        let properties = match style.is_empty() && properties.is_empty() {
            true => String::new(),
            false => format!("<w:pPr>{style}{properties}</w:pPr>"),
        };
        let _ = write!(self.xml, "<w:p>{properties}{content}</w:p>");
    }

    /// Puts the bookmark of an id around runs.
    fn marked(&self, id: &str, content: &str) -> String {
        match self.bookmarks.get(id) {
            Some((number, name)) => format!(
                "<w:bookmarkStart w:id=\"{number}\" w:name=\"{name}\"/>{content}<w:bookmarkEnd \
                 w:id=\"{number}\"/>"
            ),
            None => content.to_owned(),
        }
    }

    /// Returns runs that lead to an id of the document, or plain ones where it has no such id.
    fn here(&self, id: &str, text: &str, properties: &str) -> String {
        match self.bookmarks.get(id) {
            Some((_, name)) => format!(
                "<w:hyperlink w:anchor=\"{name}\" w:history=\"1\">{}</w:hyperlink>",
                run(
                    text,
                    &format!("<w:rStyle w:val=\"Hyperlink\"/>{properties}")
                )
            ),
            None => run(text, properties),
        }
    }

    fn inline(&mut self, text: &Text) -> String {
        let mut xml = String::new();
        for part in text {
            xml += &match part {
                Inline::Plain(text) => run(text, ""),
                Inline::Emphasis(text) => run(text, "<w:i/><w:iCs/>"),
                Inline::Strong(text) => run(text, "<w:b/><w:bCs/>"),
                Inline::Code(text) => run(text, "<w:rStyle w:val=\"CodeText\"/>"),
                Inline::Link { text, to } => match to {
                    Target::Here(id) => self.here(id, text, ""),
                    Target::Elsewhere(address) => {
                        self.links.push(address.clone());
                        format!(
                            "<w:hyperlink r:id=\"{}\" w:history=\"1\">{}</w:hyperlink>",
                            link_id(self.links.len() - 1),
                            run(text, "<w:rStyle w:val=\"Hyperlink\"/>")
                        )
                    }
                },
            };
        }
        xml
    }

    /// Writes a field of contents with its entries, so that it reads before Word renews it; without
    /// page numbers, which only a laid-out page has.
    fn contents(&mut self, document: &Document) {
        let headings: Vec<(u8, &str, &str)> = document.headings().collect();
        if headings.is_empty() {
            return;
        }
        let title = self.locale.say(Message::Contents);
        self.paragraph("TOCHeading", "", &run(&title, ""));
        let last = headings.len() - 1;
        for (index, (level, id, text)) in headings.into_iter().enumerate() {
            let mut content = String::new();
            if index == 0 {
                content += "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText \
                            xml:space=\"preserve\"> TOC \\o \"1-2\" \\n \\h </w:instrText></w:r>\
                            <w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>";
            }
            content += &self.here(id, text, "");
            if index == last {
                content += "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>";
            }
            self.paragraph(&format!("TOC{level}"), "", &content);
        }
    }

    /// Returns the runs of a caption, its number counted by Word.
    fn caption(&self, id: &str, label: Message, number: u64, title: &str, text: &str) -> String {
        let label = self.locale.say(label);
        let mut xml = self.marked(
            id,
            &format!(
                "{}<w:fldSimple w:instr=\" SEQ {} \\* ARABIC \">{}</w:fldSimple>",
                run(&format!("{label} "), "<w:b/><w:bCs/>"),
                escaped(&label),
                run(&number.to_string(), "<w:b/><w:bCs/>"),
            ),
        );
        let stop = if text.is_empty() { "" } else { "." };
        xml += &run(&format!(". {title}{stop}"), "<w:b/><w:bCs/>");
        if !text.is_empty() {
            xml += &run(&format!(" {text}"), "");
        }
        xml
    }

    fn turn(&mut self, to: Orientation) {
        if self.orientation == to {
            return;
        }
        // A section ends in the properties of its last paragraph.
        let end = section(self.orientation);
        let small = "<w:spacing w:before=\"0\" w:after=\"0\" w:line=\"20\" w:lineRule=\"exact\"/>";
        self.paragraph("", &format!("{small}{end}"), "");
        self.orientation = to;
    }

    fn figure(&mut self, figure: &Figure, number: u64) {
        let alternative = escaped(&figure.alternative);
        match picture_size(&figure.png) {
            Some((width, height)) => {
                self.pictures.push(figure.png.clone());
                self.drawings += 1;
                let relation = picture_id(self.all_links, self.pictures.len() - 1);
                let (id, name) = (self.drawings, escaped(&figure.id));
                let content = format!(
                    "<w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" \
                     distR=\"0\"><wp:extent cx=\"{width}\" cy=\"{height}\"/><wp:docPr id=\"{id}\" \
                     name=\"{name}\" descr=\"{alternative}\"/><wp:cNvGraphicFramePr>\
                     <a:graphicFrameLocks noChangeAspect=\"1\"/></wp:cNvGraphicFramePr>\
                     <a:graphic><a:graphicData \
                     uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic>\
                     <pic:nvPicPr><pic:cNvPr id=\"{id}\" name=\"{name}\" \
                     descr=\"{alternative}\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip \
                     r:embed=\"{relation}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
                     <pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{width}\" \
                     cy=\"{height}\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom>\
                     </pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>\
                     </w:r>"
                );
                self.paragraph("Picture", "", &content);
            }
            None => self.paragraph("Picture", "", &run(&figure.alternative, "<w:i/><w:iCs/>")),
        }
        let label = Message::FigureLabel;
        let content = self.caption(&figure.id, label, number, &figure.title, &figure.caption);
        self.paragraph("Caption", "", &content);
    }

    fn table(&mut self, table: &Table, number: u64) {
        let laid = lay(table, self.locale);
        let wanted = wanted_widths(&laid);
        self.turn(orientation(&wanted));
        let widths = fitted(&wanted, self.orientation.text_width());
        let content = self.caption(
            &table.id,
            Message::TableLabel,
            number,
            &table.title,
            &table.caption,
        );
        self.paragraph("Caption", "<w:keepNext/>", &content);
        let total: u32 = widths.iter().sum();
        let _ = write!(
            self.xml,
            "<w:tbl><w:tblPr><w:tblStyle w:val=\"Results\"/><w:tblW w:w=\"{total}\" \
             w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/><w:tblLook w:val=\"0020\" \
             w:firstRow=\"1\" w:lastRow=\"0\" w:firstColumn=\"0\" w:lastColumn=\"0\" \
             w:noHBand=\"1\" w:noVBand=\"1\"/><w:tblCaption w:val=\"{}\"/><w:tblDescription \
             w:val=\"{}\"/></w:tblPr><w:tblGrid>",
            escaped(&table.title),
            escaped(&table.alternative_text(self.locale))
        );
        for width in &widths {
            let _ = write!(self.xml, "<w:gridCol w:w=\"{width}\"/>");
        }
        self.put("</w:tblGrid>");
        for spans in &laid.spans {
            self.put("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
            let mut at = 0;
            for (text, columns) in spans {
                let rule = if text.is_empty() { "" } else { "4" };
                let own: u32 = widths[at..at + columns].iter().sum();
                let align = if *columns > 1 { "center" } else { "right" };
                let bold = run(text, "<w:b/><w:bCs/>");
                self.cell(own, *columns, rule, align, KeepNext::Yes, &bold);
                at += columns;
            }
            self.put("</w:tr>");
        }
        self.put("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
        for (head, width) in laid.heads.iter().zip(&widths) {
            let mut head = head.clone();
            head.text = breakable(&head.text);
            let content = runs(&head, "<w:b/><w:bCs/>");
            self.cell(*width, 1, "8", side(head.align), KeepNext::Yes, &content);
        }
        self.put("</w:tr>");
        let rows = laid.rows.len();
        for (index, row) in laid.rows.iter().enumerate() {
            // The last row stays with the notes.
            let keep = match rows <= KEPT_TOGETHER || index + 1 == rows {
                true => KeepNext::Yes,
                false => KeepNext::No,
            };
            self.put("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
            match row {
                LaidRow::Group(name) => {
                    let bold = run(name, "<w:b/><w:bCs/>");
                    self.cell(total, widths.len(), "", "left", KeepNext::Yes, &bold);
                }
                LaidRow::Cells {
                    label,
                    depth,
                    source,
                    cells,
                } => {
                    let mut content = runs(label, "");
                    if let Some((id, text)) = source {
                        content += &run(" ", "");
                        content += &self.here(id, text, "<w:sz w:val=\"15\"/>");
                    }
                    let room = room(*depth, cells);
                    let width = widths[..=room].iter().sum();
                    self.indented(width, room + 1, *depth, keep, &content);
                    for (value, width) in cells.iter().zip(&widths[1..]).skip(room) {
                        let content = runs(value, "");
                        self.cell(*width, 1, "", side(value.align), keep, &content);
                    }
                }
            }
            self.put("</w:tr>");
        }
        self.put("</w:tbl>");
        // A paragraph must follow a table; two tables without one would become one.
        if laid.footnotes.is_empty() && laid.notes.is_empty() {
            self.paragraph("TableNote", "", "");
        }
        let lines = laid.footnotes.len() + laid.notes.len();
        for (index, (mark, text)) in laid.footnotes.iter().enumerate() {
            let keep = if index + 1 < lines {
                "<w:keepNext/>"
            } else {
                ""
            };
            let keep = format!("{keep}{}", first_note(index));
            let mark = run(mark, "<w:vertAlign w:val=\"superscript\"/>");
            self.paragraph(
                "TableNote",
                &keep,
                &format!("{mark}{}", run(&format!(" {text}"), "")),
            );
        }
        for (index, text) in laid.notes.iter().enumerate() {
            let last = laid.footnotes.len() + index + 1 == lines;
            let keep = if last { "" } else { "<w:keepNext/>" };
            let keep = format!("{keep}{}", first_note(laid.footnotes.len() + index));
            self.paragraph("TableNote", &keep, &run(text, ""));
        }
        self.turn(Orientation::Portrait);
    }

    /// Writes a cell; `rule` is the width of the line below it, empty for none.
    fn cell(
        &mut self,
        width: u32,
        columns: usize,
        rule: &str,
        align: &str,
        keep: KeepNext,
        content: &str,
    ) {
        let span = match columns {
            1 => String::new(),
            _ => format!("<w:gridSpan w:val=\"{columns}\"/>"),
        };
        let (borders, foot) = match rule.is_empty() {
            true => (String::new(), ""),
            false => (
                format!(
                    "<w:tcBorders><w:bottom w:val=\"single\" w:sz=\"{rule}\" w:space=\"0\" \
                     w:color=\"1A1A1A\"/></w:tcBorders>"
                ),
                "<w:vAlign w:val=\"bottom\"/>",
            ),
        };
        let _ = write!(
            self.xml,
            "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{span}{borders}{foot}</w:tcPr>"
        );
        let properties = format!("{}<w:jc w:val=\"{align}\"/>", keep.xml());
        self.paragraph("TableText", &properties, content);
        self.put("</w:tc>");
    }

    fn indented(&mut self, width: u32, columns: usize, depth: u8, keep: KeepNext, content: &str) {
        let span = match columns {
            1 => String::new(),
            _ => format!("<w:gridSpan w:val=\"{columns}\"/>"),
        };
        let _ = write!(
            self.xml,
            "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{span}</w:tcPr>"
        );
        let properties = format!(
            "{}<w:ind w:left=\"{}\"/><w:jc w:val=\"left\"/>",
            keep.xml(),
            170 * u32::from(depth)
        );
        self.paragraph("TableText", &properties, content);
        self.put("</w:tc>");
    }
}

/// Whether a row stays on the page of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeepNext {
    Yes,
    No,
}

impl KeepNext {
    fn xml(self) -> &'static str {
        match self {
            KeepNext::Yes => "<w:keepNext/>",
            KeepNext::No => "",
        }
    }
}

/// Returns how the page of a table with these columns lies: on its side where it would otherwise
/// lose more than a tenth of the room its numbers need.
fn orientation(wanted: &[u32]) -> Orientation {
    let least = NARROWEST_STUB.min(wanted[0]) + wanted[1..].iter().sum::<u32>();
    match least * 10 > Orientation::Portrait.text_width() * 11 {
        true => Orientation::Landscape,
        false => Orientation::Portrait,
    }
}

fn section(orientation: Orientation) -> String {
    let page = match orientation {
        Orientation::Portrait => format!("w:w=\"{SHORT_EDGE}\" w:h=\"{LONG_EDGE}\""),
        Orientation::Landscape => {
            format!("w:w=\"{LONG_EDGE}\" w:h=\"{SHORT_EDGE}\" w:orient=\"landscape\"")
        }
    };
    format!(
        "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"{FOOTER}\"/><w:pgSz {page}/>\
         <w:pgMar w:top=\"{MARGIN}\" w:right=\"{MARGIN}\" w:bottom=\"{MARGIN}\" \
         w:left=\"{MARGIN}\" w:header=\"708\" w:footer=\"708\" w:gutter=\"0\"/></w:sectPr>"
    )
}

/// Returns the space between a table and the first line below it.
fn first_note(index: usize) -> &'static str {
    match index {
        0 => "<w:spacing w:before=\"70\" w:after=\"30\"/>",
        _ => "",
    }
}

fn run(text: &str, properties: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let properties = match properties.is_empty() {
        true => String::new(),
        false => format!("<w:rPr>{properties}</w:rPr>"),
    };
    format!(
        "<w:r>{properties}<w:t xml:space=\"preserve\">{}</w:t></w:r>",
        escaped(text)
    )
}

fn runs(cell: &LaidCell, properties: &str) -> String {
    let mut xml = run(&cell.text, properties);
    if !cell.marks.is_empty() {
        let raised = format!("{properties}<w:vertAlign w:val=\"superscript\"/>");
        xml += &run(&cell.raised(), &raised);
    }
    xml
}

/// Lets a head break wherever a line may end, but not within parentheses: `(n = 40)`.
fn breakable(text: &str) -> String {
    let mut inside = false;
    let letters = text.chars().map(|letter| {
        match letter {
            '(' => inside = true,
            ')' => inside = false,
            _ => {}
        }
        match letter {
            NO_BREAK if !inside => ' ',
            letter => letter,
        }
    });
    letters.collect()
}

fn side(align: Align) -> &'static str {
    match align {
        Align::Words => "left",
        Align::Numbers => "right",
    }
}

/// Returns the width that each column needs so that only its stub and heads wrap.
fn wanted_widths(laid: &Laid) -> Vec<u32> {
    let length = |cell: &LaidCell| cell.text.chars().count() + cell.marks.len();
    let word = |text: &str| {
        let words = text.split([' ', '-']);
        words.map(|word| word.chars().count()).max().unwrap_or(0)
    };
    // Heads are bold.
    let mut most: Vec<usize> = laid
        .heads
        .iter()
        .map(|head| word(&head.text) * 11 / 10 + 1)
        .collect();
    most[0] = most[0].max(laid.heads[0].text.chars().count());
    for row in &laid.rows {
        if let LaidRow::Cells {
            label,
            depth,
            source,
            cells,
        } = row
        {
            let link = source
                .as_ref()
                .map_or(0, |(_, text)| text.chars().count() + 1);
            let own = length(label) + 2 * usize::from(*depth) + link;
            if room(*depth, cells) == 0 {
                most[0] = most[0].max(own);
            }
            for (most, cell) in most[1..].iter_mut().zip(cells) {
                *most = (*most).max(match cell.align {
                    Align::Numbers => length(cell),
                    Align::Words => length(cell).min(24).max(word(&cell.text)),
                });
            }
        }
    }
    most.into_iter()
        .map(|count| count as u32 * CHARACTER + CELL_MARGINS)
        .collect()
}

/// Fits widths to a line: the stub gives way first, then all columns in proportion; room to spare
/// goes to the stub, then to all.
fn fitted(wanted: &[u32], line: u32) -> Vec<u32> {
    let mut widths = wanted.to_vec();
    let sum = |widths: &[u32]| widths.iter().sum::<u32>();
    if sum(&widths) > line {
        let over = sum(&widths) - line;
        let give = widths[0].saturating_sub(NARROWEST_STUB).min(over);
        widths[0] -= give;
    }
    let now = sum(&widths);
    if now > line {
        // A short number cannot be shorter; the wide columns give.
        let narrow = |width: &u32| *width <= NARROW_COLUMN;
        let kept: u32 = widths.iter().filter(|width| narrow(width)).sum();
        let (wide, room) = match kept < line && kept < now {
            true => (now - kept, line - kept),
            false => (now, line),
        };
        for width in &mut widths {
            if wide == now || !narrow(width) {
                *width = (u64::from(*width) * u64::from(room) / u64::from(wide)) as u32;
            }
        }
    } else {
        let spare = line - now;
        let each = spare / widths.len() as u32;
        for width in &mut widths {
            *width += each;
        }
    }
    let rest = line.saturating_sub(sum(&widths));
    widths[0] += rest;
    widths
}

/// Returns width and height of a PNG on paper, at most as wide as the text and 22 cm high; none
/// where the bytes are no PNG.
///
/// Its own resolution counts (chunk `pHYs`, W3C PNG § 11.3.4.3), else 300 dots an inch.
fn picture_size(png: &[u8]) -> Option<(u64, u64)> {
    let number = |at: usize| -> Option<u64> {
        let bytes = png.get(at..at + 4)?;
        Some(u64::from(u32::from_be_bytes(bytes.try_into().ok()?)))
    };
    if !png.starts_with(b"\x89PNG\r\n\x1a\n") {
        return None;
    }
    let (width, height) = (number(16)?, number(20)?);
    if width == 0 || height == 0 {
        return None;
    }
    let mut metre = 11_811;
    let mut at = 8;
    while let (Some(length), Some(kind)) = (number(at), png.get(at + 4..at + 8)) {
        if kind == b"pHYs" && png.get(at + 16) == Some(&1) {
            metre = number(at + 8)?.max(1);
        }
        at += 12 + length as usize;
    }
    // 1 m is 39.37 inches.
    let paper = |dots: u64| dots * INCH * 3937 / (metre * 100);
    let (wide, high) = (paper(width), paper(height));
    let (most_wide, most_high) = (16 * CENTIMETRE, 22 * CENTIMETRE);
    let wide_first = wide.min(most_wide);
    let high_then = high * wide_first / wide;
    match high_then > most_high {
        true => Some((wide_first * most_high / high_then, most_high)),
        false => Some((wide_first, high_then)),
    }
}

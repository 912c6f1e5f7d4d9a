//! The parts of a `docx` beside its text.

use std::fmt::Write;

use crate::report::document::Document;
use crate::report::language::{Locale, Message};
use crate::report::markup::escaped;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
/// Ids of relations in the order of `relations`; those of links and pictures follow.
pub const FOOTER: &str = "rId5";
const FIRST_FREE: usize = 6;

pub fn link_id(index: usize) -> String {
    format!("rId{}", FIRST_FREE + index)
}

pub fn picture_id(links: usize, index: usize) -> String {
    format!("rId{}", FIRST_FREE + links + index)
}

pub fn content_types() -> String {
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    format!(
        "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.\
         relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Default Extension=\"png\" ContentType=\"image/png\"/>\
         <Override PartName=\"/word/document.xml\" ContentType=\"{word}.document.main+xml\"/>\
         <Override PartName=\"/word/styles.xml\" ContentType=\"{word}.styles+xml\"/>\
         <Override PartName=\"/word/settings.xml\" ContentType=\"{word}.settings+xml\"/>\
         <Override PartName=\"/word/numbering.xml\" ContentType=\"{word}.numbering+xml\"/>\
         <Override PartName=\"/word/fontTable.xml\" ContentType=\"{word}.fontTable+xml\"/>\
         <Override PartName=\"/word/footer1.xml\" ContentType=\"{word}.footer+xml\"/>\
         <Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-\
         package.core-properties+xml\"/><Override PartName=\"/docProps/app.xml\" \
         ContentType=\"application/vnd.openxmlformats-officedocument.extended-properties+xml\"/>\
         </Types>"
    )
}

pub fn package_relations() -> String {
    format!(
        "{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/\
         relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" \
         Target=\"word/document.xml\"/><Relationship Id=\"rId2\" \
         Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/\
         core-properties\" Target=\"docProps/core.xml\"/><Relationship Id=\"rId3\" \
         Type=\"{OFFICE}/extended-properties\" Target=\"docProps/app.xml\"/></Relationships>"
    )
}

pub fn relations(links: &[String], pictures: usize) -> String {
    let mut xml = format!(
        "{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/\
         relationships\">"
    );
    let own = ["styles", "settings", "numbering", "fontTable", "footer"];
    for (index, part) in own.iter().enumerate() {
        let file = if *part == "footer" { "footer1" } else { part };
        let _ = write!(
            xml,
            "<Relationship Id=\"rId{}\" Type=\"{OFFICE}/{part}\" Target=\"{file}.xml\"/>",
            index + 1
        );
    }
    for (index, address) in links.iter().enumerate() {
        let _ = write!(
            xml,
            "<Relationship Id=\"{}\" Type=\"{OFFICE}/hyperlink\" Target=\"{}\" \
             TargetMode=\"External\"/>",
            link_id(index),
            escaped(address)
        );
    }
    for index in 0..pictures {
        let _ = write!(
            xml,
            "<Relationship Id=\"{}\" Type=\"{OFFICE}/image\" Target=\"media/picture{}.png\"/>",
            picture_id(links.len(), index),
            index + 1
        );
    }
    xml + "</Relationships>"
}

pub fn core(document: &Document, locale: &Locale) -> String {
    let date = document.date;
    format!(
        "{HEAD}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/\
         metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title>\
         <dc:creator>klero</dc:creator><dc:language>{}</dc:language>\
         <cp:lastModifiedBy>klero</cp:lastModifiedBy><dcterms:created \
         xsi:type=\"dcterms:W3CDTF\">{date}T00:00:00Z</dcterms:created><dcterms:modified \
         xsi:type=\"dcterms:W3CDTF\">{date}T00:00:00Z</dcterms:modified></cp:coreProperties>",
        escaped(&document.title),
        locale.tag()
    )
}

pub fn app() -> String {
    format!(
        "{HEAD}<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/\
         extended-properties\"><Application>klero</Application></Properties>"
    )
}

pub fn settings(locale: &Locale) -> String {
    let comma = match locale.numbers.mark() {
        ',' => (',', ';'),
        _ => ('.', ','),
    };
    format!(
        "{HEAD}<w:settings xmlns:w=\"{MAIN}\"><w:zoom w:percent=\"100\"/><w:defaultTabStop \
         w:val=\"1304\"/><w:characterSpacingControl w:val=\"doNotCompress\"/><w:compat>\
         <w:compatSetting w:name=\"compatibilityMode\" \
         w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat>\
         <w:themeFontLang w:val=\"{}\"/><w:decimalSymbol w:val=\"{}\"/><w:listSeparator \
         w:val=\"{}\"/></w:settings>",
        locale.tag(),
        comma.0,
        comma.1
    )
}

pub fn numbering() -> String {
    format!(
        "{HEAD}<w:numbering xmlns:w=\"{MAIN}\"><w:abstractNum w:abstractNumId=\"0\">\
         <w:multiLevelType w:val=\"hybridMultilevel\"/><w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/>\
         <w:numFmt w:val=\"bullet\"/><w:lvlText w:val=\"•\"/><w:lvlJc w:val=\"left\"/><w:pPr>\
         <w:ind w:left=\"426\" w:hanging=\"284\"/></w:pPr></w:lvl></w:abstractNum><w:num \
         w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num></w:numbering>"
    )
}

pub fn fonts() -> String {
    format!(
        "{HEAD}<w:fonts xmlns:w=\"{MAIN}\"><w:font w:name=\"Calibri\"><w:panose1 \
         w:val=\"020F0502020204030204\"/><w:charset w:val=\"00\"/><w:family w:val=\"swiss\"/>\
         <w:pitch w:val=\"variable\"/></w:font><w:font w:name=\"Consolas\"><w:panose1 \
         w:val=\"020B0609020204030204\"/><w:charset w:val=\"00\"/><w:family w:val=\"modern\"/>\
         <w:pitch w:val=\"fixed\"/></w:font></w:fonts>"
    )
}

pub fn footer(locale: &Locale) -> String {
    let page = escaped(&locale.say(Message::Page));
    format!(
        "{HEAD}<w:ftr xmlns:w=\"{MAIN}\"><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr><w:r>\
         <w:t xml:space=\"preserve\">{page} </w:t></w:r><w:r><w:fldChar \
         w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> PAGE \
         </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r>\
         <w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p></w:ftr>"
    )
}

/// Styles that Word does not know by name.
const OWN: [&str; 5] = ["TableText", "TableNote", "Picture", "Term", "Definition"];

pub fn styles(locale: &Locale) -> String {
    let tag = locale.tag();
    let mut xml = format!(
        "{HEAD}<w:styles xmlns:w=\"{MAIN}\"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts \
         w:ascii=\"Calibri\" w:hAnsi=\"Calibri\" w:eastAsia=\"Calibri\" w:cs=\"Calibri\"/><w:sz \
         w:val=\"22\"/><w:szCs w:val=\"22\"/><w:lang w:val=\"{tag}\" w:eastAsia=\"{tag}\" \
         w:bidi=\"ar-SA\"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing \
         w:after=\"120\" w:line=\"264\" w:lineRule=\"auto\"/></w:pPr></w:pPrDefault>\
         </w:docDefaults>"
    );
    // Id, name, parent, next, properties of paragraphs, properties of runs.
    let outline = |level: u8, before: u32, after: u32| {
        format!(
            "<w:keepNext/><w:keepLines/><w:spacing w:before=\"{before}\" w:after=\"{after}\" \
             w:line=\"240\" w:lineRule=\"auto\"/><w:outlineLvl w:val=\"{level}\"/>"
        )
    };
    let size = |half_points: u32| {
        format!("<w:sz w:val=\"{half_points}\"/><w:szCs w:val=\"{half_points}\"/>")
    };
    let bold = |half_points: u32| format!("<w:b/><w:bCs/>{}", size(half_points));
    let tight = |after: u32| {
        format!(
            "<w:spacing w:before=\"0\" w:after=\"{after}\" w:line=\"240\" w:lineRule=\"auto\"/>"
        )
    };
    let paragraphs: [(&str, &str, &str, &str, String, String); 16] = [
        ("Title", "Title", "Normal", "Normal", tight(60), bold(40)),
        (
            "Subtitle",
            "Subtitle",
            "Normal",
            "Normal",
            tight(240),
            format!("<w:color w:val=\"444444\"/>{}", size(26)),
        ),
        ("Heading1", "heading 1", "Normal", "Normal", outline(0, 400, 120), bold(30)),
        ("Heading2", "heading 2", "Normal", "Normal", outline(1, 280, 80), bold(25)),
        ("Heading3", "heading 3", "Normal", "Normal", outline(2, 220, 60), bold(22)),
        (
            "Caption",
            "caption",
            "Normal",
            "Normal",
            "<w:spacing w:before=\"200\" w:after=\"80\" w:line=\"240\" w:lineRule=\"auto\"/>"
                .to_owned(),
            size(20),
        ),
        ("TableText", "Table Text", "Normal", "TableText", tight(0), size(18)),
        ("TableNote", "Table Note", "Normal", "TableNote", tight(30), size(16)),
        ("Picture", "Picture", "Normal", "Caption", format!("<w:keepNext/>{}", "<w:spacing w:before=\"200\" w:after=\"0\" w:line=\"240\" w:lineRule=\"auto\"/>"), String::new()),
        ("ListBullet", "List Bullet", "Normal", "ListBullet", "<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr><w:spacing w:after=\"60\"/>".to_owned(), String::new()),
        ("Term", "Definition Term", "Normal", "Definition", format!("<w:keepNext/>{}", "<w:spacing w:before=\"160\" w:after=\"20\"/>"), "<w:b/><w:bCs/>".to_owned()),
        ("Definition", "Definition", "Normal", "Definition", "<w:spacing w:after=\"40\"/><w:ind w:left=\"284\"/>".to_owned(), String::new()),
        ("TOCHeading", "TOC Heading", "Normal", "Normal", "<w:keepNext/><w:spacing w:before=\"240\" w:after=\"80\"/>".to_owned(), bold(24)),
        ("TOC1", "toc 1", "Normal", "Normal", tight(40), String::new()),
        ("TOC2", "toc 2", "Normal", "Normal", format!("{}<w:ind w:left=\"284\"/>", tight(20)), String::new()),
        ("Footer", "footer", "Normal", "Footer", format!("{}<w:jc w:val=\"right\"/>", tight(0)), size(16)),
    ];
    xml += "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name \
            w:val=\"Normal\"/><w:qFormat/></w:style>";
    for (id, name, parent, next, paragraph, run) in paragraphs {
        let _ = write!(
            xml,
            "<w:style w:type=\"paragraph\"{} w:styleId=\"{id}\"><w:name w:val=\"{name}\"/>\
             <w:basedOn w:val=\"{parent}\"/><w:next w:val=\"{next}\"/><w:qFormat/><w:pPr>\
             {paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>",
            match OWN.contains(&id) {
                true => " w:customStyle=\"1\"",
                false => "",
            }
        );
    }
    xml += "<w:style w:type=\"character\" w:default=\"1\" w:styleId=\"DefaultParagraphFont\">\
            <w:name w:val=\"Default Paragraph Font\"/><w:uiPriority w:val=\"1\"/>\
            <w:semiHidden/></w:style><w:style w:type=\"character\" w:styleId=\"Hyperlink\">\
            <w:name w:val=\"Hyperlink\"/><w:rPr><w:color w:val=\"0B4F8A\"/><w:u \
            w:val=\"single\"/></w:rPr></w:style><w:style w:type=\"character\" \
            w:customStyle=\"1\" w:styleId=\"CodeText\"><w:name w:val=\"Code Text\"/><w:rPr>\
            <w:rFonts w:ascii=\"Consolas\" w:hAnsi=\"Consolas\" w:cs=\"Consolas\"/><w:noProof/>\
            <w:sz w:val=\"19\"/></w:rPr></w:style><w:style w:type=\"table\" w:default=\"1\" \
            w:styleId=\"TableNormal\"><w:name w:val=\"Normal Table\"/><w:uiPriority \
            w:val=\"99\"/><w:semiHidden/><w:tblPr><w:tblInd w:w=\"0\" w:type=\"dxa\"/>\
            <w:tblCellMar><w:top w:w=\"0\" w:type=\"dxa\"/><w:left w:w=\"108\" \
            w:type=\"dxa\"/><w:bottom w:w=\"0\" w:type=\"dxa\"/><w:right w:w=\"108\" \
            w:type=\"dxa\"/></w:tblCellMar></w:tblPr></w:style><w:style w:type=\"numbering\" \
            w:default=\"1\" w:styleId=\"NoList\"><w:name w:val=\"No List\"/><w:semiHidden/>\
            </w:style>";
    // Rules above and below the heads and below the last row, as in print.
    xml += "<w:style w:type=\"table\" w:customStyle=\"1\" w:styleId=\"Results\"><w:name \
            w:val=\"Results\"/><w:basedOn w:val=\"TableNormal\"/><w:tblPr><w:tblBorders><w:top \
            w:val=\"single\" w:sz=\"8\" w:space=\"0\" w:color=\"1A1A1A\"/><w:bottom \
            w:val=\"single\" w:sz=\"8\" w:space=\"0\" w:color=\"1A1A1A\"/></w:tblBorders>\
            <w:tblCellMar><w:top w:w=\"30\" w:type=\"dxa\"/><w:left w:w=\"70\" w:type=\"dxa\"/>\
            <w:bottom w:w=\"30\" w:type=\"dxa\"/><w:right w:w=\"70\" w:type=\"dxa\"/>\
            </w:tblCellMar></w:tblPr></w:style>";
    xml + "</w:styles>"
}

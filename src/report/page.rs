//! A document as one HTML file.
//!
//! Promises: the file needs no network, no script and no font of its own; it reads on a telephone,
//! on paper and aloud. Its own policy forbids it to load anything. Hides: the style, and how ids
//! inside figures are kept apart.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::document::{Block, Contents, Document, Figure, Inline, Numbered, Target, Text};
use super::language::{Locale, Message};
use super::markup::escaped;
use super::table::{html, lay};

const STYLE: &str = include_str!("page/style.css");

/// Writes a document as a page; `fonts` is CSS that carries the fonts of figures, or empty.
pub fn page(document: &Document, locale: &Locale, fonts: &str) -> String {
    let mut html = String::new();
    let title = escaped(&document.title);
    let _ = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
         name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta \
         http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'; img-src data:; font-src data:\">\n<meta name=\"generator\" \
         content=\"klero\">\n<title>{title}</title>\n<style>\n{STYLE}{fonts}</style>\n</head>\n\
         <body>\n<header id=\"top\">\n<h1>{title}</h1>\n",
        locale.tag()
    );
    if !document.subtitle.is_empty() {
        let _ = writeln!(
            html,
            "<p class=\"subtitle\">{}</p>",
            escaped(&document.subtitle)
        );
    }
    html += "</header>\n";
    if document.contents == Contents::Listed {
        contents(&mut html, document, locale);
    }
    html += "<main>\n";
    let mut open = false;
    for Numbered { block, number } in document.numbered() {
        match block {
            Block::Heading { level, id, text } => {
                if *level == 1 {
                    html += if open {
                        "</section>\n<section>\n"
                    } else {
                        "<section>\n"
                    };
                    open = true;
                }
                let tag = (level + 1).min(4);
                let (id, text) = (escaped(id), escaped(text));
                let _ = writeln!(html, "<h{tag} id=\"{id}\">{text}</h{tag}>");
            }
            Block::Paragraph(text) => {
                let _ = writeln!(html, "<p>{}</p>", inline(text));
            }
            Block::List(items) => {
                html += "<ul>\n";
                for item in items {
                    let _ = writeln!(html, "<li>{}</li>", inline(item));
                }
                html += "</ul>\n";
            }
            Block::Table(table) => {
                let name = locale.say(Message::TableNumber { number });
                html += &html::numbered(table, &lay(table, locale), &name, locale);
            }
            Block::Figure(shown) => figure(&mut html, shown, number, locale),
            Block::Definitions(list) => {
                html += "<dl>\n";
                for definition in list {
                    let (id, term) = (escaped(&definition.id), escaped(&definition.term));
                    let _ = writeln!(html, "<dt id=\"{id}\">{term}</dt>");
                    for description in &definition.descriptions {
                        let _ = writeln!(html, "<dd>{}</dd>", inline(description));
                    }
                }
                html += "</dl>\n";
            }
            Block::Notes(notes) => {
                for note in notes {
                    let _ = writeln!(html, "<p class=\"note\">{}</p>", inline(note));
                }
            }
        }
    }
    if open {
        html += "</section>\n";
    }
    let top = escaped(&locale.say(Message::ToTop));
    let date = match document.date == Document::UNDATED {
        true => String::new(),
        false => locale.date(document.date),
    };
    let _ = write!(
        html,
        "</main>\n<footer><p>{}<span> · <a href=\"#top\">{top}</a></span></p></footer>\n</body>\n</html>\n",
        escaped(&date)
    );
    html
}

fn contents(html: &mut String, document: &Document, locale: &Locale) {
    let title = escaped(&locale.say(Message::Contents));
    let _ = write!(
        html,
        "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">{title}</h2>\n<ol>\n"
    );
    let mut depth = 0;
    for (level, id, text) in document.headings() {
        match (level, depth) {
            (1, 2) => *html += "</li></ol></li>\n",
            (1, 1) | (2, 2) => *html += "</li>\n",
            (2, 1) => *html += "<ol>",
            // A part before any section.
            _ => {}
        }
        let _ = write!(
            html,
            "<li><a href=\"#{}\">{}</a>",
            escaped(id),
            escaped(text)
        );
        depth = match (level, depth) {
            (2, 0) => 1,
            (level, _) => level,
        };
    }
    *html += match depth {
        0 => "",
        1 => "</li>\n",
        _ => "</li></ol></li>\n",
    };
    *html += "</ol>\n</nav>\n";
}

fn figure(html: &mut String, figure: &Figure, number: u64, locale: &Locale) {
    let id = escaped(&figure.id);
    let name = escaped(&locale.say(Message::FigureNumber { number }));
    let _ = write!(
        html,
        "<figure id=\"{id}\">\n<div class=\"drawing\">{}</div>\n<figcaption><span \
         class=\"title\"><span class=\"number\">{name}.</span> {}{}</span>",
        scoped(&figure.svg, &figure.id),
        escaped(&figure.title),
        if figure.caption.is_empty() { "" } else { "." }
    );
    if !figure.caption.is_empty() {
        let _ = write!(
            html,
            " <span class=\"text\">{}</span>",
            escaped(&figure.caption)
        );
    }
    // What the drawing says of itself may be shorter than the alternative text.
    let _ = writeln!(
        html,
        "<span class=\"unseen\">{}</span></figcaption>\n</figure>",
        escaped(&figure.alternative)
    );
}

/// Returns a drawing whose ids begin with `prefix`, so that two drawings on a page share none.
pub(crate) fn scoped(svg: &str, prefix: &str) -> String {
    // A declaration of XML has no place inside HTML.
    let svg = match svg.find("<svg") {
        Some(at) => svg[at..].trim_end(),
        None => return String::new(),
    };
    let prefix: String = prefix
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for (at, _) in svg.match_indices(" id=\"") {
        let rest = &svg[at + 5..];
        ids.insert(&rest[..rest.find('"').unwrap_or(0)]);
    }
    let mut text = svg.to_owned();
    for id in ids.iter().filter(|id| !id.is_empty()) {
        for (before, after) in [(" id=\"", "\""), ("url(#", ")"), ("href=\"#", "\"")] {
            text = text.replace(
                &format!("{before}{id}{after}"),
                &format!("{before}{prefix}-{id}{after}"),
            );
        }
    }
    for attribute in [" aria-labelledby=\"", " aria-describedby=\""] {
        let mut done = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(attribute) {
            let (before, after) = rest.split_at(at + attribute.len());
            done += before;
            let end = after.find('"').unwrap_or(0);
            let names = after[..end]
                .split(' ')
                .map(|name| match ids.contains(name) {
                    true => format!("{prefix}-{name}"),
                    false => name.to_owned(),
                });
            done += &names.collect::<Vec<_>>().join(" ");
            rest = &after[end..];
        }
        text = done + rest;
    }
    text
}

fn inline(text: &Text) -> String {
    text.iter()
        .map(|part| match part {
            Inline::Plain(text) => escaped(text),
            Inline::Emphasis(text) => format!("<em>{}</em>", escaped(text)),
            Inline::Strong(text) => format!("<strong>{}</strong>", escaped(text)),
            Inline::Code(text) => format!("<code>{}</code>", escaped(text)),
            Inline::Link { text, to } => {
                let address = match to {
                    Target::Here(id) => format!("#{id}"),
                    Target::Elsewhere(address) => address.clone(),
                };
                format!("<a href=\"{}\">{}</a>", escaped(&address), escaped(text))
            }
        })
        .collect()
}

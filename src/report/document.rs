//! A report as blocks, before it is a page, a Word document or Markdown.
//!
//! Promises: every form holds the same text, tables and figures with the same numbers; ids lead
//! from a number to the entry on its method in all of them. A document has no clock: its date comes
//! from the ledger.

use std::fmt::Write;

use super::language::{Locale, Message};
use super::table::{Table, lay, markdown};
use crate::period::Date;

/// A report in the language its blocks are written in.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub title: String,
    /// Empty: none.
    pub subtitle: String,
    /// The day the report speaks for.
    pub date: Date,
    pub contents: Contents,
    pub blocks: Vec<Block>,
}

/// Whether a list of contents follows the title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Headings of the first two levels.
    Listed,
    None,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    Heading {
        /// 1 for a section, up to 3.
        level: u8,
        id: String,
        text: String,
    },
    Paragraph(Text),
    List(Vec<Text>),
    Table(Table),
    Figure(Figure),
    Definitions(Vec<Definition>),
    /// Small print.
    Notes(Vec<Text>),
}

/// A run of words, some of them marked.
pub type Text = Vec<Inline>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Plain(String),
    Emphasis(String),
    Strong(String),
    /// A name or digest, letter by letter.
    Code(String),
    Link {
        text: String,
        to: Target,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The id of a heading, table, figure or definition of the same document.
    Here(String),
    Elsewhere(String),
}

/// A figure in the forms that documents take.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub id: String,
    pub title: String,
    pub caption: String,
    /// What a reader who cannot see the figure is told.
    pub alternative: String,
    pub svg: String,
    /// For Word; empty: the alternative text stands in its place.
    pub png: Vec<u8>,
}

/// A term and what is said of it: a method, an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub id: String,
    pub term: String,
    pub descriptions: Vec<Text>,
}

impl Inline {
    pub fn plain(text: impl Into<String>) -> Inline {
        Inline::Plain(text.into())
    }

    pub fn link(text: impl Into<String>, id: impl Into<String>) -> Inline {
        Inline::Link {
            text: text.into(),
            to: Target::Here(id.into()),
        }
    }
}

impl Block {
    /// Returns a paragraph of unmarked words.
    pub fn paragraph(text: impl Into<String>) -> Block {
        Block::Paragraph(vec![Inline::plain(text)])
    }

    pub fn heading(level: u8, id: impl Into<String>, text: impl Into<String>) -> Block {
        Block::Heading {
            level,
            id: id.into(),
            text: text.into(),
        }
    }
}

/// A block with the number that its table or figure has in every form of the document.
pub(crate) struct Numbered<'a> {
    pub block: &'a Block,
    /// 0 for blocks that have none.
    pub number: u64,
}

impl Document {
    /// The date of a document that nothing dates; it is not shown.
    pub const UNDATED: Date = jiff::civil::date(1980, 1, 1);

    /// Returns blocks with the numbers of tables and figures, each counted from 1.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = Numbered<'_>> {
        let (mut tables, mut figures) = (0, 0);
        self.blocks.iter().map(move |block| {
            let count = match block {
                Block::Table(_) => &mut tables,
                Block::Figure(_) => &mut figures,
                _ => return Numbered { block, number: 0 },
            };
            *count += 1;
            Numbered {
                block,
                number: *count,
            }
        })
    }

    /// Returns headings for a list of contents: level, id and text.
    pub(crate) fn headings(&self) -> impl Iterator<Item = (u8, &str, &str)> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Heading { level, id, text } if *level <= 2 => {
                Some((*level, id.as_str(), text.as_str()))
            }
            _ => None,
        })
    }

    /// Returns the ids that links may lead to, in order.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        for block in &self.blocks {
            match block {
                Block::Heading { id, .. } => ids.push(id.as_str()),
                Block::Table(table) => ids.push(&table.id),
                Block::Figure(figure) => ids.push(&figure.id),
                Block::Definitions(list) => ids.extend(list.iter().map(|d| d.id.as_str())),
                Block::Paragraph(_) | Block::List(_) | Block::Notes(_) => {}
            }
        }
        ids
    }

    /// Returns the ids that links of the document lead to and that it does not have.
    pub fn dangling(&self) -> Vec<&str> {
        let ids = self.ids();
        let mut links: Vec<&str> = Vec::new();
        fn of(text: &Text) -> impl Iterator<Item = &str> {
            text.iter().filter_map(|inline| match inline {
                Inline::Link {
                    to: Target::Here(id),
                    ..
                } => Some(id.as_str()),
                _ => None,
            })
        }
        for block in &self.blocks {
            match block {
                Block::Paragraph(text) => links.extend(of(text)),
                Block::List(items) | Block::Notes(items) => {
                    links.extend(items.iter().flat_map(of));
                }
                Block::Definitions(list) => {
                    links.extend(list.iter().flat_map(|d| &d.descriptions).flat_map(of));
                }
                Block::Table(table) => {
                    let sources = table.rows().filter_map(|row| row.source.as_ref());
                    links.extend(sources.map(|source| source.id.as_str()));
                }
                Block::Heading { .. } | Block::Figure(_) => {}
            }
        }
        links.retain(|link| !ids.contains(link));
        links
    }

    /// Writes the document as Markdown; a figure is a link to `ID.svg`.
    pub fn markdown(&self, locale: &Locale) -> String {
        let escaped = markdown::escaped;
        let mut text = format!("# {}\n\n", escaped(&self.title));
        if !self.subtitle.is_empty() {
            let _ = write!(text, "{}\n\n", escaped(&self.subtitle));
        }
        for Numbered { block, number } in self.numbered() {
            match block {
                Block::Heading {
                    level,
                    id,
                    text: words,
                } => {
                    let marks = "#".repeat(usize::from(*level) + 1);
                    let _ = write!(
                        text,
                        "<a id=\"{id}\"></a>\n\n{marks} {}\n\n",
                        escaped(words)
                    );
                }
                Block::Paragraph(words) => {
                    let _ = write!(text, "{}\n\n", inline(words));
                }
                Block::List(items) => {
                    for item in items {
                        let _ = writeln!(text, "- {}", inline(item));
                    }
                    text.push('\n');
                }
                Block::Table(table) => {
                    let name = locale.say(Message::TableNumber { number });
                    let title = format!(
                        "<a id=\"{}\"></a>**{name}. {}**",
                        table.id,
                        escaped(&table.title)
                    );
                    text += &markdown::body(table, &lay(table, locale), &title);
                    text.push('\n');
                }
                Block::Figure(figure) => {
                    let name = locale.say(Message::FigureNumber { number });
                    let _ = write!(
                        text,
                        "<a id=\"{0}\"></a>![{1}]({0}.svg)\n\n**{name}. {2}** {3}\n\n",
                        figure.id,
                        escaped(&figure.alternative),
                        escaped(&figure.title),
                        escaped(&figure.caption)
                    );
                }
                Block::Definitions(list) => {
                    for definition in list {
                        let term = escaped(&definition.term);
                        let _ = writeln!(text, "- <a id=\"{}\"></a>**{term}**", definition.id);
                        for description in &definition.descriptions {
                            let _ = writeln!(text, "  - {}", inline(description));
                        }
                    }
                    text.push('\n');
                }
                Block::Notes(notes) => {
                    for note in notes {
                        let _ = write!(text, "<small>{}</small>\n\n", inline(note));
                    }
                }
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

fn inline(text: &Text) -> String {
    let escaped = markdown::escaped;
    text.iter()
        .map(|part| match part {
            Inline::Plain(text) => escaped(text),
            Inline::Emphasis(text) => format!("*{}*", escaped(text)),
            Inline::Strong(text) => format!("**{}**", escaped(text)),
            Inline::Code(text) => format!("`{}`", text.replace('`', "'")),
            Inline::Link { text, to } => match to {
                Target::Here(id) => format!("[{}](#{id})", escaped(text)),
                Target::Elsewhere(address) => format!("[{}]({address})", escaped(text)),
            },
        })
        .collect()
}

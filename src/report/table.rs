//! One model of a table, and every form it is handed over in.
//!
//! Promises: a number enters a table as a number with its unit, never as text, so each form
//! (terminal, Markdown, CSV, HTML, LaTeX, `xlsx`, `docx`) can write it in its own way; every form
//! comes from the same cells. Hides: how marks of footnotes are given out and how columns are laid.
//! Nothing is computed here but the text of a value.

pub mod csv;
pub mod html;
pub mod latex;
mod layout;
pub mod markdown;
pub mod terminal;
pub mod xlsx;

pub use csv::{Asides, Part, Shape};
pub(crate) use layout::room;
pub use layout::{Laid, LaidCell, LaidRow, lay};

use super::disclosure::Reads;
use super::language::{Locale, MINUS, Message, NO_BREAK, Noun};

/// A table: values in columns and rows, with what a reader must know beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names the table in links, sheets and files: lower-case letters, digits and `-`.
    pub id: String,
    pub title: String,
    /// What is shown, of whom and when, in a sentence or two.
    pub caption: String,
    /// What a reader who cannot see the table is told; empty: title and size.
    pub alternative: String,
    /// Heads above those of the columns, from the top down; each row spans all columns.
    pub spans: Vec<Vec<Span>>,
    /// The head of the column that names the rows.
    pub stub: String,
    pub columns: Vec<Column>,
    pub groups: Vec<Group>,
    /// What cells, rows and columns point to.
    pub footnotes: Vec<String>,
    /// What holds for the whole table.
    pub notes: Vec<String>,
}

/// A head over several columns; an empty text leaves them without.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub text: String,
    pub columns: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name in machine forms.
    pub key: String,
    pub label: String,
    pub align: Align,
    pub footnotes: Vec<NoteId>,
    /// What forms for machines have of it, where that is said before anything is held back.
    pub shape: Option<Shape>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words, from the left.
    Words,
    /// Numbers, under each other.
    Numbers,
}

/// Rows under a heading of their own; an empty one is not written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    pub label: String,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub label: String,
    /// Steps of indentation.
    pub depth: u8,
    pub footnotes: Vec<NoteId>,
    /// The entry that tells how the row's numbers were made.
    pub source: Option<Source>,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// A pointer to an entry of a section on methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The id of the entry in the document.
    pub id: String,
    /// What the link shows: `M1`.
    pub label: String,
}

/// A footnote of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteId(usize);

/// A value, perhaps with a second one in parentheses: `9 (6,7 pct.)`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    pub value: Value,
    pub aside: Option<Value>,
    pub footnotes: Vec<NoteId>,
    /// The counts that can be read from the cell.
    pub reads: Reads,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Empty,
    Text(String),
    Count(u64),
    Number(f64, Form),
    Interval {
        lower: Bound,
        upper: Bound,
        form: Form,
    },
    P(f64),
    /// No such number, and why.
    Missing(String),
    /// Held back, so that no count below the threshold can be known.
    Suppressed {
        threshold: u64,
    },
}

/// An end of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    At(f64),
    /// The interval has no end on this side.
    Open,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Form {
    pub unit: Unit,
    pub decimals: usize,
    pub sign: Sign,
    pub unit_words: UnitWords,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A minus where the number is below zero.
    Below,
    /// A plus or a minus.
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitWords {
    /// Behind the number.
    Shown,
    /// Left to the head of the column.
    InHead,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    None,
    /// 0 to 1, shown in hundredths.
    Share,
    /// A difference of shares, −1 to 1, shown in percentage points.
    Points,
    /// A ratio, shown as it is.
    Ratio,
    /// A ratio, shown as a relative change: 1.82 is `82 pct. mere`.
    Relative,
    /// A number of things.
    Of(Noun),
}

impl Form {
    /// Returns the form of a plain number of the unit, its unit shown.
    pub const fn of(unit: Unit, decimals: usize) -> Form {
        Form {
            unit,
            decimals,
            sign: Sign::Below,
            unit_words: UnitWords::Shown,
        }
    }

    pub const fn signed(self) -> Form {
        Form {
            sign: Sign::Always,
            ..self
        }
    }

    /// Leaves the unit to the head of the column.
    pub const fn bare(self) -> Form {
        Form {
            unit_words: UnitWords::InHead,
            ..self
        }
    }

    /// Returns the number that is shown: shares in hundredths, ratios perhaps as changes.
    pub fn shown(self, value: f64) -> f64 {
        match self.unit {
            Unit::Share | Unit::Points => 100.0 * value,
            Unit::Relative => 100.0 * (value - 1.0),
            Unit::None | Unit::Ratio | Unit::Of(_) => value,
        }
    }

    fn digits(self, value: f64, locale: &Locale) -> String {
        match self.sign {
            Sign::Below => locale.number(self.shown(value), self.decimals),
            Sign::Always => locale.signed(self.shown(value), self.decimals),
        }
    }

    /// Writes a number in this form.
    pub fn text(self, value: f64, locale: &Locale) -> String {
        if !value.is_finite() {
            return Value::DASH.to_owned();
        }
        let digits = self.digits(value, locale);
        if self.unit_words == UnitWords::InHead {
            return digits;
        }
        match self.unit {
            Unit::None | Unit::Ratio => digits,
            Unit::Share => locale.hundredths(&digits),
            Unit::Relative if self.sign == Sign::Always => locale.hundredths(&digits),
            Unit::Relative => locale.relative(value, self.decimals),
            Unit::Points => format!("{digits}{NO_BREAK}{}", noun(Noun::Point, &digits, locale)),
            Unit::Of(thing) => format!("{digits}{NO_BREAK}{}", noun(thing, &digits, locale)),
        }
    }

    /// Writes an end of an interval: digits alone, except where they would not be understood.
    fn end(self, bound: Bound, infinite: &str, locale: &Locale) -> String {
        match bound {
            Bound::At(value) if value.is_finite() => match self.unit {
                Unit::Relative => locale.signed(self.shown(value), self.decimals),
                _ => locale.number(self.shown(value), self.decimals),
            },
            Bound::At(_) => Value::DASH.to_owned(),
            Bound::Open => infinite.to_owned(),
        }
    }
}

/// Returns a noun in the number that digits ask for: one only for exactly 1.
fn noun(thing: Noun, digits: &str, locale: &Locale) -> &'static str {
    let bare = digits.trim_start_matches(['+', MINUS]);
    thing.form(locale.language, bare == "1")
}

impl Value {
    /// What stands for a number that does not exist.
    pub const DASH: &'static str = "–";
    /// What stands for a number that is held back, as in Statistics Denmark's tables.
    pub const HELD_BACK: &'static str = "..";

    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// Returns a number, or, where there is none, the reason.
    pub fn number(value: Option<f64>, form: Form, reason: &str) -> Value {
        match value {
            Some(value) if value.is_finite() => Value::Number(value, form),
            _ => Value::Missing(reason.to_owned()),
        }
    }

    /// Returns an interval from ends that are absent where it is open.
    pub fn interval(lower: Option<f64>, upper: Option<f64>, form: Form) -> Value {
        let bound = |end: Option<f64>| match end {
            Some(value) if value.is_finite() => Bound::At(value),
            _ => Bound::Open,
        };
        Value::Interval {
            lower: bound(lower),
            upper: bound(upper),
            form,
        }
    }

    /// Writes the value.
    pub fn written(&self, locale: &Locale) -> String {
        match self {
            Value::Empty => String::new(),
            Value::Text(text) => text.clone(),
            Value::Count(n) => locale.count(*n),
            Value::Number(value, form) => form.text(*value, locale),
            Value::Interval { lower, upper, form } => {
                let lower = form.end(*lower, &format!("{MINUS}∞"), locale);
                locale.interval(&lower, &form.end(*upper, "∞", locale))
            }
            Value::P(p) if p.is_finite() => locale.p(*p),
            Value::P(_) | Value::Missing(_) => Value::DASH.to_owned(),
            Value::Suppressed { .. } => Value::HELD_BACK.to_owned(),
        }
    }

    /// Returns how many characters of the text stand before the decimal mark, or in all where
    /// there is none: what columns are aligned by.
    fn before_mark(&self, text: &str, locale: &Locale) -> usize {
        match self {
            Value::Number(..) | Value::P(_) | Value::Count(_) => {
                let end = |c: char| {
                    !(c.is_ascii_digit() || ['+', MINUS, '<', super::language::NARROW].contains(&c))
                };
                let first = text.chars().position(end);
                let grouping = match locale.numbers.mark() {
                    ',' => '.',
                    _ => ',',
                };
                match first {
                    Some(at) if text.chars().nth(at) == Some(grouping) => {
                        // Groups of digits divided by the other mark.
                        let mark = locale.numbers.mark();
                        text.chars().position(|c| c == mark || c == NO_BREAK)
                    }
                    other => other,
                }
                .unwrap_or_else(|| text.chars().count())
            }
            _ => text.chars().count(),
        }
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Value {
        Value::Count(n)
    }
}

impl Cell {
    pub fn new(value: Value) -> Cell {
        Cell {
            value,
            ..Cell::default()
        }
    }

    pub fn text(text: impl Into<String>) -> Cell {
        Cell::new(Value::text(text)).reading(Reads::Nothing)
    }

    pub fn count(n: u64) -> Cell {
        Cell::new(Value::Count(n))
    }

    /// Adds a second value in parentheses.
    pub fn with(mut self, aside: Value) -> Cell {
        self.aside = Some(aside);
        self
    }

    pub fn noted(mut self, note: NoteId) -> Cell {
        self.footnotes.push(note);
        self
    }

    /// Says which counts can be read from the cell; an export asks.
    pub fn reading(mut self, reads: Reads) -> Cell {
        self.reads = reads;
        self
    }

    /// Writes the cell without marks of footnotes.
    pub fn written(&self, locale: &Locale) -> String {
        let text = self.value.written(locale);
        match &self.aside {
            None | Some(Value::Empty) => text,
            Some(aside @ Value::Interval { .. }) => format!("{text} {}", aside.written(locale)),
            Some(aside) => format!("{text} ({})", aside.written(locale)),
        }
    }

    fn values(&self) -> impl Iterator<Item = &Value> {
        [Some(&self.value), self.aside.as_ref()]
            .into_iter()
            .flatten()
    }
}

impl Column {
    pub fn numbers(key: &str, label: impl Into<String>) -> Column {
        Column {
            key: key.to_owned(),
            label: label.into(),
            align: Align::Numbers,
            footnotes: Vec::new(),
            shape: None,
        }
    }

    pub fn words(key: &str, label: impl Into<String>) -> Column {
        Column {
            align: Align::Words,
            ..Column::numbers(key, label)
        }
    }

    /// Says what stands in the column, whatever its cells turn out to be.
    pub fn shaped(mut self, parts: &[Part], asides: Asides) -> Column {
        let parts = parts.to_vec();
        self.shape = Some(Shape { parts, asides });
        self
    }

    pub fn noted(mut self, note: NoteId) -> Column {
        self.footnotes.push(note);
        self
    }
}

impl Row {
    pub fn new(label: impl Into<String>, cells: Vec<Cell>) -> Row {
        Row {
            label: label.into(),
            cells,
            ..Row::default()
        }
    }

    pub fn indented(mut self, depth: u8) -> Row {
        self.depth = depth;
        self
    }

    pub fn noted(mut self, note: NoteId) -> Row {
        if !self.footnotes.contains(&note) {
            self.footnotes.push(note);
        }
        self
    }

    pub fn from_source(mut self, source: Source) -> Row {
        self.source = Some(source);
        self
    }
}

impl Table {
    pub fn new(id: &str, title: impl Into<String>, stub: impl Into<String>) -> Table {
        Table {
            id: id.to_owned(),
            title: title.into(),
            caption: String::new(),
            alternative: String::new(),
            spans: Vec::new(),
            stub: stub.into(),
            columns: Vec::new(),
            groups: Vec::new(),
            footnotes: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a footnote, or finds the one that says the same.
    pub fn footnote(&mut self, text: impl Into<String>) -> NoteId {
        let text = text.into();
        let at = self.footnotes.iter().position(|note| *note == text);
        NoteId(at.unwrap_or_else(|| {
            self.footnotes.push(text);
            self.footnotes.len() - 1
        }))
    }

    /// Adds a note on the whole table, once.
    pub fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// Begins a group of rows.
    pub fn group(&mut self, label: impl Into<String>) {
        self.groups.push(Group {
            label: label.into(),
            rows: Vec::new(),
        });
    }

    /// Adds a row to the last group.
    ///
    /// # Panics
    /// When the row has not one cell for each column.
    pub fn push(&mut self, row: Row) {
        assert_eq!(
            row.cells.len(),
            self.columns.len(),
            "a cell for each column"
        );
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.last_mut().expect("a group was put in above");
        last.rows.push(row);
    }

    /// Leaves the columns out that are not kept, with their cells.
    pub fn keep_columns(&mut self, keep: &[bool]) {
        let mut kept = keep.iter();
        self.columns.retain(|_| *kept.next().unwrap_or(&true));
        for row in self.groups.iter_mut().flat_map(|group| &mut group.rows) {
            let mut kept = keep.iter();
            row.cells.retain(|_| *kept.next().unwrap_or(&true));
        }
    }

    /// Says of every column what its cells have, so that what is held back later leaves the columns
    /// of machine forms as they are.
    pub fn settle(&mut self) {
        let shapes: Vec<Shape> = (0..self.columns.len())
            .map(|column| Shape::of(self, column))
            .collect();
        for (column, shape) in self.columns.iter_mut().zip(shapes) {
            column.shape = Some(shape);
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }

    /// Returns what a reader who cannot see the table is told.
    pub fn alternative_text(&self, locale: &Locale) -> String {
        if !self.alternative.is_empty() {
            return self.alternative.clone();
        }
        locale.say(Message::TableOf {
            title: &self.title,
            rows: self.rows().count() as u64,
            columns: self.columns.len() as u64 + 1,
        })
    }
}

impl NoteId {
    fn index(self) -> usize {
        self.0
    }
}

//! The cells of a row, and the text of each kind of value.

use std::borrow::Cow;
use std::io::Write;

use memchr::memchr;

use super::UNIT;
use crate::period::civil;
use crate::table::decode;

/// Cells end to end, each with [`UNIT`] behind it, so that a row costs no allocation and can be
/// handed on as one line.
#[derive(Default, Debug)]
pub struct Row {
    /// UTF-8.
    text: Vec<u8>,
    /// Where each cell ends; the next begins one byte later.
    ends: Vec<usize>,
    /// Whether a cell begins with a quote, or holds a line break, a [`UNIT`] or the like.
    odd: bool,
    /// Whether a quoted cell of a text table spans lines.
    pub spans_lines: bool,
}

/// Returns a text without blanks at its ends, and without the zero bytes that fill up its column.
pub fn without_filling(text: &str) -> &str {
    let filling = |letter: char| letter == '\0' || letter.is_whitespace();
    text.trim_start().trim_end_matches(filling)
}

/// Returns a cell of a text table that does not begin with a quote: without its quotes where blanks
/// stand around these, as programs write that put a blank behind each separator.
pub fn bare(cell: &[u8]) -> Cow<'_, [u8]> {
    match cell.first() {
        Some(first) if first.is_ascii_whitespace() => {}
        _ => return Cow::Borrowed(cell),
    }
    let [b'"', quoted @ .., b'"'] = cell.trim_ascii() else {
        return Cow::Borrowed(cell);
    };
    let mut text = Vec::new();
    let mut rest = quoted;
    while let Some(at) = memchr(b'"', rest) {
        // Two quotes are one that belongs to the text; of other texts they are letters.
        if rest.get(at + 1) != Some(&b'"') {
            return Cow::Borrowed(cell);
        }
        text.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    match text.is_empty() {
        true => Cow::Borrowed(quoted),
        false => {
            text.extend_from_slice(rest);
            Cow::Owned(text)
        }
    }
}

/// Returns the text of a cell as it stands between its separators, as [`super::Source`] reads it.
pub fn text(cell: &[u8]) -> Cow<'_, str> {
    let unquoted = match cell.strip_prefix(b"\"") {
        Some(quoted) => unquoted(quoted),
        None => bare(cell),
    };
    match unquoted {
        Cow::Borrowed(cell) => match decode(cell) {
            Cow::Borrowed(text) => Cow::Borrowed(without_filling(text)),
            Cow::Owned(text) => Cow::Owned(without_filling(&text).to_owned()),
        },
        Cow::Owned(cell) => Cow::Owned(without_filling(&decode(&cell)).to_owned()),
    }
}

/// Returns what stands before the quote that closes a cell, two quotes being one that belongs to
/// the text, and what stands behind it.
fn unquoted(quoted: &[u8]) -> Cow<'_, [u8]> {
    let mut text = Vec::new();
    let mut rest = quoted;
    while let Some(end) = memchr(b'"', rest) {
        if text.is_empty() && end + 1 == rest.len() {
            return Cow::Borrowed(&rest[..end]);
        }
        text.extend_from_slice(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(b"\"") {
            Some(behind) => {
                text.push(b'"');
                rest = behind;
            }
            None => break,
        }
    }
    text.extend_from_slice(rest);
    Cow::Owned(text)
}

/// Returns whether a text has nothing to take off at its ends, as most have.
fn is_bare(text: &[u8]) -> bool {
    match text {
        [] => true,
        [first, .., last] | [first @ last] => first.is_ascii_graphic() && last.is_ascii_graphic(),
    }
}

/// A value that has no text: an infinite number, or a date outside the years 1 to 9999.
#[derive(Debug)]
pub struct NoText;

impl Row {
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.odd = false;
        self.spans_lines = false;
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn cells(&self) -> impl Iterator<Item = &str> {
        let text = std::str::from_utf8(&self.text).expect("cells are texts");
        let mut from = 0;
        self.ends.iter().map(move |&end| {
            let cell = &text[from..end];
            from = end + 1;
            cell
        })
    }

    /// Returns all cells as one line, unless a cell would be misread there.
    pub fn line(&self) -> Option<&[u8]> {
        match self.odd {
            true => None,
            false => self.text.strip_suffix(&[UNIT]),
        }
    }

    fn end(&mut self) {
        self.ends.push(self.text.len());
        self.text.push(UNIT);
    }

    pub fn push_missing(&mut self) {
        self.end();
    }

    /// Adds a text without what fills up its column.
    pub fn push_text(&mut self, text: &str) {
        self.push_bare(match is_bare(text.as_bytes()) {
            true => text,
            false => without_filling(text),
        });
    }

    fn push_bare(&mut self, text: &str) {
        let text = text.as_bytes();
        self.odd |= text.first() == Some(&b'"') || text.iter().any(u8::is_ascii_control);
        self.text.extend_from_slice(text);
        self.end();
    }

    /// Adds a text that is UTF-8 or Windows-1252, filled up with blanks or zero bytes.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        if is_bare(bytes)
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            return self.push_bare(text);
        }
        self.push_text(&decode(bytes));
    }

    pub fn push_whole(&mut self, value: i64) {
        if value < 0 {
            self.text.push(b'-');
        }
        self.push_natural(value.unsigned_abs());
    }

    pub fn push_natural(&mut self, mut value: u64) {
        // Codes, of which wide tables are full.
        if let 100..1_000 = value {
            let digit = |value: u64| b'0' + (value % 10) as u8;
            let cell = [digit(value / 100), digit(value / 10), digit(value), UNIT];
            self.text.extend_from_slice(&cell);
            self.ends.push(self.text.len() - 1);
            return;
        }
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (value % 10) as u8;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        self.text.extend_from_slice(&digits[at..]);
        self.end();
    }

    /// Adds a number; one that is none is missing.
    pub fn push_number(&mut self, value: f64) -> Result<(), NoText> {
        /// 2^63; whole numbers below it are exact as `i64`.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        let whole = value as i64;
        if whole as f64 == value && value.abs() < LIMIT {
            self.push_whole(whole);
            return Ok(());
        }
        if value.is_infinite() {
            return Err(NoText);
        }
        if value.abs() >= LIMIT {
            write!(self.text, "{value:.0}").expect("memory takes everything");
        } else if !value.is_nan() {
            // The shortest decimal that reads back, never with an exponent.
            write!(self.text, "{value}").expect("memory takes everything");
        }
        self.end();
        Ok(())
    }

    /// Adds a number of single precision: 0.1 is 0.1, not 0.10000000149011612.
    pub fn push_single(&mut self, value: f32) -> Result<(), NoText> {
        if value.is_finite() && value.fract() != 0.0 {
            write!(self.text, "{value}").expect("memory takes everything");
            self.end();
            return Ok(());
        }
        self.push_number(f64::from(value))
    }

    /// Adds `value` divided by ten to the power of `scale`.
    pub fn push_decimal(&mut self, value: i128, scale: usize) {
        let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let fraction = fraction.trim_end_matches('0');
        if value < 0 {
            self.text.push(b'-');
        }
        self.text.extend_from_slice(whole.as_bytes());
        if !fraction.is_empty() {
            self.text.push(b'.');
            self.text.extend_from_slice(fraction.as_bytes());
        }
        self.end();
    }

    /// Adds a date, given in days from 1 January 1970.
    pub fn push_date(&mut self, days: i64) -> Result<(), NoText> {
        self.date(days)?;
        self.end();
        Ok(())
    }

    /// Adds a time, given in seconds from 1 January 1970; at midnight it is a date.
    pub fn push_moment(&mut self, seconds: i64) -> Result<(), NoText> {
        self.date(seconds.div_euclid(86_400))?;
        let (minutes, second) = (seconds.rem_euclid(86_400) / 60, seconds.rem_euclid(60));
        if (minutes, second) != (0, 0) {
            let (hour, minute) = (minutes / 60, minutes % 60);
            write!(self.text, "T{hour:02}:{minute:02}:{second:02}")
                .expect("memory takes everything");
        }
        self.end();
        Ok(())
    }

    fn date(&mut self, days: i64) -> Result<(), NoText> {
        // 1 January of year 1, and 31 December 9999.
        if !(-719_162..=2_932_896).contains(&days) {
            return Err(NoText);
        }
        let (year, month, day) = civil(days);
        write!(self.text, "{year:04}-{month:02}-{day:02}").expect("memory takes everything");
        Ok(())
    }
}

//! Tables of a TOML file read key by key, with every fault kept and none repeated.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::spelling::{listed, nearest};

/// One thing wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1.
    pub line: usize,
    /// What was found, in words.
    pub found: String,
    pub expected: String,
    pub nearest: Option<String>,
}

/// Everything wrong with a plan, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ProtocolError {
    pub faults: Vec<Fault>,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.as_slice() {
            [_] => write!(f, "the plan has a fault")?,
            faults => write!(f, "the plan has {} faults", faults.len())?,
        }
        for fault in &self.faults {
            write!(f, "\n  line {}: {fault}", fault.line)?;
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    expected {}", self.found, self.expected)?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

/// Collects faults while a file is read.
pub(super) struct Faults<'t> {
    text: &'t str,
    found: Vec<Fault>,
    /// Sections that are there but faulty, by kind and id: a name that means one of them is no
    /// fault of its own.
    faulty: Vec<(&'static str, String)>,
}

impl<'t> Faults<'t> {
    pub fn new(text: &'t str) -> Faults<'t> {
        Faults {
            text,
            found: Vec::new(),
            faulty: Vec::new(),
        }
    }

    /// Remembers a section that cannot be used.
    pub fn faulty(&mut self, kind: &'static str, id: impl Into<String>) {
        self.faulty.push((kind, id.into()));
    }

    /// Returns whether a name means a section that is faulty, or may mean one whose id cannot be
    /// read. An outcome with several windows has names that begin with its id.
    pub fn is_faulty(&self, kind: &str, id: &str) -> bool {
        self.faulty.iter().any(|(k, faulty)| {
            let rest = id.strip_prefix(faulty.as_str());
            *k == kind
                && (faulty.is_empty() || rest.is_some_and(|r| r.is_empty() || r.starts_with('-')))
        })
    }

    /// Returns whether any section of a kind is faulty.
    pub fn any_faulty(&self, kind: &str) -> bool {
        self.faulty.iter().any(|(k, _)| *k == kind)
    }

    /// Returns the line, from 1, on which a byte stands.
    pub fn line(&self, span: &Range<usize>) -> usize {
        let start = span.start.min(self.text.len());
        1 + self.text.as_bytes()[..start]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
    }

    pub fn add(
        &mut self,
        span: &Range<usize>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) {
        let line = self.line(span);
        self.found.push(Fault {
            line,
            found: found.into(),
            expected: expected.into(),
            nearest: None,
        });
    }

    /// Adds a name that is none of the known ones.
    pub fn unknown<'a>(
        &mut self,
        span: &Range<usize>,
        found: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) {
        let line = self.line(span);
        let expected = match listed(known.clone()) {
            list if list.is_empty() => "none here".to_owned(),
            list => list,
        };
        self.found.push(Fault {
            line,
            found: found.into(),
            expected,
            nearest: nearest(name, known).map(str::to_owned),
        });
    }

    pub fn finish(mut self) -> Result<(), ProtocolError> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort_by_key(|fault| fault.line);
        Err(ProtocolError { faults: self.found })
    }
}

/// One table of the file, with the keys that were asked for.
pub(super) struct Section<'a> {
    /// As the plan writes it: `[study]`, `[[arm]]`.
    pub name: String,
    pub span: Range<usize>,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
}

/// A value with its place in the file.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub value: T,
    pub span: Range<usize>,
}

impl<T> At<T> {
    fn new(value: T, span: Range<usize>) -> At<T> {
        At { value, span }
    }
}

impl<'a> Section<'a> {
    pub fn new(name: impl Into<String>, table: &'a DeTable<'a>, span: Range<usize>) -> Section<'a> {
        Section {
            name: name.into(),
            span,
            table,
            asked: Vec::new(),
        }
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// Returns whether the key is there, without asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub fn text(&mut self, key: &'static str, faults: &mut Faults) -> Option<At<String>> {
        let value = self.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(At::new(text.to_owned(), value.span())),
            None => {
                self.wrong_type(key, value, "a text in quotes", faults);
                None
            }
        }
    }

    pub fn required_text(&mut self, key: &'static str, faults: &mut Faults) -> Option<At<String>> {
        if !self.has(key) {
            if self.lacks(key) {
                faults.add(
                    &self.span,
                    format!("{} has no `{key}`", self.name),
                    format!("`{key} = \"…\"`"),
                );
            }
            self.asked.push(key);
            return None;
        }
        let text = self.text(key, faults)?;
        if text.value.trim().is_empty() {
            faults.add(&text.span, format!("`{key}` is empty"), "a text");
            return None;
        }
        Some(text)
    }

    pub fn truth(&mut self, key: &'static str, faults: &mut Faults) -> Option<At<bool>> {
        let value = self.get(key)?;
        match value.get_ref().as_bool() {
            Some(truth) => Some(At::new(truth, value.span())),
            None => {
                self.wrong_type(key, value, "true or false", faults);
                None
            }
        }
    }

    pub fn whole(&mut self, key: &'static str, faults: &mut Faults) -> Option<At<i64>> {
        let value = self.get(key)?;
        match whole(value.get_ref()) {
            Some(number) => Some(At::new(number, value.span())),
            None => {
                self.wrong_type(key, value, "a whole number", faults);
                None
            }
        }
    }

    /// Returns a whole number within bounds.
    pub fn whole_within(
        &mut self,
        key: &'static str,
        min: i64,
        max: i64,
        faults: &mut Faults,
    ) -> Option<At<i64>> {
        let number = self.whole(key, faults)?;
        if (min..=max).contains(&number.value) {
            return Some(number);
        }
        faults.add(
            &number.span,
            format!("`{key} = {}` in {}", number.value, self.name),
            format!("a whole number from {min} to {max}"),
        );
        None
    }

    /// Returns a list of whole numbers, or several such lists in one.
    pub fn pairs(&mut self, key: &'static str, faults: &mut Faults) -> Option<At<Vec<Vec<i64>>>> {
        let value = self.get(key)?;
        let numbers = |value: &DeValue| -> Option<Vec<i64>> {
            let list = value.as_array()?;
            list.iter().map(|item| whole(item.get_ref())).collect()
        };
        let list = match numbers(value.get_ref()) {
            Some(one) => Some(vec![one]),
            None => value
                .get_ref()
                .as_array()
                .and_then(|list| list.iter().map(|item| numbers(item.get_ref())).collect()),
        };
        match list {
            Some(list) => Some(At::new(list, value.span())),
            None => {
                self.wrong_type(key, value, "a list of whole numbers", faults);
                None
            }
        }
    }

    pub fn number(&mut self, key: &'static str, faults: &mut Faults) -> Option<At<f64>> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().replace('_', "").parse().ok(),
            other => whole(other).map(|number| number as f64),
        };
        match number {
            Some(number) => Some(At::new(number, value.span())),
            None => {
                self.wrong_type(key, value, "a number", faults);
                None
            }
        }
    }

    /// Returns a list of texts.
    pub fn texts(&mut self, key: &'static str, faults: &mut Faults) -> Option<At<Vec<At<String>>>> {
        self.list(key, "a list of texts", faults, |value| {
            value.as_str().map(str::to_owned)
        })
    }

    /// Returns a list of whole numbers.
    pub fn wholes(&mut self, key: &'static str, faults: &mut Faults) -> Option<At<Vec<At<i64>>>> {
        self.list(key, "a list of whole numbers", faults, whole)
    }

    /// Returns a list of lists of texts.
    pub fn text_lists(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
    ) -> Option<At<Vec<At<Vec<String>>>>> {
        self.list(key, "a list of lists of texts", faults, |value| {
            value
                .as_array()?
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect()
        })
    }

    /// Returns whether a key is lacking, and no other key looks like its misspelling: that one is
    /// reported by itself.
    pub fn lacks(&self, key: &str) -> bool {
        !self.has(key)
            && !self.table.keys().any(|other| {
                let other: &str = other.get_ref();
                !self.asked.contains(&other) && nearest(other, [key]).is_some()
            })
    }

    /// Marks a key as known without reading it.
    pub fn pass(&mut self, key: &'static str) {
        self.asked.push(key);
    }

    /// Returns whether a key was asked for.
    pub fn asked_for(&self, key: &str) -> bool {
        self.asked.contains(&key)
    }

    /// Returns the place of a key's value, or of the section.
    pub fn key_span(&self, key: &str) -> Range<usize> {
        self.table
            .get(key)
            .map_or_else(|| self.span.clone(), Spanned::span)
    }

    /// Returns the text of a key, if it is one, without asking for it.
    pub fn peek_text(&self, key: &str) -> Option<String> {
        let value = self.table.get(key)?;
        value.get_ref().as_str().map(str::to_owned)
    }

    /// Returns whether the value of a key is a text.
    pub fn is_text(&self, key: &str) -> bool {
        self.table
            .get(key)
            .is_some_and(|value| value.get_ref().is_str())
    }

    fn list<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        faults: &mut Faults,
        item: impl Fn(&DeValue<'a>) -> Option<T>,
    ) -> Option<At<Vec<At<T>>>> {
        let value = self.get(key)?;
        let items = value.get_ref().as_array().and_then(|array| {
            array
                .iter()
                .map(|entry| Some(At::new(item(entry.get_ref())?, entry.span())))
                .collect()
        });
        match items {
            Some(items) => Some(At::new(items, value.span())),
            None => {
                self.wrong_type(key, value, expected, faults);
                None
            }
        }
    }

    /// Returns the section under a key: `[register.dream]`, `bands = { … }`.
    pub fn table(&mut self, key: &'static str, faults: &mut Faults) -> Option<Section<'a>> {
        let value = self.get(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(Section::new(format!("[{key}]"), table, value.span())),
            None => {
                self.wrong_type(key, value, "a table", faults);
                None
            }
        }
    }

    /// Returns the sections under a key that may stand many times: `[[arm]]`.
    pub fn tables(&mut self, key: &'static str, faults: &mut Faults) -> Vec<Section<'a>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let sections: Option<Vec<_>> = value.get_ref().as_array().and_then(|array| {
            array
                .iter()
                .map(|entry| {
                    let table = entry.get_ref().as_table()?;
                    Some(Section::new(format!("[[{key}]]"), table, entry.span()))
                })
                .collect()
        });
        sections.unwrap_or_else(|| {
            self.wrong_type(key, value, &format!("`[[{key}]]`"), faults);
            Vec::new()
        })
    }

    /// Returns every entry of the section, for sections whose keys are names of the user's own.
    pub fn entries(&self) -> impl Iterator<Item = (At<String>, &'a Spanned<DeValue<'a>>)> {
        self.table
            .iter()
            .map(|(key, value)| (At::new(key.get_ref().to_string(), key.span()), value))
    }

    fn wrong_type(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
        faults: &mut Faults,
    ) {
        faults.add(
            &value.span(),
            format!("`{key}` in {} is {}", self.name, type_name(value.get_ref())),
            expected,
        );
    }

    /// Reports the keys that nobody asked for.
    pub fn finish(self, faults: &mut Faults) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let found = format!("`{name}` is no key of {}", self.name);
                faults.unknown(&key.span(), found, name, self.asked.iter().copied());
            }
        }
    }
}

/// Returns a whole number written in decimal.
pub(super) fn whole(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Returns a pair of whole numbers: `[18, 29]`.
pub(super) fn pair(value: &DeValue<'_>) -> Option<(i64, i64)> {
    match value.as_array()?.iter().collect::<Vec<_>>()[..] {
        [first, last] => Some((whole(first.get_ref())?, whole(last.get_ref())?)),
        _ => None,
    }
}

/// Returns the texts of a list.
pub(super) fn texts(value: &DeValue<'_>) -> Option<Vec<At<String>>> {
    value
        .as_array()?
        .iter()
        .map(|item| Some(At::new(item.get_ref().as_str()?.to_owned(), item.span())))
        .collect()
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

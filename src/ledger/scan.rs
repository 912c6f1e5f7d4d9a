//! A draw's line read key after key, in the order in which it is written.
//!
//! Nearly every line of a ledger is a draw, and a draw at intake reads the whole ledger first.
//! Promises: an entry that is returned would be written as exactly this line. Whatever is spelled
//! in any other way is `None`, and left to the reader of all JSON, which says what is wrong.

use std::str::FromStr;

use super::entry::{Clock, Draw, Entry, Event, LevelValue};

pub(super) fn draw(line: &str) -> Option<Entry> {
    let mut rest = Rest(line);
    rest.pass("{\"entry\":")?;
    let number = rest.whole()?;
    rest.pass(",\"prev\":")?;
    let prev = rest.text()?.parse().ok()?;
    rest.pass(",\"time\":")?;
    let time = rest.text()?.parse().ok()?;
    rest.pass(",\"by\":")?;
    let by = rest.text()?.to_owned();
    rest.pass(",\"type\":\"draw\",\"referral\":")?;
    let referral = rest.text()?.to_owned();
    rest.pass(",\"stratum\":")?;
    let stratum = rest.listed("[", "]", |rest| Some(rest.text()?.to_owned()))?;
    rest.pass(",\"slot\":")?;
    let slot = rest.whole()?;
    rest.pass(",\"levels\":")?;
    let levels = rest.listed("{", "}", Rest::level)?;
    rest.pass(",\"arm\":")?;
    let arm = rest.text()?.to_owned();
    let batch = match rest.pass(",\"batch\":") {
        Some(()) => Some(rest.whole()?),
        None => None,
    };
    let clock = match rest.pass(",\"clock\":\"set\"") {
        Some(()) => Clock::Set,
        None => Clock::Real,
    };
    (rest.0 == "}").then_some(Entry {
        number,
        prev,
        time,
        by,
        event: Event::Draw(Draw {
            referral,
            stratum,
            slot,
            levels,
            arm,
            batch,
        }),
        clock,
    })
}

/// What is left of a line.
struct Rest<'l>(&'l str);

impl<'l> Rest<'l> {
    fn pass(&mut self, expected: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// Takes a text in which nothing is escaped or would have to be.
    fn text(&mut self) -> Option<&'l str> {
        self.pass("\"")?;
        let end = self
            .0
            .bytes()
            .position(|byte| byte < b' ' || byte == b'"' || byte == b'\\')?;
        let text = &self.0[..end];
        self.0 = &self.0[end..];
        self.pass("\"")?;
        Some(text)
    }

    fn whole<T: FromStr>(&mut self) -> Option<T> {
        let end = self.0.find([',', '}'])?;
        let (number, rest) = self.0.split_at(end);
        let digits = number.strip_prefix('-').unwrap_or(number);
        let one_spelling = number == "0" || !digits.starts_with('0');
        if !one_spelling || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        self.0 = rest;
        number.parse().ok()
    }

    fn level(&mut self) -> Option<(String, LevelValue)> {
        let factor = self.text()?.to_owned();
        self.pass(":")?;
        let value = match self.text() {
            Some(text) => LevelValue::Text(text.to_owned()),
            None => LevelValue::Whole(self.whole()?),
        };
        Some((factor, value))
    }

    fn listed<T>(
        &mut self,
        open: &str,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.pass(open)?;
        let mut items = Vec::new();
        while self.pass(close).is_none() {
            if !items.is_empty() {
                self.pass(",")?;
            }
            items.push(item(self)?);
        }
        Some(items)
    }
}

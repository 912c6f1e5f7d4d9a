//! Ids written almost alike: one person under two ids would be drawn twice.
//!
//! The ledger compares ids byte by byte, and so it must. Promises: whoever is about to be drawn
//! under an id that differs from one drawn before only in capital letters, blanks, dashes, leading
//! zeros, signs that cannot be seen or the way a letter is put together is named before the draw.
//! Hides: Unicode's forms.

use std::collections::hash_map::{DefaultHasher, Entry as Place};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};

use unicode_normalization::UnicodeNormalization;

use super::{Event, Ledger, Referral};
use crate::protocol::Fact;

/// An id that comes, and one that is known, which look like one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlikeIds {
    pub id: String,
    /// Line of the list, when the referral came with one.
    pub line: Option<u64>,
    pub known: String,
    pub place: Known,
}

/// Where the other id stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Drawn, in this entry.
    Drawn { entry: u64 },
    /// On this line of the same list.
    Listed { line: u64 },
}

impl fmt::Display for AlikeIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "`{}` and `{}`", self.id, self.known)?;
        match self.place {
            Known::Drawn { entry } => write!(f, ", drawn in entry {entry}")?,
            Known::Listed { line } => write!(f, " on line {line}")?,
        }
        write!(f, ", differ only in {}", difference(&self.id, &self.known))
    }
}

/// Says wherein two ids that look alike differ.
fn difference(a: &str, b: &str) -> &'static str {
    let lower = |id: &str| id.nfc().collect::<String>().to_lowercase();
    if a.nfc().eq(b.nfc()) {
        "how a letter is put together (`å`, or `a` and a ring)"
    } else if lower(a) == lower(b) {
        "capital letters"
    } else {
        "capital letters, leading zeros, blanks or dashes"
    }
}

/// Returns whether a sign takes no place on a screen or on paper.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Writes how an id looks: small letters, no leading zeros, and one kind of dash in the place of
/// every dash and blank. Between a letter and a digit it is left out: `P-1` looks like `p 01`.
fn look_into(id: &str, look: &mut String) {
    look.clear();
    let mut last = None;
    let (mut gap, mut zeros) = (false, false);
    let mut push = |c: char| {
        if matches!(c, '-' | '_') || c.is_whitespace() {
            gap = true;
            return;
        }
        let digit = c.is_ascii_digit();
        if zeros && (gap || !digit) {
            look.push('0');
        }
        if gap && last == Some(digit) {
            look.push('-');
        }
        // Zeros that more digits follow mean nothing at the start of a number.
        zeros = c == '0' && (zeros || gap || last != Some(true));
        if !zeros {
            look.push(c);
        }
        (gap, last) = (false, Some(digit));
    };
    if id.is_ascii() {
        id.bytes()
            .for_each(|byte| push(byte.to_ascii_lowercase().into()));
    } else {
        let visible = id.nfkc().filter(|&c| !is_invisible(c));
        visible.flat_map(char::to_lowercase).for_each(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => push('-'),
            c => push(c),
        });
    }
    if zeros {
        look.push('0');
    }
}

fn look(id: &str) -> String {
    let mut look = String::new();
    look_into(id, &mut look);
    look
}

/// Returns the pairs among different ids that look alike, each with the first such before it.
pub fn alike_among<'a>(
    ids: impl Iterator<Item = (u64, &'a str)> + Clone,
) -> Vec<[(u64, &'a str); 2]> {
    // Only digests are kept of all ids; the few that stand twice are looked at again.
    let mut buffer = String::new();
    let mut digest = move |id: &str| {
        look_into(id, &mut buffer);
        let mut hasher = DefaultHasher::new();
        buffer.hash(&mut hasher);
        hasher.finish()
    };
    let mut seen = HashSet::new();
    let twice: HashSet<u64> = ids
        .clone()
        .map(|(_, id)| digest(id))
        .filter(|digest| !seen.insert(*digest))
        .collect();
    let mut firsts: HashMap<String, (u64, &str)> = HashMap::new();
    let mut pairs = Vec::new();
    for (entry, id) in ids.filter(|_| !twice.is_empty()) {
        if !twice.contains(&digest(id)) {
            continue;
        }
        match firsts.entry(look(id)) {
            Place::Vacant(place) => {
                place.insert((entry, id));
            }
            Place::Occupied(first) if first.get().1 != id => {
                pairs.push([*first.get(), (entry, id)]);
            }
            Place::Occupied(_) => {}
        }
    }
    pairs
}

impl Ledger {
    /// Returns who was drawn under an id that looks like this one, where this one was not.
    pub fn drawn_alike(&self, id: &str) -> Option<AlikeIds> {
        let is_drawn = |id: &str| self.entry_of(id).is_some();
        let alike = alike_to([(id, None)].into_iter(), self.persons(), is_drawn);
        alike.into_iter().next()
    }

    /// Returns the entry and id of everybody who has an arm.
    fn persons(&self) -> impl Iterator<Item = (u64, &str)> {
        let clusters = self.sealed().cluster().is_some();
        self.entries
            .iter()
            .filter_map(move |entry| match &entry.event {
                Event::Draw(draw) if !clusters => Some((entry.number, draw.referral.as_str())),
                Event::Member(member) => Some((entry.number, member.referral.as_str())),
                _ => None,
            })
    }

    /// Returns the referrals, and the clusters they name, that are not drawn yet and whose ids look
    /// like one that was drawn, or like one before them in the list.
    pub fn alike(&self, referrals: &[Referral]) -> Vec<AlikeIds> {
        let persons = referrals
            .iter()
            .map(|referral| (referral.id.as_str(), referral.line));
        let mut alike = alike_to(persons, self.persons(), |id| self.entry_of(id).is_some());
        if let Some(cluster) = self.sealed().cluster() {
            let names = referrals
                .iter()
                .filter_map(|referral| match &referral.facts[cluster] {
                    Fact::Name(name) => Some((name.as_str(), referral.line)),
                    _ => None,
                });
            let drawn = self
                .draws()
                .map(|(entry, draw)| (entry.number, draw.referral.as_str()));
            alike.extend(alike_to(names, drawn, |id| {
                self.entry_of_cluster(id).is_some()
            }));
        }
        alike
    }
}

fn alike_to<'a>(
    coming: impl Iterator<Item = (&'a str, Option<u64>)>,
    drawn: impl Iterator<Item = (u64, &'a str)>,
    is_drawn: impl Fn(&str) -> bool,
) -> Vec<AlikeIds> {
    let mut alike = Vec::new();
    let mut found = |(id, line): (&str, Option<u64>), known: &str, place| {
        alike.push(AlikeIds {
            id: id.to_owned(),
            line,
            known: known.to_owned(),
            place,
        });
    };
    // The first new id of each look: one that is drawn again is no second draw.
    let mut new: HashMap<String, (&str, Option<u64>)> = HashMap::new();
    for (id, line) in coming.filter(|(id, _)| !is_drawn(id)) {
        match new.entry(look(id)) {
            Place::Vacant(place) => {
                place.insert((id, line));
            }
            Place::Occupied(first) if first.get().0 != id => {
                let (known, first_line) = *first.get();
                let line_of_known = first_line.unwrap_or_default();
                found(
                    (id, line),
                    known,
                    Known::Listed {
                        line: line_of_known,
                    },
                );
            }
            Place::Occupied(_) => {}
        }
    }
    let mut buffer = String::new();
    for (entry, known) in drawn {
        if new.is_empty() {
            break;
        }
        look_into(known, &mut buffer);
        if let Some(id) = new.remove(buffer.as_str()) {
            found(id, known, Known::Drawn { entry });
        }
    }
    alike.sort_by_key(|alike| alike.line);
    alike
}

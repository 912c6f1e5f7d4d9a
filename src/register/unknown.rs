//! Codes that no table knows: each counted, with the place where it was first met.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Shown;

/// A code that no table knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownCode {
    pub code: Shown,
    pub count: u64,
    /// Where it was first seen.
    pub file: PathBuf,
    pub line: u64,
    pub column: String,
}

/// Unknown codes in the making, in the order they were met; `P` is a place.
#[derive(Debug)]
pub(super) struct Unknowns<P> {
    met: Vec<(Shown, u64, P)>,
    places: HashMap<Shown, usize>,
}

impl<P> Default for Unknowns<P> {
    fn default() -> Unknowns<P> {
        Unknowns {
            met: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<P> Unknowns<P> {
    /// No table of codes has so many: what has more of them is no column of codes.
    pub const MOST: usize = 1_000;

    /// Counts a code; one that is new, when there are too many of them already, is passed over.
    pub fn add(&mut self, code: Shown, count: u64, place: impl FnOnce() -> P) {
        if let Some(&at) = self.places.get(&code) {
            self.met[at].1 += count;
        } else if !self.too_many() {
            self.places.insert(code.clone(), self.met.len());
            self.met.push((code, count, place()));
        }
    }

    pub fn too_many(&self) -> bool {
        self.met.len() > Self::MOST
    }

    pub fn is_empty(&self) -> bool {
        self.met.is_empty()
    }

    /// Takes everything out.
    pub fn drain(&mut self) -> impl Iterator<Item = (Shown, u64, P)> + '_ {
        self.places.clear();
        self.met.drain(..)
    }
}

impl Unknowns<(PathBuf, u64, String)> {
    /// Returns the codes in the order they were met.
    pub fn codes(mut self) -> Vec<UnknownCode> {
        let codes = self
            .drain()
            .map(|(code, count, (file, line, column))| UnknownCode {
                code,
                count,
                file,
                line,
                column,
            });
        codes.collect()
    }
}

/// Codes that a message names.
const SHOWN: usize = 10;

pub(super) fn told(codes: &[UnknownCode]) -> String {
    let mut text = match codes {
        [code] => match code.count {
            1 => format!("unknown state code {}, once", code.code),
            times => format!("unknown state code {}, {times} times", code.code),
        },
        codes => {
            let names = codes.iter().take(SHOWN).map(|code| code.code.to_string());
            format!(
                "{} unknown state codes: {}",
                codes.len(),
                names.collect::<Vec<_>>().join(", ")
            )
        }
    };
    for code in codes.iter().take(SHOWN) {
        text += &format!(
            "\n  {} first in {}, line {}, column {} ({} in all)",
            code.code,
            code.file.display(),
            code.line,
            code.column,
            code.count
        );
    }
    text
}

pub(super) fn told_of_too_many(path: &Path, line: u64, first: &[UnknownCode]) -> String {
    let mut text = format!(
        "more than {} unknown state codes, and no more is read\n  in {}, up to line {line}",
        Unknowns::<()>::MOST,
        path.display()
    );
    for code in first {
        text += &format!(
            "\n  {} first in {}, line {}, column {}",
            code.code,
            code.file.display(),
            code.line,
            code.column
        );
    }
    text
}

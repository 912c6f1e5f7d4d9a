//! What the codes of DREAM mean: the Danish labour-market agency's list, as data.
//!
//! Promises: each code of the table is in one class, from which the state of a week follows; a
//! code outside the table is unknown and is never guessed at.
//! Source: the documentation of DREAM by Styrelsen for Arbejdsmarked og Rekruttering, in
//! `dream_codes.csv` beside this file. Its column `confidence` is `low` for codes 870 to 878, for
//! which no public source was found.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use super::shown::are_cells;
use super::{RegisterError, Shown};
use crate::digest::{Digest, Hasher};
use crate::period::Week;
use crate::protocol::State;
use crate::spelling::nearest;
use crate::table::{Table, TableError};

/// A code of three digits, or blank; or a state itself, in registers that name states.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code(u16);

/// What a code says by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// No benefit, or holiday pay from employment: the month's industry code decides between
    /// `ordinary` and `self_support`.
    ByIndustry,
    Is(State),
}

/// One line of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeEntry {
    pub code: Code,
    pub label_da: String,
    pub label_en: String,
    /// Family and kind, as in the source: `kontanthjaelp_jobparat:internship_private`.
    pub group: String,
    pub class: Class,
    /// First and last week in which the code is in use, where that is limited.
    pub valid: (Option<Week>, Option<Week>),
}

/// The codes that a file may hold.
#[derive(Clone, Debug)]
pub struct CodeTable {
    pub entries: Vec<CodeEntry>,
    /// Digest of the text the table was read from: its version.
    pub digest: Digest,
    classes: Vec<Option<Class>>,
}

/// The first number of the codes that stand for states.
const STATES: u16 = 1_000;

const TEXT: &str = include_str!("dream_codes.csv");

impl Code {
    pub const BLANK: Code = Code(0);

    /// `100`, which scripts put where a blank week has wage; no delivery has it.
    const DERIVED: Code = Code(100);

    /// Returns the code of a cell without blanks at its ends: three digits, or nothing. `.` is
    /// SAS's missing value and reads as blank.
    pub fn read(cell: &[u8]) -> Option<Code> {
        match cell {
            b"" | b"." => Some(Code::BLANK),
            [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
                let digit = |d: &u8| u16::from(d - b'0');
                match 100 * digit(a) + 10 * digit(b) + digit(c) {
                    0 => None,
                    number => Some(Code(number)),
                }
            }
            _ => None,
        }
    }

    /// Numbers of codes lie below this.
    pub const COUNT: u16 = STATES + 16;

    /// Returns the code that stands for a state itself.
    pub fn of_state(state: State) -> Code {
        Code(STATES + state as u16)
    }

    /// Returns the code with a number that was stored: also blank, or that of a state.
    pub fn stored(number: u16) -> Option<Code> {
        let state = number.checked_sub(STATES);
        match state {
            None => Some(Code(number)),
            Some(state) => (usize::from(state) < State::ALL.len()).then_some(Code(number)),
        }
    }

    /// Returns the code with this number, 1 to 999.
    pub fn from_number(number: u16) -> Option<Code> {
        (1..=999).contains(&number).then_some(Code(number))
    }

    /// Returns the number of the code; 0 for blank.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Code::BLANK => Ok(()),
            Code(number) if number >= STATES => {
                f.write_str(State::ALL[usize::from(number - STATES)].name())
            }
            Code(number) => write!(f, "{number:03}"),
        }
    }
}

impl CodeTable {
    /// Returns the table that comes with the program.
    pub fn built_in() -> &'static CodeTable {
        static TABLE: LazyLock<CodeTable> = LazyLock::new(|| CodeTable::read(TEXT));
        &TABLE
    }

    fn read(text: &str) -> CodeTable {
        let mut entries: Vec<CodeEntry> = Vec::new();
        let mut classes = vec![None; usize::from(Code::COUNT)];
        for &state in State::ALL {
            classes[usize::from(Code::of_state(state).0)] = Some(Class::Is(state));
        }
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for record in reader.records() {
            let record = record.expect("the built-in table is well formed");
            let Some(code) = Code::read(record[0].as_bytes()) else {
                // `0`, a code that scripts derive and no delivery has.
                continue;
            };
            let Some(class) = class(&record[3]) else {
                continue;
            };
            classes[usize::from(code.0)] = Some(class);
            entries.push(CodeEntry {
                code,
                label_da: record[1].to_owned(),
                label_en: record[2].to_owned(),
                group: record[3].to_owned(),
                class,
                valid: (None, None),
            });
        }
        CodeTable {
            entries,
            digest: Digest::of(text.as_bytes()),
            classes,
        }
    }

    /// Returns this table with the codes of a user's own, which count where both have one.
    ///
    /// The text is a table with columns `code` and `state`, and perhaps `label`, `from` and `to`
    /// (ISO weeks such as 2021-W14, both included). `path` is for messages.
    pub fn extended(&self, path: &Path, text: &[u8]) -> Result<CodeTable, RegisterError> {
        let table = Table::parse(path, text).map_err(|error| match error {
            // The header may be missing, and the first row stand in its place.
            TableError::TwiceInHeader { ref column, .. } if are_cells([column].into_iter()) => {
                RegisterError::NoHeader {
                    path: path.to_owned(),
                }
            }
            error => RegisterError::Codes {
                message: error.to_string(),
            },
        })?;
        if are_cells(table.header.iter()) {
            return Err(RegisterError::NoHeader {
                path: path.to_owned(),
            });
        }
        let column = |name: &str| table.header.iter().position(|column| column == name);
        const COLUMNS: [&str; 5] = ["code", "state", "label", "from", "to"];
        let others = || {
            let names = table.header.iter().map(String::as_str);
            names.filter(|name| !COLUMNS.contains(name))
        };
        let none = |name: &str, role: &'static str| RegisterError::NoColumn {
            path: path.to_owned(),
            column: name.to_owned(),
            role,
            nearest: nearest(name, others()).map(str::to_owned),
        };
        let needed = |name, role| column(name).ok_or_else(|| none(name, role));
        // Passed over in silence, a misspelt column would lift a limit.
        let perhaps = |name| match (column(name), nearest(name, others())) {
            (None, Some(_)) => Err(none(name, name)),
            (found, _) => Ok(found),
        };
        let (code, state) = (needed("code", "code")?, needed("state", "state of a code")?);
        let (label, from, to) = (perhaps("label")?, perhaps("from")?, perhaps("to")?);
        let mut own = self.clone();
        let mut lines: BTreeMap<Code, u64> = BTreeMap::new();
        for row in &table.rows {
            let wrong = |at: usize, expected: &'static str| RegisterError::WrongCell {
                path: path.to_owned(),
                line: row.line,
                column: table.header[at].clone(),
                found: Shown::cell(&row.cells[at]),
                expected,
            };
            let read = Code::read(row.cells[code].as_bytes())
                .filter(|code| *code != Code::BLANK)
                .ok_or_else(|| wrong(code, "code of three digits"))?;
            if read == Code::DERIVED {
                return Err(wrong(code, "code of DREAM, but one that scripts derive"));
            }
            if let Some(first) = lines.insert(read, row.line) {
                return Err(RegisterError::CodeTwice {
                    path: path.to_owned(),
                    code: read.to_string(),
                    first,
                    second: row.line,
                });
            }
            let known = State::from_name(&row.cells[state])
                .ok_or_else(|| wrong(state, "state: `klero codes` lists them"))?;
            let week = |at: Option<usize>| match at.map(|at| (at, row.cells[at].as_str())) {
                None | Some((_, "")) => Ok(None),
                Some((at, text)) => text
                    .parse()
                    .map(Some)
                    .map_err(|_| wrong(at, "ISO week such as 2021-W14")),
            };
            let valid: (Option<Week>, Option<Week>) = (week(from)?, week(to)?);
            if let (Some(from), Some(until), Some(to)) = (valid.0, valid.1, to)
                && until < from
            {
                return Err(wrong(to, "week on or after that in `from`"));
            }
            let label = label.map_or(String::new(), |at| row.cells[at].clone());
            let entry = CodeEntry {
                code: read,
                label_da: label.clone(),
                label_en: label,
                group: "own".to_owned(),
                class: Class::Is(known),
                valid,
            };
            own.classes[usize::from(read.0)] = Some(entry.class);
            match own.entries.iter_mut().find(|entry| entry.code == read) {
                Some(known) => *known = entry,
                None => own.entries.push(entry),
            }
        }
        own.entries.sort_by_key(|entry| entry.code);
        let mut hasher = Hasher::new();
        hasher.update(TEXT.as_bytes());
        hasher.update(text);
        own.digest = hasher.finish();
        Ok(own)
    }

    /// Returns whether a code is in use in all of some weeks.
    pub fn is_valid(&self, code: Code, first: Week, last: Week) -> bool {
        // Only codes of a user's table are limited, and they are few.
        self.entries
            .iter()
            .filter(|entry| entry.code == code)
            .all(|entry| {
                entry.valid.0.is_none_or(|from| from <= first)
                    && entry.valid.1.is_none_or(|to| last <= to)
            })
    }

    /// Returns whether some code is limited to some weeks.
    pub fn has_limits(&self) -> bool {
        self.entries.iter().any(|entry| entry.valid != (None, None))
    }

    /// Returns the class of a code, `None` for an unknown one.
    pub fn class(&self, code: Code) -> Option<Class> {
        self.classes[usize::from(code.0)]
    }
}

/// Returns the class of a group; `None` for the codes that scripts derive and no delivery has.
fn class(group: &str) -> Option<Class> {
    let (family, kind) = group.split_once(':').unwrap_or((group, ""));
    Some(match (family, kind) {
        ("derived", _) => return None,
        ("none", _) | ("feriedagpenge_beskaeftigelse", _) => Class::ByIndustry,
        ("terminal", "abroad") => Class::Is(State::Abroad),
        ("terminal", "dead") => Class::Is(State::Dead),
        ("terminal", _) => Class::Is(State::Pension),
        ("stoettet_besk" | "fleksjob", _) | ("foertidspension", "skaanejob") => {
            Class::Is(State::Supported)
        }
        (_, "wage_subsidy_private" | "wage_subsidy_public") => Class::Is(State::Supported),
        (_, "internship_private" | "internship_public") => Class::Is(State::Praktik),
        (_, "education") => Class::Is(State::Education),
        _ => Class::Is(State::Benefit),
    })
}

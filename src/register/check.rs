//! What is doubtful in a register without being wrong: counted always, shown by row on request.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::codes::{Class, CodeTable};
use super::people::PersonRef;
use crate::period::Month;
use crate::protocol::{Absence, State};

/// Something in a register that may be a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Persons with a code behind the one for death.
    AfterDeath,
    /// Persons with a code in weeks in which it is not in use.
    OutsideValidity,
    /// Persons whose key has fewer digits than that of most: leading zeros may be lost.
    ShortKey,
    /// Drawn persons who are not in the register.
    NotInRegister,
    /// The same, where the plan says that they had nothing to register.
    TakenAsZero,
    /// Rows with more than 400 hours in a month.
    ManyHours,
    /// Spells that hold no Thursday, and so no week.
    WithoutWeek,
    /// Months at the end with fewer rows than those before: they may not be complete.
    LastMonths,
}

/// A doubt, how often it was met, and the first rows it was met in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubtful {
    pub doubt: Doubt,
    pub count: u64,
    /// File and line of the first ones; none where a doubt is about no row.
    pub rows: Vec<(PathBuf, u64)>,
}

/// Rows kept of each doubt.
const ROWS: usize = 20;

/// Keys with fewer digits than this are numbered by hand, and have no zeros to lose.
const LONG_KEY: usize = 8;

/// Doubts in the making.
#[derive(Default)]
pub(super) struct Doubts {
    found: BTreeMap<Doubt, (u64, Vec<(PathBuf, u64)>)>,
    /// Persons and first rows by the number of digits of their keys.
    digits: BTreeMap<usize, (u64, Vec<(PathBuf, u64)>)>,
    /// Rows by month, of a register of hours.
    months: BTreeMap<Month, u64>,
    /// Drawn persons who were met.
    met: u64,
}

impl Doubts {
    pub fn add(&mut self, doubt: Doubt, file: &Path, line: u64) {
        let (count, rows) = self.found.entry(doubt).or_default();
        *count += 1;
        if rows.len() < ROWS {
            rows.push((file.to_owned(), line));
        }
    }

    pub fn month(&mut self, month: Month) {
        *self.months.entry(month).or_default() += 1;
    }

    /// Looks at a person whole.
    pub fn person(
        &mut self,
        person: PersonRef,
        file: &Path,
        codes: &CodeTable,
        drawn: Option<&HashSet<Vec<u8>>>,
    ) {
        let dead = |class: Option<Class>| class == Some(Class::Is(State::Dead));
        let mut died = false;
        for spell in person.spells {
            let class = codes.class(spell.code);
            if died && !dead(class) {
                self.add(Doubt::AfterDeath, file, person.line);
                break;
            }
            died |= dead(class);
        }
        let invalid = codes.has_limits()
            && person.spells.iter().any(|spell| {
                let last = spell.first + (spell.weeks as i32 - 1);
                !codes.is_valid(spell.code, spell.first, last)
            });
        if invalid {
            self.add(Doubt::OutsideValidity, file, person.line);
        }
        if person.key.iter().all(u8::is_ascii_digit) {
            let (count, rows) = self.digits.entry(person.key.len()).or_default();
            *count += 1;
            if rows.len() < ROWS {
                rows.push((file.to_owned(), person.line));
            }
        }
        if drawn.is_some_and(|drawn| drawn.contains(person.key)) {
            self.met += 1;
        }
    }

    pub fn finish(mut self, drawn: Option<&HashSet<Vec<u8>>>, absent: Absence) -> Vec<Doubtful> {
        if let Some((&most, _)) = self.digits.iter().max_by_key(|(_, (count, _))| *count)
            && most >= LONG_KEY
        {
            for (_, (count, rows)) in self.digits.range(..most) {
                let (all, shown) = self.found.entry(Doubt::ShortKey).or_default();
                *all += count;
                shown.extend(rows.iter().cloned());
                shown.truncate(ROWS);
            }
        }
        let missing = drawn.map_or(0, |drawn| drawn.len() as u64 - self.met);
        if missing > 0 {
            let doubt = match absent {
                Absence::Missing => Doubt::NotInRegister,
                Absence::Zero => Doubt::TakenAsZero,
            };
            self.found.insert(doubt, (missing, Vec::new()));
        }
        let counts: Vec<u64> = self.months.values().copied().collect();
        let doubtful = (1..=2.min(counts.len().saturating_sub(3)))
            .filter(|&from_end| {
                // Less than nine tenths of the mean of the three months before the last two.
                let before = &counts[counts.len() - 2 - 3.min(counts.len() - 2)..counts.len() - 2];
                let mean = before.iter().sum::<u64>() * 9 / (10 * before.len().max(1) as u64);
                counts[counts.len() - from_end] < mean
            })
            .count() as u64;
        if doubtful > 0 {
            self.found.insert(Doubt::LastMonths, (doubtful, Vec::new()));
        }
        self.found
            .into_iter()
            .map(|(doubt, (count, rows))| Doubtful { doubt, count, rows })
            .collect()
    }
}

//! What is doubtful in a register without being wrong: counted always, shown by row on request.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::codes::{Class, CodeTable};
use super::coverage::Together;
use super::people::PersonRef;
use crate::period::Month;
use crate::protocol::{Absence, Register, RegisterKind, State};

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
    /// Drawn persons who are not in the table of a `value`.
    NotInTable,
    /// Those not in the register, where the plan says that they had nothing to register.
    TakenAsZero,
    /// Rows with more than 400 hours in a month.
    ManyHours,
    /// Spells that hold no Thursday, and so no week.
    WithoutWeek,
    /// Months at the end with fewer rows than those before: they may not be complete.
    LastMonths,
    /// Months between the others that no file of hours holds.
    NotDelivered,
    /// Months without a row in a register of hours of few people, which count as no hours.
    NoHours,
    /// Months between the others of which no wide file has industry codes.
    NoIndustry,
    /// Persons who are in some of a register's wide files only.
    InSomeFiles,
    /// The same, of the drawn persons, where it is known who was drawn.
    DrawnInSomeFiles,
}

/// A doubt, how often it was met, and the first rows it was met in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubtful {
    pub doubt: Doubt,
    pub count: u64,
    /// File and line of the first ones; none where a doubt is about no row.
    pub rows: Vec<(PathBuf, u64)>,
    /// Of a doubt about months: which.
    pub months: Vec<Month>,
}

/// Rows kept of each doubt.
const ROWS: usize = 20;

/// Keys with fewer digits than this are numbered by hand, and have no zeros to lose.
const LONG_KEY: usize = 8;

/// Doubts in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    found: BTreeMap<Doubt, (u64, Vec<(PathBuf, u64)>)>,
    /// Persons and first rows by the number of digits of their keys.
    digits: BTreeMap<usize, (u64, Vec<(PathBuf, u64)>)>,
    /// Rows by month, of a register of hours.
    months: BTreeMap<Month, u64>,
    doubtful_months: Vec<(Doubt, Vec<Month>)>,
    /// Weeks that everybody has who is in every file, where several must hold everybody.
    weeks: Option<u32>,
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

    /// Returns the rows by month since it was last called.
    pub fn take_months(&mut self) -> BTreeMap<Month, u64> {
        std::mem::take(&mut self.months)
    }

    /// Looks at the periods of all files.
    pub fn periods(&mut self, register: &Register, together: &Together) {
        let holes = match register.kind {
            RegisterKind::Dream => Doubt::NoIndustry,
            _ => Doubt::NotDelivered,
        };
        self.doubtful_months
            .push((holes, together.coverage.holes.clone()));
        self.doubtful_months
            .push((Doubt::NoHours, together.empty.clone()));
        self.months = together.rows.clone();
        if register.kind == RegisterKind::Dream && register.files.len() > 1 {
            let weeks = |(first, last)| (last - first + 1) as u32;
            self.weeks = together.coverage.weeks.map(weeks);
        }
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
        self.key(person.key, file, person.line);
        let is_drawn = drawn.map(|drawn| drawn.contains(person.key));
        self.met += u64::from(is_drawn == Some(true));
        if let Some(weeks) = self.weeks
            && person.spells.iter().map(|spell| spell.weeks).sum::<u32>() < weeks
        {
            match is_drawn {
                None => self.add(Doubt::InSomeFiles, file, person.line),
                Some(true) => self.add(Doubt::DrawnInSomeFiles, file, person.line),
                Some(false) => {}
            }
        }
    }

    /// Looks at the key of a person.
    pub fn key(&mut self, key: &[u8], file: &Path, line: u64) {
        if key.iter().all(u8::is_ascii_digit) {
            let (count, rows) = self.digits.entry(key.len()).or_default();
            *count += 1;
            if rows.len() < ROWS {
                rows.push((file.to_owned(), line));
            }
        }
    }

    /// Counts a drawn person who was met.
    pub fn meet(&mut self) {
        self.met += 1;
    }

    pub fn finish(mut self, drawn: Option<&HashSet<Vec<u8>>>, absent: Absence) -> Vec<Doubtful> {
        let of_keys = usual(
            self.digits
                .iter()
                .map(|(digits, (count, _))| (*digits, *count)),
        );
        // Where every key lost its zeros, the ids of the drawn still have theirs.
        let ids = drawn.into_iter().flatten();
        let ids = ids.filter(|id| id.iter().all(u8::is_ascii_digit));
        let of_ids = usual(ids.map(|id| (id.len(), 1)));
        if let Some(most) = of_keys.max(of_ids)
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
        let counts: Vec<(Month, u64)> = self.months.into_iter().collect();
        // Less than nine tenths of the mean of the three months before the last two.
        let from = counts.len().saturating_sub(2);
        let before = &counts[from.saturating_sub(3)..from];
        let last = &counts[from.max(3).min(counts.len())..];
        let sum: u64 = before.iter().map(|(_, rows)| rows).sum();
        let mean = sum * 9 / (10 * before.len().max(1) as u64);
        let thin = last.iter().filter(|(_, rows)| *rows < mean);
        let thin = thin.map(|(month, _)| *month).collect();
        self.doubtful_months.push((Doubt::LastMonths, thin));
        let of_months = self.doubtful_months.into_iter();
        let of_months = of_months.filter(|(_, months)| !months.is_empty());
        let mut all: Vec<Doubtful> = self
            .found
            .into_iter()
            .map(|(doubt, (count, rows))| Doubtful {
                doubt,
                count,
                rows,
                months: Vec::new(),
            })
            .chain(of_months.map(|(doubt, months)| Doubtful {
                doubt,
                count: months.len() as u64,
                rows: Vec::new(),
                months,
            }))
            .collect();
        all.sort_by_key(|doubtful| doubtful.doubt);
        all
    }
}

/// Returns the number of digits that occurs most often.
fn usual(digits: impl Iterator<Item = (usize, u64)>) -> Option<usize> {
    let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
    for (digits, count) in digits {
        *counts.entry(digits).or_default() += count;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(digits, _)| digits)
}

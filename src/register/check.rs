//! What is doubtful in a register without being wrong: counted always, shown by row on request.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

use super::Spell;
use super::codes::{Class, CodeTable};
use super::coverage::Together;
use crate::period::Month;
use crate::protocol::{Absence, Register, RegisterKind, State};

/// Something in a register that may be a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Persons with a code behind the one for death.
    AfterDeath,
    /// Persons with a code in weeks in which it is not in use.
    OutsideValidity,
    /// Rows whose key has fewer digits than that of most: leading zeros may be lost. Rows of
    /// persons who are left out count too.
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
    /// Text tables whose last row has no line end where the others have one: it may be torn.
    NoLastLineEnd,
    /// Rows with a quoted cell that spans lines: a quote that was never closed swallows rows.
    CellOverLines,
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

/// A row: the number of its file, and its line.
pub(super) type Place = (u16, u64);

/// What a register says of a person, and where.
pub(super) type Part = (Spell, Place);

/// Rows kept of each doubt: the first of them.
const ROWS: usize = 20;

/// Keys with fewer digits than this are numbered by hand, and have no zeros to lose.
const LONG_KEY: usize = 8;

/// Doubts in the making.
#[derive(Default)]
pub(super) struct Doubts {
    found: BTreeMap<Doubt, Found>,
    /// Rows by the number of digits of their keys.
    digits: BTreeMap<usize, Found>,
    /// Rows by month, of a register of hours.
    months: BTreeMap<Month, u64>,
    doubtful_months: Vec<(Doubt, Vec<Month>)>,
    /// Weeks that everybody has who is in every file, where several must hold everybody.
    weeks: Option<u32>,
    /// Drawn persons who were met.
    met: u64,
}

/// How often something was met, and the first rows it was met in.
#[derive(Default)]
struct Found {
    count: u64,
    first: BTreeSet<Place>,
}

impl Found {
    fn add(&mut self, count: u64, rows: impl IntoIterator<Item = Place>) {
        self.count += count;
        for place in rows {
            let full = self.first.len() == ROWS;
            if full && self.first.last().is_some_and(|last| *last < place) {
                continue;
            }
            self.first.insert(place);
            if self.first.len() > ROWS {
                self.first.pop_last();
            }
        }
    }
}

/// Rows by the number of digits of their key, of keys that are digits alone, and the first lines.
#[derive(Clone, Default, Debug)]
pub(super) struct KeyLengths(Vec<(u64, Vec<u64>)>);

impl KeyLengths {
    /// Keys of more digits are counted as having so many.
    const LONGEST: usize = 40;

    #[inline]
    pub fn add(&mut self, key: &[u8], line: u64) {
        if !key.iter().all(u8::is_ascii_digit) {
            return;
        }
        let length = key.len().min(Self::LONGEST);
        if self.0.len() <= length {
            self.0.resize_with(length + 1, Default::default);
        }
        let (count, lines) = &mut self.0[length];
        *count += 1;
        if lines.len() < ROWS {
            lines.push(line);
        }
    }

    pub fn clear(&mut self) {
        for (count, lines) in &mut self.0 {
            *count = 0;
            lines.clear();
        }
    }
}

impl Doubts {
    pub fn add(&mut self, doubt: Doubt, place: Place) {
        self.found.entry(doubt).or_default().add(1, [place]);
    }

    /// Takes in the keys of rows whose lines are counted from `line`.
    pub fn keys(&mut self, keys: &KeyLengths, file: u16, line: u64) {
        for (length, (count, lines)) in keys.0.iter().enumerate() {
            if *count > 0 {
                let rows = lines.iter().map(|at| (file, line + at));
                self.digits.entry(length).or_default().add(*count, rows);
            }
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

    /// Looks at a person whole, whose parts are in order of time.
    pub fn person(
        &mut self,
        key: &[u8],
        parts: &[Part],
        codes: &CodeTable,
        drawn: Option<&HashSet<Vec<u8>>>,
    ) {
        let dead = |class: Option<Class>| class == Some(Class::Is(State::Dead));
        let mut died = false;
        for (spell, place) in parts {
            let class = codes.class(spell.code);
            if died && !dead(class) {
                self.add(Doubt::AfterDeath, *place);
                break;
            }
            died |= dead(class);
        }
        let is_invalid = |(spell, _): &&Part| {
            let last = spell.first + (spell.weeks as i32 - 1);
            !codes.is_valid(spell.code, spell.first, last)
        };
        if codes.has_limits()
            && let Some((_, place)) = parts.iter().find(is_invalid)
        {
            self.add(Doubt::OutsideValidity, *place);
        }
        let is_drawn = drawn.map(|drawn| drawn.contains(key));
        self.met += u64::from(is_drawn == Some(true));
        if let Some(weeks) = self.weeks
            && let Some((_, place)) = parts.first()
            && parts.iter().map(|(spell, _)| spell.weeks).sum::<u32>() < weeks
        {
            match is_drawn {
                None => self.add(Doubt::InSomeFiles, *place),
                Some(true) => self.add(Doubt::DrawnInSomeFiles, *place),
                Some(false) => {}
            }
        }
    }

    /// Counts a drawn person who was met.
    pub fn meet(&mut self) {
        self.met += 1;
    }

    /// Returns what is doubtful in these files.
    pub fn finish(
        mut self,
        files: &[PathBuf],
        drawn: Option<&HashSet<Vec<u8>>>,
        absent: Absence,
    ) -> Vec<Doubtful> {
        let of_keys = self.digits.iter();
        let of_keys = usual(of_keys.map(|(digits, found)| (*digits, found.count)));
        // Where every key lost its zeros, the ids of the drawn still have theirs.
        let ids = drawn.into_iter().flatten();
        let ids = ids.filter(|id| id.iter().all(u8::is_ascii_digit));
        let of_ids = usual(ids.map(|id| (id.len().min(KeyLengths::LONGEST), 1)));
        if let Some(most) = of_keys.max(of_ids)
            && most >= LONG_KEY
        {
            for (_, short) in self.digits.range(..most) {
                let found = self.found.entry(Doubt::ShortKey).or_default();
                found.add(short.count, short.first.iter().copied());
            }
        }
        let missing = drawn.map_or(0, |drawn| drawn.len() as u64 - self.met);
        if missing > 0 {
            let doubt = match absent {
                Absence::Missing => Doubt::NotInRegister,
                Absence::Zero => Doubt::TakenAsZero,
            };
            self.found.entry(doubt).or_default().add(missing, []);
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
            .map(|(doubt, found)| Doubtful {
                doubt,
                count: found.count,
                rows: found
                    .first
                    .into_iter()
                    .map(|(file, line)| (files[usize::from(file)].clone(), line))
                    .collect(),
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

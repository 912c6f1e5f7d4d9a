//! What an export may show, so that no count below a threshold can be read or computed.
//!
//! Promises: for every count from 1 to below the threshold there is, beside the truth, another set
//! of whole numbers that agrees with everything printed in *all* tables of one export and in which
//! that count is at least the threshold, and the counts that agree with what is printed span at
//! least the threshold. Each such set is found and checked in whole numbers before anything is
//! shown; where none can be found, more is held back, and at last the export is refused.
//!
//! How: every count is a variable, the same quantity in two tables being one, and sums, complements
//! and parts of a flow are equations between them. Who knows how things are defined knows more: who
//! is in an unpaid job is in a job, and whoever kept a job had one. Therefore the people are
//! variables too, put together by what is counted of them: a combination that nobody of the whole
//! trial has is taken to be known as impossible, and every count is the sum of the combinations it
//! is of. A cell may be shown only if all the variables are that it is said to be a function of. What
//! is proved is that the equations over the shown counts have other solutions; that a share, an
//! effect or a p tells no other count is as true as what was said of its cell.
//!
//! Sources: Hundepool et al. 2012, Statistical Disclosure Control, ch. 4 and 5 (small counts are
//! unsafe, and the interval an intruder can compute must be wide), doi:10.1002/9781118348239; Cox
//! 1995 (JASA 90:1453, complementary suppression, doi:10.1080/01621459.1995.10476651); Fischetti &
//! Salazar 2001 (Management Science 47:1008, tables under any linear constraints,
//! doi:10.1287/mnsc.47.7.1008.9805); Kelly, Golden & Assad 1992 (Networks 22:397: the cells to hold
//! back are those that the cheapest move of the unsafe one changes, doi:10.1002/net.3230220407).
//!
//! It is no guarantee that a rule of some data holder is kept: those differ and change. It does not
//! read words (captions, notes, names of rows), and it knows only the equations, people and readings
//! it is told.

mod curve;
mod programme;
mod protect;

use std::collections::{BTreeMap, BTreeSet};

pub use curve::{Step, StepCounts, coarsened};

use super::table::{Cell, Table, Value};

/// What may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Counts from 1 to below this are never shown. 0 and 1 hold nothing back.
    pub threshold: u64,
}

impl Default for Rule {
    fn default() -> Rule {
        Rule { threshold: 5 }
    }
}

/// A quantity of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountId(usize);

/// What can be read from a cell or a figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reads {
    /// Nobody has said; an export refuses such a number.
    #[default]
    Undeclared,
    /// Nothing about persons: a level, a planned number, a name.
    Nothing,
    /// A function of these quantities: a count of itself, a share of its count and its
    /// denominator, an effect of all counts behind it.
    Of(Vec<CountId>),
}

/// Why an export cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    #[error("`{key}` is {first} in one place and {second} in another")]
    Conflict {
        key: String,
        first: i64,
        second: i64,
    },
    #[error("`{key}` is {value}, but what was declared of it gives {computed}")]
    Unequal {
        key: String,
        value: i64,
        computed: i64,
    },
    #[error(
        "table `{table}`, row `{row}`, column `{column}`: what can be read from it is not said"
    )]
    Undeclared {
        table: String,
        row: String,
        column: String,
    },
    #[error(
        "arm `{arm}` has {drawn} persons, fewer than the threshold of {threshold}, and how many were \
         drawn into each arm stands in the head of every table"
    )]
    SmallArm {
        arm: String,
        drawn: u64,
        threshold: u64,
    },
    #[error("`{key}` cannot be protected: numbers that everyone knows determine it")]
    Exposed { key: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Count,
    /// A sum of amounts over as many persons as `base` counts.
    Total {
        base: usize,
    },
    /// Known to everyone.
    Public,
}

#[derive(Clone, Debug)]
struct Quantity {
    key: String,
    value: i64,
    kind: Kind,
    /// Whether others are held back rather than this.
    spared: bool,
}

/// `Σ factor · quantity = constant`.
#[derive(Clone, Debug)]
struct Equation {
    terms: Vec<(usize, i64)>,
    constant: i64,
}

/// Something that is counted of people.
#[derive(Clone, Debug)]
pub struct Property {
    /// Whether it is true of each person.
    pub of: Vec<bool>,
    /// How many there are in each arm, where an export tells it.
    pub counts: Vec<Option<CountId>>,
}

/// All quantities of one export and what ties them.
#[derive(Clone, Debug)]
pub struct Release {
    rule: Rule,
    quantities: Vec<Quantity>,
    by_key: BTreeMap<String, usize>,
    equations: Vec<Equation>,
    /// The equations that make counts of the people.
    of_people: Vec<Equation>,
}

impl Release {
    pub fn new(rule: Rule) -> Release {
        Release {
            rule,
            quantities: Vec::new(),
            by_key: BTreeMap::new(),
            equations: Vec::new(),
            of_people: Vec::new(),
        }
    }

    /// Adds a number of persons, or finds it again: a key is one quantity in all tables.
    pub fn count(&mut self, key: &str, value: u64) -> Result<CountId, DisclosureError> {
        self.add(key, whole(value), Kind::Count)
    }

    /// Returns the quantity with this key.
    pub fn find(&self, key: &str) -> Option<CountId> {
        self.by_key.get(key).map(|&at| CountId(at))
    }

    /// Asks for others to be held back rather than this quantity, where there is a choice.
    pub fn spare(&mut self, id: CountId) {
        self.quantities[id.0].spared = true;
    }

    /// Returns the value of a quantity.
    pub fn value(&self, id: CountId) -> i64 {
        self.quantities[id.0].value
    }

    /// Adds a number that everyone knows and that is never held back: a planned size.
    pub fn public(&mut self, key: &str, value: u64) -> Result<CountId, DisclosureError> {
        self.add(key, whole(value), Kind::Public)
    }

    /// Adds a sum of amounts, none below zero, over the persons of `base`, in whole units of what
    /// is printed: weeks, kroner, tenths. A mean reads its total and its base.
    pub fn total(
        &mut self,
        key: &str,
        value: u64,
        base: CountId,
    ) -> Result<CountId, DisclosureError> {
        self.add(key, whole(value), Kind::Total { base: base.0 })
    }

    fn add(&mut self, key: &str, value: i64, kind: Kind) -> Result<CountId, DisclosureError> {
        if let Some(&at) = self.by_key.get(key) {
            let first = self.quantities[at].value;
            if first != value {
                return Err(DisclosureError::Conflict {
                    key: key.to_owned(),
                    first,
                    second: value,
                });
            }
            return Ok(CountId(at));
        }
        self.quantities.push(Quantity {
            key: key.to_owned(),
            value,
            kind,
            spared: false,
        });
        self.by_key
            .insert(key.to_owned(), self.quantities.len() - 1);
        Ok(CountId(self.quantities.len() - 1))
    }

    /// Declares that parts make up a whole: levels of a factor, arms, ways out of the trial.
    pub fn sum(&mut self, whole: CountId, parts: &[CountId]) -> Result<(), DisclosureError> {
        let parts = parts.iter().map(|part| (*part, -1));
        let terms: Vec<(CountId, i64)> = [(whole, 1)].into_iter().chain(parts).collect();
        self.relation(&terms, 0)
    }

    /// Declares that `part` is among `whole`, and returns the rest, `whole − part`, which is
    /// protected like any count: with events and all known, those without the event are known.
    pub fn rest(&mut self, whole: CountId, part: CountId) -> Result<CountId, DisclosureError> {
        let (all, some) = (&self.quantities[whole.0], &self.quantities[part.0]);
        let key = format!("{} − {}", all.key, some.key);
        let value = all.value - some.value;
        if value < 0 {
            return Err(DisclosureError::Unequal {
                key: all.key.clone(),
                value: all.value,
                computed: some.value,
            });
        }
        let rest = self.add(&key, value, Kind::Count)?;
        self.sum(whole, &[part, rest])?;
        Ok(rest)
    }

    /// Declares which persons all that is counted is true of, and the arm of each: nothing that
    /// follows from there being no other combination of properties may be small.
    pub fn people(&mut self, arm: &[u16], properties: &[Property]) -> Result<(), DisclosureError> {
        let arms = arm.iter().max().map_or(0, |&last| usize::from(last) + 1);
        let mut combinations: BTreeMap<Vec<bool>, Vec<u64>> = BTreeMap::new();
        for (person, &arm) in arm.iter().enumerate() {
            let has = properties.iter().map(|property| property.of[person]);
            let of_arms = combinations.entry(has.collect());
            of_arms.or_insert_with(|| vec![0; arms])[usize::from(arm)] += 1;
        }
        for arm in 0..arms {
            let mut parts = vec![Vec::new(); properties.len()];
            for (place, (has, persons)) in combinations.iter().enumerate() {
                let key = format!("persons of arm {arm} alike in all that is counted, {place}");
                let id = self.count(&key, persons[arm])?;
                for (parts, _) in parts.iter_mut().zip(has).filter(|(_, has)| **has) {
                    parts.push((id, -1));
                }
            }
            for (property, parts) in properties.iter().zip(parts) {
                if let Some(Some(count)) = property.counts.get(arm) {
                    let terms = [vec![(*count, 1)], parts].concat();
                    let equation = self.equation(&terms, 0)?;
                    self.of_people.push(equation);
                }
            }
        }
        Ok(())
    }

    /// Declares `Σ factor · quantity = constant`, which the true values must keep.
    pub fn relation(
        &mut self,
        terms: &[(CountId, i64)],
        constant: i64,
    ) -> Result<(), DisclosureError> {
        let equation = self.equation(terms, constant)?;
        self.equations.push(equation);
        Ok(())
    }

    fn equation(
        &self,
        terms: &[(CountId, i64)],
        constant: i64,
    ) -> Result<Equation, DisclosureError> {
        let left: i64 = terms
            .iter()
            .map(|(id, factor)| factor * self.quantities[id.0].value)
            .sum();
        if left != constant {
            let (first, factor) = (terms[0].0.0, terms[0].1);
            let quantity = &self.quantities[first];
            return Err(DisclosureError::Unequal {
                key: quantity.key.clone(),
                value: quantity.value,
                computed: quantity.value - (left - constant) / factor.max(1),
            });
        }
        let mut merged: BTreeMap<usize, i64> = BTreeMap::new();
        for (id, factor) in terms {
            *merged.entry(id.0).or_default() += factor;
        }
        merged.retain(|_, factor| *factor != 0);
        Ok(Equation {
            terms: merged.into_iter().collect(),
            constant,
        })
    }

    /// Says what may be shown of `tables` and of further readings (figures), all of one export.
    pub fn decide(
        &self,
        tables: &[&Table],
        figures: &[Reads],
    ) -> Result<Decision, DisclosureError> {
        let mut readers = vec![0u32; self.quantities.len()];
        for table in tables {
            check(table)?;
        }
        let cells = tables
            .iter()
            .flat_map(|table| table.rows())
            .flat_map(|row| &row.cells);
        for reads in cells.map(|cell| &cell.reads).chain(figures) {
            for id in reads.ids() {
                readers[id.0] += 1;
            }
        }
        let unsafe_ones: Vec<usize> = (0..self.quantities.len())
            .filter(|&at| self.is_unsafe(at))
            .collect();
        let hidden = protect::protect(self, &readers, &unsafe_ones)?;
        let small = |at: usize| matches!(self.quantities[at].kind, Kind::Count);
        Ok(Decision {
            threshold: self.rule.threshold,
            held_back: hidden
                .iter()
                .enumerate()
                .filter(|&(at, &hidden)| hidden && readers[at] > 0)
                .map(|(at, _)| CountId(at))
                .collect(),
            small: unsafe_ones
                .into_iter()
                .filter(|&at| small(at))
                .map(CountId)
                .collect(),
        })
    }

    /// Whether a quantity must not be known: a count from 1 to below the threshold, or a total over
    /// so few persons.
    fn is_unsafe(&self, at: usize) -> bool {
        let few = |value: i64| value > 0 && value < whole(self.rule.threshold);
        match self.quantities[at].kind {
            Kind::Count => few(self.quantities[at].value),
            Kind::Total { base } => few(self.quantities[base].value),
            Kind::Public => false,
        }
    }
}

fn whole(value: u64) -> i64 {
    // Numbers of persons and kroner stay far below 2^53, which sums of them must.
    i64::try_from(value).map_or(1 << 53, |value| value.min(1 << 53))
}

/// Refuses a table with a number that does not say what can be read from it.
fn check(table: &Table) -> Result<(), DisclosureError> {
    for row in table.rows() {
        for (cell, column) in row.cells.iter().zip(&table.columns) {
            let silent = |value: &Value| {
                matches!(
                    value,
                    Value::Empty | Value::Text(_) | Value::Suppressed { .. }
                )
            };
            let number = !silent(&cell.value) || cell.aside.as_ref().is_some_and(|v| !silent(v));
            if number && cell.reads == Reads::Undeclared {
                return Err(DisclosureError::Undeclared {
                    table: table.id.clone(),
                    row: row.label.clone(),
                    column: column.key.clone(),
                });
            }
        }
    }
    Ok(())
}

impl Reads {
    fn ids(&self) -> &[CountId] {
        match self {
            Reads::Undeclared | Reads::Nothing => &[],
            Reads::Of(ids) => ids,
        }
    }
}

/// What an export shows and what it holds back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    threshold: u64,
    held_back: BTreeSet<CountId>,
    small: BTreeSet<CountId>,
}

impl Decision {
    /// Whether a cell or figure with these readings may be shown.
    pub fn shows(&self, reads: &Reads) -> bool {
        match reads {
            Reads::Undeclared => false,
            Reads::Nothing => true,
            Reads::Of(ids) => !ids.iter().any(|id| self.held_back.contains(id)),
        }
    }

    /// Whether a quantity is held back though it would be printed.
    pub fn holds_back(&self, id: CountId) -> bool {
        self.held_back.contains(&id)
    }

    /// Returns how many printed quantities are held back because they are small, and how many
    /// because others would follow from them.
    pub fn extent(&self) -> (usize, usize) {
        let small = self.held_back.intersection(&self.small).count();
        (small, self.held_back.len() - small)
    }

    /// Returns a table with every cell marked that must not be shown; its marks of footnotes go
    /// with it.
    pub fn apply(&self, table: &Table) -> Table {
        let mut table = table.clone();
        for cell in table
            .groups
            .iter_mut()
            .flat_map(|g| &mut g.rows)
            .flat_map(|r| &mut r.cells)
        {
            let words = matches!(cell.value, Value::Text(_) | Value::Empty) && cell.aside.is_none();
            if words && cell.reads == Reads::Undeclared || self.shows(&cell.reads) {
                continue;
            }
            *cell = Cell::new(Value::Suppressed {
                threshold: self.threshold,
            })
            .reading(Reads::Nothing);
        }
        table
    }
}

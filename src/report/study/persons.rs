//! Whom the counts of a report are of.
//!
//! Promises: what a table counts of an arm can be asked of every person, so that a count that is
//! printed and the people behind it are held to each other. Hides where each property is kept.

use std::collections::BTreeSet;

use crate::sample::{End, FactValues, Groups, Measured, People};

/// The people of a trial, and what was counted of each.
#[derive(Clone, Debug)]
pub struct Persons {
    pub people: People,
    pub measured: Vec<Measured>,
    /// The period of [`Recruitment`](super::Recruitment) in which each was drawn; empty where nothing was drawn.
    pub drawn_in: Vec<usize>,
    pub withdrawn: Vec<bool>,
    pub excluded: Vec<bool>,
}

/// What tells some of an arm's people from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Among<'a> {
    /// At a level of a factor.
    Level(&'a str, &'a str),
    /// With this value of a fact that is a number, or with none; see [`bits`].
    Value(&'a str, Option<u64>),
    Stratum(&'a str),
    /// With the event of an outcome.
    Only(&'a str),
    /// With this value of an outcome.
    Has(&'a str, u64),
    /// With a value of an outcome from before the draw.
    Before(&'a str),
}

/// Returns a value in the form that [`Among`] is ordered by; both zeros are one.
pub(super) fn bits(value: f64) -> u64 {
    (value + 0.0).to_bits()
}

/// The part of an arm's people that a row is about.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    pub arm: &'a str,
    /// In one order, so that the same people have one key.
    among: BTreeSet<Among<'a>>,
}

impl<'a> Part<'a> {
    /// All of an arm.
    pub fn of(arm: &'a str) -> Part<'a> {
        let among = BTreeSet::new();
        Part { arm, among }
    }

    /// Those of the part who are of a group too.
    pub fn and(&self, group: Among<'a>) -> Part<'a> {
        let mut part = self.clone();
        part.among.insert(group);
        part
    }

    /// The part before some were chosen by what happened after the draw, where they were.
    pub fn before_choice(&self) -> Option<Part<'a>> {
        let mut part = self.clone();
        part.among.retain(|group| !matches!(group, Among::Only(_)));
        (part.among.len() < self.among.len()).then_some(part)
    }

    pub fn key(&self, what: &str) -> String {
        format!("{what}, arm {}{}", self.arm, self.within())
    }

    /// What the part is, whatever the arm.
    pub fn within(&self) -> String {
        let of = |group: &Among| match *group {
            Among::Level(factor, level) => format!(", {factor} {level}"),
            Among::Value(fact, Some(value)) => format!(", {fact} = {}", f64::from_bits(value)),
            Among::Value(fact, None) => format!(", {fact} not known"),
            Among::Stratum(stratum) => format!(", stratum {stratum}"),
            Among::Only(outcome) => format!(", only {outcome}"),
            Among::Has(outcome, value) => format!(", {outcome} is {}", f64::from_bits(value)),
            Among::Before(outcome) => format!(", with {outcome} before"),
        };
        self.among.iter().map(of).collect()
    }
}

impl Persons {
    pub(super) fn measured(&self, outcome: &str) -> &Measured {
        let mut measured = self.measured.iter();
        let found = measured.find(|measured| measured.name() == outcome);
        found.expect("a row is of an outcome that was measured")
    }

    pub(super) fn with(&self, outcome: &str) -> Vec<bool> {
        self.measured(outcome).observed.clone()
    }

    /// Returns the values of an outcome, of those who have one.
    pub(super) fn values(&self, outcome: &str) -> Vec<Option<f64>> {
        let measured = self.measured(outcome);
        let values = measured.value.iter().zip(&measured.observed);
        values
            .map(|(value, observed)| observed.then_some(*value))
            .collect()
    }

    /// Returns the values of an outcome from before the draw.
    pub(super) fn values_before(&self, outcome: &str) -> Vec<Option<f64>> {
        let before = self.measured(outcome).baseline.clone();
        before.unwrap_or_else(|| vec![None; self.people.len()])
    }

    /// Returns whose time ended so by a horizon.
    pub(super) fn ended(&self, outcome: &str, end: End, by: impl Fn(f64) -> bool) -> Vec<bool> {
        let measured = self.measured(outcome);
        let ends = measured.end.as_deref().unwrap_or_default();
        let of = |person: usize| {
            measured.observed[person]
                && ends.get(person) == Some(&end)
                && by(measured.value[person])
        };
        (0..self.people.len()).map(of).collect()
    }

    pub(super) fn events(&self, outcome: &str) -> Vec<bool> {
        let measured = self.measured(outcome);
        let event = |person: usize| match &measured.end {
            Some(ends) => ends[person] == End::Event,
            None => measured.value[person] == 1.0,
        };
        let observed = measured.observed.iter().enumerate();
        observed
            .map(|(person, &with)| with && event(person))
            .collect()
    }

    pub(super) fn groups(&self, fact: &str) -> Option<&Groups> {
        let fact = self.people.fact(fact)?;
        self.people.facts[fact].groups()
    }

    /// Returns the numbers of a fact that has such.
    pub(super) fn numbers(&self, fact: &str) -> Option<Vec<Option<f64>>> {
        let fact = self.people.fact(fact)?;
        match &self.people.facts[fact].values {
            FactValues::Number { values, .. } => Some(values.iter().collect()),
            FactValues::Levels(_) => None,
        }
    }

    /// Returns who is in a part of whichever arm.
    pub(super) fn within(&self, part: &Part) -> Vec<bool> {
        let mut within = vec![true; self.people.len()];
        let mut keep = |kept: &dyn Fn(usize) -> bool| {
            for (person, within) in within.iter_mut().enumerate() {
                *within &= kept(person);
            }
        };
        let group = |groups: &Groups, name: &str, person: usize| {
            groups.names[groups.of[person] as usize] == name
        };
        for among in &part.among {
            match *among {
                Among::Level(factor, level) => {
                    if let Some(groups) = self.groups(factor) {
                        keep(&|person| group(groups, level, person));
                    }
                }
                Among::Value(fact, value) => {
                    if let Some(numbers) = self.numbers(fact) {
                        keep(&|person| numbers[person].map(bits) == value);
                    }
                }
                Among::Stratum(stratum) => {
                    if let Some(groups) = &self.people.stratum {
                        keep(&|person| group(groups, stratum, person));
                    }
                }
                Among::Only(outcome) => {
                    let events = self.events(outcome);
                    keep(&|person| events[person]);
                }
                Among::Has(outcome, value) => {
                    let values = self.values(outcome);
                    keep(&|person| values[person].map(bits) == Some(value));
                }
                Among::Before(outcome) => {
                    let before = self.values_before(outcome);
                    keep(&|person| before[person].is_some());
                }
            }
        }
        within
    }
}

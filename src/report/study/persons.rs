//! Whom the counts of a report are of.
//!
//! Promises: what a table counts of an arm can be asked of every person, so that a count that is
//! printed and the people behind it are held to each other. Hides where each property is kept.

use crate::sample::{End, Groups, Measured, People};

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

/// The part of an arm's people that a row is about.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub arm: &'a str,
    pub level: Option<(&'a str, &'a str)>,
    pub stratum: Option<&'a str>,
    pub only: Option<&'a str>,
}

impl<'a> Part<'a> {
    /// All of an arm.
    pub fn of(arm: &'a str) -> Part<'a> {
        Part {
            arm,
            level: None,
            stratum: None,
            only: None,
        }
    }

    pub fn at(self, factor: &'a str, level: &'a str) -> Part<'a> {
        Part {
            level: Some((factor, level)),
            ..self
        }
    }

    pub fn key(&self, what: &str) -> String {
        format!("{what}, arm {}{}", self.arm, self.within())
    }

    /// What the part is, whatever the arm.
    pub fn within(&self) -> String {
        let mut text = String::new();
        if let Some((factor, level)) = self.level {
            text += &format!(", {factor} {level}");
        }
        if let Some(stratum) = self.stratum {
            text += &format!(", stratum {stratum}");
        }
        if let Some(only) = self.only {
            text += &format!(", only {only}");
        }
        text
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

    /// Returns who has a value after the draw and one before.
    pub(super) fn with_both(&self, outcome: &str) -> Vec<bool> {
        let measured = self.measured(outcome);
        let before = |person: usize| {
            let values = measured.baseline.as_ref();
            values.is_some_and(|values| values[person].is_some())
        };
        let observed = measured.observed.iter().enumerate();
        observed
            .map(|(person, &with)| with && before(person))
            .collect()
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

    fn groups(&self, fact: &str) -> Option<&Groups> {
        let fact = self.people.fact(fact)?;
        self.people.facts[fact].groups()
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
        if let Some((factor, level)) = part.level
            && let Some(groups) = self.groups(factor)
        {
            keep(&|person| group(groups, level, person));
        }
        if let (Some(stratum), Some(groups)) = (part.stratum, &self.people.stratum) {
            keep(&|person| group(groups, stratum, person));
        }
        if let Some(only) = part.only {
            let events = self.events(only);
            keep(&|person| events[person]);
        }
        within
    }
}

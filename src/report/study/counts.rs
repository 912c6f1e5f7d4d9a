//! What is counted of the people of a trial, each count once.
//!
//! Promises: the same people are the same count in all tables (drawn into an arm, with an outcome,
//! with an event, at a level), and parts are tied to their whole, so that none can be found by
//! subtraction between tables. Whom each count is of is said person by person, so that neither can
//! be found what follows from one outcome being part of another, or from any other relation of what
//! is counted. Hides: how counts are named, and which sums are told to the search.

mod figures;

use std::collections::{BTreeMap, BTreeSet};

use super::persons::{Among, Part};
use super::{Persons, Results};
use crate::estimate::{ArmCounts, Baseline};
use crate::protocol::Unit;
use crate::report::disclosure::{CountId, DisclosureError, Property, Release, Rule};
use crate::sample::End;

/// A number with no more values than this is a code, and its mean a count of its values.
const FEW_VALUES: usize = 10;

/// Returns the values that there are of a number, where they are few.
pub fn few_values(values: &[Option<f64>]) -> Option<Vec<f64>> {
    let mut distinct: Vec<f64> = values.iter().flatten().copied().collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    (distinct.len() <= FEW_VALUES).then_some(distinct)
}

/// Up to when a time to an event is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Until {
    End,
    /// What happens at the horizon counts.
    Horizon(f64),
    /// What happens at the horizon makes no difference.
    BeforeHorizon(f64),
}

/// The counts of an export by what they count.
pub struct Counts<'a> {
    pub release: Release,
    pub persons: &'a Persons,
    /// What is counted of persons, whatever their arm.
    properties: BTreeMap<String, Property>,
    /// Pairs whose rest is declared.
    rests: BTreeSet<(CountId, CountId)>,
    /// Wholes that are declared the sum of parts, with the first part.
    sums: BTreeSet<(CountId, CountId)>,
}

impl<'a> Counts<'a> {
    /// Declares the counts of the flow, of the baseline and of what was received.
    pub fn of(found: &'a Results, rule: Rule) -> Result<Counts<'a>, DisclosureError> {
        let mut counts = Counts {
            release: Release::new(rule),
            persons: &found.persons,
            properties: BTreeMap::new(),
            rests: BTreeSet::new(),
            sums: BTreeSet::new(),
        };
        counts.flow(found)?;
        if let Some(baseline) = &found.baseline {
            counts.baseline(baseline)?;
        }
        for (outcome, arms) in &found.received {
            for (arm, received) in found.flow.arms.iter().zip(arms) {
                let part = Part::of(&arm.arm);
                counts.of_outcome(outcome, &part, Until::End, Some(received))?;
            }
        }
        Ok(counts)
    }

    /// Returns the names under which properties begin so.
    pub fn properties_of(&self, begin: &str) -> Vec<&String> {
        let names = self.properties.keys();
        names.filter(|name| name.starts_with(begin)).collect()
    }

    /// Declares how many of a part something is true of.
    fn people(
        &mut self,
        what: &str,
        part: &Part,
        of: impl FnOnce(&Persons) -> Vec<bool>,
    ) -> Result<CountId, DisclosureError> {
        let persons = self.persons;
        let arms = &persons.people.arms;
        let arm = arms.iter().position(|arm| arm == part.arm);
        let property = self
            .properties
            .entry(format!("{what}{}", part.within()))
            .or_insert_with(|| {
                let within = persons.within(part);
                Property {
                    of: of(persons)
                        .into_iter()
                        .zip(within)
                        .map(|(a, b)| a && b)
                        .collect(),
                    counts: vec![None; arms.len()],
                }
            });
        let in_arm = |person: &usize| arm == Some(usize::from(persons.people.arm[*person]));
        let all = (0..property.of.len()).filter(in_arm);
        let count = all.filter(|&person| property.of[person]).count();
        let id = self.release.count(&part.key(what), count as u64)?;
        if let Some(arm) = arm {
            property.counts[arm] = Some(id);
        }
        Ok(id)
    }

    /// Checks that a table prints what the people are.
    pub fn prints(&mut self, key: &str, printed: usize) -> Result<(), DisclosureError> {
        self.release.count(key, printed as u64).map(|_| ())
    }

    /// Returns all counts, tied to the people they are of.
    pub fn release(mut self) -> Result<Release, DisclosureError> {
        let properties: Vec<Property> = self.properties.into_values().collect();
        self.release.people(&self.persons.people.arm, &properties)?;
        Ok(self.release)
    }

    /// Declares what a mean in a part is made of. Few who have any of it could be counted by a small
    /// total, and one of them could be read from it.
    fn total(
        &mut self,
        what: &str,
        part: &Part,
        amounts: &[Option<f64>],
    ) -> Result<CountId, DisclosureError> {
        let within = self.persons.within(part);
        let arms = &self.persons.people.arms;
        let arm = arms.iter().position(|arm| arm == part.arm);
        let (mut total, mut persons) = (0, 0);
        for ((amount, within), of) in amounts.iter().zip(&within).zip(&self.persons.people.arm) {
            let amount = amount.filter(|_| *within && Some(usize::from(*of)) == arm);
            // Thousandths, so that parts add up to their whole in whole numbers.
            let thousandths = amount.map_or(0.0, |amount| (amount.abs() * 1_000.0).round());
            total += thousandths as u64;
            persons += u64::from(amount.is_some_and(|amount| amount != 0.0));
        }
        let base = part.key(&format!("persons in {what}"));
        let base = self.release.count(&base, persons)?;
        self.release.total(&part.key(what), total, base)
    }

    /// Declares how many have each value, where there are few: then mean and deviation are made of
    /// these counts, and tell them.
    fn values(
        &mut self,
        what: &str,
        part: &Part,
        values: &[Option<f64>],
    ) -> Result<Vec<CountId>, DisclosureError> {
        let mut counts = Vec::new();
        for one in few_values(values).unwrap_or_default() {
            counts.push(self.people(&format!("{what} {one}"), part, |_| {
                values.iter().map(|value| *value == Some(one)).collect()
            })?);
        }
        Ok(counts)
    }

    fn rest(&mut self, whole: CountId, part: CountId) -> Result<(), DisclosureError> {
        if self.rests.insert((whole, part)) {
            self.release.rest(whole, part)?;
        }
        Ok(())
    }

    /// Declares how many were drawn into an arm, which heads of columns name: everyone knows it.
    /// Declares how many were drawn into an arm, which heads of columns name: everyone knows it.
    fn drawn(&mut self, arm: &str, drawn: usize) -> Result<CountId, DisclosureError> {
        let part = Part::of(arm);
        self.release.public(&part.key("drawn"), drawn as u64)?;
        let id = self.people("drawn", &part, |persons| vec![true; persons.people.len()])?;
        self.prints(&part.key("drawn"), drawn)?;
        Ok(id)
    }

    fn flow(&mut self, found: &Results) -> Result<(), DisclosureError> {
        let flow = &found.flow;
        let referred = self.release.count("referred", flow.referred as u64)?;
        let refused = self.release.count("refused", flow.refused as u64)?;
        // Their sum is known with the arms.
        let drawn = self.release.public("drawn", flow.drawn as u64)?;
        self.release.sum(referred, &[refused, drawn])?;
        let mut reasons = Vec::new();
        for (reason, &persons) in &flow.reasons {
            reasons.push(
                self.release
                    .count(&format!("refused: {reason}"), persons as u64)?,
            );
        }
        if !reasons.is_empty() {
            self.release.sum(refused, &reasons)?;
        }
        let mut by_arm = [Vec::new(), Vec::new(), Vec::new()];
        for arm in &flow.arms {
            let of_arm = self.drawn(&arm.arm, arm.drawn)?;
            by_arm[0].push(of_arm);
            let part = Part::of(&arm.arm);
            let withdrawn = self.people("withdrawn", &part, |persons| persons.withdrawn.clone())?;
            let excluded = self.people("excluded", &part, |persons| persons.excluded.clone())?;
            self.prints(&part.key("withdrawn"), arm.withdrawn)?;
            self.prints(&part.key("excluded"), arm.excluded)?;
            for (place, left) in [withdrawn, excluded].into_iter().enumerate() {
                self.rest(of_arm, left)?;
                by_arm[place + 1].push(left);
            }
        }
        self.release.sum(drawn, &by_arm[0])?;
        for (what, all, parts) in [
            ("withdrawn", flow.withdrawn, &by_arm[1]),
            ("excluded", flow.excluded, &by_arm[2]),
        ] {
            let all = self.release.count(what, all as u64)?;
            self.rest(drawn, all)?;
            // Somebody who was never drawn may withdraw; then the arms do not make up all.
            if parts.iter().map(|part| self.value(*part)).sum::<i64>() == self.value(all) {
                self.release.sum(all, parts)?;
            }
        }
        Ok(())
    }

    pub fn value(&self, id: CountId) -> i64 {
        self.release.value(id)
    }

    fn baseline(&mut self, baseline: &Baseline) -> Result<(), DisclosureError> {
        for (index, arm) in baseline.arms.iter().enumerate() {
            let drawn = self.drawn(arm, baseline.drawn[index])?;
            let mut levels: BTreeMap<&str, Vec<CountId>> = BTreeMap::new();
            for row in &baseline.rows {
                let summary = &row.summaries[index];
                match (&row.level, summary.count) {
                    (Some(level), Some(count)) => {
                        let part = Part::of(arm).and(Among::Level(&row.fact, level));
                        let at = self
                            .people("drawn", &part, |persons| vec![true; persons.people.len()])?;
                        self.prints(&part.key("drawn"), count)?;
                        self.rest(drawn, at)?;
                        levels.entry(&row.fact).or_default().push(at);
                    }
                    (_, count) => {
                        let part = Part::of(arm);
                        let values = |persons: &Persons, is: fn(Option<f64>) -> bool| {
                            let values = persons.numbers(&row.fact);
                            let nobody = || vec![None; persons.people.len()];
                            let values = values.unwrap_or_else(nobody);
                            values.into_iter().map(is).collect()
                        };
                        let what = format!("known {}", row.fact);
                        let known = self.people(&what, &part, |of| values(of, |v| v.is_some()))?;
                        self.prints(&part.key(&what), summary.n)?;
                        self.rest(drawn, known)?;
                        if let Some(values) = self.persons.numbers(&row.fact) {
                            let what = format!("total of fact {}", row.fact);
                            self.total(&what, &part, &values)?;
                            if count.is_none() {
                                let what = format!("fact {} is", row.fact);
                                self.values(&what, &part, &values)?;
                            }
                        }
                        if let Some(count) = count {
                            let what = format!("yes {}", row.fact);
                            let yes =
                                self.people(&what, &part, |of| values(of, |v| v == Some(1.0)))?;
                            self.prints(&part.key(&what), count)?;
                            self.rest(known, yes)?;
                        }
                    }
                }
            }
            for parts in levels.values() {
                self.release.sum(drawn, parts)?;
            }
        }
        Ok(())
    }

    /// Declares the counts of an outcome in a part, which are `printed` where a table has them, and
    /// returns what tells of them: those with a value first, then those with the event, or what a
    /// mean is made of.
    pub fn of_outcome(
        &mut self,
        outcome: &str,
        part: &Part,
        until: Until,
        printed: Option<&ArmCounts>,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let measured = self.persons.measured(outcome);
        let tells_events = measured.unit == Unit::YesNo || measured.end.is_some();
        let whats = ["with", "without", "events of"].map(|what| format!("{what} {outcome}"));
        let allocated = self.people("drawn", part, |persons| vec![true; persons.people.len()])?;
        let n = self.people(&whats[0], part, |persons| persons.with(outcome))?;
        let missing = self.people(&whats[1], part, |persons| {
            let with = persons.with(outcome).into_iter();
            with.map(|with| !with).collect()
        })?;
        if let Some(printed) = printed {
            self.prints(&part.key("drawn"), printed.allocated)?;
            self.prints(&part.key(&whats[0]), printed.n)?;
        }
        if self.rests.insert((allocated, n)) {
            self.release.sum(allocated, &[n, missing])?;
        }
        let mut read = vec![n];
        if tells_events {
            let events = self.people(&whats[2], part, |persons| persons.events(outcome))?;
            if let Some(printed) = printed.and_then(|printed| printed.events) {
                self.prints(&part.key(&whats[2]), printed as usize)?;
            }
            self.rest(n, events)?;
            read.push(events);
            read.extend(self.by_horizon(outcome, part, until, n)?);
        } else {
            let amounts = self.persons.values(outcome);
            read.push(self.total(&format!("total of {outcome}"), part, &amounts)?);
            read.extend(self.values(&format!("outcome {outcome} is"), part, &amounts)?);
        }
        // Those chosen after the draw are part of all.
        if let Some(all) = part.before_choice()
            && let Some(whole) = self.release.find(&all.key("drawn"))
        {
            self.rest(whole, allocated)?;
        }
        Ok(read)
    }

    /// Declares how those with a time fare by a horizon, which a curve there tells: the events, the
    /// other events, those who left, and those who are left.
    fn by_horizon(
        &mut self,
        outcome: &str,
        part: &Part,
        until: Until,
        with: CountId,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let (horizon, edge) = match until {
            Until::End => return Ok(Vec::new()),
            Until::Horizon(horizon) => (horizon, "by"),
            Until::BeforeHorizon(horizon) => (horizon, "before"),
        };
        let counts = |time: f64| time < horizon || (edge == "by" && time == horizon);
        let before = |time: f64| time < horizon;
        let mut ended = vec![false; self.persons.people.len()];
        let mut parts = Vec::new();
        for (what, of) in [
            ("events", self.persons.ended(outcome, End::Event, counts)),
            (
                "others",
                self.persons.ended(outcome, End::Competing, counts),
            ),
            ("left", self.persons.ended(outcome, End::Censored, before)),
        ] {
            for (ended, of) in ended.iter_mut().zip(&of) {
                *ended |= of;
            }
            let what = format!("{what} of {outcome} {edge} {horizon}");
            parts.push(self.people(&what, part, |_| of)?);
        }
        let what = format!("beyond {outcome} {edge} {horizon}");
        parts.push(self.people(&what, part, |persons| {
            let with = persons.with(outcome).into_iter();
            with.zip(ended)
                .map(|(with, ended)| with && !ended)
                .collect()
        })?);
        self.sum_once(Some(with), &parts)?;
        Ok(parts)
    }

    /// Declares the counts of a change in a part: the values before of those with both, and the
    /// differences. Returns what tells of them.
    pub fn of_change(
        &mut self,
        outcome: &str,
        both: &Part,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let after = self.persons.values(outcome);
        let before = self.persons.values_before(outcome);
        let pairs = after.into_iter().zip(before);
        let (before, change): (Vec<_>, Vec<_>) = pairs
            .map(|pair| match pair {
                (Some(after), Some(before)) => (Some(before), Some(after - before)),
                _ => (None, None),
            })
            .unzip();
        let mut read = Vec::new();
        for (what, values) in [("before", before), ("change", change)] {
            read.push(self.total(&format!("total of {outcome}, {what}"), both, &values)?);
            read.extend(self.values(&format!("outcome {outcome}, {what}, is"), both, &values)?);
        }
        Ok(read)
    }

    /// Declares that those of a part who have something are among others.
    pub fn among(&mut self, what: &str, whole: &Part, part: &Part) -> Result<(), DisclosureError> {
        let [whole, part] = [whole, part].map(|part| self.release.find(&part.key(what)));
        match whole.zip(part) {
            Some((whole, part)) => self.rest(whole, part),
            None => Ok(()),
        }
    }

    /// Ties groups to the part that they make up, in all that is counted of an outcome; where a
    /// group is not known of everybody, they are less than the whole and stay untied.
    pub fn tie(
        &mut self,
        outcome: &str,
        part: &Part,
        groups: &[Among],
    ) -> Result<(), DisclosureError> {
        let of_outcome = ["with", "without", "events of", "total of"];
        let whats = of_outcome.map(|what| format!("{what} {outcome}"));
        for what in whats.iter().map(String::as_str).chain(["drawn"]) {
            let part_of = |group: &Among| self.release.find(&part.and(*group).key(what));
            let parts: Vec<CountId> = groups.iter().filter_map(part_of).collect();
            let whole = self.release.find(&part.key(what));
            self.sum_once(whole, &parts)?;
        }
        Ok(())
    }

    /// Declares a whole the sum of its parts, where it is one and was not declared so before.
    fn sum_once(
        &mut self,
        whole: Option<CountId>,
        parts: &[CountId],
    ) -> Result<(), DisclosureError> {
        let sum: i64 = parts.iter().map(|part| self.value(*part)).sum();
        match (whole, parts) {
            (Some(whole), [first, ..])
                if self.value(whole) == sum && self.sums.insert((whole, *first)) =>
            {
                self.release.sum(whole, parts)
            }
            _ => Ok(()),
        }
    }
}

//! What can be read from a report's tables, so that an export shows no small count.
//!
//! Promises: every number of every table says which counts it follows from; the same people are
//! the same count in all tables (drawn into an arm, with an outcome, with an event, at a level), and
//! parts are tied to their whole, so that none can be found by subtraction between tables. Whom each
//! count is of is said person by person, so that neither can be found what follows from one outcome
//! being part of another, or from any other relation of what is counted.

use std::collections::{BTreeMap, BTreeSet};

use super::persons::Part;
use super::tables::outcomes_of;
use super::{Persons, Recruitment, Results, TimesFound};
use crate::estimate::{ArmCounts, Baseline, Estimate, Standing};
use crate::protocol::{MethodId, Role, Unit};
use crate::report::baseline::shown;
use crate::report::disclosure::{
    CountId, DisclosureError, Property, Reads, Release, Rule, Step, StepCounts,
};
use crate::report::table::{Cell, Table};
use crate::sample::{End, FactValues};

/// Says of every cell what can be read from it.
pub(super) fn declare<'a>(
    found: &'a Results,
    rule: Rule,
    tables: &mut [Table],
) -> Result<Counts<'a>, DisclosureError> {
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
    for row in &found.rows {
        counts.of_row(row)?;
    }
    for (outcome, arms) in &found.received {
        for (arm, received) in found.flow.arms.iter().zip(arms) {
            counts.of_arm(outcome, Part::of(&arm.arm), Some(received))?;
        }
    }
    counts.tie_levels(found)?;
    for table in tables {
        match table.id.as_str() {
            "flow" => counts.read_flow(found, table)?,
            "baseline" => {
                if let Some(baseline) = &found.baseline {
                    counts.read_baseline(baseline, table)?;
                }
            }
            "take-up" | "missing" => counts.read_by_arm(found, table)?,
            _ => counts.read_effects(found, table)?,
        }
    }
    Ok(counts)
}

/// A number with no more values than this is a code, and its mean a count of its values.
const FEW_VALUES: usize = 10;

/// Returns the part of an arm's people that a row is about.
fn part_of<'a>(row: &'a Estimate, arm: &'a str) -> Part<'a> {
    Part {
        level: row.subgroup.as_ref().and_then(|subgroup| {
            let level = subgroup.level.as_deref()?;
            Some((subgroup.factor.as_str(), level))
        }),
        only: row.options.only.as_deref(),
        ..Part::of(arm)
    }
}

/// The counts of an export by what they count.
pub(super) struct Counts<'a> {
    release: Release,
    persons: &'a Persons,
    /// What is counted of persons, whatever their arm.
    properties: BTreeMap<String, Property>,
    /// Pairs whose rest is declared.
    rests: BTreeSet<(CountId, CountId)>,
    /// Wholes that are declared the sum of parts, with the first part.
    sums: BTreeSet<(CountId, CountId)>,
}

impl Counts<'_> {
    /// Declares how many of a part something is true of.
    fn people(
        &mut self,
        what: &str,
        part: Part,
        of: impl FnOnce(&Persons) -> Vec<bool>,
    ) -> Result<CountId, DisclosureError> {
        let persons = self.persons;
        let arms = &persons.people.arms;
        let arm = arms.iter().position(|arm| arm == part.arm);
        let property = self
            .properties
            .entry(format!("{what}{}", part.within()))
            .or_insert_with(|| {
                let within = persons.within(&part);
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
    fn prints(&mut self, key: &str, printed: usize) -> Result<(), DisclosureError> {
        self.release.count(key, printed as u64).map(|_| ())
    }

    /// Returns all counts, tied to the people they are of.
    pub(super) fn release(mut self) -> Result<Release, DisclosureError> {
        let properties: Vec<Property> = self.properties.into_values().collect();
        self.release.people(&self.persons.people.arm, &properties)?;
        Ok(self.release)
    }

    /// Declares what a mean in a part is made of. Few who have any of it could be counted by a small
    /// total, and one of them could be read from it.
    fn total(
        &mut self,
        what: &str,
        part: Part,
        amounts: &[Option<f64>],
        within: &[bool],
    ) -> Result<CountId, DisclosureError> {
        let arms = &self.persons.people.arms;
        let arm = arms.iter().position(|arm| arm == part.arm);
        let (mut total, mut persons) = (0, 0);
        for ((amount, within), of) in amounts.iter().zip(within).zip(&self.persons.people.arm) {
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
        part: Part,
        values: &[Option<f64>],
    ) -> Result<Vec<CountId>, DisclosureError> {
        let mut distinct: Vec<f64> = values.iter().flatten().copied().collect();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        if distinct.len() > FEW_VALUES {
            return Ok(Vec::new());
        }
        let mut counts = Vec::new();
        for one in distinct {
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
    fn drawn(&mut self, arm: &str, drawn: usize) -> Result<CountId, DisclosureError> {
        let part = Part::of(arm);
        self.release.public(&part.key("drawn"), drawn as u64)?;
        let id = self.people("drawn", part, |persons| vec![true; persons.people.len()])?;
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
            let withdrawn = self.people("withdrawn", part, |persons| persons.withdrawn.clone())?;
            let excluded = self.people("excluded", part, |persons| persons.excluded.clone())?;
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

    fn value(&self, id: CountId) -> i64 {
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
                        let part = Part::of(arm).at(&row.fact, level);
                        let at =
                            self.people("drawn", part, |persons| vec![true; persons.people.len()])?;
                        self.prints(&part.key("drawn"), count)?;
                        self.rest(drawn, at)?;
                        levels.entry(&row.fact).or_default().push(at);
                    }
                    (_, count) => {
                        let part = Part::of(arm);
                        let values = |persons: &Persons, is: fn(Option<f64>) -> bool| {
                            let fact = persons.people.fact(&row.fact);
                            match fact.map(|fact| &persons.people.facts[fact].values) {
                                Some(FactValues::Number { values, .. }) => {
                                    values.iter().map(is).collect()
                                }
                                _ => vec![false; persons.people.len()],
                            }
                        };
                        let what = format!("known {}", row.fact);
                        let known = self.people(&what, part, |of| values(of, |v| v.is_some()))?;
                        self.prints(&part.key(&what), summary.n)?;
                        self.rest(drawn, known)?;
                        let fact = self.persons.people.fact(&row.fact);
                        let fact = fact.map(|fact| &self.persons.people.facts[fact].values);
                        if let Some(FactValues::Number { values, .. }) = fact {
                            let what = format!("total of fact {}", row.fact);
                            let all = vec![true; self.persons.people.len()];
                            let values: Vec<Option<f64>> = values.iter().collect();
                            self.total(&what, part, &values, &all)?;
                            if count.is_none() {
                                let what = format!("fact {} is", row.fact);
                                self.values(&what, part, &values)?;
                            }
                        }
                        if let Some(count) = count {
                            let what = format!("yes {}", row.fact);
                            let yes =
                                self.people(&what, part, |of| values(of, |v| v == Some(1.0)))?;
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

    /// Declares the counts behind a row and returns what the row's numbers are functions of, for the
    /// arm and for the reference.
    fn of_row(&mut self, row: &Estimate) -> Result<[Vec<CountId>; 2], DisclosureError> {
        let mut sides = [Vec::new(), Vec::new()];
        let reference = row.reference.as_deref().zip(row.reference_counts.as_ref());
        let arms = [Some((row.arm.as_str(), &row.arm_counts)), reference];
        for (side, found) in sides.iter_mut().zip(arms) {
            let Some((arm, counts)) = found else { continue };
            let part = part_of(row, arm);
            let outcome = row.outcome.as_deref().unwrap_or_default();
            if row.method != MethodId::Change {
                *side = self.of_arm(outcome, part, Some(counts))?;
                continue;
            }
            // Those with a value before and after are part of those with one after.
            let what = format!("with {outcome} and before");
            let both = self.people(&what, part, |persons| persons.with_both(outcome))?;
            self.prints(&part.key(&what), counts.n)?;
            let after = self.of_arm(outcome, part, None)?;
            self.rest(after[0], both)?;
            *side = [&[both], &after[1..]].concat();
        }
        Ok(sides)
    }

    /// Declares the counts of an outcome in a part, which are `printed` where a table has them, and
    /// returns those with a value, and those with the event where there is one.
    fn of_arm(
        &mut self,
        outcome: &str,
        part: Part,
        printed: Option<&ArmCounts>,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let measured = self.persons.measured(outcome);
        let tells_events = measured.unit == Unit::YesNo || measured.end.is_some();
        let whats = ["with", "without", "events of"].map(|what| format!("{what} {outcome}"));
        let allocated = self.people("drawn", part, |persons| vec![true; persons.people.len()])?;
        let n = self.people(&whats[0], part, |persons| persons.with(outcome))?;
        let missing = self.people(&whats[1], part, |persons| {
            persons
                .with(outcome)
                .into_iter()
                .map(|with| !with)
                .collect()
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
        } else {
            let within = self.persons.within(&part);
            let amounts = measured.value.iter().zip(&measured.observed);
            let amounts = amounts.map(|(value, observed)| observed.then_some(*value));
            let amounts: Vec<Option<f64>> = amounts.collect();
            read.push(self.total(&format!("total of {outcome}"), part, &amounts, &within)?);
            read.extend(self.values(&format!("outcome {outcome} is"), part, &amounts)?);
        }
        // Those chosen after the draw are part of all.
        if part.only.is_some() {
            let all = Part { only: None, ..part };
            if let Some(whole) = self.release.find(&all.key("drawn")) {
                self.rest(whole, allocated)?;
            }
        }
        Ok(read)
    }

    /// Declares the draws by spans of months, which make up those of an arm, and returns what a
    /// figure of them reads; nothing where they are not the persons of the flow.
    pub(super) fn months(
        &mut self,
        months: &Recruitment,
        width: usize,
        drawn: usize,
    ) -> Result<Option<Reads>, DisclosureError> {
        let sums = months
            .arms
            .iter()
            .map(|(_, drawn)| drawn.iter().sum::<u64>());
        if sums.sum::<u64>() != drawn as u64 {
            return Ok(None);
        }
        let mut read = Vec::new();
        for (arm, drawn) in &months.arms {
            let Some(whole) = self.release.find(&format!("drawn, arm {arm}")) else {
                return Ok(None);
            };
            let mut parts = Vec::new();
            for (place, (period, &drawn)) in months.periods.iter().zip(drawn).enumerate() {
                let (what, part) = (format!("drawn in {period}"), Part::of(arm));
                parts.push(self.people(&what, part, |persons| {
                    let periods = persons.drawn_in.iter();
                    periods.map(|period| period / width == place).collect()
                })?);
                self.prints(&part.key(&what), drawn as usize)?;
            }
            if self.value(whole) != parts.iter().map(|part| self.value(*part)).sum::<i64>() {
                return Ok(None);
            }
            self.release.sum(whole, &parts)?;
            read.push(whole);
            read.extend(parts);
        }
        Ok(Some(Reads::Of(read)))
    }

    /// Declares the steps of curves, which make up the persons and events of an arm, and returns
    /// what a figure of them reads; nothing where the tables count other persons or events.
    pub(super) fn curves(
        &mut self,
        times: &TimesFound,
        steps: &[Vec<Step>],
    ) -> Result<Option<Reads>, DisclosureError> {
        let mut read = Vec::new();
        for ((arm, _), steps) in times.arms.iter().zip(steps) {
            let key = format!("{}, arm {arm}", times.outcome);
            let counts = self.release.curve(&format!("times of {key}"), steps)?;
            self.of_steps(times, arm, steps, &counts);
            let Some(first) = counts.first() else {
                return Ok(None);
            };
            let drawn = self.release.find(&format!("drawn, arm {arm}"));
            match (self.release.find(&format!("with {key}")), drawn) {
                (Some(with), _) if self.value(with) == self.value(first.at_risk) => {
                    self.release.sum(with, &[first.at_risk])?;
                    read.push(with);
                }
                (None, Some(drawn)) if self.value(drawn) >= self.value(first.at_risk) => {
                    self.rest(drawn, first.at_risk)?;
                }
                _ => return Ok(None),
            }
            let events: Vec<CountId> = counts.iter().map(|step| step.events).collect();
            if let Some(all) = self.release.find(&format!("events of {key}")) {
                if self.value(all) != events.iter().map(|part| self.value(*part)).sum::<i64>() {
                    return Ok(None);
                }
                self.release.sum(all, &events)?;
                read.push(all);
            }
            let of_step =
                |step: &StepCounts| [step.at_risk, step.events, step.competing, step.exits];
            read.extend(counts.iter().flat_map(of_step));
        }
        Ok(Some(Reads::Of(read)))
    }

    /// Says whom the counts of a curve are of.
    fn of_steps(&mut self, times: &TimesFound, arm: &str, steps: &[Step], counts: &[StepCounts]) {
        let persons = self.persons;
        let arms = &persons.people.arms;
        let Some(arm) = arms.iter().position(|of| of == arm) else {
            return;
        };
        let measured = persons.measured(&times.outcome);
        let ends = measured.end.as_deref().unwrap_or_default();
        let last = steps.len().saturating_sub(1);
        // Those of a step are before its end; of the last, all that are left.
        let step_of = |person: usize| {
            let time = measured.value[person];
            let mut steps = steps.iter();
            let step = steps.position(|step| time < f64::from(step.time));
            step.unwrap_or(last)
        };
        for (place, (step, counts)) in steps.iter().zip(counts).enumerate() {
            for (what, id, end) in [
                ("at risk", counts.at_risk, None),
                ("events", counts.events, Some(End::Event)),
                ("others", counts.competing, Some(End::Competing)),
                ("exits", counts.exits, Some(End::Censored)),
            ] {
                let is = |person: usize| match end {
                    None => step_of(person) >= place,
                    Some(end) => step_of(person) == place && ends[person] == end,
                };
                let of = |person: usize| measured.observed[person] && is(person);
                let key = format!("times of {}, {what} to {}", times.outcome, step.time);
                let property = self.properties.entry(key).or_insert_with(|| Property {
                    of: (0..persons.people.len()).map(of).collect(),
                    counts: vec![None; arms.len()],
                });
                property.counts[arm] = Some(id);
            }
        }
    }

    /// Ties the levels of a factor to the whole arm, outcome by outcome.
    fn tie_levels(&mut self, found: &Results) -> Result<(), DisclosureError> {
        let mut parts: BTreeMap<String, Vec<CountId>> = BTreeMap::new();
        for row in &found.rows {
            let Some(subgroup) = &row.subgroup else {
                continue;
            };
            let Some(level) = &subgroup.level else {
                continue;
            };
            let outcome = row.outcome.as_deref().unwrap_or_default();
            let arms = [Some(row.arm.as_str()), row.reference.as_deref()];
            for arm in arms.into_iter().flatten() {
                for what in ["drawn", "with", "events of", "total of", "without"] {
                    let name = match what {
                        "drawn" => "drawn".to_owned(),
                        what => format!("{what} {outcome}"),
                    };
                    let whole = format!("{name}, arm {arm}");
                    let part = format!("{whole}, {} {level}", subgroup.factor);
                    if let Some(part) = self.release.find(&part) {
                        let key = format!("{whole} / {}", subgroup.factor);
                        let known = parts.entry(key).or_default();
                        if !known.contains(&part) {
                            known.push(part);
                        }
                    }
                }
            }
        }
        for (key, parts) in parts {
            let whole = key.split(" / ").next().unwrap_or_default();
            let sum: i64 = parts.iter().map(|part| self.value(*part)).sum();
            if let Some(whole) = self.release.find(whole)
                && self.value(whole) == sum
            {
                self.release.sum(whole, &parts)?;
            }
        }
        Ok(())
    }

    fn read_flow(&mut self, found: &Results, table: &mut Table) -> Result<(), DisclosureError> {
        let mut rows: Vec<String> = Vec::new();
        if found.plan.arms.len() == 1 {
            rows.push("drawn".to_owned());
        } else {
            rows.extend(["referred", "refused"].map(str::to_owned));
            let reasons = found.flow.reasons.keys();
            rows.extend(reasons.map(|reason| format!("refused: {reason}")));
            rows.extend(["drawn", "withdrawn", "excluded"].map(str::to_owned));
        }
        let primary = primary(found, &self.release);
        for outcome in &primary {
            let mut all = Vec::new();
            for arm in &found.flow.arms {
                all.extend(
                    self.release
                        .find(&format!("with {outcome}, arm {}", arm.arm)),
                );
            }
            let sum: i64 = all.iter().map(|id| self.value(*id)).sum();
            let whole = self.release.count(&format!("with {outcome}"), sum as u64)?;
            self.release.sum(whole, &all)?;
            rows.push(format!("with {outcome}"));
        }
        let mut of_row = table.groups.iter_mut().flat_map(|group| &mut group.rows);
        for key in rows {
            let Some(row) = of_row.next() else { break };
            for (place, cell) in row.cells.iter_mut().enumerate() {
                let key = match place.checked_sub(1) {
                    None => key.clone(),
                    Some(arm) => format!("{key}, arm {}", found.flow.arms[arm].arm),
                };
                cell.reads = self.reads(&[key.as_str()]);
            }
        }
        Ok(())
    }

    /// Returns the reading of counts by key; a key that is not declared leaves the cell undeclared,
    /// which an export refuses.
    fn reads(&self, keys: &[&str]) -> Reads {
        let ids: Option<Vec<CountId>> = keys.iter().map(|key| self.release.find(key)).collect();
        ids.map_or(Reads::Undeclared, Reads::Of)
    }

    fn read_baseline(
        &mut self,
        baseline: &Baseline,
        table: &mut Table,
    ) -> Result<(), DisclosureError> {
        let mut rows = shown(baseline).into_iter();
        let of_table = table.groups.iter_mut().flat_map(|group| &mut group.rows);
        for shown in of_table {
            // A row that only names a fact has no numbers.
            if shown.cells.iter().all(|cell| *cell == Cell::default()) {
                continue;
            }
            let Some(row) = rows.next() else { break };
            let keys = |arm: &str| match &row.level {
                Some(level) => vec![
                    format!("drawn, arm {arm}, {} {level}", row.fact),
                    format!("drawn, arm {arm}"),
                ],
                None => {
                    let mut keys = vec![format!("known {}, arm {arm}", row.fact)];
                    let more = ["yes", "total of fact"];
                    let more = more.map(|what| format!("{what} {}, arm {arm}", row.fact));
                    keys.extend(
                        more.into_iter()
                            .filter(|key| self.release.find(key).is_some()),
                    );
                    let value = format!("fact {} is ", row.fact);
                    let values = self.properties.keys().filter(|key| key.starts_with(&value));
                    keys.extend(values.map(|what| format!("{what}, arm {arm}")));
                    keys
                }
            };
            let arms = baseline.arms.len();
            let others = (0..arms).filter(|&arm| arm != baseline.reference);
            let compared: Vec<usize> = others.collect();
            for (place, cell) in shown.cells.iter_mut().enumerate() {
                let mut read = Vec::new();
                if place < arms {
                    read.extend(keys(&baseline.arms[place]));
                } else if let Some(&arm) = compared.get(place - arms) {
                    read.extend(keys(&baseline.arms[arm]));
                    read.extend(keys(&baseline.arms[baseline.reference]));
                }
                let read: Vec<&str> = read.iter().map(String::as_str).collect();
                cell.reads = self.reads(&read);
            }
        }
        Ok(())
    }

    /// Tables with an outcome a row and an arm a column: take-up and missing outcomes.
    fn read_by_arm(&mut self, found: &Results, table: &mut Table) -> Result<(), DisclosureError> {
        let what: &[&str] = match table.id.as_str() {
            "missing" => &["without"],
            _ => &["with", "events of"],
        };
        // Labels need not differ, so that a row goes by its place.
        let outcomes: Vec<String> = match table.id.as_str() {
            "missing" => outcomes_of(found, |_| true),
            _ => found
                .received
                .iter()
                .map(|(outcome, _)| outcome.clone())
                .collect(),
        };
        let of_table = table.groups.iter_mut().flat_map(|group| &mut group.rows);
        for (row, outcome) in of_table.zip(&outcomes) {
            let mut all = Vec::new();
            for (place, cell) in row.cells.iter_mut().enumerate() {
                let Some(arm) = found.flow.arms.get(place) else {
                    // The test of all arms.
                    cell.reads = Reads::Of(all.clone());
                    continue;
                };
                let mut read = Vec::new();
                for what in what {
                    read.extend(
                        self.release
                            .find(&format!("{what} {outcome}, arm {}", arm.arm)),
                    );
                }
                read.extend(self.release.find(&format!("drawn, arm {}", arm.arm)));
                all.extend(&read);
                cell.reads = Reads::Of(read);
            }
        }
        Ok(())
    }

    fn read_effects(&mut self, found: &Results, table: &mut Table) -> Result<(), DisclosureError> {
        let role = Role::from_name(&table.id);
        let keep = |row: &&Estimate| match (table.id.as_str(), role) {
            (_, Some(role)) => {
                row.standing == Standing::Effect && row.subgroup.is_none() && row.role == Some(role)
            }
            ("subgroups", _) => row.subgroup.is_some(),
            (id, _) => {
                row.standing != Standing::Effect
                    && row.subgroup.is_none()
                    && (row.standing == Standing::Sensitivity) == (id == "sensitivity")
            }
        };
        let rows: Vec<&Estimate> = found.rows.iter().filter(keep).collect();
        let shown = table.groups.iter_mut().flat_map(|group| &mut group.rows);
        for (shown, row) in shown.zip(rows) {
            let [arm, reference] = self.of_row(row)?;
            if row.role == Some(Role::Primary) {
                for id in arm.iter().chain(&reference) {
                    self.release.spare(*id);
                }
            }
            let both = self.behind(found, row)?;
            // Of tests adjusted together each tells of the others.
            let mut family = both.clone();
            if row.p_adjusted.is_some() {
                for other in found.rows.iter().filter(|row| row.p_adjusted.is_some()) {
                    family.extend(self.behind(found, other)?);
                }
            }
            for (cell, column) in shown.cells.iter_mut().zip(&table.columns) {
                if *cell == Cell::default() {
                    continue;
                }
                // The persons with the outcome come first.
                let first = |side: &[CountId]| side.iter().take(1).copied().collect();
                cell.reads = Reads::Of(match column.key.as_str() {
                    "arm" => arm.clone(),
                    "n_arm" => first(&arm),
                    "reference" => reference.clone(),
                    "n_reference" => first(&reference),
                    "p_adjusted" => family.clone(),
                    _ => both.clone(),
                });
            }
        }
        Ok(())
    }

    /// Returns the counts that the effect of a row follows from.
    fn behind(&mut self, found: &Results, row: &Estimate) -> Result<Vec<CountId>, DisclosureError> {
        let mut both = self.of_row(row)?.concat();
        // A test over levels follows from all of them.
        if let Some(subgroup) = &row.subgroup
            && subgroup.level.is_none()
        {
            both.extend(self.of_levels(found, row, &subgroup.factor)?);
        }
        let outcome = row.outcome.as_deref().unwrap_or_default();
        let received = row.options.received.as_deref();
        // Where shares are compared, an effect by strata follows from the counts of each, and one
        // that is adjusted for levels tells of each beside the others. Of other outcomes the means
        // of strata and levels are unknown.
        if row.arm_counts.events.is_some() || received.is_some() {
            for outcome in [Some(outcome), received].into_iter().flatten() {
                if row.options.strata.is_some() {
                    both.extend(self.of_strata(row, outcome)?);
                }
                both.extend(self.of_adjusted(row, outcome)?);
            }
        }
        // Beside the effect of being drawn, one of what was received tells how many received it.
        if let Some(received) = received {
            let arms = [Some(row.arm.as_str()), row.reference.as_deref()];
            for arm in arms.into_iter().flatten() {
                for what in ["with", "events of"] {
                    let key = format!("{what} {received}, arm {arm}");
                    both.extend(self.release.find(&key));
                }
            }
        }
        Ok(both)
    }

    /// Declares a whole the sum of its parts, where it is a count of the export and was not declared
    /// so before.
    fn sum_once(
        &mut self,
        whole: Option<CountId>,
        parts: &[CountId],
    ) -> Result<(), DisclosureError> {
        match (whole, parts) {
            (Some(whole), [first, ..]) if self.sums.insert((whole, *first)) => {
                self.release.sum(whole, parts)
            }
            _ => Ok(()),
        }
    }

    /// Returns the counts of a row's arms in the strata, and ties them to the whole arm.
    fn of_strata(
        &mut self,
        row: &Estimate,
        outcome: &str,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let Some(strata) = &self.persons.people.stratum else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for arm in [Some(row.arm.as_str()), row.reference.as_deref()]
            .into_iter()
            .flatten()
        {
            let mut parts = [Vec::new(), Vec::new()];
            for stratum in &strata.names {
                let part = Part {
                    stratum: Some(stratum),
                    ..part_of(row, arm)
                };
                let read = self.of_arm(outcome, part, None)?;
                for (parts, id) in parts.iter_mut().zip(read) {
                    parts.push(id);
                }
            }
            for (what, parts) in ["with", "events of"].into_iter().zip(parts) {
                let whole = part_of(row, arm).key(&format!("{what} {outcome}"));
                let whole = self.release.find(&whole);
                self.sum_once(whole, &parts)?;
                all.extend(parts);
            }
        }
        Ok(all)
    }

    /// Returns the counts of a row's arms at the levels it is adjusted for, and ties them to the
    /// whole arm. Of a number that is adjusted for no table has counts.
    fn of_adjusted(
        &mut self,
        row: &Estimate,
        outcome: &str,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let mut all = Vec::new();
        let arms = [Some(row.arm.as_str()), row.reference.as_deref()];
        for arm in arms.into_iter().flatten() {
            let mut facts: Vec<&str> = row.options.adjust.iter().map(String::as_str).collect();
            facts.sort_unstable();
            facts.dedup();
            for fact in facts {
                let index = self.persons.people.fact(fact);
                let values = index.map(|fact| &self.persons.people.facts[fact].values);
                let Some(FactValues::Levels(levels)) = values else {
                    continue;
                };
                let mut parts = [Vec::new(), Vec::new(), Vec::new()];
                for level in &levels.names {
                    let part = Part::of(arm).at(fact, level);
                    let read = self.of_arm(outcome, part, None)?;
                    for (parts, id) in parts.iter_mut().zip(&read) {
                        parts.push(*id);
                    }
                    parts[2].extend(self.release.find(&part.key("drawn")));
                    all.extend(read);
                }
                let wholes = [
                    format!("with {outcome}, arm {arm}"),
                    format!("events of {outcome}, arm {arm}"),
                    format!("drawn, arm {arm}"),
                ];
                for (whole, parts) in wholes.iter().zip(parts) {
                    // Where a level is not known of everybody, parts are less than the whole.
                    let all: i64 = parts.iter().map(|id| self.value(*id)).sum();
                    let whole = self.release.find(whole).filter(|id| self.value(*id) == all);
                    self.sum_once(whole, &parts)?;
                }
            }
        }
        Ok(all)
    }

    fn of_levels(
        &mut self,
        found: &Results,
        row: &Estimate,
        factor: &str,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let same = |other: &&Estimate| {
            (&other.outcome, &other.arm, &other.reference)
                == (&row.outcome, &row.arm, &row.reference)
                && other.subgroup.as_ref().is_some_and(|s| s.factor == factor)
        };
        let mut all = Vec::new();
        for other in found.rows.iter().filter(same) {
            if other.subgroup.as_ref().is_some_and(|s| s.level.is_some()) {
                let [arm, reference] = self.of_row(other)?;
                all.extend(arm);
                all.extend(reference);
            }
        }
        Ok(all)
    }
}

/// Returns the primary outcomes whose counts are known in every arm, in their order.
fn primary(found: &Results, release: &Release) -> Vec<String> {
    let mut outcomes: Vec<String> = Vec::new();
    let of_role = found
        .rows
        .iter()
        .filter(|row| row.role == Some(Role::Primary));
    for outcome in of_role.filter_map(|row| row.outcome.clone()) {
        let known = |arm: &crate::sample::ArmFlow| {
            release
                .find(&format!("with {outcome}, arm {}", arm.arm))
                .is_some()
        };
        if !outcomes.contains(&outcome) && found.flow.arms.iter().all(known) {
            outcomes.push(outcome);
        }
    }
    outcomes
}

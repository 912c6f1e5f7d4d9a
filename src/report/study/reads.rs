//! What can be read from a report's tables, so that an export shows no small count.
//!
//! Promises: every number of every table says which counts it follows from; the same people are
//! the same count in all tables (drawn into an arm, with an outcome, with an event, at a level), and
//! parts are tied to their whole, so that none can be found by subtraction between tables.

use std::collections::{BTreeMap, BTreeSet};

use super::{Recruitment, Results, TimesFound};
use crate::estimate::{ArmCounts, Baseline, Estimate, Standing};
use crate::protocol::{MethodId, Role};
use crate::report::baseline::shown;
use crate::report::disclosure::{CountId, DisclosureError, Reads, Release, Rule, Step, StepCounts};
use crate::report::table::{Cell, Table};

/// Says of every cell what can be read from it.
pub(super) fn declare(
    found: &Results,
    rule: Rule,
    tables: &mut [Table],
) -> Result<Counts, DisclosureError> {
    let mut counts = Counts {
        release: Release::new(rule),
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
            let part = Part {
                arm: &arm.arm,
                level: None,
                only: None,
            };
            counts.of_arm(outcome, part, received)?;
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

/// The counts of an export by what they count.
pub(super) struct Counts {
    pub(super) release: Release,
    /// Pairs whose rest is declared.
    rests: BTreeSet<(CountId, CountId)>,
    /// Wholes that are declared the sum of parts, with the first part.
    sums: BTreeSet<(CountId, CountId)>,
}

/// The part of an arm's people that a row is about.
#[derive(Clone, Copy)]
struct Part<'a> {
    arm: &'a str,
    level: Option<(&'a str, &'a str)>,
    only: Option<&'a str>,
}

impl Part<'_> {
    fn key(&self) -> String {
        let mut key = format!("arm {}", self.arm);
        if let Some((factor, level)) = self.level {
            key += &format!(", {factor} {level}");
        }
        if let Some(only) = self.only {
            key += &format!(", only {only}");
        }
        key
    }
}

impl Counts {
    fn rest(&mut self, whole: CountId, part: CountId) -> Result<(), DisclosureError> {
        if self.rests.insert((whole, part)) {
            self.release.rest(whole, part)?;
        }
        Ok(())
    }

    fn drawn(&mut self, arm: &str, drawn: usize) -> Result<CountId, DisclosureError> {
        self.release
            .count(&format!("drawn, arm {arm}"), drawn as u64)
    }

    fn flow(&mut self, found: &Results) -> Result<(), DisclosureError> {
        let flow = &found.flow;
        let referred = self.release.count("referred", flow.referred as u64)?;
        let refused = self.release.count("refused", flow.refused as u64)?;
        let drawn = self.release.count("drawn", flow.drawn as u64)?;
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
            for (place, (what, persons)) in
                [("withdrawn", arm.withdrawn), ("excluded", arm.excluded)]
                    .into_iter()
                    .enumerate()
            {
                let left = self
                    .release
                    .count(&format!("{what}, arm {}", arm.arm), persons as u64)?;
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

    fn level(
        &mut self,
        fact: &str,
        level: &str,
        arm: &str,
        persons: usize,
    ) -> Result<CountId, DisclosureError> {
        self.release
            .count(&format!("drawn, arm {arm}, {fact} {level}"), persons as u64)
    }

    fn baseline(&mut self, baseline: &Baseline) -> Result<(), DisclosureError> {
        for (index, arm) in baseline.arms.iter().enumerate() {
            let drawn = self.drawn(arm, baseline.drawn[index])?;
            let mut levels: BTreeMap<&str, Vec<CountId>> = BTreeMap::new();
            for row in &baseline.rows {
                let summary = &row.summaries[index];
                match (&row.level, summary.count) {
                    (Some(level), Some(count)) => {
                        let at = self.level(&row.fact, level, arm, count)?;
                        self.rest(drawn, at)?;
                        levels.entry(&row.fact).or_default().push(at);
                    }
                    (_, count) => {
                        let key = format!("known {}, arm {arm}", row.fact);
                        let known = self.release.count(&key, summary.n as u64)?;
                        self.rest(drawn, known)?;
                        if let Some(count) = count {
                            let key = format!("yes {}, arm {arm}", row.fact);
                            let yes = self.release.count(&key, count as u64)?;
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
            let level = row.subgroup.as_ref().and_then(|subgroup| {
                let level = subgroup.level.as_deref()?;
                Some((subgroup.factor.as_str(), level))
            });
            let part = Part {
                arm,
                level,
                only: row.options.only.as_deref(),
            };
            let outcome = row.outcome.as_deref().unwrap_or_default();
            if row.method != MethodId::Change {
                *side = self.of_arm(outcome, part, counts)?;
                continue;
            }
            // Those with a value before and after are part of those with one after.
            *side = self.of_arm(&format!("{outcome} and before"), part, counts)?;
            let with = format!("with {outcome}, {}", part.key());
            if let (Some(after), Some(&both)) = (self.release.find(&with), side.first()) {
                self.rest(after, both)?;
            }
        }
        Ok(sides)
    }

    fn of_arm(
        &mut self,
        outcome: &str,
        part: Part,
        counts: &ArmCounts,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let key = part.key();
        let allocated = self
            .release
            .count(&format!("drawn, {key}"), counts.allocated as u64)?;
        let n = self
            .release
            .count(&format!("with {outcome}, {key}"), counts.n as u64)?;
        let missing = self
            .release
            .count(&format!("without {outcome}, {key}"), counts.missing as u64)?;
        if self.rests.insert((allocated, n)) {
            self.release.sum(allocated, &[n, missing])?;
        }
        let mut read = vec![n];
        if let Some(events) = counts.events {
            let events = self
                .release
                .count(&format!("events of {outcome}, {key}"), events)?;
            self.rest(n, events)?;
            read.push(events);
        }
        // Those chosen after the draw are part of all.
        if part.only.is_some() {
            let all = Part { only: None, ..part };
            if let Some(whole) = self.release.find(&format!("drawn, {}", all.key())) {
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
            for (period, &persons) in months.periods.iter().zip(drawn) {
                let key = format!("drawn, arm {arm}, in {period}");
                parts.push(self.release.count(&key, persons)?);
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
                for what in ["drawn", "with", "events of", "without"] {
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
                    let yes = format!("yes {}, arm {arm}", row.fact);
                    keys.extend(self.release.find(&yes).map(|_| yes));
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
        let of_table = table.groups.iter_mut().flat_map(|group| &mut group.rows);
        for row in of_table {
            let of_label = found
                .plan
                .outcomes
                .iter()
                .find(|outcome| outcome.label == row.label);
            let outcome = of_label.map_or(row.label.as_str(), |outcome| &outcome.id);
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
            let mut both = [arm.as_slice(), reference.as_slice()].concat();
            // Effects in levels of a number, and tests over levels, follow from all of them.
            if let Some(subgroup) = &row.subgroup {
                both.extend(self.of_levels(found, row, &subgroup.factor)?);
            }
            // An effect by strata follows from the counts of each.
            if row.options.strata.is_some() {
                both.extend(self.of_strata(found, row)?);
            }
            // So does one that is adjusted for levels: beside the others it tells of each.
            if !row.options.adjust.is_empty() {
                both.extend(self.of_adjusted(found, row)?);
            }
            // Beside the effect of being drawn, one of what was received tells how many received it.
            if let Some(received) = &row.options.received {
                let arms = [Some(row.arm.as_str()), row.reference.as_deref()];
                for arm in arms.into_iter().flatten() {
                    for what in ["with", "events of"] {
                        let key = format!("{what} {received}, arm {arm}");
                        both.extend(self.release.find(&key));
                    }
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
                    _ => both.clone(),
                });
            }
        }
        Ok(())
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
        found: &Results,
        row: &Estimate,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let outcome = row.outcome.as_deref().unwrap_or_default();
        let cells = found.strata.get(outcome).map_or(&[][..], Vec::as_slice);
        let mut all = Vec::new();
        // People chosen after the draw, or of a level, are other counts; those of all bound them.
        for arm in [Some(row.arm.as_str()), row.reference.as_deref()]
            .into_iter()
            .flatten()
        {
            let mut parts = [Vec::new(), Vec::new()];
            for cell in cells.iter().filter(|cell| cell.arm == arm) {
                let key = format!("{outcome}, arm {arm}, stratum {}", cell.stratum);
                let n = self.release.count(&format!("with {key}"), cell.n)?;
                parts[0].push(n);
                if let Some(events) = cell.events {
                    let events = self.release.count(&format!("events of {key}"), events)?;
                    self.rest(n, events)?;
                    parts[1].push(events);
                }
            }
            for (what, parts) in ["with", "events of"].into_iter().zip(parts) {
                let whole = self.release.find(&format!("{what} {outcome}, arm {arm}"));
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
        found: &Results,
        row: &Estimate,
    ) -> Result<Vec<CountId>, DisclosureError> {
        let outcome = row.outcome.as_deref().unwrap_or_default();
        let cells = found.levels.get(outcome).map_or(&[][..], Vec::as_slice);
        let mut all = Vec::new();
        let arms = [Some(row.arm.as_str()), row.reference.as_deref()];
        for arm in arms.into_iter().flatten() {
            let mut facts: Vec<&str> = row.options.adjust.iter().map(String::as_str).collect();
            facts.sort_unstable();
            facts.dedup();
            for fact in facts {
                let mut parts = [Vec::new(), Vec::new(), Vec::new()];
                let of_fact = cells
                    .iter()
                    .filter(|cell| cell.arm == arm && cell.fact == fact);
                for cell in of_fact {
                    let part = Part {
                        arm,
                        level: Some((fact, &cell.level)),
                        only: None,
                    };
                    let read = self.of_arm(outcome, part, &cell.counts)?;
                    for (parts, id) in parts.iter_mut().zip(&read) {
                        parts.push(*id);
                    }
                    let drawn = self.release.find(&format!("drawn, {}", part.key()));
                    parts[2].extend(drawn);
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

//! What can be read from a report's tables, so that an export shows no small count.
//!
//! Promises: every number of every table says which counts it follows from, and every method says
//! what its numbers tell. Hides: which row of a table is of what.

use std::collections::BTreeMap;

use super::Results;
use super::counts::{Counts, Until, few_values};
use super::persons::{Among, Part, bits};
use super::tables::outcomes_of;
use crate::estimate::{Baseline, Estimate, Standing};
use crate::protocol::{MethodId, Role, Unit};
use crate::report::baseline::shown;
use crate::report::disclosure::{CountId, DisclosureError, Reads, Release, Rule};
use crate::report::table::{Cell, Table};
use crate::sample::FactValues;

/// The counts of an export, and what its rows of effects follow from.
pub(super) struct Declared<'a> {
    pub counts: Counts<'a>,
    /// By table, what the effect of each row follows from.
    pub behind: BTreeMap<String, Vec<Reads>>,
    /// The same of rows without a number of their own, whose notes tell what nothing else may.
    pub unread: Vec<Reads>,
}

/// Says of every cell what can be read from it; of rows that are silent nothing may.
pub(super) fn declare<'a>(
    found: &'a Results,
    rule: Rule,
    silent: &[bool],
    tables: &mut [Table],
) -> Result<Declared<'a>, DisclosureError> {
    let mut counts = Counts::of(found, rule)?;
    let mut told = Vec::new();
    for (row, &silent) in found.rows.iter().zip(silent) {
        told.push(Told {
            silent,
            ..counts.told(row)?
        });
    }
    counts.tie_levels(found)?;
    let (mut behind, mut unread) = (BTreeMap::new(), Vec::new());
    for table in tables {
        match table.id.as_str() {
            "flow" => counts.read_flow(found, table)?,
            "baseline" => {
                if let Some(baseline) = &found.baseline {
                    counts.read_baseline(baseline, table)?;
                }
            }
            "take-up" | "missing" => counts.read_by_arm(found, table)?,
            id => {
                let id = id.to_owned();
                let of_rows = counts.read_effects(found, &told, table);
                let rows = table.rows().zip(&of_rows);
                let bare = rows.filter(|(row, _)| row.cells.iter().all(|c| *c == Cell::default()));
                unread.extend(bare.map(|(_, reads)| reads.clone()));
                behind.insert(id, of_rows);
            }
        }
    }
    Ok(Declared {
        counts,
        behind,
        unread,
    })
}

/// What the numbers of a method follow from, beside those of each arm who have the outcome and,
/// where the draw had strata that it heeds, those of each stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    /// Nothing more.
    Outcome,
    /// Who has no outcome.
    Missing,
    /// Who had the event by the horizon, at it included or not, and how the others fared.
    ByHorizon,
    BeforeHorizon,
    /// The outcome at each level adjusted for.
    Adjusted,
    /// The same, at each level of the factor.
    EachLevel,
    /// Who received what, and the outcomes of those who did and of those who did not.
    Received,
    /// The values before, and the differences.
    Change,
}

fn tells(method: MethodId) -> Tells {
    match method {
        MethodId::DifferenceInMeans
        | MethodId::StratifiedDifference
        | MethodId::RatioOfMeans
        | MethodId::RiskDifference
        | MethodId::RiskRatio
        | MethodId::OddsRatio
        | MethodId::MantelHaenszel
        | MethodId::FisherExact
        | MethodId::Share
        | MethodId::RandomisationTest
        | MethodId::LogRank => Tells::Outcome,
        MethodId::LeeBounds | MethodId::WorstCaseBounds => Tells::Missing,
        MethodId::KaplanMeier | MethodId::AalenJohansen => Tells::ByHorizon,
        MethodId::Rmst => Tells::BeforeHorizon,
        MethodId::Ols | MethodId::Lin | MethodId::Ancova | MethodId::Cox => Tells::Adjusted,
        MethodId::InteractionTest => Tells::EachLevel,
        MethodId::Late => Tells::Received,
        MethodId::Change => Tells::Change,
    }
}

/// The counts that the cells of a row follow from.
struct Told {
    arm: Vec<CountId>,
    reference: Vec<CountId>,
    effect: Vec<CountId>,
    /// Whether what is absent tells more than they do.
    silent: bool,
}

/// Returns the part of an arm's people that a row is about.
fn part_of<'a>(row: &'a Estimate, arm: &'a str) -> Part<'a> {
    let mut part = Part::of(arm);
    if let Some(subgroup) = &row.subgroup
        && let Some(level) = &subgroup.level
    {
        part = part.and(Among::Level(&subgroup.factor, level));
    }
    if let Some(only) = &row.options.only {
        part = part.and(Among::Only(only));
    }
    if row.method == MethodId::Change {
        part = part.and(Among::Before(outcome_of(row)));
    }
    part
}

fn outcome_of(row: &Estimate) -> &str {
    row.outcome.as_deref().unwrap_or_default()
}

/// Returns up to when a row looks at a time.
fn until(row: &Estimate) -> Until {
    match (tells(row.method), row.options.horizon) {
        (Tells::BeforeHorizon, Some(horizon)) => Until::BeforeHorizon(horizon),
        (_, Some(horizon)) => Until::Horizon(horizon),
        (_, None) => Until::End,
    }
}

impl<'a> Counts<'a> {
    /// Declares the counts behind a row and returns what its numbers follow from.
    fn told(&mut self, row: &'a Estimate) -> Result<Told, DisclosureError> {
        let arm = self.side(row, &row.arm)?;
        let mut reference = Vec::new();
        let mut effect = arm.clone();
        let other = row.reference.as_deref();
        if let Some(other) = other {
            reference = self.side(row, other)?;
            effect.extend(&reference);
        }
        let groups = self.groups(row);
        for arm in [Some(row.arm.as_str()), other].into_iter().flatten() {
            let part = part_of(row, arm);
            effect.extend(self.within(row, &part)?);
            for groups in &groups {
                for group in groups {
                    effect.extend(self.within(row, &part.and(*group))?);
                }
                let outcomes = [&row.outcome, &row.options.received];
                for outcome in outcomes.into_iter().flatten() {
                    self.tie(outcome, &part, groups)?;
                }
            }
        }
        effect.extend(self.trimmed(row)?);
        effect.sort_unstable();
        effect.dedup();
        Ok(Told {
            arm,
            reference,
            effect,
            silent: false,
        })
    }

    /// Declares how many lie at an end that Lee's bounds cut off: beside the mean of all, a bound
    /// tells the sum of what they have. Of shares it tells nothing that the counts do not.
    fn trimmed(&mut self, row: &Estimate) -> Result<Option<CountId>, DisclosureError> {
        let (MethodId::LeeBounds, Some(reference)) = (row.method, &row.reference_counts) else {
            return Ok(None);
        };
        let outcome = outcome_of(row);
        let sides = [&row.arm_counts, reference];
        let [arm, other] = sides.map(|of| of.n as f64 / (of.allocated as f64).max(1.0));
        let of = sides[usize::from(other > arm)].allocated as f64;
        let trimmed = ((arm - other).abs() * of - 1e-9).ceil().max(0.0) as u64;
        if self.is_share(outcome) {
            return Ok(None);
        }
        let part = part_of(row, &row.arm);
        let key = part.key(&format!("cut off of {outcome} beside {:?}", row.reference));
        self.release.count(&key, trimmed).map(Some)
    }

    /// Declares the counts of one side of a row, as tables print them.
    fn side(&mut self, row: &Estimate, arm: &str) -> Result<Vec<CountId>, DisclosureError> {
        let part = part_of(row, arm);
        let counts = match arm == row.arm {
            true => Some(&row.arm_counts),
            false => row.reference_counts.as_ref(),
        };
        let outcome = outcome_of(row);
        if tells(row.method) != Tells::Change {
            return self.of_outcome(outcome, &part, until(row), counts);
        }
        // Those with a value before and after are part of those with one after.
        let all = match &row.options.only {
            Some(only) => Part::of(arm).and(Among::Only(only)),
            None => Part::of(arm),
        };
        self.of_outcome(outcome, &all, Until::End, None)?;
        let side = self.of_outcome(outcome, &part, Until::End, None)?;
        let with = format!("with {outcome}");
        self.among(&with, &all, &part)?;
        if let Some(counts) = counts {
            self.prints(&part.key(&with), counts.n)?;
        }
        Ok(side)
    }

    /// Returns the groups in each of which a row's numbers tell of the people.
    fn groups(&self, row: &'a Estimate) -> Vec<Vec<Among<'a>>> {
        let persons = self.persons;
        let mut groups = Vec::new();
        // Where shares are compared, an effect by strata follows from the counts of each, and one
        // that is adjusted for levels tells of each beside the others. Of other outcomes the means
        // of strata and levels are unknown.
        let shares = self.is_share(outcome_of(row)) || row.options.received.is_some();
        let strata = persons.people.stratum.as_ref();
        if let Some(strata) = strata.filter(|_| shares && row.options.strata.is_some()) {
            groups.push(
                strata
                    .names
                    .iter()
                    .map(|name| Among::Stratum(name))
                    .collect(),
            );
        }
        let of_fact = |fact: &'a str| -> Vec<Among<'a>> {
            let place = persons.people.fact(fact);
            match place.map(|place| &persons.people.facts[place].values) {
                None => Vec::new(),
                Some(FactValues::Levels(levels)) => {
                    let names = levels.names.iter();
                    names.map(|level| Among::Level(fact, level)).collect()
                }
                // A number with few values is like levels. Of others it is told who has none.
                Some(FactValues::Number { values, .. }) => {
                    let values: Vec<Option<f64>> = values.iter().collect();
                    let known = few_values(&values).unwrap_or_default();
                    let unknown = values.iter().any(Option::is_none).then_some(None);
                    let known = known.into_iter().map(|value| Some(bits(value)));
                    let all = known.chain(unknown);
                    all.map(|value| Among::Value(fact, value)).collect()
                }
            }
        };
        let adjusts = match tells(row.method) {
            Tells::Adjusted | Tells::EachLevel | Tells::Received => shares,
            Tells::Outcome
            | Tells::Missing
            | Tells::ByHorizon
            | Tells::BeforeHorizon
            | Tells::Change => false,
        };
        if adjusts {
            let mut facts: Vec<&str> = row.options.adjust.iter().map(String::as_str).collect();
            facts.sort_unstable();
            facts.dedup();
            groups.extend(facts.into_iter().map(of_fact));
        }
        // A test over levels follows from all of them.
        if let (Tells::EachLevel, Some(subgroup)) = (tells(row.method), &row.subgroup)
            && let Some(levels) = persons.groups(&subgroup.factor)
        {
            let levels = levels.names.iter();
            let levels = levels.map(|level| Among::Level(&subgroup.factor, level));
            groups.push(levels.collect());
        }
        groups
    }

    /// Whether an outcome counts persons: a yes or no, an event, one of two numbers.
    fn is_share(&self, outcome: &str) -> bool {
        let measured = self.persons.measured(outcome);
        let two = || few_values(&self.persons.values(outcome)).is_some_and(|all| all.len() <= 2);
        measured.unit == Unit::YesNo || measured.end.is_some() || two()
    }

    /// Declares what a row's numbers tell of a part of its people, and returns it.
    fn within(&mut self, row: &Estimate, part: &Part) -> Result<Vec<CountId>, DisclosureError> {
        let outcome = outcome_of(row);
        let mut read = self.of_outcome(outcome, part, until(row), None)?;
        match tells(row.method) {
            Tells::Outcome
            | Tells::ByHorizon
            | Tells::BeforeHorizon
            | Tells::Adjusted
            | Tells::EachLevel => {}
            Tells::Missing => {
                let missing = part.key(&format!("without {outcome}"));
                read.extend(self.release.find(&missing));
            }
            Tells::Change => read.extend(self.of_change(outcome, part)?),
            // Beside the effect of being drawn, one of what was received tells how many received
            // it, and its limits who of them has the outcome.
            Tells::Received => {
                let Some(received) = &row.options.received else {
                    return Ok(read);
                };
                read.extend(self.of_outcome(received, part, Until::End, None)?);
                let values = few_values(&self.persons.values(received)).unwrap_or_default();
                for value in values {
                    let those = part.and(Among::Has(received, bits(value)));
                    read.extend(self.of_outcome(outcome, &those, Until::End, None)?);
                }
            }
        }
        Ok(read)
    }

    /// Ties the levels of a factor to the whole arm, outcome by outcome.
    fn tie_levels(&mut self, found: &'a Results) -> Result<(), DisclosureError> {
        for row in &found.rows {
            let Some(subgroup) = row.subgroup.as_ref().filter(|of| of.level.is_some()) else {
                continue;
            };
            let Some(levels) = self.persons.groups(&subgroup.factor) else {
                continue;
            };
            let levels = levels.names.iter();
            let levels: Vec<Among> = levels
                .map(|level| Among::Level(&subgroup.factor, level))
                .collect();
            let arms = [Some(row.arm.as_str()), row.reference.as_deref()];
            for arm in arms.into_iter().flatten() {
                self.tie(outcome_of(row), &Part::of(arm), &levels)?;
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
                    let values = self.properties_of(&format!("fact {} is ", row.fact));
                    keys.extend(values.iter().map(|what| format!("{what}, arm {arm}")));
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

    /// Returns what the effect of each row follows from.
    fn read_effects(&mut self, found: &Results, told: &[Told], table: &mut Table) -> Vec<Reads> {
        let role = Role::from_name(&table.id);
        let keep = |(row, _): &(&Estimate, &Told)| match (table.id.as_str(), role) {
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
        let rows: Vec<(&Estimate, &Told)> = found.rows.iter().zip(told).filter(keep).collect();
        // Of tests adjusted together each tells of the others.
        let adjusted = found.rows.iter().zip(told);
        let adjusted = adjusted.filter(|(row, _)| row.p_adjusted.is_some());
        let family: Vec<CountId> = adjusted.flat_map(|(_, told)| told.effect.clone()).collect();
        let shown = table.groups.iter_mut().flat_map(|group| &mut group.rows);
        let mut behind = Vec::new();
        for (shown, (row, told)) in shown.zip(rows) {
            if row.role == Some(Role::Primary) {
                for id in told.arm.iter().chain(&told.reference) {
                    self.release.spare(*id);
                }
            }
            behind.push(match told.silent {
                true => Reads::Undeclared,
                false => Reads::Of(told.effect.clone()),
            });
            for (cell, column) in shown.cells.iter_mut().zip(&table.columns) {
                if *cell == Cell::default() {
                    continue;
                }
                // The persons with the outcome come first.
                let first = |side: &[CountId]| side.iter().take(1).copied().collect();
                cell.reads = Reads::Of(match column.key.as_str() {
                    "arm" => told.arm.clone(),
                    "n_arm" => first(&told.arm),
                    "reference" => told.reference.clone(),
                    "n_reference" => first(&told.reference),
                    "p_adjusted" => [told.effect.as_slice(), &family].concat(),
                    _ => told.effect.clone(),
                });
            }
        }
        behind
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

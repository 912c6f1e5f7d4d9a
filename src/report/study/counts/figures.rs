//! What the figures of an export count: draws by months, and the steps of curves.

use super::super::persons::Part;
use super::super::{Recruitment, TimesFound};
use super::Counts;
use crate::report::disclosure::{CountId, DisclosureError, Property, Reads, Step, StepCounts};
use crate::sample::End;

impl Counts<'_> {
    /// Declares the draws by spans of months, which make up those of an arm, and returns what a
    /// figure of them reads; nothing where they are not the persons of the flow.
    pub fn months(
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
                parts.push(self.people(&what, &part, |persons| {
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
    pub fn curves(
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
}

//! Steps of survival curves, made so coarse that none stands for a few persons.

use super::{CountId, DisclosureError, Release};

/// What happened between the step before and `time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub time: i32,
    /// Under observation when the step begins.
    pub at_risk: u64,
    pub events: u64,
    /// Had another event, after which this one cannot happen.
    pub competing: u64,
    /// Left observation without an event.
    pub exits: u64,
}

/// The quantities of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepCounts {
    pub at_risk: CountId,
    pub events: CountId,
    pub competing: CountId,
    pub exits: CountId,
}

impl Step {
    fn left(self) -> u64 {
        let gone = self.events + self.competing + self.exits;
        self.at_risk.saturating_sub(gone)
    }

    fn coarse_enough(self, threshold: u64) -> bool {
        let counts = [self.events, self.competing, self.exits];
        let mut counts = counts.into_iter().chain([self.at_risk, self.left()]);
        counts.all(|count| count == 0 || count >= threshold)
    }

    fn joined(self, next: Step) -> Step {
        Step {
            time: next.time,
            at_risk: self.at_risk,
            events: self.events + next.events,
            competing: self.competing + next.competing,
            exits: self.exits + next.exits,
        }
    }
}

impl StepCounts {
    fn gone_and(self, left: CountId) -> [CountId; 4] {
        [self.events, self.competing, self.exits, left]
    }
}

/// Joins steps of several curves, which are in the order of time and of the same times, until each
/// has either no events or at least `threshold`, likewise those who leave, and those who stay; the
/// curves are known only at the times that remain, which are the same for all, so that they can be
/// compared. Returns curves without a step where not even the whole of them is coarse enough.
pub fn coarsened(curves: &[Vec<Step>], threshold: u64) -> Vec<Vec<Step>> {
    let enough = |steps: &[Step]| steps.iter().all(|step| step.coarse_enough(threshold));
    let join = |before: Vec<Step>, next: Vec<Step>| -> Vec<Step> {
        let pairs = before.into_iter().zip(next);
        pairs.map(|(before, next)| before.joined(next)).collect()
    };
    let times = curves.iter().map(Vec::len).min().unwrap_or(0);
    // By time, the step of each curve.
    let mut done: Vec<Vec<Step>> = Vec::new();
    let mut open: Option<Vec<Step>> = None;
    for time in 0..times {
        let next = curves.iter().map(|steps| steps[time]).collect();
        let steps = match open.take() {
            Some(before) => join(before, next),
            None => next,
        };
        match enough(&steps) {
            true => done.push(steps),
            false => open = Some(steps),
        }
    }
    // What is left at the end goes into the steps before it.
    while let Some(last) = open.take() {
        let Some(before) = done.pop() else {
            return vec![Vec::new(); curves.len()];
        };
        let steps = join(before, last);
        match enough(&steps) {
            true => done.push(steps),
            false => open = Some(steps),
        }
    }
    (0..curves.len())
        .map(|curve| done.iter().map(|steps| steps[curve]).collect())
        .collect()
}

impl Release {
    /// Adds the counts of a curve: those at risk of a step are those of the one before without its
    /// events and exits. A figure of the curve reads all of them.
    pub fn curve(&mut self, key: &str, steps: &[Step]) -> Result<Vec<StepCounts>, DisclosureError> {
        let mut counts: Vec<StepCounts> = Vec::new();
        for step in steps {
            let time = step.time;
            let ids = StepCounts {
                at_risk: self.count(&format!("{key}, at risk to {time}"), step.at_risk)?,
                events: self.count(&format!("{key}, events to {time}"), step.events)?,
                competing: self.count(&format!("{key}, others to {time}"), step.competing)?,
                exits: self.count(&format!("{key}, exits to {time}"), step.exits)?,
            };
            if let Some(before) = counts.last() {
                self.sum(before.at_risk, &before.gone_and(ids.at_risk))?;
            }
            counts.push(ids);
        }
        if let (Some(last), Some(step)) = (counts.last(), steps.last()) {
            let left = self.count(&format!("{key}, left after {}", step.time), step.left())?;
            self.sum(last.at_risk, &last.gone_and(left))?;
        }
        Ok(counts)
    }
}

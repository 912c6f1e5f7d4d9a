//! What happens after a draw: withdrawals, exclusions, corrections, amended plans.
//!
//! None of it changes an arm: a referral is never drawn twice, and a wrong stratum is recorded.

use super::{Amend, Correct, Event, Ledger, Note, recorded_facts};
use crate::cpr::{has_cpr_shape, holds_cpr_shape};
use crate::protocol::{Fact, Protocol, ProtocolError};
use crate::spelling::{listed, nearest};

/// What can be said of a referral that was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The person takes no further part.
    Withdraw,
    /// The person should not have been in the trial.
    Exclude,
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("`{referral}` was not drawn")]
    NotDrawn {
        referral: String,
        nearest: Option<String>,
    },
    /// It is not repeated.
    #[error("the {what} has the shape of a CPR number")]
    Cpr { what: &'static str },
    #[error("`{referral}` is a cluster")]
    IsCluster { referral: String },
    #[error("`{referral}` was refused, in entry {entry}, and not drawn")]
    WasRefused { referral: String, entry: u64 },
    #[error("the reason is empty")]
    NoReason,
    #[error("the same is recorded already, in entry {entry}")]
    Already { entry: u64 },
    #[error("`{factor}` is no factor of the plan\n  found {}", listed(known.iter().map(String::as_str)))]
    NoFactor {
        factor: String,
        known: Vec<String>,
        nearest: Option<String>,
    },
    #[error("factor `{factor}` was not recorded with the draw of its cluster")]
    NotRecorded { factor: String },
    #[error("`{found}` is no value of `{factor}`\n  expected {expected}")]
    NoValue {
        factor: String,
        found: String,
        expected: String,
        nearest: Option<String>,
    },
    #[error("`{factor}` of `{referral}` is `{value}` already")]
    SameValue {
        referral: String,
        factor: String,
        value: String,
    },
    #[error("the plan is the one in force")]
    SamePlan,
    #[error("the plan changes {part}, which was sealed")]
    FixedPart { part: String },
    #[error("{0}")]
    Protocol(ProtocolError),
}

fn given(reason: &str) -> Result<String, RecordError> {
    match reason.trim() {
        "" => Err(RecordError::NoReason),
        reason if holds_cpr_shape(reason) => Err(RecordError::Cpr { what: "reason" }),
        reason => Ok(reason.to_owned()),
    }
}

impl Ledger {
    /// Returns the entry of a withdrawal or an exclusion.
    pub fn remark(
        &self,
        remark: Remark,
        referral: &str,
        reason: &str,
    ) -> Result<Event, RecordError> {
        self.must_be_drawn(referral)?;
        let note = Note {
            referral: referral.to_owned(),
            reason: given(reason)?,
        };
        let before = self
            .entries
            .iter()
            .find(|entry| match (&entry.event, remark) {
                (Event::Withdraw(note), Remark::Withdraw)
                | (Event::Exclude(note), Remark::Exclude) => note.referral == referral,
                _ => false,
            });
        match (before, remark) {
            (Some(entry), _) => Err(RecordError::Already {
                entry: entry.number,
            }),
            (None, Remark::Withdraw) => Ok(Event::Withdraw(note)),
            (None, Remark::Exclude) => Ok(Event::Exclude(note)),
        }
    }

    /// Returns the entry of a correction: a fact was wrong when the referral was drawn.
    pub fn correction(
        &self,
        referral: &str,
        factor: &str,
        to: &str,
        reason: &str,
    ) -> Result<Event, RecordError> {
        self.must_be_drawn(referral)?;
        let plan = self.plan();
        let Some(index) = plan.factor(factor) else {
            let known = plan.factors.iter().map(|factor| factor.id.as_str());
            return Err(RecordError::NoFactor {
                factor: factor.to_owned(),
                nearest: nearest(factor, known.clone()).map(str::to_owned),
                known: known.map(str::to_owned).collect(),
            });
        };
        if has_cpr_shape(to) {
            return Err(RecordError::Cpr { what: "value" });
        }
        if let Err(wrong) = plan.factors[index].fact(to) {
            return Err(RecordError::NoValue {
                factor: factor.to_owned(),
                found: wrong.found,
                expected: wrong.expected,
                nearest: wrong.nearest,
            });
        }
        let from = match self.corrected(referral, factor) {
            Some(value) => value.to_owned(),
            None => self
                .recorded_levels(referral)
                .and_then(|levels| levels.iter().find(|(name, _)| name == factor))
                .map(|(_, value)| value.to_string())
                .ok_or_else(|| RecordError::NotRecorded {
                    factor: factor.to_owned(),
                })?,
        };
        if from == to {
            return Err(RecordError::SameValue {
                referral: referral.to_owned(),
                factor: factor.to_owned(),
                value: from,
            });
        }
        Ok(Event::Correct(Correct {
            referral: referral.to_owned(),
            reason: given(reason)?,
            factor: factor.to_owned(),
            from,
            to: to.to_owned(),
        }))
    }

    /// Returns the condition that somebody drawn would not have met, had a correction been known at
    /// the draw. It changes nothing: who is in the trial was decided then.
    ///
    /// In a trial of clusters the facts of persons are not recorded, and nothing is returned.
    pub fn not_met(&self, correct: &Correct) -> Option<&str> {
        let entry = self.entry_of(&correct.referral)?;
        let Event::Draw(draw) = &entry.event else {
            return None;
        };
        let plan = self.plan_at(entry.number);
        let mut facts: Vec<Fact> = recorded_facts(plan, &draw.levels)
            .ok()?
            .into_iter()
            .collect::<Option<_>>()?;
        for (factor, fact) in plan.factors.iter().zip(&mut facts) {
            let to = match factor.id == correct.factor {
                true => Some(correct.to.as_str()),
                false => self.corrected(&correct.referral, &factor.id),
            };
            if let Some(Ok(corrected)) = to.map(|to| factor.fact(to)) {
                *fact = corrected;
            }
        }
        plan.refusal(&facts)
    }

    /// Returns the entry of an amended plan: nothing that a draw rests on may differ.
    pub fn amendment(&self, text: &str, reason: &str) -> Result<Event, RecordError> {
        let amended = Protocol::read(text).map_err(RecordError::Protocol)?;
        if let Some(part) = self.sealed().fixed_part_that_differs(&amended) {
            return Err(RecordError::FixedPart { part });
        }
        if amended.digest == self.plan().digest {
            return Err(RecordError::SamePlan);
        }
        Ok(Event::Amend(Amend {
            protocol: amended.text,
            reason: given(reason)?,
        }))
    }

    fn must_be_drawn(&self, referral: &str) -> Result<(), RecordError> {
        if has_cpr_shape(referral) {
            return Err(RecordError::Cpr { what: "id" });
        }
        if self.entry_of(referral).is_some() {
            return Ok(());
        }
        let referral = referral.to_owned();
        if self.entry_of_cluster(&referral).is_some() {
            return Err(RecordError::IsCluster { referral });
        }
        let refused =
            self.entries.iter().rev().find(
                |entry| matches!(&entry.event, Event::Refuse(note) if note.referral == referral),
            );
        if let Some(entry) = refused {
            let entry = entry.number;
            return Err(RecordError::WasRefused { referral, entry });
        }
        let clusters = self.sealed().cluster().is_some();
        let drawn = self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Draw(draw) if !clusters => Some(draw.referral.as_str()),
            Event::Member(member) => Some(member.referral.as_str()),
            _ => None,
        });
        Err(RecordError::NotDrawn {
            nearest: nearest(&referral, drawn).map(str::to_owned),
            referral,
        })
    }

    /// Returns the levels recorded with a referral's draw, or with that of its cluster.
    fn recorded_levels(&self, referral: &str) -> Option<&[(String, super::LevelValue)]> {
        match &self.entry_of(referral)?.event {
            Event::Draw(draw) => Some(&draw.levels),
            Event::Member(member) => match &self.entry_of_cluster(&member.cluster)?.event {
                Event::Draw(draw) => Some(&draw.levels),
                _ => None,
            },
            _ => None,
        }
    }
}

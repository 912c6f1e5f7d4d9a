//! Where people are, week by week and arm by arm; the registers themselves know no arms.

use super::{ResultsError, Sources};
use crate::estimate::{Course, course};
use crate::ledger::{Event, Ledger};
use crate::outcome::{Dated, StateWeeks, states_by_week};
use crate::period::Date;
use crate::protocol::{Arm, Language, Protocol, RegisterKind, State};
use crate::register::store::Store;
use crate::report::stack::LAYERS;
use crate::report::study::{Recruitment, StatesFound, StatesOfArm};
use crate::sample::{Count, dates_of_draws};

/// Weeks before the draw that figures show.
const BEFORE: i32 = 52;

/// Returns the days of the draws, arm by arm.
pub(super) fn by_arm(ledger: &Ledger, plan: &Protocol) -> Vec<Vec<Dated>> {
    let arm_of = |referral: &str| {
        let entry = ledger.entry_of(referral)?;
        match &entry.event {
            Event::Draw(draw) => Some(draw.arm.clone()),
            Event::Member(member) => Some(member.arm.clone()),
            _ => None,
        }
    };
    let dates = dates_of_draws(ledger);
    let of_arm = |arm: &Arm| {
        let of = dates
            .iter()
            .filter(|dated| arm_of(&dated.referral).as_deref() == Some(arm.id.as_str()));
        of.cloned().collect()
    };
    plan.arms.iter().map(of_arm).collect()
}

/// Counts states by week, one arm after the other; the register itself knows no arms. Nothing
/// where no register with states was ingested.
pub(super) fn counted(
    sources: &Sources,
    arms: Vec<Vec<Dated>>,
) -> Result<Option<Vec<StateWeeks>>, ResultsError> {
    let plan = sources.plan;
    let with_states = plan.registers.iter().find(|r| r.kind != RegisterKind::Bfl);
    let Some(register) = with_states else {
        return Ok(None);
    };
    let Ok(store) = Store::open(&sources.derived, &register.id) else {
        return Ok(None);
    };
    let windows = plan
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.measure.window());
    let last = windows
        .map(|window| window.last() as i32)
        .max()
        .unwrap_or(BEFORE);
    let mut counted = Vec::new();
    for of_arm in arms {
        if of_arm.is_empty() {
            return Ok(None);
        }
        counted.push(states_by_week(&store, &of_arm, -BEFORE, last)?);
    }
    Ok(Some(counted))
}

pub(super) fn name(state: State, language: Language) -> String {
    let layer = LAYERS.iter().find(|(known, ..)| *known == state);
    layer.map_or_else(
        || state.name().to_owned(),
        |(_, english, danish, _)| match language {
            Language::Danish => (*danish).to_owned(),
            Language::English => (*english).to_owned(),
        },
    )
}

pub(super) fn employment(
    states: &[StateWeeks],
    arms: &[String],
    reference: usize,
    level: f64,
) -> Course {
    let counts: Vec<Vec<Count>> = states
        .iter()
        .map(|arm| {
            let weeks = arm.counts.iter();
            weeks
                .map(|week| {
                    // Those of whom the register says nothing in that week are not counted.
                    let known = arm.persons - week[State::Unknown as usize];
                    Count::new(week[State::Ordinary as usize], known)
                })
                .collect()
        })
        .collect();
    course(&states[0].weeks, arms, &counts, reference, level)
}

pub(super) fn stacked(states: Vec<StateWeeks>, arms: &[String], language: Language) -> StatesFound {
    StatesFound {
        weeks: states[0].weeks.clone(),
        states: LAYERS
            .iter()
            .map(|&(state, ..)| name(state, language))
            .collect(),
        arms: states
            .into_iter()
            .zip(arms)
            .map(|(found, arm)| StatesOfArm {
                arm: arm.clone(),
                persons: found.persons,
                counts: found
                    .counts
                    .iter()
                    .map(|week| {
                        LAYERS
                            .iter()
                            .map(|&(state, ..)| week[state as usize])
                            .collect()
                    })
                    .collect(),
            })
            .collect(),
    }
}

/// Counts the persons drawn by month and arm.
pub(super) fn recruitment(ledger: &Ledger, plan: &Protocol) -> Recruitment {
    let month = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
    let arms: Vec<Vec<i64>> = by_arm(ledger, plan)
        .iter()
        .map(|dates| dates.iter().map(|dated| month(dated.date)).collect())
        .collect();
    let months = arms.iter().flatten().copied();
    let Some((first, last)) = months.clone().min().zip(months.max()) else {
        return Recruitment::default();
    };
    Recruitment {
        periods: (first..=last).map(|m| named(m / 12, m % 12 + 1)).collect(),
        months: (last - first + 1) as u64,
        arms: plan
            .arms
            .iter()
            .zip(&arms)
            .map(|(arm, drawn)| {
                let counts = (first..=last)
                    .map(|month| drawn.iter().filter(|of| **of == month).count() as u64);
                (arm.id.clone(), counts.collect())
            })
            .collect(),
        planned: plan
            .allocation
            .as_ref()
            .and_then(|allocation| allocation.expected),
    }
}

/// Returns the name that a month has among the periods of recruitment.
pub(super) fn month_of(date: Date) -> String {
    named(i64::from(date.year()), i64::from(date.month()))
}

fn named(year: i64, month: i64) -> String {
    format!("{year:04}-{month:02}")
}

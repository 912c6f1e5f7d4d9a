//! What a report of a study shows, computed: from its estimates, its ledger and its registers.
//!
//! Promises: everything is counted or computed here or below, so that [`report`](crate::report)
//! lays out and computes nothing; the registers are asked arm by arm and know no arms. Hides which
//! of the sources each part comes from.

mod counts;
mod deviations;
mod states;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use crate::estimate::duration::Times;
use crate::estimate::duration::curve::kaplan_meier;
use crate::estimate::duration::incidence::aalen_johansen;
use crate::estimate::{EstimateError, Made, baseline};
use crate::ledger::Ledger;
use crate::outcome::{Dated, OutcomeError, defined};
use crate::period::{Date, Week};
use crate::protocol::{Outcome, PlannedEstimate, Protocol, Role, State, Unit};
use crate::register::RegisterError;
use crate::report::document::Document;
use crate::report::json::Provenance;
use crate::report::language::Locale;
use crate::report::study::{CourseFound, CurveFound, Recruitment, Results, TimesFound, definition};
use crate::sample::{End, Flow, Measured, People, dates_of_draws};

/// What was estimated of a study, and from what.
#[derive(Clone, Debug)]
pub struct Found {
    pub made: Made,
    pub flow: Flow,
    pub provenance: Provenance,
    pub people: People,
    /// The referrals of the people, in their order.
    pub referrals: Vec<String>,
    /// The last week of the registers behind the outcomes.
    pub last_week: Option<Week>,
    /// By fact, how many have a history that is longer than the register.
    pub cut: BTreeMap<String, usize>,
}

/// Where the results of a study come from, beside its estimates.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    pub plan: &'a Protocol,
    /// None in a study with one arm.
    pub ledger: Option<&'a Ledger>,
    /// The folder that registers were read into.
    pub derived: PathBuf,
}

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Outcome(#[from] OutcomeError),
    #[error("{lacking} of the {all} persons with outcomes have no day on which they started")]
    NoDay { lacking: usize, all: usize },
}

/// Computes what a report shows. `started` are the days on which people started in a study with
/// one arm, where the figure of their states is wanted.
pub fn results<'a>(
    sources: Sources<'a>,
    found: Found,
    started: Option<Vec<Dated>>,
    locale: &Locale,
) -> Result<Results<'a>, ResultsError> {
    let Sources { plan, ledger, .. } = sources;
    let sources = &sources;
    let facts = facts_beside_cluster(&found.people);
    let baseline = match facts.is_empty() {
        true => None,
        false => Some(baseline(&found.people, &facts, &found.made.replays)?),
    };
    let states = match (ledger, started) {
        (Some(ledger), _) => states::counted(sources, states::by_arm(ledger, plan))?,
        (None, Some(mut dates)) => {
            let known: HashSet<&String> = found.referrals.iter().collect();
            dates.retain(|dated| known.contains(&dated.referral));
            if dates.len() != known.len() {
                return Err(ResultsError::NoDay {
                    lacking: known.len() - dates.len().min(known.len()),
                    all: known.len(),
                });
            }
            states::counted(sources, vec![dates])?
        }
        (None, None) => None,
    };
    let dates: Vec<Date> = ledger
        .into_iter()
        .flat_map(dates_of_draws)
        .map(|dated| dated.date)
        .collect();
    let reached = found.last_week.map(Week::thursday);
    let date = match ledger {
        Some(ledger) => ledger.last_time().date(),
        None => reached.unwrap_or(Document::UNDATED),
    };
    let drawing = dates.iter().min().zip(dates.iter().max());
    let definitions = plan
        .outcomes
        .iter()
        .map(|outcome| (outcome.label.clone(), in_words(plan, outcome, locale)));
    let missing = found
        .made
        .measured
        .iter()
        .map(|measured| (measured.name(), measured.missing.clone()))
        .collect();
    let times = found
        .made
        .measured
        .iter()
        .filter_map(|measured| curves(&found, measured, plan));
    let clusters = plan.cluster().is_some();
    let first = plan.estimates.iter().find(|e| e.role == Role::Primary);
    let first = first.or(plan.estimates.first());
    let level = first.map_or(PlannedEstimate::exploratory(0).level, |e| e.level);
    let reference = found.people.reference;
    let arms = found.people.arms.clone();
    let times: Vec<TimesFound> = times.collect();
    let recruitment = ledger.map_or_else(Recruitment::default, |l| states::recruitment(l, plan));
    Ok(Results {
        course: states
            .as_ref()
            .filter(|_| arms.len() > 1)
            .map(|states| CourseFound {
                state: states::name(State::Ordinary, locale.language),
                course: states::employment(states, &arms, reference, level),
                reference,
                level: (!clusters).then_some(level),
            }),
        states: states.map(|states| states::stacked(states, &arms, locale.language)),
        times,
        deviations: match ledger {
            Some(ledger) => deviations::from_the_sealed(ledger, plan, &found.made.failed, locale),
            None => deviations::not_run(plan, &found.made.failed, locale),
        },
        received: counts::received(&found, plan),
        missing,
        nothing_registered: counts::nothing_registered(sources, &found)?,
        persons: counts::persons(
            ledger,
            found.people,
            &found.referrals,
            found.made.measured,
            &recruitment,
        ),
        recruitment,
        threshold: None,
        definitions: definitions.collect(),
        date,
        drawing: drawing.map(|(first, last)| (*first, *last)),
        plan,
        provenance: found.provenance,
        flow: found.flow,
        rows: found.made.rows,
        multiplicity: found.made.multiplicity,
        cut: found.cut,
        baseline,
    })
}

/// Returns the curves of a time to an event, arm by arm.
fn curves(found: &Found, measured: &Measured, plan: &Protocol) -> Option<TimesFound> {
    if measured.unit != Unit::TimeToEvent {
        return None;
    }
    let ends = measured.end.as_ref()?;
    let people = &found.people;
    let competing = ends.contains(&End::Competing);
    let mut arms = Vec::new();
    for (index, arm) in people.arms.iter().enumerate() {
        let rows = (0..people.len())
            .filter(|&row| usize::from(people.arm[row]) == index && measured.observed[row]);
        let (time, end): (Vec<f64>, Vec<End>) =
            rows.map(|row| (measured.value[row], ends[row])).unzip();
        let times = Times::new(&time, &end).ok()?;
        let curve = match competing {
            true => CurveFound::Incidence(aalen_johansen(times)),
            false => CurveFound::Survival(kaplan_meier(times)),
        };
        arms.push((arm.clone(), curve));
    }
    let id = measured.name();
    let index = plan.outcome(&id)?;
    let outcome = &plan.outcomes[index];
    let planned = plan.estimates.iter().find(|e| e.outcome == index);
    let level = planned.map_or(PlannedEstimate::exploratory(index).level, |e| e.level);
    Some(TimesFound {
        level: plan.cluster().is_none().then_some(level),
        at_risk: None,
        label: outcome.label.clone(),
        horizon: outcome
            .measure
            .window()
            .map_or(0.0, |window| f64::from(window.last())),
        outcome: id,
        arms,
    })
}

/// Returns the facts from before the draw by index, without the clusters that were drawn: each of
/// them is in one arm whole, which is no imbalance.
pub fn facts_beside_cluster(people: &People) -> Vec<usize> {
    let cluster = people.cluster.as_ref().map(|cluster| &cluster.name);
    (0..people.facts.len())
        .filter(|&fact| Some(&people.facts[fact].id) != cluster)
        .collect()
}

/// Returns how an outcome is measured, in the language of the report.
fn in_words(plan: &Protocol, outcome: &Outcome, locale: &Locale) -> String {
    let text = defined(outcome, plan.zero(), locale.language);
    definition(outcome, &text, locale)
}

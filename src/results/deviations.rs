//! What was run, compared with the sealed plan.

use super::in_words;
use crate::ledger::{Event, Ledger};
use crate::protocol::{Multiplicity, Outcome, PlannedEstimate, Protocol, ValueColumn};
use crate::report::language::Locale;
use crate::report::study::{Deviation, planned};

/// Tells which estimates of the plan cannot be made.
pub(super) fn not_run(
    plan: &Protocol,
    failed: &[(PlannedEstimate, String)],
    locale: &Locale,
) -> Vec<Deviation> {
    let told = failed
        .iter()
        .map(|(estimate, reason)| Deviation::PlannedNotRun {
            analysis: planned(plan, estimate, locale),
            reason: Some(reason.clone()),
        });
    told.collect()
}

/// Compares what the sealed plan declares with what was run.
pub(super) fn from_the_sealed(
    ledger: &Ledger,
    plan: &Protocol,
    failed: &[(PlannedEstimate, String)],
    locale: &Locale,
) -> Vec<Deviation> {
    let words = |plan: &Protocol, estimate: &PlannedEstimate| planned(plan, estimate, locale);
    let sealed: Vec<String> = ledger
        .sealed()
        .estimates
        .iter()
        .map(|e| words(ledger.sealed(), e))
        .collect();
    let run: Vec<String> = plan.estimates.iter().map(|e| words(plan, e)).collect();
    let mut deviations = Vec::new();
    for analysis in sealed.iter().filter(|analysis| !run.contains(analysis)) {
        deviations.push(Deviation::PlannedNotRun {
            analysis: analysis.clone(),
            reason: None,
        });
    }
    deviations.extend(not_run(plan, failed, locale));
    for analysis in run.iter().filter(|analysis| !sealed.contains(analysis)) {
        deviations.push(Deviation::RunNotPlanned {
            analysis: analysis.clone(),
        });
    }
    for outcome in &plan.outcomes {
        let before = ledger.sealed().outcomes.iter().find(|o| o.id == outcome.id);
        if let Some(before) = before.filter(|before| !measured_alike(before, outcome)) {
            deviations.push(Deviation::Redefined {
                outcome: outcome.label.clone(),
                sealed: in_words(ledger.sealed(), before, locale),
                now: in_words(plan, outcome, locale),
            });
        }
    }
    let (before, now) = (ledger.sealed().multiplicity, plan.multiplicity);
    if before != now {
        let words = |of: Multiplicity| format!("{} ({})", of.method.name(), of.family.name());
        deviations.push(Deviation::Multiplicity {
            sealed: words(before),
            now: words(now),
        });
    }
    for entry in &ledger.entries {
        if let Event::Amend(amend) = &entry.event {
            deviations.push(Deviation::Amended {
                date: entry.time.date(),
                reason: amend.reason.clone(),
            });
        }
    }
    deviations
}

/// Whether two outcomes of one id are the same quantity; labels, places and the order of registers
/// may differ.
fn measured_alike(before: &Outcome, now: &Outcome) -> bool {
    let of = |outcome: &Outcome| Outcome {
        label: String::new(),
        states_line: 0,
        states_written: Vec::new(),
        register: None,
        value: outcome.value.clone().map(|value| ValueColumn {
            baseline_label: None,
            ..value
        }),
        ..outcome.clone()
    };
    of(before) == of(now)
}

//! What a study's plan calls things, in the words of a report: ids become labels, sets of states
//! their names, planned estimates a line that tells one from another.

use crate::estimate::BaselineRow;
use crate::protocol::{
    Contrasts, Covariate, MethodId, Outcome, PlannedEstimate, Protocol, Selector,
};
use crate::report::language::{Locale, Message, note, sentence};

/// Returns the label of an arm, a fact, an outcome or a method by its id.
pub fn named(plan: &Protocol, id: &str, locale: &Locale) -> Option<String> {
    let arm = plan.arms.iter().find(|arm| arm.id == id);
    let factor = plan.factors.iter().find(|factor| factor.id == id);
    let outcome = |id: &str| plan.outcomes.iter().find(|outcome| outcome.id == id);
    arm.map(|arm| arm.label.clone())
        .or_else(|| factor.map(|factor| factor.label.clone()))
        .or_else(|| outcome(id).map(|outcome| outcome.label.clone()))
        .or_else(|| {
            let of = outcome(id.strip_suffix("_baseline")?)?;
            Some(locale.say(Message::BaselineOf { outcome: &of.label }))
        })
        .or_else(|| {
            let words = Message::of_method(id)
                .or_else(|| Message::of_interval(id))
                .or_else(|| Message::of_errors(id))?;
            Some(locale.say(words))
        })
}

/// Returns labels of ids that stand as one text, divided by `between`.
pub fn all_named(plan: &Protocol, ids: &str, between: &str, locale: &Locale) -> String {
    let names = ids.split(between).map(|id| {
        let id = id.trim();
        named(plan, id, locale).unwrap_or_else(|| id.to_owned())
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Returns a note of an estimate as a sentence.
pub fn noted(plan: &Protocol, text: &str, locale: &Locale) -> String {
    sentence(text, locale, &|id| named(plan, id, locale))
}

/// Returns the label of a row of the baseline.
pub fn fact(plan: &Protocol, row: &BaselineRow, locale: &Locale) -> String {
    named(plan, &row.fact, locale).unwrap_or_else(|| row.label.clone())
}

/// Returns a level of a fact.
pub fn level(text: &str, locale: &Locale) -> String {
    match text {
        "not recorded" => locale.say(Message::NotRecorded),
        text => text.to_owned(),
    }
}

/// Returns why an outcome is missing.
pub fn reason(text: &str, locale: &Locale) -> String {
    note(text, locale, &|_| None)
}

/// Returns how an outcome is measured, its states in words; `text` is its definition in the
/// language of the report, with the states as the plan has them.
pub fn definition(outcome: &Outcome, text: &str, locale: &Locale) -> String {
    let names: Vec<String> = outcome
        .selectors
        .iter()
        .map(|selector| match selector {
            Selector::State(state) => match Message::of_state(state.name()) {
                Some(words) => locale.say(words),
                None => state.name().to_owned(),
            },
            Selector::Code(code) => locale.say(Message::RegisterCode {
                code: &format!("{code:03}"),
            }),
            Selector::Wage => locale.say(Message::WageState),
        })
        .collect();
    let words = match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} {} {last}", others.join(", "), locale.say(Message::Or)),
        None => return quoted(text, locale),
    };
    // The set stands in braces, behind its name in the plan where it has one.
    let named = format!("{} = {{", outcome.states_written.join(", "));
    let text = text.replace(&named, "{");
    let text = match text.split_once('{') {
        Some((before, rest)) => match rest.split_once('}') {
            Some((_, after)) => format!("{before}{words}{after}"),
            None => text,
        },
        None => text,
    };
    quoted(&text, locale)
}

/// Puts what stands in backticks into the quotation marks of the language.
fn quoted(text: &str, locale: &Locale) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(place, words)| match place % 2 {
        0 => words.to_owned(),
        _ => locale.say(Message::Quoted { words }),
    });
    parts.collect()
}

/// Names a planned estimate by all that makes it what it is.
pub fn planned(plan: &Protocol, planned: &PlannedEstimate, locale: &Locale) -> String {
    let say = |message: Message| locale.say(message);
    let outcome = &plan.outcomes[planned.outcome];
    let mut parts = vec![match Message::of_role(planned.role.name()) {
        Some(role) => say(role),
        None => planned.role.name().to_owned(),
    }];
    let id = |id: &str| named(plan, id, locale).unwrap_or_else(|| id.to_owned());
    parts.extend(
        planned
            .methods
            .iter()
            .map(|method: &MethodId| id(method.name())),
    );
    let arm = |arm: usize| plan.arms[arm].label.as_str();
    match &planned.contrasts {
        Contrasts::Reference => {}
        Contrasts::AllPairs => parts.push(say(Message::AllPairs)),
        Contrasts::Named(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(a, b)| format!("{} – {}", arm(*a), arm(*b)));
            parts.extend(pairs);
        }
    }
    if !planned.adjust.is_empty() {
        let facts = planned.adjust.iter().map(|covariate| match *covariate {
            Covariate::Factor(factor) => plan.factors[factor].label.clone(),
            Covariate::History(outcome) => plan.outcomes[outcome].label.clone(),
            Covariate::Baseline(outcome) => say(Message::BaselineOf {
                outcome: &plan.outcomes[outcome].label,
            }),
        });
        let covariates = facts.collect::<Vec<_>>().join(", ");
        parts.push(say(Message::PlannedAdjustment {
            covariates: &covariates,
        }));
    }
    if let Some(by) = planned.by {
        let factor = &plan.factors[by].label;
        parts.push(say(Message::PlannedBy { factor }));
    }
    if let Some(received) = planned.received {
        let outcome = &plan.outcomes[received].label;
        parts.push(say(Message::PlannedReceived { outcome }));
    }
    if let Some(horizon) = planned.horizon {
        parts.push(say(Message::PlannedHorizon {
            week: u64::from(horizon),
        }));
    }
    let names = [
        planned.interval.map(|interval| interval.name()),
        planned.se.map(|errors| errors.name()),
    ];
    parts.extend(names.into_iter().flatten().map(id));
    if let Some(scale) = planned.scale {
        parts.push(match scale.name() {
            "ratio" => say(Message::RelativeEffect),
            _ => say(Message::AbsoluteEffect),
        });
    }
    if planned.level != 0.95 {
        parts.push(say(Message::PlannedLevel {
            level: &locale.level(planned.level),
        }));
    }
    format!("{} ({})", outcome.label, parts.join("; "))
}

//! The sections that say what is estimated, and how: `[[estimate]]`, `[multiplicity]`, `[replays]`.

use std::ops::Range;

use super::{choice, find_factor};
use crate::protocol::section::{At, Faults, Section};
use crate::protocol::{
    Adjustment, Arm, Contrasts, Covariate, Factor, IntervalId, Measure, MethodId, Multiplicity,
    Needs, Outcome, PlannedEstimate, Replays, Role, ShareScale, StandardErrors, Statistic, Unit,
};

/// The longest horizon: two hundred years.
const MOST_WEEKS: i64 = 10_436;
const MOST_REPLAYS: i64 = 100_000_000;

pub(super) fn estimate(
    mut section: Section,
    outcomes: &[Outcome],
    arms: &[At<Arm>],
    factors: &[At<Factor>],
    f: &mut Faults,
) -> Option<PlannedEstimate> {
    let name = section.required_text("outcome", f);
    let role = choice(&mut section, "role", Role::ALL, Role::name, f)
        .map_or(Role::Secondary, |role| role.value);
    let methods = methods(&mut section, f);
    let contrasts = contrasts(&mut section, arms, f);
    let level = section.number("level", f);
    let interval = choice(
        &mut section,
        "interval",
        IntervalId::ALL,
        IntervalId::name,
        f,
    );
    let adjust = section.texts("adjust", f);
    let se = choice(
        &mut section,
        "se",
        StandardErrors::ALL,
        StandardErrors::name,
        f,
    );
    let scale = choice(&mut section, "scale", ShareScale::ALL, ShareScale::name, f);
    let by = section.text("by", f);
    let received = section.text("received", f);
    let horizon = section.whole_within("horizon", 1, MOST_WEEKS, f);
    section.finish(f);
    if let Some(level) = &level
        && !(0.5..=0.999).contains(&level.value)
    {
        f.add(
            &level.span,
            format!("`level = {}`", level.value),
            "a confidence level from 0.5 to 0.999, such as 0.95",
        );
    }
    let mut covariates = Vec::new();
    for name in adjust.map_or_else(Vec::new, |adjust| adjust.value) {
        covariates.extend(covariate(&name, outcomes, factors, f));
    }
    let by = by.and_then(|by| {
        let factor = find_factor(&by, "`by`", factors, f)?;
        if factors[factor].value.levels() == 0 {
            f.add(
                &by.span,
                format!("`by = \"{}\"`, a factor without levels", by.value),
                "a factor with `levels` or `bands`",
            );
            return None;
        }
        Some(factor)
    });
    let received = received.and_then(|received| find_received(&received, outcomes, f));
    let name = name?;
    let outcome = outcomes.iter().position(|outcome| outcome.id == name.value);
    if outcome.is_none() && !f.is_faulty("outcome", &name.value) {
        f.unknown(
            &name.span,
            format!("`{}` is no outcome", name.value),
            &name.value,
            outcomes
                .iter()
                .map(|outcome| outcome.id.as_str())
                .collect::<Vec<_>>(),
        );
    }
    let outcome = outcome?;
    let unit = outcomes[outcome].measure.unit();
    if let [_] = arms {
        one_arm(&name, &outcomes[outcome], &methods, f);
    }
    let alone = arms.len() == 1;
    for method in &methods {
        if method.value.suits(unit) || alone && !of_one_arm(method.value) {
            continue;
        }
        let (is, expected) = match method.value.needs() {
            Needs::YesNo => (
                "no yes or no",
                "`difference-in-means`, or an outcome of 1 and 0",
            ),
            Needs::Time => (
                "no time to an event",
                "an outcome with `measure = \"time-to\"`",
            ),
            Needs::Number => (
                "no number for each person",
                "`rmst` or `log-rank` for a time, `observed` for a share",
            ),
        };
        let (method, found) = (&method.span, method.value);
        f.add(
            method,
            format!("method `{found}` for `{}`, which is {is}", name.value),
            if alone { IN_ONE_ARM } else { expected },
        );
    }
    let has_baseline = outcomes[outcome]
        .value
        .as_ref()
        .is_some_and(|value| value.baseline.is_some());
    for method in &methods {
        let (lacking, expected) = match method.value {
            MethodId::Late if received.is_none() => (
                "`received`",
                "`received = \"OUTCOME\"`: the outcome that says what a person received",
            ),
            MethodId::Change | MethodId::Ancova if !has_baseline => (
                "a baseline",
                "`baseline` in the outcome: the column with the value before the draw",
            ),
            _ => continue,
        };
        f.add(
            &method.span,
            format!("method `{}` without {lacking}", method.value),
            expected,
        );
    }
    if let Some((horizon, _)) = horizon
        .as_ref()
        .zip((unit != Unit::TimeToEvent).then_some(()))
    {
        f.add(
            &horizon.span,
            format!(
                "`horizon` for `{}`, which is no time to an event",
                name.value
            ),
            "no horizon; the weeks of an outcome are its `weeks`",
        );
    }
    Some(PlannedEstimate {
        outcome,
        role,
        methods: methods.into_iter().map(|method| method.value).collect(),
        contrasts: contrasts?,
        level: level.map_or(0.95, |level| level.value),
        interval: interval.map(|interval| interval.value),
        adjust: covariates,
        se: se.map(|se| se.value),
        scale: scale.map(|scale| scale.value),
        by,
        received,
        horizon: horizon.map(|horizon| horizon.value as u32),
    })
}

/// Refuses what no method of a study with one arm can estimate.
fn one_arm(name: &At<String>, outcome: &Outcome, methods: &[At<MethodId>], f: &mut Faults) {
    for method in methods.iter().filter(|method| !of_one_arm(method.value)) {
        let found = method.value;
        f.add(
            &method.span,
            format!("method `{found}` for `{}` compares arms", name.value),
            IN_ONE_ARM,
        );
    }
    if methods.is_empty() && !outcome.has_default_in_one_arm() {
        let is = match outcome.measure.unit() {
            Unit::TimeToEvent => "a time to an event",
            Unit::ShareOfTime | Unit::PooledShare => "a share of time",
            Unit::Weeks => "a number of weeks",
            Unit::Number | Unit::YesNo => "a number",
        };
        f.add(
            &name.span,
            format!(
                "an estimate of `{}`, which is {is}, in a study with one arm",
                name.value
            ),
            IN_ONE_ARM,
        );
    }
}

/// What can be estimated where there is nobody to compare with.
const IN_ONE_ARM: &str = "`share` of an outcome of 1 and 0 (a `value` with `yes_no = true`), or \
                          `change` of a `value` with `baseline`: one arm has nobody to compare with";

fn of_one_arm(method: MethodId) -> bool {
    matches!(method, MethodId::Share | MethodId::Change)
}

/// Finds what `adjust` names: a factor, or an outcome from before the draw, or the baseline of an
/// outcome under the name of its column.
fn covariate(
    name: &At<String>,
    outcomes: &[Outcome],
    factors: &[At<Factor>],
    f: &mut Faults,
) -> Option<Covariate> {
    if let Some(factor) = factors
        .iter()
        .position(|factor| factor.value.id == name.value)
    {
        return Some(Covariate::Factor(factor));
    }
    let baseline = |outcome: &Outcome| format!("{}_baseline", outcome.id);
    let before = |outcome: &Outcome| matches!(outcome.measure, Measure::History { .. });
    let has_baseline = |outcome: &Outcome| {
        let value = outcome.value.as_ref();
        value.is_some_and(|value| value.baseline.is_some())
    };
    for (index, outcome) in outcomes.iter().enumerate() {
        if outcome.id == name.value && before(outcome) {
            return Some(Covariate::History(index));
        }
        if baseline(outcome) == name.value && has_baseline(outcome) {
            return Some(Covariate::Baseline(index));
        }
    }
    if let Some(outcome) = outcomes.iter().find(|outcome| outcome.id == name.value) {
        f.add(
            &name.span,
            format!("`{}` in `adjust` comes after the draw", outcome.id),
            "a factor, a `history`, or a baseline: what the draw cannot have changed",
        );
        return None;
    }
    if f.is_faulty("factor", &name.value) || f.is_faulty("outcome", &name.value) {
        return None;
    }
    let factors = factors.iter().map(|factor| factor.value.id.clone());
    let histories = outcomes.iter().filter(|o| before(o)).map(|o| o.id.clone());
    let baselines = outcomes.iter().filter(|o| has_baseline(o)).map(baseline);
    let known: Vec<String> = factors.chain(histories).chain(baselines).collect();
    f.unknown(
        &name.span,
        format!(
            "`{}` in `adjust` is no fact from before the draw",
            name.value
        ),
        &name.value,
        known.iter().map(String::as_str),
    );
    None
}

fn find_received(name: &At<String>, outcomes: &[Outcome], f: &mut Faults) -> Option<usize> {
    let found = outcomes.iter().position(|outcome| outcome.id == name.value);
    if found.is_none() && !f.is_faulty("outcome", &name.value) {
        f.unknown(
            &name.span,
            format!("`{}` in `received` is no outcome", name.value),
            &name.value,
            outcomes.iter().map(|outcome| outcome.id.as_str()),
        );
    }
    found
}

/// Returns the methods of an estimate, written as one text or a list of them.
fn methods(section: &mut Section, f: &mut Faults) -> Vec<At<MethodId>> {
    let written = if section.is_text("method") {
        section.text("method", f).into_iter().collect()
    } else {
        section
            .texts("method", f)
            .map_or_else(Vec::new, |list| list.value)
    };
    let mut methods = Vec::new();
    for name in written {
        match MethodId::from_name(&name.value) {
            Some(value) => methods.push(At {
                value,
                span: name.span,
            }),
            None => f.unknown(
                &name.span,
                format!("`{}` is no method", name.value),
                &name.value,
                MethodId::ALL.iter().map(|method| method.name()),
            ),
        }
    }
    methods
}

fn contrasts(section: &mut Section, arms: &[At<Arm>], f: &mut Faults) -> Option<Contrasts> {
    if !section.has("contrasts") {
        section.pass("contrasts");
        return Some(Contrasts::Reference);
    }
    if section.is_text("contrasts") {
        let names = &["reference", "all-pairs"];
        return match choice(section, "contrasts", names, |name| name, f)?.value {
            "reference" => Some(Contrasts::Reference),
            _ => Some(Contrasts::AllPairs),
        };
    }
    let mut named = Vec::new();
    for contrast in section.text_lists("contrasts", f)?.value {
        let [arm, against] = contrast.value.as_slice() else {
            f.add(
                &contrast.span,
                format!("a contrast of {} arms", contrast.value.len()),
                "an arm and the arm it is compared with: [\"arm\", \"reference\"]",
            );
            return None;
        };
        let arm = find_arm(arm, &contrast.span, arms, f)?;
        let against = find_arm(against, &contrast.span, arms, f)?;
        if arm == against {
            f.add(&contrast.span, "an arm compared with itself", "two arms");
            return None;
        }
        named.push((arm, against));
    }
    Some(Contrasts::Named(named))
}

fn find_arm(name: &str, span: &Range<usize>, arms: &[At<Arm>], f: &mut Faults) -> Option<usize> {
    let found = arms.iter().position(|arm| arm.value.id == name);
    if found.is_none() {
        let known = arms.iter().map(|arm| arm.value.id.as_str());
        f.unknown(
            span,
            format!("`{name}` in `contrasts` is no arm"),
            name,
            known.collect::<Vec<_>>(),
        );
    }
    found
}

pub(super) fn multiplicity(mut section: Section, f: &mut Faults) -> Multiplicity {
    let method = choice(&mut section, "method", Adjustment::ALL, Adjustment::name, f)
        .map_or(Adjustment::None, |method| method.value);
    let family = choice(&mut section, "family", Role::ALL, Role::name, f)
        .map_or(Role::Primary, |family| family.value);
    section.finish(f);
    Multiplicity { method, family }
}

pub(super) fn replays(mut section: Section, f: &mut Faults) -> Replays {
    let default = Replays::default();
    let number = section.whole_within("number", 99, MOST_REPLAYS, f);
    let seed = section.text("seed", f);
    let statistic = choice(
        &mut section,
        "statistic",
        Statistic::ALL,
        Statistic::name,
        f,
    );
    section.finish(f);
    Replays {
        number: number.map_or(default.number, |number| number.value as u32),
        seed: seed.map(|seed| seed.value),
        statistic: statistic.map_or(default.statistic, |statistic| statistic.value),
    }
}

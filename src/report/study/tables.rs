//! The tables of a report.

use super::{Methods, Results, multiplicity, words};
use crate::estimate::{ArmCounts, Baseline, BaselineRow, Because, Estimate, Scale, Standing};
use crate::protocol::{IntervalId, MethodId, Role, Statistic, Unit};
use crate::report::baseline::{Same, alike, shown};
use crate::report::language::{Locale, Message, NO_BREAK, Noun, one_stop};
use crate::report::number::{decimals_for, decimals_of};
use crate::report::table::{self, Asides, Cell, Column, Form, Part, Row, Table, Value};

/// The way of the referrals, arm by arm.
pub fn flow(found: &Results, locale: &Locale) -> Table {
    let say = |message: Message| locale.say(message);
    let flow = &found.flow;
    let one = found.one_arm();
    let title = match one {
        true => Message::FlowOfOneArm,
        false => Message::Flow,
    };
    let mut table = Table::new("flow", say(title), "");
    table.columns.push(Column::numbers(
        "all",
        say(match one {
            true => Message::Total,
            false => Message::AllArms,
        }),
    ));
    for arm in &flow.arms {
        table
            .columns
            .push(Column::numbers(&arm.arm, found.arm(&arm.arm)));
    }
    let arms = flow.arms.len();
    let mut push = |label: String, depth: u8, all: usize, by_arm: Option<Vec<usize>>| {
        let mut cells = vec![Cell::count(all as u64)];
        match by_arm {
            Some(counts) => cells.extend(counts.iter().map(|&n| Cell::count(n as u64))),
            None => cells.extend(vec![Cell::default(); arms]),
        }
        table.push(Row::new(label, cells).indented(depth));
    };
    if !one {
        push(say(Message::Referred), 0, flow.referred, None);
        push(say(Message::Refused), 0, flow.refused, None);
        for (reason, &persons) in &flow.reasons {
            let reason = locale.say(Message::DidNotMeet { rule: reason });
            push(reason, 1, persons, None);
        }
    }
    let by_arm = |of: fn(&crate::sample::ArmFlow) -> usize| {
        Some(flow.arms.iter().map(of).collect::<Vec<usize>>())
    };
    let entered = match one {
        true => Message::Entered,
        false => Message::Drawn,
    };
    push(say(entered), 0, flow.drawn, by_arm(|arm| arm.drawn));
    if !one {
        push(
            say(Message::Withdrawn),
            0,
            flow.withdrawn,
            by_arm(|arm| arm.withdrawn),
        );
        push(
            say(Message::Excluded),
            0,
            flow.excluded,
            by_arm(|arm| arm.excluded),
        );
    }
    let left = flow.withdrawn + flow.excluded > 0;
    for (label, counts) in analysed(found) {
        let all = counts.iter().sum();
        push(
            format!("{}: {label}", say(Message::Analysed)),
            0,
            all,
            Some(counts),
        );
    }
    if left {
        table.note(say(Message::LeftStay));
    }
    table
}

/// Returns how many have each primary outcome, arm by arm.
pub fn analysed(found: &Results) -> Vec<(String, Vec<usize>)> {
    let mut outcomes: Vec<(String, Vec<usize>)> = Vec::new();
    for outcome in outcomes_of(found, |row| row.role == Some(Role::Primary)) {
        let counts = found
            .flow
            .arms
            .iter()
            .map(|arm| counts_of(found, &outcome, &arm.arm));
        let counts: Option<Vec<ArmCounts>> = counts.collect();
        if let Some(counts) = counts {
            let label = label_of(found, &outcome);
            outcomes.push((label, counts.iter().map(|counts| counts.n).collect()));
        }
    }
    outcomes
}

pub fn outcomes_of(found: &Results, keep: impl Fn(&Estimate) -> bool) -> Vec<String> {
    let mut outcomes: Vec<String> = Vec::new();
    for row in found
        .rows
        .iter()
        .filter(|row| keep(row) && row.subgroup.is_none())
    {
        if let Some(outcome) = &row.outcome
            && !outcomes.contains(outcome)
        {
            outcomes.push(outcome.clone());
        }
    }
    outcomes
}

pub fn label_of(found: &Results, outcome: &str) -> String {
    let of_plan = found.plan.outcomes.iter().find(|known| known.id == outcome);
    of_plan.map_or_else(|| outcome.to_owned(), |known| known.label.clone())
}

/// Returns the counts of an arm behind an outcome, from any row that has them.
pub fn counts_of(found: &Results, outcome: &str, arm: &str) -> Option<ArmCounts> {
    found
        .rows
        .iter()
        .filter(|row| row.outcome.as_deref() == Some(outcome))
        .filter(|row| row.subgroup.is_none() && row.options.only.is_none())
        .filter(|row| row.method != MethodId::Change)
        .find_map(|row| match &row.reference {
            _ if row.arm == arm => Some(row.arm_counts),
            Some(reference) if reference == arm => row.reference_counts,
            _ => None,
        })
        .or_else(|| {
            let (_, arms) = found.received.iter().find(|(of, _)| of == outcome)?;
            let place = found.flow.arms.iter().position(|of| of.arm == arm)?;
            arms.get(place).copied()
        })
}

/// What was known before the draw, arm by arm; no p by row.
pub fn baseline(found: &Results, baseline: &Baseline, locale: &Locale) -> Table {
    let say = |message: Message| locale.say(message);
    let mut table = Table::new(
        "baseline",
        say(match found.one_arm() {
            true => Message::BaselineAtTheStart,
            false => Message::Baseline,
        }),
        say(Message::Characteristic),
    );
    for (arm, drawn) in baseline.arms.iter().zip(&baseline.drawn) {
        let n = locale.count(*drawn as u64);
        let label = format!("{} (n{NO_BREAK}={NO_BREAK}{n})", found.arm(arm));
        table.columns.push(Column::numbers(arm, label));
    }
    for (index, arm) in baseline.arms.iter().enumerate() {
        if index != baseline.reference {
            let note =
                table.footnote("(x̄ − x̄₀) / √((s² + s₀²) / 2). Austin 2009, doi:10.1002/sim.3697.");
            let label = format!(
                "{}: {}",
                say(Message::StandardisedDifference),
                found.arm(arm)
            );
            let key = format!("smd_{arm}");
            table.columns.push(Column::numbers(&key, label).noted(note));
        }
    }
    let mut fact = None;
    for row in shown(baseline) {
        let known = fact.replace(&row.fact);
        if row.level.is_some() && known != Some(&row.fact) {
            let empty = vec![Cell::default(); table.columns.len()];
            table.push(Row::new(words::fact(found.plan, row, locale), empty));
        }
        let mut shown = baseline_row(found, baseline, row, locale);
        if found.threshold.is_none()
            && let Some(text) = not_known(found, baseline, row, locale)
        {
            let note = table.footnote(text);
            shown = shown.noted(note);
        }
        table.push(shown);
    }
    table.note(say(Message::NumbersAreMeans));
    let same = alike(baseline);
    if !same.is_empty() {
        let of = same.iter().map(|alike| {
            let fact = words::fact(found.plan, alike.row, locale);
            let value = match alike.value {
                Same::Level(level) => words::level(level, locale),
                Same::Number(number) => locale.number(number, decimals_of(number)),
            };
            format!("{fact} ({value})")
        });
        let facts = of.collect::<Vec<_>>().join(", ");
        table.note(locale.say(Message::SameForAll { facts: &facts }));
    }
    if found.threshold.is_none() {
        let all = baseline.drawn.iter().sum::<usize>() as u64;
        for (fact, &persons) in &found.cut {
            if let Some(row) = baseline.rows.iter().find(|row| row.fact == *fact) {
                table.note(locale.say(Message::HistoryIsCut {
                    fact: &words::fact(found.plan, row, locale),
                    persons: persons as u64,
                    all,
                }));
            }
        }
    }
    if !found.one_arm() {
        table.note(say(Message::NoBaselineTests));
    }
    if let Some(test) = &baseline.omnibus
        && let Some(p) = test.p_value
    {
        let p = locale.p_statement(p);
        table.note(match test.exact {
            true => locale.say(Message::BalanceOverAll {
                p: &p,
                draws: test.draws,
            }),
            false => locale.say(Message::BalanceOverReplays {
                p: &p,
                replays: test.draws,
            }),
        });
    }
    table
}

/// Returns how many decimals the means and deviations of a row are shown with.
pub fn decimals_of_baseline(row: &BaselineRow) -> usize {
    let widest = row.summaries.iter().filter_map(|summary| summary.deviation);
    decimals_for(widest.fold(0.0, f64::max)).clamp(1, 3)
}

fn baseline_row(found: &Results, baseline: &Baseline, row: &BaselineRow, locale: &Locale) -> Row {
    let plain = Form::of(table::Unit::None, decimals_of_baseline(row));
    let mut cells: Vec<Cell> = row
        .summaries
        .iter()
        .map(|summary| match (summary.count, summary.mean) {
            (_, None) => Cell::new(Value::Missing(locale.say(Message::NobodyKnown))),
            (Some(count), Some(share)) => Cell::count(count as u64)
                .with(Value::Number(share, Form::of(table::Unit::Share, 1))),
            (None, Some(mean)) => match summary.deviation {
                Some(deviation) => {
                    Cell::new(Value::Number(mean, plain)).with(Value::Number(deviation, plain))
                }
                None => Cell::new(Value::Number(mean, plain)),
            },
        })
        .collect();
    for (arm, difference) in row.differences.iter().enumerate() {
        if arm != baseline.reference {
            let form = Form::of(table::Unit::None, 2);
            cells.push(Cell::new(Value::number(
                *difference,
                form,
                &locale.say(Message::NoVariation),
            )));
        }
    }
    match &row.level {
        Some(level) => Row::new(words::level(level, locale), cells).indented(1),
        None => Row::new(words::fact(found.plan, row, locale), cells),
    }
}

/// Says for how many a number is not known, arm by arm.
fn not_known(
    found: &Results,
    baseline: &Baseline,
    row: &BaselineRow,
    locale: &Locale,
) -> Option<String> {
    let arms = baseline.arms.iter().zip(&row.summaries);
    let arms = arms
        .zip(&baseline.drawn)
        .filter(|((_, summary), _)| summary.missing > 0);
    let arms: Vec<String> = arms
        .map(|((arm, summary), drawn)| {
            locale.say(Message::MissingOfArm {
                missing: summary.missing as u64,
                drawn: *drawn as u64,
                arm: &found.arm(arm),
            })
        })
        .collect();
    (!arms.is_empty()).then(|| {
        locale.say(Message::KnownFor {
            fact: &words::fact(found.plan, row, locale),
            arms: &arms.join(", "),
        })
    })
}

/// How many received what, arm by arm, where the plan names what is received.
pub fn take_up(found: &Results, locale: &Locale) -> Option<Table> {
    let received: Vec<String> = found.received.iter().map(|(of, _)| of.clone()).collect();
    let mut table = Table::new(
        "take-up",
        locale.say(Message::TakeUp),
        locale.say(Message::Received),
    );
    for arm in &found.flow.arms {
        table
            .columns
            .push(Column::numbers(&arm.arm, found.arm(&arm.arm)));
    }
    for outcome in received {
        let arms = found.flow.arms.iter();
        let counts: Option<Vec<ArmCounts>> = arms
            .map(|arm| counts_of(found, &outcome, &arm.arm))
            .collect();
        let counts = counts?;
        let cells = counts
            .iter()
            .map(|counts| match (counts.events, counts.mean) {
                (Some(events), Some(mean)) => {
                    Cell::count(events).with(Value::Number(mean, Form::of(table::Unit::Share, 1)))
                }
                (_, mean) => Cell::new(Value::number(
                    mean,
                    Form::of(table::Unit::None, 2),
                    &locale.say(Message::NobodyKnown),
                )),
            });
        let cells = cells.collect();
        table.push(Row::new(label_of(found, &outcome), cells));
    }
    (!table.groups.is_empty()).then_some(table)
}

/// Effects: an outcome a group, a row each method of each contrast.
pub fn effects(
    found: &Results,
    rows: &[&Estimate],
    id: &str,
    title: &str,
    methods: &Methods,
    locale: &Locale,
) -> Table {
    let say = |message: Message| locale.say(message);
    let one = found.one_arm();
    let rows_are = match one {
        true => Message::Arm,
        false => Message::Contrast,
    };
    let mut table = Table::new(id, title, say(rows_are));
    let level = rows.iter().find_map(|row| row.computed.interval.as_ref());
    let head_level = level.map_or(0.95, |interval| interval.level);
    let level = locale.level(head_level);
    let alone = rows.iter().all(|row| row.scale == Scale::Level);
    let effect_head = match rows.iter().all(|row| row.standing == Standing::Effect) {
        true => Message::Effect,
        false => Message::AbsoluteEffect,
    };
    // What there is in a column follows from what was asked for, and from nobody's outcome.
    let one_number = |key: &str, label: String| {
        Column::numbers(key, label).shaped(&[Part::Whole], Asides::Counts)
    };
    let of_arm = |key: &str, label: String, counts: bool| {
        let parts = [Part::Whole, Part::Aside];
        let parts = &parts[..if counts { 2 } else { 1 }];
        Column::numbers(key, label).shaped(parts, Asides::Counts)
    };
    let counts = |row: &&Estimate| row.unit == Unit::YesNo;
    let compared = |row: &&Estimate| counts(row) && row.reference.is_some();
    let bounds = |row: &&Estimate| {
        let method = row.method;
        matches!(method, MethodId::LeeBounds | MethodId::WorstCaseBounds)
    };
    let [whole, lower, upper] = [Part::Whole, Part::Lower, Part::Upper];
    let effect_parts: &[Part] = match (rows.iter().all(bounds), rows.iter().any(bounds)) {
        (true, _) => &[lower, upper],
        (_, true) => &[whole, lower, upper],
        (_, false) => &[whole],
    };
    table.columns = vec![
        of_arm(
            "arm",
            say(match (one, alone) {
                (false, _) => Message::Arm,
                (true, true) => Message::Share,
                (true, false) => Message::Value,
            }),
            rows.iter().any(counts),
        ),
        one_number("n_arm", "n".to_owned()),
        of_arm(
            "reference",
            say(match alone {
                true => Message::Target,
                false => Message::Reference,
            }),
            rows.iter().any(compared),
        ),
        one_number("n_reference", "n".to_owned()),
        Column::numbers("effect", say(effect_head)).shaped(effect_parts, Asides::Counts),
        Column::numbers("interval", say(Message::Interval { level: &level }))
            .shaped(&[lower, upper], Asides::Counts),
        one_number("p", say(Message::P)),
    ];
    let adjusted = rows.iter().any(|row| row.p_adjusted.is_some());
    if adjusted {
        let column = one_number("p_adjusted", say(Message::AdjustedP));
        table.columns.push(column);
    }
    let (mut group, mut contrast) = (None, None);
    // How the rows were computed: label of the method, sentences.
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for row in rows {
        let outcome = row.outcome.clone().unwrap_or_default();
        if group.as_ref() != Some(&outcome) {
            table.group(label_of(found, &outcome));
            group = Some(outcome);
            contrast = None;
        }
        let mut label = found.contrast(row);
        if let Some(subgroup) = &row.subgroup {
            let factor = words::all_named(found.plan, &subgroup.factor, " / ", locale);
            let level = match &subgroup.level {
                Some(level) => words::level(level, locale),
                None => say(Message::Interaction),
            };
            let of = locale.say(Message::BySubgroup {
                factor: &factor,
                level: &level,
            });
            label = format!("{of}, {label}");
        }
        let first = contrast.as_ref() != Some(&label);
        let mut cells = match first {
            true => means(row, locale),
            false => vec![Cell::default(); 4],
        };
        cells.extend(effect(found, row, locale));
        if adjusted {
            cells.push(Cell::new(row.p_adjusted.map_or(Value::Empty, Value::P)));
        }
        let mut shown = match first {
            true => Row::new(label.clone(), cells),
            false => Row::new(method_name(row, locale), cells).indented(1),
        };
        contrast = Some(label);
        if let Some(source) = methods.source(found, row, locale) {
            let words = method_words(found, row, Length::Brief, locale);
            if !said.iter().any(|(label, _)| *label == source.label) {
                said.push((source.label.clone(), words));
            }
            shown = shown.from_source(source);
        }
        let standing = match row.standing {
            Standing::Effect => None,
            Standing::Sensitivity => Some(say(Message::SensitivityRow)),
            Standing::BeforeDraw => Some(say(Message::BeforeDraw)),
            Standing::NotAnEffect(because) => Some(match (because, &row.options.only) {
                (Because::Chosen, Some(only)) => {
                    let outcome = &label_of(found, only);
                    locale.say(match one {
                        true => Message::OnlyThoseOfOneArm { outcome },
                        false => Message::OnlyThose { outcome },
                    })
                }
                (Because::WithinArm, _) => say(Message::WithinArm),
                _ => say(Message::OnlyReached),
            }),
        };
        if let Some(text) = standing {
            let note = table.footnote(text);
            shown = shown.noted(note);
        }
        let of_row = row
            .computed
            .interval
            .as_ref()
            .map(|interval| interval.level);
        if let Some(other) = of_row.filter(|&level| level != head_level) {
            let level = locale.level(other);
            let note = table.footnote(locale.say(Message::LevelOfRow { level: &level }));
            shown = shown.noted(note);
        }
        for text in notes_of(row) {
            let note = table.footnote(words::noted(found.plan, &text, locale));
            shown = shown.noted(note);
        }
        table.push(shown);
    }
    if rows
        .iter()
        .any(|row| row.standing == Standing::Effect && row.reference.is_some())
    {
        let others = |row: &&Estimate| matches!(row.method, MethodId::Late | MethodId::LeeBounds);
        table.note(match rows.iter().any(others) {
            true => say(Message::EstimandOfOthers),
            false => say(Message::EstimandOfAll),
        });
    }
    for text in of_methods(said, locale) {
        table.note(text);
    }
    if rows.iter().any(|row| {
        let counted = row.arm_counts.mean.is_none() && row.arm_counts.events.is_some();
        row.unit == Unit::TimeToEvent && row.reference.is_some() && counted
    }) && !rows
        .iter()
        .any(|row| row.unit == Unit::TimeToEvent && row.arm_counts.mean.is_some())
    {
        table.note(say(Message::EventsShown));
    }
    for text in left_out(found, rows, locale) {
        table.note(text);
    }
    let strata = |drawn: &crate::protocol::Allocation| drawn.strata.is_empty();
    if found.plan.allocation.as_ref().is_some_and(strata) {
        table.note(say(Message::NotStratified));
    }
    if rows.iter().any(|row| row.computed.p_value.is_some()) {
        table.note(multiplicity(found, rows, locale));
    }
    table.note(match found.threshold {
        None => say(Message::NoneHeldBack),
        Some(threshold) => locale.say(Message::HeldBackBelow { threshold }),
    });
    if rows.iter().any(|row| row.reference.is_some()) {
        table.note(say(Message::NoSignificance));
    }
    if alone {
        // One arm has no other to stand beside, and the share is the estimate.
        let target = rows.iter().any(|row| row.target.is_some());
        let keep: Vec<bool> = table
            .columns
            .iter()
            .map(|column| match column.key.as_str() {
                "n_reference" | "effect" => false,
                "reference" => target,
                "p" => rows.iter().any(|row| row.computed.p_value.is_some()),
                _ => true,
            })
            .collect();
        table.keep_columns(&keep);
    }
    table
}

/// Says how each method computed; what holds for all of them, once.
fn of_methods(said: Vec<(String, Vec<String>)>, locale: &Locale) -> Vec<String> {
    let shared: Vec<String> = match said.as_slice() {
        [] | [_] => Vec::new(),
        [(_, first), others @ ..] => {
            let in_all = |text: &&String| others.iter().all(|(_, words)| words.contains(text));
            first.iter().skip(1).filter(in_all).cloned().collect()
        }
    };
    let mut lines: Vec<String> = said
        .into_iter()
        .map(|(label, mut words)| {
            words.retain(|text| !shared.contains(text));
            locale.say(Message::MethodOfRow {
                label: &label,
                words: &words.join(" "),
            })
        })
        .collect();
    if !shared.is_empty() {
        lines.push(locale.say(Message::ForAllMethods {
            words: &shared.join(" "),
        }));
    }
    lines
}

/// Says of each outcome who is not in the calculation, arm by arm, or that nobody is left out.
fn left_out(found: &Results, rows: &[&Estimate], locale: &Locale) -> Vec<String> {
    if found.threshold.is_some() {
        return Vec::new();
    }
    let mut outcomes: Vec<&str> = Vec::new();
    for row in rows {
        if let Some(outcome) = &row.outcome
            && !outcomes.contains(&outcome.as_str())
        {
            outcomes.push(outcome);
        }
    }
    let mut lines = Vec::new();
    let mut complete = true;
    for outcome in outcomes {
        let arms = found.flow.arms.iter().filter_map(|arm| {
            let counts = counts_of(found, outcome, &arm.arm)?;
            (counts.missing > 0).then(|| {
                locale.say(Message::MissingOfArm {
                    missing: counts.missing as u64,
                    drawn: counts.allocated as u64,
                    arm: &found.arm(&arm.arm),
                })
            })
        });
        let arms: Vec<String> = arms.collect();
        let outcome = label_of(found, outcome);
        if arms.is_empty() {
            let outcome = &outcome;
            lines.push(locale.say(match found.one_arm() {
                true => Message::KnownForAll { outcome },
                false => Message::MissingNone { outcome },
            }));
        } else {
            complete = false;
            lines.push(locale.say(Message::MissingOfArms {
                outcome: &outcome,
                arms: &arms.join(", "),
            }));
        }
    }
    if complete {
        return vec![locale.say(match found.one_arm() {
            true => Message::AllTookPart,
            false => Message::NoneMissing,
        })];
    }
    lines
}

/// What a reader must know of a row beyond its numbers, as the estimate says it.
fn notes_of(row: &Estimate) -> Vec<String> {
    let told = |note: &&String| {
        !note.starts_with("std_error")
            && note.as_str() != "a test without an estimate"
            && !note.starts_with("null of the randomisation test")
    };
    row.computed.notes.iter().filter(told).cloned().collect()
}

pub fn method_name(row: &Estimate, locale: &Locale) -> String {
    let words = Message::of_method(row.method.name());
    words.map_or_else(|| row.method.name().to_owned(), |words| locale.say(words))
}

/// Whether a method of times gives a share of persons, and not a mean of times.
pub fn is_share_of_times(row: &Estimate) -> bool {
    matches!(row.method, MethodId::KaplanMeier | MethodId::AalenJohansen)
}

/// Returns the cells of arm and reference with their denominators.
pub fn means(row: &Estimate, locale: &Locale) -> Vec<Cell> {
    let over_levels = row
        .subgroup
        .as_ref()
        .is_some_and(|subgroup| subgroup.level.is_none());
    if over_levels {
        return vec![Cell::default(); 4];
    }
    let decimals = form(row).decimals;
    let cell = |counts: &ArmCounts| -> [Cell; 2] {
        let value = match (counts.mean, row.unit) {
            (None, _) => match counts.events {
                Some(events) => Value::Count(events),
                None => Value::Missing(locale.say(Message::NobodyKnown)),
            },
            (Some(mean), Unit::YesNo | Unit::ShareOfTime | Unit::PooledShare) => {
                Value::Number(mean, Form::of(table::Unit::Share, 1))
            }
            (Some(mean), Unit::TimeToEvent) if is_share_of_times(row) => {
                Value::Number(mean, Form::of(table::Unit::Share, 1))
            }
            (Some(mean), Unit::Weeks | Unit::TimeToEvent) => {
                Value::Number(mean, Form::of(table::Unit::Of(Noun::Week), 1))
            }
            (Some(mean), _) => Value::Number(mean, Form::of(table::Unit::None, decimals)),
        };
        let cell = match (counts.events, row.unit) {
            (Some(events), Unit::YesNo) => Cell::new(value).with(Value::Count(events)),
            _ => Cell::new(value),
        };
        [cell, Cell::count(counts.n as u64)]
    };
    let [arm, n] = cell(&row.arm_counts);
    let [reference, n0] = match (&row.reference_counts, row.target) {
        (Some(counts), _) => cell(counts),
        (None, Some(target)) => [
            Cell::new(Value::Number(target, Form::of(table::Unit::Share, 1))),
            Cell::default(),
        ],
        (None, None) => [Cell::default(), Cell::default()],
    };
    vec![arm, n, reference, n0]
}

/// Returns the form of an effect: its unit, and as many decimals as its uncertainty allows.
pub fn form(row: &Estimate) -> Form {
    let whole_share = matches!(
        row.unit,
        Unit::YesNo | Unit::ShareOfTime | Unit::PooledShare
    );
    let of_curve = matches!(row.method, MethodId::KaplanMeier | MethodId::AalenJohansen);
    match row.scale {
        Scale::Ratio if matches!(row.method, MethodId::OddsRatio | MethodId::Cox) => {
            Form::of(table::Unit::Ratio, 2)
        }
        Scale::Ratio => Form::of(table::Unit::Relative, 0),
        Scale::Level => Form::of(table::Unit::Share, 1),
        Scale::Difference if whole_share || of_curve => Form::of(table::Unit::Points, 1).signed(),
        Scale::Difference if matches!(row.unit, Unit::Weeks | Unit::TimeToEvent) => {
            Form::of(table::Unit::Of(Noun::Week), 1).signed()
        }
        Scale::Difference => {
            // Bounds have no error of their own, but an interval of some width.
            let interval = row.computed.interval.as_ref();
            let width = interval.and_then(|interval| Some(interval.upper? - interval.lower?));
            let error = row.computed.std_error.or(width.map(|width| width / 4.0));
            Form::of(table::Unit::None, decimals_for(error.unwrap_or(0.0))).signed()
        }
    }
}

pub fn effect(found: &Results, row: &Estimate, locale: &Locale) -> [Cell; 3] {
    let form = form(row);
    let computed = &row.computed;
    let test = matches!(
        row.method,
        MethodId::FisherExact
            | MethodId::LogRank
            | MethodId::InteractionTest
            | MethodId::RandomisationTest
    );
    let value = match (computed.estimate, row.bounds) {
        // The same number stands in the row above.
        _ if test || row.scale == Scale::Level => Value::Empty,
        (_, Some((lower, upper))) => Value::interval(Some(lower), Some(upper), form),
        (Some(value), None) => Value::Number(value, form),
        (None, None) => {
            let reason = computed.notes.first();
            let reason = reason.map(|reason| words::noted(found.plan, reason, locale));
            Value::Missing(reason.unwrap_or_else(|| locale.say(Message::Missing)))
        }
    };
    let interval = match &computed.interval {
        // A footnote has it in words.
        Some(_) if computed.all_but.is_some() => Value::Empty,
        Some(interval) => Value::interval(interval.lower, interval.upper, form),
        None => Value::Empty,
    };
    [
        Cell::new(value),
        Cell::new(interval),
        Cell::new(computed.p_value.map_or(Value::Empty, Value::P)),
    ]
}

/// How much is said of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Below a table.
    Brief,
    /// In the section on methods, with publication and name in the plan.
    Full,
}

/// Says how a row was computed, one sentence an item.
pub fn method_words(
    found: &Results,
    row: &Estimate,
    length: Length,
    locale: &Locale,
) -> Vec<String> {
    let method = method_name(row, locale);
    let mut words = match length {
        Length::Brief => vec![one_stop(format!("{method}."))],
        Length::Full => {
            let (id, source) = (row.method.name(), row.source());
            vec![
                locale.say(Message::EstimatedBy {
                    method: &method,
                    source,
                }),
                locale.say(Message::MethodName { id }),
            ]
        }
    };
    if let Some(interval) = &row.computed.interval
        && let Some(form) = Message::of_interval(interval.method.name())
    {
        let (level, form) = (locale.level(interval.level), locale.say(form));
        words.push(locale.say(Message::IntervalBy {
            level: &level,
            method: &form,
        }));
    }
    let options = &row.options;
    if let Some(se) = options.se
        && let Some(errors) = Message::of_errors(se.name())
    {
        let errors = locale.say(errors);
        words.push(locale.say(Message::StandardErrorsBy { method: &errors }));
    }
    let errors = match row.method {
        _ if options.se.is_some() => None,
        MethodId::DifferenceInMeans | MethodId::StratifiedDifference
            if options.cluster.is_none() =>
        {
            Some(Message::NeymanErrors)
        }
        MethodId::KaplanMeier | MethodId::Rmst => Some(Message::GreenwoodErrors),
        MethodId::RiskDifference | MethodId::RiskRatio
            if row
                .computed
                .interval
                .as_ref()
                .is_some_and(|interval| interval.method == IntervalId::MiettinenNurminen) =>
        {
            Some(Message::ScoreErrors)
        }
        _ => None,
    };
    if let Some(errors) = errors {
        let errors = locale.say(errors);
        words.push(locale.say(Message::StandardErrorsBy { method: &errors }));
    }
    match row.method {
        MethodId::Late => words.push(locale.say(Message::LateEstimand)),
        MethodId::LeeBounds => words.push(locale.say(Message::LeeEstimand)),
        _ => {}
    }
    let named = |ids: &str, between: &str| words::all_named(found.plan, ids, between, locale);
    match options.adjust.is_empty() {
        true if row.reference.is_none() => {}
        true => words.push(locale.say(Message::Unadjusted)),
        false => {
            let mut ids: Vec<&str> = Vec::new();
            for id in &options.adjust {
                if !ids.contains(&id.as_str()) {
                    ids.push(id);
                }
            }
            let covariates = named(&ids.join("\n"), "\n");
            words.push(locale.say(Message::AdjustedFor {
                covariates: &covariates,
            }));
        }
    }
    let stratified = found
        .plan
        .allocation
        .as_ref()
        .is_some_and(|drawn| !drawn.strata.is_empty());
    match &options.strata {
        Some(factors) => words.push(locale.say(Message::StratifiedBy {
            factors: &named(factors, " / "),
        })),
        None if stratified && row.reference.is_some() && options.replays.is_none() => {
            words.push(locale.say(Message::StrataNotHeeded));
        }
        None => {}
    }
    if let Some(cluster) = &options.cluster {
        words.push(locale.say(Message::ClusteredBy {
            cluster: &named(cluster, " / "),
        }));
    }
    if options.weighted {
        words.push(locale.say(Message::Weighted));
    }
    if let Some(received) = &options.received {
        words.push(locale.say(Message::ReceivedIs {
            outcome: &label_of(found, received),
        }));
    }
    if let Some(horizon) = options.horizon {
        words.push(locale.say(Message::HorizonIs {
            time: &locale.number(horizon, 0),
        }));
    }
    if let Some(replays) = &options.replays {
        words.push(match replays.exact {
            true => locale.say(Message::AllDraws {
                draws: replays.number,
            }),
            false => locale.say(Message::ReplayedDraw {
                replays: replays.number,
            }),
        });
        let statistic = locale.say(match replays.statistic {
            Statistic::Studentised => Message::StudentisedStatistic,
            Statistic::Difference => Message::DifferenceStatistic,
        });
        words.push(locale.say(Message::StatisticIs {
            statistic: &statistic,
        }));
        if length == Length::Full && !replays.exact {
            words.push(locale.say(Message::ReplaySeed {
                seed: &replays.seed,
            }));
        }
    }
    if let Some(resamples) = &options.resamples {
        words.push(locale.say(Message::Resamples {
            number: u64::from(resamples.number),
        }));
        if length == Length::Full {
            words.push(locale.say(Message::ReplaySeed {
                seed: &resamples.seed,
            }));
        }
    }
    words
}

/// Who has no outcome, arm by arm.
pub fn missing(found: &Results, locale: &Locale) -> Table {
    let say = |message: Message| locale.say(message);
    let mut table = Table::new("missing", say(Message::MissingData), say(Message::Outcome));
    for arm in &found.flow.arms {
        let label = found.arm(&arm.arm);
        table.columns.push(Column::numbers(&arm.arm, label));
    }
    let compared = !found.one_arm();
    if compared {
        table.columns.push(Column::numbers("p", say(Message::P)));
    }
    for outcome in outcomes_of(found, |_| true) {
        let arms = found.flow.arms.iter();
        let mut cells: Vec<Cell> = arms
            .map(|arm| match counts_of(found, &outcome, &arm.arm) {
                Some(counts) if counts.allocated > 0 => {
                    let share = counts.missing as f64 / counts.allocated as f64;
                    Cell::count(counts.missing as u64)
                        .with(Value::Number(share, Form::of(table::Unit::Share, 1)))
                }
                _ => Cell::default(),
            })
            .collect();
        let of_outcome = found
            .rows
            .iter()
            .filter(|row| row.outcome.as_ref() == Some(&outcome) && row.subgroup.is_none());
        // A test by stratum tells how many are missing in each, which no table shows.
        let tells = found.threshold.is_some() && found.persons.people.stratum.is_some();
        let smallest = of_outcome
            .filter_map(|row| row.missing_p.filter(|_| !tells))
            .reduce(f64::min);
        if compared {
            cells.push(Cell::new(smallest.map_or(Value::Empty, Value::P)));
        }
        table.push(Row::new(label_of(found, &outcome), cells));
        for (reason, persons) in reasons(found, &outcome) {
            let mut cells: Vec<Cell> = persons.iter().map(|&n| Cell::count(n as u64)).collect();
            if compared {
                cells.push(Cell::default());
            }
            table.push(Row::new(words::reason(&reason, locale), cells).indented(1));
        }
    }
    let tested = |row: &Row| {
        matches!(
            row.cells.last(),
            Some(Cell {
                value: Value::P(_),
                ..
            })
        )
    };
    if compared && table.rows().any(tested) {
        table.note(say(Message::MissingTested));
    } else if compared {
        let keep: Vec<bool> = table
            .columns
            .iter()
            .map(|column| column.key != "p")
            .collect();
        table.keep_columns(&keep);
    }
    for nothing in &found.nothing_registered {
        let arms = found.flow.arms.iter().zip(&nothing.persons);
        let arms: Vec<String> = arms
            .map(|(arm, &persons)| {
                locale.say(Message::MissingOfArm {
                    missing: persons as u64,
                    drawn: arm.drawn as u64,
                    arm: &found.arm(&arm.arm),
                })
            })
            .collect();
        let outcomes = nothing.outcomes.iter().map(|id| {
            let outcome = &label_of(found, id);
            locale.say(Message::Quoted { words: outcome })
        });
        table.note(locale.say(Message::NothingRegistered {
            register: &nothing.register,
            outcomes: &outcomes.collect::<Vec<_>>().join(", "),
            arms: &arms.join(", "),
        }));
    }
    table
}

/// Returns why an outcome is missing, with the persons of each arm.
pub fn reasons(found: &Results, outcome: &str) -> Vec<(String, Vec<usize>)> {
    let Some(arms) = found.missing.get(outcome) else {
        return Vec::new();
    };
    let mut names: Vec<&String> = arms.iter().flat_map(|arm| arm.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let of_reason = |name: &String| {
        let persons = arms.iter().map(|arm| arm.get(name).copied().unwrap_or(0));
        (name.clone(), persons.collect())
    };
    names.into_iter().map(of_reason).collect()
}

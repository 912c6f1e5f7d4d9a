//! The main results in words, for readers of one page: each primary outcome with the share or mean
//! of both arms, the effect and its interval, and a link to how it was computed.

use super::tables::{effect, form, label_of, means};
use super::{Methods, Results};
use crate::estimate::{ArmCounts, Estimate, Scale, Standing};
use crate::protocol::{MethodId, Role, Unit};
use crate::report::document::{Block, Inline, Text};
use crate::report::language::{Locale, Message, one_stop};
use crate::report::table::{self, Value};

/// Returns who took part and what was found for the primary outcomes.
pub fn blocks(found: &Results, methods: &Methods, locale: &Locale) -> Vec<Block> {
    let (persons, arms) = (found.flow.drawn as u64, found.plan.arms.len() as u64);
    let entered = Block::paragraph(locale.say(match arms {
        1 => Message::TookPart { persons },
        arms => Message::EnteredTheDraw { persons, arms },
    }));
    let mut blocks = vec![entered];
    if found.one_arm() {
        let text = locale.say(Message::NoNumberIsAnEffect);
        blocks.push(Block::paragraph(text));
    }
    let primary = found.rows_where(|row| {
        row.standing == Standing::Effect
            && row.subgroup.is_none()
            && row.role == Some(Role::Primary)
            && row.computed.estimate.is_some()
            && !matches!(row.method, MethodId::RandomisationTest)
    });
    let mut items: Vec<Text> = Vec::new();
    let mut told: Vec<(&Option<String>, &str, Option<&str>)> = Vec::new();
    for row in primary {
        let contrast = (&row.outcome, row.arm.as_str(), row.reference.as_deref());
        // The first difference, or the share itself; ratios stand in the tables.
        if row.scale == Scale::Ratio || told.contains(&contrast) {
            continue;
        }
        told.push(contrast);
        let outcome = label_of(found, row.outcome.as_deref().unwrap_or_default());
        let mut item = vec![
            Inline::Strong(one_stop(format!("{outcome}."))),
            Inline::plain(format!(" {} ", result(found, row, locale))),
        ];
        if let Some(source) = methods.source(found, row, locale) {
            item.push(Inline::link(source.label, source.id));
        }
        items.push(item);
    }
    if !items.is_empty() {
        blocks.push(Block::List(items));
    }
    blocks
}

fn result(found: &Results, row: &Estimate, locale: &Locale) -> String {
    let arm = found.arm(&row.arm);
    let [_, interval, p] = effect(found, row, locale);
    let mut effect = match row.computed.estimate {
        Some(value) => form(row).text(value, locale),
        None => String::new(),
    };
    if let Value::Interval { .. } = interval.value {
        effect += &format!(" {}", interval.written(locale));
    }
    if let Value::P(p) = p.value {
        effect += &format!(", {}", locale.p_statement(p));
    }
    if row.options.strata.is_some() && row.unit == Unit::YesNo {
        effect += &format!(", {}", locale.say(Message::WeightedOverStrata));
    }
    let same = |other: &&Estimate| {
        (
            &other.outcome,
            &other.arm,
            &other.reference,
            &other.subgroup,
        ) == (&row.outcome, &row.arm, &row.reference, &row.subgroup)
            && other.standing == row.standing
            && other.role == row.role
    };
    // By replays the adjusted p stands with the test that replays the draw.
    let adjusted = found
        .rows
        .iter()
        .filter(same)
        .find_map(|row| row.p_adjusted);
    if let Some(p) = row.p_adjusted.or(adjusted) {
        let p = locale.p(p);
        effect += &format!(" ({})", locale.say(Message::AdjustedTo { p: &p }));
    }
    let relative = |other: &&Estimate| {
        matches!(other.method, MethodId::RiskRatio | MethodId::RatioOfMeans) && same(other)
    };
    if let Some(ratio) = found.rows.iter().find(relative)
        && let Some(value) = ratio.computed.estimate
    {
        let [_, interval, _] = self::effect(found, ratio, locale);
        effect += &format!("; {}", form(ratio).text(value, locale));
        if let Value::Interval { .. } = interval.value {
            effect += &format!(" {}", interval.written(locale));
        }
    }
    let cells = means(row, locale);
    let value = side(row, &row.arm_counts, &cells[0].value, locale);
    match (&row.reference, &row.reference_counts) {
        (Some(reference), Some(counts)) => {
            let effect = locale.say(Message::DifferenceOf { effect: &effect });
            let value0 = side(row, counts, &cells[2].value, locale);
            locale.say(Message::ResultOfTwo {
                arm: &arm,
                value: &value,
                reference: &found.arm(reference),
                value0: &value0,
                effect: &effect,
            })
        }
        _ => {
            let mut value = value;
            if row.scale != Scale::Level {
                value = effect;
            } else if let Value::Interval { .. } = interval.value {
                value += &format!(" {}", interval.written(locale));
            }
            if let Some(target) = row.target {
                let form = table::Form::of(table::Unit::Share, 1);
                let target = form.text(target, locale);
                value += &format!("; {}", locale.say(Message::TargetOf { target: &target }));
            }
            locale.say(Message::ResultOfOne {
                arm: &arm,
                value: &value,
            })
        }
    }
}

/// Says the share or mean of one arm with those behind it.
fn side(row: &Estimate, counts: &ArmCounts, shown: &Value, locale: &Locale) -> String {
    let n = counts.n as u64;
    let value = shown.written(locale);
    match (counts.events, row.unit) {
        (Some(events), Unit::YesNo) => locale.say(Message::ShareOfPersons {
            share: &value,
            events,
            n,
        }),
        (Some(events), Unit::TimeToEvent) => locale.say(Message::EventsOfPersons { events, n }),
        _ => locale.say(Message::MeanOfPersons { mean: &value, n }),
    }
}

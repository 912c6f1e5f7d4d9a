//! From the text of `study.toml` to a checked [`Protocol`], section by section.

mod allocation;
mod estimate;
mod outcomes;
mod registers;

use std::path::PathBuf;

pub(super) use outcomes::window_in_words;
use toml::de::DeTable;

use super::section::{At, Faults, Section, pair};
use super::*;

pub(super) fn protocol(text: &str) -> Result<Protocol, ProtocolError> {
    let table = DeTable::parse(text).map_err(|error| not_toml(text, &error))?;
    let mut faults = Faults::new(text);
    let f = &mut faults;
    let mut root = Section::new("the plan", table.get_ref(), 0..0);

    let study = root
        .table("study", f)
        .and_then(|section| study(section, f))
        .or_else(|| {
            if !root.has("study") {
                f.add(
                    &(0..0),
                    "the plan has no [study]",
                    "`[study]` with `id`, `title`",
                );
            }
            None
        });
    let (arms, reference) = arms(root.tables("arm", f), f);
    let factors = factors(root.tables("factor", f), f);
    let section = root.table("allocation", f);
    let allocation = allocation::allocation(section, &arms, &factors, f);
    allocation::open_factors_name_clusters(&factors, allocation.as_ref(), f);
    let eligible = root
        .tables("eligible", f)
        .into_iter()
        .filter_map(|section| rule(section, &factors, f))
        .collect();
    let registers = match root.table("register", f) {
        Some(section) => registers::registers(&section, f),
        None => Vec::new(),
    };
    let unions = match root.table("states", f) {
        Some(section) => registers::unions(&section, f),
        None => Vec::new(),
    };
    let language = study
        .as_ref()
        .map_or(Language::English, |study| study.language);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for section in root.tables("outcome", f) {
        let span = section.span.clone();
        let id = section.peek_text("id");
        let Some(read) = outcomes::outcome(section, &registers, &unions, language, f) else {
            f.faulty("outcome", id.unwrap_or_default());
            continue;
        };
        for outcome in read {
            if outcomes.iter().any(|other| other.id == outcome.id) {
                let found = format!("outcome `{}` stands twice", outcome.id);
                f.add(&span, found, "an id of its own");
            }
            let beside = |one: &Outcome, other: &Outcome| {
                let rest = one.id.strip_prefix(other.id.as_str());
                rest.is_some_and(|rest| COLUMNS_BESIDE.contains(&rest))
            };
            let clash = |other: &&Outcome| beside(&outcome, other) || beside(other, &outcome);
            if let Some(other) = outcomes.iter().find(clash) {
                let found = format!("outcomes `{}` and `{}`", other.id, outcome.id);
                f.add(&span, found, "another id: tables have columns of that name");
            }
            outcomes.push(outcome);
        }
    }
    let estimates = root
        .tables("estimate", f)
        .into_iter()
        .filter_map(|section| estimate::estimate(section, &outcomes, &arms, &factors, f))
        .collect();
    let multiplicity = match root.table("multiplicity", f) {
        Some(section) => estimate::multiplicity(section, f),
        None => Multiplicity {
            method: Adjustment::None,
            family: Role::Primary,
        },
    };
    let replays = match root.table("replays", f) {
        Some(section) => estimate::replays(section, f),
        None => Replays::default(),
    };
    root.finish(f);
    faults.finish()?;

    Ok(Protocol {
        text: text.to_owned(),
        digest: Digest::of(text.as_bytes()),
        study: study.expect("a missing study is a fault"),
        arms: arms.into_iter().map(|arm| arm.value).collect(),
        reference,
        factors: factors.into_iter().map(|factor| factor.value).collect(),
        allocation,
        eligible,
        registers,
        unions,
        outcomes,
        estimates,
        multiplicity,
        replays,
    })
}

/// What the names of columns beside that of an outcome end in, in a table of outcomes.
const COLUMNS_BESIDE: [&str; 5] = ["_status", "_at_least", "_of", "_baseline", "_missing"];

fn not_toml(text: &str, error: &toml::de::Error) -> ProtocolError {
    let mut faults = Faults::new(text);
    faults.add(
        &error.span().unwrap_or(0..0),
        format!("not TOML: {}", error.message()),
        "a text that follows toml.io/en/v1.0.0",
    );
    faults.finish().expect_err("a fault was added")
}

/// Returns the id of a section; letters, digits, hyphens and underscores.
fn id(section: &mut Section, f: &mut Faults) -> Option<At<String>> {
    let id = section.required_text("id", f)?;
    let fits = id
        .value
        .chars()
        .all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    if !fits {
        f.add(
            &id.span,
            format!("`{}` is no id", id.value),
            "letters, digits and hyphens",
        );
        return None;
    }
    Some(id)
}

/// Returns the label of a section, else its id; of one without an id, nothing.
fn label(id: &Option<At<String>>, section: &mut Section, f: &mut Faults) -> String {
    let label = section.text("label", f).map(|label| label.value);
    label.unwrap_or_else(|| id.as_ref().map_or_else(String::new, |id| id.value.clone()))
}

/// Returns the value of a closed set under `key`.
fn choice<T: Copy>(
    section: &mut Section,
    key: &'static str,
    all: &'static [T],
    name: impl Fn(T) -> &'static str,
    f: &mut Faults,
) -> Option<At<T>> {
    let text = section.text(key, f)?;
    match all.iter().find(|&&value| name(value) == text.value) {
        Some(&value) => Some(At {
            value,
            span: text.span,
        }),
        None => {
            let found = format!("`{key} = \"{}\"` in {}", text.value, section.name);
            let known = all.iter().map(|&value| name(value)).collect::<Vec<_>>();
            f.unknown(&text.span, found, &text.value, known);
            None
        }
    }
}

fn study(mut section: Section, f: &mut Faults) -> Option<Study> {
    let id = id(&mut section, f);
    let title = section.required_text("title", f);
    let language = choice(&mut section, "language", Language::ALL, Language::name, f)
        .map_or(Language::English, |language| language.value);
    section.finish(f);
    Some(Study {
        id: id?.value,
        title: title?.value,
        language,
    })
}

fn arms(sections: Vec<Section>, f: &mut Faults) -> (Vec<At<Arm>>, Option<usize>) {
    let mut arms: Vec<At<Arm>> = Vec::new();
    let mut references = Vec::new();
    if sections.is_empty() {
        f.add(
            &(0..0),
            "the plan has no [[arm]]",
            "one arm, or two or more",
        );
    }
    for mut section in sections {
        let id = id(&mut section, f);
        let label = label(&id, &mut section, f);
        let ratio = section
            .whole_within("ratio", 1, 10_000, f)
            .map_or(1, |ratio| ratio.value as u32);
        let reference = section.truth("reference", f);
        let span = section.span.clone();
        section.finish(f);
        // An arm with a faulty id still counts as an arm, so that one fault gives one message.
        let id = id.map_or_else(String::new, |id| id.value);
        if !id.is_empty() && arms.iter().any(|arm| arm.value.id == id) {
            f.add(
                &span,
                format!("arm `{id}` stands twice"),
                "an id of its own",
            );
        }
        if let Some(At { value: true, span }) = reference {
            references.push((arms.len(), span));
        }
        arms.push(At {
            value: Arm { id, label, ratio },
            span,
        });
    }
    let reference = match references.as_slice() {
        [(index, _)] => Some(*index),
        [] => {
            if let [first, _, ..] = arms.as_slice() {
                f.add(
                    &first.span,
                    "no arm is the reference",
                    "`reference = true` in exactly one [[arm]]",
                );
            }
            None
        }
        [_, (_, span), ..] => {
            f.add(
                span,
                format!("{} arms are the reference", references.len()),
                "`reference = true` in exactly one [[arm]]",
            );
            None
        }
    };
    (arms, reference)
}

fn factors(sections: Vec<Section>, f: &mut Faults) -> Vec<At<Factor>> {
    let mut factors: Vec<At<Factor>> = Vec::new();
    for mut section in sections {
        let id = id(&mut section, f);
        let label = label(&id, &mut section, f);
        let kind = factor_kind(&mut section, f);
        let span = section.span.clone();
        section.finish(f);
        let (Some(id), Some(kind)) = (&id, kind) else {
            if let Some(id) = id {
                f.faulty("factor", id.value);
            }
            continue;
        };
        if id.value == "id" {
            f.add(
                &id.span,
                "a factor is called `id`",
                "another name: `id` is the referral's own column in a list",
            );
        }
        if factors.iter().any(|factor| factor.value.id == id.value) {
            let found = format!("factor `{}` stands twice", id.value);
            f.add(&span, found, "an id of its own");
        }
        factors.push(At {
            value: Factor {
                id: id.value.clone(),
                label,
                kind,
            },
            span,
        });
    }
    factors
}

fn factor_kind(section: &mut Section, f: &mut Faults) -> Option<FactorKind> {
    let (has_levels, has_bounds) = (
        section.has("levels"),
        section.has("min") || section.has("max") || section.has("bands"),
    );
    let levels = section.texts("levels", f);
    let (min, max) = (section.whole("min", f), section.whole("max", f));
    let bands = section.table("bands", f);
    if has_levels && has_bounds {
        f.add(
            &section.span,
            "a factor has both `levels` and bounds",
            "either a list of levels, or `min` and `max`",
        );
        return None;
    }
    if has_levels {
        return Some(FactorKind::Levels(distinct_levels(levels?, f)?));
    }
    if !has_bounds {
        return Some(FactorKind::Open);
    }
    let (Some(min), Some(max)) = (&min, &max) else {
        if !(section.has("min") && section.has("max")) {
            f.add(
                &section.span,
                "a whole-number factor lacks a bound",
                "both `min` and `max`",
            );
        }
        return None;
    };
    if min.value > max.value {
        f.add(
            &max.span,
            format!("`min = {}` is above `max = {}`", min.value, max.value),
            "`min` at most `max`",
        );
        return None;
    }
    let bands = match bands {
        Some(bands) => bands_of(&bands, min.value, max.value, f)?,
        None => Vec::new(),
    };
    Some(FactorKind::Whole {
        min: min.value,
        max: max.value,
        bands,
    })
}

fn distinct_levels(levels: At<Vec<At<String>>>, f: &mut Faults) -> Option<Vec<String>> {
    if levels.value.is_empty() {
        f.add(&levels.span, "`levels` is empty", "one level or more");
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for level in levels.value {
        if !is_name(&level.value) {
            f.add(
                &level.span,
                format!("`{}` is no level", level.value.escape_debug()),
                "a text without blanks at its ends and without control characters",
            );
        } else if names.contains(&level.value) {
            let found = format!("level `{}` stands twice", level.value);
            f.add(&level.span, found, "each level once");
        }
        names.push(level.value);
    }
    Some(names)
}

/// Whether a text can stand as a level or an id: not empty, no control characters, no blanks at
/// its ends.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control)
}

fn bands_of(section: &Section, min: i64, max: i64, f: &mut Faults) -> Option<Vec<Band>> {
    let mut bands = Vec::new();
    for (name, value) in section.entries() {
        match pair(value.get_ref()) {
            Some((first, last)) if first <= last && is_name(&name.value) => bands.push(At {
                value: Band {
                    name: name.value,
                    min: first,
                    max: last,
                },
                span: value.span(),
            }),
            _ => {
                f.add(
                    &value.span(),
                    format!("band `{}` is no stretch of numbers", name.value),
                    "`\"18-29\" = [18, 29]`, both ends included",
                );
                return None;
            }
        }
    }
    bands.sort_by_key(|band| band.value.min);
    let mut next = min;
    for band in &bands {
        let Band {
            name,
            min: first,
            max: last,
        } = &band.value;
        if *first != next {
            let found = if *first > next {
                format!("no band holds {next}")
            } else {
                format!("band `{name}` begins at {first}, inside another or below `min`")
            };
            let expected = format!("bands that hold each number from {min} to {max} once");
            f.add(&band.span, found, expected);
            return None;
        }
        next = last + 1;
    }
    if next != max + 1 {
        f.add(
            &section.span,
            format!("the bands end at {}, `max` is {max}", next - 1),
            format!("bands that hold each number from {min} to {max} once"),
        );
        return None;
    }
    Some(bands.into_iter().map(|band| band.value).collect())
}

fn find_factor(
    name: &At<String>,
    place: &str,
    factors: &[At<Factor>],
    f: &mut Faults,
) -> Option<usize> {
    let found = factors
        .iter()
        .position(|factor| factor.value.id == name.value);
    if found.is_none() && !f.is_faulty("factor", &name.value) {
        f.unknown(
            &name.span,
            format!("`{}` in {place} is no factor", name.value),
            &name.value,
            factors
                .iter()
                .map(|factor| factor.value.id.as_str())
                .collect::<Vec<_>>(),
        );
    }
    found
}

fn rule(mut section: Section, factors: &[At<Factor>], f: &mut Faults) -> Option<Rule> {
    let label = section.required_text("label", f);
    let when = match section.table("when", f) {
        Some(mut when) => {
            let found = demand(&mut when, factors, f);
            when.finish(f);
            Some(found)
        }
        None => None,
    };
    let demand = demand(&mut section, factors, f);
    section.finish(f);
    Some(Rule {
        label: label?.value,
        demand: demand?,
        when: match when {
            Some(when) => Some(when?),
            None => None,
        },
    })
}

/// Returns what is demanded of a factor, by `factor` and `min`, `max` or `in`.
fn demand(section: &mut Section, factors: &[At<Factor>], f: &mut Faults) -> Option<Demand> {
    let name = section.required_text("factor", f);
    let (min, max) = (section.whole("min", f), section.whole("max", f));
    let allowed = section.texts("in", f);
    let span = section.span.clone();
    let index = find_factor(&name?, "[[eligible]]", factors, f)?;
    let factor = &factors[index].value;
    let condition = match (&factor.kind, allowed, &min, &max) {
        (FactorKind::Levels(levels), Some(allowed), None, None) => {
            let mut indices = Vec::new();
            for level in allowed.value {
                match levels.iter().position(|known| *known == level.value) {
                    Some(index) => indices.push(index),
                    None => {
                        f.unknown(
                            &level.span,
                            format!("`{}` is no level of `{}`", level.value, factor.id),
                            &level.value,
                            levels.iter().map(String::as_str),
                        );
                        return None;
                    }
                }
            }
            Condition::In(indices)
        }
        (FactorKind::Whole { .. }, None, min, max) if min.is_some() || max.is_some() => {
            let (min, max) = (
                min.as_ref().map(|min| min.value),
                max.as_ref().map(|max| max.value),
            );
            if let (Some(min), Some(max)) = (min, max)
                && min > max
            {
                f.add(
                    &span,
                    format!("a rule from {min} to {max} lets nobody in"),
                    "`min` at most `max`",
                );
                return None;
            }
            Condition::Between { min, max }
        }
        (kind, ..) => {
            let expected = match kind {
                FactorKind::Levels(_) => "`in = [\"…\"]`, a list of its levels",
                _ => "`min`, `max` or both",
            };
            f.add(
                &span,
                format!("a rule that does not fit factor `{}`", factor.id),
                expected,
            );
            return None;
        }
    };
    Some(Demand {
        factor: index,
        condition,
    })
}

/// Returns the path of a file. A plan is read on other systems than the one it was written on.
fn path(file: At<String>, f: &mut Faults) -> PathBuf {
    if file.value.contains('\\') {
        f.add(
            &file.span,
            format!("`{}` is a path with `\\`", file.value),
            format!(
                "`{}`, which every system reads",
                file.value.replace('\\', "/")
            ),
        );
    }
    PathBuf::from(file.value)
}

//! From the text of `study.toml` to a checked [`Protocol`], section by section.

mod estimate;

use std::ops::Range;
use std::path::PathBuf;

use toml::de::DeTable;

use super::section::{At, Faults, Section, pair, texts, whole};
use super::*;
use crate::period::Window;

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
    let allocation = allocation(section, &arms, &factors, f);
    open_factors_name_clusters(&factors, allocation.as_ref(), f);
    let eligible = root
        .tables("eligible", f)
        .into_iter()
        .filter_map(|section| rule(section, &factors, f))
        .collect();
    let registers = match root.table("register", f) {
        Some(section) => registers(&section, f),
        None => Vec::new(),
    };
    let unions = match root.table("states", f) {
        Some(section) => unions(&section, f),
        None => Vec::new(),
    };
    let mut outcomes: Vec<Outcome> = Vec::new();
    for section in root.tables("outcome", f) {
        let span = section.span.clone();
        let id = section.peek_text("id");
        let Some(read) = outcome(section, &registers, &unions, f) else {
            f.faulty("outcome", id.unwrap_or_default());
            continue;
        };
        for outcome in read {
            if outcomes.iter().any(|other| other.id == outcome.id) {
                let found = format!("outcome `{}` stands twice", outcome.id);
                f.add(&span, found, "an id of its own");
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

fn label_or(id: &str, section: &mut Section, f: &mut Faults) -> String {
    match section.text("label", f) {
        Some(label) => label.value,
        None => id.to_owned(),
    }
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
        let label = match &id {
            Some(id) => label_or(&id.value, &mut section, f),
            None => section
                .text("label", f)
                .map_or_else(String::new, |l| l.value),
        };
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
        let label = match &id {
            Some(id) => label_or(&id.value, &mut section, f),
            None => section
                .text("label", f)
                .map_or_else(String::new, |l| l.value),
        };
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

/// The keys of `[allocation]` that belong to one procedure each.
const PARAMETERS: &[(&str, &str)] = &[
    ("counts", "complete"),
    ("block_sizes", "permuted-blocks"),
    ("lambda", "block-urn"),
    ("limit", "big-stick"),
    ("probability", "biased-coin and minimisation"),
    ("measure", "minimisation"),
    ("weights", "minimisation"),
];

fn allocation(
    section: Option<Section>,
    arms: &[At<Arm>],
    factors: &[At<Factor>],
    f: &mut Faults,
) -> Option<Allocation> {
    let Some(mut section) = section else {
        if let [first, _, ..] = arms {
            f.add(
                &first.span,
                format!("{} arms and no [allocation]", arms.len()),
                "`[allocation]` with a `procedure`",
            );
        }
        return None;
    };
    if let [_] = arms {
        f.add(
            &section.span,
            "[allocation] in a study with one arm",
            "two arms or more, or no [allocation]: with one arm nothing is drawn",
        );
        return None;
    }
    let strata = strata(&mut section, factors, f);
    let cluster = section
        .text("cluster", f)
        .and_then(|name| find_factor(&name, "`cluster`", factors, f).map(|index| (index, name)));
    if let (Some((cluster, name)), Some(strata)) = (&cluster, &strata)
        && strata.contains(cluster)
    {
        f.add(
            &name.span,
            format!("`{}` is both the cluster and a stratum", name.value),
            "a factor of its own for the cluster",
        );
    }
    let expected = section
        .whole_within("expected", 1, 10_000_000, f)
        .map(|n| n.value as u64);
    if let Some((cluster, name)) = &cluster
        && let FactorKind::Whole { .. } = factors[*cluster].value.kind
    {
        f.add(
            &name.span,
            format!("`{}` is a whole number, and the cluster", name.value),
            "a factor with `levels`, or with neither levels nor bounds: clusters have names",
        );
    }
    let procedure = procedure(&mut section, arms, factors, f);
    for (key, owner) in PARAMETERS {
        let asked = section.asked_for(key);
        if section.has(key) && !asked {
            section.pass(key);
            if let Some(procedure) = &procedure {
                f.add(
                    &section.key_span(key),
                    format!("`{key}` with `procedure = \"{}\"`", procedure.name()),
                    format!("`{key}` only with {owner}"),
                );
            }
        }
    }
    section.finish(f);
    Some(Allocation {
        procedure: procedure?,
        strata: strata?,
        cluster: cluster.map(|(index, _)| index),
        expected,
    })
}

fn strata(section: &mut Section, factors: &[At<Factor>], f: &mut Faults) -> Option<Vec<usize>> {
    let mut strata = Vec::new();
    if !section.has("strata") {
        section.pass("strata");
        return Some(strata);
    }
    for name in section.texts("strata", f)?.value {
        let index = find_factor(&name, "`strata`", factors, f)?;
        if strata.contains(&index) {
            let found = format!("`{}` stands twice in `strata`", name.value);
            f.add(&name.span, found, "each factor once");
        }
        needs_levels(&name, &factors[index].value, "a stratum", f)?;
        strata.push(index);
    }
    Some(strata)
}

fn needs_levels(name: &At<String>, factor: &Factor, use_: &str, f: &mut Faults) -> Option<()> {
    if factor.levels() > 0 {
        return Some(());
    }
    f.add(
        &name.span,
        format!("factor `{}` has no levels to be {use_}", factor.id),
        "a factor with `levels`, or with `bands` over its numbers",
    );
    None
}

fn open_factors_name_clusters(
    factors: &[At<Factor>],
    allocation: Option<&Allocation>,
    f: &mut Faults,
) {
    let cluster = allocation.and_then(|allocation| allocation.cluster);
    for (index, factor) in factors.iter().enumerate() {
        if factor.value.kind == FactorKind::Open && cluster != Some(index) {
            f.add(
                &factor.span,
                format!("factor `{}` has no levels", factor.value.id),
                "`levels = [\"…\"]`, or `min` and `max`; only the factor of `cluster` may be open",
            );
        }
    }
}

fn procedure(
    section: &mut Section,
    arms: &[At<Arm>],
    factors: &[At<Factor>],
    f: &mut Faults,
) -> Option<Procedure> {
    let name = section.required_text("procedure", f)?;
    let total: u64 = arms.iter().map(|arm| u64::from(arm.value.ratio)).sum();
    match name.value.as_str() {
        "simple" => Some(Procedure::Simple),
        "complete" => Some(Procedure::Complete {
            counts: counts(section, arms, f)?,
        }),
        "permuted-blocks" => Some(Procedure::PermutedBlocks {
            sizes: block_sizes(section, total, f)?,
        }),
        "block-urn" => {
            let lambda = required_whole(section, "lambda", 1, 1_000_000, f)?;
            Some(Procedure::BlockUrn { lambda })
        }
        "biased-coin" => {
            two_equal_arms(&name, arms, f)?;
            let probability = fraction(section, f)?;
            let Fraction { p, q } = probability.value;
            if 2 * u64::from(p) <= u64::from(q) {
                let found = format!("`probability = \"{p}/{q}\"` for a biased coin");
                f.add(&probability.span, found, "a fraction above 1/2 and below 1");
                return None;
            }
            Some(Procedure::BiasedCoin {
                probability: probability.value,
            })
        }
        "big-stick" => {
            two_equal_arms(&name, arms, f)?;
            let limit = required_whole(section, "limit", 1, 1_000_000, f)?;
            Some(Procedure::BigStick { limit })
        }
        "minimisation" => {
            let probability = fraction(section, f);
            let measure = choice(section, "measure", Imbalance::ALL, Imbalance::name, f);
            if !section.has("measure") {
                f.add(
                    &name.span,
                    "minimisation without `measure`",
                    "`measure = \"range\"` or `\"variance\"`",
                );
            }
            let weights = weights(section, &name, factors, f);
            Some(Procedure::Minimisation {
                measure: measure?.value,
                probability: probability?.value,
                weights: weights?,
            })
        }
        other => {
            f.unknown(
                &name.span,
                format!("`{other}` is no procedure"),
                other,
                PROCEDURES.iter().copied(),
            );
            None
        }
    }
}

fn required_whole(
    section: &mut Section,
    key: &'static str,
    min: i64,
    max: i64,
    f: &mut Faults,
) -> Option<u32> {
    if !section.has(key) {
        if section.lacks(key) {
            f.add(
                &section.span,
                format!("{} has no `{key}`", section.name),
                format!("`{key}`, a whole number from {min}"),
            );
        }
        section.pass(key);
        return None;
    }
    section
        .whole_within(key, min, max, f)
        .map(|number| number.value as u32)
}

fn two_equal_arms(name: &At<String>, arms: &[At<Arm>], f: &mut Faults) -> Option<()> {
    let ratios: Vec<u32> = arms.iter().map(|arm| arm.value.ratio).collect();
    if let [a, b] = ratios[..]
        && a == b
    {
        return Some(());
    }
    f.add(
        &name.span,
        format!(
            "`{}` with {} arms in ratio {}",
            name.value,
            arms.len(),
            ratios
                .iter()
                .map(u32::to_string)
                .collect::<Vec<_>>()
                .join(":")
        ),
        "two arms in ratio 1:1",
    );
    None
}

fn counts(section: &mut Section, arms: &[At<Arm>], f: &mut Faults) -> Option<Option<Vec<u64>>> {
    if !section.has("counts") {
        section.pass("counts");
        return Some(None);
    }
    let table = section.table("counts", f)?;
    let mut counts = vec![None; arms.len()];
    for (name, value) in table.entries() {
        let Some(arm) = arms.iter().position(|arm| arm.value.id == name.value) else {
            f.unknown(
                &name.span,
                format!("`{}` in `counts` is no arm", name.value),
                &name.value,
                arms.iter()
                    .map(|arm| arm.value.id.as_str())
                    .collect::<Vec<_>>(),
            );
            return None;
        };
        match whole(value.get_ref()) {
            Some(count) if (1..=i64::from(u32::MAX)).contains(&count) => {
                counts[arm] = Some(count as u64);
            }
            _ => {
                f.add(
                    &value.span(),
                    format!("the count of arm `{}`", name.value),
                    "a whole number from 1",
                );
                return None;
            }
        }
    }
    if let Some(missing) = counts.iter().position(Option::is_none) {
        f.add(
            &table.span,
            format!("`counts` has no arm `{}`", arms[missing].value.id),
            "a count for every arm",
        );
        return None;
    }
    if let Some(arm) = arms.iter().find(|arm| arm.value.ratio != 1) {
        f.add(
            &arm.span,
            format!("arm `{}` has a ratio beside `counts`", arm.value.id),
            "counts or ratios, not both",
        );
    }
    Some(counts.into_iter().collect())
}

fn block_sizes(section: &mut Section, total: u64, f: &mut Faults) -> Option<Vec<u32>> {
    if !section.has("block_sizes") {
        if section.lacks("block_sizes") {
            f.add(
                &section.span,
                "permuted-blocks without `block_sizes`",
                format!("`block_sizes`, multiples of {total}"),
            );
        }
        section.pass("block_sizes");
        return None;
    }
    let sizes = section.wholes("block_sizes", f)?;
    if sizes.value.is_empty() {
        f.add(
            &sizes.span,
            "`block_sizes` is empty",
            format!("one multiple of {total} or more"),
        );
        return None;
    }
    let mut list = Vec::new();
    for size in sizes.value {
        if size.value < 1 || size.value > 100_000 || !(size.value as u64).is_multiple_of(total) {
            f.add(
                &size.span,
                format!("block size {}", size.value),
                format!("a multiple of {total}, the sum of the arms' ratios"),
            );
            return None;
        }
        list.push(size.value as u32);
    }
    Some(list)
}

fn fraction(section: &mut Section, f: &mut Faults) -> Option<At<Fraction>> {
    const EXPECTED: &str = "a fraction in quotes, such as \"4/5\", above 0 and below 1";
    if !section.has("probability") {
        if section.lacks("probability") {
            f.add(
                &section.span,
                format!("{} has no `probability`", section.name),
                EXPECTED,
            );
        }
        section.pass("probability");
        return None;
    }
    if !section.is_text("probability") {
        section.pass("probability");
        f.add(
            &section.key_span("probability"),
            "`probability` is not in quotes",
            EXPECTED,
        );
        return None;
    }
    let text = section.text("probability", f)?;
    let parsed = text.value.split_once('/').and_then(|(p, q)| {
        let plain = |n: &str| !n.is_empty() && n.bytes().all(|c| c.is_ascii_digit());
        let fraction = Fraction {
            p: plain(p).then(|| p.parse().ok())??,
            q: plain(q).then(|| q.parse().ok())??,
        };
        (0 < fraction.p && fraction.p < fraction.q).then_some(fraction)
    });
    match parsed {
        Some(value) => Some(At {
            value,
            span: text.span,
        }),
        None => {
            let found = format!("`probability = \"{}\"`", text.value);
            f.add(&text.span, found, EXPECTED);
            None
        }
    }
}

fn weights(
    section: &mut Section,
    name: &At<String>,
    factors: &[At<Factor>],
    f: &mut Faults,
) -> Option<Vec<(usize, u32)>> {
    if !section.has("weights") {
        if section.lacks("weights") {
            f.add(
                &name.span,
                "minimisation without `weights`",
                "`weights = { factor = 1, … }`: they name its factors",
            );
        }
        section.pass("weights");
        return None;
    }
    let table = section.table("weights", f)?;
    let mut weights = Vec::new();
    for (name, value) in table.entries() {
        let index = find_factor(&name, "`weights`", factors, f)?;
        needs_levels(&name, &factors[index].value, "minimised over", f)?;
        match whole(value.get_ref()) {
            Some(weight) if (1..=1_000_000).contains(&weight) => {
                weights.push((index, weight as u32));
            }
            _ => {
                f.add(
                    &value.span(),
                    format!("the weight of `{}`", name.value),
                    "a whole number from 1",
                );
                return None;
            }
        }
    }
    if weights.is_empty() {
        f.add(&table.span, "`weights` is empty", "one factor or more");
        return None;
    }
    weights.sort_unstable();
    Some(weights)
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

fn registers(section: &Section, f: &mut Faults) -> Vec<Register> {
    let mut registers = Vec::new();
    for (name, value) in section.entries() {
        let Some(table) = value.get_ref().as_table() else {
            f.add(
                &value.span(),
                format!("`{}` in [register] is no table", name.value),
                format!("`[register.{}]`", name.value),
            );
            continue;
        };
        let mut section = Section::new(format!("[register.{}]", name.value), table, name.span);
        let kind = choice(
            &mut section,
            "kind",
            RegisterKind::ALL,
            RegisterKind::name,
            f,
        );
        if !section.has("kind") {
            f.add(
                &section.span,
                format!("{} has no `kind`", section.name),
                "`kind = \"dream\"`",
            );
        }
        let files = section.texts("files", f);
        if !section.has("files") || files.as_ref().is_some_and(|files| files.value.is_empty()) {
            f.add(
                &section.span,
                format!("{} names no file", section.name),
                "`files = [\"…\"]`",
            );
        }
        let key = section.text("key", f).map(|key| key.value);
        let columns = columns(&mut section, f);
        let codes = section
            .text("codes", f)
            .map(|codes| PathBuf::from(codes.value));
        let wins = section.text("wins", f).and_then(|wins| {
            let files = files.as_ref()?;
            let index = files.value.iter().position(|file| file.value == wins.value);
            if index.is_none() {
                f.unknown(
                    &wins.span,
                    format!("`wins = \"{}\"` in {}", wins.value, section.name),
                    &wins.value,
                    files.value.iter().map(|file| file.value.as_str()),
                );
            }
            index
        });
        let absent = choice(&mut section, "absent", Absence::ALL, Absence::name, f);
        if let (Some(absent), Some(kind)) = (&absent, &kind)
            && absent.value == Absence::Zero
            && !matches!(kind.value, RegisterKind::Dream | RegisterKind::Bfl)
        {
            f.add(
                &absent.span,
                format!("`absent = \"zero\"` in a register of kind `{}`", kind.value),
                "`absent = \"missing\"`: only `dream` and `bfl` say that there was nothing",
            );
        }
        section.finish(f);
        let (Some(kind), Some(files)) = (kind, files) else {
            f.faulty("register", name.value);
            continue;
        };
        registers.push(Register {
            id: name.value,
            kind: kind.value,
            files: files
                .value
                .into_iter()
                .map(|file| PathBuf::from(file.value))
                .collect(),
            key,
            columns,
            wins,
            codes,
            absent: absent.map_or(Absence::Missing, |absent| absent.value),
        });
    }
    registers
}

/// Returns `[register.x.columns]`; `key` in it is the register's own key column.
fn columns(section: &mut Section, f: &mut Faults) -> Vec<(ColumnRole, String)> {
    let Some(table) = section.table("columns", f) else {
        return Vec::new();
    };
    let mut columns = Vec::new();
    for (role, value) in table.entries() {
        let Some(known) = ColumnRole::from_name(&role.value) else {
            f.unknown(
                &role.span,
                format!("`{}` is no column of a register", role.value),
                &role.value,
                ColumnRole::ALL.iter().map(|role| role.name()),
            );
            continue;
        };
        match value.get_ref().as_str() {
            Some(name) => columns.push((known, name.to_owned())),
            None => f.add(
                &value.span(),
                format!("`{}` in [columns] is no text", role.value),
                "the name of a column",
            ),
        }
    }
    columns
}

/// Returns what a word in `states` selects: a state, a code of three digits, or `wage`.
fn selector(word: &str) -> Option<Selector> {
    if word == WAGE {
        return Some(Selector::Wage);
    }
    if word.len() == 3 && word.bytes().all(|c| c.is_ascii_digit()) {
        return word.parse().ok().map(Selector::Code);
    }
    State::from_name(word).map(Selector::State)
}

fn selectors(
    words: &[At<String>],
    unions: &[Union],
    place: &str,
    f: &mut Faults,
) -> Option<Vec<Selector>> {
    let mut selectors = Vec::new();
    for word in words {
        if let Some(one) = selector(&word.value) {
            selectors.push(one);
        } else if let Some(union) = unions.iter().find(|union| union.name == word.value) {
            selectors.extend(union.selectors.iter().cloned());
        } else {
            let known = State::ALL
                .iter()
                .map(|state| state.name())
                .chain([WAGE])
                .chain(unions.iter().map(|union| union.name.as_str()))
                .collect::<Vec<_>>();
            f.unknown(
                &word.span,
                format!("`{}` in {place} is no state", word.value),
                &word.value,
                known,
            );
            return None;
        }
    }
    if selectors.is_empty() {
        return None;
    }
    Some(selectors)
}

fn unions(section: &Section, f: &mut Faults) -> Vec<Union> {
    let mut unions = Vec::new();
    for (name, value) in section.entries() {
        if selector(&name.value).is_some() {
            f.add(
                &name.span,
                format!("`{}` in [states] is already a state", name.value),
                "a name of its own",
            );
            continue;
        }
        let Some(words) = texts(value.get_ref()).filter(|words| !words.is_empty()) else {
            f.add(
                &value.span(),
                format!("`{}` in [states] names no states", name.value),
                "a list of states, such as [\"ordinary\", \"supported\"]",
            );
            continue;
        };
        if let Some(selectors) = selectors(&words, &[], "[states]", f) {
            unions.push(Union {
                name: name.value,
                selectors,
            });
        }
    }
    unions
}

/// Reads an outcome; with several windows it is one outcome for each.
fn outcome(
    mut section: Section,
    registers: &[Register],
    unions: &[Union],
    f: &mut Faults,
) -> Option<Vec<Outcome>> {
    let id = id(&mut section, f);
    let label = match &id {
        Some(id) => label_or(&id.value, &mut section, f),
        None => section
            .text("label", f)
            .map_or_else(String::new, |l| l.value),
    };
    let name = section.required_text("measure", f);
    if let Some(id) = &id
        && ["referral", "arm"].contains(&id.value.as_str())
    {
        let found = format!("an outcome is called `{}`", id.value);
        f.add(
            &id.span,
            found,
            "another name: tables have a column of that name",
        );
    }
    let target = section.number("target", f);
    if let Some(target) = &target
        && !(0.0..=1.0).contains(&target.value)
    {
        f.add(
            &target.span,
            format!("`target = {}`", target.value),
            "a share from 0 to 1",
        );
    }
    let measures = name.and_then(|name| measures(&mut section, &name, f));
    // Without a known measure it is unknown which keys belong, so only the measure is reported.
    let Some(measures) = measures else {
        section.pass("states");
        section.pass("register");
        return None;
    };
    let measure = measures[0];
    let value = match measure {
        Measure::Value { yes_no } => Some(value_column(&mut section, yes_no, f)?),
        _ => None,
    };
    let register = match measure {
        Measure::Value { .. } => None,
        _ => Some(register_of(&mut section, measure, registers, f)),
    };
    let (states_span, words) = match measure.needs_states() {
        true => states(&mut section, measure, f)?,
        false => (section.span.clone(), Vec::new()),
    };
    let states_line = f.line(&states_span);
    let selectors = match measure.needs_states() {
        true => selectors(&words, unions, "`states`", f),
        false => Some(Vec::new()),
    };
    section.finish(f);
    let (id, selectors) = (id?.value, selectors?);
    let register = match register {
        Some(register) => Some(register?),
        None => None,
    };
    let several = measures.len() > 1;
    let outcomes = measures.into_iter().map(|measure| {
        let (mut id, mut label) = (id.clone(), label.clone());
        if several && let Some(window) = measure.window().or(measure.months()) {
            let unit = if measure.window().is_some() {
                "weeks"
            } else {
                "months"
            };
            id = format!("{id}-{}-{}", window.first(), window.last());
            label = format!("{label}, {unit} {window}");
        }
        Outcome {
            id,
            label,
            measure,
            register,
            absent: register.map_or(Absence::Missing, |register| registers[register].absent),
            value: value.clone(),
            states_written: words.iter().map(|word| word.value.clone()).collect(),
            selectors: selectors.clone(),
            states_line,
            target: target.as_ref().map(|target| target.value),
        }
    });
    Some(outcomes.collect())
}

/// Returns the words of `states` and where they stand.
fn states(
    section: &mut Section,
    measure: Measure,
    f: &mut Faults,
) -> Option<(Range<usize>, Vec<At<String>>)> {
    match section.texts("states", f) {
        Some(words) if !words.value.is_empty() => Some((words.span, words.value)),
        Some(words) => {
            f.add(&words.span, "`states` is empty", "one state or more");
            None
        }
        None if matches!(measure, Measure::History { .. }) && !section.has("states") => {
            let default = ["benefit", "praktik"].map(|state| At {
                value: state.to_owned(),
                span: section.span.clone(),
            });
            Some((section.span.clone(), default.to_vec()))
        }
        None => {
            if !section.has("states") {
                f.add(
                    &section.span,
                    format!("measure `{}` without `states`", measure.name()),
                    "`states = [\"…\"]`",
                );
            }
            None
        }
    }
}

/// Returns the table and column of a `value`.
fn value_column(section: &mut Section, yes_no: bool, f: &mut Faults) -> Option<ValueColumn> {
    let file = section.required_text("file", f);
    let column = section.required_text("column", f);
    let baseline = section.text("baseline", f).map(|baseline| baseline.value);
    let key = section.text("key", f).map(|key| key.value);
    Some(ValueColumn {
        file: PathBuf::from(file?.value),
        column: column?.value,
        baseline,
        yes_no,
        key,
    })
}

fn register_of(
    section: &mut Section,
    measure: Measure,
    registers: &[Register],
    f: &mut Faults,
) -> Option<usize> {
    if let Some(name) = section.text("register", f) {
        let known = || registers.iter().map(|register| register.id.as_str());
        let index = known().position(|id| id == name.value);
        match index {
            None if !f.is_faulty("register", &name.value) => f.unknown(
                &name.span,
                format!("`{}` is no register", name.value),
                &name.value,
                known().collect::<Vec<_>>(),
            ),
            Some(index) if !measure.reads(registers[index].kind) => {
                let kind = registers[index].kind;
                f.add(
                    &name.span,
                    format!(
                        "measure `{}` of a register of kind `{kind}`",
                        measure.name()
                    ),
                    "a register of a kind that has it: hours stand in `bfl`, states in the others",
                );
                return None;
            }
            _ => {}
        }
        return index;
    }
    let fitting: Vec<usize> = (0..registers.len())
        .filter(|&index| measure.reads(registers[index].kind))
        .collect();
    match fitting[..] {
        _ if f.any_faulty("register") => None,
        [only] => Some(only),
        [] => {
            f.add(
                &section.span,
                format!("measure `{}` and no register for it", measure.name()),
                match measure {
                    Measure::Degree { .. } | Measure::DegreeZero { .. } | Measure::Hours { .. } => {
                        "`[register.x]` with `kind = \"bfl\"` and `files`"
                    }
                    _ => "`[register.x]` with `kind` and `files`",
                },
            );
            None
        }
        _ => {
            f.add(
                &section.span,
                format!("an outcome and {} registers for it", fitting.len()),
                "`register = \"…\"` in the outcome",
            );
            None
        }
    }
}

/// Returns the measure, once for each window.
fn measures(section: &mut Section, name: &At<String>, f: &mut Faults) -> Option<Vec<Measure>> {
    let each = |windows: Option<Vec<Window>>, of: &dyn Fn(Window) -> Measure| {
        Some(windows?.into_iter().map(of).collect())
    };
    match name.value.as_str() {
        "ever" => each(windows("weeks", section, f), &|window| Measure::Ever {
            window,
        }),
        "at" => each(windows("weeks", section, f), &|window| Measure::At {
            window,
        }),
        "weeks" => {
            let windows = windows("weeks", section, f);
            let more_than = more_than(section, f);
            each(windows, &|window| Measure::Weeks { window, more_than })
        }
        "share" => {
            let windows = windows("weeks", section, f);
            let denominator = choice(
                section,
                "denominator",
                Denominator::ALL,
                Denominator::name,
                f,
            );
            let denominator = denominator.map_or(Denominator::Fixed, |d| d.value);
            each(windows, &|window| Measure::Share {
                window,
                denominator,
            })
        }
        "time-to" => {
            let windows = windows("weeks", section, f);
            let stable = stable(windows.as_deref(), section, f).unwrap_or(1);
            each(windows, &|window| Measure::TimeTo { window, stable })
        }
        "retained" => {
            let windows = windows("weeks", section, f);
            let stable = stable(windows.as_deref(), section, f);
            if section.lacks("stable") {
                let found = format!("{} has no `stable`", section.name);
                f.add(
                    &section.span,
                    found,
                    "`stable = N`: consecutive weeks in the states",
                );
            }
            let after = section.whole_within("after", 1, 5_000, f);
            if section.lacks("after") {
                let found = format!("{} has no `after`", section.name);
                f.add(&section.span, found, "`after = N`: weeks later");
            }
            let (stable, after) = (stable?, after?.value as u32);
            each(windows, &|window| Measure::Retained {
                window,
                stable,
                after,
            })
        }
        "degree" => each(windows("months", section, f), &|months| Measure::Degree {
            months,
        }),
        "degree-zero" => each(windows("months", section, f), &|months| {
            Measure::DegreeZero { months }
        }),
        "history" => {
            let gap = section
                .whole_within("gap", 0, 5_000, f)
                .map_or(0, |gap| gap.value as u32);
            let more_than = more_than(section, f);
            Some(vec![Measure::History { gap, more_than }])
        }
        "hours" => {
            let months = windows("months", section, f);
            let more_than = hours("more_than", section, f);
            let at_most = hours("at_most", section, f);
            if let (Some(more_than), Some(at_most)) = (&more_than, &at_most)
                && more_than.value >= at_most.value
            {
                f.add(
                    &at_most.span,
                    format!(
                        "more than {} hours and at most {}",
                        more_than.value, at_most.value
                    ),
                    "`more_than` below `at_most`",
                );
            }
            let bound = |bound: Option<At<i64>>| bound.map(|hours| hours.value as u32);
            let (more_than, at_most) = (bound(more_than), bound(at_most));
            each(months, &|months| Measure::Hours {
                months,
                more_than,
                at_most,
            })
        }
        "value" => {
            let yes_no = section.truth("yes_no", f);
            let yes_no = yes_no.is_some_and(|yes_no| yes_no.value);
            if yes_no && section.has("baseline") {
                f.add(
                    &section.key_span("baseline"),
                    "a baseline of a yes or no",
                    "a number; what was so before the draw is a `[[factor]]` or an outcome",
                );
            }
            Some(vec![Measure::Value { yes_no }])
        }
        other => {
            f.unknown(
                &name.span,
                format!("`{other}` is no measure"),
                other,
                MEASURES.iter().copied(),
            );
            None
        }
    }
}

/// Returns `stable`, which must fit in every window.
fn stable(windows: Option<&[Window]>, section: &mut Section, f: &mut Faults) -> Option<u32> {
    let stable = section.whole_within("stable", 1, 5_000, f)?;
    for window in windows.unwrap_or_default() {
        if stable.value as u32 > window.weeks() {
            f.add(
                &stable.span,
                format!(
                    "`stable = {}` in a window of {} weeks",
                    stable.value,
                    window.weeks()
                ),
                "a number of weeks that fits in the window",
            );
        }
    }
    Some(stable.value as u32)
}

/// Returns a bound in whole hours a week.
fn hours(key: &'static str, section: &mut Section, f: &mut Faults) -> Option<At<i64>> {
    section.whole_within(key, 0, 168, f)
}

fn more_than(section: &mut Section, f: &mut Faults) -> Option<u32> {
    section
        .whole_within("more_than", 0, 5_000, f)
        .map(|weeks| weeks.value as u32)
}

/// Returns the window of a key, or several of them.
fn windows(key: &'static str, section: &mut Section, f: &mut Faults) -> Option<Vec<Window>> {
    let expected = match key {
        "weeks" => {
            "`weeks = [first, last]` with 1 ≤ first ≤ last ≤ 5000, counted from the week after \
             the draw; or a list of such windows"
        }
        _ => {
            "`months = [first, last]` with 1 ≤ first ≤ last ≤ 5000, counted from the month after \
             the draw; or a list of such windows"
        }
    };
    if !section.has(key) {
        if section.lacks(key) {
            let found = format!("{} has no `{key}`", section.name);
            f.add(&section.span, found, expected);
        }
        section.pass(key);
        return None;
    }
    let pairs = section.pairs(key, f)?;
    let mut windows = Vec::new();
    for pair in &pairs.value {
        let window = match pair[..] {
            [first, last] => Window::new(first, last).ok(),
            _ => None,
        };
        match window {
            Some(window) if !windows.contains(&window) => windows.push(window),
            _ => {
                let written: Vec<String> = pair.iter().map(i64::to_string).collect();
                let found = format!("`{key} = [{}]` in {}", written.join(", "), section.name);
                let expected = match window {
                    Some(_) => "each window once",
                    None => expected,
                };
                f.add(&pairs.span, found, expected);
                return None;
            }
        }
    }
    if windows.is_empty() {
        f.add(
            &pairs.span,
            format!("`{key} = []` in {}", section.name),
            expected,
        );
        return None;
    }
    Some(windows)
}

//! The section that says how lots are drawn: `[allocation]`.

use super::{choice, find_factor};
use crate::protocol::section::{At, Faults, Section, whole};
use crate::protocol::{
    Allocation, Arm, Factor, FactorKind, Fraction, Imbalance, PROCEDURES, Procedure,
};

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

pub(super) fn allocation(
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

pub(super) fn open_factors_name_clusters(
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

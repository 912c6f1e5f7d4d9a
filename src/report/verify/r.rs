//! The script in R: a fixed part of functions, and a call for each row.

use super::{Analysed, interval, level, number, numbers, pooled, sizes, unrepeated, what};
use crate::estimate::Estimate;
use crate::protocol::{IntervalId, MethodId, Unit};
use crate::sample::Holds;

const FUNCTIONS: &str = include_str!("verify.R");

pub(super) fn script(title: &str, rows: &[Estimate], file: Analysed) -> String {
    let mut text = file.head(title, "#", "R", "Rscript verify.R [ANALYSIS.CSV]");
    text += "#\n\
             # In use: base R, and the packages estimatr and survival where rows need them; rows \
             whose package\n# is not installed are skipped and said. Exit status 1: a number differs.\n\n";
    text += &format!("sha256 <- \"{}\"\n", file.sha256);
    let numeric = file.columns.iter().filter(|column| column.holds.numeric());
    let names: Vec<String> = numeric.map(|column| quoted(&column.name)).collect();
    text += &format!("numbers <- {}\n", vector(&names));
    let leveled = file
        .columns
        .iter()
        .filter(|column| !column.levels.is_empty());
    let levels: Vec<String> = leveled
        .map(|column| {
            let levels: Vec<String> = column.levels.iter().map(|level| quoted(level)).collect();
            format!("{} = {}", quoted(&column.name), vector(&levels))
        })
        .collect();
    text += &format!("levels_of <- list({})\n\n", levels.join(",\n  "));
    text += FUNCTIONS;
    text += "\n# --- the rows of the report --------------------------------------------------------------------\n\n";
    text += "cat(\"analysis file: \", path, \"\\n\", sep = \"\")\n\
             found <- sha256_of(path)\n\
             if (is.na(found)) {\n  \
               cat(\"its SHA-256 was not checked: no digest, no openssl and no sha256sum\\n\")\n\
             } else if (found == sha256) {\n  cat(\"its SHA-256 is that of the report's file\\n\")\n\
             } else {\n  cat(\"DIFFERS: its SHA-256 is \", found, \", and the report's file had \", \
             sha256, \"\\n\", sep = \"\")\n  tally[\"DIFFERS\"] <- tally[\"DIFFERS\"] + 1\n}\n\
             cat(\"passes up to a relative difference of \", tolerance, \"\\n\", sep = \"\")\n";
    let mut left = Vec::new();
    for (row, place) in rows.iter().zip(1..) {
        match unrepeated(row) {
            None => text += &check(place, row, file),
            Some(reason) => left.push((place, row, reason)),
        }
    }
    if !left.is_empty() {
        text += "\ncat(\"\\nNot recomputed:\\n\")\n";
    }
    for (place, row, reason) in left {
        let told = format!("  {place}  {}: {reason}\n", what(row));
        text += &format!("cat({})\n", quoted(&told));
    }
    text + "\ncat(sprintf(\"\\n%d numbers agree, %d differ, %d rows skipped\\n\", tally[\"ok\"], \
            tally[\"DIFFERS\"],\n            tally[\"skipped\"]))\n\
            quit(status = if (tally[\"DIFFERS\"] > 0) 1 else 0)\n"
}

fn check(place: usize, row: &Estimate, file: Analysed) -> String {
    let mut given: Vec<String> = sizes(row)
        .iter()
        .map(|(name, n)| format!("{name} = {n}"))
        .collect();
    let found = numbers(row);
    given.extend(
        found
            .iter()
            .map(|(name, value)| format!("{name} = {}", number(*value))),
    );
    let mut text = format!(
        "\non <- {}\ncheck({place}, {},\n      c({}),\n      on, {}",
        pick(row, file),
        quoted(&what(row)),
        given.join(", "),
        call(row, file),
    );
    if interval(row) == Some(IntervalId::Exact) {
        text += ", tolerance = 1e-3";
    }
    text + ")\n"
}

/// Returns the call that picks the people of a row.
fn pick(row: &Estimate, file: Analysed) -> String {
    let outcome = row.outcome.as_deref().unwrap_or_default();
    let mut arguments = vec![quoted(file.values(outcome)), quoted(&row.arm)];
    arguments.extend(row.reference.as_deref().map(quoted));
    if row.options.strata.is_some() {
        arguments.push("strata = TRUE".to_owned());
    }
    if row.options.cluster.is_some() {
        arguments.push("cluster = TRUE".to_owned());
    }
    if let Some(subgroup) = &row.subgroup
        && let Some(level) = &subgroup.level
    {
        let by = quoted(file.levels(&subgroup.factor));
        arguments.push(format!("by = {by}, is = {}", quoted(level)));
    }
    if row.unit == Unit::TimeToEvent {
        arguments.push(format!("end = {}", quoted(file.end(outcome))));
    }
    if pooled(row) {
        arguments.push(format!("of = {}", quoted(file.of(outcome))));
    }
    format!("pick({})", arguments.join(", "))
}

/// Returns the call that recomputes a row.
fn call(row: &Estimate, file: Analysed) -> String {
    use MethodId::*;
    let outcome = row.outcome.as_deref().unwrap_or_default();
    let facts: Vec<String> = row
        .options
        .adjust
        .iter()
        .map(|id| quoted(file.fact(id)))
        .collect();
    let adjust = vector(&facts);
    let se = row
        .options
        .se
        .map_or("NULL".to_owned(), |se| quoted(se.name()));
    let form = |usual: IntervalId| quoted(interval(row).unwrap_or(usual).name());
    let level = number(level(row));
    let horizon = number(row.options.horizon.unwrap_or(0.0));
    match row.method {
        DifferenceInMeans => format!("difference_in_means(on, {level})"),
        StratifiedDifference => format!("stratified_difference(on, {level})"),
        Ols | Ancova => format!("ols(on, {adjust}, {se}, {level})"),
        Lin => format!("lin(on, {adjust}, {se}, {level})"),
        RatioOfMeans => format!("ratio_of_means(on, {level})"),
        RiskDifference => {
            format!(
                "risk_difference(on, {}, {level})",
                form(IntervalId::MiettinenNurminen)
            )
        }
        RiskRatio => format!(
            "risk_ratio(on, {}, {level})",
            form(IntervalId::MiettinenNurminen)
        ),
        OddsRatio => format!("odds_ratio(on, {}, {level})", form(IntervalId::Log)),
        MantelHaenszel => format!("mantel_haenszel(on, {}, {level})", quoted(row.scale.name())),
        FisherExact => "fisher_exact(on)".to_owned(),
        Share => {
            let target = row.target.map_or("NULL".to_owned(), number);
            format!(
                "share(on, {}, {target}, {level})",
                form(IntervalId::ClopperPearson)
            )
        }
        Change => {
            let baseline = file.name(&Holds::Number(format!("{outcome}_baseline")));
            format!(
                "change(on, {}, {level})",
                quoted(baseline.unwrap_or(outcome))
            )
        }
        Late => {
            let received = row.options.received.as_deref().unwrap_or_default();
            let received = quoted(file.values(received));
            let form = form(IntervalId::AndersonRubin);
            format!("late(on, {received}, {adjust}, {se}, {form}, {level})")
        }
        KaplanMeier => format!("kaplan_meier(on, {horizon}, {level})"),
        Rmst => format!("rmst(on, {horizon}, {level})"),
        AalenJohansen => format!("aalen_johansen(on, {horizon}, {level})"),
        LogRank => "log_rank(on)".to_owned(),
        Cox => format!("cox(on, {adjust}, {level})"),
        InteractionTest => {
            let factor = row
                .subgroup
                .as_ref()
                .map_or("", |subgroup| subgroup.factor.as_str());
            let by = quoted(file.levels(factor));
            format!("interaction_test(on, {by}, {adjust}, {se})")
        }
        RandomisationTest | LeeBounds | WorstCaseBounds => "NULL".to_owned(),
    }
}

fn vector(items: &[String]) -> String {
    match items {
        [] => "NULL".to_owned(),
        _ => format!("c({})", items.join(", ")),
    }
}

/// Writes a text for R. Letters beyond ASCII are escaped, so that R knows them in every locale.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            ' '..='~' => quoted.push(letter),
            other => quoted.push_str(&format!("\\U{{{:x}}}", u32::from(other))),
        }
    }
    quoted + "\""
}

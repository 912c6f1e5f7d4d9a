//! The script in Stata: a fixed part of programs, and a few lines for each row.
//!
//! Which rows it covers is said in it; a row that Stata has no official command or plain formula
//! for is named with the reason.

use super::{
    Analysed, interval, is_ratio, level, number, numbers, pooled, sizes, unrepeated, what,
};
use crate::estimate::Estimate;
use crate::protocol::{IntervalId, MethodId, Unit};
use crate::sample::Holds;

const PROGRAMS: &str = include_str!("verify.do");

pub(super) fn script(title: &str, rows: &[Estimate], file: Analysed) -> String {
    let mut text = file.head(title, "*", "Stata", "do verify.do [ANALYSIS.CSV]");
    text += "*\n\
        * Stata 14.1 or newer, without packages; Stata does not check the SHA-256. Compared are the\n\
        * numbers that an official command or a plain formula gives:\n\
        *   difference-in-means, stratified-difference of persons, ratio-of-means of persons,\n\
        *   change of persons, share, fisher-exact, kaplan-meier without strata,\n\
        *   log-rank, cox                         all numbers\n\
        *   ols, ancova, lin, interaction-test    all numbers; of hc2 no degrees of freedom and what\n\
        *                                         follows from them; of cr2 likewise, and the\n\
        *                                         standard error from Stata 18 on\n\
        *   risk-difference, risk-ratio           all but the limits of Miettinen & Nurminen, and of\n\
        *                                         Newcombe over strata\n\
        *   odds-ratio, mantel-haenszel           all numbers of the log and Wald forms\n\
        *   late                                  the estimate; its standard error where it is\n\
        *                                         classical, hc1 or cr1\n\
        * The others are named at the end. A number that differs ends the run with an error.\n\n";
    text += PROGRAMS;
    let numeric = file.columns.iter().filter(|column| column.holds.numeric());
    let names: Vec<&str> = numeric.map(|column| column.name.as_str()).collect();
    text += "\n* --- the rows of the report ----------------------------------------------------------------------\n\n";
    for name in names {
        text += &format!("quietly destring {name}, replace\n");
    }
    let mut left = Vec::new();
    for (row, place) in rows.iter().zip(1..) {
        match unrepeated(row).map_or_else(|| call(row, file), Err) {
            Ok(lines) => text += &compared(place, row, file, &lines),
            Err(reason) => left.push(format!("  {place}  {}: {reason}", what(row))),
        }
    }
    if !left.is_empty() {
        text += "\ndisplay _newline \"Not recomputed:\"\n";
    }
    for line in left {
        text += &format!("display {}\n", quoted(&line));
    }
    text + "\ndisplay _newline n_ok \" numbers agree, \" n_differs \" differ, \" n_open \" not compared\"\n\
            if n_differs > 0 exit 9\n"
}

fn compared(place: usize, row: &Estimate, file: Analysed, lines: &str) -> String {
    let mut text = format!(
        "\nrow {place}  {}\n{}\n",
        plain(&what(row)),
        pick(row, file)
    );
    for (name, n) in sizes(row) {
        text += &format!("scalar k_{name} = {n}\n");
    }
    for (name, value) in numbers(row) {
        text += &format!("scalar k_{name} = {}\n", number(value));
    }
    text + lines + "\ncompare\n"
}

fn pick(row: &Estimate, file: Analysed) -> String {
    let outcome = row.outcome.as_deref().unwrap_or_default();
    let mut text = format!(
        "pick, outcome({}) arm({})",
        file.values(outcome),
        plain(&row.arm)
    );
    if let Some(reference) = &row.reference {
        text += &format!(" reference({})", plain(reference));
    }
    if row.options.strata.is_some() {
        text += " strata";
    }
    if row.options.cluster.is_some() {
        text += " cluster";
    }
    if let Some(subgroup) = &row.subgroup
        && let Some(level) = &subgroup.level
    {
        text += &format!(
            " by({}) is({})",
            file.levels(&subgroup.factor),
            plain(level)
        );
    }
    if row.unit == Unit::TimeToEvent {
        text += &format!(" end({})", file.end(outcome));
    }
    text
}

/// Returns the lines that recompute a row, or why Stata does not.
fn call(row: &Estimate, file: Analysed) -> Result<String, &'static str> {
    use MethodId::*;
    const CLUSTERS: &str = "no official command has these numbers of clusters";
    let outcome = row.outcome.as_deref().unwrap_or_default();
    let clusters = row.options.cluster.is_some();
    let strata = row.options.strata.is_some();
    let level = number(level(row));
    let se = row.options.se.map_or("", |se| se.name());
    let form = interval(row).map_or("", |interval| interval.name());
    let horizon = number(row.options.horizon.unwrap_or(0.0));
    Ok(match row.method {
        _ if pooled(row) => return Err("the values of a pooled share are made by klero"),
        DifferenceInMeans => format!("difference_in_means {level}"),
        StratifiedDifference | RatioOfMeans | Change if clusters => return Err(CLUSTERS),
        StratifiedDifference => format!("stratified_difference {level}"),
        RatioOfMeans => format!("ratio_of_means {level}"),
        Change => {
            let baseline = file.name(&Holds::Number(format!("{outcome}_baseline")));
            format!("change {} {level}", baseline.unwrap_or(outcome))
        }
        Ols | Ancova => format!("{}\nols {se} {level}", covariates(row, file, strata)),
        Lin => format!("{}\nlin {se} {level}", covariates(row, file, strata)),
        InteractionTest => {
            let factor = row
                .subgroup
                .as_ref()
                .map_or("", |subgroup| subgroup.factor.as_str());
            let by = file.levels(factor);
            format!(
                "{}\ninteraction_test {by} {se}",
                covariates(row, file, strata)
            )
        }
        Late if se.is_empty() => return Err("two-stage least squares by stratum is no command"),
        Late => {
            let received = file.values(row.options.received.as_deref().unwrap_or_default());
            format!(
                "{}\nlate {received} {se} {level}",
                covariates(row, file, strata)
            )
        }
        RiskDifference => format!("risk_difference {form} {level}"),
        RiskRatio => format!("risk_ratio {form} {level}"),
        MantelHaenszel if is_ratio(row) => format!("risk_ratio log {level}"),
        MantelHaenszel => format!("risk_difference wald {level}"),
        OddsRatio if interval(row) == Some(IntervalId::Exact) => {
            return Err("no official command has the exact conditional odds ratio of two arms");
        }
        OddsRatio => format!("odds_ratio {level}"),
        FisherExact => "fisher_exact".to_owned(),
        Share => {
            let target = row.target.map_or_else(String::new, number);
            format!("share {form} {level} {target}")
        }
        KaplanMeier if strata => return Err("curves standardised over strata are no command"),
        KaplanMeier => format!("kaplan_meier {horizon} {level}"),
        LogRank => "log_rank".to_owned(),
        Cox => {
            let cluster = if clusters { " cluster" } else { "" };
            format!("{}\ncox {level}{cluster}", covariates(row, file, false))
        }
        Rmst => return Err("no official command has restricted means at a horizon"),
        AalenJohansen => return Err("no official command has cumulative incidences"),
        RandomisationTest | LeeBounds | WorstCaseBounds => return Err(""),
    })
}

/// Returns the line that makes the covariates of a row.
fn covariates(row: &Estimate, file: Analysed, strata: bool) -> String {
    let is_level = |id: &&String| file.name(&Holds::Levels((*id).clone())).is_some();
    let named = |facts: Vec<&String>| {
        let names: Vec<&str> = facts.iter().map(|id| file.fact(id)).collect();
        names.join(" ")
    };
    let (levels, numbers): (Vec<&String>, Vec<&String>) =
        row.options.adjust.iter().partition(is_level);
    let mut text = "covariates,".to_owned();
    if !numbers.is_empty() {
        text += &format!(" numbers({})", named(numbers));
    }
    if !levels.is_empty() {
        text += &format!(" levels({})", named(levels));
    }
    if strata {
        text += " strata";
    }
    text
}

/// Writes a text where Stata reads macros and quotes.
fn plain(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
        .replace('\\', "\\\\")
        .replace('$', "\\$")
        .replace('`', "\\`")
}

fn quoted(text: &str) -> String {
    format!("`\"{}\"'", plain(text))
}

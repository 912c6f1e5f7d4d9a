//! Numbers of other programs: fixtures in `data-fixtures/reference`, each beside its script.
//!
//! Tolerance: 1e-9 relative, which is what the other side's own root finding and rounding leave.

use klero::estimate::distribution::{normal_quantile, normal_two_sided, t_quantile, t_two_sided};
use klero::estimate::means::difference_in_means;
use klero::estimate::{Computed, multiplicity, shares};
use klero::protocol::{Adjustment, IntervalId};
use klero::sample::Count;

macro_rules! fixture {
    ($name:literal) => {
        rows(include_str!(concat!(
            "../../../data-fixtures/reference/",
            $name
        )))
    };
}

type Row = std::collections::HashMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<Row> = reader.deserialize().map(Result::unwrap).collect();
    assert!(!rows.is_empty());
    rows
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap()
}

fn numbers(row: &Row, column: &str) -> Vec<f64> {
    row[column].split(' ').map(|n| n.parse().unwrap()).collect()
}

#[track_caller]
fn close(found: f64, expected: f64, what: &str) {
    let scale = expected.abs().max(1e-12);
    assert!(
        (found - expected).abs() <= 1e-9 * scale,
        "{what}: found {found:e}, expected {expected:e}"
    );
}

#[test]
fn differences_in_means_are_those_of_r() {
    for row in fixture!("means.csv") {
        let (arm, reference) = (numbers(&row, "arm"), numbers(&row, "reference"));
        let level = number(&row, "level");
        let found = difference_in_means(&arm, &reference, level);
        let name = &row["case"];
        let interval = found.interval.unwrap();
        close(found.estimate.unwrap(), number(&row, "estimate"), name);
        close(found.std_error.unwrap(), number(&row, "std_error"), name);
        close(found.df.unwrap(), number(&row, "df"), name);
        close(found.p_value.unwrap(), number(&row, "p_value"), name);
        close(interval.lower.unwrap(), number(&row, "lower"), name);
        close(interval.upper.unwrap(), number(&row, "upper"), name);
    }
}

fn counts(row: &Row) -> (Count, Count, String) {
    let count = |x: &str, n: &str| Count::new(number(row, x) as u64, number(row, n) as u64);
    let name = format!("{}/{} {}/{}", row["x1"], row["n1"], row["x0"], row["n0"]);
    (count("x1", "n1"), count("x0", "n0"), name)
}

#[track_caller]
fn bounds(found: &Computed, row: &Row, lower: &str, upper: &str, what: &str) {
    let interval = found.interval.as_ref().unwrap();
    close(interval.lower.unwrap(), number(row, lower), what);
    close(interval.upper.unwrap(), number(row, upper), what);
}

#[test]
fn differences_of_shares_are_those_of_r() {
    for row in fixture!("shares.csv") {
        let (arm, reference, name) = counts(&row);
        let by = |method| shares::risk_difference(arm, reference, 0.95, method);
        let score = by(IntervalId::MiettinenNurminen);
        bounds(&score, &row, "mn_lower", "mn_upper", &name);
        close(score.p_value.unwrap(), number(&row, "score_p"), &name);
        close(score.std_error.unwrap(), number(&row, "wald_error"), &name);
        let newcombe = by(IntervalId::Newcombe);
        bounds(&newcombe, &row, "newcombe_lower", "newcombe_upper", &name);
    }
}

#[test]
fn ratios_of_shares_are_those_of_r() {
    for row in fixture!("shares.csv") {
        let (arm, reference, name) = counts(&row);
        let score = shares::risk_ratio(arm, reference, 0.95, IntervalId::MiettinenNurminen);
        bounds(&score, &row, "ratio_lower", "ratio_upper", &name);
        if !row["log_ratio_error"].is_empty() {
            let error = number(&row, "log_ratio_error");
            close(score.std_error.unwrap(), error, &name);
            let log = shares::risk_ratio(arm, reference, 0.95, IntervalId::Log);
            let interval = log.interval.unwrap();
            let half = (1.959963984540054 * error).exp();
            let ratio = log.estimate.unwrap();
            close(interval.lower.unwrap(), ratio / half, &name);
            close(interval.upper.unwrap(), ratio * half, &name);
        }
        if !row["log_odds_error"].is_empty() {
            let odds = shares::odds_ratio(arm, reference, 0.95);
            close(
                odds.std_error.unwrap(),
                number(&row, "log_odds_error"),
                &name,
            );
        }
    }
}

#[test]
fn exact_tests_and_single_shares_are_those_of_r() {
    for row in fixture!("shares.csv") {
        let (arm, reference, name) = counts(&row);
        let fisher = shares::fisher_exact(arm, reference).p_value.unwrap();
        close(fisher, number(&row, "fisher_p"), &name);
        let exact = shares::share(arm, Some(0.2), 0.95, IntervalId::ClopperPearson);
        bounds(&exact, &row, "cp_lower", "cp_upper", &name);
        close(exact.p_value.unwrap(), number(&row, "binomial_p"), &name);
        let wilson = shares::share(arm, None, 0.95, IntervalId::Wilson);
        bounds(&wilson, &row, "wilson_lower", "wilson_upper", &name);
        assert_eq!(wilson.p_value, None);
    }
}

#[test]
fn tails_and_quantiles_are_those_of_r() {
    for row in fixture!("distributions.csv") {
        let (df, x, expected) = (
            number(&row, "df"),
            number(&row, "argument"),
            number(&row, "value"),
        );
        let found = match row["function"].as_str() {
            "t_quantile" => t_quantile(x, df),
            "t_two_sided" => t_two_sided(x, df),
            "normal_quantile" => normal_quantile(x),
            "normal_two_sided" => normal_two_sided(x),
            other => panic!("{other}"),
        };
        close(found, expected, &format!("{}({x}, {df})", row["function"]));
    }
}

#[test]
fn adjusted_p_values_are_those_of_r() {
    for row in fixture!("multiplicity.csv") {
        let method = Adjustment::from_name(&row["method"]).unwrap();
        let found = multiplicity::adjust(&numbers(&row, "raw"), method);
        for (found, expected) in found.into_iter().zip(numbers(&row, "adjusted")) {
            close(found, expected, &row["method"]);
        }
    }
}

//! Shares against exact arithmetic, other programs, and themselves in every small table.

use klero::estimate::shares::{
    exact_odds_ratio, fisher_exact, mantel_haenszel, odds_ratio, risk_difference, risk_ratio,
    share, stratified_risk_difference, stratified_risk_ratio,
};
use klero::estimate::{Computed, Scale};
use klero::protocol::IntervalId;
use klero::sample::Count;

pub(super) type Row = std::collections::HashMap<String, String>;

pub(super) fn rows(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<Row> = reader.deserialize().map(Result::unwrap).collect();
    assert!(!rows.is_empty());
    rows
}

pub(super) fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().expect(column)
}

/// Returns the numbers of a field; none for an empty one.
pub(super) fn numbers(row: &Row, column: &str) -> Vec<f64> {
    row[column]
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect()
}

#[track_caller]
pub(super) fn close(found: f64, expected: f64, relative: f64, what: &str) {
    let within = relative * expected.abs().max(1e-12);
    assert!(
        (found - expected).abs() <= within,
        "{what}: found {found:e}, expected {expected:e}"
    );
}

/// Compares what may be absent, written as an empty field.
#[track_caller]
fn close_or_absent(found: Option<f64>, row: &Row, column: &str, relative: f64, what: &str) {
    match found {
        Some(found) => close(found, number(row, column), relative, what),
        None => assert_eq!(row[column], "", "{what} {column}"),
    }
}

fn bounds(computed: &Computed) -> (Option<f64>, Option<f64>) {
    match &computed.interval {
        Some(interval) => (interval.lower, interval.upper),
        None => (None, None),
    }
}

/// 1e-12 relative: the other side is exact, and what is left is our rounding. Where the tail holds
/// tables of tens of thousands of persons it sums over thousands of terms: 1e-11.
#[test]
fn exact_odds_ratios_are_those_of_exact_arithmetic() {
    let exact = rows(include_str!("../../../data-fixtures/reference/exact.csv"));
    for row in exact.iter().filter(|row| row["kind"] == "odds") {
        let [x1, n1, x0, n0] = ["x1", "n1", "x0", "n0"].map(|name| number(row, name) as u64);
        let (arm, reference) = (Count::new(x1, n1), Count::new(x0, n0));
        let name = format!("{x1}/{n1} {x0}/{n0}");
        let precision = if n1 > 10_000 { 1e-11 } else { 1e-12 };
        let found = exact_odds_ratio(arm, reference, number(row, "level"));
        let (lower, upper) = bounds(&found);
        close_or_absent(found.estimate, row, "estimate", precision, &name);
        close_or_absent(lower, row, "lower", precision, &name);
        close_or_absent(upper, row, "upper", precision, &name);
        close_or_absent(found.p_value, row, "p", precision, &name);
        assert!(
            !found.notes.is_empty(),
            "says what p is and what is missing"
        );
        let fisher = fisher_exact(arm, reference).p_value.unwrap();
        close(fisher, number(row, "fisher_p"), precision, &name);
    }
}

#[test]
fn exact_odds_ratios_are_those_of_the_central_test_of_r() {
    for row in &rows(include_str!(
        "../../../data-fixtures/reference/exact2x2.csv"
    )) {
        let [x1, n1, x0, n0] = ["x1", "n1", "x0", "n0"].map(|name| number(row, name) as u64);
        let (arm, reference) = (Count::new(x1, n1), Count::new(x0, n0));
        let name = format!("{x1}/{n1} {x0}/{n0}");
        let found = exact_odds_ratio(arm, reference, number(row, "level"));
        let (lower, upper) = bounds(&found);
        close_or_absent(lower, row, "lower", 1e-9, &name);
        close_or_absent(upper, row, "upper", 1e-9, &name);
        close_or_absent(found.p_value, row, "p", 1e-9, &name);
    }
}

#[test]
fn single_shares_are_those_of_exact_arithmetic() {
    let exact = rows(include_str!("../../../data-fixtures/reference/exact.csv"));
    for row in exact.iter().filter(|row| row["kind"] == "share") {
        let count = Count::new(number(row, "x1") as u64, number(row, "n1") as u64);
        let target = number(row, "target");
        let found = share(count, Some(target), 0.95, IntervalId::ClopperPearson);
        let (lower, upper) = bounds(&found);
        let name = format!("{count:?}");
        close(lower.unwrap(), number(row, "lower"), 1e-12, &name);
        close(upper.unwrap(), number(row, "upper"), 1e-12, &name);
        close(found.p_value.unwrap(), number(row, "p"), 1e-12, &name);
    }
}

/// With one event or none the limits have a closed form: P(X ≥ 1) = 1 − (1 − π)ⁿ = 0.025 at
/// π = 1 − 0.975^(1/n), and P(X = 0) = 0.025 at 1 − 0.025^(1/n). The inverse of the incomplete beta
/// function that stood here was wrong in the seventh digit at n = 10⁶, and for some counts did not return at 10⁷.
#[test]
fn limits_of_rare_events_keep_their_digits() {
    for n in [1, 10, 1_000_000] {
        let limits = |x| {
            bounds(&share(
                Count::new(x, n),
                None,
                0.95,
                IntervalId::ClopperPearson,
            ))
        };
        let closed = |p: f64| -(p.ln() / n as f64).exp_m1();
        let name = format!("n = {n}");
        close(limits(1).0.unwrap(), closed(0.975), 1e-12, &name);
        close(limits(0).1.unwrap(), closed(0.025), 1e-12, &name);
        assert_eq!(limits(0).0, Some(0.0));
        assert_eq!(limits(n).1, Some(1.0));
    }
}

fn strata(row: &Row) -> Vec<(Count, Count)> {
    let [x1, n1, x0, n0] = ["x1", "n1", "x0", "n0"].map(|name| numbers(row, name));
    (0..x1.len())
        .map(|h| {
            let count = |x: &[f64], n: &[f64]| Count::new(x[h] as u64, n[h] as u64);
            (count(&x1, &n1), count(&x0, &n0))
        })
        .collect()
}

/// metafor and mantelhaen.test: 1e-11. ratesci searches to 12 decimals of a curved scale, which
/// leaves 1e-8 relative; `score_limits_are_those_of_forty_digits` is sharper.
#[test]
fn shares_over_strata_are_those_of_r() {
    for row in rows(include_str!("../../../data-fixtures/reference/strata.csv")) {
        let tables = strata(&row);
        let name = &row["case"];
        let same = |found: Option<f64>, column: &str| {
            close(
                found.unwrap(),
                number(&row, column),
                1e-11,
                &format!("{name} {column}"),
            );
        };
        let decimals = |found: Option<f64>, column: &str| {
            let (found, expected) = (found.unwrap(), number(&row, column));
            assert!(
                (found - expected).abs() <= 1e-8 * expected.abs(),
                "{name} {column}: {found} {expected}"
            );
        };

        let score = stratified_risk_difference(&tables, 0.95, IntervalId::MiettinenNurminen);
        same(score.estimate, "difference");
        same(score.std_error, "difference_error");
        same(score.p_value, "score_p");
        decimals(bounds(&score).0, "mn_lower");
        decimals(bounds(&score).1, "mn_upper");

        let ratio = stratified_risk_ratio(&tables, 0.95, IntervalId::MiettinenNurminen);
        same(ratio.estimate.map(f64::ln), "log_ratio");
        same(ratio.p_value, "score_p");
        decimals(bounds(&ratio).0, "mn_ratio_lower");
        decimals(bounds(&ratio).1, "mn_ratio_upper");

        let newcombe = stratified_risk_difference(&tables, 0.95, IntervalId::Newcombe);
        same(bounds(&newcombe).0, "newcombe_lower");
        same(bounds(&newcombe).1, "newcombe_upper");

        let difference = mantel_haenszel(&tables, Scale::Difference, 0.95);
        same(difference.std_error, "difference_error");
        same(difference.p_value, "difference_p");
        same(bounds(&difference).0, "difference_lower");
        same(bounds(&difference).1, "difference_upper");
        let ratio = mantel_haenszel(&tables, Scale::Ratio, 0.95);
        same(ratio.estimate.map(f64::ln), "log_ratio");
        same(ratio.std_error, "log_ratio_error");
        same(ratio.p_value, "ratio_p");
        same(bounds(&ratio).0, "ratio_lower");
        same(bounds(&ratio).1, "ratio_upper");
    }
}

/// 1e-12: the other side has 40 digits.
#[test]
fn score_limits_are_those_of_forty_digits() {
    for row in rows(include_str!("../../../data-fixtures/reference/score.csv")) {
        let (tables, level) = (strata(&row), number(&row, "level"));
        let method = IntervalId::MiettinenNurminen;
        let same = |found: Option<f64>, column| {
            let what = format!("{tables:?} {column}");
            close_or_absent(found, &row, column, 1e-12, &what);
        };
        let difference = stratified_risk_difference(&tables, level, method);
        same(bounds(&difference).0, "lower");
        same(bounds(&difference).1, "upper");
        let ratio = stratified_risk_ratio(&tables, level, method);
        same(bounds(&ratio).0, "ratio_lower");
        same(bounds(&ratio).1, "ratio_upper");
    }
}

const DIFFERENCES: [IntervalId; 3] = [
    IntervalId::MiettinenNurminen,
    IntervalId::Newcombe,
    IntervalId::Wald,
];
const RATIOS: [IntervalId; 2] = [IntervalId::MiettinenNurminen, IntervalId::Log];

/// What must hold of any interval: in range, around the estimate, wider at a higher level.
#[track_caller]
fn sound(by_level: impl Fn(f64) -> Computed, least: f64, most: f64, what: &dyn Fn() -> String) {
    let mut previous: Option<(f64, f64)> = None;
    for level in [0.5, 0.9, 0.95, 0.999] {
        let computed = by_level(level);
        let finite = [computed.estimate, computed.std_error, computed.p_value];
        assert!(finite.iter().flatten().all(|n| n.is_finite()), "{}", what());
        assert!(computed.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)));
        let absent = computed.estimate.is_none()
            || computed.p_value.is_none()
            || computed.interval.is_none();
        assert!(!absent || !computed.notes.is_empty(), "{}: silent", what());
        let Some(interval) = &computed.interval else {
            continue;
        };
        let lower = interval.lower.unwrap();
        // No upper bound: infinite, as is the estimate, if there is none.
        let upper = interval.upper.unwrap_or(f64::INFINITY);
        let estimate = computed.estimate.unwrap_or(f64::INFINITY);
        let slack = 1e-12 * (1.0 + estimate.abs().min(1e9));
        assert!(least <= lower && upper <= most, "{}", what());
        assert!(lower <= estimate + slack, "{}: {computed:?}", what());
        assert!(estimate <= upper + slack, "{}: {computed:?}", what());
        if let Some((narrow_lower, narrow_upper)) = previous {
            assert!(lower <= narrow_lower + slack, "{}", what());
            assert!(upper >= narrow_upper - slack, "{}", what());
        }
        previous = Some((lower, upper));
    }
}

/// Every table with at most eight persons in an arm, empty arms and all-event arms included.
#[test]
fn every_small_table_has_sound_intervals() {
    let counts: Vec<Count> = (0..=8)
        .flat_map(|n| (0..=n).map(move |x| Count::new(x, n)))
        .collect();
    for &arm in &counts {
        for &reference in &counts {
            let tables = [(arm, reference)];
            for method in DIFFERENCES {
                let what = || format!("{arm:?} {reference:?} {method}");
                sound(
                    |level| risk_difference(arm, reference, level, method),
                    -1.0,
                    1.0,
                    &what,
                );
                sound(
                    |level| stratified_risk_difference(&tables, level, method),
                    -1.0,
                    1.0,
                    &what,
                );
            }
            for method in RATIOS {
                let what = || format!("{arm:?} {reference:?} ratio {method}");
                let far = f64::INFINITY;
                sound(
                    |level| risk_ratio(arm, reference, level, method),
                    0.0,
                    far,
                    &what,
                );
                sound(
                    |level| stratified_risk_ratio(&tables, level, method),
                    0.0,
                    far,
                    &what,
                );
            }
            let what = || format!("{arm:?} {reference:?} odds");
            sound(
                |level| odds_ratio(arm, reference, level),
                0.0,
                f64::INFINITY,
                &what,
            );
            sound(
                |level| exact_odds_ratio(arm, reference, level),
                0.0,
                f64::INFINITY,
                &what,
            );
        }
        for method in [IntervalId::ClopperPearson, IntervalId::Wilson] {
            for target in [None, Some(0.0), Some(0.3), Some(1.0)] {
                let what = || format!("{arm:?} {method} {target:?}");
                // Without a target there is no p, and nothing to say about that.
                let by_level = |level| {
                    let mut computed = share(arm, target, level, method);
                    if target.is_none() {
                        computed.notes.push(String::new());
                    }
                    computed
                };
                sound(by_level, 0.0, 1.0, &what);
            }
        }
    }
}

/// Strata of up to five persons an arm, by a fixed stream of numbers.
#[test]
fn small_strata_have_sound_intervals() {
    let mut state = 20_240_501_u64;
    let mut below = |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    for _ in 0..3_000 {
        let tables: Vec<(Count, Count)> = (0..1 + below(4))
            .map(|_| {
                let mut count = || {
                    let n = below(6);
                    Count::new(below(n + 1), n)
                };
                (count(), count())
            })
            .collect();
        let what = || format!("{tables:?}");
        for method in DIFFERENCES {
            let by_level = |level| stratified_risk_difference(&tables, level, method);
            sound(by_level, -1.0, 1.0, &what);
        }
        for method in RATIOS {
            let by_level = |level| stratified_risk_ratio(&tables, level, method);
            sound(by_level, 0.0, f64::INFINITY, &what);
        }
    }
}

/// The range a reader sees: where a bound is 0, 1 or infinite, it is so exactly.
#[test]
fn bounds_at_the_edge_are_exact() {
    let (none, all) = (Count::new(0, 7), Count::new(7, 7));
    let score =
        |arm, reference| risk_difference(arm, reference, 0.95, IntervalId::MiettinenNurminen);
    assert_eq!(bounds(&score(all, none)).1, Some(1.0));
    assert_eq!(bounds(&score(none, all)).0, Some(-1.0));
    for method in RATIOS {
        let ratio = risk_ratio(all, none, 0.95, method);
        assert_eq!(ratio.estimate, None);
        assert_eq!(bounds(&ratio).1, None);
        assert!(ratio.notes[0].contains("infinite"));
        assert_eq!(risk_ratio(none, all, 0.95, method).estimate, Some(0.0));
    }
    let ratio = risk_ratio(none, all, 0.95, IntervalId::MiettinenNurminen);
    assert_eq!(bounds(&ratio).0, Some(0.0));
    for count in [none, all] {
        let one = share(count, None, 0.95, IntervalId::Wilson);
        let edge = [bounds(&one).0, bounds(&one).1][usize::from(count == all)];
        assert_eq!(edge, Some(count.share()));
    }
}

/// Turning arm and reference round mirrors a difference and inverts a ratio.
#[test]
fn swapped_arms_mirror() {
    let counts: Vec<Count> = (1..=7)
        .flat_map(|n| (0..=n).map(move |x| Count::new(x, n)))
        .collect();
    for &arm in &counts {
        for &reference in &counts {
            let what = format!("{arm:?} {reference:?}");
            for method in DIFFERENCES {
                let there = risk_difference(arm, reference, 0.95, method);
                let back = risk_difference(reference, arm, 0.95, method);
                let ((l, u), (bl, bu)) = (bounds(&there), bounds(&back));
                assert!((l.unwrap() + bu.unwrap()).abs() < 1e-12, "{what} {method}");
                assert!((u.unwrap() + bl.unwrap()).abs() < 1e-12, "{what} {method}");
                assert_eq!(there.p_value, back.p_value);
            }
            let inverse = |found: Option<f64>, back: Option<f64>| match (found, back) {
                // 0 one way is infinite the other.
                (Some(found), None) => assert_eq!(found, 0.0, "{what}"),
                (None, Some(back)) => assert_eq!(back, 0.0, "{what}"),
                (Some(found), Some(back)) => close(found, 1.0 / back, 1e-11, &what),
                (None, None) => {}
            };
            let pairs = [
                (
                    risk_ratio(arm, reference, 0.95, IntervalId::MiettinenNurminen),
                    risk_ratio(reference, arm, 0.95, IntervalId::MiettinenNurminen),
                ),
                (
                    exact_odds_ratio(arm, reference, 0.95),
                    exact_odds_ratio(reference, arm, 0.95),
                ),
                (
                    odds_ratio(arm, reference, 0.95),
                    odds_ratio(reference, arm, 0.95),
                ),
            ];
            for (there, back) in pairs {
                inverse(there.estimate, back.estimate);
                inverse(bounds(&there).0, bounds(&back).1);
                inverse(bounds(&there).1, bounds(&back).0);
            }
        }
    }
}

/// One stratum is no stratum; nor does it matter that a stratum is cut in ten equal parts, for the
/// difference itself, or that a stratum has nobody to compare.
#[test]
fn one_stratum_gives_the_unstratified_numbers() {
    let nobody = (Count::new(2, 3), Count::new(0, 0));
    for (arm, reference) in [
        (Count::new(9, 135), Count::new(10, 184)),
        (Count::new(0, 20), Count::new(3, 25)),
        (Count::new(12, 12), Count::new(9, 11)),
    ] {
        let tables = [(arm, reference)];
        for method in DIFFERENCES {
            let whole = risk_difference(arm, reference, 0.95, method);
            let found = stratified_risk_difference(&tables, 0.95, method);
            let padded = stratified_risk_difference(&[tables[0], nobody], 0.95, method);
            same_numbers(&whole, &found);
            same_numbers(&whole, &padded);
            let note = padded.notes.last().unwrap();
            assert_eq!(
                note,
                "strata with an empty arm, left out: 1, with 3 persons"
            );
        }
        for method in RATIOS {
            let whole = risk_ratio(arm, reference, 0.95, method);
            same_numbers(&whole, &stratified_risk_ratio(&tables, 0.95, method));
        }
    }
    let found = stratified_risk_difference(&[nobody], 0.95, IntervalId::MiettinenNurminen);
    assert_eq!(found.estimate, None);
    assert_eq!(found.notes, ["no stratum has outcomes in both arms"]);
}

#[track_caller]
fn same_numbers(a: &Computed, b: &Computed) {
    let all = |c: &Computed| {
        let (lower, upper) = bounds(c);
        [c.estimate, c.std_error, c.p_value, lower, upper]
    };
    for (a, b) in all(a).into_iter().zip(all(b)) {
        assert_eq!(a.is_some(), b.is_some());
        if let (Some(a), Some(b)) = (a, b) {
            assert!((a - b).abs() <= 1e-13 * (1.0 + b.abs()), "{a} {b}");
        }
    }
}

/// tern 0.9.11, test “prop_diff_strat_nc output matches equivalent SAS function output”: 80 persons
/// in six strata; eight decimals as printed there.
#[test]
fn newcombes_interval_over_strata_is_that_of_sas() {
    let tables = TERN.map(|[x1, n1, x0, n0]| (Count::new(x1, n1), Count::new(x0, n0)));
    let found = stratified_risk_difference(&tables, 0.95, IntervalId::Newcombe);
    let (lower, upper) = bounds(&found);
    assert!((found.estimate.unwrap() - 0.25390590).abs() < 5e-9);
    assert!((lower.unwrap() - 0.03467969).abs() < 5e-9, "{lower:?}");
    assert!((upper.unwrap() - 0.44544132).abs() < 5e-9, "{upper:?}");
}

const TERN: [[u64; 4]; 6] = [
    [8, 9, 3, 6],
    [4, 4, 6, 12],
    [2, 5, 2, 5],
    [5, 7, 3, 4],
    [6, 7, 3, 8],
    [5, 8, 3, 5],
];

//! Published tables.

use klero::estimate::shares::risk_difference;
use klero::protocol::IntervalId;
use klero::sample::Count;

#[track_caller]
fn interval(counts: [u64; 4], method: IntervalId, lower: f64, upper: f64, digits: i32) {
    let [x1, n1, x0, n0] = counts;
    let found = risk_difference(Count::new(x1, n1), Count::new(x0, n0), 0.95, method);
    let found = found.interval.unwrap();
    let half = 0.5 * 10f64.powi(-digits) + 1e-12;
    assert!(
        (found.lower.unwrap() - lower).abs() <= half,
        "{counts:?} {found:?}"
    );
    assert!(
        (found.upper.unwrap() - upper).abs() <= half,
        "{counts:?} {found:?}"
    );
}

/// Newcombe 1998, Statistics in Medicine 17:873, Table II, method 10 (score, no continuity
/// correction); four decimals as printed.
#[test]
fn newcombe_intervals_are_those_of_his_table() {
    for (counts, lower, upper) in [
        ([56, 70, 48, 80], 0.0524, 0.3339),
        ([9, 10, 3, 10], 0.1705, 0.8090),
        ([6, 7, 2, 7], 0.0582, 0.8062),
        ([5, 56, 0, 29], -0.0381, 0.1926),
        ([0, 10, 0, 20], -0.1611, 0.2775),
        ([10, 10, 0, 20], 0.6791, 1.0),
        ([10, 10, 0, 10], 0.6075, 1.0),
    ] {
        interval(counts, IntervalId::Newcombe, lower, upper, 4);
    }
}

/// The same table, method 6 (Miettinen & Nurminen, with N/(N − 1)).
#[test]
fn score_intervals_are_those_of_newcombes_table() {
    for (counts, lower, upper) in [
        ([56, 70, 48, 80], 0.0528, 0.3382),
        ([9, 10, 3, 10], 0.1700, 0.8406),
        ([6, 7, 2, 7], 0.0342, 0.8534),
        ([5, 56, 0, 29], -0.0326, 0.1933),
        ([0, 10, 0, 20], -0.1658, 0.2844),
        ([10, 10, 0, 20], 0.7156, 1.0),
        ([10, 10, 0, 10], 0.6636, 1.0),
    ] {
        interval(counts, IntervalId::MiettinenNurminen, lower, upper, 4);
    }
}

/// statsmodels issue 10269: a wrong coefficient of the restricted likelihood's cubic that shows
/// only away from a difference of 0.
#[test]
fn score_interval_is_right_away_from_a_difference_of_zero() {
    let counts = [75, 168, 49, 167];
    interval(counts, IntervalId::MiettinenNurminen, 0.04968, 0.25333, 5);
}

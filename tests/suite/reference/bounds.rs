//! Bounds for missing outcomes, against exact fractions.

use klero::estimate::bounds::{
    Answers, Bounds, BoundsError, Side, bounds_belong, difference_in_missing, imbens_manski,
    lee_bounds, worst_case_bounds,
};
use klero::estimate::means::difference_in_means;
use klero::sample::Count;

use super::shares::{Row, close, number, numbers, rows};

fn fixture() -> Vec<Row> {
    rows(include_str!("../../../data-fixtures/reference/bounds.csv"))
}

fn case(row: &Row) -> ([Vec<f64>; 2], [usize; 2]) {
    let drawn = |column| number(row, column) as usize;
    (
        [numbers(row, "arm"), numbers(row, "reference")],
        [drawn("drawn_arm"), drawn("drawn_reference")],
    )
}

fn answers(values: &[f64], drawn: usize) -> Answers<'_> {
    Answers { values, drawn }
}

/// The script works in fractions and 40 digits: 1e-12.
#[track_caller]
fn same(found: &Bounds, row: &Row, columns: [&str; 6]) {
    let interval = found.interval.as_ref().unwrap();
    let found = [
        found.lower,
        found.upper,
        found.lower_error,
        found.upper_error,
        interval.lower,
        interval.upper,
    ];
    for (found, column) in found.into_iter().zip(columns) {
        let what = format!("{} {column}", row["case"]);
        close(found.unwrap(), number(row, column), 1e-12, &what);
    }
}

#[test]
fn lee_bounds_are_those_of_exact_fractions() {
    for row in fixture() {
        let ([arm, reference], [n1, n0]) = case(&row);
        let level = number(&row, "level");
        let found = lee_bounds(answers(&arm, n1), answers(&reference, n0), level);
        let columns = ["lower", "upper", "lower_error", "upper_error", "from", "to"];
        same(&found, &row, columns);
        let more = (arm.len() * n0).cmp(&(reference.len() * n1));
        let trimmed = found.trimmed;
        match more {
            std::cmp::Ordering::Greater => assert_eq!(trimmed.unwrap().side, Side::Arm),
            std::cmp::Ordering::Less => assert_eq!(trimmed.unwrap().side, Side::Reference),
            std::cmp::Ordering::Equal => assert_eq!(trimmed, None),
        }
    }
}

#[test]
fn worst_case_bounds_are_those_of_filled_outcomes() {
    for row in fixture() {
        let ([arm, reference], [n1, n0]) = case(&row);
        let limits = (number(&row, "least"), number(&row, "most"));
        let level = number(&row, "level");
        let arms = (answers(&arm, n1), answers(&reference, n0));
        let found = worst_case_bounds(arms.0, arms.1, limits, level).unwrap();
        let columns = [
            "worst_lower",
            "worst_upper",
            "worst_lower_error",
            "worst_upper_error",
            "worst_from",
            "worst_to",
        ];
        same(&found, &row, columns);
        assert_eq!(found.trimmed, None);
    }
}

/// Arm: 3 of 4 answered, 1 2 6. Reference: 1 of 2, so half. The arm keeps 4·1/2 = 2 of 3 outcomes:
/// 1 and 2, or 2 and 6; the reference's mean is 5. Lower 1.5 − 5, upper 4 − 5; a third is cut off.
/// One outcome in the reference has no variance, and the bounds no interval.
#[test]
fn lee_bounds_by_hand() {
    let found = lee_bounds(answers(&[6.0, 1.0, 2.0], 4), answers(&[5.0], 2), 0.95);
    assert_eq!((found.lower, found.upper), (Some(-3.5), Some(-1.0)));
    let trimmed = found.trimmed.unwrap();
    assert_eq!((trimmed.side, trimmed.kept), (Side::Arm, 2.0));
    assert!((trimmed.share - 1.0 / 3.0).abs() < 1e-15);
    assert_eq!(found.interval, None);
    assert!(found.notes[0].contains("no interval"));
}

/// Yes or no, 9 of 12 in the arm with 6 yes, 6 of 12 in the reference with 3: the arm keeps 6 of 9,
/// so at least 3 yes and at most 6: from 1/2 − 1/2 to 1 − 1/2.
#[test]
fn lee_bounds_of_shares_by_hand() {
    let arm = [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    let reference = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0];
    let found = lee_bounds(answers(&arm, 12), answers(&reference, 12), 0.95);
    assert_eq!((found.lower, found.upper), (Some(0.0), Some(0.5)));
}

#[test]
fn bounds_do_not_know_the_order_of_rows_and_mirror_when_arms_are_swapped() {
    for row in fixture() {
        let ([arm, reference], [n1, n0]) = case(&row);
        let found = lee_bounds(answers(&arm, n1), answers(&reference, n0), 0.95);
        let turned: Vec<f64> = arm.iter().rev().copied().collect();
        assert_eq!(
            found,
            lee_bounds(answers(&turned, n1), answers(&reference, n0), 0.95)
        );
        let back = lee_bounds(answers(&reference, n0), answers(&arm, n1), 0.95);
        assert_eq!(found.lower, back.upper.map(|x| -x));
        assert_eq!(found.lower_error, back.upper_error);
        // A change of unit and origin scales, and turns with a negative one.
        let scaled = |values: &[f64]| values.iter().map(|y| -4.0 * y).collect::<Vec<_>>();
        let (arm, reference) = (scaled(&arm), scaled(&reference));
        let scaled = lee_bounds(answers(&arm, n1), answers(&reference, n0), 0.95);
        close(
            scaled.lower.unwrap(),
            -4.0 * found.upper.unwrap(),
            1e-12,
            "unit",
        );
        close(
            scaled.lower_error.unwrap(),
            4.0 * found.upper_error.unwrap(),
            1e-12,
            "unit",
        );
    }
}

/// With everybody's outcome both kinds of bounds are the difference in means, and the interval is
/// the normal one.
#[test]
fn without_missing_outcomes_bounds_are_the_difference() {
    let (arm, reference) = ([5.0, 3.0, 8.0, 1.0], [6.0, 2.0, 5.0]);
    let whole = difference_in_means(&arm, &reference, 0.95);
    let arms = (answers(&arm, 4), answers(&reference, 3));
    let lee = lee_bounds(arms.0, arms.1, 0.95);
    let worst = worst_case_bounds(arms.0, arms.1, (0.0, 10.0), 0.95).unwrap();
    for found in [lee, worst] {
        let (estimate, error) = (whole.estimate.unwrap(), whole.std_error.unwrap());
        let interval = found.interval.unwrap();
        close(found.lower.unwrap(), estimate, 1e-14, "lower");
        close(found.upper.unwrap(), estimate, 1e-14, "upper");
        close(found.lower_error.unwrap(), error, 1e-14, "error");
        let half = 1.959963984540054 * error;
        close(
            interval.lower.unwrap(),
            (estimate - half).max(-10.0),
            1e-13,
            "from",
        );
        close(interval.upper.unwrap(), estimate + half, 1e-13, "to");
    }
}

/// Bounds that meet need the two-sided quantile, bounds far apart the one-sided.
#[test]
fn the_interval_goes_from_two_tails_to_one() {
    let half = |apart| imbens_manski(0.0, apart, (1.0, 1.0), 0.95).1 - apart;
    close(half(0.0), 1.959963984540054, 1e-12, "two-sided");
    close(half(40.0), 1.6448536269514722, 1e-12, "one-sided");
    assert!(half(0.5) < half(0.1) && half(1.0) < half(0.5));
}

#[test]
fn what_cannot_be_bounded_is_absent_with_a_reason() {
    let found = lee_bounds(answers(&[], 5), answers(&[1.0, 2.0], 5), 0.95);
    assert_eq!((found.lower, found.interval), (None, None));
    assert_eq!(found.notes, ["an arm has no outcomes"]);

    let constant = lee_bounds(answers(&[1.0; 4], 5), answers(&[1.0; 3], 5), 0.95);
    assert_eq!((constant.lower, constant.upper), (Some(0.0), Some(0.0)));
    assert_eq!(constant.interval, None);

    // Nobody answered: anything is possible, and nothing beyond.
    let arms = (answers(&[], 5), answers(&[], 4));
    let found = worst_case_bounds(arms.0, arms.1, (0.0, 1.0), 0.95).unwrap();
    assert_eq!((found.lower, found.upper), (Some(-1.0), Some(1.0)));

    let values = [0.5, 2.0];
    let error = worst_case_bounds(answers(&values, 5), arms.1, (0.0, 1.0), 0.95);
    let (value, least, most) = (2.0, 0.0, 1.0);
    assert_eq!(error, Err(BoundsError::Outside { value, least, most }));
    let error = worst_case_bounds(arms.0, arms.1, (1.0, 0.0), 0.95);
    assert!(matches!(error, Err(BoundsError::Limits { .. })));
    let error = worst_case_bounds(arms.0, arms.1, (f64::NAN, 0.0), 0.95);
    assert!(matches!(error, Err(BoundsError::Limits { .. })));
}

/// results.md: more than 5 % missing in an arm, or 2.5 points between arms; at the line itself not.
#[test]
fn bounds_belong_where_many_are_missing_or_unlike_many() {
    let belong = |x1, n1, x0, n0| bounds_belong(Count::new(x1, n1), Count::new(x0, n0));
    assert!(!belong(0, 100, 0, 100));
    assert!(!belong(5, 100, 5, 100));
    assert!(belong(6, 100, 5, 100));
    assert!(belong(5, 100, 6, 100));
    assert!(!belong(5, 200, 0, 200));
    assert!(belong(6, 200, 0, 200));
    assert!(!belong(0, 0, 0, 0));
}

/// prop.test(c(20, 9), c(135, 184), correct = FALSE) in R 4.2.2: X-squared 9.278482286634457; times
/// 318/319, pchisq(…, 1, lower.tail = FALSE) is 0.0023557309270808508.
#[test]
fn missing_shares_are_compared_by_the_score_test() {
    let found = difference_in_missing(&[(Count::new(20, 135), Count::new(9, 184))]);
    close(
        found.estimate.unwrap(),
        20.0 / 135.0 - 9.0 / 184.0,
        1e-14,
        "difference",
    );
    close(found.p_value.unwrap(), 0.0023557309270808508, 1e-12, "p");
    let nobody = difference_in_missing(&[(Count::new(0, 135), Count::new(0, 184))]);
    assert_eq!(nobody.p_value, None);
    assert_eq!(nobody.notes, ["no outcome is missing"]);
}

/// mantelhaen.test(array(c(12, 8, 30, 30, 3, 57, 0, 20), c(2, 2, 2)), correct = FALSE) in R 4.2.2:
/// Mantel-Haenszel X-squared 1.1674876847290638, p 0.27991805558696153. Both strata together, by
/// prop.test(c(15, 30), c(80, 80), correct = FALSE) times 159/160, give 0.0085569218419277518.
#[test]
fn missing_shares_are_compared_within_strata() {
    let strata = [
        (Count::new(12, 20), Count::new(30, 60)),
        (Count::new(3, 60), Count::new(0, 20)),
    ];
    let found = difference_in_missing(&strata);
    close(found.p_value.unwrap(), 0.27991805558696153, 1e-10, "p");
    let together = difference_in_missing(&[(Count::new(15, 80), Count::new(30, 80))]);
    close(together.p_value.unwrap(), 0.008556921841927752, 1e-10, "p");
    let nobody = strata.map(|(a, r)| (Count::new(0, a.n), Count::new(0, r.n)));
    assert_eq!(
        difference_in_missing(&nobody).notes,
        ["no outcome is missing"]
    );
}

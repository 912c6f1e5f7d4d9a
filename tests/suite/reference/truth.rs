//! Every method has a number from outside the project, and this is where it is held.

use std::path::Path;

use klero::estimate::duration::curve::restricted_mean_difference;
use klero::estimate::duration::{End, Times};
use klero::protocol::MethodId;

/// The test that holds each method to a number from outside, as file and function.
const TRUTH: &[(MethodId, &str, &str)] = &[
    (
        MethodId::DifferenceInMeans,
        "programs",
        "differences_in_means_are_those_of_r",
    ),
    (
        MethodId::StratifiedDifference,
        "linear",
        "changes_ratios_and_strata_are_those_of_r",
    ),
    (MethodId::Ols, "linear", "regressions_are_those_of_r"),
    (MethodId::Lin, "linear", "regressions_are_those_of_r"),
    (
        MethodId::RatioOfMeans,
        "linear",
        "changes_ratios_and_strata_are_those_of_r",
    ),
    (
        MethodId::RiskDifference,
        "programs",
        "differences_of_shares_are_those_of_r",
    ),
    (
        MethodId::RiskRatio,
        "programs",
        "ratios_of_shares_are_those_of_r",
    ),
    (
        MethodId::OddsRatio,
        "shares",
        "exact_odds_ratios_are_those_of_exact_arithmetic",
    ),
    (
        MethodId::MantelHaenszel,
        "shares",
        "shares_over_strata_are_those_of_r",
    ),
    (
        MethodId::FisherExact,
        "programs",
        "exact_tests_and_single_shares_are_those_of_r",
    ),
    (
        MethodId::Share,
        "programs",
        "exact_tests_and_single_shares_are_those_of_r",
    ),
    (
        MethodId::Change,
        "linear",
        "changes_ratios_and_strata_are_those_of_r",
    ),
    (MethodId::Ancova, "linear", "regressions_are_those_of_r"),
    (
        MethodId::Late,
        "linear",
        "effects_of_receipt_are_those_of_r",
    ),
    (
        MethodId::RandomisationTest,
        "redraw",
        "exact_tests_are_those_of_r",
    ),
    (
        MethodId::KaplanMeier,
        "durations",
        "kaplan_meier_curves_are_those_of_r",
    ),
    (
        MethodId::Rmst,
        "durations",
        "restricted_means_are_those_of_r",
    ),
    (
        MethodId::LogRank,
        "durations",
        "log_rank_tests_are_those_of_r",
    ),
    (MethodId::Cox, "durations", "hazard_ratios_are_those_of_r"),
    (
        MethodId::AalenJohansen,
        "durations",
        "cumulative_incidences_are_those_of_r",
    ),
    (
        MethodId::InteractionTest,
        "linear",
        "changes_ratios_and_strata_are_those_of_r",
    ),
    (
        MethodId::LeeBounds,
        "bounds",
        "lee_bounds_are_those_of_exact_fractions",
    ),
    (
        MethodId::WorstCaseBounds,
        "bounds",
        "worst_case_bounds_are_those_of_filled_outcomes",
    ),
];

#[test]
fn no_method_is_without_a_number_from_outside() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/reference");
    for method in MethodId::ALL {
        let found = TRUTH.iter().find(|(known, ..)| known == method);
        let (_, file, test) = found.unwrap_or_else(|| panic!("`{method}` has no reference test"));
        let text = std::fs::read_to_string(folder.join(format!("{file}.rs"))).unwrap();
        let named = format!("#[test]\nfn {test}()");
        assert!(
            text.contains(&named),
            "`{method}`: no test {test} in {file}.rs"
        );
    }
}

/// By hand, without censoring, up to 4. Stratum A: arm 1, 3, reference 2, 4; means 2 and 3,
/// variances Σ(x − mean)²/n² of 1/2 each. Stratum B: arm 4, 4, 1, reference 2, 3, 1; means 3 and 2,
/// variances 6/9 and 2/9. Weights 4/10 and 6/10: the difference is 0.4·(−1) + 0.6·1 = 0.2, its
/// variance 0.16·1 + 0.36·8/9 = 0.48.
#[test]
fn restricted_means_by_stratum_by_hand() {
    let ends = [End::Event; 5];
    let arm = Times::new(&[1.0, 3.0, 4.0, 4.0, 1.0], &ends).unwrap();
    let reference = Times::new(&[2.0, 4.0, 2.0, 3.0, 1.0], &ends).unwrap();
    let strata = [0, 0, 1, 1, 1];
    let found = restricted_mean_difference(
        arm.stratified(&strata).unwrap(),
        reference.stratified(&strata).unwrap(),
        4.0,
        0.95,
    );
    assert!((found.estimate.unwrap() - 0.2).abs() < 1e-14);
    assert!((found.std_error.unwrap() - 0.48_f64.sqrt()).abs() < 1e-14);
    // One stratum is none.
    let one = [7; 5];
    let whole = restricted_mean_difference(arm, reference, 4.0, 0.95);
    let same = restricted_mean_difference(
        arm.stratified(&one).unwrap(),
        reference.stratified(&one).unwrap(),
        4.0,
        0.95,
    );
    assert!((whole.estimate.unwrap() - same.estimate.unwrap()).abs() < 1e-15);
    assert!((whole.std_error.unwrap() - same.std_error.unwrap()).abs() < 1e-15);
}

//! Times to an event: survival of R on published data, printed tables, and tiny cases in fractions.
//!
//! Tolerance: 1e-9 relative, unless a test says why not.

use std::collections::HashMap;

use klero::estimate::duration::cox::{Coefficient, Fit, Variance, cox, fit};
use klero::estimate::duration::curve::{
    kaplan_meier, kaplan_meier_difference, restricted_mean_difference,
};
use klero::estimate::duration::incidence::{aalen_johansen, incidence_difference};
use klero::estimate::duration::log_rank::{log_rank, log_rank_test};
use klero::estimate::duration::{End, Times};
use klero::estimate::{Computed, Interval};
use klero::protocol::IntervalId;

const STUDIES: [&str; 6] = ["freireich", "aml", "lung", "veteran", "ovarian", "mgus2"];

struct Reference(HashMap<(String, String), Vec<f64>>);

impl Reference {
    fn read() -> Reference {
        let text = include_str!("../../../data-fixtures/reference/durations.csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.deserialize().map(|row| {
            let (case, what, values): (String, String, String) = row.unwrap();
            let number = |text: &str| text.parse().unwrap_or(f64::NAN);
            ((case, what), values.split(' ').map(number).collect())
        });
        Reference(rows.collect())
    }

    #[track_caller]
    fn of(&self, case: &str, what: &str) -> &[f64] {
        let key = (case.to_owned(), what.to_owned());
        self.0
            .get(&key)
            .unwrap_or_else(|| panic!("no {what} of {case}"))
    }

    fn study(&self, name: &str) -> Study {
        let labels = |what| self.of(name, what).iter().map(|x| *x as u32).collect();
        let covariates: &[&str] = match name {
            "freireich" => &["half"],
            "aml" => &["odd"],
            "lung" => &["age", "wt.loss", "ph.ecog"],
            "veteran" => &["karno", "age", "prior", "squamous", "diagtime"],
            "ovarian" => &["age", "ecog.ps"],
            "mgus2" => &["age"],
            other => panic!("{other}"),
        };
        let columns = ["arm"].iter().chain(covariates);
        Study {
            time: self.of(name, "time").to_vec(),
            end: ends(self.of(name, "status")),
            columns: columns.map(|what| self.of(name, what).to_vec()).collect(),
            strata: labels("stratum"),
            clusters: labels("cluster"),
        }
    }
}

fn ends(status: &[f64]) -> Vec<End> {
    let end = |status: &f64| match *status as u8 {
        0 => End::Censored,
        1 => End::Event,
        _ => End::Competing,
    };
    status.iter().map(end).collect()
}

struct Study {
    time: Vec<f64>,
    end: Vec<End>,
    columns: Vec<Vec<f64>>,
    strata: Vec<u32>,
    clusters: Vec<u32>,
}

impl Study {
    fn times(&self) -> Times<'_> {
        Times::new(&self.time, &self.end).unwrap()
    }

    fn within_strata(&self) -> Times<'_> {
        self.times().stratified(&self.strata).unwrap()
    }

    fn columns(&self) -> Vec<&[f64]> {
        self.columns.iter().map(Vec::as_slice).collect()
    }

    fn arm(&self, arm: f64) -> Arm {
        let rows = || (0..self.time.len()).filter(|&row| self.columns[0][row] == arm);
        Arm {
            time: rows().map(|row| self.time[row]).collect(),
            end: rows().map(|row| self.end[row]).collect(),
            strata: rows().map(|row| self.strata[row]).collect(),
        }
    }
}

struct Arm {
    time: Vec<f64>,
    end: Vec<End>,
    strata: Vec<u32>,
}

impl Arm {
    fn times(&self) -> Times<'_> {
        Times::new(&self.time, &self.end).unwrap()
    }

    fn within_strata(&self) -> Times<'_> {
        self.times().stratified(&self.strata).unwrap()
    }
}

#[track_caller]
fn close(found: f64, expected: f64, what: &str) {
    near(found, expected, 1e-9, what);
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1e-12),
        "{what}: found {found:e}, expected {expected:e}"
    );
}

#[track_caller]
fn maybe_close(found: Option<f64>, expected: f64, what: &str) {
    match found {
        Some(found) => close(found, expected, what),
        None => assert!(
            expected.is_nan(),
            "{what}: found none, expected {expected:e}"
        ),
    }
}

fn lower(interval: &Option<Interval>) -> Option<f64> {
    interval.as_ref().and_then(|interval| interval.lower)
}

fn upper(interval: &Option<Interval>) -> Option<f64> {
    interval.as_ref().and_then(|interval| interval.upper)
}

#[test]
fn kaplan_meier_curves_are_those_of_r() {
    let reference = Reference::read();
    for name in STUDIES {
        let study = reference.study(name);
        for arm in [1, 0] {
            let case = format!("{name}/curve{arm}");
            let of = |what: &str| reference.of(&case, what);
            let persons = study.arm(f64::from(arm));
            let curve = kaplan_meier(persons.times());
            assert_eq!(curve.steps.len(), of("time").len(), "{case}");
            for (i, step) in curve.steps.iter().enumerate() {
                assert_eq!(step.time, of("time")[i]);
                assert_eq!(step.at_risk as f64, of("at_risk")[i]);
                assert_eq!(step.events as f64, of("events")[i]);
                assert_eq!(step.censored as f64, of("censored")[i]);
                close(step.survival, of("survival")[i], &case);
                close(step.std_error, of("std_error")[i], &case);
                let interval = step.interval(0.95);
                maybe_close(lower(&interval), of("lower")[i], &case);
                maybe_close(upper(&interval), of("upper")[i], &case);
            }
            let median = curve.median(0.95);
            maybe_close(median.time, of("median")[0], &case);
            maybe_close(median.lower, of("median")[1], &case);
            maybe_close(median.upper, of("median")[2], &case);
        }
    }
}

#[test]
fn restricted_means_are_those_of_r() {
    let reference = Reference::read();
    for name in STUDIES {
        let study = reference.study(name);
        let arms = [study.arm(1.0), study.arm(0.0)];
        for (i, &horizon) in reference.of(name, "horizons").iter().enumerate() {
            let mut means = Vec::new();
            for (arm, persons) in [1, 0].into_iter().zip(&arms) {
                let case = format!("{name}/curve{arm}");
                let (mean, error) = (
                    reference.of(&case, "mean")[i],
                    reference.of(&case, "mean_error")[i],
                );
                // R extends a curve that ends above 0; here that is undefined.
                match kaplan_meier(persons.times()).restricted_mean(horizon) {
                    Some(found) => {
                        close(found.value, mean, &case);
                        close(found.std_error, error, &case);
                        means.push((mean, error));
                    }
                    None => {
                        let longest = persons.time.iter().copied().fold(0.0, f64::max);
                        assert!(horizon > longest, "{case} {horizon}");
                    }
                }
            }
            let found = restricted_mean_difference(arms[0].times(), arms[1].times(), horizon, 0.95);
            if let [(m1, s1), (m0, s0)] = means[..] {
                let error = f64::hypot(s1, s0);
                // A difference of two means loses what they share.
                near(found.estimate.unwrap(), m1 - m0, 1e-8, name);
                close(found.std_error.unwrap(), error, name);
                let interval = found.interval.unwrap();
                assert_eq!(interval.method, IntervalId::Normal);
                near(
                    interval.upper.unwrap(),
                    m1 - m0 + 1.959963984540054 * error,
                    1e-8,
                    name,
                );
            } else {
                assert_eq!(found.estimate, None);
            }
        }
    }
}

/// Uno et al., vignette of survRM2, section 3 (τ = 10 years): means 7.146 (0.283) and 7.283
/// (0.295), difference −0.137 (−0.939 to 0.665), p = 0.738.
#[test]
fn the_restricted_mean_difference_of_the_liver_trial_is_the_published_one() {
    let reference = Reference::read();
    let study = |what| reference.of("pbc", what);
    let end = ends(study("status"));
    let of_arm = |arm: f64| {
        let rows = (0..end.len()).filter(move |&row| study("arm")[row] == arm);
        rows.map(|row| (study("time")[row], end[row])).unzip()
    };
    let arms: [(Vec<f64>, Vec<End>); 2] = [of_arm(1.0), of_arm(0.0)];
    let [arm, control] = [0, 1].map(|arm| Times::new(&arms[arm].0, &arms[arm].1).unwrap());
    let round = |x: f64| (x * 1e3).round() / 1e3;
    let mean = |times| kaplan_meier(times).restricted_mean(10.0).unwrap();
    assert_eq!(round(mean(arm).value), 7.146);
    assert_eq!(round(mean(arm).std_error), 0.283);
    assert_eq!(round(mean(control).value), 7.283);
    assert_eq!(round(mean(control).std_error), 0.295);
    let found = restricted_mean_difference(arm, control, 10.0, 0.95);
    assert_eq!(round(found.estimate.unwrap()), -0.137);
    assert_eq!(round(found.p_value.unwrap()), 0.738);
    let interval = found.interval.unwrap();
    assert_eq!(round(interval.lower.unwrap()), -0.939);
    assert_eq!(round(interval.upper.unwrap()), 0.665);
}

#[test]
fn log_rank_tests_are_those_of_r() {
    let reference = Reference::read();
    for name in STUDIES {
        let study = reference.study(name);
        let (arm, control) = (study.arm(1.0), study.arm(0.0));
        let check = |arm: Times, control: Times, what: &str| {
            let expected = reference.of(name, what);
            let test = log_rank_test(&[arm, control]);
            assert_eq!(test.df, 1);
            // R's square root of a small χ² carries the rounding of O − E.
            near(test.chi_squared.unwrap(), expected[0], 1e-9, name);
            let found = log_rank(arm, control);
            near(found.p_value.unwrap(), expected[1], 1e-9, name);
            assert_eq!((found.estimate, found.interval), (None, None));
        };
        check(arm.times(), control.times(), "log_rank");
        let (arm, control) = (arm.within_strata(), control.within_strata());
        check(arm, control, "log_rank_stratified");
    }
}

#[test]
fn log_rank_tests_of_four_arms_are_those_of_r() {
    let reference = Reference::read();
    let study = reference.study("veteran");
    let cells = reference.of("veteran/cells", "arm");
    let arms: Vec<Arm> = [1.0, 2.0, 3.0, 4.0]
        .iter()
        .map(|cell| {
            let rows = || (0..cells.len()).filter(|&row| cells[row] == *cell);
            Arm {
                time: rows().map(|row| study.time[row]).collect(),
                end: rows().map(|row| study.end[row]).collect(),
                strata: rows().map(|row| study.columns[0][row] as u32).collect(),
            }
        })
        .collect();
    for (stratified, times) in [Arm::times, Arm::within_strata].iter().enumerate() {
        let times: Vec<Times> = arms.iter().map(times).collect();
        let of = |what: &str| reference.of("veteran/cells", &format!("{what}{stratified}"));
        let test = log_rank_test(&times);
        assert_eq!(test.df, 3);
        close(test.chi_squared.unwrap(), of("test")[0], "χ²");
        close(test.p_value.unwrap(), of("test")[1], "p");
        for arm in 0..4 {
            assert_eq!(test.observed[arm] as f64, of("observed")[arm]);
            close(test.expected[arm], of("expected")[arm], "expected");
        }
    }
}

#[track_caller]
fn is_fit_of_r(found: &Fit, row: &Computed, reference: &Reference, case: &str) {
    assert!(found.converged);
    let of = |what: &str| reference.of(case, what);
    // Log-likelihoods and scores are sums that start from different centres.
    for i in 0..2 {
        near(
            found.log_likelihood[i],
            of("log_likelihood")[i],
            1e-12,
            case,
        );
    }
    close(found.score_chi_squared, of("score")[0], case);
    for (i, coefficient) in found.coefficients.iter().enumerate() {
        match *coefficient {
            Coefficient::Finite {
                log_ratio,
                std_error,
            } => {
                near(log_ratio, of("log_ratio")[i], 1e-8, case);
                close(std_error, of("std_error")[i], case);
            }
            other => assert!(of("log_ratio")[i].is_nan(), "{case}: {other:?}"),
        }
    }
    let interval = row.interval.as_ref().unwrap();
    assert_eq!(interval.method, IntervalId::Log);
    let expected = of("wald");
    close(row.estimate.unwrap(), expected[0], case);
    close(interval.lower.unwrap(), expected[1], case);
    close(interval.upper.unwrap(), expected[2], case);
    close(row.p_value.unwrap(), expected[3], case);
    close(row.std_error.unwrap(), of("std_error")[0], case);
}

#[test]
fn hazard_ratios_are_those_of_r() {
    let reference = Reference::read();
    for name in STUDIES {
        let study = reference.study(name);
        let check = |times: Times, columns: &[&[f64]], variance: Variance, form: &str| {
            let found = fit(times, columns, variance).unwrap();
            let row = cox(times, columns, variance, 0.95).unwrap();
            is_fit_of_r(&found, &row, &reference, &format!("{name}/{form}"));
        };
        let (times, within) = (study.times(), study.within_strata());
        let columns = study.columns();
        let clustered = Variance::Clustered(&study.clusters);
        check(times, &columns[..1], Variance::Model, "cox");
        check(times, &columns, Variance::Model, "cox_full");
        check(times, &columns, Variance::Robust, "cox_robust");
        check(times, &columns, clustered, "cox_clustered");
        check(within, &columns, Variance::Model, "cox_stratified");
        check(within, &columns, clustered, "cox_stratified_clustered");
    }
}

/// Freireich et al. 1963, weeks of remission: Cox 1972 and after him every textbook. Efron's
/// coefficient −1.572 with standard error 0.412, log-rank χ² 16.79, medians 23 and 8
/// (Kalbfleisch & Prentice 2002; Therneau & Grambsch 2000; Collett 2015).
#[test]
fn the_leukaemia_data_give_the_published_numbers() {
    let study = Reference::read().study("freireich");
    let (arm, control) = (study.arm(1.0), study.arm(0.0));
    let found = fit(study.times(), &study.columns()[..1], Variance::Model).unwrap();
    let round = |x: f64, digits: i32| (x * 10_f64.powi(digits)).round() / 10_f64.powi(digits);
    match found.coefficients[0] {
        Coefficient::Finite {
            log_ratio,
            std_error,
        } => assert_eq!((round(log_ratio, 3), round(std_error, 3)), (-1.572, 0.412)),
        other => panic!("{other:?}"),
    }
    let test = log_rank_test(&[arm.times(), control.times()]);
    assert_eq!(round(test.chi_squared.unwrap(), 2), 16.79);
    assert_eq!(test.observed, [9, 21]);
    assert_eq!(round(test.expected[1], 2), 10.75);
    // Product of fractions: 18/21, ·16/17, ·14/15, ·11/12, ·10/11, ·6/7, ·5/6.
    let curve = kaplan_meier(arm.times());
    let steps: Vec<f64> = curve
        .steps
        .iter()
        .filter(|step| step.events > 0)
        .map(|step| round(step.survival, 4))
        .collect();
    assert_eq!(
        steps,
        [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    );
    assert_eq!(curve.median(0.95).time, Some(23.0));
    assert_eq!(kaplan_meier(control.times()).median(0.95).time, Some(8.0));
}

#[test]
fn cumulative_incidences_are_those_of_r() {
    let reference = Reference::read();
    let study = reference.study("mgus2");
    let tied = (
        reference.of("tied", "time").to_vec(),
        ends(reference.of("tied", "status")),
    );
    let arms = [study.arm(1.0), study.arm(0.0)];
    for (case, times) in [
        ("mgus2/incidence1", arms[0].times()),
        ("mgus2/incidence0", arms[1].times()),
        ("tied/incidence", Times::new(&tied.0, &tied.1).unwrap()),
    ] {
        let of = |what: &str| reference.of(case, what);
        let found = aalen_johansen(times);
        assert_eq!(found.steps.len(), of("time").len());
        for (i, step) in found.steps.iter().enumerate() {
            assert_eq!(step.time, of("time")[i]);
            assert_eq!(step.at_risk as f64, of("at_risk")[i]);
            close(step.incidence, of("incidence")[i], case);
            close(step.std_error, of("std_error")[i], case);
            close(step.without, of("without")[i], case);
            let interval = step.interval(0.95);
            maybe_close(lower(&interval), of("lower")[i], case);
            maybe_close(upper(&interval), of("upper")[i], case);
        }
    }
    let at = |arm: usize| {
        let case = format!("mgus2/incidence{arm}");
        let after = reference.of(&case, "time").partition_point(|t| *t <= 120.0);
        let of = |what: &str| reference.of(&case, what)[after - 1];
        (of("incidence"), of("std_error"))
    };
    let ((f1, s1), (f0, s0)) = (at(1), at(0));
    let found = incidence_difference(arms[0].times(), arms[1].times(), 120.0, 0.95);
    near(found.estimate.unwrap(), f1 - f0, 1e-8, "difference");
    close(found.std_error.unwrap(), f64::hypot(s1, s0), "difference");
    is_difference(&found, reference.of("mgus2/by_120", "difference"));
}

fn is_difference(found: &Computed, expected: &[f64]) {
    let interval = found.interval.as_ref().unwrap();
    assert_eq!(interval.method, IntervalId::LogLog);
    let numbers = [
        found.estimate,
        found.std_error,
        found.p_value,
        interval.lower,
        interval.upper,
    ];
    for (number, expected) in numbers.into_iter().zip(expected) {
        near(number.unwrap(), *expected, 1e-8, "difference");
    }
}

#[test]
fn differences_of_curves_have_the_limits_that_r_makes_of_its_own() {
    let reference = Reference::read();
    for (name, horizon) in [("freireich", 10.0), ("veteran", 100.0)] {
        let study = reference.study(name);
        let (arm, control) = (study.arm(1.0), study.arm(0.0));
        let found = kaplan_meier_difference(arm.times(), control.times(), horizon, 0.95);
        let case = format!("{name}/by_{horizon}");
        is_difference(&found, reference.of(&case, "difference"));
    }
}

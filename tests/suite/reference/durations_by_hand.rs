//! Times to an event: tiny cases in exact fractions, what holds between methods, and what is
//! undefined.

use klero::estimate::duration::cox::{Coefficient, Fit, Variance, cox, fit};
use klero::estimate::duration::curve::{
    kaplan_meier, kaplan_meier_difference, restricted_mean_difference,
};
use klero::estimate::duration::incidence::{aalen_johansen, incidence_difference};
use klero::estimate::duration::log_rank::{log_rank, log_rank_test};
use klero::estimate::duration::{DurationError, End, Times};
use klero::estimate::means::{Moments, difference_in_means};
use proptest::prelude::*;

/// Times with their ends: `1` for an event, `0` censored, `2` competing.
#[derive(Clone, Debug, Default)]
struct Arm(Vec<f64>, Vec<End>);

impl Arm {
    fn of(persons: &[(f64, u8)]) -> Arm {
        let end = |end: u8| [End::Censored, End::Event, End::Competing][end as usize];
        persons
            .iter()
            .map(|&(time, e)| (time, end(e)))
            .unzip()
            .into()
    }

    fn times(&self) -> Times<'_> {
        Times::new(&self.0, &self.1).unwrap()
    }
}

impl From<(Vec<f64>, Vec<End>)> for Arm {
    fn from((time, end): (Vec<f64>, Vec<End>)) -> Arm {
        Arm(time, end)
    }
}

fn five() -> Arm {
    Arm::of(&[(1.0, 1), (2.0, 1), (2.0, 0), (3.0, 0), (4.0, 1)])
}

fn four() -> Arm {
    Arm::of(&[(1.0, 1), (3.0, 1), (3.0, 1), (5.0, 0)])
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
        "found {found:e}, expected {expected:e}"
    );
}

#[track_caller]
fn finite(fit: &Fit, column: usize) -> (f64, f64) {
    match fit.coefficients[column] {
        Coefficient::Finite {
            log_ratio,
            std_error,
        } => (log_ratio, std_error),
        other => panic!("{other:?}"),
    }
}

/// Ŝ = 4/5 after 1, 4/5·3/4 = 3/5 after 2 (one of four at risk; the person censored at 2 is among
/// them), 0 after 4. Greenwood: (4/5)²·1/20 = 4/125, (3/5)²·(1/20 + 1/12) = 6/125.
/// Area to 3: 1 + 4/5 + 3/5 = 12/5, variance (7/5)²/20 + (3/5)²/12 = 16/125; to 4 and ever: 3.
#[test]
fn a_curve_of_five_persons_in_fractions() {
    let curve = kaplan_meier(five().times());
    let steps: Vec<(f64, u64, u64, u64)> = curve
        .steps
        .iter()
        .map(|step| (step.time, step.at_risk, step.events, step.censored))
        .collect();
    assert_eq!(
        steps,
        [
            (1.0, 5, 1, 0),
            (2.0, 4, 1, 1),
            (3.0, 2, 0, 1),
            (4.0, 1, 1, 0)
        ]
    );
    for (step, (survival, variance)) in curve.steps.iter().zip([
        (4.0 / 5.0, 4.0 / 125.0),
        (3.0 / 5.0, 6.0 / 125.0),
        (3.0 / 5.0, 6.0 / 125.0),
        (0.0, 0.0),
    ]) {
        close(step.survival, survival);
        close(step.std_error * step.std_error, variance);
    }
    let mean = curve.restricted_mean(3.0).unwrap();
    close(mean.value, 12.0 / 5.0);
    close(mean.std_error * mean.std_error, 16.0 / 125.0);
    close(curve.restricted_mean(4.0).unwrap().value, 3.0);
    close(curve.restricted_mean(1e6).unwrap().value, 3.0);
    close(curve.restricted_mean(0.5).unwrap().value, 0.5);
    assert_eq!([0.0, 2.0, 2.5, 5.0].map(|t| curve.at_risk(t)), [5, 4, 2, 0]);
    assert_eq!(curve.median(0.95).time, Some(4.0));
    // Level at 1/2 from 1 to 2: the middle.
    let two = Arm::of(&[(1.0, 1), (2.0, 1)]);
    assert_eq!(kaplan_meier(two.times()).median(0.95).time, Some(1.5));
    assert_eq!(
        kaplan_meier(Arm::of(&[(1.0, 0)]).times()).median(0.95).time,
        None
    );
}

/// Events at 1, 2, 3, 4 with (d, n₁, n) = (2, 5, 9), (1, 4, 7), (2, 2, 5), (1, 1, 2): expected
/// 10/9 + 4/7 + 4/5 + 1/2, variance 35/81 + 12/49 + 9/25 + 1/4, observed 3.
#[test]
fn a_log_rank_test_of_nine_persons_in_fractions() {
    let test = log_rank_test(&[five().times(), four().times()]);
    let expected = 10.0 / 9.0 + 4.0 / 7.0 + 4.0 / 5.0 + 1.0 / 2.0;
    let variance = 35.0 / 81.0 + 12.0 / 49.0 + 9.0 / 25.0 + 1.0 / 4.0;
    assert_eq!((test.observed, test.df), (vec![3, 3], 1));
    close(test.expected[0], expected);
    close(test.expected[1], 6.0 - expected);
    close(
        test.chi_squared.unwrap(),
        (3.0_f64 - expected).powi(2) / variance,
    );
}

/// n = 12, then 9: F = 1/12, then 1/12 + (5/6)·(1/9) = 19/108; the first variance is binomial,
/// (1/12)(11/12)/12. After the step to S = 5/6: Var S = (5/6)(1/6)/12, Cov(F, S) = −(1/12)(5/6)/12.
#[test]
fn a_cumulative_incidence_in_fractions() {
    let ends = [1, 2, 0, 1, 0, 2, 1, 1, 2, 0, 2, 1];
    let time = [1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 4.0, 5.0, 6.0, 6.0];
    let persons: Vec<(f64, u8)> = time.into_iter().zip(ends).collect();
    let found = aalen_johansen(Arm::of(&persons).times());
    close(found.steps[0].incidence, 1.0 / 12.0);
    close(found.steps[0].std_error.powi(2), 11.0 / 1728.0);
    close(found.steps[0].without, 10.0 / 12.0);
    close(found.steps[1].incidence, 19.0 / 108.0);
    let (var_f, var_s, cov) = (11.0 / 1728.0, 5.0 / 432.0, -5.0 / 864.0);
    let a = 1.0 / 9.0;
    let added = (5.0_f64 / 6.0).powi(2) * a * (1.0 - a) / 9.0;
    close(
        found.steps[1].std_error.powi(2),
        var_f + 2.0 * a * cov + a * a * var_s + added,
    );
}

/// Events at 1 (x = 1), 2 (x = 0), 3 (x = 1), r the hazard ratio: L = r/(2r + 1) · 1/(1 + r), with
/// its maximum at 2r² = 1 and information 6√2 − 8.
#[test]
fn a_hazard_ratio_of_three_persons_in_surds() {
    let persons = Arm::of(&[(1.0, 1), (2.0, 1), (3.0, 1)]);
    let found = fit(persons.times(), &[&[1.0, 0.0, 1.0]], Variance::Model).unwrap();
    let (log_ratio, std_error) = finite(&found, 0);
    close(log_ratio.exp(), 0.5_f64.sqrt());
    close(std_error, (6.0 * 2.0_f64.sqrt() - 8.0).sqrt().recip());
    close(found.log_likelihood[0], -(6.0_f64.ln()));
    assert!(!found.ties);
}

/// Two events at 1 (x = 1 and 0), a person with x = 1 left at 2: Efron's L is
/// r / ((2r + 1)·(2r + 1 − (r + 1)/2)), with its maximum at 6r² = 1; Breslow's would be at 4r² = 1.
#[test]
fn ties_are_efrons() {
    let persons = Arm::of(&[(1.0, 1), (1.0, 1), (2.0, 0)]);
    let found = fit(persons.times(), &[&[1.0, 0.0, 1.0]], Variance::Model).unwrap();
    close(finite(&found, 0).0.exp(), 6.0_f64.sqrt().recip());
    assert!(found.ties);
    let row = cox(persons.times(), &[&[1.0, 0.0, 1.0]], Variance::Model, 0.95).unwrap();
    assert!(row.notes.contains(&"ties by Efron's method".to_owned()));
}

#[test]
fn a_horizon_beyond_the_last_person_is_undefined_and_names_the_latest() {
    let reason = "the horizon of 5.5 lies beyond the last time seen in an arm: the latest possible \
                  horizon is 5";
    for difference in [
        restricted_mean_difference,
        kaplan_meier_difference,
        incidence_difference,
    ] {
        let found = difference(five().times(), four().times(), 5.5, 0.95);
        assert_eq!(
            (found.estimate, found.notes),
            (None, vec![reason.to_owned()])
        );
        // The first arm has come to 0 at 4, and stays there.
        let found = difference(five().times(), four().times(), 5.0, 0.95);
        assert!(found.estimate.is_some());
        for horizon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let found = difference(five().times(), four().times(), horizon, 0.95);
            assert_eq!(found.notes, ["the horizon is not a time greater than 0"]);
        }
        let found = difference(five().times(), Arm::default().times(), 1.0, 0.95);
        assert_eq!(found.notes, ["an arm has no outcomes"]);
    }
    let found = kaplan_meier_difference(five().times(), four().times(), 3.0, 0.95);
    close(found.estimate.unwrap(), 2.0 / 5.0 - 3.0 / 4.0);
    // Greenwood of the second arm: (1/4)²·(1/12 + 2/3).
    close(found.std_error.unwrap().powi(2), 6.0 / 125.0 + 3.0 / 64.0);
}

#[test]
fn an_arm_without_events_has_no_limits_and_is_told() {
    let none = Arm::of(&[(5.0, 0), (6.0, 0)]);
    let found = kaplan_meier_difference(four().times(), none.times(), 4.0, 0.95);
    close(found.estimate.unwrap(), 3.0 / 4.0);
    assert_eq!((found.p_value, &found.interval), (None, &None));
    assert!(
        found.notes[0].ends_with("has no log-log limits: no test and no interval"),
        "{found:?}"
    );
    let both = kaplan_meier_difference(none.times(), none.times(), 4.0, 0.95);
    assert_eq!(
        (both.estimate, both.p_value, both.interval),
        (Some(0.0), None, None)
    );
    let curve = kaplan_meier(none.times());
    assert_eq!(curve.at(5.0, 0.95).unwrap().1, None);
    assert_eq!(curve.at(6.5, 0.95), None);
    assert_eq!(
        log_rank(none.times(), none.times()).notes,
        ["no event while both arms were at risk: no test"]
    );
    // A single event, before the other arm's only person.
    let first = Arm::of(&[(1.0, 1)]);
    assert!(log_rank(first.times(), none.times()).p_value.is_some());
    let late = Arm::of(&[(9.0, 1)]);
    assert_eq!(log_rank(late.times(), none.times()).p_value, None);
}

#[test]
fn competing_events_are_told_where_they_count_as_censored() {
    let arm = Arm::of(&[(1.0, 1), (2.0, 2), (3.0, 1), (4.0, 0)]);
    let told = |notes: &[String]| notes.iter().any(|note| note.ends_with("(cause-specific)"));
    let (a, b) = (arm.times(), four());
    assert!(told(&log_rank(a, b.times()).notes));
    assert!(told(
        &restricted_mean_difference(a, b.times(), 3.0, 0.95).notes
    ));
    assert!(told(
        &kaplan_meier_difference(a, b.times(), 3.0, 0.95).notes
    ));
    let row = cox(a, &[&[1.0, 0.0, 0.0, 1.0]], Variance::Model, 0.95).unwrap();
    assert!(told(&row.notes));
    assert!(!told(&incidence_difference(a, b.times(), 3.0, 0.95).notes));
}

#[test]
fn times_that_are_none_are_errors() {
    let event = [End::Event];
    assert_eq!(
        Times::new(&[1.0, 2.0], &event).unwrap_err().to_string(),
        "1 values of end for 2 times"
    );
    for time in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(Times::new(&[time], &event).is_err());
    }
    let times = Times::new(&[0.0], &event).unwrap();
    assert!(times.stratified(&[1, 2]).is_err());
    assert_eq!(
        fit(times, &[&[f64::NAN]], Variance::Model),
        Err(DurationError::Column { column: 0, row: 0 })
    );
    assert!(fit(times, &[&[1.0, 2.0]], Variance::Model).is_err());
    assert!(fit(times, &[&[1.0]], Variance::Clustered(&[])).is_err());
}

/// A trial of 40 persons, the events of which leave every coefficient finite.
fn trial() -> (Arm, Vec<f64>, Vec<f64>) {
    let mut persons = Vec::new();
    let (mut arm, mut age) = (Vec::new(), Vec::new());
    for i in 0..40_u32 {
        let mixed = i.wrapping_mul(2_654_435_761) >> 16;
        persons.push((f64::from(mixed % 23 + 1), u8::from(mixed % 5 > 0)));
        arm.push(f64::from(i % 2));
        age.push(20.0 + f64::from(mixed % 31));
    }
    (Arm::of(&persons), arm, age)
}

#[test]
fn an_infinite_hazard_ratio_is_told_and_not_printed() {
    let persons = Arm::of(&[(1.0, 1), (2.0, 1), (3.0, 0), (4.0, 0), (2.5, 1), (5.0, 0)]);
    let events_in_reference: [f64; 6] = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0];
    let events_in_arm: [f64; 6] = [1.0, 1.0, 0.0, 0.0, 1.0, 0.0];
    for (arm, reason) in [
        (events_in_reference, "is 0"),
        (events_in_arm, "is infinite"),
    ] {
        for variance in [Variance::Model, Variance::Robust] {
            let found = cox(persons.times(), &[&arm], variance, 0.95).unwrap();
            assert_eq!(
                (found.estimate, found.std_error, found.p_value),
                (None, None, None)
            );
            assert!(found.notes[0].ends_with(reason), "{:?}", found.notes);
        }
    }
    // A number that orders the events, with small gaps beside large ones.
    let time: Vec<f64> = (1..=30).map(f64::from).collect();
    let persons = Arm(time.clone(), vec![End::Event; 30]);
    let falling: Vec<f64> = time.iter().map(|t| 1.0 / t).collect();
    let found = fit(persons.times(), &[&falling], Variance::Model).unwrap();
    assert_eq!(found.coefficients, [Coefficient::Infinite { sign: 1 }]);
}

/// Where no one of a kind has an event, its coefficient is −∞ and its members drop out of every
/// risk set: the other coefficients are those of a fit without them.
#[test]
fn a_covariate_with_an_infinite_coefficient_leaves_the_arm_its_limit() {
    let (mut persons, arm, age) = trial();
    let kind: Vec<f64> = (0..40).map(|i| f64::from(u8::from(i % 7 == 0))).collect();
    let without: Vec<usize> = (0..40).filter(|i| i % 7 != 0).collect();
    for i in (0..40).step_by(7) {
        persons.1[i] = End::Censored;
    }
    let all = fit(persons.times(), &[&arm, &age, &kind], Variance::Model).unwrap();
    assert!(all.converged);
    assert_eq!(all.coefficients[2], Coefficient::Infinite { sign: -1 });
    let rest = Arm(
        without.iter().map(|&i| persons.0[i]).collect(),
        without.iter().map(|&i| persons.1[i]).collect(),
    );
    let pick = |column: &[f64]| -> Vec<f64> { without.iter().map(|&i| column[i]).collect() };
    let (arm_left, age_left) = (pick(&arm), pick(&age));
    let left = fit(rest.times(), &[&arm_left, &age_left], Variance::Model).unwrap();
    for column in 0..2 {
        let ((found, found_error), (expected, error)) =
            (finite(&all, column), finite(&left, column));
        // exp(−22) of the rows is left.
        assert!(
            (found - expected).abs() < 1e-7 * error,
            "{found} {expected}"
        );
        assert!((found_error / error - 1.0).abs() < 1e-7);
    }
    let row = cox(persons.times(), &[&arm, &age, &kind], Variance::Model, 0.95).unwrap();
    assert!(
        row.notes
            .iter()
            .any(|note| note.contains("covariate 2 is infinite"))
    );
}

/// Where a covariate decides who has the event at each time, the limit of the likelihood is 1
/// whatever the coefficient of the arm: nothing is known about it.
#[test]
fn an_arm_that_a_covariate_leaves_nothing_is_undefined() {
    let persons = Arm(
        vec![1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0],
        [
            [End::Event].as_slice(),
            &[End::Censored; 3],
            &[End::Event],
            &[End::Censored; 2],
        ]
        .concat(),
    );
    let arm = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0];
    let decides = [2.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    for variance in [Variance::Model, Variance::Robust] {
        let fit = fit(persons.times(), &[&arm, &decides], variance).unwrap();
        assert!(fit.converged);
        assert_eq!(fit.coefficients[0], Coefficient::Undetermined);
        assert_eq!(fit.coefficients[1], Coefficient::Infinite { sign: 1 });
        let row = cox(persons.times(), &[&arm, &decides], variance, 0.95).unwrap();
        assert_eq!((row.estimate, row.p_value), (None, None));
    }
}

#[test]
fn covariates_that_add_nothing_are_dropped_and_named() {
    let (persons, arm, age) = trial();
    let times = persons.times();
    let alone = fit(times, &[&arm, &age], Variance::Robust).unwrap();
    let months: Vec<f64> = age.iter().map(|age| age * 12.0 + 7.0).collect();
    let same = vec![0.1; 40];
    let found = fit(times, &[&arm, &age, &months, &same], Variance::Robust).unwrap();
    assert_eq!(found.coefficients[2..], [Coefficient::Undetermined; 2]);
    assert_eq!(found.df, 2);
    close(finite(&found, 0).0, finite(&alone, 0).0);
    close(finite(&found, 0).1, finite(&alone, 0).1);
    let row = cox(times, &[&arm, &age, &months], Variance::Model, 0.95).unwrap();
    assert!(
        row.notes
            .contains(&"covariate 2 adds nothing to the others and was dropped".into())
    );
    // The covariates say who is in which arm: nothing is left of the arm.
    let other: Vec<f64> = arm
        .iter()
        .zip(&age)
        .map(|(arm, age)| 3.0 * arm + age)
        .collect();
    let row = cox(times, &[&arm, &age, &other], Variance::Model, 0.95).unwrap();
    assert_eq!(row.estimate, None);
    assert!(row.notes[0].contains("a combination of the covariates"));
    let row = cox(times, &[&same], Variance::Model, 0.95).unwrap();
    assert_eq!(row.estimate, None);
}

#[test]
fn a_covariate_far_from_0_loses_no_digits() {
    let (persons, arm, age) = trial();
    let far: Vec<f64> = age.iter().map(|age| age + f64::from(1 << 30)).collect();
    let near = fit(persons.times(), &[&arm, &age], Variance::Robust).unwrap();
    let found = fit(persons.times(), &[&arm, &far], Variance::Robust).unwrap();
    for column in 0..2 {
        close(finite(&found, column).0, finite(&near, column).0);
        close(finite(&found, column).1, finite(&near, column).1);
    }
}

#[test]
fn no_events_and_nobody_give_no_estimate() {
    let none = Arm::of(&[(5.0, 0), (6.0, 0)]);
    let row = cox(none.times(), &[&[0.0, 1.0]], Variance::Robust, 0.95).unwrap();
    assert_eq!(row.notes, ["no events: the hazard ratio is undefined"]);
    let row = cox(Arm::default().times(), &[&[]], Variance::Model, 0.95).unwrap();
    assert_eq!(row.notes, ["an arm has no outcomes"]);
    assert!(
        fit(four().times(), &[], Variance::Clustered(&[1, 1, 2, 2]))
            .unwrap()
            .converged
    );
    assert_eq!(
        kaplan_meier(Arm::default().times()).known_until(),
        Some(0.0)
    );
    let at_once = Arm::of(&[(0.0, 1), (0.0, 1), (-0.0, 1)]);
    let curve = kaplan_meier(at_once.times());
    assert_eq!((curve.steps.len(), curve.steps[0].survival), (1, 0.0));
    assert_eq!(curve.restricted_mean(3.0).unwrap().value, 0.0);
}

#[test]
fn clusters_of_one_are_the_robust_variance() {
    let (persons, arm, age) = trial();
    let times = persons.times();
    let labels: Vec<u32> = (0..40).map(|i| 1_000_000 - 7 * i).collect();
    let robust = fit(times, &[&arm, &age], Variance::Robust).unwrap();
    let clustered = fit(times, &[&arm, &age], Variance::Clustered(&labels)).unwrap();
    assert_eq!(clustered.clusters, Some(40));
    close(finite(&clustered, 0).1, finite(&robust, 0).1);
    let pairs: Vec<u32> = (0..40).map(|i| i / 2).collect();
    let row = cox(times, &[&arm, &age], Variance::Clustered(&pairs), 0.95).unwrap();
    assert!(
        row.notes
            .iter()
            .any(|note| note.starts_with("20 clusters:"))
    );
}

/// Any small arm, whole weeks with ties or halves between them.
fn an_arm() -> impl Strategy<Value = Arm> {
    let person = (0_u8..12, 0_u8..4);
    (prop::collection::vec(person, 1..30), any::<bool>()).prop_map(|(persons, halves)| {
        let scale = if halves { 0.5 } else { 1.0 };
        let persons: Vec<(f64, u8)> = persons
            .into_iter()
            .map(|(time, end)| (f64::from(time) * scale, end % 3))
            .collect();
        Arm::of(&persons)
    })
}

proptest! {
    #[test]
    fn without_censoring_methods_are_those_of_plain_numbers(
        a in prop::collection::vec(0_u8..20, 2..30),
        b in prop::collection::vec(0_u8..20, 2..30),
        horizon in 1_u8..25,
    ) {
        let horizon = f64::from(horizon);
        let arm = |times: &[u8]| Arm(
            times.iter().map(|t| f64::from(*t)).collect(), vec![End::Event; times.len()]);
        let (a, b) = (arm(&a), arm(&b));
        // Kaplan–Meier is the share above t, and Greenwood's variance the binomial pq/n.
        let n = a.0.len() as f64;
        for step in kaplan_meier(a.times()).steps {
            let above = a.0.iter().filter(|t| **t > step.time).count() as f64 / n;
            close(step.survival, above);
            close(step.std_error.powi(2), above * (1.0 - above) / n);
        }
        // The restricted mean is that of min(T, τ); its variance has n where a t test has n − 1.
        let least = |arm: &Arm| -> Vec<f64> { arm.0.iter().map(|t| t.min(horizon)).collect() };
        let (x, y) = (least(&a), least(&b));
        let found = restricted_mean_difference(a.times(), b.times(), horizon, 0.95);
        close(found.estimate.unwrap(), difference_in_means(&x, &y, 0.95).estimate.unwrap());
        let part = |values: &[f64]| {
            let n = values.len() as f64;
            Moments::of(values).unwrap().variance.unwrap() * (n - 1.0) / n / n
        };
        close(found.std_error.unwrap().powi(2), part(&x) + part(&y));
    }

    #[test]
    fn incidence_without_competing_events_is_one_minus_survival(arm in an_arm()) {
        let end = arm.1.iter().map(|end| match end {
            End::Competing => End::Censored,
            end => *end,
        });
        let arm = Arm(arm.0.clone(), end.collect());
        let survival = kaplan_meier(arm.times());
        for (step, one) in survival.steps.iter().zip(aalen_johansen(arm.times()).steps) {
            close(one.incidence, 1.0 - step.survival);
            close(one.without, step.survival);
            close(one.std_error, step.std_error);
        }
    }

    #[test]
    fn curves_stay_in_range_and_their_shares_add_up(arm in an_arm()) {
        for step in aalen_johansen(arm.times()).steps {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&(step.incidence + step.without)));
            if let Some(interval) = step.interval(0.95) {
                let (lower, upper) = (interval.lower.unwrap(), interval.upper.unwrap());
                prop_assert!(0.0 <= lower && lower <= step.incidence);
                prop_assert!(step.incidence <= upper && upper <= 1.0);
            }
        }
    }

    /// Cox 1972, section 6: without ties the score test of the arm alone is the log-rank test.
    #[test]
    fn the_log_rank_test_is_the_score_test_of_cox_without_ties(
        ends in prop::collection::vec((0_u8..2, 0_u8..2, 0_u32..3), 4..40),
    ) {
        let n = ends.len();
        let time: Vec<f64> = (0..n).map(|i| ((i * 17) % 41) as f64 + i as f64 / 64.0).collect();
        let arm: Vec<f64> = ends.iter().map(|(arm, ..)| f64::from(*arm)).collect();
        let strata: Vec<u32> = ends.iter().map(|(.., stratum)| *stratum).collect();
        let all: Vec<(f64, u8)> = time.iter().zip(&ends).map(|(t, (_, end, _))| (*t, *end)).collect();
        let all = Arm::of(&all);
        let of = |which: f64| -> (Arm, Vec<u32>) {
            let rows = || (0..n).filter(|&i| arm[i] == which);
            let arm = Arm(rows().map(|i| time[i]).collect(), rows().map(|i| all.1[i]).collect());
            (arm, rows().map(|i| strata[i]).collect())
        };
        let ((a, a_strata), (b, b_strata)) = (of(1.0), of(0.0));
        let test = log_rank_test(&[
            a.times().stratified(&a_strata).unwrap(),
            b.times().stratified(&b_strata).unwrap(),
        ]);
        let times = all.times().stratified(&strata).unwrap();
        let fit = fit(times, &[&arm], Variance::Model).unwrap();
        prop_assert_eq!(test.df, fit.df);
        if let Some(chi_squared) = test.chi_squared {
            prop_assert!((chi_squared - fit.score_chi_squared).abs() <= 1e-9 * chi_squared.max(1.0));
        }
    }

    #[test]
    fn no_digit_depends_on_the_order_of_persons(
        (rows, others) in prop::collection::vec(
            (0_u8..9, 0_u8..4, 0_u8..2, -3_i8..4, 0_u32..3), 3..60,
        ).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        halves in any::<bool>(),
    ) {
        let scale = if halves { 0.5 } else { 1.0 };
        let split = |rows: &[(u8, u8, u8, i8, u32)]| {
            let persons: Vec<(f64, u8)> =
                rows.iter().map(|r| (f64::from(r.0) * scale, r.1 % 3)).collect();
            let column = |f: fn(&(u8, u8, u8, i8, u32)) -> f64| -> Vec<f64> {
                rows.iter().map(f).collect()
            };
            let strata: Vec<u32> = rows.iter().map(|r| r.4).collect();
            (Arm::of(&persons), column(|r| f64::from(r.2)), column(|r| f64::from(r.3) / 3.0), strata)
        };
        let (a, b) = (split(&rows), split(&others));
        prop_assert_eq!(kaplan_meier(a.0.times()), kaplan_meier(b.0.times()));
        prop_assert_eq!(aalen_johansen(a.0.times()), aalen_johansen(b.0.times()));
        for variance in [Variance::Robust, Variance::Model] {
            let of = |x: &(Arm, Vec<f64>, Vec<f64>, Vec<u32>)| {
                let times = x.0.times();
                fit(times.stratified(&x.3).unwrap(), &[&x.1, &x.2], variance).unwrap()
            };
            prop_assert_eq!(of(&a), of(&b));
        }
        let clustered = |x: &(Arm, Vec<f64>, Vec<f64>, Vec<u32>)| {
            fit(x.0.times(), &[&x.1, &x.2], Variance::Clustered(&x.3)).unwrap()
        };
        prop_assert_eq!(clustered(&a), clustered(&b));
    }

    #[test]
    fn swapping_the_arms_inverts_the_ratio_and_mirrors_differences(a in an_arm(), b in an_arm()) {
        let (one, two) = (log_rank(a.times(), b.times()), log_rank(b.times(), a.times()));
        prop_assert_eq!(one.p_value.is_some(), two.p_value.is_some());
        if let (Some(one), Some(two)) = (one.p_value, two.p_value) {
            close(one, two);
        }
        let (one, two) = (
            restricted_mean_difference(a.times(), b.times(), 1.0, 0.9),
            restricted_mean_difference(b.times(), a.times(), 1.0, 0.9),
        );
        if let (Some(one), Some(two)) = (one.interval, two.interval) {
            prop_assert_eq!(one.lower.unwrap(), -two.upper.unwrap());
        }
        let both = Arm([a.0.clone(), b.0.clone()].concat(), [a.1.clone(), b.1.clone()].concat());
        let arm: Vec<f64> = (0..both.0.len()).map(|i| f64::from(u8::from(i < a.0.len()))).collect();
        let swapped: Vec<f64> = arm.iter().map(|x| 1.0 - x).collect();
        let of = |arm: &[f64]| fit(both.times(), &[arm], Variance::Model).unwrap();
        match (of(&arm).coefficients[0], of(&swapped).coefficients[0]) {
            (Coefficient::Finite { log_ratio: x, std_error: s },
             Coefficient::Finite { log_ratio: y, std_error: t }) => {
                prop_assert!((x + y).abs() <= 1e-9 * s && (s / t - 1.0).abs() < 1e-9, "{x} {y} {s} {t}");
            }
            (Coefficient::Infinite { sign: x }, Coefficient::Infinite { sign: y }) =>
                prop_assert_eq!(x, -y),
            (x, y) => prop_assert_eq!(x, y),
        }
    }

    #[test]
    fn another_unit_of_time_scales_times_and_nothing_else(a in an_arm(), b in an_arm()) {
        let days = |arm: &Arm| Arm(arm.0.iter().map(|t| t * 7.0).collect(), arm.1.clone());
        let (x, y) = (days(&a), days(&b));
        let weeks = restricted_mean_difference(a.times(), b.times(), 2.0, 0.95);
        let found = restricted_mean_difference(x.times(), y.times(), 14.0, 0.95);
        prop_assert_eq!(weeks.estimate.is_some(), found.estimate.is_some());
        if let (Some(weeks), Some(found)) = (weeks.estimate, found.estimate) {
            close(found, 7.0 * weeks);
        }
        prop_assert_eq!(log_rank(a.times(), b.times()).p_value, log_rank(x.times(), y.times()).p_value);
        let column: Vec<f64> = (0..a.0.len()).map(|i| (i % 3) as f64).collect();
        let of = |arm: &Arm| fit(arm.times(), &[&column], Variance::Robust).unwrap();
        prop_assert_eq!(of(&a), of(&x));
    }

    /// One column: the likelihood rises for ever exactly where every event has the largest (or
    /// every event the smallest) value of its risk set, and is flat where all sets are of one value.
    #[test]
    fn infinite_ratios_are_found_exactly_where_they_are(
        rows in prop::collection::vec((0_u8..6, 0_u8..2, -2_i8..3), 1..9),
    ) {
        let persons: Vec<(f64, u8)> = rows.iter().map(|r| (f64::from(r.0), r.1)).collect();
        let x: Vec<f64> = rows.iter().map(|r| f64::from(r.2)).collect();
        let persons = Arm::of(&persons);
        let (mut top, mut bottom) = (true, true);
        for event in rows.iter().filter(|row| row.1 == 1) {
            for other in rows.iter().filter(|row| row.0 >= event.0) {
                top &= event.2 >= other.2;
                bottom &= event.2 <= other.2;
            }
        }
        let found = fit(persons.times(), &[&x], Variance::Robust).unwrap();
        prop_assert!(found.converged);
        match found.coefficients[0] {
            Coefficient::Undetermined => prop_assert!(top && bottom),
            Coefficient::Infinite { sign: 1 } => prop_assert!(top && !bottom),
            Coefficient::Infinite { .. } => prop_assert!(bottom && !top),
            Coefficient::Finite { log_ratio, std_error } => {
                prop_assert!(!top && !bottom);
                prop_assert!(log_ratio.is_finite() && std_error.is_finite());
            }
        }
    }

    #[test]
    fn two_columns_never_give_a_number_that_is_none(
        rows in prop::collection::vec((0_u8..9, 0_u8..2, 0_u8..2, -2_i8..3), 1..14),
    ) {
        let persons: Vec<(f64, u8)> = rows.iter().map(|r| (f64::from(r.0), r.1)).collect();
        let arm: Vec<f64> = rows.iter().map(|r| f64::from(r.2)).collect();
        let x: Vec<f64> = rows.iter().map(|r| f64::from(r.3)).collect();
        let persons = Arm::of(&persons);
        let found = fit(persons.times(), &[&arm, &x], Variance::Model).unwrap();
        for coefficient in &found.coefficients {
            if let Coefficient::Finite { log_ratio, std_error } = coefficient {
                prop_assert!(log_ratio.abs() < 30.0 && std_error.is_finite(), "{found:?}");
            }
        }
        prop_assert!(found.converged, "{found:?}");
    }
}

//! The studentised bootstrap, against boot of R, an independent stream of words, and a list of
//! every resample.

use std::num::NonZeroUsize;

use klero::estimate::Computed;
use klero::estimate::bootstrap::{Arm, Resampling, bootstrap_t, quantile, t_ratios};

use super::shares::rows;

const ARM: [f64; 9] = [3.0, 0.0, 12.0, 7.0, 1.0, 0.0, 25.0, 4.0, 9.0];
const REFERENCE: [f64; 7] = [2.0, 0.0, 5.0, 1.0, 0.0, 8.0, 3.0];

fn of<'s>(id: &'s str, values: &'s [f64]) -> Arm<'s> {
    Arm { id, values }
}

fn resampling(number: u32) -> Resampling {
    Resampling {
        number,
        seed: "bootstrap".to_owned(),
        threads: None,
    }
}

fn own(number: u32, level: f64) -> Computed {
    let (arm, reference) = (of("new", &ARM), of("old", &REFERENCE));
    bootstrap_t(arm, reference, level, &resampling(number))
}

fn near(found: f64, expected: f64, what: &str) {
    let error = (found - expected).abs() / expected.abs().max(1.0);
    assert!(error < 1e-10, "{what}: {found}, not {expected}");
}

#[test]
fn resamples_are_those_of_an_independent_stream() {
    let found = t_ratios(of("new", &ARM), of("old", &REFERENCE), &resampling(400));
    let estimate = own(99, 0.95).estimate.unwrap();
    let expected = rows(include_str!(
        "../../../data-fixtures/reference/bootstrap.csv"
    ));
    assert_eq!(expected.len(), found.len());
    for (row, found) in expected.iter().zip(found) {
        let number = |name: &str| row[name].parse::<f64>().unwrap();
        let t = (number("difference") - estimate) / number("variance").sqrt();
        near(found, t, &row["resample"]);
    }
}

#[test]
fn limits_are_those_of_boot() {
    let expected = rows(include_str!(
        "../../../data-fixtures/reference/bootstrap_limits.csv"
    ));
    assert_eq!(expected.len(), 12);
    for row in expected {
        let number = |name: &str| row[name].parse::<f64>().unwrap();
        let found = own(number("resamples") as u32, number("level"));
        let interval = found.interval.unwrap();
        let what = format!("{} resamples at {}", row["resamples"], row["level"]);
        near(interval.lower.unwrap(), number("lower"), &what);
        near(interval.upper.unwrap(), number("upper"), &what);
        near(found.p_value.unwrap(), number("p"), &what);
    }
}

/// Three persons in each arm have 27 × 27 resamples, each as likely.
#[test]
fn resamples_fall_as_often_as_a_list_of_all_says() {
    let (arm, reference) = ([1.0, 2.0, 4.0], [0.0, 3.0, 5.0]);
    let moments = |side: &[f64; 3], places: usize| {
        let y = [places % 3, places / 3 % 3, places / 9].map(|place| side[place]);
        let mean = y.iter().sum::<f64>() / 3.0;
        (
            mean,
            y.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / 6.0,
        )
    };
    let observed = 7.0 / 3.0 - 8.0 / 3.0;
    let mut every: Vec<f64> = Vec::new();
    for (a, r) in (0..27).flat_map(|a| (0..27).map(move |r| (a, r))) {
        let ((m1, v1), (m0, v0)) = (moments(&arm, a), moments(&reference, r));
        let difference = m1 - m0 - observed;
        every.push(match difference.abs() < 1e-9 {
            true => 0.0,
            false => difference / (v1 + v0).sqrt(),
        });
    }
    let number = 200_000;
    let found = t_ratios(of("a", &arm), of("r", &reference), &resampling(number));
    for at in [-2.0, -1.0, -0.4, -1e-6, 1e-6, 0.4, 1.0, 2.0, 1e9] {
        let share = |t: &[f64]| t.iter().filter(|&&t| t <= at).count() as f64 / t.len() as f64;
        let (expected, found) = (share(&every), share(&found));
        let error = (expected * (1.0 - expected) / f64::from(number)).sqrt();
        assert!(
            (found - expected).abs() < 5.0 * error,
            "{at}: {found}, not {expected}"
        );
    }
}

#[test]
fn arms_swapped_mirror_the_interval() {
    let swapped = bootstrap_t(
        of("old", &REFERENCE),
        of("new", &ARM),
        0.95,
        &resampling(400),
    );
    let (own, swapped) = (own(400, 0.95), swapped);
    near(
        swapped.estimate.unwrap(),
        -own.estimate.unwrap(),
        "estimate",
    );
    near(swapped.p_value.unwrap(), own.p_value.unwrap(), "p");
    let (own, swapped) = (own.interval.unwrap(), swapped.interval.unwrap());
    near(swapped.lower.unwrap(), -own.upper.unwrap(), "lower");
    near(swapped.upper.unwrap(), -own.lower.unwrap(), "upper");
}

#[test]
fn no_digit_of_a_resample_depends_on_threads() {
    let (arm, reference) = (of("new", &ARM), of("old", &REFERENCE));
    let alone = Resampling {
        threads: NonZeroUsize::new(1),
        ..resampling(1_001)
    };
    let many = Resampling {
        threads: NonZeroUsize::new(7),
        ..resampling(1_001)
    };
    assert_eq!(
        t_ratios(arm, reference, &alone),
        t_ratios(arm, reference, &many)
    );
}

/// With more than 2^16 persons a lot is a whole word.
#[test]
fn large_arms_are_drawn_from_whole() {
    let large: Vec<f64> = (0..70_000).map(f64::from).collect();
    let small: Vec<f64> = (0..65_536).map(f64::from).collect();
    let found = t_ratios(of("a", &large), of("r", &small), &resampling(200));
    // t is close to normal here: its mean and standard deviation over 200 are near 0 and 1.
    let mean = found.iter().sum::<f64>() / 200.0;
    let spread = (found.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / 199.0).sqrt();
    assert!(
        mean.abs() < 5.0 / 200.0_f64.sqrt() && (0.8..1.2).contains(&spread),
        "{mean} {spread}"
    );
}

#[test]
fn what_no_resample_shows_is_absent_with_a_reason() {
    let few = own(99, 0.995);
    let interval = few.interval.unwrap();
    assert_eq!((interval.lower, interval.upper), (None, None));
    assert!(
        few.notes
            .iter()
            .any(|note| note.contains("outermost resample"))
    );
    // One of three, and one of two: many resamples do not vary.
    let (arm, reference) = ([0.0, 0.0, 1.0], [0.0, 2.0]);
    let none = bootstrap_t(of("a", &arm), of("r", &reference), 0.95, &resampling(999));
    assert!(
        none.notes
            .iter()
            .any(|note| note.contains("nobody differs"))
    );
    let same = bootstrap_t(
        of("a", &[1.0; 5]),
        of("r", &[1.0; 5]),
        0.95,
        &resampling(999),
    );
    assert_eq!((same.interval, same.p_value), (None, None));
    assert_eq!(quantile(&[1.0, 2.0, 3.0], 0.2), None);
    assert_eq!(quantile(&[1.0, 2.0, 3.0], 0.5), Some(2.0));
}

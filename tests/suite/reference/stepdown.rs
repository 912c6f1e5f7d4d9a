//! Step-down adjustment by replays, against a count from the definition.

use klero::estimate::multiplicity::romano_wolf;

use super::shares::{Row, numbers, rows};

fn fixture() -> Vec<Row> {
    rows(include_str!(
        "../../../data-fixtures/reference/romano_wolf.csv"
    ))
}

fn replays(row: &Row) -> Vec<Vec<f64>> {
    let number = |n: &str| {
        if n == "-" {
            f64::NAN
        } else {
            n.parse().unwrap()
        }
    };
    row["replays"]
        .split(';')
        .map(|replay| replay.split(' ').map(number).collect())
        .collect()
}

fn adjusted(observed: &[f64], replays: &[Vec<f64>]) -> Vec<f64> {
    let observed: Vec<Option<f64>> = observed.iter().copied().map(Some).collect();
    let sets = vec![0; observed.len()];
    let found = romano_wolf(&observed, &sets, replays.iter().map(Vec::as_slice));
    found.into_iter().map(Option::unwrap).collect()
}

/// Counts, so the same to the last bit.
#[test]
fn step_down_is_that_of_its_definition() {
    for row in fixture() {
        let found = adjusted(&numbers(&row, "observed"), &replays(&row));
        assert_eq!(found, numbers(&row, "adjusted"), "{}", row["case"]);
    }
}

#[test]
fn step_down_is_monotone_and_never_below_the_raw() {
    for row in fixture() {
        let (observed, replays) = (numbers(&row, "observed"), replays(&row));
        let found = adjusted(&observed, &replays);
        for (j, &t) in observed.iter().enumerate() {
            let extreme = |replay: &&Vec<f64>| replay[j].is_nan() || replay[j] >= t * (1.0 - 1e-9);
            let b = replays.iter().filter(extreme).count();
            let raw = (b + 1) as f64 / (replays.len() + 1) as f64;
            assert!(raw <= found[j] && found[j] <= 1.0, "{}", row["case"]);
            for (i, &other) in observed.iter().enumerate() {
                assert!(t < other || found[j] <= found[i], "{}", row["case"]);
            }
        }
    }
}

#[test]
fn one_hypothesis_keeps_its_raw_p() {
    let replays = [[1.0], [3.0], [2.5]].map(|row| row.to_vec());
    assert_eq!(adjusted(&[2.5], &replays), [0.75]);
}

/// A hypothesis without a statistic changes nothing for the others.
#[test]
fn a_hypothesis_without_a_statistic_is_no_part_of_the_family() {
    let with = [[1.0, f64::NAN, 0.5], [0.1, f64::NAN, 4.0], [2.0, 9.0, 0.3]];
    let without = with.map(|[a, _, c]| vec![a, c]);
    let observed = [Some(1.5), None, Some(3.0)];
    let found = romano_wolf(&observed, &[0; 3], with.iter().map(|r| &r[..]));
    let expected = adjusted(&[1.5, 3.0], &without);
    assert_eq!(found, [Some(expected[0]), None, Some(expected[1])]);
}

//! Step-down adjustment by replays, against a count from the definition.

use std::num::NonZeroUsize;

use klero::estimate::multiplicity::{adjust, romano_wolf};
use klero::estimate::redraw::{self, Design, Persons, Replaying};
use klero::protocol::Adjustment;

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

/// Where each hypothesis has replays of its own, nothing is left but Holm's rule.
#[test]
fn hypotheses_with_replays_of_their_own_are_adjusted_as_by_holm() {
    let observed = [2.0, 2.6, 1.0];
    let replays: Vec<Vec<f64>> = (0..199)
        .map(|r| {
            [7, 11, 13]
                .map(|step| f64::from(r * step % 199) / 66.0)
                .to_vec()
        })
        .collect();
    let raw = [0, 1, 2].map(|j| {
        let reaches = |replay: &&Vec<f64>| replay[j] >= observed[j] * (1.0 - 1e-9);
        (replays.iter().filter(reaches).count() + 1) as f64 / 200.0
    });
    let found = romano_wolf(
        &observed.map(Some),
        &[4, 9, 1],
        replays.iter().map(Vec::as_slice),
    );
    let holm = adjust(&raw, Adjustment::Holm);
    for (found, holm) in found.iter().zip(holm) {
        assert!((found.unwrap() - holm).abs() < 1e-15, "{found:?} {holm}");
    }
}

/// Of 19 replays, by hand. Set A: |t| of 3 and 2; no largest |t*| reaches 3, one of the second
/// reaches 2: p of 1/20 and 2/20. Set B: |t| of 2.5, reached twice: 3/20. First that of 1/20, times
/// two sets; then 2/20, times two; then 3/20 alone, below the running maximum.
#[test]
fn sets_of_replays_are_stepped_past_as_by_holm() {
    let mut replays = vec![vec![0.5, 0.5, 0.5]; 19];
    replays[3][1] = 2.2;
    replays[7][2] = 2.5;
    replays[8][2] = 2.9;
    let observed = [Some(3.0), Some(2.0), Some(2.5)];
    let found = romano_wolf(&observed, &[0, 0, 1], replays.iter().map(Vec::as_slice));
    assert_eq!(found, [Some(0.1), Some(0.2), Some(0.2)]);
}

/// All 4,200 draws of ten persons into a reference of four and two arms of three, where no arm has
/// an effect: however small the level, no more than its share of the draws finds any. (Were the two
/// contrasts compared with one largest |t*| of both, 3.8 % of the draws would have an adjusted p of
/// 2.9 % or less.)
#[test]
fn the_step_down_keeps_its_level_in_every_draw_of_a_tiny_trial() {
    let y = [0.0, 1.0, 2.0, 4.0, 7.0, 12.0, 20.0, 33.0, 54.0, 90.0].map(Some);
    let replaying = Replaying {
        threads: NonZeroUsize::new(1),
        ..Replaying::default()
    };
    let mut smallest = Vec::new();
    for code in 0..3_usize.pow(10) {
        let arm: Vec<usize> = (0..10).map(|i| code / 3_usize.pow(i) % 3).collect();
        let in_arm = |a: usize| arm.iter().filter(|&&arm| arm == a).count();
        if [in_arm(0), in_arm(1)] != [4, 3] || in_arm(2) != 3 {
            continue;
        }
        let persons = Persons {
            arm: &arm,
            stratum: &[],
            cluster: &[],
        };
        let arms = ["control", "a", "b"].map(str::to_owned).to_vec();
        let design = Design::complete(arms, persons).unwrap();
        let tests = redraw::test(&design, &[&y], &[(1, 0), (2, 0)], &replaying).unwrap();
        // All draws are listed; the one that fell is what the others are compared with.
        let others = tests.iter().map(|test| {
            assert!(test.exact && test.draws == 35);
            let t = test.statistic.unwrap().abs();
            let mut others = test.replayed.clone();
            let own = others
                .iter()
                .position(|other| (other - t).abs() <= 1e-9 * t);
            others.swap_remove(own.unwrap());
            others
        });
        let others: Vec<Vec<f64>> = others.collect();
        let rows: Vec<Vec<f64>> = (0..34).map(|r| vec![others[0][r], others[1][r]]).collect();
        let observed: Vec<Option<f64>> = tests.iter().map(|t| t.statistic.map(f64::abs)).collect();
        let found = romano_wolf(&observed, &[0, 1], rows.iter().map(Vec::as_slice));
        smallest.push(found.into_iter().flatten().fold(1.0, f64::min));
    }
    assert_eq!(smallest.len(), 4200);
    smallest.sort_by(f64::total_cmp);
    for (place, level) in smallest.iter().enumerate() {
        let share = (place + 1) as f64 / 4200.0;
        assert!(share <= level * (1.0 + 1e-9), "{share} of draws at {level}");
    }
}

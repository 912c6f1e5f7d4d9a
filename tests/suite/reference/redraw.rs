//! Randomisation tests: tiny trials in exact fractions, other programs, and the live draw.

use std::num::NonZeroUsize;

use klero::draw::{
    Arrival, Arrivals, Machine, Purpose, Source, StratumKey, Stream, Words, list_again,
};
use klero::estimate::redraw::{
    Blocks, Design, DesignError, Drawn, Null, Persons, RedrawError, Redrawn, Replaying, Unit,
    Weighting, omnibus, test,
};
use klero::protocol::{Fraction, Imbalance, Procedure, Statistic};
use serde_json::Value;

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1e-3),
        "{what}: found {found:e}, expected {expected:e}"
    );
}

fn numbers<T: TryFrom<u64>>(value: &Value) -> Vec<T>
where
    T::Error: std::fmt::Debug,
{
    let items = value.as_array().unwrap();
    items
        .iter()
        .map(|item| T::try_from(item.as_u64().unwrap()).unwrap())
        .collect()
}

fn columns(value: &Value) -> Vec<Vec<Option<f64>>> {
    let columns = value.as_array().unwrap();
    columns
        .iter()
        .map(|column| {
            column
                .as_array()
                .unwrap()
                .iter()
                .map(Value::as_f64)
                .collect()
        })
        .collect()
}

fn slices(columns: &[Vec<Option<f64>>]) -> Vec<&[Option<f64>]> {
    columns.iter().map(Vec::as_slice).collect()
}

fn fraction(value: &Value) -> f64 {
    let text = value.as_str().unwrap();
    let (numerator, denominator) = text.split_once('/').unwrap();
    numerator.parse::<f64>().unwrap() / denominator.parse::<f64>().unwrap()
}

fn procedure(value: &Value) -> Procedure {
    let probability = || match numbers::<u32>(&value["probability"])[..] {
        [p, q] => Fraction { p, q },
        _ => panic!("a fraction has two numbers"),
    };
    match value["name"].as_str().unwrap() {
        "simple" => Procedure::Simple,
        "complete" => Procedure::Complete { counts: None },
        "permuted-blocks" => Procedure::PermutedBlocks {
            sizes: numbers(&value["sizes"]),
        },
        "block-urn" => Procedure::BlockUrn {
            lambda: value["lambda"].as_u64().unwrap() as u32,
        },
        "biased-coin" => Procedure::BiasedCoin {
            probability: probability(),
        },
        "big-stick" => Procedure::BigStick {
            limit: value["limit"].as_u64().unwrap() as u32,
        },
        "minimisation" => Procedure::Minimisation {
            measure: Imbalance::from_name(value["measure"].as_str().unwrap()).unwrap(),
            probability: probability(),
            weights: (numbers::<u32>(&value["weights"]).into_iter().enumerate()).collect(),
        },
        other => panic!("{other}"),
    }
}

fn drawn(case: &Value) -> Drawn {
    let unit = |unit: &Value| Unit {
        stratum: unit["stratum"].as_u64().unwrap() as usize,
        list: unit["list"].as_u64().unwrap() as usize,
        levels: numbers(&unit["levels"]),
        arm: unit["arm"].as_u64().unwrap() as usize,
    };
    let texts = case["arms"].as_array().unwrap().iter();
    Drawn {
        arms: texts.map(|arm| arm.as_str().unwrap().to_owned()).collect(),
        procedure: procedure(&case["procedure"]),
        ratio: numbers(&case["ratio"]),
        units: case["units"].as_array().unwrap().iter().map(unit).collect(),
        unit_of: numbers(&case["unit_of"]),
        block_sizes: case["block_sizes"]
            .as_array()
            .map(|strata| strata.iter().map(numbers).collect()),
    }
}

fn cases() -> Vec<Value> {
    let text = include_str!("../../../data-fixtures/reference/redraw.json");
    serde_json::from_str(text).unwrap()
}

fn replaying(case: &Value, statistic: Statistic) -> Replaying {
    Replaying {
        statistic,
        weighting: match case["weighting"].as_str().unwrap() {
            "pooled" => Weighting::Pooled,
            _ => Weighting::ByStratum,
        },
        level: case["level"].as_f64().unwrap(),
        ..Replaying::default()
    }
}

fn contrast(row: &Value) -> (usize, usize) {
    match numbers(&row["contrast"])[..] {
        [arm, reference] => (arm, reference),
        _ => panic!("a contrast has two arms"),
    }
}

#[test]
fn tests_of_tiny_trials_are_those_in_exact_fractions() {
    let mut seen = 0;
    for case in cases().iter().filter(|case| case["seed"].is_null()) {
        let design = Design::new(drawn(case)).unwrap();
        let outcomes = columns(&case["outcomes"]);
        for row in case["tests"].as_array().unwrap() {
            for (statistic, name) in [
                (Statistic::Difference, "difference"),
                (Statistic::Studentised, "studentised"),
            ] {
                let outcome = row["outcome"].as_u64().unwrap() as usize;
                let what = format!("{} {} {outcome} {name}", case["name"], row["contrast"]);
                let found = test(
                    &design,
                    &slices(&outcomes),
                    &[contrast(row)],
                    &replaying(case, statistic),
                )
                .unwrap()
                .swap_remove(outcome);
                assert!(found.exact, "{what}");
                assert_eq!(found.monte_carlo_error, None);
                close(
                    found.estimate.unwrap(),
                    row["estimate"].as_f64().unwrap(),
                    1e-12,
                    &what,
                );
                if let Some(variance) = row["variance"].as_f64() {
                    close(found.std_error.unwrap(), variance.sqrt(), 1e-12, &what);
                }
                let p = &row[format!("p_{name}")];
                close(found.p_value.unwrap(), fraction(p), 1e-13, &what);
                if let Some(limits) = row[format!("interval_{name}")].as_array() {
                    let interval = found.interval.unwrap();
                    for (bound, limit) in
                        [(interval.lower, &limits[0]), (interval.upper, &limits[1])]
                    {
                        assert_eq!(
                            bound.is_none(),
                            limit.is_null(),
                            "{what}: {bound:?}, {limit}"
                        );
                        // Ties within 1e-9 of the statistic move a limit by as much.
                        if let Some(bound) = bound {
                            let away = (bound - limit.as_f64().unwrap()).abs();
                            let scale = bound.abs().max(found.estimate.unwrap().abs());
                            assert!(away <= 1e-8 * scale, "{what}: {bound}, {limit}");
                        }
                    }
                } else {
                    assert_eq!(
                        (found.null, found.interval),
                        (Null::AllArms, None),
                        "{what}"
                    );
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 50);
}

#[test]
fn balance_of_tiny_trials_is_that_in_exact_fractions() {
    let mut seen = 0;
    for case in cases().iter().filter(|case| case["balance"].is_object()) {
        let design = Design::new(drawn(case)).unwrap();
        let covariates = columns(&case["covariates"]);
        let found = omnibus(&design, &slices(&covariates), &Replaying::default()).unwrap();
        let (expected, what) = (&case["balance"], case["name"].as_str().unwrap());
        assert!(found.exact, "{what}");
        close(
            found.statistic.unwrap(),
            expected["statistic"].as_f64().unwrap(),
            1e-10,
            what,
        );
        close(
            found.p_value.unwrap(),
            fraction(&expected["p"]),
            1e-12,
            what,
        );
        seen += 1;
    }
    assert!(seen >= 7);
}

#[test]
fn exact_tests_are_those_of_r() {
    let text = include_str!("../../../data-fixtures/reference/redraw.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut seen = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let numbers = |column: usize| -> Vec<f64> {
            row[column].split(' ').map(|n| n.parse().unwrap()).collect()
        };
        let whole = |column| {
            numbers(column)
                .iter()
                .map(|&n| n as usize)
                .collect::<Vec<_>>()
        };
        let expected = |column: usize| row[column].parse::<f64>().unwrap();
        let what = &row[0];
        let (arm, stratum, cluster) = (whole(1), whole(2), whole(3));
        let persons = Persons {
            arm: &arm,
            stratum: &stratum,
            cluster: &cluster,
        };
        let design = Design::complete(ids(2), persons).unwrap();
        let values = known(&numbers(4));
        let run = |statistic| {
            let options = Replaying {
                statistic,
                replays: 999,
                ..Replaying::default()
            };
            test(&design, &[&values], &[(1, 0)], &options)
                .unwrap()
                .remove(0)
        };
        let (difference, studentised) = (run(Statistic::Difference), run(Statistic::Studentised));
        close(studentised.estimate.unwrap(), expected(5), 1e-12, what);
        close(studentised.std_error.unwrap(), expected(6), 1e-12, what);
        close(studentised.statistic.unwrap(), expected(7), 1e-12, what);
        if !row[8].is_empty() {
            // coin sums the exact distribution in its own way, to some 1e-12.
            close(difference.p_value.unwrap(), expected(8), 1e-11, what);
            close(studentised.p_value.unwrap(), expected(9), 1e-13, what);
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

/// Known words: the streams, the numbers below n and what a replay makes of them are those of an
/// independent program, so the count of extreme replays is the same one.
#[test]
fn replays_take_the_known_words() {
    let mut seen = 0;
    for case in cases().iter().filter(|case| case["seed"].is_string()) {
        let design = Design::new(drawn(case)).unwrap();
        let outcomes = columns(&case["outcomes"]);
        for row in case["tests"].as_array().unwrap() {
            let options = Replaying {
                replays: case["replays"].as_u64().unwrap(),
                seed: case["seed"].as_str().unwrap().to_owned(),
                listed: 0,
                ..replaying(case, Statistic::Studentised)
            };
            let found = test(&design, &slices(&outcomes), &[contrast(row)], &options).unwrap();
            let what = case["name"].as_str().unwrap();
            assert!(!found[0].exact);
            close(found[0].p_value.unwrap(), fraction(&row["p"]), 1e-15, what);
            seen += 1;
        }
    }
    assert!(seen >= 5);
}

/// Two of seven villages drawn, outcomes 15 and 30 against 15, 20, 20, 10, 15: of 21 draws eight
/// are as far from 0 as 6.5 (Gerber & Green 2012, section 3.4).
#[test]
fn villages_have_p_of_eight_in_twenty_one() {
    let found = two_arms(&[1, 0, 0, 0, 0, 0, 1], &[15., 15., 20., 20., 10., 15., 30.]);
    assert_eq!(found.estimate, Some(6.5));
    assert_eq!(found.draws, 21);
    close(found.p_value.unwrap(), 8.0 / 21.0, 1e-15, "villages");
}

/// Fisher 1935, The Design of Experiments, chapter II: eight cups, four with milk first. All right:
/// one draw of 70 on each side. Three right of four: (1 + 16) on each side.
#[test]
fn the_lady_tasting_tea_has_p_of_one_in_thirty_five() {
    let milk_first = [1, 1, 1, 1, 0, 0, 0, 0];
    let all = two_arms(&milk_first, &[1., 1., 1., 1., 0., 0., 0., 0.]);
    close(all.p_value.unwrap(), 2.0 / 70.0, 1e-15, "all right");
    let three = two_arms(&milk_first, &[1., 1., 1., 0., 1., 0., 0., 0.]);
    close(three.p_value.unwrap(), 34.0 / 70.0, 1e-15, "three right");
}

fn ids(n: usize) -> Vec<String> {
    ["a", "b", "c"][..n]
        .iter()
        .map(|&id| id.to_owned())
        .collect()
}

fn known(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

fn difference() -> Replaying {
    Replaying {
        statistic: Statistic::Difference,
        ..Replaying::default()
    }
}

/// Returns the test of the difference, arm 1 against arm 0, in one complete draw.
fn two_arms(arm: &[usize], values: &[f64]) -> Redrawn {
    let persons = Persons {
        arm,
        stratum: &[],
        cluster: &[],
    };
    let design = Design::complete(ids(2), persons).unwrap();
    let found = test(&design, &[&known(values)], &[(1, 0)], &difference()).unwrap();
    found.into_iter().next().unwrap()
}

/// The words of a replay for the live machine: one row, in the order it asks, and the same again
/// where it asks for the same stream again.
struct Row {
    words: Stream,
    taken: Vec<u32>,
    next: usize,
    played: usize,
    begun: std::collections::HashMap<(Purpose, StratumKey, u64), usize>,
}

impl Words for Row {
    fn word(&mut self) -> u32 {
        if self.next == self.taken.len() {
            self.taken.push(self.words.word());
        }
        self.next += 1;
        self.played = self.played.max(self.next);
        self.taken[self.next - 1]
    }
}

impl Source for Row {
    type Words = Row;

    fn stream(&mut self, purpose: Purpose, stratum: &StratumKey, number: u64) -> &mut Row {
        let context = (purpose, stratum.clone(), number);
        self.next = *self.begun.entry(context).or_insert(self.played);
        self
    }
}

fn row(replay: u64) -> Row {
    Row {
        words: Stream::numbered([7; 32], replay),
        taken: Vec::new(),
        next: 0,
        played: 0,
        begun: Default::default(),
    }
}

#[test]
fn a_replay_is_what_the_live_machine_draws_from_the_same_words() {
    let fraction = |p, q| Fraction { p, q };
    let minimised = |measure, weights| Procedure::Minimisation {
        measure,
        probability: fraction(4, 5),
        weights,
    };
    for (procedure, ratio) in [
        (Procedure::Simple, vec![2, 1, 3]),
        (Procedure::PermutedBlocks { sizes: vec![6] }, vec![2, 1]),
        (
            Procedure::PermutedBlocks {
                sizes: vec![3, 9, 6],
            },
            vec![1, 1, 1],
        ),
        (Procedure::BlockUrn { lambda: 2 }, vec![1, 2, 1]),
        (
            Procedure::BiasedCoin {
                probability: fraction(2, 3),
            },
            vec![1, 1],
        ),
        (Procedure::BigStick { limit: 2 }, vec![1, 1]),
        (
            minimised(Imbalance::Range, vec![(0, 2), (1, 1)]),
            vec![1, 1, 1],
        ),
        (
            minimised(Imbalance::Variance, vec![(0, 1), (1, 3)]),
            vec![2, 1],
        ),
    ] {
        let stratum = |i: usize| i * i % 7 % 3;
        let levels = |i: usize| vec![i * 5 % 11 % 3, i * 3 % 13 % 2];
        let units: Vec<Arrival> = (0..60)
            .map(|i| Arrival {
                stratum: stratum(i),
                levels: levels(i),
            })
            .collect();
        let mut arrivals = Arrivals::new(procedure.clone(), ratio.clone(), units);
        for replay in 0..50 {
            let mut machine = Machine::new(procedure.clone(), ratio.clone(), row(replay));
            let live: Vec<usize> = (0..60)
                .map(|i| {
                    let key = StratumKey::of(&[stratum(i).to_string()]);
                    let arm = machine.draw(&key, &levels(i));
                    machine.record(&key, &levels(i), arm);
                    arm
                })
                .collect();
            let mut again = vec![9; 60];
            let mut words = Stream::numbered([7; 32], replay);
            arrivals.draw(&mut words, |unit, arm| again[unit] = arm);
            assert_eq!(again, live, "{} replay {replay}", procedure.name());
        }
    }
}

#[test]
fn a_list_again_is_what_the_live_machine_draws_from_the_same_words() {
    let counts = vec![5, 3, 4];
    let procedure = Procedure::Complete {
        counts: Some(counts.clone()),
    };
    for replay in 0..50 {
        let key = StratumKey::of(&["x"]);
        let live = Machine::new(procedure.clone(), vec![1; 3], row(replay)).draw_batch(&key, 12);
        let mut again = Vec::new();
        list_again(&counts, &mut again, &mut Stream::numbered([7; 32], replay));
        assert_eq!(again, live);
    }
}

/// A trial of this many persons, with the outcomes to test, that nobody lists.
fn trial(persons: usize) -> (Drawn, Vec<Vec<Option<f64>>>) {
    let mut words = Stream::new([3; 32]);
    let mut units = Vec::new();
    while units.len() < persons {
        let mut block = Vec::new();
        list_again(&[3, 3, 3], &mut block, &mut words);
        let stratum = units.len() / 9 % 4;
        units.extend(block.into_iter().map(|arm| Unit {
            stratum,
            list: 0,
            levels: vec![words.below(3) as usize, words.below(4) as usize],
            arm,
        }));
    }
    units.truncate(persons);
    let mut outcome = |kind: u64| -> Vec<Option<f64>> {
        (0..persons)
            .map(|i| {
                let effect = if units[i].arm == 2 { 30.0 } else { 0.0 };
                let value = words.below(200) as f64 / 3.0 + effect;
                match kind {
                    0 => Some(value),
                    1 => (words.below(10) > 0).then_some((value / 50.0).floor().min(1.0)),
                    _ => (words.below(20) > 0).then_some(value * value),
                }
            })
            .collect()
    };
    let outcomes = vec![outcome(0), outcome(1), outcome(2)];
    let drawn = Drawn {
        arms: ids(3),
        procedure: Procedure::PermutedBlocks { sizes: vec![9] },
        ratio: vec![1, 1, 1],
        unit_of: (0..persons).collect(),
        units,
        block_sizes: None,
    };
    (drawn, outcomes)
}

fn minimised(drawn: &Drawn) -> Drawn {
    Drawn {
        procedure: Procedure::Minimisation {
            measure: Imbalance::Range,
            probability: Fraction { p: 4, q: 5 },
            weights: vec![(0, 1), (1, 2)],
        },
        ..drawn.clone()
    }
}

fn complete(drawn: &Drawn) -> Drawn {
    Drawn {
        procedure: Procedure::Complete { counts: None },
        ..drawn.clone()
    }
}

fn some_replays() -> Replaying {
    Replaying {
        replays: 1_000,
        ..Replaying::default()
    }
}

#[test]
fn threads_change_no_bit() {
    let (drawn, outcomes) = trial(100);
    for drawn in [minimised(&drawn), complete(&drawn), drawn] {
        let design = Design::new(drawn).unwrap();
        let by = |threads| Replaying {
            threads: NonZeroUsize::new(threads),
            ..some_replays()
        };
        let run = |threads| {
            let contrasts = [(1, 0), (2, 0), (1, 2)];
            let tests = test(&design, &slices(&outcomes), &contrasts, &by(threads)).unwrap();
            let balance = omnibus(&design, &slices(&outcomes), &by(threads)).unwrap();
            (tests, balance)
        };
        let one = run(1);
        assert_eq!(one, run(2));
        assert_eq!(one, run(7));
    }
}

#[test]
fn another_outcome_or_contrast_changes_no_bit() {
    let (drawn, outcomes) = trial(100);
    for drawn in [minimised(&drawn), complete(&drawn), drawn] {
        let design = Design::new(drawn).unwrap();
        let all = test(
            &design,
            &slices(&outcomes),
            &[(1, 0), (2, 0)],
            &some_replays(),
        )
        .unwrap();
        let alone = test(&design, &[&outcomes[2]], &[(2, 0)], &some_replays()).unwrap();
        let of_all = all
            .iter()
            .find(|test| test.contrast == (2, 0) && test.outcome == 2);
        let of_all = of_all.unwrap();
        assert_eq!(
            (of_all.p_value, &of_all.interval),
            (alone[0].p_value, &alone[0].interval)
        );
        assert_eq!(of_all.replayed, alone[0].replayed);
    }
}

#[test]
fn a_third_arm_changes_no_bit_where_it_is_held() {
    let (drawn, outcomes) = trial(100);
    let complete = complete(&drawn);
    let with = test(
        &Design::new(complete.clone()).unwrap(),
        &slices(&outcomes),
        &[(1, 0)],
        &some_replays(),
    );
    // The same trial without the persons of the third arm.
    let kept: Vec<usize> = (0..100).filter(|&i| complete.units[i].arm < 2).collect();
    let without = Drawn {
        arms: ids(2),
        ratio: vec![1, 1],
        units: kept.iter().map(|&i| complete.units[i].clone()).collect(),
        unit_of: (0..kept.len()).collect(),
        ..complete
    };
    let fewer: Vec<Vec<Option<f64>>> = outcomes
        .iter()
        .map(|values| kept.iter().map(|&i| values[i]).collect())
        .collect();
    let design = Design::new(without).unwrap();
    let without = test(&design, &slices(&fewer), &[(1, 0)], &some_replays());
    assert_eq!(with.unwrap(), without.unwrap());
}

#[test]
fn swapping_the_arms_keeps_p_and_mirrors_the_interval() {
    let (drawn, outcomes) = trial(100);
    let two = Drawn {
        procedure: Procedure::BiasedCoin {
            probability: Fraction { p: 2, q: 3 },
        },
        arms: ids(2),
        ratio: vec![1, 1],
        units: (drawn.units.iter().cloned())
            .map(|unit| Unit {
                arm: unit.arm / 2,
                ..unit
            })
            .collect(),
        ..drawn.clone()
    };
    for drawn in [two, complete(&drawn), drawn] {
        let design = Design::new(drawn).unwrap();
        for statistic in [Statistic::Difference, Statistic::Studentised] {
            let options = Replaying {
                statistic,
                ..some_replays()
            };
            let [one, other] = [(1, 0), (0, 1)]
                .map(|contrast| test(&design, &slices(&outcomes), &[contrast], &options).unwrap());
            for (one, other) in one.iter().zip(&other) {
                assert_eq!(one.p_value, other.p_value);
                assert_eq!(one.estimate.unwrap(), -other.estimate.unwrap());
                let [a, b] = [one, other].map(|test| test.interval.clone().unwrap());
                assert_eq!(a.lower.map(|x| -x), b.upper);
                assert_eq!(a.upper.map(|x| -x), b.lower);
            }
        }
    }
}

#[test]
fn zero_lies_outside_the_interval_exactly_where_p_is_small() {
    for shift in 0..12 {
        let (drawn, mut outcomes) = trial(60);
        for (unit, value) in drawn.units.iter().zip(&mut outcomes[0]) {
            let effect = f64::from(shift * 3) * f64::from(u8::from(unit.arm == 1));
            *value = value.map(|value| value - effect);
        }
        let design = Design::new(drawn).unwrap();
        for statistic in [Statistic::Difference, Statistic::Studentised] {
            for level in [0.8, 0.9, 0.95] {
                let options = Replaying {
                    statistic,
                    level,
                    ..some_replays()
                };
                let contrasts = [(1, 0), (2, 0), (2, 1)];
                for found in test(&design, &slices(&outcomes), &contrasts, &options).unwrap() {
                    let interval = found.interval.unwrap();
                    let above = interval.lower.is_some_and(|lower| lower > 0.0);
                    let below = interval.upper.is_some_and(|upper| upper < 0.0);
                    let rejected = found.p_value.unwrap() <= (1.0 - level) * (1.0 + 1e-9);
                    assert_eq!(above || below, rejected, "{:?}", found.p_value);
                }
            }
        }
    }
}

#[test]
fn units_of_measurement_scale_estimate_and_interval_alone() {
    let (drawn, outcomes) = trial(60);
    let design = Design::new(drawn).unwrap();
    let scaled: Vec<Option<f64>> = (outcomes[0].iter())
        .map(|value| value.map(|value| 1024.0 * value - 7e5))
        .collect();
    for statistic in [Statistic::Difference, Statistic::Studentised] {
        let options = Replaying {
            statistic,
            ..some_replays()
        };
        let found = test(&design, &[&outcomes[0], &scaled], &[(2, 0)], &options).unwrap();
        assert_eq!(found[0].p_value, found[1].p_value);
        let [a, b] = [0, 1].map(|i| found[i].interval.clone().unwrap());
        close(b.lower.unwrap(), 1024.0 * a.lower.unwrap(), 1e-9, "lower");
        close(b.upper.unwrap(), 1024.0 * a.upper.unwrap(), 1e-9, "upper");
    }
}

#[test]
fn replays_come_within_their_error_of_the_exact_p() {
    let mut seen = 0;
    for case in cases().iter().filter(|case| case["seed"].is_null()) {
        let design = Design::new(drawn(case)).unwrap();
        let outcomes = columns(&case["outcomes"]);
        let options = Replaying {
            replays: 20_000,
            listed: 0,
            ..replaying(case, Statistic::Studentised)
        };
        for row in case["tests"].as_array().unwrap() {
            let outcome = row["outcome"].as_u64().unwrap() as usize;
            let found = &test(&design, &slices(&outcomes), &[contrast(row)], &options).unwrap();
            let found = &found[outcome];
            let exact = fraction(&row["p_studentised"]);
            // Four standard errors; 1/m for the draw itself, which counts as one.
            let error = 4.0 * (exact * (1.0 - exact) / 20_000.0).sqrt() + 1.0 / 20_000.0;
            let away = (found.p_value.unwrap() - exact).abs();
            assert!(away <= error, "{}: {away} beyond {error}", case["name"]);
            seen += 1;
        }
        if case["balance"].is_object() {
            let covariates = columns(&case["covariates"]);
            let found = omnibus(&design, &slices(&covariates), &options).unwrap();
            let exact = fraction(&case["balance"]["p"]);
            let error = 4.0 * (exact * (1.0 - exact) / 20_000.0).sqrt() + 1.0 / 20_000.0;
            assert!(
                (found.p_value.unwrap() - exact).abs() <= error,
                "{}",
                case["name"]
            );
        }
    }
    assert!(seen > 25);
}

#[test]
fn what_cannot_be_tested_is_said() {
    let arm = [0, 0, 1, 1];
    let constant = two_arms(&arm, &[3.0; 4]);
    assert_eq!((constant.p_value, constant.interval), (None, None));
    assert_eq!(
        constant.notes,
        ["the outcome does not vary: no test and no interval"]
    );
    let persons = Persons {
        arm: &arm,
        stratum: &[],
        cluster: &[],
    };
    let design = Design::complete(ids(2), persons).unwrap();
    let empty = [None, None, Some(1.0), Some(2.0)];
    let found = test(&design, &[&empty], &[(1, 0)], &difference()).unwrap();
    assert_eq!((found[0].estimate, found[0].p_value), (None, None));
    assert_eq!(found[0].notes, ["an arm has no outcomes"]);
    // Both arms constant: t is infinite, and as extreme as that are two draws of six.
    let apart = known(&[1.0, 1.0, 0.0, 0.0]);
    let studentised = Replaying::default();
    let found = test(&design, &[&apart], &[(1, 0)], &studentised)
        .unwrap()
        .remove(0);
    assert_eq!(found.estimate, Some(-1.0));
    assert_eq!(
        (found.statistic, found.std_error, &found.interval),
        (None, None, &None)
    );
    close(found.p_value.unwrap(), 2.0 / 6.0, 1e-15, "apart");
    // Six draws cannot reject anything at 95 %.
    let values = known(&[1.0, 5.0, 2.0, 8.0]);
    let found = test(&design, &[&values], &[(1, 0)], &studentised)
        .unwrap()
        .remove(0);
    let interval = found.interval.unwrap();
    assert_eq!((interval.lower, interval.upper), (None, None));
    let infinite = [Some(f64::INFINITY), None, None, None];
    assert_eq!(
        test(&design, &[&infinite], &[(1, 0)], &studentised),
        Err(RedrawError::NotFinite {
            column: 0,
            person: 0
        })
    );
    assert_eq!(
        test(&design, &[&values[..3]], &[(1, 0)], &studentised),
        Err(RedrawError::Length {
            column: 0,
            found: 3,
            expected: 4
        })
    );
    assert_eq!(
        test(&design, &[&values], &[(1, 1)], &studentised),
        Err(RedrawError::SameArm)
    );
}

#[test]
fn a_record_that_its_blocks_do_not_allow_is_refused() {
    let unit = |arm| Unit {
        stratum: 0,
        list: 0,
        levels: Vec::new(),
        arm,
    };
    let drawn = Drawn {
        arms: ids(2),
        procedure: Procedure::PermutedBlocks { sizes: vec![4] },
        ratio: vec![1, 1],
        units: [0, 0, 0, 1].map(unit).to_vec(),
        unit_of: (0..4).collect(),
        block_sizes: None,
    };
    let overdrawn = DesignError::Overdrawn {
        stratum: 0,
        block: 0,
        arm: "a".to_owned(),
        expected: 2,
    };
    assert_eq!(Design::new(drawn).unwrap_err(), overdrawn);
    let persons = Persons {
        arm: &[0, 1, 1],
        stratum: &[],
        cluster: &[5, 5, 6],
    };
    assert_eq!(
        Design::complete(ids(2), persons).unwrap_err(),
        DesignError::Cluster {
            cluster: 5,
            what: "arm"
        }
    );
}

#[test]
fn a_table_gives_the_design_of_its_ledger() {
    let (drawn, outcomes) = trial(63);
    let arm: Vec<usize> = drawn.units.iter().map(|unit| unit.arm).collect();
    let stratum: Vec<usize> = drawn.units.iter().map(|unit| unit.stratum).collect();
    let persons = Persons {
        arm: &arm,
        stratum: &stratum,
        cluster: &[],
    };
    let block: Vec<usize> = (0..63).map(|i| i / 9).collect();
    let sized = Blocks::Sized {
        ratio: &[1, 1, 1],
        size: 9,
    };
    let run = |design: &Design| {
        test(
            design,
            &slices(&outcomes),
            &[(1, 0), (2, 0)],
            &some_replays(),
        )
        .unwrap()
    };
    let ledger = run(&Design::new(drawn).unwrap());
    for blocks in [Blocks::Named(&block), sized] {
        let table = Design::permuted_blocks(ids(3), persons, blocks).unwrap();
        assert_eq!(run(&table), ledger);
    }
}

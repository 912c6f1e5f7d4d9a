//! What hangs together by definition tells no small count: whoever has an unpaid job has a job.
//!
//! The attacker here knows which combinations of outcomes there are in the trial, reads the printed
//! table, and writes down every way in which the people of an arm can have them.

use klero::report::disclosure::{CountId, Property, Reads, Release, Rule};
use klero::report::table::{Cell, Column, Form, Row, Table, Unit, Value, csv};

/// SplitMix64 (Steele, Lea & Flood 2014), so that every run tries the same trials.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// The outcomes that a person has, as bits.
type Has = u8;

/// A trial: the arm of each person and what the person has of so many outcomes.
struct Trial {
    outcomes: usize,
    persons: Vec<(u16, Has)>,
}

impl Trial {
    /// So many of each arm who have these outcomes.
    fn of(outcomes: usize, groups: &[(u16, Has, usize)]) -> Trial {
        let persons = groups.iter().flat_map(|&(arm, has, n)| vec![(arm, has); n]);
        Trial {
            outcomes,
            persons: persons.collect(),
        }
    }

    fn in_arm(&self, arm: u16, is: impl Fn(Has) -> bool) -> u64 {
        let all = self.persons.iter();
        all.filter(|(of, has)| *of == arm && is(*has)).count() as u64
    }

    /// Prints the share of each outcome by arm, what tells small counts held back.
    fn printed(&self, threshold: u64) -> String {
        let mut release = Release::new(Rule { threshold });
        let share = Form::of(Unit::Share, 1);
        let mut table = Table::new("t", "t", "");
        let arms = 1 + self.persons.iter().map(|(arm, _)| *arm).max().unwrap();
        table.columns = (0..arms)
            .map(|arm| Column::numbers(&format!("arm{arm}"), format!("arm{arm}")))
            .collect();
        let everybody: Vec<CountId> = (0..arms)
            .map(|arm| {
                let n = self.in_arm(arm, |_| true);
                release.count(&format!("all, arm {arm}"), n).unwrap()
            })
            .collect();
        let mut properties = vec![Property {
            of: vec![true; self.persons.len()],
            counts: everybody.iter().map(|id| Some(*id)).collect(),
        }];
        for outcome in 0..self.outcomes {
            let mut cells = Vec::new();
            let mut counts = Vec::new();
            for (arm, &all) in (0..arms).zip(&everybody) {
                let n = self.in_arm(arm, |has| has >> outcome & 1 == 1);
                let id = release.count(&format!("{outcome}, arm {arm}"), n).unwrap();
                release.rest(all, id).unwrap();
                let of = self.in_arm(arm, |_| true);
                let cell = Cell::count(n).with(Value::Number(n as f64 / of as f64, share));
                cells.push(cell.reading(Reads::Of(vec![id, all])));
                counts.push(Some(id));
            }
            table.push(Row::new(format!("outcome {outcome}"), cells));
            properties.push(Property {
                of: self
                    .persons
                    .iter()
                    .map(|(_, has)| has >> outcome & 1 == 1)
                    .collect(),
                counts,
            });
        }
        let arm: Vec<u16> = self.persons.iter().map(|(arm, _)| *arm).collect();
        release.people(&arm, &properties).unwrap();
        let decision = release.decide(&[&table], &[]).unwrap();
        csv::machine(&decision.apply(&table))
    }
}

/// Returns the printed counts, outcome by outcome and arm by arm.
fn read(printed: &str, arms: usize) -> Vec<Vec<Option<u64>>> {
    let mut lines = printed.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: String| header.iter().position(|column| *column == name).unwrap();
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let of_arm = |arm: usize| fields[place(format!("arm{arm}"))].parse().ok();
            (0..arms).map(of_arm).collect()
        })
        .collect()
}

/// Calls `found` with every way of `left` persons having the combinations so that the counts of the
/// outcomes are what is known.
fn ways(
    combinations: &[Has],
    known: &[Option<u64>],
    left: u64,
    chosen: &mut Vec<u64>,
    found: &mut impl FnMut(&[u64]),
) {
    let so_far = |outcome: usize| -> u64 {
        let pairs = combinations.iter().zip(chosen.iter());
        let with = pairs.filter(|(has, _)| **has >> outcome & 1 == 1);
        with.map(|(_, n)| n).sum()
    };
    let mut sums = known.iter().enumerate();
    if sums.any(|(outcome, known)| known.is_some_and(|known| so_far(outcome) > known)) {
        return;
    }
    if chosen.len() == combinations.len() {
        let mut sums = known.iter().enumerate();
        if left == 0 && sums.all(|(outcome, known)| known.is_none_or(|n| so_far(outcome) == n)) {
            found(chosen);
        }
        return;
    }
    let last = chosen.len() + 1 == combinations.len();
    for n in if last { left } else { 0 }..=left {
        chosen.push(n);
        ways(combinations, known, left - n, chosen, found);
        chosen.pop();
    }
}

#[test]
fn the_difference_of_an_outcome_and_one_that_is_part_of_it_is_not_small() {
    // Nine have a job, seven of them without wage; the other arm has 20 and 12.
    let groups = [
        (0, 0b11, 7),
        (0, 0b01, 2),
        (0, 0b00, 31),
        (1, 0b11, 12),
        (1, 0b01, 8),
        (1, 0b00, 20),
    ];
    let trial = Trial::of(2, &groups);
    let printed = read(&trial.printed(5), 2);
    assert_eq!([printed[0][1], printed[1][1]], [Some(20), Some(12)]);
    let shown = [printed[0][0], printed[1][0]];
    assert!(shown.contains(&None), "9 − 7 can be read: {shown:?}");
    // Where some have it without a job, nobody knows who is part of whom.
    let trial = Trial::of(2, &[&groups[..], &[(1, 0b10, 6)]].concat());
    let printed = read(&trial.printed(5), 2);
    assert_eq!([printed[0][0], printed[1][0]], [Some(9), Some(7)]);
}

#[test]
fn an_outcome_that_is_the_sum_of_others_tells_none_of_them() {
    // Job or education: 16; job: 13; education: 3, held back, and 16 − 13 with it.
    let trial = Trial::of(
        3,
        &[
            (0, 0b101, 13),
            (0, 0b110, 3),
            (0, 0b000, 24),
            (1, 0b101, 10),
            (1, 0b110, 10),
            (1, 0b000, 20),
        ],
    );
    let printed = read(&trial.printed(5), 2);
    let shown = [printed[0][0], printed[1][0], printed[2][0]];
    assert_eq!(shown[1], None);
    assert!(
        shown.contains(&None) && shown.iter().flatten().count() == 1,
        "{shown:?}"
    );
}

#[test]
fn no_small_group_follows_from_how_outcomes_hang_together_in_thousands_of_trials() {
    let mut dice = Dice(7);
    let (mut small, mut shown, mut all) = (0, 0, 0);
    for case in 0..3_000 {
        let threshold = [5, 3, 4][case % 3];
        let outcomes = 2 + dice.below(3) as usize;
        let possible: Vec<Has> = (0..2 + dice.below(4))
            .map(|_| dice.below(1 << outcomes) as Has)
            .collect();
        let arms = 1 + dice.below(2) as u16;
        let mut persons = Vec::new();
        for arm in 0..arms {
            // Some are common and some are rare, and not the same in each arm.
            let weights: Vec<u64> = possible.iter().map(|_| 1 + dice.below(12)).collect();
            let total: u64 = weights.iter().sum();
            for _ in 0..10 + dice.below(14) {
                let mut at = dice.below(total);
                let place = weights.iter().position(|&weight| match at < weight {
                    true => true,
                    false => {
                        at -= weight;
                        false
                    }
                });
                persons.push((arm, possible[place.unwrap()]));
            }
        }
        let trial = Trial { outcomes, persons };
        let printed = read(&trial.printed(threshold), usize::from(arms));
        let mut combinations: Vec<Has> = trial.persons.iter().map(|(_, has)| *has).collect();
        combinations.sort_unstable();
        combinations.dedup();
        for arm in 0..arms {
            let known: Vec<Option<u64>> = printed.iter().map(|of| of[usize::from(arm)]).collect();
            for (outcome, known) in known.iter().enumerate() {
                let truth = trial.in_arm(arm, |has| has >> outcome & 1 == 1);
                assert!(known.is_none_or(|known| known == truth));
            }
            all += known.len();
            shown += known.iter().flatten().count();
            // The most and least that every group of combinations can be.
            let groups = 1_usize << combinations.len();
            let mut range = vec![(u64::MAX, 0); groups];
            let n = trial.in_arm(arm, |_| true);
            ways(&combinations, &known, n, &mut Vec::new(), &mut |way| {
                for (group, (least, most)) in range.iter_mut().enumerate() {
                    let members = way
                        .iter()
                        .enumerate()
                        .filter(|(at, _)| group >> at & 1 == 1);
                    let n: u64 = members.map(|(_, n)| n).sum();
                    (*least, *most) = ((*least).min(n), (*most).max(n));
                }
            });
            for (group, (least, most)) in range.into_iter().enumerate() {
                let of = |has: Has| {
                    let at = combinations.binary_search(&has).unwrap();
                    group >> at & 1 == 1
                };
                let truth = trial.in_arm(arm, of);
                assert!((least..=most).contains(&truth), "the attacker errs");
                if truth > 0 && truth < threshold {
                    small += 1;
                    assert!(
                        most >= threshold,
                        "case {case}: {truth} persons of arm {arm} are {least} to {most}"
                    );
                }
                if truth > 0 && truth < threshold && group.is_power_of_two() {
                    assert!(most - least >= threshold, "case {case}: {least} to {most}");
                }
            }
        }
    }
    assert!(small > 4_000, "{small} small groups were attacked");
    // Holding back everything would be safe and useless.
    assert!(shown * 4 > all, "{shown} of {all} are shown");
}

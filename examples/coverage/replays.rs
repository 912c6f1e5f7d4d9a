//! Randomisation tests, which replay the draw themselves: of a true null the p, else the interval.

use std::num::NonZeroUsize;

use klero::estimate::redraw::{self, Design, Drawn, Replaying, Unit, Weighting};
use klero::protocol::Statistic;

use crate::LEVEL;
use crate::draws::{Fallen, Plan, Rule};
use crate::people::{Effect, Outcome, People};
use crate::table::{Key, Method, Quantity, Tallies, Verdict};

/// With 99, a p of 5/100 is exactly the level.
const REPLAYS: u64 = 99;

/// Counts what randomisation tests say after each draw.
pub fn replays(plan: &Plan, n: usize, draws: u64) -> Tallies {
    let people = People::new(n);
    let outcomes: Vec<&Outcome> = people
        .outcomes
        .iter()
        .filter(|outcome| match outcome.quantity {
            // No constant effect turns one share into another.
            Quantity::Share5 | Quantity::Share20 => outcome.effect != Effect::Helps,
            Quantity::Amount => true,
            _ => false,
        })
        .collect();
    let mut statistics = vec![(Method::TestStudentised, Statistic::Studentised)];
    if plan.rule != Rule::Minimisation {
        statistics.push((Method::TestDifference, Statistic::Difference));
    }
    let mut tallies = Tallies::default();
    for number in 0..draws {
        let fallen = plan.draw(&people.facts, number);
        let design = design(plan, &people, &fallen);
        // Persons of a third arm, whom a contrast of two does not look at, as those of the first.
        let columns: Vec<Vec<Option<f64>>> = outcomes
            .iter()
            .map(|outcome| {
                let arms = fallen.arms.iter().enumerate();
                arms.map(|(person, &arm)| Some(outcome.y[arm.min(1)][person]))
                    .collect()
            })
            .collect();
        let columns: Vec<&[Option<f64>]> = columns.iter().map(Vec::as_slice).collect();
        for &(method, statistic) in &statistics {
            let replaying = Replaying {
                replays: REPLAYS,
                seed: number.to_string(),
                statistic,
                weighting: Weighting::ByStratum,
                level: LEVEL,
                // Replays are what is looked at; and to list the draws of 30 takes long.
                listed: 0,
                threads: NonZeroUsize::new(1),
            };
            let found = redraw::test(&design, &columns, &[(1, 0)], &replaying)
                .expect("the columns are those of the design");
            for test in found {
                let outcome = outcomes[test.outcome];
                let verdict = match outcome.effect {
                    Effect::Helps => Verdict::of(test.interval.as_ref(), outcome.difference()),
                    _ => Verdict::of_null(test.p_value),
                };
                let key = Key {
                    quantity: outcome.quantity,
                    method,
                    n,
                    effect: outcome.effect,
                };
                tallies.add(key, verdict);
            }
        }
    }
    tallies
}

fn design(plan: &Plan, people: &People, fallen: &Fallen) -> Design {
    let units = fallen.arms.iter().zip(&people.facts).zip(&fallen.stratum);
    Design::new(Drawn {
        arms: (0..plan.ratio.len()).map(|i| format!("arm {i}")).collect(),
        procedure: plan.procedure(),
        ratio: plan.ratio.to_vec(),
        units: units
            .map(|((&arm, levels), &stratum)| Unit {
                stratum: stratum as usize,
                list: 0,
                levels: levels.to_vec(),
                arm,
            })
            .collect(),
        unit_of: (0..people.len()).collect(),
        block_sizes: fallen.blocks.clone(),
    })
    .expect("the draw is one of the plan")
}

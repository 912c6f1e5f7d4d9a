//! Bounds where outcomes are missing, with the interval of Imbens and Manski.

use klero::estimate::bounds::{Answers, Bounds, lee_bounds, worst_case_bounds};

use crate::LEVEL;
use crate::draws::{Fallen, Plan};
use crate::people::{Answering, Outcome, People};
use crate::table::{Key, Method, Quantity, Tallies, Verdict};

/// Counts what Lee's and worst-case bounds say after each draw.
pub fn missing(plan: &Plan, n: usize, draws: u64) -> Tallies {
    let people = People::new(n);
    let mut cases = Vec::new();
    for outcome in &people.outcomes {
        use Answering::{Alike, HighestInArm, MoreInArm, Worst};
        use Quantity::{Amount, Share20, ShareOfTime};
        if !matches!(outcome.quantity, Share20 | ShareOfTime | Amount) {
            continue;
        }
        let mut add = |method, answering: Answering| {
            let answers = answering.answers(&people, outcome);
            let truth = match method {
                Method::Lee(_) => {
                    let pairs = answers[0].iter().zip(&answers[1]);
                    let always: Vec<bool> = pairs.map(|(a, b)| *a && *b).collect();
                    outcome.difference_among(&always)
                }
                _ => outcome.difference(),
            };
            cases.push(Case {
                outcome,
                method,
                answers,
                truth,
            });
        };
        for answering in [Alike, MoreInArm, HighestInArm] {
            add(Method::Lee(answering), answering);
        }
        // An amount has no largest value.
        if outcome.quantity != Amount {
            for answering in [MoreInArm, Worst] {
                add(Method::WorstCase(answering), answering);
            }
        }
    }
    let mut tallies = Tallies::default();
    for number in 0..draws {
        let fallen = plan.draw(&people.facts, number);
        for case in &cases {
            let key = Key {
                quantity: case.outcome.quantity,
                method: case.method,
                n,
                effect: case.outcome.effect,
            };
            let bounds = case.bounds(&fallen);
            tallies.add(key, Verdict::of(bounds.interval.as_ref(), case.truth));
        }
    }
    tallies
}

struct Case<'a> {
    outcome: &'a Outcome,
    method: Method,
    answers: [Vec<bool>; 2],
    truth: f64,
}

impl Case<'_> {
    fn bounds(&self, fallen: &Fallen) -> Bounds {
        let [reference, arm] = [0, 1].map(|which| {
            let y = fallen.of_arm(which, &self.outcome.y[which]);
            let answers = fallen.of_arm(which, &self.answers[which]);
            let rows = y.iter().zip(&answers);
            let values: Vec<f64> = rows
                .filter_map(|(y, answers)| answers.then_some(*y))
                .collect();
            (values, y.len())
        });
        let [reference, arm] = [&reference, &arm].map(|(values, drawn)| Answers {
            values,
            drawn: *drawn,
        });
        match self.method {
            Method::Lee(_) => lee_bounds(arm, reference, LEVEL),
            _ => worst_case_bounds(arm, reference, (0.0, 1.0), LEVEL)
                .expect("outcomes lie within their limits"),
        }
    }
}

//! `late`: the effect of what was received, on those who received it because of the draw.

use std::num::NonZeroUsize;

use klero::estimate::instrument::{Draw, EffectSet, Late, LateInterval, late};
use klero::estimate::linear::{Columns, DegreesOfFreedom, Inference};
use klero::protocol::StandardErrors;

use crate::LEVEL;
use crate::draws::{Fallen, Plan};
use crate::people::{Compliance, Effect, People, Receipt};
use crate::table::{Key, Method, Quantity, Tallies, Verdict};

/// Counts what Anderson and Rubin's set and two-stage least squares say after each draw.
pub fn received(plan: &Plan, n: usize, draws: u64) -> Tallies {
    let people = People::new(n);
    let receipts = Compliance::ALL.map(|compliance| Receipt::of(&people, compliance));
    let mut cases = Vec::new();
    for outcome in &people.outcomes {
        if !matches!(outcome.quantity, Quantity::Share50 | Quantity::Amount) {
            continue;
        }
        for receipt in &receipts {
            cases.push(Case {
                quantity: outcome.quantity,
                effect: outcome.effect,
                receipt,
                y: receipt.followed(outcome),
                truth: receipt.effect_on_compliers(outcome),
            });
        }
    }
    let mut tallies = Tallies::default();
    for number in 0..draws {
        let fallen = plan.draw(&people.facts, number);
        for case in &cases {
            let compliance = case.receipt.compliance;
            let mut add = |method, verdict| {
                let key = Key {
                    quantity: case.quantity,
                    method,
                    n,
                    effect: case.effect,
                };
                tallies.add(key, verdict);
            };
            let set = case.late(&fallen, LateInterval::AndersonRubin).set;
            let verdict = set.map_or(Verdict::None, |set| lies_in(set, case.truth));
            add(Method::LateAndersonRubin(compliance), verdict);
            let computed = case.late(&fallen, LateInterval::TwoStage).computed;
            let verdict = Verdict::of(computed.interval.as_ref(), case.truth);
            add(Method::LateTwoStage(compliance), verdict);
        }
    }
    tallies
}

struct Case<'a> {
    quantity: Quantity,
    effect: Effect,
    receipt: &'a Receipt,
    y: [Vec<f64>; 2],
    truth: f64,
}

impl Case<'_> {
    fn late(&self, fallen: &Fallen, interval: LateInterval) -> Late {
        let y = fallen.seen([&self.y[0], &self.y[1]]);
        let [reference, arm] = &self.receipt.received;
        let received = fallen.seen([reference, arm]);
        let stratified = fallen.by_strata(&y, |data| {
            let draw = Draw::Stratified(data, LEVEL);
            late(draw, &received, interval).expect("every stratum has two of each arm")
        });
        if let Some(found) = stratified {
            return found;
        }
        let in_arm = fallen.in_arm();
        let columns = Columns {
            y: &y,
            in_arm: &in_arm,
            covariates: &[],
            weights: None,
            cluster: None,
        };
        let how = Inference {
            errors: StandardErrors::Hc2,
            df: DegreesOfFreedom::Satterthwaite,
            level: LEVEL,
            threads: NonZeroUsize::new(1),
        };
        late(Draw::Ols(&columns, how), &received, interval).expect("there are no strata")
    }
}

/// Whether a set of effects holds the truth.
fn lies_in(set: EffectSet, truth: f64) -> Verdict {
    let slack = 1e-9 * truth.abs().max(1.0);
    let open = |held: bool| match held {
        true => Verdict::Open,
        false => Verdict::Missed,
    };
    match set {
        EffectSet::Interval { lower, upper } => {
            Verdict::held(lower - slack <= truth && truth <= upper + slack)
        }
        EffectSet::AtMost(upper) => open(truth <= upper + slack),
        EffectSet::AtLeast(lower) => open(truth >= lower - slack),
        EffectSet::Complement { below, above } => {
            open(truth <= below + slack || truth >= above - slack)
        }
        EffectSet::Line => Verdict::Open,
        EffectSet::Empty => Verdict::Missed,
    }
}

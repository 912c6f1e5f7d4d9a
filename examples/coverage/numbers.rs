//! Intervals for differences and ratios of means.

use std::num::NonZeroUsize;

use klero::estimate::Computed;
use klero::estimate::bootstrap::{Arm, Resampling, bootstrap_t};
use klero::estimate::linear::{Columns, Covariate, DegreesOfFreedom, Inference};
use klero::estimate::means::difference_in_means;
use klero::estimate::regression::{lin, ols, ratio_of_means};
use klero::estimate::stratified::stratified_difference;
use klero::protocol::StandardErrors;

use crate::LEVEL;
use crate::draws::{Fallen, Plan};
use crate::people::{Outcome, People};
use crate::table::{Key, Method, Quantity, Tallies, Verdict};

/// Resamples of the bootstrap.
const RESAMPLES: u32 = 999;

/// Counts what the formulas for means say after each draw.
pub fn numbers(plan: &Plan, n: usize, draws: u64) -> Tallies {
    let people = People::new(n);
    let mut tallies = Tallies::default();
    for number in 0..draws {
        let fallen = plan.draw(&people.facts, number);
        for outcome in &people.outcomes {
            if !outcome.quantity.is_share() {
                of_draw(&people, &fallen, outcome, number, &mut tallies);
            }
        }
    }
    tallies
}

fn of_draw(
    people: &People,
    fallen: &Fallen,
    outcome: &Outcome,
    number: u64,
    tallies: &mut Tallies,
) {
    let [m0, m1] = outcome.means();
    let mut add = |method, computed: &Computed| {
        let key = Key {
            quantity: outcome.quantity,
            method,
            n: people.len(),
            effect: outcome.effect,
        };
        let truth = match method {
            Method::RatioOfMeans => m1 / m0,
            _ => m1 - m0,
        };
        tallies.add(key, Verdict::of(computed.interval.as_ref(), truth));
    };
    let y = fallen.seen([&outcome.y[0], &outcome.y[1]]);
    let in_arm = fallen.in_arm();
    if let Some(found) = fallen.by_strata(&y, |data| stratified_difference(data, LEVEL)) {
        match found {
            Ok(computed) => add(Method::Means, &computed),
            Err(error) => panic!("{error}"),
        }
        return;
    }
    let (arm, reference) = (
        fallen.of_arm(1, &outcome.y[1]),
        fallen.of_arm(0, &outcome.y[0]),
    );
    add(Method::Means, &difference_in_means(&arm, &reference, LEVEL));
    add(
        Method::RatioOfMeans,
        &ratio_of_means(&y, &in_arm, None, LEVEL),
    );
    if outcome.quantity != Quantity::Amount {
        return;
    }
    if people.len() <= 100 {
        let resampling = Resampling {
            number: RESAMPLES,
            seed: number.to_string(),
            threads: NonZeroUsize::new(1),
        };
        let named = |id, values| Arm { id, values };
        let (arm, reference) = (named("arm", &arm), named("reference", &reference));
        let computed = bootstrap_t(arm, reference, LEVEL, &resampling);
        add(Method::Bootstrap, &computed);
    }
    let covariate = fallen.same(&people.covariate);
    let covariates = [Covariate {
        name: "before",
        values: &covariate,
    }];
    let columns = Columns {
        y: &y,
        in_arm: &in_arm,
        covariates: &covariates,
        weights: None,
        cluster: None,
    };
    let how = |errors, df| Inference {
        errors,
        df,
        level: LEVEL,
        threads: NonZeroUsize::new(1),
    };
    use DegreesOfFreedom::{Residual, Satterthwaite};
    let usual = how(StandardErrors::Hc2, Satterthwaite);
    let hc2 = how(StandardErrors::Hc2, Residual);
    let hc1 = how(StandardErrors::Hc1, Residual);
    add(Method::OlsBellMcCaffrey, &ols(&columns, &usual));
    add(Method::OlsHc2, &ols(&columns, &hc2));
    add(Method::OlsHc1, &ols(&columns, &hc1));
    add(Method::Lin, &lin(&columns, &usual));
}

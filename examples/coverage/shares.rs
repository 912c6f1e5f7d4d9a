//! Intervals and tests of shares, computed once for each table of counts that came up.

use std::collections::BTreeMap;

use klero::estimate::Scale;
use klero::estimate::shares::{
    exact_odds_ratio, fisher_exact, mantel_haenszel, odds_ratio, risk_difference, risk_ratio,
    stratified_risk_difference, stratified_risk_ratio,
};
use klero::protocol::IntervalId;
use klero::sample::Count;

use crate::LEVEL;
use crate::draws::{Fallen, Plan};
use crate::people::{Effect, Outcome, People};
use crate::table::{Key, Method, Tallies, Verdict};

/// Counts what the formulas for shares say after each draw.
pub fn shares(plan: &Plan, n: usize, draws: u64) -> Tallies {
    let people = People::new(n);
    let outcomes: Vec<&Outcome> = people
        .outcomes
        .iter()
        .filter(|outcome| outcome.quantity.is_share())
        .collect();
    // The tables of counts that came up, by outcome, each with how often.
    let mut tables = vec![BTreeMap::<Vec<[u64; 4]>, u64>::new(); outcomes.len()];
    for number in 0..draws {
        let fallen = plan.draw(&people.facts, number);
        for (outcome, tables) in outcomes.iter().zip(&mut tables) {
            *tables.entry(counts(&fallen, outcome)).or_default() += 1;
        }
    }
    let mut tallies = Tallies::default();
    for (outcome, tables) in outcomes.iter().zip(&tables) {
        for (table, &times) in tables {
            of_table(outcome, table, times, &mut tallies);
        }
    }
    tallies
}

/// Returns events and persons of arm and reference, stratum by stratum.
fn counts(fallen: &Fallen, outcome: &Outcome) -> Vec<[u64; 4]> {
    let mut counts = vec![[0; 4]; fallen.strata];
    for (person, (&arm, &stratum)) in fallen.arms.iter().zip(&fallen.stratum).enumerate() {
        if arm < 2 {
            let first = 2 * (1 - arm);
            counts[stratum as usize][first] += outcome.y[arm][person] as u64;
            counts[stratum as usize][first + 1] += 1;
        }
    }
    counts
}

fn of_table(outcome: &Outcome, table: &[[u64; 4]], times: u64, tallies: &mut Tallies) {
    let strata: Vec<(Count, Count)> = table
        .iter()
        .map(|&[x1, n1, x0, n0]| (Count::new(x1, n1), Count::new(x0, n0)))
        .collect();
    let [p0, p1] = outcome.means();
    let mut add = |method, verdict| {
        let key = Key {
            quantity: outcome.quantity,
            method,
            n: outcome.y[0].len(),
            effect: outcome.effect,
        };
        tallies.add_times(key, verdict, times);
    };
    for (method, form) in [
        (Method::DifferenceScore, IntervalId::MiettinenNurminen),
        (Method::DifferenceNewcombe, IntervalId::Newcombe),
        (Method::DifferenceWald, IntervalId::Wald),
    ] {
        let computed = match strata[..] {
            [(arm, reference)] => risk_difference(arm, reference, LEVEL, form),
            _ => stratified_risk_difference(&strata, LEVEL, form),
        };
        add(method, Verdict::of(computed.interval.as_ref(), p1 - p0));
    }
    for (method, form) in [
        (Method::RatioScore, IntervalId::MiettinenNurminen),
        (Method::RatioLog, IntervalId::Log),
    ] {
        let computed = match strata[..] {
            [(arm, reference)] => risk_ratio(arm, reference, LEVEL, form),
            _ => stratified_risk_ratio(&strata, LEVEL, form),
        };
        add(method, Verdict::of(computed.interval.as_ref(), p1 / p0));
    }
    let [(arm, reference)] = strata[..] else {
        // Every stratum is drawn in one ratio, so that the weights n₁n₀/N are in proportion to its
        // size, but for a last block not full: the truth is that of everybody.
        for (method, scale, truth) in [
            (Method::DifferenceMantelHaenszel, Scale::Difference, p1 - p0),
            (Method::RatioMantelHaenszel, Scale::Ratio, p1 / p0),
        ] {
            let computed = mantel_haenszel(&strata, scale, LEVEL);
            add(method, Verdict::of(computed.interval.as_ref(), truth));
        }
        return;
    };
    let truth = p1 / (1.0 - p1) / (p0 / (1.0 - p0));
    for (method, computed) in [
        (Method::OddsLog, odds_ratio(arm, reference, LEVEL)),
        (Method::OddsExact, exact_odds_ratio(arm, reference, LEVEL)),
    ] {
        add(method, Verdict::of(computed.interval.as_ref(), truth));
    }
    if outcome.effect != Effect::Helps {
        let p = fisher_exact(arm, reference).p_value;
        add(Method::Fisher, Verdict::of_null(p));
    }
}

//! Regressions of persons who were drawn in clusters.

use std::num::NonZeroUsize;

use klero::draw::Words;
use klero::estimate::distribution::normal_quantile;
use klero::estimate::linear::{Columns, DegreesOfFreedom, Inference};
use klero::estimate::regression::ols;
use klero::protocol::StandardErrors;

use crate::LEVEL;
use crate::draws::{Fallen, Plan};
use crate::people::{Effect, Normals, Outcome};
use crate::table::{Key, Method, Quantity, Tallies, Verdict};

/// Counts what regressions say after each draw of clusters.
pub fn clusters(plan: &Plan, clusters: usize, draws: u64) -> Tallies {
    let mut normals = Normals::new(&format!("clusters {clusters}"));
    let mut sizes: Vec<usize> = (0..clusters)
        .map(|g| {
            let z = normal_quantile((g as f64 + 0.5) / clusters as f64);
            (12.0 * (0.8 * z).exp()).round().max(2.0) as usize
        })
        .collect();
    normals.0.shuffle(&mut sizes);
    // A cluster tells a seventh of the variance.
    let shared: Vec<f64> = sizes.iter().map(|_| 0.4 * normals.next()).collect();
    let (mut cluster, mut y) = (Vec::new(), Vec::new());
    for (g, &size) in sizes.iter().enumerate() {
        for _ in 0..size {
            cluster.push(g as u32);
            y.push(shared[g] + normals.next());
        }
    }
    let n = y.len() as f64;
    let average = cluster.iter().map(|&g| shared[g as usize]).sum::<f64>() / n;
    let outcomes = Effect::ALL.map(|effect| {
        let rows = y.iter().zip(&cluster);
        let in_arm = rows.map(|(y, &g)| match effect {
            Effect::None => *y,
            Effect::Helps => y + 0.3,
            // What helps in one cluster harms in another, and nothing on average.
            Effect::Mixed => y - 2.0 * (shared[g as usize] - average),
        });
        Outcome {
            quantity: Quantity::InClusters,
            effect,
            y: [y.clone(), in_arm.collect()],
        }
    });
    let units = vec![[0; 3]; clusters];
    let mut tallies = Tallies::default();
    for number in 0..draws {
        let drawn = plan.draw(&units, number);
        let fallen = Fallen {
            arms: cluster.iter().map(|&g| drawn.arms[g as usize]).collect(),
            stratum: Vec::new(),
            strata: 1,
            blocks: None,
        };
        let in_arm = fallen.in_arm();
        let of = fallen.same(&cluster);
        for outcome in &outcomes {
            let seen = fallen.seen([&outcome.y[0], &outcome.y[1]]);
            let columns = Columns {
                y: &seen,
                in_arm: &in_arm,
                covariates: &[],
                weights: None,
                cluster: Some(&of),
            };
            for (method, errors) in [
                (Method::Cr2, StandardErrors::Cr2),
                (Method::Cr1, StandardErrors::Cr1),
                (Method::AsPersons, StandardErrors::Hc2),
            ] {
                let how = Inference {
                    errors,
                    df: DegreesOfFreedom::Satterthwaite,
                    level: LEVEL,
                    threads: NonZeroUsize::new(1),
                };
                let key = Key {
                    quantity: outcome.quantity,
                    method,
                    n: clusters,
                    effect: outcome.effect,
                };
                let interval = ols(&columns, &how).interval;
                tallies.add(key, Verdict::of(interval.as_ref(), outcome.difference()));
            }
        }
    }
    tallies
}

//! Many comparisons: p-values adjusted within a family.
//!
//! Promises: adjusted values are monotone in the raw ones, at least as large, and at most 1.
//! `adjust` needs the p-values alone; `romano_wolf` needs the statistics of every replay. Those of
//! hypotheses with the same replays are compared replay by replay, and the adjusted p are the
//! smaller the more the statistics move together; of hypotheses with replays of their own nothing
//! is known together, and nothing is assumed.

use crate::protocol::Adjustment;

/// Returns the adjusted p-values, in the order given.
///
/// Holm 1979 (Scandinavian Journal of Statistics 6:65); Hochberg 1988 (Biometrika 75:800);
/// Benjamini & Hochberg 1995 (Journal of the Royal Statistical Society B 57:289). Adjusted values
/// are monotone in the raw ones and at most 1.
pub fn adjust(p_values: &[f64], method: Adjustment) -> Vec<f64> {
    let m = p_values.len();
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = p_values.to_vec();
    match method {
        // Romano and Wolf's needs the replays, and is made from them.
        Adjustment::None | Adjustment::RomanoWolf => {}
        Adjustment::Holm => {
            // Step down: the running maximum of (m − rank)·p.
            let mut running: f64 = 0.0;
            for (rank, &index) in order.iter().enumerate() {
                running = running.max((m - rank) as f64 * p_values[index]).min(1.0);
                adjusted[index] = running;
            }
        }
        Adjustment::Hochberg | Adjustment::BenjaminiHochberg => {
            // Step up: the running minimum from the largest p down.
            let mut running: f64 = 1.0;
            for (rank, &index) in order.iter().enumerate().rev() {
                let factor = match method {
                    Adjustment::Hochberg => (m - rank) as f64,
                    _ => m as f64 / (rank + 1) as f64,
                };
                running = running.min(factor * p_values[index]);
                adjusted[index] = running;
            }
        }
    }
    adjusted
}

/// Statistics as extreme as the observed one, up to this relative rounding, count as extreme.
const TIE: f64 = 1e-9;

/// Returns p-values adjusted by the step-down of Romano & Wolf, in the order given.
///
/// `observed` holds |t| of each hypothesis, `None` where there is none, which leaves the hypothesis
/// out of the family and its p `None`. Each of `replays` holds |t*| of every hypothesis under one
/// replay of the draw, in the same order and with a place for each; NaN says that a replay has no
/// statistic, because its outcome is constant there, and counts as extreme for every hypothesis
/// that is not yet stepped past, which errs to the safe side.
///
/// Hypotheses of one set from the largest |t| down: p of the j-th is (b + 1)/(m + 1), b the replays
/// whose largest |t*| among the j-th and all below it reaches |t|, and then the running maximum
/// (Romano & Wolf 2005, Econometrica 73:1237, doi:10.1111/j.1468-0262.2005.00615.x; the p-values of
/// Romano & Wolf 2016, Statistics & Probability Letters 113:38,
/// doi:10.1016/j.spl.2016.02.012).
///
/// `sets` says whose replays are the same draws. Where there are several, the next hypothesis is
/// that with the smallest p of those that stand first in their sets, and its p is multiplied by the
/// sets that are not yet stepped past, as Holm's are. At each step the p that stands first in a set
/// is that of a test of all the set has left, so that Bonferroni's inequality over the sets, and
/// with it the step-down (Goeman & Solari 2010, Annals of Statistics 38:3782,
/// doi:10.1214/10-AOS829), hold whatever ties the sets together. One largest |t*| over all sets,
/// each with draws of its own, would hold in large samples only: it takes the sets for independent
/// and their distributions for fixed, which differ with what each set holds.
pub fn romano_wolf<'a>(
    observed: &[Option<f64>],
    sets: &[usize],
    replays: impl IntoIterator<Item = &'a [f64]>,
) -> Vec<Option<f64>> {
    assert_eq!(sets.len(), observed.len(), "a set for each hypothesis");
    let mut order: Vec<(usize, f64)> = observed
        .iter()
        .enumerate()
        .filter_map(|(index, t)| t.map(|t| (index, t)))
        .collect();
    order.sort_by(|a, b| sets[a.0].cmp(&sets[b.0]).then(b.1.total_cmp(&a.1)));
    let mut reached = vec![0_u64; order.len()];
    let mut m = 0_u64;
    for replay in replays {
        assert_eq!(
            replay.len(),
            observed.len(),
            "a statistic for each hypothesis"
        );
        m += 1;
        let (mut largest, mut set) = (0.0_f64, None);
        for (&(index, t), reached) in order.iter().zip(&mut reached).rev() {
            let replayed = replay[index];
            if set.replace(sets[index]) != Some(sets[index]) {
                largest = 0.0;
            }
            largest = match replayed.is_nan() {
                true => f64::INFINITY,
                false => largest.max(replayed),
            };
            *reached += u64::from(largest >= t * (1.0 - TIE));
        }
    }
    let mut adjusted = vec![None; observed.len()];
    let mut running = 0.0_f64;
    // By set, what is left of it: hypotheses and their p.
    let mut left: Vec<Vec<(usize, f64)>> = order
        .iter()
        .zip(&reached)
        .map(|(&(index, _), &reached)| (index, (reached + 1) as f64 / (m + 1) as f64))
        .collect::<Vec<_>>()
        .chunk_by(|a, b| sets[a.0] == sets[b.0])
        .map(|set| set.iter().rev().copied().collect())
        .collect();
    loop {
        left.retain(|set: &Vec<_>| !set.is_empty());
        let p = |set: &Vec<(usize, f64)>| set.last().map_or(1.0, |&(_, p)| p);
        let many = left.len() as f64;
        let next = left.iter_mut().min_by(|a, b| p(a).total_cmp(&p(b)));
        let Some((index, p)) = next.and_then(Vec::pop) else {
            return adjusted;
        };
        running = running.max((many * p).min(1.0));
        adjusted[index] = Some(running);
    }
}

//! Many comparisons: p-values adjusted within a family.
//!
//! Promises: adjusted values are monotone in the raw ones, at least as large, and at most 1.
//! `adjust` needs the p-values alone; `romano_wolf` needs the statistics of the same replays for
//! all hypotheses, and is the sharper the more they move together.

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
        Adjustment::None => {}
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
/// Hypotheses from the largest |t| down: p of the j-th is (b + 1)/(m + 1), b the replays whose
/// largest |t*| among the j-th and all below it reaches |t|, and then the running maximum (Romano
/// & Wolf 2005, Econometrica 73:1237, doi:10.1111/j.1468-0262.2005.00615.x; the p-values of Romano
/// & Wolf 2016, Statistics & Probability Letters 113:38,
/// doi:10.1016/j.spl.2016.02.012).
pub fn romano_wolf<'a>(
    observed: &[Option<f64>],
    replays: impl IntoIterator<Item = &'a [f64]>,
) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> = observed
        .iter()
        .enumerate()
        .filter_map(|(index, t)| t.map(|t| (index, t)))
        .collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut reached = vec![0_u64; order.len()];
    let mut m = 0_u64;
    for replay in replays {
        assert_eq!(
            replay.len(),
            observed.len(),
            "a statistic for each hypothesis"
        );
        m += 1;
        let mut largest = 0.0_f64;
        for (&(index, t), reached) in order.iter().zip(&mut reached).rev() {
            let replayed = replay[index];
            largest = match replayed.is_nan() {
                true => f64::INFINITY,
                false => largest.max(replayed),
            };
            *reached += u64::from(largest >= t * (1.0 - TIE));
        }
    }
    let mut adjusted = vec![None; observed.len()];
    let mut running = 0.0_f64;
    for ((index, _), reached) in order.into_iter().zip(reached) {
        running = running.max((reached + 1) as f64 / (m + 1) as f64);
        adjusted[index] = Some(running);
    }
    adjusted
}

//! Many comparisons: p-values adjusted within a family.

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

//! The log-rank test of equal hazards, of two arms or more, within strata.
//!
//! Sources: Mantel 1966 (Cancer Chemotherapy Reports 50:163); Peto & Peto 1972,
//! doi:10.2307/2344317; Kalbfleisch & Prentice 2002, section 1.5, doi:10.1002/9781118032985.

use super::matrix::{Inverse, SINGULAR};
use super::tally::{Tally, tally_by_stratum};
use super::{CAUSE_SPECIFIC, EMPTY, Times};
use crate::estimate::Computed;
use crate::estimate::distribution::chi_squared_tail_of;

/// The test with what it compares.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRank {
    /// Events of each arm.
    pub observed: Vec<u64>,
    /// Events of each arm if the hazards were equal.
    pub expected: Vec<f64>,
    /// `None` where no arms can be compared: no events, or one arm at risk at each of them.
    pub chi_squared: Option<f64>,
    /// The number of arms less one, and less where arms are never at risk together.
    pub df: usize,
    pub p_value: Option<f64>,
}

/// Returns the test of two arms: p of χ² with one degree of freedom, and no estimate.
pub fn log_rank(arm: Times, reference: Times) -> Computed {
    if arm.is_empty() || reference.is_empty() {
        return Computed::undefined(EMPTY);
    }
    let test = log_rank_test(&[arm, reference]);
    let mut computed = match test.p_value {
        None => return Computed::undefined("no event while both arms were at risk: no test"),
        Some(_) => Computed::undefined("a test without an estimate"),
    };
    computed.p_value = test.p_value;
    if arm.has_competing() || reference.has_competing() {
        computed.note(CAUSE_SPECIFIC);
    }
    computed
}

/// Returns the test that the hazards of all arms are equal within each stratum.
///
/// At each time, the d events among n at risk are spread over the arms as a draw without
/// replacement: mean d·n_j/n, covariance d·(n − d)/(n − 1)·(n_j/n)·(δ_jk − n_k/n) (Kalbfleisch &
/// Prentice 2002, section 1.5). Both are summed over times and strata; χ² = (O − E)′V⁻(O − E).
pub fn log_rank_test(arms: &[Times]) -> LogRank {
    let tallies: Vec<Vec<Tally>> = arms.iter().map(|&arm| tally_by_stratum(arm)).collect();
    let mut rest: Vec<&[Tally]> = tallies.iter().map(Vec::as_slice).collect();
    let mut sums = Sums::of(arms.len());
    while let Some(stratum) = rest
        .iter()
        .filter_map(|arm| Some(arm.first()?.stratum))
        .min()
    {
        let mut within = Vec::with_capacity(rest.len());
        for arm in &mut rest {
            let (these, others) = arm.split_at(arm.partition_point(|t| t.stratum <= stratum));
            within.push(these);
            *arm = others;
        }
        sums.add_stratum(within);
    }
    let Sums {
        observed,
        expected,
        covariance,
    } = sums;
    let excess: Vec<f64> = observed
        .iter()
        .zip(&expected)
        .map(|(&o, e)| o as f64 - e)
        .collect();
    // The excesses of all arms add to 0, so that the last of them drops out of the inverse.
    let variances: Vec<f64> = covariance.iter().step_by(arms.len() + 1).copied().collect();
    let inverse = Inverse::of(&covariance, &variances, 0..arms.len(), SINGULAR);
    let df = inverse.kept.iter().filter(|kept| **kept).count();
    let chi_squared = (df > 0).then(|| inverse.quadratic(&excess));
    LogRank {
        observed,
        expected,
        chi_squared,
        df,
        p_value: chi_squared.map(|chi_squared| chi_squared_tail_of(chi_squared, df as f64)),
    }
}

struct Sums {
    observed: Vec<u64>,
    expected: Vec<f64>,
    /// Arms × arms.
    covariance: Vec<f64>,
}

impl Sums {
    fn of(arms: usize) -> Sums {
        Sums {
            observed: vec![0; arms],
            expected: vec![0.0; arms],
            covariance: vec![0.0; arms * arms],
        }
    }

    /// Adds the times of one stratum, each arm by rising time.
    fn add_stratum(&mut self, mut rest: Vec<&[Tally]>) {
        let leaving = |arm: &&[Tally]| arm.iter().map(Tally::leaving).sum();
        let mut at_risk: Vec<u64> = rest.iter().map(leaving).collect();
        while let Some(time) = rest
            .iter()
            .filter_map(|arm| Some(arm.first()?.time))
            .reduce(f64::min)
        {
            let now = |arm: &&[Tally]| arm.first().filter(|t| t.time == time).copied();
            let events: u64 = rest.iter().filter_map(now).map(|tally| tally.events).sum();
            if events > 0 {
                self.add_events(events, &at_risk);
            }
            for (arm, rest) in rest.iter_mut().enumerate() {
                if let Some(tally) = now(rest) {
                    self.observed[arm] += tally.events;
                    at_risk[arm] -= tally.leaving();
                    *rest = &rest[1..];
                }
            }
        }
    }

    fn add_events(&mut self, events: u64, at_risk: &[u64]) {
        let (d, n) = (events as f64, at_risk.iter().sum::<u64>() as f64);
        // All at risk have the event: no variance, as with the last person.
        let spread = if d < n { d * (n - d) / (n - 1.0) } else { 0.0 };
        let shares: Vec<f64> = at_risk.iter().map(|&arm| arm as f64 / n).collect();
        let mut covariance = self.covariance.iter_mut();
        for (j, share) in shares.iter().enumerate() {
            self.expected[j] += d * share;
            for ((k, other), cell) in shares.iter().enumerate().zip(&mut covariance) {
                let same = if j == k { 1.0 } else { 0.0 };
                *cell += spread * share * (same - other);
            }
        }
    }
}

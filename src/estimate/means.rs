//! Differences in means.

use super::distribution::{t_quantile, t_two_sided};
use super::{Computed, Interval};
use crate::protocol::IntervalId;

/// Mean and variance of an arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    pub n: usize,
    pub mean: f64,
    /// With denominator n − 1; `None` for fewer than two values.
    pub variance: Option<f64>,
}

impl Moments {
    /// Returns the moments of values, summed in their order; `None` for none.
    ///
    /// The variance is summed in a second pass, with the correction of Chan, Golub & LeVeque
    /// 1983 (American Statistician 37:242, equation 1.7).
    pub fn of(values: &[f64]) -> Option<Moments> {
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
        let rest: f64 = values.iter().map(|x| x - mean).sum();
        Some(Moments {
            n: values.len(),
            mean,
            variance: (values.len() > 1).then(|| (squares - rest * rest / n) / (n - 1.0)),
        })
    }
}

/// Returns ȳ₁ − ȳ₀ with Neyman's variance s₁²/n₁ + s₀²/n₀ (Neyman 1923, translated in Statistical
/// Science 5:465, 1990) and a t interval on Welch–Satterthwaite degrees of freedom (Welch 1947,
/// Biometrika 34:28).
pub fn difference_in_means(arm: &[f64], reference: &[f64], level: f64) -> Computed {
    let (Some(a), Some(r)) = (Moments::of(arm), Moments::of(reference)) else {
        return Computed::undefined("an arm has no outcomes");
    };
    let estimate = a.mean - r.mean;
    let mut computed = Computed::point(estimate);
    let (Some(va), Some(vr)) = (a.variance, r.variance) else {
        computed.note("an arm has fewer than two outcomes: no standard error");
        return computed;
    };
    let (va, vr) = (va / a.n as f64, vr / r.n as f64);
    let std_error = (va + vr).sqrt();
    computed.std_error = Some(std_error);
    if std_error == 0.0 {
        computed.note("the outcome does not vary: no test and no interval");
        return computed;
    }
    // (v₁ + v₀)² / (v₁²/(n₁ − 1) + v₀²/(n₀ − 1))
    let df = (va + vr).powi(2) / (va * va / (a.n as f64 - 1.0) + vr * vr / (r.n as f64 - 1.0));
    let half = t_quantile(0.5 + level / 2.0, df) * std_error;
    computed.df = Some(df);
    computed.p_value = Some(t_two_sided(estimate / std_error, df));
    computed.interval = Some(Interval {
        level,
        lower: Some(estimate - half),
        upper: Some(estimate + half),
        method: IntervalId::Welch,
    });
    if df < 5.0 {
        computed.note("fewer than 5 degrees of freedom: prefer a randomisation test");
    }
    computed
}

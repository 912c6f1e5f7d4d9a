//! Reference distributions: tails and quantiles, to nearly full precision.
//!
//! Hides `statrs`, and where it falls short: Student's t with very many degrees of freedom.

use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, Normal, StudentsT};
use statrs::function::gamma::ln_gamma;

/// From this many degrees of freedom on, Student's t is expanded around the normal; below it, the
/// tails of `statrs` are exact to 1e-10 relative.
const MANY: f64 = 20_000.0;

/// Returns P(|Z| ≥ |z|) for a standard normal Z.
pub fn normal_two_sided(z: f64) -> f64 {
    chi_squared_tail(z * z)
}

/// Returns the z with P(Z ≤ z) = p.
pub fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// Returns P(X ≥ x) for χ² with one degree of freedom.
pub fn chi_squared_tail(x: f64) -> f64 {
    ChiSquared::new(1.0)
        .expect("one degree of freedom is legal")
        .sf(x)
}

/// Returns P(X ≥ x) for χ² with `df` degrees of freedom.
pub fn chi_squared_tail_of(x: f64, df: f64) -> f64 {
    ChiSquared::new(df)
        .expect("degrees of freedom are positive")
        .sf(x)
}

/// Returns P(F ≥ x) for the F distribution with `df1` and `df2` degrees of freedom.
pub fn f_tail(x: f64, df1: f64, df2: f64) -> f64 {
    FisherSnedecor::new(df1, df2)
        .expect("degrees of freedom are positive")
        .sf(x)
}

/// Returns P(|T| ≥ |t|) for Student's t with `df` degrees of freedom, not necessarily whole.
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    let t = t.abs();
    if df < MANY {
        return 2.0 * student(df).sf(t);
    }
    // Fisher 1925, Metron 5:109: Q(t) + φ(t)·Σ t·pₖ(t²)/νᵏ.
    let s = t * t;
    let terms = [
        (s + 1.0) / 4.0,
        (((3.0 * s - 7.0) * s - 5.0) * s - 3.0) / 96.0,
        (((((s - 11.0) * s + 14.0) * s + 6.0) * s - 3.0) * s - 15.0) / 384.0,
    ];
    let density = (-s / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let sum = terms.iter().rev().fold(0.0, |sum, term| (sum + term) / df);
    normal_two_sided(t) + 2.0 * density * t * sum
}

/// Returns the t with P(T ≤ t) = p for Student's t with `df` degrees of freedom, for p ≥ 1/2.
pub fn t_quantile(p: f64, df: f64) -> f64 {
    if df < 1_000.0 {
        return student(df).inverse_cdf(p);
    }
    // Abramowitz & Stegun 1964, 26.7.5, then Newton's steps on the tail.
    let x = normal_quantile(p);
    let s = x * x;
    let start =
        x + x * (s + 1.0) / (4.0 * df) + x * ((5.0 * s + 16.0) * s + 3.0) / (96.0 * df * df);
    let log_density = |t: f64| -(df + 1.0) / 2.0 * (t * t / df).ln_1p();
    (0..2).fold(start, |t, _| {
        // The density's constant is 1/√(2π) to a relative 1/(4ν), enough for Newton's step.
        let density = log_density(t).exp() / (2.0 * std::f64::consts::PI).sqrt();
        t + (t_two_sided(t, df) / 2.0 - (1.0 - p)) / density
    })
}

fn student(df: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, df).expect("degrees of freedom are positive")
}

/// Returns the logarithm of n over k.
pub fn ln_choose(n: u64, k: u64) -> f64 {
    let ln_factorial = |n: u64| ln_gamma(n as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

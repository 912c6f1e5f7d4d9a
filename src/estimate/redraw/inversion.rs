//! p from replays, and the effects that the test does not reject.
//!
//! Under a constant effect τ the replayed statistic follows from the same replay (the module
//! above says how), so that one set of replays tests every τ. With u = τ − d, D = d(y) − d·d(x)
//! and a = d(x) of a replay, its difference from τ is D − a·u, where that of the draw is −u.
//!
//! An effect is kept where its p is above 1 − level. p and interval agree: 0 lies outside exactly
//! where p is at most 1 − level.

use super::statistic::Compared;
use crate::protocol::Statistic;

/// Below which two sizes are the same, relative: sums in another order differ by less.
const TIE: f64 = 1e-9;

/// The replays of one outcome and contrast.
pub(super) struct Replays<'a> {
    pub observed: Compared,
    pub replayed: &'a [Compared],
    /// The chance of each draw, where all are listed and they differ.
    pub chances: Option<&'a [f64]>,
    /// Whether the replays are all the draws there are.
    pub exact: bool,
    pub statistic: Statistic,
}

/// One side of the interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    At(f64),
    /// No effect on this side is rejected.
    Unbounded,
}

impl Replays<'_> {
    /// Returns p: the share of draws at least as extreme, or (b + 1)/(m + 1) of m replays
    /// (Davison & Hinkley 1997, equation 4.11; Phipson & Smyth 2010, doi:10.2202/1544-6115.1585).
    pub fn p_value(&self) -> f64 {
        let bar = self.observed.size * (1.0 - TIE);
        self.share(|replay| replay.size >= bar)
    }

    fn share(&self, extreme: impl Fn(&Compared) -> bool) -> f64 {
        let mut count = self.own();
        for (replay, chance) in self.with_chances() {
            if extreme(replay) {
                count += chance;
            }
        }
        count / self.total()
    }

    /// The draw itself counts as one of the replays, unless all draws are listed.
    fn own(&self) -> f64 {
        if self.exact { 0.0 } else { 1.0 }
    }

    fn total(&self) -> f64 {
        match self.chances {
            Some(chances) => self.own() + chances.iter().sum::<f64>(),
            None => self.own() + self.replayed.len() as f64,
        }
    }

    fn with_chances(&self) -> impl Iterator<Item = (&Compared, f64)> {
        let chance = |i: usize| self.chances.map_or(1.0, |chances| chances[i]);
        (self.replayed.iter().enumerate()).map(move |(i, replay)| (replay, chance(i)))
    }

    /// Returns the lower and the upper limit of the effects that are not rejected at `level`.
    pub fn interval(&self, level: f64) -> (Limit, Limit) {
        let needed = (1.0 - level) * (1.0 + 1e-9);
        let kept_at_zero = self.p_value() > needed;
        let d = self.observed.d;
        let mut sides = [-1.0, 1.0].map(|side| {
            let limit = match self.statistic {
                Statistic::Difference => self.ordered(side, needed),
                Statistic::Studentised => self.searched(side, needed, kept_at_zero),
            };
            match limit {
                Limit::At(u) => Limit::At(d + side * u),
                Limit::Unbounded => Limit::Unbounded,
            }
        });
        if kept_at_zero {
            // A limit that is 0 may miss it by rounding.
            if let Limit::At(lower) = &mut sides[0] {
                *lower = lower.min(0.0);
            }
            if let Limit::At(upper) = &mut sides[1] {
                *upper = upper.max(0.0);
            }
        }
        (sides[0], sides[1])
    }

    /// Returns how far from d the difference keeps effects, as an order statistic.
    ///
    /// On the side of u > 0 a replay is as extreme, u ≤ |D − a·u|, as far as |D|/(1 + a·sign D);
    /// |a| is at most 1, and where D = 0 and |a| = 1 (the draw itself, and its mirror image) it
    /// always is. The side of u < 0 is the same with −a.
    fn ordered(&self, side: f64, needed: f64) -> Limit {
        let d = self.observed.d;
        let reach = |replay: &Compared| {
            let rest = replay.d - d * replay.dx;
            let slope = side * replay.dx;
            if rest.is_infinite() {
                return f64::INFINITY;
            }
            if rest.abs() <= 1e-12 * (replay.d.abs() + d.abs()) {
                let always = slope.abs() >= 1.0 - 1e-12;
                return if always { f64::INFINITY } else { 0.0 };
            }
            rest.abs() / (1.0 + slope * rest.signum()).max(0.0)
        };
        let mut reaches: Vec<(f64, f64)> = self
            .with_chances()
            .map(|(replay, chance)| (reach(replay), chance))
            .collect();
        reaches.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let mut count = self.own();
        for (reach, chance) in reaches {
            count += chance;
            if count / self.total() > needed {
                return match reach.is_finite() {
                    true => Limit::At(reach),
                    false => Limit::Unbounded,
                };
            }
        }
        Limit::At(0.0)
    }

    /// Returns how far from d the studentised statistic keeps effects, by bisection.
    ///
    /// A replay is as extreme where (D − a·u)²·V ≥ u²·V(u), V being the variance of the draw and
    /// V(u) that of the replay, a quadratic in u; so a step costs a few products a replay. p need
    /// not fall evenly on the way out; the search goes outward from d to the first rejected
    /// effect it meets, and takes 0 as one of its points, so that it cannot contradict p.
    fn searched(&self, side: f64, needed: f64, kept_at_zero: bool) -> Limit {
        let d = self.observed.d;
        let variance = self.observed.v[0];
        let error = variance.sqrt();
        let mut replays: Vec<Curve> = self
            .with_chances()
            .map(|(replay, chance)| Curve::new(replay, d, side, variance, chance))
            .collect();
        let needed = needed * self.total();
        let mut always = self.own();
        let kept = |replays: &[Curve], always: f64, u: f64| {
            let count = |count: f64, replay: &Curve| match replay.is_extreme(u) {
                true => count + replay.chance,
                false => count,
            };
            replays.iter().fold(always, count) > needed
        };
        let zero = -d * side;
        let (mut inner, mut outer) = match (zero > 0.0, kept_at_zero) {
            (true, true) => (zero, None),
            (true, false) => (0.0, Some(zero)),
            (false, _) => (0.0, None),
        };
        let mut step = 3.0 * error;
        while outer.is_none() {
            if step > 1e9 * error {
                return Limit::Unbounded;
            }
            let u = inner + step;
            if kept(&replays, always, u) {
                inner = u;
            } else {
                outer = Some(u);
            }
            step *= 4.0;
        }
        let mut outer = outer.expect("the search ended at a rejected effect");
        while outer - inner > 1e-12 * error.max(1e-3 * outer) {
            let u = f64::midpoint(inner, outer);
            if u <= inner || u >= outer {
                break;
            }
            if kept(&replays, always, u) {
                inner = u;
            } else {
                outer = u;
            }
            // Once the two are close, replays that are the same at both are so in between.
            if outer - inner < 0.1 * error {
                replays.retain(|replay| {
                    let (near, far) = (replay.is_extreme(inner), replay.is_extreme(outer));
                    if near && far {
                        always += replay.chance;
                    }
                    near != far
                });
            }
        }
        Limit::At(inner)
    }
}

/// How extreme a replay is at a distance u ≥ 0 on one side of the estimate.
struct Curve {
    d: f64,
    a: f64,
    /// V(u) over the variance of the draw, and a little less, for ties.
    v: [f64; 3],
    chance: f64,
}

impl Curve {
    fn new(replay: &Compared, d: f64, side: f64, variance: f64, chance: f64) -> Curve {
        let [yy, xy, xx] = replay.v;
        let scale = (1.0 - TIE) * (1.0 - TIE) / variance;
        Curve {
            d: replay.d - d * replay.dx,
            a: side * replay.dx,
            v: [
                (yy - 2.0 * d * xy + d * d * xx) * scale,
                side * (-2.0 * xy + 2.0 * d * xx) * scale,
                xx * scale,
            ],
            chance,
        }
    }

    #[inline]
    fn is_extreme(&self, u: f64) -> bool {
        let [v0, v1, v2] = self.v;
        let rest = self.d - self.a * u;
        rest * rest >= u * u * (v0 + u * (v1 + u * v2))
    }
}

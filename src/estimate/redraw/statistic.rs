//! What is compared between the draw and its replays: a difference in means, and its t.
//!
//! Promises: one formula for persons and clusters, with strata and without. From sums over the
//! units of each arm come the difference and its variance, both for the outcome and for the
//! observed arm, so that a replay under any constant effect τ follows without drawing again:
//! with y − τx in place of y the difference is d(y) − τ·d(x) and its variance is
//! V(y, y) − 2τ·V(x, y) + τ²·V(x, x).
//!
//! A unit has m persons with an outcome, their sum y (centred), and x, which is m where the unit
//! was drawn into the first arm of the contrast and 0 elsewhere. The mean of an arm is the ratio
//! R = Σy/Σm. Its variance is c/(c − 1)·Σ(y − R·m)²/(Σm)² over the c units with an outcome: for
//! persons s²/n (Neyman 1923, doi:10.1214/ss/1177012031), for clusters the linearised ratio (Su &
//! Ding 2021, doi:10.1111/rssb.12468). Strata are weighted by their persons n_s: d = Σ n_s·d_s/Σ n_s,
//! V = Σ n_s²·V_s/(Σ n_s)² (Gerber & Green 2012, section 3.6.1).

use crate::protocol::Statistic;

/// How strata enter the statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// Differences within strata, weighted by the strata's persons.
    ByStratum,
    /// One difference over all strata.
    Pooled,
}

/// The sums that a row of a unit has for one outcome.
///
/// For persons, m is 0 or 1, and several sums are the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sums {
    /// m, y, yy, x, xy
    Persons,
    /// c, m, y, yy, ym, mm, x, xx, xy
    Clusters,
}

impl Sums {
    pub const fn width(self) -> usize {
        match self {
            Sums::Persons => 5,
            Sums::Clusters => 9,
        }
    }

    /// Writes the row of a unit.
    pub fn write(self, row: &mut [f64], m: f64, y: f64, first: bool) {
        let c = if m > 0.0 { 1.0 } else { 0.0 };
        let x = if first { m } else { 0.0 };
        match self {
            Sums::Persons => row.copy_from_slice(&[m, y, y * y, x, x * y]),
            Sums::Clusters => {
                row.copy_from_slice(&[c, m, y, y * y, y * m, m * m, x, x * x, x * y]);
            }
        }
    }

    fn half(self, sums: &[f64]) -> Half {
        match (self, sums) {
            (Sums::Persons, &[m, y, yy, x, xy]) => Half {
                c: m,
                m,
                y,
                yy,
                ym: y,
                mm: m,
                x,
                xx: x,
                xy,
            },
            (Sums::Clusters, &[c, m, y, yy, ym, mm, x, xx, xy]) => Half {
                c,
                m,
                y,
                yy,
                ym,
                mm,
                x,
                xx,
                xy,
            },
            _ => unreachable!("rows have the width of their kind"),
        }
    }
}

/// Sums over the units of one arm in one stratum; x·m summed is xx, because x is m or 0.
struct Half {
    c: f64,
    m: f64,
    y: f64,
    yy: f64,
    ym: f64,
    mm: f64,
    x: f64,
    xx: f64,
    xy: f64,
}

impl Half {
    /// Returns Σ(y − R·m)², Σ(x − Q·m)(y − R·m) and Σ(x − Q·m)² with R = Σy/Σm, Q = Σx/Σm.
    fn squares(&self) -> [f64; 3] {
        let (r, q) = (self.y / self.m, self.x / self.m);
        [
            (self.yy - r * (2.0 * self.ym - r * self.mm)).max(0.0),
            self.xy - r * self.xx - q * (self.ym - r * self.mm),
            (self.xx - q * (2.0 * self.xx - q * self.mm)).max(0.0),
        ]
    }
}

/// What a draw, or a replay, gives for one outcome and contrast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Compared {
    /// The absolute statistic; infinite where the draw has none, so that it counts as extreme.
    pub size: f64,
    /// d(y), infinite where an arm is empty; then all else is 0.
    pub d: f64,
    /// d(x)
    pub dx: f64,
    /// V(y, y), V(x, y), V(x, x)
    pub v: [f64; 3],
}

/// Below which a difference and a variance of this outcome are rounding, and are 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Floor {
    pub difference: f64,
    pub variance: f64,
}

impl Floor {
    /// `yy` is Σy² and `m` the number of persons, over both arms.
    pub fn of(yy: f64, m: f64) -> Floor {
        let m = m.max(1.0);
        Floor {
            difference: 1e-12 * (yy / m).sqrt(),
            variance: 1e-12 * yy / (m * m),
        }
    }
}

/// The strata added up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Total {
    n: f64,
    /// Σ n·d for y and x.
    d: [f64; 2],
    /// Σ n²·V
    v: [f64; 3],
    /// Σ(y − R·m)² and so on over arms with two units or more, and their degrees of freedom.
    squares: [f64; 3],
    df: f64,
    /// Σ n²/(Σm)² over arms of one unit, which show no variance of their own.
    lone: f64,
    /// Σ n², Σ n²·d and Σ n²·dd', for strata that are pairs.
    nn: f64,
    nnd: [f64; 2],
    nndd: [f64; 3],
    strata: f64,
    /// Strata with an outcome in one arm only; they are left out.
    pub one_sided: u32,
}

impl Total {
    /// Adds a stratum; `first` and `second` are the sums of the two arms.
    pub fn add(&mut self, kind: Sums, first: &[f64], second: &[f64]) {
        let (a, b) = (kind.half(first), kind.half(second));
        if a.m < 0.5 || b.m < 0.5 {
            if a.m + b.m > 0.5 {
                self.one_sided += 1;
            }
            return;
        }
        let n = a.m + b.m;
        let nn = n * n;
        let d = [a.y / a.m - b.y / b.m, a.x / a.m - b.x / b.m];
        self.n += n;
        for arm in [&a, &b] {
            let scale = nn / (arm.m * arm.m);
            if arm.c < 1.5 {
                self.lone += scale;
                continue;
            }
            let squares = arm.squares();
            let df = arm.c - 1.0;
            self.df += df;
            for (k, square) in squares.into_iter().enumerate() {
                self.squares[k] += square;
                self.v[k] += scale * arm.c / df * square;
            }
        }
        self.strata += 1.0;
        self.nn += nn;
        for (k, d) in d.into_iter().enumerate() {
            self.d[k] += n * d;
            self.nnd[k] += nn * d;
        }
        for (k, dd) in [d[0] * d[0], d[0] * d[1], d[1] * d[1]]
            .into_iter()
            .enumerate()
        {
            self.nndd[k] += nn * dd;
        }
    }

    /// Returns the difference and its variance.
    ///
    /// An arm with one unit in a stratum has no variance of its own: it takes the one pooled over
    /// all arms and strata. Where no arm has two units anywhere, strata are pairs, and the
    /// variance is that of their differences, B/(B − 1)·Σ n²(d_s − d)²/(Σ n)² (Imai 2008,
    /// doi:10.1002/sim.3337, for equal pairs). These conventions bear on the power of the test;
    /// its level is right whatever the statistic.
    pub fn compared(&self, statistic: Statistic, floor: Floor) -> Compared {
        if self.n < 0.5 {
            return Compared {
                size: f64::INFINITY,
                d: f64::INFINITY,
                dx: 0.0,
                v: [0.0; 3],
            };
        }
        let [mut d, dx] = self.d.map(|d| d / self.n);
        let n = self.n * self.n;
        let mut v = self.v.map(|v| v / n);
        if self.lone > 0.0 && self.df > 0.0 {
            for (v, square) in v.iter_mut().zip(self.squares) {
                *v += self.lone / n * square / self.df;
            }
        } else if self.df == 0.0 && self.strata > 1.5 {
            let scale = self.strata / (self.strata - 1.0) / n;
            let cross = |k: usize, i: usize, j: usize, di: f64, dj: f64| {
                scale * (self.nndd[k] - di * self.nnd[j] - dj * self.nnd[i] + di * dj * self.nn)
            };
            v = [
                cross(0, 0, 0, d, d),
                cross(1, 0, 1, d, dx),
                cross(2, 1, 1, dx, dx),
            ];
        }
        if d.abs() <= floor.difference {
            d = 0.0;
        }
        if v[0] <= floor.variance {
            v[0] = 0.0;
        }
        let size = match statistic {
            Statistic::Difference => d.abs(),
            Statistic::Studentised if v[0] == 0.0 => f64::INFINITY,
            Statistic::Studentised => d.abs() / v[0].sqrt(),
        };
        Compared { size, d, dx, v }
    }
}

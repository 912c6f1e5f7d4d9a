//! One test of balance for all that was known before the draw.
//!
//! The statistic is the Mahalanobis distance of the arms' means from the mean of all,
//! M = Σ_j n_j·(x̄_j − x̄)' S⁻¹ (x̄_j − x̄), with S the covariance of the covariates over all persons;
//! for two arms n₁n₀/n·d'S⁻¹d (Morgan & Rubin 2012, doi:10.1214/12-AOS1008, equation 3). With
//! strata, covariates are centred within strata first (Hansen & Bowers 2008,
//! doi:10.1214/08-STS254). Its distribution comes from drawing again, all arms, by the trial's own
//! procedure; so a minimised or blocked trial is expected to be as balanced as such trials are.

use super::deal::choose;
use super::design::{Design, List};
use super::statistic::Weighting;
use super::ways::{Guess, Ways};
use super::{Column, RedrawError, Replaying, check, key, spread};
use crate::draw::{Arrivals, Stream, Words, list_again};

/// Below which a column is a combination of those before it: the share of its variance left over.
const RANK: f64 = 1e-9;

/// The test of balance.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// M; `None` where nothing varies.
    pub statistic: Option<f64>,
    /// Columns behind it, those that mark missing values included.
    pub rank: usize,
    /// The chance of arms at least as far apart.
    pub p_value: Option<f64>,
    /// Standard error of p for having replayed some draws only; `None` when exact.
    pub monte_carlo_error: Option<f64>,
    pub exact: bool,
    /// Draws that were compared.
    pub draws: u64,
    /// Covariates, as indices, that vary no further once the others are known.
    pub dropped: Vec<usize>,
    pub notes: Vec<String>,
}

/// Tests whether the arms differ more, before the draw, than such draws do.
///
/// A missing value is filled with the mean of its column, and a column that marks who misses one
/// is added. Of `replaying`, statistic and level have no bearing.
pub fn omnibus(
    design: &Design,
    covariates: &[Column<'_>],
    replaying: &Replaying,
) -> Result<Balance, RedrawError> {
    check(design, covariates, replaying)?;
    let whitened = whiten(design, covariates, replaying.weighting);
    let mut balance = Balance {
        statistic: None,
        rank: whitened.rank,
        p_value: None,
        monte_carlo_error: None,
        exact: false,
        draws: 0,
        dropped: whitened.dropped.clone(),
        notes: Vec::new(),
    };
    if whitened.rank == 0 {
        let why = "no covariate varies: nothing to test";
        balance.notes.push(why.to_owned());
        return Ok(balance);
    }
    let mut again = Again::new(design);
    let mut sums = Vec::new();
    let observed = whitened.distance(&mut sums, design.arms(), |each| {
        for (number, unit) in design.drawn.units.iter().enumerate() {
            each(number, unit.arm);
        }
    });
    let bar = observed * (1.0 - 1e-9);
    balance.statistic = Some(observed);
    if let Some((draws, p)) = listed(&mut again, &whitened, design.arms(), bar, replaying.listed) {
        balance.p_value = Some(p);
        balance.draws = draws;
        balance.exact = true;
        return Ok(balance);
    }
    let key = key(&replaying.seed, &[]);
    let counts = spread(replaying.threads(), replaying.replays, |range| {
        let (mut again, mut sums) = (again.clone(), Vec::new());
        range
            .filter(|&number| {
                let mut words = Stream::numbered(key, number);
                let draw = |each: &mut dyn FnMut(usize, usize)| again.draw(&mut words, each);
                whitened.distance(&mut sums, design.arms(), draw) >= bar
            })
            .count() as u64
    });
    let m = replaying.replays as f64;
    let p = (counts.iter().sum::<u64>() as f64 + 1.0) / (m + 1.0);
    balance.p_value = Some(p);
    balance.monte_carlo_error = Some((p * (1.0 - p) / m).sqrt());
    balance.draws = replaying.replays;
    Ok(balance)
}

/// Returns the number of draws and p, where there are at most `limit` draws.
fn listed(
    again: &mut Again,
    whitened: &Whitened,
    arms: usize,
    bar: f64,
    limit: u64,
) -> Option<(u64, f64)> {
    let mut sums = Vec::new();
    let (mut draws, mut extreme, mut all) = (0, 0.0, 0.0);
    if let Again::Lists { lists, .. } = again {
        let draws_of = |list: &List| {
            let mut left = list.counts.iter().sum::<u64>();
            list.counts.iter().fold(1u128, |ways, &count| {
                let ways = ways.saturating_mul(choose(left.into(), count.into()));
                left -= count;
                ways
            })
        };
        let product = lists.iter().map(draws_of);
        if product.fold(1u128, u128::saturating_mul) > u128::from(limit) {
            return None;
        }
        let sorted = |list: &List| -> Vec<usize> {
            let arms = list.counts.iter().enumerate();
            arms.flat_map(|(arm, &count)| vec![arm; count as usize])
                .collect()
        };
        let mut slots: Vec<Vec<usize>> = lists.iter().map(sorted).collect();
        loop {
            let draw = |each: &mut dyn FnMut(usize, usize)| {
                for (list, slots) in lists.iter().zip(&slots) {
                    for (&unit, &arm) in list.units.iter().zip(slots) {
                        each(unit, arm);
                    }
                }
            };
            draws += 1;
            if whitened.distance(&mut sums, arms, draw) >= bar {
                extreme += 1.0;
            }
            if !slots.iter_mut().any(|slots| next_order(slots)) {
                return Some((draws, extreme / draws as f64));
            }
        }
    }
    let mut guess = Guess::new();
    again.draw(&mut guess, &mut |_, _| {});
    if limit == 0 || guess.product > 1e7 * limit as f64 {
        return None;
    }
    let mut ways = Ways::new();
    loop {
        if draws == limit {
            return None;
        }
        let draw = |each: &mut dyn FnMut(usize, usize)| again.draw(&mut ways, each);
        let far = whitened.distance(&mut sums, arms, draw) >= bar;
        draws += 1;
        all += ways.chance();
        if far {
            extreme += ways.chance();
        }
        if !ways.advance() {
            return Some((draws, extreme / all));
        }
    }
}

/// Puts the items into the next order, of those that differ; false, and sorted, after the last.
fn next_order(items: &mut [usize]) -> bool {
    let Some(place) = items.windows(2).rposition(|pair| pair[0] < pair[1]) else {
        items.reverse();
        return false;
    };
    let greater = |&item: &usize| item > items[place];
    let other = items
        .iter()
        .rposition(greater)
        .expect("the next is greater");
    items.swap(place, other);
    items[place + 1..].reverse();
    true
}

/// The whole draw again, all arms.
#[derive(Clone)]
enum Again {
    Lists { lists: Vec<List>, slots: Vec<usize> },
    Arrivals(Arrivals),
}

impl Again {
    fn new(design: &Design) -> Again {
        match &design.lists {
            Some(lists) => Again::Lists {
                lists: lists.clone(),
                slots: Vec::new(),
            },
            None => Again::Arrivals(design.arrivals()),
        }
    }

    fn draw(&mut self, words: &mut impl Words, each: &mut dyn FnMut(usize, usize)) {
        match self {
            Again::Lists { lists, slots } => {
                for list in lists {
                    list_again(&list.counts, slots, words);
                    for (&unit, &arm) in list.units.iter().zip(slots.iter()) {
                        each(unit, arm);
                    }
                }
            }
            Again::Arrivals(arrivals) => arrivals.draw(words, each),
        }
    }
}

/// Covariates turned into columns of unit variance without correlation, summed by unit.
struct Whitened {
    rank: usize,
    /// Unit by unit: its persons, then the sums of the columns.
    rows: Vec<f64>,
    dropped: Vec<usize>,
}

impl Whitened {
    /// Returns M of a draw, which calls back with each unit and its arm.
    fn distance(
        &self,
        sums: &mut Vec<f64>,
        arms: usize,
        draw: impl FnOnce(&mut dyn FnMut(usize, usize)),
    ) -> f64 {
        let width = self.rank + 1;
        sums.clear();
        sums.resize(arms * width, 0.0);
        draw(&mut |unit, arm| {
            let row = &self.rows[unit * width..][..width];
            let to = &mut sums[arm * width..][..width];
            to.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        });
        let of_arm = |sums: &[f64]| match sums[0] > 0.5 {
            true => sums[1..].iter().map(|sum| sum * sum).sum::<f64>() / sums[0],
            false => 0.0,
        };
        sums.chunks_exact(width).map(of_arm).sum()
    }
}

fn whiten(design: &Design, covariates: &[Column<'_>], weighting: Weighting) -> Whitened {
    let drawn = &design.drawn;
    let n = drawn.unit_of.len();
    let stratum = |person: usize| match weighting {
        Weighting::ByStratum => drawn.units[drawn.unit_of[person]].stratum,
        Weighting::Pooled => 0,
    };
    let strata = match weighting {
        Weighting::ByStratum => design.strata,
        Weighting::Pooled => 1,
    };
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut marks = Vec::new();
    for values in covariates {
        let known = values.iter().flatten().count();
        let mean = values.iter().flatten().sum::<f64>() / known.max(1) as f64;
        let filled = values.iter().map(|value| value.unwrap_or(mean));
        columns.push(filled.collect());
        if known < n {
            let missing = values.iter().map(|value| f64::from(value.is_none()));
            marks.push(missing.collect());
        }
    }
    columns.extend(marks);
    let mut persons = vec![0.0; strata];
    (0..n).for_each(|person| persons[stratum(person)] += 1.0);
    let df = n as f64 - persons.iter().filter(|&&persons| persons > 0.0).count() as f64;
    for column in &mut columns {
        let scale = column.iter().map(|x| x.abs()).fold(0.0, f64::max);
        let mut means = vec![0.0; strata];
        for (person, x) in column.iter().enumerate() {
            means[stratum(person)] += x;
        }
        means
            .iter_mut()
            .zip(&persons)
            .for_each(|(mean, n)| *mean /= n);
        for (person, x) in column.iter_mut().enumerate() {
            *x -= means[stratum(person)];
        }
        let variance = column.iter().map(|x| x * x).sum::<f64>() / df;
        // What is left of a constant column is rounding.
        let scale = match variance.sqrt() > 1e-12 * scale {
            true => 1.0 / variance.sqrt(),
            false => 0.0,
        };
        column.iter_mut().for_each(|x| *x *= scale);
    }
    let (pivots, lower) = factor(&columns, df);
    let rank = pivots.len();
    let mut rows = vec![0.0; drawn.units.len() * (rank + 1)];
    let mut white = vec![0.0; rank];
    for (person, &unit) in drawn.unit_of.iter().enumerate() {
        // Forward substitution: w = L⁻¹x.
        for i in 0..rank {
            let known: f64 = (0..i).map(|j| lower[i][j] * white[j]).sum();
            white[i] = (columns[pivots[i]][person] - known) / lower[i][i];
        }
        let row = &mut rows[unit * (rank + 1)..][..rank + 1];
        row[0] += 1.0;
        row[1..]
            .iter_mut()
            .zip(&white)
            .for_each(|(sum, w)| *sum += w);
    }
    let kept = |column: usize| pivots.contains(&column);
    Whitened {
        rank,
        rows,
        dropped: (0..covariates.len())
            .filter(|&column| !kept(column))
            .collect(),
    }
}

/// Returns the Cholesky factor of the covariance, with the columns it rests on: pivoted, so that
/// columns that are combinations of others are left out (Higham 2002, section 10.3).
fn factor(columns: &[Vec<f64>], df: f64) -> (Vec<usize>, Vec<Vec<f64>>) {
    let k = columns.len();
    let product = |i: usize, j: usize| {
        let pairs = columns[i].iter().zip(&columns[j]);
        pairs.map(|(x, y)| x * y).sum::<f64>() / df
    };
    let mut left: Vec<f64> = (0..k).map(|i| product(i, i)).collect();
    let mut partial: Vec<Vec<f64>> = vec![Vec::new(); k];
    let mut pivots: Vec<usize> = Vec::new();
    loop {
        // The first of the greatest, so that earlier columns stay.
        let mut best: Option<usize> = None;
        for i in (0..k).filter(|i| !pivots.contains(i)) {
            if left[i] > RANK && best.is_none_or(|best| left[i] > left[best] * (1.0 + 1e-9)) {
                best = Some(i);
            }
        }
        let Some(pivot) = best else {
            let lower = pivots.iter().map(|&pivot| partial[pivot].clone());
            return (pivots.clone(), lower.collect());
        };
        let root = left[pivot].sqrt();
        let row = partial[pivot].clone();
        for i in (0..k).filter(|i| !pivots.contains(i) && *i != pivot) {
            let known: f64 = partial[i].iter().zip(&row).map(|(a, b)| a * b).sum();
            let entry = (product(i, pivot) - known) / root;
            partial[i].push(entry);
            left[i] -= entry * entry;
        }
        partial[pivot].push(root);
        pivots.push(pivot);
    }
}

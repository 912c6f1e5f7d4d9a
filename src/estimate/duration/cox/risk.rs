//! Rows in the order of risk sets, and the passes over them.
//!
//! Rows stand by stratum, then by time, events first; among equals by their columns, so that any
//! order of the input gives the same sums. A risk set is a row and all behind it in its stratum, so
//! that one pass from the back builds every one of them.

use std::ops::Range;

use super::super::Times;
use super::super::matrix::Inverse;
use super::order::{Group, Order};

/// The rows in order, columns centred within strata (which the likelihood does not notice, and
/// cross products do).
pub(super) struct Rows {
    k: usize,
    /// Row after row, k numbers each.
    columns: Vec<f64>,
    /// The place of each row in the input.
    origin: Vec<u32>,
    groups: Vec<Group>,
}

/// The log partial likelihood and its derivatives at one β.
pub(super) struct Moments {
    pub log_likelihood: f64,
    pub score: Vec<f64>,
    /// Minus the second derivatives, k × k.
    information: Vec<f64>,
    /// The diagonal of the information before the squared means are taken from it.
    scale: Vec<f64>,
}

impl Moments {
    /// Returns the inverse information, columns taken in the order given.
    pub fn inverse(&self, order: impl IntoIterator<Item = usize>, singular: f64) -> Inverse {
        Inverse::of(&self.information, &self.scale, order, singular)
    }

    /// Takes from the likelihood log Σw of the risk set of one event, with its derivatives.
    fn add_event(&mut self, at_risk: &Weighted) {
        let k = self.score.len();
        let per = 1.0 / at_risk.w;
        self.log_likelihood -= at_risk.w.ln();
        let mut squares = at_risk.xx.iter();
        for (a, x) in at_risk.x.iter().enumerate() {
            let mean = per * x;
            self.score[a] -= mean;
            let row = &mut self.information[a * k..=a * k + a];
            for ((cell, square), x) in row.iter_mut().zip(&mut squares).zip(&at_risk.x) {
                *cell += per * (square - mean * x);
            }
            self.scale[a] += per * at_risk.xx[a * (a + 3) / 2];
        }
    }

    /// Takes Σ log s of the events of one time, with its derivatives.
    fn add_time(&mut self, efron: &Efron, events: &Weighted, others: &Weighted) {
        let k = self.score.len();
        let Efron { log, per, square } = efron;
        self.log_likelihood -= log;
        let mut cell = 0;
        for a in 0..k {
            let (d, r) = (events.x[a], others.x[a]);
            self.score[a] -= r * per[0] + d * per[1];
            // Σ (R + gD)_a (R + gD)_b / s²
            let (with_r, with_d) = (r * square[0] + d * square[1], r * square[1] + d * square[2]);
            let row = &mut self.information[a * k..=a * k + a];
            for (b, information) in row.iter_mut().enumerate() {
                let squares = others.xx[cell] * per[0] + events.xx[cell] * per[1];
                *information += squares - (with_r * others.x[b] + with_d * events.x[b]);
                if a == b {
                    self.scale[a] += squares;
                }
                cell += 1;
            }
        }
    }
}

/// Σ w, Σ w·x and Σ w·x·x′ (lower triangle by rows) with w = exp(x′β).
struct Weighted {
    w: f64,
    x: Vec<f64>,
    xx: Vec<f64>,
}

impl Weighted {
    fn nothing(k: usize) -> Weighted {
        Weighted {
            w: 0.0,
            x: vec![0.0; k],
            xx: vec![0.0; k * (k + 1) / 2],
        }
    }

    fn clear(&mut self) {
        self.w = 0.0;
        self.x.fill(0.0);
        self.xx.fill(0.0);
    }

    fn add_row(&mut self, w: f64, x: &[f64]) {
        self.w += w;
        let mut rest = self.xx.as_mut_slice();
        for (a, sum) in self.x.iter_mut().enumerate() {
            let wx = w * x[a];
            *sum += wx;
            let (row, others) = rest.split_at_mut(a + 1);
            for (cell, x) in row.iter_mut().zip(x) {
                *cell += wx * x;
            }
            rest = others;
        }
    }

    fn add(&mut self, other: &Weighted) {
        self.w += other.w;
        accumulate(&mut self.x, &other.x);
        accumulate(&mut self.xx, &other.xx);
    }
}

/// Sums over the d events of a time of Efron's denominators s = R + g·D, g = 1, (d − 1)/d, … 1/d,
/// where D is the weight of the events and R that of the others at risk (Efron 1977;
/// written so that nothing is subtracted).
#[derive(Default)]
struct Efron {
    log: f64,
    /// Σ 1/s, Σ g/s.
    per: [f64; 2],
    /// Σ 1/s², Σ g/s², Σ g²/s².
    square: [f64; 3],
}

impl Efron {
    fn of(d: usize, events: f64, others: f64) -> Efron {
        let mut sums = Efron::default();
        for left in (1..=d).rev() {
            let g = left as f64 / d as f64;
            let s = others + g * events;
            let (per, weighted) = (1.0 / s, g / s);
            sums.log += s.ln();
            sums.per[0] += per;
            sums.per[1] += weighted;
            sums.square[0] += per * per;
            sums.square[1] += per * weighted;
            sums.square[2] += weighted * weighted;
        }
        sums
    }
}

impl Rows {
    pub fn sorted(times: Times, columns: &[&[f64]]) -> Rows {
        let order = Order::of(times, columns);
        let mut rows = Rows {
            k: columns.len(),
            columns: order.gather(columns),
            groups: order.groups(),
            origin: order.origin(),
        };
        rows.centre();
        rows
    }

    /// Whether two events share a time and a stratum.
    pub fn ties(&self) -> bool {
        self.groups.iter().any(|group| group.events().len() > 1)
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.columns[row * self.k..(row + 1) * self.k]
    }

    /// Returns the groups of each stratum.
    fn strata(&self) -> impl Iterator<Item = &[Group]> {
        self.groups.split_inclusive(|group| group.last_of_stratum)
    }

    /// Subtracts from each column its mean over the rows of a stratum that enter a risk set, and
    /// makes a column that is constant there 0.
    fn centre(&mut self) {
        let k = self.k;
        let spans: Vec<_> = self.strata().map(span).collect();
        for span in spans {
            let n = span.len() as f64;
            let values = &mut self.columns[span.start * k..span.end * k];
            for column in 0..k {
                let of_column = || values.iter().skip(column).step_by(k).copied();
                let first = values[column];
                let mean = of_column().sum::<f64>() / n;
                let constant = of_column().all(|value| value == first);
                for value in values.iter_mut().skip(column).step_by(k) {
                    *value = if constant { 0.0 } else { *value - mean };
                }
            }
        }
    }

    /// Returns the log partial likelihood at β with its score and information (Cox 1972, section
    /// 5; ties Efron 1977).
    pub fn moments(&self, beta: &[f64]) -> Moments {
        let k = self.k;
        let mut moments = Moments {
            log_likelihood: 0.0,
            score: vec![0.0; k],
            information: vec![0.0; k * k],
            scale: vec![0.0; k],
        };
        let (mut others, mut events) = (Weighted::nothing(k), Weighted::nothing(k));
        for group in self.groups.iter().rev() {
            if group.last_of_stratum {
                others.clear();
            }
            for row in group.left() {
                let x = self.row(row);
                others.add_row(dot(x, beta).exp(), x);
            }
            // A single event needs no sum of its own.
            let single = group.events().len() == 1;
            let sum = if single { &mut others } else { &mut events };
            for row in group.events() {
                let x = self.row(row);
                let log = dot(x, beta);
                moments.log_likelihood += log;
                accumulate(&mut moments.score, x);
                sum.add_row(log.exp(), x);
            }
            if single {
                moments.add_event(&others);
            } else {
                let efron = Efron::of(group.events().len(), events.w, others.w);
                moments.add_time(&efron, &events, &others);
                others.add(&events);
                events.clear();
            }
        }
        for row in 0..k {
            for column in 0..row {
                moments.information[column * k + row] = moments.information[row * k + column];
            }
        }
        moments
    }

    /// Whether no risk set holds a row above its events along a direction: the likelihood then
    /// never falls along it.
    pub fn never_fall(&self, direction: &[f64]) -> bool {
        // The direction is known to about this share when it is looked at.
        const BLUR: f64 = 1e-4;
        let along = |row: usize| dot(self.row(row), direction);
        let ranges = self.strata().map(|groups| range(span(groups).map(along)));
        let blur = BLUR * ranges.fold(0.0, f64::max);
        self.strata().all(|groups| {
            let mut highest = f64::NEG_INFINITY;
            groups.iter().rev().all(|group| {
                highest = group.all().map(along).fold(highest, f64::max);
                group.events().all(|row| along(row) >= highest - blur)
            })
        })
    }

    /// Returns the sign of each column's part in a direction to infinity; 0 for those with none.
    pub fn unbounded(&self, direction: &[f64]) -> Vec<i8> {
        const NONE: f64 = 1e-4;
        let part = |column: usize| {
            let values = |groups| span(groups).map(|row| self.row(row)[column]);
            let ranges = self.strata().map(|groups| range(values(groups)));
            direction[column] * ranges.fold(0.0, f64::max)
        };
        let parts: Vec<f64> = (0..self.k).map(part).collect();
        let most = parts
            .iter()
            .fold(0.0, |most, part| f64::max(most, part.abs()));
        let sign = |part: f64| match part.abs() > NONE * most {
            true => part.signum() as i8,
            false => 0,
        };
        parts.into_iter().map(sign).collect()
    }

    /// Returns the robust variance of each coefficient, Σ (V·U)² over persons or clusters: V the
    /// inverse information, U the score residuals ∫ (x − x̄(t)) dM(t) (Lin & Wei 1989; with
    /// Efron's ties Therneau & Grambsch 2000, chapters 4 and 7). No factor for small samples.
    pub fn robust(&self, beta: &[f64], inverse: &Inverse, clusters: Option<&Clusters>) -> Vec<f64> {
        let k = self.k;
        let mut variances = vec![0.0; k];
        let mut square = |residual: &[f64]| {
            for (variance, change) in variances.iter_mut().zip(inverse.times(residual)) {
                *variance += change * change;
            }
        };
        let Some(clusters) = clusters else {
            self.residuals(beta, |_, residual| square(residual));
            return variances;
        };
        let mut sums = vec![0.0; clusters.count() * k];
        self.residuals(beta, |row, residual| {
            let cluster = clusters.of_row(self.origin[row] as usize);
            accumulate(&mut sums[cluster * k..(cluster + 1) * k], residual);
        });
        sums.chunks_exact(k.max(1)).for_each(square);
        variances
    }

    /// Visits each row that enters a risk set with its score residual; where d events share a time,
    /// those are in the l-th of Efron's risk sets with the share g, and their mean is over the d.
    fn residuals(&self, beta: &[f64], mut visit: impl FnMut(usize, &[f64])) {
        let k = self.k;
        let mut residual = vec![0.0; k];
        let mut hazards = Vec::new();
        for groups in self.strata() {
            self.hazards(groups, beta, &mut hazards);
            // Σ dH and Σ x̄ dH over the times so far.
            let (mut past, mut past_mean) = (0.0, vec![0.0; k]);
            for (group, now) in groups.iter().zip(hazards.chunks_exact(2 + 3 * k).rev()) {
                let (hazards, means) = now.split_at(2);
                let (mean, rest) = means.split_at(k);
                let (event_mean, at_event) = rest.split_at(k);
                for row in group.events() {
                    let x = self.row(row);
                    let w = dot(x, beta).exp();
                    let hazard = past + hazards[1];
                    for a in 0..k {
                        let expected = hazard * x[a] - (past_mean[a] + event_mean[a]);
                        residual[a] = x[a] - at_event[a] - w * expected;
                    }
                    visit(row, &residual);
                }
                past += hazards[0];
                accumulate(&mut past_mean, mean);
                for row in group.left() {
                    let x = self.row(row);
                    let w = dot(x, beta).exp();
                    for a in 0..k {
                        residual[a] = -w * (past * x[a] - past_mean[a]);
                    }
                    visit(row, &residual);
                }
            }
        }
    }

    /// Fills in, for each time of a stratum, the last first: Σ 1/s and Σ g/s, then for each column
    /// Σ x̄/s, Σ g·x̄/s and Σ x̄/d, where x̄ = (R + gD)_x / s.
    fn hazards(&self, groups: &[Group], beta: &[f64], hazards: &mut Vec<f64>) {
        let k = self.k;
        let weigh = |rows: Range<usize>, sum: &mut (f64, Vec<f64>)| {
            for row in rows {
                let x = self.row(row);
                let w = dot(x, beta).exp();
                sum.0 += w;
                for (sum, x) in sum.1.iter_mut().zip(x) {
                    *sum += w * x;
                }
            }
        };
        hazards.clear();
        let mut others = (0.0, vec![0.0; k]);
        let mut events = (0.0, vec![0.0; k]);
        for group in groups.iter().rev() {
            weigh(group.left(), &mut others);
            events.0 = 0.0;
            events.1.fill(0.0);
            weigh(group.events(), &mut events);
            let d = group.events().len();
            let Efron { per, square, .. } = Efron::of(d, events.0, others.0);
            hazards.extend(per);
            let share = 1.0 / d as f64;
            for (r, g) in [
                (square[0], square[1]),
                (square[1], square[2]),
                (per[0] * share, per[1] * share),
            ] {
                let both = others.1.iter().zip(&events.1);
                hazards.extend(both.map(|(other, event)| r * other + g * event));
            }
            others.0 += events.0;
            accumulate(&mut others.1, &events.1);
        }
    }
}

/// Labels of clusters, one a row of the input, numbered in their order.
pub(super) struct Clusters<'a> {
    labels: &'a [u32],
    distinct: Vec<u32>,
}

impl Clusters<'_> {
    pub fn of(labels: &[u32]) -> Clusters<'_> {
        let mut distinct = labels.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        Clusters { labels, distinct }
    }

    pub fn count(&self) -> usize {
        self.distinct.len()
    }

    fn of_row(&self, row: usize) -> usize {
        let label = self.labels[row];
        match self.distinct.get(label as usize) {
            // Labels that count from 0.
            Some(&same) if same == label => label as usize,
            _ => self.distinct.partition_point(|&other| other < label),
        }
    }
}

/// Returns the rows of the groups of a stratum.
fn span(groups: &[Group]) -> Range<usize> {
    match (groups.first(), groups.last()) {
        (Some(first), Some(last)) => first.all().start..last.all().end,
        _ => 0..0,
    }
}

fn range(values: impl Iterator<Item = f64>) -> f64 {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = values.fold(ends, |(low, high), x| (low.min(x), high.max(x)));
    (high - low).max(0.0)
}

fn dot(x: &[f64], beta: &[f64]) -> f64 {
    x.iter().zip(beta).map(|(x, beta)| x * beta).sum()
}

fn accumulate(sums: &mut [f64], parts: &[f64]) {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum += part;
    }
}

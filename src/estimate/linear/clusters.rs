//! Variances when rows of one cluster hang together: `cr0`, `cr1`, `cr2`.
//!
//! Promises: one pass over the rows, in the order of the clusters, O(k²) a row and at most O(k³) a
//! cluster, whatever its size. Hides: that the n_g × n_g matrices of the definition are never
//! formed. Sources: Bell & McCaffrey 2002, Survey Methodology 28:169; Pustejovsky & Tipton 2018,
//! doi:10.1080/07350015.2016.1247004, equations 9 to 12.
//!
//! `cr2` takes A_g = G_g^(−1/2) with G_g the block of (I − H)(I − H)', H = ZZ'W in the basis
//! Z'WZ = I. With Y_g = [Z_g, W_gZ_g] this is G_g = I + Y_g·M·Y_g', M = [[Z'W²Z, −I], [−I, 0]];
//! without weights Y_g = Z_g and M = −I. All that the definitions need of a cluster is then
//! K = Y_g'Y_g and Y_g'u_g, and the vector v with A_g W_g Z_g c̃ = Y_g v:
//!
//! ```text
//! score v'Y_g'u_g      f = K v      s = v'K v
//! df = tr(P)²/tr(P²),  P_gh = s_g·[g = h] + f_g'M f_h
//! ```
//!
//! For several coefficients at once, with f of each a column of Φ_g and S_g their v'K v, P_gh is the
//! q × q matrix S_g·[g = h] + Φ_g'M Φ_h. In directions for which Σ P_gg = I, Hotelling's T² has the
//! degrees of freedom η = q(q + 1)/Σ (tr(P_gh²) + tr(P_gh)²) (Tipton & Pustejovsky 2015,
//! doi:10.3102/1076998615606099, where it is called AHZ; Pustejovsky & Tipton 2018, section 3.2);
//! for one coefficient it is the df above.

use super::basis::Basis;
use super::matrix::{Square, eigen, inner};
use super::panel::{BLOCK, PIECE, Panel, Rows, blocks, dot, in_order, pieces, total};
use super::{DegreesOfFreedom, Inference, Model, Spread, StandardErrors};

/// An eigenvalue of G_g below this is zero, and its inverse is taken as zero, as in `clubSandwich`.
const SINGULAR: f64 = 1e-9;
/// Up to this trace the binomial series replaces eigenvectors.
const SERIES: f64 = 0.5;
/// Up to this many entries of Φ a test of several coefficients is made: its sums take their square.
const TOGETHER: usize = 4096;
/// Below this number of clusters `cr0` and `cr1` are too sure of themselves (Cameron & Miller
/// 2015, doi:10.3368/jhr.50.2.317, section VI).
const FEW: usize = 40;

pub(super) fn spread(
    model: &Model,
    basis: &Basis,
    directions: &[Vec<f64>],
    how: &Inference,
) -> Spread {
    let order = Order::of(model);
    let clusters = order.starts.len() - 1;
    let rank = basis.factor.kept.len();
    // Weights of sampling enter `cr2` by themselves; in the others they multiply rows.
    let sampling = how.errors == StandardErrors::Cr2 && model.weights.is_some();
    let metric = sampling.then(|| metric(model, basis, how));
    let metric = metric.as_ref();
    let sum = summed(model, basis, &order, how, || {
        ClusterSums::new(model, directions, metric, how)
    });
    let together = sum.whitened().and_then(|whitened| {
        let new = || ClusterSums::new(model, &whitened, metric, how).joined_up();
        summed(model, basis, &order, how, new).together()
    });
    let mut spread = sum.finish(clusters, model.rows, rank);
    spread.together = together.or(spread.df.filter(|_| directions.len() == 1));
    spread
}

/// Adds up all clusters.
fn summed<'d>(
    model: &Model,
    basis: &Basis,
    order: &Order,
    how: &Inference,
    new: impl Fn() -> ClusterSums<'d> + Sync,
) -> ClusterSums<'d> {
    let rank = basis.factor.kept.len();
    let groups = order.groups();
    let parts = in_order(groups.len(), how.threads, |group| {
        let mut part = new();
        let mut panel = Panel::new(rank + model.outcomes.len());
        let mut cluster = groups[group].start;
        let (first, last) = (order.starts[cluster], order.starts[groups[group].end]);
        for start in (first..last).step_by(BLOCK) {
            let end = (start + BLOCK).min(last);
            panel.whiten(model, basis, order.rows(start, end));
            let mut at = start;
            while at < end {
                let stop = order.starts[cluster + 1].min(end);
                part.add(&panel, at - start..stop - start);
                if stop == order.starts[cluster + 1] {
                    part.close();
                    cluster += 1;
                }
                at = stop;
            }
        }
        part
    });
    let mut sum = new();
    for part in &parts {
        sum.join(part);
    }
    sum
}

/// Rows in the order of their clusters.
struct Order {
    /// Absent where the rows stand in that order already.
    picked: Option<Vec<u32>>,
    /// Where each cluster begins, and the end of the last.
    starts: Vec<usize>,
}

impl Order {
    fn of(model: &Model) -> Order {
        let Some(cluster) = model.cluster else {
            return Order {
                picked: None,
                starts: (0..=model.rows).collect(),
            };
        };
        let all = cluster.iter().copied().max().map_or(0, |c| c as usize + 1);
        let mut counts = vec![0_usize; all];
        cluster.iter().for_each(|&c| counts[c as usize] += 1);
        let mut places = vec![0; all];
        let mut starts = vec![0];
        let mut sum = 0;
        for (place, &count) in places.iter_mut().zip(&counts) {
            *place = sum;
            sum += count;
            if count > 0 {
                starts.push(sum);
            }
        }
        if cluster.is_sorted() {
            return Order {
                picked: None,
                starts,
            };
        }
        let mut picked = vec![0; cluster.len()];
        for (row, &c) in (0_u32..).zip(cluster) {
            let place = &mut places[c as usize];
            picked[*place] = row;
            *place += 1;
        }
        Order {
            picked: Some(picked),
            starts,
        }
    }

    fn rows(&self, start: usize, end: usize) -> Rows<'_> {
        match &self.picked {
            Some(picked) => Rows::Picked(&picked[start..end]),
            None => Rows::Run(start, end - start),
        }
    }

    /// Returns runs of clusters with about as many rows as a piece.
    fn groups(&self) -> Vec<std::ops::Range<usize>> {
        let mut groups = Vec::new();
        let mut first = 0;
        for cluster in 1..self.starts.len() {
            let rows = self.starts[cluster] - self.starts[first];
            if rows >= PIECE || cluster + 1 == self.starts.len() {
                groups.push(first..cluster);
                first = cluster;
            }
        }
        groups
    }
}

/// Returns M = [[Z'W²Z, −I], [−I, 0]].
fn metric(model: &Model, basis: &Basis, how: &Inference) -> Square {
    let rank = basis.factor.kept.len();
    let pieces = pieces(model.rows);
    let parts = in_order(pieces.len(), how.threads, |piece| {
        let mut squares = Square::zero(rank);
        let mut panel = Panel::new(rank + model.outcomes.len());
        for rows in blocks(&pieces[piece]) {
            panel.whiten(model, basis, rows);
            panel.multiply(rank, |root| root);
            panel.add_products(rank, &mut squares);
        }
        squares
    });
    let mut squares = total(rank, parts);
    squares.mirror();
    let mut metric = Square::zero(2 * rank);
    for i in 0..rank {
        metric.row_mut(i)[..rank].copy_from_slice(squares.row(i));
        metric.add(i, rank + i, -1.0);
        metric.add(rank + i, i, -1.0);
    }
    metric
}

/// Sums over clusters, and within the cluster at hand.
struct ClusterSums<'d> {
    how: &'d Inference,
    directions: &'d [Vec<f64>],
    /// M, where there are weights of sampling; else M = −I.
    metric: Option<&'d Square>,
    rank: usize,
    outcomes: usize,
    /// K of the cluster at hand, upper triangle.
    k: Square,
    /// Y'u of the cluster at hand, by outcome.
    yu: Vec<Vec<f64>>,
    meat: Square,
    refinement: Vec<f64>,
    rests: Vec<f64>,
    /// Σ s + f'M f, and Σ s² + 2s·f'M f.
    trace: f64,
    diagonal: f64,
    /// Σ ff'.
    f_squares: Square,
    /// Σ S + Φ'M Φ of several coefficients.
    traces: Square,
    /// What their degrees of freedom need, in whitened directions.
    joint: Option<Joint>,
    /// Clusters in which a wanted coefficient needed the generalised inverse.
    singular: usize,
}

impl<'d> ClusterSums<'d> {
    fn new(
        model: &Model,
        directions: &'d [Vec<f64>],
        metric: Option<&'d Square>,
        how: &'d Inference,
    ) -> ClusterSums<'d> {
        let rank = directions[0].len();
        let outcomes = model.outcomes.len();
        let size = metric.map_or(rank, |metric| metric.size);
        ClusterSums {
            how,
            directions,
            metric,
            rank,
            outcomes,
            k: Square::zero(size),
            yu: vec![vec![0.0; size]; outcomes],
            meat: Square::zero(directions.len() * outcomes),
            refinement: vec![0.0; directions.len() * outcomes],
            rests: vec![0.0; outcomes],
            trace: 0.0,
            diagonal: 0.0,
            f_squares: Square::zero(size),
            traces: Square::zero(directions.len()),
            joint: None,
            singular: 0,
        }
    }

    /// Sums also what the degrees of freedom of several coefficients need.
    fn joined_up(mut self) -> ClusterSums<'d> {
        self.joint = Some(Joint {
            within: 0.0,
            between: Square::zero(self.directions.len() * self.k.size),
        });
        self
    }

    /// Adds rows of the panel to the cluster at hand.
    fn add(&mut self, panel: &Panel, rows: std::ops::Range<usize>) {
        let rank = self.rank;
        panel.add_rests(rank, rows.clone(), &mut self.rests);
        if self.how.errors == StandardErrors::Cr2 {
            match self.metric {
                None => panel.add_products_within(rank, rows.clone(), &mut self.k),
                Some(_) => self.add_weighted(panel, rows.clone()),
            }
        }
        // With weights the panel holds √w·z and √w·u: their products are z·w·u, the second half
        // of Y'u, which alone says what the estimate lacks.
        for (m, yu) in self.yu.iter_mut().enumerate() {
            let second = yu.len() - rank;
            let u = &panel.column(rank + m)[rows.clone()];
            for (j, value) in yu[second..].iter_mut().enumerate() {
                *value += dot(&panel.column(j)[rows.clone()], u);
            }
        }
    }

    fn add_weighted(&mut self, panel: &Panel, rows: std::ops::Range<usize>) {
        let rank = self.rank;
        for row in rows {
            // y = [z, wz] of the row, from √w·z.
            let root = panel.root_weights[row];
            let mut y = vec![0.0; 2 * rank];
            for j in 0..rank {
                let x = panel.column(j)[row];
                y[j] = x / root;
                y[rank + j] = x * root;
            }
            for (m, yu) in self.yu.iter_mut().enumerate() {
                let u = panel.column(rank + m)[row] / root;
                for (value, z) in yu[..rank].iter_mut().zip(&y) {
                    *value += z * u;
                }
            }
            self.k.add_square(&y);
        }
    }

    /// Ends the cluster at hand.
    fn close(&mut self) {
        let size = self.k.size;
        let cr2 = self.how.errors == StandardErrors::Cr2;
        if cr2 {
            self.k.mirror();
        }
        let mut scores = Vec::with_capacity(self.meat.size);
        let mut singular = false;
        let mut all = Vec::with_capacity(self.directions.len());
        let root = cr2.then(|| Root::of(&self.k, self.metric));
        for (t, direction) in self.directions.iter().enumerate() {
            let mut start = vec![0.0; size];
            start[size - self.rank..].copy_from_slice(direction);
            let v = match &root {
                Some(root) => {
                    let (v, lost) = root.apply(&self.k, &start);
                    singular |= lost;
                    v
                }
                None => start.clone(),
            };
            for (m, yu) in self.yu.iter().enumerate() {
                scores.push(inner(&v, yu));
                self.refinement[t * self.outcomes + m] += inner(&start, yu);
            }
            all.push(v);
        }
        self.meat.add_square(&scores);
        self.singular += usize::from(singular);
        if let (true, DegreesOfFreedom::Satterthwaite, Some(v)) = (cr2, self.how.df, all.first()) {
            let f = self.k.times(v);
            let s = inner(v, &f);
            let length = match self.metric {
                None => -inner(&f, &f),
                Some(metric) => inner(&f, &metric.times(&f)),
            };
            self.trace += s + length;
            self.diagonal += s * s + 2.0 * s * length;
            self.f_squares.add_square(&f);
            if all.len() > 1 {
                self.close_together(&all);
            }
        }
        self.k.clear();
        self.yu.iter_mut().for_each(|yu| yu.fill(0.0));
    }

    /// Adds the cluster at hand to the sums for several coefficients, whose v are given.
    fn close_together(&mut self, all: &[Vec<f64>]) {
        let q = all.len();
        let f: Vec<Vec<f64>> = all.iter().map(|v| self.k.times(v)).collect();
        let images: Vec<Vec<f64>> = f.iter().map(|f| times_metric(self.metric, f)).collect();
        let (mut s, mut w) = (Square::zero(q), Square::zero(q));
        for i in 0..q {
            for j in 0..q {
                s.add(i, j, inner(&all[i], &f[j]));
                w.add(i, j, inner(&f[i], &images[j]));
            }
        }
        self.traces.plus(&s);
        self.traces.plus(&w);
        if let Some(joint) = &mut self.joint {
            let mixed = s.product(&w).trace() + s.trace() * w.trace();
            joint.within += s.trace_of_square() + s.trace().powi(2) + 2.0 * mixed;
            joint.between.add_square(&f.concat());
        }
    }

    /// Returns the directions for which Σ S + Φ'M Φ is the identity; none where there is one
    /// coefficient, where there are none such, or where there are too many for memory.
    fn whitened(&self) -> Option<Vec<Vec<f64>>> {
        let q = self.directions.len();
        let satterthwaite = self.how.errors == StandardErrors::Cr2
            && self.how.df == DegreesOfFreedom::Satterthwaite;
        if q < 2 || !satterthwaite || q * self.k.size > TOGETHER {
            return None;
        }
        let (values, vectors) = eigen(&self.traces);
        let most = values.iter().copied().fold(0.0, f64::max);
        if !values.iter().all(|value| *value > most * 1e-12) {
            return None;
        }
        let whitened = |i: usize| {
            let mut direction = vec![0.0; self.rank];
            for (along, old) in vectors.row(i).iter().zip(self.directions) {
                for (value, x) in direction.iter_mut().zip(old) {
                    *value += along / values[i].sqrt() * x;
                }
            }
            direction
        };
        Some((0..q).map(whitened).collect())
    }

    /// Returns the degrees of freedom of several coefficients.
    fn together(&self) -> Option<f64> {
        let joint = self.joint.as_ref()?;
        let q = self.directions.len();
        let size = self.k.size;
        // M·Σ φ_s φ_t', φ_s and φ_t columns s and t of Φ.
        let block = |s: usize, t: usize| {
            let mut block = Square::zero(size);
            for j in 0..size {
                let column: Vec<f64> = (0..size)
                    .map(|i| joint.between.at(s * size + i, t * size + j))
                    .collect();
                for (i, value) in times_metric(self.metric, &column).into_iter().enumerate() {
                    block.add(i, j, value);
                }
            }
            block
        };
        let mut sum = joint.within;
        for s in 0..q {
            for t in 0..q {
                let block_st = block(s, t);
                sum += block_st.trace_of_square();
                sum += block_st.product(&block(t, s)).trace();
            }
        }
        let df = (q * (q + 1)) as f64 / sum;
        (df.is_finite() && df > 0.0).then_some(df)
    }

    fn join(&mut self, other: &ClusterSums) {
        self.meat.plus(&other.meat);
        for (a, b) in self.refinement.iter_mut().zip(&other.refinement) {
            *a += b;
        }
        for (a, b) in self.rests.iter_mut().zip(&other.rests) {
            *a += b;
        }
        self.trace += other.trace;
        self.diagonal += other.diagonal;
        self.f_squares.plus(&other.f_squares);
        self.traces.plus(&other.traces);
        if let (Some(joint), Some(other)) = (&mut self.joint, &other.joint) {
            joint.within += other.within;
            joint.between.plus(&other.between);
        }
        self.singular += other.singular;
    }

    fn finish(self, clusters: usize, rows: usize, rank: usize) -> Spread {
        let errors = self.how.errors;
        let mut notes = Vec::new();
        if clusters < 2 {
            notes.push("one cluster: no standard error".to_owned());
        } else if clusters < FEW && errors != StandardErrors::Cr2 {
            notes.push(format!(
                "{clusters} clusters, fewer than {FEW}: `cr2` is safer than `{}`",
                errors.name()
            ));
        }
        if self.singular > 0 && clusters > 1 {
            notes.push(format!(
                "in {} the columns follow the cluster exactly (leverage 1): `cr2` leaves this \
                 part of the variance out",
                match self.singular {
                    1 => "1 cluster".to_owned(),
                    many => format!("{many} clusters"),
                }
            ));
        }
        let (g, n, k) = (clusters as f64, rows as f64, rank as f64);
        let factor = match errors {
            StandardErrors::Cr1 => g / (g - 1.0) * (n - 1.0) / (n - k),
            _ => 1.0,
        };
        let cross = match self.metric {
            None => self.f_squares.trace_of_square(),
            Some(metric) => self.f_squares.product(metric).trace_of_square(),
        };
        let satterthwaite =
            errors == StandardErrors::Cr2 && self.how.df == DegreesOfFreedom::Satterthwaite;
        Spread {
            covariance: (clusters > 1).then(|| self.meat.scaled(factor)),
            df: satterthwaite.then(|| self.trace.powi(2) / (self.diagonal + cross)),
            together: None,
            refinement: self.refinement,
            rests: self.rests,
            clusters: Some(clusters),
            notes,
        }
    }
}

/// Sums over clusters for several coefficients.
struct Joint {
    /// Σ tr(S²) + tr(S)² + 2·(tr(SW) + tr(S)·tr(W)), W = Φ'M Φ.
    within: f64,
    /// Σ of the outer squares of Φ, its columns one below the other.
    between: Square,
}

/// Returns M·x, M = −I where there are no weights of sampling.
fn times_metric(metric: Option<&Square>, x: &[f64]) -> Vec<f64> {
    match metric {
        None => x.iter().map(|x| -x).collect(),
        Some(metric) => metric.times(x),
    }
}

/// What turns W_gZ_gc̃ = Y·start into A_gW_gZ_gc̃ = Y·v.
enum Root {
    /// (I − K)^(−1/2) by its binomial series, as K is small.
    Series,
    /// The same from eigenvectors: their rows and the factors (1 − λ)^(−1/2).
    Eigen(Vec<f64>, Square),
    /// v = start + F·φ·F'·K·start: rows of F' and the φ.
    Weighted(Vec<f64>, Vec<Vec<f64>>),
}

impl Root {
    fn of(k: &Square, metric: Option<&Square>) -> Root {
        if let Some(metric) = metric {
            return Root::weighted(k, metric);
        }
        if k.trace() <= SERIES {
            return Root::Series;
        }
        let (values, vectors) = eigen(k);
        let factors = values.iter().map(|value| inverse_root(1.0 - value));
        Root::Eigen(factors.collect(), vectors)
    }

    /// G = I + Q·N·Q' with Q = Y·P·Λ^(−1/2) orthonormal, K = PΛP', N = Λ^(1/2)P'·M·PΛ^(1/2) = VDV':
    /// G^(−1/2) = I + Q·V·((1 + D)^(−1/2) − 1)·V'Q'.
    fn weighted(k: &Square, metric: &Square) -> Root {
        let (values, vectors) = eigen(k);
        let most = values.iter().copied().fold(0.0, f64::max);
        let real: Vec<usize> = (0..k.size).filter(|&i| values[i] > most * 1e-14).collect();
        let images: Vec<Vec<f64>> = real.iter().map(|&i| metric.times(vectors.row(i))).collect();
        let mut n = Square::zero(real.len());
        for (a, &i) in real.iter().enumerate() {
            for (b, image) in images.iter().enumerate() {
                let root = (values[i] * values[real[b]]).sqrt();
                n.add(a, b, root * inner(vectors.row(i), image));
            }
        }
        let (d, v) = eigen(&n);
        let phi = d.iter().map(|d| inverse_root(1.0 + d) - 1.0).collect();
        let rows = (0..real.len())
            .map(|row| {
                let mut f = vec![0.0; k.size];
                for (a, &i) in real.iter().enumerate() {
                    let factor = v.at(row, a) / values[i].sqrt();
                    for (value, x) in f.iter_mut().zip(vectors.row(i)) {
                        *value += factor * x;
                    }
                }
                f
            })
            .collect();
        Root::Weighted(phi, rows)
    }

    /// Returns v, and whether the generalised inverse left out a part of the coefficient.
    fn apply(&self, k: &Square, start: &[f64]) -> (Vec<f64>, bool) {
        let length = inner(start, start);
        match self {
            Root::Series => (series(k, start), false),
            Root::Eigen(factors, vectors) => {
                let mut v = vec![0.0; k.size];
                let mut lost = false;
                for (i, factor) in factors.iter().enumerate() {
                    let along = inner(vectors.row(i), start);
                    lost |= *factor == 0.0 && along * along > 1e-12 * length;
                    for (value, x) in v.iter_mut().zip(vectors.row(i)) {
                        *value += factor * along * x;
                    }
                }
                (v, lost)
            }
            Root::Weighted(phi, rows) => {
                let image = k.times(start);
                let whole = inner(start, &image);
                let mut v = start.to_vec();
                let mut lost = false;
                for (phi, row) in phi.iter().zip(rows) {
                    let along = inner(row, &image);
                    lost |= *phi == -1.0 && along * along > 1e-12 * whole;
                    for (value, x) in v.iter_mut().zip(row) {
                        *value += phi * along * x;
                    }
                }
                (v, lost)
            }
        }
    }
}

fn inverse_root(value: f64) -> f64 {
    if value > SINGULAR {
        1.0 / value.sqrt()
    } else {
        0.0
    }
}

/// Returns (I − K)^(−1/2)·start = Σ aⱼKʲ·start, a₀ = 1, aⱼ = aⱼ₋₁(2j − 1)/(2j).
///
/// With the trace t ≥ ‖K‖ at most 1/2, what follows a term is at most t/(1 − t) ≤ 1 of its size.
fn series(k: &Square, start: &[f64]) -> Vec<f64> {
    let mut v = start.to_vec();
    let mut term = start.to_vec();
    let mut next = start.to_vec();
    let enough = inner(start, start) * 1e-34;
    for j in 1..200 {
        k.times_into(&term, &mut next);
        let factor = (2 * j - 1) as f64 / (2 * j) as f64;
        for ((term, next), v) in term.iter_mut().zip(&next).zip(&mut v) {
            *term = next * factor;
            *v += *term;
        }
        if inner(&term, &term) <= enough {
            break;
        }
    }
    v
}

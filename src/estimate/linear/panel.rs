//! Passes over rows: blocks that fit the processor's cache, sums in an order that no thread changes.
//!
//! Promises: what is summed depends on the number of rows alone. Hides: how variables are loaded,
//! centred, weighted and turned into an orthonormal basis, block by block.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::basis::Basis;
use super::matrix::Square;
use super::{Model, Part};

/// Rows that pass through the processor's cache together.
pub(super) const BLOCK: usize = 256;
/// Rows that are summed by themselves, in order, before the sums are added in order.
pub(super) const PIECE: usize = 16_384;

/// Rows of a pass: a run, or the rows picked by an order of their own.
#[derive(Clone, Copy)]
pub(super) enum Rows<'r> {
    Run(usize, usize),
    Picked(&'r [u32]),
}

impl Rows<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Rows::Run(_, len) => *len,
            Rows::Picked(list) => list.len(),
        }
    }

    pub(super) fn each<T: Copy>(&self, source: &[T], out: &mut [f64], write: impl Fn(&mut f64, T)) {
        match *self {
            Rows::Run(start, len) => {
                for (value, &x) in out.iter_mut().zip(&source[start..start + len]) {
                    write(value, x);
                }
            }
            Rows::Picked(list) => {
                for (value, &row) in out.iter_mut().zip(list) {
                    write(value, source[row as usize]);
                }
            }
        }
    }
}

impl Model<'_> {
    /// Writes a variable less its centre: a column, or behind the columns an outcome.
    pub(super) fn fill(&self, variable: usize, centre: f64, rows: Rows, out: &mut [f64]) {
        let Some(column) = self.columns.get(variable) else {
            let outcome = self.outcomes[variable - self.columns.len()];
            rows.each(outcome, out, |value, x| *value = x - centre);
            return;
        };
        match column.part {
            Part::One => out.fill(1.0),
            Part::Values { values, less } if column.only_in.is_none() => {
                let centre = centre + less;
                return rows.each(values, out, |value, x| *value = x - centre);
            }
            Part::Values { values, less } => rows.each(values, out, |value, x| *value = x - less),
            Part::Level { of, level } => {
                rows.each(of, out, |value, x| *value = f64::from(x == level));
            }
        }
        if let Some(arm) = column.only_in {
            rows.each(arm, out, |value, inside| {
                *value = if inside { *value } else { 0.0 };
            });
        }
        if centre != 0.0 {
            out.iter_mut().for_each(|value| *value -= centre);
        }
    }

    pub(super) fn variables(&self) -> usize {
        self.columns.len() + self.outcomes.len()
    }
}

/// A block of rows of several variables, variable by variable.
pub(super) struct Panel {
    pub(super) values: Vec<f64>,
    pub(super) root_weights: Vec<f64>,
    pub(super) len: usize,
}

impl Panel {
    pub(super) fn new(variables: usize) -> Panel {
        Panel {
            values: vec![0.0; variables * BLOCK],
            root_weights: vec![1.0; BLOCK],
            len: 0,
        }
    }

    pub(super) fn column(&self, index: usize) -> &[f64] {
        &self.values[index * BLOCK..index * BLOCK + self.len]
    }

    fn column_mut(&mut self, index: usize) -> &mut [f64] {
        &mut self.values[index * BLOCK..index * BLOCK + self.len]
    }

    /// Loads variables, less their centres and times the root of the weights.
    pub(super) fn load(
        &mut self,
        model: &Model,
        variables: impl Iterator<Item = usize>,
        centres: &[f64],
        rows: Rows,
    ) {
        self.len = rows.len();
        for (place, variable) in variables.enumerate() {
            model.fill(variable, centres[variable], rows, self.column_mut(place));
        }
        if let Some(weights) = model.weights {
            let len = self.len;
            rows.each(weights, &mut self.root_weights[..len], |root, w| {
                *root = w.sqrt()
            });
            for column in self.values.chunks_exact_mut(BLOCK) {
                for (x, root) in column[..len].iter_mut().zip(&self.root_weights) {
                    *x *= root;
                }
            }
        }
    }

    /// Loads the columns kept and turns them into those of the basis, z = R⁻ᵀx, and the outcomes
    /// behind them into what the basis leaves of them.
    pub(super) fn whiten(&mut self, model: &Model, basis: &Basis, rows: Rows) {
        let all = model.columns.len()..model.variables();
        let kept = &basis.factor.kept;
        let rank = kept.len();
        self.load(model, kept.iter().copied().chain(all), &basis.centres, rows);
        let len = self.len;
        for j in 0..rank {
            let (before, now) = self.values.split_at_mut(j * BLOCK);
            let now = &mut now[..len];
            subtract_all(before, |i| basis.factor.rows[i][j], j, now);
            let pivot = basis.factor.rows[j][j];
            now.iter_mut().for_each(|x| *x /= pivot);
        }
        for (m, (coordinates, _)) in basis.factor.outcomes.iter().enumerate() {
            let (before, now) = self.values.split_at_mut((rank + m) * BLOCK);
            let now = &mut now[..len];
            subtract_all(before, |i| coordinates[i], rank, now);
            if basis.constant[model.columns.len() + m] {
                now.fill(0.0);
            }
        }
    }

    /// Multiplies the first variables by a function of the root of the weights.
    pub(super) fn multiply(&mut self, count: usize, by: impl Fn(f64) -> f64) {
        let len = self.len;
        for column in self.values[..count * BLOCK].chunks_exact_mut(BLOCK) {
            for (x, root) in column[..len].iter_mut().zip(&self.root_weights) {
                *x *= by(*root);
            }
        }
    }

    /// Adds the squares of what a basis of `rank` columns leaves of each outcome.
    pub(super) fn add_rests(&self, rank: usize, rows: Range<usize>, rests: &mut [f64]) {
        for (m, rest) in rests.iter_mut().enumerate() {
            let u = &self.column(rank + m)[rows.clone()];
            *rest += dot(u, u);
        }
    }

    /// Adds the products of the first `size` variables to the upper triangle of a matrix.
    pub(super) fn add_products(&self, size: usize, gram: &mut Square) {
        self.add_products_within(size, 0..self.len, gram);
    }

    pub(super) fn add_products_within(&self, size: usize, rows: Range<usize>, gram: &mut Square) {
        for i in 0..size {
            let left = &self.column(i)[rows.clone()];
            let out = gram.row_mut(i);
            let mut j = i;
            while j + 4 <= size {
                let right = [j, j + 1, j + 2, j + 3].map(|j| &self.column(j)[rows.clone()]);
                for (value, product) in out[j..j + 4].iter_mut().zip(dot4(left, right)) {
                    *value += product;
                }
                j += 4;
            }
            for (j, value) in (j..size).zip(&mut out[j..]) {
                *value += dot(left, &self.column(j)[rows.clone()]);
            }
        }
    }
}

/// Takes `count` columns, each times its factor, from `now`.
pub(super) fn subtract_all(
    columns: &[f64],
    factor: impl Fn(usize) -> f64,
    count: usize,
    now: &mut [f64],
) {
    let len = now.len();
    let column = |i: usize| &columns[i * BLOCK..i * BLOCK + len];
    let mut i = 0;
    while i + 4 <= count {
        let [a, b, c, d] = [i, i + 1, i + 2, i + 3].map(column);
        let [fa, fb, fc, fd] = [i, i + 1, i + 2, i + 3].map(&factor);
        let all = now.iter_mut().zip(a).zip(b).zip(c).zip(d);
        for ((((x, a), b), c), d) in all {
            *x -= (a * fa + b * fb) + (c * fc + d * fd);
        }
        i += 4;
    }
    for i in i..count {
        let f = factor(i);
        for (x, a) in now.iter_mut().zip(column(i)) {
            *x -= a * f;
        }
    }
}

/// Returns x·y in four running sums, which the processor adds side by side.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let [sum] = dots(x, [y]);
    sum
}

pub(super) fn dot4(x: &[f64], y: [&[f64]; 4]) -> [f64; 4] {
    dots(x, y)
}

#[inline(always)]
fn dots<const M: usize>(x: &[f64], y: [&[f64]; M]) -> [f64; M] {
    let (x_whole, x_rest) = x.as_chunks::<4>();
    let whole = x_whole.len();
    let parts = y.map(|y| y[..x.len()].as_chunks::<4>());
    let y_whole = parts.map(|(y, _)| &y[..whole]);
    let mut sums = [[0.0; 4]; M];
    for (at, x) in x_whole.iter().enumerate() {
        for (sums, y) in sums.iter_mut().zip(y_whole) {
            let y = &y[at];
            for lane in 0..4 {
                sums[lane] += x[lane] * y[lane];
            }
        }
    }
    let mut out = sums.map(|s| (s[0] + s[1]) + (s[2] + s[3]));
    for (out, (_, y_rest)) in out.iter_mut().zip(parts) {
        for (x, y) in x_rest.iter().zip(y_rest) {
            *out += x * y;
        }
    }
    out
}

/// Returns the pieces that rows are summed in: a matter of their number alone.
pub(super) fn pieces(rows: usize) -> Vec<Range<usize>> {
    (0..rows)
        .step_by(PIECE)
        .map(|start| start..(start + PIECE).min(rows))
        .collect()
}

pub(super) fn blocks(piece: &Range<usize>) -> impl Iterator<Item = Rows<'static>> + use<> {
    let end = piece.end;
    piece
        .clone()
        .step_by(BLOCK)
        .map(move |start| Rows::Run(start, BLOCK.min(end - start)))
}

/// Returns what `work` gives for each piece, in their order, whoever did it.
pub(super) fn in_order<T: Send>(
    pieces: usize,
    threads: Option<NonZeroUsize>,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let threads = match pieces {
        0 | 1 => 1,
        _ => threads
            .map_or_else(crate::threads::threads, NonZeroUsize::get)
            .min(pieces),
    };
    if threads == 1 {
        return (0..pieces).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let share = || {
        let mut done = Vec::new();
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                return done;
            }
            done.push((piece, work(piece)));
        }
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(share)).collect();
        let mut done = share();
        for other in others {
            done.extend(other.join().expect("summing does not fail"));
        }
        done
    });
    done.sort_by_key(|(piece, _)| *piece);
    done.into_iter().map(|(_, value)| value).collect()
}

pub(super) fn total(size: usize, parts: Vec<Square>) -> Square {
    let mut total = Square::zero(size);
    for part in &parts {
        total.plus(part);
    }
    total
}

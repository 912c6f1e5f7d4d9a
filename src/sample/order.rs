//! Rows in the order of their keys, and columns put into it.
//!
//! Promises: the order depends on the keys alone, and rows of one key stand as in the file. Hides:
//! that a column goes there by way of parts that the processor's cache holds, which takes half the
//! time of fetching each cell from wherever it stands.

use crate::threads::side_by_side;

/// As many as the processor writes to side by side without losing sight of one.
const PARTS: usize = 64;

/// The order of the rows of a table.
#[derive(Default)]
pub(super) struct Order {
    /// The row that stands at each place.
    pub rows: Vec<u32>,
    /// The slot that each row is first laid in: slots of keys that begin alike are neighbours.
    slots: Vec<u32>,
    /// The slot that each place takes from.
    from: Vec<u32>,
}

impl Order {
    /// Orders rows by their keys, which spread over all that 64 bits can be.
    pub fn of(keys: Vec<u64>) -> Order {
        let part = |key: u64| (key >> (64 - PARTS.ilog2())) as usize;
        let mut ends = [0; PARTS];
        keys.iter().for_each(|&key| ends[part(key)] += 1);
        let mut begin = 0;
        for end in &mut ends {
            begin += std::mem::replace(end, begin);
        }
        let mut slots = vec![0; keys.len()];
        let mut keyed = vec![(0, 0, 0); keys.len()];
        for ((row, key), slot) in (0_u32..).zip(&keys).zip(&mut slots) {
            let next = &mut ends[part(*key)];
            *slot = *next as u32;
            keyed[*next] = (*key, *slot, row);
            *next += 1;
        }
        drop(keys);
        let alike = |a: &(u64, u32, u32), b: &(u64, u32, u32)| part(a.0) == part(b.0);
        let mut parts: Vec<_> = keyed.chunk_by_mut(alike).collect();
        side_by_side(&mut parts, |_, parts| {
            parts.iter_mut().for_each(|part| part.sort_unstable());
        });
        let (rows, from) = keyed.into_iter().map(|(_, slot, row)| (row, slot)).unzip();
        Order { rows, slots, from }
    }

    /// Puts a column into the order, by a space that serves one column after the other.
    pub fn arrange(&self, column: &mut [f64], space: &mut Vec<f64>) {
        space.resize(column.len(), 0.0);
        for (cell, &slot) in column.iter().zip(&self.slots) {
            space[slot as usize] = *cell;
        }
        for (cell, &slot) in column.iter_mut().zip(&self.from) {
            *cell = space[slot as usize];
        }
    }
}

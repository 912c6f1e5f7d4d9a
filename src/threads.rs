//! How many threads the work of this process may take.
//!
//! Promises: one number for the whole process, that of the cores unless it was set. No result
//! depends on it.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

static SET: OnceLock<NonZeroUsize> = OnceLock::new();

/// Sets the number of threads, once and before any work.
pub fn set(threads: NonZeroUsize) {
    let _ = SET.set(threads);
}

/// Returns the number of threads.
pub fn threads() -> usize {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    SET.get().copied().unwrap_or_else(cores).get()
}

/// Hands parts of a slice, each with the place of its first, to as many threads as there are.
pub(crate) fn side_by_side<T: Send>(slice: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    let size = slice.len().div_ceil(threads()).max(1);
    let work = &work;
    std::thread::scope(|scope| {
        for (number, part) in slice.chunks_mut(size).enumerate() {
            scope.spawn(move || work(number * size, part));
        }
    });
}

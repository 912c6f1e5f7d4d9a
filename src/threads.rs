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

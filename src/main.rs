//! The `klero` program: parse, run, exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    keep_memory();
    cli::main()
}

/// Keeps freed memory for the next column instead of giving it back to the system, which costs a
/// fifth of the time of an estimate from a large file.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_memory() {
    const MOST: libc::c_int = 1 << 30;
    // SAFETY: no thread but this one runs yet, and the allocator checks what it is told.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MOST);
        libc::mallopt(libc::M_TRIM_THRESHOLD, MOST);
        // What one thread gave back is there for every other.
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_memory() {}

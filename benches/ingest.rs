//! How fast a wide DREAM file becomes spells, and how much memory that takes.
//!
//! `cargo bench --bench ingest` makes its file once, in `target/bench`, and reads it five times
//! for all persons and five times for 500 drawn ones.

mod data;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use klero::protocol::{Absence, Register, RegisterKind};
use klero::register::{Ingest, SORT_MEMORY, Writing, ingest};

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ingest");
    std::fs::create_dir_all(&folder).unwrap();
    let persons = match std::env::var("KLERO_BENCH_PERSONS") {
        Ok(number) => number.parse().expect("a number of persons"),
        Err(_) => 40_000,
    };
    let file = folder.join(format!("wide-{persons}.csv"));
    let size = match std::fs::metadata(&file) {
        Ok(file) => file.len(),
        Err(_) => data::wide_file(&file, persons, 1_800, 2008..2026),
    };
    println!(
        "{persons} persons × 1,800 weeks, {:.0} MB",
        size as f64 / 1e6
    );
    let drawn: HashSet<Vec<u8>> = (0..500)
        .map(|n| data::key(n * (persons / 500)).into_bytes())
        .collect();
    measure("all persons", &folder, &file, size, None);
    measure("500 drawn", &folder, &file, size, Some(drawn));
    if let Some(peak) = peak_memory() {
        println!("peak memory {:.0} MB", peak as f64 / 1e6);
    }
}

fn measure(name: &str, folder: &Path, file: &Path, size: u64, keep: Option<HashSet<Vec<u8>>>) {
    let register = Register {
        id: "dream".to_owned(),
        kind: RegisterKind::Dream,
        files: vec![PathBuf::from(file.file_name().unwrap())],
        key: None,
        columns: Vec::new(),
        wins: None,
        codes: None,
        absent: Absence::Missing,
    };
    let mut rates: Vec<f64> = (0..5)
        .map(|_| {
            let begin = Instant::now();
            let done = ingest(&Ingest {
                register: &register,
                folder,
                derived: folder,
                keep: keep.clone(),
                threads: std::thread::available_parallelism().map_or(1, usize::from),
                sort_memory: SORT_MEMORY,
                drawn: None,
                writing: Writing::Store,
                progress: &|_| {},
            })
            .unwrap();
            assert!(done.persons > 0);
            size as f64 / 1e6 / begin.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    println!(
        "{name:12} {:7.0} MB/s (lowest {:.0}, highest {:.0})",
        rates[2], rates[0], rates[4]
    );
}

/// Returns the most memory the process has held, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

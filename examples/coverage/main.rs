//! How often klero's intervals hold the truth, and its tests keep to their level, under the draw.
//!
//! `cargo run --release --example coverage` prints the tables of docs/coverage.md, which says how
//! to read them; `-- --quick` makes a tenth of the draws.
//!
//! The people and what would happen to each of them in either arm are made once and stay as they
//! are. Only the draw is repeated: by [`Machine`](klero::draw::Machine), the machine of a live
//! trial, under another master key each time. The truth is that of these very people, unless a
//! file says otherwise. Every draw follows from its number, and what is counted are whole numbers,
//! so that the tables are the same for any number of threads.

mod alone;
mod clusters;
mod draws;
mod missing;
mod numbers;
mod people;
mod received;
mod replays;
mod shares;
mod table;
mod times;

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use draws::{PLANS, Plan};
use table::{Table, Tallies};

const LEVEL: f64 = 0.95;
const SIZES: [usize; 3] = [30, 100, 503];
const CLUSTERS: [usize; 3] = [10, 20, 40];
/// Names of the strata.
const STRATA: [&str; 3] = ["a", "b", "c"];

/// Draws for most methods: a coverage of 95 % has a Monte-Carlo standard error of 0.22 points.
const DRAWS: u64 = 10_000;
/// Draws for the tests that replay the draw themselves: 0.28 points.
const TESTED: u64 = 6_000;
/// Draws for `late`, bounds and times, which have many cases: 0.31 points.
const HALF: u64 = 5_000;

/// Methods that are looked at together.
struct Part {
    name: &'static str,
    count: fn(&Plan, usize, u64) -> Tallies,
    draws: u64,
    sizes: [usize; 3],
    /// Of the plans, those from the first on.
    plans: usize,
}

const PARTS: [Part; 7] = [
    Part::of_persons("numbers", numbers::numbers, DRAWS),
    Part::of_persons("replays", replays::replays, TESTED),
    Part::of_persons("received", received::received, HALF),
    Part::of_persons("times", times::times, HALF),
    Part::of_persons("missing", missing::missing, HALF),
    Part {
        name: "clusters",
        count: clusters::clusters,
        draws: DRAWS,
        sizes: CLUSTERS,
        // Those without factors.
        plans: 5,
    },
    Part::of_persons("shares", shares::shares, DRAWS),
];

impl Part {
    const fn of_persons(
        name: &'static str,
        count: fn(&Plan, usize, u64) -> Tallies,
        draws: u64,
    ) -> Part {
        Part {
            name,
            count,
            draws,
            sizes: SIZES,
            plans: PLANS.len(),
        }
    }
}

fn main() {
    let begin = std::time::Instant::now();
    let quick = std::env::args().any(|argument| argument == "--quick");
    let tenth = if quick { 10 } else { 1 };
    let mut jobs = Vec::new();
    for part in &PARTS {
        for n in part.sizes.into_iter().rev() {
            jobs.extend((0..part.plans).map(|plan| (part, n, plan)));
        }
    }
    let next = AtomicUsize::new(0);
    let table = Mutex::new(Table::default());
    let work = || {
        while let Some(&(part, n, plan)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let started = std::time::Instant::now();
            let found = (part.count)(&PLANS[plan], n, part.draws / tenth);
            table.lock().expect("no thread panics").fill(plan, found);
            let seconds = started.elapsed().as_secs_f64();
            eprintln!("{} {n} {}: {seconds:.1} s", part.name, PLANS[plan].title());
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    table.into_inner().expect("no thread panics").print();
    alone::print_one_share();
    alone::print_one_curve(DRAWS / tenth);
    eprintln!("{:.0} s", begin.elapsed().as_secs_f64());
}

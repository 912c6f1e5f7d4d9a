//! What jobs take, klero's and those of its peers, and the rows of the table that says so.
//!
//! Seconds of cores are those of all threads added up: whatever else the machine does bears little
//! on them. The memory of a whole process is the most it held; that of a job within a process is
//! what it took beside what was there when it began.

#![allow(dead_code)]

use std::process::{Command, Stdio};
use std::time::Instant;

/// What a job took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub cores: f64,
    pub clock: f64,
    /// In MB; absent where the system does not tell.
    pub memory: Option<f64>,
}

/// A job that was done, or that a peer would have done were it there.
pub struct Done {
    pub by: String,
    pub job: String,
    pub took: Option<Took>,
    /// What came out, or NaN for what a peer does not tell.
    pub values: Vec<f64>,
}

/// Does a job some times. The least seconds count, and the most memory.
pub fn least(runs: usize, mut run: impl FnMut() -> Took) -> Took {
    let first = run();
    (1..runs).fold(first, |least, _| {
        let took = run();
        Took {
            cores: least.cores.min(took.cores),
            clock: least.clock.min(took.clock),
            memory: least.memory.zip(took.memory).map(|(a, b)| a.max(b)),
        }
    })
}

/// Does a job of klero's within this process, some times.
pub fn done(job: &str, runs: usize, mut work: impl FnMut() -> Vec<f64>) -> Done {
    let mut values = Vec::new();
    let took = least(runs, || {
        let (before, begin, cores) = (system::memory(), Instant::now(), system::cores());
        values = work();
        Took {
            cores: system::cores() - cores,
            clock: begin.elapsed().as_secs_f64(),
            memory: before.and_then(system::memory_since),
        }
    });
    Done {
        by: "klero".to_owned(),
        job: job.to_owned(),
        took: Some(took),
        values,
    }
}

/// Runs a program from its start to its exit, which must be 0.
pub fn process(command: &mut Command) -> Took {
    let begin = Instant::now();
    let child = command
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    system::wait(child, begin)
}

/// Runs a script of peers. Each of its lines is, separated by tabs: peer, job, seconds of cores,
/// seconds on the clock, MB or `-`, and what came out; or peer, job and `missing`.
pub fn peers(script: &mut Command) -> Vec<Done> {
    let output = match script.stderr(Stdio::inherit()).output() {
        Ok(output) => output,
        Err(error) => {
            println!("missing: {}: {error}", script.get_program().display());
            return Vec::new();
        }
    };
    assert!(output.status.success(), "{script:?} failed");
    let text = String::from_utf8(output.stdout).expect("scripts print UTF-8");
    text.lines().map(Done::of).collect()
}

impl Done {
    fn of(line: &str) -> Done {
        let number = |cell: &str| -> f64 { cell.parse().unwrap_or_else(|_| panic!("{line}")) };
        let cells: Vec<&str> = line.split('\t').collect();
        let (took, values) = match cells[2..] {
            [cores, clock, memory, values] => {
                let took = Took {
                    cores: number(cores),
                    clock: number(clock),
                    memory: (memory != "-").then(|| number(memory)),
                };
                (Some(took), values.split_whitespace().map(number).collect())
            }
            ["missing"] => (None, Vec::new()),
            _ => panic!("`{line}` is not what a script of peers prints"),
        };
        Done {
            by: cells[0].to_owned(),
            job: cells[1].to_owned(),
            took,
            values,
        }
    }

    /// Prints the row, with how much more a peer takes than klero, and how far both agree.
    pub fn print(&self, own: Option<&Took>, agreement: &str) {
        let Done { by, job, .. } = self;
        let Some(took) = &self.took else {
            println!("| {job} | {by} | missing | | | | |");
            return;
        };
        let memory = took.memory.map_or(String::new(), |mb| format!("{mb:.0}"));
        let ratio = match own {
            None => String::new(),
            Some(own) => {
                let clock = digits(took.clock / own.clock);
                format!("1 : {}, 1 : {clock}", digits(took.cores / own.cores))
            }
        };
        let (cores, clock) = (digits(took.cores), digits(took.clock));
        println!("| {job} | {by} | {cores} | {clock} | {memory} | {ratio} | {agreement} |");
    }
}

/// Prints klero's rows, each with those of its peers below it.
pub fn print(own: &[Done], peers: &[Done], agreement: impl Fn(&Done, &Done) -> String) {
    for done in own {
        done.print(None, "");
        for peer in peers.iter().filter(|peer| peer.job == done.job) {
            let agreement = match peer.took {
                Some(_) => agreement(done, peer),
                None => String::new(),
            };
            peer.print(done.took.as_ref(), &agreement);
        }
    }
    for peer in peers {
        let known = own.iter().any(|done| done.job == peer.job);
        assert!(known, "nobody asked {} for {}", peer.by, peer.job);
    }
}

/// Shows a number with three digits, or all those before the point.
fn digits(value: f64) -> String {
    let before = value.abs().max(1e-9).log10().floor() as i32;
    format!("{value:.*}", (2 - before).clamp(0, 6) as usize)
}

/// What the system tells of processes.
#[cfg(unix)]
mod system {
    use std::process::Child;
    use std::time::Instant;

    use super::Took;

    fn seconds(usage: &libc::rusage) -> f64 {
        let seconds = |time: libc::timeval| time.tv_sec as f64 + 1e-6 * time.tv_usec as f64;
        seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Returns the seconds of all cores together that this process has used.
    pub fn cores() -> f64 {
        let mut usage = std::mem::MaybeUninit::zeroed();
        // SAFETY: the struct is plain numbers, and the call fills it in.
        let usage = unsafe {
            assert_eq!(libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()), 0);
            usage.assume_init()
        };
        seconds(&usage)
    }

    /// Waits for a child.
    pub fn wait(child: Child, begin: Instant) -> Took {
        let (mut status, mut usage) = (0, std::mem::MaybeUninit::zeroed());
        let id = child.id() as libc::pid_t;
        // SAFETY: nobody else waits for the child, and the call fills in plain numbers.
        let usage = unsafe {
            assert_eq!(libc::wait4(id, &mut status, 0, usage.as_mut_ptr()), id);
            usage.assume_init()
        };
        assert_eq!(status, 0, "the program failed");
        // Linux counts kilobytes, macOS bytes.
        let unit = if cfg!(target_os = "macos") {
            1.0
        } else {
            1024.0
        };
        Took {
            cores: seconds(&usage),
            clock: begin.elapsed().as_secs_f64(),
            memory: Some(unit * usage.ru_maxrss as f64 / 1e6),
        }
    }

    /// Returns the memory that this process holds, in MB, from where the most of it is counted.
    pub fn memory() -> Option<f64> {
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        // SAFETY: it gives back what was freed, and touches nothing else.
        unsafe {
            libc::malloc_trim(0);
        }
        // proc_pid_clear_refs(5): the peak begins again.
        std::fs::write("/proc/self/clear_refs", "5").ok()?;
        of_status("VmRSS:")
    }

    /// Returns the most memory since then, beside what there was, in MB.
    pub fn memory_since(before: f64) -> Option<f64> {
        Some((of_status("VmHWM:")? - before).max(0.0))
    }

    fn of_status(name: &str) -> Option<f64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kilobytes * 1024.0 / 1e6)
    }
}

#[cfg(not(unix))]
mod system {
    use std::process::Child;
    use std::sync::OnceLock;
    use std::time::Instant;

    use super::Took;

    /// Returns the time on the clock, where the system is not asked for better.
    pub fn cores() -> f64 {
        static BEGIN: OnceLock<Instant> = OnceLock::new();
        BEGIN.get_or_init(Instant::now).elapsed().as_secs_f64()
    }

    pub fn wait(mut child: Child, begin: Instant) -> Took {
        assert!(child.wait().unwrap().success(), "the program failed");
        let clock = begin.elapsed().as_secs_f64();
        Took {
            cores: clock,
            clock,
            memory: None,
        }
    }

    pub fn memory() -> Option<f64> {
        None
    }

    pub fn memory_since(_: f64) -> Option<f64> {
        None
    }
}

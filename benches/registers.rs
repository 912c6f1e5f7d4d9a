//! `klero ingest` and `klero outcomes` as whole processes, with their memory; and polars and DuckDB
//! at the same work, where `KLERO_PYTHON` names a Python that has them.
//!
//! `cargo bench --bench registers`; benches/README.md says what is compared with what. With
//! `KLERO_BENCH_PERSONS` for as many persons as that, with `KLERO_BENCH_PEOPLE` for the outcomes
//! of so many. Everything a peer makes must be what klero makes.

#[cfg(not(unix))]
fn main() {
    println!("time and memory of a process are read on Unix only");
}

#[cfg(unix)]
mod data;

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File};
    use std::io::{BufWriter, Write};
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use klero::draw::Words;
    use klero::period::Week;
    use klero::protocol::State;
    use klero::register::store::Store;
    use klero::register::{Class, CodeTable};

    use super::data;

    const STUDY: &str = "[study]\nid = \"bench\"\ntitle = \"Bench\"\n[[arm]]\nid = \"a\"\n\
        [register.dream]\nkind = \"dream\"\nfiles = [\"wide.csv\"]\n\
        [[outcome]]\nid = \"weeks\"\nmeasure = \"weeks\"\nstates = [\"praktik\"]\nweeks = [1, 52]\n\
        [[outcome]]\nid = \"first\"\nmeasure = \"time-to\"\nstates = [\"praktik\"]\nweeks = [1, 104]\n";

    /// What a process took.
    #[derive(Clone, Copy)]
    struct Took {
        seconds: f64,
        /// Of all cores together: on a busy machine the number to compare.
        cores: f64,
        /// The most memory it held, in MB.
        peak: f64,
    }

    pub fn main() {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("registers");
        fs::create_dir_all(&folder).unwrap();
        if let Some(people) = number("KLERO_BENCH_PEOPLE") {
            return of_many(&folder, people);
        }
        let persons = number("KLERO_BENCH_PERSONS").unwrap_or(40_000);
        let folder = folder.join(persons.to_string());
        prepare(&folder, persons, 1_800);
        let size = fs::metadata(folder.join("wide.csv")).unwrap().len() as f64 / 1e6;
        println!("{persons} persons × 1,800 weeks, {size:.0} MB\n");
        let ingest = least(5, || klero(&folder, &["ingest"]));
        told("ingest", "klero", ingest, None);
        let made = [
            "outcomes",
            "--dates",
            "dates.csv",
            "--out",
            "out.csv",
            "--force",
        ];
        let outcomes = least(5, || klero(&folder, &made));
        told("outcomes", "klero", outcomes, None);
        println!("ingest at {:.0} MB/s\n", size / ingest.seconds);
        let Some(python) = std::env::var_os("KLERO_PYTHON") else {
            return;
        };
        let spells = spells(&folder);
        let expected = expected(&folder);
        let own = |task: &str| match task {
            "ingest" => ingest,
            "outcomes" => outcomes,
            _ => Took {
                seconds: ingest.seconds + outcomes.seconds,
                cores: ingest.cores + outcomes.cores,
                peak: ingest.peak.max(outcomes.peak),
            },
        };
        told("both", "klero", own("both"), None);
        to_parquet(&folder, Path::new(&python));
        for task in ["ingest", "outcomes", "both"] {
            for peer in ["polars", "duckdb"] {
                for form in ["natural", "best"] {
                    let took = least(if form == "best" { 3 } else { 1 }, || {
                        let script =
                            concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/register.py");
                        let mut command = Command::new(&python);
                        command.arg(script).args([peer, form, task]).arg(&folder);
                        let output = command.output().unwrap();
                        let error = String::from_utf8_lossy(&output.stderr);
                        assert!(output.status.success(), "{peer} {form} {task}: {error}");
                        let text = String::from_utf8(output.stdout).unwrap();
                        let numbers: Vec<f64> = text
                            .trim()
                            .split('\t')
                            .map(|n| n.parse().unwrap())
                            .collect();
                        Took {
                            seconds: numbers[0],
                            cores: numbers[1],
                            peak: numbers[2],
                        }
                    });
                    told(task, &format!("{peer}, {form}"), took, Some(own(task)));
                    let read = |what: &str| {
                        fs::read_to_string(folder.join(format!("{what}-{peer}-{form}.csv")))
                            .unwrap()
                    };
                    assert!(
                        task == "outcomes" || bare(&read("spells")) == spells,
                        "{peer} {form}: other spells"
                    );
                    assert!(
                        task == "ingest" || bare(&read("outcomes")) == expected,
                        "{peer} {form}: other outcomes"
                    );
                }
            }
        }
        println!(
            "\nall agree: {} spells, {} outcomes",
            spells.lines().count(),
            expected.lines().count()
        );
    }

    fn number(variable: &str) -> Option<u64> {
        let text = std::env::var(variable).ok()?;
        Some(text.parse().expect("a number of persons"))
    }

    /// Writes the files that are not there yet: the register, the dates, the codes that count.
    fn prepare(folder: &Path, persons: u64, weeks: i32) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("study.toml"), STUDY).unwrap();
        let wide = folder.join("wide.csv");
        if !wide.exists() {
            let wages = if weeks > 400 { 2008..2026 } else { 0..0 };
            data::wide_file(&wide, persons, weeks, wages);
        }
        let mut words = data::stream("dates");
        let mut out = BufWriter::new(File::create(folder.join("dates.csv")).unwrap());
        writeln!(out, "referral,date").unwrap();
        for person in 0..persons {
            // Windows of 104 weeks lie within the register.
            let week = Week(words.below(weeks as u64 - 106) as i32);
            writeln!(out, "{},{}", data::key(person), week.monday()).unwrap();
        }
        let mut codes = String::from("code\n");
        for entry in &CodeTable::built_in().entries {
            if entry.class == Class::Is(State::Praktik) {
                codes += &format!("{}\n", entry.code);
            }
        }
        fs::write(folder.join("codes.csv"), codes).unwrap();
    }

    /// Returns the run that took the least time.
    fn least(runs: usize, mut run: impl FnMut() -> Took) -> Took {
        (0..runs)
            .map(|_| run())
            .min_by(|a, b| a.seconds.total_cmp(&b.seconds))
            .expect("some runs")
    }

    fn told(task: &str, who: &str, took: Took, own: Option<Took>) {
        let ratio = own.map_or(String::new(), |own| {
            format!(
                "   1 : {:.1}, 1 : {:.1}",
                took.seconds / own.seconds,
                took.cores / own.cores
            )
        });
        println!(
            "{task:9} {who:16} {:8.2} s {:8.2} s of cores {:7.0} MB{ratio}",
            took.seconds, took.cores, took.peak
        );
    }

    /// Runs the program, and returns what it took from its start to its end.
    #[expect(
        clippy::zombie_processes,
        reason = "wait4 waits for it, and tells its memory"
    )]
    fn klero(folder: &Path, arguments: &[&str]) -> Took {
        let begin = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_klero"))
            .current_dir(folder)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
        let id = child.id() as libc::pid_t;
        // SAFETY: the child is ours, waited for here alone, and the two places are written to.
        let (waited, usage) = unsafe {
            let waited = libc::wait4(id, &mut status, 0, usage.as_mut_ptr());
            (waited, usage.assume_init())
        };
        assert_eq!((waited, status), (id, 0), "klero {arguments:?}");
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        Took {
            seconds: begin.elapsed().as_secs_f64(),
            cores: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            peak: usage.ru_maxrss as f64 / 1e3,
        }
    }

    /// Writes klero's spells as the peers write theirs, and returns them.
    fn spells(folder: &Path) -> String {
        let mut text = String::new();
        let store = Store::open(&folder.join("derived"), "dream").unwrap();
        let each = |person: &klero::register::Person| {
            for spell in &person.spells {
                text += &format!(
                    "{},{},{},{}\n",
                    person.key, spell.first.0, spell.weeks, spell.code
                );
            }
        };
        store.read(None, each).unwrap();
        fs::write(
            folder.join("spells.csv"),
            format!("key,first,weeks,code\n{text}"),
        )
        .unwrap();
        text
    }

    /// Returns klero's outcomes as the peers write theirs.
    fn expected(folder: &Path) -> String {
        let text = fs::read_to_string(folder.join("out.csv")).unwrap();
        let rows = text.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            // referral, weeks, weeks_missing, first, first_status, first_missing
            assert_eq!((cells[2], cells[5]), ("", ""), "{line}");
            format!("{},{},{},{}\n", cells[0], cells[1], cells[3], cells[4])
        });
        rows.collect()
    }

    /// Takes off the header and the quotes.
    fn bare(text: &str) -> String {
        let (_, rows) = text.split_once('\n').unwrap();
        rows.replace('"', "")
    }

    fn to_parquet(folder: &Path, python: &Path) {
        let make = "import sys, polars as pl\n\
                    types = {'key': pl.String, 'code': pl.String}\n\
                    spells = pl.read_csv('spells.csv', schema_overrides=types)\n\
                    spells.with_columns(pl.col('code').fill_null('')).write_parquet('spells.parquet')";
        let done = Command::new(python)
            .current_dir(folder)
            .args(["-c", make])
            .status();
        assert!(done.unwrap().success());
    }

    /// Outcomes of many people whose weeks are few: 208 of them, from a wide file that is made once.
    fn of_many(folder: &Path, people: u64) {
        let folder: PathBuf = folder.join(format!("people-{people}"));
        prepare(&folder, people, 208);
        if !folder.join("derived/dream.spells").exists() {
            told("ingest", "klero", klero(&folder, &["ingest"]), None);
        }
        let store = folder.join("derived/dream.spells");
        let size = fs::metadata(store).unwrap().len() as f64 / 1e9;
        println!("{people} people, spells of {size:.2} GB");
        let took = least(3, || klero(&folder, &["outcomes", "--dates", "dates.csv"]));
        told("outcomes", "klero", took, None);
    }
}

//! `klero ingest` and `klero outcomes` as whole processes, with their memory; and polars, DuckDB
//! and data.table at the same work, where `KLERO_PYTHON` names a Python that has the first two and
//! `KLERO_PEERS` a folder of R's packages.
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
mod measure;

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

    use klero::draw::Words;
    use klero::period::Week;
    use klero::protocol::State;
    use klero::register::store::Store;
    use klero::register::{Class, CodeTable};

    use super::data;
    use super::measure::{self, Done, Took};

    const STUDY: &str = "[study]\nid = \"bench\"\ntitle = \"Bench\"\n[[arm]]\nid = \"a\"\n\
        [register.dream]\nkind = \"dream\"\nfiles = [\"wide.csv\"]\n\
        [[outcome]]\nid = \"weeks\"\nmeasure = \"weeks\"\nstates = [\"praktik\"]\nweeks = [1, 52]\n\
        [[outcome]]\nid = \"first\"\nmeasure = \"time-to\"\nstates = [\"praktik\"]\nweeks = [1, 104]\n";

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
        let took = Own {
            ingest: measure::least(5, || klero(&folder, &["ingest"])),
            outcomes: measure::least(5, || klero(&folder, &MADE)),
        };
        println!("ingest at {:.0} MB/s\n", size / took.ingest.clock);
        let made = Made {
            spells: spells(&folder),
            outcomes: expected(&folder),
        };
        let mut peers = Vec::new();
        if let Some(python) = std::env::var_os("KLERO_PYTHON") {
            let loads = ["-c", "import polars, duckdb, numpy"];
            let there = succeeds(Command::new(&python).args(loads));
            if there {
                to_parquet(&folder, Path::new(&python));
            }
            for peer in ["polars", "duckdb"] {
                for form in ["natural", "best"] {
                    for task in TASKS {
                        if !there {
                            peers.push(done(peer, form, task, None));
                            continue;
                        }
                        let mut command = Command::new(&python);
                        command.arg(script("register.py")).args([peer, form, task]);
                        let took = run(command.arg(&folder), form);
                        made.compare(&folder, peer, form, task);
                        peers.push(done(peer, form, task, Some(took)));
                    }
                }
            }
        }
        if let Some(library) = std::env::var_os("KLERO_PEERS") {
            let peer = "data.table";
            let loads = ".libPaths(commandArgs(TRUE)); library(data.table)";
            let there = succeeds(Command::new("Rscript").args(["-e", loads]).arg(&library));
            for form in ["natural", "best"] {
                // It reads no Parquet.
                for task in ["ingest", "both"] {
                    if !there {
                        peers.push(done(peer, form, task, None));
                        continue;
                    }
                    let mut command = Command::new("Rscript");
                    command.arg(script("register.R")).args([form, task]);
                    let took = run(command.arg(&folder).arg(&library), form);
                    made.compare(&folder, peer, form, task);
                    peers.push(done(peer, form, task, Some(took)));
                }
            }
        }
        let own = TASKS.map(|task| Done {
            by: "klero".to_owned(),
            job: job(task).to_owned(),
            took: Some(took.of(task)),
            values: Vec::new(),
        });
        let (spells, outcomes) = (made.spells.lines().count(), made.outcomes.lines().count());
        println!("{spells} spells, {outcomes} outcomes");
        measure::print(&own, &peers, |_, _| "all rows".to_owned());
    }

    const TASKS: [&str; 3] = ["ingest", "outcomes", "both"];
    const MADE: [&str; 6] = [
        "outcomes",
        "--dates",
        "dates.csv",
        "--out",
        "out.csv",
        "--force",
    ];

    fn job(task: &str) -> &'static str {
        match task {
            "ingest" => "wide file into spells",
            "outcomes" => "spells into outcomes",
            _ => "wide file into outcomes",
        }
    }

    fn succeeds(command: &mut Command) -> bool {
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn done(peer: &str, form: &str, task: &str, took: Option<Took>) -> Done {
        Done {
            by: format!("{peer}, {form} form"),
            job: job(task).to_owned(),
            took,
            values: Vec::new(),
        }
    }

    /// What klero took.
    struct Own {
        ingest: Took,
        outcomes: Took,
    }

    impl Own {
        fn of(&self, task: &str) -> Took {
            let (a, b) = (self.ingest, self.outcomes);
            match task {
                "ingest" => a,
                "outcomes" => b,
                _ => Took {
                    cores: a.cores + b.cores,
                    clock: a.clock + b.clock,
                    memory: a.memory.zip(b.memory).map(|(a, b)| a.max(b)),
                },
            }
        }
    }

    /// What klero made.
    struct Made {
        spells: String,
        outcomes: String,
    }

    impl Made {
        fn compare(&self, folder: &Path, peer: &str, form: &str, task: &str) {
            let read = |what: &str| {
                let name = format!("{what}-{peer}-{form}.csv");
                bare(&fs::read_to_string(folder.join(name)).unwrap())
            };
            let same = task == "outcomes" || read("spells") == self.spells;
            assert!(same, "{peer} {form}: other spells");
            let same = task == "ingest" || read("outcomes") == self.outcomes;
            assert!(same, "{peer} {form}: other outcomes");
        }
    }

    fn script(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("benches/peers")
            .join(name)
    }

    /// Runs a peer, the natural form once. It says itself what it took: seconds, seconds of cores,
    /// and MB.
    fn run(command: &mut Command, form: &str) -> Took {
        measure::least(if form == "best" { 3 } else { 1 }, || {
            let output = command.output().unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{command:?}: {error}");
            let text = String::from_utf8(output.stdout).unwrap();
            let numbers = text.trim().split('\t').map(|n| n.parse().unwrap());
            match numbers.collect::<Vec<f64>>()[..] {
                [clock, cores, peak] => Took {
                    cores,
                    clock,
                    memory: Some(peak),
                },
                _ => panic!("`{text}` is not seconds, seconds of cores, and MB"),
            }
        })
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

    /// Runs the program, and returns what it took from its start to its end.
    fn klero(folder: &Path, arguments: &[&str]) -> Took {
        let mut klero = Command::new(env!("CARGO_BIN_EXE_klero"));
        klero.current_dir(folder).args(arguments);
        measure::process(klero.stdout(Stdio::null()).stderr(Stdio::null()))
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
        let told = |task: &str, took: Took| {
            let Took { cores, clock, .. } = took;
            let memory = took.memory.unwrap_or(f64::NAN);
            println!("{task}: {clock:.2} s, {cores:.2} s of cores, {memory:.0} MB");
        };
        if !folder.join("derived/dream.spells").exists() {
            told("ingest", klero(&folder, &["ingest"]));
        }
        let store = folder.join("derived/dream.spells");
        let size = fs::metadata(store).unwrap().len() as f64 / 1e9;
        println!("{people} people, spells of {size:.2} GB");
        let read = || klero(&folder, &["outcomes", "--dates", "dates.csv"]);
        told("outcomes", measure::least(3, read));
    }
}

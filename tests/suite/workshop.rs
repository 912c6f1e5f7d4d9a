//! What tests work with: folders of their own, the program, small plans.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use klero::draw::Seed;
use klero::ledger::{Clock, PATIENCE, Referral, Seal, Stamp, Writer, referrals};
use klero::protocol::Protocol;
use klero::table::Table;

/// A new empty folder, taken away when dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the program said and how it ended.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    #[track_caller]
    pub fn ok(self) -> Said {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn fails_with(self, code: i32, parts: &[&str]) -> Said {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        for part in parts {
            assert!(self.err.contains(part), "no {part:?} in:\n{}", self.err);
        }
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {}", self.out))
    }
}

/// Runs the program in a folder, at 08:00 on 1 May 2017.
pub fn klero(folder: &Path, arguments: &[&str]) -> Said {
    klero_at(folder, Some("2017-05-01T08:00:00Z"), arguments)
}

pub fn klero_at(folder: &Path, now: Option<&str>, arguments: &[&str]) -> Said {
    let Output {
        status,
        stdout,
        stderr,
    } = command(folder, now, arguments).output().unwrap();
    Said {
        code: status.code().expect("no signal"),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// Returns the program with its surroundings, to be run.
pub fn command(folder: &Path, now: Option<&str>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_klero"));
    command
        .current_dir(folder)
        .args(arguments)
        .env_remove("KLERO_NOW")
        .env("KLERO_BY", "tester");
    if let Some(now) = now {
        command.env("KLERO_NOW", now);
    }
    command
}

/// A plan with two arms, two factors and the `[allocation]` given.
pub fn plan_with(allocation: &str) -> String {
    format!(
        r#"[study]
id = "study-1"
title = "A study"

[[arm]]
id = "effort"
[[arm]]
id = "control"
reference = true

[[factor]]
id = "place"
levels = ["Tønder", "Brøndby"]
[[factor]]
id = "age"
min = 18
max = 66
bands = {{ "18-29" = [18, 29], "30-66" = [30, 66] }}

{allocation}

[register.dream]
kind = "dream"
files = ["dream.csv"]
"#
    )
}

pub const COMPLETE: &str = "[allocation]\nprocedure = \"complete\"\nstrata = [\"place\", \"age\"]";

pub fn seed() -> Seed {
    Seed::from_bytes([7; 32])
}

pub fn stamp(time: &str) -> Stamp {
    Stamp {
        time: time.parse().unwrap(),
        by: "tester".to_owned(),
        clock: Clock::Set,
    }
}

pub fn noon() -> Stamp {
    stamp("2017-05-01T12:00:00Z")
}

/// Seals a plan in a folder.
pub fn sealed(folder: &Folder, plan: &str) -> Protocol {
    let protocol = Protocol::read(plan).unwrap_or_else(|error| panic!("{error}"));
    let seal = Seal {
        format: "klero-ledger-1".to_owned(),
        draw: "klero-draw-1".to_owned(),
        study: protocol.study.id.clone(),
        protocol: protocol.text.clone(),
        commitment: seed().commitment(&protocol.study.id),
        beacon_rule: String::new(),
    };
    Writer::create(&folder.join("ledger.jsonl"), seal, &noon()).unwrap();
    protocol
}

/// Opens a ledger for writing. Another test that starts a program at this moment keeps a lock that
/// was just given up until the program runs, so this waits.
pub fn open(folder: &Folder) -> Writer {
    Writer::open(&folder.join("ledger.jsonl"), "tester", PATIENCE).unwrap()
}

/// Reads a list of referrals for a plan.
pub fn list(text: &str, protocol: &Protocol) -> Vec<Referral> {
    let table = Table::parse(Path::new("list.csv"), text.as_bytes()).unwrap();
    referrals(&table, protocol)
        .unwrap_or_else(|error| panic!("{error}"))
        .0
}

/// A list of people spread over places and ages.
pub fn people(count: usize) -> String {
    let mut text = String::from("id,place,age\n");
    for n in 0..count {
        let place = ["Tønder", "Brøndby"][n % 2];
        text += &format!("r-{n:04},{place},{}\n", 18 + (n * 7) % 49);
    }
    text
}

/// Returns a Python that has `tomllib`; tests that need one pass where there is none, and
/// `.ci/run` sees to it that there is.
pub fn python() -> Option<&'static str> {
    let tried = Command::new("python3")
        .args(["-c", "import tomllib"])
        .output();
    match tried {
        Ok(output) if output.status.success() => Some("python3"),
        _ => {
            eprintln!("no Python 3.11 or newer: the second auditor is not run");
            None
        }
    }
}

/// Returns an Rscript that has estimatr and survival; tests that need one pass where there is none.
pub fn rscript() -> Option<&'static str> {
    let packages = "stopifnot(requireNamespace('estimatr'), requireNamespace('survival'))";
    let tried = Command::new("Rscript").args(["-e", packages]).output();
    match tried {
        Ok(output) if output.status.success() => Some("Rscript"),
        _ => {
            eprintln!("no R with estimatr and survival: verify.R is not run");
            None
        }
    }
}

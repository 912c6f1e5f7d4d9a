//! The folder of a study: where its files are, and reading them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use klero::draw::{NotASeed, Seed};
use klero::ledger::{Ledger, LedgerError};
use klero::protocol::{Protocol, ProtocolError};
use klero::register::store::Store;
use klero::register::{CodeTable, Format, RegisterError, Source, code_table};
use klero::results::Sources;
use klero::sample::{Drawn, People};
use klero::spelling::nearest;
use klero::table::Table;

use super::Surroundings;
use super::failure::refused;

pub const PLAN: &str = "study.toml";
pub const LEDGER: &str = "ledger.jsonl";
pub const SEED: &str = "seed.key";
pub const DERIVED: &str = "derived";
pub const OUTCOMES: &str = "outcomes.parquet";

/// A study's folder.
pub struct Study {
    pub folder: PathBuf,
}

/// Why a study's files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    #[error("no `study.toml` here or in a folder above\n  looked from {}", from.display())]
    NoStudy { from: PathBuf },
    #[error("no `study.toml` in {}", folder.display())]
    NotAStudy { folder: PathBuf },
    #[error("cannot read `{}`: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("`{}` is not UTF-8 text", path.display())]
    NotUtf8 { path: PathBuf },
    #[error("{}", faults_in(path, faults))]
    Protocol {
        path: PathBuf,
        faults: ProtocolError,
    },
    #[error("no seed at `{}`", path.display())]
    NoSeed { path: PathBuf },
    #[error("no file `{}`", path.display())]
    NoFile {
        path: PathBuf,
        nearest: Option<PathBuf>,
    },
    #[error("{source}\n  in {}", path.display())]
    NotASeed { path: PathBuf, source: NotASeed },
}

fn faults_in(path: &Path, error: &ProtocolError) -> String {
    let mut text = match error.faults.as_slice() {
        [_] => "the plan has a fault".to_owned(),
        faults => format!("the plan has {} faults", faults.len()),
    };
    for fault in &error.faults {
        text += &format!("\n  {}, line {}: {fault}", path.display(), fault.line);
    }
    text
}

impl Study {
    /// Finds the study: `--study`, or the folder around the current one that holds a plan.
    pub fn find(around: &Surroundings) -> anyhow::Result<Study> {
        let folder = match &around.study {
            Some(folder) if folder.join(PLAN).is_file() => folder.clone(),
            Some(folder) => {
                return Err(StudyError::NotAStudy {
                    folder: folder.clone(),
                }
                .into());
            }
            None => {
                let here = std::env::current_dir().context("no current folder")?;
                match here.ancestors().find(|folder| folder.join(PLAN).is_file()) {
                    Some(folder) if folder == here => PathBuf::from("."),
                    Some(folder) => folder.to_owned(),
                    None => return Err(StudyError::NoStudy { from: here }.into()),
                }
            }
        };
        if around.announced {
            let plan = folder.join(PLAN);
            around.console.say(format!("study: {}", plan.display()));
        }
        Ok(Study { folder })
    }

    /// Finds the study, or a folder that holds a ledger alone: its plan stands in the ledger.
    pub fn with_ledger(around: &Surroundings) -> anyhow::Result<Study> {
        let folder = around.study.clone().unwrap_or_else(|| PathBuf::from("."));
        if folder.join(PLAN).is_file() || !folder.join(LEDGER).is_file() {
            return Study::find(around);
        }
        let study = Study { folder };
        if around.announced {
            around.console.say(format!(
                "ledger: {}, with no study.toml beside it: the plan is the ledger's",
                study.ledger_path().display()
            ));
        }
        Ok(study)
    }

    /// Returns the table of codes of each register of the plan.
    pub fn code_tables(&self, plan: &Protocol) -> Result<Vec<CodeTable>, RegisterError> {
        plan.registers
            .iter()
            .map(|register| Ok(code_table(register, &self.folder)?.0))
            .collect()
    }

    /// Returns where what a report shows comes from.
    pub fn sources<'a>(&'a self, plan: &'a Protocol, ledger: Option<&'a Ledger>) -> Sources<'a> {
        Sources {
            plan,
            ledger,
            derived: self.derived(),
        }
    }

    pub fn plan_path(&self) -> PathBuf {
        self.folder.join(PLAN)
    }

    pub fn ledger_path(&self) -> PathBuf {
        self.folder.join(LEDGER)
    }

    pub fn derived(&self) -> PathBuf {
        self.folder.join(DERIVED)
    }

    pub fn outcomes_path(&self) -> PathBuf {
        self.derived().join(OUTCOMES)
    }

    /// Tells the sample the sizes of blocks that were drawn by lot, where the seed is revealed or
    /// lies in the folder: tests that replay the draw then hold the blocks.
    pub fn know_block_sizes(&self, ledger: &Ledger, people: &mut People) {
        if let Some(Drawn::Recorded(recorded)) = &mut people.drawn {
            let seed = match ledger.unsealed() {
                Some(seed) => Some(seed.clone()),
                None => self.seed(None).ok(),
            };
            recorded.block_sizes =
                seed.and_then(|seed| ledger.block_sizes(&seed, &recorded.strata));
        }
    }

    /// Reads and checks the plan.
    pub fn plan(&self) -> Result<Protocol, StudyError> {
        let path = self.plan_path();
        let text = read_text(&path)?;
        Protocol::read(&text).map_err(|faults| StudyError::Protocol { path, faults })
    }

    pub fn ledger(&self) -> Result<Ledger, LedgerError> {
        Ledger::read(&self.ledger_path())
    }

    /// Refuses a study with one arm, in which nothing is drawn and no ledger is kept.
    pub fn draws(&self) -> anyhow::Result<()> {
        self.draws_or("give the days on which its people started: `klero outcomes --dates FILE`")
    }

    /// The same, with what to do instead.
    pub fn draws_or(&self, instead: &str) -> anyhow::Result<()> {
        let one_arm =
            !self.ledger_path().exists() && self.plan().is_ok_and(|plan| plan.allocation.is_none());
        match one_arm {
            true => Err(refused(
                "the study has one arm: nothing is drawn, and no ledger is kept",
                instead,
            )),
            false => Ok(()),
        }
    }

    /// Reads the seed from the file named, else from the study's own.
    pub fn seed(&self, file: Option<&Path>) -> Result<Seed, StudyError> {
        match file {
            Some(file) => read_named_seed(file),
            None => read_seed(&self.folder.join(SEED)),
        }
    }

    /// Reads the seed for a trial that still draws, and warns where others can read it too.
    pub fn live_seed(
        &self,
        file: Option<&Path>,
        around: &Surroundings,
    ) -> Result<Seed, StudyError> {
        let seed = self.seed(file)?;
        let own = self.folder.join(SEED);
        let path = file.unwrap_or(&own);
        super::seal::warn_of_readers(path, around);
        Ok(seed)
    }

    /// Reads the ledger and the plan of analysis; a study with one arm has no ledger.
    pub fn ledger_and_plan(
        &self,
        around: &Surroundings,
    ) -> anyhow::Result<(Option<Ledger>, Protocol)> {
        if !self.ledger_path().exists() {
            let plan = self.plan()?;
            if plan.allocation.is_none() {
                return Ok((None, plan));
            }
        }
        let ledger = self.ledger()?;
        let plan = self.plan_beside(&ledger, around)?;
        Ok((Some(ledger), plan))
    }

    /// Warns of files that were changed after what was made of them, by the times of the files.
    pub fn warn_of_changes(&self, plan: &Protocol, outcomes_too: bool, around: &Surroundings) {
        let modified = |path: &Path| path.metadata().and_then(|found| found.modified()).ok();
        let newer = |file: &Path, made: &Path| match (modified(file), modified(made)) {
            (Some(file), Some(made)) => file > made,
            _ => false,
        };
        let warn = |file: &Path, command: &str| {
            let file = file.display();
            around.console.warn(format!(
                "{file} was changed since `{command}` read it: run it again"
            ));
        };
        for register in &plan.registers {
            // Whoever makes outcomes is stopped by it.
            if outcomes_too
                && let Err(error @ RegisterError::ReadOtherwise { .. }) =
                    Store::of(register, &self.folder, &self.derived())
            {
                around.console.warn(format!(
                    "{error}, and so were the outcomes: run `klero ingest`, then `klero outcomes`"
                ));
            }
            let store = self.derived().join(format!("{}.spells", register.id));
            let files = register.files.iter().chain(&register.codes);
            let files = files.map(|file| self.folder.join(file));
            for file in files.filter(|file| newer(file, &store)) {
                warn(&file, "klero ingest");
            }
            if outcomes_too && newer(&store, &self.outcomes_path()) {
                warn(&store, "klero outcomes");
            }
        }
        let mut tables: Vec<&Path> = Vec::new();
        let values = plan
            .outcomes
            .iter()
            .filter_map(|outcome| outcome.value.as_ref());
        for value in values.filter(|_| outcomes_too) {
            if !tables.contains(&value.file.as_path()) {
                tables.push(&value.file);
            }
        }
        for file in tables.iter().map(|file| self.folder.join(file)) {
            if newer(&file, &self.outcomes_path()) {
                warn(&file, "klero outcomes");
            }
        }
    }

    /// Reads the plan of analysis, and says where it is not the plan in force.
    pub fn plan_beside(&self, ledger: &Ledger, around: &Surroundings) -> anyhow::Result<Protocol> {
        let plan = self.plan()?;
        if plan.digest != ledger.plan().digest {
            if let Some(part) = ledger.sealed().fixed_part_that_differs(&plan) {
                return Err(super::failure::SealedPartChanged { part }.into());
            }
            around.console.warn(
                "study.toml is not the plan in force: what differs was not planned before the \
                 draw, and reports list it; `klero record amend` records a change with its reason",
            );
        }
        Ok(plan)
    }
}

/// Returns the digest of the plan in force: the ledger's, or with one arm the plan's own.
pub fn in_force(ledger: Option<&Ledger>, plan: &Protocol) -> String {
    ledger
        .map_or(plan.digest, |ledger| ledger.plan().digest)
        .to_string()
}

/// Returns the digest of the plan that is used, where it is not the one in force.
pub fn plan_used(ledger: Option<&Ledger>, plan: &Protocol) -> Option<String> {
    let differs = ledger.is_some_and(|ledger| ledger.plan().digest != plan.digest);
    differs.then(|| plan.digest.to_string())
}

/// Reads a seed's file: 64 digits, and one line end at most.
pub fn read_seed(path: &Path) -> Result<Seed, StudyError> {
    let text = read_text(path).map_err(|error| match error {
        StudyError::Io { path, source } if source.kind() == io::ErrorKind::NotFound => {
            StudyError::NoSeed { path }
        }
        other => other,
    })?;
    Seed::read(without_line_end(&text)).map_err(|source| StudyError::NotASeed {
        path: path.to_owned(),
        source,
    })
}

/// Reads the seed's file that somebody named.
pub fn read_named_seed(path: &Path) -> Result<Seed, StudyError> {
    read_seed(path).map_err(|error| match error {
        StudyError::NoSeed { path } => no_file(&path),
        other => other,
    })
}

/// Returns that a file somebody named is not there, with the nearest name of its folder.
pub fn no_file(path: &Path) -> StudyError {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let nearest = nearest(&name, names.iter().map(String::as_str));
    StudyError::NoFile {
        path: path.to_owned(),
        nearest: nearest.map(|name| path.with_file_name(name)),
    }
}

/// Reads a secret's file without its line end.
pub fn read_digits(path: &Path) -> anyhow::Result<String> {
    Ok(without_line_end(&read_text(path)?).to_owned())
}

fn without_line_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Reads a table of referrals, dates or numbers, in any of the formats of a register.
pub fn read_table(path: &Path) -> anyhow::Result<Table> {
    Ok(match Format::of(path) {
        Format::Csv => Table::read(path)?,
        _ => Source::open(path)?.read()?,
    })
}

pub fn read_text(path: &Path) -> Result<String, StudyError> {
    fs::read_to_string(path).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData => StudyError::NotUtf8 {
            path: path.to_owned(),
        },
        _ => StudyError::Io {
            path: path.to_owned(),
            source,
        },
    })
}

/// A file is there already and may not be overwritten.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is there already", path.display())]
pub struct AlreadyThere {
    pub path: PathBuf,
    pub way: Overwriting,
}

/// Whether a command can be told to overwrite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwriting {
    ByForce,
    Never,
}

impl AlreadyThere {
    /// Of a command that has `--force`.
    pub fn without_force(path: impl Into<PathBuf>) -> AlreadyThere {
        AlreadyThere {
            path: path.into(),
            way: Overwriting::ByForce,
        }
    }

    /// Of a command that never overwrites.
    pub fn kept(path: impl Into<PathBuf>) -> AlreadyThere {
        AlreadyThere {
            path: path.into(),
            way: Overwriting::Never,
        }
    }
}

/// Writes a file whole or not at all, over an existing one only with `force`.
pub fn write_file(path: &Path, bytes: &[u8], force: bool) -> anyhow::Result<()> {
    if !force && path.exists() {
        return Err(AlreadyThere::without_force(path).into());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.part"));
    let written = fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

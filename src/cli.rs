//! Commands: each reads, makes one library call, writes, and says what changed.
//!
//! stdout is data, stderr is talk. Exit 0: done, or verified. Exit 1: the answer is no. Exit 2: it
//! could not be done. Clock, login and randomness of the whole program enter here.

mod allocation;
mod audit;
mod balance;
mod beacon;
mod check;
mod codes;
mod compare;
mod completions;
mod console;
mod demo;
mod draw;
mod estimate;
mod export;
mod failure;
mod help;
mod ingest;
mod invent;
mod man;
mod methods;
mod new;
mod outcomes;
mod pseudonym;
mod record;
mod repair;
mod report;
mod seal;
mod states;
mod status;
mod study;
mod table;
mod unseal;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use klero::ledger::{Clock, Ledger, PATIENCE, Stamp, Writer};
use klero::period::Moment;
use klero::protocol::{Language, Protocol};
use klero::report::language::{Locale, NumberForm, PLAIN};

pub use console::Console;

/// Randomised trials in social policy: draws anyone can check, outcomes from registers, honest
/// estimates
#[derive(Parser)]
#[command(name = "klero", version, about, max_term_width = 80)]
#[command(after_help = help::list(), disable_help_subcommand = true)]
struct Klero {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone)]
struct Global {
    /// Use the study in this folder, not the one around the current folder
    #[arg(long, help_heading = "Everywhere", global = true, value_name = "DIR")]
    study: Option<PathBuf>,
    /// Print one JSON object on stdout
    #[arg(long, help_heading = "Everywhere", global = true)]
    json: bool,
    /// Say nothing but errors
    #[arg(long, short, help_heading = "Everywhere", global = true)]
    quiet: bool,
    /// Never ask; fail where an answer is needed
    #[arg(long, help_heading = "Everywhere", global = true)]
    no_input: bool,
    /// Language of answers and reports: da or en [default: of reports the plan's, of the screen en]
    #[arg(long, help_heading = "Everywhere", global = true, value_name = "LANGUAGE", value_parser = language)]
    lang: Option<Language>,
    /// Form of their numbers: da (6,7 pct.) or en (6.7 %) [default: as the language]
    #[arg(long, help_heading = "Everywhere", global = true, value_name = "LANGUAGE", value_parser = language)]
    numbers: Option<Language>,
    /// Use this many threads
    #[arg(long, help_heading = "Everywhere", global = true, value_name = "N", value_parser = threads)]
    threads: Option<NonZeroUsize>,
}

fn language(text: &str) -> Result<Language, String> {
    Language::from_name(text).ok_or_else(|| "expected da or en".to_owned())
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse() {
        Ok(threads) if threads <= MOST_THREADS => Ok(threads),
        _ => Err(format!("expected a whole number from 1 to {MOST_THREADS}")),
    }
}

const MOST_THREADS: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Who acts, for commands that write to the ledger.
#[derive(Args, Clone, Default)]
struct Acting {
    /// Who acts, for the ledger [default: KLERO_BY, else the login name]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Go through a whole trial on invented data, from plan to effect table
    Demo(demo::Demo),
    /// Write a commented plan to fill in
    New(new::New),
    /// Read the plan, ledger and data, and say what is wrong and what comes next
    Check(check::Check),
    /// Freeze the plan, make or take the seed, and open the ledger
    Seal(seal::Seal),
    /// Record the public randomness that the seal names
    Beacon(beacon::Beacon),
    /// Draw referrals by lot
    Draw(draw::Draw),
    /// Record what happened after a draw
    Record(record::Record),
    /// Make keyed ids in the place of CPR numbers
    Pseudonym(pseudonym::Pseudonym),
    /// Print who was drawn into which arm
    Allocation(allocation::Allocation),
    /// Count the drawn by arm and stratum, for those who may see it
    Status(status::Status),
    /// Check a ledger and derive every draw again
    Audit(audit::Audit),
    /// Write a list of coming slots, for a system that hands them out
    Table(table::Table),
    /// End the drawing and reveal the seed
    Unseal(unseal::Unseal),
    /// Move a write that was cut short out of the ledger
    Repair(repair::Repair),
    /// Read register files into spells
    Ingest(ingest::Ingest),
    /// Make outcomes from spells and dates of draw
    Outcomes(outcomes::Outcomes),
    /// Show who is in which state, week by week from the draw
    States(states::States),
    /// Show what was known before the draw, arm by arm
    Balance(balance::Balance),
    /// Estimate effects, from the study or from a table
    Estimate(Box<estimate::Estimate>),
    /// Lay results out as tables, figures, a page and documents
    Report(report::Report),
    /// Write only what reveals no small count, for taking out of a closed place
    Export(export::Export),
    /// Compare published counts: 9/135 10/188
    Compare(compare::Compare),
    /// List every method with its source
    Methods(methods::Methods),
    /// List the register codes and what they mean
    Codes(codes::Codes),
    /// Invent the registers of the demo study
    Invent(invent::Invent),
    /// Print a script that completes commands and flags in a shell
    Completions(completions::Completions),
    /// Print a manual page, or write all of them
    Man(man::Man),
    /// Print the help of a command, or a text on a topic
    Help(help::Help),
}

/// How a command ended, when it could be done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}

/// What surrounds a command: the terminal, and the clock that was set, if any.
struct Surroundings {
    console: Console,
    study: Option<PathBuf>,
    threads: usize,
    /// Language of tables and reports, and form of their numbers, where they were asked for.
    language: Option<Language>,
    numbers: Option<Language>,
    set_clock: Option<Moment>,
    /// Who acts, unless a command says otherwise.
    by: Option<String>,
    /// Whether the study in use is said.
    announced: bool,
}

impl Surroundings {
    fn new(global: &Global) -> anyhow::Result<Surroundings> {
        let set_clock = match std::env::var("KLERO_NOW") {
            Ok(text) => Some(text.parse().context("KLERO_NOW is set")?),
            Err(_) => None,
        };
        if let Some(threads) = global.threads {
            klero::threads::set(threads);
        }
        Ok(Surroundings {
            console: Console::new(global.json, global.quiet, global.no_input),
            study: global.study.clone(),
            threads: klero::threads::threads(),
            language: global.lang,
            numbers: global.numbers,
            set_clock,
            by: std::env::var("KLERO_BY").ok(),
            announced: true,
        })
    }

    /// Returns the language and form of numbers asked for, else those of the plan.
    fn locale(&self, plan: &Protocol) -> Locale {
        let language = self.language.unwrap_or(plan.study.language);
        Locale {
            language,
            numbers: NumberForm::of(self.numbers.unwrap_or(language)),
        }
    }

    /// Returns the language and form of numbers of the screen, where they were asked for.
    fn screen(&self) -> Option<Locale> {
        let language = self.language.or(self.numbers.map(|_| Language::English))?;
        Some(Locale {
            language,
            numbers: NumberForm::of(self.numbers.unwrap_or(language)),
        })
    }

    /// Returns the language and form of numbers of tables that no study has the words of. What a
    /// machine reads is the same in every language.
    fn of_tables(&self) -> Locale {
        let asked = self.screen().filter(|_| !self.console.json);
        asked
            .filter(|asked| *asked != Locale::of(Language::English))
            .unwrap_or(PLAIN)
    }

    /// Opens a ledger for writing, and returns who acts, and when.
    ///
    /// The time is that of holding the lock: while one writer waits, another one's clock goes on.
    fn writer(&self, ledger: &Path, acting: &Acting) -> anyhow::Result<(Writer, Stamp)> {
        let writer = Writer::open(ledger, &self.who(acting), PATIENCE)?;
        Ok((writer, self.stamp(acting)?))
    }

    /// Opens a ledger that was read before for writing, and returns who acts, and when.
    fn resume(&self, ledger: Ledger, acting: &Acting) -> anyhow::Result<(Writer, Stamp)> {
        let writer = Writer::resume(ledger, &self.who(acting), PATIENCE)?;
        Ok((writer, self.stamp(acting)?))
    }

    /// Returns who acts, and now.
    fn stamp(&self, acting: &Acting) -> anyhow::Result<Stamp> {
        let (time, clock) = match self.set_clock {
            Some(time) => (time, Clock::Set),
            None => {
                let now = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .context("the clock stands before 1970")?;
                (Moment::from_unix(now.as_secs() as i64), Clock::Real)
            }
        };
        let by = self.who(acting);
        if klero::ledger::holds_cpr_shape(&by) {
            return Err(failure::refused(
                "`--by` (or KLERO_BY) has the shape of a CPR number",
                "a name or a login says who acted",
            ));
        }
        Ok(Stamp { time, by, clock })
    }

    fn who(&self, acting: &Acting) -> String {
        acting
            .by
            .clone()
            .or_else(|| self.by.clone())
            .or_else(|| std::env::var("LOGNAME").ok())
            .or_else(|| std::env::var("USER").ok())
            .or_else(|| std::env::var("USERNAME").ok())
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| "unknown".to_owned())
    }
}

/// Runs the program with the arguments and surroundings it was called with.
pub fn main() -> ExitCode {
    let klero = match Klero::try_parse() {
        Ok(klero) => klero,
        Err(error) => {
            // Help and version are no errors; a broken pipe under them is none either.
            let plain = error.render().to_string();
            if error.use_stderr() && plain.lines().any(|line| line.chars().count() > 80) {
                eprintln!("{}", console::fold(plain.trim_end()));
            } else {
                let _ = error.print();
            }
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let outcome =
        Surroundings::new(&klero.global).and_then(|surroundings| run(klero.command, &surroundings));
    match outcome {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(error) if failure::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", console::fold(&failure::explain(&error)));
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, around: &Surroundings) -> anyhow::Result<Answer> {
    match command {
        Command::Demo(command) => command.run(around),
        Command::New(command) => command.run(around),
        Command::Check(command) => command.run(around),
        Command::Seal(command) => command.run(around),
        Command::Beacon(command) => command.run(around),
        Command::Draw(command) => command.run(around),
        Command::Record(command) => command.run(around),
        Command::Pseudonym(command) => command.run(around),
        Command::Allocation(command) => command.run(around),
        Command::Status(command) => command.run(around),
        Command::Audit(command) => command.run(around),
        Command::Table(command) => command.run(around),
        Command::Unseal(command) => command.run(around),
        Command::Repair(command) => command.run(around),
        Command::Ingest(command) => command.run(around),
        Command::Outcomes(command) => command.run(around),
        Command::States(command) => command.run(around),
        Command::Balance(command) => command.run(around),
        Command::Estimate(command) => command.run(around),
        Command::Report(command) => command.run(around),
        Command::Export(command) => command.run(around),
        Command::Compare(command) => command.run(around),
        Command::Methods(command) => command.run(around),
        Command::Codes(command) => command.run(around),
        Command::Invent(command) => command.run(around),
        Command::Completions(command) => command.run(around),
        Command::Man(command) => command.run(around),
        Command::Help(command) => command.run(around),
    }
}

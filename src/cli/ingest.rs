use std::collections::HashSet;
use std::fs;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use klero::ledger::Event;
use klero::period::Month;
use klero::protocol::RegisterKind;
use klero::register::{Doubt, Doubtful, Ingest as Job, Progress, SORT_MEMORY, Writing, ingest};
use klero::report::language::{Locale, Message, Noun, PLAIN, counted};
use klero::report::number::count;
use serde_json::json;

use super::console::Console;
use super::failure::refused;
use super::study::Study;
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Ingest {
    /// Take in the drawn persons only
    #[arg(long)]
    drawn: bool,
    /// List the first rows of what is doubtful, by file and line
    #[arg(long)]
    rows: bool,
}

impl Ingest {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let plan = study.plan()?;
        if plan.registers.is_empty() {
            return Err(refused(
                "the plan names no register",
                "`[register.dream]` with `kind = \"dream\"` and `files = [\"…\"]`",
            ));
        }
        let keep = match self.drawn {
            true => {
                study.draws_or("`klero ingest` takes in everybody in the files")?;
                Some(drawn(&study)?)
            }
            false => None,
        };
        // Without a ledger nobody is missed.
        let drawn = drawn(&study).ok().filter(|drawn| !drawn.is_empty());
        let derived = study.derived();
        fs::create_dir_all(&derived)
            .with_context(|| format!("cannot make `{}`", derived.display()))?;
        let mut objects = Vec::new();
        for register in &plan.registers {
            let size = register
                .files
                .iter()
                .filter_map(|file| fs::metadata(study.folder.join(file)).ok())
                .map(|file| file.len())
                .sum();
            let bar = Bar::new(size, &around.console);
            let done = ingest(&Job {
                register,
                folder: &study.folder,
                derived: &derived,
                keep: keep.clone(),
                threads: around.threads,
                sort_memory: SORT_MEMORY,
                drawn: drawn.clone(),
                writing: Writing::Store,
                progress: &|progress| bar.show(progress),
            })?;
            drop(bar);
            for (file, columns) in &done.passed_over {
                let names = columns.iter().map(String::as_str).take(6);
                around.console.say(format!(
                    "passed over in {}: {}{}",
                    file.display(),
                    klero::spelling::listed(names),
                    match columns.len() {
                        0..=6 => String::new(),
                        more => format!(" and {} more", more - 6),
                    }
                ));
            }
            let weeks = done
                .coverage
                .weeks
                .map(|(a, b)| [a.to_string(), b.to_string()]);
            let months = done
                .coverage
                .months
                .map(|(a, b)| [a.to_string(), b.to_string()]);
            objects.push(json!({
                "register": register.id,
                "rows": done.rows, "persons": done.persons, "spells": done.spells,
                "left_out": done.left_out,
                "weeks": weeks, "months": months, "bytes": done.bytes,
                "inputs": done.inputs.iter()
                    .map(|input| (input.file.clone(), json!(input.digest.to_string())))
                    .collect::<serde_json::Map<_, _>>(),
                "store": done.store.display().to_string(),
                "doubts": done.doubts.iter().map(as_json).collect::<Vec<_>>(),
            }));
            for doubtful in &done.doubts {
                let text = doubt(doubtful, self.rows, &PLAIN);
                around.console.warn(format!("{}: {text}", register.id));
            }
            if !around.console.json {
                let span = |span: Option<[String; 2]>| {
                    span.map_or("none".to_owned(), |[a, b]| format!("{a} to {b}"))
                };
                let left_out = match done.left_out {
                    0 => String::new(),
                    rows => format!(", {} of others left out", count(rows, "row", "rows")),
                };
                let what = match register.kind {
                    RegisterKind::Bfl => {
                        format!("{left_out}\n  months with hours {}", span(months))
                    }
                    RegisterKind::Dream => format!(
                        ", {}{left_out}\n  weeks {}, months with industry codes {}",
                        count(done.spells, "spell", "spells"),
                        span(weeks),
                        span(months),
                    ),
                    RegisterKind::Spells | RegisterKind::States => format!(
                        ", {}{left_out}\n  weeks {}",
                        count(done.spells, "spell", "spells"),
                        span(weeks),
                    ),
                };
                around.console.data(&format!(
                    "{}: {}, {}{what}\n",
                    register.id,
                    count(done.rows, "row", "rows"),
                    count(done.persons, "person", "persons"),
                ))?;
            }
            around
                .console
                .say(format!("wrote {}", done.store.display()));
        }
        if around.console.json {
            around.console.object(&json!({"registers": objects}))?;
        }
        around.console.say(match plan.allocation {
            Some(_) => "next: `klero outcomes`",
            None => "next: `klero outcomes --dates FILE`",
        });
        Ok(Answer::Yes)
    }
}

/// Says what is doubtful, and with `rows` where.
pub fn doubt(doubtful: &Doubtful, rows: bool, locale: &Locale) -> String {
    let noun = match doubtful.doubt {
        Doubt::AfterDeath | Doubt::OutsideValidity => Noun::Person,
        Doubt::InSomeFiles => Noun::Person,
        Doubt::NotInRegister | Doubt::NotInTable | Doubt::TakenAsZero | Doubt::DrawnInSomeFiles => {
            Noun::DrawnPerson
        }
        Doubt::ShortKey | Doubt::ManyHours | Doubt::CellOverLines => Noun::Row,
        Doubt::NoLastLineEnd => Noun::File,
        Doubt::WithoutWeek => Noun::Spell,
        Doubt::LastMonths | Doubt::NotDelivered | Doubt::NoHours | Doubt::NoIndustry => Noun::Month,
    };
    let months = &named(&doubtful.months);
    let those = &counted(doubtful.count, noun, locale);
    let mut text = locale.say(match doubtful.doubt {
        Doubt::AfterDeath => Message::AfterDeathDoubt { persons: those },
        Doubt::OutsideValidity => Message::OutsideValidityDoubt { persons: those },
        Doubt::ShortKey => Message::ShortKeyDoubt { rows: those },
        Doubt::NotInRegister => Message::NotInRegisterDoubt { persons: those },
        Doubt::TakenAsZero => Message::TakenAsZeroDoubt {
            persons: those,
            setting: "absent = \"zero\"",
        },
        Doubt::ManyHours => Message::ManyHoursDoubt { rows: those },
        Doubt::WithoutWeek => Message::WithoutWeekDoubt { spells: those },
        Doubt::LastMonths => Message::LastMonthsDoubt { months },
        Doubt::NotDelivered => Message::NotDeliveredDoubt { months },
        Doubt::NoHours => Message::NoHoursDoubt { months },
        Doubt::NoIndustry => Message::NoIndustryDoubt { months },
        Doubt::NotInTable => Message::NotInTableDoubt { persons: those },
        Doubt::InSomeFiles | Doubt::DrawnInSomeFiles => {
            Message::InSomeFilesDoubt { persons: those }
        }
        Doubt::NoLastLineEnd => Message::NoLastLineEndDoubt { files: those },
        Doubt::CellOverLines => Message::CellOverLinesDoubt { rows: those },
    });
    if rows {
        for (file, line) in &doubtful.rows {
            let at = locale.say(Message::DoubtAt {
                file: &file.display().to_string(),
                line: &line.to_string(),
            });
            text += &format!("\n  {at}");
        }
    } else if !doubtful.rows.is_empty() {
        text = locale.say(Message::DoubtListed { doubt: &text });
    }
    text
}

pub fn as_json(doubtful: &Doubtful) -> serde_json::Value {
    let kind = match doubtful.doubt {
        Doubt::AfterDeath => "after-death",
        Doubt::OutsideValidity => "outside-validity",
        Doubt::ShortKey => "short-key",
        Doubt::NotInRegister => "not-in-register",
        Doubt::TakenAsZero => "taken-as-zero",
        Doubt::ManyHours => "many-hours",
        Doubt::WithoutWeek => "without-week",
        Doubt::LastMonths => "last-months",
        Doubt::NotDelivered => "not-delivered",
        Doubt::NoHours => "no-hours",
        Doubt::NoIndustry => "no-industry",
        Doubt::NotInTable => "not-in-table",
        Doubt::InSomeFiles | Doubt::DrawnInSomeFiles => "in-some-files",
        Doubt::NoLastLineEnd => "no-last-line-end",
        Doubt::CellOverLines => "cell-over-lines",
    };
    let rows: Vec<_> = doubtful
        .rows
        .iter()
        .map(|(file, line)| json!({"file": file.display().to_string(), "line": line}))
        .collect();
    let mut object = json!({"doubt": kind, "count": doubtful.count, "rows": rows});
    if !doubtful.months.is_empty() {
        let months = doubtful.months.iter().map(ToString::to_string);
        object["months"] = months.collect::<Vec<_>>().into();
    }
    object
}

/// Names months, those in a row by the first and the last of them.
fn named(months: &[Month]) -> String {
    const SHOWN: usize = 6;
    let mut runs: Vec<(Month, Month)> = Vec::new();
    for &month in months {
        match runs.last_mut() {
            Some((_, last)) if last.next() == month => *last = month,
            _ => runs.push((month, month)),
        }
    }
    let shown = runs
        .iter()
        .take(SHOWN)
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}–{last}"),
        });
    let more = if runs.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.collect::<Vec<_>>().join(", "))
}

/// Returns the ids of everybody drawn.
pub fn drawn(study: &Study) -> anyhow::Result<HashSet<Vec<u8>>> {
    let ledger = study.ledger()?;
    let clusters = ledger.sealed().cluster().is_some();
    Ok(ledger
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Draw(draw) if !clusters => Some(draw.referral.clone().into_bytes()),
            Event::Member(member) => Some(member.referral.clone().into_bytes()),
            _ => None,
        })
        .collect())
}

/// A progress bar for work over a second, on a terminal only; it is taken away when dropped.
pub struct Bar {
    size: u64,
    started: Instant,
    shown: Option<Mutex<Shown>>,
}

/// What a bar shows.
struct Shown {
    /// When it was last written, if it was.
    last: Option<Instant>,
    /// When sorting began.
    sorting: Option<Instant>,
}

impl Bar {
    pub fn new(size: u64, console: &Console) -> Bar {
        let terminal = std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let shown = Shown {
            last: None,
            sorting: None,
        };
        Bar {
            size,
            started: Instant::now(),
            shown: (console.wants_progress() && terminal).then(|| Mutex::new(shown)),
        }
    }

    pub fn show(&self, progress: Progress) {
        let Some(shown) = &self.shown else {
            return;
        };
        let mut shown = shown.lock().expect("nothing panics while it is held");
        let since = match progress {
            Progress::Read { .. } => self.started,
            Progress::Sorted { .. } => *shown.sorting.get_or_insert_with(Instant::now),
        };
        let soon = |last: Instant| last.elapsed() < Duration::from_millis(200);
        if self.started.elapsed() < Duration::from_secs(1) || shown.last.is_some_and(soon) {
            return;
        }
        shown.last = Some(Instant::now());
        let line = line(progress, self.size, since.elapsed());
        write_at_once(format!("\r{line:<WIDTH$}"));
    }

    /// Does work that does not say how far it is, while `bytes` does.
    pub fn during<T>(&self, bytes: impl Fn() -> u64 + Sync, work: impl FnOnce() -> T) -> T {
        if self.shown.is_none() {
            return work();
        }
        std::thread::scope(|scope| {
            // The other end goes away with the work, also where it panics.
            let (_working, ended) = channel::<()>();
            let (tick, bytes) = (Duration::from_millis(200), &bytes);
            scope.spawn(move || {
                while ended.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                    let bytes = bytes();
                    self.show(Progress::Read { bytes });
                }
            });
            work()
        })
    }
}

/// Columns that a bar takes.
const WIDTH: usize = 60;

/// Says how far the work of one kind has come, and how long it takes still.
fn line(progress: Progress, size: u64, elapsed: Duration) -> String {
    let (done, all) = match progress {
        Progress::Read { bytes } => (bytes, size),
        Progress::Sorted { parts, of } => (parts, of),
    };
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-3);
    let left = (all.saturating_sub(done)) as f64 / rate.max(1.0);
    match progress {
        Progress::Read { .. } => {
            let (unit, name, digits) = match size {
                ..2_000_000_000 => (1e6, "MB", 0),
                _ => (1e9, "GB", 1),
            };
            format!(
                "{:>5.digits$} of {:.digits$} {name}, {:.0} MB/s, {left:.0} s left",
                done as f64 / unit,
                all as f64 / unit,
                rate / 1e6,
            )
        }
        Progress::Sorted { .. } => {
            let percent = 100 * done / all.max(1);
            format!("sorting, {percent} %, {left:.0} s left")
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        let written = self.shown.as_ref().is_some_and(|shown| {
            let shown = shown.lock();
            shown.is_ok_and(|shown| shown.last.is_some())
        });
        if written {
            write_at_once(format!("\r{:WIDTH$}\r", ""));
        }
    }
}

/// Writes to a terminal in one piece, so that it does not flicker.
fn write_at_once(text: String) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

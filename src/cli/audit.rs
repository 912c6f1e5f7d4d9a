use std::path::{Path, PathBuf};

use clap::Args;
use klero::audit::{Audit as Seen, Verdict};
use klero::digest::Digest;
use klero::draw::Seed;
use klero::ledger::{self, LedgerError};
use klero::report::effects::wrap;
use klero::report::language::{Locale, Message, finding, many};
use serde_json::json;

use super::console::rows;
use super::seal::warn_of_readers;
use super::study::{LEDGER, SEED, Study, StudyError, no_file, read_named_seed, read_seed};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Audit {
    /// Audit this ledger, not the study's
    ledger: Option<PathBuf>,
    /// Take the seed from this file; else from an `unseal` entry, else from `seed.key` beside it
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// A head of the ledger that somebody kept; may be given many times
    #[arg(long, value_name = "HEX", value_parser = head)]
    head: Vec<Digest>,
}

fn head(text: &str) -> Result<Digest, String> {
    // Other programs write digests in capitals.
    let text = text.trim().to_ascii_lowercase();
    text.parse()
        .map_err(|_: klero::digest::NotADigest| "a head is 64 hexadecimal digits".to_owned())
}

impl Audit {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let path = match &self.ledger {
            Some(path) if path.is_dir() => path.join(LEDGER),
            Some(path) => path.clone(),
            // An auditor may have nothing but the ledger.
            None if around.study.is_none() && Path::new(LEDGER).exists() => {
                Path::new(".").join(LEDGER)
            }
            None => {
                let study = Study::find(around)?;
                study.draws()?;
                study.ledger_path()
            }
        };
        let bytes = ledger::bytes(&path).map_err(|error| match error {
            // Whoever names a ledger has one, and need not know of seals.
            LedgerError::Missing { path } if self.ledger.is_some() => no_file(&path).into(),
            other => anyhow::Error::from(other),
        })?;
        let seed = self.find_seed(&path)?;
        let seen = klero::audit::audit(&bytes, seed.as_ref(), self.head.iter().copied());
        if !seen.unsealed && seed.is_some() {
            // After the unsealing the seed is everybody's.
            let own = path.with_file_name(SEED);
            warn_of_readers(self.seed.as_ref().unwrap_or(&own), around);
        }
        if around.console.json {
            around.console.object(&object(&seen))?;
        } else {
            around
                .console
                .data(&text(&seen, &path, &around.of_tables()))?;
        }
        Ok(match seen.verdict() {
            Verdict::Holds => Answer::Yes,
            Verdict::Findings => Answer::No,
        })
    }

    /// Reads the seed where there is one: without a seed all but the arms is audited.
    fn find_seed(&self, ledger: &Path) -> anyhow::Result<Option<Seed>> {
        if let Some(file) = &self.seed {
            return Ok(Some(read_named_seed(file)?));
        }
        match read_seed(&ledger.with_file_name(SEED)) {
            Ok(seed) => Ok(Some(seed)),
            Err(StudyError::NoSeed { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn verdict(seen: &Seen) -> &'static str {
    match seen.verdict() {
        Verdict::Holds => "holds",
        Verdict::Findings => "findings",
    }
}

fn object(seen: &Seen) -> serde_json::Value {
    let findings: Vec<_> = seen
        .findings
        .iter()
        .map(|finding| {
            json!({
                "entry": finding.entry, "rule": finding.rule.name(), "message": finding.message,
            })
        })
        .collect();
    json!({
        "verdict": verdict(seen),
        "entries": seen.entries,
        "draws": seen.draws,
        "rederived": seen.rederived,
        "head": seen.head.to_string(),
        "not_excluded": seen.not_excluded,
        "set_clock": seen.set_clock,
        "findings": findings,
    })
}

fn text(seen: &Seen, path: &Path, locale: &Locale) -> String {
    let say = |message: Message| locale.say(message);
    let draws = say(Message::DerivedAgain {
        draws: &many(seen.draws, locale),
        again: &many(seen.rederived, locale),
    });
    let mut facts = vec![
        (Message::FileRow, path.display().to_string()),
        (Message::EntriesRow, many(seen.entries, locale)),
        (Message::DrawsRow, draws),
        (Message::HeadRow, seen.head.to_string()),
    ];
    if !seen.set_clock.is_empty() {
        facts.push((Message::SetClockRow, ranges(&seen.set_clock, locale)));
    }
    let mut text = rows(&facts, &[Message::SetClockRow], locale);
    if !seen.findings.is_empty() {
        text += &format!("\n{}\n", say(Message::FindingsHead));
        for found in &seen.findings {
            text += &listed(&say(Message::FindingLine {
                line: &(found.entry + 1).to_string(),
                entry: &found.entry.to_string(),
                rule: found.rule.name(),
                words: &finding(&found.message, locale),
            }));
        }
    }
    if !seen.not_excluded.is_empty() {
        text += &format!("\n{}\n", say(Message::NotExcludedHead));
        for item in &seen.not_excluded {
            text += &listed(&finding(item, locale));
        }
    }
    let verdict = match (seen.verdict(), seen.findings.len()) {
        (Verdict::Holds, _) => say(Message::VerdictHolds),
        (Verdict::Findings, 1) => say(Message::VerdictOneFinding),
        (Verdict::Findings, count) => say(Message::VerdictFindings {
            findings: count as u64,
        }),
    };
    text + &format!("\n{verdict}\n")
}

fn listed(item: &str) -> String {
    let mut text = String::new();
    for (index, line) in wrap(item, 76).iter().enumerate() {
        text += if index == 0 { "  - " } else { "    " };
        text += line;
        text.push('\n');
    }
    text
}

/// Writes entry numbers as ranges: `entries 0 to 4, 9`.
fn ranges(numbers: &[u64], locale: &Locale) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let words: Vec<String> = ranges
        .iter()
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => locale.say(Message::FromTo {
                first: &first.to_string(),
                last: &last.to_string(),
            }),
        })
        .collect();
    locale.say(Message::EntriesOf {
        entries: &words.join(", "),
    })
}

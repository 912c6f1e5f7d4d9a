//! The terminal: data to stdout, talk to stderr, questions only where somebody can answer.

use std::io::{self, BufRead, IsTerminal, Write};

use klero::report::effects::wrap;
use klero::report::language::{Locale, Message, plain_spaces};
use serde_json::Value;

pub struct Console {
    pub json: bool,
    quiet: bool,
    no_input: bool,
}

/// The answer that was needed could not be asked for.
#[derive(Debug, thiserror::Error)]
#[error("{question} needs an answer, and nobody can be asked here")]
pub struct NobodyToAsk {
    pub question: String,
    /// What gives the answer without asking.
    pub instead: String,
}

/// The answer that was given is not the one needed.
#[derive(Debug, thiserror::Error)]
#[error("not confirmed: `{found}` is not the study's id")]
pub struct NotConfirmed {
    pub found: String,
}

impl Console {
    pub fn new(json: bool, quiet: bool, no_input: bool) -> Console {
        Console {
            json,
            quiet,
            no_input,
        }
    }

    /// Prints data.
    pub fn data(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Prints one JSON object as data.
    pub fn object(&self, value: &Value) -> io::Result<()> {
        let text = serde_json::to_string(value).expect("a value of texts and numbers");
        self.data(&format!("{text}\n"))
    }

    /// Says what happened, unless told to be quiet.
    pub fn say(&self, text: impl AsRef<str>) {
        if !self.quiet {
            // Talk that cannot be heard is no failure.
            let _ = writeln!(io::stderr(), "{}", fold(text.as_ref()));
        }
    }

    /// Says what the user should look at.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.say(format!("warning: {}", text.as_ref()));
    }

    /// Returns whether the progress of long work is to be shown where there is a terminal.
    pub fn wants_progress(&self) -> bool {
        !self.quiet && !self.json
    }

    /// Returns whether data go to a terminal.
    pub fn is_seen(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Returns whether somebody sits at the terminal and may be asked.
    pub fn can_ask(&self) -> bool {
        !self.no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question and returns the line that was typed.
    pub fn ask(&self, question: &str) -> io::Result<String> {
        eprint!("{question} ");
        io::stderr().flush()?;
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Has what cannot be undone confirmed by the study's id.
    pub fn confirm(&self, what: &str, id: &str, given: Option<&str>) -> anyhow::Result<()> {
        let found = match given {
            Some(given) => given.to_owned(),
            None if self.can_ask() => {
                self.ask(&format!("{what} cannot be undone. The study's id:"))?
            }
            None => {
                return Err(NobodyToAsk {
                    question: what.to_owned(),
                    instead: format!("--confirm {id}"),
                }
                .into());
            }
        };
        if found == id {
            Ok(())
        } else {
            Err(NotConfirmed { found }.into())
        }
    }
}

/// Writes facts under each other, each behind its name; `also` are names that set the width, though
/// they may have no fact.
pub fn rows(facts: &[(Message, String)], also: &[Message], locale: &Locale) -> String {
    let names = facts.iter().map(|(name, _)| name).chain(also);
    let width = names.map(|name| locale.say(*name).chars().count()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for (name, fact) in facts {
        let plain = plain_spaces(fact);
        text += &format!("{:width$}  {plain}\n", locale.say(*name));
    }
    text
}

/// Breaks lines longer than 80 characters at blanks, further lines indented by two more.
pub fn fold(text: &str) -> String {
    const WIDTH: usize = 80;
    let text = &plain_spaces(text);
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.chars().count() <= WIDTH {
            lines.push(line.to_owned());
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        for (index, part) in wrap(line, WIDTH - indent - 2).iter().enumerate() {
            let more = if index == 0 { 0 } else { 2 };
            lines.push(format!("{}{part}", " ".repeat(indent + more)));
        }
    }
    lines.join("\n")
}

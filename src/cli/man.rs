use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Command, CommandFactory as _};
use clap_mangen::roff::{Roff, bold, roman};
use serde_json::json;

use super::failure::refused;
use super::help::{self, Topic, Words};
use super::study::{AlreadyThere, write_file};
use super::{Answer, Klero, Surroundings};

#[derive(Args)]
pub struct Man {
    /// Print the page of this command, not the one of klero
    #[arg(value_name = "COMMAND", value_parser = Words::Commands, hide_possible_values = true, conflicts_with = "out")]
    words: Vec<String>,
    /// Write every page to this folder, one for klero and one for each command
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overwrite pages that are there
    #[arg(long, requires = "out")]
    force: bool,
}

/// A manual page of section 1.
struct Page {
    file: String,
    text: String,
}

impl Man {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let mut klero = Klero::command();
        klero.build();
        match &self.out {
            Some(folder) => self.write(&pages(&klero), folder, around)?,
            None => {
                let command = help::find(&klero, &self.words).ok_or_else(|| {
                    refused(
                        format!("no command `{}`", self.words.join(" ")),
                        "`klero help` lists the commands",
                    )
                })?;
                let page = page(command, &klero);
                if around.console.json {
                    around
                        .console
                        .object(&json!({"file": page.file, "page": page.text}))?;
                } else {
                    around.console.data(&page.text)?;
                }
            }
        }
        Ok(Answer::Yes)
    }

    fn write(&self, pages: &[Page], folder: &Path, around: &Surroundings) -> anyhow::Result<()> {
        let mut paths = pages.iter().map(|page| folder.join(&page.file));
        if let Some(path) = paths.find(|path| !self.force && path.exists()) {
            return Err(AlreadyThere::without_force(path).into());
        }
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
        for page in pages {
            write_file(&folder.join(&page.file), page.text.as_bytes(), self.force)?;
        }
        if around.console.json {
            let files: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
            around.console.object(&json!({"files": files}))?;
        }
        let (count, folder) = (pages.len(), folder.display());
        around
            .console
            .say(format!("wrote {count} pages to {folder}"));
        Ok(())
    }
}

/// Returns the page of a command and those of the commands under it.
fn pages(klero: &Command) -> Vec<Page> {
    fn under(command: &Command, klero: &Command, pages: &mut Vec<Page>) {
        pages.push(page(command, klero));
        for command in command.get_subcommands() {
            under(command, klero, pages);
        }
    }
    let mut pages = Vec::new();
    under(klero, klero, &mut pages);
    pages
}

fn page(command: &Command, klero: &Command) -> Page {
    let whole = command.get_name() == klero.get_name();
    let version = klero.get_version().unwrap_or_default();
    let page = clap_mangen::Man::new(command.clone())
        .source(format!("klero {version}"))
        .manual("klero");
    let mut text = Vec::new();
    let render = |text: &mut Vec<u8>| -> std::io::Result<()> {
        page.render_title(text)?;
        page.render_name_section(text)?;
        page.render_synopsis_section(text)?;
        page.render_description_section(text)?;
        page.render_options_section(text)?;
        if command.has_subcommands() {
            page.render_subcommands_section(text)?;
        }
        if whole {
            topics().to_writer(text)?;
        }
        also(command, klero).to_writer(text)
    };
    render(&mut text).expect("a vector takes all bytes");
    Page {
        file: page.get_filename(),
        text: String::from_utf8(text).expect("names and descriptions are text"),
    }
}

/// Returns the sections that the program tells as topics.
fn topics() -> Roff {
    let mut roff = Roff::new();
    let sections = [
        ("EXIT STATUS", "exit-codes"),
        ("FILES", "files"),
        ("ENVIRONMENT", "environment"),
    ];
    for (heading, name) in sections {
        let topic = help::topic(name).expect("a topic of the program");
        roff.control("SH", [heading]);
        for part in topic.body().split("\n\n") {
            // Tables are indented and stand as they are written; the rest is folded anew.
            let (begin, end) = match part.starts_with(' ') {
                true => ("nf", Some("fi")),
                false => ("PP", None),
            };
            roff.control(begin, []);
            for line in part.lines() {
                roff.text([roman(line)]);
            }
            if let Some(end) = end {
                roff.control(end, []);
            }
        }
    }
    roff.control("SH", ["TOPICS"]);
    for Topic { name, .. } in help::TOPICS {
        let topic = help::topic(name).expect("a topic of the program");
        roff.control("TP", []);
        roff.text([bold(format!("klero help {name}"))]);
        roff.text([roman(topic.title())]);
    }
    roff
}

fn also(command: &Command, klero: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let page = |command: &Command| {
        let name = command.get_display_name().unwrap_or(command.get_name());
        name.to_owned()
    };
    let own = page(command);
    let pages: Vec<String> = match own == page(klero) {
        true => klero.get_subcommands().map(page).collect(),
        // The page above, for a command of a command.
        false => {
            let above = own.rsplit_once('-').expect("klero stands before it").0;
            let mut above = vec![above.to_owned()];
            if above[0] != "klero" {
                above.insert(0, "klero".to_owned());
            }
            above
        }
    };
    let mut line = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        line.extend([bold(page), roman("(1)")]);
        if index + 1 < pages.len() {
            line.push(roman(", "));
        }
    }
    roff.text(line);
    roff
}

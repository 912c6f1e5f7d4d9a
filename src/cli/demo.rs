use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser};

use super::console::Console;
use super::study::{PLAN, SEED};
use super::{Answer, Klero, Surroundings, run};

#[derive(Args)]
pub struct Demo {
    /// Folder for the study; it must be new or empty
    #[arg(default_value = "klero-demo")]
    dir: PathBuf,
}

/// The files that the demo begins with; `examples/vordingborg` is the same study.
const FILES: [(&str, &str); 3] = [
    (PLAN, include_str!("../../examples/vordingborg/study.toml")),
    (
        "referrals.csv",
        include_str!("../../examples/vordingborg/referrals.csv"),
    ),
    (SEED, include_str!("../../examples/vordingborg/seed.key")),
];

const NOW: &str = "2017-05-01T08:00:00Z";
const BY: &str = "demo";

/// Each step: what it is for, and the command that does it.
const STEPS: [(&str, &[&str]); 10] = [
    ("Look at the plan.", &["check"]),
    (
        "Freeze it. A real trial makes its own secret seed; this one is published.",
        &[
            "seal",
            "--seed",
            "seed.key",
            "--confirm",
            "vordingborg-2017",
        ],
    ),
    (
        "Draw the whole list by lot.",
        &["draw", "--list", "referrals.csv", "--out", "drawn.csv"],
    ),
    ("Count who was drawn.", &["status"]),
    (
        "Reveal the seed, now that nobody more is drawn.",
        &["unseal", "--confirm", "vordingborg-2017"],
    ),
    ("Check everything, as an auditor would.", &["audit"]),
    (
        "Invent a register with the figures of the article. A real study has its own.",
        &["invent"],
    ),
    ("Read the register into spells.", &["ingest"]),
    ("Make the outcomes that the plan defines.", &["outcomes"]),
    ("Estimate the effects.", &["estimate"]),
];

impl Demo {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let dir = &self.dir;
        if dir.read_dir().is_ok_and(|mut files| files.next().is_some()) {
            return Err(super::failure::refused(
                format!("`{}` is there already and not empty", dir.display()),
                "name a new folder: `klero demo DIR`",
            ));
        }
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make `{}`", dir.display()))?;
        for (name, text) in FILES {
            super::study::write_file(&dir.join(name), text.as_bytes(), false)?;
        }
        std::env::set_current_dir(dir)
            .with_context(|| format!("cannot go to `{}`", dir.display()))?;
        let inner = Surroundings {
            console: Console::new(false, false, true),
            study: None,
            threads: around.threads,
            language: around.language,
            numbers: around.numbers,
            set_clock: Some(NOW.parse().expect("the demo's time is a time")),
            by: Some(BY.to_owned()),
            announced: false,
        };
        let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        around.console.data(&format!(
            "# A plan, a list of 503 invented referrals and a published seed: {}.\n\
             # The clock and the login are set, so that you get the same ledger by hand.\n\
             $ cd {}\n$ export KLERO_NOW={NOW} KLERO_BY={BY}\n",
            names.join(", "),
            dir.display(),
        ))?;
        for (purpose, command) in STEPS {
            around
                .console
                .data(&format!("\n# {purpose}\n$ klero {}\n", command.join(" ")))?;
            let arguments = std::iter::once("klero").chain(command.iter().copied());
            let klero = Klero::try_parse_from(arguments).expect("the demo's commands are commands");
            run(klero.command, &inner)?;
        }
        around.console.data(&format!(
            "\n# Everything is in {}; README.md of the project says how to go on.\n",
            dir.display()
        ))?;
        Ok(Answer::Yes)
    }
}

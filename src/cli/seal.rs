use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use klero::draw::{DRAW_FORMAT, Seed};
use klero::ledger::{LEDGER_FORMAT, LedgerError, Seal as SealEvent, Writer};

use super::failure::refused;
use super::new::left_of_template;
use super::study::{SEED, Study};
use super::{Acting, Answer, Surroundings};

#[derive(Args)]
pub struct Seal {
    /// Take the seed from this file instead of making one
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Name public randomness that does not exist yet; nothing is drawn before it does
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    beacon_rule: String,
    /// Confirm with the study's id, without being asked
    #[arg(long, value_name = "ID")]
    confirm: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Seal {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let plan = study.plan()?;
        klero::outcome::check_codes(&plan, &study.code_tables(&plan)?)?;
        if plan.allocation.is_none() {
            return Err(refused(
                "the study has one arm: nothing is drawn, so there is nothing to seal",
                "give the days on which its people started: `klero outcomes --dates FILE`",
            ));
        }
        let ledger = study.ledger_path();
        if ledger.exists() {
            return Err(LedgerError::Exists { path: ledger }.into());
        }
        let own_seed = study.folder.join(SEED);
        if self.seed.is_none() && own_seed.exists() {
            return Err(refused(
                format!(
                    "`{}` is there already: no seed was made",
                    own_seed.display()
                ),
                format!("`klero seal --seed {}` seals with it", own_seed.display()),
            ));
        }
        let stamp = around.stamp(&self.acting)?;
        for left in left_of_template(&plan) {
            around.console.warn(left);
        }
        around
            .console
            .confirm("sealing", &plan.study.id, self.confirm.as_deref())?;
        let seed = match &self.seed {
            Some(file) => {
                let seed = super::study::read_named_seed(file)?;
                warn_of_readers(file, around);
                seed
            }
            None => {
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes)
                    .map_err(|error| refused(format!("no randomness: {error}"), "try again"))?;
                let seed = Seed::from_bytes(bytes);
                write_secret(&own_seed, format!("{}\n", seed.reveal()).as_bytes())
                    .with_context(|| format!("cannot write `{}`", own_seed.display()))?;
                seed
            }
        };
        let commitment = seed.commitment(&plan.study.id);
        let seal = SealEvent {
            format: LEDGER_FORMAT.to_owned(),
            draw: DRAW_FORMAT.to_owned(),
            study: plan.study.id.clone(),
            protocol: plan.text.clone(),
            commitment,
            beacon_rule: self.beacon_rule.clone(),
        };
        let appended = match Writer::create(&ledger, seal, &stamp) {
            Ok(appended) => appended,
            Err(error) => {
                if self.seed.is_none() {
                    let _ = fs::remove_file(&own_seed);
                }
                return Err(error.into());
            }
        };
        if around.console.json {
            around.console.object(&serde_json::json!({
                "study": plan.study.id,
                "commitment": commitment.to_string(),
                "protocol": plan.digest.to_string(),
                "entry": 0,
                "head": appended.head.to_string(),
            }))?;
        } else {
            around.console.data(&format!(
                "commitment  {commitment}\nentry       0\nhead        {}\n",
                appended.head
            ))?;
        }
        around.console.say(format!("sealed: {}", ledger.display()));
        if self.seed.is_none() {
            around.console.say(format!(
                "made the seed: {}. Whoever reads it can foresee every draw; who loses it can \
                 draw no more. Keep a copy where nobody at the desk can read it.",
                own_seed.display()
            ));
            warn_of_rights(&own_seed, around);
        }
        around.console.say(
            "publish the commitment and the head, or give them to somebody else to keep: they \
             show later that nothing was changed.",
        );
        around.console.say(match self.beacon_rule.as_str() {
            "" => "next: `klero draw`",
            _ => "next: when the public randomness exists, `klero beacon VALUE`",
        });
        Ok(Answer::Yes)
    }
}

/// Says where a secret's file is not closed to others by itself.
pub fn warn_of_rights(path: &Path, around: &Surroundings) {
    if cfg!(not(unix)) {
        around.console.warn(format!(
            "on this system {} has the rights of its folder: see that nobody else can read it",
            path.display()
        ));
    }
}

/// Warns where others than its owner can read a seed's file, or write over it.
pub fn warn_of_readers(path: &Path, around: &Surroundings) {
    #[cfg(unix)]
    if let Ok(found) = fs::metadata(path)
        && found.is_file()
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            around.console.warn(format!(
                "others than its owner can read or change {0} (mode {mode:o}), and whoever reads it \
                 can foresee every draw: `chmod 600 {0}`",
                path.display()
            ));
        }
    }
    #[cfg(not(unix))]
    let _ = (path, around);
}

/// Writes a new file that, on Unix, only its owner may read (mode 0600), flushed to the disk.
pub fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

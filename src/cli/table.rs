use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use klero::ledger::{Coding, Event, TableForm, TableMade, coming_table};
use klero::protocol::Protocol;
use klero::report::number::count;

use super::seal::{warn_of_rights, write_secret};
use super::study::{AlreadyThere, Study};
use super::{Acting, Answer, Surroundings};

#[derive(Args)]
pub struct Table {
    /// How many coming slots of each stratum
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    slots: u64,
    /// Write the list to this file; it is never shown on the screen
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Redcap)]
    form: Form,
    /// Write arms and levels as numbers, as most REDCap projects code them
    #[arg(long)]
    numbered: bool,
    /// Take the seed from this file instead of `seed.key` in the study's folder
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Confirm with the study's id, without being asked
    #[arg(long, value_name = "ID")]
    confirm: Option<String>,
    /// Overwrite the file
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    acting: Acting,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Redcap,
    Plain,
}

impl Table {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        if self.out.exists() && !self.force {
            return Err(AlreadyThere::without_force(self.out).into());
        }
        study.draws()?;
        let seed = study.live_seed(self.seed.as_deref(), around)?;
        let id = study.ledger()?.seal().study.clone();
        around.console.confirm(
            "seeing coming slots, which is recorded for ever,",
            &id,
            self.confirm.as_deref(),
        )?;
        let (mut writer, stamp) = around.writer(&study.ledger_path(), &self.acting)?;
        let slots = writer.ledger.coming(&seed, self.slots)?;
        let form = match self.form {
            Form::Redcap => TableForm::Redcap,
            Form::Plain => TableForm::Plain,
        };
        let coding = match self.numbered {
            true => Coding::Numbers,
            false => Coding::Names,
        };
        let list = coming_table(&slots, writer.ledger.sealed(), form, coding);
        let made = TableMade::of(self.slots, &list);
        let digest = made.digest;
        // The list is on the disk before the entry says so, and gets its name only after it.
        let aside = Aside::write(&self.out, list.as_bytes())?;
        let appended = writer.append(vec![Event::Table(made)], &stamp)?;
        aside.into_place()?;
        let entry = appended.entries.start;
        if around.console.json {
            around.console.object(&serde_json::json!({
                "entry": entry, "head": appended.head.to_string(),
                "rows": slots.len(), "digest": digest.to_string(),
                "file": self.out.display().to_string(),
            }))?;
        } else {
            around
                .console
                .data(&format!("entry  {entry}\nhead   {}\n", appended.head))?;
        }
        around.console.say(format!(
            "wrote {} to {}. Whoever reads it knows these draws: give it to the system that \
             hands them out, and to nobody at the desk.",
            count(slots.len() as u64, "row", "rows"),
            self.out.display()
        ));
        warn_of_rights(&self.out, around);
        if self.numbered {
            around.console.say(legend(writer.ledger.sealed()));
        }
        Ok(Answer::Yes)
    }
}

/// A file that has not its name yet, and is taken away if it never gets it.
struct Aside {
    aside: PathBuf,
    path: PathBuf,
}

impl Aside {
    fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<Aside> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let aside = Aside {
            aside: path.with_file_name(name),
            path: path.to_owned(),
        };
        write_secret(&aside.aside, bytes)
            .with_context(|| format!("cannot write `{}`", aside.path.display()))?;
        Ok(aside)
    }

    fn into_place(self) -> anyhow::Result<()> {
        std::fs::rename(&self.aside, &self.path)
            .with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.aside);
    }
}

/// Says what each number stands for.
fn legend(plan: &Protocol) -> String {
    let numbered = |names: &mut dyn Iterator<Item = &str>| -> String {
        let list: Vec<String> = names
            .enumerate()
            .map(|(index, name)| format!("{} {name}", index + 1))
            .collect();
        list.join(", ")
    };
    let mut lines = vec![format!(
        "arms: {}",
        numbered(&mut plan.arms.iter().map(|arm| arm.id.as_str()))
    )];
    for &factor in plan.allocation.as_ref().map_or(&[][..], |a| &a.strata) {
        let factor = &plan.factors[factor];
        let levels = (0..factor.levels()).map(|level| factor.level_name(level));
        lines.push(format!(
            "{}: {}",
            factor.id,
            numbered(&mut levels.into_iter())
        ));
    }
    lines.join("\n")
}

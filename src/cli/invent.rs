use std::path::PathBuf;

use clap::Args;
use klero::invent::{Person, VORDINGBORG, referrals, register};

use super::failure::refused;
use super::study::{Study, write_file};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Invent {
    /// Print a list of this many invented referrals instead
    #[arg(long, value_name = "N", conflicts_with_all = ["out", "force"])]
    referrals: Option<u32>,
    /// Write the register to this file
    #[arg(long, value_name = "FILE", default_value = "register/dream.csv")]
    out: PathBuf,
    /// Overwrite the file
    #[arg(long)]
    force: bool,
}

impl Invent {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        if let Some(count) = self.referrals {
            let list = referrals(&study.plan()?.study.id, count);
            around.console.data(&list)?;
            return Ok(Answer::Yes);
        }
        let ledger = study.ledger()?;
        let plan = ledger.sealed();
        if plan.arms.len() != VORDINGBORG.len() {
            return Err(refused(
                format!("a study of {} arms", plan.arms.len()),
                "figures are known for the demo study, which has three: `klero demo`",
            ));
        }
        let persons: Vec<Person> = ledger
            .draws()
            .map(|(entry, draw)| Person {
                referral: draw.referral.clone(),
                arm: plan
                    .arm(&draw.arm)
                    .expect("the ledger's arms are the plan's"),
                date: entry.time.date(),
            })
            .collect();
        for (arm, figures) in plan.arms.iter().zip(&VORDINGBORG) {
            let index = plan.arm(&arm.id);
            let members = persons
                .iter()
                .filter(|person| Some(person.arm) == index)
                .count();
            if members < figures.long_before as usize {
                return Err(refused(
                    format!("arm `{}` has {members} persons", arm.id),
                    "the figures are for the demo study of 503 referrals: `klero demo`",
                ));
            }
        }
        let text = register(&plan.study.id, &VORDINGBORG, &persons);
        let out = study.folder.join(&self.out);
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder)?;
        }
        write_file(&out, text.as_bytes(), self.force)?;
        if around.console.json {
            around.console.object(&serde_json::json!({
                "persons": persons.len(), "file": out.display().to_string(),
            }))?;
        }
        around.console.say(format!(
            "invented a register of {} persons: {}",
            persons.len(),
            out.display()
        ));
        Ok(Answer::Yes)
    }
}

use std::path::PathBuf;

use clap::Args;
use klero::invent::{Person, VORDINGBORG, referrals, registers};

use super::failure::refused;
use super::study::{AlreadyThere, Study, write_file};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Invent {
    /// Print a list of this many invented referrals instead
    #[arg(long, value_name = "N", conflicts_with_all = ["out", "force"])]
    referrals: Option<u32>,
    /// Write the registers into this folder: dream.csv and bfl.csv
    #[arg(long, value_name = "DIR", default_value = "register")]
    out: PathBuf,
    /// Overwrite the files
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
        let invented = registers(&plan.study.id, &VORDINGBORG, &persons);
        let out = study.folder.join(&self.out);
        let files = [
            (out.join("dream.csv"), invented.dream),
            (out.join("bfl.csv"), invented.bfl),
        ];
        if let Some((path, _)) = files.iter().find(|(path, _)| !self.force && path.exists()) {
            let path = path.clone();
            return Err(AlreadyThere::without_force(path).into());
        }
        std::fs::create_dir_all(&out)?;
        for (path, text) in &files {
            write_file(path, text.as_bytes(), self.force)?;
        }
        let names = files.map(|(path, _)| path.display().to_string());
        if around.console.json {
            around.console.object(&serde_json::json!({
                "persons": persons.len(), "files": names,
            }))?;
        }
        around.console.say(format!(
            "invented registers of {} persons: {}",
            persons.len(),
            names.join(", "),
        ));
        Ok(Answer::Yes)
    }
}

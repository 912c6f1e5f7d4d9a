use std::path::PathBuf;

use clap::Args;
use klero::ledger::{DrawError, Event};

use super::study::Study;
use super::{Acting, Answer, Surroundings};

#[derive(Args)]
pub struct Unseal {
    /// Take the seed from this file instead of `seed.key` in the study's folder
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Confirm with the study's id, without being asked
    #[arg(long, value_name = "ID")]
    confirm: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Unseal {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        study.draws()?;
        let seed = study.live_seed(self.seed.as_deref(), around)?;
        let id = study.ledger()?.seal().study.clone();
        around
            .console
            .confirm("unsealing", &id, self.confirm.as_deref())?;
        // The lock is taken only now: nobody waits while a question is open.
        let (mut writer, stamp) = around.writer(&study.ledger_path(), &self.acting)?;
        let seal = writer.ledger.seal();
        if seed.commitment(&seal.study) != seal.commitment {
            return Err(DrawError::WrongSeed.into());
        }
        let unsealed = writer
            .ledger
            .entries
            .iter()
            .find(|entry| matches!(entry.event, Event::Unseal { .. }));
        if let Some(entry) = unsealed {
            let entry = entry.number;
            return Err(DrawError::Unsealed { entry }.into());
        }
        let appended = writer.append(vec![Event::Unseal { seed }], &stamp)?;
        let entry = appended.entries.start;
        if around.console.json {
            around.console.object(&serde_json::json!({
                "entry": entry,
                "head": appended.head.to_string(),
            }))?;
        } else {
            around
                .console
                .data(&format!("entry  {entry}\nhead   {}\n", appended.head))?;
        }
        around.console.say(
            "unsealed: the seed stands in the ledger, nothing more is drawn, and anybody can \
             check every draw",
        );
        Ok(Answer::Yes)
    }
}

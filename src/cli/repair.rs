use clap::Args;
use klero::ledger;

use super::study::Study;
use super::{Acting, Answer, Surroundings};

#[derive(Args)]
pub struct Repair {
    #[command(flatten)]
    acting: Acting,
}

impl Repair {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let stamp = around.stamp(&self.acting)?;
        study.draws()?;
        let repaired = ledger::repair(&study.ledger_path(), &stamp)?;
        if around.console.json {
            let moved = repaired.as_ref().map(|(_, to)| to.display().to_string());
            around.console.object(&serde_json::json!({
                "torn": repaired.as_ref().map(|(torn, _)| torn.to_string()),
                "line": repaired.as_ref().map(|(torn, _)| torn.line()),
                "moved_to": moved,
            }))?;
        }
        around.console.say(match repaired {
            None => "the ledger is whole: nothing to repair".to_owned(),
            Some((torn, to)) => format!(
                "{torn}\nmoved from line {} on to {}\nnext: {}",
                torn.line(),
                to.display(),
                match torn.from() {
                    0 => "`klero seal` again; nothing was drawn",
                    _ => "draw again; the arms will be the same",
                }
            ),
        });
        Ok(Answer::Yes)
    }
}

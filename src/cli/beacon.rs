use clap::Args;
use klero::ledger::Event;

use super::failure::refused;
use super::study::Study;
use super::{Acting, Answer, Surroundings};

#[derive(Args)]
pub struct Beacon {
    /// What the rule of the seal gave, as text
    value: String,
    #[command(flatten)]
    acting: Acting,
}

impl Beacon {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        study.draws()?;
        let (mut writer, stamp) = around.writer(&study.ledger_path(), &self.acting)?;
        let rule = writer.ledger.seal().beacon_rule.clone();
        if rule.is_empty() {
            return Err(refused(
                "the seal names no public randomness, so there is no beacon to record",
                "a rule is named when the plan is sealed: `klero seal --beacon-rule TEXT`",
            ));
        }
        if let Some(value) = writer.ledger.beacon() {
            return Err(refused(
                format!("the beacon is recorded already: `{value}`"),
                "it is recorded once; `klero audit` shows whether it holds",
            ));
        }
        if self.value.trim().is_empty() {
            return Err(refused(
                "the beacon's value is empty",
                format!("give what the rule gave: {rule}"),
            ));
        }
        let appended = writer.append(vec![Event::Beacon { value: self.value }], &stamp)?;
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
        around
            .console
            .say(format!("recorded for the rule: {rule}\nnext: `klero draw`"));
        Ok(Answer::Yes)
    }
}

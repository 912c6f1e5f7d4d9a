use clap::Args;
use klero::protocol::State;
use klero::register::{Class, CodeTable};
use serde_json::json;

use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Codes {}

impl Codes {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let table = CodeTable::built_in();
        let state = |class: Class| match class {
            Class::Is(state) => state.name().to_owned(),
            Class::ByIndustry => format!("{} or {}", State::Ordinary, State::SelfSupport),
        };
        if around.console.json {
            let list: Vec<_> = table
                .entries
                .iter()
                .map(|entry| {
                    json!({
                        "code": entry.code.to_string(), "state": state(entry.class),
                        "group": entry.group, "label_da": entry.label_da,
                        "label_en": entry.label_en,
                    })
                })
                .collect();
            around
                .console
                .object(&json!({"version": table.digest.to_string(), "codes": list}))?;
            return Ok(Answer::Yes);
        }
        let mut text = format!("{:5}  {:24}  {}\n", "code", "state", "label");
        for entry in &table.entries {
            let code = match entry.code.to_string() {
                code if code.is_empty() => "blank".to_owned(),
                code => code,
            };
            text += &format!("{code:5}  {:24}  {}\n", state(entry.class), entry.label_da);
        }
        around.console.data(&text)?;
        around.console.say(
            "a blank week, and holiday pay from employment, is `ordinary` in a month with an \
             industry code and `self_support` in one without; where the file has no industry \
             column it is `unknown`",
        );
        Ok(Answer::Yes)
    }
}

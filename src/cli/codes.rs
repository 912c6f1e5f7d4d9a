use clap::Args;
use klero::protocol::{Language, State};
use klero::register::codes::CodeEntry;
use klero::register::{Class, CodeTable};
use klero::report::effects::wrap;
use klero::report::language::Message;
use serde_json::json;

use super::failure::refused;
use super::study::Study;
use super::{Answer, Surroundings};

/// Columns for a label, in lines of 80.
const LABEL: usize = 80 - 33;

#[derive(Args)]
pub struct Codes {
    /// Print the codes of this register of the study, with those of its own table
    #[arg(long, value_name = "NAME")]
    register: Option<String>,
}

impl Codes {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let table = match &self.register {
            None => CodeTable::built_in().clone(),
            Some(name) => {
                let study = Study::find(around)?;
                let plan = study.plan()?;
                let known = || plan.registers.iter().map(|register| register.id.as_str());
                let Some(index) = known().position(|id| id == name) else {
                    return Err(refused(
                        format!("`{name}` is no register of the plan"),
                        format!("the plan has {}", klero::spelling::listed(known())),
                    ));
                };
                study.code_tables(&plan)?.swap_remove(index)
            }
        };
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
                        "from": entry.valid.0.map(|week| week.to_string()),
                        "to": entry.valid.1.map(|week| week.to_string()),
                    })
                })
                .collect();
            let states: Vec<_> = State::ALL
                .iter()
                .map(|&state| {
                    let meaning = around.of_tables().say(meaning(state));
                    json!({"state": state.name(), "meaning": meaning})
                })
                .collect();
            around.console.object(&json!({
                "version": table.digest.to_string(), "codes": list, "states": states,
            }))?;
            return Ok(Answer::Yes);
        }
        let locale = around.of_tables();
        let say = |message: Message| locale.say(message);
        let mut text = format!(
            "{:5}  {:24}  {}\n",
            say(Message::CodeHead),
            say(Message::StateHead),
            say(Message::LabelHead)
        );
        for entry in &table.entries {
            let code = match entry.code.to_string() {
                code if code.is_empty() => say(Message::BlankCode),
                code => code,
            };
            // A line for each code where another program reads; folded where a person does.
            let label = match around.language {
                Some(Language::English) => &entry.label_en,
                _ => &entry.label_da,
            };
            let label = match around.console.is_seen() {
                true => {
                    let label = format!("{label} [{}]", about(entry, LABEL - 2));
                    wrap(&label, LABEL).join(&format!("\n{:33}", ""))
                }
                false => format!("{label} [{}]", about(entry, usize::MAX)),
            };
            text += &format!("{code:5}  {:24}  {label}\n", state(entry.class));
        }
        text += "\n";
        for &state in State::ALL {
            let meaning = wrap(&say(meaning(state)), 80 - 14).join(&format!("\n{:14}", ""));
            text += &format!("{:12}  {meaning}\n", state.name());
        }
        around.console.data(&text)?;
        Ok(Answer::Yes)
    }
}

/// Returns the group of a code, broken behind the family where it is wider than a line, and the
/// weeks in which the code is in use, where these are limited.
fn about(entry: &CodeEntry, width: usize) -> String {
    let group = match entry.group.chars().count() > width {
        true => entry.group.replacen(':', ": ", 1),
        false => entry.group.clone(),
    };
    match entry.valid {
        (None, None) => group,
        (Some(from), None) => format!("{group}, {from}–"),
        (None, Some(to)) => format!("{group}, –{to}"),
        (Some(from), Some(to)) => format!("{group}, {from}–{to}"),
    }
}

/// Says which weeks are in a state.
fn meaning(state: State) -> Message<'static> {
    match state {
        State::Ordinary => Message::OrdinaryIs,
        State::SelfSupport => Message::SelfSupportIs,
        State::Supported => Message::SupportedIs,
        State::Praktik => Message::PraktikIs,
        State::Education => Message::EducationIs,
        State::Benefit => Message::BenefitIs,
        State::Pension => Message::PensionIs,
        State::Abroad => Message::AbroadIs,
        State::Dead => Message::DeadIs,
        State::Unknown => Message::UnknownIs,
    }
}

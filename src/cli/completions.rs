use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;

use super::{Answer, Klero, Surroundings};

#[derive(Args)]
pub struct Completions {
    /// The shell that is to know klero's commands and flags
    shell: Shell,
}

impl Completions {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Klero::command(), "klero", &mut script);
        let script = String::from_utf8(script).expect("names and descriptions are text");
        if around.console.json {
            let shell = self.shell.to_string();
            around
                .console
                .object(&json!({"shell": shell, "script": script}))?;
        } else {
            around.console.data(&script)?;
        }
        Ok(Answer::Yes)
    }
}

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, CommandFactory as _, Parser as _};
use klero::spelling::nearest;
use serde_json::json;

use super::failure::refused;
use super::{Answer, Klero, Surroundings};

#[derive(Args)]
pub struct Help {
    /// The command, or the topic
    #[arg(value_name = "COMMAND|TOPIC", value_parser = Words::All, hide_possible_values = true)]
    words: Vec<String>,
}

/// A text for whoever wants to know more than one command tells.
pub struct Topic {
    pub name: &'static str,
    /// A title, an empty line and the text, in lines of at most 80 characters.
    text: &'static str,
}

macro_rules! topics {
    ($($name:literal),* $(,)?) => {
        &[$(Topic { name: $name, text: include_str!(concat!("topics/", $name, ".txt")) }),*]
    };
}

/// The topics, from the first question to the last. None has the name of a command.
pub const TOPICS: &[Topic] = topics![
    "start",
    "plan",
    "procedures",
    "desk",
    "seed",
    "foresee",
    "ledger",
    "evidence",
    "registers",
    "measures",
    "estimates",
    "disclosure",
    "files",
    "scripts",
    "environment",
    "exit-codes",
];

impl Topic {
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Returns the text without its title.
    pub fn body(&self) -> &'static str {
        self.text[self.title().len()..].trim_matches('\n')
    }
}

pub fn topic(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

/// Returns the list of topics, for the end of the program's help.
pub fn list() -> String {
    let mut text = "Topics, by `klero help TOPIC`:\n".to_owned();
    for topic in TOPICS {
        text += &format!("  {:11}  {}\n", topic.name, topic.title());
    }
    text + "\n`klero demo` goes through a whole trial on invented data."
}

/// Finds a command by its words, such as `record withdraw`; no words are the program itself.
pub fn find<'a>(klero: &'a Command, words: &[String]) -> Option<&'a Command> {
    words
        .iter()
        .try_fold(klero, |command, word| command.find_subcommand(word))
}

impl Help {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let klero = Klero::command();
        let text = match self.words.as_slice() {
            [name] if topic(name).is_some() => topic(name)
                .map(|topic| topic.text)
                .unwrap_or_default()
                .to_owned(),
            words if find(&klero, words).is_some() => return of_command(words, around),
            words => return Err(unknown(&klero, words)),
        };
        if around.console.json {
            let topic = &self.words[0];
            around
                .console
                .object(&json!({"topic": topic, "text": text}))?;
        } else {
            around.console.data(&text)?;
        }
        Ok(Answer::Yes)
    }
}

/// Prints what `klero COMMAND --help` prints.
fn of_command(words: &[String], around: &Surroundings) -> anyhow::Result<Answer> {
    let words = words.iter().map(String::as_str);
    let asked = ["klero"].into_iter().chain(words).chain(["--help"]);
    let Err(help) = Klero::try_parse_from(asked) else {
        unreachable!("`--help` is never run");
    };
    debug_assert_eq!(help.kind(), ErrorKind::DisplayHelp);
    if around.console.json {
        let text = help.render().to_string();
        around.console.object(&json!({"help": text}))?;
    } else {
        help.print()?;
    }
    Ok(Answer::Yes)
}

fn unknown(klero: &Command, words: &[String]) -> anyhow::Error {
    // The words up to the first that is not known.
    let known = (0..words.len())
        .take_while(|&count| find(klero, &words[..count]).is_some())
        .last()
        .unwrap_or(0);
    let (before, word) = (&words[..known], &words[known]);
    if known == 0 && topic(word).is_some() {
        return refused(
            format!("`{word}` is a topic, and topics come one at a time"),
            format!("`klero help {word}`"),
        );
    }
    let command = find(klero, before).unwrap_or(klero);
    let names = || {
        let commands = command.get_subcommands().map(Command::get_name);
        let topics = TOPICS.iter().filter(|_| known == 0);
        commands.chain(topics.map(|topic| topic.name))
    };
    let what = match known {
        0 => format!("no command or topic `{word}`"),
        _ => format!("`{}` has no command `{word}`", before.join(" ")),
    };
    refused(
        what,
        match nearest(word, names()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "`klero help` lists commands and topics".to_owned(),
        },
    )
}

/// Words that name a command, or also a topic: any text, but shells complete those there are.
#[derive(Clone, Copy)]
pub enum Words {
    Commands,
    All,
}

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(&self, _: &Command, _: Option<&Arg>, word: &OsStr) -> Result<String, clap::Error> {
        Ok(word.to_string_lossy().into_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let klero = Klero::command();
        let commands: Vec<PossibleValue> = klero
            .get_subcommands()
            .map(|command| {
                let about = command.get_about().map(ToString::to_string);
                PossibleValue::new(command.get_name().to_owned()).help(about.unwrap_or_default())
            })
            .collect();
        let topics = match self {
            Words::Commands => &[][..],
            Words::All => TOPICS,
        };
        let topics = topics
            .iter()
            .map(|topic| PossibleValue::new(topic.name).help(topic.title()));
        Some(Box::new(commands.into_iter().chain(topics)))
    }
}

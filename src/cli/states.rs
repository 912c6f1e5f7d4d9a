use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use klero::outcome::{of_those, person_weeks, states_by_week};
use klero::protocol::{Language, Protocol, Register, RegisterKind};
use klero::register::store::Store;
use klero::report::language::{Message, Noun, counted};
use klero::report::stack::{LAYERS, Layer, Stack};
use klero::sample::dates_of_draws;
use klero::spelling::listed;
use serde_json::json;

use super::failure::refused;
use super::outcomes::{dates_of_table, with_lines};
use super::study::{Study, write_file};
use super::{Answer, Surroundings};

/// Nobody's arm is looked at.
#[derive(Args)]
pub struct States {
    /// First and last week, counted from the draw
    #[arg(long, value_name = "FIRST:LAST", default_value = "-52:104", allow_hyphen_values = true,
          value_parser = span)]
    weeks: (i32, i32),
    /// Print every so many weeks
    #[arg(long, value_name = "N", default_value_t = 13,
          value_parser = clap::value_parser!(u16).range(1..=5_000))]
    every: u16,
    /// Print the weeks of one person instead, by referral id
    #[arg(long, value_name = "ID", conflicts_with_all = ["svg", "out", "dates"])]
    person: Option<String>,
    /// Take the dates from a table `referral,date` instead of the ledger
    #[arg(long, value_name = "FILE")]
    dates: Option<PathBuf>,
    /// The register, where the plan has several
    #[arg(long, value_name = "NAME")]
    register: Option<String>,
    /// Draw the stacked states to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the counts of every week to this file as CSV
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite these files
    #[arg(long)]
    force: bool,
}

fn span(text: &str) -> Result<(i32, i32), String> {
    let wrong = || "expected FIRST:LAST, such as -52:104".to_owned();
    let (first, last) = text.split_once(':').ok_or_else(wrong)?;
    let week = |text: &str| {
        text.parse()
            .ok()
            .filter(|week| (-5_000..=5_000).contains(week))
    };
    match (week(first), week(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err(wrong()),
    }
}

impl States {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let plan = study.plan()?;
        if self.dates.is_none() && self.person.is_none() {
            study.draws_or(
                "give the day on which each person started: `klero states --dates FILE`",
            )?;
        }
        let register = self.register_of(&plan)?;
        let store = Store::of(register, &study.folder, &study.derived())?;
        study.warn_of_changes(&plan, false, around);
        if let Some(person) = &self.person {
            return one_person(&store, person, around);
        }
        let dates = match &self.dates {
            Some(file) => dates_of_table(file)?,
            None => dates_of_draws(&study.ledger()?),
        };
        let locale = around.of_tables();
        let (from, to) = self.weeks;
        let ids: BTreeSet<&str> = dates.iter().map(|dated| dated.referral.as_str()).collect();
        of_those(std::slice::from_ref(&store), ids.into_iter())?;
        let made = states_by_week(&store, &dates, from, to)
            .map_err(|error| with_lines(error, self.dates.as_deref()))?;
        let language = around.language.unwrap_or(plan.study.language);
        let stack = Stack {
            title: plan.study.title.clone(),
            language,
            zero: plan.zero(),
            layers: LAYERS
                .iter()
                .map(|&(state, english, danish, color)| Layer {
                    name: state.name().to_owned(),
                    label: match language {
                        Language::Danish => danish.to_owned(),
                        Language::English => english.to_owned(),
                    },
                    color,
                    counts: made
                        .counts
                        .iter()
                        .map(|week| week[state as usize])
                        .collect(),
                })
                .collect(),
            weeks: made.weeks,
            all: made.persons,
        };
        for (path, text) in [(&self.svg, stack.svg()), (&self.out, stack.csv())] {
            if let Some(path) = path {
                write_file(path, text.as_bytes(), self.force)?;
                around.console.say(format!("wrote {}", path.display()));
            }
        }
        if around.console.json {
            let counts: serde_json::Map<_, _> = stack
                .layers
                .iter()
                .map(|layer| (layer.name.clone(), json!(layer.counts)))
                .collect();
            around.console.object(&json!({
                "persons": made.persons, "not_in_register": made.not_in_register,
                "weeks": stack.weeks, "counts": counts,
            }))?;
        } else {
            let every = usize::from(self.every);
            around.console.data(&stack.table(every, &locale))?;
        }
        let persons = &counted(made.persons as u64, Noun::Person, &locale);
        let missing = &made.not_in_register.to_string();
        around.console.say(locale.say(match plan.allocation {
            Some(_) => Message::PerCentOf { persons, missing },
            None => Message::PerCentOfOneArm { persons, missing },
        }));
        Ok(Answer::Yes)
    }

    fn register_of<'p>(&self, plan: &'p Protocol) -> anyhow::Result<&'p Register> {
        let with_states: Vec<&Register> = plan
            .registers
            .iter()
            .filter(|register| register.kind != RegisterKind::Bfl)
            .collect();
        let known = || listed(with_states.iter().map(|register| register.id.as_str()));
        let named = |name: &String| with_states.iter().find(|register| register.id == *name);
        match (&self.register, &with_states[..]) {
            (Some(name), _) if let Some(register) = named(name) => Ok(register),
            (None, [only]) => Ok(only),
            (_, []) => Err(refused(
                "the plan names no register with states",
                "`[register.dream]` with `kind` and `files`",
            )),
            (Some(name), _) => Err(refused(
                format!("`{name}` is no register with states"),
                format!("the plan has {}", known()),
            )),
            (None, _) => Err(refused(
                "the plan has several registers with states",
                format!("name one: `--register`, of {}", known()),
            )),
        }
    }
}

fn one_person(store: &Store, person: &str, around: &Surroundings) -> anyhow::Result<Answer> {
    let Some(runs) = person_weeks(store, person)? else {
        return Err(match store.persons {
            None => refused(
                "the register has nobody with that id",
                "an id is the key in the register, letter for letter",
            ),
            Some(_) => refused(
                "the register has nobody with that id among those it was ingested for",
                "`klero ingest` takes in everybody in the files, with `--drawn` those drawn by now",
            ),
        });
    };
    if around.console.json {
        let runs: Vec<_> = runs
            .iter()
            .map(|run| {
                json!({
                    "first": run.first.to_string(), "last": run.last.to_string(),
                    "weeks": run.last - run.first + 1,
                    "code": run.code.map(|code| code.to_string()), "state": run.state.name(),
                })
            })
            .collect();
        around.console.object(&json!({"spells": runs}))?;
        return Ok(Answer::Yes);
    }
    let locale = around.of_tables();
    let say = |message: Message| locale.say(message);
    let mut text = format!(
        "{:8}  {:8}  {:>5}  {:4}  {}\n",
        say(Message::FirstHead),
        say(Message::LastHead),
        say(Message::WeeksHead),
        say(Message::CodeHead),
        say(Message::StateHead)
    );
    for run in runs {
        let code = run.code.map_or(String::new(), |code| code.to_string());
        let code = if code.is_empty() {
            say(Message::BlankCode)
        } else {
            code
        };
        text += &format!(
            "{:8}  {:8}  {:>5}  {:5} {}\n",
            run.first.to_string(),
            run.last.to_string(),
            run.last - run.first + 1,
            code,
            Message::of_state_short(run.state.name()).map_or_else(|| run.state.to_string(), say)
        );
    }
    around.console.data(&text)?;
    Ok(Answer::Yes)
}

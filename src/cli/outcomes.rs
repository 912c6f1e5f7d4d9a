use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use klero::estimate::outcome_of;
use klero::outcome::{Card, Dated, Outcomes as Made, defined, measure};
use klero::period::Date;
use klero::protocol::{Language, Outcome, Protocol, Selector, WAGE};
use klero::register::columns::{Columns, Values};
use klero::register::store::Store;
use klero::register::values::Readings;
use klero::register::{RegisterError, Source};
use klero::report::effects::wrap;
use klero::report::language::{Locale, Message, note};
use klero::report::number::count;
use klero::sample::dates_of_draws;
use klero::spelling::nearest;

use super::failure::refused;
use super::ingest::Bar;
use super::study::{AlreadyThere, OUTCOMES, Study, write_file};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Outcomes {
    /// Take the dates from a table `referral,date` instead of the ledger
    #[arg(long, value_name = "FILE")]
    dates: Option<PathBuf>,
    /// Write the table as CSV too, with its definitions beside it in FILE.json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite the CSV
    #[arg(long, requires = "out")]
    force: bool,
    /// Make this outcome only; may be given many times
    #[arg(long, value_name = "ID", requires = "out")]
    outcome: Vec<String>,
    /// Print the definition of each outcome and make nothing
    #[arg(long)]
    explain: bool,
    /// With `include`, windows that begin in week 1 begin in the week of the draw
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Week0::Exclude)]
    week0: Week0,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Week0 {
    Include,
    Exclude,
}

impl Outcomes {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        if self.explain {
            let mut plan = study.plan()?;
            if self.week0 == Week0::Include {
                plan.include_week_of_draw();
            }
            return explain(&plan, around);
        }
        // Estimates are of the drawn: what is made for others, or in part, stands beside.
        let others = self.dates.is_some() && study.ledger_path().exists();
        if others && self.out.is_none() {
            return Err(refused(
                "the study has a ledger, and its outcomes are of those drawn",
                "`--out FILE` writes the outcomes of the persons in `--dates` elsewhere",
            ));
        }
        let (mut plan, dates) = match &self.dates {
            Some(file) => (study.plan()?, dates_of_table(file)?),
            None => {
                study.draws_or(
                    "give the day on which each person started: `klero outcomes --dates FILE`",
                )?;
                let ledger = study.ledger()?;
                let plan = study.plan_beside(&ledger, around)?;
                (plan, dates_of_draws(&ledger))
            }
        };
        if plan.outcomes.is_empty() {
            return Err(refused(
                "the plan names no outcome",
                "`[[outcome]]` with `id`, `measure`, `states` and `weeks`",
            ));
        }
        if !self.outcome.is_empty() {
            plan = only(plan, &self.outcome)?;
        }
        if let Some(path) = &self.out
            && !self.force
            && let Some(path) = [path.clone(), beside(path)]
                .into_iter()
                .find(|p| p.exists())
        {
            return Err(AlreadyThere::without_force(path).into());
        }
        study.warn_of_changes(&plan, false, around);
        let stores = plan
            .registers
            .iter()
            .map(|register| Store::open(&study.derived(), &register.id))
            .collect::<Result<Vec<Store>, _>>()?;
        let tables = plan
            .outcomes
            .iter()
            .filter_map(|outcome| outcome.value.as_ref())
            .map(|column| Readings::read(&study.folder, column))
            .collect::<Result<Vec<Readings>, _>>()?;
        if self.week0 == Week0::Include {
            plan.include_week_of_draw();
        }
        let bar = Bar::new(stores.iter().map(Store::size).sum(), &around.console);
        let read = || stores.iter().map(Store::bytes_read).sum();
        let made = bar.during(read, || measure(&plan, &stores, &tables, dates))?;
        drop(bar);
        let (told, cautions) = (summary(&made, &around.of_tables()), made.cautions.clone());
        let columns = made.into_columns(&plan);
        let kept = !others && self.outcome.is_empty();
        let path = study.derived().join(OUTCOMES);
        if kept {
            std::fs::create_dir_all(study.derived())?;
            columns.write(&path)?;
        }
        if let Some(out) = &self.out {
            write_file(out, csv(&columns)?.as_bytes(), true)?;
            let record = format!("{}\n", columns.metadata);
            write_file(&beside(out), record.as_bytes(), true)?;
        }
        if around.console.json {
            around
                .console
                .object(&serde_json::from_str(&columns.metadata)?)?;
        } else {
            around.console.data(&told)?;
        }
        for (caution, persons) in cautions {
            let persons = count(persons, "person", "persons");
            around.console.warn(format!("{persons}: {caution}"));
        }
        if kept {
            around.console.say(format!("wrote {}", path.display()));
        }
        if let Some(out) = &self.out {
            around.console.say(format!(
                "wrote {} and {}",
                out.display(),
                beside(out).display()
            ));
        }
        if kept {
            around.console.say("next: `klero estimate`");
        }
        Ok(Answer::Yes)
    }
}

/// Returns the plan with these outcomes only, and the registers that they read.
fn only(mut plan: Protocol, ids: &[String]) -> anyhow::Result<Protocol> {
    let wanted = ids.iter().map(|id| outcome_of(&plan, id));
    let wanted = wanted.collect::<Result<BTreeSet<usize>, _>>()?;
    // Estimates name outcomes by their place, and none is made here.
    plan.estimates.clear();
    plan.outcomes = wanted
        .into_iter()
        .map(|index| plan.outcomes[index].clone())
        .collect();
    let read: BTreeSet<usize> = plan.outcomes.iter().filter_map(|o| o.register).collect();
    for outcome in &mut plan.outcomes {
        let place = |register: usize| read.iter().position(|&read| read == register);
        outcome.register = outcome.register.and_then(place);
    }
    plan.registers = read
        .into_iter()
        .map(|index| plan.registers[index].clone())
        .collect();
    Ok(plan)
}

fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

fn explain(plan: &Protocol, around: &Surroundings) -> anyhow::Result<Answer> {
    if around.console.json {
        let cards: Vec<_> = plan
            .outcomes
            .iter()
            .map(|outcome| {
                let mut card = serde_json::to_value(Card::of(outcome)).expect("a card is texts");
                card["id"] = outcome.id.as_str().into();
                card
            })
            .collect();
        around
            .console
            .object(&serde_json::json!({"outcomes": cards}))?;
        return Ok(Answer::Yes);
    }
    let mut text = String::new();
    for outcome in &plan.outcomes {
        text += &format!("{}: {}\n", outcome.id, outcome.label);
        let languages = match (around.language, plan.study.language) {
            (Some(asked), _) => vec![asked],
            (None, Language::Danish) => vec![Language::Danish, Language::English],
            (None, Language::English) => vec![Language::English, Language::Danish],
        };
        for language in languages {
            let definition = defined(outcome, plan.zero(), language);
            for line in wrap(&wage_in_words(outcome, &definition, language), 76) {
                text += &format!("    {line}\n");
            }
        }
    }
    around.console.data(&text)?;
    Ok(Answer::Yes)
}

/// Says beside `wage` what it is; the states' own names say it themselves.
fn wage_in_words(outcome: &Outcome, text: &str, language: Language) -> String {
    let wage = outcome.selectors.contains(&Selector::Wage);
    let words = Locale::of(language).say(Message::WageState);
    let Some((before, rest)) = text.split_once('{').filter(|_| wage) else {
        return text.to_owned();
    };
    let (set, after) = rest.split_once('}').unwrap_or((rest, ""));
    let names: Vec<String> = set
        .split(", ")
        .map(|name| match name {
            WAGE => format!("{WAGE}: {words}"),
            name => name.to_owned(),
        })
        .collect();
    format!("{before}{{{}}}{after}", names.join(", "))
}

pub fn dates_of_table(file: &Path) -> anyhow::Result<Vec<Dated>> {
    let mut source = Source::open(file)?;
    let column = |name: &'static str| {
        let names = source.header().iter().map(String::as_str);
        let found = names.clone().position(|column| column == name);
        found.ok_or_else(|| RegisterError::NoColumn {
            path: file.to_owned(),
            column: name.to_owned(),
            role: name,
            nearest: nearest(name, names).map(str::to_owned),
        })
    };
    let (referral, date) = (column("referral")?, column("date")?);
    let mut dates = Vec::new();
    let mut cells = Vec::new();
    while let Some(line) = source.next(&mut cells)? {
        let text = cells[date].as_str();
        let Ok(date) = text.parse::<Date>() else {
            return Err(refused(
                format!(
                    "`{text}` is no date\n  in {}, line {line}, column date",
                    file.display()
                ),
                "a date is written 2018-03-14",
            ));
        };
        dates.push(Dated {
            referral: cells[referral].clone(),
            date,
        });
    }
    Ok(dates)
}

fn csv(columns: &Columns) -> anyhow::Result<String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(columns.columns.iter().map(|(name, _)| name))?;
    let rows = columns
        .columns
        .first()
        .map_or(0, |(_, values)| values.len());
    for row in 0..rows {
        csv.write_record(columns.columns.iter().map(|(_, values)| match values {
            Values::Whole(values) => values[row].map_or(String::new(), |v| v.to_string()),
            // Rust writes the shortest decimal that reads back to the same number.
            Values::Number(values) => values[row].map_or(String::new(), |v| v.to_string()),
            Values::Text(values) => values[row].as_deref().unwrap_or_default().to_owned(),
        }))?;
    }
    let bytes = csv.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8(bytes)?)
}

/// Counts, for each outcome, who has a value and who has not; no outcome is told.
fn summary(made: &Made, locale: &Locale) -> String {
    let say = |message: Message| locale.say(message);
    let outcome = say(Message::OutcomeHead);
    let longest = made.series.iter().map(|s| s.outcome.id.chars().count());
    let width = longest.max().unwrap_or(0).max(outcome.chars().count());
    let mut text = format!(
        "{outcome:width$}  {:>5}  {:>7}  {:>4}  {:>6}\n",
        say(Message::KnownHead),
        say(Message::MissingHead),
        say(Message::DiedHead),
        say(Message::AbroadHead)
    );
    for series in &made.series {
        let missing: usize = series.missing().values().sum();
        // Hours, values and what lies before the draw tell nothing of death and emigration after.
        let seen = |persons: u64| match series.outcome.measure.window() {
            Some(_) => persons.to_string(),
            None => "–".to_owned(),
        };
        text += &format!(
            "{:width$}  {:>5}  {:>7}  {:>4}  {:>6}\n",
            series.outcome.id,
            series.values.len() - missing,
            missing,
            seen(series.dead),
            seen(series.abroad)
        );
        for (reason, count) in series.missing() {
            let reason = reason.to_string();
            let reason = match locale.language {
                Language::English => reason,
                Language::Danish => note(&reason, locale, &|_| None),
            };
            text += &format!("{:width$}         {count:>6} {reason}\n", "");
        }
    }
    text
}

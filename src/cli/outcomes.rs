use std::path::{Path, PathBuf};

use clap::Args;
use klero::ledger::{Event, Ledger};
use klero::outcome::{Card, Dated, Outcomes as Made, measure};
use klero::period::Date;
use klero::protocol::{Language, Protocol};
use klero::register::columns::{Columns, Values};
use klero::register::store::Store;
use klero::register::values::Readings;
use klero::register::{RegisterError, Source};
use klero::report::effects::wrap;
use klero::report::number::count;
use klero::spelling::nearest;

use super::failure::refused;
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
        let (mut plan, dates) = match &self.dates {
            Some(file) => (study.plan()?, dates_of_table(file)?),
            None => {
                let ledger = study.ledger()?;
                let plan = study.plan_beside(&ledger, around)?;
                (plan, dates_of_ledger(&ledger))
            }
        };
        if plan.outcomes.is_empty() {
            return Err(refused(
                "the plan names no outcome",
                "`[[outcome]]` with `id`, `measure`, `states` and `weeks`",
            ));
        }
        if let Some(path) = &self.out
            && !self.force
            && let Some(path) = [path.clone(), beside(path)]
                .into_iter()
                .find(|p| p.exists())
        {
            return Err(AlreadyThere { path }.into());
        }
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
        let made = measure(&plan, &stores, &tables, &dates)?;
        let columns = made.columns(&plan);
        std::fs::create_dir_all(study.derived())?;
        let path = study.derived().join(OUTCOMES);
        columns.write(&path)?;
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
            around.console.data(&summary(&made))?;
        }
        for (caution, persons) in &made.cautions {
            let persons = count(*persons, "person", "persons");
            around.console.warn(format!("{persons}: {caution}"));
        }
        around.console.say(format!("wrote {}", path.display()));
        if let Some(out) = &self.out {
            around.console.say(format!(
                "wrote {} and {}",
                out.display(),
                beside(out).display()
            ));
        }
        around.console.say("next: `klero estimate`");
        Ok(Answer::Yes)
    }
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
        let card = Card::of(outcome);
        let definition = match plan.study.language {
            Language::Danish => [card.definition_da, card.definition],
            Language::English => [card.definition, card.definition_da],
        };
        for language in definition {
            for line in wrap(&language, 76) {
                text += &format!("    {line}\n");
            }
        }
    }
    around.console.data(&text)?;
    Ok(Answer::Yes)
}

/// Returns the date, in UTC, on which each person got an arm. The arms stay behind.
pub fn dates_of_ledger(ledger: &Ledger) -> Vec<Dated> {
    let clusters = ledger.sealed().cluster().is_some();
    ledger
        .entries
        .iter()
        .filter_map(|entry| {
            let referral = match &entry.event {
                Event::Draw(draw) if !clusters => &draw.referral,
                Event::Member(member) => &member.referral,
                _ => return None,
            };
            Some(Dated {
                referral: referral.clone(),
                date: entry.time.date(),
            })
        })
        .collect()
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
            Values::Text(values) => values[row].clone().unwrap_or_default(),
        }))?;
    }
    let bytes = csv.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8(bytes)?)
}

/// Counts, for each outcome, who has a value and who has not; no outcome is told.
fn summary(made: &Made) -> String {
    let longest = made.series.iter().map(|s| s.outcome.id.chars().count());
    let width = longest.max().unwrap_or(0).max("outcome".len());
    let mut text = format!("{:width$}  known  missing  died  abroad\n", "outcome");
    for series in &made.series {
        let missing: usize = series.missing().values().sum();
        text += &format!(
            "{:width$}  {:>5}  {:>7}  {:>4}  {:>6}\n",
            series.outcome.id,
            series.values.len() - missing,
            missing,
            series.dead,
            series.abroad
        );
        for (reason, count) in series.missing() {
            text += &format!("{:width$}         {count:>6} {reason}\n", "");
        }
    }
    text
}

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use clap::Args;
use klero::digest::Digest;
use klero::estimate::outcome_of;
use klero::outcome::{Card, Dated, Fates, OutcomeError, Outcomes as Made, defined, measure};
use klero::period::iso_date;
use klero::protocol::{Language, Outcome, Protocol, RegisterKind, Selector, WAGE};
use klero::register::columns::{Columns, Values};
use klero::register::store::Store;
use klero::register::values::Readings;
use klero::register::{Input, RegisterError, Shown, Source, code_table};
use klero::report::effects::wrap;
use klero::report::language::{Locale, Message, Noun, counted, note, plain_spaces};
use klero::sample::dates_of_draws;
use klero::spelling::nearest;

use super::failure::refused;
use super::ingest::{Bar, doubt};
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
            return explain(&study, &plan, around);
        }
        // Estimates are of the drawn: what is made for others, or in part, stands beside.
        let others = self.dates.is_some() && study.ledger_path().exists();
        if others && self.out.is_none() {
            return Err(refused(
                "the study has a ledger, and its outcomes are of those drawn",
                "`--out FILE` writes the outcomes of the persons in `--dates` elsewhere",
            ));
        }
        let mut read = Vec::new();
        let (mut plan, dates) = match &self.dates {
            Some(file) => {
                read.push(input(file)?);
                (study.plan()?, dates_of_table(file)?)
            }
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
            .map(|register| Store::of(register, &study.folder, &study.derived()))
            .collect::<Result<Vec<Store>, _>>()?;
        let tables = plan
            .outcomes
            .iter()
            .filter_map(|outcome| outcome.value.as_ref())
            .map(|column| Readings::read(&study.folder, column))
            .collect::<Result<Vec<Readings>, _>>()?;
        warn_of_tables(&plan, &tables, around);
        if self.week0 == Week0::Include {
            plan.include_week_of_draw();
        }
        let bar = Bar::new(stores.iter().map(Store::size).sum(), &around.console);
        let so_far = || stores.iter().map(Store::bytes_read).sum();
        let made = bar.during(so_far, || measure(&plan, &stores, &tables, dates));
        drop(bar);
        let mut made = made.map_err(|error| with_lines(error, self.dates.as_deref()))?;
        made.inputs.extend(read);
        let (told, cautions) = (summary(&made, &around.of_tables()), made.cautions.clone());
        let columns = made.into_columns(&plan);
        // What the plan does not define stands beside, where a place is named for it.
        let as_planned = self.week0 == Week0::Exclude;
        let kept = !others && self.outcome.is_empty() && (as_planned || self.out.is_none());
        let path = study.derived().join(OUTCOMES);
        // The record first: no table stands without it.
        if let Some(out) = &self.out {
            let record = format!("{}\n", columns.metadata);
            write_file(&beside(out), record.as_bytes(), true)?;
            write_file(out, csv(&columns)?.as_bytes(), true)?;
        }
        if kept {
            std::fs::create_dir_all(study.derived())?;
            columns.write(&path)?;
        }
        if around.console.json {
            around
                .console
                .object(&serde_json::from_str(&columns.metadata)?)?;
        } else {
            around.console.data(&told)?;
        }
        let locale = around.of_tables();
        for (caution, persons) in cautions {
            let persons = plain_spaces(&counted(persons, Noun::Person, &locale));
            let caution = caution.to_string();
            let caution = match locale.language {
                Language::English => caution,
                Language::Danish => note(&caution, &locale, &|_| None),
            };
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
        if kept && as_planned {
            around.console.say("next: `klero estimate`");
        } else if kept {
            around.console.say(
                "these count the week of the draw, which the plan does not: `klero estimate` waits \
                 for windows as planned, from `klero outcomes`",
            );
        }
        Ok(Answer::Yes)
    }
}

/// Warns of what is doubtful in the tables of values, once for each table.
fn warn_of_tables(plan: &Protocol, tables: &[Readings], around: &Surroundings) {
    let files = plan.outcomes.iter();
    let files = files.filter_map(|outcome| Some(&outcome.value.as_ref()?.file));
    let mut told = BTreeSet::new();
    for (file, table) in files.zip(tables) {
        if !told.insert(file) {
            continue;
        }
        for doubtful in table.doubts(None) {
            let doubt = doubt(&doubtful, false, &around.of_tables());
            around.console.warn(format!("{}: {doubt}", file.display()));
        }
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

/// Returns the name of a file and the digest of its bytes.
fn input(file: &Path) -> Result<Input, RegisterError> {
    let bytes = std::fs::read(file).map_err(|source| RegisterError::Io {
        path: file.to_owned(),
        action: "read",
        source,
    })?;
    Ok(Input {
        file: file.display().to_string(),
        digest: Digest::of(&bytes),
    })
}

fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

/// What an outcome is made of: a register with its table of codes, or a table of values.
struct Origin {
    /// As the plan names it.
    name: String,
    /// Version of the table of codes.
    codes: Option<Digest>,
    /// Empty where the register was not ingested, or the table is not there, as the plan has it.
    inputs: Vec<Input>,
}

impl Origin {
    fn of(outcome: &Outcome, study: &Study, plan: &Protocol) -> Result<Origin, RegisterError> {
        if let Some(value) = &outcome.value {
            let inputs = input(&study.folder.join(&value.file)).map(|read| Input {
                file: value.file.display().to_string(),
                ..read
            });
            return Ok(Origin {
                name: value.file.display().to_string(),
                codes: None,
                inputs: inputs.into_iter().collect(),
            });
        }
        let register =
            &plan.registers[outcome.register.expect("what is no value is of a register")];
        let (codes, _) = code_table(register, &study.folder)?;
        let store = Store::of(register, &study.folder, &study.derived());
        Ok(Origin {
            name: register.id.clone(),
            codes: (register.kind != RegisterKind::Bfl).then_some(codes.digest),
            inputs: store.map(|store| store.inputs).unwrap_or_default(),
        })
    }

    fn said(&self, locale: &Locale) -> String {
        let mut text = format!("{}\n", self.name);
        let mut put = |name: &str, digest: &str| text += &format!("    {name}\n      {digest}\n");
        if let Some(codes) = self.codes {
            put(&locale.say(Message::CodesVersion), &codes.to_string());
        }
        for input in &self.inputs {
            put(&input.file, &input.digest.to_string());
        }
        if self.inputs.is_empty() {
            text += &format!("    {}\n", locale.say(Message::NotReadYet));
        }
        text
    }
}

fn explain(study: &Study, plan: &Protocol, around: &Surroundings) -> anyhow::Result<Answer> {
    let origins = plan.outcomes.iter();
    let origins = origins.map(|outcome| Origin::of(outcome, study, plan));
    let origins = origins.collect::<Result<Vec<Origin>, RegisterError>>()?;
    if around.console.json {
        let cards: Vec<_> = plan
            .outcomes
            .iter()
            .zip(&origins)
            .map(|(outcome, origin)| {
                let mut card = serde_json::to_value(Card::of(outcome)).expect("a card is texts");
                card["id"] = outcome.id.as_str().into();
                card["codes"] = origin.codes.map(|codes| codes.to_string()).into();
                let inputs = origin.inputs.iter();
                card["inputs"] = inputs
                    .map(|input| (input.file.clone(), input.digest.to_string().into()))
                    .collect::<serde_json::Map<_, _>>()
                    .into();
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
    let locale = around.of_tables();
    text += &format!("\n{}\n", locale.say(Message::MadeOf));
    let mut told: Vec<&str> = Vec::new();
    for origin in &origins {
        if !told.contains(&origin.name.as_str()) {
            told.push(&origin.name);
            text += &origin.said(&locale);
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
        let id = &cells[referral];
        if id.is_empty() || id == "." {
            return Err(RegisterError::EmptyKey {
                path: file.to_owned(),
                line,
                column: "referral".to_owned(),
            }
            .into());
        }
        let text = cells[date].as_str();
        let Some(date) = iso_date(text) else {
            return Err(RegisterError::WrongCell {
                path: file.to_owned(),
                line,
                column: "date".to_owned(),
                found: Shown::cell(text),
                expected: "date such as 2018-03-14",
            }
            .into());
        };
        dates.push(Dated {
            referral: id.clone(),
            date,
        });
    }
    Ok(dates)
}

/// Says where in the table of dates a referral stands twice.
pub fn with_lines(error: OutcomeError, dates: Option<&Path>) -> anyhow::Error {
    let (OutcomeError::TwoDates, Some(file)) = (&error, dates) else {
        return error.into();
    };
    let twice = || -> Result<Option<(u64, u64)>, RegisterError> {
        let mut source = Source::open(file)?;
        let column = source.header().iter().position(|name| name == "referral");
        let (mut lines, mut cells) = (HashMap::new(), Vec::new());
        while let Some(line) = source.next(&mut cells)? {
            let id: Option<String> = column.map(|column| cells[column].clone());
            if let Some(first) = lines.insert(id, line) {
                return Ok(Some((first, line)));
            }
        }
        Ok(None)
    };
    match twice() {
        Ok(Some((first, second))) => refused(
            format!(
                "{error}\n  in {}, lines {first} and {second}",
                file.display()
            ),
            "a referral has one date: find out which is right",
        ),
        _ => error.into(),
    }
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
        // Values and what lies before the draw tell nothing of death and emigration after.
        let seen = |persons: fn(Fates) -> u64| match series.fates {
            Some(fates) => persons(fates).to_string(),
            None => "–".to_owned(),
        };
        text += &format!(
            "{:width$}  {:>5}  {:>7}  {:>4}  {:>6}\n",
            series.outcome.id,
            series.values.len() - missing,
            missing,
            seen(|fates| fates.dead),
            seen(|fates| fates.abroad)
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

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::PathBuf;

use clap::Args;
use klero::foresight::{Foresight, Share, Warning, evenly, foresee};
use klero::ledger::{LedgerError, referrals, strata};
use klero::outcome::{Break, Caution, cautions};
use klero::protocol::{Protocol, Register};
use klero::register::store::Store;
use klero::register::values::Readings;
use klero::register::{
    Coverage, Doubtful, Ingest, Ingested, RegisterError, SORT_MEMORY, Writing, ingest,
};
use klero::report::effects::wrap;
use klero::report::foresight::{table, warning};
use klero::report::language::{Locale, Message, Noun, PLAIN, counted, many, plain_spaces};
use klero::sample::dates_of_draws;
use serde_json::{Value, json};

use super::console::fold;
use super::ingest::{Bar, as_json as of_doubt, doubt, drawn};
use super::new::left_of_template;
use super::study::{SEED, Study, StudyError, read_table};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Check {
    /// Say how guessable the draws are for so many referrals (or clusters), spread evenly over the
    /// strata
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    expected: Option<u64>,
    /// Or for referrals spread as in this list, such as those of last year
    #[arg(long, value_name = "FILE", conflicts_with = "expected")]
    like: Option<PathBuf>,
    /// Do not read the register files
    #[arg(long)]
    no_data: bool,
    /// List the first rows of what is doubtful in them, by file and line
    #[arg(long, conflicts_with = "no_data")]
    rows: bool,
}

impl Check {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let plan = match study.plan() {
            Ok(plan) => plan,
            Err(error @ StudyError::Protocol { .. }) => {
                // The answer of a check is no, rather than that it could not be made.
                if around.console.json {
                    around
                        .console
                        .object(&json!({"holds": false, "faults": [error.to_string()]}))?;
                } else {
                    around
                        .console
                        .data(&format!("{}\n", fold(&error.to_string())))?;
                }
                return Ok(Answer::No);
            }
            Err(error) => return Err(error.into()),
        };
        let mut faults = Vec::new();
        match study.code_tables(&plan) {
            Err(error) => faults.push(error.to_string()),
            Ok(tables) => {
                if let Err(error) = klero::outcome::check_codes(&plan, &tables) {
                    faults.push(error.to_string());
                }
            }
        }
        let locale = &around.of_tables();
        let mut facts = Vec::new();
        facts.push({
            let of = |n: usize, noun| counted(n as u64, noun, locale);
            locale.say(Message::PlanFact {
                arms: &of(plan.arms.len(), Noun::Arm),
                factors: &of(plan.factors.len(), Noun::Factor),
                outcomes: &of(plan.outcomes.len(), Noun::Outcome),
                estimates: &of(plan.estimates.len(), Noun::Estimate),
            })
        });
        let mut doubts = Vec::new();
        let mut coverage: Vec<Option<Coverage>> = Vec::new();
        for register in &plan.registers {
            let mut there = true;
            coverage.push(None);
            for file in &register.files {
                let path = study.folder.join(file);
                let file = &path.display().to_string();
                match fs::metadata(&path) {
                    Ok(found) => facts.push({
                        let size = &many(found.len(), locale);
                        locale.say(Message::RegisterFile { file, size })
                    }),
                    Err(_) => {
                        there = false;
                        facts.push(locale.say(Message::RegisterNotThere { file }));
                    }
                }
            }
            if there && !self.no_data {
                match look_at(register, &study, around) {
                    Ok(done) => {
                        facts.push({
                            locale.say(Message::RegisterRead {
                                register: &register.id,
                                rows: &counted(done.rows, Noun::Row, locale),
                                persons: &counted(done.persons, Noun::Person, locale),
                            })
                        });
                        let of = || DoubtOf::Register(&register.id);
                        doubts.extend(done.doubts.into_iter().map(|doubt| (of(), doubt)));
                        coverage.pop();
                        coverage.push(Some(done.coverage));
                    }
                    Err(error) => faults.push(error.to_string()),
                }
            }
        }
        // Tables of values are small, and read whole; several outcomes may be of one.
        let values = plan.outcomes.iter();
        let mut told = HashSet::new();
        for value in values.filter_map(|outcome| outcome.value.as_ref()) {
            let path = study.folder.join(&value.file);
            let first = told.insert(&value.file);
            let file = &path.display().to_string();
            if !path.exists() {
                if first {
                    facts.push(locale.say(Message::TableNotThere { file }));
                }
                continue;
            }
            if self.no_data {
                continue;
            }
            match Readings::read(&study.folder, value) {
                Ok(table) if first => {
                    let persons = &counted(table.persons(), Noun::Person, locale);
                    facts.push(locale.say(Message::TableRead { file, persons }));
                    let of = DoubtOf::Table(file.clone());
                    let drawn = somebody_drawn(&study);
                    let of_table = table.doubts(drawn.as_ref()).into_iter();
                    doubts.extend(of_table.map(|doubt| (of.clone(), doubt)));
                }
                Ok(_) => {}
                Err(error) => faults.push(error.to_string()),
            }
        }
        let mut borne = BTreeMap::new();
        let mut sealed = false;
        let next = match study.ledger() {
            Err(LedgerError::Missing { .. }) if plan.allocation.is_none() => {
                facts.push(locale.say(Message::LedgerOfOneArm));
                analysis(&study, &plan)
            }
            Err(LedgerError::Missing { .. }) => {
                facts.push(locale.say(Message::LedgerNotSealed));
                Next::Command("klero seal")
            }
            Err(error) => {
                faults.push(error.to_string());
                Next::Command("klero audit")
            }
            Ok(ledger) => {
                facts.push({
                    let entries = &counted(ledger.entries.len() as u64, Noun::Entry, locale);
                    locale.say(Message::LedgerFact { entries })
                });
                sealed = true;
                let coverage: Vec<_> = coverage.iter().map(Option::as_ref).collect();
                borne = cautions(&plan, &coverage, &dates_of_draws(&ledger));
                let mut changed = false;
                let head = &ledger.head.to_string();
                facts.push(locale.say(Message::HeadFact { head }));
                if ledger.plan().digest != plan.digest {
                    match ledger.sealed().fixed_part_that_differs(&plan) {
                        Some(part) => {
                            faults.push(format!("study.toml changes {part}, which was sealed"));
                        }
                        None => {
                            changed = true;
                            facts.push(locale.say(Message::PlanNotOfLedger));
                        }
                    }
                }
                match (ledger.beacon(), ledger.draws().next(), ledger.unsealed()) {
                    // Whoever draws now draws by the plan of the ledger.
                    (.., None) if changed => Next::Amend,
                    (None, ..) => Next::Command("klero beacon VALUE"),
                    (_, None, None) => Next::Command("klero draw"),
                    (_, _, None) => Next::DrawOrUnseal,
                    _ => analysis(&study, &plan),
                }
            }
        };
        if plan.allocation.is_some() && !study.folder.join(SEED).exists() {
            facts.push(locale.say(Message::SeedElsewhere));
        }
        if !sealed {
            faults.splice(0..0, left_of_template(&plan));
        }
        let holds = faults.is_empty();
        let foresight = self.foresight(&plan)?;
        if around.console.json {
            let guessable = foresight
                .as_ref()
                .map(|foresight| as_json(foresight, &arms(&plan)));
            around.console.object(&json!({
                "holds": holds, "faults": faults, "facts": facts, "next": next.said(locale),
                "guessable": guessable,
                "doubts": doubts.iter().map(|(of, doubt)| of.json(doubt)).collect::<Vec<_>>(),
                "cautions": borne.iter().map(caution_as_json).collect::<Vec<_>>(),
            }))?;
        } else {
            let mut text = plain_spaces(&facts.join("\n"));
            let mut put = |line: Message| text += &format!("\n{}", fold(&locale.say(line)));
            for fault in &faults {
                put(Message::FaultFact { fault });
            }
            for (of, doubtful) in &doubts {
                put(Message::WarningFact {
                    of: of.name(),
                    warning: &doubt(doubtful, self.rows, locale),
                });
            }
            for (caution, persons) in &borne {
                let warning = &caution_in_words(caution, *persons, locale);
                put(Message::PlainWarning { warning });
            }
            if let Some(foresight) = &foresight {
                let head = wrap(&locale.say(Message::HowGuessable), 80).join("\n");
                text += &format!("\n\n{head}\n\n");
                text += &table(foresight, &names(&plan), locale);
                for of in &foresight.warnings {
                    let warning = &warning(of, &arms(&plan), locale);
                    let line = locale.say(Message::PlainWarning { warning });
                    text += &format!("\n{}", fold(&line));
                }
            } else if plan.allocation.is_some() && !sealed {
                put(Message::GuessableUnknown);
            }
            if holds {
                let next = &next.said(locale);
                text += &format!("\n{}", fold(&locale.say(Message::NextFact { next })));
            }
            around.console.data(&format!("{text}\n"))?;
        }
        Ok(if holds { Answer::Yes } else { Answer::No })
    }

    /// Returns how guessable the plan is, where it is known how many referrals are expected.
    fn foresight(&self, plan: &Protocol) -> anyhow::Result<Option<Foresight>> {
        let Some(allocation) = &plan.allocation else {
            return Ok(None);
        };
        let all = strata(plan);
        let expected = if let Some(list) = &self.like {
            let (list, _) = referrals(&read_table(list)?, plan)?;
            let mut counts: HashMap<Vec<usize>, u64> = HashMap::new();
            let mut clusters = HashSet::new();
            for referral in &list {
                // Of a cluster there is one draw, however many members come.
                if let Some(cluster) = allocation.cluster
                    && !clusters.insert(referral.facts[cluster].clone())
                {
                    continue;
                }
                let stratum = plan.stratum(|factor| referral.facts.get(factor));
                *counts
                    .entry(stratum.expect("a checked referral has its levels"))
                    .or_default() += 1;
            }
            all.iter()
                .map(|stratum| counts.get(stratum).copied().unwrap_or(0))
                .collect()
        } else if let Some(expected) = self.expected.or(allocation.expected) {
            evenly(expected, all.len() as u64)
        } else {
            return Ok(None);
        };
        Ok(foresee(plan, &expected))
    }
}

/// What comes next.
#[derive(Clone, Copy)]
enum Next {
    Command(&'static str),
    /// One command, and after it another.
    Both(&'static str, &'static str),
    Amend,
    DrawOrUnseal,
}

impl Next {
    fn said(self, locale: &Locale) -> String {
        match self {
            Next::Command(command) => command.to_owned(),
            Next::Both(first, then) => locale.say(Message::NextBoth { first, then }),
            Next::Amend => locale.say(Message::NextAmend),
            Next::DrawOrUnseal => locale.say(Message::NextDrawOrUnseal),
        }
    }
}

/// Returns what comes next once nobody more is drawn, or in a study with one arm.
fn analysis(study: &Study, plan: &Protocol) -> Next {
    let mut registers = plan.registers.iter();
    let ingested = registers.all(|register| Store::open(&study.derived(), &register.id).is_ok());
    let outcomes = match plan.allocation {
        Some(_) => "klero outcomes",
        None => "klero outcomes --dates FILE",
    };
    match (study.outcomes_path().exists(), ingested) {
        (true, _) => Next::Command("klero estimate"),
        (_, false) => Next::Both("klero ingest", outcomes),
        (_, true) => Next::Command(outcomes),
    }
}

/// Reads a register through without writing anything of it.
fn look_at(
    register: &Register,
    study: &Study,
    around: &Surroundings,
) -> Result<Ingested, RegisterError> {
    let files = register.files.iter();
    let size = files
        .filter_map(|file| fs::metadata(study.folder.join(file)).ok())
        .map(|file| file.len())
        .sum();
    let bar = Bar::new(size, &around.console);
    ingest(&Ingest {
        register,
        folder: &study.folder,
        // What is sorted on the disk on the way has no name there.
        derived: &std::env::temp_dir(),
        keep: None,
        threads: around.threads,
        sort_memory: SORT_MEMORY,
        drawn: somebody_drawn(study),
        writing: Writing::Nothing,
        progress: &|progress| bar.show(progress),
    })
}

/// Returns the ids of everybody drawn, where somebody was.
fn somebody_drawn(study: &Study) -> Option<HashSet<Vec<u8>>> {
    drawn(study).ok().filter(|drawn| !drawn.is_empty())
}

/// What a doubt is about.
#[derive(Clone)]
enum DoubtOf<'a> {
    Register(&'a str),
    Table(String),
}

impl DoubtOf<'_> {
    fn name(&self) -> &str {
        match self {
            DoubtOf::Register(id) => id,
            DoubtOf::Table(file) => file,
        }
    }

    fn json(&self, doubtful: &Doubtful) -> Value {
        let kind = match self {
            DoubtOf::Register(_) => "register",
            DoubtOf::Table(_) => "table",
        };
        let mut object = json!({kind: self.name()});
        if let (Some(object), Value::Object(doubt)) = (object.as_object_mut(), of_doubt(doubtful)) {
            object.extend(doubt);
        }
        object
    }
}

/// Says what the readers of some outcomes must bear in mind.
fn caution_in_words(caution: &Caution, persons: u64, locale: &Locale) -> String {
    let persons = &counted(persons, Noun::DrawnPerson, locale);
    locale.say(match caution {
        Caution::Break(Break::July2017) => Message::BreakCaution2017 { persons },
        Caution::Break(Break::July2025) => Message::BreakCaution2025 { persons },
        Caution::Beyond(register) => Message::BeyondCaution { persons, register },
        Caution::Provisional(register) => Message::ProvisionalCaution { persons, register },
    })
}

fn caution_as_json((caution, persons): (&Caution, &u64)) -> Value {
    let kind = match caution {
        Caution::Break(_) => "break",
        Caution::Beyond(_) => "beyond",
        Caution::Provisional(_) => "provisional",
    };
    json!({"caution": kind, "persons": persons, "message": caution.to_string()})
}

/// Returns the names of all strata; one without a name where there are no strata.
fn names(plan: &Protocol) -> Vec<String> {
    strata(plan)
        .iter()
        .map(|stratum| plan.stratum_names(stratum).join(" / "))
        .collect()
}

fn arms(plan: &Protocol) -> Vec<&str> {
    plan.arms.iter().map(|arm| arm.id.as_str()).collect()
}

fn as_json(foresight: &Foresight, arms: &[&str]) -> Value {
    let share = |share: Share| match share {
        Share::Exactly(value) => json!({"value": value, "exact": true}),
        Share::AtMost(value) => json!({"value": value, "exact": false}),
    };
    let strata: Vec<Value> = foresight
        .strata
        .iter()
        .map(|row| {
            json!({
                "strata": row.strata.len(), "referrals": row.referrals,
                "right": share(row.each.right), "certain": share(row.each.certain),
                "largest_difference": row.each.largest_difference,
            })
        })
        .collect();
    let warnings: Vec<Value> = foresight
        .warnings
        .iter()
        .map(|of| {
            let kind = match of {
                Warning::FixedBlocks { .. } => "fixed-blocks",
                Warning::Certain { .. } => "certain",
                Warning::UnevenChances { .. } => "uneven-chances",
                Warning::TooManyStrata { .. } => "too-many-strata",
            };
            json!({"kind": kind, "message": warning(of, arms, &PLAIN)})
        })
        .collect();
    json!({
        "strata": strata, "right": share(foresight.right), "certain": share(foresight.certain),
        "by_chance": foresight.by_chance, "difference_at_end": foresight.difference_at_end,
        "warnings": warnings,
    })
}

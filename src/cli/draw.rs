use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use klero::ledger::{
    Answer as Given, Appended, Drawn, Event, Foreseen, Ledger, Referral, referrals,
};
use klero::protocol::{FactorKind, Protocol};
use klero::report::language::{Locale, Message, Noun, PLAIN, counted};
use serde_json::json;

use super::console::rows;
use super::failure::refused;
use super::study::{AlreadyThere, Study, read_table, write_file};
use super::{Acting, Answer, Surroundings};

#[derive(Args)]
#[command(group = clap::ArgGroup::new("who"))]
pub struct Draw {
    /// Draw one referral, by its id
    #[arg(long, value_name = "ID", group = "who")]
    referral: Option<String>,
    /// Set a factor of the referral; once for each factor
    #[arg(long, value_name = "FACTOR=LEVEL", value_parser = pair, conflicts_with = "list")]
    set: Vec<(String, String)>,
    /// Draw every referral of a list: a column `id` and one for each factor
    #[arg(long, value_name = "FILE", group = "who")]
    list: Option<PathBuf>,
    /// Write what a list gave to this file as CSV, not to stdout
    #[arg(
        long,
        value_name = "FILE",
        requires = "list",
        conflicts_with = "referral"
    )]
    out: Option<PathBuf>,
    /// Take the seed from this file instead of `seed.key` in the study's folder
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Draw ids written almost like others too: they are other persons
    #[arg(long)]
    distinct: bool,
    /// Check everything, draw nothing, show no arm
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    acting: Acting,
}

/// Who comes.
enum Coming {
    /// One person, who was drawn before.
    Drawn(Drawn),
    New(Vec<Referral>),
}

pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((factor, level)) => Ok((factor.trim().to_owned(), level.trim().to_owned())),
        None => Err("expected FACTOR=LEVEL, such as age=34".to_owned()),
    }
}

impl Draw {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        study.draws()?;
        let ledger = study.ledger()?;
        if study
            .plan()
            .is_ok_and(|plan| plan.digest != ledger.plan().digest)
        {
            around
                .console
                .say("study.toml is not the plan in force: the ledger's plan is used");
        }
        let coming = match self.coming(&ledger, around)? {
            Coming::Drawn(drawn) => return self.say_again(drawn, &ledger, around),
            Coming::New(coming) => coming,
        };
        if self.dry_run {
            return self.foresee(&study, &ledger, &coming, around);
        }
        if let Some(path) = &self.out {
            if path.exists() {
                return Err(AlreadyThere::kept(path).into());
            }
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
                return Err(refused(
                    format!("there is no folder `{}`", folder.display()),
                    "make it first; nothing was drawn",
                ));
            }
        }
        let foreseen = ledger.foresee(&coming)?;
        let before = refused_before(&ledger);
        let seed = match foreseen.contains(&Foreseen::WillBeDrawn) {
            true => Some(study.live_seed(self.seed.as_deref(), around)?),
            false => None,
        };
        let (mut writer, stamp) = around.resume(ledger, &self.acting)?;
        if !self.distinct {
            writer.ledger.none_alike(&coming)?;
        }
        let (answers, appended) = writer.draw(&coming, seed.as_ref(), &stamp)?;
        let shown = self.show(&answers, appended.as_ref(), &writer.ledger, &before, around);
        match &appended {
            // Whoever sees the error must not take it for "not drawn".
            Some(appended) => shown.with_context(|| {
                format!(
                    "what was drawn could not be shown; it is in the ledger, {}, and the same \
                     command shows it again",
                    entries_of(appended, &PLAIN)
                )
            })?,
            None => shown?,
        }
        Ok(Answer::Yes)
    }

    /// Reads the referrals that come, checked against the plan in force.
    fn coming(&self, ledger: &Ledger, around: &Surroundings) -> anyhow::Result<Coming> {
        let plan = ledger.plan();
        if let Some(list) = &self.list {
            let table = read_table(list)?;
            let (list, passed_over) = referrals(&table, plan)?;
            if !passed_over.is_empty() {
                around.console.say(format!(
                    "passed over: {}, which the plan does not know",
                    klero::spelling::listed(passed_over.iter().map(String::as_str))
                ));
            }
            return Ok(Coming::New(list));
        }
        let id = match &self.referral {
            Some(id) => id.clone(),
            None if around.console.can_ask() => around.console.ask("referral, by its id:")?,
            None => {
                return Err(refused(
                    "nobody to draw",
                    "give `--referral ID` or `--list FILE`",
                ));
            }
        };
        let mut set = self.set.clone();
        for (place, (factor, _)) in set.iter().enumerate() {
            if set[..place].iter().any(|(before, _)| before == factor) {
                return Err(refused(
                    format!("`{factor}` is set twice"),
                    "give each factor once: `--set FACTOR=LEVEL`",
                ));
            }
        }
        // An id at fault may be a CPR number, and is refused below without being shown.
        if !self.distinct
            && Referral::given(&id, &[], plan).is_ok()
            && let Some(alike) = ledger.drawn_alike(&id)
        {
            let alike = vec![alike];
            return Err(klero::ledger::DrawError::Alike { alike }.into());
        }
        // Whoever was drawn before has an arm, whatever facts are lacking now.
        if ledger.entry_of(&id).is_some() || around.console.can_ask() {
            // What was given must hold before the rest is asked for.
            let given = Referral::given(&id, &set, plan)?;
            if let Some(drawn) = ledger.asked_again(&id, &given)? {
                return Ok(Coming::Drawn(drawn));
            }
            ask_for_missing(plan, &mut set, around)?;
        }
        Ok(Coming::New(vec![Referral::single(&id, &set, plan)?]))
    }

    /// Shows the recorded arm of somebody who was drawn before.
    fn say_again(
        &self,
        drawn: Drawn,
        ledger: &Ledger,
        around: &Surroundings,
    ) -> anyhow::Result<Answer> {
        if self.dry_run {
            let entry = drawn.entry;
            self.show_foreseen(&[drawn.referral], &[Foreseen::Already { entry }], around)?;
        } else {
            self.show(
                &[Given::Drawn(drawn)],
                None,
                ledger,
                &HashMap::new(),
                around,
            )?;
        }
        Ok(Answer::Yes)
    }

    fn foresee(
        &self,
        study: &Study,
        ledger: &Ledger,
        coming: &[Referral],
        around: &Surroundings,
    ) -> anyhow::Result<Answer> {
        let foreseen = ledger.foresee(coming)?;
        if !self.distinct {
            ledger.none_alike(coming)?;
        }
        // No arm is shown, so that the desk can look without the seed; one that is named must fit.
        if let Some(file) = &self.seed {
            let seed = study.seed(Some(file))?;
            let seal = ledger.seal();
            if seed.commitment(&seal.study) != seal.commitment {
                return Err(klero::ledger::DrawError::WrongSeed.into());
            }
        }
        let ids: Vec<String> = coming.iter().map(|referral| referral.id.clone()).collect();
        self.show_foreseen(&ids, &foreseen, around)?;
        Ok(Answer::Yes)
    }

    /// Says what would happen to each, without an arm.
    fn show_foreseen(
        &self,
        coming: &[String],
        foreseen: &[Foreseen],
        around: &Surroundings,
    ) -> anyhow::Result<()> {
        let locale = around.of_tables();
        let say = |message: Message| locale.say(message);
        let what = |foreseen: &Foreseen| match foreseen {
            Foreseen::Already { entry } => say(Message::DrawnAlready {
                entry: &entry.to_string(),
            }),
            Foreseen::Refused { reason: rule, .. } => say(Message::WouldBeRefused { rule }),
            Foreseen::WillBeDrawn => say(Message::WouldBeDrawn),
        };
        if around.console.json {
            let list: Vec<_> = coming
                .iter()
                .zip(foreseen)
                .map(|(id, foreseen)| match foreseen {
                    Foreseen::Already { entry } => {
                        json!({"referral": id, "would": "already", "entry": entry})
                    }
                    Foreseen::Refused { reason, .. } => {
                        json!({"referral": id, "would": "refuse", "reason": reason})
                    }
                    Foreseen::WillBeDrawn => json!({"referral": id, "would": "draw"}),
                })
                .collect();
            around.console.object(&json!({"dry_run": list}))?;
        } else if let ([id], [foreseen]) = (coming, foreseen) {
            around
                .console
                .data(&format!("{id}  {}\n", what(foreseen)))?;
        } else {
            let number = |wanted: fn(&Foreseen) -> bool| {
                let number = foreseen.iter().filter(|f| wanted(f)).count();
                number.to_string()
            };
            let line = say(Message::ListForeseen {
                drawn: &number(|f| matches!(f, Foreseen::WillBeDrawn)),
                refused: &number(|f| matches!(f, Foreseen::Refused { .. })),
                already: &number(|f| matches!(f, Foreseen::Already { .. })),
            });
            around.console.data(&format!("{line}\n"))?;
        }
        around.console.say(say(Message::DryRun));
        Ok(())
    }

    /// Shows what was drawn, now that it is on the disk.
    fn show(
        &self,
        answers: &[Given],
        appended: Option<&Appended>,
        ledger: &Ledger,
        before: &HashMap<String, (u64, String)>,
        around: &Surroundings,
    ) -> anyhow::Result<()> {
        let locale = around.of_tables();
        let head = ledger.head.to_string();
        if around.console.json {
            let mut drawn = Vec::new();
            let mut refused = Vec::new();
            for answer in answers {
                match answer {
                    Given::Drawn(d) => drawn.push(json!({
                        "referral": d.referral, "arm": d.arm, "entry": d.entry,
                        "already": d.already,
                        "refused_before": before_now(d, before).map(|(entry, _)| entry),
                    })),
                    Given::Refused(r) => refused.push(json!({
                        "referral": r.referral, "reason": r.reason, "already": r.already,
                    })),
                }
            }
            around
                .console
                .object(&json!({"drawn": drawn, "refused": refused, "head": head}))?;
            return Ok(());
        }
        if let ([answer], None) = (answers, &self.list) {
            return self.show_one(answer, ledger, before, around);
        }
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(["referral", "arm", "entry"])?;
        let (mut drawn, mut already, mut refused) = (0, 0, 0);
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut let_in = Vec::new();
        for answer in answers {
            match answer {
                Given::Drawn(d) => {
                    csv.write_record([&d.referral, &d.arm, &d.entry.to_string()])?;
                    *(if d.already { &mut already } else { &mut drawn }) += 1;
                    if before_now(d, before).is_some() {
                        let_in.push(d.referral.as_str());
                    }
                }
                Given::Refused(r) => {
                    refused += 1;
                    by_reason.entry(&r.reason).or_default().push(&r.referral);
                }
            }
        }
        for (reason, referrals) in &by_reason {
            around.console.say(locale.say(Message::ListRefused {
                persons: &referrals.len().to_string(),
                rule: reason,
                referrals: &first_of(referrals, &locale),
            }));
        }
        if !let_in.is_empty() {
            around.console.say(locale.say(Message::ListLetIn {
                persons: &let_in.len().to_string(),
                referrals: &first_of(&let_in, &locale),
            }));
        }
        let csv = csv.into_inner().map_err(|error| error.into_error())?;
        match &self.out {
            Some(path) => write_file(path, &csv, false)?,
            // A header over nothing says nothing.
            None if drawn + already == 0 => {}
            None => around.console.data(&String::from_utf8(csv)?)?,
        }
        let entries = match appended {
            Some(appended) => entries_of(appended, &locale),
            None => locale.say(Message::NothingAppended),
        };
        let line = locale.say(Message::ListDrawn {
            drawn: &counted(drawn, Noun::Referral, &locale),
            already: &already.to_string(),
            refused: &refused.to_string(),
            entries: &entries,
        });
        let head_row = locale.say(Message::HeadRow);
        around.console.say(format!("{line}\n{head_row} {head}"));
        Ok(())
    }

    /// Shows an intake worker what the worker may see, and nothing else.
    fn show_one(
        &self,
        answer: &Given,
        ledger: &Ledger,
        before: &HashMap<String, (u64, String)>,
        around: &Surroundings,
    ) -> anyhow::Result<()> {
        let locale = around.of_tables();
        match answer {
            Given::Drawn(drawn) => {
                let label = ledger
                    .sealed()
                    .arms
                    .iter()
                    .find(|arm| arm.id == drawn.arm)
                    .map_or("", |arm| arm.label.as_str());
                let mut facts = vec![
                    (Message::ReferralRow, drawn.referral.clone()),
                    (Message::ArmRow, format!("{}  ({label})", drawn.arm)),
                    (Message::EntryRow, drawn.entry.to_string()),
                ];
                // The head of others' draws is not shown to whoever only asks again.
                let last = ledger.entries.last().map(|entry| entry.number);
                if !drawn.already || last == Some(drawn.entry) {
                    facts.push((Message::HeadRow, ledger.head.to_string()));
                }
                around.console.data(&rows(&facts, &[], &locale))?;
                if drawn.already {
                    around.console.say(locale.say(Message::DrawnBefore));
                }
                if let Some((entry, rule)) = before_now(drawn, before) {
                    let entry = &entry.to_string();
                    around
                        .console
                        .say(locale.say(Message::RefusedBeforeDrawnNow { entry, rule }));
                }
            }
            Given::Refused(refused) => {
                let rule = &refused.reason;
                let mut facts = vec![
                    (Message::ReferralRow, refused.referral.clone()),
                    (
                        Message::RefusedRow,
                        locale.say(Message::DoesNotMeet { rule }),
                    ),
                ];
                if !refused.already {
                    facts.push((Message::HeadRow, ledger.head.to_string()));
                }
                around.console.data(&rows(&facts, &[], &locale))?;
                if refused.already {
                    around.console.say(locale.say(Message::RefusedBefore));
                }
            }
        }
        Ok(())
    }
}

fn entries_of(appended: &Appended, locale: &Locale) -> String {
    let (first, last) = (appended.entries.start, appended.entries.end - 1);
    let (first, last) = (&first.to_string(), &last.to_string());
    match first == last {
        true => locale.say(Message::AppendedOne { entry: first }),
        false => locale.say(Message::EntriesOf {
            entries: &locale.say(Message::FromTo { first, last }),
        }),
    }
}

/// Returns who was refused, with the last entry that says so and the rule.
fn refused_before(ledger: &Ledger) -> HashMap<String, (u64, String)> {
    let entries = ledger.entries.iter();
    let refusals = entries.filter_map(|entry| match &entry.event {
        Event::Refuse(note) => Some((note.referral.clone(), (entry.number, note.reason.clone()))),
        _ => None,
    });
    refusals.collect()
}

/// Returns the refusal of somebody who is drawn now.
fn before_now<'a>(
    drawn: &Drawn,
    before: &'a HashMap<String, (u64, String)>,
) -> Option<&'a (u64, String)> {
    before.get(&drawn.referral).filter(|_| !drawn.already)
}

/// Lists the first few, and how many more there are.
fn first_of(referrals: &[&str], locale: &Locale) -> String {
    const FEW: usize = 5;
    let list = referrals[..referrals.len().min(FEW)].join(", ");
    match referrals.len() {
        ..=FEW => list,
        more => locale.say(Message::AndMore {
            list: &list,
            more: &(more - FEW).to_string(),
        }),
    }
}

/// Asks for each factor that was not set, and again while the answer is none of its values.
fn ask_for_missing(
    plan: &Protocol,
    set: &mut Vec<(String, String)>,
    around: &Surroundings,
) -> anyhow::Result<()> {
    for factor in &plan.factors {
        if set.iter().any(|(name, _)| *name == factor.id) {
            continue;
        }
        let choice = match &factor.kind {
            FactorKind::Levels(levels) => levels.join(" | "),
            FactorKind::Whole { min, max, .. } => format!("{min} to {max}"),
            FactorKind::Open => "a name".to_owned(),
        };
        loop {
            let answer = around
                .console
                .ask(&format!("{} ({choice}):", factor.label))?;
            match factor.fact(&answer) {
                Ok(_) => {
                    set.push((factor.id.clone(), answer));
                    break;
                }
                Err(_) if answer.is_empty() => {
                    return Err(refused(
                        format!("no value for factor `{}`", factor.id),
                        "nothing was drawn",
                    ));
                }
                Err(wrong) => around.console.say(match wrong.nearest {
                    Some(nearest) => format!("not one of them; did you mean {nearest}?"),
                    None => "not one of them".to_owned(),
                }),
            }
        }
    }
    Ok(())
}

use clap::{Args, Subcommand};
use klero::ledger::{Event, Remark};

use super::study::{Study, read_text};
use super::{Acting, Answer, Surroundings};

#[derive(Args)]
pub struct Record {
    #[command(subcommand)]
    what: What,
}

/// What happened after the draw; nothing of it changes an arm.
#[derive(Subcommand)]
enum What {
    /// A person takes no further part
    Withdraw(OfReferral),
    /// A person should not have been in the trial
    Exclude(OfReferral),
    /// A fact was wrong when the referral was drawn
    Correct(Correct),
    /// The plan changes: study.toml as it stands now comes into force
    Amend(Amend),
}

#[derive(Args)]
struct OfReferral {
    /// The referral's id
    #[arg(long, value_name = "ID")]
    referral: String,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    acting: Acting,
}

#[derive(Args)]
struct Correct {
    /// The factor that was wrong, and its right value
    #[arg(long, value_name = "FACTOR=LEVEL", value_parser = super::draw::pair)]
    set: (String, String),
    #[command(flatten)]
    of: OfReferral,
}

#[derive(Args)]
struct Amend {
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    acting: Acting,
}

impl Record {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        study.draws()?;
        let acting = match &self.what {
            What::Withdraw(of) | What::Exclude(of) => &of.acting,
            What::Correct(correct) => &correct.of.acting,
            What::Amend(amend) => &amend.acting,
        };
        let amended = match &self.what {
            What::Amend(_) => read_text(&study.plan_path())?,
            _ => String::new(),
        };
        let (mut writer, stamp) = around.writer(&study.ledger_path(), acting)?;
        let ledger = &writer.ledger;
        let event = match &self.what {
            What::Withdraw(of) => ledger.remark(Remark::Withdraw, &of.referral, &of.reason)?,
            What::Exclude(of) => ledger.remark(Remark::Exclude, &of.referral, &of.reason)?,
            What::Correct(Correct { set, of }) => {
                ledger.correction(&of.referral, &set.0, &set.1, &of.reason)?
            }
            What::Amend(amend) => ledger.amendment(&amended, &amend.reason)?,
        };
        let said = match &event {
            Event::Correct(correct) => format!(
                "corrected: `{}` of `{}` is `{}`, not `{}`; the arm stays as it was drawn",
                correct.factor, correct.referral, correct.to, correct.from
            ),
            Event::Amend(_) => "amended: the plan is in force from this entry on".to_owned(),
            Event::Withdraw(note) => format!("withdrawn: `{}`; the arm stays", note.referral),
            Event::Exclude(note) => format!("excluded: `{}`; the arm stays", note.referral),
            _ => unreachable!("only these are recorded afterwards"),
        };
        let not_met = match &event {
            Event::Correct(correct) => ledger.not_met(correct).map(str::to_owned),
            _ => None,
        };
        let kind = event.kind();
        let appended = writer.append(vec![event], &stamp)?;
        let entry = appended.entries.start;
        if around.console.json {
            around.console.object(&serde_json::json!({
                "type": kind, "entry": entry, "head": appended.head.to_string(),
                "not_met": not_met,
            }))?;
        } else {
            around
                .console
                .data(&format!("entry  {entry}\nhead   {}\n", appended.head))?;
        }
        around.console.say(said);
        if let Some(reason) = not_met {
            around.console.warn(format!(
                "with this fact the person would have been refused (does not meet: {reason}). Who is \
                 in the trial was decided at the draw: the person stays in it and in the analysis; \
                 `klero record exclude` notes that it should not have been so"
            ));
        }
        Ok(Answer::Yes)
    }
}

use std::collections::BTreeMap;

use clap::Args;
use klero::ledger::Ledger;
use klero::protocol::Protocol;
use klero::report::language::{Message, Noun};
use klero::sample::{Flow, OutcomeFile};
use serde_json::json;

use super::console::rows;
use super::study::Study;
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Status {}

impl Status {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::with_ledger(around)?;
        let plan = study.plan();
        if let Ok(plan) = &plan
            && plan.allocation.is_none()
            && !study.ledger_path().exists()
        {
            return one_arm(&study, plan, around);
        }
        let ledger = study.ledger()?;
        let flow = Flow::of(&ledger);
        let strata = by_stratum(&ledger);
        let arms: Vec<&str> = ledger
            .sealed()
            .arms
            .iter()
            .map(|arm| arm.id.as_str())
            .collect();
        let total = |arm: usize| strata.values().map(|counts| counts[arm]).sum::<u64>();
        let locale = around.of_tables();
        let say = |message: Message| locale.say(message);
        let state = say(match (ledger.unsealed(), ledger.beacon()) {
            (Some(_), _) => Message::StateUnsealed,
            (None, None) => Message::StateAwaitsBeacon,
            (None, Some(_)) => Message::StateOpen,
        });
        if around.console.json {
            let counts = |of: &dyn Fn(usize) -> u64| -> serde_json::Value {
                arms.iter()
                    .enumerate()
                    .map(|(index, arm)| ((*arm).to_owned(), json!(of(index))))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            };
            let strata: Vec<_> = strata
                .iter()
                .map(|(stratum, of)| json!({"stratum": stratum, "arms": counts(&|arm| of[arm])}))
                .collect();
            around.console.object(&json!({
                "study": ledger.seal().study, "state": state,
                "entries": ledger.entries.len(), "head": ledger.head.to_string(),
                "referred": flow.referred, "refused": flow.refused,
                "refused_by_reason": flow.reasons, "drawn": flow.drawn,
                "withdrawn": flow.withdrawn, "excluded": flow.excluded,
                "arms": counts(&total), "strata": strata,
            }))?;
            return Ok(Answer::Yes);
        }
        let study = ledger.seal().study.as_str();
        let state = &state;
        let mut facts = vec![
            (Message::StudyRow, say(Message::StudyIs { study, state })),
            (
                Message::EntriesRow,
                say(Message::LastAt {
                    entries: &ledger.entries.len().to_string(),
                    time: &ledger.last_time().to_string(),
                }),
            ),
            (Message::HeadRow, ledger.head.to_string()),
            (
                Message::ReferredRow,
                say(Message::FlowCounts {
                    referred: &flow.referred.to_string(),
                    refused: &flow.refused.to_string(),
                    drawn: &flow.drawn.to_string(),
                    withdrawn: &flow.withdrawn.to_string(),
                    excluded: &flow.excluded.to_string(),
                }),
            ),
        ];
        let widest = flow.reasons.values().map(|n| n.to_string().len()).max();
        let width = widest.unwrap_or(0);
        for (place, (rule, persons)) in flow.reasons.iter().enumerate() {
            let name = match place {
                0 => Message::RefusedRow,
                _ => Message::Own(""),
            };
            let reason = say(Message::DidNotMeet { rule });
            facts.push((name, format!("{persons:>width$} {reason}")));
        }
        let mut text = rows(&facts, &[Message::SetClockRow], &locale);
        text.push('\n');
        let drawn = match ledger.sealed().cluster() {
            None => Message::DrawnRow,
            Some(_) => Message::ClustersDrawnRow,
        };
        let mut lines = vec![(say(drawn), (0..arms.len()).map(total).collect())];
        if ledger
            .sealed()
            .allocation
            .as_ref()
            .is_some_and(|a| !a.strata.is_empty())
        {
            lines.extend(
                strata
                    .into_iter()
                    .map(|(stratum, counts)| (format!("  {}", stratum.join(" / ")), counts)),
            );
        }
        text += &table(&arms, &lines);
        around.console.data(&text)?;
        Ok(Answer::Yes)
    }
}

/// Says of a study with one arm that nothing is drawn, and how many have outcomes.
fn one_arm(study: &Study, plan: &Protocol, around: &Surroundings) -> anyhow::Result<Answer> {
    let path = study.outcomes_path();
    let persons = match path.exists() {
        true => {
            let file = OutcomeFile::read(&path, &plan.study.id)?;
            Some(file.people(&plan.arms[0].id).0.len())
        }
        false => None,
    };
    let arm = &plan.arms[0].id;
    if around.console.json {
        around.console.object(&json!({
            "study": plan.study.id, "state": "one arm", "persons": persons,
        }))?;
        return Ok(Answer::Yes);
    }
    let locale = around.of_tables();
    let outcomes = match persons {
        Some(persons) => locale.say(Message::PersonsWithOutcomes {
            persons: &locale.counted(persons as u64, Noun::Person),
        }),
        None => locale.say(Message::NoOutcomesYet),
    };
    let study = locale.say(Message::StatusOneArm {
        study: &plan.study.id,
        arm,
    });
    let facts = [(Message::StudyRow, study), (Message::OutcomesRow, outcomes)];
    let text = rows(&facts, &[Message::SetClockRow], &locale);
    around.console.data(&text)?;
    Ok(Answer::Yes)
}

/// Counts draws by stratum and arm.
fn by_stratum(ledger: &Ledger) -> BTreeMap<Vec<String>, Vec<u64>> {
    let plan = ledger.sealed();
    let mut strata = BTreeMap::new();
    for (_, draw) in ledger.draws() {
        let counts = strata
            .entry(draw.stratum.clone())
            .or_insert_with(|| vec![0; plan.arms.len()]);
        if let Some(arm) = plan.arm(&draw.arm) {
            counts[arm] += 1;
        }
    }
    strata
}

fn table(arms: &[&str], rows: &[(String, Vec<u64>)]) -> String {
    let first = rows.iter().map(|(name, _)| name.chars().count()).max();
    let first = first.unwrap_or(0);
    let widths: Vec<usize> = arms
        .iter()
        .enumerate()
        .map(|(arm, name)| {
            let counts = rows.iter().map(|(_, counts)| counts[arm].to_string().len());
            counts.max().unwrap_or(0).max(name.chars().count())
        })
        .collect();
    let mut text = " ".repeat(first);
    for (arm, width) in arms.iter().zip(&widths) {
        text += &format!("  {arm:>width$}");
    }
    text.push('\n');
    for (name, counts) in rows {
        text += name;
        text += &" ".repeat(first - name.chars().count());
        for (count, width) in counts.iter().zip(&widths) {
            text += &format!("  {count:>width$}");
        }
        text.push('\n');
    }
    text
}

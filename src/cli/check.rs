use std::fs;

use clap::Args;
use klero::ledger::LedgerError;
use klero::report::number::{count, grouped};
use serde_json::json;

use super::study::{SEED, Study, StudyError};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Check {}

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
                    around.console.data(&format!("{error}\n"))?;
                }
                return Ok(Answer::No);
            }
            Err(error) => return Err(error.into()),
        };
        let mut faults = Vec::new();
        if let Err(error) = klero::outcome::check_codes(&plan) {
            faults.push(error.to_string());
        }
        let number = |n: usize, one, many| count(n as u64, one, many);
        let mut facts = vec![format!(
            "plan: {}, {}, {}, {}",
            number(plan.arms.len(), "arm", "arms"),
            number(plan.factors.len(), "factor", "factors"),
            number(plan.outcomes.len(), "outcome", "outcomes"),
            number(plan.estimates.len(), "estimate", "estimates"),
        )];
        for register in &plan.registers {
            for file in &register.files {
                let path = study.folder.join(file);
                match fs::metadata(&path) {
                    Ok(file) => {
                        let size = grouped(file.len());
                        facts.push(format!("register: {}, {size} bytes", path.display()));
                    }
                    Err(_) => facts.push(format!("register: {} is not there yet", path.display())),
                }
            }
        }
        let next = match study.ledger() {
            Err(LedgerError::Missing { .. }) if plan.allocation.is_none() => "klero ingest",
            Err(LedgerError::Missing { .. }) => {
                facts.push("ledger: none, the plan is not sealed".to_owned());
                "klero seal"
            }
            Err(error) => {
                faults.push(error.to_string());
                "klero audit"
            }
            Ok(ledger) => {
                facts.push(format!(
                    "ledger: {} entries, head {}",
                    ledger.entries.len(),
                    ledger.head
                ));
                if ledger.plan().digest != plan.digest {
                    match ledger.sealed().fixed_part_that_differs(&plan) {
                        Some(part) => {
                            faults.push(format!("study.toml changes {part}, which was sealed"));
                        }
                        None => facts.push("plan: not the one in the ledger".to_owned()),
                    }
                }
                match (ledger.beacon(), ledger.draws().next(), ledger.unsealed()) {
                    (None, ..) => "klero beacon VALUE",
                    (_, None, None) => "klero draw",
                    _ if study.outcomes_path().exists() => "klero estimate",
                    _ => "klero ingest, then klero outcomes",
                }
            }
        };
        if !study.folder.join(SEED).exists() {
            facts.push("seed: not in the study's folder".to_owned());
        }
        let holds = faults.is_empty();
        if around.console.json {
            around
                .console
                .object(&json!({"holds": holds, "faults": faults, "facts": facts, "next": next}))?;
        } else {
            let mut text = facts.join("\n");
            for fault in &faults {
                text += &format!("\nfault: {fault}");
            }
            if holds {
                text += &format!("\nnext: {next}");
            }
            around.console.data(&format!("{text}\n"))?;
        }
        Ok(if holds { Answer::Yes } else { Answer::No })
    }
}

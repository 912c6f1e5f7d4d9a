use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use klero::digest::Digest;
use klero::estimate::{Failing, ReplayPlan, baseline};
use klero::report::baseline::{csv, json, table};
use klero::report::effects::flow_lines;
use klero::report::json::Provenance;
use klero::report::study::{Results, Screen, screen};
use klero::results::{facts_beside_cluster, results};
use klero::sample::{Flow, OutcomeFile, People};
use klero::spelling::{listed, nearest};

use super::estimate::Estimate;
use super::failure::refused;
use super::study::{OUTCOMES, Study, in_force, plan_used, write_file};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Balance {
    /// Facts to show [default: all that is known from before the draw]
    #[arg(long, value_name = "FACTS", value_delimiter = ',')]
    fact: Vec<String>,
    /// Replays of the draw for the one test [default: the plan's, else 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(99..=100_000_000))]
    replays: Option<u32>,
    /// Text that the replays' lots follow from [default: the plan's, else its digest]
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// Write the table to this CSV file too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long, requires = "out")]
    force: bool,
}

impl Balance {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let (ledger, plan) = study.ledger_and_plan(around)?;
        let path = study.outcomes_path();
        let file = match path.exists() || ledger.is_none() {
            true => Some(OutcomeFile::read(&path, &plan.study.id)?),
            false => None,
        };
        let (mut people, referrals, flow) = match (&ledger, &file) {
            (Some(ledger), _) => {
                let (people, referrals) = People::of_ledger(ledger);
                (people, referrals, Flow::of(ledger))
            }
            (None, file) => {
                let file = file.as_ref().expect("it is read where there is no ledger");
                let (people, referrals) = file.people(&plan.arms[0].id);
                let flow = Flow::of_one_arm(&plan.arms[0].id, people.len());
                (people, referrals, flow)
            }
        };
        let mut provenance = Provenance {
            study: Some(plan.study.id.clone()),
            protocol: Some(in_force(ledger.as_ref(), &plan)),
            plan_used: plan_used(ledger.as_ref(), &plan),
            ledger_head: ledger.as_ref().map(|ledger| ledger.head.to_string()),
            ..Provenance::default()
        };
        // Histories and baselines stand among the outcomes, once they are made.
        let mut cut = BTreeMap::new();
        if let Some(file) = &file {
            let rows = file.rows(&referrals)?;
            people.facts.extend(file.facts(&plan, &rows)?);
            cut = file.cut(&plan, &rows);
            let digest = Digest::of_file(&path).with_context(|| format!("`{}`", path.display()))?;
            provenance
                .inputs
                .insert(OUTCOMES.to_owned(), digest.to_string());
        }
        let facts = self.facts(&people)?;
        if facts.is_empty() {
            return Err(match ledger {
                Some(_) => refused(
                    "nothing is known from before the draw",
                    "`[[factor]]` in the plan, or outcomes with `history` or `baseline`",
                ),
                None => refused(
                    "nothing is known from before the start",
                    "an outcome with `history`, or a `value` with `baseline`",
                ),
            });
        }
        if let Some(ledger) = &ledger {
            study.know_block_sizes(ledger, &mut people);
        }
        let replays = ReplayPlan {
            number: self.replays.unwrap_or(plan.replays.number),
            seed: self
                .seed
                .clone()
                .or_else(|| plan.replays.seed.clone())
                .unwrap_or_else(|| plan.digest.to_string()),
            statistic: plan.replays.statistic,
            threads: around.threads,
        };
        let found = baseline(&people, &facts, &replays)?;
        if let Some(out) = &self.out {
            write_file(out, csv(&found).as_bytes(), self.force)?;
        }
        if around.console.json {
            around
                .console
                .object(&json(&provenance, &flow, &found, &cut))?;
            return Ok(Answer::Yes);
        }
        if let Some(locale) = around.screen() {
            let all = Estimate::default();
            let all = all.found(&study, ledger.as_ref(), &plan, Failing::IsTold, around)?;
            let all = results(study.sources(&plan, ledger.as_ref()), all, None, &locale)?;
            let all = Results {
                baseline: Some(found),
                ..all
            };
            around
                .console
                .data(&screen(&all, &locale, Screen::Baseline))?;
            return Ok(Answer::Yes);
        }
        let title = format!(
            "{}: {}\n{}\n",
            plan.study.id,
            plan.study.title,
            flow_lines(&flow)
        );
        around
            .console
            .data(&format!("{title}{}", table(&found, &cut)))?;
        Ok(Answer::Yes)
    }

    fn facts(&self, people: &People) -> anyhow::Result<Vec<usize>> {
        if self.fact.is_empty() {
            return Ok(facts_beside_cluster(people));
        }
        let known = || people.facts.iter().map(|fact| fact.id.as_str());
        let find = |name: &String| {
            people.fact(name).ok_or_else(|| {
                let hint = match nearest(name, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("facts from before the draw: {}", listed(known())),
                };
                refused(format!("`{name}` is no fact from before the draw"), hint)
            })
        };
        self.fact.iter().map(find).collect()
    }
}

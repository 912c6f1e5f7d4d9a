use std::path::PathBuf;

use clap::Args;
use klero::estimate::Failing;
use klero::report::disclosure::Rule;
use klero::report::document::Block;
use klero::report::files::files;
use klero::report::language::Message;
use klero::report::study::export;
use klero::results::results;
use klero::sample::analysis_file;
use serde_json::json;

use super::estimate::Estimate;
use super::failure::refused;
use super::report::write;
use super::study::Study;
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Export {
    /// Folder to write to [default: export in the study's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Show no count from 1 to below this, and nothing it follows from
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(2..=1_000))]
    threshold: u64,
    /// Where the threshold stands, such as a link and the day it was read; told beside it
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    rule: Option<String>,
    /// Add the rows of persons, in a folder whose name says so
    #[arg(long)]
    microdata: bool,
    /// Write over an export that is there
    #[arg(long)]
    force: bool,
}

/// Where rows of persons go, so that nobody hands them over unawares.
const MICRODATA: &str = "MICRODATA-not-for-release";

impl Export {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let (ledger, plan) = study.ledger_and_plan(around)?;
        let ledger = ledger.as_ref();
        let folder = self
            .out
            .clone()
            .unwrap_or_else(|| study.folder.join("export"));
        if folder.exists() && !self.force {
            return Err(refused(
                format!("`{}` is there already", folder.display()),
                "`--force` writes over it, `--out DIR` elsewhere",
            ));
        }
        let locale = around.locale(&plan);
        let found = Estimate::default().found(&study, ledger, &plan, Failing::IsTold, around)?;
        let rows = self
            .microdata
            .then(|| analysis_file(&found.people, &found.referrals, &found.made.measured));
        let results = results(study.sources(&plan, ledger), found, None, &locale)?;
        let rule = Rule {
            threshold: self.threshold,
        };
        let made = match export(&results, rule, &locale) {
            Ok(made) => made,
            Err(error) => {
                around
                    .console
                    .warn(format!("nothing was exported: {error}"));
                return Ok(Answer::No);
            }
        };
        let mut made = made;
        if let Some(source) = &self.rule {
            let words = locale.say(Message::RuleFrom { source });
            let blocks = &mut made.report.document.blocks;
            blocks.insert(1, Block::paragraph(words));
        }
        let mut files = files(&made.report, &locale)?;
        if let Some(rows) = rows {
            let place = PathBuf::from(MICRODATA).join("analysis.csv");
            files.push((place, rows.into_bytes()));
        }
        let count = files.len();
        write(&folder, files)?;
        let (small, others) = made.held_back;
        if around.console.json {
            around.console.object(&json!({
                "folder": folder.display().to_string(), "files": count,
                "threshold": self.threshold, "rule": self.rule, "held_back_small": small,
                "held_back_others": others, "figures_left_out": made.left_out,
            }))?;
        }
        around.console.say(format!(
            "wrote {count} files to {}; {small} counts below {} and {others} that tell them are held \
             back; figures left out: {}",
            folder.display(),
            self.threshold,
            match made.left_out.as_slice() {
                [] => "none".to_owned(),
                names => names.join(", "),
            }
        ));
        around.console.say(
            "the rule is a choice and no guarantee; whoever grants access to the data may ask for more",
        );
        Ok(Answer::Yes)
    }
}

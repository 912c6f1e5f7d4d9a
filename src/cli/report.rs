use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use klero::digest::Digest;
use klero::estimate::Failing;
use klero::report::files::files;
use klero::report::study::{Drawn, report};
use klero::report::verify::{Analysed, scripts};
use klero::results::{Found, results};
use klero::sample::{analysis_columns, analysis_file};

use super::estimate::Estimate;
use super::failure::refused;
use super::outcomes::dates_of_table;
use super::study::Study;
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Report {
    /// Folder to write to [default: report in the study's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Days on which people started, `referral,date`, for the figure of their states; in a study
    /// with one arm
    #[arg(long, value_name = "FILE")]
    dates: Option<PathBuf>,
    /// Write over a report that is there
    #[arg(long)]
    force: bool,
}

impl Report {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let (ledger, plan) = study.ledger_and_plan(around)?;
        let ledger = ledger.as_ref();
        let folder = self
            .out
            .clone()
            .unwrap_or_else(|| study.folder.join("report"));
        if folder.exists() && !self.force {
            return Err(refused(
                format!("`{}` is there already", folder.display()),
                "`--force` writes over it, `--out DIR` elsewhere",
            ));
        }
        let locale = around.locale(&plan);
        let dates = match &self.dates {
            Some(_) if ledger.is_some() => {
                return Err(refused(
                    "`--dates` in a study with a ledger",
                    "leave it out: the ledger has the days of the draws",
                ));
            }
            Some(file) => Some(dates_of_table(file)?),
            None => None,
        };
        let found = Estimate::default().found(&study, ledger, &plan, Failing::IsTold, around)?;
        let (scripts, analysis) = analysis(&found, &plan.study.title);
        let results = results(study.sources(&plan, ledger), found, dates, &locale)?;
        let mut files = files(&report(&results, &locale, Drawn::Pixels), &locale)?;
        files.extend(scripts);
        let count = files.len();
        // A row a person: it stays with the other derived files, and out of what is handed over.
        let place = study.derived().join(ANALYSIS);
        fs::write(&place, analysis)
            .with_context(|| format!("cannot write `{}`", place.display()))?;
        write(&folder, files)?;
        around.console.say(format!(
            "wrote {count} files to {}; report.html is the whole of it",
            folder.display()
        ));
        if around.console.json {
            around.console.object(&serde_json::json!({
                "folder": folder.display().to_string(), "files": count,
            }))?;
        }
        Ok(Answer::Yes)
    }
}

/// The analysis file, among the derived ones.
const ANALYSIS: &str = "analysis.csv";

/// Returns the scripts that recompute the rows elsewhere, and the file that they read.
fn analysis(found: &Found, title: &str) -> (Vec<(PathBuf, Vec<u8>)>, String) {
    let file = analysis_file(&found.people, &found.referrals, &found.made.measured);
    let columns = analysis_columns(&found.people, &found.made.measured);
    let analysed = Analysed {
        columns: &columns,
        sha256: &Digest::of(file.as_bytes()).to_string(),
    };
    let made = scripts(title, &found.made.rows, analysed);
    let files = vec![
        ("verify.R".into(), made.r.into_bytes()),
        ("verify.do".into(), made.stata.into_bytes()),
    ];
    (files, file)
}

/// What a report or an export writes into its folder.
const OURS: &[&str] = &[
    "MICRODATA-not-for-release",
    "figures",
    "report.docx",
    "report.html",
    "report.md",
    "tables",
    "tables.xlsx",
    "verify.R",
    "verify.do",
];

/// Refuses to put a report in the place of a folder that holds anything else, such as a study.
fn only_ours(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !OURS.contains(&name.as_str()) {
            return Err(refused(
                format!(
                    "`{}` holds `{name}`, which is of no report",
                    folder.display()
                ),
                "`--out DIR` names a folder of its own; nothing was written",
            ));
        }
    }
    Ok(())
}

/// Writes the folder whole or not at all.
pub fn write(folder: &Path, files: Vec<(PathBuf, Vec<u8>)>) -> anyhow::Result<()> {
    only_ours(folder)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.with_file_name(format!(".{name}.part"));
    let old = folder.with_file_name(format!(".{name}.old"));
    let put = || -> std::io::Result<()> {
        let _ = fs::remove_dir_all(&aside);
        for (place, bytes) in &files {
            let path = aside.join(place);
            fs::create_dir_all(path.parent().unwrap_or(&aside))?;
            fs::write(path, bytes)?;
        }
        if folder.exists() {
            let _ = fs::remove_dir_all(&old);
            fs::rename(folder, &old)?;
        }
        if let Err(error) = fs::rename(&aside, folder) {
            let _ = fs::rename(&old, folder);
            return Err(error);
        }
        let _ = fs::remove_dir_all(&old);
        Ok(())
    };
    let written = put();
    if written.is_err() {
        let _ = fs::remove_dir_all(&aside);
    }
    written.with_context(|| format!("cannot write `{}`", folder.display()))
}

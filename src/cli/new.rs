use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use klero::protocol::Protocol;

use super::study::{AlreadyThere, PLAN};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct New {
    /// Folder of the study; made if it is not there
    dir: PathBuf,
    /// What the plan begins as
    #[arg(long, value_enum, default_value_t = Like::TwoArms)]
    like: Like,
}

/// Plans to begin from.
#[derive(Clone, Copy, ValueEnum)]
pub enum Like {
    TwoArms,
    ThreeArms,
    MultiSite,
    OneArm,
}

impl Like {
    /// Returns the text of the plan.
    pub fn plan(self) -> &'static str {
        match self {
            Like::TwoArms => include_str!("new/two-arms.toml"),
            Like::ThreeArms => include_str!("new/three-arms.toml"),
            Like::MultiSite => include_str!("new/multi-site.toml"),
            Like::OneArm => include_str!("new/one-arm.toml"),
        }
    }
}

/// Says what of a plan stands as every template has it, and is to be filled in.
pub fn left_of_template(plan: &Protocol) -> Vec<String> {
    let template =
        Protocol::read(Like::TwoArms.plan()).expect("the plans that `klero new` writes hold");
    let texts = [
        ("id", &plan.study.id, &template.study.id),
        ("title", &plan.study.title, &template.study.title),
    ];
    texts
        .into_iter()
        .filter(|(_, found, written)| found == written)
        .map(|(key, found, _)| {
            format!("the study's {key} is still `{found}`, as `klero new` wrote it: fill it in")
        })
        .collect()
}

impl New {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let plan = self.dir.join(PLAN);
        if plan.exists() {
            return Err(AlreadyThere::kept(plan).into());
        }
        let register = self.dir.join("register");
        fs::create_dir_all(&register)
            .with_context(|| format!("cannot make `{}`", register.display()))?;
        super::study::write_file(&plan, self.like.plan().as_bytes(), false)?;
        if around.console.json {
            around.console.object(&serde_json::json!({
                "plan": plan.display().to_string(),
            }))?;
        }
        around.console.say(format!(
            "wrote {}\nnext: fill it in, then `klero check --study {}`",
            plan.display(),
            self.dir.display()
        ));
        Ok(Answer::Yes)
    }
}

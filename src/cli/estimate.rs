use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use klero::digest::Digest;
use klero::estimate::{
    Asking, DegreesOfFreedom, Estimate as Row, Failing, Model, Respect, WorstCase,
};
use klero::ledger::Ledger;
use klero::protocol::{
    Adjustment, IntervalId, MethodId, Protocol, ShareScale, StandardErrors, Statistic,
};
use klero::report::effects::{flow_lines, footnotes, table};
use klero::report::json::{Provenance, estimates};
use klero::report::study::{Screen, screen};
use klero::results::{Found, results};
use klero::sample::{Data, Flow, OutcomeFile, People, Roles};
use klero::spelling::{listed, nearest};

use super::failure::refused;
use super::study::{OUTCOMES, Study, in_force, plan_used};
use super::{Answer, Surroundings};

#[derive(Args, Default)]
pub struct Estimate {
    /// Outcome to estimate; may be given many times
    #[arg(long, value_name = "OUTCOME")]
    outcome: Vec<String>,
    /// Method to use instead of the default; may be given many times
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Vec<MethodId>,
    /// Interval to use instead of the method's default
    #[arg(long, value_name = "INTERVAL", value_parser = interval)]
    interval: Option<IntervalId>,
    /// Confidence level [default: the plan's, else 0.95]
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<f64>,
    /// Arms to compare: `reference`, `all-pairs`, or pairs such as a:c,b:c
    #[arg(long, value_name = "WHICH")]
    contrasts: Option<String>,
    /// Facts from before the draw to adjust for
    #[arg(long, value_name = "FACTS", value_delimiter = ',')]
    adjust: Vec<String>,
    /// Look at each level of this factor, and test that the effects are the same
    #[arg(long, value_name = "FACTOR")]
    by: Option<String>,
    /// Outcome that says what was received, for `late`
    #[arg(long, value_name = "OUTCOME")]
    received: Option<String>,
    /// Time up to which times are compared [default: the end of the window]
    #[arg(long, value_name = "TIME")]
    horizon: Option<f64>,
    /// Standard errors: classical, hc0 to hc3, cr0, cr1, cr2
    #[arg(long, value_name = "SE", value_parser = standard_errors)]
    se: Option<StandardErrors>,
    /// Degrees of freedom of `hc2` and `cr2`: satterthwaite or residual
    #[arg(long, value_name = "DF", value_parser = degrees_of_freedom)]
    df: Option<DegreesOfFreedom>,
    /// Scale of `mantel-haenszel`: difference or ratio
    #[arg(long, value_name = "SCALE", value_parser = scale)]
    scale: Option<ShareScale>,
    /// Fit one model over all arms, where the method is `ols`
    #[arg(long)]
    pooled: bool,
    /// Analyse a stratified or clustered draw as if it were neither, and mark the rows
    #[arg(long)]
    sensitivity: bool,
    /// Only those with a 1 in this outcome, such as completers; marked as no effect
    #[arg(long, value_name = "OUTCOME")]
    only: Option<String>,
    /// Add bounds with every missing outcome at its worst
    #[arg(long)]
    worst_case: bool,
    /// Least and largest value of the outcome, for --worst-case
    #[arg(long, value_name = "LOW,HIGH", value_parser = limits, requires = "worst_case")]
    limits: Option<(f64, f64)>,
    /// Replays of the draw for randomisation tests, resamples for `bootstrap-t`
    /// [default: the plan's, else 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(99..=100_000_000))]
    replays: Option<u32>,
    /// Text that the replays' lots follow from [default: the plan's, else its digest]
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// Statistic of randomisation tests: studentised or difference
    #[arg(long, value_name = "STATISTIC", value_parser = statistic)]
    statistic: Option<Statistic>,
    /// Adjust p-values for many comparisons [default: the plan's]
    #[arg(long, value_name = "METHOD", value_parser = adjustment)]
    multiplicity: Option<Adjustment>,

    /// Estimate from this table instead of a study
    #[arg(long, value_name = "FILE", requires_all = ["arm", "reference"], help_heading = "From a table")]
    data: Option<PathBuf>,
    /// Column of the arms
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "data",
        help_heading = "From a table"
    )]
    arm: Option<String>,
    /// Arm that the others are compared with
    #[arg(
        long,
        value_name = "ARM",
        requires = "data",
        help_heading = "From a table"
    )]
    reference: Option<String>,
    /// Column with an id for each row
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "data",
        help_heading = "From a table"
    )]
    id: Option<String>,
    /// Columns of the strata that the draw was made in
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        requires = "data",
        help_heading = "From a table"
    )]
    strata: Vec<String>,
    /// Column of the clusters that were drawn
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "data",
        help_heading = "From a table"
    )]
    cluster: Option<String>,
    /// Column of weights
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "data",
        help_heading = "From a table"
    )]
    weights: Option<String>,
    /// Column of times to an event
    #[arg(long, value_name = "COLUMN", requires_all = ["data", "event"], help_heading = "From a table")]
    time: Option<String>,
    /// Column that says how times ended: 1 event, 0 censored, 2 competing
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "time",
        help_heading = "From a table"
    )]
    event: Option<String>,
    /// Column with the value before the draw, for `ancova` and `change`
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "data",
        help_heading = "From a table"
    )]
    baseline: Option<String>,
    /// How the arms were drawn, for randomisation tests: complete or permuted-blocks
    #[arg(long, value_name = "PROCEDURE", value_parser = ["complete", "permuted-blocks"], requires = "data", help_heading = "From a table")]
    procedure: Option<String>,
    /// Column of the blocks, for --procedure permuted-blocks
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "procedure",
        help_heading = "From a table"
    )]
    block: Option<String>,
}

/// Reads a name of a closed set, or says which is nearest.
fn named<T: Copy>(text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
    all.iter()
        .copied()
        .find(|&value| name(value) == text)
        .ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|&value| name(value)).collect();
            let near = nearest(text, known.iter().copied());
            let near = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
            format!("expected {}{near}", listed(known.iter().copied()))
        })
}

pub fn method(text: &str) -> Result<MethodId, String> {
    named(text, MethodId::ALL, MethodId::name)
}

pub fn interval(text: &str) -> Result<IntervalId, String> {
    named(text, IntervalId::ALL, IntervalId::name)
}

fn standard_errors(text: &str) -> Result<StandardErrors, String> {
    named(text, StandardErrors::ALL, StandardErrors::name)
}

fn degrees_of_freedom(text: &str) -> Result<DegreesOfFreedom, String> {
    let name = |df| match df {
        DegreesOfFreedom::Satterthwaite => "satterthwaite",
        DegreesOfFreedom::Residual => "residual",
    };
    let all = [DegreesOfFreedom::Satterthwaite, DegreesOfFreedom::Residual];
    named(text, &all, name)
}

fn scale(text: &str) -> Result<ShareScale, String> {
    named(text, ShareScale::ALL, ShareScale::name)
}

pub fn statistic(text: &str) -> Result<Statistic, String> {
    named(text, Statistic::ALL, Statistic::name)
}

fn adjustment(text: &str) -> Result<Adjustment, String> {
    named(text, Adjustment::ALL, Adjustment::name)
}

fn limits(text: &str) -> Result<(f64, f64), String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    match text.split_once(',').map(|(a, b)| (number(a), number(b))) {
        Some((Some(low), Some(high))) if low < high => Ok((low, high)),
        _ => Err("expected two numbers, the smaller first, such as 0,100".to_owned()),
    }
}

pub fn level(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(level) if (0.5..=0.999).contains(&level) => Ok(level),
        _ => Err("expected a level from 0.5 to 0.999, such as 0.95".to_owned()),
    }
}

impl Estimate {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        match &self.data {
            Some(file) => self.of_table(file, around),
            None => self.of_study(around),
        }
    }

    fn of_table(&self, file: &Path, around: &Surroundings) -> anyhow::Result<Answer> {
        if self.outcome.is_empty() && self.time.is_none() {
            return Err(refused(
                "no outcome",
                "`--outcome COLUMN`, or `--time COLUMN --event COLUMN` for times to an event",
            ));
        }
        let looked_at = [
            &self.outcome[..],
            self.time.as_slice(),
            self.event.as_slice(),
        ]
        .concat();
        if let Some(outcome) = self.adjust.iter().find(|fact| looked_at.contains(fact)) {
            return Err(refused(
                format!("`{outcome}` is the outcome and is adjusted for"),
                "`--adjust` takes what was known before the draw",
            ));
        }
        let data = Data::read(file, self.id.as_deref())?;
        // Beside what one thread does alone.
        let of = file.to_owned();
        let digest = std::thread::spawn(move || Digest::of_file(&of));
        let arm = self.arm.as_deref().unwrap_or_default();
        let roles = Roles {
            arm,
            reference: self.reference.as_deref(),
            strata: &self.strata,
            cluster: self.cluster.as_deref(),
            facts: &self.adjust,
            weights: self.weights.as_deref(),
        };
        let mut people = data.people(&roles)?;
        match (self.procedure.as_deref(), &self.block) {
            (Some("permuted-blocks"), None) => {
                return Err(refused(
                    "permuted blocks without their column",
                    "`--block COLUMN` tells the block of each row",
                ));
            }
            (Some("complete"), Some(_)) => {
                return Err(refused(
                    "`--block` with `--procedure complete`",
                    "`--procedure permuted-blocks`, or no `--block`",
                ));
            }
            (Some(_), block) => people.drawn = Some(data.drawn(block.as_deref())?),
            (None, _) => {}
        }
        let mut measured = Vec::new();
        for outcome in &self.outcome {
            let mut one = data.outcome(&people, outcome)?;
            if let Some(baseline) = &self.baseline {
                one.baseline = Some(data.numbers(baseline)?);
            }
            measured.push(one);
        }
        if let (Some(time), Some(event)) = (&self.time, &self.event) {
            measured.push(data.times(&people, time, event)?);
        }
        let rows = self.asking(around).of_table(data, &people, &measured)?;
        let digest = digest.join().expect("a digest does not panic");
        let digest = digest.with_context(|| format!("`{}`", file.display()))?;
        let provenance = Provenance {
            inputs: [(file.display().to_string(), digest.to_string())].into(),
            ..Provenance::default()
        };
        show("", &provenance, None, &rows, &[], around)
    }

    fn of_study(&self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let (ledger, plan) = study.ledger_and_plan(around)?;
        // What was asked for by name must be made; of a whole plan the rest is.
        let failing = match self.outcome.is_empty() && self.method.is_empty() {
            true => Failing::IsTold,
            false => Failing::Stops,
        };
        let found = self.found(&study, ledger.as_ref(), &plan, failing, around)?;
        let made = &found.made;
        let not_made: Vec<(String, String)> = made
            .failed
            .iter()
            .map(|(planned, why)| (plan.outcomes[planned.outcome].id.clone(), why.clone()))
            .collect();
        if let (true, Some((_, why))) = (made.rows.is_empty(), not_made.first()) {
            return Err(refused(
                why.clone(),
                "`klero estimate --outcome ID` makes one estimate at a time",
            ));
        }
        for (_, why) in &not_made {
            around.console.warn(format!("not made: {why}"));
        }
        if let (Some(locale), false) = (around.screen(), around.console.json) {
            let found = results(study.sources(&plan, ledger.as_ref()), found, None, &locale)?;
            let text = screen(&found, &locale, Screen::Effects);
            around.console.data(&text)?;
            return Ok(answer(&not_made));
        }
        let planned = match found.provenance.plan_used {
            Some(_) => "by a plan that is not the one in force: see deviations in `klero report`\n",
            None => "",
        };
        let title = format!(
            "{}: {}\n{}{planned}\n",
            plan.study.id,
            plan.study.title,
            flow_lines(&found.flow)
        );
        show(
            &title,
            &found.provenance,
            Some(&found.flow),
            &found.made.rows,
            &not_made,
            around,
        )
    }

    /// Estimates what the plan declares, or what is asked for instead. A study with one arm has no
    /// ledger.
    pub fn found<'l>(
        &self,
        study: &Study,
        ledger: impl Into<Option<&'l Ledger>>,
        plan: &Protocol,
        failing: Failing,
        around: &Surroundings,
    ) -> anyhow::Result<Found> {
        let path = study.outcomes_path();
        let file = OutcomeFile::read(&path, &plan.study.id)?;
        study.warn_of_changes(plan, true, around);
        let ledger = ledger.into();
        let (mut people, referrals) = match ledger {
            Some(ledger) => People::of_ledger(ledger),
            None => file.people(&plan.arms[0].id),
        };
        let rows = file.rows(&referrals)?;
        people.facts.extend(file.facts(plan, &rows)?);
        let cut = file.cut(plan, &rows);
        let flow = match ledger {
            Some(ledger) => {
                study.know_block_sizes(ledger, &mut people);
                Flow::of(ledger)
            }
            None => Flow::of_one_arm(&plan.arms[0].id, people.len()),
        };
        let made = self
            .asking(around)
            .of_study(plan, &people, failing, |outcome| {
                let measured = file.measured(&people, &rows, outcome)?;
                flow.check(&people, &measured)?;
                Ok(measured)
            })?;
        let digest = Digest::of_file(&path).with_context(|| format!("`{}`", path.display()))?;
        let provenance = Provenance {
            study: Some(plan.study.id.clone()),
            protocol: Some(in_force(ledger, plan)),
            plan_used: plan_used(ledger, plan),
            ledger_head: ledger.map(|ledger| ledger.head.to_string()),
            inputs: [(OUTCOMES.to_owned(), digest.to_string())].into(),
        };
        Ok(Found {
            made,
            flow,
            provenance,
            people,
            referrals,
            last_week: file.last_week(),
            cut,
        })
    }

    fn asking(&self, around: &Surroundings) -> Asking {
        Asking {
            outcomes: self.outcome.clone(),
            methods: self.method.clone(),
            interval: self.interval,
            level: self.level,
            contrasts: self.contrasts.clone(),
            adjust: self.adjust.clone(),
            by: self.by.clone(),
            received: self.received.clone(),
            horizon: self.horizon,
            se: self.se,
            df: self.df.unwrap_or_default(),
            scale: self.scale,
            model: match self.pooled {
                true => Model::AllArms,
                false => Model::TwoArms,
            },
            design: match self.sensitivity {
                true => Respect::Ignored,
                false => Respect::Heeded,
            },
            only: self.only.clone(),
            worst_case: match (self.worst_case, self.limits) {
                (false, _) => None,
                (true, None) => Some(WorstCase::OfMeasure),
                (true, Some((low, high))) => Some(WorstCase::Between(low, high)),
            },
            replays: self.replays,
            seed: self.seed.clone(),
            statistic: self.statistic,
            multiplicity: self.multiplicity,
            threads: around.threads,
        }
    }
}

/// Answers whether everything planned was made.
fn answer(not_made: &[(String, String)]) -> Answer {
    match not_made {
        [] => Answer::Yes,
        _ => Answer::No,
    }
}

/// Prints rows as one object, or as a table with how its numbers were made.
fn show(
    title: &str,
    provenance: &Provenance,
    flow: Option<&Flow>,
    rows: &[Row],
    not_made: &[(String, String)],
    around: &Surroundings,
) -> anyhow::Result<Answer> {
    let answer = answer(not_made);
    if around.console.json {
        let mut object = estimates("estimate", provenance, flow, rows);
        object["not_made"] = not_made
            .iter()
            .map(|(outcome, reason)| serde_json::json!({"outcome": outcome, "reason": reason}))
            .collect();
        around.console.object(&object)?;
        return Ok(answer);
    }
    let locale = around.of_tables();
    let text = format!(
        "{title}{}{}",
        table(rows, &locale),
        footnotes(rows, &locale)
    );
    around.console.data(&text)?;
    Ok(answer)
}

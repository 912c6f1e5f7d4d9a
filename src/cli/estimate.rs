use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use klero::digest::Digest;
use klero::estimate::{Analysis, Estimate as Row, EstimateError, estimate, multiplicity};
use klero::protocol::{
    Adjustment, Contrasts, IntervalId, MethodId, Multiplicity, PlannedEstimate, Protocol, Role,
    Unit,
};
use klero::report::effects::{methods, table, wrap};
use klero::report::json::{Provenance, estimates};
use klero::sample::{Flow, OutcomeFile, of_table};
use klero::spelling::{listed, nearest};

use super::failure::refused;
use super::study::{OUTCOMES, Study, read_table};
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Estimate {
    /// Estimate from this table instead of a study; needs --arm, --reference and --outcome
    #[arg(long, value_name = "FILE", requires_all = ["arm", "reference", "outcome"])]
    data: Option<PathBuf>,
    /// Column of the arms
    #[arg(long, value_name = "COLUMN", requires = "data")]
    arm: Option<String>,
    /// Arm that the others are compared with
    #[arg(long, value_name = "ARM", requires = "data")]
    reference: Option<String>,
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
    /// Analyse a stratified or clustered draw as if it were neither, and mark the rows
    #[arg(long)]
    sensitivity: bool,
}

/// Reads a name of a closed set, or says which is nearest.
fn named<T>(text: &str, value: Option<T>, known: &[&str]) -> Result<T, String> {
    value.ok_or_else(|| {
        let near = nearest(text, known.iter().copied());
        let near = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        format!("expected {}{near}", listed(known.iter().copied()))
    })
}

pub fn method(text: &str) -> Result<MethodId, String> {
    let known: Vec<&str> = MethodId::ALL.iter().map(|method| method.name()).collect();
    named(text, MethodId::from_name(text), &known)
}

pub fn interval(text: &str) -> Result<IntervalId, String> {
    let known: Vec<&str> = IntervalId::ALL
        .iter()
        .map(|interval| interval.name())
        .collect();
    named(text, IntervalId::from_name(text), &known)
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
        let table = read_table(file)?;
        let arm = self.arm.as_deref().unwrap_or_default();
        let mut rows = Vec::new();
        for outcome in &self.outcome {
            let sample = of_table(&table, arm, outcome, self.reference.as_deref())?;
            rows.extend(estimate(&sample, &self.analysis(None))?);
        }
        let digest = Digest::of_file(file).with_context(|| format!("`{}`", file.display()))?;
        let name = file.display().to_string();
        let provenance = Provenance {
            inputs: [(name, digest.to_string())].into(),
            ..Provenance::default()
        };
        show("", &provenance, &rows, &[], around)
    }

    fn of_study(&self, around: &Surroundings) -> anyhow::Result<Answer> {
        let study = Study::find(around)?;
        let ledger = study.ledger()?;
        let plan = study.plan_beside(&ledger, around)?;
        self.refuse_ignoring_the_design(&plan)?;
        let planned = self.planned(&plan)?;
        let path = study.outcomes_path();
        let file = OutcomeFile::read(&path, &plan.study.id)?;
        let mut rows = Vec::new();
        let mut left_out = Vec::new();
        for planned in &planned {
            let outcome = &plan.outcomes[planned.outcome];
            if !planned.adjust.is_empty() {
                return Err(refused(
                    format!("the estimate of `{}` is to be adjusted", outcome.id),
                    "this version has no adjusted estimates",
                ));
            }
            // Without methods asked for, a time is named and left out, the rest is estimated.
            if outcome.measure.unit() == Unit::TimeToEvent && planned.methods.is_empty() {
                left_out.push(outcome.id.clone());
                continue;
            }
            let sample = file.sample(&ledger, outcome)?;
            let mut estimated = estimate(&sample, &self.analysis(Some(planned)))?;
            if self.sensitivity {
                for row in &mut estimated {
                    row.computed.notes.push(
                        "sensitivity: analysed as if the draw had no strata and no clusters"
                            .to_owned(),
                    );
                }
            }
            rows.extend(estimated);
        }
        adjust(&mut rows, plan.multiplicity);
        let digest = Digest::of_file(&path).with_context(|| format!("`{}`", path.display()))?;
        let provenance = Provenance {
            study: Some(plan.study.id.clone()),
            protocol: Some(plan.digest.to_string()),
            ledger_head: Some(ledger.head.to_string()),
            inputs: [(OUTCOMES.to_owned(), digest.to_string())].into(),
        };
        let flow = Flow::of(&ledger);
        let title = format!(
            "{}: {}\n{} referred, {} refused, {} drawn, {} withdrawn, {} excluded\n\
             by the arm drawn, over all who were drawn\n\n",
            plan.study.id,
            plan.study.title,
            flow.referred,
            flow.refused,
            flow.drawn,
            flow.withdrawn,
            flow.excluded
        );
        show(&title, &provenance, &rows, &left_out, around)
    }

    /// Stratified and clustered draws need methods of their own.
    fn refuse_ignoring_the_design(&self, plan: &Protocol) -> anyhow::Result<()> {
        let Some(allocation) = &plan.allocation else {
            return Ok(());
        };
        let design = match (allocation.strata.is_empty(), allocation.cluster) {
            (true, None) => return Ok(()),
            (false, None) => "stratified",
            (_, Some(_)) => "clustered",
        };
        if self.sensitivity {
            return Ok(());
        }
        Err(refused(
            format!("the draw was {design}, and this version has no {design} estimates"),
            "`--sensitivity` analyses it as if it were not, and marks the rows",
        ))
    }

    /// Returns the planned estimates that were asked for, or estimates of the outcomes named.
    fn planned(&self, plan: &Protocol) -> anyhow::Result<Vec<PlannedEstimate>> {
        if self.outcome.is_empty() {
            if plan.estimates.is_empty() {
                return Err(refused(
                    "the plan names no estimate",
                    "`[[estimate]]` in study.toml, or `--outcome ID`",
                ));
            }
            return Ok(plan.estimates.clone());
        }
        let mut planned = Vec::new();
        for id in &self.outcome {
            let Some(index) = plan.outcome(id) else {
                let known = plan.outcomes.iter().map(|outcome| outcome.id.as_str());
                let hint = match nearest(id, known.clone()) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("the plan has {}", listed(known)),
                };
                return Err(refused(format!("`{id}` is no outcome of the plan"), hint));
            };
            let of_plan = plan.estimates.iter().filter(|e| e.outcome == index);
            let before = planned.len();
            planned.extend(of_plan.cloned());
            if planned.len() == before {
                planned.push(PlannedEstimate {
                    outcome: index,
                    role: Role::Exploratory,
                    methods: Vec::new(),
                    contrasts: Contrasts::Reference,
                    level: 0.95,
                    interval: None,
                    adjust: Vec::new(),
                });
            }
        }
        Ok(planned)
    }

    /// Returns what to estimate: the plan's choices, the command line's above them.
    fn analysis(&self, planned: Option<&PlannedEstimate>) -> Analysis {
        let methods = match self.method.as_slice() {
            [] => planned.map_or_else(Vec::new, |planned| planned.methods.clone()),
            methods => methods.to_vec(),
        };
        Analysis {
            role: planned.map(|planned| planned.role),
            methods,
            contrasts: planned.map_or(Contrasts::Reference, |planned| planned.contrasts.clone()),
            level: self
                .level
                .or(planned.map(|planned| planned.level))
                .unwrap_or(0.95),
            interval: self
                .interval
                .or(planned.and_then(|planned| planned.interval)),
        }
    }
}

/// Adjusts the p-values of the plan's family: one hypothesis for each outcome and contrast, with
/// the p of its first row.
fn adjust(rows: &mut [Row], multiplicity: Multiplicity) {
    if multiplicity.method == Adjustment::None {
        return;
    }
    let key = |row: &Row| (row.outcome.clone(), row.arm.clone(), row.reference.clone());
    let mut family: Vec<(_, f64)> = Vec::new();
    for row in rows
        .iter()
        .filter(|row| row.role == Some(multiplicity.family))
    {
        if let Some(p) = row.computed.p_value
            && !row.before_draw
            && !family.iter().any(|(known, _)| *known == key(row))
        {
            family.push((key(row), p));
        }
    }
    let p_values: Vec<f64> = family.iter().map(|(_, p)| *p).collect();
    let adjusted = multiplicity::adjust(&p_values, multiplicity.method);
    for row in rows {
        let place = family
            .iter()
            .position(|(known, p)| *known == key(row) && Some(*p) == row.computed.p_value);
        if row.role == Some(multiplicity.family) {
            row.p_adjusted = place.map(|place| adjusted[place]);
        }
    }
}

/// Prints rows as one object, or as a table with how its numbers were made.
pub fn show(
    title: &str,
    provenance: &Provenance,
    rows: &[Row],
    left_out: &[String],
    around: &Surroundings,
) -> anyhow::Result<Answer> {
    if around.console.json {
        around
            .console
            .object(&estimates("estimate", provenance, rows))?;
        return Ok(Answer::Yes);
    }
    let mut text = title.to_owned();
    text += &table(rows);
    text += &footnotes(rows);
    around.console.data(&text)?;
    for outcome in left_out {
        around.console.warn(
            EstimateError::NoMethod {
                outcome: outcome.clone(),
            }
            .to_string(),
        );
    }
    Ok(Answer::Yes)
}

/// Writes what stands below a table: methods with sources, then what a reader must know.
pub fn footnotes(rows: &[Row]) -> String {
    let mut text = String::from("\n");
    for line in methods(rows) {
        push_wrapped(&mut text, &line);
    }
    let mut notes: Vec<&String> = Vec::new();
    // A test alone has no estimate, which the table shows.
    let told = rows
        .iter()
        .filter(|row| row.method != MethodId::FisherExact);
    for note in told.flat_map(|row| &row.computed.notes) {
        // The scale of a standard error concerns the machine's form, which prints one.
        if !note.starts_with("std_error") && !notes.contains(&note) {
            notes.push(note);
        }
    }
    for note in notes {
        push_wrapped(&mut text, &format!("note: {note}."));
    }
    text
}

fn push_wrapped(text: &mut String, line: &str) {
    for (index, part) in wrap(line, 78).iter().enumerate() {
        if index > 0 {
            text.push_str("  ");
        }
        text.push_str(part);
        text.push('\n');
    }
}

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use klero::digest::Digest;
use klero::estimate::duration::Times;
use klero::estimate::duration::curve::kaplan_meier;
use klero::estimate::duration::incidence::aalen_johansen;
use klero::estimate::{ArmCounts, Failing, baseline, course};
use klero::ledger::{Event, Ledger};
use klero::outcome::{Dated, StateWeeks, defined, not_in_register, states_by_week};
use klero::period::{Date, Week};
use klero::protocol::{
    Absence, Arm, Language, Multiplicity, Outcome, PlannedEstimate, Protocol, RegisterKind, Role,
    State, Unit, ValueColumn,
};
use klero::register::store::Store;
use klero::report::document::Document;
use klero::report::figure::{self, font_face_css};
use klero::report::language::Locale;
use klero::report::page::page;
use klero::report::study::{
    CourseFound, CurveFound, Deviation, Drawn, Findings, LevelOfArm, NothingRegistered,
    Recruitment, Report as Laid, StatesFound, StatesOfArm, StratumOfArm, TimesFound, definition,
    planned, report,
};
use klero::report::table::{csv, latex, markdown, xlsx};
use klero::report::verify::{Analysed, scripts};
use klero::report::word::docx;
use klero::sample::{Count, End, FactValues, Measured, People, analysis_columns, analysis_file};

use super::estimate::{Estimate, Found};
use super::failure::refused;
use super::outcomes::{dates_of_ledger, dates_of_table};
use super::states::LAYERS;
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
        let findings = findings(&study, ledger, &plan, found, dates, &locale)?;
        let mut files = files(&findings, &locale)?;
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

/// Computes what the report shows.
pub fn findings<'a>(
    study: &Study,
    ledger: impl Into<Option<&'a Ledger>>,
    plan: &'a Protocol,
    found: Found,
    started: Option<Vec<Dated>>,
    locale: &Locale,
) -> anyhow::Result<Findings<'a>> {
    let ledger = ledger.into();
    let facts = facts_beside_cluster(&found.people);
    let baseline = match facts.is_empty() {
        true => None,
        false => Some(baseline(&found.people, &facts, &found.made.replays)?),
    };
    let states = match (ledger, started) {
        (Some(ledger), _) => states(study, plan, by_arm(ledger, plan))?,
        (None, Some(mut dates)) => {
            let known: HashSet<&String> = found.referrals.iter().collect();
            dates.retain(|dated| known.contains(&dated.referral));
            if dates.len() != known.len() {
                return Err(refused(
                    format!(
                        "{} of the {} persons with outcomes have no day in `--dates`",
                        known.len() - dates.len().min(known.len()),
                        known.len()
                    ),
                    "give the table that the outcomes were made with",
                ));
            }
            states(study, plan, vec![dates])?
        }
        (None, None) => None,
    };
    let dates: Vec<Date> = ledger
        .into_iter()
        .flat_map(dates_of_ledger)
        .map(|dated| dated.date)
        .collect();
    let reached = found.last_week.map(Week::thursday);
    let date = match ledger {
        Some(ledger) => ledger.last_time().date(),
        None => reached.unwrap_or(Document::UNDATED),
    };
    let drawing = dates.iter().min().zip(dates.iter().max());
    let definitions = plan
        .outcomes
        .iter()
        .map(|outcome| (outcome.label.clone(), in_words(plan, outcome, locale)));
    let missing = found
        .made
        .measured
        .iter()
        .map(|measured| (measured.name(), measured.missing.clone()))
        .collect();
    let times = found
        .made
        .measured
        .iter()
        .filter_map(|measured| curves(&found, measured, plan));
    let clusters = plan.cluster().is_some();
    let first = plan.estimates.iter().find(|e| e.role == Role::Primary);
    let first = first.or(plan.estimates.first());
    let level = first.map_or(PlannedEstimate::exploratory(0).level, |e| e.level);
    let reference = found.people.reference;
    let arms = found.people.arms.clone();
    Ok(Findings {
        course: states
            .as_ref()
            .filter(|_| arms.len() > 1)
            .map(|states| CourseFound {
                state: state_name(State::Ordinary, locale.language),
                course: employment(states, &arms, reference, level),
                reference,
                level: (!clusters).then_some(level),
            }),
        states: states.map(|states| stacked(states, &arms, locale.language)),
        times: times.collect(),
        recruitment: ledger.map_or_else(Recruitment::default, |l| recruitment(l, plan)),
        deviations: match ledger {
            Some(ledger) => deviations(ledger, plan, &found.made.failed, locale),
            None => not_run(plan, &found.made.failed, locale),
        },
        received: received(&found, plan),
        missing,
        nothing_registered: nothing_registered(study, &found, plan)?,
        strata: strata(&found),
        levels: levels(&found),
        threshold: None,
        definitions: definitions.collect(),
        date,
        drawing: drawing.map(|(first, last)| (*first, *last)),
        plan,
        provenance: found.provenance,
        flow: found.flow,
        rows: found.made.rows,
        multiplicity: found.made.multiplicity,
        cut: found.cut,
        baseline,
    })
}

/// Weeks before the draw that figures show.
const BEFORE: i32 = 52;

/// Returns the days of the draws, arm by arm.
fn by_arm(ledger: &Ledger, plan: &Protocol) -> Vec<Vec<Dated>> {
    let arm_of = |referral: &str| {
        let entry = ledger.entry_of(referral)?;
        match &entry.event {
            Event::Draw(draw) => Some(draw.arm.clone()),
            Event::Member(member) => Some(member.arm.clone()),
            _ => None,
        }
    };
    let dates = dates_of_ledger(ledger);
    let of_arm = |arm: &Arm| {
        let of = dates
            .iter()
            .filter(|dated| arm_of(&dated.referral).as_deref() == Some(arm.id.as_str()));
        of.cloned().collect()
    };
    plan.arms.iter().map(of_arm).collect()
}

/// Counts states by week, one arm after the other; the register itself knows no arms. Nothing
/// where no register with states was ingested.
fn states(
    study: &Study,
    plan: &Protocol,
    arms: Vec<Vec<Dated>>,
) -> anyhow::Result<Option<Vec<StateWeeks>>> {
    let with_states = plan.registers.iter().find(|r| r.kind != RegisterKind::Bfl);
    let Some(register) = with_states else {
        return Ok(None);
    };
    let Ok(store) = Store::open(&study.derived(), &register.id) else {
        return Ok(None);
    };
    let windows = plan
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.measure.window());
    let last = windows
        .map(|window| window.last() as i32)
        .max()
        .unwrap_or(BEFORE);
    let mut counted = Vec::new();
    for of_arm in arms {
        if of_arm.is_empty() {
            return Ok(None);
        }
        counted.push(states_by_week(&store, &of_arm, -BEFORE, last)?);
    }
    Ok(Some(counted))
}

fn state_name(state: State, language: Language) -> String {
    let layer = LAYERS.iter().find(|(known, ..)| *known == state);
    layer.map_or_else(
        || state.name().to_owned(),
        |(_, english, danish, _)| match language {
            Language::Danish => (*danish).to_owned(),
            Language::English => (*english).to_owned(),
        },
    )
}

fn employment(
    states: &[StateWeeks],
    arms: &[String],
    reference: usize,
    level: f64,
) -> klero::estimate::Course {
    let counts: Vec<Vec<Count>> = states
        .iter()
        .map(|arm| {
            let weeks = arm.counts.iter();
            weeks
                .map(|week| {
                    // Those of whom the register says nothing in that week are not counted.
                    let known = arm.persons - week[State::Unknown as usize];
                    Count::new(week[State::Ordinary as usize], known)
                })
                .collect()
        })
        .collect();
    course(&states[0].weeks, arms, &counts, reference, level)
}

fn stacked(states: Vec<StateWeeks>, arms: &[String], language: Language) -> StatesFound {
    StatesFound {
        weeks: states[0].weeks.clone(),
        states: LAYERS
            .iter()
            .map(|&(state, ..)| state_name(state, language))
            .collect(),
        arms: states
            .into_iter()
            .zip(arms)
            .map(|(found, arm)| StatesOfArm {
                arm: arm.clone(),
                persons: found.persons,
                counts: found
                    .counts
                    .iter()
                    .map(|week| {
                        LAYERS
                            .iter()
                            .map(|&(state, ..)| week[state as usize])
                            .collect()
                    })
                    .collect(),
            })
            .collect(),
    }
}

/// Returns the curves of a time to an event, arm by arm.
fn curves(found: &Found, measured: &Measured, plan: &Protocol) -> Option<TimesFound> {
    if measured.unit != Unit::TimeToEvent {
        return None;
    }
    let ends = measured.end.as_ref()?;
    let people = &found.people;
    let competing = ends.contains(&End::Competing);
    let mut arms = Vec::new();
    for (index, arm) in people.arms.iter().enumerate() {
        let rows = (0..people.len())
            .filter(|&row| usize::from(people.arm[row]) == index && measured.observed[row]);
        let (time, end): (Vec<f64>, Vec<End>) =
            rows.map(|row| (measured.value[row], ends[row])).unzip();
        let times = Times::new(&time, &end).ok()?;
        let curve = match competing {
            true => CurveFound::Incidence(aalen_johansen(times)),
            false => CurveFound::Survival(kaplan_meier(times)),
        };
        arms.push((arm.clone(), curve));
    }
    let id = measured.name();
    let index = plan.outcome(&id)?;
    let outcome = &plan.outcomes[index];
    let planned = plan.estimates.iter().find(|e| e.outcome == index);
    let level = planned.map_or(PlannedEstimate::exploratory(index).level, |e| e.level);
    Some(TimesFound {
        level: plan.cluster().is_none().then_some(level),
        at_risk: None,
        label: outcome.label.clone(),
        horizon: outcome
            .measure
            .window()
            .map_or(0.0, |window| f64::from(window.last())),
        outcome: id,
        arms,
    })
}

/// Returns the facts from before the draw by index, without the clusters that were drawn: each of
/// them is in one arm whole, which is no imbalance.
pub fn facts_beside_cluster(people: &People) -> Vec<usize> {
    let cluster = people.cluster.as_ref().map(|cluster| &cluster.name);
    (0..people.facts.len())
        .filter(|&fact| Some(&people.facts[fact].id) != cluster)
        .collect()
}

/// Counts, arm by arm, who is in no row of a register of which that means nothing to register.
fn nothing_registered(
    study: &Study,
    found: &Found,
    plan: &Protocol,
) -> anyhow::Result<Vec<NothingRegistered>> {
    let mut all = Vec::new();
    for (index, register) in plan.registers.iter().enumerate() {
        let shown = |outcome: &&Outcome| {
            let mut rows = found.made.rows.iter();
            outcome.register == Some(index)
                && outcome.absent == Absence::Zero
                && rows.any(|row| row.outcome.as_ref() == Some(&outcome.id))
        };
        let outcomes = plan.outcomes.iter().filter(shown);
        let outcomes: Vec<String> = outcomes.map(|outcome| outcome.id.clone()).collect();
        if outcomes.is_empty() {
            continue;
        }
        let Ok(store) = Store::open(&study.derived(), &register.id) else {
            continue;
        };
        let mut persons = vec![0; found.people.arms.len()];
        for row in not_in_register(&store, &found.referrals)? {
            persons[usize::from(found.people.arm[row])] += 1;
        }
        if persons.iter().any(|&n| n > 0) {
            all.push(NothingRegistered {
                register: register.id.clone(),
                outcomes,
                persons,
            });
        }
    }
    Ok(all)
}

/// Counts of each outcome by arm and level of the facts that its estimates adjust for.
fn levels(found: &Found) -> BTreeMap<String, Vec<LevelOfArm>> {
    let people = &found.people;
    let mut of_outcome: BTreeMap<String, Vec<LevelOfArm>> = BTreeMap::new();
    for measured in &found.made.measured {
        let outcome = measured.name();
        let rows = found.made.rows.iter();
        let rows = rows.filter(|row| row.outcome.as_ref() == Some(&outcome));
        let adjusted: BTreeSet<&String> = rows.flat_map(|row| &row.options.adjust).collect();
        for fact in people
            .facts
            .iter()
            .filter(|fact| adjusted.contains(&fact.id))
        {
            let FactValues::Levels(levels) = &fact.values else {
                continue;
            };
            let none = ArmCounts {
                allocated: 0,
                n: 0,
                missing: 0,
                mean: None,
                events: (measured.unit == Unit::YesNo).then_some(0),
            };
            let mut cells: BTreeMap<(u16, u32), ArmCounts> = BTreeMap::new();
            for (row, (&arm, &level)) in people.arm.iter().zip(&levels.of).enumerate() {
                let counts = cells.entry((arm, level)).or_insert(none);
                counts.allocated += 1;
                match measured.observed[row] {
                    true => counts.n += 1,
                    false => counts.missing += 1,
                }
                let event = measured.observed[row] && measured.value[row] == 1.0;
                counts.events = counts.events.map(|events| events + u64::from(event));
            }
            let cells = cells.into_iter().map(|((arm, level), counts)| LevelOfArm {
                fact: fact.id.clone(),
                level: levels.names[level as usize].clone(),
                arm: people.arms[usize::from(arm)].clone(),
                counts,
            });
            of_outcome.entry(outcome.clone()).or_default().extend(cells);
        }
    }
    of_outcome
}

/// Counts of each outcome by arm and stratum of the draw.
fn strata(found: &Found) -> BTreeMap<String, Vec<StratumOfArm>> {
    let Some(strata) = &found.people.stratum else {
        return BTreeMap::new();
    };
    let counts = |measured: &Measured| {
        let mut cells: BTreeMap<(u16, u32), (u64, u64)> = BTreeMap::new();
        for (row, (&arm, &stratum)) in found.people.arm.iter().zip(&strata.of).enumerate() {
            if measured.observed[row] {
                let (n, events) = cells.entry((arm, stratum)).or_default();
                *n += 1;
                *events += u64::from(measured.value[row] == 1.0);
            }
        }
        let yes_no = measured.unit == Unit::YesNo;
        let cells = cells
            .into_iter()
            .map(|((arm, stratum), (n, events))| StratumOfArm {
                arm: found.people.arms[usize::from(arm)].clone(),
                stratum: strata.names[stratum as usize].clone(),
                n,
                events: yes_no.then_some(events),
            });
        cells.collect()
    };
    let measured = found.made.measured.iter();
    measured.map(|of| (of.name(), counts(of))).collect()
}

/// Counts of each outcome that says what was received, arm by arm.
fn received(found: &Found, plan: &Protocol) -> Vec<(String, Vec<ArmCounts>)> {
    let mut received: Vec<(String, Vec<ArmCounts>)> = Vec::new();
    let asked = plan.estimates.iter().filter_map(|planned| planned.received);
    for outcome in asked.map(|outcome| plan.outcomes[outcome].id.as_str()) {
        let known = received.iter().any(|(id, _)| id == outcome);
        let Some(measured) = found.made.measured.iter().find(|m| m.name() == outcome) else {
            continue;
        };
        let arms = found.people.allocated().into_iter().enumerate();
        let counts: Option<Vec<ArmCounts>> = arms
            .map(|(arm, allocated)| {
                let count = measured.count(&found.people, arm)?;
                let n = count.n as usize;
                Some(ArmCounts {
                    allocated,
                    missing: allocated - n,
                    n,
                    mean: (n > 0).then(|| count.share()),
                    events: Some(count.events),
                })
            })
            .collect();
        if let (false, Some(counts)) = (known, counts) {
            received.push((outcome.to_owned(), counts));
        }
    }
    received
}

/// Counts the persons drawn by month and arm.
fn recruitment(ledger: &Ledger, plan: &Protocol) -> Recruitment {
    let month = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
    let arms: Vec<Vec<i64>> = by_arm(ledger, plan)
        .iter()
        .map(|dates| dates.iter().map(|dated| month(dated.date)).collect())
        .collect();
    let months = arms.iter().flatten().copied();
    let Some((first, last)) = months.clone().min().zip(months.max()) else {
        return Recruitment::default();
    };
    Recruitment {
        periods: (first..=last)
            .map(|m| format!("{:04}-{:02}", m / 12, m % 12 + 1))
            .collect(),
        months: (last - first + 1) as u64,
        arms: plan
            .arms
            .iter()
            .zip(&arms)
            .map(|(arm, drawn)| {
                let counts = (first..=last)
                    .map(|month| drawn.iter().filter(|of| **of == month).count() as u64);
                (arm.id.clone(), counts.collect())
            })
            .collect(),
        planned: plan
            .allocation
            .as_ref()
            .and_then(|allocation| allocation.expected),
    }
}

/// Tells which estimates of the plan cannot be made.
fn not_run(
    plan: &Protocol,
    failed: &[(PlannedEstimate, String)],
    locale: &Locale,
) -> Vec<Deviation> {
    let told = failed
        .iter()
        .map(|(estimate, reason)| Deviation::PlannedNotRun {
            analysis: planned(plan, estimate, locale),
            reason: Some(reason.clone()),
        });
    told.collect()
}

/// Compares what the sealed plan declares with what was run.
fn deviations(
    ledger: &Ledger,
    plan: &Protocol,
    failed: &[(PlannedEstimate, String)],
    locale: &Locale,
) -> Vec<Deviation> {
    let words = |plan: &Protocol, estimate: &PlannedEstimate| planned(plan, estimate, locale);
    let sealed: Vec<String> = ledger
        .sealed()
        .estimates
        .iter()
        .map(|e| words(ledger.sealed(), e))
        .collect();
    let run: Vec<String> = plan.estimates.iter().map(|e| words(plan, e)).collect();
    let mut deviations = Vec::new();
    for analysis in sealed.iter().filter(|analysis| !run.contains(analysis)) {
        deviations.push(Deviation::PlannedNotRun {
            analysis: analysis.clone(),
            reason: None,
        });
    }
    deviations.extend(not_run(plan, failed, locale));
    for analysis in run.iter().filter(|analysis| !sealed.contains(analysis)) {
        deviations.push(Deviation::RunNotPlanned {
            analysis: analysis.clone(),
        });
    }
    for outcome in &plan.outcomes {
        let before = ledger.sealed().outcomes.iter().find(|o| o.id == outcome.id);
        if let Some(before) = before.filter(|before| !measured_alike(before, outcome)) {
            deviations.push(Deviation::Redefined {
                outcome: outcome.label.clone(),
                sealed: in_words(ledger.sealed(), before, locale),
                now: in_words(plan, outcome, locale),
            });
        }
    }
    let (before, now) = (ledger.sealed().multiplicity, plan.multiplicity);
    if before != now {
        let words = |of: Multiplicity| format!("{} ({})", of.method.name(), of.family.name());
        deviations.push(Deviation::Multiplicity {
            sealed: words(before),
            now: words(now),
        });
    }
    for entry in &ledger.entries {
        if let Event::Amend(amend) = &entry.event {
            deviations.push(Deviation::Amended {
                date: entry.time.date(),
                reason: amend.reason.clone(),
            });
        }
    }
    deviations
}

/// Whether two outcomes of one id are the same quantity; labels, places and the order of registers
/// may differ.
fn measured_alike(before: &Outcome, now: &Outcome) -> bool {
    let of = |outcome: &Outcome| Outcome {
        label: String::new(),
        states_line: 0,
        states_written: Vec::new(),
        register: None,
        value: outcome.value.clone().map(|value| ValueColumn {
            baseline_label: None,
            ..value
        }),
        ..outcome.clone()
    };
    of(before) == of(now)
}

/// Returns how an outcome is measured, in the language of the report.
fn in_words(plan: &Protocol, outcome: &Outcome, locale: &Locale) -> String {
    let text = defined(outcome, plan.zero(), locale.language);
    definition(outcome, &text, locale)
}

/// Returns every file of the report by its place in the folder.
fn files(findings: &Findings, locale: &Locale) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    of_report(&report(findings, locale, Drawn::Pixels), locale)
}

/// Returns every file of a report that is laid out.
pub fn of_report(made: &Laid, locale: &Locale) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let document = &made.document;
    let mut files: Vec<(PathBuf, Vec<u8>)> = vec![
        (
            "report.html".into(),
            page(document, locale, &font_face_css()).into_bytes(),
        ),
        ("report.docx".into(), docx(document, locale)?),
        (
            "report.md".into(),
            markdown_of(document, locale).into_bytes(),
        ),
    ];
    let tables: Vec<_> = made.tables.iter().collect();
    let matter = xlsx::Matter {
        title: document.title.clone(),
        methods: made.methods.clone(),
        provenance: made.provenance.clone(),
        date: document.date,
    };
    files.push((
        "tables.xlsx".into(),
        xlsx::workbook(&tables, &matter, locale)?,
    ));
    for table in tables {
        let place = |end: &str| Path::new("tables").join(format!("{}.{end}", table.id));
        files.push((place("csv"), csv::machine(table).into_bytes()));
        files.push((place("excel.csv"), csv::danish_excel(table, locale)));
        files.push((place("md"), markdown::text(table, locale).into_bytes()));
        files.push((place("tex"), latex::text(table, locale).into_bytes()));
    }
    for figure in &made.figures {
        let place = |end: &str| Path::new("figures").join(format!("{}.{end}", figure.name));
        files.push((place("svg"), figure.svg.clone().into_bytes()));
        if !figure.block.png.is_empty() {
            files.push((place("png"), figure.block.png.clone()));
        }
        files.push((place("csv"), data(&figure.data).into_bytes()));
    }
    Ok(files)
}

/// Writes the document as Markdown, its figures being the files of the folder.
fn markdown_of(document: &Document, locale: &Locale) -> String {
    document.markdown(locale).replace("](figure-", "](figures/")
}

/// Writes the table behind a figure.
fn data(data: &figure::FigureData) -> String {
    let quoted = |text: &str| match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let mut text = String::new();
    let header: Vec<String> = data.header.iter().map(|cell| quoted(cell)).collect();
    text += &header.join(",");
    text.push('\n');
    for row in &data.rows {
        let cells = row.iter().map(|cell| match cell {
            figure::Cell::Text(text) => quoted(text),
            figure::Cell::Count(count) => count.to_string(),
            figure::Cell::Number(number) => number.to_string(),
            figure::Cell::Missing => String::new(),
            figure::Cell::Withheld => "..".to_owned(),
        });
        text += &cells.collect::<Vec<_>>().join(",");
        text.push('\n');
    }
    text
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

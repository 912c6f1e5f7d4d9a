//! The report of a study: what was found, laid out as tables, figures and one document.
//!
//! Promises: no number is computed here; every number of an effect table points to the entry on
//! its method, and the entries name source, inputs and the head of the ledger; footnotes say what
//! was executed, not what is usual. Hides: which table holds which rows.

mod coarse;
mod counts;
mod digits;
mod figures;
mod headline;
mod persons;
mod reads;
mod release;
mod tables;
mod words;

use std::collections::BTreeMap;

use super::document::{Block, Contents, Definition, Document, Inline};
use super::json::Provenance;
use super::language::{Locale, Message, Noun, one_stop, plain_spaces};
use super::table::{Source, Table, terminal};
use crate::estimate::duration::curve::Curve;
use crate::estimate::duration::incidence::Incidence;
use crate::estimate::{ArmCounts, Baseline, Course, Estimate, Interval, Standing};
use crate::period::Date;
use crate::protocol::{Multiplicity, Protocol, Role};
use crate::sample::Flow;

pub use figures::{Drawn, FigureFile};
pub use persons::Persons;
pub use release::{Export, export};
pub use words::{definition, planned};

/// Everything that a report shows, computed before.
#[derive(Clone, Debug)]
pub struct Results<'a> {
    pub plan: &'a Protocol,
    pub provenance: Provenance,
    pub flow: Flow,
    /// Rows of the planned estimates, in their order.
    pub rows: Vec<Estimate>,
    pub multiplicity: Multiplicity,
    pub baseline: Option<Baseline>,
    /// By fact, how many have a history that is longer than the register.
    pub cut: BTreeMap<String, usize>,
    pub course: Option<CourseFound>,
    pub states: Option<StatesFound>,
    pub times: Vec<TimesFound>,
    pub recruitment: Recruitment,
    pub deviations: Vec<Deviation>,
    /// Outcomes that say what was received, with the counts of each arm.
    pub received: Vec<(String, Vec<ArmCounts>)>,
    /// Why outcomes are missing: outcome, then arm by arm the persons of each reason.
    pub missing: BTreeMap<String, Vec<BTreeMap<String, usize>>>,
    /// Who is in no row of a register and counts as without anything to register.
    pub nothing_registered: Vec<NothingRegistered>,
    /// Whom the numbers are of, for what can be read from them together.
    pub persons: Persons,
    /// Counts below are held back; `None` in a report that holds nothing back.
    pub threshold: Option<u64>,
    /// Outcome and its definition in words.
    pub definitions: Vec<(String, String)>,
    /// The day of the last entry of the ledger.
    pub date: Date,
    /// First and last day of drawing.
    pub drawing: Option<(Date, Date)>,
}

/// Persons, arm by arm, who are in no row of a register whose plan takes that for nothing to
/// register.
#[derive(Clone, Debug)]
pub struct NothingRegistered {
    pub register: String,
    /// Ids of the outcomes that read it.
    pub outcomes: Vec<String>,
    /// Of each arm.
    pub persons: Vec<usize>,
}

/// Weekly shares in one state.
#[derive(Clone, Debug)]
pub struct CourseFound {
    /// The state, in the language of the report.
    pub state: String,
    pub course: Course,
    pub reference: usize,
    /// The level of its bands; none where clusters were drawn, which the bands do not heed.
    pub level: Option<f64>,
}

/// Persons by state and week, arm by arm.
#[derive(Clone, Debug)]
pub struct StatesFound {
    pub weeks: Vec<i32>,
    /// Names of the states, from the bottom of the stack up.
    pub states: Vec<String>,
    pub arms: Vec<StatesOfArm>,
}

#[derive(Clone, Debug)]
pub struct StatesOfArm {
    pub arm: String,
    pub persons: u64,
    /// Week by week, persons in the order of the states.
    pub counts: Vec<Vec<u64>>,
}

/// The curves of a time to an event, in the order of the arms.
#[derive(Clone, Debug)]
pub struct TimesFound {
    pub outcome: String,
    pub label: String,
    pub horizon: f64,
    pub arms: Vec<(String, CurveFound)>,
    /// The level of its bands; none where clusters were drawn, which the bands do not heed.
    pub level: Option<f64>,
    /// Persons at risk arm by arm where the curves were made coarse, none where that is not known.
    pub at_risk: Option<Vec<Vec<Option<u64>>>>,
}

#[derive(Clone, Debug)]
pub enum CurveFound {
    Survival(Curve),
    /// With competing events.
    Incidence(Incidence),
}

/// What happened at one time of a curve.
struct Happened {
    time: f64,
    /// Of the curve, after this time.
    value: f64,
    interval: Option<Interval>,
    events: u64,
    /// Had another event, after which this one cannot happen.
    competing: u64,
    censored: u64,
}

impl CurveFound {
    /// Returns what happened, time by time, with intervals where a level is given.
    fn happened(&self, level: Option<f64>) -> Vec<Happened> {
        match self {
            CurveFound::Survival(curve) => {
                let steps = curve.steps.iter().map(|step| Happened {
                    time: step.time,
                    value: step.survival,
                    interval: level.and_then(|level| step.interval(level)),
                    events: step.events,
                    competing: 0,
                    censored: step.censored,
                });
                steps.collect()
            }
            CurveFound::Incidence(curve) => {
                let steps = curve.steps.iter().map(|step| Happened {
                    time: step.time,
                    value: step.incidence,
                    interval: level.and_then(|level| step.interval(level)),
                    events: step.events,
                    competing: step.competing,
                    censored: step.censored,
                });
                steps.collect()
            }
        }
    }

    /// Returns how many are under observation just before a time.
    fn at_risk(&self, time: f64) -> u64 {
        match self {
            CurveFound::Survival(curve) => curve.at_risk(time),
            CurveFound::Incidence(curve) => curve.at_risk(time),
        }
    }
}

/// Persons drawn by month or a longer span, arm by arm; not cumulated.
#[derive(Clone, Debug, Default)]
pub struct Recruitment {
    pub periods: Vec<String>,
    /// Months in all.
    pub months: u64,
    pub arms: Vec<(String, Vec<u64>)>,
    pub planned: Option<u64>,
}

/// What is not as the sealed plan has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deviation {
    PlannedNotRun {
        analysis: String,
        reason: Option<String>,
    },
    RunNotPlanned {
        analysis: String,
    },
    /// An outcome that is measured otherwise, in words.
    Redefined {
        outcome: String,
        sealed: String,
        now: String,
    },
    /// Another rule for many comparisons, or none.
    Multiplicity {
        sealed: String,
        now: String,
    },
    Amended {
        date: Date,
        reason: String,
    },
}

/// A report in all its parts.
pub struct Report {
    pub document: Document,
    pub tables: Vec<Table>,
    pub figures: Vec<FigureFile>,
    /// Name and words of each method in use.
    pub methods: Vec<(String, String)>,
    /// Name and value of each fact on where numbers come from.
    pub provenance: Vec<(String, String)>,
}

/// Lays a report out.
pub fn report(found: &Results, locale: &Locale, drawn: Drawn) -> Report {
    let say = |message: Message| locale.say(message);
    // Words that are true where nothing was drawn.
    let either = |drawn: Message, one_arm: Message| {
        locale.say(if found.one_arm() { one_arm } else { drawn })
    };
    let methods = Methods::of(found, locale);
    let mut blocks = Vec::new();
    let mut tables: Vec<Table> = Vec::new();
    let mut put = |blocks: &mut Vec<Block>, table: Option<Table>| {
        if let Some(table) = table {
            tables.push(table.clone());
            blocks.push(Block::Table(table));
        }
    };
    let mut figures = figures::all(found, locale, drawn);
    let figure = |blocks: &mut Vec<Block>, figures: &[FigureFile], name: &str| {
        let of_kind = figures.iter().filter(|figure| figure.kind == name);
        blocks.extend(of_kind.map(|figure| Block::Figure(figure.block.clone())));
    };

    if found.threshold.is_none() {
        blocks.push(Block::heading(1, "section-results", say(Message::Summary)));
        blocks.extend(headline::blocks(found, &methods, locale));
    }
    if found.threshold.is_some() && found.one_arm() {
        blocks.push(Block::paragraph(say(Message::NoNumberIsAnEffect)));
    }
    blocks.push(Block::heading(
        1,
        "section-flow",
        either(Message::Flow, Message::FlowOfOneArm),
    ));
    put(&mut blocks, Some(tables::flow(found, locale)));
    figure(&mut blocks, &figures, "flow");
    figure(&mut blocks, &figures, "recruitment");
    if let Some(baseline) = &found.baseline {
        blocks.push(Block::heading(
            1,
            "section-baseline",
            either(Message::Baseline, Message::BaselineAtTheStart),
        ));
        put(&mut blocks, Some(tables::baseline(found, baseline, locale)));
        figure(&mut blocks, &figures, "balance");
    }
    let take_up = tables::take_up(found, locale);
    if take_up.is_some() {
        blocks.push(Block::heading(1, "section-take-up", say(Message::TakeUp)));
        put(&mut blocks, take_up);
    }
    let sections = [
        (
            Role::Primary,
            "primary",
            either(Message::PrimaryEffects, Message::PrimaryResults),
        ),
        (
            Role::Secondary,
            "secondary",
            either(Message::SecondaryEffects, Message::SecondaryResults),
        ),
        (
            Role::Exploratory,
            "exploratory",
            say(Message::ExploratoryEffects),
        ),
    ];
    let mut put_states = true;
    for (role, id, title) in sections {
        let rows = found.rows_where(|row| {
            row.standing == Standing::Effect && row.subgroup.is_none() && row.role == Some(role)
        });
        if rows.is_empty() {
            continue;
        }
        blocks.push(Block::heading(1, format!("section-{id}"), title.clone()));
        put(
            &mut blocks,
            Some(tables::effects(found, &rows, id, &title, &methods, locale)),
        );
        if role == Role::Primary {
            figure(&mut blocks, &figures, "effects");
            figure(&mut blocks, &figures, "course");
            figure(&mut blocks, &figures, "states");
            put_states = false;
        }
    }
    if put_states {
        figure(&mut blocks, &figures, "course");
        figure(&mut blocks, &figures, "states");
    }
    figure(&mut blocks, &figures, "survival");
    let subgroups = found.rows_where(|row| row.subgroup.is_some());
    if !subgroups.is_empty() {
        let title = say(Message::Subgroups);
        blocks.push(Block::heading(1, "section-subgroups", title.clone()));
        let table = tables::effects(found, &subgroups, "subgroups", &title, &methods, locale);
        put(&mut blocks, Some(table));
    }
    let others = [
        (true, "sensitivity", Message::Sensitivity),
        (false, "no-effects", Message::NotEffects),
    ];
    for (sensitivity, id, title) in others {
        let rows = found.rows_where(|row| {
            row.standing != Standing::Effect
                && row.subgroup.is_none()
                && (row.standing == Standing::Sensitivity) == sensitivity
        });
        if !rows.is_empty() {
            let title = say(title);
            blocks.push(Block::heading(1, format!("section-{id}"), title.clone()));
            let table = tables::effects(found, &rows, id, &title, &methods, locale);
            put(&mut blocks, Some(table));
        }
    }
    blocks.push(Block::heading(
        1,
        "section-missing",
        say(Message::MissingData),
    ));
    put(&mut blocks, Some(tables::missing(found, locale)));
    blocks.push(Block::heading(
        1,
        "section-deviations",
        either(Message::Deviations, Message::DeviationsFromPlan),
    ));
    blocks.extend(deviations(found, locale));
    if !found.definitions.is_empty() {
        blocks.push(Block::heading(
            1,
            "section-definitions",
            say(Message::Definitions),
        ));
        let definitions = found.definitions.iter().enumerate();
        blocks.push(Block::Definitions(
            definitions
                .map(|(place, (outcome, words))| Definition {
                    id: format!("definition-{}", place + 1),
                    term: outcome.clone(),
                    descriptions: vec![vec![Inline::plain(words)]],
                })
                .collect(),
        ));
    }
    blocks.push(Block::heading(1, "section-methods", say(Message::Methods)));
    blocks.push(Block::paragraph(either(
        Message::EveryNumber,
        Message::EveryNumberOfOneArm,
    )));
    blocks.push(Block::Definitions(methods.definitions()));
    blocks.push(Block::heading(
        1,
        "section-provenance",
        say(Message::Provenance),
    ));
    let provenance = provenance(found, locale);
    blocks.push(Block::Definitions(
        provenance
            .iter()
            .enumerate()
            .map(|(place, (term, value))| Definition {
                id: format!("origin-{}", place + 1),
                term: term.clone(),
                descriptions: vec![vec![Inline::Code(value.clone())]],
            })
            .collect(),
    ));
    if found.threshold.is_none() {
        blocks.push(Block::paragraph(say(Message::NothingHeldBack)));
    }
    figures.retain(|figure| blocks.iter().any(|block| figure.is(block)));
    Report {
        document: Document {
            title: found.plan.study.title.clone(),
            subtitle: found.drawing.map_or_else(String::new, |(first, last)| {
                let (from, to) = (locale.date(first), locale.date(last));
                if first == last {
                    return locale.say(Message::DrawnOn { day: &from });
                }
                let (first, last) = (from, to);
                locale.say(Message::DrawnBetween {
                    first: &first,
                    last: &last,
                })
            }),
            date: found.date,
            contents: Contents::Listed,
            blocks,
        },
        tables,
        figures,
        methods: methods.pairs(),
        provenance,
    }
}

/// Which tables of a report a screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Baseline,
    /// All others.
    Effects,
}

/// Writes tables of the report for a terminal of 80 columns, and how their numbers were made.
pub fn screen(found: &Results, locale: &Locale, shown: Screen) -> String {
    let Report {
        document,
        tables,
        methods,
        ..
    } = report(found, locale, Drawn::Lines);
    let mut text = format!("{}: {}\n", found.plan.study.id, document.title);
    let is_shown = |table: &&Table| (table.id == "baseline") == (shown == Screen::Baseline);
    for table in tables.iter().filter(is_shown) {
        text.push('\n');
        text += &terminal::text(table, locale, terminal::WIDTH);
    }
    if shown == Screen::Effects {
        text.push('\n');
        for (name, words) in methods {
            for line in terminal::wrap(&format!("{name}: {words}"), terminal::WIDTH) {
                text += &plain_spaces(&line);
                text.push('\n');
            }
        }
    }
    text
}

impl Results<'_> {
    /// Returns whether nothing was drawn.
    fn one_arm(&self) -> bool {
        self.plan.arms.len() == 1
    }

    fn rows_where(&self, keep: impl Fn(&Estimate) -> bool) -> Vec<&Estimate> {
        self.rows.iter().filter(|row| keep(row)).collect()
    }

    /// Returns the label of an arm.
    fn arm(&self, id: &str) -> String {
        let found = self.plan.arms.iter().find(|arm| arm.id == id);
        found.map_or_else(|| id.to_owned(), |arm| arm.label.clone())
    }

    /// Returns what a row compares.
    fn contrast(&self, row: &Estimate) -> String {
        match &row.reference {
            Some(reference) => format!("{} – {}", self.arm(&row.arm), self.arm(reference)),
            None => self.arm(&row.arm),
        }
    }
}

fn deviations(found: &Results, locale: &Locale) -> Vec<Block> {
    let mut blocks = Vec::new();
    if found.one_arm() {
        blocks.push(Block::paragraph(locale.say(Message::OneArmHasNoPlan)));
        if found.deviations.is_empty() {
            return blocks;
        }
    }
    if found.deviations.is_empty() {
        return vec![Block::paragraph(locale.say(Message::NoDeviations))];
    }
    let items = found.deviations.iter().map(|deviation| {
        let text = match deviation {
            Deviation::PlannedNotRun { analysis, reason } => {
                let text = locale.say(Message::PlannedNotRun { analysis });
                match reason {
                    Some(reason) => {
                        let reason = words::noted(found.plan, reason, locale);
                        one_stop(format!("{text}. {reason}"))
                    }
                    None => text,
                }
            }
            Deviation::RunNotPlanned { analysis } => {
                locale.say(Message::RunNotPlanned { analysis })
            }
            Deviation::Redefined {
                outcome,
                sealed,
                now,
            } => locale.say(Message::Redefined {
                outcome,
                sealed,
                now,
            }),
            Deviation::Multiplicity { sealed, now } => {
                locale.say(Message::OtherMultiplicity { sealed, now })
            }
            Deviation::Amended { date, reason } => {
                let date = locale.date(*date);
                locale.say(Message::PlanAmended {
                    date: &date,
                    reason,
                })
            }
        };
        vec![Inline::plain(text)]
    });
    blocks.push(Block::List(items.collect()));
    blocks
}

fn provenance(found: &Results, locale: &Locale) -> Vec<(String, String)> {
    let say = |message: Message| locale.say(message);
    let either = |drawn, one_arm| say(if found.one_arm() { one_arm } else { drawn });
    let mut facts = Vec::new();
    let known = &found.provenance;
    facts.extend(
        known
            .study
            .clone()
            .map(|study| (either(Message::Study, Message::StudyOfOneArm), study)),
    );
    facts.extend(known.protocol.clone().map(|digest| {
        let name = either(Message::Plan, Message::PlainPlan);
        (name, format!("sha256 {digest}"))
    }));
    facts.extend(known.plan_used.clone().map(|digest| {
        let name = say(Message::PlanUsed);
        (name, format!("sha256 {digest}"))
    }));
    facts.extend(
        known
            .ledger_head
            .clone()
            .map(|head| (say(Message::LedgerHead), head)),
    );
    for (file, digest) in &known.inputs {
        let name = format!("{}: {file}", say(Message::Input));
        facts.push((name, format!("sha256 {digest}")));
    }
    facts.push((
        say(Message::Program),
        format!("klero {}", env!("CARGO_PKG_VERSION")),
    ));
    facts
}

/// The methods in use, each with a number that rows point to.
struct Methods {
    /// What tells one entry from another, in order of first use.
    entries: Vec<(Vec<String>, Definition)>,
    places: BTreeMap<Vec<String>, usize>,
}

impl Methods {
    fn of(found: &Results, locale: &Locale) -> Methods {
        let mut methods = Methods {
            entries: Vec::new(),
            places: BTreeMap::new(),
        };
        for row in &found.rows {
            let words = tables::method_words(found, row, tables::Length::Full, locale);
            if methods.places.contains_key(&words) {
                continue;
            }
            let number = methods.entries.len() + 1;
            methods.places.insert(words.clone(), number - 1);
            let mut descriptions: Vec<Vec<Inline>> =
                words.iter().map(|text| vec![Inline::plain(text)]).collect();
            descriptions.push(vec![
                Inline::plain(format!(
                    "{} ",
                    locale.say(match found.one_arm() {
                        true => Message::InputsIn,
                        false => Message::OriginIn,
                    })
                )),
                Inline::link(locale.say(Message::Provenance), "section-provenance"),
            ]);
            let label = format!("M{number}");
            let name = tables::method_name(row, locale);
            let definition = Definition {
                id: format!("method-{number}"),
                term: locale.say(Message::MethodOfRow {
                    label: &label,
                    words: &name,
                }),
                descriptions,
            };
            methods.entries.push((words, definition));
        }
        methods
    }

    /// Returns the pointer of a row.
    fn source(&self, found: &Results, row: &Estimate, locale: &Locale) -> Option<Source> {
        let words = tables::method_words(found, row, tables::Length::Full, locale);
        let number = self.places.get(&words)? + 1;
        Some(Source {
            id: format!("method-{number}"),
            label: format!("M{number}"),
        })
    }

    fn definitions(&self) -> Vec<Definition> {
        self.entries
            .iter()
            .map(|(_, definition)| definition.clone())
            .collect()
    }

    fn pairs(&self) -> Vec<(String, String)> {
        let pair = |(words, definition): &(Vec<String>, Definition)| {
            (definition.term.clone(), words.join(" "))
        };
        self.entries.iter().map(pair).collect()
    }
}

/// Says how p-values were adjusted.
fn multiplicity(found: &Results, rows: &[&Estimate], locale: &Locale) -> String {
    let adjusted = rows.iter().filter(|row| row.p_adjusted.is_some());
    let Some(tests) = adjusted.filter_map(|row| row.family).max() else {
        return locale.say(Message::NoMultiplicity);
    };
    let method = Message::of_adjustment(found.multiplicity.method.name());
    let method = method.map_or_else(String::new, |method| locale.say(method));
    locale.say(Message::MultiplicityBy {
        method: &method,
        tests: &locale.counted(tests as u64, Noun::Test),
    })
}

//! What `klero export` writes, and what it must not.

use std::collections::BTreeMap;

use klero::estimate::duration::curve::kaplan_meier;
use klero::estimate::duration::incidence::aalen_johansen;
use klero::estimate::duration::{End, Times};
use klero::protocol::{Protocol, Unit};
use klero::report;
use klero::report::disclosure::Rule;
use klero::report::document::Document;
use klero::report::figure::{Cell, FigureData};
use klero::report::json::Provenance;
use klero::report::study::{CurveFound, Recruitment, Results, TimesFound, export};
use klero::sample::{ArmFlow, Flow, Measured, People};

use super::sample::DA;
use super::verify::study;
use crate::workshop::{Folder, klero, klero_at};

#[test]
fn small_counts_and_what_tells_them_are_held_back() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    let rule = "https://example.org/rules, read on 2026-11-22";
    let asked = ["export", "--threshold", "12", "--rule", rule, "--json"];
    let said = klero(&study, &asked).ok();
    assert_eq!(said.json()["rule"], rule);
    let page = std::fs::read_to_string(study.join("export/report.md")).unwrap();
    assert!(
        page.contains(&format!("Reglen er taget fra: {rule}")),
        "{page}"
    );
    let json = said.json();
    assert!(json["held_back_small"].as_u64().unwrap() > 0);
    assert_eq!(
        json["figures_left_out"],
        serde_json::json!(["effects", "course", "states"])
    );
    // 9, 9 and 10 persons in ordinary employment: no share, effect or p of them may stand.
    let table = folder.read("d/export/tables/primary.csv");
    for told in ["0.066", "0.053", "0.05,", "0.013", "0.61", ",9", ",10,"] {
        assert!(!table.contains(told), "{told} in {table}");
    }
    // The persons who have the outcome are many, and stay.
    assert!(table.contains("135") && table.contains("188"), "{table}");
    let page = folder.read("d/export/report.html");
    assert!(!page.contains("9/135"));
    assert!(!study.join("export/figures/course.csv").exists());
    assert!(!study.join("export/MICRODATA-not-for-release").exists());
}

/// Nobody has paid hours without being in a job, hours or education: 135 without hours of whom 95,
/// and 41 with any of it, would be one person in education or a job without hours.
#[test]
fn outcomes_that_are_part_of_one_another_tell_nobody() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    klero(&study, &["report"]).ok();
    klero(&study, &["export"]).ok();
    let row = |kind: &str, label: &str| {
        let text = folder.read(&format!("d/{kind}/tables/secondary.md"));
        let mut lines = text.lines().skip_while(|line| !line.contains(label));
        let row = lines.find(|line| line.contains("Ny indsats"));
        row.unwrap_or_else(|| panic!("{label} in {text}"))
            .to_owned()
    };
    let (any, none) = ("I job, fleksjob, timer", "Ingen lønnede timer");
    assert!(row("report", any).contains("(41) | 135"));
    assert!(row("report", none).contains("(95) | 135"));
    let shown = [row("export", any), row("export", none)];
    let told = shown.iter().filter(|row| row.contains(") | 135")).count();
    assert_eq!(told, 1, "{shown:?}");
}

#[test]
fn rows_of_persons_leave_only_when_asked_for_and_in_a_folder_that_says_so() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    klero(&study, &["export", "--microdata"]).ok();
    let rows = folder.read("d/export/MICRODATA-not-for-release/analysis.csv");
    assert_eq!(rows.lines().count(), 504);
    assert!(rows.starts_with("referral,arm,"));
    klero(&study, &["export"]).fails_with(2, &["is there already", "--force"]);
    klero(&study, &["export", "--force"]).ok();
    assert!(!study.join("export/MICRODATA-not-for-release").exists());
}

#[test]
fn an_export_that_cannot_protect_anybody_is_refused() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    klero(&study, &["export", "--threshold", "150"]).fails_with(1, &["nothing was exported"]);
    assert!(!study.join("export").exists());
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

const TWO_ARMS: &str = r#"
[study]
id = "two"
title = "Two arms"
[[arm]]
id = "new"
label = "New"
[[arm]]
id = "old"
label = "Old"
reference = true
[[factor]]
id = "sex"
label = "Sex"
levels = ["f", "m"]
[allocation]
procedure = "complete"
strata = []
[[outcome]]
id = "job"
label = "Job"
measure = "value"
file = "survey.csv"
column = "job"
yes_no = true
[[outcome]]
id = "got"
label = "Got it"
measure = "value"
file = "survey.csv"
column = "got"
yes_no = true
[[estimate]]
outcome = "job"
role = "primary"
method = "risk-difference"
[[estimate]]
outcome = "job"
role = "exploratory"
by = "sex"
method = "risk-difference"
[[estimate]]
outcome = "job"
role = "secondary"
method = "lin"
adjust = ["sex"]
[[estimate]]
outcome = "job"
role = "exploratory"
method = "late"
received = "got"
[replays]
number = 99
"#;

/// What happened to the persons of an arm: when, and how it ended.
type Persons = Vec<(f64, End)>;

const HORIZON: f64 = 52.0;

fn persons(dice: &mut Dice, competing: bool) -> Persons {
    let hazard = 1 + dice.below(40);
    let of_one = |dice: &mut Dice| {
        for week in 1..=HORIZON as u64 {
            match dice.below(1_000) {
                n if n < hazard => return (week as f64, End::Event),
                n if n < hazard + 4 && competing => return (week as f64, End::Competing),
                n if n < hazard + 6 => return (week as f64, End::Censored),
                _ => {}
            }
        }
        (HORIZON, End::Censored)
    };
    (0..20 + dice.below(150)).map(|_| of_one(dice)).collect()
}

fn curve(persons: &Persons, competing: bool) -> CurveFound {
    let (time, end): (Vec<f64>, Vec<End>) = persons.iter().copied().unzip();
    let times = Times::new(&time, &end).unwrap();
    match competing {
        true => CurveFound::Incidence(aalen_johansen(times)),
        false => CurveFound::Survival(kaplan_meier(times)),
    }
}

fn number(cell: &Cell) -> f64 {
    match cell {
        Cell::Number(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}

fn words(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

fn none_or_enough(n: usize, threshold: u64, what: &str) {
    assert!(
        n == 0 || n as u64 >= threshold,
        "{what}: {n} of {threshold}"
    );
}

/// Reads the counts that stand behind the table of a curve and looks for small ones.
fn attack_curve(data: &FigureData, arms: &[(&str, &Persons)], threshold: u64) {
    let mut shown: Vec<Vec<f64>> = Vec::new();
    for (label, persons) in arms {
        let rows = data.rows.iter().filter(|row| words(&row[0]) == *label);
        let (at_risk, steps): (Vec<_>, Vec<_>) = rows.partition(|row| row[2] == Cell::Missing);
        let within = |from: f64, to: f64, ends: &[End]| {
            let last = to >= HORIZON;
            let inside = |time: f64| time >= from && (time < to || last);
            let those = persons
                .iter()
                .filter(|(t, end)| inside(*t) && ends.contains(end));
            those.count()
        };
        // Between two times that are known there are events enough, and so are the others.
        let times: Vec<f64> = steps.iter().map(|row| number(&row[1])).collect();
        let mut from = 0.0;
        for &to in &times {
            let events = within(from, to, &[End::Event]);
            none_or_enough(events, threshold, "events");
            assert!(events > 0, "a step without an event");
            from = to;
        }
        let mut known = Vec::new();
        for row in at_risk {
            if let Cell::Count(n) = row[5] {
                let time = number(&row[1]);
                let truth = persons.iter().filter(|(t, _)| *t >= time).count();
                assert_eq!(n, truth as u64, "at risk at {time}");
                known.push(time);
            }
        }
        known.push(HORIZON);
        for pair in known.windows(2) {
            for end in [End::Event, End::Competing, End::Censored] {
                none_or_enough(within(pair[0], pair[1], &[end]), threshold, "a span");
            }
        }
        shown.push(known);
    }
    assert!(
        shown.windows(2).all(|pair| pair[0] == pair[1]),
        "arms compare"
    );
}

/// Reads the draws of each span of months and looks for small ones.
fn attack_draws(data: &FigureData, drawn: &BTreeMap<&str, u64>, threshold: u64) {
    for (arm, &all) in drawn {
        let sums: Vec<u64> = data
            .rows
            .iter()
            .filter(|row| words(&row[1]) == *arm)
            .map(|row| match row[2] {
                Cell::Count(n) => n,
                ref other => panic!("{other:?}"),
            })
            .collect();
        let mut before = 0;
        for &sum in &sums {
            none_or_enough((sum - before) as usize, threshold, "draws");
            before = sum;
        }
        assert_eq!(before, all);
    }
}

#[test]
fn no_figure_of_an_export_shows_a_count_below_the_threshold() {
    let plan = Protocol::read(TWO_ARMS).unwrap();
    let mut dice = Dice(20_210_409);
    let (mut curves, mut draws) = (0, 0);
    const CASES: usize = 40;
    for case in 0..CASES {
        let threshold = [5, 3, 10][case % 3];
        let competing = case % 2 == 1;
        let arms = [persons(&mut dice, competing), persons(&mut dice, competing)];
        let months = 2 + dice.below(16) as usize;
        let drawn: Vec<(String, Vec<u64>)> = ["new", "old"]
            .iter()
            .zip(&arms)
            .map(|(id, persons)| {
                let mut by_month = vec![0; months];
                for _ in persons {
                    by_month[dice.below(months as u64) as usize] += 1;
                }
                ((*id).to_owned(), by_month)
            })
            .collect();
        let arm_flow = |arm: usize| ArmFlow {
            arm: ["new", "old"][arm].to_owned(),
            drawn: arms[arm].len(),
            withdrawn: 0,
            excluded: 0,
            withdrawn_by: BTreeMap::new(),
            excluded_by: BTreeMap::new(),
        };
        let all = arms[0].len() + arms[1].len();
        let both: Vec<(f64, End)> = arms.concat();
        let people = People {
            arms: vec!["new".to_owned(), "old".to_owned()],
            reference: 1,
            arm: (0..all).map(|at| u16::from(at >= arms[0].len())).collect(),
            stratum: None,
            cluster: None,
            facts: Vec::new(),
            weights: None,
            drawn: None,
        };
        let first = Measured {
            id: Some("first".to_owned()),
            label: None,
            unit: Unit::TimeToEvent,
            target: None,
            before_draw: false,
            early: false,
            reached: false,
            limits: None,
            value: both.iter().map(|(time, _)| *time).collect(),
            observed: vec![true; all],
            end: Some(both.iter().map(|(_, end)| *end).collect()),
            of: None,
            baseline: None,
            missing: Vec::new(),
        };
        // Who was drawn when does not matter here, but how many of each arm were.
        let drawn_in = drawn.iter().flat_map(|(_, by_month)| {
            let months = by_month.iter().enumerate();
            months.flat_map(|(month, &n)| vec![month; n as usize])
        });
        let persons = report::study::Persons {
            drawn_in: drawn_in.collect(),
            withdrawn: vec![false; all],
            excluded: vec![false; all],
            measured: vec![first],
            people,
        };
        let found = Results {
            plan: &plan,
            provenance: Provenance::default(),
            flow: Flow {
                referred: all,
                refused: 0,
                reasons: BTreeMap::new(),
                drawn: all,
                withdrawn: 0,
                excluded: 0,
                arms: vec![arm_flow(0), arm_flow(1)],
            },
            rows: Vec::new(),
            multiplicity: plan.multiplicity,
            baseline: None,
            cut: BTreeMap::new(),
            course: None,
            states: None,
            times: vec![TimesFound {
                outcome: "first".to_owned(),
                label: "First".to_owned(),
                horizon: HORIZON,
                arms: vec![
                    ("new".to_owned(), curve(&arms[0], competing)),
                    ("old".to_owned(), curve(&arms[1], competing)),
                ],
                level: Some(0.95),
                at_risk: None,
            }],
            recruitment: Recruitment {
                periods: (1..=months).map(|month| format!("m{month:02}")).collect(),
                months: months as u64,
                arms: drawn,
                planned: None,
            },
            deviations: Vec::new(),
            received: Vec::new(),
            missing: BTreeMap::new(),
            nothing_registered: Vec::new(),
            persons,
            threshold: None,
            definitions: Vec::new(),
            date: Document::UNDATED,
            drawing: None,
        };
        let rule = Rule { threshold };
        let made = export(&found, rule, &DA).unwrap();
        for figure in &made.report.figures {
            let labelled = [("New", &arms[0]), ("Old", &arms[1])];
            match figure.kind {
                "survival" => {
                    curves += 1;
                    attack_curve(&figure.data, &labelled, threshold);
                }
                "recruitment" => {
                    draws += 1;
                    let drawn = labelled.map(|(label, persons)| (label, persons.len() as u64));
                    attack_draws(&figure.data, &drawn.into(), threshold);
                }
                _ => {}
            }
        }
    }
    // Leaving every figure out would be safe and useless.
    assert!(curves * 5 > CASES, "{curves} curves");
    assert!(draws * 2 > CASES, "{draws} figures of draws");
}

#[test]
fn adjusted_effects_and_those_of_what_was_received_tell_no_count_that_is_held_back() {
    let folder = Folder::new();
    folder.write("study.toml", TWO_ARMS);
    folder.write("seed.key", format!("{}\n", "07".repeat(32)));
    let mut people = "id,sex\n".to_owned();
    for person in 0..120 {
        people += &format!("p{person:03},{}\n", ["f", "m"][person % 2]);
    }
    folder.write("list.csv", &people);
    let run = |arguments: &[&str]| klero(folder.path(), arguments).ok();
    run(&["seal", "--seed", "seed.key", "--confirm", "two"]);
    run(&["draw", "--list", "list.csv", "--out", "arms.csv"]);
    // Three women of the new arm have a job, and many of everybody else; three of the old arm got
    // what the new arm was to have.
    let arms = folder.read("arms.csv");
    let mut left = BTreeMap::from([
        (("new", "f"), 3),
        (("new", "m"), 14),
        (("old", "f"), 12),
        (("old", "m"), 11),
    ]);
    let mut got = BTreeMap::from([("new", 40), ("old", 3)]);
    let mut survey = "id,job,got\n".to_owned();
    for person in 0..120 {
        let id = format!("p{person:03}");
        let line = arms.lines().find(|line| line.starts_with(&id)).unwrap();
        let arm = ["new", "old"]
            .into_iter()
            .find(|arm| line.split(',').any(|field| field == *arm))
            .unwrap();
        let jobs = left.get_mut(&(arm, ["f", "m"][person % 2])).unwrap();
        let got = got.get_mut(arm).unwrap();
        survey += &format!("{id},{},{}\n", u8::from(*jobs > 0), u8::from(*got > 0));
        *jobs = (*jobs - 1).max(0);
        *got = (*got - 1).max(0);
    }
    folder.write("survey.csv", survey);
    run(&["outcomes"]);
    run(&["report"]);
    run(&["export"]);
    let row = |table: &str, start: &str| {
        let text = folder.read(table);
        let line = text.lines().find(|line| line.contains(start));
        line.unwrap_or_else(|| panic!("{start} in {text}"))
            .to_owned()
    };
    // Lin's estimate is Σ N(level)/N · (p₁(level) − p₀(level)): beside the shares of the arms and
    // of the other levels it has the one unknown, the three.
    assert!(!row("report/tables/secondary.csv", "New – Old").contains("suppressed"));
    let adjusted = row("export/tables/secondary.csv", "New – Old");
    assert!(adjusted.contains("effect: suppressed"), "{adjusted}");
    let whole = row("export/tables/primary.csv", "New – Old");
    assert!(!whole.contains("effect: suppressed"), "{whole}");
    let women = row("export/tables/subgroups.csv", "f, New – Old");
    assert!(women.contains("effect: suppressed"), "{women}");
    // The effect of being drawn over that of having received is the difference in shares that
    // received, and the share of the new arm stands in a table.
    assert!(!row("report/tables/exploratory.csv", "instrument").contains("suppressed"));
    let received = row("export/tables/exploratory.csv", "instrument");
    assert!(received.contains("effect: suppressed"), "{received}");
}

/// A mean of amounts that two persons have tells what they have, and with whole weeks how few they
/// are: 34 weeks over 60 persons.
#[test]
fn a_mean_of_what_few_have_is_held_back() {
    let plan = TWO_ARMS.replace("column = \"job\"\nyes_no = true", "column = \"job\"");
    let (before, after) = plan.split_once("[[estimate]]").unwrap();
    let replays = after.split_once("[replays]").unwrap().1;
    let estimate = "[[estimate]]\noutcome = \"job\"\nrole = \"primary\"\n[replays]";
    let folder = Folder::new();
    folder.write("study.toml", format!("{before}{estimate}{replays}"));
    folder.write("seed.key", format!("{}\n", "07".repeat(32)));
    let people: Vec<String> = (0..120).map(|person| format!("p{person:03},f\n")).collect();
    folder.write("list.csv", format!("id,sex\n{}", people.concat()));
    let run = |arguments: &[&str]| klero(folder.path(), arguments).ok();
    run(&["seal", "--seed", "seed.key", "--confirm", "two"]);
    run(&["draw", "--list", "list.csv", "--out", "arms.csv"]);
    let arms = folder.read("arms.csv");
    for (some, held_back) in [(2, true), (9, false)] {
        let mut left = some;
        let mut survey = "id,job,got\n".to_owned();
        for person in 0..120 {
            let id = format!("p{person:03}");
            let line = arms.lines().find(|line| line.starts_with(&id)).unwrap();
            let weeks = match line.split(',').any(|field| field == "new") {
                true if left == 0 => 0,
                true => 4 + 13 * left,
                false => person % 7,
            };
            left -= i32::from(left > 0 && weeks > 6);
            survey += &format!("{id},{weeks},0\n");
        }
        folder.write("survey.csv", survey);
        run(&["outcomes"]);
        run(&["export", "--force"]);
        let table = folder.read("export/tables/primary.csv");
        assert_eq!(table.contains("arm: suppressed"), held_back, "{table}");
        assert_eq!(table.contains("effect: suppressed"), held_back, "{table}");
    }
}

/// Draws 120 persons with sex and `own` into two arms, gives each what `survey` says by arm, sex, own
/// and place among those alike, and exports.
pub(super) fn exported(
    plan: &str,
    header: &str,
    survey: impl Fn(&str, &str, &str, usize) -> String,
) -> Folder {
    let folder = Folder::new();
    folder.write("study.toml", plan);
    folder.write("seed.key", format!("{}\n", "07".repeat(32)));
    let own = |person: usize| ["y", "n", "n"][person / 2 % 3];
    let mut people = "id,sex,own\n".to_owned();
    for person in 0..120 {
        people += &format!("p{person:03},{},{}\n", ["f", "m"][person % 2], own(person));
    }
    folder.write("list.csv", &people);
    let run = |arguments: &[&str]| klero(folder.path(), arguments).ok();
    run(&["seal", "--seed", "seed.key", "--confirm", "two"]);
    run(&["draw", "--list", "list.csv", "--out", "arms.csv"]);
    let arms = folder.read("arms.csv");
    let mut alike: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let mut answers = format!("id,{header}\n");
    for person in 0..120 {
        let id = format!("p{person:03}");
        let line = arms.lines().find(|line| line.starts_with(&id)).unwrap();
        let arm = match line.split(',').any(|field| field == "new") {
            true => "new",
            false => "old",
        };
        let (sex, own) = (["f", "m"][person % 2], own(person));
        let place = alike.entry((arm, sex, own)).or_default();
        answers += &format!("{id},{}\n", survey(arm, sex, own, *place));
        *place += 1;
    }
    folder.write("survey.csv", answers);
    run(&["outcomes"]);
    run(&["report"]);
    run(&["export"]);
    folder
}

/// A plan of outcomes from a survey, and estimates of them.
pub(super) fn plan(allocation: &str, outcomes: &[(&str, &str)], estimates: &str) -> String {
    let (head, _) = TWO_ARMS.split_once("[allocation]").unwrap();
    let own = "[[factor]]\nid = \"own\"\nlabel = \"Own\"\nlevels = [\"y\", \"n\"]\n";
    let mut text = format!("{head}{own}[allocation]\nprocedure = \"complete\"\n{allocation}\n");
    for (id, label) in outcomes {
        text += &format!(
            "[[outcome]]\nid = \"{id}\"\nlabel = \"{label}\"\nmeasure = \"value\"\n\
             file = \"survey.csv\"\ncolumn = \"{id}\"\n"
        );
    }
    format!("{text}{estimates}\n[replays]\nnumber = 99\n")
}

pub(super) fn estimate(outcome: &str, role: &str, more: &str) -> String {
    format!("[[estimate]]\noutcome = \"{outcome}\"\nrole = \"{role}\"\n{more}\n")
}

pub(super) fn line(folder: &Folder, table: &str, start: &str) -> String {
    let text = folder.read(table);
    let found = text.lines().find(|line| line.contains(start));
    found
        .unwrap_or_else(|| panic!("{start} in {text}"))
        .to_owned()
}

/// From sixteen digits of an effect one can find by trial which counts make it.
#[test]
fn an_export_has_no_more_digits_than_its_readers_see() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    klero(&folder.join("d"), &["export"]).ok();
    let mut numbers = 0;
    for file in [
        "tables/primary.csv",
        "tables/baseline.csv",
        "figures/balance.csv",
    ] {
        let text = folder.read(&format!("d/export/{file}"));
        for field in text.lines().flat_map(|line| line.split(',')) {
            if let (Ok(_), Some((_, decimals))) = (field.parse::<f64>(), field.split_once('.')) {
                assert!(decimals.len() <= 4, "{field} in {file}");
                numbers += 1;
            }
        }
    }
    assert!(numbers > 60, "{numbers}");
}

#[test]
fn an_adjusted_p_tells_no_p_that_is_held_back() {
    let both = [estimate("a", "primary", ""), estimate("b", "primary", "")].concat();
    let holm = "[multiplicity]\nmethod = \"holm\"\n";
    let plan = plan("strata = []", &[("a", "Aa"), ("b", "Bb")], &(both + holm));
    let folder = exported(&plan, "a,b", |arm, sex, _, place| {
        let few = arm == "new" && sex == "f" && place == 0;
        let many = arm == "old" && place < 3;
        format!(
            "{},{}",
            u8::from(place < 4 + usize::from(arm == "old")),
            u8::from(few || many)
        )
    });
    let held_back = line(&folder, "export/tables/primary.csv", "Bb,New – Old");
    assert!(held_back.contains("effect: suppressed"), "{held_back}");
    let shown = line(&folder, "export/tables/primary.csv", "Aa,New – Old");
    assert!(!shown.contains("effect: suppressed"), "{shown}");
    assert!(shown.contains("p_adjusted: suppressed"), "{shown}");
}

#[test]
fn outcomes_of_one_label_are_told_apart() {
    let both = [estimate("x", "primary", ""), estimate("y", "secondary", "")].concat();
    let plan = plan("strata = []", &[("x", "Same"), ("y", "Same")], &both);
    let folder = exported(&plan, "x,y", |arm, sex, own, place| {
        let x = if place < 4 { "" } else { "1" };
        let few = arm == "new" && sex == "f" && own == "y" && place < 3;
        format!(
            "{x},{}",
            if few {
                String::new()
            } else {
                (place % 2).to_string()
            }
        )
    });
    let rows = |table: &str| -> Vec<String> {
        let text = folder.read(table);
        text.lines()
            .filter(|line| line.contains("Same"))
            .map(str::to_owned)
            .collect()
    };
    assert!(rows("report/tables/missing.csv")[1].starts_with(",Same,3,"));
    let held_back = rows("export/tables/missing.csv");
    assert!(held_back[1].contains("suppressed"), "{held_back:?}");
    assert!(!held_back[1].contains(",3,"), "{held_back:?}");
}

/// A mean of ones and twos, and its deviation, are the count of the twos.
#[test]
fn the_mean_of_a_code_tells_how_many_have_each_value() {
    let plan = plan(
        "strata = []",
        &[("code", "Code")],
        &estimate("code", "primary", ""),
    );
    for (few, held_back) in [(3, true), (9, false)] {
        let folder = exported(&plan, "code", |arm, sex, own, place| {
            let of_few = arm == "new" && sex == "f" && own == "n" && place < few;
            let of_many = arm == "old" && place < 3;
            format!("{}", 1 + u8::from(of_few || of_many))
        });
        let row = line(&folder, "export/tables/primary.csv", "New – Old");
        assert_eq!(row.contains("effect: suppressed"), held_back, "{row}");
    }
}

/// Three women of the new arm who do not own have a job; by stratum the level's effect follows from them.
#[test]
fn a_level_in_a_draw_by_strata_tells_no_count_of_level_and_stratum() {
    let by = estimate("job", "primary", "") + &estimate("job", "exploratory", "by = \"own\"");
    let plan = plan("strata = [\"sex\"]", &[("job", "Job")], &by);
    for (few, held_back) in [(3, true), (9, false)] {
        let folder = exported(&plan, "job", |arm, sex, own, place| {
            let jobs = match (arm, sex, own) {
                ("new", "f", "n") => few,
                (_, _, "n") => 9,
                _ => 0,
            };
            format!("{}", u8::from(place < jobs))
        });
        let row = line(&folder, "export/tables/subgroups.csv", "Own: n, New – Old");
        assert_eq!(row.contains("effect: suppressed"), held_back, "{row}");
    }
}

#[test]
fn the_effect_of_what_was_received_tells_no_stratum_of_receivers() {
    let late = "method = \"late\"\nreceived = \"got\"";
    let both = estimate("job", "primary", "") + &estimate("job", "secondary", late);
    let plan = plan(
        "strata = [\"sex\"]",
        &[("job", "Job"), ("got", "Got")],
        &both,
    );
    for (few, held_back) in [(1, true), (6, false)] {
        let folder = exported(&plan, "job,got", |arm, sex, _, place| {
            let got = match (arm, sex) {
                ("old", "f") => few,
                ("old", _) => 6,
                _ => 8,
            };
            let job = place % 2 == 0 || (arm == "new" && place == 1);
            format!("{},{}", u8::from(job), u8::from(place < got))
        });
        let row = line(&folder, "export/tables/secondary.csv", "instrument");
        assert_eq!(row.contains("effect: suppressed"), held_back, "{row}");
    }
}

#[test]
fn where_clusters_were_drawn_figures_have_no_bands_of_persons() {
    let estimates = [("job", "", "level = 0.9"), ("first-job", "", "level = 0.8")];
    for (allocation, clusters) in [("cluster = \"team\"", true), ("strata = []", false)] {
        let folder = study(allocation, &estimates);
        let page = folder.read("report/report.md");
        for (figure, level) in [("course", "90 %"), ("time-first-job", "80 %")] {
            let data = folder.read(&format!("report/figures/{figure}.csv"));
            let mut rows = data
                .lines()
                .skip(1)
                .map(|line| line.split(',').collect::<Vec<_>>());
            let banded = rows.any(|row| !row[2].is_empty() && !row[3].is_empty());
            assert_eq!(banded, !clusters, "{figure} of {allocation}");
            let told = page.replace('\u{a0}', " ").contains(&match figure {
                "course" => format!("Bands: {level} intervals"),
                _ => format!("log-log intervals ({level})"),
            });
            assert_eq!(told, !clusters, "{figure} of {allocation}");
        }
        assert_eq!(page.contains("Without bands"), clusters);
        // A cluster is in one arm whole: that is no imbalance.
        let baseline = folder.read("report/tables/baseline.csv");
        assert!(
            !baseline.contains("team") && !baseline.contains("t-01"),
            "{baseline}"
        );
    }
}

#[test]
fn draws_by_month_count_persons_where_clusters_were_drawn() {
    let folder = Folder::new();
    let plan = TWO_ARMS.replace("strata = []", "cluster = \"team\"\nstrata = []");
    let plan = plan.replace("[allocation]", "[[factor]]\nid = \"team\"\n[allocation]");
    let (plan, _) = plan.split_once("[[estimate]]").unwrap();
    let estimate = "[[estimate]]\noutcome = \"job\"\nrole = \"primary\"\n[replays]\nnumber = 99\n";
    folder.write("study.toml", format!("{plan}{estimate}"));
    folder.write("seed.key", format!("{}\n", "07".repeat(32)));
    let run = |now: &str, arguments: &[&str]| klero_at(folder.path(), Some(now), arguments).ok();
    let sealed = ["seal", "--seed", "seed.key", "--confirm", "two"];
    run("2020-01-02T08:00:00Z", &sealed);
    let mut survey = "id,job,got\n".to_owned();
    for month in 0..2 {
        let mut people = "id,sex,team\n".to_owned();
        for person in 0..40 {
            let id = format!("p{month}{person:02}");
            people += &format!("{id},f,t{month}{}\n", person / 5);
            survey += &format!("{id},{},0\n", person % 2);
        }
        let list = format!("list{month}.csv");
        folder.write(&list, people);
        let now = format!("2020-0{}-03T08:00:00Z", month + 2);
        run(&now, &["draw", "--list", &list]);
    }
    folder.write("survey.csv", survey);
    run("2020-04-01T08:00:00Z", &["outcomes"]);
    run("2020-04-01T08:00:00Z", &["report", "--lang", "en"]);
    let data = folder.read("report/figures/recruitment.csv");
    let last: u64 = data
        .lines()
        .filter(|line| line.starts_with("2020-03"))
        .map(|line| line.rsplit(',').next().unwrap().parse::<u64>().unwrap())
        .sum();
    // 80 persons in 16 teams.
    assert_eq!(last, 80, "{data}");
}

#[test]
fn the_report_tells_who_counts_as_without_anything_to_register() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    klero(&study, &["report", "--lang", "en"]).ok();
    // Persons of the list who have no row of hours, counted by hand here.
    let hours = folder.read("d/register/bfl.csv");
    let of_row = |line: &'_ str| line.split([';', ',']).next().unwrap().to_owned();
    let with: std::collections::BTreeSet<String> = hours.lines().skip(1).map(of_row).collect();
    let list = folder.read("d/referrals.csv");
    let without = list
        .lines()
        .skip(1)
        .filter(|line| !with.contains(&of_row(line)));
    let page = folder.read("d/report/tables/missing.md");
    let line = page
        .lines()
        .find(|line| line.contains("register “bfl”"))
        .unwrap();
    let told = line.split([':', ',', '.']).filter_map(|part| {
        let (persons, of) = part.trim().split_once(" of ")?;
        of.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
        persons.parse::<usize>().ok()
    });
    assert_eq!(told.sum::<usize>(), without.count(), "{line}");
    klero(&study, &["export", "--lang", "en"]).ok();
    let page = folder.read("d/export/tables/missing.md");
    assert!(!page.contains("bfl"), "{page}");
}

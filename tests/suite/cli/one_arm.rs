//! A study with one arm: nothing is drawn, and no command says otherwise.

use crate::workshop::{Folder, Said, klero};

const PLAN: &str = r#"[study]
id = "one"
title = "Ét forløb"
language = "LANGUAGE"
[[arm]]
id = "effort"
label = "Indsatsen"
[register.dream]
kind = "dream"
files = ["dream.csv"]
[[outcome]]
id = "praktik"
label = "I praktik"
measure = "ever"
states = ["praktik"]
weeks = [1, 2]
target = 0.2
[[outcome]]
id = "before"
label = "Uger på ydelse"
measure = "history"
[[outcome]]
id = "mood"
label = "Trivsel"
measure = "value"
file = "survey.csv"
column = "end"
baseline = "start"
baseline_label = "Trivsel ved start"
[[estimate]]
outcome = "praktik"
role = "primary"
"#;

/// Twenty people from 14 March 2018, every fourth in praktik; the register begins four weeks before.
fn study(language: &str) -> Folder {
    let folder = Folder::new();
    folder.write("study.toml", PLAN.replace("LANGUAGE", language));
    let mut dream = "id,y_1807,y_1808,y_1809,y_1810,y_1811,y_1812,y_1813\n".to_owned();
    let mut survey = "id,start,end\n".to_owned();
    let mut dates = "referral,date\n".to_owned();
    for person in 0..20 {
        let first = if person < 3 { "730" } else { "" };
        let code = if person % 4 == 0 { "737" } else { "730" };
        dream += &format!("p{person:02},{first},730,730,730,730,{code},730\n");
        survey += &format!("p{person:02},{},{}\n", 40 + person, 50 + person % 7);
        dates += &format!("p{person:02},2018-03-14\n");
    }
    folder.write("dream.csv", dream);
    folder.write("survey.csv", survey);
    folder.write("dates.csv", dates);
    folder
}

fn made(language: &str) -> Folder {
    let folder = study(language);
    klero(folder.path(), &["ingest"]).ok();
    klero(folder.path(), &["outcomes", "--dates", "dates.csv"]).ok();
    folder
}

fn run(folder: &Folder, arguments: &[&str]) -> Said {
    klero(folder.path(), arguments)
}

#[test]
fn commands_of_draws_say_that_nothing_is_drawn_and_name_what_works() {
    let folder = study("en");
    let draw = ["draw", "--referral", "p01"];
    let withdraw = [
        "record",
        "withdraw",
        "--referral",
        "p01",
        "--reason",
        "moved",
    ];
    for arguments in [
        &draw[..],
        &["audit"],
        &["seal", "--confirm", "one"],
        &["unseal", "--confirm", "one"],
        &["allocation"],
        &["beacon", "1"],
        &["table", "--slots", "3", "--out", "t.csv"],
        &withdraw,
        &["outcomes"],
    ] {
        let said = run(&folder, arguments);
        let said = said.fails_with(2, &["one arm", "nothing is drawn", "outcomes --dates FILE"]);
        assert!(!said.err.contains("klero seal`"), "{}", said.err);
    }
    run(&folder, &["states"]).fails_with(2, &["one arm", "`klero states --dates FILE`"]);
    run(&folder, &["ingest", "--drawn"]).fails_with(2, &["one arm", "`klero ingest`"]);
}

#[test]
fn status_says_that_nothing_is_drawn_and_counts_who_has_outcomes() {
    let folder = study("en");
    let said = run(&folder, &["status"]).ok();
    assert!(said.out.contains("nothing is drawn"), "{}", said.out);
    assert!(said.out.contains("none yet: `klero outcomes --dates FILE`"));
    let folder = made("en");
    let said = run(&folder, &["status"]).ok();
    assert!(
        said.out.contains("20 persons with outcomes"),
        "{}",
        said.out
    );
    assert_eq!(
        run(&folder, &["status", "--json"]).ok().json()["persons"],
        20
    );
}

#[test]
fn check_says_the_step_that_comes_next_and_misses_no_seed() {
    let folder = study("en");
    let next = |step: &str| {
        let said = run(&folder, &["check"]).ok();
        let last = said.out.lines().last().unwrap().to_owned();
        assert_eq!(last, format!("next: {step}"));
        assert!(!said.out.contains("seed"), "{}", said.out);
    };
    next("klero ingest, then klero outcomes --dates FILE");
    run(&folder, &["ingest"]).ok();
    next("klero outcomes --dates FILE");
    run(&folder, &["outcomes", "--dates", "dates.csv"]).ok();
    next("klero estimate");
}

/// By hand: the starts are 40 to 59, mean 49.5, standard deviation √((20² − 1)/12 · 20/19) = 5.92.
/// Three people were on benefit in the first week of the register too: (3 · 4 + 17 · 3) / 20 = 3.15
/// weeks, with standard deviation √(20 · 0.15 · 0.85 / 19) = 0.37.
#[test]
fn balance_is_one_column_that_compares_nothing() {
    let folder = made("en");
    let said = run(&folder, &["balance"]).ok();
    assert!(
        said.out.contains("Trivsel ved start   49.5 (5.9)"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("Uger på ydelse     3.15 (0.37)"),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("for 3 of 20 the register begins too late"),
        "{}",
        said.out
    );
    for word in ["SMD", "Mahalanobis", "drawn,", "reference"] {
        assert!(!said.out.contains(word), "{word} in {}", said.out);
    }
    let json = run(&folder, &["balance", "--json"]).ok().json();
    assert_eq!(json["omnibus"], serde_json::Value::Null);
    assert_eq!(json["reference"], serde_json::Value::Null);
    assert_eq!(json["at_least"]["before"], 3);
}

#[test]
fn the_screen_says_who_took_part_and_that_nothing_is_an_effect() {
    let folder = made("en");
    let said = run(&folder, &["estimate"]).ok();
    assert!(
        said.out
            .contains("20 persons in one arm, effort: nothing was drawn")
    );
    assert_eq!(said.out.matches("no number is an effect").count(), 1);
    for word in ["referred", "20 drawn", "by the arm drawn"] {
        assert!(!said.out.contains(word), "{word} in {}", said.out);
    }
    let said = run(&folder, &["outcomes", "--explain"]).ok();
    assert!(said.out.contains("after the start") && !said.out.contains("the draw"));
}

#[test]
fn a_report_of_one_arm_speaks_of_no_draw() {
    for (language, never, once) in [
        ("da", "lodtrækning", "intet tal her en effekt"),
        ("en", "the draw", "no number here is an effect"),
    ] {
        let folder = made(language);
        run(&folder, &["report", "--dates", "dates.csv"]).ok();
        let text = folder.read("report/report.md");
        // That none was made, it may say.
        let text = text
            .replace("uden lodtrækning", "")
            .replace("without a draw", "");
        assert!(!text.contains(never), "{never} in {text}");
        assert!(
            !text.contains("Effekter på") && !text.contains("Effects on"),
            "{text}"
        );
        assert_eq!(text.matches(once).count(), 1, "{text}");
        assert!(!text.contains("pct.."), "{text}");
        assert!(text.contains("Trivsel ved start"), "{text}");
        let cut = [
            "for 3 af 20 begynder registret",
            "for 3 of 20 the register begins",
        ];
        assert!(cut.iter().any(|cut| text.contains(cut)), "{text}");
        assert!(folder.join("report/figures/states.svg").exists());
    }
    run(&made("da"), &["report", "--dates", "none.csv"]).fails_with(2, &["none.csv"]);
}

#[test]
fn an_export_of_one_arm_is_made() {
    let folder = made("da");
    run(&folder, &["export"]).ok();
    let text = folder.read("export/report.md");
    assert!(text.contains("intet tal her en effekt"), "{text}");
    assert!(text.contains("25,0"), "5 of 20: {text}");
}

#[test]
fn what_one_arm_cannot_estimate_is_a_fault_of_the_plan() {
    let folder = study("en");
    let plan = folder
        .read("study.toml")
        .replace("baseline = \"start\"\n", "");
    let plan = plan.replace("baseline_label = \"Trivsel ved start\"\n", "");
    let asked = format!("{plan}[[estimate]]\noutcome = \"mood\"\n");
    folder.write("study.toml", &asked);
    let said = run(&folder, &["check"]);
    assert_eq!(said.code, 1);
    let line = 1 + asked
        .lines()
        .position(|l| l == "outcome = \"mood\"")
        .unwrap();
    for part in [
        &format!("line {line}"),
        "`mood`, which is a number",
        "`share`",
        "`change`",
    ] {
        assert!(said.out.contains(part), "{part} in {}", said.out);
    }
    folder.write("study.toml", plan);
    run(&folder, &["ingest"]).ok();
    run(&folder, &["outcomes", "--dates", "dates.csv"]).ok();
    run(&folder, &["estimate", "--outcome", "mood"]).fails_with(2, &["`mood`", "`share`"]);
}

//! Effect tables whole, through the program: what is asked, what heeds the draw, what adds up.

use klero::estimate::{ReplayPlan, baseline};
use klero::protocol::Statistic;
use klero::sample::{Drawn, Fact, FactValues, Groups, People};
use serde_json::Value;

use crate::report::verify::study;
use crate::workshop::{Folder, klero};

/// A trial of 60 in three arms, two strata and clusters of three, made by a rule.
fn trial() -> String {
    let mut text = String::from("id,arm,site,team,age,sex,base,score,job,took,weeks,end\n");
    for i in 0..60_u32 {
        let arm = ["a", "b", "control"][(i / 3 % 3) as usize];
        let site = if i < 30 { "north" } else { "south" };
        let (age, sex) = (20 + (i * 7) % 40, ["f", "m"][(i * 5 % 7 % 2) as usize]);
        let base = (i * 13) % 11;
        let lift = if arm == "control" { 0 } else { 3 };
        let score = base + lift + (i * 17) % 7;
        let job = u32::from((i * 29 + lift) % 10 < 4);
        let took = u32::from(arm != "control" && i % 4 != 0);
        let (weeks, end) = (1 + (i * 31) % 50, (i * 3) % 4 % 3);
        text += &format!(
            "p{i},{arm},{site},t{},{age},{sex},{base},{score},{job},{took},{weeks},{end}\n",
            i / 3
        );
    }
    text
}

fn estimate(folder: &Folder, more: &[&str]) -> Value {
    let base = [
        "estimate",
        "--data",
        "trial.csv",
        "--arm",
        "arm",
        "--reference",
        "control",
        "--json",
    ];
    klero(folder.path(), &[&base[..], more].concat())
        .ok()
        .json()
}

fn rows(json: &Value) -> &Vec<Value> {
    json["estimates"].as_array().unwrap()
}

fn methods(json: &Value) -> Vec<&str> {
    rows(json)
        .iter()
        .map(|row| row["method"].as_str().unwrap())
        .collect()
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("trial.csv", trial());
    folder
}

#[test]
fn row_order_and_threads_change_no_bit() {
    let folder = folder();
    let asked: &[&str] = &[
        "--outcome",
        "score",
        "--outcome",
        "job",
        "--adjust",
        "age,sex",
        "--method",
        "lin",
        "--method",
        "ols",
        "--method",
        "randomisation-test",
        "--procedure",
        "complete",
        "--by",
        "sex",
        "--replays",
        "500",
    ];
    let numbers = |more: &[&str]| {
        let json = estimate(&folder, &[asked, more].concat());
        json["estimates"].to_string()
    };
    let first = numbers(&["--threads", "1"]);
    assert_eq!(numbers(&["--threads", "3"]), first);
    let text = trial();
    let mut lines: Vec<&str> = text.lines().collect();
    let header = lines.remove(0);
    lines.reverse();
    lines.swap(3, 40);
    folder.write("trial.csv", format!("{header}\n{}\n", lines.join("\n")));
    assert_eq!(numbers(&[]), first);
}

#[test]
fn row_order_changes_no_bit_by_id_or_where_numbers_are_missing() {
    let folder = Folder::new();
    let row = |i: u32| {
        let arm = ["a", "control"][(i * 7 % 11 % 2) as usize];
        let age = match i % 5 {
            0 => String::new(),
            _ => (20 + i * 13 % 41).to_string(),
        };
        format!("{i},{arm},{age},{}.{}\n", i * 17 % 29, i * 3 % 10)
    };
    let estimates = |rows: &[u32], id: &[&str]| {
        let rows: String = rows.iter().copied().map(row).collect();
        folder.write("trial.csv", format!("id,arm,age,score\n{rows}"));
        let asked = ["--outcome", "score", "--adjust", "age", "--method", "ols"];
        estimate(&folder, &[&asked, id].concat())["estimates"].to_string()
    };
    let rising: Vec<u32> = (0..500).collect();
    let falling: Vec<u32> = (0..500).rev().collect();
    // 7 and 500 have no common factor.
    let scattered: Vec<u32> = (0..500).map(|i| i * 7 % 500).collect();
    for id in [&[][..], &["--id", "id"]] {
        let first = estimates(&rising, id);
        assert_eq!(estimates(&falling, id), first);
        assert_eq!(estimates(&scattered, id), first);
    }
}

#[test]
fn adding_an_outcome_changes_no_other() {
    let folder = folder();
    let test = [
        "--method",
        "randomisation-test",
        "--procedure",
        "complete",
        "--replays",
        "500",
    ];
    let one = estimate(&folder, &[&["--outcome", "job"], &test[..]].concat());
    let two = estimate(
        &folder,
        &[&["--outcome", "score", "--outcome", "job"], &test[..]].concat(),
    );
    let of_job = |json: &Value| -> Vec<Value> {
        let all = rows(json).iter();
        all.filter(|row| row["outcome"] == "job").cloned().collect()
    };
    assert_eq!(of_job(&one), of_job(&two));
}

#[test]
fn every_method_can_be_asked_of_a_table() {
    let folder = folder();
    let number = [
        "difference-in-means",
        "ols",
        "lin",
        "ratio-of-means",
        "change",
        "ancova",
        "late",
        "randomisation-test",
        "worst-case-bounds",
        "lee-bounds",
    ];
    for method in number {
        let json = estimate(
            &folder,
            &[
                "--outcome",
                "score",
                "--method",
                method,
                "--baseline",
                "base",
                "--received",
                "took",
                "--procedure",
                "complete",
                "--replays",
                "199",
                "--worst-case",
                "--limits",
                "0,40",
            ],
        );
        let row = rows(&json)
            .iter()
            .find(|row| row["method"] == method)
            .unwrap();
        assert!(
            row["estimate"].is_number() || row["bounds"].is_object(),
            "{method}: {row}"
        );
        assert!(!row["source"].as_str().unwrap().is_empty());
    }
    for method in [
        "risk-difference",
        "risk-ratio",
        "odds-ratio",
        "fisher-exact",
    ] {
        let json = estimate(&folder, &["--outcome", "job", "--method", method]);
        assert!(rows(&json)[0]["p_value"].is_number(), "{method}");
    }
    for scale in ["difference", "ratio"] {
        let json = estimate(
            &folder,
            &[
                "--outcome",
                "job",
                "--method",
                "mantel-haenszel",
                "--strata",
                "site",
                "--scale",
                scale,
            ],
        );
        assert_eq!(rows(&json)[0]["scale"], scale);
    }
    let json = estimate(
        &folder,
        &[
            "--outcome",
            "score",
            "--method",
            "stratified-difference",
            "--strata",
            "site",
        ],
    );
    assert!(rows(&json)[0]["df"].is_number());
    for method in ["kaplan-meier", "rmst", "log-rank", "cox", "aalen-johansen"] {
        let json = estimate(
            &folder,
            &[
                "--time",
                "weeks",
                "--event",
                "end",
                "--method",
                method,
                "--horizon",
                "30",
            ],
        );
        assert!(
            rows(&json)[0]["p_value"].is_number(),
            "{method}: {}",
            rows(&json)[0]
        );
    }
}

#[test]
fn a_clustered_or_stratified_table_is_analysed_as_drawn() {
    let folder = folder();
    let json = estimate(
        &folder,
        &[
            "--outcome",
            "score",
            "--outcome",
            "job",
            "--cluster",
            "team",
            "--strata",
            "site",
        ],
    );
    for row in rows(&json) {
        assert_eq!(row["method"], "stratified-difference");
        assert_eq!(row["options"]["cluster"], "team");
        assert_eq!(row["options"]["strata"], "site");
    }
    let json = estimate(&folder, &["--outcome", "job", "--cluster", "team"]);
    assert_eq!(rows(&json)[0]["method"], "ols");
    assert_eq!(rows(&json)[0]["options"]["se"], "cr2");
    let base = [
        "estimate",
        "--data",
        "trial.csv",
        "--arm",
        "arm",
        "--reference",
        "control",
        "--outcome",
        "job",
    ];
    let fails = |more: &[&str], words: &[&str]| {
        klero(folder.path(), &[&base[..], more].concat()).fails_with(2, words);
    };
    fails(
        &["--cluster", "team", "--method", "risk-difference"],
        &["clustered", "cr2", "--sensitivity"],
    );
    fails(&["--se", "cr2"], &["`cr2` need clusters"]);
    fails(&["--method", "late"], &["what was received"]);
    fails(
        &["--method", "randomisation-test"],
        &["the draw that it replays", "--procedure"],
    );
    fails(&["--procedure", "permuted-blocks"], &["--block"]);
    fails(&["--method", "rmst"], &["a time to an event"]);
    fails(&["--contrasts", "a:controll"], &["did you mean `control`?"]);
    fails(
        &["--interval", "t", "--method", "risk-ratio"],
        &["miettinen-nurminen"],
    );
}

#[test]
fn adjusted_stands_beside_unadjusted_and_received_below_drawn() {
    let folder = folder();
    let asked = |more: &[&str]| estimate(&folder, &[&["--outcome", "score"], more].concat());
    let json = asked(&["--adjust", "age,base", "--contrasts", "a:control"]);
    assert_eq!(methods(&json), ["difference-in-means", "lin"]);
    assert_eq!(
        rows(&json)[1]["options"]["adjust"],
        serde_json::json!(["age", "base"])
    );
    let json = asked(&[
        "--method",
        "lin",
        "--adjust",
        "age",
        "--contrasts",
        "a:control",
    ]);
    assert_eq!(methods(&json), ["lin", "difference-in-means"]);
    let json = asked(&[
        "--method",
        "late",
        "--received",
        "took",
        "--contrasts",
        "a:control",
    ]);
    assert_eq!(methods(&json), ["difference-in-means", "late"]);
    let notes = rows(&json)[1]["notes"].to_string();
    assert!(notes.contains("received it because of the draw"), "{notes}");
    assert!(notes.contains("F of the first stage"), "{notes}");
}

#[test]
fn subgroups_have_their_own_counts_and_one_test() {
    let folder = folder();
    let json = estimate(
        &folder,
        &[
            "--outcome",
            "score",
            "--by",
            "sex",
            "--contrasts",
            "a:control",
        ],
    );
    let all = rows(&json);
    assert_eq!(
        methods(&json),
        [
            "difference-in-means",
            "difference-in-means",
            "difference-in-means",
            "interaction-test"
        ]
    );
    let n = |row: &Value| row["n_arm"].as_u64().unwrap();
    assert_eq!(n(&all[0]), n(&all[1]) + n(&all[2]));
    assert_eq!(all[1]["subgroup"]["level"], "f");
    assert_eq!(all[3]["subgroup"]["level"], Value::Null);
    assert!(all[3]["p_value"].is_number());
}

#[test]
fn all_pairs_and_many_comparisons() {
    let folder = folder();
    let asked = |method: &str| {
        estimate(
            &folder,
            &[
                "--outcome",
                "score",
                "--outcome",
                "job",
                "--contrasts",
                "all-pairs",
                "--multiplicity",
                method,
                "--method",
                "randomisation-test",
                "--procedure",
                "complete",
                "--replays",
                "999",
            ],
        )
    };
    for method in ["holm", "hochberg", "bh", "romano-wolf"] {
        let json = asked(method);
        assert_eq!(rows(&json).len(), 6);
        for row in rows(&json) {
            let (p, adjusted) = (&row["p_value"], &row["p_adjusted"]);
            assert!(adjusted.as_f64() >= p.as_f64(), "{method}: {row}");
        }
    }
    // Step-down by replays is never above Holm's by more than the replays' own error.
    let sharp: f64 = rows(&asked("romano-wolf"))
        .iter()
        .filter_map(|r| r["p_adjusted"].as_f64())
        .sum();
    let holm: f64 = rows(&asked("holm"))
        .iter()
        .filter_map(|r| r["p_adjusted"].as_f64())
        .sum();
    assert!(sharp < holm + 0.1, "{sharp} {holm}");
}

/// The family is what was asked for before anybody looked, so that a test without a p counts.
#[test]
fn a_test_that_cannot_be_made_counts_in_the_family() {
    let folder = Folder::new();
    let mut text = String::from("arm,job,lost\n");
    for i in 0..60 {
        let (arm, lost) = [("a", ""), ("control", "1")][i % 2];
        text += &format!("{arm},{},{lost}\n", u8::from(i % 7 < 3 + i % 2));
    }
    folder.write("trial.csv", text);
    let asked = |method| {
        let outcomes = ["--outcome", "job", "--outcome", "lost"];
        let more = ["--method", "risk-difference", "--multiplicity", method];
        estimate(&folder, &[outcomes, more].concat())
    };
    let json = asked("holm");
    let (job, lost) = (&rows(&json)[0], &rows(&json)[1]);
    assert_eq!(lost["p_value"], Value::Null);
    assert_eq!(lost["p_adjusted"], Value::Null);
    let p = job["p_value"].as_f64().unwrap();
    assert!(p < 0.5);
    assert_eq!(job["p_adjusted"].as_f64(), Some(2.0 * p));
    assert!(job["notes"].to_string().contains("count as p = 1: 1"));
}

#[test]
fn completers_alone_are_no_effect() {
    let folder = folder();
    let json = estimate(
        &folder,
        &["--outcome", "score", "--only", "took", "--contrasts", "a:b"],
    );
    let row = &rows(&json)[0];
    assert!(row["notes"].to_string().contains("not an effect"), "{row}");
    assert_eq!(row["options"]["only"], "took");
}

#[test]
fn the_baseline_adds_up_and_is_tested_once() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    let json = klero(&study, &["balance", "--json"]).ok().json();
    let flow = &json["flow"];
    let drawn: u64 = flow["arms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["drawn"].as_u64().unwrap())
        .sum();
    assert_eq!(flow["drawn"], drawn);
    let rows = json["baseline"].as_array().unwrap();
    for arm in 0..3 {
        let of_sex = rows.iter().filter(|row| row["fact"] == "sex");
        let count: u64 = of_sex
            .map(|row| row["arms"][arm]["count"].as_u64().unwrap())
            .sum();
        assert_eq!(flow["arms"][arm]["drawn"], count);
    }
    assert!(json["omnibus"]["p_value"].is_number());
    let shown = klero(&study, &["balance"]).ok().out;
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    // One p, that of the test of all.
    assert_eq!(shown.matches(": p ").count(), 1, "{shown}");
    klero(&study, &["balance", "--out", "baseline.csv"]).ok();
    assert!(folder.read("d/baseline.csv").starts_with("fact,level,arm,"));
    klero(&study, &["balance", "--out", "baseline.csv"]).fails_with(2, &["--force"]);
    klero(&study, &["balance", "--fact", "agee"]).fails_with(2, &["did you mean `age`?"]);
}

/// 80 persons in each arm, in two strata; `y` is missing for 12 of 20 and 30 of 60 in the first, for
/// 3 of 60 and 0 of 20 in the second. p by mantelhaen.test and prop.test, as in
/// `missing_shares_are_compared_within_strata`.
fn with_missing() -> Folder {
    let mut text = String::from("arm,site,team,y\n");
    let cells = [
        ("a", "north", 12, 20),
        ("control", "north", 30, 60),
        ("a", "south", 3, 60),
        ("control", "south", 0, 20),
    ];
    for (arm, site, missing, n) in cells {
        for i in 0..n {
            let y = if i < missing {
                String::new()
            } else {
                (i * 7 % 11).to_string()
            };
            text += &format!("{arm},{site},{arm}{site}{},{y}\n", i / 4);
        }
    }
    let folder = Folder::new();
    folder.write("trial.csv", text);
    folder
}

#[test]
fn missing_outcomes_are_compared_as_the_draw_was_made() {
    let folder = with_missing();
    let p = |more: &[&str]| {
        let json = estimate(&folder, &[&["--outcome", "y"], more].concat());
        let found: Vec<Value> = rows(&json)
            .iter()
            .map(|r| r["missing_p_value"].clone())
            .collect();
        assert!(found.iter().all(|p| *p == found[0]), "{found:?}");
        found[0].clone()
    };
    let near = |p: Value, expected: f64| (p.as_f64().unwrap() - expected).abs() < 1e-10;
    assert!(near(p(&[]), 0.008556921841927752));
    assert!(near(p(&["--strata", "site"]), 0.27991805558696153));
    let ignored = ["--strata", "site", "--sensitivity"];
    assert!(near(p(&ignored), 0.008556921841927752));
    // The test is of persons.
    assert_eq!(p(&["--cluster", "team"]), Value::Null);
    assert_eq!(p(&["--cluster", "team", "--strata", "site"]), Value::Null);
}

#[test]
fn lee_bounds_of_clusters_have_no_interval_and_say_so() {
    let folder = with_missing();
    let of = |more: &[&str]| {
        let json = estimate(&folder, &[&["--outcome", "y"], more].concat());
        let mut found = rows(&json)
            .iter()
            .filter(|row| row["method"] == "lee-bounds");
        found.next().unwrap_or_else(|| panic!("{json}")).clone()
    };
    let (persons, clusters) = (of(&[]), of(&["--cluster", "team"]));
    assert_eq!(persons["bounds"], clusters["bounds"]);
    assert!(persons["bounds"]["lower"].is_number());
    assert!(persons["interval"]["lower"].is_number());
    assert_eq!(clusters["interval"], Value::Null);
    let notes = clusters["notes"].to_string();
    assert!(
        notes.contains("no interval: the draw was of clusters"),
        "{notes}"
    );
}

#[test]
fn the_times_of_a_table_are_in_the_unit_of_their_column() {
    let folder = folder();
    let json = estimate(
        &folder,
        &["--time", "weeks", "--event", "end", "--horizon", "20"],
    );
    for row in rows(&json) {
        assert_eq!(row["unit"], "time", "{row}");
    }
}

#[test]
fn weights_choose_regressions_and_other_methods_refuse_them() {
    let folder = folder();
    let weighted = |more: &[&str]| {
        let base = [
            "estimate",
            "--data",
            "trial.csv",
            "--arm",
            "arm",
            "--reference",
            "control",
            "--weights",
            "base",
            "--json",
        ];
        klero(folder.path(), &[&base[..], more].concat())
    };
    // A weight of 0 is refused.
    weighted(&["--outcome", "score"]).fails_with(2, &["weight above 0", "column base"]);
    folder.write(
        "trial.csv",
        trial().replace("base", "was").replace("age", "base"),
    );
    for (outcome, more) in [
        ("score", &[][..]),
        ("job", &[]),
        ("job", &["--cluster", "team"]),
    ] {
        let json = weighted(&[&["--outcome", outcome], more].concat())
            .ok()
            .json();
        assert_eq!(methods(&json), ["ols", "ols"], "{outcome}");
        let all = rows(&json).iter();
        assert!(all.clone().all(|row| row["options"]["weighted"] == true));
    }
    for method in [
        "difference-in-means",
        "stratified-difference",
        "ratio-of-means",
        "risk-difference",
        "mantel-haenszel",
        "fisher-exact",
        "lee-bounds",
        "randomisation-test",
    ] {
        let asked = ["--outcome", "job", "--strata", "site", "--method", method];
        weighted(&asked).fails_with(2, &[method, "weights"]);
    }
    let times = ["--time", "weeks", "--event", "end", "--horizon", "20"];
    weighted(&times).fails_with(2, &["weights"]);
}

#[test]
fn a_dropped_covariate_is_not_counted() {
    let folder = Folder::new();
    let mut text = String::from("arm,x,twice,y\n");
    for i in 0..42 {
        let arm = ["a", "control"][i % 2];
        text += &format!("{arm},{},{},{}\n", i * 7 % 13, i * 7 % 13 * 2, i * 5 % 17);
    }
    folder.write("trial.csv", text);
    for method in ["ols", "lin"] {
        let asked = ["--outcome", "y", "--adjust", "x,twice", "--method", method];
        let json = estimate(&folder, &asked);
        let notes = rows(&json)[0]["notes"].to_string();
        assert!(notes.contains("column `twice` was dropped"), "{notes}");
        assert!(!notes.contains("persons in the smaller arm"), "{notes}");
    }
}

#[test]
fn an_outcome_cannot_be_adjusted_for() {
    let folder = folder();
    for asked in [
        [
            "--outcome",
            "score",
            "--outcome",
            "job",
            "--adjust",
            "age,job",
        ],
        ["--time", "weeks", "--event", "job", "--adjust", "job"],
    ] {
        let table = [
            "estimate",
            "--data",
            "trial.csv",
            "--arm",
            "arm",
            "--reference",
            "control",
        ];
        let said = klero(folder.path(), &[&table[..], &asked].concat());
        said.fails_with(2, &["`job` is the outcome and is adjusted for"]);
    }
}

#[test]
fn an_outcome_that_is_planned_twice_is_shown_once_by_the_method_asked_for() {
    let planned = [("job", "risk-difference", ""), ("job", "odds-ratio", "")];
    let folder = study("strata = []", &planned);
    let all = ["estimate", "--outcome", "job", "--json"];
    let asked = [&all[..], &["--method", "risk-ratio"]].concat();
    let found = klero(folder.path(), &asked).ok().json();
    assert_eq!(methods(&found), ["risk-ratio"]);
    let found = klero(folder.path(), &all).ok().json();
    assert_eq!(methods(&found), ["risk-difference", "odds-ratio"]);
}

#[test]
fn two_levels_in_one_table_are_told_apart() {
    let folder = study(
        "strata = []",
        &[
            ("job-weeks", "", "level = 0.9"),
            ("job", "risk-difference", ""),
        ],
    );
    let json = klero(folder.path(), &["estimate", "--json"]).ok().json();
    let levels: Vec<f64> = rows(&json)
        .iter()
        .map(|row| row["interval"]["level"].as_f64().unwrap())
        .collect();
    assert_eq!(levels, [0.9, 0.95]);
    let shown = klero(folder.path(), &["estimate"]).ok().out;
    assert!(
        shown.contains("90 %: ") && shown.contains("95 %: "),
        "{shown}"
    );
    // No heading says one level for both.
    let mut heads = shown
        .lines()
        .filter(|line| line.contains("reference  effect"));
    assert!(heads.all(|head| !head.contains('%')), "{shown}");
    let asked = klero(folder.path(), &["estimate", "--level", "0.8"])
        .ok()
        .out;
    assert!(asked.contains("80 % interval"), "{asked}");
}

#[test]
fn a_horizon_asked_for_goes_before_the_plans() {
    let folder = study(
        "strata = []",
        &[
            ("first-job", "rmst", "horizon = 18"),
            ("first-job", "rmst", "level = 0.9"),
        ],
    );
    let found = |more: &[&str]| -> Vec<(f64, f64)> {
        let json = klero(folder.path(), &[&["estimate", "--json"], more].concat())
            .ok()
            .json();
        let number = |value: &Value| value.as_f64().unwrap();
        rows(&json)
            .iter()
            .map(|row| (number(&row["options"]["horizon"]), number(&row["estimate"])))
            .collect()
    };
    let planned = found(&[]);
    assert_eq!(planned[0].0, 18.0);
    assert!(planned[1].0 > 18.0, "the window's end: {planned:?}");
    let asked = found(&["--horizon", "12"]);
    assert_eq!([asked[0].0, asked[1].0], [12.0, 12.0]);
    assert_eq!(asked[0].1, asked[1].1);
    assert_ne!(asked[0].1, planned[0].1);
}

/// A fact of 1 for five of ten, drawn five and five: in 200 of 252 draws the arms hold three and
/// two, in 50 four and one, in 2 all and none. So 79 % of draws differ by 0.2, 99 % by at most 0.6,
/// and the band is 0.6 in the deviation √(0.6 · 0.4) that both arms have here.
#[test]
fn the_band_of_a_baseline_is_what_the_draw_alone_makes() {
    let arm = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
    let marked = [1, 1, 1, 0, 0, 1, 1, 0, 0, 0];
    let groups = |name: &str, of: &[u32]| Groups {
        name: name.to_owned(),
        names: vec!["no".to_owned(), "yes".to_owned()],
        of: of.to_vec(),
    };
    let people = |stratum: Option<Groups>| People {
        arms: vec!["a".to_owned(), "control".to_owned()],
        reference: 1,
        arm: arm.to_vec(),
        stratum,
        cluster: None,
        facts: vec![Fact {
            id: "mark".to_owned(),
            label: "mark".to_owned(),
            values: FactValues::Levels(groups("mark", &marked)),
        }],
        weights: None,
        drawn: Some(Drawn::Lists { block: None }),
    };
    let plan = ReplayPlan {
        number: 99,
        seed: "1".to_owned(),
        statistic: Statistic::Studentised,
        threads: 1,
    };
    let found = baseline(&people(None), &[0], &plan).unwrap();
    for row in &found.rows {
        let band = row.chance[0].unwrap();
        assert!((band - 0.6 / 0.24_f64.sqrt()).abs() < 1e-12, "{band}");
        assert_eq!(row.chance[1], None, "the reference is compared with nobody");
    }
    // Drawn within its levels, the fact is where the draw put it in every draw.
    let found = baseline(&people(Some(groups("mark", &marked))), &[0], &plan).unwrap();
    for row in &found.rows {
        let band = row.chance[0].unwrap();
        assert!((band - 0.2 / 0.24_f64.sqrt()).abs() < 1e-12, "{band}");
    }
}

#[test]
fn a_bootstrap_comes_when_asked_for_and_tells_its_resamples() {
    let folder = folder();
    let asked = |more: &[&str]| {
        let base = ["--outcome", "score", "--method", "difference-in-means"];
        estimate(&folder, &[&base[..], more].concat())
    };
    let usual = asked(&[]);
    assert_eq!(rows(&usual)[0]["options"]["resamples"], Value::Null);
    let interval = [
        "--interval",
        "bootstrap-t",
        "--replays",
        "999",
        "--seed",
        "s",
    ];
    let json = asked(&interval);
    for (row, usual) in rows(&json).iter().zip(rows(&usual)) {
        assert_eq!(row["interval"]["method"], "bootstrap-t");
        let resamples = serde_json::json!({"number": 999, "seed": "s"});
        assert_eq!(row["options"]["resamples"], resamples);
        assert_eq!(row["estimate"], usual["estimate"]);
        assert_eq!(row["std_error"], usual["std_error"]);
        assert_ne!(row["interval"]["lower"], usual["interval"]["lower"]);
    }
    // The same text gives the same resamples, another text others.
    assert_eq!(asked(&interval), json);
    let other = asked(&[
        "--interval",
        "bootstrap-t",
        "--replays",
        "999",
        "--seed",
        "t",
    ]);
    assert_ne!(rows(&other)[0]["interval"], rows(&json)[0]["interval"]);
    let refused = klero(
        folder.path(),
        &[
            "estimate",
            "--data",
            "trial.csv",
            "--arm",
            "arm",
            "--reference",
            "control",
            "--outcome",
            "job",
            "--method",
            "risk-difference",
            "--interval",
            "bootstrap-t",
        ],
    );
    refused.fails_with(2, &["has no interval `bootstrap-t`"]);
}

/// A column of numbers is groups by its values, few or many, as a column of words is.
#[test]
fn numbers_make_the_groups_that_words_make() {
    let folder = Folder::new();
    for clusters in [12, 240] {
        let table = |name: fn(usize) -> String| {
            let mut text = String::from("arm,team,y\n");
            for i in 0..480 {
                let team = i % clusters * 7919 % clusters;
                let arm = ["a", "control"][team % 2];
                text += &format!("{arm},{},{}\n", name(team), i * i % 23 + team % 5);
            }
            folder.write("trial.csv", text);
            let asked = ["--outcome", "y", "--cluster", "team", "--method", "ols"];
            let json = estimate(&folder, &asked);
            ["estimate", "std_error", "df"].map(|of| rows(&json)[0][of].as_f64().unwrap())
        };
        let (numbers, words) = (
            table(|team| format!("{team}.5")),
            table(|team| format!("team {team}")),
        );
        for (number, word) in numbers.iter().zip(words) {
            assert!(
                (number - word).abs() < 1e-9 * word.abs(),
                "{numbers:?} {words:?}"
            );
        }
    }
}

/// 7 of 30 received it in either arm, and of rounding no effect is made.
#[test]
fn a_draw_that_changed_nothing_received_has_no_effect_of_it() {
    for (received, n) in [(7, 30), (3, 10), (5, 15), (11, 43)] {
        let mut text = String::from("g,r,y\n");
        for arm in ["b", "c"] {
            for i in 0..n {
                text += &format!(
                    "{arm},{},{}\n",
                    u8::from(i < received),
                    (i * 7 + arm.len()) % 11
                );
            }
        }
        let folder = Folder::new();
        folder.write("t.csv", text);
        let base = [
            "estimate",
            "--data",
            "t.csv",
            "--arm",
            "g",
            "--reference",
            "c",
            "--json",
        ];
        for more in [["--interval", "anderson-rubin"], ["--interval", "t"]] {
            let late = ["--outcome", "y", "--received", "r", "--method", "late"];
            let json = klero(folder.path(), &[&base[..], &late[..], &more[..]].concat())
                .ok()
                .json();
            let row = rows(&json)
                .iter()
                .find(|row| row["method"] == "late")
                .unwrap();
            assert_eq!(row["estimate"], Value::Null, "{row}");
            assert_eq!(row["std_error"], Value::Null, "{row}");
            let notes = row["notes"].to_string();
            assert!(
                notes.contains("did not change what was received"),
                "{notes}"
            );
        }
    }
}

#[test]
fn an_adjusted_regression_of_clusters_or_weights_stands_beside_the_plain_one() {
    let folder = folder();
    for more in [&["--cluster", "team"][..], &["--weights", "age"][..]] {
        let estimates = |adjust: &[&str]| -> Vec<(String, f64, usize)> {
            let json = estimate(&folder, &[&["--outcome", "score"], more, adjust].concat());
            let of_b = rows(&json).iter().filter(|row| row["arm"] == "b");
            of_b.map(|row| {
                (
                    row["method"].as_str().unwrap().to_owned(),
                    row["estimate"].as_f64().unwrap(),
                    row["options"]["adjust"].as_array().unwrap().len(),
                )
            })
            .collect()
        };
        let plain = estimates(&[]).remove(0);
        let by_default = estimates(&["--adjust", "base"]);
        assert_eq!(by_default[0], plain);
        assert_eq!((by_default[1].0.as_str(), by_default[1].2), ("lin", 1));
        let by_name = estimates(&["--adjust", "base", "--method", "ols"]);
        assert_eq!((by_name.len(), by_name[0].2), (2, 1));
        assert_eq!(by_name[1], plain);
        assert_ne!(by_name[0].1, plain.1);
    }
}

/// A study and a table answer alike.
#[test]
fn ones_and_zeros_of_a_study_are_shares_without_being_declared() {
    let folder = Folder::new();
    folder.write(
        "study.toml",
        "[study]\nid = \"two\"\ntitle = \"Two arms\"\n\
         [[arm]]\nid = \"new\"\n[[arm]]\nid = \"old\"\nreference = true\n\
         [allocation]\nprocedure = \"complete\"\n\
         [[outcome]]\nid = \"job\"\nmeasure = \"value\"\nfile = \"survey.csv\"\ncolumn = \"job\"\n\
         [[outcome]]\nid = \"jobs\"\nmeasure = \"value\"\nfile = \"survey.csv\"\ncolumn = \"jobs\"\n\
         [[estimate]]\noutcome = \"job\"\n[[estimate]]\noutcome = \"jobs\"\n",
    );
    let (mut list, mut survey) = (String::from("id\n"), String::from("id,job,jobs\n"));
    for i in 0..40 {
        list += &format!("p{i:02}\n");
        survey += &format!("p{i:02},{},{}\n", i % 2, i % 3);
    }
    folder.write("list.csv", list);
    folder.write("survey.csv", survey);
    let run = |arguments: &[&str]| klero(folder.path(), arguments).ok();
    run(&["seal", "--confirm", "two"]);
    run(&["draw", "--list", "list.csv", "--out", "arms.csv"]);
    run(&["outcomes"]);
    let json = run(&["estimate", "--json"]).json();
    let first = |outcome: &str| {
        let mut of = rows(&json).iter().filter(|row| row["outcome"] == outcome);
        of.next().unwrap().clone()
    };
    assert_eq!(first("job")["method"], "risk-difference");
    assert_eq!(first("job")["unit"], "share");
    assert_eq!(first("jobs")["method"], "difference-in-means");
}

#[test]
fn weights_are_told_and_so_are_the_bounds_they_leave_out() {
    let mut text = String::from("arm,w,y\n");
    for i in 0..80 {
        let y = if i % 9 == 0 {
            String::new()
        } else {
            (i * 7 % 13).to_string()
        };
        text += &format!("{},{},{y}\n", ["a", "control"][i % 2], 1 + i % 3);
    }
    let folder = Folder::new();
    folder.write("trial.csv", text);
    let json = estimate(&folder, &["--outcome", "y", "--weights", "w"]);
    let notes = rows(&json)[0]["notes"].to_string();
    assert!(notes.contains("weighted; the shares and means"), "{notes}");
    assert!(notes.contains("with weights none are made"), "{notes}");
}

//! Effect tables whole, through the program: what is asked, what heeds the draw, what adds up.

use serde_json::Value;

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

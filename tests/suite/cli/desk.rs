//! What a desk reads: refusals, dry runs, counts; and outcomes of others beside those of the drawn.

use crate::workshop::{Folder, Said, klero, plan_with};

const SIMPLE: &str = "[allocation]\nprocedure = \"simple\"\n\n[[eligible]]\nlabel = \"over 20\"\n\
                      factor = \"age\"\nmin = 21\n[[eligible]]\nlabel = \"Tønder\"\n\
                      factor = \"place\"\nin = [\"Tønder\"]";
const OUTCOMES: &str = "[[outcome]]\nid = \"before\"\nmeasure = \"history\"\n\
                        [[outcome]]\nid = \"mood\"\nmeasure = \"value\"\nfile = \"survey.csv\"\n\
                        column = \"end\"\n";

fn study() -> Folder {
    let folder = Folder::new();
    folder.write("study.toml", plan_with(SIMPLE) + OUTCOMES);
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    folder
}

/// People of ages from 18 on, so that the first three are too young.
fn list(people: usize, place: &str) -> String {
    let rows = (0..people).map(|n| format!("a{n},{place},{}\n", 18 + n));
    format!("id,place,age\n{}", rows.collect::<String>())
}

fn one(folder: &Folder, age: &str, more: &[&str]) -> Said {
    let age = format!("age={age}");
    let arguments = [
        "draw",
        "--referral",
        "r-1",
        "--set",
        "place=Tønder",
        "--set",
        &age,
    ];
    klero(folder.path(), &[&arguments, more].concat())
}

#[test]
fn a_refusal_says_which_rule_is_not_met() {
    let folder = study();
    let dry = one(&folder, "19", &["--dry-run"]).ok();
    assert!(dry.out.contains("would be refused: does not meet: over 20"));
    let said = one(&folder, "19", &[]).ok();
    assert!(
        said.out.contains("refused   does not meet: over 20"),
        "{}",
        said.out
    );
    let json = one(&folder, "19", &["--json"]).ok().json();
    assert_eq!(json["refused"][0]["reason"], "over 20");
}

#[test]
fn refusals_of_a_list_are_counted_by_rule_and_the_first_few_named() {
    let folder = study();
    folder.write("none.csv", list(9, "Brøndby"));
    let said = klero(folder.path(), &["draw", "--list", "none.csv"]).ok();
    assert_eq!(said.out, "", "no header over nothing");
    assert!(
        said.err
            .contains("refused: 3 did not meet: over 20 (a0, a1, a2)\n"),
        "{}",
        said.err
    );
    assert!(
        said.err
            .contains("refused: 6 did not meet: Tønder (a3, a4, a5, a6, a7 and 1 more)\n"),
        "{}",
        said.err
    );
    let status = klero(folder.path(), &["status"]).ok();
    assert!(
        status
            .out
            .contains("refused    6 did not meet: Tønder\n           3 did not meet: over 20\n"),
        "{}",
        status.out
    );
    let json = klero(folder.path(), &["status", "--json"]).ok().json();
    assert_eq!(json["refused_by_reason"]["over 20"], 3);
}

#[test]
fn whoever_was_refused_before_and_is_drawn_now_is_named() {
    let folder = study();
    one(&folder, "19", &[]).ok();
    let said = one(&folder, "30", &[]).ok();
    for part in [
        "refused before, in entry 1",
        "over 20",
        "now drawn: the audit",
    ] {
        assert!(said.err.contains(part), "{part} in {}", said.err);
    }
    let again = one(&folder, "30", &["--json"]).ok().json();
    assert_eq!(again["drawn"][0]["refused_before"], serde_json::Value::Null);
    folder.write("first.csv", list(4, "Tønder"));
    klero(folder.path(), &["draw", "--list", "first.csv"]).ok();
    folder.write("then.csv", list(4, "Tønder").replace(",18", ",40"));
    let said = klero(folder.path(), &["draw", "--list", "then.csv"]).ok();
    assert!(
        said.err
            .contains("refused before and now drawn, which the audit names: 1 (a0)"),
        "{}",
        said.err
    );
}

#[test]
fn a_dry_run_needs_no_seed_but_a_seed_that_is_named_must_fit() {
    let folder = study();
    std::fs::remove_file(folder.join("seed.key")).unwrap();
    let said = one(&folder, "30", &["--dry-run"]).ok();
    assert!(said.out.contains("would be drawn"), "{}", said.out);
    folder.write("other.key", "0".repeat(64));
    one(&folder, "30", &["--dry-run", "--seed", "other.key"]).fails_with(2, &["seed"]);
}

/// The study with somebody drawn and a register of two; the drawn one's survey is not there yet.
fn with_register() -> Folder {
    let folder = study();
    one(&folder, "30", &[]).ok();
    folder.write(
        "dream.csv",
        "id,y_1716,y_1717,y_1718\nr-1,,730,730\nx,730,730,\n",
    );
    folder.write("dates.csv", "referral,date\nx,2017-05-01\n");
    folder
}

#[test]
fn outcomes_of_others_leave_those_of_the_drawn_alone() {
    let folder = with_register();
    folder.write("survey.csv", "id,end\nr-1,50\n");
    klero(folder.path(), &["ingest"]).ok();
    klero(folder.path(), &["outcomes"]).ok();
    let derived = folder.join("derived/outcomes.parquet");
    let before = std::fs::read(&derived).unwrap();
    let dates = ["outcomes", "--dates", "dates.csv"];
    klero(folder.path(), &dates).fails_with(2, &["has a ledger", "`--out FILE`"]);
    let said = klero(folder.path(), &[&dates[..], &["--out", "x.csv"]].concat()).ok();
    assert!(!said.err.contains("next:"), "{}", said.err);
    assert_eq!(folder.read("x.csv").lines().count(), 2);
    assert_eq!(std::fs::read(&derived).unwrap(), before);
}

#[test]
fn one_outcome_is_made_without_the_files_of_the_others() {
    let folder = with_register();
    klero(folder.path(), &["ingest"]).ok();
    let out = ["outcomes", "--dates", "dates.csv", "--out", "x.csv"];
    klero(folder.path(), &out).fails_with(2, &["survey.csv"]);
    klero(
        folder.path(),
        &[&out[..], &["--outcome", "before"]].concat(),
    )
    .ok();
    assert_eq!(
        folder.read("x.csv"),
        "referral,before,before_at_least,before_missing\nx,2,1,\n"
    );
    assert!(!folder.join("derived/outcomes.parquet").exists());
    klero(folder.path(), &[&out[..], &["--outcome", "befor"]].concat())
        .fails_with(2, &["`befor`", "did you mean `before`?"]);
    klero(folder.path(), &["outcomes", "--outcome", "before"]).fails_with(2, &["--out"]);
}

#[test]
fn an_ingest_of_the_drawn_says_what_it_left_out_and_a_warning_names_its_register() {
    let folder = with_register();
    let said = klero(folder.path(), &["ingest", "--drawn"]).ok();
    assert!(
        said.out
            .contains("dream: 2 rows, 1 person, 2 spells, 1 row of others left out"),
        "{}",
        said.out
    );
    klero(
        folder.path(),
        &[
            "outcomes",
            "--dates",
            "dates.csv",
            "--out",
            "x.csv",
            "--outcome",
            "before",
        ],
    )
    .fails_with(
        2,
        &[
            "ingested for other persons",
            "hint: `klero ingest` takes in everybody",
        ],
    );
    folder.write("dream.csv", "id,y_1716,y_1717,y_1718\nx,730,730,\n");
    let said = klero(folder.path(), &["ingest"]).ok();
    assert!(
        said.err.contains("warning: dream: 1 drawn person not in"),
        "{}",
        said.err
    );
    let said = klero(folder.path(), &["check"]).ok();
    assert!(
        said.out.contains("warning: dream: 1 drawn person not in"),
        "{}",
        said.out
    );
    for line in said.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

/// What everybody has alike takes no line of the table.
#[test]
fn a_fact_that_is_the_same_for_everybody_is_named_below_the_table() {
    let folder = study();
    folder.write("list.csv", list(30, "Tønder"));
    klero(folder.path(), &["draw", "--list", "list.csv"]).ok();
    let said = klero(folder.path(), &["balance", "--replays", "99"]).ok();
    assert!(
        said.out.contains("The same for everybody: place (Tønder)."),
        "{}",
        said.out
    );
    assert!(!said.out.contains("Brøndby"), "{}", said.out);
    assert!(said.out.contains("\nage"), "{}", said.out);
}

//! From registers to outcomes: what was made otherwise than the plan now has it stops, and what a
//! table was made of travels with it.

use std::fs;

use klero::digest::Digest;

use crate::workshop::{Folder, klero};

const PLAN: &str = r#"[study]
id = "one"
title = "One"
[[arm]]
id = "a"
[register.dream]
kind = "dream"
files = ["dream.csv"]
codes = "codes.csv"
[register.bfl]
kind = "bfl"
files = ["bfl.csv"]
[[outcome]]
id = "praktik"
measure = "weeks"
states = ["praktik"]
weeks = [[1, 2], [1, 4]]
[[outcome]]
id = "degree"
measure = "degree"
months = [1, 2]
[[outcome]]
id = "before"
measure = "history"
"#;

/// Three persons from Wednesday 14 March 2018, one of whom dies in April.
fn study() -> Folder {
    let folder = Folder::new();
    folder.write("study.toml", PLAN);
    folder.write("codes.csv", "code,state\n745,benefit\n");
    let mut dream = "id".to_owned();
    for week in 9..=24 {
        dream += &format!(",y_18{week:02}");
    }
    for (id, code, end) in [
        ("p1", "737", "737"),
        ("p2", "745", "999"),
        ("p3", "730", "997"),
    ] {
        let weeks = (9..=24).map(|week| if week < 15 { code } else { end });
        dream += &format!("\n{id},{}", weeks.collect::<Vec<_>>().join(","));
    }
    folder.write("dream.csv", dream + "\n");
    let mut bfl = "id,year,month,hours\n".to_owned();
    for month in 3..7 {
        for id in ["p1", "p2", "p3"] {
            bfl += &format!("{id},2018,{month},40\n");
        }
    }
    folder.write("bfl.csv", bfl);
    let dates = "referral,date\np1,2018-03-14\np2,2018-03-14\np3,2018-03-14\n";
    folder.write("dates.csv", dates);
    folder
}

fn ingested() -> Folder {
    let folder = study();
    klero(folder.path(), &["ingest"]).ok();
    folder
}

const OUTCOMES: [&str; 3] = ["outcomes", "--dates", "dates.csv"];

#[test]
fn a_store_read_otherwise_than_the_plan_has_it_stops() {
    let changes: [(&str, &str, &str); 4] = [
        ("codes = \"codes.csv\"\n", "", "codes"),
        ("files = [\"dream.csv\"]", "files = [\"old.csv\"]", "files"),
        (
            "files = [\"dream.csv\"]",
            "files = [\"dream.csv\"]\nkey = \"q\"",
            "key",
        ),
        (
            "[register.bfl]\nkind = \"bfl\"",
            "[register.bfl]\nkind = \"bfl\"\ncolumns = { hours = \"h\" }",
            "columns",
        ),
    ];
    for (from, to, what) in changes {
        let folder = ingested();
        let copied = fs::copy(folder.join("dream.csv"), folder.join("old.csv"));
        copied.unwrap();
        let plan = PLAN.replacen(from, to, 1);
        assert_ne!(plan, PLAN);
        folder.write("study.toml", plan);
        let said = klero(folder.path(), &OUTCOMES);
        let message = format!("were made with another `{what}` than the");
        let said = said.fails_with(2, &[&message, "`klero ingest`"]);
        assert!(said.out.is_empty() && !folder.join("derived/outcomes.parquet").exists());
    }
    // Estimates from what was made before say so.
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    let plan = folder.read("d/study.toml");
    let other = plan.replace("register/dream.csv", "register/other.csv");
    folder.write("d/study.toml", other);
    let said = klero(&study, &["estimate"]).ok();
    let flat = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
    let words =
        "`dream` were made with another `files` than the plan has now, and so were the outcomes";
    assert!(flat.contains(words), "{flat}");
    // A table of codes that says something else, under the same name.
    let folder = ingested();
    folder.write("codes.csv", "code,state\n745,praktik\n");
    for command in [&OUTCOMES[..], &["states", "--dates", "dates.csv"]] {
        klero(folder.path(), command).fails_with(2, &["another `codes`"]);
    }
    klero(folder.path(), &["ingest"]).ok();
    let made = [&OUTCOMES[..], &["--out", "o.csv"]].concat();
    klero(folder.path(), &made).ok();
    assert!(folder.read("o.csv").contains("\np2,2,"));
}

#[test]
fn an_outcome_file_tells_what_it_was_made_of() {
    let folder = ingested();
    let made = [&OUTCOMES[..], &["--out", "o.csv"]].concat();
    let said = klero(folder.path(), &made).ok();
    let record: serde_json::Value = serde_json::from_str(&folder.read("o.csv.json")).unwrap();
    for file in ["dream.csv", "bfl.csv", "dates.csv"] {
        let digest = Digest::of(folder.read(file).as_bytes()).to_string();
        assert_eq!(record["inputs"][file], digest, "{file}");
    }
    let lines = "p1,2018-03-14\np2,2018-03-14\np3,2018-03-14\n";
    assert_eq!(record["dates"], Digest::of(lines.as_bytes()).to_string());
    // Hours do not tell who died, the register of states does; what lies before the draw does not.
    let of = |id: &str| {
        let mut all = record["outcomes"].as_array().unwrap().iter();
        all.find(|outcome| outcome["id"] == id).unwrap().clone()
    };
    for (id, fates) in [
        ("praktik-1-2", Some(0)),
        ("praktik-1-4", Some(1)),
        ("degree", Some(1)),
        ("before", None),
    ] {
        for fate in ["dead_in_window", "abroad_in_window"] {
            assert_eq!(of(id)[fate].as_u64(), fates, "{id} {fate}");
            assert_eq!(of(id)[fate].is_null(), fates.is_none(), "{id} {fate}");
        }
    }
    let row = |id: &str| said.out.lines().find(|line| line.starts_with(id)).unwrap();
    assert!(row("degree").ends_with("     1       1"), "{}", said.out);
    assert!(row("before").ends_with("     –       –"), "{}", said.out);
}

#[test]
fn explain_names_the_table_of_codes_and_the_digests_of_the_files() {
    let folder = study();
    let said = klero(folder.path(), &["outcomes", "--explain"]).ok();
    assert!(
        said.out.contains("dream\n    table of codes\n"),
        "{}",
        said.out
    );
    assert!(said.out.contains("not read yet as the plan has it now"));
    klero(folder.path(), &["ingest"]).ok();
    let said = klero(folder.path(), &["outcomes", "--explain"]).ok();
    assert!(!said.out.contains("not read yet"), "{}", said.out);
    for file in ["dream.csv", "bfl.csv"] {
        let digest = Digest::of(folder.read(file).as_bytes());
        let told = format!("    {file}\n      {digest}\n");
        assert!(said.out.contains(&told), "{}", said.out);
    }
    let json = klero(folder.path(), &["outcomes", "--explain", "--json"]);
    let json = json.ok().json();
    let (first, degree) = (&json["outcomes"][0], &json["outcomes"][2]);
    assert_eq!(first["codes"].as_str().map(str::len), Some(64));
    assert!(degree["codes"].is_null());
    assert!(
        degree["absent"]
            .as_str()
            .unwrap()
            .contains("after death or abroad")
    );
    let digest = Digest::of(folder.read("bfl.csv").as_bytes()).to_string();
    assert_eq!(degree["inputs"]["bfl.csv"], digest);
    let said = klero(folder.path(), &["outcomes", "--explain", "--lang", "da"]);
    assert!(said.ok().out.contains("    tabel over koder\n"));
}

#[test]
fn dates_that_are_none_stop_with_their_line_and_without_an_id() {
    for (rows, parts) in [
        (
            "p1,2018-03-14\n,2018-03-14\n",
            vec!["the key is empty", "line 3"],
        ),
        (
            "p1,2018-03-14\n.,2018-03-14\n",
            vec!["the key is empty", "line 3"],
        ),
        ("p1,20180314\n", vec!["`20180314` is no date", "line 2"]),
        ("p1,2018-03-14T23:30-12:00\n", vec!["is no date", "line 2"]),
        (
            "p1,010190-1234\n",
            vec!["like a CPR number) is no date", "line 2"],
        ),
        (
            "0101901234,2018-03-14\np1,2018-03-14\n0101901234,2018-03-15\n",
            vec!["one referral has two dates", "lines 2 and 4"],
        ),
    ] {
        let folder = ingested();
        folder.write("dates.csv", format!("referral,date\n{rows}"));
        for command in [&OUTCOMES[..], &["states", "--dates", "dates.csv"]] {
            let said = klero(folder.path(), command).fails_with(2, &parts);
            assert!(!said.err.contains("1234"), "{}", said.err);
        }
    }
}

#[test]
fn states_are_of_those_the_register_was_ingested_for() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    klero(&study, &["ingest", "--drawn"]).ok();
    let said = klero(&study, &["states"]).ok();
    assert!(said.out.contains(" week ordinary"), "{}", said.out);
    let some = study.join("some.csv");
    fs::write(&some, "referral,date\nv-001,2017-05-02\n").unwrap();
    let said = klero(&study, &["states", "--dates", "some.csv"]);
    said.fails_with(2, &["ingested for other persons", "`--drawn`"]);
    let said = klero(&study, &["states", "--person", "nobody"]);
    said.fails_with(2, &["among those it was ingested for"]);
    let said = klero(&study, &["states", "--person", "v-001", "--svg", "a.svg"]);
    said.fails_with(2, &["cannot be used with"]);
    assert!(!study.join("a.svg").exists());
}

#[test]
fn the_week_of_the_draw_is_planned_or_stands_beside() {
    let folder = ingested();
    klero(folder.path(), &OUTCOMES).ok();
    let before = fs::read(folder.join("derived/outcomes.parquet")).unwrap();
    let with = ["--week0", "include"];
    let made = [&OUTCOMES[..], &with, &["--out", "w.csv"]].concat();
    let said = klero(folder.path(), &made).ok();
    assert!(!said.err.contains("klero estimate"), "{}", said.err);
    assert_eq!(
        fs::read(folder.join("derived/outcomes.parquet")).unwrap(),
        before
    );
    // p1 is in praktik in weeks 0 to 2: one week more than from week 1.
    assert!(
        folder.read("w.csv").contains("\np1,3,"),
        "{}",
        folder.read("w.csv")
    );
    let record = folder.read("w.csv.json");
    assert!(
        record.contains("\"label\": \"praktik, weeks 0–2\""),
        "{record}"
    );
    let said = klero(folder.path(), &[&OUTCOMES[..], &with].concat()).ok();
    let flat = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "which the plan does not: `klero estimate` waits for windows as planned";
    assert!(flat.contains(said), "{flat}");
    // In a Danish study a window behind a label is Danish.
    let plan = PLAN.replace("[study]", "[study]\nlanguage = \"da\"");
    folder.write("study.toml", plan);
    klero(folder.path(), &[&made[..], &["--force"]].concat()).ok();
    let record = folder.read("w.csv.json");
    assert!(
        record.contains("\"label\": \"praktik, uge 0–2\""),
        "{record}"
    );
}

#[test]
fn outcomes_whose_columns_would_have_one_name_are_a_fault_of_the_plan() {
    let folder = study();
    let more = "[[outcome]]\nid = \"praktik-1-2_missing\"\nmeasure = \"history\"\n";
    folder.write("study.toml", format!("{PLAN}{more}"));
    let said = klero(folder.path(), &["check"]);
    assert_eq!(said.code, 1);
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["`praktik-1-2` and `praktik-1-2_missing`", "line 25"] {
        assert!(flat.contains(part), "{}", said.out);
    }
}

/// Outcomes under two draws that gave other arms are the same bytes.
#[test]
fn outcomes_know_nothing_of_the_arms() {
    let allocate = "[[arm]]\nid = \"a\"\n[[arm]]\nid = \"b\"\nreference = true\n\
                    [allocation]\nprocedure = \"simple\"\n";
    let files = [
        "o.csv",
        "o.csv.json",
        "s.csv",
        "s.svg",
        "derived/dream.spells",
    ];
    let made = |seed: &str| {
        let folder = study();
        folder.write(
            "study.toml",
            PLAN.replace("[[arm]]\nid = \"a\"\n", allocate),
        );
        folder.write("seed.key", format!("{}\n", seed.repeat(32)));
        let at = |arguments: &[&str]| klero(folder.path(), arguments).ok();
        at(&["seal", "--seed", "seed.key", "--confirm", "one"]);
        folder.write("list.csv", "id\np1\np2\np3\n");
        at(&["draw", "--list", "list.csv"]);
        at(&["ingest", "--drawn"]);
        at(&["outcomes", "--out", "o.csv"]);
        at(&["states", "--out", "s.csv", "--svg", "s.svg"]);
        let arms: Vec<String> = folder
            .read("ledger.jsonl")
            .lines()
            .filter_map(|line| Some(line.split_once("\"arm\":\"")?.1[..1].to_owned()))
            .collect();
        let bytes = files.map(|file| fs::read(folder.join(file)).unwrap());
        let table = fs::read(folder.join("derived/outcomes.parquet")).unwrap();
        (arms, bytes, table)
    };
    let (arms, bytes, table) = made("01");
    let others = ["02", "03", "04", "05"].map(made);
    assert!(others.iter().any(|(other, ..)| *other != arms));
    for (_, other, of_other) in &others {
        assert!(*other == bytes && *of_other == table);
    }
}

#[test]
fn wages_and_marks_of_subsidy_are_named_in_the_plan_and_wages_are_numbers() {
    let folder = study();
    let hours = folder
        .read("bfl.csv")
        .replace(",40\n", ",40,\"12.345,50\",x\n");
    let bfl = |wage: &str| {
        let rows = hours.replace("id,year,month,hours", "id,year,month,hours,loen,tilskud");
        folder.write("bfl.csv", rows.replace("12.345,50", wage));
    };
    let named = "columns = { wage = \"loen\", subsidy = \"tilskud\" }";
    let plan = PLAN.replace("kind = \"bfl\"", &format!("kind = \"bfl\"\n{named}"));
    folder.write("study.toml", &plan);
    let of = ["ingest"];
    bfl("12345,50");
    let said = klero(folder.path(), &of).ok();
    assert!(!said.err.contains("loen"), "{}", said.err);
    let made = [&OUTCOMES[..], &["--out", "o.csv"]].concat();
    klero(folder.path(), &made).ok();
    assert!(
        folder.read("o.csv").contains(",0.249485436287656"),
        "{}",
        folder.read("o.csv")
    );
    bfl("12.345,50");
    klero(folder.path(), &of).fails_with(2, &["`12.345,50` is no wage", "line 2, column loen"]);
    folder.write("study.toml", plan.replace("\"loen\"", "\"lon\""));
    klero(folder.path(), &of).fails_with(2, &["no column `lon`", "did you mean `loen`?"]);
}

/// A list in which a quote opens nothing loses nobody: it stops, and nothing is drawn.
#[test]
fn a_quote_that_is_not_closed_loses_nobody_of_a_list_or_a_table() {
    let folder = Folder::new();
    klero(folder.path(), &["new", "n", "--like", "two-arms"]).ok();
    let study = folder.join("n");
    fs::write(
        study.join("study.toml"),
        "[study]\nid = \"n\"\ntitle = \"n\"\n[[arm]]\nid = \"a\"\n[[arm]]\nid = \"b\"\n\
         reference = true\n[allocation]\nprocedure = \"simple\"\n",
    )
    .unwrap();
    klero(&study, &["seal", "--confirm", "n"]).ok();
    let before = fs::read(study.join("ledger.jsonl")).unwrap();
    let behind = "text behind the quote that closes a cell, or no such quote";
    for (rows, parts) in [
        (
            "p1,\"Hotel\np2,\np3,\"Inn\n",
            [behind, "line 4", "begins in line 2"],
        ),
        (
            "p1,\np2,\"Hotel\np3,\np4,\n",
            [behind, "line 6", "begins in line 3"],
        ),
        (
            "p1,\"Hotel\np2,\np3,Inn\"\n",
            ["a cell over several lines", "line 2", "line"],
        ),
    ] {
        fs::write(study.join("list.csv"), format!("id,note\n{rows}")).unwrap();
        klero(&study, &["draw", "--list", "list.csv"]).fails_with(2, &parts);
        assert_eq!(fs::read(study.join("ledger.jsonl")).unwrap(), before);
    }
    // An answer in several lines is one cell of a table; a quote that opens nothing is none.
    let table = |note: &str| {
        let rows = (0..12).map(|n| format!("{},{},{note}\n", ["a", "b"][n % 2], n % 3 / 2));
        format!("arm,job,note\n{}", rows.collect::<String>())
    };
    fs::write(study.join("t.csv"), table("\"one\ntwo, \"\"three\"\"\"")).unwrap();
    let of = [
        "estimate",
        "--data",
        "t.csv",
        "--arm",
        "arm",
        "--reference",
        "b",
    ];
    let of = [&of[..], &["--outcome", "job"]].concat();
    let said = klero(&study, &of).ok();
    assert!(said.out.contains("/6"), "{}", said.out);
    fs::write(study.join("t.csv"), table("\"one")).unwrap();
    klero(&study, &of).fails_with(2, &[behind, "line 3", "begins in line 2"]);
    // What is no number is shown, unless it may be a CPR number.
    fs::write(
        study.join("t.csv"),
        table("x").replace("a,0,", "a,010190-1234,"),
    )
    .unwrap();
    let said = klero(&study, &of).fails_with(2, &["(a number like a CPR number) is no number"]);
    assert!(!said.err.contains("1234"), "{}", said.err);
}

#[test]
fn outcomes_warn_of_a_table_that_may_be_torn() {
    let folder = study();
    let value = "[[outcome]]\nid = \"mood\"\nmeasure = \"value\"\nfile = \"s.csv\"\n\
                 column = \"mood\"\n[[outcome]]\nid = \"rest\"\nmeasure = \"value\"\n\
                 file = \"s.csv\"\ncolumn = \"rest\"\n";
    folder.write("study.toml", format!("{PLAN}{value}"));
    klero(folder.path(), &["ingest"]).ok();
    folder.write("s.csv", "id,rest,mood\np1,1,45\np2,2,4");
    let said = klero(folder.path(), &OUTCOMES).ok();
    let words = "s.csv: 1 file whose last row has no line end";
    assert_eq!(said.err.matches(words).count(), 1, "{}", said.err);
    folder.write("s.csv", "id,rest,mood\np1,1,45\np2,2,4\n");
    let said = klero(folder.path(), &OUTCOMES).ok();
    assert!(!said.err.contains("line end"), "{}", said.err);
}

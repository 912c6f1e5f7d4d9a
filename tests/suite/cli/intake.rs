//! At the desk for years: what happens after a draw, pseudonyms, uploaded lists, foresight.

use crate::workshop::{Folder, Said, klero, plan_with};

const BLOCKS: &str = "[allocation]\nprocedure = \"permuted-blocks\"\nblock_sizes = [4]\n\
                      strata = [\"place\"]\nexpected = 16\n\n[[eligible]]\nlabel = \"over 20\"\n\
                      factor = \"age\"\nmin = 21";

fn study() -> Folder {
    let folder = Folder::new();
    folder.write("study.toml", plan_with(BLOCKS));
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    folder
}

fn draw(folder: &Folder, id: &str, place: &str) -> Said {
    let place = format!("place={place}");
    klero(
        folder.path(),
        &["draw", "--referral", id, "--set", &place, "--set", "age=40"],
    )
    .ok()
}

fn arm(said: &Said) -> String {
    let line = said
        .out
        .lines()
        .find(|line| line.starts_with("arm"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().to_owned()
}

fn record(folder: &Folder, arguments: &[&str]) -> Said {
    klero(folder.path(), &[&["record"], arguments].concat())
}

#[test]
fn what_happens_after_a_draw_is_recorded_and_changes_no_arm() {
    let folder = study();
    let before = arm(&draw(&folder, "r-1", "Tønder"));
    let of = |what| [what, "--referral", "r-1", "--reason", "moved away"];
    record(&folder, &of("withdraw")).ok();
    record(&folder, &of("exclude")).ok();
    record(&folder, &of("withdraw")).fails_with(2, &["recorded already, in entry 2"]);
    let correct = |value| {
        [
            "correct",
            "--referral",
            "r-1",
            "--set",
            value,
            "--reason",
            "mistyped",
        ]
    };
    let said = record(&folder, &correct("place=Brøndby")).ok();
    assert!(said.err.contains("the arm stays"), "{}", said.err);
    record(&folder, &correct("place=Brøndby")).fails_with(2, &["is `Brøndby` already"]);
    let ledger = folder.read("ledger.jsonl");
    assert!(
        ledger.contains(r#""reason":"mistyped","factor":"place","from":"Tønder","to":"Brøndby""#),
        "{ledger}"
    );
    // Who comes again with the corrected fact gets the recorded arm.
    assert_eq!(arm(&draw(&folder, "r-1", "Brøndby")), before);
    assert_eq!(folder.read("ledger.jsonl"), ledger);
    // The head of entries that others made is not shown to whoever only asks again.
    assert!(!draw(&folder, "r-1", "Brøndby").out.contains("head"));
    // The slot it was drawn into stays taken: the next of the stratum gets the next one.
    draw(&folder, "r-2", "Tønder");
    assert!(
        folder
            .read("ledger.jsonl")
            .contains(r#""referral":"r-2","stratum":["Tønder"],"slot":1"#)
    );
    let status = klero(folder.path(), &["status"]).ok();
    assert!(
        status.out.contains("withdrawn 1, excluded 1"),
        "{}",
        status.out
    );
    assert!(klero(folder.path(), &["audit"]).ok().out.contains("holds"));
}

#[test]
fn mistakes_in_a_record_are_told_and_nothing_is_recorded() {
    let folder = study();
    draw(&folder, "r-1", "Tønder");
    let ledger = folder.read("ledger.jsonl");
    let with = |what: &[&str], reason: &str| {
        let said = record(&folder, &[what, &["--reason", reason]].concat());
        assert_eq!(folder.read("ledger.jsonl"), ledger);
        said
    };
    with(&["withdraw", "--referral", "r-l"], "x").fails_with(2, &["`r-l` was not drawn", "`r-1`"]);
    with(&["withdraw", "--referral", "r-1"], " ").fails_with(2, &["the reason is empty"]);
    let correct = |set| ["correct", "--referral", "r-1", "--set", set];
    with(&correct("plce=Tønder"), "x").fails_with(2, &["no factor of the plan", "`place`"]);
    with(&correct("place=Tonder"), "x").fails_with(2, &["no value of `place`", "`Tønder`"]);
    with(&correct("age=17"), "x").fails_with(2, &["from 18 to 66"]);
    with(&["amend"], "x").fails_with(2, &["the plan is the one in force"]);
    record(&folder, &["withdraw", "--referral", "r-1"]).fails_with(2, &["--reason"]);
}

#[test]
fn an_amendment_comes_into_force_and_leaves_the_draw_alone() {
    let folder = study();
    draw(&folder, "r-1", "Tønder");
    let plan = folder.read("study.toml");
    let refused = |text: String, part: &str| {
        folder.write("study.toml", text);
        record(&folder, &["amend", "--reason", "x"]).fails_with(2, &[part, "which was sealed"]);
    };
    refused(plan.replace("[4]", "[6]"), "[allocation]");
    refused(
        plan.replace("expected = 16", "expected = 20"),
        "[allocation]",
    );
    refused(plan.replace("id = \"effort\"", "id = \"other\""), "[[arm]]");
    refused(
        plan.replace("\"Brøndby\"]", "\"Brøndby\", \"Ribe\"]"),
        "[[factor]]",
    );
    folder.write(
        "study.toml",
        plan.replace("min = 21", "min = 41")
            .replace("over 20", "over 40"),
    );
    record(&folder, &["amend", "--reason", "a new law"]).ok();
    let said = klero(
        folder.path(),
        &[
            "draw",
            "--referral",
            "r-2",
            "--set",
            "place=Tønder",
            "--set",
            "age=40",
        ],
    )
    .ok();
    assert!(
        said.out.contains("refused   does not meet: over 40"),
        "{}",
        said.out
    );
    assert!(klero(folder.path(), &["audit"]).ok().out.contains("holds"));
}

/// HMAC-SHA256 by another program:
/// `printf 0101701234 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…01` (32 times 01).
#[test]
fn a_pseudonym_is_the_keyed_digest_of_the_ten_digits() {
    let folder = Folder::new();
    folder.write("pseudonym.key", format!("{}\n", "01".repeat(32)));
    folder.write(
        "list.csv",
        "cpr;place\n010170-1234;Tønder\n0202801111;Ribe\n",
    );
    let bulk = |arguments: &[&str]| {
        let fixed = ["pseudonym", "--list", "list.csv", "--out", "out.csv"];
        klero(folder.path(), &[&fixed, arguments].concat())
    };
    bulk(&["--column", "cpr"]).ok();
    let written = folder.read("out.csv");
    assert_eq!(
        written.lines().next().unwrap(),
        "id,place",
        "the column is the list's id"
    );
    assert!(
        written.contains("p-15bcea9f38654bd3364ebf2569895438,Tønder"),
        "{written}"
    );
    assert!(!written.contains("0101701234") && !written.contains("010170-1234"));
    bulk(&["--column", "cpr"]).fails_with(2, &["is there already"]);
    bulk(&["--column", "crp", "--force"]).fails_with(2, &["no column `crp`", "`cpr`"]);
    folder.write("list.csv", "cpr,note\n0101701234,a\n010170-1234,b\n");
    bulk(&["--column", "cpr", "--force"]).fails_with(2, &["one person stands twice", "line 2"]);
    folder.write("list.csv", "cpr,note\n0101701234,020280-1111\n");
    let said = bulk(&["--column", "cpr", "--force"]).fails_with(2, &["shape of a CPR number"]);
    assert!(!said.err.contains("020280"), "{}", said.err);
    assert_eq!(folder.read("out.csv"), written, "nothing was half written");
}

#[test]
fn a_key_for_pseudonyms_is_made_once_and_is_no_seed() {
    let folder = study();
    let make = || klero(folder.path(), &["pseudonym", "--make-key"]);
    make().ok();
    let key = folder.read("pseudonym.key");
    assert_eq!(key.len(), 65);
    assert_ne!(key, folder.read("seed.key"));
    make().fails_with(2, &["is there already"]);
    assert_eq!(folder.read("pseudonym.key"), key);
}

#[test]
fn an_uploaded_list_holds_the_arms_that_the_draws_then_get() {
    let folder = study();
    draw(&folder, "r-1", "Tønder");
    let table = |arguments: &[&str]| {
        let fixed = ["table", "--slots", "5", "--confirm", "study-1"];
        klero(folder.path(), &[&fixed, arguments].concat())
    };
    klero(folder.path(), &["table", "--slots", "5", "--out", "t.csv"])
        .fails_with(2, &["--confirm study-1"]);
    table(&["--out", "redcap.csv"]).ok();
    let redcap = folder.read("redcap.csv");
    let mut rows = redcap.lines();
    assert_eq!(
        rows.next(),
        Some("redcap_randomization_number,redcap_randomization_group,place")
    );
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), 10);
    let ledger = folder.read("ledger.jsonl");
    assert!(
        ledger.contains(r#""type":"table","slots":5,"digest":""#),
        "{ledger}"
    );
    let audit = klero(folder.path(), &["audit"]).ok();
    assert!(audit.out.contains("knew the next 5 slots"), "{}", audit.out);
    for (n, row) in rows.iter().filter(|row| row[2] == "Tønder").enumerate() {
        assert_eq!(arm(&draw(&folder, &format!("t-{n}"), "Tønder")), row[1]);
    }
    for (n, row) in rows.iter().filter(|row| row[2] == "Brøndby").enumerate() {
        assert_eq!(arm(&draw(&folder, &format!("b-{n}"), "Brøndby")), row[1]);
    }
    table(&["--out", "redcap.csv"]).fails_with(2, &["is there already"]);
    table(&["--out", "plain.csv", "--form", "plain", "--numbered"]).ok();
    let plain = folder.read("plain.csv");
    assert!(plain.starts_with("slot,arm,place\n6,"), "{plain}");
}

#[test]
fn procedures_that_look_at_who_comes_have_no_list_of_coming_slots() {
    let folder = Folder::new();
    folder.write(
        "study.toml",
        plan_with(
            "[allocation]\nprocedure = \"minimisation\"\nmeasure = \"range\"\n\
             probability = \"4/5\"\nweights = { place = 1 }",
        ),
    );
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    let ledger = folder.read("ledger.jsonl");
    klero(
        folder.path(),
        &[
            "table",
            "--slots",
            "5",
            "--out",
            "t.csv",
            "--confirm",
            "study-1",
        ],
    )
    .fails_with(2, &["`minimisation` has no coming slots"]);
    assert!(!folder.join("t.csv").exists());
    assert_eq!(folder.read("ledger.jsonl"), ledger);
}

#[test]
fn check_says_how_guessable_the_draws_are() {
    let folder = Folder::new();
    folder.write("study.toml", plan_with(BLOCKS));
    // Two strata of eight in blocks of four: 17/24 and 1/3. A block begins with two alike with
    // chance 1/3, and one of two does with 5/9.
    let said = klero(folder.path(), &["check"]).ok();
    for part in [
        "2 strata 8 each 70.8 % 33.3 % 1.56",
        "in all 16 70.8 % 33.3 %",
        "without knowing 50.0 %",
        "warning: every block has 4 referrals",
        "warning: 33.3 % of the draws are certain beforehand",
    ] {
        let mut lines = said.out.lines().map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.join(" ")
        });
        let found = lines.any(|line| line.starts_with(part));
        assert!(found, "no {part:?} in:\n{}", said.out);
    }
    assert!(said.out.lines().all(|line| line.chars().count() <= 80));
    let json = klero(folder.path(), &["check", "--json", "--expected", "6"])
        .ok()
        .json();
    assert_eq!(json["guessable"]["strata"][0]["referrals"], 3);
    assert_eq!(json["guessable"]["right"]["exact"], true);
    let kinds: Vec<&str> = json["guessable"]["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["fixed-blocks", "certain", "too-many-strata"]);
    // As in a list of last year: three in one place, one in the other.
    folder.write(
        "old.csv",
        "id,place,age\na,Tønder,30\nb,Tønder,30\nc,Tønder,30\nd,Brøndby,30\n",
    );
    let json = klero(folder.path(), &["check", "--json", "--like", "old.csv"])
        .ok()
        .json();
    let rows: Vec<u64> = json["guessable"]["strata"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["referrals"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, [3, 1]);
}

/// A national number must not come in by any way.
#[test]
fn no_cpr_number_gets_into_the_ledger() {
    let folder = Folder::new();
    let plan = plan_with(BLOCKS).replace(
        "[allocation]",
        "[[factor]]\nid = \"mentor\"\n[allocation]\ncluster = \"mentor\"",
    );
    folder.write("study.toml", plan);
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    let ledger = folder.read("ledger.jsonl");
    let draw = |id: &str, mentor: &str| {
        let mentor = format!("mentor={mentor}");
        let set = ["--set", "place=Tønder", "--set", "age=40", "--set", &mentor];
        klero(
            folder.path(),
            &[&["draw", "--referral", id][..], &set].concat(),
        )
    };
    for id in ["010170-1234", "0101701234", "010170–1234", "010170.1234"] {
        let said = draw(id, "m-1").fails_with(2, &["shape of a CPR number"]);
        assert!(!said.err.contains("010170"), "{}", said.err);
    }
    let said = draw("r-1", "010170-1234").fails_with(2, &["shape of a CPR number"]);
    assert!(!said.err.contains("010170"), "{}", said.err);
    assert_eq!(folder.read("ledger.jsonl"), ledger);
    draw("r-1", "m-1").ok();
    let ledger = folder.read("ledger.jsonl");
    for arguments in [
        &["withdraw", "--referral", "010170-1234", "--reason", "x"][..],
        &[
            "withdraw",
            "--referral",
            "r-1",
            "--reason",
            "CPR 010170-1234 was wrong",
        ],
        &[
            "withdraw",
            "--referral",
            "r-1",
            "--reason",
            "it was 010170 1234",
        ],
        &[
            "withdraw",
            "--referral",
            "r-1",
            "--reason",
            "x",
            "--by",
            "0101701234",
        ],
    ] {
        let said = record(&folder, arguments).fails_with(2, &["shape of a CPR number"]);
        assert!(!said.err.contains("010170"), "{}", said.err);
    }
    record(&folder, &["withdraw", "--referral", "m-1", "--reason", "x"])
        .fails_with(2, &["`m-1` is a cluster"]);
    assert_eq!(folder.read("ledger.jsonl"), ledger);
    assert!(klero(folder.path(), &["audit"]).ok().out.contains("holds"));
}

#[test]
fn pseudonyms_are_made_of_every_line_or_of_none_in_silence() {
    let folder = Folder::new();
    folder.write("pseudonym.key", format!("{}\n", "01".repeat(32)));
    let from = |text: &str| {
        use std::io::Write;
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_klero"))
            .current_dir(folder.path())
            .arg("pseudonym")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    assert_eq!(from("0101701234\n0202801111\n").0, Some(0));
    let (code, said) = from("0101701234\n\n0202801111\n");
    assert!(code == Some(2) && said.contains("stdin, line 2"), "{said}");
    let (code, said) = from("101701234\n");
    assert!(
        code == Some(2) && said.contains("lost its leading zero"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_shown_is_said_to_be_drawn() {
    let folder = study();
    folder.write("list.csv", "id,place,age\nr-1,Tønder,40\n");
    let ledger = folder.read("ledger.jsonl");
    let list = |out: &str| klero(folder.path(), &["draw", "--list", "list.csv", "--out", out]);
    list("nowhere/out.csv").fails_with(2, &["no folder `nowhere`", "nothing was drawn"]);
    let table = [
        "table",
        "--slots",
        "2",
        "--out",
        "nowhere/t.csv",
        "--confirm",
        "study-1",
    ];
    klero(folder.path(), &table).fails_with(2, &["cannot write"]);
    assert_eq!(folder.read("ledger.jsonl"), ledger);
    folder.write("wrong.key", format!("{}\n", "02".repeat(32)));
    klero(
        folder.path(),
        &[
            "draw",
            "--list",
            "list.csv",
            "--dry-run",
            "--seed",
            "wrong.key",
        ],
    )
    .fails_with(2, &["not the one the trial was sealed with"]);
    let json = klero(
        folder.path(),
        &["draw", "--list", "list.csv", "--dry-run", "--json"],
    )
    .ok()
    .json();
    assert_eq!(json["dry_run"][0]["would"], "draw");
}

/// Of a cluster there is one draw: two clusters, one in each place.
#[test]
fn check_counts_clusters_and_not_their_members() {
    let folder = Folder::new();
    let plan = plan_with(BLOCKS).replace(
        "[allocation]",
        "[[factor]]\nid = \"mentor\"\n[allocation]\ncluster = \"mentor\"",
    );
    folder.write("study.toml", plan);
    let mut list = String::from("id,place,age,mentor\n");
    for n in 0..20 {
        list += &format!("r-{n},{},30,m-{}\n", ["Tønder", "Brøndby"][n % 2], n % 2);
    }
    folder.write("list.csv", list);
    let json = klero(folder.path(), &["check", "--json", "--like", "list.csv"])
        .ok()
        .json();
    assert_eq!(json["guessable"]["strata"][0]["referrals"], 1);
    assert_eq!(json["guessable"]["strata"][0]["strata"], 2);
}

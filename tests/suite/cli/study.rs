//! A study by hand: the evaluator's commands and likeliest mistakes.

use crate::workshop::{COMPLETE, Folder, Said, klero, klero_at, people, plan_with};

fn study() -> Folder {
    let folder = Folder::new();
    folder.write("study.toml", plan_with(COMPLETE));
    folder
}

fn sealed() -> Folder {
    let folder = study();
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    folder
}

fn drawn() -> Folder {
    let folder = sealed();
    folder.write("list.csv", people(40));
    klero(folder.path(), &["draw", "--list", "list.csv"]).ok();
    folder
}

#[track_caller]
fn unchanged(folder: &Folder, run: impl FnOnce() -> Said) -> Said {
    let before = folder.read("ledger.jsonl");
    let said = run();
    assert_eq!(
        folder.read("ledger.jsonl"),
        before,
        "the ledger is as it was"
    );
    said
}

#[test]
fn every_plan_that_new_writes_holds() {
    for like in ["two-arms", "three-arms", "multi-site", "one-arm"] {
        let folder = Folder::new();
        klero(folder.path(), &["new", "s", "--like", like]).ok();
        let plan = folder.read("s/study.toml");
        let filled = plan.replace("my-study-2026", "s-1");
        folder.write(
            "s/study.toml",
            filled.replace("The title of the study", "S"),
        );
        let said = klero(folder.path(), &["check", "--study", "s"]).ok();
        assert!(said.out.contains("next: klero"), "{}", said.out);
        klero(folder.path(), &["new", "s"]).fails_with(2, &["is there already"]);
    }
}

#[test]
fn a_seal_needs_the_studys_id_and_happens_once() {
    let folder = study();
    klero(folder.path(), &["seal"]).fails_with(2, &["--confirm study-1"]);
    klero(folder.path(), &["seal", "--confirm", "study"]).fails_with(2, &["not confirmed"]);
    assert!(!folder.join("ledger.jsonl").exists() && !folder.join("seed.key").exists());
    let said = klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    assert!(said.out.contains("commitment  ") && said.out.contains("head        "));
    assert_eq!(folder.read("seed.key").len(), 65);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.join("seed.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(!said.out.contains(folder.read("seed.key").trim()));
    unchanged(&folder, || {
        klero(folder.path(), &["seal", "--confirm", "study-1"])
    })
    .fails_with(2, &["ledger.jsonl` is there already"]);
}

#[test]
fn a_seed_is_64_hexadecimal_digits_and_nothing_else() {
    let folder = study();
    let good = "0123456789abcdef".repeat(4);
    let seal = |seed: &str| {
        folder.write("my.key", seed);
        klero(
            folder.path(),
            &["seal", "--seed", "my.key", "--confirm", "study-1"],
        )
    };
    for bad in [
        &good[..63],
        &good.to_uppercase(),
        &format!("{good}0"),
        "42",
        "a phrase",
        "",
    ] {
        let said = seal(bad).fails_with(2, &["64 lower-case hexadecimal digits"]);
        assert!(
            bad.len() < 10 || !said.err.contains(bad),
            "the seed is not repeated"
        );
    }
    assert!(!folder.join("ledger.jsonl").exists());
    seal(&(good + "\n")).ok();
}

#[test]
fn a_wrong_plan_is_told_with_its_lines() {
    let folder = Folder::new();
    folder.write("study.toml", plan_with(COMPLETE).replace("strata", "strat"));
    let parts = ["study.toml, line 22: `strat`", "mean `strata`?"];
    klero(folder.path(), &["seal", "--confirm", "study-1"]).fails_with(2, &parts);
    let said = klero(folder.path(), &["check"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("mean `strata`?"));
}

#[test]
fn a_list_with_faults_is_refused_with_every_row() {
    let folder = sealed();
    let list = "id,place,age\na,Tonder,30\nb,Tønder,\na,Tønder,17\n010170-1234,Tønder,40\n";
    folder.write("list.csv", list);
    let said = unchanged(&folder, || {
        klero(folder.path(), &["draw", "--list", "list.csv"])
    });
    let said = said.fails_with(
        2,
        &[
            "5 faults",
            "line 2, column place: found `Tonder`",
            "did you mean `Tønder`?",
            "line 3, no value for factor `age`",
            "line 4, column id: `a` stands on line 2 too",
            "line 4, column age: found `17`",
            "line 5, column id: the id has the shape of a CPR number",
            "nothing was drawn",
        ],
    );
    assert!(!said.err.contains("010170"), "the number is not repeated");
    folder.write("list.csv", "id,place,alder\na,Tønder,30\n");
    unchanged(&folder, || {
        klero(folder.path(), &["draw", "--list", "list.csv"])
    })
    .fails_with(2, &["no column `age`", "line 1"]);
    folder.write("list.csv", "id,place,age\na,Tønder\n");
    klero(folder.path(), &["draw", "--list", "list.csv"]).fails_with(2, &["line 2", "2 cells"]);
    folder.write("list.csv", "id,place,age\n");
    klero(folder.path(), &["draw", "--list", "list.csv"]).fails_with(2, &["no referrals"]);
}

#[test]
fn a_list_from_a_danish_spreadsheet_is_read() {
    let folder = sealed();
    let mut list = b"\xef\xbb\xbfid;navn;place;age\r\n".to_vec();
    list.extend("a;x;Tønder;30\r\nb;y;Brøndby;20\r\n".as_bytes());
    folder.write("list.csv", list);
    let said = klero(folder.path(), &["draw", "--list", "list.csv"]).ok();
    assert!(said.err.contains("passed over: `navn`"), "{}", said.err);
    assert_eq!(said.out.lines().count(), 3);
    let folder = sealed();
    folder.write("list.csv", b"id;place;age\na;T\xf8nder;30\n");
    klero(folder.path(), &["draw", "--list", "list.csv"]).ok();
}

#[test]
fn a_dry_run_shows_no_arm_and_writes_nothing() {
    let folder = sealed();
    folder.write("list.csv", people(10));
    let said = unchanged(&folder, || {
        klero(folder.path(), &["draw", "--list", "list.csv", "--dry-run"])
    });
    let said = said.ok();
    assert!(said.out.contains("10 would be drawn"));
    assert!(!(said.out + &said.err).contains("effort"));
}

#[test]
fn an_intake_worker_sees_the_arm_the_entry_and_the_head_only() {
    let folder = Folder::new();
    folder.write(
        "study.toml",
        plan_with("[allocation]\nprocedure = \"simple\""),
    );
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    let one = [
        "draw",
        "--referral",
        "r1",
        "--set",
        "age=30",
        "--set",
        "place=Tønder",
    ];
    let said = klero(folder.path(), &one).ok();
    let keys: Vec<&str> = said
        .out
        .lines()
        .map(|l| l.split(' ').next().unwrap())
        .collect();
    assert_eq!(keys, ["referral", "arm", "entry", "head"]);
    let again = unchanged(&folder, || klero(folder.path(), &one)).ok();
    assert_eq!(again.out, said.out);
    assert!(again.err.contains("drawn before"));
    let json = klero(folder.path(), &[&one[..], &["--json"]].concat())
        .ok()
        .json();
    assert_eq!(json["drawn"][0]["already"], true);
    assert_eq!(json["drawn"][0]["entry"], 1);
    klero(
        folder.path(),
        &["draw", "--referral", "r2", "--set", "age=30"],
    )
    .fails_with(2, &["no value for factor `place`"]);
    klero(
        folder.path(),
        &[
            "draw",
            "--referral",
            "r2",
            "--set",
            "plce=Tønder",
            "--set",
            "age=3",
        ],
    )
    .fails_with(2, &["did you mean `place`?", "found `3`"]);
    klero(
        folder.path(),
        &["draw", "--referral", "0101701234", "--set", "age=30"],
    )
    .fails_with(2, &["shape of a CPR number"]);
}

#[test]
fn complete_draws_lists_only() {
    let folder = sealed();
    let one = [
        "draw",
        "--referral",
        "r1",
        "--set",
        "age=30",
        "--set",
        "place=Tønder",
    ];
    unchanged(&folder, || klero(folder.path(), &one)).fails_with(2, &["--list FILE"]);
}

#[test]
fn without_the_seed_nothing_is_drawn() {
    let folder = sealed();
    folder.write("list.csv", people(4));
    std::fs::rename(folder.join("seed.key"), folder.join("elsewhere.key")).unwrap();
    unchanged(&folder, || {
        klero(folder.path(), &["draw", "--list", "list.csv"])
    })
    .fails_with(2, &["no seed", "--seed FILE"]);
    klero(
        folder.path(),
        &["draw", "--list", "list.csv", "--seed", "elsewhere.key"],
    )
    .ok();
    let said = klero(folder.path(), &["audit"]).ok();
    assert!(said.out.contains("derived again 0"));
    assert!(said.out.ends_with("verdict: the ledger holds\n"));
    let said = klero(folder.path(), &["audit", "--seed", "elsewhere.key"]).ok();
    assert!(said.out.contains("derived again 4"));
}

#[test]
fn with_a_beacon_rule_nothing_is_drawn_before_its_value() {
    let folder = study();
    let rule = "the winning numbers of 6 May 2017";
    klero(
        folder.path(),
        &["seal", "--beacon-rule", rule, "--confirm", "study-1"],
    )
    .ok();
    folder.write("list.csv", people(4));
    unchanged(&folder, || {
        klero(folder.path(), &["draw", "--list", "list.csv"])
    })
    .fails_with(2, &["the winning numbers of 6", "klero beacon VALUE"]);
    klero(folder.path(), &["beacon", " "]).fails_with(2, &["empty"]);
    klero(folder.path(), &["beacon", "3 7 12 21 30 33 36"]).ok();
    klero(folder.path(), &["beacon", "3 7 12"]).fails_with(2, &["recorded already"]);
    klero(folder.path(), &["draw", "--list", "list.csv"]).ok();
    let json = klero(folder.path(), &["audit", "--json"]).ok().json();
    assert_eq!(json["rederived"], 4);
    let folder = sealed();
    klero(folder.path(), &["beacon", "1"]).fails_with(2, &["names no public randomness"]);
}

#[test]
fn an_audit_answers_in_the_documented_form() {
    let folder = drawn();
    let json = klero(folder.path(), &["audit", "--json"]).ok().json();
    assert_eq!(json["verdict"], "holds");
    assert_eq!((&json["entries"], &json["draws"]), (&45.into(), &40.into()));
    assert_eq!(json["rederived"], 40);
    let head = json["head"].as_str().unwrap().to_owned();
    let status = klero(folder.path(), &["status", "--json"]).ok().json();
    assert_eq!(status["head"], head);
    klero(folder.path(), &["audit", "--head", &head]).ok();
    let text = folder
        .read("ledger.jsonl")
        .replacen("\"slot\":3", "\"slot\":4", 1);
    folder.write("ledger.jsonl", text);
    let said = klero(folder.path(), &["audit", "--json", "--head", &head]);
    assert_eq!(said.code, 1);
    let json = said.json();
    assert_eq!(json["verdict"], "findings");
    let rules: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    for rule in ["slot", "chain"] {
        assert!(rules.contains(&rule), "{rules:?}");
    }
    klero(folder.path(), &["audit", "nowhere.jsonl"]).fails_with(2, &["no file `nowhere.jsonl`"]);
    unchanged(&folder, || {
        klero(folder.path(), &["unseal", "--confirm", "study-1"])
    })
    .fails_with(2, &["the chain is broken", "klero audit"]);
}

#[test]
fn unsealing_ends_the_drawing_and_lets_anybody_audit() {
    let folder = drawn();
    klero(folder.path(), &["unseal", "--confirm", "study-1"]).ok();
    std::fs::remove_file(folder.join("seed.key")).unwrap();
    let json = klero(folder.path(), &["audit", "ledger.jsonl", "--json"])
        .ok()
        .json();
    assert_eq!(json["rederived"], 40);
    let again = klero(folder.path(), &["draw", "--list", "list.csv"]).ok();
    assert_eq!(
        again.out.lines().count(),
        41,
        "the drawn are answered, without a seed"
    );
    folder.write("more.csv", "id,place,age\nnew,Tønder,30\n");
    unchanged(&folder, || {
        klero(folder.path(), &["draw", "--list", "more.csv"])
    })
    .fails_with(2, &["unsealed"]);
}

#[test]
fn the_allocation_is_a_table_in_ledger_order() {
    let folder = drawn();
    let said = klero(folder.path(), &["allocation"]).ok();
    let mut lines = said.out.lines();
    assert_eq!(lines.next(), Some("referral,arm,stratum,slot,entry,time"));
    let first = lines.next().unwrap();
    assert!(
        first.ends_with(",Tønder / 18-29,0,2,2017-05-01T08:00:00Z"),
        "{first}"
    );
    let json = klero(folder.path(), &["allocation", "--json"]).ok().json();
    let rows = json["allocation"].as_array().unwrap();
    assert_eq!(rows.len(), 40);
    assert_eq!(rows[0]["stratum"], serde_json::json!(["Tønder", "18-29"]));
    klero(folder.path(), &["allocation", "--out", "a.csv"]).ok();
    assert_eq!(folder.read("a.csv"), said.out);
    klero(folder.path(), &["allocation", "--out", "a.csv"]).fails_with(2, &["--force"]);
    klero(folder.path(), &["allocation", "--out", "a.parquet"]).ok();
    let table = klero::register::columns::Columns::read(&folder.join("a.parquet")).unwrap();
    assert_eq!(table.columns.len(), 6);
    assert_eq!(table.columns[3].1.len(), 40);
}

#[test]
fn a_torn_ledger_is_named_and_repaired() {
    let folder = drawn();
    let whole = folder.read("ledger.jsonl");
    folder.write("ledger.jsonl", &whole[..whole.len() - 5]);
    klero(folder.path(), &["status"]).fails_with(2, &["13 of its 14 draws", "klero repair"]);
    for _ in 0..2 {
        klero_at(folder.path(), None, &["repair"]).ok();
    }
    let said = klero(folder.path(), &["repair"]).ok();
    assert!(said.err.contains("nothing to repair"));
    klero(folder.path(), &["draw", "--list", "list.csv"]).ok();
    assert_eq!(folder.read("ledger.jsonl"), whole);
}

#[test]
fn a_clock_set_back_is_an_error_and_a_set_clock_is_told() {
    let folder = drawn();
    folder.write("more.csv", "id,place,age\nnew,Tønder,30\n");
    unchanged(&folder, || {
        klero_at(
            folder.path(),
            Some("2017-04-30T08:00:00Z"),
            &["draw", "--list", "more.csv"],
        )
    })
    .fails_with(2, &["the clock says 2017-04-30T08:00:00Z"]);
    klero_at(folder.path(), Some("yesterday"), &["status"]).fails_with(2, &["KLERO_NOW"]);
    let said = klero(folder.path(), &["audit"]).ok();
    assert!(said.out.contains("set clock  entries 0 to 44"));
    let folder = study();
    klero_at(folder.path(), None, &["seal", "--confirm", "study-1"]).ok();
    assert!(!folder.read("ledger.jsonl").contains("\"clock\""));
}

#[test]
fn a_study_is_found_from_a_folder_below() {
    let folder = sealed();
    std::fs::create_dir(folder.join("register")).unwrap();
    let said = klero(&folder.join("register"), &["status"]).ok();
    assert!(said.err.contains("study.toml"));
    let elsewhere = Folder::new();
    klero(elsewhere.path(), &["status", "--study", "nowhere"])
        .fails_with(2, &["no `study.toml`", "klero new DIR"]);
}

#[test]
fn a_changed_plan_is_told_and_a_changed_seal_refused() {
    let folder = drawn();
    folder.write("study.toml", plan_with(COMPLETE) + "\n# a thought\n");
    klero(folder.path(), &["outcomes"]).fails_with(2, &["is not the plan in force"]);
    folder.write(
        "study.toml",
        plan_with(COMPLETE).replace("\"effort\"", "\"effort2\""),
    );
    klero(folder.path(), &["outcomes"]).fails_with(2, &["[[arm]]", "sealed"]);
    let said = klero(folder.path(), &["check"]);
    assert_eq!(said.code, 1);
}

#[test]
fn a_broken_pipe_ends_quietly() {
    let folder = drawn();
    let klero = env!("CARGO_BIN_EXE_klero");
    let script = format!("{klero} allocation --quiet | head -n 1; echo ${{PIPESTATUS[0]}}");
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

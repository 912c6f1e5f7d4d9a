//! What an evaluator, a researcher and an auditor stumbled over.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::workshop::{Folder, Said, command, klero, plan_with};

const BLOCKS: &str = "[allocation]\nprocedure = \"permuted-blocks\"\nblock_sizes = [4, 6]\n\n\
                      [[eligible]]\nlabel = \"over 20\"\nfactor = \"age\"\nmin = 21";

fn study() -> Folder {
    let folder = Folder::new();
    folder.write("study.toml", plan_with(BLOCKS));
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    folder
}

fn draw(folder: &Folder, id: &str, more: &[&str]) -> Said {
    let fixed = [
        "draw",
        "--referral",
        id,
        "--set",
        "place=Tønder",
        "--set",
        "age=40",
    ];
    klero(folder.path(), &[&fixed, more].concat())
}

/// Returns the lines of a text without their breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_id_written_almost_like_one_that_was_drawn_is_refused_unless_the_persons_are_distinct() {
    let folder = study();
    for id in ["P-0001", "Åse-1"] {
        draw(&folder, id, &[]).ok();
    }
    let ledger = folder.read("ledger.jsonl");
    for (id, known, what) in [
        ("p-0001", "`P-0001`, drawn in entry 1", "capital letters"),
        ("P-1", "`P-0001`, drawn in entry 1", "leading zeros"),
        ("P0001", "`P-0001`, drawn in entry 1", "dashes"),
        ("P 0001", "`P-0001`, drawn in entry 1", "blanks"),
        ("P\u{2013}0001", "`P-0001`, drawn in entry 1", "dashes"),
        (
            "A\u{30a}se-1",
            "`Åse-1`, drawn in entry 2",
            "how a letter is put together",
        ),
    ] {
        for more in [&[][..], &["--dry-run"]] {
            let said = draw(&folder, id, more).fails_with(2, &["written almost like another"]);
            let text = flat(&said.err);
            assert!(text.contains(known) && text.contains(what), "{text}");
            assert!(text.contains("`--distinct`"), "{text}");
            assert!(!text.contains("effort") && !text.contains("control"));
        }
    }
    assert_eq!(folder.read("ledger.jsonl"), ledger);
    // A number that is another number is another person.
    draw(&folder, "P-0010", &["--dry-run"]).ok();
    draw(&folder, "P-1-1", &["--dry-run"]).ok();
    draw(&folder, "p-0001", &["--distinct"]).ok();
    // Whoever is in the ledger is answered, and the audit names the pair.
    draw(&folder, "p-0001", &[]).ok();
    let audit = klero(folder.path(), &["audit"]).ok();
    assert!(
        flat(&audit.out).contains(
            "that one person was drawn twice: `p-0001` (entry 3) is written almost like `P-0001` \
             (entry 1)"
        ),
        "{}",
        audit.out
    );
}

/// Ten digits that begin with a date are shown to nobody, whoever they look like.
#[test]
fn a_cpr_number_written_almost_like_a_drawn_id_is_not_shown() {
    let folder = study();
    draw(&folder, "101701234", &[]).ok();
    for more in [&[][..], &["--dry-run"]] {
        let said = draw(&folder, "0101701234", more).fails_with(2, &["shape of a CPR number"]);
        assert!(!said.err.contains("0101701234"), "{}", said.err);
        assert!(
            flat(&said.err).contains("`klero pseudonym`"),
            "{}",
            said.err
        );
    }
}

#[test]
fn ids_of_a_list_that_look_alike_are_refused_with_their_lines() {
    let folder = study();
    draw(&folder, "P-0001", &[]).ok();
    folder.write(
        "list.csv",
        "id,place,age\nn-1,Tønder,30\nN-01,Tønder,30\np-1,Tønder,30\nP-0001,Tønder,40\n",
    );
    let said = klero(folder.path(), &["draw", "--list", "list.csv"]).fails_with(2, &["2 ids are"]);
    let text = flat(&said.err);
    for part in [
        "line 3: `N-01` and `n-1` on line 2",
        "line 4: `p-1` and `P-0001`, drawn in entry 1",
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
    let all = ["draw", "--list", "list.csv", "--distinct"];
    assert_eq!(klero(folder.path(), &all).ok().out.lines().count(), 5);
    // The same list again asks, and asks nobody whether they are others.
    let again = klero(folder.path(), &["draw", "--list", "list.csv"]).ok();
    assert_eq!(again.out.lines().count(), 5);
}

#[test]
fn a_cluster_written_almost_like_one_that_was_drawn_is_not_drawn_anew() {
    let folder = Folder::new();
    let plan = plan_with("[allocation]\nprocedure = \"simple\"\ncluster = \"mentor\"");
    folder.write(
        "study.toml",
        plan.replace("[allocation]", "[[factor]]\nid = \"mentor\"\n[allocation]"),
    );
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    let of = |id: &str, mentor: &str| draw(&folder, id, &["--set", &format!("mentor={mentor}")]);
    of("a", "Anna").ok();
    of("b", "Anna").ok();
    of("c", "anna").fails_with(2, &["`anna` and `Anna`, drawn in entry 1"]);
}

#[test]
fn an_id_with_a_sign_that_cannot_be_seen_is_refused() {
    let folder = study();
    for id in ["P-1\u{200b}", "\u{feff}P-1", "P\u{ad}-1"] {
        draw(&folder, id, &[]).fails_with(2, &["a sign that cannot be seen, U+"]);
    }
}

#[test]
fn whoever_was_drawn_is_answered_without_the_facts_and_wrong_facts_are_told() {
    let folder = study();
    let first = draw(&folder, "r-1", &[]).ok();
    let ledger = folder.read("ledger.jsonl");
    std::fs::remove_file(folder.join("seed.key")).unwrap();
    let ask = |more: &[&str]| {
        klero(
            folder.path(),
            &[&["draw", "--referral", "r-1"], more].concat(),
        )
    };
    let again = ask(&[]).ok();
    assert_eq!(again.out, first.out);
    assert!(again.err.contains("drawn before"), "{}", again.err);
    assert_eq!(ask(&["--set", "age=40"]).ok().out, first.out);
    let json = ask(&["--json"]).ok().json();
    assert_eq!(json["drawn"][0]["already"], true);
    assert_eq!(
        ask(&["--dry-run"]).ok().out,
        "r-1  drawn already, in entry 1\n"
    );
    ask(&["--set", "age=41"]).fails_with(2, &["drawn with other facts", "`40`, now `41`"]);
    ask(&["--set", "aeg=41"]).fails_with(2, &["`aeg` is no factor", "`age`"]);
    klero(folder.path(), &["draw", "--referral", "r-2"]).fails_with(2, &["no value for factor"]);
    // An id a little off is told before its facts are asked for.
    klero(folder.path(), &["draw", "--referral", "R-1"])
        .fails_with(2, &["`r-1`, drawn in entry 1"]);
    assert_eq!(folder.read("ledger.jsonl"), ledger);
}

#[cfg(unix)]
#[test]
fn a_seed_that_others_can_read_is_warned_of_until_it_is_revealed() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let folder = study();
    let warns = |said: &Said| flat(&said.err).contains("others than its owner can read or change");
    assert!(!warns(&draw(&folder, "r-1", &[]).ok()));
    set_permissions(folder.join("seed.key"), Permissions::from_mode(0o640)).unwrap();
    let said = draw(&folder, "r-2", &[]).ok();
    assert!(warns(&said), "{}", said.err);
    for part in ["(mode 640)", "`chmod 600 ./seed.key`"] {
        assert!(flat(&said.err).contains(part), "{}", said.err);
    }
    assert!(warns(&klero(folder.path(), &["audit"]).ok()));
    assert!(warns(
        &klero(folder.path(), &["unseal", "--confirm", "study-1"]).ok()
    ));
    assert!(!warns(&klero(folder.path(), &["audit"]).ok()));
}

/// Runs `klero pseudonym` on ids from stdin.
fn pseudonyms(folder: &Folder, more: &[&str], ids: &str) -> Said {
    let mut child = command(folder.path(), None, &[&["pseudonym"], more].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(ids.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_pseudonym_is_not_made_of_a_cpr_number_with_a_fault() {
    let folder = Folder::new();
    pseudonyms(&folder, &[], "x\n").fails_with(
        2,
        &[
            "no key at `pseudonym.key`",
            "hint: `klero pseudonym --make-key`",
        ],
    );
    folder.write("pseudonym.key", "01".repeat(32));
    for (id, fault) in [
        ("010170-123", "has 9 digits, not ten"),
        ("010170-12345", "has 11 digits, not ten"),
        ("01017012345", "has 11 digits, not ten"),
        ("320170-1234", "begin with no date"),
        ("0113701234", "begin with no date"),
        ("300270-1234", "begin with no date"),
        ("10170-1234", "lost its leading zero"),
    ] {
        let said = pseudonyms(&folder, &[], &format!("0101701234\n{id}\n"))
            .fails_with(2, &[fault, "in stdin, line 2", "`--any-id`"]);
        assert!(!said.err.contains(id), "{}", said.err);
        pseudonyms(&folder, &["--any-id"], &format!("{id}\n")).ok();
        folder.write("list.csv", format!("cpr\n0101701234\n{id}\n"));
        let list = [
            "pseudonym",
            "--list",
            "list.csv",
            "--column",
            "cpr",
            "--out",
        ];
        klero(folder.path(), &[&list[..], &["o.csv"]].concat())
            .fails_with(2, &[fault, "list.csv, line 3, column cpr"]);
        assert!(!folder.join("o.csv").exists());
    }
    for id in ["290270-1234", "610170-1234", "case 4711", "123456-78"] {
        pseudonyms(&folder, &[], &format!("{id}\n")).ok();
    }
}

#[test]
fn empty_lines_at_the_end_of_the_ids_mean_nothing() {
    let folder = Folder::new();
    folder.write("pseudonym.key", "01".repeat(32));
    let said = pseudonyms(&folder, &[], "0101701234\n\n\n").ok();
    assert_eq!(said.out.lines().count(), 1);
    pseudonyms(&folder, &[], "0101701234\n\nx\n").fails_with(2, &["an empty id", "line 2"]);
}

#[test]
fn a_ledger_that_was_saved_anew_is_one_finding_that_says_how_to_get_it_back() {
    let folder = study();
    draw(&folder, "r-1", &[]).ok();
    let ledger = folder.read("ledger.jsonl");
    let head = klero(folder.path(), &["audit", "--json"]).ok().json()["head"].clone();
    let returns = ledger.replace('\n', "\r\n");
    for (text, what, remedy) in [
        (returns.clone(), "2 lines end in CR LF", "`tr -d '\\r'`"),
        (
            format!("\u{feff}{ledger}"),
            "a byte order mark",
            "`tail -c +4`",
        ),
        (
            format!("\u{feff}{returns}"),
            "a byte order mark, and 2 lines end in CR LF",
            "`tail -c +4 | tr -d '\\r'`",
        ),
    ] {
        folder.write("ledger.jsonl", &text);
        let json = klero(folder.path(), &["audit", "--json"]);
        assert_eq!(json.code, 1);
        let json = json.json();
        let [finding] = &json["findings"].as_array().unwrap()[..] else {
            panic!("{json}");
        };
        assert_eq!(
            (&finding["entry"], &finding["rule"]),
            (&0.into(), &"form".into())
        );
        for part in [what, remedy] {
            assert!(
                finding["message"].as_str().unwrap().contains(part),
                "{json}"
            );
        }
        // All else is judged, and the head is that of the ledger.
        assert_eq!((&json["rederived"], &json["head"]), (&1.into(), &head));
        let said = klero(folder.path(), &["status"])
            .fails_with(2, &["another program saved the file anew", "ledger.jsonl"]);
        assert!(flat(&said.err).contains(remedy), "{}", said.err);
        assert_eq!(
            folder.read("ledger.jsonl"),
            text,
            "nothing is written to it"
        );
    }
    // What was changed beside that is a finding of its own.
    let forged = returns.replacen("A study", "B study", 1);
    folder.write("ledger.jsonl", forged);
    let json = klero(folder.path(), &["audit", "--json"]).json();
    assert!(json["findings"].as_array().unwrap().len() > 1, "{json}");
}

#[test]
fn an_auditor_is_told_of_files_that_are_not_there_by_the_nearest_name() {
    let folder = study();
    klero(folder.path(), &["audit", "ledgr.jsonl"]).fails_with(
        2,
        &["no file `ledgr.jsonl`", "did you mean `ledger.jsonl`?"],
    );
    klero(folder.path(), &["audit", "--seed", "sed.key"])
        .fails_with(2, &["no file `sed.key`", "did you mean `seed.key`?"]);
    let said =
        klero(folder.path(), &["audit", "quite-else"]).fails_with(2, &["no file `quite-else`"]);
    assert!(!said.err.contains("klero seal"), "{}", said.err);
}

#[test]
fn an_audit_takes_several_heads_in_small_and_capital_digits() {
    let folder = study();
    let head = || {
        let json = klero(folder.path(), &["audit", "--json"]).ok().json();
        json["head"].as_str().unwrap().to_owned()
    };
    let first = head();
    draw(&folder, "r-1", &[]).ok();
    let last = head();
    let audit = |heads: &[&str]| {
        let heads = heads.iter().flat_map(|head| ["--head", head]);
        klero(
            folder.path(),
            &[&["audit"][..], &heads.collect::<Vec<_>>()].concat(),
        )
    };
    let said = audit(&[&first.to_uppercase(), &last]).ok();
    assert!(
        !said.out.contains("cut off"),
        "the latest counts: {}",
        said.out
    );
    let said = audit(&[&first]).ok();
    assert!(flat(&said.out).contains("that entries after entry 0 were cut off"));
    let none = "0".repeat(63) + "1";
    let said = audit(&[&first, &none]);
    assert_eq!(said.code, 1);
    assert!(flat(&said.out).contains(&format!("the kept head `{none}` is no head")));
    let said = audit(&["abc"]).fails_with(2, &["a head is 64 hexadecimal digits"]);
    assert!(said.err.lines().all(|line| line.chars().count() <= 80));
    // What no ledger can show is said.
    let said = audit(&[&last]).ok();
    assert!(flat(&said.out).contains("turned away before anybody entered them"));
}

#[test]
fn check_says_what_fits_how_far_the_trial_has_come() {
    let folder = Folder::new();
    klero(folder.path(), &["new", "s"]).ok();
    let check = |folder: &Path| klero(folder, &["check"]);
    let said = check(&folder.join("s"));
    assert_eq!(said.code, 1, "an untouched template is not done");
    for part in [
        "id is still `my-study-2026`",
        "title is still `The title of the study`",
    ] {
        assert!(flat(&said.out).contains(part), "{}", said.out);
    }
    let folder = Folder::new();
    folder.write("study.toml", plan_with(BLOCKS));
    assert!(
        check(folder.path())
            .ok()
            .out
            .contains("guessable: say how many")
    );
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    let said = check(folder.path()).ok();
    assert!(said.out.contains("ledger: 1 entry\n"), "{}", said.out);
    assert!(!said.out.contains("guessable"), "{}", said.out);
    // A plan changed after the seal comes before the next draw.
    let plan = folder.read("study.toml");
    folder.write("study.toml", format!("{plan}\n# a thought\n"));
    let said = check(folder.path()).ok();
    assert!(flat(&said.out).contains("next: klero record amend --reason TEXT"));
    folder.write("study.toml", plan);
    assert!(check(folder.path()).ok().out.contains("next: klero draw\n"));
}

#[test]
fn a_correction_that_would_have_kept_somebody_out_says_so() {
    let folder = study();
    draw(&folder, "r-1", &[]).ok();
    let correct = |set: &str, more: &[&str]| {
        let fixed = [
            "record",
            "correct",
            "--referral",
            "r-1",
            "--set",
            set,
            "--reason",
            "x",
        ];
        klero(folder.path(), &[&fixed, more].concat()).ok()
    };
    assert!(!correct("age=30", &[]).err.contains("refused"));
    let said = correct("age=20", &[]);
    for part in [
        "would have been refused (does not meet: over 20)",
        "decided at the draw",
    ] {
        assert!(flat(&said.err).contains(part), "{}", said.err);
    }
    // A fact that was corrected before counts as corrected.
    let said = correct("place=Brøndby", &["--json"]);
    assert_eq!(said.json()["not_met"], "over 20");
    klero(folder.path(), &["audit"]).ok();
}

#[test]
fn faults_of_rows_are_told_together() {
    let folder = Folder::new();
    let plan = plan_with(BLOCKS);
    let plan = plan.split("[register").next().unwrap().to_owned()
        + "[register.bfl]\nkind = \"bfl\"\nfiles = [\"bfl.csv\"]\n\n[[outcome]]\nid = \"mood\"\n\
           measure = \"value\"\nfile = \"mood.csv\"\ncolumn = \"end\"\n";
    folder.write("study.toml", plan);
    let rows = |bad: &str| {
        (0..7)
            .map(|n| format!("p{n},2017,5,{bad}\n"))
            .collect::<String>()
    };
    folder.write("bfl.csv", format!("id,year,month,hours\n{}", rows("1x")));
    folder.write(
        "mood.csv",
        "id,end\na,1\nb,x\n,3\na,4\nc,y\nd,2,5\n".replace("2,5", "\"2,5\""),
    );
    let said = klero(folder.path(), &["check"]);
    assert_eq!(said.code, 1);
    let text = flat(&said.out);
    for part in [
        "7 faults in the rows `1x` is no number of hours, in ./bfl.csv, line 2, column hours",
        "line 6, column hours and 2 more",
        "4 faults in the rows `x` is no number, in ./mood.csv, line 3, column end",
        "the key is empty, in ./mood.csv, line 4",
        "one person has two rows, in ./mood.csv, lines 2 and 5",
        "`y` is no number, in ./mood.csv, line 6",
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{}", said.out);
    }
    assert!(said.out.lines().all(|line| line.chars().count() <= 80));
    let said = klero(folder.path(), &["ingest"]).fails_with(2, &["7 faults in the rows"]);
    assert!(
        flat(&said.err).contains("hint: hours are digits"),
        "{}",
        said.err
    );
}

#[test]
fn lists_and_usage_fit_eighty_columns() {
    let folder = Folder::new();
    for arguments in [
        &["methods"][..],
        &["audit", "--head", &"é".repeat(40), "--quiet"],
        &[
            "draw",
            "--referral",
            "a",
            "--set",
            "a-rather-long-factor-without-any-value-to-it",
        ],
    ] {
        let said = klero(folder.path(), arguments);
        for line in said.out.lines().chain(said.err.lines()) {
            // A source's address is one word.
            let words = line.split_whitespace().count();
            assert!(line.chars().count() <= 80 || words == 1, "{line}");
        }
    }
}

#[test]
fn what_is_never_overwritten_is_not_said_to_be_by_force() {
    let folder = Folder::new();
    klero(folder.path(), &["new", "s"]).ok();
    let said = klero(folder.path(), &["new", "s"]).fails_with(2, &["it is not overwritten"]);
    assert!(!said.err.contains("--force"), "{}", said.err);
}

#[test]
fn a_ledger_alone_is_counted_and_listed() {
    let folder = study();
    draw(&folder, "r-1", &[]).ok();
    let elsewhere = Folder::new();
    elsewhere.write("l/ledger.jsonl", folder.read("ledger.jsonl"));
    for command in ["status", "allocation"] {
        let own = klero(folder.path(), &[command]).ok();
        let named = klero(elsewhere.path(), &[command, "--study", "l"]).ok();
        assert_eq!(named.out, own.out);
        let here = klero(&elsewhere.join("l"), &[command]).ok();
        assert_eq!(here.out, own.out);
        assert!(
            here.err.contains("with no study.toml beside it"),
            "{}",
            here.err
        );
    }
    klero(elsewhere.path(), &["status"]).fails_with(2, &["no `study.toml`"]);
}

#[test]
fn topics_of_help_come_one_at_a_time() {
    let folder = Folder::new();
    klero(folder.path(), &["help", "start", "desk"]).fails_with(
        2,
        &[
            "`start` is a topic, and topics come one at a time",
            "hint: `klero help start`",
        ],
    );
}

#[test]
fn an_estimate_of_a_faulty_outcome_is_no_second_fault() {
    let folder = Folder::new();
    let outcome = "[[outcome]]\nid = \"work\"\nmeasure = \"ever\"\nstates = [\"ordinary\"]\n\
                   weeks = [[1, 52], [53, 104]]\n[[estimate]]\noutcome = \"work-1-52\"\n";
    let check = |change: (&str, &str)| {
        folder.write(
            "study.toml",
            plan_with(BLOCKS) + &outcome.replacen(change.0, change.1, 1),
        );
        klero(folder.path(), &["check", "--no-data"])
    };
    check(("x-not-there", "")).ok();
    for change in [
        ("104]", "4]"),
        ("id = \"work\"\n", ""),
        ("id = \"work\"", "id = 5"),
    ] {
        let said = check(change);
        assert!(
            said.out.starts_with("the plan has a fault\n"),
            "{}",
            said.out
        );
    }
    let said = check(("work-1-52", "wrk"));
    assert!(said.out.contains("`wrk` is no outcome"), "{}", said.out);
}

/// The auditor that is not klero.
#[test]
fn the_second_auditor_tells_a_wrong_seed_once_and_an_unknown_arm() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/audit/audit.py");
    let works = Command::new("python3")
        .args(["-c", "import tomllib"])
        .output();
    if !works.is_ok_and(|output| output.status.success()) {
        return;
    }
    let folder = study();
    for id in ["a", "b", "c"] {
        draw(&folder, id, &[]).ok();
    }
    let audit = |ledger: PathBuf, seed: PathBuf| {
        let output = Command::new("python3")
            .args([&script, &ledger, Path::new("--seed"), &seed])
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (ledger, seed) = (folder.join("ledger.jsonl"), folder.join("seed.key"));
    assert_eq!(audit(ledger.clone(), seed.clone()).0, Some(0));
    let wrong = folder.write("wrong.key", "1".repeat(64));
    let (code, text) = audit(ledger, wrong);
    assert_eq!(
        (code, text.lines().next()),
        (
            Some(1),
            Some("entry 0: commitment: the seed is not the one sealed")
        )
    );
    assert!(text.contains("findings: 1"), "{text}");
    let text = folder.read("ledger.jsonl");
    let at = text.rfind("\"arm\":\"").unwrap() + 7;
    let end = at + text[at..].find('"').unwrap();
    let forged = format!("{}neither{}", &text[..at], &text[end..]);
    let (code, text) = audit(folder.write("forged.jsonl", forged), seed);
    assert_eq!(
        (code, text.lines().next()),
        (Some(1), Some("entry 3: arm: neither, no arm of the plan"))
    );
    assert!(text.contains("findings: 1"), "{text}");
}

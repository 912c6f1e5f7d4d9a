//! The scripts beside a report: another program recomputes its rows, and says where it differs.
//!
//! Needs R with estimatr and survival for all but the wiring; without them the tests pass, and say
//! that nothing was run.

use std::path::Path;
use std::process::Command;

use klero::protocol::MethodId;
use serde_json::Value;

use crate::workshop::{Folder, copy, klero, rscript};

const OUTCOMES: &str = r#"
[register.dream]
kind = "spells"
files = ["spells.csv"]

[[outcome]]
id = "job"
measure = "ever"
states = ["ordinary"]
weeks = [1, 40]
[[outcome]]
id = "job-weeks"
measure = "weeks"
states = ["ordinary"]
weeks = [1, 40]
[[outcome]]
id = "first-job"
measure = "time-to"
states = ["ordinary"]
weeks = [1, 40]
[[outcome]]
id = "pooled"
measure = "share"
states = ["ordinary"]
weeks = [1, 40]
denominator = "pooled"
[[outcome]]
id = "on-benefit"
measure = "ever"
states = ["benefit"]
weeks = [1, 40]
[[outcome]]
id = "praktik"
measure = "ever"
states = ["praktik"]
weeks = [1, 40]
[[outcome]]
id = "benefit-before"
measure = "history"
[[outcome]]
id = "score"
measure = "value"
file = "scores.csv"
column = "after"
baseline = "before"
"#;

/// A study of 180 people by a rule: strata of persons, or clusters of four.
pub(crate) fn study(allocation: &str, estimates: &[(&str, &str, &str)]) -> Folder {
    let clusters = allocation.contains("cluster");
    let team = if clusters {
        "[[factor]]\nid = \"team\"\n"
    } else {
        ""
    };
    let mut plan = format!(
        "[study]\nid = \"study-1\"\ntitle = \"A study\"\n\
         [[arm]]\nid = \"effort\"\n[[arm]]\nid = \"control\"\nreference = true\n\
         [[factor]]\nid = \"place\"\nlevels = [\"Tønder\", \"Brøndby\", \"Ærø\"]\n\
         [[factor]]\nid = \"age\"\nmin = 18\nmax = 66\n\
         bands = {{ \"18-39\" = [18, 39], \"40-66\" = [40, 66] }}\n\
         [[factor]]\nid = \"sex\"\nlevels = [\"f\", \"m\"]\n\
         {team}[allocation]\nprocedure = \"complete\"\n{allocation}\n{OUTCOMES}\
         [replays]\nnumber = 99\n"
    );
    for (outcome, methods, more) in estimates {
        plan += &format!("[[estimate]]\noutcome = \"{outcome}\"\n{more}\n");
        if !methods.is_empty() {
            let methods: Vec<String> = methods.split(' ').map(|m| format!("{m:?}")).collect();
            plan += &format!("method = [{}]\n", methods.join(", "));
        }
    }
    let mut people = format!("id,place,age,sex{}\n", if clusters { ",team" } else { "" });
    let mut spells = String::from("id,start,end,state\n");
    let mut scores = String::from("id,before,after\n");
    // 8 May 2017 is the Monday of week 1.
    let first: klero::period::Date = "2017-05-08".parse().unwrap();
    let day = |days: i64| {
        let days = jiff::Span::new().days(days);
        first.checked_add(days).unwrap().to_string()
    };
    for i in 0..180_i64 {
        let id = format!("r-{i:04}");
        let place =
            ["Tønder", "Brøndby", "Ærø"][(if clusters { i / 4 } else { i * 7 } % 3) as usize];
        let sex = ["f", "m"][(i * 5 % 7 % 2) as usize];
        people += &format!("{id},{place},{},{sex}", 18 + i * 11 % 49);
        people += &match clusters {
            true => format!(",t-{:02}\n", i / 4),
            false => "\n".to_owned(),
        };
        let h = i * i * 31 % 97 + i * 17 % 13;
        let begin = 7 * (h % 60) + 3;
        let mut spell = |from: i64, to: i64, state: &str| {
            spells += &format!("{id},{},{},{state}\n", day(from), day(to));
        };
        spell(-217 + 7 * (h % 23), -1, "benefit");
        spell(0, 20, ["praktik", "benefit"][usize::from(h % 5 != 0)]);
        let leaves = h % 11 == 3;
        let last = if leaves { 139 } else { 400 };
        let begin = begin.max(24).min(last + 1);
        if begin > 21 {
            spell(21, begin - 1, "benefit");
        }
        if begin <= last {
            spell(begin, last, "ordinary");
        }
        if leaves {
            spell(140, 400, ["dead", "abroad"][(i % 2) as usize]);
        }
        let before = if i % 8 == 3 {
            String::new()
        } else {
            (20 + h % 37).to_string()
        };
        let after = if h % 19 == 1 {
            String::new()
        } else {
            (30 + h % 41 + i % 9).to_string()
        };
        scores += &format!("{id},{before},{after}\n");
    }
    let folder = Folder::new();
    folder.write("study.toml", plan);
    folder.write("list.csv", people);
    folder.write("spells.csv", spells);
    folder.write("scores.csv", scores);
    folder.write("seed.key", format!("{}\n", "07".repeat(32)));
    let run = |arguments: &[&str]| klero(folder.path(), arguments).ok();
    run(&["seal", "--seed", "seed.key", "--confirm", "study-1"]);
    run(&["draw", "--list", "list.csv", "--out", "arms.csv"]);
    run(&["ingest"]);
    run(&["outcomes"]);
    run(&["report"]);
    folder
}

fn in_strata() -> Folder {
    let adjusted = "adjust = [\"age\", \"sex\", \"score_baseline\"]";
    study(
        "strata = [\"place\"]",
        &[
            (
                "job",
                "risk-difference risk-ratio randomisation-test",
                "by = \"sex\"",
            ),
            (
                "job",
                "mantel-haenszel risk-difference",
                "interval = \"newcombe\"",
            ),
            ("job", "mantel-haenszel", "scale = \"ratio\""),
            (
                "job-weeks",
                "stratified-difference ols lin",
                &format!("{adjusted}\nby = \"age\"\nlevel = 0.9"),
            ),
            (
                "first-job",
                "rmst log-rank kaplan-meier cox",
                "adjust = [\"age\", \"sex\"]\nhorizon = 18",
            ),
            ("score", "ancova change", ""),
            ("score", "ols", "se = \"hc3\""),
            ("job-weeks", "late", "received = \"praktik\""),
            (
                "job-weeks",
                "late",
                "received = \"praktik\"\nadjust = [\"age\"]\ninterval = \"t\"",
            ),
        ],
    )
}

fn in_clusters() -> Folder {
    let adjusted = "adjust = [\"score_baseline\", \"benefit-before\"]";
    study(
        "cluster = \"team\"",
        &[
            (
                "job-weeks",
                "ols lin ratio-of-means late",
                &format!("{adjusted}\nreceived = \"praktik\""),
            ),
            ("job-weeks", "ols", "se = \"cr1\"\nby = \"age\""),
            ("job-weeks", "ols", "se = \"cr0\""),
            ("job-weeks", "ols", "by = \"place\""),
            ("first-job", "cox", "adjust = [\"score_baseline\"]"),
            ("score", "ancova change", ""),
        ],
    )
}

fn of_persons() -> Folder {
    study(
        "strata = []",
        &[
            (
                "job",
                "risk-difference risk-ratio odds-ratio fisher-exact",
                "",
            ),
            ("job", "risk-difference", "interval = \"newcombe\""),
            ("job", "risk-difference", "interval = \"wald\""),
            ("job", "risk-ratio", "interval = \"log\""),
            ("job", "odds-ratio", "interval = \"exact\""),
            (
                "first-job",
                "aalen-johansen kaplan-meier rmst log-rank cox",
                "horizon = 18",
            ),
            ("pooled", "", ""),
            (
                "score",
                "difference-in-means lin ratio-of-means change",
                "adjust = [\"score_baseline\", \"place\"]",
            ),
            ("score", "ols", "se = \"hc1\""),
            ("score", "ols", "se = \"classical\""),
            ("score", "late", "received = \"praktik\""),
            ("benefit-before", "difference-in-means", ""),
            // Everybody had it: no spread, no test.
            ("on-benefit", "difference-in-means", ""),
            ("on-benefit", "risk-difference risk-ratio", ""),
        ],
    )
}

/// A study of one arm, which has no ledger.
fn of_one_arm() -> Folder {
    let folder = Folder::new();
    let plan = "[study]\nid = \"study-1\"\ntitle = \"A study\"\n[[arm]]\nid = \"only\"\n\
        [register.dream]\nkind = \"spells\"\nfiles = [\"spells.csv\"]\n\
        [[outcome]]\nid = \"job\"\nmeasure = \"ever\"\nstates = [\"ordinary\"]\n\
        weeks = [1, 10]\ntarget = 0.3\n\
        [[outcome]]\nid = \"score\"\nmeasure = \"value\"\nfile = \"scores.csv\"\n\
        column = \"after\"\nbaseline = \"before\"\n\
        [[estimate]]\noutcome = \"job\"\n\
        [[estimate]]\noutcome = \"job\"\ninterval = \"wilson\"\nlevel = 0.9\n\
        [[estimate]]\noutcome = \"score\"\n";
    let mut dates = String::from("referral,date\n");
    let mut spells = String::from("id,start,end,state\n");
    let mut scores = String::from("id,before,after\n");
    for i in 0..17 {
        dates += &format!("{i},2017-05-08\n");
        let state = ["ordinary", "benefit", "benefit"][i % 3];
        spells += &format!("{i},2017-05-08,2017-12-31,{state}\n");
        scores += &format!("{i},{},{}\n", 20 + i * 5 % 7, 24 + i * 3 % 11);
    }
    folder.write("study.toml", plan);
    folder.write("dates.csv", dates);
    folder.write("spells.csv", spells);
    folder.write("scores.csv", scores);
    klero(folder.path(), &["ingest"]).ok();
    klero(folder.path(), &["outcomes", "--dates", "dates.csv"]).ok();
    klero(folder.path(), &["report"]).ok();
    folder
}

/// Runs the script of a report; `None` where there is no R. Returns what it said and its status.
fn verified(folder: &Folder, report: &str) -> Option<(String, i32)> {
    let rscript = rscript()?;
    let output = Command::new(rscript)
        .arg(folder.join(report).join("verify.R"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr);
    Some((said + &failed, output.status.code().unwrap()))
}

/// Runs the script of a report, in which every number must be found right; and once more with
/// every number of klero's changed by a hundredth, in which every number must be found wrong.
#[track_caller]
fn agrees(folder: &Folder, report: &str, least: usize) -> String {
    let Some((said, status)) = verified(folder, report) else {
        return String::new();
    };
    assert_eq!(status, 0, "{said}");
    assert!(
        said.contains("its SHA-256 is that of the report's file"),
        "{said}"
    );
    assert!(said.contains(" 0 differ, 0 rows skipped"), "{said}");
    let compared = said.lines().filter(|line| line.ends_with("  ok")).count();
    assert!(compared >= least, "{compared} numbers compared:\n{said}");
    let place = format!("{report}/verify.R");
    let script = folder.read(&place);
    let head = "\n# --- the rows of the report ---";
    let wrong = "\nright <- check\n\
        check <- function(number, what, klero, ...)\n  \
        right(number, what, klero + 0.01 * abs(klero) + 0.001, ...)\n";
    folder.write(&place, script.replacen(head, &format!("{wrong}{head}"), 1));
    let (found, status) = verified(folder, report).unwrap();
    folder.write(&place, script);
    assert_eq!(status, 1, "{found}");
    let all = format!("\n0 numbers agree, {compared} differ, 0 rows skipped");
    assert!(found.contains(&all), "{found}");
    said
}

#[test]
fn r_finds_the_numbers_of_the_demo() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    klero(&folder.join("d"), &["report"]).ok();
    agrees(&folder, "d/report", 80);
}

#[test]
fn r_finds_the_numbers_of_every_method() {
    let said = [
        agrees(&in_strata(), "report", 200),
        agrees(&in_clusters(), "report", 60),
        agrees(&of_persons(), "report", 150),
        agrees(&of_one_arm(), "report", 15),
    ]
    .concat();
    if said.is_empty() {
        return;
    }
    for method in MethodId::ALL {
        use MethodId::{LeeBounds, RandomisationTest, WorstCaseBounds};
        if matches!(method, RandomisationTest | LeeBounds | WorstCaseBounds) {
            continue;
        }
        // "12  score: effort - control, ancova (t), hc2"
        let row = |line: &str| {
            let mut parts = line.split(", ").skip(1);
            line.starts_with(|first: char| first.is_ascii_digit())
                && parts.any(|part| part.split(" (").next() == Some(method.name()))
        };
        assert!(said.lines().any(row), "no row of {method}:\n{said}");
    }
}

#[test]
fn r_finds_the_numbers_of_the_examples() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for (example, least) in [
        ("vordingborg", 160),
        ("traedesten", 130),
        ("social-stoette", 60),
        ("naestved", 20),
    ] {
        let folder = Folder::new();
        copy(&examples.join(example), folder.path());
        let mut outcomes = vec!["outcomes"];
        if example == "naestved" {
            outcomes.extend(["--dates", "referrals.csv"]);
        }
        klero(folder.path(), &["ingest"]).ok();
        klero(folder.path(), &outcomes).ok();
        klero(folder.path(), &["report"]).ok();
        agrees(&folder, "report", least);
    }
}

/// The number after `name = ` or `k_name = ` in a row of a script.
fn told(row: &str, name: &str) -> Option<f64> {
    let from = row.split_once(&format!("{name} = "))?.1;
    let end = from.find([',', ')', '\n']).unwrap_or(from.len());
    Some(from[..end].parse().unwrap())
}

#[test]
fn the_scripts_hold_the_numbers_of_estimate_to_the_last_digit() {
    let folder = in_strata();
    let json = klero(folder.path(), &["estimate", "--json"]).ok().json();
    let rows = json["estimates"].as_array().unwrap();
    let (r, stata) = (
        folder.read("report/verify.R"),
        folder.read("report/verify.do"),
    );
    let (mut in_r, mut in_stata) = (0, 0);
    for (row, place) in rows.iter().zip(1..) {
        let value = |name: &str| -> Option<f64> {
            let interval = &row["interval"];
            let found = match name {
                "lower" | "upper" => interval.get(name).unwrap_or(&Value::Null),
                _ => &row[name],
            };
            found.as_f64()
        };
        let of_r = r.split(&format!("\ncheck({place}, ")).nth(1);
        let of_stata = stata.split(&format!("\nrow {place}  ")).nth(1);
        for name in [
            "estimate",
            "std_error",
            "df",
            "p_value",
            "lower",
            "upper",
            "n_arm",
        ] {
            if let Some(text) = of_r {
                // The given numbers end where the people begin.
                let given = text.split_once("      on, ").unwrap().0;
                assert_eq!(told(given, name), value(name), "{place} {name}: {given}");
                in_r += 1;
            }
            if let Some(text) = of_stata {
                let given = text.split_once("\ncompare").unwrap().0;
                assert_eq!(
                    told(given, &format!("k_{name}")),
                    value(name),
                    "{place} {name}"
                );
                in_stata += 1;
            }
        }
        // Each row is recomputed or named with the reason it is not.
        let outcome = row["outcome"].as_str().unwrap();
        let left = |script: &str, quote: &str| {
            let (_, left) = script.split_once("Not recomputed:").unwrap();
            left.contains(&format!("{quote}  {place}  {outcome}: "))
        };
        assert!(of_r.is_some() != left(&r, "cat(\""), "row {place} in R");
        let stata_left = left(&stata, "display `\"");
        assert!(of_stata.is_some() != stata_left, "row {place} in Stata");
    }
    assert!(in_r > 200 && in_stata > 150, "{in_r} {in_stata}");
    assert!(r.contains("its draws are klero's own"));
    // Rows of persons stay out of what is handed over.
    assert!(!folder.join("report/analysis.csv").exists());
    let analysis = folder.read("derived/analysis.csv");
    assert!(
        analysis.starts_with("referral,arm,stratum,place,age,age_band,sex,"),
        "{analysis}"
    );
    assert_eq!(analysis.lines().count(), 181);
}

#[test]
fn a_tampered_number_or_file_is_found() {
    let folder = of_persons();
    let script = folder.read("report/verify.R");
    let (functions, rows) = script.split_once("\ncheck(").unwrap();
    let (before, row) = rows.split_once("std_error = ").unwrap();
    let before = format!("{functions}\ncheck({before}");
    let (number, after) = row.split_once(',').unwrap();
    let tampered: f64 = number.parse::<f64>().unwrap() * 1.00001;
    folder.write(
        "report/verify.R",
        format!("{before}std_error = {tampered},{after}"),
    );
    if let Some((said, status)) = verified(&folder, "report") {
        assert_eq!(status, 1, "{said}");
        assert!(said.contains(", 1 differ,"), "{said}");
    }
    folder.write("report/verify.R", &script);
    let analysis = folder.read("derived/analysis.csv");
    folder.write(
        "derived/analysis.csv",
        analysis.replacen(",effort,", ",control,", 1),
    );
    if let Some((said, status)) = verified(&folder, "report") {
        assert_eq!(status, 1, "{said}");
        assert!(said.contains("its SHA-256 is"), "{said}");
    }
}

//! The second auditor, `examples/audit/audit.py`, on ledgers of all procedures.

use std::process::Command;

use crate::workshop::{Folder, klero, python};

const ARMS_1_1: &str = "[[arm]]\nid = \"effort\"\n[[arm]]\nid = \"control\"\nreference = true\n";
const ARMS_2_1: &str =
    "[[arm]]\nid = \"effort\"\nratio = 2\n[[arm]]\nid = \"control\"\nreference = true\n";
const ARMS_2_2_1: &str = "[[arm]]\nid = \"a\"\nratio = 2\n[[arm]]\nid = \"b\"\nratio = 2\n\
                          [[arm]]\nid = \"c\"\nreference = true\n";

const FACTORS: &str = "[[factor]]\nid = \"place\"\nlevels = [\"Tønder\", \"Brøndby\"]\n\
                       [[factor]]\nid = \"age\"\nmin = 18\nmax = 66\n\
                       bands = { \"18-29\" = [18, 29], \"30-66\" = [30, 66] }\n\
                       [[factor]]\nid = \"mentor\"\nlevels = [\"m1\", \"m2\", \"m3\", \"m4\"]\n";

/// Arms and `[allocation]` of every procedure, in ratios and strata that differ.
const PLANS: &[(&str, &str)] = &[
    (ARMS_1_1, "procedure = \"simple\""),
    (
        ARMS_2_2_1,
        "procedure = \"simple\"\nstrata = [\"age\", \"place\"]",
    ),
    (ARMS_1_1, "procedure = \"complete\""),
    (
        ARMS_2_2_1,
        "procedure = \"complete\"\nstrata = [\"place\", \"age\"]",
    ),
    (
        ARMS_1_1,
        "procedure = \"complete\"\ncounts = { control = 21, effort = 19 }",
    ),
    (
        ARMS_1_1,
        "procedure = \"permuted-blocks\"\nblock_sizes = [4]",
    ),
    (
        ARMS_2_2_1,
        "procedure = \"permuted-blocks\"\nblock_sizes = [10, 5]\nstrata = [\"place\"]",
    ),
    (
        ARMS_1_1,
        "procedure = \"block-urn\"\nlambda = 2\nstrata = [\"age\"]",
    ),
    (ARMS_2_1, "procedure = \"block-urn\"\nlambda = 1"),
    (
        ARMS_1_1,
        "procedure = \"biased-coin\"\nprobability = \"4/6\"\nstrata = [\"place\"]",
    ),
    (
        ARMS_1_1,
        "procedure = \"big-stick\"\nlimit = 2\nstrata = [\"place\"]",
    ),
    (
        ARMS_1_1,
        "procedure = \"minimisation\"\nmeasure = \"range\"\nprobability = \"4/5\"\n\
         weights = { place = 2, age = 1 }",
    ),
    (
        ARMS_2_2_1,
        "procedure = \"minimisation\"\nmeasure = \"variance\"\nprobability = \"3/4\"\n\
         weights = { age = 1, mentor = 3 }\nstrata = [\"place\"]",
    ),
    (
        ARMS_1_1,
        "procedure = \"permuted-blocks\"\nblock_sizes = [2, 4]\ncluster = \"mentor\"",
    ),
];

fn audited(folder: &Folder, python: &str, ledger: &str) -> (i32, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/audit/audit.py");
    let output = Command::new(python)
        .current_dir(folder.path())
        .args([script, ledger, "--seed", "seed.key"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), text + &errors)
}

#[test]
fn an_auditor_written_from_the_specification_finds_every_ledger_to_hold() {
    let Some(python) = python() else {
        return;
    };
    for (number, (arms, allocation)) in PLANS.iter().enumerate() {
        let folder = Folder::new();
        let study = "[study]\nid = \"s-1\"\ntitle = \"S\"\n";
        let plan = format!(
            "{study}{arms}{FACTORS}[allocation]\n{allocation}\n\
             [[eligible]]\nlabel = \"over 20\"\nfactor = \"age\"\nmin = 21\n"
        );
        folder.write("study.toml", plan);
        let mut list = String::from("id,place,age,mentor\n");
        let clusters = allocation.contains("cluster");
        let mut eligible = 0;
        for n in 0..400 {
            let (place, age) = (["Tønder", "Brøndby"][(n * n + n / 3) % 2], 18 + n * 11 % 49);
            let mentor = format!("m{}", n % 4 + 1);
            // With counts, exactly 40 people can be drawn.
            if allocation.contains("counts") && (eligible == 40 || age < 21) {
                continue;
            }
            eligible += 1;
            let place = if clusters { "Tønder" } else { place };
            list += &format!("r-{n},{place},{age},{mentor}\n");
            if n == 119 {
                break;
            }
        }
        folder.write("list.csv", list);
        let rule = ["--beacon-rule", "the lottery of 6 May"];
        let seal: Vec<&str> = ["seal", "--confirm", "s-1"]
            .into_iter()
            .chain(rule.into_iter().filter(|_| number % 2 == 0))
            .collect();
        klero(folder.path(), &seal).ok();
        if number % 2 == 0 {
            klero(folder.path(), &["beacon", "4 8 15 16 23 42"]).ok();
        }
        klero(folder.path(), &["draw", "--list", "list.csv"]).ok();
        let drawn = folder.read("ledger.jsonl");
        let who = drawn
            .split("\"type\":\"draw\",\"referral\":\"")
            .nth(1)
            .unwrap();
        let who = who.split('"').next().unwrap();
        let said = klero(
            folder.path(),
            &[
                "record",
                "withdraw",
                "--referral",
                who,
                "--reason",
                "a \"reason\", æøå",
            ],
        );
        assert!(said.code == 0 || clusters, "{}", said.err);
        if !allocation.contains("complete") && !allocation.contains("minimisation") {
            let table = [
                "table",
                "--slots",
                "3",
                "--out",
                "t.csv",
                "--confirm",
                "s-1",
            ];
            klero(folder.path(), &table).ok();
        }
        klero(folder.path(), &["unseal", "--confirm", "s-1"]).ok();
        klero(folder.path(), &["audit"]).ok();
        let (code, text) = audited(&folder, python, "ledger.jsonl");
        assert_eq!(code, 0, "{allocation}\n{text}");
        assert!(text.contains("every arm derived again"), "{text}");
        // An arm changed, the chain made good again: found by both, in the same entries.
        let forged = forged(&folder.read("ledger.jsonl"), arms);
        folder.write("forged.jsonl", &forged);
        let (code, text) = audited(&folder, python, "forged.jsonl");
        assert_eq!(code, 1, "{allocation}\n{text}");
        let own = klero(folder.path(), &["audit", "forged.jsonl", "--json"]).json();
        let found: Vec<String> = own["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["rule"] == "arm")
            .map(|finding| format!("entry {}: arm", finding["entry"]))
            .collect();
        let theirs: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split_once(": arm: ").map(|(entry, _)| entry))
            .collect();
        let theirs: Vec<String> = theirs.iter().map(|entry| format!("{entry}: arm")).collect();
        assert_eq!(found, theirs, "{allocation}\n{text}");
    }
}

/// Gives the first draw another arm, and every later line the digest of the line before it.
fn forged(ledger: &str, arms: &str) -> String {
    let ids: Vec<&str> = arms
        .split("id = \"")
        .skip(1)
        .map(|a| a.split('"').next().unwrap())
        .collect();
    let mut prev = String::new();
    let mut changed = false;
    let mut text = String::new();
    for line in ledger.lines() {
        let mut line = line.to_owned();
        if !prev.is_empty() {
            let at = line.find("\"prev\":\"").unwrap() + 8;
            line.replace_range(at..at + 64, &prev);
        }
        if !changed && line.contains("\"type\":\"draw\"") {
            let at = line.find("\"arm\":\"").unwrap() + 7;
            let end = at + line[at..].find('"').unwrap();
            let other = ids.iter().find(|id| **id != &line[at..end]).unwrap();
            line.replace_range(at..end, other);
            changed = true;
        }
        prev = klero::digest::Digest::of(line.as_bytes()).to_string();
        text += &line;
        text.push('\n');
    }
    text
}

//! The console blocks of the READMEs, run and compared letter for letter.
//!
//! In a block, a line `$ command` is run by `sh` in one folder for the whole file, and the lines
//! below it are what it prints, on stdout and stderr together. A line `…` stands for any lines.

use std::path::Path;
use std::process::Command;

use crate::workshop::{Folder, klero};

struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => steps.push(Step {
                    line: index + 1,
                    command: command.to_owned(),
                    expected: Vec::new(),
                }),
                None if line.starts_with('#') && steps.is_empty() => {}
                None => steps
                    .last_mut()
                    .expect("a block begins with a command")
                    .expected
                    .push(line.to_owned()),
            },
        }
    }
    steps
}

/// Whether found lines are those expected, where `…` stands for any number of lines.
fn matches(expected: &[String], found: &[&str]) -> bool {
    match expected.split_first() {
        None => found.is_empty(),
        Some((first, rest)) if first == "…" => {
            (0..=found.len()).any(|skip| matches(rest, &found[skip..]))
        }
        Some((first, rest)) => found
            .split_first()
            .is_some_and(|(line, more)| first.trim_end() == line.trim_end() && matches(rest, more)),
    }
}

/// Runs the blocks of a file in a new folder that holds a copy of `with`.
fn walk(file: &str, with: Option<&str>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(file)).unwrap();
    let folder = Folder::new();
    match with {
        Some(".") => copy(&root.join("examples"), &folder.join("examples")),
        Some(with) => copy(&root.join(with), folder.path()),
        None => {}
    }
    let program = Path::new(env!("CARGO_BIN_EXE_klero")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let steps = steps(&text);
    assert!(!steps.is_empty(), "{file} has console blocks");
    // One shell for the file, so that `cd` and `export` hold; a mark ends each command's output.
    let mut script = String::new();
    for step in &steps {
        script += &format!("{{ {}\n}} 2>&1\necho '--8<--'\n", step.command);
    }
    let output = Command::new("sh")
        .arg("-c")
        .arg(&script)
        .current_dir(folder.path())
        .env("PATH", path)
        .env_remove("KLERO_NOW")
        .env_remove("KLERO_BY")
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let mut parts = output.split("--8<--\n");
    for step in steps {
        let part = parts.next().unwrap_or_default();
        let found: Vec<&str> = part.lines().collect();
        let mut expected = step.expected;
        while expected.last().is_some_and(String::is_empty) {
            expected.pop();
        }
        assert!(
            matches(&expected, &found),
            "{file}, line {}: $ {}\nfound:\n{part}",
            step.line,
            step.command
        );
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Each example goes from its ledger to what is handed over, in both languages.
#[test]
fn every_example_runs_end_to_end() {
    for name in ["vordingborg", "traedesten", "social-stoette", "naestved"] {
        let folder = Folder::new();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        copy(&example, folder.path());
        let run = |arguments: &[&str]| klero(folder.path(), arguments).ok();
        run(&["ingest"]);
        match folder.join("ledger.jsonl").exists() {
            true => run(&["outcomes"]),
            // With one arm nothing is drawn, and the day each began comes as a list.
            false => run(&["outcomes", "--dates", "referrals.csv"]),
        };
        run(&["estimate"]);
        run(&["balance"]);
        run(&["report"]);
        run(&["export"]);
        run(&["report", "--lang", "en", "--out", "english"]);
        for file in ["report/report.html", "report/verify.R", "export/report.docx"] {
            assert!(folder.join(file).exists(), "{name}: {file}");
        }
    }
}

#[test]
fn the_readme_is_true() {
    walk("README.md", None);
}

#[test]
fn the_second_auditors_readme_is_true() {
    if crate::workshop::python().is_some() {
        walk("examples/audit/README.md", Some("."));
    }
}

#[test]
fn the_vordingborg_readme_is_true() {
    walk(
        "examples/vordingborg/README.md",
        Some("examples/vordingborg"),
    );
}

#[test]
fn the_traedesten_readme_is_true() {
    walk("examples/traedesten/README.md", Some("examples/traedesten"));
}

#[test]
fn the_social_stoette_readme_is_true() {
    walk(
        "examples/social-stoette/README.md",
        Some("examples/social-stoette"),
    );
}

#[test]
fn the_naestved_readme_is_true() {
    walk("examples/naestved/README.md", Some("examples/naestved"));
}

/// A block that nobody runs goes stale.
#[test]
fn every_console_block_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let walks = include_str!("walkthrough.rs");
    let mut folders = vec![root.to_owned()];
    let mut blocks = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md")
                && std::fs::read_to_string(&path).unwrap().contains("\n```console\n")
            {
                assert!(walks.contains(&format!("\"{name}\"")), "no test walks {name}");
                blocks += 1;
            }
        }
    }
    assert!(blocks > 5);
}

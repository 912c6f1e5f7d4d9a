//! A file imports only from lower rows, as the crate page draws them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The row of each module; a module may use those of lower rows, and the ones named beside it.
const ROWS: &[(&str, u32, &[&str])] = &[
    ("cpr", 0, &[]),
    ("digest", 0, &[]),
    ("spelling", 0, &[]),
    ("table", 0, &["spelling"]),
    ("period", 0, &[]),
    ("rounding", 0, &[]),
    ("threads", 0, &[]),
    ("protocol", 1, &[]),
    ("draw", 2, &[]),
    ("register", 2, &[]),
    ("foresight", 3, &[]),
    ("ledger", 3, &[]),
    ("outcome", 3, &[]),
    ("audit", 4, &[]),
    ("sample", 4, &[]),
    ("invent", 4, &[]),
    ("estimate", 5, &[]),
    ("report", 6, &[]),
    ("results", 7, &[]),
];

/// What a module must not see though it lies lower.
const NEVER: &[(&str, &[&str])] = &[
    ("ledger", &["register", "outcome"]),
    ("audit", &["register", "outcome"]),
    ("outcome", &["draw", "ledger"]),
    ("estimate", &["ledger", "register", "outcome"]),
    ("report", &["ledger", "register", "outcome", "draw"]),
    ("invent", &["ledger", "register", "outcome"]),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Returns each library file with its module and its text without comments.
fn library() -> Vec<(String, String, String)> {
    files(&source())
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix(source()).unwrap().display().to_string();
            let module = name.split(['/', '\\', '.']).next().unwrap().to_owned();
            if ["main", "lib", "cli"].contains(&module.as_str()) {
                return None;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            // What stands above a file of the root is the crate too.
            let depth = name.matches(['/', '\\']).count();
            let code = code.join("\n");
            Some((
                name,
                module,
                code.replace(&"super::".repeat(depth + 1), "crate::"),
            ))
        })
        .collect()
}

/// Returns the modules of the crate that a text names after `crate::`.
fn named(text: &str) -> Vec<String> {
    text.match_indices("crate::")
        .map(|(at, _)| {
            let rest = &text[at + "crate::".len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        })
        .collect()
}

#[test]
fn a_file_imports_only_from_lower_rows() {
    let rows: BTreeMap<&str, (u32, &[&str])> = ROWS
        .iter()
        .map(|(name, row, also)| (*name, (*row, *also)))
        .collect();
    let mut seen = 0;
    for (file, module, text) in library() {
        let &(row, also) = rows
            .get(module.as_str())
            .unwrap_or_else(|| panic!("{file} has no row in layers.rs"));
        for used in named(&text) {
            if used == module {
                continue;
            }
            let &(lower, _) = rows
                .get(used.as_str())
                .unwrap_or_else(|| panic!("{file} names crate::{used}, which has no row"));
            let never = NEVER.iter().find(|(name, _)| *name == module);
            assert!(
                lower < row || also.contains(&used.as_str()),
                "{file} (row {row}) uses {used} (row {lower})"
            );
            assert!(
                never.is_none_or(|(_, never)| !never.contains(&used.as_str())),
                "{file} must not see {used}"
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "the imports were found: {seen}");
}

#[track_caller]
fn nowhere_but(words: &[&str], allowed: &str) {
    for (file, _, text) in library() {
        for word in words {
            assert!(
                file.starts_with(allowed) || !text.contains(word),
                "{file} has {word}"
            );
        }
    }
}

#[test]
fn foreign_formats_stay_in_the_register() {
    nowhere_but(&["polars_", "calamine", "sas7bdat::", "dta::"], "register");
}

#[test]
fn the_library_neither_prints_nor_parses_arguments() {
    nowhere_but(&["println!", "eprint", "print!", "clap", "anyhow"], "-");
}

#[test]
fn the_draw_has_no_clock_and_no_randomness_of_its_own() {
    for (file, module, text) in library() {
        if module == "draw" {
            for word in [
                "SystemTime",
                "Instant",
                "getrandom",
                "thread_rng",
                "StdRng",
                "f64",
                "f32",
            ] {
                assert!(!text.contains(word), "{file} has {word}");
            }
        }
    }
    nowhere_but(
        &["random_range", "SliceRandom", "StdRng", "thread_rng"],
        "-",
    );
}

#[test]
fn registers_and_outcomes_cannot_see_an_arm() {
    for (file, module, text) in library() {
        if module == "register" || module == "outcome" {
            for line in text.lines() {
                let lower = line.to_lowercase();
                let words: Vec<&str> = lower
                    .split(|c: char| !c.is_alphanumeric())
                    .filter(|word| *word == "arm" || *word == "arms")
                    .collect();
                assert!(words.is_empty(), "{file} speaks of arms: {line}");
            }
        }
    }
}

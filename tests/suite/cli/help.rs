//! Help by command and topic, manual pages, completions.

use std::collections::{BTreeMap, BTreeSet};

use crate::workshop::{Folder, klero};

/// The commands with their flags, nested ones as `record withdraw`, read from the help itself.
fn commands() -> BTreeMap<String, BTreeSet<String>> {
    fn under(path: &[&str], found: &mut BTreeMap<String, BTreeSet<String>>) {
        let folder = Folder::new();
        let help = klero(folder.path(), &[&["help"], path].concat()).ok().out;
        found.insert(path.join(" "), flags(&help));
        for (name, _) in listed(&help, "Commands:") {
            // A command of commands has a `help` of its own only where clap adds one.
            under(&[path, &[name.as_str()]].concat(), found);
        }
    }
    let mut found = BTreeMap::new();
    under(&[], &mut found);
    assert!(found.len() > 30, "the commands were found");
    found
}

/// Returns the names and first words of a list in a help text.
fn listed(help: &str, heading: &str) -> Vec<(String, String)> {
    help.lines()
        .skip_while(|line| !line.starts_with(heading))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| {
            let (name, about) = line.trim().split_once(' ').unwrap();
            (name.to_owned(), about.trim().to_owned())
        })
        .collect()
}

/// Returns every `--flag` of a text.
fn flags(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| word.len() > 2 && word.starts_with("--"))
        .filter(|word| word[2..].starts_with(|c: char| c.is_ascii_lowercase()))
        .map(str::to_owned)
        .collect()
}

fn topics() -> Vec<(String, String)> {
    let folder = Folder::new();
    let help = klero(folder.path(), &["help"]).ok().out;
    let found = listed(&help, "Topics");
    assert!(found.len() > 12, "the topics were found");
    found
}

/// Returns what a text says one may type: indented lines that begin with `klero`, and such spans
/// in backticks, which a line end may break.
fn typed(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .filter(|line| line.starts_with("  klero "))
        .map(|line| line.trim().to_owned());
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let spans = joined.split('`').skip(1).step_by(2);
    lines
        .chain(
            spans
                .filter(|span| span.starts_with("klero "))
                .map(str::to_owned),
        )
        .collect()
}

#[test]
fn every_topic_is_short_and_narrow_and_begins_with_its_title() {
    let folder = Folder::new();
    for (topic, title) in topics() {
        let said = klero(folder.path(), &["help", &topic]).ok();
        assert_eq!(said.err, "");
        assert!(said.out.starts_with(&format!("{title}\n\n")), "{topic}");
        assert!(said.out.ends_with('\n') && !said.out.ends_with("\n\n"));
        assert!(said.out.lines().count() < 40, "{topic} is long");
        for line in said.out.lines() {
            assert!(line.chars().count() <= 80, "{topic}: {line}");
            assert_eq!(line, line.trim_end(), "{topic}");
        }
        assert_eq!(said.out.matches('`').count() % 2, 0, "{topic}");
    }
}

#[test]
fn topics_name_only_commands_and_flags_that_there_are() {
    let commands = commands();
    let everywhere = &commands[""];
    let all: BTreeSet<&String> = commands.values().flatten().collect();
    let topics = topics();
    let folder = Folder::new();
    let mut seen = 0;
    for (topic, _) in &topics {
        assert!(!commands.contains_key(topic), "{topic} is a command too");
        let text = klero(folder.path(), &["help", topic]).ok().out;
        for flag in flags(&text) {
            assert!(all.contains(&flag), "{topic} names {flag}");
        }
        for line in typed(&text) {
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            let nested = words.iter().take(2).copied().collect::<Vec<_>>().join(" ");
            let own = (commands.get(&nested))
                .or_else(|| commands.get(words[0]))
                .unwrap_or_else(|| panic!("{topic}: no command in `{line}`"));
            for flag in flags(&line) {
                let known = own.contains(&flag) || everywhere.contains(&flag);
                assert!(known, "{topic}: no flag {flag} in `{line}`");
            }
            if let ["help", named] = words[..] {
                let known = named == "TOPIC"
                    || commands.contains_key(named)
                    || topics.iter().any(|(topic, _)| topic == named);
                assert!(known, "{topic}: nothing behind `{line}`");
            }
            seen += 1;
        }
    }
    assert!(seen > 40, "the commands in the topics were found: {seen}");
}

#[test]
fn help_of_a_command_is_what_its_flag_prints() {
    let folder = Folder::new();
    for words in [&["draw"][..], &["record", "withdraw"], &["help"], &[]] {
        let by_word = klero(folder.path(), &[&["help"], words].concat()).ok();
        let by_flag = klero(folder.path(), &[words, &["--help"]].concat()).ok();
        assert_eq!(by_word.out, by_flag.out);
    }
    let said = klero(folder.path(), &["help", "seed", "--json"]).ok();
    assert_eq!(said.json()["topic"], "seed");
}

#[test]
fn a_misspelt_topic_or_command_gets_the_nearest_name() {
    let folder = Folder::new();
    let fails = |words: &[&str], parts: &[&str]| {
        klero(folder.path(), &[&["help"], words].concat()).fails_with(2, parts);
    };
    fails(
        &["forsee"],
        &["no command or topic `forsee`", "mean `foresee`?"],
    );
    fails(&["exit-code"], &["mean `exit-codes`?"]);
    fails(&["estimat"], &["mean `estimate`?"]);
    fails(
        &["record", "withdrew"],
        &["`record` has no command `withdrew`", "mean `withdraw`?"],
    );
    fails(&["weather"], &["`klero help` lists commands and topics"]);
    fails(&["draw", "seed"], &["`draw` has no command `seed`"]);
}

#[test]
fn every_command_has_a_manual_page_with_its_flags() {
    let folder = Folder::new();
    klero(folder.path(), &["man", "--out", "man1"]).ok();
    let commands = commands();
    for (command, flags) in &commands {
        let name = format!("klero {command}").trim().replace(' ', "-");
        let page = folder.read(&format!("man1/{name}.1"));
        assert!(page.contains(&format!(".TH {name} 1 ")), "{name}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"] {
            let heading = format!(".SH \"{section}\"\n");
            let plain = format!(".SH {section}\n");
            assert!(
                page.contains(&heading) || page.contains(&plain),
                "{name}: {section}"
            );
        }
        let page = page.replace("\\-", "-");
        for flag in flags.iter().filter(|_| !command.is_empty()) {
            assert!(page.contains(flag), "{name} lacks {flag}");
        }
        let words: Vec<&str> = command.split_whitespace().collect();
        let printed = klero(folder.path(), &[&["man"], &words[..]].concat()).ok();
        assert_eq!(printed.out.replace("\\-", "-"), page);
    }
    let count = std::fs::read_dir(folder.join("man1")).unwrap().count();
    assert_eq!(count, commands.len());
    klero(folder.path(), &["man", "--out", "man1"]).fails_with(2, &["is there already", "--force"]);
    klero(folder.path(), &["man", "--out", "man1", "--force"]).ok();
    klero(folder.path(), &["man", "drow"]).fails_with(2, &["no command `drow`"]);
}

#[test]
fn the_main_page_holds_exit_codes_files_and_environment() {
    let folder = Folder::new();
    let page = klero(folder.path(), &["man"]).ok().out.replace("\\-", "-");
    for section in ["EXIT STATUS", "FILES", "ENVIRONMENT", "TOPICS"] {
        assert!(
            page.contains(&format!(".SH \"{section}\""))
                || page.contains(&format!(".SH {section}\n"))
        );
    }
    for word in [
        "ledger.jsonl",
        "seed.key",
        "KLERO_NOW",
        "KLERO_BY",
        "the answer is no",
    ] {
        assert!(page.contains(word), "{word}");
    }
    for (topic, title) in topics() {
        assert!(page.contains(&title), "{topic}");
    }
}

#[test]
fn every_shell_gets_a_script_that_knows_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = klero(folder.path(), &["completions", shell]).ok().out;
        for command in commands().keys() {
            for word in command.split(' ') {
                assert!(script.contains(word), "{shell} lacks {command}");
            }
        }
        assert!(script.contains("beacon-rule"), "{shell} lacks a flag");
    }
    klero(folder.path(), &["completions", "csh"]).fails_with(2, &["csh"]);
}

/// What bash offers for the last of some words.
#[cfg(unix)]
fn offered(folder: &Folder, words: &[&str]) -> Vec<String> {
    let script = "source klero.bash\n\
                  COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1))\n\
                  _klero klero \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"\n\
                  printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = std::process::Command::new("bash")
        .args(["-c", script, "bash"])
        .args(words)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| line.trim().to_owned()).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_flags_values_and_topics() {
    let folder = Folder::new();
    let script = klero(folder.path(), &["completions", "bash"]).ok().out;
    folder.write("klero.bash", script);
    let checked = std::process::Command::new("bash")
        .args(["-n", "klero.bash"])
        .current_dir(folder.path())
        .status();
    let Ok(checked) = checked else {
        eprintln!("no bash: its completions are not run");
        return;
    };
    assert!(checked.success(), "bash reads the script");
    assert_eq!(offered(&folder, &["klero", "pseu"]), ["pseudonym"]);
    assert_eq!(
        offered(&folder, &["klero", "seal", "--bea"]),
        ["--beacon-rule"]
    );
    assert_eq!(
        offered(&folder, &["klero", "record", "withd"]),
        ["withdraw"]
    );
    assert_eq!(
        offered(&folder, &["klero", "new", "--like", "multi"]),
        ["multi-site"]
    );
    assert_eq!(offered(&folder, &["klero", "help", "fores"]), ["foresee"]);
    assert_eq!(
        offered(&folder, &["klero", "help", "alloc"]),
        ["allocation"]
    );
}

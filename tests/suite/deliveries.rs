//! What check, ingest and codes say of deliveries: holes, persons missing from some files, windows
//! that reach too far, tables of values, codes of one's own.

use std::collections::HashSet;
use std::sync::Mutex;

use klero::register::{Ingest, Writing, ingest};

use crate::register::register;
use crate::workshop::{Folder, Said, klero, plan_with};

/// A study of one arm with these registers and outcomes, everybody dated Wednesday 14 March 2018:
/// week 1 is 2018-W12, month 1 is April 2018.
fn study(registers: &str, outcomes: &str, people: &[&str]) -> Folder {
    let folder = Folder::new();
    let plan = "[study]\nid = \"s\"\ntitle = \"t\"\n[[arm]]\nid = \"a\"\n";
    folder.write("study.toml", format!("{plan}{registers}\n{outcomes}"));
    let dates = people.iter().map(|id| format!("{id},2018-03-14\n"));
    let dates: String = dates.collect();
    folder.write("dates.csv", format!("referral,date\n{dates}"));
    folder
}

/// A study with a ledger, in which these persons were drawn on Monday 1 May 2017: week 1 is
/// 2017-W19, month 1 is June 2017.
fn drawn(people: &[&str], more: &str) -> Folder {
    let folder = Folder::new();
    let simple = "[allocation]\nprocedure = \"simple\"";
    folder.write("study.toml", plan_with(simple) + more);
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    let rows = people.iter().map(|id| format!("{id},Tønder,30\n"));
    let rows: String = rows.collect();
    folder.write("list.csv", format!("id,place,age\n{rows}"));
    klero(folder.path(), &["draw", "--list", "list.csv", "--distinct"]).ok();
    folder
}

fn outcomes(folder: &Folder) -> String {
    let arguments = [
        "outcomes",
        "--dates",
        "dates.csv",
        "--out",
        "out.csv",
        "--force",
    ];
    klero(folder.path(), &arguments).ok();
    folder.read("out.csv")
}

/// What was said, on one line.
fn told(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has(said: &Said, part: &str) {
    let (out, err) = (told(&said.out), told(&said.err));
    assert!(
        out.contains(part) || err.contains(part),
        "no {part}: {out} {err}"
    );
}

fn has_not(said: &Said, part: &str) {
    let (out, err) = (told(&said.out), told(&said.err));
    assert!(
        !out.contains(part) && !err.contains(part),
        "{part}: {out} {err}"
    );
}

const BFL: &str = "[register.bfl]\nkind = \"bfl\"\nfiles = [\"bfl.csv\"]";
const TWO: &str = "[register.bfl]\nkind = \"bfl\"\nfiles = [\"a.csv\", \"b.csv\"]";
const DEGREE: &str = "[[outcome]]\nid = \"d\"\nmeasure = \"degree\"\nmonths = [1, 2]\n\
                      [[outcome]]\nid = \"late\"\nmeasure = \"degree\"\nmonths = [2, 3]\n";

/// Rows of full time for some people in some months of 2018.
fn hours(people: usize, months: &[u8]) -> String {
    let rows = months
        .iter()
        .flat_map(|month| (1..=people).map(move |n| format!("{n},2018,{month},160.33\n")));
    format!("id,year,month,hours\n{}", rows.collect::<String>())
}

/// April lies between two deliveries, of which neither has it: that everybody lost work in April
/// and had it back in May is not what the files say.
#[test]
fn a_month_that_was_not_delivered_is_no_month_without_hours() {
    for (people, hole) in [(1, true), (10, true), (10, false)] {
        let folder = match hole {
            true => {
                let folder = study(TWO, DEGREE, &["1"]);
                folder.write("a.csv", hours(people, &[1, 2, 3]));
                folder.write("b.csv", hours(people, &[5, 6, 7, 8]));
                folder
            }
            false => {
                let folder = study(BFL, DEGREE, &["1"]);
                folder.write("bfl.csv", hours(people, &[1, 2, 3, 5, 6, 7, 8]));
                folder
            }
        };
        let warning = "bfl: no file has rows of 2018-04: outcomes of windows";
        has(&klero(folder.path(), &["check"]).ok(), warning);
        let said = klero(folder.path(), &["ingest"]).ok();
        has(&said, warning);
        let table = outcomes(&folder);
        assert!(table.contains("\n1,,not-covered,1,\n"), "{table}");
        let record = told(&folder.read("out.csv.json"));
        assert!(record.contains("\"holes\": [ \"2018-04\" ]"), "{record}");
        let json = klero(folder.path(), &["ingest", "--json"]).ok().json();
        let doubt = &json["registers"][0]["doubts"][0];
        assert_eq!(doubt["doubt"], "not-delivered");
        assert_eq!(doubt["months"][0], "2018-04");
    }
}

/// A late row long after the others makes no months without work of those between.
#[test]
fn one_stray_row_does_not_stretch_a_register_over_months_without_rows() {
    let folder = study(BFL, DEGREE, &["1"]);
    folder.write("bfl.csv", hours(10, &[1, 2, 3]) + "1,2018,12,10\n");
    let said = klero(folder.path(), &["ingest"]).ok();
    has(&said, "no file has rows of 2018-04–2018-11:");
    assert!(outcomes(&folder).contains("\n1,,not-covered,,not-covered\n"));
}

/// Nine people may all be out of work in one month.
#[test]
fn in_a_register_of_few_people_an_empty_month_has_no_hours_and_is_told() {
    let folder = study(BFL, DEGREE, &["1"]);
    folder.write("bfl.csv", hours(9, &[1, 2, 3, 5, 6, 7, 8]));
    let warning = "nobody has a row of 2018-04, which counts as no hours";
    has(&klero(folder.path(), &["ingest"]).ok(), warning);
    has(&klero(folder.path(), &["check"]).ok(), warning);
    assert!(outcomes(&folder).contains("\n1,0.5,,1,\n"));
    // A row in every month leaves nothing to doubt.
    folder.write("bfl.csv", hours(9, &[1, 2, 3, 4, 5, 6, 7, 8]));
    has_not(&klero(folder.path(), &["ingest"]).ok(), "warning");
}

/// The winning file says nothing of April, so that the other's rows of April do not count: nobody
/// knows whether it was delivered.
#[test]
fn a_hole_of_the_file_that_wins_is_a_hole() {
    let wins = format!("{TWO}\nwins = \"b.csv\"");
    let folder = study(&wins, DEGREE, &["1"]);
    folder.write("a.csv", hours(10, &[1, 2, 3, 4, 5]));
    folder.write("b.csv", hours(10, &[3, 5, 6, 7, 8]));
    has(
        &klero(folder.path(), &["ingest"]).ok(),
        "no file has rows of 2018-04:",
    );
    assert!(outcomes(&folder).contains("\n1,,not-covered,1,\n"));
}

const DREAM: &str = "[register.dream]\nkind = \"dream\"\nfiles = [\"b.csv\", \"a.csv\"]\n";

#[test]
fn weeks_between_two_wide_files_stop_the_run_with_both_names_and_the_weeks() {
    let folder = study(DREAM, "", &["1"]);
    folder.write("a.csv", "id,y_1801,y_1802,y_1803\n1,730,730,730\n");
    folder.write("b.csv", "id,y_1810,y_1811\n1,730,730\n");
    klero(folder.path(), &["ingest"]).fails_with(
        2,
        &[
            "no file of the register holds the weeks from 2018-W04 to 2018-W09",
            "between ./a.csv",
            "and ./b.csv",
            "hint: ask for the missing weeks",
        ],
    );
    assert!(!folder.join("derived/dream.spells").exists());
    let said = klero(folder.path(), &["check"]);
    assert_eq!(said.code, 1);
    has(&said, "weeks from 2018-W04 to 2018-W09");
    // A third file fills them, wherever it stands.
    let three = DREAM.replace("\"a.csv\"", "\"a.csv\", \"c.csv\"");
    let whole = study(&three, "", &["1"]);
    for file in ["a.csv", "b.csv"] {
        whole.write(file, folder.read(file));
    }
    whole.write(
        "c.csv",
        "id,y_1804,y_1805,y_1806,y_1807,y_1808,y_1809\n1,,,,,,\n",
    );
    has(
        &klero(whole.path(), &["ingest"]).ok(),
        "weeks 2018-W01 to 2018-W11",
    );
}

#[test]
fn months_between_two_wide_files_without_industry_codes_are_told() {
    let folder = study(DREAM, "", &["1"]);
    folder.write("a.csv", "id,y_1751,y_1752,branche_2017_12\n1,,,\n");
    folder.write("b.csv", "id,y_1801,y_1802,branche_2018_02\n1,,,\n");
    let warning = "no file has industry codes of 2018-01: blank weeks there are `unknown`";
    has(&klero(folder.path(), &["ingest"]).ok(), warning);
}

#[test]
fn persons_in_some_of_the_wide_files_only_are_counted() {
    let folder = study(DREAM, "", &["1"]);
    folder.write("a.csv", "id,y_1801,y_1802\n1,730,730\n2,,\n3,,\n");
    folder.write("b.csv", "id,y_1803\n1,730\n4,\n");
    let said = klero(folder.path(), &["ingest", "--rows"]).ok();
    has(&said, "dream: 3 persons in some of the files only");
    has(&said, "a.csv, line 3");
    // Of the others nobody asks, where it is known who was drawn.
    let folder = drawn(&["r-1", "r-2"], "");
    let plan = folder.read("study.toml");
    let two = plan.replace("[\"dream.csv\"]", "[\"a.csv\", \"b.csv\"]");
    folder.write("study.toml", two);
    folder.write("a.csv", "id,y_1716,y_1717\nr-1,730,730\nr-2,,\nx,,\n");
    folder.write("b.csv", "id,y_1718\nr-1,730\n");
    let warning = "dream: 1 drawn person in some of the files only";
    has(&klero(folder.path(), &["check"]), warning);
    has(&klero(folder.path(), &["ingest"]).ok(), warning);
    folder.write("b.csv", "id,y_1718\nr-1,730\nr-2,\n");
    has_not(&klero(folder.path(), &["ingest"]).ok(), "some of the files");
}

/// Drawn in May 2017, ten weeks hold the change of July; the data end in week 26, and hours in July.
#[test]
fn check_tells_breaks_late_months_and_windows_beyond_the_data_for_the_drawn() {
    let weeks = "[register.bfl]\nkind = \"bfl\"\nfiles = [\"bfl.csv\"]\n\
                 [[outcome]]\nid = \"w\"\nmeasure = \"weeks\"\nstates = [\"benefit\"]\n\
                 weeks = [1, 10]\n[[outcome]]\nid = \"h\"\nmeasure = \"degree\"\n\
                 register = \"bfl\"\nmonths = [1, 2]\n";
    let weeks = &weeks.replace("\"benefit\"]\n", "\"benefit\"]\nregister = \"dream\"\n");
    let folder = drawn(&["r-1", "r-2"], weeks);
    let header: String = (16..=26).map(|week| format!(",y_17{week}")).collect();
    let blank = ",".repeat(11);
    folder.write("dream.csv", format!("id{header}\nr-1{blank}\nr-2{blank}\n"));
    let hours = "id,year,month,hours\nr-1,2017,5,1\nr-1,2017,6,1\nr-2,2017,7,1\n";
    folder.write("bfl.csv", hours);
    let said = klero(folder.path(), &["check"]).ok();
    for warning in [
        "warning: 2 drawn persons: the window holds July 2017, when the source",
        "warning: 2 drawn persons: the window reaches beyond what `dream` holds",
        "warning: 2 drawn persons: the window reaches into the last two months of `bfl`",
    ] {
        has(&said, warning);
    }
    let danish = klero(folder.path(), &["check", "--lang", "da"]).ok();
    has(
        &danish,
        "advarsel: 2 trukne personer: vinduet indeholder juli 2017",
    );
    let json = klero(folder.path(), &["check", "--json"]).ok().json();
    let kinds = json["cautions"].as_array().unwrap().iter();
    let kinds: Vec<&str> = kinds.map(|c| c["caution"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["break", "beyond", "provisional"]);
    klero(folder.path(), &["ingest"]).ok();
    let said = klero(folder.path(), &["outcomes"]).ok();
    has(
        &said,
        "warning: 2 persons: the window reaches beyond what `dream` holds",
    );
}

#[test]
fn a_doubt_in_the_json_of_check_names_its_register() {
    let second = "[register.other]\nkind = \"dream\"\nfiles = [\"other.csv\"]\n";
    let folder = drawn(&["r-1"], second);
    folder.write("dream.csv", "id,y_1716\nr-1,\n");
    folder.write("other.csv", "id,y_1716\nx,\n");
    let json = klero(folder.path(), &["check", "--json"]).ok().json();
    assert_eq!(json["doubts"][0]["register"], "other");
    assert_eq!(json["doubts"][0]["doubt"], "not-in-register");
}

const SURVEY: &str = "[[outcome]]\nid = \"mood\"\nmeasure = \"value\"\nfile = \"sv.csv\"\n\
                      column = \"end\"\n";

#[test]
fn check_sees_tables_of_values_as_it_sees_registers() {
    let people = ["000000000001", "000000000002", "000000000003"];
    let folder = drawn(&people, SURVEY);
    let check = || klero(folder.path(), &["check"]);
    has(&check().ok(), "table: ./sv.csv is not there yet");
    folder.write("sv.csv", "id,end\n000000000001,5\n000000000002,6\n");
    let said = check().ok();
    has(&said, "table ./sv.csv: 2 persons");
    has(&said, "warning: ./sv.csv: 1 drawn person not in the table");
    // Every key lost its zeros: the ids of the drawn still have them.
    folder.write("sv.csv", "id,end\n1,5\n2,6\n3,\n");
    let said = check().ok();
    has(&said, "./sv.csv: 3 drawn persons not in the table");
    has(
        &said,
        "./sv.csv: 3 rows with fewer digits in the key than most, or than those drawn",
    );
    let json = klero(folder.path(), &["check", "--json"]).ok().json();
    assert_eq!(json["doubts"][0]["table"], "./sv.csv");
    // The same in a register.
    folder.write("dream.csv", "id,y_1716\n1,\n2,\n3,\n");
    has(&check().ok(), "dream: 3 rows with fewer digits");
}

#[test]
fn a_column_that_a_table_lacks_is_not_sought_in_a_register() {
    let folder = study("", SURVEY, &["1"]);
    folder.write("sv.csv", "id,score\n1,5\n");
    let said = klero(folder.path(), &["outcomes", "--dates", "dates.csv"]);
    has_not(&said, "[register");
    said.fails_with(
        2,
        &[
            "no column `end`",
            "`column`, `baseline` and `key` of the outcome",
        ],
    );
    folder.write("sv.csv", "id,end\n1,5\n");
    folder.write("dates.csv", "person,day\n1,2018-03-14\n");
    let said = klero(folder.path(), &["outcomes", "--dates", "dates.csv"]);
    has_not(&said, "[register");
    said.fails_with(2, &["no column `referral`"]);
}

#[test]
fn a_stop_claims_nothing_of_the_registers_before_it() {
    let two = format!("{DREAM}[register.bfl]\nkind = \"bfl\"\nfiles = [\"bfl.csv\"]\n");
    let folder = study(&two, "", &["1"]);
    folder.write("a.csv", "id,y_1801\n1,730\n");
    folder.write("b.csv", "id,y_1802\n1,730\n");
    folder.write("bfl.csv", "id,year,month,hours\n1,2018,1,1.2.3\n");
    let said = klero(folder.path(), &["ingest"]);
    assert!(folder.join("derived/dream.spells").exists());
    has(&said, "nothing of this register was written");
    has_not(&said, "nothing was written");
    said.fails_with(2, &["is no number of hours"]);
}

/// Sorting spills to the disk all the time here, and no file of it is seen beside the input.
#[cfg(unix)]
#[test]
fn what_is_sorted_on_the_disk_has_no_name_there() {
    let folder = Folder::new();
    let rows = (0..60_000).rev().map(|n| format!("{n:012},730,,730\n"));
    folder.write(
        "dream.csv",
        format!("id,y_1801,y_1802,y_1803\n{}", rows.collect::<String>()),
    );
    let seen = Mutex::new(HashSet::new());
    let done = ingest(&Ingest {
        register: &register(&["dream.csv"]),
        folder: folder.path(),
        derived: folder.path(),
        keep: None,
        threads: 2,
        sort_memory: 1 << 16,
        drawn: None,
        writing: Writing::Nothing,
        progress: &|_| {
            let names = std::fs::read_dir(folder.path()).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name());
            seen.lock().unwrap().extend(names);
        },
    });
    assert_eq!(done.unwrap().persons, 60_000);
    let seen: Vec<_> = seen.into_inner().unwrap().into_iter().collect();
    assert_eq!(seen, ["dream.csv"]);
}

#[test]
fn codes_have_their_group_their_weeks_and_the_language_asked_for() {
    let folder = Folder::new();
    let said = klero(folder.path(), &["codes"]).ok();
    has(
        &said,
        "737 praktik Kontanthjælp, Virksomhedspraktik, Privat [kontanthjaelp_aktivitetsparat:internship_private]",
    );
    for state in [
        "ordinary",
        "self_support",
        "supported",
        "praktik",
        "education",
        "benefit",
        "pension",
        "abroad",
        "dead",
        "unknown",
    ] {
        let line = said
            .out
            .lines()
            .find(|line| line.starts_with(&format!("{state} ")));
        assert!(line.is_some(), "no meaning of {state}");
    }
    has(&said, "unknown outside the weeks of the register");
    let english = klero(folder.path(), &["codes", "--lang", "en"]).ok();
    has(&english, "997 abroad Not resident in Denmark");
    has_not(&english, "Ikke bosiddende");
    let danish = klero(folder.path(), &["codes", "--lang", "da"]).ok();
    has(&danish, "997 abroad Ikke bosiddende i Danmark");
    has(&danish, "unknown uden for registrets uger");
    let json = klero(folder.path(), &["codes", "--json"]).ok().json();
    assert_eq!(json["states"].as_array().unwrap().len(), 10);
}

#[test]
fn a_table_of_own_codes_is_read_without_guessing() {
    let own = "[register.r]\nkind = \"dream\"\nfiles = [\"r.csv\"]\ncodes = \"codes.csv\"\n";
    let folder = study(own, "", &["1"]);
    folder.write("r.csv", "id,y_1812\n1,555\n");
    for (text, parts) in [
        (
            "code;state;from;to\n555;education;2018-W20;2018-W10\n",
            [
                "`2018-W10` is no week on or after that in `from`",
                "line 2, column to",
            ],
        ),
        (
            "code;state;labl\n555;education;A\n",
            ["no column `label`", "did you mean `labl`?"],
        ),
        (
            "code;state;frm\n555;education;2018-W10\n",
            ["no column `from`", "did you mean `frm`?"],
        ),
        (
            "code;state\n555;education\n100;ordinary\n",
            ["`100` is no code of DREAM", "line 3, column code"],
        ),
        (
            "code;tilstand\n555;education\n",
            ["no column `state`", "a table of codes has"],
        ),
    ] {
        folder.write("codes.csv", text);
        klero(folder.path(), &["ingest"]).fails_with(2, &parts);
    }
    // A column of another kind is the user's own business.
    folder.write(
        "codes.csv",
        "code;state;note;from;to\n555;education;x;2018-W10;2018-W20\n",
    );
    let said = klero(folder.path(), &["codes", "--register", "r"]).ok();
    has(&said, "555 education [own, 2018-W10–2018-W20]");
}

#[cfg(target_os = "linux")]
mod bar {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::FromRawFd;
    use std::process::Stdio;
    use std::time::Duration;

    use super::study;
    use crate::workshop::{Folder, command};

    /// Ingests a file that takes more than a second to come, and returns what a terminal got.
    fn seen(folder: &Folder, last_row: &str, more: &[&str]) -> String {
        let path = folder.join("r.csv");
        let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        let (mut ours, mut theirs) = (0, 0);
        // SAFETY: the arguments are a path that ends in NUL, and places for two descriptors.
        unsafe {
            assert_eq!(libc::mkfifo(name.as_ptr(), 0o600), 0);
            let none = std::ptr::null_mut();
            let opened = libc::openpty(&mut ours, &mut theirs, none, none as _, none as _);
            assert_eq!(opened, 0);
        }
        // SAFETY: both descriptors were just opened, and belong to nobody else.
        let (mut ours, theirs) = unsafe { (File::from_raw_fd(ours), File::from_raw_fd(theirs)) };
        let mut child = {
            let mut command = command(folder.path(), None, &[&["ingest"], more].concat());
            command.env("TERM", "xterm").stderr(Stdio::from(theirs));
            command.stdout(Stdio::null()).spawn().unwrap()
        };
        let mut pipe = File::options().write(true).open(&path).unwrap();
        let rows = (0..100_000).map(|n| format!("{n:012},730,,730\n"));
        let rows: String = rows.collect();
        pipe.write_all(b"id,y_1801,y_1802,y_1803\n").unwrap();
        pipe.write_all(rows.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(1_300));
        let rows = rows.replace("\n0", "\n1").replacen('0', "1", 1);
        let _ = pipe.write_all(rows.as_bytes());
        let _ = pipe.write_all(last_row.as_bytes());
        drop(pipe);
        let mut text = Vec::new();
        // At the end of the child the terminal is closed, which is an error to read.
        let _ = ours.read_to_end(&mut text);
        child.wait().unwrap();
        std::fs::remove_file(path).unwrap();
        String::from_utf8(text).unwrap()
    }

    /// What stands on the terminal in the end: each line as it was written over last.
    fn lines(text: &str) -> Vec<String> {
        let lines = text.split('\n').map(|line| {
            let mut shown: Vec<char> = Vec::new();
            for part in line.trim_end_matches('\r').split('\r') {
                for (at, letter) in part.chars().enumerate() {
                    match shown.get_mut(at) {
                        Some(old) => *old = letter,
                        None => shown.push(letter),
                    }
                }
            }
            shown.into_iter().collect::<String>().trim_end().to_owned()
        });
        lines.collect()
    }

    #[test]
    fn the_progress_is_taken_away_before_an_error_and_not_shown_to_the_quiet() {
        let register = "[register.r]\nkind = \"dream\"\nfiles = [\"r.csv\"]\n";
        let folder = study(register, "", &["1"]);
        let text = seen(&folder, "z,730\n", &[]);
        assert!(text.contains("MB/s"), "a bar is shown: {text}");
        let lines = lines(&text);
        let error = lines.iter().find(|line| line.contains("error:")).unwrap();
        assert_eq!(error, "error: a row of 2 cells");
        assert!(!lines.iter().any(|line| line.contains("MB/s")), "{lines:?}");
        let text = seen(&folder, "", &["--quiet"]);
        assert!(!text.contains("MB/s"), "{text}");
    }
}

//! Reading wide DREAM files: what is recognised, and what stops the run.

use std::collections::HashSet;
use std::path::PathBuf;

use klero::period::{Month, Week};
use klero::protocol::{Absence, Register, RegisterKind};
use klero::register::store::Store;
use klero::register::{
    Code, Doubt, Ingest, Ingested, Person, RegisterError, SORT_MEMORY, Writing, ingest,
};

use crate::workshop::Folder;

pub fn register(files: &[&str]) -> Register {
    Register {
        id: "dream".to_owned(),
        kind: RegisterKind::Dream,
        files: files.iter().map(PathBuf::from).collect(),
        key: None,
        columns: Vec::new(),
        wins: None,
        codes: None,
        absent: Absence::Missing,
    }
}

pub fn read(folder: &Folder, register: &Register) -> Result<Ingested, RegisterError> {
    read_some(folder, register, None, SORT_MEMORY)
}

fn read_some(
    folder: &Folder,
    register: &Register,
    keep: Option<HashSet<Vec<u8>>>,
    sort_memory: usize,
) -> Result<Ingested, RegisterError> {
    ingest(&Ingest {
        register,
        folder: folder.path(),
        derived: folder.path(),
        keep,
        threads: 2,
        sort_memory,
        drawn: None,
        writing: Writing::Store,
        progress: &|_| {},
    })
}

pub fn people(folder: &Folder) -> Vec<Person> {
    let mut people = Vec::new();
    Store::open(folder.path(), "dream")
        .unwrap()
        .read(None, |person| people.push(person.clone()))
        .unwrap();
    people
}

/// Returns a person's weeks as text: code and length of each run.
fn runs(person: &Person) -> String {
    let runs: Vec<String> = person
        .spells
        .iter()
        .map(|spell| format!("{}×{}", spell.code, spell.weeks))
        .collect();
    runs.join(" ")
}

fn error(header: &str, rows: &str) -> String {
    let folder = Folder::new();
    folder.write("dream.csv", format!("{header}\n{rows}"));
    let error = read(&folder, &register(&["dream.csv"])).unwrap_err();
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left behind but the input");
    error.to_string()
}

const HEADER: &str = "PNR;y_1751;y_1752;y_1801;branche_2017_12;branche_2018_01";

#[test]
fn runs_are_merged_and_blank_is_a_run_like_any_other() {
    let folder = Folder::new();
    folder.write(
        "dream.csv",
        format!("{HEADER}\n007;730;730;;;471120\n010;;;737;;\n"),
    );
    let done = read(&folder, &register(&["dream.csv"])).unwrap();
    assert_eq!((done.rows, done.persons, done.spells), (2, 2, 4));
    let people = people(&folder);
    assert_eq!(people[0].key, "007", "keys keep their zeros");
    assert_eq!(runs(&people[0]), "730×2 ×1");
    assert_eq!(runs(&people[1]), "×2 737×1");
    let first = people[0].spells[0].first;
    assert_eq!(first, Week::from_iso(2017, 51).unwrap());
    let wages: Vec<(Month, u32, bool)> = people[0]
        .wages
        .iter()
        .map(|wage| (wage.first, wage.months, wage.paid))
        .collect();
    let december = Month::new(2017, 12).unwrap();
    assert_eq!(
        wages,
        [(december, 1, false), (Month(december.0 + 1), 1, true)]
    );
}

#[test]
fn every_way_of_writing_the_same_file_gives_the_same_spells() {
    let plain = format!("{HEADER}\n007;730;730;;;471120\n010;;;737;;\n");
    let expected = {
        let folder = Folder::new();
        folder.write("dream.csv", &plain);
        read(&folder, &register(&["dream.csv"])).unwrap();
        people(&folder)
    };
    let quoted = plain
        .lines()
        .map(|line| {
            let cells: Vec<String> = line.split(';').map(|c| format!("\"{c}\"")).collect();
            cells.join(";") + "\n"
        })
        .collect::<String>();
    for text in [
        plain.replace(';', ","),
        plain.replace(';', "\t"),
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{plain}"),
        plain.trim_end().to_owned(),
        quoted,
        plain.replace(";730;", "; 730 ;").replace("737;", "737  ;"),
        plain.replace(";;", ";.;").replace(";;", "; ;"),
        plain.replace("y_", "Y_").replace("branche", "BRANCHE"),
        plain.replace("\n010", "\n\n010"),
    ] {
        let folder = Folder::new();
        folder.write("dream.csv", &text);
        read(&folder, &register(&["dream.csv"])).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(people(&folder), expected, "{text}");
    }
}

#[test]
fn columns_in_another_order_and_unknown_ones_change_nothing() {
    let folder = Folder::new();
    let text = "navn;y_1801;branche_2018_01;y_1752;y_1751;grad_2017_12;id\n\
                Søren;890;;730;730;0,5;a\n";
    folder.write("dream.csv", text);
    let mut register = register(&["dream.csv"]);
    register.key = Some("id".to_owned());
    let done = read(&folder, &register).unwrap();
    assert_eq!(done.passed_over[0].1, ["navn", "grad_2017_12"]);
    let people = people(&folder);
    assert_eq!(people[0].key, "a");
    assert_eq!(runs(&people[0]), "730×2 890×1");
}

#[test]
fn latin_1_is_read_as_such() {
    let folder = Folder::new();
    let mut bytes = b"n\xf8gle;y_1751\nS\xf8ren;730\n".to_vec();
    bytes.extend(b"\xc5ge;730\n");
    folder.write("dream.csv", bytes);
    let mut register = register(&["dream.csv"]);
    register.key = Some("nøgle".to_owned());
    read(&folder, &register).unwrap();
    let keys: Vec<String> = people(&folder)
        .into_iter()
        .map(|person| person.key)
        .collect();
    assert_eq!(keys, ["Søren", "Åge"]);
}

#[test]
fn an_unknown_code_stops_the_run_with_file_row_and_column() {
    let message = error(
        HEADER,
        "1;730;7O3;;;\n2;;999;000;;\n3;7O3;;;;\n4;100;;0;;\n",
    );
    assert!(message.contains("`7O3` first in"), "{message}");
    assert!(
        message.contains("line 2, column y_1752 (2 in all)"),
        "{message}"
    );
    assert!(message.contains("`000` first in"), "{message}");
    assert!(message.contains("line 3, column y_1801"), "{message}");
    assert!(
        message.contains("`100`") && message.contains("`0`"),
        "{message}"
    );
}

#[test]
fn one_person_with_two_rows_stops_the_run_without_naming_the_key() {
    let message = error(HEADER, "0101701234;730;;;;\nb;;;;;\n0101701234;730;;;;\n");
    assert!(message.contains("lines 2 and 4"), "{message}");
    assert!(!message.contains("0101701234"), "{message}");
}

#[test]
fn missing_repeated_and_impossible_weeks_stop_the_run() {
    for (header, part) in [
        (
            "PNR;y_1751;y_1801",
            "a gap between columns `y_1751` and `y_1801`",
        ),
        ("PNR;y_1752;y_1752", "column `y_1752` stands twice"),
        ("PNR;y_1753", "2017 has no week 53"),
        ("PNR;y_1700", "2017 has no week 0"),
        ("PNR;y_1799", "2017 has no week 99"),
        (
            "PNR;y_2052;y_2101",
            "a gap between columns `y_2052` and `y_2101`",
        ),
        ("PNR;y_1751;branche_2017_13", "branche_2017_13"),
        ("PNR;branche_2017_12", "no week columns"),
    ] {
        let message = error(header, "1;;\n");
        assert!(message.contains(part), "{message}");
    }
}

/// Years with 53 weeks between 1991 and 2040, as the register's rules list them.
#[test]
fn week_53_is_there_in_the_years_that_have_one() {
    let with_53: Vec<i16> = (1991..=2037)
        .filter(|&year| Week::from_iso(year, 53).is_ok())
        .collect();
    assert_eq!(
        with_53,
        [1992, 1998, 2004, 2009, 2015, 2020, 2026, 2032, 2037]
    );
}

#[test]
fn torn_empty_and_ragged_files_stop_the_run() {
    for (rows, part) in [
        ("1;730;730;;;\n2;730;730\n", "a row of 3 cells"),
        ("1;730;730;;;;\n", "a row of 7 cells"),
        ("1;730;730;;;\n2;73", "a row of 2 cells"),
        (";730;;;;\n", "the key is empty"),
        ("1;730;;;x1;\n", "`x1` is no industry code"),
        ("", "a header and no rows"),
        ("\n\r\n\n", "a header and no rows"),
    ] {
        let message = error(HEADER, rows);
        assert!(message.contains(part), "{rows:?}: {message}");
    }
    let folder = Folder::new();
    folder.write("dream.csv", "");
    let message = read(&folder, &register(&["dream.csv"]))
        .unwrap_err()
        .to_string();
    assert!(message.contains("is empty"), "{message}");
    folder.write("dream.csv", b"\xff\xfeP\0N\0");
    let message = read(&folder, &register(&["dream.csv"]))
        .unwrap_err()
        .to_string();
    assert!(message.contains("UTF-16"), "{message}");
    folder.write("dream.csv", "PNR;y_1751\r1;730\r");
    let message = read(&folder, &register(&["dream.csv"]))
        .unwrap_err()
        .to_string();
    assert!(message.contains("CR alone"), "{message}");
}

#[test]
fn an_ingest_that_fails_leaves_the_store_as_it_was() {
    let folder = Folder::new();
    folder.write("dream.csv", format!("{HEADER}\n1;730;;;;\n"));
    read(&folder, &register(&["dream.csv"])).unwrap();
    folder.write("dream.csv", format!("{HEADER}\n1;731;;;;\n2;bad;;;;\n"));
    read(&folder, &register(&["dream.csv"])).unwrap_err();
    assert_eq!(runs(&people(&folder)[0]), "730×1 ×2");
}

#[test]
fn two_files_of_different_years_are_joined_and_of_one_period_refused() {
    let folder = Folder::new();
    folder.write("a.csv", "PNR;y_1751;y_1752\n1;730;730\n2;;\n");
    folder.write("b.csv", "PNR;y_1801;y_1802\n3;890;890\n1;730;737\n");
    let both = register(&["a.csv", "b.csv"]);
    let done = read(&folder, &both).unwrap();
    assert_eq!((done.rows, done.persons), (4, 3));
    let people = people(&folder);
    assert_eq!(runs(&people[0]), "730×3 737×1");
    assert_eq!(runs(&people[1]), "×2");
    assert_eq!(people[2].spells[0].first, Week::from_iso(2018, 1).unwrap());
    folder.write("c.csv", "PNR;y_1752;y_1801\n1;730;730\n");
    let message = read(&folder, &register(&["a.csv", "c.csv"]))
        .unwrap_err()
        .to_string();
    assert!(message.contains("from 2017-W52 to 2017-W52"), "{message}");
}

#[test]
fn only_the_drawn_are_taken_in_when_asked() {
    let folder = Folder::new();
    folder.write(
        "dream.csv",
        format!("{HEADER}\n1;730;;;;\n2;bad;;;;\n3;890;;;;\n"),
    );
    let keep: HashSet<Vec<u8>> = [b"3".to_vec(), b"9".to_vec()].into();
    let done = read_some(&folder, &register(&["dream.csv"]), Some(keep), SORT_MEMORY).unwrap();
    assert_eq!((done.rows, done.persons), (3, 1));
    assert_eq!(people(&folder)[0].key, "3");
}

/// Many blocks, workers and sorted runs: persons come out in order of key, each with its own weeks,
/// whether they fit in memory or are merged from the disk.
#[test]
fn a_long_file_in_any_order_comes_out_sorted_and_whole() {
    let folder = Folder::new();
    let weeks = 60;
    let mut text = String::from("PNR");
    for week in 1..=52 {
        text += &format!(";y_17{week:02}");
    }
    for week in 1..=(weeks - 52) {
        text += &format!(";y_18{week:02}");
    }
    text.push('\n');
    let count = 30_000u32;
    let key = |n: u32| format!("{:012}", u64::from(n) * 7_368_787 % 999_999_999_989);
    for n in 0..count {
        text += &key(n);
        for week in 0..weeks {
            text += if week < n % weeks { ";730" } else { ";" };
        }
        text.push('\n');
    }
    folder.write("dream.csv", &text);
    let mut stores = Vec::new();
    for sort_memory in [SORT_MEMORY, 100_000] {
        let done = read_some(&folder, &register(&["dream.csv"]), None, sort_memory).unwrap();
        assert_eq!(done.persons, u64::from(count));
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 2, "the input and the store, and no run is left");
        stores.push(std::fs::read(folder.join("dream.spells")).unwrap());
    }
    assert!(stores[0] == stores[1], "the same bytes");
    let people = people(&folder);
    assert!(people.is_sorted_by(|a, b| a.key < b.key));
    let by_key: std::collections::HashMap<&str, &Person> = people
        .iter()
        .map(|person| (person.key.as_str(), person))
        .collect();
    for n in 0..count {
        let person = by_key[key(n).as_str()];
        let on_benefit: u32 = person
            .spells
            .iter()
            .filter(|spell| spell.code != Code::BLANK)
            .map(|spell| spell.weeks)
            .sum();
        assert_eq!(on_benefit, n % weeks);
        let all: u32 = person.spells.iter().map(|spell| spell.weeks).sum();
        assert_eq!(all, weeks);
    }
    // Two rows of one person far apart, met only when the runs are merged.
    let again = text.lines().nth(17).unwrap();
    folder.write("dream.csv", format!("{text}{again}\n"));
    let error = read_some(&folder, &register(&["dream.csv"]), None, 100_000).unwrap_err();
    assert!(error.to_string().contains("lines 18 and 30002"), "{error}");
}

#[test]
fn a_torn_store_is_not_read() {
    let folder = Folder::new();
    folder.write("dream.csv", format!("{HEADER}\n1;730;;;;\n2;;;;;\n"));
    read(&folder, &register(&["dream.csv"])).unwrap();
    let whole = std::fs::read(folder.join("dream.spells")).unwrap();
    for cut in [whole.len() - 1, whole.len() - 22, whole.len() - 40] {
        folder.write("dream.spells", &whole[..cut]);
        let store = Store::open(folder.path(), "dream").unwrap();
        assert!(store.read(None, |_| {}).is_err(), "cut at {cut}");
    }
}

fn drawn_only(folder: &Folder, rows: &str) -> Result<Ingested, RegisterError> {
    folder.write("dream.csv", format!("{HEADER}\n{rows}"));
    let keep = HashSet::from([b"1".to_vec()]);
    read_some(folder, &register(&["dream.csv"]), Some(keep), SORT_MEMORY)
}

#[test]
fn a_file_torn_in_the_row_of_somebody_else_stops_the_run() {
    let folder = Folder::new();
    for (rows, part) in [
        ("1;730;730;;;\n2;73", "a row of 2 cells\n"),
        ("2;730;730;;\n1;730;730;;;\n", "a row of 5 cells\n"),
        ("1;730;730;;;\n2;730;730;;;;\n", "a row of 7 cells\n"),
        ("1;730;730;;;\n2;\"a;b\";;\n", "a row of 4 cells\n"),
        (
            "1;730;730;;;\n2;730;730;;\"4711\n",
            "a row that does not end",
        ),
        (".;730;730;;;\n1;730;730;;;\n", "the key is empty"),
    ] {
        let message = drawn_only(&folder, rows).unwrap_err().to_string();
        assert!(message.contains(part), "{rows:?}: {message}");
    }
    // A separator in quotes parts no cells.
    folder.write(
        "dream.csv",
        "PNR;name;y_1751\n1;a;730\n2;\"b; c\";730\n3;\"d\"\"\";\n",
    );
    let keep = HashSet::from([b"1".to_vec()]);
    let done = read_some(&folder, &register(&["dream.csv"]), Some(keep), SORT_MEMORY).unwrap();
    assert_eq!((done.rows, done.left_out, done.persons), (3, 2, 1));
}

fn doubt(done: &Ingested, doubt: Doubt) -> Option<(u64, Vec<u64>)> {
    let found = done.doubts.iter().find(|found| found.doubt == doubt)?;
    Some((
        found.count,
        found.rows.iter().map(|(_, line)| *line).collect(),
    ))
}

#[test]
fn keys_that_lost_zeros_are_counted_also_where_they_are_left_out() {
    let folder = Folder::new();
    let mut text = format!("{HEADER}\n");
    for n in 0..60u64 {
        // Every third begins with a zero, which is lost.
        let key = 10u64.pow(if n % 3 == 0 { 10 } else { 11 }) + n;
        text += &format!("{key};;;;;\n");
    }
    folder.write("dream.csv", &text);
    for keep in [None, Some(HashSet::from([b"010000000000".to_vec()]))] {
        let done = read_some(&folder, &register(&["dream.csv"]), keep, SORT_MEMORY).unwrap();
        let lines = (2..62).step_by(3).collect();
        assert_eq!(doubt(&done, Doubt::ShortKey), Some((20, lines)));
    }
}

/// The rows are those of the file, whatever the order of the keys.
#[test]
fn the_first_rows_of_a_doubt_are_told() {
    let folder = Folder::new();
    let mut text = "PNR;y_1751;y_1752\n".to_owned();
    for n in 0..50 {
        text += &format!("{};999;730\n", 1_000 - n);
    }
    folder.write("dream.csv", text);
    let done = read(&folder, &register(&["dream.csv"])).unwrap();
    let lines = (2..22).collect();
    assert_eq!(doubt(&done, Doubt::AfterDeath), Some((50, lines)));
    // The code after death stands in the first file, another row of the person in the second.
    folder.write("a.csv", "PNR;y_1751;y_1752\n1;999;730\n");
    folder.write("b.csv", "PNR;y_1801;y_1802\n2;730;730\n1;999;999\n");
    let done = read(&folder, &register(&["a.csv", "b.csv"])).unwrap();
    assert_eq!(done.doubts[0].doubt, Doubt::AfterDeath);
    assert_eq!(done.doubts[0].rows, [(folder.join("a.csv"), 2)]);
}

#[test]
fn a_last_row_without_a_line_end_is_doubtful_where_the_others_have_one() {
    let folder = Folder::new();
    for (rows, doubtful) in [
        ("1;730;730;;;\n2;;;;;4711", true),
        ("1;730;730;;;\r\n2;;;;;4711\r", true),
        ("1;730;730;;;\n2;;;;;4711\n", false),
        ("1;730;730;;;\n2;;;;;4711\n\n", false),
        ("1;730;730;;;4711", false),
    ] {
        folder.write("dream.csv", format!("{HEADER}\n{rows}"));
        let done = read(&folder, &register(&["dream.csv"])).unwrap();
        let expected = doubtful.then(|| (1, vec![3]));
        assert_eq!(doubt(&done, Doubt::NoLastLineEnd), expected, "{rows:?}");
    }
}

/// A column of something else than codes: each cell is new.
#[test]
fn more_unknown_codes_than_any_table_has_end_the_reading() {
    let count = |codes: u32| {
        let rows: String = (0..codes).map(|n| format!("{n};x{n};;;;\n")).collect();
        error(HEADER, &rows)
    };
    let message = count(1_000);
    assert!(
        message.starts_with("1000 unknown state codes: `x0`, "),
        "{message}"
    );
    for codes in [1_001, 300_000] {
        let message = count(codes);
        assert!(
            message.starts_with("more than 1000 unknown state codes"),
            "{message}"
        );
        assert!(message.contains("`x0` first in "), "{message}");
        assert!(
            message.contains("dream.csv, line 2, column y_1751"),
            "{message}"
        );
    }
    // However many times one stands there, it is one.
    let message = error(HEADER, &"1;7O3;7O3;;;\n".repeat(30_000));
    assert!(
        message.contains("unknown state code `7O3`, 60000 times"),
        "{message}"
    );
}

#[test]
fn every_fault_of_a_row_is_counted_and_the_first_are_told() {
    let rows = "1;730;730;;;\n;730;;;;\n2;730\n3;;;;;x1\n1;;;;;\n4;;;;;;\n5;;;;;\n";
    let message = error(HEADER, rows);
    assert!(message.starts_with("4 faults in the rows\n"), "{message}");
    for part in [
        "the key is empty, in ",
        "dream.csv, line 3, column PNR",
        "a row of 2 cells, in ",
        "`x1` is no industry code",
        "a row of 7 cells",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let message = error(HEADER, &format!("1;;;;;\n{}", "2;73\n".repeat(100_000)));
    assert!(
        message.starts_with("100000 faults in the rows\n"),
        "{message}"
    );
    assert!(message.ends_with("and 99995 more"), "{message}");
    // Two persons, one of them three times; told in the order of the file.
    let message = error(HEADER, "b;;;;;\na;;;;;\nb;;;;;\na;;;;;\nb;;;;;\nc;;;;;\n");
    assert!(message.starts_with("3 faults in the rows\n"), "{message}");
    let places = ["lines 2 and 4", "lines 3 and 5", "lines 4 and 6"].map(|part| message.find(part));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{message}"
    );
}

#[test]
fn a_key_that_is_none_stops_the_run() {
    for (row, part) in [
        (".;730;;;;\n", "the key is empty"),
        ("\".\" ;730;;;;\n", "the key is empty"),
        ("1\0a;730;;;;\n", "the byte 0 in a cell"),
    ] {
        let message = error(HEADER, &format!("1;;;;;\n{row}"));
        assert!(message.contains(part), "{message}");
        assert!(message.contains("line 3, column PNR"), "{message}");
    }
    let message = error("PNR;y_1751;PNR", "1;730;2\n");
    assert!(message.contains("column `PNR` stands twice"), "{message}");
}

#[test]
fn a_number_like_a_cpr_number_is_in_no_message() {
    for number in ["0101901234", "010190-1234", "101901234", "x0101901234|7"] {
        let cells = [
            (
                HEADER.to_owned(),
                format!("1;{number};;;;\n2;{number};;;;\n"),
            ),
            (HEADER.to_owned(), format!("1;730;;;;{number}x\n")),
            (HEADER.to_owned(), format!("{number};;;;;\n{number};;;;;\n")),
            // A file without a header.
            (format!("{number};730"), "2;730\n".to_owned()),
            (
                format!("1;y_1751;{number};{number}"),
                "2;730;;\n".to_owned(),
            ),
        ];
        for (header, rows) in cells {
            let message = error(&header, &rows);
            let digits = |text: &str| text.replace(|c: char| !c.is_ascii_digit(), "");
            assert!(
                !digits(&message).contains(&digits(number)[..8]),
                "{message}"
            );
        }
    }
    let message = error(HEADER, "1;0101901234;0201901234;;;\n");
    let told = "unknown state code (a number like a CPR number), 2 times";
    assert!(message.starts_with(told), "{message}");
    // A pseudonym of twelve digits has not its shape, and a long cell is not told whole.
    let message = error(HEADER, &format!("1;000301701234;{};;;\n", "7".repeat(100)));
    assert!(message.contains("`000301701234`"), "{message}");
    assert!(
        message.contains(&format!("`{}…`", "7".repeat(60))),
        "{message}"
    );
}

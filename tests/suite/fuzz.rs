//! Files and texts that nobody would write, made from a corpus by mutation.
//!
//! Every file in `tests/corpus/NAME` is tried as it is and must be accepted, those in its folder
//! `refused` refused, so that mutations begin with what the reader knows; then mutations of them
//! from a fixed seed: the same ones in every run, so many that a run takes seconds. `KLERO_FUZZ_SECONDS=600` goes on
//! for that long with each of the corpora. What is accepted is mutated further. A case that fails,
//! or does not end, is written to a file that the failure names; with the mistake mended it goes
//! into the corpus, named after what it found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use klero::digest::Digest;
use klero::draw::{Stream, Words};
use klero::period::{Moment, Month, Week};
use klero::protocol::{Register, RegisterKind, ValueColumn};
use klero::register::store::Store;
use klero::register::values::Readings;
use klero::register::{
    Class, Code, CodeTable, Ingest, Person, RegisterError, SORT_MEMORY, Source, Writing, ingest,
};
use klero::table::{Dialect, decode};

use crate::register::register;
use crate::workshop::Folder;

/// A case that takes longer does not end.
const PATIENCE: Duration = Duration::from_secs(300);
/// Accepted mutations that are mutated further.
const POOL: usize = 200;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Taken {
    Accepted,
    Refused,
}

/// Tries the corpus and `cases` mutations of it, or as many as the time allows that was asked for.
fn fuzz(
    name: &str,
    cases: u64,
    tokens: &'static [&'static str],
    check: impl Fn(&[u8]) -> Taken + Send + 'static,
) {
    let seeds = corpus(name);
    assert!(!seeds.is_empty(), "no corpus of {name}");
    let seconds = std::env::var("KLERO_FUZZ_SECONDS");
    let seconds = seconds
        .ok()
        .map(|text| text.parse().expect("a number of seconds"));
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let case = Arc::new(Mutex::new(Vec::new()));
    let (tell, told) = channel();
    let worker = std::thread::spawn({
        let case = case.clone();
        let seed = Digest::of(name.as_bytes());
        move || {
            for seed in &seeds {
                case.lock().unwrap().clone_from(&seed.bytes);
                assert_eq!(check(&seed.bytes), seed.taken, "{}", seed.name);
            }
            let seeds = seeds.into_iter().map(|seed| seed.bytes);
            let mut mutator = Mutator::new(seeds.collect(), tokens, Stream::new(seed.0));
            let mut number = 0;
            let goes_on = |number: u64| match until {
                Some(until) => Instant::now() < until,
                None => number < cases,
            };
            while goes_on(number) {
                let bytes = mutator.next();
                number += 1;
                case.lock().unwrap().clone_from(&bytes);
                if check(&bytes) == Taken::Accepted {
                    mutator.keep(bytes);
                }
                tell.send(()).unwrap();
            }
        }
    });
    let what = loop {
        match told.recv_timeout(PATIENCE) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => break "does not end",
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Ok(()) => return,
                Err(_) => break "fails",
            },
        }
    };
    let bytes = case.lock().unwrap().clone();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "{}-{}",
        name.replace('/', "-"),
        Digest::of(&bytes)
    ));
    std::fs::write(&file, &bytes).unwrap();
    panic!("a case {what}: {}\n{:?}", file.display(), decode(&bytes));
}

/// A file of a corpus, and what becomes of it.
struct Seed {
    name: String,
    bytes: Vec<u8>,
    taken: Taken,
}

/// Returns the files of a corpus, and for a foreign format the fixtures of that format, of which
/// those of tables without rows are refused.
fn corpus(name: &str) -> Vec<Seed> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = here.join("tests/corpus").join(name);
    let mut folders = vec![corpus.join("refused"), corpus];
    if name.starts_with("foreign") {
        folders.push(here.join("data-fixtures/formats"));
    }
    let entries = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok());
    let files = entries.flatten().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|file| {
            file.is_file()
                && (!name.starts_with("foreign") || file.extension() == Path::new(name).file_name())
        })
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| Seed {
            name: file.display().to_string(),
            bytes: std::fs::read(file).unwrap(),
            taken: match file.parent().unwrap().ends_with("refused")
                || file.file_stem().unwrap() == "none"
            {
                true => Taken::Refused,
                false => Taken::Accepted,
            },
        })
        .collect()
}

/// Makes new cases from old ones.
struct Mutator {
    pool: Vec<Vec<u8>>,
    /// How many of the pool are seeds, which stay.
    seeds: usize,
    tokens: &'static [&'static str],
    words: Stream,
}

impl Mutator {
    fn new(seeds: Vec<Vec<u8>>, tokens: &'static [&'static str], words: Stream) -> Mutator {
        Mutator {
            seeds: seeds.len(),
            pool: seeds,
            tokens,
            words,
        }
    }

    fn next(&mut self) -> Vec<u8> {
        let at = self.below(self.pool.len());
        let mut bytes = self.pool[at].clone();
        for _ in 0..=self.below(5) {
            self.mutate(&mut bytes);
        }
        bytes
    }

    fn keep(&mut self, bytes: Vec<u8>) {
        if bytes.len() > 100_000 {
            return;
        }
        if self.pool.len() < self.seeds + POOL {
            self.pool.push(bytes);
        } else {
            let at = self.seeds + self.below(POOL);
            self.pool[at] = bytes;
        }
    }

    fn below(&mut self, n: usize) -> usize {
        self.words.below(n.max(1) as u64) as usize
    }

    fn range(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let from = self.below(bytes.len() + 1);
        let most = match self.below(4) {
            0 => bytes.len() - from,
            _ => 8.min(bytes.len() - from),
        };
        from..from + self.below(most + 1)
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let range = self.range(bytes);
        let token = self.tokens[self.below(self.tokens.len())].as_bytes();
        match self.below(9) {
            0 if range.start < bytes.len() => bytes[range.start] ^= 1 << self.below(8),
            1 if range.start < bytes.len() => bytes[range.start] = self.below(256) as u8,
            2 => drop(bytes.splice(range.start..range.start, token.iter().copied())),
            3 => drop(bytes.splice(range, token.iter().copied())),
            4 => drop(bytes.drain(range)),
            5 => {
                let copy = bytes[range].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            6 => {
                let at = self.below(self.pool.len());
                let other = self.pool[at].clone();
                let part = other[self.range(&other)].to_vec();
                bytes.splice(range, part);
            }
            7 => bytes.truncate(range.end.max(1)),
            _ => {
                // Another digit for a digit, so that numbers and periods stay such.
                let digits = bytes
                    .iter()
                    .enumerate()
                    .filter(|(_, byte)| byte.is_ascii_digit());
                let digits: Vec<usize> = digits.map(|(at, _)| at).collect();
                if !digits.is_empty() {
                    bytes[digits[self.below(digits.len())]] = b'0' + self.below(10) as u8;
                }
            }
        }
    }
}

/// Checks that an error says where: the file, and for a fault of a row its line.
fn says_where(error: &RegisterError, file: &str) -> Taken {
    use RegisterError as E;
    let message = error.to_string();
    let of_the_file = matches!(
        error,
        E::Empty { .. }
            | E::HeaderOnly { .. }
            | E::Utf16 { .. }
            | E::CrOnly { .. }
            | E::NotWhole { .. }
            | E::OtherFormat { .. }
            | E::Codes { .. }
    );
    assert!(message.contains(file), "no file in: {message}");
    assert!(
        of_the_file || message.contains("line"),
        "no line in: {message}"
    );
    Taken::Refused
}

type Rows = Vec<(u64, Vec<String>)>;

fn rows(path: &Path) -> Result<(Vec<String>, Rows), RegisterError> {
    let mut source = Source::open(path)?;
    let mut rows = Vec::new();
    let mut cells = Vec::new();
    while let Some(line) = source.next(&mut cells)? {
        rows.push((line, cells.clone()));
    }
    Ok((source.header().to_vec(), rows))
}

/// The text of a cell: UTF-8 or Windows-1252, without blanks and zero bytes at its end or blanks
/// at its start.
fn text_of(cell: &[u8]) -> String {
    let text = decode(cell);
    let end = text.trim_end_matches(|letter: char| letter == '\0' || letter.is_whitespace());
    end.trim_start().to_owned()
}

/// Reads a text table by the csv crate.
fn by_the_csv_crate(bytes: &[u8]) -> Vec<Vec<String>> {
    let dialect = Dialect::recognise(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(dialect.separator)
        .has_headers(false)
        .flexible(true)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(&bytes[dialect.mark..]);
    let records = reader.byte_records().map(|record| record.unwrap());
    // A line of a carriage return alone is empty; one that is quoted is a cell.
    let is_empty = |record: &csv::ByteRecord| {
        let start = record.position().map_or(0, |start| start.byte()) as usize;
        let line = &bytes[dialect.mark + start..];
        let begin = line.iter().position(|byte| *byte != b'\n');
        begin.is_some_and(|begin| line[begin] == b'\r')
    };
    records
        .filter(|record| record.len() > 1 || record.get(0) != Some(b"\r") || !is_empty(record))
        .map(|record| record.iter().map(text_of).collect())
        .collect()
}

/// A cell without the quotes that stand between blanks, which klero's readers take off, and the
/// csv crate leaves to the text.
fn loosely(cell: &str) -> String {
    let inner = cell
        .strip_prefix('"')
        .and_then(|cell| cell.strip_suffix('"'))
        .filter(|inner| !inner.replace("\"\"", "").contains('"'));
    match inner {
        Some(inner) => text_of(inner.replace("\"\"", "\"").as_bytes()),
        None => cell.to_owned(),
    }
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

const TEXT: &[&str] = &[
    "\"", "\"\"", ";", ",", "\t", "\n", "\r\n", "\r", " ", ".", "\u{feff}", "\0", "\u{1f}", "æ",
    "\"\n\"", ";;;;", "0", "\"x\" y", "\u{a0}",
];

#[test]
fn a_text_table_is_read_as_the_csv_crate_reads_it() {
    let folder = Folder::new();
    fuzz("table", 6_000, TEXT, move |bytes| {
        // The csv crate passes over every mark, not the first one only.
        if bytes.starts_with("\u{feff}\u{feff}".as_bytes()) {
            return Taken::Refused;
        }
        let path = folder.write("case.csv", bytes);
        let (header, rows_read) = match rows(&path) {
            Ok(read) => read,
            Err(error) => return says_where(&error, "case.csv"),
        };
        let cells: Vec<&Vec<String>> = std::iter::once(&header)
            .chain(rows_read.iter().map(|(_, cells)| cells))
            .collect();
        let expected = by_the_csv_crate(bytes);
        assert_eq!(cells.len(), expected.len());
        for (row, expected) in cells.iter().zip(&expected) {
            assert_eq!(row.len(), expected.len(), "{row:?} {expected:?}");
            for (cell, text) in row.iter().zip(expected) {
                assert!(cell == text || *cell == loosely(text), "{cell:?} {text:?}");
            }
        }
        // Written again, it is the same table.
        let lines = cells.iter().map(|cells| {
            let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
            cells.join(",") + "\n"
        });
        let path = folder.write("again.csv", lines.collect::<String>());
        let (again, rows_again) = rows(&path).unwrap();
        let bare = |rows: Rows| rows.into_iter().map(|(_, cells)| cells).collect::<Vec<_>>();
        assert_eq!((again, bare(rows_again)), (header, bare(rows_read)));
        Taken::Accepted
    });
}

/// Ingests the file of a register and returns its persons.
fn taken_in(folder: &Folder, register: &Register) -> Result<Vec<Person>, RegisterError> {
    ingest(&Ingest {
        register,
        folder: folder.path(),
        derived: folder.path(),
        keep: None,
        threads: 2,
        sort_memory: SORT_MEMORY,
        drawn: None,
        writing: Writing::Store,
        progress: &|_| {},
    })?;
    let store = Store::open(folder.path(), &register.id).unwrap();
    let mut people = Vec::new();
    store
        .read(None, |person| people.push(person.clone()))
        .unwrap();
    Ok(people)
}

const WIDE: &[&str] = &[
    "\"",
    "\"\"",
    ";",
    ",",
    "\t",
    "\n",
    "\r\n",
    "\r",
    " ",
    ".",
    "\u{feff}",
    "æ",
    "730",
    "999",
    ";730",
    ";;;;",
    ";730;730;730;730;730",
    "0",
    "100",
    "y_2053",
    ";y_2053",
    "y_2101",
    "branche_2020_12",
    "\" 730\"",
    "121",
];

/// The weeks of a wide file by the csv crate: key, and the codes in order of time.
fn wide_by_the_csv_crate(bytes: &[u8]) -> Vec<(String, Vec<Code>)> {
    let mut records = by_the_csv_crate(bytes).into_iter();
    let header = records.next().unwrap();
    let mut weeks: Vec<(Week, usize)> = Vec::new();
    for (column, name) in header.iter().enumerate().skip(1) {
        let name = name.to_ascii_lowercase();
        if let Some(digits) = name.strip_prefix("y_")
            && digits.len() == 4
            && digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            let year: i16 = digits[..2].parse().unwrap();
            let year = if year >= 91 { 1900 + year } else { 2000 + year };
            weeks.push((
                Week::from_iso(year, digits[2..].parse().unwrap()).unwrap(),
                column,
            ));
        }
    }
    weeks.sort();
    records
        .map(|cells| {
            let codes = weeks
                .iter()
                .map(|(_, at)| Code::read(loosely(&cells[*at]).as_bytes()).unwrap());
            (cells[0].clone(), codes.collect())
        })
        .collect()
}

#[test]
fn a_wide_file_is_read_as_the_csv_crate_reads_it() {
    let folder = Folder::new();
    fuzz("wide", 4_000, WIDE, move |bytes| {
        folder.write("case.csv", bytes);
        let people = match taken_in(&folder, &register(&["case.csv"])) {
            Ok(people) => people,
            Err(error) => return says_where(&error, "case.csv"),
        };
        let codes = |person: &Person| -> Vec<Code> {
            let spells = person.spells.iter();
            spells
                .flat_map(|s| std::iter::repeat_n(s.code, s.weeks as usize))
                .collect()
        };
        let read: BTreeMap<String, Vec<Code>> =
            people.iter().map(|p| (p.key.clone(), codes(p))).collect();
        let expected = wide_by_the_csv_crate(bytes);
        assert_eq!(read.len(), expected.len());
        for (key, codes) in &expected {
            let keys = [key.clone(), loosely(key)];
            assert!(
                keys.iter().any(|key| read.get(key) == Some(codes)),
                "{key:?}"
            );
        }
        let Some(first) = people.first().cloned() else {
            return Taken::Accepted;
        };
        // Written again, it is the same register.
        let mut text = String::from("key");
        let weeks = codes(&first).len() as i32;
        for week in 0..weeks {
            let (year, number) = (first.spells[0].first + week).iso();
            text += &format!(";y_{:02}{number:02}", year % 100);
        }
        let months: Vec<Month> = first
            .wages
            .iter()
            .flat_map(|wage| (0..wage.months as i32).map(|month| Month(wage.first.0 + month)))
            .collect();
        for month in &months {
            text += &format!(";branche_{}", month.to_string().replace('-', "_"));
        }
        for person in &people {
            text += &format!("\n{}", quoted(&person.key));
            for code in codes(person) {
                text += &format!(";{code}");
            }
            for wage in &person.wages {
                text += &[";", ";1"][usize::from(wage.paid)].repeat(wage.months as usize);
            }
        }
        folder.write("again.csv", text + "\n");
        assert_eq!(
            taken_in(&folder, &register(&["again.csv"])).unwrap(),
            people
        );
        Taken::Accepted
    });
}

fn long(kind: RegisterKind, file: &str) -> Register {
    Register {
        kind,
        ..register(&[file])
    }
}

/// Tries files of a long kind: what is accepted and written again by `line` is the same register.
fn fuzz_long(
    name: &str,
    kind: RegisterKind,
    header: &'static str,
    tokens: &'static [&'static str],
    lines: impl Fn(&Person) -> Vec<String> + Send + 'static,
) {
    let folder = Folder::new();
    fuzz(name, 4_000, tokens, move |bytes| {
        folder.write("case.csv", bytes);
        let people = match taken_in(&folder, &long(kind, "case.csv")) {
            Ok(people) => people,
            Err(error) => return says_where(&error, "case.csv"),
        };
        let mut text = format!("{header}\n");
        for person in &people {
            for line in lines(person) {
                text += &format!("{};{line}\n", quoted(&person.key));
            }
        }
        if people.iter().any(|person| !lines(person).is_empty()) {
            folder.write("again.csv", text);
            assert_eq!(taken_in(&folder, &long(kind, "again.csv")).unwrap(), people);
        }
        Taken::Accepted
    });
}

const HOURS: &[&str] = &[
    "\"",
    ";",
    ",",
    "\n",
    "160,33",
    "160.33",
    "0",
    "9999999999",
    "0,00005",
    ",",
    ".",
    "-1",
    "1e5",
    "NaN",
    "2020",
    "12",
    "13",
    " ",
    "+3",
    "429496,7295",
];

#[test]
fn hours_are_read_or_refused() {
    fuzz_long(
        "bfl",
        RegisterKind::Bfl,
        "key;year;month;hours",
        HOURS,
        |person| {
            let hours = person.hours.iter();
            let line = |hours: &klero::register::Hours| {
                let name = hours.month.to_string();
                let (year, month) = name.split_once('-').unwrap();
                format!(
                    "{year};{month};{},{:04}",
                    hours.paid / 10_000,
                    hours.paid % 10_000
                )
            };
            hours.map(line).collect()
        },
    );
}

const DATES: &[&str] = &[
    "\"",
    ";",
    ",",
    "\n",
    "2020-W53",
    "2021-W01",
    "9999-12-31",
    "0001-01-01",
    "2020-02-29",
    "2021-02-29",
    "-",
    "W",
    "1991-08-05",
    "T00:00:00",
    "ordinary",
    "unknown",
    "730",
    "999",
    "2021-05",
    "+",
    " ",
];

#[test]
fn spells_are_read_or_refused() {
    fuzz_long(
        "spells",
        RegisterKind::Spells,
        "key;start;end;state",
        DATES,
        |person| {
            let spells = person.spells.iter();
            spells
                .map(|spell| {
                    format!(
                        "{};{};{}",
                        spell.first,
                        spell.first + (spell.weeks as i32 - 1),
                        spell.code
                    )
                })
                .collect()
        },
    );
}

#[test]
fn states_are_read_or_refused() {
    fuzz_long(
        "states",
        RegisterKind::States,
        "key;period;state",
        DATES,
        |person| {
            let spells = person.spells.iter();
            spells
                .flat_map(|spell| {
                    (0..spell.weeks as i32)
                        .map(|week| format!("{};{}", spell.first + week, spell.code))
                })
                .collect()
        },
    );
}

const CODES: &[&str] = &[
    "\"",
    ";",
    ",",
    "\n",
    "code",
    "state",
    "label",
    "from",
    "to",
    "555",
    "730",
    "0",
    "100",
    "ordinary",
    "education",
    "unknown",
    "2021-W14",
    "2020-W53",
    "2021-W53",
    " ",
    "\u{feff}",
    "æ",
    "0101901234",
];

#[test]
fn own_codes_are_read_or_refused() {
    fuzz("codes", 4_000, CODES, |bytes| {
        let table = match CodeTable::built_in().extended(Path::new("case.csv"), bytes) {
            Ok(table) => table,
            Err(error) => return says_where(&error, "case.csv"),
        };
        // Written again, it is the same table.
        let mut text = "code;state;label;from;to\n".to_owned();
        for entry in table.entries.iter().filter(|entry| entry.group == "own") {
            assert_eq!(table.class(entry.code), Some(entry.class));
            let Class::Is(state) = entry.class else {
                panic!("an own code is a state")
            };
            let week = |week: Option<Week>| week.map_or(String::new(), |week| week.to_string());
            let (from, to) = (week(entry.valid.0), week(entry.valid.1));
            let label = quoted(&entry.label_en);
            text += &format!("{};{};{label};{from};{to}\n", entry.code, state.name());
        }
        let again = CodeTable::built_in().extended(Path::new("again.csv"), text.as_bytes());
        assert_eq!(again.unwrap().entries, table.entries);
        Taken::Accepted
    });
}

const VALUES: &[&str] = &[
    "\"",
    "\"\"",
    ";",
    ",",
    "\n",
    "\r\n",
    "v",
    "v0",
    "1,5",
    "-2.25",
    "1.234,5",
    "NA",
    ".",
    "1e5",
    "NaN",
    "inf",
    "+3",
    " ",
    "\0",
    "\u{feff}",
    "æ",
    "99999999999999999999",
    "\"\n\"",
];

#[test]
fn tables_of_values_are_read_or_refused() {
    let folder = Folder::new();
    let column = ValueColumn {
        file: "case.csv".into(),
        column: "v".to_owned(),
        baseline: Some("v0".to_owned()),
        yes_no: false,
        baseline_label: None,
        key: None,
    };
    fuzz("values", 6_000, VALUES, move |bytes| {
        folder.write("case.csv", bytes);
        let readings = match Readings::read(folder.path(), &column) {
            Ok(readings) => readings,
            Err(error) => return says_where(&error, "case.csv"),
        };
        let mut records = by_the_csv_crate(bytes).into_iter();
        let header: Vec<String> = records
            .next()
            .unwrap()
            .iter()
            .map(|name| loosely(name))
            .collect();
        let place = |name: &str| header.iter().position(|column| column == name).unwrap();
        let number = |cell: &str| match loosely(cell).as_str() {
            "" | "." | "NA" => None,
            text => Some(text.replace(',', ".").parse::<f64>().unwrap()),
        };
        for cells in records {
            let keys = [cells[0].clone(), loosely(&cells[0])];
            let found = keys
                .iter()
                .find_map(|key| readings.of(key))
                .expect("the key is known");
            assert_eq!(found.value, number(&cells[place("v")]));
            assert_eq!(found.baseline, number(&cells[place("v0")]));
        }
        Taken::Accepted
    });
}

/// A period is its one text form, and nothing else.
#[test]
fn periods_are_read_only_as_they_are_written() {
    fuzz("periods", 200_000, DATES, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Taken::Refused;
        };
        let text = text.trim_end();
        let mut taken = Taken::Refused;
        if let Ok(week) = text.parse::<Week>() {
            assert_eq!(week.to_string(), text);
            let _ = (week.monday(), week.thursday(), week.month().first_week());
            taken = Taken::Accepted;
        }
        if let Ok(moment) = text.parse::<Moment>() {
            assert_eq!(moment.to_string(), text);
            taken = Taken::Accepted;
        }
        if let Some(code) = Code::read(text.as_bytes()) {
            assert_eq!(Code::read(code.to_string().as_bytes()), Some(code));
            taken = Taken::Accepted;
        }
        taken
    });
}

/// Files of other programs, torn anywhere: cells or an error with the file, and no panic.
#[test]
fn torn_foreign_files_are_read_or_refused() {
    for extension in ["parquet", "dta", "sas7bdat", "xlsx"] {
        let folder = Folder::new();
        fuzz(
            &format!("foreign/{extension}"),
            250,
            FOREIGN,
            move |bytes| {
                let name = format!("case.{extension}");
                let path = folder.write(&name, bytes);
                match rows(&path) {
                    Ok(_) => Taken::Accepted,
                    Err(error) => says_where(&error, &name),
                }
            },
        );
    }
}

const FOREIGN: &[&str] = &[
    "\0",
    "\0\0\0\0",
    "\u{7f}",
    "PAR1",
    "\u{1}",
    "\0\0\u{1}",
    "</stata_dta>",
];

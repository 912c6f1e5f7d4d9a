//! One table in every format: what a cell is, what a file must not be, and what follows from it.
//!
//! The files in `data-fixtures/formats` are made by pandas, pyarrow, openpyxl and, for SAS,
//! ReadStat; the scripts stand beside them. What a cell is to be stands in the CSV files.

use std::path::{Path, PathBuf};

use klero::digest::Digest;
use klero::register::columns::{Columns, Values};
use klero::register::{Format, Person, RegisterError, Source};

use crate::register::{people, read, register};
use crate::workshop::{Folder, klero};

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-fixtures/formats");
    folder.join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

type Lines = Vec<(u64, Vec<String>)>;

fn rows(path: &Path) -> Result<(Vec<String>, Lines), RegisterError> {
    let mut source = Source::open(path)?;
    let mut cells = Vec::new();
    let mut rows = Vec::new();
    while let Some(line) = source.next(&mut cells)? {
        assert_eq!(cells.len(), source.header().len());
        rows.push((line, cells.clone()));
    }
    let size = std::fs::metadata(path).unwrap().len();
    assert_eq!(source.bytes(), size, "all bytes were read");
    assert_eq!(source.digest()?, Digest::of_file(path).unwrap());
    Ok((source.header().to_vec(), rows))
}

/// Returns what is wrong with a file of these bytes.
#[track_caller]
fn fault(name: &str, bytes: &[u8]) -> String {
    let folder = Folder::new();
    let path = folder.write(name, bytes);
    match rows(&path) {
        Ok((_, rows)) => panic!("{name} was read: {} rows", rows.len()),
        Err(error) => error.to_string(),
    }
}

/// Replaces a text in bytes by one of the same length, once.
#[track_caller]
fn patched(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|part| part == from);
    let at = at.expect("the text stands in the file");
    [&bytes[..at], to, &bytes[at + to.len()..]].concat()
}

const TABLES: [&str; 7] = [
    "table.csv",
    "table.parquet",
    "table-other.parquet",
    "table.dta",
    "table-114.dta",
    "table.sas7bdat",
    "table.xlsx",
];
const WIDE: [&str; 6] = [
    "wide.csv",
    "wide.parquet",
    "wide.dta",
    "wide.sas7bdat",
    "wide-text.sas7bdat",
    "wide.xlsx",
];

#[test]
fn a_source_may_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Source>();
}

#[test]
fn the_extension_says_the_format() {
    for (name, format) in [
        ("a.csv", Format::Csv),
        ("a.txt", Format::Csv),
        ("a", Format::Csv),
        ("a.Parquet", Format::Parquet),
        ("a.b.SAS7BDAT", Format::Sas),
        ("a.dta", Format::Stata),
        ("a.XLSX", Format::Excel),
    ] {
        assert_eq!(Format::of(Path::new(name)), format, "{name}");
    }
}

/// Written by hand from the rows in `make.py`.
#[test]
fn a_cell_is_the_same_text_in_every_format() {
    let expected = [
        "key|number|code|amount|day|member|place|note",
        "000000000017|10133|730|160.33|2021-04-05|1|Rødovre|a;b",
        "000301701234|301701234567||0.1|1960-01-01|0|Ærø|said \"no\"",
        "012345678901|9007199254740991|0|-0.3333333333333333|1959-12-31|1|Åbenrå|",
        "100000000000|0|999|0.00001||0|Sønder  Omme|\"quoted\"",
        "999999999999|-7|111||2000-02-29|1||.",
        "A-7|1000000|7|1000000|1904-03-01|0|Tårnby|5\" pipe, long",
    ];
    for name in TABLES {
        let (header, rows) = rows(&fixture(name)).unwrap();
        assert_eq!(header.join("|"), expected[0], "{name}");
        assert_eq!(rows.len(), expected.len() - 1, "{name}");
        for (index, (line, cells)) in rows.iter().enumerate() {
            assert_eq!(*line, index as u64 + 2, "{name}");
            assert_eq!(cells.join("|"), expected[index + 1], "{name}");
        }
    }
}

/// Moments and periods as `make.py` gives them; a month is written as klero writes months, the
/// other periods as Stata does, whose weeks are not ISO weeks.
#[test]
fn times_and_periods_have_a_text() {
    for (name, expected) in [
        (
            "times.parquet",
            [
                "2021-04-05T13:30:59|2021-04-05T13:30:59|2021-04-05|-0.5|0.1|18446744073709551615",
                "1959-12-24|1959-12-24|0001-01-01||16777216|",
            ],
        ),
        (
            "times.dta",
            [
                "2021-04-05T13:30:59|2021-04-05|2021w14|2021-04|2021q2|2021h1|2021|0.1",
                "1959-12-24|1959-12-24|1959w52|1959-12|1959q4|1959h2|1959|16777216",
            ],
        ),
    ] {
        let (_, rows) = rows(&fixture(name)).unwrap();
        let rows: Vec<String> = rows.iter().map(|(_, cells)| cells.join("|")).collect();
        assert_eq!(rows, expected, "{name}");
    }
}

/// `.a` to `.z` of Stata, here in place of the code 730 stored as a number.
#[test]
fn every_missing_number_is_empty() {
    let folder = Folder::new();
    for tag in [0u64, 1, 26] {
        let missing = (0x7FE0_0000_0000_0000 + (tag << 40)).to_le_bytes();
        let changed = patched(&bytes("table.dta"), &730f64.to_le_bytes(), &missing);
        let (_, rows) = rows(&folder.write("a.dta", changed)).unwrap();
        assert_eq!(rows[0].1[2], "");
    }
    for tag in *b"AMZ_." {
        // The tag stands, turned over, in the third byte of a number that is none.
        let missing = [0, 0, 0, 0, 0, !tag, 0xFF, 0xFF];
        let changed = patched(&bytes("table.sas7bdat"), &730f64.to_le_bytes(), &missing);
        let (_, rows) = rows(&folder.write("a.sas7bdat", changed)).unwrap();
        assert_eq!(rows[0].1[2], "");
    }
}

#[test]
fn a_text_table_is_the_same_in_every_dress() {
    let folder = Folder::new();
    let expected = rows(&fixture("table.csv")).unwrap();
    let plain = String::from_utf8(bytes("table.csv")).unwrap();
    let (latin_1, _, _) = encoding_rs::WINDOWS_1252.encode(&plain);
    for (dress, text) in [
        ("mark", format!("\u{feff}{plain}").into_bytes()),
        ("line ends", plain.replace('\n', "\r\n").into_bytes()),
        ("last line end", plain.trim_end().as_bytes().to_vec()),
        ("letters", latin_1.into_owned()),
        ("blanks", plain.replace(";1;", "; 1\t;").into_bytes()),
        ("quotes", plain.replace(";1;", ";\"1\";").into_bytes()),
        (
            "blanks around quotes",
            plain.replace(";1;", "; \"1\"  ;").into_bytes(),
        ),
        (
            "tabs",
            plain.replace("a;b", "a,b").replace(';', "\t").into_bytes(),
        ),
    ] {
        let path = folder.write("table.csv", text);
        let (header, rows) = rows(&path).unwrap_or_else(|error| panic!("{dress}: {error}"));
        assert_eq!(header, expected.0, "{dress}");
        let note = |cell: &String| cell.replace("a,b", "a;b");
        let rows = rows.into_iter();
        let rows = rows.map(|(line, cells)| (line, cells.iter().map(note).collect()));
        assert_eq!(rows.collect::<Lines>(), expected.1, "{dress}");
    }
}

#[test]
fn lines_are_those_of_the_file() {
    let folder = Folder::new();
    let path = folder.write(
        "a.csv",
        "\nid,note\r\n1,\"two\r\nlines, \"\"and\"\" a comma\"\r\n\r\n\n2,\"\"\n3,\"x\" y\n",
    );
    let (header, rows) = rows(&path).unwrap();
    assert_eq!(header, ["id", "note"]);
    let row = |line, id: &str, note: &str| (line, vec![id.to_owned(), note.to_owned()]);
    assert_eq!(
        rows,
        [
            row(3, "1", "two\r\nlines, \"and\" a comma"),
            row(7, "2", ""),
            row(8, "3", "x y"),
        ]
    );
}

/// Rows and quoted cells that lie across the blocks a text table is read in.
#[test]
fn a_long_text_table_is_read_whole() {
    let folder = Folder::new();
    let long = "x".repeat(700_000);
    let mut text = String::from("id;note\n");
    for n in 0..200_000 {
        text += &format!("{n};\"a \"\"quoted\"\" {n}\"\n");
        if n % 50_000 == 0 {
            text += &format!("{n};\"{long}\n{long}\"\n");
        }
    }
    let (_, rows) = rows(&folder.write("a.csv", &text)).unwrap();
    assert_eq!(rows.len(), 200_004);
    assert_eq!(rows[0], (2, vec!["0".into(), "a \"quoted\" 0".into()]));
    assert_eq!(rows[1], (3, vec!["0".into(), format!("{long}\n{long}")]));
    assert_eq!(rows[2].0, 5);
    let last = (200_009, vec!["199999".into(), "a \"quoted\" 199999".into()]);
    assert_eq!(rows[200_003], last);
}

/// The file says that its texts are Windows-1252 (62) or Latin-1 (29), as SAS of the Danish
/// registers does, or UTF-8 (20) though they are not.
#[test]
fn texts_of_sas_are_read_in_the_encoding_they_have() {
    let folder = Folder::new();
    let whole = bytes("table.sas7bdat");
    assert_eq!(whole[70], 20, "where the header names the encoding");
    for encoding in [62, 29, 20] {
        let mut latin_1 = patched(&whole, "Rødovre".as_bytes(), b"R\xF8dovre ");
        latin_1[70] = encoding;
        let (_, rows) = rows(&folder.write("a.sas7bdat", latin_1)).unwrap();
        assert_eq!(rows[0].1[6], "Rødovre");
    }
    // Greek: the bytes of another letter.
    let mut greek = patched(&whole, "Rødovre".as_bytes(), b"R\xF8dovre ");
    greek[70] = 35;
    let (_, rows) = rows(&folder.write("a.sas7bdat", greek)).unwrap();
    assert_eq!(rows[0].1[6], "Rψdovre");
    // DOS (cp850) has no reader; that is said, not guessed.
    let mut dos = whole;
    dos[70] = 42;
    let message = fault("a.sas7bdat", &dos);
    assert!(message.contains("text in CP850 in a cell"), "{message}");
    assert!(message.contains("line 2, column place"), "{message}");
}

#[test]
fn empty_tables_are_refused() {
    for name in ["a.csv", "a.parquet", "a.sas7bdat", "a.dta", "a.xlsx"] {
        assert!(fault(name, b"").contains("is empty"), "{name}");
    }
    assert!(fault("a.csv", b"\n\r\n").contains("is empty"));
    for name in ["none.parquet", "none.sas7bdat", "none.dta", "none.xlsx"] {
        let message = fault(name, &bytes(name));
        assert!(message.contains("a header and no rows"), "{message}");
    }
    let message = fault("a.csv", b"id;note\n\n");
    assert!(message.contains("a header and no rows"), "{message}");
}

#[test]
fn headers_that_name_no_column_or_one_twice_are_refused() {
    let message = fault("a.csv", b"id;note;id\n1;2;3\n");
    assert!(message.contains("column `id` stands twice"), "{message}");
    let message = fault("a.csv", b"id; ;note\n1;2;3\n");
    assert!(message.contains("column 2 has no name"), "{message}");
    let twice = patched(&bytes("table.sas7bdat"), b"member", b"number");
    let message = fault("a.sas7bdat", &twice);
    assert!(
        message.contains("column `number` stands twice"),
        "{message}"
    );
}

#[test]
fn texts_that_are_no_table_are_refused() {
    for (text, part) in [
        (&b"a,b\n1,\"2\n3\",4\n"[..], "a row of 3 cells\n"),
        (b"a,b\n1,2\n\"3\n4\",5\n6\n", "line 5\n  expected 2"),
        (b"\xFF\xFEa\0,\0", "UTF-16"),
        (b"a\0,\0b\0\n\0", "line 1 holds the byte 0"),
        (b"a,b\r1,2\r", "CR alone"),
        (b"a,b\n1,2\n3,\"4\n5,6\n", "a row that does not end"),
    ] {
        let message = fault("a.csv", text);
        assert!(message.contains(part), "{message}");
    }
    let message = fault("a.csv", b"a,b\n1,2\n3,\"4\n5,6\n");
    assert!(message.contains("line 3"), "{message}");
    let message = fault("a.csv", b"a,b\n1,2\n.,\"4\n5,6\n7,\"8\n9,0\n");
    assert!(
        message.contains("text behind the quote that closes a cell"),
        "{message}"
    );
    assert!(
        message.contains("line 5\n  the cell begins in line 3"),
        "{message}"
    );
    let message = fault("a.csv", b"0101901234;1\n0201901234;2\n");
    assert!(message.contains("name may be a CPR number"), "{message}");
    assert!(!message.contains("0190"), "{message}");
    assert!(matches!(
        Source::open(Path::new("not-there.dta")),
        Err(RegisterError::Io { .. })
    ));
}

#[test]
fn torn_files_are_refused_wherever_they_are_cut() {
    for name in TABLES {
        if Format::of(Path::new(name)) == Format::Csv {
            continue;
        }
        let whole = bytes(name);
        for part in 1..40 {
            let message = fault(name, &whole[..whole.len() * part / 40]);
            assert!(message.contains("or torn: "), "{name}: {message}");
            assert!(message.contains(name), "{name}: {message}");
        }
        let message = fault(name, &whole[..whole.len() - 1]);
        assert!(message.contains("or torn: "), "{name}: {message}");
        // A file of another format, which the extension hides.
        fault(name, &bytes("table.csv"));
    }
}

/// What it says may be wrong then, but it is said by an error or a row, not by a crash.
#[test]
fn no_byte_of_a_file_can_crash_the_reader() {
    let folder = Folder::new();
    for name in ["table.parquet", "table.dta", "table.sas7bdat", "table.xlsx"] {
        let whole = bytes(name);
        for at in (0..whole.len()).step_by(whole.len() / 150) {
            let mut changed = whole.clone();
            changed[at] ^= 0x5A;
            let _ = rows_of_any(&folder.write(name, changed));
        }
    }
}

fn rows_of_any(path: &Path) -> Result<u64, RegisterError> {
    let mut source = Source::open(path)?;
    let mut cells = Vec::new();
    let mut count = 0;
    while count < 1_000 && source.next(&mut cells)?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn spells(name: &str) -> Vec<Person> {
    let folder = Folder::new();
    folder.write(name, bytes(name));
    let done = read(&folder, &register(&[name])).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((done.rows, done.persons), (6, 6), "{name}");
    assert_eq!(done.inputs[0].digest, Digest::of(&bytes(name)), "{name}");
    assert_eq!(done.bytes, bytes(name).len() as u64, "{name}");
    people(&folder)
}

#[test]
fn a_wide_register_gives_the_same_spells_in_every_format() {
    let expected = spells("wide.csv");
    assert_eq!(expected[0].key, "000000000017");
    for name in WIDE {
        assert_eq!(spells(name), expected, "{name}");
    }
}

fn wide_error(name: &str, bytes: Vec<u8>) -> String {
    let folder = Folder::new();
    folder.write(name, bytes);
    let error = read(&folder, &register(&[name])).unwrap_err();
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "nothing is left behind but the input");
    error.to_string()
}

#[test]
fn a_wide_row_must_be_one_line() {
    let whole = bytes("wide.dta");
    for (byte, part) in [
        (b'\n', "a line break in a cell"),
        (b'\r', "a line break in a cell"),
        (0x1F, "the character U+001F in a cell"),
    ] {
        let mut key = *b"012345678901";
        key[5] = byte;
        let message = wide_error("wide.dta", patched(&whole, b"012345678901", &key));
        assert!(message.contains(part), "{message}");
        assert!(message.contains("line 4, column pnr"), "{message}");
    }
}

/// The quote belongs to the key, and does not reach into the next cell.
#[test]
fn a_quote_in_a_foreign_cell_is_a_letter() {
    let folder = Folder::new();
    for key in [b"\"12345678901", b"\"1234567890\"", b"0123\"5678901"] {
        folder.write(
            "wide.dta",
            patched(&bytes("wide.dta"), b"012345678901", key),
        );
        read(&folder, &register(&["wide.dta"])).unwrap();
        let key = String::from_utf8(key.to_vec()).unwrap();
        assert!(people(&folder).iter().any(|person| person.key == key));
    }
}

/// A number 0 is no code, as the text 0 is none; a number of three digits that no table knows is
/// an unknown code.
#[test]
fn codes_that_are_numbers_are_codes() {
    let whole = bytes("wide.sas7bdat");
    let code = |code: f64| code.to_le_bytes();
    for (found, part) in [
        (0.0, "unknown state code `0`, once"),
        (4.0, "unknown state code `4`"),
        (730.5, "unknown state code `730.5`"),
        (789.0, "unknown state code `789`"),
    ] {
        let message = wide_error("wide.sas7bdat", patched(&whole, &code(998.0), &code(found)));
        assert!(message.contains(part), "{message}");
        assert!(message.contains("line 7, column y_1740"), "{message}");
    }
}

const STUDY: &str = r#"[study]
id = "s"
title = "t"
[[arm]]
id = "a"
[register.dream]
kind = "dream"
files = ["FILE"]
[[outcome]]
id = "job"
measure = "ever"
states = ["ordinary"]
weeks = [1, 30]
[[outcome]]
id = "share"
measure = "share"
states = ["ordinary", "supported", "praktik"]
weeks = [1, 30]
[[outcome]]
id = "first"
measure = "time-to"
states = ["ordinary"]
weeks = [1, 30]
stable = 2
[[outcome]]
id = "before"
measure = "history"
"#;

#[test]
fn outcomes_do_not_depend_on_the_format() {
    let mut expected: Option<String> = None;
    for name in WIDE {
        let folder = Folder::new();
        folder.write("study.toml", STUDY.replace("FILE", name));
        folder.write(name, bytes(name));
        let keys = ["000000000017", "000301701234", "012345678901", "A-7", "zz"];
        let dates = keys.map(|key| format!("{key},2017-12-20\n")).concat();
        folder.write("dates.csv", format!("referral,date\n{dates}"));
        klero(folder.path(), &["ingest"]).ok();
        let make = ["outcomes", "--dates", "dates.csv", "--out", "x.csv"];
        klero(folder.path(), &make).ok();
        let found = folder.read("x.csv");
        assert_eq!(found.lines().count(), keys.len() + 1);
        assert_eq!(found, *expected.get_or_insert(found.clone()), "{name}");
    }
}

#[test]
fn an_estimate_takes_a_table_of_any_format() {
    let mut expected: Option<serde_json::Value> = None;
    for name in TABLES {
        let folder = Folder::new();
        folder.write(name, bytes(name));
        let estimate = ["estimate", "--data", name, "--arm", "member"];
        let what = ["--reference", "0", "--outcome", "amount", "--json"];
        let said = klero(folder.path(), &[&estimate[..], &what].concat()).ok();
        let found = said.json()["estimates"].clone();
        assert_eq!(found, *expected.get_or_insert(found.clone()), "{name}");
    }
}

/// A wide table, as text and as Parquet: 100,000 columns, of which the last row may lack one.
#[test]
fn a_table_of_100_000_columns_is_a_table() {
    const COLUMNS: usize = 100_000;
    let folder = Folder::new();
    let names: Vec<String> = (0..COLUMNS).map(|n| format!("c{n}")).collect();
    let row: Vec<String> = (0..COLUMNS).map(|n| (n % 1_000).to_string()).collect();
    let text = format!("{}\n{}\n", names.join(";"), row.join(";"));
    folder.write("a.csv", &text);
    let table = Columns {
        columns: names
            .iter()
            .zip(&row)
            .map(|(name, cell)| (name.clone(), Values::Text(vec![Some(cell.clone().into())])))
            .collect(),
        metadata: String::new(),
    };
    table.write(&folder.join("a.parquet")).unwrap();
    for name in ["a.csv", "a.parquet"] {
        let (header, rows) = rows(&folder.join(name)).unwrap();
        assert!(header == names && rows == [(2, row.clone())], "{name}");
    }
    let message = fault(
        "a.csv",
        format!("{text}{}\n", row[1..].join(";")).as_bytes(),
    );
    assert!(message.contains("a row of 99999 cells"), "{message}");
    assert!(message.contains("line 3\n  expected 100000"), "{message}");
    let message = fault("a.csv", text.replacen("c99999", "c0", 1).as_bytes());
    assert!(message.contains("column `c0` stands twice"), "{message}");
}

#[test]
fn a_wide_register_of_100_000_columns_is_read() {
    let folder = Folder::new();
    let names: Vec<String> = (0..100_000).map(|n| format!(";c{n}")).collect();
    let cells = ";x".repeat(names.len());
    let header = format!("id;y_1812{};y_1813", names.concat());
    let text = format!("{header}\n1;730{cells};737\n2;{cells};\n");
    folder.write("dream.csv", &text);
    let done = read(&folder, &register(&["dream.csv"])).unwrap();
    assert_eq!((done.persons, done.spells), (2, 3));
    assert_eq!(done.passed_over[0].1.len(), names.len());
    let ragged = text.replacen(";737", "", 1);
    let message = wide_error("dream.csv", ragged.into_bytes());
    assert!(message.contains("a row of 100002 cells"), "{message}");
    assert!(message.contains("line 2\n  expected 100003"), "{message}");
}

/// However long it is: memory must not grow with it.
#[test]
fn a_row_without_an_end_is_refused() {
    let long = vec![b'7'; 70 << 20];
    let message = wide_error("dream.csv", long.clone());
    assert!(message.contains("a row that does not end"), "{message}");
    assert!(message.contains("line 1"), "{message}");
    let message = wide_error(
        "dream.csv",
        [b"id;y_1812\n1;730\n2;730\n", &long[..]].concat(),
    );
    assert!(message.contains("a row that does not end"), "{message}");
    assert!(message.contains("line 4"), "{message}");
    let message = fault("a.csv", &[b"id;note\n1;2\n", &long[..]].concat());
    assert!(message.contains("a row that does not end"), "{message}");
    assert!(message.contains("line 3"), "{message}");
}

#[test]
fn dates_and_referrals_are_read_from_any_format() {
    let texts =
        |texts: &[&str]| Values::Text(texts.iter().map(|t| Some((*t).to_owned().into())).collect());
    let folder = Folder::new();
    folder.write("study.toml", STUDY.replace("FILE", "wide.parquet"));
    folder.write("wide.parquet", bytes("wide.parquet"));
    let keys = ["000000000017", "A-7"];
    let dates = Columns {
        columns: vec![
            ("referral".to_owned(), texts(&keys)),
            ("date".to_owned(), texts(&["2017-12-20", "2017-12-21"])),
        ],
        metadata: String::new(),
    };
    dates.write(&folder.join("dates.parquet")).unwrap();
    folder.write(
        "dates.csv",
        format!(
            "referral,date\n{},2017-12-20\n{},2017-12-21\n",
            keys[0], keys[1]
        ),
    );
    klero(folder.path(), &["ingest"]).ok();
    for name in ["dates.parquet", "dates.csv"] {
        let out = format!("{name}.out.csv");
        klero(folder.path(), &["outcomes", "--dates", name, "--out", &out]).ok();
    }
    assert_eq!(
        folder.read("dates.parquet.out.csv"),
        folder.read("dates.csv.out.csv")
    );
    assert_eq!(folder.read("dates.csv.out.csv").lines().count(), 3);

    let plan = "[study]\nid = \"s\"\ntitle = \"t\"\n[[arm]]\nid = \"a\"\nreference = true\n\
                [[arm]]\nid = \"b\"\n[allocation]\nprocedure = \"complete\"\n";
    let mut drawn = Vec::new();
    for name in ["list.parquet", "list.csv"] {
        let folder = Folder::new();
        folder.write("study.toml", plan);
        let list = Columns {
            columns: vec![("id".to_owned(), texts(&["r-1", "r-2", "r-3"]))],
            metadata: String::new(),
        };
        list.write(&folder.join("list.parquet")).unwrap();
        folder.write("list.csv", "id\nr-1\nr-2\nr-3\n");
        folder.write("seed.key", format!("{}\n", "07".repeat(32)));
        klero(
            folder.path(),
            &["seal", "--seed", "seed.key", "--confirm", "s"],
        )
        .ok();
        drawn.push(klero(folder.path(), &["draw", "--list", name]).ok().out);
    }
    assert_eq!(drawn[0].lines().count(), 4);
    assert_eq!(drawn[0], drawn[1]);
}

/// Bytes of `table.parquet` at which the crate that decodes it panics when they are changed: in
/// values, on a thread of its own, and in the footer.
#[test]
fn a_reader_that_panics_is_not_heard() {
    let whole = bytes("table.parquet");
    for at in [769, 1417, 1480, 1921, 2281, 2443, 2614, 2893, 3082] {
        let folder = Folder::new();
        let mut torn = whole.clone();
        torn[at] ^= 0x5A;
        folder.write("a.parquet", torn);
        let estimate = ["estimate", "--data", "a.parquet", "--arm", "member"];
        let what = ["--reference", "0", "--outcome", "amount"];
        let said = klero(folder.path(), &[&estimate[..], &what].concat());
        assert!(!said.err.contains("panicked"), "byte {at}: {}", said.err);
        said.fails_with(2, &["error: not a Parquet file, or torn: ", "a.parquet"]);
    }
}

/// Also where the kind is wide, and where the name says nothing of a format.
#[test]
fn a_file_of_another_format_is_told_by_its_first_bytes() {
    let folder = Folder::new();
    let gzip = b"\x1F\x8B\x08\0\0\0\0\0\0\x03+\xC8";
    let xls = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0\0\0";
    for (bytes, part) in [
        (&gzip[..], "a gzip archive, not a text table"),
        (xls, "an Excel file of the old kind (xls), not a text table"),
        (&bytes("wide.parquet"), "a Parquet file, not a text table"),
        (
            &bytes("wide.xlsx"),
            "a zip archive (as xlsx files are), not a text",
        ),
        (&bytes("wide.sas7bdat"), "a SAS file (sas7bdat), not a text"),
        (&bytes("wide.dta"), "a Stata file (dta), not a text table"),
    ] {
        for name in ["a.csv", "a.csv.gz", "a.txt"] {
            let message = fault(name, bytes);
            assert!(message.contains(part), "{message}");
            let message = wide_error(name, bytes.to_vec());
            assert!(message.contains(part), "{message}");
        }
    }
    let message = wide_error("a.csv", b"id;y_1812\0\n1;730\n".to_vec());
    assert!(message.contains("line 1 holds the byte 0"), "{message}");
    // Letters that are the first of a Parquet file, too.
    folder.write("a.csv", "PAR1;y_1812\n1;730\n");
    read(&folder, &register(&["a.csv"])).unwrap();
    rows(&folder.join("a.csv")).unwrap();
}

//! Long registers and tables: hours, spells, periods, surveys; each expected value by hand.

use crate::workshop::{Folder, Said, klero};

/// A study of one arm with these registers and outcomes, everybody dated Wednesday 14 March 2018:
/// week 1 is 2018-W12, month 1 is April 2018.
struct Study {
    folder: Folder,
}

impl Study {
    fn new(registers: &str, outcomes: &str, people: &[&str]) -> Study {
        let folder = Folder::new();
        folder.write(
            "study.toml",
            format!(
                "[study]\nid = \"s\"\ntitle = \"t\"\n[[arm]]\nid = \"a\"\n{registers}\n{outcomes}"
            ),
        );
        let dates: Vec<String> = people
            .iter()
            .map(|id| format!("{id},2018-03-14\n"))
            .collect();
        folder.write("dates.csv", format!("referral,date\n{}", dates.concat()));
        Study { folder }
    }

    fn ingest(&self) -> Said {
        klero(self.folder.path(), &["ingest"])
    }

    fn outcomes(&self) -> String {
        self.ingest().ok();
        let arguments = [
            "outcomes",
            "--dates",
            "dates.csv",
            "--out",
            "out.csv",
            "--force",
        ];
        klero(self.folder.path(), &arguments).ok();
        self.folder.read("out.csv")
    }
}

const BFL: &str = "[register.bfl]\nkind = \"bfl\"\nfiles = [\"bfl.csv\"]";
const HOURS: &str = "[[outcome]]\nid = \"degree\"\nmeasure = \"degree\"\nmonths = [1, 5]\n\
                     [[outcome]]\nid = \"none\"\nmeasure = \"degree-zero\"\nmonths = [1, 5]\n";

/// Hours 0, 34.67, 80.17, 160.33 and 173.33, the last of two jobs: (34.67 + 80.17 + 160.33 +
/// 160.33) / (5 · 160.33) = 0.5432545…, and 0.5594711… would be the mean without the cap.
#[test]
fn hours_over_all_jobs_are_added_and_then_capped() {
    let study = Study::new(BFL, HOURS, &["0001", "0002", "0003"]);
    study.folder.write(
        "bfl.csv",
        "\u{feff}pnr;year;month;hours;wage;job\r\n\
         0001;2018;8;100,00;1;x\r\n0001;2018;5;34,67;1;x\r\n0001;2018;7;160,33;1;x\r\n\
         0001;2018;6;80,17;1;x\r\n0001;2018;8;73,33;1;y\r\n0001;2018;3;160,33;1;x\r\n\
         0001;2018;9;160,33;1;x\r\n0002;2018;3;10;1;x\r\n0002;2018;9;0;1;x\r\n",
    );
    let table = study.outcomes();
    let degree = (34.67 + 80.17 + 160.33 + 160.33) / (5.0 * 160.33);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(
        rows[0],
        [
            "referral",
            "degree",
            "degree_missing",
            "none",
            "none_missing"
        ]
    );
    assert!(
        (rows[1][1].parse::<f64>().unwrap() - degree).abs() < 1e-12,
        "{table}"
    );
    assert_eq!(&format!("{degree:.4}"), "0.5433");
    assert_eq!(rows[1][3], "0");
    assert_eq!(rows[2], ["0002", "0", "", "1", ""]);
    assert_eq!(
        rows[3],
        ["0003", "", "not-in-register", "", "not-in-register"]
    );
}

/// The same hours, 0 + 34.67 + 80.17 + 160.33 + 173.33 = 448.50 in 5 months of 52/12 weeks, are
/// 20.7 hours a week; 15 hours a week over five months are 325, and belong to `at_most = 15`.
#[test]
fn hours_a_week_are_counted_in_whole_numbers_up_to_their_bounds() {
    let outcomes = "[[outcome]]\nid = \"week\"\nmeasure = \"hours\"\nmonths = [1, 5]\n\
                    [[outcome]]\nid = \"small\"\nmeasure = \"hours\"\nmonths = [1, 5]\n\
                    more_than = 0\nat_most = 15\n\
                    [[outcome]]\nid = \"more\"\nmeasure = \"hours\"\nmonths = [1, 5]\n\
                    more_than = 15\n";
    let study = Study::new(BFL, outcomes, &["0001", "0002", "0003", "0004"]);
    study.folder.write(
        "bfl.csv",
        "pnr;year;month;hours\n0001;2018;5;34,67\n0001;2018;6;80,17\n0001;2018;7;160,33\n\
         0001;2018;8;173,33\n0002;2018;5;325\n0003;2018;5;325,0001\n0004;2018;4;0\n\
         0004;2018;9;10\n0001;2018;3;1\n",
    );
    let table = study.outcomes();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    let numbers: Vec<[&str; 3]> = rows.iter().map(|row| [row[1], row[3], row[5]]).collect();
    assert_eq!(
        numbers,
        [
            ["20.7", "0", "1"],
            ["15", "1", "0"],
            ["15.000004615384615", "0", "1"],
            ["0", "0", "0"],
        ]
    );
}

#[test]
fn a_yes_or_no_of_a_table_is_1_or_0() {
    let outcome = "[[outcome]]\nid = \"started\"\nmeasure = \"value\"\nfile = \"s.csv\"\n\
                   column = \"started\"\nyes_no = true\n";
    let study = Study::new(BFL, outcome, &["1", "2", "3"]);
    study
        .folder
        .write("bfl.csv", "id,year,month,hours\n1,2018,3,1\n");
    study.folder.write("s.csv", "id,started\n1,1\n2,0\n");
    assert_eq!(
        study.outcomes(),
        "referral,started,started_missing\n1,1,\n2,0,\n3,,not-in-register\n"
    );
    study.folder.write("s.csv", "id,started\n1,1\n2,0.5\n");
    let said = klero(
        study.folder.path(),
        &[
            "outcomes",
            "--dates",
            "dates.csv",
            "--out",
            "out.csv",
            "--force",
        ],
    );
    said.fails_with(2, &["s.csv", "line 3", "0.5", "1 or 0"]);
}

#[test]
fn months_beyond_the_register_are_missing() {
    let study = Study::new(BFL, HOURS, &["1"]);
    study
        .folder
        .write("bfl.csv", "id,year,month,hours\n1,2018,3,1\n1,2018,7,2\n");
    assert!(study.outcomes().contains("\n1,,not-covered,,not-covered\n"));
}

#[test]
fn columns_of_other_names_are_named_in_the_plan() {
    let register = "[register.bfl]\nkind = \"bfl\"\nfiles = [\"bfl.csv\"]\nkey = \"pnr\"\n\
                    [register.bfl.columns]\nyear = \"aar\"\nmonth = \"md\"\nhours = \"timer\"";
    let study = Study::new(register, HOURS, &["1"]);
    study.folder.write(
        "bfl.csv",
        "aar,md,timer,pnr\n2018,4,160.33,1\n2018,8,0.00005,1\n",
    );
    // 160.33 / 801.65 and a ten-thousandth of an hour, rounded half up.
    let degree: f64 = study
        .outcomes()
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    assert!((degree - (160.33 + 0.0001) / 801.65).abs() < 1e-12);
    // The key column may stand among the others.
    let among = register
        .replace("key = \"pnr\"\n", "")
        .replace("year =", "key = \"pnr\"\nyear =");
    let keyed = Study::new(&among, HOURS, &["1"]);
    keyed.folder.write("bfl.csv", study.folder.read("bfl.csv"));
    assert_eq!(keyed.outcomes(), study.outcomes());
    let study = Study::new(BFL, HOURS, &["1"]);
    study
        .folder
        .write("bfl.csv", "id,aar,month,hours\n1,2018,4,1\n");
    study
        .ingest()
        .fails_with(2, &["no column `year`", "bfl.csv, line 1"]);
}

#[test]
fn a_faulty_row_of_hours_stops_the_run_with_its_line_and_column() {
    for (row, expected) in [
        ("1,2018,13,5", "`13` is no month from 1 to 12"),
        ("1,18,4,5", "`18` is no year"),
        ("1,2018,4,-5", "`-5` is no number of hours"),
        ("1,2018,4,", "`` is no number of hours"),
        ("1,2018,4,1.2.3", "is no number of hours"),
        (",2018,4,5", "the key is empty"),
        (".,2018,4,5", "the key is empty"),
        ("a\0b,2018,4,5", "the byte 0 in a cell"),
        (
            "1,0101901234,4,5",
            "(a number like a CPR number) is no year",
        ),
        (
            "1,2018,4,010190-1234",
            "(a number like a CPR number) is no number",
        ),
    ] {
        let study = Study::new(BFL, HOURS, &["1"]);
        study.folder.write(
            "bfl.csv",
            format!("id,year,month,hours\n1,2018,3,1\n{row}\n"),
        );
        study.ingest().fails_with(2, &[expected, "line 3"]);
        assert!(!study.folder.join("derived/bfl.spells").exists());
    }
}

#[test]
fn where_two_files_hold_a_period_the_plan_says_which_wins() {
    let old = "id,year,month,hours\n1,2018,4,100\n1,2018,5,100\n1,2018,8,160.33\n";
    let revised = "id,year,month,hours\n1,2018,5,0\n1,2018,6,50\n";
    let files = "[register.bfl]\nkind = \"bfl\"\nfiles = [\"old.csv\", \"revised.csv\"]\n";
    let study = Study::new(files, HOURS, &["1"]);
    study.folder.write("old.csv", old);
    study.folder.write("revised.csv", revised);
    study.ingest().fails_with(
        2,
        &[
            "two files of one register hold the same period",
            "`wins = \"FILE\"`",
        ],
    );
    let study = Study::new(&format!("{files}wins = \"revised.csv\"\n"), HOURS, &["1"]);
    study.folder.write("old.csv", old);
    study.folder.write("revised.csv", revised);
    let table = study.outcomes();
    let degree: f64 = table
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    // April of the old file, May and June of the revised one, August of the old one.
    assert!(
        (degree - (100.0 + 0.0 + 50.0 + 160.33) / 801.65).abs() < 1e-12,
        "{table}"
    );
    let study = Study::new(&format!("{files}wins = \"revisd.csv\"\n"), HOURS, &["1"]);
    klero(study.folder.path(), &["ingest"]).fails_with(2, &["`wins = \"revisd.csv\"`"]);
}

const STATES: &str = "[register.r]\nkind = \"states\"\nfiles = [\"r.csv\"]\n[states]\n\
                      work = [\"ordinary\", \"supported\"]";
const WEEKS: &str = "[[outcome]]\nid = \"weeks\"\nmeasure = \"weeks\"\nstates = [\"work\"]\n\
                     weeks = [1, 4]\n[[outcome]]\nid = \"first\"\nmeasure = \"time-to\"\n\
                     states = [\"work\"]\nweeks = [1, 4]\n";

#[test]
fn a_register_of_states_is_read_week_by_week() {
    let study = Study::new(STATES, WEEKS, &["1", "2"]);
    study.folder.write(
        "r.csv",
        "key,period,state\n1,2018-W15,ordinary\n1,2018-W12,730\n1,2018-W13,benefit\n\
         1,2018-W14,supported\n2,2018-W12,ordinary\n2,2018-W13,abroad\n",
    );
    assert_eq!(
        study.outcomes(),
        "referral,weeks,weeks_missing,first,first_status,first_missing\n\
         1,2,,3,event,\n2,,not-covered,1,event,\n"
    );
}

/// April 2018 has the Thursdays of weeks 14 to 17, March those of weeks 9 to 13.
#[test]
fn a_month_has_the_weeks_of_its_thursdays() {
    let study = Study::new(STATES, WEEKS, &["1"]);
    study.folder.write(
        "r.csv",
        "key,period,state\n1,2018-03,benefit\n1,2018-04,ordinary\n",
    );
    assert!(study.outcomes().contains("\n1,2,,3,event,\n"));
}

#[test]
fn what_states_cannot_be_stops_the_run() {
    for (rows, expected) in [
        (
            "1,2018-W12,ordinry\n1,2018-W13,ordinry\n",
            "`ordinry`, 2 times",
        ),
        (
            "1,2018-W12,benefit\n1,2018-W12,ordinary\n",
            "two states in 2018-W12",
        ),
        (
            "1,2018-W12,benefit\n1,2018-04,ordinary\n",
            "weeks and months in one file",
        ),
        ("1,2018-W53,benefit\n", "`2018-W53` is no period"),
    ] {
        let study = Study::new(STATES, WEEKS, &["1"]);
        study
            .folder
            .write("r.csv", format!("key,period,state\n{rows}"));
        study.ingest().fails_with(2, &[expected]);
    }
}

/// A week has the state of its Thursday: the first spell ends on Thursday of week 13, so that the
/// second, which begins the day after, has week 14 on.
#[test]
fn spells_of_days_become_weeks_by_their_thursdays() {
    let register = STATES.replace("kind = \"states\"", "kind = \"spells\"");
    let study = Study::new(&register, WEEKS, &["1"]);
    study.folder.write(
        "r.csv",
        "key,start,end,state\n1,2018-03-30,2018-04-12,ordinary\n1,2018-01-01,2018-03-29,730\n",
    );
    assert!(study.outcomes().contains("\n1,2,,3,event,\n"));
    for (row, expected) in [
        ("1,2018-04-12,2018-03-30,730", "ends before it starts"),
        ("1,2018-04-05,2018-04-12,730", "two states in 2018-W14"),
        ("1,2018-04,2018-04-12,730", "is no date such as 2021-04-05"),
    ] {
        let rows = "key,start,end,state\n1,2018-03-30,2018-04-12,ordinary\n";
        study.folder.write("r.csv", format!("{rows}{row}\n"));
        study.ingest().fails_with(2, &[expected]);
    }
}

const SURVEY: &str = "[[outcome]]\nid = \"wellbeing\"\nmeasure = \"value\"\nfile = \"s.csv\"\n\
                      column = \"slut\"\nbaseline = \"start\"\n";

#[test]
fn a_value_is_a_column_of_a_table_with_its_baseline() {
    let study = Study::new("", SURVEY, &["1", "2", "3", "4"]);
    study
        .folder
        .write("s.csv", "id;start;slut\n1;49,5;57\n2;40;\n3;.;12,25\n");
    let arguments = ["outcomes", "--dates", "dates.csv", "--out", "out.csv"];
    klero(study.folder.path(), &arguments).ok();
    assert_eq!(
        study.folder.read("out.csv"),
        "referral,wellbeing,wellbeing_baseline,wellbeing_missing\n\
         1,57,49.5,\n2,,40,not-observed\n3,12.25,,\n4,,,not-in-register\n"
    );
    study
        .folder
        .write("s.csv", "id;start;slut\n1;49,5;57\n1;40;2\n");
    klero(study.folder.path(), &["outcomes", "--dates", "dates.csv"])
        .fails_with(2, &["one person has two rows", "lines 2 and 3"]);
    study.folder.write("s.csv", "id;start;slut\n1;49,5;god\n");
    klero(study.folder.path(), &["outcomes", "--dates", "dates.csv"])
        .fails_with(2, &["`god` is no number", "line 2, column slut"]);
}

#[test]
fn the_week_of_the_draw_can_be_taken_in() {
    let study = Study::new(STATES, WEEKS, &["1"]);
    study.folder.write(
        "r.csv",
        "key,period,state\n1,2018-W11,ordinary\n1,2018-W12,730\n1,2018-W13,730\n\
         1,2018-W14,730\n1,2018-W15,730\n",
    );
    assert!(study.outcomes().contains("\n1,0,,4,censored,\n"));
    let arguments = [
        "outcomes",
        "--dates",
        "dates.csv",
        "--out",
        "out.csv",
        "--force",
        "--week0",
        "include",
    ];
    klero(study.folder.path(), &arguments).ok();
    assert!(study.folder.read("out.csv").contains("\n1,1,,0,event,\n"));
    assert!(study.folder.read("out.csv.json").contains("weeks 0–4"));
}

/// Person A of the rules: of those with eight weeks in a row, in work two and ten weeks later;
/// shares over observed weeks, for the person and pooled.
#[test]
fn several_windows_and_every_share_at_once() {
    let outcomes = "[[outcome]]\nid = \"share\"\nmeasure = \"share\"\nstates = [\"work\"]\n\
                    weeks = [[1, 4], [1, 2]]\ndenominator = \"observed\"\n\
                    [[outcome]]\nid = \"pool\"\nmeasure = \"share\"\nstates = [\"work\"]\n\
                    weeks = [1, 4]\ndenominator = \"pooled\"\n\
                    [[outcome]]\nid = \"kept\"\nmeasure = \"retained\"\nstates = [\"work\"]\n\
                    weeks = [1, 4]\nstable = 2\nafter = 1\n";
    let study = Study::new(STATES, outcomes, &["1", "2", "3"]);
    study.folder.write(
        "r.csv",
        "key,period,state\n\
         1,2018-W12,ordinary\n1,2018-W13,ordinary\n1,2018-W14,benefit\n1,2018-W15,abroad\n\
         2,2018-W12,abroad\n2,2018-W13,abroad\n2,2018-W14,ordinary\n2,2018-W15,ordinary\n\
         3,2018-W12,730\n3,2018-W13,dead\n3,2018-W14,dead\n3,2018-W15,dead\n",
    );
    assert_eq!(
        study.outcomes(),
        "referral,share-1-4,share-1-4_missing,share-1-2,share-1-2_missing,pool,pool_of,\
         pool_missing,kept,kept_missing\n\
         1,0.6666666666666666,,1,,2,3,,0,\n\
         2,1,,,not-observed,2,2,,,not-covered\n\
         3,0,,0,,0,4,,,not-reached\n"
    );
}

#[test]
fn what_is_doubtful_is_counted_and_shown_by_row_without_keys() {
    let register = STATES.replace("kind = \"states\"", "kind = \"dream\"");
    let study = Study::new(&register, WEEKS, &["123456789012"]);
    study.folder.write(
        "r.csv",
        "id,y_1812,y_1813,y_1814,y_1815\n123456789012,730,999,730,999\n\
         12345678901,730,730,730,730\n223456789012,,,,\n",
    );
    let said = study.ingest().ok();
    assert!(
        said.err
            .contains("1 person with a code after the one for death"),
        "{}",
        said.err
    );
    assert!(
        said.err
            .contains("1 row with fewer digits in the key than most"),
        "{}",
        said.err
    );
    let said = klero(study.folder.path(), &["check", "--rows"]).ok();
    for part in ["r.csv, line 2", "r.csv, line 3", "3 rows, 3 persons"] {
        assert!(said.out.contains(part), "{}", said.out);
    }
    assert!(!said.out.contains("123456"), "{}", said.out);
    let json = klero(study.folder.path(), &["check", "--json"]).ok().json();
    assert_eq!(json["doubts"][0]["doubt"], "after-death");
    assert_eq!(json["doubts"][0]["rows"][0]["line"], 2);
}

#[test]
fn long_months_and_thin_ends_are_doubtful() {
    let study = Study::new(BFL, HOURS, &["1"]);
    let mut rows = String::from("id,year,month,hours\n1,2018,3,401\n");
    for month in 1..=8 {
        for person in 0..if month < 8 { 20 } else { 10 } {
            rows += &format!("p{person},2018,{month},100\n");
        }
    }
    study.folder.write("bfl.csv", rows);
    let said = study.ingest().ok();
    assert!(
        said.err.contains("1 row with over 400 hours in a month"),
        "{}",
        said.err
    );
    assert!(
        said.err
            .contains("2018-08 with fewer rows than the months before"),
        "{}",
        said.err
    );
}

#[test]
fn an_ingest_of_hours_says_months_and_outcomes_of_hours_know_no_deaths() {
    let study = Study::new(BFL, HOURS, &["1"]);
    study
        .folder
        .write("bfl.csv", "id,year,month,hours\n1,2018,4,1\n1,2018,8,1\n");
    let said = study.ingest().ok();
    assert_eq!(
        said.out,
        "bfl: 2 rows, 1 person\n  months with hours 2018-04 to 2018-08\n"
    );
    let said = klero(study.folder.path(), &["outcomes", "--dates", "dates.csv"]).ok();
    assert!(
        said.out.contains("degree       1        0     –       –\n"),
        "{}",
        said.out
    );
}

#[test]
fn check_looks_at_the_files_and_writes_nothing() {
    let study = Study::new(BFL, HOURS, &["1"]);
    study
        .folder
        .write("bfl.csv", "id,year,month,hours\n1,2018,13,1\n");
    let said = klero(study.folder.path(), &["check"]);
    assert_eq!(said.code, 1);
    assert!(
        said.out.contains("fault: `13` is no month from 1 to 12"),
        "{}",
        said.out
    );
    assert!(!study.folder.join("derived").exists());
    klero(study.folder.path(), &["check", "--no-data"]).ok();
}

/// By hand: three people drawn in 2018-W11, one of them not in the register.
#[test]
fn the_states_of_every_week_sum_to_all() {
    let study = Study::new(STATES, WEEKS, &["1", "2", "3"]);
    study.folder.write(
        "r.csv",
        "key,period,state\n1,2018-W11,730\n1,2018-W12,ordinary\n2,2018-W11,730\n\
         2,2018-W12,737\n4,2018-W12,dead\n",
    );
    study.ingest().ok();
    let arguments = [
        "states",
        "--dates",
        "dates.csv",
        "--weeks",
        "-1:2",
        "--every",
        "1",
        "--out",
        "w.csv",
        "--svg",
        "w.svg",
    ];
    let said = klero(study.folder.path(), &arguments).ok();
    assert_eq!(
        said.out,
        " week ordinary praktik benefit unknown\n\
         \x20  -1      0.0     0.0     0.0   100.0\n\
         \x20   0      0.0     0.0    66.7    33.3\n\
         \x20   1     33.3    33.3     0.0    33.3\n\
         \x20   2      0.0     0.0     0.0   100.0\n"
    );
    let table = study.folder.read("w.csv");
    assert!(table.contains("\n1,1,0,1,0,0,0,0,0,0,1\n"), "{table}");
    for line in table.lines().skip(1) {
        let counts = line
            .split(',')
            .skip(1)
            .map(|cell| cell.parse::<u64>().unwrap());
        assert_eq!(counts.sum::<u64>(), 3, "{line}");
    }
    let svg = study.folder.read("w.svg");
    for part in ["<title", "<desc", "Work placement", "n = 3"] {
        assert!(svg.contains(part), "{part}");
    }
    let said = klero(study.folder.path(), &["states", "--person", "2"]).ok();
    assert_eq!(
        said.out,
        "first     last      weeks  code  state\n\
         2018-W11  2018-W11      1  730   benefit\n2018-W12  2018-W12      1  737   praktik\n"
    );
    klero(study.folder.path(), &["states", "--person", "9"])
        .fails_with(2, &["nobody with that id"]);
}

#[test]
fn names_of_ten_states_stand_whole_on_two_lines() {
    let study = Study::new(STATES, WEEKS, &["1", "2", "3"]);
    study.folder.write(
        "r.csv",
        "key,period,state\n1,2018-W12,ordinary\n1,2018-W13,supported\n1,2018-W14,praktik\n\
         1,2018-W15,education\n1,2018-W16,self_support\n1,2018-W17,benefit\n\
         1,2018-W18,pension\n1,2018-W19,abroad\n1,2018-W20,dead\n",
    );
    study.ingest().ok();
    let all = [
        "states",
        "--dates",
        "dates.csv",
        "--weeks",
        "1:9",
        "--every",
        "1",
    ];
    let said = klero(study.folder.path(), &all).ok();
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "    ordinary       praktik  self_support       pension          dead",
            " week     supported     education       benefit        abroad       unknown",
            "    1   33.3    0.0    0.0    0.0    0.0    0.0    0.0    0.0    0.0   66.7",
        ]
    );
}

#[test]
fn a_table_of_own_codes_extends_the_one_of_the_program() {
    let register = "[register.r]\nkind = \"dream\"\nfiles = [\"r.csv\"]\ncodes = \"codes.csv\"\n\
                    [states]\nwork = [\"ordinary\", \"supported\", \"555\"]";
    let study = Study::new(register, WEEKS, &["1"]);
    study.folder.write(
        "r.csv",
        "id,y_1812,y_1813,y_1814,y_1815\n1,730,555,556,737\n",
    );
    klero(study.folder.path(), &["ingest"]).fails_with(2, &["cannot read", "codes.csv"]);
    let own = |rows: &str| {
        let text = format!("code;state;label;from;to\n{rows}");
        study.folder.write("codes.csv", text);
    };
    own("555;education;A course;;\n");
    study.ingest().fails_with(2, &["unknown state code `556`"]);
    own("555;education;A course;;\n556;supported;New;2018-W20;\n737;supported;Ours;;\n");
    let said = study.ingest().ok();
    assert!(
        said.err
            .contains("1 person with a code in weeks in which it is not in use")
    );
    // 555 by its code, 556 and 737 as `supported`.
    assert!(study.outcomes().contains("\n1,3,,2,event,\n"));
    let said = klero(study.folder.path(), &["codes", "--register", "r"]).ok();
    assert!(said.out.contains("555    education"), "{}", said.out);
    for (rows, expected) in [
        ("55;education;;;\n", "`55` is no code of three digits"),
        ("555;eduction;;;\n", "`eduction` is no state"),
        ("555;education;;2018-W60;\n", "`2018-W60` is no ISO week"),
        (
            "555;education;;;\n555;benefit;;;\n",
            "code `555` stands twice",
        ),
    ] {
        own(rows);
        study.ingest().fails_with(2, &[expected]);
    }
}

#[test]
fn breaks_and_late_months_inside_a_window_are_told() {
    let register = format!(
        "{BFL}\n{}",
        STATES.replace("kind = \"states\"", "kind = \"dream\"")
    );
    let outcomes = format!("{HOURS}{}", WEEKS.replace("[1, 4]", "[1, 60]"));
    let study = Study::new(&register, &outcomes, &["1", "2"]);
    study
        .folder
        .write("dates.csv", "referral,date\n1,2016-06-01\n2,2018-03-14\n");
    study.folder.write("r.csv", "id,y_1812\n1,730\n2,730\n");
    study
        .folder
        .write("bfl.csv", "id,year,month,hours\n1,2016,1,5\n2,2018,8,5\n");
    study.ingest().ok();
    let said = klero(study.folder.path(), &["outcomes", "--dates", "dates.csv"]).ok();
    let told = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("warning: 1 person: the window holds July 2017"),
        "{}",
        said.err
    );
    assert!(
        told.contains("warning: 1 person: the window reaches into the last two months of `bfl`")
    );
}

/// Persons 2 and 3 have no row: they have had no hours in the months that the register covers, and
/// of months beyond nothing is known.
#[test]
fn somebody_absent_has_no_hours_where_the_plan_says_so() {
    let register = BFL.replace("files", "absent = \"zero\"\nfiles");
    let study = Study::new(&register, HOURS, &["1", "2", "3"]);
    study.folder.write(
        "dates.csv",
        "referral,date\n1,2018-03-14\n2,2018-03-14\n3,2018-04-14\n",
    );
    study.folder.write(
        "bfl.csv",
        "id,year,month,hours\n1,2018,4,160.33\n9,2018,8,160.33\n",
    );
    assert_eq!(
        study.outcomes(),
        "referral,degree,degree_missing,none,none_missing\n\
         1,0.2,,0,\n2,0,,1,\n3,,not-covered,,not-covered\n"
    );
    let record = study.folder.read("out.csv.json");
    for part in [
        "\"taken_as_zero\": 2",
        "\"not_in_register\": 0",
        "somebody who is in no row of the register has no hours",
        "den, der ikke har en række i registret, har ingen timer",
    ] {
        assert!(record.contains(part), "no {part} in {record}");
    }
    let said = klero(study.folder.path(), &["outcomes", "--explain"]).ok();
    assert!(said.out.contains("is in no row"), "{}", said.out);
    // Said where nothing is: the register that does not say so.
    let study = Study::new(BFL, HOURS, &["1"]);
    study
        .folder
        .write("bfl.csv", "id,year,month,hours\n9,2018,8,1\n");
    study.outcomes();
    let record = study.folder.read("out.csv.json");
    assert!(!record.contains("taken_as_zero") && !record.contains("in no row"));
}

/// Person 2 has no row: no benefit in any week, and work as little known as for person 3, whose
/// weeks are blank in a file without industry codes.
#[test]
fn somebody_absent_from_dream_has_no_benefit_where_the_plan_says_so() {
    let outcomes = "[[outcome]]\nid = \"benefit\"\nmeasure = \"weeks\"\nstates = [\"benefit\"]\n\
                    weeks = [1, 4]\n[[outcome]]\nid = \"work\"\nmeasure = \"ever\"\n\
                    states = [\"ordinary\"]\nweeks = [1, 4]\n[[outcome]]\nid = \"late\"\n\
                    measure = \"weeks\"\nstates = [\"benefit\"]\nweeks = [1, 5]\n";
    let register = "[register.r]\nkind = \"dream\"\nabsent = \"zero\"\nfiles = [\"r.csv\"]";
    let study = Study::new(register, outcomes, &["1", "2", "3"]);
    study.folder.write(
        "r.csv",
        "id,y_1812,y_1813,y_1814,y_1815\n1,730,730,,\n3,,,,\n",
    );
    assert_eq!(
        study.outcomes(),
        "referral,benefit,benefit_missing,work,work_missing,late,late_missing\n\
         1,2,,,not-covered,,not-covered\n2,0,,,not-covered,,not-covered\n\
         3,0,,,not-covered,,not-covered\n"
    );
}

#[test]
fn absence_means_nothing_in_registers_that_name_no_zero() {
    for kind in ["spells", "states"] {
        let register =
            format!("[register.r]\nkind = \"{kind}\"\nabsent = \"zero\"\nfiles = [\"r.csv\"]");
        let study = Study::new(&register, "", &["1"]);
        study.ingest().fails_with(
            2,
            &[
                "`absent = \"zero\"` in a register of kind",
                "`absent = \"missing\"`",
            ],
        );
    }
    let register = BFL.replace("files", "absent = \"zeor\"\nfiles");
    let study = Study::new(&register, "", &["1"]);
    study
        .ingest()
        .fails_with(2, &["`absent = \"zeor\"`", "did you mean `zero`"]);
}

/// A spell that has not ended is often given the year 9999; a slip gives the year 201.
#[test]
fn spells_of_other_centuries_are_refused() {
    let register = STATES.replace("kind = \"states\"", "kind = \"spells\"");
    let study = Study::new(&register, WEEKS, &["1"]);
    for end in ["9999-12-31", "0201-01-01", "9999-W01"] {
        let rows = format!("key,start,end,state\n1,2018-03-30,{end},ordinary\n");
        study.folder.write("r.csv", rows);
        study
            .ingest()
            .fails_with(2, &[end, "of the years 1900 to 2199", "line 2, column end"]);
    }
}

/// February and March 2018 of one person: (5 + 55) / (2 · 160.33) = 0.18711…
#[test]
fn blanks_around_a_quoted_key_do_not_make_another_person() {
    let outcome = HOURS.replace("[1, 5]", "[1, 2]");
    let study = Study::new(&format!("{BFL}\nkey = \"id\""), &outcome, &["0000001"]);
    study.folder.write(
        "bfl.csv",
        "year;id;month;hours\n2018; \"0000001\";4;5\n2018;\"0000001\";5;5\n\
         2018;0000001 ;5;50\n",
    );
    let table = study.outcomes();
    assert!(table.contains("\n0000001,0.187114077"), "{table}");
}

/// Rows 3 to 5 would be one cell of row 2.
#[test]
fn a_quote_that_is_not_closed_swallows_no_rows() {
    let study = Study::new(BFL, HOURS, &["1"]);
    let rows = |second: &str, fifth: &str| {
        format!(
            "id;year;month;hours;firm\n1;2018;1;5;A\n2;2018;1;5;{second}\n3;2018;1;5;B\n\
             4;2018;1;5;C\n5;2018;1;5;{fifth}\n6;2018;1;5;D\n"
        )
    };
    study.folder.write("bfl.csv", rows("\"Hotel", "\"Inn"));
    study.ingest().fails_with(
        2,
        &[
            "text behind the quote",
            "bfl.csv, line 6",
            "begins in line 3",
            "hint: a quote may open",
        ],
    );
    // A cell over several lines that is closed may be meant: it is told.
    study.folder.write("bfl.csv", rows("\"Hotel", "Inn\""));
    let said = study.ingest().ok();
    assert!(
        said.out.starts_with("bfl: 3 rows, 3 persons"),
        "{}",
        said.out
    );
    let told = "1 row with a quoted cell over several lines";
    assert!(said.err.contains(told), "{}", said.err);
    study.folder.write("bfl.csv", rows("\"Hotel\"", "5\" pipe"));
    let said = study.ingest().ok();
    assert!(
        said.out.starts_with("bfl: 6 rows, 6 persons"),
        "{}",
        said.out
    );
    assert!(!said.err.contains("quoted"), "{}", said.err);
    let outcome =
        "[[outcome]]\nid = \"v\"\nmeasure = \"value\"\nfile = \"s.csv\"\ncolumn = \"v\"\n";
    let study = Study::new("", outcome, &["1"]);
    study
        .folder
        .write("s.csv", "id;v;said\n1;5;\"Yes\n2;6;no\n3;7;\"No\n4;8;yes\n");
    let said = klero(study.folder.path(), &["check"]);
    assert_eq!(said.code, 1);
    for part in ["text behind the quote", "line 4"] {
        assert!(said.out.contains(part), "{}", said.out);
    }
}

#[test]
fn the_row_of_a_code_after_death_is_told_and_not_another_of_the_person() {
    let register = "[register.r]\nkind = \"spells\"\nfiles = [\"r.csv\"]\n[states]\n\
                    work = [\"ordinary\"]";
    let study = Study::new(register, WEEKS, &["1"]);
    study.folder.write(
        "r.csv",
        "id;start;end;state\n1;2018-W01;2018-W02;dead\n1;2018-W03;2018-W04;benefit\n\
         2;2018-W03;2018-W04;benefit\n1;2018-W05;2018-W06;dead\n1;2018-W07;2018-W08;dead\n",
    );
    let said = klero(study.folder.path(), &["ingest", "--rows"]).ok();
    assert!(said.err.contains("r.csv, line 3"), "{}", said.err);
    assert!(!said.err.contains("line 6"), "{}", said.err);
}

#[test]
fn every_overlap_of_states_is_counted() {
    let study = Study::new(STATES, WEEKS, &["1"]);
    study.folder.write(
        "r.csv",
        "id;period;state\n2;2018-W14;benefit\n1;2018-W12;ordinary\n1;2018-W12;benefit\n\
         2;2018-W14;ordinary\n2;2018-W15;ordinary\n",
    );
    study.ingest().fails_with(
        2,
        &[
            "2 faults in the rows",
            "two states in 2018-W12",
            "two states in 2018-W14",
            "line 5",
        ],
    );
}

#[test]
fn a_table_without_its_last_line_end_is_told() {
    let outcome = format!(
        "{HOURS}[[outcome]]\nid = \"v\"\nmeasure = \"value\"\nfile = \"s.csv\"\ncolumn = \"v\"\n"
    );
    let study = Study::new(BFL, &outcome, &["1"]);
    study.folder.write("s.csv", "id,v\n1,45\n2,4");
    study.folder.write(
        "bfl.csv",
        "id,year,month,hours\n1,2018,4,160.33\n1,2018,5,16",
    );
    let told = "1 file whose last row has no line end, which the others have";
    let said = study.ingest().ok();
    assert!(said.err.contains(&format!("bfl: {told}")), "{}", said.err);
    let said = klero(study.folder.path(), &["check"]).ok();
    for of in ["bfl", "v"] {
        let told = format!("{of}: {told}");
        let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&told), "{}", said.out);
    }
    let doubts = klero(study.folder.path(), &["check", "--json"]).ok().json()["doubts"].clone();
    assert_eq!(doubts[0]["doubt"], "no-last-line-end");
    assert_eq!(doubts[0]["rows"][0]["line"], 3);
    study.folder.write("s.csv", "id,v\n1,45\n2,4\n");
    study.folder.write(
        "bfl.csv",
        "id,year,month,hours\n1,2018,4,160.33\n1,2018,5,16\n",
    );
    let said = klero(study.folder.path(), &["check"]).ok();
    assert!(!said.out.contains("line end"), "{}", said.out);
}

#[test]
fn a_column_of_something_else_than_states_ends_the_reading() {
    let study = Study::new(STATES, WEEKS, &["1"]);
    let rows: String = (0..50_000)
        .map(|n| format!("{n};2018-W12;x{n}\n"))
        .collect();
    study
        .folder
        .write("r.csv", format!("id;period;state\n{rows}"));
    study.ingest().fails_with(
        2,
        &[
            "more than 1000 unknown state codes",
            "r.csv, up to line 1002",
        ],
    );
}

#[test]
fn messages_about_tables_of_codes_and_values_hold_no_cpr_number() {
    let register = "[register.r]\nkind = \"states\"\nfiles = [\"r.csv\"]\ncodes = \"codes.csv\"";
    let outcome =
        "[[outcome]]\nid = \"v\"\nmeasure = \"value\"\nfile = \"s.csv\"\ncolumn = \"v\"\n";
    let study = Study::new(register, outcome, &["1"]);
    let good = [
        ("codes.csv", "code;state\n555;benefit\n"),
        ("r.csv", "id;period;state\n1;2018-W12;benefit\n"),
        ("s.csv", "id;v\n1;5\n"),
    ];
    for (name, text) in good {
        study.folder.write(name, text);
    }
    klero(study.folder.path(), &["check"]).ok();
    for (name, text, part) in [
        (
            "codes.csv",
            "code;state\n0101901234;benefit\n",
            "is no code",
        ),
        ("codes.csv", "code;state\n555;010190-1234\n", "is no state"),
        (
            "codes.csv",
            "0101901234;0101901234\n555;benefit\n",
            "expected a header",
        ),
        (
            "codes.csv",
            "0101901234;state\n555;benefit\n",
            "expected a header",
        ),
        (
            "r.csv",
            "id;period;state\n1;2018-W12;0101901234\n",
            "unknown state code",
        ),
        (
            "r.csv",
            "id;period;state\n1;0101901234;benefit\n",
            "is no period",
        ),
        ("s.csv", "id;v\n1;0101901234x\n", "is no number"),
    ] {
        study.folder.write(name, text);
        let said = klero(study.folder.path(), &["check"]);
        assert_eq!(said.code, 1, "{}", said.err);
        let all = said.out + &said.err;
        assert!(all.contains(part), "{all}");
        assert!(!all.contains("0190"), "{all}");
        study
            .folder
            .write(name, good.iter().find(|(of, _)| *of == name).unwrap().1);
    }
}

//! Outcomes by hand: each expected value can be counted off the weeks that stand beside it.

use klero::outcome::{Dated, End, Fates, Missing, Outcomes, Value, measure};
use klero::period::{Month, Week};
use klero::protocol::Protocol;
use klero::register::store::Store;

use crate::register::{read, register};
use crate::workshop::Folder;

/// A study whose outcomes are given, with the persons' rows of weeks from `first` on.
struct Study {
    folder: Folder,
    protocol: Protocol,
}

/// Returns a header of weeks and of months from a first week on.
pub fn header(first: Week, weeks: i32, months: bool) -> String {
    header_from(first, weeks, months.then_some(0))
}

/// The same, where the months begin so many behind that of the first week.
pub fn header_from(first: Week, weeks: i32, months: Option<usize>) -> String {
    let mut text = String::from("id");
    for week in first.0..first.0 + weeks {
        let (year, number) = Week(week).iso();
        text += &format!(";y_{:02}{number:02}", year.rem_euclid(100));
    }
    if let Some(late) = months {
        for month in first.month().0 + late as i32..=Week(first.0 + weeks - 1).month().0 {
            text += &format!(";branche_{}", Month(month).to_string().replace('-', "_"));
        }
    }
    text + "\n"
}

pub fn plan(outcomes: &str) -> Protocol {
    let text = format!(
        "[study]\nid = \"s\"\ntitle = \"t\"\n[[arm]]\nid = \"a\"\n[register.dream]\n\
         kind = \"dream\"\nfiles = [\"dream.csv\"]\n[states]\n\
         active = [\"ordinary\", \"supported\", \"praktik\", \"education\"]\n{outcomes}"
    );
    Protocol::read(&text).unwrap_or_else(|error| panic!("{error}"))
}

impl Study {
    fn new(file: &str, outcomes: &str) -> Study {
        let folder = Folder::new();
        folder.write("dream.csv", file);
        read(&folder, &register(&["dream.csv"])).unwrap_or_else(|error| panic!("{error}"));
        Study {
            folder,
            protocol: plan(outcomes),
        }
    }

    fn measure(&self, referral: &str, date: &str) -> Outcomes {
        let store = Store::open(self.folder.path(), "dream").unwrap();
        let dated = Dated {
            referral: referral.to_owned(),
            date: date.parse().unwrap(),
        };
        measure(&self.protocol, &[store], &[], vec![dated]).unwrap()
    }

    #[track_caller]
    fn values(&self, referral: &str, date: &str) -> Vec<Value> {
        let outcomes = self.measure(referral, date);
        outcomes
            .series
            .iter()
            .map(|series| series.values[0])
            .collect()
    }
}

fn outcome(id: &str, rest: &str) -> String {
    format!("[[outcome]]\nid = \"{id}\"\n{rest}\n")
}

fn year(rest: &str) -> String {
    format!("states = [\"ordinary\"]\nweeks = [1, 52]\n{rest}")
}

/// Person A: weeks 1–10 `730`, 11–23 `737`, 24–27 blank with an industry code, 28–30 `730`, 31–39
/// blank with one, 40 `890`, 41–52 blank with one.
fn person_a() -> String {
    let week_1 = Week::from_iso(2018, 12).unwrap();
    let mut text = header(week_1, 52, true);
    let months = text.matches("branche").count();
    text += "A";
    for week in 1..=52 {
        text += match week {
            1..=10 | 28..=30 => ";730",
            11..=23 => ";737",
            40 => ";890",
            _ => ";",
        };
    }
    text + &";471120".repeat(months) + "\n"
}

#[test]
fn person_a_comes_out_exactly() {
    let time = |stable: u32| format!("measure = \"time-to\"\nstable = {stable}");
    let outcomes = [
        outcome("any", &year("measure = \"ever\"")),
        outcome("at52", &year("measure = \"at\"")),
        outcome("weeks", &year("measure = \"weeks\"")),
        outcome("share", &year("measure = \"share\"")),
        outcome("first", &year("measure = \"time-to\"")),
        outcome("stable4", &year(&time(4))),
        outcome("stable8", &year(&time(8))),
        outcome("stable12", &year(&time(12))),
        outcome("stable13", &year(&time(13))),
        outcome(
            "praktik",
            "measure = \"weeks\"\nstates = [\"praktik\"]\nweeks = [1, 52]",
        ),
        outcome(
            "active",
            "measure = \"share\"\nstates = [\"active\"]\nweeks = [1, 52]",
        ),
    ];
    let study = Study::new(&person_a(), &outcomes.concat());
    let event = |weeks| Value::Time {
        weeks,
        end: End::Event,
    };
    let expected = [
        Value::YesNo(true),
        Value::YesNo(true),
        Value::Weeks(25),
        Value::Share { weeks: 25, of: 52 },
        event(24),
        event(27),
        event(38),
        event(52),
        Value::Time {
            weeks: 52,
            end: End::Censored,
        },
        Value::Weeks(13),
        Value::Share { weeks: 38, of: 52 },
    ];
    assert_eq!(study.values("A", "2018-03-14"), expected);
    // Any other day of that week gives the same.
    assert_eq!(study.values("A", "2018-03-12"), expected);
    assert_eq!(study.values("A", "2018-03-18"), expected);
}

/// Drawn on 1 July 2020: week 26 is `y_2053`, week 27 is `y_2101`.
#[test]
fn windows_run_through_week_53() {
    let first = Week::from_iso(2020, 27).unwrap();
    let mut file = header(first, 40, false);
    let at = |name: &str| {
        file.trim()
            .split(';')
            .position(|column| column == name)
            .unwrap()
    };
    let (w2053, w2101) = (at("y_2053"), at("y_2101"));
    let mut cells = vec!["730"; 41];
    cells[0] = "a";
    cells[w2053] = "737";
    cells[w2101] = "651";
    file += &(cells.join(";") + "\n");
    let outcomes = [
        outcome(
            "p",
            "measure = \"at\"\nstates = [\"praktik\"]\nweeks = [1, 26]",
        ),
        outcome(
            "e",
            "measure = \"at\"\nstates = [\"education\"]\nweeks = [1, 27]",
        ),
    ];
    let study = Study::new(&file, &outcomes.concat());
    assert_eq!(study.values("a", "2020-07-01"), [Value::YesNo(true); 2]);
}

/// A person whose weeks are given as text, one code or `-` a week, week 0 being that of the draw
/// at `drawn`.
fn weeks(before: &str, after: &str, months: Option<&str>) -> (String, String) {
    let drawn = Week::from_iso(2018, 11).unwrap();
    let cells = |text: &str| -> Vec<String> {
        text.split_whitespace()
            .map(|cell| cell.replace('-', ""))
            .collect()
    };
    let (before, after) = (cells(before), cells(after));
    let first = drawn + -(before.len() as i32);
    let all = [before, after].concat();
    let mut file = header(first, all.len() as i32, months.is_some());
    let count = file.matches("branche").count();
    file += &format!("a;{}", all.join(";"));
    if let Some(industry) = months {
        file += &format!(";{industry}").repeat(count);
    }
    (file + "\n", "2018-03-14".to_owned())
}

#[track_caller]
fn value(before: &str, after: &str, months: Option<&str>, rest: &str) -> Value {
    let (file, date) = weeks(before, after, months);
    Study::new(&file, &outcome("x", rest)).values("a", &date)[0]
}

const EVER_JOB: &str = "measure = \"ever\"\nstates = [\"ordinary\"]\nweeks = [1, 4]";

#[test]
fn blank_is_employment_only_with_an_industry_code() {
    let after = "730 730 - 730 730";
    assert_eq!(
        value("", after, Some("471120"), EVER_JOB),
        Value::YesNo(true)
    );
    assert_eq!(value("", after, Some(""), EVER_JOB), Value::YesNo(false));
    let unknown = value("", after, None, EVER_JOB);
    assert_eq!(unknown, Value::Missing(Missing::NotCovered));
    // The week of the draw itself, week 0, is no week of the window.
    assert_eq!(
        value("", "- 730 730 730 730", Some("1"), EVER_JOB),
        Value::YesNo(false)
    );
    // Holiday pay from employment is read like blank.
    assert_eq!(
        value("", "730 121 730 730 730", Some("1"), EVER_JOB),
        Value::YesNo(true)
    );
    assert_eq!(
        value("", "730 124 730 730 730", Some("1"), EVER_JOB),
        Value::YesNo(false)
    );
    // What does not depend on the wage is known without it.
    let praktik = "measure = \"weeks\"\nstates = [\"praktik\"]\nweeks = [1, 4]";
    assert_eq!(value("", "730 - 737 737 -", None, praktik), Value::Weeks(2));
    let either = "measure = \"weeks\"\nstates = [\"ordinary\", \"self_support\"]\nweeks = [1, 4]";
    assert_eq!(value("", "730 - 737 737 -", None, either), Value::Weeks(2));
}

#[test]
fn a_window_beyond_the_register_is_missing_unless_already_reached() {
    let job = "730 - 730";
    assert_eq!(value("", job, Some("1"), EVER_JOB), Value::YesNo(true));
    let none = "730 730 730";
    let missing = Value::Missing(Missing::NotCovered);
    assert_eq!(value("", none, Some("1"), EVER_JOB), missing);
    for name in ["at", "weeks", "share"] {
        let rest = format!("measure = \"{name}\"\nstates = [\"ordinary\"]\nweeks = [1, 4]");
        assert_eq!(value("", job, Some("1"), &rest), missing, "{name}");
    }
    let more = "measure = \"weeks\"\nmore_than = 0\nstates = [\"ordinary\"]\nweeks = [1, 4]";
    assert_eq!(value("", job, Some("1"), more), Value::YesNo(true));
    assert_eq!(value("", none, Some("1"), more), missing);
    let time = "measure = \"time-to\"\nstates = [\"ordinary\"]\nweeks = [1, 4]";
    let censored = Value::Time {
        weeks: 2,
        end: End::Censored,
    };
    assert_eq!(value("", none, Some("1"), time), censored);
}

#[test]
fn weeks_abroad_or_dead_are_not_in_the_states_and_end_a_time() {
    let after = "730 730 997 - 999";
    assert_eq!(value("", after, Some("1"), EVER_JOB), Value::YesNo(true));
    let share = "measure = \"share\"\nstates = [\"benefit\"]\nweeks = [1, 4]";
    assert_eq!(
        value("", after, Some("1"), share),
        Value::Share { weeks: 1, of: 4 }
    );
    let time = "measure = \"time-to\"\nstates = [\"ordinary\"]\nweeks = [1, 4]";
    let ends = |after: &str, weeks, end| {
        assert_eq!(
            value("", after, Some("1"), time),
            Value::Time { weeks, end }
        );
    };
    ends("730 730 997 - 999", 2, End::Abroad);
    ends("730 730 730 999 999", 3, End::Dead);
    ends("730 998 998 998 998", 1, End::Pension);
    ends("730 730 - 999 999", 2, End::Event);
    let (file, date) = weeks("", after, Some("1"));
    let made = Study::new(&file, &outcome("x", EVER_JOB)).measure("a", &date);
    let fates = Fates { dead: 1, abroad: 1 };
    assert_eq!(made.series[0].fates, Some(fates));
}

#[test]
fn stable_weeks_are_consecutive_and_inside_the_window() {
    let time = "measure = \"time-to\"\nstates = [\"praktik\"]\nweeks = [2, 8]\nstable = 3";
    let event = |weeks| Value::Time {
        weeks,
        end: End::Event,
    };
    // Week 1 is before the window and does not count towards the three.
    let after = "730 737 737 737 730 730 737 738 737";
    assert_eq!(value("", after, None, time), event(8));
    let after = "730 737 737 737 737 730 730 730 730";
    assert_eq!(value("", after, None, time), event(4));
}

#[test]
fn history_bridges_short_gaps_and_says_where_the_register_begins() {
    let history = |gap: u32| format!("measure = \"history\"\ngap = {gap}");
    let found = |before: &str, gap| value(before, "730 730", Some(""), &history(gap));
    let weeks = |weeks, at_least| Value::History { weeks, at_least };
    // Two weeks of benefit, one week without, three weeks of benefit, then the draw.
    assert_eq!(found("- - 730 737 - 730 730 730", 0), weeks(3, false));
    assert_eq!(found("- - 730 737 - 730 730 730", 1), weeks(5, false));
    assert_eq!(found("730 737 - 730 730 730", 1), weeks(5, true));
    assert_eq!(found("730 730 - ", 0), weeks(0, false));
    assert_eq!(found("- 730 730 -", 1), weeks(2, true));
    assert_eq!(found("- - 730 730 -", 1), weeks(2, false));
    // Ordinary education and jobs are no benefit; a wage subsidy is none either.
    assert_eq!(found("730 651 730", 0), weeks(1, false));
    let more = "measure = \"history\"\nmore_than = 2";
    let yes_no = |before: &str| value(before, "730 730", Some(""), more);
    assert_eq!(yes_no("- 730 730 730"), Value::YesNo(true));
    assert_eq!(yes_no("730 730 730"), Value::YesNo(true));
    assert_eq!(yes_no("- 730 730"), Value::YesNo(false));
    assert_eq!(yes_no("730 730"), Value::Missing(Missing::NotCovered));
}

#[test]
fn a_referral_that_is_not_in_the_register_keeps_a_row() {
    let study = Study::new(&person_a(), &outcome("any", &year("measure = \"ever\"")));
    let made = study.measure("B", "2018-03-14");
    assert_eq!(made.referrals, ["B"]);
    assert_eq!(
        made.series[0].values,
        [Value::Missing(Missing::NotInRegister)]
    );
    let columns = made.into_columns(&study.protocol);
    assert_eq!(columns.columns[1].0, "any");
    assert_eq!(columns.columns[2].0, "any_missing");
    let record: serde_json::Value = serde_json::from_str(&columns.metadata).unwrap();
    assert_eq!(record["outcomes"][0]["missing"]["not-in-register"], 1);
}

#[test]
fn a_code_no_table_knows_is_refused_with_the_plans_line() {
    let protocol = plan(&outcome(
        "x",
        "measure = \"ever\"\nstates = [\"772\"]\nweeks = [1, 2]",
    ));
    let error =
        klero::outcome::check_codes(&protocol, &[klero::register::CodeTable::built_in().clone()])
            .unwrap_err()
            .to_string();
    assert!(
        error.contains("`772`") && error.contains("line 14"),
        "{error}"
    );
}

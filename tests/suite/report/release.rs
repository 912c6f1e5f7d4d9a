//! What the numbers of each method tell beside counts: a trial is made in which one small count
//! would follow from a row, and one like it in which none does.

use std::cell::RefCell;
use std::collections::BTreeMap;

use klero::report::language::{Leaves, NOTES, leaves};

use super::exports::{estimate, exported, line, plan};
use super::verify::study;
use crate::workshop::{Folder, klero};

const HELD_BACK: &str = "effect: suppressed";

/// Asserts that a row is held back in the export, and stands in the report.
fn held_back(folder: &Folder, table: &str, row: &str, held_back: bool) {
    let report = line(folder, &format!("report/tables/{table}.csv"), row);
    assert!(!report.contains("suppressed"), "{report}");
    let row = line(folder, &format!("export/tables/{table}.csv"), row);
    assert_eq!(row.contains(HELD_BACK), held_back, "{row}");
}

#[test]
fn an_ordinary_trial_leaves_whatever_few_are_missing() {
    let plan = plan(
        "strata = [\"sex\", \"own\"]",
        &[("job", "Job")],
        &estimate("job", "primary", "method = \"risk-difference\""),
    );
    let plan = plan.replace("column = \"job\"", "column = \"job\"\nyes_no = true");
    for missing in 1..=4 {
        let folder = exported(&plan, "job", |_, sex, own, place| {
            let gone = sex == "f" && own == "y" && place < missing;
            match gone {
                true => String::new(),
                false => u8::from(place % 3 == 0).to_string(),
            }
        });
        let flow = line(&folder, "export/tables/flow.csv", ",120,60,60,");
        assert!(!flow.contains("suppressed"), "{flow}");
    }
}

#[test]
fn an_arm_below_the_threshold_refuses_the_export_and_says_so() {
    let plan = plan(
        "strata = []",
        &[("job", "Job")],
        &estimate("job", "primary", ""),
    );
    let folder = exported(&plan, "job", |_, _, _, place| (place % 2).to_string());
    let threshold = ["export", "--force", "--threshold", "61"];
    klero(folder.path(), &threshold).fails_with(
        1,
        &[
            "arm `new` has 60 persons",
            "threshold of 61",
            "nothing was exported",
        ],
    );
}

/// The share at a horizon times n is the number who have the event by then, however many have it in
/// the whole window.
#[test]
fn a_curve_at_a_horizon_tells_no_small_count_of_events_by_then() {
    let (mut small, mut shown) = (Vec::new(), 0);
    for horizon in [4, 5, 20] {
        for method in ["kaplan-meier", "rmst"] {
            let more = format!("role = \"primary\"\nhorizon = {horizon}");
            let folder = study("strata = []", &[("first-job", method, &more)]);
            klero(folder.path(), &["export", "--microdata"]).ok();
            let row = line(&folder, "export/tables/primary.csv", "effort");
            let by = events_by(&folder, method, f64::from(horizon));
            let few = by.values().any(|n| (1..5).contains(n));
            assert!(!few || row.contains(HELD_BACK), "{by:?} {row}");
            small.extend(few.then_some((horizon, method)));
            shown += usize::from(!row.contains(HELD_BACK));
        }
    }
    assert!(!small.is_empty() && shown > 0, "{small:?}, {shown}");
}

/// Counts who has a first job by a week, arm by arm: of a mean time before it, before that week.
fn events_by(folder: &Folder, method: &str, horizon: f64) -> BTreeMap<String, usize> {
    let rows = folder.read("export/MICRODATA-not-for-release/analysis.csv");
    let mut lines = rows.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let place = |name: &str| head.iter().position(|column| *column == name).unwrap();
    let mut counts = BTreeMap::new();
    for row in lines {
        let Ok(time) = row[place("first_job")].parse::<f64>() else {
            continue;
        };
        let by = time < horizon || (time == horizon && method == "kaplan-meier");
        let event = row[place("first_job_end")] == "1";
        *counts.entry(row[place("arm")].to_owned()).or_default() += usize::from(by && event);
    }
    counts
}

#[test]
fn the_effect_of_what_was_received_at_a_level_tells_no_receivers_there() {
    let late = "by = \"sex\"\nmethod = \"late\"\nreceived = \"got\"";
    let both = estimate("job", "primary", "") + &estimate("job", "exploratory", late);
    let plan = plan("strata = []", &[("job", "Job"), ("got", "Got")], &both);
    for (few, small) in [(3, true), (10, false)] {
        let folder = exported(&plan, "job,got", |arm, sex, own, place| {
            let got = match (arm, sex, own) {
                ("new", "f", "n") => place < few,
                ("new", "m", _) => true,
                _ => false,
            };
            // Women of the new arm have jobs more often, whether they got it or not.
            let jobs = if arm == "new" && sex == "f" { 7 } else { 5 };
            format!("{},{}", u8::from(place % 10 < jobs.min(5)), u8::from(got))
        });
        let table = folder.read("export/tables/subgroups.csv");
        let rows: Vec<&str> = table.lines().collect();
        let women = rows.iter().position(|row| row.contains("Sex: f")).unwrap();
        let late = rows[women..].iter().find(|row| row.contains("instrument"));
        let late = late.unwrap();
        assert_eq!(late.contains(HELD_BACK), small, "{table}");
    }
}

/// The limits of Anderson and Rubin follow from how many of the receivers have the outcome.
#[test]
fn the_effect_of_what_was_received_tells_no_outcome_by_receipt() {
    let late = "method = \"late\"\nreceived = \"got\"";
    let both = estimate("job", "primary", "") + &estimate("job", "secondary", late);
    let plan = plan(
        "strata = [\"sex\", \"own\"]",
        &[("job", "Job"), ("got", "Got")],
        &both,
    );
    let without = plan.replace("strata = [\"sex\", \"own\"]", "strata = []");
    for (few, small) in [(2, true), (6, false)] {
        let folder = exported(&without, "job,got", |arm, sex, own, place| {
            // Of the new arm's women who do not own, some did not get it; few of them have a job.
            let refused = arm == "new" && sex == "f" && own == "n" && place < 12;
            let got = arm == "new" && !refused;
            let job = match refused {
                true => place < few,
                false => place % 2 == 0,
            };
            format!("{},{}", u8::from(job), u8::from(got))
        });
        held_back(&folder, "secondary", "instrument", small);
    }
}

#[test]
fn an_effect_at_a_level_that_is_adjusted_tells_no_level_within_the_level() {
    let lin = "by = \"own\"\nmethod = \"ols\"\nadjust = [\"sex\"]";
    let plan = plan(
        "strata = []",
        &[("job", "Job")],
        &estimate("job", "exploratory", lin),
    );
    for (few, small) in [(3, true), (8, false)] {
        let folder = exported(&plan, "job", |arm, sex, own, place| {
            let jobs = match (arm, sex, own) {
                ("new", "f", "n") => few,
                (_, _, "n") => 8,
                _ => 0,
            };
            u8::from(place < jobs).to_string()
        });
        held_back(&folder, "subgroups", "Own: n, New – Old", small);
    }
}

/// Gives an outcome a value from before the draw.
fn with_baseline(plan: &str) -> String {
    plan.replace(
        "column = \"job\"",
        "column = \"job\"\nbaseline = \"before\"",
    )
}

#[test]
fn an_adjustment_for_a_number_of_two_values_is_one_for_levels() {
    let more = "method = \"ancova\"";
    let plan = plan(
        "strata = []",
        &[("job", "Job")],
        &estimate("job", "primary", more),
    );
    for (few, small) in [(3, true), (8, false)] {
        let folder = exported(
            &with_baseline(&plan),
            "job,before",
            |arm, sex, own, place| {
                let before = sex == "f" && own == "n";
                let job = match (arm, before) {
                    ("new", true) => place < few,
                    _ => place < 8,
                };
                format!("{},{}", u8::from(job), u8::from(before))
            },
        );
        held_back(&folder, "primary", "New – Old", small);
    }
}

#[test]
fn a_change_tells_no_few_who_changed_and_no_mean_before_that_is_held_back() {
    let change = "method = \"change\"";
    let plan = plan(
        "strata = []",
        &[("job", "Job")],
        &estimate("job", "primary", change),
    );
    for (lost, small) in [(2, true), (6, false)] {
        let folder = exported(&with_baseline(&plan), "job,before", |_, sex, own, place| {
            // Of the women who do not own, some lost their job; of the men, more got one.
            let (before, after) = match (sex, own) {
                ("f", "n") => (place < 12, place >= lost && place < 12),
                ("m", "n") => (place < 6, place < 14),
                _ => (false, false),
            };
            format!("{},{}", u8::from(after), u8::from(before))
        });
        held_back(&folder, "no-effects", "New", small);
    }
    // Three of an arm had the lowest number before.
    let folder = exported(&with_baseline(&plan), "job,before", |_, sex, own, place| {
        let lowest = sex == "f" && own == "n" && place < 3;
        let before = if lowest { 1 } else { 2 + place % 2 };
        format!("{},{before}", 4 + place % 2)
    });
    let baseline = line(&folder, "export/tables/baseline.csv", "before");
    assert!(baseline.contains("suppressed"), "{baseline}");
    held_back(&folder, "no-effects", "New", true);
}

/// Beside the mean of all, a bound tells the sum of those whom it cuts off.
#[test]
fn bounds_cut_off_no_few_whose_amounts_could_be_read() {
    let plan = plan(
        "strata = []",
        &[("pay", "Pay")],
        &estimate("pay", "primary", ""),
    );
    for (more, small) in [(3, true), (6, false)] {
        let gone = RefCell::new(BTreeMap::from([("new", 6), ("old", 6 + more)]));
        let folder = exported(&plan, "pay", |arm, _, _, place| {
            let mut gone = gone.borrow_mut();
            let left = gone.get_mut(arm).unwrap();
            if *left > 0 {
                *left -= 1;
                return String::new();
            }
            (1000 + 37 * place).to_string()
        });
        held_back(&folder, "primary", "(Lee)", small);
    }
}

#[test]
fn a_note_that_counts_persons_stays_and_so_does_a_row_without_its_number() {
    let methods = "method = [\"stratified-difference\", \"lin\"]";
    let plan = plan(
        "strata = [\"own\"]",
        &[("pay", "Pay")],
        &estimate("pay", "primary", methods),
    );
    // One owner of the new arm is known.
    let folder = exported(&plan, "pay", |arm, sex, own, place| {
        let gone = arm == "new" && own == "y" && (sex == "m" || place > 0);
        match gone {
            true => String::new(),
            false => (100 * place + usize::from(sex == "f")).to_string(),
        }
    });
    let report = folder.read("report/tables/primary.csv");
    assert!(
        report.contains("fewer than two persons in stratum y"),
        "{report}"
    );
    for row in ["New – Old", "(Lin)"] {
        let row = line(&folder, "export/tables/primary.csv", row);
        assert!(row.contains(HELD_BACK), "{row}");
        assert!(
            !row.contains("stratum") && !row.contains("leverage"),
            "{row}"
        );
    }
    let page = folder.read("export/report.md");
    assert!(!page.contains("fewer than two"), "{page}");
}

#[test]
fn notes_of_a_row_without_numbers_stay_when_its_counts_do() {
    let plan = plan(
        "strata = []",
        &[("pay", "Pay")],
        &estimate("pay", "primary", "by = \"sex\""),
    );
    // One woman of the new arm is known: nothing is left of the effects to compare.
    let folder = exported(&plan, "pay", |arm, sex, own, place| {
        let gone = arm == "new" && sex == "f" && (own == "y" || place > 0);
        match gone {
            true => String::new(),
            false => (100 * place).to_string(),
        }
    });
    let test = line(
        &folder,
        "export/tables/subgroups.csv",
        "Test of a difference",
    );
    assert!(test.contains("p: suppressed"), "{test}");
    assert!(!test.contains("ariance"), "{test}");
}

#[test]
fn warnings_that_count_nobody_leave() {
    let late = "method = \"late\"\nreceived = \"got-2\"";
    let plan = plan(
        "strata = []",
        &[("job-1", "Job"), ("got-2", "Got")],
        &estimate("job-1", "primary", late),
    );
    // About as many got it in both arms: the set is the whole line, or all but some.
    let folder = exported(&plan, "job-1,got-2", |arm, _, _, place| {
        let got = place % 2 == 0 || (arm == "new" && place == 1);
        let job = place % 4 < if arm == "new" { 3 } else { 2 };
        format!("{},{}", u8::from(job), u8::from(got))
    });
    let row = line(&folder, "export/tables/primary.csv", "instrument");
    assert!(!row.contains(HELD_BACK), "{row}");
    assert!(row.contains("unbounded or empty"), "{row}");
    for (note, leave) in [
        (
            "fewer than 5 degrees of freedom: prefer a randomisation test",
            Leaves::NoteAndRow,
        ),
        (
            "level `18-29` has nobody in one of the arms and takes no part in the test",
            Leaves::NoteAndRow,
        ),
        (
            "covariate `age`: 3 missing, filled with the mean",
            Leaves::RowAlone,
        ),
        (
            "an arm has fewer than two persons in stratum c, which leaves no variance within",
            Leaves::Neither,
        ),
        (
            "arm is undefined: 1 row determines its own fitted value (leverage 1)",
            Leaves::Neither,
        ),
        ("words that nobody has written yet", Leaves::Neither),
    ] {
        assert_eq!(leaves(note), leave, "{note}");
    }
    // The sentences that are judged are those of the catalogue.
    let judged = NOTES
        .iter()
        .filter(|(english, _)| leaves(&filled(english)) != Leaves::Neither);
    assert_eq!(judged.count(), JUDGED);
}

/// How many notes leave, or let their row leave without them.
const JUDGED: usize = 100;

/// Puts something into the slots of a sentence.
fn filled(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, (slot, after))) = rest
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        text += before;
        text += match slot.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "percent" => "5.0 %",
            "number" => "7",
            _ => "x",
        };
        rest = after;
    }
    text + rest
}

#[test]
fn the_number_of_tests_is_that_of_the_family() {
    let both = [estimate("a", "primary", ""), estimate("b", "primary", "")].concat();
    let holm = "[multiplicity]\nmethod = \"holm\"\n";
    let outcomes = [("a", "Aa"), ("b", "Bb")];
    for (constant, tests) in [(true, "2 tests"), (false, "1 test ")] {
        let estimates = match constant {
            true => both.clone(),
            false => estimate("a", "primary", ""),
        };
        let plan = plan("strata = []", &outcomes, &(estimates + holm));
        // Nobody has b, so that no test of it can be made, and it counts all the same.
        let folder = exported(&plan, "a,b", |_, _, _, place| format!("{},0", place % 2));
        for kind in ["report", "export"] {
            let page = folder.read(&format!("{kind}/tables/primary.md"));
            let page = page.replace('\u{a0}', " ");
            assert!(page.contains(&format!("adjusted for {tests}")), "{page}");
        }
    }
}

#[test]
fn what_is_held_back_changes_no_column_of_the_tables_for_machines() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    klero(&study, &["report"]).ok();
    let mut suppressed = 0;
    for threshold in ["5", "60", "120"] {
        klero(&study, &["export", "--force", "--threshold", threshold]).ok();
        for table in ["flow", "baseline", "primary", "secondary", "missing"] {
            let read = |kind: &str| folder.read(&format!("d/{kind}/tables/{table}.csv"));
            let (report, export) = (read("report"), read("export"));
            suppressed += export.matches("suppressed").count();
            assert_eq!(report.lines().next(), export.lines().next(), "{table}");
        }
    }
    assert!(suppressed > 50, "{suppressed}");
}

//! From registers to effects, and estimates of any table.

use std::path::Path;

use klero::register::columns::{Columns, Values};

use crate::workshop::{Folder, klero};

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vordingborg");
    std::fs::read_to_string(path.join(name)).unwrap()
}

/// The demo, run once for the tests that look at it.
fn demo() -> &'static Folder {
    static DEMO: std::sync::OnceLock<Folder> = std::sync::OnceLock::new();
    DEMO.get_or_init(|| {
        let folder = Folder::new();
        klero(folder.path(), &["demo", "d"]).ok();
        folder
    })
}

#[test]
fn the_demo_is_the_example() {
    let folder = demo();
    for name in [
        "study.toml",
        "referrals.csv",
        "ledger.jsonl",
        "register/dream.csv",
        "register/bfl.csv",
    ] {
        assert_eq!(folder.read(&format!("d/{name}")), example(name), "{name}");
    }
    klero(folder.path(), &["demo", "d"]).fails_with(2, &["not empty"]);
}

#[test]
fn the_screen_speaks_danish_when_asked_and_keeps_to_80_columns() {
    let study = demo().join("d");
    for language in ["da", "en"] {
        let said = klero(&study, &["estimate", "--quiet", "--lang", language]).ok();
        let words = match language {
            "da" => ["Effekter på de primære udfald", "[−3,9; 7,4]", "25 % mere"],
            _ => [
                "Effects on the primary outcomes",
                "(−3.9 to 7.4)",
                "25 % more",
            ],
        };
        for word in words {
            assert!(said.out.contains(word), "{word} in:\n{}", said.out);
        }
        let longest = said.out.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(80), "{longest:?}");
    }
    // The form of numbers is a setting of its own, and machines read one language.
    let said = klero(
        &study,
        &["estimate", "-q", "--lang", "da", "--numbers", "en"],
    )
    .ok();
    assert!(
        said.out.contains("−3.9") && said.out.contains("primære"),
        "{}",
        said.out
    );
    let json = |more: &[&str]| {
        klero(&study, &[&["estimate", "--json"], more].concat())
            .ok()
            .out
    };
    assert_eq!(json(&[]), json(&["--lang", "da"]));
    klero(&study, &["estimate", "--lang", "dk"]).fails_with(2, &["da or en"]);
}

#[test]
fn the_examples_referrals_are_the_invented_ones() {
    assert_eq!(
        klero::invent::referrals("vordingborg-2017", 503),
        example("referrals.csv")
    );
}

/// The published figures of *Ansvar for eget liv*, each within its rounding.
#[test]
fn the_invented_register_gives_the_published_figures() {
    let folder = demo().join("d");
    let json = klero(&folder, &["estimate", "--json"]).ok().json();
    let row = |outcome: &str, arm: &str| -> serde_json::Value {
        let rows = json["estimates"].as_array().unwrap();
        rows.iter()
            .find(|row| row["outcome"] == outcome && row["arm"] == arm)
            .unwrap_or_else(|| panic!("no row {outcome} {arm}"))
            .clone()
    };
    let percent = |value: &serde_json::Value| (1000.0 * value.as_f64().unwrap()).round() / 10.0;
    let both = |outcome: &str| {
        let row = row(outcome, "gruppe1");
        (percent(&row["mean_arm"]), percent(&row["mean_reference"]))
    };
    let ordinary = row("ordinary", "gruppe1");
    assert_eq!(both("ordinary"), (6.7, 5.3));
    assert_eq!(
        (&ordinary["events_arm"], &ordinary["n_arm"]),
        (&9.into(), &135.into())
    );
    assert_eq!(
        (&ordinary["events_reference"], &ordinary["n_reference"]),
        (&10.into(), &188.into())
    );
    let progress = row("progress", "gruppe1");
    assert_eq!(percent(&progress["mean_arm"]), 30.4);
    assert_eq!(progress["events_arm"], 41);
    let no_hours = row("degree-zero", "gruppe1");
    assert_eq!(percent(&no_hours["mean_arm"]), 70.4);
    assert_eq!(no_hours["events_arm"], 95);
    let flex = row("flexjob", "gruppe1");
    assert_eq!(flex["events_arm"], 15);
    let ratio = flex["mean_arm"].as_f64().unwrap() / flex["mean_reference"].as_f64().unwrap();
    assert!((ratio - 3.0).abs() < 0.05, "three times as many: {ratio}");
    assert_eq!(both("active"), (17.4, 13.1));
    let placed = row("placed", "gruppe1");
    let ratio = placed["mean_arm"].as_f64().unwrap() / placed["mean_reference"].as_f64().unwrap();
    assert!(
        (ratio - 1.25).abs() < 0.005,
        "a quarter more people: {ratio}"
    );
    let weeks = row("placement-weeks", "gruppe1");
    let per_placed = |mean: &str, n: &str, events: &str| {
        weeks[mean].as_f64().unwrap() * weeks[n].as_f64().unwrap()
            / placed[events].as_f64().unwrap()
    };
    let longer = per_placed("mean_arm", "n_arm", "events_arm")
        / per_placed("mean_reference", "n_reference", "events_reference");
    assert!((longer - 2.0).abs() < 1e-9, "for twice as long: {longer}");
    let (arm, reference) = both("long-before");
    assert_eq!((arm.round(), reference.round()), (75.0, 65.0));
    // Group 2 is without the progress: it stands within two points of the control group.
    for outcome in [
        "ordinary",
        "progress",
        "degree-zero",
        "degree",
        "flexjob",
        "active",
        "placed",
    ] {
        let row = row(outcome, "gruppe2");
        assert!(row["estimate"].as_f64().unwrap().abs() < 0.02, "{outcome}");
    }
}

/// A month has an industry code in `dream.csv` where it has hours in `bfl.csv`, and nowhere else.
#[test]
fn the_invented_registers_agree_on_the_months_with_wage() {
    let dream = example("register/dream.csv");
    let mut lines = dream.lines().map(|line| line.split(';'));
    let header: Vec<&str> = lines.next().unwrap().collect();
    let mut coded = Vec::new();
    for cells in lines {
        let cells: Vec<&str> = cells.collect();
        for (name, cell) in header.iter().zip(&cells) {
            if let Some(month) = name.strip_prefix("branche_")
                && !cell.is_empty()
            {
                coded.push(format!("{} {month}", cells[0]));
            }
        }
    }
    let bfl = example("register/bfl.csv");
    let paid: Vec<String> = bfl
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(';').collect();
            let hours: f64 = cells[3].replace(',', ".").parse().unwrap();
            assert!(hours > 0.0 && hours <= 160.33, "{line}");
            format!("{} {}_{:0>2}", cells[0], cells[1], cells[2])
        })
        .collect();
    assert!(coded.len() > 1000);
    assert_eq!(coded, paid);
}

#[test]
fn results_have_the_documented_form() {
    let json = klero(&demo().join("d"), &["estimate", "--json"])
        .ok()
        .json();
    assert_eq!(json["command"], "estimate");
    let provenance = &json["provenance"];
    assert_eq!(provenance["study"], "vordingborg-2017");
    assert!(
        provenance["protocol"]
            .as_str()
            .unwrap()
            .starts_with("sha256 ")
    );
    assert_eq!(provenance["ledger_head"].as_str().unwrap().len(), 64);
    let inputs = &provenance["inputs"]["outcomes.parquet"];
    assert!(inputs.as_str().unwrap().starts_with("sha256 "));
    for row in json["estimates"].as_array().unwrap() {
        for key in [
            "outcome",
            "label",
            "unit",
            "role",
            "arm",
            "reference",
            "method",
            "scale",
            "estimate",
            "std_error",
            "df",
            "p_value",
            "p_adjusted",
            "interval",
            "n_arm",
            "n_reference",
            "mean_arm",
            "mean_reference",
            "events_arm",
            "events_reference",
            "allocated_arm",
            "allocated_reference",
            "missing_arm",
            "missing_reference",
            "options",
            "source",
            "notes",
        ] {
            assert!(row.get(key).is_some(), "{key} in {row}");
        }
        let interval = &row["interval"];
        assert!(interval["lower"].as_f64().unwrap() <= row["estimate"].as_f64().unwrap());
        assert_eq!(interval["level"], 0.95);
    }
    // Three arms, two contrasts; six outcomes of 1 and 0 with two methods, three of numbers with
    // one, and the replayed test of the primary outcome.
    assert_eq!(
        json["estimates"].as_array().unwrap().len(),
        6 * 2 * 2 + 3 * 2 + 2
    );
}

#[test]
fn the_effect_table_fits_80_columns() {
    let said = klero(&demo().join("d"), &["estimate"]).ok();
    for line in said.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(said.out.contains("503 referred, 0 refused, 503 drawn"));
    assert!(said.out.contains("before the draw: not an effect"));
}

#[test]
fn outcomes_are_written_as_csv_with_their_definitions() {
    let folder = demo().join("d");
    let _ = std::fs::remove_file(folder.join("o.csv"));
    klero(&folder, &["outcomes", "--out", "o.csv", "--force"]).ok();
    let text = std::fs::read_to_string(folder.join("o.csv")).unwrap();
    let header = text.lines().next().unwrap();
    assert!(
        header.starts_with("referral,ordinary,ordinary_missing,progress,"),
        "{header}"
    );
    assert!(header.contains("first-job,first-job_status,first-job_missing"));
    assert!(!header.contains("arm"));
    assert_eq!(text.lines().count(), 504);
    let record = std::fs::read_to_string(folder.join("o.csv.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["study"], "vordingborg-2017");
    assert_eq!(
        record["inputs"]["register/dream.csv"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
    let said = klero(&folder, &["outcomes", "--explain"]).ok();
    assert!(said.out.contains("771, 774"), "{}", said.out);
}

#[test]
fn outcomes_of_an_older_plan_are_refused() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    let plan = folder
        .read("d/study.toml")
        .replacen("weeks = [1, 104]", "weeks = [1, 52]", 1);
    folder.write("d/study.toml", plan);
    klero(&study, &["estimate"]).fails_with(2, &["`ordinary` as the plan defines it", "outcomes"]);
    klero(&study, &["outcomes"]).ok();
    klero(&study, &["estimate"]).ok();
    std::fs::remove_file(study.join("derived/dream.spells")).unwrap();
    klero(&study, &["outcomes"]).fails_with(2, &["dream.spells", "klero ingest"]);
    std::fs::remove_file(study.join("derived/outcomes.parquet")).unwrap();
    klero(&study, &["estimate"]).fails_with(2, &["outcomes.parquet", "klero outcomes"]);
}

#[test]
fn dates_may_come_from_a_table() {
    let folder = Folder::new();
    let plan = "[study]\nid = \"s\"\ntitle = \"t\"\n[[arm]]\nid = \"a\"\n[register.dream]\n\
                kind = \"dream\"\nfiles = [\"dream.csv\"]\n[[outcome]]\nid = \"p\"\n\
                measure = \"weeks\"\nstates = [\"praktik\"]\nweeks = [1, 2]\n";
    folder.write("study.toml", plan);
    folder.write("dream.csv", "id,y_1811,y_1812,y_1813\nx,730,737,737\n");
    klero(folder.path(), &["ingest"]).ok();
    folder.write("dates.csv", "referral,date\nx,2018-03-14\nz,2018-03-14\n");
    klero(
        folder.path(),
        &["outcomes", "--dates", "dates.csv", "--out", "o.csv"],
    )
    .ok();
    assert_eq!(
        folder.read("o.csv"),
        "referral,p,p_missing\nx,2,\nz,,not-in-register\n"
    );
    klero(
        folder.path(),
        &["outcomes", "--dates", "dates.csv", "--out", "o.csv"],
    )
    .fails_with(2, &["--force"]);
    folder.write("dates.csv", "referral,date\nx,14-03-2018\n");
    klero(folder.path(), &["outcomes", "--dates", "dates.csv"])
        .fails_with(2, &["`14-03-2018` is no date", "line 2"]);
    folder.write("dates.csv", "referral,date\nx,2018-03-14\nx,2018-03-15\n");
    klero(folder.path(), &["outcomes", "--dates", "dates.csv"]).fails_with(2, &["two dates"]);
}

#[test]
fn counts_are_compared() {
    let folder = Folder::new();
    let said = klero(folder.path(), &["compare", "9/135", "10/188"]).ok();
    for part in [
        "6.7 %",
        "5.3 %",
        "+1.3 points",
        "−3.9 to 7.4",
        "25 % more",
        "0.64",
    ] {
        assert!(said.out.contains(part), "no {part} in\n{}", said.out);
    }
    let json = klero(folder.path(), &["compare", "9/135", "10/188", "--json"])
        .ok()
        .json();
    let methods: Vec<&str> = json["estimates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["method"].as_str().unwrap())
        .collect();
    assert_eq!(
        methods,
        [
            "risk-difference",
            "risk-ratio",
            "odds-ratio",
            "fisher-exact"
        ]
    );
    assert_eq!(json["estimates"][0]["outcome"], serde_json::Value::Null);
    let three = ["compare", "g1=9/135", "g2=11/180", "k=10/188", "--json"];
    let json = klero(folder.path(), &three).ok().json();
    assert_eq!(json["estimates"].as_array().unwrap().len(), 8);
    assert_eq!(json["estimates"][4]["arm"], "g2");
    assert_eq!(json["estimates"][4]["reference"], "k");
    let newcombe = ["compare", "9/135", "10/188", "--method", "risk-difference"];
    let newcombe = [&newcombe[..], &["--interval", "newcombe", "--json"]].concat();
    let json = klero(folder.path(), &newcombe).ok().json();
    assert_eq!(json["estimates"][0]["interval"]["method"], "newcombe");
    let said = klero(folder.path(), &["compare", "41/135", "--target", "0.2"]).ok();
    assert!(said.out.contains("20.0 %"), "{}", said.out);
}

/// The limits as R 4 has them: `print(binom.test(52, 148)$conf.int, digits = 10)` prints
/// 0.2747617489 0.4340242900.
#[test]
fn one_count_is_a_share_with_its_interval_and_no_p() {
    let folder = Folder::new();
    let said = klero(folder.path(), &["compare", "52/148"]).ok();
    assert!(said.out.contains("35.1 %"), "{}", said.out);
    let heads: Vec<&str> = said
        .out
        .lines()
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(heads, ["arm", "95", "%", "interval"]);
    let json = klero(folder.path(), &["compare", "52/148", "--json"])
        .ok()
        .json();
    let row = &json["estimates"][0];
    assert_eq!(row["p_value"], serde_json::Value::Null);
    for (bound, expected) in [("lower", 0.274_761_748_9), ("upper", 0.434_024_29)] {
        let found = row["interval"][bound].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-9, "{bound} {found}");
    }
}

/// No events, only events, empty arms: a number from the literature, or an absence with a reason.
#[test]
fn what_does_not_exist_is_null_with_a_reason() {
    let folder = Folder::new();
    for counts in [
        ["0/20", "0/25"],
        ["5/20", "0/25"],
        ["0/20", "5/25"],
        ["20/20", "25/25"],
    ] {
        let arguments = [&["compare"], &counts[..], &["--json"]].concat();
        let said = klero(folder.path(), &arguments).ok();
        assert!(
            !said.out.contains("NaN") && !said.out.contains(":inf"),
            "{}",
            said.out
        );
        for row in said.json()["estimates"].as_array().unwrap() {
            let gone = row["estimate"].is_null() || row["p_value"].is_null();
            assert!(
                !gone || !row["notes"].as_array().unwrap().is_empty(),
                "{row}"
            );
        }
        klero(folder.path(), &[&["compare"], &counts[..]].concat()).ok();
    }
    klero(folder.path(), &["compare", "5/0", "1/2"]).fails_with(2, &["persons"]);
    klero(folder.path(), &["compare", "5/3", "1/2"]).fails_with(2, &["5 events among 3"]);
    klero(folder.path(), &["compare", "five", "1/2"]).fails_with(2, &["EVENTS/PERSONS"]);
}

#[test]
fn any_table_is_estimated() {
    let folder = Folder::new();
    folder.write(
        "trial.csv",
        "group;job;income\nnew;1;12,5\nold;0;9,25\nnew;0;14\nold;.;8\nnew;1;NA\nold;1;11,75\n",
    );
    let base = [
        "estimate",
        "--data",
        "trial.csv",
        "--arm",
        "group",
        "--reference",
        "old",
    ];
    let with = |more: &[&str]| klero(folder.path(), &[&base[..], more].concat());
    let json = with(&["--outcome", "job", "--outcome", "income", "--json"])
        .ok()
        .json();
    let rows = json["estimates"].as_array().unwrap();
    let methods: Vec<&str> = rows
        .iter()
        .map(|row| row["method"].as_str().unwrap())
        .collect();
    // A third of an arm is missing: Lee bounds follow unasked.
    assert_eq!(
        methods,
        [
            "risk-difference",
            "risk-ratio",
            "lee-bounds",
            "difference-in-means",
            "lee-bounds"
        ]
    );
    assert_eq!(
        (&rows[0]["n_reference"], &rows[0]["missing_reference"]),
        (&2.into(), &1.into())
    );
    assert_eq!(
        (&rows[0]["allocated_reference"], &rows[3]["missing_arm"]),
        (&3.into(), &1.into())
    );
    // 13.25 − (9.25 + 8 + 11.75)/3
    let difference = rows[3]["estimate"].as_f64().unwrap();
    assert!((difference - (13.25 - 29.0 / 3.0)).abs() < 1e-12);
    with(&["--outcome", "jbo"]).fails_with(2, &["no column `jbo`", "did you mean `job`?"]);
    with(&["--outcome", "income", "--method", "risk-difference"])
        .fails_with(2, &["needs an outcome of 1 and 0"]);
    with(&["--outcome", "job", "--method", "diference-in-means"])
        .fails_with(2, &["you mean `difference-in-means`?"]);
    let old = [
        "estimate",
        "--data",
        "trial.csv",
        "--arm",
        "group",
        "--reference",
        "odl",
    ];
    klero(folder.path(), &[&old[..], &["--outcome", "job"]].concat())
        .fails_with(2, &["no arm `odl`", "did you mean `old`?"]);
    folder.write("trial.csv", "group,job\nnew,1\nold,many\n");
    with(&["--outcome", "job"]).fails_with(2, &["`many` is no number", "line 3, column job"]);
    folder.write("trial.csv", "group,job\nnew,1\n,0\n");
    with(&["--outcome", "job"]).fails_with(2, &["no arm", "line 3, column group"]);
}

/// Twelve persons as columns with types: `exact` tells apart what numbers of eight bytes do not.
fn typed() -> Columns {
    let exact = (0..12).map(|row| Some((1 << 53) + row / 2)).collect();
    let amount = [3.5, -1.0, 0.0, 2.25, 8.0, 1e-3];
    let amount: Vec<Option<f64>> = amount.iter().cycle().take(12).map(|n| Some(*n)).collect();
    let mut holey = amount.clone();
    (holey[2], holey[7]) = (None, None);
    let text = |row: usize| Some(["old", "new"][row % 2].into());
    let values = [
        ("group", Values::Text((0..12).map(text).collect())),
        (
            "side",
            Values::Whole((0..12).map(|row| Some(row % 2)).collect()),
        ),
        ("exact", Values::Whole(exact)),
        (
            "job",
            Values::Whole(
                (0..12)
                    .map(|row| (row != 5).then_some(row % 3 % 2))
                    .collect(),
            ),
        ),
        ("amount", Values::Number(amount)),
        ("holey", Values::Number(holey)),
        (
            "place",
            Values::Text((0..12).map(|row| text(row / 6)).collect()),
        ),
    ];
    Columns {
        columns: values
            .map(|(name, values)| (name.to_owned(), values))
            .to_vec(),
        metadata: String::new(),
    }
}

/// Writes columns as text, their rows in another order.
fn as_text(table: &Columns) -> String {
    let cell = |values: &Values, row: usize| match values {
        Values::Whole(wholes) => wholes[row].map_or(String::new(), |n| n.to_string()),
        Values::Number(numbers) => numbers[row].map_or(String::new(), |n| n.to_string()),
        Values::Text(texts) => texts[row].as_deref().unwrap_or_default().to_owned(),
    };
    let names: Vec<&str> = table
        .columns
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let rows = (0..12).map(|row| {
        let columns = table.columns.iter();
        let cells: Vec<String> = columns
            .map(|(_, values)| cell(values, row * 5 % 12))
            .collect();
        cells.join(",")
    });
    let lines: Vec<String> = std::iter::once(names.join(",")).chain(rows).collect();
    lines.join("\n") + "\n"
}

#[test]
fn a_table_with_types_gives_what_its_text_gives() {
    let folder = Folder::new();
    let table = typed();
    table.write(&folder.join("typed.parquet")).unwrap();
    folder.write("typed.csv", as_text(&table));
    for (arm, reference) in [("group", "old"), ("side", "0")] {
        for asked in [
            &["--outcome", "job", "--outcome", "amount", "--by", "place"][..],
            &[
                "--outcome",
                "amount",
                "--method",
                "ols",
                "--adjust",
                "holey,place",
            ],
            &[
                "--outcome",
                "amount",
                "--method",
                "ols",
                "--adjust",
                "job,holey",
            ],
            &[
                "--outcome",
                "holey",
                "--cluster",
                "exact",
                "--method",
                "ols",
            ],
            &["--outcome", "job", "--strata", "place"],
        ] {
            let estimates = |file: &str| {
                let base = ["estimate", "--json", "--data", file, "--arm", arm];
                let all = [&base[..], &["--reference", reference], asked].concat();
                klero(folder.path(), &all).ok().json()["estimates"].clone()
            };
            let (typed, text) = (estimates("typed.parquet"), estimates("typed.csv"));
            assert!(!typed.as_array().unwrap().is_empty(), "{asked:?}");
            assert_eq!(typed, text, "{arm} {asked:?}");
        }
    }
}

#[test]
fn a_typed_table_with_dates_is_read_as_text() {
    let formats = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-fixtures/formats");
    let folder = Folder::new();
    for name in ["table.parquet", "table.csv"] {
        std::fs::copy(formats.join(name), folder.join(name)).unwrap();
    }
    let estimates = |file: &str| {
        let base = ["estimate", "--json", "--data", file, "--arm", "member"];
        let all = [&base[..], &["--reference", "0", "--outcome", "amount"]].concat();
        klero(folder.path(), &all).ok().json()["estimates"].clone()
    };
    assert_eq!(estimates("table.parquet"), estimates("table.csv"));
}

#[test]
fn what_is_no_number_in_a_typed_table_is_named_and_refused() {
    let folder = Folder::new();
    for (wrong, shown) in [(f64::NAN, "`NaN`"), (f64::INFINITY, "`inf`")] {
        let mut table = typed();
        let Values::Number(amount) = &mut table.columns[4].1 else {
            unreachable!("amounts are numbers")
        };
        amount[7] = Some(wrong);
        table.write(&folder.join("typed.parquet")).unwrap();
        let with = |asked: &[&str]| {
            let base = ["estimate", "--data", "typed.parquet", "--arm", "group"];
            klero(
                folder.path(),
                &[&base[..], &["--reference", "old"], asked].concat(),
            )
        };
        for asked in [
            &["--outcome", "amount"][..],
            &[
                "--outcome",
                "holey",
                "--method",
                "ols",
                "--adjust",
                "amount",
            ],
            &["--outcome", "holey", "--by", "amount"],
        ] {
            with(asked).fails_with(2, &[shown, "line 9, column amount"]);
        }
        // A column that nobody asked for is nobody's trouble.
        with(&["--outcome", "holey"]).ok();
    }
}

#[test]
fn a_stratified_draw_is_not_analysed_as_if_it_were_none() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    for name in ["ledger.jsonl", "drawn.csv"] {
        std::fs::remove_file(study.join(name)).unwrap();
    }
    let plan = folder.read("d/study.toml");
    let counts = plan
        .lines()
        .find(|line| line.starts_with("counts"))
        .unwrap();
    let plan = plan
        .replace(counts, "")
        .replace("strata = []", "strata = [\"sex\"]");
    folder.write("d/study.toml", plan);
    klero(
        &study,
        &[
            "seal",
            "--seed",
            "seed.key",
            "--confirm",
            "vordingborg-2017",
        ],
    )
    .ok();
    klero(
        &study,
        &["draw", "--list", "referrals.csv", "--out", "drawn.csv"],
    )
    .ok();
    klero(&study, &["outcomes"]).ok();
    let json = klero(&study, &["estimate", "--json"]).ok().json();
    let row = &json["estimates"][0];
    assert_eq!(row["options"]["strata"], "sex");
    assert!(!row["notes"].to_string().contains("sensitivity"));
    let plain = [
        "estimate",
        "--outcome",
        "active",
        "--method",
        "difference-in-means",
    ];
    klero(&study, &plain).fails_with(
        2,
        &["stratified", "`stratified-difference`", "--sensitivity"],
    );
    let json = klero(&study, &[&plain[..], &["--sensitivity", "--json"]].concat())
        .ok()
        .json();
    let notes = json["estimates"][0]["notes"].to_string();
    assert!(notes.contains("sensitivity"), "{notes}");
}

#[test]
fn an_ingest_of_the_drawn_serves_the_drawn_only() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    let all = folder.read("d/register/dream.csv");
    let stranger = all.lines().nth(1).unwrap().replacen("v-001", "stranger", 1);
    folder.write("d/register/dream.csv", format!("{all}{stranger}\n"));
    let said = klero(&study, &["ingest", "--drawn"]).ok();
    assert!(said.out.contains("504 rows, 503 persons"), "{}", said.out);
    klero(&study, &["outcomes"]).ok();
    folder.write("d/dates.csv", "referral,date\nstranger,2017-05-01\n");
    klero(
        &study,
        &["outcomes", "--dates", "dates.csv", "--out", "o.csv"],
    )
    .fails_with(2, &["ingested for other persons", "klero ingest"]);
}

#[test]
fn an_empty_arm_is_null_with_a_reason() {
    let folder = Folder::new();
    for counts in [["0/10", "0/0"], ["0/0", "3/10"], ["0/0", "0/0"]] {
        let said = klero(
            folder.path(),
            &[&["compare", "--json"][..], &counts[..]].concat(),
        )
        .ok();
        for row in said.json()["estimates"].as_array().unwrap() {
            assert!(
                row["estimate"].is_null() && row["p_value"].is_null(),
                "{row}"
            );
            assert!(row["notes"].to_string().contains("no outcomes"), "{row}");
        }
        assert!(
            !klero(folder.path(), &[&["compare"][..], &counts[..]].concat())
                .ok()
                .out
                .contains("NaN")
        );
    }
    let one = klero(
        folder.path(),
        &["compare", "0/0", "--target", "0.2", "--json"],
    )
    .ok()
    .json();
    assert!(one["estimates"][0]["estimate"].is_null(), "{one}");
}

//! Danish on the screen: the words of the report, Danish marks in numbers, 80 columns.

use klero::ledger::{FormError, LinkFault, Resaved};
use klero::protocol::Language;
use klero::report::language::{Locale, finding};

use crate::workshop::{Folder, Said, klero};

const DA: Locale = Locale::of(Language::Danish);

/// Asserts that no line is longer than a terminal is wide.
#[track_caller]
fn within_80_columns(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

/// Asserts that a text has none of the English words of such answers.
#[track_caller]
fn no_english(text: &str) {
    let english = [
        "arm",
        "effect",
        "points",
        "missing",
        "the",
        "of",
        "and",
        "weeks",
        "from",
        "persons",
        "drawn",
        "entries",
        "entry",
        "line",
        "rule",
        "finding",
        "findings",
        "verdict",
        "referred",
        "refused",
        "head",
        "received",
        "interval:",
        "week",
    ];
    for line in text.lines() {
        for word in line.split(|c: char| !c.is_alphanumeric() && c != ':' && c != '-') {
            assert!(!english.contains(&word), "{word:?} in {line:?}");
        }
    }
}

fn in_empty_folder(arguments: &[&str]) -> Said {
    klero(Folder::new().path(), arguments)
}

#[test]
fn compared_counts_are_in_danish_when_asked() {
    let said = in_empty_folder(&["compare", "9/135", "10/188", "--lang", "da"]).ok();
    let table = "      gruppe  reference  effekt             95 pct.-interval     p
  gruppe – reference
    6,7 pct.   5,3 pct.  +1,3 procentpoint       [−3,9; 7,4]  0,61
       9/135     10/188  25 pct. mere            [−46; +192]  0,61
                         odds ×1,27             [0,50; 3,22]  0,61
                         eksakt test                          0,64
";
    assert!(said.out.contains(table.trim_start()), "{}", said.out);
    assert!(
        said.out
            .contains("risk-difference: forskel mellem to andele; 95 pct.-interval: Miettinen"),
        "{}",
        said.out
    );
    within_80_columns(&said.out);
    no_english(&said.out);
    // One share against a target, and a note with its owner.
    let said = in_empty_folder(&["compare", "52/195", "--target", "0.2", "--lang", "da"]).ok();
    assert!(said.out.contains("[20,6; 33,5] pct."), "{}", said.out);
    no_english(&said.out);
    // Words and numbers are two settings, and a machine reads one language.
    let words = ["compare", "9/135", "10/188", "--numbers", "da"];
    let said = in_empty_folder(&words).ok();
    assert!(said.out.contains("+1,3 points"), "{}", said.out);
    let json = |more: &[&str]| {
        let all = [&["compare", "9/135", "10/188", "--json"], more].concat();
        in_empty_folder(&all).ok().out
    };
    assert_eq!(json(&[]), json(&["--lang", "da"]));
}

#[test]
fn a_long_danish_unit_gives_way_before_a_line_grows_past_80_columns() {
    let counts = [
        "compare",
        "kommunens-eget-forløb=90123/135456",
        "den-sædvanlige-indsats=100234/188567",
        "--lang",
        "da",
    ];
    let said = in_empty_folder(&counts).ok();
    within_80_columns(&said.out);
    assert!(said.out.contains("+13,4 p"), "{}", said.out);
}

/// Two arms, an outcome of 1 and 0 with missing values, a number, a time to an event.
fn table() -> Folder {
    let folder = Folder::new();
    let mut rows = String::from("id,gruppe,job,timer,uger,slut,alder,sted\n");
    for person in 0..80 {
        let group = ["ny", "gammel"][person % 2];
        let job = match person % 7 {
            6 if group == "ny" => String::new(),
            rest => u8::from(rest < 3).to_string(),
        };
        let hours = (person * 37 % 41) as f64 + 0.5;
        let weeks = 5 + person * 11 % 60;
        let end = u8::from(person % 3 > 0);
        let place = ["nord", "syd"][person / 40];
        let age = if person % 19 == 0 {
            String::new()
        } else {
            (20 + person % 30).to_string()
        };
        rows += &format!("p{person:02},{group},{job},{hours},{weeks},{end},{age},{place}\n");
    }
    folder.write("tabel.csv", rows);
    folder
}

fn of_table(folder: &Folder, more: &[&str]) -> Said {
    let known = [
        "estimate",
        "--data",
        "tabel.csv",
        "--arm",
        "gruppe",
        "--reference",
        "gammel",
    ];
    klero(folder.path(), &[&known[..], more].concat())
}

#[test]
fn estimates_of_a_table_are_in_danish_when_asked() {
    let folder = table();
    let more = [
        "--outcome",
        "job",
        "--outcome",
        "timer",
        "--adjust",
        "alder",
        "--time",
        "uger",
        "--event",
        "slut",
        "--horizon",
        "52",
        "--lang",
        "da",
    ];
    let said = of_table(&folder, &more).ok();
    for words in [
        "ny – gammel",
        "procentpoint just.",
        "6 mangler",
        "justeret for alder",
        "frem til 52",
        "mangler: job, 6 af 40 i ny (15,0 pct.), 0 af 40 i gammel (0,0 pct.), p for",
        "mangler og er erstattet af gennemsnittet",
    ] {
        let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{words:?} in:\n{}", said.out);
    }
    assert!(!said.out.contains(" %"), "{}", said.out);
    within_80_columns(&said.out);
    no_english(&said.out);
    let json = |more: &[&str]| {
        of_table(&folder, &[&["--outcome", "job", "--json"], more].concat())
            .ok()
            .out
    };
    assert_eq!(json(&[]), json(&["--lang", "da"]));
}

#[test]
fn the_danish_screen_of_a_study_has_pct_point_for_points_of_per_cent() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    for command in ["estimate", "balance", "status", "states", "audit"] {
        let said = klero(&study, &[command, "--quiet", "--lang", "da"]);
        assert_eq!(said.code, 0, "{}", said.err);
        within_80_columns(&said.out);
        // A word by itself: a point of per cent has its sign before it.
        let points: Vec<&str> = said
            .out
            .split_whitespace()
            .filter(|word| ["point", "points"].contains(word))
            .collect();
        assert!(points.is_empty(), "{}", said.out);
    }
    for command in ["status", "states", "audit"] {
        no_english(
            &klero(&study, &[command, "--quiet", "--lang", "da"])
                .ok()
                .out,
        );
    }
    let said = klero(&study, &["estimate", "--quiet", "--lang", "da"]).ok();
    assert!(said.out.contains("+1,3 %-point"), "{}", said.out);
    let said = klero(&study, &["states", "--lang", "da"]).ok();
    assert!(
        said.out.contains("  uge ordinær støttet praktik"),
        "{}",
        said.out
    );
    assert!(said.out.contains("    0     0,0     0,0"), "{}", said.out);
    assert!(
        said.err
            .contains("pct. af 503 personer; uge 0 er lodtrækningens"),
        "{}",
        said.err
    );
    // Of a definition that is asked for in one language the other is not told.
    let said = klero(&study, &["outcomes", "--explain", "--lang", "da"]).ok();
    assert!(!said.out.contains("after the draw") && said.out.contains("efter lodtrækningen"));
}

#[test]
fn an_effect_table_of_shares_and_amounts_keeps_to_80_columns() {
    let folder = Folder::new();
    let mut rows = String::from("id,gruppe,job,kroner,alder\n");
    for person in 0..80 {
        let group = ["ny", "gammel"][person % 2];
        let job = match person % 11 {
            0 => String::new(),
            _ => u8::from(person * 7 % 10 < 3).to_string(),
        };
        let kroner = person * 37_123 % 299_000;
        rows += &format!("p{person:02},{group},{job},{kroner},{}\n", 20 + person % 30);
    }
    folder.write("tabel.csv", rows);
    let more = [
        "--outcome",
        "job",
        "--outcome",
        "kroner",
        "--adjust",
        "alder",
    ];
    let asked = ["--multiplicity", "holm", "--lang", "da"];
    for numbers in ["da", "en"] {
        let numbers = ["--numbers", numbers];
        let said = of_table(&folder, &[&more[..], &asked, &numbers].concat()).ok();
        assert!(said.out.contains(" just."), "{}", said.out);
        within_80_columns(&said.out);
        no_english(&said.out);
    }
}

#[test]
fn a_check_and_the_desk_answer_in_danish_when_asked() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    let said = klero(&study, &["check", "--quiet", "--lang", "da"]).ok();
    for words in [
        "plan: 3 grupper, 2 oplysninger, 10 udfald, 9 estimater\n",
        "lodtrækningsbog: 506 indførsler\n",
        "advarsel: bfl: 89 trukne personer er ikke i registret: de tæller som uden",
        "(`absent = \"zero\"`)",
        "næste: klero estimate\n",
    ] {
        assert!(said.out.contains(words), "{words:?} in:\n{}", said.out);
    }
    within_80_columns(&said.out);
    no_english(&said.out.replace("klero", ""));
    let json = |more: &[&str]| {
        klero(&study, &[&["check", "--quiet", "--json"], more].concat())
            .ok()
            .out
    };
    assert_eq!(json(&[]), json(&["--lang", "da"]));
    // What is guessable in a plan that is not sealed.
    let folder = Folder::new();
    klero(folder.path(), &["new", "n", "--like", "multi-site"]).ok();
    let study = folder.join("n");
    let said = klero(&study, &["check", "--expected", "300", "--lang", "da"]);
    assert!(said.out.contains("gættet rigtigt"), "{}", said.out);
    assert!(said.out.contains(" pct."), "{}", said.out);
    within_80_columns(&said.out);
    // The desk.
    let study = folder.join("desk");
    std::fs::create_dir_all(&study).unwrap();
    std::fs::write(
        study.join("study.toml"),
        crate::workshop::plan_with("[allocation]\nprocedure = \"simple\""),
    )
    .unwrap();
    klero(&study, &["seal", "--confirm", "study-1"]).ok();
    let one = [
        "draw",
        "--referral",
        "a1",
        "--set",
        "place=Tønder",
        "--set",
        "age=30",
        "--lang",
        "da",
    ];
    let said = klero(&study, &[&one[..], &["--dry-run"]].concat()).ok();
    assert_eq!(said.out, "a1  ville blive trukket\n");
    assert!(
        said.err.contains("prøve: intet er trukket eller skrevet"),
        "{}",
        said.err
    );
    let said = klero(&study, &one).ok();
    assert!(
        said.out.starts_with("henvisning  a1\ngruppe      "),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("\nindførsel   1\nhoved       "),
        "{}",
        said.out
    );
    let said = klero(&study, &one).ok();
    assert!(
        said.err
            .contains("trukket før: dette er den noterede gruppe"),
        "{}",
        said.err
    );
}

#[test]
fn an_audit_answers_in_danish_when_asked() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    let said = klero(&study, &["audit", "--lang", "da"]).ok();
    for words in [
        "lodtrækninger  503, beregnet igen 503\n",
        "stillet ur     indførsel 0 til 505\n",
        "kan ikke udelukkes\n",
        "konklusion: lodtrækningsbogen holder\n",
    ] {
        assert!(said.out.contains(words), "{words:?} in:\n{}", said.out);
    }
    let ledger = study.join("ledger.jsonl");
    let text = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(&ledger, text.replacen("\"slot\":3", "\"slot\":4", 1)).unwrap();
    let said = klero(&study, &["audit", "--lang", "da"]);
    assert_eq!(said.code, 1, "{}", said.out);
    for words in [
        "fund\n",
        "linje 6 (indførsel 5), regel slot: plads 4, hvor plads 3 følger i rækkefølge efter id",
        "»prev« er ikke fingeraftrykket af linjen før: kæden er brudt",
        "konklusion: 2 fund\n",
    ] {
        let flat = said.out.replace("\n    ", " ");
        assert!(flat.contains(words), "{words:?} in:\n{}", said.out);
    }
    within_80_columns(&said.out);
    no_english(&said.out);
    let json = |more: &[&str]| klero(&study, &[&["audit", "--json"], more].concat()).out;
    assert_eq!(json(&[]), json(&["--lang", "da"]));
}

#[test]
fn what_is_wrong_in_the_form_of_a_ledger_is_told_in_danish() {
    let moment = "2017-05-01T08:00:00Z".parse().unwrap();
    let faults = [
        FormError::NotUtf8.to_string(),
        FormError::NotAnEntry {
            message: "EOF".to_owned(),
        }
        .to_string(),
        FormError::Keys {
            kind: "draw".to_owned(),
        }
        .to_string(),
        FormError::Kind {
            kind: "drow".to_owned(),
        }
        .to_string(),
        FormError::Seed.to_string(),
        FormError::NotCanonical { byte: 3 }.to_string(),
        LinkFault::Number {
            found: 3,
            expected: 2,
        }
        .to_string(),
        LinkFault::Chain.to_string(),
        LinkFault::Time {
            found: moment,
            before: moment,
        }
        .to_string(),
        LinkFault::NoSeal.to_string(),
        "levels of `a` and `b`, expected `a`".to_owned(),
        "a value of the wrong kind for `age`".to_owned(),
        "`17` for `age`, expected a whole number from 18 to 66".to_owned(),
        "withdraw of `x`, who was not drawn".to_owned(),
    ];
    for fault in faults {
        let said = finding(&fault, &DA);
        assert_ne!(said, fault);
        assert!(!said.contains(['`', '{']), "{said}");
    }
    for (mark, returns) in [(true, 0), (true, 1), (true, 9), (false, 1), (false, 12)] {
        let resaved = Resaved { mark, returns };
        let english = format!(
            "{resaved}; the lines are judged without that, and {} brings the file back",
            resaved.remedy()
        );
        let said = finding(&english, &DA);
        let whole = ["another", "begins", "lines", "line", "copy", "brings"];
        let words: Vec<&str> = said.split(' ').collect();
        assert!(!words.iter().any(|word| whole.contains(word)), "{said}");
    }
    // An id is an id, even where it is written like a word of the catalogue.
    assert_eq!(
        finding("withdraw of `withdraw`, who was not drawn", &DA),
        "tilbagetrækning for »withdraw«, som ikke er trukket"
    );
    let english = Locale::of(Language::English);
    assert_eq!(finding("a second seal", &english), "a second seal");
}

#[test]
fn a_note_names_the_rows_it_holds_for_unless_it_holds_for_all() {
    let notes = |arguments: &[&str]| -> Vec<String> {
        let said = in_empty_folder(&[&["compare"], arguments].concat()).ok();
        let joined = said.out.replace("\n  ", " ");
        let notes = joined.lines().filter(|line| line.starts_with("note: "));
        notes.map(str::to_owned).collect()
    };
    // Of three arms one has nobody with the outcome.
    let some = ["a=0/10", "b=4/10", "c=5/10", "--method", "odds-ratio"];
    assert_eq!(
        notes(&some),
        ["note: a – c: a cell is empty: the odds ratio has no log interval, but an exact one.",]
    );
    // Both have, and it needs no saying which.
    let all = ["a=0/10", "b=0/10", "c=5/10", "--method", "odds-ratio"];
    assert_eq!(
        notes(&all),
        ["note: a cell is empty: the odds ratio has no log interval, but an exact one."]
    );
    // A note of one method among several names it, unless its own words do.
    let methods = [
        "0/10",
        "0/12",
        "--method",
        "risk-difference",
        "--method",
        "risk-ratio",
    ];
    let found = notes(&methods);
    assert!(
        found.contains(
            &"note: risk-ratio: no events in either arm: the ratio is undefined.".to_owned()
        ),
        "{found:?}"
    );
    // Outcomes of a table, too.
    let folder = table();
    let said = of_table(
        &folder,
        &[
            "--outcome",
            "job",
            "--outcome",
            "timer",
            "--by",
            "sted",
            "--adjust",
            "alder",
        ],
    )
    .ok();
    let flat = said.out.replace("\n  ", " ");
    for note in [
        "note: lin, job: covariate `alder`: 4 missing, filled with the mean.",
        "note: lin, job, by sted, syd: covariate `alder`: 1 missing, filled with the mean.",
        "note: Lee bounds trim 15.0 % of the outcomes of `gammel`.",
        "note: interaction-test, job: F = ",
    ] {
        assert!(flat.contains(note), "{note:?} in:\n{flat}");
    }
}

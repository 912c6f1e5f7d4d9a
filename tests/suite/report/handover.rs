//! The report as it is handed over: made by the program, of the demo and of a study in which
//! people were refused, withdrew, were excluded and have no outcome.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use klero::protocol::{IntervalId, Language, MethodId};
use klero::report::language::{FINDINGS, Locale, NOTES, note, sentence};

use crate::workshop::{Folder, klero, klero_at};

const PLAN: &str = r#"
[study]
id = "mentor"
title = "Mentor til unge"
language = "da"
[[arm]]
id = "mentor"
label = "Mentor"
[[arm]]
id = "kontrol"
label = "Kontrol"
reference = true
[[factor]]
id = "kommune"
label = "Kommune"
levels = ["Tønder", "Aarhus"]
[[factor]]
id = "age"
label = "Alder"
min = 15
max = 99
bands = { "18-29" = [15, 29], "30-66" = [30, 99] }
[allocation]
procedure = "block-urn"
lambda = 3
strata = ["kommune"]
[[eligible]]
label = "18-66 år"
factor = "age"
min = 18
max = 66
[[outcome]]
id = "trivsel"
label = "Trivsel"
measure = "value"
file = "survey.csv"
column = "trivsel"
baseline = "before"
[[outcome]]
id = "fik"
label = "Mødte en mentor"
measure = "value"
file = "survey.csv"
column = "fik"
[[estimate]]
outcome = "trivsel"
role = "primary"
method = ["lin", "randomisation-test", "lee-bounds"]
adjust = ["age"]
[[estimate]]
outcome = "trivsel"
role = "primary"
method = "ancova"
[[estimate]]
outcome = "trivsel"
method = "late"
received = "fik"
[[estimate]]
outcome = "trivsel"
method = "difference-in-means"
[[estimate]]
outcome = "trivsel"
by = "age"
role = "exploratory"
[multiplicity]
method = "holm"
[replays]
number = 199
"#;

/// A study of 90 people, two of whom withdrew and one of whom was excluded.
fn study() -> &'static Folder {
    static STUDY: OnceLock<Folder> = OnceLock::new();
    STUDY.get_or_init(|| {
        let folder = Folder::new();
        folder.write("study.toml", PLAN);
        folder.write("seed.key", format!("{}\n", "c0ffee00".repeat(8)));
        let at = |day: u32, arguments: &[&str]| {
            let now = format!("2020-{:02}-{:02}T09:00:00Z", 1 + day / 28, 1 + day % 28);
            klero_at(folder.path(), Some(&now), arguments)
        };
        at(0, &["seal", "--seed", "seed.key", "--confirm", "mentor"]).ok();
        let mut survey = "id,trivsel,before,fik\n".to_owned();
        for list in 0..3 {
            let mut people = "id,kommune,age\n".to_owned();
            for person in (list..90).step_by(3) {
                let town = ["Tønder", "Aarhus"][person * 7 % 5 % 2];
                people += &format!("c{person:02},{town},{}\n", 15 + person * 31 % 54);
                let value = |of: usize, every: usize| match of % every {
                    0 => String::new(),
                    _ => format!("{}", 30 + of * 17 % 41),
                };
                survey += &format!(
                    "c{person:02},{},{},{}\n",
                    value(person, 9),
                    value(person + 3, 7),
                    person % 2
                );
            }
            let name = format!("list{list}.csv");
            folder.write(&name, people);
            // Some are refused, which the program says by its exit code.
            let said = at(1 + 30 * list as u32, &["draw", "--list", &name, "--quiet"]);
            assert!(said.code < 2, "{}", said.err);
        }
        folder.write("survey.csv", survey);
        for (what, person, why) in [
            ("withdraw", "c01", "Flyttet"),
            ("withdraw", "c02", "Ønsker ikke at deltage"),
            ("exclude", "c10", "Uden for målgruppen"),
        ] {
            at(80, &["record", what, "--referral", person, "--reason", why]).ok();
        }
        at(81, &["unseal", "--confirm", "mentor"]).ok();
        at(81, &["outcomes"]).ok();
        folder
    })
}

fn demo() -> &'static Folder {
    static DEMO: OnceLock<Folder> = OnceLock::new();
    DEMO.get_or_init(|| {
        let folder = Folder::new();
        klero(folder.path(), &["demo", "d"]).ok();
        folder
    })
}

/// Makes a report of the study in a folder of its own.
fn report(study: &Path, out: &str, more: &[&str]) -> PathBuf {
    let folder = study.join(out);
    let arguments = [&["report", "--quiet", "--out", out], more].concat();
    klero(study, &arguments).ok();
    folder
}

/// The report of the study in Danish, made once.
fn danish() -> &'static Path {
    static REPORT: OnceLock<PathBuf> = OnceLock::new();
    REPORT.get_or_init(|| report(study().path(), "da", &[]))
}

/// Every file below a folder by its place.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let place = path.strip_prefix(folder).unwrap().display().to_string();
                    found.insert(place, fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

fn page(folder: &Path) -> String {
    fs::read_to_string(folder.join("report.html")).unwrap()
}

/// The words of a page: no marks, no style.
fn words(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text += before;
        let skipped = match after.split_once('>') {
            Some((mark, _)) if mark.starts_with("style") => after.split_once("</style>"),
            other => other,
        };
        rest = skipped.map_or("", |(_, after)| after);
        text.push(' ');
    }
    text += rest;
    text.replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
}

#[test]
fn a_report_is_the_same_twice_and_for_any_number_of_threads() {
    let study = study().path();
    let first = files(danish());
    assert!(first.len() > 30, "{:?}", first.keys());
    for (out, more) in [
        ("again", &[][..]),
        ("one", &["--threads", "1"]),
        ("three", &["--threads", "3"]),
    ] {
        let other = files(&report(study, out, more));
        assert!(first.keys().eq(other.keys()), "{out}");
        for (place, bytes) in &first {
            assert!(other[place] == *bytes, "{out}: {place}");
        }
    }
}

#[test]
fn language_and_form_of_numbers_are_two_settings() {
    let study = study().path();
    let danish = words(&page(danish()));
    let english = words(&page(&report(study, "en", &["--lang", "en"])));
    let mixed = words(&page(&report(
        study,
        "mixed",
        &["--lang", "en", "--numbers", "da"],
    )));
    for (text, words, others) in [
        (
            &danish,
            "Deltagerne før lodtrækningen",
            "Participants before the draw",
        ),
        (
            &english,
            "Participants before the draw",
            "Deltagerne før lodtrækningen",
        ),
        (
            &mixed,
            "Participants before the draw",
            "Deltagerne før lodtrækningen",
        ),
    ] {
        assert!(text.contains(words) && !text.contains(others), "{words}");
    }
    assert!(
        english.contains("95 % confidence interval") || english.contains("95\u{a0}% confidence")
    );
    assert!(mixed.contains("pct. confidence"));
    // An interval never has a comma for its divider.
    assert!(danish.contains("; ") && danish.contains("pct.-konfidensinterval"));
}

#[test]
fn a_danish_report_has_no_english_in_it() {
    for folder in [
        danish().to_owned(),
        report(&demo().join("d"), "danish", &[]),
    ] {
        let mut text = words(&page(&folder));
        let methods = MethodId::ALL.iter().map(|method| method.source());
        let intervals = IntervalId::ALL
            .iter()
            .flat_map(|interval| MethodId::ALL.iter().map(|method| interval.source(*method)));
        let sources: Vec<&str> = methods.chain(intervals).collect();
        for source in sources {
            text = text.replace(source, "");
        }
        let told = text.to_lowercase();
        let found: Vec<&str> = [
            "the",
            "of",
            "and",
            "with",
            "is",
            "are",
            "was",
            "not",
            "no",
            "by",
            "from",
            "each",
            "which",
            "than",
            "weeks",
            "week",
            "covariates",
            "missing",
            "primary",
            "secondary",
            "exploratory",
            "ordinary",
            "code",
            "difference",
            "baseline",
            "draw",
        ]
        .into_iter()
        .filter(|word| {
            told.split(|c: char| !c.is_alphanumeric() && c != '-')
                .any(|known| known == *word)
        })
        .collect();
        let near = |word: &str| {
            let at = told.find(&format!(" {word} ")).unwrap_or(0);
            told[at..].chars().take(120).collect::<String>()
        };
        assert!(
            found.is_empty(),
            "{:?}",
            found.iter().map(|word| near(word)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn every_link_of_a_page_leads_somewhere_and_no_id_stands_twice() {
    for folder in [danish().to_owned(), report(&demo().join("d"), "links", &[])] {
        let html = page(&folder);
        let all = |before: &str| -> Vec<String> {
            let parts = html.split(before).skip(1);
            parts
                .map(|part| part[..part.find('"').unwrap()].to_owned())
                .collect()
        };
        let ids = all(" id=\"");
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(ids.len(), once.len());
        let links = all("href=\"#");
        assert!(links.len() > 20);
        for link in links {
            assert!(ids.contains(&link), "#{link}");
        }
        for named in all("aria-labelledby=\"")
            .iter()
            .chain(&all("aria-describedby=\""))
        {
            for id in named.split(' ') {
                assert!(ids.iter().any(|known| known == id), "{id}");
            }
        }
        assert!(!html.contains("<script") && !html.contains("http-equiv=\"refresh\""));
        // Nothing is loaded: addresses are only in links to publications.
        for part in html.split("src=\"").skip(1) {
            assert!(part.starts_with("data:"), "{}", &part[..40]);
        }
    }
}

/// Reads an archive whole: every part unpacks, and every part has a content type.
fn sound(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = BTreeMap::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        let name = part.name().unwrap().into_owned();
        assert!(parts.insert(name, bytes).is_none());
    }
    let types = String::from_utf8(parts["[Content_Types].xml"].clone()).unwrap();
    for name in parts.keys().filter(|name| *name != "[Content_Types].xml") {
        let end = name.rsplit('.').next().unwrap();
        assert!(
            types.contains(&format!("PartName=\"/{name}\""))
                || types.contains(&format!("Extension=\"{end}\"")),
            "{name} has no content type"
        );
    }
    for named in types.split("PartName=\"/").skip(1) {
        let name = &named[..named.find('"').unwrap()];
        assert!(parts.contains_key(name), "{name} is not in the archive");
    }
    // What relations point to is there.
    for (name, bytes) in parts.iter().filter(|(name, _)| name.ends_with(".rels")) {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let base = name.replace("_rels/", "");
        let base = base.rsplit_once('/').map_or("", |(folder, _)| folder);
        for relation in text.split("<Relationship ").skip(1) {
            let relation = &relation[..relation.find('>').unwrap()];
            if relation.contains("TargetMode=\"External\"") {
                continue;
            }
            let target = relation.split("Target=\"").nth(1).unwrap();
            let target = &target[..target.find('"').unwrap()];
            let place = match (target.strip_prefix('/'), base) {
                (Some(whole), _) => whole.to_owned(),
                (None, "") => target.to_owned(),
                (None, base) => format!("{base}/{target}"),
            };
            assert!(parts.contains_key(&place), "{name}: {target}");
        }
    }
    parts
}

#[test]
fn the_workbook_and_the_document_are_sound_packages() {
    for folder in [
        danish().to_owned(),
        report(&demo().join("d"), "packages", &[]),
    ] {
        let document = sound(&fs::read(folder.join("report.docx")).unwrap());
        let body = String::from_utf8(document["word/document.xml"].clone()).unwrap();
        let tables = fs::read_dir(folder.join("tables")).unwrap();
        let tables = tables.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().ends_with(".tex")
        });
        let tables = tables.count();
        assert_eq!(body.matches("<w:tbl>").count(), tables);
        assert_eq!(body.matches("<w:tblHeader").count(), tables);
        assert!(body.contains("<w:tblCaption") || body.contains("<w:tblDescription"));
        let book = sound(&fs::read(folder.join("tables.xlsx")).unwrap());
        let sheets = book
            .keys()
            .filter(|name| name.starts_with("xl/worksheets/sheet"));
        // One for each table, one on methods, one on provenance.
        assert_eq!(sheets.count(), tables + 2);
    }
}

/// The machine form of each table of effects holds the numbers of `klero estimate`, to the digit.
#[test]
fn the_numbers_of_a_report_are_those_of_estimate() {
    let study = demo().join("d");
    let json = klero(&study, &["estimate", "--json", "--quiet"])
        .ok()
        .json();
    let folder = report(&study, "numbers", &[]);
    let mut told = 0;
    for role in ["primary", "secondary", "exploratory", "no-effects"] {
        let text = fs::read_to_string(folder.join(format!("tables/{role}.csv"))).unwrap();
        let mut lines = csv::Reader::from_reader(text.as_bytes());
        let heads = lines.headers().unwrap().clone();
        let place = |key: &str| heads.iter().position(|head| head == key).unwrap();
        let estimates = json["estimates"].as_array().unwrap().iter().filter(|row| {
            let before = row["outcome"] == "long-before";
            match role {
                "no-effects" => before,
                role => row["role"] == role && !before,
            }
        });
        let lines: Vec<csv::StringRecord> = lines.records().map(Result::unwrap).collect();
        let estimates: Vec<&serde_json::Value> = estimates.collect();
        assert_eq!(lines.len(), estimates.len(), "{role}");
        for (line, row) in lines.iter().zip(estimates) {
            let pairs = [
                ("interval_lower", &row["interval"]["lower"]),
                ("interval_upper", &row["interval"]["upper"]),
                ("p", &row["p_value"]),
            ];
            for (key, value) in pairs {
                let cell = &line[place(key)];
                assert_eq!(cell.parse().ok(), value.as_f64(), "{role}, {key}: {line:?}");
                told += 1;
            }
            // Tests repeat no estimate, and a contrast's means stand in its first row.
            for (key, name) in [
                ("effect", "estimate"),
                ("n_arm", "n_arm"),
                ("arm", "mean_arm"),
                ("reference", "mean_reference"),
            ] {
                let cell = &line[place(key)];
                if !cell.is_empty() {
                    assert_eq!(cell.parse().ok(), row[name].as_f64(), "{key}: {line:?}");
                    told += 1;
                }
            }
        }
    }
    assert!(told > 100, "{told}");
}

#[test]
fn footnotes_tell_what_was_executed() {
    let folder = danish();
    let primary = fs::read_to_string(folder.join("tables/primary.md")).unwrap();
    for told in [
        "intention-to-treat",
        "Standardfejl: robuste, HC2",
        "Justeret for Alder, målt før lodtrækningen.",
        "opdelt efter Kommune",
        "ikke kendt for, og derfor ikke med i beregningen:",
        "justeret for",
        "Holms metode",
        "p fra 199 gentagelser af forsøgets egen lodtrækning.",
        "Teststørrelse:",
        "Gælder dem, hvis udfald ville være kendt i begge grupper",
        "Ingen antal er skjult.",
    ] {
        assert!(primary.contains(told), "no {told:?} in\n{primary}");
    }
    assert!(!primary.contains('*') || primary.contains("**"), "no stars");
    let baseline = fs::read_to_string(folder.join("tables/baseline.csv")).unwrap();
    let heads = baseline.lines().next().unwrap();
    assert!(!heads.split(',').any(|head| head == "p"), "{heads}");
    let text = words(&page(folder));
    // Why people are not there, and what the plan said that was not done.
    for told in [
        "opfyldte ikke: 18-66 år",
        "Flyttet",
        "Ønsker ikke at deltage",
        "Uden for målgruppen",
        "Planlagt, men ikke udført: Trivsel",
        "tager ikke hensyn til det",
        "Mødte en mentor",
    ] {
        assert!(text.contains(told), "no {told:?}");
    }
    let demo = report(&demo().join("d"), "complete", &[]);
    let primary = fs::read_to_string(demo.join("tables/primary.md")).unwrap();
    assert!(primary.contains("Alle der var med i lodtrækningen, er med i beregningen."));
    assert!(primary.contains("Lodtrækningen havde ingen strata."));
}

#[test]
fn a_report_is_written_whole_and_nothing_is_lost_unasked() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    klero(&study, &["report", "--quiet"]).ok();
    let first = files(&study.join("report"));
    folder.write("d/report/mine.txt", "kept");
    klero(&study, &["report"]).fails_with(2, &["is there already", "--force"]);
    assert_eq!(folder.read("d/report/mine.txt"), "kept");
    // A folder that holds anything else is not the report's to replace.
    klero(&study, &["report", "--force"]).fails_with(2, &["holds `mine.txt`", "--out DIR"]);
    assert_eq!(folder.read("d/report/mine.txt"), "kept");
    fs::remove_file(folder.join("d/report/mine.txt")).unwrap();
    klero(&study, &["report", "--force", "--quiet"]).ok();
    assert!(files(&study.join("report")) == first);
    // Where there is no place to write, nothing is left behind.
    folder.write("d/file", "not a folder");
    let said = klero(&study, &["report", "--out", "file/report"]);
    assert_ne!(said.code, 0);
    assert_eq!(folder.read("d/file"), "not a folder");
    let names = fs::read_dir(&study).unwrap();
    let names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.ends_with(".part") || name.ends_with(".old")),
        "{names:?}"
    );
}

#[test]
fn a_study_with_one_arm_has_estimates_and_a_report() {
    let folder = Folder::new();
    folder.write(
        "study.toml",
        r#"
[study]
id = "one"
title = "Ét forløb"
language = "da"
[[arm]]
id = "effort"
label = "Indsatsen"
[[outcome]]
id = "job"
label = "I job"
measure = "value"
file = "survey.csv"
column = "job"
yes_no = true
target = 0.25
[[estimate]]
outcome = "job"
role = "primary"
method = "share"
"#,
    );
    let mut survey = "id,job\n".to_owned();
    let mut dates = "referral,date\n".to_owned();
    for person in 0..40 {
        survey += &format!("o{person:02},{}\n", u8::from(person % 3 == 0));
        dates += &format!("o{person:02},2020-01-{:02}\n", 1 + person % 28);
    }
    folder.write("survey.csv", survey);
    folder.write("dates.csv", dates);
    klero(folder.path(), &["outcomes", "--dates", "dates.csv"]).ok();
    let said = klero(folder.path(), &["estimate", "--json", "--quiet"])
        .ok()
        .json();
    assert_eq!(said["estimates"][0]["estimate"], 0.35);
    let text = words(&page(&report(folder.path(), "report", &[])));
    assert!(text.contains("40 personer var med, i én gruppe uden lodtrækning."));
    assert!(text.contains("35,0\u{a0}pct. (14 af 40)") && text.contains("mål 25,0\u{a0}pct."));
    assert!(!text.contains("Ikke optaget") && !text.contains("1980"));
}

#[test]
fn a_plan_changed_after_the_seal_is_told_with_both_definitions() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    let digest = |text: &str| klero::digest::Digest::of(text.as_bytes()).to_string();
    let sealed = folder.read("d/study.toml");
    let (before, after) = sealed.split_once("id = \"active\"").unwrap();
    let changed = format!(
        "{before}id = \"active\"{}",
        after.replacen("104]", "52]", 1)
    )
    .replace("method = \"holm\"", "method = \"none\"");
    folder.write("d/study.toml", &changed);
    klero(&study, &["outcomes"]).ok();
    let said = klero(&study, &["estimate", "--quiet"]).ok();
    assert!(said.out.contains("not the one in force"), "{}", said.out);
    let said = klero(&study, &["estimate", "--json", "--quiet"])
        .ok()
        .json();
    assert_eq!(
        said["provenance"]["protocol"],
        format!("sha256 {}", digest(&sealed))
    );
    assert_eq!(
        said["provenance"]["plan_used"],
        format!("sha256 {}", digest(&changed))
    );
    let text = words(&page(&report(&study, "report", &[])));
    for part in [
        "Målt anderledes end i den forseglede plan: Andel af tiden i aktivitet",
        "i ugerne 1–104",
        "i ugerne 1–52",
        "Forseglet: holm (primary). Brugt: none (primary).",
        &digest(&sealed),
        &digest(&changed),
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("Alle planlagte analyser er udført"));
}

#[test]
fn a_report_never_replaces_a_folder_that_holds_anything_else() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    for (command, out) in [
        ("report", "../d"),
        ("export", "../d"),
        ("report", "register"),
        ("export", "derived"),
        ("report", ".."),
    ] {
        let arguments = [command, "--out", out, "--force"];
        klero(&study, &arguments).fails_with(2, &["which is of no report", "--out DIR"]);
    }
    for kept in [
        "study.toml",
        "ledger.jsonl",
        "seed.key",
        "register/dream.csv",
    ] {
        assert!(study.join(kept).exists(), "{kept}");
    }
    klero(&study, &["report"]).ok();
    klero(&study, &["report", "--force"]).ok();
}

// Notes.

/// The literals of a source file that hold words: with what stands before each.
fn literals(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut before = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if let Some(after) = rest.strip_prefix("'\"'") {
            rest = after;
        } else if c == '"' {
            let mut text = String::new();
            let mut chars = rest[1..].char_indices().peekable();
            let mut end = rest.len();
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => {
                        end = at + 2;
                        break;
                    }
                    '\\' => match chars.next() {
                        Some((_, '\n')) => {
                            while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
                        }
                        Some((_, c)) => text.push(c),
                        None => {}
                    },
                    c => text.push(c),
                }
            }
            found.push((before.clone(), text));
            rest = &rest[end..];
            before.clear();
        } else {
            before.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    found
}

/// A template without the names of what varies.
fn bare(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').unwrap();
        text += before;
        text += if slot == "percent" { "{} %" } else { "{}" };
        rest = after;
    }
    text + rest
}

#[test]
fn every_note_of_an_estimate_has_a_danish_form() {
    let known: Vec<String> = NOTES.iter().map(|(english, _)| bare(english)).collect();
    // Names of publications and summaries for the terminal, which the catalogue has by method; and
    // what stops a run before any estimate, which reaches no report.
    let not_notes = ["methods.rs", "planned.rs"];
    // Joined to a note that is known whole; parts of lists; hints for the command line.
    let parts = [
        " and marked by an indicator",
        ", ",
        "{} {}",
        "the baseline",
        "`received` in the plan, or `--received`, names the outcome that says so",
        "`baseline` in the outcome names its column",
        "`--strata`, or `risk-difference` without them",
        "`difference-in-means` is the form without them",
        "`ols` with `cr2`, or `stratified-difference`",
        "`stratified-difference`, or `lin`",
        "`rmst`, `log-rank` or `cox`",
        "the ledger of a study, or `--procedure` for a table",
        "`--horizon`: the time up to which the arms are compared",
        "`--limits LOW,HIGH` states them",
        "`klero compare 9/135` is of one share; `change` needs a baseline",
        "`--by FACTOR` shows the effect in each level, with this test",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = vec![root.join("estimate.rs")];
    let mut folders = vec![root.join("estimate")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => paths.push(path),
            }
        }
    }
    let mut unknown = Vec::new();
    let mut seen = 0;
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if not_notes.contains(&name.as_str()) {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        for (before, text) in literals(source) {
            let before = before.trim_end();
            let never_said = ["expect(", "unreachable!(", "panic!("];
            let asserted = before.rsplit(';').next().unwrap_or("").contains("assert");
            if !text.contains(' ') || asserted || never_said.iter().any(|w| before.ends_with(w)) {
                continue;
            }
            let text = bare(&text);
            seen += 1;
            if !known.contains(&text) && !parts.contains(&text.as_str()) {
                unknown.push(format!("{name}: {text}"));
            }
        }
    }
    assert!(seen > 120, "{seen}");
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_sentence_of_an_audit_has_a_danish_form() {
    let known: Vec<String> = FINDINGS.iter().map(|(english, _)| bare(english)).collect();
    // Joined to a sentence that is known whole.
    let parts = [
        ", and {} more so",
        " / ",
        "{}; the lines are judged without that, and {} brings the file back",
        "that facts were changed to let somebody in: refused in entry {} and drawn in entry {}{}",
        "that one person was drawn twice: `{}` (entry {}) is written almost like `{}` (entry {}){}",
    ];
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audit.rs");
    let source = fs::read_to_string(path).unwrap();
    let mut unknown = Vec::new();
    let mut seen = 0;
    for (_, text) in literals(source.split("#[cfg(test)]").next().unwrap()) {
        let text = bare(&text);
        if text.contains(' ') {
            seen += 1;
            if !known.contains(&text) && !parts.contains(&text.as_str()) {
                unknown.push(text);
            }
        }
    }
    assert!(seen > 50, "{seen}");
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn numbers_in_notes_are_rounded_in_one_place_and_take_a_danish_comma() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/estimate");
    let source = fs::read_to_string(root.join("rows.rs")).unwrap();
    for (_, text) in literals(&source) {
        assert!(!text.contains("{:.") && !text.contains(":."), "{text}");
    }
    let da = Locale::of(Language::Danish);
    for (text, danish) in [
        (
            "-0.4 % received it because of the draw",
            "−0,4\u{a0}pct. modtog det",
        ),
        (
            "the draw changed what was received by -1.2346",
            "med −1,2346",
        ),
        ("F of the first stage 10.3", "første trin: 10,3"),
        (
            "F = 3.142 on 2 and 97.5 degrees of freedom",
            "F = 3,142 med 2 og 97,5 friheds",
        ),
        (
            "Lee bounds trim 7.5 % of the outcomes of `a`",
            "skærer 7,5\u{a0}pct. af",
        ),
        (
            "`a` came from 3.10 before to 1234.50 after",
            "3,10 før til 1\u{202f}234,50",
        ),
    ] {
        let said = note(text, &da, &|_| None);
        assert!(said.contains(danish), "{said}");
    }
}

#[test]
fn the_two_forms_of_a_note_tell_the_same_facts() {
    for (english, danish) in NOTES.iter().chain(FINDINGS) {
        let slots = |text: &str| -> Vec<String> {
            let parts = text.split('{').skip(1);
            parts
                .map(|part| part[..part.find('}').unwrap()].to_owned())
                .collect()
        };
        let given = slots(english);
        for slot in slots(danish) {
            assert!(given.contains(&slot), "{danish}");
        }
        for slot in given {
            // A verb that Danish does not inflect.
            assert!(
                slot == "have" || slots(danish).contains(&slot),
                "{english}: {slot}"
            );
        }
        assert!(!danish.contains('`') && !danish.ends_with('.'), "{danish}");
    }
}

#[test]
fn notes_take_the_words_of_the_plan_and_the_form_of_numbers() {
    let label = |id: &str| match id {
        "age" => Some("Alder".to_owned()),
        "kommune" => Some("Kommune".to_owned()),
        _ => None,
    };
    let (da, en) = (Locale::of(Language::Danish), Locale::of(Language::English));
    for (text, danish, english) in [
        (
            "covariate `age`: 1203 missing, filled with the mean",
            "Alder: 1\u{202f}203 mangler og er erstattet af gennemsnittet.",
            "Covariate Alder: 1\u{202f}203 missing, filled with the mean.",
        ),
        (
            "covariate `age`: 3 missing, filled with the mean and marked by an indicator",
            "Alder: 3 mangler og er erstattet af gennemsnittet og markeret med en indikator.",
            "Covariate Alder: 3 missing, filled with the mean and marked by an indicator.",
        ),
        (
            "-11.4 % received it because of the draw",
            "−11,4\u{a0}pct. modtog det på grund af lodtrækningen.",
            "−11.4\u{a0}% received it because of the draw.",
        ),
        (
            "the Anderson-Rubin set is unbounded or empty: all effects up to -1.5 and from 2 on",
            "Anderson og Rubins mængde er ubegrænset eller tom: alle effekter op til −1,5 og fra 2 \
             og op.",
            "The Anderson-Rubin set is unbounded or empty: all effects up to −1.5 and from 2 on.",
        ),
        (
            "column `kommune Tønder` was dropped: it is a linear combination of the others",
            "Kommune: Tønder er ikke med i modellen: den følger af de andre.",
            "Column Kommune: Tønder was dropped: it is a linear combination of the others.",
        ),
        (
            "2 strata that have outcomes in one of the two arms only do not enter",
            "2 strata med kendte udfald i kun den ene af de to grupper er ikke med.",
            "2 strata that have outcomes in one of the two arms only do not enter.",
        ),
    ] {
        assert_eq!(sentence(text, &da, &label), danish);
        assert_eq!(sentence(text, &en, &label), english);
    }
    assert_eq!(note("noget andet", &da, &label), "noget andet");
}

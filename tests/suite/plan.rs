//! Plans: what is read, and what is refused with line, found, expected and nearest name.

use klero::protocol::{Measure, Procedure, Protocol};

use crate::workshop::{COMPLETE, plan_with};

/// A plan that holds, to be broken in one place.
const GOOD: &str = r#"[study]
id = "vordingborg-2017"
title = "Ansvar for eget liv"
language = "da"

[[arm]]
id = "gruppe1"
ratio = 2
[[arm]]
id = "kontrol"
reference = true

[[factor]]
id = "municipality"
levels = ["Brøndby", "Tønder"]
[[factor]]
id = "age"
min = 18
max = 66
bands = { "18-29" = [18, 29], "30-66" = [30, 66] }

[allocation]
procedure = "permuted-blocks"
block_sizes = [6, 9]
strata = ["municipality", "age"]

[[eligible]]
label = "18-60"
factor = "age"
max = 60

[register.dream]
kind = "dream"
files = ["dream.csv"]

[states]
active = ["ordinary", "supported"]

[[outcome]]
id = "ordinary"
measure = "ever"
states = ["active", "771", "wage"]
weeks = [1, 104]

[[estimate]]
outcome = "ordinary"
role = "primary"
method = "risk-difference"
contrasts = [["gruppe1", "kontrol"]]
level = 0.9
"#;

#[test]
fn a_whole_plan_is_read() {
    let plan = Protocol::read(GOOD).unwrap();
    assert_eq!(plan.arms[0].ratio, 2);
    assert_eq!(plan.reference, Some(1));
    let allocation = plan.allocation.unwrap();
    assert_eq!(allocation.strata, [0, 1]);
    assert_eq!(
        allocation.procedure,
        Procedure::PermutedBlocks { sizes: vec![6, 9] }
    );
    assert_eq!(plan.outcomes[0].selectors.len(), 4);
    assert!(matches!(plan.outcomes[0].measure, Measure::Ever { window } if window.last() == 104));
}

/// Replaces one piece of the good plan, and looks for the fault that should come of it.
#[track_caller]
fn refused(from: &str, to: &str, line: usize, found: &str, nearest: Option<&str>) {
    assert_eq!(GOOD.matches(from).count(), 1, "{from:?} stands once");
    let error = Protocol::read(&GOOD.replacen(from, to, 1)).unwrap_err();
    assert!(
        error.faults.iter().any(|fault| fault.line == line
            && fault.found.contains(found)
            && fault.nearest.as_deref() == nearest
            && !fault.expected.is_empty()),
        "{error}"
    );
}

#[test]
fn a_misspelt_name_gets_the_nearest_known_one() {
    for (line, from, to, found, nearest) in [
        (3, "title =", "titel =", "`titel`", "title"),
        (
            24,
            "block_sizes =",
            "block_size =",
            "`block_size`",
            "block_sizes",
        ),
        (25, "strata =", "stratum =", "`stratum` is no key", "strata"),
        (
            23,
            "permuted-blocks",
            "permuted_blocks",
            "permuted_blocks",
            "permuted-blocks",
        ),
        (
            25,
            "[\"municipality\"",
            "[\"muncipality\"",
            "muncipality",
            "municipality",
        ),
        (33, "kind = \"dream\"", "kind = \"drem\"", "drem", "dream"),
        (
            41,
            "measure = \"ever\"",
            "measure = \"evre\"",
            "`evre`",
            "ever",
        ),
        (42, "[\"active\"", "[\"activ\"", "`activ`", "active"),
        (
            46,
            "outcome = \"ordinary\"",
            "outcome = \"ordinry\"",
            "ordinry",
            "ordinary",
        ),
        (
            48,
            "risk-difference",
            "risk-diference",
            "risk-diference",
            "risk-difference",
        ),
        (
            49,
            "\"gruppe1\", \"kontrol\"",
            "\"gruppe1\", \"control\"",
            "control",
            "kontrol",
        ),
    ] {
        refused(from, to, line, found, Some(nearest));
    }
    // Nothing known is near.
    refused("factor = \"age\"", "factor = \"alder\"", 29, "alder", None);
    refused("language = \"da\"", "language = \"dk\"", 4, "dk", None);
}

#[test]
fn a_rule_that_cannot_work_is_refused() {
    for (line, from, to, found) in [
        (2, "\"vordingborg-2017\"", "\"vordingborg 2017\"", "no id"),
        (
            6,
            "reference = true",
            "reference = false",
            "no arm is the reference",
        ),
        (8, "ratio = 2", "ratio = 0", "0"),
        (9, "id = \"kontrol\"", "id = \"gruppe1\"", "twice"),
        (
            15,
            "\"Brøndby\", \"Tønder\"",
            "\"Tønder\", \"Tønder\"",
            "twice",
        ),
        (
            18,
            "id = \"age\"",
            "id = \"age\"\nlabel = 3",
            "whole number",
        ),
        (19, "max = 66", "max = 17", "above"),
        (20, "[30, 66]", "[31, 66]", "no band holds 30"),
        (20, "[30, 66]", "[29, 66]", "29"),
        (20, "[30, 66]", "[30, 65]", "65"),
        (24, "[6, 9]", "[6, 8]", "8"),
        (27, "max = 60", "min = 70\nmax = 60", "nobody"),
        (27, "max = 60", "in = [\"Tønder\"]", "does not fit"),
        (43, "[1, 104]", "[0, 104]", "[0, 104]"),
        (43, "[1, 104]", "[52, 13]", "[52, 13]"),
        (43, "[1, 104]", "[1]", "[1]"),
        (50, "level = 0.9", "level = 95", "95"),
    ] {
        refused(from, to, line, found, None);
    }
}

#[test]
fn parameters_belong_to_their_procedure() {
    let block = "procedure = \"permuted-blocks\"\nblock_sizes = [6, 9]\n";
    refused(block, &format!("{block}lambda = 3\n"), 25, "`lambda`", None);
    let coin = "procedure = \"biased-coin\"\nprobability = \"2/3\"\n";
    refused(block, coin, 23, "2:1", None);
    let minimised = |probability: &str, weights: &str| {
        format!(
            "procedure = \"minimisation\"\nmeasure = \"range\"\n\
             probability = {probability}\nweights = {{ {weights} = 1 }}\n"
        )
    };
    assert!(Protocol::read(&GOOD.replace(block, &minimised("\"4/5\"", "age"))).is_ok());
    refused(block, &minimised("0.8", "age"), 25, "quotes", None);
    refused(block, &minimised("\"5/5\"", "age"), 25, "5/5", None);
    refused(
        block,
        &minimised("\"4/5\"", "agee"),
        26,
        "agee",
        Some("age"),
    );
}

#[test]
fn counts_name_every_arm() {
    let text = |counts: &str| {
        plan_with(&format!(
            "[allocation]\nprocedure = \"complete\"\ncounts = {counts}"
        ))
    };
    let error = |counts: &str| Protocol::read(&text(counts)).unwrap_err().to_string();
    assert!(Protocol::read(&text("{ effort = 3, control = 4 }")).is_ok());
    assert!(error("{ effort = 3 }").contains("no arm `control`"));
    assert!(error("{ effort = 3, contrl = 4 }").contains("did you mean `control`?"));
    assert!(error("{ effort = 3, control = 0 }").contains("the count of arm `control`"));
}

#[test]
fn every_fault_is_reported_at_once_in_order_of_lines() {
    let text = GOOD
        .replace("language = \"da\"", "langage = \"da\"")
        .replace("[1, 104]", "[0, 104]");
    let error = Protocol::read(&text).unwrap_err();
    let lines: Vec<usize> = error.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [4, 43]);
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    let error = Protocol::read("[study]\nid = \"a\"\nid = \"b\"\n").unwrap_err();
    assert_eq!(error.faults[0].line, 3);
    assert!(error.faults[0].found.contains("not TOML"));
}

#[test]
fn an_open_factor_is_only_for_clusters() {
    let factor = "[[factor]]\nid = \"mentor\"\n\n[allocation]";
    let open = plan_with(COMPLETE).replace("[allocation]", factor);
    assert!(
        Protocol::read(&open)
            .unwrap_err()
            .to_string()
            .contains("mentor")
    );
    let clustered = open.replace("strata =", "cluster = \"mentor\"\nstrata =");
    assert!(Protocol::read(&clustered).is_ok());
}

#[test]
fn a_register_names_only_columns_that_are_read() {
    let with = |kind: &str, column: &str| {
        let columns = format!("[register.dream.columns]\n{column} = \"x\"\n\n[states]");
        let plan = GOOD.replace("[states]", &columns);
        let plan = plan.replace("kind = \"dream\"", &format!("kind = \"{kind}\""));
        Protocol::read(&plan).map_err(|error| error.to_string())
    };
    assert_eq!(
        with("dream", "key").unwrap().registers[0].key.as_deref(),
        Some("x")
    );
    assert!(with("states", "period").is_ok());
    for (kind, column) in [
        ("bfl", "state"),
        ("spells", "wage"),
        ("states", "hours"),
        ("dream", "state"),
    ] {
        let error = with(kind, column).unwrap_err();
        assert!(
            error.contains(&format!("`{column}` is no column")),
            "{error}"
        );
    }
    let twice = GOOD.replace(
        "[states]",
        "key = \"pnr\"\n[register.dream.columns]\nkey = \"id\"\n\n[states]",
    );
    let error = Protocol::read(&twice).unwrap_err().to_string();
    assert!(
        error.contains("`id` in [columns] and `pnr` in `key`"),
        "{error}"
    );
}

#[test]
fn the_label_of_a_baseline_needs_a_baseline() {
    let value = "[[outcome]]\nid = \"mood\"\nmeasure = \"value\"\nfile = \"s.csv\"\n\
                 column = \"end\"\nbaseline_label = \"Before\"\n";
    let plan = GOOD.replace("[[estimate]]", &format!("{value}\n[[estimate]]"));
    let error = Protocol::read(&plan).unwrap_err().to_string();
    assert!(
        error.contains("`baseline_label` without `baseline`"),
        "{error}"
    );
    let plan = plan.replace("column = \"end\"", "column = \"end\"\nbaseline = \"start\"");
    let value = Protocol::read(&plan).unwrap().outcomes[1].value.clone();
    assert_eq!(value.unwrap().baseline_label.as_deref(), Some("Before"));
}

#[test]
fn one_arm_is_a_study_and_draws_nothing() {
    let text = "[study]\nid = \"a\"\ntitle = \"b\"\n[[arm]]\nid = \"effort\"\n";
    assert!(Protocol::read(text).unwrap().allocation.is_none());
    let drawn = format!("{text}[allocation]\nprocedure = \"simple\"\n");
    assert!(Protocol::read(&drawn).is_err());
}

#[test]
fn a_path_with_backslashes_is_told_with_the_one_that_every_system_reads() {
    let plan = plan_with(COMPLETE).replace("\"dream.csv\"", "'register\\dream.csv'");
    let error = Protocol::read(&plan).unwrap_err().to_string();
    assert!(error.contains("register\\dream.csv"), "{error}");
    assert!(error.contains("register/dream.csv"), "{error}");
}

//! The analysis file: a row a person, for another program.
//!
//! Promises: every column that a planned estimate reads is in it, under a name that R, Stata and
//! SAS take as it stands (small letters, digits, underscores, at most 28 of them, ASCII), and no
//! two columns have one name. People stand in the order of the sample; numbers have all their
//! digits; what is missing is an empty cell.

use std::collections::BTreeSet;

use super::{End, FactValues, Groups, Measured, People};
use crate::table::row_of;

/// A column of the analysis file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalysisColumn {
    pub name: String,
    pub holds: Holds,
    pub label: String,
    /// The levels of a fact or stratum in their order; the first is the one without a column in a
    /// regression.
    pub levels: Vec<String>,
}

/// What a column holds; facts and outcomes by their id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    Referral,
    Arm,
    Stratum,
    Cluster,
    Number(String),
    Levels(String),
    /// The level that a number with bands lies in.
    Band(String),
    Value(String),
    /// How a time ended: 1 event, 0 censored, 2 something else first.
    End(String),
    /// Weeks observed, of which a pooled share is a share.
    Of(String),
}

impl Holds {
    /// Returns whether the cells are numbers.
    pub fn numeric(&self) -> bool {
        matches!(
            self,
            Holds::Number(_) | Holds::Value(_) | Holds::End(_) | Holds::Of(_)
        )
    }
}

/// The longest name: Stata takes 32 characters, and an ending must fit.
const LONGEST: usize = 28;
/// Words that Stata or R keep for themselves.
const KEPT: &[&str] = &[
    "byte", "double", "else", "false", "float", "for", "function", "if", "in", "inf", "int",
    "long", "na", "nan", "next", "null", "repeat", "break", "strl", "true", "using", "while",
    "with",
];

/// Returns the columns of the analysis file, in its order.
pub fn analysis_columns(people: &People, measured: &[Measured]) -> Vec<AnalysisColumn> {
    let mut used = BTreeSet::new();
    let mut columns = Vec::new();
    let mut add = |id: &str, ending: &str, holds: Holds, label: String| {
        let name = free_name(id, ending, &mut used);
        let levels = levels(people, &holds);
        columns.push(AnalysisColumn {
            name,
            holds,
            label,
            levels,
        });
    };
    add("referral", "", Holds::Referral, "referral".to_owned());
    add("arm", "", Holds::Arm, "arm drawn".to_owned());
    if let Some(strata) = &people.stratum {
        add(
            "stratum",
            "",
            Holds::Stratum,
            format!("stratum: {}", strata.name),
        );
    }
    if let Some(clusters) = &people.cluster {
        add(
            "cluster",
            "",
            Holds::Cluster,
            format!("cluster: {}", clusters.name),
        );
    }
    for fact in &people.facts {
        match &fact.values {
            FactValues::Levels(_) => {
                add(
                    &fact.id,
                    "",
                    Holds::Levels(fact.id.clone()),
                    fact.label.clone(),
                );
            }
            FactValues::Number { bands, .. } => {
                add(
                    &fact.id,
                    "",
                    Holds::Number(fact.id.clone()),
                    fact.label.clone(),
                );
                if bands.is_some() {
                    let label = format!("{} (band)", fact.label);
                    add(&fact.id, "_band", Holds::Band(fact.id.clone()), label);
                }
            }
        }
    }
    for outcome in measured {
        let id = outcome.name();
        // A history is a fact too, and stands once.
        if outcome.before_draw && people.fact(&id).is_some() {
            continue;
        }
        let label = outcome.label.clone().unwrap_or_else(|| id.clone());
        add(&id, "", Holds::Value(id.clone()), label.clone());
        if outcome.end.is_some() {
            let label = format!("{label}: 1 event, 0 censored, 2 competing");
            add(&id, "_end", Holds::End(id.clone()), label);
        }
        if outcome.of.is_some() {
            add(
                &id,
                "_of",
                Holds::Of(id.clone()),
                format!("{label}: weeks observed"),
            );
        }
    }
    columns
}

fn levels(people: &People, holds: &Holds) -> Vec<String> {
    let groups = match holds {
        Holds::Stratum => people.stratum.as_ref(),
        Holds::Levels(id) => people.fact(id).and_then(|fact| people.facts[fact].groups()),
        _ => None,
    };
    groups.map_or_else(Vec::new, |groups| groups.names.clone())
}

/// Returns the analysis file as CSV.
pub fn analysis_file(people: &People, referrals: &[String], measured: &[Measured]) -> String {
    let columns = analysis_columns(people, measured);
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut text = line(&names);
    for (row, referral) in referrals.iter().enumerate() {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| cell(&column.holds, people, referral, measured, row))
            .collect();
        text += &line(&cells);
    }
    text
}

fn cell(
    holds: &Holds,
    people: &People,
    referral: &str,
    measured: &[Measured],
    row: usize,
) -> String {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let level = |groups: &Groups| groups.names[groups.of[row] as usize].clone();
    let fact = |id: &str| people.fact(id).map(|fact| &people.facts[fact].values);
    let outcome = |id: &str| measured.iter().find(|outcome| outcome.name() == id);
    let observed = |id: &str| outcome(id).filter(|outcome| outcome.observed[row]);
    match holds {
        Holds::Referral => referral.to_owned(),
        Holds::Arm => people.arms[usize::from(people.arm[row])].clone(),
        Holds::Stratum => people.stratum.as_ref().map(level).unwrap_or_default(),
        Holds::Cluster => people.cluster.as_ref().map(level).unwrap_or_default(),
        Holds::Number(id) => match fact(id) {
            Some(FactValues::Number { values, .. }) => number(values.get(row)),
            _ => String::new(),
        },
        Holds::Levels(id) => match fact(id) {
            Some(FactValues::Levels(groups)) => level(groups),
            _ => String::new(),
        },
        Holds::Band(id) => match fact(id) {
            Some(FactValues::Number {
                bands: Some(bands), ..
            }) => level(bands),
            _ => String::new(),
        },
        Holds::Value(id) => number(observed(id).map(|outcome| outcome.value[row])),
        Holds::End(id) => {
            let end = observed(id).and_then(|outcome| Some(outcome.end.as_ref()?[row]));
            match end {
                Some(End::Event) => "1".to_owned(),
                Some(End::Censored) => "0".to_owned(),
                Some(End::Competing) => "2".to_owned(),
                None => String::new(),
            }
        }
        Holds::Of(id) => number(observed(id).and_then(|outcome| Some(outcome.of.as_ref()?[row]))),
    }
}

/// Returns a name made of an id and an ending that no other column has.
fn free_name(id: &str, ending: &str, used: &mut BTreeSet<String>) -> String {
    let mut plain = String::new();
    for letter in id.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => plain.push(letter),
            'æ' => plain.push_str("ae"),
            'ø' => plain.push_str("oe"),
            'å' => plain.push_str("aa"),
            _ => plain.push('_'),
        }
    }
    // Names that begin with an underscore are Stata's own.
    if !plain.starts_with(|first: char| first.is_ascii_lowercase()) {
        plain.insert(0, 'v');
    }
    // `str12` is a type of Stata's.
    let a_type = plain
        .strip_prefix("str")
        .is_some_and(|length| !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()));
    if ending.is_empty() && (a_type || KEPT.contains(&plain.as_str())) {
        plain.push('_');
    }
    let cut = |most: usize| plain.chars().take(most).collect::<String>();
    let mut name = format!("{}{ending}", cut(LONGEST - ending.len()));
    let mut number = 2;
    while !used.insert(name.clone()) {
        let tail = format!("{ending}_{number}");
        name = format!("{}{tail}", cut(LONGEST - tail.len()));
        number += 1;
    }
    name
}

fn line(cells: &[String]) -> String {
    row_of(cells, ',') + "\n"
}

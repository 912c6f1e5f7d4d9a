//! The definition of an outcome in words, Danish and English.

use serde::Serialize;

use crate::protocol::{Absence, Denominator, Language, Measure, Outcome, Selector, WAGE, Zero};

/// What an outcome is, as it travels with its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    pub label: String,
    pub measure: &'static str,
    /// In English.
    pub definition: String,
    pub definition_da: String,
    /// What `states` of the plan come to: states, codes or `wage`.
    pub states: Vec<String>,
    /// Weeks or months counted from the draw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<&'static str>,
    /// What becomes of the dead, of those abroad and of weeks that are not known.
    pub absent: String,
    pub absent_da: String,
}

impl Card {
    pub fn of(outcome: &Outcome) -> Card {
        let measure = outcome.measure;
        let window = match (measure.window(), measure.months()) {
            (Some(window), _) => Some(format!("weeks {window}")),
            (_, Some(window)) => Some(format!("months {window}")),
            _ => None,
        };
        let denominator = match measure {
            Measure::Share { denominator, .. } => Some(denominator.name()),
            _ => None,
        };
        let (absent_da, absent) = absent(outcome);
        Card {
            label: outcome.label.clone(),
            measure: measure.name(),
            definition: definition(outcome),
            definition_da: definition_da(outcome),
            states: states(outcome),
            window,
            denominator,
            absent,
            absent_da,
        }
    }
}

fn states(outcome: &Outcome) -> Vec<String> {
    outcome
        .selectors
        .iter()
        .map(|selector| match selector {
            Selector::State(state) => state.name().to_owned(),
            Selector::Code(code) => format!("code {code:03}"),
            Selector::Wage => WAGE.to_owned(),
        })
        .collect()
}

/// Returns the set of states as written and as it comes out: `active = {ordinary, supported}`.
fn set(outcome: &Outcome) -> String {
    let states = format!("{{{}}}", states(outcome).join(", "));
    let written = outcome.states_written.join(", ");
    match states == format!("{{{written}}}") {
        true => states,
        false => format!("{written} = {states}"),
    }
}

/// Says what becomes of absent persons and weeks, in Danish and in English.
fn absent(outcome: &Outcome) -> (String, String) {
    let (weeks_da, weeks) = absent_weeks(outcome.measure);
    let (persons_da, persons) = match (outcome.absent, outcome.measure.months()) {
        (Absence::Missing, _) => ("", ""),
        (Absence::Zero, Some(_)) => (
            "; den, der ikke har en række i registret, har ingen timer",
            "; somebody who is in no row of the register has no hours",
        ),
        (Absence::Zero, None) => (
            "; den, der ikke har en række i registret, har ingen ydelse i nogen uge, og det vides \
             ikke, om der er betalt løn",
            "; somebody who is in no row of the register has no benefit in any week, and it is \
             not known whether wage was paid",
        ),
    };
    (
        format!("{weeks_da}{persons_da}"),
        format!("{weeks}{persons}"),
    )
}

/// Says what becomes of the dead, of those abroad and of weeks that are not known.
fn absent_weeks(measure: Measure) -> (&'static str, &'static str) {
    match measure {
        Measure::Ever { .. } => (
            "uger i udlandet eller efter døden er uger uden for tilstandene; rækker vinduet ud \
             over registret, mangler værdien, medmindre den allerede er 1",
            "weeks abroad or after death are weeks not in the states; a window that reaches beyond \
             the register is missing unless it is 1 already",
        ),
        Measure::At { .. } | Measure::Weeks { .. } => (
            "uger i udlandet eller efter døden er uger uden for tilstandene; rækker vinduet ud \
             over registret, mangler værdien",
            "weeks abroad or after death are weeks not in the states; a window that reaches beyond \
             the register is missing",
        ),
        Measure::Share {
            denominator: Denominator::Fixed,
            ..
        } => (
            "uger i udlandet eller efter døden er uger uden for tilstandene og tæller med i \
             nævneren; rækker vinduet ud over registret, mangler værdien",
            "weeks abroad or after death are weeks not in the states, and count in the \
             denominator; a window that reaches beyond the register is missing",
        ),
        Measure::Share { .. } => (
            "uger i udlandet og ukendte uger er ikke observeret; uger efter døden er; rækker \
             vinduet ud over registret, mangler værdien",
            "weeks abroad and unknown weeks are not observed; weeks after death are; a window \
             that reaches beyond the register is missing",
        ),
        Measure::TimeTo { .. } => (
            "død, udrejse og pension afslutter tiden; ellers censureres den i sidste kendte uge",
            "death, emigration and pension end the time; else it is censored at the last week \
             known",
        ),
        Measure::Retained { .. } => (
            "mangler for dem, der ikke når så mange uger i træk; døde og udrejste er uden for \
             tilstandene",
            "missing for those who do not come to so many consecutive weeks; the dead and those \
             abroad are not in the states",
        ),
        Measure::Degree { .. } | Measure::DegreeZero { .. } | Measure::Hours { .. } => (
            "en måned uden række har 0 timer, også efter døden eller i udlandet; rækker vinduet ud \
             over registret, mangler værdien",
            "a month without a row has 0 hours, also after death or abroad; a window that reaches \
             beyond the register is missing",
        ),
        Measure::History { .. } => (
            "uger i udlandet er uger uden for tilstandene; registrets begyndelse sætter en grænse: \
             antallet er da mindst det viste",
            "weeks abroad are weeks not in the states; where the register begins too late, the \
             number is at least that",
        ),
        Measure::Value { .. } => (
            "mangler for dem, tabellen ikke har et tal for, også døde og udrejste",
            "missing for those for whom the table has no number, the dead and those \
             abroad among them",
        ),
    }
}

/// Returns an outcome's definition in a language.
pub fn defined(outcome: &Outcome, zero: Zero, language: Language) -> String {
    match language {
        Language::Danish => in_danish(outcome, zero),
        Language::English => in_english(outcome, zero),
    }
}

/// Returns an outcome's definition in English.
pub fn definition(outcome: &Outcome) -> String {
    in_english(outcome, Zero::Draw)
}

fn in_english(outcome: &Outcome, zero: Zero) -> String {
    let zero = match zero {
        Zero::Draw => "the draw",
        Zero::Start => "the start",
    };
    let states = set(outcome);
    let (_, absent) = absent(outcome);
    let what = match outcome.measure {
        Measure::Ever { window } => {
            format!("1 if some week of weeks {window} after {zero} is in {states}, else 0")
        }
        Measure::At { window } => {
            format!(
                "1 if week {} after {zero} is in {states}, else 0",
                window.last()
            )
        }
        Measure::Weeks {
            window,
            more_than: None,
        } => format!("number of weeks in {states} in weeks {window} after {zero}"),
        Measure::Weeks {
            window,
            more_than: Some(limit),
        } => {
            format!("1 if more than {limit} of weeks {window} after {zero} are in {states}, else 0")
        }
        Measure::Share {
            window,
            denominator: Denominator::Fixed,
        } => format!(
            "weeks in {states} in weeks {window} after {zero}, divided by {} (fixed)",
            window.weeks()
        ),
        Measure::Share {
            window,
            denominator: Denominator::Observed,
        } => format!(
            "weeks in {states} in weeks {window} after {zero}, divided by the person's observed \
             weeks"
        ),
        Measure::Share {
            window,
            denominator: Denominator::Pooled,
        } => format!(
            "weeks in {states} in weeks {window} after {zero}, and observed weeks; the figure of \
             several people is the quotient of their sums"
        ),
        Measure::TimeTo { window, stable: 1 } => {
            format!("weeks from {zero} to the first week in {states} in weeks {window}")
        }
        Measure::TimeTo { window, stable } => format!(
            "weeks from {zero} to the week in which {stable} consecutive weeks in {states} are \
             complete, in weeks {window}"
        ),
        Measure::Retained {
            window,
            stable,
            after,
        } => format!(
            "of those with {stable} consecutive weeks in {states} in weeks {window} after {zero}: \
             1 if in them {after} weeks after the last of these, else 0"
        ),
        Measure::Degree { months } => format!(
            "mean over months {months} after {zero} of paid hours over all jobs, divided by \
             160.33 and at most 1"
        ),
        Measure::DegreeZero { months } => {
            format!("1 if no hours are paid in months {months} after {zero}, else 0")
        }
        Measure::Hours {
            months,
            more_than,
            at_most,
        } => {
            let hours = format!(
                "paid hours a week over all jobs, mean over months {months} after {zero}, a month being 52/12 weeks"
            );
            match (more_than, at_most) {
                (None, None) => hours,
                (Some(above), None) => format!("1 if more than {above}, else 0: {hours}"),
                (None, Some(most)) => format!("1 if at most {most}, else 0: {hours}"),
                (Some(above), Some(most)) => {
                    format!("1 if more than {above} and at most {most}, else 0: {hours}")
                }
            }
        }
        Measure::History { gap, more_than } => {
            let weeks = format!(
                "weeks in {states} up to the week before that of {zero}, counted back across \
                 gaps of at most {gap} weeks (the gaps themselves not counted)"
            );
            match more_than {
                None => weeks,
                Some(limit) => format!("1 if more than {limit} {weeks}, else 0"),
            }
        }
        Measure::Value { yes_no } => {
            let value = outcome.value.as_ref().expect("a value has its column");
            match &value.baseline {
                None if yes_no => format!(
                    "1 or 0 as in column `{}` of {}",
                    value.column,
                    value.file.display()
                ),
                None => format!("column `{}` of {}", value.column, value.file.display()),
                Some(baseline) => format!(
                    "column `{}` of {}; before {zero} column `{baseline}`",
                    value.column,
                    value.file.display()
                ),
            }
        }
    };
    format!("{what}; {absent}")
}

/// Returns an outcome's definition in Danish.
pub fn definition_da(outcome: &Outcome) -> String {
    in_danish(outcome, Zero::Draw)
}

fn in_danish(outcome: &Outcome, zero: Zero) -> String {
    let (zero, week_of_zero) = match zero {
        Zero::Draw => ("lodtrækningen", "lodtrækningens"),
        Zero::Start => ("start", "startugen"),
    };
    let states = set(outcome);
    let (absent, _) = absent(outcome);
    let what = match outcome.measure {
        Measure::Ever { window } => {
            format!("1 hvis nogen af ugerne {window} efter {zero} er i {states}, ellers 0")
        }
        Measure::At { window } => {
            format!(
                "1 hvis uge {} efter {zero} er i {states}, ellers 0",
                window.last()
            )
        }
        Measure::Weeks {
            window,
            more_than: None,
        } => format!("antal uger i {states} i ugerne {window} efter {zero}"),
        Measure::Weeks {
            window,
            more_than: Some(limit),
        } => format!(
            "1 hvis flere end {limit} af ugerne {window} efter {zero} er i {states}, ellers 0"
        ),
        Measure::Share {
            window,
            denominator: Denominator::Fixed,
        } => format!(
            "uger i {states} i ugerne {window} efter {zero}, divideret med {} (fast)",
            window.weeks()
        ),
        Measure::Share {
            window,
            denominator: Denominator::Observed,
        } => format!(
            "uger i {states} i ugerne {window} efter {zero}, divideret med personens \
             observerede uger"
        ),
        Measure::Share {
            window,
            denominator: Denominator::Pooled,
        } => format!(
            "uger i {states} i ugerne {window} efter {zero} og observerede uger; tallet for \
             flere personer er forholdet mellem deres summer"
        ),
        Measure::TimeTo { window, stable: 1 } => {
            format!("uger fra {zero} til den første uge i {states} i ugerne {window}")
        }
        Measure::TimeTo { window, stable } => format!(
            "uger fra {zero} til den uge, hvor {stable} uger i træk i {states} er fuldført, \
             i ugerne {window}"
        ),
        Measure::Retained {
            window,
            stable,
            after,
        } => format!(
            "af dem med {stable} uger i træk i {states} i ugerne {window} efter {zero}: 1 \
             hvis de er i dem {after} uger efter den sidste af disse, ellers 0"
        ),
        Measure::Degree { months } => format!(
            "gennemsnit over månederne {months} efter {zero} af betalte timer i alle job, \
             divideret med 160,33 og højst 1"
        ),
        Measure::DegreeZero { months } => {
            format!("1 hvis ingen timer er betalt i månederne {months} efter {zero}, ellers 0")
        }
        Measure::Hours {
            months,
            more_than,
            at_most,
        } => {
            let hours = format!(
                "betalte timer om ugen i alle job, gennemsnit over månederne {months} efter {zero}, en måned regnet som 52/12 uger"
            );
            match (more_than, at_most) {
                (None, None) => hours,
                (Some(above), None) => format!("1 hvis flere end {above}, ellers 0: {hours}"),
                (None, Some(most)) => format!("1 hvis højst {most}, ellers 0: {hours}"),
                (Some(above), Some(most)) => {
                    format!("1 hvis flere end {above} og højst {most}, ellers 0: {hours}")
                }
            }
        }
        Measure::History { gap, more_than } => {
            let weeks = format!(
                "uger i {states} til og med ugen før {week_of_zero}, talt bagud over ophold på højst \
                 {gap} uger (opholdene ikke talt med)"
            );
            match more_than {
                None => weeks,
                Some(limit) => format!("1 hvis flere end {limit} {weeks}, ellers 0"),
            }
        }
        Measure::Value { yes_no } => {
            let value = outcome.value.as_ref().expect("a value has its column");
            match &value.baseline {
                None if yes_no => format!(
                    "1 eller 0 som i kolonnen `{}` i {}",
                    value.column,
                    value.file.display()
                ),
                None => format!("kolonnen `{}` i {}", value.column, value.file.display()),
                Some(baseline) => format!(
                    "kolonnen `{}` i {}; før {zero} kolonnen `{baseline}`",
                    value.column,
                    value.file.display()
                ),
            }
        }
    };
    format!("{what}; {absent}")
}

//! Shares that sum to all, week by week: as a table for a terminal and as a stacked figure.

use std::fmt::Write;

use super::figure::states::{StateLayer, StatePanel, StateWords, States};
use super::figure::{Caption, Form, Heading, Shade};
use super::language::{Locale, Message};
use super::number::fixed;
use crate::protocol::{Language, State, Zero};

/// States from the bottom of the stack up, with colours that differ in grey and for the
/// colour-blind too (after Okabe & Ito 2008, lightness spread).
pub const LAYERS: &[(State, &str, &str, &str)] = &[
    (
        State::Ordinary,
        "Ordinary employment",
        "Ordinær beskæftigelse",
        "#0b3c5d",
    ),
    (
        State::Supported,
        "Supported employment",
        "Støttet beskæftigelse",
        "#3b8ea5",
    ),
    (
        State::Praktik,
        "Work placement",
        "Virksomhedspraktik",
        "#8fd3d9",
    ),
    (State::Education, "Education", "Uddannelse", "#7a9a01"),
    (
        State::SelfSupport,
        "Self-supporting",
        "Selvforsørgelse",
        "#f0e442",
    ),
    (State::Benefit, "Other benefit", "Øvrig ydelse", "#e69f00"),
    (State::Pension, "Pension", "Pension", "#b5541c"),
    (State::Abroad, "Abroad", "Udrejst", "#cc79a7"),
    (State::Dead, "Dead", "Død", "#222222"),
    (State::Unknown, "Unknown", "Ukendt", "#cccccc"),
];

/// Layers of a stack, each with a count for every week.
#[derive(Clone, Debug)]
pub struct Stack {
    pub title: String,
    pub language: Language,
    /// What weeks are counted from.
    pub zero: Zero,
    pub weeks: Vec<i32>,
    /// From the bottom up.
    pub layers: Vec<Layer>,
    /// What the layers of every week sum to.
    pub all: u64,
}

#[derive(Clone, Debug)]
pub struct Layer {
    /// The public name, as in plans.
    pub name: String,
    /// What readers see.
    pub label: String,
    pub color: &'static str,
    pub counts: Vec<u64>,
}

impl Stack {
    /// Writes every `every`-th week and the last as a row of percentages.
    pub fn table(&self, every: usize, locale: &Locale) -> String {
        const WIDTH: usize = 80;
        const SHORT: usize = 6;
        let layers: Vec<&Layer> = self.occurring().collect();
        let head = |layer: &Layer| match Message::of_state_short(&layer.name) {
            Some(word) => locale.say(word),
            None => layer.name.clone(),
        };
        let week_head = locale.say(Message::WeekHead);
        let full = |layer: &Layer| head(layer).chars().count().max(SHORT);
        let fits = layers.iter().map(|layer| full(layer) + 1).sum::<usize>() + 5 <= WIDTH;
        let width = |layer: &Layer| if fits { full(layer) } else { SHORT };
        let mut text = String::new();
        if fits {
            text += &format!("{week_head:>5}");
            for layer in &layers {
                write!(text, " {:>1$}", head(layer), width(layer)).expect("writing to memory");
            }
            text.push('\n');
        } else {
            // Names stand whole, every other one a line higher, each ending with its column.
            for (line, first) in [(0, String::new()), (1, format!("{week_head:>5}"))] {
                let mut heads = first;
                for (place, layer) in layers.iter().enumerate() {
                    if place % 2 == line {
                        let room = (SHORT + 1) * (place + 1) + 5 - heads.chars().count();
                        write!(heads, "{:>room$}", head(layer)).expect("writing to memory");
                    }
                }
                text += heads.trim_end();
                text.push('\n');
            }
        }
        for (index, week) in self.weeks.iter().enumerate() {
            // Week 0 is always among the rows.
            if week.rem_euclid(every as i32) != 0 && index + 1 != self.weeks.len() {
                continue;
            }
            write!(text, "{week:>5}").expect("writing to memory");
            for layer in &layers {
                let share = 100.0 * layer.counts[index] as f64 / self.all as f64;
                let share = locale.number(share, 1);
                write!(text, " {share:>0$}", width(layer)).expect("writing to memory");
            }
            text.push('\n');
        }
        text
    }

    /// Writes all weeks as CSV: the week, then a count for each state.
    pub fn csv(&self) -> String {
        let mut text = String::from("week");
        for layer in &self.layers {
            write!(text, ",{}", layer.name).expect("writing to memory");
        }
        text.push('\n');
        for (index, week) in self.weeks.iter().enumerate() {
            write!(text, "{week}").expect("writing to memory");
            for layer in &self.layers {
                write!(text, ",{}", layer.counts[index]).expect("writing to memory");
            }
            text.push('\n');
        }
        text
    }

    fn occurring(&self) -> impl Iterator<Item = &Layer> {
        self.layers
            .iter()
            .filter(|layer| layer.counts.iter().any(|&count| count > 0))
    }

    /// Draws the stack as SVG: a step for each week, so that no week is drawn between two.
    pub fn svg(&self) -> String {
        let say = |danish: &str, english: &str| match self.language {
            Language::Danish => danish.to_owned(),
            Language::English => english.to_owned(),
        };
        let counts = |week: usize| self.layers.iter().map(|layer| layer.counts[week]).collect();
        let states = States {
            heading: Heading {
                id: "states".to_owned(),
                language: say("da", "en"),
                title: self.title.clone(),
                description: say(
                    "Andel af personer i hver tilstand, uge for uge. Hver uge summer til alle.",
                    "Share of persons in each state, week by week. Every week sums to all.",
                ),
                notes: Vec::new(),
                caption: Caption::Drawn,
            },
            words: StateWords {
                share: say("Pct. af alle", "Per cent of all"),
                weeks: match self.zero {
                    Zero::Draw => say("Uger fra lodtrækningen", "Weeks from the draw"),
                    Zero::Start => say("Uger fra start", "Weeks from the start"),
                },
                draw: match self.zero {
                    Zero::Draw => say("Lodtrækning", "Draw"),
                    Zero::Start => say("Start", "Start"),
                },
                columns: [
                    say("hvem", "who"),
                    say("uge", "week"),
                    say("tilstand", "state"),
                    say("personer", "persons"),
                ],
            },
            weeks: self.weeks.clone(),
            states: self
                .layers
                .iter()
                .map(|layer| StateLayer {
                    label: layer.label.clone(),
                    shade: Shade::of(layer.color),
                })
                .collect(),
            panels: vec![StatePanel {
                label: format!("n = {}", self.all),
                all: self.all,
                weeks: (0..self.weeks.len())
                    .map(|week| Some(counts(week)))
                    .collect(),
            }],
        };
        let form = Form {
            number: &fixed,
            withheld: "",
        };
        let figure = states.figure(&form);
        figure.expect("there are weeks, and each sums to all").svg()
    }
}

//! The way of the persons through a trial, as CONSORT has it.
//!
//! Promises: boxes as large as their text, never overlapping, for any number of arms; counts only
//! from the data. After Hopewell et al. (2025), CONSORT 2025 statement, figure 1,
//! doi:10.1136/bmj-2024-081123.

use super::scene::{Anchor, Bounds, Direction, Fill, Scene, Stroke, Text};
use super::{
    Cell, Figure, FigureData, FigureError, Form, Heading, INK, Lettering, MARGIN, Page, SMALL,
    TICK, Tally, WIDTH,
};
use crate::report::figure::font::Weight;

#[derive(Clone, Debug)]
pub struct Flow {
    pub heading: Heading,
    pub words: FlowWords,
    pub referred: Tally,
    pub refused: Loss,
    pub drawn: Tally,
    pub arms: Vec<FlowArm>,
}

#[derive(Clone, Debug)]
pub struct FlowArm {
    pub name: String,
    pub allocated: Tally,
    /// Those who got what the arm offers, where that is known.
    pub received: Option<Tally>,
    pub not_received: Option<Loss>,
    pub withdrawn: Loss,
    pub excluded: Loss,
    pub missing: Loss,
    pub analysed: Tally,
}

/// Persons who leave, and why.
#[derive(Clone, Debug)]
pub struct Loss {
    pub all: Tally,
    pub reasons: Vec<(String, Tally)>,
}

#[derive(Clone, Debug)]
pub struct FlowWords {
    /// Enrolment, allocation, follow-up, analysis.
    pub stages: [String; 4],
    pub referred: String,
    pub refused: String,
    pub drawn: String,
    pub received: String,
    pub not_received: String,
    pub withdrawn: String,
    pub excluded: String,
    pub missing: String,
    pub analysed: String,
    /// Of the table: stage, arm, what, reason, persons.
    pub columns: [String; 5],
}

/// A line of a box.
struct Line<'a> {
    rank: Rank,
    label: &'a str,
    count: Tally,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Head,
    Item,
    Reason,
}

const PAD: f64 = 7.0;
const STRIP: f64 = 20.0;
/// Room for an arrow between boxes.
const ARROW: f64 = 20.0;
const EDGE: Stroke = Stroke::solid(INK, 0.9);
const INDENT: f64 = 10.0;

impl Flow {
    /// Lays the figure out.
    pub fn figure(&self, form: &Form) -> Result<Figure, FigureError> {
        if self.arms.is_empty() {
            return Err(FigureError::Empty { what: "flow" });
        }
        let arms = self.arms.len() as f64;
        let gap = if self.arms.len() > 3 { 10.0 } else { 16.0 };
        let left = MARGIN + STRIP + 10.0;
        let width = WIDTH.max(left + MARGIN + arms * 122.0 + (arms - 1.0) * gap);
        let area = Bounds::new(left, 0.0, width - MARGIN - left, 0.0);
        let column = ((area.width() - (arms - 1.0) * gap) / arms).min(280.0);
        let all = arms * column + (arms - 1.0) * gap;
        let column_left = |arm: usize| area.middle() - all / 2.0 + arm as f64 * (column + gap);
        let mut page = Page::new(&self.heading, width);
        let scene = &mut page.scene;

        let centre = area.middle();
        let trunk = 236.0;
        let top = page.top;
        let one = |label, count| {
            vec![Line {
                rank: Rank::Head,
                label,
                count,
            }]
        };
        let words = &self.words;
        let referred = one(words.referred.as_str(), self.referred);
        let y = place(scene, &referred, (centre - trunk / 2.0, top), trunk, form);
        let refused = loss(Rank::Item, &words.refused, &self.refused);
        let side = centre + 22.0;
        let side_width = (area.right - side).min(280.0);
        let side_top = y + 14.0;
        let side_bottom = place(scene, &refused, (side, side_top), side_width, form);
        let drawn_top = side_bottom + 16.0;
        scene.arrow(vec![(centre, y), (centre, drawn_top)], EDGE);
        let middle = (side_top + side_bottom) / 2.0;
        scene.arrow(vec![(centre, middle), (side, middle)], EDGE);
        let drawn = one(words.drawn.as_str(), self.drawn);
        let from = (centre - trunk / 2.0, drawn_top);
        let mut y = place(scene, &drawn, from, trunk, form);
        strip(scene, &words.stages[0], top, y);

        // From the draw to the arms.
        let bus = y + 12.0;
        let middles: Vec<f64> = (0..self.arms.len())
            .map(|arm| column_left(arm) + column / 2.0)
            .collect();
        if let [first, .., last] = middles[..] {
            scene.lines(
                vec![
                    vec![(centre, y), (centre, bus)],
                    vec![(first, bus), (last, bus)],
                ],
                EDGE,
            );
        }
        let start = if middles.len() == 1 { y } else { bus };
        y = bus + ARROW;
        for &x in &middles {
            scene.arrow(vec![(x, start), (x, y)], EDGE);
        }
        let stages: [Vec<Vec<Line>>; 3] = [
            self.arms.iter().map(|arm| self.allocation(arm)).collect(),
            self.arms.iter().map(|arm| self.follow_up(arm)).collect(),
            self.arms
                .iter()
                .map(|arm| one(words.analysed.as_str(), arm.analysed))
                .collect(),
        ];
        for (stage, boxes) in stages.iter().enumerate() {
            let name = &words.stages[stage + 1];
            let tallest = boxes
                .iter()
                .map(|lines| height(lines, column, form))
                .fold(STAGE.width(name) + 12.0, f64::max);
            let lone = boxes.iter().all(|lines| lines.len() == 1);
            for (arm, lines) in boxes.iter().enumerate() {
                let bounds = Bounds::new(column_left(arm), y, column, tallest);
                let spare = tallest - height(lines, column, form);
                draw(
                    scene,
                    lines,
                    bounds,
                    if lone { spare / 2.0 } else { 0.0 },
                    form,
                );
                if stage + 1 < stages.len() {
                    let from = (middles[arm], bounds.bottom);
                    let to = (middles[arm], bounds.bottom + ARROW);
                    scene.arrow(vec![from, to], EDGE);
                }
            }
            strip(scene, name, y, y + tallest);
            y += tallest + ARROW;
        }
        Ok(page.finish(&self.heading, y - ARROW, self.data()))
    }

    fn allocation<'a>(&'a self, arm: &'a FlowArm) -> Vec<Line<'a>> {
        let mut lines = vec![Line {
            rank: Rank::Head,
            label: &arm.name,
            count: arm.allocated,
        }];
        if let Some(count) = arm.received {
            lines.push(Line {
                rank: Rank::Item,
                label: &self.words.received,
                count,
            });
        }
        if let Some(not) = &arm.not_received {
            lines.extend(loss(Rank::Item, &self.words.not_received, not));
        }
        lines
    }

    fn follow_up<'a>(&'a self, arm: &'a FlowArm) -> Vec<Line<'a>> {
        let words = &self.words;
        [
            (&words.withdrawn, &arm.withdrawn),
            (&words.excluded, &arm.excluded),
            (&words.missing, &arm.missing),
        ]
        .into_iter()
        .flat_map(|(label, lost)| loss(Rank::Item, label, lost))
        .collect()
    }

    fn data(&self) -> FigureData {
        let words = &self.words;
        let mut rows = Vec::new();
        let mut put = |stage: usize, arm: &str, what: &str, lost: &Loss| {
            let mut row = |reason: Cell, count: Tally| {
                rows.push(vec![
                    Cell::from(words.stages[stage].as_str()),
                    match arm {
                        "" => Cell::Missing,
                        arm => Cell::from(arm),
                    },
                    Cell::from(what),
                    reason,
                    Cell::from(count),
                ]);
            };
            row(Cell::Missing, lost.all);
            for (reason, count) in &lost.reasons {
                row(Cell::from(reason.as_str()), *count);
            }
        };
        let none = |all| Loss {
            all,
            reasons: Vec::new(),
        };
        put(0, "", &words.referred, &none(self.referred));
        put(0, "", &words.refused, &self.refused);
        put(0, "", &words.drawn, &none(self.drawn));
        for arm in &self.arms {
            put(1, &arm.name, &words.stages[1], &none(arm.allocated));
            if let Some(received) = arm.received {
                put(1, &arm.name, &words.received, &none(received));
            }
            if let Some(not) = &arm.not_received {
                put(1, &arm.name, &words.not_received, not);
            }
            put(2, &arm.name, &words.withdrawn, &arm.withdrawn);
            put(2, &arm.name, &words.excluded, &arm.excluded);
            put(2, &arm.name, &words.missing, &arm.missing);
            put(3, &arm.name, &words.analysed, &none(arm.analysed));
        }
        FigureData {
            header: words.columns.to_vec(),
            rows,
        }
    }
}

const STAGE: Lettering = Lettering::new(SMALL, Weight::Bold, "#23405c");
const HEAD: Lettering = Lettering::new(SMALL, Weight::Bold, INK);

fn loss<'a>(rank: Rank, label: &'a str, lost: &'a Loss) -> Vec<Line<'a>> {
    let all = Line {
        rank,
        label,
        count: lost.all,
    };
    let reasons = lost.reasons.iter().map(|(label, count)| Line {
        rank: Rank::Reason,
        label,
        count: *count,
    });
    std::iter::once(all).chain(reasons).collect()
}

fn lettering(rank: Rank) -> Lettering {
    match rank {
        Rank::Head => HEAD,
        Rank::Item | Rank::Reason => TICK,
    }
}

/// Returns the lines of each label in a box of this width, beside the column of counts.
fn laid(lines: &[Line], width: f64, form: &Form) -> Vec<Vec<String>> {
    let counts = lines
        .iter()
        .map(|line| lettering(line.rank).width(&form.tally(line.count)))
        .fold(0.0, f64::max);
    lines
        .iter()
        .map(|line| {
            let indent = if line.rank == Rank::Reason {
                INDENT
            } else {
                0.0
            };
            let most = width - 2.0 * PAD - counts - 8.0 - indent;
            lettering(line.rank).wrapped(line.label, most)
        })
        .collect()
}

fn height(lines: &[Line], width: f64, form: &Form) -> f64 {
    let labels = laid(lines, width, form);
    labels
        .iter()
        .map(|label| TICK.height(label.len()) + 2.0)
        .sum::<f64>()
        - 2.0
        + 2.0 * PAD
}

/// Draws a box as high as its lines and returns where it ends.
fn place(scene: &mut Scene, lines: &[Line], at: (f64, f64), width: f64, form: &Form) -> f64 {
    let bounds = Bounds::new(at.0, at.1, width, height(lines, width, form));
    draw(scene, lines, bounds, 0.0, form);
    bounds.bottom
}

/// Draws a box with its lines, the first `free` below its usual place.
fn draw(scene: &mut Scene, lines: &[Line], bounds: Bounds, free: f64, form: &Form) {
    scene.rect(bounds, Fill::Plain("#ffffff"), Some(EDGE));
    let mut y = bounds.top + PAD + free;
    for (line, label) in lines.iter().zip(laid(lines, bounds.width(), form)) {
        let style = lettering(line.rank);
        let indent = if line.rank == Rank::Reason {
            INDENT
        } else {
            0.0
        };
        let at = (bounds.left + PAD + indent, y);
        let bottom = style.lines(scene, &label, at, Anchor::Start, Some(bounds));
        let count = form.tally(line.count);
        let at = (bounds.right - PAD, y + style.drop());
        scene.text(style.text(&count, at, Anchor::End, Some(bounds)));
        y = bottom + 2.0;
    }
}

/// Draws the name of a stage upwards, beside it.
fn strip(scene: &mut Scene, name: &str, top: f64, bottom: f64) {
    let bounds = Bounds::new(MARGIN, top, STRIP, bottom - top);
    scene.rect(bounds, Fill::Plain("#e6edf4"), None);
    scene.text(Text {
        content: super::font::plain(name),
        at: (bounds.middle() + STAGE.centre(), (top + bottom) / 2.0),
        anchor: Anchor::Middle,
        direction: Direction::Up,
        size: STAGE.size,
        weight: STAGE.weight,
        colour: STAGE.colour,
        home: Some(bounds),
    });
}

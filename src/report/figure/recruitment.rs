//! How many persons were drawn by when.
//!
//! Promises: sums only as they came in; a step for each period; what is withheld is a gap.

use super::axis::{
    AXIS, EndLabel, Kind, Scale, end_label_height, end_label_width, end_labels, round_range,
};
use super::scene::{Anchor, Point};
use super::{
    ARMS, Cell, Figure, FigureData, FigureError, Form, Heading, MARGIN, Marker, PLAIN, Page, QUIET,
    Style, TICK, WIDTH, length, tell_apart,
};

#[derive(Clone, Debug)]
pub struct Recruitment {
    pub heading: Heading,
    pub words: RecruitmentWords,
    /// Weeks or months, one after the other, as the axis names them: `uge 14, 2021`.
    pub periods: Vec<String>,
    /// One for each arm, or one for all.
    pub lines: Vec<RecruitmentLine>,
    /// The number the plan asks for, of all or of each arm, and its name.
    pub planned: Option<(String, u64)>,
}

#[derive(Clone, Debug)]
pub struct RecruitmentLine {
    pub label: String,
    /// Persons drawn up to the end of each period; none where that is withheld.
    pub drawn: Vec<Option<u64>>,
}

#[derive(Clone, Debug)]
pub struct RecruitmentWords {
    /// Names the axis of persons.
    pub persons: String,
    /// Names the axis of periods; may be empty.
    pub periods: String,
    /// Of the table: period, line, persons.
    pub columns: [String; 3],
}

const PLANNED: Style = Style {
    colour: QUIET,
    dash: &[1.5, 3.0],
    marker: Marker::Disc,
};

impl Recruitment {
    /// Lays the figure out.
    pub fn figure(&self, form: &Form) -> Result<Figure, FigureError> {
        tell_apart("recruitment", self.lines.len())?;
        if self.periods.is_empty() {
            return Err(FigureError::Empty {
                what: "recruitment",
            });
        }
        for line in &self.lines {
            length(&line.label, line.drawn.len(), self.periods.len())?;
        }
        let mut page = Page::new(&self.heading, WIDTH);
        let top = page.top;
        let scene = &mut page.scene;
        let counts = self
            .lines
            .iter()
            .flat_map(|line| line.drawn.iter().flatten().copied());
        let planned = self.planned.as_ref().map(|(_, count)| *count);
        let most = counts.chain(planned).max().unwrap_or(0).max(1);
        // Persons are whole: no tick between two.
        let about = (most as usize).min(5);
        let (low, high, ticks) = round_range(0.0, most as f64, about, 1.0, form);
        let names = || {
            let planned = self.planned.iter().map(|(label, _)| label.as_str());
            self.lines
                .iter()
                .map(|line| line.label.as_str())
                .chain(planned)
        };
        let beside = end_label_width(names(), 170.0);
        let left = MARGIN + ticks.widest() + 8.0;
        let right = WIDTH - MARGIN - beside;
        let across = Scale::new(
            Kind::Straight,
            (0.0, self.periods.len() as f64),
            (left, right),
        );

        let lines = PLAIN.wrapped(&self.words.persons, WIDTH - 2.0 * MARGIN);
        let y = PLAIN.lines(scene, &lines, (MARGIN, top), Anchor::Start, None) + 7.0;
        let height = end_label_height(names(), beside).max(210.0);
        let up = Scale::new(Kind::Straight, (low, high), (y + height, y));
        ticks.guides(scene, &up, (left, right));
        let mut ends = Vec::new();
        if let Some((label, count)) = &self.planned {
            let level = up.at(*count as f64);
            scene.line(vec![(left, level), (right, level)], PLANNED.stroke(1.4));
            ends.push(EndLabel {
                text: label,
                style: PLANNED,
                end: level,
            });
        }
        for (index, line) in self.lines.iter().enumerate() {
            let style = ARMS[index];
            scene.lines(self.steps(line, &across, &up), style.stroke(1.8));
            let last = line
                .drawn
                .iter()
                .rev()
                .flatten()
                .next()
                .copied()
                .unwrap_or(0);
            ends.push(EndLabel {
                text: &line.label,
                style,
                end: up.at(last as f64),
            });
        }
        ticks.beside(scene, &up, left);
        end_labels(scene, &ends, right, beside, (y, y + height));
        let bottom = self.below(scene, &across, y + height);
        let lines = PLAIN.wrapped(&self.words.periods, right - left);
        let bottom = match self.words.periods.is_empty() {
            true => bottom,
            false => {
                let at = ((left + right) / 2.0, bottom + 2.0);
                PLAIN.lines(scene, &lines, at, Anchor::Middle, None)
            }
        };
        Ok(page.finish(&self.heading, bottom, self.data()))
    }

    /// Draws the axis of periods with as many names as stand apart, and returns where it ends.
    fn below(&self, scene: &mut super::Scene, across: &Scale, y: f64) -> f64 {
        let count = self.periods.len();
        let (from, to) = (across.at(0.0), across.at(count as f64));
        let widest = TICK.widest(self.periods.iter().map(String::as_str));
        let width = (to - from) / count as f64;
        let every = [1, 2, 3, 4, 6, 12, 13, 24, 26, 52, 104]
            .into_iter()
            .find(|&every| width * every as f64 >= widest + 12.0)
            .unwrap_or(count);
        let mut strokes = vec![vec![(from, y), (to, y)]];
        let mut free = MARGIN;
        for (place, name) in self.periods.iter().enumerate().step_by(every) {
            let x = across.at(place as f64 + 0.5);
            strokes.push(vec![(x, y), (x, y + 4.0)]);
            // The first name may be wider than its period.
            let half = TICK.width(name) / 2.0;
            let middle = x.max(free + half).min(WIDTH - MARGIN - half);
            TICK.line(scene, name, (middle, y + 6.0 + TICK.drop()), Anchor::Middle);
            free = middle + half + 6.0;
        }
        scene.lines(strokes, AXIS);
        y + 6.0 + TICK.leading()
    }

    /// Returns the steps of a line: level in each period at what it ends with, in parts where
    /// some are withheld.
    fn steps(&self, line: &RecruitmentLine, across: &Scale, up: &Scale) -> Vec<Vec<Point>> {
        let mut parts: Vec<Vec<Point>> = vec![vec![(across.at(0.0), up.at(0.0))]];
        for (place, drawn) in line.drawn.iter().enumerate() {
            let Some(drawn) = drawn else {
                parts.push(Vec::new());
                continue;
            };
            let y = up.at(*drawn as f64);
            let (from, to) = (across.at(place as f64), across.at(place as f64 + 1.0));
            if let Some(part) = parts.last_mut() {
                part.extend([(from, y), (to, y)]);
            }
        }
        parts
    }

    fn data(&self) -> FigureData {
        let mut rows = Vec::new();
        for line in &self.lines {
            for (period, drawn) in self.periods.iter().zip(&line.drawn) {
                rows.push(vec![
                    Cell::from(period.as_str()),
                    Cell::from(line.label.as_str()),
                    drawn.map_or(Cell::Withheld, Cell::Count),
                ]);
            }
        }
        if let Some((label, count)) = &self.planned {
            rows.push(vec![
                Cell::Missing,
                Cell::from(label.as_str()),
                Cell::Count(*count),
            ]);
        }
        FigureData {
            header: self.words.columns.to_vec(),
            rows,
        }
    }
}

//! A share by arm, week by week, and the difference of arms below it.
//!
//! Promises: weeks without a value are gaps, not lines; the bands are those that came in; all
//! panels share the axis of weeks; differences share one range.

use super::axis::{
    AXIS, EndLabel, Kind, Scale, end_label_height, end_label_width, end_labels, round_range,
    week_ticks,
};
use super::scene::{Anchor, Point, Scene, Stroke};
use super::{
    ARMS, Banded, Cell, Figure, FigureData, FigureError, Form, Heading, INK, MARGIN, MINOR, PLAIN,
    Page, TICK, WIDTH, finite, length, tell_apart,
};

#[derive(Clone, Debug)]
pub struct Course {
    pub heading: Heading,
    pub words: CourseWords,
    /// Weeks counted from the draw, one after the other.
    pub weeks: Vec<i32>,
    /// Shares from 0 to 1.
    pub arms: Vec<CourseLine>,
    /// Differences of shares.
    pub differences: Vec<CourseLine>,
}

#[derive(Clone, Debug)]
pub struct CourseLine {
    pub label: String,
    /// Place of the arm among the arms of the plan, which gives it its colour.
    pub arm: usize,
    /// For each week; none where there is no value.
    pub points: Vec<Option<Banded>>,
}

#[derive(Clone, Debug)]
pub struct CourseWords {
    /// Names the axis of shares: `Andel i beskæftigelse (pct.)`.
    pub share: String,
    /// Names the axis of differences: `Forskel (procentpoint)`.
    pub difference: String,
    /// Names the axis of weeks.
    pub weeks: String,
    /// Marks week 0.
    pub draw: String,
    /// Of the table: week, line, value, low, high.
    pub columns: [String; 5],
}

/// Shares are shown as percentages.
const PERCENT: f64 = 100.0;

impl Course {
    /// Lays the figure out.
    pub fn figure(&self, form: &Form) -> Result<Figure, FigureError> {
        self.check()?;
        let (first, last) = (self.weeks[0], self.weeks[self.weeks.len() - 1]);
        let mut page = Page::new(&self.heading, WIDTH);
        let top = page.top;
        let scene = &mut page.scene;

        let (_, high) = range(&self.arms);
        let (low, high, ticks) = round_range(0.0, high.max(0.01), 5, PERCENT, form);
        let below = range(&self.differences);
        let (below_low, below_high, below_ticks) =
            round_range(below.0.min(0.0), below.1.max(0.0), 3, PERCENT, form);

        let labels = || {
            self.arms
                .iter()
                .chain(&self.differences)
                .map(|line| line.label.as_str())
        };
        let beside = end_label_width(labels(), 190.0);
        let left = MARGIN + ticks.widest().max(below_ticks.widest()) + 8.0;
        let right = WIDTH - MARGIN - beside;
        let across = Scale::new(
            Kind::Straight,
            (f64::from(first) - 0.5, f64::from(last) + 0.5),
            (left, right),
        );
        let names = self.arms.iter().map(|line| line.label.as_str());
        let height = end_label_height(names, beside).max(210.0);
        let lines = PLAIN.wrapped(&self.words.share, WIDTH - 2.0 * MARGIN);
        let mut y = PLAIN.lines(scene, &lines, (MARGIN, top), Anchor::Start, None);
        let marked = (first..=last).contains(&0);
        let mut mark_top = y + 4.0;
        if marked {
            let half = TICK.width(&self.words.draw) / 2.0;
            let middle = across.at(0.0).clamp(MARGIN + half, WIDTH - MARGIN - half);
            let at = (middle, y + 2.0 + MINOR.drop());
            MINOR.line(scene, &self.words.draw, at, Anchor::Middle);
            y += 2.0 + MINOR.leading();
            mark_top = y;
        }
        y += 4.0;

        let scale = Scale::new(Kind::Straight, (low, high), (y + height, y));
        ticks.guides(scene, &scale, (left, right));
        let plot = Plot {
            across,
            scale,
            weeks: &self.weeks,
        };
        plot.bands(scene, &self.arms);
        let draw_line = |scene: &mut Scene, from: f64, to: f64| {
            if marked {
                let x = across.at(0.0);
                let dashed = Stroke {
                    colour: INK,
                    width: 0.9,
                    dash: &[3.0, 3.0],
                };
                scene.line(vec![(x, from), (x, to)], dashed);
            }
        };
        draw_line(scene, mark_top, y + height);
        plot.lines(scene, &self.arms);
        ticks.beside(scene, &scale, left);
        let ends = plot.ends(&self.arms);
        end_labels(scene, &ends, right, beside, (y, y + height));
        y += height;
        scene.line(vec![(left, y), (right, y)], AXIS);

        if !self.differences.is_empty() {
            let lines = PLAIN.wrapped(&self.words.difference, WIDTH - 2.0 * MARGIN);
            y = PLAIN.lines(scene, &lines, (MARGIN, y + 14.0), Anchor::Start, None) - 4.0;
        }
        let least = if self.differences.len() > 1 {
            84.0
        } else {
            110.0
        };
        for line in &self.differences {
            // Room for the labels of two axes above one another.
            y += TICK.leading() + 2.0;
            let height = end_label_height([line.label.as_str()], beside).max(least);
            let scale = Scale::new(Kind::Straight, (below_low, below_high), (y + height, y));
            below_ticks.guides(scene, &scale, (left, right));
            let plot = Plot {
                across,
                scale,
                weeks: &self.weeks,
            };
            let one = std::slice::from_ref(line);
            plot.bands(scene, one);
            draw_line(scene, y, y + height);
            let zero = scale.at(0.0);
            scene.line(vec![(left, zero), (right, zero)], AXIS);
            plot.lines(scene, one);
            below_ticks.beside(scene, &scale, left);
            end_labels(scene, &plot.ends(one), right, beside, (y, y + height));
            y += height;
        }
        let ticks = week_ticks(first, last, right - left, form);
        let under = ticks.below(
            scene,
            &across,
            y + if self.differences.is_empty() {
                0.0
            } else {
                4.0
            },
        );
        let lines = PLAIN.wrapped(&self.words.weeks, right - left);
        let at = ((left + right) / 2.0, under + 2.0);
        let bottom = PLAIN.lines(scene, &lines, at, Anchor::Middle, None);
        Ok(page.finish(&self.heading, bottom, self.data()))
    }

    fn check(&self) -> Result<(), FigureError> {
        tell_apart("course", self.arms.len())?;
        if self.weeks.is_empty() {
            return Err(FigureError::Empty { what: "course" });
        }
        for line in self.arms.iter().chain(&self.differences) {
            length(&line.label, line.points.len(), self.weeks.len())?;
            finite(&line.label, line.points.iter().flatten().flat_map(values))?;
            if line.arm >= ARMS.len() {
                tell_apart("course", line.arm + 1)?;
            }
        }
        Ok(())
    }

    fn data(&self) -> FigureData {
        let mut rows = Vec::new();
        for line in self.arms.iter().chain(&self.differences) {
            for (week, point) in self.weeks.iter().zip(&line.points) {
                let band = point.and_then(|point| point.band);
                rows.push(vec![
                    Cell::Number(f64::from(*week)),
                    Cell::from(line.label.as_str()),
                    Cell::from(point.map(|point| point.value)),
                    Cell::from(band.map(|band| band.0)),
                    Cell::from(band.map(|band| band.1)),
                ]);
            }
        }
        FigureData {
            header: self.words.columns.to_vec(),
            rows,
        }
    }
}

fn values(point: &Banded) -> impl Iterator<Item = f64> {
    let (low, high) = point.band.unwrap_or((point.value, point.value));
    [point.value, low, high].into_iter()
}

fn range(lines: &[CourseLine]) -> (f64, f64) {
    let all = lines
        .iter()
        .flat_map(|line| &line.points)
        .flatten()
        .flat_map(values);
    all.fold((0.0, 0.0), |(low, high): (f64, f64), value| {
        (low.min(value), high.max(value))
    })
}

struct Plot<'a> {
    across: Scale,
    scale: Scale,
    weeks: &'a [i32],
}

impl Plot<'_> {
    fn at(&self, week: i32, value: f64) -> Point {
        (self.across.at(f64::from(week)), self.scale.at(value))
    }

    /// Whether weeks are so few that each has a mark and a bar, beside those of the other arms.
    fn few(&self) -> bool {
        self.weeks.len() <= 8
    }

    /// Draws what lies between the ends of the bands, with a gap where there is none.
    fn bands(&self, scene: &mut Scene, lines: &[CourseLine]) {
        for line in lines.iter().filter(|_| !self.few()) {
            let runs = runs(self.weeks, &line.points, |point| point.band);
            let outlines = runs.into_iter().filter(|run| run.len() > 1).map(|run| {
                let lower = run.iter().map(|&(week, band)| self.at(week, band.0));
                let upper = run.iter().rev().map(|&(week, band)| self.at(week, band.1));
                lower.chain(upper).collect()
            });
            let (fill, edge) = ARMS[line.arm].band(lines.len());
            scene.area(outlines.collect(), fill, edge);
        }
    }

    fn lines(&self, scene: &mut Scene, lines: &[CourseLine]) {
        for (place, line) in lines.iter().enumerate() {
            let style = ARMS[line.arm];
            let beside = match self.few() {
                true => 7.0 * (place as f64 - (lines.len() as f64 - 1.0) / 2.0),
                false => 0.0,
            };
            let at = |week, value| {
                let (x, y) = self.at(week, value);
                (x + beside, y)
            };
            let runs = runs(self.weeks, &line.points, |point| Some(*point));
            for run in &runs {
                let points = run.iter().map(|&(week, point)| at(week, point.value));
                scene.line(points.collect(), style.stroke(1.8));
                // A week that no line or area makes visible.
                if !self.few() && run.len() > 1 {
                    continue;
                }
                for &(week, point) in run {
                    if let Some((low, high)) = point.band {
                        let bar = vec![at(week, low), at(week, high)];
                        scene.line(bar, Stroke::solid(style.colour, 1.0));
                    }
                    style.mark(scene, at(week, point.value));
                }
            }
        }
    }

    fn ends<'a>(&self, lines: &'a [CourseLine]) -> Vec<EndLabel<'a>> {
        lines
            .iter()
            .map(|line| EndLabel {
                text: &line.label,
                style: ARMS[line.arm],
                end: self.scale.at(line
                    .points
                    .iter()
                    .rev()
                    .flatten()
                    .next()
                    .map_or(0.0, |point| point.value)),
            })
            .collect()
    }
}

/// Returns the runs of weeks, one after the other, that have what is asked for.
fn runs<T>(
    weeks: &[i32],
    points: &[Option<Banded>],
    wanted: impl Fn(&Banded) -> Option<T>,
) -> Vec<Vec<(i32, T)>> {
    let mut runs: Vec<Vec<(i32, T)>> = Vec::new();
    let mut before = None;
    for (&week, point) in weeks.iter().zip(points) {
        let Some(value) = point.as_ref().and_then(&wanted) else {
            before = None;
            continue;
        };
        match (before, runs.last_mut()) {
            (Some(last), Some(run)) if last + 1 == week => run.push((week, value)),
            _ => runs.push(vec![(week, value)]),
        }
        before = Some(week);
    }
    runs
}

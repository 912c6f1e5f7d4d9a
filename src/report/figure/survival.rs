//! Shares without an event, or with one, over time, and how many persons they rest on.
//!
//! Promises: curves are steps; numbers at risk stand below the ticks they belong to. Curves,
//! bands and numbers come in: estimating them is not done here.

use super::axis::{
    AXIS, EndLabel, Kind, Scale, Ticks, end_label_height, end_label_width, end_labels, round_range,
};
use super::scene::{Anchor, Point, Stroke};
use super::{
    ARMS, Banded, Cell, Figure, FigureData, FigureError, Form, Heading, MARGIN, PLAIN, Page,
    STRONG, TICK, Tally, WIDTH, finite, length, tell_apart,
};

#[derive(Clone, Debug)]
pub struct Survival {
    pub heading: Heading,
    pub words: SurvivalWords,
    pub curve: Curve,
    /// The end of the axis of time, which begins at 0.
    pub until: f64,
    /// When persons at risk are counted, from 0 up; the ticks stand here. See [`risk_times`].
    pub risk_times: Vec<f64>,
    pub arms: Vec<SurvivalArm>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Curve {
    /// Starts at 1: the share without an event.
    Survival,
    /// Starts at 0: the share with one.
    Incidence,
}

#[derive(Clone, Debug)]
pub struct SurvivalArm {
    pub label: String,
    /// Times with an event, upwards, and the share from then on.
    pub steps: Vec<(f64, Banded)>,
    /// How long the curve is known.
    pub end: f64,
    /// Times of those whose event was not seen; none are drawn if this is empty.
    pub censored: Vec<f64>,
    /// For each of the times of the figure.
    pub at_risk: Vec<Tally>,
}

#[derive(Clone, Debug)]
pub struct SurvivalWords {
    /// Names the axis of shares.
    pub share: String,
    /// Names the axis of time with its unit.
    pub time: String,
    /// Heads the numbers at risk.
    pub at_risk: String,
    /// Of the table: arm, time, share, low, high, at risk.
    pub columns: [String; 6],
}

/// Returns round times from 0 to `until` at which to count who is at risk.
pub fn risk_times(until: f64) -> Vec<f64> {
    let plain = |_: f64, _: usize| String::new();
    let form = Form {
        number: &plain,
        withheld: "",
    };
    let (_, _, Ticks(ticks)) = round_range(0.0, until.max(0.0), 6, 1.0, &form);
    let times = ticks.into_iter().map(|(time, _)| time);
    times.filter(|&time| time >= 0.0 && time <= until).collect()
}

const PERCENT: f64 = 100.0;

impl Survival {
    /// Lays the figure out.
    pub fn figure(&self, form: &Form) -> Result<Figure, FigureError> {
        self.check()?;
        let mut page = Page::new(&self.heading, WIDTH);
        let top = page.top;
        let scene = &mut page.scene;
        let high = match self.curve {
            Curve::Survival => 1.0,
            Curve::Incidence => self
                .arms
                .iter()
                .flat_map(|arm| &arm.steps)
                .map(|(_, point)| point.band.map_or(point.value, |band| band.1))
                .fold(0.01, f64::max),
        };
        let (low, high, shares) = round_range(0.0, high, 5, PERCENT, form);
        let names = || self.arms.iter().map(|arm| arm.label.as_str());
        let beside = end_label_width(names(), 170.0);
        // The names of the rows below stand left of the axis.
        let risk_width = TICK.widest(names()).min(120.0);
        let widest_risk = TICK.widest(
            self.arms
                .iter()
                .filter_map(|arm| arm.at_risk.first())
                .map(|&tally| form.tally(tally))
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str),
        );
        let left =
            (MARGIN + shares.widest() + 8.0).max(MARGIN + risk_width + 10.0 + widest_risk / 2.0);
        let right = WIDTH - MARGIN - beside;
        let across = Scale::new(Kind::Straight, (0.0, self.until), (left, right));

        let lines = PLAIN.wrapped(&self.words.share, WIDTH - 2.0 * MARGIN);
        let y = PLAIN.lines(scene, &lines, (MARGIN, top), Anchor::Start, None) + 7.0;
        let height = end_label_height(names(), beside).max(230.0);
        let up = Scale::new(Kind::Straight, (low, high), (y + height, y));
        shares.guides(scene, &up, (left, right));
        for (index, arm) in self.arms.iter().enumerate() {
            let (fill, edge) = ARMS[index].band(self.arms.len());
            scene.area(self.band(arm, &across, &up), fill, edge);
        }
        let mut ends = Vec::new();
        for (index, arm) in self.arms.iter().enumerate() {
            let style = ARMS[index];
            let curve = self.curve(arm, &across, &up);
            ends.push(EndLabel {
                text: &arm.label,
                style,
                end: curve.last().map_or(y, |point| point.1),
            });
            scene.line(curve, style.stroke(1.8));
            let ticks = arm.censored.iter().map(|&time| {
                let (x, y) = (across.at(time), up.at(self.value(arm, time)));
                vec![(x, y - 3.5), (x, y + 3.5)]
            });
            scene.lines(ticks.collect(), Stroke::solid(style.colour, 0.9));
        }
        shares.beside(scene, &up, left);
        end_labels(scene, &ends, right, beside, (y, y + height));
        let mut y = y + height;

        let (times, every) = self.times(&across, form);
        // The axis goes on to its end, where no tick need stand.
        scene.line(vec![(left, y), (right, y)], AXIS);
        y = times.below(scene, &across, y);
        let lines = PLAIN.wrapped(&self.words.time, right - left);
        let at = ((left + right) / 2.0, y + 2.0);
        y = PLAIN.lines(scene, &lines, at, Anchor::Middle, None) + 8.0;
        let lines = STRONG.wrapped(&self.words.at_risk, WIDTH - 2.0 * MARGIN);
        y = STRONG.lines(scene, &lines, (MARGIN, y), Anchor::Start, None) + 1.0;
        for arm in &self.arms {
            let lines = TICK.wrapped(&arm.label, risk_width + 0.5);
            for (time, tally) in self.risk_times.iter().zip(&arm.at_risk).step_by(every) {
                let at = (across.at(*time), y + TICK.drop());
                TICK.line(scene, &form.tally(*tally), at, Anchor::Middle);
            }
            y = TICK.lines(scene, &lines, (MARGIN, y), Anchor::Start, None) + 2.0;
        }
        Ok(page.finish(&self.heading, y, self.data()))
    }

    /// Returns the ticks, and which part of the times has one: so many that numbers stand apart.
    fn times(&self, across: &Scale, form: &Form) -> (Ticks, usize) {
        let decimals = (0..4)
            .find(|&decimals| {
                let power = 10f64.powi(decimals);
                let whole = |time: &f64| (time * power - (time * power).round()).abs() < 1e-6;
                self.risk_times.iter().all(whole)
            })
            .unwrap_or(4) as usize;
        let labels: Vec<String> = self
            .risk_times
            .iter()
            .map(|&time| form.number(time, decimals))
            .collect();
        let width = |place: usize| {
            let tallies = self.arms.iter().map(|arm| form.tally(arm.at_risk[place]));
            tallies.fold(TICK.width(&labels[place]), |most: f64, tally| {
                most.max(TICK.width(&tally))
            })
        };
        let apart = |&every: &usize| {
            let shown: Vec<usize> = (0..labels.len()).step_by(every).collect();
            shown.windows(2).all(|pair| {
                let distance =
                    across.at(self.risk_times[pair[1]]) - across.at(self.risk_times[pair[0]]);
                distance >= (width(pair[0]) + width(pair[1])) / 2.0 + 8.0
            })
        };
        let every = (1..=labels.len())
            .find(apart)
            .unwrap_or(labels.len().max(1));
        let ticks = self.risk_times.iter().copied().zip(labels);
        (Ticks(ticks.step_by(every).collect()), every)
    }

    fn start(&self) -> f64 {
        match self.curve {
            Curve::Survival => 1.0,
            Curve::Incidence => 0.0,
        }
    }

    /// Returns the share at a time, with the step of that time.
    fn value(&self, arm: &SurvivalArm, time: f64) -> f64 {
        let past = arm.steps.partition_point(|(step, _)| *step <= time);
        match past.checked_sub(1) {
            Some(place) => arm.steps[place].1.value,
            None => self.start(),
        }
    }

    fn curve(&self, arm: &SurvivalArm, across: &Scale, up: &Scale) -> Vec<Point> {
        let mut y = up.at(self.start());
        let mut points = vec![(across.at(0.0), y)];
        for (time, point) in &arm.steps {
            let x = across.at(*time);
            points.push((x, y));
            y = up.at(point.value);
            points.push((x, y));
        }
        points.push((across.at(arm.end), y));
        points
    }

    /// Returns the outline of the band, in parts where some steps have none.
    fn band(&self, arm: &SurvivalArm, across: &Scale, up: &Scale) -> Vec<Vec<Point>> {
        let mut outlines = Vec::new();
        let (mut lower, mut upper): (Vec<Point>, Vec<Point>) = Default::default();
        let ends = arm
            .steps
            .iter()
            .skip(1)
            .map(|(time, _)| *time)
            .chain([arm.end]);
        for ((time, point), end) in arm.steps.iter().zip(ends) {
            match point.band {
                Some((low, high)) => {
                    let (from, to) = (across.at(*time), across.at(end));
                    lower.extend([(from, up.at(low)), (to, up.at(low))]);
                    upper.extend([(from, up.at(high)), (to, up.at(high))]);
                }
                None => outlines.push(closed(&mut lower, &mut upper)),
            }
        }
        outlines.push(closed(&mut lower, &mut upper));
        outlines.retain(|outline| !outline.is_empty());
        outlines
    }

    fn check(&self) -> Result<(), FigureError> {
        tell_apart("survival", self.arms.len())?;
        finite("time", self.risk_times.iter().copied().chain([self.until]))?;
        if self.until <= 0.0 {
            return Err(FigureError::Empty { what: "survival" });
        }
        for arm in &self.arms {
            length(&arm.label, arm.at_risk.len(), self.risk_times.len())?;
            let points = arm.steps.iter().flat_map(|(time, point)| {
                let (low, high) = point.band.unwrap_or((point.value, point.value));
                [*time, point.value, low, high]
            });
            let censored = arm.censored.iter().copied();
            finite(&arm.label, points.chain(censored).chain([arm.end]))?;
        }
        Ok(())
    }

    fn data(&self) -> FigureData {
        let mut rows = Vec::new();
        for arm in &self.arms {
            let label = || Cell::from(arm.label.as_str());
            for (time, point) in &arm.steps {
                rows.push(vec![
                    label(),
                    Cell::Number(*time),
                    Cell::Number(point.value),
                    Cell::from(point.band.map(|band| band.0)),
                    Cell::from(point.band.map(|band| band.1)),
                    Cell::Missing,
                ]);
            }
            for (time, tally) in self.risk_times.iter().zip(&arm.at_risk) {
                rows.push(vec![
                    label(),
                    Cell::Number(*time),
                    Cell::Missing,
                    Cell::Missing,
                    Cell::Missing,
                    Cell::from(*tally),
                ]);
            }
        }
        FigureData {
            header: self.words.columns.to_vec(),
            rows,
        }
    }
}

fn closed(lower: &mut Vec<Point>, upper: &mut Vec<Point>) -> Vec<Point> {
    let back = std::mem::take(upper).into_iter().rev();
    std::mem::take(lower).into_iter().chain(back).collect()
}

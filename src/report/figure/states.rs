//! What share of each arm is in which state, week by week.
//!
//! Promises: every week sums to all, or the figure is refused; having no state is a state; a step
//! for each week, so that no week is drawn between two; a week that is withheld is left empty.

use super::axis::{AXIS, Kind, Scale, Ticks, week_ticks};
use super::scene::{Anchor, Bounds, Point, Scene, Stroke};
use super::{
    Cell, Figure, FigureData, FigureError, Form, Heading, INK, MARGIN, MINOR, PLAIN, Page, STRONG,
    Shade, TICK, WIDTH, length,
};

#[derive(Clone, Debug)]
pub struct States {
    pub heading: Heading,
    pub words: StateWords,
    /// Weeks counted from the draw, one after the other.
    pub weeks: Vec<i32>,
    /// From the bottom up.
    pub states: Vec<StateLayer>,
    /// One for each arm.
    pub panels: Vec<StatePanel>,
}

#[derive(Clone, Debug)]
pub struct StateLayer {
    pub label: String,
    pub shade: Shade,
}

#[derive(Clone, Debug)]
pub struct StatePanel {
    /// The arm with its number of persons: `Indsats (n = 135)`.
    pub label: String,
    pub all: u64,
    /// For each week the persons in each state; none for a week that is withheld.
    pub weeks: Vec<Option<Vec<u64>>>,
}

#[derive(Clone, Debug)]
pub struct StateWords {
    /// Names the axis of shares: `Pct.`.
    pub share: String,
    /// Names the axis of weeks.
    pub weeks: String,
    /// Marks week 0.
    pub draw: String,
    /// Of the table: arm, week, state, persons.
    pub columns: [String; 4],
}

/// Between panels: room for half a label of each.
const GAP: f64 = 24.0;

impl States {
    /// Lays the figure out.
    pub fn figure(&self, form: &Form) -> Result<Figure, FigureError> {
        self.check()?;
        let mut page = Page::new(&self.heading, WIDTH);
        let top = page.top;
        let scene = &mut page.scene;
        let quarters = [0.0, 0.25, 0.5, 0.75, 1.0];
        let shares = Ticks(
            quarters
                .map(|share| (share, form.number(100.0 * share, 0)))
                .into(),
        );
        let columns = match self.panels.len() {
            1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        let left = MARGIN + shares.widest() + 8.0;
        let gaps = GAP * (columns - 1) as f64;
        // The last label of the weeks reaches beyond the axis.
        let right = WIDTH - MARGIN - 6.0;
        let width = (right - left - gaps) / columns as f64;
        let height = match columns {
            1 => 280.0,
            2 => 210.0,
            _ => 170.0,
        };
        let lines = PLAIN.wrapped(&self.words.share, WIDTH - 2.0 * MARGIN);
        let mut y = PLAIN.lines(scene, &lines, (MARGIN, top), Anchor::Start, None) + 4.0;
        for row in self.panels.chunks(columns) {
            let labels: Vec<_> = row
                .iter()
                .map(|panel| STRONG.wrapped(&panel.label, width))
                .collect();
            let most = labels.iter().map(Vec::len).max().unwrap_or(0);
            let plot_top = y + STRONG.height(most) + 4.0 + MINOR.leading();
            for (place, (panel, label)) in row.iter().zip(&labels).enumerate() {
                let x = left + place as f64 * (width + GAP);
                let at = (x, y + STRONG.height(most - label.len()));
                STRONG.lines(scene, label, at, Anchor::Start, None);
                let bounds = Bounds::new(x, plot_top, width, height);
                self.panel(scene, panel, bounds, form);
                if place == 0 {
                    let scale =
                        Scale::new(Kind::Straight, (0.0, 1.0), (plot_top + height, plot_top));
                    shares.beside(scene, &scale, x);
                }
            }
            y = plot_top + height + 6.0 + TICK.leading() + 8.0;
        }
        let lines = PLAIN.wrapped(&self.words.weeks, WIDTH - left - MARGIN);
        let at = ((left + WIDTH - MARGIN) / 2.0, y - 6.0);
        y = PLAIN.lines(scene, &lines, at, Anchor::Middle, None) + 10.0;
        y = self.legend(scene, left, y);
        Ok(page.finish(&self.heading, y, self.data()))
    }

    fn panel(&self, scene: &mut Scene, panel: &StatePanel, bounds: Bounds, form: &Form) {
        let (first, last) = (self.weeks[0], self.weeks[self.weeks.len() - 1]);
        let across = Scale::new(
            Kind::Straight,
            (f64::from(first) - 0.5, f64::from(last) + 0.5),
            (bounds.left, bounds.right),
        );
        let up = Scale::new(
            Kind::Straight,
            (0.0, panel.all.max(1) as f64),
            (bounds.bottom, bounds.top),
        );
        for (state, layer) in self.states.iter().enumerate() {
            // Runs of weeks that are shown, each with the layer's lower and upper edge.
            let mut outlines: Vec<Vec<Point>> = Vec::new();
            let mut run: (Vec<Point>, Vec<Point>) = Default::default();
            let mut close = |run: &mut (Vec<Point>, Vec<Point>)| {
                let (lower, upper) = std::mem::take(run);
                if !lower.is_empty() {
                    outlines.push(lower.into_iter().chain(upper.into_iter().rev()).collect());
                }
            };
            for (&week, counts) in self.weeks.iter().zip(&panel.weeks) {
                let counts = counts.as_ref().filter(|counts| counts[state] > 0);
                let Some(counts) = counts else {
                    close(&mut run);
                    continue;
                };
                let below: u64 = counts[..state].iter().sum();
                let (low, high) = (up.at(below as f64), up.at((below + counts[state]) as f64));
                let from = across.at(f64::from(week) - 0.5);
                let to = across.at(f64::from(week) + 0.5);
                // A corner only where the edge moves.
                extend(&mut run.0, from, to, low);
                extend(&mut run.1, from, to, high);
            }
            close(&mut run);
            let edge = Stroke::solid("#ffffff", 0.5);
            scene.area(outlines, layer.shade.fill(), Some(edge));
        }
        let frame = vec![
            (bounds.left, bounds.top),
            (bounds.right, bounds.top),
            (bounds.right, bounds.bottom),
        ];
        scene.line(frame, Stroke::solid("#8a8a8a", 0.6));
        scene.line(
            vec![(bounds.left, bounds.top), (bounds.left, bounds.bottom)],
            AXIS,
        );
        if (first..=last).contains(&0) {
            let x = across.at(0.0);
            // White below black, to be seen on every state.
            let upright = || vec![(x, bounds.top - 3.0), (x, bounds.bottom)];
            scene.line(upright(), Stroke::solid("#ffffff", 2.2));
            scene.line(
                upright(),
                Stroke {
                    colour: INK,
                    width: 1.0,
                    dash: &[3.0, 3.0],
                },
            );
            let half = MINOR.width(&self.words.draw) / 2.0;
            let most = (WIDTH - MARGIN - half).min(bounds.right + GAP - 6.0 - half);
            let at = (x.min(most).max(bounds.left + half), bounds.top - 5.0);
            MINOR.line(scene, &self.words.draw, at, Anchor::Middle);
        }
        let Ticks(mut ticks) = week_ticks(first, last, bounds.width(), form);
        // The labels of neighbouring panels stay apart.
        ticks.retain(|(week, label)| {
            let (x, half) = (across.at(*week), TICK.width(label) / 2.0);
            x + half <= bounds.right + GAP / 2.0 - 3.0 && x - half >= bounds.left - GAP / 2.0 + 3.0
        });
        Ticks(ticks).below(scene, &across, bounds.bottom);
    }

    /// Draws the states in columns, read downwards from the top of the stack.
    fn legend(&self, scene: &mut Scene, left: f64, top: f64) -> f64 {
        const BOX: f64 = 22.0;
        let used: Vec<&StateLayer> = self
            .states
            .iter()
            .enumerate()
            .filter(|(state, _)| {
                let weeks = self
                    .panels
                    .iter()
                    .flat_map(|panel| panel.weeks.iter().flatten());
                weeks.into_iter().any(|counts| counts[*state] > 0)
            })
            .map(|(_, layer)| layer)
            .rev()
            .collect();
        let full = WIDTH - MARGIN - left;
        let widest = PLAIN.widest(used.iter().map(|layer| layer.label.as_str()));
        let columns = ((full / (widest + BOX + 24.0)).floor() as usize).clamp(2, 4);
        let width = full / columns as f64;
        let rows = used.len().div_ceil(columns).max(1);
        let mut bottom = top;
        for (column, layers) in used.chunks(rows).enumerate() {
            let x = left + column as f64 * width;
            let mut y = top;
            for layer in layers {
                let lines = PLAIN.wrapped(&layer.label, width - BOX - 18.0);
                let swatch = Bounds::new(x, y + 1.5, BOX, 12.0);
                let edge = Stroke::solid(INK, 0.5);
                scene.rect(swatch, layer.shade.fill(), Some(edge));
                let at = (x + BOX + 6.0, y);
                y = PLAIN.lines(scene, &lines, at, Anchor::Start, None) + 3.0;
            }
            bottom = bottom.max(y);
        }
        bottom
    }

    fn check(&self) -> Result<(), FigureError> {
        if self.weeks.is_empty() || self.panels.is_empty() || self.states.is_empty() {
            return Err(FigureError::Empty { what: "states" });
        }
        for panel in &self.panels {
            length(&panel.label, panel.weeks.len(), self.weeks.len())?;
            for (&week, counts) in self.weeks.iter().zip(&panel.weeks) {
                let Some(counts) = counts else { continue };
                length(&panel.label, counts.len(), self.states.len())?;
                let found = counts.iter().sum();
                if found != panel.all {
                    return Err(FigureError::NotAll {
                        panel: panel.label.clone(),
                        week,
                        found,
                        expected: panel.all,
                    });
                }
            }
        }
        Ok(())
    }

    fn data(&self) -> FigureData {
        let mut rows = Vec::new();
        for panel in &self.panels {
            for (week, counts) in self.weeks.iter().zip(&panel.weeks) {
                for (state, layer) in self.states.iter().enumerate() {
                    rows.push(vec![
                        Cell::from(panel.label.as_str()),
                        Cell::Number(f64::from(*week)),
                        Cell::from(layer.label.as_str()),
                        match counts {
                            Some(counts) => Cell::Count(counts[state]),
                            None => Cell::Withheld,
                        },
                    ]);
                }
            }
        }
        FigureData {
            header: self.words.columns.to_vec(),
            rows,
        }
    }
}

/// Continues an edge at height `y` to `to`.
fn extend(edge: &mut Vec<Point>, from: f64, to: f64, y: f64) {
    if edge.len() >= 2
        && let Some(last) = edge.last_mut()
        && last.1 == y
    {
        last.0 = to;
        return;
    }
    edge.extend([(from, y), (to, y)]);
}

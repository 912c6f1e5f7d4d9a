//! How alike the arms were before the draw took effect: standardised differences.
//!
//! Promises: each difference stands on the band of what the draw itself gives, replayed, not on a
//! rule of thumb; nothing is starred.

use super::axis::{Kind, Scale, round_range};
use super::scene::{Anchor, Bounds, Fill, Stroke};
use super::{
    ARMS, Banded, Cell, Figure, FigureData, FigureError, Form, Heading, MARGIN, PLAIN, Page,
    STRONG, WIDTH, finite, length, tell_apart,
};

#[derive(Clone, Debug)]
pub struct Balance {
    pub heading: Heading,
    pub words: BalanceWords,
    /// Names each contrast, with the place of its arm among the arms of the plan.
    pub contrasts: Vec<(String, usize)>,
    pub groups: Vec<BalanceGroup>,
}

/// Rows below a common name, such as the levels of a factor; the name may be empty.
#[derive(Clone, Debug)]
pub struct BalanceGroup {
    pub label: String,
    pub rows: Vec<BalanceRow>,
}

#[derive(Clone, Debug)]
pub struct BalanceRow {
    pub label: String,
    /// For each contrast: the difference in standard deviations, and the band from replays.
    pub marks: Vec<Option<Banded>>,
}

#[derive(Clone, Debug)]
pub struct BalanceWords {
    /// Names the axis.
    pub axis: String,
    /// Names the band: `95 pct. af 10.000 nye lodtrækninger`.
    pub band: String,
    /// Of the table: group, row, contrast, difference, low, high.
    pub columns: [String; 6],
}

const INDENT: f64 = 12.0;
/// Distance of the marks of contrasts in a row.
const STEP: f64 = 10.0;
const BAND: &str = "#d9d9d9";

impl Balance {
    /// Lays the figure out.
    pub fn figure(&self, form: &Form) -> Result<Figure, FigureError> {
        self.check()?;
        let mut page = Page::new(&self.heading, WIDTH);
        let top = page.top;
        let scene = &mut page.scene;
        let natural = self
            .groups
            .iter()
            .flat_map(|group| group.rows.iter().map(move |row| (group, row)))
            .map(|(group, row)| PLAIN.width(&row.label) + indent(group))
            .fold(80.0, f64::max);
        let label_width = natural.min(250.0) + 1.0;
        let left = MARGIN + label_width + 16.0;
        let right = WIDTH - MARGIN - 10.0;
        let most = self
            .marks()
            .flat_map(|mark| {
                let (low, high) = mark.band.unwrap_or((0.0, 0.0));
                [mark.value.abs(), low.abs(), high.abs()]
            })
            .fold(0.1, f64::max);
        let (low, high, ticks) = round_range(-most, most, 6, 1.0, form);
        let across = Scale::new(Kind::Straight, (low, high), (left, right));

        let mut y = self.legend(scene, top);
        let plot_top = y;
        // Put in once the height of the plot is known: bands, then the null line, then these.
        let mut points = Vec::new();
        let contrasts = self.contrasts.len();
        for group in &self.groups {
            if !group.label.is_empty() {
                let lines = STRONG.wrapped(&group.label, label_width);
                y = STRONG.lines(scene, &lines, (MARGIN, y + 3.0), Anchor::Start, None);
            }
            for row in &group.rows {
                let lines = PLAIN.wrapped(&row.label, label_width - indent(group));
                let marks = STEP * contrasts as f64 + 8.0;
                let height = marks.max(PLAIN.height(lines.len()) + 4.0);
                let middle = y + height / 2.0;
                let at = (
                    MARGIN + indent(group),
                    middle - PLAIN.height(lines.len()) / 2.0,
                );
                PLAIN.lines(scene, &lines, at, Anchor::Start, None);
                for (contrast, mark) in row.marks.iter().enumerate() {
                    let Some(mark) = mark else { continue };
                    let place = contrast as f64 - (contrasts as f64 - 1.0) / 2.0;
                    let at = middle + place * STEP;
                    if let Some((low, high)) = mark.band {
                        let (from, to) = (across.at(low), across.at(high));
                        let bar = Bounds::new(from, at - 4.0, to - from, 8.0);
                        scene.rect(bar, Fill::Plain(BAND), None);
                    }
                    let style = ARMS[self.contrasts[contrast].1];
                    points.push((style, (across.at(mark.value), at)));
                }
                y += height;
            }
        }
        y += 4.0;
        let zero = across.at(0.0);
        scene.line(
            vec![(zero, plot_top), (zero, y)],
            Stroke::solid("#8a8a8a", 0.8),
        );
        for (style, at) in points {
            style.mark(scene, at);
        }
        let under = ticks.thinned(&across).below(scene, &across, y);
        let lines = PLAIN.wrapped(&self.words.axis, right - left);
        let at = ((left + right) / 2.0, under + 2.0);
        let bottom = PLAIN.lines(scene, &lines, at, Anchor::Middle, None);
        Ok(page.finish(&self.heading, bottom, self.data()))
    }

    /// Explains band and marks in lines above the plot, and returns where they end.
    fn legend(&self, scene: &mut super::Scene, top: f64) -> f64 {
        const SAMPLE: f64 = 22.0;
        let mut entries: Vec<(Option<usize>, &str)> = Vec::new();
        if self.contrasts.len() > 1 {
            let marks = self.contrasts.iter();
            entries.extend(marks.map(|(label, arm)| (Some(*arm), label.as_str())));
        }
        if self.marks().any(|mark| mark.band.is_some()) {
            entries.push((None, &self.words.band));
        }
        let (mut x, mut y) = (MARGIN, top);
        let most = WIDTH - 2.0 * MARGIN - SAMPLE - 6.0;
        let mut deepest = y;
        for (arm, label) in entries {
            let lines = PLAIN.wrapped(label, most);
            let width = SAMPLE + 6.0 + PLAIN.widest(lines.iter().map(String::as_str));
            if x > MARGIN && x + width > WIDTH - MARGIN {
                x = MARGIN;
                y = deepest + 2.0;
            }
            let middle = y + PLAIN.leading() / 2.0;
            match arm {
                Some(arm) => ARMS[arm].mark(scene, (x + SAMPLE / 2.0, middle)),
                None => scene.rect(
                    Bounds::new(x, middle - 4.0, SAMPLE, 8.0),
                    Fill::Plain(BAND),
                    None,
                ),
            }
            let at = (x + SAMPLE + 6.0, y);
            deepest = deepest.max(PLAIN.lines(scene, &lines, at, Anchor::Start, None));
            x += width + 22.0;
        }
        deepest + 8.0
    }

    fn marks(&self) -> impl Iterator<Item = &Banded> {
        self.groups
            .iter()
            .flat_map(|group| &group.rows)
            .flat_map(|row| row.marks.iter().flatten())
    }

    fn check(&self) -> Result<(), FigureError> {
        tell_apart("balance", self.contrasts.len())?;
        for (_, arm) in &self.contrasts {
            tell_apart("balance", arm + 1)?;
        }
        if self.groups.iter().all(|group| group.rows.is_empty()) {
            return Err(FigureError::Empty { what: "balance" });
        }
        for row in self.groups.iter().flat_map(|group| &group.rows) {
            length(&row.label, row.marks.len(), self.contrasts.len())?;
            let values = row.marks.iter().flatten().flat_map(|mark| {
                let (low, high) = mark.band.unwrap_or((0.0, 0.0));
                [mark.value, low, high]
            });
            finite(&row.label, values)?;
        }
        Ok(())
    }

    fn data(&self) -> FigureData {
        let mut rows = Vec::new();
        for group in &self.groups {
            for row in &group.rows {
                for ((contrast, _), mark) in self.contrasts.iter().zip(&row.marks) {
                    let band = mark.and_then(|mark| mark.band);
                    rows.push(vec![
                        Cell::from(group.label.as_str()),
                        Cell::from(row.label.as_str()),
                        Cell::from(contrast.as_str()),
                        Cell::from(mark.map(|mark| mark.value)),
                        Cell::from(band.map(|band| band.0)),
                        Cell::from(band.map(|band| band.1)),
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

fn indent(group: &BalanceGroup) -> f64 {
    match group.label.is_empty() {
        true => 0.0,
        false => INDENT,
    }
}

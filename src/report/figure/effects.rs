//! Effects with their intervals: differences on a straight axis, ratios on a logarithmic one.
//!
//! Promises: rows of unlike units never share an axis; an interval without an end has an arrow,
//! an effect without a value has no mark. Numbers beside the marks come in as text.

use super::axis::{AXIS, Kind, Scale, Ticks, ratio_ticks, round_range};
use super::scene::{Anchor, Bounds, Fill, Scene, Stroke};
use super::{
    Cell, Figure, FigureData, FigureError, Form, Heading, INK, MARGIN, MINOR, PLAIN, Page, STRONG,
    WIDTH, finite,
};

#[derive(Clone, Debug)]
pub struct Effects {
    pub heading: Heading,
    pub words: EffectWords,
    /// Each with an axis of its own for differences.
    pub blocks: Vec<EffectBlock>,
}

/// Outcomes of one unit.
#[derive(Clone, Debug)]
pub struct EffectBlock {
    /// Names the axis: `Procentpoint`.
    pub unit: String,
    pub groups: Vec<EffectGroup>,
}

/// The contrasts of one outcome.
#[derive(Clone, Debug)]
pub struct EffectGroup {
    /// The outcome; empty for none.
    pub label: String,
    pub rows: Vec<EffectRow>,
}

#[derive(Clone, Debug)]
pub struct EffectRow {
    pub label: String,
    pub rank: Rank,
    pub difference: Option<Effect>,
    pub ratio: Option<Effect>,
}

/// Primary outcomes have a full mark, others a hollow one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rank {
    Primary,
    Secondary,
}

#[derive(Clone, Debug)]
pub struct Effect {
    pub value: Option<f64>,
    pub low: Bound,
    pub high: Bound,
    /// The value as it is printed.
    pub value_text: String,
    /// The interval as it is printed.
    pub interval_text: String,
}

/// An end of an interval.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bound {
    At(f64),
    /// The interval goes on without an end.
    Open,
    Undefined,
}

#[derive(Clone, Debug)]
pub struct EffectWords {
    /// Heads the differences.
    pub difference: String,
    /// Heads the ratios.
    pub ratio: String,
    /// Names the axis of ratios.
    pub ratio_axis: String,
    /// Of the table: outcome, contrast, unit, scale (difference or ratio), value, low, high.
    pub columns: [String; 7],
}

const ROW: f64 = 20.0;
const INDENT: f64 = 10.0;
const SPACE: f64 = 8.0;
/// Between the differences and the ratios.
const GUTTER: f64 = 20.0;

/// A column of text with a plot beside it.
struct Panel {
    kind: Kind,
    /// Right edges of value and interval, and the plot.
    value: f64,
    interval: f64,
    plot: (f64, f64),
}

impl Effects {
    /// Lays the figure out.
    pub fn figure(&self, form: &Form) -> Result<Figure, FigureError> {
        self.check()?;
        let ratios = self.rows().any(|(_, row)| row.ratio.is_some());
        let kinds: &[Kind] = match ratios {
            true => &[Kind::Straight, Kind::Logarithmic],
            false => &[Kind::Straight],
        };
        let texts: Vec<(f64, f64)> = kinds.iter().map(|&kind| self.text_widths(kind)).collect();
        let fixed: f64 = texts
            .iter()
            .map(|(a, b)| a + b + 3.0 * SPACE + 6.0)
            .sum::<f64>()
            + GUTTER * kinds.len() as f64;
        let natural = self
            .rows()
            .map(|(group, row)| PLAIN.width(&row.label) + indent(group))
            .fold(60.0, f64::max);
        let plots = kinds.len() as f64;
        let free = WIDTH - 2.0 * MARGIN - fixed;
        // Long names take room from the page, which becomes wider, rather than many lines.
        let label_width = natural.min((free - plots * 125.0).max(230.0));
        let plot = ((free - label_width) / plots).clamp(100.0, 300.0);
        let width = WIDTH.max(2.0 * MARGIN + fixed + label_width + plots * plot);
        let mut panels = Vec::new();
        let mut x = MARGIN + label_width;
        for (&kind, (value, interval)) in kinds.iter().zip(&texts) {
            let value = x + GUTTER + value;
            let interval = value + SPACE + interval;
            let left = interval + 2.0 * SPACE;
            panels.push(Panel {
                kind,
                value,
                interval,
                plot: (left, left + plot),
            });
            x = left + plot + 6.0;
        }

        let mut page = Page::new(&self.heading, width);
        let top = page.top;
        let scene = &mut page.scene;
        // The headings of the panels stand on one line at the bottom.
        let heads: Vec<Vec<String>> = panels
            .iter()
            .zip(&texts)
            .map(|(panel, (value, _))| {
                let head = match panel.kind {
                    Kind::Straight => &self.words.difference,
                    Kind::Logarithmic => &self.words.ratio,
                };
                STRONG.wrapped(head, panel.plot.1 - (panel.value - value))
            })
            .collect();
        let most = heads.iter().map(Vec::len).max().unwrap_or(0);
        for ((panel, (value, _)), lines) in panels.iter().zip(&texts).zip(&heads) {
            let at = (panel.value - value, top + STRONG.height(most - lines.len()));
            STRONG.lines(scene, lines, at, Anchor::Start, None);
        }
        let mut y = top + STRONG.height(most) + 4.0;
        scene.line(vec![(MARGIN, y), (width - MARGIN, y)], AXIS);
        let ratio_scale = panels.get(1).map(|panel| self.ratio_scale(panel, form));
        // The axis of ratios is the same for all and stands below the last of them.
        let last_ratio = self
            .blocks
            .iter()
            .rposition(|block| block.has(Kind::Logarithmic));
        for (place, block) in self.blocks.iter().enumerate() {
            let last = place + 1 == self.blocks.len();
            let scale = difference_scale(block, &panels[0], form);
            let mut scales = vec![scale];
            scales.extend(ratio_scale.clone());
            y += 4.0;
            let begin = y;
            // Null lines lie below the marks, so they are put in afterwards, in their place.
            let below = scene.marks.len();
            for group in &block.groups {
                y = self.group(scene, group, y, label_width, &panels, &scales);
            }
            let mut nulls = Scene::new(width);
            for (panel, (scale, _)) in panels.iter().zip(&scales) {
                if !block.has(panel.kind) {
                    continue;
                }
                let null = match panel.kind {
                    Kind::Straight => 0.0,
                    Kind::Logarithmic => 1.0,
                };
                let x = scale.at(null);
                nulls.line(vec![(x, begin), (x, y)], Stroke::solid("#8a8a8a", 0.8));
            }
            scene.marks.splice(below..below, nulls.marks);
            let mut bottom = y;
            for (panel, (scale, ticks)) in panels.iter().zip(&scales) {
                let (name, shown) = match panel.kind {
                    Kind::Straight => (&block.unit, block.has(Kind::Straight)),
                    Kind::Logarithmic => (&self.words.ratio_axis, Some(place) == last_ratio),
                };
                if !shown {
                    continue;
                }
                let under = ticks.below(scene, scale, y);
                let (left, right) = panel.plot;
                let lines = MINOR.wrapped(name, right - left + 6.0);
                let at = ((left + right) / 2.0, under + 1.0);
                bottom = bottom.max(MINOR.lines(scene, &lines, at, Anchor::Middle, None));
            }
            y = bottom + if last { 0.0 } else { 8.0 };
            if !last {
                let rule = vec![(MARGIN, y), (width - MARGIN, y)];
                scene.line(rule, Stroke::solid("#cfcfcf", 0.8));
            }
        }
        Ok(page.finish(&self.heading, y, self.data()))
    }

    fn group(
        &self,
        scene: &mut Scene,
        group: &EffectGroup,
        mut y: f64,
        label_width: f64,
        panels: &[Panel],
        scales: &[(Scale, Ticks)],
    ) -> f64 {
        if !group.label.is_empty() {
            // The outcome may run on into the columns of text, whose rows begin below it.
            let most = panels[0].plot.0 - SPACE - MARGIN;
            let lines = STRONG.wrapped(&group.label, most);
            y = STRONG.lines(scene, &lines, (MARGIN, y), Anchor::Start, None) + 1.0;
        }
        for row in &group.rows {
            let indent = indent(group);
            let lines = PLAIN.wrapped(&row.label, label_width - indent);
            let height = ROW.max(PLAIN.height(lines.len()) + 4.0);
            let middle = y + height / 2.0;
            let at = (MARGIN + indent, middle - PLAIN.height(lines.len()) / 2.0);
            PLAIN.lines(scene, &lines, at, Anchor::Start, None);
            for (panel, (scale, _)) in panels.iter().zip(scales) {
                let Some(effect) = effect(row, panel.kind) else {
                    continue;
                };
                let baseline = middle + PLAIN.centre();
                let at = (panel.value, baseline);
                PLAIN.line(scene, &effect.value_text, at, Anchor::End);
                let at = (panel.interval, baseline);
                PLAIN.line(scene, &effect.interval_text, at, Anchor::End);
                mark(scene, effect, row.rank, panel, scale, middle);
            }
            y += height;
        }
        y + 5.0
    }

    fn ratio_scale(&self, panel: &Panel, form: &Form) -> (Scale, Ticks) {
        let effects: Vec<&Effect> = self
            .rows()
            .filter_map(|(_, row)| row.ratio.as_ref())
            .collect();
        let values = || {
            effects
                .iter()
                .filter_map(|effect| effect.value)
                .filter(|v| *v > 0.0)
        };
        // An axis that shows every far end would show nothing else.
        let least = values().fold(1.0 / 8.0, |least: f64, value| least.min(value / 1.5));
        let most = values().fold(8.0, |most: f64, value| most.max(value * 1.5));
        let ends = effects.iter().flat_map(|effect| [effect.low, effect.high]);
        let ends = ends.filter_map(|end| match end {
            Bound::At(value) if value > 0.0 => Some(value.clamp(least, most)),
            _ => None,
        });
        let (mut low, mut high) = (1.0f64 / 1.25, 1.25f64);
        for value in ends.chain(values()) {
            low = low.min(value);
            high = high.max(value);
        }
        let pad = (high / low).powf(0.04);
        let range = (low / pad, high * pad);
        let scale = Scale::new(Kind::Logarithmic, range, panel.plot);
        let ticks = ratio_ticks(range.0, range.1, form).thinned(&scale);
        (scale, ticks)
    }

    fn text_widths(&self, kind: Kind) -> (f64, f64) {
        let effects = || self.rows().filter_map(|(_, row)| effect(row, kind));
        (
            PLAIN.widest(effects().map(|effect| effect.value_text.as_str())),
            PLAIN.widest(effects().map(|effect| effect.interval_text.as_str())),
        )
    }

    fn rows(&self) -> impl Iterator<Item = (&EffectGroup, &EffectRow)> {
        self.blocks
            .iter()
            .flat_map(|block| &block.groups)
            .flat_map(|group| group.rows.iter().map(move |row| (group, row)))
    }

    fn check(&self) -> Result<(), FigureError> {
        if self.rows().next().is_none() {
            return Err(FigureError::Empty { what: "effects" });
        }
        for (_, row) in self.rows() {
            for effect in [&row.difference, &row.ratio].into_iter().flatten() {
                let ends = [effect.low, effect.high]
                    .into_iter()
                    .filter_map(|end| match end {
                        Bound::At(value) => Some(value),
                        _ => None,
                    });
                finite(&row.label, effect.value.into_iter().chain(ends))?;
            }
        }
        Ok(())
    }

    fn data(&self) -> FigureData {
        let mut rows = Vec::new();
        for block in &self.blocks {
            for group in &block.groups {
                for row in &group.rows {
                    for (scale, unit, effect) in [
                        (&self.words.difference, &block.unit, &row.difference),
                        (&self.words.ratio, &self.words.ratio_axis, &row.ratio),
                    ] {
                        let Some(effect) = effect else { continue };
                        let end = |end| match end {
                            Bound::At(value) => Cell::Number(value),
                            Bound::Open => Cell::from("∞"),
                            Bound::Undefined => Cell::Missing,
                        };
                        let low = match effect.low {
                            Bound::Open => Cell::from("−∞"),
                            low => end(low),
                        };
                        rows.push(vec![
                            Cell::from(group.label.as_str()),
                            Cell::from(row.label.as_str()),
                            Cell::from(unit.as_str()),
                            Cell::from(scale.as_str()),
                            Cell::from(effect.value),
                            low,
                            end(effect.high),
                        ]);
                    }
                }
            }
        }
        FigureData {
            header: self.words.columns.to_vec(),
            rows,
        }
    }
}

impl EffectBlock {
    /// Whether there is anything to mark on the axis.
    fn has(&self, kind: Kind) -> bool {
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        rows.filter_map(|row| effect(row, kind)).any(|effect| {
            let ends = [effect.low, effect.high];
            effect.value.is_some() || ends.iter().any(|end| *end != Bound::Undefined)
        })
    }
}

fn indent(group: &EffectGroup) -> f64 {
    match group.label.is_empty() {
        true => 0.0,
        false => INDENT,
    }
}

fn effect(row: &EffectRow, kind: Kind) -> Option<&Effect> {
    match kind {
        Kind::Straight => row.difference.as_ref(),
        Kind::Logarithmic => row.ratio.as_ref(),
    }
}

fn difference_scale(block: &EffectBlock, panel: &Panel, form: &Form) -> (Scale, Ticks) {
    let (mut low, mut high) = (0.0f64, 0.0f64);
    for row in block.groups.iter().flat_map(|group| &group.rows) {
        let Some(effect) = &row.difference else {
            continue;
        };
        let ends = [effect.low, effect.high]
            .into_iter()
            .filter_map(|end| match end {
                Bound::At(value) => Some(value),
                _ => None,
            });
        for value in ends.chain(effect.value) {
            low = low.min(value);
            high = high.max(value);
        }
    }
    let (low, high, ticks) = round_range(low, high, 4, 1.0, form);
    let scale = Scale::new(Kind::Straight, (low, high), panel.plot);
    (scale, ticks.thinned(&scale))
}

/// Draws the interval and the value of a row.
fn mark(scene: &mut Scene, effect: &Effect, rank: Rank, panel: &Panel, scale: &Scale, y: f64) {
    const HEAD: f64 = 3.2;
    let (left, right) = panel.plot;
    // Without a value an interval may still stand, as of a ratio to nobody.
    interval(scene, effect, panel, scale, y);
    let Some(value) = effect.value else { return };
    if panel.kind == Kind::Logarithmic && value <= 0.0 {
        return;
    }
    let x = scale.at(value).clamp(left, right);
    let square = Bounds::new(x - HEAD, y - HEAD, 2.0 * HEAD, 2.0 * HEAD);
    match rank {
        Rank::Primary => scene.rect(square, Fill::Plain(INK), None),
        Rank::Secondary => {
            let edge = Stroke::solid(INK, 1.3);
            scene.rect(square, Fill::Plain("#ffffff"), Some(edge));
        }
    }
}

fn interval(scene: &mut Scene, effect: &Effect, panel: &Panel, scale: &Scale, y: f64) {
    let (left, right) = panel.plot;
    let stroke = Stroke::solid(INK, 1.3);
    // A place, and whether the interval goes on beyond it.
    let place = |end: Bound, edge: f64| match end {
        Bound::Undefined => None,
        Bound::Open => Some((edge, true)),
        Bound::At(value) if panel.kind == Kind::Logarithmic && value <= 0.0 => Some((left, true)),
        Bound::At(value) => {
            let x = scale.at(value);
            let beyond = x < left - 0.01 || x > right + 0.01;
            Some((x.clamp(left, right), beyond))
        }
    };
    let (low, high) = (place(effect.low, left), place(effect.high, right));
    let middle = effect
        .value
        .filter(|&value| panel.kind == Kind::Straight || value > 0.0)
        .map(|value| scale.at(value).clamp(left, right));
    let start = middle.or(low.map(|low| low.0)).or(high.map(|high| high.0));
    let Some(start) = start else { return };
    for (x, beyond) in [low, high].into_iter().flatten() {
        match beyond {
            true => scene.arrow(vec![(start, y), (x, y)], stroke),
            false => {
                scene.line(vec![(start, y), (x, y)], stroke);
                let end = vec![(x, y - 3.0), (x, y + 3.0)];
                scene.line(end, stroke);
            }
        }
    }
}

//! Axes: where ticks stand, which labels fit, and where labels of lines go.

use super::scene::{Anchor, Scene, Stroke};
use super::{Form, INK, Lettering, TICK};

/// A straight or logarithmic map from values to places.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Straight,
    Logarithmic,
}

impl Scale {
    /// Maps `low` to `from` and `high` to `to`; `low` < `high`, and both positive for a logarithm.
    pub fn new(kind: Kind, (low, high): (f64, f64), (from, to): (f64, f64)) -> Scale {
        let turned = |value: f64| match kind {
            Kind::Straight => value,
            Kind::Logarithmic => value.ln(),
        };
        Scale {
            low: turned(low),
            high: turned(high),
            from,
            to,
            kind,
        }
    }

    pub fn at(&self, value: f64) -> f64 {
        let value = match self.kind {
            Kind::Straight => value,
            Kind::Logarithmic => value.ln(),
        };
        self.from + (self.to - self.from) * (value - self.low) / (self.high - self.low)
    }
}

/// Ticks with their labels.
#[derive(Clone, Debug)]
pub struct Ticks(pub Vec<(f64, String)>);

/// Returns a range of round numbers that holds the values, and round ticks in it, about as many
/// as asked for. `factor` is what labels show one as, 100 for per cent.
pub fn round_range(
    low: f64,
    high: f64,
    about: usize,
    factor: f64,
    form: &Form,
) -> (f64, f64, Ticks) {
    let (low, high) = match high > low {
        true => (low, high),
        // One value: a range of a tenth of it around it, or of 1 around 0.
        false => {
            let half = if low == 0.0 { 0.5 } else { low.abs() / 20.0 };
            (low - half, high + half)
        }
    };
    let (step, decimals) = step_of(factor * (high - low) / about.max(1) as f64);
    // A step more is not taken for what rounding adds.
    let first = (factor * low / step + 1e-9).floor();
    let last = (factor * high / step - 1e-9).ceil();
    let mut ticks = Vec::new();
    let mut count = first;
    while count <= last {
        let shown = count * step;
        ticks.push((shown / factor, form.number(shown, decimals)));
        count += 1.0;
    }
    (first * step / factor, last * step / factor, Ticks(ticks))
}

/// Returns the round step (1, 2, 5, 10 … times a power of ten) that is at least `least`, and the
/// decimals that show it.
fn step_of(least: f64) -> (f64, usize) {
    let mut power = least.log10().floor() as i32;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            let step = match power {
                0.. => factor * 10f64.powi(power),
                _ => factor / 10f64.powi(-power),
            };
            if step >= least * (1.0 - 1e-9) {
                return (step, (-power).max(0) as usize);
            }
        }
        power += 1;
    }
}

/// Returns ticks for ratios between `low` and `high`.
pub fn ratio_ticks(low: f64, high: f64, form: &Form) -> Ticks {
    let spread = high / low;
    let bases: &[f64] = match spread {
        s if s < 3.0 => return round_within(low, high, form),
        s if s < 9.0 => &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
        s if s < 120.0 => &[1.0, 2.0, 5.0],
        s if s < 2_000.0 => &[1.0, 3.0],
        _ => &[1.0],
    };
    let mut ticks = Vec::new();
    let within = |value: f64| value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9);
    for power in low.log10().floor() as i32 - 1..=high.log10().ceil() as i32 {
        for &base in bases {
            let (value, decimals) = match power {
                0.. => (base * 10f64.powi(power), 0),
                _ => (base / 10f64.powi(-power), -power as usize),
            };
            let half = usize::from(base.fract() != 0.0 && power <= 0);
            if within(value) {
                ticks.push((value, form.number(value, decimals + half)));
            }
        }
    }
    Ticks(ticks)
}

fn round_within(low: f64, high: f64, form: &Form) -> Ticks {
    let (_, _, Ticks(mut ticks)) = round_range(low, high, 4, 1.0, form);
    ticks.retain(|&(value, _)| value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9));
    Ticks(ticks)
}

/// Returns ticks at whole weeks that are multiples of a quarter, half a year, a year …
pub fn week_ticks(first: i32, last: i32, width: f64, form: &Form) -> Ticks {
    let span = f64::from(last) - f64::from(first) + 1.0;
    let label = |week: i32| form.number(f64::from(week), 0);
    let widest = TICK.widest([label(first).as_str(), label(last).as_str()]);
    let fits = |&step: &i32| width / (span / f64::from(step)) >= widest + 14.0;
    let step = [1, 2, 4, 13, 26, 52, 104, 260, 520, 1_040]
        .into_iter()
        .find(fits)
        .unwrap_or(2_600);
    let weeks = (first..=last).filter(|week| week.rem_euclid(step) == 0);
    let mut ticks: Vec<_> = weeks.map(|week| (f64::from(week), label(week))).collect();
    if ticks.is_empty() {
        ticks.push((f64::from(first), label(first)));
    }
    Ticks(ticks)
}

impl Ticks {
    /// Drops every other label until they stand apart.
    pub fn thinned(self, scale: &Scale) -> Ticks {
        let Ticks(mut ticks) = self;
        loop {
            let apart = ticks.windows(2).all(|pair| {
                let distance = (scale.at(pair[1].0) - scale.at(pair[0].0)).abs();
                distance >= (TICK.width(&pair[0].1) + TICK.width(&pair[1].1)) / 2.0 + 6.0
            });
            if apart || ticks.len() <= 2 {
                return Ticks(ticks);
            }
            // What stays is on both sides of zero or of a ratio of one.
            let middle = ticks
                .iter()
                .position(|(value, _)| {
                    *value
                        == if scale.kind == Kind::Straight {
                            0.0
                        } else {
                            1.0
                        }
                })
                .unwrap_or(0);
            ticks = ticks
                .into_iter()
                .enumerate()
                .filter(|(place, _)| place.abs_diff(middle) % 2 == 0)
                .map(|(_, tick)| tick)
                .collect();
        }
    }

    pub fn widest(&self) -> f64 {
        TICK.widest(self.0.iter().map(|(_, label)| label.as_str()))
    }

    /// Draws a level axis at `y` and returns where its labels end.
    pub fn below(&self, scene: &mut Scene, scale: &Scale, y: f64) -> f64 {
        let mut strokes = vec![vec![(scale.from, y), (scale.to, y)]];
        for (value, label) in &self.0 {
            let x = scale.at(*value);
            strokes.push(vec![(x, y), (x, y + 4.0)]);
            TICK.line(scene, label, (x, y + 6.0 + TICK.drop()), Anchor::Middle);
        }
        scene.lines(strokes, AXIS);
        y + 6.0 + TICK.leading()
    }

    /// Draws an upright axis at `x`.
    pub fn beside(&self, scene: &mut Scene, scale: &Scale, x: f64) {
        let mut strokes = vec![vec![(x, scale.from), (x, scale.to)]];
        for (value, label) in &self.0 {
            let y = scale.at(*value);
            strokes.push(vec![(x, y), (x - 4.0, y)]);
            TICK.line(scene, label, (x - 7.0, y + TICK.centre()), Anchor::End);
        }
        scene.lines(strokes, AXIS);
    }

    /// Draws a faint line across for each tick.
    pub fn guides(&self, scene: &mut Scene, scale: &Scale, (left, right): (f64, f64)) {
        let guides = self.0.iter().map(|(value, _)| {
            let y = scale.at(*value);
            vec![(left, y), (right, y)]
        });
        scene.lines(guides.collect(), Stroke::solid("#ececec", 0.8));
    }
}

pub const AXIS: Stroke = Stroke::solid(INK, 0.8);

/// Returns places for blocks of the given heights, in the order given, as near as may be to their
/// targets: no two overlap, and all are between `low` and `high` where there is room. Heights
/// include the space around a block.
pub fn spread(blocks: &[(f64, f64)], (low, high): (f64, f64)) -> Vec<f64> {
    // Neighbours that would overlap are joined and stand around the mean of their targets.
    struct Group {
        members: Vec<usize>,
        height: f64,
        /// Sum over members of where the group's top would be if that member stood at its target.
        tops: f64,
    }
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by(|&a, &b| blocks[a].0.total_cmp(&blocks[b].0).then(a.cmp(&b)));
    let top = |group: &Group| {
        let wished = group.tops / group.members.len() as f64;
        wished.min(high - group.height).max(low)
    };
    let mut groups: Vec<Group> = Vec::new();
    for index in order {
        let (target, height) = blocks[index];
        let mut group = Group {
            members: vec![index],
            height,
            tops: target - height / 2.0,
        };
        while let Some(above) = groups.pop_if(|above| top(above) + above.height > top(&group)) {
            let count = group.members.len() as f64;
            group = Group {
                tops: above.tops + group.tops - count * above.height,
                height: above.height + group.height,
                members: [above.members, group.members].concat(),
            };
        }
        groups.push(group);
    }
    let mut centres = vec![0.0; blocks.len()];
    for group in &groups {
        let mut at = top(group);
        for &member in &group.members {
            centres[member] = at + blocks[member].1 / 2.0;
            at += blocks[member].1;
        }
    }
    centres
}

/// A name beside the end of a line.
pub struct EndLabel<'a> {
    pub text: &'a str,
    pub style: super::Style,
    /// How high the line ends.
    pub end: f64,
}

/// Width of the sample of a line that stands before its name.
const SAMPLE: f64 = 24.0;
const LEAD: f64 = 10.0;

/// Returns the width that names beside a plot take, at most `most`.
pub fn end_label_width<'a>(texts: impl IntoIterator<Item = &'a str>, most: f64) -> f64 {
    let widest = PLAIN_LABEL.widest(texts);
    (LEAD + SAMPLE + 5.0 + widest + 1.0).min(most)
}

const PLAIN_LABEL: Lettering = super::PLAIN;

/// Returns the height that names beside a plot take together.
pub fn end_label_height<'a>(texts: impl IntoIterator<Item = &'a str>, width: f64) -> f64 {
    let most = width - LEAD - SAMPLE - 5.0;
    texts
        .into_iter()
        .map(|text| PLAIN_LABEL.height(PLAIN_LABEL.wrapped(text, most).len()) + 4.0)
        .sum()
}

/// Writes the names of lines to the right of a plot that ends at `x`, each as near to the end of
/// its line as the others let it.
pub fn end_labels(scene: &mut Scene, labels: &[EndLabel], x: f64, width: f64, range: (f64, f64)) {
    let most = width - LEAD - SAMPLE - 5.0;
    let lines: Vec<_> = labels
        .iter()
        .map(|label| PLAIN_LABEL.wrapped(label.text, most))
        .collect();
    let blocks: Vec<_> = labels
        .iter()
        .zip(&lines)
        .map(|(label, lines)| (label.end, PLAIN_LABEL.height(lines.len()) + 4.0))
        .collect();
    for ((label, lines), middle) in labels.iter().zip(&lines).zip(spread(&blocks, range)) {
        let lead = vec![(x + 1.0, label.end), (x + LEAD - 1.0, middle)];
        scene.line(lead, Stroke::solid("#9a9a9a", 0.6));
        let sample = vec![(x + LEAD, middle), (x + LEAD + SAMPLE, middle)];
        scene.line(sample, label.style.stroke(1.8));
        let top = middle - PLAIN_LABEL.height(lines.len()) / 2.0;
        let at = (x + LEAD + SAMPLE + 5.0, top);
        PLAIN_LABEL.lines(scene, lines, at, Anchor::Start, None);
    }
}

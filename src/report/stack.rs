//! Shares that sum to all, week by week: as a table for a terminal and as a stacked figure.

use std::fmt::Write;

use super::number::fixed;
use crate::protocol::Language;

/// Layers of a stack, each with a count for every week.
#[derive(Clone, Debug)]
pub struct Stack {
    pub title: String,
    pub language: Language,
    /// Weeks counted from the draw.
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
    pub fn table(&self, every: usize) -> String {
        const WIDTH: usize = 80;
        const SHORT: usize = 6;
        let layers: Vec<&Layer> = self.occurring().collect();
        let full = |layer: &Layer| layer.name.chars().count().max(SHORT);
        let fits = layers.iter().map(|layer| full(layer) + 1).sum::<usize>() + 5 <= WIDTH;
        let width = |layer: &Layer| if fits { full(layer) } else { SHORT };
        let mut text = format!("{:>5}", "week");
        for layer in &layers {
            let width = width(layer);
            let name: String = layer.name.chars().take(width).collect();
            write!(text, " {name:>width$}").expect("writing to memory");
        }
        text.push('\n');
        for (index, week) in self.weeks.iter().enumerate() {
            // Week 0 is always among the rows.
            if week.rem_euclid(every as i32) != 0 && index + 1 != self.weeks.len() {
                continue;
            }
            write!(text, "{week:>5}").expect("writing to memory");
            for layer in &layers {
                let share = 100.0 * layer.counts[index] as f64 / self.all as f64;
                write!(text, " {:>1$}", fixed(share, 1), width(layer)).expect("writing to memory");
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
        let (left, top, width, height) = (64.0, 56.0, 520.0, 300.0);
        let weeks = self.weeks.len() as f64;
        let x = |index: f64| left + width * index / weeks;
        let y = |share: f64| top + height * (1.0 - share);
        let (axis, draw, described) = match self.language {
            Language::Danish => (
                "Uger fra lodtrækningen",
                "Lodtrækning",
                "Andel af personer i hver tilstand, uge for uge. Hver uge summer til alle.",
            ),
            Language::English => (
                "Weeks from the draw",
                "Draw",
                "Share of persons in each state, week by week. Every week sums to all.",
            ),
        };
        let layers: Vec<&Layer> = self.occurring().collect();
        let mut svg = String::new();
        let mut put = |line: String| {
            svg += &line;
            svg.push('\n');
        };
        put(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 430\" width=\"780\" \
             height=\"430\" role=\"img\" aria-labelledby=\"title desc\" font-family=\"Helvetica, \
             Arial, sans-serif\" font-size=\"13\" fill=\"#222\">"
                .to_owned(),
        );
        put(format!(
            "<title id=\"title\">{}</title>",
            escaped(&self.title)
        ));
        put(format!("<desc id=\"desc\">{described}</desc>"));
        put("<rect width=\"780\" height=\"430\" fill=\"#fff\"/>".to_owned());
        put(format!(
            "<text x=\"{left}\" y=\"30\" font-size=\"16\" font-weight=\"bold\">{}</text>",
            escaped(&shortened(&self.title, 80))
        ));
        let mut below = vec![0u64; self.weeks.len()];
        for layer in &layers {
            let share = |count: u64| count as f64 / self.all as f64;
            let mut path = String::new();
            for (index, &count) in below.iter().enumerate() {
                let (from, to, y) = (x(index as f64), x(index as f64 + 1.0), y(share(count)));
                let mark = if index == 0 { 'M' } else { 'L' };
                write!(path, "{mark}{from:.2} {y:.2}L{to:.2} {y:.2}").expect("writing to memory");
            }
            for (below, count) in below.iter_mut().zip(&layer.counts) {
                *below += count;
            }
            for (index, &count) in below.iter().enumerate().rev() {
                let (from, to, y) = (x(index as f64), x(index as f64 + 1.0), y(share(count)));
                write!(path, "L{to:.2} {y:.2}L{from:.2} {y:.2}").expect("writing to memory");
            }
            put(format!(
                "<path d=\"{path}Z\" fill=\"{}\" stroke=\"#fff\" stroke-width=\"0.6\"><title>{}\
                 </title></path>",
                layer.color,
                escaped(&layer.label)
            ));
        }
        for percent in [0, 25, 50, 75, 100] {
            let at = y(f64::from(percent) / 100.0);
            put(format!(
                "<line x1=\"{:.2}\" y1=\"{at:.2}\" x2=\"{left:.2}\" y2=\"{at:.2}\" \
                 stroke=\"#222\"/><text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"end\">{percent} \
                 %</text>",
                left - 5.0,
                left - 9.0,
                at + 4.5
            ));
        }
        let span = self.weeks.len();
        let step = [4, 13, 26, 52, 104, 260]
            .into_iter()
            .find(|step| span / step <= 9)
            .unwrap_or(520);
        let bottom = top + height;
        for (index, week) in self.weeks.iter().enumerate() {
            if week.rem_euclid(step as i32) != 0 {
                continue;
            }
            // A label stands below the middle of its week.
            let at = x(index as f64 + 0.5);
            let text = week.to_string().replace('-', "\u{2212}");
            put(format!(
                "<line x1=\"{at:.2}\" y1=\"{bottom}\" x2=\"{at:.2}\" y2=\"{:.2}\" \
                 stroke=\"#222\"/><text x=\"{at:.2}\" y=\"{:.2}\" \
                 text-anchor=\"middle\">{text}</text>",
                bottom + 5.0,
                bottom + 19.0
            ));
            if *week == 0 && index > 0 {
                put(format!(
                    "<line x1=\"{at:.2}\" y1=\"{top}\" x2=\"{at:.2}\" y2=\"{bottom}\" \
                     stroke=\"#000\" stroke-dasharray=\"4 3\"/><text x=\"{at:.2}\" y=\"{:.2}\" \
                     text-anchor=\"middle\">{draw}</text>",
                    top - 6.0
                ));
            }
        }
        put(format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\" \
             stroke=\"#222\"/>"
        ));
        put(format!(
            "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"middle\">{axis} (n = {})</text>",
            left + width / 2.0,
            bottom + 44.0,
            self.all
        ));
        // The legend, in the order of the stack.
        for (place, layer) in layers.iter().rev().enumerate() {
            let at = top + 8.0 + 24.0 * place as f64;
            put(format!(
                "<rect x=\"604\" y=\"{:.2}\" width=\"14\" height=\"14\" fill=\"{}\" \
                 stroke=\"#222\" stroke-width=\"0.5\"/><text x=\"625\" y=\"{:.2}\">{}</text>",
                at - 11.0,
                layer.color,
                at + 1.0,
                escaped(&shortened(&layer.label, 22))
            ));
        }
        svg += "</svg>\n";
        svg
    }
}

fn shortened(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

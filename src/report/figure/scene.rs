//! What a figure consists of: areas, lines and texts at places, written as SVG.
//!
//! Promises: every text knows its bounds and the box it has to stay in, so that a test can check
//! a layout; nothing in the file depends on the machine, the time or the version. Hides SVG.
//! A unit is a CSS pixel, 1/96 inch.

use std::fmt::Write;

use super::font::{self, Weight};

/// A place, from the upper left corner.
pub type Point = (f64, f64);

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bounds {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Bounds {
    pub fn new(left: f64, top: f64, width: f64, height: f64) -> Bounds {
        Bounds {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    }

    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub fn middle(&self) -> f64 {
        (self.left + self.right) / 2.0
    }
}

/// `#rrggbb`.
pub type Colour = &'static str;

/// How an area is filled.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Fill {
    Plain(Colour),
    /// A colour that lets what lies below shine through.
    Veil(Colour, f64),
    /// A colour with a pattern of lines or dots on it.
    Patterned(Colour, Pattern, Colour),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// Lines from the lower left to the upper right.
    Rising,
    /// Lines from the upper left to the lower right.
    Falling,
    Dots,
}

/// Distance of the lines and dots of a pattern along each axis.
pub const PITCH: f64 = 6.0;
/// Width of the lines and radius of the dots of a pattern.
pub const HATCH: f64 = 1.1;

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stroke {
    pub colour: Colour,
    pub width: f64,
    /// Lengths of dashes and gaps; none for a solid line.
    pub dash: &'static [f64],
}

impl Stroke {
    pub const fn solid(colour: Colour, width: f64) -> Stroke {
        Stroke {
            colour,
            width,
            dash: &[],
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// Whether a text runs to the right or upwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    Right,
    Up,
}

/// A line of text.
#[derive(Clone, Debug)]
pub struct Text {
    pub content: String,
    /// Where the baseline begins, or the part of it that `anchor` says.
    pub at: Point,
    pub anchor: Anchor,
    pub direction: Direction,
    pub size: f64,
    pub weight: Weight,
    pub colour: Colour,
    /// What it must not leave; the figure, where there is no box.
    pub home: Option<Bounds>,
}

impl Text {
    /// Returns the room the text takes, by the metrics of the font.
    pub fn bounds(&self) -> Bounds {
        let width = font::width(&self.content, self.size, self.weight);
        let (up, down) = (font::ASCENT * self.size, font::DESCENT * self.size);
        let before = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
        let (x, y) = self.at;
        match self.direction {
            Direction::Right => Bounds::new(x - before, y - up, width, up + down),
            Direction::Up => Bounds::new(x - up, y + before - width, up + down, width),
        }
    }
}

/// Lines through points, each closed or open.
#[derive(Clone, Debug)]
pub struct Shape {
    pub outlines: Vec<Vec<Point>>,
    pub ends: Ends,
    pub fill: Option<Fill>,
    pub stroke: Option<Stroke>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    Open,
    Closed,
}

#[derive(Clone, Debug)]
pub enum Mark {
    Shape(Shape),
    Disc {
        centre: Point,
        radius: f64,
        fill: Option<Fill>,
        stroke: Option<Stroke>,
    },
    Text(Text),
}

/// A drawing: its marks from the lowest to the uppermost.
#[derive(Clone, Debug)]
pub struct Scene {
    pub width: f64,
    pub height: f64,
    pub marks: Vec<Mark>,
}

impl Scene {
    pub fn new(width: f64) -> Scene {
        Scene {
            width,
            height: 0.0,
            marks: Vec::new(),
        }
    }

    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.marks.iter().filter_map(|mark| match mark {
            Mark::Text(text) => Some(text),
            _ => None,
        })
    }

    /// Draws a text and returns where it ends.
    pub fn text(&mut self, text: Text) -> f64 {
        let right = text.bounds().right;
        if !text.content.is_empty() {
            self.marks.push(Mark::Text(text));
        }
        right
    }

    pub fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        self.lines(vec![points], stroke);
    }

    pub fn lines(&mut self, outlines: Vec<Vec<Point>>, stroke: Stroke) {
        let outlines: Vec<_> = outlines
            .into_iter()
            .filter(|points| points.len() > 1)
            .collect();
        if !outlines.is_empty() {
            self.marks.push(Mark::Shape(Shape {
                outlines,
                ends: Ends::Open,
                fill: None,
                stroke: Some(stroke),
            }));
        }
    }

    pub fn area(&mut self, outlines: Vec<Vec<Point>>, fill: Fill, stroke: Option<Stroke>) {
        if !outlines.is_empty() {
            self.marks.push(Mark::Shape(Shape {
                outlines,
                ends: Ends::Closed,
                fill: Some(fill),
                stroke,
            }));
        }
    }

    pub fn rect(&mut self, bounds: Bounds, fill: Fill, stroke: Option<Stroke>) {
        let Bounds {
            left,
            top,
            right,
            bottom,
        } = bounds;
        let corners = vec![(left, top), (right, top), (right, bottom), (left, bottom)];
        self.area(vec![corners], fill, stroke);
    }

    pub fn disc(&mut self, centre: Point, radius: f64, fill: Fill, stroke: Option<Stroke>) {
        self.marks.push(Mark::Disc {
            centre,
            radius,
            fill: Some(fill),
            stroke,
        });
    }

    /// Draws a line that ends in an arrowhead.
    pub fn arrow(&mut self, points: Vec<Point>, stroke: Stroke) {
        const LENGTH: f64 = 6.0;
        const HALF: f64 = 3.0;
        let &[.., (x0, y0), (x, y)] = &points[..] else {
            return;
        };
        let length = ((x - x0).powi(2) + (y - y0).powi(2)).sqrt();
        if length == 0.0 {
            return;
        }
        let (along, across) = ((x - x0) / length, (y - y0) / length);
        let (foot_x, foot_y) = (x - LENGTH * along, y - LENGTH * across);
        let mut shaft = points;
        if let Some(last) = shaft.last_mut() {
            *last = (foot_x, foot_y);
        }
        self.line(shaft, stroke);
        let head = vec![
            (x, y),
            (foot_x - HALF * across, foot_y + HALF * along),
            (foot_x + HALF * across, foot_y - HALF * along),
        ];
        self.area(vec![head], Fill::Plain(stroke.colour), None);
    }

    /// Draws the scene as PNG with `dpi` dots an inch; `None` where that would be over 20,000 dots a
    /// side.
    pub fn png(&self, dpi: u32) -> Option<Vec<u8>> {
        super::raster::png(self, dpi)
    }

    /// Writes the drawing as SVG. `id` begins the identifiers in it.
    pub(super) fn svg(
        &self,
        id: &str,
        language: &str,
        spoken: (&str, &str),
        style: &str,
    ) -> String {
        let (title, description) = spoken;
        let (width, height) = (short(self.width), short(self.height));
        let id = escaped(id);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" xml:lang=\"{}\" \
             aria-labelledby=\"{id}-title {id}-desc\" font-family=\"{}\" \
             style=\"font-kerning:none\">\n<title id=\"{id}-title\">{}</title>\n\
             <desc id=\"{id}-desc\">{}</desc>\n",
            escaped(language),
            font::FAMILY,
            escaped(title),
            escaped(description),
        );
        if !style.is_empty() {
            svg += &format!("<style>{style}</style>\n");
        }
        self.definitions(&id, &mut svg);
        svg += &format!("<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        for mark in &self.marks {
            write_mark(mark, &id, &mut svg);
            svg.push('\n');
        }
        svg += "</svg>\n";
        svg
    }

    /// The patterns in use, each once.
    fn definitions(&self, id: &str, svg: &mut String) {
        let mut seen: Vec<String> = Vec::new();
        for mark in &self.marks {
            let Mark::Shape(Shape {
                fill: Some(fill), ..
            }) = mark
            else {
                continue;
            };
            let Fill::Patterned(ground, pattern, ink) = *fill else {
                continue;
            };
            let name = pattern_name(id, *fill);
            if seen.contains(&name) {
                continue;
            }
            let p = PITCH;
            let drawn = match pattern {
                // The corners close the gaps between tiles.
                Pattern::Rising => format!(
                    "<path d=\"M0 {p}L{p} 0M-1 1L1 -1M{} {}L{} {}\" stroke=\"{ink}\" \
                     stroke-width=\"{HATCH}\"/>",
                    p - 1.0,
                    p + 1.0,
                    p + 1.0,
                    p - 1.0
                ),
                Pattern::Falling => format!(
                    "<path d=\"M0 0L{p} {p}M{} -1L{} 1M-1 {}L1 {}\" stroke=\"{ink}\" \
                     stroke-width=\"{HATCH}\"/>",
                    p - 1.0,
                    p + 1.0,
                    p - 1.0,
                    p + 1.0
                ),
                Pattern::Dots => format!(
                    "<circle cx=\"{0}\" cy=\"{0}\" r=\"{HATCH}\" fill=\"{ink}\"/>",
                    p / 2.0
                ),
            };
            *svg += &format!(
                "<defs><pattern id=\"{name}\" width=\"{p}\" height=\"{p}\" \
                 patternUnits=\"userSpaceOnUse\"><rect width=\"{p}\" height=\"{p}\" \
                 fill=\"{ground}\"/>{drawn}</pattern></defs>\n"
            );
            seen.push(name);
        }
    }
}

fn pattern_name(id: &str, fill: Fill) -> String {
    match fill {
        Fill::Patterned(ground, pattern, ink) => format!(
            "{id}-{}-{}-{}",
            match pattern {
                Pattern::Rising => "rising",
                Pattern::Falling => "falling",
                Pattern::Dots => "dots",
            },
            ground.trim_start_matches('#'),
            ink.trim_start_matches('#')
        ),
        _ => String::new(),
    }
}

fn write_mark(mark: &Mark, id: &str, svg: &mut String) {
    match mark {
        Mark::Text(text) => write_text(text, svg),
        Mark::Disc {
            centre: (x, y),
            radius,
            fill,
            stroke,
        } => {
            let paint = paint(*fill, *stroke, id);
            let (x, y, radius) = (short(*x), short(*y), short(*radius));
            write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{paint}/>")
                .expect("writing to memory");
        }
        Mark::Shape(shape) => {
            *svg += "<path d=\"";
            for outline in &shape.outlines {
                for (place, &(x, y)) in outline.iter().enumerate() {
                    svg.push(if place == 0 { 'M' } else { 'L' });
                    *svg += &short(x);
                    svg.push(' ');
                    *svg += &short(y);
                }
                if shape.ends == Ends::Closed {
                    svg.push('Z');
                }
            }
            svg.push('"');
            *svg += &paint(shape.fill, shape.stroke, id);
            *svg += "/>";
        }
    }
}

fn write_text(text: &Text, svg: &mut String) {
    let (x, y) = (short(text.at.0), short(text.at.1));
    let turned = match text.direction {
        Direction::Right => String::new(),
        Direction::Up => format!(" transform=\"rotate(-90 {x} {y})\""),
    };
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let weight = match text.weight {
        Weight::Regular => "",
        Weight::Bold => " font-weight=\"700\"",
    };
    write!(
        svg,
        "<text x=\"{x}\" y=\"{y}\"{turned}{anchor} font-size=\"{}\"{weight} fill=\"{}\">{}</text>",
        short(text.size),
        text.colour,
        escaped(&text.content)
    )
    .expect("writing to memory");
}

fn paint(fill: Option<Fill>, stroke: Option<Stroke>, id: &str) -> String {
    let mut paint = match fill {
        None => " fill=\"none\"".to_owned(),
        Some(Fill::Plain(colour)) => format!(" fill=\"{colour}\""),
        Some(Fill::Veil(colour, share)) => {
            format!(" fill=\"{colour}\" fill-opacity=\"{}\"", short(share))
        }
        Some(fill @ Fill::Patterned(..)) => format!(" fill=\"url(#{})\"", pattern_name(id, fill)),
    };
    if let Some(Stroke {
        colour,
        width,
        dash,
    }) = stroke
    {
        write!(
            paint,
            " stroke=\"{colour}\" stroke-width=\"{}\"",
            short(width)
        )
        .expect("writing to memory");
        if !dash.is_empty() {
            let lengths: Vec<String> = dash.iter().map(|&length| short(length)).collect();
            write!(paint, " stroke-dasharray=\"{}\"", lengths.join(" "))
                .expect("writing to memory");
        }
    }
    paint
}

/// Writes a coordinate with two decimals at most: a hundredth of a pixel is not seen, and the last
/// digits of a logarithm differ between machines.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

/// Writes a text for XML, without the characters that XML 1.0 forbids.
fn escaped(text: &str) -> String {
    font::plain(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

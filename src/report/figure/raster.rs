//! A scene as PNG.
//!
//! Promises: the same bytes for the same scene on any machine: outlines come from the bundled
//! font, pixels from tiny-skia without SIMD, no time and no program is named in the file.
//! The resolution stands in the file (`pHYs`; PNG 3rd edition, section 11.3.4.3), so that a
//! document shows it at its true size.

use tiny_skia::{
    BlendMode, Color, FillRule, Mask, Paint, Path, PathBuilder, Pixmap, Rect, Shader, StrokeDash,
    Transform,
};
use ttf_parser::OutlineBuilder;

use super::font;
use super::scene::{
    Anchor, Colour, Direction, Ends, Fill, HATCH, Mark, PITCH, Pattern, Scene, Shape, Stroke, Text,
};

/// Pixels of a scene's unit in an inch.
const UNITS_PER_INCH: f64 = 96.0;

/// Draws a scene with `dpi` dots an inch; `None` where the picture would be larger than 20,000
/// dots a side or empty.
pub(super) fn png(scene: &Scene, dpi: u32) -> Option<Vec<u8>> {
    let scale = f64::from(dpi) / UNITS_PER_INCH;
    let dots = |length: f64| (length * scale).round();
    let (width, height) = (dots(scene.width), dots(scene.height));
    if !(1.0..=20_000.0).contains(&width) || !(1.0..=20_000.0).contains(&height) {
        return None;
    }
    let mut picture = Pixmap::new(width as u32, height as u32)?;
    picture.fill(Color::WHITE);
    let mut painter = Painter {
        picture,
        scale: Transform::from_scale(scale as f32, scale as f32),
    };
    for mark in &scene.marks {
        painter.mark(mark);
    }
    encoded(&painter.picture, dpi)
}

fn encoded(picture: &Pixmap, dpi: u32) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Even areas and lines are smaller unfiltered.
    encoder.set_filter(png::Filter::NoFilter);
    // An inch is 0.0254 m.
    let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().ok()?;
    // All is opaque, on white.
    let pixels: Vec<u8> = picture
        .pixels()
        .iter()
        .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
        .collect();
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(file)
}

struct Painter {
    picture: Pixmap,
    scale: Transform,
}

impl Painter {
    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Text(text) => self.text(text),
            Mark::Shape(shape) => {
                if let Some(path) = path_of(shape) {
                    self.path(&path, shape.fill, shape.stroke);
                }
            }
            Mark::Disc {
                centre,
                radius,
                fill,
                stroke,
            } => {
                let (x, y) = (centre.0 as f32, centre.1 as f32);
                if let Some(path) = PathBuilder::from_circle(x, y, *radius as f32) {
                    self.path(&path, *fill, *stroke);
                }
            }
        }
    }

    fn path(&mut self, path: &Path, fill: Option<Fill>, stroke: Option<Stroke>) {
        match fill {
            None => {}
            Some(Fill::Plain(colour)) => self.fill(path, colour, 1.0, None),
            Some(Fill::Veil(colour, share)) => self.fill(path, colour, share, None),
            Some(Fill::Patterned(ground, pattern, ink)) => {
                self.fill(path, ground, 1.0, None);
                self.pattern(path, pattern, ink);
            }
        }
        if let Some(stroke) = stroke {
            self.stroke(path, stroke, None);
        }
    }

    fn fill(&mut self, path: &Path, colour: Colour, share: f64, mask: Option<&Mask>) {
        let rule = FillRule::Winding;
        self.picture
            .fill_path(path, &paint(colour, share), rule, self.scale, mask);
    }

    fn stroke(&mut self, path: &Path, stroke: Stroke, mask: Option<&Mask>) {
        let dash = stroke.dash.iter().map(|&length| length as f32).collect();
        let stroked = tiny_skia::Stroke {
            width: stroke.width as f32,
            dash: StrokeDash::new(dash, 0.0),
            ..Default::default()
        };
        let paint = paint(stroke.colour, 1.0);
        self.picture
            .stroke_path(path, &paint, &stroked, self.scale, mask);
    }

    /// Draws the lines or dots of a pattern where the path is, in step with the whole picture.
    fn pattern(&mut self, path: &Path, pattern: Pattern, ink: Colour) {
        let Some(mut mask) = Mask::new(self.picture.width(), self.picture.height()) else {
            return;
        };
        mask.fill_path(path, FillRule::Winding, true, self.scale);
        let bounds = path.bounds();
        let mut builder = PathBuilder::new();
        match pattern {
            Pattern::Rising | Pattern::Falling => {
                hatch(&mut builder, bounds, pattern);
                if let Some(lines) = builder.finish() {
                    self.stroke(&lines, Stroke::solid(ink, HATCH), Some(&mask));
                }
            }
            Pattern::Dots => {
                dots(&mut builder, bounds);
                if let Some(dots) = builder.finish() {
                    self.fill(&dots, ink, 1.0, Some(&mask));
                }
            }
        }
    }

    fn text(&mut self, text: &Text) {
        let width = font::width(&text.content, text.size, text.weight);
        let before = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
        let mut glyphs = Glyphs {
            builder: PathBuilder::new(),
            start: 0.0,
        };
        let em = font::outlines(&text.content, text.weight, &mut glyphs, |glyphs, start| {
            glyphs.start = start as f32;
        });
        let Some(path) = glyphs.builder.finish() else {
            return;
        };
        let size = (text.size / em) as f32;
        let (x, y) = (text.at.0 as f32, text.at.1 as f32);
        let before = before as f32;
        // The axis of the font points up.
        let placed = match text.direction {
            Direction::Right => Transform::from_row(size, 0.0, 0.0, -size, x - before, y),
            Direction::Up => Transform::from_row(0.0, -size, -size, 0.0, x, y + before),
        };
        if let Some(path) = path.transform(placed) {
            self.fill(&path, text.colour, 1.0, None);
        }
    }
}

/// Collects outlines behind one another.
struct Glyphs {
    builder: PathBuilder,
    start: f32,
}

impl OutlineBuilder for Glyphs {
    fn move_to(&mut self, x: f32, y: f32) {
        self.builder.move_to(self.start + x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.builder.line_to(self.start + x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let start = self.start;
        self.builder.quad_to(start + x1, y1, start + x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let start = self.start;
        self.builder
            .cubic_to(start + x1, y1, start + x2, y2, start + x, y);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}

fn path_of(shape: &Shape) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for outline in &shape.outlines {
        for (place, &(x, y)) in outline.iter().enumerate() {
            match place {
                0 => builder.move_to(x as f32, y as f32),
                _ => builder.line_to(x as f32, y as f32),
            }
        }
        if shape.ends == Ends::Closed {
            builder.close();
        }
    }
    builder.finish()
}

/// Lines x + y = k · pitch (rising) or x − y = k · pitch (falling) that cross the bounds, as the
/// tiles of the SVG have them.
fn hatch(builder: &mut PathBuilder, bounds: Rect, pattern: Pattern) {
    let (left, right) = (f64::from(bounds.left()), f64::from(bounds.right()));
    let (top, bottom) = (f64::from(bounds.top()), f64::from(bounds.bottom()));
    let sign = if pattern == Pattern::Rising {
        1.0
    } else {
        -1.0
    };
    let ends = [
        left + sign * top,
        left + sign * bottom,
        right + sign * top,
        right + sign * bottom,
    ];
    let least = ends.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut line = (least / PITCH).floor();
    while line * PITCH <= most {
        let sum = line * PITCH;
        for (place, y) in [top, bottom].into_iter().enumerate() {
            let (x, y) = ((sum - sign * y) as f32, y as f32);
            match place {
                0 => builder.move_to(x, y),
                _ => builder.line_to(x, y),
            }
        }
        line += 1.0;
    }
}

fn dots(builder: &mut PathBuilder, bounds: Rect) {
    let first = |edge: f32| (f64::from(edge) / PITCH).floor() * PITCH + PITCH / 2.0;
    let mut y = first(bounds.top());
    while y <= f64::from(bounds.bottom()) + PITCH {
        let mut x = first(bounds.left());
        while x <= f64::from(bounds.right()) + PITCH {
            builder.push_circle(x as f32, y as f32, HATCH as f32);
            x += PITCH;
        }
        y += PITCH;
    }
}

fn paint(colour: Colour, share: f64) -> Paint<'static> {
    let part = |from: usize| {
        colour
            .get(from..from + 2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .unwrap_or(0)
    };
    let opacity = (255.0 * share).round() as u8;
    Paint {
        shader: Shader::SolidColor(Color::from_rgba8(part(1), part(3), part(5), opacity)),
        blend_mode: BlendMode::SourceOver,
        anti_alias: true,
        ..Default::default()
    }
}

//! Figures: plain data in, a drawing and the table behind it out.
//!
//! Promises: a figure is the same, byte for byte, on any machine, as SVG and as PNG: the layout is
//! made with the metrics of the bundled font, and neither time nor version is written. No text
//! overlaps another or leaves its box, however long. Arms differ in colour, dash and marker, so
//! that they are told apart in grey and by the colour-blind. Nothing is computed here that is not
//! a place on the page: estimates, bands, sums and counts come in as they are to be shown. All
//! words come in too, in the language of the report.
//!
//! Hides: layout, axes, the font ([`font`]), SVG ([`scene`]) and pixels (`raster`).
//!
//! | figure | module |
//! |---|---|
//! | participant flow | [`flow`] |
//! | effects with intervals | [`effects`] |
//! | weekly share by arm, and the difference below it | [`course`] |
//! | stacked states by week and arm | [`states`] |
//! | survival or cumulative incidence with numbers at risk | [`survival`] |
//! | standardised differences | [`balance`] |
//! | recruitment over time | [`recruitment`] |

mod axis;
pub mod balance;
pub mod course;
pub mod effects;
pub mod flow;
pub mod font;
mod palette;
mod raster;
pub mod recruitment;
pub mod scene;
pub mod states;
pub mod survival;

pub use font::font_face_css;
use font::{ASCENT, Weight, wrapped};
pub use palette::{ARMS, Marker, STATES, Shade, Style};
use scene::{Anchor, Bounds, Colour, Direction, Point, Scene, Text};

/// Width of a figure in CSS pixels, 169 mm: the text of an A4 page. Many arms take more.
pub const WIDTH: f64 = 640.0;

/// The ink of text and axes.
pub const INK: Colour = "#222222";
/// The ink of what is beside the point.
pub const QUIET: Colour = "#595959";

/// Sizes of text in CSS pixels: 10.5, 9 and 8.25 points.
const TITLE: f64 = 14.0;
const BODY: f64 = 12.0;
const SMALL: f64 = 11.0;
/// Distance of baselines, of text of size 1.
const LEADING: f64 = 1.27;
/// Free on each side of a figure.
const MARGIN: f64 = 6.0;

/// What a figure is called.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Begins the identifiers in the file; no two figures of a page may have the same.
    pub id: String,
    /// The language tag of the words: `da`, `en`.
    pub language: String,
    pub title: String,
    /// The alternative text: what the figure shows, for those who do not see it.
    pub description: String,
    /// Lines below the figure.
    pub notes: Vec<String>,
    pub caption: Caption,
}

/// Whether title and notes are drawn or left to the page, which then has a caption of its own.
/// Title and description stand in the file either way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caption {
    Drawn,
    Omitted,
}

/// How numbers are written.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// A number with a count of decimals, in the form of the report's language.
    pub number: &'a dyn Fn(f64, usize) -> String,
    /// What stands for a count that is withheld, such as `<5`.
    pub withheld: &'a str,
}

impl Form<'_> {
    fn number(&self, value: f64, decimals: usize) -> String {
        (self.number)(value, decimals)
    }

    fn tally(&self, tally: Tally) -> String {
        match tally {
            Tally::Known(count) => self.number(count as f64, 0),
            Tally::Withheld => self.withheld.to_owned(),
        }
    }
}

/// A count, or that it is withheld because it is of few persons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tally {
    Known(u64),
    Withheld,
}

/// A value with the ends of its band or interval; an end may be missing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Banded {
    pub value: f64,
    pub band: Option<(f64, f64)>,
}

/// Why a figure cannot be drawn: the data contradict themselves.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum FigureError {
    #[error("{what} has {found} values, not {expected}")]
    Length {
        what: String,
        found: usize,
        expected: usize,
    },
    #[error("{what} is not a finite number")]
    NotFinite { what: String },
    #[error("the states of {panel} in week {week} sum to {found}, not {expected}")]
    NotAll {
        panel: String,
        week: i32,
        found: u64,
        expected: u64,
    },
    #[error("{what}: nothing to draw")]
    Empty { what: &'static str },
    #[error("{what}: {found} arms, at most {most} can be told apart")]
    TooMany {
        what: &'static str,
        found: usize,
        most: usize,
    },
}

/// The table behind a figure.
#[derive(Clone, PartialEq, Debug)]
pub struct FigureData {
    pub header: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    Text(String),
    Count(u64),
    Number(f64),
    /// There is no value.
    Missing,
    /// There is a value, of too few persons to be shown.
    Withheld,
}

impl From<Tally> for Cell {
    fn from(tally: Tally) -> Cell {
        match tally {
            Tally::Known(count) => Cell::Count(count),
            Tally::Withheld => Cell::Withheld,
        }
    }
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Cell {
        value.map_or(Cell::Missing, Cell::Number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

/// A figure that is laid out.
#[derive(Clone, Debug)]
pub struct Figure {
    heading: Heading,
    pub scene: Scene,
    pub data: FigureData,
}

impl Figure {
    /// Writes the figure as SVG that names the font, for a page that brings it
    /// ([`font_face_css`]); elsewhere Arial, which is as wide, stands in.
    pub fn svg(&self) -> String {
        self.written("")
    }

    /// Writes the figure as SVG that carries the font.
    pub fn svg_with_font(&self) -> String {
        self.written(&font_face_css())
    }

    /// Draws the figure as PNG with `dpi` dots an inch; `None` where that would be over 20,000
    /// dots a side.
    pub fn png(&self, dpi: u32) -> Option<Vec<u8>> {
        self.scene.png(dpi)
    }

    fn written(&self, style: &str) -> String {
        let Heading {
            id,
            language,
            title,
            description,
            ..
        } = &self.heading;
        self.scene.svg(id, language, (title, description), style)
    }
}

/// The page a figure is drawn on, between its title and its notes.
struct Page {
    scene: Scene,
    /// Where the figure may begin.
    top: f64,
}

impl Page {
    fn new(heading: &Heading, width: f64) -> Page {
        let mut page = Page {
            scene: Scene::new(width),
            top: MARGIN,
        };
        if heading.caption == Caption::Drawn {
            let style = Lettering::new(TITLE, Weight::Bold, INK);
            let most = width - 2.0 * MARGIN;
            let bottom = style.lines(
                &mut page.scene,
                &style.wrapped(&heading.title, most),
                (MARGIN, page.top),
                Anchor::Start,
                None,
            );
            page.top = bottom + 10.0;
        }
        page
    }

    /// Adds the notes below `bottom` and makes the figure.
    fn finish(mut self, heading: &Heading, bottom: f64, data: FigureData) -> Figure {
        let mut bottom = bottom;
        if heading.caption == Caption::Drawn && !heading.notes.is_empty() {
            bottom += 10.0;
            let style = Lettering::new(SMALL, Weight::Regular, QUIET);
            let most = self.scene.width - 2.0 * MARGIN;
            for note in &heading.notes {
                let lines = wrapped(note, style.size, style.weight, most);
                let at = (MARGIN, bottom);
                bottom = style.lines(&mut self.scene, &lines, at, Anchor::Start, None) + 2.0;
            }
        }
        self.scene.height = (bottom + MARGIN).ceil();
        Figure {
            heading: heading.clone(),
            scene: self.scene,
            data,
        }
    }
}

/// Size, weight and ink of text.
#[derive(Clone, Copy)]
struct Lettering {
    size: f64,
    weight: Weight,
    colour: Colour,
}

const PLAIN: Lettering = Lettering::new(BODY, Weight::Regular, INK);
const STRONG: Lettering = Lettering::new(BODY, Weight::Bold, INK);
const TICK: Lettering = Lettering::new(SMALL, Weight::Regular, INK);
const MINOR: Lettering = Lettering::new(SMALL, Weight::Regular, QUIET);

impl Lettering {
    const fn new(size: f64, weight: Weight, colour: Colour) -> Lettering {
        Lettering {
            size,
            weight,
            colour,
        }
    }

    fn width(&self, text: &str) -> f64 {
        font::width(&font::plain(text), self.size, self.weight)
    }

    fn widest<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> f64 {
        texts
            .into_iter()
            .map(|text| self.width(text))
            .fold(0.0, f64::max)
    }

    /// Breaks a text into as few lines as fit, of about the same width.
    fn wrapped(&self, text: &str, most: f64) -> Vec<String> {
        let lines = wrapped(text, self.size, self.weight, most);
        if lines.len() == 1 {
            return lines;
        }
        let (mut best, mut wide, mut narrow) = (lines, most, most / 2.0);
        while wide - narrow > 2.0 {
            let middle = (wide + narrow) / 2.0;
            let tried = wrapped(text, self.size, self.weight, middle);
            // No word is broken for it.
            if tried.len() == best.len() && tried.join(" ") == best.join(" ") {
                (best, wide) = (tried, middle);
            } else {
                narrow = middle;
            }
        }
        best
    }

    /// Returns the height of so many lines.
    fn height(&self, lines: usize) -> f64 {
        lines as f64 * self.leading()
    }

    fn leading(&self) -> f64 {
        self.size * LEADING
    }

    /// Returns how far the baseline of a line is below the top of its share of the height.
    fn drop(&self) -> f64 {
        (self.leading() - self.size * (ASCENT + font::DESCENT)) / 2.0 + self.size * ASCENT
    }

    /// Returns how far a baseline is below the middle of the digits on it.
    fn centre(&self) -> f64 {
        // Figures and capitals of the font are 0.729 high.
        self.size * 0.729 / 2.0
    }

    fn text(&self, content: &str, at: Point, anchor: Anchor, home: Option<Bounds>) -> Text {
        Text {
            content: font::plain(content),
            at,
            anchor,
            direction: Direction::Right,
            size: self.size,
            weight: self.weight,
            colour: self.colour,
            home,
        }
    }

    /// Writes one line with its baseline at `at`.
    fn line(&self, scene: &mut Scene, content: &str, at: Point, anchor: Anchor) {
        scene.text(self.text(content, at, anchor, None));
    }

    /// Writes lines below `at` and returns where they end.
    fn lines(
        &self,
        scene: &mut Scene,
        lines: &[String],
        (x, top): Point,
        anchor: Anchor,
        home: Option<Bounds>,
    ) -> f64 {
        for (place, line) in lines.iter().enumerate() {
            let baseline = top + self.height(place) + self.drop();
            scene.text(self.text(line, (x, baseline), anchor, home));
        }
        top + self.height(lines.len())
    }
}

fn finite(what: &str, values: impl IntoIterator<Item = f64>) -> Result<(), FigureError> {
    match values.into_iter().all(f64::is_finite) {
        true => Ok(()),
        false => Err(FigureError::NotFinite {
            what: what.to_owned(),
        }),
    }
}

fn length(what: &str, found: usize, expected: usize) -> Result<(), FigureError> {
    match found == expected {
        true => Ok(()),
        false => Err(FigureError::Length {
            what: what.to_owned(),
            found,
            expected,
        }),
    }
}

fn tell_apart(what: &'static str, found: usize) -> Result<(), FigureError> {
    match found {
        0 => Err(FigureError::Empty { what }),
        _ if found > ARMS.len() => Err(FigureError::TooMany {
            what,
            found,
            most: ARMS.len(),
        }),
        _ => Ok(()),
    }
}

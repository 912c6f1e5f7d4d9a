//! Colours, dashes, markers and patterns.
//!
//! Colours are those of Okabe & Ito (2008), Color Universal Design,
//! <https://jfly.uni-koeln.de/color/>, in an order that keeps the first ones far apart in
//! lightness and for each kind of colour blindness. The dash tells what colour does not.

use super::scene::{Colour, Fill, Pattern, Point, Scene, Stroke};

/// How an arm is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Style {
    pub colour: Colour,
    pub dash: &'static [f64],
    pub marker: Marker,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Marker {
    Disc,
    Square,
    Diamond,
    Triangle,
    Ring,
    Frame,
    Cross,
    Kite,
}

/// The arms in the order of the plan, the reference where it stands.
pub const ARMS: [Style; 8] = [
    style("#000000", &[], Marker::Disc),
    style("#0072b2", &[7.0, 3.0], Marker::Square),
    style("#e69f00", &[2.0, 2.0], Marker::Diamond),
    style("#009e73", &[9.0, 3.0, 2.0, 3.0], Marker::Triangle),
    style("#d55e00", &[14.0, 3.0], Marker::Ring),
    style("#56b4e9", &[5.0, 2.0, 1.5, 2.0, 1.5, 2.0], Marker::Frame),
    style("#cc79a7", &[4.0, 4.0], Marker::Cross),
    style("#8c8c8c", &[1.0, 3.0], Marker::Kite),
];

const fn style(colour: Colour, dash: &'static [f64], marker: Marker) -> Style {
    Style {
        colour,
        dash,
        marker,
    }
}

impl Style {
    pub(super) fn stroke(&self, width: f64) -> Stroke {
        Stroke {
            colour: self.colour,
            width,
            dash: self.dash,
        }
    }

    /// Returns how a band is drawn: a veil, with an edge where few bands overlap.
    pub(super) fn band(&self, bands: usize) -> (Fill, Option<Stroke>) {
        match bands {
            ..=3 => (
                Fill::Veil(self.colour, 0.14),
                Some(Stroke::solid(self.colour, 0.4)),
            ),
            _ => (Fill::Veil(self.colour, 0.10), None),
        }
    }

    /// Draws the marker, about 7 wide.
    pub(super) fn mark(&self, scene: &mut Scene, (x, y): Point) {
        let solid = Fill::Plain(self.colour);
        let hollow = Fill::Plain("#ffffff");
        let edge = Some(Stroke::solid(self.colour, 1.4));
        let square = |half: f64| super::Bounds::new(x - half, y - half, 2.0 * half, 2.0 * half);
        let kite = |half: f64| vec![(x, y - half), (x + half, y), (x, y + half), (x - half, y)];
        match self.marker {
            Marker::Disc => scene.disc((x, y), 3.4, solid, None),
            Marker::Ring => scene.disc((x, y), 3.1, hollow, edge),
            Marker::Square => scene.rect(square(3.1), solid, None),
            Marker::Frame => scene.rect(square(2.8), hollow, edge),
            Marker::Diamond => scene.area(vec![kite(4.3)], solid, None),
            Marker::Kite => scene.area(vec![kite(3.9)], hollow, edge),
            Marker::Triangle => scene.area(
                vec![vec![(x, y - 4.0), (x + 4.0, y + 3.0), (x - 4.0, y + 3.0)]],
                solid,
                None,
            ),
            Marker::Cross => {
                let (a, b) = (3.0, 3.0);
                let strokes = vec![
                    vec![(x - a, y - b), (x + a, y + b)],
                    vec![(x - a, y + b), (x + a, y - b)],
                ];
                scene.lines(strokes, Stroke::solid(self.colour, 1.8));
            }
        }
    }
}

/// How a state of a stack is filled.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shade {
    pub colour: Colour,
    pub pattern: Option<(Pattern, Colour)>,
}

impl Shade {
    /// Returns the shade of that colour among [`STATES`], with its pattern, or the plain colour.
    pub fn of(colour: Colour) -> Shade {
        let known = STATES.into_iter().find(|shade| shade.colour == colour);
        known.unwrap_or(shade(colour, None))
    }

    pub(super) fn fill(&self) -> Fill {
        match self.pattern {
            None => Fill::Plain(self.colour),
            Some((pattern, ink)) => Fill::Patterned(self.colour, pattern, ink),
        }
    }
}

/// Ten states, from the bottom of a stack up: neighbours are far apart in lightness, and those of
/// like lightness have another pattern.
pub const STATES: [Shade; 10] = [
    shade("#0b3c5d", None),
    shade("#3b8ea5", Some((Pattern::Rising, "#ffffff"))),
    shade("#8fd3d9", None),
    shade("#7a9a01", Some((Pattern::Falling, "#ffffff"))),
    shade("#f0e442", Some((Pattern::Dots, "#4d4d00"))),
    shade("#e69f00", Some((Pattern::Rising, "#ffffff"))),
    shade("#b5541c", Some((Pattern::Falling, "#ffffff"))),
    shade("#cc79a7", Some((Pattern::Dots, "#ffffff"))),
    shade("#222222", None),
    shade("#cccccc", Some((Pattern::Falling, "#707070"))),
];

const fn shade(colour: Colour, pattern: Option<(Pattern, Colour)>) -> Shade {
    Shade { colour, pattern }
}

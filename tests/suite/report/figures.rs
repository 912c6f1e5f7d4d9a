//! Figures keep their promises: text stays in its place, files are the same anywhere.

use std::path::Path;

use klero::report::figure::scene::{Bounds, Ends, Mark, Scene};
use klero::report::figure::{ARMS, STATES};

use super::gallery::studies;

fn meet(a: &Bounds, b: &Bounds, slack: f64) -> bool {
    a.left + slack < b.right
        && b.left + slack < a.right
        && a.top + slack < b.bottom
        && b.top + slack < a.bottom
}

fn within(inner: &Bounds, outer: &Bounds) -> bool {
    inner.left >= outer.left
        && inner.right <= outer.right
        && inner.top >= outer.top
        && inner.bottom <= outer.bottom
}

/// Returns what is wrong with the texts of a drawing.
fn faults(scene: &Scene) -> Vec<String> {
    let mut faults = Vec::new();
    let all = Bounds::new(0.0, 0.0, scene.width, scene.height);
    let texts: Vec<_> = scene.texts().map(|text| (text, text.bounds())).collect();
    for (place, (text, bounds)) in texts.iter().enumerate() {
        if !within(bounds, &text.home.unwrap_or(all)) || !within(bounds, &all) {
            faults.push(format!("`{}` leaves its box: {bounds:?} in {:?}", text.content, text.home));
        }
        for (other, theirs) in &texts[place + 1..] {
            // Lines of text may share the empty room between ascenders and descenders.
            if meet(bounds, theirs, 0.5) {
                faults.push(format!("`{}` overlaps `{}`", text.content, other.content));
            }
        }
        for (from, to) in strokes(scene) {
            if crosses(from, to, bounds) {
                faults.push(format!("a line {from:?} {to:?} crosses `{}`", text.content));
            }
        }
    }
    faults
}

type Point = (f64, f64);

fn strokes(scene: &Scene) -> impl Iterator<Item = (Point, Point)> {
    scene.marks.iter().flat_map(|mark| {
        let mut segments = Vec::new();
        if let Mark::Shape(shape) = mark
            && shape.stroke.is_some()
        {
            for outline in &shape.outlines {
                segments.extend(outline.windows(2).map(|pair| (pair[0], pair[1])));
                if shape.ends == Ends::Closed
                    && let (Some(&first), Some(&last)) = (outline.first(), outline.last())
                {
                    segments.push((last, first));
                }
            }
        }
        segments
    })
}

/// Whether a line passes through the middle part of a box (Liang & Barsky 1984).
fn crosses((x0, y0): Point, (x1, y1): Point, bounds: &Bounds) -> bool {
    let slack = 1.0;
    let (mut from, mut to) = (0.0f64, 1.0f64);
    let (dx, dy) = (x1 - x0, y1 - y0);
    for (p, q) in [
        (-dx, x0 - bounds.left - slack),
        (dx, bounds.right - slack - x0),
        (-dy, y0 - bounds.top - slack),
        (dy, bounds.bottom - slack - y0),
    ] {
        if p == 0.0 {
            if q < 0.0 {
                return false;
            }
        } else if p < 0.0 {
            from = from.max(q / p);
        } else {
            to = to.min(q / p);
        }
    }
    from < to
}

#[test]
fn no_text_overlaps_another_or_a_line_or_leaves_its_box() {
    let mut wrong = Vec::new();
    for (name, study) in studies() {
        for (figure, drawn) in study.figures() {
            for fault in faults(&drawn.scene) {
                wrong.push(format!("{name} {figure}: {fault}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n"));
}

/// `cargo test gallery -- --ignored` writes every figure to look at it.
#[test]
#[ignore = "writes files to look at"]
fn gallery() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gallery");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, study) in studies() {
        for (figure, drawn) in study.figures() {
            let file = folder.join(format!("{figure}-{name}"));
            std::fs::write(file.with_extension("svg"), drawn.svg_with_font()).unwrap();
            std::fs::write(file.with_extension("png"), drawn.png(150).unwrap()).unwrap();
        }
    }
    println!("{}", folder.display());
}

//! Figures keep their promises: text stays in its place, files are the same anywhere.

use std::path::Path;

use klero::report::figure::font::{Weight, width, wrapped};
use klero::report::figure::scene::{Anchor, Bounds, Direction, Ends, Fill, Mark, Scene, Text};
use klero::report::figure::states::{StateLayer, StatePanel, StateWords, States};
use klero::report::figure::{ARMS, Caption, Cell, Figure, FigureError, Heading, STATES, Shade};
use proptest::prelude::*;

use super::gallery::{Length, Study, Tongue, studies};

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
            faults.push(format!(
                "`{}` leaves its box: {bounds:?} in {:?}",
                text.content, text.home
            ));
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
    assert!(
        wrong.is_empty(),
        "{} faults\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn no_text_overlaps_whatever_the_names() {
    for seed in 0..60 {
        let study = Study {
            tongue: if seed % 2 == 0 {
                Tongue::Danish
            } else {
                Tongue::English
            },
            arms: seed as usize % 8 + 1,
            length: Length::Random(seed),
            persons: [1, 12, 430, 98_765][seed as usize % 4],
        };
        for (figure, drawn) in study.figures() {
            let faults = faults(&drawn.scene);
            assert!(faults.is_empty(), "{study:?} {figure}: {faults:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_wrapped_line_is_never_wider_than_asked(
        text in "[a-zæøåÆØÅWM0-9 /\u{ad}–-]{0,120}",
        most in 30.0f64..300.0,
    ) {
        let lines = wrapped(&text, 12.0, Weight::Bold, most);
        for line in &lines {
            prop_assert!(width(line, 12.0, Weight::Bold) <= most, "{line}");
        }
        // Nothing is lost but hyphens and empty room.
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        prop_assert_eq!(letters(&lines.concat()), letters(&text));
    }
}

#[test]
fn words_break_at_soft_hyphens_and_syllables() {
    let lines = |text: &str, most| wrapped(text, 10.0, Weight::Regular, most);
    assert_eq!(
        lines("Beskæftigelses\u{ad}indsats", 80.0),
        ["Beskæftigelses-", "indsats"]
    );
    assert_eq!(
        lines("Beskæftigelses\u{ad}indsats", 120.0),
        ["Beskæftigelsesindsats"]
    );
    assert_eq!(lines("Virksomhedsrettet", 66.0), ["Virksomheds-", "rettet"]);
    assert_eq!(lines("A-kasse eller job", 1_000.0), ["A-kasse eller job"]);
}

#[test]
fn the_font_has_the_widths_of_arial_and_what_danish_needs() {
    // Units of 1/2048 em, as in the hmtx table of Arial: 0 1139, W 1933, i 455, space 569.
    for (letter, units) in [("0", 1139.0), ("W", 1933.0), ("i", 455.0), (" ", 569.0)] {
        assert_eq!(width(letter, 2048.0, Weight::Regular), units, "{letter}");
    }
    for digit in '0'..='9' {
        for weight in [Weight::Regular, Weight::Bold] {
            assert_eq!(width(&digit.to_string(), 2048.0, weight), 1139.0);
        }
    }
    for file in ["Regular", "Bold"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path.join(format!("assets/fonts/KleroSans-{file}.ttf"))).unwrap();
        let face = ttf_parser::Face::parse(&bytes, 0).unwrap();
        for letter in "æøåÆØÅéüöäßçñ–—−≤≥×→∞½²·•…±„“”’\u{a0}\u{202f}\u{2009}".chars()
        {
            assert!(
                face.glyph_index(letter).is_some(),
                "{file} lacks {letter:?}"
            );
        }
    }
}

/// CIE 1976 lightness of `#rrggbb`, 0 to 100 (CIE 15:2004, with the sRGB of IEC 61966-2-1).
fn lightness(colour: &str) -> f64 {
    let part = |from: usize| {
        let value = f64::from(u8::from_str_radix(&colour[from..from + 2], 16).unwrap()) / 255.0;
        match value <= 0.04045 {
            true => value / 12.92,
            false => ((value + 0.055) / 1.055).powf(2.4),
        }
    };
    let y = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
    match y > 216.0 / 24389.0 {
        true => 116.0 * y.cbrt() - 16.0,
        false => y * 24389.0 / 27.0,
    }
}

#[test]
fn arms_and_states_are_told_apart_in_grey() {
    for (place, a) in ARMS.iter().enumerate() {
        for b in &ARMS[place + 1..] {
            assert!(a.colour != b.colour && a.dash != b.dash && a.marker != b.marker);
        }
    }
    for pair in [(0, 1), (0, 2), (1, 2)] {
        let apart = lightness(ARMS[pair.0].colour) - lightness(ARMS[pair.1].colour);
        assert!(apart.abs() > 20.0, "{pair:?}: {apart}");
    }
    for (place, a) in STATES.iter().enumerate() {
        for (other, b) in STATES.iter().enumerate().skip(place + 1) {
            let apart = (lightness(a.colour) - lightness(b.colour)).abs();
            let pattern = |shade: &Shade| shade.pattern.map(|(pattern, _)| pattern);
            assert!(
                apart > 9.0 || pattern(a) != pattern(b),
                "{place} {other}: {apart}"
            );
        }
    }
}

fn small() -> Study {
    Study {
        tongue: Tongue::Danish,
        arms: 3,
        length: Length::Long,
        persons: 135,
    }
}

#[test]
fn a_file_says_what_it_shows_and_nothing_of_who_made_it() {
    for (name, figure) in small().figures() {
        let svg = figure.svg();
        let id = name.replace("incidence", "survival");
        for part in [
            " role=\"img\"".to_owned(),
            " xml:lang=\"da\"".to_owned(),
            format!(" aria-labelledby=\"{id}-title {id}-desc\""),
            format!("<title id=\"{id}-title\">"),
            format!("<desc id=\"{id}-desc\">Opdigtede tal &amp; former &lt;ikke data&gt;.</desc>"),
        ] {
            assert!(svg.contains(&part), "{name}: {part}");
        }
        for word in [
            "NaN",
            "inf",
            "version",
            "<!--",
            "klero ",
            "20261",
            "http://www.w3.org/1999",
        ] {
            assert!(!svg.contains(word), "{name}: {word}");
        }
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        assert_eq!(figure.svg(), svg);
        let with_font = figure.svg_with_font();
        assert_eq!(with_font.matches("@font-face").count(), 2);
        assert!(with_font.len() > svg.len() + 60_000);
    }
}

#[test]
fn a_picture_has_its_resolution_and_its_size() {
    let figure = small().flow().unwrap();
    let bytes = figure.png(300).unwrap();
    assert_eq!(figure.png(300).unwrap(), bytes);
    let picture = png::Decoder::new(std::io::Cursor::new(&bytes))
        .read_info()
        .unwrap();
    let info = picture.info();
    // 640 units of 1/96 inch at 300 dots an inch; 300 / 0.0254 = 11,811 a metre.
    assert_eq!(info.width, 2_000);
    assert_eq!(info.pixel_dims.unwrap().xppu, 11_811);
    for chunk in [&b"tIME"[..], b"tEXt", b"iTXt", b"zTXt", b"eXIf"] {
        assert!(!bytes.windows(4).any(|window| window == chunk));
    }
    assert_eq!(figure.png(1_000_000), None);
}

#[test]
fn text_is_drawn_as_wide_as_it_was_measured() {
    let mut scene = Scene::new(400.0);
    scene.height = 40.0;
    let text = Text {
        content: "Hjørring 1.250 [2,1; 15,9]".to_owned(),
        at: (20.0, 25.0),
        anchor: Anchor::Start,
        direction: Direction::Right,
        size: 20.0,
        weight: Weight::Bold,
        colour: "#000000",
        home: None,
    };
    let bounds = text.bounds();
    scene.text(text);
    let bytes = scene.png(96).unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.next_frame(&mut pixels).unwrap();
    let dark: Vec<(usize, usize)> = (0..400 * 40)
        .filter(|place| pixels[3 * place] < 200)
        .map(|place| (place % 400, place / 400))
        .collect();
    let ends = |values: Vec<usize>| (values.iter().min().copied(), values.iter().max().copied());
    let (left, right) = ends(dark.iter().map(|place| place.0).collect());
    let (top, bottom) = ends(dark.iter().map(|place| place.1).collect());
    // The outlines begin and end within three units of the advances.
    assert!((0.0..3.0).contains(&(left.unwrap() as f64 - bounds.left)));
    assert!((0.0..3.0).contains(&(bounds.right - right.unwrap() as f64)));
    assert!(top.unwrap() as f64 >= bounds.top && (bottom.unwrap() as f64) < bounds.bottom);
}

fn states(counts: Vec<u64>, all: u64) -> Result<Figure, FigureError> {
    let word = String::new;
    States {
        heading: Heading {
            id: "s".to_owned(),
            language: "en".to_owned(),
            title: word(),
            description: word(),
            notes: vec![],
            caption: Caption::Omitted,
        },
        words: StateWords {
            share: word(),
            weeks: word(),
            draw: word(),
            columns: [word(), word(), word(), word()],
        },
        weeks: vec![7],
        states: vec![
            StateLayer {
                label: "a".to_owned(),
                shade: STATES[0],
            },
            StateLayer {
                label: "b".to_owned(),
                shade: STATES[1],
            },
        ],
        panels: vec![StatePanel {
            label: "arm".to_owned(),
            all,
            weeks: vec![Some(counts)],
        }],
    }
    .figure(&small().form())
}

#[test]
fn states_that_do_not_sum_to_all_are_refused() {
    assert!(states(vec![1, 2], 3).is_ok());
    assert_eq!(
        states(vec![1, 2], 4).unwrap_err(),
        FigureError::NotAll {
            panel: "arm".to_owned(),
            week: 7,
            found: 3,
            expected: 4
        }
    );
    assert!(matches!(
        states(vec![3], 3),
        Err(FigureError::Length { .. })
    ));
}

#[test]
fn a_stack_is_as_high_as_its_counts() {
    // Plot of 280 units; 1 of 4 is 70 of them.
    let figure = states(vec![1, 3], 4).unwrap();
    let heights: Vec<f64> = figure
        .scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Shape(shape) if shape.fill == Some(Fill::Plain(STATES[0].colour)) => {
                let ys = || shape.outlines[0].iter().map(|point| point.1);
                Some(ys().fold(0.0, f64::max) - ys().fold(f64::INFINITY, f64::min))
            }
            _ => None,
        })
        .collect();
    // The area, and its sample in the legend.
    assert_eq!(heights.len(), 2);
    assert!((heights[0] - 70.0).abs() < 1e-9, "{heights:?}");
}

#[test]
fn the_table_behind_a_figure_has_a_cell_for_each_column() {
    for (name, figure) in small().figures() {
        assert!(!figure.data.rows.is_empty());
        for row in &figure.data.rows {
            assert_eq!(row.len(), figure.data.header.len(), "{name}");
        }
    }
}

#[test]
fn what_is_withheld_is_nowhere_in_the_figure() {
    let study = Study {
        length: Length::Short,
        ..small()
    };
    let figure = study.flow().unwrap();
    let withheld = figure
        .data
        .rows
        .iter()
        .filter(|row| row[4] == Cell::Withheld)
        .count();
    let shown = figure
        .scene
        .texts()
        .filter(|text| text.content == "<5")
        .count();
    assert!(withheld > 0);
    assert_eq!(shown, withheld);
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

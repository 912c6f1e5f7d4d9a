//! The bundled font: widths, lines, outlines.
//!
//! Promises: a width is the sum of the font's own advances, so that a layout is the same on every
//! machine and the text that is drawn is as wide as it was measured. Hides the font files
//! (`assets/fonts`, a cut of Liberation Sans without kerning, SIL OFL 1.1) and how they are read.
//! Its advances are those of Arial, so the layout also holds where Arial stands in.

use std::sync::OnceLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Family names in order of preference; all of them have the same advances.
pub const FAMILY: &str = "'Klero Sans', 'Liberation Sans', Arial, Helvetica, sans-serif";

/// Height above and depth below the baseline that text of size 1 is taken to need: Å and g.
pub const ASCENT: f64 = 0.905;
pub const DESCENT: f64 = 0.212;

const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/KleroSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../assets/fonts/KleroSans-Bold.ttf");

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    Regular,
    Bold,
}

fn face(weight: Weight) -> &'static Face<'static> {
    static FACES: [OnceLock<Face<'static>>; 2] = [OnceLock::new(), OnceLock::new()];
    let (face, bytes) = match weight {
        Weight::Regular => (&FACES[0], REGULAR),
        Weight::Bold => (&FACES[1], BOLD),
    };
    face.get_or_init(|| Face::parse(bytes, 0).expect("the bundled font is sound"))
}

/// Advances of the characters up to Latin Extended-A, which are nearly all of a text.
const QUICK: usize = 0x180;

/// Returns the advance of a character in font units.
fn advance(character: char, weight: Weight) -> f64 {
    static QUICK_ONES: [OnceLock<[f64; QUICK]>; 2] = [OnceLock::new(), OnceLock::new()];
    let looked_up = |character: char| {
        let face = face(weight);
        match face.glyph_index(character) {
            Some(glyph) => f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)),
            // What stands in for it elsewhere may be as wide as it is high.
            None => f64::from(face.units_per_em()),
        }
    };
    let table =
        || std::array::from_fn(|code| looked_up(char::from_u32(code as u32).unwrap_or(' ')));
    let quick = QUICK_ONES[weight as usize].get_or_init(table);
    match quick.get(character as usize) {
        Some(advance) => *advance,
        None => looked_up(character),
    }
}

/// Returns the width of a text, in the unit of `size`.
pub fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let units: f64 = text
        .chars()
        .map(|character| advance(character, weight))
        .sum();
    size * units / f64::from(face(weight).units_per_em())
}

/// Hands the outline of each glyph to `builder` with its start, in font units, and returns how
/// many units make the size.
pub fn outlines<B: OutlineBuilder>(
    text: &str,
    weight: Weight,
    builder: &mut B,
    mut moved: impl FnMut(&mut B, f64),
) -> f64 {
    let face = face(weight);
    let em = f64::from(face.units_per_em());
    let mut at = 0.0;
    for character in text.chars() {
        // The empty box where the font has no such character.
        let glyph = face.glyph_index(character).unwrap_or(GlyphId(0));
        moved(builder, at);
        face.outline_glyph(glyph, builder);
        at += advance(character, weight);
    }
    em
}

/// Returns a text as it is drawn: one line, no control characters, no soft hyphens, and the
/// no-break hyphen as a hyphen.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter(|&character| character != SOFT_HYPHEN)
        .map(|character| match character {
            '\u{2011}' => '-',
            '\u{fffe}' | '\u{ffff}' => ' ',
            other if other.is_control() => ' ',
            other => other,
        })
        .collect()
}

const SOFT_HYPHEN: char = '\u{ad}';

/// Breaks a text into lines no wider than `most`: at spaces, then at hyphens, slashes and soft
/// hyphens, and inside a word only where nothing else helps.
pub fn wrapped(text: &str, size: f64, weight: Weight, most: f64) -> Vec<String> {
    let fits = |text: &str| width(text, size, weight) <= most;
    let mut lines = Vec::new();
    let mut line = String::new();
    let words = text
        .split(|c: char| c == ' ' || c.is_control())
        .filter(|word| !word.is_empty());
    for word in words {
        let whole = plain(word);
        let joined = match line.is_empty() {
            true => whole.clone(),
            false => format!("{line} {whole}"),
        };
        if fits(&joined) {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if fits(&whole) {
            line = whole;
            continue;
        }
        let mut soft = false;
        for (piece, next_soft) in pieces(word) {
            let hyphen = if next_soft { "-" } else { "" };
            if !line.is_empty() && !fits(&format!("{line}{piece}{hyphen}")) {
                lines.push(std::mem::take(&mut line) + if soft { "-" } else { "" });
            }
            line += &piece;
            soft = next_soft;
            while !fits(&format!("{line}{hyphen}")) && line.chars().count() > 1 {
                let (head, rest) = split(&line, fits);
                lines.push(head + "-");
                line = rest;
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Cuts a word after its hyphens and slashes and at its soft hyphens, which then have to be shown.
fn pieces(word: &str) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for character in word.chars() {
        match character {
            SOFT_HYPHEN => pieces.push((std::mem::take(&mut piece), true)),
            '-' | '/' | '\u{2010}' | '–' => {
                piece.push(character);
                pieces.push((std::mem::take(&mut piece), false));
            }
            _ => piece.push(character),
        }
    }
    pieces.push((piece, false));
    pieces
        .into_iter()
        .map(|(piece, soft)| (plain(&piece), soft))
        .filter(|(piece, _)| !piece.is_empty())
        .collect()
}

/// Splits a word that is too wide, so that the head fits with a hyphen: where a syllable begins,
/// which in Danish and English is most often at a consonant before a vowel, or anywhere.
fn split(word: &str, fits: impl Fn(&str) -> bool) -> (String, String) {
    let letters: Vec<char> = word.chars().collect();
    let head = |count: usize| letters[..count].iter().collect::<String>();
    let most = (1..letters.len())
        .rev()
        .find(|&count| fits(&format!("{}-", head(count))))
        .unwrap_or(1);
    let vowel = |letter: &char| "aeiouyæøåAEIOUYÆØÅ".contains(*letter);
    let syllable = |&count: &usize| {
        letters.len() - count >= 3
            && !vowel(&letters[count])
            && vowel(&letters[count + 1])
            && letters[..count].iter().any(vowel)
    };
    let count = (3..=most).rev().find(syllable).unwrap_or(most);
    (head(count), letters[count..].iter().collect())
}

/// Returns CSS that brings the font into a page, which then needs no other file.
pub fn font_face_css() -> String {
    let rule = |bytes: &[u8], weight: u32| {
        format!(
            "@font-face{{font-family:'Klero Sans';font-style:normal;font-weight:{weight};\
             src:url(data:font/ttf;base64,{}) format('truetype')}}\n",
            base64(bytes)
        )
    };
    rule(REGULAR, 400) + &rule(BOLD, 700)
}

/// Base 64 with padding, RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().enumerate().fold(0u32, |bits, (place, &byte)| {
            bits | u32::from(byte) << (16 - 8 * place)
        });
        for place in 0..4 {
            match place <= three.len() {
                true => text.push(char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63])),
                false => text.push('='),
            }
        }
    }
    text
}

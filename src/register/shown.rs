//! Cells in messages.
//!
//! Promises: what a message repeats of a file holds no CPR number, no sign that a terminal would
//! act on, and is short.

use std::fmt;

use crate::cpr::{has_cpr_shape, holds_cpr_shape};

/// A cell as a message may show it. Every error that repeats one holds it in this form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shown(String);

/// Letters of a cell that are shown.
const LONGEST: usize = 60;

/// What stands for a number that is not repeated.
const HIDDEN: &str = "(a number like a CPR number)";

impl Shown {
    /// Takes a cell, or what stands for it where it may be a CPR number.
    pub fn cell(text: &str) -> Shown {
        if may_be_cpr(text) {
            return Shown(HIDDEN.to_owned());
        }
        let long = text.chars().nth(LONGEST).is_some();
        let short = text.chars().take(LONGEST);
        let mut shown: String = short
            .map(|letter| match letter.is_control() {
                true => '\u{FFFD}',
                false => letter,
            })
            .collect();
        if long {
            shown.push('…');
        }
        Shown(shown)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            HIDDEN => f.write_str(HIDDEN),
            text => write!(f, "`{text}`"),
        }
    }
}

/// Returns whether a text may hold a CPR number, also one that lost its leading zero, or one that
/// stands between other signs.
pub(super) fn may_be_cpr(text: &str) -> bool {
    // Most texts are codes, and have too few digits.
    if text.bytes().filter(u8::is_ascii_digit).count() < 9 {
        return false;
    }
    let sign = |c: char| !(c.is_ascii_digit() || matches!(c, ' ' | '-' | '\u{2013}'));
    let mut parts = text.split(sign);
    holds_cpr_shape(text)
        || parts.any(|part| has_cpr_shape(part) || has_cpr_shape(&format!("0{}", part.trim())))
}

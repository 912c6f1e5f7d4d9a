//! The shape of a CPR number, the Danish national identity number.
//!
//! Promises: what has the shape is known by it alone, without a list of numbers. Such a number does
//! not belong in an id, a reason or a message.

use std::fmt;

/// Returns whether a text has the shape of a CPR number: ten digits, whatever signs stand before,
/// between or behind them, that begin with a day and a month. Days are also taken 60 higher, as in
/// replacement numbers.
///
/// ```
/// use klero::cpr::has_cpr_shape;
/// assert!(has_cpr_shape("010170-1234") && has_cpr_shape("3112991234"));
/// assert!(has_cpr_shape("010170–1234") && has_cpr_shape(" 010170 - 1234 "));
/// assert!(!has_cpr_shape("321370-1234") && !has_cpr_shape("p-010170-1234"));
/// ```
pub fn has_cpr_shape(text: &str) -> bool {
    let mut digits = [0u8; 10];
    let mut found = 0;
    for c in text.chars() {
        match c.to_digit(10) {
            Some(digit) if found < 10 => {
                digits[found] = digit as u8;
                found += 1;
            }
            Some(_) => return false,
            None if c.is_alphabetic() => return false,
            None => {}
        }
    }
    let number = |at: usize| 10 * digits[at] + digits[at + 1];
    let (day, month) = (number(0), number(2));
    found == 10 && (matches!(day, 1..=31 | 61..=91)) && (1..=12).contains(&month)
}

/// What is wrong with an id that would be a CPR number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CprFault {
    /// A zero before it makes it one: spreadsheets lose leading zeros.
    LacksZero,
    /// Six digits of a date, a hyphen or blank, and other than four digits.
    Digits { found: usize },
    /// Ten digits that begin with no day of a year.
    NoDate,
}

impl fmt::Display for CprFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CprFault::LacksZero => f.write_str("a CPR number may have lost its leading zero"),
            CprFault::Digits { found } => write!(f, "a CPR number has {found} digits, not ten"),
            CprFault::NoDate => f.write_str("ten digits, as of a CPR number, begin with no date"),
        }
    }
}

/// Returns what is wrong with an id that is written as a CPR number is, and is none.
///
/// ```
/// use klero::cpr::{CprFault, cpr_fault};
/// assert_eq!(cpr_fault("010170-1234"), None);
/// assert_eq!(cpr_fault("10170-1234"), Some(CprFault::LacksZero));
/// assert_eq!(cpr_fault("010170-123"), Some(CprFault::Digits { found: 9 }));
/// assert_eq!(cpr_fault("3002701234"), Some(CprFault::NoDate));
/// assert_eq!(cpr_fault("case 010170-123"), None);
/// ```
pub fn cpr_fault(id: &str) -> Option<CprFault> {
    let id = id.trim();
    let plain = id
        .chars()
        .all(|c| c.is_ascii_digit() || c == '-' || c == ' ' || c == '\u{2013}');
    if !plain {
        return None;
    }
    if has_cpr_shape(&format!("0{id}")) && !has_cpr_shape(id) {
        return Some(CprFault::LacksZero);
    }
    let digits: Vec<u32> = id.chars().filter_map(|c| c.to_digit(10)).collect();
    let parted = id.chars().take_while(char::is_ascii_digit).count() == 6 && digits.len() > 6;
    match digits.len() {
        10 if is_day(&digits) => None,
        10 => Some(CprFault::NoDate),
        // Other numbers are no slip: they begin with no date, or are far too long or short.
        found if (parted || found == 9 || found == 11) && is_day(&digits) => {
            Some(CprFault::Digits { found })
        }
        _ => None,
    }
}

/// Returns whether digits begin with a day and a month; the day also 60 higher, as in replacement
/// numbers.
fn is_day(digits: &[u32]) -> bool {
    let number = |at: usize| 10 * digits[at] + digits[at + 1];
    let most = match number(2) {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    let day = number(0);
    (1..=most).contains(&day) || (61..=60 + most).contains(&day)
}

/// Returns whether some words of a text have the shape of a CPR number.
pub fn holds_cpr_shape(text: &str) -> bool {
    let words: Vec<&str> = text
        .split(|c: char| c.is_alphabetic() || c == ',' || c == ';' || c == ':')
        .flat_map(str::split_whitespace)
        .collect();
    let pairs = words.windows(2).map(|two| two.concat());
    words.iter().any(|word| has_cpr_shape(word)) || pairs.into_iter().any(|two| has_cpr_shape(&two))
}

//! Numbers as text, in one place.

use crate::rounding::rounded;

/// Writes a number with a fixed count of decimals and a true minus sign, never minus zero.
///
/// ```
/// use klero::report::number::fixed;
/// assert_eq!(fixed(-1.25, 1), "−1.2");
/// assert_eq!(fixed(-0.04, 1), "0.0");
/// ```
pub fn fixed(value: f64, decimals: usize) -> String {
    rounded(value, decimals).replace('-', "−")
}

/// Writes a number with a sign, `+` or a true minus.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let zero = text.bytes().all(|c| c == b'0' || c == b'.');
    if value > 0.0 && !zero {
        format!("+{text}")
    } else {
        text
    }
}

/// Writes a share as a percentage with one decimal: `6.7 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", fixed(100.0 * share, 1))
}

/// Writes a p-value with two decimals, three below 0.1, and `<0.001` below that.
pub fn p_value(p: f64) -> String {
    if p < 0.001 {
        "<0.001".to_owned()
    } else if p < 0.0995 {
        fixed(p, 3)
    } else {
        fixed(p, 2)
    }
}

/// Returns how many decimals show two digits of a standard error, from 0 to 6.
pub fn decimals_for(std_error: f64) -> usize {
    if !(std_error.is_finite() && std_error > 0.0) {
        return 2;
    }
    (1.0 - std_error.log10().floor()).clamp(0.0, 6.0) as usize
}

/// Returns how many decimals show a number that stands alone: none for a whole one, else 2.
pub fn decimals_of(value: f64) -> usize {
    if value.fract() == 0.0 { 0 } else { 2 }
}

/// Writes a count of things with its noun: `1 entry`, `503 entries`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// Writes a whole number with thin groups of three: `100,000`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

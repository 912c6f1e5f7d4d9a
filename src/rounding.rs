//! Rounding of a number to digits, in one place.

/// Writes a number with a fixed count of decimals, and never minus zero.
///
/// ```
/// use klero::rounding::rounded;
/// assert_eq!(rounded(-1.25, 1), "-1.2");
/// assert_eq!(rounded(-0.04, 1), "0.0");
/// ```
pub fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let zero = text.bytes().all(|c| c == b'0' || c == b'.');
    match value < 0.0 && !zero {
        true => format!("-{text}"),
        false => text,
    }
}

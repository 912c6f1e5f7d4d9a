//! The nearest known name, for messages about a name nobody knows.

/// Returns the known name closest to `name`, if one is close enough to be a slip of the hand.
///
/// Closeness is the Damerau–Levenshtein distance without regard to case, at most a third of the
/// longer name; of two equally close names the earlier one wins.
///
/// ```
/// use klero::spelling::nearest;
/// assert_eq!(nearest("proceedure", ["strata", "procedure"]), Some("procedure"));
/// assert_eq!(nearest("Tonder", ["Brøndby", "Tønder"]), Some("Tønder"));
/// assert_eq!(nearest("age", ["municipality"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .into_iter()
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&name, &lower);
            let longer = name.chars().count().max(lower.chars().count());
            (3 * distance <= longer).then_some((distance, candidate))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Lists names for a message: `` `a`, `b`, `c` ``.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

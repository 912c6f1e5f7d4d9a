//! How guessable a design is, as a table for a terminal of 80 columns.

use std::fmt::Write;

use super::number::{count, fixed, grouped, percent};
use crate::foresight::{Foresight, Share, Warning};

/// Writes the table: strata of one size a row, then the whole trial. `names` are those of all
/// strata.
pub fn table(foresight: &Foresight, names: &[String]) -> String {
    const NAME: usize = 24;
    let mut rows = vec![
        [
            "",
            "referrals",
            "guessed right",
            "certain",
            "largest difference",
        ]
        .map(str::to_owned),
    ];
    for row in &foresight.strata {
        let name = match row.strata[..] {
            [stratum] if names[stratum].is_empty() => "the trial".to_owned(),
            [stratum] if names[stratum].chars().count() <= NAME => names[stratum].clone(),
            ref strata => count(strata.len() as u64, "stratum", "strata"),
        };
        rows.push([
            name,
            match row.strata.len() {
                1 => grouped(row.referrals),
                _ => format!("{} each", grouped(row.referrals)),
            },
            share(row.each.right),
            share(row.each.certain),
            row.each
                .largest_difference
                .map_or_else(|| "not known".to_owned(), |difference| fixed(difference, 2)),
        ]);
    }
    if names.len() > 1 {
        let total: u64 = foresight
            .strata
            .iter()
            .map(|r| r.strata.len() as u64 * r.referrals)
            .sum();
        rows.push([
            "in all".to_owned(),
            grouped(total),
            share(foresight.right),
            share(foresight.certain),
            String::new(),
        ]);
    }
    rows.push([
        "without knowing".to_owned(),
        String::new(),
        percent(foresight.by_chance),
        String::new(),
        String::new(),
    ]);
    let widths: Vec<usize> = (0..5)
        .map(|column| {
            let widths = rows.iter().map(|row| row[column].chars().count());
            widths.max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = format!("{:1$}", row[0], widths[0]);
        for (cell, width) in row[1..].iter().zip(&widths[1..]) {
            write!(line, "  {cell:>width$}").expect("writing to memory");
        }
        text += line.trim_end();
        text.push('\n');
    }
    if let Some(difference) = foresight.difference_at_end {
        writeln!(
            text,
            "At the end of the whole trial two arms differ by {} referrals on average.",
            fixed(difference, 2)
        )
        .expect("writing to memory");
    }
    text
}

/// Says what a warning warns of, and what helps.
///
/// `arms` are the ids of the plan's arms.
pub fn warning(warning: &Warning, arms: &[&str]) -> String {
    match warning {
        Warning::UnevenChances {
            arm,
            declared,
            least,
            greatest,
        } => format!(
            "the chance of `{}` is {} by the ratio, and between {} and {} by position in a \
             stratum; with an unequal ratio take `permuted-blocks` instead of `block-urn`",
            arms[*arm],
            percent(*declared),
            percent(*least),
            percent(*greatest),
        ),
        Warning::FixedBlocks { size } => format!(
            "every block has {size} referrals, so that who counts along knows the end of each; use \
             several `block_sizes`, `block-urn` or `big-stick`"
        ),
        Warning::Certain { share: certain } => format!(
            "{} of the draws are certain beforehand: one arm has chance 1",
            share(*certain)
        ),
        Warning::TooManyStrata {
            strata,
            referrals,
            needed,
        } => format!(
            "{} for {}: a stratum is balanced from about {} on; take fewer factors, wider bands or \
             `minimisation`",
            count(*strata, "stratum", "strata"),
            count(*referrals, "referral", "referrals"),
            grouped(*needed),
        ),
    }
}

fn share(share: Share) -> String {
    match share {
        Share::Exactly(value) => percent(value),
        Share::AtMost(value) if value >= 1.0 => "not known".to_owned(),
        // A bound is rounded up, so that it stays one.
        Share::AtMost(value) => format!("at most {}", percent((value * 1000.0).ceil() / 1000.0)),
    }
}

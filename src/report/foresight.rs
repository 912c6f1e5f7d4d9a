//! How guessable a design is, as a table for a terminal of 80 columns.

use std::fmt::Write;

use super::language::{Locale, Message, Noun, counted, many, plain_spaces};
use super::table::terminal;
use crate::foresight::{Foresight, Share, Warning};

/// Writes the table: strata of one size a row, then the whole trial. `names` are those of all
/// strata.
pub fn table(foresight: &Foresight, names: &[String], locale: &Locale) -> String {
    const NAME: usize = 24;
    let say = |message: Message| locale.say(message);
    let mut rows = vec![[
        String::new(),
        say(Message::ReferralsHead),
        say(Message::GuessedHead),
        say(Message::CertainHead),
        say(Message::LargestHead),
    ]];
    for row in &foresight.strata {
        let name = match row.strata[..] {
            [stratum] if names[stratum].is_empty() => say(Message::TheTrial),
            [stratum] if names[stratum].chars().count() <= NAME => names[stratum].clone(),
            ref strata => counted(strata.len() as u64, Noun::Stratum, locale),
        };
        rows.push([
            name,
            match row.strata.len() {
                1 => many(row.referrals, locale),
                _ => say(Message::Each {
                    number: &many(row.referrals, locale),
                }),
            },
            share(row.each.right, locale),
            share(row.each.certain, locale),
            row.each.largest_difference.map_or_else(
                || say(Message::NotKnown),
                |difference| locale.number(difference, 2),
            ),
        ]);
    }
    if names.len() > 1 {
        let total: u64 = foresight
            .strata
            .iter()
            .map(|r| r.strata.len() as u64 * r.referrals)
            .sum();
        rows.push([
            say(Message::InAll),
            many(total, locale),
            share(foresight.right, locale),
            share(foresight.certain, locale),
            String::new(),
        ]);
    }
    rows.push([
        say(Message::WithoutKnowing),
        String::new(),
        locale.percent(foresight.by_chance, 1),
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
        let referrals = &locale.number(difference, 2);
        for line in terminal::wrap(&say(Message::DifferAtEnd { referrals }), terminal::WIDTH) {
            text += &line;
            text.push('\n');
        }
    }
    plain_spaces(&text)
}

/// Says what a warning warns of, and what helps.
///
/// `arms` are the ids of the plan's arms.
pub fn warning(warning: &Warning, arms: &[&str], locale: &Locale) -> String {
    let percent = |share: f64| locale.percent(share, 1);
    let said = match warning {
        Warning::UnevenChances {
            arm,
            declared,
            least,
            greatest,
        } => locale.say(Message::UnevenChancesWarning {
            arm: arms[*arm],
            declared: &percent(*declared),
            least: &percent(*least),
            greatest: &percent(*greatest),
        }),
        Warning::FixedBlocks { size } => locale.say(Message::FixedBlocksWarning {
            size: u64::from(*size),
        }),
        Warning::Certain { share: certain } => locale.say(Message::CertainWarning {
            share: &share(*certain, locale),
        }),
        Warning::TooManyStrata {
            strata,
            referrals,
            needed,
        } => locale.say(Message::TooManyStrataWarning {
            strata: &counted(*strata, Noun::Stratum, locale),
            referrals: &counted(*referrals, Noun::Referral, locale),
            needed: &many(*needed, locale),
        }),
    };
    plain_spaces(&said)
}

fn share(share: Share, locale: &Locale) -> String {
    match share {
        Share::Exactly(value) => locale.percent(value, 1),
        Share::AtMost(value) if value >= 1.0 => locale.say(Message::NotKnown),
        // A bound is rounded up, so that it stays one.
        Share::AtMost(value) => locale.say(Message::AtMost {
            share: &locale.percent((value * 1000.0).ceil() / 1000.0, 1),
        }),
    }
}

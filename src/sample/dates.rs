//! The days of the draws, as outcomes take them.

use crate::ledger::{Event, Ledger};
use crate::outcome::Dated;

/// Returns the date, in UTC, on which each person got an arm. The arms stay behind.
pub fn dates_of_draws(ledger: &Ledger) -> Vec<Dated> {
    let clusters = ledger.sealed().cluster().is_some();
    ledger
        .entries
        .iter()
        .filter_map(|entry| {
            let referral = match &entry.event {
                Event::Draw(draw) if !clusters => &draw.referral,
                Event::Member(member) => &member.referral,
                _ => return None,
            };
            Some(Dated {
                referral: referral.clone(),
                date: entry.time.date(),
            })
        })
        .collect()
}

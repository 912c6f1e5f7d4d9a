//! The numbers of an export with the digits that its readers see, and no more.
//!
//! Promises: tables for machines and figures hold what is printed. From sixteen digits of an effect,
//! an interval or a p one could find by trial which counts make them.

use super::{Results, tables};
use crate::estimate::ArmCounts;
use crate::protocol::Unit;
use crate::report::number::decimals_for;
use crate::report::table;
use crate::rounding::rounded;

/// Rounds everything that was estimated.
pub(super) fn round(found: &mut Results) {
    for row in &mut found.rows {
        let form = tables::form(row);
        let decimals = match form.unit {
            table::Unit::Share | table::Unit::Points | table::Unit::Relative => form.decimals + 2,
            table::Unit::None | table::Unit::Ratio | table::Unit::Of(_) => form.decimals,
        };
        let of_means = match row.unit {
            Unit::YesNo | Unit::ShareOfTime | Unit::PooledShare => 3,
            _ if tables::is_share_of_times(row) => 3,
            Unit::Weeks | Unit::TimeToEvent => 1,
            _ => form.decimals,
        };
        let computed = &mut row.computed;
        number(&mut computed.estimate, decimals);
        if let Some(interval) = &mut computed.interval {
            number(&mut interval.lower, decimals);
            number(&mut interval.upper, decimals);
        }
        for (lower, upper) in [&mut computed.all_but, &mut row.bounds]
            .into_iter()
            .flatten()
        {
            (*lower, *upper) = (at(*lower, decimals), at(*upper, decimals));
        }
        if let Some((arm, reference)) = &mut computed.levels {
            (*arm, *reference) = (at(*arm, of_means), at(*reference, of_means));
        }
        for p in [
            &mut computed.p_value,
            &mut row.p_adjusted,
            &mut row.missing_p,
        ] {
            *p = p.map(of_p);
        }
        let counts = [Some(&mut row.arm_counts), row.reference_counts.as_mut()];
        for counts in counts.into_iter().flatten() {
            number(&mut counts.mean, of_means);
        }
    }
    for received in found.received.iter_mut().flat_map(|(_, arms)| arms) {
        let ArmCounts { mean, events, .. } = received;
        number(mean, if events.is_some() { 3 } else { 2 });
    }
    let Some(baseline) = &mut found.baseline else {
        return;
    };
    for row in &mut baseline.rows {
        let decimals = tables::decimals_of_baseline(row);
        for summary in &mut row.summaries {
            number(
                &mut summary.mean,
                if summary.count.is_some() { 3 } else { decimals },
            );
            number(&mut summary.deviation, decimals);
        }
        for standardised in row.differences.iter_mut().chain(&mut row.chance) {
            number(standardised, 2);
        }
    }
}

fn number(value: &mut Option<f64>, decimals: usize) {
    *value = value.map(|value| at(value, decimals));
}

fn at(value: f64, decimals: usize) -> f64 {
    rounded(value, decimals).parse().unwrap_or(value)
}

/// A p with the digits that tables print; below 0.001, where they print none, with one.
fn of_p(p: f64) -> f64 {
    match p {
        p if p < 0.001 => at(p, decimals_for(p).saturating_sub(1).max(4)),
        p if p < 0.0995 => at(p, 3),
        p => at(p, 2),
    }
}

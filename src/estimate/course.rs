//! Shares week by week, arm by arm, and the difference from the reference below them.
//!
//! Each week by itself: Wilson's limits of a share (method 3 of Newcombe 1998, Statistics in
//! Medicine 17:857), Newcombe's of a difference (method 10 of his second paper of that year,
//! 17:873). Bands show the uncertainty of one week, and say nothing of many weeks at once.

use super::Interval;
use super::shares::{risk_difference, share};
use crate::protocol::IntervalId;
use crate::sample::Count;

/// Shares by week, from before the draw to the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Week 0 is that of the draw.
    pub weeks: Vec<i32>,
    pub arms: Vec<CourseArm>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CourseArm {
    pub arm: String,
    /// A week is `None` where nobody of the arm was observed.
    pub shares: Vec<Option<Point>>,
    /// Differences from the reference; empty for the reference itself.
    pub differences: Vec<Option<Point>>,
}

/// A value with the limits of its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
}

/// Returns the course of shares: `counts` by arm and week, `reference` the index of the arm that
/// others are compared with.
pub fn course(
    weeks: &[i32],
    arms: &[String],
    counts: &[Vec<Count>],
    reference: usize,
    level: f64,
) -> Course {
    let point = |estimate: Option<f64>, interval: Option<Interval>| {
        let (value, interval) = (estimate?, interval?);
        Some(Point {
            value,
            lower: interval.lower?,
            upper: interval.upper?,
        })
    };
    let of_share = |count: &Count| {
        let found = share(*count, None, level, IntervalId::Wilson);
        point(found.estimate, found.interval)
    };
    let of_difference = |(arm, reference): (&Count, &Count)| {
        let found = risk_difference(*arm, *reference, level, IntervalId::Newcombe);
        point(found.estimate, found.interval)
    };
    let arms = arms
        .iter()
        .zip(counts)
        .enumerate()
        .map(|(index, (arm, counts_of_arm))| CourseArm {
            arm: arm.clone(),
            shares: counts_of_arm.iter().map(of_share).collect(),
            differences: match index == reference {
                true => Vec::new(),
                false => counts_of_arm
                    .iter()
                    .zip(&counts[reference])
                    .map(of_difference)
                    .collect(),
            },
        });
    Course {
        weeks: weeks.to_vec(),
        arms: arms.collect(),
    }
}

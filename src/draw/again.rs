//! A whole trial drawn again, for replays: the procedures of the live draw, without its streams.
//!
//! Promises: what is drawn is what [`Machine`](super::Machine) draws from the same words, taken
//! one after another in order of arrival. Nothing is allocated between one replay and the next.

use super::{Words, blocks, complete, minimisation, slot_by_counts};
use crate::protocol::Procedure;

/// Puts each arm into `slots` as often as its count says, in an order drawn by lot: a list of
/// `complete` with counts, or a block of known size.
pub fn list_again(counts: &[u64], slots: &mut Vec<usize>, words: &mut impl Words) {
    complete::lay_out(counts.iter().copied(), slots, words);
}

/// A unit to draw again: its stratum, by number, and its levels of the factors of minimisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub stratum: usize,
    pub levels: Vec<usize>,
}

/// A trial that draws one unit after another, in the order they came.
#[derive(Clone, Debug)]
pub struct Arrivals {
    procedure: Procedure,
    ratio: Vec<u32>,
    pseudo_arms: usize,
    units: Vec<Arrival>,
    courses: Vec<Course>,
    scores: Vec<u64>,
}

/// How far one stratum has come within a replay.
#[derive(Clone, Debug)]
struct Course {
    counts: Vec<u64>,
    /// The present block, and how many of its slots are used up.
    block: Vec<usize>,
    taken: usize,
    margins: minimisation::Margins,
}

impl Arrivals {
    /// # Panics
    /// With `complete`, which draws whole lists.
    pub fn new(procedure: Procedure, ratio: Vec<u32>, units: Vec<Arrival>) -> Arrivals {
        assert!(
            !matches!(procedure, Procedure::Complete { .. }),
            "complete draws whole lists"
        );
        let strata = units.iter().map(|unit| unit.stratum + 1).max();
        let course = Course {
            counts: vec![0; ratio.len()],
            block: Vec::new(),
            taken: 0,
            margins: minimisation::Margins::default(),
        };
        Arrivals {
            procedure,
            pseudo_arms: ratio.iter().map(|&a| a as usize).sum(),
            ratio,
            units,
            courses: vec![course; strata.unwrap_or(0)],
            scores: Vec::new(),
        }
    }

    /// Draws every unit again and hands `each` the unit's number and its arm.
    pub fn draw(&mut self, words: &mut impl Words, mut each: impl FnMut(usize, usize)) {
        for course in &mut self.courses {
            course.counts.fill(0);
            course.block.clear();
            course.taken = 0;
            course.margins.clear();
        }
        for (number, unit) in self.units.iter().enumerate() {
            let course = &mut self.courses[unit.stratum];
            let arm = match &self.procedure {
                Procedure::PermutedBlocks { sizes } => {
                    if course.taken == course.block.len() {
                        blocks::permute(sizes, &self.ratio, &mut course.block, words);
                        course.taken = 0;
                    }
                    course.taken += 1;
                    course.block[course.taken - 1]
                }
                Procedure::Minimisation {
                    measure,
                    probability,
                    weights,
                } => {
                    let pseudo_arm = minimisation::slot(
                        *measure,
                        *probability,
                        weights,
                        self.pseudo_arms,
                        &course.margins,
                        &unit.levels,
                        &mut self.scores,
                        words,
                    );
                    course
                        .margins
                        .add(&unit.levels, pseudo_arm, self.pseudo_arms);
                    minimisation::arm_of(pseudo_arm, &self.ratio)
                }
                procedure => slot_by_counts(procedure, &self.ratio, &course.counts, words),
            };
            course.counts[arm] += 1;
            each(number, arm);
        }
    }
}

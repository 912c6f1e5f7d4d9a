//! Times and months of an export, put together until nothing in them is of few persons.
//!
//! Promises: what is returned is made of the counts of its spans alone, so that nothing within a
//! span can be read from it; of every arm, those who had the event, had another one, or left in a
//! span are none or as many as the threshold; spans of one width are taken before others, because
//! they say nothing of where few persons were.
//! Hides: which widths are tried.

use super::{CurveFound, Recruitment, TimesFound};
use crate::estimate::duration::curve::kaplan_meier;
use crate::estimate::duration::incidence::aalen_johansen;
use crate::estimate::duration::{End, Times};
use crate::report::disclosure::{Step, coarsened};
use crate::report::figure::survival::risk_times;

/// Widths of spans of months.
const MONTHS: [usize; 7] = [1, 2, 3, 4, 6, 12, 24];

/// Returns the draws by the shortest spans in which no arm has few, and their width in months, or
/// nothing where even long ones have.
pub fn months(found: &Recruitment, threshold: u64) -> Option<(Recruitment, usize)> {
    let together = |width: usize| Recruitment {
        periods: found
            .periods
            .chunks(width)
            .map(|months| match months {
                [first, .., last] => format!("{first} – {last}"),
                of_one => of_one.concat(),
            })
            .collect(),
        arms: found
            .arms
            .iter()
            .map(|(arm, drawn)| {
                let sums = drawn.chunks(width).map(|months| months.iter().sum());
                (arm.clone(), sums.collect())
            })
            .collect(),
        ..found.clone()
    };
    let enough = |found: &Recruitment| {
        let mut drawn = found.arms.iter().flat_map(|(_, drawn)| drawn);
        drawn.all(|&n| n == 0 || n >= threshold)
    };
    let mut widths = MONTHS.into_iter().map(|width| (together(width), width));
    widths.find(|(made, _)| made.periods.len() > 1 && enough(made))
}

/// Returns curves of spans of time, with the steps of each arm, or nothing where no span but the
/// whole would do.
pub fn times(found: &TimesFound, threshold: u64) -> Option<(TimesFound, Vec<Vec<Step>>)> {
    let ticks = risk_times(found.horizon);
    let horizon = found.horizon.ceil() as i32;
    let tick = ticks.get(1).map(|&tick| tick as i32)?;
    if tick < 1 || f64::from(tick) != ticks[1] {
        return None;
    }
    let spans = |width: i32| -> Vec<Vec<Step>> {
        let arms = found.arms.iter();
        arms.map(|(_, curve)| by_span(curve, width, horizon))
            .collect()
    };
    // Spans of one width that end where numbers at risk stand, or such spans joined.
    let even = (1..=tick)
        .filter(|width| tick % width == 0)
        .map(spans)
        .find(|curves| coarsened(curves, threshold) == *curves);
    let steps = even.unwrap_or_else(|| coarsened(&spans(tick), threshold));
    if steps.iter().any(|steps| steps.len() < 2) {
        return None;
    }
    let at_risk = steps.iter().map(|steps| {
        let known = |&time: &f64| match steps.iter().position(|step| f64::from(step.time) == time) {
            _ if time == 0.0 => steps.first().map(|step| step.at_risk),
            // Those of the last span have left by its end, or not: it holds both.
            Some(place) => steps.get(place + 1).map(|next| next.at_risk),
            None => None,
        };
        ticks.iter().map(known).collect()
    });
    let arms = found.arms.iter().zip(&steps).map(|((arm, curve), steps)| {
        let (time, end): (Vec<f64>, Vec<End>) = steps
            .iter()
            .flat_map(|step| {
                let of = |end: End, n: u64| (0..n).map(move |_| (f64::from(step.time), end));
                of(End::Event, step.events)
                    .chain(of(End::Competing, step.competing))
                    .chain(of(End::Censored, step.exits))
            })
            .unzip();
        let times = Times::new(&time, &end).ok()?;
        Some((
            arm.clone(),
            match curve {
                CurveFound::Survival(_) => CurveFound::Survival(kaplan_meier(times)),
                CurveFound::Incidence(_) => CurveFound::Incidence(aalen_johansen(times)),
            },
        ))
    });
    let made = TimesFound {
        arms: arms.collect::<Option<_>>()?,
        at_risk: Some(at_risk.collect()),
        ..found.clone()
    };
    Some((made, steps))
}

/// Returns what happened in spans of `width` from 0, each without its end, where the next begins;
/// the last has all that is left. Spans in which nothing happened are steps too.
fn by_span(curve: &CurveFound, width: i32, horizon: i32) -> Vec<Step> {
    let fine: Vec<(f64, [u64; 3])> = curve
        .happened(None)
        .iter()
        .map(|step| (step.time, [step.events, step.competing, step.censored]))
        .collect();
    let mut at_risk: u64 = fine.iter().flat_map(|(_, counts)| counts).sum();
    let mut ends: Vec<i32> = (1..)
        .map(|n| n * width)
        .take_while(|&t| t < horizon)
        .collect();
    ends.push(horizon);
    let mut fine = fine.into_iter().peekable();
    let mut steps = Vec::new();
    for end in ends {
        let mut counts = [0; 3];
        while let Some((_, more)) =
            fine.next_if(|(time, _)| *time < f64::from(end) || end == horizon)
        {
            for (sum, more) in counts.iter_mut().zip(more) {
                *sum += more;
            }
        }
        let [events, competing, exits] = counts;
        steps.push(Step {
            time: end,
            at_risk,
            events,
            competing,
            exits,
        });
        at_risk -= events + competing + exits;
    }
    steps
}

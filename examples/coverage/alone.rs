//! Intervals of one share and of one curve, which no draw bears on: the people are a sample.

use klero::estimate::Interval;
use klero::estimate::distribution::ln_choose;
use klero::estimate::duration::curve::kaplan_meier;
use klero::estimate::duration::incidence::aalen_johansen;
use klero::estimate::shares::share;
use klero::protocol::IntervalId;
use klero::sample::Count;

use crate::people::{EXITS_A_WEEK, Following, JOBS_A_WEEK, Normals, week};
use crate::table::{Tally, Verdict, shown};
use crate::times::{HORIZON, Seen};
use crate::{LEVEL, SIZES};

/// Prints the coverage of the intervals of one share: the sum of the binomial chances of the
/// counts whose interval holds the share.
pub fn print_one_share() {
    println!("\n### one share\n\n| share | n | Clopper–Pearson | Wilson |\n|--:|--:|--:|--:|");
    for p in [0.05, 0.2, 0.5] {
        for n in SIZES.map(|n| n as u64) {
            let covered = |method| {
                let held = (0..=n).filter(|&x| {
                    let computed = share(Count::new(x, n), None, LEVEL, method);
                    Verdict::of(computed.interval.as_ref(), p) == Verdict::Held
                });
                let chance = |x: u64| {
                    let log = ln_choose(n, x) + x as f64 * p.ln() + (n - x) as f64 * (1.0 - p).ln();
                    log.exp()
                };
                100.0 * held.map(chance).sum::<f64>()
            };
            println!(
                "| {p} | {n} | {} | {} |",
                shown(covered(IntervalId::ClopperPearson)),
                shown(covered(IntervalId::Wilson))
            );
        }
    }
}

/// Prints the coverage of the intervals of one arm's curves after a year, and of its median.
pub fn print_one_curve(samples: u64) {
    println!(
        "\n### one curve\n\n| followed | n | Kaplan–Meier, log-log | its median | Aalen–Johansen, \
         log-log |\n|---|--:|--:|--:|--:|"
    );
    for following in Following::ALL {
        for n in SIZES {
            let mut chance = Normals::new(&format!("curve {n} {following:?}"));
            let mut tallies = [Tally::default(); 3];
            for _ in 0..samples {
                let verdicts = one_sample(following, n, &mut chance);
                for (tally, verdict) in tallies.iter_mut().zip(verdicts) {
                    tally.add(verdict, 1);
                }
            }
            let cells = tallies.map(|tally| tally.show());
            println!("| {} | {n} | {} |", following.name(), cells.join(" | "));
        }
    }
}

fn one_sample(following: Following, n: usize, chance: &mut Normals) -> [Verdict; 3] {
    let mut weeks =
        |rate: f64| -> Vec<f64> { (0..n).map(|_| week(chance.uniform(), rate)).collect() };
    let (job, exit) = (weeks(JOBS_A_WEEK), weeks(EXITS_A_WEEK));
    let last_seen = following.last_seen(n, chance);
    let alone = Seen::followed(&job, &vec![f64::INFINITY; n], &last_seen);
    let curve = kaplan_meier(alone.times());
    let survival = curve.at(HORIZON, LEVEL).and_then(|(_, interval)| interval);
    let median = curve.median(LEVEL);
    let between = Interval {
        level: LEVEL,
        lower: median.lower,
        upper: median.upper,
        method: IntervalId::LogLog,
    };
    let competing = Seen::followed(&job, &exit, &last_seen);
    let incidence = aalen_johansen(competing.times()).at(HORIZON, LEVEL);
    let incidence = incidence.and_then(|(_, interval)| interval);
    [
        Verdict::of(survival.as_ref(), still_waiting(HORIZON)),
        Verdict::of(median.time.map(|_| &between), 40.0),
        Verdict::of(incidence.as_ref(), with_a_job(HORIZON)),
    ]
}

/// Returns the chance of no job by the end of a week, for whoever stays.
fn still_waiting(week: f64) -> f64 {
    (-JOBS_A_WEEK * week).exp()
}

/// Returns the chance of a job by the end of a week, before or in the week of another exit.
fn with_a_job(last: f64) -> f64 {
    let weeks = 1..=last as u32;
    let chance = |week: u32| {
        let before = f64::from(week - 1);
        let here = still_waiting(before) - still_waiting(before + 1.0);
        here * (-EXITS_A_WEEK * before).exp()
    };
    weeks.map(chance).sum()
}

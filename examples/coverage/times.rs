//! Times to an event: curves at a horizon, restricted means, hazard ratios and the log-rank test.
//!
//! When somebody is lost is drawn anew each time: were it fixed, those lost would by chance have
//! longer or shorter times than the others, and the truth of everybody would not be that of those
//! who can be seen.

use klero::estimate::Computed;
use klero::estimate::duration::cox::{Variance, cox};
use klero::estimate::duration::curve::{kaplan_meier_difference, restricted_mean_difference};
use klero::estimate::duration::incidence::incidence_difference;
use klero::estimate::duration::log_rank::log_rank;
use klero::estimate::duration::{End, Times};

use crate::LEVEL;
use crate::draws::{Fallen, Plan};
use crate::people::{Effect, FASTER, Following, JOBS_A_WEEK, Normals, People, Waits, week};
use crate::table::{Key, Method, Quantity, Tallies, Verdict};

/// Weeks at which the arms are compared.
pub const HORIZON: f64 = 52.0;
/// Weeks after which nobody is followed.
const FOLLOWED: f64 = 104.0;
/// At which a fifth are lost before the horizon, of those who have not found a job.
const LOST_A_WEEK: f64 = 0.00675;

impl Following {
    /// Returns the week in which each of n persons is last seen.
    pub fn last_seen(self, n: usize, chance: &mut Normals) -> Vec<f64> {
        let seen = |_| match self {
            Following::All => FOLLOWED,
            Following::FifthLost => week(chance.uniform(), LOST_A_WEEK).min(FOLLOWED),
        };
        (0..n).map(seen).collect()
    }
}

/// Counts what the methods for times say after each draw.
pub fn times(plan: &Plan, n: usize, draws: u64) -> Tallies {
    let people = People::new(n);
    let waits = Waits::of(&people);
    let mut tallies = Tallies::default();
    for number in 0..draws {
        let fallen = plan.draw(&people.facts, number);
        let mut chance = Normals::new(&format!("times {n} {number}"));
        for following in Following::ALL {
            let last_seen = following.last_seen(n, &mut chance);
            for waits in &waits {
                let mut add = |method, verdict| {
                    let key = Key {
                        quantity: Quantity::Weeks(following),
                        method,
                        n,
                        effect: waits.effect,
                    };
                    tallies.add(key, verdict);
                };
                at_horizon(waits, &fallen, &last_seen, &mut add);
                match waits.effect {
                    Effect::None => {
                        let seen = Seen::of(&fallen, &waits.job, None, &last_seen);
                        by_hazards(&seen, &fallen, 1.0, &mut add);
                        let [reference, arm] = seen.arms(&fallen);
                        let p = log_rank(arm.times(), reference.times()).p_value;
                        add(Method::LogRank, Verdict::of_null(p));
                    }
                    // Here, and here alone, the people too are others each time: of these very
                    // people hazards are never quite proportional.
                    Effect::Helps => {
                        let faster = [1.0, FASTER].map(|times| -> Vec<f64> {
                            let rate = times * JOBS_A_WEEK;
                            (0..n).map(|_| week(chance.uniform(), rate)).collect()
                        });
                        let seen = Seen::of(&fallen, &faster, None, &last_seen);
                        by_hazards(&seen, &fallen, FASTER, &mut add);
                    }
                    Effect::Mixed => {}
                }
            }
        }
    }
    tallies
}

/// Adds what is said of a difference by the horizon.
fn at_horizon(
    waits: &Waits,
    fallen: &Fallen,
    last_seen: &[f64],
    add: &mut impl FnMut(Method, Verdict),
) {
    let [reference, arm] = Seen::of(fallen, &waits.job, None, last_seen).arms(fallen);
    let (r, a) = (reference.times(), arm.times());
    let n = last_seen.len() as f64;
    let mean = |of: &dyn Fn(&[f64]) -> f64| (of(&waits.job[1]) - of(&waits.job[0])) / n;
    let until_then = mean(&|job| job.iter().map(|week| week.min(HORIZON)).sum());
    let by_then = mean(&|job| job.iter().filter(|week| **week <= HORIZON).count() as f64);
    let mut hold = |method, computed: Computed, truth| {
        add(method, Verdict::of(computed.interval.as_ref(), truth));
    };
    let computed = restricted_mean_difference(a, r, HORIZON, LEVEL);
    hold(Method::RestrictedMean, computed, until_then);
    let computed = kaplan_meier_difference(a, r, HORIZON, LEVEL);
    hold(Method::KaplanMeier, computed, by_then);
    // Cumulative incidences by stratum are not offered.
    if fallen.strata > 1 {
        return;
    }
    let [reference, arm] = Seen::of(fallen, &waits.job, Some(&waits.exit), last_seen).arms(fallen);
    let first = mean(&|job| {
        let rows = job.iter().zip(&waits.exit);
        rows.filter(|(job, exit)| **job <= HORIZON && job <= exit)
            .count() as f64
    });
    let computed = incidence_difference(arm.times(), reference.times(), HORIZON, LEVEL);
    hold(Method::AalenJohansen, computed, first);
}

/// Adds what Cox's regression says, by stratum where the draw has strata.
fn by_hazards(seen: &Seen, fallen: &Fallen, truth: f64, add: &mut impl FnMut(Method, Verdict)) {
    let in_arm: Vec<f64> = fallen.in_arm().into_iter().map(f64::from).collect();
    for (method, variance) in [
        (Method::CoxRobust, Variance::Robust),
        (Method::CoxModel, Variance::Model),
    ] {
        let computed = cox(seen.times(), &[&in_arm], variance, LEVEL).expect("as many of each");
        add(method, Verdict::of(computed.interval.as_ref(), truth));
    }
}

/// What is seen of persons: their last week, and how it ended.
pub struct Seen {
    time: Vec<f64>,
    end: Vec<End>,
    /// None where the draw has none.
    stratum: Option<Vec<u32>>,
}

impl Seen {
    /// Returns what is seen of reference and arm. A job comes before another exit, and both before
    /// being lost, in one week.
    fn of(fallen: &Fallen, job: &[Vec<f64>; 2], exit: Option<&[f64]>, last_seen: &[f64]) -> Seen {
        let job = fallen.seen([&job[0], &job[1]]);
        let exit = exit.map(|exit| fallen.same(exit));
        let exit = exit.unwrap_or_else(|| vec![f64::INFINITY; job.len()]);
        let mut seen = Seen::followed(&job, &exit, &fallen.same(last_seen));
        seen.stratum = (fallen.strata > 1).then(|| fallen.same(&fallen.stratum));
        seen
    }

    pub fn followed(job: &[f64], exit: &[f64], last_seen: &[f64]) -> Seen {
        let rows = job.iter().zip(exit).zip(last_seen);
        let (time, end) = rows
            .map(|((&job, &exit), &last)| {
                if job <= exit && job <= last {
                    (job, End::Event)
                } else if exit <= last {
                    (exit, End::Competing)
                } else {
                    (last, End::Censored)
                }
            })
            .unzip();
        Seen {
            time,
            end,
            stratum: None,
        }
    }

    /// Returns the reference and the arm apart.
    fn arms(&self, fallen: &Fallen) -> [Seen; 2] {
        let in_arm = fallen.in_arm();
        [false, true].map(|arm| {
            let mut side = Seen {
                time: Vec::new(),
                end: Vec::new(),
                stratum: self.stratum.as_ref().map(|_| Vec::new()),
            };
            for (row, _) in in_arm
                .iter()
                .enumerate()
                .filter(|(_, in_arm)| **in_arm == arm)
            {
                side.time.push(self.time[row]);
                side.end.push(self.end[row]);
                if let (Some(to), Some(from)) = (&mut side.stratum, &self.stratum) {
                    to.push(from[row]);
                }
            }
            side
        })
    }

    pub fn times(&self) -> Times<'_> {
        let times = Times::new(&self.time, &self.end).expect("weeks are finite");
        match &self.stratum {
            Some(stratum) => times.stratified(stratum).expect("as many as times"),
            None => times,
        }
    }
}

//! The randomisation test: the trial drawn again by its own procedure, as often as asked for.
//!
//! Promises: replays call the procedures that drew the trial (`draw`), in the order of arrival,
//! with its strata, blocks and clusters. Replay r takes its words from stream r of a key that
//! follows from the seed text, so that it is the same alone, on any thread and on any machine;
//! all outcomes of a contrast are compared in the same replays, and another outcome changes
//! nothing; where a contrast holds the other arms, neither does another arm. Hides: how a replay
//! is added up fast.
//!
//! What is held. In lists of `complete`, in blocks of known size and in simple draws, a contrast
//! draws its own two arms again and holds everybody else and all counts; the null is that the two
//! arms do the same to each person. A test of two of three arms that draws all of them again
//! would test the third as well. Where arms cannot be held (urn, coins, minimisation, blocks of
//! unknown size), the whole draw is replayed, for all contrasts at once, and with more than two
//! arms the null is that no arm has any effect. Holding is sound because given what is held, each
//! order left is equally likely.
//!
//! Why contrasts that hold arms have replays of their own, and are not all read off one draw of
//! every arm: that draw mixes persons of an arm with an effect among those of arms without one.
//! Outcomes that this arm moves hang together in the replays more than where nothing moves them,
//! so that the largest of many statistics comes out too small there, and effects that are none are
//! found too often. [`multiplicity`](super::multiplicity) combines the contrasts.
//!
//! Words of the replays: the key is SHA-256(enc("klero/replay/1", seed text)) for whole draws and
//! SHA-256(enc("klero/replay/1", seed text, id of the arm first in the plan, id of the other)) for
//! a contrast, with enc as in [`encode`]; replay r, from 0, is ChaCha20 stream r under that
//! key. Live streams are keyed by HMAC from a secret seed, so that no replay is a live draw.
//!
//! Sources: Fisher 1935; Gerber & Green 2012, chapter 3; Wu & Ding 2021,
//! doi:10.1080/01621459.2020.1750415 (studentised, for the average effect too, also in strata and
//! clusters); Zhao & Ding 2021, Journal of Econometrics 225:278.

mod balance;
mod deal;
mod design;
mod inversion;
mod statistic;
mod ways;

use std::num::NonZeroUsize;

use self::deal::{Deal, Measured};
use self::inversion::{Limit, Replays};
use self::statistic::{Compared, Floor, Sums, Total};
use self::ways::{Guess, Ways};
use super::Interval;
use crate::digest::Digest;
use crate::draw::{Stream, encode};
use crate::protocol::{IntervalId, Procedure, Statistic};

pub use self::balance::{Balance, omnibus};
pub use self::design::{Blocks, Design, DesignError, Drawn, Persons, Unit};
pub use self::statistic::Weighting;

/// Draws up to which all are listed instead of replaying some.
pub const LISTED: u64 = 100_000;

/// How to replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Replaying {
    /// How many replays, where not all draws are listed.
    pub replays: u64,
    /// Any text; the same text gives the same replays.
    pub seed: String,
    pub statistic: Statistic,
    pub weighting: Weighting,
    /// Confidence level of the interval.
    pub level: f64,
    /// All draws are listed where they number at most this; 0 for never, as a family needs that is
    /// adjusted from as many replays of each contrast.
    pub listed: u64,
    /// Threads to use; `None` for all there are. No digit depends on it.
    pub threads: Option<NonZeroUsize>,
}

impl Default for Replaying {
    fn default() -> Replaying {
        Replaying {
            replays: 10_000,
            seed: "1".to_owned(),
            statistic: Statistic::Studentised,
            weighting: Weighting::ByStratum,
            level: 0.95,
            listed: LISTED,
            threads: None,
        }
    }
}

impl Replaying {
    fn threads(&self) -> usize {
        self.threads
            .map_or_else(crate::threads::threads, NonZeroUsize::get)
    }
}

/// What the p-value is a test of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// For nobody does it matter which of the two arms it is.
    TwoArms,
    /// For nobody does it matter which of all arms it is.
    AllArms,
}

impl Null {
    /// Returns the null in words.
    pub const fn summary(self) -> &'static str {
        match self {
            Null::TwoArms => "the two arms have the same effect on each person",
            Null::AllArms => "no arm has any effect",
        }
    }
}

/// The randomisation test of one outcome and contrast.
#[derive(Clone, Debug, PartialEq)]
pub struct Redrawn {
    /// The arm and its reference, as indices.
    pub contrast: (usize, usize),
    /// The outcome, as an index.
    pub outcome: usize,
    /// The difference in means, arm minus reference, in the unit of the outcome.
    pub estimate: Option<f64>,
    /// The standard error by which the statistic is studentised.
    pub std_error: Option<f64>,
    /// t or the difference, with its sign.
    pub statistic: Option<f64>,
    /// Two-sided, by the absolute statistic.
    pub p_value: Option<f64>,
    /// Standard error of p, √(p(1 − p)/m), for having replayed m draws only; `None` when exact.
    pub monte_carlo_error: Option<f64>,
    /// Whether all draws were listed.
    pub exact: bool,
    /// Draws that were compared.
    pub draws: u64,
    pub null: Null,
    /// The constant effects that are not rejected; a bound that does not exist is `None`.
    pub interval: Option<Interval>,
    pub notes: Vec<String>,
    /// |statistic| of each draw compared, in order of its number, the same order for all outcomes
    /// of a contrast; infinite where a draw has none.
    pub replayed: Vec<f64>,
    /// The chance of each draw listed, where they differ.
    pub chances: Option<Vec<f64>>,
}

/// Why a test cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedrawError {
    #[error("column {column} has {found} values for {expected} persons")]
    Length {
        column: usize,
        found: usize,
        expected: usize,
    },
    #[error("a value of person {person} in column {column} is not finite")]
    NotFinite { column: usize, person: usize },
    #[error("arm {arm} of {arms}")]
    Arm { arm: usize, arms: usize },
    #[error("an arm is compared with itself")]
    SameArm,
    #[error("no replays are asked for")]
    NoReplays,
}

/// A value for each person, in the order of the design; `None` where it is missing.
pub type Column<'a> = &'a [Option<f64>];

/// Tests each outcome in each contrast (arm, reference), all outcomes of a contrast from the same
/// replays and, where no arm is held, all contrasts; returns them contrast by contrast, outcome by
/// outcome.
///
/// Persons without an outcome are left out of that outcome only; the draw is of everybody.
pub fn test(
    design: &Design,
    outcomes: &[Column<'_>],
    contrasts: &[(usize, usize)],
    replaying: &Replaying,
) -> Result<Vec<Redrawn>, RedrawError> {
    check(design, outcomes, replaying)?;
    for &(arm, reference) in contrasts {
        let arms = design.arms();
        if arm == reference {
            return Err(RedrawError::SameArm);
        }
        if let Some(arm) = [arm, reference].into_iter().find(|&arm| arm >= arms) {
            return Err(RedrawError::Arm { arm, arms });
        }
    }
    // With the arms in the order of the plan, so that swapping them mirrors the result.
    let ordered: Vec<(usize, usize)> = contrasts
        .iter()
        .map(|&(arm, reference)| (arm.min(reference), arm.max(reference)))
        .collect();
    let mut tests = Vec::new();
    if holds_other_arms(design) {
        for (&pair, &contrast) in ordered.iter().zip(contrasts) {
            let ids = [pair.0, pair.1].map(|arm| design.drawn.arms[arm].as_str());
            let played = play(design, outcomes, &[pair], &ids, replaying);
            tests.extend(evaluate(design, &played, 0, contrast, replaying));
        }
    } else {
        let played = play(design, outcomes, &ordered, &[], replaying);
        for (place, &contrast) in contrasts.iter().enumerate() {
            tests.extend(evaluate(design, &played, place, contrast, replaying));
        }
    }
    Ok(tests)
}

fn check(
    design: &Design,
    columns: &[Column<'_>],
    replaying: &Replaying,
) -> Result<(), RedrawError> {
    if replaying.replays == 0 {
        return Err(RedrawError::NoReplays);
    }
    let expected = design.persons();
    for (column, values) in columns.iter().enumerate() {
        if values.len() != expected {
            return Err(RedrawError::Length {
                column,
                found: values.len(),
                expected,
            });
        }
        let infinite = |value: &Option<f64>| value.is_some_and(|value| !value.is_finite());
        if let Some(person) = values.iter().position(infinite) {
            return Err(RedrawError::NotFinite { column, person });
        }
    }
    Ok(())
}

fn holds_other_arms(design: &Design) -> bool {
    design.lists.is_some() || design.drawn.procedure == Procedure::Simple
}

/// Draws and their comparisons, for some contrasts.
struct Played {
    /// Contrast by contrast, outcome by outcome.
    observed: Vec<Seen>,
    /// Draw by draw, and within a draw as `observed`, in pieces one after another.
    pieces: Vec<Vec<Compared>>,
    chances: Option<Vec<f64>>,
    exact: bool,
    outcomes: usize,
    threads: usize,
}

/// The draw as it fell.
#[derive(Clone, Copy)]
struct Seen {
    compared: Compared,
    one_sided: u32,
    /// Whether any value differs from another.
    varies: bool,
    binary: bool,
}

/// Draws again and compares; `ids` name the key beside the seed.
fn play(
    design: &Design,
    outcomes: &[Column<'_>],
    pairs: &[(usize, usize)],
    ids: &[&str],
    replaying: &Replaying,
) -> Played {
    let sums = match design.clustered {
        true => Sums::Clusters,
        false => Sums::Persons,
    };
    let summed = by_unit(design, outcomes, (!ids.is_empty()).then(|| pairs[0]));
    let measured = Measured {
        design,
        sums,
        weighting: replaying.weighting,
        m: &summed.m,
        y: &summed.y,
    };
    let mut deal = match ids {
        [] => Deal::of_all(&measured),
        _ => Deal::of_contrast(&measured, pairs[0].0, pairs[0].1).expect("arms can be held"),
    };
    let places: Vec<(usize, usize)> = match ids {
        [] => pairs.to_vec(),
        _ => vec![(0, 1)],
    };
    let floors = summed.y.iter().zip(&summed.m).map(|(y, m)| floor(y, m));
    let floors: Vec<Floor> = floors.collect();
    let compare = Compare {
        sums,
        outcomes: outcomes.len(),
        floors: &floors,
        statistic: replaying.statistic,
    };
    let mut observed = Vec::new();
    for &pair in pairs {
        let fell = measured.as_it_fell(pair.0, pair.1);
        let place = (0..outcomes.len()).map(|outcome| {
            let total = compare.total(&fell, 2, (0, 1), outcome);
            Seen {
                compared: total.compared(replaying.statistic, floors[outcome]),
                one_sided: total.one_sided,
                varies: summed.varies[outcome],
                binary: summed.binary[outcome],
            }
        });
        observed.extend(place);
    }
    let threads = replaying.threads();
    let played = |pieces, chances, exact| Played {
        observed,
        pieces,
        chances,
        exact,
        outcomes: outcomes.len(),
        threads,
    };
    if let Some((piece, chances)) = list(&mut deal, &compare, &places, replaying.listed) {
        return played(vec![piece], chances, true);
    }
    deal.look_up(None);
    let key = key(&replaying.seed, ids);
    let pieces = spread(threads, replaying.replays, |range| {
        let mut deal = deal.clone();
        let mut sums = vec![0.0; deal.size()];
        let mut piece = Vec::with_capacity((range.end - range.start) as usize * places.len());
        for number in range {
            deal.replay(&mut Stream::numbered(key, number), &mut sums);
            compare.push(&sums, deal.places(), &places, &mut piece);
        }
        piece
    });
    played(pieces, None, false)
}

/// Returns the key of the replays' streams.
fn key(seed: &str, ids: &[&str]) -> [u8; 32] {
    let fields = ["klero/replay/1", seed]
        .into_iter()
        .chain(ids.iter().copied());
    Digest::of(&encode(fields.map(str::as_bytes))).0
}

/// Returns what `work` gives for each of as many even parts of 0..n as there are threads.
fn spread<T: Send>(
    threads: usize,
    n: u64,
    work: impl Fn(std::ops::Range<u64>) -> T + Sync,
) -> Vec<T> {
    let threads = (threads as u64).clamp(1, n.clamp(1, 1 << 10));
    let part = |i: u64| (u128::from(n) * u128::from(i) / u128::from(threads)) as u64;
    std::thread::scope(|scope| {
        let work = &work;
        let handles: Vec<_> = (1..threads)
            .map(|i| scope.spawn(move || work(part(i)..part(i + 1))))
            .collect();
        let mut parts = vec![work(0..part(1))];
        for handle in handles {
            parts.push(handle.join().expect("a thread without panic"));
        }
        parts
    })
}

/// Outcomes by unit.
#[derive(Default)]
struct ByUnit {
    /// Outcome by outcome, unit by unit: persons with the outcome, and its sum over them.
    m: Vec<Vec<f64>>,
    y: Vec<Vec<f64>>,
    /// Outcome by outcome: whether it varies, and whether it is of 1 and 0.
    varies: Vec<bool>,
    binary: Vec<bool>,
}

/// Sums outcomes by unit over the units in two arms, or all, centred at their mean.
fn by_unit(design: &Design, outcomes: &[Column<'_>], among: Option<(usize, usize)>) -> ByUnit {
    let drawn = &design.drawn;
    let counts = |unit: usize| {
        let arm = drawn.units[unit].arm;
        among.is_none_or(|(first, second)| arm == first || arm == second)
    };
    let mut summed = ByUnit::default();
    for values in outcomes {
        let rows = || {
            let rows = drawn.unit_of.iter().zip(values.iter());
            rows.filter_map(|(&unit, value)| Some((unit, (*value)?)))
                .filter(|&(unit, _)| counts(unit))
        };
        let n = rows().count().max(1) as f64;
        let mean = rows().map(|(_, value)| value).sum::<f64>() / n;
        let (mut m, mut y) = (vec![0.0; drawn.units.len()], vec![0.0; drawn.units.len()]);
        for (unit, value) in rows() {
            m[unit] += 1.0;
            y[unit] += value - mean;
        }
        let first = rows().next().map(|(_, value)| value);
        let binary = rows().all(|(_, value)| value == 0.0 || value == 1.0);
        summed
            .varies
            .push(rows().any(|(_, value)| Some(value) != first));
        summed.binary.push(binary);
        summed.m.push(m);
        summed.y.push(y);
    }
    summed
}

fn floor(y: &[f64], m: &[f64]) -> Floor {
    Floor::of(y.iter().map(|y| y * y).sum(), m.iter().sum())
}

/// Turns the sums of a draw into comparisons.
struct Compare<'a> {
    sums: Sums,
    outcomes: usize,
    floors: &'a [Floor],
    statistic: Statistic,
}

impl Compare<'_> {
    /// Adds up the strata for one outcome and two places.
    fn total(&self, sums: &[f64], places: usize, pair: (usize, usize), outcome: usize) -> Total {
        let width = self.sums.width();
        let place = self.outcomes * width;
        let at = |arm: usize| arm * place + outcome * width..arm * place + (outcome + 1) * width;
        let mut total = Total::default();
        for stratum in sums.chunks_exact(places * place) {
            total.add(self.sums, &stratum[at(pair.0)], &stratum[at(pair.1)]);
        }
        total
    }

    fn push(
        &self,
        sums: &[f64],
        places: usize,
        pairs: &[(usize, usize)],
        piece: &mut Vec<Compared>,
    ) {
        for &pair in pairs {
            for (outcome, &floor) in self.floors.iter().enumerate() {
                let total = self.total(sums, places, pair, outcome);
                piece.push(total.compared(self.statistic, floor));
            }
        }
    }
}

/// Every draw compared and, where they differ, their chances.
type Listing = (Vec<Compared>, Option<Vec<f64>>);

/// Returns all draws; `None` where there are more than `limit`.
fn list(
    deal: &mut Deal,
    compare: &Compare<'_>,
    pairs: &[(usize, usize)],
    limit: u64,
) -> Option<Listing> {
    let mut sums = vec![0.0; deal.size()];
    let mut piece = Vec::new();
    if let Some(choices) = deal.choices() {
        if choices > u128::from(limit) {
            return None;
        }
        deal.look_up(Some(u128::from(limit)));
        let mut ways = deal.first_way();
        loop {
            deal.listed(&ways, &mut sums);
            compare.push(&sums, deal.places(), pairs, &mut piece);
            if !deal.advance(&mut ways) {
                return Some((piece, None));
            }
        }
    }
    let mut guess = Guess::new();
    deal.replay(&mut guess, &mut sums);
    if limit == 0 || guess.product > 1e7 * limit as f64 {
        return None;
    }
    let mut ways = Ways::new();
    let mut chances = Vec::new();
    loop {
        if chances.len() as u64 == limit {
            return None;
        }
        deal.replay(&mut ways, &mut sums);
        compare.push(&sums, deal.places(), pairs, &mut piece);
        chances.push(ways.chance());
        if !ways.advance() {
            return Some((piece, Some(chances)));
        }
    }
}

/// Returns the tests of all outcomes in the contrast at `place`.
fn evaluate(
    design: &Design,
    played: &Played,
    place: usize,
    contrast: (usize, usize),
    replaying: &Replaying,
) -> Vec<Redrawn> {
    let parts = spread(played.threads, played.outcomes as u64, |range| {
        range
            .map(|outcome| one(design, played, place, outcome as usize, contrast, replaying))
            .collect::<Vec<_>>()
    });
    parts.into_iter().flatten().collect()
}

fn one(
    design: &Design,
    played: &Played,
    place: usize,
    outcome: usize,
    contrast: (usize, usize),
    replaying: &Replaying,
) -> Redrawn {
    let column = place * played.outcomes + outcome;
    let stride = played.observed.len();
    let seen = &played.observed[column];
    let observed = seen.compared;
    let replayed: Vec<Compared> = played
        .pieces
        .iter()
        .flat_map(|piece| piece.iter().skip(column).step_by(stride))
        .copied()
        .collect();
    let null = match holds_other_arms(design) || design.arms() == 2 {
        true => Null::TwoArms,
        false => Null::AllArms,
    };
    let mut test = Redrawn {
        contrast,
        outcome,
        estimate: None,
        std_error: None,
        statistic: None,
        p_value: None,
        monte_carlo_error: None,
        exact: played.exact,
        draws: replayed.len() as u64,
        null,
        interval: None,
        notes: Vec::new(),
        replayed: replayed.iter().map(|replay| replay.size).collect(),
        chances: played.chances.clone(),
    };
    let mut note = |note: String| test.notes.push(note);
    if design.lists.is_none() && matches!(design.drawn.procedure, Procedure::PermutedBlocks { .. })
    {
        note("the sizes of the blocks are not known: the whole draw was replayed".to_owned());
    }
    if null == Null::AllArms {
        note(format!(
            "the whole draw was replayed: the null is that {}",
            null.summary()
        ));
    }
    if observed.d.is_infinite() {
        note("an arm has no outcomes".to_owned());
        return test;
    }
    if seen.one_sided > 0 {
        let (strata, have) = match seen.one_sided {
            1 => ("stratum", "has"),
            _ => ("strata", "have"),
        };
        note(format!(
            "{} {strata} that {have} outcomes in one of the two arms only do not enter",
            seen.one_sided
        ));
    }
    // The first arm of the plan minus the second; 0 stays 0.
    let sign = if contrast.0 < contrast.1 { 1.0 } else { -1.0 };
    let signed = |value: f64| if value == 0.0 { 0.0 } else { sign * value };
    test.estimate = Some(signed(observed.d));
    if !seen.varies {
        note("the outcome does not vary: no test and no interval".to_owned());
        return test;
    }
    let error = observed.v[0].sqrt();
    test.std_error = (error > 0.0).then_some(error);
    test.statistic = match replaying.statistic {
        Statistic::Difference => test.estimate,
        Statistic::Studentised if error > 0.0 => Some(signed(observed.d / error)),
        Statistic::Studentised => None,
    };
    let replays = Replays {
        observed,
        replayed: &replayed,
        chances: played.chances.as_deref(),
        exact: played.exact,
        statistic: replaying.statistic,
    };
    let p = replays.p_value();
    test.p_value = Some(p);
    if !played.exact {
        test.monte_carlo_error = Some((p * (1.0 - p) / replayed.len() as f64).sqrt());
    }
    if replayed.len() == 1 && played.exact {
        note("the design allows no other draw".to_owned());
    }
    let without = replayed
        .iter()
        .filter(|replay| replay.size.is_infinite())
        .count();
    if without > 0 {
        note(format!(
            "{without} of the draws compared have no statistic, and count as extreme"
        ));
    }
    if replaying.statistic == Statistic::Studentised && error == 0.0 {
        note("the standard error is 0 or does not exist: no interval".to_owned());
        return test;
    }
    if null == Null::AllArms {
        note("no interval: other arms would need effects of their own".to_owned());
        return test;
    }
    let (lower, upper) = replays.interval(replaying.level);
    let (lower, upper) = match contrast.0 < contrast.1 {
        true => (lower, upper),
        false => (mirrored(upper), mirrored(lower)),
    };
    let bound = |limit: Limit| match limit {
        Limit::At(bound) => Some(bound),
        Limit::Unbounded => None,
    };
    for (limit, side) in [(lower, "below"), (upper, "above")] {
        if limit == Limit::Unbounded {
            note(format!(
                "the interval has no bound {side}: no such effect is rejected"
            ));
        }
    }
    if seen.binary {
        let why = "the interval is for an effect that adds the same to everybody, which an outcome \
                   of 1 and 0 can have on average only";
        note(why.to_owned());
    }
    test.interval = Some(Interval {
        level: replaying.level,
        lower: bound(lower),
        upper: bound(upper),
        method: IntervalId::Inversion,
    });
    test
}

fn mirrored(limit: Limit) -> Limit {
    match limit {
        Limit::At(bound) if bound != 0.0 => Limit::At(-bound),
        limit => limit,
    }
}

//! How often klero's intervals hold the truth, and its tests keep to their level, under the draw.
//!
//! `cargo run --release --example coverage` prints the tables of docs/coverage.md, which says how
//! to read them; `-- --quick` makes a tenth of the draws.
//!
//! The people and what would happen to each of them in either arm are made once and stay as they
//! are. Only the draw is repeated: by [`Machine`], the machine of a live trial, under another
//! master key each time. The truth is that of these very people: the difference, ratio or odds
//! ratio of their average outcomes in the two arms. Every draw follows from its number, and what
//! is counted are whole numbers, so that the tables are the same for any number of threads.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use klero::digest::Digest;
use klero::draw::{Live, Machine, MasterKey, Seed, StratumKey, Stream, Words, block_sizes, encode};
use klero::estimate::distribution::{ln_choose, normal_quantile};
use klero::estimate::linear::{Columns, Covariate, DegreesOfFreedom, Inference};
use klero::estimate::means::difference_in_means;
use klero::estimate::redraw::{self, Design, Drawn, Replaying, Unit, Weighting};
use klero::estimate::regression::{lin, ols};
use klero::estimate::shares::{
    exact_odds_ratio, fisher_exact, odds_ratio, risk_difference, risk_ratio, share,
    stratified_risk_difference, stratified_risk_ratio,
};
use klero::estimate::stratified::{Stratified, stratified_difference};
use klero::estimate::{Computed, Interval};
use klero::protocol::{Fraction, Imbalance, IntervalId, Procedure, StandardErrors, Statistic};
use klero::sample::Count;

/// Draws for the formulas: a coverage of 95 % has a Monte-Carlo standard error of 0.22 points.
const DRAWS: u64 = 10_000;
/// Draws for the tests that replay the draw themselves: 0.28 points.
const TESTED: u64 = 6_000;
/// Replays of each: with 99, a p of 5/100 is exactly the level.
const REPLAYS: u64 = 99;
const LEVEL: f64 = 0.95;
const SIZES: [usize; 3] = [30, 100, 503];
const CLUSTERS: [usize; 3] = [10, 20, 40];
/// Cells below this many percent are set in bold.
const SHORT: f64 = 94.0;

/// The draws compared, a column of the table each; the reference is the first of the ratio.
const PLANS: [Plan; 9] = [
    Plan::new("complete", Rule::Complete, &[1, 1]),
    Plan::new("complete", Rule::Complete, &[1, 1, 1]),
    Plan::new("complete", Rule::Complete, &[4, 1]),
    Plan::new("blocks", Rule::Blocks, &[1, 1]),
    Plan::new("blocks", Rule::Blocks, &[1, 1, 1]),
    Plan::new("minimised", Rule::Minimisation, &[1, 1]),
    Plan::new("minimised", Rule::Minimisation, &[1, 1, 1]),
    Plan::new("in strata", Rule::BlocksInStrata, &[1, 1]),
    Plan::new("in strata", Rule::BlocksInStrata, &[1, 1, 1]),
];

#[derive(Clone, Copy)]
struct Plan {
    name: &'static str,
    rule: Rule,
    ratio: &'static [u32],
}

#[derive(Clone, Copy, PartialEq)]
enum Rule {
    Complete,
    Blocks,
    Minimisation,
    BlocksInStrata,
}

impl Plan {
    const fn new(name: &'static str, rule: Rule, ratio: &'static [u32]) -> Plan {
        Plan { name, rule, ratio }
    }

    /// Returns the block sizes, by lot: 4 and 6, or with three arms 3 and 6.
    fn blocks(&self) -> Vec<u32> {
        match self.ratio.len() {
            2 => vec![4, 6],
            _ => vec![3, 6],
        }
    }

    fn procedure(&self) -> Procedure {
        match self.rule {
            Rule::Complete => Procedure::Complete { counts: None },
            Rule::Blocks | Rule::BlocksInStrata => Procedure::PermutedBlocks {
                sizes: self.blocks(),
            },
            Rule::Minimisation => Procedure::Minimisation {
                measure: Imbalance::Range,
                probability: Fraction { p: 8, q: 10 },
                weights: vec![(0, 1), (1, 1), (2, 1)],
            },
        }
    }

    /// Draws all units, in their order.
    fn draw(&self, units: &[Facts], number: u64) -> Fallen {
        let name = format!("{} {:?} {}", self.name, self.ratio, units.len());
        let key = encode([name.as_bytes(), &number.to_be_bytes()]);
        let seed = Seed::from_bytes(Digest::of(&key).0);
        let master = MasterKey::derive(&seed, "coverage", Digest::of(b""), "");
        let mut machine = Machine::new(
            self.procedure(),
            self.ratio.to_vec(),
            Live::new(master.clone()),
        );
        let strata: Vec<StratumKey> = match self.rule {
            Rule::BlocksInStrata => ["a", "b", "c"].map(|name| StratumKey::of(&[name])).to_vec(),
            _ => vec![StratumKey::of::<&str>(&[])],
        };
        let stratum_of = |unit: &Facts| unit[2] % strata.len();
        let arms = match self.rule {
            Rule::Complete => machine.draw_batch(&strata[0], units.len()),
            _ => units
                .iter()
                .map(|unit| {
                    let stratum = &strata[stratum_of(unit)];
                    let arm = machine.draw(stratum, unit);
                    machine.record(stratum, unit, arm);
                    arm
                })
                .collect(),
        };
        let blocks = matches!(self.rule, Rule::Blocks | Rule::BlocksInStrata).then(|| {
            let sizes = self.blocks();
            let all = units.len() as u64;
            let sizes = |stratum| block_sizes(&master, &sizes, stratum, all);
            strata.iter().map(sizes).collect()
        });
        Fallen {
            arms,
            stratum: units.iter().map(stratum_of).collect(),
            strata: strata.len(),
            blocks,
        }
    }
}

/// Levels of three factors, of two, three and three levels.
type Facts = [usize; 3];

/// A draw as it fell.
struct Fallen {
    arms: Vec<usize>,
    stratum: Vec<usize>,
    strata: usize,
    /// The sizes of the blocks, which whoever has the seed knows.
    blocks: Option<Vec<Vec<u32>>>,
}

impl Fallen {
    /// Returns what the reference (0) and the arm (1) have of a column, in the order of persons.
    fn seen<T: Copy>(&self, in_reference: &[T], in_arm: &[T]) -> Vec<T> {
        let rows = self.arms.iter().zip(in_reference).zip(in_arm);
        rows.filter_map(|((arm, reference), in_arm)| match arm {
            0 => Some(*reference),
            1 => Some(*in_arm),
            _ => None,
        })
        .collect()
    }

    fn same<T: Copy>(&self, column: &[T]) -> Vec<T> {
        self.seen(column, column)
    }
}

/// The people, with what would happen to each in either arm.
struct People {
    facts: Vec<Facts>,
    covariate: Vec<f64>,
    outcomes: Vec<Outcome>,
}

struct Outcome {
    /// Where its rows stand in the table.
    place: usize,
    name: &'static str,
    effect: Effect,
    /// In the reference, and in the arm.
    y: [Vec<f64>; 2],
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    /// For nobody does it matter.
    None,
    /// The realistic one; of numbers, the same for everybody.
    Helps,
    /// None on average, and as unequal as can be.
    Mixed,
}

impl Effect {
    const ALL: [Effect; 3] = [Effect::None, Effect::Helps, Effect::Mixed];

    fn name(self) -> &'static str {
        match self {
            Effect::None => "none",
            Effect::Helps => "helps",
            Effect::Mixed => "mixed",
        }
    }
}

impl Outcome {
    fn means(&self) -> [f64; 2] {
        [0, 1].map(|arm| self.y[arm].iter().sum::<f64>() / self.y[arm].len() as f64)
    }

    fn difference(&self) -> f64 {
        let [reference, arm] = self.means();
        arm - reference
    }
}

const SHARES: [(&str, f64, f64); 3] = [
    ("share of 0.05", 0.05, 0.05),
    ("share of 0.2", 0.2, 0.1),
    ("share of 0.5", 0.5, 0.1),
];
const TIME: &str = "share of time";
const AMOUNT: &str = "skewed amount";
const CLUSTERED: &str = "number in clusters";

/// Standard normal numbers from a stream of their own.
struct Normals(Stream);

impl Normals {
    fn new(name: &str) -> Normals {
        Normals(Stream::new(Digest::of(&encode([name.as_bytes()])).0))
    }

    fn next(&mut self) -> f64 {
        normal_quantile((f64::from(self.0.word()) + 0.5) / 2.0_f64.powi(32))
    }
}

impl People {
    fn new(n: usize) -> People {
        let mut normals = Normals::new(&format!("people {n}"));
        let (mut facts, mut covariate) = (Vec::new(), Vec::new());
        let (mut latent, mut amount) = (Vec::new(), Vec::new());
        for _ in 0..n {
            let levels = [2, 3, 3].map(|levels| normals.0.below(levels) as usize);
            let [sex, age, place] = levels.map(|level| level as f64);
            // The factors tell about a third of the latent variable.
            let risk = 0.7 * (sex - 0.5) + 0.55 * (age - 1.0) + 0.55 * (place - 1.0);
            let own = normals.next();
            facts.push(levels);
            latent.push(risk + own);
            amount.push((0.5 * risk + 0.8 * own).exp());
            covariate.push((0.5 * (risk + own) + 0.7 * normals.next()).exp());
        }
        let mut rising: Vec<usize> = (0..n).collect();
        rising.sort_by(|&a, &b| latent[a].total_cmp(&latent[b]));
        let mut rank = vec![0; n];
        rising
            .iter()
            .enumerate()
            .for_each(|(at, &person)| rank[person] = at);
        let of_rank = |f: &dyn Fn(usize) -> f64| rank.iter().map(|&at| f(at)).collect();

        let mut outcomes = Vec::new();
        for (place, (name, share, more)) in SHARES.into_iter().enumerate() {
            let persons = |share: f64| (share * n as f64).round() as usize;
            let top = |share: f64| of_rank(&|at| f64::from(at + persons(share) >= n));
            let bottom = of_rank(&|at| f64::from(at < persons(share)));
            for (effect, in_arm) in [
                (Effect::None, top(share)),
                (Effect::Helps, top(share + more)),
                (Effect::Mixed, bottom),
            ] {
                outcomes.push(Outcome {
                    place,
                    name,
                    effect,
                    y: [top(share), in_arm],
                });
            }
        }
        // Two fifths never, one in ten always.
        let time = |rank: f64| ((rank - 0.4) / 0.5).clamp(0.0, 1.0);
        let within = |at: usize| (at as f64 + 0.5) / n as f64;
        let mut by_amount: Vec<f64> = amount.clone();
        by_amount.sort_by(f64::total_cmp);
        let spread = {
            let mean = amount.iter().sum::<f64>() / n as f64;
            (amount.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64).sqrt()
        };
        let swapped = amount
            .iter()
            .map(|x| by_amount[n - 1 - by_amount.partition_point(|other| other < x)])
            .collect();
        for effect in Effect::ALL {
            let in_arm = match effect {
                Effect::None => of_rank(&|at| time(within(at))),
                Effect::Helps => of_rank(&|at| time(within(at) + 0.1)),
                Effect::Mixed => of_rank(&|at| time(1.0 - within(at))),
            };
            outcomes.push(Outcome {
                place: 3,
                name: TIME,
                effect,
                y: [of_rank(&|at| time(within(at))), in_arm],
            });
        }
        for effect in Effect::ALL {
            let in_arm = match effect {
                Effect::None => amount.clone(),
                Effect::Helps => amount.iter().map(|x| x + 0.4 * spread).collect(),
                Effect::Mixed => Vec::clone(&swapped),
            };
            outcomes.push(Outcome {
                place: 4,
                name: AMOUNT,
                effect,
                y: [amount.clone(), in_arm],
            });
        }
        People {
            facts,
            covariate,
            outcomes,
        }
    }

    fn is_share(outcome: &Outcome) -> bool {
        outcome.place < SHARES.len()
    }
}

/// A row of the table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    outcome: (usize, &'static str),
    method: (usize, &'static str),
    n: usize,
    effect: Effect,
}

/// How often the truth was held.
#[derive(Clone, Copy, Default)]
struct Tally {
    held: u64,
    missed: u64,
    /// Draws after which there is no interval.
    none: u64,
}

impl Tally {
    fn add(&mut self, held: Option<bool>, times: u64) {
        match held {
            Some(true) => self.held += times,
            Some(false) => self.missed += times,
            None => self.none += times,
        }
    }

    /// Returns how many of a hundred intervals held the truth.
    fn percent(&self) -> Option<f64> {
        let given = self.held + self.missed;
        (given > 0).then(|| 100.0 * self.held as f64 / given as f64)
    }

    fn show(&self) -> String {
        let none = 100.0 * self.none as f64 / (self.held + self.missed + self.none) as f64;
        let Some(held) = self.percent() else {
            return "none".to_owned();
        };
        let mut cell = shown(held);
        if none >= 0.05 {
            cell.push_str(&format!(" ({none:.1} none)"));
        }
        cell
    }
}

fn shown(percent: f64) -> String {
    match percent < SHORT {
        true => format!("**{percent:.1}**"),
        false => format!("{percent:.1}"),
    }
}

/// Whether an interval holds the truth; a bound that is absent bounds nothing.
fn holds(interval: Option<&Interval>, truth: f64) -> Option<bool> {
    // A bound that is the truth but for rounding holds it.
    let slack = 1e-9 * truth.abs().max(1.0);
    interval.map(|interval| {
        interval.lower.is_none_or(|lower| lower <= truth + slack)
            && interval.upper.is_none_or(|upper| upper >= truth - slack)
    })
}

type Cells = BTreeMap<Key, [Option<Tally>; PLANS.len()]>;

/// A column's part of the table for one number of persons or clusters.
#[derive(Clone, Copy, Debug)]
enum Job {
    Formulas { plan: usize, n: usize },
    Clusters { plan: usize, n: usize },
    Tests { plan: usize, n: usize },
}

fn main() {
    let begin = std::time::Instant::now();
    let quick = std::env::args().any(|argument| argument == "--quick");
    let part = if quick { 10 } else { 1 };
    let mut jobs = Vec::new();
    // The longest first, so that no thread waits for another at the end.
    for n in SIZES.into_iter().rev() {
        jobs.extend((0..PLANS.len()).map(|plan| Job::Formulas { plan, n }));
        if n <= 100 {
            jobs.extend((0..PLANS.len()).map(|plan| Job::Tests { plan, n }));
        }
    }
    for n in CLUSTERS.into_iter().rev() {
        jobs.extend((0..5).map(|plan| Job::Clusters { plan, n }));
    }
    let next = AtomicUsize::new(0);
    let cells = Mutex::new(Cells::new());
    let work = || {
        while let Some(&job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let started = std::time::Instant::now();
            let (plan, found) = match job {
                Job::Formulas { plan, n } => (plan, formulas(&PLANS[plan], n, DRAWS / part)),
                Job::Clusters { plan, n } => (plan, clusters(&PLANS[plan], n, DRAWS / part)),
                Job::Tests { plan, n } => (plan, tests(&PLANS[plan], n, TESTED / part)),
            };
            let mut cells = cells.lock().expect("no thread panics");
            for (key, tally) in found {
                cells.entry(key).or_default()[plan] = Some(tally);
            }
            eprintln!("{job:?} {:.0} s", started.elapsed().as_secs_f64());
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    print(&cells.into_inner().expect("no thread panics"));
    print_one_share();
    eprintln!("{:.0} s", begin.elapsed().as_secs_f64());
}

/// Prints the least and the most that each method reached, and then every cell, an outcome a table.
fn print(cells: &Cells) {
    println!("| outcome | method | 30 persons, 10 clusters | 100, 20 | 503, 40 |");
    println!("|---|---|--:|--:|--:|");
    let mut reached: BTreeMap<_, BTreeMap<usize, Vec<f64>>> = BTreeMap::new();
    for (key, row) in cells {
        let by_size = reached.entry((key.outcome, key.method)).or_default();
        let percents = row.iter().flatten().filter_map(Tally::percent);
        by_size.entry(key.n).or_default().extend(percents);
    }
    for ((outcome, method), by_size) in reached {
        print!("| {} | {} |", outcome.1, method.1);
        for sizes in SIZES.iter().zip(&CLUSTERS) {
            let (persons, clusters) = sizes;
            match by_size.get(persons).or_else(|| by_size.get(clusters)) {
                Some(percents) if !percents.is_empty() => {
                    let least = percents.iter().copied().fold(f64::INFINITY, f64::min);
                    let most = percents.iter().copied().fold(0.0, f64::max);
                    print!(" {} to {most:.1} |", shown(least));
                }
                _ => print!(" |"),
            }
        }
        println!();
    }
    let ratio = |plan: &Plan| {
        let parts: Vec<String> = plan.ratio.iter().map(u32::to_string).collect();
        parts.join(":")
    };
    let mut outcome = "";
    for (key, row) in cells {
        if key.outcome.1 != outcome {
            outcome = key.outcome.1;
            let n = if outcome == CLUSTERED {
                "clusters"
            } else {
                "n"
            };
            print!("\n### {outcome}\n\n| method | {n} | effect |");
            for plan in &PLANS {
                print!(" {} {} |", plan.name, ratio(plan));
            }
            println!("\n|---|--:|---|{}", "--:|".repeat(PLANS.len()));
        }
        print!("| {} | {} | {} |", key.method.1, key.n, key.effect.name());
        for cell in row {
            print!(" {} |", cell.map_or(String::new(), |tally| tally.show()));
        }
        println!();
    }
}

/// Counts what the formulas for persons say after each draw.
fn formulas(plan: &Plan, n: usize, draws: u64) -> BTreeMap<Key, Tally> {
    let people = People::new(n);
    // The tables of counts that came up, by outcome, each with how often.
    let mut tables = vec![BTreeMap::<Vec<[u64; 4]>, u64>::new(); people.outcomes.len()];
    let mut tallies = BTreeMap::new();
    for number in 0..draws {
        let fallen = plan.draw(&people.facts, number);
        for (outcome, tables) in people.outcomes.iter().zip(&mut tables) {
            if People::is_share(outcome) {
                *tables.entry(counts(&fallen, outcome)).or_default() += 1;
            } else {
                of_number(&people, &fallen, outcome, &mut tallies);
            }
        }
    }
    for (outcome, tables) in people.outcomes.iter().zip(&tables) {
        for (table, &times) in tables {
            of_share(outcome, table, times, &mut tallies);
        }
    }
    tallies
}

/// Returns events and persons of arm and reference, stratum by stratum.
fn counts(fallen: &Fallen, outcome: &Outcome) -> Vec<[u64; 4]> {
    let mut counts = vec![[0; 4]; fallen.strata];
    for (person, (&arm, &stratum)) in fallen.arms.iter().zip(&fallen.stratum).enumerate() {
        if arm < 2 {
            let first = 2 * (1 - arm);
            counts[stratum][first] += outcome.y[arm][person] as u64;
            counts[stratum][first + 1] += 1;
        }
    }
    counts
}

fn of_share(outcome: &Outcome, table: &[[u64; 4]], times: u64, tallies: &mut BTreeMap<Key, Tally>) {
    let strata: Vec<(Count, Count)> = table
        .iter()
        .map(|&[x1, n1, x0, n0]| (Count::new(x1, n1), Count::new(x0, n0)))
        .collect();
    let [p0, p1] = outcome.means();
    let mut add = |place: usize, method: &'static str, held: Option<bool>| {
        let key = Key {
            outcome: (outcome.place, outcome.name),
            method: (place, method),
            n: outcome.y[0].len(),
            effect: outcome.effect,
        };
        tallies.entry(key).or_default().add(held, times);
    };
    let difference = |interval| match strata[..] {
        [(arm, reference)] => risk_difference(arm, reference, LEVEL, interval),
        _ => stratified_risk_difference(&strata, LEVEL, interval),
    };
    let ratio = |interval| match strata[..] {
        [(arm, reference)] => risk_ratio(arm, reference, LEVEL, interval),
        _ => stratified_risk_ratio(&strata, LEVEL, interval),
    };
    for (place, name, interval) in [
        (
            0,
            "difference, Miettinen–Nurminen",
            IntervalId::MiettinenNurminen,
        ),
        (1, "difference, Newcombe", IntervalId::Newcombe),
        (2, "difference, Wald", IntervalId::Wald),
    ] {
        add(
            place,
            name,
            holds(difference(interval).interval.as_ref(), p1 - p0),
        );
    }
    for (place, name, interval) in [
        (
            3,
            "ratio, Miettinen–Nurminen",
            IntervalId::MiettinenNurminen,
        ),
        (4, "ratio, log", IntervalId::Log),
    ] {
        add(
            place,
            name,
            holds(ratio(interval).interval.as_ref(), p1 / p0),
        );
    }
    if let [(arm, reference)] = strata[..] {
        let truth = p1 / (1.0 - p1) / (p0 / (1.0 - p0));
        let log = odds_ratio(arm, reference, LEVEL);
        add(5, "odds ratio, log", holds(log.interval.as_ref(), truth));
        let exact = exact_odds_ratio(arm, reference, LEVEL);
        add(
            6,
            "odds ratio, exact",
            holds(exact.interval.as_ref(), truth),
        );
        if outcome.effect != Effect::Helps {
            let p = fisher_exact(arm, reference).p_value;
            add(7, "Fisher's test", p.map(keeps));
        }
    }
}

/// Whether a true null is not rejected.
fn keeps(p: f64) -> bool {
    p > 1.0 - LEVEL + 1e-12
}

fn of_number(
    people: &People,
    fallen: &Fallen,
    outcome: &Outcome,
    tallies: &mut BTreeMap<Key, Tally>,
) {
    let truth = outcome.difference();
    let y = fallen.seen(&outcome.y[0], &outcome.y[1]);
    let arms = fallen.same(&fallen.arms);
    let in_arm: Vec<bool> = arms.iter().map(|&arm| arm == 1).collect();
    let mut add = |place: usize, method: &'static str, computed: &Computed| {
        let key = Key {
            outcome: (outcome.place, outcome.name),
            method: (place, method),
            n: fallen.arms.len(),
            effect: outcome.effect,
        };
        let held = holds(computed.interval.as_ref(), truth);
        tallies.entry(key).or_default().add(held, 1);
    };
    const MEANS: &str = "difference in means, t";
    if fallen.strata > 1 {
        let stratum: Vec<u32> = fallen
            .same(&fallen.stratum)
            .iter()
            .map(|&s| s as u32)
            .collect();
        let names = ["a", "b", "c"].map(str::to_owned);
        let data = Stratified {
            y: &y,
            in_arm: &in_arm,
            stratum: &stratum,
            names: &names,
            cluster: None,
        };
        match stratified_difference(&data, LEVEL) {
            Ok(computed) => add(0, MEANS, &computed),
            Err(error) => panic!("{error}"),
        }
        return;
    }
    let of = |wanted: bool| -> Vec<f64> {
        let rows = y.iter().zip(&in_arm);
        rows.filter(|(_, arm)| **arm == wanted)
            .map(|(y, _)| *y)
            .collect()
    };
    add(0, MEANS, &difference_in_means(&of(true), &of(false), LEVEL));
    if outcome.name != AMOUNT {
        return;
    }
    let covariate = fallen.same(&people.covariate);
    let covariates = [Covariate {
        name: "before",
        values: &covariate,
    }];
    let columns = Columns {
        y: &y,
        in_arm: &in_arm,
        covariates: &covariates,
        weights: None,
        cluster: None,
    };
    let how = |errors, df| Inference {
        errors,
        df,
        level: LEVEL,
        threads: NonZeroUsize::new(1),
    };
    use DegreesOfFreedom::{Residual, Satterthwaite};
    let usual = how(StandardErrors::Hc2, Satterthwaite);
    add(
        1,
        "ols with covariate, hc2, Bell–McCaffrey",
        &ols(&columns, &usual),
    );
    let residual = how(StandardErrors::Hc2, Residual);
    add(
        2,
        "ols with covariate, hc2, n − k",
        &ols(&columns, &residual),
    );
    let hc1 = how(StandardErrors::Hc1, Residual);
    add(3, "ols with covariate, hc1, n − k", &ols(&columns, &hc1));
    add(
        4,
        "lin with covariate, hc2, Bell–McCaffrey",
        &lin(&columns, &usual),
    );
}

/// Counts what regressions say after each draw of clusters.
fn clusters(plan: &Plan, clusters: usize, draws: u64) -> BTreeMap<Key, Tally> {
    let mut normals = Normals::new(&format!("clusters {clusters}"));
    let mut sizes: Vec<usize> = (0..clusters)
        .map(|g| {
            let z = normal_quantile((g as f64 + 0.5) / clusters as f64);
            (12.0 * (0.8 * z).exp()).round().max(2.0) as usize
        })
        .collect();
    normals.0.shuffle(&mut sizes);
    // A cluster tells a seventh of the variance.
    let shared: Vec<f64> = sizes.iter().map(|_| 0.4 * normals.next()).collect();
    let (mut cluster, mut y) = (Vec::new(), Vec::new());
    for (g, &size) in sizes.iter().enumerate() {
        for _ in 0..size {
            cluster.push(g as u32);
            y.push(shared[g] + normals.next());
        }
    }
    let n = y.len() as f64;
    let average = cluster.iter().map(|&g| shared[g as usize]).sum::<f64>() / n;
    let outcomes = Effect::ALL.map(|effect| {
        let rows = y.iter().zip(&cluster);
        let in_arm = rows.map(|(y, &g)| match effect {
            Effect::None => *y,
            Effect::Helps => y + 0.3,
            // What helps in one cluster harms in another, and nothing on average.
            Effect::Mixed => y - 2.0 * (shared[g as usize] - average),
        });
        Outcome {
            place: 5,
            name: CLUSTERED,
            effect,
            y: [y.clone(), in_arm.collect()],
        }
    });
    let units = vec![[0; 3]; clusters];
    let mut tallies = BTreeMap::new();
    for number in 0..draws {
        let drawn = plan.draw(&units, number);
        let fallen = Fallen {
            arms: cluster.iter().map(|&g| drawn.arms[g as usize]).collect(),
            stratum: Vec::new(),
            strata: 1,
            blocks: None,
        };
        let in_arm: Vec<bool> = fallen
            .same(&fallen.arms)
            .iter()
            .map(|&arm| arm == 1)
            .collect();
        let of = fallen.same(&cluster);
        for outcome in &outcomes {
            let seen = fallen.seen(&outcome.y[0], &outcome.y[1]);
            let columns = Columns {
                y: &seen,
                in_arm: &in_arm,
                covariates: &[],
                weights: None,
                cluster: Some(&of),
            };
            for (place, name, errors) in [
                (0, "ols, cr2, Pustejovsky–Tipton", StandardErrors::Cr2),
                (1, "ols, cr1, G − 1", StandardErrors::Cr1),
                (2, "ols, hc2, as if persons were drawn", StandardErrors::Hc2),
            ] {
                let how = Inference {
                    errors,
                    df: DegreesOfFreedom::Satterthwaite,
                    level: LEVEL,
                    threads: NonZeroUsize::new(1),
                };
                let key = Key {
                    outcome: (outcome.place, outcome.name),
                    method: (place, name),
                    n: clusters,
                    effect: outcome.effect,
                };
                let held = holds(ols(&columns, &how).interval.as_ref(), outcome.difference());
                tallies
                    .entry(key)
                    .or_insert_with(Tally::default)
                    .add(held, 1);
            }
        }
    }
    tallies
}

/// Counts what randomisation tests say after each draw: of a true null the p, else the interval.
fn tests(plan: &Plan, n: usize, draws: u64) -> BTreeMap<Key, Tally> {
    let people = People::new(n);
    let outcomes: Vec<&Outcome> = people
        .outcomes
        .iter()
        .filter(|outcome| {
            let share = outcome.name == SHARES[1].0 && outcome.effect != Effect::Helps;
            share || outcome.name == AMOUNT
        })
        .collect();
    let mut statistics = vec![(8, "randomisation test, studentised", Statistic::Studentised)];
    if plan.rule != Rule::Minimisation {
        statistics.push((9, "randomisation test, difference", Statistic::Difference));
    }
    let mut tallies = BTreeMap::new();
    for number in 0..draws {
        let fallen = plan.draw(&people.facts, number);
        let units = fallen.arms.iter().zip(&people.facts).zip(&fallen.stratum);
        let design = Design::new(Drawn {
            arms: plan
                .ratio
                .iter()
                .enumerate()
                .map(|(i, _)| format!("arm {i}"))
                .collect(),
            procedure: plan.procedure(),
            ratio: plan.ratio.to_vec(),
            units: units
                .map(|((&arm, levels), &stratum)| Unit {
                    stratum,
                    list: 0,
                    levels: levels.to_vec(),
                    arm,
                })
                .collect(),
            unit_of: (0..n).collect(),
            block_sizes: fallen.blocks.clone(),
        })
        .expect("the draw is one of the plan");
        // Persons of a third arm, whom a contrast of two does not look at, as those of the first.
        let columns: Vec<Vec<Option<f64>>> = outcomes
            .iter()
            .map(|outcome| {
                let arms = fallen.arms.iter().enumerate();
                arms.map(|(person, &arm)| Some(outcome.y[arm.min(1)][person]))
                    .collect()
            })
            .collect();
        let columns: Vec<&[Option<f64>]> = columns.iter().map(Vec::as_slice).collect();
        for &(place, name, statistic) in &statistics {
            let replaying = Replaying {
                replays: REPLAYS,
                seed: number.to_string(),
                statistic,
                weighting: Weighting::ByStratum,
                level: LEVEL,
                // Replays are what is looked at; and to list the draws of 30 takes long.
                listed: 0,
                threads: NonZeroUsize::new(1),
            };
            let found = redraw::test(&design, &columns, &[(1, 0)], &replaying)
                .expect("the columns are those of the design");
            for test in found {
                let outcome = outcomes[test.outcome];
                let truth = outcome.difference();
                let held = match outcome.effect {
                    Effect::Helps => holds(test.interval.as_ref(), truth),
                    _ => test.p_value.map(keeps),
                };
                let key = Key {
                    outcome: (outcome.place, outcome.name),
                    method: (place, name),
                    n,
                    effect: outcome.effect,
                };
                tallies
                    .entry(key)
                    .or_insert_with(Tally::default)
                    .add(held, 1);
            }
        }
    }
    tallies
}

/// Prints the coverage of the intervals of one share, which no draw bears on: the sum of the
/// binomial chances of the counts whose interval holds the share.
fn print_one_share() {
    println!("\n### one share\n\n| share | n | Clopper–Pearson | Wilson |\n|--:|--:|--:|--:|");
    for p in [0.05, 0.2, 0.5] {
        for n in SIZES.map(|n| n as u64) {
            let covered = |method| {
                let held = (0..=n).filter(|&x| {
                    let computed = share(Count::new(x, n), None, LEVEL, method);
                    holds(computed.interval.as_ref(), p) == Some(true)
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

//! The tables: how often each method held the truth, by draw, number of persons and effect.

use std::collections::BTreeMap;

use klero::estimate::Interval;

use crate::draws::PLANS;
use crate::people::{Answering, Compliance, Effect, Following};
use crate::{CLUSTERS, LEVEL, SIZES};

/// Cells below this many percent are set in bold.
const SHORT: f64 = 94.0;

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub quantity: Quantity,
    pub method: Method,
    pub n: usize,
    pub effect: Effect,
}

/// What is compared, in the order of the tables.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    Share5,
    Share20,
    Share50,
    ShareOfTime,
    Amount,
    AmountOrNothing,
    Weeks(Following),
    InClusters,
}

impl Quantity {
    pub fn is_share(self) -> bool {
        self <= Quantity::Share50
    }

    fn name(self) -> &'static str {
        match self {
            Quantity::Share5 => "share of 0.05",
            Quantity::Share20 => "share of 0.2",
            Quantity::Share50 => "share of 0.5",
            Quantity::ShareOfTime => "share of time",
            Quantity::Amount => "skewed amount",
            Quantity::AmountOrNothing => "amount or nothing",
            Quantity::Weeks(Following::All) => "weeks, nobody lost",
            Quantity::Weeks(Following::FifthLost) => "weeks, a fifth lost",
            Quantity::InClusters => "number in clusters",
        }
    }
}

/// How it is compared, in the order of the rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    DifferenceScore,
    DifferenceNewcombe,
    DifferenceWald,
    DifferenceMantelHaenszel,
    RatioScore,
    RatioLog,
    RatioMantelHaenszel,
    OddsLog,
    OddsExact,
    Fisher,
    Means,
    OlsBellMcCaffrey,
    OlsHc2,
    OlsHc1,
    Lin,
    Bootstrap,
    RatioOfMeans,
    TestStudentised,
    TestDifference,
    LateAndersonRubin(Compliance),
    LateTwoStage(Compliance),
    Lee(Answering),
    WorstCase(Answering),
    RestrictedMean,
    KaplanMeier,
    AalenJohansen,
    CoxRobust,
    CoxModel,
    LogRank,
    Cr2,
    Cr1,
    AsPersons,
}

impl Method {
    fn name(self) -> String {
        let name = match self {
            Method::DifferenceScore => "difference, Miettinen–Nurminen",
            Method::DifferenceNewcombe => "difference, Newcombe",
            Method::DifferenceWald => "difference, Wald",
            Method::DifferenceMantelHaenszel => "difference, Mantel–Haenszel",
            Method::RatioScore => "ratio, Miettinen–Nurminen",
            Method::RatioLog => "ratio, log",
            Method::RatioMantelHaenszel => "ratio, Mantel–Haenszel",
            Method::OddsLog => "odds ratio, log",
            Method::OddsExact => "odds ratio, exact",
            Method::Fisher => "Fisher's test",
            Method::Means => "difference in means, t",
            Method::OlsBellMcCaffrey => "ols with covariate, hc2, Bell–McCaffrey",
            Method::OlsHc2 => "ols with covariate, hc2, n − k",
            Method::OlsHc1 => "ols with covariate, hc1, n − k",
            Method::Lin => "lin with covariate, hc2, Bell–McCaffrey",
            Method::Bootstrap => "difference in means, bootstrap-t",
            Method::RatioOfMeans => "ratio of means",
            Method::TestStudentised => "randomisation test, studentised",
            Method::TestDifference => "randomisation test, difference",
            Method::LateAndersonRubin(compliance) => {
                return format!("late, Anderson–Rubin, {}", compliance.name());
            }
            Method::LateTwoStage(compliance) => return format!("late, t, {}", compliance.name()),
            Method::Lee(answering) => return format!("Lee bounds, {}", answering.name()),
            Method::WorstCase(answering) => {
                return format!("worst-case bounds, {}", answering.name());
            }
            Method::RestrictedMean => "rmst",
            Method::KaplanMeier => "Kaplan–Meier, difference",
            Method::AalenJohansen => "Aalen–Johansen, difference",
            Method::CoxRobust => "Cox, robust variance",
            Method::CoxModel => "Cox, variance of the model",
            Method::LogRank => "log-rank test",
            Method::Cr2 => "ols, cr2, Pustejovsky–Tipton",
            Method::Cr1 => "ols, cr1, G − 1",
            Method::AsPersons => "ols, hc2, as if persons were drawn",
        };
        name.to_owned()
    }
}

/// What an interval says of the truth.
#[derive(Clone, Copy, PartialEq)]
pub enum Verdict {
    Held,
    Missed,
    /// There is no interval.
    None,
    /// It holds the truth, and excludes nothing on one side at least.
    Open,
}

impl Verdict {
    /// Whether an interval holds the truth; a bound that is absent bounds nothing.
    pub fn of(interval: Option<&Interval>, truth: f64) -> Verdict {
        // A bound that is the truth but for rounding holds it.
        let slack = 1e-9 * truth.abs().max(1.0);
        let Some(interval) = interval else {
            return Verdict::None;
        };
        Verdict::held(
            interval.lower.is_none_or(|lower| lower <= truth + slack)
                && interval.upper.is_none_or(|upper| upper >= truth - slack),
        )
    }

    /// Whether a test leaves a true null standing.
    pub fn of_null(p: Option<f64>) -> Verdict {
        p.map_or(Verdict::None, |p| Verdict::held(p > 1.0 - LEVEL + 1e-12))
    }

    pub fn held(held: bool) -> Verdict {
        match held {
            true => Verdict::Held,
            false => Verdict::Missed,
        }
    }
}

/// How often the truth was held.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    held: u64,
    missed: u64,
    none: u64,
    /// Of those that held.
    open: u64,
}

impl Tally {
    pub fn add(&mut self, verdict: Verdict, times: u64) {
        match verdict {
            Verdict::Held => self.held += times,
            Verdict::Missed => self.missed += times,
            Verdict::None => self.none += times,
            Verdict::Open => {
                self.held += times;
                self.open += times;
            }
        }
    }

    /// Returns how many of a hundred intervals held the truth.
    pub fn percent(&self) -> Option<f64> {
        let given = self.held + self.missed;
        (given > 0).then(|| 100.0 * self.held as f64 / given as f64)
    }

    pub fn show(&self) -> String {
        let of_all = |part| 100.0 * part as f64 / (self.held + self.missed + self.none) as f64;
        let Some(held) = self.percent() else {
            return "none".to_owned();
        };
        let mut cell = shown(held);
        for (part, what) in [(self.none, "none"), (self.open, "open")] {
            if of_all(part) >= 0.05 {
                cell.push_str(&format!(" ({:.1} {what})", of_all(part)));
            }
        }
        cell
    }
}

/// Writes a percentage, in bold where it falls short.
pub fn shown(percent: f64) -> String {
    match percent < SHORT {
        true => format!("**{percent:.1}**"),
        false => format!("{percent:.1}"),
    }
}

/// What was counted for one draw and one number of persons.
#[derive(Default)]
pub struct Tallies(BTreeMap<Key, Tally>);

impl Tallies {
    pub fn add(&mut self, key: Key, verdict: Verdict) {
        self.add_times(key, verdict, 1);
    }

    pub fn add_times(&mut self, key: Key, verdict: Verdict, times: u64) {
        self.0.entry(key).or_default().add(verdict, times);
    }
}

#[derive(Default)]
pub struct Table(BTreeMap<Key, [Option<Tally>; PLANS.len()]>);

impl Table {
    pub fn fill(&mut self, plan: usize, tallies: Tallies) {
        for (key, tally) in tallies.0 {
            self.0.entry(key).or_default()[plan] = Some(tally);
        }
    }

    /// Prints the least and the most that each method reached, and then every cell, a quantity a
    /// table.
    pub fn print(&self) {
        self.print_reached();
        self.print_cells();
    }

    fn print_reached(&self) {
        println!("| outcome | method | 30 persons, 10 clusters | 100, 20 | 503, 40 |");
        println!("|---|---|--:|--:|--:|");
        let mut reached: BTreeMap<_, BTreeMap<usize, Vec<f64>>> = BTreeMap::new();
        for (key, row) in &self.0 {
            let by_size = reached.entry((key.quantity, key.method)).or_default();
            let percents = row.iter().flatten().filter_map(Tally::percent);
            by_size.entry(key.n).or_default().extend(percents);
        }
        for ((quantity, method), by_size) in reached {
            print!("| {} | {} |", quantity.name(), method.name());
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
    }

    fn print_cells(&self) {
        let mut quantity = None;
        for (key, row) in &self.0 {
            if quantity != Some(key.quantity) {
                quantity = Some(key.quantity);
                let n = match key.quantity {
                    Quantity::InClusters => "clusters",
                    _ => "n",
                };
                let name = key.quantity.name();
                print!("\n### {name}\n\n| method | {n} | effect |");
                for plan in &PLANS {
                    print!(" {} |", plan.title());
                }
                println!("\n|---|--:|---|{}", "--:|".repeat(PLANS.len()));
            }
            print!(
                "| {} | {} | {} |",
                key.method.name(),
                key.n,
                key.effect.name()
            );
            for cell in row {
                print!(" {} |", cell.map_or(String::new(), |tally| tally.show()));
            }
            println!();
        }
    }
}

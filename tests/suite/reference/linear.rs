//! Regression, strata and instruments against R: `data-fixtures/reference/linear.R`.
//!
//! Tolerance: 1e-8 relative where nothing else is said.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use klero::estimate::distribution::t_quantile;
use klero::estimate::instrument::{Draw, EffectSet, LateInterval, late};
use klero::estimate::linear::{
    Columns, Covariate, DegreesOfFreedom, Inference, StandardErrors,
};
use klero::estimate::regression::{
    equal_effects, lin, ols, one_arm_change, ratio_of_means,
};
use klero::estimate::stratified::{
    Drawn, Stratified, StratifiedError, stratified_difference,
};
use klero::estimate::{Computed, means};
use klero::protocol::IntervalId;
use proptest::prelude::*;

const FIXTURE: &str = include_str!("../../../data-fixtures/reference/linear.csv");

/// One number list of the fixture.
struct Line {
    kind: String,
    data: String,
    variant: String,
    numbers: Vec<f64>,
}

fn lines() -> Vec<Line> {
    let mut reader = csv::Reader::from_reader(FIXTURE.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        lines.push(Line {
            kind: record[0].to_owned(),
            data: record[1].to_owned(),
            variant: record[2].to_owned(),
            numbers: record[3].split_whitespace().map(|x| x.parse().unwrap()).collect(),
        });
    }
    lines
}

/// A data set of the fixture, by column.
#[derive(Clone, Default)]
struct Table(BTreeMap<String, Vec<f64>>);

impl Table {
    fn of(name: &str) -> Table {
        let columns = lines()
            .into_iter()
            .filter(|line| line.kind == "data" && line.data == name)
            .map(|line| (line.variant, line.numbers));
        Table(columns.collect())
    }

    fn column(&self, name: &str) -> &[f64] {
        &self.0[name]
    }

    fn arm(&self) -> Vec<bool> {
        self.column("z").iter().map(|z| *z == 1.0).collect()
    }

    /// Levels from 0.
    fn levels(&self, name: &str) -> Option<Vec<u32>> {
        let column = self.0.get(name)?;
        Some(column.iter().map(|x| *x as u32 - 1).collect())
    }

    fn covariates(&self) -> Vec<Covariate<'_>> {
        let named = self.0.iter().filter(|(name, _)| name.starts_with('x'));
        named.map(|(name, values)| Covariate { name, values }).collect()
    }

    fn keep(&self, wanted: impl Fn(usize) -> bool) -> Table {
        let kept = |column: &Vec<f64>| {
            let rows = column.iter().enumerate().filter(|(row, _)| wanted(*row));
            rows.map(|(_, x)| *x).collect()
        };
        Table(self.0.iter().map(|(name, column)| (name.clone(), kept(column))).collect())
    }
}

fn how(variant: &str) -> Inference {
    let mut words = variant.split(' ');
    let errors = StandardErrors::from_name(words.next().unwrap()).unwrap();
    Inference {
        errors,
        df: match words.next() {
            Some("satterthwaite") => DegreesOfFreedom::Satterthwaite,
            _ => DegreesOfFreedom::Residual,
        },
        level: 0.95,
        threads: None,
    }
}

#[track_caller]
fn near(found: Option<f64>, expected: f64, tolerance: f64, what: &str) {
    let found = found.unwrap_or_else(|| panic!("{what}: nothing found"));
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1e-9),
        "{what}: found {found:e}, expected {expected:e}, off by {:e}",
        (found - expected).abs() / expected.abs()
    );
}

/// Estimate, standard error, df, p, lower, upper.
#[track_caller]
fn agrees(found: &Computed, expected: &[f64], tolerance: f64, what: &str) {
    let interval = found.interval.as_ref();
    let all = [
        found.estimate,
        found.std_error,
        found.df,
        found.p_value,
        interval.and_then(|interval| interval.lower),
        interval.and_then(|interval| interval.upper),
    ];
    let names = ["estimate", "std error", "df", "p", "lower", "upper"];
    for ((found, expected), name) in all.into_iter().zip(expected).zip(names) {
        near(found, *expected, tolerance, &format!("{what} {name} ({all:?})"));
    }
}

fn tolerance(data: &str) -> f64 {
    match data {
        // R's own ways to this variance differ by more than 1e-8 on these columns.
        "longley" => 1e-13,
        _ => 1e-8,
    }
}

#[test]
fn regressions_are_those_of_r() {
    let mut seen = 0;
    for line in lines() {
        if !["ols", "lin", "weighted", "weighted-lin"].contains(&line.kind.as_str()) {
            continue;
        }
        let table = Table::of(&line.data);
        let (arm, cluster) = (table.arm(), table.levels("cl"));
        let covariates = table.covariates();
        let columns = Columns {
            y: table.column("y"),
            in_arm: &arm,
            covariates: &covariates,
            weights: line.kind.starts_with("weighted").then(|| table.column("w")),
            cluster: cluster.as_deref(),
        };
        let how = how(&line.variant);
        let found = match line.kind.ends_with("lin") {
            true => lin(&columns, &how),
            false => ols(&columns, &how),
        };
        let what = format!("{} {} {}", line.kind, line.data, line.variant);
        agrees(&found, &line.numbers, tolerance(&line.data), &what);
        assert_eq!(found.interval.unwrap().method, IntervalId::T);
        seen += 1;
    }
    assert!(seen > 70);
}

#[test]
fn cr2_takes_dummies_of_the_clusters() {
    for line in lines().into_iter().filter(|line| line.kind == "dummies") {
        let mut table = Table::of(&line.data);
        let mut by = "s";
        if line.data == "within" {
            by = "cl";
            let cl = table.column("cl").to_vec();
            table = table.keep(|row| cl[row] > 2.0);
        }
        let (arm, cluster) = (table.arm(), table.levels("cl"));
        let groups = table.levels(by).unwrap();
        let dummies: Vec<Vec<f64>> = (0..=*groups.iter().max().unwrap())
            .map(|level| groups.iter().map(|&g| f64::from(u8::from(g == level))).collect())
            .collect();
        let names: Vec<String> = (0..dummies.len()).map(|level| format!("g{level}")).collect();
        let covariates: Vec<Covariate> = dummies
            .iter()
            .zip(&names)
            .map(|(values, name)| Covariate { name, values })
            .collect();
        let columns = Columns {
            y: table.column("y"),
            in_arm: &arm,
            covariates: &covariates,
            weights: None,
            cluster: cluster.as_deref(),
        };
        let found = ols(&columns, &how(&line.variant));
        agrees(&found, &line.numbers, 1e-8, &format!("{} {}", line.data, line.variant));
        // The last dummy follows from the others.
        let last = format!("column `g{}` was dropped", dummies.len() - 1);
        assert!(found.notes.iter().any(|note| note.starts_with(&last)), "{:?}", found.notes);
        // No coefficient of the arm lies in what the generalised inverse leaves out.
        assert!(found.notes.iter().all(|note| !note.contains("leverage")), "{:?}", found.notes);
    }
}

#[test]
fn changes_ratios_and_strata_are_those_of_r() {
    for line in lines() {
        let what = format!("{} {} {}", line.kind, line.data, line.variant);
        let table = Table::of(&line.data);
        let by_cluster = line.variant == "cluster";
        let cluster = table.levels("cl").filter(|_| by_cluster);
        match line.kind.as_str() {
            "change" if by_cluster => {
                let kept = table.keep(|row| table.column("z")[row] == 1.0);
                let cluster = kept.levels("cl");
                let found = one_arm_change(kept.column("y"), cluster.as_deref(), 0.95);
                agrees(&found, &line.numbers, 1e-8, &what);
            }
            "change" => {
                let y = table.column("y");
                let changes: Vec<f64> = (0..10).map(|i| y[10 + i] - y[i]).collect();
                agrees(&one_arm_change(&changes, None, 0.95), &line.numbers, 1e-8, &what);
            }
            "ratio" => {
                let more = if by_cluster { 5.0 } else { 0.0 };
                let y: Vec<f64> = table.column("y").iter().map(|y| y + more).collect();
                let found = ratio_of_means(&y, &table.arm(), cluster.as_deref(), 0.95);
                near(found.estimate, line.numbers[0], 1e-10, &what);
                near(found.std_error, line.numbers[1], 1e-10, &what);
                near(found.p_value, line.numbers[2], 1e-10, &what);
                let interval = found.interval.unwrap();
                near(interval.lower, line.numbers[3], 1e-10, &what);
                near(interval.upper, line.numbers[4], 1e-10, &what);
                assert_eq!(interval.method, IntervalId::Log);
            }
            "stratified" => {
                let stratum = table.levels("s").unwrap();
                let arm = table.arm();
                let names: Vec<String> = (0..20).map(|s| format!("s{s}")).collect();
                let data = Stratified {
                    y: table.column("y"),
                    in_arm: &arm,
                    stratum: &stratum,
                    names: &names,
                    cluster: cluster.as_deref(),
                };
                let found = stratified_difference(&data, 0.95).unwrap();
                agrees(&found, &line.numbers, 1e-10, &what);
            }
            "equal" => {
                let stratum = table.levels("s").unwrap();
                let arm = table.arm();
                let names: Vec<String> = (0..3).map(|s| format!("s{s}")).collect();
                let cluster = table.levels("cl");
                let covariates = match line.variant.ends_with("x1") {
                    true => table.covariates(),
                    false => Vec::new(),
                };
                let columns = Columns {
                    y: table.column("y"),
                    in_arm: &arm,
                    covariates: &covariates,
                    weights: None,
                    cluster: cluster.as_deref(),
                };
                let found = equal_effects(&columns, &stratum, &names, &how(&line.variant));
                near(found.statistic, line.numbers[0], 1e-9, &what);
                near(found.df1, line.numbers[1], 1e-9, &what);
                near(found.df2, line.numbers[2], 1e-9, &what);
                near(found.p_value, line.numbers[3], 1e-8, &what);
            }
            _ => {}
        }
    }
}

#[test]
fn effects_of_receipt_are_those_of_r() {
    for line in lines() {
        if !["2sls", "ar"].contains(&line.kind.as_str()) {
            continue;
        }
        let what = format!("{} {} {}", line.kind, line.data, line.variant);
        let table = Table::of(&line.data);
        let (arm, cluster) = (table.arm(), table.levels("cl"));
        let covariates = match line.variant.ends_with("x1") {
            true => table.covariates(),
            false => Vec::new(),
        };
        let columns = Columns {
            y: table.column("y"),
            in_arm: &arm,
            covariates: &covariates,
            weights: None,
            cluster: cluster.as_deref(),
        };
        let mut how = how(&line.variant);
        if how.errors == StandardErrors::Cr2 || line.kind == "ar" {
            how.df = DegreesOfFreedom::Satterthwaite;
        }
        let received = table.column("d");
        let numbers = &line.numbers;
        if line.kind == "2sls" {
            let found = late(Draw::Ols(&columns, how), received, LateInterval::TwoStage).unwrap();
            agrees(&found.computed, numbers, 1e-8, &what);
            near(found.complier_share, numbers[6], 1e-8, &what);
            near(found.first_stage_f, numbers[7], 1e-8, &what);
            continue;
        }
        let draw = Draw::Ols(&columns, how);
        let found = late(draw, received, LateInterval::AndersonRubin).unwrap();
        let (shape, low, high) = match found.set.unwrap() {
            EffectSet::Interval { lower, upper } => (1.0, lower, upper),
            EffectSet::Complement { below, above } => (2.0, below, above),
            EffectSet::Line => (3.0, 0.0, 0.0),
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(shape, numbers[0], "{what}");
        near(Some(low), numbers[1], 1e-8, &what);
        near(Some(high), numbers[2], 1e-8, &what);
        near(found.computed.p_value, numbers[3], 1e-8, &what);
        near(found.computed.df, numbers[4], 1e-8, &what);
        let interval = found.computed.interval.unwrap();
        assert_eq!(interval.method, IntervalId::AndersonRubin);
        assert_eq!(interval.lower.is_some(), shape == 1.0);
    }
}

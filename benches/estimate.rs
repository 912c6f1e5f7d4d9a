//! How fast estimates are made, beside numpy, statsmodels, pyfixest, estimatr, fixest, sandwich,
//! clubSandwich, coin, ri2, survival and lifelines: on the same data, in the same run, with the
//! same answers.
//!
//! `cargo bench --bench estimate`; benches/README.md says what is compared with what, and how to
//! have the peers. `-- --large` adds ten million rows, `-- --slow` the peers that take minutes;
//! `KLERO_BENCH_ROWS` sets another number than a million.

mod measure;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use klero::digest::Digest;
use klero::draw::{Stream, Words};
use klero::estimate::bootstrap::{Arm, Resampling, bootstrap_t};
use klero::estimate::distribution::normal_quantile;
use klero::estimate::duration::cox::{Coefficient, Variance, fit};
use klero::estimate::duration::curve::kaplan_meier;
use klero::estimate::duration::log_rank::log_rank_test;
use klero::estimate::duration::{End, Times};
use klero::estimate::linear::{Columns, Covariate, DegreesOfFreedom, Inference};
use klero::estimate::redraw::{self, Blocks, Design, Persons, Replaying};
use klero::estimate::regression::ols;
use klero::protocol::StandardErrors;
use klero::register::columns::{self, Values};
use klero::report::number::grouped;

use measure::{Done, done};

/// Covariates beside the intercept and the arm: k = 10.
const COVARIATES: usize = 8;
const PERSONS: usize = 503;
const BOOTSTRAPS: &str = "10,000 bootstraps of a difference, 503 persons";

fn main() {
    let rows = match std::env::var("KLERO_BENCH_ROWS") {
        Ok(number) => number.parse().expect("a number of rows"),
        Err(_) => 1_000_000,
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("estimate");
    fs::create_dir_all(&folder).unwrap();

    let mut own = Vec::new();
    regressions(&mut own, &folder, rows);
    replays(&mut own, &folder);
    times(&mut own, &folder, rows);
    programs(&mut own, &folder);
    if flags().iter().any(|flag| flag == "--large") {
        let table = Table::new(10 * rows);
        table.write(&folder, "large");
        own.push(table.hc2("hc2, ten times the rows"));
    }
    let mut peers = Vec::new();
    if let Some(python) = std::env::var_os("KLERO_PYTHON") {
        let mut script = Command::new(python);
        script
            .arg(script_at("estimate.py"))
            .arg(&folder)
            .args(flags());
        peers.extend(measure::peers(&mut script));
    }
    if let Some(library) = std::env::var_os("KLERO_PEERS") {
        let mut script = Command::new("Rscript");
        script
            .arg(script_at("estimate.R"))
            .arg(&folder)
            .arg(library)
            .args(flags());
        peers.extend(measure::peers(&mut script));
    }
    measure::print(&own, &peers, agreement);
}

/// Returns what is asked of the bench, beside what cargo says to it.
fn flags() -> Vec<String> {
    let flags = std::env::args().filter(|flag| flag == "--large" || flag == "--slow");
    flags.collect()
}

fn script_at(name: &str) -> PathBuf {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    peers.join(name)
}

/// Says how far a peer agrees: to 1e-8 relative, or the bench fails; where both draw by lot, in
/// Monte-Carlo standard errors of the difference of two p.
fn agreement(own: &Done, peer: &Done) -> String {
    if own.job.contains("replays,") && !own.values.is_empty() && !peer.values.is_empty() {
        let p = own.values[0];
        let error = (2.0 * p * (1.0 - p) / 10_000.0).sqrt();
        return format!(
            "p {:.1} standard errors apart",
            (p - peer.values[0]).abs() / error
        );
    }
    if own.job == BOOTSTRAPS && !peer.values.is_empty() {
        let pairs = own.values.iter().zip(&peer.values);
        // The density of t at its outer fortieth is 0.058.
        let error = (2.0 * 0.025 * 0.975 / 10_000.0_f64).sqrt() / 0.058;
        let apart = pairs.map(|(a, b)| (a - b).abs() / error);
        return format!("t* {:.1} standard errors apart", apart.fold(0.0, f64::max));
    }
    let pairs = own.values.iter().zip(&peer.values);
    let told = pairs.filter(|(_, b)| !b.is_nan());
    let worst = told.clone().map(|(a, b)| (a - b).abs() / b.abs());
    let worst = worst.fold(0.0, f64::max);
    let (mine, theirs) = (&own.values, &peer.values);
    assert!(
        worst < 1e-8,
        "{}, {}: {mine:?} and {theirs:?}",
        own.job,
        peer.by
    );
    match told.count() {
        0 => String::new(),
        _ => format!("to {worst:.0e}"),
    }
}

/// Rows of a regression.
struct Table {
    y: Vec<f64>,
    in_arm: Vec<bool>,
    covariates: Vec<Vec<f64>>,
}

impl Table {
    fn new(rows: usize) -> Table {
        let mut words = Stream::new(Digest::of(b"bench estimate").0);
        let mut normal = || normal_quantile((f64::from(words.word()) + 0.5) / 2.0_f64.powi(32));
        let covariates: Vec<Vec<f64>> = (0..COVARIATES)
            .map(|_| (0..rows).map(|_| normal()).collect())
            .collect();
        let in_arm: Vec<bool> = (0..rows).map(|_| normal() > 0.0).collect();
        let y = (0..rows).map(|row| {
            let arm = f64::from(in_arm[row]);
            let known: f64 = covariates.iter().map(|x| 0.3 * x[row]).sum();
            1.0 + 0.2 * arm + known + (1.0 + 0.5 * arm) * normal()
        });
        Table {
            y: y.collect(),
            in_arm,
            covariates,
        }
    }

    /// Writes the columns one after another, y, arm, covariates, as eight-byte numbers.
    fn write(&self, folder: &Path, name: &str) {
        let arm: Vec<f64> = self.in_arm.iter().map(|&arm| f64::from(arm)).collect();
        let columns = [&self.y, &arm].into_iter().chain(&self.covariates);
        write(folder, name, columns.map(Vec::as_slice));
    }

    fn with<T>(&self, cluster: Option<&[u32]>, work: impl FnOnce(&Columns) -> T) -> T {
        let names: Vec<String> = (1..=COVARIATES)
            .map(|number| format!("x{number}"))
            .collect();
        let covariates: Vec<Covariate> = names
            .iter()
            .zip(&self.covariates)
            .map(|(name, values)| Covariate { name, values })
            .collect();
        work(&Columns {
            y: &self.y,
            in_arm: &self.in_arm,
            covariates: &covariates,
            weights: None,
            cluster,
        })
    }

    fn hc2(&self, job: &str) -> Done {
        self.fitted(job, StandardErrors::Hc2, DegreesOfFreedom::Residual, None)
    }

    /// Times a regression; what comes out is the effect of the arm, its standard error and its
    /// degrees of freedom.
    fn fitted(
        &self,
        job: &str,
        errors: StandardErrors,
        df: DegreesOfFreedom,
        cluster: Option<&[u32]>,
    ) -> Done {
        self.with(cluster, |columns| {
            done(job, 5, || {
                let how = Inference {
                    errors,
                    df,
                    level: 0.95,
                    threads: None,
                };
                let computed = ols(columns, &how);
                let values = [computed.estimate, computed.std_error, computed.df];
                values
                    .map(|value| value.expect("the data identify it"))
                    .to_vec()
            })
        })
    }
}

/// Numbers of clusters, `count` of them, of unequal sizes and scattered over the rows.
fn scattered(rows: usize, count: u64) -> Vec<u32> {
    let mut words = Stream::new(Digest::of(b"bench clusters").0);
    (0..rows)
        .map(|_| {
            let most = words.below(count);
            words.below(1 + most) as u32
        })
        .collect()
}

fn regressions(own: &mut Vec<Done>, folder: &Path, rows: usize) {
    use DegreesOfFreedom::Satterthwaite;
    let table = Table::new(rows);
    table.write(folder, "table");
    own.push(table.hc2("hc2"));
    own.push(table.fitted(
        "hc2, Bell–McCaffrey",
        StandardErrors::Hc2,
        Satterthwaite,
        None,
    ));
    for count in [1_000, 100_000] {
        let cluster = scattered(rows, count);
        let job = format!("cr2, up to {} clusters", grouped(count));
        own.push(table.fitted(&job, StandardErrors::Cr2, Satterthwaite, Some(&cluster)));
    }
    // What peers can do in their time.
    let few = Table::new(2_000);
    few.write(folder, "few");
    let cluster = scattered(2_000, 50);
    let numbers: Vec<f64> = cluster.iter().map(|&cluster| f64::from(cluster)).collect();
    write(folder, "few-clusters", [numbers.as_slice()]);
    let job = "hc2, Bell–McCaffrey, 2,000 rows";
    own.push(few.fitted(job, StandardErrors::Hc2, Satterthwaite, None));
    let job = "cr2, 2,000 rows, up to 50 clusters";
    own.push(few.fitted(job, StandardErrors::Cr2, Satterthwaite, Some(&cluster)));

    let mut named = vec![
        (
            "y".to_owned(),
            Values::Number(table.y.iter().copied().map(Some).collect()),
        ),
        (
            "arm".to_owned(),
            Values::Whole(
                table
                    .in_arm
                    .iter()
                    .map(|&arm| Some(i64::from(arm)))
                    .collect(),
            ),
        ),
    ];
    for (number, column) in (1..).zip(&table.covariates) {
        let values = column.iter().copied().map(Some).collect();
        named.push((format!("x{number}"), Values::Number(values)));
    }
    let table = columns::Columns {
        columns: named,
        metadata: String::new(),
    };
    table.write(&folder.join("table.parquet")).unwrap();
}

/// 503 persons, three arms, blocks of six.
fn replays(own: &mut Vec<Done>, folder: &Path) {
    let mut words = Stream::new(Digest::of(b"bench replays").0);
    let (mut arm, mut block) = (Vec::new(), Vec::new());
    while arm.len() < PERSONS {
        let mut arms = [0, 0, 1, 1, 2, 2];
        words.shuffle(&mut arms);
        block.extend([block.last().map_or(0, |last: &usize| last + 1); 6]);
        arm.extend(arms);
    }
    arm.truncate(PERSONS);
    block.truncate(PERSONS);
    let y: Vec<f64> = arm
        .iter()
        .map(|&arm| {
            let uniform = (f64::from(words.word()) + 0.5) / 2.0_f64.powi(32);
            normal_quantile(uniform) + 0.15 * f64::from(arm == 1)
        })
        .collect();
    let numbers = |column: &[usize]| -> Vec<f64> { column.iter().map(|&x| x as f64).collect() };
    write(
        folder,
        "blocks",
        [y.as_slice(), &numbers(&arm), &numbers(&block)],
    );
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    let persons = Persons {
        arm: &arm,
        stratum: &[],
        cluster: &[],
    };
    let design = Design::permuted_blocks(names, persons, Blocks::Named(&block)).unwrap();
    let column: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
    for (job, replays, runs) in [
        ("10,000 studentised replays, 503 persons", 10_000, 5),
        ("1,000,000 studentised replays", 1_000_000, 2),
    ] {
        let replaying = Replaying {
            replays,
            ..Replaying::default()
        };
        own.push(done(job, runs, || {
            let found = redraw::test(&design, &[&column], &[(1, 0)], &replaying).unwrap();
            vec![found[0].p_value.unwrap()]
        }));
    }
    // The first arm against the other two.
    let of = |wanted: bool| -> Vec<f64> {
        let rows = y.iter().zip(&arm);
        rows.filter(|(_, arm)| (**arm == 0) == wanted)
            .map(|(y, _)| *y)
            .collect()
    };
    let (new, old) = (of(false), of(true));
    let resampling = Resampling {
        number: 10_000,
        seed: "1".to_owned(),
        threads: None,
    };
    own.push(done(BOOTSTRAPS, 5, || {
        let arms = ["new", "old"].into_iter().zip([&new, &old]);
        let arms: Vec<Arm> = arms.map(|(id, values)| Arm { id, values }).collect();
        let found = bootstrap_t(arms[0], arms[1], 0.95, &resampling);
        let (interval, error) = (found.interval.unwrap(), found.std_error.unwrap());
        // The quantiles of t*, which no unit of the outcome bears on.
        [interval.upper, interval.lower]
            .map(|bound| (found.estimate.unwrap() - bound.unwrap()) / error)
            .to_vec()
    }));
}

/// Weeks to an event, two years of them, in two arms with three covariates.
fn times(own: &mut Vec<Done>, folder: &Path, rows: usize) {
    let mut words = Stream::new(Digest::of(b"bench times").0);
    let mut uniform = || (f64::from(words.word()) + 0.5) / 2.0_f64.powi(32);
    let (mut time, mut end, mut columns) = (Vec::new(), Vec::new(), vec![Vec::new(); 4]);
    for _ in 0..rows {
        let arm = f64::from(uniform() < 0.5);
        let known = [0; 3].map(|_| normal_quantile(uniform()));
        let rate = 0.01 * (0.2 * arm + 0.1 * known.iter().sum::<f64>()).exp();
        let (event, leaves) = (-uniform().ln() / rate, 208.0 * uniform());
        let last = leaves.min(104.0);
        time.push(event.min(last).floor());
        end.push(if event <= last {
            End::Event
        } else {
            End::Censored
        });
        columns[0].push(arm);
        for (column, value) in columns[1..].iter_mut().zip(known) {
            column.push(value);
        }
    }
    let ended: Vec<f64> = end
        .iter()
        .map(|&end| f64::from(end == End::Event))
        .collect();
    let all = [&time, &ended].into_iter().chain(&columns);
    write(folder, "times", all.map(Vec::as_slice));

    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let whole = Times::new(&time, &end).unwrap();
    own.push(done("Cox, four columns", 3, || {
        let fitted = fit(whole, &columns, Variance::Model).unwrap();
        match fitted.coefficients[0] {
            Coefficient::Finite {
                log_ratio,
                std_error,
            } => vec![log_ratio, std_error],
            other => panic!("{other:?}"),
        }
    }));
    let of = |arm: f64| {
        let rows = || (0..time.len()).filter(|&row| columns[0][row] == arm);
        let time: Vec<f64> = rows().map(|row| time[row]).collect();
        let end: Vec<End> = rows().map(|row| end[row]).collect();
        (time, end)
    };
    let (arm, reference) = (of(1.0), of(0.0));
    let [arm, reference] = [&arm, &reference].map(|(time, end)| Times::new(time, end).unwrap());
    own.push(done("Kaplan–Meier of both arms, log-rank", 3, || {
        let survival = |times| {
            let (at, _) = kaplan_meier(times).at(52.0, 0.95).unwrap();
            [at.value, at.std_error]
        };
        let test = log_rank_test(&[arm, reference]);
        let [a, r] = [survival(arm), survival(reference)];
        vec![a[0], a[1], r[0], r[1], test.chi_squared.unwrap()]
    }));
}

/// The program itself, from its start to its exit.
fn programs(own: &mut Vec<Done>, folder: &Path) {
    let estimate = |file: &str, reference: &str| {
        let mut klero = Command::new(env!("CARGO_BIN_EXE_klero"));
        klero.args([
            "estimate",
            "--arm",
            "arm",
            "--reference",
            reference,
            "--data",
        ]);
        klero.arg(folder.join(file));
        klero
    };
    let names: Vec<String> = (1..=COVARIATES)
        .map(|number| format!("x{number}"))
        .collect();
    let out = folder.join("out.json");
    own.push(whole("from Parquet to the estimate", 3, &out, || {
        let mut klero = estimate("table.parquet", "0");
        klero.args(["--outcome", "y", "--method", "ols", "--json"]);
        klero.args(["--adjust", &names.join(",")]);
        klero
    }));
    let said: serde_json::Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    let row = &said["estimates"][0];
    let number = |name: &str| row[name].as_f64().expect("a number");
    let last = own.last_mut().expect("it was just done");
    last.values = vec![number("estimate"), number("std_error")];

    let mut words = Stream::new(Digest::of(b"bench effects").0);
    let mut text = String::from("arm");
    (1..=8).for_each(|outcome| text += &format!(",o{outcome}"));
    for _ in 0..PERSONS {
        text += ["\na", "\nb", "\nc", "\nd"][words.below(4) as usize];
        (1..=8).for_each(|_| text += &format!(",{}", words.below(1_000)));
    }
    fs::write(folder.join("effects.csv"), text + "\n").unwrap();
    for adjustment in ["holm", "romano-wolf"] {
        let job = format!("8 outcomes × 3 contrasts, 10,000 replays, {adjustment}");
        own.push(whole(&job, 3, &out, || {
            let mut klero = estimate("effects.csv", "a");
            klero.args(["--procedure", "complete", "--multiplicity", adjustment]);
            klero.args([
                "--method",
                "difference-in-means",
                "--method",
                "randomisation-test",
            ]);
            for number in 1..=8 {
                klero.args(["--outcome", &format!("o{number}")]);
            }
            klero
        }));
    }
}

/// Writes columns one after another, as eight-byte numbers.
fn write<'a>(folder: &Path, name: &str, columns: impl IntoIterator<Item = &'a [f64]>) {
    let mut file = File::create(folder.join(name).with_extension("f64")).unwrap();
    for column in columns {
        let bytes: Vec<u8> = column.iter().flat_map(|x| x.to_le_bytes()).collect();
        file.write_all(&bytes).unwrap();
    }
}

/// Runs a program some times, with what it prints in a file.
fn whole(job: &str, runs: usize, out: &Path, command: impl Fn() -> Command) -> Done {
    let run = || measure::process(command().stdout(File::create(out).unwrap()));
    Done {
        by: "klero".to_owned(),
        job: job.to_owned(),
        took: Some(measure::least(runs, run)),
        values: Vec::new(),
    }
}

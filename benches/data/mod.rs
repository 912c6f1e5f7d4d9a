//! Invented data for the benches: as large and as ragged as what is delivered.

#![allow(dead_code)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use klero::digest::Digest;
use klero::draw::{Seed, Stream, Words};
use klero::ledger::{Clock, Seal, Stamp, Writer};
use klero::period::Week;
use klero::register::CodeTable;

pub fn stream(name: &str) -> Stream {
    Stream::new(Digest::of(name.as_bytes()).0)
}

/// Returns the key of a person. A multiplication modulo a prime scatters the keys and repeats none.
pub fn key(person: u64) -> String {
    format!("{:012}", person * 7_368_787 % 999_999_999_989)
}

/// Writes a wide DREAM file: keys of twelve digits in an order of their own, `weeks` weeks from
/// 1991-W32 on, industry codes of some years. Returns its size.
pub fn wide_file(path: &Path, persons: u64, weeks: i32, wages: Range<i32>) -> u64 {
    let mut words = stream("wide");
    let codes: Vec<String> = CodeTable::built_in()
        .entries
        .iter()
        .map(|entry| entry.code.to_string())
        .collect();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    let mut header = String::from("PNR");
    for week in 0..weeks {
        let (year, number) = Week(week).iso();
        header += &format!(";y_{:02}{number:02}", year % 100);
    }
    let months: Vec<(i32, i32)> = wages
        .flat_map(|year| (1..=12).map(move |month| (year, month)))
        .collect();
    for (year, month) in &months {
        header += &format!(";branche_{year}_{month:02}");
    }
    writeln!(out, "{header}").unwrap();
    let mut row = String::new();
    for person in 0..persons {
        row.clear();
        row += &key(person);
        let mut left = weeks as u64;
        while left > 0 {
            let length = (1 + words.below(60)).min(left);
            let code = match words.below(3) {
                0 => "",
                _ => codes[words.below(codes.len() as u64) as usize].as_str(),
            };
            for _ in 0..length {
                row.push(';');
                row += code;
            }
            left -= length;
        }
        let mut left = months.len() as u64;
        while left > 0 {
            let length = (1 + words.below(30)).min(left);
            let code = ["", "471120"][words.below(2) as usize];
            for _ in 0..length {
                row.push(';');
                row += code;
            }
            left -= length;
        }
        row.push('\n');
        out.write_all(row.as_bytes()).unwrap();
    }
    out.into_inner().unwrap().metadata().unwrap().len()
}

/// The factors of a plan that draws by this procedure, each with its number of levels: 7 × 7 × 2
/// = 98 strata, or with minimisation four factors as in the example of R's Minirand.
fn factors(procedure: &str) -> &'static [(&'static str, u64)] {
    match procedure {
        "minimisation" => &[("gender", 2), ("age", 2), ("pressure", 3), ("drug", 2)],
        _ => &[("place", 7), ("desk", 7), ("sex", 2)],
    }
}

/// A plan of three arms, drawn by this procedure.
pub fn plan(procedure: &str) -> String {
    let mut text = String::from(
        "[study]\nid = \"bench\"\ntitle = \"Bench\"\n\
         [[arm]]\nid = \"a\"\n[[arm]]\nid = \"b\"\n[[arm]]\nid = \"c\"\nreference = true\n",
    );
    for (factor, levels) in factors(procedure) {
        let levels: Vec<String> = (1..=*levels).map(|n| level(factor, n)).collect();
        text += &format!("[[factor]]\nid = \"{factor}\"\nlevels = {levels:?}\n");
    }
    let strata = "strata = [\"place\", \"desk\", \"sex\"]";
    let rest = match procedure {
        "permuted-blocks" => format!("{strata}\nblock_sizes = [3, 6, 9, 12]"),
        "minimisation" => "measure = \"range\"\nprobability = \"9/10\"\n\
                           weights = { gender = 1, age = 1, pressure = 1, drug = 1 }"
            .to_owned(),
        _ => strata.to_owned(),
    };
    text + &format!("[allocation]\nprocedure = \"{procedure}\"\n{rest}\n")
}

/// A list of referrals for that plan.
pub fn referrals(procedure: &str, count: u64) -> String {
    let mut words = stream("referrals");
    let factors = factors(procedure);
    let mut text = String::from("id");
    for (factor, _) in factors {
        text += &format!(",{factor}");
    }
    text.push('\n');
    for n in 0..count {
        text += &format!("r-{n:07}");
        for (factor, levels) in factors {
            text += &format!(",{}", level(factor, 1 + words.below(*levels)));
        }
        text.push('\n');
    }
    text
}

fn level(factor: &str, n: u64) -> String {
    format!("{}{n}", &factor[..1])
}

/// Seals the plan into a new ledger and returns its path.
pub fn seal(folder: &Path, plan: &str) -> std::path::PathBuf {
    let path = folder.join("ledger.jsonl");
    let _ = std::fs::remove_file(&path);
    let seal = Seal {
        format: "klero-ledger-1".to_owned(),
        draw: "klero-draw-1".to_owned(),
        study: "bench".to_owned(),
        protocol: plan.to_owned(),
        commitment: seed().commitment("bench"),
        beacon_rule: String::new(),
    };
    Writer::create(&path, seal, &stamp()).unwrap();
    path
}

pub fn seed() -> Seed {
    Seed::from_bytes([1; 32])
}

pub fn stamp() -> Stamp {
    Stamp {
        time: "2017-05-01T08:00:00Z".parse().unwrap(),
        by: "bench".to_owned(),
        clock: Clock::Set,
    }
}

/// Runs a piece of work some times, prints the median, the least and the most time it took, and
/// returns the least, in seconds.
pub fn timed(name: &str, runs: usize, mut work: impl FnMut()) -> f64 {
    let seconds = (0..runs)
        .map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed().as_secs_f64()
        })
        .collect();
    let (least, _) = summarised(name, seconds);
    least
}

/// Prints the median, the least and the most of some times and returns the least and the median,
/// all in seconds.
pub fn summarised(name: &str, mut seconds: Vec<f64>) -> (f64, f64) {
    seconds.sort_by(f64::total_cmp);
    let (least, median) = (seconds[0], seconds[seconds.len() / 2]);
    println!(
        "{name:56} {:9.2} ms ({:.2} to {:.2})",
        1e3 * median,
        1e3 * least,
        1e3 * seconds[seconds.len() - 1]
    );
    (least, median)
}

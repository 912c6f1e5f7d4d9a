//! Invented data for the benches: as large and as ragged as what is delivered.

#![allow(dead_code)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use klero::digest::Digest;
use klero::draw::{Stream, Words};
use klero::period::Week;
use klero::register::CodeTable;

pub fn stream(name: &str) -> Stream {
    Stream::new(Digest::of(name.as_bytes()).0)
}

/// Writes a wide DREAM file: keys of twelve digits in an order of their own, `weeks` weeks from
/// 1991-W32 on, industry codes from 2008 on. Returns its size.
pub fn wide_file(path: &Path, persons: u64, weeks: i32) -> u64 {
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
    let months: Vec<(i32, i32)> = (2008..=2025)
        .flat_map(|year| (1..=12).map(move |month| (year, month)))
        .collect();
    for (year, month) in &months {
        header += &format!(";branche_{year}_{month:02}");
    }
    writeln!(out, "{header}").unwrap();
    let mut row = String::new();
    for person in 0..persons {
        row.clear();
        // A multiplication modulo a prime scatters the keys and repeats none.
        row += &format!("{:012}", person * 7_368_787 % 999_999_999_989);
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

//! How fast referrals are drawn: lists, sequences, and one at intake; and how fast R's packages
//! draw the same, where `KLERO_PEERS` names a library folder that holds them.
//!
//! `cargo bench --bench draw`; benches/README.md says what is compared with what.

mod data;
mod measure;

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use klero::draw::{Live, Machine, MasterKey, StratumKey};
use klero::ledger::{Writer, referrals};
use klero::protocol::{Allocation, Protocol};
use klero::report::number::grouped;
use klero::table::Table;

use measure::Done;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("draw");
    fs::create_dir_all(&folder).unwrap();
    list_to_ledger(&folder);

    let listed = data::referrals("complete", 1_000_000);
    let minimised = data::referrals("minimisation", 100_000);
    let mut done = vec![complete(&listed)];
    for n in [1_000_000, 100_000] {
        done.push(in_sequence("permuted-blocks", &listed, n));
    }
    for n in [100_000, 2_000, 200] {
        done.push(in_sequence("minimisation", &minimised, n));
    }
    for procedure in ["permuted-blocks", "minimisation"] {
        intake(&folder, procedure);
    }
    let mut peers = Vec::new();
    if let Some(library) = std::env::var_os("KLERO_PEERS") {
        fs::write(folder.join("referrals.csv"), &listed).unwrap();
        fs::write(folder.join("minimised.csv"), &minimised).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/draw.R");
        let mut command = Command::new("Rscript");
        peers = measure::peers(command.arg(script).arg(&folder).arg(library));
    }
    // Both draw by lot: there is nothing to agree on.
    measure::print(&done, &peers, |_, _| String::new());
}

fn list_to_ledger(folder: &Path) {
    let plan = data::plan("complete");
    let protocol = Protocol::read(&plan).unwrap();
    let path = folder.join("list.csv");
    fs::write(&path, data::referrals("complete", 100_000)).unwrap();
    data::timed("100,000 referrals, 98 strata: list to ledger", 5, || {
        let ledger = data::seal(folder, &plan);
        let table = Table::read(&path).unwrap();
        let (list, _) = referrals(&table, &protocol).unwrap();
        let mut writer = Writer::open(&ledger, "bench", Duration::ZERO).unwrap();
        let (answers, _) = writer
            .draw(&list, Some(&data::seed()), &data::stamp())
            .unwrap();
        assert_eq!(answers.len(), 100_000);
    });
}

/// Draws a whole list, as other programs do it: ids and strata in memory, arms out.
fn complete(list: &str) -> Done {
    let rows: Vec<(&str, StratumKey)> = list
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0], StratumKey::of(&cells[1..]))
        })
        .collect();
    let n = rows.len();
    let name = format!("complete in 98 strata, {} referrals", grouped(n as u64));
    measure::done(&name, 9, || {
        let mut machine = machine(&Protocol::read(&data::plan("complete")).unwrap());
        let mut strata: HashMap<&StratumKey, Vec<(&str, usize)>> = HashMap::new();
        for (index, (id, stratum)) in rows.iter().enumerate() {
            strata.entry(stratum).or_default().push((id, index));
        }
        let mut arms = vec![0u8; n];
        for (stratum, mut list) in strata {
            list.sort_unstable();
            for ((_, index), arm) in list.iter().zip(machine.draw_batch(stratum, list.len())) {
                arms[*index] = arm as u8;
            }
        }
        assert_eq!(arms.len(), n);
        Vec::new()
    })
}

/// Draws and records the first `n` referrals of a list one by one, as they come.
fn in_sequence(procedure: &'static str, list: &str, n: usize) -> Done {
    let protocol = Protocol::read(&data::plan(procedure)).unwrap();
    let rows: Vec<(StratumKey, Vec<usize>)> = list
        .lines()
        .skip(1)
        .take(n)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').skip(1).collect();
            let facts: Vec<_> = protocol
                .factors
                .iter()
                .zip(cells)
                .map(|(factor, cell)| factor.fact(cell).unwrap())
                .collect();
            let stratum = protocol.stratum(|factor| Some(&facts[factor])).unwrap();
            let levels = protocol.minimised(|factor| Some(&facts[factor])).unwrap();
            (StratumKey::of(&protocol.stratum_names(&stratum)), levels)
        })
        .collect();
    let name = format!("{procedure}, {} referrals one by one", grouped(n as u64));
    measure::done(&name, 9, || {
        let mut machine = machine(&protocol);
        let mut counts = [0; 3];
        for (stratum, levels) in &rows {
            let arm = machine.draw(stratum, levels);
            machine.record(stratum, levels, arm);
            counts[arm] += 1;
        }
        assert_eq!(counts.iter().sum::<usize>(), n);
        Vec::new()
    })
}

fn machine(protocol: &Protocol) -> Machine<Live> {
    let master = MasterKey::derive(&data::seed(), "bench", protocol.digest, "");
    let Some(Allocation { procedure, .. }) = &protocol.allocation else {
        unreachable!("the plans of the benches draw");
    };
    Machine::new(procedure.clone(), protocol.ratio(), Live::new(master))
}

/// Draws one referral as an intake worker does, twenty times: `klero draw --referral` from its
/// start to its exit, next to what the disk takes for the line alone.
fn intake(folder: &Path, procedure: &str) {
    const ENTRIES: usize = 5_000;
    const RUNS: usize = 20;
    let folder = folder.join("intake");
    fs::create_dir_all(&folder).unwrap();
    let plan = data::plan(procedure);
    let protocol = Protocol::read(&plan).unwrap();
    fs::write(folder.join("study.toml"), &plan).unwrap();
    fs::write(folder.join("seed.key"), data::seed().reveal()).unwrap();
    // The seal is the first entry.
    let text = data::referrals(procedure, (ENTRIES - 1 + RUNS) as u64);
    let table = Table::parse(Path::new("referrals.csv"), text.as_bytes()).unwrap();
    let (list, _) = referrals(&table, &protocol).unwrap();
    let path = data::seal(&folder, &plan);
    let mut writer = Writer::open(&path, "bench", Duration::ZERO).unwrap();
    writer
        .draw(&list[..ENTRIES - 1], Some(&data::seed()), &data::stamp())
        .unwrap();
    assert_eq!(writer.ledger.entries.len(), ENTRIES);
    drop(writer);

    // A file of the ledger's size, so that the disk has the same to do.
    let copy = folder.join("copy.jsonl");
    fs::copy(&path, &copy).unwrap();
    let mut copy = OpenOptions::new().append(true).open(copy).unwrap();
    copy.sync_all().unwrap();

    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
    let (mut draws, mut flushes) = (Vec::new(), Vec::new());
    for line in lines.skip(ENTRIES - 1) {
        let cells: Vec<&str> = line.split(',').collect();
        let mut klero = Command::new(env!("CARGO_BIN_EXE_klero"));
        klero.args(["draw", "--quiet", "--by", "bench", "--referral", cells[0]]);
        klero.arg("--study").arg(&folder);
        for (name, level) in names.iter().zip(&cells[1..]) {
            klero.args(["--set", &format!("{name}={level}")]);
        }
        let begin = Instant::now();
        let output = klero.output().unwrap();
        draws.push(begin.elapsed().as_secs_f64());
        assert!(output.status.success(), "{output:?}");

        let ledger = fs::read(&path).unwrap();
        let before = memchr::memrchr(b'\n', &ledger[..ledger.len() - 1]).unwrap();
        let begin = Instant::now();
        copy.write_all(&ledger[before + 1..]).unwrap();
        copy.sync_data().unwrap();
        flushes.push(begin.elapsed().as_secs_f64());
    }
    assert_eq!(draws.len(), RUNS);
    let entries = grouped(ENTRIES as u64);
    let name = format!("one draw at intake, {procedure}, {entries} entries");
    let (_, draw) = data::summarised(&name, draws);
    let (_, flush) = data::summarised("  the disk's own flush of its line", flushes);
    println!(
        "{:56} {:9.2} ms",
        "  the draw over the flush, by medians",
        1e3 * (draw - flush)
    );
}

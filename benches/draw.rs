//! How fast lists are drawn: the draw alone, and with everything a list goes through.
//!
//! `cargo bench --bench draw`

mod data;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use klero::draw::{Live, Machine, MasterKey, StratumKey};
use klero::ledger::{Writer, referrals};
use klero::protocol::{Procedure, Protocol};
use klero::table::Table;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("draw");
    std::fs::create_dir_all(&folder).unwrap();
    let plan = data::plan("complete");
    let protocol = Protocol::read(&plan).unwrap();

    let text = data::referrals(100_000);
    let path = folder.join("referrals.csv");
    std::fs::write(&path, &text).unwrap();
    data::timed("100,000 referrals, 98 strata: list to ledger", 5, || {
        let ledger = data::seal(&folder, &plan);
        let table = Table::read(&path).unwrap();
        let (list, _) = referrals(&table, &protocol).unwrap();
        let mut writer = Writer::open(&ledger, "bench", Duration::ZERO).unwrap();
        let (answers, _) = writer
            .draw(&list, Some(&data::seed()), &data::stamp())
            .unwrap();
        assert_eq!(answers.len(), 100_000);
    });

    // The draw by itself, as other programs do it: ids and strata in memory, arms out.
    let text = data::referrals(1_000_000);
    let rows: Vec<(&str, StratumKey)> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0], StratumKey::of(&cells[1..]))
        })
        .collect();
    let master = MasterKey::derive(&data::seed(), "bench", protocol.digest, "");
    data::timed("1,000,000 referrals, 98 strata: the draw", 5, || {
        let procedure = Procedure::Complete { counts: None };
        let mut machine = Machine::new(procedure, vec![1; 3], Live::new(master.clone()));
        let mut strata: HashMap<&StratumKey, Vec<(&str, usize)>> = HashMap::new();
        for (index, (id, stratum)) in rows.iter().enumerate() {
            strata.entry(stratum).or_default().push((id, index));
        }
        let mut arms = vec![0u8; rows.len()];
        for (stratum, mut list) in strata {
            list.sort_unstable();
            for ((_, index), arm) in list.iter().zip(machine.draw_batch(stratum, list.len())) {
                arms[*index] = arm as u8;
            }
        }
        assert_eq!(arms.len(), 1_000_000);
    });
}

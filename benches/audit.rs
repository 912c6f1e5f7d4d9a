//! How fast a ledger of 100,000 draws in 98 strata is audited, every arm derived again.
//!
//! `cargo bench --bench audit`

mod data;

use std::path::Path;
use std::time::Duration;

use klero::audit::audit;
use klero::ledger::{Writer, referrals};
use klero::protocol::Protocol;
use klero::table::Table;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("audit");
    std::fs::create_dir_all(&folder).unwrap();
    for procedure in ["complete", "simple"] {
        let plan = data::plan(procedure);
        let protocol = Protocol::read(&plan).unwrap();
        let text = data::referrals(procedure, 100_000);
        let table = Table::parse(Path::new("referrals.csv"), text.as_bytes()).unwrap();
        let (list, _) = referrals(&table, &protocol).unwrap();
        let ledger = data::seal(&folder, &plan);
        Writer::open(&ledger, "bench", Duration::ZERO)
            .unwrap()
            .draw(&list, Some(&data::seed()), &data::stamp())
            .unwrap();
        let bytes = std::fs::read(&ledger).unwrap();
        let name = format!("audit of 100,000 draws, {procedure}");
        data::timed(&name, 5, || {
            let seen = audit(&bytes, Some(&data::seed()), None);
            assert_eq!((seen.findings.len(), seen.rederived), (0, 100_000));
        });
    }
}

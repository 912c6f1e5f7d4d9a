//! How fast a ledger of 100,000 draws in 98 strata is audited, every arm derived again: by klero,
//! and by examples/audit/audit.py where `KLERO_PYTHON` names a Python of 3.11 or newer.
//!
//! `cargo bench --bench audit`; both are whole processes, and both must find that it holds.

mod data;
mod measure;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use klero::audit::audit;
use klero::ledger::{Writer, referrals};
use klero::protocol::Protocol;
use klero::table::Table;

use measure::Done;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("audit");
    fs::create_dir_all(&folder).unwrap();
    let seed = folder.join("seed.key");
    fs::write(&seed, data::seed().reveal()).unwrap();
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
        let bytes = fs::read(&ledger).unwrap();
        let job = format!("audit of 100,000 draws, {procedure}");
        data::timed(&job, 5, || {
            let seen = audit(&bytes, Some(&data::seed()), None);
            assert_eq!((seen.findings.len(), seen.rederived), (0, 100_000));
        });
        let whole = |by: &str, runs, command: &dyn Fn() -> Command| Done {
            by: by.to_owned(),
            job: job.clone(),
            took: Some(measure::least(runs, || {
                let mut command = command();
                command.arg(&ledger).arg("--seed").arg(&seed);
                measure::process(command.stdout(Stdio::null()).stderr(Stdio::null()))
            })),
            values: Vec::new(),
        };
        let own = whole("klero", 5, &|| {
            let mut klero = Command::new(env!("CARGO_BIN_EXE_klero"));
            klero.arg("audit");
            klero
        });
        let mut peers = Vec::new();
        if let Some(python) = std::env::var_os("KLERO_PYTHON") {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/audit/audit.py");
            peers.push(whole("audit.py", 1, &|| {
                let mut command = Command::new(&python);
                command.arg(&script);
                command
            }));
        }
        measure::print(&[own], &peers, |_, _| "both: it holds".to_owned());
    }
}

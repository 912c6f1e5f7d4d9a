//! Holding under pressure: the program killed at every byte it writes, a full disk, eight desks at
//! once, folders that may not be written.
//!
//! The limit on the length of a file (`RLIMIT_FSIZE`) stands for the power cut and for the full
//! disk: the kernel writes up to the limit, and then kills the program, or refuses the rest where
//! the signal is ignored.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use klero::audit::audit;
use klero::ledger::{Ledger, LedgerError, Torn, repair};

use crate::workshop::{
    Folder, command, klero, klero_at, list, open, people, plan_with, seed, stamp,
};

const NOW: &str = "2017-05-01T08:00:00Z";
const LEDGER: &str = "ledger.jsonl";
const BLOCKS: &str = "[allocation]\nprocedure = \"permuted-blocks\"\nblock_sizes = [2, 4]\n\
                      strata = [\"place\"]";

/// What happens to the program at the limit.
#[derive(Clone, Copy)]
enum AtLimit {
    /// It is killed, as by a power cut.
    Killed,
    /// It is refused, as by a full disk.
    Refused,
}

/// Lets no file grow beyond a length.
fn limited(command: &mut Command, bytes: usize, at_limit: AtLimit) {
    let on_signal = match at_limit {
        AtLimit::Killed => libc::SIG_DFL,
        AtLimit::Refused => libc::SIG_IGN,
    };
    let limit = |bytes: usize| libc::rlimit {
        rlim_cur: bytes as libc::rlim_t,
        rlim_max: bytes as libc::rlim_t,
    };
    let (files, cores) = (limit(bytes), limit(0));
    // SAFETY: between fork and exec only system calls are made.
    unsafe {
        command.pre_exec(move || {
            let done = libc::setrlimit(libc::RLIMIT_CORE, &cores) == 0
                && libc::setrlimit(libc::RLIMIT_FSIZE, &files) == 0
                && libc::signal(libc::SIGXFSZ, on_signal) != libc::SIG_ERR;
            if done {
                Ok(())
            } else {
                Err(io::Error::last_os_error())
            }
        });
    }
}

/// How the program ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    signal: Option<i32>,
    out: String,
    err: String,
}

fn ended(mut command: Command) -> Ended {
    started(&mut command).unwrap()
}

/// Runs the program to its end, if it can be started.
fn started(command: &mut Command) -> io::Result<Ended> {
    let output = command.output()?;
    Ok(Ended {
        code: output.status.code(),
        signal: output.status.signal(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: unfolded(&output.stderr),
    })
}

/// Returns what was said as one line.
fn unfolded(said: &[u8]) -> String {
    let said = std::str::from_utf8(said).unwrap();
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A study and the next thing to do in it, with what comes of it when nothing goes wrong.
struct Scene {
    folder: Folder,
    arguments: Vec<&'static str>,
    /// The ledger before and after, and what the program prints.
    before: Vec<u8>,
    after: Vec<u8>,
    out: String,
}

const ONE: [&str; 7] = [
    "draw",
    "--referral",
    "r4",
    "--set",
    "place=Tønder",
    "--set",
    "age=40",
];

impl Scene {
    /// Seals a plan, draws a list that came earlier, and then does what it is about.
    fn new(plan: &str, earlier: &str, list: &str, arguments: &[&'static str]) -> Scene {
        let folder = Folder::new();
        let path = folder.path();
        folder.write("study.toml", plan);
        folder.write("my.key", seed().reveal());
        klero(path, &["seal", "--seed", "my.key", "--confirm", "study-1"]).ok();
        if !earlier.is_empty() {
            folder.write("list.csv", earlier);
            klero(path, &["draw", "--list", "list.csv", "--seed", "my.key"]).ok();
        }
        folder.write("list.csv", list);
        let before = fs::read(folder.join(LEDGER)).unwrap();
        let arguments = [arguments, &["--seed", "my.key"]].concat();
        let out = klero(path, &arguments).ok().out;
        let after = fs::read(folder.join(LEDGER)).unwrap();
        assert!(after.starts_with(&before) && after.len() > before.len());
        Scene {
            folder,
            arguments,
            before,
            after,
            out,
        }
    }

    /// Somebody is drawn after three others.
    fn one() -> Scene {
        let three = "id,place,age\nr1,Tønder,30\nr2,Brøndby,31\nr3,Tønder,32\n";
        Scene::new(&plan_with(BLOCKS), three, "", &ONE)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn ledger(&self) -> Vec<u8> {
        fs::read(self.folder.join(LEDGER)).unwrap()
    }

    /// Puts the ledger back, and takes away what a killed program left.
    fn reset(&self) {
        self.folder.write(LEDGER, &self.before);
        for entry in fs::read_dir(self.path()).unwrap() {
            let entry = entry.unwrap();
            if entry
                .file_name()
                .to_string_lossy()
                .starts_with("ledger.torn")
            {
                fs::remove_file(entry.path()).unwrap();
            }
        }
    }

    fn command(&self) -> Command {
        command(self.path(), Some(NOW), &self.arguments)
    }

    fn at(&self, limit: usize, at_limit: AtLimit) -> Ended {
        let mut command = self.command();
        limited(&mut command, limit, at_limit);
        ended(command)
    }

    /// Runs the program as it is killed at a limit; asserts that nobody saw an arm that is not on
    /// the disk.
    #[track_caller]
    fn killed_at(&self, limit: usize) {
        self.reset();
        let ended = self.at(limit, AtLimit::Killed);
        assert_eq!(self.ledger(), self.after[..limit], "at byte {limit}");
        if limit < self.after.len() {
            assert_eq!(
                ended.signal,
                Some(libc::SIGXFSZ),
                "at byte {limit}: {ended:?}"
            );
            assert_eq!(ended.out, "");
            // What it says before it begins names nobody's arm.
            assert!(!ended.err.contains("effort") && !ended.err.contains("control"));
        } else {
            assert_eq!((ended.code, &ended.out), (Some(0), &self.out), "{ended:?}");
        }
    }

    /// Does it again, by the program alone, as its messages say; asserts that the ledger and the
    /// answer become those of an undisturbed run.
    #[track_caller]
    fn done_again(&self, torn: bool) {
        if torn {
            let left = self.ledger();
            let said = klero(self.path(), &self.arguments);
            let said = said.fails_with(2, &["a write was cut short", "`klero repair`"]);
            assert_eq!(said.out, "");
            assert_eq!(self.ledger(), left);
            assert_eq!(klero(self.path(), &["audit", "--seed", "my.key"]).code, 1);
        }
        let said = klero(self.path(), &["repair"]).ok();
        assert_eq!(
            said.err.contains("nothing to repair"),
            !torn,
            "{}",
            said.err
        );
        let again = klero(self.path(), &self.arguments).ok();
        assert_eq!(again.out, self.out);
        assert_eq!(self.ledger(), self.after);
        klero(self.path(), &["audit", "--seed", "my.key"]).ok();
    }

    /// The bytes at which lines of the write end, counted from the start of the file.
    fn ends(&self) -> Vec<usize> {
        (self.before.len()..=self.after.len())
            .filter(|&at| self.after[at - 1] == b'\n')
            .collect()
    }

    /// The ends of lines, the bytes beside them and one in the middle of each line.
    fn some_bytes(&self) -> Vec<usize> {
        let ends = self.ends();
        let middles = ends.windows(2).map(|pair| (pair[0] + pair[1]) / 2);
        let mut bytes: Vec<usize> = ends
            .iter()
            .flat_map(|&end| [end - 1, end, end + 1])
            .chain(middles)
            .filter(|at| (self.before.len()..=self.after.len()).contains(at))
            .collect();
        bytes.sort_unstable();
        bytes
    }
}

#[test]
fn a_draw_killed_at_any_byte_shows_no_arm_and_gives_the_same_one_again() {
    let scene = Scene::one();
    let path = scene.folder.join(LEDGER);
    let rows = "id,place,age\nr4,Tønder,40\n";
    let later = stamp(NOW);
    assert_eq!(audit(&scene.after, Some(&seed()), None).findings, []);
    for limit in scene.before.len()..=scene.after.len() {
        scene.killed_at(limit);
        let torn = scene.before.len() < limit && limit < scene.after.len();
        match Ledger::read(&path) {
            Ok(_) => assert!(!torn, "at byte {limit}"),
            Err(LedgerError::Torn {
                torn: Torn::Line { line: 5, from },
                ..
            }) => {
                assert!(torn && from == scene.before.len() as u64, "at byte {limit}");
            }
            Err(other) => panic!("at byte {limit}: {other}"),
        }
        if let Some((_, aside)) = repair(&path, &later).unwrap() {
            assert_eq!(
                fs::read(aside).unwrap(),
                scene.after[scene.before.len()..limit]
            );
            assert_eq!(scene.ledger(), scene.before);
        }
        // The same line: the same arm in the same slot.
        let mut writer = open(&scene.folder);
        let rows = list(rows, writer.ledger.plan());
        let (_, appended) = writer.draw(&rows, Some(&seed()), &later).unwrap();
        assert_eq!(appended.is_some(), limit < scene.after.len());
        assert_eq!(scene.ledger(), scene.after);
    }
}

#[test]
fn a_killed_draw_is_done_again_as_the_messages_say() {
    let scene = Scene::one();
    let (first, last) = (scene.before.len(), scene.after.len());
    for limit in [first, first + 1, (first + last) / 2, last - 1, last] {
        scene.killed_at(limit);
        scene.done_again(first < limit && limit < last);
    }
}

/// Every list is drawn in full or not at all: a list over two strata is two of them.
#[test]
fn a_list_killed_at_the_end_of_a_line_or_within_is_drawn_whole_or_not_at_all() {
    let plan = plan_with(BLOCKS).replace("permuted-blocks", "complete");
    let plan = plan.replace("block_sizes = [2, 4]\n", "");
    let scene = Scene::new(&plan, "", &people(7), &["draw", "--list", "list.csv"]);
    let ends = scene.ends();
    // Four in Tønder, three in Brøndby, and the head of each list.
    assert_eq!(ends.len(), 1 + 5 + 4);
    let whole = [ends[0], ends[5], ends[9]];
    for limit in scene.some_bytes() {
        scene.killed_at(limit);
        if !whole.contains(&limit) {
            klero(scene.path(), &["repair"]).ok();
            let left = scene.ledger().len();
            let expected = whole.iter().rev().find(|&&end| end < limit).unwrap();
            assert_eq!(left, *expected, "killed at byte {limit}");
            scene.killed_at(limit);
        }
        scene.done_again(!whole.contains(&limit));
    }
}

/// Without lists a series of draws is cut between two of them, and goes on from there.
#[test]
fn a_series_of_draws_killed_anywhere_goes_on_with_the_same_arms() {
    let blocks = plan_with(BLOCKS);
    let clusters = "[[factor]]\nid = \"mentor\"\n\n[allocation]\nprocedure = \"simple\"\n\
                    cluster = \"mentor\"\nstrata = [\"place\"]";
    let members = "id,place,age,mentor\na,Tønder,30,M1\nb,Brøndby,50,M2\nc,Tønder,40,M1\n";
    for (plan, rows) in [
        (blocks, people(5)),
        (plan_with(clusters), members.to_owned()),
    ] {
        let scene = Scene::new(&plan, "", &rows, &["draw", "--list", "list.csv"]);
        for limit in scene.some_bytes() {
            scene.killed_at(limit);
            scene.done_again(!scene.ends().contains(&limit));
        }
    }
}

/// The limit is the length of the ledger with its new line, and stdout a file of that length: the
/// program is killed as it shows what is on the disk.
#[test]
fn whoever_is_killed_before_the_arm_is_shown_gets_it_when_asking_again() {
    let scene = Scene::one();
    scene.reset();
    let screen = scene.folder.write("screen", vec![b' '; scene.after.len()]);
    let mut command = scene.command();
    let file = fs::OpenOptions::new().append(true).open(&screen).unwrap();
    command.stdout(Stdio::from(file));
    limited(&mut command, scene.after.len(), AtLimit::Killed);
    assert_eq!(ended(command).signal, Some(libc::SIGXFSZ));
    assert_eq!(
        fs::metadata(&screen).unwrap().len(),
        scene.after.len() as u64
    );
    assert_eq!(scene.ledger(), scene.after);
    let again = klero(scene.path(), &scene.arguments).ok();
    assert!(again.err.contains("drawn before"), "{}", again.err);
    assert_eq!(again.out, scene.out);
    assert_eq!(scene.ledger(), scene.after);
}

#[test]
fn a_full_disk_leaves_the_ledger_as_it_was_byte_for_byte() {
    let scene = Scene::one();
    for limit in scene.before.len()..scene.after.len() {
        scene.reset();
        let ended = scene.at(limit, AtLimit::Refused);
        assert_eq!(
            (ended.code, &*ended.out),
            (Some(2), ""),
            "at byte {limit}: {ended:?}"
        );
        for part in [
            "error: cannot write `./ledger.jsonl`",
            "the ledger is as it was",
        ] {
            assert!(ended.err.contains(part), "at byte {limit}: {}", ended.err);
        }
        assert_eq!(scene.ledger(), scene.before, "at byte {limit}");
        assert!(!scene.folder.join("ledger.lock").exists());
    }
    let whole = scene.at(scene.after.len(), AtLimit::Refused);
    assert_eq!((whole.code, whole.out), (Some(0), scene.out.clone()));
    // Whatever is recorded afterwards is written the same way.
    scene.reset();
    let record = [
        "record",
        "withdraw",
        "--referral",
        "r1",
        "--reason",
        "moved",
    ];
    let mut command = command(scene.path(), Some(NOW), &record);
    limited(&mut command, scene.before.len() + 100, AtLimit::Refused);
    let ended = ended(command);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(scene.ledger(), scene.before);
}

#[test]
fn a_repair_on_a_full_disk_changes_nothing_and_leaves_nothing() {
    let scene = Scene::one();
    scene.killed_at(scene.after.len() - 1);
    let torn = scene.ledger();
    let files = files(scene.path());
    let mut command = command(scene.path(), Some(NOW), &["repair"]);
    limited(&mut command, 40, AtLimit::Refused);
    let ended = ended(command);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("ledger.torn-"), "{}", ended.err);
    assert_eq!(scene.ledger(), torn);
    assert_eq!(self::files(scene.path()), files);
    scene.done_again(true);
}

/// The names of the files in a folder, without the note of a killed program.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "ledger.lock")
        .collect();
    names.sort();
    names
}

#[test]
fn a_seal_on_a_full_disk_leaves_nothing() {
    let folder = Folder::new();
    folder.write("study.toml", plan_with(BLOCKS));
    let seal = ["seal", "--confirm", "study-1"];
    for limit in [0, 1, 64, 65, 66, 300, 500] {
        let mut command = command(folder.path(), Some(NOW), &seal);
        limited(&mut command, limit, AtLimit::Refused);
        let ended = ended(command);
        assert_eq!((ended.code, &*ended.out), (Some(2), ""), "{ended:?}");
        assert_eq!(files(folder.path()), ["study.toml"], "at byte {limit}");
    }
    klero(folder.path(), &seal).ok();
}

#[test]
fn a_killed_seal_is_done_again_with_its_seed_as_the_messages_say() {
    let folder = Folder::new();
    folder.write("study.toml", plan_with(BLOCKS));
    folder.write("my.key", seed().reveal());
    let seal = ["seal", "--seed", "my.key", "--confirm", "study-1"];
    klero(folder.path(), &seal).ok();
    let whole = folder.read(LEDGER);
    for limit in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::remove_file(folder.join(LEDGER)).unwrap();
        let mut command = command(folder.path(), Some(NOW), &seal);
        limited(&mut command, limit, AtLimit::Killed);
        assert_eq!(ended(command).signal, Some(libc::SIGXFSZ));
        assert_eq!(folder.read(LEDGER), whole[..limit]);
        let draw = [&ONE[..], &["--seed", "my.key"]].concat();
        klero(folder.path(), &draw).fails_with(2, &["`klero repair`"]);
        let said = klero(folder.path(), &["repair"]).ok();
        assert!(said.err.contains("`klero seal`"), "{}", said.err);
        klero(folder.path(), &seal).ok();
        assert_eq!(folder.read(LEDGER), whole);
        for name in files(folder.path()) {
            if name.starts_with("ledger.torn") {
                fs::remove_file(folder.join(&name)).unwrap();
            }
        }
    }
    // The seed it made itself is used again.
    fs::remove_file(folder.join(LEDGER)).unwrap();
    let own = ["seal", "--confirm", "study-1"];
    let mut command = command(folder.path(), Some(NOW), &own);
    limited(&mut command, 100, AtLimit::Killed);
    assert_eq!(ended(command).signal, Some(libc::SIGXFSZ));
    klero(folder.path(), &["repair"]).ok();
    klero(folder.path(), &own).fails_with(2, &["`klero seal --seed ./seed.key`"]);
    let again = ["seal", "--confirm", "study-1", "--seed", "./seed.key"];
    klero(folder.path(), &again).ok();
}

#[test]
fn eight_desks_at_once_draw_a_thousand_into_one_chain() {
    const DESKS: usize = 8;
    const EACH: usize = 125;
    let folder = Folder::new();
    folder.write("study.toml", plan_with(BLOCKS));
    klero(folder.path(), &["seal", "--confirm", "study-1"]).ok();
    std::thread::scope(|scope| {
        for desk in 0..DESKS {
            let path = folder.path();
            scope.spawn(move || {
                for n in 0..EACH {
                    let id = format!("d{desk}-{n}");
                    let place = ["place=Tønder", "place=Brøndby"][n % 2];
                    let one = ["draw", "--referral", &id, "--set", place, "--set", "age=40"];
                    // By the machine's clock, which goes on while a desk waits for another.
                    let said = klero_at(path, None, &one).ok();
                    assert!(said.out.contains(&id) && !said.err.contains("drawn before"));
                }
            });
        }
    });
    let bytes = fs::read(folder.join(LEDGER)).unwrap();
    let ledger = Ledger::parse(Path::new(LEDGER), bytes).unwrap();
    assert_eq!(ledger.entries.len(), 1 + DESKS * EACH);
    let drawn: HashSet<&str> = ledger.draws().map(|(_, d)| d.referral.as_str()).collect();
    assert_eq!(drawn.len(), DESKS * EACH);
    let audit = klero(folder.path(), &["audit", "--json"]).ok().json();
    assert_eq!(audit["findings"].as_array().unwrap().len(), 0);
    assert_eq!(audit["rederived"], 1_000);
    assert!(!folder.join("ledger.lock").exists());
}

/// Somebody holds the ledger and does not let go.
#[test]
fn whoever_waits_for_the_ledger_gives_up_after_ten_seconds() {
    let scene = Scene::one();
    scene.reset();
    let held = fs::File::open(scene.folder.join(LEDGER)).unwrap();
    held.lock().unwrap();
    let mut commands = [
        scene.command(),
        command(scene.path(), Some(NOW), &["status"]),
        command(scene.path(), Some(NOW), &["audit", "--seed", "my.key"]),
    ];
    let begun = Instant::now();
    let mut waiting: Vec<_> = commands
        .iter_mut()
        .map(|c| {
            c.stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    while begun.elapsed() < Duration::from_secs(20)
        && waiting
            .iter_mut()
            .any(|child| child.try_wait().unwrap().is_none())
    {
        std::thread::sleep(Duration::from_millis(50));
    }
    let waited = begun.elapsed();
    held.unlock().unwrap();
    for child in waiting {
        let output = child.wait_with_output().unwrap();
        let err = unfolded(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(output.stdout.is_empty());
        assert!(err.contains("error: the ledger is in use"), "{err}");
    }
    assert!(waited >= Duration::from_secs(9), "{waited:?}");
    assert_eq!(scene.ledger(), scene.before);
}

/// Takes from root what lets it pass over permissions; from others there is nothing to take.
#[cfg(target_os = "linux")]
fn bound_by_permissions(command: &mut Command) {
    const NONE: libc::c_ulong = 0;
    const CAP_DAC_OVERRIDE: libc::c_ulong = 1;
    const CAP_DAC_READ_SEARCH: libc::c_ulong = 2;
    // SAFETY: between fork and exec only system calls are made.
    unsafe {
        command.pre_exec(|| {
            for capability in [CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH] {
                libc::prctl(libc::PR_CAPBSET_DROP, capability, NONE, NONE, NONE);
            }
            Ok(())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn bound_by_permissions(_: &mut Command) {}

fn run_bound(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = command(folder, Some(NOW), arguments);
    bound_by_permissions(&mut command);
    ended(command)
}

/// Whether permissions bind the user of these tests.
fn permissions_bind(folder: &Folder) -> bool {
    let closed = folder.write("closed", "");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let audit = run_bound(folder.path(), &["audit", "closed"]);
    fs::remove_file(closed).unwrap();
    audit.err.contains("Permission denied")
}

#[test]
fn a_ledger_that_may_not_be_written_is_told_and_left_alone() {
    let scene = Scene::one();
    scene.reset();
    if !permissions_bind(&scene.folder) {
        eprintln!("skipped, as permissions do not bind");
        return;
    }
    let path = scene.folder.join(LEDGER);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let said = run_bound(scene.path(), &scene.arguments);
    assert_eq!((said.code, &*said.out), (Some(2), ""), "{said:?}");
    assert!(
        said.err.contains("error: cannot write to `./ledger.jsonl`"),
        "{}",
        said.err
    );
    assert!(
        said.err
            .contains("hint: look at the disk's space and the folder's permissions")
    );
    assert_eq!(scene.ledger(), scene.before);
    // Whoever may read can audit.
    let audit = run_bound(scene.path(), &["audit", "--seed", "my.key"]);
    assert_eq!(audit.code, Some(0), "{audit:?}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let said = run_bound(scene.path(), &scene.arguments);
    assert_eq!((said.code, &*said.out), (Some(2), ""), "{said:?}");
    assert!(
        said.err.contains("error: cannot read `./ledger.jsonl`"),
        "{}",
        said.err
    );
}

#[test]
fn a_folder_that_may_not_be_written_takes_draws_but_no_seal_and_no_repair() {
    let scene = Scene::one();
    if !permissions_bind(&scene.folder) {
        eprintln!("skipped, as permissions do not bind");
        return;
    }
    let mode = |mode| fs::set_permissions(scene.path(), fs::Permissions::from_mode(mode)).unwrap();
    scene.reset();
    let _ = fs::remove_file(scene.folder.join("ledger.lock"));
    mode(0o555);
    let drawn = run_bound(scene.path(), &scene.arguments);
    // Not even a note of who holds the ledger can be written, but the ledger can.
    assert_eq!((drawn.code, &drawn.out), (Some(0), &scene.out), "{drawn:?}");
    assert_eq!(scene.ledger(), scene.after);
    mode(0o755);
    scene.killed_at(scene.after.len() - 1);
    let torn = scene.ledger();
    mode(0o555);
    let repair = run_bound(scene.path(), &["repair"]);
    mode(0o755);
    assert_eq!(repair.code, Some(2), "{repair:?}");
    assert!(
        repair.err.contains("cannot create `./ledger.torn-"),
        "{repair:?}"
    );
    assert_eq!(scene.ledger(), torn);
    fs::remove_file(scene.folder.join(LEDGER)).unwrap();
    mode(0o555);
    let seal = run_bound(scene.path(), &["seal", "--confirm", "study-1"]);
    mode(0o755);
    assert_eq!(seal.code, Some(2), "{seal:?}");
    assert!(seal.err.contains("cannot write `./seed.key`"), "{seal:?}");
    assert!(!scene.folder.join("seed.key").exists() && !scene.folder.join(LEDGER).exists());
}

#[test]
fn a_ledger_that_is_no_file_is_told() {
    let scene = Scene::one();
    fs::remove_file(scene.folder.join(LEDGER)).unwrap();
    fs::create_dir(scene.folder.join(LEDGER)).unwrap();
    for arguments in [&scene.arguments[..], &["repair"], &["status"]] {
        let said = klero(scene.path(), arguments).fails_with(2, &["`./ledger.jsonl`"]);
        assert_eq!(said.out, "");
    }
    let seal = ["seal", "--seed", "my.key", "--confirm", "study-1"];
    klero(scene.path(), &seal).fails_with(2, &["is there already"]);
}

#[test]
fn a_lock_note_that_cannot_be_written_hinders_no_draw() {
    let scene = Scene::one();
    scene.reset();
    fs::create_dir(scene.folder.join("ledger.lock")).unwrap();
    let said = klero(scene.path(), &scene.arguments).ok();
    assert_eq!(
        (said.out, scene.ledger()),
        (scene.out.clone(), scene.after.clone())
    );
}

#[test]
fn a_clock_set_back_is_told_and_the_ledger_left_alone() {
    let scene = Scene::one();
    scene.reset();
    let newcomer = "id,place,age\nr9,Tønder,30\n";
    scene.folder.write("list.csv", newcomer);
    let earlier = Some("2017-05-01T07:59:59Z");
    for arguments in [
        &scene.arguments[..],
        &["draw", "--list", "list.csv", "--seed", "my.key"],
        &[
            "record",
            "withdraw",
            "--referral",
            "r1",
            "--reason",
            "moved",
        ],
        &["unseal", "--seed", "my.key", "--confirm", "study-1"],
    ] {
        let said = klero_at(scene.path(), earlier, arguments).fails_with(
            2,
            &[
                "the clock says 2017-05-01T07:59:59Z, the last entry 2017-05-01T08:00:00Z",
                "hint: set the clock right",
            ],
        );
        assert_eq!(said.out, "");
        assert_eq!(scene.ledger(), scene.before);
    }
}

/// A filter that answers named system calls of the program in the kernel's place.
#[cfg(target_os = "linux")]
mod refused {
    use super::*;

    /// What becomes of a system call.
    #[derive(Clone, Copy)]
    enum Becomes {
        Death,
        Error(i32),
    }

    /// Lets the program die, or get an error, at a call of one of two kinds. Returns `None` where
    /// filters are not to be had.
    fn run(command: &mut Command, calls: [libc::c_long; 2], becomes: Becomes) -> Option<Ended> {
        let code = |bits: u32| bits as u16;
        let op = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
        let load = code(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS);
        let equal = code(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K);
        let answer = code(libc::BPF_RET | libc::BPF_K);
        let action = match becomes {
            Becomes::Death => libc::SECCOMP_RET_KILL_PROCESS,
            Becomes::Error(number) => libc::SECCOMP_RET_ERRNO | number as u32,
        };
        let mut filter = [
            // The number of the call is the first field of what a filter sees.
            op(load, 0, 0, 0),
            op(equal, 1, 0, calls[0] as u32),
            op(equal, 0, 1, calls[1] as u32),
            op(answer, 0, 0, action),
            op(answer, 0, 0, libc::SECCOMP_RET_ALLOW),
        ];
        limited(command, 1 << 30, AtLimit::Killed);
        // SAFETY: between fork and exec only system calls are made, and the filter is owned.
        unsafe {
            command.pre_exec(move || {
                let program = libc::sock_fprog {
                    len: filter.len() as u16,
                    filter: filter.as_mut_ptr(),
                };
                let (no, yes): (libc::c_ulong, libc::c_ulong) = (0, 1);
                let mode = libc::c_ulong::from(libc::SECCOMP_MODE_FILTER);
                let done = libc::prctl(libc::PR_SET_NO_NEW_PRIVS, yes, no, no, no) == 0
                    && libc::prctl(libc::PR_SET_SECCOMP, mode, &program) == 0;
                if done {
                    Ok(())
                } else {
                    Err(io::Error::last_os_error())
                }
            });
        }
        match started(command) {
            Ok(ended) => Some(ended),
            Err(error) => {
                eprintln!("skipped, as no filter is to be had: {error}");
                None
            }
        }
    }

    #[test]
    fn a_draw_killed_between_write_and_flush_shows_no_arm_and_is_there_when_asked_again() {
        let scene = Scene::one();
        scene.reset();
        let flushes = [libc::SYS_fdatasync, libc::SYS_fsync];
        let Some(ended) = run(&mut scene.command(), flushes, Becomes::Death) else {
            return;
        };
        assert_eq!(ended.signal, Some(libc::SIGSYS), "{ended:?}");
        assert_eq!(ended.out, "");
        assert_eq!(scene.ledger(), scene.after);
        let again = klero(scene.path(), &scene.arguments).ok();
        assert!(again.err.contains("drawn before"), "{}", again.err);
        assert_eq!(
            (again.out, scene.ledger()),
            (scene.out.clone(), scene.after.clone())
        );
    }

    #[test]
    fn a_flush_that_fails_shows_no_arm_and_takes_the_line_back() {
        let scene = Scene::one();
        scene.reset();
        let flushes = [libc::SYS_fdatasync, libc::SYS_fsync];
        let Some(ended) = run(&mut scene.command(), flushes, Becomes::Error(libc::EIO)) else {
            return;
        };
        assert_eq!((ended.code, &*ended.out), (Some(2), ""), "{ended:?}");
        assert!(
            ended.err.contains("the ledger is as it was"),
            "{}",
            ended.err
        );
        assert_eq!(scene.ledger(), scene.before);
        scene.done_again(false);
    }

    /// Then the tail stays, and nobody is told that the ledger is as it was.
    #[test]
    fn a_line_that_cannot_be_taken_back_is_told() {
        let scene = Scene::one();
        scene.reset();
        let calls = [libc::SYS_fdatasync, libc::SYS_ftruncate];
        let Some(ended) = run(&mut scene.command(), calls, Becomes::Error(libc::EIO)) else {
            return;
        };
        assert_eq!((ended.code, &*ended.out), (Some(2), ""), "{ended:?}");
        assert!(!ended.err.contains("as it was"), "{}", ended.err);
        assert!(
            ended.err.contains("nor take back what was written"),
            "{}",
            ended.err
        );
        let again = klero(scene.path(), &scene.arguments).ok();
        assert!(again.err.contains("drawn before"), "{}", again.err);
        assert_eq!(
            (again.out, scene.ledger()),
            (scene.out.clone(), scene.after.clone())
        );
    }
}

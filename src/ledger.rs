//! The record of a trial's allocation: an append-only chain of entries, one JSON object a line.
//!
//! Promises: `klero-ledger-1` as `docs/specification.md` writes it. An entry has one text form,
//! and `write(read(line)) == line` or the line is refused. A ledger that was read is a whole
//! chain; a tail cut short is recognised and named. What is appended is on the disk before
//! anybody sees it.
//! Hides: JSON, locks and flushes.

mod afterwards;
mod alike;
mod coming;
mod entry;
mod intake;
mod pseudonym;
mod referral;
mod scan;
mod writer;

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::draw::Seed;
use crate::period::Moment;
use crate::protocol::{Protocol, ProtocolError};

pub use crate::cpr::{CprFault, cpr_fault, has_cpr_shape, holds_cpr_shape};
pub use afterwards::{RecordError, Remark};
pub use alike::{AlikeIds, Known, alike_among};
pub use coming::{Coding, ComingSlot, TableForm, coming_table, strata};
pub use entry::{
    Amend, Batch, Clock, Correct, Draw, Entry, Event, FormError, LevelValue, Member, Note, Seal,
    TableMade,
};
pub use intake::{Answer, DrawError, Drawn, Foreseen, Refused, recorded_facts};
pub use pseudonym::PseudonymKey;
pub use referral::{FaultKind, Referral, ReferralError, ReferralFault, referrals};
use writer::take_lock;
pub use writer::{Appended, PATIENCE, Stamp, Writer, repair};

/// The name of the form, written into every seal.
pub const LEDGER_FORMAT: &str = "klero-ledger-1";

/// A ledger read whole: every line in form, joined to the line before.
#[derive(Debug)]
pub struct Ledger {
    pub path: PathBuf,
    pub entries: Vec<Entry>,
    /// The SHA-256 of the last line.
    pub head: Digest,
    /// The plan as it was sealed, then each amendment, with the entry it came into force.
    plans: Vec<(u64, Protocol)>,
    /// Entry of each draw, by the id of the referral or cluster.
    draws: HashMap<String, usize>,
    /// Entry of each member of a cluster, by id.
    members: HashMap<String, usize>,
    /// What was read from the file and appended to it since.
    bytes: Vec<u8>,
}

/// Why a ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("no ledger at `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
    #[error("cannot write `{}`, nor take back what was written: {source}", path.display())]
    LeftOver { path: PathBuf, source: io::Error },
    #[error("the ledger has no entry\n  in {}", path.display())]
    Empty { path: PathBuf },
    #[error("{fault}\n  in {}, line {line}", path.display())]
    Broken {
        path: PathBuf,
        line: u64,
        fault: LinkFault,
    },
    #[error("{resaved}\n  in {}", path.display())]
    Resaved { path: PathBuf, resaved: Resaved },
    #[error("{torn}\n  in {}, line {}", path.display(), torn.line())]
    Torn { path: PathBuf, torn: Torn },
    #[error("the plan in the ledger cannot be read: {source}\n  in {}, line {line}", path.display())]
    Protocol {
        path: PathBuf,
        line: u64,
        source: ProtocolError,
    },
    #[error("`{}` is there already", path.display())]
    Exists { path: PathBuf },
    #[error("the ledger is in use: {holder}\n  waited {waited} seconds for {}", path.display())]
    Held {
        path: PathBuf,
        holder: String,
        waited: u64,
    },
    #[error("the clock says {now}, the last entry {last}\n  in {}", path.display())]
    ClockSetBack {
        path: PathBuf,
        now: Moment,
        last: Moment,
    },
}

/// Why a line does not follow the one before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    #[error("{0}")]
    Form(FormError),
    #[error("entry {found} where entry {expected} follows")]
    Number { found: u64, expected: u64 },
    #[error("`prev` is not the digest of the line before: the chain is broken")]
    Chain,
    #[error("the time {found} is earlier than the entry before, {before}")]
    Time { found: Moment, before: Moment },
    #[error("the first entry is no seal")]
    NoSeal,
}

/// What a program did to a ledger's file that opened it and saved it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resaved {
    /// Whether the file begins with a byte order mark.
    pub mark: bool,
    /// Lines that end in CR LF.
    pub returns: u64,
}

impl Resaved {
    const MARK: &[u8] = b"\xEF\xBB\xBF";

    /// Returns what was done to the bytes of a ledger; `None` where nothing was.
    pub fn of(bytes: &[u8]) -> Option<Resaved> {
        let resaved = Resaved {
            mark: bytes.starts_with(Resaved::MARK),
            returns: memchr::memmem::find_iter(bytes, b"\r\n").count() as u64,
        };
        (resaved.mark || resaved.returns > 0).then_some(resaved)
    }

    /// Returns the bytes as they were before: no line of a ledger holds a CR of its own.
    pub fn undone(bytes: &[u8]) -> Vec<u8> {
        let bytes = bytes.strip_prefix(Resaved::MARK).unwrap_or(bytes);
        let mut undone = Vec::with_capacity(bytes.len());
        let mut from = 0;
        for at in memchr::memmem::find_iter(bytes, b"\r\n") {
            undone.extend_from_slice(&bytes[from..at]);
            from = at + 1;
        }
        undone.extend_from_slice(&bytes[from..]);
        undone
    }

    /// Returns what undoes it.
    pub fn remedy(self) -> &'static str {
        match (self.mark, self.returns) {
            (true, 0) => "a copy from before that, or `tail -c +4`,",
            (true, _) => "a copy from before that, or `tail -c +4 | tr -d '\\r'`,",
            (false, _) => "a copy from before that, or `tr -d '\\r'`,",
        }
    }
}

impl fmt::Display for Resaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another program saved the file anew: ")?;
        if self.mark {
            f.write_str("it begins with a byte order mark")?;
        }
        match (self.mark, self.returns) {
            (_, 0) => return Ok(()),
            (true, _) => f.write_str(", and ")?,
            (false, _) => {}
        }
        match self.returns {
            1 => f.write_str("1 line ends in CR LF"),
            returns => write!(f, "{returns} lines end in CR LF"),
        }
    }
}

/// How a write was cut short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Torn {
    #[error("the last line has no end: a write was cut short")]
    Line { line: u64, from: u64 },
    #[error("batch {batch} has {found} of its {size} draws: a write was cut short")]
    Batch {
        line: u64,
        from: u64,
        batch: u64,
        found: u64,
        size: u64,
    },
}

impl Torn {
    /// Returns the first line that belongs to the write that was cut short.
    pub fn line(&self) -> u64 {
        match self {
            Torn::Line { line, .. } | Torn::Batch { line, .. } => *line,
        }
    }

    /// Returns the byte at which that line begins.
    pub fn from(&self) -> u64 {
        match self {
            Torn::Line { from, .. } | Torn::Batch { from, .. } => *from,
        }
    }
}

/// The place where the next line must join.
#[derive(Clone, Debug)]
pub struct Link {
    pub number: u64,
    pub head: Digest,
    pub time: Option<Moment>,
}

impl Link {
    /// The place where the first line joins.
    pub fn first() -> Link {
        Link {
            number: 0,
            head: Digest::ZERO,
            time: None,
        }
    }

    /// Returns what keeps an entry from joining here.
    pub fn faults(&self, entry: &Entry) -> Vec<LinkFault> {
        let mut faults = Vec::new();
        if entry.number != self.number {
            faults.push(LinkFault::Number {
                found: entry.number,
                expected: self.number,
            });
        }
        if entry.prev != self.head {
            faults.push(LinkFault::Chain);
        }
        if let Some(before) = self.time
            && entry.time < before
        {
            faults.push(LinkFault::Time {
                found: entry.time,
                before,
            });
        }
        faults
    }

    /// Moves on past a line, given its bytes and, if it could be read, its time.
    pub fn advance(&mut self, line: &[u8], time: Option<Moment>) {
        self.number += 1;
        self.head = Digest::of(line);
        self.time = time.or(self.time);
    }
}

/// Returns the lines of a ledger that end as they should, each with the byte it begins at, and
/// the byte at which a tail without an end begins.
pub fn lines(bytes: &[u8]) -> (Vec<(u64, &[u8])>, Option<u64>) {
    let mut lines = Vec::new();
    let mut from = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        lines.push((from as u64, &bytes[from..end]));
        from = end + 1;
    }
    (lines, (from < bytes.len()).then_some(from as u64))
}

impl Ledger {
    /// Reads a ledger that is whole.
    pub fn read(path: &Path) -> Result<Ledger, LedgerError> {
        Ledger::parse(path, bytes(path)?)
    }

    /// Reads a ledger from the bytes of its file.
    pub fn parse(path: &Path, bytes: Vec<u8>) -> Result<Ledger, LedgerError> {
        let broken = |line: u64, fault| LedgerError::Broken {
            path: path.to_owned(),
            line,
            fault,
        };
        let torn = |torn| LedgerError::Torn {
            path: path.to_owned(),
            torn,
        };
        let (lines, tail) = lines(&bytes);
        let mut link = Link::first();
        let mut entries: Vec<Entry> = Vec::with_capacity(lines.len());
        let mut unfinished: Option<(Torn, u64)> = None;
        for &(from, line) in &lines {
            let number = link.number + 1;
            let entry = Entry::read(line).map_err(|fault| match Resaved::of(&bytes) {
                Some(resaved) => LedgerError::Resaved {
                    path: path.to_owned(),
                    resaved,
                },
                None => broken(number, LinkFault::Form(fault)),
            })?;
            if let Some(fault) = link.faults(&entry).into_iter().next() {
                return Err(broken(number, fault));
            }
            match (&entry.event, &mut unfinished) {
                (Event::Batch(batch), None) if batch.size > 0 => {
                    let torn = Torn::Batch {
                        line: number,
                        from,
                        batch: batch.batch,
                        found: 0,
                        size: batch.size,
                    };
                    unfinished = Some((torn, batch.size));
                }
                (Event::Draw(_), Some((Torn::Batch { found, .. }, left))) => {
                    *found += 1;
                    *left -= 1;
                    if *left == 0 {
                        unfinished = None;
                    }
                }
                _ => {}
            }
            link.advance(line, Some(entry.time));
            entries.push(entry);
        }
        if let Some((batch, _)) = unfinished {
            return Err(torn(batch));
        }
        if let Some(from) = tail {
            let line = link.number + 1;
            return Err(torn(Torn::Line { line, from }));
        }
        let Some(first) = entries.first() else {
            return Err(LedgerError::Empty {
                path: path.to_owned(),
            });
        };
        let Event::Seal(seal) = &first.event else {
            return Err(broken(1, LinkFault::NoSeal));
        };
        let sealed = plan(path, 0, &seal.protocol)?;
        let mut ledger = Ledger {
            path: path.to_owned(),
            entries: Vec::new(),
            head: link.head,
            plans: vec![(0, sealed)],
            draws: HashMap::with_capacity(entries.len()),
            members: HashMap::new(),
            bytes: Vec::new(),
        };
        for entry in &entries {
            if let Event::Amend(amend) = &entry.event {
                let amended = plan(path, entry.number, &amend.protocol)?;
                ledger.plans.push((entry.number, amended));
            }
        }
        ledger.take_in(entries, link.head);
        ledger.bytes = bytes;
        Ok(ledger)
    }

    fn take_in(&mut self, entries: Vec<Entry>, head: Digest) {
        for (index, entry) in (self.entries.len()..).zip(&entries) {
            match &entry.event {
                Event::Draw(draw) => {
                    self.draws.insert(draw.referral.clone(), index);
                }
                Event::Member(member) => {
                    self.members.insert(member.referral.clone(), index);
                }
                _ => {}
            }
        }
        if self.entries.is_empty() {
            self.entries = entries;
        } else {
            self.entries.extend(entries);
        }
        self.head = head;
    }

    /// Returns the seal, which every ledger begins with.
    pub fn seal(&self) -> &Seal {
        match &self.entries[0].event {
            Event::Seal(seal) => seal,
            _ => unreachable!("a ledger that was read begins with its seal"),
        }
    }

    /// Returns the value of the beacon: empty where the seal names no rule, and `None` while the
    /// rule still waits for its value.
    pub fn beacon(&self) -> Option<&str> {
        if self.seal().beacon_rule.is_empty() {
            return Some("");
        }
        self.entries.iter().find_map(|entry| match &entry.event {
            Event::Beacon { value } => Some(value.as_str()),
            _ => None,
        })
    }

    /// Returns the seed, once it was revealed.
    pub fn unsealed(&self) -> Option<&Seed> {
        self.entries.iter().find_map(|entry| match &entry.event {
            Event::Unseal { seed } => Some(seed),
            _ => None,
        })
    }

    /// Returns the entry that gave a person an arm: the draw, or in a trial of clusters the
    /// membership.
    pub fn entry_of(&self, referral: &str) -> Option<&Entry> {
        let entries = match self.sealed().cluster() {
            None => &self.draws,
            Some(_) => &self.members,
        };
        entries.get(referral).map(|&index| &self.entries[index])
    }

    /// Returns the entry that drew a cluster, in a trial of clusters.
    pub fn entry_of_cluster(&self, cluster: &str) -> Option<&Entry> {
        self.sealed().cluster()?;
        self.draws.get(cluster).map(|&index| &self.entries[index])
    }

    /// Returns the draws, in order.
    pub fn draws(&self) -> impl Iterator<Item = (&Entry, &Draw)> {
        self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Draw(draw) => Some((entry, draw)),
            _ => None,
        })
    }

    /// Returns the plan as it was sealed.
    pub fn sealed(&self) -> &Protocol {
        &self.plans[0].1
    }

    /// Returns the plan in force: the last amendment, or the seal.
    pub fn plan(&self) -> &Protocol {
        &self.plans.last().expect("a ledger has a sealed plan").1
    }

    /// Returns the plan that was in force at an entry.
    pub fn plan_at(&self, entry: u64) -> &Protocol {
        let (_, plan) = self
            .plans
            .iter()
            .rev()
            .find(|(from, _)| *from <= entry)
            .expect("the sealed plan is in force from entry 0");
        plan
    }

    /// Returns the time of the last entry.
    pub fn last_time(&self) -> Moment {
        self.entries.last().expect("a ledger has a seal").time
    }
}

fn plan(path: &Path, entry: u64, text: &str) -> Result<Protocol, LedgerError> {
    Protocol::read(text).map_err(|source| LedgerError::Protocol {
        path: path.to_owned(),
        line: entry + 1,
        source,
    })
}

fn open(path: &Path) -> Result<File, LedgerError> {
    File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => LedgerError::Missing {
            path: path.to_owned(),
        },
        _ => LedgerError::Io {
            path: path.to_owned(),
            action: "read",
            source,
        },
    })
}

fn read_bytes(path: &Path, file: &mut File) -> Result<Vec<u8>, LedgerError> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|source| LedgerError::Io {
            path: path.to_owned(),
            action: "read",
            source,
        })?;
    Ok(bytes)
}

/// Reads the bytes of a ledger's file under a shared lock, whatever they hold.
pub fn bytes(path: &Path) -> Result<Vec<u8>, LedgerError> {
    let mut file = open(path)?;
    // A writer holds the lock for the length of one append; a folder without locks is read as it
    // is, and a write under way then shows as a torn tail.
    match take_lock(path, PATIENCE, || file.try_lock_shared()) {
        Err(held @ LedgerError::Held { .. }) => Err(held),
        _ => read_bytes(path, &mut file),
    }
}

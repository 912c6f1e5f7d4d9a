//! Appending under a lock: one writer, one append, one flush, and only then the answer.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Clock, Entry, Event, Ledger, LedgerError, Torn, read_bytes};
use crate::digest::Digest;
use crate::period::Moment;

/// Who acts and when: clock and login come from outside.
#[derive(Clone, Debug)]
pub struct Stamp {
    pub time: Moment,
    pub by: String,
    pub clock: Clock,
}

/// What an append changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Numbers of the new entries.
    pub entries: Range<u64>,
    pub head: Digest,
}

/// A ledger open for writing, locked against other writers until dropped.
#[derive(Debug)]
pub struct Writer {
    pub ledger: Ledger,
    file: File,
    note: PathBuf,
}

/// How long a writer waits for another one.
pub const PATIENCE: Duration = Duration::from_secs(10);

impl Writer {
    /// Opens a whole ledger under its lock, waiting at most `patience` for another writer.
    pub fn open(path: &Path, by: &str, patience: Duration) -> Result<Writer, LedgerError> {
        Writer::lock(path, by, patience, |file| {
            Ledger::parse(path, read_bytes(path, file)?)
        })
    }

    /// Opens a ledger that was read before, under its lock. It is parsed again only where the file
    /// has changed in between.
    pub fn resume(ledger: Ledger, by: &str, patience: Duration) -> Result<Writer, LedgerError> {
        let path = ledger.path.clone();
        Writer::lock(&path, by, patience, |file| {
            let failed = |source| LedgerError::Io {
                path: path.clone(),
                action: "read",
                source,
            };
            if holds(file, &ledger.bytes).map_err(failed)? {
                return Ok(ledger);
            }
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            Ledger::parse(&path, read_bytes(&path, file)?)
        })
    }

    fn lock(
        path: &Path,
        by: &str,
        patience: Duration,
        read: impl FnOnce(&mut File) -> Result<Ledger, LedgerError>,
    ) -> Result<Writer, LedgerError> {
        let (mut file, note) = locked(path, by, patience)?;
        match read(&mut file) {
            Ok(ledger) => Ok(Writer { ledger, file, note }),
            Err(error) => {
                let _ = fs::remove_file(note);
                Err(error)
            }
        }
    }

    /// Opens a new ledger with its first entry; an existing one is left alone.
    pub fn create(path: &Path, seal: super::Seal, stamp: &Stamp) -> Result<Appended, LedgerError> {
        let entry = Entry {
            number: 0,
            prev: Digest::ZERO,
            time: stamp.time,
            by: stamp.by.clone(),
            event: Event::Seal(seal),
            clock: stamp.clock,
        };
        let line = entry.write();
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => LedgerError::Exists {
                path: path.to_owned(),
            },
            _ => LedgerError::Io {
                path: path.to_owned(),
                action: "create",
                source,
            },
        };
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)
            .map_err(failed)?;
        let written = file
            .write_all(format!("{line}\n").as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| flush_folder(path));
        if let Err(source) = written {
            let _ = fs::remove_file(path);
            return Err(failed(source));
        }
        Ok(Appended {
            entries: 0..1,
            head: Digest::of(line.as_bytes()),
        })
    }

    /// Appends events as entries, in one write that is flushed to the disk before it returns.
    ///
    /// When the write fails, what it left of itself is taken away again.
    pub fn append(&mut self, events: Vec<Event>, stamp: &Stamp) -> Result<Appended, LedgerError> {
        let ledger = &self.ledger;
        if stamp.time < ledger.last_time() {
            return Err(LedgerError::ClockSetBack {
                path: ledger.path.clone(),
                now: stamp.time,
                last: ledger.last_time(),
            });
        }
        let first = ledger.entries.len() as u64;
        let mut head = ledger.head;
        let mut text = String::new();
        let mut entries = Vec::with_capacity(events.len());
        for (number, event) in (first..).zip(events) {
            let entry = Entry {
                number,
                prev: head,
                time: stamp.time,
                by: stamp.by.clone(),
                event,
                clock: stamp.clock,
            };
            let line = entry.write();
            head = Digest::of(line.as_bytes());
            text.push_str(&line);
            text.push('\n');
            entries.push(entry);
        }
        let written = self
            .file
            .seek(SeekFrom::End(0))
            .and_then(|_| self.file.write_all(text.as_bytes()))
            .and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            let path = ledger.path.clone();
            // If this fails too, the next reader finds a torn tail, or a line whose arm nobody saw.
            return Err(match self.file.set_len(ledger.bytes.len() as u64) {
                Ok(()) => LedgerError::Io {
                    path,
                    action: "write",
                    source,
                },
                Err(_) => LedgerError::LeftOver { path, source },
            });
        }
        let end = first + entries.len() as u64;
        self.ledger.take_in(entries, head);
        self.ledger.bytes.extend_from_slice(text.as_bytes());
        Ok(Appended {
            entries: first..end,
            head,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.note);
    }
}

/// Moves a tail that was cut short into `ledger.torn-<time>` beside the ledger, and returns what
/// was torn and where it went; `None` for a ledger that is whole.
///
/// Where not even the seal is whole, no ledger is left.
pub fn repair(path: &Path, stamp: &Stamp) -> Result<Option<(Torn, PathBuf)>, LedgerError> {
    let io_error = |action, path: &Path| {
        let path = path.to_owned();
        move |source| LedgerError::Io {
            path,
            action,
            source,
        }
    };
    let (mut file, note) = locked(path, &stamp.by, PATIENCE)?;
    let outcome = (|| {
        let bytes = read_bytes(path, &mut file)?;
        let torn = match Ledger::parse(path, bytes.clone()) {
            Ok(_) => return Ok(None),
            Err(LedgerError::Torn { torn, .. }) => torn,
            Err(LedgerError::Empty { .. }) => Torn::Line { line: 1, from: 0 },
            Err(other) => return Err(other),
        };
        let name = format!("ledger.torn-{}", stamp.time.to_string().replace(':', ""));
        let aside = path.with_file_name(name);
        let tail = &bytes[torn.from() as usize..];
        let mut kept = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&aside)
            .map_err(io_error("create", &aside))?;
        let written = kept
            .write_all(tail)
            .and_then(|()| kept.sync_all())
            .and_then(|()| flush_folder(&aside));
        if let Err(source) = written {
            let _ = fs::remove_file(&aside);
            return Err(io_error("write", &aside)(source));
        }
        // Only now, with the tail safe elsewhere, is it cut off here.
        match torn.from() {
            0 => fs::remove_file(path).and_then(|()| flush_folder(path)),
            from => file.set_len(from).and_then(|()| file.sync_all()),
        }
        .map_err(io_error("write", path))?;
        Ok(Some((torn, aside)))
    })();
    let _ = fs::remove_file(note);
    outcome
}

fn locked(path: &Path, by: &str, patience: Duration) -> Result<(File, PathBuf), LedgerError> {
    let failed = |action| {
        move |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => LedgerError::Missing {
                path: path.to_owned(),
            },
            _ => LedgerError::Io {
                path: path.to_owned(),
                action,
                source,
            },
        }
    };
    // Windows lets only a file be cut that was not opened for appending; there `append` writes at
    // the end because it goes there first.
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .append(cfg!(unix))
        .open(path)
        .map_err(failed("write to"))?;
    take_lock(path, patience, || file.try_lock())?;
    let note = note_beside(path);
    // For whoever waits: the lock itself does not say who holds it.
    let _ = fs::write(&note, format!("by {by}, process {}\n", std::process::id()));
    file.seek(SeekFrom::Start(0)).map_err(failed("read"))?;
    Ok((file, note))
}

/// Takes a lock on a ledger, waiting at most `patience` for whoever holds it.
pub(super) fn take_lock(
    path: &Path,
    patience: Duration,
    lock: impl Fn() -> Result<(), TryLockError>,
) -> Result<(), LedgerError> {
    let started = Instant::now();
    loop {
        match lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if started.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(note_beside(path));
                return Err(LedgerError::Held {
                    path: path.to_owned(),
                    holder: match holder {
                        Ok(holder) if !holder.trim().is_empty() => holder.trim().to_owned(),
                        _ => "by a program that left no note".to_owned(),
                    },
                    waited: started.elapsed().as_secs(),
                });
            }
            Err(TryLockError::Error(source)) => {
                return Err(LedgerError::Io {
                    path: path.to_owned(),
                    action: "lock",
                    source,
                });
            }
        }
    }
}

/// Returns the file that says who holds a ledger.
fn note_beside(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// Returns whether a file holds these bytes and no others.
fn holds(file: &mut File, bytes: &[u8]) -> io::Result<bool> {
    const PIECE: usize = 1 << 16;
    let mut piece = Vec::with_capacity(PIECE);
    let mut left = bytes;
    loop {
        piece.clear();
        file.take(PIECE as u64).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Ok(left.is_empty());
        }
        match left.strip_prefix(piece.as_slice()) {
            Some(rest) => left = rest,
            None => return Ok(false),
        }
    }
}

/// Flushes the folder of a file, so that the file's name is on the disk too.
fn flush_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

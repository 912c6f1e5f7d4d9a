//! From the files of a register to its store: blocks of rows scanned side by side, persons sorted
//! by key on the way, in memory that does not grow with the number of rows.
//!
//! Files larger than the sorter's memory are sorted in runs on the disk and merged
//! (Knuth 1998, The Art of Computer Programming 3, section 5.4).

use std::collections::{BTreeMap, BinaryHeap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};

use memchr::{memchr, memrchr};

use super::check::{Doubt, Doubtful, Doubts, Part, Place};
use super::codes::CodeTable;
use super::coverage::{Delivered, Together};
use super::dream::{Block, Layout, RowFault};
use super::long::LongFile;
use super::people::{People, PersonReader, PersonRef, write_person};
use super::source::{self, Format, LONGEST_ROW, UNIT, no_text};
use super::spill::Spill;
use super::store::StoreWriter;
use super::unknown::Unknowns;
use super::{Coverage, Hours, Input, RegisterError, RowFaults, Spell, Wage};
use crate::digest::{Digest, Hasher};
use crate::period::{Month, Week};
use crate::protocol::{Register, RegisterKind};
use crate::table::{Dialect, decode, is_utf16};

/// What to ingest, and how.
pub struct Ingest<'a> {
    pub register: &'a Register,
    /// The folder that the register's file names are relative to.
    pub folder: &'a Path,
    /// The folder that the store is written to.
    pub derived: &'a Path,
    /// Keys of the only persons to take in; everybody when absent.
    pub keep: Option<HashSet<Vec<u8>>>,
    pub threads: usize,
    /// Bytes of persons held in memory before they are sorted to the disk; see [`SORT_MEMORY`].
    pub sort_memory: usize,
    /// Keys of the drawn persons, to count those who are not in the register.
    pub drawn: Option<HashSet<Vec<u8>>>,
    pub writing: Writing,
    /// Called now and then with how far the work has come.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// How far an ingest has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Bytes read so far.
    Read { bytes: u64 },
    /// Parts of persons put into order of key, of all.
    Sorted { parts: u64, of: u64 },
}

/// Whether an ingest writes what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    Store,
    /// It only looks.
    Nothing,
}

/// What an ingest took in.
#[derive(Clone, Debug)]
pub struct Ingested {
    pub store: PathBuf,
    pub inputs: Vec<Input>,
    /// Rows in the files, the headers not counted.
    pub rows: u64,
    /// Those of them that are of persons not asked for.
    pub left_out: u64,
    pub persons: u64,
    pub spells: u64,
    pub coverage: Coverage,
    /// Columns that were passed over, by file.
    pub passed_over: Vec<(PathBuf, Vec<String>)>,
    pub bytes: u64,
    pub doubts: Vec<Doubtful>,
}

/// Bytes in a block of rows, unless a single row is longer.
const BLOCK: usize = 1 << 20;
/// The usual memory for sorting, in bytes.
pub const SORT_MEMORY: usize = 48 << 20;

/// Reads the files of a register into `<derived>/<register>.*.parquet`, whole or not at all.
pub fn ingest(ingest: &Ingest) -> Result<Ingested, RegisterError> {
    let (codes, own_codes) = code_table(ingest.register, ingest.folder)?;
    let codes = &codes;
    let mut sorter = Sorter::new(ingest);
    let mut done = Ingested {
        store: PathBuf::new(),
        inputs: Vec::new(),
        rows: 0,
        left_out: 0,
        persons: 0,
        spells: 0,
        coverage: Coverage::default(),
        passed_over: Vec::new(),
        bytes: 0,
        doubts: Vec::new(),
    };
    let mut doubts = Doubts::default();
    let mut delivered: Vec<Delivered> = Vec::new();
    let mut unknown = Unknowns::default();
    for (number, name) in ingest.register.files.iter().enumerate() {
        let path = ingest.folder.join(name);
        let source = Source {
            path: &path,
            number,
            ingest,
            codes,
        };
        let file = match ingest.register.kind {
            RegisterKind::Dream => {
                source.scan(&mut sorter, done.bytes, &mut doubts, &mut unknown)?
            }
            _ => source.read_long(&mut sorter, done.bytes, &mut doubts, &mut unknown)?,
        };
        let this = Delivered {
            path: path.clone(),
            coverage: file.coverage,
            rows: doubts.take_months(),
        };
        for (number_of_other, other) in delivered.iter().enumerate() {
            // Where one wins, the other gives way.
            if ![number_of_other, number]
                .map(Some)
                .contains(&ingest.register.wins)
            {
                other.refuse_overlap(&this)?;
            }
        }
        delivered.push(this);
        done.rows += file.rows;
        done.left_out += file.left_out;
        done.bytes += file.bytes;
        done.inputs.push(Input {
            file: name.display().to_string(),
            digest: file.digest,
        });
        if !file.passed_over.is_empty() {
            done.passed_over.push((path, file.passed_over));
        }
    }
    if !unknown.is_empty() {
        let mut unknown = unknown.codes();
        unknown.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
        return Err(RegisterError::UnknownCodes { codes: unknown });
    }
    let together = Together::of(ingest.register.kind, &delivered, ingest.register.wins)?;
    doubts.periods(ingest.register, &together);
    done.coverage = together.coverage;
    let wins = ingest.register.wins;
    let wins = wins.map(|file| (file, delivered[file].coverage.clone()));
    let files: Vec<PathBuf> = delivered.into_iter().map(|file| file.path).collect();
    let mut writer = match ingest.writing {
        Writing::Nothing => None,
        Writing::Store => Some(StoreWriter::create(
            ingest.derived,
            ingest.register,
            &done.coverage,
            &done.inputs,
            codes,
            own_codes,
            ingest.keep.as_ref().map(roster),
        )?),
    };
    let joiner = Joiner::new(ingest.register.kind, &files, wins);
    sorter.merge(joiner, ingest.progress, |person, parts| {
        done.persons += 1;
        done.spells += person.spells.len() as u64;
        doubts.person(person.key, parts, codes, ingest.drawn.as_ref());
        match &mut writer {
            Some(writer) => writer.push(person),
            None => Ok(()),
        }
    })?;
    if let Some(writer) = writer {
        done.store = writer.finish()?;
    }
    done.doubts = doubts.finish(&files, ingest.drawn.as_ref(), ingest.register.absent);
    Ok(done)
}

/// Returns the codes that a register may hold, and the text of the user's own table.
pub fn code_table(
    register: &Register,
    folder: &Path,
) -> Result<(CodeTable, Option<String>), RegisterError> {
    let built_in = CodeTable::built_in();
    let Some(own) = &register.codes else {
        return Ok((built_in.clone(), None));
    };
    let path = folder.join(own);
    let bytes = fs::read(&path).map_err(|source| RegisterError::Io {
        path: path.clone(),
        action: "read",
        source,
    })?;
    let text = decode(&bytes).into_owned();
    Ok((built_in.extended(&path, text.as_bytes())?, Some(text)))
}

fn roster(keep: &HashSet<Vec<u8>>) -> Digest {
    let mut ids: Vec<_> = keep.iter().map(|id| String::from_utf8_lossy(id)).collect();
    ids.sort_unstable();
    Digest::of_roster(ids.iter().map(|id| id.as_ref()))
}

/// One file of a register.
struct Source<'a> {
    path: &'a Path,
    number: usize,
    ingest: &'a Ingest<'a>,
    codes: &'a CodeTable,
}

/// What the scan of a file found.
struct Scanned {
    coverage: Coverage,
    passed_over: Vec<String>,
    rows: u64,
    left_out: u64,
    bytes: u64,
    digest: Digest,
}

/// Codes that no table knows, with file, line and column.
pub(super) type UnknownIn = Unknowns<(PathBuf, u64, String)>;

/// Blocks on their way: the reader fills them, workers scan them, and they come back in order.
struct Filled {
    sequence: u64,
    bytes: Vec<u8>,
    /// Empty; it is scanned into.
    block: Block,
}

impl Source<'_> {
    fn scan(
        &self,
        sorter: &mut Sorter,
        bytes_before: u64,
        doubts: &mut Doubts,
        unknown: &mut UnknownIn,
    ) -> Result<Scanned, RegisterError> {
        let mut lines = Feed::open(self.path)?;
        let first_line = lines.first_line()?;
        let layout = &self.header(&first_line, lines.dialect(&first_line))?;
        // The blocks come back in order, so that they are hashed here, and the reader only reads.
        let mut hasher = lines.is_text().then(Hasher::new);
        if let Some(hasher) = &mut hasher {
            hasher.update(&first_line);
        }
        let threads = self.ingest.threads.max(1);
        // The number of blocks bounds the memory: each is empty, being filled, scanned or waiting.
        let blocks = 2 * threads + 2;
        let (give_back, empty) = sync_channel::<(Vec<u8>, Block)>(blocks);
        for _ in 0..blocks {
            give_back
                .send(Default::default())
                .expect("the channel is open");
        }
        let (fill, filled) = sync_channel::<Filled>(blocks);
        let (finish, finished) = sync_channel::<Filled>(blocks);
        let filled = Mutex::new(filled);
        let mut line = 1;
        let (mut rows, mut left_out) = (0, 0);
        let mut faults = RowFaults::default();
        let result = std::thread::scope(|scope| {
            let reader = scope.spawn({
                let lines = &mut lines;
                let progress = self.ingest.progress;
                move || -> Result<(), RegisterError> {
                    let mut sequence = 0;
                    while let Ok((mut bytes, block)) = empty.recv() {
                        if !lines.fill(&mut bytes)? {
                            break;
                        }
                        let read = bytes_before + lines.bytes();
                        progress(Progress::Read { bytes: read });
                        let filled = Filled {
                            sequence,
                            bytes,
                            block,
                        };
                        if fill.send(filled).is_err() {
                            break;
                        }
                        sequence += 1;
                    }
                    Ok(())
                }
            });
            for _ in 0..threads {
                let (filled, finish) = (&filled, finish.clone());
                scope.spawn(move || {
                    while let Some(mut filled) = next(filled) {
                        let keep = self.ingest.keep.as_ref();
                        layout.scan(&filled.bytes, self.codes, keep, &mut filled.block);
                        if finish.send(filled).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(finish);
            let mut waiting = BTreeMap::new();
            let mut expected = 0;
            for filled in finished {
                waiting.insert(filled.sequence, filled);
                while let Some(Filled {
                    bytes, mut block, ..
                }) = waiting.remove(&expected)
                {
                    expected += 1;
                    if let Some(hasher) = &mut hasher {
                        hasher.update(&bytes);
                    }
                    rows += block.rows;
                    left_out += block.left_out;
                    doubts.keys(&block.keys, self.number as u16, line + 1);
                    self.take_faults(&mut block, line, layout, &mut faults);
                    self.take_unknown(&mut block, line, layout, unknown)?;
                    self.take(&block, line, sorter)?;
                    line += block.lines;
                    // The reader may have ended; then nobody takes the block back.
                    let _ = give_back.send((bytes, block));
                }
            }
            drop(give_back);
            reader.join().expect("the reader does not panic")
        });
        match result {
            // The reader does not count lines.
            Err(RegisterError::Endless { path, .. }) => {
                let line = line + 1;
                return Err(RegisterError::Endless { path, line });
            }
            result => result?,
        }
        faults.done()?;
        if rows == 0 {
            return Err(RegisterError::HeaderOnly {
                path: self.path.to_owned(),
            });
        }
        if rows > 1 && lines.lacks_last_line_end() {
            doubts.add(Doubt::NoLastLineEnd, (self.number as u16, line));
        }
        Ok(Scanned {
            coverage: layout.coverage.clone(),
            passed_over: layout.passed_over.clone(),
            rows,
            left_out,
            bytes: lines.bytes(),
            digest: match hasher {
                Some(hasher) => hasher.finish(),
                None => lines.digest()?,
            },
        })
    }

    /// Reads a long file, each row a part of its person.
    fn read_long(
        &self,
        sorter: &mut Sorter,
        bytes_before: u64,
        doubts: &mut Doubts,
        unknown: &mut UnknownIn,
    ) -> Result<Scanned, RegisterError> {
        let number = self.number as u16;
        let register = self.ingest.register;
        let mut file = LongFile::open(self.path, number, register, self.codes, doubts, unknown)?;
        let mut part = People::default();
        while file.next(self.ingest.keep.as_ref(), &mut part)? {
            sorter.push(part.get(0), self.number)?;
            if file.rows.is_multiple_of(4_096) {
                let bytes = bytes_before + file.bytes();
                (self.ingest.progress)(Progress::Read { bytes });
            }
        }
        if file.rows == 0 {
            return Err(RegisterError::HeaderOnly {
                path: self.path.to_owned(),
            });
        }
        Ok(Scanned {
            coverage: std::mem::take(&mut file.coverage),
            passed_over: std::mem::take(&mut file.passed_over),
            rows: file.rows,
            left_out: file.left_out,
            bytes: file.bytes(),
            digest: file.digest()?,
        })
    }

    /// Reads the header, given with its line end.
    fn header(&self, line: &[u8], dialect: Dialect) -> Result<Layout, RegisterError> {
        let path = || self.path.to_owned();
        if line.is_empty() {
            return Err(RegisterError::Empty { path: path() });
        }
        if dialect.separator != UNIT {
            if let Some(found) = no_text(line) {
                return Err(RegisterError::OtherFormat {
                    path: path(),
                    found,
                    expected: Format::Csv,
                });
            }
            if is_utf16(line) {
                return Err(RegisterError::Utf16 { path: path() });
            }
            if memchr(0, line).is_some() {
                return Err(RegisterError::NotWhole {
                    path: path(),
                    format: Format::Csv,
                    message: "line 1 holds the byte 0".to_owned(),
                });
            }
        }
        let line = &line[dialect.mark..];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if memchr(b'\r', line).is_some() {
            return Err(RegisterError::CrOnly { path: path() });
        }
        if line.len() >= LONGEST_ROW {
            return Err(RegisterError::Endless {
                path: path(),
                line: 1,
            });
        }
        Layout::read(
            self.path,
            line,
            dialect,
            self.ingest.register.key.as_deref(),
        )
    }

    /// Takes in the persons of a scanned block; `line` is the one before it.
    fn take(&self, block: &Block, line: u64, sorter: &mut Sorter) -> Result<(), RegisterError> {
        for person in block.people.iter() {
            let line = line + person.line + 1;
            sorter.push(PersonRef { line, ..person }, self.number)?;
        }
        Ok(())
    }

    fn take_faults(&self, block: &mut Block, line: u64, layout: &Layout, faults: &mut RowFaults) {
        for (at, fault) in block.faults.drain(..) {
            faults.add(self.row_fault(line + at + 1, fault, layout));
        }
        faults.add_number(std::mem::take(&mut block.more_faults));
    }

    fn take_unknown(
        &self,
        block: &mut Block,
        line: u64,
        layout: &Layout,
        unknown: &mut UnknownIn,
    ) -> Result<(), RegisterError> {
        for (code, count, (at, column)) in block.unknown.drain() {
            unknown.add(code, count, || {
                let column = layout.header[column].clone();
                (self.path.to_owned(), line + at + 1, column)
            });
        }
        match unknown.too_many() {
            true => Err(no_codes(self.path, line + block.lines, unknown)),
            false => Ok(()),
        }
    }

    fn row_fault(&self, line: u64, fault: RowFault, layout: &Layout) -> RegisterError {
        let path = self.path.to_owned();
        let column = |column: usize| layout.header[column].clone();
        match fault {
            RowFault::Ragged { found } => RegisterError::Ragged {
                path,
                line,
                found,
                expected: layout.header.len(),
            },
            RowFault::Endless => RegisterError::Endless { path, line },
            RowFault::Key { column: at, fault } => fault.at(self.path, line, &layout.header[at]),
            RowFault::Industry { column: at, found } => RegisterError::Industry {
                path,
                line,
                column: column(at),
                found,
            },
        }
    }
}

/// Returns the error of a column that holds something else than codes.
pub(super) fn no_codes(path: &Path, line: u64, unknown: &mut UnknownIn) -> RegisterError {
    let mut first = std::mem::take(unknown).codes();
    first.truncate(RowFaults::KEPT);
    RegisterError::NoCodes {
        path: path.to_owned(),
        line,
        first,
    }
}

fn next(filled: &Mutex<Receiver<Filled>>) -> Option<Filled> {
    filled.lock().expect("no worker panics").recv().ok()
}

/// A file in blocks of whole lines: a text table as it is, a table of another format as lines of
/// cells joined by [`UNIT`].
enum Feed {
    Text(PathBuf, Lines),
    Table(Box<source::Source>),
}

impl Feed {
    fn open(path: &Path) -> Result<Feed, RegisterError> {
        if Format::of(path) != Format::Csv {
            return Ok(Feed::Table(Box::new(source::Source::open(path)?)));
        }
        match Lines::open(path) {
            Ok(lines) => Ok(Feed::Text(path.to_owned(), lines)),
            Err(error) => Err(unread(path, error)),
        }
    }

    /// Returns the first line with its end.
    fn first_line(&mut self) -> Result<Vec<u8>, RegisterError> {
        match self {
            Feed::Text(path, lines) => lines.first_line().map_err(|error| unread(path, error)),
            Feed::Table(table) => {
                let mut line = Vec::new();
                table.header_joined(&mut line)?;
                Ok(line)
            }
        }
    }

    fn dialect(&self, first_line: &[u8]) -> Dialect {
        match self {
            Feed::Text(..) => Dialect::recognise(first_line),
            Feed::Table(_) => Dialect {
                separator: UNIT,
                mark: 0,
            },
        }
    }

    /// Fills a block with whole lines. Returns false at the end of the file.
    fn fill(&mut self, block: &mut Vec<u8>) -> Result<bool, RegisterError> {
        match self {
            Feed::Text(path, lines) => lines.fill(block).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData => RegisterError::Endless {
                    path: path.clone(),
                    line: 0,
                },
                _ => unread(path, error),
            }),
            Feed::Table(table) => {
                block.clear();
                while block.len() < BLOCK && table.next_joined(block)? {}
                Ok(!block.is_empty())
            }
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Feed::Text(_, lines) => lines.bytes,
            Feed::Table(table) => table.bytes(),
        }
    }

    /// Returns whether the last row of a text table has no line end, once it was read.
    fn lacks_last_line_end(&self) -> bool {
        match self {
            Feed::Text(_, lines) => lines.last != Some(b'\n'),
            Feed::Table(_) => false,
        }
    }

    fn is_text(&self) -> bool {
        matches!(self, Feed::Text(..))
    }

    /// Returns the digest of the file's bytes, read once more.
    fn digest(self) -> Result<Digest, RegisterError> {
        match self {
            Feed::Text(path, _) => Digest::of_file(&path).map_err(|error| unread(&path, error)),
            Feed::Table(mut table) => table.digest(),
        }
    }
}

fn unread(path: &Path, source: io::Error) -> RegisterError {
    RegisterError::Io {
        path: path.to_owned(),
        action: "read",
        source,
    }
}

/// A text table read in blocks of whole lines.
struct Lines {
    file: File,
    /// The start of a line whose end was not read yet.
    rest: Vec<u8>,
    ended: bool,
    bytes: u64,
    /// The last byte that was read.
    last: Option<u8>,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Lines> {
        Ok(Lines {
            file: File::open(path)?,
            rest: Vec::new(),
            ended: false,
            bytes: 0,
            last: None,
        })
    }

    /// Returns the first line with its end, or the start of one that is too long; the bytes behind
    /// it are kept for the blocks.
    fn first_line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let from = line.len();
            if from > LONGEST_ROW || !self.read_more(&mut line)? {
                return Ok(line);
            }
            if let Some(end) = memchr(b'\n', &line[from..]) {
                self.rest = line.split_off(from + end + 1);
                return Ok(line);
            }
        }
    }

    /// Fills a block with whole lines; the last line of the file may lack its end. Returns false
    /// at the end of the file, and invalid data for a line that is too long.
    fn fill(&mut self, block: &mut Vec<u8>) -> io::Result<bool> {
        block.clear();
        block.append(&mut self.rest);
        loop {
            if block.len() > LONGEST_ROW {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if !self.read_more(block)? {
                return Ok(!block.is_empty());
            }
            if let Some(end) = memrchr(b'\n', block) {
                self.rest.extend_from_slice(&block[end + 1..]);
                block.truncate(end + 1);
                return Ok(true);
            }
        }
    }

    /// Reads up to a block's length behind what is there; false at the end of the file.
    fn read_more(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        bytes.reserve(BLOCK);
        let read = Read::by_ref(&mut self.file)
            .take(BLOCK as u64)
            .read_to_end(bytes)?;
        self.ended = read < BLOCK;
        self.bytes += read as u64;
        if read > 0 {
            self.last = bytes.last().copied();
        }
        Ok(read > 0)
    }
}

/// Persons on their way into order of key, then of file.
struct Sorter {
    folder: PathBuf,
    memory: usize,
    people: People,
    /// Index of the file of each person in `people`.
    files: Vec<u16>,
    runs: Vec<Spill>,
    /// Parts of persons taken in.
    parts: u64,
}

impl Sorter {
    fn new(ingest: &Ingest) -> Sorter {
        Sorter {
            folder: ingest.derived.to_owned(),
            memory: ingest.sort_memory,
            people: People::default(),
            files: Vec::new(),
            runs: Vec::new(),
            parts: 0,
        }
    }

    fn push(&mut self, person: PersonRef, file: usize) -> Result<(), RegisterError> {
        self.parts += 1;
        self.people.push(person);
        self.files.push(file as u16);
        if self.people.bytes() >= self.memory {
            self.write_run()?;
        }
        Ok(())
    }

    fn order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.people.len() as u32).collect();
        let key = |index: u32| {
            let index = index as usize;
            (self.people.get(index).key, self.files[index])
        };
        if !order.is_sorted_by(|&a, &b| key(a) <= key(b)) {
            order.sort_by(|&a, &b| key(a).cmp(&key(b)));
        }
        order
    }

    fn write_run(&mut self) -> Result<(), RegisterError> {
        let failed = |source| RegisterError::Io {
            path: self.folder.clone(),
            action: "sort on the disk in",
            source,
        };
        let spill = Spill::create(&self.folder).map_err(failed)?;
        let mut out = BufWriter::with_capacity(1 << 18, spill.writer());
        for index in self.order() {
            let person = self.people.get(index as usize);
            write_person(&mut out, person, self.files[index as usize]).map_err(failed)?;
        }
        PersonReader::write_end(&mut out, self.people.len() as u64)
            .and_then(|()| out.flush())
            .map_err(failed)?;
        drop(out);
        self.runs.push(spill);
        self.people.clear();
        self.files.clear();
        Ok(())
    }

    /// Calls `each` with every person in order of key, the parts of several files joined.
    fn merge(
        &mut self,
        mut joiner: Joiner,
        progress: &dyn Fn(Progress),
        mut each: impl FnMut(PersonRef, &[Part]) -> Result<(), RegisterError>,
    ) -> Result<(), RegisterError> {
        let (mut parts, of) = (0, self.parts);
        let mut step = || {
            parts += 1;
            if parts % 4_096 == 0 {
                progress(Progress::Sorted { parts, of });
            }
        };
        if self.runs.is_empty() {
            for index in self.order() {
                step();
                let person = self.people.get(index as usize);
                joiner.push(person, self.files[index as usize], &mut each)?;
            }
            return joiner.finish(&mut each);
        }
        if !self.people.is_empty() {
            self.write_run()?;
        }
        let mut runs = self
            .runs
            .iter()
            .map(|spill| Run::open(spill, &self.folder))
            .collect::<Result<Vec<Run>, RegisterError>>()?;
        // A heap of the runs by their next person: the smallest key is on top.
        let mut heap: BinaryHeap<std::cmp::Reverse<(Vec<u8>, u16, usize)>> = BinaryHeap::new();
        for (index, run) in runs.iter_mut().enumerate() {
            if let Some((key, file)) = run.advance()? {
                heap.push(std::cmp::Reverse((key, file, index)));
            }
        }
        while let Some(std::cmp::Reverse((_, file, index))) = heap.pop() {
            step();
            let person = runs[index].people.get(0);
            joiner.push(person, file, &mut each)?;
            if let Some((key, file)) = runs[index].advance()? {
                heap.push(std::cmp::Reverse((key, file, index)));
            }
        }
        joiner.finish(&mut each)
    }
}

/// Joins the parts of one person from rows and files, and finds what one person cannot have
/// twice.
struct Joiner<'a> {
    kind: RegisterKind,
    files: &'a [PathBuf],
    /// The file that wins where two cover the same period, and what it covers.
    wins: Option<(usize, Coverage)>,
    key: Option<Vec<u8>>,
    /// Parts of the person at hand.
    spells: Vec<Part>,
    wages: Vec<Wage>,
    hours: Vec<(Hours, Place)>,
    /// Where the part stands that came last.
    last: Place,
    joined: People,
    /// What one person cannot have: the first few by their place, and how many there are.
    faults: Vec<(Place, RegisterError)>,
    number_of_faults: u64,
}

impl<'a> Joiner<'a> {
    fn new(
        kind: RegisterKind,
        files: &'a [PathBuf],
        wins: Option<(usize, Coverage)>,
    ) -> Joiner<'a> {
        Joiner {
            kind,
            files,
            wins,
            key: None,
            spells: Vec::new(),
            wages: Vec::new(),
            hours: Vec::new(),
            last: (0, 0),
            joined: People::default(),
            faults: Vec::new(),
            number_of_faults: 0,
        }
    }

    fn push(
        &mut self,
        person: PersonRef,
        file: u16,
        each: &mut impl FnMut(PersonRef, &[Part]) -> Result<(), RegisterError>,
    ) -> Result<(), RegisterError> {
        if self.key.as_deref() == Some(person.key) {
            if self.kind == RegisterKind::Dream && self.last.0 == file {
                let (first, second) = (self.last.1, person.line);
                let two_rows = RegisterError::TwoRows {
                    path: self.path(file),
                    first: first.min(second),
                    second: first.max(second),
                };
                self.fault((file, first.max(second)), two_rows);
                self.last = (file, first.max(second));
                return Ok(());
            }
        } else {
            self.end_person(each)?;
            self.key = Some(person.key.to_vec());
        }
        self.last = (file, person.line);
        let wins = self.wins.as_ref();
        let (weeks, months) = match wins.filter(|(wins, _)| *wins != usize::from(file)) {
            Some((_, coverage)) => (coverage.weeks, coverage.months),
            None => (None, None),
        };
        for spell in person.spells {
            for spell in outside(*spell, weeks).into_iter().flatten() {
                self.spells.push((spell, self.last));
            }
        }
        for wage in person.wages {
            self.wages
                .extend(wage_outside(*wage, months).into_iter().flatten());
        }
        for hours in person.hours {
            let lost =
                months.is_some_and(|(first, last)| first <= hours.month && hours.month <= last);
            if !lost {
                self.hours.push((*hours, self.last));
            }
        }
        Ok(())
    }

    fn path(&self, file: u16) -> PathBuf {
        self.files[usize::from(file)].clone()
    }

    fn fault(&mut self, place: Place, fault: RegisterError) {
        self.number_of_faults += 1;
        let at = self.faults.partition_point(|(other, _)| *other <= place);
        self.faults.insert(at, (place, fault));
        self.faults.truncate(RowFaults::KEPT);
    }

    /// Hands over the person at hand, its parts in order of time.
    fn end_person(
        &mut self,
        each: &mut impl FnMut(PersonRef, &[Part]) -> Result<(), RegisterError>,
    ) -> Result<(), RegisterError> {
        let Some(key) = self.key.take() else {
            return Ok(());
        };
        self.joined.clear();
        self.spells.sort_by_key(|(spell, _)| spell.first);
        let mut before: Option<(Week, Place)> = None;
        for at in 0..self.spells.len() {
            let (spell, place) = self.spells[at];
            let end = spell.first + (spell.weeks as i32 - 1);
            match before {
                Some((last, other)) if spell.first <= last => {
                    let (one, two) = (other.min(place), other.max(place));
                    let two_states = RegisterError::TwoStates {
                        path: self.path(one.0),
                        line: one.1,
                        other: self.path(two.0),
                        other_line: two.1,
                        period: spell.first.to_string(),
                    };
                    self.fault(two, two_states);
                    before = Some((last.max(end), place));
                }
                _ => {
                    before = Some((end, place));
                    self.joined.push_weeks(spell);
                }
            }
        }
        self.wages.sort_by_key(|wage| wage.first);
        for wage in self.wages.drain(..) {
            self.joined.push_months(wage);
        }
        // Hours over all jobs are added before anything is capped.
        self.hours.sort_by_key(|(hours, ..)| hours.month);
        let mut sum: Option<Hours> = None;
        for &(hours, (file, line)) in &self.hours {
            match &mut sum {
                Some(sum) if sum.month == hours.month => {
                    sum.paid = sum.paid.checked_add(hours.paid).ok_or_else(|| {
                        RegisterError::TooManyHours {
                            path: self.files[usize::from(file)].clone(),
                            line,
                        }
                    })?;
                }
                _ => {
                    if let Some(done) = sum.replace(hours) {
                        self.joined.push_hours(done);
                    }
                }
            }
        }
        if let Some(done) = sum {
            self.joined.push_hours(done);
        }
        self.hours.clear();
        self.joined.end_person(&key, self.last.1);
        each(self.joined.get(0), &self.spells)?;
        self.spells.clear();
        Ok(())
    }

    fn finish(
        mut self,
        each: &mut impl FnMut(PersonRef, &[Part]) -> Result<(), RegisterError>,
    ) -> Result<(), RegisterError> {
        self.end_person(each)?;
        let mut faults = RowFaults::default();
        let known = self.faults.len() as u64;
        self.faults
            .into_iter()
            .for_each(|(_, fault)| faults.add(fault));
        faults.add_number(self.number_of_faults - known);
        faults.done()
    }
}

/// Returns what of a spell lies before and behind some weeks.
fn outside(spell: Spell, weeks: Option<(Week, Week)>) -> [Option<Spell>; 2] {
    let Some((first, last)) = weeks else {
        return [Some(spell), None];
    };
    let end = spell.first + (spell.weeks as i32 - 1);
    let part = |from: Week, to: Week| {
        (from <= to).then(|| Spell {
            first: from,
            weeks: (to - from + 1) as u32,
            ..spell
        })
    };
    [
        part(spell.first, end.min(first + -1)),
        part(spell.first.max(last + 1), end),
    ]
}

/// Returns what of a run of months lies before and behind some months.
fn wage_outside(wage: Wage, months: Option<(Month, Month)>) -> [Option<Wage>; 2] {
    let Some((first, last)) = months else {
        return [Some(wage), None];
    };
    let end = wage.first.0 + wage.months as i32 - 1;
    let part = |from: i32, to: i32| {
        (from <= to).then(|| Wage {
            first: Month(from),
            months: (to - from + 1) as u32,
            ..wage
        })
    };
    [
        part(wage.first.0, end.min(first.0 - 1)),
        part(wage.first.0.max(last.0 + 1), end),
    ]
}

/// A sorted run on the disk, read person by person.
struct Run<'a> {
    folder: &'a Path,
    input: PersonReader<BufReader<&'a File>>,
    /// The person at hand, as the only one.
    people: People,
}

impl<'a> Run<'a> {
    fn open(spill: &'a Spill, folder: &'a Path) -> Result<Run<'a>, RegisterError> {
        let file = spill.reader().map_err(|error| unread(folder, error))?;
        Ok(Run {
            folder,
            input: PersonReader::new(BufReader::with_capacity(1 << 18, file)),
            people: People::default(),
        })
    }

    /// Reads the next person and returns its key and file.
    fn advance(&mut self) -> Result<Option<(Vec<u8>, u16)>, RegisterError> {
        self.people.clear();
        match self.input.read_into(&mut self.people) {
            Ok(None) => Ok(None),
            Ok(Some(file)) => Ok(Some((self.people.get(0).key.to_vec(), file))),
            Err(error) => Err(unread(self.folder, error)),
        }
    }
}

//! Text tables, row by row: the dialect is recognised as by [`crate::table`], each cell is UTF-8
//! or Windows-1252.

use std::fs::File;
use std::io::Read;

use memchr::{memchr, memchr_iter, memchr2};

use super::row::{Row, bare};
use super::{Fault, LONGEST_ROW, Opened, Rows, no_text};
use crate::digest::{Digest, Hasher};
use crate::table::{Dialect, is_utf16};

struct Csv {
    file: File,
    separator: u8,
    /// Bytes that were read; those before `at` are done with.
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    bytes: u64,
    /// The last byte that was read.
    last: Option<u8>,
    /// The line that `at` stands on.
    line: u64,
    columns: usize,
    /// The cell at hand, where quotes have to be taken out of it.
    unquoted: Vec<u8>,
    hasher: Option<Hasher>,
}

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

pub fn open(file: File) -> Result<Opened, Fault> {
    let mut csv = Csv {
        file,
        separator: b',',
        buffer: Vec::new(),
        at: 0,
        ended: false,
        bytes: 0,
        last: None,
        line: 1,
        columns: 0,
        unquoted: Vec::new(),
        hasher: Some(Hasher::new()),
    };
    while memchr(b'\n', &csv.buffer).is_none() && csv.buffer.len() < LONGEST_ROW {
        if !csv.read_more()? {
            break;
        }
    }
    if let Some(found) = no_text(&csv.buffer) {
        return Err(Fault::Other(found));
    }
    if is_utf16(&csv.buffer) {
        return Err(Fault::Utf16);
    }
    let dialect = Dialect::recognise(&csv.buffer);
    csv.separator = dialect.separator;
    csv.at = dialect.mark;
    let mut row = Row::default();
    let Some(line) = csv.record(&mut row)? else {
        return Err(Fault::Empty);
    };
    if memchr(0, &csv.buffer[..csv.at]).is_some() {
        return Err(Fault::NotWhole(format!("line {line} holds the byte 0")));
    }
    let header: Vec<String> = row.cells().map(str::to_owned).collect();
    if header.iter().any(|name| name.contains('\r')) {
        return Err(Fault::CrOnly);
    }
    csv.columns = header.len();
    Ok((header, Box::new(csv)))
}

/// What stands at the start of some bytes.
enum Found {
    /// A row of so many bytes, its line end included, on so many lines.
    Row { length: usize, lines: u64 },
    /// Its end was not read yet.
    Part,
}

impl Csv {
    /// Reads the next row that is not an empty line, and returns its line.
    fn record(&mut self, row: &mut Row) -> Result<Option<u64>, Fault> {
        loop {
            match &self.buffer[self.at..] {
                [b'\n', ..] => {
                    self.at += 1;
                    self.line += 1;
                    continue;
                }
                [b'\r', b'\n', ..] => {
                    self.at += 2;
                    self.line += 1;
                    continue;
                }
                [] | [b'\r'] => {
                    if !self.read_more()? {
                        return Ok(None);
                    }
                    continue;
                }
                _ => {}
            }
            match self.find(row)? {
                Found::Row { length, lines } => {
                    let line = self.line;
                    self.at += length;
                    self.line += lines;
                    return Ok(Some(line));
                }
                Found::Part => {
                    if self.buffer.len() - self.at > LONGEST_ROW {
                        return Err(Fault::Endless { line: self.line });
                    }
                    self.read_more()?;
                }
            }
        }
    }

    fn find(&mut self, row: &mut Row) -> Result<Found, Fault> {
        let bytes = &self.buffer[self.at..];
        row.clear();
        let (mut at, mut lines) = (0, 1);
        loop {
            let quoted = bytes.get(at) == Some(&b'"');
            let line = self.line + lines - 1;
            if quoted {
                self.unquoted.clear();
                at += 1;
                loop {
                    let Some(length) = memchr(b'"', &bytes[at..]) else {
                        return match self.ended {
                            true => Err(Fault::Endless { line: self.line }),
                            false => Ok(Found::Part),
                        };
                    };
                    let part = &bytes[at..at + length];
                    lines += memchr_iter(b'\n', part).count() as u64;
                    self.unquoted.extend_from_slice(part);
                    at += length + 1;
                    match bytes.get(at) {
                        // Two quotes are one that belongs to the text.
                        Some(b'"') => {
                            self.unquoted.push(b'"');
                            at += 1;
                        }
                        None if !self.ended => return Ok(Found::Part),
                        _ => break,
                    }
                }
            }
            let rest = &bytes[at..];
            let end = match memchr2(self.separator, b'\n', rest) {
                Some(end) => end,
                None if self.ended => rest.len(),
                None => return Ok(Found::Part),
            };
            if quoted {
                let last = self.line + lines - 1;
                // A quote that was never closed reaches to the next one, and swallows rows.
                if last > line && !rest[..end].trim_ascii().is_empty() {
                    return Err(Fault::QuoteInside { line, end: last });
                }
                row.spans_lines |= last > line;
                self.unquoted.extend_from_slice(&rest[..end]);
                row.push_bytes(&self.unquoted);
            } else {
                row.push_bytes(&bare(&rest[..end]));
            }
            at += end + 1;
            if rest.get(end) != Some(&self.separator) {
                let length = at.min(bytes.len());
                return Ok(Found::Row { length, lines });
            }
        }
    }

    /// Reads another block behind what is there; false at the end of the file.
    fn read_more(&mut self) -> Result<bool, Fault> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let from = self.buffer.len();
        self.buffer.reserve(BLOCK);
        let read = Read::by_ref(&mut self.file)
            .take(BLOCK as u64)
            .read_to_end(&mut self.buffer)
            .map_err(Fault::Io)?;
        self.ended = read < BLOCK;
        self.bytes += read as u64;
        if read > 0 {
            self.last = self.buffer.last().copied();
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&self.buffer[from..]);
        }
        // At the end of the file, what is there may be a row now.
        Ok(read > 0 || from > 0)
    }
}

impl Rows for Csv {
    fn next(&mut self, row: &mut Row) -> Result<Option<u64>, Fault> {
        match self.record(row)? {
            Some(line) if row.len() != self.columns => Err(Fault::Ragged {
                line,
                found: row.len(),
            }),
            line => Ok(line),
        }
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn lacks_last_line_end(&self) -> bool {
        self.last != Some(b'\n')
    }

    fn digest(&mut self) -> Result<Option<Digest>, Fault> {
        self.at = self.buffer.len();
        while !self.ended {
            self.read_more()?;
            self.at = self.buffer.len();
        }
        Ok(self.hasher.take().map(Hasher::finish))
    }
}

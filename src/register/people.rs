//! Spells of many persons, packed one after the other, in memory and on the disk.

use std::io::{self, BufRead, Write};

use super::{Code, Hours, Person, Spell, Wage};
use crate::period::{Month, Week};

/// Persons with their spells of weeks and of months, in few allocations.
#[derive(Default, Debug)]
pub(super) struct People {
    keys: Vec<u8>,
    spells: Vec<Spell>,
    wages: Vec<Wage>,
    hours: Vec<Hours>,
    ends: Vec<Ends>,
}

/// Where a person's parts end, and the line the person stands on.
#[derive(Clone, Copy, Debug)]
struct Ends {
    key: u32,
    spell: u32,
    wage: u32,
    hours: u32,
    line: u64,
}

/// One person's part of a register file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PersonRef<'a> {
    pub key: &'a [u8],
    pub line: u64,
    pub spells: &'a [Spell],
    pub wages: &'a [Wage],
    pub hours: &'a [Hours],
}

impl People {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the memory in use, in bytes.
    pub fn bytes(&self) -> usize {
        self.keys.len()
            + size_of_val(self.spells.as_slice())
            + size_of_val(self.wages.as_slice())
            + size_of_val(self.hours.as_slice())
            + size_of_val(self.ends.as_slice())
    }

    /// Adds `weeks` weeks of a code to the person being built, merged with its last spell where
    /// they are neighbours of one code.
    #[inline]
    pub fn push_weeks(&mut self, spell: Spell) {
        let begin = self.ends.last().map_or(0, |ends| ends.spell as usize);
        if let Some(last) = self.spells[begin..].last_mut()
            && last.code == spell.code
            && last.first + last.weeks as i32 == spell.first
        {
            last.weeks += spell.weeks;
        } else {
            self.spells.push(spell);
        }
    }

    /// Adds months with or without wage to the person being built, merged like weeks.
    #[inline]
    pub fn push_months(&mut self, wage: Wage) {
        let begin = self.ends.last().map_or(0, |ends| ends.wage as usize);
        if let Some(last) = self.wages[begin..].last_mut()
            && last.paid == wage.paid
            && last.first.0 + last.months as i32 == wage.first.0
        {
            last.months += wage.months;
        } else {
            self.wages.push(wage);
        }
    }

    /// Adds hours paid in a month to the person being built, whose hours come in order of time.
    pub fn push_hours(&mut self, hours: Hours) {
        self.hours.push(hours);
    }

    /// Puts the runs of the person being built into order of time, neighbours merged.
    pub fn order_person(&mut self) {
        let (spell, wage) = self
            .ends
            .last()
            .map_or((0, 0), |ends| (ends.spell as usize, ends.wage as usize));
        let mut spells = self.spells.split_off(spell);
        spells.sort_by_key(|spell| spell.first);
        spells.into_iter().for_each(|spell| self.push_weeks(spell));
        let mut wages = self.wages.split_off(wage);
        wages.sort_by_key(|wage| wage.first);
        wages.into_iter().for_each(|wage| self.push_months(wage));
    }

    /// Forgets the person being built.
    pub fn forget_person(&mut self) {
        let before = self.ends.last().copied();
        let at = |part: fn(&Ends) -> u32| before.as_ref().map_or(0, part) as usize;
        self.spells.truncate(at(|ends| ends.spell));
        self.wages.truncate(at(|ends| ends.wage));
        self.hours.truncate(at(|ends| ends.hours));
    }

    /// Ends the person being built.
    pub fn end_person(&mut self, key: &[u8], line: u64) {
        self.keys.extend_from_slice(key);
        self.ends.push(Ends {
            key: self.keys.len() as u32,
            spell: self.spells.len() as u32,
            wage: self.wages.len() as u32,
            hours: self.hours.len() as u32,
            line,
        });
    }

    /// Adds a person whole.
    pub fn push(&mut self, person: PersonRef) {
        self.spells.extend_from_slice(person.spells);
        self.wages.extend_from_slice(person.wages);
        self.hours.extend_from_slice(person.hours);
        self.end_person(person.key, person.line);
    }

    pub fn get(&self, index: usize) -> PersonRef<'_> {
        let end = self.ends[index];
        let begin = match index {
            0 => Ends {
                key: 0,
                spell: 0,
                wage: 0,
                hours: 0,
                line: 0,
            },
            _ => self.ends[index - 1],
        };
        PersonRef {
            key: &self.keys[begin.key as usize..end.key as usize],
            line: end.line,
            spells: &self.spells[begin.spell as usize..end.spell as usize],
            wages: &self.wages[begin.wage as usize..end.wage as usize],
            hours: &self.hours[begin.hours as usize..end.hours as usize],
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = PersonRef<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Forgets everybody and keeps the memory.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.spells.clear();
        self.wages.clear();
        self.hours.clear();
        self.ends.clear();
    }
}

/// Writes a person: the lengths of key, spells, months and hours, the file and line it came from,
/// the key, then each run; whole numbers in little-endian order.
pub(super) fn write_person(out: &mut impl Write, person: PersonRef, file: u16) -> io::Result<()> {
    let mut head = [0; HEAD];
    head[0..4].copy_from_slice(&(person.key.len() as u32).to_le_bytes());
    head[4..8].copy_from_slice(&(person.spells.len() as u32).to_le_bytes());
    head[8..12].copy_from_slice(&(person.wages.len() as u32).to_le_bytes());
    head[12..14].copy_from_slice(&file.to_le_bytes());
    head[14..22].copy_from_slice(&person.line.to_le_bytes());
    head[22..26].copy_from_slice(&(person.hours.len() as u32).to_le_bytes());
    out.write_all(&head)?;
    out.write_all(person.key)?;
    for spell in person.spells {
        let value = spell.code.number();
        out.write_all(&run(spell.first.0, spell.weeks, value))?;
    }
    for wage in person.wages {
        out.write_all(&run(wage.first.0, wage.months, u16::from(wage.paid)))?;
    }
    for hours in person.hours {
        let mut bytes = [0; RUN];
        bytes[0..4].copy_from_slice(&hours.month.0.to_le_bytes());
        bytes[4..8].copy_from_slice(&hours.paid.to_le_bytes());
        out.write_all(&bytes)?;
    }
    Ok(())
}

const HEAD: usize = 26;
const RUN: usize = 8;
/// The length of a key that stands for the end of the persons.
const END: u32 = u32::MAX;

fn run(first: i32, length: u32, value: u16) -> [u8; RUN] {
    // Ten thousand years of weeks fit; a longer run would be no period of a register.
    let length = u16::try_from(length).expect("a run is shorter than 65,536 periods");
    let mut bytes = [0; RUN];
    bytes[0..4].copy_from_slice(&first.to_le_bytes());
    bytes[4..6].copy_from_slice(&length.to_le_bytes());
    bytes[6..8].copy_from_slice(&value.to_le_bytes());
    bytes
}

/// Reads persons back, one after the other.
pub(super) struct PersonReader<R> {
    input: R,
    head: [u8; HEAD],
    key: String,
    body: Vec<u8>,
    ended_with: Option<u64>,
}

impl<R: BufRead> PersonReader<R> {
    pub fn new(input: R) -> PersonReader<R> {
        PersonReader {
            input,
            head: [0; HEAD],
            key: String::new(),
            body: Vec::new(),
            ended_with: None,
        }
    }

    /// Returns how many persons the end says there were, once it was read.
    pub fn ended_with(&self) -> Option<u64> {
        self.ended_with
    }

    fn length(&self, at: usize) -> usize {
        let bytes = self.head[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes) as usize
    }

    /// Reads as far as the next person's key; `None` at the end.
    pub fn next_key(&mut self) -> io::Result<Option<&str>> {
        if self.ended_with.is_some() {
            return Ok(None);
        }
        match self.input.read_exact(&mut self.head) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        if self.length(0) == END as usize {
            let persons = self.head[14..22].try_into().expect("eight bytes");
            self.ended_with = Some(u64::from_le_bytes(persons));
            return Ok(None);
        }
        let length = self.length(0);
        self.body.resize(length, 0);
        self.input.read_exact(&mut self.body)?;
        let key = std::str::from_utf8(&self.body);
        let key = key.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.key.clear();
        self.key.push_str(key);
        Ok(Some(&self.key))
    }

    /// Passes over the person whose key was read.
    pub fn skip(&mut self) -> io::Result<()> {
        let mut left = RUN * (self.length(4) + self.length(8) + self.length(22));
        while left > 0 {
            let there = self.input.fill_buf()?.len();
            if there == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let passed = there.min(left);
            self.input.consume(passed);
            left -= passed;
        }
        Ok(())
    }

    /// Reads the person whose key was read.
    pub fn read(&mut self, person: &mut Person) -> io::Result<()> {
        person.key.clone_from(&self.key);
        person.spells.clear();
        person.wages.clear();
        person.hours.clear();
        self.runs(|run| match run {
            Run::Spell(spell) => person.spells.push(spell),
            Run::Wage(wage) => person.wages.push(wage),
            Run::Hours(hours) => person.hours.push(hours),
        })
    }

    /// Reads the next person into `people` and returns the file it came from.
    pub fn read_into(&mut self, people: &mut People) -> io::Result<Option<u16>> {
        if self.next_key()?.is_none() {
            return Ok(None);
        }
        self.runs(|run| match run {
            Run::Spell(spell) => people.spells.push(spell),
            Run::Wage(wage) => people.wages.push(wage),
            Run::Hours(hours) => people.hours.push(hours),
        })?;
        let file = self.head[12..14].try_into().expect("two bytes");
        let line = self.head[14..22].try_into().expect("eight bytes");
        people.end_person(self.key.as_bytes(), u64::from_le_bytes(line));
        Ok(Some(u16::from_le_bytes(file)))
    }

    fn runs(&mut self, mut each: impl FnMut(Run)) -> io::Result<()> {
        let (spells, wages) = (self.length(4), self.length(8));
        let runs = spells + wages + self.length(22);
        self.body.resize(RUN * runs, 0);
        self.input.read_exact(&mut self.body)?;
        for (index, run) in self.body.chunks_exact(RUN).enumerate() {
            let first = i32::from_le_bytes([run[0], run[1], run[2], run[3]]);
            let length = u32::from(u16::from_le_bytes([run[4], run[5]]));
            let value = u16::from_le_bytes([run[6], run[7]]);
            each(if index < spells {
                Run::Spell(Spell {
                    first: Week(first),
                    weeks: length,
                    code: Code::stored(value).unwrap_or(Code::BLANK),
                })
            } else if index < spells + wages {
                Run::Wage(Wage {
                    first: Month(first),
                    months: length,
                    paid: value == 1,
                })
            } else {
                Run::Hours(Hours {
                    month: Month(first),
                    paid: u32::from_le_bytes([run[4], run[5], run[6], run[7]]),
                })
            });
        }
        Ok(())
    }
}

enum Run {
    Spell(Spell),
    Wage(Wage),
    Hours(Hours),
}

impl PersonReader<()> {
    /// Writes the end behind the last person.
    pub fn write_end(out: &mut impl Write, persons: u64) -> io::Result<()> {
        let mut head = [0; HEAD];
        head[0..4].copy_from_slice(&END.to_le_bytes());
        head[14..22].copy_from_slice(&persons.to_le_bytes());
        out.write_all(&head)
    }
}

//! Spells of many persons, packed one after the other.

use super::{Spell, Wage};

/// Persons with their spells of weeks and of months, in few allocations.
#[derive(Default, Debug)]
pub(super) struct People {
    keys: Vec<u8>,
    spells: Vec<Spell>,
    wages: Vec<Wage>,
    ends: Vec<Ends>,
}

/// Where a person's parts end, and the line the person stands on.
#[derive(Clone, Copy, Debug)]
struct Ends {
    key: u32,
    spell: u32,
    wage: u32,
    line: u64,
}

/// One person's part of a register file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PersonRef<'a> {
    pub key: &'a [u8],
    pub line: u64,
    pub spells: &'a [Spell],
    pub wages: &'a [Wage],
}

impl People {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the number of spells, or of months with wage and without, whichever is more.
    pub fn runs(&self) -> usize {
        self.spells.len().max(self.wages.len())
    }

    /// Returns the memory in use, in bytes.
    pub fn bytes(&self) -> usize {
        self.keys.len()
            + size_of_val(self.spells.as_slice())
            + size_of_val(self.wages.as_slice())
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

    /// Ends the person being built.
    pub fn end_person(&mut self, key: &[u8], line: u64) {
        self.keys.extend_from_slice(key);
        self.ends.push(Ends {
            key: self.keys.len() as u32,
            spell: self.spells.len() as u32,
            wage: self.wages.len() as u32,
            line,
        });
    }

    /// Adds a person whole.
    pub fn push(&mut self, person: PersonRef) {
        self.spells.extend_from_slice(person.spells);
        self.wages.extend_from_slice(person.wages);
        self.end_person(person.key, person.line);
    }

    pub fn get(&self, index: usize) -> PersonRef<'_> {
        let end = self.ends[index];
        let begin = match index {
            0 => Ends {
                key: 0,
                spell: 0,
                wage: 0,
                line: 0,
            },
            _ => self.ends[index - 1],
        };
        PersonRef {
            key: &self.keys[begin.key as usize..end.key as usize],
            line: end.line,
            spells: &self.spells[begin.spell as usize..end.spell as usize],
            wages: &self.wages[begin.wage as usize..end.wage as usize],
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
        self.ends.clear();
    }
}

//! Two arms side by side: the people who enter a comparison, a fact a column.
//!
//! Promises: people keep the order of the sample; missing covariates are filled as `results.md`
//! says and counted; whoever is left out is left out for one reason, which the caller counts.

use std::sync::Arc;

use crate::protocol::Unit;
use crate::sample::{Count, FactValues, Groups, Measured, Numbers, People};

/// Two arms of a sample, those with a value.
pub struct Contrast<'s> {
    pub people: &'s People,
    pub measured: &'s Measured,
    pub arm: usize,
    pub reference: usize,
    /// Which people enter: indices into the sample.
    pub rows: Vec<u32>,
    pub in_arm: Vec<bool>,
    pub y: Vec<f64>,
}

/// A column of numbers that an estimate is adjusted for.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub values: Arc<Vec<f64>>,
}

impl Column {
    pub fn new(name: String, values: Vec<f64>) -> Column {
        let values = values.into();
        Column { name, values }
    }
}

/// Groups renumbered to those that occur.
pub struct Grouped {
    pub of: Vec<u32>,
    pub names: Vec<String>,
}

impl<'s> Contrast<'s> {
    /// Returns the people of two arms who have a value and whom `keep` keeps.
    pub fn of(
        people: &'s People,
        measured: &'s Measured,
        (arm, reference): (usize, usize),
        keep: Option<&[bool]>,
    ) -> Contrast<'s> {
        let kept = |row: usize| measured.observed[row] && keep.is_none_or(|keep| keep[row]);
        let mut contrast = Contrast {
            people,
            measured,
            arm,
            reference,
            rows: Vec::with_capacity(people.len()),
            in_arm: Vec::with_capacity(people.len()),
            y: Vec::with_capacity(people.len()),
        };
        for (row, &of) in people.arm.iter().enumerate() {
            let of = usize::from(of);
            if (of == arm || of == reference) && kept(row) {
                contrast.rows.push(row as u32);
                contrast.in_arm.push(of == arm);
                contrast.y.push(measured.value[row]);
            }
        }
        if measured.unit == Unit::PooledShare {
            contrast.linearise();
        }
        contrast
    }

    /// Turns weeks of weeks into values whose mean is the pooled share R = Σw / Σo of each arm and
    /// whose variance is that of a ratio: R + (w − R·o) / ō (Cochran 1977, Sampling Techniques,
    /// p. 155).
    fn linearise(&mut self) {
        let Some(of) = &self.measured.of else { return };
        for arm in [true, false] {
            let places: Vec<usize> = (0..self.y.len())
                .filter(|&i| self.in_arm[i] == arm)
                .collect();
            let weeks: f64 = places.iter().map(|&i| self.y[i]).sum();
            let observed: f64 = places.iter().map(|&i| of[self.rows[i] as usize]).sum();
            if observed == 0.0 {
                continue;
            }
            let (share, mean) = (weeks / observed, observed / places.len() as f64);
            for i in places {
                let of = of[self.rows[i] as usize];
                self.y[i] = share + (self.y[i] - share * of) / mean;
            }
        }
    }

    /// Returns the values of one side.
    pub fn side(&self, arm: bool) -> Vec<f64> {
        let size = self.in_arm.iter().filter(|in_arm| **in_arm == arm).count();
        // Arms stand in no order that a processor could foresee: one of the other side is written
        // over.
        let mut side = vec![0.0; size + 1];
        let mut next = 0;
        for (y, &in_arm) in self.y.iter().zip(&self.in_arm) {
            side[next] = *y;
            next += usize::from(in_arm == arm);
        }
        side.truncate(size);
        side
    }

    /// Returns the counts of an outcome of 1 and 0 in the arm and in the reference.
    pub fn counts(&self) -> (Count, Count) {
        let mut counts = [Count::new(0, 0); 2];
        for (y, &in_arm) in self.y.iter().zip(&self.in_arm) {
            let count = &mut counts[usize::from(!in_arm)];
            count.n += 1;
            count.events += u64::from(*y == 1.0);
        }
        (counts[0], counts[1])
    }

    /// Returns the counts by stratum, in the order of the strata's names.
    pub fn counts_by(&self, groups: &Grouped) -> Vec<(Count, Count)> {
        let mut counts = vec![(Count::new(0, 0), Count::new(0, 0)); groups.names.len()];
        for ((y, &in_arm), &group) in self.y.iter().zip(&self.in_arm).zip(&groups.of) {
            let pair = &mut counts[group as usize];
            let count = if in_arm { &mut pair.0 } else { &mut pair.1 };
            count.n += 1;
            count.events += u64::from(*y == 1.0);
        }
        counts
    }

    /// Returns the groups of those who enter, renumbered in the order of their names.
    pub fn grouped(&self, groups: &Groups) -> Grouped {
        let mut place = vec![u32::MAX; groups.names.len()];
        for &row in &self.rows {
            place[groups.of[row as usize] as usize] = 0;
        }
        let mut names = Vec::new();
        for (place, name) in place.iter_mut().zip(&groups.names) {
            if *place == 0 {
                *place = names.len() as u32;
                names.push(name.clone());
            }
        }
        let of = self
            .rows
            .iter()
            .map(|&row| place[groups.of[row as usize] as usize]);
        Grouped {
            of: of.collect(),
            names,
        }
    }

    /// Returns a column of those who enter.
    pub fn column(&self, values: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|&row| values[row as usize]).collect()
    }

    /// Returns the columns that facts become: a number as it is, levels as one column each but for
    /// the first that occurs. A missing number becomes the mean, marked by a column of its own
    /// where a tenth or more are missing. Notes tell how many were filled.
    pub fn covariates(&self, facts: &[usize], notes: &mut Vec<String>) -> Vec<Column> {
        let mut columns = Vec::new();
        for &fact in facts {
            let fact = &self.people.facts[fact];
            match &fact.values {
                FactValues::Levels(groups) => {
                    let mut levels = self.indicators(groups);
                    columns.append(&mut levels);
                }
                FactValues::Number { values, .. } => {
                    columns.append(&mut self.numbers(&fact.id, values, notes));
                }
            }
        }
        columns
    }

    /// Returns a column of 1 and 0 for each group that occurs but the first.
    pub fn indicators(&self, groups: &Groups) -> Vec<Column> {
        let grouped = self.grouped(groups);
        let levels = grouped.names.iter().enumerate().skip(1);
        levels
            .map(|(level, name)| {
                let values = grouped.of.iter().map(|&of| f64::from(of == level as u32));
                Column::new(format!("{} {name}", groups.name), values.collect())
            })
            .collect()
    }

    /// Returns the columns that a number becomes.
    pub fn numbers(&self, name: &str, values: &Numbers, notes: &mut Vec<String>) -> Vec<Column> {
        // Rows stand in order: as many as there are is all of them.
        if let Some(all) = values.complete().filter(|all| all.len() == self.rows.len()) {
            return vec![Column {
                name: name.to_owned(),
                values: all.clone(),
            }];
        }
        let value = |row: &u32| values.get(*row as usize);
        let values: Vec<Option<f64>> = self.rows.iter().map(value).collect();
        let known = values.iter().flatten();
        let missing = values.len() - known.clone().count();
        if missing == values.len() {
            notes.push(format!("covariate `{name}` has no values and was left out"));
            return Vec::new();
        }
        let mean = known.sum::<f64>() / (values.len() - missing) as f64;
        let filled = values.iter().map(|value| value.unwrap_or(mean));
        let mut columns = vec![Column::new(name.to_owned(), filled.collect())];
        if missing == 0 {
            return columns;
        }
        let mut note = format!("covariate `{name}`: {missing} missing, filled with the mean");
        if missing * 10 >= values.len() {
            note += " and marked by an indicator";
            let marked = values.iter().map(|value| f64::from(value.is_none()));
            columns.push(Column::new(format!("{name} missing"), marked.collect()));
        }
        notes.push(note);
        columns
    }

    /// Returns how many stand on the smaller side.
    pub fn smaller_side(&self) -> usize {
        let arm = self.in_arm.iter().filter(|in_arm| **in_arm).count();
        arm.min(self.in_arm.len() - arm)
    }
}

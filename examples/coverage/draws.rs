//! The draws compared, each made by [`Machine`], the machine of a live trial.

use klero::digest::Digest;
use klero::draw::{Live, Machine, MasterKey, Seed, StratumKey, block_sizes, encode};
use klero::estimate::stratified::Stratified;
use klero::protocol::{Fraction, Imbalance, Procedure};

use crate::STRATA;
use crate::people::Facts;

/// A column of the table each; the reference is the first of the ratio.
pub const PLANS: [Plan; 9] = [
    Plan::new("complete", Rule::Complete, &[1, 1]),
    Plan::new("complete", Rule::Complete, &[1, 1, 1]),
    Plan::new("complete", Rule::Complete, &[4, 1]),
    Plan::new("blocks", Rule::Blocks, &[1, 1]),
    Plan::new("blocks", Rule::Blocks, &[1, 1, 1]),
    Plan::new("minimised", Rule::Minimisation, &[1, 1]),
    Plan::new("minimised", Rule::Minimisation, &[1, 1, 1]),
    Plan::new("in strata", Rule::BlocksInStrata, &[1, 1]),
    Plan::new("in strata", Rule::BlocksInStrata, &[1, 1, 1]),
];

#[derive(Clone, Copy)]
pub struct Plan {
    name: &'static str,
    pub rule: Rule,
    pub ratio: &'static [u32],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    Complete,
    Blocks,
    Minimisation,
    BlocksInStrata,
}

impl Plan {
    const fn new(name: &'static str, rule: Rule, ratio: &'static [u32]) -> Plan {
        Plan { name, rule, ratio }
    }

    /// Returns name and ratio: "complete 4:1".
    pub fn title(&self) -> String {
        let parts: Vec<String> = self.ratio.iter().map(u32::to_string).collect();
        format!("{} {}", self.name, parts.join(":"))
    }

    /// Returns the block sizes, by lot: 4 and 6, or with three arms 3 and 6.
    fn blocks(&self) -> Vec<u32> {
        match self.ratio.len() {
            2 => vec![4, 6],
            _ => vec![3, 6],
        }
    }

    pub fn procedure(&self) -> Procedure {
        match self.rule {
            Rule::Complete => Procedure::Complete { counts: None },
            Rule::Blocks | Rule::BlocksInStrata => Procedure::PermutedBlocks {
                sizes: self.blocks(),
            },
            Rule::Minimisation => Procedure::Minimisation {
                measure: Imbalance::Range,
                probability: Fraction { p: 8, q: 10 },
                weights: vec![(0, 1), (1, 1), (2, 1)],
            },
        }
    }

    /// Draws all units, in their order.
    pub fn draw(&self, units: &[Facts], number: u64) -> Fallen {
        let name = format!("{} {:?} {}", self.name, self.ratio, units.len());
        let key = encode([name.as_bytes(), &number.to_be_bytes()]);
        let seed = Seed::from_bytes(Digest::of(&key).0);
        let master = MasterKey::derive(&seed, "coverage", Digest::of(b""), "");
        let mut machine = Machine::new(
            self.procedure(),
            self.ratio.to_vec(),
            Live::new(master.clone()),
        );
        let strata: Vec<StratumKey> = match self.rule {
            Rule::BlocksInStrata => ["a", "b", "c"].map(|name| StratumKey::of(&[name])).to_vec(),
            _ => vec![StratumKey::of::<&str>(&[])],
        };
        let stratum_of = |unit: &Facts| unit[2] % strata.len();
        let arms = match self.rule {
            Rule::Complete => machine.draw_batch(&strata[0], units.len()),
            _ => units
                .iter()
                .map(|unit| {
                    let stratum = &strata[stratum_of(unit)];
                    let arm = machine.draw(stratum, unit);
                    machine.record(stratum, unit, arm);
                    arm
                })
                .collect(),
        };
        let blocks = matches!(self.rule, Rule::Blocks | Rule::BlocksInStrata).then(|| {
            let sizes = self.blocks();
            let all = units.len() as u64;
            let sizes = |stratum| block_sizes(&master, &sizes, stratum, all);
            strata.iter().map(sizes).collect()
        });
        Fallen {
            arms,
            stratum: units.iter().map(|unit| stratum_of(unit) as u32).collect(),
            strata: strata.len(),
            blocks,
        }
    }
}

/// A draw as it fell.
pub struct Fallen {
    pub arms: Vec<usize>,
    pub stratum: Vec<u32>,
    pub strata: usize,
    /// The sizes of the blocks, which whoever has the seed knows.
    pub blocks: Option<Vec<Vec<u32>>>,
}

impl Fallen {
    /// Returns what the reference (0) and the arm (1) have of a column, in the order of persons.
    pub fn seen<T: Copy>(&self, columns: [&[T]; 2]) -> Vec<T> {
        let rows = self.arms.iter().zip(columns[0]).zip(columns[1]);
        rows.filter_map(|((arm, in_reference), in_arm)| match arm {
            0 => Some(*in_reference),
            1 => Some(*in_arm),
            _ => None,
        })
        .collect()
    }

    /// Returns a column that is the same in both arms.
    pub fn same<T: Copy>(&self, column: &[T]) -> Vec<T> {
        self.seen([column, column])
    }

    /// Returns what one arm has of a column.
    pub fn of_arm<T: Copy>(&self, which: usize, column: &[T]) -> Vec<T> {
        let rows = self.arms.iter().zip(column);
        rows.filter(|(arm, _)| **arm == which)
            .map(|(_, value)| *value)
            .collect()
    }

    /// Returns of both arms whether a person stands in the second.
    pub fn in_arm(&self) -> Vec<bool> {
        self.arms
            .iter()
            .filter(|&&arm| arm < 2)
            .map(|&arm| arm == 1)
            .collect()
    }

    /// Lays what is seen of an outcome out by strata, where the draw had some.
    pub fn by_strata<T>(&self, y: &[f64], with: impl FnOnce(&Stratified) -> T) -> Option<T> {
        (self.strata > 1).then(|| {
            with(&Stratified {
                y,
                in_arm: &self.in_arm(),
                stratum: &self.same(&self.stratum),
                names: &STRATA.map(str::to_owned),
                cluster: None,
            })
        })
    }
}

//! How a trial was drawn, as far as drawing it again needs it.
//!
//! Promises: a design that does not hold together is refused with the place, so that replays
//! need not ask again. Hides: which slots are exchangeable.

use std::collections::HashMap;

use crate::protocol::Procedure;

/// What was drawn into an arm at once: a person, or a cluster with all its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub stratum: usize,
    /// The list it was drawn with, numbered within the stratum; only `complete` looks at it.
    pub list: usize,
    /// Levels of the factors of minimisation, in the order of its weights; empty otherwise.
    pub levels: Vec<usize>,
    /// The arm it was drawn into.
    pub arm: usize,
}

/// A draw as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Ids of the arms, in the order of the plan.
    pub arms: Vec<String>,
    pub procedure: Procedure,
    pub ratio: Vec<u32>,
    /// Units in the order they were drawn; within a list of `complete`, in any fixed order.
    pub units: Vec<Unit>,
    /// The unit of each person, as an index, persons in the order of their outcomes.
    pub unit_of: Vec<usize>,
    /// Sizes of the blocks of each stratum, in order, where the plan has several sizes and the
    /// seed is revealed ([`block_sizes`](crate::draw::block_sizes)).
    pub block_sizes: Option<Vec<Vec<u32>>>,
}

/// Why a draw cannot be drawn again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DesignError {
    #[error("{found} numbers of the ratio for {expected} arms")]
    Ratio { found: usize, expected: usize },
    #[error("`{procedure}` draws two arms 1:1")]
    TwoArms { procedure: &'static str },
    #[error("unit {unit} has arm {arm} of {arms}")]
    Arm {
        unit: usize,
        arm: usize,
        arms: usize,
    },
    #[error("unit {unit} has {found} levels for minimisation, expected {expected}")]
    Levels {
        unit: usize,
        found: usize,
        expected: usize,
    },
    #[error("person {person} has unit {unit} of {units}")]
    Person {
        person: usize,
        unit: usize,
        units: usize,
    },
    #[error("block {block} of stratum {stratum} has more of `{arm}` than its {expected}")]
    Overdrawn {
        stratum: usize,
        block: usize,
        arm: String,
        expected: u64,
    },
    #[error("the block sizes of stratum {stratum} hold fewer slots than were drawn")]
    TooFewBlocks { stratum: usize },
    #[error("a block of {size} cannot be split by the ratio, of sum {sum}")]
    BlockSize { size: u32, sum: u32 },
    #[error("{found} rows of {what} for {expected} persons")]
    Rows {
        what: &'static str,
        found: usize,
        expected: usize,
    },
    #[error("persons of cluster {cluster} differ in {what}")]
    Cluster { cluster: usize, what: &'static str },
}

/// A draw that can be drawn again.
#[derive(Clone, Debug)]
pub struct Design {
    pub(super) drawn: Drawn,
    pub(super) strata: usize,
    /// Whether some unit has several persons.
    pub(super) clustered: bool,
    /// Where slots are exchangeable: the lists of `complete` and the blocks of known size.
    pub(super) lists: Option<Vec<List>>,
}

/// Slots of which each order of arms was equally likely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    pub stratum: usize,
    /// Units in order of their slots; a last block may have slots beyond them.
    pub units: Vec<usize>,
    /// Slots of each arm.
    pub counts: Vec<u64>,
}

/// The blocks of a table without a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks<'a> {
    /// The block of each person, numbered within the stratum.
    Named(&'a [usize]),
    /// Blocks of one size, filled in the order of the rows, stratum by stratum.
    Sized { ratio: &'a [u32], size: u32 },
}

/// The persons of a table without a ledger; strata and clusters may be left empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persons<'a> {
    pub arm: &'a [usize],
    pub stratum: &'a [usize],
    pub cluster: &'a [usize],
}

impl Design {
    /// Checks a recorded draw.
    ///
    /// The lists of `complete` are drawn again with the counts they had. So are blocks whose
    /// sizes are known: all of one size, or revealed. Where sizes were drawn by lot and are not
    /// revealed, they are drawn again too.
    pub fn new(drawn: Drawn) -> Result<Design, DesignError> {
        let arms = drawn.arms.len();
        if drawn.ratio.len() != arms {
            return Err(DesignError::Ratio {
                found: drawn.ratio.len(),
                expected: arms,
            });
        }
        let two_only = matches!(
            drawn.procedure,
            Procedure::BiasedCoin { .. } | Procedure::BigStick { .. }
        );
        if two_only && drawn.ratio != [1, 1] {
            return Err(DesignError::TwoArms {
                procedure: drawn.procedure.name(),
            });
        }
        let expected = match &drawn.procedure {
            Procedure::Minimisation { weights, .. } => weights.len(),
            _ => 0,
        };
        for (unit, row) in drawn.units.iter().enumerate() {
            if row.arm >= arms {
                let arm = row.arm;
                return Err(DesignError::Arm { unit, arm, arms });
            }
            let found = row.levels.len();
            if expected > 0 && found != expected {
                return Err(DesignError::Levels {
                    unit,
                    found,
                    expected,
                });
            }
        }
        let units = drawn.units.len();
        let mut persons = vec![0usize; units];
        for (person, &unit) in drawn.unit_of.iter().enumerate() {
            if unit >= units {
                return Err(DesignError::Person {
                    person,
                    unit,
                    units,
                });
            }
            persons[unit] += 1;
        }
        let strata = drawn.units.iter().map(|unit| unit.stratum + 1).max();
        let strata = strata.unwrap_or(0);
        let lists = match &drawn.procedure {
            Procedure::Complete { .. } => Some(lists(&drawn)),
            Procedure::PermutedBlocks { sizes } => match (&drawn.block_sizes, sizes.as_slice()) {
                (Some(known), _) => Some(blocks(&drawn, strata, known)?),
                (None, [size]) => {
                    // So many that every stratum has enough; unused blocks are not kept.
                    let enough = units / *size as usize + 1;
                    let known = vec![vec![*size; enough]; strata];
                    Some(blocks(&drawn, strata, &known)?)
                }
                (None, _) => None,
            },
            _ => None,
        };
        Ok(Design {
            clustered: persons.iter().any(|&persons| persons > 1),
            drawn,
            strata,
            lists,
        })
    }

    /// Returns a complete draw with the counts that stand in the table, stratum by stratum.
    pub fn complete(arms: Vec<String>, persons: Persons<'_>) -> Result<Design, DesignError> {
        let lists = vec![0; persons.arm.len()];
        Design::of_lists(arms, persons, &lists)
    }

    /// Returns a draw in permuted blocks. Named blocks keep the counts that stand in the table.
    pub fn permuted_blocks(
        arms: Vec<String>,
        persons: Persons<'_>,
        blocks: Blocks<'_>,
    ) -> Result<Design, DesignError> {
        match blocks {
            Blocks::Named(blocks) => Design::of_lists(arms, persons, blocks),
            Blocks::Sized { ratio, size } => {
                let (units, unit_of) = units(persons, &vec![0; persons.arm.len()])?;
                Design::new(Drawn {
                    arms,
                    procedure: Procedure::PermutedBlocks { sizes: vec![size] },
                    ratio: ratio.to_vec(),
                    units,
                    unit_of,
                    block_sizes: None,
                })
            }
        }
    }

    fn of_lists(
        arms: Vec<String>,
        persons: Persons<'_>,
        lists: &[usize],
    ) -> Result<Design, DesignError> {
        let (units, unit_of) = units(persons, lists)?;
        Design::new(Drawn {
            ratio: vec![1; arms.len()],
            arms,
            procedure: Procedure::Complete { counts: None },
            units,
            unit_of,
            block_sizes: None,
        })
    }

    /// Returns the number of persons.
    pub fn persons(&self) -> usize {
        self.drawn.unit_of.len()
    }

    /// Returns the number of arms.
    pub fn arms(&self) -> usize {
        self.drawn.arms.len()
    }
}

/// Returns the units of a table, in order of their first rows, and the unit of each row.
fn units(persons: Persons<'_>, lists: &[usize]) -> Result<(Vec<Unit>, Vec<usize>), DesignError> {
    let expected = persons.arm.len();
    for (what, found) in [
        ("strata", persons.stratum.len()),
        ("clusters", persons.cluster.len()),
        ("blocks", lists.len()),
    ] {
        if found != expected && (found > 0 || what == "blocks") {
            return Err(DesignError::Rows {
                what,
                found,
                expected,
            });
        }
    }
    let mut units: Vec<Unit> = Vec::new();
    let mut unit_of = Vec::with_capacity(expected);
    let mut places: HashMap<usize, usize> = HashMap::new();
    for (row, (&arm, &list)) in persons.arm.iter().zip(lists).enumerate() {
        let unit = Unit {
            stratum: persons.stratum.get(row).copied().unwrap_or(0),
            list,
            levels: Vec::new(),
            arm,
        };
        let cluster = persons.cluster.get(row).copied().unwrap_or(row);
        let place = *places.entry(cluster).or_insert(units.len());
        unit_of.push(place);
        match units.get(place) {
            None => units.push(unit),
            Some(first) if first.arm != arm => {
                return Err(DesignError::Cluster {
                    cluster,
                    what: "arm",
                });
            }
            Some(first) if *first != unit => {
                return Err(DesignError::Cluster {
                    cluster,
                    what: "stratum or block",
                });
            }
            Some(_) => {}
        }
    }
    Ok((units, unit_of))
}

/// Returns the lists of `complete`, in order of their first units, with the counts they got.
fn lists(drawn: &Drawn) -> Vec<List> {
    let mut places: HashMap<(usize, usize), usize> = HashMap::new();
    let mut lists: Vec<List> = Vec::new();
    for (number, unit) in drawn.units.iter().enumerate() {
        let key = (unit.stratum, unit.list);
        let place = *places.entry(key).or_insert(lists.len());
        if place == lists.len() {
            lists.push(List {
                stratum: unit.stratum,
                units: Vec::new(),
                counts: vec![0; drawn.arms.len()],
            });
        }
        lists[place].units.push(number);
        lists[place].counts[unit.arm] += 1;
    }
    lists
}

/// Returns the blocks of known sizes, in order of their first units.
fn blocks(drawn: &Drawn, strata: usize, sizes: &[Vec<u32>]) -> Result<Vec<List>, DesignError> {
    let sum: u32 = drawn.ratio.iter().sum();
    let mut blocks: Vec<List> = Vec::new();
    // By stratum: the place of the present block, the number of the coming one, and the slots of
    // each arm that are left.
    let mut present: Vec<(usize, usize, Vec<u64>)> = vec![(0, 0, vec![]); strata];
    for (number, unit) in drawn.units.iter().enumerate() {
        let stratum = unit.stratum;
        let (place, coming, left) = &mut present[stratum];
        if left.iter().all(|&left| left == 0) {
            let known = sizes.get(stratum).and_then(|sizes| sizes.get(*coming));
            let size = *known.ok_or(DesignError::TooFewBlocks { stratum })?;
            if size == 0 || size % sum != 0 {
                return Err(DesignError::BlockSize { size, sum });
            }
            let counts = drawn.ratio.iter().map(|&a| u64::from(a * (size / sum)));
            *left = counts.collect();
            *place = blocks.len();
            *coming += 1;
            blocks.push(List {
                stratum,
                units: Vec::new(),
                counts: left.clone(),
            });
        }
        let block = &mut blocks[*place];
        block.units.push(number);
        left[unit.arm] = left[unit.arm]
            .checked_sub(1)
            .ok_or_else(|| DesignError::Overdrawn {
                stratum,
                block: *coming - 1,
                arm: drawn.arms[unit.arm].clone(),
                expected: block.counts[unit.arm],
            })?;
    }
    Ok(blocks)
}

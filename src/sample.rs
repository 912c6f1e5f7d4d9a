//! The one place where arms and outcomes meet: who enters an analysis, and who does not.
//!
//! Promises: everybody who was drawn is counted, in the arm drawn, with an outcome or with the
//! reason there is none; people stand in an order that the order of the input does not change, so
//! that sums over them have the same last digit every time.

mod analysis;
mod dates;
mod file;
mod flow;
mod numbers;
mod order;
mod people;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use analysis::{AnalysisColumn, Holds, analysis_columns, analysis_file};
pub use dates::dates_of_draws;
pub use file::OutcomeFile;
pub use flow::{ArmFlow, Flow};
pub use numbers::Numbers;
pub use table::{Data, Roles};

use crate::protocol::{Procedure, Unit};
use crate::register::{RegisterError, Shown};
use crate::spelling::listed;
use crate::table::TableError;

/// Everybody who was drawn, with what was known before the draw: a fact a column, in one order.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    /// The arms by id, in the order of the plan.
    pub arms: Vec<String>,
    /// Index of the arm that others are compared with.
    pub reference: usize,
    /// The arm of each person.
    pub arm: Vec<u16>,
    /// The stratum each person was drawn in.
    pub stratum: Option<Groups>,
    /// The cluster each person was drawn with.
    pub cluster: Option<Groups>,
    pub facts: Vec<Fact>,
    pub weights: Option<Vec<f64>>,
    /// How the arms were drawn, where a ledger tells.
    pub drawn: Option<Drawn>,
}

/// Which group each person belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// What the groups are of: the name of a column, or the factors of a stratum.
    pub name: String,
    /// The groups' own names.
    pub names: Vec<String>,
    pub of: Vec<u32>,
}

/// Something known about each person before the draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub id: String,
    pub label: String,
    pub values: FactValues,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FactValues {
    /// A number, with its levels where the plan gives it bands.
    Number {
        values: Numbers,
        bands: Option<Groups>,
    },
    Levels(Groups),
}

/// How a sample's arms were drawn, as far as drawing again needs it.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawn {
    /// As a ledger has it.
    Recorded(Recorded),
    /// A table without a ledger: within each stratum, and each block where blocks are known, the
    /// counts of the arms were fixed and every order equally likely.
    Lists { block: Option<Vec<u32>> },
}

/// The draws of a ledger, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub procedure: Procedure,
    pub ratio: Vec<u32>,
    /// The levels of each stratum, in the order in which the strata began.
    pub strata: Vec<Vec<String>>,
    pub units: Vec<Unitary>,
    /// The unit of each person: an index into `units`.
    pub unit_of: Vec<u32>,
    /// Sizes of the blocks of each stratum, where they were drawn by lot and the seed is known.
    pub block_sizes: Option<Vec<Vec<u32>>>,
}

/// One draw: of a person, or of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unitary {
    pub stratum: u32,
    /// Levels of the factors of minimisation, in the order of the plan's weights.
    pub levels: Vec<u32>,
    pub batch: u64,
    pub arm: u16,
}

/// The values of one outcome, beside [`People`].
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub id: Option<String>,
    pub label: Option<String>,
    pub unit: Unit,
    /// A share that the arm is compared with, in a study with one arm.
    pub target: Option<f64>,
    /// Whether the quantity lies before the draw.
    pub before_draw: bool,
    /// Whether a yes is known before a no, as of what happened at some time in a window.
    pub early: bool,
    /// Whether it is of those alone who came so far after the draw.
    pub reached: bool,
    /// The smallest and largest value there can be, where the measure sets them.
    pub limits: Option<(f64, f64)>,
    /// 0 for those without a value.
    pub value: Vec<f64>,
    pub observed: Vec<bool>,
    /// How times ended.
    pub end: Option<Vec<End>>,
    /// Weeks observed, of which a pooled share is a share.
    pub of: Option<Vec<f64>>,
    pub baseline: Option<Vec<Option<f64>>>,
    /// Persons without a value, by arm and reason.
    pub missing: Vec<BTreeMap<String, usize>>,
}

/// How the time of a person ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    Event,
    /// Observation ended first.
    Censored,
    /// Something else happened first, after which the event cannot happen.
    Competing,
}

/// Persons with the outcome, of all persons of an arm who have a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub events: u64,
    pub n: u64,
}

/// Why a sample could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("the outcomes cannot be used: {message}\n  in {}", path.display())]
    NotOutcomes { path: PathBuf, message: String },
    #[error("the outcomes do not hold `{outcome}` as the plan defines it\n  in {}\n  {difference}", path.display())]
    Stale {
        path: PathBuf,
        outcome: String,
        difference: String,
    },
    #[error("{count} drawn referrals have no row among the outcomes, the first `{first}`\n  in {}", path.display())]
    Lacking {
        path: PathBuf,
        count: usize,
        first: String,
    },
    #[error("`{referral}` has outcomes and was not drawn\n  in {}", path.display())]
    NotDrawn { path: PathBuf, referral: String },
    #[error("{referral} stands twice\n  in {}", path.display())]
    Twice { path: PathBuf, referral: Shown },
    #[error("{found} is no {expected}\n  in {}, line {line}, column {column}", path.display())]
    Cell {
        path: PathBuf,
        line: u64,
        column: String,
        found: Shown,
        expected: &'static str,
    },
    #[error("no {what}\n  in {}, line {line}, column {column}", path.display())]
    Empty {
        path: PathBuf,
        line: u64,
        column: String,
        what: &'static str,
    },
    #[error("no arm `{arm}`\n  in {}, column {column}\n  found {}", path.display(), listed(found.iter().map(String::as_str)))]
    UnknownArm {
        path: PathBuf,
        column: String,
        arm: String,
        found: Vec<String>,
        nearest: Option<String>,
    },
    #[error("one arm only, `{arm}`\n  in {}, column {column}", path.display())]
    OneArm {
        path: PathBuf,
        column: String,
        arm: String,
    },
    #[error("{found} arms\n  in {}, column {column}\n  expected at most {most}", path.display())]
    ManyArms {
        path: PathBuf,
        column: String,
        found: usize,
        most: usize,
    },
    #[error("cluster `{cluster}` has persons in two arms, `{one}` and `{other}`\n  in {}", path.display())]
    SplitCluster {
        path: PathBuf,
        cluster: String,
        one: String,
        other: String,
    },
    #[error("the flow does not add up: {message}")]
    Flow { message: String },
}

impl Count {
    pub fn new(events: u64, n: u64) -> Count {
        assert!(events <= n, "no more events than persons");
        Count { events, n }
    }

    /// Returns the share.
    pub fn share(self) -> f64 {
        self.events as f64 / self.n as f64
    }
}

impl Groups {
    /// Groups equal names; the groups stand in the order of their names.
    pub fn of(name: &str, of: &[impl AsRef<str>]) -> Groups {
        let mut places: BTreeMap<&str, u32> = BTreeMap::new();
        for group in of {
            places.insert(group.as_ref(), 0);
        }
        for (place, index) in places.values_mut().zip(0..) {
            *place = index;
        }
        Groups {
            name: name.to_owned(),
            of: of.iter().map(|group| places[group.as_ref()]).collect(),
            names: places.keys().map(|&group| group.to_owned()).collect(),
        }
    }
}

impl Fact {
    /// Returns the groups that the fact puts people into, if it does.
    pub fn groups(&self) -> Option<&Groups> {
        match &self.values {
            FactValues::Number { bands, .. } => bands.as_ref(),
            FactValues::Levels(groups) => Some(groups),
        }
    }
}

impl People {
    pub fn len(&self) -> usize {
        self.arm.len()
    }

    pub fn is_empty(&self) -> bool {
        self.arm.is_empty()
    }

    /// Returns the fact with this id.
    pub fn fact(&self, id: &str) -> Option<usize> {
        self.facts.iter().position(|fact| fact.id == id)
    }

    /// Returns how many persons were drawn into each arm.
    pub fn allocated(&self) -> Vec<usize> {
        let mut allocated = vec![0; self.arms.len()];
        for &arm in &self.arm {
            allocated[usize::from(arm)] += 1;
        }
        allocated
    }
}

impl Measured {
    /// Returns the outcome's id, for messages.
    pub fn name(&self) -> String {
        self.id.clone().unwrap_or_default()
    }

    /// Counts the persons of an arm with a 1, of all who have a value; of outcomes of 1 and 0.
    pub fn count(&self, people: &People, arm: usize) -> Option<Count> {
        if self.unit != Unit::YesNo {
            return None;
        }
        let of_arm = (0..people.len())
            .filter(|&row| usize::from(people.arm[row]) == arm && self.observed[row]);
        let values: Vec<f64> = of_arm.map(|row| self.value[row]).collect();
        let events = values.iter().filter(|&&value| value == 1.0).count();
        Some(Count::new(events as u64, values.len() as u64))
    }
}

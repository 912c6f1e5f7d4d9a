//! The plan of a trial, `study.toml`, read once and then trusted.
//!
//! Promises: a [`Protocol`] that exists has been checked: its names are known, its levels are
//! closed, its counts and windows can work. Everything wrong with a file is reported at once, each
//! fault with its line, what was found, what was expected and the nearest known name.
//! Hides: TOML. What each key means is written in `docs/study-file.md`.

mod read;
mod section;

use std::fmt;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::period::Window;

pub(crate) use read::is_name;
pub use section::{Fault, ProtocolError};

/// A checked plan, with the text it was read from.
#[derive(Clone, Debug)]
pub struct Protocol {
    pub text: String,
    pub digest: Digest,
    pub study: Study,
    pub arms: Vec<Arm>,
    /// The arm others are compared with; absent in a study with one arm.
    pub reference: Option<usize>,
    pub factors: Vec<Factor>,
    /// Absent in a study with one arm, where nothing is drawn.
    pub allocation: Option<Allocation>,
    pub eligible: Vec<Rule>,
    pub registers: Vec<Register>,
    pub unions: Vec<Union>,
    pub outcomes: Vec<Outcome>,
    pub estimates: Vec<PlannedEstimate>,
    pub multiplicity: Multiplicity,
    pub replays: Replays,
}

/// `[study]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Study {
    pub id: String,
    pub title: String,
    pub language: Language,
}

/// The language of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Danish,
    English,
}

/// `[[arm]]`: what a referral may be drawn into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    pub id: String,
    pub label: String,
    pub ratio: u32,
}

/// `[[factor]]`: a fact known before the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    pub id: String,
    pub label: String,
    pub kind: FactorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactorKind {
    /// A closed list of levels.
    Levels(Vec<String>),
    /// A whole number with bounds; the bands, when given, are its levels.
    Whole {
        min: i64,
        max: i64,
        bands: Vec<Band>,
    },
    /// Any name: only for the factor that names clusters.
    Open,
}

/// A named stretch of whole numbers, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    pub name: String,
    pub min: i64,
    pub max: i64,
}

/// The value of a factor for one referral.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Index into the factor's levels.
    Level(usize),
    Whole(i64),
    /// The name of a cluster.
    Name(String),
}

/// `[allocation]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    pub procedure: Procedure,
    /// Indices of the factors whose levels make a stratum.
    pub strata: Vec<usize>,
    /// The factor that names the cluster, when whole clusters are drawn.
    pub cluster: Option<usize>,
    /// How many referrals (or clusters) are expected in all.
    pub expected: Option<u64>,
}

/// The rule a draw follows; `docs/specification.md` says each exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Procedure {
    Simple,
    Complete {
        counts: Option<Vec<u64>>,
    },
    PermutedBlocks {
        sizes: Vec<u32>,
    },
    BlockUrn {
        lambda: u32,
    },
    BiasedCoin {
        probability: Fraction,
    },
    BigStick {
        limit: u32,
    },
    Minimisation {
        measure: Imbalance,
        probability: Fraction,
        /// Factor index and its weight.
        weights: Vec<(usize, u32)>,
    },
}

/// How minimisation measures imbalance between arms at one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imbalance {
    Range,
    Variance,
}

/// A probability p/q as it was written, never a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    pub p: u32,
    pub q: u32,
}

/// `[[eligible]]`: a condition that every referral must meet to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub label: String,
    pub demand: Demand,
    /// Whom the rule is for; everybody when absent.
    pub when: Option<Demand>,
}

/// What is demanded of a factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    pub factor: usize,
    pub condition: Condition,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Between {
        min: Option<i64>,
        max: Option<i64>,
    },
    /// Indices of the allowed levels.
    In(Vec<usize>),
}

/// `[register.x]`: files of one register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    pub id: String,
    pub kind: RegisterKind,
    pub files: Vec<PathBuf>,
    /// Name of the key column; the first column when absent.
    pub key: Option<String>,
    /// Names of further columns, where they differ from the kind's own.
    pub columns: Vec<(ColumnRole, String)>,
    /// The file that counts where two cover the same period, as an index.
    pub wins: Option<usize>,
    /// A table of codes beside the one that comes with the program.
    pub codes: Option<PathBuf>,
    pub absent: Absence,
}

/// What is known of a person who is in no row of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Absence {
    /// Nothing: every value is missing.
    #[default]
    Missing,
    /// That there was nothing to register: no paid hours, or no benefit in any week.
    Zero,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterKind {
    /// Wide: a row a person, a column a week.
    Dream,
    /// Long: a row a job and month, with paid hours.
    Bfl,
    /// Long: a row a spell, from start to end.
    Spells,
    /// Long: a row a person and period.
    States,
}

/// What weeks are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zero {
    Draw,
    /// The day on which a person started, in a study with one arm.
    Start,
}

/// What a column of a long register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnRole {
    Year,
    Month,
    Hours,
    /// In kroner; checked, and read by no measure.
    Wage,
    /// Whether the job was subsidised; read by no measure.
    Subsidy,
    Period,
    Start,
    End,
    State,
}

/// What a week means. Every week of a person is in exactly one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum State {
    Ordinary,
    SelfSupport,
    Supported,
    Praktik,
    Education,
    Benefit,
    Pension,
    Abroad,
    Dead,
    Unknown,
}

/// Which weeks an outcome counts: by state, by code, or by wage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    State(State),
    /// A week with this code, whatever its state.
    Code(u16),
    /// A week whose month has an industry code, whatever the week's own code.
    Wage,
}

/// `[states]`: a name for a set of selectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Union {
    pub name: String,
    pub selectors: Vec<Selector>,
}

/// `[[outcome]]`: a quantity per referral.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub id: String,
    pub label: String,
    pub measure: Measure,
    /// The register it reads, as an index; absent for a `value`.
    pub register: Option<usize>,
    /// What a person is who is in no row of that register.
    pub absent: Absence,
    /// The table that a `value` is a column of.
    pub value: Option<ValueColumn>,
    /// The names of `states` as they were written.
    pub states_written: Vec<String>,
    pub selectors: Vec<Selector>,
    /// Line of `states` in the plan, for faults found when the register's codes are known.
    pub states_line: usize,
    pub target: Option<f64>,
}

/// A column of a table with one row a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueColumn {
    pub file: PathBuf,
    pub column: String,
    /// The same quantity before the draw.
    pub baseline: Option<String>,
    /// Whether the column holds 1 and 0 alone.
    pub yes_no: bool,
    /// What the baseline is called where it is shown.
    pub baseline_label: Option<String>,
    /// Name of the key column; the first column when absent.
    pub key: Option<String>,
}

/// What weeks are divided by in a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denominator {
    /// The length of the window.
    Fixed,
    /// The person's observed weeks.
    Observed,
    /// Observed weeks too, the arm's figure being the quotient of sums.
    Pooled,
}

/// What is measured over a person's weeks; `docs/outcomes.md` says each exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// 1 if some week of the window is in the states.
    Ever { window: Window },
    /// 1 if the last week of the window is in the states.
    At { window: Window },
    /// Number of weeks in the states; with `more_than`, 1 if the number exceeds it.
    Weeks {
        window: Window,
        more_than: Option<u32>,
    },
    /// Weeks in the states divided by the weeks of the denominator.
    Share {
        window: Window,
        denominator: Denominator,
    },
    /// Week of the first week in the states, or of the completion of `stable` consecutive ones.
    TimeTo { window: Window, stable: u32 },
    /// Of those with `stable` consecutive weeks in the window: 1 if in the states `after` weeks
    /// later.
    Retained {
        window: Window,
        stable: u32,
        after: u32,
    },
    /// Mean over months of the paid share of full time, each month at most 1.
    Degree { months: Window },
    /// 1 if no hours are paid in the months.
    DegreeZero { months: Window },
    /// Mean paid hours a week over the months; with a bound, 1 if it is within.
    Hours {
        months: Window,
        more_than: Option<u32>,
        at_most: Option<u32>,
    },
    /// A column of a table; with `yes_no`, one that holds 1 and 0 alone.
    Value { yes_no: bool },
    /// Weeks in the states before the draw, across gaps of at most `gap` weeks; with
    /// `more_than`, 1 if the number exceeds it.
    History { gap: u32, more_than: Option<u32> },
}

/// The kind of number a measure gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 1 or 0 per person; a share of persons per arm.
    YesNo,
    /// A number from 0 to 1 per person.
    ShareOfTime,
    /// Weeks of the states and weeks observed per person; per arm the quotient of their sums.
    PooledShare,
    Weeks,
    /// Weeks to an event or to the end of observation.
    TimeToEvent,
    /// Any number, of a table whose units klero does not know.
    Number,
}

/// `[[estimate]]`: one analysis the plan declares.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedEstimate {
    pub outcome: usize,
    pub role: Role,
    /// Empty: the default for the outcome's unit.
    pub methods: Vec<MethodId>,
    pub contrasts: Contrasts,
    pub level: f64,
    pub interval: Option<IntervalId>,
    /// What the estimate is adjusted for: facts from before the draw.
    pub adjust: Vec<Covariate>,
    pub se: Option<StandardErrors>,
    pub scale: Option<ShareScale>,
    /// Factor whose levels are looked at one by one.
    pub by: Option<usize>,
    /// Outcome that says what a person received, for `late`.
    pub received: Option<usize>,
    /// Week up to which times are compared; `None` is the end of the outcome's window.
    pub horizon: Option<u32>,
}

impl PlannedEstimate {
    /// Returns an estimate that the plan does not declare, with the defaults.
    pub fn exploratory(outcome: usize) -> PlannedEstimate {
        PlannedEstimate {
            outcome,
            role: Role::Exploratory,
            methods: Vec::new(),
            contrasts: Contrasts::Reference,
            level: 0.95,
            interval: None,
            adjust: Vec::new(),
            se: None,
            scale: None,
            by: None,
            received: None,
            horizon: None,
        }
    }
}

/// A fact from before the draw, as a covariate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covariate {
    Factor(usize),
    /// An outcome that lies before the draw.
    History(usize),
    /// The baseline of an outcome.
    Baseline(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Primary,
    Secondary,
    Exploratory,
}

/// Which arms are compared with which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contrasts {
    Reference,
    AllPairs,
    /// Arm and the arm it is compared with, as indices.
    Named(Vec<(usize, usize)>),
}

/// `[multiplicity]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplicity {
    pub method: Adjustment,
    pub family: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    None,
    Holm,
    Hochberg,
    BenjaminiHochberg,
    RomanoWolf,
}

/// `[replays]`: how the draw is replayed for tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replays {
    pub number: u32,
    /// What the replays' own lots follow from; the plan's digest where none is stated.
    pub seed: Option<String>,
    pub statistic: Statistic,
}

impl Default for Replays {
    fn default() -> Replays {
        Replays {
            number: 10_000,
            seed: None,
            statistic: Statistic::Studentised,
        }
    }
}

/// Gives a closed set its public names, for reading, printing and messages.
macro_rules! names {
    ($(#[$doc:meta])* $type:ty { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every value, in the order of its declaration.
            pub const ALL: &'static [$type] = &[$(<$type>::$variant),+];

            /// Returns the public name.
            pub const fn name(self) -> &'static str {
                match self { $(<$type>::$variant => $name),+ }
            }

            /// Returns the value with this public name.
            pub fn from_name(name: &str) -> Option<$type> {
                match name { $($name => Some(<$type>::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

names!(Language { Danish = "da", English = "en" });
names!(Imbalance { Range = "range", Variance = "variance" });
names!(Absence { Missing = "missing", Zero = "zero" });
names!(RegisterKind {
    Dream = "dream",
    Bfl = "bfl",
    Spells = "spells",
    States = "states",
});
names!(ColumnRole {
    Year = "year",
    Month = "month",
    Hours = "hours",
    Wage = "wage",
    Subsidy = "subsidy",
    Period = "period",
    Start = "start",
    End = "end",
    State = "state",
});
names!(Denominator {
    Fixed = "fixed",
    Observed = "observed",
    Pooled = "pooled",
});
names!(State {
    Ordinary = "ordinary",
    SelfSupport = "self_support",
    Supported = "supported",
    Praktik = "praktik",
    Education = "education",
    Benefit = "benefit",
    Pension = "pension",
    Abroad = "abroad",
    Dead = "dead",
    Unknown = "unknown",
});
names!(Role {
    Primary = "primary",
    Secondary = "secondary",
    Exploratory = "exploratory",
});
names!(Adjustment {
    None = "none",
    Holm = "holm",
    Hochberg = "hochberg",
    BenjaminiHochberg = "bh",
    RomanoWolf = "romano-wolf",
});

/// The procedures by name, as the plan writes them.
pub const PROCEDURES: &[&str] = &[
    "simple",
    "complete",
    "permuted-blocks",
    "block-urn",
    "biased-coin",
    "big-stick",
    "minimisation",
];

/// The measures by name, as the plan writes them.
pub const MEASURES: &[&str] = &[
    "ever",
    "at",
    "weeks",
    "share",
    "time-to",
    "retained",
    "degree",
    "degree-zero",
    "hours",
    "history",
    "value",
];

/// The name of the selector of weeks with wage, as the plan writes it.
pub const WAGE: &str = "wage";

/// A method of estimation, by its public id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MethodId {
    DifferenceInMeans,
    StratifiedDifference,
    Ols,
    Lin,
    RatioOfMeans,
    RiskDifference,
    RiskRatio,
    OddsRatio,
    MantelHaenszel,
    FisherExact,
    Share,
    Change,
    Ancova,
    Late,
    RandomisationTest,
    KaplanMeier,
    Rmst,
    LogRank,
    Cox,
    AalenJohansen,
    InteractionTest,
    LeeBounds,
    WorstCaseBounds,
}

names!(MethodId {
    DifferenceInMeans = "difference-in-means",
    StratifiedDifference = "stratified-difference",
    Ols = "ols",
    Lin = "lin",
    RatioOfMeans = "ratio-of-means",
    RiskDifference = "risk-difference",
    RiskRatio = "risk-ratio",
    OddsRatio = "odds-ratio",
    MantelHaenszel = "mantel-haenszel",
    FisherExact = "fisher-exact",
    Share = "share",
    Change = "change",
    Ancova = "ancova",
    Late = "late",
    RandomisationTest = "randomisation-test",
    KaplanMeier = "kaplan-meier",
    Rmst = "rmst",
    LogRank = "log-rank",
    Cox = "cox",
    AalenJohansen = "aalen-johansen",
    InteractionTest = "interaction-test",
    LeeBounds = "lee-bounds",
    WorstCaseBounds = "worst-case-bounds",
});

/// What a method may be asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Any number per person, 1 and 0 among them.
    Number,
    /// 1 or 0 per person.
    YesNo,
    /// A time to an event or to the end of observation.
    Time,
}

/// The standard error of a linear estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandardErrors {
    Classical,
    Hc0,
    Hc1,
    Hc2,
    Hc3,
    Cr0,
    Cr1,
    Cr2,
}

names!(StandardErrors {
    Classical = "classical",
    Hc0 = "hc0",
    Hc1 = "hc1",
    Hc2 = "hc2",
    Hc3 = "hc3",
    Cr0 = "cr0",
    Cr1 = "cr1",
    Cr2 = "cr2",
});

impl StandardErrors {
    /// Returns whether rows of one cluster may hang together.
    pub const fn by_cluster(self) -> bool {
        matches!(
            self,
            StandardErrors::Cr0 | StandardErrors::Cr1 | StandardErrors::Cr2
        )
    }
}

/// The scale of a Mantel-Haenszel estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareScale {
    Difference,
    Ratio,
}

names!(ShareScale {
    Difference = "difference",
    Ratio = "ratio",
});

/// The statistic of a randomisation test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    Studentised,
    Difference,
}

names!(Statistic {
    Studentised = "studentised",
    Difference = "difference",
});

/// How an interval is formed, where a method offers a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntervalId {
    MiettinenNurminen,
    Newcombe,
    Wald,
    Log,
    ClopperPearson,
    Wilson,
    Welch,
    T,
    Normal,
    LogLog,
    Exact,
    AndersonRubin,
    Inversion,
    ImbensManski,
    BootstrapT,
}

names!(IntervalId {
    MiettinenNurminen = "miettinen-nurminen",
    Newcombe = "newcombe",
    Wald = "wald",
    Log = "log",
    ClopperPearson = "clopper-pearson",
    Wilson = "wilson",
    Welch = "welch-satterthwaite",
    T = "t",
    Normal = "normal",
    LogLog = "log-log",
    Exact = "exact",
    AndersonRubin = "anderson-rubin",
    Inversion = "inversion",
    ImbensManski = "imbens-manski",
    BootstrapT = "bootstrap-t",
});

impl Protocol {
    /// Returns what weeks are counted from.
    pub fn zero(&self) -> Zero {
        match self.allocation {
            Some(_) => Zero::Draw,
            None => Zero::Start,
        }
    }

    /// Reads and checks a plan; the error holds every fault found.
    pub fn read(text: &str) -> Result<Protocol, ProtocolError> {
        read::protocol(text)
    }

    /// Takes the week of the draw into every window that begins in the week after it.
    pub fn include_week_of_draw(&mut self) {
        let language = self.study.language;
        for outcome in &mut self.outcomes {
            let Some(window) = outcome.measure.window() else {
                continue;
            };
            let with = window.with_week_of_draw();
            let words = |window| read::window_in_words(&outcome.measure, window, language);
            // An outcome of several windows is told from the others by its own.
            if let Some(label) = outcome.label.strip_suffix(&words(window)) {
                outcome.label = format!("{label}{}", words(with));
            }
            *outcome.measure.window_mut().expect("it has a window") = with;
        }
    }

    /// Returns the index of the arm with this id.
    pub fn arm(&self, id: &str) -> Option<usize> {
        self.arms.iter().position(|arm| arm.id == id)
    }

    /// Returns the index of the factor with this id.
    pub fn factor(&self, id: &str) -> Option<usize> {
        self.factors.iter().position(|factor| factor.id == id)
    }

    /// Returns the index of the outcome with this id.
    pub fn outcome(&self, id: &str) -> Option<usize> {
        self.outcomes.iter().position(|outcome| outcome.id == id)
    }

    /// Returns the ratio of the draw, one whole number per arm.
    pub fn ratio(&self) -> Vec<u32> {
        self.arms.iter().map(|arm| arm.ratio).collect()
    }

    /// Returns the stratum that facts fall in: the level of each stratum factor, as an index.
    ///
    /// `None` where a fact is lacking or has no level.
    pub fn stratum<'f>(&self, fact: impl Fn(usize) -> Option<&'f Fact>) -> Option<Vec<usize>> {
        let strata = self.allocation.as_ref().map_or(&[][..], |a| &a.strata);
        strata
            .iter()
            .map(|&factor| self.factors[factor].level_index(fact(factor)?))
            .collect()
    }

    /// Returns the names of a stratum's levels.
    pub fn stratum_names(&self, stratum: &[usize]) -> Vec<String> {
        let strata = self.allocation.as_ref().map_or(&[][..], |a| &a.strata);
        strata
            .iter()
            .zip(stratum)
            .map(|(&factor, &level)| self.factors[factor].level_name(level).to_owned())
            .collect()
    }

    /// Returns the levels that minimisation looks at, in the order of its weights; none with
    /// other procedures.
    pub fn minimised<'f>(&self, fact: impl Fn(usize) -> Option<&'f Fact>) -> Option<Vec<usize>> {
        let Some(Procedure::Minimisation { weights, .. }) =
            self.allocation.as_ref().map(|a| &a.procedure)
        else {
            return Some(Vec::new());
        };
        weights
            .iter()
            .map(|&(factor, _)| self.factors[factor].level_index(fact(factor)?))
            .collect()
    }

    /// Returns the factors that are recorded with a draw: all of them, or in a trial of clusters
    /// those that are facts about the cluster.
    pub fn recorded_factors(&self) -> Vec<usize> {
        let Some(Allocation {
            procedure,
            strata,
            cluster: Some(cluster),
            ..
        }) = &self.allocation
        else {
            return (0..self.factors.len()).collect();
        };
        let mut factors = strata.clone();
        factors.push(*cluster);
        if let Procedure::Minimisation { weights, .. } = procedure {
            factors.extend(weights.iter().map(|&(factor, _)| factor));
        }
        factors.sort_unstable();
        factors.dedup();
        factors
    }

    /// Returns the factor that names the cluster, in a trial of clusters.
    pub fn cluster(&self) -> Option<usize> {
        self.allocation.as_ref()?.cluster
    }

    /// Returns the first part of the plan that differs from `other` though it is fixed once the
    /// plan is sealed: everything a draw rests on.
    pub fn fixed_part_that_differs(&self, other: &Protocol) -> Option<String> {
        if self.study != other.study {
            return Some("[study]".to_owned());
        }
        if self.arms != other.arms || self.reference != other.reference {
            return Some("[[arm]]".to_owned());
        }
        let (own, others) = (self.allocation_by_name(), other.allocation_by_name());
        if own != others {
            return Some("[allocation]".to_owned());
        }
        let drawn_by = |plan: &Protocol| -> Vec<Factor> {
            let Some(allocation) = &plan.allocation else {
                return Vec::new();
            };
            let mut factors = allocation.strata.clone();
            factors.extend(allocation.cluster);
            if let Procedure::Minimisation { weights, .. } = &allocation.procedure {
                factors.extend(weights.iter().map(|&(factor, _)| factor));
            }
            factors
                .into_iter()
                .map(|factor| plan.factors[factor].clone())
                .collect()
        };
        drawn_by(self)
            .into_iter()
            .zip(drawn_by(other))
            .find(|(own, others)| own != others)
            .map(|(own, _)| format!("[[factor]] `{}`", own.id))
    }

    /// Returns the allocation with factors by id, so that their order in the file is no matter.
    fn allocation_by_name(&self) -> Option<NamedAllocation<'_>> {
        let allocation = self.allocation.as_ref()?;
        let id = |factor: usize| self.factors[factor].id.as_str();
        let mut procedure = allocation.procedure.clone();
        let weights = match &mut procedure {
            Procedure::Minimisation { weights, .. } => std::mem::take(weights)
                .into_iter()
                .map(|(factor, weight)| (id(factor), weight))
                .collect(),
            _ => Vec::new(),
        };
        Some(NamedAllocation {
            procedure,
            strata: allocation.strata.iter().map(|&factor| id(factor)).collect(),
            cluster: allocation.cluster.map(id),
            weights,
            expected: allocation.expected,
        })
    }

    /// Returns the label of the first eligibility rule that the facts do not meet.
    pub fn refusal(&self, facts: &[Fact]) -> Option<&str> {
        self.eligible
            .iter()
            .find(|rule| {
                let is_for = rule.when.as_ref().is_none_or(|when| when.holds(facts));
                is_for && !rule.demand.holds(facts)
            })
            .map(|rule| rule.label.as_str())
    }
}

/// An allocation that names its factors, the weights of its procedure taken out.
#[derive(PartialEq, Eq)]
struct NamedAllocation<'p> {
    procedure: Procedure,
    strata: Vec<&'p str>,
    cluster: Option<&'p str>,
    weights: Vec<(&'p str, u32)>,
    expected: Option<u64>,
}

impl Demand {
    fn holds(&self, facts: &[Fact]) -> bool {
        self.condition.holds(&facts[self.factor])
    }
}

impl Condition {
    fn holds(&self, fact: &Fact) -> bool {
        match (self, fact) {
            (Condition::Between { min, max }, Fact::Whole(value)) => {
                min.is_none_or(|min| *value >= min) && max.is_none_or(|max| *value <= max)
            }
            (Condition::In(levels), Fact::Level(level)) => levels.contains(level),
            _ => unreachable!("a rule is checked against its factor when the plan is read"),
        }
    }
}

/// Why a text is not a value of a factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongFact {
    pub found: String,
    pub expected: String,
    pub nearest: Option<String>,
}

impl Factor {
    /// Returns the number of levels the factor has as a stratum or in minimisation.
    pub fn levels(&self) -> usize {
        match &self.kind {
            FactorKind::Levels(levels) => levels.len(),
            FactorKind::Whole { bands, .. } => bands.len(),
            FactorKind::Open => 0,
        }
    }

    /// Returns the name of a level.
    pub fn level_name(&self, index: usize) -> &str {
        match &self.kind {
            FactorKind::Levels(levels) => &levels[index],
            FactorKind::Whole { bands, .. } => &bands[index].name,
            FactorKind::Open => unreachable!("an open factor is never a stratum"),
        }
    }

    /// Returns the level of a fact: its own, or the band that holds it.
    pub fn level_index(&self, fact: &Fact) -> Option<usize> {
        match (&self.kind, fact) {
            (FactorKind::Levels(levels), Fact::Level(index)) => {
                (*index < levels.len()).then_some(*index)
            }
            (FactorKind::Whole { bands, .. }, Fact::Whole(value)) => bands
                .iter()
                .position(|band| (band.min..=band.max).contains(value)),
            _ => None,
        }
    }

    /// Reads a value as typed at intake or in a list, letter for letter.
    pub fn fact(&self, text: &str) -> Result<Fact, WrongFact> {
        match &self.kind {
            FactorKind::Levels(levels) => match levels.iter().position(|level| level == text) {
                Some(index) => Ok(Fact::Level(index)),
                None => Err(WrongFact {
                    found: text.to_owned(),
                    expected: crate::spelling::listed(levels.iter().map(String::as_str)),
                    nearest: crate::spelling::nearest(text, levels.iter().map(String::as_str))
                        .map(str::to_owned),
                }),
            },
            FactorKind::Whole { min, max, .. } => match whole(text) {
                Some(value) if (*min..=*max).contains(&value) => Ok(Fact::Whole(value)),
                _ => Err(WrongFact {
                    found: text.to_owned(),
                    expected: format!("a whole number from {min} to {max}"),
                    nearest: None,
                }),
            },
            FactorKind::Open if !text.is_empty() => Ok(Fact::Name(text.to_owned())),
            FactorKind::Open => Err(WrongFact {
                found: text.to_owned(),
                expected: "a name".to_owned(),
                nearest: None,
            }),
        }
    }

    /// Writes a fact as it is typed and shown.
    pub fn fact_text(&self, fact: &Fact) -> String {
        match fact {
            Fact::Level(index) => self.level_name(*index).to_owned(),
            Fact::Whole(value) => value.to_string(),
            Fact::Name(name) => name.clone(),
        }
    }
}

/// Reads a whole number in its one form: no sign but minus, no leading zero, no blanks.
fn whole(text: &str) -> Option<i64> {
    let value: i64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

impl Procedure {
    /// Returns the public name.
    pub fn name(&self) -> &'static str {
        match self {
            Procedure::Simple => "simple",
            Procedure::Complete { .. } => "complete",
            Procedure::PermutedBlocks { .. } => "permuted-blocks",
            Procedure::BlockUrn { .. } => "block-urn",
            Procedure::BiasedCoin { .. } => "biased-coin",
            Procedure::BigStick { .. } => "big-stick",
            Procedure::Minimisation { .. } => "minimisation",
        }
    }
}

impl MethodId {
    /// Returns what kind of outcome the method is for.
    pub const fn needs(self) -> Needs {
        match self {
            MethodId::RiskDifference
            | MethodId::RiskRatio
            | MethodId::OddsRatio
            | MethodId::MantelHaenszel
            | MethodId::FisherExact
            | MethodId::Share => Needs::YesNo,
            MethodId::KaplanMeier
            | MethodId::Rmst
            | MethodId::LogRank
            | MethodId::Cox
            | MethodId::AalenJohansen => Needs::Time,
            MethodId::DifferenceInMeans
            | MethodId::StratifiedDifference
            | MethodId::Ols
            | MethodId::Lin
            | MethodId::RatioOfMeans
            | MethodId::Change
            | MethodId::Ancova
            | MethodId::Late
            | MethodId::RandomisationTest
            | MethodId::InteractionTest
            | MethodId::LeeBounds
            | MethodId::WorstCaseBounds => Needs::Number,
        }
    }

    /// Returns whether the method can be asked of an outcome with this unit.
    pub fn suits(self, unit: Unit) -> bool {
        match self.needs() {
            Needs::YesNo => unit == Unit::YesNo,
            Needs::Time => unit == Unit::TimeToEvent,
            Needs::Number => !matches!(unit, Unit::TimeToEvent | Unit::PooledShare),
        }
    }
}

impl Outcome {
    /// Returns whether something can be estimated of it in a study with one arm, where nobody
    /// names a method: the share of a yes, or the change since a baseline.
    pub fn has_default_in_one_arm(&self) -> bool {
        let baseline = |value: &ValueColumn| value.baseline.is_some();
        match self.measure.unit() {
            Unit::YesNo => true,
            Unit::Number => self.value.as_ref().is_some_and(baseline),
            _ => false,
        }
    }
}

impl RegisterKind {
    /// Returns the columns that are read of a register of this kind, beside the key.
    pub const fn columns(self) -> &'static [ColumnRole] {
        match self {
            RegisterKind::Dream => &[],
            RegisterKind::Bfl => &[
                ColumnRole::Year,
                ColumnRole::Month,
                ColumnRole::Hours,
                ColumnRole::Wage,
                ColumnRole::Subsidy,
            ],
            RegisterKind::Spells => &[ColumnRole::Start, ColumnRole::End, ColumnRole::State],
            RegisterKind::States => &[ColumnRole::Period, ColumnRole::State],
        }
    }
}

impl Measure {
    /// Returns the public name.
    pub fn name(&self) -> &'static str {
        match self {
            Measure::Ever { .. } => "ever",
            Measure::At { .. } => "at",
            Measure::Weeks { .. } => "weeks",
            Measure::Share { .. } => "share",
            Measure::TimeTo { .. } => "time-to",
            Measure::Retained { .. } => "retained",
            Measure::Degree { .. } => "degree",
            Measure::DegreeZero { .. } => "degree-zero",
            Measure::History { .. } => "history",
            Measure::Hours { .. } => "hours",
            Measure::Value { .. } => "value",
        }
    }

    /// Returns the kind of number the measure gives per person.
    pub fn unit(&self) -> Unit {
        match self {
            Measure::Ever { .. }
            | Measure::At { .. }
            | Measure::Retained { .. }
            | Measure::DegreeZero { .. }
            | Measure::Value { yes_no: true }
            | Measure::Weeks {
                more_than: Some(_), ..
            }
            | Measure::Hours {
                more_than: Some(_), ..
            }
            | Measure::Hours {
                at_most: Some(_), ..
            }
            | Measure::History {
                more_than: Some(_), ..
            } => Unit::YesNo,
            Measure::Share {
                denominator: Denominator::Pooled,
                ..
            } => Unit::PooledShare,
            Measure::Share { .. } | Measure::Degree { .. } => Unit::ShareOfTime,
            Measure::Weeks { .. } | Measure::History { .. } => Unit::Weeks,
            Measure::TimeTo { .. } => Unit::TimeToEvent,
            Measure::Value { yes_no: false } | Measure::Hours { .. } => Unit::Number,
        }
    }

    /// Returns the window of follow-up weeks; what lies before the draw, counts months or is read
    /// from a table has none.
    pub fn window(&self) -> Option<Window> {
        match *self {
            Measure::Ever { window }
            | Measure::At { window }
            | Measure::Weeks { window, .. }
            | Measure::Share { window, .. }
            | Measure::TimeTo { window, .. }
            | Measure::Retained { window, .. } => Some(window),
            Measure::Degree { .. }
            | Measure::DegreeZero { .. }
            | Measure::History { .. }
            | Measure::Hours { .. }
            | Measure::Value { .. } => None,
        }
    }

    fn window_mut(&mut self) -> Option<&mut Window> {
        match self {
            Measure::Ever { window }
            | Measure::At { window }
            | Measure::Weeks { window, .. }
            | Measure::Share { window, .. }
            | Measure::TimeTo { window, .. }
            | Measure::Retained { window, .. } => Some(window),
            Measure::Degree { .. }
            | Measure::DegreeZero { .. }
            | Measure::History { .. }
            | Measure::Hours { .. }
            | Measure::Value { .. } => None,
        }
    }

    /// Returns the window of follow-up months.
    pub fn months(&self) -> Option<Window> {
        match *self {
            Measure::Degree { months }
            | Measure::DegreeZero { months }
            | Measure::Hours { months, .. } => Some(months),
            _ => None,
        }
    }

    /// Returns whether the measure looks at states.
    pub fn needs_states(&self) -> bool {
        !matches!(
            self,
            Measure::Degree { .. }
                | Measure::DegreeZero { .. }
                | Measure::Hours { .. }
                | Measure::Value { .. }
        )
    }

    /// Returns whether the measure can be read from a register of this kind.
    pub fn reads(&self, kind: RegisterKind) -> bool {
        match self {
            Measure::Degree { .. } | Measure::DegreeZero { .. } | Measure::Hours { .. } => {
                kind == RegisterKind::Bfl
            }
            Measure::Value { .. } => false,
            _ => kind != RegisterKind::Bfl,
        }
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.p, self.q)
    }
}

//! Referrals as they come in, checked against the plan before anything is drawn.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::alike::is_invisible;
use crate::cpr::holds_cpr_shape;
use crate::protocol::{Fact, Protocol, WrongFact, is_name};
use crate::spelling::nearest;
use crate::table::{Table, TableError};

/// One person sent to the trial, with the facts known before the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    pub id: String,
    /// One for each factor of the plan, in its order.
    pub facts: Vec<Fact>,
    /// Line of the list, when the referral came with one.
    pub line: Option<u64>,
}

/// Something wrong with one referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferralFault {
    pub line: Option<u64>,
    pub column: String,
    pub kind: FaultKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The id has the shape of a CPR number, and is not repeated.
    Cpr,
    NotAnId,
    /// The id has a sign that takes no place on a screen.
    Invisible {
        sign: char,
    },
    Duplicate {
        id: String,
        first: u64,
    },
    Missing,
    Fact(WrongFact),
    UnknownFactor {
        nearest: Option<String>,
    },
}

/// Why a list or a referral was refused before the draw.
#[derive(Debug, thiserror::Error)]
pub enum ReferralError {
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("no column `{factor}`, a factor of the plan\n  in {}, line 1", path.display())]
    NoFactor {
        path: PathBuf,
        factor: String,
        nearest: Option<String>,
    },
    #[error("no referrals\n  in {}", path.display())]
    NoReferrals { path: PathBuf },
    #[error("{}", Faulty(path.as_deref(), faults))]
    Faults {
        path: Option<PathBuf>,
        faults: Vec<ReferralFault>,
    },
}

struct Faulty<'a>(Option<&'a Path>, &'a [ReferralFault]);

impl fmt::Display for Faulty<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 10;
        let Faulty(path, faults) = self;
        match (faults, path) {
            ([fault], None) => return write!(f, "{fault}"),
            ([_], _) => write!(f, "a fault in the referrals")?,
            (faults, _) => write!(f, "{} faults in the referrals", faults.len())?,
        }
        for fault in faults.iter().take(SHOWN) {
            match (path, fault.line) {
                (Some(path), Some(line)) => {
                    write!(f, "\n  in {}, line {line}, ", path.display())?;
                }
                _ => write!(f, "\n  ")?,
            }
            write!(f, "{fault}")?;
        }
        if faults.len() > SHOWN {
            write!(f, "\n  and {} more", faults.len() - SHOWN)?;
        }
        Ok(())
    }
}

impl fmt::Display for ReferralFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = &self.column;
        match (self.line, &self.kind) {
            (_, FaultKind::UnknownFactor { .. } | FaultKind::Missing) => {}
            (Some(_), _) => write!(f, "column {column}: ")?,
            (None, FaultKind::Fact(_)) => write!(f, "factor `{column}`: ")?,
            (None, _) => {}
        }
        let nearest = match &self.kind {
            FaultKind::Cpr => return f.write_str("the id has the shape of a CPR number"),
            FaultKind::NotAnId => {
                return f.write_str(
                    "the id is empty, too long, or has control characters or blanks at its ends",
                );
            }
            FaultKind::Invisible { sign } => {
                return write!(
                    f,
                    "the id has a sign that cannot be seen, U+{:04X}",
                    u32::from(*sign)
                );
            }
            FaultKind::Duplicate { id, first } => {
                return write!(f, "`{id}` stands on line {first} too");
            }
            FaultKind::Missing => return write!(f, "no value for factor `{column}`"),
            FaultKind::Fact(wrong) => {
                let found = wrong.found.escape_debug();
                write!(f, "found `{found}`, expected {}", wrong.expected)?;
                &wrong.nearest
            }
            FaultKind::UnknownFactor { nearest } => {
                write!(f, "`{column}` is no factor of the plan")?;
                nearest
            }
        };
        match nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

fn id_fault(id: &str) -> Option<FaultKind> {
    if holds_cpr_shape(id) {
        Some(FaultKind::Cpr)
    } else if !is_name(id) || id.len() > 200 {
        Some(FaultKind::NotAnId)
    } else {
        let sign = id.chars().find(|&c| is_invisible(c))?;
        Some(FaultKind::Invisible { sign })
    }
}

/// Returns the referrals of a list, and the columns that were passed over because the plan does
/// not know them.
///
/// The list has a column `id` and a column for each factor. Every fault of every row is reported.
pub fn referrals(
    table: &Table,
    protocol: &Protocol,
) -> Result<(Vec<Referral>, Vec<String>), ReferralError> {
    let id_column = table.column("id")?;
    let columns = protocol
        .factors
        .iter()
        .map(|factor| {
            let names = table.header.iter().map(String::as_str);
            names
                .clone()
                .position(|name| name == factor.id)
                .ok_or_else(|| ReferralError::NoFactor {
                    path: table.path.clone(),
                    factor: factor.id.clone(),
                    nearest: nearest(&factor.id, names).map(str::to_owned),
                })
        })
        .collect::<Result<Vec<usize>, _>>()?;
    if table.rows.is_empty() {
        return Err(ReferralError::NoReferrals {
            path: table.path.clone(),
        });
    }
    let mut faults = Vec::new();
    let mut first_lines: HashMap<&str, u64> = HashMap::new();
    let mut list = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        // Between two quotes that open and close nothing, persons would be lost.
        if row.cells.iter().any(|cell| cell.contains('\n')) {
            let (path, line) = (table.path.clone(), row.line);
            return Err(TableError::OverLines { path, line }.into());
        }
        let mut fault = |column: &str, kind| {
            faults.push(ReferralFault {
                line: Some(row.line),
                column: column.to_owned(),
                kind,
            });
        };
        let id = row.cells[id_column].as_str();
        if let Some(kind) = id_fault(id) {
            fault("id", kind);
        } else if let Some(&first) = first_lines.get(id) {
            let id = id.to_owned();
            fault("id", FaultKind::Duplicate { id, first });
        }
        first_lines.entry(id).or_insert(row.line);
        let mut facts = Vec::with_capacity(columns.len());
        for (factor, &column) in protocol.factors.iter().zip(&columns) {
            match row.cells[column].as_str() {
                "" => fault(&factor.id, FaultKind::Missing),
                text => match factor.fact(text) {
                    Ok(Fact::Name(name)) if id_fault(&name).is_some() => {
                        fault(&factor.id, id_fault(&name).expect("looked at above"));
                    }
                    Ok(fact) => facts.push(fact),
                    Err(wrong) => fault(&factor.id, FaultKind::Fact(wrong)),
                },
            }
        }
        list.push(Referral {
            id: id.to_owned(),
            facts,
            line: Some(row.line),
        });
    }
    if !faults.is_empty() {
        return Err(ReferralError::Faults {
            path: Some(table.path.clone()),
            faults,
        });
    }
    let passed_over = table
        .header
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != id_column && !columns.contains(index))
        .map(|(_, name)| name.clone())
        .collect();
    Ok((list, passed_over))
}

impl Referral {
    /// Returns a single referral from its id and `factor=level` pairs.
    pub fn single(
        id: &str,
        set: &[(String, String)],
        protocol: &Protocol,
    ) -> Result<Referral, ReferralError> {
        let (facts, faults) = read_set(id, set, protocol);
        if !faults.is_empty() {
            return Err(ReferralError::Faults { path: None, faults });
        }
        Ok(Referral {
            id: id.to_owned(),
            facts: facts.into_iter().flatten().collect(),
            line: None,
        })
    }

    /// Returns the facts that are given of a referral, one place for each factor of the plan, where
    /// some may be lacking.
    pub fn given(
        id: &str,
        set: &[(String, String)],
        protocol: &Protocol,
    ) -> Result<Vec<Option<Fact>>, ReferralError> {
        let (facts, mut faults) = read_set(id, set, protocol);
        faults.retain(|fault| fault.kind != FaultKind::Missing);
        match faults.is_empty() {
            true => Ok(facts),
            false => Err(ReferralError::Faults { path: None, faults }),
        }
    }
}

/// Reads an id and what is set, and lists every fault and every factor that is not set.
fn read_set(
    id: &str,
    set: &[(String, String)],
    protocol: &Protocol,
) -> (Vec<Option<Fact>>, Vec<ReferralFault>) {
    let mut faults = Vec::new();
    let mut fault = |column: &str, kind| {
        faults.push(ReferralFault {
            line: None,
            column: column.to_owned(),
            kind,
        });
    };
    if let Some(kind) = id_fault(id) {
        fault("id", kind);
    }
    let known = protocol.factors.iter().map(|factor| factor.id.as_str());
    for (name, _) in set {
        if protocol.factor(name).is_none() {
            let nearest = nearest(name, known.clone()).map(str::to_owned);
            fault(name, FaultKind::UnknownFactor { nearest });
        }
    }
    let mut facts = vec![None; protocol.factors.len()];
    for (factor, place) in protocol.factors.iter().zip(&mut facts) {
        // Of a factor set twice the last value counts, as with any option.
        let text = set.iter().rev().find(|(name, _)| *name == factor.id);
        match text.map(|(_, text)| factor.fact(text)) {
            None => fault(&factor.id, FaultKind::Missing),
            // The name of a cluster stands in the ledger as an id does.
            Some(Ok(Fact::Name(name))) if id_fault(&name).is_some() => {
                fault(&factor.id, id_fault(&name).expect("looked at above"));
            }
            Some(Ok(fact)) => *place = Some(fact),
            Some(Err(wrong)) => fault(&factor.id, FaultKind::Fact(wrong)),
        }
    }
    (facts, faults)
}

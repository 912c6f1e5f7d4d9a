//! The machine's form of results, as `docs/results.md` says: full precision, and `null` with a
//! note for what does not exist.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::estimate::{ArmCounts, Estimate};
use crate::protocol::Unit;

/// Where numbers come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    pub study: Option<String>,
    /// Digest of the plan.
    pub protocol: Option<String>,
    pub ledger_head: Option<String>,
    /// Digest of each file that was read.
    pub inputs: BTreeMap<String, String>,
}

/// Returns the object that `--json` prints for estimates.
pub fn estimates(command: &str, provenance: &Provenance, rows: &[Estimate]) -> Value {
    let digest = |text: &Option<String>| text.as_ref().map(|text| format!("sha256 {text}"));
    let inputs: Map<String, Value> = provenance
        .inputs
        .iter()
        .map(|(file, text)| (file.clone(), json!(format!("sha256 {text}"))))
        .collect();
    json!({
        "klero": env!("CARGO_PKG_VERSION"),
        "command": command,
        "provenance": {
            "study": provenance.study,
            "protocol": digest(&provenance.protocol),
            "ledger_head": provenance.ledger_head,
            "inputs": inputs,
        },
        "estimates": rows.iter().map(row).collect::<Vec<_>>(),
    })
}

/// Returns the public name of a unit.
pub fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::YesNo => "share",
        Unit::ShareOfTime | Unit::PooledShare => "share of time",
        Unit::Weeks | Unit::TimeToEvent => "weeks",
        Unit::Number => "number",
    }
}

fn row(row: &Estimate) -> Value {
    let computed = &row.computed;
    let (arm, reference) = (&row.arm_counts, row.reference_counts.as_ref());
    let of_reference = |value: fn(&ArmCounts) -> Value| reference.map_or(Value::Null, value);
    let mut notes = computed.notes.clone();
    if row.before_draw {
        notes.push("measured before the draw: a chance difference, not an effect".to_owned());
    }
    json!({
        "outcome": row.outcome,
        "label": row.label,
        "unit": unit(row.unit),
        "role": row.role.map(|role| role.name()),
        "arm": row.arm,
        "reference": row.reference,
        "method": row.method.name(),
        "scale": row.scale.name(),
        "estimate": computed.estimate,
        "std_error": computed.std_error,
        "df": computed.df,
        "p_value": computed.p_value,
        "p_adjusted": row.p_adjusted,
        "interval": computed.interval.as_ref().map(|interval| json!({
            "level": interval.level,
            "lower": interval.lower,
            "upper": interval.upper,
            "method": interval.method.name(),
        })),
        "n_arm": arm.n,
        "n_reference": of_reference(|counts| json!(counts.n)),
        "mean_arm": arm.mean,
        "mean_reference": of_reference(|counts| json!(counts.mean)),
        "events_arm": arm.events,
        "events_reference": of_reference(|counts| json!(counts.events)),
        "allocated_arm": arm.allocated,
        "allocated_reference": of_reference(|counts| json!(counts.allocated)),
        "missing_arm": arm.missing,
        "missing_reference": of_reference(|counts| json!(counts.missing)),
        "target": row.target,
        "options": {"adjust": [], "se": null},
        "source": row.source(),
        "notes": notes,
    })
}

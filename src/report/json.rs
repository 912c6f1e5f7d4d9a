//! The machine's form of results, as `docs/results.md` says: full precision, and `null` with a
//! note for what does not exist.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::estimate::{ArmCounts, Estimate, Options, Standing};
use crate::protocol::Unit;
use crate::sample::Flow;

/// Where numbers come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    pub study: Option<String>,
    /// Digest of the plan in force.
    pub protocol: Option<String>,
    /// Digest of the plan that was used, where it is another.
    pub plan_used: Option<String>,
    pub ledger_head: Option<String>,
    /// Digest of each file that was read.
    pub inputs: BTreeMap<String, String>,
}

/// Returns the object that `--json` prints for estimates.
pub fn estimates(
    command: &str,
    provenance: &Provenance,
    flow: Option<&Flow>,
    rows: &[Estimate],
) -> Value {
    json!({
        "klero": env!("CARGO_PKG_VERSION"),
        "command": command,
        "provenance": of_provenance(provenance),
        "flow": flow.map(of_flow),
        "estimates": rows.iter().map(row).collect::<Vec<_>>(),
    })
}

/// Returns where numbers come from, as every result names it.
pub fn of_provenance(provenance: &Provenance) -> Value {
    let digest = |text: &Option<String>| text.as_ref().map(|text| format!("sha256 {text}"));
    let inputs: Map<String, Value> = provenance
        .inputs
        .iter()
        .map(|(file, text)| (file.clone(), json!(format!("sha256 {text}"))))
        .collect();
    json!({
        "study": provenance.study,
        "protocol": digest(&provenance.protocol),
        "plan_used": digest(&provenance.plan_used),
        "ledger_head": provenance.ledger_head,
        "inputs": inputs,
    })
}

/// Returns the way of the referrals through the trial.
pub fn of_flow(flow: &Flow) -> Value {
    let arms: Vec<Value> = flow
        .arms
        .iter()
        .map(|arm| {
            json!({
                "arm": arm.arm, "drawn": arm.drawn, "withdrawn": arm.withdrawn,
                "excluded": arm.excluded,
            })
        })
        .collect();
    json!({
        "referred": flow.referred, "refused": flow.refused, "refused_by_reason": flow.reasons,
        "drawn": flow.drawn, "withdrawn": flow.withdrawn, "excluded": flow.excluded, "arms": arms,
    })
}

fn of_options(options: &Options) -> Value {
    json!({
        "adjust": options.adjust,
        "se": options.se.map(|se| se.name()),
        "strata": options.strata,
        "cluster": options.cluster,
        "weighted": options.weighted,
        "received": options.received,
        "horizon": options.horizon,
        "only": options.only,
        "replays": options.replays.as_ref().map(|replays| json!({
            "number": replays.number, "exact": replays.exact, "seed": replays.seed,
            "statistic": replays.statistic.name(), "p_value_std_error": replays.error,
        })),
        "resamples": options.resamples.as_ref().map(|resamples| json!({
            "number": resamples.number, "seed": resamples.seed,
        })),
    })
}

/// Returns the public name of a row's unit; the times of a table, whose outcomes have no label,
/// are in the unit of their column, which klero does not know.
fn unit(row: &Estimate) -> &'static str {
    match row.unit {
        Unit::TimeToEvent if row.label.is_none() => "time",
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
    match row.standing {
        Standing::BeforeDraw => {
            notes.push("measured before the draw: a chance difference, not an effect".to_owned());
        }
        Standing::NotAnEffect(_) => notes.push("not an effect".to_owned()),
        Standing::Sensitivity => notes
            .push("sensitivity: analysed as if the draw had no strata and no clusters".to_owned()),
        Standing::Effect => {}
    }
    json!({
        "outcome": row.outcome,
        "label": row.label,
        "unit": unit(row),
        "role": row.role.map(|role| role.name()),
        "arm": row.arm,
        "reference": row.reference,
        "method": row.method.name(),
        "scale": row.scale.name(),
        "estimate": computed.estimate,
        "std_error": computed.std_error,
        "df": computed.df,
        "p_value": computed.p_value,
        "bounds": row.bounds.map(|(lower, upper)| json!({"lower": lower, "upper": upper})),
        "p_adjusted": row.p_adjusted,
        "interval": computed.interval.as_ref().map(|interval| json!({
            "level": interval.level,
            "lower": interval.lower,
            "upper": interval.upper,
            "all_but": computed.all_but
                .map(|(below, above)| json!({"lower": below, "upper": above})),
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
        "missing_p_value": row.missing_p,
        "subgroup": row.subgroup.as_ref().map(|subgroup| json!({
            "factor": subgroup.factor, "level": subgroup.level,
        })),
        "options": of_options(&row.options),
        "source": row.source(),
        "notes": notes,
    })
}

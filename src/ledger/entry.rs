//! One entry and its one text form.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::Digest;
use crate::draw::Seed;
use crate::period::Moment;

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub number: u64,
    pub prev: Digest,
    pub time: Moment,
    pub by: String,
    pub event: Event,
    pub clock: Clock,
}

/// Whether an entry's time came from the machine, or was set for a test or an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    Real,
    Set,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Seal(Seal),
    Beacon { value: String },
    Batch(Batch),
    Draw(Draw),
    Member(Member),
    Refuse(Note),
    Withdraw(Note),
    Exclude(Note),
    Correct(Correct),
    Amend(Amend),
    Unseal { seed: Seed },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    pub format: String,
    pub draw: String,
    pub study: String,
    /// The whole study file.
    pub protocol: String,
    pub commitment: Digest,
    /// Empty where no public randomness is used.
    pub beacon_rule: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub stratum: Vec<String>,
    /// Number of the batch in its stratum.
    pub batch: u64,
    pub size: u64,
    /// SHA-256 of the sorted ids, each followed by a line end.
    pub roster: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    pub referral: String,
    pub stratum: Vec<String>,
    /// Position in the stratum, over the whole ledger.
    pub slot: u64,
    /// Every factor the plan declares, in its order.
    pub levels: Vec<(String, LevelValue)>,
    pub arm: String,
    /// Number of the batch, when drawn with a list at once.
    pub batch: Option<u64>,
}

/// The value of a factor as it was at the draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LevelValue {
    Whole(i64),
    Text(String),
}

/// A person who has the arm of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub referral: String,
    pub cluster: String,
    pub arm: String,
}

/// A referral and the reason for what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub referral: String,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correct {
    pub referral: String,
    pub reason: String,
    pub factor: String,
    pub from: String,
    pub to: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amend {
    pub protocol: String,
    pub reason: String,
}

/// Why a line is not an entry in its one text form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("the line is not UTF-8")]
    NotUtf8,
    #[error("the line is no entry: {message}")]
    NotAnEntry { message: String },
    #[error("an entry of type `{kind}` with the wrong keys")]
    Keys { kind: String },
    #[error("`{kind}` is no type of entry")]
    Kind { kind: String },
    #[error("the seed of the entry is no seed")]
    Seed,
    #[error(
        "the line is not in its canonical form: from byte {byte} on it would be written otherwise"
    )]
    NotCanonical { byte: usize },
}

/// The keys of every type of entry, in an order that serves all of them.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    entry: u64,
    prev: Option<Digest>,
    time: String,
    by: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draw: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    study: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beacon_rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referral: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stratum: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<Levels>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roster: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    factor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<String>,
}

/// A JSON object whose keys keep their order.
#[derive(Default)]
struct Levels(Vec<(String, LevelValue)>);

impl Serialize for Levels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (factor, value) in &self.0 {
            map.serialize_entry(factor, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Levels, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Levels;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object of factors and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Levels, A::Error> {
                let mut levels = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    levels.push(entry);
                }
                Ok(Levels(levels))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl Event {
    /// Returns the `type` of the entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Seal(_) => "seal",
            Event::Beacon { .. } => "beacon",
            Event::Batch(_) => "batch",
            Event::Draw(_) => "draw",
            Event::Member(_) => "member",
            Event::Refuse(_) => "refuse",
            Event::Withdraw(_) => "withdraw",
            Event::Exclude(_) => "exclude",
            Event::Correct(_) => "correct",
            Event::Amend(_) => "amend",
            Event::Unseal { .. } => "unseal",
        }
    }
}

impl Entry {
    /// Reads a line, without its line end.
    pub fn read(line: &[u8]) -> Result<Entry, FormError> {
        let text = std::str::from_utf8(line).map_err(|_| FormError::NotUtf8)?;
        let parsed: Line = serde_json::from_str(text).map_err(|error| FormError::NotAnEntry {
            message: error.to_string(),
        })?;
        let entry = from_line(parsed)?;
        // The canonical form: whatever was read must be written back byte for byte.
        let written = entry.write();
        if written.as_bytes() == line {
            return Ok(entry);
        }
        let byte = written
            .bytes()
            .zip(line)
            .position(|(a, b)| a != *b)
            .unwrap_or(written.len().min(line.len()));
        Err(FormError::NotCanonical { byte })
    }

    /// Writes the entry as a line, without its line end.
    pub fn write(&self) -> String {
        serde_json::to_string(&to_line(self)).expect("an entry is texts and whole numbers")
    }
}

fn from_line(line: Line) -> Result<Entry, FormError> {
    let wrong_keys = FormError::Keys {
        kind: line.kind.clone(),
    };
    let bad = |message: String| FormError::NotAnEntry { message };
    let time = line.time.parse().map_err(|error| bad(format!("{error}")))?;
    let clock = match line.clock.as_deref() {
        None => Clock::Real,
        Some("set") => Clock::Set,
        Some(other) => return Err(bad(format!("`clock` is `{other}`"))),
    };
    let prev = line.prev.ok_or_else(|| bad("no `prev`".to_owned()))?;
    // A key that does not belong to the type is dropped here, and then missed by the comparison
    // of the canonical form; a key that is lacking is found here.
    let event = match line.kind.as_str() {
        "seal" => line
            .format
            .zip(line.draw)
            .zip(line.study)
            .and_then(|((format, draw), study)| {
                Some(Event::Seal(Seal {
                    format,
                    draw,
                    study,
                    protocol: line.protocol?,
                    commitment: line.commitment?,
                    beacon_rule: line.beacon_rule?,
                }))
            }),
        "beacon" => line.value.map(|value| Event::Beacon { value }),
        "batch" => line.stratum.zip(line.batch).and_then(|(stratum, batch)| {
            Some(Event::Batch(Batch {
                stratum,
                batch,
                size: line.size?,
                roster: line.roster?,
            }))
        }),
        "draw" => line
            .referral
            .zip(line.stratum)
            .and_then(|(referral, stratum)| {
                Some(Event::Draw(Draw {
                    referral,
                    stratum,
                    slot: line.slot?,
                    levels: line.levels?.0,
                    arm: line.arm?,
                    batch: line.batch,
                }))
            }),
        "member" => line
            .referral
            .zip(line.cluster)
            .and_then(|(referral, cluster)| {
                Some(Event::Member(Member {
                    referral,
                    cluster,
                    arm: line.arm?,
                }))
            }),
        kind @ ("refuse" | "withdraw" | "exclude") => {
            line.referral.zip(line.reason).map(|(referral, reason)| {
                let note = Note { referral, reason };
                match kind {
                    "refuse" => Event::Refuse(note),
                    "withdraw" => Event::Withdraw(note),
                    _ => Event::Exclude(note),
                }
            })
        }
        "correct" => line
            .referral
            .zip(line.reason)
            .and_then(|(referral, reason)| {
                Some(Event::Correct(Correct {
                    referral,
                    reason,
                    factor: line.factor?,
                    from: line.from?,
                    to: line.to?,
                }))
            }),
        "amend" => line
            .protocol
            .zip(line.reason)
            .map(|(protocol, reason)| Event::Amend(Amend { protocol, reason })),
        "unseal" => match line.seed {
            Some(seed) => Some(Event::Unseal {
                seed: Seed::read(&seed).map_err(|_| FormError::Seed)?,
            }),
            None => None,
        },
        _ => return Err(FormError::Kind { kind: line.kind }),
    };
    Ok(Entry {
        number: line.entry,
        prev,
        time,
        by: line.by,
        event: event.ok_or(wrong_keys)?,
        clock,
    })
}

fn to_line(entry: &Entry) -> Line {
    let mut line = Line {
        entry: entry.number,
        prev: Some(entry.prev),
        time: entry.time.to_string(),
        by: entry.by.clone(),
        kind: entry.event.kind().to_owned(),
        clock: match entry.clock {
            Clock::Real => None,
            Clock::Set => Some("set".to_owned()),
        },
        ..Line::default()
    };
    match entry.event.clone() {
        Event::Seal(seal) => {
            line.format = Some(seal.format);
            line.draw = Some(seal.draw);
            line.study = Some(seal.study);
            line.protocol = Some(seal.protocol);
            line.commitment = Some(seal.commitment);
            line.beacon_rule = Some(seal.beacon_rule);
        }
        Event::Beacon { value } => line.value = Some(value),
        Event::Batch(batch) => {
            line.stratum = Some(batch.stratum);
            line.batch = Some(batch.batch);
            line.size = Some(batch.size);
            line.roster = Some(batch.roster);
        }
        Event::Draw(draw) => {
            line.referral = Some(draw.referral);
            line.stratum = Some(draw.stratum);
            line.slot = Some(draw.slot);
            line.levels = Some(Levels(draw.levels));
            line.arm = Some(draw.arm);
            line.batch = draw.batch;
        }
        Event::Member(member) => {
            line.referral = Some(member.referral);
            line.cluster = Some(member.cluster);
            line.arm = Some(member.arm);
        }
        Event::Refuse(note) | Event::Withdraw(note) | Event::Exclude(note) => {
            line.referral = Some(note.referral);
            line.reason = Some(note.reason);
        }
        Event::Correct(correct) => {
            line.referral = Some(correct.referral);
            line.reason = Some(correct.reason);
            line.factor = Some(correct.factor);
            line.from = Some(correct.from);
            line.to = Some(correct.to);
        }
        Event::Amend(amend) => {
            line.protocol = Some(amend.protocol);
            line.reason = Some(amend.reason);
        }
        Event::Unseal { seed } => line.seed = Some(seed.reveal()),
    }
    line
}

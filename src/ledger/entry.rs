//! One entry and its one text form.

use std::borrow::Cow;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::scan;
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
    Table(TableMade),
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

/// Somebody made a list of coming slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableMade {
    /// Slots in each stratum.
    pub slots: u64,
    /// SHA-256 of the list.
    pub digest: Digest,
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
struct Line<'a> {
    entry: u64,
    prev: Option<Digest>,
    time: Cow<'a, str>,
    by: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draw: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    study: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beacon_rule: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referral: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stratum: Option<Cow<'a, [String]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<Levels<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arm: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roster: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slots: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    factor: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<Cow<'a, str>>,
}

/// A JSON object whose keys keep their order.
#[derive(Default)]
struct Levels<'a>(Cow<'a, [(String, LevelValue)]>);

impl Serialize for Levels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (factor, value) in self.0.iter() {
            map.serialize_entry(factor, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Levels<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Levels<'static>;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object of factors and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Levels<'static>, A::Error> {
                let mut levels = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    levels.push(entry);
                }
                Ok(Levels(Cow::Owned(levels)))
            }
        }

        let Levels(levels) = deserializer.deserialize_map(InOrder)?;
        Ok(Levels(Cow::Owned(levels.into_owned())))
    }
}

impl<'de> Deserialize<'de> for LevelValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LevelValue, D::Error> {
        struct WholeOrText;

        impl Visitor<'_> for WholeOrText {
            type Value = LevelValue;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a whole number or a text")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<LevelValue, E> {
                Ok(LevelValue::Whole(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<LevelValue, E> {
                i64::try_from(number)
                    .map(LevelValue::Whole)
                    .map_err(E::custom)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<LevelValue, E> {
                Ok(LevelValue::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(WholeOrText)
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
            Event::Table(_) => "table",
            Event::Unseal { .. } => "unseal",
        }
    }
}

impl Entry {
    /// Reads a line, without its line end.
    pub fn read(line: &[u8]) -> Result<Entry, FormError> {
        let text = std::str::from_utf8(line).map_err(|_| FormError::NotUtf8)?;
        if let Some(draw) = scan::draw(text) {
            return Ok(draw);
        }
        let parsed: Line<'static> =
            serde_json::from_str(text).map_err(|error| FormError::NotAnEntry {
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
        let mut line = Vec::with_capacity(512);
        serde_json::to_writer(&mut line, &to_line(self))
            .expect("an entry is texts and whole numbers");
        String::from_utf8(line).expect("JSON is UTF-8")
    }
}

/// The types of entries, by their public names.
const KINDS: &[&str] = &[
    "seal", "beacon", "batch", "draw", "member", "refuse", "withdraw", "exclude", "correct",
    "amend", "table", "unseal",
];

fn from_line(line: Line<'static>) -> Result<Entry, FormError> {
    let bad = |message: String| FormError::NotAnEntry { message };
    let kind = line.kind.to_string();
    if !KINDS.contains(&kind.as_str()) {
        return Err(FormError::Kind { kind });
    }
    let clock = match line.clock.as_deref() {
        None => Clock::Real,
        Some("set") => Clock::Set,
        Some(other) => return Err(bad(format!("`clock` is `{other}`"))),
    };
    if line
        .seed
        .as_deref()
        .is_some_and(|seed| Seed::read(seed).is_err())
    {
        return Err(FormError::Seed);
    }
    Ok(Entry {
        number: line.entry,
        prev: line.prev.ok_or_else(|| bad("no `prev`".to_owned()))?,
        time: line.time.parse().map_err(|error| bad(format!("{error}")))?,
        by: line.by.to_string(),
        clock,
        event: event(line).ok_or(FormError::Keys { kind })?,
    })
}

/// Returns the event of a line; `None` where a key is lacking. A key that does not belong to the
/// type is dropped here, and then missed by the comparison of the canonical form.
fn event(line: Line<'static>) -> Option<Event> {
    let own = |text: Option<Cow<'static, str>>| text.map(Cow::into_owned);
    let note = |line: Line<'static>| {
        Some(Note {
            referral: own(line.referral)?,
            reason: own(line.reason)?,
        })
    };
    Some(match &*line.kind {
        "seal" => Event::Seal(Seal {
            format: own(line.format)?,
            draw: own(line.draw)?,
            study: own(line.study)?,
            protocol: own(line.protocol)?,
            commitment: line.commitment?,
            beacon_rule: own(line.beacon_rule)?,
        }),
        "beacon" => Event::Beacon {
            value: own(line.value)?,
        },
        "batch" => Event::Batch(Batch {
            stratum: line.stratum?.into_owned(),
            batch: line.batch?,
            size: line.size?,
            roster: line.roster?,
        }),
        "draw" => Event::Draw(Draw {
            referral: own(line.referral)?,
            stratum: line.stratum?.into_owned(),
            slot: line.slot?,
            levels: line.levels?.0.into_owned(),
            arm: own(line.arm)?,
            batch: line.batch,
        }),
        "member" => Event::Member(Member {
            referral: own(line.referral)?,
            cluster: own(line.cluster)?,
            arm: own(line.arm)?,
        }),
        "refuse" => Event::Refuse(note(line)?),
        "withdraw" => Event::Withdraw(note(line)?),
        "exclude" => Event::Exclude(note(line)?),
        "correct" => Event::Correct(Correct {
            referral: own(line.referral)?,
            reason: own(line.reason)?,
            factor: own(line.factor)?,
            from: own(line.from)?,
            to: own(line.to)?,
        }),
        "amend" => Event::Amend(Amend {
            protocol: own(line.protocol)?,
            reason: own(line.reason)?,
        }),
        "table" => Event::Table(TableMade {
            slots: line.slots?,
            digest: line.digest?,
        }),
        "unseal" => Event::Unseal {
            seed: Seed::read(&line.seed?).ok()?,
        },
        _ => return None,
    })
}

fn to_line(entry: &Entry) -> Line<'_> {
    fn text(text: &str) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(text))
    }
    let mut line = Line {
        entry: entry.number,
        prev: Some(entry.prev),
        time: entry.time.to_string().into(),
        by: entry.by.as_str().into(),
        kind: entry.event.kind().into(),
        clock: match entry.clock {
            Clock::Real => None,
            Clock::Set => text("set"),
        },
        ..Line::default()
    };
    match &entry.event {
        Event::Seal(seal) => {
            line.format = text(&seal.format);
            line.draw = text(&seal.draw);
            line.study = text(&seal.study);
            line.protocol = text(&seal.protocol);
            line.commitment = Some(seal.commitment);
            line.beacon_rule = text(&seal.beacon_rule);
        }
        Event::Beacon { value } => line.value = text(value),
        Event::Batch(batch) => {
            line.stratum = Some(Cow::Borrowed(&batch.stratum));
            line.batch = Some(batch.batch);
            line.size = Some(batch.size);
            line.roster = Some(batch.roster);
        }
        Event::Draw(draw) => {
            line.referral = text(&draw.referral);
            line.stratum = Some(Cow::Borrowed(&draw.stratum));
            line.slot = Some(draw.slot);
            line.levels = Some(Levels(Cow::Borrowed(&draw.levels)));
            line.arm = text(&draw.arm);
            line.batch = draw.batch;
        }
        Event::Member(member) => {
            line.referral = text(&member.referral);
            line.cluster = text(&member.cluster);
            line.arm = text(&member.arm);
        }
        Event::Refuse(note) | Event::Withdraw(note) | Event::Exclude(note) => {
            line.referral = text(&note.referral);
            line.reason = text(&note.reason);
        }
        Event::Correct(correct) => {
            line.referral = text(&correct.referral);
            line.reason = text(&correct.reason);
            line.factor = text(&correct.factor);
            line.from = text(&correct.from);
            line.to = text(&correct.to);
        }
        Event::Amend(amend) => {
            line.protocol = text(&amend.protocol);
            line.reason = text(&amend.reason);
        }
        Event::Table(table) => {
            line.slots = Some(table.slots);
            line.digest = Some(table.digest);
        }
        Event::Unseal { seed } => line.seed = Some(seed.reveal().into()),
    }
    line
}

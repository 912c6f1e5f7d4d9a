//! From checked referrals to entries: who was drawn already, who is refused, who is drawn now.
//!
//! The order is fixed: the referral is checked, the lock taken, the arm derived, the entry
//! appended and flushed, and only then is the arm returned to be shown.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    AlikeIds, Appended, Batch, Draw, Entry, Event, Ledger, LedgerError, LevelValue, Member, Note,
    Referral, Stamp, Writer,
};
use crate::digest::Digest;
use crate::draw::{Live, Machine, MasterKey, Seed, StratumKey};
use crate::protocol::{Allocation, Fact, FactorKind, Procedure, Protocol};
use crate::spelling::listed;

/// What a referral gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Drawn(Drawn),
    Refused(Refused),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub referral: String,
    pub arm: String,
    pub entry: u64,
    /// Whether the arm was recorded before this call.
    pub already: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub referral: String,
    pub reason: String,
    /// Whether the same refusal was recorded before this call.
    pub already: bool,
}

/// What would happen to a referral, without its arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreseen {
    /// Drawn already, in this entry.
    Already {
        entry: u64,
    },
    Refused {
        reason: String,
        already: bool,
    },
    WillBeDrawn,
}

impl Foreseen {
    /// Returns whether the answer stands in the ledger already.
    fn is_recorded(&self) -> bool {
        match self {
            Foreseen::Already { .. } => true,
            Foreseen::Refused { already, .. } => *already,
            Foreseen::WillBeDrawn => false,
        }
    }
}

/// Why nothing was drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the study has one arm: nothing is drawn")]
    OneArm,
    #[error("the trial was unsealed in entry {entry}: nothing more is drawn")]
    Unsealed { entry: u64 },
    #[error("the seal names a beacon that has no value yet: {rule}")]
    BeaconAwaited { rule: String },
    #[error("the seed is not the one the trial was sealed with")]
    WrongSeed,
    #[error("somebody is to be drawn, and there is no seed")]
    NoSeed,
    #[error("`{procedure}` has no coming slots: a draw depends on who comes")]
    NoComingSlots { procedure: &'static str },
    #[error("the plan draws whole lists at once (`complete`), not one referral")]
    WholeLists,
    #[error(
        "referral `{referral}` was drawn with other facts\n  in entry {entry}: `{factor}` is \
         `{recorded}`, now `{found}`{}",
        on_line(*line)
    )]
    OtherFacts {
        referral: String,
        entry: u64,
        factor: String,
        recorded: String,
        found: String,
        line: Option<u64>,
    },
    #[error(
        "cluster `{cluster}` has members with different facts\n  factor `{factor}`: `{first}`, \
         and `{found}`{}",
        on_line(*line)
    )]
    ClusterFacts {
        cluster: String,
        factor: String,
        first: String,
        found: String,
        line: Option<u64>,
    },
    #[error(
        "a list of {found} referrals{}, and counts for {expected}",
        in_stratum(stratum)
    )]
    Counts {
        stratum: Vec<String>,
        found: u64,
        expected: u64,
    },
    #[error("{}", listed_alike(alike))]
    Alike { alike: Vec<AlikeIds> },
    #[error("the ledger does not hold together at entry {entry}: {fault}")]
    Inconsistent { entry: u64, fault: String },
}

fn listed_alike(alike: &[AlikeIds]) -> String {
    const SHOWN: usize = 5;
    let mut text = match alike {
        [_] => "an id is written almost like another".to_owned(),
        alike => format!("{} ids are written almost like others", alike.len()),
    };
    for alike in alike.iter().take(SHOWN) {
        text += &format!("\n  {alike}");
    }
    if alike.len() > SHOWN {
        text += &format!("\n  and {} more", alike.len() - SHOWN);
    }
    text
}

fn on_line(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!(" on line {line}"))
}

fn in_stratum(stratum: &[String]) -> String {
    if stratum.is_empty() {
        String::new()
    } else {
        format!(" in stratum {}", stratum.join(" / "))
    }
}

/// Returns the values recorded with a draw as facts, one place for each factor of the plan; the
/// error says what does not fit the plan.
pub fn recorded_facts(
    protocol: &Protocol,
    levels: &[(String, LevelValue)],
) -> Result<Vec<Option<Fact>>, String> {
    let expected = protocol.recorded_factors();
    let known = expected.iter().map(|&index| &protocol.factors[index].id);
    let found = levels.iter().map(|(name, _)| name);
    if !found.clone().eq(known.clone()) {
        let listed = |names: Vec<&String>| listed(names.into_iter().map(String::as_str));
        return Err(format!(
            "levels of {}, expected {}",
            listed(found.collect()),
            listed(known.collect())
        ));
    }
    let mut facts = vec![None; protocol.factors.len()];
    for (&index, (_, value)) in expected.iter().zip(levels) {
        let factor = &protocol.factors[index];
        let fact = match (value, &factor.kind) {
            (LevelValue::Whole(number), FactorKind::Whole { .. }) => {
                factor.fact(&number.to_string())
            }
            (LevelValue::Text(text), FactorKind::Levels(_) | FactorKind::Open) => factor.fact(text),
            _ => return Err(format!("a value of the wrong kind for `{}`", factor.id)),
        };
        facts[index] = Some(fact.map_err(|wrong| {
            format!(
                "`{}` for `{}`, expected {}",
                wrong.found, factor.id, wrong.expected
            )
        })?);
    }
    Ok(facts)
}

impl Ledger {
    /// Returns the allocation of the plan, or why nothing can be drawn now.
    fn open_for_drawing(&self) -> Result<&Allocation, DrawError> {
        let unsealed = self
            .entries
            .iter()
            .find(|entry| matches!(entry.event, Event::Unseal { .. }));
        if let Some(entry) = unsealed {
            return Err(DrawError::Unsealed {
                entry: entry.number,
            });
        }
        if self.beacon().is_none() {
            return Err(DrawError::BeaconAwaited {
                rule: self.seal().beacon_rule.clone(),
            });
        }
        self.sealed().allocation.as_ref().ok_or(DrawError::OneArm)
    }

    /// Returns what would happen to each referral, or why nothing can be drawn. Nothing is derived
    /// and nothing is written.
    ///
    /// Whoever was drawn before is answered whatever the state of the trial.
    pub fn foresee(&self, referrals: &[Referral]) -> Result<Vec<Foreseen>, DrawError> {
        let foreseen = self.look_ahead(referrals)?;
        if foreseen.iter().any(|foreseen| !foreseen.is_recorded()) {
            self.open_for_drawing()?;
        }
        let drawn_singly = referrals.iter().zip(&foreseen).any(|(referral, foreseen)| {
            *foreseen == Foreseen::WillBeDrawn && referral.line.is_none()
        });
        let whole_lists =
            self.sealed().allocation.as_ref().is_some_and(|allocation| {
                matches!(allocation.procedure, Procedure::Complete { .. })
            });
        if drawn_singly && whole_lists {
            return Err(DrawError::WholeLists);
        }
        Ok(foreseen)
    }

    /// Refuses ids written almost like one drawn before, or like another of the list.
    ///
    /// Nothing that a draw rests on: whoever knows that these are other persons draws without it.
    pub fn none_alike(&self, referrals: &[Referral]) -> Result<(), DrawError> {
        let alike = self.alike(referrals);
        match alike.is_empty() {
            true => Ok(()),
            false => Err(DrawError::Alike { alike }),
        }
    }

    /// Returns the recorded arm of somebody who was drawn before; `None` for anybody else.
    ///
    /// Facts may be lacking; those that are given must be those of the draw.
    pub fn asked_again(
        &self,
        id: &str,
        given: &[Option<Fact>],
    ) -> Result<Option<Drawn>, DrawError> {
        let Some(entry) = self.entry_of(id) else {
            return Ok(None);
        };
        self.same_facts(id, None, |factor| given[factor].as_ref(), entry)?;
        Ok(Some(Drawn {
            referral: id.to_owned(),
            arm: entry.arm().expect("a draw names its arm").to_owned(),
            entry: entry.number,
            already: true,
        }))
    }

    fn look_ahead(&self, referrals: &[Referral]) -> Result<Vec<Foreseen>, DrawError> {
        let mut refusals: HashMap<&str, &str> = HashMap::new();
        for entry in &self.entries {
            if let Event::Refuse(note) = &entry.event {
                refusals.insert(&note.referral, &note.reason);
            }
        }
        referrals
            .iter()
            .map(|referral| {
                if let Some(entry) = self.entry_of(&referral.id) {
                    let facts = |factor: usize| Some(&referral.facts[factor]);
                    self.same_facts(&referral.id, referral.line, facts, entry)?;
                    return Ok(Foreseen::Already {
                        entry: entry.number,
                    });
                }
                Ok(match self.plan().refusal(&referral.facts) {
                    Some(reason) => Foreseen::Refused {
                        reason: reason.to_owned(),
                        already: refusals.get(referral.id.as_str()) == Some(&reason),
                    },
                    None => Foreseen::WillBeDrawn,
                })
            })
            .collect()
    }

    /// Checks that a referral that comes again comes with the facts it was drawn with.
    fn same_facts<'f>(
        &self,
        referral: &str,
        line: Option<u64>,
        facts: impl Fn(usize) -> Option<&'f Fact>,
        entry: &Entry,
    ) -> Result<(), DrawError> {
        let recorded = match &entry.event {
            Event::Draw(draw) => draw.levels.clone(),
            Event::Member(member) => match self.cluster_draw(&member.cluster) {
                Some(draw) => draw.levels.clone(),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        for (name, recorded) in recorded {
            let Some(index) = self.plan().factor(&name) else {
                continue;
            };
            let factor = &self.plan().factors[index];
            let Some(fact) = facts(index) else {
                continue;
            };
            let found = factor.fact_text(fact);
            let recorded = match self.corrected(referral, &name) {
                Some(corrected) => corrected.to_owned(),
                None => recorded.to_string(),
            };
            if found != recorded {
                return Err(DrawError::OtherFacts {
                    referral: referral.to_owned(),
                    entry: entry.number,
                    factor: name,
                    recorded,
                    found,
                    line,
                });
            }
        }
        Ok(())
    }

    /// Returns the value a factor was last corrected to.
    pub fn corrected(&self, referral: &str, factor: &str) -> Option<&str> {
        self.entries
            .iter()
            .rev()
            .find_map(|entry| match &entry.event {
                Event::Correct(correct)
                    if correct.referral == referral && correct.factor == factor =>
                {
                    Some(correct.to.as_str())
                }
                _ => None,
            })
    }

    fn cluster_draw(&self, cluster: &str) -> Option<&Draw> {
        match &self.entry_of_cluster(cluster)?.event {
            Event::Draw(draw) => Some(draw),
            _ => None,
        }
    }

    /// Returns the machine as it stands after every draw of the ledger.
    fn machine(&self, allocation: &Allocation, seed: &Seed) -> Result<Machine<Live>, DrawError> {
        let seal = self.seal();
        if seed.commitment(&seal.study) != seal.commitment {
            return Err(DrawError::WrongSeed);
        }
        let beacon = self.beacon().expect("checked when the drawing was opened");
        let master = MasterKey::derive(seed, &seal.study, self.sealed().digest, beacon);
        let mut machine = Machine::new(
            allocation.procedure.clone(),
            self.sealed().ratio(),
            Live::new(master),
        );
        let minimised = matches!(allocation.procedure, Procedure::Minimisation { .. });
        for entry in &self.entries {
            let inconsistent = |fault: String| DrawError::Inconsistent {
                entry: entry.number,
                fault,
            };
            match &entry.event {
                Event::Batch(batch) => machine.record_batch(&StratumKey::of(&batch.stratum)),
                Event::Draw(draw) => {
                    let stratum = StratumKey::of(&draw.stratum);
                    let slot = machine.next_slot(&stratum);
                    if draw.slot != slot {
                        let fault = format!("slot {} where slot {slot} follows", draw.slot);
                        return Err(inconsistent(fault));
                    }
                    let arm = self.sealed().arm(&draw.arm).ok_or_else(|| {
                        inconsistent(format!("`{}` is no arm of the plan", draw.arm))
                    })?;
                    let levels = if minimised {
                        let plan = self.plan_at(entry.number);
                        let facts = recorded_facts(plan, &draw.levels).map_err(inconsistent)?;
                        plan.minimised(|factor| facts[factor].as_ref())
                            .expect("recorded facts have levels")
                    } else {
                        Vec::new()
                    };
                    machine.record(&stratum, &levels, arm);
                }
                _ => {}
            }
        }
        Ok(machine)
    }
}

impl Writer {
    /// Draws the referrals that can be drawn, all of them or none, and records them with one
    /// append; answers come in the order of the referrals.
    ///
    /// A referral drawn before gets its recorded arm again, and nothing is appended for it. The
    /// seed is needed only where somebody is drawn.
    pub fn draw(
        &mut self,
        referrals: &[Referral],
        seed: Option<&Seed>,
        stamp: &Stamp,
    ) -> Result<(Vec<Answer>, Option<Appended>), DrawError> {
        let foreseen = self.ledger.foresee(referrals)?;
        let mut events: Vec<Event> = referrals
            .iter()
            .zip(&foreseen)
            .filter_map(|(referral, foreseen)| match foreseen {
                Foreseen::Refused {
                    reason,
                    already: false,
                } => Some(Event::Refuse(Note {
                    referral: referral.id.clone(),
                    reason: reason.clone(),
                })),
                _ => None,
            })
            .collect();
        let coming: Vec<&Referral> = referrals
            .iter()
            .zip(&foreseen)
            .filter(|(_, foreseen)| **foreseen == Foreseen::WillBeDrawn)
            .map(|(referral, _)| referral)
            .collect();
        if !coming.is_empty() {
            let seed = seed.ok_or(DrawError::NoSeed)?;
            let mut series = Series::new(&self.ledger, seed)?;
            series.draw(&coming)?;
            events.extend(series.events);
        }
        let appended = if events.is_empty() {
            None
        } else {
            Some(self.append(events, stamp)?)
        };
        let answers = referrals
            .iter()
            .zip(foreseen)
            .map(|(referral, foreseen)| match foreseen {
                Foreseen::Refused { reason, already } => Answer::Refused(Refused {
                    referral: referral.id.clone(),
                    reason,
                    already,
                }),
                foreseen => {
                    let entry = self.ledger.entry_of(&referral.id);
                    let entry = entry.expect("the referral was drawn before or now");
                    Answer::Drawn(Drawn {
                        referral: referral.id.clone(),
                        arm: entry.arm().expect("a draw names its arm").to_owned(),
                        entry: entry.number,
                        already: matches!(foreseen, Foreseen::Already { .. }),
                    })
                }
            })
            .collect();
        Ok((answers, appended))
    }
}

/// The events of one call, in the making.
pub(super) struct Series<'l> {
    ledger: &'l Ledger,
    pub allocation: &'l Allocation,
    pub machine: Machine<Live>,
    events: Vec<Event>,
}

/// What is drawn: a referral, or a cluster with the facts of its first member.
struct Drawable<'r> {
    id: &'r str,
    facts: &'r [Fact],
}

impl<'l> Series<'l> {
    pub fn new(ledger: &'l Ledger, seed: &Seed) -> Result<Series<'l>, DrawError> {
        let allocation = ledger.open_for_drawing()?;
        Ok(Series {
            ledger,
            allocation,
            machine: ledger.machine(allocation, seed)?,
            events: Vec::new(),
        })
    }

    fn draw(&mut self, referrals: &[&Referral]) -> Result<(), DrawError> {
        let Some(cluster) = self.allocation.cluster else {
            let drawables: Vec<Drawable> = referrals
                .iter()
                .map(|referral| Drawable {
                    id: &referral.id,
                    facts: &referral.facts,
                })
                .collect();
            return self.draw_all(&drawables);
        };
        let drawables = new_clusters(self.ledger, cluster, referrals)?;
        self.draw_all(&drawables)?;
        self.join_clusters(cluster, referrals);
        Ok(())
    }

    fn join_clusters(&mut self, cluster: usize, referrals: &[&Referral]) {
        let factor = &self.ledger.plan().factors[cluster];
        let drawn_now: HashMap<String, String> = self
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Draw(draw) => Some((draw.referral.clone(), draw.arm.clone())),
                _ => None,
            })
            .collect();
        let mut members: Vec<Member> = referrals
            .iter()
            .map(|referral| {
                let cluster = factor.fact_text(&referral.facts[cluster]);
                let arm = match self.ledger.cluster_draw(&cluster) {
                    Some(draw) => draw.arm.clone(),
                    None => drawn_now[&cluster].clone(),
                };
                Member {
                    referral: referral.id.clone(),
                    cluster,
                    arm,
                }
            })
            .collect();
        if let Procedure::Complete { .. } = self.allocation.procedure {
            members.sort_by(|a, b| a.referral.cmp(&b.referral));
        }
        self.events.extend(members.into_iter().map(Event::Member));
    }

    fn draw_all(&mut self, drawables: &[Drawable]) -> Result<(), DrawError> {
        debug_assert_eq!(
            drawables.iter().map(|d| d.id).collect::<HashSet<_>>().len(),
            drawables.len(),
            "ids are unique in a list that was checked"
        );
        match &self.allocation.procedure {
            Procedure::Complete { counts } => self.draw_lists(drawables, counts.as_deref()),
            _ => {
                for drawable in drawables {
                    self.draw_one(drawable);
                }
                Ok(())
            }
        }
    }

    fn draw_one(&mut self, drawable: &Drawable) {
        let protocol = &self.ledger.plan();
        let stratum = self.stratum_of(drawable);
        let names = protocol.stratum_names(&stratum);
        let key = StratumKey::of(&names);
        let levels = protocol
            .minimised(|factor| Some(&drawable.facts[factor]))
            .expect("facts were checked against the plan");
        let arm = self.machine.draw(&key, &levels);
        self.push_draw(drawable, names, &key, arm, None);
        self.machine.record(&key, &levels, arm);
    }

    /// Draws whole lists: one batch for each stratum, in the order of the plan's levels.
    fn draw_lists(
        &mut self,
        drawables: &[Drawable],
        counts: Option<&[u64]>,
    ) -> Result<(), DrawError> {
        let mut strata: BTreeMap<Vec<usize>, Vec<&Drawable>> = BTreeMap::new();
        for drawable in drawables {
            strata
                .entry(self.stratum_of(drawable))
                .or_default()
                .push(drawable);
        }
        for (stratum, mut list) in strata {
            let names = self.ledger.plan().stratum_names(&stratum);
            if let Some(counts) = counts {
                let expected = counts.iter().sum();
                if list.len() as u64 != expected {
                    return Err(DrawError::Counts {
                        stratum: names,
                        found: list.len() as u64,
                        expected,
                    });
                }
            }
            list.sort_by_key(|drawable| drawable.id);
            let key = StratumKey::of(&names);
            let batch = self.machine.next_batch(&key);
            self.events.push(Event::Batch(Batch {
                stratum: names.clone(),
                batch,
                size: list.len() as u64,
                roster: Digest::of_roster(list.iter().map(|drawable| drawable.id)),
            }));
            let arms = self.machine.draw_batch(&key, list.len());
            self.machine.record_batch(&key);
            for (drawable, arm) in list.into_iter().zip(arms) {
                self.push_draw(drawable, names.clone(), &key, arm, Some(batch));
                self.machine.record(&key, &[], arm);
            }
        }
        Ok(())
    }

    fn stratum_of(&self, drawable: &Drawable) -> Vec<usize> {
        self.ledger
            .plan()
            .stratum(|factor| Some(&drawable.facts[factor]))
            .expect("facts were checked against the plan")
    }

    fn push_draw(
        &mut self,
        drawable: &Drawable,
        stratum: Vec<String>,
        key: &StratumKey,
        arm: usize,
        batch: Option<u64>,
    ) {
        let protocol = &self.ledger.plan();
        let levels = protocol
            .recorded_factors()
            .into_iter()
            .map(|index| {
                let factor = &protocol.factors[index];
                let value = match &drawable.facts[index] {
                    Fact::Whole(number) => LevelValue::Whole(*number),
                    fact => LevelValue::Text(factor.fact_text(fact)),
                };
                (factor.id.clone(), value)
            })
            .collect();
        self.events.push(Event::Draw(Draw {
            referral: drawable.id.to_owned(),
            stratum,
            slot: self.machine.next_slot(key),
            levels,
            arm: protocol.arms[arm].id.clone(),
            batch,
        }));
    }
}

/// Returns the clusters not drawn before, in the order in which they first appear.
fn new_clusters<'r>(
    ledger: &'r Ledger,
    cluster: usize,
    referrals: &[&'r Referral],
) -> Result<Vec<Drawable<'r>>, DrawError> {
    let factors = &ledger.plan().factors;
    let name =
        |referral: &'r Referral| -> String { factors[cluster].fact_text(&referral.facts[cluster]) };
    let mut first: HashMap<String, &Referral> = HashMap::new();
    let mut drawables = Vec::new();
    for &referral in referrals {
        let name = name(referral);
        let differs = |factor: usize, first: String| DrawError::ClusterFacts {
            cluster: name.clone(),
            factor: factors[factor].id.clone(),
            first,
            found: factors[factor].fact_text(&referral.facts[factor]),
            line: referral.line,
        };
        for factor in ledger.plan().recorded_factors() {
            let found = factors[factor].fact_text(&referral.facts[factor]);
            let known = match (ledger.cluster_draw(&name), first.get(&name)) {
                (Some(draw), _) => draw
                    .levels
                    .iter()
                    .find(|(id, _)| *id == factors[factor].id)
                    .map(|(_, value)| value.to_string()),
                (None, Some(first)) => Some(factors[factor].fact_text(&first.facts[factor])),
                (None, None) => None,
            };
            if let Some(known) = known
                && known != found
            {
                return Err(differs(factor, known));
            }
        }
        if ledger.cluster_draw(&name).is_none() && !first.contains_key(&name) {
            let id = match &referral.facts[cluster] {
                Fact::Name(id) => id.as_str(),
                Fact::Level(level) => factors[cluster].level_name(*level),
                Fact::Whole(_) => unreachable!("a cluster is named by a text"),
            };
            first.insert(name, referral);
            drawables.push((id, referral));
        }
    }
    Ok(drawables
        .into_iter()
        .map(|(id, referral)| Drawable {
            id,
            facts: &referral.facts,
        })
        .collect())
}

impl Entry {
    /// Returns the arm the entry gives.
    pub fn arm(&self) -> Option<&str> {
        match &self.event {
            Event::Draw(draw) => Some(&draw.arm),
            Event::Member(member) => Some(&member.arm),
            _ => None,
        }
    }
}

impl std::fmt::Display for LevelValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LevelValue::Whole(number) => number.fmt(f),
            LevelValue::Text(text) => f.write_str(text),
        }
    }
}

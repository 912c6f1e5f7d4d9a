//! The auditor's check: form, chain, plan, positions, and every draw derived again.
//!
//! Promises: every line is looked at, whatever stands before it; each finding names the entry and
//! the rule; what could not be excluded is said. A ledger is judged by its bytes, the plan inside
//! it and the seed, and by nothing the trial's owner says beside them.

use std::collections::{HashMap, HashSet};
use std::fmt;

use memchr::memmem;

use crate::digest::Digest;
use crate::draw::{DRAW_FORMAT, Live, Machine, MasterKey, Seed, StratumKey};
use crate::ledger::{
    Amend, Batch, Clock, Correct, Draw, Entry, Event, LEDGER_FORMAT, Link, LinkFault, Member, Note,
    Resaved, Seal, alike_among, has_cpr_shape, lines, recorded_facts,
};
use crate::protocol::{Fact, Procedure, Protocol};

/// The rule that a finding breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A line is not an entry in its one text form.
    Form,
    /// Entry numbers run 0, 1, 2 … without gaps.
    Number,
    /// `prev` is the digest of the line before.
    Chain,
    /// Times never go back.
    Time,
    /// A write was cut short.
    Torn,
    /// The kept head is a head of this chain.
    Head,
    /// The first entry, and only the first, is a seal in a known format.
    Seal,
    /// The plan in the ledger can be read and names the study.
    Protocol,
    /// The seed is the one committed to.
    Commitment,
    /// The beacon's value comes once, under a rule, before the first draw.
    Beacon,
    /// Nothing is drawn after the seed was revealed.
    Unseal,
    /// Lists belong to `complete`, and have as many draws as they say.
    Batch,
    /// The roster's digest is that of the list's ids.
    Roster,
    /// Nobody is drawn twice.
    Duplicate,
    /// An id has no shape of a national identity number.
    Id,
    /// The recorded levels are those of the plan's factors.
    Levels,
    /// The stratum follows from the levels.
    Stratum,
    /// Positions in a stratum run 0, 1, 2 … without gaps.
    Slot,
    /// Every condition of the plan holds for a referral that was drawn.
    Eligibility,
    /// The arm follows from seed, plan, stratum and position.
    Arm,
    /// A member has its cluster's arm.
    Member,
    /// What happens afterwards happens to somebody who was drawn.
    Afterwards,
    /// An amendment changes nothing a draw rests on.
    Amend,
}

impl Rule {
    /// Returns the public name.
    pub const fn name(self) -> &'static str {
        match self {
            Rule::Form => "form",
            Rule::Number => "number",
            Rule::Chain => "chain",
            Rule::Time => "time",
            Rule::Torn => "torn",
            Rule::Head => "head",
            Rule::Seal => "seal",
            Rule::Protocol => "protocol",
            Rule::Commitment => "commitment",
            Rule::Beacon => "beacon",
            Rule::Unseal => "unseal",
            Rule::Batch => "batch",
            Rule::Roster => "roster",
            Rule::Duplicate => "duplicate",
            Rule::Id => "id",
            Rule::Levels => "levels",
            Rule::Stratum => "stratum",
            Rule::Slot => "slot",
            Rule::Eligibility => "eligibility",
            Rule::Arm => "arm",
            Rule::Member => "member",
            Rule::Afterwards => "afterwards",
            Rule::Amend => "amend",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The entry by its place in the file, from 0; line `entry + 1`.
    pub entry: u64,
    pub rule: Rule,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    Findings,
}

/// What an audit saw.
#[derive(Clone, Debug)]
pub struct Audit {
    pub entries: u64,
    pub draws: u64,
    /// Draws whose arm was derived again.
    pub rederived: u64,
    pub head: Digest,
    /// What this audit could not exclude, in words.
    pub not_excluded: Vec<String>,
    /// Entries made under a clock that was set.
    pub set_clock: Vec<u64>,
    /// Whether the ledger reveals the seed.
    pub unsealed: bool,
    pub findings: Vec<Finding>,
}

impl Audit {
    pub fn verdict(&self) -> Verdict {
        if self.findings.is_empty() {
            Verdict::Holds
        } else {
            Verdict::Findings
        }
    }
}

/// Audits the bytes of a ledger, with the seed and remembered heads where there are any.
///
/// Without a seed, the one that an `unseal` entry reveals is used; without that, everything but
/// the arms is checked.
///
/// What a program did to the line ends when it saved the file anew is one finding, and the lines
/// are judged without it.
pub fn audit(
    bytes: &[u8],
    seed: Option<&Seed>,
    kept_heads: impl IntoIterator<Item = Digest>,
) -> Audit {
    let resaved = Resaved::of(bytes);
    let undone = resaved.map(|_| Resaved::undone(bytes));
    let (lines, tail) = lines(undone.as_deref().unwrap_or(bytes));
    let mut auditor = Auditor::new(seed.cloned(), &lines);
    if let Some(resaved) = resaved {
        let message = format!(
            "{resaved}; the lines are judged without that, and {} brings the file back",
            resaved.remedy()
        );
        auditor.find_at(0, Rule::Form, message);
    }
    auditor.find_revealed_seed();
    let mut kept: Vec<(Digest, Option<u64>)> = Vec::new();
    for head in kept_heads {
        if !kept.iter().any(|(known, _)| *known == head) {
            kept.push((head, None));
        }
    }
    for (_, line) in &lines {
        auditor.line(line);
        for (head, at) in &mut kept {
            if *head == auditor.link.head {
                *at = Some(auditor.link.number);
            }
        }
    }
    auditor.finish(tail.is_some(), &kept)
}

struct Auditor<'l> {
    lines: &'l [(u64, &'l [u8])],
    seed: Option<Seed>,
    link: Link,
    findings: Vec<Finding>,
    set_clock: Vec<u64>,
    draws: u64,
    rederived: u64,
    study: Option<Study>,
    unsealed: bool,
}

/// What the seal fixed, and what has been seen since.
struct Study {
    commitment: Digest,
    seal: Seal,
    sealed: Protocol,
    /// The plan in force.
    plan: Protocol,
    beacon: Option<String>,
    /// There once the seed is known to be the right one and the beacon is there.
    machine: Option<Machine<Live>>,
    positions: HashMap<StratumKey, Position>,
    /// Each drawn referral or cluster.
    drawn: HashMap<String, Drawn>,
    /// Each member of a cluster.
    members: HashMap<String, Joined>,
    /// Entry and reason of the last refusal of each referral.
    refused: HashMap<String, (u64, String)>,
    /// Entries of the refusal and the draw of whoever was drawn though the rule still stood.
    let_in: Vec<(u64, u64)>,
    /// Withdrawals and exclusions, by kind and referral.
    remarks: HashSet<(&'static str, String)>,
    /// Value that a factor of a referral was last corrected to.
    corrected: HashMap<(String, String), String>,
    batch: Option<OpenBatch>,
    /// Entry of each list of coming slots that was made, and slots in it.
    tables: Vec<(u64, u64)>,
}

struct Drawn {
    arm: String,
    entry: u64,
}

struct Joined {
    cluster: String,
    entry: u64,
}

#[derive(Default)]
struct Position {
    slots: u64,
    batches: u64,
}

/// A batch whose draws are being read.
struct OpenBatch {
    entry: u64,
    batch: Batch,
    key: StratumKey,
    first_slot: u64,
    /// Entry, id, slot and arm of each draw.
    draws: Vec<(u64, String, u64, String)>,
}

impl<'l> Auditor<'l> {
    fn new(seed: Option<Seed>, lines: &'l [(u64, &'l [u8])]) -> Auditor<'l> {
        Auditor {
            lines,
            seed,
            link: Link::first(),
            findings: Vec::new(),
            set_clock: Vec::new(),
            draws: 0,
            rederived: 0,
            study: None,
            unsealed: false,
        }
    }

    /// Takes the seed from an `unseal` entry when none was given.
    fn find_revealed_seed(&mut self) {
        if self.seed.is_some() {
            return;
        }
        self.seed = self
            .lines
            .iter()
            .rev()
            // Only lines that may be one are read, so that no line is read twice for nothing.
            .filter(|(_, line)| memmem::find(line, b"\"type\":\"unseal\"").is_some())
            .find_map(|(_, line)| match Entry::read(line).ok()?.event {
                Event::Unseal { seed } => Some(seed),
                _ => None,
            });
    }

    /// Adds a finding about the line being read.
    fn find(&mut self, rule: Rule, message: impl Into<String>) {
        self.find_at(self.link.number, rule, message);
    }

    fn find_at(&mut self, entry: u64, rule: Rule, message: impl Into<String>) {
        self.findings.push(Finding {
            entry,
            rule,
            message: message.into(),
        });
    }

    fn line(&mut self, line: &[u8]) {
        let entry = match Entry::read(line) {
            Ok(entry) => entry,
            Err(fault) => {
                self.find(Rule::Form, fault.to_string());
                self.link.advance(line, None);
                return;
            }
        };
        for fault in self.link.faults(&entry) {
            let rule = match fault {
                LinkFault::Number { .. } => Rule::Number,
                LinkFault::Time { .. } => Rule::Time,
                _ => Rule::Chain,
            };
            self.find(rule, fault.to_string());
        }
        if entry.clock == Clock::Set {
            self.set_clock.push(self.link.number);
        }
        if let Event::Draw(_) = entry.event {
            self.draws += 1;
        }
        self.event(&entry.event);
        self.link.advance(line, Some(entry.time));
    }

    fn event(&mut self, event: &Event) {
        if let (0, Event::Seal(seal)) = (self.link.number, event) {
            self.seal(seal);
            return;
        }
        if self.link.number == 0 {
            self.find(Rule::Seal, "the first entry is no seal");
        }
        // Taken out and put back, so that the study and the findings can both be written to.
        let Some(mut study) = self.study.take() else {
            return;
        };
        if !matches!(event, Event::Draw(_)) {
            self.close_batch(&mut study);
        }
        let draws = matches!(
            event,
            Event::Batch(_) | Event::Draw(_) | Event::Member(_) | Event::Beacon { .. }
        );
        if self.unsealed && draws {
            let message = format!("a {} after the seed was revealed", event.kind());
            self.find(Rule::Unseal, message);
        }
        match event {
            Event::Seal(_) => self.find(Rule::Seal, "a second seal"),
            Event::Beacon { value } => self.beacon(&mut study, value),
            Event::Batch(batch) => self.batch(&mut study, batch),
            Event::Draw(draw) => self.draw(&mut study, draw),
            Event::Member(member) => self.member(&mut study, member),
            Event::Refuse(note) => self.refuse(&mut study, note),
            Event::Withdraw(note) | Event::Exclude(note) => {
                self.remark(&mut study, event, &note.referral);
            }
            Event::Correct(correct) => self.correct(&mut study, event, correct),
            Event::Amend(amend) => self.amend(&mut study, amend),
            Event::Table(table) => study.tables.push((self.link.number, table.slots)),
            Event::Unseal { seed } => self.unseal(&study, seed),
        }
        self.study = Some(study);
    }

    fn seal(&mut self, seal: &Seal) {
        if seal.format != LEDGER_FORMAT || seal.draw != DRAW_FORMAT {
            let message = format!(
                "sealed as `{}` and `{}`, expected `{LEDGER_FORMAT}` and `{DRAW_FORMAT}`",
                seal.format, seal.draw
            );
            self.find(Rule::Seal, message);
        }
        let sealed = match Protocol::read(&seal.protocol) {
            Ok(sealed) => sealed,
            Err(error) => {
                self.find(Rule::Protocol, error.to_string());
                return;
            }
        };
        if sealed.study.id != seal.study {
            let message = format!(
                "the seal is for study `{}`, its plan for `{}`",
                seal.study, sealed.study.id
            );
            self.find(Rule::Protocol, message);
        }
        if let Some(seed) = &self.seed
            && seed.commitment(&seal.study) != seal.commitment
        {
            self.find(
                Rule::Commitment,
                "the seed is not the one committed to: no arm was derived again",
            );
            self.seed = None;
        }
        let mut study = Study {
            commitment: seal.commitment,
            seal: seal.clone(),
            plan: sealed.clone(),
            sealed,
            beacon: seal.beacon_rule.is_empty().then(String::new),
            machine: None,
            positions: HashMap::new(),
            drawn: HashMap::new(),
            members: HashMap::new(),
            refused: HashMap::new(),
            let_in: Vec::new(),
            remarks: HashSet::new(),
            corrected: HashMap::new(),
            batch: None,
            tables: Vec::new(),
        };
        study.start_machine(self.seed.as_ref());
        self.study = Some(study);
    }

    fn beacon(&mut self, study: &mut Study, value: &str) {
        if study.seal.beacon_rule.is_empty() {
            self.find(Rule::Beacon, "a beacon, and the seal names no rule for one");
        } else if study.beacon.is_some() {
            self.find(Rule::Beacon, "a second beacon");
        } else if !study.drawn.is_empty() {
            self.find(Rule::Beacon, "the beacon comes after draws");
        } else {
            study.beacon = Some(value.to_owned());
            study.start_machine(self.seed.as_ref());
        }
    }

    fn batch(&mut self, study: &mut Study, batch: &Batch) {
        if !study.draws_lists() {
            self.find(
                Rule::Batch,
                "a batch, and the plan does not draw whole lists",
            );
            return;
        }
        if batch.size == 0 {
            // Each batch has a stream of its own: an empty one would be a way to choose among them.
            self.find(Rule::Batch, "a batch of nobody");
        }
        let key = StratumKey::of(&batch.stratum);
        let position = study.positions.entry(key.clone()).or_default();
        if batch.batch != position.batches {
            let message = format!(
                "batch {} where batch {} follows",
                batch.batch, position.batches
            );
            self.findings.push(Finding {
                entry: self.link.number,
                rule: Rule::Batch,
                message,
            });
        }
        study.batch = Some(OpenBatch {
            entry: self.link.number,
            batch: batch.clone(),
            key,
            first_slot: position.slots,
            draws: Vec::new(),
        });
    }

    fn draw(&mut self, study: &mut Study, draw: &Draw) {
        if study.beacon.is_none() {
            self.find(Rule::Beacon, "a draw before the beacon's value is there");
        }
        if study.drawn.contains_key(&draw.referral) {
            let message = format!("`{}` is drawn a second time", draw.referral);
            self.find(Rule::Duplicate, message);
        }
        if has_cpr_shape(&draw.referral) {
            self.find(Rule::Id, "the id has the shape of a CPR number");
        }
        let drawn = Drawn {
            arm: draw.arm.clone(),
            entry: self.link.number,
        };
        study.drawn.insert(draw.referral.clone(), drawn);
        if study.plan.cluster().is_none() {
            study.note_if_refused(&draw.referral, self.link.number);
        }
        if study.sealed.allocation.is_none() {
            self.find(Rule::Arm, "a draw, and the plan draws nobody");
        }
        let facts = self.facts_of(study, draw);
        if study.plan.arm(&draw.arm).is_none() {
            let message = format!("`{}` is no arm of the plan", draw.arm);
            self.find(Rule::Arm, message);
        }
        let key = StratumKey::of(&draw.stratum);
        let slot = match study.positions.get_mut(&key) {
            Some(position) => {
                position.slots += 1;
                position.slots - 1
            }
            None => {
                let first = Position {
                    slots: 1,
                    batches: 0,
                };
                study.positions.insert(key.clone(), first);
                0
            }
        };
        if let Some(batch) = self.batch_of(study, draw) {
            let (entry, id) = (self.link.number, draw.referral.clone());
            batch.draws.push((entry, id, draw.slot, draw.arm.clone()));
            if batch.draws.len() as u64 == batch.batch.size {
                self.close_batch(study);
            }
            return;
        }
        self.slot(draw.slot, slot);
        if study.draws_lists() {
            return;
        }
        self.derive(study, draw, &key, facts.as_deref());
    }

    /// Checks levels, stratum and eligibility, and returns the facts.
    fn facts_of(&mut self, study: &Study, draw: &Draw) -> Option<Vec<Option<Fact>>> {
        let facts = match recorded_facts(&study.plan, &draw.levels) {
            Ok(facts) => facts,
            Err(message) => {
                self.find(Rule::Levels, message);
                return None;
            }
        };
        let stratum = study.plan.stratum(|factor| facts[factor].as_ref());
        let names = stratum.map(|stratum| study.plan.stratum_names(&stratum));
        if names.as_ref() != Some(&draw.stratum) {
            let message = format!(
                "stratum `{}`, and the levels are of `{}`",
                draw.stratum.join(" / "),
                names.unwrap_or_default().join(" / ")
            );
            self.find(Rule::Stratum, message);
        }
        if let Some(cluster) = study.plan.cluster()
            && let Some(fact) = &facts[cluster]
            && study.plan.factors[cluster].fact_text(fact) != draw.referral
        {
            let message = format!("cluster `{}`, and the levels name another", draw.referral);
            self.find(Rule::Levels, message);
        }
        // In a trial of clusters the conditions are on persons, whose facts are not recorded.
        if study.plan.cluster().is_none() && !study.plan.eligible.is_empty() {
            let person: Option<Vec<Fact>> = facts.iter().cloned().collect();
            if let Some(label) =
                person.and_then(|facts| study.plan.refusal(&facts).map(str::to_owned))
            {
                let message = format!("drawn, though not `{label}`");
                self.find(Rule::Eligibility, message);
            }
        }
        Some(facts)
    }

    /// Returns the open batch that a draw belongs to; a draw that breaks the rule is reported.
    fn batch_of<'s>(&mut self, study: &'s mut Study, draw: &Draw) -> Option<&'s mut OpenBatch> {
        let lists = study.draws_lists();
        let fits = study.batch.as_ref().is_some_and(|open| {
            draw.batch == Some(open.batch.batch) && draw.stratum == open.batch.stratum
        });
        match (lists, fits) {
            (true, true) => study.batch.as_mut(),
            (true, false) => {
                self.find(Rule::Batch, "a draw outside its batch");
                None
            }
            (false, _) => {
                if draw.batch.is_some() {
                    self.find(
                        Rule::Batch,
                        "a draw with a batch, and the plan draws no lists",
                    );
                }
                None
            }
        }
    }

    fn slot(&mut self, found: u64, expected: u64) {
        if found != expected {
            let message = format!("slot {found} where slot {expected} of its stratum follows");
            self.find(Rule::Slot, message);
        }
    }

    /// Derives the arm of a single draw and compares it with the recorded one.
    fn derive(
        &mut self,
        study: &mut Study,
        draw: &Draw,
        key: &StratumKey,
        facts: Option<&[Option<Fact>]>,
    ) {
        let Study { machine, plan, .. } = study;
        let Some(machine) = machine else {
            return;
        };
        // Only minimisation needs the facts: with any other procedure a draw whose levels are wrong
        // still has an arm, and its slot is used.
        let levels = plan.minimised(|factor| facts?[factor].as_ref());
        let Some(levels) = levels else {
            return;
        };
        let derived = machine.draw(key, &levels);
        self.rederived += 1;
        let recorded = plan.arm(&draw.arm);
        if recorded.is_some_and(|arm| arm != derived) {
            let message = wrong_arm(&draw.arm, &plan.arms[derived].id);
            self.find(Rule::Arm, message);
        }
        machine.record(key, &levels, recorded.unwrap_or(derived));
    }

    /// Checks a batch once its draws are read: its size, its roster, its positions, its arms.
    fn close_batch(&mut self, study: &mut Study) {
        let Some(open) = study.batch.take() else {
            return;
        };
        let OpenBatch {
            entry,
            batch,
            key,
            first_slot,
            mut draws,
        } = open;
        study.positions.entry(key.clone()).or_default().batches += 1;
        if draws.len() as u64 != batch.size {
            let message = format!("a batch of {} with {} draws", batch.size, draws.len());
            self.find_at(entry, Rule::Batch, message);
            // Roster, positions and arms follow from the whole list, which is not there.
            if let Some(machine) = &mut study.machine {
                machine.record_batch(&key);
            }
            return;
        }
        draws.sort_by(|a, b| a.1.cmp(&b.1));
        if Digest::of_roster(draws.iter().map(|(_, id, ..)| id.as_str())) != batch.roster {
            let message = "the roster's digest is not that of the list's ids";
            self.find_at(entry, Rule::Roster, message);
        }
        for (slot, draw) in (first_slot..).zip(&draws) {
            if draw.2 != slot {
                let message = format!("slot {} where slot {slot} follows by id", draw.2);
                self.find_at(draw.0, Rule::Slot, message);
            }
        }
        let Some(machine) = &mut study.machine else {
            return;
        };
        let counts_fit = match &study.sealed.allocation.as_ref().map(|a| &a.procedure) {
            Some(Procedure::Complete {
                counts: Some(counts),
            }) => counts.iter().sum::<u64>() == draws.len() as u64,
            _ => true,
        };
        if !counts_fit {
            let message = "the list's size is not the sum of the plan's counts";
            self.find_at(entry, Rule::Batch, message);
            machine.record_batch(&key);
            return;
        }
        let arms = machine.draw_batch(&key, draws.len());
        machine.record_batch(&key);
        for (derived, (entry, _, _, recorded)) in arms.into_iter().zip(&draws) {
            self.rederived += 1;
            let derived = &study.plan.arms[derived].id;
            if recorded != derived && study.plan.arm(recorded).is_some() {
                self.find_at(*entry, Rule::Arm, wrong_arm(recorded, derived));
            }
        }
    }

    fn member(&mut self, study: &mut Study, member: &Member) {
        let joined = Joined {
            cluster: member.cluster.clone(),
            entry: self.link.number,
        };
        if study
            .members
            .insert(member.referral.clone(), joined)
            .is_some()
        {
            let message = format!("`{}` is a member a second time", member.referral);
            self.find(Rule::Duplicate, message);
        }
        if has_cpr_shape(&member.referral) {
            self.find(Rule::Id, "the id has the shape of a CPR number");
        }
        study.note_if_refused(&member.referral, self.link.number);
        let message = match study.drawn.get(&member.cluster) {
            _ if study.plan.cluster().is_none() => {
                "a member, and the plan draws no clusters".to_owned()
            }
            None => format!("cluster `{}` was not drawn", member.cluster),
            Some(Drawn { arm, .. }) if *arm != member.arm => {
                format!("arm `{}`, and its cluster has `{arm}`", member.arm)
            }
            Some(_) => return,
        };
        self.find(Rule::Member, message);
    }

    fn refuse(&mut self, study: &mut Study, note: &Note) {
        if has_cpr_shape(&note.referral) {
            self.find(Rule::Id, "the id has the shape of a CPR number");
        }
        let refusal = (self.link.number, note.reason.clone());
        if let Some((_, reason)) = study.refused.insert(note.referral.clone(), refusal)
            && reason == note.reason
        {
            let message = format!("`{}` is refused a second time for one rule", note.referral);
            self.find(Rule::Duplicate, message);
        }
        if study.is_known(&note.referral) {
            let message = format!("`{}` is refused after its draw", note.referral);
            self.find(Rule::Eligibility, message);
        }
        if !study
            .plan
            .eligible
            .iter()
            .any(|rule| rule.label == note.reason)
        {
            let message = format!(
                "refused for `{}`, which is no rule of the plan",
                note.reason
            );
            self.find(Rule::Eligibility, message);
        }
    }

    fn afterwards(&mut self, study: &Study, event: &Event, referral: &str) {
        if !study.is_known(referral) {
            let message = format!("{} of `{referral}`, who was not drawn", event.kind());
            self.find(Rule::Afterwards, message);
        }
    }

    fn remark(&mut self, study: &mut Study, event: &Event, referral: &str) {
        self.afterwards(study, event, referral);
        if !study.remarks.insert((event.kind(), referral.to_owned())) {
            let message = format!("a second {} of `{referral}`", event.kind());
            self.find(Rule::Afterwards, message);
        }
    }

    fn correct(&mut self, study: &mut Study, event: &Event, correct: &Correct) {
        self.afterwards(study, event, &correct.referral);
        match study.plan.factor(&correct.factor) {
            None => {
                let message = format!("`{}` is no factor of the plan", correct.factor);
                self.find(Rule::Afterwards, message);
            }
            Some(index) => {
                if let Err(wrong) = study.plan.factors[index].fact(&correct.to) {
                    let message = format!("corrected to `{}`, which is no level", wrong.found);
                    self.find(Rule::Afterwards, message);
                }
            }
        }
        let key = (correct.referral.clone(), correct.factor.clone());
        let before = study.corrected.insert(key, correct.to.clone());
        let before = before.or_else(|| self.recorded(study, &correct.referral, &correct.factor));
        if before.as_ref().is_some_and(|value| *value != correct.from) {
            let message = format!(
                "corrected from `{}`, and `{}` was recorded",
                correct.from,
                before.unwrap_or_default()
            );
            self.find(Rule::Afterwards, message);
        }
    }

    /// Returns the value recorded with the draw of a referral, or of its cluster.
    ///
    /// The line is read again: corrections are few, and all the facts of everybody are many.
    fn recorded(&self, study: &Study, referral: &str, factor: &str) -> Option<String> {
        let drawn = study
            .members
            .get(referral)
            .map_or(referral, |joined| &joined.cluster);
        let (_, line) = self.lines[study.drawn.get(drawn)?.entry as usize];
        let Event::Draw(draw) = Entry::read(line).ok()?.event else {
            return None;
        };
        let mut levels = draw.levels.into_iter();
        let (_, value) = levels.find(|(name, _)| name == factor)?;
        Some(value.to_string())
    }

    fn amend(&mut self, study: &mut Study, amend: &Amend) {
        match Protocol::read(&amend.protocol) {
            Err(error) => self.find(Rule::Protocol, error.to_string()),
            Ok(amended) => match study.sealed.fixed_part_that_differs(&amended) {
                Some(part) => {
                    let message = format!("the amendment changes {part}, which was sealed");
                    self.find(Rule::Amend, message);
                }
                None => study.plan = amended,
            },
        }
    }

    fn unseal(&mut self, study: &Study, seed: &Seed) {
        if self.unsealed {
            self.find(Rule::Unseal, "a second unsealing");
        }
        if seed.commitment(&study.seal.study) != study.commitment {
            self.find(
                Rule::Commitment,
                "the seed revealed here is not the one committed to",
            );
        }
        self.unsealed = true;
    }

    /// Ends the audit; `kept` are the remembered heads, and how many entries there were at each.
    fn finish(mut self, torn: bool, kept: &[(Digest, Option<u64>)]) -> Audit {
        if let Some(mut study) = self.study.take() {
            self.close_batch(&mut study);
            self.study = Some(study);
        }
        if torn {
            self.find(
                Rule::Torn,
                "the last line has no end: a write was cut short",
            );
        }
        if self.link.number == 0 && !torn {
            self.find_at(0, Rule::Seal, "the ledger has no entry");
        }
        for (head, _) in kept.iter().filter(|(_, at)| at.is_none()) {
            let which = match kept.len() {
                1 => "the kept head".to_owned(),
                _ => format!("the kept head `{head}`"),
            };
            let last = self.link.number.saturating_sub(1);
            let message = format!("{which} is no head of this ledger: it was cut or written anew");
            self.find_at(last, Rule::Head, message);
        }
        let not_excluded = self.not_excluded(kept);
        self.findings.sort_by_key(|finding| finding.entry);
        Audit {
            entries: self.link.number,
            draws: self.draws,
            rederived: self.rederived,
            head: self.link.head,
            not_excluded,
            set_clock: self.set_clock,
            unsealed: self.unsealed,
            findings: self.findings,
        }
    }

    fn not_excluded(&self, kept: &[(Digest, Option<u64>)]) -> Vec<String> {
        let mut list = Vec::new();
        let latest = kept.iter().filter_map(|(_, at)| *at).max();
        match (kept, latest) {
            ([], _) => list.push(
                "that the tail was cut off, or the whole ledger written anew: no head was given \
                 that somebody else kept"
                    .to_owned(),
            ),
            (_, Some(entries)) if entries < self.link.number => list.push(format!(
                "that entries after entry {0} were cut off or written anew: the kept head is that \
                 of entry {0}",
                entries - 1
            )),
            _ => {}
        }
        if self.rederived < self.draws {
            list.push(
                match self.seed {
                    None => "that arms were chosen by hand: there is no seed to derive them from",
                    Some(_) => {
                        "that arms were chosen by hand, in draws that could not be derived again"
                    }
                }
                .to_owned(),
            );
        }
        if let Some(study) = &self.study
            && study.seal.beacon_rule.is_empty()
            && self.draws > 0
        {
            list.push(
                "that the seed was chosen among several for the draws it gives: the seal names no \
                 public randomness"
                    .to_owned(),
            );
        }
        if let Some(study) = &self.study
            && let [(refused, drawn), others @ ..] = study.let_in.as_slice()
        {
            list.push(format!(
                "that facts were changed to let somebody in: refused in entry {refused} and drawn \
                 in entry {drawn}{}",
                match others.len() {
                    0 => String::new(),
                    more => format!(", and {more} more so"),
                }
            ));
        }
        if let Some(study) = &self.study
            && let [[(first, known), (second, id)], others @ ..] = study.drawn_alike().as_slice()
        {
            list.push(format!(
                "that one person was drawn twice: `{id}` (entry {second}) is written almost like \
                 `{known}` (entry {first}){}",
                match others.len() {
                    0 => String::new(),
                    more => format!(", and {more} more so"),
                }
            ));
        }
        if self.draws > 0 {
            list.push(
                "that people were turned away before anybody entered them: a ledger knows only of \
                 those it was told of"
                    .to_owned(),
            );
        }
        for (entry, slots) in self.study.iter().flat_map(|study| &study.tables) {
            list.push(format!(
                "that whoever made or read the list of entry {entry} knew the next {slots} slots of \
                 each stratum"
            ));
        }
        if self.draws > 0 {
            list.push(
                "that whoever holds the seed knew a draw before it was made, or that the times \
                 are not true"
                    .to_owned(),
            );
        }
        list
    }
}

impl Study {
    fn start_machine(&mut self, seed: Option<&Seed>) {
        let (Some(seed), Some(beacon), Some(allocation)) =
            (seed, &self.beacon, &self.sealed.allocation)
        else {
            return;
        };
        let master = MasterKey::derive(seed, &self.seal.study, self.sealed.digest, beacon);
        self.machine = Some(Machine::new(
            allocation.procedure.clone(),
            self.sealed.ratio(),
            Live::new(master),
        ));
    }

    /// Returns pairs of drawn persons whose ids look alike.
    fn drawn_alike(&self) -> Vec<[(u64, &str); 2]> {
        let mut ids: Vec<(u64, &str)> = match self.plan.cluster() {
            None => self
                .drawn
                .iter()
                .map(|(id, drawn)| (drawn.entry, id.as_str()))
                .collect(),
            Some(_) => self
                .members
                .iter()
                .map(|(id, member)| (member.entry, id.as_str()))
                .collect(),
        };
        ids.sort_unstable();
        alike_among(ids.into_iter())
    }

    fn draws_lists(&self) -> bool {
        matches!(
            self.sealed.allocation.as_ref().map(|a| &a.procedure),
            Some(Procedure::Complete { .. })
        )
    }

    fn is_known(&self, referral: &str) -> bool {
        self.drawn.contains_key(referral) || self.members.contains_key(referral)
    }

    /// Notes that somebody is drawn who was refused by a rule that is still in force: the facts
    /// must be others than those of the refusal, which are not recorded.
    fn note_if_refused(&mut self, referral: &str, entry: u64) {
        let Some((refused, reason)) = self.refused.get(referral) else {
            return;
        };
        if self.plan.eligible.iter().any(|rule| rule.label == *reason) {
            self.let_in.push((*refused, entry));
        }
    }
}

fn wrong_arm(recorded: &str, derived: &str) -> String {
    format!("arm `{recorded}`, and the draw gives `{derived}`")
}

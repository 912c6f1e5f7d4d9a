//! `klero audit` finds every change to a ledger, and says of the rest that only a kept head shows
//! it.
//!
//! What is expected stands here by hand, from `docs/specification.md`: which entries share a
//! stratum, which key of a line nothing else in the ledger speaks of.

use std::ops::RangeInclusive;

use klero::audit::{Audit, Rule, audit};
use klero::digest::Digest;
use klero::draw::Seed;
use klero::ledger::{
    Amend, Batch, Correct, Draw, Entry, Event, Ledger, LevelValue, Member, Note, Remark, Seal,
    Stamp, Writer,
};
use klero::period::Moment;
use klero::protocol::Protocol;
use serde_json::Value;

use crate::workshop::{Folder, list, noon, open, plan_with, sealed, seed, stamp};

const WITHOUT_A_HEAD: &str = "that the tail was cut off, or the whole ledger written anew: no \
                              head was given that somebody else kept";

const BLOCKS: &str = "[allocation]\nprocedure = \"permuted-blocks\"\nblock_sizes = [2, 4]\n\
                      strata = [\"place\"]";
const LISTS: &str = "[allocation]\nprocedure = \"complete\"\nstrata = [\"place\"]";
const RULE: &str = "\n[[eligible]]\nlabel = \"30 or older\"\nfactor = \"age\"\nmin = 30\n";

/// A ledger in the making, one minute an entry or a list.
struct Desk {
    folder: Folder,
    plan: Protocol,
    minute: u32,
}

impl Desk {
    fn new(plan: &str) -> Desk {
        let folder = Folder::new();
        let plan = sealed(&folder, plan);
        Desk {
            folder,
            plan,
            minute: 0,
        }
    }

    fn stamp(&mut self) -> Stamp {
        self.minute += 1;
        stamp(&format!("2017-05-01T12:{:02}:00Z", self.minute))
    }

    fn draw(&mut self, rows: &str) {
        let rows = list(&format!("id,place,age\n{rows}"), &self.plan);
        let stamp = self.stamp();
        let mut writer = open(&self.folder);
        writer.draw(&rows, Some(&seed()), &stamp).unwrap();
    }

    fn record(&mut self, event: impl Fn(&Ledger) -> Event) {
        let stamp = self.stamp();
        let mut writer = open(&self.folder);
        let event = event(&writer.ledger);
        writer.append(vec![event], &stamp).unwrap();
    }

    fn unseal(&mut self) {
        self.record(|_| Event::Unseal { seed: seed() });
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.folder.join("ledger.jsonl")).unwrap()
    }

    fn entries(&self) -> Vec<Entry> {
        entries(&self.bytes())
    }
}

/// Thirteen entries in two strata: r1, r4, r7 and r8 in Tønder, r2, r5 and r6 in Brøndby.
fn one_by_one() -> Desk {
    let mut desk = Desk::new(&(plan_with(BLOCKS) + RULE));
    desk.draw("r1,Tønder,34\n"); // 1, slot 0
    desk.draw("r2,Brøndby,51\n"); // 2, slot 0
    desk.draw("r3,Tønder,29\n"); // 3, refused
    desk.draw("r4,Tønder,40\n"); // 4, slot 1
    desk.draw("r5,Brøndby,33\n"); // 5, slot 1
    desk.record(|l| l.remark(Remark::Withdraw, "r2", "moved away").unwrap()); // 6
    desk.draw("r7,Tønder,62\n"); // 7, slot 2
    desk.record(|l| l.correction("r4", "place", "Brøndby", "typed").unwrap()); // 8
    desk.draw("r6,Brøndby,45\n"); // 9, slot 2
    desk.record(|l| l.remark(Remark::Exclude, "r5", "twice").unwrap()); // 10
    desk.draw("r8,Tønder,30\n"); // 11, slot 3
    desk.unseal(); // 12
    desk
}

/// Eleven entries: a list over two strata (batches in entries 1 and 5), and a second list in the
/// first of them (batch in entry 8).
fn in_lists() -> Desk {
    let mut desk = Desk::new(&plan_with(LISTS));
    desk.draw("a,Tønder,34\nb,Brøndby,51\nc,Tønder,29\nd,Brøndby,18\ne,Tønder,40\n");
    desk.draw("f,Tønder,60\ng,Tønder,25\n");
    desk
}

fn entries(bytes: &[u8]) -> Vec<Entry> {
    lines(bytes)
        .iter()
        .map(|line| Entry::read(line).unwrap())
        .collect()
}

/// The lines of a whole ledger.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes
        .strip_suffix(b"\n")
        .unwrap()
        .split(|&b| b == b'\n')
        .collect()
}

fn joined(lines: &[&[u8]]) -> Vec<u8> {
    lines
        .iter()
        .flat_map(|line| [line, &b"\n"[..]])
        .flatten()
        .copied()
        .collect()
}

/// The digest of the last line.
fn head(bytes: &[u8]) -> Digest {
    Digest::of(lines(bytes).last().unwrap())
}

/// Writes entries as they are.
fn written(entries: &[Entry]) -> Vec<u8> {
    entries
        .iter()
        .flat_map(|entry| (entry.write() + "\n").into_bytes())
        .collect()
}

/// Writes entries as a clever forger does: numbered and chained anew, in the times that stood
/// there.
fn rechained(mut entries: Vec<Entry>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut prev = Digest::ZERO;
    for (number, entry) in (0..).zip(&mut entries) {
        (entry.number, entry.prev) = (number, prev);
        let line = entry.write();
        prev = Digest::of(line.as_bytes());
        bytes.extend(line.bytes().chain([b'\n']));
    }
    bytes
}

/// Returns the ledger with one entry changed and everything after it chained anew.
fn forged(desk: &Desk, entry: usize, change: impl FnOnce(&mut Entry)) -> Vec<u8> {
    let mut entries = desk.entries();
    change(&mut entries[entry]);
    rechained(entries)
}

fn draw_of(entry: &mut Entry) -> &mut Draw {
    match &mut entry.event {
        Event::Draw(draw) => draw,
        other => panic!("a {}", other.kind()),
    }
}

fn batch_of(entry: &mut Entry) -> &mut Batch {
    match &mut entry.event {
        Event::Batch(batch) => batch,
        other => panic!("a {}", other.kind()),
    }
}

fn note_of(entry: &mut Entry) -> &mut Note {
    match &mut entry.event {
        Event::Refuse(note) | Event::Withdraw(note) | Event::Exclude(note) => note,
        other => panic!("a {}", other.kind()),
    }
}

fn other_arm(arm: &str) -> String {
    match arm {
        "effort" => "control",
        _ => "effort",
    }
    .to_owned()
}

/// Entries of the draws of `one_by_one`.
const DRAWS: [usize; 7] = [1, 2, 4, 5, 7, 9, 11];

fn seen(bytes: &[u8], kept: Option<Digest>) -> Audit {
    audit(bytes, Some(&seed()), kept)
}

fn found(seen: &Audit) -> Vec<(u64, Rule)> {
    seen.findings
        .iter()
        .map(|finding| (finding.entry, finding.rule))
        .collect()
}

#[track_caller]
fn finds(changed: &[u8], entry: usize, rule: Rule) {
    let found = found(&seen(changed, None));
    assert!(
        found.contains(&(entry as u64, rule)),
        "{rule} at {entry}, found {found:?}"
    );
}

#[track_caller]
fn finds_only(changed: &[u8], expected: &[(u64, Rule)]) {
    assert_eq!(found(&seen(changed, None)), expected);
}

/// Asserts that an audit without a head says what it cannot exclude, and that the head of the
/// ledger as it was shows the change.
#[track_caller]
fn only_a_head_shows(changed: &[u8], kept: Digest) {
    let without = seen(changed, None);
    assert_eq!(without.findings, []);
    assert_eq!(without.not_excluded[0], WITHOUT_A_HEAD);
    let with = seen(changed, Some(kept));
    assert_eq!(found(&with), [(with.entries - 1, Rule::Head)]);
}

#[test]
fn a_ledger_that_nobody_changed_holds() {
    for (desk, entries, draws) in [(one_by_one(), 13, 7), (in_lists(), 11, 7)] {
        let bytes = desk.bytes();
        let seen = seen(&bytes, Some(head(&bytes)));
        assert_eq!(seen.findings, []);
        assert_eq!(
            (seen.entries, seen.draws, seen.rederived),
            (entries, draws, draws)
        );
        assert!(
            !seen
                .not_excluded
                .iter()
                .any(|item| item.contains("cut off"))
        );
    }
}

/// Bits to flip: they make another digit or letter, and the other case.
const FLIPS: [u8; 2] = [0x01, 0x20];

#[test]
fn a_flipped_byte_is_found_at_its_line_or_the_next() {
    for desk in [one_by_one(), in_lists()] {
        let bytes = desk.bytes();
        let last = lines(&bytes).len() - 1;
        let mut line = 0;
        for at in 0..bytes.len() {
            for flip in FLIPS {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                match (bytes[at], line == last) {
                    (b'\n', true) => finds(&changed, line, Rule::Torn),
                    // Two lines run into one.
                    (b'\n', false) => finds(&changed, line, Rule::Form),
                    (_, false) => finds(&changed, line + 1, Rule::Chain),
                    // The next test is about the last line.
                    (_, true) => {}
                }
            }
            line += usize::from(bytes[at] == b'\n');
        }
    }
}

#[test]
fn a_flipped_byte_of_the_last_line_is_missed_only_where_nothing_else_speaks_of_its_key() {
    for desk in [one_by_one(), in_lists()] {
        let bytes = desk.bytes();
        let all = lines(&bytes);
        let mut missed = 0;
        for end in 1..=all.len() {
            let whole = joined(&all[..end]);
            if !seen(&whole, None).findings.is_empty() {
                // The lines end inside a list, which is found whatever the last one says.
                continue;
            }
            let (before, [line]) = all[..end].split_at(end - 1) else {
                unreachable!("one line is left")
            };
            for (at, flip) in (0..line.len()).flat_map(|at| FLIPS.map(|flip| (at, flip))) {
                let mut other = line.to_vec();
                other[at] ^= flip;
                let changed = [&joined(before)[..], &other, b"\n"].concat();
                let key = changed_key(line, &other);
                if key.is_some_and(|key| is_free(&key, &values(before), &value(line), &other)) {
                    only_a_head_shows(&changed, head(&whole));
                    missed += 1;
                } else {
                    let found = found(&seen(&changed, None));
                    // A list is found at its head when a draw in it has another id.
                    let roster = |&(_, rule): &(u64, Rule)| rule == Rule::Roster;
                    let here = |&(entry, _): &(u64, Rule)| entry == end as u64 - 1;
                    assert!(
                        found.iter().any(|f| here(f) || roster(f)),
                        "{}: {found:?}",
                        String::from_utf8_lossy(&other)
                    );
                }
            }
        }
        assert!(missed > 100, "{missed}");
    }
}

fn value(line: &[u8]) -> Value {
    serde_json::from_slice(line).unwrap()
}

fn values(lines: &[&[u8]]) -> Vec<Value> {
    lines.iter().map(|line| value(line)).collect()
}

/// Returns the key whose value alone tells two lines apart; `None` where the other is no line in
/// canonical form with the same keys.
fn changed_key(line: &[u8], other: &[u8]) -> Option<String> {
    let (a, b) = (value(line), serde_json::from_slice::<Value>(other).ok()?);
    if b.to_string().as_bytes() != other {
        return None;
    }
    let (a, b) = (a.as_object()?, b.as_object()?);
    if !a.keys().eq(b.keys()) {
        return None;
    }
    a.keys().find(|key| a[*key] != b[*key]).cloned()
}

/// Returns whether nothing in the plan, the seed and the lines before says that the last line
/// must have the value it had under a key. `other` is that line with another value there.
fn is_free(key: &str, before: &[Value], line: &Value, other: &[u8]) -> bool {
    let kind = line["type"].as_str().unwrap();
    let now = &value(other)[key];
    let Some(text) = now.as_str() else {
        // Numbers and lists follow from the lines before; of the levels only the age is free.
        return match now["age"].as_i64() {
            Some(age) => {
                let adults = if before[0]["protocol"].as_str().unwrap().contains(RULE) {
                    30..=66
                } else {
                    18..=66
                };
                now["place"] == line["levels"]["place"] && adults.contains(&age)
            }
            None => false,
        };
    };
    let is = |entry: &Value, kinds: &[&str]| {
        kinds.contains(&entry["type"].as_str().unwrap()) && entry["referral"] == *now
    };
    let was = |kinds: &[&str]| before.iter().any(|entry| is(entry, kinds));
    match (kind, key) {
        (_, "by") => true,
        (_, "time") => text.parse().is_ok_and(|time: Moment| {
            before
                .last()
                .is_none_or(|last| time >= last["time"].as_str().unwrap().parse().unwrap())
        }),
        ("seal", "protocol") => {
            Protocol::read(text).is_ok_and(|plan| plan.study.id == line["study"])
        }
        ("withdraw" | "exclude" | "correct", "reason") => true,
        ("withdraw" | "exclude", "referral") => was(&["draw"]) && !was(&[kind]),
        // Somebody else whose place was the one that was wrong.
        ("correct", "referral") => before
            .iter()
            .any(|entry| is(entry, &["draw"]) && entry["levels"]["place"] == line["from"]),
        ("draw", "referral") => line.get("batch").is_none() && !was(&["draw"]),
        ("refuse", "referral") => !was(&["draw", "refuse"]),
        _ => false,
    }
}

#[test]
fn a_tail_cut_at_any_byte_is_found_unless_it_leaves_a_whole_ledger() {
    for (desk, lists) in [
        (one_by_one(), &[][..]),
        // Lines of each list: its head and the draws.
        (in_lists(), &[(1, 3), (5, 2), (8, 2)][..]),
    ] {
        let bytes = desk.bytes();
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            let ends = cut.iter().filter(|&&b| b == b'\n').count();
            // A list that was begun, and the lines of it that are left.
            let begun = lists
                .iter()
                .find(|&&(head, draws)| head < ends && ends <= head + draws)
                .map(|&(head, _)| (head as u64, Rule::Batch));
            let whole_lines = length == 0 || cut.ends_with(b"\n");
            let torn = (!whole_lines).then_some((ends as u64, Rule::Torn));
            let empty = (length == 0).then_some((0, Rule::Seal));
            let no_end = begun.into_iter().chain(torn).chain(empty);
            let expected: Vec<(u64, Rule)> = no_end.collect();
            if expected.is_empty() {
                only_a_head_shows(cut, head(&bytes));
            } else {
                finds_only(cut, &expected);
            }
        }
    }
}

#[test]
fn lines_that_change_places_are_found_at_the_first_of_them() {
    for desk in [one_by_one(), in_lists()] {
        let bytes = desk.bytes();
        for first in 0..lines(&bytes).len() - 1 {
            let mut lines = lines(&bytes);
            lines.swap(first, first + 1);
            let changed = joined(&lines);
            for place in [first, first + 1] {
                finds(&changed, place, Rule::Number);
                finds(&changed, place, Rule::Chain);
            }
        }
    }
}

#[test]
fn a_line_left_out_is_found_where_it_stood() {
    for desk in [one_by_one(), in_lists()] {
        let bytes = desk.bytes();
        // Without the last line it is a tail cut off.
        for entry in 0..lines(&bytes).len() - 1 {
            let mut lines = lines(&bytes);
            lines.remove(entry);
            let changed = joined(&lines);
            finds(&changed, entry, Rule::Number);
            finds(&changed, entry, Rule::Chain);
        }
    }
}

#[test]
fn a_line_written_twice_is_found_at_the_copy() {
    for desk in [one_by_one(), in_lists()] {
        let bytes = desk.bytes();
        for entry in 0..lines(&bytes).len() {
            let mut lines = lines(&bytes);
            lines.insert(entry, lines[entry]);
            let changed = joined(&lines);
            finds(&changed, entry + 1, Rule::Number);
            finds(&changed, entry + 1, Rule::Chain);
        }
    }
}

#[test]
fn an_entry_dated_back_is_found_though_the_chain_is_made_anew() {
    let desk = one_by_one();
    let bytes = desk.bytes();
    let last = desk.entries().len() - 1;
    for entry in 1..=last {
        let to = |time: &str| {
            let mut entries = desk.entries();
            entries[entry].time = time.parse().unwrap();
            entries
        };
        // A second before the entry before it.
        let back = match entry {
            1 => to("2017-05-01T11:59:59Z"),
            _ => to(&format!("2017-05-01T12:{:02}:59Z", entry - 2)),
        };
        finds(&written(&back), entry, Rule::Time);
        finds_only(&rechained(back), &[(entry as u64, Rule::Time)]);
        // Half a minute after it.
        let between = to(&format!("2017-05-01T12:{:02}:30Z", entry - 1));
        if entry < last {
            finds_only(&written(&between), &[(entry as u64 + 1, Rule::Chain)]);
        }
        only_a_head_shows(&rechained(between), head(&bytes));
    }
    // A whole day.
    let mut earlier = desk.entries();
    for entry in &mut earlier {
        entry.time = entry
            .time
            .to_string()
            .replace("-01T", "-02T")
            .parse()
            .unwrap();
    }
    let moved = rechained(earlier);
    only_a_head_shows(&moved, head(&bytes));
    let said = seen(&moved, None).not_excluded;
    assert!(
        said.iter()
            .any(|item| item.contains("the times are not true"))
    );
}

/// A forger left out each entry and made the chain anew: a hole in a stratum or a remark about
/// nobody is found where it shows first.
#[test]
fn an_entry_left_out_by_a_forger_is_found_where_a_later_one_rests_on_it() {
    use Rule::{Afterwards, Slot};
    let desk = one_by_one();
    let kept = head(&desk.bytes());
    let expected: [Option<(usize, Rule)>; 13] = [
        Some((0, Rule::Seal)),
        Some((3, Slot)),  // r1: r4 is next in Tønder
        Some((4, Slot)),  // r2: r5 is next in Brøndby
        None,             // r3 was refused
        Some((6, Slot)),  // r4: r7
        Some((8, Slot)),  // r5: r6
        None,             // r2 withdrew
        Some((10, Slot)), // r7: r8
        None,             // r4 was corrected
        None,             // r6 is the last in Brøndby
        None,             // r5 was excluded
        None,             // r8 is the last in Tønder
        None,             // the seed was revealed
    ];
    for (entry, expected) in expected.into_iter().enumerate() {
        let mut entries = desk.entries();
        entries.remove(entry);
        let changed = rechained(entries);
        match expected {
            Some((place, rule)) => finds(&changed, place, rule),
            None => only_a_head_shows(&changed, kept),
        }
    }
    for (drawn, remark) in [(2, 5), (4, 7), (5, 9)] {
        let mut entries = desk.entries();
        entries.remove(drawn);
        finds(&rechained(entries), remark, Afterwards);
    }
}

#[test]
fn entries_that_a_forger_lets_change_places_are_found_where_their_order_counts() {
    use Rule::{Afterwards, Slot, Unseal};
    let desk = one_by_one();
    let kept = head(&desk.bytes());
    let swapped = |a: usize, b: usize| {
        let mut entries = desk.entries();
        let (first, second) = (entries[a].time, entries[b].time);
        entries.swap(a, b);
        (entries[a].time, entries[b].time) = (first, second);
        rechained(entries)
    };
    // Neighbours are in different strata here, or one of them is no draw.
    for first in 0..12 {
        let changed = swapped(first, first + 1);
        match first {
            0 => finds_only(&changed, &[(0, Rule::Seal)]),
            11 => finds_only(&changed, &[(12, Unseal)]),
            _ => only_a_head_shows(&changed, kept),
        }
    }
    // Draws of one stratum, and a withdrawal with its draw.
    for (a, b) in [(1, 4), (4, 7), (7, 11), (1, 11), (2, 5), (5, 9)] {
        finds(&swapped(a, b), a, Slot);
        finds(&swapped(a, b), b, Slot);
    }
    finds(&swapped(2, 6), 2, Afterwards);
}

#[test]
fn an_entry_that_a_forger_writes_twice_is_found_at_the_copy() {
    use Rule::{Afterwards, Duplicate, Slot, Unseal};
    let desk = one_by_one();
    for entry in 0..13 {
        let mut entries = desk.entries();
        entries.insert(entry, entries[entry].clone());
        let changed = rechained(entries);
        let rule = match entry {
            0 => Rule::Seal,
            3 => Duplicate,
            6 | 8 | 10 => Afterwards,
            12 => Unseal,
            _ => {
                finds(&changed, entry + 1, Slot);
                Duplicate
            }
        };
        finds(&changed, entry + 1, rule);
    }
}

#[test]
fn a_wrong_seed_is_found_and_accuses_nobody() {
    for desk in [one_by_one(), in_lists()] {
        let wrong = Seed::from_bytes([8; 32]);
        let seen = audit(&desk.bytes(), Some(&wrong), None);
        assert_eq!(found(&seen), [(0, Rule::Commitment)]);
        assert_eq!(seen.rederived, 0);
    }
    // Revealed by the ledger itself, and committed to by it.
    let desk = one_by_one();
    let seed = Seed::from_bytes([8; 32]);
    let revealed = forged(&desk, 12, |entry| entry.event = Event::Unseal { seed });
    finds_only(&revealed, &[(12, Rule::Commitment)]);
    let committed = forged(&desk, 0, |entry| match &mut entry.event {
        Event::Seal(seal) => seal.commitment = Digest::ZERO,
        other => panic!("a {}", other.kind()),
    });
    finds_only(&committed, &[(0, Rule::Commitment), (12, Rule::Commitment)]);
}

#[test]
fn another_plan_is_found() {
    let desk = one_by_one();
    let sealed = |change: &dyn Fn(&str) -> String| {
        forged(&desk, 0, |entry| match &mut entry.event {
            Event::Seal(seal) => {
                let changed = change(&seal.protocol);
                assert_ne!(changed, seal.protocol);
                seal.protocol = changed;
            }
            other => panic!("a {}", other.kind()),
        })
    };
    // Any other text is another key, and half of the arms are others.
    let title = seen(&sealed(&|plan| plan.replace("A study", "B study")), None);
    assert!(
        title
            .findings
            .iter()
            .all(|finding| finding.rule == Rule::Arm)
    );
    assert!(!title.findings.is_empty());
    finds(
        &sealed(&|plan| plan.replace("study-1", "study-2")),
        0,
        Rule::Protocol,
    );
    finds(
        &sealed(&|plan| plan.replace("procedure", "procedures")),
        0,
        Rule::Protocol,
    );
    finds(
        &sealed(&|plan| plan.replace("strata = [\"place\"]", "")),
        1,
        Rule::Stratum,
    );
    finds(
        &sealed(&|plan| plan.replace("min = 30", "min = 40")),
        1,
        Rule::Eligibility,
    );
    finds(
        &sealed(&|plan| {
            plan.replace("permuted-blocks", "complete")
                .replace("block_sizes = [2, 4]\n", "")
        }),
        1,
        Rule::Batch,
    );
    // One arm and no allocation: a plan that draws nobody.
    let one_arm = sealed(&|plan| {
        plan.replace("[[arm]]\nid = \"effort\"\n", "")
            .replace(BLOCKS, "")
            .replace("reference = true", "")
    });
    for entry in DRAWS {
        finds(&one_arm, entry, Rule::Arm);
    }
}

#[test]
fn a_seal_in_other_formats_is_found() {
    let desk = one_by_one();
    let changes: [fn(&mut Seal); 3] = [
        |seal| seal.format = "klero-ledger-2".to_owned(),
        |seal| seal.draw = "klero-draw-2".to_owned(),
        |seal| seal.study = "study-2".to_owned(),
    ];
    for (change, rule) in changes
        .into_iter()
        .zip([Rule::Seal, Rule::Seal, Rule::Protocol])
    {
        let changed = forged(&desk, 0, |entry| match &mut entry.event {
            Event::Seal(seal) => change(seal),
            other => panic!("a {}", other.kind()),
        });
        finds(&changed, 0, rule);
    }
}

#[test]
fn a_changed_arm_is_found_and_accuses_no_other_draw() {
    let desk = one_by_one();
    for entry in DRAWS {
        let turned = forged(&desk, entry, |entry| {
            let draw = draw_of(entry);
            draw.arm = other_arm(&draw.arm);
        });
        finds_only(&turned, &[(entry as u64, Rule::Arm)]);
        let unknown = forged(&desk, entry, |entry| draw_of(entry).arm = "both".to_owned());
        finds_only(&unknown, &[(entry as u64, Rule::Arm)]);
    }
    let desk = in_lists();
    for entry in [2, 3, 4, 6, 7, 9, 10] {
        let turned = forged(&desk, entry, |entry| {
            let draw = draw_of(entry);
            draw.arm = other_arm(&draw.arm);
        });
        finds_only(&turned, &[(entry as u64, Rule::Arm)]);
    }
}

#[test]
fn a_changed_level_or_stratum_is_found() {
    let desk = one_by_one();
    let place = |draw: &mut Draw, to: &str| {
        draw.levels[0].1 = LevelValue::Text(to.to_owned());
    };
    // r4, entry 4, slot 1 of Tønder; r5 is slot 1 of Brøndby and r7 slot 2 of Tønder.
    let levels = forged(&desk, 4, |entry| place(draw_of(entry), "Brøndby"));
    finds(&levels, 4, Rule::Stratum);
    let stratum = forged(&desk, 4, |entry| {
        draw_of(entry).stratum = vec!["Brøndby".to_owned()]
    });
    for (entry, rule) in [(4, Rule::Stratum), (5, Rule::Slot), (7, Rule::Slot)] {
        finds(&stratum, entry, rule);
    }
    let both = forged(&desk, 4, |entry| {
        place(draw_of(entry), "Brøndby");
        draw_of(entry).stratum = vec!["Brøndby".to_owned()];
    });
    finds(&both, 5, Rule::Slot);
    finds(&both, 7, Rule::Slot);
    let none = forged(&desk, 4, |entry| draw_of(entry).stratum.clear());
    finds(&none, 4, Rule::Stratum);
    // Levels that the plan does not know; nobody else is accused for them.
    let age = |to: LevelValue| forged(&desk, 7, |entry| draw_of(entry).levels[1].1 = to);
    for changed in [
        forged(&desk, 7, |entry| place(draw_of(entry), "Ribe")),
        age(LevelValue::Whole(17)),
        age(LevelValue::Text("62".to_owned())),
        forged(&desk, 7, |entry| drop(draw_of(entry).levels.pop())),
        forged(&desk, 7, |entry| draw_of(entry).levels.swap(0, 1)),
    ] {
        finds_only(&changed, &[(7, Rule::Levels)]);
    }
    finds_only(&age(LevelValue::Whole(29)), &[(7, Rule::Eligibility)]);
    // Another age on which nothing rests.
    only_a_head_shows(&age(LevelValue::Whole(63)), head(&desk.bytes()));
}

#[test]
fn a_changed_slot_is_found() {
    let desk = one_by_one();
    for entry in DRAWS {
        let slot = draw_of(&mut desk.entries()[entry]).slot;
        for to in [slot + 1, slot.wrapping_sub(1), 7] {
            finds(
                &forged(&desk, entry, |entry| draw_of(entry).slot = to),
                entry,
                Rule::Slot,
            );
        }
    }
}

/// A trial in which a ninth person is drawn last; a forger then makes another of this draw.
fn with_one_more() -> Desk {
    let mut desk = Desk::new(&(plan_with(BLOCKS) + RULE));
    desk.draw("r1,Tønder,34\n");
    desk.draw("r3,Tønder,29\n");
    desk.draw("r9,Tønder,30\n");
    desk
}

#[test]
fn a_second_draw_of_one_person_is_found() {
    let desk = with_one_more();
    let twice = forged(&desk, 3, |entry| draw_of(entry).referral = "r1".to_owned());
    finds_only(&twice, &[(3, Rule::Duplicate)]);
}

#[test]
fn a_draw_of_somebody_refused_is_found_by_the_facts_or_said() {
    let desk = with_one_more();
    let as_refused = forged(&desk, 3, |entry| {
        draw_of(entry).referral = "r3".to_owned();
        draw_of(entry).levels[1].1 = LevelValue::Whole(29);
    });
    finds_only(&as_refused, &[(3, Rule::Eligibility)]);
    // With other facts it is what a desk does that mends a slip, or bends a rule.
    let other_facts = forged(&desk, 3, |entry| draw_of(entry).referral = "r3".to_owned());
    let seen = seen(&other_facts, None);
    assert_eq!(seen.findings, []);
    assert!(
        seen.not_excluded
            .iter()
            .any(|item| item.contains("refused in entry 2")),
        "{:?}",
        seen.not_excluded
    );
}

/// Where the rule fell in between, the refusal says nothing against the draw.
#[test]
fn a_draw_of_somebody_whom_a_former_rule_refused_is_nothing_to_say() {
    let mut desk = Desk::new(&(plan_with(BLOCKS) + RULE));
    desk.draw("r3,Tønder,29\n");
    let without = desk.plan.text.replace(RULE, "");
    desk.record(|l| l.amendment(&without, "too few").unwrap());
    desk.draw("r3,Tønder,29\n");
    let seen = seen(&desk.bytes(), None);
    assert_eq!((found(&seen), seen.draws), (vec![], 1));
    assert!(
        !seen
            .not_excluded
            .iter()
            .any(|item| item.contains("refused"))
    );
}

#[test]
fn a_draw_after_the_seed_is_revealed_is_found() {
    let mut desk = with_one_more();
    desk.unseal();
    let mut entries = desk.entries();
    let unseal = entries.remove(4);
    entries.insert(
        3,
        Entry {
            time: entries[3].time,
            ..unseal
        },
    );
    finds_only(&rechained(entries), &[(4, Rule::Unseal)]);
}

#[test]
fn a_refusal_that_cannot_be_is_found() {
    let desk = one_by_one();
    let refused = |referral: &str, reason: &str| {
        forged(&desk, 3, |entry| {
            let note = note_of(entry);
            (note.referral, note.reason) = (referral.to_owned(), reason.to_owned());
        })
    };
    finds_only(&refused("r3", "30 or older"), &[]);
    finds_only(&refused("r3", "40 or older"), &[(3, Rule::Eligibility)]);
    finds_only(&refused("r1", "30 or older"), &[(3, Rule::Eligibility)]);
    finds_only(&refused("010170-1234", "30 or older"), &[(3, Rule::Id)]);
}

#[test]
fn what_is_said_afterwards_of_nobody_or_of_other_facts_is_found() {
    let desk = one_by_one();
    for entry in [6, 10] {
        let nobody = forged(&desk, entry, |entry| {
            note_of(entry).referral = "r3".to_owned()
        });
        finds_only(&nobody, &[(entry as u64, Rule::Afterwards)]);
    }
    let changes: [fn(&mut Correct); 5] = [
        |correct| correct.referral = "r8".to_owned(),
        |correct| correct.referral = "r5".to_owned(),
        |correct| correct.factor = "sex".to_owned(),
        |correct| correct.from = "Brøndby".to_owned(),
        |correct| correct.to = "Ribe".to_owned(),
    ];
    for change in changes {
        let changed = forged(&desk, 8, |entry| match &mut entry.event {
            Event::Correct(correct) => change(correct),
            other => panic!("a {}", other.kind()),
        });
        finds_only(&changed, &[(8, Rule::Afterwards)]);
    }
}

#[test]
fn an_entry_of_another_kind_of_trial_is_found() {
    let desk = one_by_one();
    let batch = Batch {
        stratum: vec!["Tønder".to_owned()],
        batch: 0,
        size: 1,
        roster: Digest::of_roster(["r4"]),
    };
    let member = Member {
        referral: "r9".to_owned(),
        cluster: "r1".to_owned(),
        arm: draw_of(&mut desk.entries()[1]).arm.clone(),
    };
    let value = "1 2 3".to_owned();
    for (event, rule) in [
        (Event::Batch(batch), Rule::Batch),
        (Event::Member(member), Rule::Member),
        (Event::Beacon { value }, Rule::Beacon),
        (desk.entries()[0].event.clone(), Rule::Seal),
    ] {
        let mut entries = desk.entries();
        entries.insert(
            4,
            Entry {
                event,
                ..entries[3].clone()
            },
        );
        finds_only(&rechained(entries), &[(4, rule)]);
    }
    let cpr = forged(&desk, 4, |entry| {
        draw_of(entry).referral = "0101701234".to_owned()
    });
    finds(&cpr, 4, Rule::Id);
    let listed = forged(&desk, 4, |entry| draw_of(entry).batch = Some(0));
    finds_only(&listed, &[(4, Rule::Batch)]);
}

#[test]
fn a_changed_list_is_found() {
    use Rule::{Roster, Slot, Stratum};
    let desk = in_lists();
    let without = |range: RangeInclusive<usize>| {
        let mut entries = desk.entries();
        entries.drain(range);
        rechained(entries)
    };
    // Entry 3 is `c`, between `a` and `e`.
    finds(
        &forged(&desk, 3, |entry| draw_of(entry).referral = "b2".to_owned()),
        1,
        Roster,
    );
    finds(
        &forged(&desk, 1, |entry| batch_of(entry).roster = Digest::ZERO),
        1,
        Roster,
    );
    finds(&without(3..=3), 1, Rule::Batch);
    finds(&without(1..=1), 1, Rule::Batch);
    finds(
        &forged(&desk, 1, |entry| batch_of(entry).size = 2),
        4,
        Rule::Batch,
    );
    finds(
        &forged(&desk, 1, |entry| batch_of(entry).size = 4),
        1,
        Rule::Batch,
    );
    finds(
        &forged(&desk, 1, |entry| batch_of(entry).batch = 1),
        1,
        Rule::Batch,
    );
    finds(
        &forged(&desk, 8, |entry| batch_of(entry).batch = 0),
        8,
        Rule::Batch,
    );
    finds(
        &forged(&desk, 3, |entry| draw_of(entry).batch = None),
        3,
        Rule::Batch,
    );
    finds(
        &forged(&desk, 9, |entry| draw_of(entry).batch = Some(0)),
        9,
        Rule::Batch,
    );
    finds(&forged(&desk, 3, |entry| draw_of(entry).slot = 5), 3, Slot);
    let brondby = || vec!["Brøndby".to_owned()];
    finds(
        &forged(&desk, 3, |entry| draw_of(entry).stratum = brondby()),
        3,
        Stratum,
    );
    finds(
        &forged(&desk, 1, |entry| batch_of(entry).stratum = brondby()),
        2,
        Rule::Batch,
    );
    // The first list of Tønder left out: the second is not the first.
    finds(&without(1..=4), 4, Rule::Batch);
    // The last list left out, and two draws of one list in another order: nothing rests on them.
    only_a_head_shows(&without(8..=10), head(&desk.bytes()));
    let mut entries = desk.entries();
    entries.swap(2, 3);
    only_a_head_shows(&rechained(entries), head(&desk.bytes()));
}

/// Each list has a stream of its own number. Who holds the seed and may count an empty list could
/// choose the number whose arms please.
#[test]
fn a_list_of_nobody_is_found() {
    let desk = in_lists();
    let mut entries = desk.entries();
    let mut empty = entries[1].clone();
    *batch_of(&mut empty) = Batch {
        stratum: vec!["Tønder".to_owned()],
        batch: 2,
        size: 0,
        roster: Digest::of_roster([]),
    };
    entries.push(Entry {
        time: entries[10].time,
        ..empty
    });
    finds_only(&rechained(entries), &[(11, Rule::Batch)]);
}

#[test]
fn a_list_cut_short_accuses_none_of_its_draws() {
    let desk = in_lists();
    let bytes = desk.bytes();
    for (kept, head) in [(2, 1), (3, 1), (4, 1), (6, 5), (7, 5), (9, 8), (10, 8)] {
        finds_only(&joined(&lines(&bytes)[..kept]), &[(head, Rule::Batch)]);
    }
}

#[test]
fn a_kept_head_says_from_where_on_nothing_is_excluded() {
    let desk = one_by_one();
    let bytes = desk.bytes();
    let all = lines(&bytes);
    for (entry, line) in all.iter().enumerate().take(12) {
        let seen = seen(&bytes, Some(Digest::of(line)));
        assert_eq!(seen.findings, []);
        assert_eq!(
            seen.not_excluded[0],
            format!(
                "that entries after entry {entry} were cut off or written anew: the kept head is \
                 that of entry {entry}"
            )
        );
    }
}

#[test]
fn a_list_of_another_size_than_the_counts_is_found() {
    let counts = "[allocation]\nprocedure = \"complete\"\ncounts = { effort = 1, control = 2 }";
    let mut desk = Desk::new(&plan_with(counts));
    desk.draw("a,Tønder,34\nb,Brøndby,51\nc,Tønder,29\n");
    assert_eq!(seen(&desk.bytes(), None).findings, []);
    let mut entries = desk.entries();
    entries.pop();
    let head = batch_of(&mut entries[1]);
    (head.size, head.roster) = (2, Digest::of_roster(["a", "b"]));
    finds_only(&rechained(entries), &[(1, Rule::Batch)]);
}

#[test]
fn a_beacon_is_found_that_comes_late_twice_or_with_another_value() {
    let mut desk = Desk::new(&plan_with(BLOCKS));
    let seal = match desk.entries().remove(0).event {
        Event::Seal(seal) => Seal {
            beacon_rule: "the numbers of 6 May 2017".to_owned(),
            ..seal
        },
        other => panic!("a {}", other.kind()),
    };
    let path = desk.folder.join("ledger.jsonl");
    std::fs::remove_file(&path).unwrap();
    Writer::create(&path, seal, &noon()).unwrap();
    desk.record(|_| Event::Beacon {
        value: "4 8 15".to_owned(),
    });
    for n in 1..9 {
        desk.draw(&format!("r{n},Tønder,34\n"));
    }
    assert_eq!(seen(&desk.bytes(), None).findings, []);
    let changed = |change: fn(&mut Vec<Entry>)| {
        let mut entries = desk.entries();
        change(&mut entries);
        rechained(entries)
    };
    finds(&changed(|entries| drop(entries.remove(1))), 1, Rule::Beacon);
    let late = changed(|entries| entries.swap(1, 2));
    finds(&late, 1, Rule::Beacon);
    finds(&late, 2, Rule::Beacon);
    let twice = changed(|entries| entries.insert(5, entries[1].clone()));
    finds(&twice, 5, Rule::Beacon);
    let value = "4 8 16".to_owned();
    let other = seen(
        &forged(&desk, 1, |entry| entry.event = Event::Beacon { value }),
        None,
    );
    assert_ne!(other.findings, []);
    assert!(other.findings.iter().all(|f| f.rule == Rule::Arm));
}

#[test]
fn an_amendment_of_what_was_sealed_is_found() {
    let desk = one_by_one();
    let amended = |change: &dyn Fn(String) -> String| {
        let mut entries = desk.entries();
        let protocol = change(desk.plan.text.clone());
        let reason = "a slip".to_owned();
        let event = Event::Amend(Amend { protocol, reason });
        entries.insert(
            4,
            Entry {
                event,
                ..entries[3].clone()
            },
        );
        rechained(entries)
    };
    finds_only(
        &amended(&|plan| plan.replace("A study", "B study")),
        &[(4, Rule::Amend)],
    );
    finds_only(
        &amended(&|plan| plan.replace("[2, 4]", "[4, 2]")),
        &[(4, Rule::Amend)],
    );
    finds_only(
        &amended(&|plan| plan.replace("[2, 4]", "[2, 3")),
        &[(4, Rule::Protocol)],
    );
    // A rule that comes into force is one for whoever comes later: r5 was 33, r8 30.
    let older = amended(&|plan| plan.replace("min = 30\n", "min = 33\n"));
    finds_only(&older, &[(12, Rule::Eligibility)]);
    let kept = head(&desk.bytes());
    only_a_head_shows(
        &amended(&|plan| plan + "\n[states]\nwork = [\"wage\"]\n"),
        kept,
    );
}

/// Mentors M1 and M2 are drawn in entries 1 and 2, then their people a, b and c.
#[test]
fn a_member_of_no_cluster_or_of_another_arm_is_found() {
    let mentor = "[[factor]]\nid = \"mentor\"\n\n[allocation]\nprocedure = \"simple\"\n\
                  cluster = \"mentor\"\nstrata = [\"place\"]";
    let folder = Folder::new();
    let plan = sealed(&folder, &plan_with(mentor));
    let rows = "id,place,age,mentor\na,Tønder,30,M1\nb,Tønder,50,M1\nc,Brøndby,40,M2\n";
    let rows = list(rows, &plan);
    let desk = Desk {
        folder,
        plan,
        minute: 1,
    };
    let mut writer = open(&desk.folder);
    writer.draw(&rows, Some(&seed()), &noon()).unwrap();
    let event = writer.ledger.correction("b", "place", "Brøndby", "typed");
    writer.append(vec![event.unwrap()], &noon()).unwrap();
    assert_eq!(seen(&desk.bytes(), None).findings, []);
    let member = |change: fn(&mut Member)| {
        forged(&desk, 4, |entry| match &mut entry.event {
            Event::Member(member) => change(member),
            other => panic!("a {}", other.kind()),
        })
    };
    finds_only(&member(|b| b.arm = other_arm(&b.arm)), &[(4, Rule::Member)]);
    finds_only(
        &member(|b| b.cluster = "M3".to_owned()),
        &[(4, Rule::Member)],
    );
    finds(&member(|b| b.referral = "a".to_owned()), 4, Rule::Duplicate);
    finds(
        &member(|b| b.referral = "010170-1234".to_owned()),
        4,
        Rule::Id,
    );
    // The place of the cluster was Tønder.
    let from = forged(&desk, 6, |entry| match &mut entry.event {
        Event::Correct(correct) => correct.from = "Brøndby".to_owned(),
        other => panic!("a {}", other.kind()),
    });
    finds_only(&from, &[(6, Rule::Afterwards)]);
    let mut entries = desk.entries();
    entries.swap(1, 4);
    finds(&rechained(entries), 1, Rule::Member);
}

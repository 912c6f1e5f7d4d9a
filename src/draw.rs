//! The draw itself: from seed, protocol, stratum and position to an arm, in whole numbers.
//!
//! Promises: `klero-draw-1` as `docs/specification.md` writes it. A draw depends on the seed, the
//! protocol, the stratum, the position in it, and (where the procedure says so) on earlier draws
//! in that stratum, and on nothing else: not the referral's id, not the time, not other strata.
//! No floating point, no library's shuffle or range. Changing a drawn value means a new name
//! beside `klero-draw-1`, and this one kept.
//! Hides: HMAC-SHA256 (RFC 2104) and ChaCha20 (Bernstein 2008), from the `hmac`, `sha2` and
//! `rand_chacha` crates.

mod adaptive;
mod again;
mod blocks;
mod complete;
mod every;
mod minimisation;
mod simple;

use std::collections::HashMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::Sha256;

use crate::digest::{Digest, hex, unhex32};
use crate::protocol::Procedure;

pub use again::{Arrival, Arrivals, list_again};
pub use every::Every;

/// The name of the rules of this module, written into every ledger.
pub const DRAW_FORMAT: &str = "klero-draw-1";

/// Encodes fields so that no two lists of fields share an encoding: each field's length in four
/// bytes, big-endian, then its bytes.
///
/// ```
/// use klero::draw::encode;
/// assert_eq!(encode([&b"ab"[..], b""]), b"\0\0\0\x02ab\0\0\0\0");
/// ```
pub fn encode<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        let length = u32::try_from(field.len()).expect("a field is shorter than 4 GiB");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

/// The secret 32 bytes that every draw of a trial follows from.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

/// The text was not a seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a seed is 64 lower-case hexadecimal digits, found {found}")]
pub struct NotASeed {
    found: String,
}

impl Seed {
    pub fn from_bytes(bytes: [u8; 32]) -> Seed {
        Seed(bytes)
    }

    /// Reads 64 lower-case hexadecimal digits; nothing else is a seed.
    ///
    /// The error tells the length of what was found and never its content.
    pub fn read(text: &str) -> Result<Seed, NotASeed> {
        unhex32(text).map(Seed).ok_or_else(|| NotASeed {
            found: match text.chars().count() {
                64 => "64 characters that are not all digits or a to f".to_owned(),
                count => format!("{count} characters"),
            },
        })
    }

    /// Writes the seed out, for its file and for the entry that reveals it.
    pub fn reveal(&self) -> String {
        hex(&self.0)
    }

    /// Returns the digest that may be published before the trial.
    pub fn commitment(&self, study: &str) -> Digest {
        Digest::of(&encode([
            &b"klero/commitment/1"[..],
            study.as_bytes(),
            &self.0,
        ]))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(secret)")
    }
}

/// The key that every stream of a trial is derived from.
#[derive(Clone)]
pub struct MasterKey(Hmac<Sha256>);

impl MasterKey {
    /// Derives the key of a trial; `beacon` is empty where the seal names no rule.
    pub fn derive(seed: &Seed, study: &str, protocol: Digest, beacon: &str) -> MasterKey {
        let message = encode([
            &b"klero/master/1"[..],
            study.as_bytes(),
            &protocol.0,
            beacon.as_bytes(),
        ]);
        let key: [u8; 32] = keyed(&seed.0)
            .chain_update(message)
            .finalize()
            .into_bytes()
            .into();
        MasterKey(keyed(&key))
    }

    /// Returns the key of one stream.
    pub fn stream_key(&self, purpose: Purpose, stratum: &StratumKey, number: u64) -> [u8; 32] {
        let number = number.to_string();
        let context = encode([
            purpose.name().as_bytes(),
            stratum.0.as_deref().unwrap_or_default(),
            number.as_bytes(),
        ]);
        self.0
            .clone()
            .chain_update(context)
            .finalize()
            .into_bytes()
            .into()
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// The encoded levels of a stratum; `None` where the plan has no strata, which is compared faster
/// than an empty vector.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StratumKey(Option<Vec<u8>>);

impl StratumKey {
    /// Returns the key of the stratum with these levels, in the order of the plan's factors.
    pub fn of<T: AsRef<str>>(levels: &[T]) -> StratumKey {
        let encoded = encode(levels.iter().map(|level| level.as_ref().as_bytes()));
        StratumKey((!encoded.is_empty()).then_some(encoded))
    }
}

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    Slot,
    Block,
    Batch,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Purpose::Slot => "slot",
            Purpose::Block => "block",
            Purpose::Batch => "batch",
        }
    }
}

/// A source of uniform 32-bit words.
pub trait Words {
    fn word(&mut self) -> u32;

    /// Returns a whole number from 0 to n − 1, each equally likely, for 1 ≤ n ≤ 2^32.
    ///
    /// Words at or above the largest multiple of n are passed over, so that no remainder is
    /// favoured; for n = 1 no word is taken.
    fn below(&mut self, n: u64) -> u64 {
        assert!((1..=1 << 32).contains(&n), "below takes 1 to 2^32");
        // A word is below the largest multiple of n exactly when the multiples of n around it
        // both lie within 2^32, which takes one division and not two.
        match u32::try_from(n) {
            Ok(1) => 0,
            Ok(n) => loop {
                let word = self.word();
                let rest = word % n;
                if word - rest <= u32::MAX - (n - 1) {
                    return u64::from(rest);
                }
            },
            Err(_) => u64::from(self.word()),
        }
    }

    /// Returns whether a lot falls that falls p times in q.
    fn falls(&mut self, p: u32, q: u32) -> bool {
        self.below(u64::from(q)) < u64::from(p)
    }

    /// Returns the first arm whose cumulated weights exceed a number drawn below their sum.
    fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let mut t = self.below(weights.clone().sum());
        for (arm, weight) in weights.enumerate() {
            if t < weight {
                return arm;
            }
            t -= weight;
        }
        unreachable!("the number drawn is below the sum of the weights")
    }

    /// Puts the items into an order drawn by lot, from the last position down (Durstenfeld 1964).
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.below(i as u64 + 1) as usize;
            items.swap(i, j);
        }
    }
}

/// The words of one named stream: the ChaCha20 keystream, as little-endian 32-bit words.
pub struct Stream(ChaCha20Rng);

impl Stream {
    pub fn new(key: [u8; 32]) -> Stream {
        Stream(ChaCha20Rng::from_seed(key))
    }

    /// Returns the stream of this number under one key; `new` gives number 0.
    ///
    /// The number is the 64-bit stream number of the ChaCha20 keystream. Live draws never use it;
    /// replays do, one number each.
    pub fn numbered(key: [u8; 32], number: u64) -> Stream {
        let mut words = ChaCha20Rng::from_seed(key);
        words.set_stream(number);
        Stream(words)
    }
}

impl Words for Stream {
    #[inline]
    fn word(&mut self) -> u32 {
        self.0.next_u32()
    }
}

/// Returns the chances of the arms at the next slot of a stratum that has `counts` in each arm so
/// far: weights, of which each arm's share of their sum is its chance.
///
/// `None` for procedures whose next slot rests on more than the counts.
pub fn chances(procedure: &Procedure, ratio: &[u32], counts: &[u64]) -> Option<Vec<u64>> {
    match procedure {
        Procedure::Simple => Some(ratio.iter().map(|&a| u64::from(a)).collect()),
        Procedure::BlockUrn { lambda } => Some(adaptive::balls(*lambda, ratio, counts).collect()),
        Procedure::BiasedCoin { probability } => {
            Some(adaptive::coin(*probability, counts).to_vec())
        }
        Procedure::BigStick { limit } => Some(adaptive::stick(*limit, counts).to_vec()),
        Procedure::PermutedBlocks { .. }
        | Procedure::Minimisation { .. }
        | Procedure::Complete { .. } => None,
    }
}

/// Returns the counts that a list of `n` by ratio may get, for every way the lots can fall, each
/// with k where the way has a chance of one in k; `None` where there are over 100,000 ways.
pub fn every_rounding(ratio: &[u32], n: u64) -> Option<Vec<(Vec<u64>, u128)>> {
    let total: u64 = ratio.iter().map(|&a| u64::from(a)).sum();
    let ways = (1..=ratio.len() as u64).try_fold(total, |ways, k| ways.checked_mul(k))?;
    if ways > 100_000 {
        return None;
    }
    let mut every = Every::default();
    let mut roundings = Vec::new();
    loop {
        let counts = complete::rounded(ratio, n, &mut every);
        roundings.push((counts, every.one_in()));
        if !every.advance() {
            return Some(roundings);
        }
    }
}

/// Where a machine takes its streams from.
pub trait Source {
    type Words: Words;

    /// Returns the stream of a context, at its first word.
    fn stream(&mut self, purpose: Purpose, stratum: &StratumKey, number: u64) -> &mut Self::Words;
}

/// The streams of a live trial, each derived from the master key by its context.
pub struct Live {
    master: MasterKey,
    current: Stream,
}

impl Live {
    pub fn new(master: MasterKey) -> Live {
        Live {
            master,
            current: Stream::new([0; 32]),
        }
    }
}

impl Source for Live {
    type Words = Stream;

    fn stream(&mut self, purpose: Purpose, stratum: &StratumKey, number: u64) -> &mut Stream {
        self.current = Stream::new(self.master.stream_key(purpose, stratum, number));
        &mut self.current
    }
}

/// The machine that draws: a procedure, its streams, and how far each stratum has come.
///
/// [`draw`](Machine::draw) and [`draw_batch`](Machine::draw_batch) say what comes next and change
/// nothing that later draws rest on; [`record`](Machine::record) and
/// [`record_batch`](Machine::record_batch) take in what stands in the ledger. An auditor thus
/// derives each draw from what was recorded before it, right or wrong.
pub struct Machine<S> {
    procedure: Procedure,
    ratio: Vec<u32>,
    source: S,
    strata: Strata,
}

/// How far the drawing has come, by stratum.
#[derive(Default)]
struct Strata {
    places: HashMap<StratumKey, usize>,
    progress: Vec<Progress>,
}

/// How far the drawing has come in one stratum.
#[derive(Clone, Debug)]
struct Progress {
    slots: u64,
    batches: u64,
    /// Referrals per arm.
    counts: Vec<u64>,
    block: Option<blocks::Block>,
    margins: minimisation::Margins,
}

impl<S: Source> Machine<S> {
    pub fn new(procedure: Procedure, ratio: Vec<u32>, source: S) -> Machine<S> {
        Machine {
            procedure,
            ratio,
            source,
            strata: Strata::default(),
        }
    }

    fn progress(&mut self, stratum: &StratumKey) -> &mut Progress {
        self.strata.progress(stratum, self.ratio.len())
    }

    /// Returns the position of the next slot in a stratum.
    pub fn next_slot(&mut self, stratum: &StratumKey) -> u64 {
        self.progress(stratum).slots
    }

    /// Returns the number of the next batch in a stratum.
    pub fn next_batch(&mut self, stratum: &StratumKey) -> u64 {
        self.progress(stratum).batches
    }

    /// Returns the arm of the next slot of a stratum.
    ///
    /// `levels` are the referral's levels of the factors of minimisation, in the order of the
    /// plan's weights; other procedures do not look at them.
    ///
    /// # Panics
    /// With `complete`, which draws whole lists.
    pub fn draw(&mut self, stratum: &StratumKey, levels: &[usize]) -> usize {
        match self.procedure {
            Procedure::Minimisation { .. } => {
                minimisation::arm_of(self.pseudo_arm(stratum, levels), &self.ratio)
            }
            _ => self.slot(stratum),
        }
    }

    fn slot(&mut self, stratum: &StratumKey) -> usize {
        let (source, ratio) = (&mut self.source, &self.ratio);
        let progress = self.strata.progress(stratum, ratio.len());
        if let Procedure::PermutedBlocks { sizes } = &self.procedure {
            return blocks::slot(&mut progress.block, progress.slots, |number| {
                let words = source.stream(Purpose::Block, stratum, number);
                let mut arms = Vec::new();
                blocks::permute(sizes, ratio, &mut arms, words);
                arms
            });
        }
        let words = source.stream(Purpose::Slot, stratum, progress.slots);
        slot_by_counts(&self.procedure, ratio, &progress.counts, words)
    }

    fn pseudo_arm(&mut self, stratum: &StratumKey, levels: &[usize]) -> usize {
        let pseudo_arms = self.pseudo_arms();
        let Procedure::Minimisation {
            measure,
            probability,
            weights,
        } = &self.procedure
        else {
            panic!("only minimisation has pseudo-arms");
        };
        let progress = self.strata.progress(stratum, self.ratio.len());
        minimisation::slot(
            *measure,
            *probability,
            weights,
            pseudo_arms,
            &progress.margins,
            levels,
            &mut Vec::new(),
            self.source.stream(Purpose::Slot, stratum, progress.slots),
        )
    }

    fn pseudo_arms(&self) -> usize {
        self.ratio.iter().sum::<u32>() as usize
    }

    /// Takes in a draw as it was recorded.
    ///
    /// The ledger names the arm. Minimisation with unequal ratios needs the pseudo-arm too, which
    /// follows from the draw; where the recorded arm is not the derived one, its first stands in.
    pub fn record(&mut self, stratum: &StratumKey, levels: &[usize], arm: usize) {
        let minimised = matches!(self.procedure, Procedure::Minimisation { .. });
        let pseudo_arm = minimised.then(|| self.recorded_pseudo_arm(stratum, levels, arm));
        let pseudo_arms = self.pseudo_arms();
        let progress = self.progress(stratum);
        if let Some(pseudo_arm) = pseudo_arm {
            progress.margins.add(levels, pseudo_arm, pseudo_arms);
        }
        progress.slots += 1;
        progress.counts[arm] += 1;
    }

    fn recorded_pseudo_arm(&mut self, stratum: &StratumKey, levels: &[usize], arm: usize) -> usize {
        let first = minimisation::first_of(arm, &self.ratio);
        match self.ratio[arm] {
            1 => first,
            a => {
                let derived = self.pseudo_arm(stratum, levels);
                let of_this_arm = (first..first + a as usize).contains(&derived);
                if of_this_arm { derived } else { first }
            }
        }
    }

    /// Returns the arms of the next batch of a stratum, for `size` referrals sorted by id.
    ///
    /// # Panics
    /// With any procedure but `complete`, or with stated counts that do not sum to `size`.
    pub fn draw_batch(&mut self, stratum: &StratumKey, size: usize) -> Vec<usize> {
        let Procedure::Complete { counts } = &self.procedure else {
            panic!("only complete draws whole lists");
        };
        let counts = counts.clone();
        let number = self.next_batch(stratum);
        let words = self.source.stream(Purpose::Batch, stratum, number);
        match counts {
            Some(counts) => complete::with_counts(&counts, size, words),
            None => complete::with_ratio(&self.ratio, size, words),
        }
    }

    /// Takes in the head of a batch; its draws are taken in one by one.
    pub fn record_batch(&mut self, stratum: &StratumKey) {
        self.progress(stratum).batches += 1;
    }
}

/// Returns the arm of a slot, for the procedures that rest on no more than the counts so far.
fn slot_by_counts(
    procedure: &Procedure,
    ratio: &[u32],
    counts: &[u64],
    words: &mut impl Words,
) -> usize {
    match procedure {
        Procedure::Simple => simple::slot(ratio, words),
        Procedure::BlockUrn { lambda } => adaptive::block_urn(*lambda, ratio, counts, words),
        Procedure::BiasedCoin { probability } => adaptive::biased_coin(*probability, counts, words),
        Procedure::BigStick { limit } => adaptive::big_stick(*limit, counts, words),
        Procedure::PermutedBlocks { .. }
        | Procedure::Minimisation { .. }
        | Procedure::Complete { .. } => panic!("{} has no slots here", procedure.name()),
    }
}

/// Returns the sizes of the blocks that hold the first `slots` slots of a stratum, for a trial
/// whose seed is revealed.
pub fn block_sizes(
    master: &MasterKey,
    sizes: &[u32],
    stratum: &StratumKey,
    slots: u64,
) -> Vec<u32> {
    let mut found = Vec::new();
    let mut covered = 0;
    while covered < slots {
        let key = master.stream_key(Purpose::Block, stratum, found.len() as u64);
        let size = blocks::size(sizes, &mut Stream::new(key));
        covered += u64::from(size);
        found.push(size);
    }
    found
}

impl Strata {
    fn progress(&mut self, stratum: &StratumKey, arms: usize) -> &mut Progress {
        // Not `entry`, which would copy the key at every draw.
        let place = match self.places.get(stratum) {
            Some(&place) => place,
            None => {
                self.progress.push(Progress {
                    slots: 0,
                    batches: 0,
                    counts: vec![0; arms],
                    block: None,
                    margins: minimisation::Margins::default(),
                });
                let place = self.progress.len() - 1;
                self.places.insert(stratum.clone(), place);
                place
            }
        };
        &mut self.progress[place]
    }
}

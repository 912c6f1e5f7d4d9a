//! Every way the lots can fall is played: each referral has exactly its declared chance.

use klero::draw::{Every, Machine, StratumKey, Words, chances};
use klero::foresight::Warning;
use klero::protocol::{Fraction, Imbalance, Procedure};

/// Adds fractions k / n without rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chance {
    k: u128,
    n: u128,
}

impl Chance {
    const NONE: Chance = Chance { k: 0, n: 1 };

    fn of(k: u128, n: u128) -> Chance {
        let common = gcd(k, n);
        Chance {
            k: k / common,
            n: n / common,
        }
    }

    fn plus(self, one_in: u128) -> Chance {
        let common = self.n / gcd(self.n, one_in) * one_in;
        Chance::of(self.k * (common / self.n) + common / one_in, common)
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Plays every way, each giving arms in order, and returns each position's chance of each arm.
fn chances_by_position(
    arms: usize,
    mut play: impl FnMut(&mut Every) -> Vec<usize>,
) -> Vec<Vec<Chance>> {
    let mut every = Every::default();
    let mut found: Vec<Vec<Chance>> = Vec::new();
    let mut all = Chance::NONE;
    loop {
        let drawn = play(&mut every);
        let one_in = every.one_in();
        found.resize(drawn.len(), vec![Chance::NONE; arms]);
        for (position, arm) in drawn.into_iter().enumerate() {
            found[position][arm] = found[position][arm].plus(one_in);
        }
        all = all.plus(one_in);
        if !every.advance() {
            assert_eq!(all, Chance::of(1, 1), "the ways are all there are");
            return found;
        }
    }
}

fn stratum() -> StratumKey {
    StratumKey::of::<&str>(&[])
}

/// Draws `n` referrals one after the other; those of minimisation have the levels given.
fn series(
    procedure: &Procedure,
    ratio: &[u32],
    n: usize,
    levels: &[Vec<usize>],
) -> Vec<Vec<Chance>> {
    chances_by_position(ratio.len(), |every| {
        let mut machine = Machine::new(procedure.clone(), ratio.to_vec(), every);
        (0..n)
            .map(|referral| {
                let own = levels.get(referral).map_or(&[][..], Vec::as_slice);
                let arm = machine.draw(&stratum(), own);
                machine.record(&stratum(), own, arm);
                arm
            })
            .collect()
    })
}

#[track_caller]
fn each_has_its_declared_chance(found: &[Vec<Chance>], ratio: &[u32]) {
    let s = u128::from(ratio.iter().sum::<u32>());
    for (position, chances) in found.iter().enumerate() {
        for (chance, &a) in chances.iter().zip(ratio) {
            assert_eq!(*chance, Chance::of(u128::from(a), s), "position {position}");
        }
    }
}

#[test]
fn simple_gives_each_referral_its_declared_chance() {
    for ratio in [&[1, 1][..], &[2, 1], &[1, 1, 1], &[3, 2, 1]] {
        each_has_its_declared_chance(&series(&Procedure::Simple, ratio, 4, &[]), ratio);
    }
}

#[test]
fn permuted_blocks_give_each_referral_its_declared_chance() {
    for (ratio, sizes, n) in [
        (&[1, 1][..], &[4][..], 5),
        (&[1, 1], &[2, 4], 5),
        (&[1, 1], &[2, 2, 4], 4),
        (&[2, 1], &[3], 5),
        (&[1, 1, 1], &[3], 5),
    ] {
        let procedure = Procedure::PermutedBlocks {
            sizes: sizes.to_vec(),
        };
        each_has_its_declared_chance(&series(&procedure, ratio, n, &[]), ratio);
    }
}

#[test]
fn a_block_urn_gives_each_referral_its_declared_chance_in_equal_ratios() {
    for (arms, lambda, n) in [(2, 1, 8), (2, 3, 8), (3, 2, 6), (4, 1, 6)] {
        let procedure = Procedure::BlockUrn { lambda };
        let ratio = vec![1; arms];
        each_has_its_declared_chance(&series(&procedure, &ratio, n, &[]), &ratio);
    }
}

/// `foresight.py`'s urn gives the same by listing sequences: at 2:1 and λ = 2 the fifth referral
/// has a chance of 16/25, the sixth and seventh of 101/150. Later positions rest on which arm
/// returned a whole set to the urn.
#[test]
fn a_block_urn_in_unequal_ratios_leaves_the_ratio_and_check_says_so() {
    let lambda = |lambda| series(&Procedure::BlockUrn { lambda }, &[2, 1], 7, &[]);
    each_has_its_declared_chance(&lambda(1), &[2, 1]);
    let found = lambda(2);
    let of_first: Vec<Chance> = found.iter().map(|chances| chances[0]).collect();
    assert_eq!(
        of_first[3..6],
        [Chance::of(2, 3), Chance::of(16, 25), Chance::of(101, 150)]
    );
    let (least, greatest) = (16.0 / 25.0, 101.0 / 150.0);
    let plan = super::foresight::plan(&[2, 1], "procedure = \"block-urn\"\nlambda = 2");
    let warnings = klero::foresight::foresee(&plan, &[7]).unwrap().warnings;
    let said = warnings.iter().find_map(|warning| match warning {
        Warning::UnevenChances {
            arm: 0,
            least,
            greatest,
            ..
        } => Some((*least, *greatest)),
        _ => None,
    });
    let (said_least, said_greatest) = said.expect("uneven chances are warned of");
    assert!((said_least - least).abs() < 1e-12 && (said_greatest - greatest).abs() < 1e-12);
}

#[test]
fn a_biased_coin_and_a_big_stick_give_each_referral_its_declared_chance() {
    let coin = Procedure::BiasedCoin {
        probability: Fraction { p: 2, q: 3 },
    };
    each_has_its_declared_chance(&series(&coin, &[1, 1], 8, &[]), &[1, 1]);
    for limit in [1, 2, 3] {
        let stick = Procedure::BigStick { limit };
        each_has_its_declared_chance(&series(&stick, &[1, 1], 10, &[]), &[1, 1]);
    }
}

/// Every mix of levels too: whoever comes, in whatever order.
#[test]
fn minimisation_gives_each_referral_its_declared_chance() {
    for measure in [Imbalance::Range, Imbalance::Variance] {
        for (ratio, n) in [(&[1, 1][..], 4), (&[1, 1, 1], 3), (&[2, 1], 3)] {
            let procedure = Procedure::Minimisation {
                measure,
                probability: Fraction { p: 3, q: 4 },
                weights: vec![(0, 2), (1, 1)],
            };
            for mix in 0..1_usize << (2 * n) {
                let levels: Vec<Vec<usize>> = (0..n)
                    .map(|referral| vec![mix >> (2 * referral) & 1, mix >> (2 * referral + 1) & 1])
                    .collect();
                each_has_its_declared_chance(&series(&procedure, ratio, n, &levels), ratio);
            }
        }
    }
}

/// Chances are the ratio's for every size of list, and no count is a whole unit from its share.
#[test]
fn complete_gives_each_referral_its_declared_chance_in_lists_of_every_size() {
    let procedure = Procedure::Complete { counts: None };
    for ratio in [&[1, 1][..], &[2, 1], &[1, 1, 1], &[3, 2], &[2, 2, 1]] {
        let s = ratio.iter().sum::<u32>() as usize;
        for n in 0..=6 {
            let found = chances_by_position(ratio.len(), |every| {
                let mut machine = Machine::new(procedure.clone(), ratio.to_vec(), every);
                let arms = machine.draw_batch(&stratum(), n);
                for (arm, &a) in ratio.iter().enumerate() {
                    let count = arms.iter().filter(|&&drawn| drawn == arm).count();
                    let share = n * a as usize;
                    assert!(
                        (count * s).abs_diff(share) < s,
                        "{count} of {n} in {ratio:?}"
                    );
                }
                arms
            });
            each_has_its_declared_chance(&found, ratio);
        }
    }
}

#[test]
fn complete_with_counts_gives_each_referral_the_share_of_the_counts() {
    for counts in [&[3, 2, 1][..], &[1, 4], &[0, 2, 2]] {
        let procedure = Procedure::Complete {
            counts: Some(counts.to_vec()),
        };
        let n: u64 = counts.iter().sum();
        let ratio = vec![1; counts.len()];
        let found = chances_by_position(counts.len(), |every| {
            let mut machine = Machine::new(procedure.clone(), ratio.clone(), every);
            machine.draw_batch(&stratum(), n as usize)
        });
        for chances in &found {
            for (chance, &count) in chances.iter().zip(counts) {
                assert_eq!(*chance, Chance::of(u128::from(count), u128::from(n)));
            }
        }
    }
}

/// The chances that `klero check` counts with are those the draw has, at every count that occurs.
#[test]
fn the_chances_of_the_next_slot_are_those_of_the_draw() {
    let procedures = [
        (Procedure::Simple, vec![3, 1]),
        (Procedure::BlockUrn { lambda: 2 }, vec![2, 1]),
        (Procedure::BlockUrn { lambda: 1 }, vec![1, 1, 1]),
        (
            Procedure::BiasedCoin {
                probability: Fraction { p: 5, q: 7 },
            },
            vec![1, 1],
        ),
        (Procedure::BigStick { limit: 2 }, vec![1, 1]),
    ];
    for (procedure, ratio) in procedures {
        let mut histories: Vec<Vec<usize>> = vec![Vec::new()];
        for _ in 0..5 {
            let mut longer = Vec::new();
            for history in &histories {
                let found = chances_by_position(ratio.len(), |every| {
                    let mut machine = Machine::new(procedure.clone(), ratio.clone(), every);
                    for &arm in history {
                        machine.record(&stratum(), &[], arm);
                    }
                    vec![machine.draw(&stratum(), &[])]
                });
                let mut counts = vec![0; ratio.len()];
                for &arm in history {
                    counts[arm] += 1;
                }
                let weights = chances(&procedure, &ratio, &counts).unwrap();
                let total: u64 = weights.iter().sum();
                for (arm, &weight) in weights.iter().enumerate() {
                    let chance = Chance::of(u128::from(weight), u128::from(total));
                    assert_eq!(found[0][arm], chance, "{procedure:?} after {history:?}");
                    if weight > 0 {
                        longer.push([history.as_slice(), &[arm]].concat());
                    }
                }
            }
            histories = longer;
        }
    }
}

/// Gives one word after the other, and counts those taken.
struct Given {
    words: Vec<u32>,
    taken: usize,
}

impl Words for Given {
    fn word(&mut self) -> u32 {
        self.taken += 1;
        self.words[self.taken - 1]
    }
}

/// A lot of n is the word's remainder, for words below the largest multiple of n: there, each
/// remainder occurs equally often. Words from that multiple on are passed over.
#[test]
fn a_lot_takes_no_word_of_the_uneven_end() {
    for n in [
        2u64,
        3,
        5,
        6,
        7,
        1000,
        65_537,
        (1 << 31) + 1,
        (1 << 32) - 1,
        1 << 32,
    ] {
        let limit = (1 << 32) / n * n;
        for word in [0, 1, n - 1, n, limit - n, limit - 1] {
            let Ok(word) = u32::try_from(word) else {
                continue;
            };
            if u64::from(word) >= limit {
                continue;
            }
            let mut given = Given {
                words: vec![word],
                taken: 0,
            };
            assert_eq!(given.below(n), u64::from(word) % n, "{word} of {n}");
        }
        if limit < 1 << 32 {
            let mut given = Given {
                words: vec![limit as u32, u32::MAX, 0],
                taken: 0,
            };
            assert_eq!((given.below(n), given.taken), (0, 3), "{n}");
        }
    }
    let mut none = Given {
        words: vec![],
        taken: 0,
    };
    assert_eq!((none.below(1), none.taken), (0, 0));
}

/// Each of the 120 orders of five.
#[test]
fn every_order_of_a_shuffle_has_the_same_chance() {
    let mut every = Every::default();
    let mut orders = std::collections::BTreeMap::new();
    loop {
        let mut list = [0, 1, 2, 3, 4];
        every.shuffle(&mut list);
        let chance = orders.entry(list).or_insert(Chance::NONE);
        *chance = chance.plus(every.one_in());
        if !every.advance() {
            break;
        }
    }
    assert_eq!(orders.len(), 120);
    assert!(orders.values().all(|&chance| chance == Chance::of(1, 120)));
}

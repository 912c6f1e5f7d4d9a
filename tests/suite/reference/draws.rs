//! Known answers for every section of `klero-draw-1`, made by an independent program.

use klero::digest::{Digest, hex};
use klero::draw::{Live, Machine, MasterKey, Purpose, Seed, StratumKey, Stream, Words};
use klero::protocol::{Fraction, Imbalance, Procedure};
use serde_json::Value;

fn cases(kind: &str) -> Vec<Value> {
    let text = include_str!("../../../data-fixtures/allocation-vectors.json");
    let all: Value = serde_json::from_str(text).unwrap();
    assert_eq!(all["format"], "klero-draw-1");
    let cases: Vec<Value> = all["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["kind"] == kind)
        .cloned()
        .collect();
    assert!(!cases.is_empty(), "no vectors of kind {kind}");
    cases
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(text).collect()
}

fn numbers<T: TryFrom<u64>>(value: &Value) -> Vec<T>
where
    T::Error: std::fmt::Debug,
{
    let items = value.as_array().unwrap();
    items
        .iter()
        .map(|item| T::try_from(item.as_u64().unwrap()).unwrap())
        .collect()
}

fn master(case: &Value) -> MasterKey {
    let seed = Seed::read(text(&case["seed"])).unwrap();
    let study = text(&case["study"]);
    assert_eq!(seed.commitment(study).to_string(), case["commitment"]);
    let protocol = Digest::of(text(&case["protocol"]).as_bytes());
    MasterKey::derive(&seed, study, protocol, text(&case["beacon"]))
}

fn stratum(case: &Value) -> StratumKey {
    StratumKey::of(&texts(&case["stratum"]))
}

fn stream_key(case: &Value) -> [u8; 32] {
    let context = texts(&case["context"]);
    assert_eq!(context[1], "<stratum>");
    let purpose = match context[0] {
        "slot" => Purpose::Slot,
        "block" => Purpose::Block,
        "batch" => Purpose::Batch,
        other => panic!("unknown purpose {other}"),
    };
    master(case).stream_key(purpose, &stratum(case), context[2].parse().unwrap())
}

#[test]
fn streams_give_the_known_words() {
    for case in cases("words") {
        let key = stream_key(&case);
        assert_eq!(hex(&key), case["key"]);
        let mut stream = Stream::new(key);
        let words: Vec<u32> = (0..40).map(|_| stream.word()).collect();
        assert_eq!(words[..4], numbers::<u32>(&case["first"]));
        assert_eq!(words[39], case["word_39"].as_u64().unwrap() as u32);
    }
}

#[test]
fn below_gives_the_known_numbers() {
    for case in cases("below") {
        let mut stream = Stream::new(stream_key(&case));
        let results: Vec<u64> = numbers::<u64>(&case["n"])
            .into_iter()
            .map(|n| stream.below(n))
            .collect();
        assert_eq!(results, numbers::<u64>(&case["result"]));
    }
}

fn sequence(case: &Value, procedure: Procedure, ratio: Vec<u32>, levels: &[Vec<usize>]) {
    let stratum = stratum(case);
    let expected: Vec<usize> = numbers(&case["arms"]);
    let mut machine = Machine::new(procedure, ratio, Live::new(master(case)));
    let drawn: Vec<usize> = (0..expected.len())
        .map(|slot| {
            let levels = levels.get(slot).map_or(&[][..], Vec::as_slice);
            let arm = machine.draw(&stratum, levels);
            machine.record(&stratum, levels, arm);
            arm
        })
        .collect();
    assert_eq!(drawn, expected);
}

#[test]
fn simple_gives_the_known_arms() {
    for case in cases("simple") {
        sequence(&case, Procedure::Simple, numbers(&case["ratio"]), &[]);
    }
}

#[test]
fn permuted_blocks_give_the_known_arms() {
    for case in cases("permuted-blocks") {
        let sizes = numbers(&case["block_sizes"]);
        let procedure = Procedure::PermutedBlocks { sizes };
        sequence(&case, procedure, numbers(&case["ratio"]), &[]);
    }
}

#[test]
fn block_urn_gives_the_known_arms() {
    for case in cases("block-urn") {
        let lambda = case["lambda_"].as_u64().unwrap() as u32;
        let procedure = Procedure::BlockUrn { lambda };
        sequence(&case, procedure, numbers(&case["ratio"]), &[]);
    }
}

fn fraction(case: &Value) -> Fraction {
    match numbers::<u32>(&case["probability"])[..] {
        [p, q] => Fraction { p, q },
        _ => panic!("a fraction has two numbers"),
    }
}

#[test]
fn biased_coin_gives_the_known_arms() {
    for case in cases("biased-coin") {
        let probability = fraction(&case);
        sequence(
            &case,
            Procedure::BiasedCoin { probability },
            vec![1, 1],
            &[],
        );
    }
}

#[test]
fn big_stick_gives_the_known_arms() {
    for case in cases("big-stick") {
        let limit = case["limit"].as_u64().unwrap() as u32;
        sequence(&case, Procedure::BigStick { limit }, vec![1, 1], &[]);
    }
}

#[test]
fn minimisation_gives_the_known_arms() {
    for case in cases("minimisation") {
        let values: Vec<Vec<&str>> = case["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(texts)
            .collect();
        // Any numbering of the levels will do: only which referrals share a level matters.
        let mut known: Vec<Vec<&str>> = vec![Vec::new(); values[0].len()];
        let levels: Vec<Vec<usize>> = values
            .iter()
            .map(|row| {
                row.iter()
                    .zip(&mut known)
                    .map(|(value, known)| {
                        known.iter().position(|k| k == value).unwrap_or_else(|| {
                            known.push(value);
                            known.len() - 1
                        })
                    })
                    .collect()
            })
            .collect();
        let procedure = Procedure::Minimisation {
            measure: Imbalance::from_name(text(&case["measure"])).unwrap(),
            probability: fraction(&case),
            weights: numbers::<u32>(&case["weights"])
                .into_iter()
                .enumerate()
                .collect(),
        };
        sequence(&case, procedure, numbers(&case["ratio"]), &levels);
    }
}

fn whole_list(case: &Value, procedure: Procedure, ratio: Vec<u32>) {
    let stratum = stratum(case);
    let mut machine = Machine::new(procedure, ratio, Live::new(master(case)));
    for _ in 0..case["batch"].as_u64().unwrap() {
        machine.record_batch(&stratum);
    }
    let mut referrals = texts(&case["referrals"]);
    referrals.sort_unstable();
    let arms = machine.draw_batch(&stratum, referrals.len());
    for (referral, arm) in referrals.iter().zip(arms) {
        assert_eq!(case["arms"][*referral].as_u64().unwrap() as usize, arm);
    }
    assert_eq!(case["arms"].as_object().unwrap().len(), referrals.len());
}

#[test]
fn complete_by_ratio_gives_the_known_arms() {
    for case in cases("complete") {
        let procedure = Procedure::Complete { counts: None };
        whole_list(&case, procedure, numbers(&case["ratio"]));
    }
}

#[test]
fn complete_by_counts_gives_the_known_arms() {
    for case in cases("complete-counts") {
        let counts: Vec<u64> = numbers(&case["counts"]);
        let ratio = vec![1; counts.len()];
        let counts = Some(counts);
        whole_list(&case, Procedure::Complete { counts }, ratio);
    }
}

//! How guessable designs are: published, and by listing every sequence.

use klero::foresight::{Foresight, Share, Warning, evenly, foresee};
use klero::protocol::Protocol;

/// Returns a plan with arms in this ratio and `[allocation]` as given.
pub fn plan(ratio: &[u32], allocation: &str) -> Protocol {
    let mut text = "[study]\nid = \"t\"\ntitle = \"T\"\n".to_owned();
    for (index, a) in ratio.iter().enumerate() {
        text += &format!("[[arm]]\nid = \"arm{index}\"\nratio = {a}\n");
        if index == 0 {
            text += "reference = true\n";
        }
    }
    text += "[[factor]]\nid = \"site\"\nlevels = [\"x\", \"y\", \"z\"]\n";
    text += "[[factor]]\nid = \"age\"\nlevels = [\"old\", \"young\"]\n";
    text += &format!("[allocation]\n{allocation}\n");
    Protocol::read(&text).unwrap_or_else(|error| panic!("{error}"))
}

fn of(ratio: &[u32], allocation: &str, referrals: u64) -> Foresight {
    foresee(&plan(ratio, allocation), &[referrals]).unwrap()
}

#[track_caller]
fn exactly(share: Share) -> f64 {
    match share {
        Share::Exactly(value) => value,
        Share::AtMost(value) => panic!("only a bound: {value}"),
    }
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found}, expected {expected}"
    );
}

/// Zhao, Weng, Wu & Palesch 2012, doi:10.1002/pst.493, for 100 referrals: correct guesses and
/// certain draws to the digits they print, from formulas and (three digits) from simulation; the
/// largest difference from their simulation, whose error is below 0.02.
#[test]
fn published_designs_are_as_guessable_as_published() {
    let blocks = |size| format!("procedure = \"permuted-blocks\"\nblock_sizes = [{size}]");
    for (allocation, right, certain, largest) in [
        (blocks(2), 0.751, 0.500, 1.0),
        (blocks(4), 0.7083, 0.3333, 2.0),
        (blocks(6), 0.6800, 0.2410, 2.830),
        (blocks(8), 0.662, 0.192, 3.272),
        (blocks(10), 0.654, 0.167, 3.620),
        (blocks(12), 0.639, 0.137, 3.916),
        (blocks(30), 0.591, 0.056, 5.608),
        // A block as long as the trial is the random allocation rule.
        (blocks(100), 0.558, 0.020, 8.207),
        (
            "procedure = \"big-stick\"\nlimit = 4".to_owned(),
            0.5587,
            0.118,
            3.999,
        ),
        (
            "procedure = \"biased-coin\"\nprobability = \"13/20\"".to_owned(),
            0.6136,
            0.0,
            5.490,
        ),
    ] {
        let found = of(&[1, 1], &allocation, 100);
        let digits = if (right * 1000.0_f64).fract() == 0.0 {
            0.0016
        } else {
            0.00005
        };
        near(exactly(found.right), right, digits);
        near(exactly(found.certain), certain, 0.0011);
        near(
            found.strata[0].each.largest_difference.unwrap(),
            largest,
            0.02,
        );
    }
}

/// Three arms 1:1:1 in blocks of 6, the same paper: 101/180 and 1/5.
#[test]
fn three_arms_in_blocks_of_six_are_guessed_101_times_in_180() {
    let allocation = "procedure = \"permuted-blocks\"\nblock_sizes = [6]";
    let found = of(&[1, 1, 1], allocation, 6);
    near(exactly(found.right), 101.0 / 180.0, 1e-12);
    near(exactly(found.certain), 1.0 / 5.0, 1e-12);
}

/// `foresight.py` lists every sequence of arms, in exact fractions.
#[test]
fn following_states_gives_what_listing_every_sequence_gives() {
    let listed = include_str!("../../../data-fixtures/reference/foresight.csv");
    let mut cases = 0;
    for line in listed.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [
            procedure,
            parameter,
            ratio,
            n,
            right,
            certain,
            largest,
            at_end,
        ] = cells[..]
        else {
            panic!("{line}");
        };
        let ratio: Vec<u32> = ratio.split(' ').map(|a| a.parse().unwrap()).collect();
        let own = match procedure {
            "permuted-blocks" => format!("block_sizes = [{}]", parameter.replace(' ', ", ")),
            "block-urn" => format!("lambda = {parameter}"),
            "biased-coin" => format!("probability = \"{parameter}\""),
            "big-stick" => format!("limit = {parameter}"),
            _ => String::new(),
        };
        let allocation = format!("procedure = \"{procedure}\"\n{own}");
        let found = of(&ratio, &allocation, n.parse().unwrap());
        let fraction = |text: &str| match text.split_once('/') {
            Some((p, q)) => p.parse::<f64>().unwrap() / q.parse::<f64>().unwrap(),
            None => text.parse().unwrap(),
        };
        near(exactly(found.right), fraction(right), 1e-12);
        near(exactly(found.certain), fraction(certain), 1e-12);
        near(
            found.strata[0].each.largest_difference.unwrap(),
            fraction(largest),
            1e-12,
        );
        near(found.difference_at_end.unwrap(), fraction(at_end), 1e-12);
        cases += 1;
    }
    assert_eq!(cases, 13);
}

/// By hand: three strata of two referrals in blocks of two. The first of each block is a fair
/// coin, the second is certain, and the trial ends level.
#[test]
fn strata_add_up() {
    let allocation = "procedure = \"permuted-blocks\"\nblock_sizes = [2]\nstrata = [\"site\"]";
    let plan = plan(&[1, 1], allocation);
    let found = foresee(&plan, &[2, 2, 2]).unwrap();
    assert_eq!((found.strata.len(), found.strata[0].strata.len()), (1, 3));
    near(exactly(found.right), 0.75, 1e-12);
    near(exactly(found.certain), 0.5, 1e-12);
    near(found.difference_at_end.unwrap(), 0.0, 1e-12);
    // With one referral in each stratum: three fair coins, E|D| = (2·3 + 6·1) / 8.
    let found = foresee(&plan, &[1, 1, 1]).unwrap();
    near(found.difference_at_end.unwrap(), 1.5, 1e-12);
    assert!(found.warnings.contains(&Warning::TooManyStrata {
        strata: 3,
        referrals: 3,
        needed: 2
    }));
    assert!(found.warnings.contains(&Warning::FixedBlocks { size: 2 }));
}

/// Two referrals in strata that are drawn at once with three arms: which arm is left out is drawn
/// by lot. Over one stratum two arms differ by one with chance 2/3.
#[test]
fn a_list_drawn_at_once_is_guessed_by_chance_alone() {
    let found = of(&[1, 1, 1], "procedure = \"complete\"", 2);
    near(exactly(found.right), 1.0 / 3.0, 1e-12);
    near(exactly(found.certain), 0.0, 0.0);
    near(found.difference_at_end.unwrap(), 2.0 / 3.0, 1e-12);
}

/// Under minimisation with p = 4/5 the only best arm has chance 4/5; with ratio 2:1 the arm of
/// two pseudo-arms has at most 4/5 + 1/5 · 1/2.
#[test]
fn minimisation_is_bounded_by_its_probability() {
    let allocation = "procedure = \"minimisation\"\nmeasure = \"range\"\nprobability = \"4/5\"\n\
                      weights = { site = 1 }";
    assert_eq!(of(&[1, 1], allocation, 50).right, Share::AtMost(0.8));
    assert_eq!(of(&[2, 1], allocation, 50).right, Share::AtMost(0.9));
}

#[test]
fn somebody_who_does_not_know_the_sizes_of_long_courses_is_bounded_from_above() {
    let allocation = "procedure = \"permuted-blocks\"\nblock_sizes = [2, 4, 6]";
    let short = exactly(of(&[1, 1], allocation, 24).right);
    let found = of(&[1, 1], allocation, 120);
    let Share::AtMost(right) = found.right else {
        panic!("{:?}", found.right);
    };
    // Known sizes: the mean of 3/4, 17/24, 61/90 by the lengths of the blocks.
    let known = (2.0 * 0.75 + 4.0 * 17.0 / 24.0 + 6.0 * 0.68) / 12.0;
    assert!(
        short < right && right < known + 0.01,
        "{short} {right} {known}"
    );
}

#[test]
fn referrals_are_spread_evenly() {
    assert_eq!(evenly(8, 3), [3, 3, 2]);
    assert_eq!(evenly(1, 3), [1, 0, 0]);
}

/// More draws are not easier to guess: what is known of a thousand holds of a hundred thousand. A
/// bound that took the sizes for known would say 24.7 % of certain draws here.
#[test]
fn the_bound_for_drawn_block_sizes_is_no_looser_for_many_referrals() {
    let allocation = "procedure = \"permuted-blocks\"\nblock_sizes = [4, 6, 8]";
    let some = of(&[1, 1], allocation, 900);
    for many in [1_100, 20_000, 100_000] {
        let found = of(&[1, 1], allocation, many);
        near(found.right.value(), some.right.value(), 0.001);
        near(found.certain.value(), some.certain.value(), 0.001);
        assert!(matches!(found.certain, Share::AtMost(_)));
    }
}

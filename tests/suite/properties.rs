//! What holds for any input.

use std::collections::HashMap;

use klero::digest::Digest;
use klero::estimate::means::difference_in_means;
use klero::estimate::shares::{risk_difference, risk_ratio};
use klero::ledger::{Clock, Draw, Entry, Event, LevelValue};
use klero::period::{Moment, Month, Week};
use klero::protocol::{IntervalId, State};
use klero::register::{Class, Code, CodeTable};
use klero::sample::Count;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Any second of the years 0 to 9998.
fn any_moment() -> impl Strategy<Value = Moment> {
    (-62_167_219_200..253_370_764_800i64).prop_map(Moment::from_unix)
}

/// Any text, now and then with what JSON escapes.
fn any_text() -> impl Strategy<Value = String> {
    let escaped = prop::sample::select(vec!['"', '\\', '\0', '\n', '\u{1f}']);
    let letter = prop_oneof![40 => prop::char::range(' ', '~'), 1 => any::<char>(), 1 => escaped];
    prop::collection::vec(letter, 0..6).prop_map(String::from_iter)
}

fn any_level() -> impl Strategy<Value = LevelValue> {
    prop_oneof![
        any::<i64>().prop_map(LevelValue::Whole),
        any_text().prop_map(LevelValue::Text),
    ]
}

/// Any draw, plausible or not.
fn any_draw() -> impl Strategy<Value = Entry> {
    let texts = || prop::collection::vec(any_text(), 0..3);
    let draw = (
        any_text(),
        texts(),
        any::<u64>(),
        prop::collection::vec((any_text(), any_level()), 0..3),
        any::<Option<u64>>(),
    );
    let clock = prop_oneof![Just(Clock::Real), Just(Clock::Set)];
    (any::<u64>(), any::<[u8; 32]>(), any_moment(), draw, clock).prop_map(
        |(number, prev, time, (referral, stratum, slot, levels, batch), clock)| Entry {
            number,
            prev: Digest(prev),
            time,
            by: "désirée".to_owned(),
            event: Event::Draw(Draw {
                referral,
                stratum,
                slot,
                levels,
                arm: "a".to_owned(),
                batch,
            }),
            clock,
        },
    )
}

/// The same cases every time, so that a failure can be run again.
fn seeded() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1991),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn a_week_is_its_iso_name(week in -30..5_000i32) {
        let (year, number) = Week(week).iso();
        prop_assert_eq!(Week::from_iso(year, number).unwrap(), Week(week));
        prop_assert_eq!(Week::of(Week(week).monday()), Week(week));
        // The month is that of the Thursday, three days after the Monday.
        let thursday = Week(week).monday().checked_add(jiff::Span::new().days(3)).unwrap();
        prop_assert_eq!(Week(week).month(), Month::of(thursday));
    }

    #[test]
    fn a_moment_is_written_as_jiff_writes_it(moment in any_moment(), at in 0..20usize, byte: u8) {
        let text = moment.to_string();
        prop_assert_eq!(text.parse(), Ok(moment));
        let stamp: jiff::Timestamp = text.parse().unwrap();
        prop_assert_eq!(stamp.to_string(), text.as_str());
        let mut changed = text.into_bytes();
        changed[at] = byte;
        if let Ok(changed) = String::from_utf8(changed)
            && let Ok(moment) = changed.parse::<Moment>()
        {
            prop_assert_eq!(moment.to_string(), changed);
        }
    }

    #[test]
    fn a_line_is_read_only_as_it_is_written(
        draw in any_draw(),
        at: prop::sample::Index,
        byte in prop::sample::select(&b"\0\x1f 0-+9,:\"\\{}[]aA\x7f"[..]),
        insert: bool,
    ) {
        let line = draw.write().into_bytes();
        prop_assert_eq!(Entry::read(&line), Ok(draw));
        let mut changed = line;
        let at = at.index(changed.len());
        match insert {
            true => changed.insert(at, byte),
            false => changed[at] = byte,
        }
        if let Ok(read) = Entry::read(&changed) {
            prop_assert_eq!(read.write().into_bytes(), changed);
        }
    }

    #[test]
    fn swapping_the_arms_mirrors_a_difference(
        arm in prop::collection::vec(-50.0..50.0f64, 2..30),
        reference in prop::collection::vec(-50.0..50.0f64, 2..30),
        shift in -1e3..1e3f64,
    ) {
        let there = difference_in_means(&arm, &reference, 0.95);
        let back = difference_in_means(&reference, &arm, 0.95);
        prop_assert_eq!(there.estimate.unwrap(), -back.estimate.unwrap());
        prop_assert_eq!(there.p_value, back.p_value);
        let (a, b) = (there.interval.clone().unwrap(), back.interval.unwrap());
        prop_assert_eq!(a.lower.unwrap(), -b.upper.unwrap());
        // A constant added to everybody's outcome changes nothing but the last digits.
        let moved = |values: &[f64]| values.iter().map(|v| v + shift).collect::<Vec<_>>();
        let moved = difference_in_means(&moved(&arm), &moved(&reference), 0.95);
        let close = |x: f64, y: f64| (x - y).abs() <= 1e-8 * (1.0 + x.abs());
        prop_assert!(close(moved.estimate.unwrap(), there.estimate.unwrap()));
        prop_assert!(close(moved.std_error.unwrap(), there.std_error.unwrap()));
    }

    #[test]
    fn intervals_of_shares_hold_the_estimate_and_stay_in_range(
        (n1, x1) in (1..60u64).prop_flat_map(|n| (Just(n), 0..=n)),
        (n0, x0) in (1..60u64).prop_flat_map(|n| (Just(n), 0..=n)),
    ) {
        let (arm, reference) = (Count::new(x1, n1), Count::new(x0, n0));
        for method in [IntervalId::MiettinenNurminen, IntervalId::Newcombe, IntervalId::Wald] {
            let found = risk_difference(arm, reference, 0.95, method);
            let interval = found.interval.unwrap();
            let (lower, upper) = (interval.lower.unwrap(), interval.upper.unwrap());
            let d = found.estimate.unwrap();
            prop_assert!(-1.0 <= lower && lower <= d + 1e-12, "{method} {lower} {d}");
            prop_assert!(d - 1e-12 <= upper && upper <= 1.0, "{method} {d} {upper}");
            let back = risk_difference(reference, arm, 0.95, method).interval.unwrap();
            prop_assert!((back.lower.unwrap() + upper).abs() < 1e-12);
            prop_assert!(found.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)));
        }
        let ratio = risk_ratio(arm, reference, 0.95, IntervalId::MiettinenNurminen);
        prop_assert_eq!(ratio.estimate.is_some(), x0 > 0);
        if let Some(interval) = ratio.interval {
            let lower = interval.lower.unwrap();
            prop_assert!(lower >= 0.0 && lower.is_finite());
            prop_assert_eq!(interval.upper.is_some(), x0 > 0);
            if let (Some(estimate), Some(upper)) = (ratio.estimate, interval.upper) {
                prop_assert!(lower <= estimate * (1.0 + 1e-12) && estimate <= upper * (1.0 + 1e-12));
            }
        }
    }
}

/// Codes by family and last digit, as the agency's documentation has it: 0 passive, 1 and 3
/// guidance, 4 education, 5 and 6 wage subsidy, 7 and 8 placement, 9 community work.
#[test]
fn the_table_follows_the_rule_of_the_last_digit() {
    let families = [
        "13", "14", "21", "70", "71", "72", "73", "74", "75", "76", "81", "87", "89",
    ];
    let mut seen: HashMap<char, u32> = HashMap::new();
    for entry in &CodeTable::built_in().entries {
        let code = entry.code.to_string();
        if !families.iter().any(|family| code.starts_with(family)) {
            continue;
        }
        let digit = code.chars().last().unwrap();
        let expected = match digit {
            '4' => State::Education,
            '5' | '6' => State::Supported,
            '7' | '8' => State::Praktik,
            _ => State::Benefit,
        };
        assert_eq!(
            entry.class,
            Class::Is(expected),
            "{code} {}",
            entry.label_da
        );
        *seen.entry(digit).or_default() += 1;
    }
    assert_eq!(seen.len(), 9, "every digit but 2 occurs: {seen:?}");
}

/// The codes outside those families, with their states by hand.
#[test]
fn the_other_codes_have_the_states_their_groups_say() {
    let state = |code: u16| CodeTable::built_in().class(Code::from_number(code).unwrap());
    for (state_expected, codes) in [
        (State::Supported, &[511, 521, 522, 771, 774, 781][..]),
        (State::Education, &[231, 232, 413, 651, 652, 661]),
        (
            State::Benefit,
            &[
                111, 112, 113, 114, 124, 125, 126, 151, 152, 299, 412, 611, 621, 622, 783, 785, 881,
            ],
        ),
        (State::Pension, &[998]),
        (State::Abroad, &[997]),
        (State::Dead, &[999]),
    ] {
        for &code in codes {
            assert_eq!(state(code), Some(Class::Is(state_expected)), "{code}");
        }
    }
    for code in [121, 122, 123] {
        assert_eq!(state(code), Some(Class::ByIndustry));
    }
    assert_eq!(state(100), None);
    assert_eq!(Code::read(b"0"), None);
}

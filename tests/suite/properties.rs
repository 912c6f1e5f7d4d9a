//! What holds for any input.

use std::collections::HashMap;

use klero::digest::Digest;
use klero::estimate::means::difference_in_means;
use klero::estimate::shares::{risk_difference, risk_ratio};
use klero::ledger::{Clock, Draw, Entry, Event, LevelValue};
use klero::outcome::{Dated, End, Missing, Value, measure};
use klero::period::{Moment, Month, Week};
use klero::protocol::{Denominator, IntervalId, Measure, Outcome, Protocol, Selector, State};
use klero::register::store::Store;
use klero::register::{Class, Code, CodeTable};
use klero::sample::Count;
use proptest::prelude::*;

use crate::outcomes::{header, plan};
use crate::register::{people, read, register};
use crate::workshop::Folder;

/// Any week from 1991 to 2040.
fn any_week() -> impl Strategy<Value = i32> {
    0..2_570i32
}

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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

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

/// A person as a delivery writes it: a code a week, and for each month whether wage was paid.
#[derive(Clone, Debug)]
struct Row {
    codes: Vec<Code>,
    paid: Vec<bool>,
}

fn any_row(weeks: usize, months: usize) -> impl Strategy<Value = Row> {
    let codes: Vec<Code> = CodeTable::built_in()
        .entries
        .iter()
        .map(|e| e.code)
        .collect();
    let runs = prop::collection::vec((prop::sample::select(codes), 1..40usize, any::<bool>()), 40);
    (
        runs,
        prop::collection::vec((any::<bool>(), 1..9usize), months),
    )
        .prop_map(move |(runs, paid)| {
            // Half of the runs are blank, as in life.
            let codes = runs.iter().flat_map(|(code, length, blank)| {
                let code = if *blank { Code::BLANK } else { *code };
                std::iter::repeat_n(code, *length)
            });
            let codes = codes
                .chain(std::iter::repeat(Code::BLANK))
                .take(weeks)
                .collect();
            let paid = paid
                .iter()
                .flat_map(|(paid, length)| std::iter::repeat_n(*paid, *length));
            Row {
                codes,
                paid: paid.take(months).collect(),
            }
        })
}

const WEEKS: usize = 330;

/// A file of some persons, from a first week on, with or without months.
fn any_file() -> impl Strategy<Value = (Week, bool, Vec<Row>)> {
    (any_week(), any::<bool>()).prop_flat_map(|(first, months)| {
        let first = Week(first);
        let count = (Week(first.0 + WEEKS as i32 - 1).month().0 - first.month().0 + 1) as usize;
        let rows = prop::collection::vec(any_row(WEEKS, count), 6);
        (Just(first), Just(months), rows)
    })
}

fn written(first: Week, months: bool, rows: &[Row]) -> String {
    let mut text = header(first, WEEKS as i32, months);
    for (index, row) in rows.iter().enumerate() {
        text += &format!("p{index}");
        for code in &row.codes {
            text += &format!(";{code}");
        }
        if months {
            for paid in &row.paid {
                text += if *paid { ";471120" } else { ";" };
            }
        }
        text.push('\n');
    }
    text
}

const OUTCOMES: &str = r#"
[[outcome]]
id = "ever"
measure = "ever"
states = ["ordinary"]
weeks = [3, 60]
[[outcome]]
id = "at"
measure = "at"
states = ["active"]
weeks = [1, 52]
[[outcome]]
id = "weeks"
measure = "weeks"
states = ["self_support", "771", "wage"]
weeks = [1, 104]
[[outcome]]
id = "over"
measure = "weeks"
more_than = 10
states = ["benefit"]
weeks = [1, 104]
[[outcome]]
id = "share"
measure = "share"
states = ["active"]
weeks = [10, 80]
[[outcome]]
id = "observed"
measure = "share"
denominator = "observed"
states = ["active", "wage"]
weeks = [1, 60]
[[outcome]]
id = "pooled"
measure = "share"
denominator = "pooled"
states = ["self_support", "benefit", "771"]
weeks = [[1, 26], [20, 80]]
[[outcome]]
id = "retained"
measure = "retained"
stable = 2
after = 9
states = ["active"]
weeks = [1, 90]
[[outcome]]
id = "first"
measure = "time-to"
states = ["ordinary", "education"]
weeks = [1, 104]
[[outcome]]
id = "stable"
measure = "time-to"
stable = 5
states = ["active"]
weeks = [2, 104]
[[outcome]]
id = "before"
measure = "history"
gap = 3
"#;

/// One week of a person, read naively: inside the states, outside, or not to be known.
struct Naive<'r> {
    row: &'r Row,
    first: Week,
    months: bool,
}

impl Naive<'_> {
    fn code(&self, week: Week) -> Option<Code> {
        let index = usize::try_from(week - self.first).ok()?;
        self.row.codes.get(index).copied()
    }

    fn states(&self, week: Week) -> Vec<State> {
        let Some(code) = self.code(week) else {
            return vec![State::Unknown];
        };
        match CodeTable::built_in().class(code).unwrap() {
            Class::Is(state) => vec![state],
            Class::ByIndustry if !self.months => vec![State::Ordinary, State::SelfSupport],
            Class::ByIndustry if self.paid(week) => vec![State::Ordinary],
            Class::ByIndustry => vec![State::SelfSupport],
        }
    }

    fn paid(&self, week: Week) -> bool {
        self.row.paid[(week.month().0 - self.first.month().0) as usize]
    }

    /// Every answer that could be true of the week.
    fn inside(&self, week: Week, selectors: &[Selector]) -> Option<bool> {
        let code = self.code(week)?;
        let paid = match self.months {
            true => vec![self.paid(week)],
            false => vec![false, true],
        };
        let by_industry = CodeTable::built_in().class(code) == Some(Class::ByIndustry);
        let answers: Vec<bool> = paid
            .into_iter()
            .map(|paid| {
                let state = match (by_industry, paid) {
                    (true, true) => State::Ordinary,
                    (true, false) => State::SelfSupport,
                    (false, _) => self.states(week)[0],
                };
                selectors.iter().any(|selector| match selector {
                    Selector::State(wanted) => *wanted == state,
                    Selector::Code(number) => *number == code.number(),
                    Selector::Wage => paid,
                })
            })
            .collect();
        answers
            .iter()
            .all(|answer| *answer == answers[0])
            .then(|| answers[0])
    }

    fn value(&self, outcome: &Outcome, drawn: Week) -> Value {
        let missing = Value::Missing(Missing::NotCovered);
        let answer = |week| self.inside(week, &outcome.selectors);
        let weeks: Vec<Week> = match outcome.measure.window() {
            Some(window) => (window.first()..=window.last())
                .map(|w| drawn + w as i32)
                .collect(),
            None => Vec::new(),
        };
        let answers: Vec<Option<bool>> = weeks.iter().map(|week| answer(*week)).collect();
        let count = answers.iter().filter(|a| **a == Some(true)).count() as u32;
        let open = answers.contains(&None);
        match outcome.measure {
            Measure::Share { denominator, .. } if denominator != Denominator::Fixed => {
                self.observed(&weeks, answer, denominator)
            }
            Measure::Retained { stable, after, .. } => {
                match self.time_to(&weeks, &answers, drawn, stable) {
                    Value::Time {
                        weeks,
                        end: End::Event,
                    } => answer(drawn + (weeks + after) as i32).map_or(missing, Value::YesNo),
                    Value::Time {
                        weeks: until,
                        end: End::Censored,
                    } if drawn + (until as i32) < weeks[weeks.len() - 1] => missing,
                    Value::Time { .. } => Value::Missing(Missing::NotReached),
                    other => other,
                }
            }
            Measure::Ever { .. } if count > 0 => Value::YesNo(true),
            Measure::Ever { .. } if open => missing,
            Measure::Ever { .. } => Value::YesNo(false),
            Measure::At { .. } => answers.last().unwrap().map_or(missing, Value::YesNo),
            Measure::Weeks {
                more_than: Some(limit),
                ..
            } if count > limit => Value::YesNo(true),
            _ if open
                && !matches!(outcome.measure, Measure::TimeTo { .. })
                && !weeks.is_empty() =>
            {
                missing
            }
            Measure::Weeks {
                more_than: Some(_), ..
            } => Value::YesNo(false),
            Measure::Weeks { .. } => Value::Weeks(count),
            Measure::Share { window, .. } => Value::Share {
                weeks: count,
                of: window.weeks(),
            },
            Measure::TimeTo { stable, .. } => self.time_to(&weeks, &answers, drawn, stable),
            Measure::History { gap, .. } => self.history(drawn, gap, answer),
            other => unreachable!("{other:?} looks at no weeks"),
        }
    }

    fn observed(
        &self,
        weeks: &[Week],
        answer: impl Fn(Week) -> Option<bool>,
        denominator: Denominator,
    ) -> Value {
        let (mut inside, mut of) = (0, 0);
        for week in weeks {
            if self.code(*week).is_none() {
                return Value::Missing(Missing::NotCovered);
            }
            // A blank week of an unknown month has no one state: it is not observed.
            match self.states(*week)[..] {
                [State::Abroad | State::Unknown] | [_, _, ..] => continue,
                _ => of += 1,
            }
            match answer(*week) {
                None => return Value::Missing(Missing::NotCovered),
                Some(yes) => inside += u32::from(yes),
            }
        }
        match denominator {
            _ if of == 0 => Value::Missing(Missing::NotObserved),
            Denominator::Pooled => Value::Pooled { weeks: inside, of },
            _ => Value::Share { weeks: inside, of },
        }
    }

    fn time_to(&self, weeks: &[Week], answers: &[Option<bool>], drawn: Week, stable: u32) -> Value {
        let time = |week: Week, end| Value::Time {
            weeks: (week - drawn) as u32,
            end,
        };
        let mut run = 0;
        for (index, (week, answer)) in weeks.iter().zip(answers).enumerate() {
            match answer {
                None if index == 0 => return Value::Missing(Missing::NotCovered),
                None => return time(weeks[index - 1], End::Censored),
                Some(true) => {
                    run += 1;
                    if run == stable {
                        return time(*week, End::Event);
                    }
                }
                Some(false) => {
                    run = 0;
                    match self.states(*week)[0] {
                        State::Dead => return time(*week, End::Dead),
                        State::Abroad => return time(*week, End::Abroad),
                        State::Pension => return time(*week, End::Pension),
                        _ => {}
                    }
                }
            }
        }
        time(*weeks.last().unwrap(), End::Censored)
    }

    fn history(&self, drawn: Week, gap: u32, answer: impl Fn(Week) -> Option<bool>) -> Value {
        let mut week = drawn + -1;
        if answer(week).is_none() {
            return Value::Missing(Missing::NotCovered);
        }
        let (mut weeks, mut outside) = (0, 0);
        loop {
            match answer(week) {
                None => {
                    return Value::History {
                        weeks,
                        at_least: true,
                    };
                }
                Some(true) => {
                    weeks += 1;
                    outside = 0;
                }
                Some(false) => outside += 1,
            }
            if outside > gap {
                return Value::History {
                    weeks,
                    at_least: false,
                };
            }
            week = week + -1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Wide → spells → wide gives the same codes back, and outcomes from spells are those of a
    /// reading week by week, in every year.
    #[test]
    fn spells_say_what_the_weeks_say(
        (first, months, rows) in any_file(),
        drawn in prop::collection::vec((-20..WEEKS as i32 + 20, 0..7i32), 6),
    ) {
        let folder = Folder::new();
        folder.write("dream.csv", written(first, months, &rows));
        read(&folder, &register(&["dream.csv"])).unwrap();
        for (person, row) in people(&folder).iter().zip(&rows) {
            let codes: Vec<Code> = person
                .spells
                .iter()
                .flat_map(|spell| std::iter::repeat_n(spell.code, spell.weeks as usize))
                .collect();
            prop_assert_eq!(&codes, &row.codes);
            prop_assert!(person.spells.windows(2).all(|two| two[0].code != two[1].code));
        }
        let protocol: Protocol = plan(OUTCOMES);
        let dates: Vec<Dated> = drawn
            .iter()
            .enumerate()
            .map(|(index, (week, day))| Dated {
                referral: format!("p{index}"),
                date: (first + *week)
                    .monday()
                    .checked_add(jiff::Span::new().days(i64::from(*day)))
                    .unwrap(),
            })
            .collect();
        let store = Store::open(folder.path(), "dream").unwrap();
        let made = measure(&protocol, &[store], &[], &dates).unwrap();
        for series in &made.series {
            for (index, row) in rows.iter().enumerate() {
                let naive = Naive { row, first, months };
                let expected = naive.value(&series.outcome, first + drawn[index].0);
                prop_assert_eq!(
                    series.values[index], expected,
                    "{} of p{}, drawn in week {} of the file", series.outcome.id, index,
                    drawn[index].0
                );
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

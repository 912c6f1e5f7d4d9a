//! Outcomes from registers of every kind, beside a reading that looks at each week or month of a
//! person by itself, in every year with 53 weeks from 1991 to 2040.

use std::collections::BTreeMap;

use klero::outcome::{Dated, End, Missing, Value, measure};
use klero::period::{Date, Month, Week};
use klero::protocol::{Denominator, Measure, Outcome, Protocol, Selector, State};
use klero::register::store::Store;
use klero::register::{Class, Code, CodeTable};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestRunner};

use crate::outcomes::{header_from, plan};
use crate::register::{people, read, register};
use crate::workshop::Folder;

/// The years with 53 weeks, as the register's rules list them.
const LONG_YEARS: [i16; 9] = [1992, 1998, 2004, 2009, 2015, 2020, 2026, 2032, 2037];
/// Weeks of a file: over six years.
const WEEKS: usize = 330;

/// Tries so many cases in each of those years.
fn in_every_long_year<S: Strategy>(
    cases: u32,
    strategy: impl Fn(Week) -> S,
    claim: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    for year in LONG_YEARS {
        let config = ProptestConfig {
            cases,
            failure_persistence: None,
            // The same cases every time: a failure can be run again.
            rng_seed: RngSeed::Fixed(year as u64),
            ..ProptestConfig::default()
        };
        let week_53 = Week::from_iso(year, 53).unwrap();
        // So that somewhere in the file stands week 53 of the year.
        let cases =
            (0..WEEKS as i32).prop_flat_map(|before| strategy((week_53 + -before).max(Week(0))));
        let tried = TestRunner::new(config).run(&cases, &claim);
        tried.unwrap_or_else(|error| panic!("in {year}: {error}"));
    }
}

/// Dates of draw of six persons and one more, from before a first week to behind the last.
fn any_dates(first: Week) -> impl Strategy<Value = Vec<Dated>> {
    prop::collection::vec((-20..WEEKS as i32 + 20, 0..7i32), 7).prop_map(move |days| {
        let dated = days.iter().enumerate().map(|(index, (week, day))| Dated {
            referral: format!("p{index}"),
            date: day_of(first + *week, *day),
        });
        dated.collect()
    })
}

fn day_of(week: Week, day: i32) -> Date {
    let days = jiff::Span::new().days(i64::from(day));
    week.monday().checked_add(days).unwrap()
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

/// Rows of a file, with industry codes of no month, of all, or from a later month on.
fn any_rows(first: Week) -> impl Strategy<Value = (Week, Option<usize>, Vec<Row>)> {
    let count = (Week(first.0 + WEEKS as i32 - 1).month().0 - first.month().0 + 1) as usize;
    let months = prop_oneof![Just(None), Just(Some(0)), (1..count).prop_map(Some)];
    months.prop_flat_map(move |months| {
        let rows = prop::collection::vec(any_row(WEEKS, count), 6);
        (Just(first), Just(months), rows)
    })
}

fn written(first: Week, months: Option<usize>, rows: &[Row]) -> String {
    let mut text = header_from(first, WEEKS as i32, months);
    for (index, row) in rows.iter().enumerate() {
        text += &format!("p{index}");
        for code in &row.codes {
            text += &format!(";{code}");
        }
        if let Some(late) = months {
            for paid in &row.paid[late..] {
                text += if *paid { ";471120" } else { ";" };
            }
        }
        text.push('\n');
    }
    text
}

/// What of a plan of outcomes differs from case to case.
#[derive(Clone, Debug)]
struct Shape {
    /// First weeks, and how many more.
    windows: Vec<(u32, u32)>,
    stable: u32,
    after: u32,
    gap: u32,
    limit: u32,
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let first = prop_oneof![2 => Just(1), 3 => 2..70u32];
    let window = (first, prop_oneof![1 => Just(0u32), 8 => 1..110u32]);
    let windows = prop::collection::vec(window, 10);
    (windows, 1..14u32, 1..60u32, 0..20u32, 0..60u32).prop_map(
        |(windows, stable, after, gap, limit)| Shape {
            windows,
            stable,
            after,
            gap,
            limit,
        },
    )
}

/// Every measure of weeks, with the windows and bounds of a shape.
fn outcomes(shape: &Shape) -> String {
    let Shape {
        after, gap, limit, ..
    } = shape;
    // So many weeks fit into the window.
    let stable = |index: usize| shape.stable.min(shape.windows[index].1 + 1);
    let measures = [
        "measure = \"ever\"\nstates = [\"ordinary\"]".to_owned(),
        "measure = \"at\"\nstates = [\"active\"]".to_owned(),
        "measure = \"weeks\"\nstates = [\"self_support\", \"771\", \"wage\"]".to_owned(),
        format!("measure = \"weeks\"\nmore_than = {limit}\nstates = [\"benefit\"]"),
        "measure = \"share\"\nstates = [\"active\"]".to_owned(),
        "measure = \"share\"\ndenominator = \"observed\"\nstates = [\"active\", \"wage\"]"
            .to_owned(),
        "measure = \"share\"\ndenominator = \"pooled\"\n\
         states = [\"self_support\", \"benefit\", \"771\"]"
            .to_owned(),
        format!(
            "measure = \"retained\"\nstable = {}\nafter = {after}\nstates = [\"active\"]",
            stable(7)
        ),
        "measure = \"time-to\"\nstates = [\"ordinary\", \"education\"]".to_owned(),
        format!(
            "measure = \"time-to\"\nstable = {}\nstates = [\"active\"]",
            stable(9)
        ),
    ];
    let windows = shape.windows.iter();
    let mut text = String::new();
    for (index, (measure, (first, more))) in measures.iter().zip(windows).enumerate() {
        let last = first + more;
        text += &format!("[[outcome]]\nid = \"o{index}\"\n{measure}\nweeks = [{first}, {last}]\n");
    }
    text + &format!(
        "[[outcome]]\nid = \"before\"\nmeasure = \"history\"\ngap = {gap}\n\
         [[outcome]]\nid = \"long\"\nmeasure = \"history\"\ngap = {gap}\nmore_than = {limit}\n"
    )
}

/// A person read naively, each week by itself: inside the states, outside, or not to be known.
struct Naive<'r> {
    /// What the register has of a week, if it has it.
    code: &'r dyn Fn(Week) -> Option<Code>,
    /// Whether the month of the week has an industry code, where that is known.
    paid: &'r dyn Fn(Week) -> Option<bool>,
}

impl Naive<'_> {
    fn code(&self, week: Week) -> Option<Code> {
        (self.code)(week)
    }

    fn states(&self, week: Week) -> Vec<State> {
        let Some(code) = self.code(week) else {
            return vec![State::Unknown];
        };
        match CodeTable::built_in().class(code).unwrap() {
            Class::Is(state) => vec![state],
            Class::ByIndustry => match (self.paid)(week) {
                None => vec![State::Ordinary, State::SelfSupport],
                Some(true) => vec![State::Ordinary],
                Some(false) => vec![State::SelfSupport],
            },
        }
    }

    /// Every answer that could be true of the week.
    fn inside(&self, week: Week, selectors: &[Selector]) -> Option<bool> {
        let code = self.code(week)?;
        let paid = (self.paid)(week).map_or(vec![false, true], |paid| vec![paid]);
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
                let complete = |end: usize| {
                    let begin = (end + 1).checked_sub(stable as usize)?;
                    answers[begin..=end]
                        .iter()
                        .all(|a| *a == Some(true))
                        .then_some(end)
                };
                let reached = (0..weeks.len()).find_map(complete);
                let until = reached.unwrap_or(weeks.len() - 1);
                match reached {
                    _ if answers[..=until].contains(&None) => missing,
                    Some(end) => answer(weeks[end] + after as i32).map_or(missing, Value::YesNo),
                    None => Value::Missing(Missing::NotReached),
                }
            }
            Measure::Ever { .. } if count > 0 => Value::YesNo(true),
            Measure::Ever { .. } if open => missing,
            Measure::Ever { .. } => Value::YesNo(false),
            Measure::At { .. } if weeks.iter().any(|week| self.code(*week).is_none()) => missing,
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
            Measure::History { gap, more_than } => {
                match (self.history(drawn, gap, answer), more_than) {
                    (Value::History { weeks, .. }, Some(limit)) if weeks > limit => {
                        Value::YesNo(true)
                    }
                    (Value::History { at_least: true, .. }, Some(_)) => missing,
                    (Value::History { .. }, Some(_)) => Value::YesNo(false),
                    (value, _) => value,
                }
            }
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

/// Wide → spells → wide gives the same codes back, and outcomes from spells are those of a reading
/// week by week.
#[test]
fn spells_say_what_the_weeks_say() {
    let strategy = |first| {
        let switches = (any::<bool>(), any::<bool>());
        (any_rows(first), any_dates(first), any_shape(), switches)
    };
    in_every_long_year(
        40,
        strategy,
        |((first, months, rows), dates, shape, (zero, week_of_draw))| {
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
                prop_assert!(
                    person
                        .spells
                        .windows(2)
                        .all(|two| two[0].code != two[1].code)
                );
            }
            // Somebody in no row has every week blank where the plan says so.
            let absent = if zero { "absent = \"zero\"\n" } else { "" };
            let read = Protocol::read(
                &plan(&outcomes(&shape))
                    .text
                    .replace("[register.dream]\n", &format!("[register.dream]\n{absent}")),
            );
            let mut protocol = read.unwrap();
            if week_of_draw {
                protocol.include_week_of_draw();
            }
            compare(&folder, &protocol, &dates, |person| {
                let row = rows.get(person);
                if row.is_none() && !zero {
                    return None;
                }
                Some((
                    move |week: Week| {
                        let index = usize::try_from(week - first).ok()?;
                        match row {
                            Some(row) => row.codes.get(index).copied(),
                            None => (index < WEEKS).then_some(Code::BLANK),
                        }
                    },
                    move |week: Week| {
                        let month = usize::try_from(week.month().0 - first.month().0).ok()?;
                        row?.paid
                            .get(month)
                            .copied()
                            .filter(|_| months.is_some_and(|m| m <= month))
                    },
                ))
            })
        },
    );
}

/// Compares the outcomes made from a store with those of a naive reading.
fn compare<C, P>(
    folder: &Folder,
    protocol: &Protocol,
    dates: &[Dated],
    person: impl Fn(usize) -> Option<(C, P)>,
) -> Result<(), TestCaseError>
where
    C: Fn(Week) -> Option<Code>,
    P: Fn(Week) -> Option<bool>,
{
    let store = Store::open(folder.path(), &protocol.registers[0].id).unwrap();
    let made = measure(protocol, &[store], &[], dates.to_vec()).unwrap();
    for series in &made.series {
        for (index, dated) in dates.iter().enumerate() {
            let expected = match person(index) {
                None => Value::Missing(Missing::NotInRegister),
                Some((code, paid)) => Naive {
                    code: &code,
                    paid: &paid,
                }
                .value(&series.outcome, Week::of(dated.date)),
            };
            prop_assert_eq!(
                series.values[index],
                expected,
                "{} of {}, drawn on {}",
                series.outcome.id,
                dated.referral,
                dated.date
            );
        }
    }
    Ok(())
}

/// A study with one register of another kind.
fn plan_of(kind: &str, outcomes: &str) -> Protocol {
    let text = format!(
        "[study]\nid = \"s\"\ntitle = \"t\"\n[[arm]]\nid = \"a\"\n[register.{kind}]\n\
         kind = \"{kind}\"\nfiles = [\"{kind}.csv\"]\n[states]\n\
         active = [\"ordinary\", \"supported\", \"praktik\", \"education\"]\n{outcomes}"
    );
    Protocol::read(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// Writes a long file of some rows in any order and ingests it.
fn ingested(protocol: &Protocol, header: &str, rows: &[String]) -> Folder {
    let folder = Folder::new();
    let register = &protocol.registers[0];
    let file = register.files[0].to_str().unwrap();
    folder.write(file, format!("{header}\n{}\n", rows.join("\n")));
    read(&folder, register).unwrap_or_else(|error| panic!("{error}"));
    folder
}

/// A state as a long register writes it: a name, or a code that is not blank.
fn any_state() -> impl Strategy<Value = Code> {
    let states = State::ALL.iter().map(|state| Code::of_state(*state));
    let codes = CodeTable::built_in().entries.iter().map(|entry| entry.code);
    let codes = codes.filter(|code| *code != Code::BLANK);
    prop_oneof![
        select(states.collect::<Vec<_>>()),
        select(codes.collect::<Vec<_>>())
    ]
}

/// Spells of one person, one behind the other: days between, days long, state.
type Spells = Vec<(i32, i32, Code)>;

/// Spells of days of which none share a day; a week has the state of its Thursday.
#[test]
fn spells_of_days_say_what_their_thursdays_say() {
    let strategy = |first: Week| {
        let between = prop_oneof![3 => Just(0), 1 => 1..9i32, 1 => 9..300i32];
        let spell = (between, 1..250i32, any_state());
        let persons = prop::collection::vec(prop::collection::vec(spell, 0..14), 6);
        let dates = any_dates(first);
        (Just(first), persons, dates, any_shape(), any::<u64>())
    };
    in_every_long_year(
        20,
        strategy,
        |(first, persons, dates, shape, order): (_, Vec<Spells>, _, _, _)| {
            let protocol = plan_of("spells", &outcomes(&shape));
            // For each person the days of each spell, first and last, and its state.
            let laid_out: Vec<Vec<(Date, Date, Code)>> = persons
                .iter()
                .map(|spells| {
                    let mut day = first.monday();
                    let mut later = |days: i32| {
                        day = day
                            .checked_add(jiff::Span::new().days(i64::from(days)))
                            .unwrap();
                        day
                    };
                    let lay = |&(between, long, code): &(i32, i32, Code)| {
                        let start = later(between);
                        let end = later(long - 1);
                        later(1);
                        (start, end, code)
                    };
                    spells.iter().map(lay).collect()
                })
                .collect();
            let mut rows = Vec::new();
            for (person, spells) in laid_out.iter().enumerate() {
                rows.extend(
                    spells
                        .iter()
                        .map(|(start, end, code)| format!("p{person};{start};{end};{code}")),
                );
            }
            prop_assume!(!rows.is_empty());
            shuffle(&mut rows, order);
            let folder = ingested(&protocol, "key;start;end;state", &rows);
            compare(&folder, &protocol, &dates, |person| {
                let spells = laid_out.get(person)?;
                let code = |week: Week| {
                    let thursday = week.thursday();
                    let mut holding = spells
                        .iter()
                        .filter(|(start, end, _)| *start <= thursday && thursday <= *end);
                    holding.next().map(|(_, _, code)| *code)
                };
                // Somebody whose spells hold no Thursday is in no week of the register.
                let met = spells.iter().any(|(start, end, _)| {
                    (0..)
                        .map(|days| start.checked_add(jiff::Span::new().days(days)).unwrap())
                        .take_while(|day| day <= end)
                        .any(|day| day.weekday() == jiff::civil::Weekday::Thursday)
                });
                met.then_some((code, |_: Week| None))
            })
        },
    );
}

/// Periods of one person: weeks, or months counted from that of the first week, with states.
type Periods = BTreeMap<i32, Code>;

#[test]
fn registers_of_states_say_what_each_period_says() {
    let strategy = |first: Week| {
        (any::<bool>(), any_state()).prop_flat_map(move |(monthly, usual)| {
            let periods = if monthly { 75 } else { WEEKS as i32 };
            let state = prop_oneof![6 => Just(usual), 1 => any_state()];
            let person = prop::collection::btree_map(0..periods, state, 0..400);
            let persons = prop::collection::vec(person, 6);
            (
                Just(first),
                Just(monthly),
                persons,
                any_dates(first),
                any_shape(),
                any::<u64>(),
            )
        })
    };
    in_every_long_year(
        20,
        strategy,
        |(first, monthly, persons, dates, shape, order): (_, _, Vec<Periods>, _, _, _)| {
            let protocol = plan_of("states", &outcomes(&shape));
            let name = |period: i32| match monthly {
                true => Month(first.month().0 + period).to_string(),
                false => (first + period).to_string(),
            };
            let mut rows = Vec::new();
            for (person, periods) in persons.iter().enumerate() {
                rows.extend(
                    periods
                        .iter()
                        .map(|(period, code)| format!("p{person},{},{code}", name(*period))),
                );
            }
            prop_assume!(!rows.is_empty());
            shuffle(&mut rows, order);
            let folder = ingested(&protocol, "key,period,state", &rows);
            compare(&folder, &protocol, &dates, |person| {
                let periods = persons.get(person).filter(|periods| !periods.is_empty())?;
                let code = move |week: Week| {
                    let period = match monthly {
                        true => week.month().0 - first.month().0,
                        false => week - first,
                    };
                    periods.get(&period).copied()
                };
                Some((code, |_: Week| None))
            })
        },
    );
}

/// Puts rows into another order that follows from a number.
fn shuffle(rows: &mut [String], order: u64) {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    rows.sort_by_key(|row| hasher.hash_one((order, row)));
}

const HOURS: &str = r#"
[[outcome]]
id = "degree"
measure = "degree"
months = [[1, 1], [1, 5], [3, 14]]
[[outcome]]
id = "none"
measure = "degree-zero"
months = [[1, 3], [2, 9]]
[[outcome]]
id = "some"
measure = "hours"
months = [[1, 2], [2, 9]]
more_than = 4
at_most = 20
[[outcome]]
id = "plain"
measure = "hours"
months = [[1, 2], [3, 12]]
"#;

/// A job in a month: person, month from the first of the file, hours in millionths, and the digits
/// behind the sign with which they are written.
type Job = (usize, i32, u64, usize, char);

/// Hours as a delivery writes them, in a millionth and rounded down to so many digits.
fn as_written(millionths: u64, digits: usize, sign: char) -> (u64, String) {
    let unit = 10u64.pow(6 - digits as u32);
    let rounded = millionths / unit * unit;
    let text = match digits {
        0 => (rounded / 1_000_000).to_string(),
        _ => format!(
            "{}{sign}{:0digits$}",
            rounded / 1_000_000,
            rounded % 1_000_000 / unit
        ),
    };
    (rounded, text)
}

/// Month by month: the hours of every job to the nearest ten-thousandth, halves up, added, capped at
/// 160.33, and added over the months.
#[test]
fn hours_say_what_each_month_says() {
    let protocol = plan_of("bfl", HOURS);
    let strategy = |first: Week| {
        let hours = prop_oneof![1 => Just(0), 1 => Just(160_330_000), 4 => 0..260_000_000u64];
        let job = (
            0..6usize,
            0..40i32,
            hours,
            0..7usize,
            select(vec![',', '.']),
        );
        let jobs = prop::collection::vec(job, 1..250);
        (Just(first.month()), jobs, any_dates(first))
    };
    in_every_long_year(
        30,
        strategy,
        |(first, jobs, dates): (Month, Vec<Job>, Vec<Dated>)| {
            let rows: Vec<String> = jobs
                .iter()
                .map(|&(person, month, hours, digits, sign)| {
                    let name = Month(first.0 + month).to_string();
                    let (year, month) = name.split_once('-').unwrap();
                    let (_, hours) = as_written(hours, digits, sign);
                    format!("p{person};{year};{month};{hours}")
                })
                .collect();
            let folder = ingested(&protocol, "key;year;month;hours", &rows);
            let months = jobs.iter().map(|(_, month, ..)| first.0 + month);
            let (begin, end) = (months.clone().min().unwrap(), months.max().unwrap());
            // A month of nobody beside one of ten rows or more was not delivered.
            let rows = |month: i32| jobs.iter().filter(|job| first.0 + job.1 == month).count();
            let some = |month: &i32| rows(*month) > 0;
            let hole = |month: i32| {
                let before = (begin..month).rev().find(some);
                let after = (month..=end).find(some);
                let beside = [before, after].into_iter().flatten().map(rows).max();
                rows(month) == 0 && beside.is_some_and(|rows| rows >= 10)
            };
            let store = Store::open(folder.path(), "bfl").unwrap();
            let made = measure(&protocol, &[store], &[], dates.clone()).unwrap();
            for series in &made.series {
                let window = series.outcome.measure.months().unwrap();
                for (index, dated) in dates.iter().enumerate() {
                    let drawn =
                        12 * i32::from(dated.date.year()) + i32::from(dated.date.month()) - 1;
                    let window = drawn + window.first() as i32..=drawn + window.last() as i32;
                    let in_month = |month: i32| -> u64 {
                        let of_month = jobs
                            .iter()
                            .filter(|job| job.0 == index && first.0 + job.1 == month);
                        of_month
                            .map(|&(_, _, hours, digits, sign)| {
                                (as_written(hours, digits, sign).0 + 50) / 100
                            })
                            .sum()
                    };
                    let expected = if !jobs.iter().any(|job| job.0 == index) {
                        Value::Missing(Missing::NotInRegister)
                    } else if *window.start() < begin
                        || end < *window.end()
                        || window.clone().any(hole)
                    {
                        Value::Missing(Missing::NotCovered)
                    } else if series.outcome.id.starts_with("none") {
                        Value::YesNo(window.clone().all(|month| in_month(month) == 0))
                    } else if series.outcome.id.starts_with("some") {
                        let paid: u64 = window.clone().map(in_month).sum();
                        // A month is 52/12 weeks, and an hour 10,000.
                        let hours = |hours: u64| hours * 520_000 * window.clone().count() as u64;
                        Value::YesNo(hours(4) < 12 * paid && 12 * paid <= hours(20))
                    } else if series.outcome.id.starts_with("plain") {
                        let paid: u64 = window.clone().map(in_month).sum();
                        Value::Number((12 * paid) as f64 / (520_000 * window.count() as u64) as f64)
                    } else {
                        Value::Degree {
                            paid: window
                                .clone()
                                .map(|month| in_month(month).min(1_603_300))
                                .sum(),
                            of: 1_603_300 * window.count() as u64,
                        }
                    };
                    prop_assert_eq!(
                        series.values[index],
                        expected,
                        "{} of {}, drawn on {}",
                        series.outcome.id,
                        dated.referral,
                        dated.date
                    );
                }
            }
            Ok(())
        },
    );
}

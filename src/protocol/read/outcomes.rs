//! The sections that say what is measured: `[[outcome]]`.

use std::ops::Range;

use super::registers::selectors;
use super::{choice, id, label, path};
use crate::period::Window;
use crate::protocol::section::{At, Faults, Section};
use crate::protocol::{
    Absence, Denominator, Language, MEASURES, Measure, Outcome, Register, Union, ValueColumn,
};

/// Reads an outcome; with several windows it is one outcome for each.
pub(super) fn outcome(
    mut section: Section,
    registers: &[Register],
    unions: &[Union],
    language: Language,
    f: &mut Faults,
) -> Option<Vec<Outcome>> {
    let id = id(&mut section, f);
    let label = label(&id, &mut section, f);
    let name = section.required_text("measure", f);
    if let Some(id) = &id
        && ["referral", "arm"].contains(&id.value.as_str())
    {
        let found = format!("an outcome is called `{}`", id.value);
        f.add(
            &id.span,
            found,
            "another name: tables have a column of that name",
        );
    }
    let target = section.number("target", f);
    if let Some(target) = &target
        && !(0.0..=1.0).contains(&target.value)
    {
        f.add(
            &target.span,
            format!("`target = {}`", target.value),
            "a share from 0 to 1",
        );
    }
    let measures = name.and_then(|name| measures(&mut section, &name, f));
    // Without a known measure it is unknown which keys belong, so only the measure is reported.
    let Some(measures) = measures else {
        section.pass("states");
        section.pass("register");
        return None;
    };
    let measure = measures[0];
    let value = match measure {
        Measure::Value { yes_no } => Some(value_column(&mut section, yes_no, f)?),
        _ => None,
    };
    let register = match measure {
        Measure::Value { .. } => None,
        _ => Some(register_of(&mut section, measure, registers, f)),
    };
    let (states_span, words) = match measure.needs_states() {
        true => states(&mut section, measure, f)?,
        false => (section.span.clone(), Vec::new()),
    };
    let states_line = f.line(&states_span);
    let selectors = match measure.needs_states() {
        true => selectors(&words, unions, "`states`", f),
        false => Some(Vec::new()),
    };
    section.finish(f);
    let (id, selectors) = (id?.value, selectors?);
    let register = match register {
        Some(register) => Some(register?),
        None => None,
    };
    let several = measures.len() > 1;
    let outcomes = measures.into_iter().map(|measure| {
        let (mut id, mut label) = (id.clone(), label.clone());
        if several && let Some(window) = measure.window().or(measure.months()) {
            id = format!("{id}-{}-{}", window.first(), window.last());
            label = format!("{label}, {}", window_in_words(&measure, window, language));
        }
        Outcome {
            id,
            label,
            measure,
            register,
            absent: register.map_or(Absence::Missing, |register| registers[register].absent),
            value: value.clone(),
            states_written: words.iter().map(|word| word.value.clone()).collect(),
            selectors: selectors.clone(),
            states_line,
            target: target.as_ref().map(|target| target.value),
        }
    });
    Some(outcomes.collect())
}

/// Writes a window behind the label of an outcome that has several.
pub(in crate::protocol) fn window_in_words(
    measure: &Measure,
    window: Window,
    language: Language,
) -> String {
    let unit = match (measure.window(), language) {
        (Some(_), Language::English) => "weeks",
        (Some(_), Language::Danish) => "uge",
        (None, Language::English) => "months",
        (None, Language::Danish) => "måned",
    };
    format!("{unit} {window}")
}

/// Returns the words of `states` and where they stand.
fn states(
    section: &mut Section,
    measure: Measure,
    f: &mut Faults,
) -> Option<(Range<usize>, Vec<At<String>>)> {
    match section.texts("states", f) {
        Some(words) if !words.value.is_empty() => Some((words.span, words.value)),
        Some(words) => {
            f.add(&words.span, "`states` is empty", "one state or more");
            None
        }
        None if matches!(measure, Measure::History { .. }) && !section.has("states") => {
            let default = ["benefit", "praktik"].map(|state| At {
                value: state.to_owned(),
                span: section.span.clone(),
            });
            Some((section.span.clone(), default.to_vec()))
        }
        None => {
            if !section.has("states") {
                f.add(
                    &section.span,
                    format!("measure `{}` without `states`", measure.name()),
                    "`states = [\"…\"]`",
                );
            }
            None
        }
    }
}

/// Returns the table and column of a `value`.
fn value_column(section: &mut Section, yes_no: bool, f: &mut Faults) -> Option<ValueColumn> {
    let file = section.required_text("file", f);
    let column = section.required_text("column", f);
    let baseline = section.text("baseline", f).map(|baseline| baseline.value);
    let baseline_label = section.text("baseline_label", f);
    if let (Some(label), None) = (&baseline_label, &baseline)
        && !section.has("baseline")
    {
        f.add(
            &label.span,
            "`baseline_label` without `baseline`",
            "`baseline`, the column with the value before the draw",
        );
    }
    let key = section.text("key", f).map(|key| key.value);
    Some(ValueColumn {
        file: path(file?, f),
        column: column?.value,
        baseline,
        yes_no,
        baseline_label: baseline_label.map(|label| label.value),
        key,
    })
}

fn register_of(
    section: &mut Section,
    measure: Measure,
    registers: &[Register],
    f: &mut Faults,
) -> Option<usize> {
    if let Some(name) = section.text("register", f) {
        let known = || registers.iter().map(|register| register.id.as_str());
        let index = known().position(|id| id == name.value);
        match index {
            None if !f.is_faulty("register", &name.value) => f.unknown(
                &name.span,
                format!("`{}` is no register", name.value),
                &name.value,
                known().collect::<Vec<_>>(),
            ),
            Some(index) if !measure.reads(registers[index].kind) => {
                let kind = registers[index].kind;
                f.add(
                    &name.span,
                    format!(
                        "measure `{}` of a register of kind `{kind}`",
                        measure.name()
                    ),
                    "a register of a kind that has it: hours stand in `bfl`, states in the others",
                );
                return None;
            }
            _ => {}
        }
        return index;
    }
    let fitting: Vec<usize> = (0..registers.len())
        .filter(|&index| measure.reads(registers[index].kind))
        .collect();
    match fitting[..] {
        _ if f.any_faulty("register") => None,
        [only] => Some(only),
        [] => {
            f.add(
                &section.span,
                format!("measure `{}` and no register for it", measure.name()),
                match measure {
                    Measure::Degree { .. } | Measure::DegreeZero { .. } | Measure::Hours { .. } => {
                        "`[register.x]` with `kind = \"bfl\"` and `files`"
                    }
                    _ => "`[register.x]` with `kind` and `files`",
                },
            );
            None
        }
        _ => {
            f.add(
                &section.span,
                format!("an outcome and {} registers for it", fitting.len()),
                "`register = \"…\"` in the outcome",
            );
            None
        }
    }
}

/// Returns the measure, once for each window.
fn measures(section: &mut Section, name: &At<String>, f: &mut Faults) -> Option<Vec<Measure>> {
    let each = |windows: Option<Vec<Window>>, of: &dyn Fn(Window) -> Measure| {
        Some(windows?.into_iter().map(of).collect())
    };
    match name.value.as_str() {
        "ever" => each(windows("weeks", section, f), &|window| Measure::Ever {
            window,
        }),
        "at" => each(windows("weeks", section, f), &|window| Measure::At {
            window,
        }),
        "weeks" => {
            let windows = windows("weeks", section, f);
            let more_than = more_than(section, f);
            each(windows, &|window| Measure::Weeks { window, more_than })
        }
        "share" => {
            let windows = windows("weeks", section, f);
            let denominator = choice(
                section,
                "denominator",
                Denominator::ALL,
                Denominator::name,
                f,
            );
            let denominator = denominator.map_or(Denominator::Fixed, |d| d.value);
            each(windows, &|window| Measure::Share {
                window,
                denominator,
            })
        }
        "time-to" => {
            let windows = windows("weeks", section, f);
            let stable = stable(windows.as_deref(), section, f).unwrap_or(1);
            each(windows, &|window| Measure::TimeTo { window, stable })
        }
        "retained" => {
            let windows = windows("weeks", section, f);
            let stable = stable(windows.as_deref(), section, f);
            if section.lacks("stable") {
                let found = format!("{} has no `stable`", section.name);
                f.add(
                    &section.span,
                    found,
                    "`stable = N`: consecutive weeks in the states",
                );
            }
            let after = section.whole_within("after", 1, 5_000, f);
            if section.lacks("after") {
                let found = format!("{} has no `after`", section.name);
                f.add(&section.span, found, "`after = N`: weeks later");
            }
            let (stable, after) = (stable?, after?.value as u32);
            each(windows, &|window| Measure::Retained {
                window,
                stable,
                after,
            })
        }
        "degree" => each(windows("months", section, f), &|months| Measure::Degree {
            months,
        }),
        "degree-zero" => each(windows("months", section, f), &|months| {
            Measure::DegreeZero { months }
        }),
        "history" => {
            let gap = section
                .whole_within("gap", 0, 5_000, f)
                .map_or(0, |gap| gap.value as u32);
            let more_than = more_than(section, f);
            Some(vec![Measure::History { gap, more_than }])
        }
        "hours" => {
            let months = windows("months", section, f);
            let more_than = hours("more_than", section, f);
            let at_most = hours("at_most", section, f);
            if let (Some(more_than), Some(at_most)) = (&more_than, &at_most)
                && more_than.value >= at_most.value
            {
                f.add(
                    &at_most.span,
                    format!(
                        "more than {} hours and at most {}",
                        more_than.value, at_most.value
                    ),
                    "`more_than` below `at_most`",
                );
            }
            let bound = |bound: Option<At<i64>>| bound.map(|hours| hours.value as u32);
            let (more_than, at_most) = (bound(more_than), bound(at_most));
            each(months, &|months| Measure::Hours {
                months,
                more_than,
                at_most,
            })
        }
        "value" => {
            let yes_no = section.truth("yes_no", f);
            let yes_no = yes_no.is_some_and(|yes_no| yes_no.value);
            if yes_no && section.has("baseline") {
                f.add(
                    &section.key_span("baseline"),
                    "a baseline of a yes or no",
                    "a number; what was so before the draw is a `[[factor]]` or an outcome",
                );
            }
            Some(vec![Measure::Value { yes_no }])
        }
        other => {
            f.unknown(
                &name.span,
                format!("`{other}` is no measure"),
                other,
                MEASURES.iter().copied(),
            );
            None
        }
    }
}

/// Returns `stable`, which must fit in every window.
fn stable(windows: Option<&[Window]>, section: &mut Section, f: &mut Faults) -> Option<u32> {
    let stable = section.whole_within("stable", 1, 5_000, f)?;
    for window in windows.unwrap_or_default() {
        if stable.value as u32 > window.weeks() {
            f.add(
                &stable.span,
                format!(
                    "`stable = {}` in a window of {} weeks",
                    stable.value,
                    window.weeks()
                ),
                "a number of weeks that fits in the window",
            );
        }
    }
    Some(stable.value as u32)
}

/// Returns a bound in whole hours a week.
fn hours(key: &'static str, section: &mut Section, f: &mut Faults) -> Option<At<i64>> {
    section.whole_within(key, 0, 168, f)
}

fn more_than(section: &mut Section, f: &mut Faults) -> Option<u32> {
    section
        .whole_within("more_than", 0, 5_000, f)
        .map(|weeks| weeks.value as u32)
}

/// Returns the window of a key, or several of them.
fn windows(key: &'static str, section: &mut Section, f: &mut Faults) -> Option<Vec<Window>> {
    let expected = match key {
        "weeks" => {
            "`weeks = [first, last]` with 1 ≤ first ≤ last ≤ 5000, counted from the week after \
             the draw; or a list of such windows"
        }
        _ => {
            "`months = [first, last]` with 1 ≤ first ≤ last ≤ 5000, counted from the month after \
             the draw; or a list of such windows"
        }
    };
    if !section.has(key) {
        if section.lacks(key) {
            let found = format!("{} has no `{key}`", section.name);
            f.add(&section.span, found, expected);
        }
        section.pass(key);
        return None;
    }
    let pairs = section.pairs(key, f)?;
    let mut windows = Vec::new();
    for pair in &pairs.value {
        let window = match pair[..] {
            [first, last] => Window::new(first, last).ok(),
            _ => None,
        };
        match window {
            Some(window) if !windows.contains(&window) => windows.push(window),
            _ => {
                let written: Vec<String> = pair.iter().map(i64::to_string).collect();
                let found = format!("`{key} = [{}]` in {}", written.join(", "), section.name);
                let expected = match window {
                    Some(_) => "each window once",
                    None => expected,
                };
                f.add(&pairs.span, found, expected);
                return None;
            }
        }
    }
    if windows.is_empty() {
        f.add(
            &pairs.span,
            format!("`{key} = []` in {}", section.name),
            expected,
        );
        return None;
    }
    Some(windows)
}

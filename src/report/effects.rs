//! The effect table for a terminal of 80 columns.
//!
//! Promises: the words come from the catalogue, but for those of the data. Hides: how rows share
//! lines, and in how many letters units are written.

mod footnotes;

use std::fmt::Write;

use super::language::{IntervalForm, Locale, Message, plain_spaces};
use super::number::{count, decimals_for};
use crate::estimate::{ArmCounts, Because, Estimate, Interval, Scale, Standing};
use crate::protocol::{MethodId, Unit};
use crate::sample::Flow;

pub use footnotes::footnotes;

/// Width that the table keeps to.
const WIDTH: usize = 80;

/// Writes estimates as a table: an outcome after the other, a contrast a row, with a second row
/// for the counts behind it and the next method.
pub fn table(rows: &[Estimate], locale: &Locale) -> String {
    let mut laid = Units::ALL
        .map(|units| laid(rows, locale, units))
        .into_iter();
    let fitting = laid.find(|(_, widest)| *widest <= WIDTH);
    let (text, _) = fitting.unwrap_or_else(|| self::laid(rows, locale, Units::Least));
    plain_spaces(&text)
}

/// How units are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Units {
    /// `+1,3 procentpoint`
    Whole,
    /// `+1,3 pct.point`
    Short,
    /// `+1,3 %-point`, and columns a single blank apart.
    Least,
}

impl Units {
    const ALL: [Units; 3] = [Units::Whole, Units::Short, Units::Least];
}

/// Returns the table and the length of its longest line.
fn laid(rows: &[Estimate], locale: &Locale, units: Units) -> (String, usize) {
    let style = Style { locale, units };
    let mut blocks: Vec<Block> = Vec::new();
    let several = levels(rows).len() > 1;
    for row in rows {
        let title = title(row, locale);
        if blocks.last().is_none_or(|block| block.title != title) {
            blocks.push(Block {
                title,
                lines: Vec::new(),
                contrast: String::new(),
                begin: 0,
            });
        }
        blocks
            .last_mut()
            .expect("a block was put in above")
            .add(row, several, &style);
    }
    let header = header(rows, locale);
    if units == Units::Least {
        for cell in blocks
            .iter_mut()
            .flat_map(|b| &mut b.lines)
            .flat_map(|line| &mut line[1..])
        {
            *cell = cell.replace("pct.point", "%-point").replace("pct.", "%");
        }
    }
    let gap = if units == Units::Least { 1 } else { 2 };
    let adjusted = rows.iter().any(|row| row.p_adjusted.is_some());
    let columns = if adjusted { 7 } else { 6 };
    let mut widths = vec![0; columns];
    for line in blocks
        .iter()
        .flat_map(|block| &block.lines)
        .chain([&header])
    {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    // With long names the contrast gets a line of its own.
    let total = widths.iter().sum::<usize>() + gap * (columns - 1);
    let own_line = total > WIDTH;
    if own_line {
        widths[0] = 2;
    }
    let mut text = String::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        for line in wrap(&block.title, WIDTH) {
            text += &line;
            text.push('\n');
        }
        push_line(&mut text, &header, &widths, gap, own_line);
        for line in &block.lines {
            push_line(&mut text, line, &widths, gap, own_line);
        }
    }
    let widest = text.lines().map(|line| line.chars().count()).max();
    (text, widest.unwrap_or(0))
}

/// How cells are written.
struct Style<'l> {
    locale: &'l Locale,
    units: Units,
}

/// The lines of one outcome.
struct Block {
    title: String,
    lines: Vec<Vec<String>>,
    /// The contrast that the last lines belong to, and the first of them.
    contrast: String,
    begin: usize,
}

fn header(rows: &[Estimate], locale: &Locale) -> Vec<String> {
    let say = |message: Message| locale.say(message);
    let interval = match levels(rows).as_slice() {
        [] => String::new(),
        [all] => say(Message::IntervalHead {
            level: &locale.level(*all),
        }),
        _ => say(Message::IntervalsHead),
    };
    let two_arms = rows.iter().any(|row| row.reference.is_some());
    // One share may have nothing that it is compared with.
    let beside = match rows.iter().any(|row| row.target.is_some()) {
        _ if two_arms => say(Message::ReferenceHead),
        true => say(Message::TargetHead),
        false => String::new(),
    };
    let effect = match two_arms {
        true => say(Message::EffectHead),
        false => String::new(),
    };
    let p = match two_arms || rows.iter().any(|row| row.computed.p_value.is_some()) {
        true => say(Message::P),
        false => String::new(),
    };
    let adjusted = say(Message::AdjustedPHead);
    let arm = say(Message::ArmHead);
    vec![String::new(), arm, beside, effect, interval, p, adjusted]
}

/// Returns what a row is about, without its standing: a label or the name of a column.
fn name(row: &Estimate) -> Option<&str> {
    row.label.as_deref().or(row.outcome.as_deref())
}

fn title(row: &Estimate, locale: &Locale) -> String {
    let Some(name) = name(row) else {
        return String::new();
    };
    let name = match (&row.standing, row.role) {
        (Standing::BeforeDraw, _) => locale.say(Message::TitleBeforeDraw { name }),
        (Standing::NotAnEffect(because), _) => match (because, &row.options.only) {
            (Because::Chosen, Some(only)) => locale.say(Message::TitleOnly { name, only }),
            (Because::WithinArm, _) => locale.say(Message::TitleWithinArm { name }),
            _ => locale.say(Message::TitleReached { name }),
        },
        (Standing::Sensitivity, _) => locale.say(Message::TitleSensitivity { name }),
        (Standing::Effect, Some(role)) => {
            let words = Message::of_role(role.name());
            let role = words.map_or_else(|| role.name().to_owned(), |words| locale.say(words));
            format!("{name} ({role})")
        }
        (Standing::Effect, None) => name.to_owned(),
    };
    match &row.subgroup {
        Some(subgroup) => locale.say(Message::TitleBy {
            name: &name,
            factor: &subgroup.factor,
        }),
        None => name,
    }
}

/// Returns what a row compares, at which level of a factor.
fn contrast(row: &Estimate, locale: &Locale) -> String {
    let contrast = match &row.reference {
        Some(reference) => format!("{} – {reference}", row.arm),
        None => row.arm.clone(),
    };
    let Some(subgroup) = &row.subgroup else {
        return contrast;
    };
    match &subgroup.level {
        Some(level) => format!("{level}: {contrast}"),
        None => format!("{}: {contrast}", locale.say(Message::AllLevels)),
    }
}

/// Returns the levels of the rows' intervals, each once.
fn levels(rows: &[Estimate]) -> Vec<f64> {
    let mut levels: Vec<f64> = Vec::new();
    for interval in rows.iter().filter_map(|row| row.computed.interval.as_ref()) {
        if !levels.contains(&interval.level) {
            levels.push(interval.level);
        }
    }
    levels
}

impl Block {
    fn add(&mut self, row: &Estimate, names_level: bool, style: &Style) {
        let locale = style.locale;
        let contrast = contrast(row, locale);
        let (effect, mut interval) = style.effect(row);
        if let (true, Some(found)) = (names_level, &row.computed.interval) {
            interval = format!("{}: {interval}", locale.level(found.level));
        }
        let p = |p: Option<f64>| p.map_or_else(String::new, |p| locale.p(p));
        let mut result = [effect, interval, p(row.computed.p_value), p(row.p_adjusted)];
        // Two bounds and no point.
        if let Some(bounds) = style.bounds(row) {
            result[0] = format!("{} {bounds}", result[0]);
        }
        // A test over all levels is about no group of its own.
        let over_levels = row.subgroup.as_ref().is_some_and(|s| s.level.is_none());
        if over_levels {
            let first = [contrast.clone(), String::new(), String::new()];
            self.lines.push(first.into_iter().chain(result).collect());
            self.contrast = contrast;
            return;
        }
        if self.contrast != contrast {
            self.begin = self.lines.len();
            let [arm, reference] = means(row, locale);
            self.push([contrast.clone(), arm, reference]);
            for [arm, reference] in counts(row, locale) {
                self.push([String::new(), arm, reference]);
            }
            self.contrast = contrast;
        }
        self.put(result);
    }

    fn push(&mut self, left: [String; 3]) {
        let nothing = std::iter::repeat_n(String::new(), 4);
        self.lines.push(left.into_iter().chain(nothing).collect());
    }

    /// Puts a result beside the contrast's means and counts, or below them.
    fn put(&mut self, result: [String; 4]) {
        let empty = |line: &Vec<String>| line[3..].iter().all(String::is_empty);
        let mut free = self.begin..self.lines.len();
        let free = free.find(|&line| self.lines[line..].iter().all(empty));
        let line = free.unwrap_or_else(|| {
            self.push([const { String::new() }; 3]);
            self.lines.len() - 1
        });
        self.lines[line][3..].clone_from_slice(&result);
    }
}

fn means(row: &Estimate, locale: &Locale) -> [String; 2] {
    let decimals = decimals_for(row.computed.std_error.unwrap_or(0.0));
    let mean = |counts: &ArmCounts| match (counts.mean, row.unit) {
        (None, _) => "–".to_owned(),
        (Some(mean), Unit::YesNo | Unit::ShareOfTime | Unit::PooledShare) => {
            locale.percent(mean, 1)
        }
        (Some(mean), Unit::TimeToEvent) if is_share_of_times(row) => locale.percent(mean, 1),
        (Some(mean), Unit::Weeks | Unit::TimeToEvent) => locale.number(mean, 1),
        (Some(mean), Unit::Number) => locale.number(mean, decimals),
    };
    let reference = match (&row.reference_counts, row.target) {
        (Some(counts), _) => mean(counts),
        (None, Some(target)) => locale.percent(target, 1),
        (None, None) => String::new(),
    };
    [mean(&row.arm_counts), reference]
}

/// Returns the counts of both arms, and below them those without an outcome, if any.
fn counts(row: &Estimate, locale: &Locale) -> Vec<[String; 2]> {
    let count = |counts: &ArmCounts| {
        let n = locale.count(counts.n as u64);
        match counts.events {
            Some(events) => format!("{}/{n}", locale.count(events)),
            None => format!("n {n}"),
        }
    };
    let missing = |counts: &ArmCounts| {
        let persons = counts.missing as u64;
        locale.say(Message::SomeMissing { persons })
    };
    let both = |of: &dyn Fn(&ArmCounts) -> String| {
        let reference = row.reference_counts.as_ref();
        [of(&row.arm_counts), reference.map_or_else(String::new, of)]
    };
    let without = |counts: &ArmCounts| counts.missing > 0;
    let any = without(&row.arm_counts) || row.reference_counts.as_ref().is_some_and(without);
    let mut lines = vec![both(&count)];
    lines.extend(any.then(|| both(&missing)));
    lines
}

/// Whether a method of times gives a share of persons, and not a mean of times.
fn is_share_of_times(row: &Estimate) -> bool {
    matches!(row.method, MethodId::KaplanMeier | MethodId::AalenJohansen)
}

/// The unit of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EffectUnit {
    None,
    Points,
    Weeks,
}

/// Returns what numbers of a row are multiplied by, their decimals, and their unit.
fn form(row: &Estimate) -> (f64, usize, EffectUnit) {
    let computed = &row.computed;
    // Where there is no standard error, the interval says how fine the number is.
    let half = |interval: &Interval| Some((interval.upper? - interval.lower?) / 4.0);
    let fineness = || computed.interval.as_ref().and_then(half);
    let error = computed.std_error.or_else(fineness).unwrap_or(0.0);
    let points = (100.0, 1, EffectUnit::Points);
    match (row.scale, row.unit) {
        (Scale::Difference | Scale::Level, Unit::YesNo | Unit::ShareOfTime | Unit::PooledShare) => {
            points
        }
        (Scale::Difference, Unit::TimeToEvent) if is_share_of_times(row) => points,
        // The times of a table have a unit that klero does not know.
        (Scale::Difference | Scale::Level, Unit::TimeToEvent) if row.label.is_none() => {
            (1.0, 1, EffectUnit::None)
        }
        (Scale::Difference | Scale::Level, Unit::Weeks | Unit::TimeToEvent) => {
            (1.0, 1, EffectUnit::Weeks)
        }
        (Scale::Difference | Scale::Level, Unit::Number) => {
            (1.0, decimals_for(error), EffectUnit::None)
        }
        (Scale::Ratio, _) => (1.0, 2, EffectUnit::None),
    }
}

impl Style<'_> {
    fn unit(&self, unit: EffectUnit) -> String {
        match (unit, self.units) {
            (EffectUnit::None, _) => String::new(),
            (EffectUnit::Points, Units::Whole) => {
                format!(" {}", self.locale.say(Message::PointsShown))
            }
            (EffectUnit::Points, Units::Short | Units::Least) => {
                format!(" {}", self.locale.say(Message::PointsShort))
            }
            (EffectUnit::Weeks, _) => format!(" {}", self.locale.say(Message::WeeksShown)),
        }
    }

    /// Writes two ends as a report does; in English without parentheses, which a column of its own
    /// does not need.
    fn interval(&self, lower: &str, upper: &str) -> String {
        match self.locale.numbers.interval {
            IntervalForm::Brackets => self.locale.interval(lower, upper),
            IntervalForm::Words => format!("{lower} {} {upper}", self.locale.say(Message::To)),
        }
    }

    /// Writes the bounds of a row that has two of them and no point.
    fn bounds(&self, row: &Estimate) -> Option<String> {
        let (lower, upper) = row.bounds?;
        let (factor, decimals, _) = form(row);
        let bound = |bound: f64| self.locale.number(factor * bound, decimals);
        Some(self.interval(&bound(lower), &bound(upper)))
    }

    /// Writes the estimate and its interval, both rounded alike, in the unit of the outcome.
    fn effect(&self, row: &Estimate) -> (String, String) {
        let (locale, computed) = (self.locale, &row.computed);
        let say = |message: Message| locale.say(message);
        let (factor, decimals, unit) = form(row);
        let value = match (row.scale, row.method, computed.estimate) {
            (_, MethodId::FisherExact, _) => say(Message::ExactTest),
            (_, MethodId::LogRank, _) => "log-rank".to_owned(),
            (_, MethodId::InteractionTest, _) => say(Message::SameEffect),
            (_, MethodId::RandomisationTest, _) => say(Message::Redrawn),
            (_, MethodId::LeeBounds, None) => "Lee".to_owned(),
            (_, MethodId::WorstCaseBounds, None) => say(Message::WorstCase),
            (_, _, None) => "–".to_owned(),
            (Scale::Level, ..) => String::new(),
            (Scale::Difference, method, Some(value)) => {
                let digits = locale.signed(factor * value, decimals);
                let effect = &format!("{digits}{}", self.unit(unit));
                match method {
                    MethodId::Late => say(Message::EffectReceived { effect }),
                    _ if !row.options.adjust.is_empty() => say(Message::EffectAdjusted { effect }),
                    _ => effect.clone(),
                }
            }
            (Scale::Ratio, MethodId::OddsRatio, Some(value)) => {
                format!("odds ×{}", locale.number(value, 2))
            }
            (Scale::Ratio, MethodId::Cox, Some(value)) => {
                format!("hazard ×{}", locale.number(value, 2))
            }
            (Scale::Ratio, _, Some(value)) => locale.relative(value, 0),
        };
        let Some(interval) = &computed.interval else {
            return (value, String::new());
        };
        let relative_change =
            row.scale == Scale::Ratio && !matches!(row.method, MethodId::OddsRatio | MethodId::Cox);
        // Brackets hold numbers alone, as in a report.
        let words = locale.numbers.interval == IntervalForm::Words;
        let change = |digits: String| match words {
            true => locale.hundredths(&digits),
            false => digits,
        };
        let bound = |bound: Option<f64>, missing: &str| match bound {
            None => missing.to_owned(),
            Some(bound) if relative_change => change(locale.signed(100.0 * (bound - 1.0), 0)),
            Some(bound) => locale.number(factor * bound, decimals),
        };
        let infinite = match relative_change {
            true => change("+∞".to_owned()),
            false => "∞".to_owned(),
        };
        let text = match computed.all_but {
            Some((below, above)) => {
                let inner = self.interval(&bound(Some(below), ""), &bound(Some(above), ""));
                say(Message::Outside { interval: &inner })
            }
            None => self.interval(
                &bound(interval.lower, "–∞"),
                &bound(interval.upper, &infinite),
            ),
        };
        match row.scale {
            Scale::Level => (value, locale.hundredths(&text)),
            _ => (value, text),
        }
    }
}

fn push_line(text: &mut String, cells: &[String], widths: &[usize], gap: usize, own_line: bool) {
    let mut line = String::new();
    for (index, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        if index == 0 && own_line {
            if !cell.is_empty() {
                let _ = writeln!(text, "  {cell}");
            }
            line += &" ".repeat(width);
            continue;
        }
        if index > 0 {
            line += &" ".repeat(gap);
        }
        let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
        // Names and effects begin their column; numbers end it.
        if matches!(index, 0 | 3) {
            line += cell;
            line += &blanks;
        } else {
            line += &blanks;
            line += cell;
        }
    }
    let _ = writeln!(text, "{}", line.trim_end());
}

/// Breaks a text into lines of at most `width` characters, at blanks.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Writes the way of the referrals through the trial, as lines above a table.
pub fn flow_lines(flow: &Flow) -> String {
    if let [arm] = flow.arms.as_slice() {
        return format!(
            "{} in one arm, {}: nothing was drawn\n\
             without a group to compare with, no number is an effect\n",
            count(flow.drawn as u64, "person", "persons"),
            arm.arm
        );
    }
    let mut text = format!(
        "{} referred, {} refused, {} drawn, {} withdrawn, {} excluded\n\
         by the arm drawn, over all who were drawn\n",
        flow.referred, flow.refused, flow.drawn, flow.withdrawn, flow.excluded
    );
    if flow.withdrawn + flow.excluded > 0 {
        text += "the withdrawn and excluded stay in the arm they were drawn to\n";
    }
    let arms = flow.arms.iter().map(|arm| {
        let mut part = format!("{} {} drawn", arm.arm, arm.drawn);
        for (number, word) in [(arm.withdrawn, "withdrawn"), (arm.excluded, "excluded")] {
            if number > 0 {
                let _ = write!(part, ", {number} {word}");
            }
        }
        part
    });
    for line in wrap(&arms.collect::<Vec<_>>().join("; "), WIDTH) {
        text += &line;
        text.push('\n');
    }
    text
}

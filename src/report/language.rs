//! The language of a text and the form of its numbers: two settings, one catalogue.
//!
//! Promises: every word klero itself puts into a report stands once, in
//! [`Message`], in Danish and English; every number takes its digits from
//! [`number`](super::number), and only its marks from here.
//! Hides: which space, comma and sign each form uses.
//! Sources: ISO 80000-1 (groups of three by a thin space, a space before a unit); Dansk Sprognævn's
//! advice (`pct.` for a share, `procentpoint` for a difference of shares).

mod findings;
mod ids;
mod messages;
mod notes;
mod nouns;

pub use findings::{FINDINGS, finding};
pub use messages::{Message, Spoken, one_stop};
pub use notes::{Leaves, NOTES, leaves, note, sentence};
pub use nouns::Noun;

use super::number::{fixed, grouped, p_value, signed};
use crate::period::{Date, Week};
use crate::protocol::Language;

/// A space that neither breaks nor stretches, before a unit or sign.
pub const NO_BREAK: char = '\u{a0}';
/// A thin space that does not break, between groups of digits.
pub const NARROW: char = '\u{202f}';
/// The minus sign.
pub const MINUS: char = '\u{2212}';

/// What stands between whole number and fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalMark {
    Comma,
    Point,
}

/// What stands between groups of three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    NarrowSpace,
    Point,
    Comma,
    None,
}

/// How a hundredth is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PercentSign {
    /// `6,7 pct.`
    Word,
    /// `6.7 %`
    Sign,
}

/// How an interval is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalForm {
    /// `[2,1; 15,9]`: a semicolon, because a comma is part of the numbers.
    Brackets,
    /// `(2.1 to 15.9)`: a word, because a dash would look like a minus sign.
    Words,
}

/// The form of numbers, whatever the language around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberForm {
    pub decimal: DecimalMark,
    pub grouping: Grouping,
    pub percent: PercentSign,
    pub interval: IntervalForm,
}

impl NumberForm {
    pub const DANISH: NumberForm = NumberForm {
        decimal: DecimalMark::Comma,
        grouping: Grouping::NarrowSpace,
        percent: PercentSign::Word,
        interval: IntervalForm::Brackets,
    };
    pub const ENGLISH: NumberForm = NumberForm {
        decimal: DecimalMark::Point,
        grouping: Grouping::NarrowSpace,
        percent: PercentSign::Sign,
        interval: IntervalForm::Words,
    };

    /// Returns the form that goes with a language when nothing else was chosen.
    pub const fn of(language: Language) -> NumberForm {
        match language {
            Language::Danish => NumberForm::DANISH,
            Language::English => NumberForm::ENGLISH,
        }
    }

    /// Returns the decimal mark as a character.
    pub const fn mark(self) -> char {
        match self.decimal {
            DecimalMark::Comma => ',',
            DecimalMark::Point => '.',
        }
    }

    /// Writes digits that [`number`](super::number) rounded in this form.
    fn dressed(self, plain: &str) -> String {
        let (whole, fraction) = match plain.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (plain, None),
        };
        let digits = whole.chars().filter(char::is_ascii_digit).count();
        let mut text = String::new();
        let mut left = digits;
        for c in whole.chars() {
            if c.is_ascii_digit() {
                if left < digits && left.is_multiple_of(3) {
                    match self.grouping {
                        Grouping::NarrowSpace => text.push(NARROW),
                        Grouping::Point => text.push('.'),
                        Grouping::Comma => text.push(','),
                        Grouping::None => {}
                    }
                }
                left -= 1;
            }
            text.push(c);
        }
        if let Some(fraction) = fraction {
            text.push(self.mark());
            text += fraction;
        }
        text
    }
}

/// What a person chose: the language of the report, that of the screen, and the form of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub report: Language,
    pub screen: Language,
    pub numbers: NumberForm,
}

impl Settings {
    pub const fn report(self) -> Locale {
        Locale {
            language: self.report,
            numbers: self.numbers,
        }
    }

    pub const fn screen(self) -> Locale {
        Locale {
            language: self.screen,
            numbers: self.numbers,
        }
    }
}

/// A language and a form of numbers: what a text is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    pub language: Language,
    pub numbers: NumberForm,
}

impl Locale {
    /// Returns a language with its own form of numbers.
    pub const fn of(language: Language) -> Locale {
        Locale {
            language,
            numbers: NumberForm::of(language),
        }
    }

    /// Returns the language tag of a document: `da-DK` or `en-GB`.
    pub const fn tag(&self) -> &'static str {
        match self.language {
            Language::Danish => "da-DK",
            Language::English => "en-GB",
        }
    }

    /// Says a message.
    pub fn say(&self, message: Message) -> String {
        message.say(self)
    }

    /// Writes a whole number in groups: `12 345`.
    pub fn count(&self, n: u64) -> String {
        self.numbers.dressed(&n.to_string())
    }

    /// Writes a whole number with its noun: `1 person`, `503 personer`.
    pub fn counted(&self, n: u64, noun: Noun) -> String {
        format!(
            "{}{NO_BREAK}{}",
            self.count(n),
            noun.form(self.language, n == 1)
        )
    }

    /// Writes a whole number with a true minus sign: `−12`.
    pub fn integer(&self, n: i64) -> String {
        let digits = self.numbers.dressed(&n.unsigned_abs().to_string());
        if n < 0 {
            format!("{MINUS}{digits}")
        } else {
            digits
        }
    }

    /// Writes a number with a fixed count of decimals: `−1,2`.
    pub fn number(&self, value: f64, decimals: usize) -> String {
        self.numbers.dressed(&fixed(value, decimals))
    }

    /// Writes a number with its sign, plus or minus: `+1,2`.
    pub fn signed(&self, value: f64, decimals: usize) -> String {
        self.numbers.dressed(&signed(value, decimals))
    }

    /// Puts the mark of hundredths behind digits: `6,7 pct.`
    pub fn hundredths(&self, digits: &str) -> String {
        match self.numbers.percent {
            PercentSign::Word => format!("{digits}{NO_BREAK}pct."),
            PercentSign::Sign => format!("{digits}{NO_BREAK}%"),
        }
    }

    /// Writes a share as a percentage: 0.067 is `6,7 pct.`
    pub fn percent(&self, share: f64, decimals: usize) -> String {
        self.hundredths(&self.number(100.0 * share, decimals))
    }

    /// Writes a difference of shares: 0.013 is `+1,3 procentpoint`, never `pct.`
    pub fn points(&self, difference: f64, decimals: usize) -> String {
        let digits = self.signed(100.0 * difference, decimals);
        let one = decimals == 0 && fixed(100.0 * difference.abs(), 0) == "1";
        let noun = Noun::Point.form(self.language, one);
        format!("{digits}{NO_BREAK}{noun}")
    }

    /// Writes a ratio as a relative change: `82 pct. mere`, `12 % less`.
    pub fn relative(&self, ratio: f64, decimals: usize) -> String {
        let change = 100.0 * (ratio - 1.0);
        let digits = self.hundredths(&self.number(change.abs(), decimals));
        let word = match change < 0.0 {
            true => Message::Less,
            false => Message::More,
        };
        format!("{digits} {}", self.say(word))
    }

    /// Writes two ends as an interval: `[2,1; 15,9]` or `(2.1 to 15.9)`.
    pub fn interval(&self, lower: &str, upper: &str) -> String {
        match self.numbers.interval {
            IntervalForm::Brackets => format!("[{lower}; {upper}]"),
            IntervalForm::Words => {
                format!("({lower}{NO_BREAK}{} {upper})", self.say(Message::To))
            }
        }
    }

    /// Writes a p-value for a column that is headed `p`: `0,023`, `<0,001`.
    pub fn p(&self, p: f64) -> String {
        self.numbers.dressed(&p_value(p))
    }

    /// Writes a p-value as a statement: `p = 0,023`, `p < 0,001`.
    pub fn p_statement(&self, p: f64) -> String {
        let text = self.p(p);
        match text.strip_prefix('<') {
            Some(bound) => format!("p{NO_BREAK}<{NO_BREAK}{bound}"),
            None => format!("p{NO_BREAK}={NO_BREAK}{text}"),
        }
    }

    /// Writes a confidence level: `95 pct.`, `97,5 %`.
    pub fn level(&self, level: f64) -> String {
        let text = fixed(100.0 * level, 1);
        let text = text.strip_suffix(".0").unwrap_or(&text);
        self.hundredths(&self.numbers.dressed(text))
    }

    /// Writes an ISO week: `uge 14, 2021`, `week 14, 2021`.
    pub fn week(&self, week: Week) -> String {
        let (year, number) = week.iso();
        let word = Noun::Week.form(self.language, true);
        format!("{word}{NO_BREAK}{number}, {year}")
    }

    /// Writes a date: `14. marts 2018`, `14 March 2018`.
    pub fn date(&self, date: Date) -> String {
        const DANISH: [&str; 12] = [
            "januar",
            "februar",
            "marts",
            "april",
            "maj",
            "juni",
            "juli",
            "august",
            "september",
            "oktober",
            "november",
            "december",
        ];
        const ENGLISH: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let (day, month, year) = (date.day(), date.month() as usize - 1, date.year());
        match self.language {
            Language::Danish => format!("{day}.{NO_BREAK}{} {year}", DANISH[month]),
            Language::English => format!("{day}{NO_BREAK}{} {year}", ENGLISH[month]),
        }
    }
}

/// The language and form of numbers of a screen for which nothing else was asked.
pub const PLAIN: Locale = Locale {
    language: Language::English,
    numbers: NumberForm {
        grouping: Grouping::None,
        ..NumberForm::ENGLISH
    },
};

/// Writes a count that may be large.
pub fn many(n: u64, locale: &Locale) -> String {
    match locale.numbers.grouping {
        Grouping::None => grouped(n),
        _ => locale.count(n),
    }
}

/// Writes a count that may be large, with its noun.
pub fn counted(n: u64, noun: Noun, locale: &Locale) -> String {
    format!("{} {}", many(n, locale), noun.form(locale.language, n == 1))
}

/// Returns a text with the spaces that do not break as plain ones: terminals show those as they
/// like.
pub fn plain_spaces(text: &str) -> String {
    text.replace([NO_BREAK, NARROW], " ")
}

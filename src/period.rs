//! Weeks, months, windows and moments as whole numbers.
//!
//! Promises: arithmetic on weeks and months is arithmetic on integers; a period that does not
//! exist cannot be made. Hides: the ISO calendar, which comes from `jiff`; of millions of people the
//! week of a date is found without it.
//! Source: ISO 8601 week dates; week 0 is the week of Monday 5 August 1991 (DREAM's `y_9132`).

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use jiff::Timestamp;
pub use jiff::civil::Date;
use jiff::civil::{DateTime, ISOWeekDate, Weekday, date};
use jiff::tz::Offset;

/// An ISO week, counted from the week of Monday 5 August 1991.
///
/// ```
/// use klero::period::Week;
/// let drawn: klero::period::Date = "2018-03-14".parse().unwrap();
/// assert_eq!(Week::of(drawn).to_string(), "2018-W11");
/// assert_eq!((Week::of(drawn) + 52).to_string(), "2019-W11");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Week(pub i32);

/// A calendar month, counted from January of year 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month(pub i32);

/// Follow-up weeks from `first` to `last`, both included. Week 1 is the first ISO week after the
/// week of the draw.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    first: u32,
    last: u32,
}

/// A second in UTC, written `2017-05-01T08:00:00Z` and in no other way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Moment(i64);

/// A text or pair of numbers that names no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error("`{found}` is not a {expected}")]
    Form {
        found: String,
        expected: &'static str,
    },
    #[error("{year} has no week {week}: it has {weeks}")]
    NoSuchWeek { year: i16, week: i8, weeks: i8 },
    #[error("weeks [{first}, {last}] are no window")]
    Window { first: i64, last: i64 },
}

const WEEK_ZERO: Date = date(1991, 8, 5);
/// The same, in days from 1 January 1970.
const DAY_ZERO: i32 = 7886;

impl Week {
    /// Returns the week that holds a date.
    pub fn of(date: Date) -> Week {
        Week((day_number(date) - DAY_ZERO).div_euclid(7))
    }

    /// Returns week `week` of ISO year `year`; week 53 only where the year has one.
    pub fn from_iso(year: i16, week: i8) -> Result<Week, PeriodError> {
        match ISOWeekDate::new(year, week, Weekday::Monday) {
            Ok(monday) => Ok(Week::of(monday.date())),
            Err(_) => Err(PeriodError::NoSuchWeek {
                year,
                week,
                weeks: weeks_in(year),
            }),
        }
    }

    /// Returns the Monday the week begins with.
    pub fn monday(self) -> Date {
        WEEK_ZERO
            .checked_add(jiff::Span::new().days(7 * i64::from(self.0)))
            .expect("weeks come from dates, and dates are within years -9999 to 9999")
    }

    /// Returns the ISO year and the number of the week in it.
    pub fn iso(self) -> (i16, i8) {
        let monday = self.monday().iso_week_date();
        (monday.year(), monday.week())
    }

    /// Returns the week's Thursday, whose year and month are the week's.
    pub fn thursday(self) -> Date {
        self.monday()
            .checked_add(jiff::Span::new().days(3))
            .expect("a Thursday follows its Monday")
    }

    /// Returns the month that holds the week's Thursday: the month the week belongs to.
    pub fn month(self) -> Month {
        let thursday = 7 * i64::from(self.0) + i64::from(DAY_ZERO) + 3;
        let (year, month, _) = civil(thursday);
        Month((12 * year + month - 1) as i32)
    }
}

/// Returns the number of weeks in an ISO year: 52 or 53.
pub fn weeks_in(year: i16) -> i8 {
    match ISOWeekDate::new(year, 53, Weekday::Monday) {
        Ok(_) => 53,
        Err(_) => 52,
    }
}

impl Month {
    /// Returns the month that holds a date.
    pub fn of(date: Date) -> Month {
        Month(12 * i32::from(date.year()) + i32::from(date.month()) - 1)
    }

    /// Returns month `month` (1 to 12) of `year`.
    pub fn new(year: i16, month: i8) -> Option<Month> {
        (1..=12)
            .contains(&month)
            .then(|| Month(12 * i32::from(year) + i32::from(month) - 1))
    }
}

impl Month {
    pub fn next(self) -> Month {
        Month(self.0 + 1)
    }

    /// Returns the first week whose Thursday lies in the month.
    pub fn first_week(self) -> Week {
        let year = self.0.div_euclid(12) as i16;
        let first = Date::new(year, (self.0.rem_euclid(12) + 1) as i8, 1)
            .expect("months are those of dates");
        let week = Week::of(first);
        if week.month() < self { week + 1 } else { week }
    }
}

impl Window {
    /// Returns the window of follow-up weeks or months `first` to `last`, where 1 ≤ first ≤ last ≤ 5,000.
    pub fn new(first: i64, last: i64) -> Result<Window, PeriodError> {
        if 1 <= first && first <= last && last <= 5_000 {
            Ok(Window {
                first: first as u32,
                last: last as u32,
            })
        } else {
            Err(PeriodError::Window { first, last })
        }
    }

    /// Returns the window with week 0, the week of the draw, if it begins in week 1.
    pub fn with_week_of_draw(self) -> Window {
        match self.first {
            1 => Window { first: 0, ..self },
            _ => self,
        }
    }

    /// Returns the window's first and last calendar month, where it counts months: month 1 is the
    /// first that begins after the draw.
    pub fn calendar_months(self, draw: Date) -> (Month, Month) {
        let zero = Month::of(draw);
        (
            Month(zero.0 + self.first as i32),
            Month(zero.0 + self.last as i32),
        )
    }

    pub fn first(self) -> u32 {
        self.first
    }

    pub fn last(self) -> u32 {
        self.last
    }

    /// Returns the number of weeks in the window.
    pub fn weeks(self) -> u32 {
        self.last - self.first + 1
    }

    /// Returns the window's first and last calendar week for a person drawn on `draw`.
    pub fn calendar(self, draw: Date) -> (Week, Week) {
        let zero = Week::of(draw);
        (zero + self.first as i32, zero + self.last as i32)
    }
}

impl Moment {
    /// Returns the moment `seconds` after 1970-01-01T00:00:00Z.
    pub fn from_unix(seconds: i64) -> Moment {
        Moment(seconds)
    }

    /// Returns the date, in UTC, on which the moment falls.
    pub fn date(self) -> Date {
        self.datetime().date()
    }

    fn datetime(self) -> DateTime {
        let stamp = Timestamp::from_second(self.0).expect("a moment is read from a timestamp");
        Offset::UTC.to_datetime(stamp)
    }
}

/// Reads a date written `2018-03-14`, and in no other way.
pub fn iso_date(text: &str) -> Option<Date> {
    // The library takes other ways of writing too, with times and offsets.
    let form = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let fits = text.len() == 10 && text.bytes().enumerate().all(form);
    fits.then(|| text.parse().ok())?
}

/// Returns the days from 1 January 1970 to a date.
///
/// Hinnant 2013, chrono-Compatible Low-Level Date Algorithms, `days_from_civil`
/// (<https://howardhinnant.github.io/date_algorithms.html>): years begin in March, so that the leap
/// day is their last; an era has 400 years or 146 097 days.
fn day_number(date: Date) -> i32 {
    let (month, day) = (i32::from(date.month()), i32::from(date.day()));
    let year = i32::from(date.year()) - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    146_097 * era + day_of_era - 719_468
}

/// Returns year, month and day, given in days from 1 January 1970; `civil_from_days` of the same
/// source.
pub(crate) const fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (400 * era + year_of_era + (month <= 2) as i64, month, day)
}

impl Add<i32> for Week {
    type Output = Week;

    fn add(self, weeks: i32) -> Week {
        Week(self.0 + weeks)
    }
}

impl Sub for Week {
    type Output = i32;

    fn sub(self, other: Week) -> i32 {
        self.0 - other.0
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, week) = self.iso();
        write!(f, "{year:04}-W{week:02}")
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}",
            self.0.div_euclid(12),
            self.0.rem_euclid(12) + 1
        )
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.first, self.last)
    }
}

/// Where the digits stand in `2017-05-01T08:00:00Z`, two by two: century, year, month, day, hour,
/// minute, second.
const DIGITS: [usize; 7] = [0, 2, 5, 8, 11, 14, 17];
const FORM: &[u8; 20] = b"0000-00-00T00:00:00Z";

// By hand, because every line of a ledger has a moment that is read and written back.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.datetime();
        let year = u16::try_from(at.year()).expect("a moment is not before year 0");
        let mut text = *FORM;
        let rest = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
        let pairs = [(year / 100) as u8, (year % 100) as u8]
            .into_iter()
            .chain(rest.map(|number| number as u8));
        for (place, pair) in DIGITS.into_iter().zip(pairs) {
            text[place] += pair / 10;
            text[place + 1] += pair % 10;
        }
        f.write_str(std::str::from_utf8(&text).expect("digits are ASCII"))
    }
}

impl FromStr for Week {
    type Err = PeriodError;

    /// Reads `2021-W14`, and no other form.
    fn from_str(text: &str) -> Result<Week, PeriodError> {
        let wrong = || PeriodError::Form {
            found: text.to_owned(),
            expected: "ISO week such as 2021-W14",
        };
        let (year, week) = text.split_once("-W").ok_or_else(wrong)?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || week.len() != 2 || !digits(year) || !digits(week) {
            return Err(wrong());
        }
        match (year.parse(), week.parse()) {
            (Ok(year), Ok(week)) => Week::from_iso(year, week),
            _ => Err(wrong()),
        }
    }
}

impl FromStr for Moment {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Moment, PeriodError> {
        read_moment(text.as_bytes()).ok_or_else(|| PeriodError::Form {
            found: text.to_owned(),
            expected: "time such as 2017-05-01T08:00:00Z",
        })
    }
}

/// Reads the one text form: fractions, offsets and lower-case letters are refused.
fn read_moment(text: &[u8]) -> Option<Moment> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let mut form = *text;
    let mut pairs = [0i8; 7];
    for (pair, place) in pairs.iter_mut().zip(DIGITS) {
        for digit in &mut form[place..place + 2] {
            if !digit.is_ascii_digit() {
                return None;
            }
            *pair = 10 * *pair + (*digit - b'0') as i8;
            *digit = b'0';
        }
    }
    if form != *FORM {
        return None;
    }
    let [century, year, month, day, hour, minute, second] = pairs;
    let year = 100 * i16::from(century) + i16::from(year);
    let at = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let stamp = Offset::UTC.to_timestamp(at).ok()?;
    Some(Moment(stamp.as_second()))
}

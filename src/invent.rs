//! An invented register for a drawn trial: persons of no reality, with figures stated for each arm.
//!
//! Promises: the same ledger and figures give the same bytes; the figures come out exactly, because
//! they are dealt out and not simulated: so many persons of an arm get a job, so many weeks in all
//! are spent in placement, and who and when is drawn by lot. Nothing is taken from real persons.
//! Hides: how weeks are dealt. It serves the demo study; it knows the arms, so it stands apart from
//! everything that reads a register.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::digest::Digest;
use crate::draw::{Stream, Words, encode};
use crate::period::{Date, Month, Week};

/// What becomes of the persons of one arm, over the weeks of follow-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Persons and weeks, in all, in ordinary employment.
    pub ordinary: Share,
    pub flex_job: Share,
    pub wage_subsidy: Share,
    pub education: Share,
    /// Persons with paid hours beside their benefit and nothing of the above.
    pub hours: u32,
    /// Persons and weeks, in all, in work placement, whatever else they do.
    pub placement: Share,
    /// Persons with more than three years on benefit before the draw.
    pub long_before: u32,
    /// Persons who die during follow-up.
    pub dead: u32,
    /// Persons who live abroad for a while during follow-up.
    pub abroad: u32,
}

/// So many persons, who share so many weeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub persons: u32,
    pub weeks: u32,
}

/// A person of the trial, with the arm as an index into the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub referral: String,
    pub arm: usize,
    pub date: Date,
}

/// Weeks of follow-up that the figures are about.
pub const FOLLOW_UP: usize = 104;
/// Weeks of the register before the week of the draw, and behind the follow-up.
const BEFORE: usize = 313;
const BEHIND: usize = 4;

const fn share(persons: u32, weeks: u32) -> Share {
    Share { persons, weeks }
}

/// The figures of the Vordingborg study, *Ansvar for eget liv*, by arm in the order of its plan.
///
/// From the article: ordinary employment 9 of 135 against 10 of 188; 41 of 135 in job, flex job,
/// hours or education; flex job 15 of 135, three times control's share; active 17.4 % against
/// 13.1 % of the time; a quarter more in placement, for twice as long; more than three years on
/// benefit before: 75 % and 65 %. The rest is filled in so that these come out.
pub const VORDINGBORG: [Figures; 3] = [
    Figures {
        ordinary: share(9, 405),
        flex_job: share(15, 690),
        wage_subsidy: share(3, 79),
        education: share(9, 405),
        hours: 5,
        placement: share(54, 864),
        long_before: 101,
        dead: 1,
        abroad: 1,
    },
    Figures {
        ordinary: share(9, 540),
        flex_job: share(6, 360),
        wage_subsidy: share(9, 196),
        education: share(14, 868),
        hours: 6,
        placement: share(58, 470),
        long_before: 122,
        dead: 1,
        abroad: 1,
    },
    Figures {
        ordinary: share(10, 600),
        flex_job: share(7, 420),
        wage_subsidy: share(9, 193),
        education: share(14, 868),
        hours: 6,
        placement: share(60, 480),
        long_before: 122,
        dead: 1,
        abroad: 1,
    },
];

/// Returns a stream for one purpose, from nothing but names: whoever reads this can invent the
/// same people.
fn stream(names: &[&str]) -> Stream {
    let fields = ["klero/invent/1"].iter().chain(names);
    Stream::new(Digest::of(&encode(fields.map(|name| name.as_bytes()))).0)
}

/// Returns a list of invented referrals with sex and age, as a CSV file.
pub fn referrals(study: &str, count: u32) -> String {
    let mut words = stream(&[study, "referrals"]);
    let mut text = String::from("id,sex,age\n");
    for number in 1..=count {
        let sex = ["kvinde", "mand"][words.below(2) as usize];
        // Two dice: most are in the middle of the range.
        let age = 18 + words.below(25) + words.below(25);
        let _ = writeln!(text, "v-{number:03},{sex},{age}");
    }
    text
}

/// Returns a wide DREAM file for the persons: a row a person in order of id, codes by week, and an
/// industry code in each month with wage.
///
/// # Panics
/// When the figures do not fit an arm: more persons or weeks than it has.
pub fn register(study: &str, figures: &[Figures], persons: &[Person]) -> String {
    let drawn = persons.iter().map(|person| Week::of(person.date)).min();
    let last = persons.iter().map(|person| Week::of(person.date)).max();
    let (Some(drawn), Some(last)) = (drawn, last) else {
        return String::new();
    };
    let first = drawn + -(BEFORE as i32);
    let last = last + (FOLLOW_UP + BEHIND) as i32;
    let mut rows: BTreeMap<&str, String> = BTreeMap::new();
    for (arm, figures) in figures.iter().enumerate() {
        let mut members: Vec<&Person> = persons.iter().filter(|p| p.arm == arm).collect();
        members.sort_by(|a, b| a.referral.cmp(&b.referral));
        let lives = lives(study, arm, figures, members.len());
        for (person, life) in members.into_iter().zip(lives) {
            let mut words = stream(&[study, "life", &person.referral]);
            let weeks = life.weeks(&mut words);
            rows.insert(
                &person.referral,
                row(person, &weeks, first, last, &mut words),
            );
        }
    }
    let mut text = header(first, last);
    for (_, row) in rows {
        text += &row;
    }
    text
}

/// What becomes of one person.
#[derive(Clone, Debug, Default)]
struct Life {
    /// Weeks of placement, and of a job or education with its code.
    placement: usize,
    course: Option<(Course, usize)>,
    hours: bool,
    /// Weeks on benefit before the draw.
    before: usize,
    end: Option<Ending>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Ordinary,
    FlexJob,
    WageSubsidy,
    Education,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Dead,
    Abroad,
}

/// A week of a person: its code, and whether wage is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lived {
    code: &'static str,
    paid: bool,
}

const fn lived(code: &'static str, paid: bool) -> Lived {
    Lived { code, paid }
}

const PASSIVE: Lived = lived("730", false);

/// Deals the figures of an arm out among its members, in an order drawn by lot for each.
fn lives(study: &str, arm: usize, figures: &Figures, members: usize) -> Vec<Life> {
    let arm = arm.to_string();
    let order = |purpose: &str| -> (Vec<usize>, Stream) {
        let mut words = stream(&[study, "arm", &arm, purpose]);
        let mut order: Vec<usize> = (0..members).collect();
        words.shuffle(&mut order);
        (order, words)
    };
    let mut lives = vec![Life::default(); members];

    let (courses, mut words) = order("courses");
    let mut courses = courses.into_iter();
    for (course, share) in [
        (Course::Ordinary, figures.ordinary),
        (Course::FlexJob, figures.flex_job),
        (Course::WageSubsidy, figures.wage_subsidy),
        (Course::Education, figures.education),
    ] {
        for weeks in deal(share, 8, 72, &mut words) {
            let member = courses.next().expect("an arm has persons for its courses");
            lives[member].course = Some((course, weeks));
        }
    }
    for member in courses.by_ref().take(figures.hours as usize) {
        lives[member].hours = true;
    }

    let (placed, mut words) = order("placement");
    for (member, weeks) in placed
        .into_iter()
        .zip(deal(figures.placement, 2, 30, &mut words))
    {
        lives[member].placement = weeks;
    }

    let (before, mut words) = order("before");
    for (rank, member) in before.into_iter().enumerate() {
        lives[member].before = match rank < figures.long_before as usize {
            true => 157 + words.below(BEFORE as u64 - 157 + 40) as usize,
            false => 6 + words.below(150) as usize,
        };
    }

    // Whoever dies or leaves is among those who have nothing else before them.
    let (endings, _) = order("endings");
    let mut idle = endings.into_iter().filter(|&member| {
        let life = &lives[member];
        life.course.is_none() && !life.hours && life.placement == 0
    });
    let dead: Vec<usize> = idle.by_ref().take(figures.dead as usize).collect();
    let abroad: Vec<usize> = idle.take(figures.abroad as usize).collect();
    dead.into_iter()
        .for_each(|member| lives[member].end = Some(Ending::Dead));
    abroad
        .into_iter()
        .for_each(|member| lives[member].end = Some(Ending::Abroad));
    lives
}

/// Deals weeks out to persons, each at least `min` and at most `max`, the surplus week by week to
/// persons drawn by lot.
fn deal(share: Share, min: usize, max: usize, words: &mut Stream) -> Vec<usize> {
    let persons = share.persons as usize;
    let mut weeks = vec![min; persons];
    let mut left = (share.weeks as usize)
        .checked_sub(persons * min)
        .expect("weeks for everybody's least");
    assert!(share.weeks as usize <= persons * max, "room for every week");
    while left > 0 {
        let person = words.below(persons as u64) as usize;
        // Some weeks at once, so that lengths differ as they do in life.
        let more = (1 + words.below(12) as usize)
            .min(left)
            .min(max - weeks[person]);
        weeks[person] += more;
        left -= more;
    }
    weeks
}

impl Life {
    /// Returns the person's weeks: before the draw, the week of the draw, the follow-up, and some
    /// behind it.
    fn weeks(&self, words: &mut Stream) -> Vec<Lived> {
        let mut weeks = self.weeks_before(words);
        weeks.push(PASSIVE);
        weeks.extend(self.weeks_after(words));
        let last = weeks[weeks.len() - 1];
        // Behind the follow-up life goes on as it was; a course has ended.
        let behind = match last.code {
            "999" | "997" => last,
            _ => PASSIVE,
        };
        weeks.extend([behind; BEHIND]);
        weeks
    }

    fn weeks_before(&self, words: &mut Stream) -> Vec<Lived> {
        let benefit = self.before.min(BEFORE);
        let earlier = BEFORE - benefit;
        let mut weeks = Vec::with_capacity(BEFORE);
        while weeks.len() < earlier {
            // The last stretch before the benefit is no benefit, and longer than any bridge.
            let (kind, least) = match words.below(5) {
                0 | 1 => (lived("", true), 26),
                2 => (lived("", false), 13),
                3 => (lived("111", false), 8),
                _ => (lived("651", false), 20),
            };
            let length = least + words.below(40) as usize;
            weeks.extend(std::iter::repeat_n(kind, length.min(earlier - weeks.len())));
        }
        let gap = earlier.min(6 + words.below(12) as usize);
        let kind = lived("", words.below(2) == 0);
        weeks[earlier - gap..].fill(kind);
        weeks.extend(benefit_weeks(benefit, words));
        weeks
    }

    fn weeks_after(&self, words: &mut Stream) -> Vec<Lived> {
        let (course, course_weeks) = match self.course {
            Some((course, weeks)) => (Some(course), weeks),
            None => (None, 0),
        };
        let busy = self.placement + course_weeks;
        assert!(busy <= FOLLOW_UP, "a person's weeks fit in the follow-up");
        // Idle weeks before the placement, between it and the course, and behind.
        let idle = FOLLOW_UP - busy;
        let first = words.below(idle as u64 / 2 + 1) as usize;
        let second = words.below((idle - first) as u64 / 2 + 1) as usize;
        let place = ["737", "738"][words.below(2) as usize];
        let mut weeks = benefit_weeks_without_placement(first, words);
        weeks.extend(std::iter::repeat_n(lived(place, false), self.placement));
        weeks.extend(benefit_weeks_without_placement(second, words));
        weeks.extend(std::iter::repeat_n(
            match course {
                Some(Course::Ordinary) => lived("", true),
                Some(Course::FlexJob) => lived("771", true),
                Some(Course::WageSubsidy) => lived(["735", "736"][words.below(2) as usize], true),
                Some(Course::Education) => lived(["652", "734"][words.below(2) as usize], false),
                None => PASSIVE,
            },
            course_weeks,
        ));
        weeks.extend(benefit_weeks_without_placement(
            FOLLOW_UP - weeks.len(),
            words,
        ));
        if self.hours {
            let from = words.below(FOLLOW_UP as u64 - 20) as usize;
            let length = 8 + words.below(12) as usize;
            for week in &mut weeks[from..from + length] {
                week.paid = true;
            }
        }
        match self.end {
            None => {}
            Some(Ending::Dead) => {
                let from = 20 + words.below(80) as usize;
                weeks[from..].fill(lived("999", false));
            }
            Some(Ending::Abroad) => {
                let from = 10 + words.below(60) as usize;
                let length = 10 + words.below(20) as usize;
                weeks[from..from + length].fill(lived("997", false));
            }
        }
        weeks
    }
}

/// Returns weeks on cash benefit: passive, with stretches of guidance and of placement.
fn benefit_weeks(count: usize, words: &mut Stream) -> Vec<Lived> {
    stretches(count, &["733", "733", "737", "738"], words)
}

/// Returns weeks on cash benefit without placement.
fn benefit_weeks_without_placement(count: usize, words: &mut Stream) -> Vec<Lived> {
    stretches(count, &["733"], words)
}

fn stretches(count: usize, codes: &[&'static str], words: &mut Stream) -> Vec<Lived> {
    let mut weeks = Vec::with_capacity(count);
    while weeks.len() < count {
        let passive = 8 + words.below(40) as usize;
        weeks.extend(std::iter::repeat_n(PASSIVE, passive));
        let code = codes[words.below(codes.len() as u64) as usize];
        let active = 3 + words.below(11) as usize;
        weeks.extend(std::iter::repeat_n(lived(code, false), active));
    }
    weeks.truncate(count);
    weeks
}

fn header(first: Week, last: Week) -> String {
    let mut text = String::from("PNR");
    for week in first.0..=last.0 {
        let (year, number) = Week(week).iso();
        let _ = write!(text, ";y_{:02}{number:02}", year.rem_euclid(100));
    }
    for month in first.month().0..=last.month().0 {
        let month = Month(month).to_string().replace('-', "_");
        let _ = write!(text, ";branche_{month}");
    }
    text.push('\n');
    text
}

/// Writes a person's row; weeks outside the person's own span are blank.
fn row(person: &Person, weeks: &[Lived], first: Week, last: Week, words: &mut Stream) -> String {
    let begin = Week::of(person.date) + -(BEFORE as i32);
    let at = |week: i32| -> Option<&Lived> {
        usize::try_from(week - begin.0)
            .ok()
            .and_then(|index| weeks.get(index))
    };
    let industry = ["471120", "561110", "812100", "879020"][words.below(4) as usize];
    let mut paid = Vec::new();
    let mut text = person.referral.clone();
    for week in first.0..=last.0 {
        text.push(';');
        if let Some(lived) = at(week) {
            text += lived.code;
            if lived.paid {
                paid.push(Week(week).month());
            }
        }
    }
    for month in first.month().0..=last.month().0 {
        text.push(';');
        if paid.binary_search(&Month(month)).is_ok() {
            text += industry;
        }
    }
    text.push('\n');
    text
}

//! Invented registers for a drawn trial: persons of no reality, with figures stated for each arm.
//!
//! Promises: the same ledger and figures give the same bytes; the figures come out exactly, because
//! they are dealt out and not simulated: so many persons of an arm get a job, so many weeks in all
//! are spent in placement, and who and when is drawn by lot. A month has an industry code in the one
//! file if and only if it has paid hours in the other. Nothing is taken from real persons.
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
    /// Of those in education, persons with paid hours beside it, all the way.
    pub student_jobs: u32,
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
const BEHIND: usize = 12;

/// What the persons leave in the registers of the authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers {
    /// A wide DREAM file: a row a person in order of id, codes by week, and an industry code in
    /// each month with wage.
    pub dream: String,
    /// Paid hours: a row for each person and month with wage.
    pub bfl: String,
}

const fn share(persons: u32, weeks: u32) -> Share {
    Share { persons, weeks }
}

/// The figures of the Vordingborg study, *Ansvar for eget liv*, by arm in the order of its plan.
///
/// From the article: ordinary employment 9 of 135 against 10 of 188; 41 of 135 in job, flex job,
/// hours or education; 95 of 135 with an employment degree of 0, so that 40 of the 41 have paid
/// hours; flex job 15 of 135, three times control's share; active 17.4 % against 13.1 % of the
/// time; a quarter more in placement, for twice as long; more than three years on benefit before:
/// 75 % and 65 %. The rest is filled in so that these come out.
pub const VORDINGBORG: [Figures; 3] = [
    Figures {
        ordinary: share(9, 480),
        flex_job: share(15, 790),
        wage_subsidy: share(3, 79),
        education: share(5, 230),
        student_jobs: 4,
        hours: 9,
        placement: share(54, 864),
        long_before: 101,
        dead: 1,
        abroad: 1,
    },
    Figures {
        ordinary: share(9, 580),
        flex_job: share(6, 390),
        wage_subsidy: share(9, 226),
        education: share(12, 768),
        student_jobs: 4,
        hours: 8,
        placement: share(58, 470),
        long_before: 122,
        dead: 1,
        abroad: 1,
    },
    Figures {
        ordinary: share(10, 640),
        flex_job: share(7, 460),
        wage_subsidy: share(9, 213),
        education: share(12, 768),
        student_jobs: 4,
        hours: 8,
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

/// Returns the registers of the persons.
///
/// # Panics
/// When the figures do not fit an arm: more persons or weeks than it has.
pub fn registers(study: &str, figures: &[Figures], persons: &[Person]) -> Registers {
    let drawn = persons.iter().map(|person| Week::of(person.date)).min();
    let last = persons.iter().map(|person| Week::of(person.date)).max();
    let (Some(drawn), Some(last)) = (drawn, last) else {
        return Registers {
            dream: String::new(),
            bfl: String::new(),
        };
    };
    let first = drawn + -(BEFORE as i32);
    let last = last + (FOLLOW_UP + BEHIND) as i32;
    let mut rows: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for (arm, figures) in figures.iter().enumerate() {
        let mut members: Vec<&Person> = persons.iter().filter(|p| p.arm == arm).collect();
        members.sort_by(|a, b| a.referral.cmp(&b.referral));
        let lives = lives(study, arm, figures, members.len());
        for (person, life) in members.into_iter().zip(lives) {
            let mut words = stream(&[study, "life", &person.referral]);
            let weeks = life.weeks(&mut words);
            rows.insert(
                &person.referral,
                rows_of(person, &weeks, first, last, &mut words),
            );
        }
    }
    let mut dream = header(first, last);
    let mut bfl = String::from("PNR;year;month;hours\n");
    for (_, (row, months)) in rows {
        dream += &row;
        bfl += &months;
    }
    Registers { dream, bfl }
}

/// What becomes of one person.
#[derive(Clone, Debug, Default)]
struct Life {
    /// Weeks of placement, and of a job or education with its code.
    placement: usize,
    course: Option<(Course, usize)>,
    /// Whether hours are paid beside a benefit or an education.
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

/// A week of a person: its code, and its paid hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lived {
    code: &'static str,
    hours: u64,
}

const fn lived(code: &'static str, hours: u64) -> Lived {
    Lived { code, hours }
}

const PASSIVE: Lived = lived("730", 0);
/// Hours of a full week, and of a full month in hundredths.
const FULL_WEEK: u64 = 37;
const FULL_MONTH: u64 = 16_033;

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
    lives
        .iter_mut()
        .filter(|life| matches!(life.course, Some((Course::Education, _))))
        .take(figures.student_jobs as usize)
        .for_each(|life| life.hours = true);
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
        // Behind the follow-up life goes on as it was; guidance has ended.
        let behind = match last.code {
            "733" => PASSIVE,
            _ => last,
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
                0 | 1 => (lived("", 20 + words.below(18)), 26),
                2 => (lived("", 0), 13),
                3 => (lived("111", 0), 8),
                _ => (lived("651", 0), 20),
            };
            let length = least + words.below(40) as usize;
            weeks.extend(std::iter::repeat_n(kind, length.min(earlier - weeks.len())));
        }
        let gap = earlier.min(6 + words.below(12) as usize);
        let kind = lived("", [0, FULL_WEEK][words.below(2) as usize]);
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
        // Idle weeks before the placement, between it and the course, and behind: most jobs last.
        let idle = FOLLOW_UP - busy;
        let first = words.below(idle as u64 / 2 + 1) as usize;
        let lasting = match course {
            Some(Course::Ordinary) => words.below(3) > 0,
            Some(Course::FlexJob) => words.below(8) > 0,
            _ => words.below(4) == 0,
        };
        let second = match lasting {
            true => idle - first,
            false => words.below((idle - first) as u64 / 2 + 1) as usize,
        };
        let place = ["737", "738"][words.below(2) as usize];
        let mut weeks = benefit_weeks_without_placement(first, words);
        weeks.extend(std::iter::repeat_n(lived(place, 0), self.placement));
        weeks.extend(benefit_weeks_without_placement(second, words));
        let mut either = |one, other| [one, other][words.below(2) as usize];
        let (code, least, most) = match course {
            Some(Course::Ordinary) => ("", 24, FULL_WEEK),
            Some(Course::FlexJob) => ("771", 5, 20),
            Some(Course::WageSubsidy) => (either("735", "736"), 20, FULL_WEEK),
            Some(Course::Education) if self.hours => (either("652", "734"), 5, 12),
            Some(Course::Education) => (either("652", "734"), 0, 0),
            None => ("730", 0, 0),
        };
        let hours = least + words.below(most - least + 1);
        weeks.extend(std::iter::repeat_n(lived(code, hours), course_weeks));
        weeks.extend(benefit_weeks_without_placement(
            FOLLOW_UP - weeks.len(),
            words,
        ));
        if self.hours && course.is_none() {
            let from = words.below(FOLLOW_UP as u64 - 20) as usize;
            let length = 8 + words.below(12) as usize;
            let hours = 2 + words.below(9);
            for week in &mut weeks[from..from + length] {
                week.hours = hours;
            }
        }
        match self.end {
            None => {}
            Some(Ending::Dead) => {
                let from = 20 + words.below(80) as usize;
                weeks[from..].fill(lived("999", 0));
            }
            Some(Ending::Abroad) => {
                let from = 10 + words.below(60) as usize;
                let length = 10 + words.below(20) as usize;
                weeks[from..from + length].fill(lived("997", 0));
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
        weeks.extend(std::iter::repeat_n(lived(code, 0), active));
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

/// Writes a person's row of DREAM, and the rows of paid hours; weeks outside the person's own span
/// are blank.
fn rows_of(
    person: &Person,
    weeks: &[Lived],
    first: Week,
    last: Week,
    words: &mut Stream,
) -> (String, String) {
    let begin = Week::of(person.date) + -(BEFORE as i32);
    let industry = ["471120", "561110", "812100", "879020"][words.below(4) as usize];
    let mut paid: BTreeMap<i32, u64> = BTreeMap::new();
    let (mut row, mut rows) = (person.referral.clone(), String::new());
    for week in first.0..=last.0 {
        row.push(';');
        let index = usize::try_from(week - begin.0).ok();
        if let Some(lived) = index.and_then(|index| weeks.get(index)) {
            row += lived.code;
            if lived.hours > 0 {
                *paid.entry(Week(week).month().0).or_default() += lived.hours;
            }
        }
    }
    for month in first.month().0..=last.month().0 {
        row.push(';');
        if let Some(hours) = paid.get(&month) {
            row += industry;
            let month = Month(month);
            // Paid weeks over all weeks of the month, 160.33 hours a month being 37 a week.
            let full = FULL_WEEK * (month.next().first_week().0 - month.first_week().0) as u64;
            let hours = (FULL_MONTH * hours + full / 2) / full;
            let (year, number) = (month.0.div_euclid(12), month.0.rem_euclid(12) + 1);
            let _ = writeln!(
                rows,
                "{};{year};{number};{},{:02}",
                person.referral,
                hours / 100,
                hours % 100,
            );
        }
    }
    row.push('\n');
    (row, rows)
}

//! The people, who stand still while the draw is repeated, and what would happen to each in
//! either arm: outcomes, what is received, who answers, how long it takes.

use klero::digest::Digest;
use klero::draw::{Stream, Words, encode};
use klero::estimate::distribution::normal_quantile;

use crate::table::Quantity;

/// Levels of three factors, of two, three and three levels.
pub type Facts = [usize; 3];

pub struct People {
    pub facts: Vec<Facts>,
    pub covariate: Vec<f64>,
    pub outcomes: Vec<Outcome>,
    /// The place of each in the order of what the factors and chance make of them.
    rank: Vec<usize>,
}

pub struct Outcome {
    pub quantity: Quantity,
    pub effect: Effect,
    /// In the reference, and in the arm.
    pub y: [Vec<f64>; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// For nobody does it matter.
    None,
    /// The realistic one; of numbers, the same for everybody.
    Helps,
    /// None on average, and as unequal as can be.
    Mixed,
}

impl Effect {
    pub const ALL: [Effect; 3] = [Effect::None, Effect::Helps, Effect::Mixed];

    pub fn name(self) -> &'static str {
        match self {
            Effect::None => "none",
            Effect::Helps => "helps",
            Effect::Mixed => "mixed",
        }
    }
}

impl Outcome {
    pub fn means(&self) -> [f64; 2] {
        [0, 1].map(|arm| self.y[arm].iter().sum::<f64>() / self.y[arm].len() as f64)
    }

    pub fn difference(&self) -> f64 {
        let [reference, arm] = self.means();
        arm - reference
    }

    /// Returns the difference among those who are marked.
    pub fn difference_among(&self, marked: &[bool]) -> f64 {
        let persons = marked.iter().filter(|marked| **marked).count();
        let rows = self.y[0].iter().zip(&self.y[1]).zip(marked);
        let effects = rows.filter_map(|((y0, y1), marked)| marked.then_some(y1 - y0));
        effects.sum::<f64>() / persons as f64
    }
}

const SHARES: [(Quantity, f64, f64); 3] = [
    (Quantity::Share5, 0.05, 0.05),
    (Quantity::Share20, 0.2, 0.1),
    (Quantity::Share50, 0.5, 0.1),
];

/// Standard normal numbers from a stream of their own.
pub struct Normals(pub Stream);

impl Normals {
    pub fn new(name: &str) -> Normals {
        Normals(Stream::new(Digest::of(&encode([name.as_bytes()])).0))
    }

    pub fn next(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Returns a number between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        (f64::from(self.0.word()) + 0.5) / 2.0_f64.powi(32)
    }
}

/// Returns the place of each in rising order.
fn ranked(values: &[f64]) -> Vec<usize> {
    let mut rising: Vec<usize> = (0..values.len()).collect();
    rising.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut rank = vec![0; values.len()];
    rising
        .iter()
        .enumerate()
        .for_each(|(at, &person)| rank[person] = at);
    rank
}

impl People {
    pub fn new(n: usize) -> People {
        let mut normals = Normals::new(&format!("people {n}"));
        let (mut facts, mut covariate) = (Vec::new(), Vec::new());
        let (mut latent, mut amount) = (Vec::new(), Vec::new());
        for _ in 0..n {
            let levels = [2, 3, 3].map(|levels| normals.0.below(levels) as usize);
            let [sex, age, place] = levels.map(|level| level as f64);
            // The factors tell about a third of the latent variable.
            let risk = 0.7 * (sex - 0.5) + 0.55 * (age - 1.0) + 0.55 * (place - 1.0);
            let own = normals.next();
            facts.push(levels);
            latent.push(risk + own);
            amount.push((0.5 * risk + 0.8 * own).exp());
            covariate.push((0.5 * (risk + own) + 0.7 * normals.next()).exp());
        }
        let mut people = People {
            facts,
            covariate,
            outcomes: Vec::new(),
            rank: ranked(&latent),
        };
        people.add_shares();
        people.add_share_of_time();
        people.add_amount(&amount);
        people.add_amount_or_nothing(&amount);
        people
    }

    pub fn len(&self) -> usize {
        self.rank.len()
    }

    fn of_rank(&self, f: impl Fn(usize) -> f64) -> Vec<f64> {
        self.rank.iter().map(|&at| f(at)).collect()
    }

    /// Returns the number of persons who are a share of all.
    fn persons(&self, share: f64) -> usize {
        (share * self.len() as f64).round() as usize
    }

    /// Returns the share of persons below a place, with half of the person there.
    fn within(&self, at: usize) -> f64 {
        (at as f64 + 0.5) / self.len() as f64
    }

    fn add(&mut self, quantity: Quantity, in_reference: &[f64], in_arm: [Vec<f64>; 3]) {
        for (effect, in_arm) in Effect::ALL.into_iter().zip(in_arm) {
            self.outcomes.push(Outcome {
                quantity,
                effect,
                y: [in_reference.to_vec(), in_arm],
            });
        }
    }

    fn add_shares(&mut self) {
        let n = self.len();
        for (quantity, share, more) in SHARES {
            let top = |share: f64| self.of_rank(|at| f64::from(at + self.persons(share) >= n));
            let bottom = self.of_rank(|at| f64::from(at < self.persons(share)));
            let in_reference = top(share);
            let in_arm = [top(share), top(share + more), bottom];
            self.add(quantity, &in_reference, in_arm);
        }
    }

    fn add_share_of_time(&mut self) {
        // Two fifths never, one in ten always.
        let time = |rank: f64| ((rank - 0.4) / 0.5).clamp(0.0, 1.0);
        let in_arm = [
            self.of_rank(|at| time(self.within(at))),
            self.of_rank(|at| time(self.within(at) + 0.1)),
            self.of_rank(|at| time(1.0 - self.within(at))),
        ];
        self.add(Quantity::ShareOfTime, &in_arm[0].clone(), in_arm);
    }

    fn add_amount(&mut self, amount: &[f64]) {
        let n = amount.len();
        let spread = {
            let mean = amount.iter().sum::<f64>() / n as f64;
            (amount.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64).sqrt()
        };
        let mut by_amount = amount.to_vec();
        by_amount.sort_by(f64::total_cmp);
        let swapped = amount
            .iter()
            .map(|x| by_amount[n - 1 - by_amount.partition_point(|other| other < x)])
            .collect();
        let more = amount.iter().map(|x| x + 0.4 * spread).collect();
        self.add(Quantity::Amount, amount, [amount.to_vec(), more, swapped]);
    }

    /// Two fifths have nothing; where it helps, a tenth of all come to have something, and whoever
    /// has something has a quarter more.
    fn add_amount_or_nothing(&mut self, amount: &[f64]) {
        let n = self.len();
        let mut by_rank = vec![0.0; n];
        for (&at, &amount) in self.rank.iter().zip(amount) {
            by_rank[at] = amount;
        }
        let above = |share: f64, at: usize| match at >= self.persons(share) {
            true => by_rank[at],
            false => 0.0,
        };
        let in_arm = [
            self.of_rank(|at| above(0.4, at)),
            self.of_rank(|at| 1.25 * above(0.3, at)),
            self.of_rank(|at| above(0.4, n - 1 - at)),
        ];
        self.add(Quantity::AmountOrNothing, &in_arm[0].clone(), in_arm);
    }

    /// Returns the places in an order that has to do with the outcomes, and is not theirs.
    fn related(&self, name: &str) -> Vec<usize> {
        let mut normals = Normals::new(&format!("{name} {}", self.len()));
        let scores: Vec<f64> = self
            .rank
            .iter()
            .map(|&at| 0.6 * normal_quantile(self.within(at)) + 0.8 * normals.next())
            .collect();
        ranked(&scores)
    }

    /// Returns the places in an order that has nothing to do with the outcomes.
    fn unrelated(&self, name: &str) -> Vec<usize> {
        let mut normals = Normals::new(&format!("{name} {}", self.len()));
        let scores: Vec<f64> = self.rank.iter().map(|_| normals.next()).collect();
        ranked(&scores)
    }
}

/// How many receive what is tried because they were drawn into the arm. One in ten receives it in
/// either arm, and the others in neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compliance {
    Of70,
    Of30,
    Of10,
}

impl Compliance {
    pub const ALL: [Compliance; 3] = [Compliance::Of70, Compliance::Of30, Compliance::Of10];

    fn share(self) -> f64 {
        match self {
            Compliance::Of70 => 0.7,
            Compliance::Of30 => 0.3,
            Compliance::Of10 => 0.1,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Compliance::Of70 => "70 % comply",
            Compliance::Of30 => "30 % comply",
            Compliance::Of10 => "10 % comply",
        }
    }
}

/// Who receives what is tried.
pub struct Receipt {
    pub compliance: Compliance,
    /// 1 or 0, in the reference and in the arm.
    pub received: [Vec<f64>; 2],
    compliers: Vec<bool>,
}

impl Receipt {
    pub fn of(people: &People, compliance: Compliance) -> Receipt {
        let n = people.len();
        let always = people.persons(0.1);
        let in_arm = always + people.persons(compliance.share());
        // Whoever is near to work is near to what is tried too.
        let places = people.related("receipt");
        let receives = |most: usize| places.iter().map(|at| f64::from(at + most >= n)).collect();
        let received: [Vec<f64>; 2] = [receives(always), receives(in_arm)];
        let pairs = received[0].iter().zip(&received[1]);
        Receipt {
            compliance,
            compliers: pairs.map(|(reference, arm)| arm > reference).collect(),
            received,
        }
    }

    /// Returns what an outcome comes to in either arm when it follows what is received.
    pub fn followed(&self, outcome: &Outcome) -> [Vec<f64>; 2] {
        [0, 1].map(|arm| {
            let rows = self.received[arm]
                .iter()
                .zip(&outcome.y[0])
                .zip(&outcome.y[1]);
            rows.map(|((received, without), with)| match *received == 1.0 {
                true => *with,
                false => *without,
            })
            .collect()
        })
    }

    /// Returns the average effect on those who receive it because they are drawn into the arm.
    pub fn effect_on_compliers(&self, outcome: &Outcome) -> f64 {
        outcome.difference_among(&self.compliers)
    }
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answering {
    /// 85 %, the same persons in either arm.
    Alike,
    /// 80 % in the reference, and in the arm a tenth of all besides.
    MoreInArm,
    /// The same, and the tenth have the highest outcomes in the arm of all who ever answer.
    HighestInArm,
    /// 90 %: those with the highest outcomes in the reference do not answer there, and those with
    /// the lowest in the arm do not answer in it.
    Worst,
}

impl Answering {
    pub fn name(self) -> &'static str {
        match self {
            Answering::Alike => "answers alike",
            Answering::MoreInArm => "more answer in the arm",
            Answering::HighestInArm => "the highest answer in the arm alone",
            Answering::Worst => "the worst missing",
        }
    }

    /// Returns who answers, in the reference and in the arm.
    pub fn answers(self, people: &People, outcome: &Outcome) -> [Vec<bool>; 2] {
        let n = people.len();
        // By value, and among equals by place.
        let ordered = |y: &[f64]| {
            let mut rising: Vec<usize> = (0..n).collect();
            rising.sort_by(|&a, &b| {
                let places = people.rank[a].cmp(&people.rank[b]);
                y[a].total_cmp(&y[b]).then(places)
            });
            rising
        };
        match self {
            Answering::Alike | Answering::MoreInArm => {
                let places = people.related("answers");
                let shares = match self {
                    Answering::Alike => [0.15, 0.15],
                    _ => [0.2, 0.1],
                };
                shares.map(|silent| {
                    let silent = people.persons(silent);
                    places.iter().map(|&at| at >= silent).collect()
                })
            }
            Answering::HighestInArm => {
                let silent = people.persons(0.1);
                let places = people.unrelated("silence");
                let in_arm: Vec<bool> = places.iter().map(|&at| at >= silent).collect();
                let mut in_reference = in_arm.clone();
                let highest = ordered(&outcome.y[1]).into_iter().rev();
                for person in highest.filter(|&person| in_arm[person]).take(silent) {
                    in_reference[person] = false;
                }
                [in_reference, in_arm]
            }
            Answering::Worst => {
                let silent = people.persons(0.1);
                let all_but = |silent: &[usize]| {
                    let mut answers = vec![true; n];
                    silent.iter().for_each(|&person| answers[person] = false);
                    answers
                };
                [
                    all_but(&ordered(&outcome.y[0])[n - silent..]),
                    all_but(&ordered(&outcome.y[1])[..silent]),
                ]
            }
        }
    }
}

/// How long people are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Following {
    /// Everybody for two years.
    All,
    /// A fifth are lost in the first year, at a time that has nothing to do with theirs.
    FifthLost,
}

impl Following {
    pub const ALL: [Following; 2] = [Following::All, Following::FifthLost];

    pub fn name(self) -> &'static str {
        match self {
            Following::All => "nobody lost",
            Following::FifthLost => "a fifth lost",
        }
    }
}

/// Weeks, each counted from 1.
pub struct Waits {
    pub effect: Effect,
    /// Until a job, in the reference and in the arm.
    pub job: [Vec<f64>; 2],
    /// Until whatever else may come first and ends the waiting, in either arm.
    pub exit: Vec<f64>,
}

/// Half have found a job in the course of week 40.
pub const JOBS_A_WEEK: f64 = std::f64::consts::LN_2 / 39.5;
/// How much faster where it helps.
pub const FASTER: f64 = 1.5;
/// A quarter would have gone for another reason by the end of the year.
pub const EXITS_A_WEEK: f64 = 0.0055;

/// Returns the week in which a share of all have come who come at a rate.
pub fn week(share: f64, rate: f64) -> f64 {
    (-(-share).ln_1p() / rate).ceil().max(1.0)
}

impl Waits {
    pub fn of(people: &People) -> [Waits; 3] {
        let n = people.len();
        // Those nearest to work come first.
        let job = |rate: f64| people.of_rank(|at| week(people.within(n - 1 - at), rate));
        let exits = people.unrelated("exits");
        Effect::ALL.map(|effect| Waits {
            effect,
            job: [
                job(JOBS_A_WEEK),
                match effect {
                    Effect::None => job(JOBS_A_WEEK),
                    Effect::Helps => job(FASTER * JOBS_A_WEEK),
                    Effect::Mixed => people.of_rank(|at| week(people.within(at), JOBS_A_WEEK)),
                },
            ],
            exit: exits
                .iter()
                .map(|&at| week(people.within(at), EXITS_A_WEEK))
                .collect(),
        })
    }
}

//! Invented figures of every kind: both languages, few and many arms, short and long words, the
//! smallest study.

use klero::report::figure::balance::{Balance, BalanceGroup, BalanceRow, BalanceWords};
use klero::report::figure::course::{Course, CourseLine, CourseWords};
use klero::report::figure::effects::{
    Bound, Effect, EffectBlock, EffectGroup, EffectRow, EffectWords, Effects, Rank,
};
use klero::report::figure::flow::{Flow, FlowArm, FlowWords, Loss};
use klero::report::figure::recruitment::{Recruitment, RecruitmentLine, RecruitmentWords};
use klero::report::figure::states::{StateLayer, StatePanel, StateWords, States};
use klero::report::figure::survival::{Curve, Survival, SurvivalArm, SurvivalWords, risk_times};
use klero::report::figure::{Banded, Caption, Figure, FigureError, Form, Heading, STATES, Tally};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tongue {
    Danish,
    English,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Length {
    Short,
    Long,
    /// Names of arms and reasons by chance.
    Random(u64),
}

/// A study to draw.
#[derive(Clone, Copy, Debug)]
pub struct Study {
    pub tongue: Tongue,
    pub arms: usize,
    pub length: Length,
    /// Persons in each arm.
    pub persons: u64,
}

pub fn danish(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 && text.bytes().any(|c| (b'1'..=b'9').contains(&c)) {
        "−"
    } else {
        ""
    };
    match part {
        "" => format!("{sign}{grouped}"),
        part => format!("{sign}{grouped},{part}"),
    }
}

pub fn english(value: f64, decimals: usize) -> String {
    let danish = danish(value, decimals);
    danish
        .chars()
        .map(|c| match c {
            ',' => '.',
            '.' => ',',
            other => other,
        })
        .collect()
}

/// Numbers between 0 and 1 that look random and are the same each time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1u64 << 24) as f64
    }

    fn below(&mut self, most: u64) -> u64 {
        (self.next() * (most + 1) as f64) as u64
    }
}

/// Up to nine words of up to 24 letters, with digits, hyphens and empty room.
fn random_words(seed: u64) -> String {
    let letters: Vec<char> = "abcdefghijklmnoprstuvyæøåÆØÅWM019-/–".chars().collect();
    let mut noise = Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    noise.next();
    let words = (0..=noise.below(8)).map(|_| {
        let count = noise.below(24);
        let word = (0..count).map(|_| letters[noise.below(letters.len() as u64 - 1) as usize]);
        word.collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

impl Study {
    pub fn form(&self) -> Form<'static> {
        match self.tongue {
            Tongue::Danish => Form {
                number: &danish,
                withheld: "<5",
            },
            Tongue::English => Form {
                number: &english,
                withheld: "<5",
            },
        }
    }

    fn say(&self, danish: &str, english: &str) -> String {
        match self.tongue {
            Tongue::Danish => danish.to_owned(),
            Tongue::English => english.to_owned(),
        }
    }

    fn words<const N: usize>(&self, words: [(&str, &str); N]) -> [String; N] {
        words.map(|(danish, english)| self.say(danish, english))
    }

    fn heading(&self, id: &str, danish: &str, english: &str) -> Heading {
        let mut title = self.say(danish, english);
        if self.length != Length::Short {
            title += &self.say(
                ": den koordinerede virksomhedsrettede beskæftigelsesindsats for aktivitetsparate kontanthjælpsmodtagere i fem kommuner",
                ": the coordinated employer-oriented employment service for activity-ready recipients of social assistance in five municipalities",
            );
        }
        Heading {
            id: id.to_owned(),
            language: self.say("da", "en"),
            description: self.say("Opdigtede tal & former <ikke data>.", "Invented numbers & shapes <no data>."),
            title,
            notes: match self.length {
                Length::Short => vec![],
                _ => vec![
                    self.say(
                        "Bånd: 95 pct. konfidensintervaller for hver uge for sig. Uge 0 er lodtrækningens uge. Personer uden oplysninger i registret tæller som ukendt og ikke som uden beskæftigelse.",
                        "Bands: 95 % confidence intervals for each week by itself. Week 0 is that of the draw. Persons without a record in the register count as unknown and not as without employment.",
                    ),
                    self.say("n er lodtrukne personer.", "n is persons drawn."),
                ],
            },
            caption: Caption::Drawn,
        }
    }

    fn arm(&self, arm: usize) -> String {
        match (self.length, self.tongue, arm) {
            (Length::Random(seed), ..) => random_words(seed * 31 + arm as u64),
            (Length::Short, Tongue::Danish, 0) => "Sædvanlig".to_owned(),
            (Length::Short, Tongue::Danish, 1) => "Ø-indsats".to_owned(),
            (Length::Short, Tongue::English, 0) => "Usual".to_owned(),
            (Length::Short, Tongue::English, 1) => "Service".to_owned(),
            (Length::Long, Tongue::Danish, 0) => {
                "Sædvanlig beskæftigelsesrettet indsats efter lov om en aktiv beskæftigelsesindsats"
                    .to_owned()
            }
            (Length::Long, Tongue::Danish, 1) => {
                "Virksomhedsrettet mentorforløbskoordineringsindsats i Ærøskøbing".to_owned()
            }
            (Length::Long, Tongue::English, 0) => {
                "Employment service as usual under the Active Employment Policy Act".to_owned()
            }
            (Length::Long, Tongue::English, 1) => {
                "Employer-oriented mentoring with counterproductivenessavoidance".to_owned()
            }
            (Length::Long, Tongue::Danish, n) => {
                format!("Samtaler hver {n}. uge og tilskud til transport")
            }
            (Length::Long, Tongue::English, n) => {
                format!("Interviews every {n} weeks and a transport allowance")
            }
            (Length::Short, Tongue::Danish, n) => format!("Samtaler {n}"),
            (Length::Short, Tongue::English, n) => format!("Interviews {n}"),
        }
    }

    fn reasons(&self) -> Vec<String> {
        match self.length {
            Length::Random(seed) => (0..seed % 5 + 1)
                .map(|n| random_words(seed * 57 + n))
                .collect(),
            Length::Short => self
                .words([("Fraflyttet", "Moved away"), ("Død", "Dead")])
                .to_vec(),
            Length::Long => self
                .words([
                    (
                        "Opfylder ikke betingelsen om sammenhængende ledighed i 26 uger",
                        "Does not meet the condition of 26 weeks of continuous unemployment",
                    ),
                    (
                        "Fraflyttet kommunen før lodtrækningen",
                        "Moved out of the municipality before the draw",
                    ),
                    (
                        "Arbejdsevnevurderingssamtaleindkaldelse",
                        "Incomprehensibilitiesnotwithstanding",
                    ),
                ])
                .to_vec(),
        }
    }

    pub fn flow(&self) -> Result<Figure, FigureError> {
        let mut noise = Noise(7);
        let persons = self.persons;
        let mut loss = |most: u64, reasons: &[String]| {
            let counts: Vec<u64> = reasons.iter().map(|_| noise.below(most)).collect();
            Loss {
                all: Tally::Known(counts.iter().sum()),
                reasons: reasons
                    .iter()
                    .cloned()
                    .zip(counts)
                    .map(|(reason, count)| match count {
                        1..=4 if persons > 100 => (reason, Tally::Withheld),
                        count => (reason, Tally::Known(count)),
                    })
                    .collect(),
            }
        };
        let reasons = self.reasons();
        let few = persons / 20;
        let refused = loss(persons / 4, &reasons);
        let arms: Vec<FlowArm> = (0..self.arms)
            .map(|arm| FlowArm {
                name: self.arm(arm),
                allocated: Tally::Known(persons),
                received: (arm > 0).then_some(Tally::Known(persons - few)),
                not_received: (arm > 0).then(|| Loss {
                    all: Tally::Known(few),
                    reasons: vec![],
                }),
                withdrawn: loss(few, &[]),
                excluded: loss(few, &reasons[..1]),
                missing: loss(few, &reasons[1..]),
                analysed: Tally::Known(persons - few),
            })
            .collect();
        Flow {
            heading: self.heading(
                "flow",
                "Deltagernes vej gennem forsøget",
                "Participant flow",
            ),
            words: FlowWords {
                stages: self.words([
                    ("Henvisning", "Enrolment"),
                    ("Lodtrækning", "Allocation"),
                    ("Opfølgning", "Follow-up"),
                    ("Analyse", "Analysis"),
                ]),
                referred: self.say("Henvist", "Referred"),
                refused: self.say("Afvist", "Refused"),
                drawn: self.say("Trukket lod om", "Drawn by lot"),
                received: self.say("Fik indsatsen", "Received it"),
                not_received: self.say("Fik den ikke", "Did not receive it"),
                withdrawn: self.say("Trak sig", "Withdrew"),
                excluded: self.say("Udelukket", "Excluded"),
                missing: self.say("Udfald mangler", "Outcome missing"),
                analysed: self.say("Analyseret", "Analysed"),
                columns: self.words([
                    ("trin", "stage"),
                    ("arm", "arm"),
                    ("hvad", "what"),
                    ("grund", "reason"),
                    ("personer", "persons"),
                ]),
            },
            referred: Tally::Known(persons * self.arms as u64 + persons / 3),
            refused,
            drawn: Tally::Known(persons * self.arms as u64),
            arms,
        }
        .figure(&self.form())
    }

    pub fn effects(&self) -> Result<Figure, FigureError> {
        let number = |value: f64, decimals| (self.form().number)(value, decimals);
        let effect = |value: f64, half: f64, decimals: usize, ratio: bool| {
            let (low, high) = match ratio {
                true => (value / half.exp(), value * half.exp()),
                false => (value - half, value + half),
            };
            Effect {
                value: Some(value),
                low: Bound::At(low),
                high: Bound::At(high),
                value_text: number(value, decimals),
                interval_text: match self.tongue {
                    Tongue::Danish => {
                        format!("[{}; {}]", number(low, decimals), number(high, decimals))
                    }
                    Tongue::English => {
                        format!("[{}, {}]", number(low, decimals), number(high, decimals))
                    }
                },
            }
        };
        let mut noise = Noise(11);
        let spread = (200.0 / self.persons as f64).sqrt();
        let mut rows = |rank: Rank, size: f64, decimals: usize| -> Vec<EffectRow> {
            (1..self.arms.max(2))
                .map(|arm| EffectRow {
                    label: format!(
                        "{} {} {}",
                        self.arm(arm),
                        self.say("mod", "v."),
                        self.arm(0)
                    ),
                    rank,
                    difference: Some(effect(
                        size * (noise.next() - 0.3),
                        size * 0.6 * spread,
                        decimals,
                        false,
                    )),
                    ratio: Some(effect(0.6 + 1.2 * noise.next(), 0.4 * spread, 2, true)),
                })
                .collect()
        };
        let mut broken = rows(Rank::Secondary, 10.0, 1);
        if let Some(row) = broken.first_mut() {
            row.ratio = Some(Effect {
                value: None,
                low: Bound::At(1.4),
                high: Bound::Open,
                value_text: "–".to_owned(),
                interval_text: self.say("[1,40; ∞)", "[1.40, ∞)"),
            });
        }
        let mut undefined = rows(Rank::Secondary, 1.0, 2);
        if let Some(row) = undefined.first_mut() {
            let none = Effect {
                value: None,
                low: Bound::Undefined,
                high: Bound::Undefined,
                value_text: "–".to_owned(),
                interval_text: "–".to_owned(),
            };
            row.difference = Some(none.clone());
            row.ratio = Some(none);
        }
        Effects {
            heading: self.heading(
                "effects",
                "Effekter med 95 pct. konfidensintervaller",
                "Effects with 95 % confidence intervals",
            ),
            words: EffectWords {
                difference: self.say("Forskel [95 pct.]", "Difference [95 %]"),
                ratio: self.say("Forhold [95 pct.]", "Ratio [95 %]"),
                ratio_axis: self.say("Forhold (logaritmisk)", "Ratio (log scale)"),
                columns: self.words([
                    ("udfald", "outcome"),
                    ("kontrast", "contrast"),
                    ("enhed", "unit"),
                    ("skala", "scale"),
                    ("værdi", "value"),
                    ("fra", "low"),
                    ("til", "high"),
                ]),
            },
            blocks: vec![
                EffectBlock {
                    unit: self.say("Procentpoint", "Percentage points"),
                    groups: vec![
                        EffectGroup {
                            label: self.say(
                                "Ordinær beskæftigelse efter 52 uger",
                                "Ordinary employment after 52 weeks",
                            ),
                            rows: rows(Rank::Primary, 14.0, 1),
                        },
                        EffectGroup {
                            label: self.say("Virksomhedspraktik", "Work placement"),
                            rows: broken,
                        },
                    ],
                },
                EffectBlock {
                    unit: self.say("Uger", "Weeks"),
                    groups: vec![EffectGroup {
                        label: self.say(
                            "Uger i beskæftigelse det første år",
                            "Weeks in employment in the first year",
                        ),
                        rows: undefined,
                    }],
                },
                EffectBlock {
                    unit: self.say("Kroner", "Kroner"),
                    groups: vec![EffectGroup {
                        label: self.say("Lønindkomst", "Earnings"),
                        rows: rows(Rank::Secondary, 21_000.0, 0),
                    }],
                },
            ],
        }
        .figure(&self.form())
    }

    fn weeks(&self) -> Vec<i32> {
        match self.persons {
            ..=10 => (-1..=3).collect(),
            _ => (-52..=104).collect(),
        }
    }

    pub fn course(&self) -> Result<Figure, FigureError> {
        let mut noise = Noise(3);
        let weeks = self.weeks();
        let se = (0.25 / self.persons as f64).sqrt();
        let mut line = |arm: usize, lift: f64, start: f64, share: bool| -> Vec<Option<Banded>> {
            let mut drift = 0.0;
            weeks
                .iter()
                .map(|&week| {
                    drift = 0.9 * drift + 0.01 * (noise.next() - 0.5);
                    let rise = lift * f64::from(week.max(0)) / (f64::from(week.max(0)) + 30.0);
                    let value = start + rise + drift;
                    let half = 1.96 * se * if share { 1.0 } else { 1.4 };
                    let (low, high) = (value - half, value + half);
                    let value = if share { value.clamp(0.0, 1.0) } else { value };
                    let band = match share {
                        true => (low.max(0.0), high.min(1.0)),
                        false => (low, high),
                    };
                    (week < 100 || arm != 1).then_some(Banded {
                        value,
                        band: Some(band),
                    })
                })
                .collect()
        };
        let mut arms = Vec::new();
        let mut differences = Vec::new();
        for arm in 0..self.arms {
            arms.push(CourseLine {
                label: self.arm(arm),
                arm,
                points: line(arm, 0.18 + 0.035 * arm as f64, 0.06, true),
            });
        }
        for arm in 1..self.arms {
            differences.push(CourseLine {
                label: format!(
                    "{} {} {}",
                    self.arm(arm),
                    self.say("minus", "minus"),
                    self.arm(0)
                ),
                arm,
                points: line(arm, 0.035 * arm as f64, 0.0, false),
            });
        }
        Course {
            heading: self.heading(
                "course",
                "Beskæftigelse uge for uge",
                "Employment week by week",
            ),
            words: CourseWords {
                share: self.say(
                    "I ordinær beskæftigelse, pct.",
                    "In ordinary employment, per cent",
                ),
                difference: self.say("Forskel, procentpoint", "Difference, percentage points"),
                weeks: self.say("Uger fra lodtrækningen", "Weeks from the draw"),
                draw: self.say("Lodtrækning", "Draw"),
                columns: self.words([
                    ("uge", "week"),
                    ("linje", "line"),
                    ("værdi", "value"),
                    ("fra", "low"),
                    ("til", "high"),
                ]),
            },
            weeks,
            arms,
            differences,
        }
        .figure(&self.form())
    }

    pub fn states(&self) -> Result<Figure, FigureError> {
        let mut noise = Noise(5);
        let weeks = self.weeks();
        let mut labels: Vec<String> = self
            .words([
                ("Ordinær beskæftigelse", "Ordinary employment"),
                ("Støttet beskæftigelse", "Supported employment"),
                ("Virksomhedspraktik", "Work placement"),
                ("Uddannelse", "Education"),
                ("Selvforsørgelse", "Self-supporting"),
                ("Øvrig ydelse", "Other benefit"),
                ("Pension", "Pension"),
                ("Udrejst", "Abroad"),
                ("Død", "Dead"),
                ("Ukendt", "Unknown"),
            ])
            .to_vec();
        if self.length == Length::Long {
            labels[1] = self.say(
                "Støttet beskæftigelse: fleksjob, løntilskud, skånejob og voksenlærlingeordningen",
                "Supported employment: flex jobs, wage subsidies, sheltered work and adult apprentices",
            );
        }
        let panels = (0..self.arms)
            .map(|arm| StatePanel {
                label: format!(
                    "{} (n = {})",
                    self.arm(arm),
                    (self.form().number)(self.persons as f64, 0)
                ),
                all: self.persons,
                weeks: weeks
                    .iter()
                    .map(|&week| {
                        if week == 2 && self.persons <= 10 && arm == 1 {
                            return None;
                        }
                        let at = f64::from(week.max(0)) / 104.0;
                        let weights = [
                            0.05 + at * (0.25 + 0.05 * arm as f64),
                            0.03 + 0.05 * at,
                            0.06,
                            0.05,
                            0.04 + 0.02 * at,
                            0.7 - 0.45 * at,
                            0.02 + 0.03 * at,
                            0.02,
                            0.01 * at,
                            0.03,
                        ];
                        let sum: f64 = weights.iter().sum();
                        let mut counts: Vec<u64> = weights
                            .iter()
                            .map(|weight| {
                                (weight / sum * self.persons as f64 * (0.97 + 0.03 * noise.next()))
                                    as u64
                            })
                            .collect();
                        counts[5] += self.persons - counts.iter().sum::<u64>();
                        Some(counts)
                    })
                    .collect(),
            })
            .collect();
        States {
            heading: self.heading("states", "Tilstande uge for uge", "States week by week"),
            words: StateWords {
                share: self.say("Pct. af alle lodtrukne", "Per cent of all drawn"),
                weeks: self.say("Uger fra lodtrækningen", "Weeks from the draw"),
                draw: self.say("Lodtrækning", "Draw"),
                columns: self.words([
                    ("arm", "arm"),
                    ("uge", "week"),
                    ("tilstand", "state"),
                    ("personer", "persons"),
                ]),
            },
            weeks,
            states: labels
                .into_iter()
                .zip(STATES)
                .map(|(label, shade)| StateLayer { label, shade })
                .collect(),
            panels,
        }
        .figure(&self.form())
    }

    pub fn survival(&self, curve: Curve) -> Result<Figure, FigureError> {
        let mut noise = Noise(9);
        let until = if self.persons <= 10 { 10.0 } else { 104.0 };
        let risk_times = risk_times(until);
        let arms = (0..self.arms)
            .map(|arm| {
                let mut at_risk = self.persons.min(400);
                let all = at_risk;
                let mut left = vec![];
                let mut steps = Vec::new();
                let mut censored = Vec::new();
                let mut share = 1.0;
                for week in 1..=until as u64 {
                    left.push((week, at_risk));
                    let events =
                        (at_risk as f64 * (0.008 + 0.003 * arm as f64) + noise.next() * 0.9) as u64;
                    let events = events.min(at_risk);
                    if events > 0 {
                        share *= 1.0 - events as f64 / at_risk as f64;
                        let half = 1.96 * (share * (1.0 - share) / all as f64).sqrt();
                        let (value, low, high) = match curve {
                            Curve::Survival => (share, share - half, share + half),
                            Curve::Incidence => {
                                (1.0 - share, 1.0 - share - half, 1.0 - share + half)
                            }
                        };
                        steps.push((
                            week as f64,
                            Banded {
                                value,
                                band: (share > 0.0).then_some((low.max(0.0), high.min(1.0))),
                            },
                        ));
                        at_risk -= events;
                    }
                    if noise.next() < 0.1 && at_risk > 0 {
                        censored.push(week as f64);
                        at_risk -= 1;
                    }
                }
                left.push((until as u64, at_risk));
                SurvivalArm {
                    label: self.arm(arm),
                    at_risk: risk_times
                        .iter()
                        .map(|&time| {
                            let count = left
                                .iter()
                                .find(|(week, _)| *week as f64 >= time)
                                .map_or(all, |(_, n)| *n);
                            match count {
                                1..=4 if all > 20 => Tally::Withheld,
                                count => Tally::Known(count),
                            }
                        })
                        .collect(),
                    steps,
                    end: until,
                    censored,
                }
            })
            .collect();
        Survival {
            heading: self.heading("survival", "Tid til første job", "Time to the first job"),
            words: SurvivalWords {
                share: match curve {
                    Curve::Survival => {
                        self.say("Endnu uden job, pct.", "Not yet in a job, per cent")
                    }
                    Curve::Incidence => self.say("Har haft job, pct.", "Have had a job, per cent"),
                },
                time: self.say("Uger fra lodtrækningen", "Weeks from the draw"),
                at_risk: self.say("Under risiko", "Number at risk"),
                columns: self.words([
                    ("arm", "arm"),
                    ("tid", "time"),
                    ("andel", "share"),
                    ("fra", "low"),
                    ("til", "high"),
                    ("under risiko", "at risk"),
                ]),
            },
            curve,
            until,
            risk_times,
            arms,
        }
        .figure(&self.form())
    }

    pub fn balance(&self) -> Result<Figure, FigureError> {
        let mut noise = Noise(13);
        let contrasts: Vec<(String, usize)> = (1..self.arms.max(2))
            .map(|arm| {
                (
                    format!(
                        "{} {} {}",
                        self.arm(arm),
                        self.say("mod", "v."),
                        self.arm(0)
                    ),
                    arm,
                )
            })
            .collect();
        let half = 1.96 * (2.0 / self.persons as f64).sqrt();
        let mut row = |label: String| BalanceRow {
            label,
            marks: contrasts
                .iter()
                .map(|_| {
                    let value = half * 1.1 * (2.0 * noise.next() - 1.0);
                    (value.abs() > 0.02 * half).then_some(Banded {
                        value,
                        band: Some((-half, half)),
                    })
                })
                .collect(),
        };
        let mut flat = vec![
            row(self.say("Alder", "Age")),
            row(self.say("Kvinde", "Woman")),
            row(self.say(
                "Uger på offentlig forsørgelse de seneste 52 uger",
                "Weeks on benefits in the past 52 weeks",
            )),
        ];
        if self.length == Length::Long {
            flat.push(row(self.say(
                "Har modtaget arbejdsmarkedsydelsesberettigende uddannelseshjælpssanktioner inden for tre år før lodtrækningen",
                "Has received any sanction of social or educational assistance within three years before the draw by lot",
            )));
        }
        Balance {
            heading: self.heading("balance", "Balance mellem armene", "Balance of the arms"),
            words: BalanceWords {
                axis: self.say("Standardiseret forskel", "Standardised difference"),
                band: self.say(
                    "95 pct. af 10.000 nye lodtrækninger",
                    "95 % of 10,000 replayed draws",
                ),
                columns: self.words([
                    ("gruppe", "group"),
                    ("række", "row"),
                    ("kontrast", "contrast"),
                    ("forskel", "difference"),
                    ("fra", "low"),
                    ("til", "high"),
                ]),
            },
            groups: vec![
                BalanceGroup {
                    label: String::new(),
                    rows: flat,
                },
                BalanceGroup {
                    label: self.say("Kommune", "Municipality"),
                    rows: ["Ærø", "Aabenraa", "Østerbro", "Læsø"]
                        .map(|name| row(name.to_owned()))
                        .to_vec(),
                },
            ],
            contrasts,
        }
        .figure(&self.form())
    }

    pub fn recruitment(&self) -> Result<Figure, FigureError> {
        let mut noise = Noise(17);
        let periods: Vec<String> = match self.persons {
            ..=10 => vec![self.say("uge 14, 2021", "week 14, 2021")],
            _ => (0..60)
                .map(|week| match self.tongue {
                    Tongue::Danish => format!("uge {}, {}", week % 52 + 1, 2021 + week / 52),
                    Tongue::English => format!("week {}, {}", week % 52 + 1, 2021 + week / 52),
                })
                .collect(),
        };
        let last = periods.len() as f64;
        Recruitment {
            heading: self.heading(
                "recruitment",
                "Lodtrukne over tid",
                "Persons drawn over time",
            ),
            words: RecruitmentWords {
                persons: self.say("Lodtrukne personer, i alt", "Persons drawn, cumulative"),
                periods: String::new(),
                columns: self.words([("uge", "week"), ("linje", "line"), ("personer", "persons")]),
            },
            lines: (0..self.arms)
                .map(|arm| RecruitmentLine {
                    label: self.arm(arm),
                    drawn: (0..periods.len())
                        .map(|place| {
                            let share = (place as f64 + 1.0) / last;
                            let count = self.persons as f64 * share * (0.93 + 0.07 * noise.next());
                            (place > 1 || periods.len() == 1).then_some(count as u64)
                        })
                        .scan(0, |most, count| {
                            *most = count.unwrap_or(0).max(*most);
                            Some(count.map(|_| *most))
                        })
                        .collect(),
                })
                .collect(),
            planned: Some((
                self.say("Planlagt i hver arm", "Planned in each arm"),
                self.persons + self.persons / 10,
            )),
            periods,
        }
        .figure(&self.form())
    }

    /// Every figure of the study, by name.
    pub fn figures(&self) -> Vec<(&'static str, Figure)> {
        [
            ("flow", self.flow()),
            ("effects", self.effects()),
            ("course", self.course()),
            ("states", self.states()),
            ("survival", self.survival(Curve::Survival)),
            ("incidence", self.survival(Curve::Incidence)),
            ("balance", self.balance()),
            ("recruitment", self.recruitment()),
        ]
        .map(|(name, figure)| {
            (
                name,
                figure.unwrap_or_else(|error| panic!("{name}: {error}")),
            )
        })
        .into()
    }
}

/// The studies that are drawn: every count of arms in both languages, with short and long words.
pub fn studies() -> Vec<(String, Study)> {
    let mut studies = Vec::new();
    for tongue in [Tongue::Danish, Tongue::English] {
        for length in [Length::Short, Length::Long] {
            for (arms, persons) in [(1, 135), (2, 135), (3, 1_250), (5, 503), (8, 90), (2, 4)] {
                let study = Study {
                    tongue,
                    arms,
                    length,
                    persons,
                };
                studies.push((
                    format!("{tongue:?}-{length:?}-{arms}x{persons}").to_lowercase(),
                    study,
                ));
            }
        }
    }
    studies
}

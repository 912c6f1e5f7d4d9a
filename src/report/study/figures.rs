//! The figures of a report, from what was found.

use super::tables::{analysed, form, label_of, outcomes_of, reasons};
use super::{CurveFound, Results, words};
use crate::estimate::{BANDS, Estimate, Interval, Point, Scale, Standing};
use crate::protocol::{MethodId, Role};
use crate::report::baseline::shown;
use crate::report::document::{Block, Figure as Shown};
use crate::report::figure::effects::{
    Bound, Effect, EffectBlock, EffectGroup, EffectRow, EffectWords, Effects, Rank,
};
use crate::report::figure::flow::{Flow, FlowArm, FlowWords, Loss};
use crate::report::figure::recruitment::{Recruitment, RecruitmentLine, RecruitmentWords};
use crate::report::figure::survival::{self, Survival, SurvivalArm, SurvivalWords, risk_times};
use crate::report::figure::{
    Banded, Caption, Figure, FigureData, FigureError, Form, Heading, STATES, Tally,
};
use crate::report::figure::{balance, course, states};
use crate::report::language::{Locale, Message, one_stop};
use crate::report::table::{self, Value};

/// Whether figures are made as pixels too, which takes a second or so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    Lines,
    Pixels,
}

/// Dots an inch of figures as pixels.
const DPI: u32 = 300;

/// A figure in the forms it is handed over in.
pub struct FigureFile {
    pub kind: &'static str,
    pub name: String,
    pub block: Shown,
    /// With its font, to stand alone.
    pub svg: String,
    pub data: FigureData,
    drawing: Figure,
}

impl FigureFile {
    pub(super) fn is(&self, block: &Block) -> bool {
        matches!(block, Block::Figure(figure) if figure.id == self.block.id)
    }
}

/// Draws every figure that there are results for.
pub fn all(found: &Results, locale: &Locale, drawn: Drawn) -> Vec<FigureFile> {
    let number = |value: f64, decimals: usize| locale.number(value, decimals);
    let page = Page {
        found,
        locale,
        form: Form {
            number: &number,
            withheld: "..",
        },
    };
    let mut figures: Vec<FigureFile> = Vec::new();
    figures.extend(page.flow());
    figures.extend(page.recruitment());
    figures.extend(page.balance());
    figures.extend(page.effects());
    figures.extend(page.course());
    figures.extend(page.states());
    figures.extend(page.survival());
    if drawn == Drawn::Pixels {
        // One figure knows nothing of another.
        std::thread::scope(|scope| {
            for figure in &mut figures {
                scope.spawn(|| {
                    figure.block.png = figure.drawing.png(DPI).unwrap_or_default();
                });
            }
        });
    }
    figures
}

struct Page<'a> {
    found: &'a Results<'a>,
    locale: &'a Locale,
    form: Form<'a>,
}

impl Page<'_> {
    fn say(&self, message: Message) -> String {
        self.locale.say(message)
    }

    /// Says words that are true of the study: of a draw, or of one arm.
    fn either(&self, drawn: Message, one_arm: Message) -> String {
        self.say(match self.found.one_arm() {
            true => one_arm,
            false => drawn,
        })
    }

    fn week(&self) -> String {
        self.either(Message::WeekFromDraw, Message::WeekFromStart)
    }

    fn heading(&self, name: &str, title: String, description: String) -> Heading {
        Heading {
            id: format!("figure-{name}"),
            language: self.locale.tag().to_owned(),
            title,
            description,
            notes: Vec::new(),
            caption: Caption::Omitted,
        }
    }

    /// Puts a figure into its forms; one that cannot be drawn is left out, as with nobody to show.
    fn finish(
        &self,
        kind: &'static str,
        heading: Heading,
        caption: String,
        figure: Result<Figure, FigureError>,
    ) -> Option<FigureFile> {
        let figure = figure.ok()?;
        let name = heading.id.trim_start_matches("figure-").to_owned();
        Some(FigureFile {
            kind,
            name,
            svg: figure.svg_with_font(),
            data: figure.data.clone(),
            block: Shown {
                id: heading.id,
                title: heading.title,
                caption,
                alternative: heading.description,
                svg: figure.svg(),
                png: Vec::new(),
            },
            drawing: figure,
        })
    }

    fn flow(&self) -> Option<FigureFile> {
        let flow = &self.found.flow;
        // Of one arm nobody was drawn or refused: the table says it all.
        if flow.arms.len() < 2 {
            return None;
        }
        let known = |n: usize| Tally::Known(n as u64);
        let loss = |all: usize, reasons: &std::collections::BTreeMap<String, usize>| Loss {
            all: known(all),
            reasons: reasons
                .iter()
                .map(|(reason, &n)| (reason.clone(), known(n)))
                .collect(),
        };
        let analysed = analysed(self.found);
        let first = analysed.first();
        let primary = outcomes_of(self.found, |row| row.role == Some(Role::Primary));
        let why = match (primary.first(), first) {
            (Some(outcome), Some((label, _))) if label_of(self.found, outcome) == *label => {
                reasons(self.found, outcome)
            }
            _ => Vec::new(),
        };
        let missing = |place: usize, all: usize| Loss {
            all: known(all),
            reasons: why
                .iter()
                .filter(|(_, persons)| persons[place] > 0)
                .map(|(reason, persons)| {
                    (words::reason(reason, self.locale), known(persons[place]))
                })
                .collect(),
        };
        // What was received is known of everybody, or it is left to the table.
        let received = self.found.received.first().filter(|(_, arms)| {
            let complete = arms
                .iter()
                .all(|arm| arm.missing == 0 && arm.events.is_some());
            self.found.threshold.is_none() && complete && arms.len() == flow.arms.len()
        });
        let received = |place: usize| {
            let (_, arms) = received?;
            let events = arms[place].events?;
            Some((events, arms[place].n as u64 - events))
        };
        let arms = flow.arms.iter().enumerate().map(|(place, arm)| {
            let with = first.map_or(arm.drawn, |(_, counts)| counts[place]);
            FlowArm {
                name: self.found.arm(&arm.arm),
                allocated: Tally::Known(arm.drawn as u64),
                received: received(place).map(|(events, _)| Tally::Known(events)),
                not_received: received(place).map(|(_, without)| Loss {
                    all: Tally::Known(without),
                    reasons: Vec::new(),
                }),
                withdrawn: loss(arm.withdrawn, &arm.withdrawn_by),
                excluded: loss(arm.excluded, &arm.excluded_by),
                missing: missing(place, arm.drawn - with),
                analysed: Tally::Known(with as u64),
            }
        });
        let reasons = flow.reasons.iter();
        let title = self.say(Message::Flow);
        let alternative = self.locale.say(Message::FlowAlternative {
            referred: flow.referred as u64,
            refused: flow.refused as u64,
            drawn: flow.drawn as u64,
        });
        let heading = self.heading("flow", title, alternative);
        let made = Flow {
            heading: heading.clone(),
            words: FlowWords {
                stages: [
                    self.say(Message::StageEnrolment),
                    self.say(Message::StageAllocation),
                    self.say(Message::StageFollowUp),
                    self.say(Message::StageAnalysis),
                ],
                referred: self.say(Message::Referred),
                refused: self.say(Message::Refused),
                drawn: self.say(Message::Drawn),
                received: self.say(Message::Received),
                not_received: self.say(Message::NotReceived),
                withdrawn: self.say(Message::Withdrawn),
                excluded: self.say(Message::Excluded),
                missing: self.say(Message::OutcomeMissing),
                analysed: self.say(Message::Analysed),
                columns: [
                    self.say(Message::Group),
                    self.say(Message::Arm),
                    self.say(Message::Row),
                    self.say(Message::Reason),
                    self.say(Message::Persons),
                ],
            },
            referred: Tally::Known(flow.referred as u64),
            refused: Loss {
                all: Tally::Known(flow.refused as u64),
                reasons: reasons
                    .map(|(reason, &n)| {
                        let rule = self.locale.say(Message::DidNotMeet { rule: reason });
                        (rule, Tally::Known(n as u64))
                    })
                    .collect(),
            },
            drawn: Tally::Known(flow.drawn as u64),
            arms: arms.collect(),
        };
        let mut caption = first.map_or_else(String::new, |(label, _)| {
            self.locale.say(Message::FlowOf { outcome: label })
        });
        if flow.arms.iter().any(|arm| arm.withdrawn + arm.excluded > 0) {
            caption = format!("{caption} {}", self.say(Message::FlowKeepsThoseWhoLeft));
        }
        let caption = caption.trim_start().to_owned();
        self.finish("flow", heading, caption, made.figure(&self.form))
    }

    fn recruitment(&self) -> Option<FigureFile> {
        let recruitment = &self.found.recruitment;
        if recruitment.periods.len() < 2 {
            return None;
        }
        let title = self.say(Message::Recruitment);
        let total = self.found.flow.drawn as u64;
        let heading = self.heading(
            "recruitment",
            title,
            self.locale.say(Message::RecruitmentAlternative {
                persons: total,
                months: recruitment.months,
            }),
        );
        let lines = recruitment.arms.iter().map(|(arm, drawn)| {
            let mut sum = 0;
            let cumulated = drawn.iter().map(|n| {
                sum += n;
                Some(sum)
            });
            RecruitmentLine {
                label: self.found.arm(arm),
                drawn: cumulated.collect(),
            }
        });
        let mut lines: Vec<RecruitmentLine> = lines.collect();
        // What is expected is of all arms, so all arms stand beside it.
        if recruitment.planned.is_some() && (2..8).contains(&lines.len()) {
            let sums = (0..recruitment.periods.len()).map(|month| {
                let of_month = lines.iter().map(|line| line.drawn[month].unwrap_or(0));
                Some(of_month.sum::<u64>())
            });
            let all = RecruitmentLine {
                label: self.say(Message::AllArms),
                drawn: sums.collect(),
            };
            lines.push(all);
        }
        let mut caption = self.say(Message::RecruitmentCaption);
        if recruitment.planned.is_some() {
            caption = format!("{caption} {}", self.say(Message::ExpectedIsOfAll));
        }
        if let Some(threshold) = self.found.threshold
            && (recruitment.periods.len() as u64) < recruitment.months
        {
            let together = self.locale.say(Message::MonthsTogether { threshold });
            caption = format!("{caption} {together}");
        }
        let made = Recruitment {
            heading: heading.clone(),
            words: RecruitmentWords {
                persons: self.say(Message::Persons),
                periods: self.say(Message::Months),
                columns: [
                    self.say(Message::Months),
                    self.say(Message::Arm),
                    self.say(Message::Persons),
                ],
            },
            periods: recruitment.periods.clone(),
            lines,
            planned: recruitment
                .planned
                .map(|n| (self.say(Message::Expected), n)),
        };
        self.finish("recruitment", heading, caption, made.figure(&self.form))
    }

    fn balance(&self) -> Option<FigureFile> {
        let found = self.found.baseline.as_ref()?;
        let arms: Vec<usize> = (0..found.arms.len())
            .filter(|&arm| arm != found.reference)
            .collect();
        let rows = shown(found);
        if arms.is_empty() || rows.is_empty() {
            return None;
        }
        let mut groups: Vec<balance::BalanceGroup> = Vec::new();
        let mut fact = None;
        for row in &rows {
            let marks = arms.iter().map(|&arm| {
                let value = row.differences[arm]?;
                let chance = row.chance.get(arm).copied().flatten();
                Some(Banded {
                    value,
                    band: chance.map(|chance| (-chance, chance)),
                })
            });
            let shown = balance::BalanceRow {
                label: match &row.level {
                    Some(level) => words::level(level, self.locale),
                    None => words::fact(self.found.plan, row, self.locale),
                },
                marks: marks.collect(),
            };
            let same = fact.replace(&row.fact) == Some(&row.fact);
            match groups.last_mut() {
                Some(group) if same => group.rows.push(shown),
                _ => groups.push(balance::BalanceGroup {
                    label: row.level.as_ref().map_or_else(String::new, |_| {
                        words::fact(self.found.plan, row, self.locale)
                    }),
                    rows: vec![shown],
                }),
            }
        }
        let title = self.say(Message::StandardisedDifferences);
        let heading = self.heading(
            "balance",
            title.clone(),
            self.say(Message::BalanceAlternative),
        );
        let band = self.locale.level(0.95);
        let made = balance::Balance {
            heading: heading.clone(),
            words: balance::BalanceWords {
                axis: title,
                band: self.locale.say(Message::ReplayedBand { level: &band }),
                columns: [
                    self.say(Message::Characteristic),
                    self.say(Message::Level),
                    self.say(Message::Contrast),
                    self.say(Message::StandardisedDifference),
                    self.say(Message::Lower),
                    self.say(Message::Upper),
                ],
            },
            contrasts: arms
                .iter()
                .map(|&arm| (self.found.arm(&found.arms[arm]), arm))
                .collect(),
            groups,
        };
        let banded = rows
            .iter()
            .any(|row| row.chance.iter().any(Option::is_some));
        let caption = match banded {
            true => self.locale.say(Message::BandFromReplays { replays: BANDS }),
            false => String::new(),
        };
        self.finish("balance", heading, caption, made.figure(&self.form))
    }

    /// The effects with intervals: differences, and ratios beside them where there are some.
    fn effects(&self) -> Option<FigureFile> {
        let shown = |row: &&Estimate| {
            row.standing == Standing::Effect
                && row.subgroup.is_none()
                && row.role != Some(Role::Exploratory)
                && row.computed.estimate.is_some()
                && row.method != MethodId::RandomisationTest
        };
        let rows: Vec<&Estimate> = self.found.rows.iter().filter(shown).collect();
        let mut blocks: Vec<EffectBlock> = Vec::new();
        for row in &rows {
            let outcome = row.outcome.clone().unwrap_or_default();
            let unit = self.unit(row);
            let label = label_of(self.found, &outcome);
            let contrast = self.found.contrast(row);
            // Each outcome shows its first difference and its first ratio.
            let difference = row.scale == Scale::Difference;
            let effect = self.effect(row);
            let known = blocks.iter_mut().flat_map(|block| &mut block.groups);
            let group = known.into_iter().find(|group| group.label == label);
            let group = match group {
                Some(group) => group,
                None => {
                    if !difference {
                        continue;
                    }
                    let block = match blocks.iter().position(|block| block.unit == unit) {
                        Some(place) => place,
                        None => {
                            blocks.push(EffectBlock {
                                unit,
                                groups: Vec::new(),
                            });
                            blocks.len() - 1
                        }
                    };
                    blocks[block].groups.push(EffectGroup {
                        label,
                        rows: Vec::new(),
                    });
                    blocks[block]
                        .groups
                        .last_mut()
                        .expect("it was put in above")
                }
            };
            let place = group.rows.iter().position(|row| row.label == contrast);
            let place = place.unwrap_or_else(|| {
                group.rows.push(EffectRow {
                    label: contrast,
                    rank: match row.role {
                        Some(Role::Primary) => Rank::Primary,
                        _ => Rank::Secondary,
                    },
                    difference: None,
                    ratio: None,
                });
                group.rows.len() - 1
            });
            let target = match difference {
                true => &mut group.rows[place].difference,
                false => &mut group.rows[place].ratio,
            };
            if target.is_none() {
                *target = Some(effect);
            }
        }
        if blocks.is_empty() {
            return None;
        }
        let title = self.say(Message::EffectsWithIntervals);
        let outcomes = blocks.iter().map(|block| block.groups.len()).sum::<usize>();
        let alternative = self.locale.say(Message::EffectsAlternative {
            outcomes: outcomes as u64,
        });
        let heading = self.heading("effects", title, alternative);
        let level_of = |row: &&Estimate| Some(row.computed.interval.as_ref()?.level);
        let head_level = rows.iter().find_map(level_of);
        let mut caption = head_level.map_or_else(String::new, |level| {
            let level = &self.locale.level(level);
            one_stop(format!("{}.", self.locale.say(Message::Interval { level })))
        });
        let mut others: Vec<String> = Vec::new();
        for row in &rows {
            if let Some(level) = level_of(row).filter(|level| Some(*level) != head_level) {
                let level = &self.locale.level(level);
                let interval = self.locale.say(Message::Interval { level });
                let outcome = label_of(self.found, row.outcome.as_deref().unwrap_or_default());
                let other = one_stop(format!("{outcome}: {interval}."));
                if !others.contains(&other) {
                    others.push(other);
                }
            }
        }
        for other in others {
            caption = format!("{caption} {other}");
        }
        let made = Effects {
            heading: heading.clone(),
            words: EffectWords {
                difference: self.say(Message::AbsoluteEffect),
                ratio: self.say(Message::RelativeEffect),
                ratio_axis: self.say(Message::RatioAxis),
                columns: [
                    self.say(Message::Outcome),
                    self.say(Message::Contrast),
                    self.say(Message::Unit),
                    self.say(Message::Scale),
                    self.say(Message::Estimate),
                    self.say(Message::Lower),
                    self.say(Message::Upper),
                ],
            },
            blocks,
        };
        for (method, words) in [
            (MethodId::Cox, Message::HazardsAsRatios),
            (MethodId::OddsRatio, Message::OddsAsRatios),
        ] {
            if rows.iter().any(|row| row.method == method) {
                caption = format!("{caption} {}", self.say(words));
            }
        }
        self.finish("effects", heading, caption, made.figure(&self.form))
    }

    fn unit(&self, row: &Estimate) -> String {
        match form(row).unit {
            table::Unit::Points => self.say(Message::PointsUnit),
            table::Unit::Of(noun) => noun.form(self.locale.language, false).to_owned(),
            _ => self.say(Message::OwnUnit),
        }
    }

    fn effect(&self, row: &Estimate) -> Effect {
        let form = form(row);
        let factor = match form.unit {
            table::Unit::Points => 100.0,
            _ => 1.0,
        };
        let interval = row.computed.interval.as_ref();
        let bound = |bound: Option<f64>| match (bound, interval) {
            (Some(bound), _) => Bound::At(factor * bound),
            (None, Some(_)) => Bound::Open,
            (None, None) => Bound::Undefined,
        };
        let bare = form.bare();
        let value = row.computed.estimate.unwrap_or_default();
        Effect {
            value: row.computed.estimate.map(|value| factor * value),
            low: bound(interval.and_then(|interval| interval.lower)),
            high: bound(interval.and_then(|interval| interval.upper)),
            value_text: match form.unit {
                table::Unit::Relative => form.signed().text(value, self.locale),
                _ => bare.text(value, self.locale),
            },
            interval_text: interval.map_or_else(String::new, |interval| {
                Value::interval(interval.lower, interval.upper, bare).written(self.locale)
            }),
        }
    }

    fn course(&self) -> Option<FigureFile> {
        let found = self.found.course.as_ref()?;
        let banded = |points: &[Option<Point>]| {
            points
                .iter()
                .map(|point| {
                    point.map(|point| Banded {
                        value: point.value,
                        band: found.level.map(|_| (point.lower, point.upper)),
                    })
                })
                .collect()
        };
        let arms = found.course.arms.iter().enumerate();
        let lines = arms.clone().map(|(index, arm)| course::CourseLine {
            label: self.found.arm(&arm.arm),
            arm: index,
            points: banded(&arm.shares),
        });
        let reference = &found.course.arms[found.reference].arm;
        let differences = arms.filter(|(index, _)| *index != found.reference);
        let differences = differences.map(|(index, arm)| course::CourseLine {
            label: format!(
                "{} – {}",
                self.found.arm(&arm.arm),
                self.found.arm(reference)
            ),
            arm: index,
            points: banded(&arm.differences),
        });
        let title = self.locale.say(Message::WeeklyShare {
            state: &found.state,
        });
        let alternative = self.locale.say(Message::WeeklyShareAlternative {
            state: &found.state,
            arms: found.course.arms.len() as u64,
        });
        let heading = self.heading("course", title, alternative);
        let made = course::Course {
            heading: heading.clone(),
            words: course::CourseWords {
                share: self.say(Message::ShareInHundredths),
                difference: self.say(Message::DifferenceInPoints),
                weeks: self.week(),
                draw: self.either(Message::TheDraw, Message::TheStart),
                columns: [
                    self.week(),
                    self.say(Message::Arm),
                    self.say(Message::Estimate),
                    self.say(Message::Lower),
                    self.say(Message::Upper),
                ],
            },
            weeks: found.course.weeks.clone(),
            arms: lines.collect(),
            differences: differences.collect(),
        };
        let caption = match found.level {
            Some(level) => self.locale.say(Message::WeeklyBands {
                level: &self.locale.level(level),
            }),
            None => self.no_bands(),
        };
        self.finish("course", heading, caption, made.figure(&self.form))
    }

    /// Says why there are no bands.
    fn no_bands(&self) -> String {
        let plan = self.found.plan;
        let cluster = plan
            .cluster()
            .map(|factor| plan.factors[factor].label.as_str());
        self.locale.say(Message::NoBandsOfClusters {
            cluster: cluster.unwrap_or_default(),
        })
    }

    fn states(&self) -> Option<FigureFile> {
        let found = self.found.states.as_ref()?;
        let heading = self.heading(
            "states",
            self.say(Message::StatesByWeek),
            self.either(
                Message::StatesAlternative {
                    arms: found.arms.len() as u64,
                },
                Message::StatesOfOneArm,
            ),
        );
        let layers = found.states.iter().zip(STATES);
        let made = states::States {
            heading: heading.clone(),
            words: states::StateWords {
                share: self.say(Message::ShareInHundredths),
                weeks: self.week(),
                draw: self.either(Message::TheDraw, Message::TheStart),
                columns: [
                    self.say(Message::Arm),
                    self.week(),
                    self.say(Message::State),
                    self.say(Message::Persons),
                ],
            },
            weeks: found.weeks.clone(),
            states: layers
                .map(|(label, shade)| states::StateLayer {
                    label: label.clone(),
                    shade,
                })
                .collect(),
            panels: found
                .arms
                .iter()
                .map(|arm| states::StatePanel {
                    label: self.found.arm(&arm.arm),
                    all: arm.persons,
                    weeks: arm.counts.iter().cloned().map(Some).collect(),
                })
                .collect(),
        };
        let caption = self.either(Message::StatesSum, Message::StatesSumOfOneArm);
        self.finish("states", heading, caption, made.figure(&self.form))
    }

    fn survival(&self) -> Vec<FigureFile> {
        let times = self.found.times.iter();
        times.filter_map(|times| self.curves(times)).collect()
    }

    fn curves(&self, times: &super::TimesFound) -> Option<FigureFile> {
        let competing = times
            .arms
            .iter()
            .any(|(_, curve)| matches!(curve, CurveFound::Incidence(_)));
        let at = risk_times(times.horizon);
        let heading = self.heading(
            &format!("time-{}", times.outcome),
            times.label.clone(),
            self.either(
                Message::CurveAlternative {
                    outcome: &times.label,
                    arms: times.arms.len() as u64,
                },
                Message::CurveOfOneArm {
                    outcome: &times.label,
                },
            ),
        );
        let end = |last: Option<f64>| last.unwrap_or(0.0).min(times.horizon);
        let arms = times.arms.iter().enumerate().map(|(place, (arm, curve))| {
            let banded = |value: f64, interval: Option<Interval>| Banded {
                value,
                band: interval.and_then(|interval| interval.lower.zip(interval.upper)),
            };
            let happened = curve.happened(times.level);
            let events = happened
                .iter()
                .filter(|step| step.events > 0 && step.time <= times.horizon);
            let steps = events.map(|step| (step.time, banded(step.value, step.interval.clone())));
            let censored = happened
                .iter()
                .filter(|step| step.censored > 0 && step.time < times.horizon);
            let tally = |known: Option<u64>| known.map_or(Tally::Withheld, Tally::Known);
            SurvivalArm {
                label: self.found.arm(arm),
                steps: steps.collect(),
                end: end(happened.last().map(|step| step.time)),
                censored: censored.map(|step| step.time).collect(),
                at_risk: match &times.at_risk {
                    Some(coarse) => coarse[place].iter().copied().map(tally).collect(),
                    None => at.iter().map(|&t| Tally::Known(curve.at_risk(t))).collect(),
                },
            }
        });
        let made = Survival {
            heading: heading.clone(),
            words: SurvivalWords {
                share: match competing {
                    true => self.say(Message::ShareWithEvent),
                    false => self.say(Message::ShareWithoutEvent),
                },
                time: self.week(),
                at_risk: self.say(Message::AtRisk),
                columns: [
                    self.say(Message::Arm),
                    self.week(),
                    self.say(Message::Estimate),
                    self.say(Message::Lower),
                    self.say(Message::Upper),
                    self.say(Message::AtRisk),
                ],
            },
            curve: match competing {
                true => survival::Curve::Incidence,
                false => survival::Curve::Survival,
            },
            until: times.horizon,
            risk_times: at.clone(),
            arms: arms.collect(),
        };
        let caption = match competing {
            true => self.say(Message::IncidenceCaption),
            false => self.say(Message::SurvivalCaption),
        };
        let bands = match times.level {
            Some(level) => self.locale.say(Message::CurveBands {
                level: &self.locale.level(level),
            }),
            None => self.no_bands(),
        };
        let mut caption = format!("{caption} {bands}");
        if let (Some(threshold), Some(_)) = (self.found.threshold, &times.at_risk) {
            let coarse = self.locale.say(Message::CurveCoarsened { threshold });
            caption = format!("{caption} {coarse}");
        }
        self.finish("survival", heading, caption, made.figure(&self.form))
    }
}

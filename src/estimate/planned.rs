//! The estimates of a study: what its plan declares, or what is asked for instead.
//!
//! Promises: whatever is not asked for is the plan's; what is asked for by a name that nobody has
//! is an error that says who is near. Hides how plan, people and outcomes become requests.

use super::effects::{ReplayPlan, effects};
use super::rows::Request;
use super::{Analysis, DegreesOfFreedom, Estimate, EstimateError, Model, Respect, WorstCase};
use crate::protocol::{
    Adjustment, Contrasts, Covariate, IntervalId, MethodId, Multiplicity, Outcome, PlannedEstimate,
    Protocol, Replays, Role, ShareScale, StandardErrors, Statistic, Unit,
};
use crate::sample::{Data, Measured, People, SampleError};
use crate::spelling::nearest;

/// What is asked for instead of what the plan declares; nothing asked for is the plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asking {
    /// Outcomes by id; empty: those of the plan's estimates.
    pub outcomes: Vec<String>,
    pub methods: Vec<MethodId>,
    pub interval: Option<IntervalId>,
    pub level: Option<f64>,
    /// `reference`, `all-pairs`, or pairs such as `a:c,b:c`.
    pub contrasts: Option<String>,
    /// Facts from before the draw, by id.
    pub adjust: Vec<String>,
    /// A factor with levels, by id.
    pub by: Option<String>,
    /// The outcome that says what was received, by id.
    pub received: Option<String>,
    pub horizon: Option<f64>,
    pub se: Option<StandardErrors>,
    pub df: DegreesOfFreedom,
    pub scale: Option<ShareScale>,
    pub model: Model,
    pub design: Respect,
    /// The outcome of which those with a 1 alone are looked at, by id.
    pub only: Option<String>,
    pub worst_case: Option<WorstCase>,
    pub replays: Option<u32>,
    pub seed: Option<String>,
    pub statistic: Option<Statistic>,
    pub multiplicity: Option<Adjustment>,
    pub threads: usize,
}

/// What an estimate that cannot be made does to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    Stops,
    IsTold,
}

/// What was estimated of a study.
#[derive(Clone, Debug)]
pub struct Made {
    pub rows: Vec<Estimate>,
    /// Planned estimates that cannot be made, and why.
    pub failed: Vec<(PlannedEstimate, String)>,
    /// The outcomes that were looked at.
    pub measured: Vec<Measured>,
    pub multiplicity: Multiplicity,
    pub replays: ReplayPlan,
}

/// Why what was asked for cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PlannedError {
    #[error(transparent)]
    Sample(#[from] SampleError),
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    #[error("the plan names no estimate")]
    NoEstimates,
    #[error("nothing can be estimated of `{outcome}` in a study with one arm")]
    OneArm { outcome: String },
    #[error("`{name}` is {expected}")]
    Unknown {
        name: String,
        /// What the name is none of.
        expected: &'static str,
        nearest: Option<String>,
        /// What the known ones are.
        known_as: &'static str,
        known: Vec<String>,
    },
    #[error("`{outcome}` is no outcome of 1 and 0")]
    NotYesNo { outcome: String },
    #[error("`{text}` names no contrasts")]
    NoPairs { text: String },
    #[error("`{pair}` compares an arm with itself")]
    Itself { pair: String },
}

fn unknown<'n>(
    name: &str,
    expected: &'static str,
    known_as: &'static str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> PlannedError {
    PlannedError::Unknown {
        name: name.to_owned(),
        expected,
        nearest: nearest(name, known.clone()).map(str::to_owned),
        known_as,
        known: known.map(str::to_owned).collect(),
    }
}

/// Returns the place of an outcome of the plan.
pub fn outcome_of(plan: &Protocol, id: &str) -> Result<usize, PlannedError> {
    plan.outcome(id).ok_or_else(|| {
        let known = plan.outcomes.iter().map(|outcome| outcome.id.as_str());
        unknown(id, "no outcome of the plan", "the plan has", known)
    })
}

impl Asking {
    /// Estimates of a study what its plan declares, but for what is asked for instead. `read` gives
    /// each outcome that this takes, once.
    pub fn of_study(
        &self,
        plan: &Protocol,
        people: &People,
        failing: Failing,
        mut read: impl FnMut(&Outcome) -> Result<Measured, SampleError>,
    ) -> Result<Made, PlannedError> {
        let asked = self.planned(plan)?;
        let planned = [asked.clone(), self.family_beside(plan, &asked)].concat();
        let find = |id: &Option<String>| id.as_ref().map(|id| outcome_of(plan, id)).transpose();
        let (received, only) = (find(&self.received)?, find(&self.only)?);
        let mut needed: Vec<usize> = planned.iter().map(|planned| planned.outcome).collect();
        needed.extend(planned.iter().filter_map(|planned| planned.received));
        needed.extend(received.into_iter().chain(only));
        let mut columns: Vec<Option<Measured>> = vec![None; plan.outcomes.len()];
        for index in needed {
            if columns[index].is_none() {
                columns[index] = Some(read(&plan.outcomes[index])?);
            }
        }
        let column = |index: usize| columns[index].as_ref().expect("it was read above");
        if let Some(index) = only.filter(|&index| column(index).unit != Unit::YesNo) {
            return Err(PlannedError::NotYesNo {
                outcome: plan.outcomes[index].id.clone(),
            });
        }
        let marked: Option<Vec<bool>> = only.map(|index| {
            let values = column(index).value.iter().zip(&column(index).observed);
            values
                .map(|(value, observed)| *observed && *value == 1.0)
                .collect()
        });
        let replays = self.replays(&plan.replays, &plan.digest.to_string());
        let mut requests = Vec::new();
        for planned in &planned {
            let outcome = &plan.outcomes[planned.outcome];
            let by = match self.by(plan, planned)? {
                Some(factor) => people
                    .fact(factor)
                    .and_then(|fact| people.facts[fact].groups()),
                None => None,
            };
            let window = outcome.measure.window();
            let horizon = self.horizon.or(planned.horizon.map(f64::from));
            let methods = match self.methods.as_slice() {
                [] => &planned.methods,
                methods => methods,
            };
            let contrasts = self.contrasts(&people.arms)?;
            let analysis = Analysis {
                role: Some(planned.role),
                methods: methods.to_vec(),
                contrasts: contrasts.unwrap_or_else(|| planned.contrasts.clone()),
                level: self.level.unwrap_or(planned.level),
                interval: self.interval.or(planned.interval),
                se: self.se.or(planned.se),
                adjust: self.adjusted_for(plan, planned, people)?,
                by,
                received: received.or(planned.received).map(column),
                horizon: horizon.or(window.map(|window| f64::from(window.last()))),
                scale: self.scale.or(planned.scale),
                only: self.only.as_deref().zip(marked.as_deref()),
                ..self.analysis(&replays)
            };
            requests.push(Request {
                measured: column(planned.outcome),
                analysis,
            });
        }
        let mut multiplicity = plan.multiplicity;
        multiplicity.method = self.multiplicity.unwrap_or(multiplicity.method);
        let mut failed = Vec::new();
        let told = |place: usize, error: EstimateError| {
            if place < asked.len() && failing == Failing::Stops {
                return Err(error);
            }
            failed.push((planned[place].clone(), error.to_string()));
            Ok(())
        };
        let mut rows = effects(people, &requests, Some(multiplicity), &replays, told)?;
        let of_family = |e: &PlannedEstimate| e.role == multiplicity.family;
        // What replays adjust has no test to count for what could not be made.
        let by_replays = multiplicity.method == Adjustment::RomanoWolf;
        let lacking = by_replays && failed.iter().any(|(e, _)| of_family(e));
        if self.contrasts.is_some() || lacking {
            for row in rows.iter_mut().filter(|row| row.p_adjusted.is_some()) {
                row.computed
                    .note("p is adjusted for the tests made here; the plan declares others");
            }
        }
        // Those that stood beside only for the family are not shown.
        let shown = |index: usize| {
            let uses = |e: &PlannedEstimate| e.outcome == index || e.received == Some(index);
            asked.iter().any(uses) || received == Some(index) || only == Some(index)
        };
        let index_of = |row: &Estimate| row.outcome.as_ref().and_then(|id| plan.outcome(id));
        rows.retain(|row| index_of(row).is_none_or(|i| asked.iter().any(|e| e.outcome == i)));
        failed.retain(|(e, _)| asked.iter().any(|asked| asked.outcome == e.outcome));
        let columns = columns.into_iter().enumerate();
        Ok(Made {
            rows,
            failed,
            measured: columns
                .filter(|(index, _)| shown(*index))
                .filter_map(|(_, measured)| measured)
                .collect(),
            multiplicity,
            replays,
        })
    }

    /// Estimates of outcomes from a table; without a plan, what is not asked for is the default.
    /// The table gives what `by`, `received` and `only` name.
    pub fn of_table(
        &self,
        data: Data,
        people: &People,
        measured: &[Measured],
    ) -> Result<Vec<Estimate>, PlannedError> {
        let received = match &self.received {
            Some(column) => Some(data.outcome(people, column)?),
            None => None,
        };
        let by = match &self.by {
            Some(column) => Some(data.groups(column, "level")?),
            None => None,
        };
        let only = match &self.only {
            Some(column) => Some(data.marked(column)?),
            None => None,
        };
        // What is estimated from stands in `people` and `measured`.
        drop(data);
        let replays = self.replays(&Replays::default(), "1");
        let analysis = Analysis {
            contrasts: self
                .contrasts(&people.arms)?
                .unwrap_or(Contrasts::Reference),
            adjust: (0..people.facts.len()).collect(),
            by: by.as_ref(),
            received: received.as_ref(),
            only: self.only.as_deref().zip(only.as_deref()),
            ..self.analysis(&replays)
        };
        let requests = measured.iter().map(|measured| Request {
            measured,
            analysis: analysis.clone(),
        });
        let requests: Vec<Request> = requests.collect();
        let multiplicity = self.multiplicity.map(|method| Multiplicity {
            method,
            family: Role::Primary,
        });
        Ok(effects(
            people,
            &requests,
            multiplicity,
            &replays,
            |_, error| Err(error),
        )?)
    }

    /// Returns what no plan and no table bears on.
    fn analysis<'s>(&self, replays: &ReplayPlan) -> Analysis<'s> {
        Analysis {
            role: None,
            methods: self.methods.clone(),
            contrasts: Contrasts::Reference,
            level: self.level.unwrap_or(0.95),
            interval: self.interval,
            se: self.se,
            df: self.df,
            adjust: Vec::new(),
            by: None,
            received: None,
            horizon: self.horizon,
            scale: self.scale,
            design: self.design,
            model: self.model,
            only: None,
            worst_case: self.worst_case,
            resampling: replays.resampling(),
        }
    }

    /// Returns the planned estimates that are asked for, or estimates of the outcomes named.
    fn planned(&self, plan: &Protocol) -> Result<Vec<PlannedEstimate>, PlannedError> {
        if self.outcomes.is_empty() {
            return match plan.estimates.as_slice() {
                [] => Err(PlannedError::NoEstimates),
                estimates => Ok(estimates.to_vec()),
            };
        }
        let mut planned = Vec::new();
        for id in &self.outcomes {
            let index = outcome_of(plan, id)?;
            let of_plan = plan.estimates.iter().filter(|e| e.outcome == index);
            let before = planned.len();
            for estimate in of_plan {
                // Where the methods are asked for, estimates that differ in nothing else are one.
                let same = |known: &PlannedEstimate| {
                    let known = PlannedEstimate {
                        methods: estimate.methods.clone(),
                        role: estimate.role,
                        ..known.clone()
                    };
                    known == *estimate
                };
                if self.methods.is_empty() || !planned[before..].iter().any(same) {
                    planned.push(estimate.clone());
                }
            }
            if planned.len() > before {
                continue;
            }
            let of_one_arm = plan.arms.len() > 1 || plan.outcomes[index].has_default_in_one_arm();
            if self.methods.is_empty() && !of_one_arm {
                return Err(PlannedError::OneArm {
                    outcome: id.clone(),
                });
            }
            planned.push(PlannedEstimate::exploratory(index));
        }
        Ok(planned)
    }

    /// Returns the planned estimates that are not asked for, and whose tests adjust the p of those
    /// that are: a family is what the plan declares, whatever is looked at.
    fn family_beside(&self, plan: &Protocol, asked: &[PlannedEstimate]) -> Vec<PlannedEstimate> {
        let multiplicity = plan.multiplicity;
        let of_family = |e: &&PlannedEstimate| e.role == multiplicity.family;
        let method = self.multiplicity.unwrap_or(multiplicity.method);
        if method == Adjustment::None || !asked.iter().any(|e| of_family(&e)) {
            return Vec::new();
        }
        let beside = plan.estimates.iter().filter(of_family);
        let beside = beside.filter(|e| asked.iter().all(|asked| asked.outcome != e.outcome));
        beside.cloned().collect()
    }

    /// Returns the factor that a planned estimate is looked at by.
    fn by<'p>(
        &'p self,
        plan: &'p Protocol,
        planned: &PlannedEstimate,
    ) -> Result<Option<&'p str>, PlannedError> {
        let Some(name) = &self.by else {
            return Ok(planned.by.map(|factor| plan.factors[factor].id.as_str()));
        };
        let with_levels = plan.factors.iter().filter(|factor| factor.levels() > 0);
        let known: Vec<&str> = with_levels.map(|factor| factor.id.as_str()).collect();
        match known.contains(&name.as_str()) {
            true => Ok(Some(name)),
            false => Err(unknown(
                name,
                "no factor with levels",
                "factors with levels:",
                known.into_iter(),
            )),
        }
    }

    /// Returns the facts to adjust for: those asked for, or the plan's.
    fn adjusted_for(
        &self,
        plan: &Protocol,
        planned: &PlannedEstimate,
        people: &People,
    ) -> Result<Vec<usize>, PlannedError> {
        let of_plan = planned.adjust.iter().map(|covariate| match *covariate {
            Covariate::Factor(factor) => plan.factors[factor].id.clone(),
            Covariate::History(outcome) => plan.outcomes[outcome].id.clone(),
            Covariate::Baseline(outcome) => format!("{}_baseline", plan.outcomes[outcome].id),
        });
        let names: Vec<String> = match self.adjust.as_slice() {
            [] => of_plan.collect(),
            names => names.to_vec(),
        };
        let known = || people.facts.iter().map(|fact| fact.id.as_str());
        let find = |name: &String| {
            let what = "no fact from before the draw";
            let found = people.fact(name);
            found.ok_or_else(|| unknown(name, what, "facts from before the draw:", known()))
        };
        names.iter().map(find).collect()
    }

    /// Returns the pairs of arms to compare, where any are asked for.
    fn contrasts(&self, arms: &[String]) -> Result<Option<Contrasts>, PlannedError> {
        let Some(text) = &self.contrasts else {
            return Ok(None);
        };
        match text.as_str() {
            "reference" => return Ok(Some(Contrasts::Reference)),
            "all-pairs" => return Ok(Some(Contrasts::AllPairs)),
            _ => {}
        }
        let known = || arms.iter().map(String::as_str);
        let place = |name: &str| {
            let found = known().position(|arm| arm == name);
            found.ok_or_else(|| unknown(name, "no arm", "the arms are", known()))
        };
        let mut pairs = Vec::new();
        for pair in text.split(',') {
            let Some((arm, reference)) = pair.split_once(':') else {
                return Err(PlannedError::NoPairs { text: text.clone() });
            };
            let (arm, reference) = (place(arm)?, place(reference)?);
            if arm == reference {
                return Err(PlannedError::Itself {
                    pair: pair.to_owned(),
                });
            }
            pairs.push((arm, reference));
        }
        Ok(Some(Contrasts::Named(pairs)))
    }

    fn replays(&self, plan: &Replays, seed: &str) -> ReplayPlan {
        let stated = self.seed.clone().or_else(|| plan.seed.clone());
        ReplayPlan {
            number: self.replays.unwrap_or(plan.number),
            seed: stated.unwrap_or_else(|| seed.to_owned()),
            statistic: self.statistic.unwrap_or(plan.statistic),
            threads: self.threads,
        }
    }
}

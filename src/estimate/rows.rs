//! From a sample and what is asked of it to the rows of an effect table.
//!
//! Promises: the method that `results.md` names for the outcome and the draw, unless another was
//! asked for; a draw's strata and clusters heeded or the row marked; counts of everybody drawn in
//! every row.

use std::cell::OnceCell;

use super::bootstrap::{Arm, bootstrap_t};
use super::bounds::Answers;
use super::contrast::{Column, Contrast, Grouped};
use super::duration::cox::{self, Variance};
use super::duration::{self, Times};
use super::instrument::{Draw, LateInterval, late};
use super::linear::{Columns, Covariate, Fit, Inference};
use super::regression::{equal_effects, lin_fit, ols_fit, one_arm_change, ratio_of_means};
use super::stratified::{Stratified, StratifiedError, stratified_difference};
use super::{
    Analysis, ArmCounts, Because, Computed, Estimate, EstimateError, Model, Options, Resampled,
    Respect, Scale, Standing, Subgroup, WorstCase, bounds, means, shares,
};
use crate::protocol::{
    Contrasts, IntervalId, MethodId, Needs, Role, ShareScale, StandardErrors, Unit,
};
use crate::rounding::rounded;
use crate::sample::{Count, Groups, Measured, People};

/// One outcome and what is asked of it.
#[derive(Clone, Debug)]
pub struct Request<'s> {
    pub measured: &'s Measured,
    pub analysis: Analysis<'s>,
}

/// Fewer degrees of freedom than these make a t interval a weak word.
const FEW_DF: f64 = 5.0;
/// One covariate for so many persons of the smallest arm, at the most.
const PERSONS_PER_COVARIATE: usize = 20;

/// Returns the rows of an outcome: for each contrast, each method. Rows of the randomisation test
/// stand in their place without numbers, which [`redraw`](super::redraw) gives them.
pub fn estimate(people: &People, request: &Request) -> Result<Vec<Estimate>, EstimateError> {
    let asked = Asked::of(people, request)?;
    if let [_] = people.arms.as_slice() {
        return asked.one_arm();
    }
    let contrasts = contrasts(people, &request.analysis.contrasts);
    let mut rows = Vec::new();
    for &contrast in &contrasts {
        rows.extend(asked.contrast(contrast)?);
    }
    rows.extend(asked.changes(&contrasts));
    Ok(rows)
}

/// Returns the rows of published counts: each count against the last, or one against a target.
pub fn of_counts(
    arms: &[(String, Count)],
    target: Option<f64>,
    methods: &[MethodId],
    level: f64,
    interval: Option<IntervalId>,
) -> Result<Vec<Estimate>, EstimateError> {
    let Some((last, others)) = arms.split_last() else {
        return Ok(Vec::new());
    };
    let contrasts: Vec<_> = match others {
        [] => vec![(last, None)],
        others => others.iter().map(|arm| (arm, Some(last))).collect(),
    };
    let mut rows = Vec::new();
    for ((arm, count), reference) in contrasts {
        for &method in methods {
            if method.needs() != Needs::YesNo {
                return Err(unit_error(method, "counts"));
            }
            let interval = interval_of(method, interval, methods.len() == 1)?;
            let computed = match (method, reference) {
                (MethodId::Share, _) => shares::share(*count, target, level, interval),
                (_, None) => return Err(EstimateError::OneArm { method }),
                (_, Some((_, reference))) => {
                    of_two_counts(method, *count, *reference, level, interval)
                }
            };
            rows.push(Estimate {
                outcome: None,
                label: None,
                unit: Unit::YesNo,
                role: None,
                arm: arm.clone(),
                reference: reference.map(|(name, _)| name.clone()),
                subgroup: None,
                method,
                scale: method.scale(),
                computed,
                bounds: None,
                p_adjusted: None,
                family: None,
                arm_counts: ArmCounts::of_count(*count),
                reference_counts: reference.map(|(_, count)| ArmCounts::of_count(*count)),
                missing_p: None,
                target: reference.is_none().then_some(target).flatten(),
                standing: Standing::Effect,
                options: Options::default(),
            });
        }
    }
    Ok(rows)
}

fn of_two_counts(
    method: MethodId,
    arm: Count,
    reference: Count,
    level: f64,
    interval: IntervalId,
) -> Computed {
    match (method, interval) {
        (MethodId::RiskRatio, _) => shares::risk_ratio(arm, reference, level, interval),
        (MethodId::OddsRatio, IntervalId::Exact) => shares::exact_odds_ratio(arm, reference, level),
        (MethodId::OddsRatio, _) => shares::odds_ratio(arm, reference, level),
        (MethodId::FisherExact, _) => shares::fisher_exact(arm, reference),
        (MethodId::MantelHaenszel, _) => {
            shares::mantel_haenszel(&[(arm, reference)], Scale::Difference, level)
        }
        _ => shares::risk_difference(arm, reference, level, interval),
    }
}

fn unit_error(method: MethodId, outcome: &str) -> EstimateError {
    EstimateError::Unit {
        method,
        outcome: outcome.to_owned(),
        expected: match method.needs() {
            Needs::YesNo => "an outcome of 1 and 0",
            Needs::Time => "a time to an event",
            Needs::Number => "a number for each person",
        },
    }
}

/// Returns the interval of a method: the one asked for, if it is the method's.
fn interval_of(
    method: MethodId,
    asked: Option<IntervalId>,
    alone: bool,
) -> Result<IntervalId, EstimateError> {
    match asked {
        Some(interval) if method.intervals().contains(&interval) => Ok(interval),
        Some(interval) if alone => Err(EstimateError::Interval { method, interval }),
        // An interval chosen for several methods holds for those that have it.
        _ => Ok(method
            .intervals()
            .first()
            .copied()
            .unwrap_or(IntervalId::Wald)),
    }
}

/// Returns the pairs of arms to compare, each with its reference.
pub(super) fn contrasts(people: &People, contrasts: &Contrasts) -> Vec<(usize, usize)> {
    let arms = 0..people.arms.len();
    let reference = people.reference;
    match contrasts {
        Contrasts::Reference => arms
            .filter(|&arm| arm != reference)
            .map(|arm| (arm, reference))
            .collect(),
        // Each pair once, against the arm that is the reference or stands later in the plan.
        Contrasts::AllPairs => {
            let mut pairs = Vec::new();
            for first in arms.clone() {
                for second in first + 1..arms.end {
                    pairs.push(match first == reference {
                        true => (second, first),
                        false => (first, second),
                    });
                }
            }
            pairs
        }
        Contrasts::Named(pairs) => pairs.clone(),
    }
}

/// Whether a method counts persons by their weights.
fn heeds_weights(method: MethodId) -> bool {
    matches!(
        method,
        MethodId::Ols
            | MethodId::Lin
            | MethodId::Ancova
            | MethodId::Late
            | MethodId::InteractionTest
    )
}

/// One outcome with its analysis, checked.
struct Asked<'s> {
    people: &'s People,
    measured: &'s Measured,
    analysis: &'s Analysis<'s>,
    methods: Vec<MethodId>,
    /// Which of the methods stands unadjusted beside an adjusted one, where it is the same.
    plain: Option<usize>,
    /// Strata and clusters of the draw, where they are heeded.
    stratum: Option<&'s Groups>,
    cluster: Option<&'s Groups>,
    /// Everybody drawn, by arm, once they were counted.
    everybody: Vec<OnceCell<ArmCounts>>,
}

impl<'s> Asked<'s> {
    fn of(people: &'s People, request: &'s Request<'s>) -> Result<Asked<'s>, EstimateError> {
        let (measured, analysis) = (request.measured, &request.analysis);
        let heeded = analysis.design == Respect::Heeded;
        let mut asked = Asked {
            people,
            measured,
            analysis,
            methods: Vec::new(),
            plain: None,
            stratum: people.stratum.as_ref().filter(|_| heeded),
            cluster: people.cluster.as_ref().filter(|_| heeded),
            everybody: vec![OnceCell::new(); people.arms.len()],
        };
        asked.methods = asked.methods_in_order();
        let adjusts = !analysis.adjust.is_empty();
        // By default it stands first, beside methods asked for by name last.
        asked.plain = match analysis.methods.as_slice() {
            _ if !adjusts || asked.unadjusted() != MethodId::Ols => None,
            [] | [MethodId::Late] => asked.methods.iter().position(|&m| m == MethodId::Ols),
            named if asked.methods.len() > named.len() => Some(asked.methods.len() - 1),
            _ => None,
        };
        for &method in &asked.methods {
            asked.check(method)?;
        }
        Ok(asked)
    }

    /// Returns the methods asked for, or the defaults; the effect of the draw stands above an
    /// effect of what was received, and unadjusted beside adjusted.
    fn methods_in_order(&self) -> Vec<MethodId> {
        let defaults = self.defaults();
        if self.analysis.methods.is_empty() {
            return defaults;
        }
        let mut methods = self.analysis.methods.clone();
        let only = |all: &[MethodId]| methods.iter().all(|method| all.contains(method));
        if only(&[MethodId::Late]) {
            let mut with = defaults;
            with.retain(|&method| method != MethodId::RandomisationTest);
            with.append(&mut methods);
            return with;
        }
        let adjusted = [
            MethodId::Ols,
            MethodId::Lin,
            MethodId::Ancova,
            MethodId::Late,
        ];
        let adjusts = !self.analysis.adjust.is_empty() || methods.contains(&MethodId::Ancova);
        if adjusts
            && only(&[&adjusted[..], &[MethodId::RandomisationTest]].concat())
            && self.measured.unit != Unit::TimeToEvent
        {
            methods.push(self.unadjusted());
        }
        methods
    }

    /// Returns the method of the plain difference for this draw.
    fn unadjusted(&self) -> MethodId {
        if self.people.weights.is_some() {
            return MethodId::Ols;
        }
        match (self.cluster, self.stratum) {
            (None, None) => MethodId::DifferenceInMeans,
            (_, Some(_)) => MethodId::StratifiedDifference,
            // By clusters, a regression on the arm alone.
            (Some(_), None) => MethodId::Ols,
        }
    }

    fn defaults(&self) -> Vec<MethodId> {
        let weighted = self.people.weights.is_some();
        let mut methods = match (self.measured.unit, self.people.arms.len(), self.cluster) {
            (Unit::YesNo | Unit::Number | Unit::Weeks | Unit::ShareOfTime, 2.., _) if weighted => {
                vec![MethodId::Ols]
            }
            (Unit::YesNo, 1, _) => return vec![MethodId::Share],
            (Unit::Number, 1, _) if self.measured.baseline.is_some() => {
                return vec![MethodId::Change];
            }
            (Unit::TimeToEvent, _, None) => return vec![MethodId::Rmst, MethodId::LogRank],
            (Unit::TimeToEvent, _, Some(_)) => return vec![MethodId::Cox],
            (Unit::YesNo, _, None) => vec![MethodId::RiskDifference, MethodId::RiskRatio],
            (Unit::PooledShare, ..) => return vec![MethodId::DifferenceInMeans],
            _ => vec![self.unadjusted()],
        };
        if !self.analysis.adjust.is_empty() {
            methods.push(MethodId::Lin);
        }
        let redrawn = self.people.drawn.is_some() && self.analysis.only.is_none();
        if self.analysis.role == Some(Role::Primary) && redrawn {
            methods.push(MethodId::RandomisationTest);
        }
        methods
    }

    /// Checks that a method can be asked of this outcome and this draw.
    fn check(&self, method: MethodId) -> Result<(), EstimateError> {
        let pooled = self.measured.unit == Unit::PooledShare;
        let suits = match method {
            MethodId::DifferenceInMeans if pooled => true,
            _ => method.suits(self.measured.unit),
        };
        if !suits {
            return Err(unit_error(method, &self.measured.name()));
        }
        let one_arm = matches!(method, MethodId::Share | MethodId::Change);
        if self.people.arms.len() == 1 && !one_arm {
            return Err(EstimateError::OneArm { method });
        }
        if self.people.weights.is_some() && !heeds_weights(method) {
            return Err(EstimateError::Weights { method });
        }
        let lacks = |what, hint| Err(EstimateError::Lacks { method, what, hint });
        match method {
            MethodId::Late if self.analysis.received.is_none() => {
                return lacks(
                    "what was received",
                    "`received` in the plan, or `--received`, names the outcome that says so",
                );
            }
            MethodId::Change | MethodId::Ancova if self.measured.baseline.is_none() => {
                return lacks(
                    "the value before the draw",
                    "`baseline` in the outcome names its column",
                );
            }
            MethodId::MantelHaenszel if self.people.stratum.is_none() => {
                return lacks("strata", "`--strata`, or `risk-difference` without them");
            }
            MethodId::StratifiedDifference if self.stratum.is_none() => {
                return lacks("strata", "`difference-in-means` is the form without them");
            }
            _ => {}
        }
        if let Some(se) = self.analysis.se
            && se.by_cluster()
            && self.people.cluster.is_none()
        {
            return Err(EstimateError::NoClusters { se });
        }
        self.check_design(method)
    }

    /// Analysing a stratified or clustered draw as if it were neither is a sensitivity analysis.
    fn check_design(&self, method: MethodId) -> Result<(), EstimateError> {
        use MethodId::*;
        let stratified = self.stratum.is_none()
            || matches!(
                method,
                StratifiedDifference
                    | Ols
                    | Lin
                    | Ancova
                    | Late
                    | RiskDifference
                    | RiskRatio
                    | MantelHaenszel
                    | RandomisationTest
                    | LogRank
                    | Cox
                    | Rmst
                    | KaplanMeier
                    | Share
                    | Change
                    | LeeBounds
                    | WorstCaseBounds
            );
        let clustered = self.cluster.is_none()
            || matches!(
                method,
                StratifiedDifference
                    | Ols
                    | Lin
                    | Ancova
                    | Late
                    | RatioOfMeans
                    | RandomisationTest
                    | Cox
                    | Change
            );
        let of_times = self.measured.unit == Unit::TimeToEvent;
        let (design, instead) = match (stratified, clustered) {
            (true, true) => return Ok(()),
            (_, false) if of_times => ("clustered", "`cox`"),
            (false, true) if of_times => ("stratified", "`rmst`, `log-rank` or `cox`"),
            (_, false) => ("clustered", "`ols` with `cr2`, or `stratified-difference`"),
            (false, true) => ("stratified", "`stratified-difference`, or `lin`"),
        };
        Err(EstimateError::Design {
            method,
            design,
            instead,
        })
    }

    fn one_arm(&self) -> Result<Vec<Estimate>, EstimateError> {
        let everybody = Contrast::of(self.people, self.measured, (0, 0), self.only());
        let level = self.analysis.level;
        let mut rows = Vec::new();
        for &method in &self.methods {
            let interval = interval_of(method, self.analysis.interval, self.methods.len() == 1)?;
            let computed = match method {
                MethodId::Share => {
                    let (count, _) = everybody.counts();
                    shares::share(count, self.measured.target, level, interval)
                }
                _ => {
                    rows.push(self.change(0));
                    continue;
                }
            };
            rows.push(self.row(&everybody, method, computed, None, true));
        }
        Ok(rows)
    }

    fn only(&self) -> Option<&'s [bool]> {
        self.analysis.only.map(|(_, marked)| marked)
    }

    /// Returns the change within each arm of the contrasts, if it is asked for.
    fn changes(&self, contrasts: &[(usize, usize)]) -> Vec<Estimate> {
        let asked = self.methods.contains(&MethodId::Change);
        let compared = |arm: usize| contrasts.iter().any(|&(a, r)| a == arm || r == arm);
        let arms = (0..self.people.arms.len()).filter(|&arm| asked && compared(arm));
        arms.map(|arm| self.change(arm)).collect()
    }

    /// Returns the mean change within one arm, of those with a value before and after.
    fn change(&self, arm: usize) -> Estimate {
        let baseline = self.measured.baseline.as_deref().unwrap_or(&[]);
        let of_arm = Contrast::of(self.people, self.measured, (arm, arm), self.only());
        let (mut changes, mut after) = (Vec::new(), Vec::new());
        let mut rows = Vec::new();
        for (&row, &y) in of_arm.rows.iter().zip(&of_arm.y) {
            if let Some(Some(before)) = baseline.get(row as usize) {
                changes.push(y - before);
                after.push(y);
                rows.push(row);
            }
        }
        let lacking = of_arm.y.len() - changes.len();
        let cluster: Option<Vec<u32>> = self
            .cluster
            .map(|groups| rows.iter().map(|&row| groups.of[row as usize]).collect());
        let mut computed = one_arm_change(&changes, cluster.as_deref(), self.analysis.level);
        let name = &self.people.arms[arm];
        let mean = means::Moments::of(&after).map(|moments| moments.mean);
        if let (Some(after), Some(change)) = (mean, computed.estimate) {
            let before = after - change;
            let decimals = if before.abs().max(after.abs()) < 10.0 {
                2
            } else {
                1
            };
            computed.note(&format!(
                "`{name}` came from {} before to {} after",
                rounded(before, decimals),
                rounded(after, decimals)
            ));
        }
        if lacking > 0 {
            computed.note(&format!(
                "{lacking} of `{name}` without a value before are left out"
            ));
        }
        computed.note(
            "the change within one arm is no effect: what would have happened without is not known",
        );
        let mut row = self.row(&of_arm, MethodId::Change, computed, None, true);
        row.arm_counts.n = changes.len();
        row.arm_counts.missing = row.arm_counts.allocated - changes.len();
        row.arm_counts.mean = mean;
        row
    }

    fn contrast(&self, arms: (usize, usize)) -> Result<Vec<Estimate>, EstimateError> {
        let contrast = Contrast::of(self.people, self.measured, arms, self.only());
        let mut rows = Vec::new();
        let analysis = Analysis {
            adjust: Vec::new(),
            ..self.analysis.clone()
        };
        let unadjusted = Asked {
            analysis: &analysis,
            methods: Vec::new(),
            everybody: self.everybody.clone(),
            ..*self
        };
        for (place, &method) in self.methods.iter().enumerate() {
            if method == MethodId::Change {
                continue;
            }
            let asked = match self.plain == Some(place) {
                true => &unadjusted,
                false => self,
            };
            rows.push(asked.estimated(&contrast, method, None)?);
        }
        self.put_randomisation_test_first(&mut rows);
        self.bounds(&contrast, &mut rows)?;
        if let Some(by) = self.analysis.by {
            self.subgroups(&contrast, arms, by, &mut rows)?;
        }
        Ok(rows)
    }

    /// With few degrees of freedom the randomisation test says more than t.
    fn put_randomisation_test_first(&self, rows: &mut [Estimate]) {
        let few = rows
            .iter()
            .any(|row| row.computed.df.is_some_and(|df| df < FEW_DF));
        let test = rows
            .iter()
            .position(|row| row.method == MethodId::RandomisationTest);
        if let (true, Some(test)) = (few, test) {
            rows[..=test].rotate_right(1);
        }
    }

    /// Lee's bounds where outcomes are missing as `results.md` says, and the worst case on request.
    fn bounds(&self, contrast: &Contrast, rows: &mut Vec<Estimate>) -> Result<(), EstimateError> {
        let bounded = matches!(
            self.measured.unit,
            Unit::YesNo | Unit::Weeks | Unit::Number | Unit::ShareOfTime
        );
        let asked = |method| self.methods.contains(&method);
        let unasked = bounded
            && !rows.is_empty()
            && !self.measured.before_draw
            && self.analysis.only.is_none()
            && self.missing_matters(contrast);
        match (&self.people.weights, unasked && !asked(MethodId::LeeBounds)) {
            (None, true) => rows.push(self.estimated(contrast, MethodId::LeeBounds, None)?),
            (Some(_), true) => {
                let note =
                    "so many are missing that Lee bounds belong here; with weights none are made";
                rows[0].computed.note(note);
            }
            (_, false) => {}
        }
        if self.analysis.worst_case.is_some() && !asked(MethodId::WorstCaseBounds) {
            self.check(MethodId::WorstCaseBounds)?;
            rows.push(self.estimated(contrast, MethodId::WorstCaseBounds, None)?);
        }
        Ok(())
    }

    /// More than 5 % missing in an arm, or 2.5 points between arms.
    fn missing_matters(&self, contrast: &Contrast) -> bool {
        let (arm, reference) = self.missing(contrast);
        bounds::bounds_belong(arm, reference)
    }

    /// Returns the missing of all drawn, in the arm and in the reference.
    fn missing(&self, contrast: &Contrast) -> (Count, Count) {
        let count = |arm: usize| {
            let counts = self.counts(arm, None);
            Count::new(counts.missing as u64, counts.allocated as u64)
        };
        (count(contrast.arm), count(contrast.reference))
    }

    fn subgroups(
        &self,
        contrast: &Contrast,
        arms: (usize, usize),
        by: &'s Groups,
        rows: &mut Vec<Estimate>,
    ) -> Result<(), EstimateError> {
        let effects = |method: &&MethodId| {
            !matches!(
                method,
                MethodId::RandomisationTest
                    | MethodId::Change
                    | MethodId::LeeBounds
                    | MethodId::WorstCaseBounds
            )
        };
        let methods: Vec<MethodId> = self.methods.iter().filter(effects).copied().collect();
        for (level, name) in by.names.iter().enumerate() {
            let keep: Vec<bool> = (0..self.people.len())
                .map(|row| {
                    by.of[row] == level as u32 && self.only().is_none_or(|marked| marked[row])
                })
                .collect();
            let of_level = Contrast::of(self.people, self.measured, arms, Some(&keep));
            for &method in &methods {
                let subgroup = Subgroup {
                    factor: by.name.clone(),
                    level: Some(name.clone()),
                };
                rows.push(self.estimated(&of_level, method, Some((subgroup, &keep)))?);
            }
        }
        if self.measured.unit == Unit::TimeToEvent || self.measured.unit == Unit::PooledShare {
            return Ok(());
        }
        let grouped = contrast.grouped(by);
        let computed = self.interaction(contrast, &grouped);
        let mut row = self.row(contrast, MethodId::InteractionTest, computed, None, true);
        row.options.se = Some(self.standard_errors());
        row.subgroup = Some(Subgroup {
            factor: by.name.clone(),
            level: None,
        });
        rows.push(row);
        Ok(())
    }

    fn interaction(&self, contrast: &Contrast, by: &Grouped) -> Computed {
        let mut notes = Vec::new();
        let (columns, _) = self.covariates(contrast, &self.analysis.adjust, &mut notes);
        let covariates = as_covariates(&columns);
        let cluster = self.cluster.map(|groups| contrast.grouped(groups).of);
        let entered = self.entered(contrast, &covariates, cluster.as_deref());
        let test = equal_effects(&entered.columns(), &by.of, &by.names, &self.inference());
        let mut computed = Computed::undefined("a test without an estimate");
        if let (Some(f), Some(df1), Some(df2)) = (test.statistic, test.df1, test.df2) {
            let df2 = match df2.fract() == 0.0 {
                true => df2.to_string(),
                false => rounded(df2, 1),
            };
            computed.note(&format!(
                "F = {} on {df1} and {df2} degrees of freedom",
                rounded(f, 3)
            ));
        }
        computed.p_value = test.p_value;
        computed.notes.extend(test.notes);
        computed
    }

    /// Returns the standard error in use: `hc2`, by clusters `cr2`, unless another was asked for.
    fn standard_errors(&self) -> StandardErrors {
        self.analysis.se.unwrap_or(match self.cluster {
            Some(_) => StandardErrors::Cr2,
            None => StandardErrors::Hc2,
        })
    }

    fn inference(&self) -> Inference {
        Inference {
            errors: self.standard_errors(),
            df: self.analysis.df,
            level: self.analysis.level,
            threads: None,
        }
    }

    /// Returns the columns to adjust for: facts, and the strata of the draw, which `ols` and `lin`
    /// heed as covariates.
    fn covariates(
        &self,
        contrast: &Contrast,
        facts: &[usize],
        notes: &mut Vec<String>,
    ) -> (Vec<Column>, usize) {
        let mut columns = contrast.covariates(facts, notes);
        let declared = columns.len();
        if let Some(strata) = self.stratum {
            columns.extend(contrast.indicators(strata));
        }
        (columns, declared)
    }

    fn entered<'a>(
        &self,
        contrast: &'a Contrast,
        covariates: &'a [Covariate<'a>],
        cluster: Option<&'a [u32]>,
    ) -> Entered<'a> {
        Entered {
            y: &contrast.y,
            in_arm: &contrast.in_arm,
            covariates,
            weights: self
                .people
                .weights
                .as_ref()
                .map(|weights| contrast.column(weights)),
            cluster,
        }
    }

    /// Returns one row: a method's numbers for a contrast, or for the level of a subgroup.
    fn estimated(
        &self,
        contrast: &Contrast,
        method: MethodId,
        subgroup: Option<(Subgroup, &[bool])>,
    ) -> Result<Estimate, EstimateError> {
        // An interval that the method asked for has is not refused to a row that comes with it.
        let alone = self.analysis.methods.as_slice() == [method];
        let interval = interval_of(method, self.analysis.interval, alone)?;
        if matches!(method, MethodId::LeeBounds | MethodId::WorstCaseBounds) {
            let of = subgroup.as_ref().map(|(_, of)| *of);
            let (mut computed, bounds) = self.bounded(contrast, method, of)?;
            if method == MethodId::LeeBounds && self.stratum.is_some() {
                computed.note("Lee bounds are of all strata together");
            }
            let mut row = self.row(contrast, method, computed, subgroup, true);
            row.bounds = bounds;
            return Ok(row);
        }
        let (mut computed, scale) = self.computed(contrast, method, interval)?;
        if self.people.weights.is_some() && heeds_weights(method) {
            computed.note("weighted; the shares and means of the arms are of persons, unweighted");
        }
        let linear = matches!(method, MethodId::Ols | MethodId::Lin | MethodId::Ancova);
        let mut row = self.row(contrast, method, computed, subgroup, false);
        row.scale = scale;
        if linear || method == MethodId::Late && !self.late_by_stratum() {
            row.options.se = Some(self.standard_errors());
        }
        Ok(row)
    }

    fn computed(
        &self,
        contrast: &Contrast,
        method: MethodId,
        interval: IntervalId,
    ) -> Result<(Computed, Scale), EstimateError> {
        let level = self.analysis.level;
        let scale = method.scale();
        let computed = match method {
            MethodId::DifferenceInMeans => {
                let (arm, reference) = (contrast.side(true), contrast.side(false));
                let mut computed = match interval {
                    IntervalId::BootstrapT if self.measured.unit == Unit::PooledShare => {
                        return Err(self.error("a pooled share has no interval `bootstrap-t`"));
                    }
                    IntervalId::BootstrapT => {
                        let id = |arm: usize| self.people.arms[arm].as_str();
                        let of = |arm, values| Arm {
                            id: id(arm),
                            values,
                        };
                        let (arm, reference) =
                            (of(contrast.arm, &arm), of(contrast.reference, &reference));
                        bootstrap_t(arm, reference, level, &self.analysis.resampling)
                    }
                    _ => means::difference_in_means(&arm, &reference, level),
                };
                if self.measured.unit == Unit::PooledShare {
                    computed.note(
                        "shares of all weeks observed in the arm; the variance is that of a ratio",
                    );
                }
                computed
            }
            MethodId::StratifiedDifference => self.stratified(contrast)?,
            MethodId::Ols | MethodId::Lin | MethodId::Ancova => self.linear(contrast, method),
            MethodId::RatioOfMeans => {
                let cluster = self.cluster.map(|groups| contrast.grouped(groups).of);
                ratio_of_means(&contrast.y, &contrast.in_arm, cluster.as_deref(), level)
            }
            MethodId::RiskDifference | MethodId::RiskRatio if self.stratum.is_some() => {
                let strata = contrast.counts_by(&self.strata(contrast));
                match method {
                    MethodId::RiskDifference => {
                        shares::stratified_risk_difference(&strata, level, interval)
                    }
                    _ => shares::stratified_risk_ratio(&strata, level, interval),
                }
            }
            MethodId::MantelHaenszel => {
                let scale = match self.analysis.scale {
                    Some(ShareScale::Ratio) => Scale::Ratio,
                    _ => Scale::Difference,
                };
                let strata = contrast.counts_by(&self.strata(contrast));
                return Ok((shares::mantel_haenszel(&strata, scale, level), scale));
            }
            MethodId::RiskDifference
            | MethodId::RiskRatio
            | MethodId::OddsRatio
            | MethodId::FisherExact => {
                let (arm, reference) = contrast.counts();
                of_two_counts(method, arm, reference, level, interval)
            }
            MethodId::Late => self.late(contrast, interval)?,
            MethodId::KaplanMeier
            | MethodId::Rmst
            | MethodId::LogRank
            | MethodId::Cox
            | MethodId::AalenJohansen => self.times(contrast, method)?,
            // Filled in once all tests are known, from one set of replays.
            MethodId::RandomisationTest => Computed::nothing(),
            MethodId::LeeBounds | MethodId::WorstCaseBounds => {
                unreachable!("bounds are no estimate, and have a way of their own")
            }
            MethodId::Share | MethodId::Change => {
                return Err(EstimateError::Lacks {
                    method,
                    what: "a sample with one arm",
                    hint: "`klero compare 9/135` is of one share; `change` needs a baseline",
                });
            }
            MethodId::InteractionTest => {
                return Err(EstimateError::Lacks {
                    method,
                    what: "levels to compare",
                    hint: "`--by FACTOR` shows the effect in each level, with this test",
                });
            }
        };
        Ok((computed, scale))
    }

    fn strata(&self, contrast: &Contrast) -> Grouped {
        let strata = self.people.stratum.as_ref();
        contrast.grouped(strata.expect("a method by strata is checked to have them"))
    }

    fn stratified(&self, contrast: &Contrast) -> Result<Computed, EstimateError> {
        let strata = self.strata(contrast);
        let cluster = self.cluster.map(|groups| contrast.grouped(groups).of);
        let data = Stratified {
            y: &contrast.y,
            in_arm: &contrast.in_arm,
            stratum: &strata.of,
            names: &strata.names,
            cluster: cluster.as_deref(),
        };
        match stratified_difference(&data, self.analysis.level) {
            // Of this contrast there is no number, and others have theirs.
            Err(error @ (StratifiedError::EmptyArm { .. } | StratifiedError::TooFew { .. })) => {
                Ok(Computed::undefined(&error.to_string()))
            }
            found => found.map_err(|error| self.error(error)),
        }
    }

    fn error(&self, error: impl std::fmt::Display) -> EstimateError {
        EstimateError::Method {
            outcome: self.measured.name(),
            message: error.to_string(),
        }
    }

    fn linear(&self, contrast: &Contrast, method: MethodId) -> Computed {
        let mut notes = Vec::new();
        let all;
        let mut contrast = contrast;
        let mut others = Vec::new();
        if self.analysis.model == Model::AllArms && method == MethodId::Ols {
            all = self.all_arms(contrast);
            others = all.1;
            contrast = &all.0;
            notes.push("one model over all arms".to_owned());
        }
        let (mut columns, declared) = self.covariates(contrast, &self.analysis.adjust, &mut notes);
        if method == MethodId::Ancova {
            columns.extend(self.baseline(contrast, &mut notes));
        }
        columns.append(&mut others);
        let covariates = as_covariates(&columns);
        let cluster = self.cluster.map(|groups| contrast.grouped(groups).of);
        let entered = self.entered(contrast, &covariates, cluster.as_deref());
        let how = self.inference();
        let fit = match method {
            MethodId::Lin => lin_fit(&entered.columns(), &[entered.y], &how),
            _ => ols_fit(&entered.columns(), &[entered.y], &how),
        };
        // The intercept stands before the covariates; one that was dropped takes nothing.
        let dropped = |fit: &Fit| {
            fit.dropped
                .iter()
                .filter(|c| (1..=declared).contains(c))
                .count()
        };
        let used = declared - fit.as_ref().map_or(0, dropped);
        let smallest = contrast.smaller_side();
        if used * PERSONS_PER_COVARIATE > smallest {
            notes.push(format!(
                "{used} {} for {smallest} persons in the smaller arm: more than one for every \
                 {PERSONS_PER_COVARIATE}",
                if used == 1 { "covariate" } else { "covariates" }
            ));
        }
        let mut computed = match fit {
            Ok(fit) => fit.computed(how.level),
            Err(reason) => Computed::undefined(&reason),
        };
        computed.notes.extend(notes);
        computed
    }

    /// Returns the people of all arms with a value, and a column for each arm that is not of the
    /// contrast.
    fn all_arms<'a>(&self, contrast: &Contrast<'a>) -> (Contrast<'a>, Vec<Column>)
    where
        's: 'a,
    {
        let mut all = Contrast::of(
            self.people,
            self.measured,
            (contrast.arm, contrast.reference),
            Some(&vec![false; self.people.len()]),
        );
        let mut arms = Vec::new();
        for (row, &arm) in self.people.arm.iter().enumerate() {
            if self.measured.observed[row] && self.only().is_none_or(|marked| marked[row]) {
                all.rows.push(row as u32);
                all.y.push(self.measured.value[row]);
                all.in_arm.push(usize::from(arm) == contrast.arm);
                arms.push(usize::from(arm));
            }
        }
        let others = (0..self.people.arms.len())
            .filter(|&arm| arm != contrast.arm && arm != contrast.reference)
            .map(|other| {
                let values = arms.iter().map(|&arm| f64::from(arm == other));
                Column::new(format!("arm {}", self.people.arms[other]), values.collect())
            });
        let others = others.collect();
        (all, others)
    }

    /// Returns the value before the draw as a covariate.
    fn baseline(&self, contrast: &Contrast, notes: &mut Vec<String>) -> Vec<Column> {
        let baseline = self.measured.baseline.iter().flatten();
        let name = format!("{}_baseline", self.measured.name());
        contrast.numbers(&name, &baseline.copied().collect(), notes)
    }

    /// Whether the effect of what was received comes from differences by stratum, or from a
    /// regression.
    fn late_by_stratum(&self) -> bool {
        self.stratum.is_some() && self.analysis.adjust.is_empty() && self.analysis.se.is_none()
    }

    fn late(&self, contrast: &Contrast, interval: IntervalId) -> Result<Computed, EstimateError> {
        let taken = self.analysis.received.expect("checked when the method was");
        // Receipt that is not known leaves a person out.
        let known: Vec<bool> = (0..self.people.len())
            .map(|row| taken.observed[row] && self.only().is_none_or(|marked| marked[row]))
            .collect();
        let kept: Vec<bool> = contrast
            .rows
            .iter()
            .map(|&row| known[row as usize])
            .collect();
        let unknown = kept.iter().filter(|kept| !**kept).count();
        let arms = (contrast.arm, contrast.reference);
        let mut whom = vec![false; self.people.len()];
        for &row in &contrast.rows {
            whom[row as usize] = known[row as usize];
        }
        let contrast = &Contrast::of(self.people, self.measured, arms, Some(&whom));
        let received = contrast.column(&taken.value);
        let interval = match interval {
            IntervalId::T => LateInterval::TwoStage,
            _ => LateInterval::AndersonRubin,
        };
        let mut notes = Vec::new();
        let cluster = self.cluster.map(|groups| contrast.grouped(groups).of);
        let found = match self.late_by_stratum() {
            true => {
                let strata = self.strata(contrast);
                let data = Stratified {
                    y: &contrast.y,
                    in_arm: &contrast.in_arm,
                    stratum: &strata.of,
                    names: &strata.names,
                    cluster: cluster.as_deref(),
                };
                late(
                    Draw::Stratified(&data, self.analysis.level),
                    &received,
                    interval,
                )
            }
            false => {
                let (columns, _) = self.covariates(contrast, &self.analysis.adjust, &mut notes);
                let covariates = as_covariates(&columns);
                let entered = self.entered(contrast, &covariates, cluster.as_deref());
                late(
                    Draw::Ols(&entered.columns(), self.inference()),
                    &received,
                    interval,
                )
            }
        };
        let mut found = found.map_err(|error| self.error(error))?;
        let computed = &mut found.computed;
        computed.notes.extend(notes);
        if let Some(share) = found.complier_share {
            let yes_no = received.iter().all(|&r| r == 0.0 || r == 1.0);
            computed.note(&match yes_no {
                true => format!(
                    "{} % received it because of the draw",
                    rounded(100.0 * share, 1)
                ),
                false => format!(
                    "the draw changed what was received by {}",
                    rounded(share, 4)
                ),
            });
        }
        if let Some(f) = found.first_stage_f {
            computed.note(&format!("F of the first stage {}", rounded(f, 1)));
        }
        if unknown > 0 {
            computed.note(&format!(
                "{unknown} of whom it is not known what they received are left out"
            ));
        }
        Ok(found.computed)
    }

    fn times(&self, contrast: &Contrast, method: MethodId) -> Result<Computed, EstimateError> {
        let level = self.analysis.level;
        let ends = self.measured.end.as_deref().unwrap_or(&[]);
        let ends: Vec<_> = contrast
            .rows
            .iter()
            .map(|&row| ends[row as usize])
            .collect();
        let horizon = || {
            self.analysis.horizon.ok_or(EstimateError::Lacks {
                method,
                what: "a horizon",
                hint: "`--horizon`: the time up to which the arms are compared",
            })
        };
        let wrong = |error: duration::DurationError| self.error(error);
        if method == MethodId::Cox {
            let mut notes = Vec::new();
            let arm: Vec<f64> = contrast
                .in_arm
                .iter()
                .map(|&in_arm| f64::from(in_arm))
                .collect();
            let covariates = contrast.covariates(&self.analysis.adjust, &mut notes);
            let mut columns = vec![arm.as_slice()];
            columns.extend(covariates.iter().map(|column| &column.values[..]));
            let mut times = Times::new(&contrast.y, &ends).map_err(wrong)?;
            let strata = self.stratum.map(|groups| contrast.grouped(groups).of);
            if let Some(strata) = &strata {
                times = times.stratified(strata).map_err(wrong)?;
            }
            let cluster = self.cluster.map(|groups| contrast.grouped(groups).of);
            let variance = match &cluster {
                Some(clusters) => Variance::Clustered(clusters),
                None => Variance::Robust,
            };
            let mut computed = cox::cox(times, &columns, variance, level).map_err(wrong)?;
            computed.notes.extend(notes);
            return Ok(computed);
        }
        let strata = self.stratum.map(|_| self.strata(contrast));
        let side = |arm: bool| -> Side {
            let mut side = Side::default();
            for (place, &in_arm) in contrast.in_arm.iter().enumerate() {
                if in_arm == arm {
                    side.time.push(contrast.y[place]);
                    side.end.push(ends[place]);
                    side.stratum
                        .extend(strata.as_ref().map(|strata| strata.of[place]));
                }
            }
            side
        };
        let (arm, reference) = (side(true), side(false));
        let mut a = Times::new(&arm.time, &arm.end).map_err(wrong)?;
        let mut r = Times::new(&reference.time, &reference.end).map_err(wrong)?;
        if strata.is_some() {
            a = a.stratified(&arm.stratum).map_err(wrong)?;
            r = r.stratified(&reference.stratum).map_err(wrong)?;
        }
        Ok(match method {
            MethodId::LogRank => duration::log_rank::log_rank(a, r),
            MethodId::KaplanMeier => {
                duration::curve::kaplan_meier_difference(a, r, horizon()?, level)
            }
            MethodId::AalenJohansen => {
                duration::incidence::incidence_difference(a, r, horizon()?, level)
            }
            _ => duration::curve::restricted_mean_difference(a, r, horizon()?, level),
        })
    }

    /// Returns the bounds of a difference with outcomes missing.
    fn bounded(
        &self,
        contrast: &Contrast,
        method: MethodId,
        of: Option<&[bool]>,
    ) -> Result<(Computed, Option<(f64, f64)>), EstimateError> {
        let level = self.analysis.level;
        let (arm, reference) = (contrast.side(true), contrast.side(false));
        let answers = |values, arm: usize| Answers {
            values,
            drawn: self.counts(arm, of).allocated,
        };
        let (a, r) = (
            answers(&arm, contrast.arm),
            answers(&reference, contrast.reference),
        );
        let found = if method == MethodId::LeeBounds {
            bounds::lee_bounds(a, r, level)
        } else {
            let limits = match self.analysis.worst_case {
                Some(WorstCase::Between(low, high)) => Some((low, high)),
                _ => self.measured.limits,
            };
            let Some(limits) = limits else {
                return Err(EstimateError::Lacks {
                    method,
                    what: "the least and largest value of the outcome",
                    hint: "`--limits LOW,HIGH` states them",
                });
            };
            bounds::worst_case_bounds(a, r, limits, level).map_err(|error| self.error(error))?
        };
        let mut computed = Computed::nothing();
        computed.interval = found.interval.filter(|_| self.cluster.is_none());
        computed.notes = found.notes;
        if self.cluster.is_some() {
            computed.note("no interval: the draw was of clusters");
        }
        // A difference of two numbers within limits lies within their distance.
        let limits = match self.measured.unit {
            Unit::YesNo | Unit::ShareOfTime => Some((0.0, 1.0)),
            _ => self.measured.limits,
        };
        if let (Some(interval), Some((low, high))) = (&mut computed.interval, limits) {
            interval.lower = interval.lower.map(|lower| lower.max(low - high));
            interval.upper = interval.upper.map(|upper| upper.min(high - low));
        }
        if let Some(trimmed) = &found.trimmed {
            let side = match trimmed.side {
                bounds::Side::Arm => contrast.arm,
                bounds::Side::Reference => contrast.reference,
            };
            computed.note(&format!(
                "Lee bounds trim {} % of the outcomes of `{}`",
                rounded(100.0 * trimmed.share, 1),
                self.people.arms[side]
            ));
        }
        Ok((computed, found.lower.zip(found.upper)))
    }

    /// Counts an arm: everybody drawn, or those of a subgroup.
    fn counts(&self, arm: usize, of: Option<&[bool]>) -> ArmCounts {
        match of {
            Some(_) => self.counted(arm, of),
            None => *self.everybody[arm].get_or_init(|| self.counted(arm, None)),
        }
    }

    /// Returns p of the test that as many outcomes are missing in both arms, by stratum where the
    /// draw had strata. The test is of persons: where clusters were drawn there is none.
    fn missing_p(&self, contrast: &Contrast, of: Option<&[bool]>) -> Option<f64> {
        if self.cluster.is_some() {
            return None;
        }
        let strata = self.stratum.map_or(1, |groups| groups.names.len());
        let mut counts = vec![(Count::new(0, 0), Count::new(0, 0)); strata];
        for (row, &in_arm) in self.people.arm.iter().enumerate() {
            let stratum = self.stratum.map_or(0, |groups| groups.of[row] as usize);
            let count = match usize::from(in_arm) {
                arm if arm == contrast.arm => &mut counts[stratum].0,
                arm if arm == contrast.reference => &mut counts[stratum].1,
                _ => continue,
            };
            if self.within(of, row) {
                count.n += 1;
                count.events += u64::from(!self.measured.observed[row]);
            }
        }
        bounds::difference_in_missing(&counts).p_value
    }

    /// Whether a person is among those looked at, and in the subgroup.
    fn within(&self, of: Option<&[bool]>, row: usize) -> bool {
        of.is_none_or(|of| of[row]) && self.only().is_none_or(|only| only[row])
    }

    fn counted(&self, arm: usize, of: Option<&[bool]>) -> ArmCounts {
        let (mut allocated, mut n, mut ones) = (0, 0, 0);
        // As `sum` begins.
        let mut sum = -0.0;
        let mut weeks = (0.0, 0.0);
        let values = self.measured.value.iter().zip(&self.measured.observed);
        for (row, (&in_arm, (&value, &observed))) in self.people.arm.iter().zip(values).enumerate()
        {
            // Without a branch on the arm, which no processor could foresee; −0 changes no sum.
            let allotted = (usize::from(in_arm) == arm) & self.within(of, row);
            let enters = allotted & observed;
            allocated += usize::from(allotted);
            n += usize::from(enters);
            sum += if enters { value } else { -0.0 };
            ones += u64::from(enters & (value == 1.0));
            if let (true, Some(observed)) = (enters, &self.measured.of) {
                weeks = (weeks.0 + value, weeks.1 + observed[row]);
            }
        }
        let yes_no = self.measured.unit == Unit::YesNo;
        let mean = match self.measured.unit {
            Unit::PooledShare => (weeks.1 > 0.0).then(|| weeks.0 / weeks.1),
            // A mean of times that are partly censored is no mean time.
            Unit::TimeToEvent => None,
            _ if n == 0 => None,
            _ => Some(sum / n as f64),
        };
        let events = match (&self.measured.end, yes_no) {
            (Some(ends), _) => Some(self.events_of(arm, of, ends)),
            (None, true) => Some(ones),
            (None, false) => None,
        };
        ArmCounts {
            allocated,
            missing: allocated - n,
            n,
            mean,
            events,
        }
    }

    fn events_of(&self, arm: usize, of: Option<&[bool]>, ends: &[crate::sample::End]) -> u64 {
        (0..self.people.len())
            .filter(|&row| {
                usize::from(self.people.arm[row]) == arm
                    && self.measured.observed[row]
                    && self.within(of, row)
                    && ends[row] == crate::sample::End::Event
            })
            .count() as u64
    }

    fn row(
        &self,
        contrast: &Contrast,
        method: MethodId,
        computed: Computed,
        subgroup: Option<(Subgroup, &[bool])>,
        plain: bool,
    ) -> Estimate {
        let within = subgroup.as_ref().map(|(_, of)| *of);
        let alone = matches!(method, MethodId::Share | MethodId::Change);
        let arm_counts = self.counts(contrast.arm, within);
        let reference_counts = (!alone).then(|| self.counts(contrast.reference, within));
        let missing_p = reference_counts
            .filter(|reference| arm_counts.missing + reference.missing > 0)
            .and_then(|_| self.missing_p(contrast, within));
        let heeds = |groups: Option<&Groups>| groups.map(|groups| groups.name.clone());
        let facts = |of: &[usize]| {
            let ids = of.iter().map(|&fact| self.people.facts[fact].id.clone());
            ids.collect::<Vec<String>>()
        };
        let adjusts = matches!(
            method,
            MethodId::Ols | MethodId::Lin | MethodId::Ancova | MethodId::Late | MethodId::Cox
        ) && !plain;
        let mut adjust = match adjusts || method == MethodId::InteractionTest {
            true => facts(&self.analysis.adjust),
            false => Vec::new(),
        };
        if method == MethodId::Ancova {
            adjust.push(format!("{}_baseline", self.measured.name()));
        }
        let (mut arm_counts, mut reference_counts) = (arm_counts, reference_counts);
        let mut computed = computed;
        let not_covered = |arm: usize| self.measured.missing[arm].contains_key("not-covered");
        if self.measured.early && (not_covered(contrast.arm) || not_covered(contrast.reference)) {
            computed.note(
                "of those whose window is not covered a yes is known and a no is not: the shares \
                 among the known are too high",
            );
        }
        if let (Some((arm, reference)), Some(counts)) = (computed.levels, &mut reference_counts) {
            arm_counts.mean = Some(arm);
            counts.mean = Some(reference);
        }
        let by_design = !matches!(
            method,
            MethodId::Change | MethodId::Share | MethodId::LeeBounds | MethodId::WorstCaseBounds
        );
        let times = self.measured.unit == Unit::TimeToEvent
            && matches!(
                method,
                MethodId::KaplanMeier | MethodId::Rmst | MethodId::AalenJohansen
            );
        let resampled = computed
            .interval
            .as_ref()
            .is_some_and(|interval| interval.method == IntervalId::BootstrapT);
        Estimate {
            outcome: self.measured.id.clone(),
            label: self.measured.label.clone(),
            unit: self.measured.unit,
            role: self.analysis.role,
            arm: self.people.arms[contrast.arm].clone(),
            reference: (!alone).then(|| self.people.arms[contrast.reference].clone()),
            subgroup: subgroup.map(|(subgroup, _)| subgroup),
            method,
            scale: method.scale(),
            computed,
            bounds: None,
            p_adjusted: None,
            family: None,
            arm_counts,
            reference_counts,
            missing_p,
            target: match method {
                MethodId::Share => self.measured.target,
                _ => None,
            },
            standing: self.standing(method),
            options: Options {
                adjust,
                se: None,
                strata: heeds(self.stratum.filter(|_| by_design)),
                cluster: heeds(
                    self.cluster
                        .filter(|_| by_design || method == MethodId::Change),
                ),
                weighted: self.people.weights.is_some() && heeds_weights(method),
                received: match (method, self.analysis.received) {
                    (MethodId::Late, Some(received)) => received.id.clone(),
                    _ => None,
                },
                horizon: self.analysis.horizon.filter(|_| times),
                only: self.analysis.only.map(|(name, _)| name.to_owned()),
                replays: None,
                resamples: resampled.then(|| Resampled {
                    number: self.analysis.resampling.number,
                    seed: self.analysis.resampling.seed.clone(),
                }),
            },
        }
    }

    fn standing(&self, method: MethodId) -> Standing {
        let ignored = self.analysis.design == Respect::Ignored
            && (self.people.stratum.is_some() || self.people.cluster.is_some());
        if self.measured.before_draw {
            Standing::BeforeDraw
        } else if method == MethodId::Change {
            Standing::NotAnEffect(Because::WithinArm)
        } else if self.analysis.only.is_some() {
            Standing::NotAnEffect(Because::Chosen)
        } else if self.measured.reached {
            Standing::NotAnEffect(Because::Reached)
        } else if ignored {
            Standing::Sensitivity
        } else {
            Standing::Effect
        }
    }
}

/// The times of one side of a contrast.
#[derive(Default)]
struct Side {
    time: Vec<f64>,
    end: Vec<crate::sample::End>,
    stratum: Vec<u32>,
}

/// What enters a regression, with what it owns.
struct Entered<'a> {
    y: &'a [f64],
    in_arm: &'a [bool],
    covariates: &'a [Covariate<'a>],
    weights: Option<Vec<f64>>,
    cluster: Option<&'a [u32]>,
}

impl Entered<'_> {
    fn columns(&self) -> Columns<'_> {
        Columns {
            y: self.y,
            in_arm: self.in_arm,
            covariates: self.covariates,
            weights: self.weights.as_deref(),
            cluster: self.cluster,
        }
    }
}

fn as_covariates(columns: &[Column]) -> Vec<Covariate<'_>> {
    columns
        .iter()
        .map(|column| Covariate {
            name: &column.name,
            values: &column.values,
        })
        .collect()
}

impl ArmCounts {
    fn of_count(count: Count) -> ArmCounts {
        ArmCounts {
            allocated: count.n as usize,
            missing: 0,
            n: count.n as usize,
            mean: (count.n > 0).then(|| count.share()),
            events: Some(count.events),
        }
    }
}

//! The whole effect table: the rows of every outcome, the randomisation tests of all outcomes of a
//! contrast from the same replays, and p-values adjusted for the family that the plan declares.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use super::Resampling;
use super::redraw::{self, Design, Null, Persons, Redrawn, Replaying, Unit, Weighting};
use super::rows::{Request, contrasts, estimate};
use super::{Estimate, EstimateError, Replayed, Respect, multiplicity};
use crate::protocol::{Adjustment, MethodId, Multiplicity, Statistic};
use crate::sample::{Drawn, People};

/// How the draw is replayed for tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayPlan {
    pub number: u32,
    pub seed: String,
    pub statistic: Statistic,
    pub threads: usize,
}

impl ReplayPlan {
    /// Returns how persons are drawn again where an interval asks for it: as often as the draw is
    /// replayed, from the same text.
    pub fn resampling(&self) -> Resampling {
        Resampling {
            number: self.number,
            seed: self.seed.clone(),
            threads: NonZeroUsize::new(self.threads),
        }
    }
}

/// Returns the rows of all requests, in their order. A request that cannot be made stops the rest
/// where `failed` makes an error of it, and else has no rows.
pub fn effects(
    people: &People,
    requests: &[Request],
    multiplicity: Option<Multiplicity>,
    plan: &ReplayPlan,
    mut failed: impl FnMut(usize, EstimateError) -> Result<(), EstimateError>,
) -> Result<Vec<Estimate>, EstimateError> {
    let mut tables = Vec::new();
    for (place, request) in requests.iter().enumerate() {
        tables.push(match estimate(people, request) {
            Ok(rows) => rows,
            Err(error) => {
                failed(place, error)?;
                Vec::new()
            }
        });
    }
    let multiplicity = multiplicity.filter(|m| m.method != Adjustment::None);
    let step_down = multiplicity.is_some_and(|m| m.method == Adjustment::RomanoWolf);
    let tests = redrawn(people, requests, &mut tables, step_down, plan)?;
    if let Some(multiplicity) = multiplicity {
        match step_down {
            true => adjust_by_replays(&mut tables, &tests, multiplicity),
            false => adjust(people, requests, &mut tables, multiplicity),
        }
    }
    Ok(tables.into_iter().flatten().collect())
}

/// A row of a randomisation test, and the test behind it.
struct Test {
    request: usize,
    row: usize,
    redrawn: Redrawn,
}

/// Fills the rows of randomisation tests: all outcomes of a contrast from the same replays, and
/// where no arm can be held, all contrasts.
fn redrawn(
    people: &People,
    requests: &[Request],
    tables: &mut [Vec<Estimate>],
    step_down: bool,
    plan: &ReplayPlan,
) -> Result<Vec<Test>, EstimateError> {
    let mut tests = Vec::new();
    let asked: Vec<usize> = (0..requests.len())
        .filter(|&request| tables[request].iter().any(is_test))
        .collect();
    if asked.is_empty() {
        return Ok(tests);
    }
    let first = requests[asked[0]].measured.name();
    let wrong = |message: String| EstimateError::Method {
        outcome: first.clone(),
        message,
    };
    let Some(design) = design(people)
        .transpose()
        .map_err(|e| wrong(e.to_string()))?
    else {
        return Err(EstimateError::Lacks {
            method: MethodId::RandomisationTest,
            what: "the draw that it replays",
            hint: "the ledger of a study, or `--procedure` for a table",
        });
    };
    // Requests that compare the same arms in the same way share one call. The replays of a contrast
    // follow from the seed and its arms, and are the same in every call.
    let mut groups: Vec<(Shared, Vec<usize>)> = Vec::new();
    for request in asked {
        let analysis = &requests[request].analysis;
        if analysis.only.is_some() {
            for row in tables[request].iter_mut().filter(|row| is_test(row)) {
                row.computed
                    .note("people chosen after the draw cannot be drawn again");
            }
            continue;
        }
        let stratified = people.stratum.is_some() && analysis.design == Respect::Heeded;
        let shared = Shared {
            contrasts: contrasts(people, &analysis.contrasts),
            weighting: match stratified {
                true => Weighting::ByStratum,
                false => Weighting::Pooled,
            },
            level: analysis.level,
        };
        match groups.iter_mut().find(|(known, _)| *known == shared) {
            Some((_, members)) => members.push(request),
            None => groups.push((shared, vec![request])),
        }
    }
    for (shared, members) in groups {
        let columns: Vec<Vec<Option<f64>>> = members
            .iter()
            .map(|&request| {
                let measured = requests[request].measured;
                let values = measured.value.iter().zip(&measured.observed);
                values
                    .map(|(value, observed)| observed.then_some(*value))
                    .collect()
            })
            .collect();
        let outcomes: Vec<&[Option<f64>]> = columns.iter().map(Vec::as_slice).collect();
        let replaying = Replaying {
            replays: u64::from(plan.number),
            seed: plan.seed.clone(),
            statistic: plan.statistic,
            weighting: shared.weighting,
            level: shared.level,
            // A family adjusted from the replays needs as many of each contrast.
            listed: if step_down { 0 } else { redraw::LISTED },
            threads: NonZeroUsize::new(plan.threads),
        };
        let found = redraw::test(&design, &outcomes, &shared.contrasts, &replaying)
            .map_err(|error| wrong(error.to_string()))?;
        for redrawn in found {
            let request = members[redrawn.outcome];
            let (arm, reference) = redrawn.contrast;
            let (arm, reference) = (&people.arms[arm], &people.arms[reference]);
            let row = tables[request].iter().position(|row| {
                is_test(row) && row.arm == *arm && row.reference.as_ref() == Some(reference)
            });
            let Some(row) = row else { continue };
            fill(&mut tables[request][row], &redrawn, plan);
            tests.push(Test {
                request,
                row,
                redrawn,
            });
        }
    }
    Ok(tests)
}

/// What tests must share to come from one call.
#[derive(PartialEq)]
struct Shared {
    contrasts: Vec<(usize, usize)>,
    weighting: Weighting,
    level: f64,
}

fn is_test(row: &Estimate) -> bool {
    row.method == MethodId::RandomisationTest
}

fn fill(row: &mut Estimate, redrawn: &Redrawn, plan: &ReplayPlan) {
    let computed = &mut row.computed;
    computed.estimate = redrawn.estimate;
    computed.std_error = redrawn.std_error;
    computed.p_value = redrawn.p_value;
    computed.interval = redrawn.interval.clone();
    computed.note(&format!(
        "null of the randomisation test: {}",
        redrawn.null.summary()
    ));
    computed.notes.extend(redrawn.notes.iter().cloned());
    row.options.replays = Some(Replayed {
        statistic: plan.statistic,
        number: redrawn.draws,
        exact: redrawn.exact,
        error: redrawn.monte_carlo_error,
        seed: plan.seed.clone(),
    });
}

/// Returns the draw of a sample in the form that can be drawn again.
pub fn design(people: &People) -> Option<Result<Design, redraw::DesignError>> {
    let arms = people.arms.clone();
    let in_place = |of: &[u32]| of.iter().map(|&of| of as usize).collect::<Vec<usize>>();
    match people.drawn.as_ref()? {
        Drawn::Recorded(recorded) => {
            let units = recorded.units.iter().map(|unit| Unit {
                stratum: unit.stratum as usize,
                list: unit.batch as usize,
                levels: unit.levels.iter().map(|&level| level as usize).collect(),
                arm: usize::from(unit.arm),
            });
            Some(Design::new(redraw::Drawn {
                arms,
                procedure: recorded.procedure.clone(),
                ratio: recorded.ratio.clone(),
                units: units.collect(),
                unit_of: in_place(&recorded.unit_of),
                block_sizes: recorded.block_sizes.clone(),
            }))
        }
        Drawn::Lists { block } => {
            let arm: Vec<usize> = people.arm.iter().map(|&arm| usize::from(arm)).collect();
            let groups = |groups: &Option<crate::sample::Groups>| {
                groups
                    .as_ref()
                    .map_or_else(Vec::new, |groups| in_place(&groups.of))
            };
            let (stratum, cluster) = (groups(&people.stratum), groups(&people.cluster));
            let persons = Persons {
                arm: &arm,
                stratum: &stratum,
                cluster: &cluster,
            };
            Some(match block {
                None => Design::complete(arms, persons),
                Some(block) => {
                    let blocks = in_place(block);
                    Design::permuted_blocks(arms, persons, redraw::Blocks::Named(&blocks))
                }
            })
        }
    }
}

/// One hypothesis for each outcome and contrast, with the p of its first row. The family is what
/// was asked for: one that could not be tested counts as p = 1.
fn adjust(
    people: &People,
    requests: &[Request],
    tables: &mut [Vec<Estimate>],
    multiplicity: Multiplicity,
) {
    let mut family: Vec<(usize, usize)> = Vec::new();
    for (table, rows) in tables.iter().enumerate() {
        for (place, row) in rows.iter().enumerate() {
            let first = !family
                .iter()
                .any(|&(other, at)| same_hypothesis(&tables[other][at], row));
            if in_family(row, multiplicity) && row.computed.p_value.is_some() && first {
                family.push((table, place));
            }
        }
    }
    let tested = |outcome: &str, arm: &str, reference: Option<&str>| {
        family.iter().any(|&(table, place)| {
            let row = &tables[table][place];
            (
                row.outcome.as_deref(),
                row.arm.as_str(),
                row.reference.as_deref(),
            ) == (Some(outcome), arm, reference)
        })
    };
    let mut untested: BTreeSet<(String, String, Option<String>)> = BTreeSet::new();
    for (request, rows) in requests.iter().zip(tables.iter()) {
        let outcome = request.measured.name();
        let of_rows = rows.iter().filter(|row| in_family(row, multiplicity));
        let mut pairs: Vec<(String, Option<String>)> = of_rows
            .map(|row| (row.arm.clone(), row.reference.clone()))
            .collect();
        if rows.is_empty() && is_test_of_family(request, multiplicity) {
            let arm = |arm: usize| people.arms[arm].clone();
            let compared = contrasts(people, &request.analysis.contrasts);
            let compared = compared.into_iter();
            pairs.extend(compared.map(|(one, other)| (arm(one), Some(arm(other)))));
        }
        pairs.retain(|(arm, reference)| !tested(&outcome, arm, reference.as_deref()));
        // In a study with one arm only a share with a target is tested.
        pairs.retain(|(_, reference)| reference.is_some() || request.measured.target.is_some());
        untested.extend(
            pairs
                .into_iter()
                .map(|(arm, of)| (outcome.clone(), arm, of)),
        );
    }
    let p = |&(table, row): &(usize, usize)| tables[table][row].computed.p_value;
    let mut p_values: Vec<f64> = family.iter().filter_map(p).collect();
    p_values.extend(untested.iter().map(|_| 1.0));
    let size = p_values.len();
    let adjusted = multiplicity::adjust(&p_values, multiplicity.method);
    for (&(table, first), adjusted) in family.iter().zip(adjusted) {
        let (p, key) = {
            let row = &tables[table][first];
            (row.computed.p_value, row.clone())
        };
        // Rows that share the test share its adjusted p.
        for row in &mut tables[table] {
            if row.computed.p_value == p && same_hypothesis(row, &key) {
                row.p_adjusted = Some(adjusted);
                row.family = Some(size);
                if !untested.is_empty() {
                    row.computed.note(&format!(
                        "tests of the family that could not be made count as p = 1: {}",
                        untested.len()
                    ));
                }
            }
        }
    }
}

/// Whether a request that could not be made would have been a test of the family.
fn is_test_of_family(request: &Request, multiplicity: Multiplicity) -> bool {
    let analysis = &request.analysis;
    analysis.role.is_none_or(|role| role == multiplicity.family)
        && analysis.by.is_none()
        && analysis.only.is_none()
        && analysis.methods != [MethodId::Change]
        && !request.measured.before_draw
        && !request.measured.reached
}

fn in_family(row: &Estimate, multiplicity: Multiplicity) -> bool {
    use super::Standing;
    row.role.is_none_or(|role| role == multiplicity.family)
        && row.subgroup.is_none()
        && matches!(row.standing, Standing::Effect | Standing::Sensitivity)
}

fn same_hypothesis(a: &Estimate, b: &Estimate) -> bool {
    (&a.outcome, &a.arm, &a.reference, &a.subgroup)
        == (&b.outcome, &b.arm, &b.reference, &b.subgroup)
}

/// Romano & Wolf's step-down over the randomisation tests of the family. Contrasts that hold the
/// other arms have replays of their own.
fn adjust_by_replays(tables: &mut [Vec<Estimate>], tests: &[Test], multiplicity: Multiplicity) {
    let family: Vec<&Test> = tests
        .iter()
        .filter(|test| {
            let row = &tables[test.request][test.row];
            in_family(row, multiplicity) && row.computed.p_value.is_some()
        })
        .collect();
    let Some(replays) = family.iter().map(|test| test.redrawn.replayed.len()).min() else {
        return;
    };
    let observed: Vec<Option<f64>> = family
        .iter()
        .map(|test| test.redrawn.statistic.map(f64::abs))
        .collect();
    let held = |test: &Test| {
        let (arm, reference) = test.redrawn.contrast;
        (test.redrawn.null == Null::TwoArms).then(|| (arm.min(reference), arm.max(reference)))
    };
    let sets: Vec<usize> = family
        .iter()
        .map(|test| family.iter().position(|other| held(other) == held(test)))
        .map(|first| first.expect("a test is of its own set"))
        .collect();
    let mut by_replay = Vec::with_capacity(replays * family.len());
    for replay in 0..replays {
        by_replay.extend(family.iter().map(|test| test.redrawn.replayed[replay]));
    }
    let adjusted =
        multiplicity::romano_wolf(&observed, &sets, by_replay.chunks_exact(family.len()));
    for (test, adjusted) in family.iter().zip(adjusted) {
        let row = &mut tables[test.request][test.row];
        row.p_adjusted = adjusted;
        row.family = adjusted.map(|_| family.len());
    }
}

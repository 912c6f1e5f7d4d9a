//! Differences by stratum, weighted by the size of the stratum: persons or clusters drawn within
//! strata, matched pairs of either.
//!
//! Promises: each design by its own formula; a stratum too small for its design is an error that
//! names it, never a formula of another design. Sources: Gerber & Green 2012, Field Experiments,
//! sections 3.6 and 4.5; Imbens & Rubin 2015, chapters 9 and 10, doi:10.1017/CBO9781139025751;
//! Imai, King & Nall 2009, doi:10.1214/08-STS274.

use super::Computed;
use super::linear::matrix::Square;

/// What enters a stratified difference, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Stratified<'a> {
    pub y: &'a [f64],
    /// Whether a row stands in the arm; the others stand in the reference.
    pub in_arm: &'a [bool],
    /// The stratum of each row, numbered from 0 by `names`.
    pub stratum: &'a [u32],
    pub names: &'a [String],
    /// What was drawn, when it was not the row; numbered from 0.
    pub cluster: Option<&'a [u32]>,
}

/// What was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    Persons,
    Clusters,
}

impl Drawn {
    const fn name(self) -> &'static str {
        match self {
            Drawn::Persons => "persons",
            Drawn::Clusters => "clusters",
        }
    }
}

/// Why strata allow no estimate by stratum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StratifiedError {
    #[error("an arm has nobody in {}", listed(.strata))]
    EmptyArm { strata: Vec<String> },
    #[error(
        "an arm has fewer than two {} in {}, which leaves no variance within",
        .drawn.name(), listed(.strata)
    )]
    TooFew { strata: Vec<String>, drawn: Drawn },
    #[error("{count} clusters have rows in both arms")]
    ClusterInBothArms { count: usize },
    #[error("{count} clusters have rows in several strata")]
    ClusterInSeveralStrata { count: usize },
}

fn listed(strata: &[String]) -> String {
    let names: Vec<String> = strata.iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        1 => format!("stratum {}", names[0]),
        _ => format!("strata {}", names.join(", ")),
    }
}

/// Returns Σ (n_s/N)·τ_s over the strata, τ_s the difference in means, with a t interval.
///
/// ```text
/// persons          V = Σ (n_s/N)²(s₁²/n₁ + s₀²/n₀)            N − 2B degrees of freedom
/// clusters         V = Σ (n_s/N)²(V₁ + V₀), V of a mean by cr2    G − 2B
/// pairs            V = Σ (τ_s − τ)²/(B(B − 1))                    B − 1
/// cluster pairs    V = B/((B − 1)N²)·Σ (n_s·τ_s − Nτ/B)²          B − 1
/// ```
///
/// n_s counts rows, B strata and G clusters. Pairs are meant when every stratum holds one unit of
/// each arm. Persons: Gerber & Green 2012, section 3.6.1 with note 17 on page 74; pairs: equation
/// 3.16 there, and Imbens & Rubin 2015, section 10.4; cluster pairs: Imai, King & Nall 2009,
/// equation 6, with the degrees of freedom of page 37. Strata without rows take no part.
pub fn stratified_difference(data: &Stratified, level: f64) -> Result<Computed, StratifiedError> {
    Ok(match joint(data, &[data.y])? {
        Ok(joint) => joint.computed(level),
        Err(reason) => Computed::undefined(&reason),
    })
}

/// Effects of one contrast on several outcomes.
pub(super) struct Joint {
    pub estimates: Vec<f64>,
    pub covariance: Option<Square>,
    pub df: Option<f64>,
    pub notes: Vec<String>,
}

impl Joint {
    fn computed(self, level: f64) -> Computed {
        let mut computed = Computed::point(self.estimates[0]);
        computed.notes = self.notes;
        if let Some(covariance) = self.covariance {
            computed.by_t(covariance.at(0, 0).sqrt(), self.df, level);
        }
        computed
    }
}

pub(super) fn joint(
    data: &Stratified,
    outcomes: &[&[f64]],
) -> Result<Result<Joint, String>, StratifiedError> {
    if data.in_arm.is_empty() {
        return Ok(Err("an arm has no outcomes".to_owned()));
    }
    if let Some(cluster) = data.cluster {
        clusters_are_whole(data, cluster)?;
    }
    let mut strata = Vec::new();
    let mut empty = Vec::new();
    for (place, cells) in rows_by_cell(data).into_iter().enumerate() {
        match cells.map(|rows| Cell::of(outcomes, rows, data.cluster)) {
            [None, None] => {}
            [Some(reference), Some(arm)] => strata.push((place, arm, reference)),
            _ => empty.push(data.names[place].clone()),
        }
    }
    if !empty.is_empty() {
        return Err(StratifiedError::EmptyArm { strata: empty });
    }
    let pairs = strata
        .iter()
        .all(|(_, arm, reference)| arm.units + reference.units == 2);
    if !pairs {
        let few: Vec<String> = strata
            .iter()
            .filter(|(_, arm, reference)| arm.units.min(reference.units) < 2)
            .map(|(place, _, _)| data.names[*place].clone())
            .collect();
        if !few.is_empty() {
            let drawn = match data.cluster {
                None => Drawn::Persons,
                Some(_) => Drawn::Clusters,
            };
            return Err(StratifiedError::TooFew { strata: few, drawn });
        }
    }
    let n = data.in_arm.len() as f64;
    let b = strata.len() as f64;
    let weighted: Vec<(f64, Vec<f64>)> = strata
        .iter()
        .map(|(_, arm, reference)| {
            let share = (arm.rows + reference.rows) as f64 / n;
            let differences = arm.means.iter().zip(&reference.means).map(|(a, r)| a - r);
            (share, differences.collect())
        })
        .collect();
    let estimates: Vec<f64> = (0..outcomes.len())
        .map(|m| weighted.iter().map(|(share, tau)| share * tau[m]).sum())
        .collect();
    if estimates.iter().any(|x: &f64| !x.is_finite()) {
        return Ok(Err("the outcome has a value that is no number".to_owned()));
    }
    let mut covariance = Square::zero(outcomes.len());
    let mut joint = Joint {
        estimates,
        covariance: None,
        df: None,
        notes: Vec::new(),
    };
    if pairs {
        if strata.len() < 2 {
            joint.notes.push("one pair: no standard error".to_owned());
            return Ok(Ok(joint));
        }
        // For pairs of persons n_s/N = 1/B, and the two formulas are one.
        for (share, tau) in &weighted {
            let rests = tau.iter().zip(&joint.estimates);
            let rests: Vec<f64> = rests.map(|(tau, all)| share * tau - all / b).collect();
            covariance.add_square(&rests);
        }
        joint.covariance = Some(covariance.scaled(b / (b - 1.0)));
        joint.df = Some(b - 1.0);
        return Ok(Ok(joint));
    }
    let mut units = 0;
    for ((share, _), (_, arm, reference)) in weighted.iter().zip(&strata) {
        units += arm.units + reference.units;
        for cell in [arm, reference] {
            if let Some(within) = &cell.covariance {
                covariance.plus(&within.clone().scaled(share * share));
            }
        }
    }
    joint.covariance = Some(covariance);
    joint.df = Some(units as f64 - 2.0 * b);
    Ok(Ok(joint))
}

/// Returns the rows of each stratum, the reference's and then the arm's, in their order.
fn rows_by_cell(data: &Stratified) -> Vec<[Vec<u32>; 2]> {
    let mut cells = vec![[const { Vec::new() }; 2]; data.names.len()];
    for (row, (&stratum, &arm)) in (0_u32..).zip(data.stratum.iter().zip(data.in_arm)) {
        cells[stratum as usize][usize::from(arm)].push(row);
    }
    cells
}

/// Checks that a cluster stands in one arm and in one stratum.
fn clusters_are_whole(data: &Stratified, cluster: &[u32]) -> Result<(), StratifiedError> {
    let all = cluster.iter().copied().max().map_or(0, |c| c as usize + 1);
    let mut first = vec![None; all];
    let (mut two_arms, mut two_strata) = (vec![false; all], vec![false; all]);
    for (row, &c) in cluster.iter().enumerate() {
        let here = (data.in_arm[row], data.stratum[row]);
        let (arm, stratum) = *first[c as usize].get_or_insert(here);
        two_arms[c as usize] |= arm != here.0;
        two_strata[c as usize] |= stratum != here.1;
    }
    let count = |flags: &[bool]| flags.iter().filter(|&&flag| flag).count();
    match (count(&two_arms), count(&two_strata)) {
        (0, 0) => Ok(()),
        (0, count) => Err(StratifiedError::ClusterInSeveralStrata { count }),
        (count, _) => Err(StratifiedError::ClusterInBothArms { count }),
    }
}

/// The rows of one arm, perhaps in one stratum: means of outcomes and the covariance of the means.
pub(super) struct Cell {
    pub rows: usize,
    /// Rows, or clusters where these were drawn.
    pub units: usize,
    pub means: Vec<f64>,
    /// `None` for one unit.
    pub covariance: Option<Square>,
}

impl Cell {
    /// Returns the cell of some rows; `None` for none.
    ///
    /// The variance of a mean of n rows is Σu²/(n(n − 1)); with clusters it is `cr2`'s,
    /// Σ (Σu)²/(n²(1 − m/n)) over clusters of m rows (Bell & McCaffrey 2002 with an intercept
    /// alone), which is the same for clusters of one.
    pub fn of(outcomes: &[&[f64]], mut rows: Vec<u32>, cluster: Option<&[u32]>) -> Option<Cell> {
        if rows.is_empty() {
            return None;
        }
        if let Some(cluster) = cluster {
            rows.sort_by_key(|&row| cluster[row as usize]);
        }
        let n = rows.len() as f64;
        let mean =
            |y: &[f64], less: f64| rows.iter().map(|&row| y[row as usize] - less).sum::<f64>() / n;
        let means: Vec<f64> = outcomes
            .iter()
            .map(|y| {
                let first = mean(y, 0.0);
                let all_equal = rows
                    .iter()
                    .all(|&row| y[row as usize] == y[rows[0] as usize]);
                match all_equal {
                    true => y[rows[0] as usize],
                    // The rest of the first mean corrects it.
                    false => first + mean(y, first),
                }
            })
            .collect();
        let mut squares = Square::zero(outcomes.len());
        let mut sums = vec![0.0; outcomes.len()];
        let mut units = 0;
        let same = |a: &u32, b: &u32| {
            cluster.is_some_and(|cluster| cluster[*a as usize] == cluster[*b as usize])
        };
        for unit in rows.chunk_by(same) {
            units += 1;
            for ((sum, y), mean) in sums.iter_mut().zip(outcomes).zip(&means) {
                *sum = unit.iter().map(|&row| y[row as usize] - mean).sum::<f64>();
            }
            let root = (n * (n - unit.len() as f64)).sqrt();
            if root > 0.0 {
                sums.iter_mut().for_each(|sum| *sum /= root);
                squares.add_square(&sums);
            }
        }
        Some(Cell {
            rows: rows.len(),
            units,
            means,
            covariance: (units > 1).then_some(squares),
        })
    }
}

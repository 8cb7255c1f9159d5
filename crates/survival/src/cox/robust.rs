//! Robust (sandwich) variance from the score residuals, summed by cluster.
//!
//! Source: Lin & Wei, *JASA* 84:1074-1078, 1989; with Efron ties as in Therneau & Grambsch,
//! *Modeling Survival Data*, 2000, section 3.2.

use super::{derivatives::Problem, score_residuals::ScoreResiduals};
use crate::numeric::linear::{Matrix, add};
use std::collections::BTreeMap;

/// Sums of outer products of the weighted score residuals.
pub(crate) struct Meat {
    /// Over clusters, of their members' sums.
    pub(crate) clusters: Matrix,
    /// Over follow-ups that count as often as they weigh, as if all were independent.
    pub(crate) rows: Matrix,
}

/// The middles of the sandwiches at the coefficients `b`; `chains` are the rows' follow-ups.
pub(crate) fn meat(problem: &Problem, b: &[f64], clusters: &[usize], chains: &[usize]) -> Meat {
    let p = b.len();
    let mut sums: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut singles = vec![vec![0.0; p]; chains.len()];
    let mut meat = Meat { clusters: Matrix::zeros(p), rows: Matrix::zeros(p) };
    for rows in &problem.strata {
        let residuals = ScoreResiduals::new(rows, b, problem.ties);
        for i in 0..rows.stratum.outcomes.n_subjects() {
            let subject = rows.subject(i);
            let sum = sums.entry(clusters[subject]).or_insert_with(|| vec![0.0; p]);
            let residual = residuals.of(i);
            add(sum, 1.0, &residual);
            let weight = rows.stratum.outcomes.weight(i);
            add(&mut singles[chains[subject]], weight.sqrt().recip(), &residual);
        }
    }
    sums.values().for_each(|sum| meat.clusters.add_outer(1.0, sum));
    singles.iter().for_each(|sum| meat.rows.add_outer(1.0, sum));
    meat.clusters.mirror();
    meat.rows.mirror();
    meat
}

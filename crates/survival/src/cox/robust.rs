//! Robust (sandwich) variance from the score residuals, summed by cluster.
//!
//! Source: Lin & Wei, *JASA* 84:1074-1078, 1989; with Efron ties as in Therneau & Grambsch,
//! *Modeling Survival Data*, 2000, section 3.2.

use super::{derivatives::Problem, score_residuals::ScoreResiduals};
use crate::{
    numeric::linear::{Matrix, add},
    outcomes::labels::most,
};

/// Sums of outer products of the weighted score residuals.
pub(crate) struct Meat {
    /// Over clusters, of their members' sums.
    pub(crate) clusters: Matrix,
    /// Over follow-ups that count as often as they weigh, as if all were independent.
    pub(crate) rows: Matrix,
}

/// The middles of the sandwiches at the coefficients `b`, of dense labels of clusters; `chains` are
/// the rows' follow-ups.
pub(crate) fn meat(problem: &Problem<'_>, b: &[f64], clusters: &[usize], chains: &[usize]) -> Meat {
    let p = b.len();
    let mut sums = vec![0.0; p * most(clusters)];
    let mut singles = vec![0.0; p * chains.len()];
    for rows in &problem.strata {
        let residuals = ScoreResiduals::new(rows, b, problem.ties);
        let mut residual = vec![0.0; p];
        for i in 0..rows.stratum.outcomes.n_subjects() {
            let subject = rows.subject(i);
            let (cluster, chain) = (clusters[subject], chains[subject]);
            residuals.of(i, &mut residual);
            add(&mut sums[p * cluster..p * (cluster + 1)], 1.0, &residual);
            let share = rows.stratum.outcomes.weight(i).sqrt().recip();
            add(&mut singles[p * chain..p * (chain + 1)], share, &residual);
        }
    }
    let squares = |sums: &[f64]| {
        let mut squares = Matrix::zeros(p);
        sums.chunks_exact(p.max(1)).for_each(|sum| squares.add_outer(1.0, sum));
        squares.mirror();
        squares
    };
    Meat { clusters: squares(&sums), rows: squares(&singles) }
}

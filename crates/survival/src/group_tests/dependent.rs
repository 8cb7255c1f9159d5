//! Tests of groups whose subjects depend on each other, or whose weights do not count.
//!
//! With `L_i` the residual of subject `i` in the scores `z` of the groups, `C = sum_c (sum_{i in c}
//! L_i) (..)'` over clusters and `R = sum_i L_i L_i'` over single subjects are two covariances of
//! `z`. The statistic is `z' V^-1 z`, `V` the covariance of independent subjects, times the design
//! effect `(z' C^-1 z) / (z' R^-1 z)`: it is the robust statistic `z' C^-1 z` of Lin & Wei (*JASA*
//! 84:1074-1078, 1989) with what `V` corrects in small samples, and `V` takes clusters, not rows,
//! for the number of those at risk. Without whole weights `V` has no meaning, and the statistic is
//! the robust one.

use crate::{
    error::Error,
    estimate::{Test, Units, compared_groups, quadratic_of},
    outcomes::{Outcomes, chains::chains, check},
};

/// The residuals of all subjects in the scores of `k` groups, as far as they are summed up.
pub(super) struct Residuals<'a> {
    outcomes: &'a Outcomes,
    units: Units<'a>,
    k: usize,
    /// By cluster, one after another those of the groups.
    clusters: Vec<f64>,
    /// The squares of single subjects; with delayed entry those of whole follow-ups are still to
    /// be taken.
    rows: Vec<f64>,
    follow_ups: Option<FollowUps>,
}

/// Follow-ups that may be cut into rows.
struct FollowUps {
    chains: Vec<usize>,
    sums: Vec<f64>,
}

impl<'a> Residuals<'a> {
    /// `None` where subjects are independent and their weights count.
    pub(super) fn of(outcomes: &'a Outcomes, units: Units<'a>, k: usize) -> Option<Self> {
        if !units.are_clusters() && check::counts(outcomes) {
            return None;
        }
        let sums = |n: usize| vec![0.0; n * k];
        let n = outcomes.n_subjects();
        let follow_ups =
            outcomes.entry().map(|_| FollowUps { chains: chains(outcomes), sums: sums(n) });
        Some(Self {
            outcomes,
            units,
            k,
            clusters: sums(units.places(n)),
            rows: sums(k),
            follow_ups,
        })
    }

    /// That of one subject, its weight included.
    pub(super) fn add(&mut self, subject: usize, residual: &[f64]) {
        let (k, weight) = (self.k, self.outcomes.weight(subject));
        let unit = self.units.unit(subject);
        let sums = &mut self.clusters[k * unit..k * (unit + 1)];
        sums.iter_mut().zip(residual).for_each(|(sum, x)| *sum += x);
        match &mut self.follow_ups {
            None => add_square(&mut self.rows, weight.recip(), residual),
            Some(FollowUps { chains, sums }) => {
                let chain = chains[subject];
                let sums = &mut sums[k * chain..k * (chain + 1)];
                let share = weight.sqrt().recip();
                sums.iter_mut().zip(residual).for_each(|(sum, x)| *sum += share * x);
            }
        }
    }

    /// The covariance of the scores, and their test.
    pub(super) fn test(
        mut self,
        name: &'static str,
        (scores, model): (&[f64], &[Vec<f64>]),
    ) -> Result<(Vec<Vec<f64>>, Test), Error> {
        let compared = compared_groups(name, model)?;
        if self.units.n() <= compared.len() {
            let why = "there are no more clusters than groups";
            return Err(Error::Undefined { name, why });
        }
        let mut robust = vec![0.0; self.k * self.k];
        self.clusters.chunks_exact(self.k).for_each(|sum| add_square(&mut robust, 1.0, sum));
        if let Some(FollowUps { sums, .. }) = &self.follow_ups {
            sums.chunks_exact(self.k).for_each(|sum| add_square(&mut self.rows, 1.0, sum));
        }
        let matrix = |sums: &[f64]| -> Vec<Vec<f64>> {
            sums.chunks_exact(self.k).map(<[f64]>::to_vec).collect()
        };
        let singular =
            Error::Undefined { name, why: "some groups are never at risk beside others" };
        let squared = |covariance: &[Vec<f64>]| {
            quadratic_of(scores, covariance, &compared).ok_or(singular.clone())
        };
        let mut robust = matrix(&robust);
        let statistic = match check::counts(self.outcomes) {
            false => squared(&robust)?,
            true => {
                let (clusters, rows) = (squared(&robust)?, squared(&matrix(&self.rows))?);
                let statistic = squared(model)? * if rows > 0.0 { clusters / rows } else { 1.0 };
                if statistic > 0.0 {
                    let factor = clusters / statistic;
                    robust.iter_mut().flatten().for_each(|value| *value *= factor);
                }
                statistic
            }
        };
        let df = compared.len() as f64 - 1.0;
        Ok((robust, Test::of_several(statistic, df, self.units.normal())))
    }
}

/// Adds `factor x x'`, row by row.
fn add_square(sums: &mut [f64], factor: f64, x: &[f64]) {
    for (sums, a) in sums.chunks_exact_mut(x.len()).zip(x) {
        sums.iter_mut().zip(x).for_each(|(sum, b)| *sum += factor * a * b);
    }
}

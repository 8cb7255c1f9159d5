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
    numeric::linear::add,
    outcomes::{Outcomes, chains::chains, check},
};

/// The residuals of all subjects: by subject, one for each group.
pub(super) struct Residuals(pub(super) Vec<Vec<f64>>);

impl Residuals {
    pub(super) fn new(n_subjects: usize, n_groups: usize) -> Self {
        Self(vec![vec![0.0; n_groups]; n_subjects])
    }

    /// The covariance of the scores, and their test.
    pub(super) fn test(
        &self,
        name: &'static str,
        (scores, model): (&[f64], &[Vec<f64>]),
        outcomes: &Outcomes,
        units: Units<'_>,
    ) -> Result<(Vec<Vec<f64>>, Test), Error> {
        let compared = compared_groups(name, model)?;
        if units.n() <= compared.len() {
            let why = "there are no more clusters than groups";
            return Err(Error::Undefined { name, why });
        }
        let mut robust = self.by_cluster(units);
        let singular =
            Error::Undefined { name, why: "some groups are never at risk beside others" };
        let squared = |covariance: &[Vec<f64>]| {
            quadratic_of(scores, covariance, &compared).ok_or(singular.clone())
        };
        let statistic = match check::counts(outcomes) {
            false => squared(&robust)?,
            true => {
                let (clusters, rows) = (squared(&robust)?, squared(&self.by_row(outcomes))?);
                let statistic = squared(model)? * if rows > 0.0 { clusters / rows } else { 1.0 };
                if statistic > 0.0 {
                    let factor = clusters / statistic;
                    robust.iter_mut().flatten().for_each(|value| *value *= factor);
                }
                statistic
            }
        };
        let df = compared.len() as f64 - 1.0;
        Ok((robust, Test::of_several(statistic, df, units.normal())))
    }

    fn by_cluster(&self, units: Units<'_>) -> Vec<Vec<f64>> {
        let k = self.0.first().map_or(0, Vec::len);
        let sums: Vec<Vec<f64>> =
            (0..k).map(|g| units.sums(self.0.iter().map(|row| row[g]).collect())).collect();
        let product = |g: usize, h: usize| sums[g].iter().zip(&sums[h]).map(|(a, b)| a * b).sum();
        (0..k).map(|g| (0..k).map(|h| product(g, h)).collect()).collect()
    }

    /// The same of single subjects, each as many as it weighs.
    fn by_row(&self, outcomes: &Outcomes) -> Vec<Vec<f64>> {
        let k = self.0.first().map_or(0, Vec::len);
        let mut sums = vec![vec![0.0; k]; k];
        let mut add_square = |row: &[f64], weight: f64| {
            sums.iter_mut().zip(row).for_each(|(sums, x)| add(sums, weight * x, row));
        };
        if outcomes.entry().is_none() {
            let rows = self.0.iter().enumerate();
            rows.for_each(|(i, row)| add_square(row, outcomes.weight(i).recip()));
            return sums;
        }
        let mut whole = vec![vec![0.0; k]; self.0.len()];
        for ((i, row), chain) in self.0.iter().enumerate().zip(chains(outcomes)) {
            add(&mut whole[chain], outcomes.weight(i).sqrt().recip(), row);
        }
        whole.iter().for_each(|row| add_square(row, 1.0));
        sums
    }
}

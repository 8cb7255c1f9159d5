//! Indices of several scores on the same subjects, with their covariance.

use crate::{
    concordance::{CStatistic, ConcordanceOptions, PairTotals, estimate::influence},
    error::Error,
    estimate::{Influence, PairedDifference, Pivot, covariance},
    outcomes::Outcomes,
};

/// Indices of several risk scores on the same subjects.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct JointConcordance {
    /// One index for each score.
    pub statistics: Vec<CStatistic>,
    /// Their covariance matrix.
    pub covariance: Vec<Vec<f64>>,
    pub(super) level: f64,
    pub(super) pivot: Pivot,
}

impl ConcordanceOptions {
    /// The indices of several scores with their covariance matrix.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate), and [`Error::Empty`] without a score.
    pub fn estimate_jointly(
        &self,
        outcomes: &Outcomes,
        risks: &[&[f64]],
    ) -> Result<JointConcordance, Error> {
        if risks.is_empty() {
            return Err(Error::Empty { name: "risks" });
        }
        let options = self.with_clusters_of(outcomes);
        risks.iter().try_for_each(|risk| options.check(outcomes, risk))?;
        let strata = options.prepare(outcomes)?;
        let (mut pairs, mut influences) = (Vec::new(), Vec::new());
        for risk in risks {
            let (totals, walked) = influence(&strata, risk)?;
            pairs.push(totals);
            influences.push(options.by_cluster(&strata, totals, walked));
        }
        let covariance = covariance(&influences);
        let pivot = options.pivot(&strata);
        let one = |(pairs, influence): (&PairTotals, &Influence)| {
            options.statistic(*pairs, influence, (pivot, &strata))
        };
        let statistics = pairs.iter().zip(&influences).map(one).collect();
        Ok(JointConcordance { statistics, covariance, level: self.level, pivot })
    }
}

impl JointConcordance {
    /// The index of score `first` minus that of score `second`, with its test.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a score that does not exist, [`Error::Undefined`] where both
    /// rank all pairs alike, so that the difference has no variance.
    pub fn difference(&self, first: usize, second: usize) -> Result<PairedDifference, Error> {
        let n = self.statistics.len();
        if let Some(k) = [first, second].into_iter().find(|&k| k >= n) {
            return Err(Error::InvalidSetting {
                name: "score",
                expected: "one of those estimated",
                got: k.to_string(),
            });
        }
        let v = &self.covariance;
        let variance = v[first][first] + v[second][second] - 2.0 * v[first][second];
        let largest = v[first][first].max(v[second][second]);
        let difference =
            self.statistics[first].estimate.value - self.statistics[second].estimate.value;
        PairedDifference::new(difference, variance, largest, (self.pivot, self.level))
    }
}

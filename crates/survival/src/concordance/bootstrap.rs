//! The bootstrap of concordance indices with their standard errors, without sorting every sample
//! again.
//!
//! A bootstrap sample is the sample with whole-number weights: each index, its time weights (Uno's
//! censoring curve is estimated again in each sample) and its infinitesimal jackknife follow from
//! the order of times and scores found once.

use rayon::prelude::*;

use crate::{
    concordance::{
        ConcordanceOptions, JointConcordance,
        estimate::{Prepared, by_subject, influence_of},
    },
    error::Error,
    numeric::{linear::dot, ranks::Ranks},
    outcomes::{
        Outcomes,
        labels::{dense, members},
    },
    resampling::{Bootstrap, BootstrapOptions, StudentisedBootstrap},
};

/// Concordance indices of several scores, and all of them in the same bootstrap samples.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct JointBootstrap {
    /// The indices of the whole sample with their covariance.
    pub estimates: JointConcordance,
    /// Bootstrap samples in which an index was undefined, left out.
    pub n_undefined: usize,
    replicates: Vec<Replicate>,
    n_drawn: usize,
}

/// The indices of one sample, and their covariance matrix row by row.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
struct Replicate {
    indices: Vec<f64>,
    covariance: Vec<f64>,
}

impl ConcordanceOptions {
    /// Bootstrap of the indices of several scores, each sample with standard errors, so that both
    /// each index and each paired difference have percentile, BCa and studentised intervals.
    ///
    /// Where either of the two options or the outcomes have clusters, these are drawn whole and are
    /// dependent in standard errors.
    ///
    /// # Errors
    /// As [`estimate_jointly`](Self::estimate_jointly) and [`BootstrapOptions::draw`], and
    /// [`Error::Unsupported`] where both options have clusters and these differ.
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::{BootstrapOptions, ConcordanceOptions, Outcomes};
    /// let outcomes = Outcomes::new((1..41).map(f64::from).collect(), vec![true; 40])?;
    /// let first: Vec<f64> = (0..40).map(|i| -f64::from(i * 7 % 40)).collect();
    /// let second: Vec<f64> = (0..40).map(|i| -f64::from(i + i * 13 % 20)).collect();
    /// let samples = BootstrapOptions::default().with_replicates(999).with_seed(1);
    /// let options = ConcordanceOptions::default();
    /// let drawn = options.bootstrap(&outcomes, &[&first, &second], &samples)?;
    /// let interval = drawn.difference(0, 1)?.studentised(0.95)?;
    /// assert!(interval.lower < interval.upper && interval.upper < 0.0);
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    pub fn bootstrap(
        &self,
        outcomes: &Outcomes,
        risks: &[&[f64]],
        bootstrap: &BootstrapOptions,
    ) -> Result<JointBootstrap, Error> {
        let (index, bootstrap) = self.with_clusters_of(outcomes).with_one_clustering(bootstrap)?;
        let estimates = index.estimate_jointly(outcomes, risks)?;
        let sampler = bootstrap.sampler(outcomes.n_subjects())?;
        let strata = index.prepare(outcomes)?;
        let rank = |risk: &&[f64]| strata.iter().map(|s| s.ranks(risk)).collect();
        let ranks: Vec<Vec<Ranks>> = risks.iter().map(rank).collect();
        let clusters = bootstrap.drawing.clusters.as_deref().map(members);
        let scratch = || Resampled::new(&index, &strata, clusters.as_deref(), outcomes);
        let one = |sample: &mut Resampled<'_>, replicate: u64| {
            sample.counts.fill(0.0);
            sampler.draw(replicate, |i| sample.counts[i] += 1.0);
            sample.evaluate(&ranks).ok()
        };
        let drawn: Vec<Option<Replicate>> = sampler.replicates().map_init(scratch, one).collect();
        let n_drawn = drawn.len();
        let replicates: Vec<Replicate> = drawn.into_iter().flatten().collect();
        let n_undefined = n_drawn - replicates.len();
        let all = JointBootstrap { estimates, n_undefined, replicates, n_drawn };
        all.score(0).map(|_| all)
    }

    pub(super) fn with_one_clustering(
        &self,
        bootstrap: &BootstrapOptions,
    ) -> Result<(Self, BootstrapOptions), Error> {
        let (mut index, mut bootstrap) = (self.clone(), bootstrap.clone());
        match (self.clusters(), &bootstrap.drawing.clusters) {
            (Some(a), Some(b)) if dense(a) != dense(b) => {
                return Err(Error::Unsupported {
                    what: "the bootstrap",
                    with: "two kinds of clusters",
                });
            }
            (Some(a), None) => bootstrap = bootstrap.with_clusters(a.to_vec()),
            (None, Some(b)) => index = index.with_clusters(b.clone()),
            _ => {}
        }
        Ok((index, bootstrap))
    }
}

impl JointBootstrap {
    /// The replicates of one score's index.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a score that does not exist, [`Error::UndefinedReplicates`]
    /// where more than one in ten samples has no value.
    pub fn score(&self, score: usize) -> Result<StudentisedBootstrap, Error> {
        let k = self.check(score)?;
        let whole = &self.estimates.statistics[k];
        let k_k = k * self.estimates.statistics.len() + k;
        let one = |r: &Replicate| (r.indices[k], r.covariance[k_k].sqrt());
        self.collect((whole.estimate.value, whole.estimate.std_error), one)
    }

    /// The replicates of the index of score `first` minus that of score `second`: the paired
    /// bootstrap.
    ///
    /// # Errors
    /// As [`score`](Self::score) and [`JointConcordance::difference`].
    pub fn difference(&self, first: usize, second: usize) -> Result<StudentisedBootstrap, Error> {
        let (a, b) = (self.check(first)?, self.check(second)?);
        let whole = self.estimates.difference(a, b)?;
        let n = self.estimates.statistics.len();
        let one = |r: &Replicate| {
            let v = |row: usize, column: usize| r.covariance[row * n + column];
            let variance = v(a, a) + v(b, b) - 2.0 * v(a, b);
            let rounding = 1e-14 * v(a, a).max(v(b, b));
            let se = if variance > rounding { variance.sqrt() } else { 0.0 };
            (r.indices[a] - r.indices[b], se)
        };
        self.collect((whole.difference.value, whole.difference.std_error), one)
    }

    fn check(&self, score: usize) -> Result<usize, Error> {
        if score < self.estimates.statistics.len() {
            Ok(score)
        } else {
            Err(Error::InvalidSetting {
                name: "score",
                expected: "one of those estimated",
                got: score.to_string(),
            })
        }
    }

    fn collect(
        &self,
        (estimate, std_error): (f64, f64),
        one: impl Fn(&Replicate) -> (f64, f64),
    ) -> Result<StudentisedBootstrap, Error> {
        if self.n_undefined * 10 > self.n_drawn {
            return Err(Error::UndefinedReplicates {
                undefined: self.n_undefined,
                drawn: self.n_drawn,
            });
        }
        let (replicates, replicate_std_errors) = self.replicates.iter().map(one).unzip();
        let bootstrap = Bootstrap { estimate, replicates, n_undefined: self.n_undefined };
        Ok(StudentisedBootstrap { bootstrap, std_error, replicate_std_errors })
    }
}

/// A sample whose subjects have weights of their own in each replicate.
struct Resampled<'a> {
    index: &'a ConcordanceOptions,
    strata: Vec<Prepared<'a>>,
    clusters: Option<&'a [Vec<usize>]>,
    case_weights: Option<&'a [f64]>,
    /// How often each subject was drawn.
    counts: Vec<f64>,
}

impl<'a> Resampled<'a> {
    fn new(
        index: &'a ConcordanceOptions,
        strata: &[Prepared<'a>],
        clusters: Option<&'a [Vec<usize>]>,
        outcomes: &'a Outcomes,
    ) -> Self {
        let counts = vec![0.0; outcomes.n_subjects()];
        let case_weights = outcomes.weights();
        Self { index, strata: strata.to_vec(), clusters, case_weights, counts }
    }

    fn evaluate(&mut self, ranks: &[Vec<Ranks>]) -> Result<Replicate, Error> {
        self.weigh()?;
        let (mut indices, mut influences) = (Vec::new(), Vec::new());
        for ranks in ranks {
            let (pairs, walked) = influence_of(&self.strata, ranks)?;
            indices.push(pairs.index());
            influences.push(self.by_unit(walked));
        }
        let rows = influences.iter();
        let covariance =
            rows.flat_map(|a| influences.iter().map(|b| dot(a, b)).collect::<Vec<_>>()).collect();
        Ok(Replicate { indices, covariance })
    }

    fn weigh(&mut self) -> Result<(), Error> {
        for stratum in &mut self.strata {
            let weights = stratum.outcomes.to_mut().frequencies();
            for (k, weight) in weights.iter_mut().enumerate() {
                let i = stratum.subjects.as_ref().map_or(k, |subjects| subjects[k]);
                *weight = self.counts[i] * self.case_weights.map_or(1.0, |w| w[i]);
            }
            stratum.time_weights = self.index.time_weights(&stratum.outcomes, &stratum.groups)?;
        }
        Ok(())
    }

    /// What each unit drawn adds to the index, divided by the root of how often it was drawn: a
    /// unit drawn twice is two independent ones.
    fn by_unit(&self, walked: Vec<f64>) -> Vec<f64> {
        let mut influence = by_subject(&self.strata, &walked);
        let share =
            |i: usize| if self.counts[i] > 0.0 { self.counts[i].sqrt().recip() } else { 0.0 };
        match self.clusters {
            None => {
                influence.iter_mut().enumerate().for_each(|(i, value)| *value *= share(i));
                influence
            }
            Some(clusters) => {
                let sum = |members: &Vec<usize>| members.iter().map(|&i| influence[i]).sum::<f64>();
                clusters.iter().map(|members| sum(members) * share(members[0])).collect()
            }
        }
    }
}

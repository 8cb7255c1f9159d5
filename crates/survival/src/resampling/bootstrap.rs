//! Bootstrap over subjects or clusters: draw them with replacement, compute the statistic again.
//!
//! Source: Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993; clusters are drawn whole,
//! as in Davison & Hinkley, *Bootstrap Methods and their Application*, 1997, sec. 3.8. The
//! intervals are those of [`Bootstrap`] and [`StudentisedBootstrap`].

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rayon::prelude::*;

use crate::{
    error::Error,
    resampling::{
        Bootstrap, StudentisedBootstrap,
        drawing::{Drawing, drawing_setters},
    },
};

/// How bootstrap samples are drawn; the default is 999 samples of subjects with seed 0.
///
/// The statistic gets the indices of a sample, some repeated, and returns `None` where it is
/// undefined, such as a concordance without a comparable pair. Compare two models by the
/// *difference* of their statistics on the same sample: that is the paired bootstrap. Samples are
/// evaluated in parallel, each with a random stream of its own, so that the result depends on the
/// seed alone and not on the number of threads.
///
/// # Examples
/// ```
/// use vertebra_survival::{BootstrapOptions, Outcomes, kaplan_meier};
/// let time: Vec<f64> = (1..=40).map(f64::from).collect();
/// let outcomes = Outcomes::new(time, (0..40).map(|i| i % 3 > 0).collect())?;
/// let clinic: Vec<usize> = (0..40).map(|i| i / 2).collect();
/// let survival = |sample: &[usize]| Some(kaplan_meier(&outcomes.subset(sample)).ok()?.at(20.0));
/// let options = BootstrapOptions::default().with_replicates(499).with_seed(7);
/// let options = options.with_clusters(clinic);
/// assert!(options.draw(40, survival)?.percentile(0.95)?.contains(0.65));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BootstrapOptions {
    n_replicates: usize,
    pub(crate) drawing: Drawing,
}

impl Default for BootstrapOptions {
    fn default() -> Self {
        Self { n_replicates: 999, drawing: Drawing::default() }
    }
}

impl BootstrapOptions {
    /// Number of bootstrap samples. Choose it so that 2.5 % of one more is a whole number (999,
    /// 1999).
    #[must_use]
    pub fn with_replicates(mut self, n_replicates: usize) -> Self {
        self.n_replicates = n_replicates;
        self
    }

    drawing_setters!(
        "Draws whole clusters (patients with several films, clinics); one label per subject.",
        "Draws within strata, so that every sample has each stratum's number; one label per subject."
    );

    /// The statistic in each bootstrap sample of `n_subjects` subjects.
    ///
    /// # Errors
    /// [`Error::Empty`] without subjects or replicates, [`Error::LengthMismatch`] for labels,
    /// [`Error::Unsupported`] for a cluster in two strata, [`Error::Undefined`] where the whole
    /// sample has no value, [`Error::UndefinedReplicates`] where more than one in ten bootstrap
    /// samples has none.
    pub fn draw(
        &self,
        n_subjects: usize,
        statistic: impl Fn(&[usize]) -> Option<f64> + Sync,
    ) -> Result<Bootstrap, Error> {
        let finite = |sample: &[usize]| statistic(sample).filter(|value| value.is_finite());
        let (estimate, drawn) = self.evaluate(n_subjects, finite)?;
        Bootstrap::collect(estimate, drawn)
    }

    /// Several statistics in the same bootstrap samples, in the order of the closure's; a sample in
    /// which one is undefined is left out for all.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn draw_all(
        &self,
        n_subjects: usize,
        statistics: impl Fn(&[usize]) -> Option<Vec<f64>> + Sync,
    ) -> Result<Vec<Bootstrap>, Error> {
        let finite = |sample: &[usize]| {
            statistics(sample).filter(|values| values.iter().all(|value| value.is_finite()))
        };
        let (estimates, drawn) = self.evaluate(n_subjects, finite)?;
        let one = |(k, estimate): (usize, f64)| {
            let replicates = drawn.iter().map(|drawn| Some(*drawn.as_ref()?.get(k)?));
            Bootstrap::collect(estimate, replicates.collect())
        };
        estimates.into_iter().enumerate().map(one).collect()
    }

    /// The statistic and its standard error in each bootstrap sample, for studentised intervals.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn draw_studentised(
        &self,
        n_subjects: usize,
        statistic_and_se: impl Fn(&[usize]) -> Option<(f64, f64)> + Sync,
    ) -> Result<StudentisedBootstrap, Error> {
        let finite = |sample: &[usize]| {
            statistic_and_se(sample).filter(|(value, se)| value.is_finite() && se.is_finite())
        };
        let (estimate, drawn) = self.evaluate(n_subjects, finite)?;
        StudentisedBootstrap::collect(estimate, drawn)
    }

    fn evaluate<T: Send>(
        &self,
        n_subjects: usize,
        statistic: impl Fn(&[usize]) -> Option<T> + Sync,
    ) -> Result<(T, Vec<Option<T>>), Error> {
        let everyone: Vec<usize> = (0..n_subjects).collect();
        self.sampler(n_subjects)?; // its complaints come first
        let estimate = statistic(&everyone).ok_or(Error::Undefined {
            name: "the statistic",
            why: "the whole sample has no value",
        })?;
        Ok((estimate, self.replicates(n_subjects, statistic)?))
    }

    /// Anything of each bootstrap sample.
    pub(crate) fn replicates<T: Send>(
        &self,
        n_subjects: usize,
        statistic: impl Fn(&[usize]) -> Option<T> + Sync,
    ) -> Result<Vec<Option<T>>, Error> {
        let sampler = self.sampler(n_subjects)?;
        let one = |sample: &mut Vec<usize>, replicate: u64| {
            sample.clear();
            sampler.draw(replicate, |i| sample.push(i));
            statistic(sample)
        };
        let empty = || Vec::with_capacity(n_subjects);
        Ok(sampler.replicates().map_init(empty, one).collect())
    }

    pub(crate) fn sampler(&self, n_subjects: usize) -> Result<Sampler, Error> {
        if n_subjects == 0 {
            return Err(Error::Empty { name: "subjects" });
        }
        if self.n_replicates == 0 {
            return Err(Error::Empty { name: "replicates" });
        }
        let drawing = &self.drawing;
        drawing.check(n_subjects)?;
        let units = match (&drawing.clusters, &drawing.strata) {
            (None, None) => Units::Subjects(n_subjects),
            (_, strata) => Units::Groups(by_stratum(drawing.units(n_subjects), strata.as_deref())?),
        };
        Ok(Sampler { units, seed: drawing.seed, n_replicates: self.n_replicates })
    }
}

/// Clusters of each stratum.
fn by_stratum(
    clusters: Vec<Vec<usize>>,
    strata: Option<&[usize]>,
) -> Result<Vec<Vec<Vec<usize>>>, Error> {
    let Some(strata) = strata else { return Ok(vec![clusters]) };
    let mut by_stratum = BTreeMap::<usize, Vec<Vec<usize>>>::new();
    for cluster in clusters {
        let stratum = strata[cluster[0]];
        if cluster.iter().any(|&i| strata[i] != stratum) {
            return Err(Error::Unsupported {
                what: "the stratified bootstrap",
                with: "a cluster in two strata",
            });
        }
        by_stratum.entry(stratum).or_default().push(cluster);
    }
    Ok(by_stratum.into_values().collect())
}

/// Draws the subjects of each replicate, from a random stream of the replicate's own.
pub(crate) struct Sampler {
    units: Units,
    seed: u64,
    n_replicates: usize,
}

/// What is drawn with replacement.
enum Units {
    /// So many subjects.
    Subjects(usize),
    /// Clusters of subjects within each stratum.
    Groups(Vec<Vec<Vec<usize>>>),
}

impl Sampler {
    /// The numbers of all replicates, for a parallel walk.
    pub(crate) fn replicates(&self) -> rayon::range::Iter<u64> {
        (0..self.n_replicates as u64).into_par_iter()
    }

    pub(crate) fn draw(&self, replicate: u64, mut take: impl FnMut(usize)) {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(replicate);
        match &self.units {
            Units::Subjects(n) => draw_below(*n, &mut random, take),
            Units::Groups(strata) => {
                for clusters in strata {
                    draw_below(clusters.len(), &mut random, |c| {
                        clusters[c].iter().for_each(|&i| take(i));
                    });
                }
            }
        }
    }
}

/// Draws `n` numbers below `n`.
fn draw_below(n: usize, random: &mut ChaCha8Rng, mut take: impl FnMut(usize)) {
    // Indices are 32-bit where they can be: half the random numbers, on every platform the same.
    if let Ok(n) = u32::try_from(n) {
        (0..n).for_each(|_| take(random.random_range(0..n) as usize));
    } else {
        (0..n).for_each(|_| take(random.random_range(0..n)));
    }
}

/// Jackknife influence values `(n - 1)(mean - value without i)` of any statistic, shape `[n]`.
///
/// # Errors
/// [`Error::Empty`] for fewer than two subjects, [`Error::Undefined`] where the statistic has no
/// value without one of them.
pub fn jackknife(
    n_subjects: usize,
    statistic: impl Fn(&[usize]) -> Option<f64> + Sync,
) -> Result<Vec<f64>, Error> {
    if n_subjects < 2 {
        return Err(Error::Empty { name: "subjects but one" });
    }
    let without = |left_out: usize| {
        let others: Vec<usize> = (0..n_subjects).filter(|&i| i != left_out).collect();
        statistic(&others).filter(|value| value.is_finite())
    };
    let values: Option<Vec<f64>> = (0..n_subjects).into_par_iter().map(without).collect();
    let values = values.ok_or(Error::Undefined {
        name: "the jackknife",
        why: "the statistic has no value without one subject",
    })?;
    let n = n_subjects as f64;
    let mean = values.iter().sum::<f64>() / n;
    Ok(values.into_iter().map(|value| (n - 1.0) * (mean - value)).collect())
}

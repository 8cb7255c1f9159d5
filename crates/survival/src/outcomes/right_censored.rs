//! Right-censored outcomes, with optional entry times and case weights.

use crate::{
    error::Error,
    outcomes::{CensoringCurve, labels::dense},
};

/// Right-censored outcomes: follow-up `time` in years, `event` indicator (`true` = event, `false`
/// = censored), and optionally `entry` times (left truncation) in years.
///
/// Outcomes that are read back (`Deserialize`) pass the same checks as [`Outcomes::new`] and the
/// setters.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "super::unchecked::UncheckedOutcomes")]
pub struct Outcomes {
    entry: Option<Vec<f64>>,
    time: Vec<f64>,
    event: Vec<bool>,
    weight: Option<Vec<f64>>,
    /// Dense labels, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    clusters: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    censoring: Option<CensoringCurve>,
}

impl Outcomes {
    /// Checks once that every time is finite and non-negative; consumers never re-check.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
    pub fn new(time: Vec<f64>, event: Vec<bool>) -> Result<Self, Error> {
        if time.len() != event.len() {
            return Err(Error::LengthMismatch {
                name: "event",
                expected: time.len(),
                got: event.len(),
            });
        }
        match time.iter().position(|t| !t.is_finite() || *t < 0.0) {
            Some(i) => Err(Error::OutOfDomain {
                name: "time",
                index: i,
                value: time[i],
                expected: "finite and at least 0 years",
            }),
            None => {
                Ok(Self { entry: None, time, event, weight: None, clusters: None, censoring: None })
            }
        }
    }

    /// Adds entry times in years: subject `i` is at risk on `(entry[i], time[i]]`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::OutOfDomain`] unless `0 <= entry[i] < time[i]`.
    pub fn with_entry(mut self, entry: Vec<f64>) -> Result<Self, Error> {
        if entry.len() != self.time.len() {
            return Err(Error::LengthMismatch {
                name: "entry",
                expected: self.time.len(),
                got: entry.len(),
            });
        }
        let outside = |(e, t): (&f64, &f64)| !e.is_finite() || *e < 0.0 || e >= t;
        match entry.iter().zip(&self.time).position(outside) {
            Some(i) => Err(Error::OutOfDomain {
                name: "entry",
                index: i,
                value: entry[i],
                expected: "at least 0 and below the time",
            }),
            None => {
                self.entry = Some(entry);
                Ok(self)
            }
        }
    }

    /// Takes times (and entry times) as equal that differ by less than rounding: a time becomes the
    /// one before it if they differ by at most `tolerance` times the larger of 1 year and the mean
    /// time. R's `timefix` does so with 1.5e-8.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a tolerance that is negative or not finite,
    /// [`Error::OutOfDomain`] where an entry time falls together with its exit.
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::{Outcomes, kaplan_meier};
    /// let noisy = Outcomes::new(vec![0.1 + 0.2, 0.3, 1.0], vec![true, true, false])?;
    /// assert_eq!(kaplan_meier(&noisy)?.times.len(), 3);
    /// assert_eq!(kaplan_meier(&noisy.with_tied_times(1.5e-8)?)?.times.len(), 2);
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    pub fn with_tied_times(mut self, tolerance: f64) -> Result<Self, Error> {
        if !(tolerance.is_finite() && tolerance >= 0.0) {
            return Err(Error::InvalidSetting {
                name: "tolerance",
                expected: "finite and at least 0",
                got: tolerance.to_string(),
            });
        }
        let mut all = self.time.clone();
        all.extend(self.entry.iter().flatten());
        let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
        let gap = tolerance * mean.max(1.0);
        let order = crate::numeric::order::argsort(&all);
        for pair in order.windows(2) {
            let (before, here) = (all[pair[0] as usize], &mut all[pair[1] as usize]);
            if *here - before <= gap {
                *here = before;
            }
        }
        let entry = all.split_off(self.time.len());
        self.time = all;
        match self.entry.take() {
            None => Ok(self),
            Some(_) => self.with_entry(entry),
        }
    }

    /// Adds case weights: a subject of weight 2 counts as two alike.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::OutOfDomain`] unless `weight[i]` is positive and
    /// finite.
    pub fn with_weights(mut self, weight: Vec<f64>) -> Result<Self, Error> {
        if weight.len() != self.time.len() {
            return Err(Error::LengthMismatch {
                name: "weight",
                expected: self.time.len(),
                got: weight.len(),
            });
        }
        match weight.iter().position(|w| !w.is_finite() || *w <= 0.0) {
            Some(i) => Err(Error::OutOfDomain {
                name: "weight",
                index: i,
                value: weight[i],
                expected: "finite and above 0",
            }),
            None => {
                self.weight = Some(weight);
                Ok(self)
            }
        }
    }

    /// Says which subjects depend on each other: those with the same label, such as the rows or the
    /// radiographs of one person, or the patients of one clinic. Every standard error, interval
    /// and test takes the clusters for the units that vary independently; what few of them change
    /// is in [`ReferenceDistribution`](crate::estimate::ReferenceDistribution).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::{Outcomes, auc_at};
    /// let (time, event) = ([1.0, 2.0, 3.0, 4.0, 5.0], [true, true, false, true, false]);
    /// let risk = [0.9, 0.3, 0.5, 0.4, 0.1];
    /// let twice = |i: usize| i / 2;
    /// let rows = Outcomes::new((0..10).map(|i| time[twice(i)]).collect(),
    ///     (0..10).map(|i| event[twice(i)]).collect())?.with_clusters((0..10).map(twice).collect())?;
    /// let copied: Vec<f64> = (0..10).map(|i| risk[twice(i)]).collect();
    /// let single = auc_at(&Outcomes::new(time.to_vec(), event.to_vec())?, &risk, 2.5)?;
    /// let doubled = auc_at(&rows, &copied, 2.5)?; // knows no more than the five subjects
    /// assert!((single.estimate.std_error - doubled.estimate.std_error).abs() < 1e-15);
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    pub fn with_clusters(mut self, labels: Vec<usize>) -> Result<Self, Error> {
        if labels.len() != self.time.len() {
            return Err(Error::LengthMismatch {
                name: "clusters",
                expected: self.time.len(),
                got: labels.len(),
            });
        }
        self.clusters = Some(dense(&labels));
        Ok(self)
    }

    /// Weights by a censoring curve of other subjects, such as those that a model was fitted to,
    /// wherever these outcomes are weighted by the inverse probability of censoring: AUC, ROC,
    /// accuracy, Brier score, IDI, Uno's and Schemper's C; and the net benefit, whose shares are
    /// then weighted ones instead of those by Kaplan-Meier. Standard errors take the curve as
    /// known. Where a weight is needed beyond its follow-up, a figure is undefined.
    ///
    /// Fine and Gray's model keeps the curve of its own subjects.
    #[must_use]
    pub fn with_censoring(mut self, curve: CensoringCurve) -> Self {
        self.censoring = Some(curve);
        self
    }

    /// The same follow-up with censoring as the event and events as censoring.
    #[must_use]
    pub fn reversed(&self) -> Self {
        self.with_events(self.event.iter().map(|e| !e).collect())
    }

    /// The same follow-up with other events, one for each subject.
    pub(crate) fn with_events(&self, event: Vec<bool>) -> Self {
        Self { event, ..self.clone() }
    }

    /// The same subjects followed until other times, none earlier than before.
    pub(crate) fn with_times(self, time: Vec<f64>) -> Self {
        Self { time, ..self }
    }

    /// Number of subjects.
    #[must_use]
    pub fn n_subjects(&self) -> usize {
        self.time.len()
    }

    /// Number of subjects with the event.
    #[must_use]
    pub fn n_events(&self) -> usize {
        self.event.iter().filter(|&&e| e).count()
    }

    /// Follow-up times in years, shape `[n]`.
    #[must_use]
    pub fn time(&self) -> &[f64] {
        &self.time
    }

    /// Event indicators, shape `[n]`.
    #[must_use]
    pub fn event(&self) -> &[bool] {
        &self.event
    }

    /// Entry times in years, shape `[n]`, where follow-up is left-truncated.
    #[must_use]
    pub fn entry(&self) -> Option<&[f64]> {
        self.entry.as_deref()
    }

    /// Case weights, shape `[n]`, where subjects do not all count as one.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.weight.as_deref()
    }

    /// The label of each subject's cluster, shape `[n]`, from 0 in order of the labels given;
    /// `None` where subjects are independent.
    #[must_use]
    pub fn clusters(&self) -> Option<&[usize]> {
        self.clusters.as_deref()
    }

    /// The censoring curve of other subjects by which these are weighted, where one was given.
    #[must_use]
    pub fn censoring(&self) -> Option<&CensoringCurve> {
        self.censoring.as_ref()
    }

    /// The same subjects, each once.
    pub(crate) fn unweighted(self) -> Self {
        Self { weight: None, ..self }
    }

    /// The same subjects as independent ones.
    pub(crate) fn independent(self) -> Self {
        Self { clusters: None, ..self }
    }

    /// The same subjects, each once and independent.
    pub(crate) fn alike(&self) -> Self {
        Self { weight: None, clusters: None, ..self.clone() }
    }

    /// The outcomes of a bootstrap sample that has drawn whole clusters, each with its members one
    /// after another as in this sample: a cluster that was drawn twice is two.
    ///
    /// # Panics
    /// If an index is not below [`n_subjects`](Self::n_subjects), as slice indexing does.
    #[must_use]
    pub fn resample(&self, indices: &[usize]) -> Self {
        let mut drawn = self.subset(indices);
        if let Some(labels) = &self.clusters {
            let mut sizes = vec![0usize; labels.len()];
            labels.iter().for_each(|&label| sizes[label] += 1);
            let (mut next, mut left) = (0, 0);
            let relabelled = indices.iter().map(|&i| {
                if left == 0 {
                    (next, left) = (next + 1, sizes[labels[i]]);
                }
                left -= 1;
                next - 1
            });
            drawn.clusters = Some(relabelled.collect());
        }
        drawn
    }

    /// Weights to be set to how often a bootstrap sample has each subject, which may be never.
    pub(crate) fn frequencies(&mut self) -> &mut [f64] {
        let n = self.time.len();
        self.weight.get_or_insert_with(|| vec![1.0; n])
    }

    /// The case weight of one subject, 1 without weights.
    #[inline]
    pub(crate) fn weight(&self, subject: usize) -> f64 {
        self.weight.as_ref().map_or(1.0, |w| w[subject])
    }

    /// Summed case weights of some subjects.
    #[inline]
    pub(crate) fn weigh(&self, subjects: &[u32]) -> f64 {
        match &self.weight {
            None => subjects.len() as f64,
            Some(weight) => subjects.iter().map(|&i| weight[i as usize]).sum(),
        }
    }

    /// Summed case weights of all subjects.
    pub(crate) fn total_weight(&self) -> f64 {
        self.weight.as_ref().map_or(self.time.len() as f64, |weight| weight.iter().sum())
    }

    /// The outcomes of the subjects at `indices`, in that order; an index may repeat, as in a
    /// bootstrap sample.
    ///
    /// # Panics
    /// If an index is not below [`n_subjects`](Self::n_subjects), as slice indexing does.
    #[must_use]
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self {
            entry: self.entry.as_ref().map(|e| indices.iter().map(|&i| e[i]).collect()),
            time: indices.iter().map(|&i| self.time[i]).collect(),
            event: indices.iter().map(|&i| self.event[i]).collect(),
            weight: self.weight.as_ref().map(|w| indices.iter().map(|&i| w[i]).collect()),
            clusters: self.clusters.as_ref().map(|c| indices.iter().map(|&i| c[i]).collect()),
            censoring: self.censoring.clone(),
        }
    }
}

//! Subjects that depend on each other, and subjects with several rows.

use crate::Error;
use crate::sample::{Observed, Sample};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use vertebra_survival::Outcomes;

impl Observed {
    /// A bootstrap sample of whole clusters.
    pub(crate) fn resample(&self, subjects: &[usize]) -> Self {
        match self {
            Self::One(outcomes) => Self::One(outcomes.resample(subjects)),
            Self::Competing(all, cause) => Self::Competing(all.resample(subjects), *cause),
        }
    }

    /// The same with clusters, one label per subject.
    fn with_clusters(self, labels: Vec<usize>) -> Result<Self, vertebra_survival::Error> {
        Ok(match self {
            Self::One(outcomes) => Self::One(outcomes.with_clusters(labels)?),
            Self::Competing(all, cause) => Self::Competing(all.with_clusters(labels)?, cause),
        })
    }
}

impl Sample {
    /// Says that a subject may have several rows, `(entry, time]` one after another: one label per
    /// row. Subjects are then counted once, their follow-up is that of all their rows, and they are
    /// the clusters, unless [`with_clusters`](Self::with_clusters) has larger ones.
    #[must_use]
    pub fn with_subjects(mut self, subjects: Vec<usize>) -> Self {
        self.subjects = Some(subjects);
        self
    }

    /// The sample with its clusters in the outcomes, where every method finds them.
    pub(crate) fn with_dependence(&self) -> Result<Cow<'_, Self>, Error> {
        let Some(labels) = self.clusters.as_ref().or(self.subjects.as_ref()) else {
            return Ok(Cow::Borrowed(self));
        };
        let observed = self.observed.clone().with_clusters(labels.clone())?;
        let clusters = observed.any().clusters().map(<[usize]>::to_vec);
        Ok(Cow::Owned(Self { observed, clusters, ..self.clone() }))
    }

    /// How many subjects the rows at `rows` belong to.
    pub(crate) fn count(&self, rows: impl Iterator<Item = usize>) -> usize {
        match &self.subjects {
            None => rows.count(),
            Some(labels) => rows.map(|i| labels[i]).collect::<BTreeSet<_>>().len(),
        }
    }

    /// Number of subjects, each of which may have several rows.
    #[must_use]
    pub fn n_subjects(&self) -> usize {
        self.count(0..self.n())
    }

    /// The follow-up of each subject from its first entry to its last time, with an event of any
    /// cause in any of its rows.
    pub(crate) fn follow_up(&self) -> Result<Cow<'_, Outcomes>, vertebra_survival::Error> {
        let any = self.observed.any();
        let Some(labels) = &self.subjects else { return Ok(Cow::Borrowed(any)) };
        let mut rows = BTreeMap::<usize, Vec<usize>>::new();
        labels.iter().enumerate().for_each(|(i, &label)| rows.entry(label).or_default().push(i));
        let time = |i: &usize| any.time()[*i];
        let last = rows.values().map(|rows| {
            let last = rows.iter().copied().max_by(|a, b| time(a).total_cmp(&time(b)));
            last.unwrap_or(0)
        });
        let last: Vec<usize> = last.collect();
        let mut outcomes = any.subset(&last);
        if let Some(entry) = any.entry() {
            let first = |rows: &Vec<usize>| rows.iter().map(|&i| entry[i]).fold(f64::MAX, f64::min);
            outcomes = outcomes.with_entry(rows.values().map(first).collect())?;
        }
        Ok(Cow::Owned(outcomes))
    }
}

//! The units that vary independently from sample to sample, and what few of them change.
//!
//! Without clusters every subject is a unit. With clusters
//! ([`Outcomes::with_clusters`](crate::Outcomes::with_clusters)) a unit's influence on a figure is
//! the sum over its members, and the variance is the sum of squares over units, so that copies of
//! a subject in one cluster change no standard error. Where the standard error of independent
//! subjects is a model's (an information matrix, a hypergeometric variance), it is multiplied by
//! the clusters' *design effect*: the ratio of the variance from the units' influence to that from
//! the single subjects' (Rao & Scott, *JASA* 76:221-230, 1981; Lin & Wei, *JASA* 84:1074-1078,
//! 1989).
//!
//! A variance over few clusters is itself uncertain: below [`FEW`] of them, what is otherwise
//! compared with the normal distribution is compared with Student's t with one degree of freedom
//! less than there are clusters (Cameron & Miller, *J. Hum. Resour.* 50:317-372, 2015). One cluster
//! has no variance.

use crate::{
    error::Error,
    estimate::{Influence, Pivot, ReferenceDistribution},
    outcomes::{
        Outcomes, check,
        copies::Distinct,
        labels::{most, n_distinct},
    },
};

/// From so many clusters on the normal distribution is used.
const FEW: usize = 30;

/// The units of some outcomes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units<'a> {
    clusters: Option<&'a [usize]>,
    /// How many there are.
    n: usize,
    /// Whether the whole sample has few clusters.
    few: bool,
}

impl<'a> Units<'a> {
    /// Those of these outcomes.
    ///
    /// # Errors
    /// [`Error::Undefined`] for the statistic `name` where all subjects are one cluster.
    pub(crate) fn of(outcomes: &'a Outcomes, name: &'static str) -> Result<Self, Error> {
        Self::new(outcomes.clusters(), outcomes.n_subjects(), name)
    }

    /// The same from dense labels.
    pub(crate) fn new(
        clusters: Option<&'a [usize]>,
        n_subjects: usize,
        name: &'static str,
    ) -> Result<Self, Error> {
        let Some(labels) = clusters else {
            return Ok(Self { clusters, n: n_subjects, few: false });
        };
        let n = n_distinct(labels.iter().copied(), most(labels));
        if n < 2 {
            let why = "all subjects are one cluster, and a variance needs two";
            return Err(Error::Undefined { name, why });
        }
        Ok(Self { clusters, n, few: n < FEW })
    }

    /// Those of a group of these subjects. Whether there are few is said by the whole sample; a
    /// group of one cluster has a variance only where it is one subject and its copies.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn within<'b>(
        &self,
        group: &'b Outcomes,
        name: &'static str,
    ) -> Result<Units<'b>, Error> {
        let few = self.few;
        match group.clusters() {
            Some(labels) if Distinct::of(group, &[]).rows.len() == 1 => {
                Ok(Units { clusters: Some(labels), n: 1, few })
            }
            _ => Ok(Units { few, ..Units::of(group, name)? }),
        }
    }

    /// How many there are.
    pub(crate) fn n(&self) -> usize {
        self.n
    }

    /// One more than the largest unit of `n_subjects`; a sample of a larger one may lack some.
    pub(crate) fn places(&self, n_subjects: usize) -> usize {
        self.clusters.map_or(n_subjects, most)
    }

    /// Whether subjects depend on each other.
    pub(crate) fn are_clusters(&self) -> bool {
        self.clusters.is_some()
    }

    /// How many clusters there are, where they are so few that they set the degrees of freedom.
    pub(crate) fn few(&self) -> Option<usize> {
        self.few.then_some(self.n)
    }

    /// The label of each subject's cluster.
    pub(crate) fn labels(&self) -> Option<&'a [usize]> {
        self.clusters
    }

    /// The unit of a subject.
    pub(crate) fn unit(&self, subject: usize) -> usize {
        self.clusters.map_or(subject, |labels| labels[subject])
    }

    /// A figure with the influence values of its subjects, summed by unit.
    pub(crate) fn influence(&self, value: f64, values: Vec<f64>) -> Influence {
        Influence::new(value, self.sums(values))
    }

    /// Influence values summed by unit.
    pub(crate) fn sums(&self, values: Vec<f64>) -> Vec<f64> {
        let Some(labels) = self.clusters else { return values };
        let mut sums = vec![0.0; most(labels)];
        labels.iter().zip(values).for_each(|(&label, value)| sums[label] += value);
        sums
    }

    /// The figure of subjects whose influence values are summed by unit.
    pub(crate) fn sum(&self, figure: &Influence) -> Influence {
        match self.clusters {
            None => figure.clone(),
            Some(_) => self.influence(figure.value(), figure.values().to_vec()),
        }
    }

    /// How many units these subjects belong to.
    pub(crate) fn count(&self, subjects: impl Iterator<Item = usize>) -> usize {
        match self.clusters {
            None => subjects.count(),
            Some(labels) => n_distinct(subjects.map(|i| labels[i]), most(labels)),
        }
    }

    /// What a figure is compared with that is compared with the normal distribution where subjects
    /// are independent.
    pub(crate) fn normal(&self) -> Pivot {
        self.few().map_or(Pivot::Normal, |n| Pivot::Student((n as f64 - 1.0).max(1.0)))
    }

    /// What a figure is compared with that rests on these subjects, such as those with an event.
    pub(crate) fn resting_on(
        &self,
        subjects: impl Iterator<Item = usize>,
        reference: ReferenceDistribution,
    ) -> Pivot {
        match reference {
            ReferenceDistribution::Normal => self.normal(),
            ReferenceDistribution::Student => {
                Pivot::Student((self.count(subjects) as f64 - 1.0).max(1.0))
            }
        }
    }

    /// How many independent subjects a weight of 1 is worth: 1 where subjects are independent and
    /// weights count.
    pub(crate) fn worth(&self, outcomes: &Outcomes) -> f64 {
        if !self.are_clusters() && check::counts(outcomes) {
            return 1.0;
        }
        let all = (0..outcomes.n_subjects()).map(|i| (i, outcomes.weight(i)));
        self.effective(all) / outcomes.total_weight()
    }

    /// `(sum w)^2 / sum w^2` over the units with these weights of their subjects: as many equal
    /// units as they are worth (Kish, *Survey Sampling*, 1965).
    pub(crate) fn effective(&self, weights: impl Iterator<Item = (usize, f64)>) -> f64 {
        let (mut sum, mut squares) = (0.0, 0.0);
        let mut add = |w: f64| {
            sum += w;
            squares += w * w;
        };
        match self.clusters {
            None => weights.for_each(|(_, w)| add(w)),
            Some(labels) => {
                let mut sums = vec![0.0; most(labels)];
                weights.for_each(|(i, w)| sums[labels[i]] += w);
                sums.into_iter().for_each(add);
            }
        }
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(clusters: Vec<usize>) -> Outcomes {
        let n = clusters.len();
        let outcomes = Outcomes::new(vec![1.0; n], vec![true; n]).unwrap();
        outcomes.with_clusters(clusters).unwrap()
    }

    #[test]
    fn few_clusters_are_students_and_one_has_no_variance() {
        let two = outcomes(vec![5, 9, 5, 9]);
        let units = Units::of(&two, "it").unwrap();
        assert_eq!(units.normal(), Pivot::Student(1.0));
        assert_eq!(units.sums(vec![1.0, 2.0, 3.0, 4.0]), [4.0, 6.0]);
        assert_eq!(units.count([0, 2].into_iter()), 1);
        assert_eq!(units.effective([(0, 1.0), (1, 2.0), (2, 1.0)].into_iter()), 2.0);
        let many = outcomes((0..60).map(|i| i / 2).collect());
        assert_eq!(Units::of(&many, "it").unwrap().normal(), Pivot::Normal);
        let why = Units::of(&outcomes(vec![3, 3]), "it").unwrap_err().to_string();
        assert!(why.contains("one cluster"), "{why}");
    }
}

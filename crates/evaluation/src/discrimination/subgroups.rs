//! A score's discrimination in groups of subjects, and its differences between them.
//!
//! The figures of two groups rest on different subjects, so that the variance of their difference
//! is the sum of their variances; it is compared with Student's t by Welch's degrees of freedom
//! (*Biometrika* 34:28-35, 1947) from the events of each group. Where a cluster has members in both
//! groups the figures depend on each other, and the difference is undefined.

use crate::discrimination::comparison::{Difference, DifferenceAt};
use crate::discrimination::headline::{Headline, IntervalMethod};
use crate::estimate::Estimate;
use crate::run::{Run, on_endpoint};
use crate::sample::Sample;
use crate::{Error, EvaluationOptions, Figure, Grouping, Reason, Undefined};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use vertebra_survival::estimate::{Pivot, Scale};
use vertebra_survival::{ConcordanceOptions, Test};

/// A score in one group of subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subgroup {
    /// The score.
    pub score: String,
    /// What the groups are, such as a column.
    pub grouping: String,
    /// The group.
    pub group: String,
    /// Its subjects that have the score.
    pub n: usize,
    /// Their events, of the cause predicted where there are several.
    pub events: usize,
    /// Harrell's C with Student's t on the logit scale.
    pub harrell: Figure<Headline>,
    /// The AUC at each horizon.
    pub auc: Vec<SubgroupAuc>,
    /// The difference from the first group of the grouping; `None` for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<SubgroupDifference>,
}

/// A group less the first group of the same grouping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubgroupDifference {
    /// The first group.
    pub against: String,
    /// Harrell's C.
    pub harrell: Figure<Difference>,
    /// AUC at each horizon.
    pub auc: Vec<DifferenceAt>,
}

/// The AUC of a group at a horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubgroupAuc {
    /// The horizon.
    pub horizon: f64,
    /// The AUC with Student's t on the logit scale.
    #[serde(flatten)]
    pub auc: Figure<Headline>,
}

/// A figure of one group, with the events (cases) that it rests on.
type OfGroup = Result<(Estimate, usize), vertebra_survival::Error>;

impl Subgroup {
    /// Every score of a sample in every group of its groupings.
    ///
    /// # Errors
    /// As [`Evaluation::of`](crate::Evaluation::of).
    pub fn all(sample: &Sample, options: &EvaluationOptions) -> Result<Vec<Self>, Error> {
        sample.check()?;
        options.check()?;
        Ok(subgroups(&Run::new(sample.with_dependence()?, options)))
    }
}

pub(crate) fn subgroups(run: &Run<'_>) -> Vec<Subgroup> {
    let groupings = run.sample.groupings.iter();
    let pairs = groupings.flat_map(|grouping| run.scores().iter().map(move |s| (grouping, s)));
    pairs.flat_map(|(grouping, score)| of_score(run, grouping, &score.name)).collect()
}

fn of_score(run: &Run<'_>, grouping: &Grouping, score: &str) -> Vec<Subgroup> {
    let labels: BTreeSet<usize> = grouping.labels.iter().copied().collect();
    let group = |label| OneGroup::new(run, grouping, label, score);
    let groups: Vec<OneGroup<'_>> = labels.into_iter().map(group).collect();
    let Some(first) = groups.first() else { return Vec::new() };
    let against = |(i, group): (usize, &OneGroup<'_>)| Subgroup {
        difference: (i > 0).then(|| group.minus(first)),
        ..group.alone()
    };
    groups.iter().enumerate().map(against).collect()
}

/// The subjects of a group that have the score.
struct OneGroup<'a> {
    score: &'a str,
    grouping: &'a Grouping,
    name: &'a str,
    run: Run<'a>,
    risk: Vec<f64>,
}

impl<'a> OneGroup<'a> {
    fn new(run: &Run<'a>, grouping: &'a Grouping, label: usize, score: &'a str) -> Self {
        let sample: Sample = run.sample.subset(&grouping.members(label));
        let here = Run::new(Cow::Owned(sample), run.options);
        let column = here.scores().iter().find(|s| s.name == score).map(|s| s.values.clone());
        let (run, mut columns) = here.complete(&[&column.unwrap_or_default()]);
        Self { score, grouping, name: &grouping.names[label], run, risk: columns.swap_remove(0) }
    }

    /// The group by itself.
    fn alone(&self) -> Subgroup {
        let headline = |of_group: OfGroup, name: &str| {
            let reported = of_group.map(|(estimate, _)| {
                Headline::choose(estimate, None, IntervalMethod::of(&estimate))
            });
            Figure::from(reported.map_err(Undefined::from)).named(name)
        };
        let name = format!("group {} of {}", self.name, self.grouping.name);
        let auc = |&horizon: &f64| SubgroupAuc { horizon, auc: headline(self.auc(horizon), &name) };
        Subgroup {
            score: self.score.to_owned(),
            grouping: self.grouping.name.clone(),
            group: self.name.to_owned(),
            n: self.run.sample.n_subjects(),
            events: self.run.own.n_events(),
            harrell: headline(self.harrell(), &name),
            auc: self.run.options.horizons.iter().map(auc).collect(),
            difference: None,
        }
    }

    /// The group less another.
    fn minus(&self, other: &Self) -> SubgroupDifference {
        let (level, shared) = (self.run.level(), self.shares_cluster_with(other));
        let what = format!("group {} against {} of {}", self.name, other.name, self.grouping.name);
        let minus = |a: OfGroup, b: OfGroup| match shared {
            true => {
                let why = format!("{what}: a cluster has members in both groups");
                Undefined::new(Reason::NotDefined, why).into()
            }
            false => Figure::from(difference(a, b, level)).named(&what),
        };
        let auc = |&horizon: &f64| DifferenceAt {
            horizon,
            difference: minus(self.auc(horizon), other.auc(horizon)),
        };
        SubgroupDifference {
            against: other.name.to_owned(),
            harrell: minus(self.harrell(), other.harrell()),
            auc: self.run.options.horizons.iter().map(auc).collect(),
        }
    }

    fn harrell(&self) -> OfGroup {
        let mut options = ConcordanceOptions::default().with_level(self.run.level());
        if let Some(strata) = &self.run.sample.strata {
            options = options.with_strata(strata.clone());
        }
        let c = options.estimate(&self.run.pairs, &self.risk)?;
        Ok((c.estimate, self.events(f64::INFINITY)))
    }

    fn auc(&self, horizon: f64) -> OfGroup {
        let auc = on_endpoint!(self.run.sample.observed, |endpoint| self
            .run
            .at_horizon()
            .auc_at(endpoint, &self.risk, horizon))?;
        Ok((auc.estimate, self.events(horizon)))
    }

    /// Events by a horizon, or clusters with one.
    fn events(&self, horizon: f64) -> usize {
        let own = &self.run.own;
        let events = (0..own.n_subjects()).filter(|&i| own.event()[i] && own.time()[i] <= horizon);
        match &self.run.sample.clusters {
            None => events.count(),
            Some(labels) => events.map(|i| labels[i]).collect::<BTreeSet<_>>().len(),
        }
    }

    fn shares_cluster_with(&self, other: &Self) -> bool {
        let labels = |group: &Self| -> BTreeSet<usize> {
            group.run.sample.clusters.iter().flatten().copied().collect()
        };
        !labels(self).is_disjoint(&labels(other))
    }
}

fn difference(a: OfGroup, b: OfGroup, level: f64) -> Result<Difference, Undefined> {
    let ((a, events), (b, others)) = (a?, b?);
    let [first, second] = [a, b].map(|e| e.std_error.powi(2));
    let variance = first + second;
    if variance <= 0.0 || first <= 0.0 || second <= 0.0 {
        let why = "the difference is undefined: a figure of 0 or 1 has no standard error";
        return Err(Undefined::new(Reason::Undefined, why));
    }
    let df = |events: usize| (events as f64 - 1.0).max(1.0);
    let welch = variance.powi(2) / (first.powi(2) / df(events) + second.powi(2) / df(others));
    let (value, std_error, pivot) = (a.value - b.value, variance.sqrt(), Pivot::Student(welch));
    let estimate = Estimate::around(value, std_error, (pivot, Scale::Plain), level);
    let test = Test::two_sided(value / std_error, pivot);
    Ok(Difference { estimate, z: test.statistic, p: test.p })
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_survival::{Outcomes, concordance};

    #[test]
    fn a_group_is_a_sample_of_its_own_and_a_difference_has_both_variances() {
        let time: Vec<f64> = (0..60).map(|i| 1.0 + f64::from(i * 17 % 41) * 0.2).collect();
        let outcomes = Outcomes::new(time, (0..60).map(|i| i % 3 > 0).collect()).unwrap();
        let risk: Vec<Option<f64>> =
            (0..60).map(|i| (i != 7).then(|| f64::from(i * 29 % 31))).collect();
        let names = ["a", "b"].map(str::to_owned).to_vec();
        let labels: Vec<usize> = (0..60).map(|i| usize::from(i % 5 < 2)).collect();
        let sample = Sample::new(outcomes.clone())
            .with_partial_score("x", risk.clone())
            .with_grouping(Grouping::new("arm", labels.clone(), names));
        let options = EvaluationOptions::default().with_horizons(vec![4.0]);
        let found = Subgroup::all(&sample, &options).unwrap();
        assert_eq!(crate::Evaluation::of(&sample, &options).unwrap().subgroups, found);
        assert_eq!(found.len(), 2);
        for (label, group) in found.iter().enumerate() {
            let here = |i: &usize| labels[*i] == label && risk[*i].is_some();
            let members: Vec<usize> = (0..60).filter(here).collect();
            let own = outcomes.subset(&members);
            let scores: Vec<f64> = members.iter().filter_map(|&i| risk[i]).collect();
            let c = group.harrell.value().unwrap().estimate;
            assert_eq!(c.value, concordance(&own, &scores).unwrap().index());
            assert_eq!((group.n, group.events), (members.len(), own.n_events()));
            assert!(c.interval.lower > 0.0 && c.interval.upper < 1.0);
        }
        assert_eq!(found[0].difference, None);
        let [first, second] = [0, 1].map(|k: usize| found[k].harrell.value().unwrap().estimate);
        let pair = found[1].difference.as_ref().unwrap();
        let d = pair.harrell.value().unwrap().estimate;
        assert_eq!((pair.against.as_str(), d.value), ("a", second.value - first.value));
        let expected = first.std_error.hypot(second.std_error);
        assert!((d.std_error - expected).abs() < 1e-12, "{} {expected}", d.std_error);
    }
}

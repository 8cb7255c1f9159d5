//! Differences of a score's discrimination between groups of subjects.
//!
//! The figures of two groups rest on different subjects, so that the variance of their difference
//! is the sum of their variances; it is compared with Student's t by Welch's degrees of freedom
//! (*Biometrika* 34:28-35, 1947) from the events of each group. Where a cluster has members in both
//! groups the figures depend on each other, and the difference is undefined.

use crate::discrimination::comparison::Difference;
use crate::estimate::Estimate;
use crate::run::{Run, on_endpoint};
use crate::sample::Sample;
use crate::{Figure, Grouping, Reason, Undefined};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use vertebra_survival::estimate::{Pivot, Scale};
use vertebra_survival::{ConcordanceOptions, Test};

/// A score in one group against the first group of the same grouping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubgroupDifference {
    /// The score.
    pub score: String,
    /// What the groups are.
    pub grouping: String,
    /// The group.
    pub group: String,
    /// The group it is compared with.
    pub against: String,
    /// Harrell's C of the group minus that of the other.
    pub harrell: Figure<Difference>,
    /// The same of the AUC at each horizon.
    pub auc: Vec<SubgroupAuc>,
}

/// A difference of AUC at a horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubgroupAuc {
    /// The horizon.
    pub horizon: f64,
    /// The difference.
    #[serde(flatten)]
    pub difference: Figure<Difference>,
}

/// A figure of one group, with the events (cases) that it rests on.
type OfGroup = Result<(Estimate, usize), vertebra_survival::Error>;

/// Every score in every group of the sample's groupings against the first group.
pub(crate) fn differences(run: &Run<'_>) -> Vec<SubgroupDifference> {
    let groupings = run.sample.groupings.iter();
    let pairs = groupings.flat_map(|grouping| run.scores().iter().map(move |s| (grouping, s)));
    pairs.flat_map(|(grouping, score)| of_score(run, grouping, &score.name)).collect()
}

fn of_score(run: &Run<'_>, grouping: &Grouping, score: &str) -> Vec<SubgroupDifference> {
    let labels: BTreeSet<usize> = grouping.labels.iter().copied().collect();
    let Some(&first) = labels.first() else { return Vec::new() };
    let (horizons, level) = (&run.options.horizons, run.level());
    let reference = OneGroup::new(run, grouping.members(first), score);
    let one = |label: usize| {
        let group = OneGroup::new(run, grouping.members(label), score);
        let what = format!(
            "group {} against {} of {}",
            grouping.names[label], grouping.names[first], grouping.name
        );
        let shared = group.shares_cluster_with(&reference);
        let minus = |a: OfGroup, b: OfGroup| match shared {
            true => {
                let why = format!("{what}: a cluster has members in both groups");
                Undefined::new(Reason::NotDefined, why).into()
            }
            false => Figure::from(difference(a, b, level)).named(&what),
        };
        let auc = |&horizon: &f64| SubgroupAuc {
            horizon,
            difference: minus(group.auc(horizon), reference.auc(horizon)),
        };
        SubgroupDifference {
            score: score.to_owned(),
            grouping: grouping.name.clone(),
            group: grouping.names[label].clone(),
            against: grouping.names[first].clone(),
            harrell: minus(group.harrell(), reference.harrell()),
            auc: horizons.iter().map(auc).collect(),
        }
    };
    labels.into_iter().skip(1).map(one).collect()
}

/// The subjects of a group that have the score.
struct OneGroup<'a> {
    run: Run<'a>,
    risk: Vec<f64>,
}

impl<'a> OneGroup<'a> {
    fn new(run: &Run<'a>, members: Vec<usize>, score: &str) -> Self {
        let sample: Sample = run.sample.subset(&members);
        let here = Run::new(Cow::Owned(sample), run.options);
        let column = here.scores().iter().find(|s| s.name == score).map(|s| s.values.clone());
        let (run, mut columns) = here.complete(&[&column.unwrap_or_default()]);
        Self { run, risk: columns.swap_remove(0) }
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

//! The centres of the analysed subjects: which of them depend on each other.

use vertebra_cohort::{Cohort, EligibilityFlow};

/// Said where centres are clusters.
pub(crate) const CLUSTERED: &str = "Subjects of one centre depend on each other: centres are the units of standard errors, \
     intervals and tests (cluster_by_centre).";

/// One label for each analysed subject, that of its centre; a subject without one has a label of
/// its own. `None` where fewer than two centres are recorded.
pub(crate) fn labels(cohort: &Cohort, flow: &EligibilityFlow) -> Option<Vec<usize>> {
    let subjects = || flow.analysed().iter().map(|films| &cohort.subjects()[films.subject]);
    let centres = cohort.levels("centre");
    let place = |centre: &str| centres.iter().position(|name| *name == centre);
    let known =
        |(i, centre): (usize, Option<&str>)| centre.and_then(place).unwrap_or(centres.len() + i);
    let labels: Vec<usize> =
        subjects().map(|s| s.centre.as_deref()).enumerate().map(known).collect();
    let mut used: Vec<usize> = labels.iter().copied().filter(|l| *l < centres.len()).collect();
    used.sort_unstable();
    used.dedup();
    (used.len() > 1).then_some(labels)
}

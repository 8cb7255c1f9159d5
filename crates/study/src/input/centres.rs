//! The centres of the analysed subjects: which of them depend on each other.

use std::collections::BTreeSet;
use vertebra_cohort::{Cohort, EligibilityFlow};

/// Fewest centres that are the units of standard errors: with fewer an interval says next to
/// nothing (Cameron, Gelbach & Miller, *Rev. Econ. Stat.* 2008;90:414-427).
const FEWEST: usize = 10;

/// The centres as clusters, where there are enough of them, and what to say of it; `None` where
/// fewer than two centres are recorded.
pub(crate) fn clusters(
    cohort: &Cohort,
    flow: &EligibilityFlow,
) -> Option<(Option<Vec<usize>>, String)> {
    let labels = labels(cohort, flow)?;
    let n = labels.iter().collect::<BTreeSet<_>>().len();
    Some(match n < FEWEST {
        true => {
            let note = format!(
                "{n} centres are too few for the units of standard errors: subjects are taken to \
                 be independent."
            );
            (None, note)
        }
        false => {
            let note = format!(
                "Subjects of one centre depend on each other: {n} centres are the units of \
                 standard errors, intervals and tests (cluster_by_centre)."
            );
            (Some(labels), note)
        }
    })
}

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

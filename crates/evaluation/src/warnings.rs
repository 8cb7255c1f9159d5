//! What is suspicious in a sample but does not stop its evaluation.

use crate::run::Run;
use vertebra_survival::SurvivalCurve;

/// Below so many clusters their number limits every interval and test.
const FEW_CLUSTERS: usize = 30;

/// The warnings of a sample.
pub(crate) fn of(run: &Run<'_>) -> Vec<String> {
    let any = run.sample.observed.any();
    let unit = &run.options.time_unit;
    let mut warnings = Vec::new();
    if let Some(clusters) = any.clusters() {
        let n = clusters.iter().collect::<std::collections::BTreeSet<_>>().len();
        if n == 1 {
            warnings.push(
                "all subjects are one cluster: there are no standard errors, intervals or tests"
                    .to_owned(),
            );
        } else if n < FEW_CLUSTERS {
            warnings.push(format!(
                "{n} clusters: intervals and tests are by Student's t with at most {} degrees of \
                 freedom, and with so few clusters may still be too narrow",
                n - 1
            ));
        }
    }
    if let Some(early) = run.curve().fit(any).ok().and_then(|curve| early_end(&curve, "", unit)) {
        warnings.push(early);
    }
    for grouping in &run.sample.groupings {
        let Ok(curves) = run.curve().fit_by_group(any, &grouping.labels) else { continue };
        let of = |group: &vertebra_survival::curves::GroupCurve<usize>| {
            let name = format!(" of {} {}", grouping.name, grouping.names[group.label]);
            early_end(&group.curve, &name, unit)
        };
        warnings.extend(curves.iter().filter_map(of));
    }
    warnings
}

/// With delayed entry: a small risk set in which all had an event, before others came.
fn early_end(curve: &SurvivalCurve, of: &str, unit: &str) -> Option<String> {
    let (time, at_risk) = curve.falls_to_zero_early()?;
    let subjects = if at_risk == 1.0 { "subject" } else { "subjects" };
    Some(format!(
        "the survival curve{of} falls to 0 at {time} {unit}, where all {at_risk} {subjects} at risk \
         had an event before others entered, and stays there; leave out those followed only until \
         then to have a curve of those who are free of the event after {time} {unit}"
    ))
}

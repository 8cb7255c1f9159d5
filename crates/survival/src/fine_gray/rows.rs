//! The sample of a subdistribution hazard as weighted rows, for any Cox regression.
//!
//! Who had another event stays in the risk sets of the cause with the weights of Fine & Gray,
//! *JASA* 94:496-509, 1999, and Geskus, *Biometrics* 67:39-49, 2011 (see `fine_gray_weights`).
//! Equal to R `survival::finegray()`, the likelihood to `coxph()` on its rows, with delayed entry
//! as well.

use crate::{
    error::Error,
    fine_gray::weights::{GAP, observable_before},
    outcomes::{OneCause, Outcomes},
    risk_sets::time_groups::TimeGroups,
};

/// The subjects of a Fine-Gray analysis as weighted rows `(entry, time]` for any Cox regression:
/// fit it with these outcomes and the covariates of `subject`, with robust standard errors
/// clustered by subject.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FineGrayRows {
    /// Row by row, the index of its subject.
    pub subject: Vec<usize>,
    /// Entry, exit, event of the cause, and weight of each row.
    pub outcomes: Outcomes,
}

/// The weighted rows of one cause; who had another event has a row for each weight it has at an
/// event of the cause after it. Case weights and entry times are honoured.
///
/// # Errors
/// [`Error::OutOfDomain`] for an event or a censoring at time 0, which no row `(entry, time]` can
/// hold; [`Error::Undefined`] where nobody was at risk for a while between an event of another
/// cause and a later one of this cause, as delayed entry allows.
///
/// # Examples
/// ```
/// use vertebra_survival::{fine_gray::fine_gray_rows, CompetingOutcomes};
/// let outcomes = CompetingOutcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![2, 0, 1, 1])?;
/// let rows = fine_gray_rows(outcomes.cause(1)?)?;
/// assert_eq!(rows.subject, [0, 0, 1, 2, 3]);
/// assert_eq!(rows.outcomes.weights().unwrap()[..2], [1.0, 2.0 / 3.0]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn fine_gray_rows(cause: OneCause<'_>) -> Result<FineGrayRows, Error> {
    let (outcomes, any) = (cause.outcomes(), cause.outcomes().any_event());
    if let Some(i) = any.time().iter().position(|&t| t == 0.0) {
        return Err(Error::OutOfDomain {
            name: "time",
            index: i,
            value: 0.0,
            expected: "above 0 years",
        });
    }
    let groups = TimeGroups::new(any);
    let curve = observable_before(any, &groups);
    let is_own = |i: usize| outcomes.causes()[i] == cause.number();
    let runs = runs(&groups, &curve, |i| is_own(i as usize));
    let mut group_of = vec![0; any.n_subjects()];
    for (g, group) in groups.iter().enumerate() {
        group.all.iter().for_each(|&i| group_of[i as usize] = g);
    }
    let (mut subject, mut entry, mut time) = (Vec::new(), Vec::new(), Vec::new());
    let (mut event, mut weight) = (Vec::new(), Vec::new());
    let mut push = |i: usize, from: f64, to: f64, is_event: bool, factor: f64| {
        subject.push(i);
        entry.push(from);
        time.push(to);
        event.push(is_event);
        weight.push(any.weight(i) * factor);
    };
    for (i, (&g, &t)) in group_of.iter().zip(any.time()).enumerate() {
        let entered = any.entry().map_or(0.0, |entry| entry[i]);
        if !any.event()[i] || is_own(i) {
            push(i, entered, t, is_own(i), 1.0);
            continue;
        }
        let later = &runs[runs.partition_point(|run| run.last <= g)..];
        if curve[g] == 0.0 && !later.is_empty() {
            return Err(GAP);
        }
        let (mut from, mut to, mut factor) = (entered, t, 1.0);
        for run in later {
            let next = run.observable / curve[g];
            if next != factor {
                push(i, from, to, false, factor);
                (from, factor) = (to, next);
            }
            to = groups.times()[run.last];
        }
        if factor > 0.0 {
            push(i, from, to, false, factor);
        }
    }
    let outcomes = Outcomes::new(time, event)?.with_entry(entry)?.with_weights(weight)?;
    Ok(FineGrayRows { subject, outcomes })
}

/// Neighbouring groups with events of the cause, at which the curve has one value.
struct Run {
    /// The last of them.
    last: usize,
    observable: f64,
}

fn runs(groups: &TimeGroups, curve: &[f64], is_own: impl Fn(u32) -> bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (g, group) in groups.iter().enumerate() {
        if !group.events.iter().any(|&i| is_own(i)) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.observable == curve[g] => run.last = g,
            _ => runs.push(Run { last: g, observable: curve[g] }),
        }
    }
    runs
}

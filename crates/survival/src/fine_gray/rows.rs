//! The sample of a subdistribution hazard as weighted rows, for any Cox regression.
//!
//! A subject with another event stays in the risk sets of the cause with the weights of Fine &
//! Gray, *JASA* 94:496-509, 1999, and Geskus, *Biometrics* 67:39-49, 2011. Equal to R
//! `survival::finegray()`, the likelihood to `coxph()` on its rows, with delayed entry as well.

use crate::{
    error::Error,
    fine_gray::{
        sample::own_events,
        weights::{GAP, observable_before},
    },
    outcomes::{Endpoint, Outcomes},
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

/// The weighted rows of one cause; a subject with another event has a row for each weight that it
/// has at an event of the cause after it. Case weights and entry times are honoured.
///
/// # Errors
/// [`Error::OutOfDomain`] for an event or a censoring at time 0, which no row `(entry, time]` can
/// hold; [`Error::Undefined`] where nobody was at risk for a while between an event of another
/// cause and a later one of this cause, as delayed entry allows.
///
/// # Examples
/// ```
/// use vertebra_survival::{CompetingOutcomes, fine_gray::fine_gray_rows};
/// let outcomes = CompetingOutcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![2, 0, 1, 1])?;
/// let rows = fine_gray_rows(&outcomes.cause(1)?)?;
/// assert_eq!(rows.subject, [0, 0, 1, 2, 3]);
/// assert_eq!(rows.outcomes.weights().unwrap()[..2], [1.0, 2.0 / 3.0]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn fine_gray_rows(endpoint: &impl Endpoint) -> Result<FineGrayRows, Error> {
    let any = endpoint.follow_up();
    if let Some(index) = any.time().iter().position(|&t| t == 0.0) {
        let (name, expected) = ("time", "above 0 years");
        return Err(Error::OutOfDomain { name, index, value: 0.0, expected });
    }
    let own = own_events(endpoint);
    let groups = TimeGroups::new(any);
    let curve = observable_before(any, &groups);
    let runs = runs(&groups, &curve, |i| own[i as usize]);
    let mut group_of = vec![0; any.n_subjects()];
    for (g, group) in groups.iter().enumerate() {
        group.all.iter().for_each(|&i| group_of[i as usize] = g);
    }
    let mut rows = Columns::default();
    for (i, &g) in group_of.iter().enumerate() {
        let row = Row { subject: i, entry: any.entry().map_or(0.0, |e| e[i]), time: any.time()[i] };
        let later = &runs[runs.partition_point(|run| run.last <= g)..];
        if !any.event()[i] || own[i] {
            rows.push(row, own[i], any.weight(i));
        } else if curve[g] == 0.0 && !later.is_empty() {
            return Err(GAP);
        } else {
            let runs =
                later.iter().map(|run| (groups.times()[run.last], run.observable / curve[g]));
            rows.push_gone(row, runs, any.weight(i));
        }
    }
    let Columns { subject, entry, time, event, weight } = rows;
    let outcomes = Outcomes::new(time, event)?.with_entry(entry)?.with_weights(weight)?;
    Ok(FineGrayRows { subject, outcomes })
}

/// The time that a subject spends in one row.
#[derive(Clone, Copy)]
struct Row {
    subject: usize,
    entry: f64,
    time: f64,
}

#[derive(Default)]
struct Columns {
    subject: Vec<usize>,
    entry: Vec<f64>,
    time: Vec<f64>,
    event: Vec<bool>,
    weight: Vec<f64>,
}

impl Columns {
    fn push(&mut self, row: Row, event: bool, weight: f64) {
        self.subject.push(row.subject);
        self.entry.push(row.entry);
        self.time.push(row.time);
        self.event.push(event);
        self.weight.push(weight);
    }

    /// A subject with another event: after it, the weight changes by a factor at each of `runs`
    /// (the end of its time, and the factor).
    fn push_gone(&mut self, mut row: Row, runs: impl Iterator<Item = (f64, f64)>, weight: f64) {
        let mut factor = 1.0;
        for (end, next) in runs {
            if next != factor {
                self.push(row, false, weight * factor);
                (row.entry, factor) = (row.time, next);
            }
            row.time = end;
        }
        if factor > 0.0 {
            self.push(row, false, weight * factor);
        }
    }
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

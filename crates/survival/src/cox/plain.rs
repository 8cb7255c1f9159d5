//! The Cox partial likelihood where all are at risk from the start and the log hazards are not
//! spread beyond what a double holds: two passes in order of time over plain numbers. The general
//! form is that of `any_spread`, which this one is tested against.

use crate::{
    cox::ties::{TiedEvents, Ties},
    outcomes::Outcomes,
    risk_sets::time_groups::TimeGroups,
};

/// A wider spread of log hazards needs numbers that keep their exponent apart.
pub(crate) const WIDEST: f64 = 500.0;

/// Sets `gradient` and returns the loss, both summed over events; `None` where the general form is
/// needed.
pub(crate) fn usual_likelihood(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    log_hazard: &[f64],
    ties: Ties,
    gradient: &mut Vec<f64>,
) -> Option<f64> {
    let (least, most) = range(log_hazard);
    if outcomes.entry().is_some() || most - least >= WIDEST {
        return None;
    }
    let order = groups.order();
    // By position in time, so that both walks below read memory in order.
    let share = |&i: &u32| outcomes.weight(i as usize) * (log_hazard[i as usize] - most).exp();
    let shares: Vec<f64> = order.iter().map(share).collect();
    let (mut loss, mut risk_set) = (0.0, 0.0);
    let mut steps = Vec::with_capacity(groups.len());
    for g in (0..groups.len()).rev() {
        let (events, censored) = groups.positions(g);
        risk_set += shares[censored].iter().sum::<f64>();
        if events.is_empty() {
            continue;
        }
        let tied: f64 = shares[events.clone()].iter().sum();
        risk_set += tied;
        let weight = outcomes.weigh(&order[events.clone()]);
        let step = Step::new(weight, events.len(), tied, risk_set, ties);
        loss += step.log_risk + weight * most;
        for &i in &order[events] {
            loss -= outcomes.weight(i as usize) * log_hazard[i as usize];
        }
        steps.push(step);
    }
    *gradient = gradient_of(&steps, &shares, outcomes, groups);
    Some(loss)
}

/// From the steps, last event time first, and each subject's share of its risk set by position.
fn gradient_of(
    steps: &[Step],
    shares: &[f64],
    outcomes: &Outcomes,
    groups: &TimeGroups,
) -> Vec<f64> {
    let order = groups.order();
    let mut gradient = vec![0.0; order.len()];
    let (mut hazard, mut next) = (0.0, steps.iter().rev());
    for g in 0..groups.len() {
        let (events, censored) = groups.positions(g);
        if !events.is_empty()
            && let Some(step) = next.next()
        {
            for p in events {
                let i = order[p] as usize;
                gradient[i] = shares[p] * (hazard + step.own) - outcomes.weight(i);
            }
            hazard += step.others;
        }
        for p in censored {
            gradient[order[p] as usize] = shares[p] * hazard;
        }
    }
    gradient
}

/// What the events at one time add.
struct Step {
    /// `ln S` and Efron's corrections, times the events' weight.
    log_risk: f64,
    /// The hazard step that the risk set beyond the events sees.
    others: f64,
    /// The hazard step that the events themselves see.
    own: f64,
}

impl Step {
    #[inline]
    fn new(weight: f64, events: usize, tied: f64, risk_set: f64, ties: Ties) -> Self {
        let sums = match TiedEvents::matter(events, ties) {
            true => TiedEvents::efron(events, tied / risk_set),
            false => TiedEvents::ALONE,
        };
        let step = weight / risk_set;
        Self {
            log_risk: weight * (risk_set.ln() + sums.log_left),
            others: step * sums.others,
            own: step * sums.own,
        }
    }
}

/// Least and largest, in four strands that do not wait for each other.
fn range(values: &[f64]) -> (f64, f64) {
    let mut least = [f64::INFINITY; 4];
    let mut most = [f64::NEG_INFINITY; 4];
    let chunks = values.chunks_exact(4);
    for &value in chunks.remainder() {
        least[0] = least[0].min(value);
        most[0] = most[0].max(value);
    }
    for chunk in chunks {
        for k in 0..4 {
            least[k] = if chunk[k] < least[k] { chunk[k] } else { least[k] };
            most[k] = if chunk[k] > most[k] { chunk[k] } else { most[k] };
        }
    }
    let fold = |all: [f64; 4], pick: fn(f64, f64) -> f64| all.into_iter().fold(all[0], pick);
    (fold(least, f64::min), fold(most, f64::max))
}

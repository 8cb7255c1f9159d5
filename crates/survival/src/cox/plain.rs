//! The Cox partial likelihood where all are at risk from the start and the log hazards are not
//! spread beyond what a double holds: two passes in order of time over plain numbers. The general
//! form is that of `any_spread`, which this one is tested against.

use crate::{
    cox::ties::{TiedEvents, Ties},
    outcomes::Outcomes,
    risk_sets::time_groups::TimeGroups,
};
use rayon::prelude::*;

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
    let shares = Shares::new(outcomes, groups, log_hazard)?;
    let mut steps = Vec::with_capacity(groups.len());
    let loss = shares.walk_back((outcomes, groups), log_hazard, ties, |_, events| {
        let step = events.step();
        steps.push(Step { others: step * events.tied.others, own: step * events.tied.own });
    });
    *gradient = gradient_of(&steps, &shares.by_position, outcomes, groups);
    Some(loss)
}

/// `w exp(h)` by position in time, so that walks read memory in order.
#[derive(Debug)]
pub(super) struct Shares {
    pub(super) by_position: Vec<f64>,
    /// The largest log hazard, taken out of all exponentials.
    pub(super) most: f64,
}

/// The events at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Events {
    pub(super) weight: f64,
    /// Sum of the shares of all at risk, and of these events.
    pub(super) risk_set: f64,
    pub(super) own: f64,
    pub(super) tied: TiedEvents,
}

impl Events {
    /// Their weight by their risk set.
    #[inline]
    pub(super) fn step(&self) -> f64 {
        self.weight / self.risk_set
    }
}

impl Shares {
    /// `None` where somebody enters late or a double does not hold the spread.
    pub(super) fn new(outcomes: &Outcomes, groups: &TimeGroups, h: &[f64]) -> Option<Self> {
        let (least, most) = range(h);
        if outcomes.entry().is_some() || most - least >= WIDEST {
            return None;
        }
        let share = |&i: &u32| outcomes.weight(i as usize) * (h[i as usize] - most).exp();
        let order = groups.order();
        let mut by_position = vec![0.0; order.len()];
        // In fixed parts, each value by itself: the same on any number of threads.
        let parts = by_position.par_chunks_mut(PART).zip(order.par_chunks(PART));
        parts.for_each(|(shares, order)| {
            shares.iter_mut().zip(order).for_each(|(to, i)| *to = share(i));
        });
        Some(Self { by_position, most })
    }

    /// Visits the times with events, from the last, and returns the loss.
    pub(super) fn walk_back(
        &self,
        (outcomes, groups): (&Outcomes, &TimeGroups),
        log_hazard: &[f64],
        ties: Ties,
        mut visit: impl FnMut(usize, Events),
    ) -> f64 {
        let (shares, order) = (&self.by_position, groups.order());
        let (mut loss, mut risk_set) = (0.0, 0.0);
        for g in (0..groups.len()).rev() {
            let (events, censored) = groups.positions(g);
            risk_set += shares[censored].iter().sum::<f64>();
            if events.is_empty() {
                continue;
            }
            let own: f64 = shares[events.clone()].iter().sum();
            risk_set += own;
            let weight = outcomes.weigh(&order[events.clone()]);
            let tied = match TiedEvents::matter(events.len(), ties) {
                true => TiedEvents::efron(events.len(), own / risk_set),
                false => TiedEvents::ALONE,
            };
            loss += weight * (risk_set.ln() + tied.log_left) + weight * self.most;
            for &i in &order[events] {
                loss -= outcomes.weight(i as usize) * log_hazard[i as usize];
            }
            visit(g, Events { weight, risk_set, own, tied });
        }
        loss
    }
}

/// Subjects that one thread works through.
pub(super) const PART: usize = 8192;

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

/// What the events at one time add to the hazard.
struct Step {
    /// That of the risk set beyond the events.
    others: f64,
    /// That of the events themselves.
    own: f64,
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

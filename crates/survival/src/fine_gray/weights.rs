//! The curves behind Fine and Gray's weights, of the censoring and of the entry times.
//!
//! A subject with an event of another cause at `t_i` counts at `t > t_i` with the weight
//! `G(t-) H(t-) / (G(t_i-) H(t_i-))`. `G` is the Kaplan-Meier curve of the censoring, events taken
//! to come before censorings at equal times. `H(t-)` is the probability of having entered before
//! `t`: the Kaplan-Meier curve of the entry times with time reversed,
//! `H(t-) = prod_{u >= t} (1 - e(u) / R(u))` over entry times `u`, with `e(u)` entering at `u` and
//! `R(u)` followed just after it; 1 without delayed entry.
//!
//! Source: Geskus, *Biometrics* 67:39-49, 2011.

use crate::{
    error::Error,
    outcomes::Outcomes,
    risk_sets::{censoring::uncensored_before, entering::Entering, time_groups::TimeGroups},
};

/// No weight can be carried over a time at which the curves start anew.
pub(crate) const GAP: Error = Error::Undefined {
    name: "Fine and Gray's weight",
    why: "nobody was at risk for a while between two events",
};

/// `G H` just before each group's time.
pub(crate) fn observable_before(any: &Outcomes, groups: &TimeGroups) -> Vec<f64> {
    let mut curve = uncensored_before(any, groups);
    if any.entry().is_some() {
        curve.iter_mut().zip(entered_before(any, groups)).for_each(|(g, h)| *g *= h);
    }
    curve
}

/// `H` just before each group's time: with time reversed, subjects come at risk at the end of their
/// follow-up and leave at their entry.
fn entered_before(any: &Outcomes, groups: &TimeGroups) -> Vec<f64> {
    let mut entering = Entering::new(any);
    let (mut followed, mut entered) = (0.0, 1.0);
    let mut tied = Tied::default();
    let mut curve = vec![0.0; groups.len()];
    for ((group, &now), before) in groups.iter().zip(groups.times()).zip(&mut curve).rev() {
        // Entries at or after `now`, from those followed beyond it.
        entering.leave_from(now, |i| {
            let at = any.entry().map_or(0.0, |entry| entry[i]);
            if at != tied.at {
                entered *= tied.share_left(&mut followed);
                tied.at = at;
            }
            tied.weight += any.weight(i);
        });
        entered *= tied.share_left(&mut followed);
        *before = entered;
        followed += any.weigh(group.all);
    }
    curve
}

/// Those who enter at one time.
#[derive(Default)]
struct Tied {
    at: f64,
    weight: f64,
}

impl Tied {
    /// The share of those `followed` just after this time who had entered before it; they alone
    /// stay.
    fn share_left(&mut self, followed: &mut f64) -> f64 {
        let (all, entering) = (*followed, std::mem::take(&mut self.weight));
        if entering == 0.0 {
            return 1.0;
        }
        let left = all - entering;
        *followed = if left <= all * 1e-12 { 0.0 } else { left }; // weighted sums may differ by rounding
        *followed / all
    }
}

//! Pseudo-observations of the risk by a horizon: what each subject, censored or not, stands for.
//!
//! `theta_i = n F - (n - 1) F^(-i)`, with `F` the observed risk of all and `F^(-i)` that without
//! subject `i`. Without censoring it is the 0/1 indicator of the event; with censoring that does
//! not depend on the predictions it has the same mean given these, so that it can stand for the
//! indicator in a regression.
//!
//! Copies of a row in its cluster are left out together: `m` of them have
//! `theta_i = (n F - (n - m) F^(-i)) / m`, as the row would have alone in a sample without copies.
//!
//! With case weights `w_i` of the sum `W` it is the infinitesimal jackknife's,
//! `theta_i = F + W dF / dw_i`: what leaving one out comes to in the first order of `1 / n`, as R
//! `survival::pseudo` has it. With delayed entry pseudo-observations have the mean of the indicator
//! only under more assumptions, such as entry that does not depend on the predictions (Parner,
//! Andersen & Overgaard, *Lifetime Data Anal.* 29, 2023, doi:10.1007/s10985-023-09597-5), and there
//! are none here.
//!
//! Sources: Andersen, Klein & Rosthøj, *Biometrika* 90:15-27, 2003; Andersen & Perme, *Stat.
//! Methods Med. Res.* 19:71-99, 2010. Equal to R `prodlim::jackknife`, here in O(n log n).

use crate::{
    error::Error,
    horizon::observed::observed,
    outcomes::{Endpoint, check, copies::Distinct},
    risk_sets::time_groups::{TimeGroup, TimeGroups},
};

/// Pseudo-observations of the risk by `horizon` years, shape `[n]`.
///
/// # Errors
/// [`Error::Empty`], [`Error::InvalidSetting`], [`Error::Undefined`] where nobody was followed to
/// the horizon, [`Error::Unsupported`] for delayed entry, with which they are biased.
///
/// # Examples
/// ```
/// use vertebra_survival::{horizon::pseudo_observations, Outcomes};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, true, false])?;
/// let risk = pseudo_observations(&outcomes, 3.5)?;
/// assert!(risk.iter().zip([1.0, 0.5, 1.5, -0.5]).all(|(a, b)| (a - b).abs() < 1e-12), "{risk:?}");
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn pseudo_observations(endpoint: &impl Endpoint, horizon: f64) -> Result<Vec<f64>, Error> {
    let outcomes = endpoint.follow_up();
    check::length("time", outcomes.time(), outcomes)?;
    check::no_entry("a pseudo-observation of the risk, which would be biased,", outcomes)?;
    if let Some(weights) = outcomes.weights().filter(|w| w.iter().any(|w| *w != 1.0)) {
        let (at, total) = (observed(endpoint, horizon)?, outcomes.total_weight());
        let pseudo = |(influence, w): (&f64, &f64)| at.risk + total * influence / w;
        return Ok(at.influence.iter().zip(weights).map(pseudo).collect());
    }
    check::reaches(outcomes, horizon)?;
    let groups = TimeGroups::new(outcomes);
    let own: Vec<f64> =
        (0..outcomes.n_subjects()).map(|i| f64::from(endpoint.is_of_interest(i))).collect();
    let copies = Distinct::of(outcomes, &[&own]).copies;
    let is_own = |i: u32| endpoint.is_of_interest(i as usize);
    let counts = counts(&groups, horizon, is_own);
    Ok(from_counts(&groups, &counts, &copies, is_own))
}

/// Subjects at one time.
struct Counts {
    at_risk: f64,
    events: f64,
    /// Events of the kind predicted.
    own: f64,
}

/// The counts at each time up to the horizon.
fn counts(groups: &TimeGroups, horizon: f64, is_own: impl Fn(u32) -> bool) -> Vec<Counts> {
    let mut at_risk: f64 = groups.iter().map(|group| group.all.len() as f64).sum();
    let count = |group: TimeGroup| {
        let own = group.events.iter().filter(|&&i| is_own(i)).count() as f64;
        let counts = Counts { at_risk, events: group.events.len() as f64, own };
        at_risk -= group.all.len() as f64;
        counts
    };
    groups.iter().take(groups.count_until(horizon)).map(count).collect()
}

/// The risk, from each time to the horizon, of those still at risk at that time; 0 in the end.
fn later_risks(counts: &[Counts]) -> Vec<f64> {
    let mut later = vec![0.0; counts.len() + 1];
    for (k, c) in counts.iter().enumerate().rev() {
        later[k] = (c.own + (c.at_risk - c.events) * later[k + 1]) / c.at_risk;
    }
    later
}

/// The pseudo-observations, by the subjects' order.
fn from_counts(
    groups: &TimeGroups,
    counts: &[Counts],
    copies: &[u32],
    is_own: impl Fn(u32) -> bool,
) -> Vec<f64> {
    let mut values = vec![0.0; copies.len()];
    let mut numbers = copies.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    let left = Left { groups, counts, later: &later_risks(counts), copies };
    numbers.into_iter().for_each(|together| left.out(together, &is_own, &mut values));
    values
}

/// A sample of which some rows are left out.
struct Left<'a> {
    groups: &'a TimeGroups,
    counts: &'a [Counts],
    later: &'a [f64],
    copies: &'a [u32],
}

impl Left<'_> {
    /// Sets the pseudo-observations of the rows of which there are `together` copies.
    fn out(&self, together: u32, is_own: &impl Fn(u32) -> bool, values: &mut [f64]) {
        let Self { groups, counts, later, copies } = self;
        let (n, m) = (values.len() as f64, f64::from(together));
        let pseudo = |without: f64| (n * later[0] - (n - m) * without) / m;
        let these = |i: &&u32| copies[**i as usize] == together;
        // Survival and risk before the current time without those of one set that are at risk.
        let (mut survival, mut before) = (1.0, 0.0);
        for (k, group) in groups.iter().enumerate() {
            let Some(c) = counts.get(k) else {
                group.all.iter().filter(these).for_each(|&i| values[i as usize] = pseudo(before));
                continue;
            };
            let others = c.at_risk - m;
            for (position, &i) in group.all.iter().enumerate().filter(|(_, i)| these(i)) {
                let gone = if position < group.events.len() { m } else { 0.0 };
                let events = c.events - gone;
                let own = c.own - if is_own(i) { gone } else { 0.0 };
                let without = match others > 0.0 {
                    true => before + survival * (own + (others - events) * later[k + 1]) / others,
                    false => before,
                };
                values[i as usize] = pseudo(without);
            }
            if others > 0.0 {
                before += survival * c.own / others;
                survival *= ((others - c.events) / others).max(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        horizon::observed::aalen_johansen,
        outcomes::{CompetingOutcomes, Outcomes},
    };
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn weights_change_them_to_the_infinitesimal_jackknife() {
        let n = 400;
        let time = (0..n).map(|i| f64::from(1 + i * 37 % 97)).collect();
        let one = Outcomes::new(time, (0..n).map(|i| i % 3 > 0).collect()).unwrap();
        let exact = pseudo_observations(&one, 50.0).unwrap();
        let halves = one.clone().with_weights(vec![0.5; n as usize]).unwrap();
        for (i, (got, expected)) in
            pseudo_observations(&halves, 50.0).unwrap().iter().zip(&exact).enumerate()
        {
            assert!((got - expected).abs() < 0.01, "{i}: {got}, expected {expected}");
        }
        // The mean of the weighted ones is the weighted risk.
        let w: Vec<f64> = (0..n).map(|i| 0.5 + f64::from(i % 5)).collect();
        let weighted = one.with_weights(w.clone()).unwrap();
        let theta = pseudo_observations(&weighted, 50.0).unwrap();
        let mean = theta.iter().zip(&w).map(|(t, w)| t * w).sum::<f64>() / w.iter().sum::<f64>();
        assert!((mean - observed(&weighted, 50.0).unwrap().risk).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn they_are_what_leaving_out_one_subject_changes(
            rows in vec((1u8..9, 0usize..3), 2..20), horizon in 1u8..9,
        ) {
            let time = rows.iter().map(|r| f64::from(r.0)).collect();
            let outcomes = CompetingOutcomes::new(time, rows.iter().map(|r| r.1).collect()).unwrap();
            let Ok(cause) = outcomes.cause(1) else { return Ok(()) };
            let horizon = f64::from(horizon);
            let Ok(got) = pseudo_observations(&cause, horizon) else { return Ok(()) };
            let risk = |members: &[usize]| {
                let here = cause.follow_up().subset(members);
                aalen_johansen(&here, |i| cause.is_of_interest(members[i]), horizon).risk
            };
            let n = rows.len();
            let all = risk(&(0..n).collect::<Vec<_>>());
            for (i, got) in got.into_iter().enumerate() {
                let others: Vec<usize> = (0..n).filter(|&j| j != i).collect();
                let expected = n as f64 * all - (n as f64 - 1.0) * risk(&others);
                prop_assert!((got - expected).abs() < 1e-10, "{i} {got} {expected}");
            }
        }
    }
}

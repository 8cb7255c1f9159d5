//! Pseudo-observations of the risk by a horizon: what each subject, censored or not, stands for.
//!
//! `theta_i = n F - (n - 1) F^(-i)`, with `F` the observed risk of all and `F^(-i)` that without
//! subject `i`. Without censoring it is the 0/1 indicator of the event; with censoring that does
//! not depend on the predictions it has the same mean given these, so that it can stand for the
//! indicator in a regression.
//!
//! Sources: Andersen, Klein & Rosthøj, *Biometrika* 90:15-27, 2003; Andersen & Perme, *Stat.
//! Methods Med. Res.* 19:71-99, 2010. Equal to R `prodlim::jackknife`, here in O(n log n).

use crate::{
    error::Error,
    outcomes::{Endpoint, check},
    risk_sets::time_groups::{TimeGroup, TimeGroups},
};

/// Pseudo-observations of the risk by `horizon` years, shape `[n]`.
///
/// # Errors
/// [`Error::Empty`], [`Error::InvalidSetting`], [`Error::Undefined`] where nobody was followed to
/// the horizon, [`Error::Unsupported`] for case weights or delayed entry.
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
    for (given, kind) in [
        (outcomes.weights().is_some(), "case weights"),
        (outcomes.entry().is_some(), "delayed entry"),
    ] {
        if given {
            return Err(Error::Unsupported { what: "pseudo-observations", with: kind });
        }
    }
    check::reaches(outcomes, horizon)?;
    let groups = TimeGroups::new(outcomes);
    let is_own = |i: u32| endpoint.is_of_interest(i as usize);
    let counts = counts(&groups, horizon, is_own);
    Ok(from_counts(&groups, &counts, is_own))
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
fn from_counts(groups: &TimeGroups, counts: &[Counts], is_own: impl Fn(u32) -> bool) -> Vec<f64> {
    let later = later_risks(counts);
    let subjects: usize = groups.iter().map(|group| group.all.len()).sum();
    let n = subjects as f64;
    let pseudo = |without: f64| n * later[0] - (n - 1.0) * without;
    let mut values = vec![0.0; subjects];
    // Survival and risk before the current time without one of those who are still at risk.
    let (mut survival, mut before) = (1.0, 0.0);
    for (k, group) in groups.iter().enumerate() {
        let Some(c) = counts.get(k) else {
            group.all.iter().for_each(|&i| values[i as usize] = pseudo(before));
            continue;
        };
        let others = c.at_risk - 1.0;
        for (position, &i) in group.all.iter().enumerate() {
            let event = position < group.events.len();
            let events = c.events - f64::from(u8::from(event));
            let own = c.own - f64::from(u8::from(event && is_own(i)));
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
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{horizon::observed::observed_among_all, outcomes::CompetingOutcomes};
    use proptest::{collection::vec, prelude::*};

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
            let risk = |members: &[usize]| observed_among_all(&cause, members, horizon).risk;
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

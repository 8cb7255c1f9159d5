//! Concordance of predicted curves, whose order may change with time.
//!
//! A pair is concordant if at the time of the earlier event the subject who had it was predicted to
//! be at higher risk by then: `P(S(T_i | x_i) < S(T_i | x_j) | T_i < T_j)`. Under proportional
//! hazards curves do not cross and it is Harrell's C.
//!
//! Source: Antolini, Boracchi & Biganzoli, *Stat. Med.* 24:3927-3944, 2005. Equal risks count half,
//! as in Harrell's C.

use std::cmp::Ordering;

use crate::{
    concordance::{
        CStatistic, ConcordanceOptions, PairTotals,
        estimate::{Prepared, from_sums},
        pairs::SubjectSums,
    },
    error::Error,
    outcomes::{Outcomes, check},
};

/// Antolini's time-dependent C with its standard error and 95 % logit interval.
///
/// `risk_by` gives the risk of every subject by a time in years: `1 - S(t)`, the cumulative hazard,
/// or any other score that is higher for whom the model thinks likelier to have had the event by
/// then. It is asked for each distinct time of an event that counts, in increasing order, in each
/// stratum anew.
///
/// # Errors
/// As [`ConcordanceOptions::estimate_of_curves`].
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, concordance::antolini_c};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, true, true, false])?;
/// // The curves of the first two cross at 1.5 years; the others stay below both.
/// let risk_by = |time: f64| if time < 1.5 { vec![0.4, 0.2, 0.1, 0.0] } else { vec![0.5, 0.6, 0.3, 0.2] };
/// assert_eq!(antolini_c(&outcomes, risk_by)?.estimate.value, 1.0);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn antolini_c(
    outcomes: &Outcomes,
    risk_by: impl FnMut(f64) -> Vec<f64>,
) -> Result<CStatistic, Error> {
    ConcordanceOptions::default().estimate_of_curves(outcomes, risk_by)
}

/// Counts the pairs of [`antolini_c`] and does nothing else; the index is [`PairTotals::index`].
///
/// # Errors
/// As [`antolini_c`], but that clusters do not matter.
pub fn antolini_pairs(
    outcomes: &Outcomes,
    risk_by: impl FnMut(f64) -> Vec<f64>,
) -> Result<PairTotals, Error> {
    let strata = ConcordanceOptions::default().prepare(outcomes)?;
    Ok(from_sums(&strata, of_strata(outcomes, &strata, risk_by)?)?.0)
}

impl ConcordanceOptions {
    /// Antolini's C of predicted curves, in O(n events), as [`antolini_c`] says.
    ///
    /// # Shapes
    /// - output of `risk_by`: `[n]`, finite, higher = event by then more likely
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    pub fn estimate_of_curves(
        &self,
        outcomes: &Outcomes,
        risk_by: impl FnMut(f64) -> Vec<f64>,
    ) -> Result<CStatistic, Error> {
        let options = self.with_clusters_of(outcomes);
        options.check_settings(outcomes)?;
        let strata = options.prepare(outcomes)?;
        let (pairs, walked) = from_sums(&strata, of_strata(outcomes, &strata, risk_by)?)?;
        let influence = options.by_cluster(&strata, pairs, walked);
        Ok(options.statistic(pairs, &influence, (options.pivot(&strata), &strata)))
    }
}

fn of_strata(
    outcomes: &Outcomes,
    strata: &[Prepared<'_>],
    mut risk_by: impl FnMut(f64) -> Vec<f64>,
) -> Result<Vec<(PairTotals, SubjectSums)>, Error> {
    let mut checked = |time| {
        let risk = risk_by(time);
        check::finite("risk", &risk, outcomes).map(|()| risk)
    };
    strata.iter().map(|stratum| sums(stratum, &mut checked)).collect()
}

/// Totals of a stratum, and the sums of each subject's pairs; subjects by increasing time.
fn sums(
    stratum: &Prepared<'_>,
    risk_by: &mut impl FnMut(f64) -> Result<Vec<f64>, Error>,
) -> Result<(PairTotals, SubjectSums), Error> {
    let Prepared { subjects, outcomes, groups, time_weights } = stratum;
    let order = groups.order();
    let n = order.len();
    let in_sample = |i: usize| subjects.as_ref().map_or(i, |subjects| subjects[i]);
    let weights: Vec<f64> = order.iter().map(|&i| outcomes.weight(i as usize)).collect();
    let entered =
        |p: usize, time: f64| outcomes.entry().is_none_or(|entry| entry[order[p] as usize] < time);
    let mut sums = SubjectSums { score: vec![0.0; n], pairs: vec![0.0; n] };
    let mut totals = PairTotals::default();
    for (g, &time_weight) in time_weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
        let (events, censored) = groups.positions(g);
        if events.is_empty() {
            continue;
        }
        let time = groups.times()[g];
        let of_sample = risk_by(time)?;
        let risk: Vec<f64> = order.iter().map(|&i| of_sample[in_sample(i as usize)]).collect();
        for p in events.clone() {
            for q in (censored.start..n).filter(|&q| entered(q, time)) {
                let (score, kind) = match risk[p].partial_cmp(&risk[q]) {
                    Some(Ordering::Greater) => (1.0, &mut totals.concordant),
                    Some(Ordering::Less) => (0.0, &mut totals.discordant),
                    _ => (0.5, &mut totals.tied_risk),
                };
                *kind += time_weight * weights[p] * weights[q];
                for (subject, other) in [(p, q), (q, p)] {
                    sums.score[subject] += time_weight * weights[other] * score;
                    sums.pairs[subject] += time_weight * weights[other];
                }
            }
            for q in p + 1..events.end {
                let both = time_weight * weights[p] * weights[q];
                match risk[p] == risk[q] {
                    true => totals.tied_both += both,
                    false => totals.tied_time += both,
                }
            }
        }
    }
    Ok((totals, sums))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TimeWeight, harrell_c};

    fn sample() -> (Outcomes, Vec<f64>) {
        let n = 60;
        let time: Vec<f64> = (0..n).map(|i| f64::from(i * 37 % 23) / 2.0).collect();
        let event = (0..n).map(|i| i % 3 != 1).collect();
        let risk = (0..n).map(|i| f64::from(i * 29 % 17) - time[i as usize]).collect();
        (Outcomes::new(time, event).unwrap(), risk)
    }

    #[test]
    fn curves_that_do_not_cross_have_the_c_of_their_order() {
        let (plain, risk) = sample();
        let n = plain.n_subjects();
        let weight = (0..n).map(|i| 0.5 + (i % 4) as f64).collect();
        let (time, event) = (plain.time().iter().map(|t| t + 0.5), plain.event().to_vec());
        let time: Vec<f64> = time.collect();
        let entry =
            time.iter().enumerate().map(|(i, t)| if i % 2 > 0 { 0.4 * t } else { 0.0 }).collect();
        let late = Outcomes::new(time, event).unwrap().with_entry(entry).unwrap();
        let labels: Vec<usize> = (0..n).map(|i| i % 5).collect();
        let options = ConcordanceOptions::default();
        let uno = options.clone().with_time_weight(TimeWeight::Uno).with_horizon(7.0);
        for (outcomes, options) in [
            (plain.clone(), options.clone()),
            (plain.clone().with_weights(weight).unwrap(), options.clone()),
            (late, options.clone()),
            (plain.clone(), uno),
            (plain.clone(), options.clone().with_strata(labels.clone())),
            (plain, options.with_clusters(labels)),
        ] {
            let expected = options.estimate(&outcomes, &risk).unwrap();
            let curves = |t: f64| risk.iter().map(|r| r * (1.0 + t)).collect();
            let got = options.estimate_of_curves(&outcomes, curves).unwrap();
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-10, "{got:?} {expected:?}");
            close(got.estimate.value, expected.estimate.value);
            close(got.estimate.std_error, expected.estimate.std_error);
            close(got.estimate.interval.lower, expected.estimate.interval.lower);
            close(got.pairs.tied_risk, expected.pairs.tied_risk);
            close(got.pairs.tied_time, expected.pairs.tied_time);
            close(got.pairs.tied_both, expected.pairs.tied_both);
        }
    }

    /// By the definition, pair by pair.
    #[test]
    fn curves_that_cross_are_compared_at_the_earlier_event() {
        let (outcomes, risk) = sample();
        let risk_by = |time: f64| -> Vec<f64> {
            let turned =
                |(i, r): (usize, &f64)| if i % 2 > 0 { r + 2.0 * time } else { r - 2.0 * time };
            risk.iter().enumerate().map(turned).collect()
        };
        let (time, event) = (outcomes.time(), outcomes.event());
        let (mut right, mut all) = (0.0, 0.0);
        for i in (0..60).filter(|&i| event[i]) {
            let at = risk_by(time[i]);
            for j in (0..60).filter(|&j| time[j] > time[i] || (time[j] == time[i] && !event[j])) {
                all += 1.0;
                right += if at[i] > at[j] {
                    1.0
                } else if at[i] == at[j] {
                    0.5
                } else {
                    0.0
                };
            }
        }
        let got = antolini_c(&outcomes, risk_by).unwrap();
        assert!((got.estimate.value - right / all).abs() < 1e-14, "{got:?}");
        let harrell = harrell_c(&outcomes, &risk).unwrap();
        assert!((got.estimate.value - harrell.estimate.value).abs() > 0.01);
        let totals = antolini_pairs(&outcomes, risk_by).unwrap();
        assert_eq!((totals, totals.index()), (got.pairs, got.estimate.value));
        // Two strata: the pairs of each.
        let labels: Vec<usize> = (0..60).map(|i| i % 3 / 2).collect();
        let options = ConcordanceOptions::default().with_strata(labels.clone());
        let stratified = options.estimate_of_curves(&outcomes, risk_by).unwrap();
        let mut sum = PairTotals::default();
        for stratum in [0, 1] {
            let members: Vec<usize> = (0..60).filter(|&i| labels[i] == stratum).collect();
            let here = |time: f64| {
                let all = risk_by(time);
                members.iter().map(|&i| all[i]).collect()
            };
            sum.add(antolini_pairs(&outcomes.subset(&members), here).unwrap());
        }
        assert_eq!(stratified.pairs, sum);
        // The jackknife: what one subject's weight changes.
        let c = |outcomes: &Outcomes| antolini_c(outcomes, risk_by).unwrap().estimate;
        let moved = |i: usize, by: f64| {
            let mut weights = vec![1.0; 60];
            weights[i] += by;
            c(&outcomes.clone().with_weights(weights).unwrap()).value
        };
        let slope = |i: usize| (moved(i, 1e-4) - moved(i, -1e-4)) / 2e-4;
        let variance: f64 = (0..60).map(|i| slope(i).powi(2)).sum();
        assert!((got.estimate.std_error - variance.sqrt()).abs() < 1e-7, "{got:?}");
    }

    #[test]
    fn risks_that_do_not_fit_are_named() {
        let (outcomes, _) = sample();
        let said =
            |risk: Vec<f64>| antolini_c(&outcomes, |_| risk.clone()).unwrap_err().to_string();
        assert_eq!(said(vec![0.1; 59]), "risk: expected 60 values, got 59");
        assert_eq!(said(vec![f64::NAN; 60]), "risk[0] must be finite, got NaN");
    }
}

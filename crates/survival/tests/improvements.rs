//! Incident areas, reclassification and discrimination improvements against their definitions, and
//! integrated Brier scores, on small samples full of ties.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

use proptest::{collection::vec, prelude::*};
use vertebra_survival::{
    CompetingOutcomes, Error, Outcomes,
    calibration::{calibration_groups, calibration_intercept, calibration_line},
    calibration_curve,
    horizon::{
        Reclassification, incident_auc, integrated_brier, integrated_discrimination,
        net_reclassification, pseudo_observations,
    },
};

/// Time, cause, first and second score, entry, weight.
type Row = (u8, usize, u8, u8, u8, u8);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    vec((1u8..9, 0usize..3, 1u8..9, 1u8..9, 0u8..8, 1u8..4), 2..25)
}

fn weights(rows: &[Row]) -> Vec<f64> {
    rows.iter().map(|r| f64::from(r.5)).collect()
}

fn scores(rows: &[Row]) -> [Vec<f64>; 2] {
    let tenth = |k: u8| f64::from(k) / 10.0;
    [rows.iter().map(|r| tenth(r.2)).collect(), rows.iter().map(|r| tenth(r.3)).collect()]
}

fn competing(rows: &[Row], weight: Vec<f64>) -> CompetingOutcomes {
    let time = rows.iter().map(|r| f64::from(r.0)).collect();
    let cause = rows.iter().map(|r| r.1).collect();
    CompetingOutcomes::new(time, cause).unwrap().with_weights(weight).unwrap()
}

fn plain(rows: &[Row], weight: Vec<f64>, delayed: bool) -> Outcomes {
    let time = rows.iter().map(|r| f64::from(r.0)).collect();
    let outcomes = Outcomes::new(time, rows.iter().map(|r| r.1 > 0).collect()).unwrap();
    let outcomes = match delayed {
        true => {
            outcomes.with_entry(rows.iter().map(|r| f64::from(r.4.min(r.0 - 1))).collect()).unwrap()
        }
        false => outcomes,
    };
    outcomes.with_weights(weight).unwrap()
}

/// Variance from numerical derivatives by the logarithms of the weights.
fn jackknife_variance(weight: &[f64], statistic: impl Fn(Vec<f64>) -> f64) -> f64 {
    let step = 1e-4;
    let slope = |i: usize| {
        let at = |by: f64| {
            let mut moved = weight.to_vec();
            moved[i] *= 1.0 + by;
            statistic(moved)
        };
        (at(step) - at(-step)) / (2.0 * step)
    };
    (0..weight.len()).map(|i| slope(i).powi(2)).sum()
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + b.abs())
}

proptest! {
    #[test]
    fn incident_area_is_the_mean_rank_of_the_events(
        rows in rows(), time in 1u8..9, bandwidth in 1u8..4, delayed in any::<bool>(),
    ) {
        let (w, [risk, _]) = (weights(&rows), scores(&rows));
        let (time, bandwidth) = (f64::from(time), f64::from(bandwidth) / 2.0);
        let outcomes = plain(&rows, w.clone(), delayed);
        let (t, e) = (outcomes.time(), outcomes.event());
        let entry = |i: usize| outcomes.entry().map_or(-1.0, |x| x[i]);
        let (mut sum, mut total, mut count) = (0.0, 0.0, 0);
        for i in (0..t.len()).filter(|&i| e[i] && (t[i] - time).abs() <= bandwidth) {
            let after = |j: usize| entry(j) < t[i] && (t[j] > t[i] || (t[j] == t[i] && !e[j]));
            let at_risk: f64 = (0..t.len()).filter(|&j| after(j)).map(|j| w[j]).sum();
            if at_risk > 0.0 {
                let lower: f64 = (0..t.len()).filter(|&j| after(j)).map(|j| {
                    w[j] * if risk[i] > risk[j] { 1.0 } else if risk[i] == risk[j] { 0.5 } else { 0.0 }
                }).sum();
                sum += w[i] * lower / at_risk;
                total += w[i];
                count += 1;
            }
        }
        match incident_auc(&outcomes, &risk, &[time], bandwidth) {
            Err(error) => {
                let undefined = matches!(error, Error::Undefined { .. });
                prop_assert!(count == 0 && undefined);
            }
            Ok(got) => {
                prop_assert_eq!(got[0].events, count);
                prop_assert!(near(got[0].estimate.value, sum / total, 1e-12));
                let expected = jackknife_variance(&w, |w| {
                    incident_auc(&plain(&rows, w, delayed), &risk, &[time], bandwidth).unwrap()[0].estimate.value
                });
                prop_assert!(near(got[0].estimate.std_error.powi(2), expected, 1e-6), "{} {expected}", got[0].estimate.std_error.powi(2));
            }
        }
    }

    #[test]
    fn improvements_have_the_errors_of_their_jackknife(rows in rows(), horizon in 1u8..8, categories in any::<bool>()) {
        let (w, [old, new]) = (weights(&rows), scores(&rows));
        let horizon = f64::from(horizon);
        let kind = match categories {
            true => Reclassification::Categories(vec![0.3, 0.6]),
            false => Reclassification::AnyChange,
        };
        let outcomes = competing(&rows, w.clone());
        let Ok(cause) = outcomes.cause(1) else { return Ok(()) };
        if let Ok(got) = net_reclassification(&cause, &old, &new, horizon, &kind) {
            let at = |w: Vec<f64>| {
                let outcomes = competing(&rows, w);
                net_reclassification(&outcomes.cause(1).unwrap(), &old, &new, horizon, &kind).unwrap()
            };
            for (se, statistic) in [
                (got.events.std_error, (|n| n.events.value) as fn(vertebra_survival::horizon::NetReclassification) -> f64),
                (got.non_events.std_error, |n| n.non_events.value),
                (got.total.difference.std_error, |n| n.total.difference.value),
            ] {
                let expected = jackknife_variance(&w, |w| statistic(at(w)));
                prop_assert!(near(se.powi(2), expected, 1e-5), "{} {expected}", se.powi(2));
            }
        }
        if let Ok(got) = integrated_discrimination(&cause, &old, &new, horizon) {
            prop_assert!(near(got.improvement.difference.value, got.new_slope - got.old_slope, 1e-12));
            let expected = jackknife_variance(&w, |w| {
                let outcomes = competing(&rows, w);
                let cause = outcomes.cause(1).unwrap();
                integrated_discrimination(&cause, &old, &new, horizon).unwrap().improvement.difference.value
            });
            prop_assert!(near(got.improvement.difference.std_error.powi(2), expected, 1e-5));
        }
    }

    #[test]
    fn integrated_brier_scores_have_the_errors_of_their_jackknife(rows in rows()) {
        let (w, [early, late]) = (weights(&rows), scores(&rows));
        let outcomes = competing(&rows, w.clone());
        let Ok(cause) = outcomes.cause(1) else { return Ok(()) };
        let horizons = [2.5, 3.5, 5.5];
        let predicted = [&early[..], &late, &late];
        let Ok(got) = integrated_brier(&cause, &predicted, &horizons) else { return Ok(()) };
        let at = |w: Vec<f64>| {
            let outcomes = competing(&rows, w);
            integrated_brier(&outcomes.cause(1).unwrap(), &predicted, &horizons).unwrap()
        };
        let expected = jackknife_variance(&w, |w| at(w).estimate.value);
        prop_assert!(near(got.estimate.std_error.powi(2), expected, 1e-6));
        let expected = jackknife_variance(&w, |w| at(w).scaled.value);
        prop_assert!(near(got.scaled.std_error.powi(2), expected, 1e-5), "{} {expected}", got.scaled.std_error.powi(2));
    }
}

#[test]
fn nobody_free_of_the_event_is_seen_in_spite_of_rounding() {
    // 3/6 + 3/6 * 2/3 + 1/6 is below 1 in double precision.
    let outcomes = CompetingOutcomes::new(vec![3.0, 2.0, 1.0], vec![1, 1, 1])
        .unwrap()
        .with_weights(vec![1.0, 2.0, 3.0])
        .unwrap();
    let (old, new) = ([0.1; 3], [0.1, 0.1, 0.2]);
    let cause = outcomes.cause(1).unwrap();
    let group = calibration_groups(&cause, &old, 3.0, 1).unwrap()[0];
    assert_eq!(
        (group.observed.interval.lower, group.observed.interval.upper),
        (0.0, 1.0),
        "the variance is undefined"
    );
    let got = net_reclassification(&cause, &old, &new, 3.0, &Reclassification::AnyChange);
    assert!(matches!(got, Err(Error::Undefined { .. })), "{got:?}");
}

#[test]
fn a_prediction_equal_to_the_curve_is_calibrated() {
    // Everybody is followed; of those with one prediction that share has the event, at the times of
    // a constant hazard.
    let shares = [0.2, 0.5, 0.8];
    let row = |i: usize| {
        let (share, rank) = (shares[i % 3], (i / 3) as f64 / 100.0 + 0.005);
        (share, (1.0 - rank).ln() / (1.0f64 - share).ln() * 3.0)
    };
    let (predicted, time): (Vec<f64>, Vec<f64>) = (0..300).map(row).unzip();
    let outcomes = Outcomes::new(time, vec![true; 300]).unwrap();
    let line = calibration_line(&outcomes, &predicted, 3.0).unwrap();
    assert!((line.slope.value - 1.0).abs() < 1e-6 && line.intercept.value.abs() < 1e-6, "{line:?}");
    assert!(calibration_intercept(&outcomes, &predicted, 3.0).unwrap().value.abs() < 1e-6);
    let curve = calibration_curve(&outcomes, &predicted, 3.0).unwrap();
    assert!(curve.e_max < 0.01, "{}", curve.e_max);
}

#[test]
fn what_is_undefined_or_unsupported_is_named() {
    let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, true, false]).unwrap();
    let (old, new) = ([0.2, 0.2, 0.1, 0.1], [0.3, 0.1, 0.2, 0.1]);
    let any = Reclassification::AnyChange;
    let same = net_reclassification(&outcomes, &old, &old, 2.5, &any);
    assert!(matches!(same, Err(Error::Undefined { .. })));
    for cuts in [vec![], vec![0.0], vec![0.4, 0.2]] {
        let bad =
            net_reclassification(&outcomes, &old, &new, 2.5, &Reclassification::Categories(cuts));
        assert!(matches!(
            bad,
            Err(Error::InvalidSetting { name: "cuts", .. } | Error::Empty { name: "cuts" })
        ));
    }
    assert!(net_reclassification(&outcomes, &old, &new, 0.5, &any).is_err());
    assert!(matches!(
        integrated_discrimination(&outcomes, &old, &old, 2.5),
        Err(Error::Undefined { .. })
    ));
    assert!(matches!(
        integrated_discrimination(&outcomes, &old, &[1.1, 0.1, 0.1, 0.1], 2.5),
        Err(Error::OutOfDomain { name: "new", index: 0, .. })
    ));
    let certain = calibration_intercept(&outcomes, &[1.0, 0.2, 0.2, 0.2], 2.5);
    assert_eq!(
        certain,
        Err(Error::OutOfDomain {
            name: "predicted_risk",
            index: 0,
            value: 1.0,
            expected: "inside (0, 1)"
        })
    );
    assert!(matches!(calibration_curve(&outcomes, &[0.2; 4], 2.5), Err(Error::Undefined { .. })));
    assert!(matches!(calibration_line(&outcomes, &[0.2; 4], 2.5), Err(Error::Undefined { .. })));
    let late = outcomes.clone().with_entry(vec![0.5; 4]).unwrap();
    assert!(matches!(
        pseudo_observations(&late, 2.5),
        Err(Error::Unsupported { with: "delayed entry", .. })
    ));
    assert!(matches!(pseudo_observations(&outcomes, 9.0), Err(Error::Undefined { .. })));
    assert!(matches!(incident_auc(&outcomes, &old, &[9.0], 1.0), Err(Error::Undefined { .. })));
    assert!(matches!(
        incident_auc(&outcomes, &old, &[1.0], 0.0),
        Err(Error::InvalidSetting { name: "bandwidth", .. })
    ));
}

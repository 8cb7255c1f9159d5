//! The fast algorithms against their definitions, on small samples full of ties.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

use proptest::{collection::vec, prelude::*};
use vertebra_survival::{
    BootstrapOptions, CompetingOutcomes, ConcordanceOptions, Error, Outcomes, Ties, TimeWeight,
    accuracy_at, auc_at, brier_score, compare_auc_at, concordance, cox_partial_likelihood,
    horizon::auc_jointly, kaplan_meier, observed_expected,
};

/// A sample with many equal times and risks: time, event, risk, entry, weight.
type Row = (u8, bool, i8, u8, u8);

fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    vec((1u8..9, any::<bool>(), -3i8..3, 0u8..8, 1u8..4), 2..most)
}

fn risk(rows: &[Row]) -> Vec<f64> {
    rows.iter().map(|r| f64::from(r.2)).collect()
}

fn right_censored(rows: &[Row]) -> Outcomes {
    let time = rows.iter().map(|r| f64::from(r.0)).collect();
    Outcomes::new(time, rows.iter().map(|r| r.1).collect()).unwrap()
}

fn weighted(rows: &[Row], weight: Vec<f64>, delayed: bool) -> Outcomes {
    let outcomes = right_censored(rows).with_weights(weight).unwrap();
    let entry = rows.iter().map(|r| f64::from(r.3.min(r.0 - 1))).collect();
    if delayed { outcomes.with_entry(entry).unwrap() } else { outcomes }
}

fn weights(rows: &[Row]) -> Vec<f64> {
    rows.iter().map(|r| f64::from(r.4)).collect()
}

fn entry(outcomes: &Outcomes, i: usize) -> f64 {
    outcomes.entry().map_or(-1.0, |e| e[i])
}

/// Concordant, discordant, tied risk, tied time, tied both, by looking at all pairs.
fn all_pairs(outcomes: &Outcomes, risk: &[f64]) -> [f64; 5] {
    let (t, e) = (outcomes.time(), outcomes.event());
    let weight = |i: usize| outcomes.weights().map_or(1.0, |w| w[i]);
    let mut counts = [0.0; 5];
    for i in 0..t.len() {
        for j in 0..t.len() {
            let later = t[i] < t[j] || (t[i] == t[j] && !e[j]);
            let kind = if e[i] && later && entry(outcomes, j) < t[i] {
                if risk[i] > risk[j] {
                    0
                } else if risk[i] < risk[j] {
                    1
                } else {
                    2
                }
            } else if i < j && e[i] && e[j] && t[i] == t[j] {
                if risk[i] == risk[j] { 4 } else { 3 }
            } else {
                continue;
            };
            counts[kind] += weight(i) * weight(j);
        }
    }
    counts
}

/// Negative log partial likelihood per event from the definition.
fn definition(outcomes: &Outcomes, h: &[f64], ties: Ties) -> f64 {
    let (t, e) = (outcomes.time(), outcomes.event());
    let w = |i: usize| outcomes.weights().map_or(1.0, |w| w[i]);
    let mut times: Vec<f64> = (0..t.len()).filter(|&i| e[i]).map(|i| t[i]).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let (mut loss, mut total) = (0.0, 0.0);
    for now in times {
        let events: Vec<usize> = (0..t.len()).filter(|&i| e[i] && t[i] == now).collect();
        let at_risk = (0..t.len()).filter(|&j| t[j] >= now && entry(outcomes, j) < now);
        let all: f64 = at_risk.map(|j| w(j) * h[j].exp()).sum();
        let tied: f64 = events.iter().map(|&j| w(j) * h[j].exp()).sum();
        let weight: f64 = events.iter().map(|&i| w(i)).sum();
        for r in 0..events.len() {
            let d = events.len() as f64;
            let gone = if ties == Ties::Efron { r as f64 / d } else { 0.0 };
            loss += weight / d * (all - gone * tied).ln();
        }
        loss -= events.iter().map(|&i| w(i) * h[i]).sum::<f64>();
        total += weight;
    }
    loss / total
}

/// `sum (w_i dtheta / dw_i)^2` by central differences.
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
    fn concordance_counts_every_pair_and_tie(rows in rows(40), delayed in any::<bool>()) {
        let unit = weighted(&rows, vec![1.0; rows.len()], delayed);
        let outcomes = match unit.entry() {
            None => right_censored(&rows),
            Some(entry) => right_censored(&rows).with_entry(entry.to_vec()).unwrap(),
        };
        let expected = all_pairs(&outcomes, &risk(&rows));
        match concordance(&outcomes, &risk(&rows)) {
            Err(error) => {
                prop_assert_eq!(error, Error::NoComparablePair { n: rows.len() });
                prop_assert_eq!(expected[0] + expected[1] + expected[2], 0.0);
            }
            Ok(got) => {
                let got =
                    [got.concordant, got.discordant, got.tied_risk, got.tied_time, got.tied_both];
                prop_assert_eq!(got.map(|c| c as f64), expected);
            }
        }
    }

    #[test]
    fn weighted_concordance_and_its_jackknife(rows in rows(25), delayed in any::<bool>()) {
        let outcomes = weighted(&rows, weights(&rows), delayed);
        let risk = risk(&rows);
        let options = ConcordanceOptions::default();
        if let Ok(got) = options.estimate(&outcomes, &risk) {
            let expected = all_pairs(&outcomes, &risk);
            let pairs = got.pairs;
            let counts = [
                pairs.concordant, pairs.discordant, pairs.tied_risk, pairs.tied_time, pairs.tied_both,
            ];
            prop_assert!(counts.iter().zip(expected).all(|(a, b)| near(*a, b, 1e-12)));
            let variance = jackknife_variance(&weights(&rows), |w| {
                options.estimate(&weighted(&rows, w, delayed), &risk).unwrap().estimate.value
            });
            prop_assert!(near(got.estimate.std_error.powi(2), variance, 1e-6), "{} {variance}", got.estimate.std_error.powi(2));
        }
    }

    #[test]
    fn whole_weights_stand_for_repeated_subjects(rows in rows(25)) {
        let outcomes = weighted(&rows, weights(&rows), false);
        let repeated: Vec<Row> =
            rows.iter().flat_map(|r| std::iter::repeat_n(*r, usize::from(r.4))).collect();
        let plain = right_censored(&repeated);
        for kind in [TimeWeight::Harrell, TimeWeight::Uno, TimeWeight::Survival, TimeWeight::PerEvent] {
            let options = ConcordanceOptions::default().with_time_weight(kind);
            let (a, b) = (options.estimate(&outcomes, &risk(&rows)), options.estimate(&plain, &risk(&repeated)));
            if let (Ok(a), Ok(b)) = (a, b) {
                prop_assert!(near(a.estimate.value, b.estimate.value, 1e-12), "{kind:?} {} {}", a.estimate.value, b.estimate.value);
            }
        }
        let (a, b) = (kaplan_meier(&outcomes).unwrap(), kaplan_meier(&plain).unwrap());
        prop_assert!(a.survival.iter().zip(&b.survival).all(|(a, b)| near(*a, *b, 1e-12)));
        // Efron's rule tells tied subjects from weighted ones; Breslow's does not.
        let (a, b) = (
            cox_partial_likelihood(&outcomes, &risk(&rows), Ties::Breslow),
            cox_partial_likelihood(&plain, &risk(&repeated), Ties::Breslow),
        );
        if let (Ok(a), Ok(b)) = (a, b) {
            prop_assert!(near(a.loss, b.loss, 1e-12));
        }
    }

    #[test]
    fn partial_likelihood_and_gradient_follow_the_definition(
        rows in rows(25), delayed in any::<bool>(), efron in any::<bool>(),
    ) {
        let ties = if efron { Ties::Efron } else { Ties::Breslow };
        let outcomes = weighted(&rows, weights(&rows), delayed);
        let h = risk(&rows);
        if let Ok(got) = cox_partial_likelihood(&outcomes, &h, ties) {
            prop_assert!(near(got.loss, definition(&outcomes, &h, ties), 1e-12));
            for i in 0..h.len() {
                let at = |by: f64| {
                    let mut moved = h.clone();
                    moved[i] += by;
                    definition(&outcomes, &moved, ties)
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                prop_assert!(near(got.gradient[i], slope, 1e-7), "{i} {} {slope}", got.gradient[i]);
            }
        }
    }

    #[test]
    fn any_spread_of_log_hazards_has_a_finite_gradient(
        rows in rows(25), scale in prop_oneof![Just(1e3), Just(1e4), Just(1e100)], delayed in any::<bool>(),
    ) {
        let outcomes = weighted(&rows, vec![1.0; rows.len()], delayed);
        let h: Vec<f64> = risk(&rows).iter().map(|r| r * scale).collect();
        for ties in [Ties::Efron, Ties::Breslow] {
            if let Ok(got) = cox_partial_likelihood(&outcomes, &h, ties) {
                prop_assert!(got.loss.is_finite());
                // The likelihood does not change when all log hazards move together.
                prop_assert!(got.gradient.iter().sum::<f64>().abs() < 1e-9);
            }
        }
    }

    #[test]
    fn kaplan_meier_is_the_product_over_event_times(rows in rows(40), delayed in any::<bool>()) {
        let outcomes = weighted(&rows, weights(&rows), delayed);
        let curve = kaplan_meier(&outcomes).unwrap();
        let (t, e, w) = (outcomes.time(), outcomes.event(), weights(&rows));
        for now in 0..10 {
            let mut survival = 1.0;
            for u in 0..=now {
                let u = f64::from(u);
                let sum = |keep: &dyn Fn(usize) -> bool| -> f64 {
                    (0..t.len()).filter(|&i| keep(i)).map(|i| w[i]).sum()
                };
                let d = sum(&|i| e[i] && t[i] == u);
                if d > 0.0 {
                    survival *= 1.0 - d / sum(&|i| t[i] >= u && entry(&outcomes, i) < u);
                }
            }
            prop_assert!(near(curve.at(f64::from(now)), survival, 1e-12));
        }
        prop_assert!(curve.lower.iter().zip(&curve.upper).all(|(l, u)| 0.0 <= *l && l <= u && *u <= 1.0));
    }

    #[test]
    fn standard_errors_at_a_horizon_are_the_jackknife_with_the_censoring_curve(
        rows in rows(25), horizon in 1u8..8,
    ) {
        let (w, score, horizon) = (weights(&rows), risk(&rows), f64::from(horizon));
        let at = |w: Vec<f64>| weighted(&rows, w, false);
        if let Ok(got) = auc_at(&at(w.clone()), &score, horizon) {
            let expected = jackknife_variance(&w, |w| auc_at(&at(w), &score, horizon).unwrap().estimate.value);
            prop_assert!(near(got.estimate.std_error.powi(2), expected, 1e-6), "{} {expected}", got.estimate.std_error.powi(2));
            let survival: Vec<f64> = score.iter().map(|r| 1.0 / (1.0 + r.exp())).collect();
            let got = brier_score(&at(w.clone()), &survival, horizon).unwrap();
            let expected = jackknife_variance(&w, |w| {
                brier_score(&at(w), &survival, horizon).unwrap().estimate.value
            });
            prop_assert!(near(got.estimate.std_error.powi(2), expected, 1e-6));
        }
        if let Ok(got) = accuracy_at(&at(w.clone()), &score, horizon, 0.0) {
            let expected = jackknife_variance(&w, |w| {
                accuracy_at(&at(w), &score, horizon, 0.0).unwrap().ppv.value
            });
            prop_assert!(near(got.ppv.std_error.powi(2), expected, 1e-6));
        }
    }

    #[test]
    fn fast_bootstrap_of_concordance_is_the_general_one(rows in rows(40), seed in any::<u64>()) {
        let (outcomes, risk) = (right_censored(&rows), risk(&rows));
        let samples = BootstrapOptions::default().with_replicates(20).with_seed(seed);
        let fast = ConcordanceOptions::default().bootstrap_index(&outcomes, &risk, &samples);
        let general = samples.draw(risk.len(), |sample| {
            let drawn: Vec<f64> = sample.iter().map(|&i| risk[i]).collect();
            concordance(&outcomes.subset(sample), &drawn).ok().map(|c| c.index())
        });
        match (fast, general) {
            (Err(Error::NoComparablePair { .. }), Err(Error::Undefined { .. })) => {}
            (fast, general) => prop_assert_eq!(fast, general),
        }
    }

    #[test]
    fn joint_bootstrap_is_the_estimate_on_each_sample(
        rows in rows(30), seed in any::<u64>(), kind in 0usize..4, weigh in any::<bool>()
    ) {
        let (outcomes, first) = (right_censored(&rows), risk(&rows));
        let outcomes = if weigh { outcomes.with_weights(weights(&rows)).unwrap() } else { outcomes };
        let second: Vec<f64> = rows.iter().map(|r| f64::from(r.3)).collect();
        let label: Vec<usize> = rows.iter().map(|r| usize::from(r.4)).collect();
        let plain = ConcordanceOptions::default();
        let index = match kind {
            0 => plain,
            1 => plain.with_time_weight(TimeWeight::Uno).with_horizon(6.0),
            2 => plain.with_strata(label.clone()),
            _ => plain.with_time_weight(TimeWeight::PerEvent),
        };
        let options = BootstrapOptions::default().with_replicates(20).with_seed(seed);
        let of = |values: &[f64], sample: &[usize]| -> Vec<f64> {
            sample.iter().map(|&i| values[i]).collect()
        };
        let slow = |score: &[f64]| options.draw_studentised(rows.len(), |sample| {
            let strata = sample.iter().map(|&i| label[i]).collect();
            let index = if kind == 2 { index.clone().with_strata(strata) } else { index.clone() };
            let got = index.estimate(&outcomes.subset(sample), &of(score, sample)).ok()?;
            Some((got.estimate.value, got.estimate.std_error))
        });
        let joint = index.bootstrap(&outcomes, &[&first, &second], &options);
        match (joint, slow(&first), slow(&second)) {
            (Ok(joint), Ok(a), Ok(b)) => {
                for (k, slow) in [a, b].into_iter().enumerate() {
                    let fast = joint.score(k).unwrap();
                    prop_assert_eq!(fast.bootstrap.n_undefined, slow.bootstrap.n_undefined);
                    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| near(*a, *b, 1e-9));
                    prop_assert!(near(&fast.bootstrap.replicates, &slow.bootstrap.replicates));
                    let (a, b) = (&fast.replicate_std_errors, &slow.replicate_std_errors);
                    prop_assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9), "{:?} {:?}", a, b);
                }
            }
            (Err(_), a, b) => prop_assert!(a.is_err() || b.is_err()),
            (Ok(_), a, b) => prop_assert!(a.is_ok() && b.is_ok()),
        }
    }

    #[test]
    fn negated_risk_gives_the_complement(rows in rows(40)) {
        let outcomes = right_censored(&rows);
        let (risk, horizon) = (risk(&rows), 4.0);
        let negated: Vec<f64> = risk.iter().map(|r| -r).collect();
        let uno = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
        if let (Ok(a), Ok(b)) = (uno.estimate(&outcomes, &risk), uno.estimate(&outcomes, &negated)) {
            prop_assert!(near(a.estimate.value + b.estimate.value, 1.0, 1e-12) && near(a.estimate.std_error, b.estimate.std_error, 1e-12));
        }
        if let (Ok(a), Ok(b)) = (auc_at(&outcomes, &risk, horizon), auc_at(&outcomes, &negated, horizon)) {
            prop_assert!(near(a.estimate.value + b.estimate.value, 1.0, 1e-12) && near(a.estimate.std_error, b.estimate.std_error, 1e-12));
        }
    }

    #[test]
    fn one_cause_at_a_horizon_follows_its_definition(
        rows in rows(25), causes in vec(0usize..3, 25), horizon in 1u8..8,
    ) {
        let time: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
        let cause = causes[..rows.len()].to_vec();
        let (w, score, horizon) = (weights(&rows), risk(&rows), f64::from(horizon));
        let at = |w: Vec<f64>| {
            CompetingOutcomes::new(time.clone(), cause.clone()).unwrap().with_weights(w).unwrap()
        };
        let outcomes = at(w.clone());
        let Ok(of_cause) = outcomes.cause(1) else { return Ok(()) };
        if let Ok(got) = auc_at(&of_cause, &score, horizon) {
            // G(t-) by its definition, events before censorings at equal times.
            let uncensored = |t: f64| -> f64 {
                (0..9).map(f64::from).filter(|&u| u < t).map(|u| {
                    let sum = |keep: &dyn Fn(usize) -> bool| -> f64 {
                        (0..time.len()).filter(|&i| keep(i)).map(|i| w[i]).sum()
                    };
                    let c = sum(&|i| time[i] == u && cause[i] == 0);
                    let n = sum(&|i| time[i] > u || (time[i] == u && cause[i] == 0));
                    if c > 0.0 { 1.0 - c / n } else { 1.0 }
                }).product()
            };
            let (mut wins, mut pairs) = (0.0, 0.0);
            for i in (0..time.len()).filter(|&i| time[i] <= horizon && cause[i] == 1) {
                for j in 0..time.len() {
                    let gone = time[j] <= horizon && cause[j] == 2;
                    // Where nobody was followed beyond the horizon, those censored at it are free.
                    let ends = !time.iter().any(|&t| t > horizon) && time[j] == horizon && cause[j] == 0;
                    if gone || ends || time[j] > horizon {
                        let until = if gone || ends { time[j] } else { horizon + 0.5 };
                        let pair = w[i] / uncensored(time[i]) * w[j] / uncensored(until);
                        pairs += pair;
                        wins += pair * match score[i].total_cmp(&score[j]) {
                            std::cmp::Ordering::Greater => 1.0,
                            std::cmp::Ordering::Equal => 0.5,
                            std::cmp::Ordering::Less => 0.0,
                        };
                    }
                }
            }
            prop_assert!(near(got.estimate.value, wins / pairs, 1e-11), "{} {}", got.estimate.value, wins / pairs);
            let numeric = |statistic: &dyn Fn(&CompetingOutcomes) -> f64| {
                jackknife_variance(&w, |w| statistic(&at(w)))
            };
            let expected = numeric(&|o| auc_at(&o.cause(1).unwrap(), &score, horizon).unwrap().estimate.value);
            prop_assert!(near(got.estimate.std_error.powi(2), expected, 1e-6), "{} {expected}", got.estimate.std_error.powi(2));
            let survival: Vec<f64> = score.iter().map(|r| 1.0 / (1.0 + r.exp())).collect();
            let got = brier_score(&of_cause, &survival, horizon).unwrap();
            let scaled = |o: &CompetingOutcomes| {
                brier_score(&o.cause(1).unwrap(), &survival, horizon).unwrap().scaled.value
            };
            prop_assert!(near(got.scaled.std_error.powi(2), numeric(&scaled), 1e-6));
            if let Ok(got) = observed_expected(&of_cause, &survival, horizon) {
                let observed = |o: &CompetingOutcomes| {
                    observed_expected(&o.cause(1).unwrap(), &survival, horizon).unwrap().observed
                };
                let reach = 1.959_963_984_540_054 * numeric(&observed).sqrt() / got.observed;
                prop_assert!(near((got.ratio.interval.upper / got.ratio.value).ln(), reach, 1e-5));
            }
        }
    }

    #[test]
    fn several_scores_at_several_horizons_are_tested_with_their_jackknife_covariance(rows in rows(30)) {
        let outcomes = right_censored(&rows);
        let first = risk(&rows);
        let second: Vec<f64> = rows.iter().map(|r| f64::from(r.3)).collect();
        let horizons = [2.5, 4.5];
        let Ok(joint) = auc_jointly(&outcomes, &[&first, &second], &horizons) else { return Ok(()) };
        for (k, &horizon) in horizons.iter().enumerate() {
            match (joint.difference(0, 1, k), compare_auc_at(&outcomes, &first, &second, horizon)) {
                (Ok(a), Ok(b)) => prop_assert_eq!(a, b),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
        let v = &joint.covariance;
        if let Ok(test) = joint.test_of_equality() {
            let x = [0, 1].map(|k| joint.areas[1][k].estimate.value - joint.areas[0][k].estimate.value);
            let c = |k: usize, l: usize| v[2 + k][2 + l] - v[2 + k][l] - v[k][2 + l] + v[k][l];
            let det = c(0, 0) * c(1, 1) - c(0, 1) * c(1, 0);
            let square = (x[0] * x[0] * c(1, 1) - 2.0 * x[0] * x[1] * c(0, 1) + x[1] * x[1] * c(0, 0)) / det;
            if det > 1e-6 * c(0, 0) * c(1, 1) {
                prop_assert!(near(test.statistic, square, 1e-6), "{} {square}", test.statistic);
            }
        }
    }
}

#[test]
fn counted_times_give_the_curve_of_sorted_ones() {
    let time: Vec<f64> = (0..6000).map(|i| f64::from(i * 7919 % 365) / 365.25).collect();
    let event: Vec<bool> = (0..6000).map(|i| i * 31 % 7 < 3).collect();
    let outcomes = Outcomes::new(time, event).unwrap();
    let sorted = outcomes.clone().with_weights(vec![1.0; 6000]).unwrap();
    assert_eq!(kaplan_meier(&outcomes).unwrap(), kaplan_meier(&sorted).unwrap());
}

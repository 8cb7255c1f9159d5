//! Competing risks with delayed entry and weights, curves of groups and their tests, against the
//! definitions.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

use proptest::{collection::vec, prelude::*};
use vertebra_survival::{
    CompetingOutcomes, Error, Outcomes, RiskSets, Ties, concordance,
    cox::gradient_log_hazard,
    cox_partial_likelihood, cumulative_incidence,
    curves::{CurveEstimator, CurveOptions, cumulative_incidence_by_group, kaplan_meier_by_group},
    gray_test,
    group_tests::{GrayTest, LogRankOptions, LogRankWeight},
    kaplan_meier, log_rank,
};

/// Time, cause, entry before it, weight, group, stratum, risk.
type Row = (u8, usize, u8, u8, usize, usize, i8);

fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    vec((1u8..9, 0usize..3, 0u8..8, 1u8..4, 0usize..3, 0usize..2, -3i8..3), 2..most)
}

fn entry(row: &Row) -> f64 {
    f64::from(row.2.min(row.0 - 1))
}

fn weights(rows: &[Row]) -> Vec<f64> {
    rows.iter().map(|r| f64::from(r.3)).collect()
}

fn competing(rows: &[Row], delayed: bool) -> CompetingOutcomes {
    let time = rows.iter().map(|r| f64::from(r.0)).collect();
    let outcomes = CompetingOutcomes::new(time, rows.iter().map(|r| r.1).collect()).unwrap();
    match delayed {
        true => outcomes.with_entry(rows.iter().map(entry).collect()).unwrap(),
        false => outcomes,
    }
}

/// The Aalen-Johansen sum at `now`, by looking at everybody at every time.
fn incidence(rows: &[Row], weight: &[f64], delayed: bool, cause: usize, now: f64) -> f64 {
    let (mut survival, mut sum) = (1.0, 0.0);
    for t in (1..9).map(f64::from).filter(|&t| t <= now) {
        let among = |keep: &dyn Fn(&Row) -> bool| -> f64 {
            let here = |r: &Row| f64::from(r.0) >= t && (!delayed || entry(r) < t) && keep(r);
            rows.iter().zip(weight).filter(|(r, _)| here(r)).map(|(_, w)| w).sum()
        };
        let n = among(&|_| true);
        if n > 0.0 {
            let at = |r: &Row| f64::from(r.0) == t;
            sum += survival * among(&|r| at(r) && r.1 == cause) / n;
            survival *= 1.0 - among(&|r| at(r) && r.1 > 0) / n;
        }
    }
    sum
}

/// Whether all at risk have an event at some time while others enter later: the curve of any event
/// falls to 0 there, and at no other weights.
fn dies_out_early(rows: &[Row], delayed: bool) -> bool {
    delayed
        && (1..9).map(f64::from).any(|t| {
            let mut here = rows.iter().filter(|r| f64::from(r.0) >= t && entry(r) < t).peekable();
            here.peek().is_some()
                && here.all(|r| f64::from(r.0) == t && r.1 > 0)
                && rows.iter().any(|r| entry(r) >= t)
        })
}

/// Each subject as often as its weight says.
fn repeated(rows: &[Row]) -> Vec<Row> {
    rows.iter().flat_map(|r| std::iter::repeat_n(*r, usize::from(r.3))).collect()
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * b.abs().max(1.0)
}

fn all_near(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(*a, *b, tolerance))
}

/// Gray's test of cause 1.
fn gray(outcomes: &CompetingOutcomes, groups: &[usize]) -> Result<GrayTest, Error> {
    gray_test(&outcomes.cause(1)?, groups)
}

proptest! {
    #[test]
    fn cumulative_incidence_and_its_jackknife_follow_the_definition(
        rows in rows(20), delayed in any::<bool>(), weigh in any::<bool>(),
    ) {
        let weight = if weigh { weights(&rows) } else { vec![1.0; rows.len()] };
        let mut outcomes = competing(&rows, delayed);
        if weigh {
            outcomes = outcomes.with_weights(weight.clone()).unwrap();
        }
        let Ok(curves) = cumulative_incidence(&outcomes) else {
            prop_assert!(rows.iter().all(|r| r.1 == 0));
            return Ok(());
        };
        for curve in curves {
            for now in (1..9).map(f64::from) {
                let at = |w: &[f64]| incidence(&rows, w, delayed, curve.cause, now);
                prop_assert!(near(curve.at(now), at(&weight), 1e-12));
                if dies_out_early(&rows, delayed) {
                    continue;
                }
                let slope = |i: usize| {
                    let moved = |by: f64| {
                        let mut w = weight.clone();
                        w[i] *= 1.0 + by;
                        at(&w)
                    };
                    (moved(1e-5) - moved(-1e-5)) / 2e-5
                };
                let se = (0..rows.len()).map(|i| slope(i).powi(2)).sum::<f64>().sqrt();
                prop_assert!((curve.std_error_at(now) - se).abs() < 2e-7, "{} {se}", curve.std_error_at(now));
                let vertebra_survival::Interval { lower, upper, .. } = curve.interval_at(now);
                prop_assert!(lower <= curve.at(now) && curve.at(now) <= upper);
            }
        }
    }

    #[test]
    fn whole_weights_are_subjects_alike_in_the_tests_of_groups(
        rows in rows(25), delayed in any::<bool>(), stratified in any::<bool>(),
    ) {
        let many = repeated(&rows);
        let label = |rows: &[Row]| rows.iter().map(|r| r.4).collect::<Vec<_>>();
        let strata = |rows: &[Row]| rows.iter().map(|r| r.5).collect::<Vec<_>>();
        let (few, each) = (competing(&rows, delayed), competing(&many, delayed));
        let few = few.with_weights(weights(&rows)).unwrap();
        for weight in [
            LogRankWeight::LogRank,
            LogRankWeight::Gehan,
            LogRankWeight::TaroneWare,
            LogRankWeight::FlemingHarrington { rho: 0.5, gamma: 1.0 },
        ] {
            let options = |rows: &[Row]| match stratified {
                true => LogRankOptions::default().with_weight(weight).with_strata(strata(rows)),
                false => LogRankOptions::default().with_weight(weight),
            };
            let a = options(&rows).test(few.any_event(), &label(&rows));
            let b = options(&many).test(each.any_event(), &label(&many));
            match (a, b) {
                (Ok(a), Ok(b)) => {
                    prop_assert!(all_near(&a.observed, &b.observed, 1e-11));
                    prop_assert!(all_near(&a.expected, &b.expected, 1e-11));
                    prop_assert!(near(a.test.statistic, b.test.statistic, 1e-9), "{} {}", a.test.statistic, b.test.statistic);
                    prop_assert_eq!(a.test.df, b.test.df);
                }
                (a, b) => prop_assert_eq!(a.err().map(|e| e.to_string()).is_some(), b.err().is_some()),
            }
        }
        if !delayed {
            match (gray(&few, &label(&rows)), gray(&each, &label(&many))) {
                (Ok(a), Ok(b)) => {
                    prop_assert!(all_near(&a.score, &b.score, 1e-11));
                    prop_assert!(near(a.test.statistic, b.test.statistic, 1e-8), "{} {}", a.test.statistic, b.test.statistic);
                }
                (a, b) => prop_assert_eq!(a.is_err(), b.is_err()),
            }
        }
    }

    #[test]
    fn curves_of_groups_are_those_of_their_members(rows in rows(30), delayed in any::<bool>()) {
        let outcomes = competing(&rows, delayed).with_weights(weights(&rows)).unwrap();
        let names: Vec<&str> = rows.iter().map(|r| ["b", "a", "c"][r.4]).collect();
        let options = CurveOptions::default().with_estimator(CurveEstimator::NelsonAalen);
        let by_group = options.fit_by_group(outcomes.any_event(), &names).unwrap();
        prop_assert!(by_group.is_sorted_by(|a, b| a.label < b.label));
        prop_assert_eq!(by_group.iter().map(|g| g.n).sum::<usize>(), rows.len());
        for group in &by_group {
            let members: Vec<usize> = (0..rows.len()).filter(|&i| names[i] == group.label).collect();
            let here = outcomes.subset(&members);
            prop_assert_eq!(&group.curve, &options.fit(here.any_event()).unwrap());
            prop_assert_eq!(group.events, here.any_event().n_events());
        }
        for group in kaplan_meier_by_group(outcomes.any_event(), &names).unwrap() {
            let members: Vec<usize> = (0..rows.len()).filter(|&i| names[i] == group.label).collect();
            prop_assert_eq!(group.curve, kaplan_meier(outcomes.subset(&members).any_event()).unwrap());
        }
        let Ok(by_group) = cumulative_incidence_by_group(&outcomes, &names) else { return Ok(()) };
        for group in by_group {
            let members: Vec<usize> = (0..rows.len()).filter(|&i| names[i] == group.label).collect();
            prop_assert_eq!(group.curves.len(), outcomes.n_causes());
            match cumulative_incidence(&outcomes.subset(&members)) {
                Ok(curves) => prop_assert_eq!(&curves[..], &group.curves[..curves.len()]),
                Err(_) => prop_assert!(group.curves.iter().all(|c| c.at(9.0) == 0.0)),
            }
        }
    }

    #[test]
    fn concordance_for_one_cause_counts_wolbers_pairs(rows in rows(30)) {
        let outcomes = competing(&rows, false);
        let Ok(cause) = outcomes.cause(1) else { return Ok(()) };
        let (mut concordant, mut comparable) = (0, 0);
        for a in rows.iter().filter(|r| r.1 == 1) {
            for b in rows.iter().filter(|b| b.1 == 2 || b.0 > a.0 || (b.0 == a.0 && b.1 == 0)) {
                comparable += 1;
                concordant += u64::from(a.6 > b.6);
            }
        }
        let risk: Vec<f64> = rows.iter().map(|r| f64::from(r.6)).collect();
        match concordance(&cause.as_subdistribution(), &risk) {
            Ok(got) => prop_assert_eq!((got.concordant, got.n_comparable()), (concordant, comparable)),
            Err(why) => prop_assert_eq!((why, comparable), (Error::NoComparablePair { n: rows.len() }, 0)),
        }
    }

    #[test]
    fn the_gradient_alone_is_that_of_the_loss(rows in rows(30), delayed in any::<bool>()) {
        let outcomes = competing(&rows, delayed).with_weights(weights(&rows)).unwrap();
        let h: Vec<f64> = rows.iter().map(|r| f64::from(r.6)).collect();
        let strata: Vec<usize> = rows.iter().map(|r| r.5).collect();
        let expected = cox_partial_likelihood(outcomes.any_event(), &h, Ties::Efron).map(|l| l.gradient);
        prop_assert_eq!(gradient_log_hazard(outcomes.any_event(), &h), expected);
        if let Ok(sets) = RiskSets::stratified(outcomes.any_event(), &strata) {
            let loss = |h: &[f64]| sets.partial_likelihood(h, Ties::Breslow).unwrap().loss;
            for (k, got) in sets.gradient_log_hazard(&h, Ties::Breslow).unwrap().into_iter().enumerate() {
                let moved = |by: f64| {
                    let mut h = h.clone();
                    h[k] += by;
                    loss(&h)
                };
                prop_assert!((got - (moved(1e-5) - moved(-1e-5)) / 2e-5).abs() < 1e-8);
            }
        }
    }
}

#[test]
fn a_robust_test_does_not_depend_on_the_scale_of_weights_that_are_no_counts() {
    let n = 40;
    let time: Vec<f64> = (0..n).map(|i| f64::from(1 + i * 7 % 23)).collect();
    let groups: Vec<usize> = (0..n as usize).map(|i| i % 3).collect();
    let weigh = |factor: f64| -> Vec<f64> {
        (0..n).map(|i| factor * (0.3 + f64::from(i * 5 % 7) / 10.0)).collect()
    };
    let of = |factor: f64| {
        let outcomes = Outcomes::new(time.clone(), (0..n).map(|i| i % 4 > 0).collect()).unwrap();
        let cause = (0..n as usize).map(|i| i % 4 % 3).collect();
        let competing = CompetingOutcomes::new(time.clone(), cause).unwrap();
        let competing = competing.with_weights(weigh(factor)).unwrap();
        let log_rank = log_rank(&outcomes.with_weights(weigh(factor)).unwrap(), &groups).unwrap();
        [log_rank.test.statistic, gray(&competing, &groups).unwrap().test.statistic]
    };
    let (once, thrice) = (of(1.0), of(3.7));
    for (a, b) in once.iter().zip(thrice) {
        assert!(*a > 0.0 && (a - b).abs() < 1e-9 * a, "{a} {b}");
    }
}

#[test]
fn entries_are_refused_where_undefined() {
    let competing = CompetingOutcomes::new(vec![1.0, 2.0, 3.0], vec![1, 2, 1]).unwrap();
    let late = competing.with_entry(vec![0.0, 1.0, 0.0]).unwrap();
    let kind = |why: Error| match why {
        Error::Unsupported { with: kind, .. } => kind.to_owned(),
        other => other.to_string(),
    };
    assert_eq!(gray(&late, &[0, 1, 0]).map_err(kind), Err("delayed entry".to_owned()));
    let late = late.cause(1).unwrap();
    let x: &[f64] = &[0.1, 0.5, 0.3];
    assert_eq!(
        vertebra_survival::auc_at(&late, x, 2.5).map_err(kind),
        Err("delayed entry".to_owned())
    );
    assert_eq!(
        vertebra_survival::horizon::pseudo_observations(&late, 2.5).map_err(kind),
        Err("delayed entry".to_owned())
    );
}

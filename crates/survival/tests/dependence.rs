//! Dependent subjects: copies of a subject in one cluster tell no more than the subject, so that
//! every row doubled with a cluster of its own leaves each value, standard error, interval and P
//! value as it was. Nor does the order of rows say anything.
#![allow(clippy::unwrap_used)] // in a test that is how it fails

use proptest::{collection::vec, prelude::*};
use vertebra_survival::{
    CompetingOutcomes, ConcordanceOptions, Endpoint, Error, Estimate, Interval, Outcomes,
    PairedDifference, Test,
    calibration::{
        calibration_groups, calibration_intercept, calibration_line, calibration_slope,
        observed_expected,
    },
    concordance::compare_c_u_statistic,
    curves::{CurveEstimator, CurveOptions, cumulative_incidence},
    fine_gray, gray_test,
    group_tests::{LogRankOptions, LogRankWeight},
    horizon::{
        Reclassification, accuracy_at, auc_at, auc_jointly, brier_score, compare_auc_at,
        compare_brier, compare_net_benefit, decision_curve, incident_auc,
        integrated_discrimination, net_reclassification,
    },
};

/// One subject: time, cause of its event (0: censored), two scores, group, entry.
type Row = (f64, usize, f64, f64, usize, f64);

/// Everything that a sample gives, by name; an undefined statistic by its message.
struct Figures(Vec<(String, Result<Vec<f64>, String>)>);

impl Figures {
    fn add<T>(&mut self, name: &str, got: Result<T, Error>, of: impl FnOnce(T) -> Vec<f64>) {
        self.0.push((name.to_owned(), got.map(of).map_err(|error| error.to_string())));
    }

    fn estimate(&mut self, name: &str, got: Result<Estimate, Error>) {
        self.add(name, got, |e| estimate(&e));
    }

    fn paired(&mut self, name: &str, got: Result<PairedDifference, Error>) {
        self.add(name, got, |d| [estimate(&d.difference), test(&d.test)].concat());
    }
}

fn interval(i: Interval) -> Vec<f64> {
    vec![i.lower, i.upper]
}

fn estimate(e: &Estimate) -> Vec<f64> {
    [vec![e.value, e.std_error], interval(e.interval)].concat()
}

/// A statistic near 0 has a P value that says less of it than its own digits do.
fn test(t: &Test) -> Vec<f64> {
    vec![t.statistic, t.p]
}

#[derive(Debug)]
struct Sample {
    rows: Vec<Row>,
    delayed: bool,
    clusters: Option<Vec<usize>>,
}

impl Sample {
    fn doubled(&self) -> Self {
        let twice = |row: &Row| [*row; 2];
        let clusters = (0..2 * self.rows.len()).map(|i| 7 + i / 2).collect();
        Self {
            rows: self.rows.iter().flat_map(twice).collect(),
            delayed: self.delayed,
            clusters: Some(clusters),
        }
    }

    /// The same rows with their clusters, in order of their places.
    fn in_order(&self, place: impl Fn(usize) -> usize) -> Self {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|&i| place(i));
        let clusters = self.clusters.as_ref();
        Self {
            rows: order.iter().map(|&i| self.rows[i]).collect(),
            delayed: self.delayed,
            clusters: clusters.map(|labels| order.iter().map(|&i| labels[i]).collect()),
        }
    }

    fn column<T>(&self, of: impl Fn(&Row) -> T) -> Vec<T> {
        self.rows.iter().map(of).collect()
    }

    fn competing(&self) -> CompetingOutcomes {
        let mut outcomes =
            CompetingOutcomes::new(self.column(|r| r.0), self.column(|r| r.1)).unwrap();
        if self.delayed {
            outcomes = outcomes.with_entry(self.column(|r| r.5.min(0.9 * r.0))).unwrap();
        }
        match &self.clusters {
            Some(clusters) => outcomes.with_clusters(clusters.clone()).unwrap(),
            None => outcomes,
        }
    }

    fn figures(&self) -> Figures {
        let mut figures = Figures(Vec::new());
        let competing = self.competing();
        let outcomes = competing.any_event();
        self.curves(&mut figures, &competing);
        self.groups(&mut figures, &competing);
        self.concordance(&mut figures, outcomes);
        self.at_horizon("one event", &mut figures, outcomes);
        if let Ok(cause) = competing.cause(1) {
            self.at_horizon("one cause", &mut figures, &cause);
        }
        figures
    }

    fn curves(&self, figures: &mut Figures, competing: &CompetingOutcomes) {
        for estimator in [
            CurveEstimator::KaplanMeier,
            CurveEstimator::NelsonAalen,
            CurveEstimator::FlemingHarrington,
        ] {
            let curve =
                CurveOptions::default().with_estimator(estimator).fit(competing.any_event());
            let name = format!("{estimator:?}");
            figures.add(&name, curve.clone(), |c| {
                let at = |t: f64| {
                    let se = c.std_error_log_at(t);
                    [vec![c.at(t), se, c.cumulative_hazard_at(t)], interval(c.interval_at(t))]
                };
                let bounds = c.quantile_interval(0.25);
                let quantile = [c.quantile(0.25), bounds.0, bounds.1].map(|q| q.unwrap_or(-1.0));
                let mut all = [0.1, 1.0, 2.0, 3.5].map(|t| at(t).concat()).concat();
                all.extend(quantile);
                all.extend(&c.std_error_hazard);
                all
            });
            figures.estimate(&format!("{name} mean"), curve.and_then(|c| c.restricted_mean(2.5)));
        }
        figures.add("incidence", cumulative_incidence(competing), |curves| {
            let of = |c: &vertebra_survival::curves::CumulativeIncidence| {
                let at =
                    |t| [vec![c.at(t), c.std_error_at(t)], interval(c.interval_at(t))].concat();
                [0.1, 1.0, 2.0, 3.5].map(at).concat()
            };
            curves.iter().flat_map(of).collect()
        });
    }

    fn groups(&self, figures: &mut Figures, competing: &CompetingOutcomes) {
        let groups = self.column(|r| r.4);
        let strata = self.column(|r| usize::from(r.3 > 0.0));
        for weight in [
            LogRankWeight::LogRank,
            LogRankWeight::Gehan,
            LogRankWeight::TaroneWare,
            LogRankWeight::FlemingHarrington { rho: 1.0, gamma: 0.0 },
            LogRankWeight::FlemingHarrington { rho: 0.0, gamma: 1.0 },
        ] {
            let options = LogRankOptions::default().with_weight(weight);
            let got = options.test(competing.any_event(), &groups);
            figures.add(&format!("{weight:?}"), got, |t| test(&t.test));
            let got = options.with_strata(strata.clone()).test(competing.any_event(), &groups);
            figures.add(&format!("{weight:?} stratified"), got, |t| test(&t.test));
        }
        if let Ok(cause) = competing.cause(1) {
            figures.add("Gray", gray_test(&cause, &groups), |t| test(&t.test));
        }
    }

    fn concordance(&self, figures: &mut Figures, outcomes: &Outcomes) {
        let (x, y) = (self.column(|r| r.2), self.column(|r| r.3));
        let options = ConcordanceOptions::default();
        figures.estimate("C", options.estimate(outcomes, &x).map(|c| c.estimate));
        figures.paired("C difference", options.compare(outcomes, &x, &y));
        figures.paired("U statistic", compare_c_u_statistic(outcomes, &x, &y));
        figures.add("incident AUC", incident_auc(outcomes, &x, &[1.5], 1.0), |a| {
            estimate(&a[0].estimate)
        });
    }

    fn at_horizon(&self, of: &str, figures: &mut Figures, endpoint: &impl Endpoint) {
        let name = |figure: &str| format!("{of}: {figure}");
        let horizon = 2.0;
        let (x, y) = (self.column(|r| r.2), self.column(|r| r.3));
        let probability =
            |x: &[f64]| -> Vec<f64> { x.iter().map(|x| 1.0 / (1.0 + (1.0 - x).exp())).collect() };
        let (p, q) = (probability(&x), probability(&y));
        let without: Vec<f64> = p.iter().map(|p| 1.0 - p).collect();
        let without_q: Vec<f64> = q.iter().map(|p| 1.0 - p).collect();
        figures.estimate(&name("AUC"), auc_at(endpoint, &x, horizon).map(|a| a.estimate));
        figures.paired(&name("AUC difference"), compare_auc_at(endpoint, &x, &y, horizon));
        let joint = auc_jointly(endpoint, &[&x, &y], &[1.0, horizon]);
        let equality = joint.and_then(|joint| joint.test_of_equality());
        figures.add(&name("AUC equality"), equality, |t| test(&t));
        figures.add(&name("accuracy"), accuracy_at(endpoint, &x, horizon, 0.3), |a| {
            [a.sensitivity, a.specificity, a.ppv, a.npv].map(|e| estimate(&e)).concat()
        });
        figures.add(&name("Brier"), brier_score(endpoint, &without, horizon), |b| {
            [estimate(&b.estimate), estimate(&b.scaled), vec![b.reference]].concat()
        });
        let brier = compare_brier(endpoint, &without, &without_q, horizon);
        figures.paired(&name("Brier difference"), brier);
        let any = Reclassification::AnyChange;
        figures.add(&name("NRI"), net_reclassification(endpoint, &p, &q, horizon, &any), |n| {
            let total = [estimate(&n.total.difference), test(&n.total.test)].concat();
            [estimate(&n.events), estimate(&n.non_events), total].concat()
        });
        let idi = integrated_discrimination(endpoint, &p, &q, horizon);
        figures.paired(&name("IDI"), idi.map(|i| i.improvement));
        figures.add(&name("net benefit"), decision_curve(endpoint, &p, horizon, &[0.2]), |all| {
            let parts = [all[0].estimate, all[0].over_all].map(|e| estimate(&e.unwrap()));
            [vec![all[0].model], parts.concat()].concat()
        });
        let difference = compare_net_benefit(endpoint, &p, &q, horizon, &[0.2]);
        figures.add(&name("net benefit difference"), difference, |all| estimate(&all[0]));
        figures.estimate(&name("O/E"), observed_expected(endpoint, &p, horizon).map(|o| o.ratio));
        figures.estimate(&name("intercept"), calibration_intercept(endpoint, &p, horizon));
        figures.add(&name("line"), calibration_line(endpoint, &p, horizon), |line| {
            [estimate(&line.intercept), estimate(&line.slope)].concat()
        });
        figures.estimate(&name("slope"), calibration_slope(endpoint, &x));
        figures.add(&name("groups"), calibration_groups(endpoint, &p, horizon, 3), |groups| {
            groups.iter().flat_map(|g| estimate(&g.observed)).collect()
        });
        figures.add(&name("Fine-Gray"), fine_gray(endpoint, &[&x]), |fit| {
            let ratio = fit.hazard_ratio(0, 0.95);
            ratio.map_or(vec![], |r| [estimate(&r.ratio), test(&r.test)].concat())
        });
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    let row = (1u8..40, 0usize..3, -2.0..2.0, -2.0..2.0, 0usize..3, 0.0..1.0);
    (vec(row, 36..60), any::<bool>(), any::<bool>()).prop_map(|(rows, tied, delayed)| {
        let place = |(i, r): (usize, (u8, usize, f64, f64, usize, f64))| {
            let shift = if tied { 0.0 } else { 1e-3 * i as f64 };
            // A score that goes with the time, so that regressions have finite coefficients.
            let x = r.2 - 0.05 * f64::from(r.0);
            (f64::from(r.0) / 8.0 + shift, r.1, x, r.3, r.4, r.5)
        };
        let rows = rows.into_iter().enumerate().map(place).collect();
        Sample { rows, delayed, clusters: None }
    })
}

/// Whether two samples give the same, as far as rounding, which fits that converge slowly enlarge,
/// allows: far below what one copy too many, or a member of another cluster, would change.
fn agree(first: &Figures, second: &Figures) -> Result<(), TestCaseError> {
    prop_assert_eq!(first.0.len(), second.0.len());
    for ((name, a), (_, b)) in first.0.iter().zip(&second.0) {
        match (a, b) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!(a.len(), b.len(), "{}", name);
                for (k, (a, b)) in a.iter().zip(b).enumerate() {
                    let close = (a - b).abs() <= 1e-3 * (1.0 + a.abs());
                    prop_assert!(close, "{} [{}]: {} first, {} second", name, k, a, b);
                }
            }
            _ => prop_assert_eq!(a.is_ok(), b.is_ok(), "{}: {:?} {:?}", name, a, b),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn copies_in_a_cluster_change_nothing(sample in sample()) {
        agree(&sample.figures(), &sample.doubled().figures())?;
    }

    #[test]
    fn the_order_of_rows_changes_nothing(mut sample in sample(), step in 1usize..30) {
        let n = sample.rows.len();
        sample.clusters = Some((0..n).map(|i| i * step % 13).collect());
        agree(&sample.figures(), &sample.in_order(|i| (i * 29 + step) % n).figures())?;
    }
}

//! R `survfit()` of a factor status, cmprsk and riskRegression on mgus2: progression and death.

use crate::{Golden, assert_all_close, assert_close, linear};
use vertebra_survival::{
    CompetingOutcomes, Outcomes, RiskSets, Ties, auc_at, brier_score, calibration_slope,
    cumulative_incidence,
    curves::{CumulativeIncidence, cumulative_incidence_by_group},
    fine_gray,
    fine_gray::fine_gray_rows,
    gray_test,
    group_tests::GrayOptions,
    horizon::auc_jointly,
};

#[test]
fn cumulative_incidence_agrees_with_survfit() {
    let mgus = Golden::read("mgus2");
    let outcomes = CompetingOutcomes::new(mgus.column("etime"), mgus.labels("event")).unwrap();
    let curves = cumulative_incidence(&outcomes).unwrap();
    let path = "/aalen_johansen/all";
    let times = mgus.numbers(&format!("{path}/time"));
    for curve in curves {
        let rows: Vec<usize> =
            times.iter().map(|t| curve.times.iter().position(|u| u == t).unwrap()).collect();
        let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&k| values[k]).collect() };
        let part = |leaf: &str| -> Vec<f64> {
            let table = mgus.at(&format!("{path}/{leaf}")).as_array().unwrap();
            table.iter().map(|row| row[curve.cause].as_f64().unwrap_or(0.0)).collect()
        };
        let table = mgus.at(&format!("{path}/n_risk")).as_array().unwrap();
        let n_risk: Vec<f64> = table.iter().map(|row| row[0].as_f64().unwrap()).collect();
        assert_all_close("n_risk", &pick(&curve.n_risk), &n_risk, 1e-13);
        assert_all_close("n_event", &pick(&curve.n_event), &part("n_event"), 1e-13);
        assert_all_close("pstate", &pick(&curve.incidence), &part("pstate"), 1e-12);
        assert_all_close("std_err", &pick(&curve.std_error), &part("std_err"), 1e-10);
        // Before the first event our bounds are exact.
        let from = rows.iter().position(|&k| curve.incidence[k] > 0.0).unwrap();
        let (lower, upper) = (pick(&curve.lower), pick(&curve.upper));
        assert_all_close("lower", &lower[from..], &part("lower_log")[from..], 1e-10);
        assert_all_close("upper", &upper[from..], &part("upper_log")[from..], 1e-10);
    }
}

#[test]
fn cumulative_incidence_by_group_agrees_with_survfit() {
    let mgus = Golden::read("mgus2");
    let (path, male) = ("/aalen_johansen/grp", mgus.labels("male"));
    let time = mgus.numbers(&format!("{path}/time"));
    let second = (1..time.len()).find(|&k| time[k] < time[k - 1]).unwrap();
    for (group, rows) in [(0, 0..second), (1, second..time.len())] {
        let members: Vec<usize> = (0..male.len()).filter(|&i| male[i] == group).collect();
        let outcomes = CompetingOutcomes::new(mgus.column("etime"), mgus.labels("event")).unwrap();
        for curve in cumulative_incidence(&outcomes.subset(&members)).unwrap() {
            let part = |leaf: &str| -> Vec<f64> {
                let table = mgus.at(&format!("{path}/{leaf}")).as_array().unwrap();
                let here = table[rows.clone()].iter();
                here.map(|row| row[curve.cause].as_f64().unwrap_or(0.0)).collect()
            };
            let at = |values: &[f64]| -> Vec<f64> {
                let row = |t: &f64| curve.times.iter().position(|u| u == t).unwrap();
                time[rows.clone()].iter().map(|t| values[row(t)]).collect()
            };
            assert_all_close("n_event", &at(&curve.n_event), &part("n_event"), 1e-13);
            assert_all_close("pstate", &at(&curve.incidence), &part("pstate"), 1e-12);
            assert_all_close("std_err", &at(&curve.std_error), &part("std_err"), 1e-10);
            let from = at(&curve.incidence).iter().position(|f| *f > 0.0).unwrap();
            let (lower, upper) = (at(&curve.lower), at(&curve.upper));
            assert_all_close("lower", &lower[from..], &part("lower_log")[from..], 1e-10);
            assert_all_close("upper", &upper[from..], &part("upper_log")[from..], 1e-10);
        }
    }
}

/// With entry times and weights drawn from the row numbers (`delayed_entry.R`).
#[test]
fn delayed_entry_and_weights_agree_with_survfit() {
    let mgus2 = Golden::read("mgus2");
    let golden = Golden::read("delayed_entry");
    let etime = mgus2.column("etime");
    let entry: Vec<f64> =
        etime.iter().enumerate().map(|(i, t)| (t * ((i * 7) % 10) as f64 / 12.0).floor()).collect();
    let weight: Vec<f64> = (0..etime.len()).map(|i| 1.0 + (i % 3) as f64 / 2.0).collect();
    let check = |path: &str, rows: std::ops::Range<usize>, curves: &[CumulativeIncidence]| {
        let times = golden.numbers(&format!("/{path}/time"))[rows.clone()].to_vec();
        for curve in curves {
            let expected = |leaf: &str| -> Vec<f64> {
                let table = golden.at(&format!("/{path}/{leaf}")).as_array().unwrap();
                table[rows.clone()]
                    .iter()
                    .map(|row| row[curve.cause - 1].as_f64().unwrap())
                    .collect()
            };
            let got = |value: &dyn Fn(f64) -> f64| -> Vec<f64> {
                times.iter().map(|&t| value(t)).collect()
            };
            assert_all_close(path, &got(&|t| curve.at(t)), &expected("pstate"), 1e-11);
            assert_all_close(path, &got(&|t| curve.std_error_at(t)), &expected("std_err"), 1e-10);
            assert_all_close(
                path,
                &got(&|t| curve.interval_at(t).lower),
                &expected("lower"),
                1e-10,
            );
            assert_all_close(
                path,
                &got(&|t| curve.interval_at(t).upper),
                &expected("upper"),
                1e-10,
            );
            // This version of survfit counts those at risk without their weights.
            let weighted = path == "weighted" || path == "both";
            let n_risk = golden.numbers(&format!("/{path}/n_risk"))[rows.clone()].to_vec();
            for (t, n) in times.iter().zip(n_risk) {
                if let Some(row) = curve.times.iter().position(|u| u == t).filter(|_| !weighted) {
                    assert_close(path, curve.n_risk[row], n, 1e-12);
                }
            }
        }
    };
    let late = || mgus("etime").with_entry(entry.clone()).unwrap();
    check("entry", 0..9, &cumulative_incidence(&late()).unwrap());
    let weighted = mgus("etime").with_weights(weight.clone()).unwrap();
    check("weighted", 0..9, &cumulative_incidence(&weighted).unwrap());
    let both = late().with_weights(weight.clone()).unwrap();
    check("both", 0..9, &cumulative_incidence(&both).unwrap());
    let by_sex = cumulative_incidence_by_group(&late(), &mgus2.labels("male")).unwrap();
    for group in by_sex {
        check("by_sex", 9 * group.label..9 * (group.label + 1), &group.curves);
    }
}

/// mgus2 with its tied months, or with times of which no two are alike (`competing.R`).
fn mgus(time: &str) -> CompetingOutcomes {
    let mgus = Golden::read("mgus2");
    let months = mgus.column("etime").into_iter().enumerate();
    let apart = |(i, t): (usize, f64)| t + (i + 1) as f64 / 2000.0;
    let time = match time {
        "distinct" => months.map(apart).collect(),
        _ => mgus.column("etime"),
    };
    CompetingOutcomes::new(time, mgus.labels("event")).unwrap()
}

const HORIZONS: [f64; 3] = [60.0, 120.0, 240.0];

/// The two predictions of `competing.R`.
fn risks() -> [Vec<f64>; 2] {
    let mgus = Golden::read("mgus2");
    let (spike, age, hgb) = (mgus.column("mspike"), mgus.column("age"), mgus.column("hgb"));
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    let a = (0..age.len()).map(|i| logistic(-4.0 + 0.8 * spike[i] + 0.01 * age[i]));
    let b = (0..age.len()).map(|i| logistic(-3.0 + 0.5 * spike[i] - 0.1 * (hgb[i] - 13.0)));
    [a.collect(), b.collect()]
}

#[test]
fn grays_test_agrees_with_cuminc() {
    let mgus_golden = Golden::read("mgus2");
    let age = mgus_golden.column("age");
    let third: Vec<usize> =
        age.iter().map(|&a| usize::from(a >= 65.0) + usize::from(a >= 77.0)).collect();
    let anaemic: Vec<usize> =
        mgus_golden.column("hgb").iter().map(|&h| usize::from(h < 13.0)).collect();
    let golden = Golden::read("competing");
    for time in ["etime", "distinct"] {
        let outcomes = mgus(time);
        for (name, groups) in [("male", mgus_golden.labels("male")), ("third", third.clone())] {
            for rho in [0.0, 1.0] {
                for strata in ["none", "anaemic"] {
                    let mut options = GrayOptions::default().with_rho(rho);
                    if strata == "anaemic" {
                        options = options.with_strata(anaemic.clone());
                    }
                    for cause in [1, 2] {
                        let got = options.test(&outcomes.cause(cause).unwrap(), &groups).unwrap();
                        let path = format!("/gray/{time}_{name}_{rho}_{strata}/{}", cause - 1);
                        let expected = golden.numbers(&path);
                        assert_close(&path, got.test.statistic, expected[0], 1e-11);
                        assert!(
                            (got.test.p - expected[1]).abs() <= 1e-9 * expected[1] + 1e-15,
                            "{path}"
                        );
                        assert_eq!(got.test.df, Some(expected[2]), "{path}");
                    }
                }
            }
        }
    }
    let expected = mgus_golden.at("/gray_test/stat_p_df");
    let outcomes = mgus("etime");
    for cause in [1, 2] {
        let got = gray_test(&outcomes.cause(cause).unwrap(), &mgus_golden.labels("male")).unwrap();
        assert_close(
            "chi-square",
            got.test.statistic,
            expected[cause - 1][0].as_f64().unwrap(),
            1e-11,
        );
        assert_close("p", got.test.p, expected[cause - 1][1].as_f64().unwrap(), 1e-11);
    }
}

/// As in `horizon.rs`: riskRegression divides by n - 1 and linearises `G` otherwise; many months
/// tie.
const SE_TOLERANCE: f64 = 3e-3;

#[test]
fn areas_and_brier_scores_agree_with_score() {
    let golden = Golden::read("competing");
    let [a, b] = risks();
    let n = a.len() as f64;
    let se_of = |se: f64| se * (n / (n - 1.0)).sqrt();
    for time in ["etime", "distinct"] {
        let outcomes = mgus(time);
        for cause in [1, 2] {
            let of_cause = outcomes.cause(cause).unwrap();
            let path = format!("/score/{time}/{}", cause - 1);
            let at = |leaf: &str| golden.numbers(&format!("{path}/{leaf}"));
            let joint = auc_jointly(&of_cause, &[&a, &b], &HORIZONS).unwrap();
            for (k, &horizon) in HORIZONS.iter().enumerate() {
                for (m, risk) in [&a, &b].into_iter().enumerate() {
                    let got = joint.areas[m][k];
                    assert_eq!(got, auc_at(&of_cause, risk, horizon).unwrap());
                    assert_close(&path, got.estimate.value, at("AUC/AUC")[3 * m + k], 1e-11);
                    assert_close(
                        &path,
                        se_of(got.estimate.std_error),
                        at("AUC/se")[3 * m + k],
                        SE_TOLERANCE,
                    );
                    let survival: Vec<f64> = risk.iter().map(|r| 1.0 - r).collect();
                    let got = brier_score(&of_cause, &survival, horizon).unwrap();
                    assert_close(
                        &path,
                        got.estimate.value,
                        at("Brier/Brier")[3 * (m + 1) + k],
                        1e-11,
                    );
                    assert_close(&path, got.reference, at("Brier/Brier")[k], 1e-11);
                    let expected = at("Brier/se")[3 * (m + 1) + k];
                    assert_close(&path, se_of(got.estimate.std_error), expected, SE_TOLERANCE);
                }
                let got = joint.difference(1, 0, k).unwrap();
                assert_close(&path, got.difference.value, at("AUC_contrasts/delta.AUC")[k], 1e-9);
                assert_close(
                    &path,
                    se_of(got.difference.std_error),
                    at("AUC_contrasts/se")[k],
                    SE_TOLERANCE,
                );
            }
        }
    }
}

#[test]
fn fine_gray_rows_agree_with_finegray() {
    let golden = Golden::read("mgus2");
    let outcomes = mgus("etime");
    for (name, cause) in [("pcm", 1), ("death", 2)] {
        let path = format!("/finegray/{name}");
        let rows = fine_gray_rows(&outcomes.cause(cause).unwrap()).unwrap();
        assert_eq!(rows.subject.len() as f64, golden.number(&format!("{path}/fg_rows")));
        let weight = rows.outcomes.weights().unwrap();
        let sum: f64 = weight.iter().sum();
        assert_close("sum", sum, golden.number(&format!("{path}/sum_fgwt")), 1e-12);
        let at = |leaf: &str| golden.numbers(&format!("{path}/{leaf}"));
        for (k, &row) in at("rows0").iter().enumerate() {
            let row = row as usize;
            // Where between two events a weight changes is free: only the weight at events matters.
            assert_eq!(rows.outcomes.event()[row], at("fgstatus")[k] > 0.0, "{row}");
            assert_close("weight", weight[row], at("fgwt")[k], 1e-12);
        }
        // The likelihood of coxph on these rows, at its coefficients.
        let names = ["age", "male", "mspike"];
        for (key, ties) in [("efron", Ties::Efron), ("breslow", Ties::Breslow)] {
            let b = golden.numbers(&format!("{path}/{key}/coef"));
            let terms: Vec<(&str, f64)> = names.into_iter().zip(b).collect();
            let h = linear(&golden, &terms);
            let h: Vec<f64> = rows.subject.iter().map(|&i| h[i]).collect();
            let events: f64 = rows.outcomes.n_events() as f64;
            let sets = RiskSets::new(&rows.outcomes).unwrap();
            let expected = golden.numbers(&format!("{path}/{key}/loglik"));
            let null = sets.partial_likelihood(&vec![0.0; h.len()], ties).unwrap();
            assert_close(key, -events * null.loss, expected[0], 1e-11);
            let got = sets.partial_likelihood(&h, ties).unwrap();
            assert_close(key, -events * got.loss, expected[1], 1e-11);
        }
    }
}

/// With entry times; case weights as copies of subjects (`delayed_entry.R`).
#[test]
fn fine_gray_rows_with_delayed_entry_agree_with_finegray() {
    let mgus2 = Golden::read("mgus2");
    let golden = Golden::read("delayed_entry");
    let etime = mgus2.column("etime");
    let entry: Vec<f64> =
        etime.iter().enumerate().map(|(i, t)| (t * ((i * 7) % 10) as f64 / 12.0).floor()).collect();
    let late = mgus("etime").with_entry(entry).unwrap();
    let copies = (0..etime.len()).map(|i| 1.0 + (i % 3) as f64).collect();
    let copied = late.clone().with_weights(copies).unwrap();
    for (kind, outcomes) in [("fine_gray", &late), ("fine_gray_copies", &copied)] {
        for (name, cause) in [("pcm", 1), ("death", 2)] {
            let path = format!("/{kind}/{name}");
            let rows = fine_gray_rows(&outcomes.cause(cause).unwrap()).unwrap();
            let (entry, weight) =
                (rows.outcomes.entry().unwrap(), rows.outcomes.weights().unwrap());
            let at_risk = |t: f64| -> f64 {
                let covers = |r: &usize| entry[*r] < t && t <= rows.outcomes.time()[*r];
                (0..weight.len()).filter(covers).map(|r| weight[r]).sum()
            };
            let times = golden.numbers(&format!("{path}/times"));
            let got: Vec<f64> = times.iter().map(|&t| at_risk(t)).collect();
            assert_all_close(&path, &got, &golden.numbers(&format!("{path}/weight_at")), 1e-11);
            let b = golden.numbers(&format!("{path}/coef"));
            let h = linear(&mgus2, &[("age", b[0]), ("male", b[1])]);
            let h: Vec<f64> = rows.subject.iter().map(|&i| h[i]).collect();
            let sets = RiskSets::new(&rows.outcomes).unwrap();
            let got = sets.partial_likelihood(&h, Ties::Breslow).unwrap();
            let events = events_weight(&rows.outcomes);
            let expected = golden.numbers(&format!("{path}/loglik"));
            assert_close(&path, -events * got.loss, expected[1], 1e-11);
            let covariates = [mgus2.column("age"), mgus2.column("male")];
            let fit = fine_gray(&outcomes.cause(cause).unwrap(), &[&covariates[0], &covariates[1]]);
            let fit = fit.unwrap();
            assert_all_close(&path, &fit.coefficients, &b, 1e-8);
            assert_close(&path, fit.log_likelihood_null, expected[0], 1e-11);
            assert_close(&path, fit.log_likelihood, expected[1], 1e-11);
        }
    }
}

/// Case weights of all events.
fn events_weight(outcomes: &Outcomes) -> f64 {
    let weight = outcomes.weights().unwrap();
    outcomes.event().iter().zip(weight).filter(|(event, _)| **event).map(|(_, w)| w).sum()
}

/// Cox models in which the events of the other cause are censorings.
#[test]
fn cause_specific_likelihoods_agree_with_coxph() {
    let data = Golden::read("mgus2");
    let outcomes = mgus("etime");
    for (name, cause) in [("pcm", 1), ("death", 2)] {
        let own = outcomes.cause(cause).unwrap().cause_specific();
        let at = |leaf: &str| data.numbers(&format!("/finegray/{name}/cause_specific_cox/{leaf}"));
        let terms: Vec<(&str, f64)> =
            ["age", "male", "mspike"].into_iter().zip(at("coef")).collect();
        let h = linear(&data, &terms);
        assert_eq!(
            own.n_events() as f64,
            data.number(&format!("/finegray/{name}/cause_specific_cox/nevent"))
        );
        let sets = RiskSets::new(&own).unwrap();
        let loglik = |h: &[f64]| {
            -sets.partial_likelihood(h, Ties::Efron).unwrap().loss * own.n_events() as f64
        };
        let expected =
            |leaf: &str| data.number(&format!("/finegray/{name}/cause_specific_cox/{leaf}"));
        assert_close(name, loglik(&vec![0.0; h.len()]), expected("loglik_null"), 1e-12);
        assert_close(name, loglik(&h), expected("loglik"), 1e-12);
        let slope = calibration_slope(&own, &h).unwrap();
        assert_close(name, slope.value, 1.0, 1e-6); // coxph stops at 1e-9 of the likelihood
    }
}

#[test]
fn subdistribution_hazards_agree_with_coxph_and_crr() {
    let (golden, data) = (Golden::read("competing"), Golden::read("mgus2"));
    let x = ["age", "male", "mspike"].map(|name| data.column(name));
    let x = [&x[0][..], &x[1], &x[2]];
    for (name, cause) in [("pcm", 1), ("death", 2)] {
        let outcomes = mgus("etime");
        let got = fine_gray(&outcomes.cause(cause).unwrap(), &x).unwrap();
        let path = format!("/finegray/{name}/breslow");
        let expected = data.numbers(&format!("{path}/coef"));
        // coxph stops at a relative change of the likelihood of 1e-9.
        assert_all_close(name, &got.coefficients, &expected, 1e-6);
        let expected = data.numbers(&format!("{path}/loglik"));
        assert_close(name, got.log_likelihood_null, expected[0], 1e-11);
        assert_close(name, got.log_likelihood, expected[1], 1e-11);

        // crr takes a censoring at the time of an event as before it: distinct times are compared.
        let outcomes = mgus("distinct");
        let got = fine_gray(&outcomes.cause(cause).unwrap(), &x).unwrap();
        let path = format!("/crr/distinct/{}", cause - 1);
        let at = |leaf: &str| golden.numbers(&format!("{path}/{leaf}"));
        assert_all_close(name, &got.coefficients, &at("coef"), 1e-9);
        assert_close(name, got.log_likelihood, golden.number(&format!("{path}/loglik")), 1e-11);
        for (k, row) in got.covariance.iter().enumerate() {
            assert_all_close(name, row, &at(&format!("var/{k}")), 1e-8);
        }
        let linear: Vec<f64> =
            (0..x[0].len()).map(|i| (0..3).map(|k| got.coefficients[k] * x[k][i]).sum()).collect();
        let slope = calibration_slope(&outcomes.cause(cause).unwrap(), &linear).unwrap();
        assert_close(name, slope.value, 1.0, 1e-8);
        assert!(slope.interval.lower < 1.0 && 1.0 < slope.interval.upper);
    }
}

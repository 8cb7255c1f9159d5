//! Times known to an interval, against other programs and against simulated truth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // in a test that is how it fails

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use serde_json::Value;
use vertebra_survival::{
    BootstrapOptions, Outcomes, auc_at, concordance,
    cox::{CoxOptions, Design},
    interval_censored::{
        AccuracyOptions, FlexibleOptions, IntervalCoxOptions, IntervalOutcomes, turnbull,
    },
    kaplan_meier,
};

const NONE: f64 = f64::INFINITY;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// The cosmetic deterioration of breasts, and what R says of it.
struct Breasts {
    outcomes: IntervalOutcomes,
    chemotherapy: Vec<f64>,
    golden: Value,
}

fn breasts() -> Breasts {
    let golden: Value = serde_json::from_str(include_str!("../testdata/interval.json")).unwrap();
    let ends = |name: &str| numbers(&golden[name]);
    let right = ends("right").into_iter().map(|r| if r < 0.0 { NONE } else { r }).collect();
    let outcomes = IntervalOutcomes::new(ends("left"), right).unwrap();
    Breasts { outcomes, chemotherapy: ends("x"), golden }
}

impl Breasts {
    fn group(&self, chemotherapy: bool) -> IntervalOutcomes {
        let of_group = |i: &usize| (self.chemotherapy[*i] > 0.5) == chemotherapy;
        let keep: Vec<usize> = (0..self.chemotherapy.len()).filter(of_group).collect();
        self.outcomes.subset(&keep)
    }
}

fn close(name: &str, got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{name}: got {got}, expected {expected}");
}

/// npsurv's constrained Newton method (R).
#[test]
fn the_nonparametric_estimate_is_that_of_npsurv() {
    let breasts = breasts();
    let groups = [
        ("all", breasts.outcomes.clone()),
        ("radiotherapy", breasts.group(false)),
        ("with_chemotherapy", breasts.group(true)),
    ];
    for (name, outcomes) in groups {
        let (got, expected) = (turnbull(&outcomes).unwrap(), &breasts.golden["turnbull"][name]);
        close(name, got.log_likelihood, expected["log_likelihood"].as_f64().unwrap(), 1e-9);
        assert!(got.gap < 1e-7 && got.gap > -1e-9, "{}", got.gap);
        for (lower, mass) in numbers(&expected["lower"]).iter().zip(numbers(&expected["mass"])) {
            let k = got.lower.iter().position(|l| l == lower);
            // npsurv keeps masses that rounding has left.
            close(name, k.map_or(0.0, |k| got.mass[k]), mass, 1e-6);
        }
        close(name, got.mass.iter().sum(), 1.0, 1e-12);
    }
}

/// Published: Finkelstein & Wolfe 1985 with the estimate of Turnbull, as printed in many places.
#[test]
fn the_published_estimate_of_radiotherapy() {
    let curve = turnbull(&breasts().group(false)).unwrap();
    let published = [
        (4.0, 1.0),
        (5.0, 0.954),
        (7.0, 0.920),
        (8.0, 0.832),
        (12.0, 0.761),
        (25.0, 0.668),
        (34.0, 0.586),
        (40.0, 0.466),
    ];
    for (time, survival) in published {
        close("S", curve.at(time).unwrap(), survival, 5.1e-4);
    }
}

/// The definition in R: constrained EM algorithm and the root of the likelihood ratio.
#[test]
fn the_interval_is_the_likelihood_ratios() {
    let breasts = breasts();
    let curve = turnbull(&breasts.group(false)).unwrap();
    let times = numbers(&breasts.golden["ratio_times"]);
    for (time, expected) in times.iter().zip(breasts.golden["ratio"].as_array().unwrap()) {
        let (interval, expected) = (curve.interval_at(*time, 0.95).unwrap(), numbers(expected));
        close("lower", interval.lower, expected[0], 2e-5);
        close("upper", interval.upper, expected[1], 2e-5);
        let (low, high) = curve.bounds_at(*time);
        assert!(interval.contains(low) && interval.contains(high));
    }
}

#[test]
fn proportional_hazards_are_those_of_a_direct_maximum() {
    let breasts = breasts();
    let design = Design::from_columns(&[&breasts.chemotherapy]).unwrap();
    let fit = IntervalCoxOptions::default().fit(&breasts.outcomes, &design).unwrap();
    let expected = &breasts.golden["proportional_hazards"];
    let number = |name: &str| expected[name].as_f64().unwrap();
    close("b", fit.coefficients[0], number("coefficient"), 2e-4);
    close("log likelihood", fit.log_likelihood, number("log_likelihood"), 1e-6);
    close("null", fit.log_likelihood_null, number("log_likelihood_null"), 1e-6);
    // The step of the differences matters little.
    let half = IntervalCoxOptions::default().with_step(0.5).fit(&breasts.outcomes, &design);
    let error = |fit: &vertebra_survival::interval_censored::IntervalCox| {
        fit.estimate(0, 0.95).unwrap().std_error
    };
    let half = error(&half.unwrap());
    assert!((error(&fit) / half - 1.0).abs() < 0.1, "{} {half}", error(&fit));
}

#[test]
fn one_degree_of_freedom_is_survregs_weibull() {
    let breasts = breasts();
    let design = Design::from_columns(&[&breasts.chemotherapy]).unwrap();
    let fit = FlexibleOptions::default().with_df(1).fit(&breasts.outcomes, &design).unwrap();
    let expected = &breasts.golden["weibull"];
    let number = |name: &str| expected[name].as_f64().unwrap();
    // survreg takes (0, right] as everyone does; its steps end at a relative change of 1e-9.
    close("log likelihood", fit.log_likelihood, number("log_likelihood"), 1e-6);
    close("b", fit.coefficients[0], number("coefficient"), 1e-5);
    let estimate = fit.estimate(0, 0.95).unwrap();
    close("se", estimate.std_error, number("std_error"), 1e-5);
    for (row, risk) in [[0.0], [1.0]].iter().zip(numbers(&expected["risk_24"])) {
        close("risk", fit.risk(row, 24.0, 0.95).unwrap().value, risk, 1e-5);
    }
}

/// Times of the exponential distribution with the log hazard ratio 1 of `x`, seen at visits.
fn visits(n: usize, seed: u64, every: f64) -> (IntervalOutcomes, Vec<f64>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut left, mut right, mut x) = (vec![], vec![], vec![]);
    for _ in 0..n {
        let z = f64::from(random.random::<bool>() as u8) + 0.5 * random.random::<f64>();
        let time = -random.random::<f64>().ln() / (0.05 * z.exp());
        let mut visit = (0.0, 0.0);
        let (mut l, mut r) = (0.0, NONE);
        while visit.1 < 10.0 && r.is_infinite() {
            visit = (visit.1, visit.1 + every * (0.6 + 0.8 * random.random::<f64>()));
            match time <= visit.1 {
                true => r = visit.1,
                false => l = visit.1,
            }
        }
        left.push(l);
        right.push(r);
        x.push(z);
    }
    (IntervalOutcomes::new(left, right).unwrap(), x)
}

#[test]
fn exact_times_give_kaplan_meier_and_coxs_coefficients_nearly() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let time: Vec<f64> = (0..120).map(|_| 0.1 + 5.0 * random.random::<f64>()).collect();
    let x: Vec<f64> = time.iter().map(|t| 0.3 * t + random.random::<f64>()).collect();
    let event = (0..120).map(|i| i % 3 != 1).collect();
    let outcomes = Outcomes::new(time.clone(), event).unwrap();
    let known = IntervalOutcomes::from_right_censored(&outcomes).unwrap();
    let (curve, km) = (turnbull(&known).unwrap(), kaplan_meier(&outcomes).unwrap());
    let last = time.iter().copied().fold(0.0, f64::max);
    for at in (1..50).map(|k| 0.1 * f64::from(k)).filter(|t| *t < last) {
        close("S", curve.at(at).unwrap(), km.at(at), 1e-6);
    }
    // The full likelihood's maximum is the partial likelihood's with Breslow's baseline.
    let design = Design::from_columns(&[&x]).unwrap();
    let cox = CoxOptions::default().fit(&outcomes, &design).unwrap();
    let fit = IntervalCoxOptions::default().fit(&known, &design).unwrap();
    close("b", fit.coefficients[0], cox.coefficients[0], 1e-6);
    close("variance", fit.covariance[0][0] / cox.covariance[0][0], 1.0, 0.05);
    // C and AUC where all is known up to the horizon.
    let all = Outcomes::new(time.clone(), vec![true; 120]).unwrap();
    let known = IntervalOutcomes::from_right_censored(&all).unwrap();
    let options = AccuracyOptions::default();
    let auc = options.auc_at(&known, &x, 2.0).unwrap();
    close("AUC", auc.estimate.value, auc_at(&all, &x, 2.0).unwrap().estimate.value, 1e-9);
    let by_four = time.iter().map(|t| t.min(4.0)).collect();
    let by_four = Outcomes::new(by_four, time.iter().map(|t| *t <= 4.0).collect()).unwrap();
    let counts = concordance(&by_four, &x).unwrap();
    close("C", options.c(&known, &x, 4.0).unwrap().estimate.value, counts.index(), 1e-9);
}

#[test]
fn weights_are_repetitions_and_doubled_rows_in_clusters_change_nothing() {
    let (outcomes, x) = visits(80, 5, 2.0);
    let design = Design::from_columns(&[&x]).unwrap();
    let twice: Vec<usize> = (0..160).map(|i| i / 2).collect();
    let doubled = outcomes.subset(&twice);
    let x_twice: Vec<f64> = twice.iter().map(|&i| x[i]).collect();
    let weighted = outcomes.clone().with_weights(vec![2.0; 80]).unwrap();
    let options = IntervalCoxOptions::default();
    let of_doubled = Design::from_columns(&[&x_twice]).unwrap();
    let (a, b) =
        (options.fit(&weighted, &design).unwrap(), options.fit(&doubled, &of_doubled).unwrap());
    close("b", a.coefficients[0], b.coefficients[0], 1e-7);
    close("variance", a.covariance[0][0] / b.covariance[0][0], 1.0, 1e-4);
    let curves = (turnbull(&weighted).unwrap(), turnbull(&doubled).unwrap());
    close("S", curves.0.at(5.0).unwrap(), curves.1.at(5.0).unwrap(), 1e-7);
    let once = design.with_clusters((0..80).collect()).unwrap();
    let clustered = of_doubled.with_clusters(twice.clone()).unwrap();
    let (a, b) =
        (options.fit(&outcomes, &once).unwrap(), options.fit(&doubled, &clustered).unwrap());
    // With the doubled rows the step is smaller, which changes the differences a little.
    let error = |fit: &vertebra_survival::interval_censored::IntervalCox| {
        fit.estimate(0, 0.95).unwrap().std_error
    };
    close("robust", error(&a) / error(&b), 1.0, 0.05);
    let accuracy = AccuracyOptions::default()
        .with_bootstrap(BootstrapOptions::default().with_replicates(200).with_clusters(twice));
    let (one, two) = (
        AccuracyOptions::default().auc_at(&outcomes, &x, 5.0).unwrap().estimate,
        accuracy.auc_at(&doubled, &x_twice, 5.0).unwrap().estimate,
    );
    close("AUC", one.value, two.value, 0.005); // a pair of a subject with itself counts half
    close("its error", one.std_error / two.std_error, 1.0, 0.25); // of 200 bootstrap samples each
}

#[test]
fn large_samples_are_near_the_truth() {
    let (outcomes, x) = visits(10_000, 11, 2.0);
    let curve = turnbull(&outcomes).unwrap();
    assert!(curve.gap < 1e-6, "{}", curve.gap);
    let design = Design::from_columns(&[&x]).unwrap();
    let fit = IntervalCoxOptions::default().fit(&outcomes, &design).unwrap();
    let b = fit.estimate(0, 0.999).unwrap();
    assert!(b.interval.contains(1.0), "{b:?}");
    close("H(5)", fit.cumulative_hazard_at(5.0).unwrap(), 0.05 * 5.0 * fit.means[0].exp(), 0.02);
    let flexible = FlexibleOptions::default().fit(&outcomes, &design).unwrap();
    assert!(flexible.estimate(0, 0.999).unwrap().interval.contains(1.0));
    let truth = 1.0 - (-0.05 * 5.0 * 0.5f64.exp()).exp();
    assert!(flexible.risk(&[0.5], 5.0, 0.999).unwrap().interval.contains(truth));
}

#[test]
fn what_cannot_be_estimated_says_why() {
    let none = IntervalOutcomes::new(vec![1.0, 2.0], vec![NONE, NONE]).unwrap();
    let design = Design::from_columns(&[[0.0, 1.0]]).unwrap();
    let said = |error: vertebra_survival::Error| error.to_string();
    let options = IntervalCoxOptions::default();
    assert_eq!(said(options.fit(&none, &design).unwrap_err()), "no event among 2 subjects");
    let curve = turnbull(&none).unwrap();
    assert_eq!(curve.bounds_at(1.5), (1.0, 1.0));
    assert_eq!(curve.bounds_at(3.0), (0.0, 1.0));
    assert!(said(curve.at(3.0).unwrap_err()).contains("nobody was followed so long"));
    assert!(IntervalOutcomes::new(vec![2.0], vec![1.0]).is_err());
    assert!(IntervalOutcomes::new(vec![f64::NAN], vec![1.0]).is_err());
    assert!(IntervalOutcomes::new(vec![0.0], vec![0.0]).is_err());
    let left = IntervalOutcomes::new(vec![0.0, 0.0], vec![1.0, 2.0]).unwrap();
    assert!(said(options.fit(&left, &design).unwrap_err()).contains("nobody is known"));
    // Every early event has x = 1 and no late one.
    let apart = IntervalOutcomes::new(
        vec![0.0, 0.0, 0.0, 2.0, 2.0, 2.0],
        vec![1.0, 1.0, 1.0, NONE, NONE, NONE],
    );
    let design = Design::from_columns(&[[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]]).unwrap();
    assert!(options.fit(&apart.unwrap(), &design).is_err());
}

/// Films that are taken because of fractures: who has one is seen the earlier. A curve through that
/// would fall with time.
#[test]
fn visits_made_because_of_events_give_no_smooth_curve() {
    let n = 300;
    let time = |i: usize| 0.2 + (i * 37 % n) as f64 / 60.0;
    let event = |i: usize| ((i * 53 % 101) as f64) < 60.0 - 8.0 * time(i);
    let left = (0..n).map(|i| if event(i) { 0.0 } else { time(i) }).collect();
    let right = (0..n).map(|i| if event(i) { time(i) } else { f64::INFINITY }).collect();
    let outcomes = IntervalOutcomes::new(left, right).unwrap();
    let error = FlexibleOptions::default().fit_curve(&outcomes).unwrap_err();
    assert!(error.to_string().contains("falls with time"), "{error}");
}

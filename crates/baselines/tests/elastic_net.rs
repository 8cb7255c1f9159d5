//! The elastic net against R's glmnet: `testdata/elastic_net.R`.
#![allow(clippy::unwrap_used)]

mod common;

use common::{close, data, numbers};
use serde_json::Value;
use vertebra_baselines::Outcomes;
use vertebra_survival::{
    Error, Ties,
    cox::{CoxOptions, Design, ElasticNet, RiskSets},
};

const COLUMNS: [&str; 16] = [
    "trt2", "age", "female", "edema", "lbili", "lalb", "lprotime", "lalk", "ast", "chol", "copper",
    "platelet", "stage", "hepato", "ascites", "spiders",
];

fn golden() -> Value {
    serde_json::from_str(include_str!("../testdata/elastic_net.json")).unwrap()
}

fn pbc() -> (Outcomes, Design) {
    let data = data("pbc");
    let event = data.of("status").iter().map(|&s| s == 1.0).collect();
    let outcomes = Outcomes::new(numbers(&golden()["time"]), event).unwrap();
    let columns: Vec<Vec<f64>> = COLUMNS.iter().map(|name| data.of(name)).collect();
    (outcomes, Design::from_columns(&columns).unwrap())
}

#[test]
fn the_path_is_that_of_glmnet() {
    let (outcomes, design) = pbc();
    for case in golden()["cases"].as_array().unwrap() {
        let options = ElasticNet::default().with_mixing(case["alpha"].as_f64().unwrap());
        let penalties = numbers(&case["lambda"]);
        let path = options.clone().with_n_penalties(20).path(&outcomes, &design).unwrap();
        for (got, expected) in path.penalties.iter().zip(&penalties) {
            // glmnet finds its largest penalty from the second and the third.
            close("penalty", *got, *expected, 1e-7);
        }
        for (k, got) in path.coefficients.iter().enumerate().take(penalties.len()) {
            let expected = numbers(&case["coef"][k]);
            let data = data("pbc");
            for (j, (got, expected)) in got.iter().zip(&expected).enumerate() {
                let (_, sd) = vertebra_survival::numeric::mean_and_sd(&data.of(COLUMNS[j]));
                let miss = (got - expected).abs() * sd;
                assert!(miss < 1e-5, "{} at {k}: {got} and {expected}", COLUMNS[j]);
            }
        }
    }
}

#[test]
fn cross_validation_is_that_of_glmnet() {
    let (outcomes, design) = pbc();
    let folds: Vec<usize> = (0..design.n_rows()).map(|i| i % 5).collect();
    for case in golden()["cases"].as_array().unwrap() {
        let options = ElasticNet::default().with_mixing(case["alpha"].as_f64().unwrap());
        let options = options.with_penalties(numbers(&case["lambda"]));
        let got = options.cross_validate(&outcomes, &design, &folds).unwrap();
        for (k, (deviance, error)) in got.deviance.iter().zip(&got.deviance_error).enumerate() {
            close(&format!("deviance {k}"), *deviance, numbers(&case["cvm"])[k], 1e-5);
            close(&format!("its error {k}"), *error, numbers(&case["cvsd"])[k], 1e-4);
        }
        assert_eq!(Some(got.best as u64), case["best"].as_u64());
        assert_eq!(Some(got.sparsest as u64), case["sparsest"].as_u64());
        let c = got.concordance.unwrap();
        assert!(c[got.best] > 0.8 && c[0] < c[got.best]);
    }
}

/// At the maximum the slope of the likelihood of each coefficient is the penalty's, by definition,
/// with ties, strata and entry times too.
#[test]
fn every_coefficient_meets_its_penalty() {
    let data = data("cgd");
    let columns = ["rifn", "age", "male", "inherit_auto", "steroids"];
    let values: Vec<Vec<f64>> = columns.iter().map(|name| data.of(name)).collect();
    let design = Design::from_columns(&values).unwrap().with_strata(data.groups("male")).unwrap();
    let outcomes = data.outcomes();
    let n = design.n_rows() as f64;
    for ties in [Ties::Efron, Ties::Breslow] {
        let options = ElasticNet::default().with_mixing(0.7).with_ties(ties).with_n_penalties(8);
        let path = options.with_smallest(0.01).path(&outcomes, &design).unwrap();
        let sets = RiskSets::stratified(&outcomes, design.strata().unwrap()).unwrap();
        for (penalty, b) in path.penalties.iter().zip(&path.coefficients) {
            let linear = |i: usize| design.row(i).iter().zip(b).map(|(x, b)| x * b).sum();
            let log_hazard: Vec<f64> = (0..design.n_rows()).map(linear).collect();
            let gradient = sets.gradient_log_hazard(&log_hazard, ties).unwrap();
            let events = outcomes.n_events() as f64;
            for (j, column) in values.iter().enumerate() {
                let mean = column.iter().sum::<f64>() / n;
                let sd = (column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
                let slope: f64 =
                    gradient.iter().zip(column).map(|(g, x)| -g * events * (x - mean)).sum();
                let (slope, b) = (slope / sd / n, b[j] * sd);
                let excess = match b == 0.0 {
                    true => (slope.abs() - 0.7 * penalty).max(0.0),
                    false => (slope - penalty * (0.7 * b.signum() + 0.3 * b)).abs(),
                };
                assert!(excess < 1e-8, "{} {ties:?} {penalty}: {excess}", columns[j]);
            }
        }
    }
}

#[test]
fn settings_are_checked() {
    let (outcomes, design) = pbc();
    let refused = |options: ElasticNet| {
        let error = options.path(&outcomes, &design).unwrap_err();
        assert!(matches!(error, Error::InvalidSetting { .. }), "{error}");
    };
    refused(ElasticNet::default().with_mixing(0.0));
    refused(ElasticNet::default().with_n_penalties(0));
    refused(ElasticNet::default().with_smallest(1.0));
    refused(ElasticNet::default().with_penalties(vec![0.1, 0.2]));
    refused(ElasticNet::default().with_penalties(vec![f64::NAN]));
    assert!(ElasticNet::default().with_ties(Ties::Exact).path(&outcomes, &design).is_err());
    let folds = vec![0; design.n_rows()];
    assert!(ElasticNet::default().cross_validate(&outcomes, &design, &folds).is_err());
    // The smallest penalty of all is nearly none.
    let path = ElasticNet::default().with_penalties(vec![1e-9]).with_ties(Ties::Efron);
    let path = path.path(&outcomes, &design).unwrap();
    let fit = CoxOptions::default().fit(&outcomes, &design).unwrap();
    close("likelihood", path.log_likelihood[0], fit.log_likelihood, 1e-9);
}

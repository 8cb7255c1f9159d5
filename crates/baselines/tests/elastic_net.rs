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

/// At the maximum the slope of the likelihood of each coefficient is the penalty's, by definition.
fn meets_its_penalties(outcomes: &Outcomes, design: &Design, ties: Ties, mixing: f64) {
    let (n, p) = (design.n_rows(), design.n_columns());
    let options = ElasticNet::default().with_mixing(mixing).with_ties(ties).with_n_penalties(12);
    let path = options.with_smallest(0.01).path(outcomes, design).unwrap();
    let one = vec![0; n];
    let sets = RiskSets::stratified(outcomes, design.strata().unwrap_or(&one)).unwrap();
    for (penalty, b) in path.penalties.iter().zip(&path.coefficients) {
        let linear = |i: usize| design.row(i).iter().zip(b).map(|(x, b)| x * b).sum();
        let log_hazard: Vec<f64> = (0..n).map(linear).collect();
        let gradient = sets.gradient_log_hazard(&log_hazard, ties).unwrap();
        let (n, events) = (n as f64, outcomes.n_events() as f64);
        for j in 0..p {
            let column = || (0..design.n_rows()).map(|i| design.row(i)[j]);
            let mean = column().sum::<f64>() / n;
            let sd = (column().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
            let slope: f64 = gradient.iter().zip(column()).map(|(g, x)| -g * (x - mean)).sum();
            let (slope, b) = (slope * events / sd / n, b[j] * sd);
            let excess = match b == 0.0 {
                true => (slope.abs() - mixing * penalty).max(0.0),
                false => (slope - penalty * (mixing * b.signum() + (1.0 - mixing) * b)).abs(),
            };
            assert!(excess < 1e-8, "column {j} of {p}, {ties:?}, {penalty}: {excess}");
        }
    }
}

#[test]
fn coefficients_meet_their_penalties_with_ties_strata_and_entry_times() {
    let data = data("cgd");
    let columns = ["rifn", "age", "male", "inherit_auto", "steroids"];
    let values: Vec<Vec<f64>> = columns.iter().map(|name| data.of(name)).collect();
    let design = Design::from_columns(&values).unwrap().with_strata(data.groups("male")).unwrap();
    for ties in [Ties::Efron, Ties::Breslow] {
        meets_its_penalties(&data.outcomes(), &design, ties, 0.7);
    }
}

/// Where a curvature that was learnt on the way does not bound the likelihood: columns nearly alike,
/// hazards that differ by orders of magnitude, more columns than rows.
#[test]
fn coefficients_meet_their_penalties_where_columns_are_alike_and_effects_strong() {
    let noise = |i: usize, j: usize| {
        let mixed = (i as u64 * 0x9E37_79B9_7F4A_7C15) ^ (j as u64 * 0xC2B2_AE3D_27D4_EB4F);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    for (n, p, strength, alike) in [(300, 40, 8.0, 0.0), (300, 40, 2.0, 0.03), (60, 90, 4.0, 0.2)] {
        // Eight columns share what is not their own part.
        let own =
            |i, j| if alike == 0.0 { noise(i, j) } else { noise(i, j / 8) + alike * noise(i, j) };
        let rows: Vec<f64> = (0..n).flat_map(|i| (0..p).map(move |j| own(i, j))).collect();
        let time = |i: usize| {
            let log_hazard = strength * (rows[i * p] - rows[i * p + 9] + 0.5 * rows[i * p + 20]);
            -(noise(i, 1000) + 0.5).max(1e-9).ln() * (-log_hazard).exp()
        };
        let outcomes =
            Outcomes::new((0..n).map(time).collect(), (0..n).map(|i| i % 3 != 0).collect());
        let design = Design::from_rows(p, rows.clone()).unwrap();
        for mixing in [1.0, 0.5] {
            meets_its_penalties(outcomes.as_ref().unwrap(), &design, Ties::Breslow, mixing);
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

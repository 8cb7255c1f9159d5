//! Cox regression against R survival 3.8; see `testdata/README.md`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{close, data, numbers};
use serde_json::Value;
use vertebra_baselines::{CoxFit, CoxOptions, CoxRegression, Ties};

fn goldens() -> Value {
    serde_json::from_str(include_str!("../testdata/cox_r.json")).unwrap()
}

fn ties(golden: &Value) -> Ties {
    if golden["ties"] == "breslow" { Ties::Breslow } else { Ties::Efron }
}

fn check(what: &str, fit: &CoxFit, golden: &Value) {
    close(
        &format!("{what} loglik_null"),
        fit.log_likelihood_null,
        golden["loglik_null"].as_f64().unwrap(),
        1e-12,
    );
    close(&format!("{what} loglik"), fit.log_likelihood, golden["loglik"].as_f64().unwrap(), 1e-12);
    let robust = golden.get("robust_se").filter(|v| v.is_array()).map(numbers);
    for (j, c) in fit.coefficients.iter().enumerate() {
        close(
            &format!("{what} coef {}", c.name),
            c.log_hazard_ratio.value,
            numbers(&golden["coef"])[j],
            TOLERANCE,
        );
        close(
            &format!("{what} se {}", c.name),
            c.model_std_error,
            numbers(&golden["se"])[j],
            TOLERANCE,
        );
        if let Some(robust) = &robust {
            close(
                &format!("{what} robust se {}", c.name),
                c.robust_std_error.unwrap(),
                robust[j],
                TOLERANCE,
            );
        }
    }
    if let Some(robust) = golden.get("robust_score_test").filter(|v| v.is_array()).map(numbers) {
        let test = fit.tests.robust_score.unwrap();
        close(&format!("{what} robust score"), test.statistic, robust[0], TOLERANCE);
    }
    for (name, test) in [
        ("lr_test", fit.tests.likelihood_ratio),
        ("wald_test", fit.tests.wald.unwrap()),
        ("score_test", fit.tests.score.unwrap()),
    ] {
        let golden = numbers(&golden[name]);
        close(&format!("{what} {name}"), test.statistic, golden[0], TOLERANCE);
        let df = test.df.unwrap();
        assert!((df - golden[1]).abs() < 1e-9, "{what} {name} df {df}");
        // With few clusters R takes the chi-square distribution, we F.
        match fit.coefficients[0].test.df.filter(|_| name == "wald_test") {
            None => close(&format!("{what} {name} p"), test.p, golden[2], 1e-6),
            Some(_) => assert!(test.p > golden[2], "{what} {name} p {}", test.p),
        }
    }
}

const TOLERANCE: f64 = 1e-8;

#[test]
fn every_fit_agrees() {
    let goldens = goldens();
    let mut n_fits = 0;
    for (dataset, fits) in goldens.as_object().unwrap() {
        for (name, golden) in fits.as_object().unwrap().iter().filter(|(name, _)| *name != "ridge")
        {
            let mut data = data(dataset);
            if name == "pwp_strata_enum_cluster" {
                let episode = data.of("enum");
                data = data.filter(|i| episode[i] <= 3.0);
            }
            let call = golden["call"].as_str().unwrap();
            let names: Vec<String> = golden["coef_names"]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_str().unwrap().to_owned())
                .collect();
            let mut design = data.design(&names);
            let mut outcomes = data.outcomes();
            if let Some((_, strata)) = call.split_once("strata(") {
                design = design.with_strata(data.groups(strata.trim_end_matches(')'))).unwrap();
            }
            if call.contains("offset(off)") {
                design = design.with_offset(data.of("off")).unwrap();
            }
            if name.contains("weights") {
                outcomes = outcomes.with_weights(data.of("w")).unwrap();
            }
            if name.contains("cluster_inst") {
                design = design.with_clusters(data.groups("inst")).unwrap();
            } else if dataset == "cgd" && name.contains("cluster") {
                design = design.with_clusters(data.groups("id")).unwrap();
            } else if name.contains("robust") {
                design = design.with_clusters((0..outcomes.n_subjects()).collect()).unwrap();
            }
            let fit = CoxRegression::from(CoxOptions::default().with_ties(ties(golden)))
                .fit(&outcomes, &design)
                .unwrap();
            check(&format!("{dataset} {name}"), &fit, golden);
            n_fits += 1;
        }
    }
    assert_eq!(n_fits, 28);
}

#[test]
fn ridge_agrees() {
    let goldens = goldens();
    let names: Vec<String> = ["age", "female", "ph_ecog", "wt_loss"].map(str::to_owned).to_vec();
    let data = data("lung");
    for golden in goldens["lung"]["ridge"].as_array().unwrap() {
        let theta = golden["theta"].as_f64().unwrap();
        let fit =
            CoxRegression::from(CoxOptions::default().with_ties(ties(golden)).with_ridge(theta))
                .fit(&data.outcomes(), &data.design(&names))
                .unwrap();
        for (j, c) in fit.coefficients.iter().enumerate() {
            let what = format!("theta {theta} {}", c.name);
            close(&what, c.log_hazard_ratio.value, numbers(&golden["coef"])[j], 1e-7);
            close(&what, c.model_std_error.powi(2), numbers(&golden["var"][j])[j], 1e-7);
        }
        close("loglik", fit.log_likelihood, numbers(&golden["loglik"])[1], 1e-9);
        close("df", fit.tests.likelihood_ratio.df.unwrap(), numbers(&golden["df"])[0], 1e-7);
    }
}

#[test]
fn the_covariance_agrees() {
    let golden = &goldens()["lung"]["efron"];
    let names: Vec<String> = ["age", "female", "ph_ecog", "wt_loss"].map(str::to_owned).to_vec();
    let data = data("lung");
    let fit = CoxRegression::default().fit(&data.outcomes(), &data.design(&names)).unwrap();
    for (i, row) in fit.covariance.iter().enumerate() {
        for (j, got) in row.iter().enumerate() {
            close(&format!("covariance {i} {j}"), *got, numbers(&golden["var"][i])[j], 1e-7);
        }
    }
}

//! Cox regression against R survival 3.8; see `testdata/README.md`.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use std::collections::HashMap;
use vertebra_baselines::{CoxFit, CoxRegression, DesignMatrix};
use vertebra_survival::{Outcomes, Ties};

struct Data {
    columns: HashMap<String, Vec<f64>>,
}

impl Data {
    fn read(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let mut columns: HashMap<String, Vec<f64>> = HashMap::new();
        for record in reader.records() {
            for (name, cell) in names.iter().zip(record.unwrap().iter()) {
                columns.entry(name.clone()).or_default().push(cell.parse().unwrap());
            }
        }
        Self { columns }
    }

    fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = |column: &Vec<f64>| {
            column.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, v)| *v).collect()
        };
        Self { columns: self.columns.iter().map(|(n, c)| (n.clone(), kept(c))).collect() }
    }

    fn of(&self, name: &str) -> Vec<f64> {
        self.columns[name].clone()
    }

    fn groups(&self, name: &str) -> Vec<usize> {
        self.of(name).into_iter().map(|v| v as usize).collect()
    }

    fn outcomes(&self) -> Outcomes {
        let event = self.of("status").iter().map(|&s| s == 1.0).collect();
        if self.columns.contains_key("start") {
            return Outcomes::new(self.of("stop"), event)
                .unwrap()
                .with_entry(self.of("start"))
                .unwrap();
        }
        Outcomes::new(self.of("time"), event).unwrap()
    }

    fn design(&self, names: &[String]) -> DesignMatrix {
        let column = |name: &String| (name.clone(), self.of(name));
        DesignMatrix::from_columns(names.iter().map(column).collect()).unwrap()
    }
}

fn goldens() -> Value {
    serde_json::from_str(include_str!("../testdata/cox_r.json")).unwrap()
}

fn data(name: &str) -> Data {
    Data::read(match name {
        "lung" => include_str!("../testdata/lung.csv"),
        "veteran" => include_str!("../testdata/veteran.csv"),
        "gbsg" => include_str!("../testdata/gbsg.csv"),
        "ovarian" => include_str!("../testdata/ovarian.csv"),
        "cgd" => include_str!("../testdata/cgd.csv"),
        "pbc" => include_str!("../testdata/pbc.csv"),
        other => panic!("no data {other}"),
    })
}

fn ties(golden: &Value) -> Ties {
    if golden["ties"] == "breslow" { Ties::Breslow } else { Ties::Efron }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn close(what: &str, got: f64, expected: f64, relative: f64) {
    let miss = (got - expected).abs() / expected.abs().max(1e-300);
    assert!(miss <= relative, "{what}: got {got}, expected {expected}, off by {miss:.2e}");
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
            let fit =
                CoxRegression::default().with_ties(ties(golden)).fit(&outcomes, &design).unwrap();
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
        let fit = CoxRegression::default()
            .with_ties(ties(golden))
            .with_ridge(theta)
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

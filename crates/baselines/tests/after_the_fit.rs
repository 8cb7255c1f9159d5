//! What follows a fit, against R survival 3.5-3: `testdata/after_the_fit.R`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Data, close, data, numbers};
use serde_json::Value;
use vertebra_baselines::{
    BootstrapOptions, CoxFit, CoxOptions, CoxRegression, DesignMatrix, Outcomes, Term, Ties,
};
use vertebra_survival::{
    cox::{CoxDiagnostics, SchoenfeldResidual, TimeTransform},
    curves::CurveScale,
};

fn goldens() -> Value {
    serde_json::from_str(include_str!("../testdata/after_the_fit.json")).unwrap()
}

/// A fit with the data that it was fitted to.
struct Case {
    outcomes: Outcomes,
    design: DesignMatrix,
    regression: CoxRegression,
}

impl Case {
    fn new(data: &Data, columns: &[&str]) -> Self {
        let names: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        let (outcomes, design) = (data.outcomes(), data.design(&names));
        Self { outcomes, design, regression: CoxRegression::default() }
    }

    fn with(mut self, regression: CoxRegression) -> Self {
        self.regression = regression;
        self
    }

    fn fit(&self) -> CoxFit {
        self.regression.fit(&self.outcomes, &self.design).unwrap()
    }
}

const LUNG: [&str; 3] = ["age", "female", "ph_ecog"];

fn case(name: &str) -> Case {
    let (lung, cgd) = (data("lung"), data("cgd"));
    let all = Case::new(&lung, &LUNG);
    match name {
        "efron" => all,
        "breslow" => all.with(CoxRegression::from(CoxOptions::default().with_ties(Ties::Breslow))),
        "robust" => all.with(CoxRegression::from(CoxOptions::default().with_robust(true))),
        "weights" => Case { outcomes: lung.outcomes().with_weights(lung.of("w")).unwrap(), ..all },
        "cluster" => {
            let design = all.design.with_clusters(lung.groups("inst")).unwrap();
            Case { design, ..all }
        }
        "strata" => {
            let some = Case::new(&lung, &["age", "ph_ecog"]);
            let design = some.design.with_strata(lung.groups("female")).unwrap();
            Case { design, ..some }
        }
        "start_stop" => {
            let some = Case::new(&cgd, &["rifn", "age", "steroids"]);
            let design = some.design.with_clusters(cgd.groups("id")).unwrap();
            Case { design, ..some }
        }
        other => panic!("no case {other}"),
    }
}

const CASES: [&str; 7] =
    ["efron", "breslow", "weights", "robust", "cluster", "strata", "start_stop"];

/// Each column's first five values and the sum of all, against R's; `scale` is what counts as
/// nothing.
fn compare(what: &str, rows: &[Vec<f64>], golden: &Value) {
    let p = rows[0].len();
    let sums = match &golden["sums"] {
        Value::Array(_) => numbers(&golden["sums"]),
        one => vec![one.as_f64().unwrap()],
    };
    for j in 0..p {
        let size = sums[j] / rows.len() as f64;
        for (i, row) in rows.iter().take(5).enumerate() {
            let expected = golden["first"][i][j].as_f64().unwrap();
            let miss = (row[j] - expected).abs() / size;
            assert!(miss < 1e-8, "{what} row {i} column {j}: got {}, expected {expected}", row[j]);
        }
        let sum: f64 = rows.iter().map(|row| row[j].abs()).sum();
        close(&format!("{what} sum {j}"), sum, sums[j], 1e-9);
    }
}

fn rows(flat: Vec<f64>, p: usize) -> Vec<Vec<f64>> {
    flat.chunks(p).map(<[f64]>::to_vec).collect()
}

/// R orders the residuals of events by stratum, then by time, then as the rows stand.
fn at_events(residuals: Vec<SchoenfeldResidual>) -> Vec<Vec<f64>> {
    residuals.into_iter().map(|event| event.residual).collect()
}

fn compare_residuals(name: &str, model: &CoxDiagnostics<'_>, golden: &Value) {
    let p = golden["coef"].as_array().unwrap().len();
    let compare = |what: &str, rows: Vec<Vec<f64>>| {
        compare(&format!("{name} {what}"), &rows, &golden[what]);
    };
    compare("martingale", rows(model.martingale(), 1));
    compare("deviance", rows(model.deviance(), 1));
    compare("score", rows(model.score().unwrap(), p));
    compare("dfbeta", rows(model.dfbeta().unwrap(), p));
    compare("schoenfeld", at_events(model.schoenfeld().unwrap()));
    compare("scaledsch", at_events(model.scaled_schoenfeld().unwrap()));
}

#[test]
fn residuals_and_measures_agree() {
    for name in CASES {
        let (case, golden) = (case(name), &goldens()[name]);
        let fit = case.fit();
        let model = case.regression.diagnostics(&case.outcomes, &case.design, &fit).unwrap();
        compare_residuals(name, &model, golden);
        let of = |what: &str| golden[what].as_f64().unwrap();
        let measures = fit.measures();
        close("aic", measures.aic, of("aic"), 1e-12);
        close("bic", measures.bic, of("bic"), 1e-12);
        for (c, vif) in fit.coefficients.iter().zip(numbers(&golden["vif"])) {
            close(&format!("{name} vif {}", c.name), c.variance_inflation.unwrap(), vif, 1e-9);
        }
        if let Some(robust) = golden["robust_score"].as_f64() {
            close(name, fit.tests.robust_score.unwrap().statistic, robust, 1e-8);
        }
    }
}

#[test]
fn tests_of_proportional_hazards_agree() {
    let transforms = [
        ("km", TimeTransform::KaplanMeier),
        ("identity", TimeTransform::Identity),
        ("rank", TimeTransform::Rank),
        ("log", TimeTransform::Log),
    ];
    for name in CASES {
        let (case, golden) = (case(name), &goldens()[name]["zph"]);
        let fit = case.fit();
        for (label, transform) in transforms {
            let tests = case
                .regression
                .proportional_hazards(&case.outcomes, &case.design, &fit, transform)
                .unwrap();
            for (test, expected) in tests.iter().zip(numbers(&golden[label])) {
                let what = format!("{name} {label} {:?}", test.term);
                close(&what, test.test.statistic, expected, 1e-8);
            }
            assert_eq!(tests.last().unwrap().test.df, Some(fit.coefficients.len() as f64));
        }
    }
}

#[test]
fn survival_of_new_subjects_agrees() {
    for name in CASES {
        let (case, golden) = (case(name), &goldens()[name]);
        let curves = case.regression.curves(&case.outcomes, &case.design, &case.fit()).unwrap();
        let curves = curves.with_scale(CurveScale::Log);
        let names = case.design.names().to_vec();
        let values = [0, 1].map(|i| numbers(&golden["newdata"][i])).concat();
        let mut new = DesignMatrix::new(names, values).unwrap();
        if name == "strata" {
            new = new.with_strata(vec![1, 0]).unwrap();
        }
        for (k, time) in numbers(&golden["times"]).into_iter().enumerate() {
            for (i, got) in curves.survival(new.covariates(), time).unwrap().into_iter().enumerate()
            {
                let of = |what: &str| golden[what][k][i].as_f64();
                let Some(std_error) = of("std_err") else { continue };
                let what = format!("{name} time {time} subject {i}");
                close(&what, got.value, of("surv").unwrap(), 1e-9);
                assert!((got.std_error - std_error).abs() < 1e-9 * std_error.max(1e-3), "{what}");
                close(&what, got.interval.lower, of("lower").unwrap(), 1e-8);
                close(&what, got.interval.upper, of("upper").unwrap(), 1e-8);
            }
        }
    }
}

/// The mean of two curves and its error, with the covariance of the curves by brute force: the
/// variance of a sum from those of the curves of one subject and of the difference.
#[test]
fn a_marginal_curve_is_the_mean_of_its_curves() {
    let case = case("efron");
    let curves = case.regression.curves(&case.outcomes, &case.design, &case.fit()).unwrap();
    let design = case.design.covariates();
    let (all, one) = (curves.survival(design, 300.0).unwrap(), design.subset(&[7]));
    let marginal = curves.marginal(design, 300.0).unwrap();
    let mean = all.iter().map(|s| s.value).sum::<f64>() / all.len() as f64;
    assert!((marginal.value - mean).abs() < 1e-14);
    // Between the errors of a subject and independence.
    let largest = all.iter().map(|s| s.std_error).fold(0.0, f64::max);
    assert!(marginal.std_error < largest && marginal.std_error > 0.01);
    let twice = curves.marginal(&one.subset(&[0, 0, 0]), 300.0).unwrap();
    let single = curves.survival(&one, 300.0).unwrap()[0];
    assert!((twice.std_error - single.std_error).abs() < 1e-14);
    assert!((twice.value - single.value).abs() < 1e-15);
}

#[test]
fn exact_ties_agree() {
    let cases: [(&str, &str, &[&str]); 4] = [
        ("lung_exact", "lung", &LUNG),
        ("strata_exact", "lung", &["age", "ph_ecog"]),
        ("veteran_exact", "veteran", &["trt2", "karno", "age", "prior"]),
        ("cgd_exact", "cgd", &["rifn", "age", "steroids"]),
    ];
    for (name, set, columns) in cases {
        let (data, golden) = (data(set), &goldens()[name]);
        let mut case = Case::new(&data, columns);
        if name == "strata_exact" {
            case.design = case.design.with_strata(data.groups("female")).unwrap();
        }
        let case = case.with(CoxRegression::from(CoxOptions::default().with_ties(Ties::Exact)));
        let fit = case.fit();
        let loglik = numbers(&golden["loglik"]);
        close(name, fit.log_likelihood_null, loglik[0], 1e-11);
        close(name, fit.log_likelihood, loglik[1], 1e-11);
        for (j, c) in fit.coefficients.iter().enumerate() {
            let (coef, se) = (numbers(&golden["coef"])[j], numbers(&golden["se"])[j]);
            let miss = (c.log_hazard_ratio.value - coef).abs() / se;
            assert!(miss < 1e-8, "{name} {}: {} and {coef}", c.name, c.log_hazard_ratio.value);
            close(name, c.model_std_error, se, 1e-7);
        }
        close(name, fit.tests.score.unwrap().statistic, golden["score"].as_f64().unwrap(), 1e-8);
        let model = case.regression.diagnostics(&case.outcomes, &case.design, &fit).unwrap();
        compare(name, &rows(model.martingale(), 1), &golden["martingale"]);
        assert!(model.score().is_err());
    }
    // A discrete likelihood has no weights.
    let weighted = data("lung").outcomes().with_weights(data("lung").of("w")).unwrap();
    let exact = CoxRegression::from(CoxOptions::default().with_ties(Ties::Exact));
    let error = exact.fit(&weighted, &case("efron").design).unwrap_err().to_string();
    assert_eq!(error, "the exact partial likelihood is not defined for case weights");
}

#[test]
fn profile_intervals_agree() {
    let pbc = ["age", "female", "edema", "lbili", "lalb", "lprotime"];
    for (set, columns) in [("pbc", &pbc[..]), ("ovarian", &["age", "rx2", "resid2", "ecog2"])] {
        let case = Case::new(&data(set), columns);
        let intervals = case.regression.profile_intervals(&case.outcomes, &case.design).unwrap();
        for (j, interval) in intervals.iter().enumerate() {
            let expected = numbers(&goldens()[set]["profile"][j]);
            let width = expected[1] - expected[0];
            let (low, high) = (interval.lower - expected[0], interval.upper - expected[1]);
            assert!(
                low.abs() < 1e-9 * width && high.abs() < 1e-9 * width,
                "{set} {j} {low} {high}"
            );
        }
    }
}

#[test]
fn terms_and_combinations_agree() {
    let golden = &goldens()["pbc"];
    let columns = ["age", "female", "edema", "lbili", "lalb", "lprotime", "stage", "hepato"];
    let mut case = Case::new(&data("pbc"), &columns);
    let term = |name: &str, columns: Vec<usize>| Term { name: name.to_owned(), columns };
    let terms = vec![term("clinical", (0..6).collect()), term("liver", vec![6, 7])];
    case.design = case.design.with_terms(terms).unwrap();
    let fit = case.fit();
    let wald = golden["stage_hepato_wald"].as_f64().unwrap();
    close("wald", fit.terms[1].wald.unwrap().statistic, wald, 1e-8);
    assert_eq!(fit.terms[1].wald.unwrap().df, Some(2.0));
    let ratios = case.regression.likelihood_ratios(&case.outcomes, &case.design, &fit).unwrap();
    let lr = golden["stage_hepato_lr"].as_f64().unwrap();
    close("lr", ratios[1].test.statistic, lr, 1e-8);
    assert_eq!((ratios[1].term.as_str(), ratios[1].test.df), ("liver", Some(2.0)));

    let fit = Case::new(&data("pbc"), &columns[..6]).fit();
    let combination = fit.combination(&[10.0, 1.0, 0.0, 0.0, -1.0, 0.0]).unwrap();
    let expected = numbers(&golden["combination"]);
    close("combination", combination.log_hazard_ratio.value, expected[0], 1e-9);
    close("its error", combination.log_hazard_ratio.std_error, expected[1], 1e-9);
    assert!(fit.combination(&[1.0]).is_err());
}

#[test]
fn optimism_lowers_c() {
    let case = Case::new(&data("ovarian"), &["age", "rx2", "resid2", "ecog2"]);
    let options = BootstrapOptions::default().with_replicates(199).with_seed(3);
    let c = case.regression.optimism(&case.outcomes, &case.design, &options).unwrap();
    assert!(c.apparent > 0.75 && c.optimism > 0.01 && c.corrected < c.apparent, "{c:?}");
}

#[test]
fn explained_variation_by_its_definitions() {
    let fit = case("efron").fit();
    let measures = fit.measures();
    let chi_square = 2.0 * (fit.log_likelihood - fit.log_likelihood_null);
    let quigley = 1.0 - (-chi_square / 150.0).exp();
    assert!((measures.r2_oquigley - quigley).abs() < 1e-14);
    let error = std::f64::consts::PI.powi(2) / 6.0;
    // Explained variation V / (V + pi^2 / 6) with V = (pi^2 / 6) R2 / (1 - R2) of randomness.
    let v = quigley / (1.0 - quigley);
    assert!((measures.r2_royston - v / (v + error)).abs() < 1e-14);
    assert!(measures.r2_royston < measures.r2_oquigley);
    assert_eq!(measures.events_per_variable, 50.0);
}

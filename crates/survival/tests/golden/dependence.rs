//! Robust variances: clusters, and weights that are not whole numbers.

use super::{Golden, assert_all_close};
use vertebra_survival::{
    Outcomes,
    cox::{CoxOptions, Design},
    kaplan_meier,
};

/// The sample with clusters 0 to 39, weights, or both.
fn outcomes(golden: &Golden, clusters: bool, weights: bool) -> Outcomes {
    let event: Vec<bool> = golden.numbers("/event").iter().map(|&e| e > 0.0).collect();
    let n = event.len();
    let mut outcomes = Outcomes::new(golden.numbers("/time"), event).unwrap();
    if clusters {
        outcomes = outcomes.with_clusters((0..n).map(|i| i % 40).collect()).unwrap();
    }
    if weights {
        let weight = |i: usize| 0.45 + (i * 7 % 10) as f64 / 10.0;
        outcomes = outcomes.with_weights((0..n).map(weight).collect()).unwrap();
    }
    outcomes
}

#[test]
fn curves_have_the_robust_errors_of_survfit() {
    let golden = Golden::read("dependence");
    for (name, clusters, weights) in
        [("clustered", true, false), ("weighted", false, true), ("both", true, true)]
    {
        let curve = kaplan_meier(&outcomes(&golden, clusters, weights)).unwrap();
        let at = golden.numbers("/at");
        let survival: Vec<f64> = at.iter().map(|&t| curve.at(t)).collect();
        let errors: Vec<f64> =
            at.iter().map(|&t| curve.at(t) * curve.std_error_log_at(t)).collect();
        assert_all_close(name, &survival, &golden.numbers(&format!("/{name}/survival")), 1e-12);
        assert_all_close(name, &errors, &golden.numbers(&format!("/{name}/std_error")), 1e-10);
    }
}

#[test]
fn regressions_have_the_robust_errors_of_coxph() {
    let golden = Golden::read("dependence");
    let design =
        Design::from_columns(&[golden.numbers("/age"), golden.numbers("/female")]).unwrap();
    for (name, clusters, weights) in [("cox_weighted", false, true), ("cox_clustered", true, false)]
    {
        let fit =
            CoxOptions::default().fit(&outcomes(&golden, clusters, weights), &design).unwrap();
        let robust = fit.robust_covariance.unwrap();
        let errors = [robust[0][0].sqrt(), robust[1][1].sqrt()];
        assert_all_close(name, &fit.coefficients, &golden.numbers(&format!("/{name}/coef")), 1e-8);
        assert_all_close(name, &errors, &golden.numbers(&format!("/{name}/se")), 1e-8);
    }
}

//! riskRegression `Score()` on pbc: AUC and Brier score at three horizons, with standard errors.

use crate::{Golden, assert_close};
use vertebra_survival::{
    brier_score, compare_auc_at,
    horizon::{auc_at_horizons, compare_brier},
};

const HORIZONS: [f64; 3] = [1095.0, 1825.0, 2920.0];

fn predicted(golden: &Golden, model: &str, k: usize) -> Vec<f64> {
    let rows = golden.at(&format!("/riskRegression/risk_{model}")).as_array().unwrap();
    rows.iter().map(|row| row[k].as_f64().unwrap()).collect()
}

/// riskRegression divides by n - 1, and its influence function of the censoring curve is that of
/// `exp(-Nelson-Aalen)` where ours is the exact derivative of the product-limit curve: they differ
/// by terms of the order 1 / (number at risk)^2. `tests/properties.rs` checks ours against
/// numerical derivatives.
const SE_TOLERANCE: f64 = 2e-4;

fn std_error(se: f64, n: usize) -> f64 {
    se * (n as f64 / (n as f64 - 1.0)).sqrt()
}

#[test]
fn areas_under_the_roc_curve() {
    let pbc = Golden::read("pbc");
    let outcomes = pbc.outcomes();
    let (auc, se) = (pbc.numbers("/riskRegression/AUC/AUC"), pbc.numbers("/riskRegression/AUC/se"));
    for (m, model) in ["a", "b"].into_iter().enumerate() {
        for (k, horizon) in HORIZONS.into_iter().enumerate() {
            let risk = predicted(&pbc, model, k);
            let got = auc_at_horizons(&outcomes, &risk, &[horizon]).unwrap()[0];
            assert_close("auc", got.estimate.value, auc[3 * m + k], 1e-12);
            assert_close(
                "se",
                std_error(got.estimate.std_error, risk.len()),
                se[3 * m + k],
                SE_TOLERANCE,
            );
        }
    }
}

#[test]
fn brier_scores() {
    let pbc = Golden::read("pbc");
    let outcomes = pbc.outcomes();
    let at = |leaf: &str| pbc.numbers(&format!("/riskRegression/Brier/{leaf}"));
    let (brier, se) = (at("Brier"), at("se"));
    for (m, model) in ["a", "b"].into_iter().enumerate() {
        for (k, horizon) in HORIZONS.into_iter().enumerate() {
            let survival: Vec<f64> = predicted(&pbc, model, k).iter().map(|r| 1.0 - r).collect();
            let got = brier_score(&outcomes, &survival, horizon).unwrap();
            assert_close("brier", got.estimate.value, brier[3 * (m + 1) + k], 1e-12);
            assert_close(
                "se",
                std_error(got.estimate.std_error, survival.len()),
                se[3 * (m + 1) + k],
                SE_TOLERANCE,
            );
            assert_close("reference", got.reference, brier[k], 1e-12);
        }
    }
}

#[test]
fn paired_differences() {
    let pbc = Golden::read("pbc");
    let outcomes = pbc.outcomes();
    let at = |table: &str, leaf: &str| pbc.numbers(&format!("/riskRegression/{table}/{leaf}"));
    for (k, horizon) in HORIZONS.into_iter().enumerate() {
        let (a, b) = (predicted(&pbc, "a", k), predicted(&pbc, "b", k));
        let auc = compare_auc_at(&outcomes, &b, &a, horizon).unwrap();
        assert_close("auc", auc.difference.value, at("AUC_contrasts", "delta.AUC")[k], 1e-10);
        let se = std_error(auc.difference.std_error, a.len());
        assert_close("auc se", se, at("AUC_contrasts", "se")[k], SE_TOLERANCE);
        let survival = |risk: &[f64]| -> Vec<f64> { risk.iter().map(|r| 1.0 - r).collect() };
        let brier = compare_brier(&outcomes, &survival(&b), &survival(&a), horizon).unwrap();
        // Rows of a horizon: a against the null model, b against it, b against a.
        let row = 3 * k + 2;
        assert_close(
            "brier",
            brier.difference.value,
            at("Brier_contrasts", "delta.Brier")[row],
            1e-10,
        );
        let se = std_error(brier.difference.std_error, a.len());
        assert_close("brier se", se, at("Brier_contrasts", "se")[row], SE_TOLERANCE);
    }
}

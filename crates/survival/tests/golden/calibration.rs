//! The slope of a log hazard in a new sample: R `coxph(.. ~ lp)`.

use crate::{Golden, assert_close, linear};
use vertebra_survival::calibration_slope;

#[test]
fn slope_on_the_other_half_of_lung() {
    let lung = Golden::read("lung");
    let b = lung.numbers("/calibration_slope/train_coef");
    let names = ["age", "female", "ph_ecog", "wt_loss"];
    let terms: Vec<(&str, f64)> = names.into_iter().zip(b).collect();
    let log_hazard = linear(&lung, &terms);
    let test: Vec<usize> = (0..log_hazard.len()).filter(|i| i % 2 == 0).collect();
    let log_hazard: Vec<f64> = test.iter().map(|&i| log_hazard[i]).collect();
    let got = calibration_slope(&lung.outcomes().subset(&test), &log_hazard).unwrap();
    assert_close("slope", got.value, lung.number("/calibration_slope/slope"), 1e-9);
    assert_close("se", got.std_error, lung.number("/calibration_slope/se"), 1e-9);
}

//! The residuals of the model without a covariate show the form in which it belongs there.
#![allow(clippy::unwrap_used)]

mod common;

use common::{close, data};
use vertebra_baselines::{CoxRegression, DesignMatrix, Error, Outcomes};

#[test]
fn the_residuals_are_those_of_the_model_without_the_term() {
    let (veteran, regression) = (data("veteran"), CoxRegression::default());
    let outcomes = veteran.outcomes();
    let names = ["age".to_owned(), "karno".to_owned()];
    let (both, age) = (veteran.design(&names), veteran.design(&names[..1]));
    let karno = veteran.of("karno");
    let fit = regression.fit(&outcomes, &both).unwrap();
    let form = regression.functional_form(&outcomes, &both, &fit, ("karno", &karno)).unwrap();
    let without = regression.fit(&outcomes, &age).unwrap();
    let model = regression.diagnostics(&outcomes, &age, &without).unwrap();
    for (got, expected) in form.residuals.iter().zip(model.martingale()) {
        close("residual", *got, expected, 1e-9);
    }
    assert_eq!(form.values, karno);
    // Who is better lives longer.
    let (first, last) = (form.smooth[0], form.smooth[form.smooth.len() - 1]);
    assert!(first.0 < last.0 && first.1 > last.1 + 0.5, "{first:?} {last:?}");
    let refused = |term, values: &[f64]| {
        regression.functional_form(&outcomes, &both, &fit, (term, values)).unwrap_err()
    };
    assert!(matches!(refused("sex", &karno), Error::InvalidSetting { .. }));
    assert!(matches!(refused("age", &karno[1..]), Error::LengthMismatch { .. }));
}

/// The hazard rises with the logarithm of the only column: steep at first, then flat.
#[test]
fn a_logarithm_shows_as_one() {
    let n = 2000;
    let uniform = |i: usize, k: usize| ((i * 48_271 + k * 7_919) % 65_537) as f64 / 65_537.0;
    let x: Vec<f64> = (0..n).map(|i| 1.0 + 99.0 * uniform(i, 1)).collect();
    let time = (0..n).map(|i| -(1.0 - uniform(i * i + 3, 5)).ln() / x[i] + 1e-6).collect();
    let outcomes = Outcomes::new(time, vec![true; n]).unwrap();
    let design = DesignMatrix::from_columns(vec![("x".into(), x.clone())]).unwrap();
    let regression = CoxRegression::default();
    let fit = regression.fit(&outcomes, &design).unwrap();
    let form = regression.functional_form(&outcomes, &design, &fit, ("x", &x)).unwrap();
    let at = |value: f64| form.smooth.iter().find(|point| point.0 >= value).unwrap().1;
    assert!(at(30.0) - at(2.0) > 1.5 * (at(95.0) - at(67.0)), "{:?}", form.smooth);
}

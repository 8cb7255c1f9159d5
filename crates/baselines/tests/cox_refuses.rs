//! What has no estimate is an error that names the column, never a number.
#![allow(clippy::unwrap_used)]

use proptest::{collection::vec, prelude::*};
use vertebra_baselines::{CoxOptions, CoxRegression, DesignMatrix, Error};
use vertebra_survival::{Outcomes, Ties, cox_partial_likelihood};

fn outcomes(n: usize) -> Outcomes {
    let time = (0..n).map(|i| 1.0 + (i * 7 % n) as f64).collect();
    Outcomes::new(time, (0..n).map(|i| i % 3 != 0).collect()).unwrap()
}

fn design(columns: &[(&str, &dyn Fn(usize) -> f64)], n: usize) -> DesignMatrix {
    let column = |(name, value): &(&str, &dyn Fn(usize) -> f64)| {
        ((*name).to_owned(), (0..n).map(value).collect())
    };
    DesignMatrix::from_columns(columns.iter().map(column).collect()).unwrap()
}

#[test]
fn collinear_and_constant_columns() {
    let n = 30;
    let x = |i: usize| (i * i % 11) as f64;
    let y = |i: usize| (i * 5 % 13) as f64;
    let sum = |i: usize| 1e3 + 2.0 * x(i) - y(i);
    let fit = |columns: &[(&str, &dyn Fn(usize) -> f64)]| {
        CoxRegression::default().fit(&outcomes(n), &design(columns, n))
    };
    assert!(fit(&[("x", &x), ("y", &y)]).is_ok());
    let error = fit(&[("x", &x), ("y", &y), ("sum", &sum)]).unwrap_err();
    assert!(
        matches!(&error, Error::Collinear { column, with } if column == "sum" && *with == ["x", "y"]),
        "{error}"
    );
    let twice = |i: usize| 2.0 * y(i);
    let error = fit(&[("x", &x), ("y", &y), ("twice", &twice)]).unwrap_err();
    assert!(matches!(&error, Error::Collinear { with, .. } if *with == ["y"]), "{error}");
    let error = fit(&[("x", &x), ("one", &|_| 0.1)]).unwrap_err();
    assert!(matches!(&error, Error::Constant { column } if column == "one"), "{error}");
}

#[test]
fn a_ridge_fits_collinear_columns_but_gives_no_score_test() {
    let n = 30;
    let x = |i: usize| (i * i % 11) as f64;
    let twice = |i: usize| 2.0 * x(i);
    let columns = design(&[("x", &x), ("twice", &twice)], n);
    let fit = CoxRegression::from(CoxOptions::default().with_ridge(0.5))
        .fit(&outcomes(n), &columns)
        .unwrap();
    assert_eq!(fit.tests.score, None);
    // The penalty is least where the slope is shared in proportion to the columns.
    let [x, twice] = [0, 1].map(|j| fit.coefficients[j].log_hazard_ratio.value);
    assert!((twice - 2.0 * x).abs() < 1e-9, "{x} {twice}");
}

#[test]
fn a_column_constant_within_strata_is_collinear() {
    let n = 30;
    let columns = design(&[("centre", &|i| (i % 2) as f64)], n);
    let columns = columns.with_strata((0..n).map(|i| i % 2).collect()).unwrap();
    let error = CoxRegression::default().fit(&outcomes(n), &columns).unwrap_err();
    assert!(
        matches!(&error, Error::Collinear { column, with } if column == "centre" && with.is_empty()),
        "{error}"
    );
}

#[test]
fn a_monotone_likelihood_names_its_column_and_ridge_cures_it() {
    let n = 40;
    let outcomes =
        Outcomes::new((0..n).map(|i| 1.0 + i as f64).collect(), (0..n).map(|i| i < 10).collect())
            .unwrap();
    // Everyone with `early` has an event before anyone without it.
    let columns = design(&[("x", &|i| (i * i % 7) as f64), ("early", &|i| f64::from(i < 10))], n);
    let error = CoxRegression::default().fit(&outcomes, &columns).unwrap_err();
    assert!(
        matches!(&error, Error::MonotoneLikelihood { column, coefficient, .. } if column == "early" && *coefficient > 3.0),
        "{error}"
    );
    let fit = CoxRegression::from(CoxOptions::default().with_ridge(0.5))
        .fit(&outcomes, &columns)
        .unwrap();
    assert!({
        let early = fit.coefficients[1].log_hazard_ratio;
        early.value > 1.0 && early.std_error < 2.0
    });
}

#[test]
fn degenerate_input() {
    let columns = design(&[("x", &|i| i as f64)], 3);
    let none = Outcomes::new(vec![1.0, 2.0, 3.0], vec![false; 3]).unwrap();
    let fit = |o: &Outcomes| CoxRegression::default().fit(o, &columns);
    assert!(matches!(fit(&none), Err(Error::NoEvents { n: 3 })));
    assert!(matches!(fit(&outcomes(4)), Err(Error::LengthMismatch { expected: 4, got: 3, .. })));
    let negative =
        CoxRegression::from(CoxOptions::default().with_ridge(-1.0)).fit(&outcomes(3), &columns);
    assert!(matches!(negative, Err(Error::InvalidSetting { name: "ridge", .. })));
    let other = design(&[("y", &|i| i as f64)], 3);
    let fitted =
        CoxRegression::default().fit(&outcomes(30), &design(&[("x", &|i| (i % 7) as f64)], 30));
    assert!(matches!(fitted.unwrap().log_hazard(&other), Err(Error::OtherColumns { .. })));
}

/// Time, event, entry, two covariates around the weight.
type Row = (u8, bool, u8, i8, u8, u8);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// The maximum is where the likelihood of `vertebra-survival`, written independently, is
    /// highest, for any ties, entry times and weights.
    #[test]
    fn the_likelihood_is_highest_there(
        rows in vec((1u8..9, any::<bool>(), 0u8..8, -3i8..4, 1u8..4, 0u8..100), 25..60),
        breslow in any::<bool>(),
    ) {
        let ties = if breslow { Ties::Breslow } else { Ties::Efron };
        let time: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
        let entry = rows.iter().map(|r| f64::from(r.2.min(r.0 - 1))).collect();
        let outcomes = Outcomes::new(time, rows.iter().map(|r| r.1).collect()).unwrap()
            .with_entry(entry).unwrap()
            .with_weights(rows.iter().map(|r| f64::from(r.4)).collect()).unwrap();
        let column = |f: fn(&Row) -> f64| rows.iter().map(f).collect::<Vec<_>>();
        let columns = [column(|r| f64::from(r.3)), column(|r| f64::from(r.5) + 1e4)];
        let design = DesignMatrix::from_columns(vec![
            ("a".to_owned(), columns[0].clone()), ("b".to_owned(), columns[1].clone()),
        ]).unwrap();
        let Ok(fit) = CoxRegression::from(CoxOptions::default().with_ties(ties)).fit(&outcomes, &design) else {
            return Ok(()); // monotone or collinear by chance
        };
        let events: f64 = rows.iter().filter(|r| r.1).map(|r| f64::from(r.4)).sum();
        let loglik = |shift: [f64; 2]| {
            let coef = [0, 1].map(|j| fit.coefficients[j].log_hazard_ratio.value + shift[j]);
            let risk: Vec<f64> = (0..rows.len())
                .map(|i| coef[0] * columns[0][i] + coef[1] * (columns[1][i] - 1e4)).collect();
            -events * cox_partial_likelihood(&outcomes, &risk, ties).unwrap().loss
        };
        let best = loglik([0.0, 0.0]);
        prop_assert!((best - fit.log_likelihood).abs() < 1e-9 * best.abs().max(1.0), "{} {}", best, fit.log_likelihood);
        for (j, c) in fit.coefficients.iter().enumerate() {
            for sign in [-1.0, 1.0] {
                let mut shift = [0.0; 2];
                shift[j] = sign * 0.01 * c.log_hazard_ratio.std_error;
                prop_assert!(loglik(shift) < best + 1e-10);
            }
        }
    }
}

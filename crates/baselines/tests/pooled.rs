//! Fits of imputed data sets pooled as R's mice pools them.
#![allow(clippy::unwrap_used)]

mod common;

use common::{close, data, numbers};
use serde_json::Value;
use vertebra_baselines::{CoxFit, CoxRegression, DesignMatrix, Error, PooledCox, Term};

const NAMES: [&str; 5] = ["age", "karno", "smallcell", "adeno", "large"];

/// The data sets of testdata/pooled.R.
fn fits() -> Vec<CoxFit> {
    let veteran = data("veteran");
    let fit = |imputation: usize| {
        let column = |name: &str| {
            let mut values = veteran.of(name);
            if name == "age" {
                for i in (1..=values.len()).step_by(7) {
                    values[i - 1] = (50 + (i * (imputation + 3)) % 23) as f64;
                }
            }
            (name.to_owned(), values)
        };
        let design = DesignMatrix::from_columns(NAMES.map(column).to_vec()).unwrap();
        let term = |name: &str, columns: &[usize]| {
            let (name, columns) = (name.to_owned(), columns.to_vec());
            Term { name, columns }
        };
        let terms = vec![term("age", &[0]), term("karno", &[1]), term("cell", &[2, 3, 4])];
        let design = design.with_terms(terms).unwrap();
        CoxRegression::default().fit(&veteran.outcomes(), &design).unwrap()
    };
    (1..=5).map(fit).collect()
}

#[test]
fn pools_as_mice_does() {
    let golden: Value = serde_json::from_str(include_str!("../testdata/pooled.json")).unwrap();
    let fits = fits();
    let pooled = PooledCox::new(&fits, 0.95).unwrap();
    assert_eq!((pooled.imputations, pooled.n, pooled.events), (5, fits[0].n, fits[0].events));
    let of = |name: &str| numbers(&golden[name]);
    for (j, c) in pooled.coefficients.iter().enumerate() {
        close("estimate", c.log_hazard_ratio.value, of("estimate")[j], 1e-7);
        close("standard error", c.model_std_error, of("std_error")[j], 1e-8);
        close("its square", pooled.covariance[j][j].sqrt(), of("std_error")[j], 1e-8);
        // mice does not let the share fall below 1e-4 here.
        if of("fmi")[j] > 1e-3 {
            close("df", c.test.df.unwrap(), of("df")[j], 1e-4);
        }
        close("P", c.test.p, of("p")[j], 1e-6);
        assert!((pooled.missing_shares[j] - of("fmi")[j]).abs() < 1e-7);
    }
    // F, its two degrees of freedom, P.
    let cells = of("cells");
    let cell = pooled.terms[2].wald.unwrap();
    close("F", cell.statistic / 3.0, cells[0], 1e-7);
    close("P", cell.p, cells[3], 1e-6);
    assert!(pooled.wald.unwrap().p < 1e-6);
}

#[test]
fn refuses_what_cannot_be_pooled() {
    let fits = fits();
    assert!(PooledCox::new(&fits[..1], 0.95).is_err());
    assert!(PooledCox::new(&[], 0.95).is_err());
    assert!(PooledCox::new(&fits, 1.0).is_err());
    let veteran = data("veteran");
    let other = veteran.design(&["karno".into()]);
    let other = CoxRegression::default().fit(&veteran.outcomes(), &other).unwrap();
    let error = PooledCox::new(&[fits[0].clone(), other], 0.95).unwrap_err();
    assert!(matches!(error, Error::OtherColumns { .. }));
}

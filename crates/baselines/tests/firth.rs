//! Firth's penalty by its definition: the maximum of the log likelihood plus half the log
//! determinant of its information, found without derivatives of the latter; and as R's coxphf has it.
#![allow(clippy::unwrap_used)]

mod common;

use common::{close, data, numbers};
use serde_json::Value;
use vertebra_baselines::{CoxRegression, DesignMatrix, Outcomes, Ties};
use vertebra_survival::cox::CoxOptions;

/// The penalised log likelihood at coefficients: that of a model whose offset they make, and its
/// information from differences of its score, which the martingale residuals give.
fn penalised(outcomes: &Outcomes, design: &DesignMatrix, ties: Ties, b: &[f64]) -> f64 {
    let p = b.len();
    let options = CoxOptions::default().with_ties(ties);
    let score = |b: &[f64]| -> Vec<f64> {
        let model = options.diagnostics(outcomes, design.covariates(), b).unwrap();
        let m = model.martingale();
        let sum = |j: usize| (0..m.len()).map(|i| m[i] * design.row(i)[j]).sum();
        (0..p).map(sum).collect()
    };
    let h = 1e-5;
    let column = |j: usize| {
        let moved = |d: f64| {
            let mut b = b.to_vec();
            b[j] += d;
            score(&b)
        };
        let (up, down) = (moved(h), moved(-h));
        (0..p).map(|k| (down[k] - up[k]) / (2.0 * h)).collect::<Vec<f64>>()
    };
    let information: Vec<Vec<f64>> = (0..p).map(column).collect();
    let determinant = match p {
        1 => information[0][0],
        _ => information[0][0] * information[1][1] - information[0][1] * information[1][0],
    };
    let offset: Vec<f64> = (0..design.n_rows())
        .map(|i| design.row(i).iter().zip(b).map(|(x, b)| x * b).sum())
        .collect();
    let loss = vertebra_survival::cox_partial_likelihood(outcomes, &offset, ties).unwrap().loss;
    -loss * outcomes.n_events() as f64 + determinant.ln() / 2.0
}

#[test]
fn is_the_maximum_of_the_penalised_likelihood() {
    let (ovarian, cgd) = (data("ovarian"), data("cgd"));
    let cases = [
        (ovarian.outcomes(), ovarian.design(&["age".into(), "rx2".into()]), Ties::Efron),
        (ovarian.outcomes(), ovarian.design(&["resid2".into()]), Ties::Breslow),
        (cgd.outcomes(), cgd.design(&["rifn".into(), "age".into()]), Ties::Efron),
    ];
    for (outcomes, design, ties) in cases {
        let fit = CoxRegression::from(CoxOptions::default().with_ties(ties).with_firth(true));
        let fit = fit.fit(&outcomes, &design).unwrap();
        let best = fit.log_hazard_ratios();
        let at = |b: &[f64]| penalised(&outcomes, &design, ties, b);
        let null = at(&vec![0.0; best.len()]);
        let ratio = 2.0 * (at(&best) - null);
        close("likelihood ratio", fit.tests.likelihood_ratio.statistic, ratio, 1e-6);
        for (j, c) in fit.coefficients.iter().enumerate() {
            let moved = |d: f64| {
                let mut b = best.clone();
                b[j] += d * c.model_std_error;
                at(&b)
            };
            let (up, down, here) = (moved(0.02), moved(-0.02), at(&best));
            assert!(here > up && here > down);
            // The slope at the maximum, in standard errors.
            let slope = (moved(1e-3) - moved(-1e-3)) / 2e-3;
            assert!(slope.abs() < 1e-5, "{} {slope}", c.name);
        }
    }
}

#[test]
fn separated_events_have_finite_estimates_and_intervals() {
    let time = (1..=12).map(f64::from).collect();
    let event: Vec<bool> = (0..12).map(|i| i < 6).collect();
    let outcomes = Outcomes::new(time, event.clone()).unwrap();
    let treated = event.iter().map(|e| f64::from(u8::from(*e))).collect();
    let design = DesignMatrix::from_columns(vec![("treated".into(), treated)]).unwrap();
    assert!(CoxRegression::default().fit(&outcomes, &design).is_err());
    let firth = CoxRegression::from(CoxOptions::default().with_firth(true));
    let fit = firth.fit(&outcomes, &design).unwrap();
    let value = fit.coefficients[0].log_hazard_ratio.value;
    assert!(value.is_finite() && value > 1.0, "{value}");
    let interval = firth.profile_intervals(&outcomes, &design).unwrap()[0];
    // What Wald's interval cannot say: the hazard ratio is large, how large is open.
    assert!(interval.lower > 0.0 && interval.contains(value));
    assert!(interval.upper - value > value - interval.lower);
    let both = CoxOptions::default().with_firth(true).with_ridge(1.0);
    assert!(CoxRegression::from(both).fit(&outcomes, &design).is_err());
}

#[test]
fn is_what_coxphf_finds() {
    let golden: Value = serde_json::from_str(include_str!("../testdata/firth.json")).unwrap();
    let many = |value: &Value| {
        if value.is_array() { numbers(value) } else { vec![value.as_f64().unwrap()] }
    };
    for case in golden["cases"].as_array().unwrap() {
        let name = case["data"].as_str().unwrap();
        let names: Vec<String> = match &case["columns"] {
            Value::String(one) => vec![one.clone()],
            several => {
                several.as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect()
            }
        };
        let (outcomes, design) = match name {
            "separated" => {
                let event: Vec<bool> = (0..12).map(|i| i < 6).collect();
                let treated = event.iter().map(|e| f64::from(u8::from(*e))).collect();
                let design = DesignMatrix::from_columns(vec![("treated".into(), treated)]).unwrap();
                (Outcomes::new((1..=12).map(f64::from).collect(), event).unwrap(), design)
            }
            _ => (data(name).outcomes(), data(name).design(&names)),
        };
        let options = CoxOptions::default().with_ties(Ties::Breslow).with_firth(true);
        let firth = CoxRegression::from(options);
        let fit = firth.fit(&outcomes, &design).unwrap();
        let intervals = firth.profile_intervals(&outcomes, &design).unwrap();
        let ratio = many(&case["loglik"]);
        let ratio = 2.0 * (ratio[1] - ratio[0]);
        close("likelihood ratio", fit.tests.likelihood_ratio.statistic, ratio, 1e-8);
        let (lower, upper) = (many(&case["lower"]), many(&case["upper"]));
        for (j, c) in fit.coefficients.iter().enumerate() {
            let se = numbers(&case["var"][j])[j].sqrt();
            let near = |what: &str, got: f64, expected: f64, of_se: f64| {
                let miss = (got - expected).abs() / se;
                assert!(miss < of_se, "{name} {}: {what} {got} {expected}", c.name);
            };
            near("coefficient", c.log_hazard_ratio.value, many(&case["coef"])[j], 1e-7);
            near("standard error", c.model_std_error, se, 1e-7);
            // Its intervals are found to about this.
            near("lower", intervals[j].lower, lower[j], 1e-4);
            near("upper", intervals[j].upper, upper[j], 1e-4);
        }
    }
}

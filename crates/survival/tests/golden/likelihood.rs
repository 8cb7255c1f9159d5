//! R `coxph(.. ~ offset(h))`: log likelihood and martingale residuals; `basehaz()`.

use crate::{Golden, assert_all_close, assert_all_near, assert_close, linear};
use vertebra_survival::{RiskSets, Ties, breslow_baseline, cox_partial_likelihood};

const TIES: [(&str, Ties); 2] = [("efron", Ties::Efron), ("breslow", Ties::Breslow)];

#[test]
fn loss_and_gradient_at_fixed_log_hazards() {
    let lung = Golden::read("lung");
    for case in ["plain", "large_scores"] {
        for (name, ties) in TIES {
            let at = |leaf: &str| format!("/cox_loss_gradient/{case}/{leaf}");
            let h = lung.numbers(&at("h"));
            let outcomes = lung.outcomes();
            let got = cox_partial_likelihood(&outcomes, &h, ties).unwrap();
            let events = outcomes.n_events() as f64;
            assert_close(
                case,
                -got.loss * events,
                lung.number(&at(&format!("{name}/loglik"))),
                1e-12,
            );
            let gradient: Vec<f64> = got.gradient.iter().map(|g| -g * events).collect();
            let expected = lung.numbers(&at(&format!("{name}/gradient")));
            assert_all_near(case, &gradient, &expected, 1e-10);
        }
    }
}

#[test]
fn strata_have_baselines_of_their_own() {
    let lung = Golden::read("lung");
    let outcomes = lung.outcomes();
    let strata = RiskSets::stratified(&outcomes, &lung.labels("female")).unwrap();
    for (name, ties) in TIES {
        let at = |leaf: &str| format!("/cox_loss_gradient/strata_female/{leaf}");
        let got = strata.partial_likelihood(&lung.numbers(&at("h")), ties).unwrap();
        let events = outcomes.n_events() as f64;
        assert_close(name, -got.loss * events, lung.number(&at(&format!("{name}/loglik"))), 1e-12);
        let gradient: Vec<f64> = got.gradient.iter().map(|g| -g * events).collect();
        let expected = lung.numbers(&at(&format!("{name}/gradient")));
        assert_all_near(name, &gradient, &expected, 1e-11);
    }
}

#[test]
fn fitted_models_have_r_s_log_likelihood() {
    for name in ["lung", "veteran", "gbsg"] {
        let golden = Golden::read(name);
        for (ties_name, ties) in TIES {
            let Some(model) = golden.0.pointer(&format!("/models/{ties_name}")) else { continue };
            let call = model["call"].as_str().unwrap();
            let terms: Vec<&str> =
                call.split('~').nth(1).unwrap().split('+').map(str::trim).collect();
            let b = crate::numbers(&model["coef"]);
            let named: Vec<(&str, f64)> = terms.iter().copied().zip(b).collect();
            let outcomes = golden.outcomes();
            let got = cox_partial_likelihood(&outcomes, &linear(&golden, &named), ties).unwrap();
            let loglik = -got.loss * outcomes.n_events() as f64;
            assert_close(name, loglik, model["loglik"].as_f64().unwrap(), 1e-12);
            let null = vec![0.0; outcomes.n_subjects()];
            let null = cox_partial_likelihood(&outcomes, &null, ties).unwrap();
            let loglik = -null.loss * outcomes.n_events() as f64;
            assert_close(name, loglik, model["loglik_null"].as_f64().unwrap(), 1e-12);
        }
    }
}

#[test]
fn delayed_entry_agrees_with_counting_process_fits() {
    let cgd = Golden::read("cgd");
    let outcomes = cgd.outcomes_of("stop", "status").with_entry(cgd.column("start")).unwrap();
    for (name, ties) in TIES {
        let model = cgd.at(&format!("/models/{name}"));
        let call = model["call"].as_str().unwrap();
        let terms = call.split('~').nth(1).unwrap().split('+').map(str::trim);
        let named: Vec<(&str, f64)> = terms.zip(crate::numbers(&model["coef"])).collect();
        let got = cox_partial_likelihood(&outcomes, &linear(&cgd, &named), ties).unwrap();
        let events = outcomes.n_events() as f64;
        assert_close("cgd", -got.loss * events, model["loglik"].as_f64().unwrap(), 1e-12);
    }
}

#[test]
fn baseline_hazard_of_breslow_models() {
    for name in ["lung", "veteran", "gbsg"] {
        let golden = Golden::read(name);
        let model = golden.at("/models/breslow");
        let terms = model["call"].as_str().unwrap().split('~').nth(1).unwrap();
        let terms = terms.split('+').map(str::trim);
        let named: Vec<(&str, f64)> = terms.zip(crate::numbers(&model["coef"])).collect();
        let h = linear(&golden, &named);
        let baseline = breslow_baseline(&golden.outcomes(), &h).unwrap();
        let times = golden.numbers("/models/breslow/basehaz_uncentered/time");
        let got: Vec<f64> = times.iter().map(|&t| baseline.cumulative(t)).collect();
        let expected = golden.numbers("/models/breslow/basehaz_uncentered/hazard");
        assert_all_close(name, &got, &expected, 1e-11);
    }
}

//! pycox 0.3.0 (f64) and torchsurv 0.2.0 (f32) losses.

use crate::{Golden, assert_all_near, assert_close, numbers};
use vertebra_survival::{
    Outcomes, Ties,
    concordance::antolini_c,
    cox_partial_likelihood,
    losses::{HazardLikelihood, TimeGrid, logistic_hazard_loss, weibull_loss},
};

/// torchsurv computes in f32 whatever it is given.
const F32: f64 = 1e-5;

fn outcomes(golden: &Golden, time: &str) -> Outcomes {
    let event = golden.numbers("/event").iter().map(|&e| e > 0.0).collect();
    Outcomes::new(golden.numbers(time), event).unwrap()
}

fn flat(golden: &Golden, path: &str) -> Vec<f64> {
    golden.at(path).as_array().unwrap().iter().flat_map(numbers).collect()
}

fn event_times(outcomes: &Outcomes) -> f64 {
    let events = outcomes.time().iter().zip(outcomes.event()).filter(|(_, e)| **e);
    let mut times: Vec<f64> = events.map(|(t, _)| *t).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times.len() as f64
}

#[test]
fn cox() {
    let golden = Golden::read("neural_losses");
    let h = golden.numbers("/log_hz");
    let cases = [
        ("torchsurv_cox_efron_sum", Ties::Efron, "/time_tied", F32),
        ("torchsurv_cox_breslow_sum", Ties::Breslow, "/time_tied", F32),
        // pycox adds 1e-7 inside its logarithm.
        ("pycox_cox_ph_loss_distinct", Ties::Breslow, "/time_distinct", 1e-6),
        ("torchsurv_cox_efron_mean", Ties::Efron, "/time_tied", F32),
        ("torchsurv_cox_breslow_mean", Ties::Breslow, "/time_tied", F32),
        ("torchsurv_cox_noties_mean", Ties::Breslow, "/time_distinct", F32),
    ];
    for (name, ties, time, tolerance) in cases {
        let outcomes = outcomes(&golden, time);
        let got = cox_partial_likelihood(&outcomes, &h, ties).unwrap();
        let events = outcomes.n_events() as f64;
        let factor = match name {
            _ if name.ends_with("sum") => events,
            // Its mean is over distinct event times.
            _ if name.ends_with("mean") => events / event_times(&outcomes),
            _ => 1.0,
        };
        let expected = golden.number(&format!("/losses/{name}/value"));
        assert_close(name, got.loss * factor, expected, tolerance);
        let gradient: Vec<f64> = got.gradient.iter().map(|g| g * factor).collect();
        assert_all_near(name, &gradient, &golden.numbers(&format!("/losses/{name}/grad")), 2e-5);
    }
}

#[test]
fn logistic_hazard() {
    let golden = Golden::read("neural_losses");
    let phi = flat(&golden, "/phi");
    let interval: Vec<usize> =
        golden.numbers("/idx_duration").into_iter().map(|k| k as usize).collect();
    let event: Vec<bool> = golden.numbers("/event").iter().map(|&e| e > 0.0).collect();
    let got = logistic_hazard_loss(&interval, &event, &phi, phi.len() / event.len()).unwrap();
    let path = "/losses/pycox_nll_logistic_hazard";
    assert_close("loss", got.loss, golden.number(&format!("{path}/value")), 1e-14);
    assert_all_near("gradient", &got.gradient, &flat(&golden, &format!("{path}/grad")), 1e-15);
}

#[test]
fn weibull() {
    let golden = Golden::read("neural_losses");
    let path = "/losses/torchsurv_weibull_mean";
    let got = weibull_loss(&outcomes(&golden, "/time_tied"), &flat(&golden, "/weibull_log_params"))
        .unwrap();
    assert_close("loss", got.loss, golden.number(&format!("{path}/value")), F32);
    let expected = flat(&golden, &format!("{path}/grad"));
    for (g, e) in got.gradient.iter().zip(&expected) {
        assert!((g - e).abs() <= F32 * (1.0 + e.abs()), "{g} {e}");
    }
}

/// Constant within intervals; pycox measures time in intervals, so that a density lacks their length.
#[test]
fn piecewise_hazards_and_the_concordance_of_their_curves() {
    let golden = Golden::read("piecewise_hazards");
    let event = golden.at("/event").as_array().unwrap().iter().map(|e| e.as_bool().unwrap());
    let outcomes = Outcomes::new(golden.numbers("/time"), event.collect()).unwrap();
    let grid = TimeGrid::new(golden.numbers("/ends")).unwrap();
    let logits = golden.numbers("/logits");
    let at = HazardLikelihood::new(&outcomes, &grid).unwrap().loss(&logits).unwrap();
    let expected =
        golden.number("/nll_pc_hazard_loss") + golden.number("/mean_log_length_of_events");
    assert_close("loss", at.loss, expected, 1e-7);
    let rows: Vec<&[f64]> = logits.chunks(grid.n_intervals()).collect();
    let risk_by =
        |time: f64| rows.iter().map(|row| 1.0 - grid.survival(row, time).unwrap()).collect();
    let c = antolini_c(&outcomes, risk_by).unwrap().estimate.value;
    assert_close("antolini", c, golden.number("/concordance_td/antolini"), 1e-12);
}

//! R `survfit()` of a factor status on mgus2: progression and death.

use crate::{Golden, assert_all_close};
use vertebra_survival::cumulative_incidence;

#[test]
fn cumulative_incidence_agrees_with_survfit() {
    let mgus = Golden::read("mgus2");
    let curves = cumulative_incidence(&mgus.column("etime"), &mgus.labels("event")).unwrap();
    let path = "/aalen_johansen/all";
    let times = mgus.numbers(&format!("{path}/time"));
    for curve in curves {
        let rows: Vec<usize> =
            times.iter().map(|t| curve.times.iter().position(|u| u == t).unwrap()).collect();
        let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&k| values[k]).collect() };
        let part = |leaf: &str| -> Vec<f64> {
            let table = mgus.at(&format!("{path}/{leaf}")).as_array().unwrap();
            table.iter().map(|row| row[curve.cause].as_f64().unwrap_or(0.0)).collect()
        };
        assert_all_close("n_event", &pick(&curve.n_event), &part("n_event"), 1e-13);
        assert_all_close("pstate", &pick(&curve.incidence), &part("pstate"), 1e-12);
        assert_all_close("std_err", &pick(&curve.std_err), &part("std_err"), 1e-10);
        assert_all_close("lower", &pick(&curve.lower), &part("lower_log"), 1e-10);
        assert_all_close("upper", &pick(&curve.upper), &part("upper_log"), 1e-10);
    }
}

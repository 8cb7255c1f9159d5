//! Predicted against observed risk, one panel per model.

use super::leading;
use crate::Figure;
use crate::charts::{CalibrationChart, CalibrationPanel, CalibrationPoint};
use crate::format::{fixed, years};
use crate::palette::{ink, label};
use vertebra_study::{Calibration, Method, StudyResults};

const MAX_PANELS: usize = 3;

/// At most three panels: Cox regression, DeepSurv without and with images.
pub(crate) fn calibration(results: &StudyResults) -> Option<Figure> {
    let panels: Vec<(Method, &Calibration)> = leading(results)
        .into_iter()
        .filter_map(|m| Some((m.method, m.calibration.as_ref()?)))
        .filter(|(_, c)| !c.groups.is_empty())
        .take(MAX_PANELS)
        .collect();
    let horizon = panels.first()?.1.horizon;
    let caption = format!(
        "Calibration on the test set at {} years: predicted against observed risk (1 − \
         Kaplan–Meier, 95 % interval) in groups of increasing predicted risk; the dashed line is \
         agreement. O/E: observed over expected fractures; slope: of the log hazard, 1 is ideal.",
        years(horizon)
    );
    let panels = panels.into_iter().map(|(method, calibration)| panel(method, calibration));
    let title = "Calibration by groups of predicted risk".to_owned();
    CalibrationChart { title, panels: panels.collect() }.figure("calibration", caption)
}

fn panel(method: Method, calibration: &Calibration) -> CalibrationPanel {
    let oe = calibration.observed_expected.map(|v| format!("O/E {}", fixed(v, 2)));
    let slope = calibration.slope.map(|v| format!("slope {}", fixed(v, 2)));
    let note: Vec<String> = oe.into_iter().chain(slope).collect();
    let point = |g: &vertebra_study::CalibrationGroup| CalibrationPoint {
        n: g.n,
        predicted: g.predicted,
        observed: g.observed.value,
        lower: g.observed.lower,
        upper: g.observed.upper,
    };
    CalibrationPanel {
        name: label(method).to_owned(),
        note: note.join(", "),
        colour: ink(method).to_owned(),
        points: calibration.groups.iter().map(point).collect(),
        curve: Vec::new(),
    }
}

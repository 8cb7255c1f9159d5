//! Predicted against observed risk, one panel per model.

use super::leading;
use crate::format::{fixed, years};
use crate::palette::{label, style};
use crate::results::{Calibration, Method, StudyResults};
use vertebra_charts::{CalibrationChart, CalibrationPanel, CalibrationPoint, Chart, Figure};
use vertebra_evaluation::CalibrationGroup;

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
    let chart = CalibrationChart::new("Calibration by groups of predicted risk");
    Some(panels.fold(chart, CalibrationChart::with_panel).figure("calibration", caption))
}

fn panel(method: Method, calibration: &Calibration) -> CalibrationPanel {
    let oe = calibration.observed_expected.value();
    let oe = oe.map(|oe| format!("O/E {}", fixed(oe.ratio, 2)));
    let slope = calibration.slope.value();
    let slope = slope.map(|slope| format!("slope {}", fixed(slope.estimate.value, 2)));
    let note: Vec<String> = oe.into_iter().chain(slope).collect();
    let point = |g: &CalibrationGroup| {
        let bounds = [g.interval.lower, g.interval.upper];
        CalibrationPoint::new(g.n, g.predicted, g.observed, bounds)
    };
    CalibrationPanel::new(label(method), calibration.groups.iter().map(point).collect())
        .with_note(note.join(", "))
        .with_colour(style(method).colour)
}

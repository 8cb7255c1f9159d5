//! Predicted against observed risk, one panel per model.

use super::leading;
use crate::format::{fixed, years};
use crate::palette::{label, style};
use crate::results::{BandedCurve, BandedPoint, Method, StudyResults};
use vertebra_charts::{CalibrationChart, CalibrationPanel, CalibrationPoint, Chart, Figure};
use vertebra_evaluation::CalibrationGroup;
use vertebra_evaluation::predictions::{ObservedExpected, Slope};

/// What a panel is drawn from; any part may not exist.
pub(crate) struct Calibrated<'a> {
    pub(crate) method: Method,
    pub(crate) groups: Option<&'a [CalibrationGroup]>,
    pub(crate) observed_expected: Option<&'a ObservedExpected>,
    pub(crate) slope: Option<&'a Slope>,
    pub(crate) curve: Option<&'a BandedCurve>,
}

/// The panels as one figure; `None` without any.
pub(crate) fn drawn(panels: &[Calibrated<'_>], horizon: f64, whom: &str) -> Option<Figure> {
    let caption = format!(
        "Predicted against observed risk by {} years{whom}. Dots: groups of increasing predicted \
         risk, observed risk 1 − Kaplan–Meier with 95 % interval. Line and band: smooth calibration \
         curve with pointwise 95 % bootstrap band. The dashed line is agreement. O/E: observed over \
         expected fractures; slope: of the log hazard, 1 is ideal; ICI: integrated calibration \
         index, the mean distance of the curve from agreement.",
        years(horizon)
    );
    let chart = CalibrationChart::new("Calibration with bands");
    let chart = panels.iter().map(panel).fold(chart, CalibrationChart::with_panel);
    (!panels.is_empty()).then(|| chart.figure("calibration", caption))
}

/// The leading model of each kind.
pub(crate) fn calibration(results: &StudyResults) -> Option<Figure> {
    let mut horizon = None;
    let mut panels = Vec::new();
    for model in leading(results) {
        let Some(calibration) = model.calibration.as_ref().filter(|c| !c.groups.is_empty()) else {
            continue;
        };
        horizon = Some(calibration.horizon);
        panels.push(Calibrated {
            method: model.method,
            groups: Some(&calibration.groups),
            observed_expected: calibration.observed_expected.value(),
            slope: calibration.slope.value(),
            curve: calibration.curve.value(),
        });
    }
    drawn(&panels, horizon?, " on the test set")
}

fn panel(model: &Calibrated<'_>) -> CalibrationPanel {
    let oe = model.observed_expected.map(|oe| format!("O/E {}", fixed(oe.ratio, 2)));
    let slope = model.slope.map(|slope| format!("slope {}", fixed(slope.estimate.value, 2)));
    let ici = model.curve.map(|curve| format!("ICI {}", fixed(curve.ici, 3)));
    let note: Vec<String> = [oe, slope, ici].into_iter().flatten().collect();
    let point = |g: &CalibrationGroup| {
        CalibrationPoint::new(g.n, g.predicted, g.observed, [g.interval.lower, g.interval.upper])
    };
    let points = model.curve.map_or(&[][..], |curve| &curve.points);
    let band = |p: &BandedPoint| (p.predicted, p.interval.lower, p.interval.upper);
    let groups = model.groups.unwrap_or_default().iter().map(point).collect();
    CalibrationPanel::new(label(model.method), groups)
        .with_note(note.join(", "))
        .with_colour(style(model.method).colour)
        .with_curve(points.iter().map(|p| (p.predicted, p.observed)).collect())
        .with_band(points.iter().map(band).collect())
}

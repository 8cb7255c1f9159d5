//! Curves of groups, and calibration, as SVG files.

use crate::arguments::Request;
use vertebra_charts::{
    CalibrationChart, CalibrationPanel, CalibrationPoint, Chart, Figure, SurvivalChart,
    SurvivalLine,
};
use vertebra_evaluation::{
    CalibrationGroup, DrawnGroup, Error, Evaluation, GroupedBy, Prediction, curves_of_groups,
};

const COLOURS: [&str; 3] = ["#0b5394", "#e69f00", "#b5668f"];

/// The pictures of an evaluation.
pub(crate) fn pictures(request: &Request, evaluation: &Evaluation) -> Result<Vec<Figure>, Error> {
    let mut figures = vec![survival(request, evaluation)?];
    figures.extend(calibration(evaluation));
    Ok(figures)
}

/// Kaplan-Meier curves, or what the cumulative incidence of the cause leaves of 1.
fn survival(request: &Request, evaluation: &Evaluation) -> Result<Figure, Error> {
    let at_risk_times = request.sample.at_risk_times();
    let groups = curves_of_groups(&request.sample, &request.drawn, &at_risk_times)?;
    let (of, score) = match request.drawn.by() {
        GroupedBy::Group(column) => (format!("by {column}"), String::new()),
        GroupedBy::Risk(score) => (format!("by thirds of {score}"), format!(" {score}")),
    };
    let (what, axis) = match evaluation.cause {
        None => ("Kaplan–Meier curves".to_owned(), "Free of the event, %".to_owned()),
        Some(cause) => (
            format!("1 − cumulative incidence of cause {cause}"),
            format!("Without an event of cause {cause}, %"),
        ),
    };
    let chart = SurvivalChart::new(format!("{what} {of}"))
        .with_time_axis(format!("Time, {}", evaluation.time_unit))
        .with_survival_axis(axis)
        .with_at_risk_times(&at_risk_times);
    let lines = groups.iter().map(|group| line_of(group, &score));
    let chart = lines.fold(chart, SurvivalChart::with_line);
    Ok(chart.figure("survival", format!("{what} {of}, 95 % bands.")))
}

fn line_of(group: &DrawnGroup, score: &str) -> SurvivalLine {
    let (curve, name) = (&group.curve, format!("{}{score}", group.label));
    let bounds = |all: &[Option<f64>]| -> Vec<f64> {
        all.iter().map(|bound| bound.unwrap_or(f64::NAN)).collect()
    };
    SurvivalLine::new(name, &curve.times, &curve.survival)
        .with_short_name(&group.label)
        .with_note(format!("{} events", group.events))
        .with_band(&bounds(&curve.lower), &bounds(&curve.upper))
        .with_at_risk(group.n, &curve.at_risk)
}

fn calibration(evaluation: &Evaluation) -> Option<Figure> {
    let predictions = evaluation.predictions.iter().zip(COLOURS.into_iter().cycle());
    let panels = predictions.filter_map(|(prediction, colour)| panel(prediction, colour));
    let observed = match evaluation.cause {
        None => "1 − Kaplan–Meier",
        Some(_) => "cumulative incidence",
    };
    let caption = format!("Predicted against observed risk ({observed}, 95 % interval).");
    let chart = CalibrationChart::new("Calibration by groups of predicted risk");
    let chart = panels.fold(chart, CalibrationChart::with_panel);
    (!chart.panels.is_empty()).then(|| chart.figure("calibration", caption))
}

fn panel(prediction: &Prediction, colour: &str) -> Option<CalibrationPanel> {
    let ratio = prediction.observed_expected.value().map(|o| format!("O/E {:.2}", o.ratio));
    let slope = prediction.slope.value().map(|s| format!("slope {:.2}", s.estimate.value));
    let point = |group: &CalibrationGroup| {
        let bounds = [group.interval.lower, group.interval.upper];
        CalibrationPoint::new(group.n, group.predicted, group.observed, bounds)
    };
    let name = format!("{} at {}", prediction.name, prediction.horizon);
    let points = prediction.groups.value()?.iter().map(point).collect();
    let note = ratio.into_iter().chain(slope).collect::<Vec<_>>().join(", ");
    Some(CalibrationPanel::new(name, points).with_note(note).with_colour(colour))
}

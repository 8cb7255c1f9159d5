//! Curves of groups, and calibration, as SVG files.

use crate::{
    Evaluation,
    arguments::{Data, Grouping},
    groups::with_first,
};
use serde_json::Value;
use vertebra_charts::{
    CalibrationChart, CalibrationPanel, CalibrationPoint, Chart, Figure, SurvivalChart,
    SurvivalLine,
};
use vertebra_survival::{
    CumulativeIncidence, Endpoint, Error, OneCause, cumulative_incidence_by_group, kaplan_meier,
    kaplan_meier_by_group,
};

const COLOURS: [&str; 3] = ["#0b5394", "#e69f00", "#b5668f"];

/// The pictures of an evaluation.
pub(crate) fn pictures<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    values: &Value,
) -> Result<Vec<Figure>, Error> {
    let curves = with_first(evaluation, |grouping| survival(evaluation, grouping))?;
    Ok([curves].into_iter().chain(calibration(evaluation, values)).collect())
}

/// Kaplan-Meier curves, or what the cumulative incidence of the cause leaves of 1.
fn survival<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    grouping: &Grouping,
) -> Result<Figure, Error> {
    let at_risk_times = at_risk_times(evaluation.own.time());
    let lines = match evaluation.cause {
        None => kaplan_meier_lines(evaluation, grouping, &at_risk_times)?,
        Some(cause) => incidence_lines(evaluation, cause, grouping, &at_risk_times)?,
    };
    let column = &grouping.column;
    let of = if grouping.kind == "risk" { "by thirds of" } else { "by" };
    let (what, axis) = match evaluation.cause {
        None => ("Kaplan–Meier curves".to_owned(), "Free of the event, %".to_owned()),
        Some(cause) => {
            let cause = cause.number();
            (
                format!("1 − cumulative incidence of cause {cause}"),
                format!("Without an event of cause {cause}, %"),
            )
        }
    };
    let chart = SurvivalChart::new(format!("{what} {of} {column}"))
        .with_time_axis(format!("Time, {}", evaluation.arguments.time_unit))
        .with_survival_axis(axis)
        .with_at_risk_times(&at_risk_times);
    let chart = lines.into_iter().fold(chart, SurvivalChart::with_line);
    Ok(chart.figure("survival", format!("{what} {of} {column}, 95 % bands.")))
}

fn named(line: SurvivalLine, grouping: &Grouping, label: usize, n_events: usize) -> SurvivalLine {
    let short_name = grouping.names[label].clone();
    let mut line = line.with_short_name(&short_name).with_note(format!("{n_events} events"));
    line.name = match grouping.kind {
        "risk" => format!("{short_name} {}", grouping.column),
        _ => short_name,
    };
    line
}

fn kaplan_meier_lines<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    grouping: &Grouping,
    at_risk_times: &[f64],
) -> Result<Vec<SurvivalLine>, Error> {
    let groups = kaplan_meier_by_group(&evaluation.own, &grouping.labels)?;
    let line = |group: vertebra_survival::GroupCurve<usize>| {
        let curve = group.curve;
        let at_risk: Vec<usize> =
            at_risk_times.iter().map(|&t| curve.n_risk_at(t).round() as usize).collect();
        let line = SurvivalLine::new("", &curve.times, &curve.survival)
            .with_band(&curve.lower, &curve.upper)
            .with_at_risk(group.n_subjects, &at_risk);
        named(line, grouping, group.label, group.n_events)
    };
    Ok(groups.into_iter().map(line).collect())
}

fn incidence_lines<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    cause: OneCause<'_>,
    grouping: &Grouping,
    at_risk_times: &[f64],
) -> Result<Vec<SurvivalLine>, Error> {
    let groups = cumulative_incidence_by_group(cause.outcomes(), &grouping.labels)?;
    let line = |group: vertebra_survival::GroupIncidence<usize>| {
        let members = grouping.members(group.label);
        let here = evaluation.own.subset(&members);
        let any = kaplan_meier(&here)?;
        let curve: &CumulativeIncidence = &group.curves[cause.number() - 1];
        let left = |values: &[f64]| values.iter().map(|f| 1.0 - f).collect::<Vec<f64>>();
        let at_risk: Vec<usize> =
            at_risk_times.iter().map(|&t| any.n_risk_at(t).round() as usize).collect();
        let line = SurvivalLine::new("", &curve.times, &left(&curve.incidence))
            .with_band(&left(&curve.upper), &left(&curve.lower))
            .with_at_risk(group.n_subjects, &at_risk);
        Ok(named(line, grouping, group.label, here.n_events()))
    };
    groups.into_iter().map(line).collect()
}

/// Round times up to where a tenth of the subjects is still followed.
fn at_risk_times(time: &[f64]) -> Vec<f64> {
    let mut sorted = time.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let end = sorted[sorted.len() * 9 / 10];
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|f| f * 10f64.powf((end / 10.0).log10().floor()));
    let step = step.into_iter().find(|step| end / step < 8.0).unwrap_or(end / 5.0);
    (0..).map(|k| f64::from(k) * step).take_while(|t| *t <= end).collect()
}

fn calibration<E: Endpoint>(evaluation: &Evaluation<'_, E>, values: &Value) -> Option<Figure> {
    let data: &Data = evaluation.data;
    let number = |value: &Value| value.as_f64();
    let panel = |(k, value): (usize, &Value)| {
        let point = |group: &Value| {
            Some(CalibrationPoint::new(
                group["n_subjects"].as_u64()? as usize,
                number(&group["predicted"])?,
                number(&group["observed"])?,
                [number(&group["lower"])?, number(&group["upper"])?],
            ))
        };
        let remark = |label: &str, value: &Value| number(value).map(|v| format!("{label} {v:.2}"));
        let remarks = [
            remark("O/E", &value["observed_expected"]["ratio"]),
            remark("slope", &value["slope"]["slope"]),
        ];
        let name = format!("{} at {}", data.predictions[k].name, data.predictions[k].horizon);
        let points = value["groups"].as_array()?.iter().filter_map(point).collect();
        let panel = CalibrationPanel::new(name, points)
            .with_note(remarks.into_iter().flatten().collect::<Vec<_>>().join(", "))
            .with_colour(COLOURS[k % COLOURS.len()]);
        Some(panel)
    };
    let panels = values["predictions"].as_array()?.iter().enumerate().filter_map(panel);
    let observed = match evaluation.cause {
        None => "1 − Kaplan–Meier",
        Some(_) => "cumulative incidence",
    };
    let caption = format!("Predicted against observed risk ({observed}, 95 % interval).");
    let chart = CalibrationChart::new("Calibration by groups of predicted risk");
    let chart = panels.fold(chart, CalibrationChart::with_panel);
    (!chart.panels.is_empty()).then(|| chart.figure("calibration", caption))
}

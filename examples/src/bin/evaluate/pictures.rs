//! Curves of groups, and calibration, as SVG files.

use crate::{
    Evaluation,
    arguments::{Data, Grouping},
    groups::with_first,
};
use serde_json::Value;
use vertebra_report::{
    CalibrationChart, CalibrationPanel, CalibrationPoint, Figure, SurvivalChart, SurvivalLine,
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
    let chart = SurvivalChart {
        title: format!("{what} {of} {column}"),
        time_axis: format!("Time, {}", evaluation.arguments.time_unit),
        survival_axis: axis,
        lines,
        at_risk_times,
    };
    Ok(chart.figure("survival", format!("{what} {of} {column}, 95 % bands.")))
}

fn line_of(grouping: &Grouping, label: usize, n: usize, n_events: usize) -> SurvivalLine {
    let short_name = grouping.names[label].clone();
    SurvivalLine {
        name: match grouping.kind {
            "risk" => format!("{short_name} {}", grouping.column),
            _ => short_name.clone(),
        },
        short_name,
        note: format!("{n_events} events"),
        n,
        times: Vec::new(),
        survival: Vec::new(),
        lower: Vec::new(),
        upper: Vec::new(),
        at_risk: Vec::new(),
    }
}

fn kaplan_meier_lines<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    grouping: &Grouping,
    at_risk_times: &[f64],
) -> Result<Vec<SurvivalLine>, Error> {
    let groups = kaplan_meier_by_group(&evaluation.own, &grouping.labels)?;
    let line = |group: vertebra_survival::GroupCurve<usize>| {
        let curve = group.curve;
        SurvivalLine {
            at_risk: at_risk_times.iter().map(|&t| curve.n_risk_at(t).round() as usize).collect(),
            times: curve.times,
            survival: curve.survival,
            lower: curve.lower.into_iter().map(Some).collect(),
            upper: curve.upper.into_iter().map(Some).collect(),
            ..line_of(grouping, group.label, group.n_subjects, group.n_events)
        }
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
        Ok(SurvivalLine {
            at_risk: at_risk_times.iter().map(|&t| any.n_risk_at(t).round() as usize).collect(),
            times: curve.times.clone(),
            survival: left(&curve.incidence),
            lower: left(&curve.upper).into_iter().map(Some).collect(),
            upper: left(&curve.lower).into_iter().map(Some).collect(),
            ..line_of(grouping, group.label, group.n_subjects, here.n_events())
        })
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
            Some(CalibrationPoint {
                n: group["n_subjects"].as_u64()? as usize,
                predicted: number(&group["predicted"])?,
                observed: number(&group["observed"])?,
                lower: number(&group["lower"])?,
                upper: number(&group["upper"])?,
            })
        };
        let remark = |label: &str, value: &Value| number(value).map(|v| format!("{label} {v:.2}"));
        let remarks = [
            remark("O/E", &value["observed_expected"]["ratio"]),
            remark("slope", &value["slope"]["slope"]),
        ];
        Some(CalibrationPanel {
            name: format!("{} at {}", data.predictions[k].name, data.predictions[k].horizon),
            note: remarks.into_iter().flatten().collect::<Vec<_>>().join(", "),
            colour: COLOURS[k % COLOURS.len()].to_owned(),
            points: value["groups"].as_array()?.iter().filter_map(point).collect(),
            curve: Vec::new(),
        })
    };
    let panels = values["predictions"].as_array()?.iter().enumerate().filter_map(panel);
    let title = "Calibration by groups of predicted risk".to_owned();
    let observed = match evaluation.cause {
        None => "1 − Kaplan–Meier",
        Some(_) => "cumulative incidence",
    };
    let caption = format!("Predicted against observed risk ({observed}, 95 % interval).");
    CalibrationChart { title, panels: panels.collect() }.figure("calibration", caption)
}

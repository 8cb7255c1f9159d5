//! Kaplan-Meier curves by thirds of the first risk, and calibration, as SVG files.

use crate::arguments::{Arguments, Data};
use crate::curves::{THIRDS, thirds};
use serde_json::Value;
use vertebra_report::{
    CalibrationChart, CalibrationPanel, CalibrationPoint, Figure, SurvivalChart, SurvivalLine,
};
use vertebra_survival::{Error, kaplan_meier};

const COLOURS: [&str; 3] = ["#0b5394", "#e69f00", "#b5668f"];

/// The pictures of an evaluation.
pub(crate) fn pictures(
    arguments: &Arguments,
    data: &Data,
    evaluation: &Value,
) -> Result<Vec<Figure>, Error> {
    let mut figures = vec![survival(arguments, data)?];
    figures.extend(calibration(data, evaluation));
    Ok(figures)
}

fn survival(arguments: &Arguments, data: &Data) -> Result<Figure, Error> {
    let (name, risk) = &data.risks[0];
    let group = thirds(risk);
    let at_risk_times = at_risk_times(data.outcomes.time());
    let line = |(k, third): (usize, &&str)| {
        let members: Vec<usize> = (0..group.len()).filter(|&i| group[i] == k).collect();
        if members.is_empty() {
            return None; // equal risks stay together, so that a third may be empty
        }
        let here = data.outcomes.subset(&members);
        Some(kaplan_meier(&here).map(|curve| SurvivalLine {
            name: format!("{third} {name}"),
            short_name: (*third).to_owned(),
            note: format!("{} events", here.n_events()),
            n: members.len(),
            at_risk: at_risk_times.iter().map(|&t| curve.n_risk_at(t).round() as usize).collect(),
            times: curve.times,
            survival: curve.survival,
            lower: curve.lower.into_iter().map(Some).collect(),
            upper: curve.upper.into_iter().map(Some).collect(),
        }))
    };
    let lines = THIRDS.iter().enumerate().filter_map(line).collect::<Result<_, _>>()?;
    let chart = SurvivalChart {
        title: format!("Kaplan-Meier curves by thirds of {name}"),
        time_axis: format!("Time, {}", arguments.time_unit),
        survival_axis: "Free of the event, %".to_owned(),
        lines,
        at_risk_times,
    };
    Ok(chart.figure("survival", format!("Kaplan–Meier curves by thirds of {name}, 95 % bands.")))
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

fn calibration(data: &Data, evaluation: &Value) -> Option<Figure> {
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
    let panels = evaluation["predictions"].as_array()?.iter().enumerate().filter_map(panel);
    let title = "Calibration by groups of predicted risk".to_owned();
    let caption = "Predicted against observed risk (1 − Kaplan–Meier, 95 % interval).".to_owned();
    CalibrationChart { title, panels: panels.collect() }.figure("calibration", caption)
}

//! Forest plot, course of the coefficients over time, survival curves.

use crate::{arguments::Arguments, data::Data};
use vertebra_baselines::{CoxFit, FunctionalForm};
use vertebra_charts::{
    Chart, ForestChart, ForestRow, SurvivalChart, SurvivalLine,
    palette::{ACCENT, QUIET},
    plot::{Area, Axis, Plot},
    svg::{Stroke, Svg},
};
use vertebra_survival::numeric::mean_and_sd;

/// Curves have no more steps than this; a screen shows no more.
const STEPS: usize = 250;
/// Points of a picture of residuals.
const POINTS: usize = 1500;
/// Groups of events whose mean residuals are drawn.
const GROUPS: usize = 8;

pub(crate) fn forest(rows: impl Iterator<Item = (String, f64, [f64; 2], f64)>) -> String {
    let chart = ForestChart::new("Hazard ratios").with_axis("Hazard ratio").of_ratios();
    let row = |(name, value, bounds, p): (String, f64, [f64; 2], f64)| {
        ForestRow::new(name, value, bounds).with_p(p)
    };
    rows.map(row).fold(chart, ForestChart::with_row).to_svg()
}

/// One picture for each column: scaled Schoenfeld residuals over time, and their means in groups of
/// events with 95 % intervals.
pub(crate) fn courses(
    arguments: &Arguments,
    data: &Data,
    fit: &CoxFit,
) -> anyhow::Result<Vec<(String, String)>> {
    let model = arguments.regression().diagnostics(&data.outcomes, &data.design, fit)?;
    let times = model.transformed_times(arguments.transform())?;
    let residuals = model.scaled_schoenfeld()?;
    let one = |(j, c): (usize, &vertebra_baselines::Coefficient)| {
        let mut points: Vec<(f64, f64)> =
            times.iter().zip(&residuals).map(|(t, r)| (*t, r.residual[j])).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let axis = arguments.scale_of_time();
        (c.name.clone(), course(&c.name, &points, c.log_hazard_ratio.value, axis))
    };
    Ok(fit.coefficients.iter().enumerate().map(one).collect())
}

fn course(name: &str, points: &[(f64, f64)], coefficient: f64, axis: &str) -> String {
    let groups: Vec<(f64, f64, f64)> = points
        .chunks(points.len().div_ceil(GROUPS).max(1))
        .filter(|group| group.len() > 2)
        .map(|group| {
            let x = group.iter().map(|p| p.0).sum::<f64>() / group.len() as f64;
            let (mean, sd) = mean_and_sd(&group.iter().map(|p| p.1).collect::<Vec<_>>());
            (x, mean, 1.96 * sd / (group.len() as f64).sqrt())
        })
        .collect();
    // The middle of the residuals; a few outliers would hide the course.
    let mut sorted: Vec<f64> = points.iter().map(|p| p.1).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
    let reach = |sign: f64| groups.iter().map(move |(_, mean, half)| mean + sign * half);
    let low = reach(-1.0).fold(at(0.02).min(coefficient), f64::min);
    let high = reach(1.0).fold(at(0.98).max(coefficient), f64::max);
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let area = Area { left: 60.0, top: 54.0, width: 620.0, height: 190.0 };
    let plot = Plot::new(
        area,
        Axis::new(first, last, 5, axis),
        Axis::new(low, high, 4, "Log hazard ratio"),
    );
    let mut svg = Svg::new(700.0, 295.0);
    plot.draw_heading(&mut svg, name);
    plot.draw(&mut svg);
    let shown = |y: f64| (plot.y.low..=plot.y.high).contains(&y);
    let stride = points.len().div_ceil(POINTS).max(1);
    for (x, y) in points.iter().step_by(stride).filter(|(_, y)| shown(*y)) {
        svg.dot(plot.at(*x, *y), 1.6, "#b9c3cf", "");
    }
    let ends = (plot.at(plot.x.low, coefficient), plot.at(plot.x.high, coefficient));
    svg.line(ends.0, ends.1, Stroke::new(QUIET, 1.2).dashed("4 3"));
    for (x, mean, half) in &groups {
        svg.line(plot.at(*x, mean - half), plot.at(*x, mean + half), Stroke::new(ACCENT, 1.6));
        svg.dot(plot.at(*x, *mean), 4.0, ACCENT, &format!("{mean:.3}"));
    }
    let outside = points.iter().filter(|(_, y)| !shown(*y)).count();
    let description = format!(
        "{} events, {outside} beyond the axis; means of groups of events: {}",
        points.len(),
        groups.iter().map(|g| format!("{:.3}", g.1)).collect::<Vec<_>>().join(", ")
    );
    svg.finish(&format!("Course of the coefficient of {name}"), &description)
}

/// One picture for each term of one column of numbers: the martingale residuals of the model without
/// it against the column, and their smooth.
pub(crate) fn forms(
    arguments: &Arguments,
    data: &Data,
    fit: &CoxFit,
) -> anyhow::Result<Vec<(String, String)>> {
    let mut pictures = Vec::new();
    for (column, values) in &data.numbers {
        let of_column = |term: &&vertebra_baselines::TermTest| {
            term.name == *column || term.name == format!("log({column})")
        };
        let Some(term) = fit.terms.iter().find(of_column) else { continue };
        let mut distinct = values.clone();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        if distinct.len() < FEW {
            continue;
        }
        let asked = (term.name.as_str(), &values[..]);
        let regression = arguments.regression();
        let form = regression.functional_form(&data.outcomes, &data.design, fit, asked)?;
        pictures.push((column.clone(), form_picture(column, &form)));
    }
    Ok(pictures)
}

/// A column of fewer values has no form to look for.
const FEW: usize = 6;

fn form_picture(column: &str, form: &FunctionalForm) -> String {
    let least = form.values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = form.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let smooth = form.smooth.iter().map(|(_, y)| *y);
    let mut sorted = form.residuals.clone();
    sorted.sort_by(f64::total_cmp);
    let low = smooth.clone().fold(sorted[sorted.len() / 20], f64::min);
    let high = smooth.fold(1.0, f64::max);
    let area = Area { left: 60.0, top: 54.0, width: 620.0, height: 190.0 };
    let axes = [Axis::new(least, most, 5, column), Axis::new(low, high, 4, "Martingale residual")];
    let [x, y] = axes;
    let plot = Plot::new(area, x, y);
    let mut svg = Svg::new(700.0, 295.0);
    plot.draw_heading(&mut svg, column);
    plot.draw(&mut svg);
    let stride = form.values.len().div_ceil(POINTS).max(1);
    let points = form.values.iter().zip(&form.residuals).step_by(stride);
    for (x, y) in points.filter(|(_, y)| (plot.y.low..=plot.y.high).contains(*y)) {
        svg.dot(plot.at(*x, *y), 1.6, "#b9c3cf", "");
    }
    for pair in form.smooth.windows(2) {
        let ends = (plot.at(pair[0].0, pair[0].1), plot.at(pair[1].0, pair[1].1));
        svg.line(ends.0, ends.1, Stroke::new(ACCENT, 2.0));
    }
    let every = form.smooth.len().div_ceil(8).max(1);
    let course = form.smooth.iter().step_by(every).map(|(x, y)| format!("{x:.4}: {y:.3}"));
    let description = format!("Smooth: {}", course.collect::<Vec<_>>().join(", "));
    svg.finish(&format!("Functional form of {column}"), &description)
}

/// Survival of the average of all rows, and of the rows at the 10th and the 90th percentile of the
/// log hazard.
pub(crate) fn survival(arguments: &Arguments, data: &Data, fit: &CoxFit) -> anyhow::Result<String> {
    let curves = arguments.regression().curves(&data.outcomes, &data.design, fit)?;
    let log_hazard = fit.log_hazard(&data.design)?;
    let mut order: Vec<usize> = (0..log_hazard.len()).collect();
    order.sort_by(|&a, &b| log_hazard[a].total_cmp(&log_hazard[b]));
    let at = |share: f64| order[((order.len() - 1) as f64 * share) as usize];
    let all: Vec<usize> = {
        // A population of at most so many rows, spread over the log hazard.
        let stride = order.len().div_ceil(POINTS).max(1);
        order.iter().copied().step_by(stride).collect()
    };
    let mut times: Vec<f64> =
        (0..curves.strata().len()).flat_map(|k| curves.times(k)).copied().collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let stride = times.len().div_ceil(STEPS).max(1);
    let times: Vec<f64> = times.into_iter().step_by(stride).collect();
    let design = data.design.covariates();
    let line = |name: &str, rows: &[usize]| {
        let rows = design.subset(rows);
        let steps = times.iter().map(|&time| curves.marginal(&rows, time));
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        let of = |f: &dyn Fn(&vertebra_baselines::Estimate) -> f64| -> Vec<f64> {
            steps.iter().map(f).collect()
        };
        let (lower, upper) = (of(&|s| s.interval.lower), of(&|s| s.interval.upper));
        let line = SurvivalLine::new(name, &times, &of(&|s| s.value));
        anyhow::Ok(line.with_band(&lower, &upper))
    };
    let chart = SurvivalChart::new("Survival by the regression")
        .with_time_axis("Time")
        .with_survival_axis("Free of the event, %")
        .with_line(line("low risk (10th percentile)", &[at(0.1)])?)
        .with_line(line("average of all", &all)?)
        .with_line(line("high risk (90th percentile)", &[at(0.9)])?);
    Ok(chart.to_svg())
}

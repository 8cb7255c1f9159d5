//! Net benefit over threshold probabilities.

use super::leading;
use super::legend::{Mark, legend};
use crate::Figure;
use crate::format::years;
use crate::palette::{dash, ink, label};
use crate::plot::{Axis, Plot};
use crate::svg::{INK, QUIET, Stroke, Svg};
use vertebra_study::{DecisionCurve, Method, StudyResults};

const WIDTH: f64 = 700.0;

/// Curves of the leading models, of treating everyone and of treating no one.
pub(crate) fn decision_curve(results: &StudyResults) -> Option<Figure> {
    let curves: Vec<(Method, &DecisionCurve)> = leading(results)
        .into_iter()
        .filter_map(|m| Some((m.method, m.decision.as_ref()?)))
        .filter(|(_, curve)| !curve.thresholds.is_empty())
        .collect();
    let (_, first) = curves.first()?;
    let mut svg = Svg::new(WIDTH, 380.0);
    let all = Stroke::new(QUIET, 1.4).dashed("5 3");
    let none = Stroke::new(INK, 1.4);
    let models = curves.iter().map(|(method, _)| {
        (Mark::Line(Stroke::new(ink(*method), 2.4).dashed(dash(*method))), label(*method))
    });
    let entries: Vec<_> =
        models.chain([(Mark::Line(all), "Treat all"), (Mark::Line(none), "Treat none")]).collect();
    let top = legend(&mut svg, 10.0, WIDTH, 14.0, &entries) + 26.0;
    let plot = plot(&curves, top);
    plot.draw_y(&mut svg);
    plot.draw_x(&mut svg);
    svg.line(plot.at(plot.x.low, 0.0), plot.at(plot.x.high, 0.0), none);
    draw(&mut svg, &plot, &first.thresholds, &first.treat_all, all);
    for (method, curve) in &curves {
        let stroke = Stroke::new(ink(*method), 2.4).dashed(dash(*method));
        draw(&mut svg, &plot, &curve.thresholds, &curve.model, stroke);
    }
    let caption = format!(
        "Decision curves on the test set at {} years: net benefit of acting on predicted risks \
         above a threshold, in true positives per subject.",
        years(first.horizon)
    );
    let description = "Net benefit of each model against treating all and treating none.";
    Some(Figure { id: "decision", caption, svg: svg.finish("Decision curves", description) })
}

fn plot(curves: &[(Method, &DecisionCurve)], top: f64) -> Plot {
    let highest = curves
        .iter()
        .flat_map(|(_, c)| c.model.iter().chain(&c.treat_all))
        .copied()
        .fold(0.01, f64::max);
    let last = curves.iter().flat_map(|(_, c)| c.thresholds.iter().copied()).fold(0.05, f64::max);
    let x = Axis::new(0.0, last, 6, "Threshold probability, %").in_percent();
    // Far below zero the curves say only "worse than treating no one".
    let y = Axis::new(-0.25 * highest, highest, 5, "Net benefit");
    Plot { left: 52.0, top, width: WIDTH - 70.0, height: 350.0 - top - 20.0, x, y }
}

/// The part of a curve that lies in the plot.
fn draw(svg: &mut Svg, plot: &Plot, thresholds: &[f64], benefit: &[f64], stroke: Stroke) {
    let inside = |(_, b): &(&f64, &f64)| **b >= plot.y.low;
    let pairs: Vec<_> = thresholds.iter().zip(benefit).collect();
    for run in pairs.split(|pair| !inside(pair)).filter(|run| run.len() > 1) {
        let points: Vec<_> = run.iter().map(|(t, b)| plot.at(**t, **b)).collect();
        svg.polyline(&points, stroke);
    }
}

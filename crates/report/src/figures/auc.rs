//! AUC at each horizon on the test set.

use super::leading;
use super::legend::{Mark, legend};
use crate::Figure;
use crate::format::{estimate, years};
use crate::palette::{dash, ink, label};
use crate::plot::{Axis, Plot};
use crate::svg::{QUIET, Stroke, Svg};
use vertebra_study::{Estimate, ModelResult, StudyResults};

const WIDTH: f64 = 700.0;

/// Points with intervals, side by side at each horizon.
pub(crate) fn auc_over_time(results: &StudyResults) -> Option<Figure> {
    let models: Vec<_> = leading(results).into_iter().filter(|m| !points(m).is_empty()).collect();
    let horizons: Vec<f64> = points(models.first()?).iter().map(|p| p.0).collect();
    let mut svg = Svg::new(WIDTH, 390.0);
    let entries: Vec<_> = models
        .iter()
        .map(|m| {
            let stroke = Stroke::new(ink(m.method), 3.0).dashed(dash(m.method));
            (Mark::Line(stroke), label(m.method))
        })
        .collect();
    let top = legend(&mut svg, 10.0, WIDTH, 14.0, &entries) + 26.0;
    let plot = plot(&models, &horizons, top);
    plot.draw_y(&mut svg);
    plot.draw_x(&mut svg);
    let chance = plot.y(0.5);
    let line = Stroke::new(QUIET, 1.2).dashed("4 3");
    svg.line((plot.left, chance), (plot.right(), chance), line);
    for (i, model) in models.iter().enumerate() {
        let shift = 13.0 * (i as f64 - (models.len() - 1) as f64 / 2.0);
        draw_model(&mut svg, &plot, model, shift);
    }
    let caption = "Cumulative/dynamic AUC on the test set (inverse probability of censoring \
                   weights, 95 % intervals); the dashed line is chance. Of each kind, the model \
                   with the most covariates is shown."
        .to_owned();
    let text = |m: &&ModelResult| {
        let at = |(t, auc): &(f64, Estimate)| format!("{} y {}", years(*t), estimate(auc, 3));
        format!("{}: {}", m.name, points(m).iter().map(at).collect::<Vec<_>>().join(", "))
    };
    let description = models.iter().map(text).collect::<Vec<_>>().join("; ");
    Some(Figure { id: "auc", caption, svg: svg.finish("AUC over time", &description) })
}

fn points(model: &ModelResult) -> Vec<(f64, Estimate)> {
    model.horizons.iter().filter_map(|h| Some((h.horizon, h.auc?))).collect()
}

fn plot(models: &[&ModelResult], horizons: &[f64], top: f64) -> Plot {
    let all = || models.iter().flat_map(|m| points(m));
    let low = all().map(|(_, e)| e.lower).fold(0.5, f64::min);
    let high = all().map(|(_, e)| e.upper).fold(0.5, f64::max);
    let last = horizons.iter().copied().fold(1.0, f64::max);
    let first = horizons.iter().copied().fold(last, f64::min);
    let margin = 0.25 * (last - first).max(1.0);
    let mut x = Axis::new(first, last, 5, "Years from the baseline radiograph")
        .with_ticks(horizons.to_vec());
    (x.low, x.high) = (first - margin, last + margin);
    let y = Axis::new(low.max(0.0), high.min(1.0), 5, "AUC");
    Plot { left: 44.0, top, width: WIDTH - 60.0, height: 360.0 - top - 20.0, x, y }
}

fn draw_model(svg: &mut Svg, plot: &Plot, model: &ModelResult, shift: f64) {
    let colour = ink(model.method);
    let points = points(model);
    let centres: Vec<_> =
        points.iter().map(|(t, e)| (plot.x(*t) + shift, plot.y(e.value))).collect();
    svg.polyline(&centres, Stroke::new(colour, 1.4).dashed(dash(model.method)));
    for ((_, auc), centre) in points.iter().zip(&centres) {
        let ends = (plot.y(auc.lower), plot.y(auc.upper));
        svg.line((centre.0, ends.0), (centre.0, ends.1), Stroke::new(colour, 2.0));
        let title = format!("{}: {}", label(model.method), estimate(auc, 3));
        svg.dot(*centre, 5.0, colour, &title);
    }
}

//! Predicted against observed risk, one panel per model.

use super::leading;
use crate::Figure;
use crate::format::{fixed, years};
use crate::palette::{ink, label};
use crate::plot::{Axis, Plot, SMALL};
use crate::svg::{Anchor, QUIET, Stroke, Svg, Type};
use vertebra_study::{Calibration, Method, StudyResults};

const WIDTH: f64 = 700.0;
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
    let highest = panels
        .iter()
        .flat_map(|(_, c)| &c.groups)
        .map(|g| g.predicted.max(g.observed.upper))
        .fold(0.05, f64::max);
    let side = (WIDTH - 44.0) / MAX_PANELS as f64 - 36.0;
    let mut svg = Svg::new(WIDTH, side + 122.0);
    for (i, (method, calibration)) in panels.iter().enumerate() {
        let plot = Plot {
            left: 44.0 + (side + 36.0) * i as f64,
            top: 62.0,
            width: side,
            height: side,
            x: Axis::new(0.0, highest, 4, "Predicted risk, %").in_percent(),
            y: Axis::new(0.0, highest, 4, if i == 0 { "Observed risk, %" } else { "" })
                .in_percent(),
        };
        draw_panel(&mut svg, &plot, *method, calibration);
    }
    let caption = format!(
        "Calibration on the test set at {} years: predicted against observed risk (1 − \
         Kaplan–Meier, 95 % interval) in groups of increasing predicted risk; the dashed line is \
         agreement. O/E: observed over expected fractures; slope: of the log hazard, 1 is ideal.",
        years(horizon)
    );
    let title = "Calibration by groups of predicted risk";
    Some(Figure { id: "calibration", caption, svg: svg.finish(title, &describe(&panels)) })
}

fn draw_panel(svg: &mut Svg, plot: &Plot, method: Method, calibration: &Calibration) {
    svg.text((plot.left, 16.0), label(method), Type::new(12.5, Anchor::Start).bold());
    plot.draw_y(svg);
    plot.draw_x(svg);
    let line = Stroke::new(QUIET, 1.2).dashed("4 3");
    svg.line(plot.at(0.0, 0.0), plot.at(plot.x.high, plot.y.high), line);
    for group in &calibration.groups {
        let (x, seen) = (plot.x(group.predicted), &group.observed);
        let line = Stroke::new(ink(method), 1.6);
        svg.line((x, plot.y(seen.lower)), (x, plot.y(seen.upper)), line);
        let title = format!(
            "{} subjects: predicted {} %, observed {} %",
            group.n,
            fixed(100.0 * group.predicted, 1),
            fixed(100.0 * seen.value, 1)
        );
        svg.dot((x, plot.y(seen.value)), 4.5, line.colour, &title);
    }
    let oe = calibration.observed_expected.map(|v| format!("O/E {}", fixed(v, 2)));
    let slope = calibration.slope.map(|v| format!("slope {}", fixed(v, 2)));
    let text: Vec<String> = oe.into_iter().chain(slope).collect();
    let look = Type::new(SMALL, Anchor::Start).colour(QUIET);
    svg.text((plot.left, 33.0), &text.join(", "), look);
}

fn describe(panels: &[(Method, &Calibration)]) -> String {
    let one = |(method, calibration): &(Method, &Calibration)| {
        let pairs = calibration.groups.iter().map(|g| {
            format!("{}/{}", fixed(100.0 * g.predicted, 1), fixed(100.0 * g.observed.value, 1))
        });
        let pairs = pairs.collect::<Vec<_>>().join(", ");
        format!("{}: predicted/observed % {pairs}", label(*method))
    };
    panels.iter().map(one).collect::<Vec<_>>().join("; ")
}

//! ROC curves: sensitivity over 1 − specificity.

use crate::Chart;
use crate::legend::{Mark, legend};
use crate::palette::{QUIET, Style};
use crate::plot::{Area, Axis, Plot, WIDTH};
use crate::svg::{Point, Stroke, Svg};

const SIDE: f64 = 320.0;

/// ROC curves of one or more scores, with the diagonal of chance.
///
/// ```
/// use vertebra_charts::{Chart, RocChart};
/// let chart = RocChart::new("ROC at 3 years")
///     .with_line("Cox regression, AUC 0.75", &[0.0, 0.25, 1.0], &[0.0, 0.75, 1.0]);
/// assert!(chart.to_svg().starts_with("<svg"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RocChart {
    /// For screen readers.
    pub title: String,
    /// Name and points (1 − specificity, sensitivity) of each score, in order of the threshold.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

impl RocChart {
    /// A chart without curves.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), lines: Vec::new() }
    }

    /// The chart with one more curve: a name, and 1 − specificity and sensitivity at each
    /// threshold.
    #[must_use]
    pub fn with_line(
        mut self,
        name: impl Into<String>,
        false_positive: &[f64],
        sensitivity: &[f64],
    ) -> Self {
        let points = false_positive.iter().copied().zip(sensitivity.iter().copied());
        self.lines.push((name.into(), points.collect()));
        self
    }
}

impl Chart for RocChart {
    fn to_svg(&self) -> String {
        let styles: Vec<Style> = (0..self.lines.len()).map(Style::series).collect();
        let strokes: Vec<Stroke<'_>> =
            styles.iter().map(|s| Stroke::new(&s.colour, 2.2).dashed(&s.dash)).collect();
        let entries: Vec<(Mark<'_>, &str)> = strokes
            .iter()
            .zip(&self.lines)
            .map(|(stroke, (name, _))| (Mark::Line(*stroke), name.as_str()))
            .collect();
        let mut svg = Svg::new(WIDTH, SIDE + 130.0);
        let top = legend(&mut svg, WIDTH, 14.0, &entries) + 26.0;
        let axis = |title| Axis::new(0.0, 1.0, 5, title);
        let area = Area { left: 44.0, top, width: SIDE, height: SIDE };
        let plot = Plot::new(area, axis("1 − specificity"), axis("Sensitivity"));
        plot.draw(&mut svg);
        let chance = Stroke::new(QUIET, 1.2).dashed("4 3");
        svg.line(plot.at(0.0, 0.0), plot.at(1.0, 1.0), chance);
        for (stroke, (_, points)) in strokes.iter().zip(&self.lines) {
            let points: Vec<Point> = points.iter().map(|(x, y)| plot.at(*x, *y)).collect();
            svg.polyline(&points, *stroke);
        }
        let names: Vec<&str> = self.lines.iter().map(|(name, _)| name.as_str()).collect();
        svg.finish(&self.title, &format!("ROC curves: {}.", names.join("; ")))
    }
}

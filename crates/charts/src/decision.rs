//! Decision curves: net benefit over threshold probabilities.

use crate::Chart;
use crate::legend::{Mark, legend};
use crate::palette::{INK, QUIET, Style};
use crate::plot::{Area, Axis, Plot, WIDTH};
use crate::svg::{Point, Stroke, Svg};

/// Net benefit of one or more predictions, of treating everyone and of treating no one.
///
/// ```
/// use vertebra_charts::{Chart, DecisionChart};
/// let chart = DecisionChart::new("Decision curves", &[0.1, 0.2, 0.3], &[0.14, 0.04, -0.1])
///     .with_line("Cox regression", &[0.15, 0.09, 0.05]);
/// assert!(chart.to_svg().starts_with("<svg"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DecisionChart {
    /// For screen readers.
    pub title: String,
    /// Threshold probabilities.
    pub thresholds: Vec<f64>,
    /// Net benefit of treating everyone at each threshold.
    pub treat_all: Vec<f64>,
    /// Name, look and net benefit at each threshold of each prediction.
    pub lines: Vec<(String, Style, Vec<f64>)>,
}

impl DecisionChart {
    /// A chart of treating everyone and no one.
    #[must_use]
    pub fn new(title: impl Into<String>, thresholds: &[f64], treat_all: &[f64]) -> Self {
        let (thresholds, treat_all) = (thresholds.to_vec(), treat_all.to_vec());
        Self { title: title.into(), thresholds, treat_all, lines: Vec::new() }
    }

    /// The chart with one more prediction.
    #[must_use]
    pub fn with_line(self, name: impl Into<String>, benefit: &[f64]) -> Self {
        let style = Style::series(self.lines.len());
        self.with_styled_line(name, style, benefit)
    }

    /// The chart with one more prediction of this look.
    #[must_use]
    pub fn with_styled_line(
        mut self,
        name: impl Into<String>,
        style: Style,
        benefit: &[f64],
    ) -> Self {
        self.lines.push((name.into(), style, benefit.to_vec()));
        self
    }

    fn plot(&self, top: f64) -> Plot {
        let models = self.lines.iter().flat_map(|(_, _, benefit)| benefit);
        let highest = models.chain(&self.treat_all).copied().fold(0.01, f64::max);
        let last = self.thresholds.iter().copied().fold(0.05, f64::max);
        let x = Axis::new(0.0, last, 6, "Threshold probability, %").in_percent();
        // Far below zero the curves say only "worse than treating no one".
        let y = Axis::new(-0.25 * highest, highest, 5, "Net benefit");
        let area = Area { left: 52.0, top, width: WIDTH - 70.0, height: 350.0 - top - 20.0 };
        Plot::new(area, x, y)
    }

    /// The part of a curve that lies in the plot.
    fn draw(&self, svg: &mut Svg, plot: &Plot, benefit: &[f64], stroke: Stroke<'_>) {
        let inside = |(_, b): &(&f64, &f64)| **b >= plot.y.low;
        let pairs: Vec<_> = self.thresholds.iter().zip(benefit).collect();
        for run in pairs.split(|pair| !inside(pair)).filter(|run| run.len() > 1) {
            let points: Vec<Point> = run.iter().map(|(t, b)| plot.at(**t, **b)).collect();
            svg.polyline(&points, stroke);
        }
    }
}

impl Chart for DecisionChart {
    fn to_svg(&self) -> String {
        let mut svg = Svg::new(WIDTH, 380.0);
        let all = Stroke::new(QUIET, 1.4).dashed("5 3");
        let none = Stroke::new(INK, 1.4);
        let strokes: Vec<Stroke<'_>> = self
            .lines
            .iter()
            .map(|(_, style, _)| Stroke::new(&style.colour, 2.4).dashed(&style.dash))
            .collect();
        let models = self.lines.iter().zip(&strokes);
        let entries: Vec<(Mark<'_>, &str)> = models
            .map(|((name, _, _), stroke)| (Mark::Line(*stroke), name.as_str()))
            .chain([(Mark::Line(all), "Treat all"), (Mark::Line(none), "Treat none")])
            .collect();
        let top = legend(&mut svg, WIDTH, 14.0, &entries) + 26.0;
        let plot = self.plot(top);
        plot.draw(&mut svg);
        svg.line(plot.at(plot.x.low, 0.0), plot.at(plot.x.high, 0.0), none);
        self.draw(&mut svg, &plot, &self.treat_all, all);
        for ((_, _, benefit), stroke) in self.lines.iter().zip(&strokes) {
            self.draw(&mut svg, &plot, benefit, *stroke);
        }
        let description = "Net benefit of each model against treating all and treating none.";
        svg.finish(&self.title, description)
    }
}

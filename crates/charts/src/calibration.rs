//! Predicted against observed risk, one panel for each prediction.

use crate::Chart;
use crate::number::fixed;
use crate::palette::{ACCENT, QUIET};
use crate::plot::{Area, Axis, Plot, SMALL, WIDTH};
use crate::svg::{Anchor, Point, Stroke, Svg, Text};

const IN_A_ROW: usize = 3;
const SIDE: f64 = (WIDTH - 44.0) / IN_A_ROW as f64 - 36.0;
const ROW: f64 = SIDE + 122.0;

/// Calibration panels, three in a row, all on the same axes.
///
/// ```
/// use vertebra_charts::{CalibrationChart, CalibrationPanel, CalibrationPoint, Chart};
/// let points = vec![
///     CalibrationPoint::new(50, 0.08, 0.10, [0.05, 0.19]),
///     CalibrationPoint::new(50, 0.31, 0.28, [0.18, 0.41]),
/// ];
/// let panel = CalibrationPanel::new("Cox regression", points).with_note("slope 0.93");
/// assert!(CalibrationChart::new("Calibration").with_panel(panel).to_svg().starts_with("<svg"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CalibrationChart {
    /// For screen readers.
    pub title: String,
    /// One for each prediction.
    pub panels: Vec<CalibrationPanel>,
}

/// How one prediction agrees with what was observed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CalibrationPanel {
    /// Heading.
    pub name: String,
    /// Remark under the heading, for example the slope.
    pub note: String,
    /// Colour of the marks, `#rrggbb`.
    pub colour: String,
    /// Groups of increasing predicted risk.
    pub points: Vec<CalibrationPoint>,
    /// A smooth curve, as (predicted, observed); may be empty.
    pub curve: Vec<(f64, f64)>,
    /// Its band, as (predicted, lower, upper); may be empty.
    pub band: Vec<(f64, f64, f64)>,
}

/// A group of similar predicted risk.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CalibrationPoint {
    /// Subjects.
    pub n: usize,
    /// Mean predicted risk, in [0, 1].
    pub predicted: f64,
    /// Observed risk, in [0, 1].
    pub observed: f64,
    /// Bounds of the observed risk.
    pub bounds: [f64; 2],
}

impl CalibrationPoint {
    /// A group of `n` subjects with this mean predicted risk, and the observed risk and its bounds.
    #[must_use]
    pub fn new(n: usize, predicted: f64, observed: f64, bounds: [f64; 2]) -> Self {
        Self { n, predicted, observed, bounds }
    }
}

impl CalibrationPanel {
    /// Groups of increasing predicted risk under a heading.
    #[must_use]
    pub fn new(name: impl Into<String>, points: Vec<CalibrationPoint>) -> Self {
        let (note, colour) = (String::new(), ACCENT.to_owned());
        Self { name: name.into(), note, colour, points, curve: Vec::new(), band: Vec::new() }
    }

    /// The panel with a remark under its heading.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The panel with marks of another colour, `#rrggbb`.
    #[must_use]
    pub fn with_colour(mut self, colour: impl Into<String>) -> Self {
        self.colour = colour.into();
        self
    }

    /// The panel with a smooth curve, as (predicted, observed).
    #[must_use]
    pub fn with_curve(mut self, curve: Vec<(f64, f64)>) -> Self {
        self.curve = curve;
        self
    }

    /// The panel with a band around its curve, as (predicted, lower, upper).
    #[must_use]
    pub fn with_band(mut self, band: Vec<(f64, f64, f64)>) -> Self {
        self.band = band;
        self
    }

    fn highest(&self) -> f64 {
        let points = self.points.iter().map(|g| g.predicted.max(g.bounds[1]));
        points.chain(self.curve.iter().map(|(x, y)| x.max(*y))).fold(0.0, f64::max)
    }

    fn draw(&self, svg: &mut Svg, plot: &Plot) {
        let heading = Text::new(12.5, Anchor::Start).bold();
        svg.text((plot.left(), plot.top() - 46.0), &self.name, heading);
        plot.draw(svg);
        let line = Stroke::new(QUIET, 1.2).dashed("4 3");
        svg.line(plot.at(0.0, 0.0), plot.at(plot.x.high, plot.y.high), line);
        let lower = self.band.iter().map(|(x, lower, _)| plot.at(*x, lower.min(plot.y.high)));
        let upper = self.band.iter().rev().map(|(x, _, upper)| plot.at(*x, upper.min(plot.y.high)));
        svg.polygon(&lower.chain(upper).collect::<Vec<_>>(), &self.colour, 0.15);
        let curve: Vec<Point> = self.curve.iter().map(|(x, y)| plot.at(*x, *y)).collect();
        svg.polyline(&curve, Stroke::new(&self.colour, 1.2));
        for group in &self.points {
            let x = plot.x(group.predicted);
            let [lower, upper] = group.bounds.map(|bound| plot.y(bound));
            svg.line((x, lower), (x, upper), Stroke::new(&self.colour, 1.6));
            let title = format!(
                "{} subjects: predicted {} %, observed {} %",
                group.n,
                fixed(100.0 * group.predicted, 1),
                fixed(100.0 * group.observed, 1)
            );
            svg.dot((x, plot.y(group.observed)), 4.5, &self.colour, &title);
        }
        let look = Text::new(SMALL, Anchor::Start).colour(QUIET);
        svg.text((plot.left(), plot.top() - 29.0), &self.note, look);
    }
}

impl CalibrationChart {
    /// A chart without panels.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), panels: Vec::new() }
    }

    /// The chart with one more panel.
    #[must_use]
    pub fn with_panel(mut self, panel: CalibrationPanel) -> Self {
        self.panels.push(panel);
        self
    }

    fn plot(&self, panel: usize, highest: f64) -> Plot {
        let (row, column) = (panel / IN_A_ROW, panel % IN_A_ROW);
        let title = if column == 0 { "Observed risk, %" } else { "" };
        let area = Area {
            left: 44.0 + (SIDE + 36.0) * column as f64,
            top: 62.0 + ROW * row as f64,
            width: SIDE,
            height: SIDE,
        };
        let axis = |title| Axis::new(0.0, highest, 4, title).in_percent();
        Plot::new(area, axis("Predicted risk, %"), axis(title))
    }

    fn describe(&self) -> String {
        let one = |panel: &CalibrationPanel| {
            let pairs = panel.points.iter().map(|g| {
                format!("{}/{}", fixed(100.0 * g.predicted, 1), fixed(100.0 * g.observed, 1))
            });
            let pairs = pairs.collect::<Vec<_>>().join(", ");
            format!("{}: predicted/observed % {pairs}", panel.name)
        };
        self.panels.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

impl Chart for CalibrationChart {
    fn to_svg(&self) -> String {
        let highest = self.panels.iter().map(CalibrationPanel::highest).fold(0.05, f64::max);
        let rows = self.panels.len().div_ceil(IN_A_ROW);
        let mut svg = Svg::new(WIDTH, ROW * rows as f64);
        for (i, panel) in self.panels.iter().enumerate() {
            panel.draw(&mut svg, &self.plot(i, highest));
        }
        svg.finish(&self.title, &self.describe())
    }
}

//! Predicted against observed risk, one panel for each prediction.

use crate::Figure;
use crate::format::fixed;
use crate::plot::{Axis, Plot, SMALL};
use crate::svg::{Anchor, QUIET, Stroke, Svg, Type};

const WIDTH: f64 = 700.0;
const IN_A_ROW: usize = 3;
const SIDE: f64 = (WIDTH - 44.0) / IN_A_ROW as f64 - 36.0;
const ROW: f64 = SIDE + 122.0;

/// Calibration panels, three in a row, all on the same axes.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationChart {
    /// For screen readers.
    pub title: String,
    /// One for each prediction.
    pub panels: Vec<CalibrationPanel>,
}

/// How one prediction agrees with what was observed.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationPanel {
    /// Heading.
    pub name: String,
    /// Remark under the heading, such as the slope.
    pub note: String,
    /// Colour of the marks, `#rrggbb`.
    pub colour: String,
    /// Groups of increasing predicted risk.
    pub points: Vec<CalibrationPoint>,
    /// A smooth curve, as (predicted, observed); may be empty.
    pub curve: Vec<(f64, f64)>,
}

/// A group of similar predicted risk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationPoint {
    /// Subjects.
    pub n: usize,
    /// Mean predicted risk, in [0, 1].
    pub predicted: f64,
    /// Observed risk, in [0, 1].
    pub observed: f64,
    /// Lower bound of the observed risk.
    pub lower: f64,
    /// Upper bound of the observed risk.
    pub upper: f64,
}

impl CalibrationChart {
    /// The chart as a figure with this file name and caption; `None` without a panel.
    #[must_use]
    pub fn figure(&self, id: &'static str, caption: String) -> Option<Figure> {
        (!self.panels.is_empty()).then(|| Figure { id, caption, svg: self.svg() })
    }

    fn svg(&self) -> String {
        let highest = self.panels.iter().map(CalibrationPanel::highest).fold(0.05, f64::max);
        let rows = self.panels.len().div_ceil(IN_A_ROW);
        let mut svg = Svg::new(WIDTH, ROW * rows as f64);
        for (i, panel) in self.panels.iter().enumerate() {
            let (row, column) = (i / IN_A_ROW, i % IN_A_ROW);
            let title = if column == 0 { "Observed risk, %" } else { "" };
            let plot = Plot {
                left: 44.0 + (SIDE + 36.0) * column as f64,
                top: 62.0 + ROW * row as f64,
                width: SIDE,
                height: SIDE,
                x: Axis::new(0.0, highest, 4, "Predicted risk, %").in_percent(),
                y: Axis::new(0.0, highest, 4, title).in_percent(),
            };
            panel.draw(&mut svg, &plot);
        }
        svg.finish(&self.title, &self.describe())
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

impl CalibrationPanel {
    fn highest(&self) -> f64 {
        let points = self.points.iter().map(|g| g.predicted.max(g.upper));
        points.chain(self.curve.iter().map(|(x, y)| x.max(*y))).fold(0.0, f64::max)
    }

    fn draw(&self, svg: &mut Svg, plot: &Plot) {
        let heading = Type::new(12.5, Anchor::Start).bold();
        svg.text((plot.left, plot.top - 46.0), &self.name, heading);
        plot.draw_y(svg);
        plot.draw_x(svg);
        let line = Stroke::new(QUIET, 1.2).dashed("4 3");
        svg.line(plot.at(0.0, 0.0), plot.at(plot.x.high, plot.y.high), line);
        if !self.curve.is_empty() {
            let curve: Vec<_> = self.curve.iter().map(|(x, y)| plot.at(*x, *y)).collect();
            svg.polyline(&curve, Stroke::new(&self.colour, 1.2));
        }
        for group in &self.points {
            let x = plot.x(group.predicted);
            let line = Stroke::new(&self.colour, 1.6);
            svg.line((x, plot.y(group.lower)), (x, plot.y(group.upper)), line);
            let title = format!(
                "{} subjects: predicted {} %, observed {} %",
                group.n,
                fixed(100.0 * group.predicted, 1),
                fixed(100.0 * group.observed, 1)
            );
            svg.dot((x, plot.y(group.observed)), 4.5, &self.colour, &title);
        }
        let look = Type::new(SMALL, Anchor::Start).colour(QUIET);
        svg.text((plot.left, plot.top - 29.0), &self.note, look);
    }
}

//! AUC at each horizon, with intervals, several models side by side.

use crate::Chart;
use crate::legend::{Mark, legend};
use crate::number::{estimate, short};
use crate::palette::{QUIET, Style};
use crate::plot::{Area, Axis, Plot, WIDTH};
use crate::svg::{Point, Stroke, Svg};

/// Points with intervals, side by side at each horizon.
///
/// ```
/// use vertebra_charts::{AucChart, AucLine, Chart};
/// let line = AucLine::new("Cox regression")
///     .with_point(1.0, 0.71, [0.62, 0.80])
///     .with_point(3.0, 0.68, [0.60, 0.76]);
/// assert!(AucChart::new("AUC over time").with_line(line).to_svg().starts_with("<svg"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AucChart {
    /// For screen readers.
    pub title: String,
    /// Title of the axis of horizons, with its unit.
    pub time_axis: String,
    /// The models.
    pub lines: Vec<AucLine>,
}

/// One model's AUC at each horizon.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AucLine {
    /// As the legend names it.
    pub name: String,
    /// As the description for screen readers names it.
    pub full_name: String,
    /// Its look; by default that of its place among the lines.
    pub style: Option<Style>,
    /// Horizon, AUC and its bounds.
    pub points: Vec<(f64, f64, [f64; 2])>,
}

impl AucLine {
    /// A model without points.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { full_name: name.clone(), name, style: None, points: Vec::new() }
    }

    /// The model with another name for screen readers.
    #[must_use]
    pub fn with_full_name(mut self, name: impl Into<String>) -> Self {
        self.full_name = name.into();
        self
    }

    /// The model with this look.
    #[must_use]
    pub fn with_style(mut self, style: Style) -> Self {
        self.style = Some(style);
        self
    }

    /// The model with its AUC and bounds at one more horizon.
    #[must_use]
    pub fn with_point(mut self, horizon: f64, auc: f64, bounds: [f64; 2]) -> Self {
        self.points.push((horizon, auc, bounds));
        self
    }

    fn draw(&self, svg: &mut Svg, plot: &Plot, style: &Style, shift: f64) {
        let colour = &style.colour;
        let centre = |(t, auc, _): &(f64, f64, _)| (plot.x(*t) + shift, plot.y(*auc));
        let centres: Vec<Point> = self.points.iter().map(centre).collect();
        svg.polyline(&centres, Stroke::new(colour, 1.4).dashed(&style.dash));
        for ((_, auc, bounds), centre) in self.points.iter().zip(&centres) {
            let [lower, upper] = bounds.map(|bound| plot.y(bound));
            svg.line((centre.0, lower), (centre.0, upper), Stroke::new(colour, 2.0));
            let title = format!("{}: {}", self.name, estimate(*auc, *bounds, 3));
            svg.dot(*centre, 5.0, colour, &title);
        }
    }

    fn describe(&self) -> String {
        let at = |(t, auc, bounds): &(f64, f64, [f64; 2])| {
            format!("{} y {}", short(*t), estimate(*auc, *bounds, 3))
        };
        let points: Vec<_> = self.points.iter().map(at).collect();
        format!("{}: {}", self.full_name, points.join(", "))
    }
}

impl AucChart {
    /// A chart without lines.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), time_axis: "Years".to_owned(), lines: Vec::new() }
    }

    /// The chart with another title of the axis of horizons.
    #[must_use]
    pub fn with_time_axis(mut self, title: impl Into<String>) -> Self {
        self.time_axis = title.into();
        self
    }

    /// The chart with one more model.
    #[must_use]
    pub fn with_line(mut self, line: AucLine) -> Self {
        self.lines.push(line);
        self
    }

    /// Every horizon once, in order.
    fn horizons(&self) -> Vec<f64> {
        let mut all: Vec<f64> =
            self.lines.iter().flat_map(|l| l.points.iter().map(|p| p.0)).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    }

    fn plot(&self, top: f64) -> Plot {
        let bounds = || self.lines.iter().flat_map(|l| &l.points).map(|p| p.2);
        let low = bounds().map(|b| b[0]).fold(0.5, f64::min);
        let high = bounds().map(|b| b[1]).fold(0.5, f64::max);
        let horizons = self.horizons();
        let last = horizons.iter().copied().fold(1.0, f64::max);
        let first = horizons.iter().copied().fold(last, f64::min);
        let margin = 0.25 * (last - first).max(1.0);
        let x = Axis::new(first, last, 5, &self.time_axis)
            .with_ticks(horizons)
            .with_ends(first - margin, last + margin);
        let y = Axis::new(low.max(0.0), high.min(1.0), 5, "AUC");
        let area = Area { left: 44.0, top, width: WIDTH - 60.0, height: 360.0 - top - 20.0 };
        Plot::new(area, x, y)
    }
}

impl Chart for AucChart {
    fn to_svg(&self) -> String {
        let style = |(i, l): (usize, &AucLine)| l.style.clone().unwrap_or(Style::series(i));
        let styles: Vec<Style> = self.lines.iter().enumerate().map(style).collect();
        let entry = |(line, style)| -> (Mark<'_>, &str) {
            let (line, style): (&AucLine, &Style) = (line, style);
            (Mark::Line(Stroke::new(&style.colour, 3.0).dashed(&style.dash)), &line.name)
        };
        let entries: Vec<_> = self.lines.iter().zip(&styles).map(entry).collect();
        let mut svg = Svg::new(WIDTH, 390.0);
        let top = legend(&mut svg, WIDTH, 14.0, &entries) + 26.0;
        let plot = self.plot(top);
        plot.draw(&mut svg);
        let chance = plot.y(0.5);
        let line = Stroke::new(QUIET, 1.2).dashed("4 3");
        svg.line((plot.left(), chance), (plot.right(), chance), line);
        for (i, (line, style)) in self.lines.iter().zip(&styles).enumerate() {
            let shift = 13.0 * (i as f64 - (self.lines.len() - 1) as f64 / 2.0);
            line.draw(&mut svg, &plot, style, shift);
        }
        let description: Vec<_> = self.lines.iter().map(AucLine::describe).collect();
        svg.finish(&self.title, &description.join("; "))
    }
}

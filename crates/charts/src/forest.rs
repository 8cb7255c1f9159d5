//! A forest plot: estimates with intervals, one a row.

use crate::Chart;
use crate::number::{estimate, p_value};
use crate::palette::{ACCENT, GRID, INK, QUIET};
use crate::plot::{Area, Axis, Plot, SMALL, WIDTH};
use crate::svg::{Anchor, Stroke, Svg, Text, text_width};

/// Width of the numbers to the right of the axis.
const NUMBERS: f64 = 150.0;

/// Estimates with intervals on one axis, one a row, with a line where there is no effect.
///
/// ```
/// use vertebra_charts::{Chart, ForestChart, ForestRow};
/// let chart = ForestChart::new("Hazard ratios")
///     .with_axis("Hazard ratio")
///     .of_ratios()
///     .with_row(ForestRow::new("Age, 10 years", 1.42, [1.10, 1.83]).with_p(0.007))
///     .with_row(ForestRow::new("Female sex", 1.18, [0.76, 1.83]).with_p(0.46));
/// assert!(chart.to_svg().contains("1.420 (1.100 to 1.830)"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForestChart {
    /// For screen readers.
    pub title: String,
    /// Title of the axis.
    pub axis: String,
    /// Heading of the numbers.
    pub heading: String,
    /// Heading of the P values.
    pub p_heading: String,
    /// Where there is no effect.
    pub neutral: f64,
    /// Greatest value that the axis may show.
    pub limit: f64,
    /// Whether the estimates are ratios, which stand on a logarithmic axis.
    pub ratios: bool,
    /// The rows, from above.
    pub rows: Vec<ForestRow>,
}

/// One row of a forest plot.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForestRow {
    /// What was estimated.
    pub label: String,
    /// Below the label, in lighter print; may be empty.
    pub second: String,
    /// The estimate.
    pub value: f64,
    /// Its bounds.
    pub bounds: [f64; 2],
    /// A P value behind the numbers.
    pub p: Option<f64>,
    /// Whether the row is set in bold.
    pub bold: bool,
}

impl ForestRow {
    /// An estimate with its bounds.
    #[must_use]
    pub fn new(label: impl Into<String>, value: f64, bounds: [f64; 2]) -> Self {
        let (label, second) = (label.into(), String::new());
        Self { label, second, value, bounds, p: None, bold: false }
    }

    /// The row with a second line below its label.
    #[must_use]
    pub fn with_second(mut self, second: impl Into<String>) -> Self {
        self.second = second.into();
        self
    }

    /// The row with a P value.
    #[must_use]
    pub fn with_p(mut self, p: f64) -> Self {
        self.p = Some(p);
        self
    }

    /// The row in bold, or not.
    #[must_use]
    pub fn with_bold(mut self, bold: bool) -> Self {
        self.bold = bold;
        self
    }

    fn draw(&self, svg: &mut Svg, plot: &Plot, y: f64) {
        let look = |anchor| {
            let look = Text::new(12.0, anchor);
            if self.bold { look.bold() } else { look }
        };
        let two_lines = if self.second.is_empty() { 0.0 } else { 7.5 };
        svg.text((plot.left() - 12.0, y + 4.0 - two_lines), &self.label, look(Anchor::End));
        let quiet = Text::new(SMALL, Anchor::End).colour(QUIET);
        svg.text((plot.left() - 12.0, y + 4.0 + two_lines), &self.second, quiet);
        let numbers = estimate(self.value, self.bounds, 3);
        svg.text((plot.right() + 14.0, y + 4.0), &numbers, look(Anchor::Start));
        if let Some(p) = self.p {
            let at = (plot.right() + 14.0 + NUMBERS, y + 4.0);
            svg.text(at, &p_value(p), look(Anchor::Start));
        }
        let [lower, upper] = self.bounds.map(|bound| plot.x(bound));
        let width = if self.bold { 2.4 } else { 1.4 };
        svg.line((lower, y), (upper, y), Stroke::new(INK, width));
        let colour = if self.bold { ACCENT } else { INK };
        svg.dot((plot.x(self.value), y), 5.0, colour, &numbers);
    }
}

impl ForestChart {
    /// A chart without rows, with no effect at 0.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            axis: String::new(),
            heading: "Estimate (95 % interval)".to_owned(),
            p_heading: "P".to_owned(),
            neutral: 0.0,
            limit: f64::INFINITY,
            ratios: false,
            rows: Vec::new(),
        }
    }

    /// The chart with a title of its axis.
    #[must_use]
    pub fn with_axis(mut self, title: impl Into<String>) -> Self {
        self.axis = title.into();
        self
    }

    /// The chart with other headings of the numbers and of the P values.
    #[must_use]
    pub fn with_headings(mut self, numbers: impl Into<String>, p: impl Into<String>) -> Self {
        (self.heading, self.p_heading) = (numbers.into(), p.into());
        self
    }

    /// The chart with its line of no effect elsewhere.
    #[must_use]
    pub fn with_neutral(mut self, neutral: f64) -> Self {
        self.neutral = neutral;
        self
    }

    /// The chart of ratios: its axis is logarithmic and no effect is at 1.
    #[must_use]
    pub fn of_ratios(mut self) -> Self {
        (self.ratios, self.neutral) = (true, 1.0);
        self
    }

    /// The chart with an axis that shows no value above this one, for example 1 for an AUC.
    #[must_use]
    pub fn with_limit(mut self, limit: f64) -> Self {
        self.limit = limit;
        self
    }

    /// The chart with one more row.
    #[must_use]
    pub fn with_row(mut self, row: ForestRow) -> Self {
        self.rows.push(row);
        self
    }

    fn two_lines(&self) -> bool {
        self.rows.iter().any(|row| !row.second.is_empty())
    }

    fn plot(&self, row_height: f64) -> Plot {
        let finite = |bound: &f64| bound.is_finite() && (!self.ratios || *bound > 0.0);
        let bounds = || self.rows.iter().flat_map(|row| row.bounds).filter(finite);
        let low = bounds().fold(self.neutral, f64::min);
        let high = bounds().fold(self.neutral, f64::max).min(self.limit);
        let width = |row: &ForestRow| {
            text_width(&row.label, 13.0).max(text_width(&row.second, SMALL)) + 20.0
        };
        let least = if self.two_lines() { 215.0 } else { 195.0 };
        let left = self.rows.iter().map(width).fold(least, f64::max).min(WIDTH / 2.0);
        let with_p = self.rows.iter().any(|row| row.p.is_some());
        let n_ticks = if self.two_lines() { 4 } else { 5 };
        let area = Area {
            left,
            top: 30.0,
            width: WIDTH - left - NUMBERS - if with_p { 65.0 } else { 15.0 },
            height: row_height * self.rows.len() as f64,
        };
        let axis = if self.ratios {
            Axis::logarithmic(low, high, &self.axis)
        } else {
            Axis::new(low, high, n_ticks, &self.axis)
        };
        Plot::new(area, axis, Axis::new(0.0, 1.0, 1, ""))
    }

    fn draw_headings(&self, svg: &mut Svg, plot: &Plot) {
        let heading = Text::new(SMALL, Anchor::Start).colour(QUIET);
        svg.text((plot.right() + 14.0, 18.0), &self.heading, heading);
        if self.rows.iter().any(|row| row.p.is_some()) {
            svg.text((plot.right() + 14.0 + NUMBERS, 18.0), &self.p_heading, heading);
        }
    }
}

impl Chart for ForestChart {
    fn to_svg(&self) -> String {
        let row_height = if self.two_lines() { 42.0 } else { 27.0 };
        let height = 34.0 + row_height * self.rows.len() as f64 + 50.0;
        let mut svg = Svg::new(WIDTH, height);
        let plot = self.plot(row_height);
        for &tick in &plot.x.ticks {
            let x = plot.x(tick);
            svg.line((x, plot.top()), (x, plot.bottom()), Stroke::new(GRID, 1.0));
        }
        let neutral = plot.x(self.neutral);
        let line = Stroke::new(QUIET, 1.2).dashed("4 3");
        svg.line((neutral, plot.top()), (neutral, plot.bottom()), line);
        plot.draw_x(&mut svg);
        self.draw_headings(&mut svg, &plot);
        for (i, row) in self.rows.iter().enumerate() {
            row.draw(&mut svg, &plot, plot.top() + row_height * (i as f64 + 0.5));
        }
        let text =
            |r: &ForestRow| format!("{} {}: {}", r.label, r.second, estimate(r.value, r.bounds, 3));
        let texts: Vec<_> = self.rows.iter().map(text).collect();
        svg.finish(&self.title, &texts.join("; "))
    }
}

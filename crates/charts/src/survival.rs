//! Survival curves with their bands, and the numbers at risk below.

use crate::Chart;
use crate::number::thousands;
use crate::palette::{QUIET, Style, darker};
use crate::plot::{Area, Axis, Plot, SMALL, WIDTH};
use crate::svg::{Anchor, Point, Stroke, Svg, Text, text_width};

const HEIGHT: f64 = 280.0;

/// Survival curves of one or more groups, in order of increasing risk.
///
/// ```
/// use vertebra_charts::{Chart, SurvivalChart, SurvivalLine};
/// let times = [1.0, 2.5, 4.0];
/// let line = SurvivalLine::new("All", &times, &[0.9, 0.8, 0.65])
///     .with_band(&[0.8, 0.66, 0.48], &[1.0, 0.94, 0.82])
///     .with_at_risk(20, &[20, 18, 11]);
/// let chart = SurvivalChart::new("Survival").with_line(line).with_at_risk_times(&[0.0, 2.0, 4.0]);
/// assert!(chart.to_svg().starts_with("<svg"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SurvivalChart {
    /// For screen readers.
    pub title: String,
    /// Title of the time axis, with its unit.
    pub time_axis: String,
    /// Title of the axis of survival, which is drawn in percent.
    pub survival_axis: String,
    /// The curves.
    pub lines: Vec<SurvivalLine>,
    /// Times at which the numbers at risk are printed; the curves end at the last. Without any the
    /// curves go on to their ends.
    pub at_risk_times: Vec<f64>,
}

/// One group's curve.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SurvivalLine {
    /// Name at the end of the curve.
    pub name: String,
    /// Name beside the numbers at risk.
    pub short_name: String,
    /// Remark after the numbers at risk, for example the number of events.
    pub note: String,
    /// Subjects.
    pub n: usize,
    /// Times of the steps; the curve is 1 before the first.
    pub times: Vec<f64>,
    /// Survival after each step.
    pub survival: Vec<f64>,
    /// Lower bound of the band; NaN where it does not exist.
    pub lower: Vec<f64>,
    /// Upper bound of the band; NaN where it does not exist.
    pub upper: Vec<f64>,
    /// Subjects at risk at the chart's times.
    pub at_risk: Vec<usize>,
}

impl SurvivalLine {
    /// A curve that is 1 before the first of `times` and `survival[i]` from `times[i]` on.
    #[must_use]
    pub fn new(name: impl Into<String>, times: &[f64], survival: &[f64]) -> Self {
        let name = name.into();
        Self {
            short_name: name.clone(),
            name,
            note: String::new(),
            n: 0,
            times: times.to_vec(),
            survival: survival.to_vec(),
            lower: Vec::new(),
            upper: Vec::new(),
            at_risk: Vec::new(),
        }
    }

    /// The curve with another name beside the numbers at risk.
    #[must_use]
    pub fn with_short_name(mut self, name: impl Into<String>) -> Self {
        self.short_name = name.into();
        self
    }

    /// The curve with a remark after the numbers at risk.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The curve with a band, one bound per step; a bound that is NaN does not exist.
    #[must_use]
    pub fn with_band(mut self, lower: &[f64], upper: &[f64]) -> Self {
        (self.lower, self.upper) = (lower.to_vec(), upper.to_vec());
        self
    }

    /// The curve of `n` subjects, `at_risk` of them at the chart's times.
    #[must_use]
    pub fn with_at_risk(mut self, n: usize, at_risk: &[usize]) -> Self {
        (self.n, self.at_risk) = (n, at_risk.to_vec());
        self
    }

    /// Survival at the end of the plot.
    fn at_end(&self, plot: &Plot) -> f64 {
        let shown = self.times.partition_point(|time| *time <= plot.x.high);
        let last = shown.min(self.survival.len()).checked_sub(1);
        last.map_or(1.0, |last| self.survival[last])
    }

    fn draw_band(&self, svg: &mut Svg, plot: &Plot, colour: &str) {
        let filled = |bounds: &[f64]| -> Vec<f64> {
            let bound = |(s, b): (&f64, &f64)| if b.is_finite() { *b } else { *s };
            self.survival.iter().zip(bounds).map(bound).collect()
        };
        let lower = filled(&self.lower).into_iter().map(|v| v.max(plot.y.low));
        let mut outline = steps(plot, &self.times, filled(&self.upper).into_iter());
        let mut back = steps(plot, &self.times, lower);
        back.reverse();
        outline.extend(back);
        svg.polygon(&outline, colour, 0.14);
    }
}

impl SurvivalChart {
    /// A chart without curves.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            time_axis: "Time".to_owned(),
            survival_axis: "Survival, %".to_owned(),
            lines: Vec::new(),
            at_risk_times: Vec::new(),
        }
    }

    /// The chart with another title of the time axis.
    #[must_use]
    pub fn with_time_axis(mut self, title: impl Into<String>) -> Self {
        self.time_axis = title.into();
        self
    }

    /// The chart with another title of the axis of survival, which is in percent.
    #[must_use]
    pub fn with_survival_axis(mut self, title: impl Into<String>) -> Self {
        self.survival_axis = title.into();
        self
    }

    /// The chart with one more curve.
    #[must_use]
    pub fn with_line(mut self, line: SurvivalLine) -> Self {
        self.lines.push(line);
        self
    }

    /// The chart with numbers at risk at these times, the last of which is its end.
    #[must_use]
    pub fn with_at_risk_times(mut self, times: &[f64]) -> Self {
        self.at_risk_times = times.to_vec();
        self
    }

    fn plot(&self) -> Plot {
        let last = self.last_time();
        let lowest = self
            .lines
            .iter()
            .flat_map(|line| {
                let lower = line.lower.iter().copied().chain(std::iter::repeat(f64::NAN));
                line.times.iter().zip(&line.survival).zip(lower)
            })
            .filter(|((time, _), _)| **time <= last)
            .map(|((_, survival), lower)| if lower.is_finite() { lower } else { *survival })
            .fold(0.9, f64::min);
        let mut x = Axis::new(0.0, last, 6, &self.time_axis).with_ends(0.0, last);
        x.ticks.retain(|t| *t <= last + 1e-9);
        if !self.at_risk_times.is_empty() {
            x = x.with_ticks(self.at_risk_times.clone());
        }
        let y = Axis::new(lowest, 1.0, 5, &self.survival_axis).in_percent();
        let widest =
            self.lines.iter().map(|l| text_width(&l.short_name, SMALL)).fold(0.0, f64::max);
        let left = (widest + 36.0).max(84.0);
        let names = self.lines.iter().map(|line| text_width(&line.name, 12.0) + 20.0);
        let right = names.fold(100.0, f64::max).min(WIDTH / 3.0);
        let area = Area { left, top: 34.0, width: WIDTH - left - right, height: HEIGHT - 60.0 };
        Plot::new(area, x, y)
    }

    /// The curves end where the numbers at risk end: beyond, a few subjects would carry them.
    fn last_time(&self) -> f64 {
        let listed = self.at_risk_times.iter().copied().fold(0.0, f64::max);
        if listed > 0.0 {
            return listed;
        }
        let last = self.lines.iter().flat_map(|g| g.times.iter().copied()).fold(0.0, f64::max);
        if last > 0.0 { last } else { 1.0 }
    }

    fn draw_at_risk(&self, svg: &mut Svg, plot: &Plot) {
        let top = plot.bottom() + 62.0;
        svg.text((10.0, top), "Number at risk", Text::new(SMALL, Anchor::Start).colour(QUIET));
        for (i, line) in self.lines.iter().enumerate() {
            let y = top + 18.0 * (i + 1) as f64;
            let style = Style::risk_group(i, self.lines.len());
            let look = Text::new(SMALL, Anchor::Start).bold().colour(darker(&style.colour));
            svg.text((10.0, y), &line.short_name, look);
            for (&time, &n) in self.at_risk_times.iter().zip(&line.at_risk) {
                svg.text((plot.x(time), y), &thousands(n), Text::new(SMALL, Anchor::Middle));
            }
            let look = Text::new(SMALL, Anchor::Start).colour(QUIET);
            svg.text((plot.right() + 26.0, y), &line.note, look);
        }
    }

    fn describe(&self, plot: &Plot) -> String {
        let one = |line: &SurvivalLine| {
            let end = 100.0 * line.at_end(plot);
            format!("{}: {} subjects, {end:.1} % free at the end", line.name, line.n)
        };
        self.lines.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

impl Chart for SurvivalChart {
    fn to_svg(&self) -> String {
        let n = self.lines.len();
        let mut svg = Svg::new(WIDTH, HEIGHT + 70.0 + 18.0 * n as f64);
        let plot = self.plot();
        plot.draw(&mut svg);
        let styles: Vec<Style> = (0..n).map(|i| Style::risk_group(i, n)).collect();
        for (line, style) in self.lines.iter().zip(&styles).filter(|(l, _)| !l.upper.is_empty()) {
            line.draw_band(&mut svg, &plot, &style.colour);
        }
        let labels = label_heights(&plot, &self.lines);
        for ((line, style), label) in self.lines.iter().zip(&styles).zip(labels) {
            let steps = steps(&plot, &line.times, line.survival.iter().copied());
            svg.polyline(&steps, Stroke::new(&style.colour, 2.2).dashed(&style.dash));
            let end = (plot.right() + 8.0, label + 4.0);
            let look = Text::new(12.0, Anchor::Start).bold().colour(darker(&style.colour));
            svg.text(end, &line.name, look);
        }
        self.draw_at_risk(&mut svg, &plot);
        svg.finish(&self.title, &self.describe(&plot))
    }
}

/// Corner points of a right-continuous step curve that starts at 1, up to the end of the plot.
fn steps(plot: &Plot, times: &[f64], values: impl Iterator<Item = f64>) -> Vec<Point> {
    let (mut points, mut now) = (vec![plot.at(0.0, 1.0)], 1.0);
    for (&time, value) in times.iter().zip(values).take_while(|(time, _)| **time <= plot.x.high) {
        points.push(plot.at(time, now));
        points.push(plot.at(time, value));
        now = value;
    }
    points.push(plot.at(plot.x.high, now));
    points
}

/// Heights of the curves' labels, pushed apart where they would overlap.
fn label_heights(plot: &Plot, lines: &[SurvivalLine]) -> Vec<f64> {
    let end = |line: &SurvivalLine| plot.y(line.at_end(plot));
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|&a, &b| end(&lines[a]).total_cmp(&end(&lines[b])));
    let mut heights = vec![0.0; lines.len()];
    let mut free = f64::NEG_INFINITY;
    for i in order {
        heights[i] = end(&lines[i]).max(free);
        free = heights[i] + 15.0;
    }
    heights
}

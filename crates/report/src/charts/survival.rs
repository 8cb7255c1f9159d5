//! Survival curves with their bands, and the numbers at risk below.

use crate::Figure;
use crate::format::thousands;
use crate::palette::risk_group;
use crate::plot::{Axis, Plot, SMALL};
use crate::svg::{Anchor, QUIET, Stroke, Svg, Type, text_width};

const WIDTH: f64 = 700.0;
const HEIGHT: f64 = 280.0;

/// Survival curves of one or more groups, in order of increasing risk.
#[derive(Debug, Clone, PartialEq)]
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
pub struct SurvivalLine {
    /// Name at the end of the curve.
    pub name: String,
    /// Name beside the numbers at risk.
    pub short_name: String,
    /// Remark after the numbers at risk, such as the number of events.
    pub note: String,
    /// Subjects.
    pub n: usize,
    /// Times of the steps; the curve is 1 before the first.
    pub times: Vec<f64>,
    /// Survival after each step.
    pub survival: Vec<f64>,
    /// Lower bound of the band; `None` where it does not exist.
    pub lower: Vec<Option<f64>>,
    /// Upper bound of the band.
    pub upper: Vec<Option<f64>>,
    /// Subjects at risk at the chart's times.
    pub at_risk: Vec<usize>,
}

impl SurvivalChart {
    /// The chart as a figure with this file name and caption.
    #[must_use]
    pub fn figure(&self, id: &'static str, caption: String) -> Figure {
        Figure { id, caption, svg: self.svg() }
    }

    fn svg(&self) -> String {
        let n = self.lines.len();
        let mut svg = Svg::new(WIDTH, HEIGHT + 70.0 + 18.0 * n as f64);
        let plot = self.plot();
        plot.draw_y(&mut svg);
        plot.draw_x(&mut svg);
        for (i, line) in self.lines.iter().enumerate() {
            draw_band(&mut svg, &plot, line, risk_group(i, n).0);
        }
        let labels = label_heights(&plot, &self.lines);
        for (i, line) in self.lines.iter().enumerate() {
            let (colour, dash) = risk_group(i, n);
            let steps = steps(&plot, &line.times, line.survival.iter().copied());
            svg.polyline(&steps, Stroke::new(colour, 2.2).dashed(dash));
            let end = (plot.right() + 8.0, labels[i] + 4.0);
            let look = Type::new(12.0, Anchor::Start).bold().colour(darker(colour));
            svg.text(end, &line.name, look);
        }
        self.draw_at_risk(&mut svg, &plot);
        svg.finish(&self.title, &self.describe(&plot))
    }

    fn plot(&self) -> Plot {
        let last = self.last_time();
        let lowest = self
            .lines
            .iter()
            .flat_map(|g| g.times.iter().zip(&g.survival).zip(&g.lower))
            .filter(|((time, _), _)| **time <= last)
            .map(|((_, survival), lower)| lower.unwrap_or(*survival))
            .fold(0.9, f64::min);
        let mut x = Axis::new(0.0, last, 6, &self.time_axis);
        x.high = last;
        x.ticks.retain(|t| *t <= last + 1e-9);
        if !self.at_risk_times.is_empty() {
            x = x.with_ticks(self.at_risk_times.clone());
        }
        let y = Axis::new(lowest, 1.0, 5, &self.survival_axis).in_percent();
        let widest =
            self.lines.iter().map(|l| text_width(&l.short_name, SMALL)).fold(0.0, f64::max);
        let left = (widest + 36.0).max(84.0);
        Plot { left, top: 34.0, width: WIDTH - left - 100.0, height: HEIGHT - 60.0, x, y }
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
        svg.text((10.0, top), "Number at risk", Type::new(SMALL, Anchor::Start).colour(QUIET));
        for (i, line) in self.lines.iter().enumerate() {
            let y = top + 18.0 * (i + 1) as f64;
            let (colour, _) = risk_group(i, self.lines.len());
            let look = Type::new(SMALL, Anchor::Start).bold().colour(darker(colour));
            svg.text((10.0, y), &line.short_name, look);
            for (&time, &n) in self.at_risk_times.iter().zip(&line.at_risk) {
                svg.text((plot.x(time), y), &thousands(n), Type::new(SMALL, Anchor::Middle));
            }
            let look = Type::new(SMALL, Anchor::Start).colour(QUIET);
            svg.text((plot.right() + 26.0, y), &line.note, look);
        }
    }

    fn describe(&self, plot: &Plot) -> String {
        let one = |g: &SurvivalLine| {
            let end = survival_at_end(plot, g);
            format!("{}: {} subjects, {:.1} % free at the end", g.name, g.n, 100.0 * end)
        };
        self.lines.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

/// Survival at the end of the plot.
fn survival_at_end(plot: &Plot, line: &SurvivalLine) -> f64 {
    let shown = line.times.partition_point(|time| *time <= plot.x.high);
    shown.checked_sub(1).map_or(1.0, |last| line.survival[last])
}

/// Corner points of a right-continuous step curve that starts at 1, up to the end of the plot.
fn steps(plot: &Plot, times: &[f64], values: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
    let (mut points, mut now) = (vec![plot.at(0.0, 1.0)], 1.0);
    for (&time, value) in times.iter().zip(values).take_while(|(time, _)| **time <= plot.x.high) {
        points.push(plot.at(time, now));
        points.push(plot.at(time, value));
        now = value;
    }
    points.push(plot.at(plot.x.high, now));
    points
}

fn draw_band(svg: &mut Svg, plot: &Plot, line: &SurvivalLine, colour: &str) {
    let filled = |bounds: &[Option<f64>]| -> Vec<f64> {
        line.survival.iter().zip(bounds).map(|(s, b)| b.unwrap_or(*s)).collect()
    };
    let lower = filled(&line.lower).into_iter().map(|v| v.max(plot.y.low));
    let mut outline = steps(plot, &line.times, filled(&line.upper).into_iter());
    let mut back = steps(plot, &line.times, lower);
    back.reverse();
    outline.extend(back);
    svg.polygon(&outline, colour, 0.14);
}

/// Heights of the curves' labels, pushed apart where they would overlap.
fn label_heights(plot: &Plot, lines: &[SurvivalLine]) -> Vec<f64> {
    let end = |g: &SurvivalLine| plot.y(survival_at_end(plot, g));
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

/// Light line colours are too pale for text.
fn darker(colour: &str) -> &str {
    match colour {
        "#8fb8d8" => "#3f6f94",
        "#4f8fc0" => "#2b5f88",
        other => other,
    }
}

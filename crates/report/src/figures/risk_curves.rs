//! Predicted risk of a shown subject over time, among those of all test subjects.

use crate::format::fixed;
use crate::results::{CohortRisk, SaliencyResults, ShownSubject, StudyResults};
use vertebra_charts::Figure;
use vertebra_charts::palette::{ACCENT, INK, QUIET};
use vertebra_charts::plot::{Area, Axis, Plot, SMALL, WIDTH};
use vertebra_charts::svg::{Anchor, Point, Stroke, Svg, Text, text_width};

const HEIGHT: f64 = 230.0;

/// One drawing per shown subject.
pub(crate) fn curves(results: &StudyResults) -> Vec<Figure> {
    let Some(saliency) = &results.saliency else { return Vec::new() };
    let drawn = |(k, subject): (usize, &ShownSubject)| curve(k, subject, saliency);
    (1..).zip(&saliency.shown).filter_map(drawn).collect()
}

fn curve(k: usize, subject: &ShownSubject, saliency: &SaliencyResults) -> Option<Figure> {
    let cohort = &saliency.cohort_risk;
    let (last, own) = (cohort.last()?, subject.risk.last()?);
    let high = last.percentiles[4].max(*own).max(0.05);
    let x = Axis::new(0.0, last.time, 6, "Years from the baseline radiograph");
    let y = Axis::new(0.0, high, 4, "Predicted risk, %").in_percent();
    let area = Area { left: 44.0, top: 34.0, width: WIDTH - 184.0, height: HEIGHT - 84.0 };
    let plot = Plot::new(area, x.with_ends(0.0, last.time), y);
    let mut svg = Svg::new(WIDTH, HEIGHT);
    plot.draw(&mut svg);
    for (low, high, opacity) in [(0, 4, 0.12), (1, 3, 0.18)] {
        let mut outline = line(&plot, cohort, |at| at.percentiles[high]);
        outline.extend(line(&plot, cohort, |at| at.percentiles[low]).into_iter().rev());
        svg.polygon(&outline, QUIET, opacity);
    }
    let median = line(&plot, cohort, |at| at.percentiles[2]);
    svg.polyline(&median, Stroke::new(QUIET, 1.4).dashed("4 3"));
    let mut own_line = vec![plot.at(0.0, 0.0)];
    own_line.extend(cohort.iter().zip(&subject.risk).map(|(at, risk)| plot.at(at.time, *risk)));
    svg.polyline(&own_line, Stroke::new(ACCENT, 2.6));
    if subject.event && subject.time <= last.time {
        event(&mut svg, &plot, subject.time);
    }
    labels(&mut svg, &plot, (*own, last.percentiles[2]));
    let description = format!(
        "{}: predicted risk {} % at {} years, median of all {} %.",
        subject.why,
        fixed(100.0 * own, 1),
        fixed(last.time, 1),
        fixed(100.0 * last.percentiles[2], 1)
    );
    let caption = "Predicted risk of the subject (blue), of half of all test subjects (dark band), \
                   of nine in ten (light band), and their median (dashed).";
    let svg = svg.finish("Predicted risk over time", &description);
    Some(Figure::new(format!("risk-of-subject-{k}"), caption, svg))
}

fn line(plot: &Plot, cohort: &[CohortRisk], value: impl Fn(&CohortRisk) -> f64) -> Vec<Point> {
    let rest = cohort.iter().map(|at| plot.at(at.time, value(at)));
    std::iter::once(plot.at(0.0, 0.0)).chain(rest).collect()
}

/// A line at the time of the event, and its name beside it: above would be the title of the axis.
fn event(svg: &mut Svg, plot: &Plot, time: f64) {
    let at = plot.x(time);
    let stroke = Stroke::new(INK, 1.2).dashed("2 2");
    svg.line((at, plot.top()), (at, plot.bottom()), stroke);
    let name = "fracture";
    let half = text_width(name, SMALL) / 2.0 + 5.0;
    let beside = if at + 2.0 * half <= plot.right() { at + half } else { at - half };
    svg.label((beside, plot.top() + 10.0), name, SMALL);
}

/// Names at the ends of both lines, apart where these end close together.
fn labels(svg: &mut Svg, plot: &Plot, (own, median): (f64, f64)) {
    let (own_y, median_y) = (plot.y(own), plot.y(median));
    let apart = if own_y <= median_y { 15.0 } else { -15.0 };
    let second = if (own_y - median_y).abs() < 15.0 { own_y + apart } else { median_y };
    let x = plot.right() + 8.0;
    let look = Text::new(12.0, Anchor::Start).bold().colour(ACCENT);
    svg.text((x, own_y + 4.0), &format!("subject, {} %", fixed(100.0 * own, 1)), look);
    let look = Text::new(SMALL, Anchor::Start).colour(QUIET);
    svg.text((x, second + 4.0), &format!("median, {} %", fixed(100.0 * median, 1)), look);
}

//! Kaplan-Meier curves by risk group, with the numbers at risk.

use crate::Figure;
use crate::format::{p_equals, thousands};
use crate::palette::risk_group;
use crate::plot::{Axis, Plot, SMALL};
use crate::svg::{Anchor, QUIET, Stroke, Svg, Type};
use vertebra_study::{RiskGroup, RiskGroups};

const WIDTH: f64 = 700.0;
const HEIGHT: f64 = 280.0;

/// File names of the first figures of this kind.
const IDS: [&str; 6] = [
    "risk-groups-1",
    "risk-groups-2",
    "risk-groups-3",
    "risk-groups-4",
    "risk-groups-5",
    "risk-groups-6",
];

/// One model's risk groups on the test set.
pub(crate) fn curves((index, groups): (usize, &RiskGroups)) -> Figure {
    let n = groups.groups.len();
    let mut svg = Svg::new(WIDTH, HEIGHT + 70.0 + 18.0 * n as f64);
    let plot = plot(groups);
    plot.draw_y(&mut svg);
    plot.draw_x(&mut svg);
    for (i, group) in groups.groups.iter().enumerate() {
        draw_band(&mut svg, &plot, group, risk_group(i, n).0);
    }
    let labels = label_heights(&plot, &groups.groups);
    for (i, group) in groups.groups.iter().enumerate() {
        let (colour, dash) = risk_group(i, n);
        let steps = steps(&plot, &group.times, group.survival.iter().copied());
        svg.polyline(&steps, Stroke::new(colour, 2.2).dashed(dash));
        let end = (plot.right() + 8.0, labels[i] + 4.0);
        let name = format!("{} risk", capitalised(&group.label));
        svg.text(end, &name, Type::new(12.0, Anchor::Start).bold().colour(darker(colour)));
    }
    draw_at_risk(&mut svg, &plot, groups);
    let p = groups.log_rank_p.map(|p| format!("; log-rank test, {}", p_equals(p)));
    let caption = format!(
        "Freedom from vertebral fracture on the test set by risk group of “{}”, cut at the \
         development set’s quantiles (Kaplan–Meier, 95 % log–log bands{}).",
        groups.model,
        p.unwrap_or_default()
    );
    let description = describe(&plot, groups);
    let svg =
        svg.finish(&format!("Kaplan-Meier curves by risk group, {}", groups.model), &description);
    Figure { id: IDS[index.min(IDS.len() - 1)], caption, svg }
}

fn plot(groups: &RiskGroups) -> Plot {
    let last = last_time(groups);
    let lowest = groups
        .groups
        .iter()
        .flat_map(|g| g.times.iter().zip(&g.survival).zip(&g.lower))
        .filter(|((time, _), _)| **time <= last)
        .map(|((_, survival), lower)| lower.unwrap_or(*survival))
        .fold(0.9, f64::min);
    let mut x = Axis::new(0.0, last, 6, "Years from the baseline radiograph");
    x.high = last;
    x.ticks.retain(|t| *t <= last + 1e-9);
    if !groups.at_risk_times.is_empty() {
        x = x.with_ticks(groups.at_risk_times.clone());
    }
    let y = Axis::new(lowest, 1.0, 5, "Free of vertebral fracture, %").in_percent();
    Plot { left: 84.0, top: 34.0, width: WIDTH - 84.0 - 100.0, height: HEIGHT - 60.0, x, y }
}

/// The curves end where the numbers at risk end: beyond, a few subjects would carry them.
fn last_time(groups: &RiskGroups) -> f64 {
    let listed = groups.at_risk_times.iter().copied().fold(0.0, f64::max);
    if listed > 0.0 {
        return listed;
    }
    groups.groups.iter().flat_map(|g| g.times.iter().copied()).fold(1.0, f64::max)
}

/// Survival at the end of the plot.
fn survival_at_end(plot: &Plot, group: &RiskGroup) -> f64 {
    let shown = group.times.partition_point(|time| *time <= plot.x.high);
    shown.checked_sub(1).map_or(1.0, |last| group.survival[last])
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

fn draw_band(svg: &mut Svg, plot: &Plot, group: &RiskGroup, colour: &str) {
    let filled = |bounds: &[Option<f64>]| -> Vec<f64> {
        group.survival.iter().zip(bounds).map(|(s, b)| b.unwrap_or(*s)).collect()
    };
    let lower = filled(&group.lower).into_iter().map(|v| v.max(plot.y.low));
    let mut outline = steps(plot, &group.times, filled(&group.upper).into_iter());
    let mut back = steps(plot, &group.times, lower);
    back.reverse();
    outline.extend(back);
    svg.polygon(&outline, colour, 0.14);
}

/// Heights of the curves' labels, pushed apart where they would overlap.
fn label_heights(plot: &Plot, groups: &[RiskGroup]) -> Vec<f64> {
    let end = |g: &RiskGroup| plot.y(survival_at_end(plot, g));
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by(|&a, &b| end(&groups[a]).total_cmp(&end(&groups[b])));
    let mut heights = vec![0.0; groups.len()];
    let mut free = f64::NEG_INFINITY;
    for i in order {
        heights[i] = end(&groups[i]).max(free);
        free = heights[i] + 15.0;
    }
    heights
}

fn draw_at_risk(svg: &mut Svg, plot: &Plot, groups: &RiskGroups) {
    let top = plot.bottom() + 62.0;
    svg.text((10.0, top), "Number at risk", Type::new(SMALL, Anchor::Start).colour(QUIET));
    for (i, group) in groups.groups.iter().enumerate() {
        let y = top + 18.0 * (i + 1) as f64;
        let (colour, _) = risk_group(i, groups.groups.len());
        let look = Type::new(SMALL, Anchor::Start).bold().colour(darker(colour));
        svg.text((10.0, y), &capitalised(&group.label), look);
        for (&time, &n) in groups.at_risk_times.iter().zip(&group.at_risk) {
            svg.text((plot.x(time), y), &thousands(n), Type::new(SMALL, Anchor::Middle));
        }
        let size = format!("{} fractures", thousands(group.size.events));
        let look = Type::new(SMALL, Anchor::Start).colour(QUIET);
        svg.text((plot.right() + 26.0, y), &size, look);
    }
}

/// Light line colours are too pale for text.
fn darker(colour: &str) -> &str {
    match colour {
        "#8fb8d8" => "#3f6f94",
        "#4f8fc0" => "#2b5f88",
        other => other,
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn describe(plot: &Plot, groups: &RiskGroups) -> String {
    let one = |g: &RiskGroup| {
        let end = survival_at_end(plot, g);
        format!("{} risk: {} subjects, {:.1} % free at the end", g.label, g.size.n, 100.0 * end)
    };
    groups.groups.iter().map(one).collect::<Vec<_>>().join("; ")
}

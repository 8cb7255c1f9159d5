//! The flow chart of the subjects.

use crate::format::{counted, thousands};
use crate::results::SetSize;
use vertebra_charts::Figure;
use vertebra_charts::palette::{INK, QUIET};
use vertebra_charts::plot::{SMALL, WIDTH};
use vertebra_charts::svg::{Anchor, Stroke, Svg, Text};
use vertebra_cohort::EligibilityFlow;

const SPINE: f64 = 190.0;
const BOX: f64 = 300.0;
const ASIDE: f64 = 390.0;
const STEP: f64 = 40.0;
const FILL: &str = "#f6f8fa";
const EDGE: &str = "#9aa5b1";

/// Everyone at the top, one branch per exclusion, the sets at the bottom, where there are two.
pub(crate) fn flow(flow: &EligibilityFlow, events: usize, sets: &[(&str, SetSize)]) -> Figure {
    let n_steps = flow.steps().len() as f64;
    let height = 60.0 + n_steps * STEP + if sets.is_empty() { 90.0 } else { 190.0 };
    let mut svg = Svg::new(WIDTH, height);
    let start = format!("{} in the cohort", counted(flow.start(), "subject"));
    let mut y = 10.0;
    block(&mut svg, SPINE, y, BOX, &[&start]);
    y += 36.0;
    let top = y;
    for step in flow.steps() {
        y += STEP;
        exclusion(&mut svg, y, &step.reason, step.excluded, step.not_recorded);
    }
    y += STEP;
    arrow(&mut svg, (SPINE, top), (SPINE, y));
    let analysed = format!("{} analysed", counted(flow.remaining(), "subject"));
    let fractured = format!("{} with an incident fracture", thousands(events));
    block(&mut svg, SPINE, y, BOX, &[&analysed, &fractured]);
    branches(&mut svg, y + 54.0, sets);
    let title = "Flow of subjects";
    let description = format!("{start}; {analysed}.");
    let caption = "Flow of subjects. Exclusions were applied in this order; each subject left at \
                   the first that held, so the counts add up.";
    Figure::new("flow", caption, svg.finish(title, &description))
}

/// The sets side by side below `y`.
fn branches(svg: &mut Svg, y: f64, sets: &[(&str, SetSize)]) {
    let last = SPINE + 330.0 * sets.len().saturating_sub(1) as f64;
    let branch = y + 22.0;
    if !sets.is_empty() {
        svg.line((SPINE, y), (SPINE, branch), Stroke::new(QUIET, 1.2));
        svg.line((SPINE, branch), (last, branch), Stroke::new(QUIET, 1.2));
    }
    for (k, (name, size)) in sets.iter().enumerate() {
        let x = SPINE + 330.0 * k as f64;
        arrow(svg, (x, branch), (x, branch + 22.0));
        set(svg, x, branch + 22.0, name, *size);
    }
}

/// A box with its top middle at `(x, y)`; the first line is bold.
fn block(svg: &mut Svg, x: f64, y: f64, width: f64, lines: &[&str]) {
    let height = 18.0 * lines.len() as f64 + 18.0;
    svg.outline((x - width / 2.0, y), (width, height), FILL, EDGE);
    for (i, line) in lines.iter().enumerate() {
        let look = Text::new(13.0, Anchor::Middle);
        let look = if i == 0 { look.bold() } else { look };
        svg.text((x, y + 22.5 + 18.0 * i as f64), line, look);
    }
}

fn set(svg: &mut Svg, x: f64, y: f64, name: &str, size: SetSize) {
    let (n, events) = (counted(size.n, "subject"), counted(size.events, "fracture"));
    block(svg, x, y, 250.0, &[name, &format!("{n}, {events}")]);
}

fn exclusion(svg: &mut Svg, y: f64, reason: &str, excluded: usize, not_recorded: usize) {
    arrow(svg, (SPINE, y), (ASIDE - 20.0, y));
    let quiet = if excluded == 0 { QUIET } else { INK };
    let look = Text::new(13.0, Anchor::End).bold().colour(quiet);
    svg.text((ASIDE + 28.0, y + 4.5), &thousands(excluded), look);
    svg.text((ASIDE + 38.0, y + 4.5), reason, Text::new(13.0, Anchor::Start).colour(quiet));
    if not_recorded > 0 {
        let text = format!("not recorded for {}, who stayed", thousands(not_recorded));
        let look = Text::new(SMALL, Anchor::Start).colour(QUIET);
        svg.text((ASIDE + 38.0, y + 18.5), &text, look);
    }
}

fn arrow(svg: &mut Svg, from: (f64, f64), to: (f64, f64)) {
    svg.line(from, to, Stroke::new(QUIET, 1.2));
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1e-9);
    let (ux, uy) = (dx / length, dy / length);
    let back = (to.0 - 7.0 * ux, to.1 - 7.0 * uy);
    let side = (3.5 * uy, -3.5 * ux);
    svg.polygon(
        &[to, (back.0 + side.0, back.1 + side.1), (back.0 - side.0, back.1 - side.1)],
        QUIET,
        1.0,
    );
}

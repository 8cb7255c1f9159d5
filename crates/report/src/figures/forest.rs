//! Estimates with intervals, one a row.

use crate::Figure;
use crate::format::{estimate, p_value, years};
use crate::plot::{Axis, Plot, SMALL};
use crate::svg::{Anchor, GRID, INK, QUIET, Stroke, Svg, Type};
use vertebra_study::{Comparison, Estimate, EvaluationSet, StudyResults, Subgroup};

const WIDTH: f64 = 700.0;
/// Width of the numbers to the right of the axis.
const NUMBERS: f64 = 150.0;

struct Row {
    label: String,
    /// Below the label, in lighter print.
    second: String,
    estimate: Estimate,
    p: Option<f64>,
    bold: bool,
}

struct Forest<'a> {
    rows: Vec<Row>,
    left: f64,
    axis: Axis,
    /// Where there is no effect.
    neutral: f64,
    heading: &'a str,
    row_height: f64,
}

/// AUC of each image variant.
pub(crate) fn variants(results: &StudyResults) -> Option<Figure> {
    let first = results.variants.first()?;
    let rows: Vec<Row> = results
        .variants
        .iter()
        .map(|v| Row {
            label: v.variant.label().replace('-', "–"),
            second: String::new(),
            estimate: v.auc,
            p: None,
            bold: v.chosen,
        })
        .collect();
    let (low, high) = bounds(&rows, 0.5);
    let title = format!("AUC at {} years", years(first.horizon));
    let axis = Axis::new(low, high.min(1.0), 5, &title);
    let heading = "AUC (95 % interval)";
    let row_height = 27.0;
    let forest = Forest { rows, left: 195.0, axis, neutral: 0.5, heading, row_height };
    let caption = "Image variants compared on the validation folds of the development set. The \
                   chosen one is in bold; the dashed line is chance."
        .to_owned();
    Some(Figure { id: "variants", caption, svg: forest.draw("AUC of the image variants") })
}

/// Paired differences of C on the test set, all subjects.
pub(crate) fn differences(results: &StudyResults) -> Option<Figure> {
    let here = |c: &&Comparison| c.set == EvaluationSet::Test && c.subgroup == Subgroup::All;
    let rows: Vec<Row> = results
        .comparisons
        .iter()
        .filter(here)
        .map(|c| Row {
            label: c.first.clone(),
            second: format!("less {}", c.second),
            estimate: c.difference,
            p: Some(c.p_holm),
            bold: false,
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let (low, high) = bounds(&rows, 0.0);
    let axis = Axis::new(low, high, 4, "Difference of Harrell’s C");
    let heading = "Difference (95 % interval)";
    let row_height = 42.0;
    let forest = Forest { rows, left: 215.0, axis, neutral: 0.0, heading, row_height };
    let caption = "Paired differences of Harrell’s C on the test set, with intervals from their \
                   joint standard error. Right of the dashed line the first model ranks better."
        .to_owned();
    Some(Figure { id: "differences", caption, svg: forest.draw("Differences of concordance") })
}

fn bounds(rows: &[Row], neutral: f64) -> (f64, f64) {
    let low = rows.iter().map(|r| r.estimate.lower).fold(neutral, f64::min);
    let high = rows.iter().map(|r| r.estimate.upper).fold(neutral, f64::max);
    (low, high)
}

impl Forest<'_> {
    fn draw(self, title: &str) -> String {
        let height = 34.0 + self.row_height * self.rows.len() as f64 + 50.0;
        let mut svg = Svg::new(WIDTH, height);
        let with_p = self.rows.iter().any(|row| row.p.is_some());
        let plot = Plot {
            left: self.left,
            top: 30.0,
            width: WIDTH - self.left - NUMBERS - if with_p { 65.0 } else { 15.0 },
            height: self.row_height * self.rows.len() as f64,
            x: self.axis.clone(),
            y: Axis::new(0.0, 1.0, 1, ""),
        };
        for &tick in &plot.x.ticks {
            let x = plot.x(tick);
            svg.line((x, plot.top), (x, plot.bottom()), Stroke::new(GRID, 1.0));
        }
        let neutral = plot.x(self.neutral);
        let line = Stroke::new(QUIET, 1.2).dashed("4 3");
        svg.line((neutral, plot.top), (neutral, plot.bottom()), line);
        plot.draw_x(&mut svg);
        let heading = Type::new(SMALL, Anchor::Start).colour(QUIET);
        svg.text((plot.right() + 14.0, 18.0), self.heading, heading);
        if with_p {
            svg.text((plot.right() + 14.0 + NUMBERS, 18.0), "P, Holm", heading);
        }
        for (i, row) in self.rows.iter().enumerate() {
            row.draw(&mut svg, &plot, plot.top + self.row_height * (i as f64 + 0.5));
        }
        let texts: Vec<_> = self
            .rows
            .iter()
            .map(|r| format!("{} {}: {}", r.label, r.second, estimate(&r.estimate, 3)))
            .collect();
        svg.finish(title, &texts.join("; "))
    }
}

impl Row {
    fn draw(&self, svg: &mut Svg, plot: &Plot, y: f64) {
        let look = |anchor| {
            let look = Type::new(12.0, anchor);
            if self.bold { look.bold() } else { look }
        };
        let two_lines = if self.second.is_empty() { 0.0 } else { 7.5 };
        svg.text((plot.left - 12.0, y + 4.0 - two_lines), &self.label, look(Anchor::End));
        let quiet = Type::new(SMALL, Anchor::End).colour(QUIET);
        svg.text((plot.left - 12.0, y + 4.0 + two_lines), &self.second, quiet);
        let numbers = estimate(&self.estimate, 3);
        svg.text((plot.right() + 14.0, y + 4.0), &numbers, look(Anchor::Start));
        if let Some(p) = self.p {
            let at = (plot.right() + 14.0 + NUMBERS, y + 4.0);
            svg.text(at, &p_value(p), look(Anchor::Start));
        }
        let e = &self.estimate;
        let width = if self.bold { 2.4 } else { 1.4 };
        svg.line((plot.x(e.lower), y), (plot.x(e.upper), y), Stroke::new(INK, width));
        let colour = if self.bold { "#0b5394" } else { INK };
        svg.dot((plot.x(e.value), y), 5.0, colour, &numbers);
    }
}

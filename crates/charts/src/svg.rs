//! A drawing in SVG: plain shapes and text with their look written on each, so that the same text
//! stands alone as a file and inside a page.
//!
//! A shape with a coordinate that is not finite is not drawn.
//!
//! ```
//! use vertebra_charts::svg::{Anchor, Stroke, Svg, Text};
//! let mut svg = Svg::new(200.0, 50.0);
//! svg.line((10.0, 40.0), (190.0, 40.0), Stroke::new("#1c2430", 1.0));
//! svg.text((100.0, 30.0), "a line", Text::new(12.0, Anchor::Middle));
//! assert!(svg.finish("A line", "One line and its name.").starts_with("<svg"));
//! ```

use crate::number::short as n;
use crate::palette::INK;
use maud::{Markup, PreEscaped, html};

/// Families for text in charts.
const FONT: &str = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";

/// `(x, y)` in px; x to the right, y down.
pub type Point = (f64, f64);

/// How a line looks.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Stroke<'a> {
    /// `#rrggbb`.
    pub colour: &'a str,
    /// Width in px.
    pub width: f64,
    /// SVG's `stroke-dasharray`; empty for a solid line.
    pub dash: &'a str,
}

impl<'a> Stroke<'a> {
    /// A solid line.
    #[must_use]
    pub const fn new(colour: &'a str, width: f64) -> Self {
        Self { colour, width, dash: "" }
    }

    /// The line with a dash pattern.
    #[must_use]
    pub const fn dashed(self, dash: &'a str) -> Self {
        Self { dash, ..self }
    }
}

/// Where text stands relative to its point. There are no more than these three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// To the right of it.
    Start,
    /// Around it.
    Middle,
    /// To the left of it.
    End,
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Text<'a> {
    /// Size in px.
    pub size: f64,
    /// Where it stands.
    pub anchor: Anchor,
    /// Whether it is set in bold.
    pub bold: bool,
    /// `#rrggbb`.
    pub colour: &'a str,
}

impl<'a> Text<'a> {
    /// Regular text in the colour of the axes.
    #[must_use]
    pub const fn new(size: f64, anchor: Anchor) -> Self {
        Self { size, anchor, bold: false, colour: INK }
    }

    /// The text in bold.
    #[must_use]
    pub const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// The text in another colour.
    #[must_use]
    pub const fn colour(self, colour: &'a str) -> Self {
        Self { colour, ..self }
    }
}

/// A drawing being made.
#[derive(Debug, Clone)]
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    /// An empty drawing of this size, px.
    #[must_use]
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    fn push(&mut self, coordinates: &[f64], shape: Markup) {
        if coordinates.iter().all(|c| c.is_finite()) {
            self.body.push_str(&shape.into_string());
            self.body.push('\n');
        }
    }

    /// A straight line.
    pub fn line(&mut self, from: Point, to: Point, stroke: Stroke<'_>) {
        let shape = html! {
            line x1=(n(from.0)) y1=(n(from.1)) x2=(n(to.0)) y2=(n(to.1)) stroke=(stroke.colour)
                stroke-width=(n(stroke.width)) stroke-dasharray=[dash(stroke)] {}
        };
        self.push(&[from.0, from.1, to.0, to.1], shape);
    }

    /// A line through several points; a point that is not finite interrupts it.
    pub fn polyline(&mut self, points: &[Point], stroke: Stroke<'_>) {
        let runs = points.split(|p| !(p.0.is_finite() && p.1.is_finite()));
        for run in runs.filter(|run| !run.is_empty()) {
            let shape = html! {
                polyline points=(list(run)) fill="none" stroke=(stroke.colour)
                    stroke-width=(n(stroke.width)) stroke-linejoin="round"
                    stroke-dasharray=[dash(stroke)] {}
            };
            self.push(&[], shape);
        }
    }

    /// A filled polygon without an edge.
    pub fn polygon(&mut self, points: &[Point], fill: &str, opacity: f64) {
        let shape = html! {
            polygon points=(list(points)) fill=(fill) fill-opacity=(n(opacity)) stroke="none" {}
        };
        let coordinates: Vec<f64> = points.iter().flat_map(|p| [p.0, p.1]).collect();
        self.push(&coordinates, shape);
    }

    /// A rectangle with its hover text, which may be empty.
    pub fn rect(&mut self, corner: Point, size: Point, fill: &str, title: &str) {
        let shape = html! {
            rect x=(n(corner.0)) y=(n(corner.1)) width=(n(size.0)) height=(n(size.1)) fill=(fill) {
                @if !title.is_empty() { title { (title) } }
            }
        };
        self.push(&[corner.0, corner.1, size.0, size.1], shape);
    }

    /// An outlined box with rounded corners.
    pub fn outline(&mut self, corner: Point, size: Point, fill: &str, edge: &str) {
        let shape = html! {
            rect x=(n(corner.0)) y=(n(corner.1)) width=(n(size.0)) height=(n(size.1)) rx="3"
                fill=(fill) stroke=(edge) stroke-width="1" {}
        };
        self.push(&[corner.0, corner.1, size.0, size.1], shape);
    }

    /// A dot with its hover text, which may be empty.
    pub fn dot(&mut self, at: Point, radius: f64, fill: &str, title: &str) {
        let shape = html! {
            circle cx=(n(at.0)) cy=(n(at.1)) r=(n(radius)) fill=(fill) stroke="#ffffff"
                stroke-width="1" {
                @if !title.is_empty() { title { (title) } }
            }
        };
        self.push(&[at.0, at.1, radius], shape);
    }

    /// One line of text.
    pub fn text(&mut self, at: Point, text: &str, look: Text<'_>) {
        let anchor = match look.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = look.bold.then_some("600");
        let shape = html! {
            text x=(n(at.0)) y=(n(at.1)) font-size=(n(look.size)) text-anchor=(anchor)
                fill=(look.colour) font-weight=[weight] { (text) }
        };
        self.push(&[at.0, at.1], shape);
    }

    /// Text with a white rim, for places where lines pass.
    pub fn label(&mut self, at: Point, text: &str, size: f64) {
        let shape = html! {
            text x=(n(at.0)) y=(n(at.1)) font-size=(n(size)) text-anchor="middle" fill=(INK)
                stroke="#ffffff" stroke-width="3" paint-order="stroke" { (text) }
        };
        self.push(&[at.0, at.1], shape);
    }

    /// The finished drawing; `title` and `description` are for screen readers.
    #[must_use]
    pub fn finish(self, title: &str, description: &str) -> String {
        let view = format!("0 0 {} {}", n(self.width), n(self.height));
        html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox=(view) width=(n(self.width))
                height=(n(self.height)) role="img" font-family=(FONT)
                style="font-variant-numeric: tabular-nums" {
                title { (title) }
                desc { (description) }
                rect width="100%" height="100%" fill="#ffffff" {}
                (PreEscaped(self.body))
            }
        }
        .into_string()
    }
}

fn dash<'a>(stroke: Stroke<'a>) -> Option<&'a str> {
    (!stroke.dash.is_empty()).then_some(stroke.dash)
}

fn list(points: &[Point]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", n(*x), n(*y))).collect::<Vec<_>>().join(" ")
}

/// Rough width of a text in the charts' font, px.
#[must_use]
pub fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.53
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_without_a_finite_place_are_left_out() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.line((0.0, f64::NAN), (1.0, 1.0), Stroke::new(INK, 1.0));
        svg.dot((f64::INFINITY, 1.0), 2.0, INK, "");
        svg.text((1.0, f64::NAN), "lost", Text::new(9.0, Anchor::End));
        let points = [(0.0, 0.0), (1.0, 1.0), (f64::NAN, 2.0), (3.0, 3.0), (4.0, 4.0)];
        svg.polyline(&points, Stroke::new(INK, 1.0));
        let text = svg.finish("", "");
        assert!(!text.contains("NaN") && !text.contains("inf") && !text.contains("lost"));
        assert_eq!(text.matches("<polyline").count(), 2, "{text}");
    }

    #[test]
    fn text_is_escaped() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.text((1.0, 1.0), "p < 0.05 & more", Text::new(9.0, Anchor::Start).bold());
        let text = svg.finish("a \"title\"", "");
        assert!(text.contains("p &lt; 0.05 &amp; more"), "{text}");
        assert!(text.contains("font-weight=\"600\""));
    }
}

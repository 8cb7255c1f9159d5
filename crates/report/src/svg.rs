//! A drawing in SVG: plain shapes and text with their look written on each, so that the same text
//! stands alone as a file and inside a page.

use maud::{Markup, PreEscaped, html};

/// Families for text in figures; the same as the page's tables.
pub(crate) const FONT: &str = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";
/// Text and axes.
pub(crate) const INK: &str = "#1c2430";
/// Secondary text.
pub(crate) const QUIET: &str = "#5b6675";
/// Grid lines.
pub(crate) const GRID: &str = "#e3e7ec";

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke<'a> {
    pub(crate) colour: &'a str,
    pub(crate) width: f64,
    pub(crate) dash: &'a str,
}

impl<'a> Stroke<'a> {
    pub(crate) const fn new(colour: &'a str, width: f64) -> Self {
        Self { colour, width, dash: "" }
    }

    pub(crate) const fn dashed(self, dash: &'a str) -> Self {
        Self { dash, ..self }
    }
}

/// Where text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type<'a> {
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    pub(crate) bold: bool,
    pub(crate) colour: &'a str,
}

impl<'a> Type<'a> {
    pub(crate) const fn new(size: f64, anchor: Anchor) -> Self {
        Self { size, anchor, bold: false, colour: INK }
    }

    pub(crate) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(crate) const fn colour(self, colour: &'a str) -> Self {
        Self { colour, ..self }
    }
}

/// A drawing being made; `x` right, `y` down.
pub(crate) struct Svg {
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    fn push(&mut self, shape: Markup) {
        self.body.push_str(&shape.into_string());
        self.body.push('\n');
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        self.push(html! {
            line x1=(n(from.0)) y1=(n(from.1)) x2=(n(to.0)) y2=(n(to.1)) stroke=(stroke.colour)
                stroke-width=(n(stroke.width)) stroke-dasharray=[dash(stroke)] {}
        });
    }

    pub(crate) fn polyline(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        self.push(html! {
            polyline points=(list(points)) fill="none" stroke=(stroke.colour)
                stroke-width=(n(stroke.width)) stroke-linejoin="round"
                stroke-dasharray=[dash(stroke)] {}
        });
    }

    pub(crate) fn polygon(&mut self, points: &[(f64, f64)], fill: &str, opacity: f64) {
        self.push(html! {
            polygon points=(list(points)) fill=(fill) fill-opacity=(n(opacity)) stroke="none" {}
        });
    }

    /// A rectangle with its hover text.
    pub(crate) fn rect(&mut self, corner: (f64, f64), size: (f64, f64), fill: &str, title: &str) {
        self.push(html! {
            rect x=(n(corner.0)) y=(n(corner.1)) width=(n(size.0)) height=(n(size.1)) fill=(fill) {
                @if !title.is_empty() { title { (title) } }
            }
        });
    }

    /// An outlined box with rounded corners.
    pub(crate) fn outline(&mut self, corner: (f64, f64), size: (f64, f64), fill: &str, edge: &str) {
        self.push(html! {
            rect x=(n(corner.0)) y=(n(corner.1)) width=(n(size.0)) height=(n(size.1)) rx="3"
                fill=(fill) stroke=(edge) stroke-width="1" {}
        });
    }

    /// A dot with its hover text.
    pub(crate) fn dot(&mut self, at: (f64, f64), radius: f64, fill: &str, title: &str) {
        self.push(html! {
            circle cx=(n(at.0)) cy=(n(at.1)) r=(n(radius)) fill=(fill) stroke="#ffffff"
                stroke-width="1" {
                @if !title.is_empty() { title { (title) } }
            }
        });
    }

    pub(crate) fn text(&mut self, at: (f64, f64), text: &str, look: Type) {
        let anchor = match look.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = look.bold.then_some("600");
        self.push(html! {
            text x=(n(at.0)) y=(n(at.1)) font-size=(n(look.size)) text-anchor=(anchor)
                fill=(look.colour) font-weight=[weight] { (text) }
        });
    }

    /// Text with a white rim, for places where lines pass.
    pub(crate) fn label(&mut self, at: (f64, f64), text: &str, size: f64) {
        self.push(html! {
            text x=(n(at.0)) y=(n(at.1)) font-size=(n(size)) text-anchor="middle" fill=(INK)
                stroke="#ffffff" stroke-width="3" paint-order="stroke" { (text) }
        });
    }

    /// The finished drawing; `title` and `description` are for screen readers.
    pub(crate) fn finish(self, title: &str, description: &str) -> String {
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

/// A coordinate with at most two decimals.
fn n(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn list(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", n(*x), n(*y))).collect::<Vec<_>>().join(" ")
}

/// Rough width of a text in the figures' font, px.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.53
}

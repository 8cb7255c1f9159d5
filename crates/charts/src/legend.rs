//! Rows of labelled marks above a plot.

use crate::plot::SMALL;
use crate::svg::{Anchor, Stroke, Svg, Text, text_width};

/// One entry of a legend.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Mark<'a> {
    /// A filled square of this colour.
    Swatch(&'a str),
    /// A piece of line.
    Line(Stroke<'a>),
    /// An interval with end caps.
    Capped(Stroke<'a>),
}

/// Draws entries from the left edge at height `top`, breaking before `right`; returns the y below
/// the last row.
pub fn legend(svg: &mut Svg, right: f64, top: f64, entries: &[(Mark<'_>, &str)]) -> f64 {
    const LEFT: f64 = 10.0;
    let (mut x, mut y) = (LEFT, top);
    for (mark, label) in entries {
        let width = 26.0 + text_width(label, SMALL) + 18.0;
        if x > LEFT && x + width > right {
            (x, y) = (LEFT, y + 18.0);
        }
        match mark {
            Mark::Swatch(colour) => svg.rect((x + 6.0, y - 5.5), (11.0, 11.0), colour, ""),
            Mark::Line(stroke) => svg.line((x, y), (x + 20.0, y), *stroke),
            Mark::Capped(stroke) => {
                svg.line((x, y), (x + 20.0, y), *stroke);
                for end in [x, x + 20.0] {
                    svg.line((end, y - 3.5), (end, y + 3.5), *stroke);
                }
            }
        }
        svg.text((x + 26.0, y + 4.0), label, Text::new(SMALL, Anchor::Start));
        x += width;
    }
    y + 18.0
}

//! Colours that stay apart for colour-blind eyes and in grey (after Okabe and Ito), each with a
//! dash pattern, so that no chart depends on colour alone.

/// Text and axes.
pub const INK: &str = "#1c2430";
/// Secondary text.
pub const QUIET: &str = "#5b6675";
/// Grid lines.
pub const GRID: &str = "#e3e7ec";
/// The colour of what a chart is about.
pub const ACCENT: &str = "#0b5394";

/// The look of one series: a colour and a dash pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Style {
    /// `#rrggbb`.
    pub colour: String,
    /// SVG's `stroke-dasharray`; empty for a solid line.
    pub dash: String,
}

impl Style {
    /// A colour, `#rrggbb`, and a dash pattern, which may be empty.
    #[must_use]
    pub fn new(colour: impl Into<String>, dash: impl Into<String>) -> Self {
        Self { colour: colour.into(), dash: dash.into() }
    }

    /// The look of the series with this index among unordered ones; repeats after six.
    #[must_use]
    pub fn series(index: usize) -> Self {
        const SERIES: [(&str, &str); 6] = [
            (ACCENT, ""),
            ("#e69f00", "7 3"),
            ("#b5668f", "4 4"),
            ("#56b4e9", "9 3 2 3"),
            ("#75818f", "2 2"),
            (INK, "1.5 3.5"),
        ];
        let (colour, dash) = SERIES[index % SERIES.len()];
        Self::new(colour, dash)
    }

    /// The look of group `index` of `n` in order of increasing risk: from light to dark.
    #[must_use]
    pub fn risk_group(index: usize, n: usize) -> Self {
        const SHADES: [(&str, &str); 4] =
            [("#8fb8d8", "8 3"), ("#4f8fc0", "4 2"), ("#b5668f", "9 3 2 3"), ("#7a1f3d", "")];
        let (colour, dash) = if index + 1 >= n { SHADES[3] } else { SHADES[index.min(2)] };
        Self::new(colour, dash)
    }
}

/// Light line colours are too pale for text.
pub(crate) fn darker(colour: &str) -> &str {
    match colour {
        "#8fb8d8" => "#3f6f94",
        "#4f8fc0" => "#2b5f88",
        other => other,
    }
}

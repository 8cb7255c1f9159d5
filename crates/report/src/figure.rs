//! A finished figure.

use maud::{Markup, PreEscaped, html};

/// A figure with its caption, drawn in SVG.
#[derive(Debug, Clone)]
pub struct Figure {
    pub(crate) id: &'static str,
    pub(crate) caption: String,
    pub(crate) svg: String,
}

impl Figure {
    /// File name without extension.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id
    }

    /// What the figure shows.
    #[must_use]
    pub fn caption(&self) -> &str {
        &self.caption
    }

    /// The drawing, a complete SVG file.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The figure as part of the page.
    pub(crate) fn to_html(&self) -> Markup {
        html! {
            figure.drawing id=(self.id) {
                (PreEscaped(&self.svg))
                figcaption { (self.caption) }
            }
        }
    }
}

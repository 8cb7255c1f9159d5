//! A finished figure.

use crate::{Error, report::write};
use maud::{Markup, PreEscaped, html};
use std::path::{Path, PathBuf};

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

    /// Writes the drawing as `<id>.svg` into `folder`, which is made if it does not exist.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Error> {
        let path = folder.join(format!("{}.svg", self.id));
        write(&path, &self.svg)?;
        Ok(path)
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

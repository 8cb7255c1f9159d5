//! A finished drawing with its caption, and what every chart can do.

use crate::Error;
use std::path::{Path, PathBuf};

/// Whatever draws itself as one SVG.
pub trait Chart {
    /// The drawing, a complete SVG file.
    fn to_svg(&self) -> String;

    /// The drawing as a figure with this file name (without extension) and caption.
    fn figure(&self, id: impl Into<String>, caption: impl Into<String>) -> Figure {
        Figure::new(id, caption, self.to_svg())
    }
}

/// A drawing in SVG with its caption.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Figure {
    /// File name without extension.
    pub id: String,
    /// What the figure shows.
    pub caption: String,
    /// The drawing, a complete SVG file.
    pub svg: String,
}

impl Figure {
    /// A drawing that is there already.
    #[must_use]
    pub fn new(id: impl Into<String>, caption: impl Into<String>, svg: String) -> Self {
        Self { id: id.into(), caption: caption.into(), svg }
    }

    /// Writes the drawing as `<id>.svg` into `folder`, which is made if it does not exist.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Error> {
        let path = folder.join(format!("{}.svg", self.id));
        let io = |source| Error::Io { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(io)?;
        vertebra_run::write_whole(&path, &self.svg)?;
        Ok(path)
    }
}

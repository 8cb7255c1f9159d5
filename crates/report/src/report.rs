//! From results to files.

use crate::pictures::Pictures;
use crate::{Error, Figure, Table, figures, page::Page, tables};
use std::path::{Path, PathBuf};
use vertebra_study::{SCHEMA_VERSION, StudyResults};

/// Tables, figures and the page of one study.
#[derive(Debug, Clone)]
pub struct Report {
    html: String,
    tables: Vec<Table>,
    figures: Vec<Figure>,
}

impl Report {
    /// Draws everything. `read_picture` gives the bytes of a PNG by its path relative to the run
    /// folder, or `None`; the page then says that the picture is absent.
    ///
    /// # Errors
    /// [`Error::SchemaVersion`] when the results were written by a program of another layout.
    pub fn new(
        results: &StudyResults,
        read_picture: impl FnMut(&str) -> Option<Vec<u8>>,
    ) -> Result<Self, Error> {
        if results.schema_version != SCHEMA_VERSION {
            return Err(Error::SchemaVersion(SCHEMA_VERSION, results.schema_version));
        }
        let (figures, tables) = (figures::all(results), tables::all(results));
        let pictures = Pictures::new(results, read_picture);
        let page = Page { results, figures: &figures, tables: &tables, pictures: &pictures };
        Ok(Self { html: page.render(), tables, figures })
    }

    /// The page: one file, no scripts, nothing loaded from elsewhere.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }

    /// All tables.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// All figures.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// Writes `tables/*.csv`, `tables/*.md`, `figures/*.svg` and, last, `report.html` into a run
    /// folder; returns the path of the page.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, run_folder: &Path) -> Result<PathBuf, Error> {
        for table in &self.tables {
            let stem = run_folder.join("tables").join(table.id());
            write(&stem.with_extension("csv"), &table.to_csv())?;
            write(&stem.with_extension("md"), &table.to_markdown())?;
        }
        for figure in &self.figures {
            figure.write(&run_folder.join("figures"))?;
        }
        let page = run_folder.join("report.html");
        write(&page, &self.html)?;
        Ok(page)
    }
}

/// Draws the report of `results` with the pictures of the run folder, and writes it there.
///
/// # Errors
/// [`Error::SchemaVersion`] or [`Error::Io`].
pub fn write_report(results: &StudyResults, run_folder: &Path) -> Result<PathBuf, Error> {
    Report::new(results, |file| std::fs::read(run_folder.join(file)).ok())?.write(run_folder)
}

/// A file is there whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let io = |source| Error::Io { path: path.display().to_string(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, text).map_err(io)?;
    std::fs::rename(&unfinished, path).map_err(io)
}

//! From results to files.

use crate::pictures::Pictures;
use crate::readme::readme;
use crate::results::{PooledResults, SCHEMA_VERSION, StudyResults, ValidationResults};
use crate::validation::{self, pooled};
use crate::{Error, Table, evaluation, figures, page::Page, tables};
use std::path::{Path, PathBuf};
use vertebra_charts::Figure;
use vertebra_evaluation::Evaluation;
use vertebra_run::write_whole;

/// Tables, figures and the page of one study.
#[derive(Debug, Clone)]
pub struct Report {
    html: String,
    tables: Vec<Table>,
    figures: Vec<Figure>,
    readme: String,
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
        check_version(results.schema_version)?;
        let (figures, tables) = (figures::all(results), tables::all(results));
        let pictures = Pictures::new(results, read_picture);
        let page = Page::new(results, &figures, &tables, &pictures);
        let readme = readme(&results.run.name, &results.files, &tables);
        let html = page.render();
        Ok(Self { html, tables, figures, readme })
    }

    /// Draws everything of a validation.
    ///
    /// # Errors
    /// [`Error::SchemaVersion`] when the results were written by a program of another layout.
    pub fn of_validation(results: &ValidationResults) -> Result<Self, Error> {
        check_version(results.schema_version)?;
        let figures = validation::figures::all(results);
        let tables = validation::tables::all(results);
        let html = validation::page::render(results, &figures, &tables);
        let readme = readme(&results.run.name, &results.files, &tables);
        Ok(Self { html, tables, figures, readme })
    }

    /// Draws everything of validations on several cohorts.
    ///
    /// # Errors
    /// [`Error::SchemaVersion`] when the results were written by a program of another layout.
    pub fn of_validations(results: &PooledResults) -> Result<Self, Error> {
        check_version(results.schema_version)?;
        let (figures, tables) = (pooled::figures(results), pooled::tables(results));
        let html = pooled::page(results, &figures, &tables);
        let readme = readme(&results.run.name, &[], &tables);
        Ok(Self { html, tables, figures, readme })
    }

    /// Draws everything of an evaluation of any scores, called `name`, beside `figures` that take
    /// the subjects themselves: `survival` and `calibration` have a place on the page.
    #[must_use]
    pub fn of_evaluation(evaluation: &Evaluation, name: &str, mut figures: Vec<Figure>) -> Self {
        figures.extend(evaluation::figures(evaluation));
        let tables = evaluation::tables(evaluation);
        let html = evaluation::page(evaluation, name, &figures, &tables);
        let readme = readme(name, &[], &tables);
        Self { html, tables, figures, readme }
    }

    /// The page: one file, nothing loaded from elsewhere; it reads without its script.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }

    /// All tables.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// What every file of the run folder and every column of its tables holds, as Markdown.
    #[must_use]
    pub fn readme(&self) -> &str {
        &self.readme
    }

    /// All figures.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// Writes `tables/*.csv`, `tables/*.md`, `figures/*.svg`, `README.md` and, last, `report.html`
    /// into a run folder; returns the path of the page.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, run_folder: &Path) -> Result<PathBuf, Error> {
        let [tables, figures] = ["tables", "figures"].map(|name| run_folder.join(name));
        for folder in [&tables, &figures] {
            let io = |source| Error::Io { path: folder.clone(), source };
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        for table in &self.tables {
            let stem = tables.join(table.id());
            write_whole(&stem.with_extension("csv"), table.to_csv())?;
            write_whole(&stem.with_extension("md"), table.to_markdown())?;
        }
        for figure in &self.figures {
            write_whole(&figures.join(&figure.id).with_extension("svg"), &figure.svg)?;
        }
        write_whole(&run_folder.join("README.md"), &self.readme)?;
        let page = run_folder.join("report.html");
        write_whole(&page, &self.html)?;
        Ok(page)
    }
}

fn check_version(got: u32) -> Result<(), Error> {
    match got {
        SCHEMA_VERSION => Ok(()),
        _ => Err(Error::SchemaVersion { path: PathBuf::new(), expected: SCHEMA_VERSION, got }),
    }
}

/// Draws the report of `results` with the pictures of the run folder, and writes it there.
///
/// # Errors
/// [`Error::SchemaVersion`] or [`Error::Io`].
pub fn write_report(results: &StudyResults, run_folder: &Path) -> Result<PathBuf, Error> {
    Report::new(results, |file| std::fs::read(run_folder.join(file)).ok())?.write(run_folder)
}

/// Draws the report of a validation, and writes it into its run folder.
///
/// # Errors
/// [`Error::SchemaVersion`] or [`Error::Io`].
pub fn write_validation_report(
    results: &ValidationResults,
    run_folder: &Path,
) -> Result<PathBuf, Error> {
    Report::of_validation(results)?.write(run_folder)
}

/// Draws the report of validations on several cohorts, and writes it into their run folder.
///
/// # Errors
/// [`Error::SchemaVersion`] or [`Error::Io`].
pub fn write_pooled_report(results: &PooledResults, run_folder: &Path) -> Result<PathBuf, Error> {
    Report::of_validations(results)?.write(run_folder)
}

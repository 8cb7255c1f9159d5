//! What a run folder says of the run and of every subject and film, so that results can be checked.

mod film_table;
mod outcome_columns;
mod point_columns;
pub(crate) mod run_files;
mod subject_table;
pub(crate) mod table;

use crate::Error;
use crate::stages::Context;
use crate::stages::decode::FilmFacts;
use crate::stages::keypoints::JudgedFilm;
use crate::stages::models::FittedModel;
use std::collections::BTreeMap;
use std::path::Path;
use vertebra_report::results::{RunFile, RunRecord};

/// What is known of the subjects at the end of a study.
#[derive(Clone, Copy)]
pub(crate) struct Findings<'a> {
    pub(crate) context: Context<'a>,
    /// Baseline films by name.
    pub(crate) films: &'a BTreeMap<String, FilmFacts>,
    /// What the detectors found on the film of each analysed subject.
    pub(crate) judged: &'a [JudgedFilm],
    pub(crate) models: &'a [FittedModel],
}

impl Findings<'_> {
    /// Writes the tables of subjects and films, the reference heights that were learnt, the
    /// configuration and the digests of the inputs into the run folder.
    ///
    /// # Errors
    /// [`Error::Io`] with the file.
    pub(crate) fn write(self, run: &RunRecord) -> Result<Vec<RunFile>, Error> {
        let folder = self.context.run_folder;
        let tables = folder.join("tables");
        std::fs::create_dir_all(&tables).map_err(Error::io(&tables))?;
        let mut files = run_files::write(run, folder)?;
        files.push(subject_table::write(self)?);
        files.push(film_table::write(self)?);
        if let Some(reference) = &self.context.data.reference {
            files.push(run_files::write_reference(reference, folder)?);
        }
        Ok(files)
    }
}

/// Writes the record of the run itself, with its times; the last file of a run.
///
/// # Errors
/// [`Error::Io`] with the file.
pub(crate) fn write_run(run: &RunRecord, folder: &Path) -> Result<(), Error> {
    run_files::write_run(run, folder)
}

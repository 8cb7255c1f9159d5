//! Writes `cohort.csv` and `visits.csv`.

use crate::column::{OPTIONAL, REQUIRED};
use crate::{Cohort, ColumnNames, DeclaredValue, Error, Subject, Visit};
use std::collections::BTreeMap;
use std::path::Path;

/// The subjects' file in a cohort folder.
pub(crate) const COHORT_FILE: &str = "cohort.csv";
/// The radiographs' file in a cohort folder.
pub(crate) const VISITS_FILE: &str = "visits.csv";
/// Columns of the radiographs' file.
pub(crate) const VISIT_COLUMNS: [&str; 8] =
    ["subject_id", "date", "radiograph", "view", "position", "quality", "spacing_mm", "bone"];

impl Cohort {
    /// Writes `cohort.csv` and `visits.csv` into a folder, which is made when absent, and
    /// `columns.toml` where there are declared columns; reading them gives the same subjects. The
    /// radiographs themselves are not touched.
    ///
    /// # Errors
    /// [`Error::Io`] with the file.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let declared: Vec<&String> = self.declared().keys().collect();
        let subjects = self.subjects().iter().map(|subject| row(subject, &declared));
        let rows = std::iter::once(header(&declared)).chain(subjects);
        write_rows(&folder.join(COHORT_FILE), rows)?;
        if !declared.is_empty() {
            let columns = BTreeMap::from([("covariates", self.declared())]);
            let path = folder.join(ColumnNames::FILE);
            let text = toml::to_string(&columns).map_err(std::io::Error::other);
            vertebra_run::write_whole(&path, text.map_err(Error::io(&path))?)?;
        }
        let heading = VISIT_COLUMNS.map(str::to_owned).to_vec();
        let visits = self.subjects().iter().flat_map(visit_rows);
        write_rows(&folder.join(VISITS_FILE), std::iter::once(heading).chain(visits))
    }
}

pub(crate) fn write_rows(
    path: &Path,
    mut rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Error> {
    vertebra_run::write_whole_with(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        rows.try_for_each(|row| writer.write_record(row))?;
        writer.flush()
    })?;
    Ok(())
}

fn header(declared: &[&String]) -> Vec<String> {
    let ours = REQUIRED.into_iter().chain(OPTIONAL.iter().map(|column| column.name));
    ours.chain(declared.iter().map(|name| name.as_str())).map(str::to_owned).collect()
}

fn row(subject: &Subject, declared: &[&String]) -> Vec<String> {
    let required = [subject.id.clone(), subject.sex.to_string(), subject.age.to_string()];
    let optional = OPTIONAL.iter().map(|column| column.text(subject).unwrap_or_default());
    let value = |name: &&String| subject.declared.get(*name).map(DeclaredValue::text);
    let declared = declared.iter().map(|name| value(name).unwrap_or_default());
    required.into_iter().chain(optional).chain(declared).collect()
}

fn visit_rows(subject: &Subject) -> Vec<Vec<String>> {
    let row = |visit: &Visit| {
        vec![
            subject.id.clone(),
            visit.date.map(|date| date.to_string()).unwrap_or_default(),
            visit.radiograph.to_string_lossy().replace('\\', "/"),
            visit.view.to_string(),
            visit.position.map(|p| p.to_string()).unwrap_or_default(),
            visit.quality.map(|q| q.to_string()).unwrap_or_default(),
            visit.spacing_mm.map(|mm| mm.to_string()).unwrap_or_default(),
            visit.bone.map(|bone| bone.to_string()).unwrap_or_default(),
        ]
    };
    subject.visits.iter().map(row).collect()
}

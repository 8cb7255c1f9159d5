//! Writes `cohort.csv` and `visits.csv`.

use crate::column::{OPTIONAL, REQUIRED};
use crate::{Error, Subject};
use std::path::Path;

/// The subjects' file in a cohort folder.
pub(crate) const COHORT_FILE: &str = "cohort.csv";
/// The radiographs' file in a cohort folder.
pub(crate) const VISITS_FILE: &str = "visits.csv";
/// Columns of the radiographs' file.
pub(crate) const VISIT_COLUMNS: [&str; 6] =
    ["subject_id", "date", "radiograph", "view", "position", "quality"];

pub(crate) fn write(folder: &Path, subjects: &[Subject]) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    write_rows(
        &folder.join(COHORT_FILE),
        std::iter::once(header()).chain(subjects.iter().map(row)),
    )?;
    let heading = VISIT_COLUMNS.map(str::to_owned).to_vec();
    write_rows(
        &folder.join(VISITS_FILE),
        std::iter::once(heading).chain(subjects.iter().flat_map(visit_rows)),
    )
}

pub(crate) fn write_rows(
    path: &Path,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Error> {
    let mut writer = csv::Writer::from_path(path).map_err(|e| Error::io(path, e))?;
    for row in rows {
        writer.write_record(row).map_err(|e| Error::io(path, e))?;
    }
    writer.flush().map_err(|e| Error::io(path, e))
}

fn header() -> Vec<String> {
    REQUIRED.into_iter().chain(OPTIONAL.iter().map(|c| c.name)).map(str::to_owned).collect()
}

fn row(subject: &Subject) -> Vec<String> {
    let required = [subject.id.clone(), subject.sex.to_string(), subject.age.to_string()];
    let optional = OPTIONAL.iter().map(|column| column.text(subject).unwrap_or_default());
    required.into_iter().chain(optional).collect()
}

fn visit_rows(subject: &Subject) -> Vec<Vec<String>> {
    let row = |visit: &crate::Visit| {
        vec![
            subject.id.clone(),
            visit.date.to_string(),
            visit.radiograph.to_string_lossy().replace('\\', "/"),
            visit.view.to_string(),
            visit.position.map(|p| p.to_string()).unwrap_or_default(),
            visit.quality.map(|q| q.to_string()).unwrap_or_default(),
        ]
    };
    subject.visits.iter().map(row).collect()
}

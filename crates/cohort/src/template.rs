//! Empty tables of a cohort, for a user to fill in, with what every column may hold.

use crate::column::{OPTIONAL, SUBJECT_ID, expected_age, expected_sex, one_of};
use crate::write::{COHORT_FILE, VISITS_FILE};
use crate::{Bone, ColumnNames, Date, Error, Position, Quality, View};
use std::path::Path;

/// A column of one of the two tables.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnDescription {
    /// Its name.
    pub name: &'static str,
    /// What a cell may hold.
    pub expected: String,
    /// What it says.
    pub meaning: &'static str,
}

fn column(
    name: &'static str,
    expected: impl Into<String>,
    meaning: &'static str,
) -> ColumnDescription {
    ColumnDescription { name, expected: expected.into(), meaning }
}

/// The columns of `cohort.csv`.
#[must_use]
pub fn cohort_columns() -> Vec<ColumnDescription> {
    let required = [
        column(SUBJECT_ID, "a name, once", "required"),
        column("sex", expected_sex(), "required"),
        column("age", expected_age(), "required; at baseline"),
    ];
    let optional = OPTIONAL.iter().map(|c| column(c.name, c.expected(), c.meaning));
    required.into_iter().chain(optional).collect()
}

/// The columns of `visits.csv`.
#[must_use]
pub fn visit_columns() -> Vec<ColumnDescription> {
    let words = |words: &[&'static str]| one_of(words.iter().copied());
    let codes = |view: &[View]| view.iter().map(|v| v.code()).collect::<Vec<_>>();
    let positions: Vec<_> = Position::ALL.iter().map(|p| p.code()).collect();
    let qualities: Vec<_> = Quality::ALL.iter().map(|q| q.code()).collect();
    let bones: Vec<_> = Bone::ALL.iter().map(|b| b.code()).collect();
    vec![
        column(SUBJECT_ID, "one of cohort.csv", "required"),
        column("date", Date::EXPECTED, "required unless time and event are given"),
        column("radiograph", "a path relative to this folder, once", "required"),
        column("view", words(&codes(View::ALL)), "required"),
        column("position", words(&positions), "posture"),
        column("quality", words(&qualities), "poor films are not used"),
        column("spacing_mm", "a number (mm)", "distance of pixels, where the file does not say it"),
        column("bone", words(&bones), "how bone looks, where the file does not say it"),
    ]
}

/// Writes `cohort.csv`, `visits.csv` and `columns.toml` without a row into a folder, which is made
/// when absent: above each header stands what every column may hold.
///
/// # Errors
/// [`Error::Io`], also where one of the files exists.
pub fn write_blank_tables(folder: impl AsRef<Path>) -> Result<(), Error> {
    let folder = folder.as_ref();
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let files = [
        (COHORT_FILE, blank(&cohort_columns())),
        (VISITS_FILE, blank(&visit_columns())),
        (ColumnNames::FILE, include_str!("template/columns.toml").to_owned()),
    ];
    for (name, _) in &files {
        let path = folder.join(name);
        if path.exists() {
            let exists = std::io::ErrorKind::AlreadyExists;
            return Err(Error::io(&path)(std::io::Error::from(exists)));
        }
    }
    for (name, text) in files {
        vertebra_run::write_whole(&folder.join(name), text)?;
    }
    Ok(())
}

fn blank(columns: &[ColumnDescription]) -> String {
    let mut text = String::new();
    for ColumnDescription { name, expected, meaning } in columns {
        text += &format!("# {name}: {expected}; {meaning}\n");
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    text + &names.join(",") + "\n"
}

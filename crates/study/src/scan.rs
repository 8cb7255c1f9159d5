//! A folder of DICOM films as the table of visits of a cohort.

use crate::Error;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use vertebra_cohort::{Date, View};
use vertebra_radiograph::{Acquisition, Attribute, FilmHeader, ReadOptions, read_headers};

/// What was found in a folder of films and written to `visits.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Scan {
    /// The table that was written.
    pub file: PathBuf,
    /// Films in it.
    pub films: usize,
    /// Patients that they are of.
    pub patients: usize,
    /// Films of each view, lateral and ap.
    pub views: [usize; 2],
    /// Films whose view is not stated, by their paths: the cell is empty.
    pub without_view: Vec<String>,
    /// Films whose day is not stated: the cell is empty.
    pub without_date: Vec<String>,
    /// Films without a patient's identifier: the cell is empty.
    pub without_patient: Vec<String>,
    /// DICOM files that cannot be read, and why.
    pub failures: Vec<String>,
    /// Files that are no DICOM pictures, or lie in an archive.
    pub skipped: usize,
}

const FILE: &str = "visits.csv";
const PATIENT: &str = "PatientID";
/// Where the day is looked for, in this order.
const DATES: [&str; 3] = ["AcquisitionDate", "ContentDate", "StudyDate"];
const COLUMNS: [&str; 5] = ["subject_id", "date", "radiograph", "view", "laterality"];

/// Writes `visits.csv` of a cohort folder from the headers of the DICOM files under `films`:
/// patient, day, view, laterality and path, sorted by them. Pixels are not read. A table without
/// rows is replaced.
///
/// # Errors
/// The folder cannot be listed, or has no DICOM film; a table that has rows already.
pub fn scan_films(films: &Path, cohort: &Path) -> Result<Scan, Error> {
    let file = cohort.join(FILE);
    if has_rows(&file) {
        let got = "rows: move the table away, or name another --cohort".to_owned();
        let expected = "a table without rows, so that none are lost".to_owned();
        return Err(Error::Malformed { path: file, expected, got });
    }
    let names = std::iter::once(PATIENT).chain(DATES);
    let attributes = names.map(str::parse).collect::<Result<Vec<Attribute>, _>>()?;
    let options = ReadOptions::default().with_attributes(attributes);
    let report = read_headers(films, &options, |_, _| {})?;
    let base = std::path::absolute(cohort).map_err(Error::io(cohort))?;
    let on_disk = |(path, _): &&(PathBuf, FilmHeader)| path.is_file();
    let found = report.films.iter().filter(on_disk).map(|(path, header)| row(path, header, &base));
    let mut rows: Vec<[String; 5]> = found.collect();
    rows.sort();
    let in_archives = report.films.len() - rows.len();
    let skipped = report.skipped.len() + report.not_pictures.len() + in_archives;
    if rows.is_empty() {
        let got = format!("{skipped} other files");
        let expected = "a folder with DICOM films".to_owned();
        return Err(Error::Malformed { path: films.to_owned(), expected, got });
    }
    write(&file, &rows)?;
    let failures = report.failures.iter().map(|(_, why)| why.to_string()).collect();
    Ok(Scan { file, failures, skipped, ..Scan::of(&rows) })
}

/// Whether a table has a line below its header.
fn has_rows(file: &Path) -> bool {
    let bytes = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().filter(|line| !line.starts_with("# ") && !line.trim().is_empty());
    lines.count() > 1
}

/// The cells of one film, in the order of [`COLUMNS`].
fn row(path: &Path, header: &FilmHeader, base: &Path) -> [String; 5] {
    let film = &header.acquisition;
    let text = |name: &str| film.attributes.get(name).map(|text| text.trim().to_owned());
    let date = DATES.iter().find_map(|name| Date::from_dicom(&text(name)?).ok());
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = path.strip_prefix(base).unwrap_or(&path);
    [
        text(PATIENT).unwrap_or_default(),
        date.map(|date| date.to_string()).unwrap_or_default(),
        path.to_string_lossy().replace('\\', "/"),
        view(film).map(|view| view.to_string()).unwrap_or_default(),
        film.laterality.clone().unwrap_or_default(),
    ]
}

/// The projection, by View Position or else by Patient Orientation: on a lateral film the rows run
/// from front to back.
fn view(film: &Acquisition) -> Option<View> {
    let stated = film.view.as_deref().map(str::to_ascii_uppercase);
    match stated.as_deref() {
        Some("LL" | "RL" | "LLD" | "RLD" | "LATERAL" | "LAT") => return Some(View::Lateral),
        Some("AP" | "PA") => return Some(View::Frontal),
        _ => {}
    }
    match film.patient_orientation.as_ref()?[0].chars().next()? {
        'A' | 'P' => Some(View::Lateral),
        'L' | 'R' => Some(View::Frontal),
        _ => None,
    }
}

fn write(file: &Path, rows: &[[String; 5]]) -> Result<(), Error> {
    Ok(vertebra_run::write_whole_with(file, |out| {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        rows.iter().try_for_each(|row| writer.write_record(row))?;
        writer.flush()
    })?)
}

impl Scan {
    fn of(rows: &[[String; 5]]) -> Self {
        let empty = |column: usize| {
            rows.iter().filter(|row| row[column].is_empty()).map(|row| row[2].clone()).collect()
        };
        let of_view = |view: View| rows.iter().filter(|row| row[3] == view.code()).count();
        let patients: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        Self {
            films: rows.len(),
            patients: patients.iter().filter(|id| !id.is_empty()).count(),
            views: [View::Lateral, View::Frontal].map(of_view),
            without_patient: empty(0),
            without_date: empty(1),
            without_view: empty(3),
            ..Self::default()
        }
    }
}

impl fmt::Display for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [lateral, frontal] = self.views;
        let (file, films, patients) = (self.file.display(), self.films, self.patients);
        writeln!(
            f,
            "{file}: {films} films of {patients} patients; {lateral} lateral, {frontal} ap"
        )?;
        for (what, films) in [
            ("view", &self.without_view),
            ("date", &self.without_date),
            ("subject_id", &self.without_patient),
        ] {
            if let Some(first) = films.first() {
                writeln!(f, "  fill in {what} of {} films, e.g. {first}", films.len())?;
            }
        }
        if let Some(first) = self.failures.first() {
            writeln!(f, "  {} DICOM files cannot be read, e.g. {first}", self.failures.len())?;
        }
        match self.skipped {
            0 => Ok(()),
            n => writeln!(f, "  {n} files are no DICOM pictures, or lie in an archive"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data;
    use vertebra_cohort::Cohort;

    #[test]
    fn the_films_of_the_small_cohort_give_its_visits() {
        let cohort = tempfile::tempdir().unwrap();
        let (from, to) = (test_data::folder(), cohort.path());
        std::os::unix::fs::symlink(from.join("radiographs"), to.join("radiographs")).unwrap();
        std::fs::copy(from.join("cohort.csv"), to.join("cohort.csv")).unwrap();
        let scan = scan_films(&to.join("radiographs"), to).unwrap();
        let expected = Cohort::read(from).unwrap();
        let visits: usize = expected.subjects().iter().map(|s| s.visits.len()).sum();
        assert_eq!((scan.films, scan.patients), (visits, expected.subjects().len()), "{scan}");
        let found = Cohort::read(to).unwrap();
        for (found, expected) in found.subjects().iter().zip(expected.subjects()) {
            for (found, expected) in found.visits.iter().zip(&expected.visits) {
                assert_eq!((found.date, found.view), (expected.date, expected.view));
                assert_eq!(found.radiograph, expected.radiograph);
            }
        }
        let again = scan_films(&to.join("radiographs"), to).unwrap_err().to_string();
        assert!(again.contains("a table without rows"), "{again}");
    }

    #[test]
    fn a_view_is_stated_or_follows_from_the_orientation() {
        let film = |stated: Option<&str>, rows: Option<&str>| {
            let mut film = Acquisition::default();
            film.view = stated.map(str::to_owned);
            film.patient_orientation = rows.map(|rows| [rows.to_owned(), "F".to_owned()]);
            view(&film)
        };
        assert_eq!(film(Some("ll"), None), Some(View::Lateral));
        assert_eq!(film(Some("AP"), Some("A")), Some(View::Frontal));
        assert_eq!(film(Some("OBLIQUE"), Some("P")), Some(View::Lateral));
        assert_eq!((film(None, Some("R")), film(None, None)), (Some(View::Frontal), None));
    }

    #[test]
    fn a_folder_without_films_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.txt"), "none").unwrap();
        let error = scan_films(folder.path(), folder.path()).unwrap_err().to_string();
        assert!(error.contains("a folder with DICOM films, got 1 other files"), "{error}");
        assert!(!folder.path().join(FILE).exists());
    }
}

//! The files of a cohort folder besides its radiographs: tables and annotations, and their digests.

use crate::Error;
use crate::config::StudyConfig;
use crate::input::truth::TRUTH;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vertebra_cohort::Cohort;
use vertebra_keypoints::AnnotationSet;
use vertebra_run::Digest;

/// SHA-256 of files by name.
pub(crate) type Digests = BTreeMap<String, String>;

/// A path relative to the cohort folder with `/` as separator: the name by which annotations and
/// results know a file.
pub(crate) fn name_of(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// The file with the annotations of a cohort folder.
pub(crate) fn annotations_in(folder: &Path) -> PathBuf {
    AnnotationSet::file_in(folder)
}

/// Reads the tables and the annotations of a cohort folder. With a given keypoint model a folder
/// without annotations has none.
///
/// # Errors
/// Every problem of both.
pub(crate) fn read(folder: &Path, config: &StudyConfig) -> Result<(Cohort, AnnotationSet), Error> {
    let path = annotations_in(folder);
    let annotations = match AnnotationSet::read(&path) {
        Err(_) if !path.exists() && config.keypoint_model.is_some() => Ok(AnnotationSet::default()),
        read => read.map_err(Error::from),
    };
    match (Cohort::read(folder).map_err(Error::from), annotations) {
        (Ok(cohort), Ok(annotations)) => Ok((cohort, annotations)),
        (cohort, annotations) => {
            Err(Error::all(cohort.err().into_iter().chain(annotations.err()).collect()))
        }
    }
}

/// Digests of every file that a study reads besides the films.
pub(crate) fn digests(folder: &Path, config: &StudyConfig) -> Result<Digests, Error> {
    let tables = ["cohort.csv", "visits.csv", TRUTH].map(|table| folder.join(table));
    let detector = config
        .keypoint_model
        .iter()
        .flat_map(|model| ["keypoints.json", "keypoints.safetensors"].map(|name| model.join(name)));
    let others = [annotations_in(folder)].into_iter().chain(config.reference.clone());
    let mut digests = Digests::new();
    for path in tables.into_iter().chain(others).chain(detector).filter(|path| path.exists()) {
        let name = path.strip_prefix(folder).unwrap_or(&path);
        digests.insert(name_of(name), Digest::of_file(&path)?.to_string());
    }
    Ok(digests)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Preset;

    #[test]
    fn names_have_slashes_on_every_system() {
        assert_eq!(name_of(&Path::new("films").join("a").join("1.dcm")), "films/a/1.dcm");
        assert_eq!(name_of(Path::new("1.dcm")), "1.dcm");
    }

    #[test]
    fn an_empty_folder_lists_every_file_that_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let config = StudyConfig::preset(Preset::Quick);
        let error = read(folder.path(), &config).unwrap_err().to_string();
        for file in ["cohort.csv", "visits.csv", "annotations.json"] {
            assert!(error.contains(file), "{file} not in:\n{error}");
        }
        assert!(digests(folder.path(), &config).unwrap().is_empty());
    }

    #[test]
    fn digests_are_by_name_and_only_of_files_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cohort.csv"), "abc").unwrap();
        let found = digests(folder.path(), &StudyConfig::preset(Preset::Quick)).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["cohort.csv"]);
        assert!(found["cohort.csv"].starts_with("ba7816bf"));
    }
}

//! The files of a cohort folder besides its radiographs: tables and annotations, and their digests.

use crate::Error;
use crate::config::{KeypointModel, StudyConfig};
use crate::input::truth::TRUTH;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vertebra_cohort::{Cohort, ColumnNames};
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

/// The tables and the annotations of a cohort folder.
pub(crate) struct Tables {
    pub(crate) cohort: Cohort,
    pub(crate) annotations: AnnotationSet,
    /// What a reader of the results should know about them.
    pub(crate) notes: Vec<String>,
}

/// Reads the tables and the annotations of a cohort folder, which may have none.
///
/// # Errors
/// Every problem of both; annotations that are those of other films.
pub(crate) fn read(folder: &Path, config: &StudyConfig) -> Result<Tables, Error> {
    let path = annotations_in(folder);
    let annotations = match AnnotationSet::read(&path) {
        Err(_) if !path.exists() => Ok(AnnotationSet::default()),
        read => read.map_err(Error::from),
    };
    let names = match &config.columns {
        Some(path) if !path.exists() => {
            let source = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(Error::Io { path: path.clone(), source });
        }
        Some(path) => ColumnNames::read(path),
        None => ColumnNames::read(folder.join(ColumnNames::FILE)),
    };
    let cohort = names.and_then(|names| {
        Cohort::read_named(folder, &names.with_covariates(config.covariates.clone()))
    });
    match (cohort.map_err(Error::from), annotations) {
        (Ok(cohort), Ok(annotations)) => matched(cohort, annotations, path),
        (cohort, annotations) => {
            Err(Error::all(cohort.err().into_iter().chain(annotations.err()).collect()))
        }
    }
}

/// The annotations under the names that `visits.csv` has.
fn matched(cohort: Cohort, mut annotations: AnnotationSet, path: PathBuf) -> Result<Tables, Error> {
    let visits = cohort.subjects().iter().flat_map(|subject| &subject.visits);
    let listed: Vec<String> = visits.map(|visit| name_of(&visit.radiograph)).collect();
    let n = annotations.films.len();
    let found = annotations.match_names(listed.iter().map(String::as_str));
    let mut notes = Vec::new();
    if let Some(annotated) = found.unmatched.first() {
        let (others, annotated) = (found.unmatched.len(), annotated.clone());
        match listed.first() {
            Some(listed) if others == n => {
                let listed = listed.clone();
                return Err(Error::OtherFilms { path, listed, annotated, n });
            }
            _ => notes.push(format!(
                "Annotated films that visits.csv does not list, and that were not used: {others} \
                 of {n}, e.g. {annotated}."
            )),
        }
    }
    if found.by_file_name > 0 {
        notes.push(format!(
            "Annotations of {} films were matched by the file name without the folder.",
            found.by_file_name
        ));
    }
    Ok(Tables { cohort, annotations, notes })
}

/// Digests of every file that a study reads besides the films.
pub(crate) fn digests(folder: &Path, config: &StudyConfig) -> Result<Digests, Error> {
    let tables =
        ["cohort.csv", "visits.csv", ColumnNames::FILE, TRUTH].map(|table| folder.join(table));
    let detector = config.keypoint_model.iter().flat_map(KeypointModel::files);
    let others = [annotations_in(folder)].into_iter();
    let others = others.chain(config.reference.clone()).chain(config.columns.clone());
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
    use crate::test_data::{self, config, edited};

    #[test]
    fn names_have_slashes_on_every_system() {
        assert_eq!(name_of(&Path::new("films").join("a").join("1.dcm")), "films/a/1.dcm");
        assert_eq!(name_of(Path::new("1.dcm")), "1.dcm");
    }

    #[test]
    fn an_empty_folder_lists_every_file_that_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let config = StudyConfig::preset(Preset::Quick);
        let error = read(folder.path(), &config).err().unwrap().to_string();
        for file in ["cohort.csv", "visits.csv"] {
            assert!(error.contains(file), "{file} not in:\n{error}");
        }
        assert!(digests(folder.path(), &config).unwrap().is_empty());
    }

    /// The annotations of the small cohort under other names.
    fn renamed(from: &str, to: &str) -> Result<Tables, Error> {
        let folder = edited("annotations.json", |text| text.replace(from, to));
        read(folder.path(), &config())
    }

    #[test]
    fn names_of_columns_may_stand_in_a_file_elsewhere() {
        let folder = edited("cohort.csv", |text| text.replacen("subject_id", "Pat-ID", 1));
        let map = folder.path().join("other.toml");
        let config = StudyConfig { columns: Some(map.clone()), ..config() };
        let error = read(folder.path(), &config).err().unwrap().to_string();
        assert!(error.contains("other.toml"), "{error}");
        std::fs::write(&map, "[cohort]\nsubject_id = \"Pat-ID\"\n").unwrap();
        let cohort = read(folder.path(), &config).unwrap().cohort;
        let plain = read(test_data::folder(), &test_data::config()).unwrap().cohort;
        assert_eq!(cohort.subjects(), plain.subjects());
        assert!(digests(folder.path(), &config).unwrap().contains_key("other.toml"));
    }

    #[test]
    fn annotations_are_found_by_their_file_names() {
        let plain = read(test_data::folder(), &config()).unwrap();
        assert!(plain.notes.is_empty(), "{:?}", plain.notes);
        let without_folder = renamed("\"radiographs/", "\"").unwrap();
        assert_eq!(without_folder.annotations, plain.annotations);
        let n = plain.annotations.films.len();
        let note = format!("Annotations of {n} films were matched by the file name");
        assert!(without_folder.notes[0].starts_with(&note), "{:?}", without_folder.notes);
    }

    #[test]
    fn annotations_of_other_films_are_refused_with_an_example_of_each() {
        let error = renamed("\"radiographs/", "\"other-").err().unwrap().to_string();
        let film = "expected annotations of films that visits.csv lists, e.g. radiographs/";
        assert!(error.contains(film) && error.contains("e.g. other-"), "{error}");
        let first = read(test_data::folder(), &config()).unwrap().annotations.films[0].clone();
        let one = renamed(&first.file_name, "no-such.dcm").unwrap();
        assert!(one.notes[0].contains("not used: 1 of"), "{:?}", one.notes);
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

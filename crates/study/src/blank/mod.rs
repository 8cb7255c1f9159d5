//! A cohort folder to fill in.

use crate::{Error, StudyConfig};
use std::path::Path;
use vertebra_cohort::write_blank_tables;
use vertebra_keypoints::{
    AnnotationSet, FilmAnnotation, Level, SixPoints, VertebraAnnotation, VertebraKeypoints,
};
use vertebra_run::write_whole;

/// The settings in a cohort folder, which its study reads.
pub const SETTINGS_FILE: &str = "study.toml";

/// Writes a cohort folder to fill in: tables without rows that say what each column may hold,
/// `columns.toml`, every setting of `config` with its meaning in `study.toml`, an example of
/// annotations, and a README. The folder is made when absent; films may lie in it already.
///
/// # Errors
/// Writing a file failed, or one of the tables exists.
///
/// # Examples
/// ```
/// use vertebra_study::{StudyConfig, write_blank_cohort};
/// let folder = tempfile::tempdir()?;
/// write_blank_cohort(folder.path(), &StudyConfig::default())?;
/// assert!(folder.path().join("study.toml").is_file());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_blank_cohort(folder: &Path, config: &StudyConfig) -> Result<(), Error> {
    write_blank_tables(folder)?;
    write_whole(&folder.join(SETTINGS_FILE), config.to_template()?)?;
    write_whole(&folder.join("README.md"), include_str!("README.md"))?;
    Ok(AnnotationSet::new(vec![example()?]).write(folder.join("annotations.example.json"))?)
}

/// A film of 600 by 400 px with five vertebrae one below the other.
fn example() -> Result<FilmAnnotation, Error> {
    let centres = [0.0, 1.0, 2.0, 3.0, 4.0].map(|k| (200.0 + 10.0 * k, 100.0 + 95.0 * k));
    let vertebra = |(level, (x, y)): (Level, (f64, f64))| {
        let at = |column: f64, row: f64| (x + 40.0 * column, y + 33.0 * row);
        let points = [(-1.0, -1.0), (0.0, -0.9), (1.0, -1.0), (-1.0, 1.0), (0.0, 0.9), (1.0, 1.0)];
        let [a, b, c, d, e, f] = points.map(|(column, row)| at(column, row));
        VertebraAnnotation::new(level)
            .with_six_points(SixPoints::from([a, b, c, d, e, f]))
            .with_polygon(vec![a, b, c, f, e, d])
    };
    let vertebrae = Level::ALL.into_iter().zip(centres).map(vertebra).collect();
    let keypoints = VertebraKeypoints::from_xy(centres)?;
    Ok(FilmAnnotation::new("films/example.dcm", [600, 400], keypoints, vertebrae))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Preset, Study};

    #[test]
    fn a_blank_cohort_is_whole_and_its_check_says_what_to_fill_in() {
        let folder = tempfile::tempdir().unwrap();
        let config = StudyConfig::default();
        write_blank_cohort(folder.path(), &config).unwrap();
        let settings = std::fs::read_to_string(folder.path().join(SETTINGS_FILE)).unwrap();
        assert!(StudyConfig::from_toml(Preset::Quick, &settings).is_ok());
        let example = AnnotationSet::read(folder.path().join("annotations.example.json")).unwrap();
        assert!(Level::ALL.iter().all(|l| example.films[0].vertebra(*l).is_some()));
        let error = Study::new(folder.path()).config(config).check().unwrap_err().to_string();
        for part in [
            "cohort.csv: expected at least one subject, got none",
            "visits.csv: expected at least one radiograph, got none",
        ] {
            assert!(error.contains(part), "{part} not in:\n{error}");
        }
    }
}

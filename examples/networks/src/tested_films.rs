//! Films on which a detector was tested, as a table.

use std::path::Path;
use vertebra_keypoints::Level;
use vertebra_study::TestedFilmErrors;

/// Writes `films.csv`, those with the largest errors first.
///
/// # Errors
/// The file cannot be written.
pub fn write_films(films: &[TestedFilmErrors], folder: &Path) -> anyhow::Result<()> {
    let mut sorted: Vec<&TestedFilmErrors> = films.iter().collect();
    let sum = |film: &TestedFilmErrors| film.relative.percent.iter().sum::<f64>();
    sorted.sort_by(|a, b| sum(b).total_cmp(&sum(a)));
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> =
        ["film", "subject", "levels_right", "level_shift", "confidence"].map(str::to_owned).into();
    header.extend(Level::ALL.map(|level| format!("{level}_percent")));
    header.extend(Level::ALL.map(|level| format!("{level}_mm")));
    table.write_record(header)?;
    for film in sorted {
        let mut row = vec![
            film.film.clone(),
            film.subject.clone(),
            film.relative.levels_right.to_string(),
            film.relative.level_shift.to_string(),
            format!("{:.4}", film.confidence),
        ];
        row.extend(film.relative.percent.map(|v| format!("{v:.3}")));
        let mm = film.mm.map(|mm| mm.map(|v| format!("{v:.3}")));
        row.extend(mm.unwrap_or_default());
        table.write_record(row)?;
    }
    Ok(vertebra_run::write_whole(&folder.join("films.csv"), table.into_inner()?)?)
}

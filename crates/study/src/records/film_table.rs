//! `tables/films.csv`: every film of the cohort, what it was used for and what it shows.

use super::Findings;
use super::table::{Column, joined, write as write_table};
use crate::Error;
use crate::input::outcomes::heights;
use crate::input::tables::name_of;
use crate::stages::decode::FilmFacts;
use vertebra_cohort::{FilmReading, SelectedFilms, Subject, Visit, read_film};
use vertebra_keypoints::Level;
use vertebra_report::results::RunFile;

/// One film.
struct Row<'a> {
    subject: &'a Subject,
    visit: &'a Visit,
    /// Position among the subject's films.
    index: usize,
    /// The subject's films in the analysis.
    selected: Option<&'a SelectedFilms>,
    facts: Option<&'a FilmFacts>,
    annotated: bool,
    reading: Option<FilmReading>,
}

pub(super) fn write(findings: Findings<'_>) -> Result<RunFile, Error> {
    let subjects = findings.context.data.cohort.subjects();
    let mut selected = vec![None; subjects.len()];
    for films in findings.context.data.flow.analysed() {
        selected[films.subject] = Some(films);
    }
    let mut rows = Vec::new();
    for (subject, selected) in subjects.iter().zip(selected) {
        for (index, visit) in subject.visits.iter().enumerate() {
            rows.push(row(findings, (subject, selected), (index, visit)));
        }
    }
    let about = "Every film of the cohort: what it was used for, how it was read, and what its \
                 heights show";
    let file = RunFile::new("tables/films.csv", about);
    let mut columns = of_visit();
    columns.extend(of_use());
    columns.extend(of_file());
    write_table(findings.context.run_folder, file, &columns, &rows)
}

fn row<'a>(
    findings: Findings<'a>,
    (subject, selected): (&'a Subject, Option<&'a SelectedFilms>),
    (index, visit): (usize, &'a Visit),
) -> Row<'a> {
    let (data, config) = (findings.context.data, findings.context.config);
    let name = name_of(&visit.radiograph);
    let reading = data.reference.as_ref().and_then(|reference| {
        let heights = heights(&data.annotations, visit)?;
        Some(read_film(&heights, subject.sex, reference, &config.fracture_rule))
    });
    let annotated = data.annotations.get(&name).is_some();
    Row { subject, visit, index, selected, facts: findings.films.get(&name), annotated, reading }
}

fn of_visit<'a>() -> Vec<Column<'a, Row<'a>>> {
    vec![
        Column::new("subject_id", "As in cohort.csv", |r: &Row| Some(r.subject.id.clone())),
        Column::new("film", "File, relative to the cohort folder", |r: &Row| {
            Some(name_of(&r.visit.radiograph))
        }),
        Column::new("date", "Day on which it was taken", |r: &Row| r.visit.date),
        Column::new("view", "lateral or ap", |r: &Row| Some(r.visit.view)),
        Column::new("position", "Posture, where recorded", |r: &Row| r.visit.position),
        Column::new("quality", "Quality, where judged", |r: &Row| r.visit.quality),
    ]
}

fn of_use<'a>() -> Vec<Column<'a, Row<'a>>> {
    vec![
        Column::new(
            "used_as",
            "baseline, follow_up, or empty for a film without use",
            |r: &Row| {
                let films = r.selected?;
                let follow_up = films.follow_ups.contains(&r.index).then_some("follow_up");
                if films.baseline == r.index { Some("baseline") } else { follow_up }
            },
        ),
        Column::new(
            "years_since_baseline",
            "Years since the subject's baseline film",
            |r: &Row| {
                let baseline = &r.subject.visits[r.selected?.baseline];
                r.visit.years_since(baseline)
            },
        ),
        Column::new("annotated", "Whether annotations have this film", |r: &Row| Some(r.annotated)),
        Column::new("assessed_levels", "Levels whose heights could be judged", |r: &Row| {
            let reading = r.reading.as_ref()?;
            Some(joined(Level::ALL.iter().filter(|level| reading.assessed[level.index()])))
        }),
        Column::new("fractured_levels", "Levels that are fractured by the rule", |r: &Row| {
            Some(joined(r.reading.as_ref()?.fractured.iter().map(|f| f.level)))
        }),
        Column::new("fractured_ratios", "The lowest ratio of each of them", |r: &Row| {
            Some(joined(r.reading.as_ref()?.fractured.iter().map(|f| f.ratio)))
        }),
        Column::new(
            "fractured_z",
            "SDs of that ratio from the mean of the reference",
            |r: &Row| Some(joined(r.reading.as_ref()?.fractured.iter().map(|f| f.z))),
        ),
    ]
}

fn of_file<'a>() -> Vec<Column<'a, Row<'a>>> {
    vec![
        Column::new("rows", "Height, px, of a film that was read", |r: &Row| {
            Some(r.facts?.size[0])
        }),
        Column::new("columns", "Width, px", |r: &Row| Some(r.facts?.size[1])),
        Column::new("row_spacing_mm", "Millimetres per row, where known", |r: &Row| {
            Some(r.facts?.spacing_mm?[0])
        }),
        Column::new("column_spacing_mm", "Millimetres per column, where known", |r: &Row| {
            Some(r.facts?.spacing_mm?[1])
        }),
        Column::new("sha256", "SHA-256 of the file", |r: &Row| Some(r.facts?.sha256.clone())),
        Column::new("warnings", "What the reader warned of", |r: &Row| {
            Some(joined(&r.facts?.warnings))
        }),
    ]
}

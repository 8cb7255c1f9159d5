//! `tables/subjects.csv`: every subject of the cohort, with everything that was found of it.

use super::table::{Column, write as write_table};
use super::{Findings, outcome_columns, point_columns};
use crate::Error;
use crate::stages::keypoints::JudgedFilm;
use crate::stages::models::FittedModel;
use vertebra_cohort::{SelectedFilms, Subject, SubjectOutcome};
use vertebra_report::results::RunFile;

/// One subject of the cohort.
pub(super) struct Row<'a> {
    findings: Findings<'a>,
    pub(super) subject: &'a Subject,
    /// Position in the cohort.
    index: usize,
    /// Position among the analysed ones.
    position: Option<usize>,
}

impl<'a> Row<'a> {
    pub(super) fn films(&self) -> Option<&'a SelectedFilms> {
        Some(&self.findings.context.data.flow.analysed()[self.position?])
    }

    pub(super) fn outcome(&self) -> Option<&'a SubjectOutcome> {
        Some(&self.findings.context.data.subject_outcomes[self.position?])
    }

    pub(super) fn judged(&self) -> Option<&'a JudgedFilm> {
        self.findings.judged.get(self.position?)
    }

    /// Whether outcomes are those that the films show.
    pub(super) fn dated_by_films(&self) -> bool {
        self.findings.context.data.reference.is_some()
    }

    fn fold(&self) -> Option<usize> {
        self.findings.context.data.fold_of(self.position?)
    }
}

pub(super) fn write(findings: Findings<'_>) -> Result<RunFile, Error> {
    let data = findings.context.data;
    let mut position = vec![None; data.cohort.subjects().len()];
    for (i, films) in data.flow.analysed().iter().enumerate() {
        position[films.subject] = Some(i);
    }
    let subjects = data.cohort.subjects().iter().zip(position).enumerate();
    let row = |(index, (subject, position))| Row { findings, subject, index, position };
    let rows: Vec<Row<'_>> = subjects.map(row).collect();
    let mut columns = of_analysis();
    columns.extend(outcome_columns::columns());
    columns.extend(point_columns::columns());
    for model in findings.models {
        columns.extend(of_model(model, &findings.context.config.horizons));
    }
    let about = "Every subject of the cohort: analysed or why not, set and fold, outcome and how \
                 it was reached, points, and what every model says";
    let file = RunFile::new("tables/subjects.csv", about);
    write_table(findings.context.run_folder, file, &columns, &rows)
}

fn of_analysis<'a>() -> Vec<Column<'a, Row<'a>>> {
    vec![
        Column::new("subject_id", "As in cohort.csv", |r: &Row| Some(r.subject.id.clone())),
        Column::new("analysed", "Whether the subject is analysed", |r: &Row| {
            Some(r.position.is_some())
        }),
        Column::new("excluded", "Why it is not, as the flow of subjects names it", |r: &Row| {
            r.findings.context.data.flow.reason_of(r.index).map(str::to_owned)
        }),
        Column::new("set", "development or test", |r: &Row| {
            r.position.map(|_| if r.fold().is_some() { "development" } else { "test" })
        }),
        Column::new("fold", "Fold that validates on a development subject, from 1", |r: &Row| {
            Some(r.fold()? + 1)
        }),
        Column::new("film", "The baseline film, relative to the cohort folder", |r: &Row| {
            Some(r.findings.context.data.films[r.position?].clone())
        }),
    ]
}

/// The log hazard of one model, and its risks where it has a baseline hazard.
fn of_model<'a>(model: &'a FittedModel, horizons: &[f64]) -> Vec<Column<'a, Row<'a>>> {
    let code = model.code();
    let score = |r: &Row| model.scores.log_hazard[r.position?];
    let meaning = match model.scores.by_fold_model.is_empty() {
        true => format!("Score of {}, higher is an earlier event", model.name),
        false => format!(
            "Log hazard of {}: of a development subject by the fold's model, which never saw it; \
             of a test subject by the model of the whole development set",
            model.name
        ),
    };
    let mut columns = vec![Column::new(format!("{code}_log_hazard"), meaning, score)];
    for &horizon in horizons.iter().filter(|_| model.baseline.is_some()) {
        let risk = move |r: &Row| {
            let hazard = score(r).filter(|_| r.fold().is_none())?;
            Some(model.baseline.as_ref()?.risk(hazard, horizon))
        };
        columns.push(Column::new(
            format!("{code}_risk_{}_years", horizon.to_string().replace('.', "_")),
            format!("Risk of an event by {horizon} years by {}, of test subjects", model.name),
            risk,
        ));
    }
    columns
}

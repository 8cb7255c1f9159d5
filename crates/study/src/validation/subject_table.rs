//! `tables/subjects.csv` of a validation: every subject of the cohort, with what every model says.

use super::Judged;
use super::candidates::Candidate;
use super::predictions::Said;
use crate::Error;
use crate::records::table::{Column, write as write_table};
use std::path::Path;
use vertebra_report::results::RunFile;

/// A subject: its place in the cohort, and among the analysed ones.
struct Row {
    index: usize,
    position: Option<usize>,
}

pub(super) fn write(judged: &Judged<'_>, folder: &Path) -> Result<RunFile, Error> {
    let data = judged.data;
    let analysed = data.flow.analysed();
    let place = |index| analysed.iter().position(|films| films.subject == index);
    let rows: Vec<Row> = (0..data.cohort.subjects().len())
        .map(|index| Row { index, position: place(index) })
        .collect();
    let mut columns = of_subject(judged);
    for (candidate, said) in judged.candidates.iter().zip(&judged.predictions.by_model) {
        columns.extend(of_model(candidate, said));
    }
    let about = "Every subject of the cohort: analysed or why not, outcome, film and verdict, and \
                 what every model says";
    write_table(folder, RunFile::new("tables/subjects.csv", about), &columns, &rows)
}

fn of_subject<'a>(judged: &'a Judged<'a>) -> Vec<Column<'a, Row>> {
    let data = judged.data;
    let film = |r: &Row| judged.predictions.films.get(r.position?);
    vec![
        Column::new("subject_id", "As in cohort.csv", |r: &Row| {
            Some(data.cohort.subjects()[r.index].id.clone())
        }),
        Column::new("excluded", "Why it is not analysed, as the flow names it", |r: &Row| {
            data.flow.reason_of(r.index).map(str::to_owned)
        }),
        Column::new("time", "Years of follow-up", |r: &Row| {
            Some(data.outcomes.time()[r.position?])
        }),
        Column::new("event", "Whether it ended with a fracture", |r: &Row| {
            Some(data.outcomes.event()[r.position?])
        }),
        Column::new("film", "The baseline film, relative to the cohort folder", |r: &Row| {
            Some(data.films[r.position?].clone())
        }),
        Column::new("verdict", "ok, or why the film is refused", move |r: &Row| {
            let verdict = &film(r)?.verdict;
            Some(if verdict.is_ok() { "ok".to_owned() } else { verdict.to_string() })
        }),
    ]
}

fn of_model<'a>(candidate: &'a Candidate, said: &'a [Said]) -> Vec<Column<'a, Row>> {
    let (name, title) = (&candidate.name, &candidate.title);
    let predicted = move |r: &Row| said[r.position?].as_ref().ok();
    let mut columns = vec![
        Column::new(format!("{name}_log_hazard"), format!("Log hazard of {title}"), move |r| {
            Some(predicted(r)?.log_hazard)
        }),
        Column::new(
            format!("{name}_refused"),
            format!("Why {title} has no prediction"),
            move |r: &Row| said[r.position?].as_ref().err().map(|code| (*code).to_owned()),
        ),
    ];
    for &horizon in candidate.horizons() {
        let risk = move |r: &Row| {
            let risks = &predicted(r)?.risk;
            risks.iter().find(|(h, _)| *h == horizon)?.1
        };
        columns.push(Column::new(
            format!("{name}_risk_{}_years", horizon.to_string().replace('.', "_")),
            format!("Risk of an event by {horizon} years by {title}"),
            risk,
        ));
    }
    columns
}

//! How each subject's outcome was reached: by which film, which levels, which ratios.

use super::subject_table::Row;
use super::table::{Column, joined};
use vertebra_cohort::{FracturedLevel, SubjectOutcome, Visit};

pub(super) fn columns<'a>() -> Vec<Column<'a, Row<'a>>> {
    let mut columns = vec![
        Column::new(
            "time",
            "Years from the baseline film to the event or to the end",
            |r: &Row| Some(r.outcome()?.time),
        ),
        Column::new("event", "Whether there is a new fracture", |r: &Row| Some(r.outcome()?.event)),
        Column::new(
            "outcome_source",
            "table: as the cohort's table gives it; films: by the heights on the films",
            |r: &Row| r.outcome().map(|_| if r.dated_by_films() { "films" } else { "table" }),
        ),
        Column::new("outcome_date", "Day of the film that the time is that of", |r: &Row| {
            outcome_visit(r)?.date
        }),
        Column::new("outcome_film", "That film, relative to the cohort folder", |r: &Row| {
            Some(crate::input::tables::name_of(&outcome_visit(r)?.radiograph))
        }),
        Column::new(
            "intact_until",
            "Years to the last film that shows the newly fractured level intact",
            |r: &Row| r.outcome()?.intact_until,
        ),
    ];
    columns.extend(of_fractures());
    columns.push(Column::new(
        "prevalent_levels",
        "Levels already fractured on the baseline film",
        |r: &Row| r.outcome().map(|outcome| joined(&outcome.prevalent)),
    ));
    columns
}

/// One column per fact of the new fractures, with their values in the order of the levels.
fn of_fractures<'a>() -> Vec<Column<'a, Row<'a>>> {
    type Fact = (&'static str, &'static str, fn(&FracturedLevel) -> String);
    const FACTS: [Fact; 5] = [
        ("new_levels", "Newly fractured levels", |f| f.level.to_string()),
        ("new_ratios", "The ratio of heights that is lowest for its reference", |f| {
            f.ratio.to_string()
        }),
        ("new_z", "SDs of that ratio from the mean of the reference", |f| f.z.to_string()),
        ("new_reductions", "Largest share by which a ratio is below its mean", |f| {
            f.reduction.to_string()
        }),
        ("new_grades", "Genant grade of that reduction", |f| format!("{:?}", f.grade)),
    ];
    let column = |(name, meaning, fact): Fact| {
        let meaning = format!("{meaning}; one value per newly fractured level, joined by ;");
        let cell =
            move |r: &Row| r.outcome().map(|o: &SubjectOutcome| joined(o.levels.iter().map(fact)));
        Column::new(name, meaning, cell)
    };
    FACTS.into_iter().map(column).collect()
}

/// The follow-up film that shows the outcome.
fn outcome_visit<'a>(row: &Row<'a>) -> Option<&'a Visit> {
    let (outcome, films) = (row.outcome().filter(|_| row.dated_by_films())?, row.films()?);
    let visits = &row.subject.visits;
    let years = |i: &usize| visits[*i].years_since(&visits[films.baseline]);
    let shown = films.follow_ups.iter().find(|i| years(i) == Some(outcome.time))?;
    Some(&visits[*shown])
}

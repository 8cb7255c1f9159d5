//! Risks by the day of the film and by the interval before it.

use crate::format::{counted, years};
use crate::results::{OutcomeTiming, RiskRange, StudyResults};
use crate::table::{Cell, Column, Table};
use vertebra_evaluation::{Estimate, Figure};

/// The risk at each horizon, fractures dated by film and by interval; the truth beside it where it
/// is known.
pub(crate) fn risks(results: &StudyResults) -> Option<Table> {
    let timing = results.outcome_timing.as_ref()?;
    let knows_truth = timing.risks.iter().any(|risk| risk.truth.is_some());
    let mut columns = vec![
        Column::number("Horizon, years", "horizon_years", "Years since baseline"),
        Column::interval("By day of film", "risk_by_visit", "Kaplan–Meier risk, dated by film"),
        Column::interval("By interval", "risk_by_interval", "Turnbull’s estimate of the risk"),
        Column::interval(
            "By interval, smooth",
            "risk_by_interval_smooth",
            "Royston and Parmar’s spline estimate of the risk",
        ),
    ];
    let truth = || Column::number("Truth", "true_risk", "Kaplan–Meier risk of the true times");
    columns.extend(knows_truth.then(truth));
    let note = note(timing, knows_truth);
    let caption = "Risk of a fracture, dated by film and by interval (95 % interval)";
    let mut table = Table::new("outcome-timing", caption, columns).with_note(note);
    for risk in &timing.risks {
        let mut row = vec![
            Cell::text(years(risk.horizon)),
            range(risk.visit),
            range(risk.interval),
            range(risk.smooth),
        ];
        if knows_truth {
            row.push(Cell::of(risk.truth, |truth| Cell::Number(truth, 3)));
        }
        table.rows.push(row);
    }
    Some(table)
}

fn note(timing: &OutcomeTiming, knows_truth: bool) -> String {
    let gap = timing.median_gap.map_or_else(String::new, |gap| {
        format!(
            " The median time between the last film without and the first with the fracture is {} \
             years.",
            years(gap)
        )
    });
    format!(
        "{} of {}.{gap} By day of film: Kaplan–Meier, as models are fitted. By interval: \
         Turnbull’s estimate, interval by likelihood ratio; smooth: Royston and Parmar’s spline. \
         {}– where nobody was followed so long.",
        counted(timing.events, "event"),
        counted(timing.n, "subject"),
        if knows_truth { "Truth: Kaplan–Meier of the phantom’s own times. " } else { "" },
    )
}

fn range(risk: Option<RiskRange>) -> Cell {
    Cell::of(risk, |r| Cell::Estimate(Estimate::new(r.risk, 0.0, r.interval), 3))
}

/// How every model ranks the subjects of the test set, by interval and by the day of the film.
pub(crate) fn models(results: &StudyResults) -> Option<Table> {
    let models = &results.outcome_timing.as_ref()?.models;
    let horizon = years(models.first()?.horizon);
    let columns = [
        Column::text("Model", "model", "Name of the model"),
        Column::interval("C, by interval", "c_by_interval", "C of events by interval"),
        Column::interval("AUC, by interval", "auc_by_interval", "AUC by interval"),
        Column::interval("AUC, by day of film", "auc_by_visit", "AUC dated by film"),
    ];
    let note = "By interval: a subject is a case with the probability that the model of its score \
                gives to an event by then within what its films leave open; standard errors by the \
                bootstrap, the model fitted anew in each sample.";
    let caption = format!("Ranking of the test set by {horizon} years, fractures by interval");
    let mut table = Table::new("outcome-timing-models", &caption, columns).with_note(note);
    let estimate = |figure: &Figure<Estimate>| Cell::figure(figure, |e| Cell::Estimate(*e, 3));
    table.rows = models
        .iter()
        .map(|model| {
            let figures = [&model.c, &model.auc, &model.auc_visit].map(estimate);
            [Cell::text(&model.name)].into_iter().chain(figures).collect()
        })
        .collect();
    Some(table)
}

/// Predicted and observed risks in groups of the test set, by interval and by the day of the film.
pub(crate) fn groups(results: &StudyResults) -> Option<Table> {
    let models = &results.outcome_timing.as_ref()?.models;
    let horizon = years(models.first()?.horizon);
    let columns = [
        Column::group("Model", "model", "Name of the model"),
        Column::number("Subjects", "subjects", "Subjects of the group"),
        Column::number("Predicted", "predicted", "Mean predicted risk"),
        Column::interval("By interval", "risk_by_interval", "Turnbull’s estimate"),
        Column::interval("By day of film", "risk_by_visit", "Kaplan–Meier’s risk"),
    ];
    let note = "Groups of equal size by predicted risk. Predictions are those of models fitted by \
                the day of the film, which is later than the fracture: where intervals are long, \
                the risk by interval lies above them.";
    let caption = format!("Calibration by {horizon} years, fractures by interval");
    let mut table = Table::new("outcome-timing-groups", &caption, columns).with_note(note);
    for model in models {
        table.rows.extend(model.groups.iter().map(|group| {
            vec![
                Cell::text(&model.name),
                Cell::Int(group.n),
                Cell::Number(group.predicted, 3),
                range(group.interval),
                range(group.visit),
            ]
        }));
    }
    Some(table)
}

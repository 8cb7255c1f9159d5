//! Tables of an evaluation, of whatever models and scores.

use crate::format::years;
use crate::results::BandedCurve;
use crate::table::{Cell, Column, Table};
use crate::tables::performance::{self, observed_expected};
use vertebra_evaluation::{Evaluation, Prediction};

/// Paired differences of C.
pub(crate) fn differences(evaluation: &Evaluation) -> Table {
    let columns = [
        Column::text("First model", "first_model", "Name of the first model"),
        Column::text("Second model", "second_model", "Name of the second model"),
        Column::number("Subjects", "subjects", "Subjects that both answer"),
        Column::interval("Difference of C", "difference", "First less second C"),
        Column::number("P", "p", "P value of no difference"),
        Column::number("P, Holm", "p_holm", "The same adjusted by Holm’s method"),
    ];
    let note = "First less second model on the subjects that both answer; standard error from \
                their joint distribution. Holm: adjusted over this table.";
    let caption = "Paired differences of Harrell’s C";
    let mut table = Table::new("differences-table", caption, columns).with_note(note);
    for pair in &evaluation.comparisons {
        let difference = pair.harrell.difference.value();
        table.rows.push(vec![
            Cell::text(&pair.first),
            Cell::text(&pair.second),
            Cell::Int(pair.n),
            Cell::of(difference, |d| Cell::Estimate(d.estimate, 3)),
            Cell::of(difference, |d| Cell::P(d.p)),
            Cell::of(pair.harrell.p_holm, Cell::P),
        ]);
    }
    table
}

/// The columns of calibration, with their meanings.
pub(crate) fn of_calibration() -> [Column; 5] {
    [
        Column::interval("O/E", "observed_expected", "Observed over expected risk"),
        Column::interval("Intercept", "intercept", "Calibration intercept"),
        Column::interval("Slope", "slope", "Calibration slope"),
        Column::interval("ICI", "ici", "Integrated calibration index"),
        Column::number("Brier score", "brier", "Brier score"),
    ]
}

/// O/E, intercept, slope, ICI and Brier score of a prediction.
pub(crate) fn calibration_cells(prediction: &Prediction, ici: Cell) -> Vec<Cell> {
    vec![
        observed_expected(&prediction.observed_expected),
        Cell::figure(&prediction.intercept, |i| Cell::Estimate(i.estimate, 2)),
        Cell::figure(&prediction.slope, |s| Cell::Estimate(s.estimate, 2)),
        ici,
        Cell::figure(&prediction.brier, |b| Cell::Number(b.score.value, 4)),
    ]
}

/// Calibration at every horizon; `banded` gives a curve by the name of its model, where there is one.
pub(crate) fn calibration<'a>(
    evaluation: &Evaluation,
    banded: impl Fn(&str) -> Option<&'a BandedCurve>,
) -> Table {
    let mut columns = vec![
        Column::group("Horizon", "horizon_years", "Years since baseline"),
        Column::text("Model", "model", "Name of the model"),
    ];
    columns.extend(of_calibration());
    let note = "Right: O/E 1, intercept 0, slope 1. O/E above 1: the model predicts too little. \
                Slope below 1: its risks are too extreme. ICI: mean distance between the predicted \
                risk and the smooth calibration curve, with percentile bootstrap interval at the \
                main horizon; its interval may lie above 0 where calibration is nearly perfect. \
                95 % intervals.";
    let mut table = Table::new("calibration-table", "Calibration", columns).with_note(note);
    let mut predictions: Vec<&Prediction> = evaluation.predictions.iter().collect();
    predictions.sort_by(|a, b| a.horizon.total_cmp(&b.horizon));
    for prediction in predictions {
        let ici = match banded(&prediction.name).filter(|curve| curve.horizon == prediction.horizon)
        {
            Some(curve) => performance::ici(curve),
            None => Cell::figure(&prediction.curve, |curve| Cell::Number(curve.ici, 3)),
        };
        let at = years(prediction.horizon);
        let at = format!("At {at} year{}", if at == "1" { "" } else { "s" });
        let mut row = vec![Cell::named(at, prediction.horizon), Cell::text(&prediction.name)];
        row.extend(calibration_cells(prediction, ici));
        table.rows.push(row);
    }
    table
}

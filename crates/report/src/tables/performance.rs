//! How good the predictions are at a time.

use crate::format::years;
use crate::results::{BandedCurve, Calibration, HorizonResult, ModelResult, StudyResults};
use crate::table::{Cell, Column, Table};
use crate::tables::at_threshold;
use vertebra_evaluation::predictions::ObservedExpected;
use vertebra_evaluation::{Estimate, Figure};

/// AUC, sensitivity, specificity and Brier score by model and horizon.
pub(crate) fn horizons(results: &StudyResults) -> Option<Table> {
    let mut columns = vec![
        Column::group("Horizon", "horizon_years", "Years since baseline"),
        Column::text("Model", "model", "Name of the model"),
        Column::interval("AUC", "auc", "Cumulative/dynamic AUC"),
    ];
    columns.extend(at_threshold());
    columns.extend([
        Column::number("Brier score", "brier", "Brier score"),
        Column::number("Scaled Brier", "scaled_brier", "1 − Brier score over Kaplan–Meier’s"),
    ]);
    let note = "All with inverse probability of censoring weights. Sensitivity and specificity at \
                the threshold chosen on the validation folds. Scaled Brier: 1 − Brier score over \
                that of the Kaplan–Meier estimate; 0 is no better than it. A score that is no \
                probability has no Brier score.";
    let caption = "Performance over time on the test set";
    let mut table = Table::new("horizons", caption, columns).with_note(note);
    let of_all = results.models.iter().flat_map(|model| &model.horizons);
    let mut times: Vec<f64> = of_all.map(|at| at.horizon).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    for time in times {
        for model in &results.models {
            let here = model.horizons.iter().filter(|at| at.horizon == time);
            table.rows.extend(here.map(|at| horizon_row(model, at)));
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

fn horizon_row(model: &ModelResult, h: &HorizonResult) -> Vec<Cell> {
    vec![
        Cell::named(at_years(h.horizon), h.horizon),
        Cell::text(&model.name),
        Cell::figure(&h.auc, |auc| Cell::Estimate(*auc, 3)),
        Cell::figure(&h.accuracy, |a| Cell::Number(a.sensitivity, 3)),
        Cell::figure(&h.accuracy, |a| Cell::Number(a.specificity, 3)),
        Cell::figure(&h.brier, |b| Cell::Number(b.score.value, 4)),
        Cell::figure(&h.brier, |b| Cell::Number(b.score.scaled, 3)),
    ]
}

fn at_years(time: f64) -> String {
    if time == 1.0 { "At 1 year".to_owned() } else { format!("At {} years", years(time)) }
}

/// Calibration in one row per model.
pub(crate) fn calibration(results: &StudyResults) -> Option<Table> {
    let learnt = [
        Column::number(
            "Learnt factor",
            "recalibration_factor",
            "By what log hazards were multiplied",
        ),
        Column::number("on events", "recalibration_events", "Development events it was learnt on"),
        Column::number("Slope before", "slope_before", "Calibration slope before that"),
    ];
    let mut columns = vec![
        Column::text("Model", "model", "Name of the model"),
        Column::number("Years", "horizon_years", "Years since baseline"),
        Column::interval("O/E", "observed_expected", "Observed over expected events by then"),
        Column::interval("Slope", "slope", "Calibration slope"),
        Column::interval("ICI", "ici", "Integrated calibration index"),
        Column::number("IBS", "integrated_brier", "Integrated Brier score up to the last horizon"),
    ];
    columns.extend(learnt);
    let note = "Ideal: O/E (observed over expected) 1, slope 1, ICI 0. ICI: mean distance between \
                the predicted risk and the smooth calibration curve, percentile bootstrap interval. \
                IBS: Brier score integrated up to the last horizon. 95 % intervals. The log hazards \
                of networks were multiplied by a factor learnt on the development set, from \
                predictions for subjects that a network had not seen.";
    let mut table =
        Table::new("calibration-table", "Calibration on the test set", columns).with_note(note);
    let row = |model: &ModelResult| Some(calibration_row(model, model.calibration.as_ref()?));
    table.rows = results.models.iter().filter_map(row).collect();
    (!table.rows.is_empty()).then_some(table)
}

fn calibration_row(model: &ModelResult, calibration: &Calibration) -> Vec<Cell> {
    let learnt = model.recalibration;
    let slope = calibration.slope.value().map(|slope| slope.estimate);
    let before = slope.zip(learnt).map(|(slope, learnt)| slope.value * learnt.factor);
    vec![
        Cell::text(&model.name),
        Cell::text(years(calibration.horizon)),
        observed_expected(&calibration.observed_expected),
        Cell::of(slope, |slope| Cell::Estimate(slope, 2)),
        Cell::figure(&calibration.curve, ici),
        Cell::figure(&model.integrated_brier, |b| Cell::Number(b.score.value, 4)),
        Cell::of(learnt, |learnt| Cell::Number(learnt.factor, 2)),
        Cell::of(learnt, |learnt| Cell::Int(learnt.events)),
        Cell::of(before, |slope| Cell::Number(slope, 2)),
    ]
}

/// O/E with its interval.
pub(crate) fn observed_expected(figure: &Figure<ObservedExpected>) -> Cell {
    Cell::figure(figure, |oe| Cell::Estimate(Estimate::new(oe.ratio, 0.0, oe.interval), 2))
}

/// The ICI with its interval.
pub(crate) fn ici(curve: &BandedCurve) -> Cell {
    Cell::Estimate(Estimate::new(curve.ici, 0.0, curve.ici_interval), 3)
}

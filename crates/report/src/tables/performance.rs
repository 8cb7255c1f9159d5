//! How good the predictions are at a time.

use crate::format::years;
use crate::results::StudyResults;
use crate::table::{Cell, Column, Kind, Table};

/// AUC, sensitivity, specificity and Brier score by model and horizon.
pub(crate) fn horizons(results: &StudyResults) -> Option<Table> {
    let columns = [
        Column::new("Horizon", Kind::Group, "horizon_years", "Years since baseline"),
        Column::new("Model", Kind::Text, "model", "Name of the model"),
        Column::new("AUC", Kind::Interval, "auc", "Cumulative/dynamic AUC"),
        Column::new(
            "Sensitivity",
            Kind::Number,
            "sensitivity",
            "Sensitivity at the chosen threshold",
        ),
        Column::new(
            "Specificity",
            Kind::Number,
            "specificity",
            "Specificity at the chosen threshold",
        ),
        Column::new("Brier score", Kind::Number, "brier", "Brier score"),
        Column::new(
            "Scaled Brier",
            Kind::Number,
            "scaled_brier",
            "1 − Brier score over Kaplan–Meier’s",
        ),
    ];
    let note = "All with inverse probability of censoring weights. Sensitivity and specificity at \
                the threshold chosen on the validation folds. Scaled Brier: 1 − Brier score over \
                that of the Kaplan–Meier estimate; 0 is no better than it. A score that is no \
                probability has no Brier score.";
    let caption = "Performance over time on the test set";
    let mut table = Table::new("horizons", caption, columns).with_note(note);
    let mut times: Vec<f64> =
        results.models.iter().flat_map(|m| m.horizons.iter().map(|h| h.horizon)).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    for time in times {
        for model in &results.models {
            for h in model.horizons.iter().filter(|h| h.horizon == time) {
                table.rows.push(vec![
                    Cell::named(at_years(time), time),
                    Cell::text(&model.name),
                    Cell::figure(&h.auc, |auc| Cell::Estimate(*auc, 3)),
                    Cell::figure(&h.accuracy, |a| Cell::Number(a.sensitivity, 3)),
                    Cell::figure(&h.accuracy, |a| Cell::Number(a.specificity, 3)),
                    Cell::figure(&h.brier, |b| Cell::Number(b.score.value, 4)),
                    Cell::figure(&h.brier, |b| Cell::Number(b.score.scaled, 3)),
                ]);
            }
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

fn at_years(time: f64) -> String {
    if time == 1.0 { "At 1 year".to_owned() } else { format!("At {} years", years(time)) }
}

/// Calibration in one row per model.
pub(crate) fn calibration(results: &StudyResults) -> Option<Table> {
    let columns = [
        Column::new("Model", Kind::Text, "model", "Name of the model"),
        Column::new("Years", Kind::Number, "horizon_years", "Years since baseline"),
        Column::new(
            "Observed / expected",
            Kind::Number,
            "observed_expected",
            "Observed over expected number of events by the horizon",
        ),
        Column::new("Slope", Kind::Number, "slope", "Calibration slope"),
        Column::new(
            "Slope before",
            Kind::Number,
            "slope_before",
            "Calibration slope before log hazards were multiplied by the learnt factor",
        ),
        Column::new(
            "Learnt factor",
            Kind::Number,
            "recalibration_factor",
            "By what log hazards were multiplied",
        ),
        Column::new(
            "on events",
            Kind::Number,
            "recalibration_events",
            "Events of the development set that the factor was learnt on",
        ),
        Column::new(
            "Integrated Brier score",
            Kind::Number,
            "integrated_brier",
            "Brier score integrated up to the last horizon",
        ),
    ];
    let note = "Ideal: observed / expected 1, slope 1, a small Brier score. Integrated up to the \
                last horizon. The log hazards of networks were multiplied by a factor learnt on \
                the development set, from predictions for subjects that a network had not seen.";
    let mut table =
        Table::new("calibration-table", "Calibration on the test set", columns).with_note(note);
    for model in &results.models {
        let Some(calibration) = &model.calibration else { continue };
        let learnt = model.recalibration;
        let slope = calibration.slope.value().map(|slope| slope.estimate.value);
        let before = slope.zip(learnt).map(|(slope, learnt)| slope * learnt.factor);
        table.rows.push(vec![
            Cell::text(&model.name),
            Cell::text(years(calibration.horizon)),
            Cell::figure(&calibration.observed_expected, |o| Cell::Number(o.ratio, 2)),
            Cell::figure(&calibration.slope, |s| Cell::Number(s.estimate.value, 2)),
            Cell::of(before, |slope| Cell::Number(slope, 2)),
            Cell::of(learnt, |learnt| Cell::Number(learnt.factor, 2)),
            Cell::of(learnt, |learnt| Cell::Int(learnt.events)),
            Cell::figure(&model.integrated_brier, |b| Cell::Number(b.score.value, 4)),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}

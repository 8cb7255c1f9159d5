//! The tables of a validation.

use super::{headline, way};
use crate::Table;
use crate::format::{covariate_label, years};
use crate::results::{BandedCurve, ValidatedModel, ValidationResults};
use crate::table::{Cell, Column};
use crate::tables::judged;
use crate::tables::performance::observed_expected;
use crate::tables::{reproduction, subjects};
use vertebra_evaluation::Estimate;

/// Thresholds that the table of net benefit has.
const THRESHOLDS: [f64; 5] = [0.04, 0.1, 0.2, 0.3, 0.4];

/// Every table that has rows, in the order of the page.
pub(crate) fn all(results: &ValidationResults) -> Vec<Table> {
    let tables = [
        subjects::flow(&results.flow),
        subjects::characteristics(&results.case_mix),
        missing(results),
        refused(results),
        concordance(results),
        judged::differences(&results.evaluation),
        judged::calibration(&results.evaluation, |title| curve(results, title)),
        net_benefit(results),
        subgroups(results),
        subgroup_differences(results),
        recalibration(results),
        reproduction::seconds(&results.run),
    ];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn missing(results: &ValidationResults) -> Table {
    let columns = [
        Column::text("Covariate", "covariate", "Name of the covariate"),
        Column::number("Subjects without it", "subjects", "Subjects without a value"),
        Column::number("In its place", "stand_in", "What the model folder puts there"),
    ];
    let caption = "Covariates of the models that some subjects lack";
    let mut table = Table::new("missing", caption, columns)
        .with_note("In their place stand the values that the models learnt in their own study.");
    let row = |m: &crate::results::MissingInput| {
        let name = Cell::named(covariate_label(&m.name), &m.name);
        vec![name, Cell::Int(m.n), Cell::Number(m.stand_in, 2)]
    };
    table.rows = results.missing.iter().map(row).collect();
    table
}

fn refused(results: &ValidationResults) -> Table {
    let columns = [
        Column::group("Model", "model", "Name of the model, or all films"),
        Column::text("Reason", "reason", "Code of the gravest doubt"),
        Column::number("Subjects", "subjects", "Subjects without a prediction"),
        Column::number("With fracture", "events", "Those with an incident fracture"),
    ];
    let note = "As predict does, a model gives no risk where its verdict is not ok; such subjects \
                are in no figure of that model. outside training: a covariate, the picture or the \
                log hazard lies beyond all that the model was made on.";
    let mut table = Table::new("refused", "Subjects without a prediction", columns).with_note(note);
    let films = [("Films".to_owned(), &results.refused)].into_iter();
    let models = results.models.iter().map(|model| (model.title.clone(), &model.refused));
    for (name, list) in films.chain(models) {
        for r in list {
            let reason = Cell::named(r.code.replace('_', " "), &r.code);
            table.rows.push(vec![Cell::text(&name), reason, Cell::Int(r.n), Cell::Int(r.events)]);
        }
    }
    table
}

fn concordance(results: &ValidationResults) -> Table {
    let columns = [
        Column::text("Model", "model", "Name of the model"),
        Column::number("Subjects", "subjects", "Subjects with a prediction"),
        Column::number("Events", "events", "Those with an incident fracture"),
        Column::interval("Harrell’s C", "harrell_c", "Harrell’s C"),
        Column::interval("Uno’s C", "uno_c", "Uno’s C up to the last horizon"),
        Column::interval("AUC", "auc", "Cumulative/dynamic AUC at the main horizon"),
        Column::interval("C in its own study", "study_c", "Harrell’s C on its test set"),
        Column::number("SD of log hazard", "log_hazard_sd", "Its spread here"),
        Column::number("in its study", "study_log_hazard_sd", "Its spread there"),
    ];
    let note = format!(
        "95 % intervals over subjects: of Harrell’s C by the studentised bootstrap on the logit \
         scale, or where that does not exist Student’s t on the logit scale. AUC at {} years. A \
         smaller spread of the log hazard means subjects who are more alike, whom any model tells \
         apart less well.",
        years(results.main_horizon)
    );
    let caption = "Discrimination here and in the models’ own study";
    let mut table = Table::new("concordance-table", caption, columns).with_note(note);
    table.rows = results.models.iter().map(|model| concordance_row(results, model)).collect();
    table
}

fn concordance_row(results: &ValidationResults, model: &ValidatedModel) -> Vec<Cell> {
    let figures = results.evaluation.score(&model.title).map(|score| &score.figures);
    let at = |h: f64| figures?.auc.iter().find(|at| at.horizon == h)?.auc.value();
    let developed = results.development.as_ref();
    let then = developed.and_then(|d| d.models.iter().find(|m| m.name == model.name));
    let interval = |estimate: Option<Estimate>| Cell::of(estimate, |e| Cell::Estimate(e, 3));
    vec![
        Cell::text(&model.title),
        Cell::Int(model.answered.n),
        Cell::Int(model.answered.events),
        interval(headline(results, model).map(|c| c.estimate)),
        interval(figures.and_then(|f| f.uno.concordance.value()).map(|uno| uno.estimate)),
        interval(at(results.main_horizon).map(|auc| auc.estimate)),
        interval(then.and_then(|then| then.c)),
        Cell::of(model.log_hazard, |[_, sd]| Cell::Number(sd, 2)),
        Cell::of(then.and_then(|then| then.log_hazard), |[_, sd]| Cell::Number(sd, 2)),
    ]
}

/// The curve of the model with this title.
fn curve<'a>(results: &'a ValidationResults, title: &str) -> Option<&'a BandedCurve> {
    results.models.iter().find(|model| model.title == title)?.curve.value()
}

fn net_benefit(results: &ValidationResults) -> Table {
    let columns = [
        Column::group("Threshold", "threshold", "Risk at which one would act"),
        Column::text("Model", "model", "Name of the model"),
        Column::number("Flagged, %", "flagged_percent", "Subjects at or above it, %"),
        Column::interval("Net benefit", "net_benefit", "True positives per subject"),
        Column::number("Act on all", "act_on_all", "Net benefit of acting on everybody"),
        Column::interval("Model less all", "over_all", "Model less acting on everybody"),
    ];
    let note = format!(
        "At {} years. Acting on nobody has a net benefit of 0. 95 % intervals over subjects.",
        years(results.main_horizon)
    );
    let mut table = Table::new("net-benefit", "Net benefit", columns).with_note(note);
    for threshold in THRESHOLDS {
        for model in &results.models {
            let Some(prediction) = results.prediction(&model.title) else { continue };
            let near =
                |b: &&vertebra_evaluation::NetBenefit| (b.threshold - threshold).abs() < 1e-9;
            let found = prediction.net_benefit.iter().filter_map(|at| at.value()).find(near);
            let Some(benefit) = found else { continue };
            let percent = format!("At a risk of {} %", years(100.0 * threshold));
            table.rows.push(vec![
                Cell::named(percent, threshold),
                Cell::text(&model.title),
                Cell::Number(100.0 * benefit.flagged, 1),
                match benefit.estimate {
                    Some(estimate) => Cell::Estimate(estimate, 3),
                    None => Cell::Nothing,
                },
                Cell::Number(benefit.treat_all, 3),
                Cell::of(benefit.over_all, |estimate| Cell::Estimate(estimate, 3)),
            ]);
        }
    }
    table
}

fn subgroups(results: &ValidationResults) -> Table {
    let columns = [
        Column::group("Subjects", "subjects", "Subgroup with its subjects and events"),
        Column::text("Model", "model", "Name of the model"),
        Column::interval("Harrell’s C", "harrell_c", "Harrell’s C"),
        Column::interval("O/E", "observed_expected", "Observed over expected risk"),
        Column::interval("Slope", "slope", "Calibration slope"),
    ];
    let note = format!(
        "O/E and slope at {} years. 95 % intervals; – where a figure does not exist.",
        years(results.main_horizon)
    );
    let caption = "The models among subjects of one kind";
    let mut table = Table::new("subgroups-table", caption, columns).with_note(note);
    for subgroup in &results.subgroups {
        let (group, size) = (format!("{}: {}", subgroup.grouping, subgroup.group), subgroup.size);
        let group = format!("{group}, {} subjects, {} events", size.n, size.events);
        for model in &subgroup.models {
            table.rows.push(vec![
                Cell::text(&group),
                Cell::text(&model.title),
                Cell::figure(&model.c, |c| Cell::Estimate(c.estimate, 3)),
                observed_expected(&model.observed_expected),
                Cell::figure(&model.slope, |slope| Cell::Estimate(slope.estimate, 2)),
            ]);
        }
    }
    table
}

fn subgroup_differences(results: &ValidationResults) -> Table {
    let columns = [
        Column::group("Groups", "groups", "The group and the one it is compared with"),
        Column::text("Model", "model", "Name of the model"),
        Column::interval("Difference of C", "difference", "C of the first less second"),
        Column::number("P", "p", "P value of no difference"),
    ];
    let note = "Different subjects: the variance is the sum of both, with Welch’s degrees of \
                freedom. Not adjusted for the number of comparisons. 95 % intervals.";
    let caption = "Differences of Harrell’s C between subgroups";
    let mut table = Table::new("subgroup-differences", caption, columns).with_note(note);
    for group in &results.evaluation.subgroups {
        let Some(less) = &group.difference else { continue };
        let difference = less.harrell.value();
        table.rows.push(vec![
            Cell::text(format!("{}: {} against {}", group.grouping, group.group, less.against)),
            Cell::text(&group.score),
            Cell::of(difference, |d| Cell::Estimate(d.estimate, 3)),
            Cell::of(difference, |d| Cell::P(d.p)),
        ]);
    }
    table
}

fn recalibration(results: &ValidationResults) -> Table {
    let mut columns = vec![
        Column::group("Model", "model", "Name of the model"),
        Column::text("Recalibrated", "recalibrated", "How"),
    ];
    columns.extend(judged::of_calibration());
    let note = format!(
        "At {} years. As it is: on all subjects. Recalibrated: each subject’s risk by a \
         recalibration on the other four fifths of these subjects, which is about what to expect on \
         other people of the same kind; the model folders are made from all of them. In the large: \
         one factor on the cumulative hazard; along a curve: the smooth calibration curve.",
        years(results.main_horizon)
    );
    let caption = "What recalibration on these subjects mends";
    let mut table = Table::new("recalibration", caption, columns).with_note(note);
    for model in &results.models {
        let again = results.recalibrated.iter().filter(|r| r.name == model.name);
        let again: Vec<_> =
            again.filter_map(|r| Some((way(&r.how), r.crossed.as_ref()?))).collect();
        let Some(before) = results.prediction(&model.title).filter(|_| !again.is_empty()) else {
            continue;
        };
        for (how, prediction) in [("as it is", before)].into_iter().chain(again) {
            let ici = Cell::figure(&prediction.curve, |curve| Cell::Number(curve.ici, 3));
            let mut row = vec![Cell::text(&model.title), Cell::text(how)];
            row.extend(judged::calibration_cells(prediction, ici));
            table.rows.push(row);
        }
    }
    table
}

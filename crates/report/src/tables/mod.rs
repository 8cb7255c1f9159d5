//! The tables, each a function of the results; `None` where there is nothing to list.

pub(crate) mod judged;
mod keypoints;
mod map_checks;
mod models;
mod paper;
pub(crate) mod performance;
pub(crate) mod reproduction;
mod subgroups;
pub(crate) mod subjects;
mod timing;
mod variants;

use crate::Table;
use crate::results::{EvaluationSet, StudyResults};
use crate::table::Column;

/// The columns of what a threshold does.
fn at_threshold() -> [Column; 2] {
    [
        Column::number("Sensitivity", "sensitivity", "Sensitivity at the chosen threshold"),
        Column::number("Specificity", "specificity", "Specificity at the chosen threshold"),
    ]
}

/// All tables that these results have, in the order of the report.
pub(crate) fn all(results: &StudyResults) -> Vec<Table> {
    let cross_validation = EvaluationSet::CrossValidation;
    let tables = [
        Some(subjects::flow(&results.flow)),
        Some(subjects::characteristics(&results.table_one)),
        subjects::missing(results),
        Some(subjects::sets(results)),
        subjects::fractures(results),
        timing::risks(results),
        Some(keypoints::accuracy(results)),
        keypoints::levels(results),
        variants::variants(results),
        models::concordance(results, EvaluationSet::Test),
        models::concordance(results, cross_validation),
        models::differences(results),
        subgroups::subgroups(results, EvaluationSet::Test),
        subgroups::subgroups(results, cross_validation),
        subgroups::left_out_centres(results),
        paper::concordance(results),
        performance::horizons(results),
        performance::calibration(results),
        timing::models(results),
        timing::groups(results),
        map_checks::map_checks(results),
        models::coefficients(results),
        Some(reproduction::seconds(&results.run)),
    ];
    tables.into_iter().flatten().filter(|table| !table.rows.is_empty()).collect()
}

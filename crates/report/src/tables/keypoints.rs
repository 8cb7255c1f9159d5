//! How well the vertebrae were found.

use crate::results::{KeypointFold, StudyResults};
use crate::table::{Cell, Column, Table};

/// Average precision and error by fold.
pub(crate) fn accuracy(results: &StudyResults) -> Table {
    let columns = [
        Column::text("Held-out films", "set", "Fold, or test set"),
        Column::number("Films", "films", "Films measured"),
        Column::number("AP", "ap", "Average precision, mean over OKS 0.50 to 0.95"),
        Column::number("AP at 0.50", "ap_50", "Average precision at OKS 0.50"),
        Column::number("AP at 0.75", "ap_75", "Average precision at OKS 0.75"),
        Column::number("Error, mm", "mean_error_mm", "Mean distance from the annotation, mm"),
        Column::number("Error, px", "mean_error_px", "The same in px of the original film"),
    ];
    let found = &results.keypoints;
    let all_equal = found.sigmas.iter().all(|s| *s == found.sigmas[0]);
    let sigmas = match all_equal {
        true => format!("sigma {} for each of L1 to L5", found.sigmas[0]),
        false => {
            format!("sigmas {} for L1 to L5", found.sigmas.map(|s| s.to_string()).join(", "))
        }
    };
    let note = format!(
        "AP: average precision over thresholds 0.50 to 0.95 of the object keypoint similarity, with \
         {sigmas}; area: {}. Error: mean distance from the annotated centre, \
         in px of the original film.",
        found.area
    );
    let mut table =
        Table::new("keypoints", "Accuracy of the vertebral keypoints", columns).with_note(note);
    let folds = found.folds.iter().enumerate().map(|(i, f)| row(format!("Fold {}", i + 1), f));
    table.rows = folds.collect();
    table.rows.extend(mean_and_sd(&found.folds));
    table.rows.extend(found.test.iter().map(|f| row("Test set".to_owned(), f)));
    table
}

fn row(name: String, fold: &KeypointFold) -> Vec<Cell> {
    vec![
        Cell::Text(name),
        Cell::Int(fold.n),
        Cell::Number(fold.ap, 3),
        Cell::Number(fold.ap50, 3),
        Cell::Number(fold.ap75, 3),
        Cell::of(fold.mean_error_mm, |mm| Cell::Number(mm, 2)),
        Cell::Number(fold.mean_error_px, 2),
    ]
}

/// `Mean ± SD of folds`, as the paper reports AP.
fn mean_and_sd(folds: &[KeypointFold]) -> Option<Vec<Cell>> {
    if folds.len() < 2 {
        return None;
    }
    let cell = |value: &dyn Fn(&KeypointFold) -> Option<f64>, digits: usize| {
        let values: Option<Vec<f64>> = folds.iter().map(value).collect();
        Cell::of(values, |values| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
            Cell::Text(format!("{mean:.digits$} ± {sd:.digits$}"))
        })
    };
    Some(vec![
        Cell::text("Mean ± SD of folds"),
        Cell::Int(folds.iter().map(|f| f.n).sum()),
        cell(&|f| Some(f.ap), 3),
        cell(&|f| Some(f.ap50), 3),
        cell(&|f| Some(f.ap75), 3),
        cell(&|f| f.mean_error_mm, 2),
        cell(&|f| Some(f.mean_error_px), 2),
    ])
}

/// Error by level.
pub(crate) fn levels(results: &StudyResults) -> Option<Table> {
    let columns = [
        Column::text("Level", "level", "Vertebra, L1 to L5"),
        Column::number("Mean, mm", "mean_error_mm", "Mean distance, mm"),
        Column::number("Median, mm", "median_error_mm", "Median distance, mm"),
        Column::number("95th percentile, mm", "p95_error_mm", "95th percentile, mm"),
        Column::number("Within 2 mm, %", "within_2_mm_percent", "Points within 2 mm, %"),
    ];
    let caption = "Distance from the annotated centre by level, held-out films";
    let mut table = Table::new("keypoint-levels", caption, columns);
    table.rows = results
        .keypoints
        .levels
        .iter()
        .map(|l| {
            vec![
                Cell::text(l.level.name()),
                Cell::Number(l.mean_mm, 2),
                Cell::Number(l.median_mm, 2),
                Cell::Number(l.p95_mm, 2),
                Cell::Number(100.0 * l.within_2mm, 1),
            ]
        })
        .collect();
    (!table.rows.is_empty()).then_some(table)
}

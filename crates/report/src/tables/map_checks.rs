//! What heat maps are worth: whether they depend on what was learnt.

use crate::results::{MapCheck, StudyResults};
use crate::table::{Cell, Column, Table};

/// One row per method.
pub(crate) fn map_checks(results: &StudyResults) -> Option<Table> {
    let checks = &results.saliency.as_ref()?.checks;
    let n = checks.first()?.n;
    let columns = vec![
        Column::text("Method", "method", "How the map was made"),
        Column::number(
            "Correlation, random weights",
            "random_weights",
            "Rank correlation with the map of the same network with random weights",
        ),
        Column::number(
            "Correlation, shuffled outcomes",
            "shuffled_outcomes",
            "Rank correlation with the map of a network trained on shuffled outcomes",
        ),
        Column::number("On vertebrae", "on_vertebrae", "Share of the mass on the vertebrae"),
        Column::number(
            "Random weights",
            "on_vertebrae_random_weights",
            "The same of the network with random weights",
        ),
        Column::number(
            "Shuffled outcomes",
            "on_vertebrae_shuffled_outcomes",
            "The same of the network trained on shuffled outcomes",
        ),
        Column::number("Area", "area_of_vertebrae", "Share of the pictures on the vertebrae"),
        Column::number("Deletion", "deletion", "Mean log hazard less that in a random order"),
        Column::number("Insertion", "insertion", "Mean log hazard less that in a random order"),
    ];
    let note = format!(
        "Means over {n} test subjects from the highest predicted risk to the lowest. A map that \
         correlates closely with that of random weights or shuffled outcomes shows the picture and \
         not what was learnt. Mass of both signs counts as on a vertebra within half the distance \
         of two centres; a map that knows nothing would have the share of the area. While pixels are \
         deleted in the order of the map the log hazard should lie below that of a random order, \
         while they are inserted above it."
    );
    let mut table = Table::new("map-checks", "What the heat maps are worth", columns);
    table = table.with_note(note);
    table.rows = checks.iter().map(row).collect();
    Some(table)
}

fn row(check: &MapCheck) -> Vec<Cell> {
    let number = |value: Option<f64>| Cell::of(value, |value| Cell::Number(value, 2));
    let mut row = vec![
        Cell::text(check.method.clone()),
        number(check.random_weights),
        number(check.shuffled_outcomes),
    ];
    row.extend(check.on_vertebrae.map(number));
    row.extend([check.area_of_vertebrae, check.deletion, check.insertion].map(number));
    row
}

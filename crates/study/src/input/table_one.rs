//! Characteristics of the development and the test set: the paper's Table 1.

use crate::Error;
use crate::input::subjects::StudyData;
use vertebra_cohort::{Characteristic, Covariate, TableOne};

/// Known covariates that are listed first.
const FIRST: [Covariate; 7] = [
    Covariate::AGE,
    Covariate::SEX,
    Covariate::BMI,
    Covariate::PREVIOUS_FRACTURE,
    Covariate::SECONDARY_OSTEOPOROSIS,
    Covariate::RHEUMATOID_ARTHRITIS,
    Covariate::GLUCOCORTICOIDS,
];

/// Every covariate that somebody of the cohort has, every level of a category, follow-up and
/// events, of some subjects.
pub(crate) fn characteristics(data: &StudyData, positions: &[usize]) -> Vec<Characteristic> {
    let subjects = || positions.iter().map(|&i| data.subject(i));
    let everybody = || (0..data.n()).map(|i| data.subject(i));
    let recorded = |c: &Covariate| everybody().any(|subject| c.value(subject).is_some());
    let others = Covariate::all().into_iter().filter(|covariate| !FIRST.contains(covariate));
    let known = FIRST.into_iter().chain(others).filter(recorded);
    let covariates = known.chain(data.cohort.own_covariates());
    let mut rows: Vec<_> =
        covariates.map(|covariate| Characteristic::covariate(&covariate, subjects())).collect();
    let follow_up = positions.iter().map(|&i| Some(data.outcomes.time()[i])).collect();
    rows.push(Characteristic::numbers("Follow-up, years", follow_up));
    let event = positions.iter().map(|&i| Some(data.outcomes.event()[i])).collect();
    rows.push(Characteristic::flags("Incident vertebral fracture", event));
    rows
}

/// What the films of some subjects are like: height of a pixel, and rows.
pub(crate) fn of_films(
    spacing_mm: Vec<Option<[f64; 2]>>,
    height: Vec<Option<usize>>,
) -> [Characteristic; 2] {
    let row_um = spacing_mm.into_iter().map(|mm| mm.map(|[row, _]| 1000.0 * row)).collect();
    let height = height.into_iter().map(|rows| rows.map(|rows| rows as f64)).collect();
    [
        Characteristic::numbers("Film, µm per pixel", row_um),
        Characteristic::numbers("Film, rows", height),
    ]
}

/// The same of all subjects, by set.
pub(crate) fn table_one(data: &StudyData) -> Result<TableOne, Error> {
    let second: Vec<bool> = (0..data.n()).map(|i| data.fold_of(i).is_none()).collect();
    let everybody: Vec<usize> = (0..data.n()).collect();
    let rows = characteristics(data, &everybody);
    Ok(TableOne::new(["Development", "Test"], &second, &rows)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_one_has_every_column_and_the_sizes_of_both_sets() {
        let data = crate::test_data::data();
        let table = table_one(&data).unwrap();
        assert_eq!(table.sizes, [data.development().len(), data.test().len()]);
        assert_eq!(table.rows[0].name, "Age, years");
        assert_eq!(table.rows[1].name, "Female sex");
        let has = |name: &str| table.rows.iter().any(|row| row.name == name);
        assert!(has("FRAX hip fracture with BMD, %"), "the cohort has it");
        let recorded = |row: &vertebra_cohort::TableOneRow| {
            row.missing[0] + row.missing[1] < table.sizes[0] + table.sizes[1]
        };
        assert!(table.rows.iter().all(recorded), "a column that nobody has is not listed");
        let events = &table.rows.last().unwrap().groups;
        for (set, positions) in [data.development(), data.test()].into_iter().enumerate() {
            let size = data.size(positions);
            let (n, count) = (size.n, size.events);
            assert_eq!(events[set], vertebra_cohort::Summary::Count { n, count });
        }
    }
}

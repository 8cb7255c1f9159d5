//! Characteristics of the development and the test set: the paper's Table 1.

use crate::Error;
use crate::input::subjects::StudyData;
use vertebra_cohort::{Characteristic, Covariate, TableOne};

/// Columns of the cohort table that are listed.
const COLUMNS: [&str; 7] = [
    "age",
    "sex",
    "bmi",
    "previous_fracture",
    "secondary_osteoporosis",
    "rheumatoid_arthritis",
    "glucocorticoids",
];

/// The columns, follow-up and events, by set.
pub(crate) fn table_one(data: &StudyData) -> Result<TableOne, Error> {
    let second: Vec<bool> = (0..data.n()).map(|i| data.fold_of(i).is_none()).collect();
    let covariates = COLUMNS.iter().map(|name| name.parse::<Covariate>());
    let covariates: Vec<Covariate> = covariates.collect::<Result<_, _>>()?;
    let mut rows: Vec<_> = covariates.into_iter().map(|c| characteristic(data, c)).collect();
    let follow_up = data.outcomes.time().iter().map(|t| Some(*t)).collect();
    rows.push(Characteristic::numbers("Follow-up, years", follow_up));
    let event = data.outcomes.event().iter().map(|e| Some(*e)).collect();
    rows.push(Characteristic::flags("Incident vertebral fracture", event));
    Ok(TableOne::new(["Development", "Test"], &second, &rows)?)
}

fn characteristic(data: &StudyData, covariate: Covariate) -> Characteristic {
    let values = (0..data.n()).map(|i| covariate.value(data.subject(i)));
    if covariate.is_flag() {
        let flags = values.map(|value| value.map(|v| v > 0.5)).collect();
        Characteristic::flags(covariate.label(), flags)
    } else {
        Characteristic::numbers(covariate.label(), values.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_one_has_every_column_and_the_sizes_of_both_sets() {
        let data = crate::test_data::data();
        let table = table_one(&data).unwrap();
        assert_eq!(table.rows.len(), COLUMNS.len() + 2);
        assert_eq!(table.sizes, [data.development().len(), data.test().len()]);
        assert_eq!(table.rows[0].name, "Age, years");
        assert_eq!(table.rows[1].name, "Female sex");
        let events = &table.rows.last().unwrap().groups;
        for (set, positions) in [data.development(), data.test()].into_iter().enumerate() {
            let size = data.size(positions);
            let (n, count) = (size.n, size.events);
            assert_eq!(events[set], vertebra_cohort::Summary::Count { n, count });
        }
    }
}

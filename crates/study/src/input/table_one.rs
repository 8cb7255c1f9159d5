//! Characteristics of the development and the test set: the paper's Table 1.

use crate::Error;
use crate::input::subjects::StudyData;
use vertebra_cohort::{Characteristic, Covariate, TableOne};

/// Known covariates that are listed.
const KNOWN: [Covariate; 7] = [
    Covariate::AGE,
    Covariate::SEX,
    Covariate::BMI,
    Covariate::PREVIOUS_FRACTURE,
    Covariate::SECONDARY_OSTEOPOROSIS,
    Covariate::RHEUMATOID_ARTHRITIS,
    Covariate::GLUCOCORTICOIDS,
];

/// Known and declared covariates, every level of a category, follow-up and events, by set.
pub(crate) fn table_one(data: &StudyData) -> Result<TableOne, Error> {
    let second: Vec<bool> = (0..data.n()).map(|i| data.fold_of(i).is_none()).collect();
    let subjects = || (0..data.n()).map(|i| data.subject(i));
    let covariates = KNOWN.into_iter().chain(data.cohort.own_covariates());
    let mut rows: Vec<_> =
        covariates.map(|covariate| Characteristic::covariate(&covariate, subjects())).collect();
    let follow_up = data.outcomes.time().iter().map(|t| Some(*t)).collect();
    rows.push(Characteristic::numbers("Follow-up, years", follow_up));
    let event = data.outcomes.event().iter().map(|e| Some(*e)).collect();
    rows.push(Characteristic::flags("Incident vertebral fracture", event));
    Ok(TableOne::new(["Development", "Test"], &second, &rows)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_one_has_every_column_and_the_sizes_of_both_sets() {
        let data = crate::test_data::data();
        let table = table_one(&data).unwrap();
        assert_eq!(table.rows.len(), KNOWN.len() + 2);
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

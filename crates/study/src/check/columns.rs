//! How the values of each column lie, and whether their unit can be the one that is meant.

use crate::input::subjects::StudyData;
use serde::Serialize;
use vertebra_cohort::Covariate;

/// The values of one column among the analysed subjects.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckedColumn {
    /// Its name.
    pub name: String,
    /// Subjects with a value.
    pub recorded: usize,
    /// The least value.
    pub least: f64,
    /// The median.
    pub median: f64,
    /// The greatest value.
    pub greatest: f64,
    /// Why the unit is doubted, if it is.
    pub doubt: Option<String>,
}

/// Medians beyond which another unit is more likely than the stated one: column, lowest and highest
/// median, and what the values may be instead below and above.
const USUAL_MEDIANS: [(&str, f64, f64, &str, &str); 6] = [
    ("age", 30.0, 100.0, "years are meant, not decades or a standardised age", "years are meant"),
    ("bmi", 15.0, 45.0, "kg/m2 is meant", "kg/m2 is meant"),
    ("weight", 38.0, 130.0, "kg is meant, not stones", "kg is meant, not pounds"),
    ("femoral_neck_tscore", -4.5, 2.5, "a T-score is meant", "a T-score is meant, not a BMD"),
    ("time", 0.1, 25.0, "years are meant, not decades", "years are meant, not months or days"),
    ("frax_mof", 0.5, 70.0, "per cent are meant, not a share", "per cent are meant"),
];

/// Follow-up of more years than this is doubted.
const LONGEST: f64 = 40.0;

/// A categorical column among the analysed subjects.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckedCategory {
    /// Its name.
    pub name: String,
    /// Its levels, the reference first, and how many subjects have each.
    pub levels: Vec<(String, usize)>,
    /// Subjects without a value.
    pub missing: usize,
}

/// Every categorical column: the centre, and those that the cohort declares.
pub(super) fn categories(data: &StudyData) -> Vec<CheckedCategory> {
    let of = |name: &str| {
        let count = |level: Option<&str>| {
            (0..data.n()).filter(|&i| data.subject(i).level(name) == level).count()
        };
        let levels = data.cohort.levels(name).into_iter();
        CheckedCategory {
            name: name.to_owned(),
            levels: levels.map(|level| (level.to_owned(), count(Some(level)))).collect(),
            missing: count(None),
        }
    };
    data.cohort.categories().into_iter().map(of).collect()
}

/// Every number and flag with a value, and the follow-up in years.
pub(super) fn check(data: &StudyData) -> Vec<CheckedColumn> {
    let of = |covariate: Covariate| {
        let values = (0..data.n()).filter_map(|i| covariate.value(data.subject(i))).collect();
        column(covariate.name(), values)
    };
    let time = column("time", data.outcomes.time().to_vec());
    let own = data.cohort.own_covariates().into_iter().filter(|c| c.level().is_none());
    Covariate::all().into_iter().chain(own).filter_map(of).chain(time).collect()
}

fn column(name: &str, mut values: Vec<f64>) -> Option<CheckedColumn> {
    values.sort_by(f64::total_cmp);
    let (least, greatest) = (*values.first()?, *values.last()?);
    let n = values.len();
    let median = 0.5 * (values[(n - 1) / 2] + values[n / 2]);
    let usual = USUAL_MEDIANS.iter().find(|(column, ..)| *column == name);
    let too_long = || {
        let doubted = name == "time" && greatest > LONGEST;
        doubted.then(|| format!("the greatest is {greatest}: check that years are meant"))
    };
    let doubt = usual.and_then(|&(_, low, high, below, above)| {
        let unit = if median < low { below } else { above };
        let doubted = !(low..=high).contains(&median);
        doubted.then(|| format!("the median is {median}: check that {unit}"))
    });
    let doubt = doubt.or_else(too_long);
    Some(CheckedColumn { name: name.to_owned(), recorded: n, least, median, greatest, doubt })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_in_the_place_of_years_are_doubted_and_years_are_not() {
        let months = column("time", vec![60.0, 12.0, 96.0]).unwrap();
        assert_eq!((months.least, months.median, months.greatest), (12.0, 60.0, 96.0));
        let doubt = "the median is 60: check that years are meant, not months or days";
        assert_eq!(months.doubt.as_deref(), Some(doubt));
        assert_eq!(column("time", vec![5.0, 1.0]).unwrap().doubt, None);
        let long = column("time", vec![5.0, 96.0, 4.0]).unwrap().doubt.unwrap();
        assert_eq!(long, "the greatest is 96: check that years are meant");
        assert!(column("frax_mof", vec![0.05, 0.1]).unwrap().doubt.is_some());
        assert_eq!(column("sex", vec![0.0, 1.0]).unwrap().median, 0.5);
        assert_eq!(column("bmi", Vec::new()), None);
    }
}

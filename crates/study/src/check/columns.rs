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

/// Every covariate with a value, and the follow-up in years.
pub(super) fn check(data: &StudyData) -> Vec<CheckedColumn> {
    let of = |covariate: Covariate| {
        let values = (0..data.n()).filter_map(|i| covariate.value(data.subject(i))).collect();
        column(covariate.name(), values)
    };
    let time = column("time", data.outcomes.time().to_vec());
    let own = data.cohort.own_covariates();
    Covariate::all().into_iter().chain(own).filter_map(of).chain(time).collect()
}

fn column(name: &str, mut values: Vec<f64>) -> Option<CheckedColumn> {
    values.sort_by(f64::total_cmp);
    let (least, greatest) = (*values.first()?, *values.last()?);
    let n = values.len();
    let median = 0.5 * (values[(n - 1) / 2] + values[n / 2]);
    let usual = USUAL_MEDIANS.iter().find(|(column, ..)| *column == name);
    let doubt = usual.and_then(|&(_, low, high, below, above)| {
        let unit = if median < low { below } else { above };
        let doubted = !(low..=high).contains(&median);
        doubted.then(|| format!("the median is {median}: check that {unit}"))
    });
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
        assert!(column("frax_mof", vec![0.05, 0.1]).unwrap().doubt.is_some());
        assert_eq!(column("sex", vec![0.0, 1.0]).unwrap().median, 0.5);
        assert_eq!(column("bmi", Vec::new()), None);
    }
}

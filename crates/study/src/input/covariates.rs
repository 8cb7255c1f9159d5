//! Covariates of every subject, with what stands in for a missing value.

use crate::Error;
use crate::input::subjects::StudyData;
use vertebra_cohort::{Covariate, Imputation, Imputer};
use vertebra_report::results::MissingCovariate;

/// The covariates of a study; what is missing is imputed with a value learnt on the development
/// set: the mode of a flag, the median of a number.
#[derive(Debug, Clone)]
pub(crate) struct Covariates {
    columns: Vec<Column>,
    n: usize,
}

#[derive(Debug, Clone)]
struct Column {
    covariate: Covariate,
    /// As recorded, one per subject.
    values: Vec<Option<f64>>,
    imputer: Imputer,
}

impl Covariates {
    /// Reads each covariate of the subjects once, and learns what stands in for it.
    ///
    /// # Errors
    /// One that is not recorded for any subject of the development set.
    pub(crate) fn of(
        data: &StudyData,
        covariates: impl IntoIterator<Item = Covariate>,
    ) -> Result<Self, Error> {
        let mut columns: Vec<Column> = Vec::new();
        for covariate in covariates {
            if columns.iter().any(|column| column.covariate == covariate) {
                continue;
            }
            let values: Vec<_> = (0..data.n()).map(|i| covariate.value(data.subject(i))).collect();
            let method = if covariate.is_flag() { Imputation::Mode } else { Imputation::Median };
            let development: Vec<_> = data.development().iter().map(|&i| values[i]).collect();
            let imputer = Imputer::fit(covariate.name(), &development, method)?;
            columns.push(Column { covariate, values, imputer });
        }
        Ok(Self { columns, n: data.n() })
    }

    /// Some of the covariates, one row per subject, complete.
    pub(crate) fn rows(&self, covariates: &[Covariate]) -> Vec<Vec<f64>> {
        let mut rows = vec![Vec::with_capacity(covariates.len()); self.n];
        for column in covariates.iter().filter_map(|c| self.column(*c)) {
            let values = column.imputer.apply(&column.values);
            rows.iter_mut().zip(values).for_each(|(row, value)| row.push(value));
        }
        rows
    }

    /// Name of each covariate and what stands in for a missing value of a new subject.
    pub(crate) fn stand_ins(&self, covariates: &[Covariate]) -> Vec<(String, f64)> {
        let columns = covariates.iter().filter_map(|c| self.column(*c));
        columns.map(|c| (c.covariate.name().to_owned(), c.imputer.value())).collect()
    }

    /// Covariates of which some value is missing.
    pub(crate) fn missing(&self, data: &StudyData) -> Vec<MissingCovariate> {
        let missing = |column: &Column| {
            let count =
                |list: &[usize]| list.iter().filter(|&&i| column.values[i].is_none()).count();
            let (development, test) = (count(data.development()), count(data.test()));
            let imputation = column.imputer.to_string();
            MissingCovariate::new(column.covariate.name(), development, test, imputation)
        };
        self.columns.iter().map(missing).filter(|m| m.development + m.test > 0).collect()
    }

    fn column(&self, covariate: Covariate) -> Option<&Column> {
        self.columns.iter().find(|column| column.covariate == covariate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{data, edited, with_column};

    fn covariate(name: &str) -> Covariate {
        name.parse().unwrap()
    }

    /// The small cohort, with BMI as `edit` makes it from the values of the column.
    fn with_bmi(value: &str, rows: std::ops::Range<usize>) -> StudyData {
        let folder = edited("cohort.csv", |text| {
            let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
            let place = header.iter().position(|name| *name == "bmi").unwrap();
            let line = |(k, line): (usize, &str)| {
                let mut cells: Vec<&str> = line.split(',').collect();
                if rows.contains(&k) {
                    cells[place] = value;
                }
                cells.join(",") + "\n"
            };
            text.lines().enumerate().map(line).collect()
        });
        StudyData::read(folder.path(), &crate::test_data::config()).unwrap()
    }

    #[test]
    fn missing_values_become_the_median_of_the_development_set() {
        let data = with_bmi("", 1..20);
        let bmi = covariate("bmi");
        let covariates = Covariates::of(&data, [bmi, covariate("age"), bmi]).unwrap();
        let mut recorded: Vec<f64> =
            data.development().iter().filter_map(|&i| data.subject(i).bmi).collect();
        recorded.sort_by(f64::total_cmp);
        let n = recorded.len();
        let median = 0.5 * (recorded[(n - 1) / 2] + recorded[n / 2]);
        let rows = covariates.rows(&[covariate("age"), bmi]);
        for (i, row) in rows.iter().enumerate() {
            assert_eq!(row[0], data.subject(i).age);
            assert!((row[1] - data.subject(i).bmi.unwrap_or(median)).abs() < 1e-12);
        }
        assert_eq!(covariates.stand_ins(&[bmi])[0].0, "bmi");
        assert!((covariates.stand_ins(&[bmi])[0].1 - median).abs() < 1e-12);
        let missing = covariates.missing(&data);
        assert_eq!(missing.len(), 1);
        let absent = (0..data.n()).filter(|&i| data.subject(i).bmi.is_none()).count();
        assert_eq!(missing[0].development + missing[0].test, absent);
        assert!(missing[0].imputation.starts_with("median "), "{}", missing[0].imputation);
    }

    #[test]
    fn a_covariate_that_nobody_has_is_an_error_with_its_name() {
        let data = with_bmi("", 1..1000);
        let error = Covariates::of(&data, [covariate("bmi")]).unwrap_err().to_string();
        assert!(error.contains("bmi"), "{error}");
        assert!(Covariates::of(&data, [covariate("age")]).is_ok());
    }

    #[test]
    fn a_flag_takes_its_most_frequent_value() {
        let folder = edited("cohort.csv", |text| {
            let text = with_column(text, "alcohol", "0");
            text.replacen(",0\n", ",\n", 3)
        });
        let data = StudyData::read(folder.path(), &crate::test_data::config()).unwrap();
        let alcohol = covariate("alcohol");
        let covariates = Covariates::of(&data, [alcohol]).unwrap();
        assert!(covariates.rows(&[alcohol]).iter().all(|row| row == &[0.0]));
        let complete = Covariates::of(&self::data(), [covariate("sex")]).unwrap();
        assert!(complete.missing(&self::data()).is_empty());
    }
}

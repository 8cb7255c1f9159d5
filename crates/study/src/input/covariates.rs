//! Covariates of every subject, with what stands in for a missing value.

use crate::Error;
use crate::input::subjects::StudyData;
use std::collections::BTreeMap;
use vertebra_cohort::{Covariate, Imputation, Imputer};
use vertebra_report::results::MissingCovariate;

/// The covariates of a study; what is missing is imputed with a value learnt on the development
/// set: the mode of a flag, the median of a number, the most frequent level of a category.
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
    stand_in: f64,
    /// What the stand-in is, in words.
    imputation: String,
}

impl Column {
    fn of(data: &StudyData, covariate: Covariate) -> Result<Self, Error> {
        let values: Vec<_> = (0..data.n()).map(|i| covariate.value(data.subject(i))).collect();
        let development: Vec<_> = data.development().iter().map(|&i| values[i]).collect();
        let method = if covariate.is_flag() { Imputation::Mode } else { Imputation::Median };
        let imputer = Imputer::fit(covariate.name(), &development, method)?;
        let (stand_in, imputation) = match covariate.level() {
            None => (imputer.value(), imputer.to_string()),
            Some((column, level)) => {
                let usual = most_frequent(data, column);
                (f64::from(u8::from(level == usual)), format!("mode {usual}"))
            }
        };
        Ok(Self { covariate, values, stand_in, imputation })
    }
}

/// The most frequent level among the development subjects, the first of those equally frequent.
fn most_frequent<'a>(data: &'a StudyData, column: &str) -> &'a str {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for level in data.development().iter().filter_map(|&i| data.subject(i).level(column)) {
        *counts.entry(level).or_default() += 1;
    }
    let most = counts.iter().max_by(|(a, n), (b, m)| n.cmp(m).then(b.cmp(a)));
    most.map_or("", |(level, _)| level)
}

impl Covariates {
    /// Reads each covariate of the subjects once, and learns what stands in for it.
    ///
    /// # Errors
    /// One that is not recorded for any subject of the development set.
    pub(crate) fn of<'a>(
        data: &StudyData,
        covariates: impl IntoIterator<Item = &'a Covariate>,
    ) -> Result<Self, Error> {
        let mut columns: Vec<Column> = Vec::new();
        for covariate in covariates {
            if !columns.iter().any(|column| column.covariate == *covariate) {
                columns.push(Column::of(data, covariate.clone())?);
            }
        }
        Ok(Self { columns, n: data.n() })
    }

    /// Some of the covariates, one row per subject, complete.
    pub(crate) fn rows(&self, covariates: &[Covariate]) -> Vec<Vec<f64>> {
        let mut rows = vec![Vec::with_capacity(covariates.len()); self.n];
        for column in covariates.iter().filter_map(|c| self.column(c)) {
            let values = column.values.iter().map(|value| value.unwrap_or(column.stand_in));
            rows.iter_mut().zip(values).for_each(|(row, value)| row.push(value));
        }
        rows
    }

    /// Name of each covariate and what stands in for a missing value of a new subject.
    pub(crate) fn stand_ins(&self, covariates: &[Covariate]) -> Vec<(String, f64)> {
        let columns = covariates.iter().filter_map(|c| self.column(c));
        columns.map(|c| (c.covariate.name().to_owned(), c.stand_in)).collect()
    }

    /// Columns of which some value is missing, each once.
    pub(crate) fn missing(&self, data: &StudyData) -> Vec<MissingCovariate> {
        let mut found: Vec<MissingCovariate> = Vec::new();
        for column in &self.columns {
            let count =
                |list: &[usize]| list.iter().filter(|&&i| column.values[i].is_none()).count();
            let (development, test) = (count(data.development()), count(data.test()));
            let name = column.covariate.column();
            if development + test > 0 && !found.iter().any(|missing| missing.name == name) {
                found.push(MissingCovariate::new(name, development, test, &column.imputation));
            }
        }
        found
    }

    fn column(&self, covariate: &Covariate) -> Option<&Column> {
        self.columns.iter().find(|column| column.covariate == *covariate)
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
        let covariates = Covariates::of(&data, [&bmi, &Covariate::AGE, &bmi]).unwrap();
        let mut recorded: Vec<f64> =
            data.development().iter().filter_map(|&i| data.subject(i).bmi).collect();
        recorded.sort_by(f64::total_cmp);
        let n = recorded.len();
        let median = 0.5 * (recorded[(n - 1) / 2] + recorded[n / 2]);
        let rows = covariates.rows(&[Covariate::AGE, bmi.clone()]);
        for (i, row) in rows.iter().enumerate() {
            assert_eq!(row[0], data.subject(i).age);
            assert!((row[1] - data.subject(i).bmi.unwrap_or(median)).abs() < 1e-12);
        }
        assert_eq!(covariates.stand_ins(std::slice::from_ref(&bmi))[0].0, "bmi");
        assert!((covariates.stand_ins(std::slice::from_ref(&bmi))[0].1 - median).abs() < 1e-12);
        let missing = covariates.missing(&data);
        assert_eq!(missing.len(), 1);
        let absent = (0..data.n()).filter(|&i| data.subject(i).bmi.is_none()).count();
        assert_eq!(missing[0].development + missing[0].test, absent);
        assert!(missing[0].imputation.starts_with("median "), "{}", missing[0].imputation);
    }

    #[test]
    fn a_covariate_that_nobody_has_is_an_error_with_its_name() {
        let data = with_bmi("", 1..1000);
        let error = Covariates::of(&data, [&covariate("bmi")]).unwrap_err().to_string();
        assert!(error.contains("bmi"), "{error}");
        assert!(Covariates::of(&data, [&covariate("age")]).is_ok());
    }

    #[test]
    fn a_flag_takes_its_most_frequent_value() {
        let folder = edited("cohort.csv", |text| {
            let text = with_column(text, "alcohol", "0");
            text.replacen(",0\n", ",\n", 3)
        });
        let data = StudyData::read(folder.path(), &crate::test_data::config()).unwrap();
        let alcohol = covariate("alcohol");
        let covariates = Covariates::of(&data, [&alcohol]).unwrap();
        assert!(covariates.rows(&[alcohol]).iter().all(|row| row == &[0.0]));
        let complete = Covariates::of(&self::data(), [&covariate("sex")]).unwrap();
        assert!(complete.missing(&self::data()).is_empty());
    }
    #[test]
    fn a_missing_category_takes_the_most_frequent_level_as_a_whole() {
        let config = crate::test_data::config();
        let folder = edited("cohort.csv", |text| {
            let text = with_column(text, "smoking", "never");
            let cell = |(k, line): (usize, &str)| match k % 4 {
                1 => line.replace(",never", ",current") + "\n",
                2 => line.replace(",never", ",") + "\n",
                _ => format!("{line}\n"),
            };
            text.lines().enumerate().map(cell).collect()
        });
        let declaration = "[covariates]\nsmoking = \"categorical\"\n";
        std::fs::write(folder.path().join("columns.toml"), declaration).unwrap();
        let data = StudyData::read(folder.path(), &config).unwrap();
        let design = data.cohort.design(&covariate("smoking")).unwrap();
        assert_eq!(design, [covariate("smoking=never")]); // against current
        let covariates = Covariates::of(&data, &design).unwrap();
        for (i, row) in covariates.rows(&design).iter().enumerate() {
            let expected = data.subject(i).level("smoking") != Some("current");
            assert_eq!(row, &[f64::from(u8::from(expected))]);
        }
        let missing = covariates.missing(&data);
        assert_eq!((missing[0].name.as_str(), missing.len()), ("smoking", 1));
        assert_eq!(missing[0].imputation, "mode never");
    }
}

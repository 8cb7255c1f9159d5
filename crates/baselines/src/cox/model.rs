//! A regression with all that a new table needs to be predicted: what is stored.

use super::{fit::CoxFit, regression::CoxRegression};
use crate::{DesignMatrix, DesignRecipe, Error, PreparedDesign, RawTable};
use serde::{Deserialize, Serialize};
use vertebra_survival::{Estimate, Outcomes, cox::CoxCurves};

/// The version of the file that this crate writes.
const SCHEMA: u32 = 2;

/// A fitted regression, how its columns are made of a table, and its survival curves. It
/// serialises; what is read back predicts to the last digit what the original does.
///
/// # Examples
/// ```
/// use vertebra_baselines::{
///     CoxModel, CoxRegression, DesignRecipe, Outcomes, RawColumn, RawTable,
/// };
/// let time = vec![1.2, 0.8, 3.1, 2.2, 4.0, 2.9, 3.6, 1.9];
/// let event = vec![true, true, false, true, false, true, false, true];
/// let outcomes = Outcomes::new(time, event)?;
/// let age = vec![74.0, 69.0, 58.0, 71.0, 55.0, 63.0, 66.0, 60.0];
/// let table = RawTable::new(vec![("age".into(), RawColumn::Numbers(age))])?;
/// let recipe = DesignRecipe::default().with_log("age");
/// let model = CoxModel::fit(&CoxRegression::default(), &outcomes, &recipe, &table)?;
/// let stored = model.to_json()?;
/// let back = CoxModel::from_json("model.json", &stored)?;
/// let new = RawTable::new(vec![("age".into(), RawColumn::Numbers(vec![70.0, 60.0]))])?;
/// let free = back.survival(&new, 3.0)?;
/// assert_eq!(free, model.survival(&new, 3.0)?);
/// assert!(free[0].value < free[1].value);
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CoxModel {
    /// Version of the file.
    schema: u32,
    /// How its columns are made.
    pub design: PreparedDesign,
    /// Settings.
    pub regression: CoxRegression,
    /// The fit.
    pub fit: CoxFit,
    /// Its curves.
    pub curves: CoxCurves,
    /// The column of strata with the label of each stratum, in order of the fit's.
    strata: Option<(String, Vec<String>)>,
    /// The column of offsets.
    offset: Option<String>,
}

impl CoxModel {
    /// Prepares the columns and fits. Strata, clusters and offsets come with
    /// [`of`](Self::of).
    ///
    /// # Errors
    /// Those of [`DesignRecipe::prepare`] and of
    /// [`CoxRegression::fit`].
    pub fn fit(
        regression: &CoxRegression,
        outcomes: &Outcomes,
        recipe: &DesignRecipe,
        table: &RawTable,
    ) -> Result<Self, Error> {
        let prepared = recipe.prepare(table)?;
        let design = prepared.design(table)?;
        let fit = regression.fit(outcomes, &design)?;
        Self::of(regression, outcomes, (prepared, &design), fit)
    }

    /// A fit with how its `design` was made and the outcomes that it was fitted to.
    ///
    /// # Errors
    /// Those of [`CoxRegression::curves`].
    pub fn of(
        regression: &CoxRegression,
        outcomes: &Outcomes,
        (prepared, design): (PreparedDesign, &DesignMatrix),
        fit: CoxFit,
    ) -> Result<Self, Error> {
        let curves = regression.curves(outcomes, design, &fit)?;
        let (regression, strata, offset) = (*regression, None, None);
        Ok(Self { schema: SCHEMA, design: prepared, regression, fit, curves, strata, offset })
    }

    /// Says which column of a table has the strata, and what the table calls each, in increasing
    /// order of the labels that the design had.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is a name for each stratum.
    pub fn with_strata(mut self, column: String, labels: Vec<String>) -> Result<Self, Error> {
        let (expected, got) = (self.fit.strata.len(), labels.len());
        if got != expected {
            return Err(Error::LengthMismatch { name: "strata", expected, got });
        }
        self.strata = Some((column, labels));
        Ok(self)
    }

    /// Says which column of a table has the offset.
    #[must_use]
    pub fn with_offset(mut self, column: String) -> Self {
        self.offset = Some(column);
        self
    }

    /// The columns that a table to be predicted must have, each once.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = self.design.columns();
        let others = self.strata.iter().map(|(column, _)| column).chain(&self.offset);
        for column in others.map(String::as_str) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        columns
    }

    /// The column of the strata, whose values are labels also where they look like numbers.
    #[must_use]
    pub fn strata_column(&self) -> Option<&str> {
        self.strata.as_ref().map(|(column, _)| column.as_str())
    }

    /// The log hazard of each row, against a subject with the training means.
    ///
    /// # Errors
    /// Those of [`PreparedDesign::design`].
    pub fn log_hazard(&self, table: &RawTable) -> Result<Vec<f64>, Error> {
        self.fit.log_hazard(&self.design_of(table)?)
    }

    /// The probability of each row to be free of the event at `time`, with its interval.
    ///
    /// # Errors
    /// Those of [`PreparedDesign::design`]; [`Error::UnknownLevel`] for a stratum without a
    /// baseline hazard.
    pub fn survival(&self, table: &RawTable, time: f64) -> Result<Vec<Estimate>, Error> {
        Ok(self.curves.survival(self.design_of(table)?.covariates(), time)?)
    }

    /// The mean of that over the rows, as for a population with their covariates.
    ///
    /// # Errors
    /// As [`survival`](Self::survival).
    pub fn marginal(&self, table: &RawTable, time: f64) -> Result<Estimate, Error> {
        Ok(self.curves.marginal(self.design_of(table)?.covariates(), time)?)
    }

    fn design_of(&self, table: &RawTable) -> Result<DesignMatrix, Error> {
        let mut design = self.design.design(table)?;
        if let Some((column, known)) = &self.strata {
            let stratum = |(row, label): (usize, String)| {
                let place = known.iter().position(|known| *known == label);
                place.map(|k| self.fit.strata[k]).ok_or_else(|| Error::UnknownLevel {
                    column: column.clone(),
                    row: Some(row),
                    level: label,
                    expected: known.join(", "),
                })
            };
            let labels = table.levels(column)?.into_iter().enumerate();
            design = design.with_strata(labels.map(stratum).collect::<Result<_, Error>>()?)?;
        }
        if let Some(column) = &self.offset {
            design = design.with_offset(table.numbers(column)?.to_vec())?;
        }
        Ok(design)
    }

    /// As JSON.
    ///
    /// # Errors
    /// [`Error::Malformed`] where a number is not finite, which JSON does not know.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| malformed("model", &error))
    }

    /// From JSON; `path` is its name in messages.
    ///
    /// # Errors
    /// [`Error::SchemaVersion`] or [`Error::Malformed`].
    pub fn from_json(path: &str, json: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let Version { schema } =
            serde_json::from_str(json).map_err(|error| malformed(path, &error))?;
        if schema != SCHEMA {
            let (path, expected, got) = (path.to_owned(), SCHEMA, schema);
            return Err(Error::SchemaVersion { path, expected, got });
        }
        serde_json::from_str(json).map_err(|error| malformed(path, &error))
    }
}

fn malformed(path: &str, error: &serde_json::Error) -> Error {
    let (path, expected) = (path.to_owned(), "a stored Cox model".to_owned());
    Error::Malformed { path, expected, got: error.to_string() }
}

//! From the name of a column to the numbers that a model takes: a category becomes one number for
//! each level but the reference.

use crate::{Cohort, Covariate, DeclaredCovariate, Error};
use std::collections::BTreeSet;

impl Cohort {
    /// The covariates that a column is to a model: itself, or for a categorical column one for each
    /// level but the reference, in the order of [`Cohort::levels`].
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a column that is neither known nor declared, or a level that
    /// no subject has.
    ///
    /// # Examples
    /// ```
    /// use vertebra_cohort::{Cohort, DeclaredValue, Sex, Subject};
    /// let of = |id: &str, level: &str| {
    ///     let mut subject = Subject::new(id, Sex::Female, 60.0);
    ///     subject.declared.insert("smoking".into(), DeclaredValue::Level(level.into()));
    ///     subject
    /// };
    /// let cohort = Cohort::new(vec![of("1", "former"), of("2", "current"), of("3", "never")])?;
    /// let design = cohort.design(&"smoking".parse()?)?;
    /// let names: Vec<&str> = design.iter().map(|covariate| covariate.name()).collect();
    /// assert_eq!(names, ["smoking=former", "smoking=never"]); // against the first, current
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn design(&self, covariate: &Covariate) -> Result<Vec<Covariate>, Error> {
        let column = covariate.column();
        if let Some((_, level)) = covariate.level() {
            let levels = self.levels(column);
            let expected = || format!("a level of {column}, one of {}", levels.join(", "));
            return match levels.contains(&level) {
                true => Ok(vec![covariate.clone()]),
                false if levels.is_empty() => Err(self.unknown(column)),
                false => Err(invalid(expected(), covariate.name())),
            };
        }
        if self.is_categorical(column) {
            let others = self.levels(column).into_iter().skip(1);
            return Ok(others.map(|level| Covariate::of_level(column, level)).collect());
        }
        match Covariate::all().contains(covariate) || self.declared().contains_key(column) {
            true => Ok(vec![covariate.clone()]),
            false => Err(self.unknown(column)),
        }
    }

    /// The levels of a categorical column that subjects have: the reference first, the others in
    /// alphabetical order. None for other columns.
    #[must_use]
    pub fn levels(&self, column: &str) -> Vec<&str> {
        let levels: BTreeSet<&str> =
            self.subjects().iter().filter_map(|subject| subject.level(column)).collect();
        let mut levels: Vec<&str> = levels.into_iter().collect();
        if let Some(DeclaredCovariate::Categorical { reference: Some(reference) }) =
            self.declared().get(column)
        {
            levels.sort_by_key(|level| level != reference);
        }
        levels
    }

    /// The categorical columns that some subject has a level of: the centre and the declared ones.
    #[must_use]
    pub fn categories(&self) -> Vec<&str> {
        let declared =
            self.declared().iter().filter(|(_, kind)| **kind != DeclaredCovariate::Numeric);
        let columns = declared.map(|(name, _)| name.as_str()).chain([CENTRE]);
        columns.filter(|column| !self.levels(column).is_empty()).collect()
    }

    /// The covariates that are not known by name and range: declared numbers, and every level, the
    /// reference too, of the categorical columns.
    #[must_use]
    pub fn own_covariates(&self) -> Vec<Covariate> {
        let declared = self.declared().iter();
        let numbers = declared.filter(|(_, kind)| **kind == DeclaredCovariate::Numeric);
        let numbers = numbers.filter_map(|(name, _)| name.parse().ok());
        let levels = self.categories().into_iter().flat_map(|column| {
            let levels = self.levels(column).into_iter();
            levels.map(move |level| Covariate::of_level(column, level))
        });
        numbers.chain(levels).collect()
    }

    fn is_categorical(&self, column: &str) -> bool {
        let declared = self.declared().get(column);
        column == CENTRE || declared.is_some_and(|kind| *kind != DeclaredCovariate::Numeric)
    }

    fn unknown(&self, column: &str) -> Error {
        let known: Vec<String> = Covariate::all().iter().map(ToString::to_string).collect();
        let expected = format!(
            "one of {}, or a column that [covariates] of columns.toml or of the settings declares",
            known.join(", ")
        );
        invalid(expected, column)
    }
}

/// The known categorical column.
const CENTRE: &str = "centre";

fn invalid(expected: String, got: &str) -> Error {
    Error::InvalidSetting { name: "covariate", expected, got: format!("\"{got}\"") }
}

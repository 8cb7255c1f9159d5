//! Columns that together are survival outcomes.

use super::Table;
use crate::Error;
use vertebra_survival::{CompetingOutcomes, Outcomes};

impl Table {
    /// Outcomes from a column of times and one of [events](Table::events), and of entry times if
    /// any.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for the first row whose time is negative or not a number, whose
    /// event is neither 0 nor 1 (false nor true), or whose entry is not before its time.
    pub fn outcomes(
        &self,
        time: &str,
        event: &str,
        entry: Option<&str>,
    ) -> Result<Outcomes, Error> {
        let times = self.times(time)?;
        let events = self.events(event)?;
        let entries = entry.map(|entry| self.entries(entry, time, &times)).transpose()?;
        let outcomes = Outcomes::new(times, events)?;
        Ok(match entries {
            None => outcomes,
            Some(entries) => outcomes.with_entry(entries)?,
        })
    }

    /// Outcomes under competing risks, from a column of times and one of causes (0 where censored),
    /// and of entry times if any.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] as [`Table::outcomes`] and [`Table::causes`].
    pub fn competing_outcomes(
        &self,
        time: &str,
        cause: &str,
        entry: Option<&str>,
    ) -> Result<CompetingOutcomes, Error> {
        let times = self.times(time)?;
        let entries = entry.map(|entry| self.entries(entry, time, &times)).transpose()?;
        let outcomes = CompetingOutcomes::new(times, self.causes(cause)?)?;
        Ok(match entries {
            None => outcomes,
            Some(entries) => outcomes.with_entry(entries)?,
        })
    }

    /// A column of causes of events, 0 where a subject was censored.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for the first row whose cause is not a whole number from 0 to 99.
    pub fn causes(&self, name: &str) -> Result<Vec<usize>, Error> {
        let whole = |_, c: f64| c.fract() == 0.0 && (0.0..=99.0).contains(&c);
        let causes = self.numbers_where(name, "0 (censored) or a cause 1, 2, .., 99", whole)?;
        Ok(causes.into_iter().map(|c| c as usize).collect())
    }

    fn times(&self, name: &str) -> Result<Vec<f64>, Error> {
        self.numbers_where(name, "a time >= 0", |_, t| t >= 0.0)
    }

    fn entries(&self, name: &str, time: &str, times: &[f64]) -> Result<Vec<f64>, Error> {
        let expected = format!("an entry time >= 0 and before {time}");
        self.numbers_where(name, &expected, |r, e| e >= 0.0 && e < times[r])
    }
}

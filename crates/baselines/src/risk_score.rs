//! What every risk score has in common.

use crate::Error;

/// A score of a subject where higher means an earlier expected event. Implement it for a score of
/// your own, and it is judged as the others are.
///
/// # Examples
/// ```
/// use vertebra_baselines::{Error, Orai, OraiInput, Osta, OstaInput, RiskScore};
///
/// /// Age alone.
/// struct Age;
///
/// impl RiskScore for Age {
///     type Input = OstaInput;
///
///     fn name(&self) -> &'static str {
///         "age"
///     }
///
///     fn risk(&self, subject: &OstaInput) -> Result<f64, Error> {
///         Ok(subject.age)
///     }
/// }
///
/// let cohort = [OstaInput::new(48.0, 71.0)?, OstaInput::new(63.0, 66.0)?];
/// let rank = |risks: Vec<f64>| risks[0] > risks[1];
/// assert!(rank(Age.risks(&cohort)?) && rank(Osta.risks(&cohort)?));
/// assert_eq!(Orai.risk(&OraiInput::new(48.0, 71.0, false)?)?, 9.0 + 9.0 + 2.0);
/// # Ok::<(), Error>(())
/// ```
pub trait RiskScore {
    /// What it is computed from.
    type Input;

    /// What tables call it.
    fn name(&self) -> &'static str;

    /// The score of a subject; higher means an earlier expected event.
    ///
    /// # Errors
    /// [`Error::UndefinedScore`] where the subject has none.
    fn risk(&self, subject: &Self::Input) -> Result<f64, Error>;

    /// The scores of several subjects.
    ///
    /// # Errors
    /// That of the first subject without one.
    fn risks(&self, subjects: &[Self::Input]) -> Result<Vec<f64>, Error> {
        subjects.iter().map(|subject| self.risk(subject)).collect()
    }
}

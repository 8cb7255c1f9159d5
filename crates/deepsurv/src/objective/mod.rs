//! What the outputs of a network are held against: the loss of a step's subjects, and the score of
//! an epoch.
//!
//! Both see the network only through the numbers it gives for each subject, so that the exact
//! gradient at these is computed on the host in f64.

mod cox;
mod hazards;
mod intervals;

pub(crate) use cox::CoxObjective;
pub(crate) use hazards::{HazardObjective, added};
pub(crate) use intervals::IntervalObjective;

use crate::Error;
use vertebra_survival::{Outcomes, losses::LossGradient};

/// The loss of the outputs of certain subjects, `[n, outputs]`.
pub(crate) type Loss = Box<dyn Fn(&[f64]) -> Result<LossGradient, Error> + Send>;

/// What a network is trained for.
pub(crate) trait Objective: std::fmt::Debug + Sync {
    /// What the outputs mean, where another meaning would fit the same network: a run that was
    /// begun for another does not go on.
    fn purpose(&self) -> Option<String> {
        None
    }

    /// The loss of the subjects of one step, of which these are the outcomes; `None` where they say
    /// nothing.
    fn loss_of(&self, subjects: &[usize], outcomes: &Outcomes) -> Result<Option<Loss>, Error>;

    /// How good outputs are, `[n, outputs]`; more is better.
    fn score(&self, outcomes: &Outcomes, outputs: &[f64]) -> Result<f64, Error>;
}

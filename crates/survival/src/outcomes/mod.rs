//! What was observed: follow-up times and events, with one kind of event or several causes.

pub(crate) mod check;
mod competing;
pub(crate) mod endpoint;
pub(crate) mod labels;
mod right_censored;

pub use competing::{CompetingOutcomes, OneCause};
pub use endpoint::Endpoint;
pub use right_censored::Outcomes;

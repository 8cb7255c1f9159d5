//! Networks that differ by their seeds or by the subjects they held out, and what they say together.

mod averaging;
mod curves;
mod members;
mod risk;
mod store;

pub use curves::CurveEnsemble;
pub(crate) use members::HeldOut;
pub use members::Members;
pub use risk::RiskEnsemble;

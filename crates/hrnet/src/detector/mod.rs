//! A network that finds L1 to L5 on films of any size, and the folder it is kept in.

mod config;
pub(crate) mod detect;
mod film;
mod finding;
pub(crate) mod inference;
mod keypoint_detector;
pub(crate) mod prepare;

pub use config::DetectorConfig;
pub use film::{FilmSample, reduced_for};
pub use finding::{DetectorCalibration, SpineFinding};
pub use keypoint_detector::KeypointDetector;

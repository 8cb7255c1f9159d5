//! A network that finds L1 to L5 on films of any size, and the folder it is kept in.

mod candidates;
mod config;
pub(crate) mod detect;
pub(crate) mod evidence;
mod film;
mod finding;
pub(crate) mod inference;
mod keypoint_detector;
pub(crate) mod prepare;
mod trust;

pub use config::DetectorConfig;
pub use evidence::FilmEvidence;
pub use film::{FilmSample, reduced_for};
pub use finding::{DetectorCalibration, SpineFinding};
pub use keypoint_detector::KeypointDetector;
pub use trust::{JudgedFilm, Trust};

//! Synthetic radiographs and a cohort of them whose true hazard is known.
//!
#![doc = include_str!("../README.md")]

mod anatomy;
mod cohort;
mod ct;
mod dice;
mod error;
mod imaging;
mod tissues;

pub use anatomy::body::{EndPlate, VertebralBody};
pub use anatomy::bone::Bone;
pub use anatomy::fracture::{Fracture, FractureKind};
pub use anatomy::population::{SHAPE_COVARIANCE, SHAPE_FEATURES, SHAPE_MEAN};
pub use anatomy::spine::{N_BODIES, Sacrum, Spine};
pub use anatomy::variation::Transition;
pub use cohort::config::PhantomConfig;
pub use cohort::generate::{PhantomSummary, generate};
pub use cohort::hazard::Profile;
pub use cohort::subject::{PhantomSubject, PlannedFilm, Role, sample_subject};
pub use cohort::training_film::{sample_faint_film, sample_training_film};
pub use ct::project::sample_ct_film;
pub use ct::scan::CtScan;
pub use error::Error;
pub use imaging::exposure::{Exposure, Rendering};
pub use imaging::film::{PhantomFilm, render_film};
pub use imaging::look::Look;
pub use imaging::volume::Volume;
pub use tissues::anatomy::Anatomy;
pub use tissues::clutter::Clutter;

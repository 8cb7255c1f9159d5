#![doc = include_str!("../README.md")]

mod affine;
mod blur;
mod caption;
mod clahe;
mod contact_sheet;
mod coverage;
mod error;
mod facing;
mod field;
mod film;
mod filter;
#[cfg(feature = "image")]
mod from_image;
#[cfg(feature = "ndarray")]
mod from_ndarray;
mod interpolate;
mod limits;
mod reduce;
mod reduced_film;
mod resample;
mod taps;
mod thumbnail;

/// The version of the crate whose pictures are taken and made.
#[cfg(feature = "image")]
pub use image;
/// The version of the crate whose arrays are taken and made.
#[cfg(feature = "ndarray")]
pub use ndarray;

pub use affine::{Affine, original, resized};
pub use blur::{Edges, GaussianBlur, Real};
pub use caption::caption;
pub use clahe::ClaheOptions;
pub use contact_sheet::ContactSheet;
pub use coverage::polygon_coverage;
pub use error::Error;
pub use facing::Facing;
pub use field::Field;
pub use film::{Film, Image, Sample};
pub use filter::Filter;
pub use reduce::reduce;
pub use reduced_film::{ReducedFilm, Reduction};
pub use resample::{ResampleOptions, Resampled, resample};

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
mod interpolate;
mod limits;
mod reduce;
mod reduced_film;
mod resample;
mod taps;
mod thumbnail;

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

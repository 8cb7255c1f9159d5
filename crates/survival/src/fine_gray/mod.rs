//! Fine and Gray's regression of the subdistribution hazard of one cause.

mod fit;
mod rows;
mod sample;
mod variance;
mod weights;

pub use fit::{FineGrayFit, SubdistributionHazardRatio, fine_gray};
pub use rows::{FineGrayRows, fine_gray_rows};

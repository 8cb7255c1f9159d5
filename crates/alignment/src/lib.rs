//! Alignment of radiographs by their L1 and L5 keypoints, anti-aliased resampling and the six image variants.

mod image;
mod variant;

pub use image::{Film, Image};
pub use variant::ImageVariant;

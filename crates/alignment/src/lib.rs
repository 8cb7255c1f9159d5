//! Alignment of radiographs by their L1 and L5 keypoints, anti-aliased resampling and the six image variants.

mod body;
mod coverage;
mod error;
mod field;
mod image;
mod masks;
mod options;
mod reduce;
mod render;
mod resample;
mod transform;
mod variant;

pub use body::{body_centre, mask_centroid};
pub use error::Error;
pub use field::Field;
pub use image::{Film, Image};
pub use masks::VertebraMasks;
pub use options::{AlignmentMode, AlignmentOptions};
pub use render::{VariantImages, VariantOptions};
pub use resample::{Filter, ResampleOptions, resample};
pub use transform::Alignment;
pub use variant::ImageVariant;

//! Vertebra keypoints: schema, COCO annotations, heatmap codec, OKS average precision and plausibility.

mod error;
mod schema;

pub use error::Error;
pub use schema::{Keypoint, Level, VertebraKeypoints};

//! Vertebra keypoints: schema, COCO annotations, heatmap codec, OKS average precision and plausibility.

mod annotation;
mod coco;
mod error;
mod polygon;
mod schema;
mod six_points;

pub use annotation::{AnnotationSet, FilmAnnotation, VertebraAnnotation};
pub use error::Error;
pub use schema::{Keypoint, Level, VertebraKeypoints};
pub use six_points::{SixPoints, VertebralHeights};

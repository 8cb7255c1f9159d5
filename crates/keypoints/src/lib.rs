//! Vertebra keypoints: schema, COCO annotations, heatmap codec, OKS average precision and plausibility.

mod annotation;
mod coco;
mod error;
mod heatmap;
mod localisation;
mod oks;
mod polygon;
mod schema;
mod six_points;

pub use annotation::{AnnotationSet, FilmAnnotation, VertebraAnnotation};
pub use error::Error;
pub use heatmap::{Decoding, HeatmapCodec, to_heatmap, to_input};
pub use localisation::{LocalisationReport, LocatedFilm, SUCCESS_RADII_MM};
pub use localisation::{mean_radial_error_mm, radial_errors_mm};
pub use oks::{ApReport, AreaDefinition, Detection, EvaluatedFilm, OksOptions, SpineTruth};
pub use oks::{average_precision, oks};
pub use schema::{Keypoint, Level, VertebraKeypoints};
pub use six_points::{SixPoints, VertebralHeights};

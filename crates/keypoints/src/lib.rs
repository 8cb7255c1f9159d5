//! Five lumbar vertebrae on a lateral radiograph: where they are, how they are written down, how
//! they become a network's target and come back, and how good or plausible a detection is.
//!
//! [`VertebraKeypoints`] holds the centres of L1 to L5. [`AnnotationSet`] reads and writes them as
//! COCO keypoints JSON, with outlines and the six morphometric points ([`SixPoints`]) of each
//! vertebra, and as the files of CVAT and Label Studio; those of VIA and LabelMe are read.
//! [`AnnotationPage`] is a page to mark or correct them in a browser. [`HeatmapCodec`] turns points
//! into Gaussian heatmaps and back to sub-pixel places. [`facing`] says which way the subject
//! faces. [`average_precision`] (as pycocotools computes it) [`LocalisationReport`] (millimetres)
//! and [`RelativeReport`] (per cent) measure a detector, [`check_plausibility`] says what is odd
//! about one detection, compared with real spines, [`LevelMargins`] by how much its levels fit
//! better than those of the chain one vertebra up or down, and a [`Verdict`] is what all doubts
//! about one film come to.
//!
//! Coordinates are `(x right, y down)` in px, and the centre of the first pixel is `(0, 0)`;
//! how this carries over to a heatmap of another size is stated at [`to_input`].
//!
//! ```
//! use vertebra_keypoints::{Level, VertebraKeypoints, check_plausibility};
//! let centres = [(60., 10.), (63., 45.), (67., 81.), (69., 118.), (63., 155.)];
//! let spine = VertebraKeypoints::from_xy(centres)?;
//! assert_eq!(spine.get(Level::L3).y, 81.0);
//! assert!(check_plausibility(&spine, Some([1.0, 1.0]), &Default::default()).is_empty());
//! # Ok::<(), vertebra_keypoints::Error>(())
//! ```

mod annotation;
mod calibration;
mod chain;
mod error;
mod facing;
mod formats;
mod gaussian;
mod heat;
mod heatmap;
mod level_margins;
mod localisation;
mod logistic;
mod mask_outline;
mod matching;
mod oks;
mod page;
mod plausibility;
mod polygon;
mod population;
mod relative_errors;
mod schema;
mod six_points;
mod spine_shape;
mod verdict;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use annotation::{AnnotationSet, FilmAnnotation, VertebraAnnotation};
pub use calibration::{ConfidenceCalibration, ReliabilityRow, ReliabilityTable};
pub use chain::{Chain, most_plausible_chain};
pub use error::Error;
pub use facing::{DecidedFacing, FacingByPoints, FacingSource, facing};
pub use heatmap::{Decoding, HeatmapCodec, to_heatmap, to_input};
pub use level_margins::LevelMargins;
pub use localisation::{LocalisationReport, LocatedFilm, SUCCESS_RADII_MM};
pub use localisation::{mean_radial_error_mm, radial_errors_mm};
pub use logistic::LogisticMap;
pub use matching::NameMatch;
pub use oks::{ApReport, AreaDefinition, Detection, EvaluatedFilm, OksOptions, SpineTruth};
pub use oks::{average_precision, oks};
pub use page::{AnnotationPage, PageFilm};
pub use plausibility::{Implausibility, PlausibilityLimits, ShapeScore, ShiftedLabels};
pub use plausibility::{check_plausibility, mean_level_places};
pub use relative_errors::{RelativeErrors, RelativeReport};
pub use schema::{Keypoint, Level, VertebraKeypoints};
pub use six_points::{SixPoints, VertebralHeights};
pub use spine_shape::SpineShape;
pub use verdict::{Doubt, Shift, Verdict};
pub use vertebra_raster::Facing;

//! Lateral spine radiographs in one canonical frame, so that the same vertebra is at the same place
//! on every picture a network sees.
//!
//! [`AlignmentOptions`] turns the five centres of L1 to L5 into an [`Alignment`], an invertible
//! transform between film and canonical picture; the frame is described there. [`resample`] reads
//! the picture from the film without aliasing. [`VariantOptions`] makes the six variants that the
//! protocol compares ([`ImageVariant`]): it adds the exposed [`Field`] of the film, the region of
//! interest, the scaling of grey values and the [`VertebraMasks`].
//!
//! Coordinates are `(x right, y down)` in px with the centre of the first pixel at `(0, 0)`, on the
//! film and on the picture. Anterior is on the left of a picture if the caller says which films to
//! flip.
//!
//! ```
//! use vertebra_alignment::{Film, ImageVariant, VariantOptions};
//! use vertebra_keypoints::VertebraKeypoints;
//! let pixels: Vec<f32> = (0..300 * 200).map(|i| (i % 200 + i / 300) as f32).collect();
//! let film = Film { pixels: &pixels, height: 300, width: 200, spacing_mm: Some([0.9, 0.9]) };
//! let centres = [(100., 70.), (104., 108.), (108., 147.), (107., 187.), (100., 228.)];
//! let keypoints = VertebraKeypoints::from_xy(centres)?;
//! let options = VariantOptions::default().with_size(96);
//! let made = options.render(&film, &keypoints, None, ImageVariant::L1L5)?;
//! let (x, y) = made.alignments[0].to_original((47.5, 47.5)); // the middle, on the film
//! assert!((x - 100.0).abs() < 1e-9 && (y - 149.0).abs() < 1e-9);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod error;
mod masks;
mod options;
mod render;
mod transform;
mod variant;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use body::{body_centre, mask_centroid};
pub use error::Error;
pub use masks::VertebraMasks;
pub use options::{AlignmentMode, AlignmentOptions};
pub use render::{VariantImages, VariantOptions};
pub use transform::Alignment;
pub use variant::ImageVariant;
// What stands in this crate's signatures, and what its users do with it.
pub use vertebra_raster::{
    Affine, ClaheOptions, Facing, Field, Film, Filter, Image, ResampleOptions, Sample, reduce,
    resample,
};

//! Films between the file and the networks: decoding, reducing, annotating, rendering, drawing.

pub(crate) mod annotated_films;
pub(crate) mod film;
pub(crate) mod film_cache;
pub(crate) mod keypoint_sheets;
pub(crate) mod overlay;
pub(crate) mod picture_store;
pub(crate) mod pictures;
pub(crate) mod reduced_films;
pub(crate) mod saliency;
pub(crate) mod variant_pictures;

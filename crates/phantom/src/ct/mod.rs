//! Films projected from labelled CT scans: real anatomy, from any direction, with the physics and
//! the looks of the phantom's films.

pub(crate) mod nifti;
pub(crate) mod project;
pub(crate) mod scan;

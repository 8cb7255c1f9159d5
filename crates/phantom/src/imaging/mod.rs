//! From line integrals to a film: exposure, detector, markers and exact annotations.

pub(crate) mod detector;
pub(crate) mod exposure;
pub(crate) mod film;
pub(crate) mod integrals;
pub(crate) mod look;
pub(crate) mod marker;
pub(crate) mod volume;

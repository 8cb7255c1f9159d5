//! From line integrals to a film: exposure, detector, markers and exact annotations.

pub(crate) mod acquisition;
pub(crate) mod detector;
pub(crate) mod film;
pub(crate) mod marker;

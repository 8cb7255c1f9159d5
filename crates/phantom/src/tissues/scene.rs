//! What every drawing of a subject's bones has to know.

use crate::anatomy::bone::Bone;
use crate::anatomy::spine::Spine;
use crate::tissues::projection::Projection;

/// A subject's bones before a beam.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) projection: &'a Projection,
    pub(crate) spine: &'a Spine,
    pub(crate) bone: &'a Bone,
    /// What lies further than this from the mid-sagittal plane is left out, mm.
    pub(crate) reach: f64,
    /// Spacing of the finer grid on which vertebral bodies are computed, mm.
    pub(crate) step: f64,
}

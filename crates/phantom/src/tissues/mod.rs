//! What lies in the beam: every tissue as line integrals of its attenuation on the film.

pub(crate) mod anatomy;
pub(crate) mod canvas;
pub(crate) mod clutter;
pub(crate) mod filter;
pub(crate) mod lower_body;
pub(crate) mod patch;
pub(crate) mod pelvis;
pub(crate) mod posterior;
pub(crate) mod projection;
pub(crate) mod ribs;
pub(crate) mod scene;
pub(crate) mod texture;
pub(crate) mod torso;

//! What the latent bone density does to the skeleton.
//!
//! Attenuation is given as excess over soft tissue at about 65 keV effective energy.

use crate::dice::Dice;
use serde::Serialize;

/// Material properties of one subject's bones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bone {
    /// Excess attenuation of trabecular bone, per mm.
    pub trabecular_mu: f64,
    /// Excess attenuation of cortical bone, per mm.
    pub cortical_mu: f64,
    /// Thickness of the walls of a vertebral body, mm.
    pub wall: f64,
    /// Thickness of its end plates, mm.
    pub end_plate: f64,
    /// Thickness of the cortex of posterior elements, ribs and pelvis, mm.
    pub shell: f64,
    /// Relative strength of the vertical trabeculae on the film.
    pub vertical_texture: f64,
    /// Relative strength of the horizontal trabeculae, which are lost first.
    pub horizontal_texture: f64,
    /// Attenuation of posterior elements and sacral wings over what density alone makes it: worn
    /// facet joints are dense while the bodies are thin. 1 = no wear.
    pub posterior: f64,
    /// How irregular the posterior elements and sacral wings are, 0 (smooth solids) to about 1.
    pub roughness: f64,
    /// Excess attenuation of the discs as a share of that of trabecular bone, beyond what sets them
    /// apart from other soft tissue: a projection of CT numbers shows discs hardly darker than
    /// bodies that have lost their mineral.
    pub disc: f64,
}

impl Bone {
    /// Bones of a subject whose density deviates by `density` standard deviations from the
    /// population's mean.
    #[must_use]
    pub fn of_density(density: f64) -> Self {
        let z = density.clamp(-3.5, 3.5);
        Self {
            trabecular_mu: 0.0044 * (0.40 * z).exp(),
            cortical_mu: 0.030 * (0.05 * z).exp(),
            wall: 0.42 * (0.22 * z).exp(),
            end_plate: 0.62 * (0.20 * z).exp(),
            shell: 0.85 * (0.20 * z).exp(),
            vertical_texture: 0.20 * (-0.22 * z).exp(),
            horizontal_texture: 0.12 * (0.25 * z).exp(),
            posterior: 1.0,
            roughness: 0.0,
            disc: 0.0,
        }
    }

    /// The bone of a vertebra of which a film shows this much of its body and of its posterior
    /// elements.
    pub(crate) fn seen(&self, [body, posterior]: [f64; 2]) -> Self {
        Self {
            trabecular_mu: body * self.trabecular_mu,
            wall: body * self.wall,
            end_plate: body * self.end_plate,
            posterior: posterior * self.posterior,
            ..*self
        }
    }

    /// Makes posterior elements and sacral wings as faint as films show them beside bodies, which
    /// lie in the thickest part of the body, with some of the wear that projections show in full.
    pub(crate) fn fade_behind(&mut self, dice: &mut Dice) {
        let worn = dice.chance(0.3);
        if worn {
            self.wear(dice);
        }
        self.trabecular_mu *= dice.uniform(0.6, 1.2);
        self.end_plate *= dice.uniform(0.7, 1.8);
        self.wall *= dice.uniform(0.7, 2.0);
        let most = if worn { 1.0 } else { 0.8 };
        self.posterior *= dice.uniform(0.15, most);
        self.roughness = self.roughness.max(dice.uniform(0.0, 0.5));
        self.disc = self.disc.min(0.3);
    }

    /// Makes the bones those of worn spines of any kind: bodies that have lost up to three quarters
    /// of their mineral, end plates that stand out, dense and irregular joints, discs nearly as
    /// dense as bodies.
    pub(crate) fn wear(&mut self, dice: &mut Dice) {
        let lost = dice.uniform(0.25f64.ln(), 0.0).exp();
        let joints = dice.uniform(0.0, 1.0);
        let rough = dice.uniform(0.2, 1.0);
        let disc = dice.uniform(0.0, 0.8);
        if dice.chance(0.25) {
            return; // a smooth one, as younger people have
        }
        self.trabecular_mu *= lost;
        self.posterior = 1.0 + 1.2 * joints / lost.sqrt();
        self.roughness = rough;
        self.disc = disc;
    }
}

//! A subject's body as far as a lateral lumbar film shows it.

use crate::anatomy::bone::Bone;
use crate::anatomy::spine::Spine;
use crate::dice::Dice;
use crate::tissues::pelvis::Pelvis;
use crate::tissues::torso::Torso;
use vertebra_cohort::Sex;
use vertebra_run::Seed;

/// A subject's body as far as a lateral lumbar film shows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Anatomy {
    /// The spine.
    pub spine: Spine,
    /// Its material.
    pub bone: Bone,
    pub(crate) torso: Torso,
    pub(crate) pelvis: Pelvis,
    /// Fixes the details that stay the same from film to film: posterior elements, ribs, texture.
    pub(crate) seed: u64,
}

impl Anatomy {
    /// Draws a person. `age` in years, `bmi` in kg/m², `density` in standard deviations.
    #[must_use]
    pub fn sample(sex: Sex, age: f64, bmi: f64, density: f64, seed: u64) -> Self {
        let mut dice = Dice::new(Seed::new(seed).at(&[0xa7a7]));
        let spine = Spine::sample(&mut dice, sex, age);
        let torso = Torso::sample(&mut dice, bmi, sex == Sex::Male, age);
        let pelvis = Pelvis::sample(&mut dice);
        Self { spine, bone: Bone::of_density(density), torso, pelvis, seed }
    }
}

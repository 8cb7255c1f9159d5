//! A subject's body as far as a lateral lumbar film shows it.

use crate::anatomy::bone::Bone;
use crate::anatomy::spine::Spine;
use crate::anatomy::variation::Transition;
use crate::dice::Dice;
use crate::tissues::lower_body::LowerBody;
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
    /// A vertebra between lumbar and sacral; only training films have such spines.
    pub transition: Option<Transition>,
    pub(crate) torso: Torso,
    pub(crate) pelvis: Pelvis,
    /// Drawn in the place of the simpler sacrum and pelvis, if any.
    pub(crate) lower_body: Option<LowerBody>,
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
        let bone = Bone::of_density(density);
        Self { spine, bone, transition: None, torso, pelvis, lower_body: None, seed }
    }

    /// Gives the person what people of any kind have: a varied spine, rarely a transitional
    /// vertebra, sacrum and hips in detail, hips and seat from slim to broad.
    pub(crate) fn vary(&mut self, dice: &mut Dice) {
        self.spine.vary(dice);
        self.transition = Transition::sample(dice);
        if self.transition == Some(Transition::SacralisedL5) {
            self.spine.sacralise(dice.uniform(1.0, 3.5));
        }
        self.torso.hips = dice.uniform(0.0, 0.45);
        self.torso.seat = dice.uniform(0.0, 1.1);
        self.lower_body = Some(LowerBody::sample(dice, self.transition));
    }
}

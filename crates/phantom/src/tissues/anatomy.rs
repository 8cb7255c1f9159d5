//! A subject's body as far as a lateral lumbar film shows it.

use crate::anatomy::bone::Bone;
use crate::anatomy::spine::{N_BODIES, Spine};
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
    /// What each vertebra, T6 to L5, shows of its body and of its posterior elements, over what its
    /// bone would show alone: 1 but for training films.
    pub(crate) strength: [[f64; 2]; N_BODIES],
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
        let strength = [[1.0; 2]; N_BODIES];
        Self { spine, bone, transition: None, strength, torso, pelvis, lower_body: None, seed }
    }

    /// Gives the person what people of any kind have: a varied spine whose vertebrae stand out
    /// differently, rarely a transitional vertebra, sacrum and hips in detail, hips and seat from
    /// slim to broad.
    pub(crate) fn vary(&mut self, dice: &mut Dice) {
        self.spine.vary(dice);
        self.transition = Transition::sample(dice);
        if self.transition == Some(Transition::SacralisedL5) {
            self.spine.sacralise(dice.uniform(1.0, 3.5));
        }
        self.strength = std::array::from_fn(|_| {
            [dice.normal_within(0.0, 0.3, 2.0).exp(), dice.normal_within(-0.1, 0.5, 2.0).exp()]
        });
        self.torso.lung = dice.uniform(30.0, 150.0);
        self.torso.hips = dice.uniform(0.0, 0.45);
        self.torso.seat = dice.uniform(0.0, 1.1);
        self.lower_body = Some(LowerBody::sample(dice, self.transition));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Exposure, Rendering, render_film};

    /// The varied person has heads of the thigh bones below and in front of the sacrum, brighter
    /// than what surrounds them; the usual one has none.
    #[test]
    fn hips_show_where_the_lower_body_is_drawn() {
        let usual = Anatomy::sample(Sex::Female, 60.0, 24.0, 0.5, 3);
        let mut exposure = Exposure::sample([256, 256], 3);
        exposure.rendering = Rendering::LineIntegral;
        exposure.soft_share = 0.0;
        (exposure.rotation, exposure.obliquity, exposure.shuttered) = (0.0, 0.0, false);
        exposure.aim = (0.5, 0.3);
        let mut varied = usual.clone();
        varied.vary(&mut Dice::new(Seed::new(8)));
        varied.spine = usual.spine.clone();
        let below = |anatomy: &Anatomy| {
            let film = render_film(anatomy, &exposure, "film", 3).unwrap();
            let s1 = exposure.projection(&anatomy.spine).to_film(anatomy.spine.sacrum.centre);
            let reach = 95.0 * exposure.magnification / exposure.pitch_mm;
            let lit = |i: &usize| (*i / 256) as f64 > s1.1 + reach && film.image.pixels[*i] > 400;
            (0..256 * 256).filter(lit).count()
        };
        let (few, many) = (below(&usual), below(&varied));
        assert!(many > 3 * few + 400, "{many} bright pixels below the sacrum, {few} without hips");
    }
}

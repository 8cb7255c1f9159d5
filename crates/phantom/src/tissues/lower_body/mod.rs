//! Sacrum, coccyx, hip bones and hips as a clinic's film shows them. The films of a cohort keep the
//! simpler pelvis that their figures were measured with; training films have this one.

mod hip;
mod sacrum;

use crate::anatomy::variation::Transition;
use crate::dice::Dice;
use crate::tissues::canvas::Skeleton;
use crate::tissues::scene::Scene;
use hip::Hip;
use sacrum::SacralShape;

/// What differs between the lower bodies of two people.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LowerBody {
    sacrum: SacralShape,
    hip: Hip,
}

impl LowerBody {
    pub(crate) fn sample(dice: &mut Dice, transition: Option<Transition>) -> Self {
        Self { sacrum: SacralShape::sample(dice, transition), hip: Hip::sample(dice) }
    }

    pub(crate) fn draw(&self, skeleton: &mut Skeleton, scene: Scene, dice: &mut Dice) {
        self.sacrum.draw(skeleton, scene, dice);
        self.hip.draw(&mut skeleton.smooth, scene, dice);
    }
}

//! What the spines of training films have beyond those of a cohort: slipped vertebrae, curves to
//! the side, bony lips, and, rarely, a lumbosacral transition.

use crate::anatomy::spine::{FIRST_LUMBAR, N_BODIES, Spine};
use crate::dice::Dice;
use serde::Serialize;

/// A vertebra between lumbar and sacral (Castellvi et al., Spine 1984;9(5):493). The levels of the
/// annotation are those counted from above: L5 stays L5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transition {
    /// L5 rests on the sacrum with a remnant of a disc.
    SacralisedL5,
    /// S1 is square, with a disc below it.
    LumbarisedS1,
}

impl Transition {
    /// Two in a hundred people of each kind.
    pub(crate) fn sample(dice: &mut Dice) -> Option<Self> {
        match dice.uniform(0.0, 1.0) {
            u if u < 0.02 => Some(Self::SacralisedL5),
            u if u < 0.04 => Some(Self::LumbarisedS1),
            _ => None,
        }
    }
}

impl Spine {
    /// Narrows one or two discs in every other spine, slips one of L2..L5 in every eighth, bends
    /// every fifth to the side, lets bony lips grow on every third.
    pub(crate) fn vary(&mut self, dice: &mut Dice) {
        for _ in 0..2 {
            // The lowest two are worn most often.
            let level =
                FIRST_LUMBAR + if dice.chance(0.6) { 3 + dice.index(2) } else { dice.index(5) };
            let share = dice.uniform(0.1, 0.75);
            if dice.chance(0.3) {
                self.narrow(level, share);
            }
        }
        if dice.chance(0.12) {
            let most = if dice.chance(0.7) { 11.0 } else { -5.0 };
            let level = FIRST_LUMBAR + 1 + dice.index(4);
            self.slip(level, dice.uniform(0.2, 1.0) * most);
        }
        if dice.chance(0.2) {
            let [turn, bend] = [dice.uniform(-22.0, 22.0), dice.uniform(-16.0, 16.0)];
            let apex = FIRST_LUMBAR as f64 + dice.uniform(-1.0, 4.0);
            self.curve_aside(apex, turn.to_radians(), bend.to_radians());
        }
        if dice.chance(0.33) {
            for body in &mut self.bodies[FIRST_LUMBAR - 1..] {
                body.osteophyte = body.osteophyte.max(dice.uniform(0.0, 7.5));
                body.sclerosis = body.sclerosis.max(dice.uniform(0.0, 1.0));
            }
        }
    }

    /// Lets body `k` and those above it sink by this share of the disc below it.
    fn narrow(&mut self, k: usize, share: f64) {
        let upper = self.bodies[k];
        let plate = &upper.inferior;
        let from = upper.to_patient((0.0, 0.5 * (plate.anterior + plate.posterior)));
        let to = match self.bodies.get(k + 1) {
            Some(lower) => {
                let plate = &lower.superior;
                lower.to_patient((0.0, 0.5 * (plate.anterior + plate.posterior)))
            }
            None => self.sacrum.centre,
        };
        // Wedged end plates stay apart at the back.
        let height = (to.0 - from.0).hypot(to.1 - from.1);
        let by = share.min(1.0 - 3.5 / height.max(3.5));
        for body in &mut self.bodies[..=k] {
            body.centre.0 += by * (to.0 - from.0);
            body.centre.1 += by * (to.1 - from.1);
        }
    }

    /// Moves body `k` and those above it forwards over the one below, mm.
    fn slip(&mut self, k: usize, by: f64) {
        let tilt = if k + 1 < N_BODIES { self.bodies[k + 1].tilt } else { self.sacrum.tilt };
        let (sin, cos) = tilt.sin_cos();
        for body in &mut self.bodies[..=k] {
            body.centre = (body.centre.0 + by * cos, body.centre.1 + by * sin);
        }
    }

    /// A curve to the side whose middle is body `apex`: there bodies are turned most, at its ends
    /// they are tilted most.
    fn curve_aside(&mut self, apex: f64, turn: f64, bend: f64) {
        for (k, body) in self.bodies.iter_mut().enumerate() {
            let phase = (k as f64 - apex) / 3.5;
            body.axial_rotation += turn * (-phase * phase).exp();
            body.lateral_tilt += bend * phase.clamp(-1.5, 1.5) * (-0.5 * phase * phase).exp();
        }
    }

    /// Lets L5 rest on the sacrum: what is left of their disc is `disc` mm high.
    pub(crate) fn sacralise(&mut self, disc: f64) {
        let l5 = &self.bodies[N_BODIES - 1];
        let plate = &l5.inferior;
        let below = l5.to_patient((0.0, 0.5 * (plate.anterior + plate.posterior)));
        let tilt = l5.tilt + 0.7 * (self.sacrum.tilt - l5.tilt);
        let normal = 0.5 * (l5.tilt + tilt);
        self.sacrum.centre = (below.0 - disc * normal.sin(), below.1 + disc * normal.cos());
        self.sacrum.tilt = tilt;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_cohort::Sex;
    use vertebra_run::Seed;

    fn spine(seed: u64) -> Spine {
        Spine::sample(&mut Dice::new(Seed::new(seed)), Sex::Female, 60.0)
    }

    #[test]
    fn a_slipped_vertebra_takes_those_above_with_it() {
        let before = spine(1);
        let mut after = before.clone();
        after.slip(FIRST_LUMBAR + 3, 8.0);
        for (k, (b, a)) in before.bodies.iter().zip(&after.bodies).enumerate() {
            let moved = (a.centre.0 - b.centre.0).hypot(a.centre.1 - b.centre.1);
            let expected = if k <= FIRST_LUMBAR + 3 { 8.0 } else { 0.0 };
            assert!((moved - expected).abs() < 1e-9, "body {k} by {moved}");
        }
        assert_eq!(before.sacrum, after.sacrum);
    }

    #[test]
    fn a_narrow_disc_lets_those_above_sink() {
        for k in [FIRST_LUMBAR + 1, N_BODIES - 1] {
            let before = spine(4);
            let mut after = before.clone();
            after.narrow(k, 0.5);
            let sunk = |i: usize| after.bodies[i].centre.1 - before.bodies[i].centre.1;
            assert!(sunk(k) > 1.0 && (sunk(0) - sunk(k)).abs() < 1e-9, "{}", sunk(k));
            assert!((k + 1..N_BODIES).all(|i| sunk(i) == 0.0));
        }
    }

    #[test]
    fn a_curve_turns_its_apex_most() {
        let before = spine(2);
        let mut after = before.clone();
        after.curve_aside(9.0, 0.3, 0.2);
        let turned = |k: usize| after.bodies[k].axial_rotation - before.bodies[k].axial_rotation;
        assert!((turned(9) - 0.3).abs() < 1e-9 && turned(6) < 0.2);
    }

    #[test]
    fn a_sacralised_l5_lies_closer_to_the_sacrum() {
        let before = spine(3);
        let mut after = before.clone();
        after.sacralise(3.0);
        let gap = |spine: &Spine| {
            let (l5, s1) = (spine.bodies[N_BODIES - 1].centre, spine.sacrum.centre);
            (l5.0 - s1.0).hypot(l5.1 - s1.1)
        };
        assert!(gap(&after) < gap(&before) - 2.0);
        assert_eq!(before.bodies, after.bodies);
    }
}

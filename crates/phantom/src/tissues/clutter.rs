//! What else gets into the beam of a clinic's film: arms, folds of skin and clothes, gas before the
//! sacrum, screws and rods, clips, buttons and leads.

use crate::anatomy::spine::FIRST_LUMBAR;
use crate::dice::Dice;
use crate::tissues::canvas::{Canvas, Ellipsoid};
use crate::tissues::scene::Scene;
use crate::tissues::torso::{SOFT_MU, draw_loop};
use serde::Serialize;

/// Attenuation of titanium and steel over soft tissue, per mm; beyond what a film can show anyway.
const METAL_MU: f64 = 0.25;

/// How many of each get into the beam.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Clutter {
    /// Solid organs that a ray meets more of than elsewhere: liver, spleen, a full bladder.
    pub organs: usize,
    /// Arms across the upper part of the film.
    pub arms: usize,
    /// Folds of skin and of clothes.
    pub folds: usize,
    /// Loops of gas in the pelvis and before the spine, beside those of every film.
    pub gas: usize,
    /// Vertebrae with a pair of pedicle screws, counted from L5 upwards.
    pub screwed: usize,
    /// Clips, buttons, leads.
    pub clips: usize,
}

impl Clutter {
    /// Of a clinic's films most have gas, a third folds, a sixth arms, and a few metal.
    pub(crate) fn sample(dice: &mut Dice) -> Self {
        let mut few = |chance: f64, most: usize| {
            let some = 1 + dice.index(most);
            if dice.chance(chance) { some } else { 0 }
        };
        Self {
            organs: few(0.6, 3),
            arms: few(0.16, 2),
            folds: few(0.35, 4),
            gas: few(0.7, 6),
            screwed: few(0.05, 4),
            clips: few(0.12, 5),
        }
    }

    pub(crate) fn draw_soft(&self, canvas: &mut Canvas, scene: Scene, dice: &mut Dice) {
        for _ in 0..self.organs {
            let organ = Place::organ(dice);
            let radii = [dice.uniform(50.0, 110.0), dice.uniform(40.0, 80.0), 50.0];
            organ.draw(canvas, scene, radii, dice.uniform(0.003, 0.012));
        }
        for _ in 0..self.arms {
            let arm = Place::above(dice);
            arm.draw(canvas, scene, [170.0, dice.uniform(28.0, 44.0), 34.0], 0.9 * SOFT_MU);
        }
        for _ in 0..self.folds {
            let fold = Place::anywhere(dice);
            let long = dice.uniform(50.0, 160.0);
            let thick = dice.uniform(2.0, 20.0);
            let sign = if dice.chance(0.7) { 1.0 } else { -1.0 };
            fold.draw(canvas, scene, [long, thick, dice.uniform(3.0, 9.0)], sign * SOFT_MU);
        }
        let sacrum = scene.spine.sacrum.centre;
        for _ in 0..self.gas {
            let at = match dice.chance(0.5) {
                true => (sacrum.0 + dice.normal(8.0, 22.0), sacrum.1 + dice.uniform(25.0, 120.0)),
                false => (dice.uniform(28.0, 110.0), dice.uniform(-90.0, sacrum.1)),
            };
            match dice.chance(0.5) {
                true => draw_loop(canvas, scene.projection, at, dice),
                false => draw_bubbles(canvas, scene, at, dice),
            }
        }
    }

    pub(crate) fn draw_hard(&self, canvas: &mut Canvas, scene: Scene, dice: &mut Dice) {
        if self.arms > 0 && dice.chance(0.6) {
            Place::above(dice).draw(canvas, scene, [170.0, 10.0, 10.0], 0.011);
        }
        if self.screwed > 0 {
            draw_screws(canvas, scene, self.screwed, dice);
        }
        for _ in 0..self.clips {
            let radii = [dice.uniform(1.0, 5.0), dice.uniform(0.6, 3.5), 1.2];
            Place::anywhere(dice).draw(canvas, scene, radii, METAL_MU);
        }
    }
}

/// Many small bubbles, as stool holds them.
fn draw_bubbles(canvas: &mut Canvas, scene: Scene, at: (f64, f64), dice: &mut Dice) {
    let mu = -SOFT_MU * dice.uniform(0.3, 0.95);
    let spread = dice.uniform(8.0, 28.0);
    for _ in 0..6 + dice.index(14) {
        let spot = Place {
            at: (at.0 + dice.normal(0.0, spread), at.1 + dice.normal(0.0, spread)),
            angle: dice.uniform(-1.6, 1.6),
        };
        let radius = dice.uniform(2.0, 8.0);
        spot.draw(canvas, scene, [radius * dice.uniform(1.0, 1.8), radius, 1.6 * radius], mu);
    }
}

/// Screws through the pedicles of the lowest `count` vertebrae, and the rod that joins them.
fn draw_screws(canvas: &mut Canvas, scene: Scene, count: usize, dice: &mut Dice) {
    let n = scene.spine.bodies.len();
    for side in [-1.0, 1.0] {
        let mut heads: Vec<(f64, f64)> = Vec::with_capacity(count);
        for body in scene.spine.bodies[n - count.min(n - FIRST_LUMBAR)..].iter() {
            let turn = (body.axial_rotation.tan(), body.lateral_tilt.tan());
            let frame = scene.projection.frame(body.centre, body.tilt, turn);
            let height = -0.18 * body.heights().posterior;
            let screw = metal((-0.30 * body.depth(), height), [24.0, 2.8, 2.8], 0.0, side * 14.0);
            canvas.add_ellipsoid(frame, &screw);
            heads.push(body.to_patient((-0.30 * body.depth() - 25.0, height)));
        }
        let offset = side * dice.uniform(0.5, 3.0);
        for pair in heads.windows(2) {
            let (p, q) = (pair[0], pair[1]);
            let (dx, dy) = (q.0 - p.0, q.1 - p.1);
            let middle = (0.5 * (p.0 + q.0) + offset, 0.5 * (p.1 + q.1));
            let frame = scene.projection.frame(middle, 0.0, (0.0, 0.0));
            let radii = [0.75 * dx.hypot(dy), 2.9, 2.9];
            canvas.add_ellipsoid(frame, &metal((0.0, 0.0), radii, dy.atan2(dx), side * 18.0));
        }
    }
}

fn metal(centre: (f64, f64), radii: [f64; 3], angle: f64, z: f64) -> Ellipsoid {
    Ellipsoid {
        centre: [centre.0, centre.1, z],
        radii,
        angle,
        shell: 0.0,
        shell_mu: 0.0,
        core_mu: METAL_MU,
    }
}

/// Where something lies, mm from L3, and its angle.
struct Place {
    at: (f64, f64),
    angle: f64,
}

impl Place {
    fn above(dice: &mut Dice) -> Self {
        let at = (dice.uniform(10.0, 150.0), dice.uniform(-210.0, -110.0));
        Self { at, angle: dice.uniform(-1.2, 1.2) }
    }

    /// Mostly before and above L2.
    fn organ(dice: &mut Dice) -> Self {
        let y =
            if dice.chance(0.75) { dice.uniform(-170.0, -40.0) } else { dice.uniform(0.0, 170.0) };
        Self { at: (dice.uniform(-20.0, 110.0), y), angle: dice.uniform(-1.2, 1.2) }
    }

    fn anywhere(dice: &mut Dice) -> Self {
        let at = (dice.uniform(-90.0, 140.0), dice.uniform(-160.0, 220.0));
        Self { at, angle: dice.uniform(-1.6, 1.6) }
    }

    fn draw(&self, canvas: &mut Canvas, scene: Scene, radii: [f64; 3], mu: f64) {
        let frame = scene.projection.frame(self.at, 0.0, (0.0, 0.0));
        let solid = Ellipsoid { core_mu: mu, ..metal((0.0, 0.0), radii, self.angle, 0.0) };
        canvas.add_ellipsoid(frame, &solid);
    }
}

//! The sacrum: a trapezium that goes on backwards where the spine ends, its segments fused, what is
//! left of their discs between them; coccyx; wings to both sides.

use crate::anatomy::body::{EndPlate, VertebralBody};
use crate::anatomy::bone::Bone;
use crate::anatomy::variation::Transition;
use crate::dice::Dice;
use crate::tissues::canvas::{Ellipsoid, Skeleton};
use crate::tissues::patch::Patch;
use crate::tissues::projection::Projection;
use crate::tissues::scene::Scene;

/// S1..S5 and three pieces of the coccyx.
const N: usize = 8;
/// Heights, mm.
const HEIGHTS: [f64; N] = [30.0, 25.0, 21.0, 18.0, 15.0, 10.0, 8.0, 7.0];
/// Depths at the cranial end of each piece and at the caudal end of the last, over the end plate of
/// S1.
const DEPTHS: [f64; N + 1] = [1.0, 0.66, 0.47, 0.37, 0.31, 0.26, 0.22, 0.18, 0.15];
/// How much each piece turns forwards against the one above, degrees.
const TURNS: [f64; N] = [0.0, 7.0, 13.0, 20.0, 18.0, 12.0, 14.0, 14.0];
/// How far the bodies of the sacrum reach from left to right, over their depth.
const BREADTH: f64 = 1.35;

/// Shape of one person's sacrum.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SacralShape {
    size: f64,
    /// Radians.
    turns: [f64; N],
    /// What is left of the discs below each piece, mm.
    gaps: [f64; N],
    /// Strength of the end plates above and below each gap, over those of L5.
    plates: [f64; N],
    /// How quickly the sacrum gets thin, 1 as most.
    taper: f64,
    /// Strength of the end plate of S1, over those of L5.
    plate: f64,
    /// Strength of the line that the front and the back make.
    wall: f64,
    /// Trabecular bone in the bodies and in the wings, over that of L5.
    body: f64,
    wings: f64,
    /// Reach of the wings forwards beyond the body, mm.
    reach: f64,
}

impl SacralShape {
    pub(crate) fn sample(dice: &mut Dice, transition: Option<Transition>) -> Self {
        let bent = dice.normal_within(1.0, 0.22, 2.0);
        let turns = TURNS.map(|mean| {
            (mean * bent + dice.normal_within(0.0, 0.25 * mean + 1e-9, 2.0)).to_radians()
        });
        let mut gaps = [0.0; N];
        let mut plates = [0.0; N];
        // Most adults show a remnant of the first disc, fewer of the second.
        if dice.chance(0.75) {
            gaps[0] = dice.uniform(0.4, 4.5);
            plates[0] = dice.uniform(0.1, 0.8);
        }
        if dice.chance(0.5) {
            gaps[1] = dice.uniform(0.3, 2.0);
            plates[1] = dice.uniform(0.05, 0.4);
        }
        for gap in &mut gaps[4..] {
            *gap = dice.uniform(0.5, 3.0);
        }
        let mut taper = dice.normal_within(1.0, 0.12, 2.0);
        if transition == Some(Transition::LumbarisedS1) {
            gaps[0] = dice.uniform(5.0, 8.0);
            plates[0] = dice.uniform(0.7, 1.0);
            taper *= 0.6;
        }
        Self {
            size: dice.normal_within(1.0, 0.07, 2.0),
            turns,
            gaps,
            plates,
            taper,
            wall: dice.uniform(0.4, 2.0),
            body: dice.uniform(0.1, 1.15),
            plate: dice.uniform(0.3, 1.2),
            wings: dice.uniform(0.2, 0.9),
            reach: dice.uniform(0.0, 12.0),
        }
    }

    pub(crate) fn draw(&self, skeleton: &mut Skeleton, scene: Scene, dice: &mut Dice) {
        let Scene { projection, spine, bone, step, .. } = scene;
        for (k, body) in self.pieces(spine.sacrum.centre, spine.sacrum.tilt, spine.sacrum.length) {
            let frame = projection.frame(body.centre, body.tilt, (0.0, 0.0));
            Patch::of_body(&body, &self.bone(bone, k), frame.shear, step, dice)
                .draw(&mut skeleton.smooth, frame);
            if k < 4 {
                self.draw_wings(skeleton, projection, &body, bone, k);
            }
        }
    }

    /// What the bodies of piece `k` are made of.
    fn bone(&self, bone: &Bone, k: usize) -> Bone {
        let plate = if k == 0 { self.plate } else { 0.5 * (self.plates[k - 1] + self.plates[k]) };
        Bone {
            end_plate: (plate * bone.end_plate).max(0.03),
            trabecular_mu: self.body * bone.trabecular_mu,
            wall: (self.wall * bone.wall).min(1.6),
            ..*bone
        }
    }

    /// The pieces from S1 downwards, the end plate of S1 at `place`.
    fn pieces(
        &self,
        mut place: (f64, f64),
        mut tilt: f64,
        length: f64,
    ) -> Vec<(usize, VertebralBody)> {
        let depth = |k: usize| length * DEPTHS[k].powf(self.taper);
        let mut pieces = Vec::with_capacity(N);
        for (k, height) in HEIGHTS.into_iter().enumerate() {
            tilt -= self.turns[k];
            let body = piece(place, tilt, self.size * height, [depth(k), depth(k + 1)]);
            let (caudal, lean) = (&body.inferior, body.tilt - tilt);
            let (sin, cos) = lean.sin_cos();
            let middle = 0.5 * (caudal.anterior + caudal.posterior);
            place = body.to_patient((self.gaps[k] * sin, middle + self.gaps[k] * cos));
            pieces.push((k, body));
        }
        pieces
    }

    fn draw_wings(
        &self,
        skeleton: &mut Skeleton,
        projection: &Projection,
        body: &VertebralBody,
        bone: &Bone,
        k: usize,
    ) {
        let frame = projection.frame(body.centre, body.tilt, (0.0, 0.0));
        let (half, depth, k) = (0.5 * body.heights().posterior, body.depth(), k as f64);
        let part = |a: f64, b: f64, z: f64, radii: [f64; 3]| Ellipsoid {
            centre: [a, b, z],
            radii,
            angle: 0.0,
            shell: 0.35 * bone.shell,
            shell_mu: bone.cortical_mu,
            core_mu: self.wings * bone.trabecular_mu,
        };
        let wing = 0.5 * depth + self.reach - 2.5 * k;
        if wing > 3.0 {
            for side in [-1.0, 1.0] {
                let z = side * (37.0 - 4.0 * k);
                let reach = [wing, half + 4.0, 18.0 - 3.0 * k];
                skeleton.smooth.add_union(frame, &[part(-0.15 * depth, 1.5, z, reach)]);
            }
        }
        let behind = -0.5 * depth - 11.0 + 1.5 * k;
        let crest = [
            part(behind, 0.0, 0.0, [4.0, half + 4.0, 9.0]),
            part(behind - 3.0, half, 0.0, [3.5 - 0.4 * k, half, 4.0]),
        ];
        skeleton.posterior().add_union(frame, &crest);
    }
}

/// A piece whose end plates stand upright on `tilt`: its back goes on straight and its front
/// recedes, so that its axis leans backwards.
fn piece(top: (f64, f64), tilt: f64, height: f64, depths: [f64; 2]) -> VertebralBody {
    let half = 0.5 * height;
    let lean = (0.8 * (depths[0] - depths[1]) / (2.0 * height)).atan();
    let plate = |b: f64, length: f64| {
        let slant = 0.5 * lean.tan() * length;
        EndPlate { anterior: b - slant, posterior: b + slant, concavity: 0.0, length }
    };
    let tilt = tilt + lean;
    VertebralBody {
        centre: (top.0 - half * tilt.sin(), top.1 + half * tilt.cos()),
        tilt,
        superior: plate(-half, depths[0]),
        inferior: plate(half, depths[1]),
        width: BREADTH * depths[0],
        waist: 0.8,
        axial_rotation: 0.0,
        lateral_tilt: 0.0,
        osteophyte: 0.0,
        sclerosis: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_run::Seed;

    #[test]
    fn the_sacrum_goes_on_backwards_gets_thin_and_bends_forwards() {
        for seed in 0..40 {
            let shape = SacralShape::sample(&mut Dice::new(Seed::new(seed)), None);
            let tilt = 38f64.to_radians();
            let pieces = shape.pieces((0.0, 0.0), tilt, 33.0);
            let (first, third, fifth) = (&pieces[0].1, &pieces[2].1, &pieces[4].1);
            assert!(third.centre.0 < first.centre.0 - 15.0, "S3 lies behind S1");
            assert!(fifth.centre.1 > first.centre.1 + 50.0, "S5 lies below S1");
            assert!(fifth.depth() < 0.45 * first.depth());
            assert!(fifth.tilt < first.tilt - 0.2, "{} {}", fifth.tilt, first.tilt);
        }
    }

    #[test]
    fn a_lumbarised_first_segment_has_a_disc_below_it() {
        for seed in 0..20 {
            let sample = |kind| SacralShape::sample(&mut Dice::new(Seed::new(seed)), kind);
            let (lumbarised, usual) = (sample(Some(Transition::LumbarisedS1)), sample(None));
            assert!(lumbarised.gaps[0] >= 5.0 && usual.gaps[0] <= 4.5);
            let depth =
                |shape: &SacralShape| shape.pieces((0.0, 0.0), 0.6, 33.0)[0].1.inferior.length;
            assert!(depth(&lumbarised) > depth(&usual));
        }
    }
}

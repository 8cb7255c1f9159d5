//! Sacrum and iliac wings.

use crate::anatomy::body::{EndPlate, VertebralBody};
use crate::anatomy::bone::Bone;
use crate::dice::Dice;
use crate::tissues::canvas::{Canvas, Ellipsoid, Skeleton};
use crate::tissues::patch::Patch;
use crate::tissues::projection::Projection;
use crate::tissues::scene::Scene;

/// Heights of S1..S4 along the sacrum and the depth of each relative to the end plate of S1, mm.
const SEGMENTS: [(f64, f64); 4] = [(29.0, 0.74), (24.0, 0.50), (20.0, 0.38), (17.0, 0.30)];

/// Adds the sacral bodies, their wings and crest.
pub(crate) fn draw_sacrum(
    skeleton: &mut Skeleton,
    Scene { projection, spine, bone, step, .. }: Scene,
    dice: &mut Dice,
) {
    let sacrum = &spine.sacrum;
    let (mut place, mut tilt, mut depth) = (sacrum.centre, sacrum.tilt, sacrum.length);
    for (k, (height, shrink)) in SEGMENTS.into_iter().enumerate() {
        let next_depth = sacrum.length * shrink;
        let body = segment(place, tilt, height, depth, next_depth);
        let frame = projection.frame(body.centre, body.tilt, (0.0, 0.0));
        // The segments are fused: no end plates below the first, and less of everything.
        let fused = Bone {
            end_plate: if k == 0 { 0.7 * bone.end_plate } else { 0.1 },
            trabecular_mu: 0.8 * bone.trabecular_mu,
            wall: 0.8 * bone.wall,
            ..*bone
        };
        Patch::of_body(&body, &fused, frame.shear, step, dice).draw(&mut skeleton.smooth, frame);
        draw_wings(skeleton.posterior(), projection, &body, bone, k);
        let below = body.to_patient((-0.04 * depth, 0.5 * height));
        tilt -= sacrum.curvature;
        place = (below.0 - 1.0 * tilt.sin(), below.1 + 1.0 * tilt.cos());
        depth = next_depth;
    }
}

fn segment(top: (f64, f64), tilt: f64, height: f64, depth: f64, next: f64) -> VertebralBody {
    let half = 0.5 * height;
    let plate =
        |b: f64, length: f64| EndPlate { anterior: b, posterior: b, concavity: 0.0, length };
    VertebralBody {
        centre: (top.0 - half * tilt.sin(), top.1 + half * tilt.cos()),
        tilt,
        superior: plate(-half, depth),
        inferior: plate(half, next),
        width: 44.0 * (depth / 33.0),
        waist: 1.0,
        axial_rotation: 0.0,
        lateral_tilt: 0.0,
        osteophyte: 0.0,
        sclerosis: 0.0,
    }
}

fn draw_wings(
    canvas: &mut Canvas,
    projection: &Projection,
    body: &VertebralBody,
    bone: &Bone,
    k: usize,
) {
    let frame = projection.frame(body.centre, body.tilt, (0.0, 0.0));
    let (h, k) = (0.5 * body.heights().posterior, k as f64);
    let part = |behind: f64, below: f64, z: f64, radii: [f64; 3]| Ellipsoid {
        centre: [-0.5 * body.depth() - behind, below, z],
        radii,
        angle: 0.0,
        shell: (0.5 + 0.8 * bone.roughness) * bone.shell,
        shell_mu: bone.posterior * bone.cortical_mu,
        core_mu: bone.posterior * 0.45 * bone.trabecular_mu,
    };
    for side in [-1.0, 1.0] {
        let z = side * (36.0 - 4.0 * k);
        let mut solids = vec![
            part(-0.30 * body.depth(), 1.0, z, [13.0 - 2.0 * k, h + 4.0, 18.0 - 3.0 * k]),
            part(4.0, 2.0, z, [13.0 - 2.0 * k, h + 5.0, 15.0 - 2.0 * k]),
        ];
        if k == 0.0 && bone.roughness > 0.0 {
            // The back of the ilium, which bends inwards to the sacroiliac joint and is dense
            // there; the smooth bones of a cohort's films do without it.
            solids.push(part(12.0, 6.0, 1.2 * z, [9.0, 24.0, 11.0]));
            solids.push(part(21.0, 22.0, 1.4 * z, [8.0, 26.0, 10.0]));
        }
        canvas.add_union(frame, &solids);
    }
    canvas.add_union(
        frame,
        &[
            part(15.0 - 2.0 * k, 0.0, 0.0, [7.0 - k, h + 4.0, 10.0]),
            part(18.0 - 2.0 * k, h, 0.0, [5.5 - 0.7 * k, h, 5.0]),
        ],
    );
}

/// Shape of a subject's iliac wings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pelvis {
    /// Top of the crest relative to the centre of L5, mm (negative: higher).
    pub(crate) crest: f64,
    /// Half length of the crest from back to front, mm.
    pub(crate) half_length: f64,
    /// Thickness of bone a ray meets in the wing, mm.
    pub(crate) thickness: f64,
}

impl Pelvis {
    pub(crate) fn sample(dice: &mut Dice) -> Self {
        Self {
            crest: dice.normal_within(-9.0, 8.0, 2.0),
            half_length: dice.normal_within(80.0, 5.0, 2.0),
            thickness: dice.normal_within(9.0, 1.5, 2.0),
        }
    }
}

/// Distance of an iliac wing from the mid-sagittal plane, mm.
pub(crate) const WING_ASIDE: f64 = 105.0;

/// Adds both wings: a faint plate below a bright crest. The two sides lie far apart, so the
/// diverging beam separates their crests on the film.
pub(crate) fn draw_iliac_wings(
    canvas: &mut Canvas,
    Scene { projection, spine, bone, .. }: Scene,
    pelvis: &Pelvis,
) {
    let l5 = spine.bodies[spine.bodies.len() - 1].centre;
    let behind = 0.5 * (l5.0 + spine.sacrum.centre.0);
    let (half_a, half_b) = (pelvis.half_length, 0.92 * pelvis.half_length);
    let middle = (behind + 4.0, l5.1 + pelvis.crest + half_b);
    for (side, roll) in [(-1.0, 0.10), (1.0, 0.16)] {
        let z = side * WING_ASIDE;
        let shift = projection.divergence(middle);
        let origin = (middle.0 + shift.0 * z, middle.1 + shift.1 * z);
        let frame = projection.frame(origin, roll, (0.0, 0.0));
        let grow = 1.0 + z / projection.source_mm;
        let (ra, rb) = ((half_a * grow) as f32, (half_b * grow) as f32);
        let core = (pelvis.thickness * (0.6 * bone.trabecular_mu + 0.10 * bone.cortical_mu)) as f32;
        let rim = (6.5 * bone.shell * bone.cortical_mu) as f32;
        let (low, high) = ((f64::from(-ra), f64::from(-rb)), (f64::from(ra), f64::from(0.9 * rb)));
        let wave = side as f32 * 1.3;
        canvas.add(frame, low, high, |a, b| {
            let (x, y) = (a / ra, b / rb);
            let bulge = 1.0 + 0.025 * (5.0 * x + wave).sin();
            let q = bulge - (x * x + y * y).sqrt();
            if q <= 0.0 || y > 0.2 {
                return 0.0;
            }
            let depth = q * ra; // mm below the crest
            let upper = ((0.2 - y) / 0.7).min(1.0); // the wing is lost towards the hip
            let edge = (depth * 0.5).min(1.0);
            let thin = 0.35 + 0.65 * (-depth / 28.0).exp();
            upper * upper * edge * (core * thin + rim * (-depth / 3.5).exp())
        });
    }
}

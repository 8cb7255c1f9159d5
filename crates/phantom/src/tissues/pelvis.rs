//! Sacrum, iliac wings and ribs.

use crate::anatomy::body::{EndPlate, VertebralBody};
use crate::anatomy::bone::Bone;
use crate::anatomy::spine::{FIRST_LUMBAR, Sacrum, Spine};
use crate::dice::Dice;
use crate::tissues::canvas::{Canvas, Ellipsoid, Skeleton};
use crate::tissues::patch::Patch;
use crate::tissues::projection::Projection;

/// Heights of S1..S4 along the sacrum and the depth of each relative to the end plate of S1, mm.
const SEGMENTS: [(f64, f64); 4] = [(29.0, 0.74), (24.0, 0.50), (20.0, 0.38), (17.0, 0.30)];

/// Adds the sacral bodies, their wings and crest.
pub(crate) fn draw_sacrum(
    skeleton: &mut Skeleton,
    projection: &Projection,
    sacrum: &Sacrum,
    bone: &Bone,
    step: f64,
    dice: &mut Dice,
) {
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
            // The back of the ilium, which bends inwards to the sacroiliac joint and is dense there;
            // the smooth bones of a cohort's films do without it.
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
pub(crate) fn draw_wings_of_pelvis(
    canvas: &mut Canvas,
    projection: &Projection,
    spine: &Spine,
    pelvis: &Pelvis,
    bone: &Bone,
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

/// Adds the ribs of T6..T12 on both sides, as far as they lie within `reach` mm of the
/// mid-sagittal plane: hollow tubes that run forwards and down.
pub(crate) fn draw_ribs(
    canvas: &mut Canvas,
    projection: &Projection,
    spine: &Spine,
    bone: &Bone,
    reach: f64,
    dice: &mut Dice,
) {
    const REACH: [f64; FIRST_LUMBAR] = [165.0, 165.0, 160.0, 150.0, 130.0, 105.0, 65.0];
    for (body, forwards) in spine.bodies.iter().zip(REACH) {
        let fall = dice.normal_within(0.75, 0.10, 2.0);
        let length = forwards * dice.normal_within(1.0, 0.12, 2.0);
        for side in [-1.0, 1.0] {
            let head = body.to_patient((-0.5 * body.depth() - 2.0, -6.0));
            draw_rib(canvas, projection, head, (length, fall, side), bone, reach);
        }
    }
}

fn draw_rib(
    canvas: &mut Canvas,
    projection: &Projection,
    head: (f64, f64),
    (length, fall, side): (f64, f64, f64),
    bone: &Bone,
    reach: f64,
) {
    // From the head back and outwards round the angle, then forwards and down.
    let aside = |k: i32| 125.0 * (1.6 / 24.0 * f64::from(k)).min(1.0).powf(0.7);
    let points: Vec<(f64, f64)> = (0..=24)
        .take_while(|k| aside(*k) <= reach)
        .map(|k| {
            let t = f64::from(k) / 24.0;
            let x = head.0 - 30.0 * (std::f64::consts::PI * (t * 1.6).min(1.0)).sin()
                + length * (t - 0.3).max(0.0);
            let y = head.1 + 14.0 * t + fall * length * (t - 0.1).max(0.0);
            let z = side * aside(k);
            let shift = projection.divergence((x, y));
            projection.to_film((x + shift.0 * z, y + shift.1 * z))
        })
        .collect();
    let radius = 5.2 * projection.scale;
    let shell = 0.8 * bone.shell * projection.scale;
    let unit = bone.cortical_mu / projection.scale;
    // The far end fades: it bends out of the plane and gets thin.
    add_tube(canvas, &points[..points.len().min(18)], radius, shell, 0.5 * unit);
    add_tube(canvas, &points, 0.85 * radius, 0.8 * shell, 0.5 * unit);
}

/// A hollow tube along film points; radius and shell in px, `mu` per px.
fn add_tube(canvas: &mut Canvas, points: &[(f64, f64)], radius: f64, shell: f64, mu: f64) {
    let reach = radius + 1.0;
    let (mut u0, mut v0) = (f64::INFINITY, f64::INFINITY);
    let (mut u1, mut v1) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for p in points {
        (u0, v0) = (u0.min(p.0 - reach), v0.min(p.1 - reach));
        (u1, v1) = (u1.max(p.0 + reach), v1.max(p.1 + reach));
    }
    let clip = |v: f64, n: usize| v.clamp(0.0, n as f64) as usize;
    let (columns, rows) = (
        clip(u0, canvas.width)..clip(u1, canvas.width),
        clip(v0, canvas.height)..clip(v1, canvas.height),
    );
    if columns.is_empty() || rows.is_empty() {
        return;
    }
    let stride = columns.len();
    let mut nearest = vec![f32::INFINITY; stride * rows.len()];
    for pair in points.windows(2) {
        mark_segment(&mut nearest, (pair[0], pair[1]), reach, (&columns, &rows));
    }
    let (outer, inner) = ((radius * radius) as f32, ((radius - shell) * (radius - shell)) as f32);
    for (row, line) in rows.zip(nearest.chunks_exact(stride)) {
        let pixels = &mut canvas.exponent[row * canvas.width + columns.start..][..stride];
        for (pixel, d2) in pixels.iter_mut().zip(line) {
            let chord = (outer - d2).max(0.0).sqrt() - (inner - d2).max(0.0).sqrt();
            *pixel += 2.0 * mu as f32 * chord;
        }
    }
}

/// Lowers the squared distance of the pixels around one segment.
fn mark_segment(
    nearest: &mut [f32],
    (p, q): ((f64, f64), (f64, f64)),
    reach: f64,
    (columns, rows): (&std::ops::Range<usize>, &std::ops::Range<usize>),
) {
    let clip = |low: f64, high: f64, range: &std::ops::Range<usize>| {
        let start = (low.max(0.0) as usize).clamp(range.start, range.end);
        start..((high.max(0.0) as usize) + 1).clamp(start, range.end)
    };
    let us = clip(p.0.min(q.0) - reach, p.0.max(q.0) + reach, columns);
    let vs = clip(p.1.min(q.1) - reach, p.1.max(q.1) + reach, rows);
    let (dx, dy) = (q.0 - p.0, q.1 - p.1);
    let squared = (dx * dx + dy * dy).max(1e-9);
    for v in vs {
        for u in us.clone() {
            let (x, y) = (u as f64 - p.0, v as f64 - p.1);
            let t = ((x * dx + y * dy) / squared).clamp(0.0, 1.0);
            let d2 = (x - t * dx).powi(2) + (y - t * dy).powi(2);
            let cell = &mut nearest[(v - rows.start) * columns.len() + u - columns.start];
            *cell = cell.min(d2 as f32);
        }
    }
}

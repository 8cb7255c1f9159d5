//! Ribs: hollow tubes, drawn by the distance from their middle line on the film.

use crate::anatomy::spine::FIRST_LUMBAR;
use crate::dice::Dice;
use crate::tissues::canvas::Canvas;
use crate::tissues::scene::Scene;

/// Adds the ribs of T6..T12 on both sides, as far as they lie within the scene's reach of the
/// mid-sagittal plane: hollow tubes that run forwards and down.
pub(crate) fn draw_ribs(canvas: &mut Canvas, scene: Scene, dice: &mut Dice) {
    const REACH: [f64; FIRST_LUMBAR] = [165.0, 165.0, 160.0, 150.0, 130.0, 105.0, 65.0];
    for (body, forwards) in scene.spine.bodies.iter().zip(REACH) {
        let fall = dice.normal_within(0.75, 0.10, 2.0);
        let length = forwards * dice.normal_within(1.0, 0.12, 2.0);
        for side in [-1.0, 1.0] {
            let head = body.to_patient((-0.5 * body.depth() - 2.0, -6.0));
            draw_rib(canvas, scene, head, (length, fall, side));
        }
    }
}

fn draw_rib(
    canvas: &mut Canvas,
    Scene { projection, bone, reach, .. }: Scene,
    head: (f64, f64),
    (length, fall, side): (f64, f64, f64),
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

//! Radiographs of other parts and in other views, drawn roughly.

use super::canvas::Canvas;

/// A column of bodies down the line `x(y)`, from `top` on, `step` apart, each drawn by `each`.
fn column(
    canvas: &mut Canvas,
    (top, bottom): (f64, f64),
    step: f64,
    x: impl Fn(f64) -> f64,
    mut each: impl FnMut(&mut Canvas, (f64, f64), f64, f64),
) {
    let (mut y, mut step) = (top, step);
    while y < bottom {
        let angle = -((x(y + 0.01) - x(y - 0.01)) / 0.02).atan();
        each(canvas, (x(y), y), step, angle);
        y += step;
        step *= 1.03;
    }
}

fn soft_tissue(canvas: &mut Canvas) {
    let middle = (0.5 * canvas.aspect(), canvas.uniform(0.4, 0.6));
    let axes = (canvas.uniform(0.35, 0.6) * canvas.aspect(), canvas.uniform(0.6, 1.2));
    let dense = canvas.uniform(0.6, 1.5);
    canvas.ellipsoid(middle, axes, 0.0, dense);
    let (size, strength) = (canvas.uniform(0.02, 0.1), canvas.uniform(0.02, 0.1));
    canvas.clouds(size, strength);
}

/// Ribs of both sides from a column at `x`, between two heights.
fn ribs(canvas: &mut Canvas, x: f64, (top, bottom): (f64, f64), side: &[f64]) {
    let (n, dense) = (canvas.count(5, 11), canvas.uniform(0.1, 0.35));
    let (slope, reach) = (canvas.uniform(-0.1, 0.25), canvas.uniform(0.22, 0.4));
    for i in 0..n {
        let y = top + (bottom - top) * i as f64 / n as f64;
        for side in side {
            let at = |t: f64| (x + side * reach * t, y + slope * t - 0.1 * t * (1.0 - t));
            canvas.bone(&[at(0.05), at(0.35), at(0.7), at(1.0)], 0.012, dense);
        }
    }
}

/// The spine from the front, lumbar or whole, straight or scoliotic.
pub(super) fn frontal_spine(canvas: &mut Canvas) {
    soft_tissue(canvas);
    let middle = 0.5 * canvas.aspect() + canvas.uniform(-0.05, 0.05);
    let (bend, phase) = (canvas.uniform(0.0, 0.1), canvas.uniform(0.0, 6.0));
    let waves = canvas.uniform(3.0, 7.0);
    let x = move |y: f64| middle + bend * (waves * y + phase).sin();
    let (step, dense) = (canvas.uniform(0.05, 0.16), canvas.uniform(0.25, 0.7));
    column(canvas, (canvas_top(step), 0.9), step, x, |canvas, at, step, angle| {
        canvas.block(at, (0.62 * step, 0.4 * step), angle, dense);
        for side in [-1.0, 1.0] {
            let pedicle = (at.0 + side * 0.38 * step, at.1 - 0.1 * step);
            canvas.ellipsoid(pedicle, (0.1 * step, 0.15 * step), 0.0, 0.5 * dense);
            let tip = (at.0 + side * 1.2 * step, at.1);
            canvas.bone(&[(at.0 + side * 0.5 * step, at.1), tip], 0.09 * step, 0.4 * dense);
        }
        canvas.ellipsoid((at.0, at.1 + 0.2 * step), (0.08 * step, 0.25 * step), 0.0, 0.5 * dense);
    });
    if canvas.uniform(0.0, 1.0) < 0.6 {
        ribs(canvas, x(0.2), (0.0, 0.45), &[-1.0, 1.0]);
    }
    if canvas.uniform(0.0, 1.0) < 0.7 {
        pelvis_wings(canvas, x(0.9));
    }
}

fn canvas_top(step: f64) -> f64 {
    -0.5 * step
}

fn pelvis_wings(canvas: &mut Canvas, x: f64) {
    let dense = canvas.uniform(0.3, 0.6);
    canvas.ellipsoid((x, 0.95), (0.1, 0.12), 0.0, dense);
    for side in [-1.0, 1.0] {
        canvas.ellipsoid((x + side * 0.24, 0.95), (0.11, 0.2), side * 0.5, dense);
    }
}

/// The chest from the front: lungs dark, ribs, heart.
pub(super) fn chest(canvas: &mut Canvas) {
    soft_tissue(canvas);
    let x = 0.5 * canvas.aspect();
    let dark = canvas.uniform(0.5, 1.0);
    for side in [-1.0, 1.0] {
        canvas.ellipsoid((x + side * 0.23, 0.42), (0.17, 0.34), side * 0.1, -dark);
        let clavicle = [(x + side * 0.03, 0.12), (x + side * 0.35, 0.08)];
        canvas.bone(&clavicle, 0.018, 0.3);
    }
    ribs(canvas, x, (0.08, 0.75), &[-1.0, 1.0]);
    canvas.ellipsoid((x + 0.06, 0.6), (0.15, 0.17), 0.5, 0.6);
    let (step, dense) = (canvas.uniform(0.045, 0.065), canvas.uniform(0.1, 0.3));
    column(
        canvas,
        (0.0, 0.95),
        step,
        |_| x,
        |canvas, at, step, angle| {
            canvas.block(at, (0.6 * step, 0.4 * step), angle, dense);
        },
    );
}

/// The neck from the side: seven small bodies under the skull, airway before them.
pub(super) fn cervical(canvas: &mut Canvas) {
    let side = if canvas.uniform(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
    let x0 = canvas.aspect() * canvas.uniform(0.4, 0.6);
    let (skull, dense) = (canvas.uniform(0.05, 0.25), canvas.uniform(0.3, 0.7));
    canvas.ellipsoid((x0 + side * 0.02, 0.5), (0.22, 0.8), 0.0, 0.7);
    canvas.ellipsoid((x0 + side * 0.05, skull - 0.15), (0.36, 0.3), 0.0, 0.8);
    canvas.bone(&[(x0 + side * 0.12, skull + 0.12), (x0 + side * 0.4, skull + 0.18)], 0.04, dense);
    let (bend, step) = (canvas.uniform(-0.03, 0.12), canvas.uniform(0.075, 0.105));
    let top = skull + 0.16;
    let x = move |y: f64| x0 + side * bend * (3.0 * (y - top)).sin();
    column(canvas, (top, top + 6.9 * step), step, x, |canvas, at, step, angle| {
        canvas.block(at, (0.52 * step, 0.36 * step), angle + side * 0.15, dense);
        let behind = (at.0 - side * 0.9 * step, at.1 + 0.1 * step);
        canvas.ellipsoid(behind, (0.35 * step, 0.25 * step), 0.0, 0.7 * dense);
        let tip = (at.0 - side * 1.9 * step, at.1 + 0.5 * step);
        canvas.bone(&[behind, tip], 0.13 * step, 0.5 * dense);
    });
    canvas.ellipsoid((x0 + side * 0.12, top + 0.3), (0.025, 0.4), 0.0, -0.4);
    canvas.ellipsoid((x0 - side * 0.05, 1.1), (0.5, 0.25), 0.0, 0.8);
    canvas.clouds(0.02, 0.03);
}

/// The thoracic spine from the side, with ribs across it and dark lungs.
pub(super) fn lateral_thoracic(canvas: &mut Canvas) {
    soft_tissue(canvas);
    let side = if canvas.uniform(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
    let x0 = canvas.aspect() * canvas.uniform(0.35, 0.65);
    let dark = canvas.uniform(0.3, 0.7);
    canvas.ellipsoid((x0 + side * 0.22, 0.4), (0.26, 0.42), 0.0, -dark);
    let (bend, dense) = (canvas.uniform(0.04, 0.12), canvas.uniform(0.15, 0.5));
    let x = move |y: f64| x0 - side * bend * (std::f64::consts::PI * y).sin();
    let step = canvas.uniform(0.06, 0.09);
    column(canvas, (0.0, 1.0), step, x, |canvas, at, step, angle| {
        canvas.block(at, (0.48 * step, 0.4 * step), angle, dense);
    });
    let n = canvas.count(8, 12);
    for i in 0..n {
        let y = i as f64 / n as f64;
        let at = |t: f64| (x(y) + side * (0.5 * t - 0.06), y + 0.25 * t * t);
        canvas.bone(&[at(0.0), at(0.3), at(0.7), at(1.0)], 0.012, 0.2);
    }
}

/// A hand: five rays of small bones.
pub(super) fn hand(canvas: &mut Canvas) {
    let wrist = (0.5 * canvas.aspect(), canvas.uniform(0.8, 0.9));
    let (dense, size) = (canvas.uniform(0.4, 0.8), canvas.uniform(0.7, 1.05));
    for finger in 0..5 {
        let spread = (f64::from(finger) - 2.0) * 0.22;
        let at = |r: f64| (wrist.0 + size * r * spread.sin(), wrist.1 - size * r * spread.cos());
        canvas.bone(&[at(0.0), at(0.75)], 0.05, 0.25);
        for (from, to) in [(0.12, 0.36), (0.39, 0.54), (0.57, 0.66), (0.69, 0.75)] {
            canvas.bone(&[at(from), at(to)], 0.016, dense);
        }
    }
    for i in 0..8 {
        let (row, place) = (f64::from(i / 4), f64::from(i % 4) - 1.5);
        let at = (wrist.0 + 0.05 * place, wrist.1 - 0.02 + 0.05 * row);
        canvas.ellipsoid(at, (0.026, 0.022), 0.0, dense);
    }
    for side in [-1.0, 1.0] {
        let x = wrist.0 + side * 0.045;
        canvas.bone(&[(x, wrist.1 + 0.09), (x, 1.2)], 0.03, dense);
    }
}

/// Long bones that meet in a joint: a knee, an elbow, an ankle.
pub(super) fn limb(canvas: &mut Canvas) {
    let (x, y) = (0.5 * canvas.aspect(), canvas.uniform(0.35, 0.65));
    let (tilt, radius) = (canvas.uniform(-0.3, 0.3), canvas.uniform(0.05, 0.1));
    canvas.ellipsoid((x, 0.5), (2.8 * radius, 0.9), 0.0, 0.6);
    let dense = canvas.uniform(0.4, 0.9);
    canvas.bone(&[(x + tilt, -0.2), (x, y - radius)], radius, dense);
    canvas.bone(&[(x, y + radius), (x - tilt, 1.2)], 0.9 * radius, dense);
    for side in [-1.0, 1.0] {
        let knob = (x + side * 0.7 * radius, y - radius);
        canvas.ellipsoid(knob, (radius, 0.9 * radius), 0.0, 0.7 * dense);
    }
    canvas.clouds(0.01, 0.02);
}

/// A skull from the side or the front, and a pelvis from the front.
pub(super) fn skull_or_pelvis(canvas: &mut Canvas) {
    let x = 0.5 * canvas.aspect();
    if canvas.uniform(0.0, 1.0) < 0.5 {
        canvas.ellipsoid((x, 0.42), (0.34, 0.4), 0.0, 1.0);
        canvas.ellipsoid((x, 0.42), (0.31, 0.37), 0.0, -0.5);
        canvas.ellipsoid((x + 0.05, 0.75), (0.2, 0.2), 0.0, 0.6);
        canvas.clouds(0.03, 0.08);
        return;
    }
    soft_tissue(canvas);
    pelvis_wings(canvas, x);
    for side in [-1.0, 1.0] {
        let hip = (x + side * 0.25, 0.7);
        canvas.ellipsoid(hip, (0.07, 0.07), 0.0, 0.7);
        canvas.bone(&[hip, (x + side * 0.36, 0.78), (x + side * 0.33, 1.2)], 0.05, 0.6);
    }
}

/// A slice through the trunk from the side or from below, as magnetic resonance or CT shows it.
pub(super) fn slice(canvas: &mut Canvas) {
    let x = 0.5 * canvas.aspect();
    if canvas.uniform(0.0, 1.0) < 0.5 {
        canvas.ellipsoid((x, 0.5), (0.42, 0.3), 0.0, 0.6);
        for _ in 0..12 {
            let at = (canvas.uniform(x - 0.3, x + 0.3), canvas.uniform(0.3, 0.7));
            let axes = (canvas.uniform(0.02, 0.12), canvas.uniform(0.02, 0.1));
            let dense = canvas.uniform(-0.5, 0.7);
            canvas.ellipsoid(at, axes, 0.0, dense);
        }
        return;
    }
    canvas.ellipsoid((x, 0.5), (0.3, 0.7), 0.0, 0.5);
    let (bend, bodies, discs) =
        (canvas.uniform(0.0, 0.08), canvas.uniform(-0.4, 0.5), canvas.uniform(-0.4, 0.6));
    let line = move |y: f64| x + bend * (3.0 * y).sin();
    let step = canvas.uniform(0.08, 0.15);
    column(canvas, (0.0, 0.95), step, line, |canvas, at, step, angle| {
        canvas.block(at, (0.6 * step, 0.38 * step), angle, bodies);
        let below = (at.0, at.1 + 0.5 * step);
        canvas.block(below, (0.55 * step, 0.1 * step), angle, discs);
    });
    let cord = [0.0, 0.3, 0.6, 0.95].map(|y| (line(y) - 0.9 * step, y));
    canvas.bone(&cord, 0.2 * step, canvas_signal(bodies));
    canvas.clouds(0.01, 0.03);
}

fn canvas_signal(bodies: f64) -> f64 {
    if bodies > 0.0 { 0.8 } else { -0.5 }
}

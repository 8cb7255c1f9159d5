//! Pictures that are no radiographs at all.

use super::canvas::Canvas;

/// White noise, clouds, or both.
pub(super) fn noise(canvas: &mut Canvas) {
    let n = canvas.count(1, 3);
    for _ in 0..n {
        let (size, strength) = (canvas.uniform(0.0, 0.08).powi(2) * 10.0, canvas.uniform(0.2, 1.0));
        canvas.clouds(size, strength);
    }
}

/// Nothing, or a ramp of grey, with an edge or two.
pub(super) fn blank(canvas: &mut Canvas) {
    let (across, down) = (canvas.uniform(-1.0, 1.0), canvas.uniform(-1.0, 1.0));
    canvas.add(|x, y| across * x + down * y);
    if canvas.uniform(0.0, 1.0) < 0.5 {
        let (at, level) = (canvas.uniform(0.2, 0.8), canvas.uniform(-1.0, 1.0));
        canvas.add(|x, _| if x > at { level } else { 0.0 });
    }
    canvas.clouds(0.0, 0.02);
}

/// Lines of letters on a page.
pub(super) fn text(canvas: &mut Canvas) {
    let (size, ink) = (canvas.uniform(0.015, 0.05), canvas.uniform(-1.0, 1.0));
    let right = canvas.aspect() - 0.06;
    let mut y = 0.06;
    while y < 0.95 {
        let mut x = 0.06;
        let end = canvas.uniform(0.5, 1.0) * right;
        while x < end {
            let down = canvas.uniform(0.3, 1.0) * size;
            canvas.bone(&[(x, y), (x + canvas_slant(down), y + down)], 0.15 * size, ink);
            canvas.bone(&[(x, y + 0.5 * size), (x + 0.4 * size, y + 0.5 * size)], 0.12 * size, ink);
            x += canvas.uniform(0.6, 1.4) * size;
        }
        y += 1.8 * size;
    }
}

fn canvas_slant(down: f64) -> f64 {
    0.2 * down
}

/// Bricks, stripes, chequers.
pub(super) fn texture(canvas: &mut Canvas) {
    let (period, angle) = (canvas.uniform(0.03, 0.2), canvas.uniform(-0.8, 0.8));
    let (sin, cos) = angle.sin_cos();
    let kind = canvas.count(0, 2);
    canvas.add(|x, y| {
        let (u, v) = ((x * cos + y * sin) / period, (y * cos - x * sin) / period);
        let mortar = |t: f64| f64::from(u8::from((t - t.floor() - 0.5).abs() > 0.42));
        match kind {
            0 => (std::f64::consts::TAU * u).sin(),
            1 => (std::f64::consts::TAU * u).sin() * (std::f64::consts::TAU * v).sin(),
            _ => 1.0 - mortar(v).max(mortar(0.5 * u + 0.5 * v.floor())),
        }
    });
    canvas.clouds(0.02, 0.2);
}

/// Things lying about, as on a photograph.
pub(super) fn things(canvas: &mut Canvas) {
    let n = canvas.count(3, 25);
    for _ in 0..n {
        let at = (canvas.uniform(0.0, canvas.aspect()), canvas.uniform(0.0, 1.0));
        let half = (canvas.uniform(0.02, 0.25), canvas.uniform(0.02, 0.25));
        let (angle, dense) = (canvas.uniform(-1.5, 1.5), canvas.uniform(-0.8, 0.8));
        match canvas.count(0, 1) {
            0 => canvas.block(at, half, angle, dense),
            _ => canvas.ellipsoid(at, half, angle, dense),
        }
    }
    canvas.clouds(0.05, 0.1);
}

//! The line integral of attenuation behind every film pixel, to which objects add their share.

use crate::tissues::projection::Frame;

/// Attenuation (dimensionless: the exponent of Beer and Lambert), `[height, width]`, row-major.
pub(crate) struct Canvas {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) exponent: Vec<f32>,
}

/// All bone on a film.
pub(crate) struct Skeleton {
    pub(crate) smooth: Canvas,
    /// Posterior elements and sacral wings where they are to be made irregular.
    pub(crate) rough: Option<Canvas>,
}

impl Skeleton {
    /// Where posterior elements and sacral wings are drawn.
    pub(crate) fn posterior(&mut self) -> &mut Canvas {
        self.rough.as_mut().unwrap_or(&mut self.smooth)
    }
}

/// A solid with a dense shell, in an object's frame; `z` points to the source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ellipsoid {
    /// Centre `(a, b, z)`, mm.
    pub(crate) centre: [f64; 3],
    /// Semi-axes, mm; the first two are turned by `angle`.
    pub(crate) radii: [f64; 3],
    /// Turn of the first axis from `a` towards `b`, radians.
    pub(crate) angle: f64,
    /// Thickness of the shell, mm; none when zero.
    pub(crate) shell: f64,
    /// Excess attenuation of the shell and of the core, per mm.
    pub(crate) shell_mu: f64,
    pub(crate) core_mu: f64,
}

impl Canvas {
    pub(crate) fn new(height: usize, width: usize) -> Self {
        Self { height, width, exponent: vec![0.0; height * width] }
    }

    /// Adds `value(a, b)` at every pixel of a local box; `value` sees local coordinates in mm.
    pub(crate) fn add(
        &mut self,
        frame: Frame,
        low: (f64, f64),
        high: (f64, f64),
        mut value: impl FnMut(f32, f32) -> f32,
    ) {
        let [u0, v0, u1, v1] = frame.bounds(low, high);
        let (columns, rows) = (span(u0, u1, self.width), span(v0, v1, self.height));
        let (da, db) = frame.column_step();
        let (da, db) = (da as f32, db as f32);
        for row in rows {
            let start = frame.to_local((columns.start as f64, row as f64));
            let (mut a, mut b) = (start.0 as f32, start.1 as f32);
            let line = &mut self.exponent[row * self.width..][columns.clone()];
            for pixel in line {
                *pixel += value(a, b);
                a += da;
                b += db;
            }
        }
    }

    /// Adds an ellipsoid by its chord lengths.
    pub(crate) fn add_ellipsoid(&mut self, frame: Frame, solid: &Ellipsoid) {
        let outer = Chord::new(frame, solid, 0.0);
        let inner = Chord::new(frame, solid, solid.shell);
        let (shell_mu, core_mu) = (solid.shell_mu as f32, solid.core_mu as f32);
        let hollow = solid.shell > 0.0;
        let (low, high) = outer.bounds();
        self.add(frame, low, high, |a, b| {
            let whole = outer.length(a, b);
            let core = if hollow { inner.length(a, b) } else { whole };
            (whole - core) * shell_mu + core * core_mu
        });
    }

    /// Adds overlapping ellipsoids as one solid with one shell: where they overlap, the path is
    /// that of the longest rather than the sum (fourth-power mean, so that seams are rounded).
    /// Shell and core attenuation are those of the first.
    pub(crate) fn add_union(&mut self, frame: Frame, solids: &[Ellipsoid]) {
        let Some(first) = solids.first() else { return };
        let chords: Vec<[Chord; 2]> = solids
            .iter()
            .map(|s| [Chord::new(frame, s, 0.0), Chord::new(frame, s, s.shell)])
            .collect();
        let (mut low, mut high) = chords[0][0].bounds();
        for [outer, _] in &chords[1..] {
            let (l, h) = outer.bounds();
            low = (low.0.min(l.0), low.1.min(l.1));
            high = (high.0.max(h.0), high.1.max(h.1));
        }
        let (shell_mu, core_mu) = (first.shell_mu as f32, first.core_mu as f32);
        self.add(frame, low, high, |a, b| {
            let (mut whole, mut core) = (0.0f32, 0.0f32);
            for [outer, inner] in &chords {
                let square = outer.squared(a, b);
                if square > 0.0 {
                    whole += square * square;
                    let square = inner.squared(a, b);
                    core += square * square;
                }
            }
            if whole <= 0.0 {
                return 0.0;
            }
            let (whole, core) = (whole.sqrt().sqrt(), core.sqrt().sqrt());
            (whole - core) * shell_mu + core * core_mu
        });
    }
}

/// Pixels of `0..n` whose centres lie between two positions.
fn span(low: f64, high: f64, n: usize) -> std::ops::Range<usize> {
    let start = low.floor().clamp(0.0, n as f64) as usize;
    let end = (high.ceil() + 1.0).clamp(0.0, n as f64) as usize;
    start..end.max(start)
}

/// Chord lengths of one ellipsoid along the rays of a frame.
struct Chord {
    centre: (f32, f32),
    reach: f32,
    /// First and second axis over their semi-axes.
    axes: [(f32, f32); 2],
    longest: f32,
}

impl Chord {
    fn new(frame: Frame, solid: &Ellipsoid, inset: f64) -> Self {
        let [ra, rb, rz] = solid.radii.map(|r| (r - inset).max(0.0));
        let z = solid.centre[2];
        let (sin, cos) = solid.angle.sin_cos();
        let shear =
            (frame.shear.0 * cos + frame.shear.1 * sin, frame.shear.1 * cos - frame.shear.0 * sin);
        // A ray that is not parallel to `z` sees the silhouette widened; the volume stays.
        let (wide, tall) = (ra.hypot(shear.0 * rz), rb.hypot(shear.1 * rz));
        let solid_enough = ra > 0.0 && rb > 0.0 && rz > 0.0;
        let longest = if solid_enough { 2.0 * rz * ra * rb / (wide * tall) } else { 0.0 };
        let (wide, tall) = (wide.max(1e-3), tall.max(1e-3));
        Self {
            centre: (
                (solid.centre[0] + frame.shear.0 * z) as f32,
                (solid.centre[1] + frame.shear.1 * z) as f32,
            ),
            reach: wide.max(tall) as f32,
            axes: [
                ((cos / wide) as f32, (sin / wide) as f32),
                ((-sin / tall) as f32, (cos / tall) as f32),
            ],
            longest: longest as f32,
        }
    }

    fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let r = f64::from(self.reach);
        let (a, b) = (f64::from(self.centre.0), f64::from(self.centre.1));
        ((a - r, b - r), (a + r, b + r))
    }

    fn length(&self, a: f32, b: f32) -> f32 {
        self.squared(a, b).sqrt()
    }

    /// Square of the chord length.
    fn squared(&self, a: f32, b: f32) -> f32 {
        let (a, b) = (a - self.centre.0, b - self.centre.1);
        let p = a * self.axes[0].0 + b * self.axes[0].1;
        let q = a * self.axes[1].0 + b * self.axes[1].1;
        self.longest * self.longest * (1.0 - p * p - q * q).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tissues::projection::Projection;

    fn frame(turn: (f64, f64)) -> Frame {
        let projection = Projection {
            scale: 2.0,
            source_mm: 1e9,
            rotation: 0.3,
            mirrored: true,
            ray: (0.0, 0.0),
            centre: (60.0, 60.0),
            turn: 0.0,
        };
        projection.frame((0.0, 0.0), 0.2, turn)
    }

    fn solid(shell: f64) -> Ellipsoid {
        Ellipsoid {
            centre: [1.0, -2.0, 6.0],
            radii: [9.0, 14.0, 7.0],
            angle: 0.5,
            shell,
            shell_mu: 3.0,
            core_mu: 1.0,
        }
    }

    /// The sum over the film is the volume times the attenuation, whatever the direction.
    #[test]
    fn an_ellipsoid_keeps_its_volume() {
        let volume =
            |radii: [f64; 3]| 4.0 / 3.0 * std::f64::consts::PI * radii[0] * radii[1] * radii[2];
        let expected = 3.0 * volume([9.0, 14.0, 7.0]) - 2.0 * volume([8.0, 13.0, 6.0]);
        for turn in [(0.0, 0.0), (0.3, -0.2)] {
            let mut canvas = Canvas::new(120, 120);
            canvas.add_ellipsoid(frame(turn), &solid(1.0));
            let sum = canvas.exponent.iter().map(|&v| f64::from(v)).sum::<f64>() / 4.0;
            assert!((sum / expected - 1.0).abs() < 0.01, "{sum} {expected}");
        }
    }

    #[test]
    fn an_object_outside_the_film_adds_nothing() {
        let mut canvas = Canvas::new(20, 20);
        canvas.add_ellipsoid(
            frame((0.0, 0.0)),
            &Ellipsoid { centre: [500.0, 0.0, 0.0], ..solid(0.0) },
        );
        assert!(canvas.exponent.iter().all(|&v| v == 0.0));
    }
}

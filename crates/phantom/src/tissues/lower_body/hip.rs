//! The two hip bones and the upper ends of the thigh bones.
//!
//! The outline of a hip bone is that of a lateral view, in the frame of the hip: `a` forwards, `b`
//! downwards, mm from the centre of the femoral head. Chosen by eye for the simulation; the place
//! of the hip below the sacrum follows pelvic incidence (Legaye et al., Eur Spine J 1998;7(2):99).

use crate::dice::Dice;
use crate::tissues::canvas::{Canvas, Ellipsoid};
use crate::tissues::projection::Frame;
use crate::tissues::scene::Scene;

/// From the front over the crest to the back, the notch, and around ischium and pubis.
const OUTLINE: [(f64, f64); 27] = [
    (38.0, -42.0),
    (48.0, -80.0),
    (40.0, -108.0),
    (12.0, -130.0),
    (-22.0, -138.0),
    (-56.0, -130.0),
    (-84.0, -112.0),
    (-98.0, -92.0),
    (-93.0, -70.0),
    (-78.0, -58.0),
    (-62.0, -52.0),
    (-50.0, -36.0),
    (-42.0, -12.0),
    (-38.0, 6.0),
    (-40.0, 34.0),
    (-42.0, 62.0),
    (-32.0, 84.0),
    (-12.0, 80.0),
    (2.0, 62.0),
    (10.0, 40.0),
    (24.0, 40.0),
    (46.0, 50.0),
    (58.0, 38.0),
    (52.0, 22.0),
    (36.0, 8.0),
    (34.0, -10.0),
    (30.0, -26.0),
];
/// The thick strut from the sacroiliac joint to the hip, which makes the brightest line of the
/// pelvis.
const STRUT: [(f64, f64); 4] = [(-72.0, -84.0), (-44.0, -52.0), (-16.0, -34.0), (24.0, -16.0)];
/// Distance of a hip bone from the mid-sagittal plane, mm.
const ASIDE: f64 = 90.0;
/// Radius of a femoral head, mm.
const HEAD: f64 = 23.5;

/// Shape, place and pose of one person's hips.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hip {
    /// From the end plate of S1 to the axis of the hips: distance, mm, and angle forwards of
    /// straight down, radians.
    distance: f64,
    version: f64,
    size: f64,
    /// Attenuation of the wing, of its rim, of the strut and of the bone around the joint.
    wing: f64,
    rim: f64,
    strut: f64,
    joint: f64,
    /// Bend of the hips, radians.
    flexion: f64,
    aside: f64,
    outline: [(f64, f64); OUTLINE.len()],
}

impl Hip {
    pub(crate) fn sample(dice: &mut Dice) -> Self {
        Self {
            distance: dice.normal_within(114.0, 8.0, 2.0),
            version: dice.normal_within(12.0, 9.0, 2.0).to_radians(),
            size: dice.normal_within(1.03, 0.07, 2.0),
            wing: dice.uniform(0.03, 0.26),
            rim: dice.uniform(0.05, 0.30),
            strut: dice.uniform(0.08, 0.40),
            joint: dice.uniform(0.1, 0.4),
            flexion: if dice.chance(0.5) {
                dice.uniform(-0.2, 0.4)
            } else {
                dice.uniform(0.4, 1.5)
            },
            aside: ASIDE * dice.normal_within(1.0, 0.08, 2.0),
            outline: OUTLINE.map(|(a, b)| (a + dice.normal(0.0, 3.0), b + dice.normal(0.0, 3.0))),
        }
    }

    pub(crate) fn draw(&self, canvas: &mut Canvas, scene: Scene, dice: &mut Dice) {
        let Scene { projection, spine, reach, .. } = scene;
        if reach < self.aside {
            return;
        }
        let (sin, cos) = self.version.sin_cos();
        let s1 = spine.sacrum.centre;
        let middle = (s1.0 + self.distance * sin, s1.1 + self.distance * cos);
        let bone = scene.bone.trabecular_mu / 0.0044;
        for side in [-1.0, 1.0] {
            let z = side * self.aside;
            let turn = self.version - 0.2 + dice.normal_within(0.0, 0.05, 2.0);
            let shift = projection.divergence(middle);
            let jitter = dice.normal_within(0.0, 3.0, 2.0);
            let origin = (middle.0 + shift.0 * z + jitter, middle.1 + shift.1 * z);
            let frame = projection.frame(origin, -turn, (0.0, 0.0));
            self.draw_bone(canvas, frame, self.size * (1.0 + z / projection.source_mm), bone);
            self.draw_femur(canvas, frame, scene, dice.uniform(-0.1, 0.1));
        }
    }

    /// One hip bone, `grow` times its ordinary size, of `density` times ordinary bone.
    fn draw_bone(&self, canvas: &mut Canvas, frame: Frame, grow: f64, density: f64) {
        let scaled = |(a, b): &(f64, f64)| ((a * grow) as f32, (b * grow) as f32);
        let outline = rounded(&self.outline.iter().map(scaled).collect::<Vec<_>>());
        let strut: Vec<(f32, f32)> = STRUT.iter().map(scaled).collect();
        let scale = density.sqrt();
        let [wing, rim, thick, joint] =
            [self.wing, self.rim, self.strut, self.joint].map(|v| (v * scale) as f32);
        let joint_reach = (34.0 * grow) as f32;
        let low = (-105.0 * grow, -145.0 * grow);
        canvas.add(frame, low, (65.0 * grow, 92.0 * grow), |a, b| {
            let inside = Inside::of(&outline, (a, b));
            if !inside.within {
                return 0.0;
            }
            let depth = inside.distance;
            let edge = (0.7 * depth).min(1.0);
            let near = (a * a + b * b).sqrt() / joint_reach;
            let line = Inside::of(&strut, (a, b)).open_distance / 4.0;
            edge * (wing
                + rim * (-depth / 2.6).exp()
                + joint * (-near * near).exp()
                + thick * (-line * line).exp())
        });
    }

    fn draw_femur(&self, canvas: &mut Canvas, frame: Frame, scene: Scene, sway: f64) {
        let bone = scene.bone;
        let head = HEAD * self.size;
        let solid = |centre: (f64, f64), radii: [f64; 3], angle: f64, shell: f64| Ellipsoid {
            centre: [centre.0, centre.1, 0.0],
            radii: radii.map(|r| r * self.size),
            angle,
            shell,
            shell_mu: 0.7 * bone.cortical_mu,
            core_mu: 1.3 * bone.trabecular_mu,
        };
        canvas.add_ellipsoid(frame, &solid((0.0, 0.0), [HEAD; 3], 0.0, 1.6));
        let along = std::f64::consts::FRAC_PI_2 - self.flexion - sway;
        let (sin, cos) = along.sin_cos();
        let at = |d: f64| (d * cos, d * sin);
        canvas.add_ellipsoid(frame, &solid(at(1.3 * head), [24.0, 19.0, 24.0], along, 1.5));
        canvas.add_ellipsoid(frame, &solid(at(150.0), [135.0, 15.0, 15.0], along, 5.0));
        let (roof, width) = ((head + 3.0) as f32, 1.4f32);
        let arc = (0.5 * self.rim) as f32;
        let reach = head + 8.0;
        canvas.add(frame, (-reach, -reach), (reach, 0.5 * reach), |a, b| {
            let off = ((a * a + b * b).sqrt() - roof) / width;
            arc * (-off * off).exp()
        });
    }
}

/// A closed line with its corners cut (Chaikin, Comput Graph Image Process 1974;3(4):346).
fn rounded(line: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let next = line.iter().cycle().skip(1);
    let cut = |(p, q): (&(f32, f32), &(f32, f32))| {
        let at = |t: f32| (p.0 + t * (q.0 - p.0), p.1 + t * (q.1 - p.1));
        [at(0.25), at(0.75)]
    };
    line.iter().zip(next).flat_map(cut).collect()
}

/// Where a point lies with respect to a line.
struct Inside {
    /// Within the closed line.
    within: bool,
    /// Distance from the closed line, mm.
    distance: f32,
    /// Distance from the line without its last side, mm.
    open_distance: f32,
}

impl Inside {
    fn of(line: &[(f32, f32)], (a, b): (f32, f32)) -> Self {
        let (mut within, mut open, mut last) = (false, f32::INFINITY, f32::INFINITY);
        for (k, p) in line.iter().enumerate() {
            let q = line[(k + 1) % line.len()];
            if (p.1 > b) != (q.1 > b) && a < p.0 + (b - p.1) / (q.1 - p.1) * (q.0 - p.0) {
                within = !within;
            }
            let (dx, dy) = (q.0 - p.0, q.1 - p.1);
            let (x, y) = (a - p.0, b - p.1);
            let t = ((x * dx + y * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            let square = (x - t * dx).powi(2) + (y - t * dy).powi(2);
            let kept = if k + 1 == line.len() { &mut last } else { &mut open };
            *kept = kept.min(square);
        }
        Self { within, distance: open.min(last).sqrt(), open_distance: open.sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_knows_its_distance_from_a_square() {
        let square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
        let at = |p| Inside::of(&square, p);
        let middle = at((4.0, 5.0));
        assert!(middle.within && (middle.distance - 4.0).abs() < 1e-6);
        assert!((middle.open_distance - 5.0).abs() < 1e-6, "the side at 0 is the last");
        assert!(!at((-1.0, 5.0)).within && !at((5.0, 12.0)).within);
    }

    /// The femoral heads lie inside the outline, the notch outside.
    #[test]
    fn the_outline_is_that_of_a_hip_bone() {
        let outline = OUTLINE.map(|(a, b)| (a as f32, b as f32));
        for inside in [(0.0, 0.0), (-30.0, -100.0), (-25.0, 70.0), (40.0, 35.0)] {
            assert!(Inside::of(&outline, inside).within, "{inside:?}");
        }
        for outside in [(-70.0, -30.0), (70.0, 0.0), (0.0, -150.0), (10.0, 60.0)] {
            assert!(!Inside::of(&outline, outside).within, "{outside:?}");
        }
    }
}

//! What hangs on the back of a vertebral body: pedicles, articular, transverse and spinous
//! processes, laminae. Built of ellipsoids in the body's frame.

use crate::body::VertebralBody;
use crate::bone::Bone;
use crate::canvas::{Canvas, Ellipsoid};
use crate::dice::Dice;
use crate::projection::Frame;

/// Centre `(behind the back wall, below the body's middle in body heights, aside in half widths)`
/// and semi-axes in mm of a lumbar vertebra of ordinary size; `angle` in degrees.
struct Part {
    behind: f64,
    below: f64,
    aside: f64,
    radii: [f64; 3],
    angle: f64,
    shell: f64,
}

const fn part(
    behind: f64,
    below: f64,
    aside: f64,
    radii: [f64; 3],
    angle: f64,
    shell: f64,
) -> Part {
    Part { behind, below, aside, radii, angle, shell }
}

/// Left and right alike.
const PAIRED: [Part; 6] = [
    // pedicle
    part(4.0, -0.20, 0.58, [9.0, 6.6, 4.2], 4.0, 1.2),
    // superior articular process
    part(13.5, -0.46, 0.74, [4.2, 8.5, 5.0], 68.0, 1.0),
    // pars interarticularis
    part(17.0, 0.04, 0.62, [4.6, 10.5, 4.2], -22.0, 1.5),
    // inferior articular process
    part(21.5, 0.52, 0.56, [4.4, 9.5, 5.0], -12.0, 1.2),
    // transverse process, seen end-on
    part(12.5, -0.14, 1.35, [3.6, 4.6, 13.0], 20.0, 0.5),
    // lamina
    part(24.0, 0.20, 0.28, [3.4, 9.5, 6.5], -20.0, 1.0),
];

/// Spinous process: root, blade and tip.
const MIDLINE: [Part; 3] = [
    part(32.0, 0.30, 0.0, [9.0, 6.5, 3.2], 14.0, 0.9),
    part(42.0, 0.42, 0.0, [12.5, 9.0, 2.8], 10.0, 0.7),
    part(51.0, 0.50, 0.0, [4.5, 8.5, 4.0], 0.0, 0.8),
];

/// Adds the posterior elements of one vertebra. `scale` is 1 for an ordinary lumbar vertebra;
/// thoracic ones are smaller and their spinous processes slope down.
pub(crate) fn draw(
    canvas: &mut Canvas,
    frame: Frame,
    body: &VertebralBody,
    bone: &Bone,
    scale: f64,
    thoracic: bool,
    dice: &mut Dice,
) {
    let place = Placement::new(body, scale, thoracic);
    for part in &PAIRED {
        for side in [-1.0, 1.0] {
            canvas.add_ellipsoid(frame, &place.ellipsoid(part, side, bone, dice));
        }
    }
    for part in &MIDLINE {
        canvas.add_ellipsoid(frame, &place.ellipsoid(part, 0.0, bone, dice));
    }
}

struct Placement {
    back: f64,
    height: f64,
    half_width: f64,
    scale: f64,
    slope: f64,
}

impl Placement {
    fn new(body: &VertebralBody, scale: f64, thoracic: bool) -> Self {
        Self {
            back: -0.5 * body.depth(),
            height: body.heights().posterior.max(18.0 * scale),
            half_width: 0.5 * body.width,
            scale,
            slope: if thoracic { 0.45 } else { 0.0 },
        }
    }

    fn ellipsoid(&self, part: &Part, side: f64, bone: &Bone, dice: &mut Dice) -> Ellipsoid {
        let vary = |dice: &mut Dice, sd: f64| dice.normal_within(1.0, sd, 2.0);
        let behind = part.behind * self.scale;
        let sag = self.slope * (behind - 18.0 * self.scale).max(0.0);
        Ellipsoid {
            centre: [
                self.back - behind + dice.normal_within(0.0, 0.7, 2.0),
                part.below * self.height + sag + dice.normal_within(0.0, 0.7, 2.0),
                side * part.aside * self.half_width,
            ],
            radii: part.radii.map(|r| r * self.scale * vary(dice, 0.06)),
            angle: (part.angle + dice.normal_within(0.0, 4.0, 2.0)).to_radians() - self.slope,
            shell: part.shell * bone.shell,
            shell_mu: bone.cortical_mu,
            core_mu: 1.3 * bone.trabecular_mu,
        }
    }
}

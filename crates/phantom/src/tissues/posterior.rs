//! What hangs on the back of a vertebral body: pedicles, articular, transverse and spinous
//! processes, laminae. Built of ellipsoids in the body's frame.

use crate::anatomy::body::VertebralBody;
use crate::anatomy::bone::Bone;
use crate::dice::Dice;
use crate::tissues::canvas::{Canvas, Ellipsoid};
use crate::tissues::projection::Frame;

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

const fn part([behind, below, aside]: [f64; 3], radii: [f64; 3], angle: f64, shell: f64) -> Part {
    Part { behind, below, aside, radii, angle, shell }
}

/// Left and right alike: one bone from the pedicle to the lamina.
const PAIRED: [Part; 11] = [
    // pedicle
    part([1.0, -0.20, 0.60], [7.0, 7.4, 4.6], 4.0, 1.1),
    part([7.0, -0.21, 0.62], [7.0, 6.2, 4.8], 4.0, 1.3),
    // superior articular process with its mammillary body
    part([14.0, -0.28, 0.70], [7.0, 7.4, 7.0], 10.0, 1.9),
    part([13.6, -0.54, 0.76], [4.6, 7.6, 6.0], -10.0, 1.8),
    part([21.0, -0.34, 0.78], [5.0, 6.0, 6.0], 30.0, 1.8),
    // pars interarticularis
    part([19.0, 0.00, 0.64], [7.0, 10.5, 5.8], -24.0, 2.2),
    // inferior articular process
    part([22.5, 0.34, 0.56], [6.8, 9.0, 6.4], -18.0, 2.1),
    part([22.5, 0.66, 0.58], [5.4, 8.0, 6.4], -6.0, 2.0),
    // transverse process, seen end-on
    part([13.5, -0.16, 1.25], [4.4, 5.2, 13.0], 20.0, 0.6),
    // lamina
    part([27.0, 0.10, 0.34], [4.6, 10.5, 7.0], -22.0, 1.7),
    part([29.0, 0.36, 0.26], [4.4, 8.0, 6.0], -8.0, 1.5),
];

/// Spinous process: root, blade and tip.
const MIDLINE: [Part; 4] = [
    part([28.0, 0.26, 0.0], [7.0, 9.0, 4.0], -10.0, 1.0),
    part([36.0, 0.36, 0.0], [10.0, 8.5, 3.0], 14.0, 0.7),
    part([45.0, 0.46, 0.0], [9.0, 10.5, 2.8], 8.0, 0.6),
    part([51.0, 0.52, 0.0], [4.5, 9.0, 3.6], 0.0, 0.7),
];

/// A vertebra whose posterior elements are drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vertebra<'a> {
    pub(crate) body: &'a VertebralBody,
    /// 1 for an ordinary lumbar vertebra; thoracic ones are smaller.
    pub(crate) scale: f64,
    /// The spinous process slopes down.
    pub(crate) thoracic: bool,
}

/// Adds the posterior elements of one vertebra.
pub(crate) fn draw(
    canvas: &mut Canvas,
    frame: Frame,
    vertebra: Vertebra,
    bone: &Bone,
    dice: &mut Dice,
) {
    let place = Placement::new(vertebra);
    for side in [-1.0, 1.0] {
        let solids = PAIRED.each_ref().map(|part| place.ellipsoid(part, side, bone, dice));
        canvas.add_union(frame, &solids);
    }
    let solids = MIDLINE.each_ref().map(|part| place.ellipsoid(part, 0.0, bone, dice));
    canvas.add_union(frame, &solids);
}

struct Placement {
    back: f64,
    height: f64,
    half_width: f64,
    scale: f64,
    slope: f64,
}

impl Placement {
    fn new(Vertebra { body, scale, thoracic }: Vertebra) -> Self {
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
        let wild = 1.0 + 1.5 * bone.roughness;
        let moved = 0.7 * wild;
        let sag = self.slope * (behind - 18.0 * self.scale).max(0.0);
        Ellipsoid {
            centre: [
                self.back - behind + dice.normal_within(0.0, moved, 2.0),
                part.below * self.height + sag + dice.normal_within(0.0, moved, 2.0),
                side * part.aside * self.half_width,
            ],
            radii: part.radii.map(|r| r * self.scale * vary(dice, 0.06 * wild)),
            angle: (part.angle + dice.normal_within(0.0, 4.0 * wild, 2.0)).to_radians()
                - self.slope,
            shell: part.shell * bone.shell,
            shell_mu: bone.posterior * bone.cortical_mu,
            core_mu: bone.posterior * 1.3 * bone.trabecular_mu,
        }
    }
}

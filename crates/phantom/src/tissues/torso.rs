//! Soft tissue: the trunk, lungs, bowel gas, organs, calcified aorta.

use crate::anatomy::spine::{FIRST_LUMBAR, Spine};
use crate::dice::Dice;
use crate::tissues::canvas::{Canvas, Ellipsoid};
use crate::tissues::projection::Projection;

/// Attenuation of soft tissue at about 65 keV, per mm.
pub(crate) const SOFT_MU: f64 = 0.0195;
/// Excess of intervertebral disc over soft tissue, per mm.
pub(crate) const DISC_MU: f64 = 0.0006;

/// A subject's trunk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Torso {
    /// Thickness from side to side at the waist, mm.
    pub(crate) width: f64,
    /// Thickness from back to front at the waist, mm.
    pub(crate) depth: f64,
    /// From the back wall of the bodies to the skin of the back, mm.
    pub(crate) back: f64,
    /// Calcification of the aortic wall, 0 to 1.
    pub(crate) aorta: f64,
    /// Mean path of a ray in the air of the lungs, mm.
    pub(crate) lung: f64,
    /// How much wider the hips are than the waist, as a fraction of it.
    pub(crate) hips: f64,
    /// How much thicker the seat is than the back, as a fraction of it.
    pub(crate) seat: f64,
}

impl Torso {
    pub(crate) fn sample(dice: &mut Dice, bmi: f64, male: bool, age: f64) -> Self {
        let girth = (bmi / 24.0).powf(0.75);
        let calcified = dice.normal(-0.6, 0.6) + 0.035 * (age - 55.0);
        Self {
            width: girth * dice.normal_within(if male { 300.0 } else { 280.0 }, 12.0, 2.0),
            depth: girth.powf(1.2)
                * dice.normal_within(if male { 215.0 } else { 200.0 }, 10.0, 2.0),
            back: 62.0 + 14.0 * girth.powi(2) + dice.normal_within(0.0, 3.0, 2.0),
            aorta: calcified.clamp(0.0, 1.0),
            lung: 55.0,
            hips: 0.13,
            seat: 0.25,
        }
    }

    /// Adds the trunk's path lengths, with the lungs above the diaphragm left out; no path is
    /// longer than `longest` mm.
    pub(crate) fn draw(
        &self,
        canvas: &mut Canvas,
        projection: &Projection,
        spine: &Spine,
        longest: f64,
        dice: &mut Dice,
    ) {
        let most = SOFT_MU * longest;
        let profile = Profile::new(self, spine, dice);
        let width = canvas.width;
        for (row, line) in canvas.exponent.chunks_exact_mut(width).enumerate() {
            // The outline is smooth: every other column is computed, those between interpolated.
            const STRIDE: usize = 2;
            let at = |column: usize| {
                let (x, y) = projection.to_patient((column as f64, row as f64));
                profile.exponent(x, y).min(most) as f32
            };
            let mut left = at(0);
            for start in (0..width).step_by(STRIDE) {
                let right = at(start + STRIDE);
                let slope = (right - left) / STRIDE as f32;
                for (k, pixel) in line[start..].iter_mut().take(STRIDE).enumerate() {
                    *pixel += left + slope * k as f32;
                }
                left = right;
            }
        }
    }
}

/// First height and spacing of the table of back walls, mm.
const TABLE_TOP: f64 = -420.0;
const TABLE_STEP: f64 = 4.0;

/// The trunk's outline and thickness by height.
struct Profile<'a> {
    torso: &'a Torso,
    /// `x` of the bodies' smoothed back wall every [`TABLE_STEP`] mm from [`TABLE_TOP`].
    backs: Vec<f64>,
    l3: f64,
    hip: f64,
    dome: (f64, f64),
    lung: f64,
    /// `x` of the skin in front, mm.
    front: f64,
}

impl<'a> Profile<'a> {
    fn new(torso: &'a Torso, spine: &Spine, dice: &mut Dice) -> Self {
        let mut nodes: Vec<(f64, f64)> = spine
            .bodies
            .iter()
            .map(|body| (body.centre.1, body.centre.0 - 0.5 * body.depth()))
            .collect();
        let sacrum = spine.sacrum.centre;
        nodes.push((sacrum.1 + 45.0, sacrum.0 - 50.0));
        nodes.push((sacrum.1 + 110.0, sacrum.0 - 62.0));
        let t12 = spine.bodies[FIRST_LUMBAR - 1].centre;
        let dome = (t12.0 + 0.35 * torso.depth, t12.1 + dice.normal_within(-48.0, 14.0, 2.0));
        let lung = dice.normal_within(torso.lung, 10.0, 2.0);
        let backs = smooth_back(&nodes);
        let mut profile = Self { torso, backs, l3: 0.0, hip: sacrum.1, dome, lung, front: 0.0 };
        profile.front = profile.back_wall(0.0) - torso.back + torso.depth;
        profile
    }

    fn back_wall(&self, y: f64) -> f64 {
        let position = ((y - TABLE_TOP) / TABLE_STEP).clamp(0.0, (self.backs.len() - 2) as f64);
        let (k, t) = (position as usize, position.fract());
        self.backs[k] + t * (self.backs[k + 1] - self.backs[k])
    }

    fn exponent(&self, x: f64, y: f64) -> f64 {
        let lower = smooth_step((y - self.l3) / (self.hip - self.l3));
        let upper = smooth_step((self.l3 - y) / 110.0);
        let width = self.torso.width * (1.0 + self.torso.hips * lower + 0.05 * upper);
        let thick = self.torso.back * (1.0 + self.torso.seat * lower + 0.25 * upper);
        let skin = self.back_wall(y) - thick;
        let belly = (-((y - self.hip + 25.0) / 120.0).powi(2)).exp();
        let depth = self.front + 0.08 * self.torso.depth * belly - skin;
        let s = (2.0 * (x - skin) / depth - 1.0).abs();
        if s >= 1.0 {
            return 0.0;
        }
        let path = width * (1.0 - s.powf(2.6)).powf(1.0 / 2.6);
        let muscle = 0.96 + 0.04 * (1.0 - s); // fat under the skin attenuates less
        SOFT_MU * (path * muscle - self.lung_path(x, y, s))
    }

    /// Air of both lungs a ray meets, mm: behind and above the domes of the diaphragm.
    fn lung_path(&self, x: f64, y: f64, s: f64) -> f64 {
        let away = (x - self.dome.0) / 95.0;
        let diaphragm = self.dome.1 + 40.0 * (away * away).min(1.3);
        let deep = smooth_step((diaphragm - y) / 45.0);
        let inside = smooth_step((1.0 - s) / 0.45);
        self.lung * deep * inside
    }
}

pub(crate) fn smooth_step(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Adds the discs T6-T7 .. L4-L5, `mu` per mm denser than what surrounds them.
pub(crate) fn draw_discs(canvas: &mut Canvas, projection: &Projection, spine: &Spine, mu: f64) {
    for pair in spine.bodies.windows(2) {
        let (upper, lower) = (&pair[0], &pair[1]);
        let (p, q) = (upper.centre, lower.centre);
        let centre = (0.5 * (p.0 + q.0), 0.5 * (p.1 + q.1));
        let frame = projection.frame(centre, 0.5 * (upper.tilt + lower.tilt), (0.0, 0.0));
        let disc = Ellipsoid {
            centre: [0.0; 3],
            radii: [0.52 * upper.depth(), 7.0, 0.5 * upper.width],
            angle: 0.0,
            shell: 0.0,
            shell_mu: 0.0,
            core_mu: mu,
        };
        canvas.add_ellipsoid(frame, &disc);
    }
}

/// Adds gas and contents of the bowel in front of the spine, some of it over L3..L5.
pub(crate) fn draw_bowel(
    canvas: &mut Canvas,
    projection: &Projection,
    spine: &Spine,
    torso: &Torso,
    dice: &mut Dice,
) {
    let lowest = spine.sacrum.centre.1 + 40.0;
    let loops = 1 + dice.index(6);
    for _ in 0..loops {
        let y = dice.uniform(-55.0, lowest);
        let front = 0.72 * torso.depth - torso.back;
        let x = dice.uniform(16.0, front.max(40.0));
        draw_loop(canvas, projection, (x, y), dice);
    }
    for _ in 0..10 {
        let at = (dice.uniform(10.0, 130.0), dice.uniform(-120.0, lowest));
        let blob = blob(dice, [14.0, 32.0], [20.0, 45.0], 0.04 * SOFT_MU);
        let sign = if dice.chance(0.5) { 1.0 } else { -1.0 };
        let frame = projection.frame(at, dice.uniform(-1.5, 1.5), (0.0, 0.0));
        canvas.add_ellipsoid(frame, &Ellipsoid { core_mu: sign * blob.core_mu, ..blob });
    }
}

/// Adds dense bodies in front of the spine: contrast medium in the bowel, calcified nodes.
pub(crate) fn draw_opacities(
    canvas: &mut Canvas,
    projection: &Projection,
    count: usize,
    dice: &mut Dice,
) {
    let middle = (dice.uniform(35.0, 100.0), dice.uniform(-70.0, 80.0));
    for _ in 0..count {
        let at = (middle.0 + dice.normal(0.0, 9.0), middle.1 + dice.normal(0.0, 25.0));
        let frame = projection.frame(at, dice.uniform(-1.5, 1.5), (0.0, 0.0));
        let mu = dice.uniform(0.004, 0.02);
        canvas.add_ellipsoid(frame, &blob(dice, [1.5, 7.0], [2.0, 9.0], mu));
    }
}

/// One gas-filled loop: a chain of bubbles along a bent line.
pub(crate) fn draw_loop(
    canvas: &mut Canvas,
    projection: &Projection,
    at: (f64, f64),
    dice: &mut Dice,
) {
    let frame = projection.frame(at, 0.0, (0.0, 0.0));
    let (mut along, bend) = (dice.uniform(-3.1, 3.1), dice.uniform(-0.5, 0.5));
    let (mut a, mut b) = (0.0, 0.0);
    let mu = -SOFT_MU * dice.uniform(0.5, 0.95);
    let bubbles: Vec<Ellipsoid> = (0..2 + dice.index(5))
        .map(|_| {
            let bubble = Ellipsoid {
                centre: [a, b, dice.uniform(-15.0, 15.0)],
                angle: along,
                ..blob(dice, [6.0, 13.0], [5.0, 11.0], mu)
            };
            a += 8.0 * along.cos();
            b += 8.0 * along.sin();
            along += bend;
            bubble
        })
        .collect();
    canvas.add_union(frame, &bubbles);
}

/// The skin smooths the spine's curve: a Gaussian mean of the nodes `(y, x)`, tabulated.
fn smooth_back(nodes: &[(f64, f64)]) -> Vec<f64> {
    let at = |y: f64| {
        let weight = |node: f64| (-0.5 * ((y - node) / 26.0).powi(2)).exp() + 1e-9;
        let sum: f64 = nodes.iter().map(|(node, x)| weight(*node) * x).sum();
        sum / nodes.iter().map(|(node, _)| weight(*node)).sum::<f64>()
    };
    (0..210).map(|k| at(TABLE_TOP + TABLE_STEP * f64::from(k))).collect()
}

fn blob(dice: &mut Dice, across: [f64; 2], deep: [f64; 2], mu: f64) -> Ellipsoid {
    let radius = dice.uniform(across[0], across[1]);
    Ellipsoid {
        centre: [0.0; 3],
        radii: [radius * dice.uniform(0.9, 1.6), radius, dice.uniform(deep[0], deep[1])],
        angle: 0.0,
        shell: 0.0,
        shell_mu: 0.0,
        core_mu: mu,
    }
}

/// Adds flecks of calcium along the aorta in front of L1..L4.
pub(crate) fn draw_aorta(
    canvas: &mut Canvas,
    projection: &Projection,
    spine: &Spine,
    torso: &Torso,
    dice: &mut Dice,
) {
    let flecks = (18.0 * torso.aorta * dice.uniform(0.4, 1.0)) as usize;
    for _ in 0..flecks {
        let body = &spine.bodies[FIRST_LUMBAR + dice.index(4)];
        let front = 0.5 * body.depth() + if dice.chance(0.5) { 8.0 } else { 25.0 };
        let local = (front + dice.normal_within(0.0, 1.5, 2.0), dice.uniform(-18.0, 18.0));
        let frame = projection.frame(body.to_patient(local), body.tilt, (0.0, 0.0));
        let fleck = Ellipsoid {
            centre: [0.0; 3],
            radii: [dice.uniform(0.5, 1.2), dice.uniform(1.5, 6.0), dice.uniform(1.5, 5.0)],
            angle: dice.normal(0.0, 0.15),
            shell: 0.0,
            shell_mu: 0.0,
            core_mu: 0.03,
        };
        canvas.add_ellipsoid(frame, &fleck);
    }
}

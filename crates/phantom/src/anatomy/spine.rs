//! A subject's spine in the sagittal plane: T6 to L5 and the sacrum.

use crate::anatomy::body::{EndPlate, VertebralBody};
use crate::anatomy::population::{SHAPE_FACTOR, SHAPE_FEATURES, SHAPE_MEAN};
use crate::dice::Dice;
use serde::Serialize;
use vertebra_cohort::Sex;
use vertebra_keypoints::{Level, VertebralHeights};

/// Bodies from T6 to L5.
pub const N_BODIES: usize = 12;
/// Position of L1 among them.
pub(crate) const FIRST_LUMBAR: usize = 7;
/// Position of T11, the first body that the shape distribution covers.
const FIRST_MEASURED: usize = 5;

/// Anterior and posterior height, depth and width of T6..L5 in women of small stature, mm.
///
/// Chosen for the simulation, not taken from a publication nor checked against one; thoracic levels
/// continue the lumbar ones downwards in size.
const FEMALE_SIZES: [[f64; 4]; N_BODIES] = [
    [17.6, 18.8, 25.0, 28.5],
    [18.2, 19.6, 25.8, 29.5],
    [19.0, 20.4, 26.5, 31.0],
    [19.9, 21.4, 27.2, 32.5],
    [20.8, 22.6, 27.8, 34.0],
    [21.8, 24.2, 28.6, 36.0],
    [23.4, 25.6, 29.3, 38.5],
    [25.0, 27.0, 30.0, 40.0],
    [26.0, 27.5, 31.2, 41.5],
    [27.0, 27.5, 32.2, 43.0],
    [27.0, 26.5, 33.0, 45.5],
    [28.0, 24.0, 33.6, 49.0],
];
/// Men's heights and depths over women's (L5 of Cook & Baker, Int J Spine Surg 2021;15(6):1072,
/// Table 6: 30.7/29.6, 26.8/25.5, 37.1/33.3).
const MALE_HEIGHT: f64 = 1.045;
const MALE_DEPTH: f64 = 1.11;
/// Spacing of women and of men over the mean of the CT scans, which mix both sexes and are mostly
/// of taller people.
const SPACING_SCALE: [f64; 2] = [0.945, 0.995];
/// Scatter of a single height about the subject's size, relative.
const HEIGHT_SCATTER: f64 = 0.030;
/// End-plate concavity (superior, inferior) and its scatter, mm.
const CONCAVITY: [f64; 2] = [1.25, 1.55];
const CONCAVITY_SCATTER: f64 = 0.35;
/// No shape deviates from its mean by more standard deviations than this.
const LIMIT: f64 = 2.2;
/// Tilt of T6..L4 against the normal of the chain of centres, degrees: makes the mean segment
/// angles those of Sci Rep 2022, doi 10.1038/s41598-022-21840-x, Table 2.
const TILT_OFFSET: [f64; N_BODIES - 1] =
    [-1.5, -1.5, -1.5, -1.5, -1.5, -1.5, -1.5, -1.8, -0.7, 1.3, 1.1];
/// Turn per level above T11 (thoracic kyphosis) and its scatter between people, degrees.
const KYPHOSIS: [f64; 2] = [3.4, 0.9];
/// A thoracic spacing over the one below it.
const THORACIC_SHRINK: f64 = 0.955;
const TILT_SCATTER: f64 = 1.7;
/// Tilt of L5 against L4 and of the sacral end plate against L5, degrees (same source).
const L5_STEP: [f64; 2] = [15.9, 4.9];
const S1_STEP: [f64; 2] = [18.2, 6.6];
/// From the end plate of S1 to the middle of its body, mm.
const S1_HALF_HEIGHT: f64 = 14.0;

/// The sacral end plate and what hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Sacrum {
    /// Middle of the end plate, mm.
    pub centre: (f64, f64),
    /// Angle by which its front points downwards (sacral slope), radians.
    pub tilt: f64,
    /// Length of the end plate from back to front, mm.
    pub length: f64,
    /// Sagittal curvature of the sacrum, radians per segment.
    pub curvature: f64,
}

/// T6..L5 and the sacrum, in the sagittal plane; L3 lies at the origin.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Spine {
    /// T6, .., T12, L1, .., L5.
    pub bodies: [VertebralBody; N_BODIES],
    /// The sacrum.
    pub sacrum: Sacrum,
    /// Size relative to the mean of the subject's sex.
    pub size: f64,
}

impl Spine {
    /// The body of a lumbar level.
    #[must_use]
    pub fn lumbar(&self, level: Level) -> &VertebralBody {
        &self.bodies[FIRST_LUMBAR + level.index()]
    }

    /// Centres of the bodies next to the lumbar spine, T12 and S1, mm.
    #[must_use]
    pub fn lumbar_neighbours(&self) -> [(f64, f64); 2] {
        let Sacrum { centre: (x, y), tilt, .. } = self.sacrum;
        let depth = self.size * S1_HALF_HEIGHT;
        let s1 = (x - depth * tilt.sin(), y + depth * tilt.cos());
        [self.bodies[FIRST_LUMBAR - 1].centre, s1]
    }

    pub(crate) fn lumbar_mut(&mut self, level: Level) -> &mut VertebralBody {
        &mut self.bodies[FIRST_LUMBAR + level.index()]
    }

    /// Makes every body higher and deeper by a factor, its centre kept: narrower discs.
    pub(crate) fn broaden(&mut self, height: f64, depth: f64) {
        for body in &mut self.bodies {
            for plate in [&mut body.superior, &mut body.inferior] {
                plate.anterior *= height;
                plate.posterior *= height;
                plate.length *= depth;
            }
        }
    }

    /// The spine in another posture: every disc from T11-T12 to L5-S1 opens in front by `mean`
    /// degrees (extension; negative: flexion), give or take `scatter`.
    pub(crate) fn bent(&self, mean: f64, scatter: f64, dice: &mut Dice) -> Self {
        let mut spine = self.clone();
        let n = spine.bodies.len();
        for k in (0..n).rev() {
            let below = if k + 1 < n { spine.bodies[k + 1].centre } else { spine.sacrum.centre };
            let here = spine.bodies[k].centre;
            let pivot = (0.5 * (here.0 + below.0), 0.5 * (here.1 + below.1));
            let angle = -dice.normal_within(mean, scatter, 2.0).to_radians();
            let (sin, cos) = angle.sin_cos();
            for body in &mut spine.bodies[..=k] {
                let (x, y) = (body.centre.0 - pivot.0, body.centre.1 - pivot.1);
                body.centre = (pivot.0 + x * cos - y * sin, pivot.1 + x * sin + y * cos);
                body.tilt += angle;
            }
        }
        spine
    }

    /// Tilt of the superior end plate of L1..L5 and of the sacrum, degrees, positive where the
    /// front points downwards; their differences are the segment angles.
    #[must_use]
    pub fn end_plate_tilts(&self) -> [f64; 6] {
        let mut tilts = [self.sacrum.tilt.to_degrees(); 6];
        for (tilt, level) in tilts.iter_mut().zip(Level::ALL) {
            let body = self.lumbar(level);
            let plate = &body.superior;
            let slope = (plate.anterior - plate.posterior).atan2(plate.length);
            *tilt = (body.tilt + slope).to_degrees();
        }
        tilts
    }

    /// Lumbar lordosis L1-S1, degrees.
    #[must_use]
    pub fn lordosis(&self) -> f64 {
        let tilts = self.end_plate_tilts();
        tilts[5] - tilts[0]
    }

    /// Heights of L1..L5, mm.
    #[must_use]
    pub fn heights(&self) -> [VertebralHeights; 5] {
        Level::ALL.map(|level| self.lumbar(level).heights())
    }

    /// Draws a healthy adult spine. `age` in years; older spines have more bony lips, narrower
    /// and more sclerotic end plates.
    pub(crate) fn sample(dice: &mut Dice, sex: Sex, age: f64) -> Self {
        loop {
            let spine = Self::propose(dice, sex, age);
            if spine.is_plausible(sex) {
                return spine;
            }
        }
    }

    fn propose(dice: &mut Dice, sex: Sex, age: f64) -> Self {
        let shape = sample_shape(dice);
        let kyphosis = dice.normal_within(KYPHOSIS[0], KYPHOSIS[1], LIMIT);
        let chain = Chain::new(&shape, kyphosis, SPACING_SCALE[sex_index(sex)]);
        let size = chain.size;
        let mut tilts = chain.tilts(dice);
        tilts[N_BODIES - 1] =
            tilts[N_BODIES - 2] + dice.normal_within(L5_STEP[0], L5_STEP[1], LIMIT).to_radians();
        let bodies = std::array::from_fn(|k| {
            let body = sample_body(dice, k, sex, size, age);
            VertebralBody { centre: chain.centres[k], tilt: tilts[k], ..body }
        });
        let sacrum = sample_sacrum(dice, &bodies[N_BODIES - 1], size);
        Self { bodies, sacrum, size }
    }

    /// Neighbours keep a disc between them, and no height ratio is near what counts as a fracture.
    fn is_plausible(&self, sex: Sex) -> bool {
        let discs = self.bodies.windows(2).map(|w| disc_height(&w[0], &w[1]));
        discs
            .skip(FIRST_LUMBAR - 1)
            .all(|(front, back)| (2.0..20.0).contains(&front) && (1.5..14.0).contains(&back))
            && self.ratios_are_ordinary(sex)
    }

    fn ratios_are_ordinary(&self, sex: Sex) -> bool {
        // A ratio of two heights scatters by the root of two times one height: this trims it at 2.1
        // standard deviations, well inside the three of the fracture rule.
        let bound = 3.0 * HEIGHT_SCATTER;
        let expected: [[f64; 2]; N_BODIES] = std::array::from_fn(|k| mean_heights(k, sex));
        let relative: Vec<[f64; 2]> = (0..N_BODIES)
            .map(|k| {
                let h = self.bodies[k].heights();
                [h.anterior / expected[k][0], h.posterior / expected[k][1]]
            })
            .collect();
        let measured = &relative[FIRST_MEASURED + 1..];
        let wedge_ok = measured.iter().all(|r| (r[0] / r[1]).ln().abs() < bound);
        let steps_ok = measured.windows(2).all(|w| (w[0][1] / w[1][1]).ln().abs() < bound);
        wedge_ok && steps_ok
    }
}

/// Distances of the front and of the back corners of two neighbouring end plates, mm.
fn disc_height(upper: &VertebralBody, lower: &VertebralBody) -> (f64, f64) {
    let normal = 0.5 * (upper.tilt + lower.tilt);
    let (u, l) = (upper.six_points(), lower.six_points());
    let along = |i: usize, j: usize| {
        let (p, q) = (upper.to_patient(u[i]), lower.to_patient(l[j]));
        (q.1 - p.1) * normal.cos() - (q.0 - p.0) * normal.sin()
    };
    (along(3, 0), along(5, 2))
}

fn sex_index(sex: Sex) -> usize {
    usize::from(sex == Sex::Male)
}

fn mean_heights(k: usize, sex: Sex) -> [f64; 2] {
    let factor = [1.0, MALE_HEIGHT][sex_index(sex)];
    [FEMALE_SIZES[k][0] * factor, FEMALE_SIZES[k][1] * factor]
}

fn sample_shape(dice: &mut Dice) -> [f64; SHAPE_FEATURES] {
    let z: [f64; SHAPE_FEATURES] = std::array::from_fn(|_| dice.normal_within(0.0, 1.0, LIMIT));
    std::array::from_fn(|i| {
        SHAPE_MEAN[i] + SHAPE_FACTOR[i].iter().zip(&z).map(|(f, z)| f * z).sum::<f64>()
    })
}

/// The chain of body centres.
struct Chain {
    centres: [(f64, f64); N_BODIES],
    /// Angles of the chords from the vertical, radians.
    angles: [f64; N_BODIES - 1],
    size: f64,
}

impl Chain {
    fn new(shape: &[f64; SHAPE_FEATURES], kyphosis: f64, scale: f64) -> Self {
        let size = shape[..6].iter().sum::<f64>() / SHAPE_MEAN[..6].iter().sum::<f64>();
        let (spacing, turns) = (&shape[..6], &shape[6..11]); // T11-T12 .. L4-L5; at T12 .. L4
        let mut angles = [0.0; N_BODIES - 1];
        angles[FIRST_LUMBAR] = shape[11];
        for k in FIRST_LUMBAR + 1..N_BODIES - 1 {
            angles[k] = angles[k - 1] + turns[k - 1 - FIRST_MEASURED];
        }
        for k in (0..FIRST_LUMBAR).rev() {
            let turn = if k < FIRST_MEASURED { kyphosis } else { turns[k - FIRST_MEASURED] };
            angles[k] = angles[k + 1] - turn;
        }
        let angles = angles.map(f64::to_radians);
        let lengths = std::array::from_fn(|k| {
            let above = FIRST_MEASURED.saturating_sub(k) as i32;
            scale * spacing[k.saturating_sub(FIRST_MEASURED)] * THORACIC_SHRINK.powi(above)
        });
        Self { centres: place(&angles, &lengths), angles, size }
    }

    /// Tilts of T6..L4 (L5 is left at zero).
    fn tilts(&self, dice: &mut Dice) -> [f64; N_BODIES] {
        let mut tilts = [0.0; N_BODIES];
        for k in 0..N_BODIES - 1 {
            let above = self.angles[k.saturating_sub(1)];
            let normal = -0.5 * (above + self.angles[k]);
            let offset = dice.normal_within(TILT_OFFSET[k], TILT_SCATTER, LIMIT);
            tilts[k] = normal + offset.to_radians();
        }
        tilts
    }
}

fn place(angles: &[f64; N_BODIES - 1], lengths: &[f64; N_BODIES - 1]) -> [(f64, f64); N_BODIES] {
    let mut centres = [(0.0, 0.0); N_BODIES];
    for k in 0..N_BODIES - 1 {
        let (sin, cos) = angles[k].sin_cos();
        centres[k + 1] = (centres[k].0 + lengths[k] * sin, centres[k].1 + lengths[k] * cos);
    }
    let l3 = centres[FIRST_LUMBAR + 2];
    centres.map(|c| (c.0 - l3.0, c.1 - l3.1))
}

fn sample_body(dice: &mut Dice, k: usize, sex: Sex, size: f64, age: f64) -> VertebralBody {
    let [anterior, posterior] = mean_heights(k, sex)
        .map(|mean| mean * size * dice.normal_within(0.0, HEIGHT_SCATTER, LIMIT).exp());
    let broad = [1.0, MALE_DEPTH][sex_index(sex)] * size.sqrt();
    let depth = FEMALE_SIZES[k][2] * broad * dice.normal_within(0.0, 0.035, LIMIT).exp();
    let mut plate = |sign: f64, concavity: f64, length: f64| EndPlate {
        anterior: sign * 0.5 * anterior,
        posterior: sign * 0.5 * posterior,
        concavity: size * (concavity + dice.normal_within(0.0, CONCAVITY_SCATTER, LIMIT)),
        length,
    };
    let superior = plate(-1.0, CONCAVITY[0], depth * 0.985);
    let inferior = plate(1.0, CONCAVITY[1], depth * 1.015);
    let wear = ((age - 45.0) / 30.0).clamp(0.0, 1.5);
    let lips = (dice.normal(-1.5, 1.8) + 2.2 * wear).clamp(0.0, 5.0);
    VertebralBody {
        centre: (0.0, 0.0),
        tilt: 0.0,
        superior,
        inferior,
        width: FEMALE_SIZES[k][3] * broad * dice.normal_within(1.0, 0.03, LIMIT),
        waist: size * dice.normal_within(2.0, 0.45, LIMIT),
        axial_rotation: dice.normal(0.0, 2.0).to_radians(),
        lateral_tilt: dice.normal(0.0, 2.2).to_radians(),
        osteophyte: lips,
        sclerosis: (dice.normal(-0.4, 0.4) + 0.4 * wear).clamp(0.0, 1.0),
    }
}

fn sample_sacrum(dice: &mut Dice, l5: &VertebralBody, size: f64) -> Sacrum {
    let tilt = l5.tilt + dice.normal_within(S1_STEP[0], S1_STEP[1], LIMIT).to_radians();
    let plate = &l5.inferior;
    let below = l5.to_patient((0.0, 0.5 * (plate.anterior + plate.posterior)));
    let normal = 0.5 * (l5.tilt + tilt);
    let disc = size * dice.normal_within(9.0, 1.6, LIMIT);
    Sacrum {
        centre: (below.0 - disc * normal.sin(), below.1 + disc * normal.cos()),
        tilt,
        length: plate.length * dice.normal_within(1.0, 0.04, LIMIT),
        curvature: dice.normal_within(14.0, 4.0, LIMIT).to_radians(),
    }
}

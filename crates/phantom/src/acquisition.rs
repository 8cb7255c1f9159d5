//! How one film is taken: geometry, exposure, processing, what is burned in.

use crate::dice::Dice;
use crate::projection::Projection;
use crate::spine::Spine;
use vertebra_keypoints::Level;
use vertebra_radiograph::Facing;

/// What the grey values of a film stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rendering {
    /// A digital radiograph: logarithm of the exposure through a film-like curve.
    Radiograph,
    /// A projection of CT numbers, as digitally reconstructed radiographs are made: mostly bone,
    /// on a linear scale.
    LineIntegral,
}

/// Settings of one exposure.
#[derive(Debug, Clone, PartialEq)]
pub struct Acquisition {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Detector spacing, mm; patient distances appear `magnification` times larger.
    pub pitch_mm: f64,
    /// Image size over size in the mid-sagittal plane.
    pub magnification: f64,
    /// Distance from the source to the mid-sagittal plane, mm.
    pub source_mm: f64,
    /// Which side the subject's front is on.
    pub facing: Facing,
    /// In-plane rotation, radians.
    pub rotation: f64,
    /// Rotation of the whole trunk about its long axis, radians.
    pub trunk_rotation: f64,
    /// Sideways bending of the whole trunk against the table, radians.
    pub trunk_tilt: f64,
    /// Where the centre of L3 comes to lie, fraction of width and of height.
    pub aim: (f64, f64),
    /// Field of the collimator `[left, top, right, bottom]`, fraction of width and height.
    pub field: [f64; 4],
    /// The borders outside the field are electronically blackened; otherwise they show the bright
    /// unexposed detector.
    pub shuttered: bool,
    /// Scattered over primary radiation behind the grid.
    pub scatter: f64,
    /// Detected quanta per pixel behind the spine.
    pub quanta: f64,
    /// Blur of focal spot and detector, standard deviation, mm at the detector.
    pub blur_mm: f64,
    /// Slope of the processing curve, 1 = ordinary.
    pub contrast: f64,
    /// Shift of the processing curve, in its own half-widths; of line integrals, the brightening
    /// of the middle tones.
    pub brightness: f64,
    /// Share of the coarse exposure differences that the processing takes out.
    pub equalisation: f64,
    /// Strength of edge enhancement.
    pub sharpening: f64,
    /// Lead letter near a corner, if any: `'L'` or `'R'`.
    pub marker: Option<char>,
    /// Corner of the marker, 0 to 3 clockwise from the top left.
    pub marker_corner: usize,
    /// Stored values rise with exposure (bone dark in the stored numbers).
    pub monochrome1: bool,
    /// What the grey values stand for.
    pub rendering: Rendering,
}

impl Acquisition {
    /// Draws an exposure onto a detector of `[height, width]` pixels whose field is about
    /// 385 mm high, as a lateral lumbar film is.
    #[must_use]
    pub fn sample(size: [usize; 2], seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        Self::draw(&mut dice, size)
    }

    /// Draws an exposure as [`Acquisition::sample`] does, then varies it more than a clinic would:
    /// any field from about 300 to 560 mm, larger rotation, L3 anywhere that leaves L1..L5 on the
    /// film, both sides alike, a quarter of the films as [`Rendering::LineIntegral`]. For training
    /// networks that shall also work on films of another kind.
    #[must_use]
    pub fn sample_varied(size: [usize; 2], seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut varied = Self::draw(&mut dice, size);
        let field = dice.uniform(300.0, 560.0);
        let [half_height, half_width] =
            [128.0 / field, 85.0 / field * size[0] as f64 / size[1] as f64];
        varied.pitch_mm = field / size[0] as f64;
        varied.facing = if dice.chance(0.5) { Facing::Left } else { Facing::Right };
        varied.rotation = dice.normal_within(0.0, 6.0, 2.5).to_radians();
        varied.trunk_rotation = dice.normal_within(0.0, 5.0, 2.5).to_radians();
        varied.trunk_tilt = dice.normal_within(0.0, 3.0, 2.5).to_radians();
        let between = |dice: &mut Dice, half: f64| {
            if half < 0.5 { dice.uniform(half, 1.0 - half) } else { 0.5 }
        };
        varied.aim = (between(&mut dice, half_width), between(&mut dice, half_height));
        if dice.chance(0.25) {
            varied.rendering = Rendering::LineIntegral;
            varied.contrast *= dice.uniform(0.7, 1.25);
            varied.blur_mm *= dice.uniform(1.0, 2.5);
            varied.brightness = dice.uniform(-0.4, 0.1);
        }
        varied
    }

    pub(crate) fn draw(dice: &mut Dice, [height, width]: [usize; 2]) -> Self {
        let source_detector = dice.uniform(1080.0, 1500.0);
        let magnification = dice.uniform(1.17, 1.30);
        let facing = if dice.chance(0.75) { Facing::Left } else { Facing::Right };
        let to_back = if facing == Facing::Left { 1.0 } else { -1.0 };
        Self {
            height,
            width,
            pitch_mm: dice.uniform(372.0, 400.0) / height as f64,
            magnification,
            source_mm: source_detector / magnification,
            facing,
            rotation: dice.normal_within(0.0, 2.5, 2.5).to_radians(),
            trunk_rotation: dice.normal_within(0.0, 2.0, 2.5).to_radians(),
            trunk_tilt: dice.normal_within(0.0, 2.0, 2.5).to_radians(),
            aim: (
                0.5 + 0.06 * to_back + dice.normal_within(0.0, 0.035, 2.0),
                dice.normal_within(0.48, 0.04, 2.0),
            ),
            field: [
                dice.uniform(0.0, 0.07),
                dice.uniform(0.0, 0.03),
                1.0 - dice.uniform(0.0, 0.07),
                1.0 - dice.uniform(0.0, 0.03),
            ],
            shuttered: dice.chance(0.9),
            scatter: dice.uniform(0.25, 0.55),
            quanta: 1.1e3 * (512.0 / height as f64).powi(2) * dice.uniform(0.7, 1.8),
            blur_mm: dice.uniform(0.30, 0.50),
            contrast: dice.normal_within(1.0, 0.10, 2.0),
            brightness: dice.normal_within(0.0, 0.12, 2.0),
            equalisation: dice.uniform(0.25, 0.5),
            sharpening: dice.uniform(0.0, 0.6),
            marker: dice.chance(0.85).then(|| if dice.chance(0.5) { 'L' } else { 'R' }),
            marker_corner: dice.index(4),
            monochrome1: dice.chance(0.3),
            rendering: Rendering::Radiograph,
        }
    }

    pub(crate) fn projection(&self, spine: &Spine) -> Projection {
        let scale = self.magnification / self.pitch_mm;
        let centre = (0.5 * (self.width as f64 - 1.0), 0.5 * (self.height as f64 - 1.0));
        let l3 = spine.lumbar(Level::L3).centre;
        let mut projection = Projection {
            scale,
            source_mm: self.source_mm,
            rotation: self.rotation,
            mirrored: self.facing == Facing::Left,
            ray: l3,
            centre: (self.aim.0 * self.width as f64, self.aim.1 * self.height as f64),
        };
        // The central ray goes through the middle of the detector, L3 to where it is aimed.
        projection.ray = projection.to_patient(centre);
        projection.centre = centre;
        projection
    }
}

impl Acquisition {
    pub(crate) fn check(&self) -> Result<(), crate::Error> {
        use crate::Error::Setting;
        if self.height < 64 || self.width < 64 {
            let got = format!("{} x {}", self.height, self.width);
            return Err(Setting("detector", "at least 64 x 64 px", got));
        }
        for (name, value) in [
            ("pitch_mm", self.pitch_mm),
            ("magnification", self.magnification),
            ("source_mm", self.source_mm),
            ("quanta", self.quanta),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Setting(name, "a positive number", value.to_string()));
            }
        }
        let finite = [self.rotation, self.trunk_rotation, self.trunk_tilt, self.aim.0, self.aim.1];
        match finite.into_iter().find(|v| !v.is_finite()) {
            Some(value) => Err(Setting("acquisition", "finite numbers", value.to_string())),
            None => Ok(()),
        }
    }
}

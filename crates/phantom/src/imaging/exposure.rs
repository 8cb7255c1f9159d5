//! How one film is taken: geometry, exposure, processing, what is burned in.

use crate::Error;
use crate::anatomy::spine::Spine;
use crate::dice::Dice;
use crate::imaging::look::Look;
use crate::imaging::volume::Volume;
use crate::tissues::clutter::Clutter;
use crate::tissues::projection::Projection;
use serde::Serialize;
use vertebra_keypoints::Level;
use vertebra_radiograph::Facing;
use vertebra_run::Seed;

/// What the grey values of a film stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Rendering {
    /// A digital radiograph: logarithm of the exposure through a film-like curve.
    Radiograph,
    /// A projection of CT numbers, as digitally reconstructed radiographs are made: mostly bone,
    /// on a linear scale.
    LineIntegral,
}

/// Settings of one exposure.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Exposure {
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
    /// Rotation of the whole subject, ribs and pelvis with it, against the beam, radians: what a
    /// lateral view is off by. `trunk_rotation` turns the vertebrae alone.
    pub obliquity: f64,
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
    /// What a projected volume holds of the subject; `None` for all of it.
    pub volume: Option<Volume>,
    /// Weight of soft tissue in line integrals, 1 = as X-rays see it; a projection of CT numbers
    /// cut off at that of water leaves a few percent.
    pub soft_share: f64,
    /// Dense bodies in front of the spine: contrast medium in the bowel, calcified nodes.
    pub opacities: usize,
    /// What else gets into the beam.
    pub clutter: Clutter,
    /// What is made of the finished film.
    pub look: Look,
}

impl Exposure {
    /// Draws an exposure onto a detector of `[height, width]` pixels whose field is about
    /// 385 mm high, as a lateral lumbar film is.
    #[must_use]
    pub fn sample(size: [usize; 2], seed: u64) -> Self {
        let mut dice = Dice::new(Seed::new(seed));
        Self::draw(&mut dice, size)
    }

    /// Draws an exposure as [`Exposure::sample`] does, then varies it more than a clinic would: a
    /// field of 210 to 580 mm in the plane of the spine, L3 anywhere that leaves L1..L5 of this
    /// spine on the film, both sides alike, larger rotation, and four in ten films as projections
    /// of a CT volume ([`Rendering::LineIntegral`]): near sources, volumes that end beside, above
    /// and below the lumbar spine, views up to 30 degrees off the lateral. The others are as
    /// clinics of any kind take them ([`Clutter`]) and their scanners process them ([`Look`]),
    /// mostly with the pelvis on the film. For training networks that are to work on films of
    /// another kind as well.
    #[must_use]
    pub fn sample_varied(spine: &Spine, size: [usize; 2], seed: u64) -> Self {
        let mut dice = Dice::new(Seed::new(seed));
        let mut varied = Self::draw(&mut dice, size);
        varied.facing = if dice.chance(0.5) { Facing::Left } else { Facing::Right };
        varied.rotation = dice.normal_within(0.0, 6.0, 2.5).to_radians();
        varied.trunk_rotation = dice.normal_within(0.0, 5.0, 2.5).to_radians();
        varied.trunk_tilt = dice.normal_within(0.0, 3.0, 2.5).to_radians();
        let projected = dice.chance(0.4);
        if projected {
            varied.project_a_volume(spine, &mut dice);
        } else {
            varied.take_anywhere(&mut dice);
        }
        let least: f64 = if projected { 210.0 } else { 230.0 };
        let field = dice.uniform(least.ln(), 580.0f64.ln()).exp();
        varied.pitch_mm = field * varied.magnification / size[0] as f64;
        let bodies = Level::ALL.map(|level| spine.lumbar(level));
        let points = bodies.iter().flat_map(|body| body.six_points().map(|p| body.to_patient(p)));
        let l3 = spine.lumbar(Level::L3).centre;
        varied.aim_anywhere(l3, &points.collect::<Vec<_>>(), &mut dice);
        varied
    }

    /// Takes the film as any clinic would, on any scanner.
    fn take_anywhere(&mut self, dice: &mut Dice) {
        self.scatter = dice.uniform(0.1, 0.9);
        self.contrast *= dice.uniform(-0.5, 0.45).exp();
        self.brightness += dice.uniform(-0.5, 0.5);
        self.equalisation = dice.uniform(0.0, 0.75);
        self.sharpening = if dice.chance(0.2) { dice.uniform(0.6, 2.5) } else { self.sharpening };
        self.quanta *= dice.uniform(-1.0, 1.0).exp();
        self.blur_mm *= dice.uniform(0.8, 2.0);
        self.shuttered = dice.chance(0.6);
        if dice.chance(0.4) {
            self.field = [0.0, 0.0, 1.0, 1.0];
        }
        self.clutter = Clutter::sample(dice);
        self.look = Look::sample(dice);
    }

    /// Leaves the film little contrast, as many clinics' films have it: bodies hardly brighter than
    /// what lies around them, in a picture of a wide range from black air to a white pelvis
    /// (scatter without a grid, a flat curve, no coarse equalisation, a veil), with few grey levels,
    /// and taken from a little farther.
    pub(crate) fn fade(&mut self, dice: &mut Dice) {
        self.pitch_mm *= dice.uniform(1.0, 1.25);
        self.scatter += dice.uniform(0.0, 1.0);
        self.equalisation *= dice.uniform(0.0, 1.0);
        if self.rendering == Rendering::Radiograph {
            self.contrast *= dice.uniform(-0.7, 0.0).exp();
        }
        self.look.fade(self.magnification / self.pitch_mm, dice);
    }

    /// Makes a digitally reconstructed radiograph of the exposure.
    fn project_a_volume(&mut self, spine: &Spine, dice: &mut Dice) {
        self.rendering = Rendering::LineIntegral;
        self.contrast *= dice.uniform(0.7, 1.3);
        self.blur_mm *= dice.uniform(1.0, 3.0);
        self.brightness = dice.uniform(-0.3, 0.5);
        self.shuttered = dice.chance(0.2);
        self.marker = None;
        self.magnification = dice.uniform(1.02f64.ln(), 2.2f64.ln()).exp();
        self.source_mm = dice.uniform(450.0, 1200.0);
        if dice.chance(0.6) {
            self.obliquity = dice.uniform(-30.0, 30.0).to_radians();
        }
        self.soft_share = match dice.uniform(0.0, 1.0) {
            u if u < 0.88 => dice.uniform(0.005f64.ln(), 0.12f64.ln()).exp(),
            _ => dice.uniform(0.3, 1.0),
        };
        self.opacities = if dice.chance(0.35) { 1 + dice.index(8) } else { 0 };
        if dice.chance(0.8) {
            let ends = [Level::L1, Level::L5].map(|level| spine.lumbar(level));
            let rows = ends.map(|body| body.six_points().map(|p| body.to_patient(p).1));
            let top = rows[0].into_iter().fold(f64::INFINITY, f64::min);
            let bottom = rows[1].into_iter().fold(f64::NEG_INFINITY, f64::max);
            self.volume = Some(Volume {
                half_width: dice.uniform(45.0f64.ln(), 190.0f64.ln()).exp(),
                front: dice.uniform(45.0, 190.0),
                back: dice.uniform(60.0, 150.0),
                above: beyond(dice, 170.0) - top,
                below: beyond(dice, 150.0) + bottom,
            });
        }
    }

    /// Draws what a film of a CT scan varies in; `middles` are those of L1..L5 in the frame whose
    /// origin is L3, each the middle of a square of `half` mm to all sides that the film shows.
    pub(crate) fn vary_for_ct(&mut self, middles: &[(f64, f64); 5], half: f64, dice: &mut Dice) {
        self.facing = if dice.chance(0.5) { Facing::Left } else { Facing::Right };
        self.rotation = dice.normal_within(0.0, 6.0, 2.5).to_radians();
        if dice.chance(0.5) {
            self.take_anywhere(dice);
        } else {
            self.rendering = Rendering::LineIntegral;
            self.contrast *= dice.uniform(0.7, 1.3);
            self.brightness = dice.uniform(-0.3, 0.5);
            self.soft_share = dice.uniform(0.005f64.ln(), 0.0).exp();
            self.marker = None;
        }
        let field = dice.uniform(210.0f64.ln(), 580.0f64.ln()).exp();
        self.pitch_mm = field * self.magnification / self.height as f64;
        let corners = [(-half, -half), (-half, half), (half, -half), (half, half)];
        let around = |(x, y): &(f64, f64)| corners.map(|(dx, dy)| (x + dx, y + dy));
        let points: Vec<(f64, f64)> = middles.iter().flat_map(around).collect();
        self.aim_anywhere((0.0, 0.0), &points, dice);
    }

    /// Puts the film anywhere that leaves these points on it, as far as it is large enough.
    fn aim_anywhere(&mut self, l3: (f64, f64), points: &[(f64, f64)], dice: &mut Dice) {
        const MARGIN_MM: f64 = 3.0;
        let projected = self.rendering == Rendering::LineIntegral;
        let (ends_early, anywhere) = if projected { (0.35, 1.0) } else { (0.12, 0.4) };
        let film = self.projection_about(l3);
        let l3 = film.to_film(l3);
        let (mut low, mut high) = ([0.0_f64; 2], [0.0_f64; 2]);
        for (u, v) in points.iter().map(|p| film.to_film(*p)) {
            for (axis, offset) in [u - l3.0, v - l3.1].into_iter().enumerate() {
                low[axis] = low[axis].min(offset);
                high[axis] = high[axis].max(offset);
            }
        }
        let mut place = |axis: usize, n: usize| {
            let margin = MARGIN_MM * film.scale;
            let (least, most) = (margin - low[axis], n as f64 - 1.0 - margin - high[axis]);
            let near = (most - 30.0 * film.scale).max(least);
            let at = match dice.uniform(0.0, 1.0) {
                _ if most <= least => 0.5 * (least + most),
                // A radiographer aims at the spine, from front to back more than along it.
                u if u > anywhere => {
                    let spread = if axis == 0 { 0.13 } else { 0.2 };
                    (n as f64 * dice.normal_within(0.5, spread, 2.0)).clamp(least, most)
                }
                // A film may end soon below L5, projections do so often.
                u if axis == 1 && u < ends_early => dice.uniform(near, most),
                _ => dice.uniform(least, most),
            };
            at / n as f64
        };
        self.aim = (place(0, self.width), place(1, self.height));
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
            obliquity: 0.0,
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
            volume: None,
            soft_share: 0.035,
            opacities: 0,
            clutter: Clutter::default(),
            look: Look::default(),
        }
    }

    /// Makes the film hard to read: starved of dose, moved, wrongly exposed.
    pub(crate) fn spoil(&mut self, dice: &mut Dice) {
        self.quanta *= 0.02;
        self.blur_mm *= dice.uniform(3.0, 6.0);
        self.brightness += if dice.chance(0.5) { 0.8 } else { -0.8 };
        self.contrast *= 0.6;
    }

    /// The same exposure on another detector, with the processing of another maker.
    pub(crate) fn take_with_other_detector(&mut self) {
        self.scatter += 0.35;
        self.blur_mm *= 1.8;
        self.quanta *= 0.4;
        self.contrast *= 1.35;
        self.equalisation = (self.equalisation + 0.3).min(0.9);
        self.look = Look { local_contrast: 0.6, clip_limit: 3.0, gamma: 1.4, ..self.look };
    }

    pub(crate) fn projection(&self, spine: &Spine) -> Projection {
        self.projection_about(spine.lumbar(Level::L3).centre)
    }

    /// Pixels `[left, top, right, bottom]` around points of the film, 12 mm to all sides.
    pub(crate) fn box_around(&self, points: &[(f64, f64)]) -> [usize; 4] {
        let (width, height) = (self.width, self.height);
        let mut bounds = [width, height, 0, 0];
        let clip = |v: f64, n: usize| v.clamp(0.0, n as f64) as usize;
        let reach = 12.0 * (self.magnification / self.pitch_mm);
        for (u, v) in points {
            let (u0, u1) = (clip(u - reach, width), clip(u + reach, width));
            let (v0, v1) = (clip(v - reach, height), clip(v + reach, height));
            bounds = [bounds[0].min(u0), bounds[1].min(v0), bounds[2].max(u1), bounds[3].max(v1)];
        }
        bounds
    }

    /// The projection of a subject whose L3 lies there.
    pub(crate) fn projection_about(&self, l3: (f64, f64)) -> Projection {
        let scale = self.magnification / self.pitch_mm;
        let centre = (0.5 * (self.width as f64 - 1.0), 0.5 * (self.height as f64 - 1.0));
        let mut projection = Projection {
            scale,
            source_mm: self.source_mm,
            rotation: self.rotation,
            mirrored: self.facing == Facing::Left,
            ray: l3,
            turn: self.obliquity.tan(),
            centre: (self.aim.0 * self.width as f64, self.aim.1 * self.height as f64),
        };
        // The central ray goes through the middle of the detector, L3 to where it is aimed.
        projection.ray = projection.to_patient(centre);
        projection.centre = centre;
        projection
    }
}

/// How far a volume goes on beyond the lumbar spine, mm: often no further than one would cut it.
fn beyond(dice: &mut Dice, most: f64) -> f64 {
    let most = if dice.chance(0.5) { 30.0 } else { most };
    dice.uniform(4.0, most)
}

impl Exposure {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.height < 64 || self.width < 64 {
            let got = format!("{} x {}", self.height, self.width);
            return Err(Error::setting("detector", "at least 64 x 64 px", got));
        }
        for (name, value) in [
            ("pitch_mm", self.pitch_mm),
            ("magnification", self.magnification),
            ("source_mm", self.source_mm),
            ("quanta", self.quanta),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::setting(name, "a positive number", value));
            }
        }
        for (name, value) in [
            ("rotation", self.rotation),
            ("trunk_rotation", self.trunk_rotation),
            ("trunk_tilt", self.trunk_tilt),
            ("obliquity", self.obliquity),
            ("aim", self.aim.0 + self.aim.1),
            ("soft_share", self.soft_share),
        ] {
            if !value.is_finite() {
                return Err(Error::setting(name, "a finite number", value));
            }
        }
        Ok(())
    }
}

//! One film of one subject: rendered, and annotated from the same geometry.

use crate::anatomy::body::VertebralBody;
use crate::anatomy::bone::Bone;
use crate::anatomy::fracture::Fracture;
use crate::anatomy::spine::{FIRST_LUMBAR, Spine};
use crate::cohort::hazard::Profile;
use crate::dice::{Dice, derive_seed};
use crate::error::Error;
use crate::imaging::acquisition::Acquisition;
use crate::imaging::detector::{LineIntegrals, develop};
use crate::tissues::canvas::{Canvas, Ellipsoid, Skeleton};
use crate::tissues::patch::Patch;
use crate::tissues::pelvis::{Pelvis, WING_ASIDE, draw_ribs, draw_sacrum, draw_wings_of_pelvis};
use crate::tissues::posterior;
use crate::tissues::projection::{Frame, Projection};
use crate::tissues::texture::roughen;
use crate::tissues::torso::{DISC_MU, Torso, draw_aorta, draw_bowel, draw_discs, draw_opacities};
use vertebra_cohort::Sex;
use vertebra_keypoints::{FilmAnnotation, Level, SixPoints, VertebraAnnotation, VertebraKeypoints};

/// A subject's body as far as a lateral lumbar film shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Anatomy {
    /// The spine.
    pub spine: Spine,
    /// Its material.
    pub bone: Bone,
    pub(crate) torso: Torso,
    pub(crate) pelvis: Pelvis,
    /// Fixes the details that stay the same from film to film: posterior elements, ribs, texture.
    pub(crate) seed: u64,
}

impl Anatomy {
    /// Draws a person. `age` in years, `bmi` in kg/m², `density` in standard deviations.
    #[must_use]
    pub fn sample(sex: Sex, age: f64, bmi: f64, density: f64, seed: u64) -> Self {
        let mut dice = Dice::new(derive_seed(seed, &[0xa7a7]));
        let spine = Spine::sample(&mut dice, sex, age);
        let torso = Torso::sample(&mut dice, bmi, sex == Sex::Male, age);
        let pelvis = Pelvis::sample(&mut dice);
        Self { spine, bone: Bone::of_density(density), torso, pelvis, seed }
    }
}

/// A rendered film.
#[derive(Debug, Clone, PartialEq)]
pub struct PhantomFilm {
    /// `[height, width]`, row-major, 12 bits, bone bright.
    pub pixels: Vec<u16>,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Detector spacing `[row, col]`, mm.
    pub spacing_mm: [f64; 2],
    /// Centres, outlines and six points of L1..L5, exact.
    pub annotation: FilmAnnotation,
}

/// Renders a film and annotates it exactly; `file_name` goes into the annotation. The same
/// arguments give the same film.
///
/// # Errors
/// [`Error::Setting`] for an acquisition whose detector is smaller than 64 px or whose numbers
/// are not finite and positive.
pub fn render_film(
    anatomy: &Anatomy,
    acquisition: &Acquisition,
    file_name: &str,
    seed: u64,
) -> Result<PhantomFilm, Error> {
    acquisition.check()?;
    let projection = acquisition.projection(&anatomy.spine);
    let mut dice = Dice::new(derive_seed(seed, &[0xf11a]));
    let integrals = project(anatomy, acquisition, &projection, &mut dice);
    let pixels = develop(&integrals, acquisition, &mut dice);
    Ok(PhantomFilm {
        pixels,
        height: acquisition.height,
        width: acquisition.width,
        spacing_mm: [acquisition.pitch_mm; 2],
        annotation: annotate(&anatomy.spine, acquisition, &projection, file_name)?,
    })
}

/// A film of a person drawn from the cohort's population, for training a detector: varied exposure
/// ([`Acquisition::sample_varied`]) on a film of that height and of 60 to 100 % of that width, a
/// fractured vertebra in every third, bones from thin to dense, discs from high to narrow; three of
/// four spines are worn, their bodies thin between standing end plates, their joints dense and
/// irregular.
///
/// # Errors
/// [`Error::Setting`] for a film smaller than 64 px.
pub fn sample_training_film([height, width]: [usize; 2], seed: u64) -> Result<PhantomFilm, Error> {
    let mut dice = Dice::new(derive_seed(seed, &[0x7a17]));
    let profile = Profile::sample(&mut dice);
    let density = profile.density + dice.normal_within(0.0, 0.7, 2.0);
    let mut anatomy = Anatomy::sample(profile.sex, profile.age, profile.bmi, density, seed);
    while dice.chance(0.3) {
        anatomy.spine = anatomy.spine.with_fracture(&Fracture::sample(&mut dice));
    }
    anatomy.spine.broaden(dice.uniform(1.0, 1.11), dice.uniform(0.95, 1.15));
    anatomy.bone.wear(&mut dice);
    let narrowed = (width as f64 * dice.uniform(0.6, 1.0)).round() as usize;
    let size = [height, narrowed.max(width.min(64))];
    let seed_of_film = derive_seed(seed, &[0xac9]);
    let acquisition = Acquisition::sample_varied(&anatomy.spine, size, seed_of_film);
    render_film(&anatomy, &acquisition, &format!("{seed}.dcm"), seed)
}

/// Adds up all tissues. What belongs to the person comes from the person's own stream, what
/// changes from day to day (bowel) from `dice`.
fn project(
    anatomy: &Anatomy,
    acquisition: &Acquisition,
    projection: &Projection,
    dice: &mut Dice,
) -> LineIntegrals {
    let (height, width) = (acquisition.height, acquisition.width);
    // A stream for each part, so that what is left out beyond the film does not change the rest.
    let own = |part: u64| Dice::new(derive_seed(anatomy.seed, &[0xb0de, part]));
    let (spine, bone, torso) = (&anatomy.spine, &anatomy.bone, &anatomy.torso);
    let mut soft = Canvas::new(height, width);
    let reach = acquisition.volume.map_or(f64::INFINITY, |volume| volume.half_width);
    torso.draw(&mut soft, projection, spine, 2.0 * reach, &mut own(100));
    draw_bowel(&mut soft, projection, spine, torso, dice);
    draw_discs(&mut soft, projection, spine, DISC_MU);
    for value in &mut soft.exponent {
        *value = value.max(0.0);
    }
    let mut hard = Canvas::new(height, width);
    draw_aorta(&mut hard, projection, spine, torso, &mut own(101));
    draw_opacities(&mut hard, projection, acquisition.opacities, dice);
    draw_ribs(&mut hard, projection, spine, bone, reach, &mut own(102));
    if bone.disc > 0.0 {
        draw_discs(&mut hard, projection, spine, bone.disc * bone.trabecular_mu);
    }
    let rough = (bone.roughness > 0.0).then(|| Canvas::new(height, width));
    let mut skeleton = Skeleton { smooth: hard, rough };
    let step = 0.8 / projection.scale;
    draw_sacrum(&mut skeleton, projection, &spine.sacrum, bone, step, &mut own(103));
    if reach > WING_ASIDE {
        draw_wings_of_pelvis(&mut skeleton.smooth, projection, spine, &anatomy.pelvis, bone);
    }
    for (k, body) in spine.bodies.iter().enumerate() {
        // Nothing of a vertebra reaches further than 90 mm from the centre of its body.
        let (_, row) = projection.to_film(body.centre);
        if row > -90.0 * projection.scale {
            let setting = (acquisition, projection, step);
            draw_vertebra(&mut skeleton, body, k, bone, setting, &mut own(k as u64));
        }
    }
    let Skeleton { smooth: mut hard, rough } = skeleton;
    if let Some(mut rough) = rough {
        roughen(&mut rough, projection.scale, bone.roughness, &mut own(104));
        hard.exponent.iter_mut().zip(&rough.exponent).for_each(|(all, own)| *all += own);
    }
    if let Some(volume) = &acquisition.volume {
        volume.cut(&mut soft, projection);
        volume.cut(&mut hard, projection);
    }
    let spine_box = lumbar_box(spine, projection, height, width);
    LineIntegrals { soft: soft.exponent, bone: hard.exponent, width, spine_box }
}

fn draw_vertebra(
    skeleton: &mut Skeleton,
    body: &VertebralBody,
    k: usize,
    bone: &Bone,
    (acquisition, projection, step): (&Acquisition, &Projection, f64),
    dice: &mut Dice,
) {
    let turn = (
        (body.axial_rotation + acquisition.trunk_rotation).tan(),
        (body.lateral_tilt + acquisition.trunk_tilt).tan(),
    );
    let frame = projection.frame(body.centre, body.tilt, turn);
    Patch::of_body(body, bone, frame.shear, step, dice).draw(&mut skeleton.smooth, frame);
    draw_lips(&mut skeleton.smooth, frame, body, bone);
    let thoracic = k < FIRST_LUMBAR;
    let scale = [0.66, 0.69, 0.72, 0.76, 0.80, 0.84, 0.90, 0.97, 1.0, 1.0, 1.0, 0.92][k];
    posterior::draw(skeleton.posterior(), frame, body, bone, scale, thoracic, dice);
}

/// Bony lips at the front corners.
fn draw_lips(canvas: &mut Canvas, frame: Frame, body: &VertebralBody, bone: &Bone) {
    if body.osteophyte < 0.5 {
        return;
    }
    let points = body.six_points();
    for (corner, inward) in [(points[0], 1.0), (points[3], -1.0)] {
        let lip = Ellipsoid {
            centre: [corner.0 - 1.0 + 0.3 * body.osteophyte, corner.1 + inward * 1.6, 0.0],
            radii: [0.8 * body.osteophyte + 1.0, 1.7, 0.24 * body.width],
            angle: -0.45 * inward,
            shell: 0.0,
            shell_mu: bone.cortical_mu,
            core_mu: 2.0 * bone.trabecular_mu,
        };
        canvas.add_ellipsoid(frame, &lip);
    }
}

fn lumbar_box(spine: &Spine, projection: &Projection, height: usize, width: usize) -> [usize; 4] {
    let mut bounds = [width, height, 0, 0];
    let clip = |v: f64, n: usize| v.clamp(0.0, n as f64) as usize;
    for level in Level::ALL {
        let (u, v) = projection.to_film(spine.lumbar(level).centre);
        let (u0, u1) =
            (clip(u - 12.0 * projection.scale, width), clip(u + 12.0 * projection.scale, width));
        let (v0, v1) =
            (clip(v - 12.0 * projection.scale, height), clip(v + 12.0 * projection.scale, height));
        bounds = [bounds[0].min(u0), bounds[1].min(v0), bounds[2].max(u1), bounds[3].max(v1)];
    }
    bounds
}

fn annotate(
    spine: &Spine,
    acquisition: &Acquisition,
    projection: &Projection,
    file_name: &str,
) -> Result<FilmAnnotation, Error> {
    let vertebrae: Vec<VertebraAnnotation> = Level::ALL
        .into_iter()
        .map(|level| {
            let body = spine.lumbar(level);
            let film = |p: (f64, f64)| projection.to_film(body.to_patient(p));
            VertebraAnnotation {
                level,
                six_points: Some(SixPoints::from(body.six_points().map(film))),
                polygon: Some(body.outline().into_iter().map(film).collect()),
            }
        })
        .collect();
    let centres = Level::ALL.map(|level| {
        let points = spine.lumbar(level).six_points();
        let film = points.map(|p| projection.to_film(spine.lumbar(level).to_patient(p)));
        SixPoints::from(film).centre()
    });
    let keypoints = VertebraKeypoints::from_xy(centres)?;
    let size = [acquisition.height, acquisition.width];
    Ok(FilmAnnotation::new(file_name, size, keypoints, vertebrae))
}

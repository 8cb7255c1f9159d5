//! The line integrals of all tissues of a subject.

use crate::anatomy::body::VertebralBody;
use crate::anatomy::bone::Bone;
use crate::anatomy::spine::FIRST_LUMBAR;
use crate::dice::Dice;
use crate::imaging::exposure::Exposure;
use crate::tissues::anatomy::Anatomy;
use crate::tissues::canvas::{Canvas, Ellipsoid, Skeleton};
use crate::tissues::patch::Patch;
use crate::tissues::pelvis::{WING_ASIDE, draw_iliac_wings, draw_sacrum};
use crate::tissues::posterior::{self, Vertebra};
use crate::tissues::projection::{Frame, Projection};
use crate::tissues::ribs::draw_ribs;
use crate::tissues::scene::Scene;
use crate::tissues::texture::roughen;
use crate::tissues::torso::{DISC_MU, draw_aorta, draw_bowel, draw_discs, draw_opacities};
use vertebra_keypoints::Level;
use vertebra_run::Seed;

/// Line integrals behind every pixel, kept apart by tissue.
pub(crate) struct LineIntegrals {
    pub(crate) soft: Vec<f32>,
    pub(crate) bone: Vec<f32>,
    pub(crate) width: usize,
    /// Pixel box of the lumbar spine `[left, top, right, bottom]`, which the exposure is set for.
    pub(crate) spine_box: [usize; 4],
}

/// Size of a vertebra's posterior elements relative to L3's, T6 to L5.
const POSTERIOR_SIZES: [f64; 12] =
    [0.66, 0.69, 0.72, 0.76, 0.80, 0.84, 0.90, 0.97, 1.0, 1.0, 1.0, 0.92];

impl LineIntegrals {
    /// Adds up all tissues. What belongs to the person comes from the person's own streams, what
    /// changes from day to day (bowel) from `dice`.
    pub(crate) fn of(
        anatomy: &Anatomy,
        exposure: &Exposure,
        projection: &Projection,
        dice: &mut Dice,
    ) -> Self {
        let reach = exposure.volume.map_or(f64::INFINITY, |volume| volume.half_width);
        let (spine, bone) = (&anatomy.spine, &anatomy.bone);
        let scene = Scene { projection, spine, bone, reach, step: 0.8 / projection.scale };
        let mut soft = soft_tissue(anatomy, exposure, scene, dice);
        let mut hard = dense_tissue(anatomy, exposure, scene, dice);
        if let Some(volume) = &exposure.volume {
            volume.cut(&mut soft, projection);
            volume.cut(&mut hard, projection);
        }
        let middles = Level::ALL.map(|level| projection.to_film(spine.lumbar(level).centre));
        let spine_box = exposure.box_around(&middles);
        Self { soft: soft.exponent, bone: hard.exponent, width: exposure.width, spine_box }
    }
}

/// A stream for each part of a person, so that what is left out beyond the film does not change the
/// rest.
fn own(anatomy: &Anatomy, part: u64) -> Dice {
    Dice::new(Seed::new(anatomy.seed).at(&[0xb0de, part]))
}

fn soft_tissue(anatomy: &Anatomy, exposure: &Exposure, scene: Scene, dice: &mut Dice) -> Canvas {
    let Scene { projection, spine, reach, .. } = scene;
    let mut soft = Canvas::new(exposure.height, exposure.width);
    anatomy.torso.draw(&mut soft, projection, spine, 2.0 * reach, &mut own(anatomy, 100));
    draw_bowel(&mut soft, projection, spine, &anatomy.torso, dice);
    exposure.clutter.draw_soft(&mut soft, scene, dice);
    draw_discs(&mut soft, projection, spine, DISC_MU);
    for value in &mut soft.exponent {
        *value = value.max(0.0);
    }
    soft
}

/// Bones, calcium and contrast medium.
fn dense_tissue(anatomy: &Anatomy, exposure: &Exposure, scene: Scene, dice: &mut Dice) -> Canvas {
    let (height, width) = (exposure.height, exposure.width);
    let Scene { projection, spine, bone, .. } = scene;
    let mut hard = Canvas::new(height, width);
    draw_aorta(&mut hard, projection, spine, &anatomy.torso, &mut own(anatomy, 101));
    draw_opacities(&mut hard, projection, exposure.opacities, dice);
    draw_ribs(&mut hard, scene, &mut own(anatomy, 102));
    if bone.disc > 0.0 {
        draw_discs(&mut hard, projection, spine, bone.disc * bone.trabecular_mu);
    }
    let rough = (bone.roughness > 0.0).then(|| Canvas::new(height, width));
    let mut skeleton = Skeleton { smooth: hard, rough };
    match &anatomy.lower_body {
        Some(lower) => lower.draw(&mut skeleton, scene, &mut own(anatomy, 103)),
        None => {
            draw_sacrum(&mut skeleton, scene, &mut own(anatomy, 103));
            if scene.reach > WING_ASIDE {
                draw_iliac_wings(&mut skeleton.smooth, scene, &anatomy.pelvis);
            }
        }
    }
    exposure.clutter.draw_hard(&mut skeleton.smooth, scene, dice);
    for (k, body) in spine.bodies.iter().enumerate() {
        // Nothing of a vertebra reaches further than 90 mm from the centre of its body.
        let (_, row) = projection.to_film(body.centre);
        if row > -90.0 * projection.scale {
            let bone = anatomy.bone.seen(anatomy.strength[k]);
            let scene = Scene { bone: &bone, ..scene };
            draw_vertebra(&mut skeleton, exposure, scene, k, &mut own(anatomy, k as u64));
        }
    }
    let Skeleton { smooth: mut hard, rough } = skeleton;
    if let Some(mut rough) = rough {
        roughen(&mut rough, projection.scale, bone.roughness, &mut own(anatomy, 104));
        hard.exponent.iter_mut().zip(&rough.exponent).for_each(|(all, own)| *all += own);
    }
    hard
}

fn draw_vertebra(
    skeleton: &mut Skeleton,
    exposure: &Exposure,
    scene: Scene,
    k: usize,
    dice: &mut Dice,
) {
    let (body, bone) = (&scene.spine.bodies[k], scene.bone);
    let turn = (
        (body.axial_rotation + exposure.trunk_rotation).tan(),
        (body.lateral_tilt + exposure.trunk_tilt).tan(),
    );
    let frame = scene.projection.frame(body.centre, body.tilt, turn);
    Patch::of_body(body, bone, frame.shear, scene.step, dice).draw(&mut skeleton.smooth, frame);
    draw_lips(&mut skeleton.smooth, frame, body, bone);
    let vertebra = Vertebra { body, scale: POSTERIOR_SIZES[k], thoracic: k < FIRST_LUMBAR };
    posterior::draw(skeleton.posterior(), frame, vertebra, bone, dice);
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

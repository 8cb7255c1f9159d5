//! Lateral films of a CT scan: rays from a point source through the volume.

use crate::Error;
use crate::ct::scan::CtScan;
use crate::dice::Dice;
use crate::imaging::detector::develop;
use crate::imaging::exposure::Exposure;
use crate::imaging::film::PhantomFilm;
use crate::imaging::integrals::LineIntegrals;
use crate::tissues::projection::Projection;
use crate::tissues::torso::SOFT_MU;
use vertebra_keypoints::{FilmAnnotation, VertebraKeypoints};
use vertebra_raster::Image;
use vertebra_run::Seed;

/// HU above which a voxel holds mineral.
const MINERAL: f32 = 150.0;
/// Attenuation of mineral over that of water with its HU, at about 65 keV instead of a scanner's
/// 75.
const MINERAL_BOOST: f32 = 1.28;
/// Half of the extent of a vertebra about the middle of its body that a film must show, mm.
const HALF_BODY: f64 = 22.0;

/// A film of a CT scan for training a detector: a view up to 25 degrees off the lateral and tilted
/// by up to 8, from either side, at any size and place that leaves L1..L5 on a film of that height
/// and of 45 to 100 % of that width, with the exposures and looks of
/// [`Exposure::sample_varied`]. The annotation holds the projected middles of the bodies. The same
/// arguments give the same film.
///
/// # Errors
/// [`Error::InvalidSetting`] for a film smaller than 64 px.
pub fn sample_ct_film(
    scan: &CtScan,
    [height, width]: [usize; 2],
    seed: u64,
) -> Result<PhantomFilm, Error> {
    let mut dice = Dice::new(Seed::new(seed).at(&[0xc7]));
    let narrowed = (width as f64 * dice.uniform(0.45, 1.0)).round() as usize;
    let view = View::new(scan, dice.uniform(-25.0, 25.0), dice.normal_within(0.0, 4.0, 2.0));
    let middles = scan.bodies.map(|body| view.in_view(body));
    let mut exposure = Exposure::draw(&mut dice, [height, narrowed.max(width.min(64))]);
    exposure.vary_for_ct(&middles.map(|[x, y, _]| (x, y)), HALF_BODY, &mut dice);
    exposure.check()?;
    let projection = exposure.projection_about((0.0, 0.0));
    let integrals = integrals(scan, &view, &exposure, &projection);
    let pixels = develop(&integrals, &exposure, &mut dice);
    let centres = middles.map(|middle| on_film(&projection, middle));
    let (size, name) = ([exposure.height, exposure.width], format!("{}-{seed}", scan.name()));
    let keypoints = VertebraKeypoints::from_xy(centres)?;
    Ok(PhantomFilm {
        image: Image { pixels, height: exposure.height, width: exposure.width },
        spacing_mm: [exposure.pitch_mm; 2],
        annotation: FilmAnnotation::new(&name, size, keypoints, vec![]),
        neighbours: None,
        transition: None,
    })
}

/// The frame of a view: origin in L3, axes forwards, downwards and towards the source.
struct View {
    origin: [f64; 3],
    axes: [[f64; 3]; 3],
}

impl View {
    /// Turned about the long axis and tilted about the axis forwards, degrees.
    fn new(scan: &CtScan, turn: f64, tilt: f64) -> Self {
        let mix = |a: [f64; 3], b: [f64; 3], degrees: f64| -> [[f64; 3]; 2] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            [
                std::array::from_fn(|k| a[k] * cos + b[k] * sin),
                std::array::from_fn(|k| b[k] * cos - a[k] * sin),
            ]
        };
        let [forwards, left] = mix([0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], turn);
        let [down, left] = mix([0.0, 0.0, -1.0], left, tilt);
        Self { origin: scan.bodies[2], axes: [forwards, down, left] }
    }

    fn in_view(&self, place: [f64; 3]) -> [f64; 3] {
        self.axes.map(|axis| (0..3).map(|k| axis[k] * (place[k] - self.origin[k])).sum())
    }

    /// To the voxels of the scan: an affine map.
    fn to_voxel(&self, scan: &CtScan, point: [f64; 3]) -> [f64; 3] {
        let place: [f64; 3] = std::array::from_fn(|k| {
            self.origin[k] + (0..3).map(|axis| self.axes[axis][k] * point[axis]).sum::<f64>()
        });
        scan.to_voxel.map(|row| row[3] + (0..3).map(|k| row[k] * place[k]).sum::<f64>())
    }
}

/// Where a point of the view's frame comes to lie on the film.
fn on_film(projection: &Projection, [x, y, z]: [f64; 3]) -> (f64, f64) {
    let grow = projection.source_mm / (projection.source_mm - z);
    let (x0, y0) = projection.ray;
    projection.to_film((x0 + grow * (x - x0), y0 + grow * (y - y0)))
}

fn integrals(
    scan: &CtScan,
    view: &View,
    exposure: &Exposure,
    projection: &Projection,
) -> LineIntegrals {
    let (width, n) = (exposure.width, exposure.width * exposure.height);
    let (mut soft, mut bone) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let source = [projection.ray.0, projection.ray.1, projection.source_mm];
    let from = view.to_voxel(scan, source);
    for i in 0..n {
        let (x, y) = projection.to_patient(((i % width) as f64, (i / width) as f64));
        let length = (x - source[0]).hypot(y - source[1]).hypot(source[2]);
        let (s, b) = ray(scan, from, view.to_voxel(scan, [x, y, 0.0]), length);
        soft.push(s);
        bone.push(b);
    }
    let spine_box =
        exposure.box_around(&scan.bodies.map(|body| on_film(projection, view.in_view(body))));
    LineIntegrals { soft, bone, width, spine_box }
}

/// Integrals of soft tissue and of mineral along the ray from the source through a point `length`
/// mm away, both in voxels.
fn ray(scan: &CtScan, from: [f64; 3], through: [f64; 3], length: f64) -> (f32, f32) {
    let step: [f64; 3] = std::array::from_fn(|k| through[k] - from[k]);
    let (mut near, mut far) = (0.0f64, f64::INFINITY);
    for k in 0..3 {
        let (a, b) = (-from[k] / step[k], ((scan.volume.size[k] - 1) as f64 - from[k]) / step[k]);
        if step[k].abs() > 1e-12 {
            (near, far) = (near.max(a.min(b)), far.min(a.max(b)));
        }
    }
    let voxels = step.iter().map(|s| s * s).sum::<f64>().sqrt();
    let count = ((far - near) * voxels).ceil().clamp(0.0, 4096.0) as usize;
    let mm = ((far - near) * length / count.max(1) as f64) as f32;
    let (mut soft, mut bone) = (0.0f32, 0.0f32);
    for i in 0..count {
        let t = near + (far - near) * (i as f64 + 0.5) / count as f64;
        let hu = scan.volume.at(std::array::from_fn(|k| from[k] + t * step[k]), -1000.0);
        soft += 1.0 + hu.clamp(-1000.0, MINERAL) / 1000.0;
        bone += (hu - MINERAL).max(0.0) / 1000.0;
    }
    let mu = SOFT_MU as f32 * mm;
    (soft * mu, bone * mu * MINERAL_BOOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ct::nifti::Volume;

    /// Water with five cubes of bone, one above the other; 4 mm voxels.
    fn scan() -> CtScan {
        let size = [40, 50, 60];
        let to_patient = [[-4.0, 0.0, 0.0, 80.0], [0.0, 4.0, 0.0, -100.0], [0.0, 0.0, 4.0, -120.0]];
        let body = |i: usize| {
            let [x, y, z] = [i % 40, i / 40 % 50, i / 2000];
            let level = (0..5usize).find(|l| (z + 9 * l).abs_diff(48) <= 3);
            level.filter(|_| x.abs_diff(20) <= 5 && y.abs_diff(24) <= 4)
        };
        let volume = |value: &dyn Fn(usize) -> f32| {
            let values = (0..40 * 50 * 60).map(value).collect();
            Volume { size, to_patient, values }
        };
        let ct = volume(&|i| if body(i).is_some() { 700.0 } else { 0.0 });
        let labels = volume(&|i| body(i).map_or(0.0, |level| 31.0 - level as f32));
        let mask = volume(&|i| f32::from(u8::from(body(i).is_some())));
        CtScan::marked("cubes".to_owned(), ct, &labels, &mask).unwrap()
    }

    #[test]
    fn a_ray_sums_what_it_meets() {
        let scan = scan();
        let view = View::new(&scan, 0.0, 0.0);
        let (source, middle) = ([0.0, 0.0, 900.0], [0.0, 0.0, 0.0]);
        let to = |point| view.to_voxel(&scan, point);
        let (soft, bone) = ray(&scan, to(source), to(middle), 900.0);
        // 39 voxels of 4 mm, eleven of them bone, whose edges interpolation blurs.
        let expected = SOFT_MU as f32 * (156.0 + 0.15 * 44.0);
        assert!((soft / expected - 1.0).abs() < 0.02, "{soft} {expected}");
        let expected = SOFT_MU as f32 * MINERAL_BOOST * 0.55 * 44.0;
        assert!((bone / expected - 1.0).abs() < 0.1, "{bone} {expected}");
    }

    #[test]
    fn bone_lies_where_the_points_say() {
        let scan = scan();
        for seed in 0..30 {
            let film = sample_ct_film(&scan, [128, 128], seed).unwrap();
            let again = sample_ct_film(&scan, [128, 128], seed).unwrap();
            assert_eq!(film, again);
            let points = film.annotation.keypoints;
            for p in points.points() {
                assert!(p.x > 0.0 && p.y > 0.0, "seed {seed}");
                assert!(p.x < film.image.width as f64 && p.y < 128.0, "seed {seed}");
            }
        }
        let view = View::new(&scan, 12.0, 5.0);
        let mut exposure = Exposure::sample([160, 160], 4);
        exposure.rotation = 0.1;
        exposure.aim = (0.5, 0.5);
        let projection = exposure.projection_about((0.0, 0.0));
        let sums = integrals(&scan, &view, &exposure, &projection);
        for body in scan.bodies {
            let (x, y) = on_film(&projection, view.in_view(body));
            let (mut total, mut moment) = (0.0, (0.0, 0.0));
            for i in 0..sums.bone.len() {
                let (u, v) = ((i % 160) as f64, (i / 160) as f64);
                let near = (u - x).abs().max((v - y).abs()) < 9.0;
                let weight = if near { f64::from(sums.bone[i]) } else { 0.0 };
                total += weight;
                moment = (moment.0 + weight * u, moment.1 + weight * v);
            }
            let seen = (moment.0 / total, moment.1 / total);
            assert!((seen.0 - x).hypot(seen.1 - y) < 0.8, "{seen:?}, expected {x} {y}");
        }
    }

    #[test]
    fn a_scan_without_a_level_is_refused_by_name() {
        let scan = scan();
        let empty = Volume { values: vec![0.0; 120_000], ..scan.volume.clone() };
        let refused = CtScan::marked("empty".to_owned(), scan.volume.clone(), &empty, &empty);
        assert_eq!(refused.unwrap_err(), vertebra_keypoints::Level::L1);
    }
}

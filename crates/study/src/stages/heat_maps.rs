//! Where a risk network looks: maps of test subjects, their mass per vertebra, and pictures.

use crate::Error;
use crate::films::pictures::Canvas;
use crate::films::variant_pictures::VariantPictures;
use crate::progress::{Observer, Tell, counting};
use crate::stages::Context;
use crate::stages::models::{Explained, FittedModel};
use vertebra_deepsurv::{RiskInputs, RiskModel, Saliency, grad_cam, occlusion};
use vertebra_keypoints::{Level, VertebraKeypoints};
use vertebra_raster::Film;
use vertebra_report::results::{Picture, SaliencyResults};

/// Window of the occlusion maps as a share of the picture's side.
const OCCLUSION_SHARE: f64 = 0.125;

/// Maps of the test subjects by the model that is kept.
pub(crate) fn make(
    context: Context<'_>,
    kept: Explained<'_>,
    pictures: &VariantPictures,
    keypoints: &[VertebraKeypoints],
    observer: &mut Observer<'_>,
) -> Result<SaliencyResults, Error> {
    observer.stage("heat maps", Some(context.data.test().len()));
    let inputs = kept.clinical.inputs()?.with_images(pictures.images.clone())?;
    let Explained { model, network, .. } = kept;
    HeatMaps { context, pictures, keypoints, model, network, inputs }.make(&mut counting(observer))
}

/// What the maps are made from.
struct HeatMaps<'a> {
    context: Context<'a>,
    pictures: &'a VariantPictures,
    keypoints: &'a [VertebraKeypoints],
    model: &'a FittedModel,
    network: &'a RiskModel,
    inputs: RiskInputs,
}

impl HeatMaps<'_> {
    /// Grad-CAM of every test subject, and pictures of a few with and a few without the event.
    fn make(&self, step: &mut dyn FnMut()) -> Result<SaliencyResults, Error> {
        let event = self.context.data.outcomes.event();
        let test = || self.context.data.test().iter().copied();
        let of = |with: bool| test().filter(move |&i| event[i] == with);
        let mut pictures = Vec::new();
        for with in [true, false] {
            for (k, subject) in of(with).take(self.context.config.pictures).enumerate() {
                pictures.push(self.picture(subject, with, k + 1)?);
            }
        }
        let mut results = SaliencyResults::new(&self.model.name, ["Grad-CAM", "occlusion"]);
        results.mass_with_event = self.mean_mass(of(true), step)?;
        results.mass_without_event = self.mean_mass(of(false), step)?;
        results.pictures = pictures;
        Ok(results)
    }

    /// Mean share of the whole map's positive mass by vertebra.
    fn mean_mass(
        &self,
        subjects: impl Iterator<Item = usize>,
        step: &mut dyn FnMut(),
    ) -> Result<Vec<(Level, f64)>, Error> {
        let mut sums = [0.0; 5];
        let mut counted = 0.0_f64;
        for subject in subjects {
            let map = grad_cam(self.network, &self.inputs.subset(&[subject]))?;
            let mass = self.mass(&map, subject);
            let total: f64 = map.mass_per_image().iter().map(|m| m.positive).sum();
            if total > 0.0 {
                counted += 1.0;
                sums.iter_mut().zip(mass).for_each(|(sum, m)| *sum += m / total);
            }
            step();
        }
        Ok(Level::ALL.map(|level| (level, sums[level.index()] / counted.max(1.0))).to_vec())
    }

    /// Positive mass by vertebra: of each patch, or around each centre on one picture.
    fn mass(&self, map: &Saliency, subject: usize) -> [f64; 5] {
        let positive = if map.maps().len() == 5 {
            map.mass_per_image().iter().map(|m| m.positive).collect()
        } else {
            let centres = self.centres(subject);
            let radius = distance(centres[0], centres[4]) / 8.0;
            let near = map.mass_near(0, &centres, radius).unwrap_or_default();
            near.iter().map(|m| m.positive).collect::<Vec<_>>()
        };
        std::array::from_fn(|level| positive.get(level).copied().unwrap_or(0.0))
    }

    fn centres(&self, subject: usize) -> [(f64, f64); 5] {
        let alignment = &self.pictures.alignments[subject][0];
        self.keypoints[subject].points().each_ref().map(|p| alignment.to_canonical((p.x, p.y)))
    }

    /// The pictures the network saw, with Grad-CAM, and with occlusion laid over.
    fn picture(&self, subject: usize, event: bool, number: usize) -> Result<Picture, Error> {
        let inputs = self.inputs.subset(&[subject]);
        let cam = grad_cam(self.network, &inputs)?;
        let window = (cam.size()[0] as f64 * OCCLUSION_SHARE).round().max(1.0) as usize;
        let occluded = occlusion(self.network, &inputs, window)?;
        let parts = [None, Some(&cam), Some(&occluded)].map(|map| self.row(subject, map));
        let side = cam.size()[0];
        let joined = Canvas::below(parts.into());
        let kind = if event { "with" } else { "without" };
        let file = format!("pictures/heat-map-{kind}-event-{number}.png");
        joined.enlarged((320 / side).max(1)).write_png(&self.context.run_folder.join(&file))?;
        let time = self.context.data.outcomes.time()[subject];
        let outcome = if event {
            format!("fracture seen at {time:.1} years")
        } else {
            format!("no fracture in {time:.1} years")
        };
        let log_hazard = self.model.scores.log_hazard[subject].unwrap_or(f64::NAN);
        let caption = format!(
            "Test subject, {outcome}; log hazard {log_hazard:+.2}. From above: what the network \
             sees; Grad-CAM ({:+.2} to {:+.2}); occlusion ({:+.2} to {:+.2}). Red raises the log \
             hazard, blue lowers it.",
            cam.minimum(),
            cam.maximum(),
            occluded.minimum(),
            occluded.maximum()
        );
        Ok(Picture::new(file, caption))
    }

    fn row(&self, subject: usize, map: Option<&Saliency>) -> Canvas {
        let images = &self.pictures.images;
        let [n, height, width] = images.shape();
        let pixels = images.of_subject(subject);
        let one = |k: usize| {
            let pixels = &pixels[k * height * width..][..height * width];
            let mut canvas = Canvas::from_grey(&Film { pixels, height, width, spacing_mm: None });
            if let Some(map) = map {
                let scale = map.maximum().abs().max(map.minimum().abs());
                canvas.overlay(&map.maps()[k], scale);
            }
            canvas
        };
        Canvas::beside((0..n).map(one).collect())
    }
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

//! Where a risk network looks: maps of test subjects, their mass per vertebra, and some of them to
//! look at.

mod checks;
mod shown;

use crate::Error;
use crate::films::variant_pictures::VariantPictures;
use crate::progress::{Observer, Tell, counting};
use crate::stages::Context;
use crate::stages::models::{Explained, FittedModel};
use vertebra_deepsurv::{RiskInputs, RiskModel, Saliency, SaliencyMethod};
use vertebra_keypoints::{Level, VertebraKeypoints};
use vertebra_report::results::SaliencyResults;

/// Maps of the test subjects by the model that is kept.
pub(crate) fn make(
    context: Context<'_>,
    kept: Explained<'_>,
    pictures: &VariantPictures,
    keypoints: &[VertebraKeypoints],
    observer: &mut Observer<'_>,
) -> Result<SaliencyResults, Error> {
    let inputs = kept.clinical.inputs()?.with_images(pictures.images.clone())?;
    let Explained { model, network, .. } = kept;
    let maps = HeatMaps { context, pictures, keypoints, model, network, inputs };
    let steps = context.data.test().len() + checks::METHODS.len() * maps.looked_at().len();
    observer.stage("heat maps", Some(steps));
    let mut step = counting(observer);
    let mut results = maps.make(&mut step)?;
    let shuffled = checks::on_shuffled_outcomes(context, kept, &maps.inputs)?;
    results.checks = maps.checks(shuffled.as_ref(), &mut step)?;
    Ok(results)
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
    /// Grad-CAM of every test subject, and films and maps of a few with and a few without the event.
    fn make(&self, step: &mut dyn FnMut()) -> Result<SaliencyResults, Error> {
        let event = self.context.data.outcomes.event();
        let test = || self.context.data.test().iter().copied();
        let of = |with: bool| test().filter(move |&i| event[i] == with);
        let methods = checks::METHODS.map(|method| method.to_string());
        let mut results = SaliencyResults::new(&self.model.name, methods);
        results.mass_with_event = self.mean_mass(of(true), step)?;
        results.mass_without_event = self.mean_mass(of(false), step)?;
        self.show(&mut results)?;
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
            step();
            let subject_inputs = self.inputs.subset(&[subject]);
            let map = checks::map(SaliencyMethod::GradCam, self.network, &subject_inputs)?;
            let Some(map) = map else { continue };
            let mass = self.mass(&map, subject);
            let total: f64 = map.mass_per_image().iter().map(|m| m.positive).sum();
            if total > 0.0 {
                counted += 1.0;
                sums.iter_mut().zip(mass).for_each(|(sum, m)| *sum += m / total);
            }
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
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

//! What networks on images say of subjects that they never saw, within every part of the development
//! set: what models with images and covariates learn the worth of the images from.
//!
//! For the whole development set these are the networks of its folds. For the part without a fold
//! that part is cut into folds again (nested cross-validation): the networks of the other folds have
//! seen the outcomes of the fold that judges the model.

use super::{Fit, Networks, log_hazard};
use crate::Error;
use crate::config::EncoderStart;
use crate::films::variant_pictures::VariantPictures;
use crate::input::subjects::StudyData;
use crate::progress::Observer;
use crate::stages::Context;
use crate::stages::fit_stage::FitStage;
use crate::stages::folds::{FitOn, Part};
use crate::stages::variants::model_name;
use vertebra_cohort::Folds;
use vertebra_deepsurv::{RiskInputs, RiskModel};
use vertebra_survival::numeric::mean_and_sd;

/// One network within a part: what it is fitted on, and whom it is asked about.
struct Inner {
    /// The part's place, and the inner fold that is left out.
    of: (usize, usize),
    train: Vec<usize>,
    /// Positions among the part's subjects.
    left_out: Vec<usize>,
}

/// For every part, in their order, log hazards of its subjects by networks that never saw them;
/// empty where the configuration does not ask for them. `image_only` are the networks of the folds.
pub(super) fn log_hazards(
    context: Context<'_>,
    parts: &[Part],
    (pictures, image_only): (&VariantPictures, &[RiskModel]),
    observer: &mut Observer<'_>,
) -> Result<Vec<Vec<f64>>, Error> {
    if context.config.risk.encoder_start != EncoderStart::Stacked {
        return Ok(vec![Vec::new(); parts.len()]);
    }
    let networks = Networks::of(context);
    let inputs = RiskInputs::from_images(pictures.images.clone());
    let jobs = parts.iter().enumerate().map(|(k, part)| match part.on {
        FitOn::AllBut(_) => within(context, k, part),
        FitOn::Development => Ok(Vec::new()),
    });
    let jobs: Vec<Inner> = jobs.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let stage = FitStage {
        name: "fitting networks on images within the folds".to_owned(),
        jobs: &jobs,
        purpose: &|Inner { of: (part, fold), .. }| {
            let part = parts[*part].on.label();
            format!("{}, {part}, inner fold {}", model_name(pictures), fold + 1)
        },
        steps: &|inner| networks.image_steps_on(inner.train.len()),
    };
    let models = stage.run(context, observer, |inner, purpose, on_step| {
        let fit = Fit { train: &inner.train, purpose, on_step };
        networks.image_only(&pictures.images, &inputs, fit)
    })?;
    let spread = |network: &RiskModel, subjects: &[usize]| {
        Ok::<f64, Error>(mean_and_sd(&log_hazard(network, &inputs, subjects)?).1)
    };
    let kept = parts.iter().zip(image_only).map(|(part, kept)| spread(kept, &part.subjects));
    let kept = kept.collect::<Result<Vec<_>, _>>()?;
    let mut said: Vec<Vec<f64>> = parts.iter().map(|p| vec![0.0; p.subjects.len()]).collect();
    let of_folds = of_folds(context.data, parts);
    let fitted = jobs.iter().zip(&models).chain(of_folds.iter().zip(image_only));
    for (Inner { of: (part, _), train, left_out }, network) in fitted {
        let Part { subjects, .. } = &parts[*part];
        let scale = scale(kept[*part], spread(network, train)?);
        let asked: Vec<usize> = left_out.iter().map(|&i| subjects[i]).collect();
        let log_hazard = log_hazard(network, &inputs, &asked)?;
        // Networks share no origin.
        let (origin, _) = mean_and_sd(&log_hazard);
        left_out.iter().zip(log_hazard).for_each(|(&i, h)| said[*part][i] = scale * (h - origin));
    }
    Ok(said)
}

/// Networks differ in how far apart they put subjects, those they learnt from as well as new ones: what
/// brings one of them to the scale of another. One that says the same of everybody stays as it is.
fn scale(to: f64, from: f64) -> f64 {
    if from > 1e-3 { to / from } else { 1.0 }
}

/// The networks of the folds, as those within the whole development set.
fn of_folds(data: &StudyData, parts: &[Part]) -> Vec<Inner> {
    let is_whole = |part: &Part| part.on == FitOn::Development;
    let Some(whole) = parts.iter().position(is_whole) else { return Vec::new() };
    let development = &parts[whole].subjects;
    let of_fold = |part: &Part| {
        let FitOn::AllBut(fold) = part.on else { return None };
        let is_left_out = |i: &usize| data.fold_of(development[*i]) == Some(fold);
        let left_out = (0..development.len()).filter(is_left_out).collect();
        Some(Inner { of: (whole, fold), train: part.subjects.clone(), left_out })
    };
    parts.iter().filter_map(of_fold).collect()
}

/// The networks within one part: as many folds as the study has, or events where these are fewer;
/// the other centres where folds are centres.
fn within(context: Context<'_>, place: usize, part: &Part) -> Result<Vec<Inner>, Error> {
    let StudyData { outcomes, .. } = context.data;
    let event: Vec<bool> = part.subjects.iter().map(|&i| outcomes.event()[i]).collect();
    let events = event.iter().filter(|event| **event).count();
    if events < 2 {
        return Err(Error::InvalidSetting {
            name: "risk.encoder_start".to_owned(),
            expected: "frozen, as stacked needs two events outside of every fold",
            got: format!("stacked with {events} outside of {}", part.on.label()),
        });
    }
    let seed = context.config.seed_for(&format!("folds within {}", part.on.label()));
    let at_random = || Folds::stratified(&event, context.data.n_folds().min(events), seed);
    let folds = match context.config.folds_by_centre {
        true => {
            let fold_of = |&i: &usize| context.data.fold_of(i).unwrap_or_default();
            let centre: Vec<usize> = part.subjects.iter().map(fold_of).collect();
            // One centre alone is cut at random.
            Folds::by_group(&centre, &event).or_else(|_| at_random())?
        }
        false => at_random()?,
    };
    let inner = |fold: usize| Inner {
        of: (place, fold),
        train: folds.train(fold).into_iter().map(|i| part.subjects[i]).collect(),
        left_out: folds.validation(fold),
    };
    Ok((0..folds.n_folds()).map(inner).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::folds::all_parts;
    use crate::stages::models::purpose;
    use crate::stages::render::render;
    use crate::test_data::Scene;
    use vertebra_alignment::ImageVariant;
    use vertebra_survival::Outcomes;

    /// Every part's image-only network, and what was said of its subjects.
    fn said(scene: &Scene) -> Vec<Vec<f64>> {
        let context = scene.context();
        let annotated = scene.annotated();
        let rendered = render(context, &[ImageVariant::L1L5], &annotated, &mut |_| {}).unwrap();
        let inputs = RiskInputs::from_images(rendered[0].images.clone());
        let networks = Networks::of(context);
        let parts = all_parts(context.data);
        let fitted = |part: &Part| {
            let purpose = purpose("images", part.on);
            let fit = Fit { train: &part.subjects, purpose: &purpose, on_step: &|| {} };
            networks.image_only(&rendered[0].images, &inputs, fit).unwrap()
        };
        let image_only: Vec<RiskModel> = parts.iter().map(fitted).collect();
        log_hazards(context, &parts, (&rendered[0], &image_only), &mut |_| {}).unwrap()
    }

    #[test]
    fn what_a_fold_model_learns_from_does_not_depend_on_the_outcomes_of_the_fold() {
        let mut scene = Scene::new();
        let before = said(&scene);
        // The follow-up of the subjects of the first fold, twice as long for each of them.
        let outcomes = &scene.data.outcomes;
        let in_first = |i: usize| scene.data.fold_of(i) == Some(0);
        let time = (0..scene.data.n())
            .map(|i| outcomes.time()[i] * if in_first(i) { 2.0 + i as f64 } else { 1.0 });
        let other = Outcomes::new(time.collect(), outcomes.event().to_vec()).unwrap();
        scene.data.outcomes = other;
        let after = said(&scene);
        assert_eq!(before.len(), scene.data.n_folds() + 1);
        assert_eq!(after[0], before[0], "of the part without the first fold");
        assert!((1..before.len()).all(|part| after[part] != before[part]), "of those with it");
        for (said, part) in before.iter().zip(all_parts(&scene.data)) {
            assert_eq!(said.len(), part.subjects.len());
        }
    }

    #[test]
    fn no_network_is_asked_about_a_subject_it_saw_nor_sees_one_of_another_part() {
        let scene = Scene::new();
        let context = scene.context();
        for (k, part) in all_parts(context.data).iter().enumerate().take(context.data.n_folds()) {
            let inner = within(context, k, part).unwrap();
            assert_eq!(inner.len(), context.data.n_folds());
            let mut asked = Vec::new();
            for Inner { train, left_out, of } in &inner {
                assert_eq!(of.0, k);
                let left_out: Vec<usize> = left_out.iter().map(|&i| part.subjects[i]).collect();
                assert!(train.iter().all(|i| part.subjects.contains(i) && !left_out.contains(i)));
                assert_eq!(train.len() + left_out.len(), part.subjects.len());
                asked.extend(left_out);
            }
            asked.sort_unstable();
            let mut all = part.subjects.clone();
            all.sort_unstable();
            assert_eq!(asked, all);
        }
        let parts = all_parts(context.data);
        let mut asked = vec![0; context.data.development().len()];
        for Inner { of, train, left_out } in of_folds(context.data, &parts) {
            assert_eq!(of.0, context.data.n_folds());
            for i in left_out {
                assert!(!train.contains(&parts[of.0].subjects[i]));
                asked[i] += 1;
            }
        }
        assert!(asked.iter().all(|times| *times == 1), "{asked:?}");
    }

    #[test]
    fn what_a_network_says_is_brought_to_the_scale_of_another() {
        assert_eq!((scale(2.0, 4.0), scale(2.0, 0.0), scale(2.0, 1e-7)), (0.5, 1.0, 1.0));
    }
}

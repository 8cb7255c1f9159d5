//! The comparison of image variants, inside the development set (the paper's Table 2).

use crate::Error;
use crate::films::variant_pictures::VariantPictures;
use crate::input::data::StudyData;
use crate::stages::folds::{Part, Scores, fold_parts, score};
use crate::stages::networks::{Networks, log_hazard, purpose};
use vertebra_deepsurv::{RiskInputs, RiskModel};
use vertebra_report::results::{Estimate, VariantResult};
use vertebra_survival::{
    Outcomes, ThresholdAccuracy, accuracy_at, auc_at, bootstrap, youden_threshold,
};

/// A variant's fold models, and what their out-of-fold scores are worth.
pub(crate) struct ComparedVariant {
    pub(crate) models: Vec<RiskModel>,
    pub(crate) result: VariantResult,
}

/// Fits image-only networks on every fold for every variant, and measures their out-of-fold scores.
pub(crate) fn compare_variants(
    data: &StudyData,
    networks: Networks<'_>,
    rendered: &[VariantPictures],
    on_fit: &mut dyn FnMut(),
) -> Result<Vec<ComparedVariant>, Error> {
    let inputs: Vec<RiskInputs> =
        rendered.iter().map(|v| RiskInputs::from_images(v.images.clone())).collect();
    let parts = fold_parts(data);
    let jobs: Vec<(usize, &Part)> =
        (0..rendered.len()).flat_map(|v| parts.iter().map(move |part| (v, part))).collect();
    let fit = |&(v, part): &(usize, &Part), on_fit: &dyn Fn()| {
        let purpose = purpose(&model_name(&rendered[v]), part.on);
        let images = &rendered[v].images;
        let model = networks.image_only(images, &inputs[v], &part.subjects, &purpose)?;
        on_fit();
        Ok(model)
    };
    let mut models = networks.crew().run(&jobs, fit, on_fit)?.into_iter();
    let compare = |(pictures, inputs)| {
        let models: Vec<RiskModel> = models.by_ref().take(parts.len()).collect();
        let scores = score(data, &models, |m, subjects| log_hazard(m, inputs, subjects))?;
        let result = measure(data, networks, pictures, &scores)?;
        Ok(ComparedVariant { models, result })
    };
    rendered.iter().zip(&inputs).map(compare).collect()
}

/// What a variant's image-only model is called, from which its seeds derive.
pub(crate) fn model_name(pictures: &VariantPictures) -> String {
    format!("image only, {}", pictures.variant.label())
}

/// The variant with the highest AUC, the first of equals; one without masks, unless `masked` ones
/// may be chosen too or there are no others.
pub(crate) fn choose(results: &[VariantResult], masked: bool) -> usize {
    let auc = |i: &usize| results[*i].auc.value;
    let best = |allowed: &dyn Fn(&usize) -> bool| {
        (0..results.len()).rev().filter(allowed).max_by(|a, b| auc(a).total_cmp(&auc(b)))
    };
    let allowed = |i: &usize| masked || !results[*i].variant.is_masked();
    best(&allowed).or_else(|| best(&|_| true)).unwrap_or(0)
}

fn measure(
    data: &StudyData,
    networks: Networks<'_>,
    pictures: &VariantPictures,
    scores: &Scores,
) -> Result<VariantResult, Error> {
    let config = networks.config;
    let horizon = config.main_horizon;
    let development = data.split.train();
    let outcomes = data.outcomes.subset(development);
    let risk = standardised_within_folds(data, scores);
    let threshold = youden_threshold(&outcomes, &risk, horizon)?;
    let seed = config.seed_for("bootstrap of variants");
    let interval = |statistic: &(dyn Fn(&Outcomes, &[f64]) -> Option<f64> + Sync)| {
        let on = |subjects: &[usize]| {
            let risk: Vec<f64> = subjects.iter().map(|&i| risk[i]).collect();
            statistic(&outcomes.subset(subjects), &risk)
        };
        let drawn = bootstrap(risk.len(), config.bootstrap, seed, on)?;
        let (lower, upper) = drawn.percentile(0.95)?;
        Ok::<_, Error>(Estimate { value: drawn.estimate, lower, upper })
    };
    let flags = flags_of_other_folds(data, &risk, horizon)?;
    let accuracy = |part: fn(&ThresholdAccuracy) -> f64| {
        let on = |subjects: &[usize]| {
            let flags: Vec<f64> = subjects.iter().map(|&i| flags[i]).collect();
            accuracy_at(&outcomes.subset(subjects), &flags, horizon, 0.5).ok().map(|a| part(&a))
        };
        let drawn = bootstrap(flags.len(), config.bootstrap, seed, on).ok()?;
        let (lower, upper) = drawn.percentile(0.95).ok()?;
        Some(Estimate { value: drawn.estimate, lower, upper })
    };
    Ok(VariantResult {
        variant: pictures.variant,
        horizon,
        threshold,
        auc: interval(&|o, r| auc_at(o, r, horizon).ok().map(|a| a.auc))?,
        sensitivity: accuracy(|a| a.sensitivity),
        specificity: accuracy(|a| a.specificity),
        ppv: accuracy(|a| a.ppv),
        npv: accuracy(|a| a.npv),
        fold_auc: fold_auc(data, scores, horizon),
        chosen: false,
    })
}

/// 1 for each development subject whose score reaches the Youden threshold of the other folds, else
/// 0: no subject takes part in choosing the threshold that flags it.
fn flags_of_other_folds(data: &StudyData, risk: &[f64], horizon: f64) -> Result<Vec<f64>, Error> {
    let development = data.split.train();
    let fold_of = data.folds.fold_of();
    let mut flags = vec![0.0; risk.len()];
    for fold in 0..data.folds.n_folds() {
        let others: Vec<usize> = (0..risk.len()).filter(|&i| fold_of[i] != fold).collect();
        let positions: Vec<usize> = others.iter().map(|&i| development[i]).collect();
        let scores: Vec<f64> = others.iter().map(|&i| risk[i]).collect();
        let threshold = youden_threshold(&data.outcomes.subset(&positions), &scores, horizon)?;
        for i in (0..risk.len()).filter(|&i| fold_of[i] == fold) {
            flags[i] = f64::from(u8::from(risk[i] >= threshold));
        }
    }
    Ok(flags)
}

fn fold_auc(data: &StudyData, scores: &Scores, horizon: f64) -> Vec<Option<f64>> {
    let of = |fold| {
        let (_, validation) = data.fold(fold);
        let risk: Vec<f64> = validation.iter().filter_map(|&i| scores.log_hazard[i]).collect();
        auc_at(&data.outcomes.subset(&validation), &risk, horizon).ok().map(|a| a.auc)
    };
    (0..data.folds.n_folds()).map(of).collect()
}

/// Out-of-fold scores of the development subjects, brought to mean 0 and SD 1 within each fold, as
/// fold models share no scale.
pub(crate) fn standardised_within_folds(data: &StudyData, scores: &Scores) -> Vec<f64> {
    let moments: Vec<(f64, f64)> = (0..data.folds.n_folds())
        .map(|fold| {
            let (_, validation) = data.fold(fold);
            let values: Vec<f64> =
                validation.iter().filter_map(|&i| scores.log_hazard[i]).collect();
            moments(&values)
        })
        .collect();
    let of = |&i: &usize| {
        let (mean, sd) = moments[data.fold_of(i)?];
        Some((scores.log_hazard[i]? - mean) / sd)
    };
    data.split.train().iter().filter_map(of).collect()
}

/// Mean and SD; an SD of 1 for a constant, which then becomes 0 when standardised.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
}

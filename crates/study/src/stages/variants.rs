//! The comparison of image variants, inside the development set (the paper's Table 2).

use crate::Error;
use crate::films::variant_pictures::VariantPictures;
use crate::input::subjects::StudyData;
use crate::progress::{Observer, Tell};
use crate::stages::Context;
use crate::stages::fit_stage::FitStage;
use crate::stages::folds::{Part, Scores, fold_parts, score};
use crate::stages::models::{Fit, Networks, log_hazard, purpose};
use vertebra_deepsurv::{RiskInputs, RiskModel};
use vertebra_evaluation::{EvaluationOptions, Sample};
use vertebra_report::results::VariantResult;
use vertebra_survival::numeric::mean_and_sd;
use vertebra_survival::{auc_at, horizon::youden_threshold};

/// The compared variants, and the fold networks of the chosen one.
pub(crate) struct Compared {
    pub(crate) results: Vec<VariantResult>,
    /// Position of the chosen variant.
    pub(crate) chosen: usize,
    pub(crate) networks: Vec<RiskModel>,
}

/// Fits image-only networks on every fold for every variant, measures their out-of-fold scores, and
/// chooses a variant.
pub(crate) fn compare(
    context: Context<'_>,
    rendered: &[VariantPictures],
    observer: &mut Observer<'_>,
) -> Result<Compared, Error> {
    let parts = fold_parts(context.data);
    let networks = Networks::of(context);
    let inputs: Vec<RiskInputs> =
        rendered.iter().map(|v| RiskInputs::from_images(v.images.clone())).collect();
    let jobs: Vec<(usize, &Part)> =
        (0..rendered.len()).flat_map(|v| parts.iter().map(move |part| (v, part))).collect();
    let stage = FitStage {
        name: "comparing image variants".to_owned(),
        jobs: &jobs,
        purpose: &|(v, part)| purpose(&model_name(&rendered[*v]), part.on),
        steps: &|(_, part)| networks.image_steps(part),
    };
    let mut models = stage.run(context, observer, |&(v, part), purpose, on_step| {
        let fit = Fit { train: &part.subjects, purpose, on_step };
        networks.image_only(&rendered[v].images, &inputs[v], fit)
    })?;
    let (mut results, mut rest) = (Vec::new(), models.as_slice());
    for (pictures, inputs) in rendered.iter().zip(&inputs) {
        let (of_variant, others) = rest.split_at(parts.len());
        let scores = |m: &RiskModel, subjects: &[usize]| log_hazard(m, inputs, subjects);
        let scores = score(context.data, of_variant, scores)?;
        results.push(measure(context.data, networks, pictures, &scores)?);
        rest = others;
    }
    let chosen = choose(&results, context.config.choose_masked);
    results[chosen].chosen = true;
    let VariantResult { variant, auc, .. } = &results[chosen];
    observer.note(format!("chosen: {}, AUC {:.3}", variant.label(), auc.estimate.value));
    let start = chosen * parts.len();
    let networks = models.drain(start..start + parts.len()).collect();
    Ok(Compared { results, chosen, networks })
}

/// What a variant's image-only model is called, from which its seeds derive.
pub(crate) fn model_name(pictures: &VariantPictures) -> String {
    format!("image only, {}", pictures.variant.label())
}

/// The variant with the highest AUC, the first of equals; one without masks, unless `masked` ones
/// may be chosen too or there are no others.
fn choose(results: &[VariantResult], masked: bool) -> usize {
    let auc = |i: &usize| results[*i].auc.estimate.value;
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
    let development = data.development();
    let outcomes = data.outcomes.subset(development);
    let risk = standardised_within_folds(data, scores);
    let threshold = youden_threshold(&outcomes, &risk, horizon)?;
    let flags = flags_of_other_folds(data, &risk, horizon)?;
    let sample = Sample::new(outcomes).with_score("risk", risk).with_score("flags", flags);
    let seed = config.seed_for("bootstrap of variants");
    let options = EvaluationOptions::default().with_bootstrap(config.bootstrap, seed);
    let auc = sample.reported_auc("risk", horizon, &options)?;
    let auc = *auc.as_result().map_err(|why| Error::undefined("AUC of a variant", why))?;
    let accuracy = sample.reported_accuracy("flags", (horizon, 0.5), &options)?;
    let mut result = VariantResult::new(pictures.variant, horizon, threshold, auc);
    result.accuracy = accuracy;
    result.fold_auc = fold_auc(data, scores, horizon);
    Ok(result)
}

/// 1 for each development subject whose score reaches the Youden threshold of the other folds, else
/// 0: no subject takes part in choosing the threshold that flags it.
fn flags_of_other_folds(data: &StudyData, risk: &[f64], horizon: f64) -> Result<Vec<f64>, Error> {
    let development = data.development();
    let fold_of = data.sets.folds.fold_of();
    let mut flags = vec![0.0; risk.len()];
    for fold in 0..data.n_folds() {
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
        auc_at(&data.outcomes.subset(&validation), &risk, horizon).ok().map(|a| a.estimate.value)
    };
    (0..data.n_folds()).map(of).collect()
}

/// Out-of-fold scores of the development subjects, brought to mean 0 and SD 1 within each fold, as
/// fold models share no scale.
pub(crate) fn standardised_within_folds(data: &StudyData, scores: &Scores) -> Vec<f64> {
    let moments: Vec<(f64, f64)> = (0..data.n_folds())
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
    data.development().iter().filter_map(of).collect()
}

/// Mean and SD; an SD of 1 for a constant, which then becomes 0 when standardised.
fn moments(values: &[f64]) -> (f64, f64) {
    let (mean, sd) = mean_and_sd(values);
    (mean, if sd > 0.0 { sd } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::data;

    /// Scores that differ between folds by a shift and a scale.
    fn scores(data: &StudyData) -> Scores {
        let score = |i: usize| {
            let fold = data.fold_of(i)? as f64;
            Some(100.0 * fold + (1.0 + fold) * ((7 * i) % 11) as f64)
        };
        let log_hazard = (0..data.n()).map(score).collect();
        Scores { log_hazard, by_fold_model: Vec::new() }
    }

    #[test]
    fn scores_of_each_fold_get_mean_0_and_sd_1() {
        let data = data();
        let risk = standardised_within_folds(&data, &scores(&data));
        assert_eq!(risk.len(), data.development().len());
        for fold in 0..data.n_folds() {
            let of_fold = data.development().iter().zip(&risk);
            let of_fold: Vec<f64> =
                of_fold.filter(|(i, _)| data.fold_of(**i) == Some(fold)).map(|(_, r)| *r).collect();
            let (mean, sd) = moments(&of_fold);
            assert!(mean.abs() < 1e-12 && (sd - 1.0).abs() < 1e-12, "{mean} {sd}");
        }
        assert_eq!(moments(&[2.0, 2.0]), (2.0, 1.0), "a constant becomes 0");
    }

    #[test]
    fn no_subject_takes_part_in_choosing_the_threshold_that_flags_it() {
        let data = data();
        let risk = standardised_within_folds(&data, &scores(&data));
        let flags = flags_of_other_folds(&data, &risk, 3.0).unwrap();
        assert!(flags.iter().all(|flag| *flag == 0.0 || *flag == 1.0));
        // With another score of one subject the flags of its own fold may change only for itself.
        let mut other = risk.clone();
        other[0] = 50.0;
        let changed = flags_of_other_folds(&data, &other, 3.0).unwrap();
        let fold_of = data.sets.folds.fold_of();
        for i in (1..risk.len()).filter(|&i| fold_of[i] == fold_of[0]) {
            assert_eq!(changed[i], flags[i]);
        }
        assert_eq!(changed[0], 1.0);
    }
}

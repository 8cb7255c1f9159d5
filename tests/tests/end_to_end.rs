//! The protocol from a folder on disk to a report and a model that predicts.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop

mod common;

use vertebra_radiograph::Radiograph;
use vertebra_report::results::{EvaluationSet, Method, StudyResults, Subgroup};
use vertebra_study::TrainedModel;

/// The results without what may differ between two runs: the seconds and the name of the folder.
fn comparable(mut results: StudyResults) -> StudyResults {
    results.run.seconds.clear();
    results.run.name.clear();
    results
}

#[test]
fn a_cohort_folder_becomes_a_report_and_a_model_that_predicts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = folder.path().join("cohort");
    common::small_cohort(&cohort);
    let first = folder.path().join("first");
    let (results, stages) = common::run(&cohort, &first).unwrap();
    assert!(stages.iter().any(|s| s.contains("2 keypoint networks")), "{stages:?}");

    // Everyone is accounted for.
    assert_eq!(results.flow.start(), 60);
    assert_eq!(results.flow.remaining(), results.split.development.n + results.split.test.n);
    let folds: usize = results.split.folds.iter().map(|f| f.n).sum();
    assert_eq!(folds, results.split.development.n);

    // The grid: two clinical models by three methods, images alone, the oracle.
    let methods = |method| results.models.iter().filter(|m| m.method == method).count();
    assert_eq!([Method::CoxPh, Method::DeepSurv, Method::DeepSurvImage].map(methods), [2; 3]);
    assert_eq!([Method::ImageOnly, Method::Oracle].map(methods), [1, 1]);
    assert!(methods(Method::Frax) > 0, "FRAX values of the table are ranked");
    assert_eq!(results.variants.iter().filter(|v| v.chosen).count(), 1);
    for model in &results.models {
        let test = model.discrimination.iter().find(|d| d.set == EvaluationSet::Test).unwrap();
        let c = test.harrell.estimate;
        assert!(c.interval.lower <= c.value && c.value <= c.interval.upper);
        if model.method != Method::Frax {
            assert_eq!(test.size.n, results.split.test.n, "{}", model.name);
        }
        let women = model.discrimination.iter().find(|d| d.subgroup == Subgroup::Women);
        assert!(women.is_some_and(|d| d.size.n < results.split.development.n), "{}", model.name);
    }
    let oracle = results.models.iter().find(|m| m.method == Method::Oracle).unwrap();
    assert!(oracle.discrimination.iter().all(|d| d.harrell.estimate.value > 0.6), "{oracle:?}");

    // The files hold what was returned, and the report is complete.
    let text = std::fs::read_to_string(first.join("results.json")).unwrap();
    assert_eq!(serde_json::from_str::<StudyResults>(&text).unwrap(), results);
    let page = vertebra_report::write_report(&results, &first).unwrap();
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.ends_with("</html>") || html.ends_with("</html>\n"));
    assert!(!html.contains("src=\"http") && !html.contains("href=\"http"), "self-contained");

    // The same seed gives the same numbers, however many networks are trained in parallel.
    for (name, fits) in [("second", Some(1)), ("third", Some(4))] {
        let mut config = common::small_config();
        config.fits_at_once = fits;
        let (mut again, _) = common::run_with(&config, &cohort, &folder.path().join(name)).unwrap();
        again.run.config.clone_from(&results.run.config);
        assert_eq!(comparable(again), comparable(results.clone()));
    }

    // The saved model predicts for a film.
    let device = burn::tensor::Device::default();
    let model = TrainedModel::load(&first.join("model"), &device).unwrap();
    let covariates = vec![Some(60.0), Some(1.0), None];
    // A detector trained for ten epochs fails on some films, and says so.
    let films = results.run.inputs.keys().filter(|name| name.ends_with(".dcm"));
    let mut refused = Vec::new();
    let (film, prediction) = films
        .filter_map(|film| match model.predict_file(&cohort.join(film), &covariates) {
            Ok(prediction) => Some((film, prediction)),
            Err(error) => {
                refused.push(error.to_string());
                None
            }
        })
        .next()
        .unwrap_or_else(|| panic!("no film is predicted: {refused:#?}"));
    assert!(prediction.warnings.iter().any(|w| w.contains("bmi is not given")));
    // Its detector was calibrated on the films held out in each fold.
    let certainty = prediction.found.certainty.unwrap();
    assert_eq!(certainty.within_mm, 4.0);
    assert!(certainty.probability.is_none_or(|p| (0.0..=1.0).contains(&p)), "{certainty:?}");
    let risks: Vec<f64> = prediction.risk.iter().filter_map(|r| r.1).collect();
    assert!(
        risks.windows(2).all(|r| r[0] <= r[1]) && risks.iter().all(|r| (0.0..=1.0).contains(r))
    );
    let overlay = folder.path().join("overlay.png");
    let film = Radiograph::open(cohort.join(film)).unwrap();
    model.write_overlay(&film, &prediction, &overlay).unwrap();
    assert!(overlay.metadata().unwrap().len() > 1000);
}

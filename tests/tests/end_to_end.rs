//! The protocol from a folder on disk to a report and a model that predicts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop

mod common;
mod onnx;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vertebra_cohort::table::{Row, Table};
use vertebra_radiograph::{Radiograph, write_png16};
use vertebra_report::results::{EvaluationSet, Method, StudyResults, Subgroup};
use vertebra_study::{Progress, SaliencyMethod, Study, TrainedModel};
use vertebra_survival::{Outcomes, concordance};

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
    assert_eq!(methods(Method::Frax), 0, "what a phantom makes up is not FRAX");
    assert!(methods(Method::FraxSurrogate) > 0, "but it is ranked as FRAX values would be");
    assert_eq!(results.variants.iter().filter(|v| v.chosen).count(), 1);
    for model in &results.models {
        let test = model.discrimination.iter().find(|d| d.set == EvaluationSet::Test).unwrap();
        let c = test.harrell.estimate;
        assert!(c.interval.lower <= c.value && c.value <= c.interval.upper);
        if model.method != Method::FraxSurrogate {
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

    explained(&first);
    checkable(&first, &results);

    // The same seed gives the same numbers, however many networks are trained in parallel.
    for (name, fits) in [("second", Some(1)), ("third", Some(4))] {
        let mut config = common::small_config();
        config.fits_at_once = fits;
        let (mut again, _) = common::run_with(&config, &cohort, &folder.path().join(name)).unwrap();
        again.run.config.clone_from(&results.run.config);
        assert_eq!(comparable(again), comparable(results.clone()));
        let models = |run: &str| bytes_of(&folder.path().join(run).join("model"));
        assert_eq!(models(name), models("first"), "equal to the byte");
    }

    // So does a study that is stopped twice and goes on by the same call.
    let stopped = folder.path().join("stopped");
    for (stage, step) in
        [("training 2 keypoint networks", 9), ("fitting networks on covariates and images", 2)]
    {
        stop_at(&cohort, &stopped, (stage, step));
        assert!(!stopped.join("results.json").exists(), "{stage}");
    }
    let (again, _) = common::run(&cohort, &stopped).unwrap();
    assert_eq!(comparable(again), comparable(results.clone()));
    assert_eq!(bytes_of(&stopped.join("model")), bytes_of(&first.join("model")));
    assert!(!stopped.join("work").exists());

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
    let png = folder.path().join("film.png");
    write_png16(&png, &Radiograph::open(cohort.join(film)).unwrap()).unwrap();
    onnx::reference_says_the_same(&model, &png, &covariates);
    let overlay = folder.path().join("overlay.png");
    let film = Radiograph::open(cohort.join(film)).unwrap();
    model.write_overlay(&film, (&prediction, SaliencyMethod::default()), &overlay).unwrap();
    assert!(overlay.metadata().unwrap().len() > 1000);
}

/// The README explains every file that lies in the folder and every column of its tables.
fn explained(run: &Path) {
    let readme = std::fs::read_to_string(run.join("README.md")).unwrap();
    for file in ["results.json", "run.json", "config.toml", "inputs.sha256", "tables/films.csv"] {
        assert!(run.join(file).is_file() && readme.contains(&format!("| `{file}` | ")), "{file}");
    }
    for entry in run.join("tables").read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension() != Some("csv".as_ref()) {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let section = readme.split_once(&format!("## `tables/{name}`")).expect(&name).1;
        let section = section.split("\n## ").next().unwrap();
        for column in std::fs::read_to_string(&path).unwrap().lines().next().unwrap().split(',') {
            assert!(section.contains(&format!("| `{column}` | ")), "{name}: {column}");
        }
    }
}

/// Whoever has `subjects.csv` gets the figures of the results from it.
fn checkable(run: &Path, results: &StudyResults) {
    let table = Table::read(run.join("tables/subjects.csv")).unwrap();
    assert_eq!(table.rows().count(), results.flow.start());
    let of = |set: &'static str| table.rows().filter(move |row| row.text("set") == Some(set));
    assert_eq!(of("development").count(), results.split.development.n);
    let excluded = table.rows().filter(|row| row.text("excluded").is_some()).count();
    assert_eq!(excluded, results.flow.start() - results.flow.remaining());
    let number = |row: Row, column: &str| row.number(column).unwrap().unwrap();
    let time = of("test").map(|row| number(row, "time")).collect();
    let event = of("test").map(|row| row.text("event") == Some("true")).collect();
    let outcomes = Outcomes::new(time, event).unwrap();
    assert_eq!(outcomes.n_events(), results.split.test.events);
    for row in table.rows().filter(|row| row.text("event") == Some("true")) {
        assert!(row.text("outcome_film").is_some() && row.text("new_ratios").is_some());
    }
    for model in results.models.iter().filter(|m| m.method == Method::CoxPh) {
        let code = model.name.to_lowercase().replace(", ", "_").replace(' ', "_");
        let column = format!("{code}_log_hazard");
        let risk: Vec<f64> = of("test").map(|row| number(row, &column)).collect();
        let c = concordance(&outcomes, &risk).unwrap().index();
        let stated = model.on(EvaluationSet::Test, Subgroup::All).unwrap().harrell.estimate.value;
        assert!((c - stated).abs() < 1e-12, "{}: {c} {stated}", model.name);
    }
    let films = Table::read(run.join("tables/films.csv")).unwrap();
    let baseline = films.rows().filter(|row| row.text("used_as") == Some("baseline"));
    let digests = baseline.map(|row| row.text("sha256").unwrap().to_owned());
    let inputs = std::fs::read_to_string(run.join("inputs.sha256")).unwrap();
    let n = digests.filter(|digest| inputs.contains(digest.as_str())).count();
    assert_eq!(n, results.flow.remaining());
}

/// The files of a folder and their bytes.
fn bytes_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(
                bytes_of(&path)
                    .into_iter()
                    .map(|(file, bytes)| (Path::new(path.file_name().unwrap()).join(file), bytes)),
            ),
            false => {
                files.insert(path.file_name().unwrap().into(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Runs the small study until a step of a stage, where it panics.
fn stop_at(cohort: &Path, out: &Path, (at, step): (&str, u64)) {
    let mut current = String::new();
    let hear = |message| match message {
        Progress::Stage { name, .. } => current = name,
        Progress::Step(done) if current == at && done >= step => panic!("stopped as asked"),
        _ => {}
    };
    let study = Study::new(cohort).config(common::small_config()).on_progress(hear);
    let run = std::panic::AssertUnwindSafe(|| study.run(out));
    assert!(std::panic::catch_unwind(run).is_err(), "{at}: not reached");
}

//! A study's models on another hospital's cohort: read, predicted, judged and recalibrated as the
//! programs do it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop

mod common;

use std::path::{Path, PathBuf};
use vertebra_cohort::table::Table;
use vertebra_phantom::{PhantomConfig, generate};
use vertebra_report::results::{Measure, Method, ValidationResults};
use vertebra_study::{
    AnswerOptions, Error, ModelFolder, Predictor, Study, Validation, pool_validations,
};

/// The folders of a study, made once, and of another hospital.
struct Hospitals {
    _folder: tempfile::TempDir,
    model: PathBuf,
    other: PathBuf,
    out: PathBuf,
}

impl Hospitals {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [cohort, run, other, out] =
            ["a", "run", "b", "out"].map(|name| folder.path().join(name));
        common::small_cohort(&cohort);
        Study::new(&cohort).config(common::small_config()).run(&run).unwrap();
        let config = PhantomConfig::quick()
            .with_subjects(70)
            .with_excluded(6)
            .with_film_size([180, 144])
            .with_event_rate(0.4)
            .with_years_older(6.0)
            .with_other_detector(true)
            .with_synthetic_frax(0.9)
            .with_seed(77);
        generate(&config, &other, &mut |_| {}).unwrap();
        Self { model: run.join("model"), other, out, _folder: folder }
    }

    fn validate(&self, model: &Path, out: &str) -> ValidationResults {
        // A detector of a few epochs finds no usable points on films of another look.
        self.with(model).annotated_points(true).run(&self.out.join(out)).unwrap()
    }

    /// Against the verdict too: networks of a few epochs doubt most films.
    fn with(&self, model: &Path) -> Validation<'_> {
        Validation::new(model, &self.other).config(common::small_config()).force(true)
    }
}

#[test]
fn models_are_judged_on_another_cohort_and_recalibrated_models_are_models() {
    let hospitals = Hospitals::new();
    let results = hospitals.validate(&hospitals.model, "first");
    let run = hospitals.out.join("first");
    assert_eq!(ValidationResults::read(&run.join("results.json")).unwrap(), results);

    // Every model of the folder, the FRAX columns and the oracle, on everybody.
    let listed = ModelFolder::open(&hospitals.model).unwrap().models().len();
    let of_folder = results.models.iter().filter(|m| !m.name.is_empty());
    assert_eq!((of_folder.clone().count(), results.size.n), (listed, 70));
    for model in of_folder {
        assert_eq!(model.answered.n, 70, "{}", model.title);
        assert!(results.evaluation.score(&model.title).unwrap().figures.headline.value().is_some());
        assert!(results.prediction(&model.title).is_some(), "{}", model.title);
    }
    for method in [Method::FraxSurrogate, Method::Oracle] {
        assert!(results.models.iter().any(|m| m.method == method));
    }
    assert_eq!(results.evaluation.comparisons.len(), results.models.len() - 1);
    let names: Vec<&str> = results.subgroups.iter().map(|s| s.grouping.as_str()).collect();
    assert!(names.contains(&"sex") && names.contains(&"age"), "{names:?}");

    // Nobody here is known to the models.
    assert_eq!(results.took_part, Some(0));

    // The case mix: older people on finer films than those of the development.
    let row = |name: &str| results.case_mix.rows.iter().find(|row| row.name == name).unwrap();
    let (age, pixel) = (row("Age, years"), row("Film, µm per pixel"));
    assert!(age.smd.unwrap() > 0.5 && pixel.smd.unwrap() < -0.5, "{age:?} {pixel:?}");
    assert!(results.development.as_ref().unwrap().models.len() == listed);
    let text = std::fs::read_to_string(hospitals.model.join("development.json")).unwrap();
    assert!(!text.contains("P00"), "no subject is named");

    as_predict_says(&hospitals);
    let page = vertebra_report::write_validation_report(&results, &run).unwrap();
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("What recalibration on these subjects mends") && !html.contains("NaN"));

    // A recalibrated folder is a model folder: on the same people it agrees in the large.
    let again = hospitals.validate(&run.join("recalibrated/in_the_large"), "second");
    assert_eq!(again.took_part, Some(70), "they were recalibrated on");
    assert!(again.notes.iter().any(|note| note.contains("The films of 70 of 70 subjects")));
    for model in results.models.iter().filter(|m| !m.name.is_empty()) {
        let title = format!("{}, recalibrated in the large", model.title);
        let of = |results: &ValidationResults, title: &str| {
            let prediction = results.prediction(title).unwrap();
            let ratio = prediction.observed_expected.value().unwrap().ratio;
            (prediction.intercept.value().unwrap().estimate.value, ratio)
        };
        let (before, after) = (of(&results, &model.title), of(&again, &title));
        assert!(after.0.abs() < 1e-6, "{}: {before:?} {after:?}", model.title);
        assert!((after.1 - 1.0).abs() < 0.15, "{}: {before:?} {after:?}", model.title);
        let c = |results: &ValidationResults, title: &str| {
            results.evaluation.score(title).unwrap().figures.harrell.value().unwrap().estimate.value
        };
        assert_eq!(c(&results, &model.title), c(&again, &title), "the ranks stay");
    }
    let description = run.join("recalibrated/line/model_1_cox_regression/model.json");
    let description: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(description).unwrap()).unwrap();
    let step = &description["recalibrations"][0];
    assert_eq!((step["how"].as_str(), step["on"]["n"].as_u64()), (Some("Line"), Some(70)));
    together(&hospitals, &results);
    refused(&hospitals);
}

/// Two validations of the same models give a report of both.
fn together(hospitals: &Hospitals, first: &ValidationResults) {
    let twice = [("a".to_owned(), first.clone()), ("b".to_owned(), first.clone())];
    let pooled = pool_validations(first.run.clone(), &twice).unwrap();
    let default = &first.evaluation.comparisons[0].first;
    let of_default = &pooled.figures[0];
    assert_eq!((&of_default.model, of_default.measure), (default, Measure::Concordance));
    let (over, c) = (of_default.pooled.value().unwrap(), of_default.by_cohort[0].unwrap());
    assert!(
        (over.mean - c.value).abs() < 1e-9 && over.tau == 0.0,
        "the same cohort twice: {over:?}"
    );
    let out = hospitals.out.join("both");
    std::fs::create_dir_all(&out).unwrap();
    let page = vertebra_report::write_pooled_report(&pooled, &out).unwrap();
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("b/report.html") && html.contains("The models over all cohorts"));
    assert!(pool_validations(first.run.clone(), &twice[..1]).is_err());
}

/// The table has what `predict` says of the same films.
fn as_predict_says(hospitals: &Hospitals) {
    let run = hospitals.out.join("detected");
    hospitals.with(&hospitals.model).run(&run).unwrap();
    let device = burn::tensor::Device::default();
    let table = Table::read(run.join("tables/subjects.csv")).unwrap();
    let predictor = Predictor::load(&hospitals.model, &device).unwrap();
    let name = ModelFolder::open(&hospitals.model).unwrap().find(None).unwrap().name.clone();
    let cohort = Table::read(hospitals.other.join("cohort.csv")).unwrap();
    let options = AnswerOptions::default().with_force(true);
    let mut compared = 0;
    for row in table.rows().filter(|row| row.text("film").is_some()).take(12) {
        let id = row.text("subject_id").unwrap();
        let subject = cohort.rows().find(|row| row.text("subject_id") == Some(id)).unwrap();
        let value = |covariate: &String| match covariate.as_str() {
            "sex" => Some(f64::from(u8::from(subject.text("sex") == Some("F")))),
            other => subject.number(other).unwrap(),
        };
        let covariates: Vec<Option<f64>> = predictor.covariates().iter().map(value).collect();
        let film = hospitals.other.join(row.text("film").unwrap());
        let answer = predictor.answer(&film, &covariates, &options).unwrap();
        let number = |column: String| row.number(&column).unwrap();
        assert_eq!(answer.log_hazard, number(format!("{name}_log_hazard")), "{id}");
        let risk = answer.risk.iter().find(|r| r.horizon == 3.0).and_then(|r| r.probability);
        assert_eq!(risk, number(format!("{name}_risk_3_years")));
        compared += usize::from(risk.is_some());
    }
    assert!(compared > 5, "{compared}");
}

/// What does not fit is named.
fn refused(hospitals: &Hospitals) {
    let table = hospitals.other.join("cohort.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    let place = text.lines().next().unwrap().split(',').position(|c| c == "bmi").unwrap();
    let without = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells.remove(place);
        cells.join(",") + "\n"
    };
    std::fs::write(&table, text.lines().map(without).collect::<String>()).unwrap();
    let validation = || hospitals.with(&hospitals.model).annotated_points(true);
    let named = validation().models(["model_2_cox_regression".to_owned()]);
    let error = named.run(&hospitals.out.join("third")).unwrap_err();
    assert!(matches!(error, Error::UnfitModel { .. }), "{error}");
    assert!(error.to_string().contains("nobody with bmi"), "{error}");
    let results = validation().run(&hospitals.out.join("fourth")).unwrap();
    assert!(
        results.notes.iter().any(|note| note.contains("nobody with bmi")),
        "{:?}",
        results.notes
    );
    let absent = validation().models(["no_such_model".to_owned()]);
    let error = absent.run(&hospitals.out.join("fifth")).unwrap_err().to_string();
    assert!(error.contains("got no_such_model"), "{error}");
    let error =
        Validation::new(&hospitals.model, "no-such-cohort").run(&hospitals.out.join("sixth"));
    assert!(error.unwrap_err().to_string().contains("cohort.csv"));
}

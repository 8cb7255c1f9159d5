//! OKS, AP and AR against pycocotools 2.0.11 (`testdata/oks_golden.py`).

#![allow(clippy::unwrap_used)] // helpers of tests

use serde::Deserialize;
use vertebra_keypoints::{AreaDefinition, Detection, EvaluatedFilm, OksOptions, SpineTruth};
use vertebra_keypoints::{VertebraKeypoints, average_precision, oks};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    sigmas: [f64; 5],
    films: Vec<Film>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Film {
    truth: Option<Truth>,
    detections: Vec<Found>,
}

#[derive(Deserialize)]
struct Truth {
    points: [(f64, f64); 5],
    area: f64,
}

#[derive(Deserialize)]
struct Found {
    points: [(f64, f64); 5],
    score: f64,
}

#[derive(Deserialize)]
struct Expected {
    oks: Vec<Vec<f64>>,
    ap_at: [f64; 10],
    recall_at: [f64; 10],
    ap: f64,
    ar: f64,
}

fn film(film: &Film) -> EvaluatedFilm {
    let keypoints = |points| VertebraKeypoints::from_xy(points).unwrap();
    let truth = film.truth.as_ref().map(|t| SpineTruth::new(keypoints(t.points), t.area));
    let detections = film.detections.iter();
    EvaluatedFilm::new(
        truth,
        detections.map(|d| Detection::new(keypoints(d.points)).with_score(d.score)).collect(),
    )
}

fn assert_close(what: &str, got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() < 1e-12, "{what}[{i}]: got {g}, expected {e}");
    }
}

#[test]
fn oks_and_average_precision_agree_with_pycocotools() {
    let golden: Golden = serde_json::from_str(include_str!("../testdata/oks_golden.json")).unwrap();
    assert_eq!(golden.cases.len(), 22);
    for case in &golden.cases {
        let options =
            OksOptions::default().with_sigmas(case.sigmas).with_area(AreaDefinition::Annotated);
        let films: Vec<EvaluatedFilm> = case.films.iter().map(film).collect();
        for (film, expected) in films.iter().zip(&case.expected.oks) {
            let Some(truth) = film.truth else { continue };
            let mut found = film.detections.clone();
            found.sort_by(|a, b| b.score.total_cmp(&a.score));
            let similarities = found.iter().map(|d| oks(&options, &truth, &d.keypoints).unwrap());
            let similarities: Vec<f64> = similarities.take(20).collect();
            assert_close(&case.name, &similarities, expected);
        }
        let report = average_precision(&options, &films).unwrap();
        assert_close(&case.name, &report.ap_at, &case.expected.ap_at);
        assert_close(&case.name, &report.recall_at, &case.expected.recall_at);
        let (got, expected) = ([report.ap, report.ar], [case.expected.ap, case.expected.ar]);
        assert_close(&case.name, &got, &expected);
        assert_close(&case.name, &[report.ap50, report.ap75], &[report.ap_at[0], report.ap_at[5]]);
    }
}

#[test]
fn without_a_spine_average_precision_is_an_error() {
    let film = EvaluatedFilm::default();
    let error = average_precision(&OksOptions::default(), &[film]).unwrap_err();
    assert_eq!(error.to_string(), "average precision is undefined without a film with a spine");
}

#[test]
fn bad_sigmas_areas_and_scores_are_errors() {
    let keypoints = VertebraKeypoints::from_xy([0., 1., 2., 3., 4.].map(|y| (0.0, y))).unwrap();
    let truth = SpineTruth::from_keypoints(keypoints);
    let options = OksOptions::default().with_sigmas([0.05, 0.05, 0.0, 0.05, 0.05]);
    assert!(oks(&options, &truth, &keypoints).is_err());
    let options = OksOptions::default();
    assert!(oks(&options, &SpineTruth::new(keypoints, f64::NAN), &keypoints).is_err());
    let detections = vec![Detection::new(keypoints).with_score(f64::NAN)];
    let film = EvaluatedFilm::new(Some(truth), detections);
    assert!(average_precision(&options, &[film]).is_err());
}

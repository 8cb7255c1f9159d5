use super::super::candidates::Candidates;
use super::*;
use crate::detector::evidence::{ChainEvidence, FurtherLooks};
use vertebra_keypoints::{Keypoint, VertebraKeypoints};

const SPINE: [(f64, f64); 5] = [(60., 10.), (63., 45.), (67., 81.), (69., 118.), (63., 155.)];

/// A finding with this heat at every point, all of it on the chain, found again by every look; or
/// as little of it on the chain, and found elsewhere every time.
fn finding(heat: f64, steady: bool) -> SpineFinding {
    let at = |(x, y): (f64, f64)| Keypoint { x, y, confidence: heat };
    let keypoints = VertebraKeypoints::new(SPINE.map(at)).unwrap();
    let mut candidates: Vec<Vec<Keypoint>> = SPINE.map(|p| vec![at(p)]).to_vec();
    let mut again = keypoints;
    if !steady {
        candidates.iter_mut().for_each(|level| level.push(at((150.0, 90.0))));
        again = keypoints.mapped(|(x, y)| (x + 60.0, y - 80.0)).unwrap();
    }
    // Upside down hardly anything is seen of a steady film, and as much as upright of others.
    let cold = if steady { 0.02 } else { heat };
    let turned = VertebraKeypoints::new(SPINE.map(|(x, y)| Keypoint { x, y, confidence: cold }));
    let candidates = Candidates::new(candidates);
    let turned = ChainEvidence::new(&turned.unwrap(), &candidates);
    let looks = FurtherLooks { again: vec![again], turned, apart: 0.0 };
    let evidence = FilmEvidence::new(&keypoints, &candidates, &looks).unwrap();
    SpineFinding { keypoints, moved: [false; 5], probability: None, evidence }
}

fn verdict(finding: &SpineFinding) -> Verdict {
    Trust::shipped().unwrap().verdict(finding, None)
}

#[test]
fn the_shipped_maps_take_what_evidence_has() {
    let trust = Trust::shipped().unwrap();
    let sizes = [&trust.view, &trust.upright, &trust.points].map(|map| map.n_values());
    assert_eq!(sizes, [5, 14, 8]);
    assert_eq!([trust.view_limit, trust.upright_limit, trust.points_limit], Trust::LIMITS);
}

#[test]
fn a_sure_and_steady_finding_is_ok() {
    assert!(verdict(&finding(0.9, true)).is_ok(), "{}", verdict(&finding(0.9, true)));
}

#[test]
fn a_film_that_shows_the_spine_upside_down_is_not_ok() {
    let mut found = finding(0.9, true);
    let FilmEvidence { seen, turned, .. } = found.evidence;
    (found.evidence.seen, found.evidence.turned) = (turned, seen);
    let trust = Trust { view_limit: 0.0, ..Trust::shipped().unwrap() };
    let verdict = trust.verdict(&found, None);
    assert!(matches!(verdict.doubts()[0], Doubt::UpsideDown { .. }), "{verdict}");
    assert!(!trust.accepts(&found.evidence));
}

#[test]
fn heat_everywhere_and_points_that_wander_are_no_lumbar_film() {
    let verdict = verdict(&finding(0.1, false));
    assert!(!verdict.has_points(), "{verdict}");
    assert_eq!(verdict.doubts().len(), 1);
}

#[test]
fn weak_points_on_a_lumbar_film_are_named() {
    let mut doubtful = finding(0.35, true);
    let mut points = *doubtful.keypoints.points();
    (points[4].confidence, doubtful.evidence.seen.heat[4]) = (0.06, 0.06);
    doubtful.keypoints = VertebraKeypoints::new(points).unwrap();
    doubtful.evidence.change = 1.0;
    doubtful.evidence.margins = vertebra_keypoints::LevelMargins::new(
        &SPINE.map(|(x, y)| vec![Keypoint { x, y, confidence: 0.3 }]),
        &doubtful.keypoints,
    )
    .unwrap();
    let trust = Trust { view_limit: 0.0, ..Trust::shipped().unwrap() };
    let verdict = trust.verdict(&doubtful, None);
    let [Doubt::PointsNotTrusted { weakest, confidence, .. }] = verdict.doubts() else {
        panic!("{verdict}")
    };
    assert_eq!((*weakest, *confidence), (Level::L5, 0.06));
}

#[test]
fn impossible_points_are_a_doubt() {
    let small = Trust::shipped().unwrap().verdict(&finding(0.9, true), Some([0.2, 0.2]));
    assert!(matches!(small.doubts(), [Doubt::Implausible { .. }]), "{small}");
}

#[test]
fn fitting_tells_steady_films_from_others() {
    let heats = [0.3, 0.5, 0.7, 0.9];
    let films: Vec<JudgedFilm> = heats
        .iter()
        .flat_map(|&heat| {
            let evidence = finding(heat, true).evidence;
            let (seen, turned) = (evidence.turned, evidence.seen);
            [
                JudgedFilm::lumbar(evidence, heat > 0.6),
                JudgedFilm::other(finding(0.2 * heat, false).evidence),
                JudgedFilm::upside_down(FilmEvidence { seen, turned, ..evidence }),
            ]
        })
        .collect();
    let trust = Trust::fit(&films).unwrap();
    for film in &films {
        if let Some(lumbar) = film.view {
            assert_eq!(trust.lateral_lumbar(&film.evidence) > 0.5, lumbar, "{film:?}");
            assert_eq!(trust.points_right(&film.evidence) > 0.5, film.right, "{film:?}");
        }
        if let Some(upright) = film.upright {
            assert_eq!(trust.is_upright(&film.evidence) > 0.5, upright, "{film:?}");
        }
    }
    let lumbar: Vec<JudgedFilm> =
        films.iter().copied().filter(|film| film.view == Some(true)).collect();
    assert!(Trust::fit(&lumbar).is_err());
    // A cut film says nothing of the view.
    let cut = JudgedFilm::cut(finding(0.05, false).evidence);
    let more: Vec<JudgedFilm> = films.into_iter().chain([cut; 9]).collect();
    assert_eq!(Trust::fit(&more).unwrap().view, trust.view);
}

//! The drawn spines have the sizes and curves of the sources.
#![allow(clippy::unwrap_used)] // helpers of tests

use vertebra_cohort::Sex;
use vertebra_keypoints::Level;
use vertebra_phantom::{Anatomy, N_BODIES, SHAPE_MEAN, Spine};

const N: u64 = 1500;

fn spines(sex: Sex) -> Vec<Spine> {
    (0..N).map(|seed| Anatomy::sample(sex, 60.0, 24.0, 0.0, seed).spine).collect()
}

fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    (mean, (square / (values.len() - 1) as f64).sqrt())
}

#[track_caller]
fn near(name: &str, got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{name}: got {got}, expected {expected}");
}

/// Women, L1..L5, mm: chosen for the simulation, not taken from a publication.
const ANTERIOR: [f64; 5] = [25.0, 26.0, 27.0, 27.0, 28.0];
const POSTERIOR: [f64; 5] = [27.0, 27.5, 27.5, 26.5, 24.0];
const DEPTH: [f64; 5] = [29.0, 30.0, 31.0, 32.0, 33.0];

#[test]
fn heights_and_depths_of_women() {
    let spines = spines(Sex::Female);
    for (k, level) in Level::ALL.into_iter().enumerate() {
        let (anterior, sd) = moments(spines.iter().map(|s| s.lumbar(level).heights().anterior));
        near(&format!("{level} anterior"), anterior, ANTERIOR[k], 0.5);
        near(&format!("{level} sd"), sd, 1.7, 0.5); // L5 women: 1.8 (Cook & Baker)
        let (posterior, _) = moments(spines.iter().map(|s| s.lumbar(level).heights().posterior));
        near(&format!("{level} posterior"), posterior, POSTERIOR[k], 0.5);
        let (depth, _) = moments(spines.iter().map(|s| s.lumbar(level).depth()));
        near(&format!("{level} depth"), depth, DEPTH[k], 1.6);
    }
}

#[test]
fn men_are_larger() {
    let (women, men) = (spines(Sex::Female), spines(Sex::Male));
    let mean = |spines: &[Spine], f: &dyn Fn(&Spine) -> f64| moments(spines.iter().map(f)).0;
    let ratio = |f: &dyn Fn(&Spine) -> f64| mean(&men, f) / mean(&women, f);
    // Cook & Baker, Int J Spine Surg 2021;15(6):1072, L5: 30.7 / 29.6, 26.8 / 25.5, 37.1 / 33.3.
    near("height", ratio(&|s| s.lumbar(Level::L5).heights().anterior), 1.037, 0.02);
    near("depth", ratio(&|s| s.lumbar(Level::L5).superior.length), 1.11, 0.02);
}

#[test]
fn spacing_is_that_of_real_spines_scaled_by_sex() {
    for (sex, scale) in [(Sex::Female, 0.945), (Sex::Male, 0.995)] {
        let spines = spines(sex);
        for k in 5..N_BODIES - 1 {
            let spacing = |s: &Spine| {
                let (p, q) = (s.bodies[k].centre, s.bodies[k + 1].centre);
                (q.0 - p.0).hypot(q.1 - p.1) / scale
            };
            let (mean, sd) = moments(spines.iter().map(spacing));
            near(&format!("spacing {k}"), mean, SHAPE_MEAN[k - 5], 0.8);
            near(&format!("spacing sd {k}"), sd, 2.3, 0.6);
        }
    }
}

/// Segment angles of 324 people (Sci Rep 2022, doi 10.1038/s41598-022-21840-x, Table 2), L1-L2 to
/// L5-S1.
#[test]
fn lordosis_is_that_of_the_sources() {
    let spines: Vec<Spine> = spines(Sex::Female).into_iter().chain(spines(Sex::Male)).collect();
    for (k, (mean, sd)) in
        [(1.2, 3.6), (5.9, 4.1), (9.1, 4.2), (12.7, 5.1), (21.6, 7.7)].into_iter().enumerate()
    {
        let angles = spines.iter().map(|s| {
            let tilts = s.end_plate_tilts();
            tilts[k + 1] - tilts[k]
        });
        let got = moments(angles);
        near(&format!("segment {k}"), got.0, mean, 1.2);
        near(&format!("segment {k} sd"), got.1, sd, 2.5);
    }
    let (mean, sd) = moments(spines.iter().map(Spine::lordosis));
    near("lordosis", mean, 50.5, 3.0);
    // Standing T12-S1: 11.2 (Asian Spine J 2019), Korean men 9.0 (Hyun 2019).
    near("lordosis sd", sd, 10.5, 2.0);
}

/// Between the middles of the end plates, mm: ranges chosen for the simulation, not taken from a
/// publication.
#[test]
fn discs_have_the_assumed_heights() {
    let spines = spines(Sex::Female);
    let expected = [(7.0, 9.0), (8.0, 10.0), (9.0, 11.0), (10.0, 12.0)];
    for (k, (low, high)) in expected.into_iter().enumerate() {
        let height = |s: &Spine| {
            let (upper, lower) = (s.lumbar(Level::ALL[k]), s.lumbar(Level::ALL[k + 1]));
            let p = upper.to_patient(upper.six_points()[4]);
            let q = lower.to_patient(lower.six_points()[1]);
            (q.0 - p.0).hypot(q.1 - p.1)
        };
        let (mean, _) = moments(spines.iter().map(height));
        near(&format!("disc {k}"), mean, 0.5 * (low + high), 1.8);
    }
}

//! A whole cohort folder, read back as any user's folder is.
#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::HashSet;
use std::path::Path;
use vertebra_cohort::{
    Cohort, EligibilityOptions, FractureRule, ReferenceTable, TrimmingOptions, eligibility,
    outcomes_from_films,
};
use vertebra_keypoints::{AnnotationSet, Level};
use vertebra_phantom::{PhantomConfig, generate};
use vertebra_radiograph::{Facing, Radiograph};

fn small() -> PhantomConfig {
    PhantomConfig::quick().with_subjects(70).with_excluded(24).with_film_size([128, 104])
}

fn truth(folder: &Path) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_path(folder.join("truth.csv"))
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn every_reason_appears_and_only_the_meant_subjects_remain() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    let summary = generate(&small(), folder.path(), &mut |done| told.push(done)).unwrap();
    assert_eq!(told.last(), Some(&summary.films));
    assert_eq!(summary.films, small().n_films());
    let cohort = Cohort::read(folder.path()).unwrap();
    let flow = eligibility(&cohort, &EligibilityOptions::default());
    let never: Vec<_> = flow.steps().iter().filter(|step| step.excluded == 0).collect();
    // Nobody is too young; every other reason happens.
    assert!(never.len() == 1 && never[0].reason.contains("ounger"), "{never:?}");
    let analysed: HashSet<String> =
        flow.subjects().iter().map(|&i| cohort.subjects()[i].id.clone()).collect();
    let meant: HashSet<String> = truth(folder.path())
        .into_iter()
        .filter(|row| row["role"] == "analysed")
        .map(|row| row["subject_id"].clone())
        .collect();
    assert_eq!(analysed, meant);
}

#[test]
fn outcomes_read_from_the_films_are_the_true_ones() {
    let folder = tempfile::tempdir().unwrap();
    let config = small().with_subjects(400).with_excluded(0).with_film_size([64, 64]);
    generate(&config, folder.path(), &mut |_| {}).unwrap();
    let cohort = Cohort::read(folder.path()).unwrap();
    let annotations = AnnotationSet::read(folder.path().join("annotations.json")).unwrap();
    let heights = |path: &Path| {
        let film = annotations.get(&path.to_string_lossy()).unwrap();
        let spacing = Radiograph::open(folder.path().join(path)).unwrap().spacing().mm().unwrap();
        Level::ALL.map(|level| film.vertebra(level).unwrap().six_points.map(|p| p.heights(spacing)))
    };
    let flow = eligibility(&cohort, &EligibilityOptions::default());
    assert_eq!(flow.remaining(), 400);
    let baseline: Vec<_> = cohort
        .subjects()
        .iter()
        .map(|subject| (subject.sex, heights(&subject.visits[0].radiograph)))
        .collect();
    let reference = ReferenceTable::from_films(&baseline, &TrimmingOptions::default()).unwrap();
    let outcomes =
        outcomes_from_films(&cohort, &flow, &reference, &FractureRule::default(), |visit| {
            Some(heights(&visit.radiograph))
        });
    for (outcome, row) in outcomes.iter().zip(truth(folder.path())) {
        let outcome = outcome.as_ref().unwrap();
        assert_eq!(outcome.event, row["event"] == "1", "{row:?} {outcome:?}");
        let time: f64 = row["time"].parse().unwrap();
        assert!((outcome.time - time).abs() < 1e-9, "{row:?}");
        assert!(outcome.prevalent.is_empty(), "{row:?} {:?}", outcome.prevalent);
        if outcome.event {
            let found = outcome.levels.iter().any(|l| l.level.name() == row["fracture_level"]);
            assert!(found, "{row:?} {:?}", outcome.levels);
        }
    }
}

#[test]
fn bytes_do_not_depend_on_the_number_of_threads() {
    let files = |threads: usize| {
        let folder = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let config = small().with_subjects(10).with_excluded(6);
        pool.install(|| generate(&config, folder.path(), &mut |_| {})).unwrap();
        let mut files = Vec::new();
        for part in ["", "radiographs"] {
            for entry in folder.path().join(part).read_dir().unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let name = path.file_name().unwrap().to_owned();
                    files.push((name, std::fs::read(path).unwrap()));
                }
            }
        }
        files.sort();
        files
    };
    let one = files(1);
    assert_eq!(
        one.len(),
        4 + 1 + PhantomConfig::n_films(&small().with_subjects(10).with_excluded(6))
    );
    assert!(one == files(3));
}

#[test]
fn both_photometric_interpretations_and_sides_occur_and_bone_comes_out_bright() {
    let folder = tempfile::tempdir().unwrap();
    generate(&small().with_subjects(20).with_excluded(0), folder.path(), &mut |_| {}).unwrap();
    let annotations = AnnotationSet::read(folder.path().join("annotations.json")).unwrap();
    let (mut kinds, mut sides) = (HashSet::new(), HashSet::new());
    for film in &annotations.films {
        let radiograph = Radiograph::open(folder.path().join(&film.file_name)).unwrap();
        kinds.insert(format!("{:?}", radiograph.provenance().photometric));
        let l3 = film.vertebra(Level::L3).unwrap().six_points.unwrap();
        let left = l3.anterior_superior.0 < l3.posterior_superior.0;
        let facing = if left { Facing::Left } else { Facing::Right };
        assert_eq!(radiograph.facing(), Some(facing), "{}", film.file_name);
        sides.insert(left);
        // Air and the shuttered borders are dark, and there is more of them than of white bone.
        let share =
            |keep: &dyn Fn(f32) -> bool| radiograph.pixels().iter().filter(|v| keep(**v)).count();
        let (low, high) = radiograph.range();
        let (dark, white) = (low + 0.1 * (high - low), high - 0.1 * (high - low));
        assert!(share(&|v| v < dark) > 2 * share(&|v| v > white), "{}", film.file_name);
    }
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert_eq!(sides.len(), 2, "{sides:?}");
}

#[test]
fn a_folder_with_files_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.txt"), "precious").unwrap();
    let error = generate(&small(), folder.path(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("new or empty"), "{error}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}

#[test]
fn another_hospital_has_older_people_who_fracture_more_often_and_other_films() {
    let of = |config: PhantomConfig| {
        let folder = tempfile::tempdir().unwrap();
        let summary = generate(&config, folder.path(), &mut |_| {}).unwrap();
        let cohort = Cohort::read(folder.path()).unwrap();
        let age = cohort.subjects().iter().map(|s| s.age).sum::<f64>();
        let film = Radiograph::open(folder.path().join("radiographs/P0001_0.dcm")).unwrap();
        (age / cohort.subjects().len() as f64, summary.events, film)
    };
    let config = small().with_subjects(120).with_excluded(0).with_film_size([64, 64]);
    let (age, events, film) = of(config.clone());
    let (older, more, other) = of(config.clone().with_years_older(10.0).with_other_detector(true));
    assert!((older - age - 10.0).abs() < 1.0 && more > events, "{older} {age} {more} {events}");
    assert_ne!(film.pixels(), other.pixels());
    let (same, alike, again) = of(config.with_years_older(0.0).with_other_detector(false));
    assert_eq!((same, alike, again.pixels()), (age, events, film.pixels()));
}

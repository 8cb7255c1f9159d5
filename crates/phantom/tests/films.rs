//! Rendered films and their annotations belong together.
#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::HashSet;
use vertebra_cohort::Sex;
use vertebra_keypoints::{FilmAnnotation, Level};
use vertebra_phantom::{
    Anatomy, Error, Exposure, Rendering, Transition, Volume, render_film, sample_faint_film,
    sample_training_film,
};
use vertebra_radiograph::Facing;

const SIZE: [usize; 2] = [256, 208];

fn anatomy(seed: u64) -> Anatomy {
    Anatomy::sample(Sex::Female, 62.0, 24.0, 0.0, seed)
}

fn inside(film: &FilmAnnotation) -> bool {
    let [height, width] = film.size.unwrap();
    let marked = film.vertebrae.iter().filter_map(|v| v.polygon.as_ref()).flatten();
    marked
        .into_iter()
        .all(|p| p.0 >= 0.0 && p.1 >= 0.0 && p.0 < width as f64 && p.1 < height as f64)
}

#[test]
fn heights_on_the_film_are_those_of_the_body_magnified() {
    let (anatomy, exposure) = (anatomy(3), Exposure::sample(SIZE, 3));
    let film = render_film(&anatomy, &exposure, "film", 3).unwrap();
    for level in Level::ALL {
        let points = film.annotation.vertebra(level).unwrap().six_points.unwrap();
        let (seen, true_) =
            (points.heights(film.spacing_mm), anatomy.spine.lumbar(level).heights());
        for (s, t) in [
            (seen.anterior, true_.anterior),
            (seen.middle, true_.middle),
            (seen.posterior, true_.posterior),
        ] {
            assert!((s / t / exposure.magnification - 1.0).abs() < 1e-9, "{level}: {s} {t}");
        }
    }
}

/// Grey values change abruptly across an end plate where the annotation says it is.
#[test]
fn end_plates_are_bright_where_they_are_annotated() {
    let mut brighter = 0;
    for seed in 0..10 {
        let mut exposure = Exposure::sample([512, 416], seed);
        exposure.trunk_tilt = 0.0;
        let film = render_film(&anatomy(seed), &exposure, "film", seed).unwrap();
        let grey = |p: (f64, f64)| {
            f64::from(
                film.image.pixels[p.1.round() as usize * film.image.width + p.0.round() as usize],
            )
        };
        for level in [Level::L2, Level::L3] {
            let p = film.annotation.vertebra(level).unwrap().six_points.unwrap();
            let (top, bottom) = (p.mid_superior, p.mid_inferior);
            let along = |t: f64| (top.0 + t * (bottom.0 - top.0), top.1 + t * (bottom.1 - top.1));
            let disc = 0.5 * (grey(along(-0.14)) + grey(along(1.14)));
            let plate = 0.5 * (grey(along(0.015)) + grey(along(0.985)));
            brighter += u32::from(plate > disc);
        }
    }
    assert!(brighter >= 19, "{brighter} of 20");
}

#[test]
fn all_lumbar_vertebrae_are_on_the_film() {
    for seed in 0..60 {
        let film = render_film(&anatomy(seed), &Exposure::sample(SIZE, seed), "film", seed);
        assert!(inside(&film.unwrap().annotation), "seed {seed}");
    }
    for seed in 0..60 {
        let film = sample_training_film(SIZE, seed).unwrap();
        assert!(inside(&film.annotation), "training seed {seed}");
    }
}

/// Of eight bits at most half are left.
#[test]
fn faint_films_have_few_greys_and_all_vertebrae() {
    for seed in 0..30 {
        let film = sample_faint_film(SIZE, seed).unwrap();
        let greys: HashSet<u16> = film.image.pixels.iter().copied().collect();
        assert!(inside(&film.annotation) && greys.len() <= 129, "seed {seed}: {}", greys.len());
    }
}

#[test]
fn a_volume_shows_its_box_and_nothing_beyond() {
    let volume = Volume { half_width: 60.0, front: 60.0, back: 70.0, above: 95.0, below: 95.0 };
    let mut whole = Exposure::sample(SIZE, 4);
    whole.rendering = Rendering::LineIntegral;
    whole.shuttered = false;
    whole.rotation = 0.0;
    whole.volume = None;
    let mut cut = whole.clone();
    cut.volume = Some(volume);
    let mean_beyond = |exposure: &Exposure| {
        let film = render_film(&anatomy(4), exposure, "film", 4).unwrap();
        let l3 = film.annotation.keypoints.get(Level::L3);
        let scale = exposure.magnification / exposure.pitch_mm;
        let beyond: Vec<f64> = (0..film.image.pixels.len())
            .filter(|i| ((i / film.image.width) as f64 - l3.y).abs() > 110.0 * scale)
            .map(|i| f64::from(film.image.pixels[i]))
            .collect();
        (beyond.iter().sum::<f64>() / beyond.len() as f64, film.annotation)
    };
    let ((seen, truth), (left, same)) = (mean_beyond(&whole), mean_beyond(&cut));
    assert!(left < 0.2 * seen && left < 40.0, "{left} of {seen}");
    assert_eq!(truth, same);
}

#[test]
fn an_oblique_view_moves_what_lies_beside_the_spine_and_not_its_centres() {
    let mut lateral = Exposure::sample(SIZE, 6);
    lateral.rendering = Rendering::LineIntegral;
    let mut oblique = lateral.clone();
    oblique.obliquity = 0.4;
    let film = |exposure| render_film(&anatomy(6), exposure, "film", 6).unwrap();
    let (a, b) = (film(&lateral), film(&oblique));
    assert_eq!(a.annotation, b.annotation);
    let moved =
        a.image.pixels.iter().zip(&b.image.pixels).filter(|(p, q)| p.abs_diff(**q) > 300).count();
    assert!(moved > a.image.pixels.len() / 50, "{moved}");
}

/// The population of training films holds what its documentation says.
/// In old spines joints are dense, bodies thin and discs nearly as dense as bodies.
#[test]
fn worn_joints_outshine_thin_bodies_and_discs_fade_into_them() {
    let mut exposure = Exposure::sample([512, 416], 4);
    exposure.rendering = Rendering::LineIntegral;
    exposure.contrast = 0.5; // nothing saturates
    exposure.brightness = 0.0;
    exposure.rotation = 0.0;
    exposure.facing = Facing::Right;
    exposure.shuttered = false;
    exposure.soft_share = 0.0;
    let young = anatomy(4);
    let mut worn = young.clone();
    worn.bone.trabecular_mu *= 0.4;
    (worn.bone.posterior, worn.bone.roughness, worn.bone.disc) = (1.8, 0.8, 0.7);
    let ratios = |anatomy: &Anatomy| {
        let film = render_film(anatomy, &exposure, "film", 4).unwrap();
        let mean = |(x, y): (f64, f64), half: usize| {
            let rows = y as usize - half..y as usize + half;
            let line = |row| {
                film.image.width * row + x as usize - half
                    ..film.image.width * row + x as usize + half
            };
            let grey = rows.flat_map(line).map(|i| f64::from(film.image.pixels[i]));
            grey.sum::<f64>() / (4 * half * half) as f64
        };
        let [.., l3, l4, _] = *film.annotation.keypoints.points();
        let depth = film.annotation.vertebra(Level::L3).unwrap().six_points.unwrap();
        let depth = depth.anterior_superior.0 - depth.posterior_superior.0;
        let body = mean((l3.x, l3.y), 6);
        let joints = mean((l3.x - 1.15 * depth, l3.y), 8);
        let disc = mean((0.5 * (l3.x + l4.x), 0.5 * (l3.y + l4.y)), 2);
        (joints / body, disc / body)
    };
    let ((joints, disc), (worn_joints, worn_disc)) = (ratios(&young), ratios(&worn));
    assert!(worn_joints > 1.8 * joints, "joints over bodies: {joints} young, {worn_joints} worn");
    assert!(worn_disc > disc + 0.2, "discs over bodies: {disc} young, {worn_disc} worn");
}

#[test]
fn training_films_differ_in_size_side_field_and_end() {
    let films: Vec<_> = (0..80).map(|seed| sample_training_film(SIZE, seed).unwrap()).collect();
    let share = |wanted: &dyn Fn(&vertebra_phantom::PhantomFilm) -> bool| {
        films.iter().filter(|film| wanted(film)).count() as f64 / films.len() as f64
    };
    let length = |film: &vertebra_phantom::PhantomFilm| {
        let points = film.annotation.keypoints;
        let (l1, l5) = (points.get(Level::L1), points.get(Level::L5));
        (l1.x - l5.x).hypot(l1.y - l5.y) / film.image.height as f64
    };
    assert!(films.iter().all(|f| f.image.height == 256 && (93..=208).contains(&f.image.width)));
    assert!(share(&|f| length(f) > 0.5) > 0.1 && share(&|f| length(f) < 0.35) > 0.1);
    let below = |f: &vertebra_phantom::PhantomFilm| {
        (f.image.height as f64 - f.annotation.keypoints.get(Level::L5).y)
            / length(f)
            / f.image.height as f64
    };
    assert!(share(&|f| below(f) < 0.3) > 0.2, "films that end soon below L5");
    assert!(share(&|f| below(f) > 0.6) > 0.1, "films that show the sacrum");
}

/// One film in twenty-five shows a transitional vertebra, and says so.
#[test]
fn transitional_vertebrae_are_rare_and_labelled() {
    let films = (0..300).map(|seed| sample_training_film([64, 64], seed).unwrap());
    let (mut sacralised, mut lumbarised) = (0, 0);
    for film in films {
        match film.transition {
            Some(Transition::SacralisedL5) => sacralised += 1,
            Some(Transition::LumbarisedS1) => lumbarised += 1,
            _ => {}
        }
    }
    assert!((1..=14).contains(&sacralised), "{sacralised} of 300 sacralised");
    assert!((1..=14).contains(&lumbarised), "{lumbarised} of 300 lumbarised");
    let ordinary = render_film(&anatomy(1), &Exposure::sample(SIZE, 1), "film", 1).unwrap();
    assert_eq!(ordinary.transition, None);
}

#[test]
fn the_same_seed_gives_the_same_film_and_another_seed_another_day() {
    let exposure = Exposure::sample(SIZE, 1);
    let film = |seed| render_film(&anatomy(1), &exposure, "film", seed).unwrap();
    assert_eq!(film(5), film(5));
    assert_ne!(film(5).image, film(6).image);
    assert_eq!(film(5).annotation, film(6).annotation);
}

#[test]
fn twelve_bits_are_used_in_both_renderings() {
    for rendering in [Rendering::Radiograph, Rendering::LineIntegral] {
        let mut exposure = Exposure::sample(SIZE, 2);
        exposure.rendering = rendering;
        let film = render_film(&anatomy(2), &exposure, "film", 2).unwrap();
        let (low, high) =
            (film.image.pixels.iter().min().unwrap(), film.image.pixels.iter().max().unwrap());
        assert!(*low < 200 && *high > 2600 && *high <= 4095, "{rendering:?}: {low} to {high}");
    }
}

#[test]
fn rejects_impossible_exposures_by_name() {
    type Change = fn(&mut Exposure);
    let changes: [(Change, &str); 3] = [
        (|exposure| exposure.height = 10, "detector"),
        (|exposure| exposure.pitch_mm = 0.0, "pitch_mm"),
        (|exposure| exposure.rotation = f64::NAN, "rotation"),
    ];
    for (change, setting) in changes {
        let mut exposure = Exposure::sample(SIZE, 1);
        change(&mut exposure);
        let error = render_film(&anatomy(1), &exposure, "film", 1).unwrap_err();
        assert!(
            matches!(&error, Error::InvalidSetting { name, .. } if *name == setting),
            "{error}"
        );
    }
}

#[test]
fn t12_and_s1_lie_beside_the_lumbar_spine() {
    for seed in 0..20 {
        let film = sample_training_film([128, 128], seed).unwrap();
        let [t12, s1] = film.neighbours.unwrap();
        let points = film.annotation.keypoints.points().map(|p| (p.x, p.y));
        let step = |a: (f64, f64), b: (f64, f64)| (b.0 - a.0).hypot(b.1 - a.1);
        let unit = step(points[0], points[4]) / 4.0;
        for (end, inner, beyond) in [(points[0], points[1], t12), (points[4], points[3], s1)] {
            let outwards =
                (end.0 - inner.0) * (beyond.0 - end.0) + (end.1 - inner.1) * (beyond.1 - end.1);
            let distance = step(end, beyond) / unit;
            assert!(outwards > 0.0 && (0.5..1.5).contains(&distance), "{seed}: {distance}");
        }
    }
}

//! Memory stays flat over many films: what a service that runs for months rests on. Alone in its
//! file, because other tests of one process would take memory meanwhile.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

use burn::tensor::Device;
use vertebra_hrnet::{DetectorConfig, KeypointDetector};
use vertebra_phantom::{Anatomy, Exposure, render_film};
use vertebra_radiograph::{DicomImage, Film, ReadOptions, encode_dicom};

/// Films before memory is looked at first, and after.
const FILMS: [usize; 2] = [200, 2_000];

/// A film of 158 x 126 px is 80 kB in `f32`: kept once in 30 films, it would take this much.
const LIMIT_MB: f64 = 5.0;

/// Memory that is resident, in MB; `None` where the system does not say.
fn resident_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<f64>().ok().map(|kb| kb / 1000.0)
}

#[test]
fn two_thousand_films_take_no_more_memory_than_two_hundred() {
    if resident_mb().is_none() {
        println!("skipped: no /proc/self/status");
        return;
    }
    let config = DetectorConfig::quick().with_input_size([64, 64]);
    let network = config.network.init(&Device::flex()).unwrap().with_initial_weights(3);
    let detector = KeypointDetector::new(network, config).unwrap();
    let anatomy = Anatomy::sample(vertebra_cohort::Sex::Female, 67.0, 23.5, -1.5, 42);
    let exposure = Exposure::sample([158, 126], 1);
    let image = render_film(&anatomy, &exposure, "film.dcm", 2).unwrap().image;
    let dicom = encode_dicom(&DicomImage::new(158, 126, &image.pixels, 12)).unwrap();
    let read_and_find = || {
        let radiograph = ReadOptions::default().read_bytes(&dicom).unwrap();
        detector.detect(Film::from(&radiograph)).unwrap()
    };
    let first = read_and_find();
    let same = |_| assert_eq!(read_and_find(), first);
    (0..FILMS[0]).for_each(same);
    let early = resident_mb().unwrap();
    (FILMS[0]..FILMS[1]).for_each(same);
    let late = resident_mb().unwrap();
    assert!(
        late - early < LIMIT_MB,
        "{early:.1} MB after {}, {late:.1} MB after {}",
        FILMS[0],
        FILMS[1]
    );
}

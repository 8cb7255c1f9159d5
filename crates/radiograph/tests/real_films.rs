//! Real films in several transfer syntaxes, where the data folder is beside the repository.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::PathBuf;
use vertebra_radiograph::{Grey, ModalityLut, Radiograph, ReadOptions, SpacingKind};

fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/dicom");
    if !folder.is_dir() {
        println!("skipped: no ../shared");
        return None;
    }
    Some(folder)
}

#[test]
fn one_film_is_the_same_in_every_lossless_syntax() {
    let Some(folder) = folder() else { return };
    let read = |name: &str| {
        ReadOptions::default().with_grey(Grey::Modality).read(folder.join(name)).unwrap()
    };
    let plain = read("RG2_UNC");
    assert_eq!((plain.height(), plain.width()), (2140, 1760));
    for name in ["RG2_RLE", "RG2_JPLL", "RG2_JLSL", "RG2_J2KR"] {
        let equal = plain.pixels() == read(name).pixels();
        assert!(equal, "{name}");
    }
    // 12-bit JPEG at 1/36 of the size.
    let lossy = read("RG2_JPLY");
    let pairs = plain.pixels().iter().zip(lossy.pixels());
    let mean = pairs.map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / 3_766_400.0;
    assert!(mean < 4.0, "mean difference {mean} of 1023");
}

#[test]
fn a_negative_with_a_modality_lut_sequence_comes_out_bone_bright() {
    let Some(folder) = folder() else { return };
    let film = Radiograph::open(folder.join("CR-ModalitySequenceLUT.dcm")).unwrap();
    let provenance = film.provenance();
    assert!(matches!(provenance.modality_lut, ModalityLut::Sequence { entries: 1024, .. }));
    assert!(provenance.inverted);
    assert_eq!(film.spacing().kind, SpacingKind::Detector);
    // Air in the corner, teeth and jaw in the middle.
    let mean = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
        let n = (rows.len() * columns.len()) as f32;
        let line =
            |r: usize| film.pixels()[r * film.width()..][columns.clone()].iter().sum::<f32>();
        rows.map(line).sum::<f32>() / n
    };
    assert!(mean(50..500, 50..1900) < 0.05 && mean(800..1300, 600..1400) > 0.3);
}

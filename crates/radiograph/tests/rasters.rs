//! Pictures without a patient, and folders of films.
#![allow(clippy::unwrap_used)]

mod support;

use support::{HEIGHT, WIDTH, picture};
use vertebra_radiograph::{
    DicomImage, Error, Grey, Radiograph, ReadOptions, SourceFormat, Spacing, read_folder,
    write_dicom, write_npy,
};

fn modality(bytes: &[u8]) -> Radiograph {
    ReadOptions::default().with_grey(Grey::Modality).read_bytes(bytes).unwrap()
}

#[test]
fn sixteen_bit_tiff() {
    let words = picture(16);
    let mut bytes = std::io::Cursor::new(Vec::new());
    tiff::encoder::TiffEncoder::new(&mut bytes)
        .unwrap()
        .write_image::<tiff::encoder::colortype::Gray16>(WIDTH as u32, HEIGHT as u32, &words)
        .unwrap();
    let film = modality(bytes.get_ref());
    assert_eq!((film.height(), film.width()), (HEIGHT, WIDTH));
    let expected: Vec<f32> = words.iter().map(|&w| f32::from(w)).collect();
    assert_eq!(film.pixels(), expected);
    let shown = ReadOptions::default().read_bytes(bytes.get_ref()).unwrap();
    assert_eq!(shown.pixels()[7], (f64::from(words[7]) / 65535.0) as f32);
    assert_eq!(shown.provenance().format, SourceFormat::Tiff);
    let cut = &bytes.get_ref()[..bytes.get_ref().len() / 2];
    assert!(ReadOptions::default().read_bytes(cut).is_err());
}

#[test]
fn jpeg_pictures() {
    let folder = format!("{}/testdata", env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| Radiograph::open(format!("{folder}/{name}")).unwrap();
    let lossless = read("lossless_8_1.jpg");
    for (got, expected) in lossless.pixels().iter().zip(picture(8)) {
        assert_eq!(*got, (f64::from(expected) / 255.0) as f32);
    }
    let lossy = read("dct_8.jpg");
    assert_eq!((lossy.height(), lossy.width()), (HEIGHT, WIDTH));
    assert_eq!(read("dct_12.jpg").provenance().bits_stored, 12);
}

#[test]
fn npy_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.npy");
    let values: Vec<f32> = (0..12).map(|i| (i * i) as f32 - 20.5).collect();
    write_npy(&path, &Radiograph::new(3, 4, values.clone(), Spacing::UNKNOWN).unwrap()).unwrap();
    assert_eq!(modality(&std::fs::read(&path).unwrap()).pixels(), values);
    let shown = Radiograph::open(&path).unwrap();
    assert_eq!(shown.range(), (0.0, 1.0));
    let bytes = std::fs::read(&path).unwrap();
    let error = ReadOptions::default().read_bytes(&bytes[..bytes.len() - 4]).unwrap_err();
    assert!(
        matches!(error, Error::LengthMismatch { name: "pixels", expected: 12, got: 11 }),
        "{error}"
    );
}

#[test]
fn a_folder_gives_films_failures_and_other_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    for i in 0..7_u16 {
        let pixels = [0, i + 1];
        let image = DicomImage::new(1, 2, &pixels, 12);
        write_dicom(folder.path().join(format!("deep/{i}.dcm")), &image).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    let film = std::fs::read(folder.path().join("deep/3.dcm")).unwrap();
    std::fs::write(folder.path().join("cut.dcm"), &film[..film.len() - 3]).unwrap();
    let options = ReadOptions::default().with_grey(Grey::Modality);
    let seen = std::sync::Mutex::new(Vec::new());
    let progress = |done, total| seen.lock().unwrap().push((done, total));
    let report = read_folder(folder.path(), &options, |_, f| f.pixels()[1], progress).unwrap();
    let made: Vec<f32> = report.films.iter().map(|(_, v)| *v).collect();
    assert_eq!(made, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    assert_eq!(report.skipped, [folder.path().join("notes.txt")]);
    assert!(report.failures[0].1.to_string().contains("cut.dcm"));
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (1..=9).map(|i| (i, 9)).collect::<Vec<_>>());
    assert!(read_folder(folder.path().join("none"), &options, |_, _| (), |_, _| {}).is_err());
}

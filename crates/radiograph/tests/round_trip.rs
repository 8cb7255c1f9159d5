//! What the writer writes, the reader reads: two independent ways, as dicom-rs encodes the one and
//! this crate parses the other.

use vertebra_radiograph::{
    Bone, DicomImage, Facing, Grey, Radiograph, ReadOptions, Spacing, SpacingKind, Warning,
    encode_dicom, write_dicom, write_npy, write_png16,
};

fn ramp(n: usize) -> Vec<u16> {
    (0..n).map(|i| (i * 37 % 4096) as u16).collect()
}

fn image(pixels: &[u16]) -> DicomImage<'_> {
    DicomImage {
        spacing: Spacing { row_mm: 0.143, col_mm: 0.15, kind: SpacingKind::Detector },
        view: Some("LL"),
        laterality: Some("L"),
        patient_orientation: Some(["A", "F"]),
        body_part: Some("LSPINE"),
        study_date: "20120304",
        patient_id: "S0001",
        sex: Some("F"),
        age_years: Some(71),
        ..DicomImage::new(6, 8, pixels, 12)
    }
}

#[test]
fn stored_values_and_attributes_survive() {
    let pixels = ramp(48);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.dcm");
    write_dicom(&path, &image(&pixels)).unwrap();
    let film = ReadOptions::default().with_grey(Grey::Modality).read(&path).unwrap();
    assert_eq!((film.height(), film.width()), (6, 8));
    let expected: Vec<f32> = pixels.iter().map(|&p| f32::from(p)).collect();
    assert_eq!(film.pixels(), expected);
    assert_eq!(film.spacing(), image(&pixels).spacing);
    assert_eq!((film.view(), film.laterality()), (Some("LL"), Some("L")));
    assert_eq!(film.facing(), Some(Facing::Right));
    assert_eq!(film.acquisition().body_part.as_deref(), Some("LSPINE"));
    assert_eq!(film.acquisition().modality.as_deref(), Some("DX"));
    assert_eq!(film.provenance().warnings, []);
}

#[test]
fn monochrome1_is_inverted_once_and_last() {
    let pixels = ramp(48);
    let inverted: Vec<u16> = pixels.iter().map(|p| 4095 - p).collect();
    let window = Some((2047.5, 4000.0));
    let plain = DicomImage { window, ..image(&pixels) };
    let negative = DicomImage { window, monochrome1: true, ..image(&inverted) };
    let read = |i| ReadOptions::default().read_bytes(&encode_dicom(i).unwrap()).unwrap();
    let (plain, negative) = (read(&plain), read(&negative));
    assert!(!plain.provenance().inverted && negative.provenance().inverted);
    for (i, (a, b)) in plain.pixels().iter().zip(negative.pixels()).enumerate() {
        // LINEAR is off centre by half a grey level, so the two are one level of 3999 apart at
        // most.
        assert!((a - b).abs() <= 1.01 / 3999.0, "pixel {i}: {a} and {b}");
    }
}

#[test]
fn without_a_window_grey_runs_from_the_smallest_to_the_largest_value() {
    let pixels = ramp(48);
    let film = ReadOptions::default().read_bytes(&encode_dicom(&image(&pixels)).unwrap()).unwrap();
    let (low, high) = (*pixels.iter().min().unwrap(), *pixels.iter().max().unwrap());
    assert_eq!(film.provenance().grey_range, Some([f64::from(low), f64::from(high)]));
    assert_eq!(film.range(), (0.0, 1.0));
}

#[test]
fn the_same_image_gives_the_same_bytes_and_another_image_another_uid() {
    let (a, mut b) = (ramp(48), ramp(48));
    b[7] += 1;
    assert_eq!(encode_dicom(&image(&a)).unwrap(), encode_dicom(&image(&a)).unwrap());
    assert_ne!(encode_dicom(&image(&a)).unwrap()[..600], encode_dicom(&image(&b)).unwrap()[..600]);
}

#[test]
fn png_round_trip_keeps_sixteen_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.png");
    let grey: Vec<f32> = (0..12).map(|i| i as f32 / 11.0).collect();
    let film = Radiograph::new(3, 4, grey, Spacing::UNKNOWN).unwrap();
    write_png16(&path, &film).unwrap();
    let back = Radiograph::open(&path).unwrap();
    assert_eq!(back.provenance().bits_stored, 16);
    for (i, (a, b)) in film.pixels().iter().zip(back.pixels()).enumerate() {
        assert!((a - b).abs() <= 0.5 / 65535.0 + 1e-7, "pixel {i}: {a} and {b}");
    }
    assert_eq!(back.provenance().warnings, [Warning::MissingSpacing]);
    let negative = ReadOptions::default().with_bone(Bone::Dark).read(&path).unwrap();
    assert!((negative.pixels()[0] - 1.0).abs() < 1e-6);
}

#[test]
fn npy_holds_little_endian_floats_after_an_aligned_header() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.npy");
    let film = Radiograph::new(1, 3, vec![0.0, 0.5, 1.0], Spacing::UNKNOWN).unwrap();
    write_npy(&path, &film).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let data = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((data % 64, bytes.len() - data), (0, 12));
    assert!(String::from_utf8_lossy(&bytes[10..data]).contains("'shape': (1, 3)"));
    assert_eq!(bytes[data + 4..data + 8], 0.5_f32.to_le_bytes());
}

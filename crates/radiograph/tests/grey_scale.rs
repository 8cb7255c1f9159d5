//! Stored bits to grey in the standard's order; each defect seen in another reader has a test.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{EXPLICIT, File, IMPLICIT};
use vertebra_radiograph::{
    Grey, ModalityLut, Radiograph, ReadOptions, SpacingKind, Voi, VoiChoice, Warning,
};

/// A film of one row with these stored words.
fn row(syntax: &str, bits: u16, words: &[u16]) -> File {
    let mut file = File::empty(syntax);
    file.layout(1, words.len() as u16, bits);
    file.word(0x0028, 0x0100, 16);
    file.text(0x0028, 0x0004, b"CS", "MONOCHROME2");
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    file.native(&bytes);
    file
}

fn display(file: &File) -> Radiograph {
    ReadOptions::default().read_bytes(&file.bytes()).unwrap()
}

fn modality(file: &File) -> Radiograph {
    ReadOptions::default().with_grey(Grey::Modality).read_bytes(&file.bytes()).unwrap()
}

#[test]
fn bits_above_high_bit_are_masked_off() {
    let file = row(EXPLICIT, 12, &[0xF001, 0x0FFF, 0x8000]);
    let film = modality(&file);
    assert_eq!(film.pixels(), [1.0, 4095.0, 0.0]);
    assert!(film.provenance().warnings.contains(&Warning::BitsAboveHighBit { pixels: 2 }));
}

#[test]
fn high_bit_may_be_anywhere() {
    let mut file = row(EXPLICIT, 10, &[0x0040, 0xFFC0, 0x0000]);
    file.word(0x0028, 0x0102, 15);
    assert_eq!(modality(&file).pixels(), [1.0, 1023.0, 0.0]);
}

#[test]
fn signed_values_are_extended_from_bits_stored() {
    let mut file = row(EXPLICIT, 12, &[0x0FFF, 0x0800, 0x07FF, 0xFFFE]);
    file.word(0x0028, 0x0103, 1);
    let film = modality(&file);
    assert_eq!(film.pixels(), [-1.0, -2048.0, 2047.0, -2.0]);
    // Sign bits above High Bit are no garbage.
    assert!(
        !film.provenance().warnings.iter().any(|w| matches!(w, Warning::BitsAboveHighBit { .. }))
    );
}

/// dicom-rs 0.10.1 ignores a rescale stored with VR UN: nearly every pixel wrong, no error.
#[test]
fn rescale_stored_as_un_is_applied() {
    let mut file = row(EXPLICIT, 12, &[0, 100, 4095]);
    file.text(0x0028, 0x1052, b"UN", "-1024").text(0x0028, 0x1053, b"UN", "2.5");
    let film = modality(&file);
    assert_eq!(film.pixels(), [-1024.0, -774.0, 9213.5]);
    let expected = ModalityLut::Rescale { slope: 2.5, intercept: -1024.0 };
    assert_eq!(film.provenance().modality_lut, expected);
}

/// dicom-rs 0.10.1 ignores it silently.
#[test]
fn a_modality_lut_sequence_is_applied_instead_of_a_rescale() {
    for syntax in [EXPLICIT, IMPLICIT] {
        let mut item = File::empty(syntax);
        item.remove(0x0008, 0x0060);
        item.words(0x0028, 0x3002, b"US", &[4, 10, 16]);
        item.words(0x0028, 0x3006, b"OW", &[5, 50, 500, 5000]);
        let mut file = row(syntax, 12, &[0, 10, 11, 13, 99]);
        file.sequence(0x0028, 0x3000, &item);
        file.text(0x0028, 0x1052, b"DS", "-7").text(0x0028, 0x1053, b"DS", "3");
        let film = modality(&file);
        assert_eq!(film.pixels(), [5.0, 5.0, 50.0, 5000.0, 5000.0]);
        let expected = ModalityLut::Sequence { entries: 4, first: 10, bits: 16 };
        assert_eq!(film.provenance().modality_lut, expected);
        assert!(film.provenance().warnings.contains(&Warning::IgnoredRescale));
    }
}

#[test]
fn a_lut_may_start_below_zero_and_hold_bytes() {
    let mut item = File::empty(EXPLICIT);
    item.words(0x0028, 0x3002, b"SS", &[3, -1_i16 as u16, 8]);
    item.put(0x0028, 0x3006, b"OW", &[10, 20, 30, 0]);
    let mut file = row(EXPLICIT, 16, &[-5_i16 as u16, 0, 1]);
    file.word(0x0028, 0x0103, 1).sequence(0x0028, 0x3000, &item);
    assert_eq!(modality(&file).pixels(), [10.0, 20.0, 30.0]);
}

#[test]
fn linear_windows_have_the_half_grey_level() {
    let mut file = row(EXPLICIT, 12, &[0, 1000, 2047, 4095]);
    file.text(0x0028, 0x1050, b"DS", "2048").text(0x0028, 0x1051, b"DS", "4096");
    let film = display(&file);
    for (got, x) in film.pixels().iter().zip([0.0, 1000.0, 2047.0, 4095.0]) {
        let expected = ((x - 2047.5) / 4095.0 + 0.5) as f32;
        assert!((got - expected).abs() < 1e-7, "{x}: {got} and {expected}");
    }
    assert_eq!(film.provenance().voi, Voi::Linear { center: 2048.0, width: 4096.0 });
    file.text(0x0028, 0x1056, b"CS", "LINEAR_EXACT");
    assert_eq!(display(&file).pixels()[1], (1000.0_f64 / 4096.0) as f32);
    file.text(0x0028, 0x1056, b"CS", "SIGMOID");
    let sigmoid = 1.0 / (1.0 + (-4.0 * (1000.0_f64 - 2048.0) / 4096.0).exp());
    assert_eq!(display(&file).pixels()[1], sigmoid as f32);
}

#[test]
fn windows_apply_after_the_rescale() {
    let mut file = row(EXPLICIT, 12, &[0, 500, 1000]);
    file.text(0x0028, 0x1053, b"DS", "2").text(0x0028, 0x1052, b"DS", "-100");
    file.text(0x0028, 0x1050, b"DS", "900.5").text(0x0028, 0x1051, b"DS", "1001");
    assert_eq!(display(&file).pixels(), [0.0, 0.5, 1.0]);
}

#[test]
fn inversion_comes_last_and_once() {
    let mut file = row(EXPLICIT, 12, &[0, 1000, 4095]);
    file.text(0x0028, 0x1050, b"DS", "1000.5").text(0x0028, 0x1051, b"DS", "1001");
    let bright = display(&file).into_pixels();
    file.text(0x0028, 0x0004, b"CS", "MONOCHROME1");
    file.text(0x2050, 0x0020, b"CS", "INVERSE");
    let film = display(&file);
    assert!(film.provenance().inverted);
    assert_eq!(film.provenance().warnings, [Warning::MissingSpacing]);
    let expected: Vec<f32> = bright.iter().map(|v| 1.0 - v).collect();
    assert_eq!(film.pixels(), expected);
    // Before VOI nothing is inverted.
    assert_eq!(modality(&file).pixels(), [0.0, 1000.0, 4095.0]);
    file.text(0x2050, 0x0020, b"CS", "IDENTITY");
    let contradicts = |w: &Warning| matches!(w, Warning::PresentationShapeDisagrees { .. });
    assert!(display(&file).provenance().warnings.iter().any(contradicts));
}

#[test]
fn a_voi_lut_comes_before_a_window_unless_asked() {
    let mut item = File::empty(EXPLICIT);
    item.words(0x0028, 0x3002, b"US", &[2, 1, 12]);
    item.words(0x0028, 0x3006, b"OW", &[0, 4095]);
    let mut file = row(EXPLICIT, 12, &[0, 1, 2]);
    file.sequence(0x0028, 0x3010, &item);
    file.text(0x0028, 0x1050, b"DS", "1.5\\9").text(0x0028, 0x1051, b"DS", "3\\1");
    let film = display(&file);
    assert_eq!(film.pixels(), [0.0, 0.0, 1.0]);
    let expected = Voi::Sequence { item: 0, entries: 2, first: 1, bits: 12 };
    assert_eq!(film.provenance().voi, expected);
    let with = |voi| ReadOptions::default().with_voi(voi).read_bytes(&file.bytes());
    assert_eq!(with(VoiChoice::Window(0)).unwrap().pixels(), [0.0, 0.5, 1.0]);
    assert_eq!(with(VoiChoice::Window(1)).unwrap().pixels(), [0.0, 0.0, 0.0]);
    assert_eq!(with(VoiChoice::Given(1.5, 3.0)).unwrap().pixels(), [0.0, 0.5, 1.0]);
    assert_eq!(with(VoiChoice::None).unwrap().pixels(), [0.0, 0.5, 1.0]);
    assert!(with(VoiChoice::Window(2)).is_err() && with(VoiChoice::Lut(1)).is_err());
}

#[test]
fn a_window_that_cannot_be_is_left_out_with_a_warning() {
    let mut file = row(EXPLICIT, 12, &[0, 1, 2]);
    file.text(0x0028, 0x1050, b"DS", "1").text(0x0028, 0x1051, b"DS", "0");
    let film = display(&file);
    assert_eq!((film.provenance().voi, film.pixels()), (Voi::None, &[0.0, 0.5, 1.0][..]));
    assert!(film.provenance().warnings.iter().any(|w| matches!(w, Warning::InvalidVoi { .. })));
}

#[test]
fn padding_is_marked_black_and_outside_the_range() {
    let mut file = row(EXPLICIT, 12, &[4095, 10, 20, 4090]);
    file.text(0x0028, 0x0004, b"CS", "MONOCHROME1");
    file.word(0x0028, 0x0120, 4095).word(0x0028, 0x0121, 4090);
    let film = display(&file);
    assert_eq!(film.pixels(), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(film.valid(), Some(&[false, true, true, false][..]));
    assert_eq!(film.provenance().padded_pixels, 2);
    assert_eq!(film.provenance().grey_range, Some([10.0, 20.0]));
}

#[test]
fn shutter_and_collimator_bound_the_valid_region() {
    let words: Vec<u16> = (0..30).collect();
    let mut file = row(EXPLICIT, 12, &words);
    file.word(0x0028, 0x0010, 5).word(0x0028, 0x0011, 6);
    file.text(0x0018, 0x1700, b"CS", "RECTANGULAR");
    for (element, edge) in [(0x1702, "2"), (0x1704, "5"), (0x1706, "2"), (0x1708, "4")] {
        file.text(0x0018, element, b"IS", edge);
    }
    let film = display(&file);
    let valid = film.valid().unwrap();
    assert_eq!(valid.iter().filter(|v| **v).count(), 4 * 3);
    assert!(valid[6 + 1] && valid[3 * 6 + 4] && !valid[6] && !valid[4 * 6 + 1]);
    file.text(0x0018, 0x1600, b"CS", "POLYGONAL").text(0x0018, 0x1620, b"IS", "1\\1\\1\\6\\5\\1");
    let film = display(&file);
    let valid = film.valid().unwrap();
    assert!(valid[6 + 1] && !valid[3 * 6 + 4], "below the diagonal");
    assert!(film.provenance().shuttered);
}

#[test]
fn thirty_two_bits_are_read() {
    let mut file = row(EXPLICIT, 16, &[1, 2, 0xFFFF, 0xFFFF]); // two little-endian words of 32 bits
    file.word(0x0028, 0x0011, 2).word(0x0028, 0x0100, 32);
    file.word(0x0028, 0x0101, 32).word(0x0028, 0x0102, 31).word(0x0028, 0x0103, 1);
    assert_eq!(modality(&file).pixels(), [131_073.0, -1.0]);
    assert_eq!(display(&file).pixels(), [1.0, 0.0]);
}

fn spacing_of(elements: &[(u16, u16, &str)]) -> (f64, f64, SpacingKind, Vec<Warning>) {
    let mut file = row(EXPLICIT, 12, &[0, 1]);
    for &(group, element, text) in elements {
        let vr = if (group, element) == (0x0028, 0x0A02) { b"CS" } else { b"DS" };
        file.text(group, element, vr, text);
    }
    let film = display(&file);
    let spacing = film.spacing();
    (spacing.row_mm, spacing.col_mm, spacing.kind, film.provenance().warnings.clone())
}

#[test]
fn spacing_says_what_it_is() {
    use SpacingKind::{Calibrated, Corrected, Detector, Unknown};
    let pixel = (0x0028, 0x0030, "0.12\\0.13");
    let imager = (0x0018, 0x1164, "0.15\\0.16");
    assert_eq!(spacing_of(&[imager]), (0.15, 0.16, Detector, vec![]));
    assert_eq!(spacing_of(&[pixel]), (0.12, 0.13, Detector, vec![]));
    assert_eq!(spacing_of(&[pixel, imager]), (0.12, 0.13, Calibrated, vec![]));
    let calibrated = (0x0028, 0x0A02, "FIDUCIAL");
    assert_eq!(spacing_of(&[pixel, calibrated]), (0.12, 0.13, Calibrated, vec![]));
    let same = (0x0028, 0x0030, "0.15\\0.16");
    assert_eq!(spacing_of(&[same, imager]), (0.15, 0.16, Detector, vec![]));
    let ermf = (0x0018, 0x1114, "1.25");
    assert_eq!(spacing_of(&[imager, ermf]), (0.15 / 1.25, 0.16 / 1.25, Corrected, vec![]));
    let distances = [imager, (0x0018, 0x1110, "1500"), (0x0018, 0x1111, "1200")];
    assert_eq!(spacing_of(&distances), (0.15 / 1.25, 0.16 / 1.25, Corrected, vec![]));
    let (_, _, kind, warnings) = spacing_of(&[(0x0028, 0x0030, "0\\0")]);
    assert_eq!(kind, Unknown);
    assert!(matches!(warnings[..], [Warning::ImplausibleSpacing { .. }, Warning::MissingSpacing]));
    let (row, col, kind, _) = spacing_of(&[(0x0028, 0x0034, "3\\4")]);
    assert_eq!((row, col, kind), (0.75, 1.0, Unknown));
}

#[test]
fn an_outline_that_cannot_be_is_left_out_with_a_warning() {
    let mut file = row(EXPLICIT, 12, &[0, 1, 2]);
    file.text(0x0018, 0x1600, b"CS", "RECTANGULAR").text(0x0018, 0x1602, b"IS", "1");
    file.text(0x0018, 0x1700, b"CS", "CIRCULAR").text(0x0018, 0x1710, b"IS", "90\\90");
    file.text(0x0018, 0x1712, b"IS", "3");
    let film = display(&file);
    assert_eq!(film.valid(), None);
    assert!(!film.provenance().shuttered);
    let ignored = |w: &&Warning| matches!(w, Warning::Ignored { .. });
    assert_eq!(film.provenance().warnings.iter().filter(ignored).count(), 2);
}

/// The examples of PS3.3 C.11.2.1.2.1 (LINEAR) and C.11.2.1.3.2 (LINEAR_EXACT), for outputs from 0
/// to 255, in numbers worked out by hand.
#[test]
fn the_standards_examples_of_voi_functions_to_the_grey_level() {
    type Case = (&'static str, &'static str, &'static str, &'static [(i16, f32)]);
    let cases: [Case; 9] = [
        ("LINEAR", "2048", "4096", &[(0, 0.0), (1, 0.062_27), (2047, 127.468_86), (4095, 255.0)]),
        ("LINEAR", "2048", "1", &[(2047, 0.0), (2048, 255.0)]),
        ("LINEAR", "0", "100", &[(-50, 0.0), (-49, 2.575_76), (0, 128.787_88), (49, 255.0)]),
        ("LINEAR", "0", "1", &[(-1, 0.0), (0, 255.0)]),
        (
            "LINEAR_EXACT",
            "2048",
            "4096",
            &[(0, 0.0), (1, 0.062_26), (2048, 127.5), (4095, 254.937_74)],
        ),
        ("LINEAR_EXACT", "2048", "1", &[(2047, 0.0), (2048, 127.5), (2049, 255.0)]),
        ("LINEAR_EXACT", "0", "100", &[(-50, 0.0), (-49, 2.55), (0, 127.5), (50, 255.0)]),
        ("LINEAR_EXACT", "0", "1", &[(-1, 0.0), (0, 127.5), (1, 255.0)]),
        (
            "SIGMOID",
            "0",
            "100",
            &[(-50, 30.396_74), (0, 127.5), (25, 186.419_95), (50, 224.603_26)],
        ),
    ];
    for (function, center, width, points) in cases {
        let words: Vec<u16> = points.iter().map(|(x, _)| *x as u16).collect();
        let mut file = row(EXPLICIT, 16, &words);
        file.word(0x0028, 0x0103, 1).text(0x0028, 0x1056, b"CS", function);
        file.text(0x0028, 0x1050, b"DS", center).text(0x0028, 0x1051, b"DS", width);
        for (got, (x, expected)) in display(&file).pixels().iter().zip(points) {
            let got = got * 255.0;
            let message = format!("{function} {center} {width}, {x}: {got} and {expected}");
            assert!((got - expected).abs() < 2e-4, "{message}");
        }
    }
}

/// Overlays were once kept in the bits above High Bit (PS3.5-2004 8.1.2): they are no grey.
#[test]
fn an_overlay_above_high_bit_is_left_out() {
    let mut file = row(EXPLICIT, 12, &[0x1005, 0x0FFF, 0x9000]);
    file.word(0x6000, 0x0100, 16).word(0x6000, 0x0102, 12).words(0x6000, 0x0050, b"SS", &[1, 1]);
    let film = modality(&file);
    assert_eq!(film.pixels(), [5.0, 4095.0, 0.0]);
    assert!(film.provenance().warnings.contains(&Warning::BitsAboveHighBit { pixels: 2 }));
    file.put(0x6000, 0x3000, b"OW", &[7, 0]);
    assert!(modality(&file).provenance().warnings.contains(&Warning::OverlayLeftOut));
}

/// Three samples of eight bits by plane, and two lumas that share their colour, in studio range.
#[test]
fn ybr_by_plane_and_in_studio_range() {
    let mut file = File::empty(EXPLICIT);
    file.layout(1, 2, 8).word(0x0028, 0x0002, 3).word(0x0028, 0x0006, 1);
    file.text(0x0028, 0x0004, b"CS", "YBR_FULL").native(&[50, 200, 128, 128, 128, 128]);
    assert_eq!(modality(&file).pixels(), [50.0, 200.0]);
    file.word(0x0028, 0x0006, 0).text(0x0028, 0x0004, b"CS", "YBR_PARTIAL_422");
    file.native(&[16, 235, 128, 128]);
    assert_eq!(display(&file).pixels(), [0.0, 1.0]);
}

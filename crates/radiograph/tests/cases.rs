//! Situations from public bug reports, each with the values that are right. Files in
//! `testdata/cases` were made by pydicom, imagecodecs and DCMTK; `NAME.right.npy` is what those
//! libraries read.
#![allow(clippy::unwrap_used)]

mod support;

use support::{EXPLICIT, File, HEIGHT, IMPLICIT, WIDTH, picture};
use vertebra_radiograph::{Error, Grey, Radiograph, ReadOptions, Warning};

fn path(name: &str) -> String {
    format!("{}/testdata/cases/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn modality() -> ReadOptions {
    ReadOptions::default().with_grey(Grey::Modality)
}

fn stored(bytes: &[u8]) -> Vec<f32> {
    modality().read_bytes(bytes).unwrap().into_pixels()
}

fn shown(bytes: &[u8]) -> Radiograph {
    ReadOptions::default().read_bytes(bytes).unwrap()
}

/// The largest difference from the right values.
fn difference(name: &str) -> f32 {
    let right = modality().read(path(&format!("{name}.right.npy"))).unwrap();
    let film = modality().read(path(name)).unwrap();
    assert_eq!((film.height(), film.width()), (right.height(), right.width()), "{name}");
    let pairs = film.pixels().iter().zip(right.pixels());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn values_are_those_of_other_libraries() {
    for (name, allowed) in [
        ("grey_as_rgb.jpg", 1.001),
        ("three_scans.jpg", 2.0),
        ("planar.tif", 0.001),
        ("i16.tif", 0.0),
        ("jls16_near6_jumps.dcm", 0.0),
        ("jls13_near40.dcm", 0.0),
        ("jpeg12_progressive_55.dcm", 1.0),
        ("j2k_lossy_signed_overshoot.dcm", 1.0),
    ] {
        let difference = difference(name);
        assert!(difference <= allowed, "{name}: {difference}");
    }
}

#[test]
fn cut_codestreams_are_refused_or_marked() {
    for name in ["cut50.jpg", "cut_j2k.dcm"] {
        let error = modality().read(path(name)).unwrap_err();
        assert!(error.to_string().contains("truncated"), "{error}");
        let film = modality().with_lenient(true).read(path(name)).unwrap();
        let valid = film.valid().unwrap();
        let rows = valid.iter().filter(|v| **v).count() / film.width();
        assert!(rows < film.height() && valid[..rows * film.width()].iter().all(|v| *v), "{name}");
        let warnings = &film.provenance().warnings;
        assert!(warnings.iter().any(|w| matches!(w, Warning::Truncated { .. })), "{name}");
    }
}

/// Of every length of a JPEG film, either all of it arrived or it is an error; where somebody put
/// the end marker behind what arrived, less than the last blocks may be missing.
#[test]
fn no_cut_jpeg_opens() {
    let whole = std::fs::read(path("grey_as_rgb.jpg")).unwrap();
    let right = modality().read_bytes(&whole).unwrap();
    let wrong = |bytes: &[u8]| {
        let film = modality().read_bytes(bytes).ok()?;
        let pairs = film.pixels().iter().zip(right.pixels());
        Some(pairs.filter(|(a, b)| a != b).count())
    };
    for len in 0..whole.len() {
        assert!(wrong(&whole[..len]).is_none_or(|wrong| wrong == 0), "{len}");
        let ended = [&whole[..len], &[0xFF, 0xD9]].concat();
        let wrong = wrong(&ended).unwrap_or(0);
        assert!(wrong <= 512, "{len} of {} and an end: {wrong}", whole.len());
    }
}

/// The same where the picture ends in black, which what a decoder makes up of no bits may look
/// like: with common Huffman tables, with those of the picture, and in colour.
#[test]
fn no_cut_jpeg_with_a_black_end_opens() {
    for name in ["black_end.jpg", "black_end_optimized.jpg", "black_end_colour.jpg"] {
        let whole = std::fs::read(path(name)).unwrap();
        let right = modality().read_bytes(&whole).unwrap();
        for len in 0..whole.len() - 2 {
            let ended = [&whole[..len], &[0xFF, 0xD9]].concat();
            let Ok(film) = modality().read_bytes(&ended) else { continue };
            let pairs = film.pixels().iter().zip(right.pixels());
            let wrong = pairs.filter(|(a, b)| (*a - *b).abs() > 2.0).count();
            assert!(wrong <= 512, "{name}: {len} of {} and an end: {wrong}", whole.len());
        }
        let (width, last) = (right.width(), right.pixels().len() - 1);
        assert!(right.pixels()[last] < 3.0 && width == 69, "{name}");
    }
}

#[test]
fn exif_orientation_turns_the_picture() {
    let film = Radiograph::open(path("exif6.jpg")).unwrap();
    let right = modality().read(path("exif6.jpg.display.npy")).unwrap();
    assert_eq!((film.height(), film.width()), (right.height(), right.width()));
    let pairs = film.pixels().iter().zip(right.pixels());
    assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1.01 / 255.0));
    assert_eq!(film.provenance().orientation, Some(6));
}

#[test]
fn cmyk_is_refused_by_name() {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4];
    bytes.extend([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0, 0xFF, 0xDA, 0, 2]);
    let error = ReadOptions::default().read_bytes(&bytes).unwrap_err();
    assert!(error.to_string().contains("CMYK"), "{error}");
}

#[test]
fn a_padding_value_that_bits_stored_cannot_hold_is_no_pixel() {
    let mut file = File::empty(EXPLICIT);
    file.layout(1, 3, 12).text(0x0028, 0x0004, b"CS", "MONOCHROME2");
    file.native(&[0, 0, 0xFF, 0x0F, 0xFE, 0x0F]).word(0x0028, 0x0120, 0xFFFF);
    let film = shown(&file.bytes());
    assert_eq!((film.pixels()[1], film.valid()), (1.0, None));
    file.word(0x0028, 0x0120, 0x0FFF);
    assert_eq!(shown(&file.bytes()).valid(), Some(&[true, false, true][..]));
    // A range that begins among the pixels' values ends where it says.
    file.word(0x0028, 0x0120, 0x0FFE).word(0x0028, 0x0121, 0xFFFF);
    assert_eq!(shown(&file.bytes()).valid(), Some(&[true, false, false][..]));
}

#[test]
fn functional_groups_hold_for_their_frame() {
    let mut window = File::empty(EXPLICIT);
    window
        .remove(0x0008, 0x0060)
        .text(0x0028, 0x1050, b"DS", "100")
        .text(0x0028, 0x1051, b"DS", "50");
    let mut spacing = File::empty(EXPLICIT);
    spacing.remove(0x0008, 0x0060).text(0x0018, 0x1164, b"DS", "0.2\\0.3");
    let mut groups = File::empty(EXPLICIT);
    groups.remove(0x0008, 0x0060);
    groups.sequence(0x0028, 0x9132, &window).sequence(0x0028, 0x9443, &spacing);
    let mut file = File::grey(EXPLICIT, 12);
    file.remove(0x0018, 0x1164).text(0x0028, 0x1050, b"DS", "9").text(0x0028, 0x1051, b"DS", "9");
    file.sequence(0x5200, 0x9229, &groups);
    let film = shown(&file.bytes());
    assert_eq!((film.spacing().row_mm, film.spacing().col_mm), (0.2, 0.3));
    assert_eq!(film.provenance().grey_range, Some([75.0, 124.0]));
    // The frame's own group goes before the shared one.
    let mut own = File::empty(EXPLICIT);
    window.text(0x0028, 0x1050, b"DS", "200");
    own.remove(0x0008, 0x0060).sequence(0x0028, 0x9132, &window);
    file.sequence(0x5200, 0x9230, &own);
    assert_eq!(shown(&file.bytes()).provenance().grey_range, Some([175.0, 224.0]));
}

fn with_lut(file: &mut File, sequence: u16, entries: &[u16]) {
    let mut item = File::empty(EXPLICIT);
    item.remove(0x0008, 0x0060).words(0x0028, 0x3002, b"US", &[4, 0, 16]);
    item.words(0x0028, 0x3006, b"OW", entries);
    file.sequence(0x0028, sequence, &item);
}

fn four_pixels() -> File {
    let mut file = File::empty(EXPLICIT);
    file.layout(1, 4, 12).text(0x0028, 0x0004, b"CS", "MONOCHROME2");
    file.native(&[0, 0, 1, 0, 2, 0, 3, 0]);
    file
}

#[test]
fn the_modality_lut_of_an_angiogram_is_not_for_display() {
    let mut file = four_pixels();
    with_lut(&mut file, 0x3000, &[0, 100, 50, 0]);
    assert_eq!(stored(&file.bytes()), [0.0, 100.0, 50.0, 0.0]);
    assert_eq!(shown(&file.bytes()).pixels()[1..3], [1.0, 0.5]);
    file.text(0x0008, 0x0060, b"CS", "XA");
    assert_eq!(stored(&file.bytes()), [0.0, 100.0, 50.0, 0.0]);
    assert_eq!(shown(&file.bytes()).pixels()[3], 1.0);
    file.text(0x0008, 0x0016, b"UI", "1.2.840.10008.5.1.4.1.1.12.1.1");
    assert_eq!(shown(&file.bytes()).pixels()[3], 1.0);
}

/// A rescale of these is not for display either, as DCMTK has it, but that of an enhanced one is.
#[test]
fn the_rescale_of_an_angiogram_is_not_for_display() {
    let mut file = four_pixels();
    file.text(0x0028, 0x1052, b"DS", "-4").text(0x0028, 0x1053, b"DS", "2");
    file.text(0x0028, 0x1050, b"DS", "1").text(0x0028, 0x1051, b"DS", "3");
    for (class, is_rescaled) in [
        ("1.2.840.10008.5.1.4.1.1.12.1", false),
        ("1.2.840.10008.5.1.4.1.1.12.2", false),
        ("1.2.840.10008.5.1.4.1.1.12.1.1", true),
        ("1.2.840.10008.5.1.4.1.1.1.1", true),
    ] {
        file.text(0x0008, 0x0016, b"UI", class);
        assert_eq!(stored(&file.bytes()), [-4.0, -2.0, 0.0, 2.0]);
        let right = if is_rescaled { [0.0, 0.0, 0.25, 1.0] } else { [0.25, 0.75, 1.0, 1.0] };
        assert_eq!(shown(&file.bytes()).pixels(), right, "{class}");
    }
}

#[test]
fn look_up_tables_that_are_short_or_empty() {
    let mut file = four_pixels();
    with_lut(&mut file, 0x3000, &[7, 8, 9]);
    let film = modality().read_bytes(&file.bytes()).unwrap();
    assert_eq!(film.pixels(), [7.0, 8.0, 9.0, 9.0]);
    assert!(film.provenance().warnings.iter().any(|w| w.to_string().contains("got 3")));
    let mut empty = File::empty(EXPLICIT);
    empty.remove(0x0008, 0x0060);
    let mut file = four_pixels();
    file.sequence(0x0028, 0x3000, &empty).sequence(0x0028, 0x3010, &empty);
    assert_eq!(stored(&file.bytes()), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(shown(&file.bytes()).pixels()[3], 1.0);
}

#[test]
fn a_window_keeps_its_good_value() {
    for (center, width, range) in [
        ("100\\", "50\\50", [75.0, 124.0]),
        ("\\300", "50\\50", [275.0, 324.0]),
        ("100\\300", "0\\50", [275.0, 324.0]),
        ("x\\100\\300", "50\\-3\\50", [275.0, 324.0]),
    ] {
        let mut file = File::grey(EXPLICIT, 12);
        file.text(0x0028, 0x1050, b"DS", center).text(0x0028, 0x1051, b"DS", width);
        assert_eq!(shown(&file.bytes()).provenance().grey_range, Some(range), "{center}");
    }
}

#[test]
fn a_vr_that_is_none_has_a_length_of_two_or_four_bytes() {
    for vr in [b"--", b"  ", b"\0\0"] {
        let mut file = File::grey(EXPLICIT, 12);
        file.text(0x0018, 0x1030, vr, "something");
        let expected: Vec<f32> = picture(12).into_iter().map(f32::from).collect();
        assert_eq!(stored(&file.bytes()), expected);
    }
}

#[test]
fn the_encoding_is_told_where_the_stated_one_leads_nowhere() {
    let expected: Vec<f32> = picture(12).into_iter().map(f32::from).collect();
    for (stated, real) in [(IMPLICIT, EXPLICIT), (EXPLICIT, IMPLICIT)] {
        let mut bytes = File::grey(stated, 12).head();
        let real = File::grey(real, 12);
        bytes.extend(&real.bytes()[real.head().len()..]);
        let film = modality().read_bytes(&bytes).unwrap();
        assert_eq!(film.pixels(), expected);
        assert!(matches!(film.provenance().warnings[..], [Warning::GuessedTransferSyntax { .. }]));
    }
}

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn frames_of_several_fragments_without_an_offset_table() {
    let frame = golden("ls_12.jls");
    let (head, tail) = frame.split_at(frame.len() / 2 / 2 * 2);
    let expected: Vec<f32> = picture(12).into_iter().map(f32::from).collect();
    let mut file = File::grey("1.2.840.10008.1.2.4.80", 12);
    file.text(0x0028, 0x0008, b"IS", "3").encapsulated(&[head, tail, head, tail, head, tail]);
    for index in 0..3 {
        let film = modality().with_frame(index).read_bytes(&file.bytes()).unwrap();
        assert_eq!(film.pixels(), expected);
        assert_eq!(film.provenance().warnings, []);
    }
    file.text(0x0028, 0x0008, b"IS", "9");
    assert_eq!(stored(&file.bytes()), expected);
    assert!(modality().with_frame(5).read_bytes(&file.bytes()).is_err());
}

#[test]
fn a_codestream_in_a_value_of_defined_length_is_no_pixels() {
    let mut file = File::grey("1.2.840.10008.1.2.4.80", 12);
    file.native(&golden("ls_12.jls"));
    assert!(modality().read_bytes(&file.bytes()).is_err());
    let expected: Vec<f32> = picture(12).into_iter().map(f32::from).collect();
    for syntax in ["1.2.840.10008.1.2.4.80", EXPLICIT] {
        file.syntax = syntax.into();
        let film = modality().with_lenient(true).read_bytes(&file.bytes()).unwrap();
        assert_eq!(film.pixels(), expected);
    }
    file.syntax = "1.2.840.10008.1.2.4.80".into();
    file.native(&[1, 2, 3, 4]);
    assert!(modality().with_lenient(true).read_bytes(&file.bytes()).is_err());
}

#[test]
fn deflated_frames_and_frames_of_one_bit() {
    let native: Vec<u8> = picture(12).into_iter().flat_map(u16::to_le_bytes).collect();
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &native).unwrap();
    let deflated = encoder.finish().unwrap();
    let mut file = File::grey("1.2.840.10008.1.2.8.1", 12);
    file.encapsulated(&[&deflated]);
    let expected: Vec<f32> = picture(12).into_iter().map(f32::from).collect();
    assert_eq!((stored(&file.bytes()), expected.len()), (expected.clone(), HEIGHT * WIDTH));
    file.encapsulated(&[&deflated[..deflated.len() / 2]]);
    assert!(matches!(modality().read_bytes(&file.bytes()), Err(Error::Truncated { .. })));

    let mut file = File::empty(EXPLICIT);
    file.layout(1, 3, 1).word(0x0028, 0x0100, 1).text(0x0028, 0x0004, b"CS", "MONOCHROME2");
    file.text(0x0028, 0x0008, b"IS", "4").native(&[0b1101_0001, 0b0000_1010]);
    file.bytewise = true;
    let frame = |n| modality().with_frame(n).read_bytes(&file.bytes()).unwrap().into_pixels();
    assert_eq!([frame(0), frame(1)].concat(), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!([frame(2), frame(3)].concat(), [1.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
}

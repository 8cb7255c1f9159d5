//! Bad files: an error that names the file or the tag, what was expected and what came; or, when
//! asked to be lenient, a warning.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{BIG_ENDIAN, EXPLICIT, File, HEIGHT, IMPLICIT, WIDTH, picture};
use vertebra_radiograph::{
    Error, Grey, Limits, Radiograph, ReadOptions, Spacing, SpacingKind, Warning,
};

fn refused(bytes: &[u8]) -> String {
    ReadOptions::default().read_bytes(bytes).unwrap_err().to_string()
}

fn lenient(bytes: &[u8]) -> Radiograph {
    let options = ReadOptions::default().with_lenient(true).with_grey(Grey::Modality);
    options.read_bytes(bytes).unwrap()
}

#[test]
fn the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere.dcm");
    let error = Radiograph::open(&missing).unwrap_err();
    assert!(error.to_string().contains("nowhere.dcm"), "{error}");
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a film").unwrap();
    let error = Radiograph::open(&text).unwrap_err();
    assert!(matches!(&error, Error::File { path, reason }
        if *path == text && matches!(**reason, Error::UnknownFormat { .. })));
    assert!(error.to_string().contains("\"DICM\" at byte 128"), "{error}");
    assert!(error.to_string().contains("6e 6f 74"), "{error}");
}

#[test]
fn no_prefix() {
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN] {
        let mut file = File::grey(syntax, 12);
        (file.preamble, file.meta) = (false, false);
        assert!(refused(&file.bytes()).contains("\"DICM\" at byte 128"));
        let film = lenient(&file.bytes());
        let expected: Vec<f32> = picture(12).into_iter().map(f32::from).collect();
        assert_eq!(film.pixels(), expected);
        let warnings = &film.provenance().warnings;
        assert!(matches!(warnings[..], [Warning::NoPreamble, Warning::NoMetaGroup { .. }]));
    }
    let mut file = File::grey(EXPLICIT, 12);
    file.preamble = false;
    assert_eq!(lenient(&file.bytes()).provenance().warnings, [Warning::NoPreamble]);
}

#[test]
fn empty_and_tiny_files() {
    assert!(refused(&[]).contains("empty"));
    assert!(refused(&[0; 131]).contains("DICM"));
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    assert!(refused(&bytes).contains("Transfer Syntax UID (0002,0010)"));
}

#[test]
fn every_truncation_is_an_error() {
    let whole = File::grey(EXPLICIT, 12).bytes();
    for len in 0..whole.len() {
        let error = refused(&whole[..len]);
        assert!(!error.is_empty());
    }
    let error = refused(&whole[..whole.len() - 10]);
    assert!(error.contains("Pixel Data (7FE0,0010)"), "{error}");
    assert!(error.contains(&format!("expected {} bytes", 2 * HEIGHT * WIDTH)), "{error}");
    assert!(error.contains(&format!("got {}", 2 * HEIGHT * WIDTH - 10)), "{error}");
}

#[test]
fn truncated_pixels_leniently_give_the_rows_that_arrived() {
    let whole = File::grey(EXPLICIT, 12).bytes();
    let film = lenient(&whole[..whole.len() - (3 * 2 * WIDTH + 7)]);
    let rows = HEIGHT - 4;
    assert_eq!(
        film.provenance().warnings,
        [Warning::Truncated { rows_present: rows, rows: HEIGHT }]
    );
    let expected = picture(12);
    let valid = film.valid().unwrap();
    for i in 0..HEIGHT * WIDTH {
        assert_eq!(valid[i], i < rows * WIDTH);
        assert!(!valid[i] || film.pixels()[i] == f32::from(expected[i]));
    }
}

#[test]
fn truncated_compressed_pixels_too() {
    for (syntax, name) in
        [("1.2.840.10008.1.2.4.57", "lossless_12_1.jpg"), ("1.2.840.10008.1.2.4.80", "ls_12.jls")]
    {
        let path = format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"));
        let frame = std::fs::read(path).unwrap();
        let mut file = File::grey(syntax, 12);
        file.encapsulated(&[&frame[..frame.len() * 2 / 3]]);
        assert!(refused(&file.bytes()).contains("Pixel Data (7FE0,0010)"));
        let film = lenient(&file.bytes());
        let arrived = film.valid().unwrap().iter().filter(|v| **v).count();
        assert!(arrived > HEIGHT * WIDTH / 3, "{name}: {arrived}");
        let expected = picture(12);
        for (got, expected) in film.pixels()[..arrived].iter().zip(expected) {
            assert_eq!(*got, f32::from(expected), "{name}");
        }
    }
}

#[test]
fn unknown_and_undecoded_transfer_syntaxes_are_named() {
    let mut file = File::grey(EXPLICIT, 12);
    file.syntax = "1.2.3.4".into();
    let error = refused(&file.bytes());
    assert!(error.contains("(0002,0010)") && error.contains("1.2.3.4"), "{error}");
    let film = lenient(&file.bytes());
    assert!(matches!(film.provenance().warnings[..], [Warning::GuessedTransferSyntax { .. }]));
    file.syntax = "1.2.840.10008.1.2.4.93".into();
    assert!(refused(&file.bytes()).contains("JPEG 2000 Part 2 Multi-component"));
}

/// dicom-rs 0.10.1 does not open files whose UIDs in the file meta group are hashed
/// (VinDr-SpineXR).
#[test]
fn hashed_uids_in_the_meta_group_do_no_harm() {
    let plain = File::grey(EXPLICIT, 12).bytes();
    let mut bytes = plain[..132].to_vec();
    for (element, value) in [(2_u16, &b"3f2a9c\xff\xfe"[..]), (3, b"0123456789abcdef")] {
        bytes.extend([2, 0]);
        bytes.extend(element.to_le_bytes());
        bytes.extend(b"UI");
        bytes.extend((value.len() as u16).to_le_bytes());
        bytes.extend(value);
    }
    bytes.extend(&plain[132..]);
    let film = Radiograph::clone(&ReadOptions::default().read_bytes(&bytes).unwrap());
    assert_eq!(film.provenance().warnings, []);
}

#[test]
fn missing_spacing_is_a_warning_and_unknown() {
    let mut file = File::grey(EXPLICIT, 12);
    file.remove(0x0018, 0x1164);
    let film = ReadOptions::default().read_bytes(&file.bytes()).unwrap();
    assert_eq!(film.spacing().kind, SpacingKind::Unknown);
    assert_eq!(film.spacing().mm(), None);
    assert_eq!(film.provenance().warnings, [Warning::MissingSpacing]);
}

#[test]
fn zero_size_and_missing_size() {
    for (element, name) in [(0x0010, "Rows (0028,0010)"), (0x0011, "Columns (0028,0011)")] {
        let mut file = File::grey(EXPLICIT, 12);
        file.word(0x0028, element, 0);
        let error = refused(&file.bytes());
        assert!(error.contains(name) && error.contains("got 0"), "{error}");
        file.remove(0x0028, element);
        assert!(refused(&file.bytes()).contains(name));
    }
    let error = Radiograph::new(0, 3, vec![], Spacing::UNKNOWN).unwrap_err();
    assert!(error.to_string().contains("got 0 x 3"), "{error}");
}

/// dicom-rs 0.10.1 returns too few bytes without an error.
#[test]
fn rows_and_columns_of_65535_are_refused() {
    let mut file = File::grey(EXPLICIT, 12);
    file.word(0x0028, 0x0010, 65535).word(0x0028, 0x0011, 65535);
    assert!(refused(&file.bytes()).contains("at most 100000000"));
    let mut limits = Limits::default();
    (limits.pixels, limits.memory) = (u64::MAX, u64::MAX);
    let error = ReadOptions::default().with_limits(limits).read_bytes(&file.bytes()).unwrap_err();
    assert!(matches!(error, Error::Truncated { expected: 8_589_672_450, .. }), "{error}");
}

#[test]
fn limits_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.dcm");
    for syntax in [EXPLICIT, support::DEFLATED] {
        let bytes = File::grey(syntax, 12).bytes();
        std::fs::write(&path, &bytes).unwrap();
        let mut limits = Limits::default();
        limits.bytes = bytes.len() as u64 - 1;
        let error = ReadOptions::default().with_limits(limits).read(&path).unwrap_err();
        assert!(error.to_string().contains("bytes of the file: at most"), "{error}");
        limits.bytes += 1;
        let result = ReadOptions::default().with_limits(limits).read(&path);
        assert_eq!(result.is_ok(), syntax == EXPLICIT, "deflated data expand past the limit");
    }
}

#[test]
fn impossible_bits_are_named() {
    for (element, value, name) in [
        (0x0100, 12, "Bits Allocated (0028,0100)"),
        (0x0101, 17, "Bits Stored (0028,0101)"),
        (0x0101, 0, "Bits Stored (0028,0101)"),
        (0x0102, 5, "High Bit (0028,0102)"),
        (0x0102, 16, "High Bit (0028,0102)"),
        (0x0002, 3, "Samples per Pixel (0028,0002)"),
    ] {
        let mut file = File::grey(EXPLICIT, 12);
        file.word(0x0028, element, value);
        let error = refused(&file.bytes());
        assert!(error.contains(name) && error.contains(&value.to_string()), "{error}");
    }
}

#[test]
fn a_rescale_that_is_no_number_is_named() {
    let mut file = File::grey(EXPLICIT, 12);
    file.text(0x0028, 0x1053, b"DS", "abc");
    let error = refused(&file.bytes());
    assert!(error.contains("Rescale Slope (0028,1053)") && error.contains("\"abc\""), "{error}");
    file.text(0x0028, 0x1053, b"DS", "0");
    assert!(refused(&file.bytes()).contains("not zero"));
}

#[test]
fn no_pixel_data() {
    let mut file = File::grey(EXPLICIT, 12);
    file.native(&[]);
    assert!(refused(&file.bytes()).contains("Pixel Data (7FE0,0010)"));
}

#[test]
fn compressed_size_must_be_that_of_the_header() {
    let path = format!("{}/testdata/ls_12.jls", env!("CARGO_MANIFEST_DIR"));
    let mut file = File::grey("1.2.840.10008.1.2.4.80", 12);
    file.encapsulated(&[&std::fs::read(path).unwrap()]).word(0x0028, 0x0010, 38);
    let error = refused(&file.bytes());
    assert!(error.contains("38 x 45 x 1; got 37 x 45 x 1"), "{error}");
}

#[test]
fn no_message_shows_a_name() {
    let mut file = File::grey(EXPLICIT, 12);
    file.text(0x0010, 0x0010, b"PN", "Doe^Jane").text(0x0010, 0x0020, b"LO", "SECRET42");
    let film = ReadOptions::default().read_bytes(&file.bytes()).unwrap();
    let shown = format!("{film:?}");
    assert!(!shown.contains("Doe") && !shown.contains("SECRET42"));
}

#[test]
fn the_header_alone_is_read_from_the_first_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.dcm");
    for syntax in [EXPLICIT, support::DEFLATED] {
        let mut file = File::grey(syntax, 12);
        // An attribute longer than the first piece that is read.
        file.put(0x0009, 0x1001, b"OB", &vec![7; 200_000]);
        std::fs::write(&path, file.bytes()).unwrap();
        let header = ReadOptions::default().read_header(&path).unwrap();
        assert_eq!((header.height, header.width, header.frames), (HEIGHT, WIDTH, 1));
        assert_eq!(header.spacing.mm(), Some([0.2, 0.2]));
        assert_eq!(header.acquisition.modality.as_deref(), Some("DX"));
        assert_eq!(header.transfer_syntax, syntax);
    }
    let whole = File::grey(EXPLICIT, 12).bytes();
    std::fs::write(&path, &whole[..whole.len() - 100]).unwrap();
    assert!(ReadOptions::default().read_header(&path).is_ok(), "pixels are not looked at");
    std::fs::write(&path, &whole[..200]).unwrap();
    let error = ReadOptions::default().read_header(&path).unwrap_err();
    assert!(error.to_string().contains("film.dcm"), "{error}");
}

#[test]
fn memory_and_time_are_limited() {
    let golden = |name: &str| {
        std::fs::read(format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let mut films = vec![File::grey(EXPLICIT, 12)];
    for (syntax, name) in [("90", "j2k_12.j2k"), ("201", "ht_12.j2c"), ("110", "xl_12.jxl")] {
        let mut film = File::grey(&format!("1.2.840.10008.1.2.4.{syntax}"), 12);
        film.encapsulated(&[&golden(name)]);
        films.push(film);
    }
    for film in films {
        let read = |limits| ReadOptions::default().with_limits(limits).read_bytes(&film.bytes());
        let mut limits = Limits::default();
        limits.memory = 6000;
        let error = read(limits).unwrap_err().to_string();
        assert!(error.starts_with("bytes of memory") && error.contains("6000"), "{error}");
        let mut limits = Limits::default();
        limits.time = std::time::Duration::ZERO;
        let error = read(limits).unwrap_err().to_string();
        assert!(error.contains("milliseconds for the file: at most 0"), "{error}");
    }
}

#[test]
fn a_number_of_frames_that_is_none_is_one_leniently() {
    let mut file = File::grey(EXPLICIT, 12);
    file.text(0x0028, 0x0008, b"IS", "1A");
    assert!(refused(&file.bytes()).contains("Number of Frames (0028,0008)"));
    let film = lenient(&file.bytes());
    assert!(matches!(&film.provenance().warnings[..], [Warning::Guessed { what }]
        if what.contains("\"1A\"") && what.contains("taken as 1")));
}

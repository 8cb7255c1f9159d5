//! What fuzzing and reading the code found: each must be refused or read quickly, and hold little.
#![allow(clippy::unwrap_used)]

#[path = "support/heap.rs"]
mod heap;
mod support;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use support::{EXPLICIT, File};
use vertebra_radiograph::{Error, Limits, Radiograph, ReadOptions, Warning};

const MIB: usize = 1 << 20;

fn read(bytes: &[u8], options: &ReadOptions) -> (Result<Radiograph, Error>, usize) {
    heap::peak_of(|| options.read_bytes(bytes))
}

/// Held by every test, since what another one makes at the same time counts as held, too.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Found by the fuzz target `tiff`: 160 MB for a file of 132 bytes.
#[test]
fn a_tiff_that_announces_more_than_it_holds_is_refused_before_room_is_made() {
    let _alone = alone();
    for (tag, kind) in [(0x0100_u16, 3_u16), (0x0111, 4), (0x8120, 1)] {
        let mut bytes = b"MM\0*\0\0\0\x08\0\x01".to_vec();
        bytes.extend(tag.to_be_bytes());
        bytes.extend(kind.to_be_bytes());
        bytes.extend(5_000_000_u32.to_be_bytes());
        bytes.extend([0; 8]);
        let (result, peak) = read(&bytes, &ReadOptions::default());
        let error = result.unwrap_err().to_string();
        assert!(error.contains("expected TIFF ImageWidth; got none"), "{error}");
        assert!(peak < MIB, "{peak} bytes");
    }
}

/// Found by the fuzz target `film`: one more than the highest word, an overflow where that is
/// checked.
#[test]
fn a_high_bit_beyond_every_word_is_refused() {
    let _alone = alone();
    let mut film = File::grey(EXPLICIT, 12);
    film.layout(2, 2, 12).word(0x0028, 0x0102, u16::MAX).native(&[0; 8]);
    let error = read(&film.bytes(), &ReadOptions::default()).0.unwrap_err().to_string();
    assert!(error.contains("11 to 15") && error.contains("65535"), "{error}");
}

#[test]
fn more_elements_than_any_file_has_are_refused() {
    let _alone = alone();
    let mut bytes = File::empty(EXPLICIT).head();
    let element = [0x08, 0, 0x60, 0, b'C', b'S', 0, 0];
    bytes.extend(std::iter::repeat_n(element, 1 << 20).flatten());
    let (result, peak) = read(&bytes, &ReadOptions::default());
    assert_eq!(result.unwrap_err().to_string(), "data elements: expected at most 131072; got more");
    assert!(peak < 24 * MIB, "{peak} bytes");
}

#[test]
fn a_value_longer_than_any_table_is_not_read_as_numbers() {
    let _alone = alone();
    let mut film = File::grey(EXPLICIT, 12);
    film.put(0x0018, 0x1620, b"UT", &b"1\\1\\".repeat(1 << 20));
    film.text(0x0018, 0x1600, b"CS", "POLYGONAL");
    let (result, peak) = read(&film.bytes(), &ReadOptions::default());
    let warnings = &result.unwrap().provenance().warnings.clone();
    assert!(matches!(warnings[..], [Warning::Ignored { .. }]), "{warnings:?}");
    assert!(peak < 8 * MIB, "{peak} bytes");
}

/// A shutter of a quarter of a million corners, or named a hundred thousand times.
#[test]
fn shutters_take_no_time() {
    let _alone = alone();
    let began = Instant::now();
    let mut film = File::grey(EXPLICIT, 12);
    film.put(0x0018, 0x1620, b"UT", &b"1\\1\\40\\40\\".repeat(50_000));
    film.put(0x0018, 0x1610, b"IS", b"9\\9 ").text(0x0018, 0x1612, b"IS", "30");
    film.put(0x0018, 0x1600, b"UT", &b"CIRCULAR\\POLYGONAL\\".repeat(50_000));
    let film = ReadOptions::default().read_bytes(&film.bytes()).unwrap();
    assert!(matches!(film.provenance().warnings[..], [Warning::Ignored { .. }]));
    // Minutes before; the bound is wide, as tests run on slow machines.
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_polygon_with_a_notch_is_cut_out_row_by_row() {
    let _alone = alone();
    let mut film = File::grey(EXPLICIT, 12);
    // A W: rows 1 to 30, with a notch from the top down to row 20 in the middle.
    film.text(0x0018, 0x1600, b"CS", "POLYGONAL");
    film.text(0x0018, 0x1620, b"IS", "1\\1\\20\\20\\1\\40\\30\\40\\30\\1");
    let film = ReadOptions::default().read_bytes(&film.bytes()).unwrap();
    let inside = |row: usize, column: usize| film.valid().unwrap()[row * support::WIDTH + column];
    assert!(inside(10, 5) && inside(10, 35) && inside(25, 19));
    assert!(!inside(10, 19) && !inside(31, 19) && !inside(10, 42));
}

/// Every scan goes over the whole picture: a file of many would take the square of its length.
#[test]
fn a_component_has_one_scan() {
    let _alone = alone();
    for (name, bits, syntax) in [
        ("lossless_12_1.jpg", 12, "1.2.840.10008.1.2.4.57"),
        ("dct_12.jpg", 12, "1.2.840.10008.1.2.4.51"),
    ] {
        let stream = golden(name);
        let scan = stream.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
        let twice = [&stream[..stream.len() - 2], &stream[scan..]].concat();
        let mut film = File::grey(syntax, bits);
        film.encapsulated(&[&twice]);
        let error = ReadOptions::default().read_bytes(&film.bytes()).unwrap_err().to_string();
        assert!(error.contains("scan"), "{name}: {error}");
    }
}

#[test]
fn a_progressive_picture_of_a_thousand_scans_is_refused() {
    let _alone = alone();
    let stream = golden("dct_8.jpg");
    let scan = stream.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
    let mut many = stream[..scan].to_vec();
    (0..1000).for_each(|_| many.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0]));
    let error = ReadOptions::default().read_bytes(&many).unwrap_err().to_string();
    assert_eq!(error, "JPEG data: expected at most 200 scans; got more");
}

fn limited(change: impl FnOnce(&mut Limits)) -> ReadOptions {
    let mut limits = Limits::default();
    change(&mut limits);
    ReadOptions::default().with_limits(limits)
}

#[test]
fn limits_are_kept() {
    let _alone = alone();
    let film = File::grey(EXPLICIT, 12).bytes();
    let what = |options: ReadOptions, bytes: &[u8]| match options.read_bytes(bytes) {
        Err(Error::LimitExceeded { name, .. }) => name,
        other => panic!("expected a limit, got {other:?}"),
    };
    let at = |pixels| limited(|l| l.pixels = pixels);
    assert_eq!(what(at(37 * 45 - 1), &film), "pixels (Rows x Columns)");
    assert!(at(37 * 45).read_bytes(&film).is_ok());
    let little = || limited(|l| l.memory = 1 << 20);
    assert_eq!(what(little(), &film), "bytes of memory to decode the frame");
    let none = || limited(|l| l.time = Duration::ZERO);
    for name in ["lossless_12_1.jpg", "dct_12.jpg", "dct_8.jpg"] {
        assert_eq!(what(none(), &golden(name)), "milliseconds for the file", "{name}");
    }
    assert_eq!(what(none(), &film), "milliseconds for the file");
    let picture = limited(|l| l.memory = 1 << 10);
    assert_eq!(what(picture, &golden("dct_8.jpg")), "bytes of memory to decode the picture");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.dcm");
    std::fs::write(&path, &film).unwrap();
    let error = limited(|l| l.bytes = 1000).read(&path).unwrap_err().to_string();
    assert!(error.contains("bytes of the file: at most 1000 allowed"), "{error}");
}

/// A megabyte of zeros deflates to a kilobyte; it is not inflated beyond the limit.
#[test]
fn a_deflated_data_set_is_not_inflated_beyond_the_limit() {
    let _alone = alone();
    let mut film = File::grey(support::DEFLATED, 12);
    film.put(0x0029, 0x1000, b"UN", &vec![0; 64 * MIB]);
    let bytes = film.bytes();
    let options = limited(|l| l.bytes = 8 << 20);
    let (result, peak) = read(&bytes, &options);
    let error = result.unwrap_err();
    assert!(matches!(error, Error::LimitExceeded { name: "bytes of the inflated data set", .. }));
    assert!(peak < 32 * MIB, "{peak} bytes");
}

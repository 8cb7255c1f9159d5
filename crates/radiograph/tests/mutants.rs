//! Ten thousand damaged films: an answer or an error, never a panic, never more memory than the
//! limits allow.
#![allow(clippy::unwrap_used)]

#[path = "support/heap.rs"]
mod heap;
mod support;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;
use support::{BIG_ENDIAN, DEFLATED, EXPLICIT, File, IMPLICIT};
use vertebra_radiograph::{Deidentifier, Error, Grey, Limits, Radiograph, ReadOptions};

const MUTANTS: usize = 10_000;

/// One small film of each syntax and decoder, with its codestream's name.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut films: Vec<(String, File)> = [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED]
        .map(|s| (s.to_string(), File::grey(s, 12)))
        .into();
    for (syntax, bits, name) in [
        ("1.2.840.10008.1.2.5", 16, "rle_16.rle"),
        ("1.2.840.10008.1.2.4.50", 8, "dct_8.jpg"),
        ("1.2.840.10008.1.2.4.51", 12, "dct_12.jpg"),
        ("1.2.840.10008.1.2.4.57", 12, "lossless_12_5.jpg"),
        ("1.2.840.10008.1.2.4.57", 8, "lossless_rgb.jpg"),
        ("1.2.840.10008.1.2.4.70", 16, "lossless_16_1.jpg"),
        ("1.2.840.10008.1.2.4.80", 12, "ls_12.jls"),
        ("1.2.840.10008.1.2.4.81", 12, "ls_near3.jls"),
        ("1.2.840.10008.1.2.4.80", 8, "ls_rgb_sample.jls"),
        ("1.2.840.10008.1.2.4.80", 8, "ls_rgb_line.jls"),
        ("1.2.840.10008.1.2.4.90", 12, "j2k_12.j2k"),
        ("1.2.840.10008.1.2.4.90", 8, "j2k_rgb.j2k"),
        ("1.2.840.10008.1.2.4.91", 12, "j2k_lossy.j2k"),
        ("1.2.840.10008.1.2.4.110", 12, "xl_12.jxl"),
        ("1.2.840.10008.1.2.4.111", 8, "xl_jpeg.jxl"),
        ("1.2.840.10008.1.2.4.112", 12, "xl_lossy.jxl"),
        ("1.2.840.10008.1.2.4.201", 12, "ht_12.j2c"),
        ("1.2.840.10008.1.2.4.201", 8, "ht_rgb.j2c"),
        ("1.2.840.10008.1.2.4.202", 12, "ht_tiles.j2c"),
        ("1.2.840.10008.1.2.4.202", 12, "ht_precincts.j2c"),
        ("1.2.840.10008.1.2.4.203", 8, "ht_pass3.j2c"),
        ("1.2.840.10008.1.2.4.203", 12, "ht_lossy.j2c"),
    ] {
        let path = format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut film = File::grey(syntax, bits);
        film.encapsulated(&[&std::fs::read(path).unwrap()]);
        if name.contains("rgb") {
            film.word(0x0028, 0x0002, 3).text(0x0028, 0x0004, b"CS", "RGB");
        }
        films.push((name.into(), film));
    }
    for (_, film) in &mut films {
        let mut item = File::empty(&film.syntax);
        item.words(0x0028, 0x3002, b"US", &[4, 0, 16]).words(0x0028, 0x3006, b"OW", &[1, 2, 3, 4]);
        film.sequence(0x0028, 0x3000, &item);
        film.text(0x0028, 0x1050, b"DS", "2").text(0x0028, 0x1051, b"DS", "4");
        film.text(0x0018, 0x1600, b"CS", "CIRCULAR").text(0x0018, 0x1610, b"IS", "9\\9");
        film.text(0x0018, 0x1612, b"IS", "8").word(0x0028, 0x0120, 7);
    }
    films.into_iter().map(|(name, film)| (name, film.bytes())).collect()
}

/// Where each data element of an explicit little-endian file starts, found by its VR.
fn elements(film: &[u8]) -> Vec<usize> {
    let vr = |at: &usize| {
        let head = &film[*at..at + 8];
        head[5].is_ascii_uppercase()
            && head[4].is_ascii_uppercase()
            && matches!(head[0], 0x02 | 0x08 | 0x10 | 0x18 | 0x28 | 0xE0)
            && matches!(head[1], 0x00 | 0x7F)
    };
    (132..film.len().saturating_sub(8)).filter(vr).collect()
}

/// Where each marker of a codestream is: ff and a byte from c0 or, in JPEG 2000, from 4f on.
fn markers(film: &[u8]) -> Vec<usize> {
    let from = film.windows(4).position(|w| w == [0xFE, 0xFF, 0x00, 0xE0]).unwrap_or(film.len());
    let marker =
        |at: &usize| film[*at] == 0xFF && matches!(film[at + 1], 0x4F..=0x93 | 0xC0..=0xFE);
    (from..film.len().saturating_sub(8)).filter(marker).collect()
}

fn pick(list: &[usize], dice: &mut ChaCha8Rng) -> Option<usize> {
    (!list.is_empty()).then(|| list[dice.random_range(0..list.len())])
}

/// Damages a film in one to four places, most of them where a length, a size, a VR or a marker
/// lies.
fn mutate(film: &[u8], dice: &mut ChaCha8Rng) -> Vec<u8> {
    let mut film = film.to_vec();
    for _ in 0..dice.random_range(1..5) {
        if film.len() < 200 {
            return film;
        }
        match dice.random_range(0..4) {
            0 => anywhere(&mut film, dice),
            1 => in_an_element(&mut film, dice),
            2 => in_a_segment(&mut film, dice),
            // Headers are short and decide everything.
            _ => {
                let at = dice.random_range(0..film.len().min(700));
                film[at] = dice.random();
            }
        }
    }
    film
}

fn anywhere(film: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
    let at = dice.random_range(0..film.len());
    let end = (at + dice.random_range(1..40)).min(film.len());
    match dice.random_range(0..7) {
        0 => film[at] ^= 1 << dice.random_range(0..8),
        1 => film[at] = dice.random(),
        2 => film[at] = [0, 0xFF, 0x7F, 0x80][dice.random_range(0..4)],
        3 => film[at..end].fill(dice.random()),
        4 => drop(film.drain(at..end)),
        5 => {
            let copy = film[at..end].to_vec();
            film.splice(at..at, copy);
        }
        _ => film.truncate(at.max(1)),
    }
}

/// Another VR, length or value for a data element, or a tag in another place.
fn in_an_element(film: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
    let elements = elements(film);
    let Some(at) = pick(&elements, dice) else { return anywhere(film, dice) };
    let lengths: [u16; 6] = [0, 1, 2, 0x7FFF, 0xFFFE, 0xFFFF];
    match dice.random_range(0..5) {
        0 => {
            let vrs = [b"UN", b"SQ", b"OW", b"US", b"SS", b"DS", b"FD", b"LO", b"\0\0", b"UT"];
            film[at + 4..at + 6].copy_from_slice(vrs[dice.random_range(0..vrs.len())]);
        }
        1 => {
            let length = lengths[dice.random_range(0..lengths.len())];
            film[at + 6..at + 8].copy_from_slice(&length.to_le_bytes());
        }
        2 if at + 12 <= film.len() => film[at + 8..at + 12].fill(dice.random()),
        3 => {
            let Some(other) = pick(&elements, dice) else { return };
            film.copy_within(other..other + 4, at);
        }
        _ => {
            // A value of a word: rows, columns, bits, samples, tables.
            let word = [0_u16, 1, 8, 15, 16, 17, 32, 255, 4096, 65535][dice.random_range(0..10)];
            if let Some(value) = film.get_mut(at + 8..at + 10) {
                value.copy_from_slice(&word.to_le_bytes());
            }
        }
    }
}

/// Another marker, length or parameter for a segment of a codestream, or a segment twice.
fn in_a_segment(film: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
    let Some(at) = pick(&markers(film), dice) else { return anywhere(film, dice) };
    match dice.random_range(0..5) {
        0 => {
            film[at + 1] =
                [0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xD9, 0xDA, 0xDD, 0xF7, 0xF8, 0x51, 0x52, 0x90]
                    [dice.random_range(0..13)]
        }
        1 => film[at + 2..at + 4].fill([0, 0xFF][dice.random_range(0..2)]),
        2 | 3 => {
            let end = film.len().min(at + 60);
            let at = dice.random_range(at + 2..end);
            film[at] = [0, 1, 0x7F, 0x80, 0xFF, dice.random()][dice.random_range(0..6)];
        }
        _ => {
            let segment = film[at..(at + dice.random_range(2..120)).min(film.len())].to_vec();
            film.splice(at..at, segment);
        }
    }
}

#[test]
fn mutants_never_panic_and_stay_within_the_limits() {
    let seeds = seeds();
    let mut limits = Limits::default();
    (limits.pixels, limits.bytes, limits.memory) = (100_000, 1 << 20, 8 << 20);
    limits.time = Duration::from_secs(30);
    let deidentifier = Deidentifier::new(b"key").with_date_shift(9);
    let mut opened = vec![0; seeds.len()];
    let (mut most, mut copies) = (0, 0);
    for i in 0..MUTANTS {
        let mut dice = ChaCha8Rng::seed_from_u64(i as u64);
        let (which, grey) = (i % seeds.len(), [Grey::Display, Grey::Modality][i / 7 % 2]);
        let mutant = mutate(&seeds[which].1, &mut dice);
        let options =
            ReadOptions::default().with_limits(limits).with_grey(grey).with_lenient(i % 3 > 0);
        let (film, peak) = heap::peak_of(|| options.read_bytes(&mutant));
        assert!(peak as u64 <= limits.memory, "mutant {i} ({}): {peak} bytes", seeds[which].0);
        most = most.max(peak);
        match film {
            Ok(film) => {
                assert_eq!(film.pixels().len(), film.height() * film.width(), "mutant {i}");
                assert!(film.pixels().iter().all(|v| v.is_finite()), "mutant {i}");
                opened[which] += 1;
            }
            Err(Error::LimitExceeded { name: "milliseconds for the file", .. }) => {
                panic!("mutant {i} ({}) took too long", seeds[which].0)
            }
            Err(_) => {}
        }
        if i % 2 == 0 {
            let (result, peak) = heap::peak_of(|| deidentifier.bytes(&mutant));
            assert!(peak as u64 <= limits.memory, "mutant {i}: {peak} bytes to de-identify");
            if let Ok((bytes, _)) = result {
                assert!(bytes.len() < (2 << 20), "mutant {i}");
                let options = ReadOptions::default().with_limits(limits).with_grey(Grey::Modality);
                if let Ok(film) = options.read_bytes(&mutant) {
                    let copy = options.read_bytes(&bytes).map(Radiograph::into_pixels);
                    let same = copy.is_ok_and(|pixels| pixels == film.pixels());
                    assert!(same, "mutant {i} ({}): other pixels in the copy", seeds[which].0);
                    copies += 1;
                }
            }
        }
    }
    let each = MUTANTS / seeds.len();
    for ((name, _), opened) in seeds.iter().zip(opened) {
        assert!(opened > each / 50, "{name}: only {opened} opened: the mutants reach no decoder");
        assert!(opened < each, "{name}: no mutant was noticed");
    }
    assert!(copies > MUTANTS / 50, "only {copies} copies of films that open");
    assert!(most > 300 << 10, "the heap is not counted");
}

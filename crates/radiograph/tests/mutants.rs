//! Ten thousand damaged films: an answer or an error, never a panic, never more memory than the
//! limits allow.
#![allow(clippy::unwrap_used)]

mod support;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use support::{BIG_ENDIAN, DEFLATED, EXPLICIT, File, IMPLICIT};
use vertebra_radiograph::{Deidentifier, Grey, Limits, ReadOptions};

const MUTANTS: usize = 10_000;

/// One small film of each syntax and decoder.
fn seeds() -> Vec<Vec<u8>> {
    let mut films: Vec<File> =
        [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED].map(|s| File::grey(s, 12)).into();
    for (syntax, bits, name) in [
        ("1.2.840.10008.1.2.5", 16, "rle_16.rle"),
        ("1.2.840.10008.1.2.4.50", 8, "dct_8.jpg"),
        ("1.2.840.10008.1.2.4.51", 12, "dct_12.jpg"),
        ("1.2.840.10008.1.2.4.57", 12, "lossless_12_5.jpg"),
        ("1.2.840.10008.1.2.4.80", 12, "ls_12.jls"),
        ("1.2.840.10008.1.2.4.81", 12, "ls_near3.jls"),
        ("1.2.840.10008.1.2.4.80", 8, "ls_rgb_sample.jls"),
        ("1.2.840.10008.1.2.4.90", 12, "j2k_12.j2k"),
        ("1.2.840.10008.1.2.4.91", 12, "j2k_lossy.j2k"),
    ] {
        let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut film = File::grey(syntax, bits);
        film.encapsulated(&[&std::fs::read(path).unwrap()]);
        if name.contains("rgb") {
            film.word(0x0028, 0x0002, 3).text(0x0028, 0x0004, b"CS", "RGB");
        }
        films.push(film);
    }
    for film in &mut films {
        let mut item = File::empty(&film.syntax);
        item.words(0x0028, 0x3002, b"US", &[4, 0, 16]).words(0x0028, 0x3006, b"OW", &[1, 2, 3, 4]);
        film.sequence(0x0028, 0x3000, &item);
        film.text(0x0028, 0x1050, b"DS", "2").text(0x0028, 0x1051, b"DS", "4");
        film.text(0x0018, 0x1600, b"CS", "CIRCULAR").text(0x0018, 0x1610, b"IS", "9\\9");
        film.text(0x0018, 0x1612, b"IS", "8").word(0x0028, 0x0120, 7);
    }
    films.iter().map(File::bytes).collect()
}

fn mutate(film: &[u8], dice: &mut ChaCha8Rng) -> Vec<u8> {
    let mut film = film.to_vec();
    for _ in 0..dice.random_range(1..5) {
        let at = dice.random_range(0..film.len().max(1));
        if film.len() < 2 {
            return film;
        }
        let end = (at + dice.random_range(1..40)).min(film.len());
        match dice.random_range(0..8) {
            0 => film[at] ^= 1 << dice.random_range(0..8),
            1 => film[at] = dice.random(),
            2 => film[at] = [0, 0xFF, 0x7F, 0x80][dice.random_range(0..4)],
            3 => film[at..end].fill(dice.random()),
            4 => drop(film.drain(at..end)),
            5 => {
                let copy = film[at..end].to_vec();
                film.splice(at..at, copy);
            }
            6 => film.truncate(at.max(1)),
            // Headers are short and decide everything: half of the single bytes hit them.
            _ => {
                let at = dice.random_range(0..film.len().min(700));
                film[at] = dice.random();
            }
        }
    }
    film
}

/// Peak resident memory of this process in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

#[test]
fn mutants_never_panic_and_stay_within_the_limits() {
    let seeds = seeds();
    let mut limits = Limits::default();
    (limits.pixels, limits.bytes) = (100_000, 1 << 20);
    let before = peak_memory();
    let deidentifier = Deidentifier::new(b"key").with_date_shift(9);
    let mut opened = 0;
    for i in 0..MUTANTS {
        let mut dice = ChaCha8Rng::seed_from_u64(i as u64);
        let mutant = mutate(&seeds[i % seeds.len()], &mut dice);
        let grey = if i % 2 == 0 { Grey::Display } else { Grey::Modality };
        let options =
            ReadOptions::default().with_limits(limits).with_grey(grey).with_lenient(i % 3 > 0);
        if i % 2 == 0
            && let Ok((bytes, _)) = deidentifier.bytes(&mutant)
        {
            assert!(bytes.len() < (2 << 20), "mutant {i}");
        }
        if let Ok(film) = options.read_bytes(&mutant) {
            assert_eq!(film.pixels().len(), film.height() * film.width(), "mutant {i}");
            assert!(film.pixels().iter().all(|v| v.is_finite()), "mutant {i}");
            opened += 1;
        }
    }
    assert!(opened > MUTANTS / 20, "only {opened} opened: the mutants reach no decoder");
    assert!(opened < MUTANTS, "no mutant was noticed");
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        let grown = after.saturating_sub(before);
        assert!(grown < 200 << 20, "peak memory grew by {} MiB", grown >> 20);
    }
}

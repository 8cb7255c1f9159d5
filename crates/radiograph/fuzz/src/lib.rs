//! What the fuzz targets share: limits, an allocator that counts, and films made around a
//! codestream.

#[path = "../../tests/support/heap.rs"]
pub mod heap;
#[path = "../../tests/support/mod.rs"]
pub mod support;

use std::time::Duration;
use support::File;
use vertebra_radiograph::{Grey, Limits, Radiograph, ReadOptions};

/// No input of a few kilobytes may make the reader hold more than this at once.
const MOST_BYTES: usize = 48 << 20;

/// Small limits, so that an input is decided in milliseconds.
pub fn options() -> ReadOptions {
    let mut limits = Limits::default();
    (limits.pixels, limits.bytes) = (1 << 16, 1 << 20);
    // Time is the fuzzer's own to watch: a process that is stopped for a while is not late.
    limits.time = Duration::MAX;
    ReadOptions::default().with_limits(limits)
}

/// Runs a part of a target and stops the fuzzer where it held too much memory.
pub fn bounded<T>(run: impl FnOnce() -> T) -> T {
    let (result, peak) = heap::peak_of(run);
    assert!(peak <= MOST_BYTES, "{peak} bytes at once");
    result
}

/// Reads bytes strictly and leniently, to display and to modality values; checks what must hold
/// whatever the bytes are.
pub fn read_all_ways(bytes: &[u8]) {
    for grey in [Grey::Display, Grey::Modality] {
        let options = options().with_grey(grey);
        let strict = bounded(|| options.read_bytes(bytes));
        let lenient = bounded(|| options.clone().with_lenient(true).read_bytes(bytes));
        for film in [&strict, &lenient].into_iter().flatten() {
            check(film, grey);
        }
        if let Ok(strict) = strict {
            let lenient = lenient.expect("what opens strictly opens leniently");
            assert!(strict.pixels() == lenient.pixels(), "lenient reading changed the pixels");
        }
    }
}

fn check(film: &Radiograph, grey: Grey) {
    assert_eq!(film.pixels().len(), film.height() * film.width());
    assert!(film.pixels().iter().all(|v| v.is_finite()));
    if grey == Grey::Display {
        assert!(film.pixels().iter().all(|v| (0.0..=1.0).contains(v)));
    }
    if let Some(valid) = film.valid() {
        assert_eq!(valid.len(), film.pixels().len());
    }
}

/// How the first bytes of an input lay out the film around a codestream.
pub struct Around<'d> {
    pub bits: u16,
    pub signed: bool,
    pub photometric: &'static str,
    pub samples: u16,
    pub stream: &'d [u8],
}

/// Two bytes of layout, then the codestream; `None` where the input is too short.
pub fn around(data: &[u8]) -> Option<Around<'_>> {
    let [bits, layout, stream @ ..] = data else { return None };
    let (photometric, samples) = match layout & 7 {
        0 | 1 => ("MONOCHROME2", 1),
        2 => ("MONOCHROME1", 1),
        3 => ("RGB", 3),
        4 => ("YBR_FULL", 3),
        5 => ("YBR_FULL_422", 3),
        6 => ("YBR_RCT", 3),
        _ => ("MONOCHROME2", 1),
    };
    let bits = u16::from(bits % 16) + 1;
    Some(Around { bits, signed: layout & 8 != 0, photometric, samples, stream })
}

/// A film of one encapsulated frame of this size.
pub fn film(syntax: &str, around: &Around<'_>, rows: u16, columns: u16) -> Vec<u8> {
    let mut file = File::grey(syntax, around.bits);
    file.layout(rows, columns, around.bits)
        .word(0x0028, 0x0002, around.samples)
        .word(0x0028, 0x0103, u16::from(around.signed))
        .text(0x0028, 0x0004, b"CS", around.photometric)
        .encapsulated(&[around.stream]);
    file.bytes()
}

/// Rows and columns of the first JPEG or JPEG-LS frame header (SOFn or SOF55).
pub fn jpeg_size(stream: &[u8]) -> (u16, u16) {
    let frame =
        |w: &&[u8]| w[0] == 0xFF && matches!(w[1], 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xF7);
    let found = stream.windows(9).find(frame);
    found.map_or((1, 1), |w| (u16::from_be_bytes([w[5], w[6]]), u16::from_be_bytes([w[7], w[8]])))
}

/// Rows and columns of a JPEG 2000 codestream's first SIZ segment.
pub fn jpeg2000_size(stream: &[u8]) -> (u16, u16) {
    let Some(siz) = stream.windows(22).find(|w| w[..4] == [0xFF, 0x4F, 0xFF, 0x51]) else {
        return (1, 1);
    };
    let long = |at: usize| u32::from_be_bytes([siz[at], siz[at + 1], siz[at + 2], siz[at + 3]]);
    let offset = |at: usize| {
        stream
            .windows(30)
            .find(|w| w[..4] == [0xFF, 0x4F, 0xFF, 0x51])
            .map_or(0, |w| u32::from_be_bytes([w[at], w[at + 1], w[at + 2], w[at + 3]]))
    };
    let size =
        |total: u32, offset: u32| total.saturating_sub(offset).min(u32::from(u16::MAX)) as u16;
    (size(long(12), offset(20)), size(long(8), offset(16)))
}

//! Which context a decision is made in (T.800 tables D.1 to D.4), from the window of flags around a
//! sample.
//!
//! A window shows the three columns around a sample, six bits apart, of each three rows from the
//! lowest bit.

/// The first context of refinement; those of runs and of equal bits.
pub(super) const REFINE: usize = 14;
pub(super) const RUN: usize = 17;
pub(super) const EVEN: usize = 18;

/// Contexts of significance, by the nine bits of a window.
pub(super) type Zero = [u8; 512];

/// Of the bands LL and LH, of HL, of HH.
static ZERO: [Zero; 3] = [zero_table(0), zero_table(1), zero_table(2)];

/// Of a band: 0 LL, then HL, LH, HH of each resolution.
pub(super) fn zero(band: usize) -> &'static Zero {
    &ZERO[match band {
        0 => 0,
        _ => [1, 0, 2][(band - 1) % 3],
    }]
}

/// The index to a [`Zero`] of a window of significance.
#[inline(always)]
pub(super) fn zero_index(window: u64) -> usize {
    (window & 0o7 | window >> 3 & 0o70 | window >> 6 & 0o700) as usize
}

const fn zero_table(kind: usize) -> Zero {
    let mut table = [0; 512];
    let mut i = 0;
    while i < 512 {
        let across = (i >> 1 & 1) + (i >> 7 & 1);
        let along = (i >> 3 & 1) + (i >> 5 & 1);
        let diagonal = (i & 1) + (i >> 2 & 1) + (i >> 6 & 1) + (i >> 8 & 1);
        table[i] = match kind {
            0 => zero_lines(across, along, diagonal),
            1 => zero_lines(along, across, diagonal),
            _ => zero_diagonal(across + along, diagonal),
        };
        i += 1;
    }
    table
}

const fn zero_lines(across: usize, along: usize, diagonal: usize) -> u8 {
    match (across, along, diagonal) {
        (2, _, _) => 8,
        (1, 1.., _) => 7,
        (1, 0, 1..) => 6,
        (1, 0, _) => 5,
        (_, 2, _) => 4,
        (_, 1, _) => 3,
        (_, _, 2..) => 2,
        (_, _, 1) => 1,
        _ => 0,
    }
}

const fn zero_diagonal(lines: usize, diagonal: usize) -> u8 {
    match (diagonal, lines) {
        (3.., _) => 8,
        (2, 1..) => 7,
        (2, _) => 6,
        (1, 2..) => 5,
        (1, 1) => 4,
        (1, _) => 3,
        (_, 2..) => 2,
        (_, 1) => 1,
        _ => 0,
    }
}

/// Of a sign: the context, and at bit 7 whether the decoded bit is inverted. The index has two bits
/// of each of the neighbours left, above, below and right: negative, significant.
pub(super) static SIGNS: [u8; 256] = sign_table();

/// The index to [`SIGNS`] of windows of significance and sign.
#[inline(always)]
pub(super) fn sign_index(significant: u64, negative: u64) -> usize {
    const NEXT: u64 = 0b10_0001_0100_0010;
    let both = (significant & NEXT) << 1 | negative & NEXT;
    (both >> 1 & 0x03 | both >> 4 & 0x3C | both >> 7 & 0xC0) as usize
}

const fn sign_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let across = sum(vote(i), vote(i >> 6));
        let along = sum(vote(i >> 2), vote(i >> 4));
        table[i] = match (across, along) {
            (1, 1) => 13,
            (1, 0) => 12,
            (1, _) => 11,
            (0, 1) => 10,
            (0, 0) => 9,
            (0, _) => 10 | 128,
            (_, 1) => 11 | 128,
            (_, 0) => 12 | 128,
            (_, _) => 13 | 128,
        };
        i += 1;
    }
    table
}

/// 1 of a positive neighbour, -1 of a negative one, 0 of one that is not significant.
const fn vote(bits: usize) -> i32 {
    match bits & 3 {
        2 => 1,
        3 => -1,
        _ => 0,
    }
}

const fn sum(a: i32, b: i32) -> i32 {
    match a + b {
        1.. => 1,
        0 => 0,
        _ => -1,
    }
}

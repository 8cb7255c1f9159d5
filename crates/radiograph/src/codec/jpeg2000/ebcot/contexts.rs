//! Which context a decision is made in (T.800 tables D.1 to D.4), from the window of flags around a
//! sample.
//!
//! Flags of a column of four samples hold three bits for each of six rows, from the row above to
//! the one below: whether the left neighbour, the sample itself and the right neighbour are
//! significant; 32 bits higher, whether they are negative. Shifted by three bits a row they show a
//! sample's window of three by three.

/// Bits of a row of flags.
pub(super) const ROW: usize = 3;
/// From significance to sign.
pub(super) const SIGN: u32 = 32;

/// The first context of signs, of refinement; those of runs and of equal bits.
pub(super) const REFINE: usize = 14;
pub(super) const RUN: usize = 17;
pub(super) const EVEN: usize = 18;

/// Contexts of significance, by window.
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

const fn zero_table(kind: usize) -> Zero {
    let mut table = [0; 512];
    let mut window = 0;
    while window < 512 {
        let across = (window >> 3 & 1) + (window >> 5 & 1);
        let along = (window >> 1 & 1) + (window >> 7 & 1);
        let diagonal = (window & 1) + (window >> 2 & 1) + (window >> 6 & 1) + (window >> 8 & 1);
        table[window] = match kind {
            0 => zero_lines(across, along, diagonal),
            1 => zero_lines(along, across, diagonal),
            _ => zero_diagonal(across + along, diagonal),
        };
        window += 1;
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

/// Of a sign: the context, and at bit 7 whether the decoded bit is inverted. The index interleaves
/// significance (odd bits) and sign (even bits) of the neighbours above, left, right and below.
pub(super) static SIGNS: [u8; 256] = sign_table();

/// The index to [`SIGNS`] of a window.
#[inline(always)]
pub(super) fn sign_index(window: u64) -> usize {
    (window & 0xAA | window >> (SIGN + 1) & 0x55) as usize
}

const fn sign_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let along = sum(vote(i), vote(i >> 6));
        let across = sum(vote(i >> 2), vote(i >> 4));
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

//! The code of residuals of exponents, U-VLC (T.814 7.3.6): of a pair of quads, prefixes, then
//! suffixes, then extensions.

/// Both residuals of a pair by the next six bits (low) and which quads have one (high).
static PAIRS: [Prefixes; 256] = {
    let mut table = [Prefixes { len: 0, all: 0, base: [0; 2], suffix: [0; 2] }; 256];
    let mut i = 0;
    while i < 256 {
        let (mut bits, mut quad) = (i & 63, 0);
        while quad < 2 {
            if i >> (6 + quad) & 1 == 1 {
                let (base, len, suffix) = prefix(bits);
                table[i].len += len;
                table[i].all += len + suffix;
                table[i].base[quad] = base;
                table[i].suffix[quad] = suffix;
                bits >>= len;
            }
            quad += 1;
        }
        i += 1;
    }
    table
};

/// The prefixes of a pair: their bits, what they mean, and the bits of each suffix.
#[derive(Clone, Copy)]
struct Prefixes {
    len: u8,
    /// Bits of prefixes and suffixes.
    all: u8,
    base: [u8; 2],
    suffix: [u8; 2],
}

/// Meaning, bits, and bits of the suffix of the prefix that bits begin with.
const fn prefix(bits: usize) -> (u8, u8, u8) {
    match bits & 7 {
        1 | 3 | 5 | 7 => (1, 1, 0),
        2 | 6 => (2, 2, 0),
        4 => (3, 3, 1),
        _ => (5, 3, 5),
    }
}

/// Residuals of the quads of a pair that have one, and how many bits they take.
#[inline(always)]
pub(in super::super) fn of(has: [bool; 2], window: u64) -> ([u32; 2], u32) {
    let which = usize::from(has[0]) | usize::from(has[1]) << 1;
    let pair = PAIRS[which << 6 | window as usize & 63];
    let after = (window >> pair.len) as u32;
    let masks = [(1 << pair.suffix[0]) - 1, (1 << pair.suffix[1]) - 1];
    let suffix = [after & masks[0], after >> pair.suffix[0] & masks[1]];
    let mut residuals = [u32::from(pair.base[0]) + suffix[0], u32::from(pair.base[1]) + suffix[1]];
    let mut len = u32::from(pair.all);
    if suffix[0] >= 28 || suffix[1] >= 28 {
        for (residual, suffix) in residuals.iter_mut().zip(suffix) {
            if suffix >= 28 {
                *residual += 4 * ((window >> len) as u32 & 15);
                len += 4;
            }
        }
    }
    (residuals, len)
}

/// The same of a pair in the first row where both have one; `both_long` is what the run-length code
/// says.
pub(in super::super) fn first_row(both_long: bool, window: u64) -> ([u32; 2], u32) {
    if both_long {
        let (residuals, len) = of([true; 2], window);
        return (residuals.map(|residual| residual + 2), len);
    }
    let (base, len, suffix) = prefix(window as usize & 7);
    if base <= 2 {
        let (second, second_len) = of([true, false], window >> len);
        return ([u32::from(base), second[0]], u32::from(len) + second_len);
    }
    // The second is 1 or 2: one bit between prefix and suffix of the first.
    let second = (window >> len) as u32 & 1;
    let mut len = u32::from(len) + 1;
    let value = (window >> len) as u32 & ((1 << suffix) - 1);
    len += u32::from(suffix);
    let mut residual = u32::from(base) + value;
    if value >= 28 {
        residual += 4 * ((window >> len) as u32 & 15);
        len += 4;
    }
    ([residual, second + 1], len)
}

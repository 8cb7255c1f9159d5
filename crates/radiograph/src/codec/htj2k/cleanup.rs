//! The cleanup pass (T.814 7.3): quads of 2 x 2 samples, two rows of samples at a time. Of a pair
//! of quads it decodes which samples are significant, then an exponent that bounds their
//! magnitudes, then the samples' bits. A sample's magnitude mu and sign s are made `2 mu + s`, 0
//! where it is not significant.
//!
//! The two codes of a pair depend on each other from bit to bit, the samples of a quad do not. So
//! the codes of a row come first, in a loop that has its few values in registers; then the samples,
//! the four of a quad at once.

use super::bits::{Cursor, Mel, Window};
use super::tables::{Codeword, TABLES, residuals};

/// What is known of the row of quads above, and the samples of this one.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Codewords and residuals of the exponents, by pair.
    pairs: Vec<Pair>,
    /// Which samples of the quads are significant, with a quad of nothing on either side.
    significant: Vec<u8>,
    /// What the row above contributes to the contexts of this row.
    contexts: Vec<u8>,
    /// `2 mu - 1` of the lower samples of the row above, the left one in the low half; one quad to
    /// the right.
    bounds: Vec<u64>,
    /// The samples of the quads.
    pub(super) quads: Vec<Quad>,
}

/// The upper and the lower left sample of a quad, then those right of them.
pub(super) type Quad = [u32; 4];

/// The codewords of two quads, and the residuals of their exponents.
#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    codes: [Codeword; 2],
    residuals: [u32; 2],
}

/// The segments of a cleanup pass.
pub(super) struct Segments<'a> {
    pub(super) magnitudes: Cursor<'a>,
    pub(super) codes: Window<'a>,
    pub(super) mel: Mel<'a>,
}

impl Rows {
    /// Gets ready for a block of so many quads in a row.
    pub(super) fn clear(&mut self, quads: usize) {
        let even = quads.next_multiple_of(2);
        for bytes in [&mut self.significant, &mut self.contexts] {
            bytes.clear();
            bytes.resize(even + 2, 0);
        }
        self.bounds.clear();
        self.bounds.resize(even + 2, 0);
        self.pairs.resize(even / 2, Pair::default());
        self.quads.resize(even, [0; 4]);
    }

    /// Decodes a row of quads; gives the largest number of bits of a sample.
    #[inline(always)]
    pub(super) fn decode<const FIRST: bool>(
        &mut self,
        quads: usize,
        segments: &mut Segments<'_>,
    ) -> u32 {
        self.codes::<FIRST>(quads, segments);
        let most = self.samples(&mut segments.magnitudes);
        for (bounds, quad) in self.bounds[1..].iter_mut().zip(&self.quads) {
            *bounds = u64::from(bound(quad[1])) | u64::from(bound(quad[3])) << 32;
        }
        self.contexts();
        most
    }

    /// The codes of a row.
    #[inline(always)]
    fn codes<const FIRST: bool>(&mut self, quads: usize, segments: &mut Segments<'_>) {
        // Copies stay in registers.
        let (mut window, mut mel) = (segments.codes, segments.mel);
        let (contexts, _) = self.contexts.as_chunks::<2>();
        let (significant, _) = self.significant[1..].as_chunks_mut::<2>();
        let rows = self.pairs.iter_mut().zip(contexts).zip(significant);
        let mut left = Codeword::default();
        for (at, ((to, contexts), significant)) in rows.enumerate() {
            let is_pair = 2 * at + 1 < quads;
            let pair = pair::<FIRST>(&mut window, &mut mel, left, *contexts, is_pair);
            left = pair.codes[1];
            *significant = [pair.codes[0].significant(), pair.codes[1].significant()];
            *to = pair;
        }
        (segments.codes, segments.mel) = (window, mel);
    }

    /// The samples of a row of which the codes are known.
    #[inline(always)]
    fn samples(&mut self, magnitudes: &mut Cursor<'_>) -> u32 {
        let mut reader = *magnitudes;
        let (quads, _) = self.quads.as_chunks_mut::<2>();
        let rows = self.pairs.iter().zip(quads).zip(self.bounds.windows(4).step_by(2));
        let mut most = 0;
        for ((pair, quads), bounds) in rows {
            if pair.codes[0].significant() | pair.codes[1].significant() == 0 {
                *quads = [[0; 4]; 2];
                continue;
            }
            for i in 0..2 {
                let (left, near, right) = (bounds[i], bounds[i + 1], bounds[i + 2]);
                let above = left >> 32 | near | near >> 32 | right;
                let bits = bits(pair.codes[i], above as u32, pair.residuals[i]);
                most = most.max(bits);
                // A window has room for four samples of up to 14 bits.
                reader.skip(match bits > 14 {
                    true => wide(pair.codes[i], bits, reader, &mut quads[i]),
                    false => narrow(pair.codes[i], bits, reader, &mut quads[i]),
                });
            }
        }
        *magnitudes = reader;
        most
    }

    /// What this row contributes to the contexts of the next: the quads above to the left, above,
    /// and above to the right.
    #[inline(always)]
    fn contexts(&mut self) {
        let near = self.significant.iter().zip(&self.significant[1..]).zip(&self.significant[2..]);
        for (context, ((left, above), right)) in self.contexts.iter_mut().zip(near) {
            *context = (left >> 3 | above >> 1) & 1 | (above >> 1 & 4 | right << 1 & 4);
        }
    }
}

/// The codewords of a pair of quads and the residuals of their exponents.
#[inline(always)]
fn pair<const FIRST: bool>(
    reader: &mut Window<'_>,
    mel: &mut Mel<'_>,
    left: Codeword,
    contexts: [u8; 2],
    is_pair: bool,
) -> Pair {
    let table = &TABLES[usize::from(!FIRST)];
    let mut window = reader.next();
    let mut codes = [Codeword::default(); 2];
    let mut taken = 0;
    let context = left.context() | usize::from(contexts[0]) << 7;
    if context != 0 || mel.symbol() {
        codes[0] = table[(context | window as usize & 127) & 1023];
        window >>= codes[0].len();
        taken += codes[0].len();
    }
    let context = codes[0].context() | usize::from(contexts[1]) << 7;
    if is_pair && (context != 0 || mel.symbol()) {
        codes[1] = table[(context | window as usize & 127) & 1023];
        window >>= codes[1].len();
        taken += codes[1].len();
    }
    let has = [codes[0].has_residual(), codes[1].has_residual()];
    let (residuals, len) = match has {
        [true, true] if FIRST => residuals::first_row(mel.symbol(), window),
        _ => residuals::of(has, window),
    };
    reader.skip(taken + len);
    Pair { codes, residuals }
}

/// A number below 16 as four lanes.
struct Lanes {
    /// Its bits.
    bits: [u32; 4],
    /// How many lower bits are set.
    before: [u32; 4],
}

static LANES: [Lanes; 16] = {
    let mut table = [const { Lanes { bits: [0; 4], before: [0; 4] } }; 16];
    let mut i = 0;
    while i < 16 {
        let mut n = 0;
        while n < 4 {
            table[i].bits[n] = i as u32 >> n & 1;
            table[i].before[n] = (i as u32 & ((1 << n) - 1)).count_ones();
            n += 1;
        }
        i += 1;
    }
    table
};

fn lanes(bits: u8) -> &'static Lanes {
    &LANES[usize::from(bits & 15)]
}

/// Bits of a sample of a quad of which none is known, from the bounds of the samples above it,
/// joined, and the residual: the exponent's predictor is that of T.814 7.3.7.
#[inline(always)]
fn bits(code: Codeword, above: u32, residual: u32) -> u32 {
    // Patterns of at least two significant samples.
    const MANY: u32 = 0xFEE8;
    let many = (MANY >> code.significant() & 1).wrapping_neg();
    (residual + 31).wrapping_sub((above & many | 2).leading_zeros())
}

/// `2 mu - 1` of a sample, 0 where it is not significant.
#[inline(always)]
fn bound(sample: u32) -> u32 {
    (sample.max(2) - 2) | u32::from(sample != 0)
}

/// Takes the samples of a quad, one by one into their place: read again as a whole they would have
/// to wait for each other. Gives how many bits they took.
#[inline(always)]
fn narrow(code: Codeword, bits: u32, magnitudes: Cursor<'_>, quad: &mut Quad) -> u32 {
    let (significant, known) = (lanes(code.significant()), lanes(code.known()));
    let (implied, top) = (lanes(code.implied()), bits - 1);
    let window = magnitudes.next();
    // By an index: as an iterator it is not made a vector.
    #[expect(clippy::needless_range_loop)]
    for n in 0..4 {
        let start = significant.before[n] * bits - known.before[n];
        let one = significant.bits[n];
        let stored = ((one << bits) - one) & !(known.bits[n] << top);
        // What is not stored: the implied bit, and 2.
        let rest = (implied.bits[n] << top) + 2 * one;
        quad[n] = ((window >> (start & 63)) as u32 & stored) + rest;
    }
    code.significant().count_ones() * bits - code.known().count_ones()
}

/// The same of many bits.
#[inline(never)]
fn wide(code: Codeword, bits: u32, mut magnitudes: Cursor<'_>, quad: &mut Quad) -> u32 {
    let mut taken = 0;
    for (n, sample) in quad.iter_mut().enumerate() {
        *sample = 0;
        if code.significant() >> n & 1 == 1 {
            let len = bits.min(31) - u32::from(code.known() >> n & 1);
            let stored = magnitudes.take(len);
            taken += len;
            *sample = (stored | u32::from(code.implied() >> n & 1) << len).wrapping_add(2);
        }
    }
    taken
}

//! The cleanup pass (T.814 7.3): quads of 2 x 2 samples, two rows of samples at a time. Of a pair
//! of quads it decodes which samples are significant, then an exponent that bounds their
//! magnitudes, then the samples' bits. A sample's magnitude mu and sign s are made `2 mu + s`, 0
//! where it is not significant.
//!
//! The two codes of a pair depend on each other from bit to bit, the samples of a quad do not: they
//! are taken out of one word at once, while the next pair's codes are still under way.

use super::bits::{Cursor, Mel, Window};
use super::tables::{Codeword, TABLES, residuals};

/// What is known of the row of quads above, and the samples of this one.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Which samples of the quads are significant, with a quad of nothing on either side.
    significant: Vec<u8>,
    /// What the row above contributes to the contexts of this row.
    contexts: Vec<u8>,
    /// `2 mu - 1` of the lower samples of the row above, one quad to the right.
    bounds: Vec<Two>,
    pub(super) upper: Vec<Two>,
    pub(super) lower: Vec<Two>,
}

/// Two samples of a quad side by side, the left one in the low half. As one word they are stored
/// and loaded at once.
pub(super) type Two = u64;

/// The segments of a cleanup pass.
pub(super) struct Segments<'a> {
    pub(super) magnitudes: Cursor<'a>,
    pub(super) codes: Window<'a>,
    pub(super) mel: Mel<'a>,
}

impl Rows {
    /// Gets ready for a block of so many quads in a row.
    pub(super) fn clear(&mut self, quads: usize) {
        let pairs = quads.next_multiple_of(2);
        for bytes in [&mut self.significant, &mut self.contexts] {
            bytes.clear();
            bytes.resize(pairs + 2, 0);
        }
        self.bounds.clear();
        self.bounds.resize(pairs + 2, 0);
        self.upper.resize(pairs, 0);
        self.lower.resize(pairs, 0);
    }

    /// Decodes a row of quads; gives the largest number of bits of a sample.
    #[inline(always)]
    pub(super) fn decode<const FIRST: bool>(
        &mut self,
        quads: usize,
        segments: &mut Segments<'_>,
    ) -> u32 {
        // Copies stay in registers.
        let (mut magnitudes, mut window) = (segments.magnitudes, segments.codes);
        let (upper, _) = self.upper.as_chunks_mut::<2>();
        let (lower, _) = self.lower.as_chunks_mut::<2>();
        let (contexts, _) = self.contexts.as_chunks::<2>();
        let (significant, _) = self.significant[1..].as_chunks_mut::<2>();
        let rows = upper.iter_mut().zip(lower).zip(contexts).zip(significant);
        let (mut left, mut before, mut most) = (Codeword::default(), 0, 0);
        for (at, (((upper, lower), contexts), significant)) in rows.enumerate() {
            let is_pair = 2 * at + 1 < quads;
            let (codes, residuals) =
                pair::<FIRST>(&mut window, &mut segments.mel, left, *contexts, is_pair);
            left = codes[1];
            *significant = [codes[0].significant(), codes[1].significant()];
            let Some(bounds) = self.bounds[2 * at + 1..].first_chunk_mut::<3>() else { break };
            if *significant == [0; 2] {
                before = bounds[1] >> 32;
                (*upper, *lower) = ([0; 2], [0; 2]);
                (bounds[0], bounds[1]) = (0, 0);
                continue;
            }
            for i in 0..2 {
                let above = before | bounds[i] | bounds[i] >> 32 | bounds[i + 1];
                before = bounds[i] >> 32;
                let quad = Quad::new(codes[i], above as u32, residuals[i]);
                most = most.max(quad.bits);
                let (samples, taken) = quad.samples(magnitudes);
                magnitudes.skip(taken);
                [upper[i], lower[i], bounds[i]] = samples;
            }
        }
        (segments.magnitudes, segments.codes) = (magnitudes, window);
        self.contexts();
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
) -> ([Codeword; 2], [u32; 2]) {
    let table = &TABLES[usize::from(!FIRST)];
    let mut window = reader.next();
    let mut codes = [Codeword::default(); 2];
    let mut taken = 0;
    let context = left.context() | usize::from(contexts[0]) << 7;
    if context != 0 || mel.symbol() {
        codes[0] = table[context | window as usize & 127];
        window >>= codes[0].len();
        taken += codes[0].len();
    }
    let context = codes[0].context() | usize::from(contexts[1]) << 7;
    if is_pair && (context != 0 || mel.symbol()) {
        codes[1] = table[context | window as usize & 127];
        window >>= codes[1].len();
        taken += codes[1].len();
    }
    let has = [codes[0].has_residual(), codes[1].has_residual()];
    let (residuals, len) = match has {
        [true, true] if FIRST => residuals::first_row(mel.symbol(), window),
        _ => residuals::of(has, window),
    };
    reader.skip(taken + len);
    (codes, residuals)
}

/// A quad whose samples are decoded.
struct Quad {
    code: Codeword,
    /// Bits of a sample of which none is known.
    bits: u32,
}

/// A lane for each bit of a number below 16: its lowest bit is set where the bit is.
const LANES: [u64; 16] = {
    let (mut table, mut i) = ([0; 16], 0);
    while i < 16 {
        let bits = i as u64;
        table[i] = bits & 1 | (bits >> 1 & 1) << 16 | (bits >> 2 & 1) << 32 | (bits >> 3 & 1) << 48;
        i += 1;
    }
    table
};

fn lanes(bits: u8) -> u64 {
    LANES[usize::from(bits & 15)]
}

/// The four lanes of a word.
#[inline(always)]
fn apart(lanes: u64) -> [u64; 4] {
    [lanes & 0xFFFF, lanes >> 16 & 0xFFFF, lanes >> 32 & 0xFFFF, lanes >> 48]
}

impl Quad {
    /// From the bounds of the samples above it, joined, and the residual: the exponent's predictor
    /// is that of T.814 7.3.7.
    #[inline(always)]
    fn new(code: Codeword, above: u32, residual: u32) -> Self {
        // Patterns of at least two significant samples.
        const MANY: u32 = 0xFEE8;
        let many = (MANY >> code.significant() & 1).wrapping_neg();
        let expected = 31 - (above & many | 2).leading_zeros();
        Self { code, bits: expected + residual }
    }

    /// The upper and the lower two samples, and `2 mu - 1` of the lower ones; how many bits they
    /// took.
    #[inline(always)]
    fn samples(&self, magnitudes: Cursor<'_>) -> ([Two; 3], u32) {
        // A window has room for four samples of up to 14 bits.
        if self.bits > 14 { self.wide(magnitudes) } else { self.narrow(magnitudes) }
    }

    #[inline(always)]
    fn narrow(&self, magnitudes: Cursor<'_>) -> ([Two; 3], u32) {
        let significant = lanes(self.code.significant());
        let top = self.bits - 1;
        let known = lanes(self.code.known());
        let all = (significant << self.bits) - significant;
        let stored = all & !(known << top);
        let lens = significant * u64::from(self.bits) - known;
        // Each lane the sum of those below it.
        let starts = lens.wrapping_mul(0x0001_0001_0001_0000);
        let window = magnitudes.next();
        let taken = (starts >> 48) as u32 + (lens >> 48) as u32;
        let implied = lanes(self.code.implied()) << top;
        let (starts, masks) = (apart(starts), apart(stored));
        let (implied, significant) = (apart(implied), apart(significant));
        let (mut values, mut samples) = ([0; 4], [0; 4]);
        for n in 0..4 {
            values[n] = window >> (starts[n] & 63) & masks[n] | implied[n];
            samples[n] = values[n] + 2 * significant[n];
        }
        let upper = samples[0] | samples[2] << 32;
        let lower = samples[1] | samples[3] << 32;
        ([upper, lower, values[1] | significant[1] | (values[3] | significant[3]) << 32], taken)
    }

    #[inline(never)]
    fn wide(&self, mut magnitudes: Cursor<'_>) -> ([Two; 3], u32) {
        let mut taken = 0;
        let mut sample = |n: u32| -> u32 {
            if self.code.significant() >> n & 1 == 0 {
                return 0;
            }
            let len = self.bits.min(31) - u32::from(self.code.known() >> n & 1);
            let stored = magnitudes.take(len);
            taken += len;
            (stored | u32::from(self.code.implied() >> n & 1) << len).wrapping_add(2)
        };
        let (a, b, c, d) = (sample(0), sample(1), sample(2), sample(3));
        let bound = |sample: u32| sample.saturating_sub(2) | u32::from(sample != 0);
        let two = |left: u32, right: u32| u64::from(left) | u64::from(right) << 32;
        ([two(a, c), two(b, d), two(bound(b), bound(d))], taken)
    }
}

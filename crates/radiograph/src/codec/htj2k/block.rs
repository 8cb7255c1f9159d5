//! The high-throughput block decoder (ITU-T T.814 | ISO/IEC 15444-15, clause 7): the quantization
//! indices of one code block from its one to three coding passes.
//!
//! Cleanup works on quads of 2 x 2 samples, two rows at a time. Of a quad it decodes which samples
//! are significant, then an exponent that bounds their magnitudes, then each sample's bits. A
//! sample's magnitude mu and sign s are stored as `2 (mu - 1) + s`.

use super::bits::{Bits, Mel};
use super::tables::{Codeword, TABLES, residuals};

/// A code block as its packets give it.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Block<'a> {
    pub(in super::super) width: usize,
    pub(in super::super) height: usize,
    /// Bytes of the cleanup pass, and of the refinement passes.
    pub(in super::super) cleanup: &'a [u8],
    pub(in super::super) refinement: &'a [u8],
    /// 1 to 3.
    pub(in super::super) passes: u32,
    /// Magnitude bit-planes above the one that cleanup decodes.
    pub(in super::super) missing: u32,
    /// Bit-planes below it.
    pub(in super::super) plane: u32,
    /// Whether the significance of the rows below a stripe may not be looked at.
    pub(in super::super) causal: bool,
}

/// Decodes blocks, one after the other.
#[derive(Debug, Default)]
pub(in super::super) struct Decoder {
    magnitudes: Bits,
    codes: Bits,
    rows: Rows,
}

/// What is known of a row of quads and of the one above.
#[derive(Debug, Default)]
struct Rows {
    /// Codewords, with a quad of nothing on either side.
    codes: Vec<Codeword>,
    codes_above: Vec<Codeword>,
    /// Residuals of exponents.
    residuals: Vec<u32>,
    /// Exponents of the lower samples, one place to the right: 0 where one is not significant.
    exponents: Vec<u8>,
    exponents_above: Vec<u8>,
    /// Samples of the two rows.
    upper: Vec<[u32; 2]>,
    lower: Vec<[u32; 2]>,
}

impl Rows {
    fn clear(&mut self, quads: usize) {
        let none = Codeword::default();
        for codes in [&mut self.codes, &mut self.codes_above] {
            codes.clear();
            codes.resize(quads + 3, none);
        }
        self.residuals.clear();
        self.residuals.resize(quads + 1, 0);
        for exponents in [&mut self.exponents, &mut self.exponents_above] {
            exponents.clear();
            exponents.resize(2 * quads + 4, 0);
        }
        for samples in [&mut self.upper, &mut self.lower] {
            samples.clear();
            samples.resize(quads, [0; 2]);
        }
    }
}

impl Decoder {
    /// Decodes into `out`, `width * height` zeros, row-major: twice the magnitude with the middle
    /// of what is left open (so one known to the last bit has its lowest bit set), the sign in the
    /// highest bit.
    pub(in super::super) fn decode(
        &mut self,
        block: &Block<'_>,
        out: &mut [u32],
    ) -> Result<(), &'static str> {
        if block.plane > 28 {
            return Err("more than 29 bit-planes are not supported");
        }
        self.cleanup(block, out)?;
        if block.passes > 1 && block.plane > 0 {
            let mut state = states(block, out);
            self.codes.forward(block.refinement, 0);
            propagate(block, &mut state, &mut self.codes, out);
            if block.passes > 2 {
                self.codes.refinement(block.refinement);
                refine(block, &state, &mut self.codes, out);
            }
        }
        Ok(())
    }

    fn cleanup(&mut self, block: &Block<'_>, out: &mut [u32]) -> Result<(), &'static str> {
        let bytes = block.cleanup;
        let &[.., low, high] = bytes else { return Err("cleanup segment of less than two bytes") };
        let suffix = usize::from(high) << 4 | usize::from(low & 15);
        if !(2..=4079).contains(&suffix) || suffix > bytes.len() {
            return Err("length of the cleanup suffix is impossible");
        }
        let (magnitudes, suffix) = bytes.split_at(bytes.len() - suffix);
        let suffix = &suffix[..suffix.len() - 1];
        self.magnitudes.forward(magnitudes, 0xFF);
        self.codes.cleanup(suffix);
        let mut mel = Mel::new(suffix);
        self.rows.clear(block.width.div_ceil(2));
        for (row, lines) in out.chunks_mut(2 * block.width).enumerate() {
            self.rows.next();
            self.rows.decode_codes(row == 0, &mut mel, &mut self.codes);
            self.rows.decode_samples(row == 0, block, &mut self.magnitudes)?;
            let (upper, lower) = lines.split_at_mut(block.width);
            upper.copy_from_slice(&self.rows.upper.as_flattened()[..block.width]);
            lower.copy_from_slice(&self.rows.lower.as_flattened()[..lower.len()]);
        }
        Ok(())
    }
}

impl Rows {
    /// Goes on to the next row.
    fn next(&mut self) {
        std::mem::swap(&mut self.codes, &mut self.codes_above);
        std::mem::swap(&mut self.exponents, &mut self.exponents_above);
    }

    /// Decodes what a row of quads says of significance and exponents.
    fn decode_codes(&mut self, first: bool, mel: &mut Mel<'_>, bits: &mut Bits) {
        let table = &TABLES[usize::from(!first)];
        let quads = self.residuals.len() - 1;
        let above = |q: usize| match first {
            true => 0,
            false => context_above(&self.codes_above[q..q + 3]),
        };
        let mut left = Codeword::default();
        for q in (0..quads).step_by(2) {
            let mut window = bits.window();
            let mut taken = 0;
            let mut pair = [Codeword::default(); 2];
            for (i, code) in pair.iter_mut().enumerate().take(quads - q) {
                let context = above(q + i) | context_left(first, left.significant());
                if context != 0 || mel.symbol() {
                    *code = table[context << 7 | window as usize & 127];
                    window >>= code.len();
                    taken += code.len();
                }
                left = *code;
            }
            let has = pair.map(Codeword::has_residual);
            let (residual, len) = match has {
                [false, false] => ([0, 0], 0),
                [true, true] if first => residuals::first_row(mel.symbol(), window),
                _ => residuals::of(has, window),
            };
            bits.skip(taken + len);
            self.codes[q + 1] = pair[0];
            self.codes[q + 2] = pair[1];
            self.residuals[q] = residual[0];
            self.residuals[q + 1] = residual[1];
        }
    }

    /// Decodes the samples of a row of quads.
    fn decode_samples(
        &mut self,
        first: bool,
        block: &Block<'_>,
        magnitudes: &mut Bits,
    ) -> Result<(), &'static str> {
        let most = block.missing + 2;
        let codes = &self.codes[1..];
        let rows = self.upper.iter_mut().zip(&mut self.lower).zip(codes).zip(&self.residuals);
        for (q, (((upper, lower), code), residual)) in rows.enumerate() {
            let significant = code.significant();
            let above = self.exponents_above[2 * q..].first_chunk::<4>();
            let expected = expected(first, significant, above.copied().unwrap_or_default());
            let bits = expected + residual;
            if bits > most {
                return Err("exponent above the number of bit-planes");
            }
            let mut quad = Quad { code: *code, bits, plane: block.plane, window: 0 };
            quad.window = magnitudes.window();
            let (a, a_len) = quad.sample(0);
            // Windows have room for four samples of up to 14 bits.
            let wide = bits > 14;
            if wide {
                magnitudes.skip(a_len);
                quad.window = magnitudes.window();
            }
            let (b, b_len) = quad.sample(1);
            if wide {
                magnitudes.skip(b_len);
                quad.window = magnitudes.window();
            }
            let (c, c_len) = quad.sample(2);
            if wide {
                magnitudes.skip(c_len);
                quad.window = magnitudes.window();
            }
            let (d, d_len) = quad.sample(3);
            magnitudes.skip(if wide { d_len } else { a_len + b_len + c_len + d_len });
            *upper = [quad.place(a), quad.place(c)];
            *lower = [quad.place(b), quad.place(d)];
            self.exponents[2 * q + 1] = exponent(b);
            self.exponents[2 * q + 2] = exponent(d);
        }
        Ok(())
    }
}

/// A quad whose samples are decoded.
struct Quad {
    code: Codeword,
    bits: u32,
    plane: u32,
    /// The bits of the next samples.
    window: u64,
}

impl Quad {
    /// `2 (mu - 1) + s` of sample `n`, with a 1 above it if it is significant, otherwise 0; and how
    /// many bits it took.
    #[inline(always)]
    fn sample(&mut self, n: u32) -> (u64, u32) {
        let is_significant = u32::from(self.code.significant()) >> n & 1;
        let known = u32::from(self.code.known()) >> n & 1;
        let len = (self.bits.wrapping_sub(known)) & is_significant.wrapping_neg();
        let stored = self.window & ((1 << (len & 63)) - 1);
        let implied = u64::from(self.code.implied() >> n & 1) << (len & 63);
        self.window >>= len & 63;
        ((stored | implied) | u64::from(is_significant) << 40, len)
    }

    /// A sample as it is given away: 2 (mu - 1) + s to 2 mu + 1, which is twice mu and a half, and
    /// the sign.
    #[inline(always)]
    fn place(&self, value: u64) -> u32 {
        let is_significant = ((value >> 40) as u32).wrapping_neg();
        let value = value as u32;
        (((value | 1) + 2) << self.plane | value << 31) & is_significant
    }
}

/// The exponent of a sample, 0 if it is not significant.
#[inline(always)]
fn exponent(value: u64) -> u8 {
    let is_significant = ((value >> 40) as u32).wrapping_neg();
    ((32 - (value as u32 | 1).leading_zeros()) & is_significant) as u8
}

/// What the quad to the left contributes to a quad's context.
#[inline(always)]
fn context_left(first: bool, left: u8) -> usize {
    let left = usize::from(left);
    match first {
        true => (left | left >> 1) & 1 | left >> 1 & 6,
        false => (left >> 2 | left >> 3) << 1 & 2,
    }
}

/// What the row above contributes: the quads above to the left, above, and above to the right.
#[inline(always)]
fn context_above(above: &[Codeword]) -> usize {
    let bit = |i: usize, n: u8| usize::from(above[i].significant() >> n & 1);
    (bit(0, 3) | bit(1, 1)) | (bit(1, 3) | bit(2, 1)) << 2
}

/// The exponent's predictor (T.814 7.3.7).
#[inline(always)]
fn expected(first: bool, significant: u8, above: [u8; 4]) -> u32 {
    // Patterns of at least two significant samples.
    const MANY: u32 = 0xFEE8;
    if first || MANY >> significant & 1 == 0 {
        return 1;
    }
    let [a, b, c, d] = above;
    u32::from(a.max(b).max(c.max(d))).saturating_sub(1).max(1)
}

/// Significance with a margin of one sample: by cleanup, or by propagation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    No,
    Cleanup,
    Propagated,
}

fn states(block: &Block<'_>, out: &[u32]) -> Vec<State> {
    let stride = block.width + 2;
    let mut state = vec![State::No; stride * (block.height + 2)];
    for (y, row) in out.chunks(block.width).enumerate() {
        for (x, &value) in row.iter().enumerate() {
            if value != 0 {
                state[(y + 1) * stride + x + 1] = State::Cleanup;
            }
        }
    }
    state
}

/// The samples of a block in the order of the refinement passes, in groups of 4 x 4.
fn groups(block: &Block<'_>) -> impl Iterator<Item = impl Iterator<Item = (usize, usize)>> {
    let (width, height) = (block.width, block.height);
    (0..height).step_by(4).flat_map(move |y| {
        (0..width).step_by(4).map(move |x| {
            (x..(x + 4).min(width)).flat_map(move |x| (y..(y + 4).min(height)).map(move |y| (x, y)))
        })
    })
}

/// Significance propagation (T.814 7.4): neighbours of significant samples, one bit-plane lower.
fn propagate(block: &Block<'_>, state: &mut [State], bits: &mut Bits, out: &mut [u32]) {
    let stride = block.width + 2;
    for group in groups(block) {
        let mut found = [(0, 0); 16];
        let mut count = 0;
        for (x, y) in group {
            let at = (y + 1) * stride + x + 1;
            if state[at] != State::No {
                continue;
            }
            let rows = if block.causal && y % 4 == 3 { 2 } else { 3 };
            let near = (0..rows).any(|dy| {
                let from = at - stride - 1 + dy * stride;
                state[from..from + 3].iter().any(|s| *s != State::No)
            });
            if near && bits.take(1) == 1 {
                state[at] = State::Propagated;
                found[count] = (x, y);
                count += 1;
            }
        }
        for &(x, y) in &found[..count] {
            out[y * block.width + x] = 3 << (block.plane - 1) | bits.take(1) << 31;
        }
    }
}

/// Magnitude refinement (T.814 7.5): one more bit of each sample that cleanup found.
fn refine(block: &Block<'_>, state: &[State], bits: &mut Bits, out: &mut [u32]) {
    let stride = block.width + 2;
    for (x, y) in stripes(block) {
        if state[(y + 1) * stride + x + 1] == State::Cleanup {
            let value = &mut out[y * block.width + x];
            let (bit, open) = (bits.take(1) << block.plane, 1 << (block.plane - 1));
            *value = *value & !(1 << block.plane) | bit | open;
        }
    }
}

fn stripes(block: &Block<'_>) -> impl Iterator<Item = (usize, usize)> {
    groups(block).flatten()
}

//! The high-throughput block decoder (ITU-T T.814 | ISO/IEC 15444-15, clause 7): the quantization
//! indices of one code block from its one to three coding passes.
//!
//! Cleanup works on quads of 2 x 2 samples, two rows at a time. Of a quad it decodes which samples
//! are significant, then an exponent that bounds their magnitudes, then each sample's bits. A
//! sample's magnitude mu and sign s are stored as `2 (mu - 1) + s`.

use super::bits::{Backward, Forward, Mel};
use super::tables::TABLES;

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

/// Decodes into `out`, `width * height` zeros, row-major: twice the magnitude with the middle of
/// what is left open (so one known to the last bit has its lowest bit set), the sign in the highest
/// bit.
pub(in super::super) fn decode(block: &Block<'_>, out: &mut [u32]) -> Result<(), &'static str> {
    if block.plane > 28 {
        return Err("more than 29 bit-planes are not supported");
    }
    cleanup(block, out)?;
    if block.passes > 1 && block.plane > 0 {
        let mut state = states(block, out);
        propagate(block, &mut state, out);
        if block.passes > 2 {
            refine(block, &state, out);
        }
    }
    Ok(())
}

/// The two halves of a pair of quads, and what VLC says of them.
#[derive(Clone, Copy, Default)]
struct Quad {
    significant: u8,
    known: u8,
    implied: u8,
    has_residual: bool,
}

fn cleanup(block: &Block<'_>, out: &mut [u32]) -> Result<(), &'static str> {
    let bytes = block.cleanup;
    let &[.., low, high] = bytes else { return Err("cleanup segment of less than two bytes") };
    let suffix = usize::from(high) << 4 | usize::from(low & 15);
    if !(2..=4079).contains(&suffix) || suffix > bytes.len() {
        return Err("length of the cleanup suffix is impossible");
    }
    let (magnitudes, suffix) = bytes.split_at(bytes.len() - suffix);
    let suffix = &suffix[..suffix.len() - 1];
    let mut codes = Codes { mel: Mel::new(suffix), vlc: Backward::cleanup(suffix) };
    let mut magnitudes = Forward::new(magnitudes, 0xFF);
    let quads = block.width.div_ceil(2);
    // Exponents of the row above, one place to the right: 0 where a sample is not significant.
    let mut above = vec![0_u8; 2 * quads + 4];
    let mut below = above.clone();
    for y in (0..block.height).step_by(2) {
        let mut left = 0;
        for q in (0..quads).step_by(2) {
            let count = (quads - q).min(2);
            let mut pair = [Quad::default(); 2];
            for (i, quad) in pair.iter_mut().enumerate().take(count) {
                let x = 2 * (q + i);
                let context = context(y == 0, left, &above[x..x + 4]);
                *quad = codes.quad(y == 0, context);
                left = quad.significant;
            }
            let residuals = codes.residuals(y == 0, pair.map(|quad| quad.has_residual));
            for i in 0..count {
                let (quad, x) = (pair[i], 2 * (q + i));
                let expected = expected(y == 0, quad.significant, &above[x..x + 4]);
                let bits = expected + residuals[i];
                if bits > block.missing + 2 {
                    return Err("exponent above the number of bit-planes");
                }
                for n in 0..4 {
                    let exponent = if quad.significant >> n & 1 == 1 {
                        sample(&mut magnitudes, block, out, (quad, bits), [x, y, n])
                    } else {
                        0
                    };
                    if n % 2 == 1 {
                        below[x + n / 2 + 1] = exponent;
                    }
                }
            }
        }
        std::mem::swap(&mut above, &mut below);
    }
    Ok(())
}

/// Decodes a significant sample, number `n` of the quad with its corner at `(x, y)`, and returns
/// its exponent.
fn sample(
    magnitudes: &mut Forward<'_>,
    block: &Block<'_>,
    out: &mut [u32],
    (quad, bits): (Quad, u32),
    [x, y, n]: [usize; 3],
) -> u8 {
    let (x, y) = (x + n / 2, y + n % 2);
    let stored = bits - u32::from(quad.known >> n & 1);
    let value = magnitudes.take(stored) | u32::from(quad.implied >> n & 1) << stored;
    if x < block.width && y < block.height {
        // 2 (mu - 1) + s to 2 mu + 1, which is twice mu and a half.
        let doubled = ((value | 1) + 2) << block.plane;
        out[y * block.width + x] = doubled | value << 31;
    }
    (32 - (value | 1).leading_zeros()) as u8
}

/// Context of a quad's significance: from the quad to the left, and from the row above.
fn context(first: bool, left: u8, above: &[u8]) -> usize {
    let bit = |n: u8| usize::from(left >> n & 1);
    if first {
        return (bit(0) | bit(1)) | bit(2) << 1 | bit(3) << 2;
    }
    let significant = |i: usize| usize::from(above[i] > 0);
    (significant(0) | significant(1))
        | (bit(2) | bit(3)) << 1
        | (significant(2) | significant(3)) << 2
}

/// The exponent's predictor (T.814 7.3.7).
fn expected(first: bool, significant: u8, above: &[u8]) -> u32 {
    if first || significant.count_ones() < 2 {
        return 1;
    }
    let largest = above.iter().fold(0, |a, &b| a.max(b));
    u32::from(largest).saturating_sub(1).max(1)
}

/// The two codes that share the cleanup suffix.
struct Codes<'a> {
    mel: Mel<'a>,
    vlc: Backward<'a>,
}

impl Codes<'_> {
    fn quad(&mut self, first: bool, context: usize) -> Quad {
        if context == 0 && !self.mel.symbol() {
            return Quad::default();
        }
        let code = TABLES[usize::from(!first)][context << 7 | self.vlc.peek7()];
        self.vlc.take(code.len());
        Quad {
            significant: code.significant(),
            known: code.known(),
            implied: code.implied(),
            has_residual: code.has_residual(),
        }
    }

    /// The residuals of a pair's exponents (U-VLC, T.814 7.3.6).
    fn residuals(&mut self, first: bool, has: [bool; 2]) -> [u32; 2] {
        match has {
            [false, false] => [0, 0],
            [true, false] => [self.residual(), 0],
            [false, true] => [0, self.residual()],
            [true, true] if first => {
                if self.mel.symbol() {
                    return self.both().map(|u| u + 2);
                }
                let prefix = self.prefix();
                if prefix > 2 {
                    let second = self.vlc.take(1) + 1;
                    let suffix = self.suffix(prefix);
                    [prefix + suffix + self.extension(suffix), second]
                } else {
                    [prefix, self.residual()]
                }
            }
            [true, true] => self.both(),
        }
    }

    fn residual(&mut self) -> u32 {
        let prefix = self.prefix();
        let suffix = self.suffix(prefix);
        prefix + suffix + self.extension(suffix)
    }

    fn both(&mut self) -> [u32; 2] {
        let prefix = [self.prefix(), self.prefix()];
        let suffix = prefix.map(|prefix| self.suffix(prefix));
        let extension = suffix.map(|suffix| self.extension(suffix));
        [0, 1].map(|i| prefix[i] + suffix[i] + extension[i])
    }

    fn prefix(&mut self) -> u32 {
        let bits = self.vlc.peek7();
        let (value, len) = match bits & 7 {
            b if b & 1 == 1 => (1, 1),
            b if b & 2 == 2 => (2, 2),
            4 => (3, 3),
            _ => (5, 3),
        };
        self.vlc.take(len);
        value
    }

    fn suffix(&mut self, prefix: u32) -> u32 {
        self.vlc.take(match prefix {
            3 => 1,
            5 => 5,
            _ => 0,
        })
    }

    fn extension(&mut self, suffix: u32) -> u32 {
        if suffix >= 28 { 4 * self.vlc.take(4) } else { 0 }
    }
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
fn propagate(block: &Block<'_>, state: &mut [State], out: &mut [u32]) {
    let stride = block.width + 2;
    let mut bits = Forward::new(block.refinement, 0);
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
fn refine(block: &Block<'_>, state: &[State], out: &mut [u32]) {
    let stride = block.width + 2;
    let mut bits = Backward::refinement(block.refinement);
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

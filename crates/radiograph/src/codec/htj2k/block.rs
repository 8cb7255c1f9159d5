//! The high-throughput block decoder (ITU-T T.814 | ISO/IEC 15444-15, clause 7): the quantization
//! indices of one code block from its one to three coding passes.

use super::bits::{Bits, Cursor, Mel};
use super::cleanup::{Quad, Rows, Segments};
use vertebra_wide::{Loops, widest};

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

impl Decoder {
    /// Decodes into `out`, `width * height` samples, row-major: twice the magnitude with the middle
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
        widest(Cleanup { decoder: self, block, out })?;
        if block.passes > 1 && block.plane > 0 {
            let mut state = states(block, out);
            self.codes.forward(block.refinement, 0);
            propagate(block, &mut state, self.codes.cursor(), out);
            if block.passes > 2 {
                self.codes.refinement(block.refinement);
                refine(block, &state, self.codes.cursor(), out);
            }
        }
        Ok(())
    }

    #[inline(always)]
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
        let quads = block.width.div_ceil(2);
        let (magnitudes, codes) = (self.magnitudes.cursor(), self.codes.window());
        let mut segments = Segments { magnitudes, codes, mel: Mel::new(suffix) };
        self.rows.clear(quads);
        for (row, lines) in out.chunks_mut(2 * block.width).enumerate() {
            let bits = match row {
                0 => self.rows.decode::<true>(quads, &mut segments),
                _ => self.rows.decode::<false>(quads, &mut segments),
            };
            if bits > block.missing + 2 {
                return Err("exponent above the number of bit-planes");
            }
            let (upper, lower) = lines.split_at_mut(block.width.min(lines.len()));
            place_all::<0>(upper, &self.rows.quads, block.plane);
            place_all::<1>(lower, &self.rows.quads, block.plane);
        }
        Ok(())
    }
}

/// The cleanup pass of a block.
struct Cleanup<'d, 'a, 'o> {
    decoder: &'d mut Decoder,
    block: &'d Block<'a>,
    out: &'o mut [u32],
}

impl Loops for Cleanup<'_, '_, '_> {
    type Output = Result<(), &'static str>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        self.decoder.cleanup(self.block, self.out)
    }
}

/// The upper (0) or lower (1) samples of quads as they are given away.
#[inline(always)]
fn place_all<const ROW: usize>(line: &mut [u32], quads: &[Quad], plane: u32) {
    let (pairs, last) = line.as_chunks_mut::<2>();
    if let ([last], Some(quad)) = (last, quads.get(pairs.len())) {
        *last = place(quad[ROW], plane);
    }
    for (pair, quad) in pairs.iter_mut().zip(quads) {
        *pair = [place(quad[ROW], plane), place(quad[ROW + 2], plane)];
    }
}

/// A sample as it is given away: `2 mu + s` to 2 mu + 1, which is twice mu and a half, and the
/// sign.
#[inline(always)]
fn place(sample: u32, plane: u32) -> u32 {
    let is_significant = u32::from(sample != 0).wrapping_neg();
    (sample | 1) << plane & is_significant | sample << 31
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
fn propagate(block: &Block<'_>, state: &mut [State], mut bits: Cursor<'_>, out: &mut [u32]) {
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
fn refine(block: &Block<'_>, state: &[State], mut bits: Cursor<'_>, out: &mut [u32]) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    /// Whatever the bytes, all versions of the loops make the same of them.
    #[test]
    fn the_versions_agree() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(814);
        let mut decoded = 0;
        for _ in 0..2000 {
            let (width, height) = (rng.random_range(1..70), rng.random_range(1..70));
            let mut bytes: Vec<u8> = (0..rng.random_range(2..3000)).map(|_| rng.random()).collect();
            let (len, suffix) = (bytes.len(), rng.random_range(2..=bytes.len().min(4079)));
            bytes[len - 1] = (suffix >> 4) as u8;
            bytes[len - 2] = bytes[len - 2] & 0xF0 | suffix as u8 & 15;
            let block = Block {
                width,
                height,
                cleanup: &bytes,
                refinement: &[],
                passes: 1,
                missing: rng.random_range(0..29),
                plane: rng.random_range(0..3),
                causal: false,
            };
            let (mut portable, mut wide) = (vec![0; width * height], vec![1; width * height]);
            let decoder = &mut Decoder::default();
            let result = Cleanup { decoder, block: &block, out: &mut portable }.run();
            assert_eq!(result, Decoder::default().decode(&block, &mut wide));
            if result.is_ok() {
                decoded += 1;
                assert_eq!(portable, wide);
            }
        }
        assert!(decoded > 100, "{decoded}");
    }
}

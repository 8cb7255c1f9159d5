//! The block decoder of JPEG 2000 (ITU-T T.800 annex D): the quantization indices of one code block
//! from its coding passes.

mod contexts;
mod mq;
mod passes;
mod raw;
mod state;

use mq::{Context, Mq};
use raw::Raw;
use state::{Shape, State};

/// A code block as its packets give it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Number of the band: 0 LL, then HL, LH, HH of each resolution.
    pub(super) band: usize,
    /// Magnitude bit-planes that are coded.
    pub(super) planes: u32,
    pub(super) style: Style,
    /// Bytes of all segments, and of each the number of passes and of bytes.
    pub(super) bytes: &'a [u8],
    pub(super) segments: &'a [(u32, usize)],
}

/// How blocks are coded (T.800 table A.19).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Style {
    /// Some passes are not arithmetically coded.
    pub(super) bypass: bool,
    /// Contexts start anew in each pass.
    pub(super) reset: bool,
    /// Each pass is a segment.
    pub(super) terminate: bool,
    /// No row looks at the next stripe.
    pub(super) causal: bool,
    /// Each bit-plane ends in a fixed pattern.
    pub(super) symbols: bool,
}

impl Style {
    /// Whether pass `pass` of a block has bare bits.
    fn is_raw(self, pass: u32) -> bool {
        self.bypass && pass >= 10 && !pass.is_multiple_of(3)
    }

    /// How many passes of a block the segment that begins with pass `pass` can have.
    pub(super) fn segment_passes(self, pass: u32) -> u32 {
        match () {
            () if self.terminate => 1,
            () if !self.bypass => u32::MAX,
            () if pass < 10 => 10 - pass,
            // Two raw passes, then a cleanup pass.
            () => [1, 2, 1][(pass % 3) as usize],
        }
    }
}

/// Decodes blocks, one after the other.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    state: State,
    contexts: Contexts,
}

/// Contexts, with room for any index of five bits.
#[derive(Debug, Clone, Copy)]
struct Contexts([Context; 32]);

impl Default for Contexts {
    fn default() -> Self {
        let mut contexts = [mq::context(0); 32];
        contexts[0] = mq::context(4);
        contexts[contexts::RUN] = mq::context(3);
        contexts[contexts::EVEN] = mq::context(46);
        Self(contexts)
    }
}

impl Decoder {
    /// Decodes a block, row by row: twice the magnitude with the middle of what is open, the sign
    /// in the highest bit.
    pub(super) fn decode(
        &mut self,
        block: &Block<'_>,
        samples: &mut [u32],
    ) -> Result<(), &'static str> {
        let passes: u32 = block.segments.iter().map(|segment| segment.0).sum();
        if passes + 2 > 3 * block.planes {
            return Err("more coding passes than bit-planes");
        }
        let shape = Shape { width: block.width, height: block.height, causal: block.style.causal };
        self.state.clear(shape);
        self.contexts = Contexts::default();
        let (mut pass, mut bytes) = (0, block.bytes);
        for &(count, len) in block.segments {
            let segment;
            (segment, bytes) = bytes.split_at_checked(len).ok_or("a segment cut short")?;
            let last = pass + count;
            if block.style.is_raw(pass) {
                let mut raw = Raw::new(segment);
                (pass..last).for_each(|pass| self.raw_pass(block, shape, pass, &mut raw));
            } else {
                let mut mq = Mq::new(segment);
                for pass in pass..last {
                    self.pass(block, shape, pass, &mut mq)?;
                }
            }
            pass = last;
        }
        self.state.write(shape, samples);
        Ok(())
    }

    fn pass<'a>(
        &mut self,
        block: &Block<'_>,
        shape: Shape,
        pass: u32,
        mq: &mut Mq<'a>,
    ) -> Result<(), &'static str> {
        if block.style.reset {
            self.contexts = Contexts::default();
        }
        let plane = block.planes - 1 - pass.div_ceil(3);
        let contexts = &mut self.contexts.0;
        let zero = contexts::zero(block.band);
        match pass % 3 {
            1 => passes::propagate(&mut self.state, shape, zero, (mq, contexts), plane),
            2 => passes::refine(&mut self.state, shape, (mq, contexts), plane),
            _ => {
                passes::clean_up(&mut self.state, shape, zero, (mq, contexts), plane);
                if block.style.symbols && passes::even(mq, contexts, 4) != 0b1010 {
                    return Err("a bit-plane does not end in its segmentation symbol");
                }
            }
        }
        Ok(())
    }

    fn raw_pass(&mut self, block: &Block<'_>, shape: Shape, pass: u32, raw: &mut Raw<'_>) {
        let plane = block.planes - 1 - pass.div_ceil(3);
        if pass % 3 == 1 {
            raw::propagate(&mut self.state, shape, raw, plane);
        } else {
            raw::refine(&mut self.state, shape, raw, plane);
        }
    }
}

//! What the passes know of a code block.
//!
//! Samples are worked on in stripes of four rows, column by column. A word of 64 bits holds one
//! property of 16 columns of a stripe: bit `4 column + row`. Which samples a pass visits is thus
//! found for 64 of them at once, and bits are visited from the lowest. Contexts come from flags of
//! each column (see [`contexts`](super::contexts)).

use super::contexts::{ROW, SIGN};

/// Words with a margin of one on all sides, flags with the same margin, and samples: the most that
/// a block of 4,096 samples, at most 1,024 in a line, can need, rounded up.
const WORDS: usize = 1024;
const FLAGS: usize = 4096;
const SAMPLES: usize = 4096;

const FIRST_ROW: u64 = 0x1111_1111_1111_1111;
const LAST_ROW: u64 = FIRST_ROW << 3;

/// Neighbours of a sample that are visited after it, by its row in the stripe.
const LATER: [u64; 4] = [0b11_0010, 0b11_1010, 0b11_1010, 0b01_1000];

/// Size of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Whether no row looks at the next stripe.
    pub(super) causal: bool,
}

impl Shape {
    pub(super) fn stripes(self) -> usize {
        self.height.div_ceil(4)
    }

    pub(super) fn words(self) -> usize {
        self.width.div_ceil(16)
    }

    /// From a word to that below it.
    fn pitch(self) -> usize {
        self.words() + 2
    }

    /// From the flags of a column to those below.
    fn flag_pitch(self) -> usize {
        self.width + 2
    }

    /// The samples of a word that are within the block.
    fn inside(self, stripe: usize, word: usize) -> u64 {
        let rows = (self.height - 4 * stripe).min(4);
        let columns = (self.width - 16 * word).min(16);
        (FIRST_ROW * ((1 << rows) - 1)) & (u64::MAX >> (64 - 4 * columns))
    }

    /// Everything about a word.
    pub(super) fn place(self, stripe: usize, word: usize) -> Place {
        Place {
            word: (stripe + 1) * self.pitch() + word + 1,
            flags: (stripe + 1) * self.flag_pitch() + 16 * word + 1,
            samples: 4 * self.width * stripe + 64 * word,
            inside: self.inside(stripe, word),
        }
    }
}

/// Where a word and what belongs to it stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) word: usize,
    /// Of its first column, of its first sample.
    pub(super) flags: usize,
    pub(super) samples: usize,
    /// Its samples that exist.
    pub(super) inside: u64,
}

/// The state of a block; made once and used for many.
#[derive(Debug)]
pub(super) struct State {
    /// Which samples are significant, which were visited in this bit-plane, which were refined.
    pub(super) significant: [u64; WORDS],
    pub(super) visited: [u64; WORDS],
    pub(super) refined: [u64; WORDS],
    pub(super) flags: [u64; FLAGS],
    /// Twice the magnitude with the middle of what is open, and the sign in the highest bit.
    pub(super) samples: [u32; SAMPLES],
}

impl Default for State {
    fn default() -> Self {
        Self {
            significant: [0; WORDS],
            visited: [0; WORDS],
            refined: [0; WORDS],
            flags: [0; FLAGS],
            samples: [0; SAMPLES],
        }
    }
}

impl State {
    /// Forgets the last block.
    pub(super) fn clear(&mut self, shape: Shape) {
        let words = (shape.stripes() + 2) * shape.pitch();
        self.significant[..words].fill(0);
        self.visited[..words].fill(0);
        self.refined[..words].fill(0);
        self.flags[..(shape.stripes() + 2) * shape.flag_pitch()].fill(0);
        self.samples[..4 * shape.width * shape.stripes()].fill(0);
    }

    /// The samples of a word that have a significant neighbour.
    #[inline(always)]
    pub(super) fn neighbours(&self, shape: Shape, word: usize) -> u64 {
        let pitch = shape.pitch();
        let below = if shape.causal { 0 } else { u64::MAX };
        // A column's own rows and those next to them, without and with the sample itself.
        let near = |at: usize| {
            let own = self.significant[at % WORDS];
            let near = (own << 1 & !FIRST_ROW)
                | (own >> 1 & !LAST_ROW)
                | (self.significant[(at - pitch) % WORDS] >> 3 & FIRST_ROW)
                | (self.significant[(at + pitch) % WORDS] << 3 & LAST_ROW & below);
            (near, near | own)
        };
        let (without, with) = near(word);
        without | with << 4 | with >> 4 | near(word - 1).1 >> 60 | near(word + 1).1 << 60
    }

    /// Marks sample `bit` of a word significant for its neighbours' contexts.
    #[inline(always)]
    pub(super) fn mark(&mut self, shape: Shape, place: Place, bit: usize, negative: u64) {
        let (column, row) = (place.flags + bit / 4, bit % 4);
        let left = 1 | negative << SIGN;
        let mut set = |at: usize, shift: usize| {
            self.flags[(at - 1) % FLAGS] |= left << (shift + 2);
            self.flags[at % FLAGS] |= left << (shift + 1);
            self.flags[(at + 1) % FLAGS] |= left << shift;
        };
        set(column, ROW * (row + 1));
        if row == 0 {
            if !shape.causal {
                set(column - shape.flag_pitch(), ROW * 5);
            }
        } else if row == 3 {
            set(column + shape.flag_pitch(), 0);
        }
    }

    /// The window around sample `bit` of a word.
    #[inline(always)]
    pub(super) fn window(&self, place: Place, bit: usize) -> u64 {
        self.flags[(place.flags + bit / 4) % FLAGS] >> (ROW * (bit % 4))
    }

    /// Makes sample `bit` of a word significant in bit-plane `plane`.
    #[inline(always)]
    pub(super) fn set(&mut self, place: Place, bit: usize, plane: u32, negative: u64) {
        self.samples[(place.samples + bit) % SAMPLES] = 3 << plane | (negative as u32) << 31;
    }

    /// Refines sample `bit` of a word by the bit of a plane: of what was open, a half stays open.
    #[inline(always)]
    pub(super) fn refine(&mut self, place: Place, bit: usize, plane: u32, value: u64) {
        self.samples[(place.samples + bit) % SAMPLES] ^= ((value as u32 ^ 1) << 1 | 1) << plane;
    }

    /// The samples row by row.
    pub(super) fn write(&self, shape: Shape, samples: &mut [u32]) {
        let stripes = self.samples.chunks_exact(4 * shape.width);
        for (rows, stripe) in samples.chunks_mut(4 * shape.width).zip(stripes) {
            for (row, line) in rows.chunks_exact_mut(shape.width).enumerate() {
                let columns = line.iter_mut().zip(stripe.as_chunks::<4>().0);
                columns.for_each(|(to, column)| *to = column[row]);
            }
        }
    }
}

/// The neighbours of sample `bit` that are visited after it, those in other words left out.
#[inline(always)]
pub(super) fn later(bit: usize) -> u64 {
    LATER[bit % 4] << bit
}

/// The lowest bit of each column of four that has none set.
#[inline(always)]
pub(super) fn empty_columns(bits: u64) -> u64 {
    let pairs = bits | bits >> 1;
    !(pairs | pairs >> 2) & FIRST_ROW
}

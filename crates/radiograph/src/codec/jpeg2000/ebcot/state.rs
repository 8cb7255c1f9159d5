//! What the passes know of a code block.
//!
//! Samples are worked on in stripes of four rows, column by column. A word of 64 bits holds one
//! property of eight columns of a stripe, six bits a column: bits 1 to 4 are its rows, bits 0 and 5
//! those above and below. With a column more on either side, the window around any sample of the
//! word is found by one shift, from bit 6 on for the first column. Which samples a pass visits is
//! found for all of a word at once, and they are visited from the lowest bit.

/// Columns of a word.
const COLUMNS: usize = 8;
/// Samples of a word.
const SAMPLES: usize = 32;
/// Words with a margin of one on all sides: the most that a block of 4,096 samples, at most 1,024
/// in a line, can need, rounded up; and such a block's samples.
const WORDS: usize = 1024;
const ALL_SAMPLES: usize = 8192;

/// Row above, of each column of a word and of those beside it.
const ABOVE: u64 = 0o01_01_01_01_01_01_01_01_01_01;
/// The rows of the word's own columns, the first of them, and the row below.
const OWN: u64 = (ABOVE & !0o77 & !(0o77 << 54)) * 0b1_1110;
const FIRST: u64 = OWN & ABOVE << 1;
const BELOW: u64 = ABOVE << 5;

/// From a sample's bit to the lowest bit of its window.
const CORNER: usize = 7;
/// Neighbours of a sample that are visited after it.
const LATER: u64 = 0b1110_0010;

/// Place of each bit among a word's samples.
static PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut bit = 0;
    while bit < 64 {
        let (column, row) = (bit / 6, bit % 6);
        if column > 0 && column <= COLUMNS && row > 0 && row < 5 {
            places[bit] = (4 * (column - 1) + row - 1) as u8;
        }
        bit += 1;
    }
    places
};

/// Size of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Whether no row looks at the next stripe.
    pub(super) causal: bool,
}

impl Shape {
    fn stripes(self) -> usize {
        self.height.div_ceil(4)
    }

    fn words(self) -> usize {
        self.width.div_ceil(COLUMNS)
    }

    /// From a word to that below it.
    fn pitch(self) -> usize {
        self.words() + 2
    }

    /// All words in their order.
    #[inline(always)]
    pub(super) fn places(self) -> impl Iterator<Item = Place> {
        let (words, pitch) = (self.words(), self.pitch());
        let all = (1 << (6 * COLUMNS)) - 1;
        (0..self.stripes()).flat_map(move |stripe| {
            let rows = (1 << (self.height - 4 * stripe).min(4)) - 1;
            let inside = (FIRST * rows) & OWN;
            (0..words).map(move |word| {
                let left = self.width - COLUMNS * word;
                let columns = if left < COLUMNS { all >> (6 * (COLUMNS - left)) } else { all };
                Place {
                    word: (stripe + 1) * pitch + word + 1,
                    samples: SAMPLES * (stripe * words + word),
                    inside: inside & columns << 6,
                }
            })
        })
    }
}

/// Where a word and its samples stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) word: usize,
    pub(super) samples: usize,
    /// Its samples that exist.
    pub(super) inside: u64,
}

/// The state of a block; made once and used for many.
#[derive(Debug)]
pub(super) struct State {
    /// Which samples are significant, which negative, which were visited in this bit-plane, which
    /// were refined.
    pub(super) significant: [u64; WORDS],
    pub(super) negative: [u64; WORDS],
    pub(super) visited: [u64; WORDS],
    pub(super) refined: [u64; WORDS],
    /// Twice the magnitude with the middle of what is open, and the sign in the highest bit.
    samples: [u32; ALL_SAMPLES],
}

impl Default for State {
    fn default() -> Self {
        let words = [0; WORDS];
        Self {
            significant: words,
            negative: words,
            visited: words,
            refined: words,
            samples: [0; ALL_SAMPLES],
        }
    }
}

impl State {
    /// Forgets the last block.
    pub(super) fn clear(&mut self, shape: Shape) {
        let words = (shape.stripes() + 2) * shape.pitch();
        self.significant[..words].fill(0);
        self.negative[..words].fill(0);
        self.visited[..words].fill(0);
        self.refined[..words].fill(0);
        self.samples[..SAMPLES * shape.stripes() * shape.words()].fill(0);
    }

    /// A word of `significant` with what is around it.
    #[inline(always)]
    pub(super) fn significant(&self, shape: Shape, place: Place) -> u64 {
        around(&self.significant, shape, place.word)
    }

    /// A word of `negative` with what is around it.
    #[inline(always)]
    pub(super) fn negative(&self, shape: Shape, place: Place) -> u64 {
        around(&self.negative, shape, place.word)
    }

    /// Takes back a word of significance and of signs.
    #[inline(always)]
    pub(super) fn keep(&mut self, place: Place, significant: u64, negative: u64) {
        self.significant[place.word % WORDS] = significant & OWN;
        self.negative[place.word % WORDS] = negative & OWN;
    }

    /// Makes a sample that was not significant so in bit-plane `plane`, where `mask` is all ones.
    #[inline(always)]
    pub(super) fn set(&mut self, place: Place, bit: usize, plane: u32, negative: u64, mask: u64) {
        let value = 3 << plane | (negative as u32) << 31;
        self.samples[sample(place, bit)] = value & mask as u32;
    }

    /// Refines a sample by the bit of a plane: of what was open, a half stays open.
    #[inline(always)]
    pub(super) fn refine(&mut self, place: Place, bit: usize, plane: u32, value: u64) {
        self.samples[sample(place, bit)] ^= ((value as u32 ^ 1) << 1 | 1) << plane;
    }

    /// The samples row by row.
    pub(super) fn write(&self, shape: Shape, samples: &mut [u32]) {
        let stripes = self.samples.chunks_exact(SAMPLES * shape.words());
        for (rows, stripe) in samples.chunks_mut(4 * shape.width).zip(stripes) {
            for (row, line) in rows.chunks_exact_mut(shape.width).enumerate() {
                let columns = line.iter_mut().zip(stripe.as_chunks::<4>().0);
                columns.for_each(|(to, column)| *to = column[row]);
            }
        }
    }
}

#[inline(always)]
fn sample(place: Place, bit: usize) -> usize {
    (place.samples + usize::from(PLACES[bit % 64])) % ALL_SAMPLES
}

/// A word with the rows above and below it and the columns beside it.
#[inline(always)]
fn around(words: &[u64; WORDS], shape: Shape, word: usize) -> u64 {
    let pitch = shape.pitch();
    let below = if shape.causal { 0 } else { BELOW };
    let tall = |at: usize| {
        words[at % WORDS]
            | words[(at - pitch) % WORDS] >> 4 & ABOVE
            | words[(at + pitch) % WORDS] << 4 & below
    };
    tall(word) | tall(word - 1) >> 48 & 0o77 | (tall(word + 1) >> 6 & 0o77) << 54
}

/// The samples next to those of a word with what is around it.
#[inline(always)]
pub(super) fn neighbours(word: u64) -> u64 {
    let ends = word << 1 | word >> 1;
    let column = ends | word;
    ends | column << 6 | column >> 6
}

/// The window around sample `bit` of a word.
#[inline(always)]
pub(super) fn window(word: u64, bit: usize) -> u64 {
    word >> (bit - CORNER)
}

/// The neighbours of sample `bit` that are visited after it.
#[inline(always)]
pub(super) fn later(bit: usize) -> u64 {
    LATER << bit
}

/// The first row of each column of which no sample is among `word`.
#[inline(always)]
pub(super) fn empty_columns(word: u64) -> u64 {
    let pairs = word | word >> 1;
    !(pairs | pairs >> 2) & FIRST
}

/// The first row of the column after that of sample `bit`, and other rows of no meaning.
#[inline(always)]
pub(super) fn next_column(bit: usize) -> u64 {
    0b111_1000 << bit
}

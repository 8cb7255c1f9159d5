//! Stored samples of one frame, and what their bits mean.

use super::layout::Layout;
use std::borrow::Cow;

/// Samples as decoded, not yet masked.
#[derive(Debug, Clone)]
pub(crate) enum Samples<'a> {
    /// One byte a sample.
    Bytes(Cow<'a, [u8]>),
    /// Two bytes a sample, little endian, as they lie in the file.
    Little(&'a [u8]),
    /// Two bytes a sample, big endian, as they lie in the file.
    Big(&'a [u8]),
    /// Two bytes a sample, decoded.
    Short(Vec<u16>),
    /// Two bytes a sample, the high ones apart from the low ones.
    Planes([Vec<u8>; 2]),
    /// Four bytes a sample, decoded.
    Long(Vec<u32>),
}

impl Samples<'_> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bytes(v) => v.len(),
            Self::Little(v) | Self::Big(v) => v.len() / 2,
            Self::Short(v) => v.len(),
            Self::Planes([high, low]) => high.len().min(low.len()),
            Self::Long(v) => v.len(),
        }
    }

    /// Whether no sample has more than 16 bits.
    pub(crate) fn are_short(&self) -> bool {
        !matches!(self, Self::Long(_))
    }

    /// Applies `f` to every sample.
    pub(crate) fn map<T>(&self, mut f: impl FnMut(u32) -> T) -> Vec<T> {
        let pair = |c: &[u8; 2]| *c;
        match self {
            Self::Planes([high, low]) => {
                let words = high.iter().zip(low).map(|(&h, &l)| u16::from_be_bytes([h, l]));
                words.map(|v| f(u32::from(v))).collect()
            }
            Self::Bytes(v) => v.iter().map(|&v| f(u32::from(v))).collect(),
            Self::Short(v) => v.iter().map(|&v| f(u32::from(v))).collect(),
            Self::Long(v) => v.iter().map(|&v| f(v)).collect(),
            Self::Little(v) => {
                let words = v.as_chunks::<2>().0.iter().map(pair).map(u16::from_le_bytes);
                words.map(|v| f(u32::from(v))).collect()
            }
            Self::Big(v) => {
                let words = v.as_chunks::<2>().0.iter().map(pair).map(u16::from_be_bytes);
                words.map(|v| f(u32::from(v))).collect()
            }
        }
    }

    /// Calls `f` with the samples in order, a block at a time, as words; samples of more than 16
    /// bits are left out. What is done to a block finds it in the fastest cache.
    pub(crate) fn blocks(&self, f: impl FnMut(&[u16])) {
        match self {
            Self::Short(v) => v.chunks(BLOCK).for_each(f),
            Self::Bytes(v) => as_words(v.iter(), |&b| u16::from(b), f),
            Self::Little(v) => as_words(v.as_chunks().0.iter(), |b| u16::from_le_bytes(*b), f),
            Self::Big(v) => as_words(v.as_chunks().0.iter(), |b| u16::from_be_bytes(*b), f),
            Self::Planes([high, low]) => {
                let word = |(h, l): (&u8, &u8)| u16::from(*h) << 8 | u16::from(*l);
                as_words(high.iter().zip(low), word, f);
            }
            Self::Long(_) => {}
        }
    }

    /// Calls `f` with every sample.
    pub(crate) fn each(&self, mut f: impl FnMut(u32)) {
        match self {
            Self::Bytes(v) => v.iter().for_each(|&v| f(u32::from(v))),
            Self::Short(v) => v.iter().for_each(|&v| f(u32::from(v))),
            Self::Long(v) => v.iter().for_each(|&v| f(v)),
            Self::Planes([high, low]) => {
                let words = high.iter().zip(low).map(|(&h, &l)| u16::from_be_bytes([h, l]));
                words.for_each(|v| f(u32::from(v)));
            }
            Self::Little(v) => {
                v.as_chunks::<2>().0.iter().for_each(|&c| f(u32::from(u16::from_le_bytes(c))));
            }
            Self::Big(v) => {
                v.as_chunks::<2>().0.iter().for_each(|&c| f(u32::from(u16::from_be_bytes(c))));
            }
        }
    }
}

/// Samples of a block.
const BLOCK: usize = 1024;

/// Calls `f` with a block of words after the other.
#[inline(always)]
fn as_words<T>(
    mut from: impl ExactSizeIterator<Item = T>,
    word: impl Fn(T) -> u16,
    mut f: impl FnMut(&[u16]),
) {
    let mut block = [0; BLOCK];
    while from.len() > 0 {
        let len = from.len().min(BLOCK);
        let filled = &mut block[..len];
        filled.iter_mut().zip(from.by_ref()).for_each(|(out, v)| *out = word(v));
        f(filled);
    }
}

/// Which bits of a sample are its value (PS3.5 8.1.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bits {
    shift: u32,
    pub(crate) stored: u32,
    pub(crate) signed: bool,
}

impl Bits {
    pub(crate) fn new(layout: &Layout) -> Self {
        Self {
            shift: u32::from(layout.high_bit + 1 - layout.bits_stored),
            stored: u32::from(layout.bits_stored),
            signed: layout.signed,
        }
    }

    fn mask(self) -> u32 {
        u32::MAX >> (32 - self.stored)
    }

    /// The sample's value as an index: masked, not yet sign-extended.
    pub(crate) fn code(self, sample: u32) -> u32 {
        (sample >> self.shift) & self.mask()
    }

    /// The value an index stands for.
    pub(crate) fn value(self, code: u32) -> i64 {
        let unused = 32 - self.stored;
        if self.signed { i64::from(((code << unused) as i32) >> unused) } else { i64::from(code) }
    }

    /// Whether the sample has bits set that are not part of its value; sign bits are no garbage.
    pub(crate) fn has_garbage(self, sample: u32, allocated: u32) -> bool {
        let cell = u32::MAX >> (32 - allocated);
        let outside = sample & cell & !(self.mask() << self.shift);
        if outside == 0 {
            return false;
        }
        let above = cell & !(u32::MAX >> (32 - (self.shift + self.stored)).min(31));
        !(self.signed && self.value(self.code(sample)) < 0 && outside == above)
    }
}

//! Stored bits to grey values, in the order of PS3.3 C.11 and PS3.4 N.2: mask and sign, modality
//! LUT, VOI, and the inversion of MONOCHROME1 once, last.
//!
//! Up to 16 stored bits the whole chain is a table over the stored codes, evaluated in f64 once per
//! code, so a pixel costs one lookup and has exactly the value the formulas give.

use super::layout::{Layout, Photometric};
use super::modality::Modality;
use super::padding::Padding;
use super::samples::{Bits, Samples};
use super::voi::Presentation;
use crate::{Grey, Provenance};

/// The chain from sample to grey value.
pub(crate) struct Chain<'c> {
    pub(crate) bits: Bits,
    pub(crate) modality: &'c Modality,
    pub(crate) presentation: &'c Presentation,
    pub(crate) padding: Option<Padding>,
    pub(crate) grey: Grey,
    pub(crate) invert: bool,
}

/// Grey values, and what was seen in the one pass over the samples that made them.
pub(crate) struct Greys {
    pub(crate) pixels: Vec<f32>,
    /// All bits that are set in any sample.
    pub(crate) union: u32,
    /// Whether it is known, without looking at the pixels, that all are finite.
    pub(crate) finite: bool,
}

impl Chain<'_> {
    /// Grey values of the samples; records the range and the inversion.
    pub(crate) fn apply(&self, samples: &Samples<'_>, provenance: &mut Provenance) -> Greys {
        let range = match self.grey {
            Grey::Modality => None,
            Grey::Display => Some(self.range(samples)),
        };
        provenance.grey_range = range;
        provenance.inverted = self.invert && self.grey == Grey::Display;
        let value = |code: u32| self.value(self.bits.value(code), range);
        if samples.are_short() && self.bits.stored <= 16 {
            return looked_up(samples, &self.table(value));
        }
        let mut union = 0;
        let pixels = samples.map(|s| {
            union |= s;
            value(self.bits.code(s))
        });
        Greys { pixels, union, finite: false }
    }

    /// The grey value of every word a sample can be, so that no lookup can be out of bounds.
    fn table(&self, value: impl Fn(u32) -> f32) -> Box<[f32; 1 << 16]> {
        let codes: Vec<f32> = (0..1 << self.bits.stored).map(value).collect();
        let mut table = Box::new([0.0; 1 << 16]);
        for (sample, entry) in (0..).zip(table.iter_mut()) {
            *entry = codes[self.bits.code(sample) as usize];
        }
        table
    }

    fn value(&self, stored: i64, range: Option<[f64; 2]>) -> f32 {
        let modality = self.modality.apply(stored);
        let Some(range) = range else { return modality as f32 };
        if self.padding.is_some_and(|p| p.contains(stored)) {
            return 0.0;
        }
        let grey = self.presentation.apply(modality, range);
        (if self.invert { 1.0 - grey } else { grey }) as f32
    }

    /// Modality values that become grey 0 and 1 (before inversion).
    fn range(&self, samples: &Samples<'_>) -> [f64; 2] {
        match self.presentation {
            Presentation::Stretch => self.extent(samples),
            presentation => presentation.range([0.0, 0.0]),
        }
    }

    /// Smallest and largest modality value that is not padding.
    fn extent(&self, samples: &Samples<'_>) -> [f64; 2] {
        let mut extent = [f64::INFINITY, f64::NEG_INFINITY];
        let mut widen = |code: u32| {
            let stored = self.bits.value(code);
            if !self.padding.is_some_and(|p| p.contains(stored)) {
                let value = self.modality.apply(stored);
                extent = [extent[0].min(value), extent[1].max(value)];
            }
        };
        if self.bits.stored <= 16 {
            let mut seen = vec![false; 1 << 16];
            samples.each(|s| seen[usize::from(self.bits.code(s) as u16)] = true);
            let codes = seen.iter().enumerate().filter(|(_, seen)| **seen);
            codes.for_each(|(code, _)| widen(code as u32));
        } else {
            samples.each(|s| widen(self.bits.code(s)));
        }
        if extent[0] <= extent[1] { extent } else { [0.0, 0.0] }
    }
}

/// The grey values of samples of at most 16 bits.
fn looked_up(samples: &Samples<'_>, table: &[f32; 1 << 16]) -> Greys {
    let mut union = 0;
    let mut pixels = Vec::with_capacity(samples.len());
    samples.blocks(|block| {
        union |= block.iter().fold(0, |a, b| a | b);
        pixels.extend(block.iter().map(|&s| table[usize::from(s)]));
    });
    let finite = table.iter().all(|v| v.is_finite());
    Greys { pixels, union: u32::from(union), finite }
}

/// Whether small values are to be bright.
pub(crate) fn inverts(layout: &Layout) -> bool {
    layout.photometric == Photometric::Monochrome1
}

/// Pixels with bits set outside Bits Stored; `union`: all bits set in any of the samples.
pub(crate) fn garbage(samples: &Samples<'_>, bits: Bits, layout: &Layout, union: u32) -> u64 {
    if layout.bits_stored == layout.bits_allocated || layout.bits_allocated < 8 {
        return 0;
    }
    let allocated = u32::from(layout.bits_allocated);
    if !layout.signed && !bits.has_garbage(union, allocated) {
        return 0;
    }
    let mut count = 0;
    samples.each(|s| count += u64::from(bits.has_garbage(s, allocated)));
    count
}

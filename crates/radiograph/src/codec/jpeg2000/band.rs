//! The coefficients of a band, in strips of rows. A strip is made where its blocks are decoded, as
//! 16 bits a coefficient as long as the samples of the block decoder have room in them: half as
//! much to write and to read again.

use super::packet::Corners;
use std::marker::PhantomData;
use std::ops::Range;
use vertebra_wide::{Loops, widest};

/// A coefficient from the band's step and the sample of a block: twice the magnitude with the
/// middle of what is open, and the sign in the highest bit.
pub(super) trait Coefficient: Copy + Default + Send + Sync {
    /// Bits of a sample that are not set where 16 bits hold all that the coefficient needs of it.
    const BEYOND_SHORT: u32;
    /// What it needs.
    fn short(sample: u32) -> i16;
    fn of_short(short: i16, step: f32) -> Self;
    fn dequantize(sample: u32, step: f32) -> Self;
    /// A sample as a whole number, rounded to even where it is in the middle.
    fn whole(self) -> i32;
}

pub(super) const SIGN: u32 = 1 << 31;

/// A magnitude with the sign of a sample.
#[inline(always)]
fn signed(magnitude: u32, sample: u32) -> i32 {
    let sign = sample as i32 >> 31;
    (magnitude as i32 ^ sign) - sign
}

impl Coefficient for i32 {
    const BEYOND_SHORT: u32 = 0x7FFF_0000;

    #[inline(always)]
    fn short(sample: u32) -> i16 {
        Self::dequantize(sample, 1.0) as i16
    }

    #[inline(always)]
    fn of_short(short: i16, _: f32) -> Self {
        short.into()
    }

    #[inline(always)]
    fn dequantize(sample: u32, _: f32) -> Self {
        signed((sample & !SIGN) >> 1, sample)
    }

    #[inline(always)]
    fn whole(self) -> i32 {
        self
    }
}

/// Of [few bits](super::component::Component::is_small): twice as many in a vector.
impl Coefficient for i16 {
    const BEYOND_SHORT: u32 = 0;

    #[inline(always)]
    fn short(sample: u32) -> i16 {
        i32::short(sample)
    }

    #[inline(always)]
    fn of_short(short: i16, _: f32) -> Self {
        short
    }

    #[inline(always)]
    fn dequantize(sample: u32, _: f32) -> Self {
        i32::short(sample)
    }

    #[inline(always)]
    fn whole(self) -> i32 {
        self.into()
    }
}

impl Coefficient for f32 {
    const BEYOND_SHORT: u32 = 0x7FFF_8000;

    #[inline(always)]
    fn short(sample: u32) -> i16 {
        signed(sample & !SIGN, sample) as i16
    }

    #[inline(always)]
    fn of_short(short: i16, step: f32) -> Self {
        Self::from(short) * (step / 2.0)
    }

    #[inline(always)]
    fn dequantize(sample: u32, step: f32) -> Self {
        let magnitude = (sample & !SIGN) as i32 as f32 * (step / 2.0);
        f32::from_bits(magnitude.to_bits() | sample & SIGN)
    }

    #[inline(always)]
    fn whole(self) -> i32 {
        // The last bit of numbers of this size is worth 1. Without a named target processor
        // `f32::round` is a call for every sample.
        const LARGE: f32 = 12_582_912.0;
        const MOST: f32 = 4_000_000.0;
        (self.clamp(-MOST, MOST) + LARGE).to_bits() as i32 - LARGE.to_bits() as i32
    }
}

/// Rows of a band.
#[derive(Debug)]
pub(super) struct Strip<T> {
    width: usize,
    /// Of the quantization.
    step: f32,
    values: Values<T>,
}

#[derive(Debug)]
enum Values<T> {
    Short(Vec<i16>),
    Whole(Vec<T>),
}

impl<T> Default for Strip<T> {
    fn default() -> Self {
        Self { width: 0, step: 1.0, values: Values::Whole(Vec::new()) }
    }
}

impl<T: Coefficient> Strip<T> {
    pub(super) fn zeros(width: usize, height: usize, step: f32) -> Self {
        Self { width, step, values: Values::Short(vec![0; width * height]) }
    }

    /// Of so many rows to come.
    pub(super) fn with_capacity(width: usize, height: usize) -> Self {
        Self { width, step: 1.0, values: Values::Whole(Vec::with_capacity(width * height)) }
    }

    /// One more row.
    pub(super) fn push(&mut self, row: &[T]) {
        if let Values::Whole(values) = self.whole() {
            values.extend_from_slice(row);
        }
    }

    /// Places the samples of a block of some width at a column and row.
    pub(super) fn place(&mut self, [x, y]: [usize; 2], samples: &[u32], width: usize) {
        let (start, step) = (y * self.width + x, self.step);
        let samples = samples.chunks_exact(width);
        if let Values::Short(values) = &mut self.values {
            let lines = values[start..].chunks_mut(self.width).zip(samples.clone());
            if widest(Shortened::<_, T> { lines, of: PhantomData }) & T::BEYOND_SHORT == 0 {
                return;
            }
        }
        let row = self.width;
        if let Values::Whole(values) = self.whole() {
            widest(Dequantized { lines: values[start..].chunks_mut(row).zip(samples), step });
        }
    }

    /// From now on without the limit of 16 bits.
    fn whole(&mut self) -> &mut Values<T> {
        if let Values::Short(values) = &self.values {
            let values = values.iter().map(|short| T::of_short(*short, self.step));
            self.values = Values::Whole(values.collect());
        }
        &mut self.values
    }

    fn row(&self, start: usize) -> Row<'_, T> {
        match &self.values {
            Values::Short(values) => Row::Short(&values[start..][..self.width], self.step),
            Values::Whole(values) => Row::Whole(&values[start..][..self.width]),
        }
    }
}

/// Samples of blocks that become words of 16 bits; gives all bits that are set in any.
struct Shortened<L, T> {
    lines: L,
    of: PhantomData<T>,
}

impl<'t, 's, T: Coefficient, L: Iterator<Item = (&'t mut [i16], &'s [u32])>> Loops
    for Shortened<L, T>
{
    type Output = u32;

    #[inline(always)]
    fn run(self) -> u32 {
        let mut bits = 0;
        for (line, samples) in self.lines {
            for (to, sample) in line.iter_mut().zip(samples) {
                *to = T::short(*sample);
                bits |= sample;
            }
        }
        bits
    }
}

/// Samples of blocks that become coefficients.
struct Dequantized<L> {
    lines: L,
    step: f32,
}

impl<'t, 's, T: Coefficient + 't, L: Iterator<Item = (&'t mut [T], &'s [u32])>> Loops
    for Dequantized<L>
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (line, samples) in self.lines {
            let line = line.iter_mut().zip(samples);
            line.for_each(|(to, sample)| *to = T::dequantize(*sample, self.step));
        }
    }
}

/// A row of a band.
#[derive(Debug, Clone, Copy)]
pub(super) enum Row<'b, T> {
    /// Nothing of it is coded.
    Zeros,
    /// With the quantization step.
    Short(&'b [i16], f32),
    Whole(&'b [T]),
}

impl<T: Coefficient> Row<'_, T> {
    pub(super) fn is_zero(self) -> bool {
        matches!(self, Row::Zeros)
    }

    /// Writes what `change` makes of each coefficient.
    #[inline(always)]
    pub(super) fn write(self, to: &mut [T], change: impl Fn(T) -> T) {
        match self {
            Row::Zeros => to.fill(T::default()),
            Row::Short(from, step) => {
                let to = to.iter_mut().zip(from);
                to.for_each(|(to, v)| *to = change(T::of_short(*v, step)));
            }
            Row::Whole(from) => to.iter_mut().zip(from).for_each(|(to, v)| *to = change(*v)),
        }
    }
}

/// The coefficients of a band, or the samples of a resolution.
#[derive(Debug)]
pub(super) struct Band<T> {
    pub(super) width: usize,
    pub(super) height: usize,
    strips: Vec<Strip<T>>,
    /// Strip and first place of each row that has one.
    places: Vec<Option<(usize, usize)>>,
}

impl<T: Coefficient> Band<T> {
    /// Between two corners, with strips, still empty, for these ranges of rows, which do not
    /// overlap.
    pub(super) fn new(
        [[x0, y0], [x1, y1]]: Corners,
        coded: impl Iterator<Item = Range<usize>>,
    ) -> Self {
        let (width, height) = (x1.saturating_sub(x0), y1.saturating_sub(y0));
        let (mut places, mut strips) = (vec![None; height], Vec::new());
        for rows in coded {
            for (number, place) in places[rows].iter_mut().enumerate() {
                *place = Some((strips.len(), number * width));
            }
            strips.push(Strip::default());
        }
        Self { width, height, strips, places }
    }

    pub(super) fn strips(&mut self) -> impl Iterator<Item = &mut Strip<T>> {
        self.strips.iter_mut()
    }

    #[inline(always)]
    pub(super) fn row(&self, y: usize) -> Row<'_, T> {
        self.places[y].map_or(Row::Zeros, |(strip, start)| self.strips[strip].row(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Coefficients are the same whether their strip holds 16 bits or not, also where it turns from
    /// one to the other.
    fn a_strip_keeps_coefficients<T: Coefficient + PartialEq + std::fmt::Debug>() {
        let step = 0.37;
        let blocks = [
            vec![0, 1, SIGN | 1, 2, SIGN | 6, 0x7FFF],
            vec![SIGN | 0x7FFF, 0x8000, 5, SIGN | 0xFFFF, 0x1_0000, 3],
            vec![SIGN | 0x12_3456, 9, 8, 7, 6, 5],
        ];
        let mut strip = Strip::<T>::zeros(9, 2, step);
        for (number, block) in blocks.iter().enumerate() {
            strip.place([3 * number, 0], block, 3);
            for y in 0..2 {
                let mut row = [T::default(); 9];
                strip.row(9 * y).write(&mut row, |v| v);
                for (x, value) in row.iter().enumerate() {
                    let sample = if x / 3 <= number { blocks[x / 3][3 * y + x % 3] } else { 0 };
                    assert_eq!(*value, T::dequantize(sample, step), "{number} {x} {y}");
                }
            }
        }
    }

    #[test]
    fn strips_keep_coefficients_of_any_size() {
        a_strip_keeps_coefficients::<i32>();
        a_strip_keeps_coefficients::<i16>();
        a_strip_keeps_coefficients::<f32>();
    }
}

//! The inverse wavelet transforms of JPEG 2000 (T.800 annex F): 5/3 on integers, 9/7 on floats.
//!
//! Rows are made in slabs of some tens, small enough for the cache, and each by itself: the rows
//! above and below that lifting looks at are made once more. So the rows of the last level can go
//! straight into the picture, and slabs are made in parallel.

use super::packet::Corners;

/// A plane of coefficients or samples.
#[derive(Debug, Clone)]
pub(super) struct Plane<T> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<T>,
}

impl<T: Copy + Default> Plane<T> {
    /// A plane of zeros between two corners.
    pub(super) fn new([[x0, y0], [x1, y1]]: Corners) -> Self {
        let (width, height) = (x1.saturating_sub(x0), y1.saturating_sub(y0));
        Self { width, height, values: vec![T::default(); width * height] }
    }

    pub(super) fn row(&self, y: usize) -> &[T] {
        &self.values[y * self.width..][..self.width]
    }
}

/// A wavelet: how a line is put together from its even (low) and odd (high) places.
pub(super) trait Wavelet: Copy + Default + Send + Sync {
    /// Number of lifting steps.
    const STEPS: usize;
    /// Scales a low (`false`) or high (`true`) coefficient.
    fn scale(self, high: bool) -> Self;
    /// Lifts a value by its two neighbours in a step.
    fn lift(self, step: usize, before: Self, after: Self) -> Self;
    /// The sample of a line that has only one, which is a high coefficient.
    fn alone(self) -> Self;
}

impl Wavelet for i32 {
    const STEPS: usize = 2;

    #[inline(always)]
    fn scale(self, _: bool) -> Self {
        self
    }

    #[inline(always)]
    fn lift(self, step: usize, before: Self, after: Self) -> Self {
        let sum = before.wrapping_add(after);
        match step {
            0 => self.wrapping_sub(sum.wrapping_add(2) >> 2),
            _ => self.wrapping_add(sum >> 1),
        }
    }

    fn alone(self) -> Self {
        self >> 1
    }
}

/// Lifting parameters of the 9/7 wavelet, the last step first (T.800 table F.4).
const LIFTS: [f32; 4] = [0.443_506_85, 0.882_911_1, -0.052_980_12, -1.586_134_3];
const K: f32 = 1.230_174_1;

impl Wavelet for f32 {
    const STEPS: usize = 4;

    #[inline(always)]
    fn scale(self, high: bool) -> Self {
        self * if high { 1.0 / K } else { K }
    }

    #[inline(always)]
    fn lift(self, step: usize, before: Self, after: Self) -> Self {
        self - LIFTS[step] * (before + after)
    }

    fn alone(self) -> Self {
        self / 2.0
    }
}

/// One level: the low band and the bands HL, LH and HH of a resolution, and its corner.
#[derive(Debug)]
pub(super) struct Level<T> {
    pub(super) bands: [Plane<T>; 4],
    pub(super) corner: [usize; 2],
}

/// Room to make a slab in.
#[derive(Debug, Default)]
pub(super) struct Slab<T> {
    rows: Vec<T>,
    low: Vec<T>,
    high: Vec<T>,
}

impl<T: Wavelet> Level<T> {
    pub(super) fn width(&self) -> usize {
        self.bands[0].width + self.bands[1].width
    }

    pub(super) fn height(&self) -> usize {
        self.bands[0].height + self.bands[2].height
    }

    /// Makes rows `first` to `last` of the resolution, one after the other.
    pub(super) fn rows<'s>(
        &self,
        first: usize,
        last: usize,
        slab: &'s mut Slab<T>,
    ) -> impl Iterator<Item = &'s [T]> {
        let width = self.width();
        // Each step looks one row further.
        let from = first.saturating_sub(T::STEPS);
        let to = (last + T::STEPS).min(self.height());
        slab.rows.resize((to - from) * width, T::default());
        for (y, line) in (from..to).zip(slab.rows.chunks_exact_mut(width.max(1))) {
            self.horizontal(y, line, (&mut slab.low, &mut slab.high));
        }
        let parity = (self.corner[1] + from) % 2;
        if self.height() == 1 {
            if parity == 1 {
                slab.rows.iter_mut().for_each(|v| *v = v.alone());
            }
        } else {
            vertical(&mut slab.rows, width, parity);
        }
        slab.rows[(first - from) * width..(last - from) * width].chunks_exact(width.max(1))
    }

    /// A row from its low and high halves, scaled but not yet lifted vertically.
    fn horizontal(&self, y: usize, line: &mut [T], (low, high): (&mut Vec<T>, &mut Vec<T>)) {
        let [ll, hl, lh, hh] = &self.bands;
        let [x0, y0] = self.corner;
        let is_high = (y0 + y) % 2 == 1;
        let (left, right, row) = match is_high {
            false => (ll, hl, (y0 + y).div_ceil(2) - y0.div_ceil(2)),
            true => (lh, hh, (y0 + y) / 2 - y0 / 2),
        };
        let (left, right, parity) = (left.row(row), right.row(row), x0 % 2);
        // What lifting the columns begins with.
        let vertical = |v: T| if self.height() > 1 { v.scale(is_high) } else { v };
        if let [only] = line {
            *only = vertical(if parity == 1 { right[0].alone() } else { left[0] });
            return;
        }
        let fill = |to: &mut Vec<T>, from: &[T], high| {
            to.clear();
            to.push(T::default());
            to.extend(from.iter().map(|v| vertical(v.scale(high))));
            to.push(T::default());
        };
        fill(low, left, false);
        fill(high, right, true);
        for step in 0..T::STEPS {
            match step % 2 {
                0 => lift(low, high, step, parity),
                _ => lift(high, low, step, 1 - parity),
            }
        }
        interleave(line, &low[1..], &high[1..], parity);
    }
}

/// Lifts the places of `these` by those of `others`, both with a place before and one after them:
/// `offset` is 1 where a line begins with `others`.
fn lift<T: Wavelet>(these: &mut [T], others: &mut [T], step: usize, offset: usize) {
    let (count, other_count) = (these.len() - 2, others.len() - 2);
    // Mirrored at the ends.
    others[0] = others[1];
    others[other_count + 1] = others[other_count];
    let these = &mut these[1..][..count];
    let (before, after) = (&others[offset..][..count], &others[offset + 1..][..count]);
    for ((v, a), b) in these.iter_mut().zip(before).zip(after) {
        *v = v.lift(step, *a, *b);
    }
}

/// Puts low and high places in turn, first the low one where `parity` is 0.
fn interleave<T: Copy>(line: &mut [T], low: &[T], high: &[T], parity: usize) {
    let (even, odd) = if parity == 0 { (low, high) } else { (high, low) };
    let (pairs, rest) = line.as_chunks_mut::<2>();
    for ((pair, even), odd) in pairs.iter_mut().zip(even).zip(odd) {
        *pair = [*even, *odd];
    }
    let count = pairs.len();
    rest.iter_mut().zip(&even[count..]).for_each(|(v, even)| *v = *even);
}

/// Lifts all columns of interleaved rows, the first of which is high where `parity` is 1. Where
/// rows end, they are mirrored.
fn vertical<T: Wavelet>(values: &mut [T], width: usize, parity: usize) {
    let height = values.len() / width.max(1);
    for step in 0..T::STEPS {
        for row in ((step + parity) % 2..height).step_by(2) {
            let [before, after] = neighbours(row, height);
            let (head, tail) = values.split_at_mut(row * width);
            let (line, tail) = tail.split_at_mut(width);
            let neighbour = |at: usize| {
                let line =
                    if at < row { &head[at * width..] } else { &tail[(at - row - 1) * width..] };
                &line[..width]
            };
            let pairs = neighbour(before).iter().zip(neighbour(after));
            line.iter_mut().zip(pairs).for_each(|(v, (a, b))| *v = v.lift(step, *a, *b));
        }
    }
}

/// The places before and after, mirrored at the ends.
fn neighbours(i: usize, len: usize) -> [usize; 2] {
    let before = if i == 0 { 1 } else { i - 1 };
    let after = if i + 1 == len { len - 2 } else { i + 1 };
    [before, after]
}

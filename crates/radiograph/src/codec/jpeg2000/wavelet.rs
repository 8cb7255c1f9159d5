//! The inverse wavelet transforms of JPEG 2000 (T.800 annex F): 5/3 on integers, 9/7 on floats.
//!
//! Rows are made one after the other, each lifted by the few before it, which are still in the
//! cache. So the rows of the last level can go straight into the picture. Slabs of rows are made in
//! parallel, each by itself: the rows above and below that lifting looks at are made once more.

use super::band::{Band, Coefficient};
use vertebra_wide::{Loops, widest};

/// A wavelet: how a line is put together from its even (low) and odd (high) places.
pub(super) trait Wavelet: Coefficient {
    /// Number of lifting steps.
    const STEPS: usize;
    /// Scales a low (`false`) or high (`true`) coefficient.
    fn scale(self, high: bool) -> Self;
    /// Lifts a value by its two neighbours in a step.
    fn lift(self, step: usize, before: Self, after: Self) -> Self;
    /// The sample of a line that has only one, which is a high coefficient.
    fn alone(self) -> Self;
}

macro_rules! whole {
    ($($int:ty),+) => {$(
        impl Wavelet for $int {
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
    )+};
}

whole!(i16, i32);

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
    pub(super) bands: [Band<T>; 4],
    pub(super) corner: [usize; 2],
}

/// Room to make a slab in.
#[derive(Debug, Default)]
pub(super) struct Slab<T> {
    /// The newest rows, in turn.
    rows: Vec<Vec<T>>,
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

    /// Makes rows `first` to `last` of the resolution and shows them one after the other.
    pub(super) fn rows(
        &self,
        first: usize,
        last: usize,
        slab: &mut Slab<T>,
        each: impl FnMut(&[T]),
    ) {
        widest(Rows { level: self, first, last, slab, each });
    }

    /// A row from its low and high halves, scaled but not yet lifted vertically.
    #[inline(always)]
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
        if let [_] = line {
            match parity {
                1 => right.write(line, |v| vertical(v.alone())),
                _ => left.write(line, vertical),
            }
            return;
        }
        if left.is_zero() && right.is_zero() {
            return line.fill(T::default());
        }
        low.resize(ll.width + 2, T::default());
        high.resize(hl.width + 2, T::default());
        left.write(&mut low[1..=ll.width], |v| vertical(v.scale(false)));
        right.write(&mut high[1..=hl.width], |v| vertical(v.scale(true)));
        for step in 0..T::STEPS {
            match step % 2 {
                0 => lift(low, high, step, parity),
                _ => lift(high, low, step, 1 - parity),
            }
        }
        interleave(line, &low[1..], &high[1..], parity);
    }
}

/// Rows of a level that are made and shown.
struct Rows<'l, T, F> {
    level: &'l Level<T>,
    first: usize,
    last: usize,
    slab: &'l mut Slab<T>,
    each: F,
}

impl<T: Wavelet, F: FnMut(&[T])> Loops for Rows<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { level, first, last, slab, mut each } = self;
        let width = level.width();
        // Each step looks one row further.
        let from = first.saturating_sub(T::STEPS);
        let to = (last + T::STEPS).min(level.height());
        let height = to - from;
        let kept = T::STEPS + 2;
        slab.rows.resize_with(kept, Vec::new);
        slab.rows.iter_mut().for_each(|row| row.resize(width, T::default()));
        let parity = (level.corner[1] + from) % 2;
        // Every row is lifted as soon as the one below it allows, while it is in the cache.
        for row in 0..height + T::STEPS {
            if row < height {
                let line = &mut slab.rows[row % kept];
                level.horizontal(from + row, line, (&mut slab.low, &mut slab.high));
            }
            if level.height() == 1 {
                let alone = slab.rows[0].iter_mut().filter(|_| row == 0 && parity == 1);
                alone.for_each(|v| *v = v.alone());
            } else if row % 2 != parity {
                vertical(&mut slab.rows, height, row);
            }
            if let Some(row) = row.checked_sub(T::STEPS)
                && (first..last).contains(&(from + row))
            {
                each(&slab.rows[row % kept]);
            }
        }
    }
}

/// Lifts the places of `these` by those of `others`, both with a place before and one after them:
/// `offset` is 1 where a line begins with `others`.
#[inline(always)]
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
#[inline(always)]
fn interleave<T: Copy>(line: &mut [T], low: &[T], high: &[T], parity: usize) {
    let (even, odd) = if parity == 0 { (low, high) } else { (high, low) };
    let (pairs, rest) = line.as_chunks_mut::<2>();
    for ((pair, even), odd) in pairs.iter_mut().zip(even).zip(odd) {
        *pair = [*even, *odd];
    }
    let count = pairs.len();
    rest.iter_mut().zip(&even[count..]).for_each(|(v, even)| *v = *even);
}

/// Lifts the columns of interleaved rows, of which the newest are kept, as far as row `newest`, a
/// high one or behind the last of `height`, allows: each step one row higher. Where rows end, they
/// are mirrored.
#[inline(always)]
fn vertical<T: Wavelet>(kept: &mut [Vec<T>], height: usize, newest: usize) {
    for step in 0..T::STEPS {
        let Some(row) = newest.checked_sub(1 + step) else { return };
        if row >= height {
            continue;
        }
        let [before, after] = neighbours(row, height).map(|row| row % kept.len());
        let place = row % kept.len();
        let mut line = std::mem::take(&mut kept[place]);
        let pairs = kept[before].iter().zip(&kept[after]);
        line.iter_mut().zip(pairs).for_each(|(v, (a, b))| *v = v.lift(step, *a, *b));
        kept[place] = line;
    }
}

/// The places before and after, mirrored at the ends.
#[inline(always)]
fn neighbours(i: usize, len: usize) -> [usize; 2] {
    let before = if i == 0 { 1 } else { i - 1 };
    let after = if i + 1 == len { len - 2 } else { i + 1 };
    [before, after]
}

//! The inverse wavelet transforms of JPEG 2000 (T.800 annex F): 5/3 on integers, 9/7 on floats.

/// A plane of coefficients or samples.
#[derive(Debug, Clone)]
pub(super) struct Plane<T> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<T>,
}

impl<T: Copy + Default> Plane<T> {
    /// A plane of zeros between two corners.
    pub(super) fn new([x0, y0]: [usize; 2], [x1, y1]: [usize; 2]) -> Self {
        let (width, height) = (x1.saturating_sub(x0), y1.saturating_sub(y0));
        Self { width, height, values: vec![T::default(); width * height] }
    }

    fn row(&self, y: usize) -> &[T] {
        &self.values[y * self.width..][..self.width]
    }
}

/// A wavelet: how a line is put together from its even (low) and odd (high) places.
pub(super) trait Wavelet: Copy + Default {
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

    fn scale(self, _: bool) -> Self {
        self
    }

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

    fn scale(self, high: bool) -> Self {
        if high { self / K } else { self * K }
    }

    fn lift(self, step: usize, before: Self, after: Self) -> Self {
        self - LIFTS[step] * (before + after)
    }

    fn alone(self) -> Self {
        self / 2.0
    }
}

/// One level: the low band and the bands HL, LH and HH to the next resolution, whose corner is `x`,
/// `y`.
pub(super) fn synthesize<T: Wavelet>(bands: [&Plane<T>; 4], [x, y]: [usize; 2]) -> Plane<T> {
    let [ll, hl, lh, hh] = bands;
    let (width, height) = (ll.width + hl.width, ll.height + lh.height);
    let mut out = Plane { width, height, values: vec![T::default(); width * height] };
    if width == 0 || height == 0 {
        return out;
    }
    let mut line = Vec::with_capacity(width);
    for row in 0..height {
        let high = (y + row) % 2 == 1;
        let (low_row, high_row) = match high {
            false => (ll.row((y + row).div_ceil(2) - y.div_ceil(2)), hl),
            true => (lh.row((y + row) / 2 - y / 2), hh),
        };
        let index =
            if high { (y + row) / 2 - y / 2 } else { (y + row).div_ceil(2) - y.div_ceil(2) };
        horizontal(low_row, high_row.row(index), x % 2, &mut line);
        let target = &mut out.values[row * width..][..width];
        target.copy_from_slice(&line);
    }
    vertical(&mut out.values, width, y % 2);
    out
}

/// A row from its low and high halves; `parity` is that of the first place.
fn horizontal<T: Wavelet>(low: &[T], high: &[T], parity: usize, line: &mut Vec<T>) {
    line.clear();
    let width = low.len() + high.len();
    if width == 1 {
        line.push(if parity == 1 { high[0].alone() } else { low[0] });
        return;
    }
    let (mut low, mut high) = (low.iter(), high.iter());
    for i in 0..width {
        let value = if (i + parity) % 2 == 1 { high.next() } else { low.next() };
        line.push(value.copied().unwrap_or_default().scale((i + parity) % 2 == 1));
    }
    for step in 0..T::STEPS {
        // Even places in even steps, odd ones in odd.
        let first = (step + parity) % 2;
        for i in (first..width).step_by(2) {
            let [before, after] = neighbours(i, width);
            line[i] = line[i].lift(step, line[before], line[after]);
        }
    }
}

/// The places before and after, mirrored at the ends.
fn neighbours(i: usize, len: usize) -> [usize; 2] {
    let before = if i == 0 { 1 } else { i - 1 };
    let after = if i + 1 == len { len - 2 } else { i + 1 };
    [before, after]
}

/// All columns of interleaved rows.
fn vertical<T: Wavelet>(values: &mut [T], width: usize, parity: usize) {
    let height = values.len() / width;
    if height == 1 {
        if parity == 1 {
            values.iter_mut().for_each(|v| *v = v.alone());
        }
        return;
    }
    for (row, line) in values.chunks_mut(width).enumerate() {
        line.iter_mut().for_each(|v| *v = v.scale((row + parity) % 2 == 1));
    }
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

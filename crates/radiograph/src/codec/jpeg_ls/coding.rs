//! The decoding procedures (T.87 annex A).

use super::bits::Bits;
use super::parameters::Coding;

/// Order of run lengths (T.87 A.2.1).
const J: [u32; 32] = [
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13,
    14, 15,
];

/// Counters of a regular context.
#[derive(Debug, Clone, Copy)]
struct Context {
    a: i32,
    b: i32,
    c: i32,
    n: i32,
}

impl Context {
    /// Golomb parameter (T.87 A.5.1): the smallest `k` with `N 2^k >= A`.
    #[inline(always)]
    fn k(n: i32, a: i32) -> u32 {
        let k = (n.leading_zeros()).saturating_sub(a.leading_zeros());
        k + u32::from(i64::from(n) << k < i64::from(a))
    }

    /// T.87 A.6.
    #[inline(always)]
    fn update(&mut self, error: i32, coding: &Coding) {
        self.a += error.abs();
        self.b += error * coding.step;
        if self.n == coding.reset {
            self.a >>= 1;
            self.b >>= 1;
            self.n >>= 1;
        }
        self.n += 1;
        if self.b <= -self.n {
            self.b = (self.b + self.n).max(1 - self.n);
            self.c = (self.c - 1).max(-128);
        } else if self.b > 0 {
            self.b = (self.b - self.n).min(0);
            self.c = (self.c + 1).min(127);
        }
    }
}

/// Counters of a run interruption context.
#[derive(Debug, Clone, Copy)]
struct RunContext {
    a: i32,
    n: i32,
    negative: i32,
}

/// Two lines of a component, each with one sample before and one after.
#[derive(Debug, Clone)]
struct Lines {
    above: Vec<i32>,
    here: Vec<i32>,
    run_index: usize,
}

/// The state of a scan between restarts.
pub(super) struct Coder<'c> {
    coding: &'c Coding,
    contexts: [Context; 365],
    runs: [RunContext; 2],
    lines: Vec<Lines>,
    width: usize,
}

impl<'c> Coder<'c> {
    pub(super) fn new(coding: &'c Coding, width: usize, components: usize) -> Self {
        let a = coding.initial_a;
        let line = vec![0; width + 2];
        let lines = Lines { above: line.clone(), here: line, run_index: 0 };
        Self {
            coding,
            contexts: [Context { a, b: 0, c: 0, n: 1 }; 365],
            runs: [RunContext { a, n: 1, negative: 0 }; 2],
            lines: vec![lines; components],
            width,
        }
    }

    /// Copies the line just decoded.
    pub(super) fn store(&self, component: usize, out: &mut [u16]) {
        let line = &self.lines[component].here[1..=self.width];
        out.iter_mut().zip(line).for_each(|(out, v)| *out = *v as u16);
    }

    /// Goes to the next line of all components.
    pub(super) fn advance(&mut self) {
        for lines in &mut self.lines {
            std::mem::swap(&mut lines.above, &mut lines.here);
        }
    }

    /// Decodes a line of one component; `None` where the code is impossible.
    pub(super) fn line(&mut self, bits: &mut Bits<'_>, component: usize) -> Option<()> {
        let width = self.width;
        let (mut above, mut here, mut run_index) = self.begin(component);
        let mut x = 1;
        let (mut rb, mut rc) = (above[1], above[0]);
        let mut ra = here[0];
        while x <= width {
            let rd = above[x + 1];
            let gradients = self.context(rd - rb, rb - rc, rc - ra);
            if gradients != 0 {
                ra = self.regular(bits, gradients, ra, rb, rc)?;
                here[x] = ra;
                x += 1;
                (rc, rb) = (rb, rd);
            } else {
                let run = self.run(bits, &mut run_index, width + 1 - x)?;
                here[x..x + run].fill(ra);
                x += run;
                if x <= width {
                    rb = above[x];
                    ra = self.interruption(bits, &mut run_index, ra, rb)?;
                    here[x] = ra;
                    x += 1;
                }
                if x <= width {
                    (rc, rb) = (above[x - 1], above[x]);
                }
            }
        }
        std::mem::swap(&mut self.lines[component].above, &mut above);
        std::mem::swap(&mut self.lines[component].here, &mut here);
        self.lines[component].run_index = run_index;
        Some(())
    }

    /// Decodes a line whose components alternate at every sample (T.87 B.3.2): a run is one of all
    /// components together.
    pub(super) fn sample_interleaved_line(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let components = self.lines.len();
        for component in 0..components {
            let (above, here, run_index) = self.begin(component);
            self.lines[component] = Lines { above, here, run_index };
        }
        let mut run_index = self.lines[0].run_index;
        let mut x = 1;
        while x <= self.width {
            let neighbours =
                |l: &Lines| (l.here[x - 1], l.above[x], l.above[x - 1], l.above[x + 1]);
            let mut contexts = [0; 4];
            for (context, lines) in contexts.iter_mut().zip(&self.lines) {
                let (ra, rb, rc, rd) = neighbours(lines);
                *context = self.context(rd - rb, rb - rc, rc - ra);
            }
            if contexts[..components].iter().all(|c| *c == 0) {
                let run = self.run(bits, &mut run_index, self.width + 1 - x)?;
                for lines in &mut self.lines {
                    let ra = lines.here[x - 1];
                    lines.here[x..x + run].fill(ra);
                }
                x += run;
                if x > self.width {
                    break;
                }
                for component in 0..components {
                    let lines = &self.lines[component];
                    let (ra, rb) = (lines.here[x - 1], lines.above[x]);
                    let value = self.interruption_of_type(bits, run_index, ra, rb, 0)?;
                    self.lines[component].here[x] = value;
                }
                run_index = run_index.saturating_sub(1);
            } else {
                for (component, context) in contexts.into_iter().enumerate().take(components) {
                    let (ra, rb, rc, _) = neighbours(&self.lines[component]);
                    let value = self.regular(bits, context, ra, rb, rc)?;
                    self.lines[component].here[x] = value;
                }
            }
            x += 1;
        }
        self.lines[0].run_index = run_index;
        Some(())
    }

    /// The lines of a component with the samples outside the picture set (T.87 A.2.1): right of the
    /// line above its last sample, left of this line the first sample above.
    fn begin(&mut self, component: usize) -> (Vec<i32>, Vec<i32>, usize) {
        let width = self.width;
        let lines = &mut self.lines[component];
        lines.above[width + 1] = lines.above[width];
        lines.here[0] = lines.above[1];
        (std::mem::take(&mut lines.above), std::mem::take(&mut lines.here), lines.run_index)
    }

    /// The signed number of the context (T.87 A.3); 0 is run mode.
    #[inline(always)]
    fn context(&self, d1: i32, d2: i32, d3: i32) -> i32 {
        let q = |d| self.coding.gradient(d);
        81 * q(d1) + 9 * q(d2) + q(d3)
    }

    /// A sample in regular mode (T.87 A.4, A.5).
    #[inline(always)]
    fn regular(
        &mut self,
        bits: &mut Bits<'_>,
        number: i32,
        ra: i32,
        rb: i32,
        rc: i32,
    ) -> Option<i32> {
        let coding = self.coding;
        let sign = number >> 31; // 0 or -1
        let context = self.contexts.get_mut(number.unsigned_abs() as usize)?;
        let (low, high) = (ra.min(rb), ra.max(rb));
        let median = if rc >= high {
            low
        } else if rc <= low {
            high
        } else {
            ra + rb - rc
        };
        let predicted = (median + ((context.c ^ sign) - sign)).clamp(0, coding.maxval);
        let k = Context::k(context.n, context.a);
        let mapped = golomb(bits, k, coding.limit, coding)?;
        let mut error = unmap(mapped);
        if k == 0 && coding.near == 0 && 2 * context.b <= -context.n {
            error = !error;
        }
        context.update(error, coding);
        Some(coding.reconstruct(predicted, (error ^ sign) - sign))
    }

    /// The length of a run of `Ra`, at most `room` (T.87 A.7.1.2).
    fn run(&mut self, bits: &mut Bits<'_>, run_index: &mut usize, room: usize) -> Option<usize> {
        let mut length = 0;
        loop {
            bits.refill();
            if bits.overrun() {
                return None;
            }
            if bits.bit() {
                let step = 1 << J[*run_index];
                length += step;
                if length > room {
                    return Some(room);
                }
                *run_index = (*run_index + 1).min(31);
                if length == room {
                    return Some(room);
                }
            } else {
                length += bits.take(J[*run_index]) as usize;
                return (length < room).then_some(length);
            }
        }
    }

    /// The sample that ends a run (T.87 A.7.2).
    fn interruption(
        &mut self,
        bits: &mut Bits<'_>,
        run_index: &mut usize,
        ra: i32,
        rb: i32,
    ) -> Option<i32> {
        let kind = usize::from((ra - rb).abs() <= self.coding.near);
        let value = self.interruption_of_type(bits, *run_index, ra, rb, kind)?;
        *run_index = run_index.saturating_sub(1);
        Some(value)
    }

    fn interruption_of_type(
        &mut self,
        bits: &mut Bits<'_>,
        run_index: usize,
        ra: i32,
        rb: i32,
        kind: usize,
    ) -> Option<i32> {
        let coding = self.coding;
        let context = &mut self.runs[kind];
        let kind = kind as i32;
        let a = context.a + if kind == 1 { context.n >> 1 } else { 0 };
        let k = Context::k(context.n, a);
        let limit = coding.limit - J[run_index] - 1;
        let mapped = golomb(bits, k, limit, coding)?;
        let twice = mapped + kind;
        let odd = twice & 1;
        let magnitude = (twice + odd) >> 1;
        let few_negative = k == 0 && 2 * context.negative < context.n;
        let error = if (odd == 1) != few_negative { -magnitude } else { magnitude };
        context.negative += i32::from(error < 0);
        context.a += (mapped + 1 - kind) >> 1;
        if context.n == coding.reset {
            context.a >>= 1;
            context.n >>= 1;
            context.negative >>= 1;
        }
        context.n += 1;
        let (predicted, sign) =
            if kind == 1 { (ra, 1) } else { (rb, if ra > rb { -1 } else { 1 }) };
        Some(coding.reconstruct(predicted, sign * error))
    }
}

/// A limited-length Golomb code (T.87 A.5.3); `None` where no error maps to it.
#[inline(always)]
fn golomb(bits: &mut Bits<'_>, k: u32, limit: u32, coding: &Coding) -> Option<i32> {
    bits.refill();
    let longest = limit - coding.qbpp - 1;
    let zeros = bits.zeros(longest)?;
    if k + zeros + 1 > 32 {
        bits.refill();
    }
    let mapped =
        if zeros < longest { (zeros << k) | bits.take(k) } else { bits.take(coding.qbpp) + 1 };
    (mapped <= coding.largest).then_some(mapped as i32)
}

/// Even numbers are errors of 0, 1, 2 ..., odd ones of -1, -2 ... (T.87 A.5.2).
#[inline(always)]
fn unmap(mapped: i32) -> i32 {
    (mapped >> 1) ^ -(mapped & 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golomb_parameter_is_the_smallest_that_fits() {
        for n in 1..=64 {
            for a in 1..3000 {
                let expected = (0..).find(|k| n << k >= a).unwrap();
                assert_eq!(Context::k(n, a), expected, "N={n} A={a}");
            }
        }
    }

    #[test]
    fn errors_are_unmapped() {
        assert_eq!([0, 1, 2, 3, 4].map(unmap), [0, -1, 1, -2, 2]);
    }
}

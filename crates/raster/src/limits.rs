//! The least and the greatest grey value.

use crate::Sample;
use vertebra_wide::{Loops, widest};

/// Values compared side by side.
const LANES: usize = 32;

/// Least and greatest value of all rows; NaN if one is, and `(inf, -inf)` without values.
pub(crate) fn limits<'a, S: Sample + 'a>(rows: impl Iterator<Item = &'a [S]>) -> (f32, f32) {
    widest(Limits { rows })
}

struct Limits<I> {
    rows: I,
}

impl<'a, S: Sample + 'a, I: Iterator<Item = &'a [S]>> Loops for Limits<I> {
    type Output = (f32, f32);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut lanes = [[f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]];
        for row in self.rows {
            let (chunks, rest) = row.as_chunks::<LANES>();
            for chunk in chunks {
                take(&mut lanes, chunk);
            }
            take(&mut lanes, rest);
        }
        let [low, high] = lanes;
        let both = low.into_iter().zip(high);
        both.fold((f32::INFINITY, f32::NEG_INFINITY), |(lo, hi), (l, h)| {
            (less(lo, l), greater(hi, h))
        })
    }
}

#[inline(always)]
fn take<S: Sample>([low, high]: &mut [[f32; LANES]; 2], values: &[S]) {
    for ((lo, hi), v) in low.iter_mut().zip(high).zip(values) {
        let v = v.grey();
        (*lo, *hi) = (less(*lo, v), greater(*hi, v));
    }
}

/// Unlike `f32::min`, this keeps a NaN of either side.
#[inline(always)]
fn less(a: f32, b: f32) -> f32 {
    if a <= b || a.is_nan() { a } else { b }
}

#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if a >= b || a.is_nan() { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_wide::every;

    #[test]
    fn limits_of_any_length_and_of_nothing() {
        for n in [1, 31, 32, 33, 100] {
            let values: Vec<f32> = (0..n).map(|i| ((i * 37) % 101) as f32 - 7.0).collect();
            let least = values.iter().copied().fold(f32::INFINITY, f32::min);
            let greatest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (name, got) in every(|| Limits { rows: [&values[..]].into_iter() }) {
                assert_eq!(got, (least, greatest), "{name}, {n} values");
            }
        }
        let nothing: [&[f32]; 0] = [];
        assert_eq!(limits(nothing.into_iter()), (f32::INFINITY, f32::NEG_INFINITY));
    }

    #[test]
    fn a_nan_anywhere_is_kept() {
        for at in [0, 40, 99] {
            let mut values = vec![1.0_f32; 100];
            values[at] = f32::NAN;
            let (low, high) = limits([&values[..60], &values[60..]].into_iter());
            assert!(low.is_nan() && high.is_nan());
        }
    }
}

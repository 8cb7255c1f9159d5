//! The parameters of a scan (T.87 C.2.4.1, A.2.1).

use super::fault;
use super::header::{Preset, Scan};
use crate::codec::Fault;

/// Keeps the counters of a context in 32 bits; real encoders use 64.
const MAX_RESET: i32 = 16384;

/// Parameters of a scan, and the quantization of gradients as a table.
pub(super) struct Coding {
    pub(super) near: i32,
    pub(super) maxval: i32,
    pub(super) reset: i32,
    /// `RANGE (2 NEAR + 1)`.
    pub(super) span: i32,
    /// `2 NEAR + 1`.
    pub(super) step: i32,
    pub(super) qbpp: u32,
    pub(super) limit: u32,
    /// Largest mapped error possible.
    pub(super) largest: u32,
    pub(super) initial_a: i32,
    /// Quantized gradient (-4 to 4) of a difference, which is offset by `maxval`.
    pub(super) gradients: Vec<i8>,
}

impl Coding {
    pub(super) fn new(scan: &Scan) -> Result<Self, Fault> {
        let (near, maxval) = (scan.near, scan.preset.maxval);
        if near > 255.min(maxval / 2) {
            return Err(fault(format!("expected NEAR up to {}; got {near}", 255.min(maxval / 2))));
        }
        let [t1, t2, t3] = thresholds(&scan.preset, near)?;
        let range = (maxval + 2 * near) / (2 * near + 1) + 1;
        let bits = |v: i32| 32 - (v - 1).leading_zeros(); // ceil(log2(v))
        let bpp = bits(maxval + 1).max(2);
        let quantize = |d: i32| match d {
            d if d <= -t3 => -4,
            d if d <= -t2 => -3,
            d if d <= -t1 => -2,
            d if d < -near => -1,
            d if d <= near => 0,
            d if d < t1 => 1,
            d if d < t2 => 2,
            d if d < t3 => 3,
            _ => 4,
        };
        if scan.preset.reset > MAX_RESET {
            return Err(fault(format!(
                "expected RESET up to {MAX_RESET}; got {}",
                scan.preset.reset
            )));
        }
        Ok(Self {
            near,
            maxval,
            largest: (range + 1) as u32,
            reset: if scan.preset.reset == 0 { 64 } else { scan.preset.reset.max(3) },
            span: range * (2 * near + 1),
            step: 2 * near + 1,
            qbpp: bits(range),
            limit: 2 * (bpp + bpp.max(8)),
            initial_a: ((range + 32) / 64).max(2),
            gradients: (-maxval..=maxval).map(quantize).collect(),
        })
    }

    #[inline(always)]
    pub(super) fn gradient(&self, difference: i32) -> i32 {
        // Samples are at most MAXVAL, so the difference is in the table.
        i32::from(self.gradients[(difference + self.maxval) as usize])
    }

    /// Adds an error to a prediction, modulo the range (T.87 A.4.5, A.5.3).
    #[inline(always)]
    pub(super) fn reconstruct(&self, predicted: i32, error: i32) -> i32 {
        let mut value = predicted + error * self.step;
        if value < -self.near {
            value += self.span;
        } else if value > self.maxval + self.near {
            value -= self.span;
        }
        value.clamp(0, self.maxval)
    }
}

/// The thresholds, by default those of T.87 C.2.4.1.1.1.
fn thresholds(preset: &Preset, near: i32) -> Result<[i32; 3], Fault> {
    let maxval = preset.maxval;
    let clamp = |x: i32, low: i32| if x > maxval || x < low { low } else { x };
    let [d1, d2, d3] = if maxval >= 128 {
        let factor = (maxval.min(4095) + 128) / 256;
        [factor + 2 + 3 * near, factor * 4 + 3 + 5 * near, factor * 17 + 4 + 7 * near]
    } else {
        let factor = 256 / (maxval + 1);
        [
            (3 / factor + 3 * near).max(2),
            (7 / factor + 5 * near).max(3),
            (21 / factor + 7 * near).max(4),
        ]
    };
    let pick = |given: i32, default: i32| if given == 0 { default } else { given };
    let t1 = pick(preset.t1, clamp(d1, near + 1));
    let t2 = pick(preset.t2, clamp(d2, t1));
    let t3 = pick(preset.t3, clamp(d3, t2));
    if near < t1 && t1 <= t2 && t2 <= t3 && t3 <= maxval.max(near + 1) {
        Ok([t1, t2, t3])
    } else {
        Err(fault(format!(
            "expected NEAR < T1 <= T2 <= T3 <= MAXVAL; got {near}, {t1}, {t2}, {t3}, {maxval}"
        )))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn default_thresholds_are_those_of_table_c3() {
        let of = |maxval, near| thresholds(&Preset { maxval, ..Preset::default() }, near).unwrap();
        assert_eq!(of(255, 0), [3, 7, 21]);
        assert_eq!(of(4095, 0), [18, 67, 276]);
        assert_eq!(of(65535, 0), [18, 67, 276]);
        assert_eq!(of(255, 3), [12, 22, 42]);
    }
}

//! The samples of a strip or tile as numbers: what a predictor took off is added again, bits are
//! unpacked.

use super::directory::Numbers;
use super::layout::{Kind, Layout};
use crate::Error;

/// Adds again what the predictor took off each row (TIFF 6.0 section 14; floats as in Adobe's
/// Photoshop TIFF technical note 3).
pub(super) fn undo_prediction(
    bytes: &mut [u8],
    layout: &Layout,
    little: bool,
) -> Result<(), Error> {
    let unsupported =
        |expected, got: String| Error::Unsupported { name: "TIFF Predictor", expected, got };
    let row_bytes = layout.row_bytes().unwrap_or(0).max(1);
    let (step, size) = (layout.samples_together(), layout.bits / 8);
    match layout.predictor {
        1 => {}
        2 if layout.bits == 8 * size && [1, 2, 4, 8].contains(&size) => {
            bytes.chunks_mut(row_bytes).for_each(|row| add_left(row, step, size, little));
        }
        2 => {
            let expected = "8, 16, 32 or 64 bits with horizontal differences";
            return Err(unsupported(expected, format!("{} bits", layout.bits)));
        }
        3 if layout.kind == Kind::Float => {
            bytes.chunks_mut(row_bytes).for_each(|row| join_bytes(row, step, size, little));
        }
        other => return Err(unsupported("1, 2, or 3 with floats", other.to_string())),
    }
    Ok(())
}

/// Each sample is the difference from the one of the pixel to the left.
fn add_left(row: &mut [u8], step: usize, size: usize, little: bool) {
    let count = row.len() / size;
    for i in step..count {
        let number = |row: &[u8], i: usize| Numbers { bytes: row, little }.at(i * size, size);
        let sum = number(row, i).unwrap_or(0).wrapping_add(number(row, i - step).unwrap_or(0));
        let place = &mut row[i * size..][..size];
        match little {
            true => place.copy_from_slice(&sum.to_le_bytes()[..size]),
            false => place.copy_from_slice(&sum.to_be_bytes()[8 - size..]),
        }
    }
}

/// The bytes of floats apart from each other, the high ones first, as differences from the left.
fn join_bytes(row: &mut [u8], step: usize, size: usize, little: bool) {
    for i in step..row.len() {
        row[i] = row[i].wrapping_add(row[i - step]);
    }
    let planes = row.to_vec();
    let count = row.len() / size;
    for (i, place) in row.chunks_exact_mut(size).enumerate() {
        for (k, byte) in place.iter_mut().enumerate() {
            let significance = if little { size - 1 - k } else { k };
            *byte = planes[significance * count + i];
        }
    }
}

/// Calls `put` with every sample of a row.
pub(super) fn unpack_row(row: &[u8], layout: &Layout, little: bool, put: impl FnMut(f64)) {
    let bits = layout.bits;
    let count = layout.pieces.width * layout.samples_together();
    let numbers = Numbers { bytes: row, little };
    let sample = |i: usize| {
        let raw = match bits {
            8 | 16 | 24 | 32 | 64 => numbers.at(i * bits / 8, bits / 8).unwrap_or(0),
            _ => packed(row, i * bits, bits),
        };
        value(raw, bits, layout.kind)
    };
    (0..count).map(sample).for_each(put);
}

/// A number of bits that start anywhere, the most significant first.
fn packed(row: &[u8], start: usize, bits: usize) -> u64 {
    let bytes = row.iter().skip(start / 8).take((start % 8 + bits).div_ceil(8));
    let word = bytes.clone().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    let spare = 8 * bytes.len() - (start % 8 + bits).min(8 * bytes.len());
    (word >> spare) & (u64::MAX >> (64 - bits))
}

fn value(raw: u64, bits: usize, kind: Kind) -> f64 {
    let unused = 64 - bits as u32;
    match (kind, bits) {
        (Kind::Unsigned, _) => raw as f64,
        (Kind::Signed, _) => ((raw << unused) as i64 >> unused) as f64,
        (Kind::Float, 16) => half(raw as u16),
        (Kind::Float, 24) => short_float(raw, 16, 63),
        (Kind::Float, 32) => f64::from(f32::from_bits(raw as u32)),
        (Kind::Float, _) => f64::from_bits(raw),
    }
}

/// IEEE 754 binary16.
pub(in crate::pictures) fn half(raw: u16) -> f64 {
    let (sign, exponent, fraction) = (raw >> 15, i32::from(raw >> 10 & 31), f64::from(raw & 1023));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    };
    if sign == 1 { -size } else { size }
}

/// The 24-bit float of Adobe's note: 7 bits of exponent.
fn short_float(raw: u64, fraction_bits: u32, bias: i32) -> f64 {
    let fraction = (raw & ((1 << fraction_bits) - 1)) as f64 / f64::from(1_u32 << fraction_bits);
    let exponent = (raw >> fraction_bits & 127) as i32;
    let size = match exponent {
        0 => fraction * 2_f64.powi(1 - bias),
        127 if fraction == 0.0 => f64::INFINITY,
        127 => f64::NAN,
        _ => (1.0 + fraction) * 2_f64.powi(exponent - bias),
    };
    if raw >> 23 & 1 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of numpy.float16.
    #[test]
    fn half_floats_are_numpys() {
        for (raw, right) in [
            (0x0000, 0.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x03FF, 6.097_555_160_522_461e-5),
            (0x0400, 6.103_515_625e-5),
            (0x3C00, 1.0),
            (0x3555, 0.333_251_953_125),
            (0xC000, -2.0),
            (0x7BFF, 65504.0),
            (0x7C00, f64::INFINITY),
        ] {
            assert_eq!(half(raw), right, "{raw:04x}");
        }
        assert!(half(0x7C01).is_nan());
    }

    #[test]
    fn packed_bits_come_most_significant_first() {
        let row = [0b1010_1111, 0b0000_1100, 0xFF];
        assert_eq!(packed(&row, 0, 1), 1);
        assert_eq!(packed(&row, 1, 1), 0);
        assert_eq!(packed(&row, 0, 12), 0xAF0);
        assert_eq!(packed(&row, 12, 12), 0xCFF);
        assert_eq!(packed(&row, 4, 12), 0xF0C);
    }
}

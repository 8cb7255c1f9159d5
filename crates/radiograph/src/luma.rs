//! Colours to the grey that a person would see (Rec. 601).

/// Rec. 601 colour differences to RGB (PS3.3 C.7.6.3.1.2), rounded and clipped; luma runs from
/// `low` to `high`.
pub(crate) fn rgb([y, cb, cr]: [f32; 3], low: f32, high: f32) -> [f32; 3] {
    // Partial range has 219 steps of luma and 224 of colour; full range as many of both.
    let half = if low > 0.0 { 8.0 * low } else { (high + 1.0) / 2.0 };
    let scale = if low > 0.0 { 219.0 / 224.0 } else { 1.0 };
    let [cb, cr] = [cb, cr].map(|c| (c - half) * scale);
    let red = y + 1.402 * cr;
    let green = y - 0.344_136 * cb - 0.714_136 * cr;
    let blue = y + 1.772 * cb;
    [red, green, blue].map(|v| v.round().clamp(low, high))
}

/// The luma of a colour. Of a grey it is that grey, once it is rounded to the precision of pixels.
pub(crate) fn mix([red, green, blue]: [f64; 3]) -> f64 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

#[cfg(test)]
mod tests {
    /// Data sets of grey films saved in colour keep their whole numbers.
    #[test]
    fn a_grey_is_its_own_luma() {
        for grey in 0..=u16::MAX {
            assert_eq!(super::mix([grey.into(); 3]) as f32, f32::from(grey));
        }
    }
}

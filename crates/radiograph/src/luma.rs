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

/// The luma of a colour.
pub(crate) fn mix([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}
